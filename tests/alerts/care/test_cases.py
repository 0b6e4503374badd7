"""The life of a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.care import cases
from alerts.care.cases import Limits
from listener.types import Label, MentionKey, Severity
from listener.types.care import Case, CaseKind, CaseState, Due, Remedy

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = Limits(HOUR, 4 * HOUR, 24 * HOUR)
POST = MentionKey("mastodon", "1")


class Wall:
    """A clock for which all time is working time."""

    def add(self, instant: datetime, duration: timedelta, /) -> datetime:
        return instant + duration


def a_case() -> Case:
    return replace(cases.opened("چابک‌سبد", CaseKind.COMPLAINT, [POST], who="مینا", at=NOW), number=7)


def due(case: Case) -> dict[Due, datetime]:
    return cases.deadlines(case, LIMITS, Wall())


def test_a_new_case_needs_an_owner_and_an_answer_and_an_answered_one_its_end() -> None:
    case = a_case()
    assert due(case) == {Due.OWNER: NOW + HOUR, Due.ANSWER: NOW + 4 * HOUR}
    case = cases.assigned(case, "علی", None, at=NOW + HOUR)
    assert due(case) == {Due.ANSWER: NOW + 4 * HOUR}
    case = cases.answered(case, "علی", at=NOW + 2 * HOUR)
    assert due(case) == {Due.END: NOW + 26 * HOUR} and case.answered_at == NOW + 2 * HOUR
    assert due(cases.waiting(case, at=NOW + 3 * HOUR)) == {}
    case = cases.resolved(case, at=NOW + 5 * HOUR, cause="delivery", remedy=Remedy.FIX, cost=0.0)
    assert due(case) == {} and not case.open and case.version == 4


def test_what_is_due_first_is_when_the_case_is_due() -> None:
    case, all_due = cases.timed(a_case(), LIMITS, Wall())
    assert case.due_at == NOW + HOUR == min(all_due.values())


def test_a_thanks_does_not_restart_the_clock_and_a_new_complaint_does() -> None:
    answered = cases.answered(a_case(), "علی", at=NOW + HOUR)
    thanked = cases.heard(answered, [MentionKey("mastodon", "2")], at=NOW + 5 * HOUR, complains=False)
    assert due(thanked) == due(answered) and thanked.state is CaseState.ANSWERED and len(thanked.mentions) == 2
    angry = cases.heard(answered, [MentionKey("mastodon", "3")], at=NOW + 5 * HOUR, complains=True)
    assert angry.state is CaseState.ASSIGNED and due(angry) == {Due.ANSWER: NOW + 9 * HOUR}


def test_a_customer_who_complains_again_opens_a_resolved_case_again() -> None:
    done = cases.resolved(cases.assigned(a_case(), "علی", "مالی", at=NOW), at=NOW + HOUR, cause=None, remedy=Remedy.EXPLAIN)
    back = cases.heard(done, [MentionKey("mastodon", "2")], at=NOW + 30 * HOUR, complains=True)
    assert back.open and back.reopened == 1 and back.owner == "علی" and back.resolved_at is None and back.remedy is None
    assert due(back) == {Due.ANSWER: NOW + 34 * HOUR}
    assert cases.heard(done, [], at=NOW + 30 * HOUR, complains=False).state is CaseState.RESOLVED


@pytest.mark.parametrize("move", [
    lambda one: cases.assigned(one, "علی", None, at=NOW), lambda one: cases.answered(one, "علی", at=NOW),
    lambda one: cases.waiting(one, at=NOW), lambda one: cases.resolved(one, at=NOW, cause=None, remedy=Remedy.NONE)])
def test_a_case_that_has_ended_is_moved_by_reopening_only(move: object) -> None:
    done = cases.resolved(a_case(), at=NOW, cause=None, remedy=Remedy.NONE)
    with pytest.raises(ValueError, match="reopen it first"):
        move(done)  # type: ignore[operator]
    assert cases.reopened(done, at=NOW).open


def test_moves_that_make_no_sense_are_refused_with_a_sentence() -> None:
    case = a_case()
    for move, sentence in ((lambda: cases.waiting(case, at=NOW), "nobody has answered"), (lambda: cases.assigned(case, None, None, at=NOW), "nobody is named"),
                           (lambda: cases.reopened(case, at=NOW), "is open"), (lambda: cases.judged(case, CaseState.WON_BACK, at=NOW), "only a resolved case"),
                           (lambda: cases.resolved(case, at=NOW, cause=None, remedy=Remedy.GIFT, cost=-1), "not negative")):
        with pytest.raises(ValueError, match=sentence):
            move()


def test_the_queue_is_what_the_customer_wants_else_the_tone() -> None:
    assert cases.kind_of("suggestion", Label.NEGATIVE) is CaseKind.SUGGESTION
    assert [cases.kind_of(None, label) for label in (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE, None)] == [
        CaseKind.COMPLAINT, CaseKind.QUESTION, CaseKind.PRAISE, CaseKind.COMPLAINT]


def test_every_move_is_one_version_and_names_what_it_changed() -> None:
    before = a_case()
    after = cases.changed(before, at=NOW, severity=Severity.P1, cause="refund")
    assert after.version == before.version + 1
    assert cases.difference(before, after) == {"severity": [Severity.P3, Severity.P1], "cause": [None, "refund"]}
    assert cases.linked(cases.linked(before, "zammad", "12", at=NOW), "zammad", "13", at=NOW).links == (("zammad", "13"),)
