"""A small whole house for the kill tests: run as a program, it makes rounds until it is killed or told to end.

    python -m tests.listener.living_house DATABASE FEED RECEIVER [--finish]

With ``--finish`` it goes on until nothing is left to score, to look at or to send, and ends. It reads a real feed over HTTP,
scores with the canned scorer, fires on every fifth complaint and on every post of a marked number, and posts to a webhook, so
that a kill may fall into collecting, scoring, detecting or delivering.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.notifiers import NOTIFIERS
from listener.client import Client
from listener.collectors import COLLECTORS
from listener.match import Matcher
from listener.pipeline import Pipeline, Receiver, Source
from listener.storage import open_store
from listener.types import Brand, Facts, Finding, Label, MentionKey, Severity, State
from tests.fakes import CannedScorer

BRAND = "چابک‌سبد"
HASTE = 600
MARKED = 19  # posts whose number this divides trip the wire
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def now() -> datetime:
    """A clock that runs ten minutes a second since midnight, the same in every process: steps close while the test looks."""
    return MIDNIGHT + (datetime.now(UTC) - MIDNIGHT) * HASTE


def number_of(key: MentionKey) -> int:
    return int(key.id.rpartition("-")[2])


class EveryFifthComplaint:
    """Fires whenever five more complaints are known than when it last fired: many alerts from little traffic."""

    kind = "every_fifth"
    about = "brand"
    on = "step"
    history = timedelta(days=1)

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        negative = [t for t in facts.traces if t.label is Label.NEGATIVE]
        told = int(state.get("told", 0))
        if len(negative) < told + 5:
            return state, []
        at = facts.until
        clear = Finding(self.kind, facts.subject, at, at, 0, 0, Severity.P1, firing=False)
        fire = Finding(self.kind, facts.subject, at, at - timedelta(hours=1), len(negative), 1, Severity.P1, firing=True,
                       evidence=tuple(t.key for t in negative[-5:] if number_of(t.key) % MARKED))
        return {"told": len(negative)}, [clear, fire]


class MarkedPosts:
    """A tripwire: remembers the number of every post it looked at, and fires once for each that is marked."""

    kind = "marked"
    about = "brand"
    on = "mention"
    history = timedelta(0)

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        numbers = [number_of(one.mention.key) for one in facts.fresh]
        findings = [Finding(self.kind, facts.subject, one.known_at or facts.until, one.mention.published_at, 1, 0, Severity.P1,
                            firing=True, evidence=(one.mention.key,), story=f"post-{number}", why={"new": True})
                    for one, number in zip(facts.fresh, numbers, strict=True) if number % MARKED == 0]
        return {"looked": [*state.get("looked", ()), *numbers]}, findings


def main(database: str, feed: str, receiver: str, finish: bool) -> None:
    client = Client(allow_networks=["127.0.0.0/8"])
    store = open_store(database)

    collector = COLLECTORS.load("rss")("feed", COLLECTORS.options("rss")(url=feed), client, now=now)
    source = Source("feed", "rss", collector, timedelta(minutes=5), timedelta(hours=2))
    store.register_sources([("feed", "rss")])
    notifier = NOTIFIERS.load("webhook")("desk", NOTIFIERS.options("webhook")(url=receiver))
    pipeline = Pipeline(store=store, sources=[source], brands=[BRAND], matcher=Matcher([Brand(BRAND)]), scorer=CannedScorer,
                        rules={"every_fifth": EveryFifthComplaint(), "marked": MarkedPosts()}, receivers=[Receiver("desk", notifier, "fa", Severity.P3)],
                        now=now, timezone=ZoneInfo("Asia/Tehran"),
                        lease=timedelta(minutes=10))  # a second of the machine's: what a killed house held is free at once
    while True:
        pipeline.collect(source)
        pipeline.analyse()
        pipeline.detect()
        pipeline.deliver()
        if finish and not store.unscored() and not store.fresh(1) and not store.pending_deliveries():
            break
    store.close()
    print("done")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], finish="--finish" in sys.argv)
