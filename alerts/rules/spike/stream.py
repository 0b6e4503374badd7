"""The series as arrays: what was seen, what is usual, what lies above it and how angry it is."""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.rules.spike.chance import tail
from alerts.rules.spike.options import (
    ALIKE,
    COLD_HOURS,
    CUSHION,
    DAY,
    GRAIN,
    HOUR,
    NEIGHBOURS,
    OBSERVED,
    PROFILE_DAYS,
    RECORD_HOURS,
    SHARE_P,
    SHARE_POSTS,
    SHARE_PRIOR,
    SHARE_STEPS,
    WEEKDAYS,
    WINDOWS,
    Options,
)
from alerts.rules.spike.window import Window
from listener.types import STEP, CoverageState, Facts, Label, Trace

Array = NDArray[np.float64]


class Stream:
    """The series as arrays: what was seen, what is usual, and what lies above it at each time scale."""

    def __init__(self, facts: Facts, options: Options) -> None:
        self.facts, self.options = facts, options
        self.start = int(facts.series.start.timestamp())
        seconds = int(STEP.total_seconds())
        self.offset = self.start // seconds                      # steps since the epoch of the first
        until = (int(facts.until.timestamp()) - self.start) // seconds
        self.length = max(0, min(len(facts.series.points), until))
        self.first = max(0, (int(facts.since.timestamp()) - self.start) // seconds)
        if self.first >= self.length:
            return
        reach_back = (self.block(self.first) - RECORD_HOURS) * HOUR - self.offset - WINDOWS[-1]
        self.low = max(0, reach_back)                            # nothing before matters but to the usual level

        points = facts.series.points[:self.length]
        gone = math.nan
        self.posts = np.array([gone if p is None else p.mentions if options.series == "mentions" else p.negative
                               for p in points], dtype=float)
        if options.series == "negative_reach":
            reach = np.array([gone if p is None else p.negative_reach for p in points], dtype=float)
            self.values = np.round(reach / options.reach_unit * GRAIN) / GRAIN
        else:
            self.values = self.posts
        self.negative = np.array([0 if p is None else min(p.negative, p.scored) for p in points], dtype=float)
        self.scored = np.array([0 if p is None else p.scored for p in points], dtype=float)
        self._sum_up()

    def block(self, index: int) -> int:
        """Return the hour, counted from the epoch, that step ``index`` lies in."""
        return (self.offset + index) // HOUR

    def end_of(self, index: int) -> datetime:
        return datetime.fromtimestamp(self.start, UTC) + STEP * (index + 1)

    def _sum_up(self) -> None:
        usual = self._usual()
        values, posts = self.values[self.low:], self.posts[self.low:]
        seen = ~(np.isnan(values) | np.isnan(usual))
        self._seen = running(seen.astype(float))
        self._values = running(np.where(seen, values, 0.0))
        self._usual_sum = running(np.where(seen, usual, 0.0))
        self._posts = running(np.where(seen, posts, 0.0))
        self._anger = running(np.where(seen, self._above_own_share(), 0.0))
        shape = (2 * len(WINDOWS), len(values))  # volume, then anger
        self.raised = np.zeros(shape)        # sums above the usual: what was seen, nothing made up for gaps
        self.whole = np.zeros(shape)         # as if all of the window had been seen: what the record keeps
        enough = np.zeros((len(WINDOWS), len(values)), dtype=bool)
        floor, half = np.zeros(shape[1], dtype=bool), np.zeros(shape[1], dtype=bool)
        for row, width in enumerate(WINDOWS):
            count, value, expected, number, anger = (_last(sums, width) for sums in
                                                     (self._seen, self._values, self._usual_sum, self._posts, self._anger))
            above = value - expected
            enough[row] = count >= OBSERVED * width
            for kind, sums in ((row, above), (row + len(WINDOWS), anger)):
                self.raised[kind] = np.maximum(sums, 0.0)
                self.whole[kind] = np.divide(self.raised[kind] * width, count, out=np.zeros(shape[1]), where=count > 0)
            sigma = self.options.min_sigma * np.sqrt(expected + 1)
            floor |= enough[row] & (number >= self.options.min_posts) & (above >= sigma)
            half |= enough[row] & (2 * number >= self.options.min_posts) & (2 * above >= sigma)
        self.enough = enough
        self.seen = seen                     # from ``low``, as all of these
        self.evaluated = enough[:-1].all(axis=0) & seen
        self._floor, self._half = floor, half

    def steps_to_evaluate(self) -> tuple[list[bool], list[bool], list[bool], list[list[float]]]:
        """Return for each step from ``first``: whether it is evaluated, over the floor, over half of it; and its sums.

        The sums are cushioned, volume first, then anger; the longest windows' are NaN where too little of them was seen.
        """
        since = slice(self.first - self.low, None)
        sums = self.raised[:, since] + np.array(2 * CUSHION)[:, None]
        sums[len(WINDOWS) - 1::len(WINDOWS), ~self.enough[-1, since]] = math.nan
        return self.evaluated[since].tolist(), self._floor[since].tolist(), self._half[since].tolist(), sums.T.tolist()

    def _above_own_share(self) -> Array:
        """Return for each step from ``low`` the negative posts above what the past week's share of as many posts would be."""
        if self.options.series != "negative":
            return np.zeros(self.length - self.low)
        own: Array = np.round(self.shares(np.arange(self.low, self.length)) * self.scored[self.low:] * GRAIN) / GRAIN
        return self.negative[self.low:] - own

    def shares(self, index: NDArray[np.int64]) -> Array:
        """Return the negative share of the week before each step, a quarter where nothing is known."""
        before = np.maximum(index - SHARE_STEPS, 0)
        negative = self._negative_sums[index] - self._negative_sums[before]
        share: Array = (negative + 1) / (self._scored_sums[index] - self._scored_sums[before] + 4)
        return share

    def _usual(self) -> Array:
        """Return what is usual at each step from ``low``: same time of day, same kind of day, past week.

        The middle half of the days is averaged: one storm a week cannot move it, and unlike a median it says 0.4 where
        most days are silent. Where fewer than three days are of the same kind all speak; in the first day its own past.
        """
        around = _centred(self.values, NEIGHBOURS)
        weekend = self._weekend()
        index = np.arange(self.low, self.length)
        lags = index[:, None] - DAY * np.arange(1, PROFILE_DAYS + 1)[None, :]
        known = lags >= 0
        lags = np.where(known, lags, 0)
        past = np.where(known, around[lags], math.nan)
        alike = np.where(weekend[lags] == weekend[index][:, None], past, math.nan)
        usual, days = _middle(alike)
        few = days < ALIKE
        if few.any():
            usual[few] = _middle(past[few])[0]
            missing = np.isnan(usual)
            if missing.any():
                usual[missing] = _so_far(self.values)[self.low:][missing]
        rounded: Array = np.round(usual * GRAIN) / GRAIN
        return rounded

    def _weekend(self) -> NDArray[np.bool_]:
        """Return which steps lie on a weekend, in the brand's own time zone."""
        zone = ZoneInfo(self.options.timezone)
        seconds = self.start + int(STEP.total_seconds()) * np.arange(self.length)
        hours = seconds // 3600
        offsets = {}
        for day in range(int(hours[0]) // 24, int(hours[-1]) // 24 + 2):
            offsets[day] = _utc_offset(zone, day * 86400)
        shift = np.zeros(self.length, dtype=np.int64)
        for day, offset in offsets.items():
            within = hours // 24 == day
            if offsets.get(day + 1, offset) == offset:
                shift[within] = offset
            else:  # the clocks change on this day
                shift[within] = [_utc_offset(zone, int(hour) * 3600) for hour in hours[within]]
        weekday = ((seconds + shift) // 86400 + 3) % 7  # 1 January 1970 was a Thursday
        return np.isin(weekday, [WEEKDAYS.index(day) for day in self.options.weekend])

    # -- single windows

    def window(self, index: int, width: int) -> Window:
        right, left = index - self.low + 1, max(0, index - self.low + 1 - width)
        return Window(width, float(self._seen[right] - self._seen[left]), float(self._values[right] - self._values[left]),
                       float(self._usual_sum[right] - self._usual_sum[left]), float(self._posts[right] - self._posts[left]),
                      float(self._anger[right] - self._anger[left]), float(self.shares(np.array([index]))[0]))

    def posts_in(self, index: int, width: int) -> int:
        return round(self.window(index, width).posts)

    def angry(self, ends: NDArray[np.int64], width: int) -> NDArray[np.bool_]:
        """Return whether the negative share of the ``width`` steps before each of ``ends`` is above this brand's own.

        Beyond chance, as a beta-binomial against the week before those steps. Under 12 scored posts nothing is said.
        """
        negative, scored = self._negative_sums, self._scored_sums
        starts = np.maximum(ends - width, 0)
        before = np.maximum(starts - SHARE_STEPS, 0)
        found, of = negative[ends] - negative[starts], scored[ends] - scored[starts]
        base, base_of = negative[starts] - negative[before], scored[starts] - scored[before]
        share = (base + 1) / (base_of + 2)
        strength = np.minimum(base_of + 2, SHARE_PRIOR)
        spread = np.sqrt(of * share * (1 - share) * (1 + np.maximum(of - 1, 0) / (strength + 1)))
        angry: NDArray[np.bool_] = (of >= SHARE_POSTS) & (found - of * share > 1.5 * spread)  # spares the exact tail for most
        for place in np.flatnonzero(angry):
            angry[place] = tail(int(found[place]), int(of[place]), float(share[place]), float(strength[place])) < SHARE_P
        return angry

    @cached_property
    def _negative_sums(self) -> Array:
        return running(self.negative)

    @cached_property
    def _scored_sums(self) -> Array:
        return running(self.scored)

    @cached_property
    def traces(self) -> list[Trace]:
        return sorted(self.facts.traces, key=lambda trace: (trace.published_at, trace.key))

    @cached_property
    def published(self) -> list[datetime]:
        return [trace.published_at for trace in self.traces]

    def traces_in(self, index: int, width: int) -> list[Trace]:
        end = self.end_of(index)
        return self.traces[bisect_left(self.published, end - STEP * width):bisect_left(self.published, end)]

    def counts(self, trace: Trace) -> bool:
        return self.options.series == "mentions" or trace.label is Label.NEGATIVE

    @cached_property
    def started(self) -> dict[str, datetime]:
        """When each source was first heard, for those that started within the series."""
        first: dict[str, datetime] = {}
        for span in self.facts.coverage:
            if span.state is not CoverageState.LOST and (span.source not in first or span.start < first[span.source]):
                first[span.source] = span.start
        known = next((i for i, point in enumerate(self.facts.series.points) if point is not None), None)
        if known is None or not first or min(first.values()) > self.facts.series.at(known) + timedelta(days=1):
            return {}  # the coverage given does not reach back to the beginning: nothing can be said of starts
        oldest = min(first.values())
        return {source: at for source, at in first.items() if at > oldest + timedelta(hours=1)}

    def starting(self, at: datetime) -> set[str]:
        """Return the sources in their first day: what they bring is a start, not a spike."""
        return {source for source, first in self.started.items() if at - first < timedelta(hours=COLD_HOURS)}


def running(values: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(values)])


def _last(sums: Array, width: int) -> Array:
    """Return the sum of the last ``width`` values at each place, from running sums."""
    result = sums[1:].copy()
    result[width:] -= sums[1:-width] if width < len(result) else result[:0]
    return result


def _centred(values: Array, neighbours: int) -> Array:
    """Return the mean over ``neighbours`` to either side, NaN where under half of them is known."""
    known = ~np.isnan(values)
    sums, counts = running(np.where(known, values, 0.0)), running(known.astype(float))
    place = np.arange(len(values))
    left, right = np.maximum(place - neighbours, 0), np.minimum(place + neighbours + 1, len(values))
    count = counts[right] - counts[left]
    return np.where(2 * count > neighbours * 2 + 1, (sums[right] - sums[left]) / np.maximum(count, 1.0), math.nan)


def _so_far(values: Array) -> Array:
    """Return the mean of the day before each place, NaN before an hour is known."""
    known = ~np.isnan(values)
    sums, counts = running(np.where(known, values, 0.0)), running(known.astype(float))
    right = np.arange(len(values))
    left = np.maximum(right - DAY, 0)
    count = counts[right] - counts[left]
    return np.where(count >= HOUR, (sums[right] - sums[left]) / np.maximum(count, 1.0), math.nan)


def _middle(rows: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return the mean of the middle half of each row's known values (NaN without any), and how many are known."""
    ordered = np.sort(rows, axis=1)  # NaN last
    known = np.count_nonzero(~np.isnan(ordered), axis=1)
    sums = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(np.where(np.isnan(ordered), 0.0, ordered), axis=1)], axis=1)
    cut = known // 4
    place = np.arange(len(rows))
    kept = known - 2 * cut
    total = sums[place, known - cut] - sums[place, cut]
    return np.where(known > 0, total / np.maximum(kept, 1), math.nan), known


def _utc_offset(zone: ZoneInfo, seconds: int) -> int:
    offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
