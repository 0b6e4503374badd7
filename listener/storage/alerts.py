"""What rules remember and what they raised; an evaluation is stored whole, with the messages it sends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from ..types import Alert, AlertState, Delivery, State
from . import outbox, people
from .codec import clean, clean_json, from_json, instant, micros
from .database import Database
from .results import Evaluation

OPEN = (AlertState.CANDIDATE, AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.HANDLED)
"""States of an alert whose condition has not cleared."""


class Alerts(Database):
    """The part of the store that keeps alerts."""

    def rule_state(self, rule: str, subject: str) -> tuple[State, datetime | None]:
        """Return what a rule remembers of a subject and the end of the last step it evaluated (``None``: never)."""
        with self._read() as connection:
            row = connection.execute(text("SELECT state, until FROM rule_state WHERE rule = :rule AND subject = :subject"),
                                     {"rule": rule, "subject": subject}).first()
        return ({}, None) if row is None else (json.loads(row.state), instant(row.until))

    def save_evaluation(self, rule: str, subject: str, state: State, *, until: datetime, alerts: Sequence[Alert] = (),
                        deliveries: Sequence[Delivery] = (), seen: Sequence[Alert] | None = None) -> bool:
        """Store state, alerts and messages of one evaluation together; return whether it was stored."""
        return self.save_evaluations([Evaluation(rule, subject, state, until, tuple(alerts), tuple(deliveries),
                                                 None if seen is None else tuple(seen))]) == 1

    def save_evaluations(self, evaluations: Sequence[Evaluation]) -> int:
        """Store what one look of the rules found, in one transaction; return how many evaluations were stored.

        Nothing of an evaluation is stored when one up to ``until`` or later already is (two processes at once), or when
        an alert it changes is no longer as it was ``seen`` (a person acted meanwhile): the next look decides anew.
        """
        stored = 0
        with self._write() as connection:
            for one in evaluations:
                if one.seen is not None and any(_changed(connection, alert, one.seen) for alert in one.alerts):
                    continue
                saved = connection.execute(text(
                    "INSERT INTO rule_state (rule, subject, state, until) VALUES (:rule, :subject, :state, :until) "
                    "ON CONFLICT (rule, subject) DO UPDATE SET state = excluded.state, until = excluded.until "
                    "WHERE rule_state.until < excluded.until"),
                    {"rule": one.rule, "subject": one.subject, "state": clean_json(one.state),
                     "until": micros(one.until)}).rowcount
                if saved != 1:
                    continue
                for alert in one.alerts:
                    _save(connection, alert)
                outbox.enqueue(connection, one.deliveries)
                stored += 1
        return stored

    def reset_rule(self, rule: str, subject: str) -> None:
        """Let a rule forget what it remembers of a subject."""
        with self._write() as connection:
            connection.execute(text("DELETE FROM rule_state WHERE rule = :rule AND subject = :subject"),
                               {"rule": rule, "subject": subject})

    def alerts(self, *, subject: str | None = None, open_only: bool = False, since: datetime | None = None,
               limit: int = 100) -> list[Alert]:
        """Return alerts fired since ``since``, the latest first; ``open_only``: those whose condition has not cleared."""
        conditions, values = ["1 = 1"], {"limit": limit}
        if subject is not None:
            conditions.append("subject = :subject")
            values |= {"subject": subject}  # type: ignore[dict-item]
        if since is not None:
            conditions.append("fired_at >= :since")
            values["since"] = micros(since)
        if open_only:
            conditions.append(f"state IN ({', '.join(repr(state.value) for state in OPEN)})")
        with self._read() as connection:
            found = connection.execute(text(f"SELECT content FROM alert WHERE {' AND '.join(conditions)} "
                                            "ORDER BY fired_at DESC, fingerprint LIMIT :limit"), values).scalars().all()
        return [from_json(Alert, content) for content in found]

    def alert(self, fingerprint: str) -> Alert | None:
        """Return the alert of this fingerprint."""
        with self._read() as connection:
            found = connection.execute(text("SELECT content FROM alert WHERE fingerprint = :fingerprint"),
                                       {"fingerprint": fingerprint}).scalar()
        return None if found is None else from_json(Alert, found)

    def update_alert(self, alert: Alert, *, who: str, what: str, at: datetime, deliveries: Sequence[Delivery] = (),
                     seen: Alert | None = None) -> bool:
        """Store what a person did to an alert, who did it and the messages it sends, together; return whether it was stored.

        With ``seen``, nothing is stored when the alert is no longer as the person saw it.
        """
        with self._write() as connection:
            if seen is not None and _changed(connection, alert, (seen,)):
                return False
            _save(connection, alert)
            people.record(connection, who, what, alert.fingerprint, at)
            outbox.enqueue(connection, deliveries)
        return True


def _changed(connection: Connection, alert: Alert, seen: Sequence[Alert]) -> bool:
    """Whether the stored alert differs from what was seen of it; one that was not there must still not be there."""
    stored = connection.execute(text("SELECT content FROM alert WHERE fingerprint = :fingerprint"),
                                {"fingerprint": alert.fingerprint}).scalar()
    known = next((one for one in seen if one.fingerprint == alert.fingerprint), None)
    return (None if stored is None else from_json(Alert, stored)) != known


def _save(connection: Connection, alert: Alert) -> None:
    connection.execute(text(
        "INSERT INTO alert (fingerprint, rule, subject, state, fired_at, updated_at, content) VALUES (:fingerprint, :rule, "
        ":subject, :state, :fired_at, :updated_at, :content) ON CONFLICT (fingerprint) DO UPDATE SET state = excluded.state, "
        "updated_at = excluded.updated_at, content = excluded.content"),
        {"fingerprint": alert.fingerprint, "rule": clean(alert.rule), "subject": clean(alert.subject),
         "state": alert.state.value, "fired_at": micros(alert.fired_at),
         "updated_at": micros(alert.updated_at or alert.fired_at), "content": clean_json(alert)})
