"""The ways on from an alert: the story it is about, the storm it is part of, the cases it names."""

from __future__ import annotations

import streamlit as st

from alerts.effect import WAVES
from alerts.rules import kind_of
from dashboard import links
from dashboard.pen import Pen
from listener.types import Alert

SHOWN = 8  # cases; the rest are on their own page


def ways(pen: Pen, alert: Alert) -> None:
    """Write a link to the alert's story and to each of the cases that are due; nothing where it has neither."""
    named = alert.why.get("cases")
    cases = [one for one in named if isinstance(one, int)] if isinstance(named, list) else []
    wave = kind_of(alert.rule) in WAVES
    if alert.story is None and not cases and not wave:
        return
    with st.container(horizontal=True, key="alert_ways"):
        if alert.story is not None:
            st.page_link("views/story.py", label=pen.say("stories.open"), icon=":material/timeline:", query_params=links.query(story=alert.story, brand=alert.subject))
        if wave:
            st.page_link("views/story.py", label=pen.say("storm.open"), icon=":material/timeline:", query_params=links.query(storm=alert.fingerprint, brand=alert.subject))
        for one in cases[:SHOWN]:
            st.page_link("views/cases.py", label=pen.say("cases.title", n=one), icon=":material/support_agent:",
                         query_params=links.query(case=str(one), brand=alert.subject))
        if len(cases) > SHOWN:
            st.page_link("views/cases.py", label=pen.say("page.cases"), icon=links.onward(pen), query_params=links.query(brand=alert.subject))
