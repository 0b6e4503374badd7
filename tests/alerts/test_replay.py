"""Replay says of the past what the live process said when it was the present."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts import replay
from alerts.engine import Policy
from alerts.rules import RULES
from listener.errors import CollectError
from listener.match import Matcher
from listener.pipeline import Pipeline, Source
from listener.pipeline.replay import replayed
from listener.storage import open_store
from listener.storage.codec import to_json
from listener.types import STEP, Alert, Author, Brand, Campaign, Mention, Rule
from tests.fakes import CannedScorer, FakeClock, FakeCollector

BEGIN = datetime(2026, 10, 24, 3, 30, tzinfo=ZoneInfo("UTC"))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BRANDS = (Brand("دیجی‌کالا"), Brand("اسنپ"), Brand("تپسی", peer=True))
BAD = ("سفارشم از {brand} نرسید", "{brand} افتضاح است", "از {brand} پول پس نمی‌دهند و کالا خراب بود")
GOOD = ("از {brand} خرید کردم", "{brand} عالی بود ممنون", "امروز {brand} را دیدم")


@dataclass
class Shown(FakeCollector):
    """Shows a mention only some time after it was published; fails while it is down."""

    clock: FakeClock = field(default_factory=FakeClock)
    waiting: list[tuple[datetime, Mention]] = field(default_factory=list)

    def collect(self, cursor):  # type: ignore[no-untyped-def]
        self.mentions += [mention for at, mention in self.waiting if at <= self.clock.instant]
        self.waiting = [(at, mention) for at, mention in self.waiting if at > self.clock.instant]
        return FakeCollector.collect(self, cursor)


class Life:
    """Some days of a house with three sources and three brands, played by dice: storms, loud accounts, outages of a source, of
    the scorer and of the program itself, late arrivals, backfills.
    """

    def __init__(self, path: Path, *, seed: int, days: float, tick: timedelta) -> None:
        self.dice, self.clock, self.tick, self.days = random.Random(seed), FakeClock(BEGIN), tick, days
        self.path = path
        self.store = open_store(f"sqlite:///{path / 'goosh.sqlite'}")
        self.collectors = {name: Shown(clock=self.clock) for name in ("news", "forum", "feed")}
        self.sources = [Source("news", "rss", self.collectors["news"], 5 * MINUTE, 2 * HOUR),
                        Source("forum", "discourse", self.collectors["forum"], 30 * MINUTE, 3 * HOUR),
                        Source("feed", "mastodon", self.collectors["feed"], 10 * MINUTE, HOUR)]
        self.scorer = CannedScorer()
        self.rules: dict[str, Rule] = {kind: RULES.load(kind)(RULES.options(kind)()) for kind in RULES.kinds}
        self.rules["spike/volume"] = RULES.load("spike")(RULES.options("spike")(series="mentions", threshold=-0.5))
        self.policy = Policy(peers=frozenset({"تپسی"}), sectors={"اسنپ": "taxi", "تپسی": "taxi"},
                             campaigns=(Campaign("دیجی‌کالا", "حراج", BEGIN + 1.9 * DAY, BEGIN + 2.2 * DAY),))
        self.pipeline = Pipeline(store=self.store, sources=self.sources, brands=[b.name for b in BRANDS], matcher=Matcher(BRANDS),
                                 scorer=lambda: self.scorer, rules=self.rules, receivers=(), now=self.clock,
                                 timezone=ZoneInfo("Asia/Tehran"), policy=lambda: self.policy, dice=self.dice.random)
        self.number = 0

    def live(self) -> None:
        end = BEGIN + timedelta(days=self.days)
        storms = {self._moment(): (self.dice.choice(BRANDS), self.dice.randint(20, 60)) for _ in range(round(2 * self.days))}
        outages = [(self._moment(), self.dice.choice(["news", "forum", "feed"]), self.dice.uniform(0.2, 5)) for _ in range(round(self.days))]
        asleep = [(self._moment(), self.dice.uniform(0.5, 3)) for _ in range(max(1, round(self.days / 3)))]
        dumb = [(self._moment(), self.dice.uniform(0.1, 0.7)) for _ in range(max(1, round(self.days / 3)))]
        while self.clock.instant < end:
            before = self.clock.instant
            self.clock.forward(seconds=self.tick.total_seconds() + self.dice.choice([-20, 0, 0, 7, 31]))
            now = self.clock.instant
            self._publish(before, now, storms)
            if any(at <= now < at + hours * HOUR for at, hours in asleep):
                continue
            for name, collector in self.collectors.items():
                down = any(source == name and at <= now < at + hours * HOUR for at, source, hours in outages)
                collector.error = CollectError(name, "HTTP 503; the server is busy") if down else None
            self.scorer.fails = any(at <= now < at + hours * HOUR for at, hours in dumb)
            self.pipeline.begin()
            for source in self.sources:
                self.pipeline.visit(source)
            self.pipeline.analyse()
            self.pipeline.detect()

    def _moment(self) -> datetime:
        return BEGIN + self.dice.uniform(min(1.1, self.days / 2), self.days) * DAY

    def _publish(self, before: datetime, now: datetime, storms: dict[datetime, tuple[Brand, int]]) -> None:
        span = now - before
        for brand in BRANDS:
            for _ in range(int(self.dice.expovariate(1) * 12 * (span / HOUR) + self.dice.random())):
                self._say(brand, before + self.dice.random() * span, bad=self.dice.random() < 0.2)
        for at, (brand, size) in storms.items():
            if at - span < now <= at + 2 * HOUR:
                for _ in range(round(size * (span / (20 * MINUTE)))):
                    self._say(brand, before + self.dice.random() * span, bad=True)

    def _say(self, brand: Brand, at: datetime, *, bad: bool) -> None:
        self.number += 1
        dice = self.dice
        words = dice.choice(BAD if bad else GOOD).format(brand=brand.name)
        harm = " و آتش گرفت و دو نفر مجروح شدند" if dice.random() < 0.004 else " برای بار سوم است که می‌گویم" if dice.random() < 0.01 else ""
        name = dice.choice(["news", "news", "news", "forum", "feed"])
        kind = next(source.kind for source in self.sources if source.name == name)
        who = f"u{dice.randint(1, 900)}"
        followers = 900_000 if who.endswith("77") else 10 * int(who[1:])  # they do not change: a change is kept nowhere
        mention = Mention(kind, f"m{self.number}", f"{words}{harm} {self.number}", at.replace(microsecond=0), author=Author(kind, who, followers=followers))
        late = 0.0 if dice.random() < 0.97 else dice.choice([12.0, 40.0, 300.0, 1800.0])  # minutes
        self.collectors[name].waiting.append((at + late * MINUTE, mention))


def live_and_again(life: Life) -> tuple[list[str], list[str]]:
    """Return the alerts of the live process, and those of a replay of what it stored, each written out."""
    first = life.store.looks(BEGIN - DAY, life.clock.instant)[0]
    begun = min(at for at in (first.steps, first.heard) if at is not None) - STEP
    done = replayed(life.store, life.rules, brands=[b.name for b in BRANDS], policy=life.policy, since=begun, until=life.clock.instant,
                    sources=[replay.Watched(s.name, s.stale_after) for s in life.sources], warm_up=timedelta(0))
    return written(life.store.alerts(limit=100_000)), written(done.alerts)


def written(alerts: Iterator[Alert] | list[Alert] | tuple[Alert, ...]) -> list[str]:
    return [to_json(alert) for alert in sorted(alerts, key=lambda alert: (alert.fired_at, alert.fingerprint))]


@pytest.mark.slow
def test_four_weeks_fed_live_and_by_replay_give_the_same_alerts_byte_for_byte(tmp_path: Path) -> None:
    life = Life(tmp_path, seed=7, days=28, tick=5 * MINUTE)
    with closing(life.store):
        life.live()
        live, again = live_and_again(life)
    assert live == again
    assert len(live) > 50


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_days_fed_live_and_by_replay_give_the_same_alerts_byte_for_byte(tmp_path: Path, seed: int) -> None:
    life = Life(tmp_path, seed=seed, days=3, tick=5 * MINUTE)
    with closing(life.store):
        life.live()
        live, again = live_and_again(life)
    assert live == again
    assert len(live) > 5
