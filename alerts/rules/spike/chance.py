"""How likely so many negative posts are by chance: the tail of a beta-binomial."""

from __future__ import annotations

import math


def tail(successes: int, trials: int, share: float, strength: float) -> float:
    """Return the chance of at least ``successes`` among ``trials`` when the share is about ``share`` (beta-binomial).

    ``strength`` is how many posts the knowledge of the share is worth.
    """
    if successes <= 0:
        return 1.0
    a, b = share * strength, (1 - share) * strength
    k = min(successes, trials)
    term = math.exp(math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
                    + _log_beta(k + a, trials - k + b) - _log_beta(a, b))
    total = 0.0
    while True:
        total += term
        if k >= trials or term < 1e-9 * total:
            return min(1.0, total)
        term *= (trials - k) * (k + a) / ((k + 1) * (trials - k - 1 + b))
        k += 1


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
