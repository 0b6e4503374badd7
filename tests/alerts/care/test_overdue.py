"""What is past its time becomes one alert a brand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alerts import engine, wording
from alerts.care.overdue import overdue
from alerts.engine import Policy
from alerts.rules.broken_promise import BrokenPromiseRule, Options
from alerts.rules.overdue_case import OverdueCaseRule
from listener.types import STEP, Facts, Finding, MentionKey, Reason, Series, Severity, State
from listener.types.care import Deadline, Due
from tests.alerts.world import SATURDAY

MINUTE = timedelta(minutes=1)
FIRST = Deadline("چابک‌سبد", Due.ANSWER, "case:1", SATURDAY + 12 * MINUTE, SATURDAY, case=1, who="علی", mentions=(MentionKey("rss", "a"),))
SECOND = Deadline("چابک‌سبد", Due.OWNER, "case:2", SATURDAY + 31 * MINUTE, SATURDAY, case=2, severity=Severity.P2)


def facts(*deadlines: Deadline, since: int = 0, until: int) -> Facts:
    return Facts("چابک‌سبد", SATURDAY + until * STEP, SATURDAY + since * STEP, Series(SATURDAY, ()), deadlines=deadlines)


def test_an_alert_begins_when_a_case_is_overdue_grows_with_each_and_ends_when_none_is() -> None:
    ended = [replace(one, ended_at=SATURDAY + 52 * MINUTE) for one in (FIRST, SECOND)]
    _, found = OverdueCaseRule().evaluate(facts(*ended, until=12), {})
    assert [(one.at - SATURDAY, one.value, one.firing, one.severity) for one in found] == [
        (3 * STEP, 1.0, True, Severity.P3), (7 * STEP, 2.0, True, Severity.P2), (11 * STEP, 0.0, False, Severity.P3)]
    assert found[1].why["cases"] == [1, 2] and found[1].why["unowned"] == 1 and found[1].evidence == (MentionKey("rss", "a"),)
    assert {one.starts_at for one in found} == {SATURDAY + 3 * STEP}


def test_a_step_at_a_time_is_the_same_as_all_at_once() -> None:
    some = (FIRST, replace(SECOND, ended_at=SATURDAY + 41 * MINUTE), replace(FIRST, ref="case:9", noted_at=SATURDAY + 29 * MINUTE, case=9))
    state: State = {}
    found: list[Finding] = []
    for step in range(14):
        known = [one for one in some if one.noted_at <= SATURDAY + (step + 1) * STEP]
        state, new = OverdueCaseRule().evaluate(facts(*known, since=step, until=step + 1), state)
        found += new
    assert OverdueCaseRule().evaluate(facts(*some, until=14), {}) == (state, found)


def test_only_what_was_known_at_the_instant_counts() -> None:
    late = replace(FIRST, noted_at=SATURDAY + 60 * MINUTE)
    assert overdue([late], SATURDAY + 30 * MINUTE) == [] and overdue([late], SATURDAY + 60 * MINUTE) == [late]


def test_promises_are_a_rule_of_their_own_with_some_grace() -> None:
    promise = replace(FIRST, due=Due.PROMISE, ref="promise:x")
    assert OverdueCaseRule().evaluate(facts(promise, until=12), {})[1] == []
    [found] = BrokenPromiseRule(Options(grace=timedelta(minutes=20))).evaluate(facts(promise, FIRST, until=12), {})[1]
    assert (found.at, found.severity, found.value) == (SATURDAY + 7 * STEP, Severity.P2, 1.0)


def test_nothing_else_speaks_for_what_we_owe_and_people_can_read_it() -> None:
    _, findings = engine.evaluate("overdue_case", OverdueCaseRule(), facts(FIRST, until=6), {})
    [(alert, reason)] = engine.decide(findings, [], [], Policy(), at=SATURDAY + 6 * STEP)
    assert reason is Reason.FIRST and alert.severity is Severity.P3
    fa = wording.compose(alert, reason, [], language="fa")
    en = wording.compose(alert, reason, [], language="en")
    print(fa, en)
    assert "یک پرونده از مهلتش گذشته" in fa.title and "a case is overdue" in en.title
    assert any("علی" in line for line in fa.lines) and any("Cases: 1" in line for line in en.lines)
