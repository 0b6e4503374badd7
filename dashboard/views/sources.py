"""What we can and cannot see: a line a source, and on asking its last seven days, what to do; pause, resume, confirm."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import cards, reads, receiver_cards, session, source_cards
from dashboard.pen import Pen
from listener.service import Health, SourceView

MAPPED = 40  # sources on the map; those that need somebody come first
MOST = 100  # lines on the page; those that need somebody come first


@st.fragment(run_every=reads.refresh())
@session.guarded
def page() -> None:
    pen = session.pen()
    found = reads.sources()
    well = sum(1 for view in found if view.health is Health.OK)
    configured = sum(1 for view in found if view.configured)
    session.block(cards.page_title(pen.say("page.sources"), pen.say("sources.count", well=well, n=configured)))
    session.tell()
    if (off := reads.clock_off()) is not None:
        session.block(cards.clock(pen, off))
    if not found:
        session.block(cards.empty(pen, pen.say("sources.none"), pen.say("sources.none_words")))
        _receivers(pen)
        return
    session.block(cards.help_text(pen, "how.sources"))
    with st.container(key="source_list", gap=None):
        session.block(source_cards.row_head(pen))
        for number, view in enumerate(found[:MOST]):
            _line(pen, number, view)
    if len(found) > MOST:
        session.block(f'<p class="g-soft">{escape(pen.say("more_sources", n=len(found) - MOST))}</p>')
    if chart := source_cards.heat(pen, [view for view in found if view.configured][:MAPPED]):
        st.subheader(pen.say("sources.heat"))
        session.block(chart)
    _receivers(pen)


def _receivers(pen: Pen) -> None:
    """Write whom messages reach and whom not: the other half of hearing and being heard."""
    st.subheader(pen.say("receivers.title"))
    found = reads.receivers()
    session.block(receiver_cards.receivers(pen, found) or cards.empty(pen, pen.say("receivers.none"), pen.say("receivers.none_words")))


def _line(pen: Pen, number: int, view: SourceView) -> None:
    """Write one source: its line, and beneath it everything else where the visitor asked for it."""
    shown = f"open_{view.name}"
    is_open = bool(st.session_state.get(shown))
    with st.container(key=f"source_line_{number}", horizontal=True, vertical_alignment="center", gap="small"):
        session.block(source_cards.row(pen, view))
        st.button(pen.say("source.close" if is_open else "source.open"), key=f"toggle_{view.name}", type="tertiary",
                  icon=":material/expand_less:" if is_open else ":material/expand_more:", on_click=_toggle, args=(shown,))
    if is_open:
        with st.container(key=f"source_open_{number}", gap=None):
            session.block(source_cards.source_card(pen, view, more=_more(pen, view)) + source_cards.week_legend(pen))
            if view.configured:
                _buttons(pen, view)


def _toggle(shown: str) -> None:
    st.session_state[shown] = not st.session_state.get(shown)


def _more(pen: Pen, view: SourceView) -> list[str]:
    """Return what only this source has to say: who paused it, where an inbox takes what is pushed."""
    said = []
    if view.health is Health.PAUSED:
        by = reads.who_paused(view.name)
        said.append(pen.say("source.paused_by", who=source_cards.isolated(by.who), when=pen.when(by.at)) if by else pen.say("source.paused_file"))
    if view.kind == source_cards.INBOX:
        if (web := reads.service().settings.web).enabled:
            said.append(pen.say("source.inbox", url=source_cards.isolated(web.inbox)))
        received = reads.last_received(view.name)
        said.append(pen.say("source.received", ago=pen.ago(received)) if received else pen.say("source.unreceived"))
    return said


def _buttons(pen: Pen, view: SourceView) -> None:
    name, paused = session.who(), view.health is Health.PAUSED
    if view.experimental and view.ok_at is not None:
        st.button(pen.say("confirm"), key=f"confirm_{view.name}", type="tertiary", disabled=name is None, icon=":material/verified:",
                  help=session.refusal() if name is None else pen.say("confirm_help"), on_click=_confirm, args=(view.name, name or ""))
    st.button(pen.say("resume" if paused else "pause"), key=f"switch_{view.name}", type="tertiary", disabled=name is None,
              icon=":material/play_arrow:" if paused else ":material/pause:", help=session.refusal() if name is None else pen.say("pause_help"),
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
