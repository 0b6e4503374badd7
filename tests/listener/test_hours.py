"""The clock that counts working hours: against one that looks at every minute, and by what must always hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.holidays import read_holidays
from listener.calendar import Hours, Season, gregorian, is_leap, weekday

TEHRAN = ZoneInfo("Asia/Tehran")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
OFFICE = {day: ((time(9), time(17)),) for day in range(5)}
IRAN = Hours({**OFFICE, 5: ((time(9), time(13)),)}, TEHRAN, holidays=read_holidays("iran", None).keys())  # type: ignore[arg-type]
RAMADAN = Season(gregorian(1405, 11, 20), gregorian(1405, 12, 18), {day: ((time(10), time(14, 30)),) for day in range(5)}, "رمضان")


def at(text: str, zone: ZoneInfo = TEHRAN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# ---- the slow reference ------------------------------------------------------------------------------------------------


def minutes(hours: Hours, first: datetime, last: datetime) -> Iterator[tuple[datetime, bool]]:
    """Every minute with whether somebody works in it: spells begin and end at the first minute whose clock shows their time or later."""
    wanted: dict[date, list[tuple[datetime | None, datetime | None]]] = {}
    clocks: dict[date, list[tuple[time, datetime]]] = {}
    start = (first - 3 * DAY).astimezone(UTC).replace(second=0, microsecond=0)
    for step in range(int((last + 3 * DAY - start) / MINUTE)):
        now = start + step * MINUTE
        local = now.astimezone(hours.zone)
        clocks.setdefault(local.date(), []).append((local.time(), now))

    def shown(day: date, clock: time) -> datetime | None:
        while day not in clocks or not any(shows >= clock for shows, _ in clocks[day]):
            day, clock = day + DAY, time(0)  # the rest of the day is left out
            if day > max(clocks):
                return None
        return next(now for shows, now in clocks[day] if shows >= clock)

    for day in clocks:
        wanted[day] = [(shown(day, begin), shown(day if end > begin else day + DAY, end)) for begin, end in hours.spells(day)]
    spells = [(begin, end) for each in wanted.values() for begin, end in each if begin and end]
    now = first
    while now < last:
        yield now, any(begin <= now < end for begin, end in spells)
        now += MINUTE


def slowly_between(hours: Hours, first: datetime, last: datetime) -> timedelta:
    return sum((MINUTE for _, works in minutes(hours, first, last) if works), timedelta(0))


# ---- tables and instants -----------------------------------------------------------------------------------------------

CLOCKS = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
SPELLS = st.one_of(
    st.just(((time(9), time(17)),)), st.just(((time(9), time(13)), (time(16), time(20)))), st.just(()), st.just(((time(22), time(6)),)),
    st.just(((time(0), time(0)),)), st.tuples(st.tuples(CLOCKS, CLOCKS)))
WEEKS = st.dictionaries(st.integers(0, 6), SPELLS, min_size=1).filter(lambda week: any(week.values()))
PLACES = st.sampled_from([
    (TEHRAN, datetime(2021, 3, 20, tzinfo=UTC)),  # midnight of 2 Farvardin was left out
    (TEHRAN, datetime(2021, 9, 20, tzinfo=UTC)), (TEHRAN, datetime(2026, 3, 18, tzinfo=UTC)), (TEHRAN, datetime(2027, 2, 6, tzinfo=UTC)),
    (TEHRAN, datetime(2025, 3, 18, tzinfo=UTC)),  # 30 Esfand 1403
    (ZoneInfo("Europe/Berlin"), datetime(2026, 3, 27, tzinfo=UTC)), (ZoneInfo("Europe/Berlin"), datetime(2026, 10, 23, tzinfo=UTC)),
    (ZoneInfo("America/New_York"), datetime(2026, 3, 6, tzinfo=UTC)), (ZoneInfo("Australia/Lord_Howe"), datetime(2026, 4, 3, tzinfo=UTC)),
    (ZoneInfo("America/Havana"), datetime(2024, 3, 8, tzinfo=UTC)), (ZoneInfo("Pacific/Apia"), datetime(2011, 12, 28, tzinfo=UTC)),
    (UTC, datetime(2024, 2, 27, tzinfo=UTC)),
])


@st.composite
def offices(draw: st.DrawFn) -> tuple[Hours, datetime]:
    zone, near = draw(PLACES)
    first = near.date() + draw(st.integers(0, 3)) * DAY
    seasons = (Season(first, first + draw(st.integers(0, 3)) * DAY, draw(WEEKS)),) if draw(st.booleans()) else ()
    off = draw(st.sets(st.integers(0, 6).map(lambda ahead: near.date() + ahead * DAY), max_size=3))
    return Hours(draw(WEEKS), zone, seasons, frozenset(off)), near + draw(st.integers(0, 4 * 96)) * 15 * MINUTE


WORKED = st.integers(0, 4 * 24 * 9).map(lambda quarters: quarters * 15 * MINUTE)


@settings(max_examples=60, deadline=None)
@given(offices(), st.integers(1, 3 * 96))
def test_it_counts_what_a_clock_counts_that_looks_at_every_minute(office: tuple[Hours, datetime], quarters: int) -> None:
    hours, first = office
    last = first + quarters * 15 * MINUTE
    assert hours.between(first, last) == slowly_between(hours, first, last)
    for now, works in list(minutes(hours, first, last))[::15]:
        assert hours.open_at(now) is works
        assert (hours.next_open(now) == now) is works


@settings(max_examples=300, deadline=None)
@given(offices(), WORKED, WORKED)
def test_adding_and_counting_undo_each_other(office: tuple[Hours, datetime], worked: timedelta, more: timedelta) -> None:
    hours, first = office
    due = hours.add(first, worked)
    assert hours.between(first, due) == worked and due >= first
    assert hours.add(first, worked) <= hours.add(first, worked + more)
    assert hours.add(due, more) == hours.add(first, worked + more)
    if worked:  # not a minute earlier
        assert hours.between(first, due - timedelta(seconds=1)) < worked


@settings(max_examples=300, deadline=None)
@given(offices(), st.lists(st.integers(0, 6 * 96), min_size=3, max_size=3).map(sorted))
def test_counting_adds_up_and_never_exceeds_the_time_that_passed(office: tuple[Hours, datetime], quarters: list[int]) -> None:
    hours, zero = office
    first, middle, last = (zero + each * 15 * MINUTE for each in quarters)
    whole = hours.between(first, last)
    assert hours.between(first, middle) + hours.between(middle, last) == whole
    assert timedelta(0) <= whole <= last - first and hours.between(last, first) == -whole
    assert hours.add(first, whole) <= last
    assert hours.next_open(first) <= hours.next_open(middle)


@settings(max_examples=100, deadline=None)
@given(offices(), WORKED)
def test_the_zone_an_instant_is_written_in_says_nothing(office: tuple[Hours, datetime], worked: timedelta) -> None:
    hours, first = office
    assert hours.add(first.astimezone(hours.zone), worked) == hours.add(first.astimezone(TEHRAN), worked) == hours.add(first, worked)
    later = first + worked
    assert hours.between(first.astimezone(hours.zone), later.astimezone(hours.zone)) == hours.between(first, later)


@settings(max_examples=100, deadline=None)
@given(offices(), st.integers(1, 9))
def test_working_days_are_those_with_hours(office: tuple[Hours, datetime], number: int) -> None:
    hours, first = office
    day = first.date()
    reached = hours.add_days(day, number)
    passed = [day + ahead * DAY for ahead in range(1, (reached - day).days + 1)]
    assert sum(map(hours.works_on, passed)) == number and hours.works_on(reached)


# ---- what people of Iran know ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "worked", "due"), [
    ("2026-11-22T10:00", 4, "2026-11-22T14:00"),
    ("2026-11-22T15:00", 4, "2026-11-23T11:00"),
    ("2026-11-25T16:00", 4, "2026-11-26T12:00"),   # into half a Thursday
    ("2026-11-26T12:00", 4, "2026-11-28T12:00"),   # over the Friday
    ("2026-11-27T12:00", 8, "2026-11-28T17:00"),   # due when the office closes, not when it opens again
    ("2027-03-17T15:00", 4, "2027-03-18T11:00"),
    ("2027-03-18T12:00", 3, "2027-03-25T11:00"),   # 29 Esfand and four days of Nowruz, of which 5 Farvardin is half a Thursday
])
def test_a_due_time_passes_over_thursday_afternoons_fridays_and_nowruz(said: str, worked: int, due: str) -> None:
    assert IRAN.add(at(said), timedelta(hours=worked)) == at(due)
    assert IRAN.between(at(said), at(due)) == timedelta(hours=worked)


def test_in_ramadan_other_hours_hold_and_the_feast_is_free() -> None:
    hours = Hours(IRAN.week, TEHRAN, (RAMADAN,), IRAN.holidays)
    assert hours.add(at("2027-02-08T16:00"), timedelta(hours=2)) == at("2027-02-09T11:00")  # 20 Bahman, its first day
    assert not hours.open_at(at("2027-02-18T11:00"))  # a Thursday: the season names none
    assert hours.add(at("2027-03-08T14:00"), timedelta(hours=1)) == at("2027-03-09T10:30")
    assert hours.next_open(at("2027-03-09T15:00")) == at("2027-03-13T09:00")  # the feast, then the weekend, then as ever


def test_split_shifts_rest_at_noon() -> None:
    hours = Hours({day: ((time(9), time(13)), (time(16), time(20))) for day in range(7)}, TEHRAN)
    assert hours.add(at("2026-11-22T12:00"), timedelta(hours=2)) == at("2026-11-22T17:00")
    assert hours.add(at("2026-11-22T12:00"), timedelta(hours=1)) == at("2026-11-22T13:00")
    assert hours.next_open(at("2026-11-22T13:00")) == at("2026-11-22T16:00")
    assert hours.closing(date(2026, 11, 22)) == at("2026-11-22T20:00")


def test_thirty_esfand_is_a_day_like_others() -> None:
    assert is_leap(1403) and weekday(gregorian(1403, 12, 30)) == 5  # a Thursday
    assert IRAN.add(datetime.combine(gregorian(1403, 12, 30), time(9), TEHRAN), timedelta(hours=4)) == at("2025-03-20T13:00")
    assert IRAN.add(datetime.combine(gregorian(1403, 12, 30), time(9), TEHRAN), timedelta(hours=5)) == at("2025-03-25T10:00")


def test_days_are_counted_without_the_one_they_are_counted_from() -> None:
    assert IRAN.add_days(date(2026, 11, 25), 3) == date(2026, 11, 29)  # a Wednesday; half a Thursday counts
    assert IRAN.add_days(date(2027, 3, 17), 2) == date(2027, 3, 25)
    assert IRAN.closing(date(2026, 11, 26)) == at("2026-11-26T13:00")
    assert IRAN.closing(date(2026, 11, 27)) == at("2026-11-27T17:00")  # nobody works; who says so all the same means a day's end


def test_a_shift_over_a_night_in_which_the_clock_moves_is_an_hour_longer_or_shorter() -> None:
    hours = Hours({day: ((time(22), time(6)),) for day in range(7)}, ZoneInfo("Europe/Berlin"))
    for night, length in (("2026-03-28T12:00", 7), ("2026-10-24T12:00", 9), ("2026-11-22T12:00", 8)):
        first = at(night, ZoneInfo("Europe/Berlin"))
        assert hours.between(first, first + DAY) == timedelta(hours=length)


def test_a_spell_that_begins_in_the_hour_left_out_begins_after_it() -> None:
    hours = Hours({day: ((time(2, 30), time(5)),) for day in range(7)}, ZoneInfo("Europe/Berlin"))
    assert hours.next_open(datetime(2026, 3, 29, tzinfo=UTC)) == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00, where 02:00 was to be
    hours = Hours({day: ((time(2), time(2, 45)),) for day in range(7)}, ZoneInfo("Europe/Berlin"))
    assert hours.next_open(datetime(2026, 3, 29, tzinfo=UTC)) == datetime(2026, 3, 30, tzinfo=UTC)  # that day it is nothing


def test_an_office_that_never_opens_is_a_mistake_that_is_named() -> None:
    never = Hours({}, TEHRAN)
    asked: Callable[[], object]
    for asked in (lambda: never.next_open(at("2026-11-22T10:00")), lambda: never.add(at("2026-11-22T10:00"), MINUTE),
                  lambda: never.add_days(date(2026, 11, 22), 1)):
        with pytest.raises(ValueError, match="nobody works in the 400 days before .*; give at least one day hours"):
            asked()
    with pytest.raises(ValueError, match="no day has working hours on 2026-11-22"):
        never.closing(date(2026, 11, 22))
    assert never.between(at("2026-11-22T10:00"), at("2027-11-22T10:00")) == timedelta(0)
    assert not Hours({0: ((time(9), time(17)),)}, TEHRAN).open_at(at("2026-11-22T10:00"))


def test_instants_without_a_zone_and_negative_durations_are_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        IRAN.add(datetime(2026, 11, 22), MINUTE)
    with pytest.raises(ValueError, match="less than no time"):
        IRAN.add(at("2026-11-22T10:00"), -MINUTE)
