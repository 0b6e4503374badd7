"""Persian in Latin letters ("Finglish"): how its letters are spelled, and which known Persian word a spelling is. Pure.

Persian script leaves short vowels out and Latin letters tell four Persian z from each other no more than two t, so that a spelling
is read against words that are known: those with the same firm consonants, by what their other letters cost, the commoner word
before the rarer. Measured on pairs of sentences in tests/benchmarks/RESULTS.md, "Search by meaning".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from math import inf, log2

# Each letter with the spellings people use; the first is the commonest. Vowels between consonants stand in neither.
LETTERS = {
    "ا": ("a",), "آ": ("a", "aa"), "ب": ("b",), "پ": ("p",), "ت": ("t",), "ث": ("s",), "ج": ("j",), "چ": ("ch",), "ح": ("h",),
    "خ": ("kh", "x"), "د": ("d",), "ذ": ("z",), "ر": ("r",), "ز": ("z",), "ژ": ("zh", "j"), "س": ("s",), "ش": ("sh",), "ص": ("s",),
    "ض": ("z",), "ط": ("t",), "ظ": ("z",), "ع": ("a", ""), "غ": ("gh", "q"), "ف": ("f",), "ق": ("gh", "q"), "ک": ("k",), "گ": ("g",),
    "ل": ("l",), "م": ("m",), "ن": ("n",), "و": ("o", "v", "oo", "u"), "ه": ("h",), "ی": ("i", "y", "ee"), "ئ": ("e", "y"),
}  # fmt: skip
VOWELS = frozenset("اآوی")

_SOUNDS = str.maketrans({"x": "h", "q": "g", "v": "o", "u": "o", "w": "o", "y": "i", "e": None, "a": None, "'": None, "h": None, "c": None})


def alike(word: str, spelling: str) -> bool:
    """Whether a Latin spelling can be that of the Persian word: most consonants in the same order."""
    plain = "".join(LETTERS.get(letter, ("",))[0] for letter in word).translate(_SOUNDS)
    return SequenceMatcher(None, plain, spelling.translate(_SOUNDS), autojunk=False).ratio() >= 0.6


# What is read besides LETTERS, and what it costs to believe it: «خانه» is said and typed khoone, «تعویض» tavize.
_ALSO: dict[str, dict[str, float]] = {
    "ا": {"A": 0.0, "": 0.7, "e": 0.4, "o": 0.4, "u": 0.4}, "آ": {"u": 0.4, "": 0.7}, "ع": {"a": 0.0, "": 0.2, "e": 0.1, "o": 0.1},
    "ه": {"": 0.6}, "ح": {"": 0.4}, "و": {"": 0.6}, "ی": {"e": 0.4, "": 0.7}, "ئ": {"": 0.1, "i": 0.2}, "ق": {"g": 0.3, "k": 0.5},
    "غ": {"g": 0.3}, "ک": {"c": 0.1}, "ن": {"m": 0.4}, "خ": {"h": 0.5},
}  # fmt: skip
_FIRST = {"ا": {"e": 0.1, "o": 0.1}, "ع": {"": 0.4}}
_LAST = {"ه": {"e": 0.0, "eh": 0.0, "": 0.3}, "ا": {"an": 0.05}}
_BEFORE = {("", "ا", "و"), ("", "ا", "ی"), ("خ", "و", "ا")}  # a letter that is not said between these: «اون», «این», «خواهر»
_UNWRITTEN = {"a": 0.1, "e": 0.1, "o": 0.1, "i": 0.6, "u": 0.6, "y": 0.5, "h": 0.6}  # Latin letters that no Persian one stands for
_OUTSIDE = {"a": 0.9, "o": 0.6, "e": 0.2}  # … at the ends of a word, where vowels are written, but for the -e that ties two words
_ONE = (("sh", "S"), ("ch", "C"), ("kh", "x"), ("gh", "q"), ("zh", "Z"), ("oo", "u"), ("ou", "u"), ("ee", "i"), ("aa", "A"), ("ph", "f"), ("w", "v"))
_TWICE = re.compile(r"([b-df-hj-np-tv-zSC])\1")
_SOFT = str.maketrans("", "", "aAeiouvyh'")
_FIRM = {"m": "n", "g": "q", "c": "k", "Z": "j"}  # sounds that people write either way

# What Latin endings are taken off where no known word has them; the longest first.
_ENDINGS = ("hashoon", "hamoon", "hatoon", "eshoon", "etoon", "emoon", "eshun", "etun", "emun", "hash", "hamo", "haye", "shoon", "toon", "moon",
            "tarin", "yash", "yam", "haro", "esho", "eto", "amo", "esh", "ash", "ham", "hat", "eye", "ye", "ha", "am", "et", "at", "an", "id", "im",
            "in", "ie", "ei", "ee", "eh", "tar", "e", "i", "o", "m", "t")
DEAR = 0.16  # cost a letter beyond which a spelling is not of that word
RARE = 0.05  # cost of each halving of how common a word is


def spelled(latin: str) -> str:
    """Return a spelling with one sign for each sound."""
    for pair, sign in _ONE:
        latin = latin.replace(pair, sign)
    return _TWICE.sub(r"\1", latin.replace("'", ""))


def _firm(sounds: str) -> str:
    """Return the consonants that everybody writes."""
    return _TWICE.sub(r"\1", "".join(_FIRM.get(sound, sound) for sound in sounds.translate(_SOFT)))


def cost(sounds: str, word: str) -> float:
    """Return what it costs to take a spelling (``spelled``) for that of a Persian word; 0: letter by letter; infinite: it is not."""
    loose = [_UNWRITTEN.get(sound, inf) for sound in sounds]
    for end in (0, -1):
        loose[end] = max(loose[end], _OUTSIDE.get(sounds[end], 0.0)) if end or sounds[0] != "e" else 0.9
    row = [0.0]
    for price in loose:
        row.append(row[-1] + price)
    for place, letter in enumerate(word):
        options = _options(letter, "" if not place else word[place - 1], word[place + 1:place + 2])
        found: list[float] = []
        for at in range(len(row)):
            best = found[-1] + loose[at - 1] if at else inf
            for read, extra in options:
                if len(read) <= at and (price := row[at - len(read)] + extra) < best and sounds.startswith(read, at - len(read)):
                    best = price
            found.append(best)
        row = found
    return row[-1]


@lru_cache(maxsize=10_000)
def _options(letter: str, before: str, after: str) -> tuple[tuple[str, float], ...]:
    options = _ALSO.get(letter, {}) | {spelled(one): 0.0 for one in LETTERS.get(letter, ()) if one}
    options |= (_FIRST.get(letter, {}) if not before else {}) | (_LAST.get(letter, {}) if not after else {})
    if (before, letter, after) in _BEFORE:
        options[""] = 0.0
    return tuple(options.items())


class Reader:
    """Reads spellings as the words of a vocabulary, the commonest first."""

    def __init__(self, words: Iterable[str]) -> None:
        known: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for rank, word in enumerate(words):
            firm = _firm("".join(spelled(LETTERS.get(letter, ("",))[0]) for letter in word))
            for key in (firm, _firm(f"{firm}n")) if word.endswith("ا") else (firm,):  # «قبلا» is said ghablan
                known[key].append((RARE * log2(rank + 2), word))
        self.known = dict(known)

    def read(self, latin: str, dear: float = DEAR) -> str | None:
        """Return the word that a spelling in small Latin letters is, perhaps without an ending of it; None: it is none that is known."""
        return next((word for stem in _stems(latin) if (word := self._whole(stem, dear))), None)

    def _whole(self, latin: str, dear: float) -> str | None:
        sounds, best, found = spelled(latin), inf, None
        for rare, word in self.known.get(_firm(sounds), ()):
            if rare >= best:
                break
            price = cost(sounds, word)
            if price <= dear * len(latin) and price + rare < best:
                best, found = price + rare, word
        return found


def _stems(latin: str) -> Iterable[str]:
    yield latin
    for ending in _ENDINGS:
        if latin.endswith(ending) and len(latin) - len(ending) >= 3:
            yield latin[:-len(ending)]
