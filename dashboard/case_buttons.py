"""The way from a mention or an alert to its case: see it, or open one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from alerts.wording import isolate
from dashboard import links, reads, session
from dashboard.pen import Pen
from listener.service import EACH, MOST_EACH, STORY, is_open
from listener.types import Alert, MentionKey, ScoredMention
from listener.types.care import Case
from listener.words import say

MOST_LINKED = 5  # cases of one alert that are shown beside it

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
    """The same for an alert: of its people a person chooses whose case it is; one that somebody takes handles the alert."""
    if not alert.evidence:
        return
    cases = reads.cases_of_alert(alert)
    for case in cases[:MOST_LINKED]:
        _to(pen, case)
    if not is_open(alert):
        return
    held = {key for case in cases for key in case.mentions}
    people = reads.people_of_alert(alert)
    if held.issuperset(alert.evidence) or not people:
        return
    with st.popover(pen.say("cases.open_case"), icon=":material/support_agent:", disabled=session.who() is None, key="case_form"):
        st.caption(pen.say("cases.open_of_alert"))
        if len(people) > 1:
            each = (EACH,) if len(people) <= MOST_EACH else ()
            st.selectbox(pen.say("cases.whose"), (STORY, *each, *sorted(people, key=lambda one: -people[one])), key="case_of",
                         format_func=lambda one: _whose(pen, one, people))
        st.checkbox(pen.say("cases.take_too"), key="case_taken", value=True)
        st.text_area(pen.say("cases.why"), key="case_why", max_chars=500)
        st.button(pen.say("cases.open_case"), key="case_open", type="primary", on_click=_open_of, args=(alert,))


def _whose(pen: Pen, one: str, people: Mapping[str, int]) -> str:
    if one in (STORY, EACH):
        return pen.say(f"cases.whose.{one}", n=len(people))
    return pen.say("cases.whose.author", n=people[one], name=isolate(one))


def _to(pen: Pen, case: Case) -> None:
    words = f'{pen.say("cases.title", n=case.number)}{pen.say("dot")}{say(f"care.state.{case.state}", pen.language)}'
    st.page_link("views/cases.py", label=words, icon=":material/support_agent:", query_params=links.query(case=str(case.number)))


def _open(key: MentionKey, brand: str) -> None:
    name = session.who() or ""
    session.act(lambda: reads.service().open_case([key], name, brand=brand), _opened)


def _open_of(alert: Alert) -> None:
    name, why = session.who() or "", str(st.session_state.get("case_why") or "")
    of, take = str(st.session_state.get("case_of") or STORY), bool(st.session_state.get("case_taken"))
    session.act(lambda: reads.service().open_cases_of(alert.fingerprint, name, why, of=of, take=take, seen_at=alert.updated_at), _all_opened)


def _opened(case: Case) -> str:
    return session.pen().say("cases.opened", n=case.number)


def _all_opened(cases: Sequence[Case]) -> str:
    pen = session.pen()
    return _opened(cases[0]) if len(cases) == 1 else pen.say("cases.all_opened", n=len(cases))
