"""What is a change and what is chance."""

from __future__ import annotations

import random

import pytest

from alerts.digest.weigh import LEAST, alike, apart, contrast, dispersion, share_of, shares
from sentiment.prevalence import negative_share


def test_nothing_is_said_in_per_cent_of_a_few() -> None:
    found = contrast(60, LEAST - 1)
    assert found.percent is None and found.interval is None and found.real


def test_a_difference_of_a_handful_is_no_change() -> None:
    assert not contrast(4, 0).real and not contrast(8, 3).real and contrast(30, 3).real


def test_the_interval_of_a_change_holds_it() -> None:
    found = contrast(612, 241)
    assert found.percent is not None and found.interval is not None
    assert found.interval[0] < found.percent < found.interval[1] and round(found.percent, 2) == 1.54


def test_bursty_days_make_a_change_less_sure() -> None:
    calm, bursty = dispersion([30, 31, 29, 30, 30, 32, 28]), dispersion([5, 80, 20, 60, 10, 30, 5])
    assert calm == 1.0 and bursty > 10
    assert contrast(130, 90, calm).real and not contrast(130, 90, bursty).real


def test_of_calm_counts_few_look_changed() -> None:
    dice = random.Random(5)
    draws = [contrast(sum(dice.random() < 0.1 for _ in range(1000)), sum(dice.random() < 0.1 for _ in range(1000))) for _ in range(600)]
    assert sum(one.real for one in draws) <= 12  # 1 % of 600 are 6


def test_equal_shares_are_not_apart_and_different_ones_are() -> None:
    assert apart((0.2, 0.15, 0.25), (0.2, 0.15, 0.25)) == 0
    assert apart((0.3, 0.28, 0.32), (0.2, 0.18, 0.22)) > 5
    assert shares((30, 100), (30, 100)) == 0 == shares((0, 0), (3, 4)) and shares((60, 100), (30, 100)) > 4


def test_spans_are_compared_only_where_as_much_was_seen_of_both() -> None:
    assert alike(0.97, 0.99) and not alike(0.5, 0.99) and not alike(0.3, 0.3)


@pytest.mark.parametrize("of", [0, 5, LEAST - 1])
def test_no_share_of_a_few(of: int) -> None:
    assert share_of(0, of) is None


def test_the_share_that_is_corrected_finds_the_truth_a_plain_count_misses() -> None:
    """Posts of a known mix, labelled as the packaged model's table says: the interval should hold the truth in 95 of 100 cases."""
    from sentiment.prevalence import CONFUSIONS

    table, dice, held = CONFUSIONS["goosh-fa-en@2"]["fa"], random.Random(7), 0
    for _ in range(100):
        truth = (0.15, 0.55, 0.3)
        seen = [0, 0, 0]
        for row, share in zip(table, truth, strict=True):
            for label in dice.choices(range(3), row, k=round(800 * share)):
                seen[label] += 1
        found = negative_share({"fa": seen}, "goosh-fa-en@2+abc")
        assert found is not None and found.corrected
        held += found.low <= truth[0] <= found.high
    assert held >= 90


def test_an_unknown_model_is_counted_as_labelled_and_says_so() -> None:
    found = negative_share({"fa": (30, 50, 20)}, "hub@1")
    assert found is not None and not found.corrected and abs(found.value - 0.3) < 1e-9 and found.low < 0.3 < found.high
    assert negative_share({"fa": (3, 5, 2)}, "hub@1") is None


def test_no_complaint_is_not_known_to_be_none() -> None:
    found = negative_share({"fa": (2, 400, 100)}, "goosh-fa-en@2")
    assert found is not None and found.low == 0 and found.high > 0.003
