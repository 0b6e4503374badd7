"""Try a rule on what is stored before it calls anybody; enable it with what the replay said kept beside it."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from typing import Any

import streamlit as st

from config.settings import RuleSettings
from dashboard import access, address, cards, dates, options, reads, replay_cards, session, trial
from dashboard.pen import Pen
from listener.calendar import format_day
from listener.errors import Refusal
from listener.service import RuleView

USUAL = timedelta(days=27)  # four weeks with today
POLL = timedelta(seconds=1)


@session.guarded
def page() -> None:
    pen, service = session.pen(), reads.service()
    session.block(cards.page_title(pen.say("page.replay"), session.brand() or pen.say("all_brands")))
    session.block(f'<p class="g-soft">{escape(pen.say("replay.words"))}</p>')
    session.tell()
    rules = {rule.name: rule for rule in service.settings.rules}
    if not rules:
        session.block(cards.empty(pen, pen.say("replay.no_rules"), pen.say("replay.no_rules_words")))
        return
    views = {view.name: view for view in service.rules()}
    name = _rule(pen, list(rules), views)
    first, last = _span(pen)
    with st.expander(pen.say("replay.options"), icon=":material/tune:"):
        try:
            changed = options.form(pen, rules[name], service.settings)
        except Refusal as error:
            st.error(session.plain(error.said(pen.language)))
            return
    running: trial.Trial | None = st.session_state.get("trial")
    st.button(pen.say("replay.try"), type="primary", icon=":material/play_arrow:", key="try", disabled=running is not None or not session.may(),
              help=None if session.may() else session.refusal(), on_click=_start, args=(rules[name], changed, first, last))
    if running is not None:
        _wait()
        return
    done: tuple[dict[str, Any], dict[str, Any]] | None = st.session_state.get("tried")
    if done is None:
        session.block(cards.empty(pen, pen.say("replay.nothing"), pen.say("replay.nothing_words")))
        return
    _show(pen, *done)
    _enable(pen, views.get(done[0]["rule"]), rules.get(done[0]["rule"]), *done)


def _rule(pen: Pen, names: list[str], views: dict[str, RuleView]) -> str:
    chosen = st.query_params.get("rule")
    if chosen and chosen not in names:
        address.misread("rule", chosen, pen.say("replay.first"))
    wanted = chosen if chosen in names else next((one for one in names if not views[one].enabled), names[0])  # one that waits to be enabled comes first
    if st.session_state.get("replay_rule") != wanted:
        st.session_state["replay_rule"] = wanted

    def words(name: str) -> str:
        said = pen.known(f"rule.{name}", pen.known(f"rule.{views[name].kind}", name))
        return said if views[name].enabled else pen.say("replay.off", rule=said)

    return st.selectbox(pen.say("replay.rule"), names, key="replay_rule", format_func=words, on_change=lambda: session.choose("rule", st.session_state["replay_rule"]))


def _span(pen: Pen) -> tuple[date, date]:
    today = pen.at.astimezone(pen.zone).date()

    def day(name: str, otherwise: date) -> date:
        asked = st.query_params.get(name)
        try:
            return min(date.fromisoformat(asked or ""), today)
        except ValueError:
            if asked:
                address.misread(name, asked, format_day(otherwise, pen.language))
            return otherwise

    first, last = dates.span(pen, key="replay", value=(day("from", today - USUAL), day("to", today)), latest=today)
    for name, each in (("from", first), ("to", last)):
        if st.query_params.get(name) != each.isoformat():
            session.choose(name, each.isoformat())
    return first, last


def _start(rule: RuleSettings, changed: dict[str, Any], first: date, last: date) -> None:
    """Begin. It changes nothing, so nobody has to say who they are; it costs a core, so not everybody may."""
    if not session.may():
        st.session_state["told"] = ("error", session.refusal())
        return
    try:
        st.session_state["trial"] = trial.start(reads.service().settings, rule, {**rule.options, **changed}, brand=session.brand(), first=first,
                                                last=last, now=access.clock())
    except Refusal as error:
        st.session_state["told"] = ("error", session.pen().say("refused", why=session.plain(session.reason(error))))
        return
    st.session_state["trial_changed"] = bool(changed)
    st.session_state.pop("tried", None)


@st.fragment(run_every=POLL)
def _wait() -> None:
    pen, running = session.pen(), st.session_state.get("trial")
    if running is None:
        st.rerun()
    try:
        found = running.done(access.clock())
    except Refusal as error:
        st.session_state["told"] = ("error", pen.say("refused", why=session.plain(session.reason(error))))
        st.session_state.pop("trial", None)
        st.rerun()
    if found is not None:
        st.session_state["tried"] = ({**running.asked, "changed": st.session_state.get("trial_changed", False)}, found)
        st.session_state.pop("trial", None)
        st.rerun()
    session.block(cards.banner(pen.say("replay.running"), pen.say("replay.running_words", span=pen.every(access.clock() - running.started)), "g-quiet"))
    st.button(pen.say("replay.stop"), key="stop_trial", on_click=_stop, icon=":material/stop:")


def _stop() -> None:
    running = st.session_state.pop("trial", None)
    if running is not None:
        running.stop()


def _show(pen: Pen, asked: dict[str, Any], found: dict[str, Any]) -> None:
    named = pen.known(f"rule.{asked['rule']}", asked["rule"])
    st.subheader(pen.say("replay.result", rule=named))
    span = pen.say("replay.days", first=format_day(asked["first"], pen.language), last=format_day(asked["last"], pen.language))
    session.block(f'<p class="g-soft">{escape(span)} · {escape(asked["brand"] or pen.say("all_brands"))}'
                  + (f' · {escape(pen.say("replay.changed"))}' if asked["changed"] else "") + "</p>")
    session.block(replay_cards.figures(pen, found))
    st.subheader(pen.say("replay.fired"))
    session.block(f'<div class="g-card">{replay_cards.fired(pen, found)}</div>')


def _enable(pen: Pen, view: RuleView | None, rule: RuleSettings | None, asked: dict[str, Any], found: dict[str, Any]) -> None:
    """Let it listen from now on where it is as the file has it; else say what to write into the file."""
    if view is None or rule is None:
        return
    if asked["changed"]:
        st.subheader(pen.say("replay.write"))
        session.block(f'<p class="g-soft">{escape(pen.say("replay.write_words"))}</p>')
        st.code(trial.table(rule, asked["options"]), language="toml")
        return
    if view.enabled:
        session.block(f'<p class="g-soft">{escape(pen.say("replay.enabled"))}</p>')
        return
    name = session.who("admin")
    with st.popover(pen.say("replay.enable"), icon=":material/notifications_active:", disabled=name is None, key="enable_form"):
        st.text_area(pen.say("why_resolve"), key="enable_why", max_chars=500)
        st.button(pen.say("replay.enable"), key="enable", type="primary", on_click=_save, args=(view.name, name or "", found))
    if name is None:
        st.caption(session.refusal("admin"))


def _save(rule: str, name: str, found: dict[str, Any]) -> None:
    why = st.session_state.get("enable_why", "")
    kept = {key: value for key, value in found.items() if key not in ("fired", "enabled")}
    session.act(lambda: reads.service().enable_rule(rule, name, why, replay=kept), session.pen().say("replay.enabled_now"), need="admin")


page()
