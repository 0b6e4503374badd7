"""Small made things the storage tests speak about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from listener.storage import Committed, Store
from listener.types import (
    Alert,
    AlertState,
    Analysis,
    Author,
    Batch,
    CoverageState,
    Cursor,
    Delivery,
    Match,
    Mention,
    MentionKey,
    Message,
    Reach,
    Reason,
    Score,
    ScoredMention,
    Severity,
)

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def mention(id: str = "1", text: str = "سفارش اسنپ دیر رسید", *, ago: timedelta = MINUTE, author: str | None = "sara",
            kind: str = "rss", **more: Any) -> Mention:
    named = None if author is None else Author(kind, author, author.title(), followers=100)
    return Mention(kind, id, text, NOW - ago, author=named, **more)


def commit(store: Store, *mentions: Mention, source: str = "blog", brands: Sequence[str] = ("اسنپ",),
           cursor: Cursor | None = None,
           deleted: Sequence[MentionKey] = (), reach: Reach | None = Reach(10, 20, 30, "followers"), now: datetime = NOW,
           span: timedelta = timedelta(minutes=5), state: CoverageState = CoverageState.OK, reason: str | None = None,
           reaches: Mapping[MentionKey, Reach] | None = None) -> Committed:
    """Commit mentions that match all the brands, with one reach for all."""
    return store.commit_batch(
        source, Batch(tuple(mentions), tuple(deleted), cursor, state, reason),
        matches=[Match(one.key, brand, ("اسنپ",)) for one in mentions for brand in brands],
        reach=reaches if reaches is not None else {one.key: reach for one in mentions if reach is not None},
        start=now - span, end=now, now=now)


def analysis(negative: float = 0.9, *, model: str = "packaged@1", floor: float = 0.6, language: str = "fa",
             **more: Any) -> Analysis:
    return Analysis(Score(negative, 1 - negative, 0.0, language, model, floor), **more)


def score(store: Store, *keys: MentionKey, negative: float = 0.9, **more: Any) -> int:
    return store.save_analyses([(key, analysis(negative, **more)) for key in keys], now=NOW)


def alert(*, fired_at: datetime = NOW, state: AlertState = AlertState.FIRING, **more: Any) -> Alert:
    return Alert("spike", "اسنپ", fired_at - HOUR, fired_at, 30.0, 4.5, Severity.P1, state, **more)


def delivery(key: str = "k1", receiver: str = "ops", *, due_at: datetime = NOW, about: Alert | None = None,
             quoted: Sequence[ScoredMention] = ()) -> Delivery:
    lines = tuple(one.mention.text for one in quoted) or ("سی پست منفی در یک ساعت",)
    return Delivery(key, receiver, Message(key, "هشدار", lines, "fa", Reason.FIRST, quoted=tuple(quoted), alert=about), due_at)


def everything(store: Store, **filters: Any) -> list[ScoredMention]:
    return store.mentions(limit=10_000, **filters).items
