"""Complaints with what they are about, in the little form that causes are counted from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, text

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

    def complaints_grouped(self, brands: Sequence[str], borders: Sequence[datetime]) -> list[tuple[Complained, int]]:
        """Return the negative mentions of these brands between the first and the last border, those that are alike in span, source, language
        and aspects together with how many they are; a mention of two of the brands counts once.

        ``borders`` ascend; a mention belongs to the span that begins with the last border not after it. Its instant and key are those of one
        of the group.
        """
        values = {f"border{place}": micros(at) for place, at in enumerate(borders)}
        spans = " ".join(f"WHEN x.published_at >= :border{place} THEN {place}" for place in reversed(range(len(borders) - 1)))
        names = ("(SELECT string_agg(e->>'name', chr(31)) FROM json_array_elements(coalesce(p.aspects, '[]')::json) AS e)" if self._postgres else
                 "(SELECT group_concat(e.value ->> 'name', char(31)) FROM json_each(coalesce(p.aspects, '[]')) AS e)")
        once = "count(*)" if len(brands) == 1 else "count(DISTINCT x.mention_pk)"
        with self._read() as connection:
            rows = connection.execute(text(
                f"SELECT CASE {spans} END AS span, m.source AS source, coalesce(m.score_language, m.language, '') AS language, {names} AS names, {once} AS many, "
                "min(x.published_at) AS published_at, min(m.kind) AS kind, min(m.id) AS id FROM match x JOIN mention m ON m.pk = x.mention_pk "
                "LEFT JOIN analysis p ON p.mention_pk = m.pk WHERE x.brand IN :brands AND x.label = 'negative' AND x.published_at >= :border0 "
                f"AND x.published_at < :border{len(borders) - 1} AND m.deleted_at IS NULL AND NOT m.ours GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4").bindparams(
                bindparam("brands", expanding=True)), {**values, "brands": list(brands)}).all()
        return [(Complained(MentionKey(row.kind, f"{place} {row.id}"), instant(row.published_at), row.source, row.language,
                            tuple(row.names.split(chr(31))) if row.names else ()), row.many) for place, row in enumerate(rows)]
