"""Dates as sources write them: one text, one instant."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_tz

from listener.calendar.days import DAYS, GREGORIAN_MONTHS, MONTHS, gregorian, zone
from listener.text import matching_key
from listener.types import Precision

Read = tuple[datetime, Precision]

_LONGEST = 100  # characters; no date is longer
_JALALI_YEARS = range(1200, 1600)
_YEARS = range(1900, 2200)
_MARKS = re.compile("[\u200b\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\u0640]")
_ZONES = {"irst": 210, "irdt": 270, "utc": 0, "gmt": 0, "z": 0, "ut": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420,
          "mdt": -360, "pst": -480, "pdt": -420, "cet": 60, "cest": 120, "bst": 60, "msk": 180}
_ZONE = rf"(?P<zone>{'|'.join(sorted(_ZONES, key=len, reverse=True))}|[+\-−]\d{{2}}(?::?\d{{2}})?(?::?\d{{2}})?)?"
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,٫](?P<fraction>\d+))?)?"
    r"\s*(?P<half>am|pm|a\.m\.?|p\.m\.?|ق\.?\s?ظ\.?|ب\.?\s?ظ\.?|صبح|قبل ?از ?ظهر|بعد ?از ?ظهر|ظهر|عصر|شب)?")
_NUMERIC = re.compile(
    rf"(?P<year>\d{{4}})(?P<separator>[-/.٫_])(?P<month>\d{{1,2}})(?P=separator)(?P<day>\d{{1,2}})"
    rf"(?:(?:\s*[tT,،\-–]\s*|\s+|\s*،?\s*ساعت\s*){_CLOCK}\s*{_ZONE})?\Z", re.IGNORECASE)
_BACKWARD = re.compile(
    rf"(?P<day>\d{{1,2}})(?P<separator>[-/.])(?P<month>\d{{1,2}})(?P=separator)(?P<year>\d{{4}})"
    rf"(?:(?:\s*[,،\-–]\s*|\s+|\s*،?\s*ساعت\s*){_CLOCK}\s*{_ZONE})?\Z", re.IGNORECASE)
_CLOCK_FIRST = re.compile(r"(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)\s*[,،\-–]?\s*(?P<day>.{6,})\Z", re.DOTALL)
_COMPACT = re.compile(
    rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})"
    rf"(?:[tT]?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?:(?P<second>\d{{2}})(?:[.,](?P<fraction>\d+))?)?\s*{_ZONE})?\Z",
    re.IGNORECASE)
_ISO_HOUR = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})t"
    rf"(?P<hour>\d{{2}})(?P<minute>\d{{2}})?(?P<second>\d{{2}})?(?:[.,](?P<fraction>\d+))?\s*{_ZONE}\Z", re.IGNORECASE)
_ISO_WEEK = re.compile(r"(?P<year>\d{4})-?W(?P<week>\d{2})-?(?P<weekday>[1-7])\Z", re.IGNORECASE)
_ORDINAL = re.compile(r"(?P<year>\d{4})-(?P<yearday>\d{3})\Z")
_EPOCH = re.compile(r"(?P<number>\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?P<fraction>\.\d+)?\Z")
_CLOCK_ANYWHERE = re.compile(rf"(?<![\d:]){_CLOCK}(?![\d:])\s*{_ZONE}(?!\w)", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+(?:[\u200c'’.][^\W\d_]+)*|\d+")

def _month_names() -> dict[str, tuple[bool, int]]:
    names: dict[str, tuple[bool, int]] = {}
    for language in ("fa", "en"):
        for number, name in enumerate(MONTHS[language], 1):
            names[matching_key(name)] = (True, number)
        for number, name in enumerate(GREGORIAN_MONTHS[language], 1):
            names[matching_key(name)] = (False, number)
            if language == "en":
                names[matching_key(name[:3])] = (False, number)
    others = {"امرداد": (True, 5), "mordaad": (True, 5), "amordad": (True, 5), "tyr": (True, 4), "shahrivr": (True, 6),
        "day": (True, 10),
              "aabaan": (True, 8), "azar": (True, 9), "ordibehest": (True, 2), "می": (False, 5), "جون": (False, 6),
              "جولای": (False, 7),
              "ژوییه": (False, 7), "آگوست": (False, 8), "آگست": (False, 8), "اگوست": (False, 8), "فبریه": (False, 2),
              "اپریل": (False, 4),
              "sept": (False, 9)}
    arabic = "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"
    others.update({name: (False, number) for number, name in enumerate(arabic.split(), 1)})
    names.update({matching_key(name): month for name, month in others.items()})
    return names


_MONTH_NAMES = _month_names()
_DAY_WORDS = {matching_key(name) for names in DAYS.values() for name in names} | {
    matching_key(name[:3]) for name in DAYS["en"]} | {matching_key(name) for name in ("tues", "thur", "thurs", "آدینه", "سه",
        "یک", "دو", "چهار", "پنج")}
_FILLERS = {matching_key(word) for word in ("ساعت", "در", "مورخ", "تاریخ", "روز", "ماه", "سال", "at", "on", "of", "the", "st",
    "nd", "rd", "th", "و",
                                            "هجری", "شمسی", "خورشیدی", "میلادی", "utc", "gmt")}
_ORDINALS = {matching_key(word): number for number, word in enumerate(
    "یکم دوم سوم چهارم پنجم ششم هفتم هشتم نهم دهم یازدهم دوازدهم سیزدهم چهاردهم پانزدهم شانزدهم هفدهم هجدهم نوزدهم بیستم "
    "بیست‌ویکم بیست‌ودوم بیست‌وسوم بیست‌وچهارم بیست‌وپنجم بیست‌وششم بیست‌وهفتم بیست‌وهشتم بیست‌ونهم سی‌ام سی‌ویکم".split(), 1)}
_ORDINALS[matching_key("اول")] = 1


_PARTED_ORDINAL = re.compile(r"(بیست|سی) و (\w+م)\b")


def parse_time(text: str | int | float, tz: str | tzinfo) -> Read | None:
    """Return the instant a text states, in UTC, and how exactly; None where it states none.

    Reads ISO 8601, RFC 822, seconds to nanoseconds since 1970, Jalali and Gregorian dates in figures (any digits, any
    separator) and with month names in Persian and English. What names no zone is local time of ``tz``. A day without an
    hour stands at local noon with ``Precision.DAY``. Years 1200–1599 are Jalali. A date whose day and month could be
    exchanged (05/06/2026) is refused, since a wrong day is worse than none. Raises only for an unknown ``tz``.
    """
    local = zone(tz)
    written = _cleaned(str(text))
    if not written or len(written) > _LONGEST:
        return None
    try:
        for read in (_figures, _epoch, _named_month, _mail):
            found = read(written, local)
            if found is not None:
                return found
    except (ValueError, OverflowError):
        return None
    return None


def _cleaned(text: str) -> str:
    if len(text) > 4 * _LONGEST:
        return ""
    text = _MARKS.sub("", text)
    return " ".join("".join(_digit(character) for character in text).split())


def _digit(character: str) -> str:
    return str(int(character)) if character.isdecimal() else character


def _figures(text: str, local: tzinfo) -> Read | None:
    for pattern in (_NUMERIC, _COMPACT, _ISO_HOUR):
        found = pattern.match(text)
        if found:
            parts = found.groupdict()
            year, month, day = int(parts["year"]), int(parts["month"]), int(parts["day"])
            if not 1 <= month <= 12 or not 1 <= day <= 31:
                continue
            if pattern is _COMPACT and year not in _YEARS and year not in _JALALI_YEARS:
                continue
            return _instant(_day(year, month, day), parts, local)
    found = _BACKWARD.match(text)
    if found:
        parts = found.groupdict()
        year, month, day = int(parts["year"]), int(parts["month"]), int(parts["day"])
        if year not in _JALALI_YEARS and month <= 12 and day <= 12 and month != day and parts["separator"] != ".":
            return None
        if month > 12:
            month, day = day, month
        return _instant(_day(year, month, day), parts, local)
    found = _CLOCK_FIRST.match(text)
    if found and (_NUMERIC.match(found["day"]) or _BACKWARD.match(found["day"])):
        return _figures(f"{found['day']} {found['clock']}", local)
    found = _ISO_WEEK.match(text)
    if found:
        return _instant(date.fromisocalendar(int(found["year"]), int(found["week"]), int(found["weekday"])), {}, local)
    found = _ORDINAL.match(text)
    if found and int(found["year"]) in _YEARS:
        day_of_year = date(int(found["year"]), 1, 1) + timedelta(days=int(found["yearday"]) - 1)
        return _instant(day_of_year, {}, local) if day_of_year.year == int(found["year"]) else None
    return None


def _day(year: int, month: int, day: int) -> date:
    return gregorian(year, month, day) if year in _JALALI_YEARS else date(year, month, day)


def _instant(day: date, parts: dict[str, str | None], local: tzinfo) -> Read:
    """Return the UTC instant of a day with the clock in ``parts``. Raises: ValueError where the clock cannot show that."""
    hour = parts.get("hour")
    if hour is None:
        return datetime.combine(day, time(12), local).astimezone(UTC), Precision.DAY
    hours, minutes = int(hour), int(parts.get("minute") or 0)
    seconds = min(int(parts.get("second") or 0), 59)  # a leap second is the last second of its minute
    half = matching_key(parts.get("half") or "")
    if half in ("pm", "بظ", "بعدازظهر", "عصر", "شب", "ظهر") and 1 <= hours < 12 and not (half == "شب" and hours < 5):
        hours += 12
    elif half in ("am", "قظ", "صبح", "قبلازظهر", "شب") and hours == 12:
        hours = 0
    micros = int(((parts.get("fraction") or "") + "000000")[:6])
    next_day = hours == 24 and not minutes and not seconds
    stated = datetime.combine(day, time(0 if next_day else hours, minutes, seconds, micros),
        _offset(parts.get("zone")) or local)
    if next_day:
        stated += timedelta(days=1)
    return stated.astimezone(UTC), Precision.SECOND if parts.get("second") else Precision.MINUTE


def _offset(written: str | None) -> tzinfo | None:
    if not written:
        return None
    name = written.lower().replace("−", "-")
    if name in _ZONES:
        return timezone(timedelta(minutes=_ZONES[name]))
    figures = name[1:].replace(":", "").ljust(6, "0")
    span = timedelta(hours=int(figures[:2]), minutes=int(figures[2:4]), seconds=int(figures[4:6]))
    return timezone(-span if name[0] == "-" else span)


def _epoch(text: str, local: tzinfo) -> Read | None:
    found = _EPOCH.match(text)
    if not found:
        return None
    number = found["number"]
    scale = 10 ** {9: 0, 10: 0, 12: 3, 13: 3, 15: 6, 16: 6, 18: 9, 19: 9}[len(number)]
    micros = int(number) * 1_000_000 // scale
    if scale == 1 and found["fraction"]:
        micros += int((found["fraction"][1:] + "000000")[:6])
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros), Precision.SECOND


def _named_month(text: str, local: tzinfo) -> Read | None:
    """Read a date with the month in words: the clock is taken out first, then a day, a month and a year must remain."""
    parts: dict[str, str | None] = {}
    clock = _CLOCK_ANYWHERE.search(text)
    if clock:
        parts = clock.groupdict()
        text = f"{text[:clock.start()]} {text[clock.end():]}"
    text = _PARTED_ORDINAL.sub(r"\1و\2", text)
    month: tuple[bool, int] | None = None
    numbers: list[int] = []
    ordinal: int | None = None
    for word in _WORDS.findall(text):
        if word.isdigit():
            numbers.append(int(word))
            continue
        key = matching_key(word)
        if key in _MONTH_NAMES and month is None:
            month = _MONTH_NAMES[key]
        elif key in _ORDINALS and ordinal is None:
            ordinal = _ORDINALS[key]
        elif key in _ZONES and parts and not parts.get("zone"):
            parts["zone"] = key
        elif key not in _DAY_WORDS and key not in _FILLERS:
            return None
    if month is None:
        return None
    offset = re.search(r"[+\-−]\d{4}\b", text)
    if offset and parts and not parts.get("zone"):
        parts["zone"] = offset[0]
        numbers.remove(int(offset[0][1:]))
    if ordinal is not None:
        numbers.append(ordinal)
    years = [number for number in numbers if number in (_JALALI_YEARS if month[0] else _YEARS)]
    days = [number for number in numbers if 1 <= number <= 31]
    if len(years) != 1 or len(days) != 1 or len(numbers) != 2:
        return None
    day = gregorian(years[0], month[1], days[0]) if month[0] else date(years[0], month[1], days[0])
    return _instant(day, parts, local)


def _mail(text: str, local: tzinfo) -> Read | None:
    """Read what is left of RFC 822: two-digit years, comments, zones by letter."""
    if not re.search(r"[A-Za-z]{3}", text):
        return None
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    if year not in _YEARS or ":" not in text:
        return None
    named = re.search(r"[A-Za-z]{1,5}\Z", text)
    offset: tzinfo = UTC if parsed[9] is None else timezone(timedelta(seconds=parsed[9]))
    if named and named[0].lower() in _ZONES:
        offset = timezone(timedelta(minutes=_ZONES[named[0].lower()]))
    elif parsed[9] is None and not named:
        offset = local
    stated = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=offset)
    return stated.astimezone(UTC), Precision.SECOND if text.count(":") > 1 else Precision.MINUTE
