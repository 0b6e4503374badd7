"""Text for media that act on characters, and that hold only so many of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from alerts.wording import FSI, PDI
from listener.text import printable
from listener.types import Message, ScoredMention

HEAD = 20        # characters by which a quoted post is known; wording quotes 40 or more
QUOTES = "«“"    # what stands before a post's words
SHORTEST = 60    # characters below which a line says too little to be kept

_FIGURE_GOES_ON = re.compile(r"[.,٬٫:/]?\d")
_FIGURE_BEGUN = re.compile(r"\d[\d.,٬٫:/]*$")
_QUOTED = re.compile(f"[{QUOTES}]{FSI}([^{PDI}]+)")
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


def posts_in(message: Message) -> dict[int, ScoredMention]:
    """Return which lines quote a post of ``message.quoted``, by index, and which post: the evidence among the figures."""
    texts = [(text, one) for one in message.quoted if (text := printable(one.mention.full_text))]
    found: dict[int, ScoredMention] = {}
    for index, line in enumerate(message.lines):
        for quoted in _QUOTED.findall(line):
            words = quoted.removeprefix("…")  # a long one is quoted from its middle
            fits = [one for text, one in texts if one not in found.values() and (
                words[:HEAD] in text if quoted != words and len(words) >= HEAD else text.startswith(words[:HEAD]) and len(words) >= min(HEAD, len(text)))]
            if fits:
                found[index] = fits[0]
                break
    return found


def fitted(message: Message, room: int, *, measure: Callable[[str], int] = len) -> list[str]:
    """Return title, lines and address, cleaned, so that joined by line breaks they measure ``room`` at most.

    Posts go first, the last of them before the others, and figures are cut only when no post is left; the title comes last.
    """
    posts = posts_in(message)
    lines = [(without_controls(message.title), True), *((without_controls(line), index not in posts)
                                                        for index, line in enumerate(message.lines))]
    address = [without_controls(message.url)] if message.url and measure(message.url) <= room // 4 else []

    def over() -> int:
        return measure("\n".join([*(line for line, _ in lines), *address])) - room

    while over() > 0 and not all(figure for _, figure in lines):
        last = max(index for index, (_, figure) in enumerate(lines) if not figure)
        spare = len(lines[last][0]) - over()
        if spare >= SHORTEST:
            lines[last] = (cut(lines[last][0], spare), True)
        else:
            del lines[last]
    while (excess := over()) > 0:
        longest = max(range(len(lines)), key=lambda index: (measure(lines[index][0]), index))
        text = lines[longest][0]
        if len(text) > SHORTEST:
            lines[longest] = (cut(text, max(SHORTEST, len(text) - excess)), True)
        elif len(lines) > 1:
            del lines[-1]
        else:
            lines[0] = (cut(text, max(1, len(text) - excess)), True)
            break
    return [*(line for line, _ in lines if line), *address]


def cut(text: str, length: int) -> str:
    """Return ``text`` in ``length`` characters at most, with an ellipsis where it is cut and its isolates closed.

    It is cut between words where one ends in the second half, and never inside a figure: ۳٬۱۰۰ does not become ۳.
    """
    if len(text) <= length:
        return text
    head = text[:max(0, length - 2)]
    if text[len(head)].isalnum() and (space := head.rfind(" ")) >= length // 2:
        head = head[:space]
    if _FIGURE_GOES_ON.match(text, len(head)):
        head = _FIGURE_BEGUN.sub("", head)
    head = head.rstrip(f" ،,؛;:\u200c\u200d{FSI}")
    return head + "…" + (PDI if head.count(FSI) > head.count(PDI) else "")


def without_posts(message: Message) -> Message:
    """Return the message with its figures only: what is left to send where a service refuses the words of others."""
    posts = posts_in(message)
    return replace(message, lines=tuple(line for index, line in enumerate(message.lines) if index not in posts), quoted=(), letter=None)


def utf16(text: str) -> int:
    """Return the length in UTF-16 units, as Telegram and the networks of SMS count."""
    return len(text) + sum(ord(letter) > 0xFFFF for letter in text)
