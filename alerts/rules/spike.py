"""More complaints than this brand has seen in two weeks, at three time scales at once (SPIKES §2 and §6).

**When it fires.** Every step is compared with what is usual at this time of day on a weekday or weekend (the past
week, never the future). What lies above the usual is summed over 15 minutes, 1 hour and 4 hours. Each sum is held
against the largest such sums of the past 14 days, ``ratio = (sum + c) / (record + c)``; when the mean of the logarithms
of the three ratios reaches ``threshold``, about three quarters of the record at all three scales, it fires, at once:
waiting for confirmation costs more storms than it saves false alarms (SPIKES §5). A window of which under three fifths
were observed has no say; after an outage the rule is thus blind for 40 minutes, then goes by two scales for a while
and asks for the whole record at both.

**When it cannot.** Under ``min_posts`` posts, an excess under ``min_sigma``·√(usual + 1) or under ``min_authors``
independent authors; where under three fifths of the last 15 minutes or hour were observed; in the first day of a brand; on the first day
of a source for what that source brings. Within ``group`` of the last alert, and until it was calm for ``rearm``, it
speaks again only if severity rises or the volume of the past four hours has doubled.

**How bad.** Two steps each for level and spread: ratio to the record 1 and 2; independent authors 10 and 40. Three or
four steps are P1, one or two P2, none P3. With under three days of history it is P3 whatever the steps.

**It clears** after three evaluations below ``threshold - hysteresis`` or under half the floor.

**Masking.** A storm would be the record that the next storm is measured against. Hours whose negative share is above
the brand's own beyond chance (beta-binomial against the week before, p < 0.001) are storms and not part of the record;
loud hours of ordinary tone are this brand's noise and stay in it. A series without tone (``scored`` is 0) has no cure.

What a step gives depends on the 22 days before it (``SpikeRule.history``) and on nothing else.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, field_validator

from listener.types import STEP, CoverageState, Facts, Finding, Label, MentionKey, Severity, State, Trace

Array = NDArray[np.float64]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

VERSION = "spike@1"
WINDOWS = (3, 12, 48)            # steps: 15 minutes, 1 hour, 4 hours
CUSHION = tuple(2 + math.sqrt(width) for width in WINDOWS)  # keeps ratios of small sums near 1
HOUR = 12                        # steps a block of the record
DAY = 288                        # steps
RECORD_HOURS = 14 * 24
QUANTILE = 0.995                 # of the record's hourly maxima: between the second and the third largest
PROFILE_DAYS = 7                 # 7 to 12 score alike on the open tweet streams, 14 and 21 lower (RESULTS.md, Detection)
ALIKE = 3                        # days of the same kind needed, or all seven speak
NEIGHBOURS = 6                   # steps to either side that speak for a time of day: 30 minutes
OBSERVED = 0.6                   # of each window, or the step is not evaluated
CLEAR_AFTER = 3                  # evaluations
COLD_HOURS, YOUNG_HOURS, GROWN_HOURS = 24, 72, 13 * 24  # hours of record: no test, digest only, "young baseline" below
GRAIN = 1024.0                   # the usual level is kept in 1/1024ths: sums are exact in whatever order they are made
KEYS = 200                       # evidence keys a finding carries at most
DISSENTING = 10                  # of them not negative
SHARE_P, SHARE_POSTS, SHARE_PRIOR = 1e-3, 12, 40.0  # a negative share above chance (SPIKES §6.6)
SHARE_STEPS = 7 * DAY            # the past that says what share is usual

LEVEL_STEPS = (1.0, 2.0)         # ratio to the record
SPREAD_STEPS = (10, 40)          # independent authors


class Options(BaseModel, frozen=True, extra="forbid"):
    """What counts as a spike. Replay before changing them."""

    series: Literal["negative", "mentions", "negative_reach"] = "negative"
    threshold: float = Field(default=-0.3, ge=-3, le=3)  # middle of the plateau -0.21 … -0.36; a cliff above, gentle below
    hysteresis: float = Field(default=0.7, ge=0, le=5)
    min_posts: int = Field(default=8, ge=1)
    min_sigma: float = Field(default=5.0, ge=0)  # at 4, pure chance fires 0.4 times a week at 4 posts an hour; at 5, 0.07
    min_authors: int = Field(default=4, ge=1)
    group: timedelta = timedelta(hours=24)
    rearm: timedelta = timedelta(hours=6)
    reach_unit: int = Field(default=200, ge=1)  # series = "negative_reach" counts audiences of this size: one ordinary customer
    timezone: str = "Asia/Tehran"
    weekend: tuple[Weekday, ...] = ("thu", "fri")

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"unknown time zone {value!r}; write an IANA name such as 'Asia/Tehran'") from None
        return value


class SpikeRule:
    kind = "spike"
    about = "brand"
    on = "step"
    history = timedelta(days=PROFILE_DAYS + 15)
    """The record, the widest window and the week that says what was usual then. With less the record is shorter."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``, oldest first.

        A firing finding is new (``why["new"]``) or the same episode grown worse; one that does not fire says it cleared.
        Many steps in one call give what one call a step gives, and no step depends on a later one.
        Raises: ValueError when the series is not in steps of five minutes.
        """
        if facts.series.step != STEP:
            raise ValueError(f"spike: the series has steps of {facts.series.step}, this rule reads {STEP}")
        memory = _Memory.read(state)
        stream = _Stream(facts, self.options)
        findings = _walk(stream, memory) if stream.first < stream.length else []
        return memory.written(), findings


def scores(facts: Facts, options: Options | None = None) -> list[float | None]:
    """Return for each step that closes in ``(since, until]`` the mean logarithm of its ratios to the record.

    ``None`` where the rule has no say: a gap, or under a day of record. What the rule compares with ``threshold``; the
    floor and the people behind it are not in it.
    """
    stream = _Stream(facts, options or Options())
    if stream.first >= stream.length:
        return []
    record = _Record(stream)
    evaluated, _, _, short, long = stream.steps_to_evaluate()
    return [round(math.log(record.ratio(short[place], long[place])), 4)
            if evaluated[place] and record.hours_at(stream.first + place) >= COLD_HOURS else None
            for place in range(stream.length - stream.first)]


def _walk(stream: _Stream, memory: _Memory) -> list[Finding]:
    """Go through the steps to evaluate, in order, and change ``memory`` as they go by."""
    options, findings = stream.options, []
    bar, low_bar = math.exp(options.threshold), math.exp(options.threshold - options.hysteresis)
    rearm = max(1, round(options.rearm / STEP))
    record = _Record(stream)
    evaluated, floors, halves, short, long = stream.steps_to_evaluate()

    for index in range(stream.first, stream.length):
        place = index - stream.first
        if not evaluated[place] or record.hours_at(index) < COLD_HOURS:
            continue
        ratio, at = record.ratio(short[place], long[place]), stream.end_of(index)

        if ratio < low_bar or not halves[place]:
            memory.below += 1
            if memory.firing and memory.below >= CLEAR_AFTER:
                memory.firing = False
                findings.append(_cleared(stream, memory, index))
            memory.armed = memory.armed or memory.below >= rearm
            continue
        memory.below = 0
        if ratio < (max(bar, 1.0) if math.isnan(long[place]) else bar) or not floors[place]:
            continue

        fresh = memory.armed and (memory.fired_at is None or at - memory.fired_at >= options.group)
        recent = stream.posts_in(index, WINDOWS[-1])
        doubled = recent >= 2 * memory.reported
        if not fresh and not doubled and memory.severity is Severity.P1:
            continue  # nothing could be worse; spares counting authors at every step of a long storm
        sight = _see(stream, record, index, ratio)
        if sight is None:
            continue
        worse = memory.severity is None or sight.severity < memory.severity
        if not (fresh or doubled or worse):
            continue
        if fresh:
            memory.fired_at, memory.armed, memory.severity = at, False, sight.severity
        elif worse:
            memory.severity = sight.severity
        memory.reported, memory.firing = recent, True
        findings.append(sight.finding(memory, new=fresh))
    return findings


# ---------------------------------------------------------------------------------------------------- memory

@dataclass(slots=True)
class _Memory:
    """What the rule knows from before. ``armed``: a new alert may be raised. ``below``: quiet evaluations in a row."""

    firing: bool = False
    armed: bool = True
    below: int = 0
    fired_at: datetime | None = None
    severity: Severity | None = None  # the worst that was reported of the episode
    reported: int = 0                 # posts in four hours when it was last reported

    @classmethod
    def read(cls, state: State) -> _Memory:
        fired_at, severity = state.get("fired_at"), state.get("severity")
        return cls(firing=bool(state.get("firing", False)), armed=bool(state.get("armed", True)),
                   below=int(state.get("below", 0)), fired_at=datetime.fromisoformat(fired_at) if fired_at else None,
                   severity=Severity(severity) if severity else None, reported=int(state.get("reported", 0)))

    def written(self) -> State:
        return {"firing": self.firing, "armed": self.armed, "below": self.below,
                "fired_at": self.fired_at.isoformat() if self.fired_at else None,
                "severity": str(self.severity) if self.severity else None, "reported": self.reported}

# ---------------------------------------------------------------------------------------------------- numbers

class _Stream:
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
        self._seen = _running(seen.astype(float))
        self._values = _running(np.where(seen, values, 0.0))
        self._usual_sum = _running(np.where(seen, usual, 0.0))
        self._posts = _running(np.where(seen, posts, 0.0))
        shape = (len(WINDOWS), len(values))
        self.raised = np.zeros(shape)        # sums above the usual: what was seen, nothing made up for gaps
        self.whole = np.zeros(shape)         # as if all of the window had been seen: what the record keeps
        enough = np.zeros(shape, dtype=bool)
        floor, half = np.zeros(shape[1], dtype=bool), np.zeros(shape[1], dtype=bool)
        for row, width in enumerate(WINDOWS):
            count, value, expected, number = (_last(sums, width) for sums in
                                              (self._seen, self._values, self._usual_sum, self._posts))
            above = value - expected
            enough[row] = count >= OBSERVED * width
            self.raised[row] = np.maximum(above, 0.0)
            self.whole[row] = np.divide(self.raised[row] * width, count, out=np.zeros(shape[1]), where=count > 0)
            sigma = self.options.min_sigma * np.sqrt(expected + 1)
            floor |= enough[row] & (number >= self.options.min_posts) & (above >= sigma)
            half |= enough[row] & (2 * number >= self.options.min_posts) & (2 * above >= sigma)
        self.enough = enough
        self._evaluated = enough[:-1].all(axis=0) & seen
        self._floor, self._half = floor, half

    def steps_to_evaluate(self) -> tuple[list[bool], list[bool], list[bool], list[float], list[float]]:
        """Return for each step from ``first``: whether it is evaluated, over the floor, over half of it; and its cushioned sums.

        The sums are the product of the short windows', and the longest window's, NaN where too little of it was seen.
        """
        since = slice(self.first - self.low, None)
        short = (self.raised[0, since] + CUSHION[0]) * (self.raised[1, since] + CUSHION[1])
        long = np.where(self.enough[2, since], self.raised[2, since] + CUSHION[2], math.nan)
        return (self._evaluated[since].tolist(), self._floor[since].tolist(), self._half[since].tolist(),
                short.tolist(), long.tolist())

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

    def window(self, index: int, width: int) -> _Window:
        right, left = index - self.low + 1, max(0, index - self.low + 1 - width)
        return _Window(width, float(self._seen[right] - self._seen[left]), float(self._values[right] - self._values[left]),
                       float(self._usual_sum[right] - self._usual_sum[left]), float(self._posts[right] - self._posts[left]))

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
        return _running(self.negative)

    @cached_property
    def _scored_sums(self) -> Array:
        return _running(self.scored)

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


@dataclass(frozen=True, slots=True)
class _Window:
    """One window that ends at one step: what was seen and what is usual, over its observed steps."""

    width: int
    seen: float       # steps
    value: float
    expected: float
    posts: float

    @property
    def raised(self) -> float:
        """The sum above the usual. Not stretched over gaps: after an outage two loud steps are not a loud quarter."""
        return max(0.0, self.value - self.expected)

    def over(self, options: Options) -> bool:
        """Whether the window is over the floor of posts and of excess."""
        return (self.posts >= options.min_posts
                and self.value - self.expected >= options.min_sigma * math.sqrt(self.expected + 1))

    def without(self, traces: Sequence[Trace], options: Options) -> _Window:
        """Return the window as it would be had ``traces`` not been published."""
        value = sum(t.reach for t in traces) / options.reach_unit if options.series == "negative_reach" else len(traces)
        return replace(self, value=self.value - value, posts=self.posts - len(traces))

    def thinned(self, share: float) -> _Window:
        """Return the window as it would be with only a share of what was seen."""
        return replace(self, value=self.value * share, posts=self.posts * share)

    @property
    def weight(self) -> float:
        return (self.value - self.expected) / math.sqrt(self.expected + 1)


class _Record:
    """The largest hourly sums of the past 14 days, hour by hour, without the hours that were storms."""

    def __init__(self, stream: _Stream) -> None:
        self.stream = stream
        self.begin = stream.block(stream.low)
        lead = (stream.offset + stream.low) % HOUR
        sums = np.where(stream.enough, stream.whole, math.nan)
        sums = np.pad(sums, ((0, 0), (lead, -(lead + sums.shape[1]) % HOUR)), constant_values=math.nan)
        self._maxima = np.fmax.reduce(sums.reshape(len(WINDOWS), -1, HOUR), axis=2)
        self._known = ~np.isnan(self._maxima[1])
        ends = np.minimum((self.begin + 1 + np.arange(self._maxima.shape[1])) * HOUR - stream.offset, stream.length)
        self._maxima[:, stream.angry(ends, WINDOWS[1]) | stream.angry(ends, WINDOWS[2])] = math.nan
        self._block = -1
        self.levels: tuple[float, ...] = (0.0,) * len(WINDOWS)
        self.hours, self.age = 0, 0
        self._short = self._long = 1.0

    def hours_at(self, index: int) -> int:
        """Move to the hour of step ``index`` and return how many hours were observed in the 14 days before it."""
        block = self.stream.block(index)
        if block != self._block:
            self._block = block
            self._enter(block - self.begin)
        return self.hours

    def ratio(self, short: float, long: float) -> float:
        """Return the mean ratio (geometric) to the record of cushioned sums; without the longest window where it is NaN."""
        if math.isnan(long):
            return math.sqrt(short / self._short)
        return math.exp(math.log(short / self._short * (long / self._long)) / len(WINDOWS))

    def _enter(self, place: int) -> None:
        first = max(0, place - RECORD_HOURS)
        past = np.sort(self._maxima[:, first:place], axis=1)  # unknown hours last
        known = np.count_nonzero(~np.isnan(past), axis=1)
        self.levels = tuple(_quantile(past[row], int(known[row])) for row in range(len(WINDOWS)))
        self._short = (self.levels[0] + CUSHION[0]) * (self.levels[1] + CUSHION[1])
        self._long = self.levels[2] + CUSHION[2]
        heard = np.flatnonzero(self._known[first:place])
        self.hours = len(heard)
        self.age = place - first - int(heard[0]) if len(heard) else 0


def _quantile(ordered: Array, known: int) -> float:
    if not known:
        return 0.0
    place = QUANTILE * (known - 1)
    below = int(place)
    above = min(below + 1, known - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def _running(values: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(values)])


def _last(sums: Array, width: int) -> Array:
    """Return the sum of the last ``width`` values at each place, from running sums."""
    result = sums[1:].copy()
    result[width:] -= sums[1:-width] if width < len(result) else result[:0]
    return result


def _centred(values: Array, neighbours: int) -> Array:
    """Return the mean over ``neighbours`` to either side, NaN where under half of them is known."""
    known = ~np.isnan(values)
    sums, counts = _running(np.where(known, values, 0.0)), _running(known.astype(float))
    place = np.arange(len(values))
    left, right = np.maximum(place - neighbours, 0), np.minimum(place + neighbours + 1, len(values))
    count = counts[right] - counts[left]
    return np.where(2 * count > neighbours * 2 + 1, (sums[right] - sums[left]) / np.maximum(count, 1.0), math.nan)


def _so_far(values: Array) -> Array:
    """Return the mean of the day before each place, NaN before an hour is known."""
    known = ~np.isnan(values)
    sums, counts = _running(np.where(known, values, 0.0)), _running(known.astype(float))
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


def tail(successes: int, trials: int, share: float, strength: float) -> float:
    """Return the chance of at least ``successes`` among ``trials`` when the share is about ``share`` (beta-binomial).

    ``strength`` is how many posts the knowledge of the share is worth.
    """
    if successes <= 0:
        return 1.0
    a, b = share * strength, (1 - share) * strength
    k = min(successes, trials)
    term = math.exp(math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
                    + _log_beta(k + a, trials - k + b) - _log_beta(a, b))
    total = 0.0
    while True:
        total += term
        if k >= trials or term < 1e-9 * total:
            return min(1.0, total)
        term *= (trials - k) * (k + a) / ((k + 1) * (trials - k - 1 + b))
        k += 1


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


# ---------------------------------------------------------------------------------------------------- what is said

@dataclass(frozen=True, slots=True)
class _Sight:
    """What stands behind one firing step."""

    stream: _Stream
    index: int
    window: _Window
    severity: Severity
    figures: dict[str, Any]
    evidence: tuple[MentionKey, ...]

    def finding(self, memory: _Memory, *, new: bool) -> Finding:
        at, unit = self.stream.end_of(self.index), _unit(self.stream.options)
        return Finding(rule=SpikeRule.kind, subject=self.stream.facts.subject, at=at, starts_at=at - STEP * self.window.width,
                       value=self.window.value * unit, expected=round(self.window.expected * unit, 1),
                       severity=memory.severity or self.severity, firing=True, evidence=self.evidence,
                       why={**self.figures, "new": new, "fired_at": memory.fired_at.isoformat() if memory.fired_at else None})


def _see(stream: _Stream, record: _Record, index: int, ratio: float) -> _Sight | None:
    """Return what stands behind a step over threshold and floor, or None where too few people or a mere start do."""
    options, at = stream.options, stream.end_of(index)
    windows = [stream.window(index, width) for width in WINDOWS]
    if windows[-1].seen < OBSERVED * WINDOWS[-1]:
        windows.pop()
    starting = stream.starting(at)
    if starting and not _fires([w.without([t for t in stream.traces_in(index, w.width) if stream.counts(t) and t.source in starting],
                                          options) for w in windows], record, options):
        return None

    best: tuple[_Window, _Crowd] | None = None
    for window in windows:
        crowd = _Crowd.of([t for t in stream.traces_in(index, window.width) if stream.counts(t)])
        enough = not stream.facts.traces or crowd.authors >= options.min_authors
        if enough and window.over(options) and (best is None or window.weight > best[0].weight):
            best = window, crowd
    if best is None:
        return None
    window, crowd = best
    level = sum(ratio >= step for step in LEVEL_STEPS)
    people = crowd.authors if stream.facts.traces else round(window.posts)
    spread = sum(people >= step for step in SPREAD_STEPS)
    young = record.hours < YOUNG_HOURS
    severity = Severity.P3 if young or level + spread == 0 else Severity.P1 if level + spread >= 3 else Severity.P2

    points = [p for p in stream.facts.series.points[max(0, index + 1 - window.width):index + 1] if p is not None]
    figures: dict[str, Any] = {
        "version": VERSION, "series": options.series, "window": window.width * int(STEP.total_seconds()),
        "seen": round(window.posts), "needed": _needed(windows, window, record, stream),
        "mentions": sum(p.mentions for p in points), "scored": sum(p.scored for p in points),
        "unsure": sum(p.unsure for p in points), "negative": sum(p.negative for p in points),
        "ratio": round(ratio, 3), "score": round(math.log(ratio), 4), "threshold": options.threshold,
        "level": level, "spread": spread, "record_days": round(record.hours / 24, 1),
        "young": record.age < GROWN_HOURS, "angrier": bool(stream.angry(np.array([index + 1]), window.width)[0]),
    }
    if stream.facts.traces:
        figures |= crowd.figures()
    return _Sight(stream, index, window, severity, figures, _evidence(stream, stream.traces_in(index, window.width)))


def _fires(windows: Sequence[_Window], record: _Record, options: Options) -> bool:
    """Whether a step with these windows is over threshold and floor."""
    sums = [window.raised + cushion for window, cushion in zip(windows, CUSHION, strict=False)]
    long = sums[2] if len(sums) == len(WINDOWS) else math.nan
    bar = math.exp(options.threshold)
    return (record.ratio(sums[0] * sums[1], long) >= (max(bar, 1.0) if math.isnan(long) else bar)
            and any(window.over(options) for window in windows))


def _needed(windows: Sequence[_Window], shown: _Window, record: _Record, stream: _Stream) -> int:
    """Return the fewest posts in the window shown at which it would still have fired, all windows thinned alike."""
    low, high = 1, max(1, round(shown.posts))
    while low < high:
        middle = (low + high) // 2
        if _fires([window.thinned(middle / shown.posts) for window in windows], record, stream.options):
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Who wrote: an author counts once however many posts; a post whose author the source hides counts as one author."""

    named: int
    hidden: int
    copies: int
    reach: int
    largest: Trace | None
    sources: tuple[str, ...]

    @property
    def authors(self) -> int:
        return self.named + self.hidden

    @classmethod
    def of(cls, traces: Sequence[Trace]) -> _Crowd:
        accounts: dict[str, int] = {}
        hidden = [trace.reach for trace in traces if trace.author is None]
        for trace in traces:
            if trace.author is not None:
                accounts[trace.author] = max(trace.reach, accounts.get(trace.author, 0))
        return cls(named=len(accounts), hidden=len(hidden), copies=sum(trace.reshare_of is not None for trace in traces),
                   reach=sum(accounts.values()) + sum(hidden),
                   largest=max((t for t in traces if t.author is not None), key=lambda t: (t.reach, t.key), default=None),
                   sources=tuple(sorted({trace.source for trace in traces})))

    def figures(self) -> dict[str, Any]:
        return {"authors": self.authors, "hidden": self.hidden, "copies": self.copies, "reach": self.reach,
                "largest": self.largest.author if self.largest else None,
                "largest_reach": self.largest.reach if self.largest else None, "sources": list(self.sources)}


def _evidence(stream: _Stream, traces: Sequence[Trace]) -> tuple[MentionKey, ...]:
    """Return keys a person can open: the earliest, the farthest seen and the latest that count, and a few that dissent."""
    counted = [trace for trace in traces if stream.counts(trace)]
    other = [trace for trace in traces if trace.label in (Label.POSITIVE, Label.NEUTRAL) and not stream.counts(trace)]
    room = KEYS - DISSENTING
    chosen = counted
    if len(counted) > room:
        loud = sorted(counted, key=lambda trace: (-trace.reach, trace.published_at, trace.key))
        chosen = list(dict.fromkeys([*counted[:room // 3], *loud[:room // 3], *counted[-(room // 3):]]))
    dissent = sorted(other, key=lambda trace: (trace.label is not Label.POSITIVE, -trace.reach, trace.key))[:DISSENTING]
    return tuple(trace.key for trace in (*chosen, *dissent))


def _cleared(stream: _Stream, memory: _Memory, index: int) -> Finding:
    window, unit = stream.window(index, WINDOWS[1]), _unit(stream.options)
    return Finding(rule=SpikeRule.kind, subject=stream.facts.subject, at=stream.end_of(index),
                   starts_at=memory.fired_at or stream.end_of(index), value=window.value * unit,
                   expected=round(window.expected * unit, 1), severity=memory.severity or Severity.P3, firing=False,
                   why={"version": VERSION, "series": stream.options.series, "window": window.width * int(STEP.total_seconds()),
                        "seen": round(window.posts), "fired_at": memory.fired_at.isoformat() if memory.fired_at else None})


def _unit(options: Options) -> int:
    return options.reach_unit if options.series == "negative_reach" else 1
