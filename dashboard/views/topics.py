"""Topics: what they are angry about, why it changed, in their own words; and posts that say what one types."""

from __future__ import annotations

import streamlit as st

from dashboard import cards, phrase_bars, reads, session, topic_cards
from dashboard.pen import Pen
from listener.calendar import format_week
from listener.errors import Refusal
from listener.types import MentionKey
from listener.words import say

FOUND = 10  # posts a search shows
QUOTED = 5  # aspects told with quotes
OPEN = 5  # topics shown; the others are a click away


@session.guarded
def page() -> None:
    pen, brand = session.pen(), session.brand()
    view = reads.causes(brand)
    week = format_week(view.causes.weeks[-1], pen.language)
    session.block(cards.page_title(pen.say("page.topics"), pen.say("as_of", brand=brand or pen.say("all_brands"), when=week)))
    session.tell()
    if not _search(pen, brand):
        _linked(pen, brand)
        _causes(pen, brand, week)
        phrase_bars.section(pen, brand)
        _emerging(pen, brand)
        _quotes(pen, brand)


def _search(pen: Pen, brand: str | None) -> bool:
    """Show the search box, and what was found; return whether something was looked for."""
    typed, like = st.query_params.get("say") or "", st.query_params.get("like") or ""
    if st.session_state.get("say_what") != typed:
        st.session_state["say_what"] = typed  # the URL leads: a link, or the browser's back button
    st.text_input(pen.say("search.title"), key="say_what", placeholder=pen.say("search.hint"), max_chars=500, icon=":material/search:",
                  on_change=_typed)
    kind, _, id = like.partition(":")
    what = MentionKey(kind, id) if kind and id else typed.strip()
    if not what:
        return False
    st.button(pen.say("search.clear"), on_click=_clear, icon=":material/close:", type="tertiary", key="search_clear")
    try:
        found = reads.like(what, brand, FOUND)
    except Refusal as refusal:
        st.info(pen.say("refused", why=session.plain(session.reason(refusal))))
        return True
    if not found:
        session.block(cards.empty(pen, pen.say("search.none"), pen.say("search.none_words")))
        return True
    if isinstance(what, MentionKey):
        st.subheader(pen.say("search.like_title"))
    session.block(f'<p class="g-soft g-small">{pen.say("search.found", n=len(found))}</p>' + cards.help_text(pen, "how.search"))
    if all(one.match == "weak" for one in found):
        st.info(say("topic.match.none", pen.language))
    for one in found:
        key = one.mention.mention.key
        with st.container(gap=None, key=f"found_{key.kind}_{key.id}"):
            session.block(f'<span class="g-chip line">{say("topic.match", pen.language)}: {say(f"topic.match.{one.match}", pen.language)}</span>'
                          + cards.mention(pen, one.mention))
            _like_button(pen, key, "found")
    return True


def _like_button(pen: Pen, key: MentionKey, where: str) -> None:
    st.button(pen.say("search.like"), key=f"like_{where}_{key.kind}_{key.id}", type="tertiary", icon=":material/manage_search:",
              on_click=_look_like, args=(key,))


def _typed() -> None:
    session.choose("say", str(st.session_state.get("say_what") or "").strip() or None)
    session.choose("like", None)


def _look_like(key: MentionKey) -> None:
    session.choose("say", None)
    session.choose("like", ":".join(key))


def _clear() -> None:
    session.choose("say", None)
    session.choose("like", None)


def _causes(pen: Pen, brand: str | None, week: str) -> None:
    view = reads.causes(brand)
    st.subheader(pen.say("causes.title"))
    if not view.causes.complaints.now:
        session.block(cards.empty(pen, pen.say("causes.none"), pen.say("causes.none_words", week=week)))
    else:
        total = view.causes.complaints
        session.block(f'<p><b>{pen.say("causes.count", n=total.now)}</b> <span class="g-soft g-small">{topic_cards.change(pen, total)}</span></p>')
        session.block(topic_cards.pareto(pen, view.causes, view.names))


def _linked(pen: Pen, brand: str | None) -> None:
    """Open the topic that ``?topic=`` names, as links of the digest do, before everything else; say so where it is not there any more."""
    id = st.query_params.get("topic")
    if not id:
        return
    view = reads.topic(brand, id)
    with st.container(key="topic_linked", gap=None):
        if view is None:
            session.block(cards.empty(pen, pen.say("topic.gone"), pen.say("topic.gone_words")))
        else:
            st.subheader(pen.say("topic.linked"))
            if view.topic.id != id:
                session.block(f'<p class="g-soft g-small">{pen.say("topic.merged_here")}</p>')
            session.block(topic_cards.emerging(pen, view, opened=True))
        st.button(pen.say("topic.close"), key="topic_close", type="tertiary", icon=":material/close:", on_click=session.choose, args=("topic", None))


def _emerging(pen: Pen, brand: str | None) -> None:
    st.subheader(pen.say("emerging.title"))
    found = reads.topics(brand)
    if not found:
        session.block(cards.empty(pen, pen.say("emerging.none"), pen.say("emerging.none_words")))
        return
    session.block("".join(topic_cards.emerging(pen, one) for one in found[:OPEN]))
    if rest := found[OPEN:]:
        with st.expander(pen.say("emerging.more", n=len(rest))):
            session.block("".join(topic_cards.emerging(pen, one) for one in rest))
    session.block(cards.help_text(pen, "how.emerging"))


def _quotes(pen: Pen, brand: str | None) -> None:
    """Show each frequent aspect with how it changed, and posts that stand for the rest."""
    view = reads.causes(brand)
    told = [one for one in view.causes.causes if one.change.now][:QUOTED]
    if not told:
        return
    st.subheader(pen.say("causes.each"))
    for one, place in zip(told, st.tabs([topic_cards.aspect(pen, one.aspect, view.names) for one in told]), strict=True):
        with place:
            session.block(topic_cards.cause(pen, one, view.names))
            for quote in view.quotes.get(one.aspect, ()):
                with st.container(gap=None, key=f"quote_{one.aspect}_{quote.mention.key.kind}_{quote.mention.key.id}"):
                    session.block(cards.mention(pen, quote))
                    _like_button(pen, quote.mention.key, one.aspect)


page()
