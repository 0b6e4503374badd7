"""What changed beyond chance, and by how much. Pure.

Posts come in bursts, so that counts vary more than Poisson's law says. How much more is taken from the days of spans before (the
index of dispersion, 1 at least; quasi-Poisson, McCullagh and Nelder, "Generalized Linear Models", 2nd ed. 1989, §6.2), and a
count of n posts weighs as n/φ. The interval of a ratio is that of a binomial share (Przyborowski and Wilenski, Biometrika 31,
1940) by Wilson. A dozen figures are looked at each week: only what lies beyond ``REAL`` standard deviations is called a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from alerts.precision import Z, wilson

LEAST = 20
"""Posts below which nothing is said in per cent."""
REAL = 2.576  # 99 %: of a dozen calm figures one in eight weeks looks changed
FEW = 5  # posts more or fewer below which nothing is called a change, however calm the days were
LIKE = 0.1  # difference in coverage up to which counts of two spans are compared
OBSERVED = 0.5  # share of a span below which nothing is compared with it


@dataclass(frozen=True, slots=True)
class Contrast:
    """A count and the one before it. ``z`` is the standardised change, ``interval`` the 95 % one of ``percent``, -1 and more."""

    now: int
    before: int
    z: float
    percent: float | None  # None: too few before
    interval: tuple[float, float] | None

    @property
    def real(self) -> bool:
        return abs(self.z) >= REAL and abs(self.now - self.before) >= FEW


def contrast(now: int, before: int, dispersion: float = 1.0) -> Contrast:
    """Return how a count differs from the one before."""
    total = now + before
    if not total:
        return Contrast(now, before, 0.0, None, None)
    z = (now - before) / sqrt(dispersion * total)
    if before < LEAST:
        return Contrast(now, before, z, None, None)
    weight = max(total / dispersion, 1.0)
    low, high = _interval(now / total, weight)
    return Contrast(now, before, z, now / before - 1,
                    (low / (1 - low) - 1 if low < 1 else inf, high / (1 - high) - 1 if high < 1 else inf))


def _interval(share: float, weight: float) -> tuple[float, float]:
    """Return Wilson's interval of a share that counts as ``weight`` trials, not necessarily a whole number of them."""
    spread = Z * Z / weight
    middle, reach = (share + spread / 2) / (1 + spread), Z * sqrt(share * (1 - share) / weight + spread / (4 * weight)) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def dispersion(days: Sequence[int]) -> float:
    """Return how much more the counts of days vary than Poisson's law says; 1 at least."""
    mean = sum(days) / len(days) if days else 0.0
    return max(1.0, sum((day - mean) ** 2 for day in days) / mean / (len(days) - 1)) if mean > 0 and len(days) > 1 else 1.0


def apart(now: tuple[float, float, float], before: tuple[float, float, float]) -> float:
    """Return the standardised difference of two shares, each with its 95 % interval (value, low, high)."""
    spread = sqrt(sum(((high - low) / (2 * Z)) ** 2 for _, low, high in (now, before)))
    return (now[0] - before[0]) / spread if spread else 0.0


def shares(now: tuple[int, int], before: tuple[int, int]) -> float:
    """Return the standardised difference of two shares given as (of them, of all): the pooled test of proportions."""
    if not now[1] or not before[1]:
        return 0.0
    pooled = (now[0] + before[0]) / (now[1] + before[1])
    spread = sqrt(pooled * (1 - pooled) * (1 / now[1] + 1 / before[1]))
    return (now[0] / now[1] - before[0] / before[1]) / spread if spread else 0.0


def share_of(part: int, whole: int) -> tuple[float, float, float] | None:
    """Return a share with its 95 % interval; None under ``LEAST`` posts."""
    return (part / whole, *wilson(part, whole)) if whole >= LEAST else None


def alike(seen: float, before: float) -> bool:
    """Whether so much alike was seen of two spans that counts of posts may be compared."""
    return min(seen, before) >= OBSERVED and abs(seen - before) <= LIKE
