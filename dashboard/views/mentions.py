"""Every mention: search as people type it, filters, why it matched, how it was read; correct a label."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import address, author_cards, cards, case_buttons, export, filters, reads, session
from dashboard.pen import Pen
from listener.service import Filters, MentionsPage, MentionView
from listener.types import Label

MIMES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@session.guarded
def page() -> None:
    pen, brand = session.pen(), session.brand()
    session.block(cards.page_title(pen.say("page.mentions"), brand or pen.say("all_brands")))
    session.tell()
    sources = filters.source_names()
    chosen = filters.read(st.query_params, sources)
    filters.note(pen, st.query_params, chosen)
    filters.widgets(pen, chosen, sources)
    chosen = filters.read(st.query_params, sources)  # the days may just have been chosen
    if chosen.author:
        _author(pen, chosen.author)
    older, asked = st.query_params.get("older"), chosen.filters(brand, pen.at, pen.zone)
    try:
        found = reads.mentions(asked, older)
    except ValueError:  # a page token that somebody's link cut short: the first page is a better answer than an error
        address.misread("older", older or "", pen.say("newest"))
        session.choose("older", None)
        older, found = None, reads.mentions(asked, None)
    if not found.items:
        _nothing(pen, chosen, older)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        session.block(f'<p class="g-soft g-small">{pen.say("found", n=len(found.items))}</p>')
        _export(pen, asked)
    cases = case_buttons.known([view.scored for view in found.items])
    for view in found.items:
        with st.container(gap=None):
            session.block(cards.mention(pen, view))
            with st.container(horizontal=True, gap="small"):
                _correct(pen, view)
                _whose(pen, view, chosen)
                case_buttons.on_mention(pen, view.scored, cases)
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


def _author(pen: Pen, name: str) -> None:
    """Show who it is that the page is narrowed to."""
    view = reads.author(name)
    if view is None:
        return
    session.block(author_cards.card(pen, view) + cards.help_text(pen, "how.author"))


def _whose(pen: Pen, view: MentionView, chosen: filters.Chosen) -> None:
    who, key = view.scored.mention.author, view.scored.mention.key
    if who is None or not who.id or chosen.author == f"{who.kind}:{who.id}":
        return
    st.button(pen.say("author.show"), key=f"author_{key.kind}_{key.id}_{view.scored.brand}", type="tertiary", icon=":material/person_search:",
              on_click=_to_author, args=(f"{who.kind}:{who.id}",))


def _to_author(name: str) -> None:
    for each in (*filters.NAMES, "older"):
        session.choose(each, None)
    session.choose("author", name)
    session.choose("span", "all")


def _export(pen: Pen, asked: Filters) -> None:
    """Offer what is listed as a file. It is made when it is asked for, which happens outside of this run."""
    name, service = session.who(), reads.service()

    def read(these: Filters, older: str | None, size: int) -> MentionsPage:
        return service.mentions(these, older=older, size=size)

    def made(kind: str) -> bytes:
        found = export.rows(read, asked, pen)
        data, count = export.csv_bytes(found) if kind == "csv" else export.xlsx_bytes(found, pen)
        service.exported(name or "", count, kind)
        return data

    with st.popover(pen.say("export.title"), icon=":material/download:", type="tertiary", key="export_form"):
        st.caption(pen.say("export.words", n=export.MOST))
        if name is None:
            st.info(session.refusal())
        stamp = pen.at.astimezone(pen.zone).strftime("%Y-%m-%d-%H%M")
        for kind, mime in MIMES.items():
            st.download_button(pen.say(f"export.{kind}"), partial(made, kind), file_name=f"goosh-{stamp}.{kind}", mime=mime, key=f"export_{kind}",
                               disabled=name is None, on_click="ignore", width="stretch", icon=":material/table_view:")


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
