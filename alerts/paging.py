"""Who is called about an alert, by which receiver and when: the whole escalation, written ahead. Pure.

* A receiver that no person owns is the team's; it is told at once and is nobody's turn. That of a person is told when it
  is that person's turn: first whoever is on duty, then the next one, then the leads, until somebody takes the alert.
* P1 disturbs at any hour. P2 disturbs by day: what comes by night waits for the start of the day, and whoever is on duty
  then. P3 calls nobody one after the other: it goes to receivers that ask for everything, by day, once.
* An all-clear goes to those who had been called by then, and to nobody else. Nobody is woken to hear that a tripwire ran out.

Every call carries the instant at which it is due, so that all of them can be stored with the alert, in one transaction:
who restarts at night forgets nobody. Taking the alert, or its end, cancels the calls that are not sent yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import count

from alerts import lifecycle
from alerts.rota import DAY, Duty, Person, order, span
from listener.calendar import Holidays, is_working
from listener.types import Alert, Reason, Severity

PATIENCE: Mapping[Severity, timedelta] = {Severity.P1: timedelta(minutes=10), Severity.P2: timedelta(minutes=30)}
"""How long somebody is given to take an alert before the next is called."""

LONGEST_REST = 60  # days off in a row after which a P2 is told all the same: a plan that never comes to it is a mistake


@dataclass(frozen=True, slots=True)
class Seat:
    """What paging needs to know of a receiver: its name, and the least severity it wants."""

    name: str
    min_severity: Severity = Severity.P2

    def wants(self, severity: Severity) -> bool:
        return severity <= self.min_severity  # "P1" < "P2" < "P3"


@dataclass(frozen=True, slots=True)
class Hours:
    """When P2 and P3 may disturb people, on the clocks of the zone. A span that ends before it starts runs over midnight."""

    day: tuple[time, time] = (time(7), time(23))
    day_off: tuple[time, time] | None = None  # on holidays and at the weekend; None: as on any day
    rest: bool = False  # True: not at all on holidays and at the weekend


@dataclass(frozen=True, slots=True)
class Call:
    """One receiver told at one instant. ``step``: 0 the team and the first person, 1 the next one, 2 the leads."""

    receiver: str
    due_at: datetime
    step: int = 0
    person: str | None = None  # whose turn it is; None: a channel of the team
    drill: bool = False  # its message must say so


def plan(alert: Alert, reason: Reason, *, receivers: Sequence[Seat], people: Sequence[Person], rota: Sequence[Duty], hours: Hours,
         holidays: Holidays, zone: tzinfo, at: datetime, patience: Mapping[Severity, timedelta] = PATIENCE) -> list[Call]:
    """Return all calls that ``alert`` deserves for ``reason`` at ``at``, by when they are due; each receiver at most once.

    Nothing where the reason sends nothing (silenced, inhibited). Of a drill the calls are those of the real thing, marked.
    """
    if not reason.sends:
        return []
    desk = _Desk(receivers, people, rota, hours, holidays, zone, patience)
    if reason is not Reason.RESOLVED:
        return desk.calls(alert, at)
    told = alert.why.get(lifecycle.TOLD_AT)
    began = datetime.fromisoformat(str(told)) if told else alert.fired_at
    heard_by = min(at, alert.acknowledged_at or at)  # who was to be called after that was spared
    quiet = alert.severity is not Severity.P1 or bool(alert.why.get("expired"))
    due = desk.awake(at) if quiet else at
    return [Call(call.receiver, due, call.step, call.person, call.drill) for call in desk.calls(alert, began) if call.due_at <= heard_by]


def awake(at: datetime, hours: Hours, holidays: Holidays, zone: tzinfo) -> datetime:
    """Return the first instant from ``at`` on at which people may be disturbed."""
    today = at.astimezone(zone).date()
    for ahead in count(-1):  # a span over midnight began yesterday
        day = today + ahead * DAY
        off = not is_working(day, holidays)
        if off and hours.rest:
            if ahead > LONGEST_REST:
                return at
            continue
        start, end = span(day, *(hours.day_off or hours.day if off else hours.day), zone)
        if at < end:
            return max(at, start)
    raise AssertionError("days do not end")


@dataclass(frozen=True, slots=True)
class _Desk:
    receivers: Sequence[Seat]
    people: Sequence[Person]
    rota: Sequence[Duty]
    hours: Hours
    holidays: Holidays
    zone: tzinfo
    patience: Mapping[Severity, timedelta]

    def calls(self, alert: Alert, at: datetime) -> list[Call]:
        severity, drill = alert.severity, bool(alert.why.get("drill"))
        owned = {name for person in self.people for name in person.receivers}
        due = at if severity is Severity.P1 else self.awake(at)
        made = {seat.name: Call(seat.name, due, 0, None, drill) for seat in self.receivers if seat.wants(severity) and seat.name not in owned}
        called: set[str] = set()
        for step in range(3):
            turn = self._leads(called, severity) if step == 2 else self._next(called, severity, due)
            for person in turn:
                called.add(person.name)
                for name in self._reached(person, severity):
                    made.setdefault(name, Call(name, due, step, person.name, drill))
            if severity not in self.patience:
                break
            if turn:
                due = due + self.patience[severity]
                due = due if severity is Severity.P1 else self.awake(due)
        return sorted(made.values(), key=lambda call: (call.due_at, call.step, call.receiver))

    def awake(self, at: datetime) -> datetime:
        return awake(at, self.hours, self.holidays, self.zone)

    def _next(self, called: set[str], severity: Severity, at: datetime) -> list[Person]:
        """Return who is called at ``at``: the first in order whom a message reaches and who was not called yet."""
        return [one for one in order(self.rota, self.people, at, self.zone)
                if one.name not in called and self._reached(one, severity)][:1]

    def _leads(self, called: set[str], severity: Severity) -> list[Person]:
        return [one for one in self.people if one.role == "lead" and one.name not in called and self._reached(one, severity)]

    def _reached(self, person: Person, severity: Severity) -> list[str]:
        return [seat.name for seat in self.receivers if seat.name in person.receivers and seat.wants(severity)]
