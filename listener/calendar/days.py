"""Days, weeks and dates as people in Iran and elsewhere write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate as _Calendar

from listener.types import Precision

MONTHS = {
    "fa": ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
    "en": ("Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar", "Mehr", "Aban", "Azar", "Dey", "Bahman",
    "Esfand"),
}
"""Jalali months, first to last."""

GREGORIAN_MONTHS = {
    "fa": ("ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December"),
}

DAYS = {
    "fa": ("شنبه", "یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه"),
    "en": ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
}
"""Days of the week from Saturday, the first."""

Language = Literal["fa", "en"]

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class JalaliDate(NamedTuple):
    year: int
    month: int
    day: int


class JalaliWeek(NamedTuple):
    year: int
    number: int
    start: date  # Saturday
    end: date  # Friday, the last day of the week


def jalali(day: date) -> JalaliDate:
    """Return the Jalali date of a Gregorian day. Of a datetime its own date counts: convert to local time first.

    Raises: ValueError before 22 March 622.
    """
    written = _Calendar.to_jalali(day.year, day.month, day.day)  # type: ignore[no-untyped-call]  # persiantools declares no types
    return JalaliDate(written.year, written.month, written.day)


def gregorian(year: int, month: int, day: int) -> date:
    """Return the Gregorian day of a Jalali date. Raises: ValueError where there is no such day (30 Esfand of most years)."""
    return date.fromordinal(_Calendar(year, month, day).to_gregorian().toordinal())  # type: ignore[no-untyped-call]  # as above


def is_leap(year: int) -> bool:
    """Return whether Esfand of a Jalali year has 30 days."""
    return bool(_Calendar.is_leap(year))


def weekday(day: date) -> int:
    """Return 0 for Saturday … 6 for Friday."""
    return (day.weekday() + 2) % 7


def jalali_week(day: date) -> JalaliWeek:
    """Return the Saturday-to-Friday week a Gregorian day lies in, numbered in its Jalali year."""
    plain = date(day.year, day.month, day.day)
    start = plain - timedelta(days=weekday(plain))
    end = start + timedelta(days=6)
    year = jalali(end).year  # a week that holds 1 Farvardin ends in the new year
    first = gregorian(year, 1, 1)
    first -= timedelta(days=weekday(first))
    return JalaliWeek(year, (start - first).days // 7 + 1, start, end)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days on which an office is closed. ``weekend`` holds days of the week as ``weekday`` counts them."""

    days: Mapping[date, tuple[str, str]] = field(default_factory=dict)  # what each is called in Persian and in English
    weekend: frozenset[int] = frozenset({5, 6})  # Thursday and Friday

    def name(self, day: date, language: Language) -> str | None:
        """Return what is celebrated or mourned that day; None: nothing."""
        found = self.days.get(day)
        return None if found is None else found[0 if language == "fa" else 1]


def is_working(day: date, holidays: Holidays) -> bool:
    """Return whether an office is open that day. Of a datetime its own date counts: convert to local time first."""
    plain = date(day.year, day.month, day.day)
    return weekday(plain) not in holidays.weekend and plain not in holidays.days


def format_day(day: date, language: Language) -> str:
    """Return a day in both calendars, the language's own first.

    >>> format_day(date(2026, 11, 20), "en"), format_day(date(2026, 11, 20), "fa")
    ('Friday 20 November 2026 (29 Aban 1405)', 'جمعه ۲۹ آبان ۱۴۰۵ (۲۰ نوامبر ۲۰۲۶)')
    """
    return _written(day, language, None)


def format_date(instant: datetime, language: Language, tz: str | tzinfo, precision: Precision = Precision.MINUTE) -> str:
    """Return an instant as a sentence part in local time, Jalali with Gregorian beside it (the other way in English).

    A day shows no hour, an estimate says so. Seconds are never shown. Raises: ValueError for a naive ``instant``.
    """
    if instant.tzinfo is None:
        raise ValueError(f"calendar: {instant!r} has no time zone")
    local = instant.astimezone(zone(tz))
    hour = None if precision is Precision.DAY else f"{local:%H:%M}"
    written = _written(local.date(), language, hour)
    if precision is Precision.ESTIMATED:
        return f"حدود {written}" if language == "fa" else f"about {written}"
    return written


def format_short(instant: datetime, language: Language, tz: str | tzinfo) -> str:
    """Return an instant to the minute in the language's own calendar alone, for a column of a table.

    ``20 Nov 2026 15:00``, ``۲۹ آبان ۱۴۰۵ ۱۵:۰۰``
    """
    local = instant.astimezone(zone(tz))
    if language == "fa":
        its = jalali(local.date())
        return f"{its.day} {MONTHS[language][its.month - 1]} {its.year} {local:%H:%M}".translate(_PERSIAN_DIGITS)
    return f"{local.day} {GREGORIAN_MONTHS[language][local.month - 1][:3]} {local.year} {local:%H:%M}"


def _written(day: date, language: Language, hour: str | None) -> str:
    its = jalali(day)
    name = DAYS[language][weekday(day)]
    persian = f"{its.day} {MONTHS[language][its.month - 1]} {its.year}"
    western = f"{day.day} {GREGORIAN_MONTHS[language][day.month - 1]} {day.year}"
    if language == "fa":
        at = f"، ساعت {hour}" if hour else ""
        return f"{name} {persian}{at} ({western})".translate(_PERSIAN_DIGITS)
    at = f", {hour}" if hour else ""
    return f"{name} {western}{at} ({persian})"


def format_week(week: JalaliWeek, language: Language) -> str:
    """Return a week with its number and days.

    >>> format_week(jalali_week(date(2026, 11, 20)), "fa")
    'هفتهٔ ۳۵، ۲۳ تا ۲۹ آبان ۱۴۰۵ (۱۴ تا ۲۰ نوامبر ۲۰۲۶)'
    """
    first, last = jalali(week.start), jalali(week.end)
    persian = _range((first.day, first.month, first.year), (last.day, last.month, last.year), MONTHS[language], language)
    western = _range((week.start.day, week.start.month, week.start.year), (week.end.day, week.end.month, week.end.year),
                     GREGORIAN_MONTHS[language], language)
    if language == "fa":
        return f"هفتهٔ {week.number}، {persian} ({western})".translate(_PERSIAN_DIGITS)
    return f"week {week.number}, {western} ({persian})"


def _range(first: tuple[int, int, int], last: tuple[int, int, int], months: tuple[str, ...], language: Language) -> str:
    to = " تا " if language == "fa" else "–"
    left = str(first[0])
    if first[1:] != last[1:]:
        left += f" {months[first[1] - 1]}"
        to = to if language == "fa" else " – "
    if first[2] != last[2]:
        left += f" {first[2]}"
    return f"{left}{to}{last[0]} {months[last[1] - 1]} {last[2]}"


@lru_cache(maxsize=64)
def _named_zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone(tz: str | tzinfo) -> tzinfo:
    """Return the time zone of a name such as ``Asia/Tehran``. Raises: zoneinfo.ZoneInfoNotFoundError, ValueError."""
    return _named_zone(tz) if isinstance(tz, str) else tz
