"""Meanings that words of both languages share: which of them a text speaks of.

A line of ``lexicon/*.txt`` is one meaning: English words, ``|``, Persian words. ``*`` stands for any ending, ``_`` joins words that
follow each other, ``== name`` makes what follows a kind of the meaning that has this word. Persian written in
Latin letters is read as Persian before it comes here (``meaning.words.tokens``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from listener.text import search_form

FOLDER = Path(__file__).resolve().parent / "lexicon"
LONGEST = 4  # words of an entry
HALF_SPACE = "\u200c"

FA_ENDINGS = ("هایمان", "هایتان", "هایشان", "هامون", "هاتون", "هاشون", "هایم", "هایت", "هایش", "هایی", "هامو", "های", "هام", "هات", "هاش",
              "ها", "مان", "تان", "شان", "مون", "تون", "شون", "ترین", "تر", "ام", "ات", "اش", "ای", "یم", "ید", "ند", "ست", "مو", "شو", "رو",
              "م", "ت", "ش", "ی", "ه", "و", "س")
EN_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("es", ""), ("s", ""), ("ly", ""), ("er", ""))
_ON = ("", "ها", "های", "هایی", "ان", "ات", "ی", "ه", "ن", "ند", "ید", "یم", "ین", "د", "ده", "ام", "ای", "ایم", "اید", "اند", "تر", "ترین", "ست", "است")
_OWN = ("", "م", "ت", "ش", "مان", "تان", "شان", "مون", "تون", "شون", "ی", "یی", "و", "ه", "یه", "رو", "مو", "شو", "تو")
INFLECTED = frozenset(first + last for first in _ON for last in _OWN) | {
    "s", "es", "d", "ed", "er", "ers", "ing", "ings", "y", "ly", "e", "en", "ier", "ful", "ion", "ions", "al", "ive", "ment", "ies", "able", "ity"}
SHORT = 4  # letters of a beginning that only an ending of this list may follow: «کیف*» is no beginning of «کیفیت»


@lru_cache(maxsize=100_000)
def forms(word: str) -> tuple[str, ...]:
    """Return a word and what it may be without its ending, the nearest first."""
    found = [word]
    if word.isascii():
        for ending, put in EN_ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                base = word[:len(word) - len(ending)]
                found.append(base + put)
                if not put and len(base) > 3 and base[-1] == base[-2]:
                    found.append(base[:-1])
    else:
        for ending in FA_ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= (3 if len(ending) == 1 else 2):
                found.append(word[:len(word) - len(ending)])
    return tuple(dict.fromkeys(found))


def doubled(word: str, end: int) -> bool:
    """Whether an English word goes on with its last letter twice: stop, stopped."""
    return word.isascii() and word[end:end + 1] == word[end - 1] and word[end + 1:] in INFLECTED


@dataclass(frozen=True)
class Lexicon:
    """Meanings by number, and the way to them from words."""

    names: Sequence[tuple[str, str]]  # first English and first Persian word of each
    kinds: Mapping[int, int]  # the meaning that another is a kind of
    words: Sequence[tuple[str, ...]]  # all entries of each
    whole: Mapping[str, tuple[int, ...]]  # entries of one word
    begun: Mapping[str, tuple[int, ...]]  # entries of one word with any ending
    runs: Mapping[str, tuple[tuple[tuple[str, ...], int], ...]]  # of several words, by the first two letters; * at their ends

    def found(self, tokens: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """Return the meanings of words: number of the meaning, first word, number of words."""
        for at, word in enumerate(tokens):
            for number in self.of_word(word):
                yield number, at, 1
            for run, number in self.begun_by(word):
                if at + len(run) <= len(tokens) and all(map(_fits, run[1:], tokens[at + 1:at + len(run)])):
                    yield number, at, len(run)

    @lru_cache(maxsize=100_000)  # keeps its lexicon alive: there is one a process
    def of_word(self, word: str) -> tuple[int, ...]:
        found: list[int] = []
        for form in forms(word):
            if form in self.whole:
                found += self.whole[form]
                break
        for end in range(len(word), 1, -1):
            if word[:end] in self.begun and (end > SHORT or word[end:] in INFLECTED or doubled(word, end)):
                found += self.begun[word[:end]]
        return tuple(dict.fromkeys(found))

    @lru_cache(maxsize=100_000)
    def begun_by(self, word: str) -> tuple[tuple[tuple[str, ...], int], ...]:
        """Return the entries of several words that may begin with this one."""
        return tuple((run, number) for run, number in self.runs.get(word[:2], ()) if _fits(run[0], word))

    def __hash__(self) -> int:
        return id(self)


def _fits(part: str, word: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part or part in forms(word)


def _entries(written: str) -> Iterator[tuple[str, ...]]:
    """Return an entry as words; one with a half-space also as people write it without."""
    star = written.endswith("*")
    for spelled in dict.fromkeys((written, written.replace(HALF_SPACE, "_"))):
        parts = [word + ("*" if part.endswith("*") else "") for part in spelled.split("_") for word in [search_form(part.rstrip("*")).replace(" ", "")] if word]
        if star and parts and not parts[-1].endswith("*"):
            parts[-1] += "*"
        if 0 < len(parts) <= LONGEST:
            yield tuple(parts)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the packaged lexicon."""
    names, words, parents = [], [], []
    for path in sorted(FOLDER.glob("*.txt")):
        parent = ""
        for line in filter(None, map(str.strip, path.read_text(encoding="utf-8").splitlines())):
            if line.startswith("#"):
                continue
            if line.startswith("=="):
                parent = line[2:].strip()
                continue
            english, persian = (side.split() for side in line.split("|"))
            names.append((english[0].rstrip("*").replace("_", " "), persian[0].rstrip("*").replace("_", " ") if persian else ""))
            words.append(tuple(dict.fromkeys(" ".join(entry) for written in (*english, *persian) for entry in _entries(written))))
            parents.append(parent)
    whole: dict[str, list[int]] = defaultdict(list)
    begun: dict[str, list[int]] = defaultdict(list)
    runs: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
    for number, entries in enumerate(words):
        for entry in entries:
            parts = tuple(entry.split())
            if len(parts) > 1:
                runs[parts[0].rstrip("*")[:2]].append((parts, number))
            elif entry.endswith("*"):
                begun[entry[:-1]].append(number)
            else:
                whole[entry].append(number)
    heads = {name: next((n for n, entries in enumerate(words) if name in entries or f"{name}*" in entries), None) for name in set(parents)}
    kinds = {n: head for n, parent in enumerate(parents) if (head := heads[parent]) is not None and head != n}
    plain, starred = ({key: tuple(dict.fromkeys(found)) for key, found in one.items()} for one in (whole, begun))
    return Lexicon(tuple(names), kinds, tuple(words), plain, starred, {key: tuple(dict.fromkeys(found)) for key, found in runs.items()})
