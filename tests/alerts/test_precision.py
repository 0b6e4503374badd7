"""How often a rule was right, and when that is too seldom to wake somebody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.precision import Precision, measure, mostly_wrong, wilson
from listener.types import Verdict, VerdictKind
from tests.alerts.world import HOUR, SATURDAY

REAL, NOT_OURS, KNOWN, LATE = VerdictKind.REAL, VerdictKind.NOT_OURS, VerdictKind.KNOWN, VerdictKind.LATE


def judged(*kinds: VerdictKind) -> list[Verdict]:
    """Verdicts on as many alerts, the oldest first."""
    return [Verdict(f"{place:016x}", kind, "sara", SATURDAY + place * HOUR) for place, kind in enumerate(kinds)]


def test_real_and_late_are_right_not_ours_is_wrong_and_known_is_neither() -> None:
    assert measure(judged(REAL, LATE, NOT_OURS, KNOWN, KNOWN)) == Precision(right=2, wrong=1, known=2)


def test_an_alert_is_counted_once_by_the_last_word_on_it() -> None:
    first = Verdict("a", NOT_OURS, "sara", SATURDAY)
    later = Verdict("a", REAL, "ali", SATURDAY + timedelta(minutes=5))
    assert measure([later, first]) == measure([first, later]) == Precision(right=1)


def test_eleven_of_fourteen_is_between_a_half_and_nearly_all() -> None:
    found = measure(judged(*[REAL] * 11, *[NOT_OURS] * 3))
    assert found.share == pytest.approx(11 / 14) and [round(one, 2) for one in found.interval or ()] == [0.52, 0.92]


def test_of_nothing_no_share_is_known() -> None:
    assert (measure([]).share, measure(judged(KNOWN)).interval) == (None, None)


@pytest.mark.parametrize(("kinds", "wrong"), [
    ([NOT_OURS] * 19, False),
    ([NOT_OURS] * 11 + [REAL] * 9, True),
    ([NOT_OURS] * 10 + [REAL] * 10, False),
    ([NOT_OURS] * 40 + [REAL] * 20, False),
    ([REAL] * 40 + [NOT_OURS] * 11 + [LATE] * 9, True),
    ([NOT_OURS] * 15 + [KNOWN] * 30, False),
    ([NOT_OURS] * 20 + [KNOWN] * 5, True),
], ids=["too few", "nine of twenty", "half", "it has mended", "it went bad", "known says nothing", "known does not save it"])
def test_a_rule_is_demoted_when_less_than_half_of_the_last_twenty_were_right(kinds: list[VerdictKind], wrong: bool) -> None:
    assert mostly_wrong(judged(*kinds)) is wrong


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_holds_the_share_and_narrows_with_more(right: int, wrong: int) -> None:
    if not right + wrong:
        return
    low, high = wilson(right, right + wrong)
    assert 0 <= low <= right / (right + wrong) + 1e-9 and right / (right + wrong) - 1e-9 <= high <= 1
    wider = wilson(right, right + wrong)
    narrower = wilson(right * 10, (right + wrong) * 10)
    assert narrower[1] - narrower[0] < wider[1] - wider[0]
