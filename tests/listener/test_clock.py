"""A clock that cannot be believed: nothing is judged by it, nothing is dated with it, and it is said once."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from listener.client.world import World
from listener.heartbeat import Heartbeat
from listener.pipeline import Pipeline, Source
from listener.pipeline.clock import ClockWatch
from listener.service.clock import CLOCK, CLOCK_RIGHT, HOUSE, clock_off, clock_wrong
from listener.storage import Store
from listener.types import Alert, AlertState, Mention
from tests.fakes import NOON, FakeClock, FakeCollector, a_mention
from tests.listener.test_pipeline import House, house  # noqa: F401  (a fixture)

YEARS = timedelta(days=731)
HOUR = timedelta(hours=1)


class Seconds:
    """A clock that nobody sets."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Machine:
    """A machine whose clock may be set, and a world that answers it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.steady, self.told = clock, Seconds(), list[timedelta | None]()
        self.true = clock.instant
        self.world = World(clock, self.steady)
        self.watch = ClockWatch(self.world, tell=self.told.append, steady=self.steady)

    def answer(self, *hosts: str, behind: timedelta = timedelta(0)) -> None:
        for host in hosts or ("a.example", "b.example"):
            self.world.hear(host, {"date": format_datetime((self.true - behind).astimezone(UTC), usegmt=True)})

    def forward(self, **span: float) -> None:
        self.true += timedelta(**span)
        self.clock.forward(**span)
        self.steady.seconds += timedelta(**span).total_seconds()

    def set(self, by: timedelta) -> None:
        self.clock.instant += by


@pytest.fixture
def machine() -> Machine:
    return Machine(FakeClock())


@pytest.mark.parametrize("by", [YEARS, -YEARS])
def test_a_clock_that_is_set_is_noticed_at_once_whatever_way_and_said_once(
        machine: Machine, by: timedelta, caplog: pytest.LogCaptureFixture) -> None:
    machine.answer()
    assert machine.watch.off() is None and not machine.watch.holds
    machine.set(by)
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            assert machine.watch.holds and machine.watch.off() == by
            machine.forward(seconds=30)
        machine.set(-by)
        assert not machine.watch.holds and machine.watch.off() is None
    side = "ahead of" if by > timedelta(0) else "behind"
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert f"17,544.0 hours {side} every host that answered; set it" in caplog.records[0].message
    assert machine.told == [by, None]


def test_one_host_that_agrees_is_enough_and_hosts_on_both_sides_say_nothing(machine: Machine) -> None:
    machine.answer("a.example", "b.example", behind=9 * HOUR)
    assert machine.watch.holds
    machine.answer("c.example")
    assert not machine.watch.holds
    machine.answer("c.example", behind=-9 * HOUR)
    assert not machine.watch.holds


def test_a_server_that_writes_its_local_time_as_gmt_stops_nothing_when_it_is_the_only_one(machine: Machine) -> None:
    machine.answer("one.example", behind=timedelta(hours=-3, minutes=-30))
    assert not machine.watch.holds
    machine.set(YEARS)
    assert machine.watch.holds


def test_an_answer_kept_by_a_cache_tells_the_time_by_its_age(machine: Machine) -> None:
    machine.world.hear("a.example", {"date": format_datetime(machine.true.astimezone(UTC) - 30 * HOUR, usegmt=True), "age": str(30 * 3600)})
    assert not machine.watch.holds


def test_while_it_is_wrong_a_source_is_read_now_and_then_to_hear_the_time(machine: Machine) -> None:
    machine.answer()
    machine.set(YEARS)
    assert not machine.watch.wants_word
    machine.forward(seconds=61)
    assert machine.watch.wants_word
    machine.answer()
    assert not machine.watch.wants_word


def test_a_start_that_looks_wrong_waits_a_minute_at_most_for_the_first_host(machine: Machine) -> None:
    machine.watch.doubt()
    assert machine.watch.holds and machine.watch.off() is None and machine.watch.wants_word
    machine.answer()
    assert not machine.watch.holds
    alone = Machine(FakeClock())
    alone.watch.doubt()
    alone.forward(seconds=61)
    assert not alone.watch.holds  # nobody answers: a house that only reads files has to look some day


def test_a_clock_that_its_caller_brought_is_believed() -> None:
    watch = ClockWatch()
    watch.doubt()
    assert not watch.holds and watch.off() is None and watch.wants_word


def test_the_outside_is_not_asked_while_the_rules_wait() -> None:
    asked, held = list[str](), [False]

    class Way:
        def get(self, url: str, *, source: str = "", max_bytes: int | None = None) -> object:
            asked.append(url)
            return None

        post = get

    heart = Heartbeat(Way(), "http://x.example/ping", variable="BEAT", every=timedelta(minutes=1), clock=Seconds(), held=lambda: held[0])
    heart.watching(lambda: None)()
    assert heart.beat() and [heart.state] == ["ok"]
    held[0] = True
    assert not heart.beat() and [heart.state] == ["quiet"] and len(asked) == 1
    held[0] = False
    assert heart.beat() and len(asked) == 2


# ---------------------------------------------------------------------------------------------------- the house

def _storm(house: House, machine: Machine) -> Alert:  # noqa: F811
    house.live(days=4)
    machine.true = house.clock.instant
    machine.answer()
    for number in range(40):
        house.say(f"storm-{number}", f"بسته از دیجی‌کالا نرسید {number}", author=f"angry-{number}", ago=3)
    _hour(house, machine)
    (alert,) = [a for a in house.pipeline.store.alerts() if a.rule == "spike"]
    assert alert.state is AlertState.FIRING
    return alert


def _hour(house: House, machine: Machine) -> None:  # noqa: F811
    machine.forward(hours=1)
    house.pipeline.once()


@pytest.mark.parametrize("by", [YEARS, -YEARS])
def test_nothing_starts_ends_or_is_dated_wrongly_while_the_clock_is_wrong_and_all_goes_on_after(house: House, by: timedelta) -> None:  # noqa: F811
    machine = Machine(house.clock)
    pipeline: Pipeline = house.pipeline
    pipeline.clock = machine.watch
    alert = _storm(house, machine)
    store: Store = pipeline.store
    before = (store.alerts(), store.source_states(), store.rule_state("spike", "دیجی‌کالا"), store.coverage(since=NOON - YEARS, until=NOON + 2 * YEARS),
              store.looks(since=NOON - 2 * YEARS, until=NOON + 2 * YEARS))
    told = len(house.notifier.sent)
    machine.set(by)
    house.news.publish(a_mention("while-wrong", "بسته از دیجی‌کالا نرسید، باز هم", minutes=(machine.true - NOON).total_seconds() / 60 - 1))
    for _ in range(3):
        _hour(house, machine)
        pipeline.visit(pipeline.sources[0])
    assert before == (store.alerts(), store.source_states(), store.rule_state("spike", "دیجی‌کالا"),
                      store.coverage(since=NOON - YEARS, until=NOON + 2 * YEARS), store.looks(since=NOON - 2 * YEARS, until=NOON + 2 * YEARS))
    assert len(house.notifier.sent) == told
    machine.set(-by)
    _hour(house, machine)
    assert any(one.mention.id == "while-wrong" for one in store.mentions(brand="دیجی‌کالا").items)  # it was read again
    for _ in range(30):
        house.say(f"calm-{machine.true:%d%H}", f"از دیجی‌کالا خرید کردم {machine.true:%d%H}")
        _hour(house, machine)
    ended = store.alert(alert.fingerprint)
    assert ended is not None and ended.state is AlertState.RESOLVED and ended.resolved_at is not None
    assert alert.fired_at < ended.resolved_at <= machine.true


class Pushed(FakeCollector):
    """An inbox: what is pushed into it is dated with the time it is told."""

    def accept(self, payload: bytes, now: datetime) -> list[Mention]:
        return [replace(a_mention(payload.decode(), "دیجی‌کالا"), published_at=now)]


def test_what_is_pushed_while_the_clock_is_wrong_is_kept_with_the_time_of_the_world(house: House) -> None:  # noqa: F811
    pipeline = house.pipeline
    pipeline.sources = [*pipeline.sources, Source("calls", "inbox", Pushed(), HOUR, 2 * HOUR)]
    pipeline.receive("calls", b"before")
    machine = Machine(house.clock)
    pipeline.clock = machine.watch
    machine.answer()
    for by in (YEARS, -2 * YEARS):
        machine.set(by)
        machine.forward(minutes=10)
        pipeline.receive("calls", f"call {by}".encode())
    for one in pipeline.store.mentions(brand="دیجی‌کالا").items:
        assert NOON <= one.mention.published_at <= machine.true
    spans = [span for span in pipeline.store.coverage(since=NOON - 2 * YEARS, until=NOON + 2 * YEARS) if span.source == "calls"]
    assert min(span.start for span in spans) >= NOON - HOUR and max(span.end for span in spans) == machine.true


def test_what_is_queued_goes_out_by_the_time_of_the_world(house: House) -> None:  # noqa: F811
    machine = Machine(house.clock)
    house.pipeline.clock = machine.watch
    _storm(house, machine)
    sent = len(house.notifier.sent)
    (delivery,) = house.pipeline.store.deliveries(limit=1)
    soon, later = machine.true + timedelta(minutes=1), machine.true + 10 * HOUR
    house.pipeline.store.add_deliveries([replace(delivery, key="soon", due_at=soon, sent_at=None, attempts=0, message=replace(delivery.message, key="soon")),
                                         replace(delivery, key="later", due_at=later, sent_at=None, attempts=0, message=replace(delivery.message, key="later"))])
    machine.set(-YEARS)
    machine.forward(minutes=2)
    house.pipeline.deliver()
    machine.set(2 * YEARS)
    house.pipeline.deliver()
    assert [message.key for message in house.notifier.sent[sent:]] == ["soon"]


def test_the_record_tells_other_processes_until_a_source_is_read_again(house: House) -> None:  # noqa: F811
    store = house.pipeline.store
    assert clock_off(store) is None
    store.log(HOUSE, clock_wrong(YEARS), CLOCK, house.clock.instant)
    assert clock_off(store) == YEARS
    store.log("sara", "pause", CLOCK, house.clock.instant + HOUR)  # a source of this name
    assert clock_off(store) == YEARS
    house.live(hours=2)  # the process was killed and begins anew with the right clock
    assert clock_off(store) is None
    store.log(HOUSE, clock_wrong(-YEARS), CLOCK, house.clock.instant + HOUR)
    store.log(HOUSE, CLOCK_RIGHT, CLOCK, house.clock.instant + HOUR)
    assert clock_off(store) is None
