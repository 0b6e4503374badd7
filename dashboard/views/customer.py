"""A customer: accounts, tone over time, reach, cases, promises, ratings. ``?author=kind:id`` names one of their accounts."""

from __future__ import annotations

import streamlit as st

from dashboard import author_cards, cards, case_cards, customer_chart, links, reads, session, theme
from dashboard.pen import Pen
from listener.service import CustomerView

POSTS = 20


@session.guarded
def page() -> None:
    pen, name = session.pen(), st.query_params.get("author")
    session.block(cards.page_title(pen.say("page.customer"), ""))
    session.tell()
    _search(pen)
    asked = st.query_params.get("find")
    if asked:
        _found(pen, asked)
        return
    if not name:
        session.block(cards.empty(pen, pen.say("customer.start"), pen.say("customer.start_words")))
        return
    view = reads.customer(name[:200])
    if view is None:
        session.block(cards.empty(pen, pen.say("customer.none"), pen.say("customer.none_words")))
        return
    _show(pen, name, view)


def _search(pen: Pen) -> None:
    if st.session_state.get("customer_find") is None:
        st.session_state["customer_find"] = st.query_params.get("find", "")

    def look() -> None:
        session.choose("author", None)
        session.choose("find", str(st.session_state["customer_find"]).strip()[:200] or None)

    st.text_input(pen.say("customer.find"), key="customer_find", placeholder=pen.say("customer.find_hint"), icon=":material/search:", on_change=look,
                  max_chars=200)


def _found(pen: Pen, asked: str) -> None:
    found = reads.who(asked)
    if not found:
        session.block(cards.empty(pen, pen.say("customer.none"), pen.say("customer.none_words")))
    for name in found[:10]:
        view = reads.author(name)
        with st.container(gap=None):
            if view is not None:
                session.block(author_cards.card(pen, view))
            st.button(pen.say("customer.open", name=session.named(name)), key=f"open_{name}", type="tertiary", icon=links.onward(pen),
                      on_click=_open, args=(name,))


def _open(name: str) -> None:
    session.choose("find", None)
    st.session_state["customer_find"] = ""
    session.choose("author", name)


def _show(pen: Pen, name: str, view: CustomerView) -> None:
    session.block("".join(author_cards.card(pen, one) for one in view.accounts)
                  + "".join(f'<p class="g-soft g-small">{cards.harmless(pen.say("customer.silent", name=one))}</p>' for one in view.silent))
    if len(view.accounts) + len(view.silent) > 1:
        session.block(f'<p class="g-soft g-small">{pen.say("customer.linked")}</p>')
    _linking(pen, name, view)
    if view.reach is not None:
        session.block(cards.tiles(cards.tile(pen, pen.say("customer.reach"), pen.reach(view.reach), how="how.customer")))
    if len(view.weeks) > 1:
        st.subheader(pen.say("customer.weeks"))
        st.altair_chart(customer_chart.tone_weeks(view.weeks, pen, theme.chart_colours()), theme="streamlit")
    st.subheader(pen.say("customer.cases"))
    if not view.cases:
        session.block(f'<p class="g-soft">{pen.say("customer.no_cases")}</p>')
    for case in view.cases:
        with st.container(gap=None):
            session.block(case_cards.row(pen, case))
            st.page_link("views/cases.py", label=pen.say("cases.to_case"), icon=links.onward(pen), query_params=links.query(case=str(case.number)))
    if view.promises:
        st.subheader(pen.say("promises.title"))
        session.block("".join(case_cards.promise(pen, one) for one in view.promises))
    if view.rated:
        st.subheader(pen.say("customer.rated"))
        session.block("".join(cards.mention(pen, one) for one in view.rated[:POSTS]))
    st.subheader(pen.say("customer.posts"))
    session.block("".join(cards.mention(pen, one) for one in view.mentions[:POSTS]) + cards.help_text(pen, "how.customer"))


def _linking(pen: Pen, name: str, view: CustomerView) -> None:
    off = session.who() is None
    with st.container(horizontal=True, key="customer_actions"):
        with st.popover(pen.say("customer.link"), icon=":material/link:", disabled=off, key="link_form"):
            st.caption(pen.say("customer.link_help"))
            st.text_input(pen.say("customer.other"), key="link_other", max_chars=200)
            st.button(pen.say("customer.link"), key="customer_link", type="primary", on_click=_link, args=(name,))
        if len(view.accounts) + len(view.silent) > 1:
            st.button(pen.say("customer.unlink"), key="customer_unlink", disabled=off, icon=":material/link_off:", on_click=_unlink, args=(name,))


def _link(name: str) -> None:
    other, who = str(st.session_state.get("link_other") or "").strip(), session.who() or ""
    session.act(lambda: reads.service().link_customer([name, other], who), session.pen().say("cases.done"))


def _unlink(name: str) -> None:
    who = session.who() or ""
    session.act(lambda: reads.service().unlink_customer(name, who), session.pen().say("cases.done"))


page()
