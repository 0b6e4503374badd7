"""Counts of a brand over spans that begin and end where people's days do, exact to the mention.

The hourly counts hold whole hours of UTC, but a day in Tehran begins at half past: hours that a border cuts are counted from the
mentions themselves, a few minutes of them however long the span; all others are read from the counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from ..types import MentionKey, Reach
from . import counts
from .codec import HOUR_US, clean, micros
from .database import Database

_PLAIN = f"m.deleted_at IS NULL AND NOT m.ours AND {counts.SAID}"


@dataclass(frozen=True, slots=True)
class Count:
    """Mentions of one source, language ("" where nobody says) and label between two borders; ``part`` is which two, from 0."""

    part: int
    source: str
    language: str
    label: str
    mentions: int
    unsure: int
    reach: tuple[int, int, int]  # low, mid, high, summed over posts


class Spans(Database):
    """The part of the store that counts between any two instants."""

    def counts_between(self, brand: str, borders: Sequence[datetime]) -> list[Count]:
        """Return the counts of a brand between each two of these ascending instants."""
        edges, found = [micros(at) for at in borders], []
        with self._read() as connection:
            for part, (since, until) in enumerate(zip(edges, edges[1:], strict=False)):
                for source, language, label, *values in _counted(connection, brand, since, until):
                    found.append(Count(part, source, language, label, values[0], values[1], (values[2], values[3], values[4])))
        return found

    def authors_between(self, brand: str, since: datetime, until: datetime) -> int:
        """Return how many known authors wrote about a brand in ``[since, until)``, each once."""
        inner, edges = _hours(micros(since), micros(until))
        parts = ["SELECT author_pk FROM author_fact WHERE brand = :brand AND hour >= :first AND hour < :last"] if inner else []
        values: dict[str, object] = {"brand": clean(brand), "first": inner[0], "last": inner[1]} if inner else {"brand": clean(brand)}
        for number, (start, end) in enumerate(edges):
            parts.append(f"SELECT m.author_pk FROM match x JOIN mention m ON m.pk = x.mention_pk WHERE x.brand = :brand AND x.published_at >= "
                         f":start{number} AND x.published_at < :end{number} AND m.author_pk IS NOT NULL AND {_PLAIN}")
            values |= {f"start{number}": start, f"end{number}": end}
        if not parts:
            return 0
        with self._read() as connection:
            return int(connection.execute(text(f"SELECT count(DISTINCT author_pk) FROM ({' UNION ALL '.join(parts)}) AS wrote"), values).scalar_one())

    def complaint_reaches(self, brand: str, since: datetime, until: datetime) -> list[tuple[str | None, Reach]]:
        """Return the reach of each complaint in ``[since, until)`` that has one, with a name of its account (None: nobody says)."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.author_pk, m.reach_low, m.reach_mid, m.reach_high, m.reach_method FROM match x JOIN mention m ON m.pk = x.mention_pk "
                f"WHERE x.brand = :brand AND x.label = 'negative' AND x.published_at >= :since AND x.published_at < :until AND {_PLAIN} "
                "AND m.reach_mid IS NOT NULL"), {"brand": clean(brand), "since": micros(since), "until": micros(until)}).all()
        return [(None if row.author_pk is None else str(row.author_pk), Reach(row.reach_low, row.reach_mid, row.reach_high, row.reach_method))
                for row in rows]

    def topics_between(self, brand: str, topics: Sequence[str], since: datetime, until: datetime) -> dict[str, int]:
        """Return how many complaints each of these topics had in ``[since, until)``; those with none are missing."""
        found: dict[str, int] = {}
        statement = text("SELECT count(*) FROM topic_mention t JOIN match x ON x.mention_pk = t.mention_pk AND x.brand = t.brand WHERE t.brand = "
                         ":brand AND t.topic = :topic AND t.published_at >= :since AND t.published_at < :until AND x.label = 'negative'")
        with self._read() as connection:
            for topic in topics:
                count = connection.execute(statement, {"brand": clean(brand), "topic": topic, "since": micros(since),
                                                       "until": micros(until)}).scalar_one()
                if count:
                    found[topic] = int(count)
        return found

    def topic_keys(self, brand: str, topic: str, since: datetime, until: datetime, *, limit: int) -> list[MentionKey]:
        """Return the newest complaints of a topic in ``[since, until)``."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.kind, m.id FROM topic_mention t JOIN mention m ON m.pk = t.mention_pk WHERE t.brand = :brand AND t.topic = :topic AND "
                f"t.published_at >= :since AND t.published_at < :until AND m.label = 'negative' AND {_PLAIN} "
                "ORDER BY t.published_at DESC, t.mention_pk DESC LIMIT :limit"),
                {"brand": clean(brand), "topic": topic, "since": micros(since), "until": micros(until), "limit": limit}).all()
        return [MentionKey(row.kind, row.id) for row in rows]

    def models_between(self, brand: str, borders: Sequence[datetime], *, each: int = 20) -> Mapping[str, int]:
        """Return which models scored the mentions of a brand, by a look at the first few after each of these borders; how many each."""
        found: dict[str, int] = {}
        with self._read() as connection:
            for since, until in zip(borders, borders[1:], strict=False):
                for model in connection.execute(text(
                        "SELECT m.model FROM match x JOIN mention m ON m.pk = x.mention_pk WHERE x.brand = :brand AND x.published_at >= :since AND "
                        "x.published_at < :until AND m.model IS NOT NULL ORDER BY x.published_at LIMIT :each"),
                        {"brand": clean(brand), "since": micros(since), "until": micros(until), "each": each}).scalars():
                    found[model] = found.get(model, 0) + 1
        return found


def _hours(since: int, until: int) -> tuple[tuple[int, int] | None, list[tuple[int, int]]]:
    """Return the whole hours of a span, and what is left of it at both ends."""
    first, last = -(-since // HOUR_US) * HOUR_US, until // HOUR_US * HOUR_US
    if first >= last:
        return None, [(since, until)] if since < until else []
    return (first, last), [(start, end) for start, end in ((since, first), (last, until)) if start < end]


_SUMS = "sum(mentions), sum(unsure), CAST(sum(reach_low) AS bigint), CAST(sum(reach_mid) AS bigint), CAST(sum(reach_high) AS bigint)"
_EDGE = text(
    "SELECT m.source, coalesce(m.score_language, m.language, '') AS language, m.label, count(*), sum(CASE WHEN m.unsure THEN 1 ELSE 0 END), "
    "CAST(sum(coalesce(m.reach_low, 0)) AS bigint), CAST(sum(coalesce(m.reach_mid, 0)) AS bigint), CAST(sum(coalesce(m.reach_high, 0)) AS bigint) "
    f"FROM match x JOIN mention m ON m.pk = x.mention_pk WHERE x.brand = :brand AND x.published_at >= :since AND x.published_at < :until AND {_PLAIN} "
    "GROUP BY m.source, coalesce(m.score_language, m.language, ''), m.label")


def _counted(connection: Connection, brand: str, since: int, until: int) -> list[tuple[str, str, str, int, int, int, int, int]]:
    inner, edges = _hours(since, until)
    sums: dict[tuple[str, str, str], list[int]] = {}
    rows = [connection.execute(_EDGE, {"brand": clean(brand), "since": start, "until": end}) for start, end in edges]
    if inner:
        rows.append(connection.execute(text(f"SELECT source, language, label, {_SUMS} FROM hour_fact WHERE brand = :brand AND hour >= :first AND "
                                            "hour < :last GROUP BY source, language, label"),
                                       {"brand": clean(brand), "first": inner[0], "last": inner[1]}))
    for some in rows:
        for source, language, label, *values in some:
            held = sums.setdefault((source, language, label), [0] * 5)
            for place, value in enumerate(values):
                held[place] += int(value or 0)
    return [(*key, *values) for key, values in sorted(sums.items())]  # type: ignore[misc]  # five of them, which a list does not tell
