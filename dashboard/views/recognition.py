"""Recognition, and what came of care: who was praised, how cases were handled, who came back, ratings beside words. ``?month=1405-08``."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from alerts.care import winback
from alerts.digest.periods import Every, Period, last, month_of, parse
from dashboard import address, cards, insight, rating_chart, reads, recognition_cards, session, theme, topic_cards
from dashboard.pen import Pen
from listener.words import say

MONTHS = 12
HANDLED = timedelta(days=90)  # before the end of the month: of one month alone there is little to tell


@session.guarded
def page() -> None:
    pen = session.pen()
    brand = session.brand() or next(iter(reads.service().brands()), None)
    session.block(cards.page_title(pen.say("page.recognition"), brand or ""))
    session.tell()
    if brand is None:
        session.block(cards.empty(pen, pen.say("first.title"), pen.say("first.words")))
        return
    month = _month(pen)
    _praised(pen, brand, month)
    _back(pen, brand)
    _handled(pen, brand, month)
    _ratings(pen, brand)


def _month(pen: Pen) -> Period:
    """Let a Jalali month be chosen; what the URL says leads, else the last one that is over."""
    now = month_of(pen.at.astimezone(pen.zone).date())
    offered = [now]
    while len(offered) < MONTHS:
        offered.append(offered[-1].before())
    said = st.query_params.get("month", "")
    try:
        asked = parse(said)
    except ValueError:  # a link must always open
        asked = last(Every.MONTH, pen.at, pen.zone)
        if said:
            address.misread("month", said, asked.written(pen.language, pen.zone))
    chosen = asked if asked.every is Every.MONTH and asked.start <= now.start else last(Every.MONTH, pen.at, pen.zone)
    names = {one.name: one for one in (*offered, *([] if chosen in offered else [chosen]))}
    if st.session_state.get("recognition_month") != chosen.name:
        st.session_state["recognition_month"] = chosen.name
    st.selectbox(pen.say("recognition.month"), list(names), key="recognition_month", format_func=lambda name: names[name].written(pen.language, pen.zone),
                 on_change=lambda: session.choose("month", st.session_state["recognition_month"]))
    return chosen


def _praised(pen: Pen, brand: str, month: Period) -> None:
    st.subheader(pen.say("recognition.praised"))
    if not reads.service().settings.staff:
        session.block(cards.empty(pen, pen.say("recognition.no_staff"), pen.say("recognition.no_staff_words")))
        return
    found = insight.praised(brand, *month.span(pen.zone))
    if not found:
        session.block(cards.empty(pen, pen.say("recognition.none"), pen.say("recognition.none_words")))
    session.block("".join(recognition_cards.praise(pen, one) for one in found) + cards.help_text(pen, "how.recognition"))
    if found:
        with st.expander(pen.say("recognition.letter"), icon=":material/mail:"):
            st.caption(pen.say("recognition.letter_help"))
            with st.container(key="copy_text"):
                st.code(reads.service().recognition_letter(brand, month, pen.language), language=None, wrap_lines=True)


def _back(pen: Pen, brand: str) -> None:
    st.subheader(pen.say("recognition.back"))
    for span, place in zip(reads.service().settings.care.days, st.tabs([pen.say("recognition.back_days", n=one.days) for one in reads.service().settings.care.days]),
                           strict=True):
        with place:
            view = insight.win_back(brand, span.days)
            if not view.rate.n:
                session.block(f'<p class="g-soft">{pen.say("recognition.back_none", n=span.days)}</p>')
            else:
                groups: list[tuple[str, winback.Rate]] = [(pen.say("recognition.all"), view.rate)]
                groups += recognition_cards.grouped(pen, view.by_remedy, lambda name: say(f"care.remedy.{name}", pen.language), say("care.remedy.none", pen.language))
                session.block(recognition_cards.win_back(pen, groups))
                causes = recognition_cards.grouped(pen, view.by_cause, lambda name: _cause(pen, name), pen.say("recognition.no_cause"))
                if any(name != pen.say("recognition.no_cause") for name, _ in causes):
                    session.block(f'<p class="g-small g-soft">{pen.say("recognition.by_cause")}</p>' + recognition_cards.win_back(pen, causes))
            if view.unknown:
                session.block(f'<p class="g-soft g-small">{pen.say("recognition.back_unknown", n=view.unknown)}</p>')
            session.block(cards.help_text(pen, "how.win_back"))


def _cause(pen: Pen, name: str) -> str:
    return topic_cards.aspect(pen, name, {one.name: one.names() for one in reads.service().settings.aspects})


def _handled(pen: Pen, brand: str, month: Period) -> None:
    st.subheader(pen.say("recognition.handled"))
    until = min(month.span(pen.zone)[1], pen.at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    since = until - HANDLED
    owners, units = insight.handled(brand, since, until)
    span = pen.say("recognition.handled_span", since=pen.day(since), until=pen.day(until - timedelta(minutes=1)))
    session.block(f'<p class="g-soft g-small">{span}</p>')
    if not owners:
        session.block(f'<p class="g-soft">{pen.say("recognition.no_cases")}</p>')
        return
    session.block(recognition_cards.handled(pen, owners, pen.say("recognition.nobody")))
    if any(one.name for one in units):
        session.block(f'<p class="g-small g-soft">{pen.say("recognition.by_unit")}</p>' + recognition_cards.handled(pen, units, pen.say("recognition.no_unit")))
    session.block(cards.help_text(pen, "how.handled"))


def _ratings(pen: Pen, brand: str) -> None:
    st.subheader(pen.say("recognition.rated"))
    view = insight.ratings(brand)
    if not any(one.rated for one in view.weeks):
        session.block(cards.empty(pen, pen.say("recognition.rated_none"), pen.say("recognition.rated_none_words")))
        return
    st.altair_chart(rating_chart.ratings(view.weeks, pen, theme.chart_colours()), theme="streamlit")
    session.block(recognition_cards.legend(pen) + f'<p class="g-small">{recognition_cards.agreement(pen, view)}</p>' + cards.help_text(pen, "how.rated"))


page()
