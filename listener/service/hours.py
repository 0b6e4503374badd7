"""Hours of a brand: counts and reach with gaps marked, and what is usual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from listener.service.coverage import OBSERVED, SeenOf, ceil_hour, floor_hour
from listener.service.door import DAY, HOUR
from listener.service.sources import Sources
from listener.storage import HourRow
from listener.types import (
    Label,
    Reach,
)

USUAL_DAYS = 14  # "usual" is the median of the same hour over so many days: outlives one storm, follows the season
USUAL_AT_LEAST = 3  # observed days below which nothing is called usual


@dataclass(frozen=True, slots=True)
class HourPoint:
    """One hour of a brand. Counts are None where under half was observed and nothing came in later: a gap is not a zero."""

    hour: datetime
    seen: float
    mentions: int | None
    negative: int | None
    neutral: int | None
    positive: int | None
    unsure: int | None
    reach: Reach | None  # of its negative mentions, summed over posts
    usual: float | None  # median mid reach of the same hour on the days before; None: too little history

    @property
    def gap(self) -> bool:
        return self.mentions is None


class Rows:
    """Hourly rows added up over sources and languages."""

    def __init__(self, rows: Iterable[HourRow], brands: set[str] | None) -> None:
        self._labels: dict[datetime, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._unsure: dict[datetime, int] = defaultdict(int)
        self._reach: dict[datetime, tuple[int, int, int]] = {}
        for row in rows:
            if brands is not None and row.brand not in brands:
                continue
            self._labels[row.hour][row.label] += row.mentions
            self._unsure[row.hour] += row.unsure
            if row.label == Label.NEGATIVE:
                low, mid, high = self._reach.get(row.hour, (0, 0, 0))
                self._reach[row.hour] = low + row.reach_low, mid + row.reach_mid, high + row.reach_high

    def mid(self, hour: datetime) -> int:
        return self._reach.get(hour, (0, 0, 0))[1]

    def point(self, hour: datetime, seen: float, usual: float | None) -> HourPoint:
        labels = self._labels.get(hour, {})
        if seen < OBSERVED and not labels:
            return HourPoint(hour, seen, None, None, None, None, None, None, usual)
        return HourPoint(hour, seen, sum(labels.values()), labels.get(Label.NEGATIVE, 0), labels.get(Label.NEUTRAL, 0),
                         labels.get(Label.POSITIVE, 0), self._unsure.get(hour, 0),
                         Reach(*self._reach.get(hour, (0, 0, 0)), "sum over posts"), usual)


@dataclass(frozen=True, slots=True)
class Past:
    rows: Rows
    seen: SeenOf

    def usual(self, start: datetime, end: datetime) -> float | None:
        """Return the median mid reach of the same hours on the days before that were observed; None: too few of them."""
        hours = round((end - start) / HOUR)
        days = [DAY * back for back in range(1, USUAL_DAYS + 1) if self.seen.share(start - DAY * back, end - DAY * back) >= OBSERVED]
        values = [sum(self.rows.mid(start - day + HOUR * i) for i in range(hours)) for day in days]
        return float(median(values)) if len(values) >= USUAL_AT_LEAST else None


class Hours(Sources):
    """A brand, hour by hour."""

    def hourly(self, brand: str | None, *, since: datetime, until: datetime) -> tuple[HourPoint, ...]:
        """Return whole hours of ``[since, until)`` in order, gaps marked. Without a brand: all our own ones together."""
        return self._hourly(self._past(brand, since=since, until=until), since, until)

    def _past(self, brand: str | None, *, since: datetime, until: datetime) -> Past:
        """Return the hours of ``[since, until)`` with as many days before as "usual" looks back on."""
        back, until, at = floor_hour(since) - DAY * USUAL_DAYS, ceil_hour(until), self.now()
        rows = Rows(self.store.hourly(brand, since=back, until=until), None if brand else set(self.brands()))
        return Past(rows, self._seen(brand, since=back, until=until, at=at))

    def _hourly(self, past: Past, since: datetime, until: datetime) -> tuple[HourPoint, ...]:
        since, until, at = floor_hour(since), ceil_hour(until), self.now()
        points, hour = [], since
        while hour < until:
            end = min(hour + HOUR, at) if hour < at else hour + HOUR
            points.append(past.rows.point(hour, past.seen.share(hour, end), past.usual(hour, hour + HOUR)))
            hour += HOUR
        return tuple(points)
