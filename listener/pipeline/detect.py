"""Aggregate → detect → decide → render."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from alerts import lifecycle, series, wording
from listener.pipeline.house import House, log
from listener.pipeline.nouns import Source, floor
from listener.storage import Evaluation, SourceState
from listener.types import STEP, Alert, Coverage, CoverageState, Delivery, Facts, Reason, Rule

WINDOW = timedelta(hours=4)
"""The widest window of a volume rule: traces reach this far behind the first step to be evaluated."""

PATIENCE = timedelta(minutes=15)
"""How long detection waits for a source that is read less often than every step, before it goes on without it."""

CATCH_UP = timedelta(hours=24)
"""After downtime, older steps than this are history and never evaluated as news."""


class Detecting(House):
    """The pass over the rules."""

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
