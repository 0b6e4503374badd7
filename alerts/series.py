"""Counts of several sources and what was seen of them → one series with gaps.

A step under half observed is ``None``: an outage is not a quiet hour. "Half" weighs every source by its usual share
of the volume, because losing the one that carries nine tenths blinds us and losing a sleepy feed does not. A source
that has not started yet counts neither as a gap nor with what its first answer held from before: the collector's
first backlog is a start, not a storm. What arrives late stands where it was published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from listener.types import STEP, Coverage, CoverageState, Point, Series

HALF = 0.5
PARTIAL = 0.5          # what a partial span counts for
USUAL = timedelta(days=7)  # the past that says what a source usually brings; only what lies before a step counts

_SECONDS = int(STEP.total_seconds())


def build(counts: Mapping[str, Mapping[datetime, Point]], coverage: Sequence[Coverage], sources: Sequence[str], *,
          start: datetime, end: datetime) -> Series:
    """Return the sum over ``sources`` for every step of ``[start, end)``, ``None`` where under half was observed.

    ``start`` and ``end`` are moved back to the step they lie in. A step's gap depends on nothing after it.
    """
    first, last = _floor(start), _floor(end)
    length = max(0, (last - first) // _SECONDS)
    begin = datetime.fromtimestamp(first, UTC)
    names = list(dict.fromkeys(sources))
    if not length or not names:
        return Series(begin, (None,) * length)

    observed = np.zeros((len(names), length))
    started = np.zeros((len(names), length), dtype=bool)
    mentions = np.zeros((len(names), length))
    placed: list[dict[int, Point]] = []
    spans: dict[str, list[Coverage]] = {name: [] for name in names}
    for span in coverage:
        if span.source in spans and span.end > span.start:
            spans[span.source].append(span)
    for row, name in enumerate(names):
        observed[row] = observation(spans[name], first, length)
        heard = [span.start for span in spans[name] if span.state is not CoverageState.LOST]
        if heard:
            started[row, max(0, (_floor(min(heard)) - first) // _SECONDS):] = True
        points = {(_floor(at) - first) // _SECONDS: point for at, point in counts.get(name, {}).items()}
        points = {index: point for index, point in points.items() if 0 <= index < length and started[row, index]}
        placed.append(points)
        for index, point in points.items():
            mentions[row, index] = point.mentions

    weights = _usual(mentions, observed) * started
    whole = weights.sum(axis=0)
    share = np.divide((weights * observed).sum(axis=0), whole, out=np.zeros(length), where=whole > 0)
    seen = (share >= HALF - 1e-9).tolist()

    sums: dict[int, Point] = {}
    for points in placed:
        for index, point in points.items():
            sums[index] = sums[index] + point if index in sums else point
    nothing = Point()
    return Series(begin, tuple(sums.get(index, nothing) if seen[index] else None for index in range(length)))


def recent(counts: Mapping[str, Mapping[datetime, Point]], coverage: Sequence[Coverage], sources: Sequence[str], *,
           until: datetime, history: timedelta) -> Series:
    """Return the series of ``history`` up to ``until``, each step as any longer series has it: ``counts`` and ``coverage`` reach
    back ``USUAL`` further, since the week before a step says what its sources are worth.
    """
    whole = build(counts, coverage, sources, start=until - history - USUAL, end=until)
    lead = USUAL // STEP
    return Series(whole.at(lead), whole.points[lead:])


def observation(spans: Iterable[Coverage], first: int, length: int) -> NDArray[np.float64]:
    """Return which share of each of ``length`` steps from epoch second ``first`` was observed.

    Spans may overlap: the best that is said of an instant holds.
    """
    sure, some = [], []
    for span in spans:
        if span.state is CoverageState.LOST:
            continue
        edges = (span.start.timestamp() - first, span.end.timestamp() - first)
        some.append(edges)
        if span.state is CoverageState.OK:
            sure.append(edges)
    return PARTIAL * _filled(some, length) + (1 - PARTIAL) * _filled(sure, length)


def _filled(edges: list[tuple[float, float]], length: int) -> NDArray[np.float64]:
    """Return the share of each step that the union of ``edges`` (seconds) fills."""
    filled = np.zeros(length)
    limit = float(length * _SECONDS)
    for left, right in _merged(edges):
        left, right = max(left, 0.0), min(right, limit)
        if left >= right:
            continue
        head, tail = int(left // _SECONDS), int(right // _SECONDS)
        if head == tail:
            filled[head] += (right - left) / _SECONDS
            continue
        filled[head] += (head + 1) - left / _SECONDS
        filled[head + 1:tail] = 1.0
        if tail < length:
            filled[tail] += right / _SECONDS - tail
    return np.minimum(filled, 1.0)


def _merged(edges: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for left, right in sorted(edges):
        if merged and left <= merged[-1][1]:
            if right > merged[-1][1]:
                merged[-1] = (merged[-1][0], right)
        else:
            merged.append((left, right))
    return merged


def _usual(mentions: NDArray[np.float64], observed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mentions per observed step over the past week, before each step; a silent source keeps a small weight."""
    span = int(USUAL / STEP)
    per_day = timedelta(days=1) / STEP
    brought = _trailing(mentions, span)
    watched = _trailing(observed, span)
    weights: NDArray[np.float64] = (brought + 1.0) / (watched + per_day)
    return weights


def _trailing(values: NDArray[np.float64], span: int) -> NDArray[np.float64]:
    """Return the sums over the ``span`` steps before each step, itself not included."""
    sums = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1)], axis=1)
    length = values.shape[1]
    right = np.arange(length)
    left = np.maximum(right - span, 0)
    trailing: NDArray[np.float64] = sums[:, right] - sums[:, left]
    return trailing


def _floor(instant: datetime) -> int:
    seconds = int(instant.timestamp() // 1)
    return seconds - seconds % _SECONDS
