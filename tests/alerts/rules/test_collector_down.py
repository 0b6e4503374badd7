"""A source that answers and brings nothing."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules.collector_down import CollectorDownRule, Options
from listener.types import STEP, Facts, Finding, Point, Series, Severity
from tests.alerts.world import DAY, HOUR, SATURDAY

RULE = CollectorDownRule()
NOTHING = Point()


def brought(
    days: float, *, rate: float = 30, swing: float = 0.7, seed: int = 1, clumps: float | None = None
) -> list[Point | None]:
    """Return counts of a source with ``rate`` mentions an hour, hardly any at night; in clumps where told so (gamma shape)."""
    dice = np.random.default_rng(seed)
    length = round(days * 288)
    hours = np.arange(length) / 12 % 24
    rates = rate / 12 * (1 + swing * np.sin((hours - 9) / 24 * 2 * np.pi))
    if clumps is not None:
        rates = rates * np.repeat(dice.gamma(clumps, 1 / clumps, length // 12 + 1), 12)[:length]
    return [Point(int(n), int(n)) for n in dice.poisson(rates)]


def silent(points: list[Point | None], day: float, hours: float, value: Point | None = NOTHING) -> list[Point | None]:
    at = round(day * 288)
    return [value if at <= i < at + round(hours * 12) else p for i, p in enumerate(points)]


def facts(points: list[Point | None], since: float = 0, until: float | None = None) -> Facts:
    last = len(points) if until is None else round(until * 288)
    return Facts("social", SATURDAY + STEP * last, SATURDAY + since * DAY, Series(SATURDAY, tuple(points[:last])))


def found(points: list[Point | None], since: float = 0, rule: CollectorDownRule = RULE) -> list[Finding]:
    return rule.evaluate(facts(points, since), {})[1]


def test_silence_that_cannot_be_chance_fires_and_the_first_mention_clears_it() -> None:
    down, up = found(silent(brought(12), 10.5, 5))
    assert down.firing and not up.firing
    assert SATURDAY + 10.5 * DAY < down.at <= SATURDAY + 10.5 * DAY + 1.5 * HOUR  # at noon fifteen take some forty minutes
    assert (down.subject, down.severity, down.why["needed"]) == ("social", Severity.P2, 15) and down.why["seen"] >= 15
    assert SATURDAY + 10.5 * DAY - 3 * STEP <= down.starts_at <= SATURDAY + 10.5 * DAY
    assert SATURDAY + 10.5 * DAY + 5 * HOUR < up.at <= SATURDAY + 10.5 * DAY + 5.5 * HOUR


def test_a_night_is_not_an_outage() -> None:
    """Three in the morning brings a thirtieth of noon: the same silence takes longer to mean something."""
    points = brought(12, rate=30, swing=0.97)
    night = 10 + 2.9 / 24
    assert found(silent(points, night, 2)) == []
    assert [f.firing for f in found(silent(points, 10.6, 2))] == [True, False]


def test_a_source_too_small_to_tell_is_never_down() -> None:
    assert found(silent(brought(20, rate=0.3), 10, 200)) == []


def test_a_young_source_is_not_judged() -> None:
    assert found(silent(brought(4), 2, 20)) == []


def test_gaps_of_coverage_are_another_matter() -> None:
    assert found(silent(brought(12), 10.5, 12, None)) == []
    points = silent(silent(brought(12), 10.5, 5), 10.6, 1.2, None)
    assert [f.firing for f in found(points)] == [True, False]


def test_days_on_which_it_was_not_seen_have_no_say() -> None:
    points = brought(12)
    for day in range(4, 9):
        points = silent(points, day, 24, None)
    assert found(silent(points, 10.5, 5)) == []  # two days are left


def test_a_quiet_weekend_is_no_outage() -> None:
    points = [
        p if p is None or i // 288 % 7 not in (5, 6) else Point(p.mentions // 20) for i, p in enumerate(brought(28, rate=20))
    ]
    assert found(points, 8) == []


def test_an_outage_does_not_hide_the_next_one() -> None:
    points = silent(silent(brought(14), 10.5, 6), 12.5, 6)
    assert [f.firing for f in found(points)] == [True, False, True, False]


def test_a_source_that_falls_silent_now_and_then_must_fall_silent_for_longer() -> None:
    points = brought(20, rate=60, swing=0)
    for day in range(8, 18):
        points = silent(points, day + 0.1 * (day % 7), 0.2)  # a dozen mentions, every day at another time
    assert found(silent(points, 18.5, 0.5)) == []
    fired = found(silent(points, 18.5, 1.5))[0]
    assert fired.firing and 30 <= fired.why["needed"] <= 45


def test_fifteen_is_a_choice() -> None:
    points = silent(brought(12), 10.5, 0.8)
    assert [f.firing for f in found(points, rule=CollectorDownRule(Options(expected=10)))] == [True, False]
    assert found(points, rule=CollectorDownRule(Options(expected=60))) == []


def test_an_outage_longer_than_the_history_stays_one() -> None:
    points = silent(brought(24), 10, 24 * 12)
    state, findings, since = {}, [], 9.0
    while since < 23:
        start: datetime = SATURDAY + max(0.0, since - RULE.history / DAY) * DAY
        first = round((start - SATURDAY) / STEP)
        last = round((since + 1) * 288)
        given_facts = Facts("social", SATURDAY + STEP * last, SATURDAY + since * DAY, Series(start, tuple(points[first:last])))
        state, more = RULE.evaluate(given_facts, json.loads(json.dumps(state)))
        findings += more
        since += 1
    assert [f.firing for f in findings] == [True, False] and len(json.dumps(state)) < 200


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 575), max_size=8, unique=True), st.integers(0, 99), st.floats(9.1, 10.5), st.floats(0.5, 30))
def test_many_steps_in_one_call_are_many_calls_of_few(cuts: list[int], seed: int, day: float, hours: float) -> None:
    points = silent(brought(11, seed=seed), day, hours)
    whole = RULE.evaluate(facts(points, 9), {})
    state, findings, since = {}, [], 9.0
    for cut in [*sorted(cuts), 576]:
        until = 9 + cut / 288
        state, more = RULE.evaluate(facts(points, since, until), json.loads(json.dumps(state)))
        findings += more
        since = until
    assert (state, findings) == whole


@pytest.mark.slow
@pytest.mark.parametrize("clumps", [None, 2.0])
@pytest.mark.parametrize("rate", [0.5, 2.0, 10.0, 60.0])
def test_a_year_without_outages_raises_none(rate: float, clumps: float | None) -> None:
    """Plain chance, and hours that differ by a factor of their own (gamma, shape 2): there, one a year is allowed."""
    assert sum(f.firing for f in found(brought(365, rate=rate, clumps=clumps))) <= (0 if clumps is None else 1)
