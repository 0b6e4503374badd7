"""What an imported history is to rules that know a brand by its past: theirs where it bears the name of a source that is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.rules import RULES
from listener.match import Matcher
from listener.pipeline import Pipeline, Source
from listener.storage import open_store
from listener.types import Alert, Brand
from tests.fakes import NOON, CannedScorer, FakeClock, FakeCollector, a_mention

BRAND = Brand("دیجی‌کالا")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class House:
    pipeline: Pipeline
    clock: FakeClock
    news: FakeCollector

    def remember(self, source: str, *, days: int = 14, storm_ago: float | None = None) -> None:
        """Import some days at a mention every half hour, every eighth unhappy; a storm of sixty so many hours ago where told so."""
        texts: list[tuple[float, str]] = [(minutes, "نرسید" if minutes % 240 == 0 else "را دیدم") for minutes in range(10, days * 24 * 60, 30)]
        texts += [] if storm_ago is None else [(60 * storm_ago + n / 4, "نرسید") for n in range(60)]
        past = [a_mention(f"past-{n}", f"{BRAND.name} {text} {n}", minutes=-minutes, author=f"old-{n}", kind="jsonl")
                for n, (minutes, text) in enumerate(texts)]
        self.pipeline.store_import(source, "jsonl", BRAND.name, past)
        self.pipeline.analyse()

    def live(self, minutes: int) -> None:
        for _ in range(0, minutes, 5):
            self.clock.forward(minutes=5)
            self.pipeline.once()

    def storm(self) -> None:
        minutes = (self.clock.instant - NOON) / MINUTE
        self.news.publish(*(a_mention(f"storm-{n}", f"بسته از {BRAND.name} نرسید {n}", minutes=minutes + n / 4, author=f"angry-{n}")
                            for n in range(60)))

    @property
    def alerts(self) -> list[Alert]:
        return self.pipeline.store.alerts()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock, news = FakeClock(), FakeCollector()
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    store.register_sources([("news", "rss")])
    pipeline = Pipeline(store=store, sources=[Source("news", "rss", news, 5 * MINUTE, 2 * HOUR)], brands=[BRAND.name],
                        matcher=Matcher([BRAND]), scorer=CannedScorer, rules={"spike": RULES.load("spike")(RULES.options("spike")())},
                        receivers=(), now=clock, timezone=ZoneInfo("Asia/Tehran"))
    yield House(pipeline, clock, news)
    store.close()


def test_a_history_under_the_name_of_a_source_that_is_read_lets_the_spike_speak_on_its_first_day(house: House) -> None:
    house.remember("news")
    house.live(60)
    house.storm()
    house.live(30)
    [alert] = house.alerts
    assert alert.rule == "spike" and alert.why["record_days"] > 12
    assert {key.kind for key in alert.evidence} == {"rss"}


@pytest.mark.parametrize("name", ["reviews.csv", None])
def test_a_history_under_a_name_of_its_own_is_no_measure_of_what_other_sources_bring(house: House, name: str | None) -> None:
    if name:
        house.remember(name)
    house.live(60)
    house.storm()
    house.live(30)
    assert house.alerts == []


@pytest.mark.parametrize("storm_ago", [5.0, 30.0])
def test_an_imported_storm_is_history_and_no_news(house: House, storm_ago: float) -> None:
    house.remember("news", storm_ago=storm_ago)
    house.live(120)
    assert house.alerts == []


def test_an_imported_storm_is_no_news_while_the_house_runs_either(house: House) -> None:
    house.live(60)
    house.remember("news", storm_ago=30)
    house.live(120)
    assert house.alerts == []
