"""The spike rule over bare counts: rows of a time and a number that somebody else counted. Pure, in bounded memory.

The rule looks at steps of five minutes (``STEP``) and at windows of 15 minutes, 1 hour and 4 hours.

* Rows closer together are summed up into such steps; the row that closes a step bears its score and its alert. A step
  with under half of its rows is a gap.
* Rows farther apart, up to an hour, are spread evenly over the steps they span. A burst inside a row then looks like an even hour:
  what the finer windows would have seen of it is lost, and the alert comes with the row, not before.
* A row that is missing, or that holds no number, is a gap and never a zero.
* A row that goes back in time is history that came late: it is neither evaluated nor counted. Of two rows of one instant
  the later one counts.

Rows may be given one time each that drifts around the grid: where they are five minutes apart or more, half a step to
either side of the first row's phase is the same step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from statistics import median_low
from typing import NamedTuple

from alerts.rules import spike
from listener.types import STEP, Facts, Point, Series, State

OPTIONS = spike.Options(series="mentions", timezone="UTC", weekend=("sat", "sun"))
"""The one configuration for all bare counts, whoever's they are: they have neither tone nor authors. The benchmarks use it too."""

COARSEST = timedelta(hours=1)
"""With rows farther apart the widest window would hold under four of them, and nothing could be told from noise."""

CHUNK = 28 * spike.DAY
"""Steps that are evaluated in one call; the rule's history stands before them in memory."""

WAITING = 100_000
"""Rows that wait for their step at most."""

_STEP = int(STEP.total_seconds())
_HISTORY = spike.SpikeRule.history // STEP
STEPS = tuple(timedelta(seconds=s) for s in (*(s for s in range(1, _STEP) if _STEP % s == 0),
                                             *range(_STEP, int(COARSEST.total_seconds()) + 1, _STEP)))
"""The steps that rows may have: those that divide five minutes, and multiples of it up to an hour."""


class Row(NamedTuple):
    at: float  # seconds since 1970
    value: int | None  # None: not observed


class Judged(NamedTuple):
    score: float | None  # the logarithm of the mean ratio to the record; None where it could not be evaluated
    alert: bool  # a new alert would be raised at this row
    late: bool = False  # it went back in time and was passed over


def usual_step(times: Iterable[float]) -> timedelta | None:
    """Return the step that rows at ``times`` (seconds) seem to have; None where it is none of ``STEPS``, ``STEP`` for one row."""
    known = sorted(set(times))
    if len(known) < 2:
        return STEP
    distance = median_low([after - before for before, after in pairwise(known)])
    nearest = min(STEPS, key=lambda step: abs(step.total_seconds() - distance))
    return nearest if abs(nearest.total_seconds() - distance) <= 0.1 * distance else None


def judge(rows: Iterable[Row], step: timedelta, options: spike.Options = OPTIONS) -> Iterator[Judged]:
    """Yield what the rule says of each row, in order. ``step`` is one of ``STEPS``. Raises: ValueError for another."""
    if step not in STEPS:
        raise ValueError(f"bare: a step of {step} neither divides {STEP} nor is a multiple of it up to {COARSEST}")
    walk: _Walk | None = None
    for slot, group in groupby(_placed(rows, step), key=lambda placed: placed[0]):
        inside = [(row, late) for _, row, late in group]
        walk = walk or _Walk(_grid(inside[0][0].at), step, options)
        yield from walk.add(slot, inside)
    if walk is not None:
        yield from walk.flush()


def _placed(rows: Iterable[Row], step: timedelta) -> Iterator[tuple[int, Row, bool]]:
    """Yield each row with the newest place among the steps so far, and whether the row itself lies before it."""
    width = max(step, STEP).total_seconds()
    origin: float | None = None
    newest = 0
    for row in rows:
        if origin is None:
            origin = _grid(row.at) if step < STEP else row.at - width / 2
        slot = int((row.at - origin) // width)
        newest = max(slot, newest)
        yield newest, row, slot < newest


def _grid(at: float) -> int:
    return int(at // _STEP) * _STEP


class _Walk:
    """Steps in memory, the rows that wait for their verdict, and what the rule remembers."""

    def __init__(self, start: int, step: timedelta, options: spike.Options) -> None:
        self.start = start                                        # of the first step there is
        self.rule = spike.SpikeRule(options)
        self.rows = max(1, STEP // step)                          # a five-minute step has
        self.steps = max(1, step // STEP)                         # a row spans
        self.first = 0                                            # place of the first step in memory
        self.points: list[Point | None] = []
        self.judged = 0                                           # steps before this place were evaluated
        self.state: State = {}
        self.waiting: list[Judged | int] = []                     # an int: the slot that says it

    def add(self, slot: int, inside: list[tuple[Row, bool]]) -> Iterator[Judged]:
        """Take in the rows of one slot, later than all before; with them those that came late."""
        place = slot * self.steps
        end = self.first + len(self.points)
        if place - end > _HISTORY:                                # nothing before matters any more
            yield from self.flush()
            self.first = self.judged = place
            self.points = []
        else:
            self.points += [None] * (place - end)
        self.points += self._points([row for row, late in inside if not late])
        closing = max(number for number, (_, late) in enumerate(inside) if not late)
        self.waiting += [slot if number == closing else Judged(None, False, late) for number, (_, late) in enumerate(inside)]
        if self.first + len(self.points) - self.judged >= CHUNK or len(self.waiting) >= WAITING:
            yield from self.flush()

    def _points(self, inside: list[Row]) -> list[Point | None]:
        told = [value for value in {row.at: row.value for row in inside}.values() if value is not None]
        if self.rows > 1:
            return [_point(sum(told)) if 2 * len(told) >= self.rows else None]
        if inside[-1].value is None:
            return [None] * self.steps
        whole, rest = divmod(inside[-1].value, self.steps)
        return [_point(whole + (place < rest)) for place in range(self.steps)]

    def flush(self) -> Iterator[Judged]:
        """Evaluate what was not yet, and yield the verdicts that waited for it."""
        start = datetime.fromtimestamp(self.start, UTC)
        since, until = start + STEP * self.judged, start + STEP * (self.first + len(self.points))
        facts = Facts("", until, since, Series(start + STEP * self.first, tuple(self.points)))
        self.state, findings, scores = self.rule.judge(facts, self.state)
        raised = {((finding.at - start) // STEP - 1) // self.steps for finding in findings if finding.firing and finding.why["new"]}
        for one in self.waiting:
            if isinstance(one, Judged):
                yield one
                continue
            inside = [s for s in scores[one * self.steps - self.judged:(one + 1) * self.steps - self.judged] if s is not None]
            yield Judged(max(inside, default=None), one in raised)
        self.waiting.clear()
        self.judged = self.first + len(self.points)
        kept = max(0, len(self.points) - _HISTORY)
        self.first, self.points = self.first + kept, self.points[kept:]


def _point(count: int) -> Point:
    return Point(mentions=count, scored=count, negative=count)
