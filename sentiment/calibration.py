"""Probabilities that mean what they say, and how certain a score must be for a given share of errors. Pure.

A `Calibration` turns the logits of a head into probabilities: divided by a temperature and shifted by a bias per class, both per
language (three more numbers than temperature scaling, needed because classes are balanced in training and not in the world), and the
largest of the three is then moved along a curve, because a model is not equally overconfident everywhere. The certainty floors say, per language and target error, the largest probability under which a score counts as unsure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

TARGETS = (0.02, 0.03, 0.05, 0.07, 0.10, 0.12, 0.15, 0.20, 0.25, 0.30)  # errors for which a floor is stored
OTHER = "other"  # the entry for languages without one of their own
MOST = 0.995  # what the surest score can become: labels themselves are wrong more often
STEEP = 0.1  # least slope of a curve, so that a surer score stays surer


@dataclass(frozen=True, slots=True)
class Scaling:
    """`softmax(logits / temperature + bias)`, its largest probability moved along `curve`: corners (before, after), ascending."""

    temperature: float = 1.0
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    curve: tuple[tuple[float, float], ...] = ()

    def __call__(self, logits: Floats) -> Floats:
        chances = softmax(logits / self.temperature + np.asarray(self.bias))
        return moved(chances, self.curve) if self.curve else chances


@dataclass(frozen=True, slots=True)
class Calibration:
    """By language, with `other` for the rest: the scaling of the last and of the early head, and the certainty floors."""

    full: Mapping[str, Scaling]
    early: Mapping[str, Scaling]
    floors: Mapping[str, Mapping[float, float]] = field(default_factory=dict)

    def apply(self, logits: Floats, languages: Sequence[str], *, early: bool) -> npt.NDArray[np.float32]:
        """Calibrated probabilities (texts, 3); each row sums to 1. `logits` may be anything: what is not a number counts as 0."""
        scalings = self.early if early else self.full
        out = np.empty((len(languages), 3), np.float64)
        logits = np.clip(np.nan_to_num(np.asarray(logits, np.float64), nan=0.0), -50.0, 50.0)
        for language in set(languages):
            rows = [at for at, name in enumerate(languages) if name == language]
            out[rows] = (scalings.get(language) or scalings.get(OTHER) or Scaling())(logits[rows])
        return out.astype(np.float32)

    def floor(self, language: str, target: float) -> float:
        """Least certainty of scores whose errors stay within `target`, interpolated between the stored targets."""
        stored = self.floors.get(language) or self.floors.get(OTHER) or {}
        if not stored:
            return 0.0
        targets = sorted(stored)
        return float(np.interp(target, targets, [stored[each] for each in targets]))

    def to_json(self) -> dict[str, Any]:
        def scalings(of: Mapping[str, Scaling]) -> dict[str, Any]:
            return {name: {"temperature": each.temperature, "bias": list(each.bias), "curve": [list(corner) for corner in each.curve]}
                    for name, each in of.items()}

        floors = {name: {str(target): floor for target, floor in each.items()} for name, each in self.floors.items()}
        return {"full": scalings(self.full), "early": scalings(self.early), "floors": floors}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Calibration:
        def scalings(of: Mapping[str, Any]) -> dict[str, Scaling]:
            return {name: Scaling(each["temperature"], tuple(each["bias"]), tuple(tuple(corner) for corner in each.get("curve", ())))
                    for name, each in of.items()}

        floors = {name: {float(target): floor for target, floor in each.items()} for name, each in stored["floors"].items()}
        return cls(scalings(stored["full"]), scalings(stored["early"]), floors)


def softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True))


def moved(chances: Floats, curve: Sequence[tuple[float, float]]) -> Floats:
    """`chances` (n, 3) with the largest of each row moved along `curve` and the rest scaled; the same label stays the largest."""
    order = np.sort(chances, axis=-1)
    largest, second = order[:, -1], order[:, -2]
    rest = np.maximum(1.0 - largest, 1e-12)
    wanted = np.interp(largest, [before for before, _ in curve], [after for _, after in curve])
    least = second / (rest + second) + 1e-6  # where both would be alike
    after = np.clip(wanted, np.minimum(least, largest), 1.0)
    scaled = chances * ((1.0 - after) / rest)[:, None]
    scaled[np.arange(len(chances)), chances.argmax(-1)] = after
    return np.asarray(scaled)


def fit_curve(certainty: Floats, correct: npt.NDArray[np.bool_], weights: Floats | None = None, *, bins: int = 8, prior: float = 40.0) -> tuple[tuple[float, float], ...]:
    """The corners of `Scaling.curve`: mean certainty → share right in bins of equal weight, made monotone (histogram binning,
    arXiv 1706.04599, with straight lines between). `prior`: rows by which the certainty itself is believed."""
    order = np.argsort(np.asarray(certainty, np.float64), kind="stable")
    sure, right = np.asarray(certainty, np.float64)[order], np.asarray(correct, np.float64)[order]
    weight = np.ones(len(order)) if weights is None else np.asarray(weights, np.float64)[order]
    place = np.minimum(((np.cumsum(weight) - weight / 2) / weight.sum() * bins).astype(int), bins - 1)
    corners = [(1 / 3, 1 / 3)]
    for at in range(bins):
        rows = place == at
        mass = float(weight[rows].sum())
        if mass > 0:
            mean = float((sure[rows] * weight[rows]).sum() / mass)
            count = float(weight[rows].sum() ** 2 / np.square(weight[rows]).sum())
            share = float((right[rows] * weight[rows]).sum() / mass)
            after = (share * count + mean * prior) / (count + prior)
            before, least = corners[-1]
            corners.append((mean, max(after, least + STEEP * (mean - before))))
    before, least = corners[-1]
    corners.append((1.0, max(MOST, least + STEEP * (1 - before))))
    return tuple((round(before, 5), round(min(after, 1.0), 5)) for before, after in corners)


def fit_scaling(logits: Floats, labels: npt.NDArray[np.integer[Any]], weights: Floats | None = None, *, with_bias: bool = True) -> Scaling:
    """The scaling with the least weighted log-loss, by Newton's method on four numbers (inverse temperature and three biases).

    `labels` are 0, 1, 2. A small ridge keeps the biases finite when a class is missing. The temperature stays within 0.2 … 5.
    """
    logits = np.asarray(logits, np.float64)
    weights = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    weights = weights / weights.sum()
    truth = np.eye(3)[labels]
    at = np.array([1.0, 0.0, 0.0, 0.0])
    ridge = np.array([1e-4, 1e-4, 1e-4, 1e-4] if with_bias else [1e-4, 1e6, 1e6, 1e6])
    start = at.copy()

    def loss(point: Floats) -> float:
        chances = softmax(logits * point[0] + point[1:])
        picked = np.clip((chances * truth).sum(-1), 1e-12, None)
        return float(-(weights * np.log(picked)).sum() + (ridge * np.square(point - start)).sum() / 2)

    for _ in range(60):
        chances = softmax(logits * at[0] + at[1:])
        # Derivative of each of the three scaled logits by the four numbers: (n, 3, 4)
        jacobian = np.concatenate([logits[:, :, None], np.broadcast_to(np.eye(3), (len(logits), 3, 3))], axis=2)
        slope = np.einsum("n,nk,nkp->p", weights, chances - truth, jacobian) + ridge * (at - start)
        mean = np.einsum("nk,nkp->np", chances, jacobian)
        curve = np.einsum("n,nk,nkp,nkq->pq", weights, chances, jacobian, jacobian) - np.einsum("n,np,nq->pq", weights, mean, mean)
        move = np.linalg.solve(curve + np.diag(ridge + 1e-9), slope)
        size = 1.0
        while size > 1e-6 and not loss(at - size * move) <= loss(at):
            size /= 2
        at = at - size * move
        if np.abs(size * move).max() < 1e-9:
            break
    sharpness = float(np.clip(at[0], 0.2, 5.0))
    first, second, third = (at[1:] - at[1:].mean()).tolist()
    return Scaling(1.0 / sharpness, (first, second, third))


def fit_floors(certainty: Floats, correct: npt.NDArray[np.bool_], targets: Sequence[float] = TARGETS, weights: Floats | None = None) -> dict[float, float]:
    """For each target error, the least certainty such that scores at or above it err at most so often.

    1.0 where even the most certain do not reach the target (fewer than 30 of them do not count as evidence).
    """
    order = np.argsort(-np.asarray(certainty, np.float64), kind="stable")
    weight = np.ones(len(order)) if weights is None else np.asarray(weights, np.float64)[order]
    sure = np.asarray(certainty, np.float64)[order]
    errors = np.cumsum(weight * ~np.asarray(correct, np.bool_)[order]) / np.cumsum(weight)
    floors = {}
    for target in targets:
        good = np.flatnonzero(errors <= target)
        good = good[good >= min(30, len(order) - 1)]
        floors[float(target)] = float(sure[good[-1]]) if len(good) and good[-1] + 1 < len(order) else (0.0 if len(good) else 1.0)
    return floors
