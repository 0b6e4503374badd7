"""Who is not to be collected again: authors as keyed hashes.

A plain hash of a known name is found by trying names. So the hash is an HMAC with a random key that is made once in a database and
kept in it; where it holds the hashes of two databases, since a backup of another one was put in its place, it holds both keys.
The HMAC is of the SHA-256 that was kept before there was a key, so that what was written then could be taken over (migration 0016).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from .codec import clean, stored_id
from .database import chunks
from .tables import forgotten

PURPOSE = "forgotten"
_KEYS = text("SELECT value FROM signing_key WHERE purpose = :purpose OR purpose LIKE :more ORDER BY purpose")

Account = tuple[str, str]
"""(kind, id) of an author."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a database knows of the forgotten, to be brought into another."""

    keys: tuple[str, ...]
    hashes: frozenset[str]


def answer(key: tuple[str, str]) -> Account:
    """Return what stands for an answer of our own that named somebody and is not to be read again."""
    return f"answer {key[0]}", key[1]


def remember(connection: Connection, accounts: Iterable[Account]) -> None:
    """Note inside the transaction that these are not to be collected again."""
    key = (_keys(connection) or [_new_key(connection)])[0]
    _keep(connection, {_hash(key, account) for account in accounts})


def allow(connection: Connection, account: Account) -> bool:
    """Let an author be collected again; return whether there was one."""
    found = [_hash(key, account) for key in _keys(connection)]
    return any([connection.execute(text("DELETE FROM forgotten WHERE author = :author"), {"author": one}).rowcount for one in found])


def among(connection: Connection, accounts: Collection[Account]) -> set[Account]:
    """Return those of the accounts that are not to be collected."""
    if not accounts or connection.execute(text("SELECT 1 FROM forgotten LIMIT 1")).first() is None:
        return set()
    named = {_hash(key, account): account for key in _keys(connection) for account in accounts}
    column = forgotten.c.author
    return {named[found] for some in chunks(list(named))
            for found in connection.execute(forgotten.select().with_only_columns(column).where(column.in_(some))).scalars()}


def kept(connection: Connection) -> Kept:
    return Kept(tuple(_keys(connection)), frozenset(connection.execute(text("SELECT author FROM forgotten")).scalars()))


def bring(connection: Connection, known: Kept) -> None:
    """Let what another database knew count in this one too."""
    if not known.hashes:
        return
    for key in set(known.keys) - set(_keys(connection)):
        purpose = f"{PURPOSE} {hashlib.sha256(key.encode()).hexdigest()[:16]}"
        connection.execute(text("INSERT INTO signing_key (purpose, value) VALUES (:purpose, :value) ON CONFLICT DO NOTHING"),
                           {"purpose": purpose, "value": key})
    _keep(connection, known.hashes)


def plain(account: Account) -> str:
    """Return the hash without a key, as it was kept until 0016; it stays inside the program."""
    return hashlib.sha256(f"{clean(account[0])}\n{stored_id(account[1])}".encode()).hexdigest()


def keyed(key: str, hash: str) -> str:
    return hmac.new(key.encode(), hash.encode(), hashlib.sha256).hexdigest()


def _hash(key: str, account: Account) -> str:
    return keyed(key, plain(account))


def _keys(connection: Connection) -> Sequence[str]:
    return connection.execute(_KEYS, {"purpose": PURPOSE, "more": f"{PURPOSE} %"}).scalars().all()


def _new_key(connection: Connection) -> str:
    connection.execute(text("INSERT INTO signing_key (purpose, value) VALUES (:purpose, :value) ON CONFLICT DO NOTHING"),
                       {"purpose": PURPOSE, "value": secrets.token_hex(32)})
    return _keys(connection)[0]


def _keep(connection: Connection, hashes: Collection[str]) -> None:
    if hashes:
        connection.execute(text("INSERT INTO forgotten (author) VALUES (:author) ON CONFLICT (author) DO NOTHING"),
                           [{"author": one} for one in sorted(hashes)])
