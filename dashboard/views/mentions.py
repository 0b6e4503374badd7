"""Every mention: search as people type it, filters, why it matched, how it was read; correct a label."""

from __future__ import annotations

import streamlit as st

from dashboard import cards, filters, reads, session
from dashboard.pen import Pen
from listener.service import MentionView
from listener.types import Label


@session.guarded
def page() -> None:
    pen, brand = session.pen(), session.brand()
    session.block(cards.page_title(pen.say("page.mentions"), brand or pen.say("all_brands")))
    session.tell()
    sources = filters.source_names()
    chosen = filters.read(st.query_params, sources)
    filters.widgets(pen, chosen, sources)
    older = st.query_params.get("older")
    try:
        found = reads.mentions(chosen.filters(brand, pen.at), older)
    except ValueError:  # a page token that somebody's link cut short: the first page is a better answer than an error
        session.choose("older", None)
        older, found = None, reads.mentions(chosen.filters(brand, pen.at), None)
    if not found.items:
        _nothing(pen, chosen, older)
        return
    session.block(f'<p class="g-soft g-small">{pen.say("found", n=len(found.items))}</p>')
    for view in found.items:
        with st.container(gap=None):
            session.block(cards.mention(pen, view))
            _correct(pen, view)
    with st.container(horizontal=True):
        if older:
            st.button(pen.say("newest"), on_click=session.choose, args=("older", None), icon=":material/first_page:")
        if found.older:
            st.button(pen.say("older"), on_click=session.choose, args=("older", found.older), icon=":material/expand_more:", type="primary")
        else:
            session.block(f'<p class="g-soft g-small">{pen.say("last_page")}</p>')


def _nothing(pen: Pen, chosen: filters.Chosen, older: str | None) -> None:
    if chosen.narrowed:
        session.block(cards.empty(pen, pen.say("nothing_found.title"), pen.say("nothing_found.words")))
    else:
        session.block(cards.empty(pen, pen.say("no_mentions.title"), pen.say("no_mentions.words")))
    if older:
        st.button(pen.say("newest"), on_click=session.choose, args=("older", None))


def _correct(pen: Pen, view: MentionView) -> None:
    key = view.scored.mention.key
    name = session.who()
    with st.popover(pen.say("correct"), icon=":material/edit:", type="tertiary", key=f"correct_{key.kind}_{key.id}_{view.scored.brand}"):
        if name is None:
            st.info(session.refusal())
        st.caption(pen.say("correct_help"))
        for label in Label:
            shown = view.corrected or (view.scored.score.label if view.scored.score else None)
            st.button(pen.say(f"label.{label.value}"), key=f"to_{label.value}_{key.kind}_{key.id}_{view.scored.brand}", width="stretch",
                      disabled=name is None or shown is label, on_click=_save, args=(view, label, name or ""))


def _save(view: MentionView, label: Label, name: str) -> None:
    pen = session.pen()
    session.act(lambda: reads.service().correct(view.scored.mention.key, label, name),
                pen.say("corrected_done", label=pen.say(f"label.{label.value}")))


page()
