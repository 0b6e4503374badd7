"""Days, weeks and hours as people in Iran and elsewhere write them and keep them. Pure: reads no clock.

A Jalali week runs from Saturday to Friday. Week 1 of a Jalali year is the one that holds 1 Farvardin, so it may begin in
Esfand; the last days of Esfand may belong to week 1 of the next year.

``days`` knows the two calendars, ``reading`` dates as sources write them, ``hours`` when an office works.
"""

from listener.calendar.days import (
    DAYS,
    GREGORIAN_MONTHS,
    MONTHS,
    Holidays,
    JalaliDate,
    JalaliWeek,
    Language,
    format_date,
    format_day,
    format_short,
    format_week,
    gregorian,
    is_leap,
    is_working,
    jalali,
    jalali_week,
    weekday,
    zone,
)
from listener.calendar.hours import Hours, Season, Spell
from listener.calendar.reading import Read, parse_time

__all__ = [
    "DAYS", "GREGORIAN_MONTHS", "MONTHS", "Holidays", "Hours", "JalaliDate", "JalaliWeek", "Language", "Read", "Season", "Spell",
    "format_date", "format_day", "format_short", "format_week", "gregorian", "is_leap", "is_working", "jalali", "jalali_week", "parse_time",
    "weekday", "zone",
]
