"""Configured sources: where to resume, how they fare, and what could be seen of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, text

from ..polling import Habit
from ..types import Coverage, CoverageState, Cursor
from .codec import MICROSECOND, clean, clean_json, instant, maybe_clean, maybe_instant, maybe_micros, micros, span
from .database import Database
from .people import record
from .results import Covered, Lag, SourceState

MOST_LAGS = 2_000
"""Mentions of a source, its newest, that its lags are taken from: the median of so many is known to two per cent of its rank, and a
million would take seconds."""


class Sources(Database):
    """The part of the store that knows sources."""

    def register_sources(self, sources: Sequence[tuple[str, str]]) -> None:
        """Make (name, kind) known before their first reading; what is known of them stays."""
        with self._write() as connection:
            for name, kind in sources:
                ensure(connection, name, kind)

    def begin_sources(self, sources: Sequence[tuple[str, str, str | None]], *, now: datetime) -> list[str]:
        """Make (name, kind, setup) known to a process that is going to read them; return those whose ``setup`` changed.

        These begin anew: no pause, no failure, no habit; the cursor stays. Whose failure only a person could mend gets one
        try at once, since a secret may have changed where nobody can see it.
        """
        changed = []
        with self._write() as connection:
            known = {row.name: row for row in connection.execute(text("SELECT name, kind, setup FROM source"))}
            for name, kind, setup in sources:
                before = known.get(clean(name))
                ensure(connection, name, kind, now)
                connection.execute(text(
                    "UPDATE source SET setup = coalesce(:setup, setup), "
                    "retry_at = CASE WHEN permanent THEN NULL ELSE retry_at END, "
                    "next_at = CASE WHEN permanent THEN NULL ELSE next_at END WHERE name = :name"), {"name": clean(name), "setup": setup})
                if before is not None and before.setup and setup and before.setup != setup:
                    begin_anew(connection, clean(name), other_kind=before.kind != clean(kind))
                    changed.append(name)
        return changed

    def cursor(self, source: str) -> Cursor | None:
        """Return where this source resumes; ``None`` before its first batch."""
        with self._read() as connection:
            found = connection.execute(text("SELECT cursor FROM source WHERE name = :name"), {"name": source}).scalar()
        return None if found is None else json.loads(found)

    def reset_cursor(self, source: str) -> None:
        """Let the source begin anew: what it brings again is known by its keys, what was usual of it is forgotten."""
        with self._write() as connection:
            connection.execute(text("UPDATE source SET cursor = NULL, readings = 0, showing = 0, shelf = 0, suspect_since = NULL, "
                                    "next_at = NULL WHERE name = :name"), {"name": source})

    def record_failure(self, source: str, *, start: datetime, end: datetime, now: datetime, reason: str,
                       permanent: bool = False, retry_at: datetime | None = None, note: str | None = None) -> None:
        """Record that the source could not be read: ``[start, end)`` is lost, the cursor stays.

        ``note`` is what the span says in place of ``reason``, where more is to be said of it than of the source.
        """
        with self._write() as connection:
            ensure(connection, source)
            cover(connection, Coverage(source, start, end, CoverageState.LOST, note or reason, noted_at=now))
            fails(connection, source, now=now, reason=reason, permanent=permanent, retry_at=retry_at)

    def record_missed(self, source: str, *, start: datetime, end: datetime, reason: str) -> None:
        """Record that ``[start, end)`` is lost because the source is not asked until somebody mends it."""
        with self._write() as connection:
            cover(connection, Coverage(source, start, end, CoverageState.LOST, reason))

    def pause_source(self, source: str, paused: bool) -> None:
        """Record that people do not want this source to be read, or want it again: then it is due at once."""
        with self._write() as connection:
            ensure(connection, source)
            due = "" if paused else ", retry_at = NULL, next_at = NULL"
            connection.execute(text(f"UPDATE source SET paused = :paused{due} WHERE name = :name"), {"name": source, "paused": paused})

    def confirm_source(self, name: str, who: str, at: datetime) -> None:
        """Record that a person saw an experimental source being read right; the later word replaces the earlier."""
        with self._write() as connection:
            ensure(connection, name)
            connection.execute(text("UPDATE source SET confirmed_at = :at, confirmed_by = :who WHERE name = :name"),
                               {"name": name, "at": micros(at), "who": clean(who)})
            record(connection, who, "confirm source", name, at)

    def source_states(self) -> list[SourceState]:
        """Return how every source known so far fares, by name."""
        with self._read() as connection:
            return [_state(row) for row in connection.execute(text(f"SELECT {_STATE} FROM source ORDER BY name"))]

    def source_state(self, name: str) -> SourceState | None:
        """Return how one source fares; ``None``: never heard of."""
        with self._read() as connection:
            row = connection.execute(text(f"SELECT {_STATE} FROM source WHERE name = :name"), {"name": name}).first()
        return None if row is None else _state(row)

    def spend(self, account: str, period: str, units: int, limit: int) -> bool:
        """Book units of an allowance before they are used; False, and nothing booked, where ``limit`` would be passed.

        Whole under any number of processes. Negative units give back, never below nothing. What was booked and then not
        used (a kill in between) stays booked: an allowance may be counted too high, never too low.
        """
        least = "greatest" if self._postgres else "max"
        with self._claim() as connection:  # one row that is its own lock: no need to wait for a batch being written
            return connection.execute(text(
                "INSERT INTO spending (account, period, units) SELECT cast(:account AS text), cast(:period AS text), "
                "cast(:first AS bigint) WHERE cast(:units AS bigint) <= cast(:limit AS bigint) ON CONFLICT (account, period) "
                f"DO UPDATE SET units = {least}(0, spending.units + cast(:units AS bigint)) "
                "WHERE :units <= 0 OR spending.units + :units <= :limit"),
                {"account": clean(account), "period": clean(period), "units": units, "first": max(0, units),
                 "limit": max(0, limit) if units <= 0 else limit}).rowcount > 0

    def spent(self, account: str, period: str) -> int:
        """Return how many units of an allowance are booked in a period."""
        with self._read() as connection:
            return int(connection.execute(text("SELECT coalesce(sum(units), 0) FROM spending WHERE account = :account AND "
                                               "period = :period"), {"account": clean(account), "period": clean(period)}).scalar_one())

    def lags(self, *, since: datetime, until: datetime) -> dict[str, Lag]:
        """Return, by source, how long after publishing the mentions of ``[since, until)`` were first seen there.

        Only mentions with a time exact to the minute, published after the source's first reading: its backlog was never
        late. Sources without such a mention are missing, and of one with many its newest are looked at (``MOST_LAGS``).
        """
        return self._lags("first_seen_at", since, until)

    def score_lags(self, *, since: datetime, until: datetime) -> dict[str, Lag]:
        """Return, by source, how long after publishing the mentions of ``[since, until)`` were scored as they stand.

        Of the same mentions as ``lags``, those that are scored.
        """
        return self._lags("known_at", since, until)

    def _lags(self, moment: str, since: datetime, until: datetime) -> dict[str, Lag]:
        found = {}
        with self._read() as connection:
            names = connection.execute(text("SELECT name FROM source WHERE first_at IS NOT NULL ORDER BY name")).scalars().all()
            for name in names:
                late = sorted(connection.execute(text(
                    f"SELECT m.{moment} - m.published_at FROM mention m JOIN source s ON s.name = m.source WHERE m.source = :name AND "
                    "m.published_at >= :since AND m.published_at < :until AND m.published_at >= s.first_at AND m.precision IN ('second', 'minute') "
                    f"AND m.{moment} IS NOT NULL AND m.deleted_at IS NULL AND EXISTS (SELECT 1 FROM match x WHERE x.mention_pk = m.pk) "
                    "ORDER BY m.published_at DESC, m.pk DESC LIMIT :most"),
                    {"name": name, "since": micros(since), "until": micros(until), "most": MOST_LAGS}).scalars())
                if late:
                    found[name] = Lag(span(max(0, late[-(-len(late) // 2) - 1])), span(max(0, late[-(-9 * len(late) // 10) - 1])), len(late))
        return found

    def exact(self, *, since: datetime, until: datetime) -> dict[str, bool]:
        """Return, by source, whether any of its newest mentions of ``[since, until)`` has a time exact to the minute. Those without
        a mention are missing.
        """
        found = {}
        with self._read() as connection:
            for name in connection.execute(text("SELECT name FROM source ORDER BY name")).scalars().all():
                told = connection.execute(text(
                    "SELECT m.precision FROM mention m WHERE m.source = :name AND m.published_at >= :since AND m.published_at < :until "
                    "AND EXISTS (SELECT 1 FROM match x WHERE x.mention_pk = m.pk) ORDER BY m.published_at DESC, m.pk DESC LIMIT :most"),
                    {"name": name, "since": micros(since), "until": micros(until), "most": MOST_LAGS}).scalars().all()
                if told:
                    found[name] = any(one in ("second", "minute") for one in told)
        return found

    def coverage(self, *, since: datetime, until: datetime, sources: Sequence[str] | None = None) -> list[Coverage]:
        """Return the spans that touch ``[since, until)``, by source and start, uncut."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT source, starts_at, ends_at, state, reason, noted_at FROM coverage WHERE ends_at > :since AND starts_at < "
                ":until ORDER BY source, starts_at, ends_at"), {"since": micros(since), "until": micros(until)}).all()
        wanted = None if sources is None else set(sources)
        return [Coverage(source, instant(starts_at), instant(ends_at), CoverageState(state), reason, maybe_instant(noted_at))
                for source, starts_at, ends_at, state, reason, noted_at in rows if wanted is None or source in wanted]

    def coverage_hours(self, *, since: datetime, until: datetime, sources: Sequence[str] | None = None) -> dict[str, Covered]:
        """Return how much of ``[since, until)`` was seen of each source, of all that are known or of those named."""
        first, last = micros(since), micros(until)
        with self._read() as connection:
            names = list(sources) if sources is not None else list(connection.execute(text(
                "SELECT name FROM source ORDER BY name")).scalars())
            rows = connection.execute(text(
                "SELECT source, starts_at, ends_at, state FROM coverage WHERE ends_at > :since AND starts_at < :until"),
                {"since": first, "until": last}).all()
        spans: dict[str, list[tuple[int, int, str]]] = {name: [] for name in names}
        for source, starts_at, ends_at, state in rows:
            if source in spans:
                spans[source].append((max(starts_at, first), min(ends_at, last), state))
        return {name: _covered(some, max(0, last - first)) for name, some in spans.items()}


_STATE = ("name, kind, polled_at, ok_at, failing_since, error, permanent, retry_at, paused, mentions, next_at, pace, last_item_at, "
          "suspect_since, readings, showing, shelf, first_at, confirmed_at, confirmed_by, added_at")


def _state(row: Any) -> SourceState:
    return SourceState(
        row.name, row.kind, maybe_instant(row.polled_at), maybe_instant(row.ok_at), maybe_instant(row.failing_since), row.error,
        bool(row.permanent), maybe_instant(row.retry_at), bool(row.paused), row.mentions, maybe_instant(row.next_at),
        None if row.pace is None else span(row.pace), maybe_instant(row.last_item_at), maybe_instant(row.suspect_since),
        row.readings, row.showing, span(row.shelf), maybe_instant(row.first_at), maybe_instant(row.confirmed_at), row.confirmed_by,
        maybe_instant(row.added_at))


def _covered(spans: Sequence[tuple[int, int, str]], whole: int) -> Covered:
    """Return the parts of a span of ``whole`` microseconds; where spans overlap, the best state counts."""
    edges = sorted((at, state, turn) for start, end, state in spans if start < end
                   for at, turn in ((start, 1), (end, -1)))
    within = dict.fromkeys(_BEST, 0)
    open_ones = dict.fromkeys(_BEST, 0)
    for (at, state, turn), (following, _, _) in pairwise([*edges, (edges[-1][0] if edges else 0, "", 0)]):
        open_ones[state] += turn
        best = next((one for one in _BEST if open_ones[one]), None)
        if best is not None:
            within[best] += following - at
    ok, partial, lost = (span(within[state]) for state in _BEST)
    return Covered(ok, partial, lost, unknown=span(whole) - ok - partial - lost)


_BEST = tuple(state.value for state in (CoverageState.OK, CoverageState.PARTIAL, CoverageState.LOST))


def ensure(connection: Connection, name: str, kind: str = "", now: datetime | None = None) -> None:
    """Make the source known; a kind given later fills an empty one. ``now``: it is configured, at least since then."""
    connection.execute(text(
        "INSERT INTO source (name, kind, permanent, paused, mentions, added_at) VALUES (:name, :kind, :no, :no, 0, :now) "
        "ON CONFLICT (name) DO UPDATE SET kind = CASE WHEN excluded.kind <> '' THEN excluded.kind ELSE source.kind END, "
        "added_at = CASE WHEN source.polled_at IS NULL THEN coalesce(source.added_at, excluded.added_at) ELSE source.added_at END"),
        {"name": clean(name), "kind": clean(kind), "no": False, "now": maybe_micros(now)})


def begin_anew(connection: Connection, name: str, *, other_kind: bool) -> None:
    """Forget how a source fared and what was usual of it; of another kind, also that a person found right what it read."""
    unconfirmed = ", confirmed_at = NULL, confirmed_by = NULL" if other_kind else ""
    connection.execute(text(
        "UPDATE source SET retry_at = NULL, next_at = NULL, failing_since = NULL, error = NULL, permanent = :no, pace = NULL, "
        "last_item_at = NULL, readings = 0, showing = 0, shelf = 0, suspect_since = NULL, first_at = NULL"
        f"{unconfirmed} WHERE name = :name"), {"name": name, "no": False})


def fails(connection: Connection, name: str, *, now: datetime, reason: str, permanent: bool, retry_at: datetime | None) -> None:
    connection.execute(text(
        "UPDATE source SET polled_at = :now, failing_since = coalesce(failing_since, :now), error = :error, "
        "permanent = :permanent, retry_at = :retry_at, next_at = :retry_at WHERE name = :name"),
        {"name": name, "now": micros(now), "error": clean(reason), "permanent": permanent, "retry_at": maybe_micros(retry_at)})


def answers(connection: Connection, name: str, *, now: datetime, cursor: Cursor | None, mentions: int, whole: bool = True,
            retry_at: datetime | None = None) -> None:
    """Record a reading that worked. ``cursor`` ``None`` leaves the stored one; ``mentions`` is how many more it has seen.

    ``whole``: its last page; until then the span since the reading before is nobody's yet, so that after a kill it is
    read and covered once more. ``retry_at`` is when the source wants to be read again at the earliest, kept so that a
    restart does not forget it.
    """
    connection.execute(text(
        "UPDATE source SET polled_at = CASE WHEN :whole THEN :now ELSE polled_at END, ok_at = :now, first_at = "
        "coalesce(first_at, :now), failing_since = NULL, error = NULL, permanent = :no, retry_at = :retry_at, "
        "cursor = coalesce(:cursor, cursor), mentions = mentions + :mentions WHERE name = :name"),
        {"name": name, "now": micros(now), "no": False, "cursor": None if cursor is None else clean_json(cursor),
         "mentions": mentions, "retry_at": maybe_micros(retry_at), "whole": whole})


def keep_habit(connection: Connection, name: str, habit: Habit) -> None:
    """Record when a source is read again and what is usual of it."""
    connection.execute(text(
        "UPDATE source SET pace = :pace, next_at = :next_at, last_item_at = :last_item_at, readings = :readings, "
        "showing = :showing, shelf = :shelf, suspect_since = :suspect_since WHERE name = :name"),
        {"name": name, "pace": None if habit.interval is None else habit.interval // MICROSECOND,
         "next_at": maybe_micros(habit.next_at), "last_item_at": maybe_micros(habit.last_item_at), "readings": habit.readings,
         "showing": habit.showing, "shelf": habit.shelf // MICROSECOND, "suspect_since": maybe_micros(habit.suspect_since)})


def keep_cursor(connection: Connection, name: str, *, cursor: Cursor | None, mentions: int) -> None:
    connection.execute(text("UPDATE source SET cursor = coalesce(:cursor, cursor), mentions = mentions + :mentions "
                            "WHERE name = :name"),
                       {"name": name, "cursor": None if cursor is None else clean_json(cursor), "mentions": mentions})


def spendings(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(text("SELECT account, period, units FROM spending"))]


def keep_spendings(connection: Connection, spent: Sequence[dict[str, Any]]) -> None:
    """Put back what is booked, where less is booked now."""
    if spent:
        connection.execute(text(
            "INSERT INTO spending (account, period, units) VALUES (:account, :period, :units) ON CONFLICT (account, period) "
            "DO UPDATE SET units = excluded.units WHERE spending.units < excluded.units"), spent)


def cover(connection: Connection, seen: Coverage) -> None:
    """Record a span; one that goes on where the last of the same state and reason ended makes that one longer.

    The longer one was noted when its beginning was.
    """
    start, end = micros(seen.start), micros(seen.end)
    if start >= end:
        return
    reason = maybe_clean(seen.reason)
    last = connection.execute(text(
        "SELECT starts_at, ends_at, state, reason FROM coverage WHERE source = :source AND starts_at <= :start "
        "ORDER BY starts_at DESC, ends_at DESC LIMIT 1"), {"source": seen.source, "start": start}).first()
    if last is not None and last.ends_at >= start and last.state == seen.state.value and last.reason == reason:
        if last.ends_at < end:
            connection.execute(text(
                "UPDATE coverage SET ends_at = :end WHERE source = :source AND starts_at = :first AND ends_at = :last"),
                {"source": seen.source, "first": last.starts_at, "last": last.ends_at, "end": end})
        return
    connection.execute(text(
        "INSERT INTO coverage (source, starts_at, ends_at, state, reason, noted_at) VALUES (:source, :start, :end, :state, "
        ":reason, :noted_at) ON CONFLICT (source, starts_at, ends_at) DO UPDATE SET reason = excluded.reason, noted_at = CASE "
        "WHEN coverage.state = excluded.state THEN coverage.noted_at ELSE excluded.noted_at END, state = excluded.state"),
        {"source": seen.source, "start": start, "end": end, "state": seen.state.value, "reason": reason,
         "noted_at": maybe_micros(seen.noted_at)})
