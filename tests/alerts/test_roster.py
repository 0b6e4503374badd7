"""How the plan of who is called stands, and its holes."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from alerts.paging import Hours, Seat
from alerts.roster import Roster, holidays_ahead, stand
from alerts.rota import Duty, Person, handover
from listener.calendar import Holidays

TEHRAN = ZoneInfo("Asia/Tehran")
WEEKEND = Holidays({date(2026, 11, 24): ("شهادت", "a holiday")}, frozenset({5, 6}))
SARA, ALI, BOSS = Person("سارا", ("sara",)), Person("علی", ("ali",)), Person("رئیس", ("boss",), "lead")
SEATS = (Seat("team"), Seat("sara"), Seat("ali"), Seat("boss"))
ROTA = (Duty("سارا", frozenset(range(5)), time(8), time(20)), Duty("علی", frozenset({6}), time(20), time(8)))


def tehran(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026; the 21st is a Saturday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=TEHRAN)


def stands(at: datetime, *, rota: tuple[Duty, ...] = ROTA, people: tuple[Person, ...] = (SARA, ALI, BOSS), hours: Hours = Hours(),
           seats: tuple[Seat, ...] = SEATS) -> Roster:
    return stand(seats, people, rota, hours, WEEKEND, TEHRAN, at)


def test_it_says_who_is_on_duty_until_when_and_who_is_next() -> None:
    found = stands(tehran(22, 12))
    assert (found.on_duty, found.first, found.handover_at, found.next_on_duty) == (("سارا",), "سارا", tehran(22, 20), ())
    assert (found.leads, found.team, found.unused, found.never_called, found.without_receiver) == (("رئیس",), ("team",), (), (), ())


def test_in_a_hole_of_the_plan_it_says_who_is_called_all_the_same() -> None:
    found = stands(tehran(22, 21))
    assert (found.on_duty, found.first, found.handover_at, found.next_on_duty) == ((), "سارا", tehran(23, 8), ("سارا",))


def test_without_a_rota_everybody_but_the_leads_is_called_in_order() -> None:
    found = stands(tehran(22, 21), rota=())
    assert (found.on_duty, found.first, found.handover_at, found.unused) == ((), "سارا", None, ())


def test_who_is_on_duty_but_reached_by_nothing_is_named_and_passed_over() -> None:
    found = stands(tehran(22, 12), people=(Person("سارا"), ALI, BOSS))
    assert (found.on_duty, found.first, found.without_receiver) == (("سارا",), "علی", ("سارا",))
    assert found.team == ("team", "sara")


def test_receivers_of_people_whom_nobody_ever_calls_are_unused() -> None:
    found = stands(tehran(22, 12), rota=ROTA[:1])
    assert (found.never_called, found.unused) == (("علی",), ("ali",))


def test_a_receiver_that_two_share_is_used_where_one_of_them_is_called() -> None:
    found = stands(tehran(22, 12), rota=ROTA[:1], people=(SARA, Person("علی", ("sara",)), BOSS), seats=SEATS[:2])
    assert (found.never_called, found.unused, found.without_receiver) == (("علی",), (), ("رئیس",))


@pytest.mark.parametrize(("at", "until"), [(tehran(22, 12), None), (tehran(22, 23), tehran(23, 7)), (tehran(22, 3), tehran(22, 7))])
def test_it_says_until_when_people_are_left_in_peace(at: datetime, until: datetime | None) -> None:
    assert stands(at).quiet_until == until


def test_where_days_off_are_quiet_peace_lasts_over_the_weekend() -> None:
    assert stands(tehran(25, 23), hours=Hours(rest=True)).quiet_until == tehran(28, 7)


def test_the_holidays_ahead_are_those_of_the_list_and_no_weekends() -> None:
    assert list(holidays_ahead(WEEKEND, date(2026, 11, 20), 30)) == [date(2026, 11, 24)]
    assert list(holidays_ahead(WEEKEND, date(2026, 11, 24), 1)) == [date(2026, 11, 24)]
    assert list(holidays_ahead(WEEKEND, date(2026, 11, 25), 30)) == []


def test_a_plan_that_never_changes_has_no_handover() -> None:
    assert handover([Duty("سارا")], tehran(22, 12), TEHRAN) is None and handover([], tehran(22, 12), TEHRAN) is None


def test_the_same_person_twice_in_a_row_is_no_handover() -> None:
    halves = [Duty("سارا", frozenset(), time(8), time(20)), Duty("سارا", frozenset(), time(20), time(8))]
    assert handover(halves, tehran(22, 12), TEHRAN) is None
