"""How cases are handled, by owner and by unit: time to the first answer, time to the end, cases opened again, promises kept. Pure.

Times are working time, by the one clock. They are medians, since one forgotten case would say more than fifty others in a mean; what
has not come yet (no answer so far) is counted apart and is in no median. Small samples say nothing of a person and much
about chance: no median is told of fewer than ``MEDIAN_OF`` cases, no share of fewer than ``SHARE_OF``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from alerts.precision import wilson
from listener.calendar import Hours
from listener.types.care import CaseEvent

MEDIAN_OF = 8
SHARE_OF = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """What a customer waits for an answer from, the opening of a case or one of its reopenings, and the first answer after it."""

    began_at: datetime
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """A case as it was handled. ``turns``: one, and one more for each time it was reopened; ``ended_at``: the last end."""

    opened_at: datetime
    turns: tuple[Turn, ...]
    ended_at: datetime | None = None
    reopened: int = 0
    owner: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A promise whose time has come: kept or not."""

    kept: bool
    owner: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Some of all. Told from ``SHARE_OF`` on: value and its 95 % interval of Wilson."""

    some: int
    of: int

    @property
    def value(self) -> float | None:
        return self.some / self.of if self.of >= SHARE_OF else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.some, self.of) if self.of >= SHARE_OF else None


@dataclass(frozen=True, slots=True)
class Performance:
    """What an owner or a unit did; a duration is None where it is of too few cases, and ``answered`` says of how many."""

    name: str | None  # None: cases that nobody owned
    cases: int
    answered: int
    unanswered: int
    first_answer: timedelta | None
    ended: int
    to_the_end: timedelta | None
    reopened: Share  # of the cases that ended at least once
    kept: Share

    @property
    def told(self) -> bool:
        """Whether anything but counts can be told."""
        return any(one is not None for one in (self.first_answer, self.to_the_end, self.reopened.value, self.kept.value))


@dataclass(slots=True)
class _Heap:
    cases: list[Handled] = field(default_factory=list)
    promises: list[Kept] = field(default_factory=list)


def turns(opened_at: datetime, log: Iterable[CaseEvent]) -> tuple[Turn, ...]:
    """Return the turns of a case by its log, which goes on where the case itself only keeps the last answer."""
    made, began, answered = list[Turn](), opened_at, None
    for one in log:
        if "reopened" in one.changed:
            made.append(Turn(began, answered))
            began, answered = one.at, None
        said = one.changed.get("answered_at")
        if answered is None and isinstance(said, list) and isinstance(said[-1], str):
            answered = max(datetime.fromisoformat(said[-1]), began)
    return (*made, Turn(began, answered))


def by_owner(cases: Iterable[Handled], promises: Iterable[Kept], hours: Hours) -> list[Performance]:
    """Return what each owner did, the most cases first; cases of nobody last."""
    return _by(cases, promises, hours, lambda one: one.owner)


def by_unit(cases: Iterable[Handled], promises: Iterable[Kept], hours: Hours) -> list[Performance]:
    """Return what each unit did, the most cases first; cases of none last."""
    return _by(cases, promises, hours, lambda one: one.unit)


def _by(cases: Iterable[Handled], promises: Iterable[Kept], hours: Hours, name: Callable[[Handled | Kept], str | None]) -> list[Performance]:
    heaps: dict[str | None, _Heap] = {}
    for case in cases:
        heaps.setdefault(name(case), _Heap()).cases.append(case)
    for promise in promises:
        heaps.setdefault(name(promise), _Heap()).promises.append(promise)
    made = [_performance(each, heap, hours) for each, heap in heaps.items()]
    return sorted(made, key=lambda one: (one.name is None, -one.cases, one.name or ""))


def _performance(name: str | None, heap: _Heap, hours: Hours) -> Performance:
    turns = [turn for one in heap.cases for turn in one.turns]
    answers = [hours.between(turn.began_at, turn.answered_at) for turn in turns if turn.answered_at is not None]
    ends = [hours.between(one.opened_at, one.ended_at) for one in heap.cases if one.ended_at is not None]
    over = [one for one in heap.cases if one.ended_at is not None or one.reopened]
    return Performance(name, len(heap.cases), len(answers), sum(one.turns[-1].answered_at is None and one.ended_at is None for one in heap.cases),
                       _median(answers), len(ends), _median(ends), Share(sum(one.reopened > 0 for one in over), len(over)),
                       Share(sum(one.kept for one in heap.promises), len(heap.promises)))


def _median(spans: list[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(one.total_seconds() for one in spans)) if len(spans) >= MEDIAN_OF else None
