"""Somebody came to harm."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from alerts.rules.harm import HarmRule, Options, Word
from alerts.tripwire import PEOPLE
from listener.types import Precision, ScoredMention, Severity
from tests.alerts.rules.fresh import crowds, looked, one_by_one, said

RULE = HarmRule()
FIRE, SUE, SOUP, DIED = (
    "گوشیم توی شارژ منفجر شد",
    "به تعزیرات گزارش می‌دم",
    "تو سالادم سوسک بود",
    "My uncle was killed by your driver",
)


@pytest.mark.parametrize(
    ("text", "severity", "category", "grade"),
    [
        (FIRE, Severity.P1, "fire", 3),
        (DIED, Severity.P1, "death", 3),
        (SOUP, Severity.P2, "foreign", 2),
        (SUE, Severity.P2, "law", 1),
    ],
)
def test_one_post_is_enough(text: str, severity: Severity, category: str, grade: int) -> None:
    post = said(text, hours=2)  # before dawn in Tehran
    (fired,) = looked(RULE, [post])[1]
    assert (fired.severity, fired.why["category"], fired.why["harm"], fired.at) == (severity, category, grade, post.known_at)
    assert fired.evidence == (post.mention.key,) and fired.why["new"] and fired.why["word"] and fired.value == 1


@pytest.mark.parametrize("tone", ["unsure", "negative"])
def test_a_grave_word_counts_where_the_tone_is_unsure(tone: str) -> None:
    assert [f.severity for f in looked(RULE, [said(FIRE, tone=tone)])[1]] == [Severity.P1]


@pytest.mark.parametrize(
    "quiet",
    [
        said(SOUP, tone="unsure"),
        said(SOUP, tone="neutral"),
        said(FIRE, tone="positive"),
        said(FIRE, ours=True),
        said(FIRE, late=24.1),
        said(FIRE, precision=Precision.ESTIMATED),
        said("پیک دیر رسید"),
        said("قیمتش آتیش گرفته"),
        said("کسی آسیب ندید"),
    ],
)
def test_what_is_no_news_of_harm_is_none(quiet: ScoredMention) -> None:
    assert looked(RULE, [quiet])[1] == []


def test_who_reports_a_fire_need_not_be_angry() -> None:
    [fired] = looked(RULE, [said(FIRE, tone="neutral")])[1]
    assert fired.severity is Severity.P1


def test_many_voices_of_one_fire_are_one_thread_that_grows() -> None:
    texts = [FIRE, "انبارشون آتیش گرفته", "آتش‌سوزی در شعبه مرکزی", "the charger caught fire"]
    findings = looked(RULE, [said(text, author=f"a{n}", hours=n, story=f"s{n}") for n, text in enumerate(texts)])[1]
    assert [(f.story, f.why["new"], f.value) for f in findings] == [
        ("s0", True, 1),
        ("s0", False, 2),
        ("s0", False, 3),
        ("s0", False, 4),
    ]


def test_one_author_is_one_voice_however_often() -> None:
    assert [f.value for f in looked(RULE, [said(FIRE, hours=n) for n in range(3)])[1]] == [1, 1, 1]


def test_a_fire_and_a_court_are_two_threads_and_a_week_later_is_another() -> None:
    findings = looked(RULE, [said(FIRE, story="a"), said(SUE, hours=1, story="b"), said(FIRE, hours=26, story="c")])[1]
    assert [(f.story, f.why["new"]) for f in findings] == [("a", True), ("b", True), ("c", True)]


def test_words_are_options() -> None:
    rule = HarmRule(Options(extra=(Word(phrase="چسب سمی", category="poison", grade=3),), without=("سوسک",), lowest=2))
    assert [f.severity for f in looked(rule, [said("این چسب‌سمی را جمع کنید")])[1]] == [Severity.P1]
    assert looked(rule, [said(SOUP), said(SUE, hours=1)])[1] == []


@pytest.mark.parametrize("phrase", ["{کس} سوخت", "!!!", "a/", "ab"])
def test_an_unreadable_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(ValidationError):
        Word(phrase=phrase, category="fire")


@settings(max_examples=60, deadline=None)
@given(crowds([FIRE, SUE, SOUP, DIED, "خوب نبود"], hours=120))
def test_one_at_a_time_is_all_at_once(mentions: list[ScoredMention]) -> None:
    assert looked(RULE, mentions) == one_by_one(RULE, mentions)


def test_its_memory_has_a_bound() -> None:
    words = tuple(Word(phrase=f"بلای{n}م", category=f"c{n}") for n in range(60))
    rule = HarmRule(Options(extra=words))
    posts = [said(f"بلای{n % 60}م", author="x" * 300 + str(n), hours=n / 1000) for n in range(1200)]
    posts += [said(FIRE, author=f"y{n}", hours=1.5 + n / 1000) for n in range(PEOPLE + 50)]
    state, findings = looked(rule, posts)
    assert len(state["incidents"]) == 40 and len(json.dumps(state)) < 40 * (PEOPLE * 16 + 300) and findings[-1].value == PEOPLE
