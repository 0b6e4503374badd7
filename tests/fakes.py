"""Stand-ins with verbs: a source that says what it is told, a scorer that reads the mood off the text, a receiver that remembers.

They keep the contracts of ``listener.types``; ``CannedScorer`` needs no weights and gives the same answer in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from listener.errors import CollectError, NotifyError, ScoreError
from listener.types import (
    Analysis,
    Author,
    Batch,
    CoverageState,
    Cursor,
    Engagement,
    Mention,
    Message,
    Score,
)

NOON = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)  # Friday 29 Aban 1405, 12:00 in Tehran


def a_mention(id: str = "1", text: str = "سفارشم از دیجی‌کالا نرسید", *, minutes: float = 0, author: str | None = "sara",
              followers: int | None = 500, kind: str = "rss", **fields: Any) -> Mention:
    """Return a mention published ``minutes`` after NOON."""
    return Mention(kind=kind, id=id, text=text, published_at=NOON + timedelta(minutes=minutes), url=f"https://example.test/{id}",
                   author=Author(kind, author, name=author, followers=followers) if author else None, **fields)


def an_engagement(minutes: float = 0, **counts: int) -> Engagement:
    return Engagement(at=NOON + timedelta(minutes=minutes), **counts)


@dataclass
class FakeClock:
    instant: datetime = NOON

    def __call__(self) -> datetime:
        return self.instant

    def forward(self, **span: float) -> datetime:
        self.instant += timedelta(**span)
        return self.instant


@dataclass
class FakeCollector:
    """Says each published mention once; its cursor is the number of mentions said."""

    mentions: list[Mention] = field(default_factory=list)
    deleted: list[Mention] = field(default_factory=list)
    error: CollectError | None = None
    page: int = 1000
    asked: int = 0

    def publish(self, *mentions: Mention) -> None:
        self.mentions += mentions

    def collect(self, cursor: Cursor | None) -> Batch:
        self.asked += 1
        if self.error:
            raise self.error
        start = int((cursor or {}).get("said", 0))
        said = self.mentions[start : start + self.page]
        return Batch(mentions=tuple(said), deleted=tuple(m.key for m in self.deleted), cursor={"said": start + len(said)},
                     state=CoverageState.OK, complete=start + len(said) >= len(self.mentions))


@dataclass
class CannedScorer:
    """Negative where the text holds one of the words, positive where it says thanks, else neutral."""

    name: str = "canned@1"
    languages: frozenset[str] = frozenset()
    negative_words: tuple[str, ...] = ("نرسید", "خراب", "افتضاح", "broken", "late", "refund")
    positive_words: tuple[str, ...] = ("ممنون", "عالی", "thanks", "great")
    fails: bool = False

    def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        if self.fails:
            raise ScoreError(self.name, "the weights are gone; reinstall the package")
        return [Analysis(self._score(text)) for text in texts]

    def _score(self, text: str) -> Score:
        if any(word in text for word in self.negative_words):
            return Score(0.9, 0.07, 0.03, "fa", self.name, 0.5)
        if any(word in text for word in self.positive_words):
            return Score(0.03, 0.07, 0.9, "fa", self.name, 0.5)
        return Score(0.1, 0.8, 0.1, "fa", self.name, 0.5)


@dataclass
class FakeNotifier:
    """Remembers what it was given; raises the error it was told to raise."""

    sent: list[Message] = field(default_factory=list)
    error: NotifyError | None = None

    def send(self, message: Message) -> None:
        if self.error:
            raise self.error
        self.sent.append(message)
