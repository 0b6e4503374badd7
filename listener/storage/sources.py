"""Configured sources: where to resume, how they fare, and what could be seen of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from ..types import Coverage, CoverageState, Cursor
from .codec import clean, clean_json, instant, maybe_clean, maybe_instant, maybe_micros, micros
from .database import Database
from .results import SourceState


class Sources(Database):
    """The part of the store that knows sources."""

    def register_sources(self, sources: Sequence[tuple[str, str]]) -> None:
        """Make (name, kind) known before their first reading; what is known of them stays."""
        with self._write() as connection:
            for name, kind in sources:
                ensure(connection, name, kind)

    def cursor(self, source: str) -> Cursor | None:
        """Return where this source resumes; ``None`` before its first batch."""
        with self._read() as connection:
            found = connection.execute(text("SELECT cursor FROM source WHERE name = :name"), {"name": source}).scalar()
        return None if found is None else json.loads(found)

    def reset_cursor(self, source: str) -> None:
        """Let the source begin anew; what it brings again is known by its keys."""
        with self._write() as connection:
            connection.execute(text("UPDATE source SET cursor = NULL WHERE name = :name"), {"name": source})

    def record_failure(self, source: str, *, start: datetime, end: datetime, now: datetime, reason: str,
                       permanent: bool = False, retry_at: datetime | None = None) -> None:
        """Record that the source could not be read: ``[start, end)`` is lost, the cursor stays."""
        with self._write() as connection:
            ensure(connection, source)
            cover(connection, Coverage(source, start, end, CoverageState.LOST, reason))
            fails(connection, source, now=now, reason=reason, permanent=permanent, retry_at=retry_at)

    def pause_source(self, source: str, paused: bool) -> None:
        """Record that people do not want this source to be read (or want it again)."""
        with self._write() as connection:
            ensure(connection, source)
            connection.execute(text("UPDATE source SET paused = :paused WHERE name = :name"), {"name": source,
                                                                                               "paused": paused})

    def source_states(self) -> list[SourceState]:
        """Return how every source known so far fares, by name."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT name, kind, polled_at, ok_at, failing_since, error, permanent, retry_at, paused, mentions "
                "FROM source ORDER BY name")).all()
        return [SourceState(name, kind, maybe_instant(polled_at), maybe_instant(ok_at), maybe_instant(failing_since), error,
                            bool(permanent), maybe_instant(retry_at), bool(paused), mentions)
                for name, kind, polled_at, ok_at, failing_since, error, permanent, retry_at, paused, mentions in rows]

    def coverage(self, *, since: datetime, until: datetime, sources: Sequence[str] | None = None) -> list[Coverage]:
        """Return the spans that touch ``[since, until)``, by source and start, uncut."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT source, starts_at, ends_at, state, reason FROM coverage WHERE ends_at > :since AND starts_at < :until "
                "ORDER BY source, starts_at, ends_at"), {"since": micros(since), "until": micros(until)}).all()
        wanted = None if sources is None else set(sources)
        return [Coverage(source, instant(starts_at), instant(ends_at), CoverageState(state), reason)
                for source, starts_at, ends_at, state, reason in rows if wanted is None or source in wanted]


def ensure(connection: Connection, name: str, kind: str = "") -> None:
    """Make the source known; a kind given later fills an empty one."""
    connection.execute(text(
        "INSERT INTO source (name, kind, permanent, paused, mentions) VALUES (:name, :kind, :no, :no, 0) "
        "ON CONFLICT (name) DO UPDATE SET kind = CASE WHEN excluded.kind <> '' THEN excluded.kind ELSE source.kind END"),
        {"name": clean(name), "kind": clean(kind), "no": False})


def fails(connection: Connection, name: str, *, now: datetime, reason: str, permanent: bool, retry_at: datetime | None) -> None:
    connection.execute(text(
        "UPDATE source SET polled_at = :now, failing_since = coalesce(failing_since, :now), error = :error, "
        "permanent = :permanent, retry_at = :retry_at WHERE name = :name"),
        {"name": name, "now": micros(now), "error": clean(reason), "permanent": permanent, "retry_at": maybe_micros(retry_at)})


def answers(connection: Connection, name: str, *, now: datetime, cursor: Cursor | None, mentions: int,
            retry_at: datetime | None = None) -> None:
    """Record a reading that worked. ``cursor`` ``None`` leaves the stored one; ``mentions`` is how many more it has seen.

    ``retry_at`` is when the source wants to be read again at the earliest, kept so that a restart does not forget it.
    """
    connection.execute(text(
        "UPDATE source SET polled_at = :now, ok_at = :now, failing_since = NULL, error = NULL, permanent = :no, "
        "retry_at = :retry_at, cursor = coalesce(:cursor, cursor), mentions = mentions + :mentions WHERE name = :name"),
        {"name": name, "now": micros(now), "no": False, "cursor": None if cursor is None else clean_json(cursor),
         "mentions": mentions, "retry_at": maybe_micros(retry_at)})


def keep_cursor(connection: Connection, name: str, *, cursor: Cursor | None, mentions: int) -> None:
    connection.execute(text("UPDATE source SET cursor = coalesce(:cursor, cursor), mentions = mentions + :mentions "
                            "WHERE name = :name"),
                       {"name": name, "cursor": None if cursor is None else clean_json(cursor), "mentions": mentions})


def cover(connection: Connection, span: Coverage) -> None:
    """Record a span; one that goes on where the last of the same state and reason ended makes that one longer."""
    start, end = micros(span.start), micros(span.end)
    if start >= end:
        return
    reason = maybe_clean(span.reason)
    last = connection.execute(text(
        "SELECT starts_at, ends_at, state, reason FROM coverage WHERE source = :source AND starts_at <= :start "
        "ORDER BY starts_at DESC, ends_at DESC LIMIT 1"), {"source": span.source, "start": start}).first()
    if last is not None and last.ends_at >= start and last.state == span.state.value and last.reason == reason:
        if last.ends_at < end:
            connection.execute(text(
                "UPDATE coverage SET ends_at = :end WHERE source = :source AND starts_at = :first AND ends_at = :last"),
                {"source": span.source, "first": last.starts_at, "last": last.ends_at, "end": end})
        return
    connection.execute(text(
        "INSERT INTO coverage (source, starts_at, ends_at, state, reason) VALUES (:source, :start, :end, :state, :reason) "
        "ON CONFLICT (source, starts_at, ends_at) DO UPDATE SET state = excluded.state, reason = excluded.reason"),
        {"source": span.source, "start": start, "end": end, "state": span.state.value, "reason": reason})
