"""What rules raised; a look of all rules is stored whole, with what they remember and the messages it sends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from ..types import Alert, AlertState, Delivery, Look, MentionKey
from . import outbox, people
from .codec import clean, clean_json, from_json, instant, maybe_instant, maybe_micros, micros, span, stored_key
from .database import Database, by_kind
from .results import Evaluation, Lag

OPEN = (AlertState.CANDIDATE, AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.HANDLED)
"""States of an alert whose condition has not cleared."""

_OPEN = f"state IN ({', '.join(repr(state.value) for state in OPEN)})"


class Alerts(Database):
    """The part of the store that keeps alerts."""

    def save_pass(self, evaluations: Sequence[Evaluation] = (), *, alerts: Sequence[Alert] = (),
                  seen: Sequence[Alert] | None = None, deliveries: Sequence[Delivery] = (), fresh_done: Sequence[tuple[MentionKey, str]] = (),
                  at: datetime, stop: Sequence[str] = (), look: Look | None = None) -> bool:
        """Store what one look of all rules found in one transaction, all of it or nothing; return whether it was stored.

        With states, alerts and messages it notes what the ``look`` went by, strikes off the fresh mentions (key, brand) that
        were looked at, and cancels the calls written ahead for the alerts ``stop`` (fingerprints) before the new messages are
        written; of those that have ended, all that is not sent: no alarm rings after its all-clear. Nothing is stored, and the next look decides anew, when meanwhile

        * an alert it changes is no longer as it was ``seen`` (``None``: unchecked): a person acted;
        * a fresh mention is no longer there: edited, taken back, or looked at by another process;
        * a rule was evaluated as far or further, and no fresh mention shows that this look is another one.
        """
        done = [{**stored_key(key)._asdict(), "brand": clean(brand)} for key, brand in dict.fromkeys(fresh_done)]
        with self._write() as connection:
            if seen is not None and any(_changed(connection, alert, seen) for alert in alerts):
                return False
            if not all(_is_fresh(connection, one) for one in done):
                return False
            if not done and any(_is_evaluated(connection, one) for one in evaluations):
                return False
            for one in evaluations:
                _remember(connection, one)
            if done:
                connection.execute(text(f"DELETE FROM fresh WHERE {_FRESH}"), done)
            if look is not None:
                _note(connection, look)
            ended = {alert.fingerprint for alert in alerts if alert.state not in OPEN}
            for fingerprint in stop:
                outbox.cancel(connection, fingerprint, why="no longer needed when its time came", at=at, due_too=fingerprint in ended)
            for alert in alerts:
                _save(connection, alert)
            outbox.enqueue(connection, deliveries)
        return True

    def page_lags(self, since: datetime, until: datetime) -> dict[str, Lag]:
        """Return, by source, how long after publishing the first message about an alert fired in ``[since, until)`` was taken.

        An alert counts once for each source among its evidence: from the newest of its mentions there that was published
        when it fired, at a time exact to the minute. Sources no alert is about are missing.
        """
        with self._read() as connection:
            fired = connection.execute(text(
                "SELECT a.content, a.fired_at, (SELECT min(d.sent_at) FROM delivery d WHERE d.fingerprint = a.fingerprint) AS "
                "told_at FROM alert a WHERE a.fired_at >= :since AND a.fired_at < :until"),
                {"since": micros(since), "until": micros(until)}).all()
            named = [([stored_key(key) for key in from_json(Alert, row.content).evidence], row) for row in fired if row.told_at]
            statement = text("SELECT id, source, published_at FROM mention WHERE kind = :kind AND id IN :ids AND precision IN "
                             "('second', 'minute')").bindparams(bindparam("ids", expanding=True))
            known = {(kind, one.id): one for kind, ids in by_kind(dict.fromkeys(key for keys, _ in named for key in keys))
                     for one in connection.execute(statement, {"kind": kind, "ids": ids})}
        late: dict[str, list[int]] = {}
        for keys, row in named:
            newest: dict[str, int] = {}
            for one in (known[key] for key in keys if key in known):
                if one.published_at <= row.fired_at:
                    newest[one.source] = max(one.published_at, newest.get(one.source, one.published_at))
            for source, published_at in newest.items():
                late.setdefault(source, []).append(max(0, row.told_at - published_at))
        return {source: _lag(sorted(some)) for source, some in sorted(late.items())}

    def looks(self, since: datetime, until: datetime) -> list[Look]:
        """Return what the looks of ``(since, until]`` went by, the earliest first."""
        with self._read() as connection:
            rows = connection.execute(text("SELECT at, steps, heard, ends FROM look WHERE at > :since AND at <= :until ORDER BY at"),
                                      {"since": micros(since), "until": micros(until)}).all()
        return [Look(instant(at), maybe_instant(steps), {name: instant(end) for name, end in json.loads(heard or "{}").items()},
                     {name: (instant(end), pending) for name, (end, pending) in json.loads(ends or "{}").items()})
                for at, steps, heard, ends in rows]

    def alerts(self, *, subject: str | None = None, open_only: bool = False, since: datetime | None = None,
               changed_since: datetime | None = None, limit: int = 100) -> list[Alert]:
        """Return alerts fired since ``since``, the latest first; ``open_only``: those whose condition has not cleared;
        ``changed_since``: those that were last touched since then.
        """
        conditions, values = ["1 = 1"], dict[str, object](limit=limit)
        if subject is not None:
            conditions.append("subject = :subject")
            values["subject"] = subject
        if since is not None:
            conditions.append("fired_at >= :since")
            values["since"] = micros(since)
        if changed_since is not None:
            conditions.append("updated_at >= :changed")
            values["changed"] = micros(changed_since)
        if open_only:
            conditions.append(_OPEN)
        with self._read() as connection:
            found = connection.execute(text(f"SELECT content FROM alert WHERE {' AND '.join(conditions)} "
                                            "ORDER BY fired_at DESC, fingerprint LIMIT :limit"), values).scalars().all()
        return [from_json(Alert, content) for content in found]

    def open_alerts(self) -> int:
        """Return how many alerts there are whose condition has not cleared."""
        with self._read() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM alert WHERE {_OPEN}")).scalar_one())

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


def _note(connection: Connection, look: Look) -> None:
    """Note what a look went by; two of one instant are one."""
    heard = {name: micros(end) for name, end in look.heard.items()}
    ends = {name: (micros(end), pending) for name, (end, pending) in look.ends.items()}
    connection.execute(text(
        "INSERT INTO look (at, steps, heard, ends) VALUES (:at, :steps, :heard, :ends) ON CONFLICT (at) DO UPDATE SET "
        "steps = coalesce(excluded.steps, look.steps), heard = coalesce(excluded.heard, look.heard), "
        "ends = coalesce(excluded.ends, look.ends)"),
        {"at": micros(look.at), "steps": maybe_micros(look.steps), "heard": clean_json(heard) if heard else None,
         "ends": clean_json(ends) if ends else None})


def _lag(late: Sequence[int]) -> Lag:
    """Return the median and the ninth decile of an ascending list: the smallest value that so many do not pass."""
    return Lag(span(late[(len(late) - 1) // 2]), span(late[(9 * len(late) + 9) // 10 - 1]), len(late))


_FRESH = "brand = :brand AND mention_pk = (SELECT pk FROM mention WHERE kind = :kind AND id = :id)"


def _is_fresh(connection: Connection, named: Mapping[str, str]) -> bool:
    return connection.execute(text(f"SELECT 1 FROM fresh WHERE {_FRESH}"), named).first() is not None


def _is_evaluated(connection: Connection, one: Evaluation) -> bool:
    """Whether a rule was evaluated as far as this already."""
    return connection.execute(
        text("SELECT 1 FROM rule_state WHERE rule = :rule AND subject = :subject AND until >= :until"),
        {"rule": one.rule, "subject": one.subject, "until": micros(one.until)}).first() is not None


def _remember(connection: Connection, one: Evaluation) -> None:
    """Store what a rule remembers. Its ``until`` never falls: a clock set back does not make it see a step twice."""
    connection.execute(text(
        "INSERT INTO rule_state (rule, subject, state, until) VALUES (:rule, :subject, :state, :until) "
        "ON CONFLICT (rule, subject) DO UPDATE SET state = excluded.state, until = CASE WHEN excluded.until > rule_state.until THEN excluded.until "
        "ELSE rule_state.until END"),
        {"rule": one.rule, "subject": one.subject, "state": clean_json(one.state), "until": micros(one.until)})


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
