"""What we can and cannot see: every source's state in words, its last seven days, what to do; pause, resume, confirm."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import cards, reads, session, source_cards
from dashboard.pen import Pen
from listener.service import Health, SourceView

MOST = 100  # cards on the page; those that need somebody come first


@st.fragment(run_every=reads.refresh())
@session.guarded
def page() -> None:
    pen = session.pen()
    found = reads.sources()
    well = sum(1 for view in found if view.health is Health.OK)
    configured = sum(1 for view in found if view.configured)
    session.block(cards.page_title(pen.say("page.sources"), pen.say("sources.count", well=well, n=configured)))
    session.tell()
    if not found:
        session.block(cards.empty(pen, pen.say("sources.none"), pen.say("sources.none_words")))
        return
    session.block(source_cards.week_legend(pen) + cards.help_text(pen, "how.sources"))
    for view in found[:MOST]:
        with st.container(gap=None):
            session.block(source_cards.source_card(pen, view))
            if view.configured:
                _buttons(pen, view)
    if len(found) > MOST:
        session.block(f'<p class="g-soft">{escape(pen.say("more_sources", n=len(found) - MOST))}</p>')


def _buttons(pen: Pen, view: SourceView) -> None:
    name, paused = session.who(), view.health is Health.PAUSED
    if view.experimental and view.ok_at is not None:
        st.button(pen.say("confirm"), key=f"confirm_{view.name}", type="tertiary", disabled=name is None, icon=":material/verified:",
                  help=pen.say("say_who") if name is None else pen.say("confirm_help"), on_click=_confirm, args=(view.name, name or ""))
    st.button(pen.say("resume" if paused else "pause"), key=f"switch_{view.name}", type="tertiary", disabled=name is None,
              icon=":material/play_arrow:" if paused else ":material/pause:", help=pen.say("say_who") if name is None else pen.say("pause_help"),
              on_click=_set, args=(view.name, not paused, name or ""))


def _set(source: str, pause: bool, name: str) -> None:
    service, pen = reads.service(), session.pen()
    if pause:
        session.act(lambda: service.pause(source, name), pen.say("paused_done", source=source))
    else:
        session.act(lambda: service.resume(source, name), pen.say("resumed_done", source=source))


def _confirm(source: str, name: str) -> None:
    service, pen = reads.service(), session.pen()
    session.act(lambda: service.confirm(source, name), pen.say("confirmed_done", source=source))


page()
