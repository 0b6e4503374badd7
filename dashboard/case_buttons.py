"""The way from a mention or an alert to its case: see it, or open one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import links, reads, session
from dashboard.pen import Pen
from listener.service import is_open
from listener.types import Alert, MentionKey, ScoredMention
from listener.types.care import Case
from listener.words import say


def known(posts: Sequence[ScoredMention]) -> Mapping[MentionKey, Case]:
    """Return which of the posts are in a case."""
    return reads.cases_of(tuple(one.mention.key for one in posts))


def on_mention(pen: Pen, one: ScoredMention, cases: Mapping[MentionKey, Case], place: str = "") -> None:
    """A link to the case that holds a mention, or a button that opens one. Of our own posts there is none."""
    key = one.mention.key
    case = cases.get(key)
    if case is not None and case.brand == one.brand:
        _to(pen, case)
    elif not one.mention.ours:
        st.button(pen.say("cases.open_case"), key=f"case_{place}{key.kind}_{key.id}_{one.brand}", type="tertiary", icon=":material/support_agent:",
                  disabled=session.who() is None, on_click=_open, args=(key, one.brand))


def on_alert(pen: Pen, alert: Alert) -> None:
    """The same for an alert: the case that is opened holds its evidence, and the alert is handled by it."""
    if not alert.evidence:
        return
    case = reads.case_of_alert(alert)
    if case is not None:
        _to(pen, case)
    elif is_open(alert):
        with st.popover(pen.say("cases.open_case"), icon=":material/support_agent:", disabled=session.who() is None, key="case_form"):
            st.caption(pen.say("cases.open_of_alert"))
            st.text_area(pen.say("cases.why"), key="case_why", max_chars=500)
            st.button(pen.say("cases.open_case"), key="case_open", type="primary", on_click=_open_of, args=(alert,))


def _to(pen: Pen, case: Case) -> None:
    words = f'{pen.say("cases.title", n=case.number)}{pen.say("dot")}{say(f"care.state.{case.state}", pen.language)}'
    st.page_link("views/cases.py", label=words, icon=":material/support_agent:", query_params=links.query(case=str(case.number)))


def _open(key: MentionKey, brand: str) -> None:
    name = session.who() or ""
    session.act(lambda: reads.service().open_case([key], name, brand=brand), _opened)


def _open_of(alert: Alert) -> None:
    name, why = session.who() or "", str(st.session_state.get("case_why") or "")
    session.act(lambda: reads.service().open_case_of(alert.fingerprint, name, why, seen_at=alert.updated_at), _opened)


def _opened(case: Case) -> str:
    return session.pen().say("cases.opened", n=case.number)
