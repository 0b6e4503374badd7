"""Figures: on tables one can check by hand, and against what scikit-learn says."""

from __future__ import annotations

import numpy as np
import pytest

from sentiment.evaluation import (
    LABELS,
    bootstrap,
    counts,
    decide,
    evaluate,
    indices,
    negative_share,
    recalls_and_f1,
    reliability,
    risk_coverage,
)


def one_hot(*names: str) -> np.ndarray:
    return np.array([[0.9 if name == label else 0.05 for label in LABELS] for name in names])


def test_all_right_is_one_everywhere() -> None:
    report = evaluate(one_hot("negative", "neutral", "positive"), ["negative", "neutral", "positive"])
    assert (report.accuracy.value, report.macro_f1.value, report.macro_recall.value) == (1.0, 1.0, 1.0)
    assert report.confusion == ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def test_a_file_with_two_classes_is_decided_between_them() -> None:
    probabilities = np.array([[0.3, 0.6, 0.1], [0.1, 0.6, 0.3]])
    report = evaluate(probabilities, ["negative", "positive"])
    assert report.classes == ("negative", "positive") and report.accuracy.value == 1.0


def test_three_classes_may_all_be_chosen() -> None:
    report = evaluate(np.array([[0.3, 0.6, 0.1]] * 3), ["negative", "positive", "neutral"])
    assert report.accuracy.value == pytest.approx(1 / 3)


def test_macro_figures_agree_with_sklearn() -> None:
    """The figures are those of f1_score and recall_score(…, average="macro"), scikit-learn 1.9.1."""
    truth = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    chosen = np.array([0, 0, 0, 0, 1, 2, 1, 1, 0, 2, 0, 0])
    recall, f1 = recalls_and_f1(counts(truth, chosen), [0, 1, 2])
    assert f1 == pytest.approx(0.5606837606837606) and recall == pytest.approx(0.5555555555555555)


def test_the_interval_covers_the_figure_and_narrows_with_rows() -> None:
    rng = np.random.default_rng(1)
    widths = []
    for n in (50, 5000):
        truth = rng.integers(0, 3, n)
        chosen = np.where(rng.random(n) < 0.8, truth, (truth + 1) % 3)
        accuracy, f1, _ = bootstrap(truth, chosen, [0, 1, 2])
        assert accuracy.low <= accuracy.value <= accuracy.high and f1.low <= f1.value <= f1.high
        widths.append(f1.high - f1.low)
    assert widths[1] < widths[0] / 5


def test_calibration_error_is_the_gap_between_certainty_and_accuracy() -> None:
    certainty = np.full(100, 0.9)
    error, bins = reliability(certainty, np.arange(100) < 60)
    assert error == pytest.approx(0.3) and len(bins) == 1 and bins[0].count == 100


def test_risk_falls_with_coverage_when_certainty_is_earned() -> None:
    certainty = np.linspace(0.4, 1, 100)
    coverage, risk = risk_coverage(certainty, np.random.default_rng(0).random(100) < certainty)
    assert coverage[-1] == 1.0 and risk[49] <= risk[-1]


def test_groups_have_reports_of_their_own() -> None:
    report = evaluate(one_hot("negative", "positive", "neutral"), ["negative", "positive", "positive"], groups={"lang": ["fa", "fa", "en"]})
    assert report.groups["lang=fa"].accuracy.value == 1.0 and report.groups["lang=en"].accuracy.value == 0.0


def test_coverage_counts_scores_at_or_above_their_floor() -> None:
    report = evaluate(one_hot("negative", "negative"), ["negative", "positive"], [0.5, 0.99])
    assert report.coverage_at_target == 0.5


def test_no_rows_are_an_error() -> None:
    with pytest.raises(ValueError, match="no labelled rows"):
        evaluate(np.zeros((0, 3)), [])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_the_adjusted_count_finds_the_true_share_where_counting_labels_does_not(share: float) -> None:
    rng = np.random.default_rng(3)
    confusion = np.array([[60, 30, 10], [10, 80, 10], [5, 15, 80]])  # the scorer misses four complaints in ten
    truth = rng.choice(3, 4000, p=[share, (1 - share) / 2, (1 - share) / 2])
    chosen = np.array([rng.choice(3, p=confusion[row] / 100) for row in truth])
    found = negative_share(np.eye(3)[chosen], confusion)
    assert found.low <= found.value <= found.high
    assert abs(found.value - share) < 0.04
    assert abs((chosen == 0).mean() - share) > abs(found.value - share)


def test_without_a_table_the_share_is_the_mean_probability() -> None:
    found = negative_share(np.array([[0.8, 0.1, 0.1], [0.2, 0.4, 0.4]]))
    assert found.value == pytest.approx(0.5)


def test_unknown_labels_are_an_error() -> None:
    with pytest.raises(ValueError):
        indices(["good"])


def test_decide_keeps_to_the_classes_given() -> None:
    assert decide(np.array([[0.1, 0.8, 0.1]]), [0, 2]).tolist() == [0]
