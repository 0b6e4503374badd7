"""What changed around a moment: an answer of ours, a campaign, any instant. Tone and volume before and after it, against usual days. Pure.

A storm fades by itself, and evenings are loud: that fewer post after an answer proves nothing. So volume is compared with what the
same hours of the same weekdays had in the weeks before (their mean over weeks in which the hour was seen), before and after alike,
and the change is the ratio of the two ratios. Hours that were not seen are in none of the sums, and neither are the usual hours
that would stand for them.

After a peak fewer post by themselves, whatever anybody answers (regression to the mean; Barnett, van der Pols and Dobson, Int. J.
Epidemiol. 34, 2005). So figures are always told and a verdict only where ``judge`` finds no reason against it: the span after is over,
no storm lies on either side, the span before was like usual weeks, and other spans do not say the opposite. Hours of a storm are
no usual hours.

Intervals are 95 %: counts by quasi-Poisson (McCullagh and Nelder, "Generalized Linear Models", 2nd ed. 1989, §6.2), their dispersion found on
the usual weeks; tone as a cluster sample by hour, never narrower than Wilson's. Even so it says what happened after, and not
because of: where a forecast stood at the moment, what came is told beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp, log, sqrt
from typing import NamedTuple

from alerts.digest.weigh import LEAST
from alerts.peers import Figure, share
from alerts.precision import Z
from alerts.rules import kind_of
from listener.types import Alert, Severity

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
WEEKS = 4  # before the moment that usual hours are taken from
USUAL_AT_LEAST = 2  # of them in which an hour was seen
OBSERVED = 0.5  # share of an hour below which it is a gap
WHOLE = 0.5  # share of a side's hours that must have been seen, or nothing is compared
WAVES = frozenset({"spike", "negative_share", "rising_topic"})  # kinds of rules whose alerts last as long as a storm does
STORMS = (Severity.P1, Severity.P2)  # alerts whose hours are no usual ones
RAISED = 1.5  # so many times the usual, or its inverse, and surely not one: what follows moves back by itself
SOURER = 0.1  # so much more negative than usual, and surely: the same of tone


class Hour(NamedTuple):
    """Counts of an hour, and how much of it was seen."""

    mentions: int
    scored: int
    negative: int
    seen: float
    unsure: int = 0  # of those scored


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
    volume: Figure | None = None  # mentions against their usual, as a factor
    usual_tone: Figure | None = None  # share of negative ones in the usual hours
    stormy: int = 0  # hours of it in which an alert was open
    unsure: int = 0  # mentions of whose tone the model was not sure

    @property
    def told(self) -> bool:
        return self.hours > 0 and self.seen >= WHOLE * self.hours


class Doubt(StrEnum):
    """Why the sides tell nothing of what lies between them; ``board.effect.doubt.<value>`` says it. The first that holds."""

    EARLY = "early"        # the span after is not over
    UNSEEN = "unseen"      # too little of a side was seen
    STORM = "storm"        # the side before is above its usual, or an alert was open: fewer come by themselves
    NEWER = "newer"        # an alert began after the moment: what rose is told by it
    LULL = "lull"          # the side before is below its usual: more come by themselves
    NO_USUAL = "no_usual"  # no usual weeks: other hours and weekdays are compared
    DISAGREE = "disagree"  # another span says the opposite


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
    passed: int = 0  # hours of the span after that are over

    @property
    def over(self) -> bool:
        return self.passed >= self.after.hours

    @property
    def volume_sign(self) -> int:
        """1: surely more, -1: surely fewer, 0: may be chance."""
        return 0 if self.volume is None else 1 if self.volume.low > 1 else -1 if self.volume.high < 1 else 0

    @property
    def tone_sign(self) -> int:
        return 0 if self.tone is None else 1 if self.tone.low > 0 else -1 if self.tone.high < 0 else 0


def is_storm(alert: Alert) -> bool:
    """Whether the hours of an alert are no usual ones."""
    return alert.severity in STORMS and kind_of(alert.rule) in WAVES


def storm_hours(alerts: Iterable[Alert], hours: Iterable[datetime], now: datetime) -> frozenset[datetime]:
    """Return those of the hours, by their start, in which a storm's alert was open."""
    spans = [(one.starts_at, one.resolved_at or now) for one in alerts if is_storm(one)]
    return frozenset(hour for hour in hours if any(hour < stop and hour + HOUR > start for start, stop in spans))


def of(hours: Mapping[datetime, Hour], at: datetime, span: timedelta, now: datetime, *, storms: Collection[datetime] = frozenset()) -> Effect:
    """Return what changed around ``at``: ``span`` before against ``span`` after, as far as it is over. ``hours``: whole hours by their start.

    ``storms``: hours in which an alert was open; no hour of theirs is a usual one. The hour of the moment belongs to neither side.
    """
    moment = at.replace(minute=0, second=0, microsecond=0)
    count = max(1, span // HOUR)
    past = [moment - HOUR * n for n in range(count, 0, -1)]
    future = [hour for n in range(1, count + 1) if (hour := moment + HOUR * n) + HOUR <= now]
    calm = {hour: one for hour, one in hours.items() if hour not in storms}
    weeks = {hour: _weeks(calm, hour, moment) for hour in [*past, moment, *future]}
    usual = {hour: sum(one.mentions for one in some) / len(some) if some else None for hour, some in weeks.items()}
    spread = _dispersion(calm, [*past, *future], moment)
    before, after = (_side(hours, some, weeks, usual, count, spread, storms) for some in (past, future))
    return Effect(at, span, before, after, spread, _volume(before, after, spread), _tone(before, after),
                  tuple((hour, found if (found := hours.get(hour)) and _seen(found) else None, usual[hour]) for hour in [*past, moment, *future]), len(future))


def judge(found: Effect, others: Sequence[Effect] = ()) -> Doubt | None:
    """Return why no verdict can be given; None: ``volume_sign`` and ``tone_sign`` may be said. ``others``: the same moment over other spans."""
    before, after = found.before, found.after
    if not found.over:
        return Doubt.EARLY
    if found.volume is None and found.tone is None or not after.told:
        return Doubt.UNSEEN
    if before.stormy or before.volume is not None and before.volume.low > 1 and before.volume.value >= RAISED or _sourer(before):
        return Doubt.STORM
    if after.stormy:
        return Doubt.NEWER
    if before.volume is not None and before.volume.high < 1 and before.volume.value <= 1 / RAISED:
        return Doubt.LULL
    if before.usual is None or after.usual is None:
        return Doubt.NO_USUAL
    whole = [one for one in others if one.over]
    if any(found.volume_sign * one.volume_sign < 0 or found.tone_sign * one.tone_sign < 0 for one in whole):
        return Doubt.DISAGREE
    return None


def _sourer(side: Side) -> bool:
    """Whether a side was surely more negative than its usual, by enough that it turns back by itself."""
    return side.tone is not None and side.usual_tone is not None and side.tone.low > side.usual_tone.high and side.tone.value >= side.usual_tone.value + SOURER


def _seen(hour: Hour | None) -> bool:
    return hour is not None and hour.seen >= OBSERVED


def _weeks(hours: Mapping[datetime, Hour], hour: datetime, moment: datetime) -> list[Hour]:
    """Return the same hour of the same weekday in the weeks before the span; nothing where too few of them were seen."""
    back = 1 if hour < moment else (hour - moment) // WEEK + 1  # no week that lies after the moment
    weeks = [found for n in range(back, back + WEEKS) if (found := hours.get(hour - WEEK * n)) is not None and _seen(found)]
    return weeks if len(weeks) >= USUAL_AT_LEAST else []


def _side(hours: Mapping[datetime, Hour], which: Sequence[datetime], weeks: Mapping[datetime, Sequence[Hour]], usual: Mapping[datetime, float | None], asked: int,
          spread: float, storms: Collection[datetime]) -> Side:
    seen = [(hour, hours[hour]) for hour in which if _seen(hours.get(hour))]
    matched = [(one.mentions, there) for hour, one in seen if (there := usual[hour]) is not None]
    some = sum(found for found, _ in matched)
    known = sum(there for _, there in matched) if matched and len(matched) >= WHOLE * len(seen) else None
    return Side(asked, len(seen), sum(one.mentions for _, one in seen), sum(one.scored for _, one in seen), sum(one.negative for _, one in seen),
                share([(one.negative, one.scored) for _, one in seen]), some, known, _against(some, known, spread),
                share([(one.negative, one.scored) for hour, _ in seen for one in weeks[hour]]), sum(hour in storms for hour in which),
                sum(one.unsure for _, one in seen))


def _against(some: int, usual: float | None, spread: float) -> Figure | None:
    """Return a side against its usual, as a factor; what is usual is itself counted, over so many weeks."""
    if not usual or not some or some + usual < LEAST:
        return None
    half = Z * sqrt(spread * (1 / some + 1 / usual / WEEKS))
    return Figure(some / usual, some / usual * exp(-half), some / usual * exp(half))


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


