"""Brief: a few sentences, one chart, the evidence, and the same to copy in both languages: what to tell the boss at half past nine."""

from __future__ import annotations

from html import escape

import streamlit as st

from alerts import evidence
from alerts.brief import Sentence
from dashboard import cards, charts, insight, links, session, theme
from dashboard.pen import Pen
from listener.service import BriefView, Ground
from listener.words import Language

FILES = {"mentions": "mentions", "stories": "story", "topics": "topics", "alerts": "open_alerts", "sources": "sources", "now": "now"}  # path in the URL → page


@session.guarded
def page() -> None:
    pen = session.pen()
    brand = session.brand()
    view = insight.brief(brand)
    session.block(cards.page_title(pen.say("page.brief"), pen.say("as_of", when=pen.full(pen.at), brand=view.night.brand if view else "")))
    session.tell()
    if view is None:
        session.block(cards.empty(pen, pen.say("first.title"), pen.say("first.words")))
        return
    st.subheader(pen.say("brief.lead" if view.now.ground is Ground.HEARD else "brief.lead_none"))
    for number, one in enumerate(view.said[pen.language], 1):
        with st.container(gap=None, key=f"pair_brief_{number}"):
            session.block(f'<div class="g-card g-brief"><span class="g-rank" aria-hidden="true">{pen.number(number)}</span><p>{escape(one.text)}</p></div>')
            _proof(pen, one, number)
    session.block(cards.help_text(pen, "how.brief"))
    if view.now.ground is not Ground.HEARD:
        return
    st.subheader(pen.say("brief.chart"))
    st.altair_chart(charts.reach_chart(view.now.hours, pen, theme.chart_colours(), alerts=view.now.open_alerts + view.now.changes.resolved,
                                       campaigns=insight.campaigns(view.night.brand)), theme="streamlit")
    session.block(cards.legend(pen))
    _copies(pen, view)
    if view.proof:
        st.subheader(pen.say("complaints.title"))
        session.block("".join(cards.mention(pen, one, role=cards.role_word(pen, role)) for role, one in evidence.cast(view.proof)))


def _proof(pen: Pen, one: Sentence, number: int) -> None:
    st.page_link(f"views/{FILES[one.page]}.py", label=pen.say("brief.proof"), icon=links.onward(pen), query_params=links.query(**dict(one.parameters)))


def _copies(pen: Pen, view: BriefView) -> None:
    st.subheader(pen.say("brief.copy"))
    st.caption(pen.say("brief.copy_hint"))
    other: Language = "en" if pen.language == "fa" else "fa"
    for language, place in zip((pen.language, other), st.columns(2), strict=True):
        with place, st.container(key=f"copy_{language}", gap="small"):
            session.block(f'<p class="g-small" style="margin:0"><b>{pen.say(f"brief.copy.{language}")}</b></p>')
            st.code(view.copied[language], language=None, wrap_lines=True)


page()
