"""Who is on duty, over midnight, over weeks and over the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rota import Duty, Person, on_duty, order
from listener.calendar import weekday

TEHRAN, BERLIN, LORD_HOWE = ZoneInfo("Asia/Tehran"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
WORKDAYS = frozenset(range(5))
SARA, ALI, MINA, BOSS = Person("سارا"), Person("علی"), Person("مینا"), Person("رئیس", role="lead")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def tehran(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026; the 21st is a Saturday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=TEHRAN)


ROTA = (Duty("سارا", WORKDAYS, time(8), time(20)), Duty("علی", frozenset(), time(20), time(8)), Duty("مینا", frozenset({6}), time(8), time(20)))


@pytest.mark.parametrize(("at", "who"), [
    (tehran(21, 8), ["سارا"]), (tehran(21, 7, 59), ["علی"]), (tehran(21, 20), ["علی"]), (tehran(22, 3), ["علی"]),
    (tehran(26, 12), []), (tehran(27, 12), ["مینا"]), (tehran(21, 8).astimezone(UTC), ["سارا"]),
], ids=["from the first minute", "the minute before", "from the last", "over midnight", "a hole on Thursday", "Friday", "told in another zone"])
def test_the_person_on_duty_is_who_the_rota_says(at: datetime, who: list[str]) -> None:
    assert on_duty(ROTA, at, TEHRAN) == who


def test_a_shift_over_midnight_belongs_to_the_day_it_began_on() -> None:
    friday_night = [Duty("علی", frozenset({6}), time(22), time(6))]
    assert [bool(on_duty(friday_night, tehran(day, hour), TEHRAN)) for day, hour in ((27, 23), (28, 5), (27, 5), (28, 23))] == [
        True, True, False, False]


def test_equal_times_are_around_the_clock() -> None:
    assert all(on_duty([Duty("علی", frozenset({0}), time(9), time(9))], tehran(21, 9) + minutes * timedelta(minutes=1), TEHRAN)
               for minutes in (0, 1, 1439))
    assert on_duty([Duty("علی", frozenset({0}), time(9), time(9))], tehran(22, 9), TEHRAN) == []


def test_the_line_that_stands_first_is_called_first_and_nobody_twice() -> None:
    both = (Duty("علی"), Duty("سارا"), Duty("علی", WORKDAYS))
    assert on_duty(both, tehran(21, 12), TEHRAN) == ["علی", "سارا"]


def test_after_those_on_duty_come_the_others_by_their_next_turn() -> None:
    assert [one.name for one in order(ROTA, [SARA, ALI, MINA, BOSS], tehran(21, 12), TEHRAN)] == ["سارا", "علی", "مینا"]
    assert [one.name for one in order(ROTA, [SARA, ALI, MINA, BOSS], tehran(26, 21), TEHRAN)] == ["علی", "مینا", "سارا"]


def test_in_a_hole_of_the_rota_the_one_whose_turn_comes_next_is_called() -> None:
    assert order(ROTA, [SARA, ALI, MINA, BOSS], tehran(26, 12), TEHRAN)[0] == ALI


def test_a_lead_comes_only_by_being_on_duty_and_without_a_rota_all_others_are() -> None:
    assert BOSS in order([Duty("رئیس")], [SARA, BOSS], tehran(21, 12), TEHRAN)
    assert order([Duty("رئیس", frozenset({6}))], [SARA, BOSS], tehran(21, 12), TEHRAN) == []
    assert order([], [BOSS, SARA, ALI], tehran(21, 12), TEHRAN) == [SARA, ALI]


def test_a_shift_begins_when_the_clock_on_the_wall_says_so() -> None:
    """Clocks in Berlin go back on 25 October 2026: the night of 24 to 25 has an hour more."""
    night = [Duty("علی", frozenset(), time(22), time(6))]
    began = datetime(2026, 10, 24, 22, tzinfo=BERLIN).astimezone(UTC)
    hours = [bool(on_duty(night, began + hour * HOUR, BERLIN)) for hour in range(-1, 11)]
    assert hours == [False, *[True] * 9, False, False]


times = st.times().map(lambda one: one.replace(second=0, microsecond=0, fold=0))
duties = st.builds(Duty, st.sampled_from(["سارا", "علی", "مینا"]), st.frozensets(st.integers(0, 6)), times, times)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@settings(max_examples=300, deadline=None)
@given(st.lists(duties, max_size=6), instants, st.sampled_from([TEHRAN, BERLIN, LORD_HOWE]))
def test_any_rota_at_any_instant_is_what_the_wall_clock_says(rota: list[Duty], at: datetime, zone: ZoneInfo) -> None:
    local = at.astimezone(zone)
    if any((local + step * HOUR).utcoffset() != local.utcoffset() for step in range(-30, 31)):
        return  # around a change of the clocks wall times are not in order; the test above is about that
    wall, today = local.time(), weekday(local.date())
    yesterday = (today - 1) % 7
    expected = [duty.person for duty in rota if (
        (duty.start <= wall < duty.end and (not duty.days or today in duty.days)) if duty.start < duty.end else
        (wall >= duty.start and (not duty.days or today in duty.days)) or (wall < duty.end and (not duty.days or yesterday in duty.days)))]
    assert on_duty(rota, at, zone) == list(dict.fromkeys(expected))


@settings(max_examples=200, deadline=None)
@given(st.lists(duties, min_size=1, max_size=6), instants, st.sampled_from([TEHRAN, BERLIN, LORD_HOWE]))
def test_whoever_stands_in_the_rota_is_called_sooner_or_later(rota: list[Duty], at: datetime, zone: ZoneInfo) -> None:
    people = [Person(name) for name in ("سارا", "علی", "مینا")]
    called = [one.name for one in order(rota, people, at, zone)]
    assert sorted(called) == sorted({duty.person for duty in rota})
    assert called[:len(on_duty(rota, at, zone))] == on_duty(rota, at, zone)
