"""The small nouns this room answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..polling import Habit
from ..types import Label, MentionKey, ScoredMention, State


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a batch: first seen, changed (text, title, engagement, author or matches), seen in all, taken back.

    ``apart``: posts of a file that came under an id of another post and were kept under one of their own.
    """

    new: int = 0
    changed: int = 0
    seen: int = 0
    deleted: int = 0
    apart: int = 0

    def __add__(self, other: Committed) -> Committed:
        return Committed(self.new + other.new, self.changed + other.changed, self.seen + other.seen,
                         self.deleted + other.deleted, self.apart + other.apart)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule remembers of one subject, which it evaluated up to ``until``."""

    rule: str
    subject: str
    state: State
    until: datetime


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source fares. ``mentions`` are those it has seen and that still stand."""

    name: str
    kind: str
    polled_at: datetime | None
    ok_at: datetime | None
    failing_since: datetime | None
    error: str | None
    permanent: bool
    retry_at: datetime | None
    paused: bool
    mentions: int
    next_at: datetime | None = None  # when it is read again; ``retry_at`` is the part of it that the source asked for
    interval: timedelta | None = None  # between two readings at present, between floor and ceiling
    last_item_at: datetime | None = None  # publish time of the newest item it ever showed, about us or not
    suspect_since: datetime | None = None  # it answers, but with nothing it used to have
    readings: int = 0
    showing: float = 0.0
    shelf: timedelta = timedelta(0)
    first_at: datetime | None = None  # first reading that worked
    confirmed_at: datetime | None = None  # an experimental source that a person has looked at
    confirmed_by: str | None = None
    added_at: datetime | None = None  # since when it is known; None: nobody noted it

    @property
    def habit(self) -> Habit:
        return Habit(self.interval, self.next_at, self.last_item_at, self.readings, self.showing, self.shelf, self.suspect_since)


@dataclass(frozen=True, slots=True)
class Lag:
    """Time from publishing to what is asked for (first seen, scored, a person told), of ``count`` mentions or alerts."""

    median: timedelta
    p90: timedelta
    count: int


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of a span was seen of a source; the four add up to the span. Where spans overlap, the best counts."""

    ok: timedelta
    partial: timedelta
    lost: timedelta
    unknown: timedelta  # nobody looked: before the first reading, since the last, while this program did not run


@dataclass(frozen=True, slots=True)
class HourRow:
    """Mentions of one hour, brand, first source, language and label (``unscored`` before the model has read them).

    ``language`` is the scorer's word, else the source's, else ``None``. ``unsure`` are those of them that the model
    was not sure of. Reach adds up what single mentions may have reached, not unique people.
    """

    brand: str
    source: str
    language: str | None
    label: str
    hour: datetime
    mentions: int
    unsure: int
    reach_low: int
    reach_mid: int
    reach_high: int


class PageKey(NamedTuple):
    """Where the next page begins: after this mention of this brand."""

    published_at: datetime
    row: int
    brand: str


@dataclass(frozen=True, slots=True)
class Page:
    """Mentions, newest first; ``next`` is ``None`` on the last page. A mention of two brands stands once for each."""

    items: list[ScoredMention]
    next: PageKey | None


@dataclass(frozen=True, slots=True)
class Revision:
    """What a mention said until ``seen_until``."""

    title: str | None
    text: str
    seen_until: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word on a label, and the model's label and text it was said about."""

    key: MentionKey
    label: Label
    who: str
    at: datetime
    scored: Label | None
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody did something."""

    at: datetime
    who: str
    what: str
    subject: str | None


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """Whether a receiver takes messages. ``disabled_at`` is ``None`` while it does."""

    name: str
    disabled_at: datetime | None
    error: str | None
    refusals: int = 0  # for good, in a row
    refusing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What holds for a rule beside its configuration. ``enabled`` ``None``: as configured; demoted: its alerts are digest."""

    name: str
    enabled: bool | None
    demoted_at: datetime | None
    who: str
    at: datetime
    why: str
    replay: Mapping[str, Any] | None = None  # the last recorded


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that is not what a full recount says."""

    table: str
    key: tuple[str | int, ...]
    stored: tuple[int, ...] | None
    counted: tuple[int, ...] | None
