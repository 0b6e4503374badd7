"""The life of a case: new → assigned → answered → waiting → resolved → won back, lost or silent. Pure.

Two things are due from us: that somebody takes the case and answers (from the moment it opens), and that it comes to its end
(from the first answer). ``deadlines`` tells which, by one business clock (``listener.calendar.Hours``). While the case waits for
the customer nothing is due but an owner, where it has none. What the customer says next moves it: a new complaint starts the clock anew, and opens a resolved
case again; a "thanks" moves nothing (a thank-you that restarts the clock punishes those who answer well).

Every move returns the next version of the case; ``Refusal`` where the case cannot make it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from listener.errors import Refusal
from listener.types import Label, MentionKey, Severity
from listener.types.care import Case, CaseKind, CaseState, Due, Remedy

KINDS = {"complaint": CaseKind.COMPLAINT, "criticism": CaseKind.CRITICISM, "suggestion": CaseKind.SUGGESTION,
         "question": CaseKind.QUESTION, "praise": CaseKind.PRAISE}
"""Intents (``sentiment.heads``) that say which queue a mention belongs to."""

OUTCOMES = (CaseState.WON_BACK, CaseState.LOST, CaseState.SILENT)


class Clock(Protocol):
    """Working time, as ``listener.calendar.Hours`` counts it."""

    def add(self, instant: datetime, duration: timedelta, /) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much working time a case of one severity may take: until somebody owns it, until the first answer, until its end."""

    owner: timedelta
    answer: timedelta
    end: timedelta


def kind_of(intent: str | None, label: Label | None) -> CaseKind:
    """Return the queue a mention belongs to: by what it wants, else by its tone."""
    if intent in KINDS:
        return KINDS[intent]
    return CaseKind.PRAISE if label is Label.POSITIVE else CaseKind.QUESTION if label is Label.NEUTRAL else CaseKind.COMPLAINT


def opened(brand: str, kind: CaseKind, mentions: Sequence[MentionKey], *, who: str, at: datetime, severity: Severity = Severity.P3,
           author: str | None = None, story: str | None = None, alert: str | None = None, cause: str | None = None, shared: bool = False) -> Case:
    """Return a new case; the store gives it its number. ``shared``: of several people, and of none of them in particular."""
    return Case(0, brand, kind, CaseState.NEW, severity, at, who, at, tuple(mentions), None if shared else author, story, alert, cause=cause,
                updated_at=at, shared=shared)


def assigned(case: Case, owner: str | None, unit: str | None, *, at: datetime) -> Case:
    """Return the case in the hands of a person, of a unit, or of a person of a unit."""
    _still_open(case)
    if not owner and not unit:
        raise Refusal(f"case {case.number}", "case.nobody")
    state = CaseState.ASSIGNED if case.state is CaseState.NEW else case.state
    return _next(case, at, owner=owner or case.owner, unit=unit or case.unit, state=state)


def answered(case: Case, who: str | None, *, at: datetime, said_at: datetime | None = None) -> Case:
    """Return the case after we said something to the customer; who answers an unowned case owns it (None: nobody knows who it was).

    ``said_at``: when it was said, where that becomes known later. What was said before the case was opened counts from then on; what
    was said before the customer complained again is an answer, and not to that.
    """
    _still_open(case)
    said = max(min(said_at or at, at), case.opened_at)
    if said < case.started_at:
        first = case.answered_at if case.answered_at is not None or case.reopened else said
        return _next(case, at, answered_at=first, owner=case.owner or who)
    return _next(case, at, state=CaseState.ANSWERED, answered_at=case.answered_at or said, owner=case.owner or who,
                 started_at=said if case.answered_at is None else case.started_at)


def waiting(case: Case, *, at: datetime) -> Case:
    """Return the case while it is the customer's turn; nothing is due from us."""
    _still_open(case)
    if case.answered_at is None:
        raise Refusal(f"case {case.number}", "case.unanswered")
    return _next(case, at, state=CaseState.WAITING)


def resolved(case: Case, *, at: datetime, cause: str | None, remedy: Remedy, cost: float | None = None) -> Case:
    """Return the case at its end, with its root cause and what was done about it; what it cost, where that is known."""
    _still_open(case)
    if cost is not None and cost < 0:
        raise Refusal(f"case {case.number}", "case.cost")
    return _next(case, at, state=CaseState.RESOLVED, resolved_at=at, cause=cause or case.cause, remedy=remedy, cost=cost)


def reopened(case: Case, *, at: datetime) -> Case:
    """Return a resolved case opened again; all its clocks begin anew."""
    if case.open:
        raise Refusal(f"case {case.number}", "case.open")
    return _next(case, at, state=CaseState.ASSIGNED if case.owner or case.unit else CaseState.NEW, resolved_at=None, remedy=None, cost=None,
                 reopened=case.reopened + 1, started_at=at, answered_at=None)


def heard(case: Case, keys: Sequence[MentionKey], *, at: datetime, complains: bool) -> Case:
    """Return the case after its customer spoke again; ``complains``: says that it is not well (a "thanks" does not)."""
    joined = tuple(dict.fromkeys((*case.mentions, *keys)))
    if not complains:
        return _next(case, at, mentions=joined)
    if not case.open:
        return replace(reopened(case, at=at), mentions=joined)
    state = case.state if case.state is CaseState.NEW else CaseState.ASSIGNED if case.owner or case.unit else CaseState.NEW
    return _next(case, at, mentions=joined, state=state, started_at=at)


def changed(case: Case, *, at: datetime, kind: CaseKind | None = None, severity: Severity | None = None, cause: str | None = None) -> Case:
    """Return the case with what a person says of it instead."""
    return _next(case, at, kind=kind or case.kind, severity=severity or case.severity, cause=cause or case.cause)


def linked(case: Case, system: str, ref: str, *, at: datetime) -> Case:
    """Return the case with where else it is kept; the same system again replaces its number there."""
    return _next(case, at, links=(*(link for link in case.links if link[0] != system), (system, ref)))


def judged(case: Case, outcome: CaseState, *, at: datetime) -> Case:
    """Return a resolved case with what its customer did since (``alerts.care.winback``)."""
    if case.open or outcome not in OUTCOMES:
        raise Refusal(f"case {case.number}", "case.unresolved")
    return _next(case, at, state=outcome)


def deadlines(case: Case, limits: Limits, clock: Clock) -> dict[Due, datetime]:
    """Return what is due from us now, and until when. An answer of nobody known gives a case no owner: it goes on asking for one."""
    due = {}
    if case.open and not case.owner and not case.unit:
        since = case.started_at if case.reopened else case.opened_at
        due[Due.OWNER] = clock.add(since if case.answered_at is not None else case.started_at, limits.owner)
    if case.state in (CaseState.NEW, CaseState.ASSIGNED):
        due[Due.ANSWER] = clock.add(case.started_at, limits.answer)
    elif case.state is CaseState.ANSWERED:
        due[Due.END] = clock.add(case.started_at, limits.end)
    return due


def timed(case: Case, limits: Limits, clock: Clock) -> tuple[Case, dict[Due, datetime]]:
    """Return the case with when the next thing is due, and all that is due."""
    due = deadlines(case, limits, clock)
    return replace(case, due_at=min(due.values(), default=None)), due


def difference(before: Case, after: Case) -> Mapping[str, Any]:
    """Return what a change changed, for the log: name → [before, after]."""
    return {one.name: [getattr(before, one.name), getattr(after, one.name)] for one in fields(Case)
            if one.name not in ("version", "updated_at") and getattr(before, one.name) != getattr(after, one.name)}


def _still_open(case: Case) -> None:
    if not case.open:
        raise Refusal(f"case {case.number}", "case.ended")


def _next(case: Case, at: datetime, **changes: Any) -> Case:
    return replace(case, version=case.version + 1, updated_at=at, **changes)
