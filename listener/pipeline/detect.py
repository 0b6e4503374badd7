"""Aggregate → detect → decide → render: what closed or was scored since the last look goes through every rule.

Rules on steps look when a step closes: every healthy source was read past it and what it said is scored, or patience ran
out; rules about a source go as far as that one was read. Rules on mentions (tripwires) look as soon as a mention is scored.
What all of them see is decided by one engine and stored whole, with the messages it sends and the marks of what was looked at;
a look that was killed is made again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import engine, lifecycle, series
from alerts.engine import Policy
from listener.pipeline.house import log
from listener.pipeline.nouns import Source, floor
from listener.pipeline.render import Rendering, ends_calls
from listener.storage import Evaluation, SourceState
from listener.types import STEP, Alert, Coverage, CoverageState, Facts, Finding, Look, Point, Rule, ScoredMention, Series, State

WINDOW = timedelta(hours=4)
"""The widest window of a volume rule: traces reach this far behind the first step to be evaluated."""

PATIENCE = timedelta(minutes=15)
"""How long detection waits for a source that is read less often than every step, before it goes on without it."""

CATCH_UP = timedelta(hours=24)
"""After downtime, older steps than this are history and never evaluated as news."""

NOT_DUE = "not due yet"
"""Why a span counts as seen that nobody has read yet."""

AUDIENCES = timedelta(days=90)
SWEEP = timedelta(seconds=15)
"""How often alerts are looked at that nothing new was found about: some end by themselves, some wait for a silence to end."""

MOST_FRESH = 500
MOST_ALERTS = 10_000

Looked = tuple[str, Rule, Facts, State]


class Detecting(Rendering):
    """The pass over the rules."""

    def detect(self) -> list[Alert]:
        """Evaluate every rule over what is new since it last looked. Returns the alerts that were touched.

        While the clock cannot be believed nothing is looked at: no alert starts or ends because somebody set it.
        """
        with self._detecting:
            if self.clock.holds:
                return []
            now, policy = self.now(), self.policy()
            rules = {name: rule for name, rule in self.rules.items() if name not in policy.off}
            states = {state.name: state for state in self.store.source_states()}
            until = self._watermark(states)
            fresh = self.store.fresh(MOST_FRESH)
            looked = [*self._on_sources(rules, states, now), *self._on_brands(rules, until, states), *self._on_mentions(rules, fresh)]
            swept = self._swept_at
            if looked or fresh or swept is None or not swept <= now < swept + SWEEP:
                touched = self._decide(looked, fresh, policy, now)
            else:
                touched = []
        self.counters.look_ended(self.now())
        return touched

    # -- what each rule looks at

    def _on_sources(self, rules: Mapping[str, Rule], states: Mapping[str, SourceState], now: datetime) -> Iterable[Looked]:
        """Once a step: a source that answers is looked at as far as it was read, one that fails up to now, its silence goes on."""
        if self._heard_at == floor(now):
            return
        for source in self.sources:
            known = states.get(source.name)
            at = known and not known.paused and (now if known.failing_since else known.ok_at)
            if not at:
                continue
            until = floor(min(at, now))
            for name, rule in rules.items():
                if rule.about == "source":
                    state, since = self._since(name, source.name, until)
                    if since < until:
                        yield name, rule, self._source_facts(source, rule, since, until), state

    def _on_brands(self, rules: Mapping[str, Rule], until: datetime | None, states: Mapping[str, SourceState]) -> Iterable[Looked]:
        rules = {name: rule for name, rule in rules.items() if rule.about == "brand" and rule.on == "step"}
        if until is None:
            return
        for brand in self.brands:
            due = {name: seen for name in rules if (seen := self._since(name, brand, until))[1] < until}
            if not due:
                continue
            earliest = min(since for _, since in due.values())
            history = max(rules[name].history for name in due) + (until - earliest)
            facts = self._brand_facts(brand, earliest, until, history, states)
            for name, (state, since) in due.items():
                rule = rules[name]
                own = replace(facts, since=since, series=_last(facts.series, rule.history + (until - since)),
                              traces=tuple(t for t in facts.traces if t.published_at >= since - WINDOW))
                yield name, rule, own, state

    def _on_mentions(self, rules: Mapping[str, Rule], fresh: Sequence[tuple[str, ScoredMention]]) -> Iterable[Looked]:
        rules = {name: rule for name, rule in rules.items() if rule.about == "brand" and rule.on == "mention"}
        if not rules:
            return
        grouped: dict[tuple[datetime, str], list[ScoredMention]] = defaultdict(list)
        for brand, one in fresh:
            if brand in self.brands and one.known_at is not None:
                grouped[one.known_at.replace(hour=0, minute=0, second=0, microsecond=0), brand].append(one)
        for (day, brand), mentions in sorted(grouped.items(), key=lambda group: group[0]):
            facts = self._mention_facts(brand, day, mentions)
            for name, rule in rules.items():
                yield name, rule, facts, self.store.rule_state(name, brand)[0]

    def _since(self, name: str, subject: str, until: datetime) -> tuple[State, datetime]:
        """Return a rule's memory and the end of the last step it evaluated, or the last step but one where nothing was yet."""
        if self._evaluated.get((name, subject)) == until:
            return {}, until
        state, evaluated = self.store.rule_state(name, subject)
        if evaluated is not None and evaluated > self.now() + STEP:
            log.warning("%s %s: last evaluated at %s, which lies ahead; the clock was wrong, beginning anew", name, subject, evaluated)
            self.store.reset_rule(name, subject)
            state, evaluated = {}, None
        return state, max(evaluated or until - STEP, until - CATCH_UP)

    def _watermark(self, states: Mapping[str, SourceState]) -> datetime | None:
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

    # -- facts

    def _brand_facts(self, brand: str, since: datetime, until: datetime, history: timedelta,
                     states: Mapping[str, SourceState]) -> Facts:
        start = until - history - series.USUAL
        names = [source.name for source in self.sources]
        coverage = [*self.store.coverage(since=start, until=until, sources=names), *self._pending(until, states)]
        counts = self.store.points(brand, since=start, until=until)
        return Facts(brand, until, since, series.recent(counts, coverage, names, until=until, history=history),
                     tuple(self.store.traces(brand, since=since - WINDOW, until=until)), tuple(coverage),
                     deadlines=tuple(self.store.deadlines(brand, since=since, until=until)))

    def _pending(self, until: datetime, states: Mapping[str, SourceState]) -> Iterable[Coverage]:
        """A healthy source that is merely not due yet is not lost: its span counts as seen until the next read."""
        for source in self.sources:
            state = states.get(source.name)
            if not (state and state.ok_at) or state.failing_since or state.suspect_since:
                continue
            expected = state.ok_at + 2 * max(source.interval, (state.next_at or state.ok_at) - state.ok_at)
            if state.ok_at < until <= expected:
                yield Coverage(source.name, state.ok_at, until, CoverageState.OK, NOT_DUE)

    def _source_facts(self, source: Source, rule: Rule, since: datetime, until: datetime) -> Facts:
        start = since - max(rule.history, source.stale_after + STEP)
        spans = self.store.coverage(since=start, until=until, sources=[source.name])
        counts: Mapping[datetime, Point] = self.store.source_points(source.name, since=start, until=until)
        total = series.build({source.name: counts}, spans, [source.name], start=floor(start), end=until)
        return Facts(source.name, until, since, total, coverage=tuple(spans), stale_after=source.stale_after)

    def _mention_facts(self, brand: str, day: datetime, mentions: Sequence[ScoredMention]) -> Facts:
        first, last = mentions[0].known_at or day, mentions[-1].known_at or day
        authors = sorted({f"{m.mention.author.kind}:{m.mention.author.id}" for m in mentions if m.mention.author})
        ids = sorted({m.story for m in mentions if m.story})
        stories = self.store.stories(brand, ids, before=(first, mentions[0].mention.key)) if ids else {}
        return Facts(brand, last, first - timedelta(microseconds=1), Series(floor(first), ()), fresh=tuple(mentions), stories=stories,
                     audiences=self._audiences_of(brand, day),
                     complained=self.store.complained(brand, authors, before=first, known=True))

    def _audiences_of(self, brand: str, day: datetime) -> tuple[int, ...]:
        """Return the audiences as they were at the start of the day: asked for once an hour, since only an import changes them."""
        kept, hour = self._audiences.get(brand), self.now().replace(minute=0, second=0, microsecond=0)
        if kept is None or kept[:2] != (day, hour):
            kept = self._audiences[brand] = day, hour, tuple(self.store.audiences(brand, since=day - AUDIENCES, until=day, seen=True))
        return kept[2]

    # -- decide, store

    def _decide(self, looked: Sequence[Looked], fresh: Sequence[tuple[str, ScoredMention]], policy: Policy,
                now: datetime) -> list[Alert]:
        findings: list[Finding] = []
        memory: dict[tuple[str, str], tuple[State, datetime]] = {}
        for name, rule, facts, state in looked:
            before = memory.get((name, facts.subject))
            after, found = engine.evaluate(name, rule, facts, before[0] if before else state)
            memory[name, facts.subject] = after, facts.until
            findings += found
        alerts = {alert.fingerprint: alert for alert in (*self.store.alerts(open_only=True, limit=MOST_ALERTS),
                                                         *self.store.alerts(changed_since=now - 2 * lifecycle.GROUP, limit=MOST_ALERTS))}
        decided = [(self._named(alert, reason), reason)
                   for alert, reason in engine.decide(findings, list(alerts.values()), self.store.silences(now), policy, at=now)]
        for alert, reason in decided:
            log.info("alert %s %s %s: %s", alert.fingerprint, alert.rule, alert.subject, reason)
        touched = {alert.fingerprint: alert for alert, _ in decided}
        stored = self.store.save_pass(
            [Evaluation(name, subject, state, end) for (name, subject), (state, end) in memory.items()],
            alerts=list(touched.values()), seen=[alerts[name] for name in touched if name in alerts],
            deliveries=self._deliveries(decided, policy, now), fresh_done=[(one.mention.key, brand) for brand, one in fresh],
            at=now, stop=sorted({alert.fingerprint for alert, reason in decided if ends_calls(alert, reason)}),
            look=self._look(looked, now, bool(touched)))
        if not stored:  # somebody acted meanwhile: the next look decides anew
            self._evaluated.clear()
            self._heard_at = None
            return []
        self._evaluated.update({key: end for key, (_, end) in memory.items()})
        self._swept_at, self._heard_at = now, floor(now)
        return list(touched.values())

    def _look(self, looked: Sequence[Looked], now: datetime, touched: bool) -> Look | None:
        """Return what this look went by, where a step closed or an alert changed."""
        steps = max((facts.until for _, rule, facts, _ in looked if rule.on == "step" and rule.about == "brand"), default=None)
        heard = {facts.subject: facts.until for _, rule, facts, _ in looked if rule.about == "source"}
        if steps is None and not heard and not touched:
            return None
        asked, read, pending = dict[str, datetime](), dict[str, datetime](), set[str]()
        for _, _, facts, _ in looked:
            for span in facts.coverage:
                asked[span.source] = max(facts.until, asked.get(span.source, facts.until))
                if span.reason == NOT_DUE:
                    pending.add(span.source)
                elif span.state is not CoverageState.LOST:
                    read[span.source] = max(span.end, read.get(span.source, span.end))
        return Look(now, steps, heard, {name: (end, name in pending) for name, end in read.items() if end < asked[name]})


def _last(whole: Series, history: timedelta) -> Series:
    """Return the end of a series that is ``history`` long."""
    surplus = max(0, len(whole.points) - history // whole.step)
    return Series(whole.at(surplus), whole.points[surplus:], whole.step)
