"""Persian written in Latin letters, as many people type it: the spellings of training rows.

Persian script leaves short vowels out, so letters alone do not give them; `learn` takes them from pairs of sentences with the
same number of words (a table word → its Finglish spellings with counts), and `spell` falls back on letter rules.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from listener.text.finglish import LETTERS, VOWELS, alike

Lexicon = Mapping[str, tuple[tuple[str, int], ...]]

_WORD = re.compile(r"[\u0620-\u06ff]+")
_LATIN = re.compile(r"[a-z']+")


def read_pairs(folder: Path) -> list[tuple[str, str]]:
    """(Persian, Finglish) sentences of every tab-separated file in `folder`; files put either of the two first."""
    pairs = []
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            cells = [cell for cell in line.split("\t") if cell and not cell.endswith(".mp3")]
            persian = [cell for cell in cells if _WORD.search(cell)]
            latin = [cell for cell in cells if not _WORD.search(cell)]
            if persian and latin:
                pairs.append((persian[0], latin[0]))
    return pairs


def learn(pairs: Iterable[tuple[str, str]], fold: Callable[[str], str]) -> Lexicon:
    """Spellings of each Persian word, from pairs whose two sides have the same number of words.

    `fold` is the preprocessing of the model, so that the table is keyed by words as training sees them.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for persian, latin in set(pairs):
        words = _WORD.findall(fold(persian))
        spellings = _LATIN.findall(latin.lower())
        if len(words) == len(spellings):
            for word, spelling in zip(words, spellings, strict=True):
                if alike(word, spelling):  # the two sides of a pair do not always say the same
                    counts[word][spelling] += 1
    return {word: tuple(found.most_common(4)) for word, found in counts.items()}


def spell(word: str, lexicon: Lexicon, rng: random.Random) -> str:
    """One Finglish spelling of a Persian word, drawn with the learned frequencies or made by the letter rules."""
    known = lexicon.get(word)
    if known and rng.random() < 0.9:
        return rng.choices([spelling for spelling, _ in known], [count for _, count in known])[0]
    out = []
    for at, letter in enumerate(word):
        options = LETTERS.get(letter)
        if options is None:
            out.append(letter)
            continue
        following = word[at + 1] if at + 1 < len(word) else ""
        if letter == "و" and (at == 0 or following in VOWELS):
            piece = "v"
        elif letter == "ی" and (at == 0 or following in VOWELS):
            piece = "y"
        elif letter == "ه" and not following and at > 1:
            piece = rng.choice(("e", "eh", "h")) if word[at - 1] not in VOWELS else "h"
        else:
            piece = options[0] if rng.random() < 0.75 else rng.choice(options)
        out.append(piece)
        consonant_follows = following and following not in VOWELS and letter not in VOWELS
        if letter == "ا" and at == 0 and following not in VOWELS:
            out[-1] = rng.choice("aaeeo")
        if consonant_follows and (at == 0 or rng.random() < 0.45) and not (following == "ه" and at + 2 == len(word)):
            out.append(rng.choices("aeo", (5, 3, 2))[0])
    return "".join(out)


def transliterate(text: str, lexicon: Lexicon, rng: random.Random, share: float = 1.0) -> str:
    """`text` with about `share` of its Persian words in Finglish; the rest, and all that is not Persian, stays."""
    folded = text.replace("،", ",").replace("؟", "?").replace("؛", ";")
    return _WORD.sub(lambda match: spell(match[0], lexicon, rng) if rng.random() < share else match[0], folded)
