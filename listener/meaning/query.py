"""What a search asks for: each word of it, with what else would say the same in either language and how surely.

A post's score is the sum over the words asked for of the best of what it holds of each (so that two words for one thing count once),
over its length as in BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, §3.2): translation by a dictionary
with weights, as in Darwish and Oard, "Probabilistic structured query methods" (SIGIR 2003), with the best in place of the sum.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from .lexicon import lexicon
from .words import ALL, FIRST_WORD, READ, Floats, Numbers, _number, counted, tokens, words

MEANT = 1.0  # weight of a meaning against the word itself
KIND = 0.5  # … of what is a kind of it: «غذا» finds «پیتزا»
WHOLE = 0.3  # … of what it is a kind of
NEAR = 0.5  # … of a word whose vector is near
NEAR_FROM = 0.5  # cosine
LENGTH = 0.4  # how much a long post counts less; 0 not at all
USUAL = 14  # numbers of a post of usual length
STRONG, FAIR = 0.7, 0.55  # of what is asked that a post says; how right the words are: tests/benchmarks/test_search.py
STRONG_LONG, FAIR_LONG = 0.4, 0.3  # … of what is asked by more than ``LONG`` words, a post: nobody says all of another's post
LONG = 5
MOST = 40  # words of a post that are asked for, when posts like it are wanted


Match = Literal["strong", "fair", "weak"]


@dataclass(frozen=True, eq=False)
class Sought:
    """A search: for each number that counts, what it is worth for each word asked for."""

    asked: npt.NDArray[np.bool_]  # of all numbers: whether it counts
    place: npt.NDArray[np.uint16]  # of all numbers: a row of ``worth``; 0 is a row of zeros
    worth: Floats  # (numbers, words asked for)

    @property
    def most(self) -> float:
        """What a post scores that says everything, before its length counts."""
        return float(self.worth.max(0).sum()) if self.worth.size else 0.0

    def match(self, row: Numbers) -> Match:
        """Return how well a post (WIDTH) matches, by how much of what is sought it says; however long it is."""
        share = float(self.worth[self.place[row]].max(0).sum()) / max(self.most, 1e-9) if self.worth.size else 0.0
        strong, fair = (STRONG, FAIR) if self.worth.shape[1] <= LONG else (STRONG_LONG, FAIR_LONG)
        return "strong" if share >= strong else "fair" if share >= fair else "weak"

    def score(self, rows: Numbers) -> tuple[npt.NDArray[np.intp], Floats]:
        """Return which posts (posts, WIDTH) hold anything that is sought, and their scores, 1 at best for a post of usual length."""
        hits = np.flatnonzero(self.asked.take(rows, mode="clip"))  # bytes, and no check of bounds: a third of the time of ``place[rows]``
        if not len(hits):
            return np.zeros(0, np.intp), np.zeros(0, np.float32)
        posts, columns = np.divmod(hits, rows.shape[1])
        starts = np.flatnonzero(np.r_[True, posts[1:] != posts[:-1]])
        best = np.maximum.reduceat(self.worth[self.place[rows[posts, columns]]], starts, axis=0)
        which = posts[starts]
        length = 1 - LENGTH + LENGTH * np.count_nonzero(rows[which], axis=1) / USUAL
        return which, (best.sum(1) / (length * max(self.most, 1e-9))).astype(np.float32)


def sought(text: str) -> Sought:
    """Return what a text asks for: a few typed words, or a post that others should be like."""
    spoken, known = tokens(text[:READ]), words()
    meant: dict[int, list[int]] = defaultdict(list)
    phrases: set[int] = set()
    for number, at, length in lexicon().found(spoken):
        meant[at].append(number) if length == 1 else phrases.add(number)
    asked: dict[int, dict[int, float]] = {}
    for at, word in enumerate(spoken):
        if counted(word):
            own = _number(word)
            asked.setdefault(own, {})
            _raise(asked[own], own, float(known.rarity[own]))
            for number in meant[at]:
                _mean(asked[own], number)
            for number, weight in _near(own):
                _raise(asked[own], number, weight)
    units = list(asked.values())
    for number in sorted(phrases):
        unit: dict[int, float] = {}
        _mean(unit, number)
        units.append(unit)
    units = sorted(units, key=lambda one: -max(one.values()))[:MOST]
    numbers = sorted({number for unit in units for number in unit})
    place, worth = np.zeros(ALL, np.uint16), np.zeros((len(numbers) + 1, len(units)), np.float32)
    place[numbers] = np.arange(1, len(numbers) + 1)
    for column, unit in enumerate(units):
        for number, weight in unit.items():
            worth[place[number], column] = weight
    return Sought(place > 0, place, worth)


def _raise(unit: dict[int, float], number: int, weight: float) -> None:
    unit[number] = max(weight, unit.get(number, 0.0))


def _mean(unit: dict[int, float], meaning: int) -> None:
    rarity = words().rarity
    _raise(unit, meaning + 1, MEANT * float(rarity[meaning + 1]))
    for kind in _kinds().get(meaning, ()):
        _raise(unit, kind + 1, KIND * float(rarity[kind + 1]))
    whole = lexicon().kinds.get(meaning)
    if whole is not None:
        _raise(unit, whole + 1, WHOLE * float(rarity[whole + 1]))


@lru_cache(maxsize=1)
def _kinds() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for kind, whole in lexicon().kinds.items():
        found[whole].append(kind)
    return found


@lru_cache(maxsize=4_000)
def _near(number: int) -> tuple[tuple[int, float], ...]:
    """Return the words and meanings near a word of the table, and what each is worth."""
    known, at = words(), number - FIRST_WORD
    if not 0 <= at < len(known.vectors):
        return ()
    found = []
    for vectors, first in ((known.vectors, FIRST_WORD), (known.meanings, 1)):
        alike = np.vecdot(vectors, known.vectors[at])
        found += [(first + int(near), NEAR * float(alike[near]) * float(min(known.rarity[number], known.rarity[first + near])))
                  for near in np.flatnonzero(alike > NEAR_FROM) if first + near != number]
    return tuple(found)
