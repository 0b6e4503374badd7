"""Everything that is stored about a person, for the person: what ``erase.forget`` would take out, written down."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, text

from ..types import MentionKey
from . import customers
from .codec import clean, instant, stored_id, to_json
from .database import Database, by_kind, chunks
from .forgotten import Account

Row = dict[str, Any]

_OF_A_MENTION = {
    "brands": "SELECT mention_pk, brand, terms FROM match WHERE mention_pk IN :some ORDER BY mention_pk, brand",
    "seen_by": "SELECT mention_pk, source, seen_at FROM sighting WHERE mention_pk IN :some ORDER BY mention_pk, source",
    "earlier_texts": "SELECT mention_pk, number, seen_until AS seen_until_at, title, text FROM revision WHERE mention_pk IN :some ORDER BY mention_pk, number",
    "earlier_counts": "SELECT mention_pk, at, likes, shares, comments, views FROM engagement WHERE mention_pk IN :some ORDER BY mention_pk, at",
    "payload": "SELECT mention_pk, kept_at, deflated FROM payload WHERE mention_pk IN :some ORDER BY mention_pk",
    "analysis": "SELECT mention_pk, aspects, intent, intent_confidence, previous_model, previous_label, embedding FROM analysis WHERE mention_pk IN :some "
                "ORDER BY mention_pk",
    "corrections": "SELECT mention_pk, at, who, label FROM correction WHERE mention_pk IN :some ORDER BY mention_pk, at",
    "topics": "SELECT mention_pk, brand, topic FROM topic_mention WHERE mention_pk IN :some AND topic IS NOT NULL ORDER BY mention_pk, brand",
}
_INNER = ("pk", "author_pk", "waiting", "claimed_until", "refresh_at", "mention_pk", "fingerprint")
"""Numbers of our own, which say nothing of anybody."""


class Export(Database):
    """The part of the store that hands a person what it knows of them."""

    def everything_of(self, kind: str, id: str) -> dict[str, Any]:
        """Return all that is stored about a person, under this account and those linked to it, as JSON: accounts, links, contacts (hashes),
        mentions with old texts, scores, corrections and vectors, cases with their log, promises, and where they are quoted.
        """
        with self._read() as connection:
            accounts = customers.linked(connection, (clean(kind), stored_id(id)))
            mentions = _mentions(connection, accounts)
            keys = {MentionKey(one["kind"], one["id"]) for one in mentions}
            cases = _cases(connection, accounts, keys)
            return {
                "accounts": [row for one in accounts for row in _rows(connection, "SELECT * FROM author WHERE kind = :kind AND id = :id", one)]
                            or [{"kind": one[0], "id": one[1]} for one in accounts],
                "links": [row for one in accounts for row in _rows(connection, "SELECT * FROM identity WHERE kind = :kind AND id = :id", one)],
                "contacts": [row for one in accounts for row in _rows(connection, "SELECT * FROM contact WHERE kind = :kind AND id = :id", one)],
                "mentions": mentions,
                "answers": [row for key in sorted(keys) for row in _rows(
                    connection, "SELECT kind, id, published_at, title, text FROM mention a WHERE ours AND in_reply_to IS NOT NULL AND (kind = :kind AND in_reply_to = :id OR "
                                "in_reply_to = :kind || ':' || :id OR in_reply_to = (SELECT url FROM mention p WHERE p.kind = :kind AND p.id = :id))", key)],
                "cases": cases,
                "promises": _promises(connection, [one["number"] for one in cases], keys),
                "messages": _messages(connection, keys),
                "digests": _digests(connection, keys),
                "alerts": _alerts(connection, accounts, keys),
                "record": [row for some in chunks(sorted({":".join(one) for one in (*accounts, *keys)})) for row in map(_plain, connection.execute(
                    text("SELECT at, who, what, subject FROM event WHERE subject IN :some ORDER BY at").bindparams(bindparam("some", expanding=True)),
                    {"some": list(some)}).mappings())],
            }


def _rows(connection: Connection, statement: str, one: tuple[str, str]) -> list[Row]:
    return [_plain(row) for row in connection.execute(text(statement), {"kind": one[0], "id": one[1]}).mappings()]


def _mentions(connection: Connection, accounts: Iterable[Account]) -> list[Row]:
    found: dict[int, Row] = {}
    for kind, id in accounts:
        for row in connection.execute(text("SELECT m.* FROM mention m JOIN author a ON a.pk = m.author_pk WHERE a.kind = :kind AND a.id = :id "
                                           "ORDER BY m.published_at, m.pk"), {"kind": kind, "id": id}).mappings():
            found[row["pk"]] = {**_plain(row), **{name: [] for name in _OF_A_MENTION}}
    for name, statement in _OF_A_MENTION.items():
        for some in chunks(list(found)):
            for row in connection.execute(text(statement).bindparams(bindparam("some", expanding=True)), {"some": list(some)}).mappings():
                found[row["mention_pk"]][name].append(_plain(row))
    return list(found.values())


def _cases(connection: Connection, accounts: Iterable[Account], keys: Collection[MentionKey]) -> list[Row]:
    numbers = {number for one in accounts for number in connection.execute(
        text("SELECT number FROM care_case WHERE author = :author"), {"author": ":".join(one)}).scalars()}
    for kind, ids in by_kind(keys):
        numbers |= set(connection.execute(text("SELECT case_number FROM care_mention WHERE kind = :kind AND id IN :ids").bindparams(
            bindparam("ids", expanding=True)), {"kind": kind, "ids": list(ids)}).scalars())
    made = []
    for number in sorted(numbers):
        content = connection.execute(text("SELECT content FROM care_case WHERE number = :number"), {"number": number}).scalar_one()
        log = connection.execute(text("SELECT at, who, what, why, changed FROM care_event WHERE case_number = :number ORDER BY pk"), {"number": number}).mappings()
        made.append({**json.loads(content), "log": [_plain(row) for row in log]})
    return made


def _promises(connection: Connection, cases: Iterable[int], keys: Collection[MentionKey]) -> list[Any]:
    found: dict[str, str] = {}
    for number in cases:
        found |= {row.id: row.content for row in connection.execute(text("SELECT id, content FROM promise WHERE case_number = :number"), {"number": number})}
    for kind, ids in by_kind(keys):
        found |= {row.id: row.content for row in connection.execute(text("SELECT id, content FROM promise WHERE kind = :kind AND mention_id IN :ids").bindparams(
            bindparam("ids", expanding=True)), {"kind": kind, "ids": list(ids)})}
    return [json.loads(found[id]) for id in sorted(found)]


def _messages(connection: Connection, keys: Iterable[MentionKey]) -> list[Row]:
    return [row for key in sorted(keys) for row in _rows(
        connection, "SELECT q.kind, q.id, d.receiver, d.due_at, d.sent_at, d.cancelled_at FROM quote q JOIN delivery d ON d.key = q.key AND "
                    "d.receiver = q.receiver WHERE q.kind = :kind AND q.id = :id ORDER BY d.due_at, d.receiver", key)]


def _digests(connection: Connection, keys: Iterable[MentionKey]) -> list[Row]:
    made = []
    for key in sorted(keys):
        for row in connection.execute(text(
                "SELECT q.brand, q.period, q.language, d.made_at, d.content FROM digest_quote q JOIN digest d ON d.brand = q.brand AND "
                "d.period = q.period AND d.language = q.language WHERE q.kind = :kind AND q.id = :id ORDER BY d.made_at"), key._asdict()).mappings():
            made.append({**_plain({name: value for name, value in row.items() if name != "content"}), "kind": key.kind, "id": key.id,
                         "says": list(_about(json.loads(row["content"]), key))})
    return made


def _about(value: Any, key: MentionKey) -> Iterable[Any]:
    """Return the quotes and lines of a digest that are about one mention."""
    if isinstance(value, list):
        for one in value:
            yield from _about(one, key)
    elif isinstance(value, dict):
        if list(key) in [value.get("key"), *(value.get("keys") or ())]:
            yield value
        else:
            for one in value.values():
                yield from _about(one, key)


def _alerts(connection: Connection, accounts: Iterable[Account], keys: Iterable[MentionKey]) -> list[Row]:
    named = [to_json(id)[1:-1] for _, id in (*accounts, *keys)]
    return [_plain({"fingerprint": row.fingerprint, "rule": row.rule, "subject": row.subject, "fired_at": row.fired_at}) for row in connection.execute(
        text("SELECT fingerprint, rule, subject, fired_at, content FROM alert ORDER BY fired_at")) if any(id in row.content for id in named)]


def _plain(row: Mapping[Any, Any]) -> Row:
    """Return a row as JSON: instants of microseconds as text, what is deflated inflated, bytes as text or base64."""
    made: Row = {}
    for name, value in row.items():
        if name in _INNER or value is None:
            continue
        if name == "deflated":
            name, value = "content", zlib.decompress(bytes(value))
        if isinstance(value, (bytes, memoryview)):
            value = _readable(bytes(value))
        elif isinstance(value, int) and (name == "at" or name.endswith("_at")):
            value = instant(value).isoformat()
        elif name in ("terms", "aspects", "changed") and isinstance(value, str):
            value = json.loads(value)
        made[name] = value
    return made


def _readable(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()
