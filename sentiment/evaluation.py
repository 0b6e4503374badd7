"""How good a scorer is, in figures with intervals. Pure: probabilities and labels in, numbers out.

Words: *macro-F1* is the mean of the F1 of the classes present; *macro recall* the mean of their recalls. On rows with two classes
only (star ratings, SST-2) the scorer decides between those two, as published results on such sets do. *Expected calibration error*
is over 15 bins of equal width of the largest probability. *Coverage* is the share of rows whose certainty reaches a bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

LABELS = ("negative", "neutral", "positive")
ROUNDS = 1000  # bootstrap samples
BINS = 15

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the 2.5 and 97.5 % points of its bootstrap distribution."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose certainty lies in (`low`, `high`]: how many, how certain on average, how often right."""

    low: float
    high: float
    count: int
    certainty: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one set of rows. `confusion[truth][chosen]` holds counts in the order of `LABELS`."""

    n: int
    classes: tuple[str, ...]
    accuracy: Interval
    macro_f1: Interval
    macro_recall: Interval
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float
    reliability: tuple[Bin, ...]
    coverage_at_target: float
    error_at_80: float  # error on the most certain 80 %
    curve: tuple[tuple[float, float], ...]  # (coverage, error) at every tenth
    groups: Mapping[str, Report] = field(default_factory=dict)


def indices(labels: Sequence[str]) -> Ints:
    """Labels as 0, 1, 2. Raises: ValueError for anything else."""
    return np.array([LABELS.index(label) for label in labels], dtype=np.int64)


def decide(probabilities: Floats, classes: Sequence[int]) -> Ints:
    """The likeliest of `classes` for each row (all three, or the two that a set knows)."""
    columns = np.asarray(sorted(classes))
    return np.asarray(columns[np.asarray(probabilities)[:, columns].argmax(-1)])


def counts(truth: Ints, chosen: Ints) -> Ints:
    """Confusion counts (3, 3), truth by row."""
    return np.bincount(truth * 3 + chosen, minlength=9).reshape(3, 3)


def recalls_and_f1(confusion: Ints, classes: Sequence[int]) -> tuple[float, float]:
    """Macro recall and macro-F1 over `classes`; a class that occurs neither in truth nor in choice counts 0."""
    hits = confusion.diagonal()
    truth, chosen = confusion.sum(1), confusion.sum(0)
    picked = list(classes)
    recall = hits[picked] / np.maximum(truth[picked], 1)
    f1 = 2 * hits[picked] / np.maximum(truth[picked] + chosen[picked], 1)
    return float(recall.mean()), float(f1.mean())


def bootstrap(truth: Ints, chosen: Ints, classes: Sequence[int], *, rounds: int = ROUNDS, seed: int = 0) -> tuple[Interval, Interval, Interval]:
    """Accuracy, macro-F1 and macro recall with intervals. Cells of the confusion table are drawn, which is the same as drawing rows."""
    table = counts(truth, chosen)
    n = max(int(table.sum()), 1)
    draws = np.random.default_rng(seed).multinomial(n, table.ravel() / n, size=rounds).reshape(-1, 3, 3)
    accuracy = draws.diagonal(axis1=1, axis2=2).sum(1) / n
    both = np.array([recalls_and_f1(draw, classes) for draw in draws])
    recall, f1 = recalls_and_f1(table, classes)

    def interval(value: float, found: Floats) -> Interval:
        low, high = np.quantile(found, (0.025, 0.975))
        return Interval(value, float(low), float(high))

    return interval(float(table.trace() / n), accuracy), interval(f1, both[:, 1]), interval(recall, both[:, 0])


def reliability(certainty: Floats, correct: npt.NDArray[np.bool_], bins: int = BINS, weights: Floats | None = None) -> tuple[float, tuple[Bin, ...]]:
    """Expected calibration error, and the bins that have rows."""
    weight = np.ones(len(certainty)) if weights is None else np.asarray(weights, np.float64)
    place = np.clip(np.ceil(np.asarray(certainty) * bins).astype(int) - 1, 0, bins - 1)
    found, error = [], 0.0
    for at in range(bins):
        rows = place == at
        mass = float(weight[rows].sum())
        if mass > 0:
            sure = float((certainty[rows] * weight[rows]).sum() / mass)
            right = float((correct[rows] * weight[rows]).sum() / mass)
            found.append(Bin(at / bins, (at + 1) / bins, int(rows.sum()), sure, right))
            error += mass / float(weight.sum()) * abs(sure - right)
    return error, tuple(found)


def risk_coverage(certainty: Floats, correct: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Coverage and error of the most certain 1, 2, … n rows."""
    order = np.argsort(-np.asarray(certainty, np.float64), kind="stable")
    wrong = ~np.asarray(correct, np.bool_)[order]
    taken = np.arange(1, len(order) + 1)
    return taken / max(len(order), 1), np.cumsum(wrong) / taken


def evaluate(
    probabilities: Floats,
    labels: Sequence[str],
    floors: Sequence[float] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    *,
    rounds: int = ROUNDS,
) -> Report:
    """The figures of a set. `floors` are the certainty floors stored with the scores (coverage at the target error);
    `groups` gives names per row, such as {"lang": [...], "source": [...]}, for a report of each name."""
    probabilities = np.asarray(probabilities, np.float64).reshape(-1, 3)
    truth = indices(labels)
    if not len(truth):
        raise ValueError("no labelled rows")
    classes = sorted(set(truth.tolist()))
    asked = classes if len(classes) == 2 else [0, 1, 2]
    counted = classes if len(classes) > 1 else [0, 1, 2]
    chosen = decide(probabilities, asked)
    shares = probabilities[:, asked] / np.maximum(probabilities[:, asked].sum(-1, keepdims=True), 1e-12)
    certainty = shares.max(-1)
    correct = chosen == truth
    accuracy, f1, recall = bootstrap(truth, chosen, counted, rounds=rounds)
    error, bins = reliability(certainty, correct)
    coverage, risk = risk_coverage(certainty, correct)
    tenth = [max(round(len(truth) * part / 10) - 1, 0) for part in range(1, 11)]
    sure = probabilities.max(-1) >= np.asarray(floors if floors is not None else np.zeros(len(truth)))
    inner: dict[str, Report] = {}
    for kind, names in (groups or {}).items():
        for name in sorted(set(names)):
            rows = [at for at, each in enumerate(names) if each == name]
            if len(rows) < len(truth) or len(set(names)) == 1:
                part = [floors[at] for at in rows] if floors is not None else None
                inner[f"{kind}={name}"] = evaluate(probabilities[rows], [labels[at] for at in rows], part, rounds=rounds)
    return Report(
        n=len(truth),
        classes=tuple(LABELS[at] for at in classes),
        accuracy=accuracy,
        macro_f1=f1,
        macro_recall=recall,
        confusion=tuple(tuple(int(cell) for cell in row) for row in counts(truth, chosen)),
        calibration_error=error,
        reliability=bins,
        coverage_at_target=float(sure.mean()),
        error_at_80=float(risk[tenth[7]]),
        curve=tuple((round(float(coverage[at]), 3), round(float(risk[at]), 4)) for at in tenth),
        groups=inner,
    )


def negative_share(probabilities: Floats, confusion: Floats | None = None, *, rounds: int = 500, seed: int = 0) -> Interval:
    """Estimate of the true share of negative posts in a set, with a 95 % interval.

    Counting labels counts the scorer's habits too. With the scorer's `confusion` on labelled rows (3, 3; truth by row) this is the
    adjusted count (Forman 2008): the mix of classes whose expected labels are nearest to those seen, kept within 0 … 1; the interval
    covers both the set's and the table's sampling. Without it, the mean calibrated probability.
    """
    probabilities = np.asarray(probabilities, np.float64).reshape(-1, 3)
    n = len(probabilities)
    if not n:
        raise ValueError("no scores")
    rng = np.random.default_rng(seed)
    if confusion is None:
        negative = probabilities[:, 0]
        means = [float(negative[rng.integers(0, n, n)].mean()) for _ in range(rounds)]
        low, high = np.quantile(means, (0.025, 0.975))
        return Interval(float(negative.mean()), float(low), float(high))
    table = np.asarray(confusion, np.float64)
    seen = np.bincount(probabilities.argmax(-1), minlength=3)

    def solve(rates: Floats, shares: Floats) -> float:
        # The error of a mix is a convex function on a triangle: a grid of 2 % steps, then one of 0.2 % around the best.
        best = np.full(3, 1 / 3)
        width, step = 1.0, 0.05
        for _ in range(3):
            first = np.clip(best[0] + np.arange(-width, width + step, step), 0, 1)
            second = np.clip(best[1] + np.arange(-width, width + step, step), 0, 1)
            grid = np.stack(np.meshgrid(first, second), -1).reshape(-1, 2)
            grid = grid[grid.sum(-1) <= 1 + 1e-9]
            mixes = np.column_stack([grid, np.clip(1 - grid.sum(-1), 0, 1)])
            best = mixes[np.square(mixes @ rates - shares).sum(-1).argmin()]
            width, step = step, step / 10
        return float(best[0])

    def rates_of(cells: Floats) -> Floats:
        return np.asarray((cells + 0.5) / (cells + 0.5).sum(1, keepdims=True))

    value = solve(rates_of(table), seen / n)
    found = []
    for _ in range(min(rounds, 200)):
        drawn: Floats = np.stack([rng.multinomial(max(int(row.sum()), 1), (row + 1e-9) / (row + 1e-9).sum()) for row in table]).astype(np.float64)
        found.append(solve(rates_of(drawn), rng.multinomial(n, seen / n) / n))
    low, high = np.quantile(found, (0.025, 0.975))
    return Interval(value, min(float(low), value), max(float(high), value))
