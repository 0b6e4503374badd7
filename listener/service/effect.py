"""Before and after: what changed around an answer of ours, a campaign, an alert, or any moment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts import effect, spread
from alerts.effect import Doubt, Effect, Hour
from listener.errors import Refusal
from listener.service.coverage import ceil_hour, floor_hour
from listener.service.door import HOUR
from listener.service.sources import Sources
from listener.types import Alert, ScoredMention

RECENT = timedelta(days=28)  # moments that are offered
MOST_ANSWERS = 400  # of ours, newest first, that the offered ones are chosen from
OFFERED = 12  # answers; those that went furthest
MOST_ALERTS = 40
MOST_STORMS = 200
WEEK = timedelta(days=7)
SPANS = (HOUR * 6, HOUR * 24, HOUR * 72, WEEK)  # that are offered; a verdict needs that none of them says the opposite


@dataclass(frozen=True, slots=True)
class Moment:
    """Something one may want to see the effect of. ``kind``: answer, campaign or alert."""

    kind: str
    at: datetime
    name: str  # of a campaign
    until: datetime | None = None
    answer: ScoredMention | None = None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class Awaited:
    """What was forecast at the moment for the six hours after it, and what came: complaints."""

    since: datetime  # of the wave
    low: float
    mid: float
    high: float
    came: int | None  # None: the six hours are not over, or were not seen


@dataclass(frozen=True, slots=True)
class EffectView:
    brand: str
    effect: Effect
    awaited: Awaited | None  # None: no alert was open then
    answers: tuple[ScoredMention, ...]  # ours, in the hours after
    doubt: Doubt | None = None  # None: a verdict may be given
    others: tuple[Effect, ...] = ()  # the same moment over other spans that are over
    storms: tuple[Alert, ...] = ()  # that were open on either side, the latest first


class Effects(Sources):
    """What changed, and when."""

    def moments(self, brand: str) -> tuple[Moment, ...]:
        """Return answers of ours (those that went furthest), campaigns and alerts of the last four weeks, the latest first."""
        at = self.now()
        keys = self.store.own_answers(brand, since=at - RECENT, until=at, limit=MOST_ANSWERS)
        answers = sorted(self.store.by_keys(keys, brand) if keys else [], key=_went, reverse=True)[:OFFERED]
        found = [Moment("answer", one.mention.published_at, "", answer=one) for one in answers]
        found += [Moment("campaign", one.start, one.name, one.end) for one in self.settings.campaign_nouns()
                  if one.brand == brand and at - RECENT <= one.start <= at]
        found += [Moment("alert", one.fired_at, "", one.resolved_at, alert=one) for one in self.store.alerts(subject=brand, since=at - RECENT, limit=MOST_ALERTS)]
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    def effect(self, brand: str, at: datetime, span: timedelta) -> EffectView:
        """Return what changed about a brand in ``span`` after ``at`` against ``span`` before. Raises: ValueError for a moment to come."""
        now = self.now()
        if at >= now:
            raise Refusal("moment", "moment")
        moment = floor_hour(at)
        end = min(ceil_hour(at + span) + HOUR, floor_hour(now))
        widest = max(span, *(one for one in SPANS if moment + one + HOUR <= now), HOUR)
        begin = moment - widest - WEEK * (effect.WEEKS + widest // WEEK)
        end = max(end, min(ceil_hour(at + widest) + HOUR, floor_hour(now)))
        hours = self._hours_of(brand, begin, end)
        storms = [one for one in self.store.alerts(subject=brand, since=begin, limit=MOST_STORMS) if effect.is_storm(one)]
        stormy = effect.storm_hours(storms, hours, now)
        found = effect.of(hours, at, span, now, storms=stormy)
        others = tuple(one for wide in SPANS if wide != span and moment + wide + HOUR <= now and (one := effect.of(hours, at, wide, now, storms=stormy)).over)
        answers = self.store.by_keys(self.store.own_answers(brand, since=at - HOUR, until=min(at + span, now), limit=6), brand)
        return EffectView(brand, found, self._awaited(brand, hours, at, now), tuple(answers), effect.judge(found, others), others,
                          tuple(one for one in storms if floor_hour(one.starts_at) < moment + span + HOUR and ceil_hour(one.resolved_at or now) > moment - span))

    def _hours_of(self, brand: str, since: datetime, until: datetime) -> dict[datetime, Hour]:
        sums: defaultdict[datetime, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for one in self.store.hour_counts([brand], since=since, until=until):
            held = sums[one.hour]
            held[0] += one.mentions
            held[1] += one.negative + one.neutral + one.positive
            held[2] += one.negative
            held[3] += one.unsure
        seen = self._seen(brand, since=since, until=until, at=self.now())
        found, hour = {}, floor_hour(since)
        while hour < until:
            mentions, scored, negative, unsure = sums.get(hour, (0, 0, 0, 0))
            found[hour] = Hour(mentions, scored, negative, seen.share(hour, hour + HOUR), unsure)
            hour += HOUR
        return found

    def _awaited(self, brand: str, hours: dict[datetime, Hour], at: datetime, now: datetime) -> Awaited | None:
        """Return what ``alerts.spread`` said of the wave that an alert was open about at the moment, from 5-minute counts."""
        open_then = [one for one in self.store.alerts(subject=brand, since=at - WEEK, limit=MOST_ALERTS)
                     if one.starts_at <= at and one.fired_at <= at and (one.resolved_at is None or one.resolved_at > at)]
        if not open_then:
            return None
        since = min(one.starts_at for one in open_then)
        watched = at - since
        usual = _usual_complaints(hours, floor_hour(at))
        if watched < spread.WATCHED or usual is None:
            return None
        steps: defaultdict[datetime, int] = defaultdict(int)
        for points in self.store.points(brand, since=since, until=min(at + spread.HORIZON, now)).values():
            for step, point in points.items():
                steps[step] += point.negative

        def between(first: datetime, last: datetime) -> int:
            return sum(count for step, count in steps.items() if first <= step < last)

        quarter, hour, before = between(at - HOUR / 4, at), between(at - HOUR, at), between(at - 3 * HOUR, at - HOUR)
        ahead = spread.published(spread.outlook(quarter - usual / 4, hour - usual, before - 2 * usual, between(since, at) - usual * (watched / HOUR), watched),
                                 usual * (spread.HORIZON / HOUR))
        over = at + spread.HORIZON <= now
        return Awaited(since, ahead.low, ahead.mid, ahead.high, between(at, at + spread.HORIZON) if over else None)


def _usual_complaints(hours: dict[datetime, Hour], moment: datetime) -> float | None:
    """Return the usual complaints an hour: the mean of the hour a week, two, … before that were seen."""
    found = [one.negative for n in range(1, effect.WEEKS + 1) if (one := hours.get(moment - WEEK * n)) is not None and one.seen >= effect.OBSERVED]
    return sum(found) / len(found) if len(found) >= effect.USUAL_AT_LEAST else None


def _went(one: ScoredMention) -> tuple[int, datetime]:
    """Return how far an answer went: what it reached, then how new it is."""
    return (one.reach.mid if one.reach else 0), one.mention.published_at

