"""A source we no longer hear is an alert of its own, once an outage."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from alerts.rules.stale_source import Options, StaleSourceRule
from listener.types import STEP, SUSPECT, Coverage, CoverageState, Facts, Finding, Series, Severity, State
from tests.alerts.world import HOUR, SATURDAY, covered

LOST = CoverageState.LOST
RULE = StaleSourceRule()
PATIENCE = 2 * HOUR


def facts(spans: list[Coverage], since: datetime, until: datetime) -> Facts:
    known = [Coverage(s.source, s.start, min(s.end, until), s.state, s.reason) for s in spans if s.start < until]
    return Facts("news", until, since, Series(since, ()), coverage=tuple(known), stale_after=PATIENCE)


def looked(spans: list[Coverage], hours: float, *, every: timedelta = STEP, state: State | None = None,
           begin: datetime = SATURDAY) -> tuple[State, list[Finding]]:
    """Evaluate every step or every few, as the pipeline would."""
    memory, findings, since = dict(state or {}), [], begin
    while since < begin + hours * HOUR:
        after, more = RULE.evaluate(facts(spans, since, since + every), json.loads(json.dumps(memory)))
        memory, since = dict(after), since + every
        findings += more
    return memory, findings


def heard(start: float, end: float) -> Coverage:
    return covered("news", SATURDAY + start * HOUR, SATURDAY + end * HOUR)


def lost(start: float, end: float, reason: str = "HTTP 503") -> Coverage:
    return covered("news", SATURDAY + start * HOUR, SATURDAY + end * HOUR, LOST, reason)


def test_it_fires_once_an_outage_and_clears_when_the_source_is_heard_again() -> None:
    findings = looked([heard(0, 1), lost(1, 9), heard(9, 12)], 12)[1]
    assert [f.firing for f in findings] == [True, False]
    down, up = findings
    assert down.at == SATURDAY + 3 * HOUR + STEP and down.starts_at == SATURDAY + HOUR
    assert (down.subject, down.severity, down.expected) == ("news", Severity.P2, PATIENCE.total_seconds())
    assert down.why["reason"] == "HTTP 503" and down.why["heard_at"] == (SATURDAY + HOUR).isoformat()
    assert SATURDAY + 9 * HOUR < up.at <= SATURDAY + 9 * HOUR + STEP


def test_two_outages_are_two_alerts() -> None:
    assert [f.firing for f in looked([heard(0, 1), lost(1, 5), heard(5, 6), lost(6, 10), heard(10, 11)], 12)[1]] == [
        True, False, True, False]


def test_a_short_failure_is_none() -> None:
    assert looked([heard(0, 1), lost(1, 2.9), heard(2.9, 6)], 6)[1] == []


def test_an_answer_with_nothing_new_is_being_heard() -> None:
    assert looked([heard(hour, hour + 1) for hour in range(24)], 24)[1] == []


def test_partial_answers_are_being_heard() -> None:
    assert looked([covered("news", SATURDAY, SATURDAY + 8 * HOUR, CoverageState.PARTIAL)], 8)[1] == []


def test_a_suspect_source_answers_and_is_not_heard() -> None:
    def suspect(start: float, end: float) -> Coverage:
        return Coverage("news", SATURDAY + start * HOUR, SATURDAY + end * HOUR, CoverageState.PARTIAL, f"{SUSPECT} it answers with nothing")

    findings = looked([heard(0, 1), suspect(1, 6), heard(6, 7)], 7)[1]
    assert [(f.firing, f.at) for f in findings] == [(True, SATURDAY + 3 * HOUR + STEP), (False, SATURDAY + 6 * HOUR + STEP)]
    assert findings[0].why["reason"].startswith(SUSPECT) and findings[0].starts_at == SATURDAY + HOUR
    assert [f.firing for f in looked([heard(0, 1), suspect(1, 2), lost(2, 6)], 6)[1]] == [True]  # one silence, whatever it is made of


def test_a_source_never_heard_fires_after_its_patience() -> None:
    findings = looked([lost(0, 6, "HTTP 401")], 6)[1]
    assert [f.firing for f in findings] == [True] and findings[0].at == SATURDAY + 2 * HOUR + STEP
    assert findings[0].why["heard_at"] is None and findings[0].why["reason"] == "HTTP 401"


def test_a_source_that_never_answered_at_all_fires_too() -> None:
    assert [f.firing for f in looked([lost(0, 6)], 6)[1]] == [True]


def test_time_in_which_nobody_tried_is_not_counted() -> None:
    findings = looked([heard(0, 1), lost(9, 12)], 12)[1]
    assert [(f.at, f.starts_at) for f in findings] == [(SATURDAY + 11 * HOUR + STEP, SATURDAY + 9 * HOUR)]
    assert looked([], 6)[1] == []


def test_while_the_program_was_off_nobody_tried_and_nothing_is_said() -> None:
    spans = [heard(0, 1), heard(40, 42)]
    state, before = looked(spans, 1)
    after = RULE.evaluate(facts(spans, SATURDAY + HOUR, SATURDAY + 40 * HOUR), state)[1]
    assert before == after == []


def test_an_outage_longer_than_the_coverage_given_is_remembered() -> None:
    state, findings = looked([heard(0, 1), lost(1, 3)], 3)
    assert findings == []
    later = RULE.evaluate(facts([lost(2, 4)], SATURDAY + 3 * HOUR, SATURDAY + 4 * HOUR), state)[1]
    assert [f.firing for f in later] == [True] and later[0].starts_at == SATURDAY + HOUR


def test_many_steps_in_one_call_are_many_calls_of_one_step() -> None:
    spans = [heard(0, 1), lost(1, 5), heard(5, 6), lost(6, 10), heard(10, 12)]
    assert looked(spans, 12)[1] == looked(spans, 12, every=30 * STEP)[1] == RULE.evaluate(
        facts(spans, SATURDAY, SATURDAY + 12 * HOUR), {})[1]


def test_its_severity_is_a_choice() -> None:
    rule = StaleSourceRule(Options(severity=Severity.P1))
    assert rule.evaluate(facts([lost(0, 6)], SATURDAY, SATURDAY + 6 * HOUR), {})[1][0].severity is Severity.P1
