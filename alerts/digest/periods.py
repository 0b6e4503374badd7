"""Which span a digest is about, what it is called, and when it is due. Pure: reads no clock.

``1405-W35`` is a Jalali week, Saturday to Friday; ``1405-08`` a Jalali month, ``1405-08-29`` a day, ``1405-08-29T08:00`` the change of
shift at that hour. Spans begin and end at local midnight, so that one with a change of the clocks in it is an hour longer or shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from listener.calendar import (
    MONTHS,
    Language,
    format_date,
    format_day,
    format_week,
    gregorian,
    is_leap,
    jalali,
    jalali_week,
    weekday,
)
from listener.errors import Refusal
from listener.words import digits

DAY = timedelta(days=1)
WEEK = 7 * DAY


class Every(StrEnum):
    WEEK = "week"
    DAY = "day"
    MONTH = "month"
    SHIFT = "shift"  # the on-call hand-over


CATCH_UP = {Every.WEEK: 4, Every.DAY: 1, Every.MONTH: 2, Every.SHIFT: 1}
"""So many that fell due while nothing ran are still sent, late: a week's digest keeps its worth, a shift's does not."""


@dataclass(frozen=True, slots=True)
class Period:
    every: Every
    name: str
    start: date
    end: date  # the last day of it
    at: time = time(0)  # of a change of shift: the local hour

    def span(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return its first instant and the one after its last, in UTC. A change of shift is an instant: both are it."""
        if self.every is Every.SHIFT:
            instant = datetime.combine(self.start, self.at, zone).astimezone(UTC)
            return instant, instant
        return midnight(self.start, zone), midnight(self.end + DAY, zone)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.start + DAY * number for number in range((self.end - self.start).days + 1))

    def before(self) -> Period:
        """Return the period that it is compared with: the week or month before; of a day the same one a week ago."""
        if self.every is Every.WEEK:
            return week_of(self.start - DAY)
        if self.every is Every.MONTH:
            return month_of(self.start - DAY)
        return day_of(self.start - WEEK)

    def year_before(self) -> Period | None:
        """Return the same week or month of the Jalali year before; None where that year has none."""
        year, number = self.name.partition("-")[0], self.name.partition("-")[2]
        try:
            return parse(f"{int(year) - 1}-{number}") if self.every in (Every.WEEK, Every.MONTH) else None
        except ValueError:
            return None

    def following(self) -> Period:
        return {Every.WEEK: week_of, Every.MONTH: month_of}.get(self.every, day_of)(self.end + DAY)

    def written(self, language: Language, zone: tzinfo) -> str:
        """Return the span in both calendars, the language's own first."""
        if self.every is Every.WEEK:
            return format_week(jalali_week(self.start), language)
        if self.every is Every.SHIFT:
            return format_date(self.span(zone)[0], language, zone)
        if self.every is Every.DAY:
            return format_day(self.start, language)
        its = jalali(self.start)
        named = digits(f"{MONTHS[language][its.month - 1]} {its.year}", language)
        return f"{named} ({_plain(self.start, language)} {'تا' if language == 'fa' else '–'} {_plain(self.end, language)})"


def _plain(day: date, language: Language) -> str:
    from listener.calendar import GREGORIAN_MONTHS

    return digits(f"{day.day} {GREGORIAN_MONTHS[language][day.month - 1]} {day.year}", language)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the first instant of a local day, in UTC; where the clocks skip midnight it is the instant they do."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def week_of(day: date) -> Period:
    its = jalali_week(day)
    return Period(Every.WEEK, f"{its.year}-W{its.number:02}", its.start, its.end)


def month_of(day: date) -> Period:
    its = jalali(day)
    days = 31 if its.month <= 6 else 30 if its.month < 12 or is_leap(its.year) else 29
    start = gregorian(its.year, its.month, 1)
    return Period(Every.MONTH, f"{its.year}-{its.month:02}", start, start + DAY * (days - 1))


def day_of(day: date) -> Period:
    its = jalali(day)
    return Period(Every.DAY, f"{its.year}-{its.month:02}-{its.day:02}", day, day)


def shift_at(instant: datetime, zone: tzinfo) -> Period:
    local = instant.astimezone(zone)
    day = day_of(local.date())
    return Period(Every.SHIFT, f"{day.name}T{local:%H:%M}", day.start, day.end, time(local.hour, local.minute))


_NAME = re.compile(r"(\d{4})-(?:W(\d{1,2})|(\d{1,2})(?:-(\d{1,2})(?:T(\d{2}):(\d{2}))?)?)", re.IGNORECASE)


def parse(name: str) -> Period:
    """Return the period of a name. Raises: Refusal."""
    found = _NAME.fullmatch(name.strip())
    wrong = Refusal(f"period {name.strip()[:20]!r}", "period.name")
    if found is None:
        raise wrong
    year, week, month, day = (int(part) if part else 0 for part in found.groups()[:4])
    try:
        if week:
            made = week_of(gregorian(year, 1, 1) + WEEK * (week - 1))
            if made.name != f"{year}-W{week:02}":
                raise wrong
            return made
        if day:
            plain = day_of(gregorian(year, month, day))
            if found[5] is None:
                return plain
            return Period(Every.SHIFT, f"{plain.name}T{found[5]}:{found[6]}", plain.start, plain.end, time(int(found[5]), int(found[6])))
        return month_of(gregorian(year, month, 1))
    except ValueError:
        raise wrong from None


def last(every: Every, at: datetime, zone: tzinfo) -> Period:
    """Return the newest week, month or day that was over at ``at``."""
    today = at.astimezone(zone).date()
    made = {Every.WEEK: week_of, Every.MONTH: month_of}.get(every, day_of)(today)
    return made.before() if every is not Every.DAY else day_of(today - DAY)


def due_at(period: Period, zone: tzinfo, *, clock: time, day: int = 0) -> datetime:
    """Return when a digest is due, in UTC: at the local hour ``clock`` of the first ``day`` (0 is Saturday) after its week, of the
    next day after a month or a day. A change of shift is due when it comes.
    """
    if period.every is Every.SHIFT:
        return period.span(zone)[0]
    following = period.end + DAY
    if period.every is Every.WEEK:
        following += DAY * ((day - weekday(following)) % 7)
    return datetime.combine(following, clock, zone).astimezone(UTC)


def due(every: Every, since: datetime, at: datetime, zone: tzinfo, *, clock: time, day: int = 0) -> Iterator[tuple[Period, datetime]]:
    """Yield the periods that fell due in ``(since, at]`` with the instants, oldest first, the last ``CATCH_UP`` of them at most."""
    found: list[tuple[Period, datetime]] = []
    one = last(every, at, zone)
    while len(found) < CATCH_UP[every]:
        when = due_at(one, zone, clock=clock, day=day)
        if when <= since:
            break
        if when <= at:
            found.append((one, when))
        one = day_of(one.start - DAY) if every is Every.DAY else one.before()
    yield from reversed(found)
