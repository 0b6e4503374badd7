"""Everything a person reads, once in Persian and once in English.

One file a room (``alerts``, ``board``, ``cli`` …), each a literal ``WORDS: {key: (fa, en)}`` with ``str.format`` fields.
Keys carry their room: ``alert.first_line``. A test holds the two languages to the same fields.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Literal

Language = Literal["fa", "en"]
ROOMS = ("advice", "alerts", "board", "brief", "care", "cases", "cli", "customers", "demo", "digest", "doctor", "duty", "frame", "insight", "kinds", "promises", "recognition",
         "refused", "replies", "sources", "topics")

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Return every key with its Persian and English sentence. Raises: ValueError on a key that stands twice."""
    words: dict[str, tuple[str, str]] = {}
    for room in ROOMS:
        for key, pair in import_module(f"{__name__}.{room}").WORDS.items():
            if key in words:
                raise ValueError(f"words: {key!r} stands twice")
            words[key] = pair
    return words


def say(key: str, language: Language, **values: object) -> str:
    """Return the sentence for ``key``; numbers among ``values`` are written in the language's digits.

    Where a key of the same name with ``.one`` stands, it is the sentence for a first number that is 1: English has a singular.
    Raises: KeyError on an unknown key or a missing field.
    """
    if next((value for value in values.values() if isinstance(value, int)), None) == 1 and f"{key}.one" in catalogue():
        key = f"{key}.one"
    fa, en = catalogue()[key]
    written = {name: number(value, language) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
               for name, value in values.items()}
    return (fa if language == "fa" else en).format(**written)


def number(value: int | float, language: Language, *, decimals: int = 1) -> str:
    """Return a number as people write it: grouped, Persian digits and separators (U+066C, U+066B) in Persian.

    >>> number(12345.0, "en"), number(12345, "fa"), number(2.25, "fa")
    ('12,345', '۱۲٬۳۴۵', '۲٫۲')
    """
    written = f"{int(value):,d}" if float(value).is_integer() else f"{value:,.{decimals}f}"
    if language == "en":
        return written
    return digits(written.replace(",", "٬").replace(".", "٫"), language)


def digits(text: str, language: Language) -> str:
    """Return ``text`` with ASCII digits written in the language's digits; nothing else changes."""
    return text.translate(_PERSIAN_DIGITS) if language == "fa" else text
