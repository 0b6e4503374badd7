"""The first page: is anything burning, how many may have seen it, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts import aftermath, evidence
from alerts import reach as reach_of
from alerts.blindness import BlindRule
from listener.service.alerts import Alerts, is_open
from listener.service.coverage import OBSERVED, ceil_hour, floor_hour
from listener.service.door import DAY, HOUR
from listener.service.hours import HourPoint
from listener.service.mentions import Mentions
from listener.service.sources import Health, SourceView
from listener.types import (
    Alert,
    CoverageState,
    Label,
    Reach,
    ScoredMention,
)

EXACT_REACH = 500  # so many complaints are read one by one and counted by account; above, posts are summed
EVENING = time(18)  # "what changed since yesterday evening"


class Ground(StrEnum):
    """What a silence rests on; ``board.ground.<value>`` says it where nothing was heard yet."""

    NEW = "new"              # nothing was ever collected
    NO_SOURCE = "no_source"  # none is configured for this brand
    FAILING = "failing"      # none was ever read well
    UNHEARD = "unheard"      # they are read, and nobody spoke of the brand yet
    HEARD = "heard"


@dataclass(frozen=True, slots=True)
class Compared:
    """A count and the same hours one week before; ``before`` is None where that was not observed well enough."""

    now: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since yesterday evening."""

    since: datetime
    mentions: int
    negative: int
    fired: tuple[Alert, ...]
    resolved: tuple[Alert, ...]
    failing: tuple[str, ...]  # sources
    complaints: tuple[ScoredMention, ...]  # a few that stand for the rest


@dataclass(frozen=True, slots=True)
class NowView:
    """The first page: is anything burning, how many may have seen it, what changed."""

    at: datetime
    brand: str | None
    ground: Ground
    open_alerts: tuple[Alert, ...]  # most severe first, then oldest
    quiet_since: datetime | None  # None while an alert is open, or before anything was heard
    seen: float  # observed share of the last 24 hours over the brand's sources, 0..1
    unseen: tuple[SourceView, ...]  # sources that are not well now
    reach: Reach | None  # of complaints in the last 24 hours; None: no complaint
    usual_reach: float | None  # mid reach the same 24 hours have on a usual day, summed over posts
    mentions: Compared
    negative: Compared
    scored: int
    unsure: int
    waiting: int  # not scored yet
    hours: tuple[HourPoint, ...]
    changes: Changes
    blind: tuple[BlindRule, ...] = ()  # rules that cannot speak for the moment
    unlooked: tuple[Alert, ...] = ()  # severe ones that ended by themselves, and nobody took or judged them; the most severe first, then the newest

    @property
    def started(self) -> bool:
        """Whether anything was ever collected, or tried to be."""
        return self.ground not in (Ground.NEW, Ground.NO_SOURCE)


@dataclass(frozen=True, slots=True)
class Count:
    mentions: int = 0
    scored: int = 0
    negative: int = 0
    unsure: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.mentions + other.mentions, self.scored + other.scored, self.negative + other.negative,
                      self.unsure + other.unsure)


class Overview(Alerts, Mentions):
    """What a person wants to know first."""

    def now_view(self, brand: str | None = None, *, hours: int = 48) -> NowView:
        """Return what a person wants to know first. ``hours`` is how far the chart looks back."""
        at = self.now()
        day, week = at - DAY, timedelta(days=7)
        sources = self.sources(brand)
        heard = [view for view in sources if view.configured and view.health is not Health.PAUSED]
        recent = self.alerts(brand=brand, since=at - 30 * DAY, limit=200)
        waiting = [alert for alert in recent if is_open(alert)]
        start = at - HOUR * (hours - 1)
        past = self._past(brand, since=min(start, day), until=at)
        today, before = self._count(brand, day, at), self._count(brand, day - week, at - week)
        then = self._seen(brand, since=day - week, until=at - week, at=at).share(day - week, at - week)
        return NowView(
            at=at, brand=brand, ground=self._ground(brand, heard, today.mentions),
            open_alerts=tuple(waiting), quiet_since=None if waiting else self._quiet_since(recent, sources, at),
            seen=sum(view.seen for view in heard) / len(heard) if heard else 0.0,
            unseen=tuple(view for view in sources if view.configured and view.health is not Health.OK),
            reach=self._reach(brand, day, at, today),
            usual_reach=past.usual(ceil_hour(day), ceil_hour(at)),
            mentions=Compared(today.mentions, before.mentions if then >= OBSERVED else None),
            negative=Compared(today.negative, before.negative if then >= OBSERVED else None),
            scored=today.scored, unsure=today.unsure, waiting=today.mentions - today.scored, hours=self._hourly(past, start, at),
            changes=self._changes(brand, at, recent, sources),
            blind=self.blind_rules(brand), unlooked=self._unlooked(recent, at))

    def _unlooked(self, recent: Sequence[Alert], at: datetime) -> tuple[Alert, ...]:
        found = [one for one in recent if aftermath.unseen(one, at) and not self.store.verdicts(one.fingerprint)]
        return tuple(sorted(found, key=lambda one: (one.severity.value, -one.fired_at.timestamp())))

    def _ground(self, brand: str | None, sources: Sequence[SourceView], mentions: int) -> Ground:
        if mentions or any(self.store.first_heard(name) for name in ([brand] if brand else self.brands())):
            return Ground.HEARD
        if not sources:
            return Ground.NO_SOURCE if self.settings.sources else Ground.NEW
        if not any(view.polled_at for view in sources):
            return Ground.NEW
        return Ground.UNHEARD if any(view.ok_at for view in sources) else Ground.FAILING

    def _changes(self, brand: str | None, at: datetime, recent: Sequence[Alert], sources: Sequence[SourceView]) -> Changes:
        since = evening_before(at, self.zone)
        count = self._count(brand, since, at)
        fresh = self._mentions_of(brand, label=Label.NEGATIVE, since=since, until=at, limit=200)
        return Changes(
            since=since, mentions=count.mentions, negative=count.negative,
            fired=tuple(a for a in recent if a.fired_at >= since),
            resolved=tuple(a for a in recent if a.resolved_at is not None and a.resolved_at >= since),
            failing=tuple(v.name for v in sources if v.failing_since is not None and v.failing_since >= since),
            complaints=tuple(evidence.choose(fresh, 3)) if fresh else ())

    def _quiet_since(self, recent: Sequence[Alert], sources: Sequence[SourceView], at: datetime) -> datetime | None:
        ended = [alert.resolved_at for alert in recent if alert.resolved_at is not None]
        if ended:
            return max(ended)
        spans = self.store.coverage(since=at - 30 * DAY, until=at, sources=[view.name for view in sources])
        return min((span.start for span in spans if span.state is not CoverageState.LOST), default=None)

    def _count(self, brand: str | None, since: datetime, until: datetime) -> Count:
        """Counts of 5-minute steps, so that "the last 24 hours" ends now and not at the full hour."""
        total = Count()
        for name in [brand] if brand else self.brands():
            for steps in self.store.points(name, since=since, until=until).values():
                for point in steps.values():
                    total += Count(point.mentions, point.scored, point.negative, point.unsure)
        return total

    def _reach(self, brand: str | None, since: datetime, until: datetime, count: Count) -> Reach | None:
        """Complaints' reach by account where they can be read one by one, else the sum over posts; ``method`` says which."""
        if not count.negative:
            return None
        if count.negative <= EXACT_REACH:
            found = self._mentions_of(brand, label=Label.NEGATIVE, since=since, until=until, limit=EXACT_REACH)
            known = [(f"{m.mention.author.kind}:{m.mention.author.id}" if m.mention.author else None, m.reach)
                     for m in found if m.reach is not None]
            return reach_of.total(known) if known else None
        rows = [row for row in self.store.hourly(brand, since=floor_hour(since), until=until)
                if row.label == Label.NEGATIVE and (brand or row.brand in self.brands())]
        return Reach(sum(r.reach_low for r in rows), sum(r.reach_mid for r in rows), sum(r.reach_high for r in rows), "sum over posts")


def evening_before(at: datetime, zone: ZoneInfo) -> datetime:
    """Return yesterday 18:00 in the zone, as UTC: since when a morning shift wants to know what changed."""
    local = at.astimezone(zone)
    return datetime.combine(local.date() - DAY, EVENING, tzinfo=zone).astimezone(UTC)
