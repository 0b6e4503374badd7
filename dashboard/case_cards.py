"""Cases and promises as cards. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape

from alerts.care import telling
from dashboard.cards import harmless, isolate, time
from dashboard.pen import Pen
from listener.types.care import Case, CaseEvent, CaseState, Due, Promise, PromiseState
from listener.words import say
from listener.words.cases import CHECKS

DUE = {CaseState.NEW: Due.OWNER, CaseState.ASSIGNED: Due.ANSWER, CaseState.ANSWERED: Due.END}


def name(pen: Pen, case: Case) -> str:
    """Return how a case is called: its number and kind."""
    return f'{pen.say("cases.title", n=case.number)}{pen.say("dot")}{say(f"care.kind.{case.kind}", pen.language)}'


def due_words(pen: Pen, case: Case) -> tuple[str, bool]:
    """Return what is due and when, and whether that is past."""
    what = DUE.get(case.state)
    if case.due_at is None or what is None:
        return pen.say("cases.nothing_due"), False
    thing = say(f"care.due.{what}", pen.language)
    if case.due_at <= pen.at:
        return pen.say("cases.late", what=thing, span=pen.span(pen.at - case.due_at)), True
    return pen.say("cases.due", what=thing, when=pen.when(case.due_at)), False


def row(pen: Pen, case: Case) -> str:
    """Return a case in a list: what, how bad, who has it, what is due."""
    due, late = due_words(pen, case)
    who = case.owner or case.unit
    chips = [f'<span class="g-chip">{isolate(chip)}</span>' for chip in (say(f"care.state.{case.state}", pen.language), case.unit if case.owner else None,
                                                                      pen.say("cases.several") if case.shared else None) if chip]
    return (f'<article class="g-card g-alert {case.severity.value}"><div class="g-row"><span class="g-dot square {case.severity.value}" aria-hidden="true"></span>'
            f'<span class="g-head">{escape(name(pen, case))}</span>'
            f'<span class="g-small g-soft">{escape(say(f"alert.{case.severity}", pen.language))}{escape(pen.say("dot"))}{isolate(case.brand)}</span>'
            f'<span class="g-push g-small {"negative" if late else "g-soft"}">{"<b>" if late else ""}{escape(due)}{"</b>" if late else ""}</span></div>'
            f'<div class="g-row">{"".join(chips)}'
            f'<span class="g-small">{escape(pen.say("cases.owner"))}: {isolate(who) if who else escape(pen.say("cases.no_owner"))}</span>'
            f'<span class="g-small g-soft">{time(pen, case.opened_at, pen.ago(case.opened_at))}</span></div></article>')


def facts(pen: Pen, case: Case, customer: str, suggested: Sequence[str], cause: str | None, currency: str) -> str:
    """Return what is known of a case; ``customer`` as a person knows them, ``suggested`` and ``cause`` in words."""
    rows = [(pen.say("cases.customer"), customer), (pen.say("cases.owner"), case.owner or pen.say("cases.no_owner"))]
    if case.unit:
        rows.append((pen.say("cases.unit"), case.unit))
    rows.append((pen.say("cases.opened_at"), f"{pen.full(case.opened_at)}{pen.say('dot')}\u2068{telling.who(case.opened_by, pen.language)}\u2069"))
    if cause:
        rows.append((pen.say("cases.cause"), cause))
    elif suggested:
        rows.append((pen.say("cases.cause"), pen.say("cases.suggested", what=pen.say("comma").join(suggested))))
    if case.remedy is not None:
        rows.append((pen.say("cases.remedy"), say(f"care.remedy.{case.remedy}", pen.language)))
    if case.cost is not None:
        rows.append((pen.say("cases.cost", currency=currency), pen.number(case.cost)))
    if case.links:
        rows.append((pen.say("cases.links"), pen.say("comma").join(f"{system} {ref}" for system, ref in case.links)))
    return '<dl class="g-facts">' + "".join(f"<dt>{escape(what)}</dt><dd>{isolate(value)}</dd>" for what, value in rows) + "</dl>"


def log(pen: Pen, events: Sequence[CaseEvent], cause: Callable[[str], str] = str) -> str:
    """Return the log, the latest line first; ``cause`` calls a root cause as people do."""
    lines = []
    for one in reversed(events):
        told = telling.told(one, pen.language, cause=cause)
        did = escape(pen.say("dot").join((told.did, *told.details)))
        tail = f'<br><span class="g-small">{harmless(told.why)}</span>' if told.why else ""
        lines.append(f'<li>{time(pen, one.at, pen.when(one.at))} · <b>{isolate(told.who)}</b> · {did}{_moved(pen, one)}{tail}</li>')
    return f'<ul class="g-list">{"".join(lines)}</ul>'


def _moved(pen: Pen, event: CaseEvent) -> str:
    """Return the new state where the line changed it."""
    state = event.changed.get("state")
    if not (isinstance(state, list) and len(state) == 2 and state[1] in list(CaseState)):
        return ""
    return f' <span class="g-chip line">{escape(say(f"care.state.{state[1]}", pen.language))}</span>'


def checklist(pen: Pen) -> str:
    """Return what to look at before answering."""
    lines = [f"<li>{escape(say(f'care.check.{one}', pen.language))}</li>" for one in CHECKS]
    digits = ' style="list-style-type:persian"' if pen.language == "fa" else ""
    return f'<ol class="g-list"{digits}>{"".join(lines)}</ol>'


def promise(pen: Pen, one: Promise) -> str:
    """Return a promise: its words, when it is due, how it stands."""
    settled = one.state not in (PromiseState.FOUND, PromiseState.CONFIRMED)
    late = not settled and one.due_at is not None and one.due_at <= pen.at
    if one.due_at is None:
        when = pen.say("promises.no_due")
    elif late:
        when = pen.say("promises.late", span=pen.span(pen.at - one.due_at))
    else:
        when = pen.say("promises.due", when=pen.full(one.due_at))
    case = f'<span class="g-small g-soft">{escape(pen.say("cases.title", n=one.case))}</span>' if one.case is not None else ""
    asked = f'<p class="g-small unsure">{escape(question(pen, one))}</p>' if one.question and not settled else ""
    return (f'<article class="g-card"><div class="g-row"><span class="g-chip">{escape(say(f"care.promise.{one.state}", pen.language))}</span>'
            f'<span class="g-small {"negative" if late else ""}">{escape(when)}</span>{case}'
            f'<span class="g-push g-small g-soft">{isolate(one.brand)}</span></div><p class="g-text" dir="auto">{harmless(one.text[:400])}</p>{asked}</article>')


def question(pen: Pen, one: Promise) -> str:
    """Return what must be decided before the promise counts."""
    other = other_day(one)
    if other is None or one.due_at is None:
        return ""
    return pen.say("promises.question", date=pen.full(one.due_at), weekday=pen.full(other))


def other_day(one: Promise) -> datetime | None:
    """Return the other instant that the words may mean, where weekday and date do not agree."""
    try:
        return datetime.fromisoformat(one.question) if one.question else None
    except ValueError:
        return None
