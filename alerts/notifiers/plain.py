"""Text for media that act on characters: terminals first of all."""

from __future__ import annotations

import re

from listener.text import printable

_ISOLATES = re.compile("([\u2068\u2069])")


def without_controls(text: str) -> str:
    """Return ``text`` on one line, without control, escape or override characters; the isolates of our own wording stay."""
    return "".join(part if part in "\u2068\u2069" else _kept_spaces(part) for part in _ISOLATES.split(text) if part)


def _kept_spaces(part: str) -> str:
    """``printable`` trims the ends; between isolates the spaces there belong to the sentence."""
    clean = printable(part)
    if not clean:
        return " " if part.isspace() else ""
    return f"{' ' if part[0].isspace() else ''}{clean}{' ' if part[-1].isspace() else ''}"
