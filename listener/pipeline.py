"""The passes: collect → match → store, score, detect → decide → render, send. One way through the house.

The only room that asks the clock (an argument, so that tests and the demo bring their own) and, besides ``service``,
the only one that catches our errors: per source, per batch of texts, per receiver. Every pass may be killed at any
moment and run again: each commits its work together with the mark that it is done.

Why passes and not a queue: each pass claims what is due by natural key in the database, so that several processes may
run the same pass later without a room changing.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, TypeGuard
from zoneinfo import ZoneInfo

from alerts import lifecycle, reach, series, wording
from listener import polling
from listener.errors import CollectError, ListenerError, NotifyError, ScoreError
from listener.match import Matcher
from listener.storage import Committed, Evaluation, SourceState, Store
from listener.types import (
    STEP,
    Alert,
    Batch,
    Collector,
    Coverage,
    CoverageState,
    Cursor,
    Delivery,
    Engagement,
    Facts,
    Match,
    Mention,
    MentionKey,
    Notifier,
    Reason,
    Refresher,
    Rule,
    Scorer,
    Severity,
)
from listener.words import Language

log = logging.getLogger("goosh.pipeline")

WINDOW = timedelta(hours=4)
"""The widest window of a volume rule: traces reach this far behind the first step to be evaluated."""

PATIENCE = timedelta(minutes=15)
"""How long detection waits for a source that is read less often than every step, before it goes on without it."""

CATCH_UP = timedelta(hours=24)
"""After downtime, older steps than this are history and never evaluated as news."""

SCORING_BATCH = 256
LEASE = timedelta(minutes=5)
LONGEST_BACKOFF = timedelta(minutes=15)
LONGEST_WISH = timedelta(hours=24)
FASTER, SLOWER = 5, 2
"""How far a source may leave its interval where the settings do not say: a fifth of it, twice as long: a storm may begin where it was quiet."""
LEAST_INTERVAL = timedelta(minutes=1)
"""No source is read more often by itself; an interval that is shorter stands in somebody's settings."""
NEEDS_A_PERSON = timedelta(hours=6)
"""After an error that only a person can mend, how often to look whether somebody did."""

REFRESH_BATCH = 50
MOST_REFRESHED = 20
"""Batches of mentions whose counts are asked for in one pass of one source; what is left is asked for in the next."""

TRIES = 3
"""After so many failures in a row the mentions of a refresh are passed over, since one of them may be what fails."""

MOST_PAGES = 200
"""Calls of one collector in one pass, so that a source with endless pages cannot hold a worker for ever."""


@dataclass(frozen=True, slots=True)
class Source:
    """A configured source with its collector.

    ``about``: brands every mention of it belongs to (own channels, stores). ``language``: of mentions that do not say.
    """

    name: str
    kind: str
    collector: Collector
    interval: timedelta
    stale_after: timedelta
    about: tuple[str, ...] = ()
    language: str | None = None
    min_interval: timedelta | None = None
    max_interval: timedelta | None = None
    setup: str | None = None  # a mark that changes with its kind, options and way out; where it does, the source begins anew

    @property
    def pace(self) -> polling.Pace:
        """How often it may be read. By itself never so rarely that it would seem stale between two readings."""
        floor = self.min_interval or max(self.interval / FASTER, LEAST_INTERVAL)
        ceiling = self.max_interval or min(SLOWER * self.interval, self.stale_after / 2)
        return polling.Pace(self.interval, min(floor, self.interval), max(ceiling, self.interval))


class Inbox(Protocol):
    """A collector that is also told: other systems push payloads to it."""

    def accept(self, payload: bytes, now: datetime) -> list[Mention]:
        """Return what a payload holds. Raises: CollectError for one it does not understand."""
        ...


@dataclass(frozen=True, slots=True)
class Receiver:
    name: str
    notifier: Notifier
    language: Language
    min_severity: Severity = Severity.P2

    def wants(self, severity: Severity) -> bool:
        return severity <= self.min_severity  # "P1" < "P2" < "P3"


@dataclass(frozen=True, slots=True)
class Summary:
    """What one round of all passes did."""

    collected: int = 0
    new: int = 0
    scored: int = 0
    alerts: tuple[Alert, ...] = ()
    delivered: int = 0
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class Counters:
    """What this process has done since it started; nothing here is needed to go on after a crash."""

    last_pass_at: datetime | None = None
    last_pass: float | None = None  # the same by a clock that nobody sets
    scored: int = 0
    scored_per_second: float | None = None
    sent: int = 0
    failed: int = 0
    model: str | None = None

    def pass_ended(self, at: datetime) -> None:
        self.last_pass_at, self.last_pass = at, time.monotonic()

    @property
    def idle(self) -> timedelta | None:
        """Time since a pass ended; ``None``: none has yet."""
        return None if self.last_pass is None else timedelta(seconds=time.monotonic() - self.last_pass)


@dataclass(slots=True)
class Pipeline:
    store: Store
    sources: Sequence[Source]
    brands: Sequence[str]  # those that rules watch: our own, not peers
    matcher: Matcher
    scorer: Callable[[], Scorer]  # called on first use: loading a model costs what no other pass needs
    rules: Sequence[Rule]
    receivers: Sequence[Receiver]
    now: Callable[[], datetime]
    timezone: ZoneInfo
    board_url: str | None = None
    table: reach.ReachTable = field(default_factory=reach.ReachTable)
    counters: Counters = field(default_factory=Counters)
    stopping: threading.Event = field(default_factory=threading.Event)  # set: end after the page or batch in hand
    dice: Callable[[], float] = random.random  # in [0, 1): spreads readings, so that sources do not meet
    _failures: dict[str, int] = field(default_factory=dict)
    _refreshing: dict[str, tuple[int, datetime]] = field(default_factory=dict)  # failures in a row, and not before when
    _missed: dict[str, datetime] = field(default_factory=dict)  # until when a stopped source was passed over
    _begun: bool = False
    _beginning: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Make the sources known before the first of them is read: once a process, and never by merely looking at them.

        What was known of one that is set up in another way is forgotten; one that waited for a person gets a try.
        """
        with self._beginning:
            if self._begun:
                return
            changed = self.store.begin_sources([(source.name, source.kind, source.setup) for source in self.sources], now=self.now())
            self._begun = True
        if changed:
            log.info("set up in another way, and read anew: %s", ", ".join(changed))

    def once(self) -> Summary:
        """Make one round of every pass: what ``goosh once`` does for cron."""
        self.begin()
        collected, failures = [], []
        for source in self.sources:
            if self.allowed(source):
                result = self.collect(source)
                collected.append(result)
                failures += [str(result)] if isinstance(result, CollectError) else []
                self.refresh(source)
            elif (state := self.store.source_state(source.name)) and state.failing_since and not state.paused:
                self._pass_over(source, state)
                failures.append(f"{source.name}: {state.error}; not asked again before {state.retry_at}")
        scored = self.analyse()
        alerts = self.detect()
        committed = [result for result in collected if isinstance(result, Committed)]
        return Summary(sum(c.seen for c in committed), sum(c.new for c in committed), scored, tuple(alerts), self.deliver(), tuple(failures))

    # -- collect → match → store

    def allowed(self, source: Source) -> bool:
        """Whether a source may be read now: not paused, and not before the time it asked for.

        A time more than a day ahead was written by a clock that went wrong; it does not count.
        """
        self.begin()
        return self._allowed(self.store.source_state(source.name))

    def due(self, source: Source) -> bool:
        """Whether a source is to be read now: it may be, and what it brought last says that it is time.

        A time beyond its ceiling was set by other settings or a wrong clock, and does not count.
        """
        self.begin()
        return self._due(source, self.store.source_state(source.name))

    def _due(self, source: Source, state: SourceState | None) -> bool:
        now = self.now()
        if state is None or state.next_at is None:
            return self._allowed(state)
        return self._allowed(state) and not now < state.next_at <= now + source.pace.ceiling

    def visit(self, source: Source) -> Committed | CollectError | None:
        """Read a source that is due; ``None``: it is not. While one waits for a person to mend it, its time is lost."""
        self.begin()
        state = self.store.source_state(source.name)
        if self._due(source, state):
            return self.collect(source)
        if state is not None:
            self._pass_over(source, state)
        return None

    def _pass_over(self, source: Source, state: SourceState) -> None:
        now = self.now()
        since = max((at for at in (state.polled_at, self._missed.get(source.name)) if at is not None), default=None)
        self._missed[source.name] = now
        # Where nobody came by for long this program did not run: that time is unknown. What people pause is not lost.
        if state.permanent and not state.paused and since is not None and timedelta(0) < now - since <= _absence(source):
            self.store.record_missed(source.name, start=since, end=now, reason=state.error or "stopped")

    def woken(self) -> list[str]:
        """Return the sources that were read before and are due at once, because somebody resumed them or they begin anew."""
        return [state.name for state in self.store.source_states() if state.polled_at and state.next_at is None and not state.paused]

    def _allowed(self, state: SourceState | None) -> bool:
        now = self.now()
        return state is None or not (state.paused or state.retry_at is not None and now < state.retry_at <= now + LONGEST_WISH)

    def collect(self, source: Source) -> Committed | CollectError:
        """Read one source to its end and store what is about a brand, each page with its cursor.

        A failure becomes lost coverage and is returned, so that no source delays another.
        """
        self.begin()
        state, now = self.store.source_state(source.name), self.now()
        if state is not None and state.next_at is None:  # resumed, or it begins anew
            self._failures.pop(source.name, None)
            self._refreshing.pop(source.name, None)
        start = self._since_last(source, state)
        cursor = self.store.cursor(source.name)
        reading = _Reading(source, state.habit if state else polling.Habit(), start, first=cursor is None)
        total = Committed(0, 0, 0, 0)
        try:
            for _ in range(MOST_PAGES):
                batch = self._read(source, cursor)
                reading.add(batch)
                total += self._commit(reading, batch)
                if batch.complete or self.stopping.is_set():
                    break
                cursor = self.store.cursor(source.name)
        except CollectError as error:
            # While this program did not run nobody tried: that time is unknown, not lost.
            self._record_failure(source, error, now - source.interval if self._slept(source, state, start) else start)
            return error
        self._failures.pop(source.name, None)
        return total

    def _since_last(self, source: Source, state: SourceState | None) -> datetime:
        """Return from when on a reading now can say what was there: the last one, as far as the source waits for us.

        Nobody keeps for an inbox what was pushed while it was shut.
        """
        now = self.now()
        if not (state and state.polled_at and state.polled_at <= now):
            return now - source.interval
        shut = _is_inbox(source.collector) and self._slept(source, state, state.polled_at)
        return now - source.interval if shut else state.polled_at

    def _slept(self, source: Source, state: SourceState | None, since: datetime) -> bool:
        """Whether the source should have been read long ago and was not: this program did not run."""
        now = self.now()
        expected = state.next_at if state and state.next_at and since < state.next_at <= now else since
        return now - expected > _absence(source)

    def _read(self, source: Source, cursor: Cursor | None) -> Batch:
        batch = self._asked(source, lambda: source.collector.collect(cursor))
        return batch if batch.min_interval is None else replace(batch, min_interval=min(batch.min_interval, LONGEST_WISH))

    def _asked(self, source: Source, ask: Callable[[], Batch]) -> Batch:
        try:
            return ask()
        except ListenerError:
            raise
        except Exception as error:  # a bug of ours: it surfaces in the log and on the board, and delays no other source
            log.exception("%s: a mistake of this program while reading it", source.name)
            raise CollectError(source.name, f"a mistake of this program ({type(error).__name__}); the log has the details, "
                                            "please send them to its makers") from error

    def _commit(self, reading: _Reading, batch: Batch) -> Committed:
        source, now = reading.source, self.now()
        matches, kept = self._kept(source, batch)
        habit = None
        if batch.complete:
            judged = polling.judge(batch, reading.habit, source.pace, first=reading.first, shown=reading.shown, news=reading.news,
                                   newest=reading.newest, since=reading.start, at=now, chance=self.dice())
            habit, kept = judged.habit, replace(kept, state=judged.state, reason=judged.reason)
        return self.store.commit_batch(
            source.name, kept, matches=matches, reach={m.key: reach.estimate(m, self.table) for m in kept.mentions},
            start=reading.start, end=now if batch.complete else reading.start, now=now, habit=habit,
            growing=_is_refresher(source.collector))

    def _kept(self, source: Source, batch: Batch) -> tuple[list[Match], Batch]:
        """Return the matches of a batch, and the batch with only those mentions that have one."""
        matches = list(self._matches(batch.mentions, source.name, source.about, source.language))
        matched = {match.key for match in matches}
        return matches, replace(batch, mentions=tuple(m for m in batch.mentions if m.key in matched))

    def receive(self, name: str, payload: bytes) -> Committed:
        """Store at once what another system pushes into the inbox ``name``. The same payload again changes nothing.

        Raises: CollectError for a source that is no inbox, is paused, or does not understand the payload.
        """
        self.begin()
        now = self.now()
        source = next((source for source in self.sources if source.name == name), None)
        if source is None or not _is_inbox(collector := source.collector):
            known = ", ".join(sorted(one.name for one in self.sources if _is_inbox(one.collector))) or "none"
            raise CollectError(name, f"no inbox of this name is configured; known: {known}", permanent=True)
        state = self.store.source_state(name)
        if state is not None and state.paused:
            raise CollectError(name, "paused; let it be read again with 'goosh sources resume'", permanent=True)
        batch = self._asked(source, lambda: Batch(tuple(collector.accept(payload, now))))
        matches, kept = self._kept(source, batch)
        start = self._since_last(source, state)
        return self.store.commit_batch(name, kept, matches=matches, reach={m.key: reach.estimate(m, self.table) for m in kept.mentions},
                                       start=start, end=now, now=now)

    # -- growth

    def refresh(self, source: Source) -> Committed:
        """Ask how recent mentions of a source have grown, where it can be asked. A failure is logged and loses no coverage."""
        total = Committed()
        collector, (failures, not_before) = source.collector, self._refreshing.get(source.name, (0, self.now()))
        if not _is_refresher(collector) or self.now() < not_before or not self.allowed(source):
            return total
        for _ in range(MOST_REFRESHED):
            keys = self.store.due_for_refresh(source.name, now=self.now(), limit=REFRESH_BATCH)
            if not keys or self.stopping.is_set():
                break
            try:
                batch = self._asked(source, partial(collector.refresh, keys))
            except CollectError as error:
                failures += 1
                if failures % TRIES == 0 and not error.permanent and error.retry_after is None:
                    self.store.commit_refresh(source.name, keys, Batch(), matches=[], reach={}, now=self.now())
                self._refreshing[source.name] = failures, self.now() + self._pause(source, error, failures)
                log.warning("%s; its counts are not up to date", error)
                break
            failures = 0
            self._refreshing.pop(source.name, None)
            total += self._grown(source, keys, batch)
        return total

    def _grown(self, source: Source, keys: Sequence[MentionKey], batch: Batch) -> Committed:
        before = {scored.mention.key: scored.mention for scored in self.store.by_keys(keys)}
        whole = replace(batch, mentions=tuple(_merged(before[m.key], m) for m in batch.mentions if m.key in before))
        matches, _ = self._kept(source, whole)
        return self.store.commit_refresh(source.name, keys, whole, matches=matches, now=self.now(),
                                         reach={m.key: reach.estimate(m, self.table) for m in whole.mentions})

    def _matches(self, mentions: Iterable[Mention], source: str, about: Sequence[str],
                 language: str | None = None) -> Iterable[Match]:
        for mention in mentions:
            matches = self.matcher.match(mention, source=source, language=mention.language or language)
            found = {match.brand: match for match in matches}
            yield from found.values()
            yield from (Match(mention.key, brand, ()) for brand in about if brand not in found)

    def _record_failure(self, source: Source, error: CollectError, start: datetime) -> None:
        now = self.now()
        failures = self._failures[source.name] = self._failures.get(source.name, 0) + 1
        wait = min(self._pause(source, error, failures), LONGEST_WISH)
        retry_at = now + wait
        note = None if error.permanent else polling.throttled(error.what, wait, source.pace, at=now)
        self.store.record_failure(source.name, start=start, end=now, now=now, reason=error.what, note=note,
                                  permanent=error.permanent, retry_at=retry_at)
        log.warning("%s; next reading at %s", error, retry_at.astimezone(self.timezone).isoformat(timespec="minutes"))

    def _pause(self, source: Source, error: CollectError, failures: int) -> timedelta:
        """Return how long to leave a source alone; a time it named itself always wins."""
        if error.retry_after is not None:
            return max(error.retry_after, source.pace.floor)
        return NEEDS_A_PERSON if error.permanent else polling.backoff(failures, source.pace, longest=LONGEST_BACKOFF,
                                                                      chance=self.dice())

    def store_import(self, name: str, kind: str, brand: str | None, mentions: Sequence[Mention]) -> Committed:
        """Store one batch of an imported file. Its coverage is what it spans: history, never news.

        With a brand every mention is about it; without, the queries decide.
        """
        self.store.register_sources([(name, kind)])
        matches = list(self._matches(mentions, name, (brand,) if brand else ()))
        matched = {match.key for match in matches}
        kept = tuple(m for m in mentions if m.key in matched)
        instants = [m.published_at for m in mentions] or [self.now()]
        return self.store.commit_batch(name, Batch(mentions=kept), matches=matches,
                                       reach={m.key: reach.estimate(m, self.table) for m in kept},
                                       start=min(instants), end=max(instants) + STEP, now=self.now(), history=True)

    # -- score

    def analyse(self, *, at_most: int | None = None) -> int:
        """Score what is unscored, in batches that commit whole. Returns how many mentions were scored."""
        done = 0
        while (at_most is None or done < at_most) and not self.stopping.is_set():
            claimed = self.store.claim_unscored(SCORING_BATCH, now=self.now(), lease=LEASE)
            if not claimed:
                break
            began = self.now()
            try:
                scorer = self.scorer()
                analyses = scorer.analyse([text for _, text in claimed])
            except ScoreError as error:
                log.error("%s; %d mentions stay unscored and are taken up again in %s", error, len(claimed), LEASE)
                break
            saved = self.store.save_analyses([(key, a) for (key, _), a in zip(claimed, analyses, strict=True)], now=self.now())
            done += saved
            self.counters.scored += saved
            self.counters.model = scorer.name
            if seconds := (self.now() - began).total_seconds():
                self.counters.scored_per_second = saved / seconds
        self.counters.pass_ended(self.now())
        return done

    # -- aggregate → detect → decide → render

    def detect(self) -> list[Alert]:
        """Evaluate every rule over the steps that closed since it last looked. Returns the alerts that were touched."""
        found: list[Evaluation] = []
        states = {state.name: state for state in self.store.source_states()}
        until = self._watermark(states)
        for rule in self.rules:
            if rule.about == "source":
                found += [self._evaluate(rule, facts) for source in self.sources
                          if (facts := self._source_facts(source, states.get(source.name), rule))]
            elif until is not None:
                found += [self._evaluate(rule, facts) for brand in self.brands
                          if (facts := self._brand_facts(brand, until, states, rule))]
        if found:
            self.store.save_evaluations(found)
        self.counters.pass_ended(self.now())
        return [alert for evaluation in found for alert in evaluation.alerts]

    def _watermark(self, states: dict[str, SourceState]) -> datetime | None:
        """Return the end of the last step that is closed: every healthy source was read past it and what it said is scored,
        or patience ran out.
        """
        now = self.now()
        heard = [state.ok_at for source in self.sources
                 if (state := states.get(source.name)) and state.ok_at and not state.failing_since and not state.paused]
        if not heard:
            return None
        unscored = self.store.oldest_unscored(since=now - PATIENCE)
        return floor(max(min([*heard, unscored or now]), now - PATIENCE))

    def _brand_facts(self, brand: str, until: datetime, states: dict[str, SourceState], rule: Rule) -> Facts | None:
        since = self._since(rule, brand, until)
        if since >= until:
            return None
        start = until - rule.history
        names = [source.name for source in self.sources]
        coverage = [*self.store.coverage(since=start, until=until, sources=names), *self._pending(until, states)]
        counts = self.store.points(brand, since=start, until=until)
        return Facts(brand, until, since, series.build(counts, coverage, names, start=start, end=until),
                     tuple(self.store.traces(brand, since=since - WINDOW, until=until)), tuple(coverage))

    def _since(self, rule: Rule, subject: str, until: datetime) -> datetime:
        """Return the end of the last step that was evaluated, or the last step but one where nothing was yet."""
        _, evaluated = self.store.rule_state(rule.kind, subject)
        if evaluated is not None and evaluated > self.now() + STEP:
            log.warning("%s %s: last evaluated at %s, which lies ahead; the clock was wrong, beginning anew", rule.kind, subject, evaluated)
            self.store.reset_rule(rule.kind, subject)
            evaluated = None
        return max(evaluated or until - STEP, until - CATCH_UP)

    def _pending(self, until: datetime, states: dict[str, SourceState]) -> Iterable[Coverage]:
        """A healthy source that is merely not due yet is not lost: its span counts as seen until the next read."""
        for source in self.sources:
            state = states.get(source.name)
            if not (state and state.ok_at) or state.failing_since or state.suspect_since:
                continue
            expected = state.ok_at + 2 * max(source.interval, (state.next_at or state.ok_at) - state.ok_at)
            if state.ok_at < until <= expected:
                yield Coverage(source.name, state.ok_at, until, CoverageState.OK, "not due yet")

    def _source_facts(self, source: Source, state: SourceState | None, rule: Rule) -> Facts | None:
        until = floor(self.now())
        since = self._since(rule, source.name, until)
        if since >= until or state is None or state.paused:
            return None
        start = since - max(rule.history, source.stale_after + STEP)
        spans = self.store.coverage(since=start, until=until, sources=[source.name])
        empty = series.build({}, spans, [source.name], start=floor(start), end=until)
        return Facts(source.name, until, since, empty, coverage=tuple(spans), stale_after=source.stale_after)

    def _evaluate(self, rule: Rule, facts: Facts) -> Evaluation:
        state, _ = self.store.rule_state(rule.kind, facts.subject)
        after, findings = rule.evaluate(facts, state)
        recent = {alert.fingerprint: alert
                  for alert in (*self.store.alerts(subject=facts.subject, open_only=True),
                                *self.store.alerts(subject=facts.subject, since=facts.until - lifecycle.GROUP))
                  if alert.rule == rule.kind}
        decided = lifecycle.advance(list(recent.values()), findings, self.store.silences(facts.until), at=facts.until)
        for alert, reason in decided:
            log.info("alert %s %s %s: %s", alert.fingerprint, alert.rule, alert.subject, reason)
        return Evaluation(
            rule.kind, facts.subject, after, facts.until, seen=tuple(recent.values()),
            alerts=tuple({alert.fingerprint: alert for alert, _ in decided}.values()),
            deliveries=tuple(delivery for alert, reason in decided if reason.sends for delivery in self._deliveries(alert, reason)))

    def _deliveries(self, alert: Alert, reason: Reason) -> list[Delivery]:
        candidates = self.store.by_keys(alert.evidence, alert.subject)
        late = [state for state in self.store.source_states() if (state.failing_since or state.suspect_since) and not state.paused]
        url = f"{self.board_url}/alerts?alert={alert.fingerprint}" if self.board_url else None
        made = []
        for receiver in self.receivers:
            if receiver.wants(alert.severity):
                message = wording.compose(alert, reason, candidates, language=receiver.language, timezone=self.timezone, url=url,
                                          sources=[state.name for state in late])
                made.append(Delivery(message.key, receiver.name, message, due_at=self.now()))
        return made

    # -- send

    def deliver(self) -> int:
        """Hand over every message that is due. At least once: a crash after sending repeats it under the same key."""
        notifiers = {receiver.name: receiver.notifier for receiver in self.receivers}
        sent, failing = 0, set[str]()
        for delivery in self.store.claim_deliveries(50, now=self.now(), lease=LEASE):
            if delivery.receiver in failing:
                continue  # free again when its lease ends; one receiver that hangs does not make the others wait for each message
            notifier = notifiers.get(delivery.receiver)
            try:
                if notifier is None:
                    raise NotifyError(delivery.receiver, "no such receiver in the configuration; add it or discard the delivery",
                                      permanent=True)
                notifier.send(delivery.message)
            except NotifyError as error:
                failing.add(delivery.receiver)
                self._failed(delivery, error)
            else:
                self.store.delivery_sent(delivery.key, delivery.receiver, at=self.now())
                sent += 1
        self.counters.sent += sent
        self.counters.pass_ended(self.now())
        return sent

    def _failed(self, delivery: Delivery, error: NotifyError) -> None:
        now = self.now()
        self.counters.failed += 1
        retry_at = lifecycle.retry_at(delivery.attempts, error, key=delivery.key, at=now)
        self.store.delivery_failed(delivery.key, delivery.receiver, error=str(error), retry_at=retry_at, at=now)
        if error.permanent:
            self.store.disable_receiver(delivery.receiver, str(error), now)
            log.error("%s (permanent); receiver disabled, mend it and run 'goosh alerts test %s'", error, delivery.receiver)
        else:
            log.warning("%s; trying again at %s", error, retry_at)


@dataclass(slots=True)
class _Reading:
    """One pass over one source, which may take several batches."""

    source: Source
    habit: polling.Habit
    start: datetime
    first: bool
    shown: int | None = None
    news: int = 0
    newest: datetime | None = None

    def add(self, batch: Batch) -> None:
        news, newest = polling.arrived(batch.mentions, self.habit)
        self.news += news
        self.newest = max((one for one in (self.newest, newest) if one is not None), default=None)
        if batch.shown is not None:
            self.shown = (self.shown or 0) + batch.shown


def _absence(source: Source) -> timedelta:
    """Return how long nobody may come by a source before this program is taken not to have run."""
    return 2 * max(source.interval, LONGEST_BACKOFF)


def _is_refresher(collector: object) -> TypeGuard[Refresher]:
    return callable(getattr(collector, "refresh", None))


def _is_inbox(collector: object) -> TypeGuard[Inbox]:
    return callable(getattr(collector, "accept", None))


def _merged(before: Mention, after: Mention) -> Mention:
    """Return a mention as it is now; what the second look does not say stays as it was known."""
    counts, author = after.engagement, after.author
    if counts is not None and (known := before.engagement) is not None:
        counts = Engagement(counts.at, **{name: getattr(known, name) if (value := getattr(counts, name)) is None else value
                                          for name in ("likes", "shares", "comments", "views")})
    if author is None or (before.author is not None and author.followers is None):
        author = before.author if author is None or before.author is None else replace(author, followers=before.author.followers)
    # It may have been asked for counts alone; a text or a title that is there no more is a field renamed, rarely an edit.
    return replace(after, text=after.text or before.text, title=after.title or before.title,
                   engagement=counts or before.engagement, author=author, published_at=before.published_at,
                   precision=before.precision)


def floor(instant: datetime) -> datetime:
    """Return the last step boundary at or before ``instant``."""
    seconds = int(instant.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(STEP.total_seconds()), UTC)
