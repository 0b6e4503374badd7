"""The passes together, on real storage and fake ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.rules import RULES
from listener.errors import CollectError, NotifyError
from listener.match import Matcher
from listener.pipeline import Pipeline, Receiver, Source, floor
from listener.storage import open_store
from listener.types import AlertState, Brand, Label, Severity
from tests.fakes import NOON, CannedScorer, FakeClock, FakeCollector, FakeNotifier, a_mention

BRANDS = (Brand("دیجی‌کالا", aliases=("Digikala",)), Brand("اسنپ", exclusions=("اسنپ‌فود",), peer=True))
HOUR = timedelta(hours=1)


@dataclass
class House:
    pipeline: Pipeline
    clock: FakeClock
    news: FakeCollector
    forum: FakeCollector
    scorer: CannedScorer
    notifier: FakeNotifier
    path: Path

    def live(self, *, days: float = 0, hours: float = 0) -> None:
        """Let ordinary life go by: a mention every half hour, every eighth one unhappy, a round each hour."""
        end = self.clock.instant + timedelta(days=days, hours=hours)
        while self.clock.instant < end:
            self.clock.forward(hours=1)
            for half in range(2):
                number = 2 * int((self.clock.instant - NOON) / HOUR) + half
                text = "بسته از دیجی‌کالا دیر نرسید" if number % 8 == 0 else "از دیجی‌کالا خرید کردم"
                self.say(f"day-{number}", f"{text} {number}", author=f"someone-{number % 97}", ago=2 + 30 * half)
            self.pipeline.once()

    def say(self, id: str, text: str, *, author: str = "sara", to: FakeCollector | None = None, ago: float = 2) -> None:
        minutes = (self.clock.instant - NOON).total_seconds() / 60 - ago
        (to or self.news).publish(a_mention(id, text, minutes=minutes, author=author))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock, news, forum = FakeClock(), FakeCollector(), FakeCollector()
    scorer, notifier = CannedScorer(), FakeNotifier()
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    sources = [Source("news", "rss", news, HOUR, timedelta(hours=2)), Source("forum", "rss", forum, HOUR, timedelta(hours=2))]
    store.register_sources([(s.name, s.kind) for s in sources])
    pipeline = Pipeline(store=store, sources=sources, brands=[b.name for b in BRANDS], matcher=Matcher(BRANDS),
                        scorer=lambda: scorer, rules={kind: RULES.load(kind)(RULES.options(kind)()) for kind in ("spike", "stale_source")},
                        receivers=[Receiver("desk", notifier, "fa", Severity.P2)], now=clock, timezone=ZoneInfo("Asia/Tehran"))
    yield House(pipeline, clock, news, forum, scorer, notifier, tmp_path)
    store.close()


def test_a_mention_walks_through_the_house_once(house: House) -> None:
    house.news.publish(a_mention("1"), a_mention("2", "هوا خوب است"), a_mention("3", "اسنپ فود سفارش دادم"),
                       a_mention("4", "با اسنپ‌ها میرم"))
    house.clock.forward(minutes=15)
    summary = house.pipeline.once()
    assert (summary.new, summary.scored) == (2, 2)
    page = house.pipeline.store.mentions(brand="دیجی‌کالا")
    assert [m.mention.id for m in page.items] == ["1"]
    found = page.items[0]
    assert found.score and found.score.label is Label.NEGATIVE and found.reach and found.terms == ("دیجی‌کالا",)
    assert house.pipeline.once().new == 0


def test_what_is_about_no_brand_is_not_kept(house: House) -> None:
    house.news.publish(a_mention("2", "هوا خوب است"))
    house.clock.forward(minutes=15)
    house.pipeline.once()
    assert not house.pipeline.store.mentions().items


def test_one_failing_source_does_not_delay_another(house: House) -> None:
    house.news.error = CollectError("news", "HTTP 503; the server is busy")
    house.say("1", "دیجی‌کالا", to=house.forum)
    house.clock.forward(minutes=15)
    summary = house.pipeline.once()
    assert summary.new == 1 and summary.failures == ("news: HTTP 503; the server is busy",)
    state = {s.name: s for s in house.pipeline.store.source_states()}
    assert state["news"].failing_since and state["news"].error and not state["forum"].failing_since


@pytest.mark.parametrize("chance", [0.999, 0.5])
def test_a_failing_source_is_asked_again_after_a_growing_pause_of_at_most_a_quarter_of_an_hour(house: House, chance: float) -> None:
    house.pipeline.sources = [replace(house.pipeline.sources[0], interval=timedelta(minutes=1))]
    house.pipeline.dice = lambda: chance
    house.news.error = CollectError("news", "HTTP 503; the server is busy")
    asked_at = []
    for minute in range(120):
        house.clock.forward(minutes=1)
        before = house.news.asked
        house.pipeline.once()
        if house.news.asked > before:
            asked_at.append(minute)
    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert pauses == sorted(pauses) and pauses[0] <= 2 and pauses[-1] == round(15 * chance + 0.4)


def test_an_error_that_needs_a_person_is_asked_about_rarely(house: House) -> None:
    house.news.error = CollectError("news", "HTTP 401; check the token", permanent=True)
    house.live(hours=5)
    assert house.news.asked == 1
    house.live(hours=3)
    assert house.news.asked == 2


def test_a_source_that_names_a_time_is_left_alone_until_then(house: House) -> None:
    house.news.error = CollectError("news", "HTTP 429; slow down", retry_after=timedelta(hours=1))
    house.clock.forward(minutes=15)
    house.pipeline.once()
    house.clock.forward(minutes=45)
    house.pipeline.once()
    assert house.news.asked == 1
    house.clock.forward(minutes=20)
    house.pipeline.once()
    assert house.news.asked == 2


def test_pages_are_stored_with_their_cursor_until_the_source_is_read_to_its_end(house: House) -> None:
    house.news.page = 2
    house.news.publish(*(a_mention(str(n)) for n in range(7)))
    house.clock.forward(minutes=15)
    assert house.pipeline.once().new == 7
    assert house.pipeline.store.cursor("news") == {"said": 7}


def test_mentions_stay_unscored_while_the_model_is_gone_and_are_taken_up_again(house: House) -> None:
    house.scorer.fails = True
    house.news.publish(a_mention("1"))
    house.clock.forward(minutes=15)
    assert house.pipeline.once().scored == 0
    house.scorer.fails = False
    house.clock.forward(minutes=15)
    assert house.pipeline.once().scored == 1


def test_a_mistake_of_ours_in_one_collector_is_a_failing_source_and_no_more(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.news.error = RecursionError("maximum recursion depth exceeded")  # type: ignore[assignment]
    house.say("1", "دیجی‌کالا", to=house.forum)
    house.clock.forward(hours=1)
    summary = house.pipeline.once()
    assert summary.new == 1 and "RecursionError" in summary.failures[0] and "Traceback" in caplog.text
    assert next(s for s in house.pipeline.store.source_states() if s.name == "news").failing_since


def test_a_source_that_is_still_failing_is_told_of_while_it_is_left_alone(house: House) -> None:
    house.news.error = CollectError("news", "HTTP 429; slow down", retry_after=timedelta(hours=5))
    house.clock.forward(hours=1)
    house.pipeline.once()
    house.clock.forward(hours=1)
    assert "HTTP 429; slow down; not asked again before" in house.pipeline.once().failures[0]


def test_time_in_which_the_program_did_not_run_is_not_an_outage(house: House) -> None:
    house.live(hours=3)
    house.clock.forward(hours=16)
    house.news.error = CollectError("news", "cannot connect; no network")
    house.live(hours=1)
    assert house.pipeline.store.alerts() == []
    house.live(hours=4)
    assert [a.subject for a in house.pipeline.store.alerts()] == ["news"]


def test_a_clock_that_was_ahead_does_not_switch_detection_off(house: House) -> None:
    house.live(days=4)
    present = house.clock.instant
    house.clock.forward(days=1000)
    house.pipeline.once()
    house.clock.instant = present
    house.live(hours=5)
    for rule, subject in (("spike", "دیجی‌کالا"), ("stale_source", "forum")):
        _, evaluated = house.pipeline.store.rule_state(rule, subject)
        assert evaluated and evaluated <= house.clock.instant


def test_a_receiver_that_fails_does_not_hold_up_the_others(house: House) -> None:
    slow, quick = FakeNotifier(error=NotifyError("slow", "no answer in 10 s")), FakeNotifier()
    house.pipeline.receivers = [Receiver("slow", slow, "fa", Severity.P2), Receiver("quick", quick, "fa", Severity.P2)]
    asked: list[str] = []
    slow.send = lambda message: asked.append(message.key) or FakeNotifier.send(slow, message)  # type: ignore[method-assign,func-returns-value]
    house.live(hours=3)
    house.news.error = house.forum.error = CollectError("news", "HTTP 503; the server is busy")
    house.live(hours=4)
    assert len(quick.sent) == 2 and len(asked) <= 4


def test_a_storm_fires_once_with_its_evidence_and_clears_once(house: House) -> None:
    house.live(days=5)
    assert house.notifier.sent == []
    began = house.clock.instant
    for n in range(60):
        house.say(f"storm-{n}", f"سازم شکست و دیجی‌کالا جواب نداد، بسته نرسید {n}", author=f"angry-{n}", ago=n % 15)
    house.clock.forward(minutes=15)
    house.pipeline.once()
    firing = [a for a in house.pipeline.store.alerts(subject="دیجی‌کالا") if a.rule == "spike"]
    assert len(firing) == 1 and firing[0].state is AlertState.FIRING
    assert began - timedelta(hours=5) <= firing[0].starts_at <= house.clock.instant
    assert firing[0].evidence and {key.id for key in firing[0].evidence} <= {f"storm-{n}" for n in range(60)} | {
        m.id for m in house.news.mentions}
    assert len(house.notifier.sent) == 1 and "دیجی‌کالا" in house.notifier.sent[0].title
    house.live(days=1.5)
    assert [a.state for a in house.pipeline.store.alerts(subject="دیجی‌کالا") if a.rule == "spike"] == [AlertState.RESOLVED]
    assert len({m.key for m in house.notifier.sent}) == len(house.notifier.sent) <= 3


def test_a_storm_that_waits_for_its_scores_is_not_passed_over(house: House) -> None:
    house.live(days=4)
    house.scorer.fails = True
    for n in range(60):
        house.say(f"storm-{n}", "بسته از دیجی‌کالا نرسید", author=f"angry-{n}", ago=n % 10)
    house.clock.forward(minutes=5)
    house.pipeline.once()
    house.scorer.fails = False
    house.clock.forward(minutes=6)
    house.pipeline.once()
    assert [a.rule for a in house.pipeline.store.alerts()] == ["spike"]


def test_an_outage_is_an_alert_about_the_source_and_nothing_else(house: House) -> None:
    house.live(days=4)
    house.forum.error = CollectError("forum", "HTTP 503; the server is busy")
    house.live(hours=6)
    house.forum.error = None
    house.live(hours=6)
    assert {(a.rule, a.subject) for a in house.pipeline.store.alerts()} == {("stale_source", "forum")}
    assert house.pipeline.store.alerts()[0].state is AlertState.RESOLVED


def test_a_backlog_after_a_blackout_is_history_not_news(house: House) -> None:
    house.live(days=4)
    house.news.error = house.forum.error = CollectError("news", "cannot connect; no network")
    for hour in range(36):
        house.clock.forward(hours=1)
        for n in range(8):
            house.say(f"dark-{hour}-{n}", "دیجی‌کالا نرسید", author=f"dark-{hour}-{n}", ago=7 * n)
        house.pipeline.once()
    house.news.error = house.forum.error = None
    house.live(hours=3)
    assert {a.rule for a in house.pipeline.store.alerts()} == {"stale_source"}
    assert len(house.pipeline.store.traces("دیجی‌کالا", since=NOON, until=house.clock.instant)) > 288


def test_a_message_that_cannot_be_handed_over_is_tried_again_under_the_same_key(house: House) -> None:
    house.notifier.error = NotifyError("desk", "HTTP 502; the receiver is down")
    house.live(days=5)
    for n in range(60):
        house.say(f"storm-{n}", "بسته از دیجی‌کالا نرسید", author=f"angry-{n}", ago=n % 15)
    house.live(hours=1)
    assert house.notifier.sent == []
    house.notifier.error = None
    house.live(hours=2)
    keys = [message.key for message in house.notifier.sent]
    assert keys and len(set(keys)) == len(keys)


def test_a_receiver_that_refuses_for_good_is_disabled_and_seen(house: House) -> None:
    house.notifier.error = NotifyError("desk", "HTTP 404; mend the address", permanent=True)
    house.live(days=5)
    for n in range(60):
        house.say(f"storm-{n}", "بسته از دیجی‌کالا نرسید", author=f"angry-{n}", ago=n % 15)
    house.live(hours=1)
    fingerprint = next(a.fingerprint for a in house.pipeline.store.alerts() if a.rule == "spike")
    assert all(d.error for d in house.pipeline.store.deliveries(fingerprint))


def test_a_step_boundary_lies_on_five_minutes() -> None:
    assert floor(NOON + timedelta(minutes=7, seconds=3)) == NOON + timedelta(minutes=5)
