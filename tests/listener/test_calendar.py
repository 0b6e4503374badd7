"""Jalali days and weeks, dates as people read them, dates as sources write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.calendar import (
    DAYS,
    format_date,
    format_day,
    format_short,
    format_week,
    gregorian,
    is_leap,
    jalali,
    jalali_week,
    parse_time,
    weekday,
)
from listener.types import Precision

TEHRAN = "Asia/Tehran"


@pytest.mark.parametrize(("day", "written"), [
    (date(2026, 11, 20), (1405, 8, 29)), (date(2015, 5, 24), (1394, 3, 3)), (date(2022, 8, 28), (1401, 6, 6)),
    (date(2016, 8, 3), (1395, 5, 13)),
    (date(2025, 3, 20), (1403, 12, 30)), (date(2025, 3, 21), (1404, 1, 1)), (date(2024, 3, 19), (1402, 12, 29)),
    (date(2024, 3, 20), (1403, 1, 1)), (date(1979, 2, 11), (1357, 11, 22)),
])
def test_days_of_two_calendars_agree(day: date, written: tuple[int, int, int]) -> None:
    assert jalali(day) == written
    assert gregorian(*written) == day
    assert type(gregorian(*written)) is date


def test_leap_years_have_thirty_days_in_esfand() -> None:
    assert [year for year in range(1395, 1421) if is_leap(year)] == [1395, 1399, 1403, 1408, 1412, 1416, 1420]
    with pytest.raises(ValueError):
        gregorian(1404, 12, 30)


@settings(max_examples=200, deadline=None)
@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_has_one_week_from_saturday_to_friday(day: date) -> None:
    assert gregorian(*jalali(day)) == day
    week = jalali_week(day)
    assert week.start <= day <= week.end == week.start + timedelta(days=6)
    assert weekday(week.start) == 0 and DAYS["en"][weekday(week.end)] == "Friday"
    following = jalali_week(week.end + timedelta(days=1))
    assert (following.year, following.number) in {(week.year, week.number + 1), (week.year + 1, 1)}
    assert (week.number == 1) == (week.start <= gregorian(week.year, 1, 1) <= week.end)
    assert 1 <= week.number <= 53


@pytest.mark.parametrize(("day", "year", "number", "start"), [
    (date(2026, 11, 20), 1405, 35, date(2026, 11, 14)),
    (date(2026, 3, 21), 1405, 1, date(2026, 3, 21)),  # 1 Farvardin 1405 is a Saturday
    (date(2026, 3, 20), 1404, 53, date(2026, 3, 14)),  # the Friday before
    (date(2025, 3, 15), 1404, 1, date(2025, 3, 15)),  # 25 Esfand 1403, in the week that holds 1 Farvardin 1404
    (date(2024, 3, 16), 1403, 1, date(2024, 3, 16)),
])
def test_week_one_holds_the_first_of_farvardin(day: date, year: int, number: int, start: date) -> None:
    week = jalali_week(day)
    assert (week.year, week.number, week.start) == (year, number, start)


def test_an_instant_counts_as_its_own_date() -> None:
    assert jalali_week(datetime(2026, 11, 20, 23, 0)) == jalali_week(date(2026, 11, 20))


INSTANT = datetime(2026, 11, 20, 13, 29, 3, tzinfo=UTC)


@pytest.mark.parametrize(("language", "precision", "text"), [
    ("fa", Precision.SECOND, "جمعه ۲۹ آبان ۱۴۰۵، ساعت ۱۶:۵۹ (۲۰ نوامبر ۲۰۲۶)"),
    ("en", Precision.MINUTE, "Friday 20 November 2026, 16:59 (29 Aban 1405)"),
    ("fa", Precision.DAY, "جمعه ۲۹ آبان ۱۴۰۵ (۲۰ نوامبر ۲۰۲۶)"),
    ("en", Precision.DAY, "Friday 20 November 2026 (29 Aban 1405)"),
    ("fa", Precision.ESTIMATED, "حدود جمعه ۲۹ آبان ۱۴۰۵، ساعت ۱۶:۵۹ (۲۰ نوامبر ۲۰۲۶)"),
    ("en", Precision.ESTIMATED, "about Friday 20 November 2026, 16:59 (29 Aban 1405)"),
])
def test_a_date_reads_as_people_write_it(language: str, precision: Precision, text: str) -> None:
    assert format_date(INSTANT, language, TEHRAN, precision) == text  # type: ignore[arg-type]


def test_the_local_day_decides() -> None:
    late = datetime(2026, 11, 20, 20, 45, tzinfo=UTC)
    assert format_date(late, "en", TEHRAN).startswith("Saturday 21 November 2026, 00:15 (30 Aban")
    assert format_date(late, "en", "UTC").startswith("Friday 20 November 2026, 20:45 (29 Aban")
    with pytest.raises(ValueError, match="no time zone"):
        format_date(datetime(2026, 11, 20), "en", TEHRAN)


def test_weeks_and_days_are_named() -> None:
    assert format_day(date(2026, 11, 14), "fa") == "شنبه ۲۳ آبان ۱۴۰۵ (۱۴ نوامبر ۲۰۲۶)"
    assert format_week(jalali_week(INSTANT), "fa") == "هفتهٔ ۳۵، ۲۳ تا ۲۹ آبان ۱۴۰۵ (۱۴ تا ۲۰ نوامبر ۲۰۲۶)"
    assert format_week(jalali_week(INSTANT), "en") == "week 35, 14–20 November 2026 (23–29 Aban 1405)"
    assert format_week(jalali_week(date(2025, 3, 20)), "en") == "week 1, 15–21 March 2025 (25 Esfand 1403 – 1 Farvardin 1404)"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


SECOND, MINUTE, DAY = Precision.SECOND, Precision.MINUTE, Precision.DAY
READ = [
    # ISO 8601
    ("2026-11-20T16:59:03Z", utc(2026, 11, 20, 16, 59, 3), SECOND),
    ("2026-11-20t16:59:03z", utc(2026, 11, 20, 16, 59, 3), SECOND),
    ("2026-11-20T16:59:03.123456789Z", utc(2026, 11, 20, 16, 59, 3, 123456), SECOND),
    ("2026-11-20T16:59:03,5+00:00", utc(2026, 11, 20, 16, 59, 3, 500000), SECOND),
    ("2026-11-20T16:59:03+03:30", utc(2026, 11, 20, 13, 29, 3), SECOND),
    ("2026-11-20T16:59:03+0330", utc(2026, 11, 20, 13, 29, 3), SECOND),
    ("2026-11-20T16:59:03-08", utc(2026, 11, 21, 0, 59, 3), SECOND),
    ("2026-11-20T16:59:03−08:00", utc(2026, 11, 21, 0, 59, 3), SECOND),
    ("2026-11-20 16:59:03", utc(2026, 11, 20, 13, 29, 3), SECOND), ("2026-11-20 16:59", utc(2026, 11, 20, 13, 29), MINUTE),
    ("2026-11-20 16:59:03 UTC", utc(2026, 11, 20, 16, 59, 3), SECOND),
    ("20261120T165903Z", utc(2026, 11, 20, 16, 59, 3), SECOND), ("20261120165903", utc(2026, 11, 20, 13, 29, 3), SECOND),
    ("20261120", utc(2026, 11, 20, 8, 30), DAY),
    ("2026-11-20", utc(2026, 11, 20, 8, 30), DAY), ("2026/11/20", utc(2026, 11, 20, 8, 30), DAY),
    ("2026-W47-5", utc(2026, 11, 20, 8, 30), DAY), ("2026-324", utc(2026, 11, 20, 8, 30), DAY),
    ("2026-11-20T24:00:00Z", utc(2026, 11, 21), SECOND), ("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59), SECOND),
    (" \u200f2026-11-20\n", utc(2026, 11, 20, 8, 30), DAY),
    ("2026-11-20T165903Z", utc(2026, 11, 20, 16, 59, 3), SECOND),
    ("2026-11-20T16:59:03 PST", utc(2026, 11, 21, 0, 59, 3), SECOND),
    # RFC 822 and its relatives
    ("Fri, 20 Nov 2026 16:59:03 +0330", utc(2026, 11, 20, 13, 29, 3), SECOND),
    ("Fri, 20 Nov 2026 16:59:03 GMT", utc(2026, 11, 20, 16, 59, 3), SECOND),
    ("20 Nov 26 16:59 GMT", utc(2026, 11, 20, 16, 59), MINUTE), ("Fri, 20 Nov 2026 16:59:03 EST", utc(2026, 11, 20, 21, 59, 3),
    SECOND), ("Fri, 20 Nov 2026 16:59:03 IRST", utc(2026, 11, 20, 13, 29, 3), SECOND),
    ("Fri Nov 20 16:59:03 +0000 2026", utc(2026, 11, 20, 16, 59, 3), SECOND),
    ("Fri Nov 20 16:59:03 2026", utc(2026, 11, 20, 13, 29, 3), SECOND),
    ("Nov 20, 2026 4:59 PM", utc(2026, 11, 20, 13, 29), MINUTE), ("November 20th, 2026", utc(2026, 11, 20, 8, 30), DAY),
    ("20 November 2026", utc(2026, 11, 20, 8, 30), DAY),
    ("Fri, 20 Nov 2026 16:59:03 +0330 (IRST)", utc(2026, 11, 20, 13, 29, 3), SECOND),
    # seconds and finer since 1970
    ("1763643543", utc(2025, 11, 20, 12, 59, 3), SECOND), ("1763643543.5", utc(2025, 11, 20, 12, 59, 3, 500000), SECOND),
    ("1763643543123", utc(2025, 11, 20, 12, 59, 3, 123000), SECOND),
    ("1763643543123456", utc(2025, 11, 20, 12, 59, 3, 123456), SECOND), (1763643543, utc(2025, 11, 20, 12, 59, 3), SECOND),
    (1763643543.25, utc(2025, 11, 20, 12, 59, 3, 250000), SECOND),
    # Jalali in figures
    ("1404/08/29", utc(2025, 11, 20, 8, 30), DAY), ("۱۴۰۴-۰۸-۲۹", utc(2025, 11, 20, 8, 30), DAY),
    ("۱۴۰۴-۰۸-۲۹ ۱۶:۵۹", utc(2025, 11, 20, 13, 29), MINUTE), ("١٤٠٤/٨/٢٩", utc(2025, 11, 20, 8, 30), DAY),
    ("1401/6/6", utc(2022, 8, 28, 7, 30), DAY), ("۱۳۹۵-۰۵-۱۳", utc(2016, 8, 3, 7, 30), DAY),
    ("1404.08.29", utc(2025, 11, 20, 8, 30), DAY), ("29/08/1404", utc(2025, 11, 20, 8, 30), DAY),
    ("1404/08/29 - 16:59:03", utc(2025, 11, 20, 13, 29, 3), SECOND),
    ("۱۴۰۴/۰۸/۲۹، ساعت ۱۶:۵۹", utc(2025, 11, 20, 13, 29), MINUTE), ("16:59 - 1404/08/29", utc(2025, 11, 20, 13, 29), MINUTE),
    ("۱۴۰۴/۰۸/۲۹ ۰۴:۵۹ ب.ظ", utc(2025, 11, 20, 13, 29), MINUTE), ("۱۴۰۴/۰۸/۲۹ ۱۰:۳۰ صبح", utc(2025, 11, 20, 7), MINUTE),
    ("1405-08-29T16:59:03+03:30", utc(2026, 11, 20, 13, 29, 3), SECOND), ("14040829", utc(2025, 11, 20, 8, 30), DAY),
    ("1403/12/30", utc(2025, 3, 20, 8, 30), DAY),
    # Jalali and Gregorian with the month in words
    ("۰۳ خرداد ۱۳۹۴ - ۱۶:۵۹", utc(2015, 5, 24, 12, 29), MINUTE), ("29 Aban 1405", utc(2026, 11, 20, 8, 30), DAY),
    ("Aban 29, 1405", utc(2026, 11, 20, 8, 30), DAY),
    ("جمعه ۲۹ آبان ۱۴۰۵ ساعت ۱۶:۵۹", utc(2026, 11, 20, 13, 29), MINUTE), ("جمعه، ۲۹ آبان ۱۴۰۵", utc(2026, 11, 20, 8, 30), DAY),
    ("سه‌شنبه ۲۶ آبان ماه ۱۴۰۵", utc(2026, 11, 17, 8, 30), DAY), ("سوم خرداد ۱۳۹۴", utc(2015, 5, 24, 7, 30), DAY),
    ("۲۰ نوامبر ۲۰۲۶", utc(2026, 11, 20, 8, 30), DAY), ("بیست و نهم آبان ۱۴۰۵", utc(2026, 11, 20, 8, 30), DAY),
    ("۵ دي ۱۴۰۴", utc(2025, 12, 26, 8, 30), DAY), ("۱ مهر ۱۴۰۵ ۰۹:۰۵", utc(2026, 9, 23, 5, 35), MINUTE),
    ("٢٠ نوفمبر ٢٠٢٦", utc(2026, 11, 20, 8, 30), DAY), ("سی و یکم خرداد ۱۴۰۵", utc(2026, 6, 21, 8, 30), DAY),
    ("۲۵ مرداد ۱۴۰۰", utc(2021, 8, 16, 7, 30), DAY),
    # a day and month that cannot be exchanged
    ("20/11/2026", utc(2026, 11, 20, 8, 30), DAY), ("20.11.2026 16:59", utc(2026, 11, 20, 13, 29), MINUTE),
    ("11/20/2026", utc(2026, 11, 20, 8, 30), DAY),
]


@pytest.mark.parametrize(("text", "instant", "precision"), READ,
    ids=lambda value: str(value) if isinstance(value, (str, int, float)) else "")
def test_dates_of_every_dialect_are_read(text: str | float, instant: datetime, precision: Precision) -> None:
    assert parse_time(text, TEHRAN) == (instant, precision)


@pytest.mark.parametrize("text", [
    "", " ", "دیروز", "۳ روز پیش", "now", "2026", "2026-11", "2026-13-01", "2026-02-30", "1404/12/30", "1404/13/01",
    "05/06/2026", "05/06/26", "12:30", "25:00 2026-11-20", "2026-11-20T25:00:00Z",
    "2026-11-20T16:61", "شنبه", "۳۱ مهر ۱۴۰۵", "29 Aban", "x" * 1000, "2026-11-20T16:59:03+99:99", "0000-00-00",
    "0000-00-00 00:00:00", "123", "99999999999999999999", "\0", "None", "nan", "-1",
    "2026-11-20 and more words", "2026-11-20T16:59:03Z2026-11-20", "قیمت ۱۲ آبان ۱۴۰۵ تومان",
])
def test_what_states_no_time_is_none(text: str) -> None:
    assert parse_time(text, TEHRAN) is None


def test_tehran_had_summer_time_until_1401() -> None:
    summer, winter = parse_time("1400/05/25 12:00", TEHRAN), parse_time("1402/05/25 12:00", TEHRAN)
    assert summer == (utc(2021, 8, 16, 7, 30), MINUTE)
    assert winter == (utc(2023, 8, 16, 8, 30), MINUTE)
    assert parse_time("1400/01/02 00:30", TEHRAN) is not None  # an hour that was skipped


def test_an_unknown_zone_is_an_error_and_a_zone_may_be_an_object() -> None:
    assert parse_time("2026-11-20 12:00", ZoneInfo("Asia/Tokyo")) == (utc(2026, 11, 20, 3), MINUTE)
    with pytest.raises(ZoneInfoNotFoundError):
        parse_time("2026-11-20", "Asia/Nowhere")


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40),
    st.lists(st.sampled_from(["1404", "2026", "/", "-", "29", "۸", "آبان", "Nov", "T", ":", " ", "16:59", "Z", "+0330", "ب.ظ",
        "²", "۱۲۳۴۵۶۷۸۹۰", "ساعت"]), max_size=10).map("".join)))
def test_any_text_is_a_time_or_none(text: str) -> None:
    read = parse_time(text, TEHRAN)
    assert read is None or read[0].tzinfo is UTC


@settings(max_examples=200, deadline=None)
@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)))
def test_what_is_written_is_read_again(moment: datetime) -> None:
    instant = moment.replace(tzinfo=UTC, microsecond=0)
    assert parse_time(instant.isoformat(), TEHRAN) == (instant, SECOND)
    local = instant.astimezone(ZoneInfo(TEHRAN))
    day = jalali(local.date())
    read = parse_time(f"{day.year}/{day.month:02}/{day.day:02}", TEHRAN)
    assert read is not None and read[0].astimezone(ZoneInfo(TEHRAN)).date() == local.date() and read[1] is DAY


def test_a_column_of_a_table_shows_one_calendar_alone() -> None:
    instant = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    assert format_short(instant, "en", "Asia/Tehran") == "20 Nov 2026 18:30"
    assert format_short(instant, "fa", "Asia/Tehran") == "۲۹ آبان ۱۴۰۵ ۱۸:۳۰"
