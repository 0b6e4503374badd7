"""Single words and figures of a message: text from outside made inert, lengths of time, estimates with two digits. Pure."""

from __future__ import annotations

from datetime import timedelta

from listener.text import printable
from listener.words import Language, say

FSI, PDI = "\u2068", "\u2069"
HOUR = timedelta(hours=1)


def isolate(text: str) -> str:
    """Return text from outside as a direction of its own, on one line, without anything that acts on a terminal."""
    return f"{FSI}{printable(text)}{PDI}"


def clip(text: str, length: int) -> str:
    """Return ``text`` on one line, cut at a word where it is longer than ``length`` characters, with an ellipsis."""
    line = printable(text)
    if len(line) <= length:
        return line
    head = line[:length - 1]
    cut = head.rfind(" ")
    if cut >= length // 2 and line[length - 1].isalnum():  # in the middle of a word
        head = head[:cut]
    return head.rstrip(" ،,.؛;:\u200c\u200d") + "…"


def shown_length(text: str) -> int:
    """Return how many characters of ``text`` take room on a screen."""
    return len(text) - text.count(FSI) - text.count(PDI)


def counted(key: str, count: int, language: Language, **values: object) -> str:
    """Return the sentence of a count; one thing has a sentence of its own."""
    return say(f"{key}.one", language, **values) if count == 1 else say(key, language, count=count, **values)


def span_in_words(span: timedelta, language: Language) -> str:
    """Return a length of time in its two largest units: ``۲ ساعت و ۵ دقیقه``, ``3 days``."""
    minutes = max(1, round(span.total_seconds() / 60))
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    parts = [counted(f"alert.{unit}", count, language)
             for unit, count in (("days", days), ("hours", hours), ("minutes", minutes)) if count][:2]
    return parts[0] if len(parts) == 1 else say("alert.and", language, first=parts[0], second=parts[1])


def about_span(span: timedelta, language: Language) -> str:
    """Return a length of time that was estimated, in one unit: five minutes exact below two hours, whole hours or days above."""
    days, hours, minutes = (round(span / unit) for unit in (24 * HOUR, HOUR, HOUR / 60))
    if days >= 2:
        return counted("alert.days", days, language)
    if hours >= 2:
        return counted("alert.hours", hours, language)
    return counted("alert.minutes", 5 * round(minutes / 5) if minutes > 10 else max(1, minutes), language)


def rounded(value: float) -> int:
    """Return two figures of ``value``: more would promise what an estimate of reach cannot keep."""
    return int(float(f"{value:.1e}")) if value >= 100 else round(value)
