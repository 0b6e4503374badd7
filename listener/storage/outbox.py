"""Messages on their way: written with what they tell of, claimed by whoever delivers, sent at least once under one key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from ..types import Delivery, Message
from .codec import clean, clean_json, from_json, instant, maybe_instant, micros, stored_key
from .database import Database
from .results import ReceiverState

_COLUMNS = "key, receiver, message, due_at, attempts, sent_at, error, cancelled_at, first_due_at"
SKEW = timedelta(minutes=2)  # what is written so little ahead of the clock is not worth a thought
LONGEST_PAUSE = timedelta(days=1, hours=1)  # between two tries, however patient the receiver wants us to be
USE = timedelta(days=8)  # of a message that is about no alert: a week's digest is read until the next one comes
_STATE = "name, disabled_at, error, refusals, refusing_since"
_WAITS = "sent_at IS NULL AND given_up_at IS NULL AND cancelled_at IS NULL"


class Outbox(Database):
    """The part of the store that keeps deliveries and receivers."""

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> int:
        """Store messages to be sent; a (key, receiver) known already is left alone. Return how many were added."""
        with self._write() as connection:
            return enqueue(connection, deliveries)

    def claim_deliveries(self, limit: int, *, now: datetime, lease: timedelta, to: str | None = None,
                         but: Sequence[str] = ()) -> list[Delivery]:
        """Return up to ``limit`` deliveries that are due, the longest due first, for receivers that are not disabled: ``to`` one of
        them, or to none of those in ``but``.

        They are ours until ``now + lease``; a lease that ends later than two from now is of a clock that was ahead, and
        counts for nothing (one, not two, would let claims that race by a moment take each other's). ``attempts`` includes the one about to be made, so that a crash counts.
        """
        others = {f"but{number}": name for number, name in enumerate(but)}
        whose = "".join(["AND receiver = :to " if to is not None else "",
                         f"AND receiver NOT IN ({', '.join(f':{name}' for name in others)}) " if others else ""])
        skip = " FOR UPDATE SKIP LOCKED" if self._postgres else ""
        with self._claim() as connection:
            rows = connection.execute(text(
                f"WITH taken AS MATERIALIZED (SELECT key, receiver FROM delivery WHERE {_WAITS} "
                "AND due_at <= :now AND (claimed_until IS NULL OR claimed_until <= :now OR claimed_until > :absurd) "
                f"{whose}AND receiver NOT IN (SELECT name FROM "
                f"receiver WHERE disabled_at IS NOT NULL) ORDER BY due_at, key, receiver LIMIT :limit{skip}) "
                "UPDATE delivery SET claimed_until = :until, attempts = attempts + 1 "
                f"WHERE (key, receiver) IN (SELECT key, receiver FROM taken) RETURNING {_COLUMNS}"),
                {"until": micros(now + lease), "absurd": micros(now + 2 * lease), "now": micros(now), "limit": limit}
                | others | ({} if to is None else {"to": to})).all()
        return sorted((_delivery(row) for row in rows), key=lambda one: (one.due_at, one.key, one.receiver))

    def delivery_sent(self, key: str, receiver: str, *, at: datetime) -> None:
        """Record that the receiver took the message, and refuses no more; one that was cancelled on its way did go out."""
        with self._write() as connection:
            connection.execute(text("UPDATE delivery SET sent_at = :at, claimed_until = NULL, error = NULL, cancelled_at = NULL "
                                    "WHERE key = :key AND receiver = :receiver AND sent_at IS NULL"),
                               {"key": key, "receiver": receiver, "at": micros(at)})
            connection.execute(text("UPDATE receiver SET refusals = 0, refusing_since = NULL WHERE name = :name AND refusals > 0"),
                               {"name": receiver})

    def delivery_failed(self, key: str, receiver: str, *, error: str, retry_at: datetime | None, at: datetime,
                        disable: bool = False, message: Message | None = None) -> None:
        """Record that the receiver did not take the message; ``retry_at`` ``None`` gives it up.

        ``message`` is what is sent next time in its place: for those of the receiver who have not got it.

        One that was cancelled meanwhile stays so. ``disable`` also disables the receiver, in the same transaction (its other messages wait until it is enabled).
        """
        with self._write() as connection:
            connection.execute(text(
                "UPDATE delivery SET claimed_until = NULL, error = :error, first_due_at = coalesce(first_due_at, due_at), due_at = coalesce(:retry_at, due_at), "
                "given_up_at = :given_up_at, message = coalesce(:message, message) "
                "WHERE key = :key AND receiver = :receiver AND sent_at IS NULL AND cancelled_at IS NULL"),
                {"key": key, "receiver": receiver, "error": clean(error),
                 "message": None if message is None else clean_json(message), "retry_at": None
                 if retry_at is None else micros(retry_at), "given_up_at": micros(at) if retry_at is None else None})
            if disable:
                _disable(connection, receiver, error, at)

    def hasten_deliveries(self, now: datetime) -> int:
        """Make due what waits only because the clock was ahead when it was written or last tried; return how many messages were.

        The calls of one alert keep their distances: the first of them is due now.
        """
        ahead: dict[str | None, list[Any]] = {}
        with self._read() as connection:
            rows = connection.execute(text(f"SELECT {_COLUMNS}, fingerprint FROM delivery WHERE {_WAITS} AND due_at > :now "
                                           "ORDER BY due_at"), {"now": micros(now)}).all()
        for row in rows:
            alert = from_json(Message, row.message).alert
            made = (alert.updated_at or alert.fired_at) if alert else None
            if made is not None and made > now + SKEW or row.attempts and row.due_at > micros(now + LONGEST_PAUSE):
                ahead.setdefault(row.fingerprint, []).append(row)
        late = [{"key": row.key, "receiver": row.receiver, "was": row.due_at, "due": micros(now) + row.due_at - some[0].due_at}
                for some in ahead.values() for row in some]
        if late:
            with self._write() as connection:
                connection.execute(text("UPDATE delivery SET due_at = :due, first_due_at = CASE WHEN first_due_at > :due THEN :due ELSE first_due_at END "
                                        "WHERE key = :key AND receiver = :receiver AND due_at = :was"), late)
        return len(late)

    def deliveries(self, fingerprint: str | None = None, *, limit: int = 200) -> list[Delivery]:
        """Return the messages about an alert, or the last of all, the latest first."""
        with self._read() as connection:
            rows = connection.execute(text(
                f"SELECT {_COLUMNS} FROM delivery {'' if fingerprint is None else 'WHERE fingerprint = :fingerprint '}"
                "ORDER BY due_at DESC, key, receiver LIMIT :limit"),
                {"limit": limit} | ({} if fingerprint is None else {"fingerprint": fingerprint})).all()
        return [_delivery(row) for row in rows]

    def pending_deliveries(self) -> int:
        """Return how many messages are neither sent nor given up nor cancelled."""
        with self._read() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM delivery WHERE {_WAITS}")).scalar_one())

    def waiting_deliveries(self) -> dict[str, int]:
        """Return by receiver how many messages are neither sent nor given up nor cancelled; one without any is missing."""
        with self._read() as connection:
            return {name: count for name, count in connection.execute(
                text(f"SELECT receiver, count(*) FROM delivery WHERE {_WAITS} GROUP BY receiver"))}

    def disable_receiver(self, name: str, error: str, at: datetime) -> None:
        """Send nothing to this receiver until somebody enables it."""
        with self._write() as connection:
            _disable(connection, name, error, at)

    def receiver_refused(self, name: str, *, at: datetime) -> ReceiverState:
        """Note that a receiver refused a message for good; return how often it has in a row by now, and since when."""
        with self._write() as connection:
            row = connection.execute(text(
                "INSERT INTO receiver (name, refusals, refusing_since) VALUES (:name, 1, :at) ON CONFLICT (name) DO UPDATE SET "
                "refusals = receiver.refusals + 1, refusing_since = CASE WHEN receiver.refusing_since <= :at THEN "
                f"receiver.refusing_since ELSE :at END RETURNING {_STATE}"), {"name": clean(name), "at": micros(at)}).one()
        return _state(row)

    def enable_receiver(self, name: str, *, at: datetime) -> None:
        """Send to this receiver again, also what waited or was given up meanwhile, but not what was cancelled.

        What is about no alert (an answer, a digest) and was to go out more than ``USE`` ago is of no use any more: it is given up.
        """
        with self._write() as connection:
            connection.execute(text("UPDATE receiver SET disabled_at = NULL, error = NULL, refusals = 0, refusing_since = NULL "
                                    "WHERE name = :name"), {"name": name})
            connection.execute(text("UPDATE delivery SET given_up_at = CASE WHEN fingerprint IS NULL AND coalesce(first_due_at, "
                                    "due_at) < :old THEN :at END WHERE receiver = :name AND sent_at IS NULL "
                                    "AND cancelled_at IS NULL"), {"name": name, "at": micros(at), "old": micros(at - USE)})

    def receivers(self) -> list[ReceiverState]:
        """Return the receivers that ever refused a message for good or were disabled, with their state now."""
        with self._read() as connection:
            return [_state(row) for row in connection.execute(text(f"SELECT {_STATE} FROM receiver ORDER BY name")).all()]


def enqueue(connection: Connection, deliveries: Sequence[Delivery]) -> int:
    """Write messages to the outbox inside the caller's transaction; return how many are not there yet."""
    added = 0
    for one in deliveries:
        new = connection.execute(text(
            "INSERT INTO delivery (key, receiver, fingerprint, due_at, attempts, sent_at, error, message) VALUES (:key, "
            ":receiver, :fingerprint, :due_at, :attempts, :sent_at, :error, :message) ON CONFLICT (key, receiver) DO NOTHING"),
            {"key": clean(one.key), "receiver": clean(one.receiver), "due_at": micros(one.due_at), "attempts": one.attempts,
             "fingerprint": one.message.alert.fingerprint if one.message.alert else None, "error": one.error,
             "sent_at": None if one.sent_at is None else micros(one.sent_at), "message": clean_json(one.message)}).rowcount
        added += new
        for quoted in one.message.quoted if new else ():
            connection.execute(text("INSERT INTO quote (kind, id, key, receiver) VALUES (:kind, :id, :key, :receiver) "
                                    "ON CONFLICT DO NOTHING"),
                               {**stored_key(quoted.mention.key)._asdict(), "key": clean(one.key),
                                "receiver": clean(one.receiver)})
    return added


def cancel(connection: Connection, fingerprint: str, *, why: str, at: datetime, due_too: bool = True) -> int:
    """Let what waits to be sent about an alert never go out, inside the caller's transaction; return how many there were.

    Without ``due_too`` only calls written ahead: due after ``at``, and not a message that is tried again. One that is being sent at this moment may still arrive, once. What was given up keeps its error, and is not taken up again.
    """
    return connection.execute(text(
        "UPDATE delivery SET cancelled_at = :at, error = CASE WHEN given_up_at IS NULL THEN :why ELSE error END "
        "WHERE fingerprint = :fingerprint AND sent_at IS NULL AND cancelled_at IS NULL"
        + ("" if due_too else " AND due_at > :at AND attempts = 0")),
        {"fingerprint": fingerprint, "at": micros(at), "why": clean(why)}).rowcount


def _disable(connection: Connection, name: str, error: str, at: datetime) -> None:
    connection.execute(text("INSERT INTO receiver (name, disabled_at, error) VALUES (:name, :at, :error) ON CONFLICT (name) "
                            "DO UPDATE SET disabled_at = excluded.disabled_at, error = excluded.error"),
                       {"name": clean(name), "at": micros(at), "error": clean(error)})


def _delivery(row: Any) -> Delivery:
    return Delivery(row.key, row.receiver, from_json(Message, row.message), instant(row.due_at), row.attempts,
                    maybe_instant(row.sent_at), row.error, maybe_instant(row.cancelled_at), maybe_instant(row.first_due_at))


def _state(row: Any) -> ReceiverState:
    return ReceiverState(row.name, maybe_instant(row.disabled_at), row.error, row.refusals, maybe_instant(row.refusing_since))
