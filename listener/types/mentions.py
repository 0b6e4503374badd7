"""A public text, who wrote it and for whom we read it, as collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Precision(StrEnum):
    """How exactly a source states a time. A day is a local day: its mention stands at local noon."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    ESTIMATED = "estimated"  # the source gave no usable time; this is when we first saw the mention


class MentionKey(NamedTuple):
    """Natural key: the kind of source and the id that source gives. Two configured sources may see one mention."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Brand:
    """Whom we listen for."""

    name: str
    aliases: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()  # longer names that are not this brand: اسنپ‌فود for اسنپ
    peer: bool = False
    common: bool = False  # the name is an ordinary word (همراه): aliases and queries match, the name alone does not


@dataclass(frozen=True, slots=True)
class Author:
    """As published. ``id`` is the most stable handle the source gives."""

    kind: str
    id: str
    name: str | None = None
    url: str | None = None
    followers: int | None = None


def contact_account(hash: str) -> tuple[str, str]:
    """Return (kind, id) of an author of whom only a phone or e-mail is known, by its keyed hash: one, whatever told of it."""
    return "contact", hash[:32]


@dataclass(frozen=True, slots=True)
class Engagement:
    """Counts as the source showed them at one instant; several a mention, so that growth can be seen."""

    at: datetime
    likes: int | None = None
    shares: int | None = None
    comments: int | None = None
    views: int | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A public text, as collected. Scores, reach and matches live elsewhere."""

    kind: str
    id: str
    text: str
    published_at: datetime
    url: str | None = None
    title: str | None = None
    precision: Precision = Precision.SECOND
    edited_at: datetime | None = None
    author: Author | None = None
    engagement: Engagement | None = None
    language: str | None = None  # as the source says; the guess of text.guess_language goes into the score
    in_reply_to: str | None = None
    reshare_of: str | None = None
    ours: bool = False  # an answer of our own
    rating: float | None = None  # 0..1, as a share of the scale's top
    contacts: tuple[tuple[str, str], ...] = ()  # of its author: ("phone" or "email", keyed hash), never as written
    outlet: str | None = None  # the publication, where the source is an aggregator
    raw: bytes | None = field(default=None, repr=False)  # the payload it was read from, for rescoring and audits

    @property
    def key(self) -> MentionKey:
        return MentionKey(self.kind, self.id)

    @property
    def full_text(self) -> str:
        """Title and text as one string: what is matched and scored. A title repeated by the text stands once."""
        if not self.title or self.text.startswith(self.title):
            return self.text or self.title or ""
        return f"{self.title}\n{self.text}" if self.text else self.title


@dataclass(frozen=True, slots=True)
class Match:
    """A mention is about a brand, because of these terms (shown on the board)."""

    key: MentionKey
    brand: str
    terms: tuple[str, ...]
