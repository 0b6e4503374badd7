"""Alerts: what burns, with evidence; take it, resolve, silence, judge. ``?alert=`` opens one, as messages link to it.

Not named ``alerts.py``: Streamlit puts a script's folder first on the path, where it would hide the package ``alerts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from alerts import evidence, wording
from alerts.precision import Precision
from alerts.reach import WordOfMouth
from alerts.rules import kind_of
from dashboard import alert_links, cards, case_buttons, charts, dates, reads, session, theme, verdicts
from dashboard.pen import Pen
from listener.service import AlertView, is_open
from listener.service.alerts import LONGEST_SILENCE
from listener.types import Alert, AlertState, Silence

DAYS = 30
SHOWN = 5  # alerts that one speaks for, with a way to each
DAY = "day"  # of the silences: to the end of a day that is chosen
SILENCES = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "1d": timedelta(days=1), "7d": timedelta(days=7)}


@session.guarded
def page() -> None:
    pen = session.pen()
    fingerprint = st.query_params.get("alert")
    if fingerprint:
        _one(pen, fingerprint)
    else:
        _all()


@st.fragment(run_every=reads.refresh())
@session.guarded
def _all() -> None:
    pen, brand = session.pen(), session.brand()
    found = reads.alerts(brand, DAYS)
    waiting, ended = [a for a in found if is_open(a)], [a for a in found if not is_open(a)]
    session.block(cards.page_title(pen.say("page.open_alerts"), pen.say("alerts.count", n=len(waiting))))
    session.tell()
    if not waiting:
        session.block(cards.banner(pen.say("alerts.none"), pen.say("alerts.none_words"), "g-quiet"))
    for alert in waiting:
        _row(pen, alert)
    st.subheader(pen.say("alerts.ended", days=DAYS))
    if not ended:
        session.block(f'<p class="g-soft">{pen.say("alerts.none_ended")}</p>')
    for alert in ended:
        _row(pen, alert)


def _row(pen: Pen, alert: Alert) -> None:
    with st.container(gap=None, key=f"pair_{alert.fingerprint}"):
        session.block(cards.alert_card(pen, alert))
        st.button(pen.say("open_alert"), key=f"open_{alert.fingerprint}", type="tertiary", on_click=session.choose,
                  args=("alert", alert.fingerprint), icon=":material/arrow_forward:" if pen.language == "en" else ":material/arrow_back:")


def _one(pen: Pen, fingerprint: str) -> None:
    st.button(pen.say("back"), on_click=session.choose, args=("alert", None), type="tertiary",
              icon=":material/arrow_back:" if pen.language == "en" else ":material/arrow_forward:")
    view = reads.alert(fingerprint)
    if view is None:
        session.block(cards.empty(pen, pen.say("alert_gone.title"), pen.say("alert_gone.words")))
        return
    alert = view.alert
    session.block(cards.page_title(pen.known(f"rule.{kind_of(alert.rule)}", alert.rule), alert.subject))
    session.tell()
    session.block(cards.alert_card(pen, alert))
    _held(pen, view)
    _silences(pen, view.silences)
    _actions(pen, view)
    found, story = reads.precision(alert.rule), reads.story(alert)
    st.subheader(pen.say("why.title"))
    session.block(f'<div class="g-card">{cards.reasons(pen, alert, view.mentions, [source.name for source in view.unseen], story)}'
                  f"{cards.precision_line(pen, found)}</div>")
    alert_links.ways(pen, alert)
    _measures(pen, view, found)
    st.subheader(pen.say("evidence.title"))
    if view.mentions:
        session.block("".join(cards.mention(pen, one, role=cards.role_word(pen, role)) for role, one in evidence.cast(view.mentions, subject=evidence.subject(alert.why))))
        if len(view.mentions) > 5:
            session.block(f'<p class="g-soft g-small">{pen.say("evidence.more", n=len(view.mentions))}</p>')
    else:
        session.block(cards.empty(pen, pen.say("evidence.none"), pen.say("evidence.none_words")))
    if view.missing > 0:
        session.block(f'<p class="g-soft g-small">{pen.say("evidence.missing", n=view.missing)}</p>')
    if view.hours and any(point.mentions for point in view.hours):
        st.subheader(pen.say("chart.around"))
        st.altair_chart(charts.reach_chart(view.hours, pen, theme.chart_colours(), alerts=[alert]))
        session.block(cards.legend(pen) + cards.help_text(pen, "how.chart"))
    left, right = st.columns(2)
    with left:
        st.subheader(pen.say("history.title"))
        session.block(f'<div class="g-card">{cards.facts(pen, alert)}{cards.history(pen, alert, view.history, view.verdicts, view.silences)}</div>')
    with right:
        st.subheader(pen.say("deliveries.title"))
        session.block(f'<div class="g-card">{cards.deliveries(pen, view.deliveries)}</div>')


def _held(pen: Pen, view: AlertView) -> None:
    """Say that nobody was told of this alert and of which one instead, and which it speaks for; each opens."""
    for words, some in (("held.by", [view.covered_by] if view.covered_by else []), ("held.these", list(view.speaks_for))):
        if some:
            session.block(cards.held(pen, pen.say(words), some))
        for one in some[:SHOWN]:
            st.button(f"{pen.say('open_alert')} #{one.fingerprint[:wording.SHORT]}", key=f"held_{one.fingerprint}", type="tertiary",
                      on_click=session.choose, args=("alert", one.fingerprint))


def _survey() -> WordOfMouth:
    said = reads.service().settings.word_of_mouth
    return WordOfMouth(said.satisfied, said.dissatisfied, said.year, said.source)


def _measures(pen: Pen, view: AlertView, found: Precision) -> None:
    """How bad and who may tell whom side by side, how it spreads below them; only what something is known of."""
    alert = view.alert
    told = "" if kind_of(alert.rule) in cards.BLIND else cards.by_mouth(pen, view.mentions, _survey())
    beside = [(title, html) for title, html in (("part.title", cards.parts(pen, alert, found)), ("mouth.title", told)) if html]
    if beside:
        for place, (title, html) in zip(st.columns(len(beside)), beside, strict=True):
            with place:
                _measure(pen, title, html)
    if html := cards.spread(pen, alert):
        _measure(pen, "spread.title", html)


def _measure(pen: Pen, title: str, html: str) -> None:
    st.subheader(pen.say(title))
    session.block(f'<div class="g-card">{html}</div>')


def _silences(pen: Pen, silences: Sequence[Silence]) -> None:
    """Say who keeps this quiet, until when and why, and let it end sooner."""
    for number, silence in enumerate(silences):
        session.block(cards.silence(pen, silence))
        st.button(pen.say("unsilence"), key=f"unsilence_{number}", type="tertiary", icon=":material/notifications_active:",
                  disabled=session.who() is None, on_click=_unsilence, args=(silence, session.who() or ""))


def _actions(pen: Pen, view: AlertView) -> None:
    alert, name = view.alert, session.who()
    if name is None:
        st.info(session.refusal(), icon=":material/badge:")
    with st.container(horizontal=True, key="actions"):
        if is_open(alert) and not alert.acknowledged_by:
            st.button(pen.say("take"), type="primary", icon=":material/front_hand:", disabled=name is None, key="take",
                      on_click=_take, args=(alert, name or ""))
        if is_open(alert):
            with st.popover(pen.say("resolve"), icon=":material/task_alt:", disabled=name is None, key="resolve_form"):
                st.text_area(pen.say("why_resolve"), key="resolve_why", max_chars=500)
                st.button(pen.say("resolve"), key="resolve", type="primary", on_click=_resolve, args=(alert, name or ""))
        if is_open(alert) and alert.state is not AlertState.HANDLED:
            with st.popover(pen.say("handle"), icon=":material/reply:", disabled=name is None, key="handle_form"):
                st.caption(pen.say("handle_help"))
                st.text_area(pen.say("why_handle"), key="handle_why", max_chars=500)
                st.button(pen.say("handle"), key="handle", type="primary", on_click=_handle, args=(alert, name or ""))
        case_buttons.on_alert(pen, alert)
        with st.popover(pen.say("silence"), icon=":material/notifications_off:", disabled=name is None, key="silence_form"):
            st.caption(pen.say("silence_help"))
            span = st.selectbox(pen.say("silence_for"), (*SILENCES, DAY), key="silence_for", format_func=lambda value: pen.say(f"silence_choice.{value}"))
            if span == DAY:
                today = pen.at.astimezone(pen.zone).date()
                last = today + LONGEST_SILENCE - timedelta(days=1)  # a day is silent to its end, and a silence lasts seven days at most
                st.session_state["silence_day"] = dates.day(pen, pen.say("silence_until"), key="silence_pick", value=today, earliest=today, latest=last, inline=True)
            st.text_area(pen.say("why_silence"), key="silence_why", max_chars=500)
            st.button(pen.say("silence"), key="silence", type="primary", on_click=_silence, args=(alert, name or ""))
        verdicts.buttons(pen, alert)


def _take(alert: Alert, name: str) -> None:
    session.act(lambda: reads.service().acknowledge(alert.fingerprint, name, seen_at=alert.updated_at), session.pen().say("taken"))


def _handle(alert: Alert, name: str) -> None:
    why = st.session_state.get("handle_why", "")
    session.act(lambda: reads.service().handle(alert.fingerprint, name, why, seen_at=alert.updated_at), session.pen().say("handled"))


def _unsilence(silence: Silence, name: str) -> None:
    session.act(lambda: reads.service().unsilence(silence.subject, silence.rule, name), session.pen().say("unsilenced"))


def _resolve(alert: Alert, name: str) -> None:
    why = st.session_state.get("resolve_why", "")
    session.act(lambda: reads.service().resolve(alert.fingerprint, name, why, seen_at=alert.updated_at), session.pen().say("resolved"))


def _silence(alert: Alert, name: str) -> None:
    pen, service, why = session.pen(), reads.service(), st.session_state.get("silence_why", "")
    span = st.session_state.get("silence_for", "1h")
    end: date = st.session_state.get("silence_day", pen.at.astimezone(pen.zone).date())
    until = (datetime.combine(end + timedelta(days=1), time(0), tzinfo=pen.zone).astimezone(UTC) if span == DAY else pen.at + SILENCES[span])
    session.act(lambda: service.silence(alert.subject, alert.rule, name, why, until), pen.say("silenced", until=pen.when(until)))


page()
