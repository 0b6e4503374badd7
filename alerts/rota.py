"""Who is on duty: the week's rota, read at an instant. Pure.

A line of the rota is a person, days of the week and a span of the day on the clocks of one zone; a span whose end is not
after its start runs over midnight, and belongs to the day it began on. Where the clocks change, a shift begins and ends
when the clock on the wall says so, so that one is an hour longer or shorter.

Several may be on duty at once; the line that stands first is called first. Nobody on duty is a hole in the plan and no
decision to let it burn: then the person whose turn comes next is called. Without any line everybody is on duty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from listener.calendar import weekday

Role = Literal["on_call", "lead"]
DAY = timedelta(days=1)
FAR = 9  # days looked ahead for the next turn: a weekly rota repeats within eight


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be called, and the names of the receivers that reach nobody else."""

    name: str
    receivers: tuple[str, ...] = ()
    role: Role = "on_call"


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the rota. ``days`` as ``calendar.weekday`` counts them, 0 is Saturday; empty: every day."""

    person: str
    days: frozenset[int] = frozenset()
    start: time = time(0)
    end: time = time(0)  # equal to start: around the clock

    def shift(self, day: date, zone: tzinfo) -> tuple[datetime, datetime] | None:
        """Return the instants at which the shift that begins on ``day`` begins and is over; None: there is none."""
        if self.days and weekday(day) not in self.days:
            return None
        return span(day, self.start, self.end, zone)


def span(day: date, start: time, end: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the instants of a span of the day that begins on ``day``; one that ends before it starts ends the next day."""
    last = day if end > start else day + DAY
    return datetime.combine(day, start, zone).astimezone(UTC), datetime.combine(last, end, zone).astimezone(UTC)


def on_duty(rota: Sequence[Duty], at: datetime, zone: tzinfo) -> list[str]:
    """Return who is on duty at ``at``, each person once, in the order of the rota's lines."""
    return list(dict.fromkeys(duty.person for duty in rota if any(start <= at < end for start, end in _shifts(duty, at, zone))))


def handover(rota: Sequence[Duty], at: datetime, zone: tzinfo) -> tuple[datetime, list[str]] | None:
    """Return when somebody else is on duty, and who is then (nobody: a hole in the plan); None: it stays as it is for over a week."""
    now = on_duty(rota, at, zone)
    edges = sorted({edge for duty in rota for shift in _shifts(duty, at, zone) for edge in shift if edge > at})
    return next(((edge, then) for edge in edges if (then := on_duty(rota, edge, zone)) != now), None)


def order(rota: Sequence[Duty], people: Sequence[Person], at: datetime, zone: tzinfo) -> list[Person]:
    """Return whom to call at ``at``, one after the other: those on duty, then the others by when their next turn begins.

    A lead, and a person who stands in no line, comes only by being on duty. Without any line all but the leads are on duty.
    """
    known = {person.name: person for person in people}
    if not rota:
        return [person for person in people if person.role != "lead"]
    turns = sorted((begin, place, duty.person) for place, duty in enumerate(rota)
                   if (begin := next((start for start, _ in _shifts(duty, at, zone) if start > at), None)) is not None
                   and duty.person in known and known[duty.person].role != "lead")
    names = dict.fromkeys((*on_duty(rota, at, zone), *(person for _, _, person in turns)))
    return [known[name] for name in names if name in known]


def _shifts(duty: Duty, at: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    today = at.astimezone(zone).date()
    for back in range(-1, FAR):  # a shift over midnight began yesterday
        shift = duty.shift(today + back * DAY, zone)
        if shift is not None:
            yield shift
