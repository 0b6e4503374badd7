"""Customers: which accounts are one person, because somebody said so, and how a call centre finds them.

Accounts are never linked by guessing. Phones and e-mails are known as keyed hashes only (``listener.text.contacts``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from ..types import Author, contact_account
from .codec import clean, micros, stored_id
from .database import Database
from .forgotten import Account
from .people import record


class Customers(Database):
    """The part of the store that knows who is whom."""

    def link_accounts(self, accounts: Sequence[Account], who: str, at: datetime) -> str:
        """Let accounts, and those linked to any of them before, be one customer; return the customer's name in the store."""
        with self._write() as connection:
            stored = [(clean(kind), stored_id(id)) for kind, id in accounts]
            everybody = sorted({other for one in stored for other in linked(connection, one)})
            customer = ":".join(everybody[0])
            for kind, id in everybody:
                connection.execute(text(
                    "INSERT INTO identity (kind, id, customer, who, at) VALUES (:kind, :id, :customer, :who, :at) "
                    "ON CONFLICT (kind, id) DO UPDATE SET customer = excluded.customer, who = excluded.who, at = excluded.at"),
                    {"kind": kind, "id": id, "customer": customer, "who": clean(who), "at": micros(at)})
            record(connection, who, f"link {len(everybody)} accounts", None, at)
        return customer

    def unlink_account(self, account: Account, who: str, at: datetime) -> bool:
        """Let an account stand alone again; return whether it was linked."""
        kind, id = clean(account[0]), stored_id(account[1])
        with self._write() as connection:
            others = [one for one in linked(connection, (kind, id)) if one != (kind, id)]
            gone = connection.execute(text("DELETE FROM identity WHERE kind = :kind AND id = :id"), {"kind": kind, "id": id}).rowcount
            if len(others) == 1:
                connection.execute(text("DELETE FROM identity WHERE kind = :kind AND id = :id"), {"kind": others[0][0], "id": others[0][1]})
            elif others:  # the name of those left must be one of theirs
                customer = ":".join(min(others))
                for left in others:
                    connection.execute(text("UPDATE identity SET customer = :customer WHERE kind = :kind AND id = :id"),
                                       {"customer": customer, "kind": left[0], "id": left[1]})
            if gone:
                record(connection, who, "unlink an account", None, at)
        return bool(gone)

    def linked_accounts(self, account: Account) -> list[Account]:
        """Return the accounts of the customer an account belongs to, itself among them."""
        with self._read() as connection:
            return linked(connection, (clean(account[0]), stored_id(account[1])))

    def accounts_called(self, handle: str, *, limit: int = 20) -> list[Author]:
        """Return the authors whose id or name is exactly this, those with most followers first."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT kind, id, name, url, followers FROM author WHERE id = :handle UNION SELECT kind, id, name, url, followers FROM author "
                "WHERE name = :handle LIMIT :limit"), {"handle": stored_id(handle), "limit": limit}).all()
        found = [Author(row.kind, row.id, name=row.name, url=row.url, followers=row.followers) for row in rows]
        return sorted(found, key=lambda one: (-(one.followers or 0), one.kind, one.id or ""))

    def add_contacts(self, contacts: Iterable[tuple[str, str, Account]]) -> None:
        """Note (hash, "phone" or "email", account); known ones are left alone."""
        with self._write() as connection:
            add_contacts(connection, [(hash, sort, (clean(kind), stored_id(id))) for hash, sort, (kind, id) in contacts])

    def accounts_reached_by(self, hash: str) -> list[Account]:
        """Return the accounts a phone or an e-mail belongs to."""
        with self._read() as connection:
            return [(row.kind, row.id) for row in connection.execute(
                text("SELECT kind, id FROM contact WHERE hash = :hash ORDER BY kind, id"), {"hash": hash})]


def forget(connection: Connection, accounts: Collection[Account]) -> dict[str, int]:
    """Take accounts out inside the transaction: their links and contacts."""
    links = contacts = 0
    for kind, id in accounts:
        named = {"kind": kind, "id": id}
        links += connection.execute(text("DELETE FROM identity WHERE kind = :kind AND id = :id"), named).rowcount
        contacts += connection.execute(text("DELETE FROM contact WHERE kind = :kind AND id = :id"), named).rowcount
    return {"links": links, "contacts": contacts}


def linked(connection: Connection, account: Account) -> list[Account]:
    """Return the accounts of the customer an account belongs to, itself among them."""
    customer = connection.execute(text("SELECT customer FROM identity WHERE kind = :kind AND id = :id"),
                                  {"kind": account[0], "id": account[1]}).scalar()
    if customer is None:
        return [account]
    return [(row.kind, row.id) for row in connection.execute(
        text("SELECT kind, id FROM identity WHERE customer = :customer ORDER BY kind, id"), {"customer": customer})]


def reached(connection: Connection, accounts: Collection[Account]) -> set[Account]:
    """Return the accounts that rows with nothing but the phones and e-mails of these would get."""
    return {contact_account(hash) for kind, id in accounts for hash in connection.execute(
        text("SELECT hash FROM contact WHERE kind = :kind AND id = :id"), {"kind": kind, "id": id}).scalars()}


def add_contacts(connection: Connection, found: Iterable[tuple[str, str, Account]]) -> None:
    """Note (hash, "phone" or "email", account) inside the transaction; known ones are left alone."""
    rows = [{"hash": hash, "kind": kind, "id": id, "sort": sort} for hash, sort, (kind, id) in found]
    if rows:
        connection.execute(text("INSERT INTO contact (hash, kind, id, sort) VALUES (:hash, :kind, :id, :sort) ON CONFLICT DO NOTHING"), rows)
