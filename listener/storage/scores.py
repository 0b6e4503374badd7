"""Scoring: mentions wait, are claimed for a while, and get the whole of an analysis in one transaction or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from ..types import Analysis, Label, Mention, MentionKey
from . import counts, vectors
from .codec import EPOCH, MICROSECOND, clean, instant, micros, stored_key, to_json
from .database import Database, by_kind, chunks
from .tables import mention

NEWS = timedelta(hours=24)
"""A mention that was published longer before its score is history: no rule on mentions looks at it."""


class Scores(Database):
    """The part of the store that hands out what waits for a score and takes scores in."""

    def claim_unscored(self, limit: int, *, now: datetime, lease: timedelta) -> list[tuple[MentionKey, str]]:
        """Return up to ``limit`` mentions with their full text, the newest never scored first, then those to be rescored.

        They are ours until ``now + lease``; whoever does not save by then lets others have them. A lease that ends
        later than two from now is of a clock that was ahead, and counts for nothing.
        """
        skip = " FOR UPDATE SKIP LOCKED" if self._postgres else ""
        with self._claim() as connection:
            rows = connection.execute(text(
                "WITH taken AS MATERIALIZED (SELECT pk FROM mention WHERE waiting > 0 AND (claimed_until IS NULL OR "
                f"claimed_until <= :now OR claimed_until > :absurd) ORDER BY waiting DESC, published_at DESC, pk DESC LIMIT :limit{skip}) "
                "UPDATE mention SET claimed_until = :until WHERE pk IN (SELECT pk FROM taken) "
                "RETURNING waiting, published_at, pk, kind, id, title, text, edits"),
                {"until": micros(now + lease), "absurd": micros(now + 2 * lease), "now": micros(now), "limit": limit}).all()
        claimed = []
        for row in sorted(rows, key=lambda row: (row.waiting, row.published_at, row.pk), reverse=True):
            key = MentionKey(row.kind, row.id)
            self._claims[key] = row.edits
            claimed.append((key, Mention(row.kind, row.id, row.text, EPOCH, title=row.title).full_text))
        return claimed

    def release_claims(self, keys: Sequence[MentionKey]) -> None:
        """Give claimed mentions back unscored, at once."""
        with self._write() as connection:
            for key in keys:
                self._claims.pop(stored_key(key), None)
                connection.execute(text("UPDATE mention SET claimed_until = NULL WHERE kind = :kind AND id = :id"),
                                   stored_key(key)._asdict())

    def save_analyses(self, analyses: Sequence[tuple[MentionKey, Analysis]], *, now: datetime) -> int:
        """Store analyses whole, replacing older ones (whose model and label are kept); return how many were stored.

        A mention that was taken back, or edited since it was claimed here, is passed over; the edited one waits again.
        A person's correction keeps counting. What is scored for the first time as it stands is known from ``now`` on, and
        ``fresh`` if it is news: published within ``NEWS`` at a time exact to the minute, by others, and not imported.
        """
        given = {stored_key(key): analysis for key, analysis in analyses}
        expected = {key: self._claims.pop(key, None) for key in given}
        with self._write() as connection:
            rows: list[Any] = []
            for kind, ids in by_kind(given):
                rows += connection.execute(mention.select().with_only_columns(
                    mention.c.pk, mention.c.kind, mention.c.id, mention.c.edits, mention.c.known_at, mention.c.published_at,
                    mention.c.corrected, mention.c.model, mention.c.title, mention.c.text,
                    mention.c.negative, mention.c.neutral, mention.c.positive).where(
                    mention.c.deleted_at.is_(None), mention.c.kind == kind, mention.c.id.in_(ids))).all()
            rows = [row for row in rows if expected[MentionKey(row.kind, row.id)] in (None, row.edits)]
            before = counts.contributions(connection, [row.pk for row in rows])
            scores, labels, parts = [], [], []
            for row in rows:
                analysis = given[MentionKey(row.kind, row.id)]
                score = analysis.score
                label = row.corrected or score.label.value
                scores.append({
                    "number": row.pk, "label": label, "unsure": score.unsure and row.corrected is None,
                    "negative": score.negative,
                    "neutral": score.neutral, "positive": score.positive, "certainty_floor": score.certainty_floor,
                    "score_language": clean(score.language), "model": clean(score.model), "scored_at": micros(now)})
                labels.append({"number": row.pk, "label": label})
                replaced = row.model if row.model not in (None, score.model) else None
                parts.append({
                    "number": row.pk, "aspects": to_json(analysis.aspects), "intent": analysis.intent,
                    "confidence": analysis.intent_confidence, "embedding": analysis.embedding, "model": replaced,
                    "label": _label(row) if replaced else None})
            _store(connection, scores, labels, parts)
            vectors.put(connection, [vectors.Vector(row.pk, row.published_at, given[MentionKey(row.kind, row.id)].score.language,
                                                    vectors.full(row.title, row.text)) for row in rows])
            _freshen(connection, [row.pk for row in rows if row.known_at is None], micros(now))
            counts.apply(connection, before, counts.contributions(connection, [row.pk for row in rows]))
        return len(rows)

    def unscored(self) -> int:
        """Return how many mentions wait for a score or a new one."""
        with self._read() as connection:
            return int(connection.execute(text("SELECT count(*) FROM mention WHERE waiting > 0")).scalar_one())

    def oldest_unscored(self, *, since: datetime) -> datetime | None:
        """Return when the oldest never scored mention published since then was published; ``None``: all are scored."""
        with self._read() as connection:
            found = connection.execute(text(
                "SELECT min(published_at) FROM mention WHERE waiting > 1 AND published_at >= :since"),
                {"since": micros(since)}).scalar()
        return None if found is None else instant(found)

    def mark_for_rescoring(self, model: str) -> int:
        """Let every mention wait that was scored by another model than ``name@revision``; old scores count until then."""
        with self._write() as connection:
            return connection.execute(text("UPDATE mention SET waiting = 1, claimed_until = NULL WHERE model IS NOT NULL "
                                           "AND model <> :model AND waiting = 0"), {"model": clean(model)}).rowcount

    def models(self) -> dict[str, int]:
        """Return how many mentions each model scored."""
        with self._read() as connection:
            return {model: number for model, number in connection.execute(text(
                "SELECT model, count(*) FROM mention WHERE model IS NOT NULL GROUP BY model ORDER BY model"))}

    def embeddings(self, keys: Sequence[MentionKey]) -> dict[MentionKey, bytes]:
        """Return the embeddings that are stored for these mentions."""
        found: dict[MentionKey, bytes] = {}
        with self._read() as connection:
            for kind, ids in by_kind(stored_key(key) for key in keys):
                statement = text("SELECT m.id, a.embedding FROM mention m JOIN analysis a ON a.mention_pk = m.pk "
                                 "WHERE a.embedding IS NOT NULL AND m.kind = :kind AND m.id IN :ids")
                for id, embedding in connection.execute(statement.bindparams(bindparam("ids", expanding=True)),
                                                        {"kind": kind, "ids": ids}):
                    found[MentionKey(kind, id)] = bytes(embedding)
        return found


def _label(row: object) -> str:
    """The label of the score a row holds."""
    probabilities = {label: getattr(row, label.value) for label in Label}
    return max(probabilities, key=lambda label: probabilities[label]).value


def _store(connection: Connection, scores: list[dict[str, object]], labels: list[dict[str, object]],
           parts: list[dict[str, object]]) -> None:
    if scores:
        connection.execute(text(
            "UPDATE mention SET label = :label, unsure = :unsure, negative = :negative, neutral = :neutral, positive = "
            ":positive, "
            "certainty_floor = :certainty_floor, score_language = :score_language, model = :model, scored_at = :scored_at, "
            "known_at = coalesce(known_at, :scored_at), waiting = 0, claimed_until = NULL WHERE pk = :number"), scores)
        connection.execute(text("UPDATE match SET label = :label WHERE mention_pk = :number AND label <> :label"), labels)
    if parts:
        connection.execute(text(
            "INSERT INTO analysis (mention_pk, aspects, intent, intent_confidence, embedding, previous_model, previous_label) "
            "VALUES (:number, :aspects, :intent, :confidence, :embedding, :model, :label) ON CONFLICT (mention_pk) DO UPDATE "
            "SET aspects = excluded.aspects, intent = excluded.intent, intent_confidence = excluded.intent_confidence, "
            "embedding = excluded.embedding, previous_model = coalesce(excluded.previous_model, analysis.previous_model), "
            "previous_label = coalesce(excluded.previous_label, analysis.previous_label)"), parts)


def _freshen(connection: Connection, pks: Sequence[int], now: int) -> None:
    """Let rules on mentions look at those of the mentions that are news, once for each brand. Only reading makes news: a source
    that was never read is an imported file.
    """
    statement = text(
        "INSERT INTO fresh (mention_pk, brand, known_at) SELECT x.mention_pk, x.brand, m.known_at FROM match x "
        "JOIN mention m ON m.pk = x.mention_pk JOIN source s ON s.name = m.source WHERE x.mention_pk IN :pks "
        "AND m.published_at >= :since AND NOT m.ours AND m.precision IN ('second', 'minute') "
        "AND coalesce(s.ok_at, s.polled_at) IS NOT NULL ON CONFLICT (mention_pk, brand) DO NOTHING").bindparams(
        bindparam("pks", expanding=True))
    for some in chunks(pks):
        connection.execute(statement, {"pks": list(some), "since": now - NEWS // MICROSECOND})
