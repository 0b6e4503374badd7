"""How often a rule was right, as people judged its alerts. Pure.

``real`` and ``late`` count as right: it was a storm, whether we were early or not. ``not_ours`` counts as wrong. ``known`` is
a class of its own and counts as neither: it happened, but who was paged knew of it, which says nothing of the rule; it is
shown beside the figure. An alert has one verdict, the last one given.

A rule that was mostly wrong is demoted to the digest, never switched off: its alerts are P3 until somebody promotes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from listener.types import Verdict, VerdictKind

WINDOW = 20
"""So many of the last verdicts decide, and with fewer nothing is decided: even at 5 of 20 the interval reaches up to .47."""

LEAST = 0.5  # of the last verdicts that were right; below it a rule disturbs more often than it helps
Z = 1.959964  # of the normal distribution, for an interval that holds the truth in 95 of 100 cases

RIGHT = frozenset({VerdictKind.REAL, VerdictKind.LATE})


@dataclass(frozen=True, slots=True)
class Precision:
    """How the alerts of a rule were judged: counts of alerts."""

    right: int = 0
    wrong: int = 0
    known: int = 0

    @property
    def judged(self) -> int:
        """How many verdicts say something of the rule."""
        return self.right + self.wrong

    @property
    def share(self) -> float | None:
        """The share that was right, 0..1; None: nothing was judged."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of Wilson (1927), 0..1; None: nothing was judged."""
        return wilson(self.right, self.judged) if self.judged else None


def wilson(right: int, of: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share: Wilson, J. Am. Stat. Assoc. 22 (1927), p. 209–212.

    >>> [round(bound, 2) for bound in wilson(11, 14)]
    [0.52, 0.92]
    """
    share, spread = right / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    reach = Z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def measure(verdicts: Iterable[Verdict], last: int | None = None) -> Precision:
    """Return how the alerts of one rule were judged; with ``last``, only so many that count as right or wrong, the newest."""
    words: dict[str, VerdictKind] = {}  # the last one on each alert, newest first
    for one in sorted(verdicts, key=lambda one: (one.at, one.fingerprint, one.who), reverse=True):
        words.setdefault(one.fingerprint, one.kind)
    counted = [kind for kind in words.values() if kind is not VerdictKind.KNOWN][:last]
    return Precision(sum(kind in RIGHT for kind in counted), sum(kind not in RIGHT for kind in counted), list(words.values()).count(VerdictKind.KNOWN))


def mostly_wrong(verdicts: Iterable[Verdict]) -> bool:
    """Whether a rule is to be demoted: at least ``WINDOW`` verdicts, and of the last so many less than half were right."""
    found = measure(verdicts, WINDOW)
    return found.judged >= WINDOW and found.right < LEAST * found.judged
