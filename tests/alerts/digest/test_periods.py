"""Which week it is and when its digest is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.digest.periods import CATCH_UP, Every, day_of, due, due_at, last, month_of, parse, shift_at, week_of

TEHRAN, BERLIN = ZoneInfo("Asia/Tehran"), ZoneInfo("Europe/Berlin")
EIGHT = time(8)


@pytest.mark.parametrize(("name", "start", "end"), [
    ("1405-W35", date(2026, 11, 14), date(2026, 11, 20)),
    ("1405-W01", date(2026, 3, 21), date(2026, 3, 27)),
    ("1404-W01", date(2025, 3, 15), date(2025, 3, 21)),  # holds 1 Farvardin, a Friday
    ("1404-W53", date(2026, 3, 14), date(2026, 3, 20)),
    ("1405-08", date(2026, 10, 23), date(2026, 11, 21)),
    ("1403-12", date(2025, 2, 19), date(2025, 3, 20)),  # a leap year: Esfand has 30 days
    ("1404-12", date(2026, 2, 20), date(2026, 3, 20)),
    ("1405-08-29", date(2026, 11, 20), date(2026, 11, 20)),
])
def test_a_period_is_known_by_its_name(name: str, start: date, end: date) -> None:
    period = parse(name)
    assert (period.name, period.start, period.end) == (name, start, end)


@pytest.mark.parametrize("name", ["1405-W54", "1403-W53", "1405-13", "1404-12-30", "1405-08-31", "x", "1405", "1405-W0", "1405-08-29T8:00"])
def test_what_is_no_period_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match="no such week, month or day; write 1405-W35"):
        parse(name)


@pytest.mark.parametrize("year", range(1398, 1416))
def test_weeks_follow_each_other_over_every_new_year_leap_or_not(year: int) -> None:
    week = parse(f"{year}-W01")
    for _ in range(60):
        following = week.following()
        assert following.start == week.end + timedelta(days=1) and following.before() == week
        assert parse(week.name) == week and len(week.days) == 7
        week = following


def test_months_follow_each_other_over_leap_years() -> None:
    month = parse("1402-11")
    for _ in range(40):
        following = month.following()
        assert following.start == month.end + timedelta(days=1) and following.before() == month and parse(month.name) == month
        month = following


def test_a_week_is_an_hour_longer_where_the_clocks_go_back() -> None:
    since, until = week_of(date(2026, 10, 25)).span(BERLIN)
    assert until - since == timedelta(days=7, hours=1)
    since, until = week_of(date(2026, 3, 29)).span(BERLIN)
    assert until - since == timedelta(days=6, hours=23)


def test_a_day_whose_midnight_is_skipped_begins_when_the_clocks_jump() -> None:
    """Until 1401 Tehran's clocks went from 00:00 to 01:00 on 2 Farvardin."""
    before, after = day_of(date(2022, 3, 21)), day_of(date(2022, 3, 22))
    assert before.span(TEHRAN)[1] == after.span(TEHRAN)[0] == datetime(2022, 3, 21, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "day", "expected"), [
    (TEHRAN, date(2026, 11, 20), datetime(2026, 11, 21, 4, 30, tzinfo=UTC)),
    (BERLIN, date(2026, 10, 23), datetime(2026, 10, 24, 6, 0, tzinfo=UTC)),
    (BERLIN, date(2026, 10, 30), datetime(2026, 10, 31, 7, 0, tzinfo=UTC)),
    (TEHRAN, date(2026, 3, 20), datetime(2026, 3, 21, 4, 30, tzinfo=UTC)),  # Nowruz
])
def test_it_is_due_at_eight_on_the_clocks_of_its_zone(zone: ZoneInfo, day: date, expected: datetime) -> None:
    assert due_at(week_of(day), zone, clock=EIGHT) == expected


def test_another_day_of_the_week_is_the_first_after_it() -> None:
    assert due_at(parse("1405-W35"), UTC, clock=EIGHT, day=2) == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_period_falls_due_once() -> None:
    week, when = parse("1405-W35"), datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    before, second = when - timedelta(days=3), timedelta(seconds=1)
    assert list(due(Every.WEEK, before, when - second, TEHRAN, clock=EIGHT)) == []
    assert list(due(Every.WEEK, before, when, TEHRAN, clock=EIGHT)) == [(week, when)]
    assert list(due(Every.WEEK, when, when + timedelta(days=6), TEHRAN, clock=EIGHT)) == []


@pytest.mark.parametrize("every", [Every.WEEK, Every.DAY, Every.MONTH])
@pytest.mark.parametrize("zone", [TEHRAN, BERLIN], ids=str)
def test_looking_every_few_hours_for_three_years_finds_each_period_once_and_in_order(every: Every, zone: ZoneInfo) -> None:
    at = mark = datetime(2024, 3, 1, 5, tzinfo=UTC)
    names = []
    while at < datetime(2027, 4, 1, tzinfo=UTC):
        at += timedelta(hours=7)
        for period, when in due(every, mark, at, zone, clock=EIGHT):
            names.append(period)
            assert mark < when <= at
            mark = when
    assert all(a.following() == b for a, b in zip(names, names[1:], strict=False)) and len(names) == len(set(names))


def test_after_a_long_absence_only_the_last_few_are_sent() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    found = list(due(Every.WEEK, at - timedelta(days=200), at, TEHRAN, clock=EIGHT))
    assert [period.name for period, _ in found] == ["1405-W32", "1405-W33", "1405-W34", "1405-W35"]
    assert len(list(due(Every.DAY, at - timedelta(days=9), at, TEHRAN, clock=EIGHT))) == CATCH_UP[Every.DAY] == 1


def test_the_last_period_is_the_one_that_is_over() -> None:
    at = datetime(2026, 11, 20, 21, tzinfo=UTC)  # Saturday half past midnight in Tehran
    assert last(Every.WEEK, at, TEHRAN).name == "1405-W35"
    assert last(Every.WEEK, at - timedelta(hours=1), TEHRAN).name == "1405-W34"
    assert last(Every.DAY, at, TEHRAN).name == "1405-08-29" and last(Every.MONTH, at, TEHRAN).name == "1405-07"


def test_the_same_week_of_the_year_before_is_known_by_its_number() -> None:
    before = parse("1405-W35").year_before()
    assert before is not None and before.name == "1404-W35" and parse("1404-W53").year_before() is None
    assert parse("1405-08-29").year_before() is None


def test_a_change_of_shift_is_known_by_its_hour() -> None:
    at = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    assert shift_at(at, TEHRAN).name == "1405-08-29T08:00" and parse("1405-08-29T08:00") == shift_at(at, TEHRAN)
    assert shift_at(at, TEHRAN).span(TEHRAN) == (at, at)


def test_a_month_is_written_with_its_days_in_the_other_calendar() -> None:
    assert month_of(date(2026, 11, 1)).written("fa", TEHRAN) == "آبان ۱۴۰۵ (۲۳ اکتبر ۲۰۲۶ تا ۲۱ نوامبر ۲۰۲۶)"
