"""A large account that complains for the first time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings

from alerts.rules.big_voice import VOICES, BigVoiceRule, Options
from listener.types import Precision, ScoredMention, Severity
from tests.alerts.rules.fresh import crowds, looked, one_by_one, said

RULE = BigVoiceRule()
SMALL_TOWN = [*range(100, 10_000, 100), 30_000]  # a hundred authors; the 99th percentile is 9,900 followers


def heard(
    mentions: Sequence[ScoredMention], rule: BigVoiceRule = RULE, audiences: Sequence[int] = SMALL_TOWN
) -> list[tuple[str, Severity]]:
    return [(f.evidence[0].id, f.severity) for f in looked(rule, mentions, audiences=audiences)[1]]


def test_comcast_fires_at_the_first_post_of_ryan_block() -> None:
    """R1: 82,000 followers, one recording of one call."""
    block = said("Please listen to this, ten minutes to cancel my Comcast", author="ryanblock", followers=82_000, id="block")
    findings = looked(RULE, [said("slow internet", author="someone", hours=-1), block], audiences=SMALL_TOWN)[1]
    assert [f.evidence for f in findings] == [(block.mention.key,)] and findings[0].severity is Severity.P2
    fired = findings[0]
    assert fired.at == block.known_at and fired.story == block.story and fired.why["new"] and fired.why["lasts"] == 86_400
    assert (fired.value, fired.expected, fired.why["needed"], fired.why["seen"]) == (82_000, 9_900, 9_901, 82_000)


def test_ten_times_the_bar_pages_at_any_hour() -> None:
    assert heard([said("بد بود", followers=98_999, id="a")]) == [("a", Severity.P2)]
    assert heard([said("بد بود", followers=99_000, id="a")]) == [("a", Severity.P1)]


def test_the_bar_itself_is_not_above_the_bar() -> None:
    assert heard([said("بد بود", followers=9_900)]) == [] and heard([said("بد بود", followers=9_901, id="a")]) == [
        ("a", Severity.P2)
    ]


@pytest.mark.parametrize(
    "quiet",
    [
        said("عالی بود", followers=10**6, tone="positive"),
        said("شاید", followers=10**6, tone="unsure"),
        said("خبر", followers=10**6, tone="neutral"),
        said("بد", followers=None),
        said("بد", author=None),
        said("بد", followers=10**6, ours=True),
        said("بد", followers=10**6, late=25),
        said("بد", followers=10**6, precision=Precision.DAY),
    ],
)
def test_what_is_no_big_first_complaint_is_none(quiet: ScoredMention) -> None:
    assert heard([quiet]) == []


def test_an_account_fires_once_and_again_after_ninety_days() -> None:
    posts = [said("بد بود", followers=50_000, hours=24 * day, id=str(day)) for day in (0, 1, 89, 178, 270)]
    assert [id for id, _ in heard(posts)] == ["0", "270"]


def test_an_account_known_to_have_complained_while_it_was_small_is_no_news() -> None:
    assert heard([said("بد بود", followers=500, id="a"), said("باز هم بد", followers=50_000, hours=30, id="b")]) == []


def test_with_few_authors_known_the_bar_is_a_plain_number() -> None:
    few = list(range(49))
    assert heard([said("بد", followers=10_000)], audiences=few) == []
    assert heard([said("بد", followers=10_001, id="a")], audiences=few) == [("a", Severity.P2)]
    assert heard([said("بد", followers=3_000, id="a")], BigVoiceRule(Options(unknown_bar=2_000)), audiences=few) == [
        ("a", Severity.P2)
    ]


def test_among_tiny_accounts_nobody_is_large() -> None:
    assert heard([said("بد", followers=900)], audiences=[10] * 200) == []
    assert RULE.bar(looked_at([10] * 200)) == 1_000


def test_copies_of_a_story_by_large_accounts_are_one_story() -> None:
    findings = looked(RULE, [said("بد", author=name, followers=50_000, hours=h, story="s") for h, name in enumerate("abc")],
                      audiences=SMALL_TOWN)[1]
    assert [f.story for f in findings] == ["s"] * 3


@settings(max_examples=60, deadline=None)
@given(crowds(["بد بود", "خراب شد"], hours=3000))
def test_one_at_a_time_is_all_at_once(mentions: list[ScoredMention]) -> None:
    assert looked(RULE, mentions, audiences=SMALL_TOWN) == one_by_one(RULE, mentions, audiences=SMALL_TOWN)


def test_its_memory_has_a_bound() -> None:
    state = looked(
        RULE, [said("بد", author=f"a{n}", followers=10**6, hours=n / 100) for n in range(VOICES + 100)], audiences=SMALL_TOWN
    )[0]
    assert len(state["heard"]) == VOICES and len(json.dumps(state)) < 40_000
    late = looked(RULE, [said("بد", followers=10**6), said("خوب", tone="positive", hours=24 * 100)], audiences=SMALL_TOWN,
                  cuts=[said("x", hours=24 * 99).mention.published_at + timedelta(0)])[0]
    assert late["heard"] == {}


def looked_at(audiences: Sequence[int]):  # type: ignore[no-untyped-def]
    from tests.alerts.rules.fresh import SATURDAY, facts

    return facts([], SATURDAY, SATURDAY, audiences=audiences)
