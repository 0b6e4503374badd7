"""Counts over event time, and the little of a mention that is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .mentions import MentionKey
from .scores import Label

STEP = timedelta(minutes=5)
"""Width of an event-time bin: the finest grain at which volume rules look (SPIKES: 5-minute bins)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One observed step. Reach is the sum of the mid estimates of its negative mentions.

    Distinct authors do not add up over steps; rules count them from ``Trace``.
    """

    mentions: int = 0
    scored: int = 0
    negative: int = 0
    unsure: int = 0
    negative_reach: int = 0

    def __add__(self, other: Point) -> Point:
        return Point(self.mentions + other.mentions, self.scored + other.scored, self.negative + other.negative,
                     self.unsure + other.unsure, self.negative_reach + other.negative_reach)


@dataclass(frozen=True, slots=True)
class Series:
    """Consecutive steps from ``start``; ``None`` stands where under half of the step was observed."""

    start: datetime
    points: tuple[Point | None, ...]
    step: timedelta = STEP

    @property
    def end(self) -> datetime:
        return self.start + self.step * len(self.points)

    def at(self, index: int) -> datetime:
        return self.start + self.step * index


@dataclass(frozen=True, slots=True)
class Trace:
    """The little of a mention that rules need to count authors and to name evidence."""

    key: MentionKey
    published_at: datetime
    author: str | None  # "kind:id"; None when the source does not say
    source: str
    label: Label | None  # None: not scored yet
    unsure: bool
    reach: int  # mid
    reshare_of: str | None = None
    known_at: datetime | None = None  # when its text as it stands was first scored; None: not scored yet
    audience: int | None = None  # followers of its author, as published
    story: str | None = None  # copies of one text, spun ones too, share it
    topic: str | None = None  # what it complains about; None: not looked at yet, or close to no topic
