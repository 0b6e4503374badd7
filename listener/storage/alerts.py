"""What rules raised; a look of all rules is stored whole, with what they remember and the messages it sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from ..types import Alert, AlertState, Delivery, MentionKey, State
from . import outbox, people
from .codec import clean, clean_json, from_json, instant, micros, stored_key
from .database import Database
from .results import Evaluation

OPEN = (AlertState.CANDIDATE, AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.HANDLED)
"""States of an alert whose condition has not cleared."""


class Alerts(Database):
    """The part of the store that keeps alerts."""

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
                if not _superseded(connection, one, again=False):
                    _store(connection, one)
                    stored += 1
        return stored

    def save_pass(self, evaluations: Sequence[Evaluation], *, alerts: Sequence[Alert] = (), seen: Sequence[Alert] = (),
                  deliveries: Sequence[Delivery] = (), fresh_done: Sequence[tuple[MentionKey, str]] = (),
                  until: datetime | None = None, at: datetime, stop: Sequence[str] = ()) -> bool:
        """Store what one look of the rules found in one transaction, all of it or nothing; return whether it was stored.

        With states, alerts and messages it notes that steps up to ``until`` were looked at (the first time counts), strikes
        off the fresh mentions (key, brand) that were looked at, and cancels the calls written ahead, due after ``at``, of the
        alerts ``stop`` (fingerprints) before the new messages are written. Nothing is stored, and the next look decides anew, when meanwhile

        * an alert it changes is no longer as it was ``seen``: a person acted;
        * a fresh mention is no longer there: edited, taken back, or looked at by another process;
        * a rule was evaluated further, or as far (and no fresh mention shows that this look is another one).
        """
        done = [{**stored_key(key)._asdict(), "brand": clean(brand)} for key, brand in dict.fromkeys(fresh_done)]
        with self._write() as connection:
            if any(_superseded(connection, one, again=bool(done)) for one in evaluations):
                return False
            if any(_changed(connection, alert, seen) for alert in alerts):
                return False
            for one in done:
                if connection.execute(text("SELECT 1 FROM fresh WHERE brand = :brand AND mention_pk = (SELECT pk FROM mention "
                                           "WHERE kind = :kind AND id = :id)"), one).first() is None:
                    return False
            if done:
                connection.execute(text("DELETE FROM fresh WHERE brand = :brand AND mention_pk = (SELECT pk FROM mention "
                                        "WHERE kind = :kind AND id = :id)"), done)
            if until is not None:
                connection.execute(text("INSERT INTO pass (until, at) VALUES (:until, :at) ON CONFLICT (until) DO NOTHING"),
                                   {"until": micros(until), "at": micros(at)})
            for fingerprint in stop:
                outbox.cancel(connection, fingerprint, why="no longer needed when its time came", at=at, due_too=False)
            for evaluation in evaluations:
                _store(connection, evaluation)
            for alert in alerts:
                _save(connection, alert)
            outbox.enqueue(connection, deliveries)
        return True

    def passes(self, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """Return up to where steps were looked at, and when for the first time, of the looks up to ``(since, until]``."""
        with self._read() as connection:
            return [(instant(end), instant(at)) for end, at in connection.execute(text(
                "SELECT until, at FROM pass WHERE until > :since AND until <= :until ORDER BY until"),
                {"since": micros(since), "until": micros(until)})]

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
                     seen: Alert | None = None, stop: bool = False) -> bool:
        """Store what a person did to an alert, who did it and the messages it sends, together; return whether it was stored.

        With ``seen``, nothing is stored when the alert is no longer as the person saw it. ``stop`` cancels what waits to be
        sent about it; the messages given here go out.
        """
        with self._write() as connection:
            if seen is not None and _changed(connection, alert, (seen,)):
                return False
            _save(connection, alert)
            people.record(connection, who, what, alert.fingerprint, at)
            if stop:
                outbox.cancel(connection, alert.fingerprint, why=f"{what} by {who} before its time came", at=at)
            outbox.enqueue(connection, deliveries)
        return True


def _superseded(connection: Connection, one: Evaluation, *, again: bool) -> bool:
    """Whether a person or another process went on meanwhile; ``again``: another look at the same step is none."""
    if one.seen is not None and any(_changed(connection, alert, one.seen) for alert in one.alerts):
        return True
    stored = connection.execute(text("SELECT until FROM rule_state WHERE rule = :rule AND subject = :subject"),
                                {"rule": one.rule, "subject": one.subject}).scalar()
    until = micros(one.until)
    return stored is not None and (stored > until or (stored == until and not again))


def _store(connection: Connection, one: Evaluation) -> None:
    connection.execute(text(
        "INSERT INTO rule_state (rule, subject, state, until) VALUES (:rule, :subject, :state, :until) "
        "ON CONFLICT (rule, subject) DO UPDATE SET state = excluded.state, until = excluded.until"),
        {"rule": one.rule, "subject": one.subject, "state": clean_json(one.state), "until": micros(one.until)})
    for alert in one.alerts:
        _save(connection, alert)
    outbox.enqueue(connection, one.deliveries)


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
