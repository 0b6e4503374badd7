"""A topic grows fast against its own past: many people complain of one thing that few complained of before.

**When.** Counted are voices: sure negative posts of the last four hours, an author and a copied text once each. It fires where
at least five independent authors speak of a topic, three times as many as is usual for it in four hours, and where so many would
be too rare by chance: a Gamma–Poisson count (negative binomial; Gelman et al., "Bayesian Data Analysis", §2.6) whose past counts
for at most four days, since a topic's own rate drifts. Usual is the mean of the past two weeks or that of the same hours of the
day, whichever is more.

**What it cannot.** A topic says nothing of its past until the rule has known it for three days: what is wholly new is for
``spike``, and is listed as new. Groupings move a few posts between topics; an hour counts as it stood when it was an hour old.
On rough days it is wrong about once in fifty weeks of a lively topic (tests/benchmarks/RESULTS.md,
"Topics"); the price is that of a topic with six complaints a day eight more within two hours pass unnoticed.

**How bad.** By its authors, as everywhere; P3 where fewer than eight speak. **It clears** after three steps under half of what
it fired with.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil, exp, floor, lgamma, log
from typing import Any

from pydantic import BaseModel, Field

from alerts import severity
from listener.types import STEP, Facts, Finding, Label, Severity, State, Trace

VERSION = "rising_topic@2"
WINDOW = timedelta(hours=4)
HOUR = timedelta(hours=1)
SETTLED = HOUR  # so old an hour is counted for good: what was published in it is scored and has its topic
PAST = 14 * 24  # hours
YOUNG = 72  # hours before a topic has a past: one day says little of how days differ
STRENGTH = 96  # hours that the past counts for at most
DAYS_DIFFER = 5.0  # shape of how much the rate of one day differs from that of others: by a deviation of 0.45, as rough weeks do
CLEAR_AFTER = 3  # steps
KEYS = 100  # of the evidence


class Options(BaseModel, frozen=True, extra="forbid"):
    """How much growth is one. Replay before changing them."""

    min_authors: int = Field(default=5, ge=5)
    ratio: float = Field(default=3.0, ge=2.0)
    chance: float = Field(default=1e-4, gt=0, lt=1e-2)
    group: timedelta = timedelta(hours=24)


class RisingTopicRule:
    kind = "rising_topic"
    about = "brand"
    on = "step"
    history = timedelta(days=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``, oldest first."""
        memory = _Memory(state)
        angry = [trace for trace in sorted(facts.traces, key=lambda trace: (trace.published_at, trace.key))
                 if trace.topic is not None and trace.label is Label.NEGATIVE and not trace.unsure]
        published = [trace.published_at for trace in angry]
        findings: list[Finding] = []
        for number in range(1, max(0, (facts.until - facts.since) // STEP) + 1):
            at = facts.since + number * STEP
            if at.minute < STEP // timedelta(minutes=1):  # the first step of an hour: one more is settled
                end = at.replace(minute=0, second=0, microsecond=0) - SETTLED
                memory.settle(end, angry[bisect_left(published, end - HOUR):bisect_left(published, end)])
            window = angry[bisect_left(published, at - WINDOW):bisect_left(published, at)]
            findings += self._look(facts, memory, at, window)
        return memory.written(), findings

    def _look(self, facts: Facts, memory: _Memory, at: datetime, window: Sequence[Trace]) -> Iterable[Finding]:
        by_topic: dict[str, list[Trace]] = defaultdict(list)
        for trace in window:
            by_topic[trace.topic or ""].append(trace)
        for topic in sorted({*by_topic, *memory.firing}):
            own = by_topic.get(topic, [])
            said = _voices(own)
            if topic in memory.firing:
                if finding := memory.calmer(topic, said, at, facts.subject):
                    yield finding
                    continue
            fired_at, reported = memory.fired.get(topic, (None, 0))
            lately = fired_at is not None and at - fired_at < self.options.group
            if said < self.options.min_authors or lately and said < 2 * reported:
                continue
            usual, hours = memory.usual(topic, at)
            if hours < YOUNG or said < self.options.ratio * usual:
                continue
            rare = chance(said, usual, hours)
            if rare >= self.options.chance:
                continue
            memory.fire(topic, said, at, new=not lately)
            yield self._finding(facts.subject, topic, at, own, said, usual, rare, new=not lately)

    def _finding(self, subject: str, topic: str, at: datetime, own: Sequence[Trace], said: int, usual: float, rare: float, *,
                 new: bool) -> Finding:
        named = {trace.author for trace in own if trace.author is not None}
        hidden = sum(trace.author is None for trace in own)
        largest = max((one for one in own if one.author is not None), key=lambda one: (one.reach, one.key), default=None)
        figures: dict[str, Any] = {
            "version": VERSION, "new": new, "topic": topic, "window": int(WINDOW.total_seconds()), "seen": said,
            "needed": max(self.options.min_authors, ceil(self.options.ratio * usual)), "usual": round(usual, 2),
            "chance": float(f"{rare:.2g}"), "authors": len(named) + hidden, "hidden": hidden,
            "copies": len(own) - len({trace.story or trace.key for trace in own}),
            "largest": largest.author if largest else None, "largest_reach": largest.reach if largest else None,
            "sources": sorted({trace.source for trace in own}), "mentions": len(own), "scored": len(own), "unsure": 0,
            "negative": len(own), "harm": 0,
        }
        parts = severity.parts_of(self.kind, figures)
        figures["severity"] = {"harm": parts.harm, "spread": parts.spread, "trust": parts.trust}
        grade = severity.grade(parts.harm, parts.spread, parts.trust) if said >= 8 else Severity.P3
        keys = [trace.key for trace in own]
        return Finding(self.kind, subject, at, at - WINDOW, said, round(usual, 1), grade, True,
                       tuple(dict.fromkeys([*keys[:KEYS // 2], *keys[-(KEYS // 2):]])), figures)


def chance(seen: int, usual: float, hours: float) -> float:
    """Return how likely as many or more are in one window, where the past of so many hours had ``usual`` a window.

    Negative binomial: the rate is Gamma distributed, with the past's count as its shape, half of one added; days differ besides
    (``DAYS_DIFFER``), and the squared deviations of both, the inverses of their shapes, add up.
    """
    windows = min(hours, STRENGTH) / (WINDOW / HOUR)
    told = usual * windows + 0.5
    shape = 1 / (1 / told + 1 / DAYS_DIFFER)
    stay = shape / (shape + told / windows)
    below = sum(exp(lgamma(shape + k) - lgamma(shape) - lgamma(k + 1) + shape * log(stay) + k * log(1 - stay))
                for k in range(seen))
    return max(0.0, 1.0 - below)


def _voices(traces: Sequence[Trace]) -> int:
    """Return how many independent voices these are: authors, and copies of one text once."""
    authors = {trace.author or f"\0{trace.key}" for trace in traces}
    return min(len(authors), len({trace.story or f"\0{trace.key}" for trace in traces}))


class _Memory:
    """Voices of each settled hour a topic was spoken of, since when each is known, and what fired."""

    def __init__(self, state: State) -> None:
        self.hours: dict[str, dict[int, int]] = {topic: {int(hour): int(n) for hour, n in found.items()}
                                                 for topic, found in state.get("hours", {}).items()}
        self.known: dict[str, int] = {topic: int(hour) for topic, hour in state.get("known", {}).items()}
        self.fired: dict[str, tuple[datetime, int]] = {topic: (datetime.fromisoformat(at), int(n))
                                                       for topic, (at, n) in state.get("fired", {}).items()}
        self.firing: dict[str, int] = {topic: int(calm) for topic, calm in state.get("firing", {}).items()}
        self.settled: int | None = state.get("settled")

    def written(self) -> State:
        return {"hours": {topic: {str(hour): n for hour, n in sorted(self.hours[topic].items())} for topic in sorted(self.hours)},
                "known": dict(sorted(self.known.items())), "settled": self.settled, "firing": dict(sorted(self.firing.items())),
                "fired": {topic: [at.isoformat(), n] for topic, (at, n) in sorted(self.fired.items())}}

    def settle(self, end: datetime, traces: Sequence[Trace]) -> None:
        """Count the hour that ends then, once, and forget what is older than the past."""
        hour = _hour(end) - 1
        if self.settled is not None and hour <= self.settled:
            return
        self.settled = hour
        by_topic: dict[str, list[Trace]] = defaultdict(list)
        for trace in traces:
            by_topic[trace.topic or ""].append(trace)
        for topic, own in by_topic.items():
            self.hours.setdefault(topic, {})[hour] = _voices(own)
            self.known.setdefault(topic, hour)
        for topic in list(self.hours):
            self.hours[topic] = {one: n for one, n in self.hours[topic].items() if one >= hour - PAST}
            if not self.hours[topic] and topic not in self.firing:
                self.hours.pop(topic), self.known.pop(topic, None), self.fired.pop(topic, None)

    def usual(self, topic: str, at: datetime) -> tuple[float, int]:
        """Return the voices of a usual window, and of how many hours that is known; hours of the window itself do not count."""
        end = _hour(at - WINDOW)
        known = min(PAST, max(0, end - self.known.get(topic, end)))
        if not known:
            return 0.0, 0
        hours, width = self.hours.get(topic, {}), WINDOW // HOUR
        past = Counter({hour: n for hour, n in hours.items() if end - known <= hour < end})
        same = [sum(past[end + ahead - 24 * day] for ahead in range(width)) for day in range(1, known // 24 + 1)]
        return max(past.total() * width / known, sum(same) / len(same) if same else 0.0), known

    def fire(self, topic: str, said: int, at: datetime, *, new: bool) -> None:
        self.fired[topic] = (at if new else self.fired[topic][0], said)
        self.firing[topic] = 0

    def calmer(self, topic: str, said: int, at: datetime, subject: str) -> Finding | None:
        """Return the finding that all is calm again, once no topic fires any more."""
        fired_at, reported = self.fired.get(topic, (at, 0))
        self.firing[topic] = self.firing[topic] + 1 if 2 * said <= reported else 0
        if self.firing[topic] < CLEAR_AFTER:
            return None
        del self.firing[topic]
        if self.firing:
            return None
        return Finding(RisingTopicRule.kind, subject, at, min(fired_at, at), said, 0.0, Severity.P3, False,
                       why={"version": VERSION, "topic": topic, "window": int(WINDOW.total_seconds()), "seen": said,
                            "fired_at": fired_at.isoformat()})


def _hour(at: datetime) -> int:
    return floor(at.timestamp() / 3600)
