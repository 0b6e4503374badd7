"""Spans of time as people write them in the configuration."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from config.sentences import shown

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}  # seconds
_DURATION = re.compile(r"(?:\d{1,9}[smhdw])+")
_PART = re.compile(r"(\d+)([smhdw])")


def parse_duration(text: object) -> timedelta:
    """Return ``"15m"``, ``"2h"``, ``"7d"`` or ``"1h30m"`` as a span above zero. Raises: ValueError.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    if isinstance(text, timedelta):
        return text
    if isinstance(text, str) and _DURATION.fullmatch(compact := text.replace(" ", "")):
        seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(compact))
        if 0 < seconds <= 100 * 365 * _UNITS["d"]:
            return timedelta(seconds=seconds)
    raise ValueError(f"{shown(text)} is not a duration; write a whole number and a unit, such as \"15m\", \"2h\" or \"7d\"")


def write_duration(span: timedelta) -> str:
    """Return the shortest spelling that ``parse_duration`` reads back.

    >>> write_duration(timedelta(minutes=90)), write_duration(timedelta(days=14))
    ('1h30m', '2w')
    """
    seconds, parts = int(span.total_seconds()), []
    for unit, size in sorted(_UNITS.items(), key=lambda pair: -pair[1]):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _parse_span(text: object) -> timedelta | None:
    return None if text is None or text == "forever" else parse_duration(text)


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(write_duration, when_used="json")]
Span = Annotated[timedelta | None, BeforeValidator(_parse_span),
                 PlainSerializer(lambda span: write_duration(span) if span else "forever", when_used="json")]
