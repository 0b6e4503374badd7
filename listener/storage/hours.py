"""Hours in little form: what brands beside each other, and spans before and after each other, are counted from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import text

from ..types import Mention
from .codec import HOUR_US, clean, instant, maybe_instant, micros
from .database import Database
from .topics import MIXED, MIXER


class HourCount(NamedTuple):
    """Mentions of one brand, first source and hour, by label; what is not scored is in ``mentions`` alone."""

    brand: str
    source: str
    hour: datetime
    mentions: int
    negative: int
    neutral: int
    positive: int
    unsure: int


class Aspects(NamedTuple):
    """A complaint with what it is about."""

    published_at: datetime
    source: str
    story: str | None
    aspects: tuple[str, ...]


class Written(NamedTuple):
    """What a complaint says, its title included."""

    text: str
    language: str
    story: str | None


class HourCounts(Database):
    """The part of the store that counts by source and hour."""

    def hour_counts(self, brands: Iterable[str], *, since: datetime, until: datetime) -> list[HourCount]:
        """Return the hours that begin in ``[since, until)`` in which a brand was spoken of, whatever the language."""
        found = []
        instants: dict[int, datetime] = {}
        with self._read() as connection:
            for brand in brands:
                found += [HourCount(brand, source, instants.get(hour) or instants.setdefault(hour, instant(hour)), *values) for source, hour, *values in connection.execute(text(
                    "SELECT source, hour, CAST(sum(mentions) AS bigint), " + ", ".join(
                        f"CAST(sum(CASE WHEN label = '{label}' THEN mentions ELSE 0 END) AS bigint)" for label in ("negative", "neutral", "positive"))
                    + ", CAST(sum(unsure) AS bigint) FROM hour_fact WHERE brand = :brand AND hour >= :since AND hour < :until "
                    "GROUP BY source, hour ORDER BY hour, source"),
                    {"brand": clean(brand), "since": -(-micros(since) // HOUR_US) * HOUR_US, "until": micros(until)})]
        return found

    def aspects_sampled(self, brand: str, *, since: datetime, until: datetime, most: int) -> tuple[list[Aspects], bool]:
        """Return about ``most`` complaints published in ``[since, until)``, taken from all by a hash that is the same at every try,
        and whether these are all of them. What is taken is spread over the whole span as complaints are.
        """
        rows, whole = self._sampled("x.published_at, m.source, m.story, p.aspects", "LEFT JOIN analysis p ON p.mention_pk = x.mention_pk", brand, since, until, most)
        return [Aspects(instant(row.published_at), row.source, row.story, _names(row.aspects or "[]")) for row in rows], whole

    def texts_sampled(self, brand: str, *, since: datetime, until: datetime, most: int) -> tuple[list[Written], bool]:
        """Return what complaints say, chosen as by ``aspects_sampled``, and whether these are all of them."""
        rows, whole = self._sampled("m.kind, m.id, m.title, m.text, m.published_at, m.story, coalesce(m.score_language, m.language, '') AS language", "", brand, since, until, most)
        return [Written(Mention(row.kind, row.id, row.text, instant(row.published_at), title=row.title).full_text, row.language, row.story) for row in rows], whole

    def _sampled(self, columns: str, joined: str, brand: str, since: datetime, until: datetime, most: int) -> tuple[Sequence[Any], bool]:
        values: dict[str, Any] = {"brand": clean(brand), "since": micros(since), "until": micros(until), "mixer": MIXER, "mixed": MIXED}
        span = "FROM match x %sWHERE x.brand = :brand AND x.label = 'negative' AND x.published_at >= :since AND x.published_at < :until"
        with self._read() as connection:
            count = int(connection.execute(text("SELECT count(*) " + span % ""), values).scalar_one())
            values["cap"] = 2 * most  # never reached; without it PostgreSQL expects a third of all and reads every mention for them
            values["below"] = MIXED if count <= most else MIXED * most // count
            rows = connection.execute(text(
                f"SELECT {columns} FROM (SELECT x.mention_pk, x.published_at {span % ''} AND (x.mention_pk * :mixer) % :mixed < :below LIMIT :cap) AS x "
                f"JOIN mention m ON m.pk = x.mention_pk {joined} WHERE m.deleted_at IS NULL AND NOT m.ours ORDER BY x.mention_pk"), values).all()
        return rows, count <= most

    def first_heard(self, brand: str) -> datetime | None:
        """Return the first hour in which anything was said of a brand; None: nothing yet."""
        with self._read() as connection:
            return maybe_instant(connection.execute(text("SELECT min(hour) FROM hour_fact WHERE brand = :brand"), {"brand": clean(brand)}).scalar())


@lru_cache(maxsize=4_096)
def _names(aspects: str) -> tuple[str, ...]:
    """Return the names of aspects as stored; the same few stand with thousands of complaints."""
    return tuple(one["name"] for one in json.loads(aspects))
