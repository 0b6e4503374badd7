"""Ways in which the same post could have been typed, drawn anew for every row the trainer sees.

Spelling that `sentiment.preprocess` folds away needs no augmentation. What is left is here: half-spaces lost inside words, doubled
letters, typos, Finglish, code-mixing, lost punctuation, a dropped word, stray emoji. Each probability is a line of `recipe.toml`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sentiment.training.finglish import Lexicon, transliterate

_FA_ROWS = ("ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو")
_EN_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    letter: row[max(at - 1, 0) : at] + row[at + 1 : at + 2] for row in _FA_ROWS + _EN_ROWS for at, letter in enumerate(row)
}
_WORD = re.compile(r"[^\W\d_]{2,}")
_STRAY = ("📱", "✈", "🍕", "👀", "🤔", "📷", "☕", "🏠", "📌", "🙏", "😅", "😂")
_EN_FILLERS = ("please", "support", "app", "actually", "service", "online", "update", "bro", "user", "ok")


@dataclass(frozen=True, slots=True)
class Augmenter:
    """Callable `(text, lang, rng) -> text`; `odds` maps the names of the methods below to probabilities."""

    odds: Mapping[str, float]
    lexicon: Lexicon

    def __call__(self, text: str, lang: str, rng: random.Random) -> str:
        if lang == "fa":
            steps: Sequence[tuple[str, Callable[[str, random.Random], str]]] = (
                ("half_space", drop_half_spaces),
                ("glue", glue_words),
                ("finglish", lambda text, rng: transliterate(text, self.lexicon, rng)),
                ("code_mixing", self.mix_codes),
            )
            for name, change in steps:
                if rng.random() < self.odds.get(name, 0.0):
                    text = change(text, rng)
        for name, change in _ANY_LANGUAGE:
            if rng.random() < self.odds.get(name, 0.0):
                text = change(text, rng)
        return text

    def mix_codes(self, text: str, rng: random.Random) -> str:
        """Some words in Finglish or an English filler put in."""
        if rng.random() < 0.5:
            return transliterate(text, self.lexicon, rng, share=rng.uniform(0.1, 0.6))
        words = text.split()
        words.insert(rng.randrange(len(words) + 1), rng.choice(_EN_FILLERS))
        return " ".join(words)


def drop_half_spaces(text: str, rng: random.Random) -> str:
    """Every zero-width non-joiner lost, as on phones without the key."""
    return text.replace("\u200c", "")


def glue_words(text: str, rng: random.Random) -> str:
    """Up to two spaces lost («بی کیفیت» → «بیکیفیت»)."""
    words = text.split(" ")
    for _ in range(rng.randint(1, 2)):
        if len(words) > 2:
            at = rng.randrange(len(words) - 1)
            words[at : at + 2] = [words[at] + words[at + 1]]
    return " ".join(words)


def double_letter(text: str, rng: random.Random) -> str:
    """A letter of one word doubled, or stretched as far as the preprocessing cannot undo."""
    found = list(_WORD.finditer(text))
    if not found:
        return text
    at = rng.choice(found)
    place = rng.randrange(at.start(), at.end())
    return text[:place] + text[place] * rng.choice((1, 1, 3)) + text[place:]


def mistype(text: str, rng: random.Random) -> str:
    """About one typo in eight words: letters swapped, lost, doubled or taken from a neighbouring key."""
    found = list(_WORD.finditer(text))
    if not found:
        return text
    for at in sorted(rng.sample(found, min(len(found), 1 + len(found) // 12)), key=lambda match: -match.start()):
        place = rng.randrange(at.start(), at.end() - 1)
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        elif kind == 1:
            text = text[:place] + text[place + 1 :]
        elif kind == 2:
            text = text[:place] + text[place] + text[place:]
        else:
            near = _NEIGHBOURS.get(text[place].lower()) or text[place]
            text = text[:place] + rng.choice(near) + text[place + 1 :]
    return text


def drop_punctuation(text: str, rng: random.Random) -> str:
    """Punctuation lost at the end, or everywhere, or a mark put at the end."""
    kind = rng.randrange(3)
    if kind == 0:
        return text.rstrip(" .!؟?،,…")
    if kind == 1:
        return re.sub(r"[.!؟?،,…:؛;\"]+", " ", text)
    return text.rstrip() + rng.choice((".", "!", "...", "!!"))


def drop_word(text: str, rng: random.Random) -> str:
    """One word of a longer text lost."""
    words = text.split()
    if len(words) > 7:
        del words[rng.randrange(len(words))]
    return " ".join(words)


def add_stray_emoji(text: str, rng: random.Random) -> str:
    """An emoji that says little about the feeling, before or behind."""
    emoji = rng.choice(_STRAY)
    return f"{emoji} {text}" if rng.random() < 0.3 else f"{text} {emoji}"


_ANY_LANGUAGE: tuple[tuple[str, Callable[[str, random.Random], str]], ...] = (
    ("double_letter", double_letter),
    ("typo", mistype),
    ("punctuation", drop_punctuation),
    ("drop_word", drop_word),
    ("stray_emoji", add_stray_emoji),
)
