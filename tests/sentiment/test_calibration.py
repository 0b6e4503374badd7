"""Calibration on made-up logits whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sentiment.calibration import Calibration, Scaling, fit_curve, fit_floors, fit_scaling, moved, softmax
from sentiment.evaluation import reliability


def drawn(n: int, temperature: float, bias: tuple[float, float, float], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (n, 3))
    chances = softmax(logits / temperature + np.array(bias))
    return logits, (chances.cumsum(1) > rng.random((n, 1))).argmax(1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_scaling_that_made_the_labels_is_found(temperature: float) -> None:
    logits, labels = drawn(20000, temperature, (0.4, -0.5, 0.1))
    found = fit_scaling(logits, labels)
    assert found.temperature == pytest.approx(temperature, rel=0.08)
    assert found.bias == pytest.approx((0.4, -0.5, 0.1), abs=0.1)


def test_without_bias_labels_stay_as_they_are() -> None:
    logits, labels = drawn(2000, 2.0, (0.5, -0.5, 0.0))
    assert (fit_scaling(logits, labels, with_bias=False)(logits).argmax(1) == logits.argmax(1)).all()


def test_scaling_makes_overconfident_scores_honest() -> None:
    logits, labels = drawn(8000, 3.0, (0.0, 0.0, 0.0))
    scaled = fit_scaling(logits[:4000], labels[:4000])(logits[4000:])
    error, _ = reliability(scaled.max(1), scaled.argmax(1) == labels[4000:])
    assert error < 0.03


def test_a_missing_class_does_not_break_the_fit() -> None:
    logits, labels = drawn(500, 1.0, (0.0, 0.0, 0.0))
    found = fit_scaling(logits[labels != 1], labels[labels != 1])
    assert np.isfinite([found.temperature, *found.bias]).all()


def test_a_curve_mends_what_no_temperature_can() -> None:
    rng = np.random.default_rng(1)
    chances = softmax(rng.normal(0, 2, (12000, 3)))
    sure = chances.max(1)
    correct = rng.random(12000) < np.where(sure < 0.7, sure - 0.12, sure)  # overconfident in the middle only
    curve = fit_curve(sure[:6000], correct[:6000])
    before, _ = reliability(sure[6000:], correct[6000:])
    after, _ = reliability(moved(chances[6000:], curve).max(1), correct[6000:])
    assert before > 0.04 and after < before / 2


@given(arrays(np.float64, (5, 3), elements=st.floats(-8, 8)), st.integers(0, 1000))
def test_a_curve_changes_no_label_and_keeps_the_order(logits: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    certainty = rng.uniform(0.34, 1.0, 300)
    curve = fit_curve(certainty, rng.random(300) < certainty * rng.uniform(0.5, 1.0))
    chances = softmax(logits)
    after = moved(chances, curve)
    assert np.allclose(after.sum(1), 1.0) and (after >= 0).all() and (after <= 1).all()
    order = np.sort(chances, axis=1)
    clear = order[:, 2] - order[:, 1] > 1e-5
    assert (after.argmax(1) == chances.argmax(1))[clear].all()
    assert all(a[1] < b[1] for a, b in zip(curve, curve[1:], strict=False))


def test_floors_keep_the_target_error_and_fall_with_it() -> None:
    rng = np.random.default_rng(0)
    certainty = rng.uniform(0.34, 1.0, 5000)
    correct = rng.random(5000) < certainty
    floors = fit_floors(certainty, correct, (0.05, 0.10, 0.20))
    assert floors[0.05] >= floors[0.10] >= floors[0.20]
    for target, floor in floors.items():
        assert 1 - correct[certainty >= floor].mean() <= target + 1e-9


def test_a_target_met_by_all_needs_no_floor_and_one_met_by_none_takes_all() -> None:
    certainty = np.linspace(0.5, 0.9, 100)
    assert fit_floors(certainty, np.ones(100, bool), (0.1,)) == {0.1: 0.0}
    assert fit_floors(certainty, np.zeros(100, bool), (0.1,)) == {0.1: 1.0}


def test_calibration_survives_its_file() -> None:
    calibration = Calibration({"fa": Scaling(1.5, (0.1, 0.0, -0.1)), "other": Scaling()}, {"other": Scaling(2.0)}, {"fa": {0.1: 0.6, 0.2: 0.5}})
    assert Calibration.from_json(calibration.to_json()) == calibration


def test_a_language_of_its_own_has_its_own_scaling_and_others_share_one() -> None:
    calibration = Calibration({"fa": Scaling(0.5), "other": Scaling(5.0)}, {}, {"fa": {0.1: 0.6, 0.2: 0.4}, "other": {0.1: 0.9}})
    fa, de = calibration.apply(np.array([[0.0, 0.0, 2.0]] * 2), ["fa", "de"], early=False)
    assert fa.max() > de.max()
    assert calibration.floor("fa", 0.15) == pytest.approx(0.5) and calibration.floor("de", 0.1) == 0.9


@given(arrays(np.float64, (4, 3), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_any_logits_give_probabilities(logits: np.ndarray) -> None:
    found = Calibration({"other": Scaling(0.7, (0.2, -0.1, -0.1))}, {}, {}).apply(logits, ["fa", "en", "other", "x"], early=False)
    assert np.isfinite(found).all() and np.abs(found.sum(1) - 1).max() < 1e-5
