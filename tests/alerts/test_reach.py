"""How many people may have seen something: PRODUCT §8.1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import reach
from listener.types import Author, Engagement, Mention, Reach
from tests.alerts.world import SATURDAY


def a_post(kind: str = "x", *, followers: int | None = None, views: int | None = None, acted: int | None = None,
           hours: float = 1) -> Mention:
    return Mention(kind, "1", "متن", SATURDAY, author=Author(kind, "sara", followers=followers),
                   engagement=Engagement(SATURDAY + timedelta(hours=hours), likes=acted, views=views))


@pytest.mark.parametrize(("followers", "mid", "high"), [
    (1_293, 194, 1_293), (82_000, 12_300, 82_000), (1_000_000, 141_818, 1_000_000), (10_000_000, 600_000, 10_000_000),
], ids=["the articles' average customer", "Ryan Block", "a million", "ten millions"])
def test_the_table_of_the_product_page(followers: int, mid: int, high: int) -> None:
    assert reach.estimate(a_post(followers=followers)) == Reach(0, mid, high, "followers")


def test_measured_views_beat_what_followers_would_say() -> None:
    assert reach.estimate(a_post(followers=82_000, views=4_000_000)) == Reach(4_000_000, 4_000_000, 4_000_000, "views")


def test_views_of_a_young_post_still_grow_so_the_larger_estimate_stands() -> None:
    assert reach.estimate(a_post(followers=82_000, views=300, hours=1)) == Reach(300, 12_300, 82_000, "followers")


def test_views_of_an_old_post_are_what_it_reached() -> None:
    assert reach.estimate(a_post(followers=82_000, views=300, hours=49)) == Reach(300, 300, 82_000, "views")


def test_views_alone_are_all_there_is_to_say() -> None:
    assert reach.estimate(a_post("telegram", views=12)) == Reach(12, 12, 12, "views")


def test_who_acted_has_seen_it() -> None:
    found = reach.estimate(a_post(acted=500))
    assert (found.low, found.mid, found.method) == (500, 500, "reactions")
    assert reach.estimate(a_post(followers=1_000, acted=400)) == Reach(400, 400, 1_000, "followers")


@pytest.mark.parametrize(("kind", "high"), [("facebook", 155), ("x", 208), ("linkedin", 930)])
def test_the_articles_averages_are_the_upper_bound_for_an_unknown_author(kind: str, high: int) -> None:
    assert reach.estimate(a_post(kind)) == Reach(0, round(0.15 * high), high, "assumed")


@pytest.mark.parametrize("kind", ["telegram", "instagram", "rubika", "eitaa", "bale", "aparat", "bazaar", "myket", "virgool", "rss",
                                  "a kind nobody named"])
def test_every_kind_has_an_assumption(kind: str) -> None:
    found = reach.estimate(a_post(kind))
    assert 0 == found.low < found.mid < found.high and found.method == "assumed"


def test_a_known_zero_is_zero_and_not_unknown() -> None:
    assert reach.estimate(a_post(followers=0)) == Reach(0, 0, 0, "followers")


def test_the_table_can_be_edited() -> None:
    table = reach.ReachTable(audience={"*": 10}, visibility={"*": reach.SPRINKLR, "telegram": ((0, 0.5),)})
    assert reach.estimate(a_post(), table) == Reach(0, 2, 10, "assumed")
    assert reach.estimate(a_post("telegram", followers=1_000), table).mid == 500


counts = st.none() | st.integers(-5, 10**9)


@given(st.sampled_from(["x", "telegram", "rss", "other"]), counts, counts, counts, st.integers(0, 100))
def test_low_never_exceeds_mid_nor_mid_high(kind: str, followers: int | None, views: int | None, acted: int | None, hours: int) -> None:
    found = reach.estimate(a_post(kind, followers=followers, views=views, acted=acted, hours=hours))
    assert 0 <= found.low <= found.mid <= found.high


def test_an_account_counts_once_with_its_largest_post() -> None:
    found = reach.total([("x:a", Reach(1, 10, 100, "followers")), ("x:a", Reach(5, 8, 80, "followers")),
                         ("x:b", Reach(0, 1, 2, "followers"))])
    assert found == Reach(5, 11, 102, "followers")


def test_posts_without_a_known_account_count_each() -> None:
    assert reach.total([(None, Reach(0, 1, 2, "assumed"))] * 3) == Reach(0, 3, 6, "assumed")


def test_sums_of_different_methods_say_so() -> None:
    mixed = [("x:a", Reach(1, 10, 100, "followers")), ("t:b", Reach(7, 7, 7, "views")), (None, Reach(0, 1, 2, "assumed"))]
    assert reach.total(mixed).method == "assumed+followers+views"
    assert reach.by_method(mixed) == [Reach(0, 1, 2, "assumed"), Reach(1, 10, 100, "followers"), Reach(7, 7, 7, "views")]


def test_nothing_reaches_nobody() -> None:
    assert reach.total([]) == Reach(0, 0, 0, "none")


reaches = st.lists(st.tuples(st.none() | st.sampled_from(["x:a", "x:b", "t:c"]), st.builds(
    lambda a, b, c, m: Reach(*sorted((a, b, c)), m), *[st.integers(0, 10**6)] * 3, st.sampled_from(["views", "followers"]))), max_size=12)


@given(reaches, st.randoms(use_true_random=False))
def test_the_total_does_not_depend_on_the_order(found: list[tuple[str | None, Reach]], dice: object) -> None:
    shuffled = list(found)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert reach.total(found) == reach.total(shuffled)
    assert sum(part.mid for part in reach.by_method(found)) == reach.total(found).mid


def test_word_of_mouth_is_what_a_survey_says_and_can_be_edited() -> None:
    assert reach.hearsay(10, 3) == reach.Hearsay(80, 63)
    assert reach.hearsay(10, 3, reach.WordOfMouth(15, 24, 2012, "Amex")) == reach.Hearsay(150, 72)
    assert reach.hearsay(0, 0) == reach.Hearsay(0, 0)
    with pytest.raises(ValueError, match="from 0 up"):
        reach.WordOfMouth(satisfied=-1)


def test_word_of_mouth_has_a_year_and_a_source_and_is_no_reach() -> None:
    survey = reach.WordOfMouth()
    assert survey.year > 2000 and survey.source and not isinstance(reach.hearsay(1, 1), Reach)


def test_every_kind_we_collect_from_has_an_assumption_of_its_own() -> None:
    from listener.collectors import COLLECTORS

    assert set(COLLECTORS) <= set(reach.DEFAULT.audience)
