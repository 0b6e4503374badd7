"""The scorer of the Numenta Anomaly Benchmark, written from its description (Lavin & Ahmad 2015; profiles.json beside the data).

A detection inside a labelled window earns more the earlier it comes; the first one of a window counts. Outside of windows
it costs, least shortly after one. A missed window costs. 0 is a detector that never fires, 100 one that fires at the
beginning of every window and nowhere else. The first 15 % of a stream, 750 rows at most, are probation and not scored.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from listener.types import STEP, Point, Series

PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")


@dataclass(frozen=True)
class Weights:
    tp: float
    fp: float
    fn: float


@dataclass(frozen=True)
class Stream:
    name: str
    times: tuple[datetime, ...]
    values: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]  # first and last row of each

    @property
    def probation(self) -> int:
        return min(math.floor(0.15 * len(self.times)), 750)

    @property
    def scored_weeks(self) -> float:
        return (len(self.times) - self.probation) * STEP / timedelta(weeks=1)

    def series(self) -> Series:
        """Return the counts as five-minute mentions; rows that are missing are gaps."""
        first = self.times[0].replace(second=0, microsecond=0)
        start = first - timedelta(minutes=first.minute % 5)
        points: list[Point | None] = [None] * (self.step_of(len(self.times) - 1, start) + 1)
        for row, value in enumerate(self.values):
            points[self.step_of(row, start)] = Point(mentions=value, scored=value, negative=value)
        return Series(start, tuple(points))

    def step_of(self, row: int, start: datetime) -> int:
        return int((self.times[row] - start) / STEP)

    def row_of(self, at: datetime) -> int:
        """Return the row whose step closed at ``at``."""
        return max(row for row in range(len(self.times)) if self.times[row] < at)


def streams(folder: Path) -> list[Stream]:
    windows = json.loads((folder / "windows.json").read_text())
    found = []
    for path in sorted((folder / "realTweets").glob("*.csv")):
        with path.open() as file:
            rows = list(csv.DictReader(file))
        times = tuple(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC) for row in rows)
        spans = [tuple(datetime.fromisoformat(edge).replace(tzinfo=UTC) for edge in span) for span in windows[f"realTweets/{path.name}"]]
        limits = tuple((next(i for i, t in enumerate(times) if t >= left), max(i for i, t in enumerate(times) if t <= right))
                       for left, right in spans)
        found.append(Stream(path.stem.removeprefix("Twitter_volume_"), times, tuple(int(float(r["value"])) for r in rows), limits))
    return found


def profiles(folder: Path) -> dict[str, Weights]:
    held = json.loads((folder / "profiles.json").read_text())
    return {name: Weights(*(held[name]["CostMatrix"][f"{kind}Weight"] for kind in ("tp", "fp", "fn"))) for name in PROFILES}


def score(found: Mapping[str, Sequence[int]], tested: Sequence[Stream], weights: Weights) -> float:
    """Return the normalised score of detections given as row numbers a stream."""
    total = sum(raw(found[stream.name], stream, weights) for stream in tested)
    windows = sum(len(stream.windows) for stream in tested)
    null, perfect = -weights.fn * windows, weights.tp * windows
    return 100 * (total - null) / (perfect - null)


def raw(rows: Sequence[int], stream: Stream, weights: Weights) -> float:
    best: dict[int, float] = {}
    cost = 0.0
    for row in rows:
        if row < stream.probation:
            continue
        inside = next((i for i, (left, right) in enumerate(stream.windows) if left <= row <= right), None)
        if inside is not None:
            left, right = stream.windows[inside]
            worth = weights.tp * _sigmoid(-(right - row + 1) / (right - left + 1)) / _sigmoid(-1.0)
            best[inside] = max(worth, best.get(inside, -math.inf))
            continue
        before = [span for span in stream.windows if span[1] < row]
        if before:
            left, right = before[-1]
            cost += weights.fp * _sigmoid((row - right) / (right - left))
        else:
            cost -= weights.fp
    missed = len(stream.windows) - len(best)
    return sum(best.values()) + cost - weights.fn * missed


def hits(rows: Sequence[int], stream: Stream) -> tuple[int, int]:
    """Return how many windows were hit, and how many detections lie outside of all, after probation."""
    scored = [row for row in rows if row >= stream.probation]
    inside = {i for row in scored for i, (left, right) in enumerate(stream.windows) if left <= row <= right}
    outside = [row for row in scored if not any(left <= row <= right for left, right in stream.windows)]
    return len(inside), len(outside)


def _sigmoid(place: float) -> float:
    return -1.0 if place > 3.0 else 2 / (1 + math.exp(5 * place)) - 1
