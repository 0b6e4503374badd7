"""Reading the counts: steps for rules, hours for the board, distinct authors, and single traces."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text

from ..types import Label, MentionKey, Point, Trace
from . import counts
from .codec import HOUR_US, STEP_US, instant, micros
from .database import Database
from .results import Difference, HourRow


class Facts(Database):
    """The part of the store that counts."""

    def points(self, brand: str, *, since: datetime, until: datetime) -> dict[str, dict[datetime, Point]]:
        """Return, by source and start of the step, the 5-minute points in ``[since, until)``; empty steps are left out.

        ``negative`` includes those the model was unsure of; ``unsure`` says how many of all scored these are.
        """
        found: dict[str, dict[datetime, Point]] = {}
        with self._read() as connection:
            for source, step, *values in connection.execute(text(
                    "SELECT source, step, mentions, scored, negative, unsure, negative_reach FROM step_fact "
                    "WHERE brand = :brand AND step >= :since AND step < :until ORDER BY step, source"),
                    {"brand": brand, "since": _floor(since, STEP_US), "until": micros(until)}):
                found.setdefault(source, {})[instant(step)] = Point(*values)
        return found

    def traces(self, brand: str, *, since: datetime, until: datetime) -> list[Trace]:
        """Return the mentions of a brand published in ``[since, until)``, oldest first, as rules need them.

        Those that make no 5-minute point (our own answers, times known only to the day) are left out.
        """
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.kind, m.id, m.published_at, a.kind, a.id, m.source, m.label, m.unsure, m.reach_mid, m.reshare_of "
                "FROM match x JOIN mention m ON m.pk = x.mention_pk LEFT JOIN author a ON a.pk = m.author_pk "
                "WHERE x.brand = :brand AND x.published_at >= :since AND x.published_at < :until AND NOT m.ours "
                "AND m.deleted_at IS NULL AND m.precision IN ('second', 'minute') ORDER BY x.published_at, x.mention_pk"),
                {"brand": brand, "since": micros(since), "until": micros(until)}).all()
        return [Trace(MentionKey(kind, id), instant(published_at), None if author_id is None else f"{author_kind}:{author_id}",
                      source, None if label == "unscored" else Label(label), bool(unsure), reach or 0, reshare_of)
                for kind, id, published_at, author_kind, author_id, source, label, unsure, reach, reshare_of in rows]

    def hourly(self, brand: str | None = None, *, since: datetime, until: datetime) -> list[HourRow]:
        """Return the hours that begin in ``[since, until)`` (``since`` rounded down to its hour), of one brand or all."""
        values: dict[str, Any] = {"since": _floor(since, HOUR_US), "until": micros(until)}
        if brand is not None:
            values["brand"] = brand
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT brand, source, language, label, hour, mentions, unsure, reach_low, reach_mid, reach_high FROM "
                f"hour_fact WHERE {'brand = :brand AND ' if brand is not None else ''}hour >= :since AND hour < :until "
                "ORDER BY hour, brand, source, language, label"), values).all()
        return [HourRow(brand, source, language or None, label, instant(hour), *values)
                for brand, source, language, label, hour, *values in rows]

    def authors(self, brand: str, *, since: datetime, until: datetime, label: Label | str | None = None) -> int:
        """Return how many different authors wrote about a brand in the hours that begin in ``[since, until)``.

        Only known authors count. ``label``: those with a mention of that label.
        """
        values: dict[str, Any] = {"brand": brand, "since": _floor(since, HOUR_US), "until": micros(until)}
        if label is not None:
            values["label"] = str(label)
        with self._read() as connection:
            return int(connection.execute(text(
                "SELECT count(DISTINCT author_pk) FROM author_fact WHERE brand = :brand AND hour >= :since AND hour < :until"
                + (" AND label = :label" if label is not None else "")), values).scalar_one())

    def recount(self) -> list[Difference]:
        """Count all mentions anew and return where the stored counts differ; an empty list means that they are right."""
        with self._read() as connection:
            return counts.recount(connection)

    def rebuild_counts(self) -> None:
        """Throw the stored counts away and count all mentions anew."""
        with self._write() as connection:
            counts.rebuild(connection)


def _floor(at: datetime, width: int) -> int:
    value = micros(at)
    return value - value % width
