"""Single words and figures of a message: text from outside made inert, lengths of time, estimates with two digits. Pure."""

from __future__ import annotations

from datetime import timedelta

from listener.text import fold, matching_key, printable
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


def excerpt(text: str, length: int, phrase: str = "") -> str:
    """Return ``length`` characters of ``text`` on one line that hold ``phrase`` (in any spelling) where the text does, cut at words."""
    line = printable(text)
    folded, wanted = fold(line), matching_key(phrase)
    found = folded.key.find(wanted) if wanted else -1
    if len(line) <= length or found < 0:
        return clip(line, length)
    begin, end = folded.span(found, found + len(wanted))
    if end + 2 <= length:
        return clip(line, length)
    start = max(0, min(begin - max(0, length - 2 - (end - begin)) // 2, len(line) - length + 1))
    space = line.find(" ", max(0, start - 1), begin)
    start = space + 1 if space >= 0 else begin  # never in the middle of a word
    return "…" + clip(line[start:], length - 1)


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
    minutes = round(span / HOUR * 60)
    minutes = 5 * round(minutes / 5) if minutes > 10 else max(1, minutes)
    if span >= 48 * HOUR:
        return counted("alert.days", round(span / HOUR / 24), language)
    if minutes >= 120:
        return counted("alert.hours", round(span / HOUR), language)
    return counted("alert.minutes", minutes, language)


def rounded(value: float) -> int:
    """Return two figures of ``value``: more would promise what an estimate of reach cannot keep."""
    return int(float(f"{value:.1e}")) if value >= 100 else round(value)
