"""What a text says, as numbers of words and meanings: what is stored of a post, and what a search asks for.

A number is a meaning of the lexicon, a word of the table (one number for its inflected forms, with its rarity and a vector that lies
near those of words that mean the like), or a bucket of words that the table does not know. A post keeps its rarest ``WIDTH``.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from listener.text import guess_language, own_text, search_form
from listener.text.finglish import DEAR, Reader

from .lexicon import forms, lexicon

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.uint16]

TABLE = Path(__file__).resolve().parent / "words.npz"
VERSION = "meaning@2"
"""Of the lexicon, the table and the arithmetic of this file: raised with any of them, since numbers of two versions cannot be compared."""
WIDTH = 32  # numbers kept of a post
READ = 4_000  # characters of a post that are read
FIRST_WORD = 2_048  # number of the first word of the table; meanings stand below, from 1 on, and 0 is nothing
ALL = 1 << 16
SOME = 0.2  # share of words in Latin letters that the table does not know, from which a text may be Persian; English posts have under .17, nineteen of twenty
MOSTLY = 0.5  # … from which it is read so whatever its language is guessed to be: three typed words are few to guess by
CLEAR = 0.05  # cost a letter up to which an English word stands for a Persian one in such a text: «pool» does, "computer" stays
WHOLE_TOO = 0.5
UNKNOWN_RARITY = 9.0  # of a word that the table does not know: more than of any that it knows

_JOINED_ON = frozenset(("می", "نمی"))  # a verb's beginning that people write apart
_JOINED = frozenset(["ها", "های", "هایی", "هام", "هات", "هاش", "ام", "ات", "اش", "اند", "ای", "ایم", "تر", "ترین"])
STOPS = frozenset(search_form("""
the a an and or but if of to in on at by for from with as is are was were be been being am i me my mine we us our you your yours he him his
she her it its they them their this that these those there have has had do does did will would can could should may might must not no nor so
too very just than then when while who which what how any such own s t m re ve ll d don isn doesn didn wasn aren won into out up down over
about again also only even get got gets every each
و در به از که این آن ان را رو با برای تا هم یا اما ولی اگر اگه من تو او ما شما آنها ایشان بود است هست شد شده باشد باشه بشه میشود میشه کرد کرده کردم
کردند میکنم میکند میکنه کنم کند کنید کنه کن نیست نبود دارد دارم داره داشت داشتم خود خودم خودش یک یه هر چه چی چیز همین همان همون بر پس نیز دیگر دیگه
فقط حتی روی توی پیش بعد بی مرا وقتی چون بلکه یعنی مگر البته واقعا خیلی بسیار کلا اصلا سر زیر بالای داخل بین باید شاید
""").split())


_TYPED = re.compile(r"(?<![\w@#/.:])[A-Za-z][A-Za-z']+(?![\w@/]|\.\w|://)")  # a word in Latin letters that is no part of a link, an address or a @name


@dataclass(frozen=True, eq=False)
class Words:
    """The table: a number for each word, and what is known of each number."""

    numbers: dict[str, int]
    rarity: Floats  # of all numbers, ALL of them: ln(1 + 1 / share of posts that hold it, in its language)
    vectors: Floats  # of the table's words, unit length, from FIRST_WORD on
    meanings: Floats  # vectors of the meanings, from 1 on

    def number(self, word: str) -> int:
        """Return the number of a word; it may be that of another form of it."""
        for form in forms(word):
            if form in self.numbers:
                return self.numbers[form]
        first = FIRST_WORD + len(self.vectors)
        return first + zlib.crc32(min(forms(word), key=len).encode()) % (ALL - first)


@lru_cache(maxsize=1)
def words() -> Words:
    """Return the packaged table."""
    with np.load(TABLE, allow_pickle=False) as stored:
        written = bytes(stored["words"]).decode().split("\n")
        numbers = dict(zip(written, (stored["numbers"].astype(np.int64) + FIRST_WORD).tolist(), strict=True))
        scaled = [stored[name].astype(np.float32) for name in ("vectors", "meanings")]
        rarity = np.full(ALL, UNKNOWN_RARITY, np.float32)
        rarity[1:1 + len(scaled[1])] = stored["meaning_rarity"]
        rarity[FIRST_WORD:FIRST_WORD + len(scaled[0])] = stored["word_rarity"]
    vectors, meanings = (one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-9) for one in scaled)
    return Words(numbers, rarity, vectors, meanings)


def tokens(text: str) -> list[str]:
    """Return the words of a post in search form, parts of a Persian word together, however they were written; Finglish in Persian letters."""
    found: list[str] = []
    join = False
    for word in _in_persian(search_form(own_text(text[:READ])).split(), text):
        if join or (word in _JOINED and found and not found[-1].isascii()):
            found[-1] += word
        else:
            found.append(word)
        join = not join and word in _JOINED_ON
    return found


def _in_persian(spoken: list[str], text: str) -> list[str]:
    """Return words with those in Latin letters as the Persian ones they are, where it is Persian that they spell."""
    latin = [word for word in spoken if len(word) > 1 and word.isascii() and word.isalpha()]
    strange = sum(not _english(word) for word in latin) if 2 * len(latin) > len(spoken) else 0
    if strange < SOME * len(latin) or not strange or (strange < MOSTLY * len(latin) and guess_language(text) != "finglish"):
        return spoken
    return [_read(word) if word.isascii() and word.isalpha() else word for word in spoken]


def in_persian(text: str) -> str:
    """Return a post in Finglish with the words it spells in Persian letters, as far as they are known; nothing else is changed."""
    return _TYPED.sub(lambda typed: _read(typed[0].lower()), text[:READ])


def _english(word: str) -> bool:
    return word in STOPS or any(form in words().numbers for form in forms(word))


@lru_cache(maxsize=100_000)
def _read(latin: str) -> str:
    return _reader().read(latin, CLEAR if _english(latin) else DEAR) or latin


@lru_cache(maxsize=1)
def _reader() -> Reader:
    table = (word for word in words().numbers if not word.isascii())
    entries = (word for entry in lexicon().words for written in entry for word in [written.rstrip("*")] if word.isalpha() and not word.isascii() and len(word) > 2)
    return Reader(dict.fromkeys((*table, *entries)))


@lru_cache(maxsize=200_000)
def _number(word: str) -> int:
    return words().number(word)


def counted(word: str) -> bool:
    """Whether a word says anything of what a post is about."""
    return len(word) > 1 and word not in STOPS


def count() -> int:
    """Return how many meanings there are."""
    return len(lexicon().words)


def meanings(text: str) -> dict[int, float]:
    """Return the meanings a post speaks of, from 0 on, each with its rarity; what one of them is a kind of counts ``WHOLE_TOO``."""
    rarity, kinds = words().rarity, lexicon().kinds
    found = {number: float(rarity[number + 1]) for number, _, _ in lexicon().found(tokens(text))}
    for whole in {kinds[number] for number in found if number in kinds} - found.keys():
        found[whole] = WHOLE_TOO * float(rarity[whole + 1])
    return found


def told(text: str) -> Numbers:
    """Return the numbers of what a post says, ``WIDTH`` of them, the rarest first; zeros where there are fewer."""
    spoken = tokens(text)
    found = {_number(word) for word in spoken if counted(word)} | {number + 1 for number, _, _ in lexicon().found(spoken)}
    rarity = words().rarity
    kept = sorted(found, key=lambda number: (-rarity[number], number))[:WIDTH]
    row = np.zeros(WIDTH, np.uint16)
    row[:len(kept)] = kept
    return row
