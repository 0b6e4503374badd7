"""In which language is a short public text? Rules first, a model only where they cannot tell."""

from __future__ import annotations

import re
from typing import Literal

LanguageGuess = Literal["fa", "en", "finglish", "ar", "mixed", "other"]

_READ = 1500  # characters that are looked at; the language of a post does not change after two paragraphs


def guess_language(text: str) -> LanguageGuess:
    """Return the language a text is written in."""
    head = _NOISE.sub(" ", text[:_READ])
    arabic = sum(map(len, _ARABIC.findall(head)))
    latin = sum(map(len, _LATIN.findall(head)))
    if arabic and arabic >= latin:
        return "fa"
    return "en" if latin else "other"


_NOISE = re.compile(r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w+|@\w+", re.IGNORECASE)
_ARABIC = re.compile(r"[\u0620-\u065f\u066e-\u06d3\u06d5\u06ee-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
