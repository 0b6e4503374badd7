"""Why people complain: aspect by source, language and week, with what changed and how sure that is. Pure.

Weeks are Jalali, Saturday to Friday, in local time. The week that is not over is compared with the same part of the week
before, never with the whole of it. Counts of posts are taken for Poisson; given their sum, the earlier is binomial, and
Wilson's interval of its share becomes one of the ratio (Przyborowski and Wilenski, Biometrika 31, 1940). Where a share or a change
would stand on fewer than ``LEAST`` posts there is none: three more than two is no fifty per cent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from functools import partial
from math import inf

from alerts.precision import wilson
from listener.calendar import JalaliWeek, jalali_week
from listener.types import MentionKey

LEAST = 20
"""Posts below which nothing is said in per cent."""

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Complaint:
    key: MentionKey
    published_at: datetime
    source: str
    language: str  # "": nobody knows
    aspects: tuple[str, ...] = ()
    count: int = 1  # so many complaints that are alike in all of this; their key is that of any of them


@dataclass(frozen=True, slots=True)
class Change:
    """A count so far this week, and at the same point of the week before; ``before`` None: too little was seen of it."""

    now: int
    before: int | None

    @property
    def ratio(self) -> tuple[float, float] | None:
        """The 95 % interval of now against before, 0 to infinity; None where nothing is known."""
        if self.before is None or not self.now + self.before:
            return None
        low, high = wilson(self.now, self.now + self.before)
        return low / (1 - low) if low < 1 else inf, high / (1 - high) if high < 1 else inf

    @property
    def percent(self) -> float | None:
        """The change as a share of before, -1 and more; None where before was under ``LEAST``."""
        return None if self.before is None or self.before < LEAST else self.now / self.before - 1

    @property
    def sign(self) -> int:
        """1: surely more, -1: surely fewer, 0: may be chance, or nothing is known."""
        found = self.ratio
        return 0 if found is None else 1 if found[0] > 1 else -1 if found[1] < 1 else 0


@dataclass(frozen=True, slots=True)
class Place:
    """One aspect in one source and language."""

    source: str
    language: str
    change: Change
    weeks: tuple[int, ...]  # as ``Causes.weeks``; the present one's is of the week so far


@dataclass(frozen=True, slots=True)
class Cause:
    aspect: str
    change: Change
    of: int  # complaints of the week, with any aspect or none
    covered: int  # of them, those that name this aspect or one before it: what Pareto adds up, each complaint once
    places: tuple[Place, ...]  # where it was told in these weeks, most of the present week first
    weeks: tuple[int, ...]  # as ``Causes.weeks``

    @property
    def share(self) -> tuple[float, float, float] | None:
        """Share of the week's complaints with its 95 % interval (Wilson), 0..1; None under ``LEAST`` complaints."""
        return None if self.of < LEAST else (self.change.now / self.of, *wilson(self.change.now, self.of))

    @property
    def reaches(self) -> float | None:
        """Share of complaints that this aspect and those before it account for; None under ``LEAST`` complaints."""
        return None if self.of < LEAST else self.covered / self.of


@dataclass(frozen=True, slots=True)
class Causes:
    """Aspects of one brand's complaints, the most frequent first."""

    weeks: tuple[JalaliWeek, ...]  # oldest first; the last is the present one
    complaints: Change
    unnamed: int  # complaints of the week that no aspect was found in
    causes: tuple[Cause, ...]


def week_start(week: JalaliWeek, zone: tzinfo) -> datetime:
    """Return its first instant, in local time."""
    return datetime.combine(week.start, time(0), tzinfo=zone)


def weeks_to(at: datetime, zone: tzinfo, number: int) -> tuple[JalaliWeek, ...]:
    """Return so many Jalali weeks, oldest first, up to the one that holds ``at``."""
    today = at.astimezone(zone).date()
    return tuple(jalali_week(today - WEEK * back) for back in reversed(range(number)))


def find(complaints: Iterable[Complaint], *, at: datetime, zone: tzinfo, weeks: int = 4, seen_before: bool = True) -> Causes:
    """Return what complaints are about, in Pareto order: most of the present week first, then by name.

    ``seen_before``: enough of the week before was observed to be compared with. What was published after ``at`` or before the first of the
    weeks does not count. A complaint with several aspects counts for each, and once in the sums.
    """
    spans = weeks_to(at, zone, max(weeks, 2))
    begin, present = week_start(spans[0], zone), week_start(spans[-1], zone)
    # local days may be of 23 or 25 hours: the same point of the week before is one by the clock on the wall
    point = datetime.combine(at.astimezone(zone).date() - WEEK, at.astimezone(zone).time(), tzinfo=zone)
    counted = sorted({one.key: one for one in complaints if begin <= one.published_at <= at}.values(), key=lambda one: (one.published_at, one.key))
    now = [one for one in counted if one.published_at >= present]
    before = [one for one in counted if week_start(spans[-2], zone) <= one.published_at <= point] if seen_before else None

    def change(fits: Callable[[Complaint], bool]) -> Change:
        return Change(_sum(filter(fits, now)), None if before is None else _sum(filter(fits, before)))

    table: dict[tuple[str, str, str], Counter[JalaliWeek]] = defaultdict(Counter)
    by_week: Counter[tuple[str, JalaliWeek]] = Counter()
    for one in counted:
        week = jalali_week(one.published_at.astimezone(zone).date())
        for aspect in dict.fromkeys(one.aspects):
            table[aspect, one.source, one.language][week] += one.count
            by_week[aspect, week] += one.count
    frequent: Counter[str] = Counter()
    for one in now:
        for aspect in set(one.aspects):
            frequent[aspect] += one.count
    names = sorted({aspect for aspect, _ in by_week}, key=lambda name: (-frequent[name], name))
    causes, covered, left, of = [], 0, list(now), _sum(now)
    for name in names:
        covered += _sum(one for one in left if name in one.aspects)
        left = [one for one in left if name not in one.aspects]
        causes.append(Cause(
            name, change(partial(_has, name)), of, covered,
            _places({key: counts for key, counts in table.items() if key[0] == name}, _counted(name, before), spans),
            tuple(by_week[name, week] for week in spans)))
    return Causes(spans, change(lambda _: True), _sum(one for one in now if not one.aspects), tuple(causes))


def _sum(complaints: Iterable[Complaint]) -> int:
    return sum(one.count for one in complaints)


def _has(aspect: str, one: Complaint) -> bool:
    return aspect in one.aspects


def _places(table: Mapping[tuple[str, str, str], Counter[JalaliWeek]], before: Counter[tuple[str, str]] | None,
            spans: Sequence[JalaliWeek]) -> tuple[Place, ...]:
    found = [Place(source, language, Change(counts[spans[-1]], None if before is None else before[source, language]), tuple(counts[week] for week in spans))
             for (_, source, language), counts in table.items()]
    return tuple(sorted(found, key=lambda one: (-one.change.now, -sum(one.weeks), one.source, one.language)))


def _counted(aspect: str, complaints: Iterable[Complaint] | None) -> Counter[tuple[str, str]] | None:
    if complaints is None:
        return None
    found: Counter[tuple[str, str]] = Counter()
    for one in complaints:
        if aspect in one.aspects:
            found[one.source, one.language] += one.count
    return found
