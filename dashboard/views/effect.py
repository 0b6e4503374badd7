"""Before/after: tone and volume around an answer of ours, a campaign, an alert or any moment; and how far a correction went.

``?at=`` is the moment, ``?span=`` how long on either side; ``?claim=`` and ``?correction=`` are two stories.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import streamlit as st

from dashboard import address, cards, dates, effect_cards, effect_chart, insight, reads, session, story_chart, theme
from dashboard.pen import Pen
from listener.service import StoryLine
from listener.text import printable

SPANS = {"6h": timedelta(hours=6), "24h": timedelta(hours=24), "3d": timedelta(days=3), "7d": timedelta(days=7)}
OTHER = "other"
BACK = timedelta(days=90)  # a moment may lie so far back
STORIES = timedelta(days=7)


@session.guarded
def page() -> None:
    pen = session.pen()
    brand = session.brand() or next(iter(reads.service().brands()), None)
    session.block(cards.page_title(pen.say("page.effect"), brand or ""))
    session.tell()
    if brand is None:
        session.block(cards.empty(pen, pen.say("first.title"), pen.say("first.words")))
        return
    at = _moment(pen, brand)
    span = address.choice("span", SPANS, "24h", pen.say("effect.span.24h"))
    if st.session_state.get("effect_span") != span:
        st.session_state["effect_span"] = span
    st.segmented_control(pen.say("effect.span"), tuple(SPANS), key="effect_span", format_func=lambda name: pen.say(f"effect.span.{name}"),
                         on_change=lambda: session.choose("span", st.session_state.get("effect_span") or "24h"))
    if at >= pen.at:
        st.info(pen.say("effect.ahead"))
    else:
        _around(pen, brand, at, SPANS[span])
    _correction(pen, brand)


def _moment(pen: Pen, brand: str) -> datetime:
    """Let a moment be chosen; what the URL says leads."""
    offered = {one.at.isoformat(): one for one in insight.moments(brand)}
    asked = _read(st.query_params.get("at"))
    key = asked.isoformat() if asked else next(iter(offered), OTHER)
    chosen = key if key in offered else OTHER
    if (given := st.query_params.get("at")) and asked is None:
        address.misread("at", given, pen.when(offered[key].at if key in offered else _before(pen)))
    if st.session_state.get("effect_moment") != chosen:
        st.session_state["effect_moment"] = chosen
    st.selectbox(pen.say("effect.moment"), [*offered, OTHER], key="effect_moment", on_change=_chose, args=(pen,),
                 format_func=lambda name: pen.say("effect.other") if name == OTHER else effect_cards.moment(pen, offered[name]))
    if chosen != OTHER:
        return offered[chosen].at
    at = asked or _before(pen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        local = at.astimezone(pen.zone)
        today = pen.at.astimezone(pen.zone).date()
        day = dates.day(pen, pen.say("effect.day"), key="effect_day", value=local.date(), earliest=today - BACK, latest=today)
        hour = st.selectbox(pen.say("effect.hour"), range(24), index=local.hour, key=f"effect_hour_{local.hour}", width=110, format_func=lambda n: pen.digits(f"{n:02}:00"))
    found = datetime.combine(day, time(hour), tzinfo=pen.zone).astimezone(UTC)
    if (day, hour) != (local.date(), local.hour):
        session.choose("at", found.isoformat())
        return found
    return at


def _read(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _before(pen: Pen) -> datetime:
    return (pen.at - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)


def _chose(pen: Pen) -> None:
    chosen = st.session_state.get("effect_moment")
    session.choose("at", _before(pen).isoformat() if chosen == OTHER else chosen)


def _around(pen: Pen, brand: str, at: datetime, span: timedelta) -> None:
    view = insight.effect(brand, at, span)
    found = view.effect
    moved = insight.lift(brand, at)
    if moved is not None and moved.hours:  # a campaign: against comparable weekdays, which says more than the hours before it
        st.subheader(pen.say("effect.lift"))
        session.block(effect_cards.lift(pen, moved))
    elif found.volume is None and found.tone is None:
        session.block(cards.empty(pen, pen.say("effect.nothing"), pen.say("effect.nothing_words")))
        if not any(hour is not None and hour.mentions for _, hour, _ in found.points):
            return
    else:
        if view.doubt is not None:
            session.block(effect_cards.doubt(pen, view))
        session.block(effect_cards.tiles(pen, view))
    st.subheader(pen.say("effect.chart_title"))
    st.altair_chart(effect_chart.effect_chart(found, pen, theme.chart_colours(), storms=view.storms, campaigns=insight.campaigns(brand)), theme="streamlit")
    session.block(effect_cards.legend(pen) + effect_cards.sides(pen, found))
    if view.answers:
        with st.expander(pen.say("effect.answers")):
            session.block("".join(cards.mention(pen, one) for one in view.answers))


def _correction(pen: Pen, brand: str) -> None:
    st.subheader(pen.say("effect.correction"))
    since = pen.at.replace(minute=0, second=0, microsecond=0) - STORIES
    lines = {one.count.id: one for one in insight.story_lines(brand, since, 20)}
    chosen = {}
    for name, place in zip(("claim", "correction"), st.columns(2), strict=True):
        asked = st.query_params.get(name)
        options = [*lines, *([asked] if asked and asked not in lines else [])]
        if st.session_state.get(f"effect_{name}") != asked:
            st.session_state[f"effect_{name}"] = asked
        with place:
            st.selectbox(pen.say("effect.claim" if name == "claim" else "effect.corrects"), options, index=None, key=f"effect_{name}", placeholder=pen.say("effect.choose"),
                         format_func=lambda id: _title(pen, lines.get(id), id), on_change=lambda name=name: session.choose(name, st.session_state.get(f"effect_{name}")))
        chosen[name] = asked
    claim, correction = chosen["claim"], chosen["correction"]
    if not claim or not correction:
        session.block(f'<p class="g-soft g-small">{pen.say("effect.choose_two")}</p>')
    elif claim == correction:
        st.info(pen.say("effect.same"))
    elif (found := insight.answered(claim, correction, brand)) is None:
        session.block(cards.empty(pen, pen.say("story.unknown"), pen.say("story.unknown_words")))
    else:
        session.block(effect_cards.answered(pen, found))
        if found.claim_steps and found.correction_steps:
            until = max(found.claim.last_at, found.correction.last_at)
            st.altair_chart(story_chart.reach_chart([(found.claim_steps, "negative"), (found.correction_steps, "positive")], until, pen, theme.chart_colours(),
                                                    words=pen.say("effect.reach_chart")), theme="streamlit")
            session.block(effect_cards.reach_legend(pen))


def _title(pen: Pen, line: StoryLine | None, id: str) -> str:
    if line is None or line.head is None:
        return id
    return f'\u2068{printable(line.head.mention.full_text)[:70]}\u2069 · {pen.say("stories.authors", n=line.count.authors)}'


page()
