"""How large a part of posts is negative, corrected for how the model errs. Pure.

Counting labels counts the scorer's habits too: one that calls a tenth of the neutral posts negative finds a storm in every calm
week. With the table of how it labels posts whose truth is known this is the adjusted count (Forman, "Quantifying counts and
costs via classification", Data Mining and Knowledge Discovery 17, 2008): the mix of classes whose expected labels are nearest
to those seen. The interval covers the sampling of the posts and of the table, not that the table's posts are of another kind,
nor that copies of one text are labelled alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Table = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]

ANY = "*"
DRAWS = 400
LEAST = 20
"""Scored posts below which no share is said."""

CONFUSIONS: Mapping[str, Mapping[str, Table]] = {
    # goosh evaluate apple_dfe brand_products deepsentipers neshan persian_twitter tweeteval --json: dev rows with three classes
    "goosh-fa-en@2": {
        "fa": ((209, 59, 23), (21, 219, 57), (29, 64, 347)),
        "en": ((332, 92, 30), (182, 924, 299), (36, 188, 861)),
        ANY: ((541, 151, 53), (203, 1143, 356), (65, 252, 1208)),
    },
}
"""By model and language: how many posts of each truth (row) got each label (column); negative, neutral, positive."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share 0..1 with its 95 % interval; not ``corrected``: nobody has measured how the model errs."""

    value: float
    low: float
    high: float
    corrected: bool = True


def negative_share(seen: Mapping[str, Sequence[int]], model: str | None) -> Share | None:
    """Return the share of posts that are negative, from counts of labels by language; None under ``LEAST`` scored posts.

    ``seen``: (negative, neutral, positive) by language, "" where nobody says. The same counts give the same figures.
    """
    counts = {language: np.asarray(row, np.float64) for language, row in sorted(seen.items()) if sum(row)}
    total = sum(float(row.sum()) for row in counts.values())
    if total < LEAST:
        return None
    tables = next((found for name, found in CONFUSIONS.items() if model and (model == name or model.startswith(name + "+"))), None)
    dice = np.random.default_rng(0)
    value, drawn = 0.0, np.zeros(DRAWS, np.float64)
    for language, row in counts.items():
        table = None if tables is None else np.asarray(tables.get(language) or tables[ANY], np.float64)
        part = row.sum() / total
        value += part * float(_mix(_rates(table), row[None] / row.sum())[0, 0])
        shares = dice.multinomial(int(row.sum()), row / row.sum(), size=DRAWS) / row.sum()
        if table is None:
            rates = _rates(None)
        else:
            rates = np.stack([dice.dirichlet(truth + 0.5, size=DRAWS) for truth in table], axis=1)
        drawn += part * _mix(rates, shares)[:, 0]
    low, high = (float(bound) for bound in np.quantile(drawn, (0.025, 0.975)))
    # fewer than errors alone would make: that there is none is not known, only that there are no more than were seen
    high = max(high, min(_most(sum(float(row[0]) for row in counts.values()), total), 1.0)) if low == 0 else high
    return Share(float(value), float(min(low, value)), float(max(high, value)), tables is not None)


def _most(negative: float, total: float) -> float:
    """Return the upper end of Wilson's interval of a share as it was counted."""
    share, spread = negative / total, 1.959964 ** 2 / total
    return float((share + spread / 2 + 1.959964 * np.sqrt(share * (1 - share) / total + spread / (4 * total))) / (1 + spread))


def _rates(table: Floats | None) -> Floats:
    """Return how a truth is labelled, a row each that sums to 1; without a table every label is taken for the truth."""
    if table is None:
        return np.eye(3)[None]
    return np.asarray((table + 0.5) / (table + 0.5).sum(1, keepdims=True))[None]


def _mix(rates: Floats, shares: Floats) -> Floats:
    """Return for each row of ``shares`` the mix of truths (none below 0, sum 1) whose expected labels are nearest to it."""
    number = max(len(rates), len(shares))
    labelled = np.broadcast_to(np.swapaxes(rates, 1, 2), (number, 3, 3))  # label by truth
    shares = np.broadcast_to(shares, (number, 3))
    best, least = np.zeros((number, 3)), np.full(number, np.inf)
    for size in (3, 2, 1):  # the least error lies inside the triangle, on a side, or in a corner
        for held in combinations(range(3), size):
            some = labelled[:, :, held]
            system = np.zeros((number, size + 1, size + 1))
            system[:, :size, :size] = np.swapaxes(some, 1, 2) @ some + 1e-12 * np.eye(size)
            system[:, :size, size] = system[:, size, :size] = 1.0
            wanted = np.concatenate([np.einsum("nlk,nl->nk", some, shares), np.ones((number, 1))], axis=1)
            found = np.linalg.solve(system, wanted[..., None])[:, :size, 0]
            error = np.square(np.einsum("nlk,nk->nl", some, found) - shares).sum(1)
            better = (found >= -1e-9).all(1) & (error < least - 1e-12)
            best[better] = 0.0
            best[np.ix_(better, held)] = np.clip(found[better], 0, 1)
            least[better] = error[better]
    return best
