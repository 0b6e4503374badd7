"""Replay says of the past what the live process said when it was the present."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
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
from listener.types import (
    STEP,
    Alert,
    AlertState,
    Author,
    Brand,
    Campaign,
    Coverage,
    CoverageState,
    Facts,
    Finding,
    Label,
    Look,
    Mention,
    MentionKey,
    Point,
    Rule,
    Severity,
    State,
    Trace,
)
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

    def __init__(self, path: Path, *, seed: int, days: float, tick: timedelta, brands: tuple[Brand, ...] = BRANDS,
                 kinds: tuple[str, ...] = RULES.kinds, hourly: float = 12) -> None:
        self.brands, self.hourly = brands, hourly
        self.dice, self.clock, self.tick, self.days = random.Random(seed), FakeClock(BEGIN), tick, days
        self.path = path
        self.store = open_store(f"sqlite:///{path / 'goosh.sqlite'}")
        self.collectors = {name: Shown(clock=self.clock) for name in ("news", "forum", "feed")}
        self.sources = [Source("news", "rss", self.collectors["news"], 5 * MINUTE, 2 * HOUR),
                        Source("forum", "discourse", self.collectors["forum"], 30 * MINUTE, 3 * HOUR),
                        Source("feed", "mastodon", self.collectors["feed"], 10 * MINUTE, HOUR)]
        self.scorer = CannedScorer()
        self.rules: dict[str, Rule] = {kind: RULES.load(kind)(RULES.options(kind)()) for kind in kinds}
        self.rules["spike/volume"] = RULES.load("spike")(RULES.options("spike")(series="mentions", threshold=-0.5))
        self.policy = Policy(peers=frozenset({"تپسی"}), sectors={"اسنپ": "taxi", "تپسی": "taxi"},
                             campaigns=(Campaign("دیجی‌کالا", "حراج", BEGIN + 1.9 * DAY, BEGIN + 2.2 * DAY),))
        self.pipeline = Pipeline(store=self.store, sources=self.sources, brands=[b.name for b in brands], matcher=Matcher(brands),
                                 scorer=lambda: self.scorer, rules=self.rules, receivers=(), now=self.clock,
                                 timezone=ZoneInfo("Asia/Tehran"), policy=lambda: self.policy, dice=self.dice.random)
        self.number = 0

    def live(self) -> None:
        end = BEGIN + timedelta(days=self.days)
        storms = {self._moment(): (self.dice.choice(self.brands), round(self.dice.randint(20, 60) * self.hourly / 12)) for _ in range(round(2 * self.days))}
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
        for brand in self.brands:
            for _ in range(int(self.dice.expovariate(1) * self.hourly * (span / HOUR) + self.dice.random())):
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
    begun = min(at for at in (first.steps, *first.heard.values()) if at is not None) - STEP
    done = replayed(life.store, life.rules, brands=[b.name for b in life.brands], policy=life.policy, since=begun, until=life.clock.instant,
                    sources=[replay.Watched(s.name, s.stale_after) for s in life.sources], warm_up=timedelta(0))
    return written(life.store.alerts(limit=100_000)), written(done.alerts)


def written(alerts: Iterator[Alert] | list[Alert] | tuple[Alert, ...]) -> list[str]:
    return [to_json(alert) for alert in sorted(alerts, key=lambda alert: (alert.fired_at, alert.fingerprint))]


# ---- looks, and what was known at each

def a_look(minutes: float, steps: float | None = None, **more: object) -> Look:
    return Look(BEGIN + minutes * MINUTE, None if steps is None else BEGIN + steps * MINUTE, **more)  # type: ignore[arg-type]


def a_seen(id: str, published: float, seen: float | None = None, scored: float | None = None, *, source: str = "news",
           label: Label = Label.NEGATIVE) -> replay.Seen:
    """Return a mention by the minutes after BEGIN at which it was published, seen and scored; at once where not said."""
    seen = published if seen is None else seen
    known = BEGIN + (seen if scored is None else scored) * MINUTE
    trace = Trace(MentionKey("rss", id), BEGIN + published * MINUTE, f"rss:{id}", source, label, False, 30, known_at=known)
    return replay.Seen(trace, BEGIN + seen * MINUTE)


class Notes:
    """A rule that finds nothing but what it is shown: each call's span, and the points and labels of it."""

    kind, about, on, history = "notes", "brand", "step", timedelta(hours=1)

    def __init__(self) -> None:
        self.calls: list[tuple[float, float]] = []
        self.points: dict[float, Point | None] = {}
        self.states: list[State] = []

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        assert facts.series.end == facts.until and facts.series.start == facts.since - self.history
        self.calls.append(((facts.since - BEGIN) / MINUTE, (facts.until - BEGIN) / MINUTE))
        self.points |= {(facts.series.at(i) - BEGIN) / MINUTE: point for i, point in enumerate(facts.series.points)}
        self.states.append(state)
        return {"calls": len(self.calls)}, []


SEEN = (Coverage("news", BEGIN - DAY, BEGIN + DAY, CoverageState.OK, noted_at=BEGIN - DAY),)


def noted(looks: list[Look], mentions: list[replay.Seen], coverage: tuple[Coverage, ...] = SEEN) -> Notes:
    rule = Notes()
    replay.on_brand("b", {"notes": rule}, looks, mentions, coverage, ["news"], ["news"], since=BEGIN)
    assert rule.states == [{"calls": number} if number else {} for number in range(len(rule.calls))]
    return rule


LOOKS = [a_look(minutes + 1, minutes) for minutes in (5, 10, 15, 20, 25)]


def test_many_steps_are_evaluated_in_one_call_where_nothing_came_late() -> None:
    rule = noted(LOOKS, [a_seen("a", 2), a_seen("b", 12, 13)])
    assert rule.calls == [(0, 25)] and rule.points[0] == Point(1, 1, 1, 0, 30) and rule.points[10] == Point(1, 1, 1, 0, 30)


def test_what_came_late_is_known_from_the_look_on_that_could_see_it() -> None:
    rule = noted(LOOKS, [a_seen("a", 2, 14)])
    assert rule.calls == [(0, 10), (10, 25)] and rule.points[0] == Point(1, 1, 1, 0, 30)
    early = noted(LOOKS[:2], [a_seen("a", 2, 14)])
    assert early.points[0] == Point()


def test_a_mention_that_was_scored_late_has_no_tone_until_then() -> None:
    assert noted(LOOKS[:3], [a_seen("a", 2, 3, 18)]).points[0] == Point(1)
    rule = noted(LOOKS, [a_seen("a", 2, 3, 18)])
    assert rule.calls == [(0, 15), (15, 25)] and rule.points[0] == Point(1, 1, 1, 0, 30)


def test_coverage_that_was_noted_late_is_a_gap_until_then() -> None:
    spans = (Coverage("news", BEGIN - DAY, BEGIN + 5 * MINUTE, CoverageState.OK, noted_at=BEGIN - DAY),
             Coverage("news", BEGIN + 5 * MINUTE, BEGIN + DAY, CoverageState.OK, noted_at=BEGIN + 14 * MINUTE))
    assert noted(LOOKS[:2], [], spans).points[5] is None
    rule = noted(LOOKS, [], spans)
    assert rule.calls == [(0, 10), (10, 25)] and rule.points[5] == Point()


def test_a_source_is_covered_up_to_where_it_had_been_read_at_that_look() -> None:
    looks = [a_look(6, 5), a_look(11, 10, ends={"news": (BEGIN + 5 * MINUTE, False)}), a_look(16, 15, ends={"news": (BEGIN + 5 * MINUTE, True)})]
    assert noted(looks[:2], []).points[5] is None
    rule = noted(looks, [])
    assert rule.calls == [(0, 5), (5, 10), (10, 15)] and rule.points[5] == rule.points[10] == Point()


def test_where_nobody_looked_a_look_is_assumed_and_what_was_published_was_known() -> None:
    looks = replay.looks_of([a_look(60 * 48 + 1, 60 * 48)], BEGIN, BEGIN + 2 * DAY)
    assert len(looks) == 576 and sum(look.assumed for look in looks) == 575 and looks[0] == Look(
        BEGIN + STEP + replay.LAG, BEGIN + STEP, assumed=True)
    rule = noted(looks, [a_seen("imported", 2, 99_999), a_seen("live", 60 * 48 - 2)], (replace(SEEN[0], end=BEGIN + 3 * DAY),))
    assert rule.calls == [(0, 60 * 48 - 5), (60 * 48 - 5, 60 * 48)]
    assert rule.points[0] == Point(1, 1, 1, 0, 30) and rule.points[60 * 48 - 5] == Point(1, 1, 1, 0, 30)


def test_after_downtime_the_live_process_goes_back_a_day_and_replay_fills_what_it_left_out() -> None:
    looks = replay.looks_of([a_look(6, 5), a_look(3001, 3000)], BEGIN, BEGIN + 3000 * MINUTE)
    assert [(look.steps - BEGIN) / MINUTE for look in looks if look.steps and not look.assumed] == [5, 3000]
    assert {(look.steps - BEGIN) / MINUTE for look in looks if look.steps and look.assumed} == set(range(10, 3000 - 1440 + 5, 5))


# ---- two rule sets

def an_alert(minutes: float, rule: str = "spike", subject: str = "b") -> Alert:
    at = BEGIN + minutes * MINUTE
    return Alert(rule, subject, at - HOUR, at, 9, 1, Severity.P2, AlertState.FIRING, (MentionKey("rss", f"{minutes}"),))


def test_alerts_of_two_rule_sets_are_paired_with_the_nearest_of_the_same_subject() -> None:
    draft, enabled = [an_alert(0), an_alert(9000), an_alert(50, subject="c")], [an_alert(30), an_alert(600), an_alert(20000)]
    found = replay.compare(draft, enabled)
    assert found.both == ((draft[0], enabled[0]),)
    assert found.only_draft == (draft[1], draft[2]) and found.only_enabled == (enabled[1], enabled[2])


def test_figures_are_rates_a_brand_and_week() -> None:
    done = replay.Summary(BEGIN, BEGIN + 14 * DAY, (an_alert(-600), an_alert(60), an_alert(90, "harm")), {}, 0, 4032)
    said = replay.figures(done, ["b", "c"], {an_alert(60).fingerprint: "real"})
    assert said["alerts"] == 2 and said["per_brand_week"] == 0.5 and said["by_rule"] == {"harm": 1, "spike": 1}
    assert said["verdicts"] == {"real": 1} and said["told"] == 0


def test_an_alert_that_calls_nobody_is_not_counted_as_told() -> None:
    minor, urgent = replace(an_alert(60), severity=Severity.P3), an_alert(90, "harm")
    told = {one.fingerprint: one.fired_at for one in (minor, urgent)}
    done = replay.Summary(BEGIN, BEGIN + 14 * DAY, (minor, urgent), told, 0, 4032)
    assert replay.figures(done, ["b"])["told"] == 1
    published = {key: one.starts_at for one in (minor, urgent) for key in one.evidence}
    assert set(replay.delays(done, published)) == {urgent.fingerprint}


# ---- live equals replay

@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_four_weeks_fed_live_and_by_replay_give_the_same_alerts_byte_for_byte(tmp_path: Path) -> None:
    life = Life(tmp_path, seed=7, days=28, tick=10 * MINUTE)
    with closing(life.store):
        life.live()
        live, again = live_and_again(life)
    assert live == again
    assert len(live) > 50


def test_three_quick_days_fed_live_and_by_replay_give_the_same_alerts_byte_for_byte(tmp_path: Path) -> None:
    life = Life(tmp_path, seed=4, days=3, tick=HOUR, brands=BRANDS[:1], kinds=("spike", "harm", "stale_source"), hourly=4)
    with closing(life.store):
        life.live()
        live, again = live_and_again(life)
    assert live == again
    assert {alert.split('"')[3] for alert in live} >= {"spike", "harm"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_days_fed_live_and_by_replay_give_the_same_alerts_byte_for_byte(tmp_path: Path, seed: int) -> None:
    life = Life(tmp_path, seed=seed, days=3, tick=5 * MINUTE)
    with closing(life.store):
        life.live()
        live, again = live_and_again(life)
    assert live == again
    assert len(live) > 5
