"""Reading the counts: steps for rules, hours for the board, distinct authors, single traces, and who complained before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text

from ..types import Label, MentionKey, Point, Trace
from . import counts
from .codec import HOUR_US, STEP_US, clean, instant, maybe_instant, micros, stored_id
from .database import Database, by_kind, chunks
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

    def source_points(self, source: str, since: datetime, until: datetime) -> dict[datetime, Point]:
        """Return, by start of the step, the 5-minute points in ``[since, until)`` of what a source saw first, whatever the
        brands: a mention of two of them counts once. Empty steps are left out.
        """
        with self._read() as connection:
            return {instant(step): Point(*values) for step, *values in connection.execute(text(
                "SELECT step, mentions, scored, negative, unsure, negative_reach FROM source_fact "
                "WHERE source = :source AND step >= :since AND step < :until ORDER BY step"),
                {"source": clean(source), "since": _floor(since, STEP_US), "until": micros(until)})}

    def traces(self, brand: str, *, since: datetime, until: datetime) -> list[Trace]:
        """Return the mentions of a brand published in ``[since, until)``, oldest first, as rules need them.

        Those that make no 5-minute point (our own answers, times known only to the day) are left out.
        """
        return [trace for trace, _ in self.seen(brand, since=since, until=until)]

    def seen(self, brand: str, *, since: datetime, until: datetime) -> list[tuple[Trace, datetime]]:
        """Return the same as ``traces``, each with when it was first seen: what replay goes by."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.kind, m.id, m.published_at, a.kind, a.id, m.source, m.label, m.unsure, m.reach_mid, m.reshare_of, "
                "m.known_at, a.followers, m.story, t.topic, m.first_seen_at FROM match x JOIN mention m ON m.pk = x.mention_pk "
                "LEFT JOIN author a ON a.pk = m.author_pk LEFT JOIN topic_mention t ON t.mention_pk = x.mention_pk AND t.brand = x.brand "
                "WHERE x.brand = :brand AND x.published_at >= :since AND x.published_at < :until AND NOT m.ours "
                f"AND {counts.SAID} AND m.deleted_at IS NULL AND m.precision IN ('second', 'minute') ORDER BY x.published_at, x.mention_pk"),
                {"brand": brand, "since": micros(since), "until": micros(until)}).all()
        return [(Trace(MentionKey(kind, id), instant(published_at), None if author_id is None else f"{author_kind}:{author_id}",
                       source, None if label == "unscored" else Label(label), bool(unsure), reach or 0, reshare_of,
                       maybe_instant(known_at), followers, story, topic), instant(seen_at))
                for kind, id, published_at, author_kind, author_id, source, label, unsure, reach, reshare_of, known_at, followers,
                story, topic, seen_at in rows]

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

    def audiences(self, brand: str, *, since: datetime, until: datetime, seen: bool = False) -> list[int]:
        """Return the followers of each known author of a brand's mentions in the hours that begin in ``[since, until)``.

        Ascending, an author once; those whose followers nobody said are left out. ``seen``: only mentions that were seen
        before ``until``, so that the answer stays the same whenever it is asked, and the history of a source: what was published
        before it was first read (an imported file never is) counts from then on, in whatever way it came.
        """
        writing = ("SELECT m.author_pk FROM match x JOIN mention m ON m.pk = x.mention_pk WHERE x.brand = :brand AND "
                   "x.published_at >= :since AND x.published_at < :until AND NOT m.ours AND (m.first_seen_at < :until OR NOT EXISTS ("
                   "SELECT 1 FROM source s WHERE s.name = m.source AND s.first_at <= m.published_at)) "
                   f"AND {counts.SAID} AND m.deleted_at IS NULL") if seen else (
                   "SELECT author_pk FROM author_fact WHERE brand = :brand AND hour >= :since AND hour < :until")
        with self._read() as connection:
            return list(connection.execute(text(
                f"SELECT followers FROM author WHERE followers IS NOT NULL AND pk IN ({writing}) ORDER BY followers"),
                {"brand": brand, "since": _floor(since, HOUR_US), "until": micros(until)}).scalars())

    def complained(self, brand: str, authors: Iterable[str], *, before: datetime, known: bool = False) -> dict[str, datetime]:
        """Return, of these authors ("kind:id"), when each last published something negative about a brand before then.

        Those who never did are missing. ``known``: only mentions whose tone was known before then, too.
        """
        names = {(clean(kind), stored_id(id)): author for author in authors for kind, _, id in [author.partition(":")]}
        found: dict[str, datetime] = {}
        with self._read() as connection:
            pks = {pk: names[kind, id] for kind, ids in by_kind(names) for pk, id in connection.execute(
                text("SELECT pk, id FROM author WHERE kind = :kind AND id IN :ids").bindparams(
                    bindparam("ids", expanding=True)), {"kind": kind, "ids": ids})}
            statement = text(
                "SELECT m.author_pk, max(m.published_at) FROM mention m JOIN match x ON x.mention_pk = m.pk WHERE m.author_pk IN "
                ":pks AND x.brand = :brand AND x.label = 'negative' AND m.published_at < :before AND m.deleted_at IS NULL "
                f"AND NOT m.ours {'AND m.known_at < :before ' if known else ''}GROUP BY m.author_pk").bindparams(
                bindparam("pks", expanding=True))
            for some in chunks(list(pks)):
                for pk, at in connection.execute(statement, {"pks": list(some), "brand": brand, "before": micros(before)}):
                    found[pks[pk]] = instant(at)
        return found

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
