"""An answer in one spelling, sentence by sentence, with the way back to how it was written. Pure.

Letters are folded as ``listener.text`` folds them, words stay apart and punctuation stays where it stood. Persian in Latin
letters is written over into Persian, word by word, where it is plainly that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alerts.care.promises.finglish import is_finglish, word_of
from listener.text import matching_key

LONGEST = 6000  # characters of an answer that are read; a thread of support has no longer one

_SIGNS = {"؟": "?", "؛": ";", "،": ",", "’": "'", "‘": "'", "`": "'", "–": "-", "—": "-", "−": "-", "…": ".", "“": '"', "”": '"', "٬": ",", "•": "\n",
          "⁃": "\n", "\u200c": " ", "\r": "\n", "!": "!", "٪": "%"}
_BREAKS = re.compile(r"[!?;\n]+|\.(?=\s|$|[\u0600-\u06ff\"»)])[.!?]*|\.{2,}")
_NO_BREAK = re.compile(r"(?:(?<![^\W\d_])[^\W\d_]|\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thurs?|thu|fri|sat|sun|mr|mrs|ms|dr|no|approx|vs))$")
_NOT_READ = re.compile(r"(?:https?://|www\.)\S+|@\w+|\S+@\S+\.\w+", re.IGNORECASE)
_LATIN_WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in one spelling; ``starts`` and ``ends`` say where each of its characters stands in the answer."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    asks: bool  # it ends in a question mark
    language: Literal["fa", "en"]

    def written(self, whole: str, start: int, end: int) -> str:
        """Return the part ``[start, end)`` as it was written in the answer ``whole``."""
        return whole[self.starts[start]:self.ends[end - 1]].strip()


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of an answer, without links, handles and addresses."""
    read = _NOT_READ.sub(lambda found: " " * len(found[0]), text[:LONGEST])
    plain, starts, ends = _spelled(read)
    begin = 0
    for found in _BREAKS.finditer(plain):
        if found[0] == "." and _NO_BREAK.search(plain, begin, found.start()):
            continue
        yield from _sentence(plain, starts, ends, begin, found.start(), "?" in found[0])
        begin = found.end()
    yield from _sentence(plain, starts, ends, begin, len(plain), False)


def _sentence(plain: str, starts: list[int], ends: list[int], begin: int, end: int, asks: bool) -> Iterator[Sentence]:
    part = plain[begin:end]
    if not part.strip():
        return
    persian = len(re.findall("[\u0600-\u06ff]", part))
    latin = len(re.findall("[a-z]", part))
    if latin > persian and is_finglish(part):
        yield _persian(part, starts[begin:end], ends[begin:end], asks)
    else:
        yield Sentence(part, tuple(starts[begin:end]), tuple(ends[begin:end]), asks, "fa" if persian >= latin and persian else "en")


def _persian(part: str, starts: list[int], ends: list[int], asks: bool) -> Sentence:
    letters: list[str] = []
    first: list[int] = []
    last: list[int] = []
    place = 0
    for found in _LATIN_WORD.finditer(part):
        letters += part[place:found.start()]
        first += starts[place:found.start()]
        last += ends[place:found.start()]
        word = word_of(found[0])
        letters += word
        first += [starts[found.start()]] * len(word)
        last += [ends[found.end() - 1]] * len(word)
        place = found.end()
    return Sentence("".join([*letters, *part[place:]]), (*first, *starts[place:]), (*last, *ends[place:]), asks, "fa")


def _spelled(text: str) -> tuple[str, list[int], list[int]]:
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def put(written: str, place: int) -> None:
        for letter in written:
            letters.append(letter)
            starts.append(place)
            ends.append(place + 1)

    for place, character in enumerate(text):
        sign = _SIGNS.get(character)
        if sign is not None:
            put(sign, place)
        elif folded := matching_key(character):
            put(folded, place)
        elif unicodedata.category(character)[0] in "MC" and character not in "\n\t":
            if ends and unicodedata.category(character)[0] == "M":
                ends[-1] = place + 1
        elif character in "\u0640\u0621":
            continue
        elif unicodedata.category(character) in ("So", "Sk"):
            put(";", place)
        else:
            put("\n" if character == "\n" else " " if character.isspace() else character, place)
    return "".join(letters), starts, ends
