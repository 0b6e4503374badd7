"""Topics: which complaints wait for one, what is grouped, and what was found.

What makes complaints one topic is decided in ``alerts.topics``; this part hands out and takes in. A pass that is killed before
``save_assigned`` or ``save_grouping`` has changed nothing, and what it looked at waits again.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from ..types import Complaint, KeptTopic, Mention, MentionKey
from .codec import HOUR_US, clean, instant, maybe_instant, maybe_micros, micros, stored_key, to_json
from .database import Database, bulk, by_kind, chunks

AGAIN = timedelta(minutes=10)
"""So far back complaints are looked for again: a pass of another process may have committed what it scored before."""

_COLUMNS = ("m.pk, m.kind, m.id, m.title, m.text, m.score_language, m.published_at, m.story, m.model, m.scored_at, p.embedding, "
            "p.aspects, p.intent, m.unsure, m.corrected, a.kind AS author_kind, a.id AS author_id")
_FROM = ("FROM mention m JOIN analysis p ON p.mention_pk = m.pk AND p.embedding IS NOT NULL "
         "LEFT JOIN author a ON a.pk = m.author_pk")
_ABOUT = "x.label = 'negative' AND NOT m.ours AND m.deleted_at IS NULL"
NO_COMPLAINT = ("praise", "purchase", "question", "suggestion")  # intents: what is counted as a complaint and is told by one of these is no typical one
MIXER, MIXED = 2654435761, 1_000_003  # Knuth's multiplicative hash: which mentions a sample takes, the same at every try


@dataclass(frozen=True, slots=True)
class TopicRound:
    """How far a brand's complaints were looked at."""

    seen_until: datetime  # scored by then
    grouped_at: datetime | None = None
    space: bytes | None = None


@dataclass(frozen=True, slots=True)
class TopicCounts:
    """What was said of a topic in a span."""

    count: int
    authors: int
    last_at: datetime
    days: tuple[int, ...]  # the last one ends at the end of the span
    languages: Mapping[str, int]


class Topics(Database):
    """The part of the store that knows what complaints are about."""

    def topic_round(self, brand: str) -> TopicRound | None:
        """Return how far topics of a brand are; None: nobody looked yet."""
        with self._read() as connection:
            row = connection.execute(text("SELECT seen_until, grouped_at, space FROM topic_round WHERE brand = :brand"),
                                     {"brand": clean(brand)}).first()
        return None if row is None else TopicRound(instant(row.seen_until), maybe_instant(row.grouped_at),
                                                   None if row.space is None else bytes(row.space))

    def untopiced(self, brand: str, *, scored_since: datetime, published_since: datetime, limit: int) -> list[Complaint]:
        """Return up to ``limit`` complaints about a brand that topics have not looked at, in the order of their scores."""
        with self._read() as connection:
            return _complaints(connection.execute(text(
                f"SELECT {_COLUMNS}, NULL AS topic {_FROM} JOIN match x ON x.mention_pk = m.pk AND x.brand = :brand "
                "WHERE m.label = 'negative' AND m.scored_at >= :scored AND m.published_at >= :published AND NOT m.ours "
                "AND NOT EXISTS (SELECT 1 FROM topic_mention t WHERE t.mention_pk = m.pk AND t.brand = :brand) "
                "ORDER BY m.scored_at, m.pk LIMIT :limit"),
                {"brand": clean(brand), "scored": micros(scored_since - AGAIN), "published": micros(published_since),
                 "limit": limit}).all())

    def loose_complaints(self, brand: str, *, since: datetime, limit: int) -> list[Complaint]:
        """Return the newest complaints that no topic was close to."""
        with self._read() as connection:
            return _members(connection, brand, None, since, limit)

    def complaint_sample(self, brand: str, *, since: datetime, loose_since: datetime, limit: int) -> list[Complaint]:
        """Return at most ``limit`` complaints to be grouped: a third the newest that no topic was close to, a third the newest
        of each living topic, and the rest taken from all by a hash, the same at every try.
        """
        found: dict[MentionKey, Complaint] = {}
        with self._read() as connection:
            for one in _members(connection, brand, None, loose_since, limit // 3):
                found[one.key] = one
            living = connection.execute(text("SELECT id FROM topic WHERE brand = :brand AND ended_at IS NULL ORDER BY id"),
                                        {"brand": clean(brand)}).scalars().all()
            for topic in living:
                for one in _members(connection, brand, topic, since, max(1, limit // 3 // len(living))):
                    found[one.key] = one
            values = {"brand": clean(brand), "since": micros(since), "room": limit - len(found), "mixer": MIXER, "mixed": MIXED}
            count = int(connection.execute(text("SELECT count(*) FROM match WHERE brand = :brand AND label = 'negative' "
                                                "AND published_at >= :since"), values).scalar_one())
            values["below"] = MIXED if count <= limit else MIXED * (limit - len(found)) // count
            rows = connection.execute(text(
                f"SELECT {_COLUMNS}, t.topic {_FROM} JOIN match x ON x.mention_pk = m.pk AND x.brand = :brand "
                f"LEFT JOIN topic_mention t ON t.mention_pk = m.pk AND t.brand = :brand WHERE {_ABOUT} AND x.published_at >= :since "
                "AND (m.pk * :mixer) % :mixed < :below ORDER BY x.published_at DESC, m.pk LIMIT :room"), values).all()
        for one in _complaints(rows):
            found.setdefault(one.key, one)
        return sorted(found.values(), key=lambda one: one.key)[:limit]

    def save_assigned(self, brand: str, members: Mapping[MentionKey, str | None], *, seen_until: datetime) -> int:
        """Note the topic of complaints, None for none; return how many were new. Saving the same again changes nothing."""
        with self._write() as connection:
            _begin(connection, brand, seen_until)
            return _assign(connection, brand, members, again=False)

    def save_grouping(self, brand: str, topics: Sequence[KeptTopic], members: Mapping[MentionKey, str | None], *, at: datetime,
                      space: bytes) -> None:
        """Store what a grouping found, whole: topics, the topics of its sample, and the space the centres stand in."""
        with self._write() as connection:
            for one in topics:
                connection.execute(text(
                    "INSERT INTO topic (id, brand, first_at, ended_at, split_from, merged_into, aspect, phrases, typical, centre) "
                    "VALUES (:id, :brand, :first, :ended, :split, :merged, :aspect, :phrases, :typical, :centre) "
                    "ON CONFLICT (id) DO UPDATE SET first_at = excluded.first_at, ended_at = excluded.ended_at, "
                    "split_from = excluded.split_from, merged_into = excluded.merged_into, aspect = excluded.aspect, phrases = excluded.phrases, typical = excluded.typical, "
                    "centre = excluded.centre"),
                    {"id": one.id, "brand": clean(brand), "first": micros(one.first_at), "ended": maybe_micros(one.ended_at),
                     "split": one.split_from, "merged": one.merged_into, "aspect": one.aspect,
                     "phrases": clean(to_json(one.phrases)),
                     "typical": to_json([list(stored_key(key)) for key in one.typical]), "centre": one.centre})
            _begin(connection, brand, at)
            _assign(connection, brand, members, again=True)
            for one in topics:
                if one.merged_into:
                    connection.execute(text("UPDATE topic_mention SET topic = :into WHERE brand = :brand AND topic = :old"),
                                       {"into": one.merged_into, "old": one.id, "brand": clean(brand)})
            connection.execute(text("UPDATE topic_round SET grouped_at = :at, space = :space WHERE brand = :brand"),
                               {"at": micros(at), "space": space, "brand": clean(brand)})

    def stored_topics(self, brand: str, *, ended_since: datetime | None = None) -> list[KeptTopic]:
        """Return the living topics of a brand, and those that ended since then, the oldest first."""
        values: dict[str, Any] = {"brand": clean(brand)}
        ended = ""
        if ended_since is not None:
            ended, values["since"] = " OR ended_at >= :since", micros(ended_since)
        with self._read() as connection:
            rows = connection.execute(text(f"SELECT * FROM topic WHERE brand = :brand AND (ended_at IS NULL{ended}) "
                                           "ORDER BY first_at, id"), values).all()
        return [KeptTopic(row.id, row.brand, instant(row.first_at),
                            {language: tuple(phrases) for language, phrases in json.loads(row.phrases).items()},
                            tuple(MentionKey(*key) for key in json.loads(row.typical) if key), row.aspect, bytes(row.centre),
                            row.split_from, row.merged_into, maybe_instant(row.ended_at)) for row in rows]

    def topic_counts(self, brand: str, *, since: datetime, until: datetime) -> dict[str, TopicCounts]:
        """Return what was said of each topic in ``[since, until)``; what was taken back or judged otherwise counts no more."""
        day, first, end = 24 * HOUR_US, micros(since), micros(until)
        values = {"brand": clean(brand), "since": first, "until": end}
        counted = ("FROM topic_mention t JOIN match x ON x.mention_pk = t.mention_pk AND x.brand = t.brand "
                   "JOIN mention m ON m.pk = t.mention_pk WHERE t.brand = :brand AND t.topic IS NOT NULL "
                   "AND t.published_at >= :since AND t.published_at < :until "
                   f"AND x.published_at >= :since AND x.published_at < :until AND {_ABOUT} ")  # or PostgreSQL reads all complaints of the brand
        number = -(-(end - first) // day)
        days: dict[str, list[int]] = defaultdict(lambda: [0] * number)
        languages: dict[str, Counter[str]] = defaultdict(Counter)
        with self._read() as connection:
            for topic, back, language, count in connection.execute(text(
                    "SELECT t.topic, (:until - 1 - t.published_at) / :day AS back, coalesce(m.score_language, ''), count(*) "
                    + counted + "GROUP BY t.topic, back, coalesce(m.score_language, '')"), {**values, "day": day}):
                days[topic][number - 1 - back] += count
                languages[topic][language] += count
            rows = connection.execute(text(
                "SELECT t.topic, count(DISTINCT m.author_pk) + sum(CASE WHEN m.author_pk IS NULL THEN 1 ELSE 0 END) AS authors, "
                "max(t.published_at) AS last " + counted + "GROUP BY t.topic"), values).all()
        return {row.topic: TopicCounts(sum(days[row.topic]), int(row.authors), instant(row.last), tuple(days[row.topic]),
                                       dict(sorted(languages[row.topic].items()))) for row in rows}

    def topics_of(self, brand: str, keys: Collection[MentionKey]) -> dict[MentionKey, str]:
        """Return the topic of each of these mentions that has one."""
        found: dict[MentionKey, str] = {}
        asked = {stored_key(key): key for key in keys}
        statement = text("SELECT m.kind, m.id, t.topic FROM mention m JOIN topic_mention t ON t.mention_pk = m.pk "
                         "AND t.brand = :brand WHERE t.topic IS NOT NULL AND m.kind = :kind AND m.id IN :ids").bindparams(
            bindparam("ids", expanding=True))
        with self._read() as connection:
            for kind, ids in by_kind(asked):
                for row in connection.execute(statement, {"brand": clean(brand), "kind": kind, "ids": ids}):
                    found[asked[MentionKey(row.kind, row.id)]] = row.topic
        return found


def _members(connection: Connection, brand: str, topic: str | None, since: datetime, limit: int) -> list[Complaint]:
    """Return the newest complaints of a topic, or of none."""
    which = "t.topic IS NULL" if topic is None else "t.topic = :topic"
    values = {"brand": clean(brand), "since": micros(since), "limit": limit} | ({} if topic is None else {"topic": topic})
    return _complaints(connection.execute(text(
        f"SELECT {_COLUMNS}, t.topic {_FROM} JOIN topic_mention t ON t.mention_pk = m.pk JOIN match x ON x.mention_pk = m.pk "
        f"AND x.brand = t.brand WHERE t.brand = :brand AND {which} AND t.published_at >= :since AND {_ABOUT} "
        "ORDER BY t.published_at DESC, t.mention_pk DESC LIMIT :limit"), values).all())


def _complaints(rows: Sequence[Any]) -> list[Complaint]:
    found = []
    for row in rows:
        aspects = sorted(json.loads(row.aspects or "[]"), key=lambda one: (-one["confidence"], one["name"]))
        published = instant(row.published_at)
        written = Mention(row.kind, row.id, row.text, published, title=row.title).full_text
        found.append(Complaint(MentionKey(row.kind, row.id), written, row.score_language or "", bytes(row.embedding), published, instant(row.scored_at), row.model,
                               None if row.author_id is None else f"{row.author_kind}:{row.author_id}", row.story, row.topic,
                               aspects[0]["name"] if aspects else None, bool(row.corrected) or not (row.unsure or row.intent in NO_COMPLAINT)))
    return found


def _begin(connection: Connection, brand: str, seen_until: datetime) -> None:
    connection.execute(text("INSERT INTO topic_round (brand, seen_until) VALUES (:brand, :seen) ON CONFLICT (brand) DO UPDATE "
                            "SET seen_until = CASE WHEN excluded.seen_until > topic_round.seen_until THEN excluded.seen_until "
                            "ELSE topic_round.seen_until END"),
                       {"brand": clean(brand), "seen": micros(seen_until)})


def _assign(connection: Connection, brand: str, members: Mapping[MentionKey, str | None], *, again: bool) -> int:
    """Store the topics of mentions that still stand as complaints; ``again``: also of those that had one."""
    wanted = {stored_key(key): topic for key, topic in members.items()}
    statement = text("SELECT m.pk, m.kind, m.id, x.published_at FROM mention m JOIN match x ON x.mention_pk = m.pk "
                     "AND x.brand = :brand WHERE m.deleted_at IS NULL AND m.kind = :kind AND m.id IN :ids").bindparams(
        bindparam("ids", expanding=True))
    rows = [(row.pk, clean(brand), wanted[MentionKey(row.kind, row.id)], row.published_at) for kind, ids in by_kind(wanted)
            for row in connection.execute(statement, {"brand": clean(brand), "kind": kind, "ids": ids})]
    before = 0 if again else _known(connection, brand, [row[0] for row in rows])
    conflict = "DO UPDATE SET topic = excluded.topic" if again else "DO NOTHING"
    bulk(connection, "topic_mention", ("mention_pk", "brand", "topic", "published_at"), rows,
         f" ON CONFLICT (mention_pk, brand) {conflict}")
    return len(rows) - before


def _known(connection: Connection, brand: str, pks: Sequence[int]) -> int:
    statement = text("SELECT count(*) FROM topic_mention WHERE brand = :brand AND mention_pk IN :some").bindparams(
        bindparam("some", expanding=True))
    return sum(int(connection.execute(statement, {"brand": clean(brand), "some": list(some)}).scalar_one())
               for some in chunks(pks))
