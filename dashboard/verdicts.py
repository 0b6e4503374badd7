"""The buttons by which a person says what an alert was."""

from __future__ import annotations

import streamlit as st

from dashboard import reads, session
from dashboard.pen import Pen
from listener.service.alerts import Judged
from listener.types import Alert, VerdictKind
from listener.words import say


def buttons(pen: Pen, alert: Alert, *, key: str = "verdict") -> None:
    """Draw the button that opens the verdicts; ``key`` tells several alerts on one page apart."""
    name = session.who()
    with st.popover(pen.say("judge"), icon=":material/gavel:", disabled=name is None, key=f"{key}_form"):
        st.caption(pen.say("judge_help"))
        for kind in VerdictKind:
            st.button(pen.say(f"verdict.{kind.value}"), key=f"{key}_{kind.value}", width="stretch", on_click=_judge, args=(alert, kind, name or ""))


def _judge(alert: Alert, kind: VerdictKind, name: str) -> None:
    session.act(lambda: reads.service().verdict(alert.fingerprint, kind, name), _judged)


def _judged(done: Judged) -> str:
    """Say that the verdict is kept and, where it was the one too many, that its rule calls nobody any more."""
    pen = session.pen()
    found = done.demoted
    return pen.say("judged") if found is None else (
        f"{pen.say('judged')} {say('rule.demoted', pen.language, right=found.right, judged=found.judged, rule=done.rule)}")
