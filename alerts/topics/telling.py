"""What complaints of late say that those before them did not: phrases by the same measure that names topics. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from alerts.topics.naming import apart, ranked, runs, stops_with, usual_form

LEAST = 3  # complaints that say it; two may be one person's habit


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as most people write it, with how many of the complaints of late and of those before say it."""

    words: str
    now: int
    before: int


def telling(now: Iterable[str], before: Iterable[str], brand_words: Iterable[str] = (), *, most: int = 10) -> tuple[Phrase, ...]:
    """Return at most ``most`` phrases, the one that is said most first, no two of which have a word in common.

    They are chosen by class-based TF-IDF of two classes, the complaints of late and those before (``alerts.topics.naming``): what is
    said often now and seldom altogether. A text counts a phrase once; what copies of one text come to is for the caller to say.
    """
    stops = stops_with(brand_words)
    counts, written = {"now": Counter[str](), "before": Counter[str]()}, defaultdict[str, Counter[str]](Counter)
    for name, texts in (("now", now), ("before", before)):
        for text in texts:
            for run, surface in runs(text, stops).items():
                counts[name][run] += 1
                written[run][surface] += 1
    best = (run for run in ranked(counts)["now"] if counts["now"][run] >= LEAST)
    chosen = [Phrase(usual_form(written[run]), counts["now"][run], counts["before"][run]) for run in apart(best, most)]
    return tuple(sorted(chosen, key=lambda one: (-one.now, one.words)))
