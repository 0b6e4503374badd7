"""What people say and do: silences, verdicts, corrections, and the record of it all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from ..types import Label, MentionKey, Score, Silence, Verdict, VerdictKind
from . import counts
from .codec import clean, instant, maybe_clean, micros, stored_key
from .database import Database, by_kind
from .results import Correction, Event


class People(Database):
    """The part of the store that remembers people."""

    def add_silence(self, silence: Silence) -> None:
        """Store a silence; the same subject, rule and start again replaces it (so it can be ended early)."""
        with self._write() as connection:
            connection.execute(text(
                "INSERT INTO silence (subject, rule, starts_at, until, who, why) VALUES (:subject, :rule, :starts_at, :until, "
                ":who, :why) ON CONFLICT (subject, rule, starts_at) DO UPDATE SET until = excluded.until, who = excluded.who, "
                "why = excluded.why"),
                {"subject": clean(silence.subject), "rule": clean(silence.rule), "starts_at": micros(silence.starts_at),
                 "until": micros(silence.until), "who": clean(silence.who), "why": clean(silence.why)})
            record(connection, silence.who, f"silence {silence.rule} until {silence.until.isoformat()}: {silence.why}",
                   silence.subject, silence.starts_at)

    def end_silence(self, silence: Silence, who: str, at: datetime) -> None:
        """Let a silence end at ``at``; the name and the reason it was given stay."""
        with self._write() as connection:
            connection.execute(text("UPDATE silence SET until = :at WHERE subject = :subject AND rule = :rule "
                                    "AND starts_at = :starts_at AND until > :at"),
                               {"subject": clean(silence.subject), "rule": clean(silence.rule), "at": micros(at),
                                "starts_at": micros(silence.starts_at)})
            record(connection, who, f"end silence {silence.rule}", silence.subject, at)

    def silences(self, now: datetime | None = None) -> list[Silence]:
        """Return the silences that hold at ``now``, or all, the latest first."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT subject, rule, who, why, starts_at, until FROM silence "
                + ("" if now is None else "WHERE starts_at <= :now AND until > :now ") + "ORDER BY starts_at DESC, subject, "
                                                                                         "rule"),
                {} if now is None else {"now": micros(now)}).all()
        return [Silence(subject, rule, who, why, instant(starts_at), instant(until))
                for subject, rule, who, why, starts_at, until in rows]

    def add_verdict(self, verdict: Verdict) -> None:
        """Store what a person says of an alert; the person's later word replaces the earlier."""
        with self._write() as connection:
            connection.execute(text(
                "INSERT INTO verdict (fingerprint, who, kind, at) VALUES (:fingerprint, :who, :kind, :at) "
                "ON CONFLICT (fingerprint, who) DO UPDATE SET kind = excluded.kind, at = excluded.at"),
                {"fingerprint": verdict.fingerprint, "who": clean(verdict.who), "kind": verdict.kind.value,
                 "at": micros(verdict.at)})
            record(connection, verdict.who, f"verdict {verdict.kind.value}", verdict.fingerprint, verdict.at)

    def verdicts(self, fingerprint: str | None = None) -> list[Verdict]:
        """Return the verdicts on an alert, or all, the latest first."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT fingerprint, kind, who, at FROM verdict "
                + ("" if fingerprint is None else "WHERE fingerprint = :fingerprint ") + "ORDER BY at DESC, fingerprint, who"),
                {} if fingerprint is None else {"fingerprint": fingerprint}).all()
        return [Verdict(fingerprint, VerdictKind(kind), who, instant(at)) for fingerprint, kind, who, at in rows]

    def add_correction(self, key: MentionKey, label: Label, who: str, at: datetime) -> bool:
        """Store a person's label, which counts from now on in place of the model's; return whether the mention is there."""
        key = stored_key(key)
        with self._write() as connection:
            pk = connection.execute(text("SELECT pk FROM mention WHERE kind = :kind AND id = :id AND deleted_at IS NULL"),
                                    key._asdict()).scalar()
            if pk is None:
                return False
            before = counts.contributions(connection, [pk])
            connection.execute(text(
                "INSERT INTO correction (mention_pk, at, who, label) VALUES (:pk, :at, :who, :label) "
                "ON CONFLICT (mention_pk, at, who) DO UPDATE SET label = excluded.label"),
                {"pk": pk, "at": micros(at), "who": clean(who), "label": label.value})
            connection.execute(text("UPDATE mention SET corrected = :label, label = :label, unsure = :no WHERE pk = :pk"),
                               {"pk": pk, "label": label.value, "no": False})
            connection.execute(text("UPDATE match SET label = :label WHERE mention_pk = :pk"), {"pk": pk, "label": label.value})
            record(connection, who, f"correct {label.value}", f"{key.kind}:{key.id}", at)
            counts.apply(connection, before, counts.contributions(connection, [pk]))
        return True

    def corrections(self, *, since: datetime | None = None) -> list[Correction]:
        """Return what people corrected, oldest first, with the text and the model's label it was said about."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.kind, m.id, c.label, c.who, c.at, m.title, m.text, m.model, m.negative, m.neutral, m.positive "
                "FROM correction c JOIN mention m ON m.pk = c.mention_pk "
                + ("" if since is None else "WHERE c.at >= :since ") + "ORDER BY c.at, m.kind, m.id, c.who"),
                {} if since is None else {"since": micros(since)}).all()
        return [Correction(MentionKey(row.kind, row.id), Label(row.label), row.who, instant(row.at),
                           None if row.model is None else Score(row.negative, row.neutral, row.positive, "", row.model).label,
                           f"{row.title}\n{row.text}" if row.title and not row.text.startswith(row.title) else row.text)
                for row in rows]

    def corrected(self, keys: Iterable[MentionKey]) -> dict[MentionKey, Label]:
        """Return the label that a person gave, the latest where several did, of those of these mentions that have one."""
        found: dict[MentionKey, Label] = {}
        with self._read() as connection:
            for kind, ids in by_kind(stored_key(key) for key in keys):
                found |= {MentionKey(row.kind, row.id): Label(row.label) for row in connection.execute(text(
                    "SELECT m.kind, m.id, c.label FROM mention m JOIN correction c ON c.mention_pk = m.pk "
                    "WHERE m.kind = :kind AND m.id IN :ids ORDER BY c.at, c.who").bindparams(bindparam("ids", expanding=True)), {"kind": kind, "ids": ids})}
        return found

    def log(self, who: str, what: str, subject: str | None, at: datetime) -> None:
        """Record that somebody did something; records are only ever added."""
        with self._write() as connection:
            record(connection, who, what, subject, at)

    def events(self, *, subject: str | None = None, since: datetime | None = None, limit: int = 100) -> list[Event]:
        """Return what was done, the latest first."""
        conditions, values = ["1 = 1"], dict[str, object](limit=limit)
        if subject is not None:
            conditions.append("subject = :subject")
            values["subject"] = subject
        if since is not None:
            conditions.append("at >= :since")
            values["since"] = micros(since)
        with self._read() as connection:
            rows = connection.execute(text(f"SELECT at, who, what, subject FROM event WHERE {' AND '.join(conditions)} "
                                           "ORDER BY at DESC, pk DESC LIMIT :limit"), values).all()
        return [Event(instant(at), who, what, subject) for at, who, what, subject in rows]


def record(connection: Connection, who: str, what: str, subject: str | None, at: datetime) -> None:
    """Write to the record inside the caller's transaction."""
    connection.execute(text("INSERT INTO event (at, who, what, subject) VALUES (:at, :who, :what, :subject)"),
                       {"at": micros(at), "who": clean(who), "what": clean(what), "subject": maybe_clean(subject)})
