"""What several people complain about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .mentions import MentionKey


@dataclass(frozen=True, slots=True)
class Complaint:
    """A negative mention of a brand as topics see it."""

    key: MentionKey
    text: str
    language: str
    embedding: bytes = field(repr=False)
    published_at: datetime
    scored_at: datetime
    model: str = ""
    author: str | None = None  # "kind:id"; None when the source does not say
    story: str | None = None
    topic: str | None = None  # as assigned so far
    aspect: str | None = None  # the one the model is surest of
    sure: bool = True  # that it is one: neither a close call of the model nor, as it reads the intent, a question or praise


@dataclass(frozen=True, slots=True)
class KeptTopic:
    """A topic between two groupings, as it is stored. It has ended where nothing is said of it any more, or it was merged."""

    id: str
    brand: str
    first_at: datetime
    phrases: Mapping[str, tuple[str, ...]]  # by language of the reader, the most telling first
    typical: tuple[MentionKey, ...] = ()
    aspect: str | None = None
    centre: bytes = field(default=b"", repr=False)  # float32 values, in the space of the last grouping
    split_from: str | None = None
    merged_into: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What several people complain about, in whatever language. It keeps id and name while it is spoken of."""

    id: str
    brand: str
    phrases: Mapping[str, tuple[str, ...]]  # by language of the reader, the most telling first
    first_at: datetime
    last_at: datetime
    count: int  # complaints in the span that was asked for
    authors: int  # who wrote them, an account once
    days: tuple[int, ...]  # complaints of each day of the span, the last day ending at its end
    state: str  # new, growing, steady or fading
    change: float | None = None  # the last day against a usual one; None: too young to tell
    members: tuple[MentionKey, ...] = ()  # three typical ones
    aspect: str | None = None
    languages: Mapping[str, int] = field(default_factory=dict)  # complaints of the span by language
    split_from: str | None = None
    merged: tuple[str, ...] = ()  # topics that became part of it
    usual: float | None = None  # complaints of a usual day; None: too young to tell
    between: tuple[float, float] | None = None  # 95 % interval of the change
