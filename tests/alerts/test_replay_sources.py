"""Rules about sources that are read every quarter of an hour: each is looked at as far as it was read, live and in replay."""

from __future__ import annotations

import random
from collections.abc import Iterator
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
from listener.types import STEP, Alert, AlertState, Author, Batch, Brand, CoverageState, Cursor, Match, Mention, Reach
from tests.fakes import CannedScorer, FakeClock

BEGIN = datetime(2026, 10, 24, 8, 30, 20, tzinfo=ZoneInfo("UTC"))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BRAND = Brand("دیجی‌کالا")
AN_HOUR = 20  # mentions
PAST = 9      # days that were heard before the house is watched


@dataclass
class Forum:
    """Shows what was published since it was last asked; told to, nothing, or an error."""

    clock: FakeClock
    dice: random.Random
    asked_at: datetime = BEGIN
    empty: bool = False
    error: CollectError | None = None
    number: int = 0
    read_at: list[datetime] = field(default_factory=list)

    def between(self, since: datetime, until: datetime) -> tuple[Mention, ...]:
        found, at = [], since
        while (at := at + self.dice.expovariate(AN_HOUR) * HOUR) < until:
            self.number += 1
            found.append(Mention("discourse", f"m{self.number}", f"{BRAND.name} را دیدم {self.number}", at, author=Author("discourse", f"u{self.number}")))
        return tuple(found)

    def collect(self, cursor: Cursor | None) -> Batch:
        if self.error:
            raise self.error
        since, self.asked_at = self.asked_at, self.clock.instant
        self.read_at.append(self.asked_at)
        said = () if self.empty else self.between(since, self.asked_at)
        return Batch(said, cursor={"n": self.number}, state=CoverageState.OK, shown=0 if self.empty else 20)


@dataclass
class House:
    """A forum that was heard for nine days, and from then on is read every quarter of an hour."""

    pipeline: Pipeline
    clock: FakeClock
    forum: Forum

    def live(self, span: timedelta) -> None:
        end = self.clock.instant + span
        while self.clock.instant < end:
            self.clock.forward(seconds=137)
            for source in self.pipeline.sources:
                self.pipeline.visit(source)
            self.pipeline.analyse()
            self.pipeline.detect()

    @property
    def alerts(self) -> list[Alert]:
        return sorted(self.pipeline.store.alerts(limit=1000), key=lambda alert: (alert.fired_at, alert.fingerprint))

    def again(self) -> list[Alert]:
        pipeline, until = self.pipeline, self.clock.instant
        looks = pipeline.store.looks(BEGIN - DAY, until)
        begun = min(at for look in looks for at in look.heard.values()) - STEP
        done = replayed(pipeline.store, pipeline.rules, brands=[BRAND.name], policy=Policy(), since=begun, until=until, warm_up=timedelta(0),
                        sources=[replay.Watched(s.name, s.stale_after) for s in pipeline.sources])
        return list(done.alerts)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock, dice = FakeClock(BEGIN), random.Random(3)
    forum = Forum(clock, dice)
    source = Source("forum", "discourse", forum, 15 * MINUTE, 2 * HOUR)
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    store.register_sources([("forum", "discourse")])
    past = forum.between(BEGIN - PAST * DAY, BEGIN)
    store.commit_batch("forum", Batch(past), matches=[Match(one.key, BRAND.name, ()) for one in past],
                       reach={one.key: Reach(0, 1, 2, "test") for one in past}, start=BEGIN - PAST * DAY, end=BEGIN, now=BEGIN)
    rules = {kind: RULES.load(kind)(RULES.options(kind)()) for kind in ("stale_source", "collector_down")}
    yield House(Pipeline(store=store, sources=[source], brands=[BRAND.name], matcher=Matcher([BRAND]), scorer=CannedScorer, rules=rules,
                         receivers=(), now=clock, timezone=ZoneInfo("Asia/Tehran"), dice=dice.random), clock, forum)
    store.close()


def test_a_source_read_every_quarter_that_answers_with_nothing_is_told_before_it_would_be_stale(house: House) -> None:
    house.live(2 * HOUR)
    assert house.alerts == [] and len(house.forum.read_at) in range(7, 13)
    house.forum.empty, dark = True, house.forum.asked_at
    house.live(1.9 * HOUR)
    [down] = house.alerts
    assert (down.rule, down.subject, down.state) == ("collector_down", "forum", AlertState.FIRING)
    assert dark < down.fired_at <= dark + 1.75 * HOUR and dark - 30 * MINUTE <= down.starts_at <= dark + STEP
    house.forum.empty = False
    house.live(HOUR)
    assert [alert.state for alert in house.alerts] == [AlertState.RESOLVED]
    assert list(map(to_json, house.again())) == list(map(to_json, house.alerts))


def test_a_source_read_every_quarter_that_does_not_answer_is_stale_and_not_silent(house: House) -> None:
    house.live(2 * HOUR)
    house.forum.error, dark = CollectError("forum", "HTTP 503; the server is busy"), house.forum.asked_at
    house.live(2.5 * HOUR)
    [stale] = house.alerts
    assert stale.rule == "stale_source" and dark + 2 * HOUR < stale.fired_at <= dark + 2 * HOUR + 2 * STEP
    house.forum.error = None
    house.live(HOUR)
    assert [(alert.rule, alert.state) for alert in house.alerts] == [("stale_source", AlertState.RESOLVED)]
    assert list(map(to_json, house.again())) == list(map(to_json, house.alerts))


def test_each_step_of_a_source_is_looked_at_once_when_it_was_read_past_it(house: House) -> None:
    house.live(3 * HOUR)
    looks = [look for look in house.pipeline.store.looks(BEGIN, house.clock.instant) if look.heard]
    assert len(looks) < 3 * 5 and all(look.ends == {} for look in looks)
    for look in looks:
        last = max(at for at in house.forum.read_at if at <= look.at)
        assert look.heard["forum"] <= last < look.heard["forum"] + STEP


def test_what_a_paused_source_says_of_itself_is_not_asked(house: House) -> None:
    house.live(HOUR)
    house.pipeline.store.pause_source("forum", paused=True)
    before = house.clock.instant
    house.live(5 * HOUR)
    assert not any(look.heard for look in house.pipeline.store.looks(before, house.clock.instant))
    house.pipeline.store.pause_source("forum", paused=False)
    house.live(HOUR)
    assert list(map(to_json, house.again())) == list(map(to_json, house.alerts)) == []


def random_life(house: House, seed: int, days: float) -> None:
    dice, end = random.Random(seed), house.clock.instant + days * DAY
    while house.clock.instant < end:
        house.live(dice.uniform(1, 12) * HOUR)
        house.forum.empty, house.forum.error = dice.choice([(True, None), (False, CollectError("forum", "HTTP 503; the server is busy")),
                                                            (False, None)])
        house.live(dice.uniform(0.1, 7) * HOUR)
        house.forum.empty, house.forum.error = False, None
        if dice.random() < 0.4:
            house.clock.forward(hours=dice.uniform(0.2, 30))  # the program did not run
    house.live(HOUR)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_week_of_outages_and_empty_answers_are_the_same_live_and_in_replay(house: House, seed: int) -> None:
    random_life(house, seed, 7)
    assert list(map(to_json, house.again())) == list(map(to_json, house.alerts))
    assert {alert.rule for alert in house.alerts} == {"stale_source", "collector_down"}
