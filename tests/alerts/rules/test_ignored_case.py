"""A customer who was left alone goes public."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from alerts.rules.ignored_case import AUTHORS, IgnoredCaseRule, Options
from listener.types import ScoredMention, Severity
from tests.alerts.rules.fresh import crowds, looked, one_by_one, said

RULE = IgnoredCaseRule()
THIRD, MONTHS, NOBODY = "این بار سومه که زنگ می‌زنم", "سه ماه است پیگیرم", "هیچ‌کس جواب نمی‌دهد"


def test_united_fires_on_the_day_the_song_appears() -> None:
    """R2: nine months of letters, then a song."""
    (fired,) = looked(
        RULE, [said("United broke my guitar. Nine months of emails and phone calls, and no answer", author="dave")]
    )[1]
    assert (fired.why["sign"], fired.why["seen"], fired.why["needed"], fired.severity) == ("waiting", 270, 7, Severity.P2)


@pytest.mark.parametrize(("text", "sign", "seen", "severity"), [
    (THIRD, "again", 3, Severity.P3), (MONTHS, "waiting", 90, Severity.P2), (NOBODY, "unanswered", None, Severity.P3)])
def test_what_the_author_says_decides(text: str, sign: str, seen: int | None, severity: Severity) -> None:
    (fired,) = looked(RULE, [said(text)])[1]
    assert (fired.why["sign"], fired.why.get("seen"), fired.severity, fired.why["new"]) == (sign, seen, severity, True)


@pytest.mark.parametrize(
    "quiet",
    [
        said(MONTHS, tone="unsure"),
        said(MONTHS, tone="neutral"),
        said(MONTHS, ours=True),
        said(MONTHS, late=30),
        said("پیک دیر رسید"),
        said("دو بار زنگ زدم"),
    ],
)
def test_what_is_no_such_case_is_none(quiet: ScoredMention) -> None:
    assert looked(RULE, [quiet])[1] == []


def test_the_third_complaint_of_one_author_in_a_month_is_one() -> None:
    findings = looked(RULE, [said("بد بود", hours=24 * day) for day in (0, 5, 20, 21)])[1]
    assert [(f.why["sign"], f.why["seen"], f.why["needed"]) for f in findings] == [("repeated", 3, 3)] * 2
    assert findings[0].severity is Severity.P3


@pytest.mark.parametrize("days", [(0, 0.1, 0.2, 0.3), (0, 5), (0, 40, 80), (0, 20, 40)])
def test_a_thread_of_posts_or_a_complaint_a_season_is_not(days: tuple[float, ...]) -> None:
    assert looked(RULE, [said("بد بود", hours=24 * day) for day in days])[1] == []


def test_reshares_and_hidden_authors_are_no_third_complaint() -> None:
    assert looked(RULE, [said("بد بود", hours=24 * day, reshare_of="x") for day in range(5)])[1] == []
    assert looked(RULE, [said("بد بود", hours=24 * day, author=None) for day in range(5)])[1] == []


def test_others_left_alone_join_the_thread() -> None:
    findings = looked(RULE, [said(NOBODY, author=f"a{n}", hours=n, story=f"s{n}") for n in range(4)])[1]
    assert [(f.story, f.why["new"], f.value) for f in findings] == [("s0", n == 0, n + 1) for n in range(4)]
    assert [f.severity for f in findings] == [Severity.P3, Severity.P3, Severity.P2, Severity.P2]


def test_how_often_and_how_long_are_options() -> None:
    rule = IgnoredCaseRule(Options(times=2, days=3))
    assert len(looked(rule, [said("دو بار زنگ زدم"), said("چهار روزه منتظر جوابم", hours=1)])[1]) == 2


@settings(max_examples=60, deadline=None)
@given(crowds([THIRD, MONTHS, NOBODY, "بد بود", "بد بود", "خراب شد"], hours=900))
def test_one_at_a_time_is_all_at_once(mentions: list[ScoredMention]) -> None:
    assert looked(RULE, mentions) == one_by_one(RULE, mentions)


def test_one_at_a_time_is_all_at_once_though_more_authors_come_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.rules.ignored_case.AUTHORS", 3)
    mentions = [said("بد بود", author=f"a{n % 5}", hours=13 * n) for n in range(40)]
    assert looked(RULE, mentions) == one_by_one(RULE, mentions)


def test_its_memory_has_a_bound() -> None:
    posts = [said("بد بود", author=f"a{n}", hours=24 * day + n / 1000) for day in range(2) for n in range(AUTHORS + 60)]
    state = looked(RULE, posts)[0]
    assert len(state["complaints"]) == AUTHORS and len(json.dumps(state)) < 60_000
    later = looked(
        RULE, [*posts, said("خوب بود", tone="positive", hours=24 * 40)], cuts=[said("x", hours=24 * 39).mention.published_at]
    )[0]
    assert later["complaints"] == {}


def test_those_who_say_so_and_those_who_complain_again_are_counted_apart_and_once() -> None:
    month = [said("بد بود", hours=24 * day + 1, author=who) for day in (0, 5) for who in ("a", "b")]
    findings = looked(RULE, [*month, said(NOBODY, hours=240, author="c"), said("بد بود", hours=241, author="a"), said("بد بود", hours=242, author="b"),
                             said(NOBODY, hours=243, author="b")])[1]
    assert [(f.why["told_by"], f.why["repeated_by"], f.why["authors"]) for f in findings] == [(1, 0, 1), (1, 1, 2), (1, 2, 3), (2, 1, 3)]
    assert findings[-1].why["again_times"] == 3 and findings[-1].why["again_within"] == 30 * 86_400


def test_a_bystander_who_tells_how_long_a_thing_was_made_is_nobody_left_alone() -> None:
    assert looked(RULE, [said("نازنین جان باورم نمی‌شه. اون سه‌تاری که چهار ماه پاش نشستی؟ چابک‌سبد واقعاً جوابی نداده؟")])[1] == []
