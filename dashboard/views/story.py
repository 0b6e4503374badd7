"""Stories: what went round, ranked by independent authors; and one of them: who began it, who made it big, where it went, whether it grows.

``?story=`` opens one; alerts and Now link to it so. ``?storm=`` opens all that belongs to an alert though it is told in different words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from dashboard import address, cards, case_buttons, insight, links, reads, session, story_cards, story_chart, theme
from dashboard.pen import Pen
from listener.service import StormLine, StormView, StoryView, evening_before
from listener.types import ScoredMention

SPANS = {"evening": None, "3d": timedelta(days=3), "7d": timedelta(days=7)}
LISTED = 20


@session.guarded
def page() -> None:
    pen = session.pen()
    chosen, storm = (st.query_params.get(name) for name in ("story", "storm"))
    if storm:
        _storm(storm)
    elif chosen:
        _one(pen, chosen)
    else:
        _all()


@st.fragment(run_every=reads.refresh())
@session.guarded
def _all() -> None:
    pen, brand = session.pen(), session.brand()
    span = address.choice("since", SPANS, "evening", pen.say("stories.span.evening"))
    since = _since(pen, span)
    session.block(cards.page_title(pen.say("page.story"), pen.say("as_of", brand=brand or pen.say("all_brands"), when=pen.say("stories.title", when=pen.when(since)))))
    session.tell()
    if st.session_state.get("stories_since") != span:
        st.session_state["stories_since"] = span
    st.segmented_control(pen.say("stories.span"), tuple(SPANS), key="stories_since", format_func=lambda name: pen.say(f"stories.span.{name}"),
                         label_visibility="collapsed", on_change=_chose)
    found = insight.story_lines(brand, since, LISTED)
    for storm in insight.storms(brand, since):
        with st.container(gap=None, key=f"pair_storm_{storm.line.alert.fingerprint}"):
            session.block(story_cards.storm(pen, storm.line))
            _open_storm(pen, storm.line)
    if not found:
        session.block(cards.empty(pen, pen.say("stories.none"), pen.say("stories.none_words", when=pen.when(since))))
        return
    session.block(cards.help_text(pen, "how.stories"))
    for place, one in enumerate(found, 1):
        with st.container(gap=None, key=f"pair_story_{place}"):
            session.block(story_cards.line(pen, one, place))
            st.button(pen.say("stories.open"), key=f"story_{one.brand}_{one.count.id}", type="tertiary", on_click=session.choose, args=("story", one.count.id),
                      icon=links.onward(pen))


def _since(pen: Pen, span: str) -> datetime:
    back = SPANS[span]
    if back is None:
        return evening_before(pen.at, pen.zone)
    return pen.at.replace(minute=0, second=0, microsecond=0) - back


def _chose() -> None:
    session.choose("since", st.session_state.get("stories_since") or "evening")


@st.fragment(run_every=reads.refresh())
@session.guarded
def _one(pen: Pen, id: str) -> None:
    pen = session.pen()
    view = insight.story(id, session.brand())
    st.button(pen.say("story.back"), key="story_back", type="tertiary", on_click=session.choose, args=("story", None),
              icon=links.back(pen))
    if view is None:
        session.block(cards.page_title(pen.say("story.title"), ""))
        session.block(cards.empty(pen, pen.say("story.unknown"), pen.say("story.unknown_words")))
        return
    session.block(cards.page_title(pen.say("story.title"), pen.say("as_of", brand=view.brand, when=pen.full(view.course.first.trace.published_at))))
    session.block(f'<div class="g-card g-quote">{story_cards.said(pen, view.first, 420)}</div>')
    session.block(story_cards.tiles(pen, view.course))
    if not view.whole:
        session.block(f'<p class="g-soft g-small">{pen.say("story.partial", n=view.course.mentions)}</p>')
    if storm := insight.storm_of(view.id, view.brand):
        st.subheader(pen.say("storm.part"))
        session.block(story_cards.storm(pen, storm))
        _open_storm(pen, storm)
    _told(pen, view)


def _open_storm(pen: Pen, storm: StormLine) -> None:
    st.button(pen.say("storm.open"), key=f"storm_{storm.alert.fingerprint}", type="tertiary", on_click=session.choose, args=("storm", storm.alert.fingerprint), icon=links.onward(pen))


@st.fragment(run_every=reads.refresh())
@session.guarded
def _storm(fingerprint: str) -> None:
    """Write a storm as one story is written: who began it, who made it big, where it went; and the stories it is made of."""
    pen = session.pen()
    view = insight.storm(fingerprint)
    st.button(pen.say("story.back"), key="storm_back", type="tertiary", on_click=session.choose, args=("storm", None), icon=links.back(pen))
    if view is None:
        session.block(cards.page_title(pen.say("storm.title"), ""))
        most = insight.too_many(fingerprint)
        session.block(cards.empty(pen, pen.say("storm.unknown"), pen.say("storm.unknown_words") if most is None else pen.say("storm.too_many", n=most)))
        return
    session.block(cards.page_title(pen.say("storm.title"), pen.say("as_of", brand=view.told.brand, when=pen.full(view.told.course.first.trace.published_at))))
    session.block(story_cards.storm(pen, view.line))
    session.block(story_cards.tiles(pen, view.told.course, tone=False))  # complaints alone: all of them are negative
    _told(pen, view.told, view)


def _told(pen: Pen, view: StoryView, storm: StormView | None = None) -> None:
    _time(pen, view)
    if storm is not None:
        st.subheader(pen.say("storm.parts"))
        session.block(story_cards.parts(pen, storm))
    _alerts(pen, view)
    left, right = st.columns(2)
    with left:
        if view.voices:
            st.subheader(pen.say("story.big"))
            session.block(story_cards.voices(pen, view))
        if view.reshared:
            st.subheader(pen.say("story.reshared"))
            session.block(story_cards.reshared(pen, view))
    with right:
        st.subheader(pen.say("story.jumps"))
        session.block(story_cards.jumps(pen, view))
        if html := cards.spread_of(pen, view.course.spread.figures()):
            st.subheader(pen.say("spread.title"))
            session.block(f'<div class="g-card">{html}</div>')
    if view.first is not None:
        st.subheader(pen.say("story.first"))
        _posts(pen, (view.first,))
    if others := [one for one in view.sample if view.first is None or one.mention.key != view.first.mention.key]:
        st.subheader(pen.say("story.sample"))
        _posts(pen, others)


def _posts(pen: Pen, posts: Sequence[ScoredMention]) -> None:
    cases = case_buttons.known(posts)
    for one in posts:
        with st.container(gap=None):
            session.block(cards.mention(pen, one))
            case_buttons.on_mention(pen, one, cases)


def _time(pen: Pen, view: StoryView) -> None:
    told = view.course
    found = story_cards.happenings(pen, view)
    st.subheader(pen.say("story.time"))
    if told.mentions > 1:
        st.altair_chart(story_chart.course_chart(told.bars, told.step, pen, theme.chart_colours(), happenings=found, seen=view.seen, campaigns=insight.campaigns(view.brand)), theme="streamlit")
        session.block(story_cards.legend(pen) + cards.help_text(pen, "how.story_chart", step=pen.span(told.step)))
    session.block(story_cards.course(pen, found))
    if len(view.steps) > 1:
        with st.expander(pen.say("story.seen_title")):
            st.altair_chart(story_chart.reach_chart([(view.steps, "negative")], told.last_at, pen, theme.chart_colours(), words=pen.say("story.seen_chart")), theme="streamlit")


def _alerts(pen: Pen, view: StoryView) -> None:
    st.subheader(pen.say("story.real"))
    if not view.alerts:
        session.block(f'<p class="g-soft g-small">{pen.say("story.no_alert")}</p>')
        return
    session.block(f'<div class="g-card">{cards.precision_line(pen, view.precision)}</div>')
    for alert in view.alerts[:3]:
        with st.container(gap=None, key=f"pair_{alert.fingerprint}"):
            session.block(cards.alert_card(pen, alert))
            st.page_link("views/open_alerts.py", label=pen.say("open_alert"), icon=links.onward(pen), query_params=links.query(alert=alert.fingerprint))


page()
