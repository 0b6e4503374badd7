"""Sources: how each is, what it lost and why, and what people do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.settings import SourceSettings
from listener.errors import Refusal
from listener.service.coverage import HourCover, Seen, SeenOf, by_source, covered
from listener.service.door import DAY, HOUR, MOST_LISTED, Door, named
from listener.storage import Lag, SourceState
from listener.text import printable
from listener.types import (
    Coverage,
    CoverageState,
)
from listener.words.kinds import EXPERIMENTAL

OVERFLOWED = "were lost between two readings"  # in the reason of a span, as ``listener.polling`` writes it
OVERFLOW_TOLD = timedelta(hours=6)  # how long after it a source is said to lose items
ASKED_TO_WAIT = re.compile(r"\b429\b|throttled|asked us to wait|too often|used up", re.IGNORECASE)  # as client and collectors word it


class Health(StrEnum):
    """State of a source in one word; ``board.health.<value>`` says it to a person."""

    OK = "ok"
    LATE = "late"  # no error, but nothing heard for longer than it should take
    SUSPECT = "suspect"  # it answers, but with nothing it used to have
    OVERFLOW = "overflow"  # lately more came than a reading shows: items were lost
    THROTTLED = "throttled"  # it asked to be left alone for a while
    FAILING = "failing"  # errors; it is tried again by itself
    STOPPED = "stopped"  # an error that needs a person
    PAUSED = "paused"
    NEVER = "never"  # not read yet
    PAST = "past"  # not in the configuration: an import, or taken out of it


ORDER = (Health.STOPPED, Health.FAILING, Health.THROTTLED, Health.SUSPECT, Health.OVERFLOW, Health.LATE, Health.NEVER, Health.PAUSED,
         Health.OK, Health.PAST)
"""Those that need somebody first."""


class NoLag(StrEnum):
    """Why nothing can be said of how late the mentions of a source are seen."""

    NOTHING = "nothing"  # it brought no mention yet, or none of the last 7 days
    BACKLOG = "backlog"  # only mentions that were published before its first reading: when they came says nothing
    INEXACT = "inexact"  # its mentions have no time exact to the minute


@dataclass(frozen=True, slots=True)
class SourceView:
    """What is known about one source. ``seen`` is the observed share of the last 24 hours, or since it was added, 0..1.

    ``lags``, ``no_lag``, ``scored``, ``page`` and ``week`` are filled where details were asked for.
    """

    name: str
    kind: str
    health: Health
    configured: bool  # False: only the database remembers it
    mentions: int
    interval: timedelta | None
    stale_after: timedelta | None
    polled_at: datetime | None
    ok_at: datetime | None
    failing_since: datetime | None
    error: str | None
    lag: timedelta | None  # since it was last read well
    seen: float
    hours: tuple[float, ...]  # observed share of each of the last 24 hours, oldest first
    reasons: tuple[str, ...]  # why parts were lost, newest first
    advice: str  # key of a sentence that says what to do
    experimental: bool = False  # nothing recorded of its kind was at hand, and nobody has confirmed what it reads
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    retry_at: datetime | None = None  # not asked again before, after a failure
    next_at: datetime | None = None  # when it is read again; None: not planned
    pace: timedelta | None = None  # between two readings at present
    last_item_at: datetime | None = None  # publish time of the newest item it ever showed, about us or not
    suspect_since: datetime | None = None
    overflow_at: datetime | None = None  # when items were last lost between two readings, in the last 24 hours
    added_at: datetime | None = None  # since when it is known
    lags: Lag | None = None  # publish to first seen, over the last 7 days; None: too little to say
    no_lag: NoLag | None = None  # why there is none
    scored: Lag | None = None  # publish to scored, of the same mentions
    page: Lag | None = None  # publish of an alert's newest mention to its first message taken; None: no alert in 7 days
    week: tuple[HourCover, ...] = ()  # hours of the last 7 local days, oldest first, up to now


class Sources(Door):
    """Sources, asked about and acted on."""

    def sources(self, brand: str | None = None, *, details: bool = False) -> tuple[SourceView, ...]:
        """Return every source, those that need somebody first; with a brand only those it is looked for in.

        ``details``: with lags and the hours of the last 7 days, which cost more.
        """
        at = self.now()
        configured = {s.name: s for s in self.settings.sources if brand is None or not s.brands or brand in s.brands}
        states = {state.name: state for state in self.store.source_states()}
        known = [*configured, *(name for name in states if brand is None and name not in configured)]
        since = week_before(at, self.zone) if details else at - DAY
        spans = by_source(self.store.coverage(since=since, until=at, sources=known))
        views = [self._source(name, configured.get(name), states.get(name), spans.get(name, []), at) for name in known]
        if details:
            lags, timed = self.store.lags(since=at - 7 * DAY, until=at), self.store.exact(since=at - 7 * DAY, until=at)
            scored, paged = self.store.score_lags(since=at - 7 * DAY, until=at), self.store.page_lags(at - 7 * DAY, at)
            pending = {name: pending_span(configured.get(name), states.get(name), at) for name in known}
            views = [replace(view, lags=lags.get(view.name), scored=scored.get(view.name), page=paged.get(view.name),
                             no_lag=None if view.name in lags else _no_lag(timed.get(view.name)),
                             week=covered([*spans.get(view.name, []), *pending[view.name]], since, at)) for view in views]
        return tuple(sorted(views, key=lambda view: ORDER.index(view.health)))

    def _source(self, name: str, settings: SourceSettings | None, state: SourceState | None, spans: Sequence[Coverage],
                at: datetime) -> SourceView:
        overflow = max((s.end for s in spans if s.reason and OVERFLOWED in s.reason and s.end > at - DAY), default=None)
        health = _health(settings, state, at, overflow)
        kind = state.kind if state and state.kind else settings.kind if settings else ""
        ok_at, added_at = (state.ok_at, state.added_at) if state else (None, None)
        pending = pending_span(settings, state, at)
        seen = Seen([*spans, *pending])
        hours = tuple(seen.share(at - DAY + HOUR * i, at - DAY + HOUR * (i + 1)) for i in range(24))
        lost = sorted((s for s in spans if s.reason and s.state is not CoverageState.OK and s.end > at - DAY), key=lambda s: s.end, reverse=True)
        return SourceView(
            name=name, kind=kind, health=health,
            configured=settings is not None, mentions=state.mentions if state else 0,
            interval=settings.interval if settings else None, stale_after=settings.stale_after if settings else None,
            polled_at=state.polled_at if state else None, ok_at=ok_at, failing_since=state.failing_since if state else None,
            error=state.error if state else None, lag=max(at - ok_at, timedelta(0)) if ok_at else None, hours=hours,
            seen=seen.share(max(at - DAY, added_at), at) if added_at else sum(hours) / len(hours), added_at=added_at,
            reasons=tuple(dict.fromkeys(s.reason for s in lost if s.reason)),
            advice=f"board.advice.{health.value}",
            experimental=settings is not None and kind in EXPERIMENTAL and (state is None or state.confirmed_at is None),
            confirmed_at=state.confirmed_at if state else None, confirmed_by=state.confirmed_by if state else None,
            retry_at=state.retry_at if state else None,
            next_at=state.next_at if state and settings and health is not Health.PAUSED else None,
            pace=state.interval if state else None, last_item_at=state.last_item_at if state else None,
            suspect_since=state.suspect_since if state else None, overflow_at=overflow)

    def pause(self, source: str, who: str) -> None:
        """Stop reading a source until somebody resumes it."""
        self._set_paused(source, who, True)

    def resume(self, source: str, who: str) -> None:
        """Read a source at once, that was paused or waits after a failure."""
        self._set_paused(source, who, False)

    def _set_paused(self, source: str, who: str, paused: bool) -> None:
        name, at = named(who), self.now()
        if self._configured(source).paused and not paused:
            raise Refusal(f"source {source!r}", "source.paused")
        self.store.pause_source(source, paused)
        self.store.log(name, "pause" if paused else "resume", source, at)

    def confirm(self, source: str, who: str) -> None:
        """Keep that a person looked at what an experimental source reads and found it right."""
        name, settings = named(who), self._configured(source)
        if settings.kind not in EXPERIMENTAL:
            raise Refusal(f"source {source!r}", "source.proven", kind=settings.kind)
        state = self.store.source_state(source)
        if state is None or state.ok_at is None:
            raise Refusal(f"source {source!r}", "source.unread")
        self.store.confirm_source(source, name, self.now())

    def _configured(self, source: str) -> SourceSettings:
        known = {one.name: one for one in self.settings.sources}
        if source in known:
            return known[source]
        near, names = get_close_matches(source, known, n=1), sorted(known)[:MOST_LISTED]
        if near:
            raise Refusal(f"source {source!r}", "source.unknown.near", known=names, near=printable(near[0]))
        raise Refusal(f"source {source!r}", "source.unknown", known=names) if names else Refusal(f"source {source!r}", "source.none")

    def _seen(self, brand: str | None, *, since: datetime, until: datetime, at: datetime) -> SeenOf:
        configured = [s for s in self.settings.sources if brand is None or not s.brands or brand in s.brands]
        states = {state.name: state for state in self.store.source_states()}
        names = [s.name for s in configured] or list(states)
        spans = by_source(self.store.coverage(since=since, until=until, sources=names))
        for source in configured:
            spans.setdefault(source.name, []).extend(pending_span(source, states.get(source.name), at))
        return SeenOf([Seen(spans.get(name, [])) for name in names])


def _no_lag(timed: bool | None) -> NoLag:
    return NoLag.NOTHING if timed is None else NoLag.BACKLOG if timed else NoLag.INEXACT


def week_before(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the local midnight six days before, as UTC: seven calendar days with the present one."""
    return datetime.combine(at.astimezone(zone).date() - 6 * DAY, time(0), tzinfo=zone).astimezone(UTC)


def _health(settings: SourceSettings | None, state: SourceState | None, at: datetime, overflow_at: datetime | None) -> Health:
    if settings is None:
        return Health.PAST
    if settings.paused or (state is not None and state.paused):
        return Health.PAUSED
    if state is None or state.polled_at is None:
        return Health.NEVER
    if state.failing_since is not None:
        if state.permanent:
            return Health.STOPPED
        return Health.THROTTLED if ASKED_TO_WAIT.search(state.error or "") else Health.FAILING
    if state.suspect_since is not None:
        return Health.SUSPECT
    if at - (state.ok_at or state.polled_at) > max(settings.stale_after, 2 * _pace(settings, state)):
        return Health.LATE
    return Health.OVERFLOW if overflow_at is not None and at - overflow_at < OVERFLOW_TOLD else Health.OK


def _pace(settings: SourceSettings, state: SourceState) -> timedelta:
    return max(settings.interval, state.interval or settings.interval)


def pending_span(settings: SourceSettings | None, state: SourceState | None, at: datetime) -> list[Coverage]:
    """A source that is well and not due yet is not lost: its span since the last read counts as seen."""
    if settings is None or state is None or state.ok_at is None or state.failing_since is not None or state.paused:
        return []
    if not state.ok_at < at <= state.ok_at + 2 * _pace(settings, state) or state.suspect_since is not None:
        return []
    return [Coverage(settings.name, state.ok_at, at, CoverageState.OK)]
