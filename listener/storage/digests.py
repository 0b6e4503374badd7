"""Digests: what was made, what people ask to be decided, who wants no more, and how far each schedule is.

The content is JSON that this room only takes quotes out of. A digest, the messages that tell of it and the mark of its schedule are written in
one transaction (``together``), so that a process killed between them has written nothing, and two that race write one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from ..types import Alert, Decision, MentionKey
from .codec import clean, from_json, instant, micros, stored_key
from .database import Database
from .people import record
from .results import Event


@dataclass(frozen=True, slots=True)
class KeptDigest:
    brand: str
    period: str
    language: str
    every: str
    made_at: datetime


class Digests(Database):
    """The part of the store that keeps digests."""

    def save_digest(self, kept: KeptDigest, content: str, quoted: Collection[MentionKey]) -> bool:
        """Keep a digest that is not kept yet; return whether it was new. One that was made once stays as it was."""
        values = {"brand": clean(kept.brand), "period": kept.period, "language": kept.language}
        with self._write() as connection:
            new = connection.execute(text(
                "INSERT INTO digest (brand, period, language, every, made_at, content) VALUES (:brand, :period, :language, :every, :made, "
                ":content) ON CONFLICT (brand, period, language) DO NOTHING"),
                {**values, "every": kept.every, "made": micros(kept.made_at), "content": clean(content)}).rowcount
            if new and quoted:
                connection.execute(text("INSERT INTO digest_quote (kind, id, brand, period, language) VALUES (:kind, :id, :brand, :period, "
                                        ":language) ON CONFLICT DO NOTHING"),
                                   [{**stored_key(key)._asdict(), **values} for key in sorted(quoted)])
            return bool(new)

    def digest(self, brand: str, period: str, language: str) -> str | None:
        """Return the content of a digest that is kept."""
        with self._read() as connection:
            found = connection.execute(text("SELECT content FROM digest WHERE brand = :brand AND period = :period AND language = :language"),
                                       {"brand": clean(brand), "period": period, "language": language}).scalar()
        return None if found is None else str(found)

    def digests(self, brand: str | None = None, *, limit: int = 100) -> list[KeptDigest]:
        """Return which digests are kept, the newest first."""
        with self._read() as connection:
            rows = connection.execute(text("SELECT brand, period, language, every, made_at FROM digest "
                                           + ("" if brand is None else "WHERE brand = :brand ")
                                           + "ORDER BY made_at DESC, brand, period, language LIMIT :limit"),
                                      {"limit": limit} | ({} if brand is None else {"brand": clean(brand)})).all()
        return [KeptDigest(row.brand, row.period, row.language, row.every, instant(row.made_at)) for row in rows]

    # -- decisions

    def add_decision(self, brand: str, period: str, words: str, owner: str, due: date | None, *, who: str, at: datetime, most: int) -> int | None:
        """Store what is to be decided and return its number; None, and nothing stored, where the period has ``most`` already."""
        values = {"brand": clean(brand), "period": period}
        with self._write() as connection:
            held = connection.execute(text("SELECT count(*) FROM digest_decision WHERE brand = :brand AND period = :period"), values).scalar_one()
            if held >= most:
                return None
            number = connection.execute(text(
                "INSERT INTO digest_decision (brand, period, said, owner, due, who, at) VALUES (:brand, :period, :said, :owner, :due, :who, :at) "
                "RETURNING pk"), {**values, "said": clean(words), "owner": clean(owner), "due": due.isoformat() if due else None,
                                  "who": clean(who), "at": micros(at)}).scalar_one()
            record(connection, who, f"ask decision {period}: {words}", brand, at)
            return int(number)

    def drop_decision(self, number: int, *, who: str, at: datetime) -> bool:
        """Take a decision out again; return whether it was there. Digests that were made keep it."""
        with self._write() as connection:
            brand = connection.execute(text("DELETE FROM digest_decision WHERE pk = :pk RETURNING brand"), {"pk": number}).scalar()
            if brand is not None:
                record(connection, who, f"drop decision {number}", brand, at)
            return brand is not None

    def decisions(self, brand: str, period: str) -> list[Decision]:
        """Return what is to be decided, in the order in which it was asked."""
        with self._read() as connection:
            rows = connection.execute(text("SELECT * FROM digest_decision WHERE brand = :brand AND period = :period ORDER BY pk"),
                                      {"brand": clean(brand), "period": period}).all()
        return [Decision(row.pk, row.brand, row.period, row.said, row.owner, date.fromisoformat(row.due) if row.due else None, row.who,
                             instant(row.at)) for row in rows]

    # -- schedules and subscriptions

    def digest_mark(self, subscription: str, begin: datetime) -> datetime:
        """Return up to when what fell due for a subscription is written; one that is new begins at ``begin``."""
        sought, named = text("SELECT until FROM digest_mark WHERE subscription = :name"), {"name": subscription}
        with self._read() as connection:
            found = connection.execute(sought, named).scalar()
        if found is None:  # once; asked twice a minute, it must not hold up the writer
            with self._write() as connection:
                connection.execute(text("INSERT INTO digest_mark (subscription, until) VALUES (:name, :until) ON CONFLICT DO NOTHING"),
                                   {**named, "until": micros(begin)})
                found = connection.execute(sought, named).scalar_one()
        return instant(found)

    def move_digest_mark(self, subscription: str, until: datetime) -> None:
        """Note how far a schedule is; it never goes back, so that a clock that does sends nothing twice."""
        with self._write() as connection:
            connection.execute(text("UPDATE digest_mark SET until = :until WHERE subscription = :name AND until < :until"),
                               {"name": subscription, "until": micros(until)})

    def refuse_digest(self, subscription: str, at: datetime) -> None:
        """Note that a subscription is unsubscribed; again is no mistake."""
        with self._write() as connection:
            connection.execute(text("INSERT INTO digest_refusal (subscription, at) VALUES (:name, :at) ON CONFLICT DO NOTHING"),
                               {"name": subscription, "at": micros(at)})

    def readmit_digest(self, subscription: str) -> bool:
        """Let a subscription be served again; return whether it was unsubscribed."""
        with self._write() as connection:
            return bool(connection.execute(text("DELETE FROM digest_refusal WHERE subscription = :name"), {"name": subscription}).rowcount)

    def digest_refusals(self) -> dict[str, datetime]:
        """Return the subscriptions that are unsubscribed, with when."""
        with self._read() as connection:
            return {name: instant(at) for name, at in connection.execute(text("SELECT subscription, at FROM digest_refusal"))}

    def signing_key(self, purpose: str, fresh: str) -> str:
        """Return the key of a purpose; where there is none yet, ``fresh`` becomes it."""
        with self._read() as connection:
            found = connection.execute(text("SELECT value FROM signing_key WHERE purpose = :purpose"), {"purpose": purpose}).scalar()
        if found is None:
            with self._write() as connection:
                connection.execute(text("INSERT INTO signing_key (purpose, value) VALUES (:purpose, :value) ON CONFLICT DO NOTHING"),
                                   {"purpose": purpose, "value": fresh})
                found = connection.execute(text("SELECT value FROM signing_key WHERE purpose = :purpose"), {"purpose": purpose}).scalar_one()
        return str(found)

    # -- what else a digest tells

    def alerts_between(self, since: datetime, until: datetime, subjects: Collection[str]) -> list[Alert]:
        """Return the alerts about these subjects fired in ``[since, until)``, oldest first."""
        found: list[Alert] = []
        with self._read() as connection:
            for subject in sorted(set(subjects)):
                found += [from_json(Alert, content) for content in connection.execute(text(
                    "SELECT content FROM alert WHERE subject = :subject AND fired_at >= :since AND fired_at < :until"),
                    {"subject": clean(subject), "since": micros(since), "until": micros(until)}).scalars()]
        return sorted(found, key=lambda alert: (alert.fired_at, alert.fingerprint))

    def events_between(self, since: datetime, until: datetime, *, begins: Sequence[str], limit: int = 200) -> list[Event]:
        """Return what was done in ``[since, until)`` whose words begin so, oldest first."""
        ways = " OR ".join(f"what LIKE :way{number}" for number in range(len(begins)))
        values: dict[str, Any] = {f"way{number}": f"{begin}%" for number, begin in enumerate(begins)}
        with self._read() as connection:
            rows = connection.execute(text(f"SELECT at, who, what, subject FROM event WHERE at >= :since AND at < :until AND ({ways}) "
                                           "ORDER BY at, pk LIMIT :limit"),
                                      {**values, "since": micros(since), "until": micros(until), "limit": limit}).all()
        return [Event(instant(at), who, what, subject) for at, who, what, subject in rows]


def unquote(connection: Connection, keys: Collection[MentionKey]) -> int:
    """Take mentions out of the digests that show them, inside the caller's transaction; return how many digests there were."""
    touched: set[tuple[str, str, str]] = set()
    for kind, id in keys:
        named = {"kind": kind, "id": id}
        touched.update((row.brand, row.period, row.language) for row in connection.execute(
            text("SELECT brand, period, language FROM digest_quote WHERE kind = :kind AND id = :id"), named))
        connection.execute(text("DELETE FROM digest_quote WHERE kind = :kind AND id = :id"), named)
    gone = {(kind, id) for kind, id in keys}
    for brand, period, language in sorted(touched):
        named = {"brand": brand, "period": period, "language": language}
        content = connection.execute(text("SELECT content FROM digest WHERE brand = :brand AND period = :period AND language = :language"),
                                     named).scalar_one()
        kept = json.dumps(_without(json.loads(content), gone), ensure_ascii=False)
        connection.execute(text("UPDATE digest SET content = :kept WHERE brand = :brand AND period = :period AND language = :language"),
                           {**named, "kept": kept})
    return len(touched)


def shows_any(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM digest_quote LIMIT 1")).first() is not None


def _without(value: Any, gone: Collection[tuple[str, str]]) -> Any:
    """Return JSON without what is about one of these: quotes by ``key``, lines by any of ``keys``."""
    if isinstance(value, list):
        return [_without(one, gone) for one in value if not _about(one, gone)]
    if isinstance(value, dict):
        return {name: _without(one, gone) for name, one in value.items()}
    return value


def _about(value: Any, gone: Collection[tuple[str, str]]) -> bool:
    if not isinstance(value, dict):
        return False
    named = [value.get("key"), *(value.get("keys") or ())]
    return any(isinstance(one, list) and tuple(one) in gone for one in named)
