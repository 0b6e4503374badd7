"""What was seen of sources, and how much of any span that is. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from listener.service.door import HOUR
from listener.types import (
    Coverage,
    CoverageState,
)

OBSERVED = 0.5  # share of an hour below which its figures are a gap, as for the steps of a Series
WHOLE = 0.9  # share of an hour from which on it counts as seen


class HourCover(NamedTuple):
    """What was seen of a source in one hour; ``reason`` says why not all of it."""

    start: datetime
    state: CoverageState | None  # None: nobody looked; before the first reading, or while this program did not run
    reason: str | None = None


_BEST_FIRST = (CoverageState.OK, CoverageState.PARTIAL, CoverageState.LOST)


class Seen:
    """Observed share of one source over any span. Partly seen counts half; overlapping spans count once, the better one."""

    def __init__(self, spans: Sequence[Coverage]) -> None:
        self._segments = [(start, end, 1.0 if state is CoverageState.OK else 0.5) for start, end, state in segments(spans)
                          if state is not CoverageState.LOST]
        self._ends = [end for _, end, _ in self._segments]

    def share(self, start: datetime, end: datetime) -> float:
        if start >= end:
            return 0.0
        total = 0.0
        for index in range(bisect_right(self._ends, start), len(self._segments)):
            begin, finish, weight = self._segments[index]
            if begin >= end:
                break
            total += weight * (min(finish, end) - max(begin, start)).total_seconds()
        return min(1.0, total / (end - start).total_seconds())


class SeenOf:
    """Observed share over several sources, each counted alike."""

    def __init__(self, sources: Sequence[Seen]) -> None:
        self._sources = sources

    def share(self, start: datetime, end: datetime) -> float:
        return sum(s.share(start, end) for s in self._sources) / len(self._sources) if self._sources else 0.0


def by_source(spans: Iterable[Coverage]) -> dict[str, list[Coverage]]:
    found: dict[str, list[Coverage]] = defaultdict(list)
    for span in spans:
        found[span.source].append(span)
    return found


def segments(spans: Sequence[Coverage]) -> list[tuple[datetime, datetime, CoverageState]]:
    """Return what was seen, in order and without overlap; where spans overlap, the best of them counts."""
    turns = sorted(((at, span.state, turn) for span in spans if span.start < span.end for at, turn in ((span.start, 1), (span.end, -1))),
                   key=lambda turn: turn[0])
    found: list[tuple[datetime, datetime, CoverageState]] = []
    under_way = dict.fromkeys(_BEST_FIRST, 0)
    for (here, state, turn), (there, _, _) in pairwise(turns):
        under_way[state] += turn
        best = next((one for one in _BEST_FIRST if under_way[one]), None)
        if best is not None and here < there:
            found.append((here, there, best))
    return found


def covered(spans: Sequence[Coverage], since: datetime, at: datetime) -> tuple[HourCover, ...]:
    """Return the hours of ``[since, at)``, each by what most of it was; one that was not whole is partial."""
    hours: list[HourCover] = []
    parts, told = segments(spans), sorted((s for s in spans if s.reason), key=lambda s: s.start)
    first = 0
    for start in (since + HOUR * i for i in range(-(-(at - since) // HOUR))):
        end = min(start + HOUR, at)
        share = dict.fromkeys(_BEST_FIRST, 0.0)
        while first < len(parts) and parts[first][1] <= start:
            first += 1
        for index in range(first, len(parts)):
            begin, finish, state = parts[index]
            if begin >= end:
                break
            share[state] += (min(finish, end) - max(begin, start)) / (end - start)
        unknown = 1 - sum(share.values())
        most = (None if unknown > 1 - OBSERVED else CoverageState.LOST if share[CoverageState.LOST] >= OBSERVED
                else CoverageState.OK if share[CoverageState.OK] >= WHOLE else CoverageState.PARTIAL)
        worse = most in (CoverageState.LOST, CoverageState.PARTIAL)
        hours.append(HourCover(start, most, next((s.reason for s in told if s.start < end and s.end > start), None) if worse else None))
    return tuple(hours)


def floor_hour(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def ceil_hour(instant: datetime) -> datetime:
    floor = floor_hour(instant)
    return floor if floor == instant else floor + HOUR
