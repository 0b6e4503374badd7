"""An old story returns."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from alerts.rules.resurfaced import STORIES, Options, ResurfacedRule
from listener.types import ScoredMention, Severity
from tests.alerts.rules.fresh import an_old_story, crowds, looked, one_by_one, said

RULE = ResurfacedRule()
DAY = 86_400
OLD = {"a": an_old_story("a", first_days=20, last_days=15), "b": an_old_story("b", first_days=2200, last_days=2000),
       "c": an_old_story("c", first_days=400, last_days=1)}


def back(story: str, people: int, *, tone: str = "negative", every: float = 1.0) -> list[ScoredMention]:
    return [said("همان خبر", author=f"p{n}", hours=every * n, story=story, tone=tone) for n in range(people)]


def test_a_story_of_six_years_ago_warns_at_its_first_post() -> None:
    """R6: an article of 2002 was a panic in 2008."""
    (fired,) = looked(RULE, back("b", 1), stories=OLD)[1]
    assert (fired.why["age"], fired.why["silence"] // DAY, fired.severity, fired.story) == (2200 * DAY, 2000, Severity.P3, "b")
    assert fired.why["new"] and fired.why["first_at"].startswith("2020")


def test_it_speaks_again_when_enough_people_bring_it_back() -> None:
    findings = looked(RULE, back("b", 6), stories=OLD)[1]
    assert [(f.value, f.severity, f.why["new"]) for f in findings] == [(1, Severity.P3, True), (3, Severity.P2, False)]


def test_a_silence_of_two_weeks_ends_when_three_people_speak() -> None:
    assert looked(RULE, back("a", 2), stories=OLD)[1] == []
    (fired,) = looked(RULE, back("a", 5), stories=OLD)[1]
    assert (fired.value, fired.why["needed"], fired.why["seen"], fired.severity) == (3, 3, 3, Severity.P2)
    assert fired.why["silence"] // DAY == 15 and fired.why["age"] // DAY == 20


@pytest.mark.parametrize(("story", "people", "tone", "every"), [
    ("a", 4, "negative", 13), ("c", 9, "negative", 1), ("a", 9, "positive", 1), ("new", 9, "negative", 1)])
def test_what_does_not_return_or_never_went_is_none(story: str, people: int, tone: str, every: float) -> None:
    assert looked(RULE, back(story, people, tone=tone, every=every), stories=OLD)[1] == []


def test_one_person_three_times_is_one_person() -> None:
    assert looked(RULE, [said("همان خبر", hours=n, story="a") for n in range(5)], stories=OLD)[1] == []


def test_a_return_that_does_not_complain_waits_for_the_digest() -> None:
    assert [f.severity for f in looked(RULE, back("a", 4, tone="neutral"), stories=OLD)[1]] == [Severity.P3]


def test_late_mentions_are_no_return() -> None:
    assert looked(RULE, [said("همان خبر", story="b", late=30)], stories=OLD)[1] == []


def test_a_second_return_needs_a_second_silence() -> None:
    posts = back("a", 3) + [
        said("همان خبر", author=f"q{n}", hours=24 * day + n, story="a") for day in (3, 40) for n in range(3)
    ]
    assert [round((f.at - posts[0].mention.published_at).days) for f in looked(RULE, posts, stories=OLD)[1]] == [0, 40]


@settings(max_examples=60, deadline=None)
@given(crowds(["همان خبر"], hours=900))
def test_one_at_a_time_is_all_at_once(mentions: list[ScoredMention]) -> None:
    rule = ResurfacedRule(Options(min_authors=2))
    assert looked(rule, mentions, stories=OLD) == one_by_one(rule, mentions, stories=OLD)


def test_its_memory_has_a_bound() -> None:
    many = {f"s{n}": an_old_story(f"s{n}", first_days=300, last_days=200) for n in range(STORIES + 50)}
    state = looked(
        RULE, [said("همان خبر", story=name, hours=n / 100, author=f"p{n}") for n, name in enumerate(many)], stories=many
    )[0]
    assert len(state["returns"]) == STORIES and len(json.dumps(state)) < 80_000
