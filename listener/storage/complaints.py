"""Complaints with what they are about, in the little form that causes are counted from."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from ..types import MentionKey
from .codec import instant, micros
from .database import Database


class Complained(NamedTuple):
    key: MentionKey
    published_at: datetime
    source: str  # the first that saw it
    language: str  # "": nobody says
    aspects: tuple[str, ...]


class Complaints(Database):
    """The part of the store that says what complaints are about."""

    def complaints(self, brand: str, *, since: datetime, until: datetime, limit: int) -> list[Complained]:
        """Return negative mentions of a brand published in ``[since, until)``, newest first; answers of our own are none."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.kind, m.id, x.published_at, m.source, coalesce(m.score_language, m.language, '') AS language, a.aspects "
                "FROM match x JOIN mention m ON m.pk = x.mention_pk LEFT JOIN analysis a ON a.mention_pk = m.pk "
                "WHERE x.brand = :brand AND x.label = 'negative' AND x.published_at >= :since AND x.published_at < :until "
                "AND m.deleted_at IS NULL AND NOT m.ours ORDER BY x.published_at DESC, x.mention_pk DESC LIMIT :limit"),
                {"brand": brand, "since": micros(since), "until": micros(until), "limit": limit}).all()
        return [Complained(MentionKey(row.kind, row.id), instant(row.published_at), row.source, row.language,
                           tuple(one["name"] for one in json.loads(row.aspects or "[]"))) for row in rows]
