"""Which words moved a score: each is left out in turn, and what changes is its part (occlusion)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from listener.types import Score, Scorer

_WORD = re.compile(r"\S+")
MOST_WORDS = 120  # longer posts are explained in spans of several words, so that cost stays bounded


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the text, its start and end, and how much it moved `polarity` (positive − negative; −2 … 2)."""

    text: str
    start: int
    end: int
    moved: float


def spans(text: str, most: int = MOST_WORDS) -> list[tuple[int, int]]:
    """Start and end of the words of `text`, joined into at most `most` spans."""
    words = [match.span() for match in _WORD.finditer(text)]
    size = -(-len(words) // most) if words else 1
    return [(words[at][0], words[min(at + size, len(words)) - 1][1]) for at in range(0, len(words), size)]


def explain(scorer: Scorer, text: str) -> tuple[Score, Sequence[Part]]:
    """The score of `text` and the part of each word. Raises: ScoreError as the scorer does."""
    places = spans(text)
    without = [text[:start] + text[end:] for start, end in places]
    whole, *others = (analysis.score for analysis in scorer.analyse([text, *without]))
    parts = [
        Part(text[start:end], start, end, whole.polarity - other.polarity)
        for (start, end), other in zip(places, others, strict=True)
    ]
    return whole, parts
