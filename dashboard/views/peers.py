"""Peers: share of voice, tone, complaints and their subjects, us beside others, only where the comparison is fair."""

from __future__ import annotations

import streamlit as st

from alerts import topics
from dashboard import address, cards, insight, peer_cards, peer_charts, reads, session, theme, topic_cards
from dashboard.pen import Pen
from listener.service import PeersView

SPANS = {"7": 7, "28": 28, "84": 84}


@session.guarded
def page() -> None:
    pen = session.pen()
    days = address.choice("days", SPANS, "28", pen.say("peers.span.28"))
    own, peers = reads.service().brands(), [name for name in reads.service().brands(own=False) if name not in reads.service().brands()]
    brand = session.brand() if session.brand() in own else next(iter(own), None)
    session.block(cards.page_title(pen.say("page.peers"), brand or ""))
    session.tell()
    if not peers:
        session.block(cards.empty(pen, pen.say("peers.none"), pen.say("peers.none_words")))
        return
    against = []
    for name in filter(None, (st.query_params.get("against") or "").split("|")):
        if name in peers:
            against.append(name)
        else:
            address.misread("against", name, pen.say("peers.all"))
    _choices(pen, days, peers, against)
    view = insight.peers(brand, tuple(against), SPANS[days])
    if view is None:
        session.block(cards.empty(pen, pen.say("peers.none"), pen.say("peers.none_words")))
        return
    session.block(peer_cards.basis(pen, view))
    _standing(pen, view)
    _market(pen, view)
    _topics(pen, view)
    st.subheader(pen.say("peers.places"))
    session.block(peer_cards.places(pen, view.found.places))


def _choices(pen: Pen, days: str, peers: list[str], against: list[str]) -> None:
    if st.session_state.get("peer_days") != days:
        st.session_state["peer_days"] = days
    if st.session_state.get("peer_against") != against:
        st.session_state["peer_against"] = against
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(pen.say("peers.span"), tuple(SPANS), key="peer_days", format_func=lambda name: pen.say(f"peers.span.{name}"),
                             label_visibility="collapsed", on_change=lambda: session.choose("days", st.session_state.get("peer_days") or "28"))
        if len(peers) > 1:
            st.multiselect(pen.say("peers.against"), peers, key="peer_against", placeholder=pen.say("peers.all"), label_visibility="collapsed",
                           on_change=lambda: session.choose("against", "|".join(st.session_state.get("peer_against") or []) or None))


def _standing(pen: Pen, view: PeersView) -> None:
    st.subheader(pen.say("peers.standing"))
    if all(one.voice is None for one in view.found.peers):
        session.block(cards.empty(pen, pen.say("peers.few"), pen.say("peers.few_words")))
        return
    session.block(f'<section class="g-card"><b>{peer_cards.verdict(pen, view)}</b></section>' + peer_cards.table(pen, view.found))
    for place, name in zip(st.columns(len(peer_cards.MEASURES)), peer_cards.MEASURES, strict=True):
        dots = peer_cards.dots(pen, view.found, name)
        with place:
            if dots:
                session.block(f'<p class="g-small" style="margin:.4rem 0 0"><b>{pen.say(f"peers.{name}")}</b></p>')
                st.altair_chart(peer_charts.intervals(dots, pen, theme.chart_colours(), words=pen.say("peers.chart", name=pen.say(f"peers.{name}")),
                                                      title=pen.say("peers.figure"), scale_by=1000 if name == "rate" else 100, sign=name == "voice", zero=name != "net"), theme="streamlit")


def _market(pen: Pen, view: PeersView) -> None:
    if not any(count for one in view.standings for _, count, _, _ in one.brands):
        return
    st.subheader(pen.say("peers.market"))
    dots = peer_cards.market_dots(pen, view.standings)
    if dots:
        st.altair_chart(peer_charts.intervals(dots, pen, theme.chart_colours(), words=pen.say("peers.market_chart"), title=pen.say("peers.figure"),
                                              rows=[topic_cards.aspect(pen, one.aspect) for one in view.standings]), theme="streamlit")
    session.block(peer_cards.market(pen, view))
    if view.sampled:
        session.block(f'<p class="g-soft g-small">{pen.say("peers.sampled")}</p>')


def _topics(pen: Pen, view: PeersView) -> None:
    if not any(told for _, told in view.topics):
        return
    st.subheader(pen.say("peers.topics"))
    for place, (brand, told) in zip(st.columns(min(3, len(view.topics))) * len(view.topics), view.topics, strict=False):
        with place:
            names = "".join(f'<li>{cards.isolate((topics.title(one, pen.language) or pen.say("emerging.unnamed"))[:120])} '
                            f'<span class="g-small g-soft">{pen.say("peers.mentions", n=count)}</span></li>' for one, count in told)
            body = f'<ul class="g-list">{names}</ul>' if told else f'<p class="g-soft g-small">{pen.say("peers.no_topics")}</p>'
            session.block(f'<div class="g-card"><b>{cards.isolate(brand)}</b>{body}</div>')


page()
