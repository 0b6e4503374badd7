"""What changed around a moment: an answer of ours, a campaign, any instant. Tone and volume before and after it, against usual days. Pure.

A storm fades by itself, and evenings are loud: that fewer post after an answer proves nothing. So volume is compared with what the
same hours of the same weekdays had in the weeks before (their mean over weeks in which the hour was seen), before and after alike,
and the change is the ratio of the two ratios. Hours that were not seen are in none of the sums, and neither are the usual hours
that would stand for them.

Intervals are 95 %: counts by quasi-Poisson (McCullagh and Nelder, "Generalized Linear Models", 2nd ed. 1989, §6.2), their dispersion found on
the usual weeks; tone as a cluster sample by hour, never narrower than Wilson's. Even so it says what happened after, and not
because of: where a forecast stood at the moment, what came is told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log, sqrt
from typing import NamedTuple

from alerts.digest.weigh import LEAST
from alerts.peers import Figure, share
from alerts.precision import Z

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
WEEKS = 4  # before the moment that usual hours are taken from
USUAL_AT_LEAST = 2  # of them in which an hour was seen
OBSERVED = 0.5  # share of an hour below which it is a gap
WHOLE = 0.5  # share of a side's hours that must have been seen, or nothing is compared


class Hour(NamedTuple):
    """Counts of an hour, and how much of it was seen."""

    mentions: int
    scored: int
    negative: int
    seen: float


@dataclass(frozen=True, slots=True)
class Side:
    """The hours before, or after. ``usual``: mentions the same hours usually have, over those of them that have a usual."""

    hours: int  # asked for
    seen: int
    mentions: int
    scored: int
    negative: int
    tone: Figure | None  # share of negative ones among those scored; None under ``LEAST``
    matched: int  # mentions of the hours that have a usual
    usual: float | None  # None: too little history

    @property
    def told(self) -> bool:
        return self.hours > 0 and self.seen >= WHOLE * self.hours


@dataclass(frozen=True, slots=True)
class Effect:
    """What changed. ``volume``: after against before, each against its usual, as a factor with its interval; ``tone``: points of negative share."""

    at: datetime
    span: timedelta
    before: Side
    after: Side
    dispersion: float
    volume: Figure | None
    tone: Figure | None
    points: tuple[tuple[datetime, Hour | None, float | None], ...]  # hour, its counts (None: a gap), usual mentions

    @property
    def volume_sign(self) -> int:
        """1: surely more, -1: surely fewer, 0: may be chance."""
        return 0 if self.volume is None else 1 if self.volume.low > 1 else -1 if self.volume.high < 1 else 0

    @property
    def tone_sign(self) -> int:
        return 0 if self.tone is None else 1 if self.tone.low > 0 else -1 if self.tone.high < 0 else 0


def of(hours: Mapping[datetime, Hour], at: datetime, span: timedelta, now: datetime) -> Effect:
    """Return what changed around ``at``: ``span`` before against ``span`` after, as far as it is over. ``hours``: whole hours by their start.

    The hour of the moment belongs to neither side.
    """
    moment = at.replace(minute=0, second=0, microsecond=0)
    count = max(1, span // HOUR)
    past = [moment - HOUR * n for n in range(count, 0, -1)]
    future = [hour for n in range(1, count + 1) if (hour := moment + HOUR * n) + HOUR <= now]
    usual = {hour: _usual(hours, hour, moment) for hour in [*past, moment, *future]}
    before, after = _side(hours, past, usual, count), _side(hours, future, usual, count)
    spread = _dispersion(hours, [*past, *future], moment)
    return Effect(at, span, before, after, spread, _volume(before, after, spread), _tone(before, after),
                  tuple((hour, found if (found := hours.get(hour)) and _seen(found) else None, usual[hour]) for hour in [*past, moment, *future]))


def _seen(hour: Hour | None) -> bool:
    return hour is not None and hour.seen >= OBSERVED


def _usual(hours: Mapping[datetime, Hour], hour: datetime, moment: datetime) -> float | None:
    """Return the mean of the same hour of the same weekday in the weeks before the span, where enough of them were seen."""
    back = 1 if hour < moment else (hour - moment) // WEEK + 1  # no week that lies after the moment
    weeks = [found.mentions for n in range(back, back + WEEKS) if (found := hours.get(hour - WEEK * n)) is not None and _seen(found)]
    return sum(weeks) / len(weeks) if len(weeks) >= USUAL_AT_LEAST else None


def _side(hours: Mapping[datetime, Hour], which: Sequence[datetime], usual: Mapping[datetime, float | None], asked: int) -> Side:
    seen = [(hour, hours[hour]) for hour in which if _seen(hours.get(hour))]
    matched = [(one.mentions, there) for hour, one in seen if (there := usual[hour]) is not None]
    return Side(asked, len(seen), sum(one.mentions for _, one in seen), sum(one.scored for _, one in seen), sum(one.negative for _, one in seen),
                share([(one.negative, one.scored) for _, one in seen]), sum(found for found, _ in matched),
                sum(there for _, there in matched) if matched and len(matched) >= WHOLE * len(seen) else None)


def _dispersion(hours: Mapping[datetime, Hour], which: Sequence[datetime], moment: datetime) -> float:
    """Return how much more the sums of usual weeks vary than Poisson's law says: of six-hour sums, since posts of near hours come together."""
    ratios = []
    for start in range(0, len(which), 6):
        sums = []
        for week in range(1, WEEKS + 1):
            back = [hour - WEEK * (week if hour < moment else (hour - moment) // WEEK + week) for hour in which[start:start + 6]]
            if all(_seen(hours.get(hour)) for hour in back):
                sums.append(sum(hours[hour].mentions for hour in back))
        mean = sum(sums) / len(sums) if sums else 0.0
        if len(sums) >= 3 and mean > 0:
            ratios.append(sum((one - mean) ** 2 for one in sums) / mean / (len(sums) - 1))
    return max(1.0, sum(ratios) / len(ratios)) if ratios else 1.0


def _volume(before: Side, after: Side, spread: float) -> Figure | None:
    """Return (after ÷ its usual) ÷ (before ÷ its usual); without a usual on both sides, by the hours seen. None where too little is known."""
    if not (before.told and after.seen):
        return None
    if before.usual and after.usual:
        some, base, other, there = after.matched, after.usual, before.matched, before.usual
        usual = (1 / base + 1 / there) / WEEKS  # what is usual is itself counted, over so many weeks
    else:
        some, base, other, there, usual = after.mentions, float(after.seen), before.mentions, float(before.seen), 0.0
    if some + other < LEAST or not some or not other:
        return None
    middle = log(some / base) - log(other / there)
    half = Z * sqrt(spread * (1 / some + 1 / other + usual))
    return Figure(exp(middle), exp(middle - half), exp(middle + half))


def _tone(before: Side, after: Side) -> Figure | None:
    if before.tone is None or after.tone is None:
        return None
    difference = after.tone.value - before.tone.value
    half = sqrt(sum(((one.high - one.low) / 2) ** 2 for one in (before.tone, after.tone)))
    return Figure(difference, difference - half, difference + half)


