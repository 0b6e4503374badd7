"""What a person can do and ask, whether from the board, the command line or a bot: the one door.

Besides the pipeline this is the only writer. Every action needs a name, is kept with the name and the instant, and
is refused where the thing has changed since the person looked at it.

Raises throughout: ValueError with a sentence for the person (unknown alert, empty reason, changed meanwhile);
StorageError when the database cannot do it.

Why the readings live here too: a number on the board and the same number on the command line are one function.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from alerts import causes as why
from alerts import evidence, lifecycle, precision
from alerts import reach as reach_of
from alerts.notices import notices
from alerts.rules.spike import COLD_HOURS
from config.settings import Settings, SourceSettings
from listener.storage import Alike, HourRow, Lag, PageKey, Reading, RuleSetting, SourceState, Store, open_store
from listener.text import printable
from listener.types import (
    Alert,
    AlertState,
    Coverage,
    CoverageState,
    Delivery,
    Label,
    MentionKey,
    Reach,
    Reason,
    ScoredMention,
    Scorer,
    Silence,
    Verdict,
    VerdictKind,
)
from listener.words.kinds import EXPERIMENTAL
from sentiment import SCORERS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LEARNING = timedelta(hours=COLD_HOURS)
USUAL_DAYS = 14  # "usual" is the median of the same hour over so many days: outlives one storm, follows the season
USUAL_AT_LEAST = 3  # observed days below which nothing is called usual
OBSERVED = 0.5  # share of an hour below which its figures are a gap, as for the steps of a Series
LONGEST_SILENCE = timedelta(days=7)
EXACT_REACH = 500  # so many complaints are read one by one and counted by account; above, posts are summed
EVENING = time(18)  # "what changed since yesterday evening"
MOST_VERDICTS = 1_000  # of a rule, newest first, that its precision is counted from
ITSELF = "goosh"  # who demotes a rule that was mostly wrong
CHANGED = "changed since you looked; look again before you decide"
NAME_LENGTH = 80
MOST_OPEN = 1_000  # open alerts that a silence looks at
TRIES = 5  # so often an alert that changes meanwhile is read again
MOST_COMPLAINTS = 100_000  # that causes are counted from, newest first
QUOTED = 200  # complaints of a cause that its quotes are chosen from, newest first
MOST_LISTED = 20  # names that a refusal repeats
OVERFLOWED = "were lost between two readings"  # in the reason of a span, as ``listener.polling`` writes it
OVERFLOW_TOLD = timedelta(hours=6)  # how long after it a source is said to lose items
WHOLE = 0.9  # share of an hour from which on it counts as seen
_ASKED_TO_WAIT = re.compile(r"\b429\b|throttled|asked us to wait|too often|used up", re.IGNORECASE)  # as client and collectors word it
REASON_LENGTH = 500


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


class HourCover(NamedTuple):
    """What was seen of a source in one hour; ``reason`` says why not all of it."""

    start: datetime
    state: CoverageState | None  # None: nobody looked; before the first reading, or while this program did not run
    reason: str | None = None


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


@dataclass(frozen=True, slots=True)
class HourPoint:
    """One hour of a brand. Counts are None where under half was observed and nothing came in later: a gap is not a zero."""

    hour: datetime
    seen: float
    mentions: int | None
    negative: int | None
    neutral: int | None
    positive: int | None
    unsure: int | None
    reach: Reach | None  # of its negative mentions, summed over posts
    usual: float | None  # median mid reach of the same hour on the days before; None: too little history

    @property
    def gap(self) -> bool:
        return self.mentions is None


@dataclass(frozen=True, slots=True)
class Compared:
    """A count and the same hours one week before; ``before`` is None where that was not observed well enough."""

    now: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since yesterday evening."""

    since: datetime
    mentions: int
    negative: int
    fired: tuple[Alert, ...]
    resolved: tuple[Alert, ...]
    failing: tuple[str, ...]  # sources
    complaints: tuple[ScoredMention, ...]  # a few that stand for the rest


@dataclass(frozen=True, slots=True)
class NowView:
    """The first page: is anything burning, how many may have seen it, what changed."""

    at: datetime
    brand: str | None
    started: bool  # False: nothing was ever collected
    open_alerts: tuple[Alert, ...]  # most severe first, then oldest
    quiet_since: datetime | None  # None while an alert is open, or before anything was heard
    seen: float  # observed share of the last 24 hours over the brand's sources, 0..1
    unseen: tuple[SourceView, ...]  # sources that are not well now
    reach: Reach | None  # of complaints in the last 24 hours; None: no complaint
    usual_reach: float | None  # mid reach the same 24 hours have on a usual day, summed over posts
    mentions: Compared
    negative: Compared
    scored: int
    unsure: int
    waiting: int  # not scored yet
    hours: tuple[HourPoint, ...]
    changes: Changes
    learning_until: datetime | None = None  # until then volume rules have too little history to speak; None: they have it


@dataclass(frozen=True, slots=True)
class Filters:
    """Which mentions to show. Times are ``[since, until)``."""

    brand: str | None = None
    label: Label | None = None
    source: str | None = None
    language: str | None = None
    unsure: bool | None = None
    text: str | None = None
    author: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MentionView:
    """A mention as a person meets it; ``corrected`` is the label a person gave, if one did."""

    scored: ScoredMention
    corrected: Label | None = None


@dataclass(frozen=True, slots=True)
class MentionsPage:
    """Newest first. ``older`` fetches the next page; None: that was the last."""

    items: tuple[MentionView, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a history: who did what, when."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert with all a person needs to decide."""

    alert: Alert
    mentions: tuple[ScoredMention, ...]  # its evidence, in the alert's order
    missing: int  # evidence that is no longer stored: deleted at the source, or past its keeping time
    deliveries: tuple[Delivery, ...]
    verdicts: tuple[Verdict, ...]
    silences: tuple[Silence, ...]  # in force now and covering it
    history: tuple[Happening, ...]
    unseen: tuple[SourceView, ...]
    hours: tuple[HourPoint, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class CausesView:
    """Why people complain about a brand, with a few posts that stand for the rest of each cause."""

    causes: why.Causes
    quotes: Mapping[str, tuple[ScoredMention, ...]]  # by aspect; of the frequent ones only
    partial: bool  # there were more complaints than are counted: the oldest are missing


@dataclass(frozen=True, slots=True)
class RuleView:
    """A configured rule as it stands now."""

    name: str
    kind: str
    enabled: bool
    precision: precision.Precision
    said: RuleSetting | None  # by people, or by its verdicts, since
    fired_at: datetime | None  # when it last raised an alert
    replays: tuple[tuple[datetime, str, Mapping[str, Any]], ...] = ()  # recorded ones, the latest first: when, by whom, what it would have done

    @property
    def demoted(self) -> bool:
        return self.said is not None and self.said.demoted_at is not None


@dataclass(frozen=True, slots=True)
class _Count:
    mentions: int = 0
    scored: int = 0
    negative: int = 0
    unsure: int = 0

    def __add__(self, other: _Count) -> _Count:
        return _Count(self.mentions + other.mentions, self.scored + other.scored, self.negative + other.negative,
                      self.unsure + other.unsure)


def open_service(settings: Settings, *, now: Callable[[], datetime]) -> Service:
    """Return a service on the settings' own database, for a process that is not the pipeline's. Raises: StorageError."""
    return Service(open_store(settings.database), settings, now=now)


class Service:
    """Every use case of a person over one store. Holds no state of its own; safe to share between threads."""

    def __init__(self, store: Store, settings: Settings, *, now: Callable[[], datetime]) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self.zone = ZoneInfo(settings.timezone)
        self._scorer = cache(lambda: _load_scorer(settings))

    # -- what people do

    def acknowledge(self, fingerprint: str, who: str, *, seen_at: datetime | None = None) -> Alert:
        """Return the alert, now in the hands of ``who``. ``seen_at`` is its ``updated_at`` as the person saw it."""
        name = _name(who)
        before = self._current(fingerprint, seen_at)
        if before.acknowledged_by and before.acknowledged_by != name:
            raise ValueError(f"alert {fingerprint!r}: {before.acknowledged_by!r} has taken it already; talk to each other")
        _still_open(before)
        if before.acknowledged_by:
            return before
        at = self.now()
        return self._write(before, lifecycle.acknowledge(before, name, at), name, "acknowledge", at, Reason.TAKEN)

    def handle(self, fingerprint: str, who: str, why: str, *, seen_at: datetime | None = None) -> Alert:
        """Return the alert, answered by ``who`` as ``why`` says (a reply, a case); like one that is taken it calls nobody else."""
        name, reason = _name(who), _reason(why)
        before, at = self._current(fingerprint, seen_at), self.now()
        _still_open(before)
        return self._write(before, lifecycle.handle(before, name, at), name, f"handle: {reason}", at,
                           None if before.acknowledged_by else Reason.TAKEN, reason)

    def resolve(self, fingerprint: str, who: str, why: str, *, seen_at: datetime | None = None) -> Alert:
        """Return the alert, closed by ``who`` for the reason ``why``."""
        name, reason = _name(who), _reason(why)
        before, at = self._current(fingerprint, seen_at), self.now()
        _still_open(before)
        return self._write(before, lifecycle.resolve(before, name, at), name, f"resolve: {reason}", at, Reason.RESOLVED, reason)

    def silence(self, subject: str, rule: str, who: str, why: str, until: datetime) -> Silence:
        """Return the silence of ``rule`` ("*": every one) about ``subject`` ("*": everything) until then, a week at most."""
        name, reason, at = _name(who), _reason(why), self.now()
        if not at < until <= at + LONGEST_SILENCE:
            raise ValueError("silence: its end must lie within the next 7 days; choose another time")
        if not subject or not rule:
            raise ValueError("silence: subject and rule must be named; '*' means every one")
        silence = Silence(subject=subject, rule=rule, who=name, why=reason, starts_at=at, until=until)
        self.store.add_silence(silence)
        for alert in self.store.alerts(open_only=True, limit=MOST_OPEN):
            if subject in ("*", alert.subject) and rule in ("*", alert.rule):
                self._hush(alert, name, at)
        return silence

    def _hush(self, alert: Alert, who: str, at: datetime) -> None:
        """Cancel the calls that were written ahead: they are messages, too. What they were to tell is owed."""
        for _ in range(TRIES):
            calls = [one for one in self.store.deliveries(alert.fingerprint) if one.message.reason.sends and one.message.reason is not Reason.RESOLVED]
            waiting = any(one.sent_at is None and one.cancelled_at is None for one in calls)
            reached = any(one.sent_at is not None for one in calls)
            after = lifecycle.hush(alert, reached=reached) if waiting else alert
            if self.store.update_alert(after, who=who, what="silence", at=at, seen=alert, stop=True):
                return
            changed = self.store.alert(alert.fingerprint)  # a look of the engine came between
            if changed is None or changed.state not in lifecycle.OPEN:
                return
            alert = changed
        raise ValueError(f"alert {alert.fingerprint!r}: {CHANGED}")

    def silences(self) -> tuple[Silence, ...]:
        """Return the silences that hold now, the latest first."""
        return tuple(self.store.silences(self.now()))

    def unsilence(self, subject: str, rule: str, who: str) -> tuple[Silence, ...]:
        """Return the silences of exactly this subject and rule, ended now by ``who``; their names and reasons stay."""
        name, at = _name(who), self.now()
        ended = tuple(one for one in self.store.silences(at) if (one.subject, one.rule) == (subject, rule))
        if not ended:
            raise ValueError(f"silence: none of rule {rule!r} about {subject!r} holds now; see \"goosh alerts silences\"")
        for one in ended:
            self.store.end_silence(one, name, at)
        return tuple(replace(one, until=at) for one in ended)

    def verdict(self, fingerprint: str, kind: VerdictKind, who: str) -> Verdict:
        """Return the verdict on an alert; a person's later word replaces the earlier. One that has ended is reviewed by it."""
        alert = self._current(fingerprint, None)
        verdict = Verdict(fingerprint=fingerprint, kind=VerdictKind(kind), who=_name(who), at=self.now())
        self.store.add_verdict(verdict)
        self._weigh(alert.rule, verdict.at)
        if alert.state is AlertState.RESOLVED:
            # where the alert woke up meanwhile, the verdict stands and the review waits for its next end
            self.store.update_alert(lifecycle.review(alert, verdict.at), who=verdict.who, what="review", at=verdict.at, seen=alert)
        return verdict

    # -- rules at run time

    def rules(self) -> list[RuleView]:
        """Return the configured rules in the order of the file, with what people and verdicts made of them since."""
        said, fired = self.store.rule_settings(), self.store.last_fired()
        return [RuleView(
            rule.name, rule.kind, rule.enabled if (now := said.get(rule.name)) is None or now.enabled is None else now.enabled,
            precision.measure(self.store.verdicts_of(rule.name, MOST_VERDICTS)), now, fired.get(rule.name),
            tuple(self.store.replay_records(rule.name))) for rule in self.settings.rules]

    def enable_rule(self, name: str, who: str, why: str, *, replay: Mapping[str, Any] | None = None) -> None:
        """Let a rule raise alerts from now on, whatever the file says; ``replay`` is kept: what it would have done."""
        self._set_rule(name, who, why, enabled=True, replay=replay)

    def disable_rule(self, name: str, who: str, why: str) -> None:
        """Let a rule raise no alerts from now on; those that stand stay."""
        self._set_rule(name, who, why, enabled=False)

    def demote_rule(self, name: str, who: str, why: str) -> None:
        """Let what a rule says from now on wait for the digest (P3)."""
        self._set_rule(name, who, why, demoted=True)

    def promote_rule(self, name: str, who: str, why: str) -> None:
        """Let a demoted rule call people again. Verdicts given before count no more towards the next demotion."""
        self._set_rule(name, who, why, demoted=False)

    def _set_rule(self, name: str, who: str, why: str, *, enabled: bool | None = None, demoted: bool | None = None,
                  replay: Mapping[str, Any] | None = None) -> None:
        known = [rule.name for rule in self.settings.rules]
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise ValueError(f"rule {name!r}: unknown; known: {', '.join(known)}" + (f"; did you mean {near[0]!r}?" if near else ""))
        at, before = self.now(), self.store.rule_settings().get(name)
        since = before.demoted_at if before else None
        self.store.set_rule(name, enabled=enabled if enabled is not None or before is None else before.enabled,
                            demoted_at=since if demoted is None else (since or at) if demoted else None,
                            who=_name(who), at=at, why=_reason(why), replay=replay)

    def _weigh(self, name: str, at: datetime) -> None:
        """Demote a rule that was mostly wrong of late; it stays demoted until a person promotes it."""
        before = self.store.rule_settings().get(name)
        if before is not None and before.demoted_at is not None:
            return
        verdicts = [one for one in self.store.verdicts_of(name, MOST_VERDICTS) if before is None or one.at > before.at]
        if precision.mostly_wrong(verdicts):
            found = precision.measure(verdicts, precision.WINDOW)
            self.store.set_rule(name, enabled=before.enabled if before else None, demoted_at=at, who=ITSELF, at=at,
                                why=f"{found.right} of the last {found.judged} alerts were real")

    def correct(self, key: MentionKey, label: Label, who: str) -> None:
        """Let a person's label count in place of the model's; the model's score stays beside it."""
        if not self.store.add_correction(MentionKey(*key), Label(label), _name(who), self.now()):
            raise ValueError(f"mention {key[1]!r}: no longer stored; it was deleted at its source or is past its keeping time")

    def pause(self, source: str, who: str) -> None:
        """Stop reading a source until somebody resumes it."""
        self._set_paused(source, who, True)

    def resume(self, source: str, who: str) -> None:
        """Read a source at once, that was paused or waits after a failure."""
        self._set_paused(source, who, False)

    def _set_paused(self, source: str, who: str, paused: bool) -> None:
        name, at = _name(who), self.now()
        if self._configured(source).paused and not paused:
            raise ValueError(f"source {source!r}: paused in the configuration; take 'paused = true' out of it and start again")
        self.store.pause_source(source, paused)
        self.store.log(name, "pause" if paused else "resume", source, at)

    def confirm(self, source: str, who: str) -> None:
        """Keep that a person looked at what an experimental source reads and found it right."""
        name, settings = _name(who), self._configured(source)
        if settings.kind not in EXPERIMENTAL:
            raise ValueError(f"source {source!r}: its kind {settings.kind!r} is not experimental; there is nothing to confirm")
        state = self.store.source_state(source)
        if state is None or state.ok_at is None:
            raise ValueError(f"source {source!r}: it was never read successfully; let it be read first, look at its mentions, then confirm")
        self.store.confirm_source(source, name, self.now())

    def _configured(self, source: str) -> SourceSettings:
        known = {one.name: one for one in self.settings.sources}
        if source in known:
            return known[source]
        near = get_close_matches(source, known, n=1)
        raise ValueError(f"source {source!r}: not in the configuration; configured: {', '.join(sorted(known)[:MOST_LISTED]) or 'none'}"
                         + (f"; did you mean '{printable(near[0])}'?" if near else ""))

    def forget(self, kind: str, author_id: str, who: str) -> Mapping[str, int]:
        """Delete all that is stored about an author. Returns how many rows of each sort are gone."""
        name, at = _name(who), self.now()
        gone = self.store.forget_author(kind, author_id)
        self.store.log(name, "forget author", kind, at)  # not whom: that would remember what was to be forgotten
        return gone

    def _current(self, fingerprint: str, seen_at: datetime | None) -> Alert:
        alert = self.store.alert(fingerprint)
        if alert is None:
            raise ValueError(f"alert {fingerprint!r}: unknown; it may be past its keeping time")
        if seen_at is not None and alert.updated_at != seen_at:
            raise ValueError(f"alert {fingerprint!r}: {CHANGED}")
        return alert

    def _write(self, before: Alert, after: Alert, who: str, what: str, at: datetime, reason: Reason | None = None,
               why: str = "") -> Alert:
        """Store what became of an alert; nobody else is called for it, and with ``reason`` all who were told are told that."""
        told = notices(self.store.deliveries(before.fingerprint), after, reason, who=who, at=at, zone=self.zone, why=why) if reason else []
        if not self.store.update_alert(after, who=who, what=what, at=at, seen=before, deliveries=told, stop=True):
            raise ValueError(f"alert {before.fingerprint!r}: {CHANGED}")
        return after

    # -- what people ask

    def brands(self, *, own: bool = True) -> tuple[str, ...]:
        """Return the configured brands in the order of the file; ``own`` leaves the peers out."""
        return tuple(brand.name for brand in self.settings.brands if not (own and brand.peer))

    def people(self) -> tuple[str, ...]:
        return tuple(person.name for person in self.settings.people)

    def sources(self, brand: str | None = None, *, details: bool = False) -> tuple[SourceView, ...]:
        """Return every source, those that need somebody first; with a brand only those it is looked for in.

        ``details``: with lags and the hours of the last 7 days, which cost more.
        """
        at = self.now()
        configured = {s.name: s for s in self.settings.sources if brand is None or not s.brands or brand in s.brands}
        states = {state.name: state for state in self.store.source_states()}
        known = [*configured, *(name for name in states if brand is None and name not in configured)]
        since = week_before(at, self.zone) if details else at - DAY
        spans = _by_source(self.store.coverage(since=since, until=at, sources=known))
        views = [self._source(name, configured.get(name), states.get(name), spans.get(name, []), at) for name in known]
        if details:
            lags, timed = self.store.lags(since=at - 7 * DAY, until=at), self.store.exact(since=at - 7 * DAY, until=at)
            scored, paged = self.store.score_lags(since=at - 7 * DAY, until=at), self.store.page_lags(at - 7 * DAY, at)
            pending = {name: _pending(configured.get(name), states.get(name), at) for name in known}
            views = [replace(view, lags=lags.get(view.name), scored=scored.get(view.name), page=paged.get(view.name), no_lag=None if view.name in lags else _no_lag(timed.get(view.name)), week=_covered([*spans.get(view.name, []), *pending[view.name]], since, at))
                     for view in views]
        return tuple(sorted(views, key=lambda view: ORDER.index(view.health)))

    def _source(self, name: str, settings: SourceSettings | None, state: SourceState | None, spans: Sequence[Coverage],
                at: datetime) -> SourceView:
        overflow = max((s.end for s in spans if s.reason and OVERFLOWED in s.reason and s.end > at - DAY), default=None)
        health = _health(settings, state, at, overflow)
        kind = state.kind if state and state.kind else settings.kind if settings else ""
        ok_at, added_at = (state.ok_at, state.added_at) if state else (None, None)
        pending = _pending(settings, state, at)
        seen = _Seen([*spans, *pending])
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

    def alerts(self, *, brand: str | None = None, open_only: bool = False, since: datetime | None = None,
               limit: int = 100) -> tuple[Alert, ...]:
        """Return alerts: open ones first by severity, then the newest. With a brand: about it or a source it is read in.

        An open alert is among them however old; ``since`` is about those that have ended. ``limit`` is for each of the two.
        """
        found = {a.fingerprint: a for a in self._alerts(brand, open_only=True, since=None, limit=limit)}
        if not open_only:
            found |= {a.fingerprint: a for a in self._alerts(brand, open_only=False, since=since, limit=limit)}
        return tuple(sorted(found.values(), key=_urgency))

    def _alerts(self, brand: str | None, *, open_only: bool, since: datetime | None, limit: int) -> list[Alert]:
        if brand is None:
            return self.store.alerts(open_only=open_only, since=since, limit=limit)
        sources = {s.name for s in self.settings.sources if not s.brands or brand in s.brands}
        about = self.store.alerts(subject=brand, open_only=open_only, since=since, limit=limit)
        # those of sources are few; they are picked out of everything, since another brand's must not crowd this one's out
        return about + [a for a in self.store.alerts(open_only=open_only, since=since, limit=10 * limit) if a.subject in sources]

    def alert(self, fingerprint: str) -> AlertView | None:
        """Return one alert with its evidence, deliveries and history, or None where there is no such alert."""
        alert = self.store.alert(fingerprint)
        if alert is None:
            return None
        at = self.now()
        about_brand = alert.subject in self.brands(own=False)
        proof = self.store.by_keys(alert.evidence, alert.subject if about_brand else None) if alert.evidence else []
        hours: tuple[HourPoint, ...] = ()
        if about_brand:
            around = _floor_hour(alert.starts_at)
            hours = self.hourly(alert.subject, since=around - DAY, until=min(_ceil_hour(at), around + 2 * DAY))
        return AlertView(
            alert=alert, mentions=tuple(proof), missing=len(alert.evidence) - len(proof),
            deliveries=tuple(self.store.deliveries(fingerprint)),
            verdicts=tuple(self.store.verdicts(fingerprint)),
            silences=tuple(s for s in self.store.silences(at) if s.subject in ("*", alert.subject) and s.rule in ("*", alert.rule)),
            history=tuple(Happening(e.at, e.who, e.what) for e in self.store.events(subject=fingerprint)),
            unseen=tuple(v for v in self.sources(alert.subject if about_brand else None) if v.health is not Health.OK), hours=hours)

    def mentions(self, filters: Filters, *, older: str | None = None, size: int = 20) -> MentionsPage:
        """Return one page of mentions, newest first. ``older`` is the token of the page before. Raises: ValueError on a bad token."""
        page = self.store.mentions(
            brand=filters.brand, label=filters.label, source=filters.source, language=filters.language, unsure=filters.unsure,
            text=filters.text, since=filters.since, until=filters.until, author=filters.author, limit=size,
            before=_page_key(older) if older else None)
        corrected = self._corrections(m.mention.key for m in page.items)
        return MentionsPage(tuple(MentionView(m, corrected.get(m.mention.key)) for m in page.items),
                            _page_token(page.next) if page.next else None)

    def like(self, what: MentionKey | str, *, brand: str | None = None, since: datetime | None = None, until: datetime | None = None,
             limit: int = 20) -> tuple[Alike, ...]:
        """Return the mentions that say what a mention says, or what was typed, in either language, the most alike first.

        The first text that is typed loads the configured scorer: about half a second and 200 MB in this process.
        Raises: ValueError for an unknown mention, an empty text, a scorer without embeddings; ScoreError.
        """
        if isinstance(what, MentionKey):
            sought = self.store.reading(what)
            if sought is None:
                raise ValueError(f"mention {':'.join(what)!r}: not stored, or not read yet by a scorer with embeddings; choose another")
            return tuple(self.store.like(sought, brand=brand, since=since, until=until, limit=limit, without=[what]))
        typed = " ".join(printable(what).split())[:REASON_LENGTH]
        if not typed:
            raise ValueError("search: nothing was typed; say what the posts should tell")
        scorer = self._scorer()
        [analysis] = scorer.analyse([typed])
        if analysis.embedding is None:
            raise ValueError(f"search: the scorer {scorer.name!r} gives no embeddings; set [score] kind = \"packaged\"")
        sought = Reading(analysis.embedding, analysis.score.model, analysis.score.language)
        return tuple(self.store.like(sought, words=typed, brand=brand, since=since, until=until, limit=limit))

    def causes(self, brand: str | None = None, *, weeks: int = 4, quotes: int = 3, quoted: int = 8) -> CausesView:
        """Return what complaints of the present Jalali week are about, against the weeks before; ``quotes`` posts for each of the first
        ``quoted`` aspects. Without a brand: all our own ones together."""
        at = self.now()
        spans = why.weeks_to(at, self.zone, weeks)
        since, before = (why.week_start(week, self.zone).astimezone(UTC) for week in (spans[0], spans[-2]))
        by_brand = [self.store.complaints(name, since=since, until=at, limit=MOST_COMPLAINTS) for name in ([brand] if brand else self.brands())]
        found = list({one.key: one for some in by_brand for one in some}.values())
        seen = self._seen(brand, since=before, until=at - 7 * DAY, at=at).share(before, at - 7 * DAY) >= OBSERVED
        counted = why.find((why.Complaint(*one) for one in found), at=at, zone=self.zone, weeks=weeks, seen_before=seen)
        present = why.week_start(spans[-1], self.zone)
        chosen = {}
        for cause in counted.causes[:quoted]:
            keys = [one.key for one in found if one.published_at >= present and cause.aspect in one.aspects][:QUOTED]
            posts = {one.mention.key: one for one in self.store.by_keys(keys, brand)}.values() if keys else ()
            chosen[cause.aspect] = tuple(one for _, one in evidence.cast(tuple(posts), quotes, self.store.embeddings(keys))) if posts else ()
        return CausesView(counted, chosen, any(len(some) == MOST_COMPLAINTS for some in by_brand))

    def hourly(self, brand: str | None, *, since: datetime, until: datetime) -> tuple[HourPoint, ...]:
        """Return whole hours of ``[since, until)`` in order, gaps marked. Without a brand: all our own ones together."""
        return self._hourly(self._past(brand, since=since, until=until), since, until)

    def _past(self, brand: str | None, *, since: datetime, until: datetime) -> _Past:
        """Return the hours of ``[since, until)`` with as many days before as "usual" looks back on."""
        back, until, at = _floor_hour(since) - DAY * USUAL_DAYS, _ceil_hour(until), self.now()
        rows = _Rows(self.store.hourly(brand, since=back, until=until), None if brand else set(self.brands()))
        return _Past(rows, self._seen(brand, since=back, until=until, at=at))

    def _hourly(self, past: _Past, since: datetime, until: datetime) -> tuple[HourPoint, ...]:
        since, until, at = _floor_hour(since), _ceil_hour(until), self.now()
        points, hour = [], since
        while hour < until:
            end = min(hour + HOUR, at) if hour < at else hour + HOUR
            points.append(past.rows.point(hour, past.seen.share(hour, end), past.usual(hour, hour + HOUR)))
            hour += HOUR
        return tuple(points)

    def now_view(self, brand: str | None = None, *, hours: int = 48) -> NowView:
        """Return what a person wants to know first. ``hours`` is how far the chart looks back."""
        at = self.now()
        day, week = at - DAY, timedelta(days=7)
        sources = self.sources(brand)
        heard = [view for view in sources if view.configured and view.health is not Health.PAUSED]
        recent = self.alerts(brand=brand, since=at - 30 * DAY, limit=200)
        waiting = [alert for alert in recent if is_open(alert)]
        start = at - HOUR * (hours - 1)
        past = self._past(brand, since=min(start, day), until=at)
        today, before = self._count(brand, day, at), self._count(brand, day - week, at - week)
        then = self._seen(brand, since=day - week, until=at - week, at=at).share(day - week, at - week)
        return NowView(
            at=at, brand=brand, started=any(view.polled_at for view in sources) or today.mentions > 0,
            open_alerts=tuple(waiting), quiet_since=None if waiting else self._quiet_since(recent, sources, at),
            seen=sum(view.seen for view in heard) / len(heard) if heard else 0.0,
            unseen=tuple(view for view in sources if view.configured and view.health is not Health.OK),
            reach=self._reach(brand, day, at, today),
            usual_reach=past.usual(_ceil_hour(day), _ceil_hour(at)),
            mentions=Compared(today.mentions, before.mentions if then >= OBSERVED else None),
            negative=Compared(today.negative, before.negative if then >= OBSERVED else None),
            scored=today.scored, unsure=today.unsure, waiting=today.mentions - today.scored, hours=self._hourly(past, start, at),
            changes=self._changes(brand, at, recent, sources),
            learning_until=self._learning_until([view.name for view in heard], at))

    def _learning_until(self, sources: Sequence[str], at: datetime) -> datetime | None:
        spans = self.store.coverage(since=at - 2 * LEARNING, until=at, sources=sources)
        first = min((span.start for span in spans if span.state is not CoverageState.LOST), default=None)
        return first + LEARNING if first is not None and first + LEARNING > at else None

    def _changes(self, brand: str | None, at: datetime, recent: Sequence[Alert], sources: Sequence[SourceView]) -> Changes:
        since = evening_before(at, self.zone)
        count = self._count(brand, since, at)
        fresh = self._mentions_of(brand, label=Label.NEGATIVE, since=since, until=at, limit=200)
        return Changes(
            since=since, mentions=count.mentions, negative=count.negative,
            fired=tuple(a for a in recent if a.fired_at >= since),
            resolved=tuple(a for a in recent if a.resolved_at is not None and a.resolved_at >= since),
            failing=tuple(v.name for v in sources if v.failing_since is not None and v.failing_since >= since),
            complaints=tuple(evidence.choose(fresh, 3)) if fresh else ())

    def _quiet_since(self, recent: Sequence[Alert], sources: Sequence[SourceView], at: datetime) -> datetime | None:
        ended = [alert.resolved_at for alert in recent if alert.resolved_at is not None]
        if ended:
            return max(ended)
        spans = self.store.coverage(since=at - 30 * DAY, until=at, sources=[view.name for view in sources])
        return min((span.start for span in spans if span.state is not CoverageState.LOST), default=None)

    def _count(self, brand: str | None, since: datetime, until: datetime) -> _Count:
        """Counts of 5-minute steps, so that "the last 24 hours" ends now and not at the full hour."""
        total = _Count()
        for name in [brand] if brand else self.brands():
            for steps in self.store.points(name, since=since, until=until).values():
                for point in steps.values():
                    total += _Count(point.mentions, point.scored, point.negative, point.unsure)
        return total

    def _reach(self, brand: str | None, since: datetime, until: datetime, count: _Count) -> Reach | None:
        """Complaints' reach by account where they can be read one by one, else the sum over posts; ``method`` says which."""
        if not count.negative:
            return None
        if count.negative <= EXACT_REACH:
            found = self._mentions_of(brand, label=Label.NEGATIVE, since=since, until=until, limit=EXACT_REACH)
            known = [(f"{m.mention.author.kind}:{m.mention.author.id}" if m.mention.author else None, m.reach)
                     for m in found if m.reach is not None]
            return reach_of.total(known) if known else None
        rows = [row for row in self.store.hourly(brand, since=_floor_hour(since), until=until)
                if row.label == Label.NEGATIVE and (brand or row.brand in self.brands())]
        return Reach(sum(r.reach_low for r in rows), sum(r.reach_mid for r in rows), sum(r.reach_high for r in rows), "sum over posts")

    def _mentions_of(self, brand: str | None, *, label: Label, since: datetime, until: datetime, limit: int) -> list[ScoredMention]:
        found: list[ScoredMention] = []
        for name in [brand] if brand else self.brands():
            found += self.store.mentions(brand=name, label=label, since=since, until=until, limit=limit).items
        return list({m.mention.key: m for m in found}.values())

    def _seen(self, brand: str | None, *, since: datetime, until: datetime, at: datetime) -> _Sources:
        configured = [s for s in self.settings.sources if brand is None or not s.brands or brand in s.brands]
        states = {state.name: state for state in self.store.source_states()}
        names = [s.name for s in configured] or list(states)
        spans = _by_source(self.store.coverage(since=since, until=until, sources=names))
        for source in configured:
            spans.setdefault(source.name, []).extend(_pending(source, states.get(source.name), at))
        return _Sources([_Seen(spans.get(name, [])) for name in names])

    def _corrections(self, keys: Iterable[MentionKey]) -> dict[MentionKey, Label]:
        wanted = set(keys)
        return {c.key: Label(c.label) for c in self.store.corrections() if c.key in wanted} if wanted else {}


def _load_scorer(settings: Settings) -> Scorer:
    chosen = settings.score
    scorer: Scorer = SCORERS.load(chosen.kind)(SCORERS.options(chosen.kind)(**chosen.options))
    return scorer


def is_open(alert: Alert) -> bool:
    """Return whether a condition still stands and may need somebody."""
    return alert.state in lifecycle.OPEN


def evening_before(at: datetime, zone: ZoneInfo) -> datetime:
    """Return yesterday 18:00 in the zone, as UTC: since when a morning shift wants to know what changed."""
    local = at.astimezone(zone)
    return datetime.combine(local.date() - DAY, EVENING, tzinfo=zone).astimezone(UTC)


def _urgency(alert: Alert) -> tuple[bool, str, float]:
    """Open before closed; among open ones severity, then age; among closed ones the newest first."""
    if is_open(alert):
        return False, alert.severity.value, alert.fired_at.timestamp()
    return True, "", -alert.fired_at.timestamp()


def _still_open(alert: Alert) -> None:
    if not is_open(alert):
        raise ValueError(f"alert {alert.fingerprint!r}: has ended already; nothing to do")


def _name(who: str) -> str:
    name = " ".join(printable(who).split())[:NAME_LENGTH]
    if not name:
        raise ValueError("who: every action carries a name; say who you are")
    return name


def _reason(why: str) -> str:
    reason = " ".join(printable(why).split())[:REASON_LENGTH]
    if not reason:
        raise ValueError("why: a reason is needed, so that others can follow it")
    return reason


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
        return Health.THROTTLED if _ASKED_TO_WAIT.search(state.error or "") else Health.FAILING
    if state.suspect_since is not None:
        return Health.SUSPECT
    if at - (state.ok_at or state.polled_at) > max(settings.stale_after, 2 * _pace(settings, state)):
        return Health.LATE
    return Health.OVERFLOW if overflow_at is not None and at - overflow_at < OVERFLOW_TOLD else Health.OK


def _pace(settings: SourceSettings, state: SourceState) -> timedelta:
    return max(settings.interval, state.interval or settings.interval)


def _pending(settings: SourceSettings | None, state: SourceState | None, at: datetime) -> list[Coverage]:
    """A source that is well and not due yet is not lost: its span since the last read counts as seen."""
    if settings is None or state is None or state.ok_at is None or state.failing_since is not None or state.paused:
        return []
    if not state.ok_at < at <= state.ok_at + 2 * _pace(settings, state) or state.suspect_since is not None:
        return []
    return [Coverage(settings.name, state.ok_at, at, CoverageState.OK)]


def _by_source(spans: Iterable[Coverage]) -> dict[str, list[Coverage]]:
    found: dict[str, list[Coverage]] = defaultdict(list)
    for span in spans:
        found[span.source].append(span)
    return found


_BEST_FIRST = (CoverageState.OK, CoverageState.PARTIAL, CoverageState.LOST)


def _segments(spans: Sequence[Coverage]) -> list[tuple[datetime, datetime, CoverageState]]:
    """Return what was seen, in order and without overlap; where spans overlap, the best of them counts."""
    turns = sorted(((at, span.state, turn) for span in spans if span.start < span.end for at, turn in ((span.start, 1), (span.end, -1))),
                   key=lambda turn: turn[0])
    found: list[tuple[datetime, datetime, CoverageState]] = []
    under_way = dict.fromkeys(_BEST_FIRST, 0)
    for (here, state, turn), (there, _, _) in pairwise(turns):
        under_way[state] += turn
        best = next((one for one in _BEST_FIRST if under_way[one]), None)
        if best is not None and here < there:
            found.append((here, there, best))
    return found


def _covered(spans: Sequence[Coverage], since: datetime, at: datetime) -> tuple[HourCover, ...]:
    """Return the hours of ``[since, at)``, each by what most of it was; one that was not whole is partial."""
    hours: list[HourCover] = []
    segments, told = _segments(spans), sorted((s for s in spans if s.reason), key=lambda s: s.start)
    first = 0
    for start in (since + HOUR * i for i in range(-(-(at - since) // HOUR))):
        end = min(start + HOUR, at)
        share = dict.fromkeys(_BEST_FIRST, 0.0)
        while first < len(segments) and segments[first][1] <= start:
            first += 1
        for index in range(first, len(segments)):
            begin, finish, state = segments[index]
            if begin >= end:
                break
            share[state] += (min(finish, end) - max(begin, start)) / (end - start)
        unknown = 1 - sum(share.values())
        most = (None if unknown > 1 - OBSERVED else CoverageState.LOST if share[CoverageState.LOST] >= OBSERVED
                else CoverageState.OK if share[CoverageState.OK] >= WHOLE else CoverageState.PARTIAL)
        worse = most in (CoverageState.LOST, CoverageState.PARTIAL)
        hours.append(HourCover(start, most, next((s.reason for s in told if s.start < end and s.end > start), None) if worse else None))
    return tuple(hours)


class _Seen:
    """Observed share of one source over any span. Partly seen counts half; overlapping spans count once, the better one."""

    def __init__(self, spans: Sequence[Coverage]) -> None:
        self._segments = [(start, end, 1.0 if state is CoverageState.OK else 0.5) for start, end, state in _segments(spans)
                          if state is not CoverageState.LOST]
        self._ends = [end for _, end, _ in self._segments]

    def share(self, start: datetime, end: datetime) -> float:
        if start >= end:
            return 0.0
        total = 0.0
        for index in range(bisect_right(self._ends, start), len(self._segments)):
            begin, finish, weight = self._segments[index]
            if begin >= end:
                break
            total += weight * (min(finish, end) - max(begin, start)).total_seconds()
        return min(1.0, total / (end - start).total_seconds())


class _Sources:
    """Observed share over several sources, each counted alike."""

    def __init__(self, sources: Sequence[_Seen]) -> None:
        self._sources = sources

    def share(self, start: datetime, end: datetime) -> float:
        return sum(s.share(start, end) for s in self._sources) / len(self._sources) if self._sources else 0.0


class _Rows:
    """Hourly rows added up over sources and languages."""

    def __init__(self, rows: Iterable[HourRow], brands: set[str] | None) -> None:
        self._labels: dict[datetime, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._unsure: dict[datetime, int] = defaultdict(int)
        self._reach: dict[datetime, tuple[int, int, int]] = {}
        for row in rows:
            if brands is not None and row.brand not in brands:
                continue
            self._labels[row.hour][row.label] += row.mentions
            self._unsure[row.hour] += row.unsure
            if row.label == Label.NEGATIVE:
                low, mid, high = self._reach.get(row.hour, (0, 0, 0))
                self._reach[row.hour] = low + row.reach_low, mid + row.reach_mid, high + row.reach_high

    def mid(self, hour: datetime) -> int:
        return self._reach.get(hour, (0, 0, 0))[1]

    def point(self, hour: datetime, seen: float, usual: float | None) -> HourPoint:
        labels = self._labels.get(hour, {})
        if seen < OBSERVED and not labels:
            return HourPoint(hour, seen, None, None, None, None, None, None, usual)
        return HourPoint(hour, seen, sum(labels.values()), labels.get(Label.NEGATIVE, 0), labels.get(Label.NEUTRAL, 0),
                         labels.get(Label.POSITIVE, 0), self._unsure.get(hour, 0),
                         Reach(*self._reach.get(hour, (0, 0, 0)), "sum over posts"), usual)


@dataclass(frozen=True, slots=True)
class _Past:
    rows: _Rows
    seen: _Sources

    def usual(self, start: datetime, end: datetime) -> float | None:
        """Return the median mid reach of the same hours on the days before that were observed; None: too few of them."""
        hours = round((end - start) / HOUR)
        days = [DAY * back for back in range(1, USUAL_DAYS + 1) if self.seen.share(start - DAY * back, end - DAY * back) >= OBSERVED]
        values = [sum(self.rows.mid(start - day + HOUR * i) for i in range(hours)) for day in days]
        return float(median(values)) if len(values) >= USUAL_AT_LEAST else None


def _floor_hour(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _ceil_hour(instant: datetime) -> datetime:
    floor = _floor_hour(instant)
    return floor if floor == instant else floor + HOUR


def _page_token(key: PageKey) -> str:
    """Return a page key as one word that may stand in a URL."""
    return urlsafe_b64encode(f"{key.published_at.timestamp():.6f} {key.row} {key.brand}".encode()).decode().rstrip("=")


def _page_key(token: str) -> PageKey:
    try:
        instant, row, brand = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(" ", 2)
        return PageKey(datetime.fromtimestamp(float(instant), UTC), int(row), brand)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"page {token[:20]!r}: not a page of this list; start from the first page") from None
