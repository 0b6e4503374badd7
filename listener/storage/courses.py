"""What the course of a story is told from: its mentions in little form, and which stories are told most in a span."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from ..types import Label, MentionKey, Reach, StoryMention, Trace
from .codec import clean, instant, maybe_instant, micros
from .database import Database
from .stories import _resolved, outlet_of

EARLIEST = 2_000  # of a story's mentions that are read where it has more than asked for; the rest are its newest

_COLUMNS = ("m.kind, m.id, m.published_at, m.precision, m.source, m.label, m.unsure, m.reach_low, m.reach_mid, m.reach_high, m.reach_method, "
            "m.reshare_of, m.known_at, m.copied, m.url, m.outlet, m.shares, m.story, a.kind AS author_kind, a.id AS author_id, a.followers")
_FROM = ("FROM mention m JOIN match x ON x.mention_pk = m.pk AND x.brand = :brand LEFT JOIN author a ON a.pk = m.author_pk "
         "WHERE m.story = :story AND m.deleted_at IS NULL AND m.known_at IS NOT NULL AND NOT m.ours")


class StoryCount(NamedTuple):
    """What was said of a story in a span: mentions of one brand."""

    id: str
    mentions: int
    copies: int
    authors: int  # who wrote words of their own; an account once
    negative: int
    late: int  # mentions of the last part of the span, ...
    before: int  # ... and of a part as long before it


class ComplaintTold(NamedTuple):
    """A complaint in little form, with what it is about."""

    mention: StoryMention
    topic: str | None
    aspects: tuple[str, ...]


class Courses(Database):
    """The part of the store that tells how stories go."""

    def story_counts(self, brand: str, *, since: datetime, until: datetime, part: int, limit: int) -> list[StoryCount]:
        """Return the stories that two or more mentions published in ``[since, until)`` tell, most independent authors first.

        ``part``: seconds of the last part that growth is read from.
        """
        late = micros(until) - part * 1_000_000
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.story, count(*) AS mentions, sum(CASE WHEN m.copied THEN 1 ELSE 0 END) AS copies, "
                "count(DISTINCT CASE WHEN m.copied THEN NULL ELSE coalesce(cast(m.author_pk AS text), m.outlet, m.url) END) AS authors, "
                "sum(CASE WHEN x.label = 'negative' THEN 1 ELSE 0 END) AS negative, "
                "sum(CASE WHEN x.published_at >= :late THEN 1 ELSE 0 END) AS late, "
                "sum(CASE WHEN x.published_at >= :before AND x.published_at < :late THEN 1 ELSE 0 END) AS before "
                "FROM match x JOIN mention m ON m.pk = x.mention_pk WHERE x.brand = :brand AND x.published_at >= :since "
                "AND x.published_at < :until AND m.story IS NOT NULL AND NOT m.ours GROUP BY m.story HAVING count(*) > 1 "
                "ORDER BY authors DESC, mentions DESC, m.story LIMIT :limit"),
                {"brand": clean(brand), "since": micros(since), "until": micros(until), "late": late,
                 "before": late - part * 1_000_000, "limit": limit}).all()
        return [StoryCount(row.story, row.mentions, row.copies, row.authors, row.negative, row.late, row.before) for row in rows]

    def story_mentions(self, brand: str, story: str, *, limit: int) -> tuple[list[StoryMention], bool]:
        """Return the scored mentions of a story about a brand, oldest first, and whether these are all of them.

        Where there are more than ``limit`` these are its earliest and its newest. A story that became part of an older one
        is found by either id. Answers of our own are none of it.
        """
        with self._read() as connection:
            values: dict[str, Any] = {"brand": clean(brand), "story": _resolved(connection, (story,))[clean(story)]}
            statement = f"SELECT {_COLUMNS} {_FROM} ORDER BY m.published_at %s, m.pk %s LIMIT :limit"
            rows: Sequence[Any] = connection.execute(text(statement % ("DESC", "DESC")), {**values, "limit": limit + 1}).all()
            if whole := len(rows) <= limit:
                found = list(reversed(rows))
            else:
                first = connection.execute(text(statement % ("ASC", "ASC")), {**values, "limit": min(EARLIEST, limit // 2)}).all()
                found = [*first, *reversed(rows[:limit - len(first)])]
        return [_mention(row) for row in found], whole


    def complaints_told(self, brand: str, *, since: datetime, until: datetime, limit: int) -> list[ComplaintTold]:
        """Return the newest ``limit`` complaints about a brand published in ``[since, until)``, oldest first, with their topic and aspects."""
        with self._read() as connection:
            rows = connection.execute(text(
                f"SELECT {_COLUMNS}, t.topic, p.aspects FROM match x JOIN mention m ON m.pk = x.mention_pk LEFT JOIN author a ON a.pk = m.author_pk "
                "LEFT JOIN analysis p ON p.mention_pk = m.pk LEFT JOIN topic_mention t ON t.mention_pk = m.pk AND t.brand = x.brand "
                "WHERE x.brand = :brand AND x.label = 'negative' AND x.published_at >= :since AND x.published_at < :until AND m.deleted_at IS NULL "
                "AND m.known_at IS NOT NULL AND NOT m.ours ORDER BY x.published_at DESC, m.pk DESC LIMIT :limit"),
                {"brand": clean(brand), "since": micros(since), "until": micros(until), "limit": limit}).all()
        return [ComplaintTold(_mention(row), row.topic, tuple(one["name"] for one in json.loads(row.aspects or "[]"))) for row in reversed(rows)]

    def own_answers(self, brand: str, *, since: datetime, until: datetime, limit: int) -> list[MentionKey]:
        """Return what we said ourselves about a brand in ``[since, until)``, newest first.

        A cross join, since SQLite would begin with the millions of a brand and not with the few of ours.
        """
        with self._read() as connection:
            return [MentionKey(kind, id) for kind, id in connection.execute(text(
                "SELECT m.kind, m.id FROM mention m CROSS JOIN match x WHERE x.mention_pk = m.pk AND x.brand = :brand AND m.ours AND m.deleted_at IS NULL "
                "AND m.published_at >= :since AND m.published_at < :until ORDER BY m.published_at DESC, m.pk DESC LIMIT :limit"),
                {"brand": clean(brand), "since": micros(since), "until": micros(until), "limit": limit})]


def _mention(row: Any) -> StoryMention:
    trace = Trace(MentionKey(row.kind, row.id), instant(row.published_at), None if row.author_id is None else f"{row.author_kind}:{row.author_id}",
                  row.source, None if row.label == "unscored" else Label(row.label), bool(row.unsure), row.reach_mid or 0, row.reshare_of,
                  maybe_instant(row.known_at), row.followers, row.story)
    reach = None if row.reach_method is None else Reach(row.reach_low, row.reach_mid, row.reach_high, row.reach_method)
    return StoryMention(trace, bool(row.copied), row.precision in ("second", "minute"), outlet_of(row.url, row.outlet), reach, row.shares)
