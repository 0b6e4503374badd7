"""One spelling for matching, and the way back to the text as it was written.

Folding works character by character, so that every folded letter knows its place in the original: compatibility
forms are decomposed (which undoes presentation forms, ligatures, circled and full-width letters), marks that carry no
letter of their own are dropped (harakat, hamza above, accents, kashida, joiners, bidi marks), Arabic and Persian
variants of a letter become the Persian one, all digits ASCII, all case folded.

Why not ``unicodedata.normalize`` over the whole text: it keeps no positions, and the eight spellings of one Persian
brand differ in more than NFKC knows. Every library tried failed some of them (LIBRARIES.md has the table).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import compress

TEXT_VERSION = 1
"""Raised whenever a key changes: stored keys and models trained on them belong to one version."""


class Gap(IntEnum):
    """What stands between two letters, from nothing to a full stop. Larger swallows smaller."""

    NONE = 0
    JOIN = 1  # ZWNJ: two parts of one word
    SPACE = 2  # space, underscore, hyphen: two words that may be one name
    HARD = 3  # punctuation, line break, symbol, emoji: never inside a name


_VARIANTS = {
    "ا": "أإآٱٲٳﺀٵ",
    "ک": "كڪګڬڭڮؼػ",
    "ی": "يىئۍێېۑےۓؽؾؿ",
    "ه": "ةۀہۂھەۃۿ",
    "و": "ؤۄۅۆۇۈۉۊۋۏ",
    "گ": "ڰڲڳڴ",
    "ر": "ڕڒړ",
    "ل": "ڵڶڷڸ",
}
_LETTERS = {variant: letter for letter, variants in _VARIANTS.items() for variant in variants}
_LETTERS["ګ"] = "گ"  # Pashto gaf; its shape is a kaf with a ring

_DROPPED = frozenset(
    "\u0621\u0640\u200b\u200d\u200e\u200f\u061c\u2060\ufeff\u00ad\u034f\u180e"  # hamza alone, kashida, ZWJ, bidi, soft hyphen
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_JOINERS = frozenset("\u200c\u200a\u2009")  # thin spaces stand where a typesetter had no ZWNJ
_SPACES = frozenset("_-\u2010\u2011\u2043\ufe4d\ufe4e\ufe4f\u00b7\u30fb")


def _gap(character: str) -> Gap | None:
    """Return the gap a character makes, or None where it is a letter, a digit or nothing at all."""
    if character in _JOINERS:
        return Gap.JOIN
    category = unicodedata.category(character)
    if character in _DROPPED or category[0] in "LM" or category in ("Nd", "Nl", "No", "Cf"):
        return None
    if character in _SPACES or category == "Zs" or character == "\t":
        return Gap.SPACE
    return Gap.HARD


def _fold_character(character: str) -> str:
    """Return the folded letters of one character: often one, none for marks and gaps, several for ligatures."""
    if character in _DROPPED or character in _JOINERS:
        return ""
    folded = []
    for part in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold()):
        if part in _DROPPED or part in _JOINERS:
            continue
        part = _LETTERS.get(part, part)
        category = unicodedata.category(part)
        if category == "Nd":
            folded.append(str(unicodedata.decimal(part)))
        elif category[0] == "L" or category in ("Nl", "No"):
            folded.append(part)
        elif category[0] == "M" and unicodedata.combining(part) == 0 and category != "Me" and not _selector(part):
            folded.append(part)  # a vowel sign of an Indic script is a letter; a hamza above or an accent is not
    return "".join(folded)


def _selector(part: str) -> bool:
    return 0xFE00 <= ord(part) <= 0xFE0F or 0xE0100 <= ord(part) <= 0xE01EF or 0x180B <= ord(part) <= 0x180F


class _Table(dict[int, str]):
    """Filled on first sight of a character, so that ``str.translate`` runs in C from then on."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


class _SearchTable(dict[int, str]):
    def __missing__(self, code: int) -> str:
        folded = _FOLD[code]
        if not folded:
            gap = _gap(chr(code))
            folded = " " if gap is not None and gap >= Gap.SPACE else ""
        self[code] = folded
        return folded


class _GapTable(dict[int, int]):
    def __missing__(self, code: int) -> int:
        gap = None if _FOLD[code] else _gap(chr(code))
        self[code] = value = int(gap or 0)
        return value


_FOLD = _Table()
_SEARCH = _SearchTable()
_GAPS = _GapTable()


def matching_key(text: str) -> str:
    """Return the letters and digits of ``text`` in one spelling, nothing between them; empty where it has none.

    Two names are one name when their keys are equal. Whether a name *stands* in a longer text is decided with
    boundaries: see ``fold`` and ``listener.match``.

    >>> matching_key("ديجي‌كالا") == matching_key("#دیـجی_کالا") == matching_key("دیجى کالا")
    True
    """
    return text.translate(_FOLD)


def search_form(text: str) -> str:
    """Return ``text`` in one spelling for full-text search: folded words, one space apart, no punctuation.

    A ZWNJ joins («می‌شود» is one word), an underscore of a hashtag parts.
    """
    return " ".join(text.translate(_SEARCH).split())


class _ShapeTable(dict[int, str]):
    """One character for each: the gap it makes, 4 for a letter, 5 for several letters in one (ﷲ)."""

    def __missing__(self, code: int) -> str:
        folded = _FOLD[code]
        self[code] = shape = chr(_GAPS[code] if not folded else 4 if len(folded) == 1 else 5)
        return shape


_SHAPES = _ShapeTable()
_IS_LETTER = bytes(code in (4, 5) for code in range(256))


@dataclass(frozen=True, slots=True)
class Folded:
    """A text ready for matching: its key, and the way back from each letter of the key to the text."""

    text: str
    key: str  # matching_key(text)
    at: Sequence[int]  # where each letter of the key was written
    shape: str  # of each character of the text, what it is

    def gap(self, letter: int) -> int:
        """Return what stands before a letter; before the first and after the last letter stands ``Gap.HARD``."""
        if not 0 < letter < len(self.at):
            return Gap.HARD
        left, right = self.at[letter - 1] + 1, self.at[letter]
        if right <= left:
            return Gap.NONE
        return ord(self.shape[left]) if right - left == 1 else ord(max(self.shape[left:right]))

    def original(self, start: int, end: int) -> str:
        """Return the letters ``[start, end)`` of the key as they were written, marks and separators included."""
        first, last = self.span(start, end)
        return self.text[first:last]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where the letters ``[start, end)`` of the key stand in the text, trailing marks included."""
        last = self.at[end - 1] + 1
        while last < len(self.text) and unicodedata.category(self.text[last])[0] == "M" and not _FOLD[ord(self.text[last])]:
            last += 1
        return self.at[start], last


def fold(text: str, key: str | None = None) -> Folded:
    """Return ``text`` folded, with the place of every letter. Linear; no Python code runs for a character.

    ``key`` is ``matching_key(text)`` where it is known. (A loop that notes places and gaps took 13 µs for 90 characters,
    this takes 6: gaps are worked out only where somebody asks.)
    """
    shape = text.translate(_SHAPES)
    at = list(compress(range(len(text)), shape.encode("latin-1").translate(_IS_LETTER)))
    if "\5" in shape:
        at = [place for place in at for _ in _FOLD[ord(text[place])]]
    return Folded(text, text.translate(_FOLD) if key is None else key, at, shape)
