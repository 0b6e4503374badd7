"""The passes: collect → match → store, score, detect → decide → render, send. One way through the house.

The only room that asks the clock (an argument, so that tests and the demo bring their own) and, besides ``service``,
the only one that catches our errors: per source, per batch of texts, per receiver. Every pass may be killed at any
moment and run again: each commits its work together with the mark that it is done.

Why passes and not a queue: each pass claims what is due by natural key in the database, so that several processes may
run the same pass later without a room changing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts import lifecycle, reach, series, wording
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
    Delivery,
    Facts,
    Match,
    Mention,
    Notifier,
    Reason,
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
NEEDS_A_PERSON = timedelta(hours=6)
"""After an error that only a person can mend, how often to look whether somebody did."""

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
    _failures: dict[str, int] = field(default_factory=dict)

    def once(self) -> Summary:
        """Make one round of every pass: what ``goosh once`` does for cron."""
        collected, failures = [], []
        for source in self.sources:
            if self.due(source):
                result = self.collect(source)
                collected.append(result)
                failures += [str(result)] if isinstance(result, CollectError) else []
            elif (state := self._state(source.name)) and state.failing_since and not state.paused:
                failures.append(f"{source.name}: {state.error}; not asked again before {state.retry_at}")
        scored = self.analyse()
        alerts = self.detect()
        committed = [result for result in collected if isinstance(result, Committed)]
        return Summary(sum(c.seen for c in committed), sum(c.new for c in committed), scored, tuple(alerts), self.deliver(), tuple(failures))

    # -- collect → match → store

    def due(self, source: Source) -> bool:
        """Whether a source may be read now: not paused, and not before the time it asked for.

        A time more than a day ahead was written by a clock that went wrong; it does not count.
        """
        state, now = self._state(source.name), self.now()
        return state is None or not (state.paused or state.retry_at is not None and now < state.retry_at <= now + LONGEST_WISH)

    def collect(self, source: Source) -> Committed | CollectError:
        """Read one source to its end and store what is about a brand, each page with its cursor.

        A failure becomes lost coverage and is returned, so that no source delays another.
        """
        state, now = self._state(source.name), self.now()
        start = state.polled_at if state and state.polled_at and state.polled_at <= now else now - source.interval
        total = Committed(0, 0, 0, 0)
        try:
            for _ in range(MOST_PAGES):
                batch = self._read(source)
                total += self._commit(source, batch, start)
                if batch.complete or self.stopping.is_set():
                    break
        except CollectError as error:
            # While this program did not run nobody tried: that time is unknown, not lost.
            asleep = now - start > 2 * max(source.interval, LONGEST_BACKOFF)
            self._record_failure(source, error, now - source.interval if asleep else start)
            return error
        self._failures.pop(source.name, None)
        return total

    def _read(self, source: Source) -> Batch:
        cursor = self.store.cursor(source.name)
        try:
            return source.collector.collect(cursor)
        except ListenerError:
            raise
        except Exception as error:  # a bug of ours: it surfaces in the log and on the board, and delays no other source
            log.exception("%s: a mistake of this program while reading it", source.name)
            raise CollectError(source.name, f"a mistake of this program ({type(error).__name__}); the log has the details, "
                                            "please send them to its makers") from error

    def _commit(self, source: Source, batch: Batch, start: datetime) -> Committed:
        matches = list(self._matches(batch.mentions, source.name, source.about, source.language))
        matched = {match.key for match in matches}
        kept = replace(batch, mentions=tuple(m for m in batch.mentions if m.key in matched))
        now = self.now()
        return self.store.commit_batch(
            source.name, kept, matches=matches, reach={m.key: reach.estimate(m, self.table) for m in kept.mentions},
            start=start, end=now if batch.complete else start, now=now)

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
        backoff = NEEDS_A_PERSON if error.permanent else min(source.interval * 2 ** min(failures, 10),
                                                             max(LONGEST_BACKOFF, source.interval))
        retry_at = now + (error.retry_after if error.retry_after is not None else backoff)
        self.store.record_failure(source.name, start=start, end=now, now=now, reason=error.what,
                                  permanent=error.permanent, retry_at=retry_at)
        log.warning("%s; next reading at %s", error, retry_at.astimezone(self.timezone).isoformat(timespec="minutes"))

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
            if state and state.ok_at and not state.failing_since and state.ok_at < until <= state.ok_at + 2 * source.interval:
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
        late = [state for state in self.store.source_states() if state.failing_since and not state.paused]
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

    def _state(self, name: str) -> SourceState | None:
        return next((state for state in self.store.source_states() if state.name == name), None)


def floor(instant: datetime) -> datetime:
    """Return the last step boundary at or before ``instant``."""
    seconds = int(instant.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(STEP.total_seconds()), UTC)
