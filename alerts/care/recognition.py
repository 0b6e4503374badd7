"""Who is praised: positive mentions that name a person or a branch, for the monthly mail of recognition. Pure.

Names come from a list that somebody wrote, each with its spellings, and only of people who agreed to it. They are found as brands
are: folded, with Persian endings, whole words («رضایی» is not in «رضایت»). A name within a longer one that is listed too counts
for the longer. A mention counts when the model is sure that it is positive; what it says of whom is not taken apart, so a mail quotes
the customer's words and a person reads them before it goes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from alerts.wording.text import clip, isolate
from listener.text import fold, printable
from listener.text.names import Name, name, stands
from listener.types import Label, MentionKey, Score
from listener.words import Language, say

QUOTES = 3  # of one colleague in the letter
QUOTE = 300  # characters


@dataclass(frozen=True, slots=True)
class Honoured:
    """A person or a branch that may be named. ``agreed``: the person wants to be told of; of a branch it is not asked."""

    name: str
    spellings: tuple[str, ...] = ()
    kind: Literal["person", "branch"] = "person"
    unit: str | None = None
    agreed: bool = False

    @property
    def told(self) -> bool:
        return self.agreed or self.kind == "branch"


@dataclass(frozen=True, slots=True)
class Heard:
    """A mention as it is looked at here."""

    key: MentionKey
    text: str
    at: datetime
    score: Score | None
    author: str | None = None  # "kind:id"


@dataclass(frozen=True, slots=True)
class Praise:
    """Somebody and the mentions that praise them, the latest first. ``authors``: different people among those that are known."""

    who: Honoured
    mentions: tuple[Heard, ...]

    @property
    def count(self) -> int:
        return len(self.mentions)

    @property
    def authors(self) -> int:
        return len({one.author for one in self.mentions if one.author})


class Roster:
    """The list, ready to be looked for."""

    def __init__(self, honoured: Sequence[Honoured]) -> None:
        self._names: list[tuple[Name, Honoured]] = [
            (made, one) for one in honoured if one.told for written in _written((one.name, *one.spellings)) if (made := name(written)).key]

    def named(self, text: str) -> list[Honoured]:
        """Return who is named in a text, each once, in the order in which they stand there."""
        folded = fold(text)
        found: list[tuple[int, int, Honoured]] = []
        for wanted, one in self._names:
            place = folded.key.find(wanted.key)
            while place >= 0:
                if end := stands(wanted, folded, place):
                    found.append((place, end, one))
                place = folded.key.find(wanted.key, place + 1)
        kept = [(start, end, one) for start, end, one in found
                if not any(other[0] <= start and end <= other[1] and other[1] - other[0] > end - start for other in found)]
        return list(dict.fromkeys(one for _, _, one in sorted(kept, key=lambda each: each[0])))


def praises(mentions: Iterable[Heard], roster: Roster) -> list[Praise]:
    """Return who was praised, the most praised first; a mention that names two counts for both."""
    found: dict[Honoured, list[Heard]] = {}
    for mention in mentions:
        if mention.score is not None and mention.score.label is Label.POSITIVE and not mention.score.unsure:
            for one in roster.named(mention.text):
                found.setdefault(one, []).append(mention)
    made = [Praise(one, tuple(sorted(heard, key=lambda each: each.at, reverse=True))) for one, heard in found.items()]
    return sorted(made, key=lambda one: (-one.authors, -one.count, one.who.name))


def letter(found: Sequence[Praise], *, brand: str, month: str, language: Language, when: Callable[[datetime], str]) -> str:
    """Return the monthly mail: who was praised, with the customers' own words and without their names. ``when`` writes an instant."""
    lines = [say("care.letter.title", language, brand=isolate(brand), month=month), "",
             say("care.letter.hello" if found else "care.letter.none", language)]
    for one in found:
        unit = f" ({isolate(one.who.unit)})" if one.who.unit else ""
        who = f"{isolate(one.who.name)}{unit}"
        lines += ["", say("care.letter.who", language, n=one.authors, name=who) if one.authors else say("care.letter.who_posts", language, posts=one.count, name=who)]
        lines += [say("care.letter.quote", language, text=isolate(clip(printable(heard.text), QUOTE)), when=when(heard.at)) for heard in one.mentions[:QUOTES]]
    return "\n".join([*lines, *(["", say("care.letter.end", language)] if found else [])])


def _written(spellings: Iterable[str]) -> Iterator[str]:
    """Yield the spellings, and those with the ی that some write after a final ه: «شعبه‌ی ونک»."""
    for one in spellings:
        yield one
        if (joined := re.sub(r"[هة\u06c0](?:\u0654)?(?= )", "ه\u200cی", one)) != one:
            yield joined
