"""Harm, spread and trust, and what they come to."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.severity import grade, of, parts_of
from listener.types import Finding, Severity
from tests.alerts.world import SATURDAY

NUMBERS = range(4)
P1, P2, P3 = Severity.P1, Severity.P2, Severity.P3


def finding(rule: str, **why: Any) -> Finding:
    return Finding(rule, "b", SATURDAY, SATURDAY, 1, 0, P2, True, why=why)


def test_more_of_anything_is_never_milder() -> None:
    for harm, spread, trust in itertools.product(NUMBERS, repeat=3):
        here = grade(harm, spread, trust)
        assert (
            grade(harm + 1, spread, trust) <= here
            and grade(harm, spread + 1, trust) <= here
            and grade(harm, spread, trust + 1) <= here
        )


def test_grave_harm_pages_at_any_hour_and_no_harm_with_no_spread_never() -> None:
    assert {grade(3, spread, trust) for spread in NUMBERS for trust in (1, 2, 3)} == {P1}
    assert {grade(harm, spread, 0) for harm in (0, 1, 2) for spread in NUMBERS} == {P3}
    assert {grade(0, spread, trust) for spread in (0, 1) for trust in NUMBERS} == {P3}


@pytest.mark.parametrize(("level", "spread", "severity"), [
    (0, 0, P3), (1, 0, P2), (0, 1, P2), (1, 1, P2), (2, 0, P2), (0, 2, P2), (2, 1, P1), (1, 2, P1), (2, 2, P1)])
@pytest.mark.parametrize("series", ["negative", "mentions", "negative_reach"])
def test_a_spike_is_as_bad_as_its_steps_say(level: int, spread: int, severity: Severity, series: str) -> None:
    figures = {
        "series": series,
        "level": level,
        "spread": spread,
        "record_days": 14.0,
        "scored": 100,
        "unsure": 10,
        "authors": 50,
        "copies": 20,
        "negative": 60,
        "mentions": 100,
    }
    assert of(finding("spike", **figures))[0] is severity
    assert of(finding("spike/volume", **{**figures, "record_days": 2.9}))[0] is P3


def test_each_part_says_what_it_was_found_by() -> None:
    parts = parts_of(
        "harm", {"harm": 3, "mentions": 1, "negative": 1, "scored": 1, "unsure": 1, "authors": 1, "largest_reach": 150_000}
    )
    assert (parts.harm, parts.spread, parts.trust) == (3, 2, 1)
    assert parts.because == {"harm": "words", "spread": "voice", "trust": "unsure"}


@pytest.mark.parametrize(("kind", "why", "expected"), [
    ("harm", {"harm": 1, "authors": 1}, (P2, 2, 0, 3)),
    ("harm", {"harm": 3, "authors": 1, "scored": 1, "unsure": 1}, (P1, 3, 0, 1)),
    ("big_voice", {"negative": 1, "mentions": 1, "followers": 11_000, "bar": 10_000, "authors": 1}, (P2, 1, 2, 3)),
    ("big_voice", {"negative": 1, "mentions": 1, "followers": 100_000, "bar": 10_000, "authors": 1}, (P1, 1, 3, 3)),
    ("ignored_case", {"alone": True, "authors": 1}, (P2, 2, 0, 3)),
    ("ignored_case", {"alone": False, "negative": 1, "mentions": 1, "authors": 1}, (P3, 1, 0, 3)),
    ("resurfaced", {"negative": 1, "mentions": 3, "authors": 3}, (P3, 0, 1, 3)),
    ("resurfaced", {"negative": 2, "mentions": 3, "authors": 3}, (P2, 1, 1, 3)),
    ("negative_share", {"negative": 40, "mentions": 60, "authors": 40, "volume_ratio": 1.0, "record_days": 7}, (P1, 1, 3, 3)),
    ("negative_share", {"authors": 5, "volume_ratio": 12.0, "turned": True}, (P1, 2, 3, 3)),
    ("rising_topic", {"negative": 9, "mentions": 10, "authors": 9, "copies": 30, "scored": 10, "unsure": 4}, (P3, 1, 1, 1)),
    ("a rule of tomorrow", {}, (P3, 0, 0, 3)),
])
def test_the_table(kind: str, why: dict[str, Any], expected: tuple[Severity, int, int, int]) -> None:
    severity, parts = of(finding(kind, **why))
    assert (severity, parts["harm"], parts["spread"], parts["trust"]) == expected


@pytest.mark.parametrize(("followers", "bar", "spread"), [(600_000, 10_000, 3), (600_000, 84_000, 2), (600_000, None, 3), (12_000, None, 2),
                                                            (9_000, 10_000, 0), (None, 10_000, 0)])
def test_one_post_has_gone_equally_far_by_whatever_rule_it_is_told(followers: int | None, bar: int | None, spread: int) -> None:
    figures = {"negative": 1, "mentions": 1, "authors": 1, "followers": followers, "bar": bar, "largest_reach": 9_000}
    assert {parts_of(kind, figures).spread for kind in ("big_voice", "harm", "ignored_case")} == {spread}


def test_a_rule_that_was_mostly_wrong_is_trusted_less() -> None:
    storm = finding("spike", level=2, spread=2, series="negative")
    assert [of(storm, precision)[1]["trust"] for precision in (None, 0.9, 0.4, 0.2)] == [3, 3, 2, 1]
    assert [of(storm, precision)[0] for precision in (None, 0.9, 0.4, 0.2)] == [P1, P1, P1, P2]


FIGURES = {
    "harm": st.integers(0, 3),
    "authors": st.integers(0, 500),
    "copies": st.integers(0, 500),
    "scored": st.integers(0, 100),
    "unsure": st.integers(0, 100),
    "negative": st.integers(0, 100),
    "mentions": st.integers(0, 100),
    "level": st.integers(0, 2),
    "spread": st.integers(0, 2),
    "followers": st.integers(0, 10**7),
    "bar": st.integers(0, 10**5),
    "largest_reach": st.one_of(st.none(), st.integers(0, 10**7)),
    "record_days": st.floats(0, 30),
    "turned": st.booleans(),
    "alone": st.booleans(),
    "volume_ratio": st.floats(0, 50),
    "series": st.sampled_from(["negative", "mentions"]),
}


@given(st.sampled_from(["spike", "harm", "big_voice", "ignored_case", "resurfaced", "negative_share", "x"]),
       st.fixed_dictionaries({}, optional=FIGURES), st.one_of(st.none(), st.floats(0, 1)))
def test_any_figures_have_a_severity(kind: str, why: dict[str, Any], precision: float | None) -> None:
    severity, parts = of(finding(kind, **why), precision)
    assert severity in Severity and all(0 <= number <= 3 for number in parts.values())
    worse = of(finding(kind, **{**why, "harm": 3}), precision)[0]
    assert worse <= severity
