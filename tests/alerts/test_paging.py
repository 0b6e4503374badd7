"""Whom an alert calls, and when: by day, by night, on holidays, one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import lifecycle
from alerts.paging import Call, Hours, Seat, plan
from alerts.rota import Duty, Person
from listener.calendar import Holidays, is_working
from listener.types import Alert, AlertState, Finding, Reason, Severity

P1, P2, P3 = Severity.P1, Severity.P2, Severity.P3
TEHRAN = ZoneInfo("Asia/Tehran")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WEEKEND = Holidays(weekend=frozenset({5, 6}))
SEATS = (Seat("team", P3), Seat("sara-app"), Seat("sara-sms", P1), Seat("ali-app"), Seat("boss-app"))
PEOPLE = (Person("سارا", ("sara-app", "sara-sms")), Person("علی", ("ali-app",)), Person("رئیس", ("boss-app",), "lead"))
ROTA = (Duty("سارا", frozenset(), time(8), time(20)), Duty("علی", frozenset(), time(20), time(8)))


def tehran(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026; the 21st is a Saturday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=TEHRAN)


def an_alert(severity: Severity, at: datetime, **why: object) -> Alert:
    finding = Finding("spike", "اسنپ", at, at - HOUR, 31, 3, severity, True, why=why)
    return lifecycle.advance([], [finding])[0][0]


def told(alert: Alert, at: datetime, reason: Reason = Reason.FIRST, *, hours: Hours = Hours(), holidays: Holidays = WEEKEND,
         people: tuple[Person, ...] = PEOPLE, seats: tuple[Seat, ...] = SEATS, rota: tuple[Duty, ...] = ROTA) -> list[tuple[str, datetime]]:
    calls = plan(alert, reason, receivers=seats, people=people, rota=rota, hours=hours, holidays=holidays, zone=TEHRAN, at=at)
    return [(call.receiver, call.due_at) for call in calls]


def test_p1_calls_at_any_hour_and_goes_on_until_somebody_takes_it() -> None:
    at = tehran(22, 3)
    assert told(an_alert(P1, at), at) == [("ali-app", at), ("team", at), ("sara-app", at + 10 * MINUTE), ("sara-sms", at + 10 * MINUTE),
                                          ("boss-app", at + 20 * MINUTE)]


def test_p2_by_day_calls_at_once_and_more_slowly() -> None:
    at = tehran(22, 12)
    assert told(an_alert(P2, at), at) == [("sara-app", at), ("team", at), ("ali-app", at + 30 * MINUTE), ("boss-app", at + HOUR)]


def test_p2_by_night_waits_for_the_morning_and_whoever_is_on_duty_then() -> None:
    late_shift = (Duty("علی", frozenset(), time(20), time(6)), Duty("سارا", frozenset(), time(6), time(20)))
    at, morning = tehran(22, 1), tehran(22, 7)
    assert told(an_alert(P2, at), at, rota=late_shift) == [("sara-app", morning), ("team", morning), ("ali-app", morning + 30 * MINUTE),
                                                           ("boss-app", morning + HOUR)]


def test_an_escalation_that_would_fall_into_the_night_waits_too() -> None:
    at = tehran(22, 22, 45)
    assert told(an_alert(P2, at), at) == [("ali-app", at), ("team", at), ("sara-app", tehran(23, 7)), ("boss-app", tehran(23, 7, 30))]


def test_p3_goes_only_to_those_who_ask_for_everything_and_never_up() -> None:
    at = tehran(22, 12)
    assert told(an_alert(P3, at), at) == [("team", at)]
    assert told(an_alert(P3, at), at, seats=(Seat("team"), Seat("sara-app", P3), Seat("ali-app", P3))) == [("sara-app", at)]
    assert told(an_alert(P3, tehran(22, 2)), tehran(22, 2)) == [("team", tehran(22, 7))]


@pytest.mark.parametrize(("hours", "due"), [
    (Hours(), tehran(27, 7)),
    (Hours(day_off=(time(10), time(18))), tehran(27, 10)),
    (Hours(rest=True), tehran(28, 7)),
    (Hours(day=(time(6), time(2))), tehran(27, 1)),
], ids=["as on any day", "hours of its own", "days of rest", "a day that ends after midnight"])
def test_the_weekend_may_have_hours_of_its_own(hours: Hours, due: datetime) -> None:
    at = tehran(27, 1)  # the night to Friday
    assert {when for _, when in told(an_alert(P2, at), at, hours=hours)[:2]} == {due}


def test_a_holiday_is_like_the_weekend() -> None:
    holidays = Holidays({date(2026, 11, 22): ("عزا", "mourning"), date(2026, 11, 23): ("عزا", "mourning")}, frozenset({5, 6}))
    at = tehran(22, 12)
    assert told(an_alert(P2, at), at, hours=Hours(rest=True), holidays=holidays)[:2] == [("ali-app", tehran(24, 7)), ("team", tehran(24, 7))]


@pytest.mark.parametrize("reason", [Reason.SILENCED, Reason.INHIBITED, Reason.NONE])
def test_what_is_not_to_be_told_calls_nobody(reason: Reason) -> None:
    assert told(an_alert(P1, tehran(22, 12)), tehran(22, 12), reason) == []


def test_the_one_whom_nothing_reaches_is_passed_over() -> None:
    at = tehran(22, 12)
    seats = (Seat("sara-app", P1), Seat("ali-app"), Seat("boss-app"))
    assert told(an_alert(P2, at), at, seats=seats) == [("ali-app", at), ("boss-app", at + 30 * MINUTE)]


def test_where_nobody_is_there_to_be_called_the_lead_is_called_at_once() -> None:
    at = tehran(22, 12)
    assert told(an_alert(P1, at), at, people=PEOPLE[2:], rota=()) == [
        (name, at) for name in ("ali-app", "sara-app", "sara-sms", "team", "boss-app")]  # seats nobody owns are the team's


def test_the_calls_of_a_drill_say_so() -> None:
    at = tehran(22, 12)
    calls = plan(an_alert(P1, at, drill=True), Reason.FIRST, receivers=SEATS, people=PEOPLE, rota=ROTA, hours=Hours(), holidays=WEEKEND,
                 zone=TEHRAN, at=at)
    assert calls and all(call.drill for call in calls)


# ---------------------------------------------------------------------------------------- the all-clear

def over(alert: Alert, at: datetime) -> Alert:
    return replace(alert, state=AlertState.RESOLVED, resolved_at=at)


def test_the_all_clear_goes_to_those_who_had_been_called_by_then() -> None:
    at = tehran(22, 12)
    alert = an_alert(P1, at)
    assert [name for name, _ in told(over(alert, at + 15 * MINUTE), at + 15 * MINUTE, Reason.RESOLVED)] == [
        "sara-app", "sara-sms", "team", "ali-app"]


def test_who_was_spared_by_an_acknowledgement_hears_no_all_clear() -> None:
    at = tehran(22, 12)
    taken = lifecycle.acknowledge(an_alert(P1, at), "سارا", at + 5 * MINUTE)
    assert [name for name, _ in told(over(taken, at + HOUR), at + HOUR, Reason.RESOLVED)] == ["sara-app", "sara-sms", "team"]


def test_what_came_and_went_by_night_is_never_heard_of() -> None:
    at = tehran(22, 1)
    assert told(over(an_alert(P2, at), at + 2 * HOUR), at + 2 * HOUR, Reason.RESOLVED) == []


def test_nobody_is_woken_to_hear_that_a_tripwire_ran_out() -> None:
    at = tehran(22, 3)
    alert = an_alert(P1, at, new=True, lasts=86_400)
    [(ended, reason)] = lifecycle.expire([alert], tehran(23, 3))
    assert {due for _, due in told(ended, tehran(23, 3), reason)} == {tehran(23, 7)}
    assert {due for _, due in told(over(alert, tehran(22, 4)), tehran(22, 4), Reason.RESOLVED)} == {tehran(22, 4)}


# ---------------------------------------------------------------------------------------- whatever the plan

NAMES = ("سارا", "علی", "مینا", "رضا")
clock = st.times().map(lambda one: one.replace(second=0, microsecond=0, fold=0))
seats = st.lists(st.builds(Seat, st.sampled_from([f"r{number}" for number in range(8)]), st.sampled_from(Severity)), max_size=8,
                 unique_by=lambda seat: seat.name).map(tuple)
people = st.lists(st.builds(Person, st.sampled_from(NAMES), st.lists(st.sampled_from([f"r{number}" for number in range(8)]), max_size=3,
                                                                     unique=True).map(tuple), st.sampled_from(["on_call", "lead"])),
                  max_size=4, unique_by=lambda one: one.name).map(tuple)
rotas = st.lists(st.builds(Duty, st.sampled_from(NAMES), st.frozensets(st.integers(0, 6)), clock, clock), max_size=5).map(tuple)
free = st.builds(Holidays, st.dictionaries(st.dates(date(2026, 3, 1), date(2026, 12, 31)), st.just(("تعطیل", "off")), max_size=30),
                 st.frozensets(st.integers(0, 6), max_size=6))
spans = st.tuples(clock, clock)
instants = st.datetimes(datetime(2026, 3, 1), datetime(2026, 12, 1), timezones=st.just(UTC))


@settings(max_examples=300, deadline=None)
@given(seats, people, rotas, st.builds(Hours, spans, st.none() | spans), free, st.sampled_from(["Asia/Tehran", "Europe/Berlin",
                                                                                                "Australia/Lord_Howe"]),
       instants, st.sampled_from(Severity), st.integers(0, 60))
def test_any_plan_calls_each_receiver_once_in_order_and_nobody_at_night(
        receivers: tuple[Seat, ...], staff: tuple[Person, ...], rota: tuple[Duty, ...], hours: Hours, holidays: Holidays, zone_name: str,
        at: datetime, severity: Severity, minutes: int) -> None:
    zone, owned = ZoneInfo(zone_name), {name for person in staff for name in person.receivers}
    alert = an_alert(severity, at)

    def planned(alert: Alert, reason: Reason, at: datetime) -> list[Call]:
        return plan(alert, reason, receivers=receivers, people=staff, rota=rota, hours=hours, holidays=holidays, zone=zone, at=at)

    calls = planned(alert, Reason.FIRST, at)
    assert len({call.receiver for call in calls}) == len(calls)
    wants = {seat.name: seat.wants(severity) for seat in receivers}
    assert all(wants[call.receiver] and (call.person is None) == (call.receiver not in owned) for call in calls)
    assert {call.receiver for call in calls if call.person is None} == {name for name, does in wants.items() if does and name not in owned}
    assert all(call.due_at >= at for call in calls) and [c.due_at for c in calls] == sorted(c.due_at for c in calls)
    steps = {step: {call.due_at for call in calls if call.step == step and call.person} for step in range(3)}
    assert all(len(due) <= 1 for due in steps.values())
    assert all(len({call.person for call in calls if call.step == step and call.person}) <= 1 for step in (0, 1))
    if severity is P1:
        assert all(call.due_at == at for call in calls if call.step == 0) and all(call.due_at <= at + 20 * MINUTE for call in calls)
    else:
        for call in calls:
            local = call.due_at.astimezone(zone)
            if any((local + step * HOUR).utcoffset() != local.utcoffset() for step in range(-30, 31)):
                continue
            allowed = False
            for back in (0, 1):
                day = local.date() - timedelta(days=back)
                start, end = hours.day_off if hours.day_off and not is_working(day, holidays) else hours.day
                begins, ends = datetime.combine(day, start), datetime.combine(day if end > start else day + timedelta(days=1), end)
                allowed = allowed or begins <= local.replace(tzinfo=None) < ends
            assert allowed, local
    if severity is P3:
        assert all(call.step == 0 for call in calls)
    reachable = any(name in wants and wants[name] for person in staff for name in person.receivers
                    if not rota or person.role == "lead" or person.name in {duty.person for duty in rota})
    if reachable and severity is not P3:
        assert any(call.person for call in calls), "somebody could be called"
    later = at + minutes * MINUTE
    cleared = planned(replace(alert, state=AlertState.RESOLVED, resolved_at=later), Reason.RESOLVED, later)
    assert {call.receiver for call in cleared} == {call.receiver for call in calls if call.due_at <= later}
    assert all(call.due_at >= later for call in cleared)
