"""Taking things out: what a source took back, what a person wants forgotten, what is older than it may be kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from ..types import MentionKey, Message
from . import care, counts, customers, digests, forgotten, redact, search, vectors
from .codec import clean, from_json, micros, stored_id, to_json
from .database import Database, by_kind, chunks, explained
from .forgotten import Account
from .tables import mention

LONGEST_OVERDUE = timedelta(days=8)  # the counts of a mention are of no use to any rule once it is that old
PIECE = 5000  # mentions deleted in one transaction, so that collecting waits a second at most
_OF_PKS = ("match", "sighting", "revision", "engagement", "payload", "analysis", "correction", "fresh", "story_mark", "topic_mention", "care_answer")
"""Tables that hang on a mention."""


class Erasing(Database):
    """The part of the store that takes things out."""

    def forget_author(self, kind: str, id: str) -> dict[str, int]:
        """Delete what a person wrote, under this account and those linked to it: mentions, old texts, payloads, scores, corrections,
        vectors, search index, quotes in stored messages and digests, links and contacts, and what names them in cases, promises,
        alerts, the record, in what rules remember and in recorded replays. What only repeats them (reshares) and our own answers to
        them go too; what others wrote of them stays as they wrote it. Return how many of each.

        Only keyed hashes of the accounts, and of the phones and e-mails known of them, are kept, so that the next reading does not bring
        the person back; what names them in our other answers, in logs and in promises is taken out of these, and an answer that was
        changed or deleted so is never read anew. Pages the database had freed are overwritten (SQLite) or given back (PostgreSQL); backups made before
        still hold the texts.
        """
        with self._write() as connection:
            removed = forget(connection, [(kind, id)])
        self._wipe()
        return removed

    def remember_author(self, kind: str, id: str) -> bool:
        """Let a forgotten author be collected again; return whether there was one."""
        with self._write() as connection:
            return forgotten.allow(connection, (kind, id))

    def apply_retention(self, *, now: datetime, mentions_for: timedelta | None = None,
                        raw_for: timedelta | None = None) -> dict[str, int]:
        """Delete what is older than it may be kept; ``None`` keeps for ever. Return how many of each were deleted.

        Counts go with their mentions, so that they still equal a recount.
        """
        removed = {"mentions": 0, "payloads": 0, "authors": 0, "coverage": 0, "deliveries": 0}
        with self._write() as connection:  # of sources that nobody asks any more, and for rules that nobody runs
            overdue = {"limit": micros(now - LONGEST_OVERDUE)}
            connection.execute(text("UPDATE mention SET refresh_at = NULL WHERE refresh_at < :limit"), overdue)
            connection.execute(text("DELETE FROM fresh WHERE known_at < :limit"), overdue)
            connection.execute(text("DELETE FROM story_mark WHERE until < :limit"), overdue)
        if raw_for is not None:
            with self._write() as connection:
                removed["payloads"] += connection.execute(text("DELETE FROM payload WHERE kept_at < :limit"),
                                                          {"limit": micros(now - raw_for)}).rowcount
        if mentions_for is None:
            return removed
        limit = micros(now - mentions_for)
        with self._read() as connection:
            old = connection.execute(text("SELECT pk FROM mention WHERE published_at < :limit"),
                                     {"limit": limit}).scalars().all()
        for pks in chunks(old, PIECE):
            with self._write() as connection:
                for name, number in _delete(connection, pks).items():
                    removed[name] = removed.get(name, 0) + number
        with self._write() as connection:
            removed["coverage"] += connection.execute(text("DELETE FROM coverage WHERE ends_at < :limit"),
                                                      {"limit": limit}).rowcount
            removed["deliveries"] += connection.execute(
                text("DELETE FROM delivery WHERE sent_at < :limit OR given_up_at < :limit OR cancelled_at < :limit"),
                {"limit": limit}).rowcount
            connection.execute(text("DELETE FROM look WHERE at < :limit"), {"limit": limit})
            connection.execute(text("DELETE FROM topic WHERE ended_at < :limit"), {"limit": limit})
            connection.execute(text("DELETE FROM quote WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.key = quote.key "
                                    "AND d.receiver = quote.receiver)"))
            removed["authors"] += connection.execute(text(
                "DELETE FROM author WHERE NOT EXISTS (SELECT 1 FROM mention m WHERE m.author_pk = author.pk)")).rowcount
            if removed["mentions"]:
                search.compact(connection)
        return removed

    def _wipe(self) -> None:
        """Leave no deleted text in freed pages of the file."""
        with explained(self.place):
            if self._postgres:
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    for table in ("mention", "author", "search", "vector_block", "delivery", "alert", "digest", "care_case", "care_event",
                                  "care_mention", "promise", "deadline", "identity", "contact", "event", *_OF_PKS):
                        connection.execute(text(f"VACUUM {table}"))
                return
            raw = self._engine.raw_connection()  # outside SQLAlchemy's transaction: VACUUM refuses to run in one
            try:
                cursor = raw.cursor()
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.fetchall()
            finally:
                raw.close()


def forget(connection: Connection, accounts: Iterable[Account]) -> dict[str, int]:
    """Delete everything of a person inside the transaction, under these accounts and all that are linked to one of them, and keep the
    hashes; return how many of each were deleted.
    """
    everybody = sorted({other for kind, id in accounts for other in customers.linked(connection, (clean(kind), stored_id(id)))})
    found = {account: pk for account in everybody if (pk := connection.execute(
        text("SELECT pk FROM author WHERE kind = :kind AND id = :id"), {"kind": account[0], "id": account[1]}).scalar()) is not None}
    pks = [pk for author in found.values() for pk in connection.execute(
        text("SELECT pk FROM mention WHERE author_pk = :pk"), {"pk": author}).scalars()]
    names = redact.called(connection, everybody)
    echoes = _echoes(connection, _keys(connection, pks), set(pks))
    pks += echoes
    keys = _keys(connection, pks)
    ours = {MentionKey(kind, id) for some in chunks(echoes) for kind, id in connection.execute(
        mention.select().with_only_columns(mention.c.kind, mention.c.id).where(mention.c.pk.in_(some), mention.c.ours))}
    removed = _delete(connection, pks)
    removed["authors"] = len(found)
    removed["alerts"] = _drop_named(connection, keys, everybody)
    removed |= care.forget(connection, everybody, keys)
    removed["answers"] = 0
    if names:
        named = redact.answers(connection, names)
        removed["answers"], ours = len(named), ours | _keys(connection, named)
        _unquote(connection, named)
        redact.care(connection, names)
    forgotten.remember(connection, [*everybody, *customers.reached(connection, everybody), *map(forgotten.answer, ours)])
    removed |= customers.forget(connection, everybody)
    for pk in found.values():
        connection.execute(text("DELETE FROM author WHERE pk = :pk"), {"pk": pk})
    search.compact(connection)
    return removed


def _echoes(connection: Connection, keys: Collection[MentionKey], known: Collection[int]) -> list[int]:
    """Return the mentions that only repeat these, and our own answers to them; others that answer them no longer say whom."""
    found: list[int] = []
    for kind, ids in by_kind(keys):
        named = {"kind": kind, "ids": list(ids)}
        found += connection.execute(text("SELECT pk FROM mention WHERE kind = :kind AND reshare_of IN :ids").bindparams(
            bindparam("ids", expanding=True)), named).scalars()
        found += connection.execute(text("SELECT pk FROM mention WHERE ours AND in_reply_to IS NOT NULL AND kind = :kind AND in_reply_to IN :ids").bindparams(
            bindparam("ids", expanding=True)), named).scalars()
        connection.execute(text("UPDATE mention SET in_reply_to = NULL WHERE kind = :kind AND in_reply_to IN :ids").bindparams(
            bindparam("ids", expanding=True)), named)
        elsewhere = [f"{kind}:{id}" for id in ids] + list(connection.execute(text(
            "SELECT url FROM mention WHERE kind = :kind AND id IN :ids AND url IS NOT NULL").bindparams(bindparam("ids", expanding=True)), named).scalars())
        for some in chunks(elsewhere):
            found += connection.execute(text("SELECT pk FROM mention WHERE ours AND in_reply_to IS NOT NULL AND in_reply_to IN :some").bindparams(
                bindparam("some", expanding=True)), {"some": list(some)}).scalars()
            connection.execute(text("UPDATE mention SET in_reply_to = NULL WHERE in_reply_to IS NOT NULL AND in_reply_to IN :some").bindparams(
                bindparam("some", expanding=True)), {"some": list(some)})
    return [pk for pk in dict.fromkeys(found) if pk not in known]


def take_back(connection: Connection, keys: Sequence[MentionKey], *, at: int) -> int:
    """Honour a deletion at the source: texts, author and payload go, the key stays, so that a late copy does not return."""
    pks: list[int] = []
    for key in keys:
        pks += connection.execute(text("SELECT pk FROM mention WHERE kind = :kind AND id = :id AND deleted_at IS NULL"),
                                  {"kind": key.kind, "id": key.id}).scalars()
    if not pks:
        return 0
    before = counts.contributions(connection, pks)
    _unquote(connection, pks)
    _uncount_sightings(connection, pks)
    authors = _authors_of(connection, pks)
    _drop_parts(connection, pks)
    columns = ("url", "outlet", "in_reply_to", "reshare_of", "rating", "likes", "shares", "comments", "views", "engaged_at",
               "reach_low", "reach_mid", "reach_high", "reach_method", "corrected", "negative", "neutral", "positive",
               "certainty_floor", "score_language", "model", "scored_at", "claimed_until", "title", "author_pk", "edited_at",
               "language", "fingerprint", "refresh_at", "known_at", "story", "copied")
    for some in chunks(pks):
        connection.execute(mention.update().where(mention.c.pk.in_(some)).values(
            text="", label="unscored", unsure=False, waiting=0, deleted_at=at, **dict.fromkeys(columns)))
    _drop_orphans(connection, authors)
    counts.apply(connection, before, counts.contributions(connection, pks))
    return len(pks)


def _delete(connection: Connection, pks: Sequence[int]) -> dict[str, int]:
    """Delete mentions as if they had never been."""
    before = counts.contributions(connection, pks)
    removed = {"mentions": len(pks), "messages": _unquote(connection, pks)}
    _uncount_sightings(connection, pks)
    authors = _authors_of(connection, pks)
    removed |= _drop_parts(connection, pks)
    for some in chunks(pks):
        connection.execute(mention.delete().where(mention.c.pk.in_(some)))
    removed["authors"] = _drop_orphans(connection, authors)
    counts.apply(connection, before, counts.Contributions())
    return removed


def _drop_parts(connection: Connection, pks: Sequence[int]) -> dict[str, int]:
    removed = {}
    vectors.drop(connection, pks)
    for table in _OF_PKS:
        statement = text(f"DELETE FROM {table} WHERE mention_pk IN :pks").bindparams(bindparam("pks", expanding=True))
        number = sum(connection.execute(statement, {"pks": list(some)}).rowcount for some in chunks(pks))
        if table in ("revision", "payload", "correction"):
            removed[f"{table}s"] = number
    search.drop(connection, pks)
    return removed


def _authors_of(connection: Connection, pks: Sequence[int]) -> set[int]:
    statement = text("SELECT DISTINCT author_pk FROM mention WHERE pk IN :pks AND author_pk IS NOT NULL").bindparams(
        bindparam("pks", expanding=True))
    return {pk for some in chunks(pks) for pk in connection.execute(statement, {"pks": list(some)}).scalars()}


def _drop_orphans(connection: Connection, authors: Collection[int]) -> int:
    return sum(connection.execute(text("DELETE FROM author WHERE pk = :pk AND NOT EXISTS "
                                       "(SELECT 1 FROM mention WHERE author_pk = :pk)"), {"pk": pk}).rowcount
               for pk in sorted(authors))


def _uncount_sightings(connection: Connection, pks: Sequence[int]) -> None:
    statement = text("SELECT source, count(*) FROM sighting WHERE mention_pk IN :pks GROUP BY source").bindparams(
        bindparam("pks", expanding=True))
    for some in chunks(pks):
        for name, number in connection.execute(statement, {"pks": list(some)}).all():
            connection.execute(text("UPDATE source SET mentions = mentions - :number WHERE name = :name"),
                               {"name": name, "number": number})


def _unquote(connection: Connection, pks: Sequence[int]) -> int:
    """Take mentions out of stored messages and digests: a message that quoted one keeps its title and link, no lines."""
    if digests.shows_any(connection):
        digests.unquote(connection, _keys(connection, pks))
    if connection.execute(text("SELECT 1 FROM quote LIMIT 1")).first() is None:
        return 0
    keys = _keys(connection, pks)
    touched: set[tuple[str, str]] = set()
    for kind, id in keys:
        touched.update((key, receiver) for key, receiver in connection.execute(
            text("SELECT key, receiver FROM quote WHERE kind = :kind AND id = :id"), {"kind": kind, "id": id}))
        connection.execute(text("DELETE FROM quote WHERE kind = :kind AND id = :id"), {"kind": kind, "id": id})
    for key, receiver in sorted(touched):
        name = {"key": key, "receiver": receiver}
        stored = connection.execute(text("SELECT message FROM delivery WHERE key = :key AND receiver = :receiver"),
                                    name).scalar()
        if stored is None:
            continue
        message = from_json(Message, stored)
        message = replace(message, lines=(), quoted=tuple(one for one in message.quoted if one.mention.key not in keys))
        connection.execute(text("UPDATE delivery SET message = :message WHERE key = :key AND receiver = :receiver"),
                           {**name, "message": to_json(message)})
    return len(touched)


def _keys(connection: Connection, pks: Sequence[int]) -> set[MentionKey]:
    return {MentionKey(kind, id) for some in chunks(pks) for kind, id in connection.execute(
        mention.select().with_only_columns(mention.c.kind, mention.c.id).where(mention.c.pk.in_(some)))}


_NAMING = (("alert", "content", ("fingerprint",)), ("rule_state", "state", ("rule", "subject")),
           ("replay_record", "content", ("rule", "at")), ("topic", "typical", ("id",)), ("delivery", "message", ("key", "receiver")))
"""Where mentions and authors stand inside JSON: table, column, primary key."""


def _drop_named(connection: Connection, keys: Collection[MentionKey], accounts: Collection[Account]) -> int:
    """Take mentions and their authors out of alerts, messages, the record, what rules remember and recorded replays; return how many
    alerts named one.
    """
    gone = {":".join(one) for one in (*accounts, *keys)}
    named = [to_json(id)[1:-1] for _, id in (*accounts, *keys)]
    touched = 0
    for table, column, primary in _NAMING:
        for content, *row in connection.execute(text(f"SELECT {column}, {', '.join(primary)} FROM {table}")).all():
            if not any(id in content for id in named):
                continue
            kept = to_json(_without(json.loads(content), gone))
            if kept != content:
                touched += table == "alert"
                where = " AND ".join(f"{name} = :{name}" for name in primary)
                connection.execute(text(f"UPDATE {table} SET {column} = :kept WHERE {where}"),
                                   {"kept": kept, **dict(zip(primary, row, strict=True))})
    for some in chunks(sorted(gone)):
        connection.execute(text("UPDATE event SET subject = NULL WHERE subject IN :gone").bindparams(bindparam("gone", expanding=True)),
                           {"gone": list(some)})
    return touched


def _without(value: Any, gone: Collection[str]) -> Any:
    """Return JSON without what names one that is gone, as ``kind:id`` or as ``[kind, id]``, in lists and mappings."""
    if isinstance(value, list):
        return [_without(one, gone) for one in value if not _names(one, gone)]
    if isinstance(value, dict):
        return {key: None if _names(one, gone) else _without(one, gone) for key, one in value.items() if key not in gone}
    return value


def _names(value: Any, gone: Collection[str]) -> bool:
    if isinstance(value, str):
        return value in gone
    return (isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)
            and ":".join(value) in gone)
