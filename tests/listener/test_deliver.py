"""Messages on their way: one at a time, none stale, none doubled, none lost to a blip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts import lifecycle, paging
from alerts.notifiers import NOTIFIERS
from alerts.paging import Call
from alerts.rota import Person
from alerts.rules import RULES
from config import settings as config_settings
from listener.calendar import Holidays
from listener.collectors import COLLECTORS
from listener.errors import NotifyError
from listener.match import Matcher
from listener.pipeline import Pipeline, Receiver
from listener.service import Service
from listener.storage import Store, open_store
from listener.types import (
    STEP,
    Alert,
    AlertState,
    Brand,
    Delivery,
    Facts,
    Finding,
    Message,
    Reason,
    Series,
    Severity,
    State,
)
from tests.fakes import NOON, CannedScorer, FakeClock

BRAND = "دیجی‌کالا"
MINUTE = timedelta(minutes=1)
P1, P2 = Severity.P1, Severity.P2


@dataclass
class Told:
    """A receiver that asks ``before`` each message; what that raises is its answer."""

    sent: list[Message] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    before: Callable[[Message], object] | None = None

    def send(self, message: Message) -> None:
        self.asked.append(message.key)
        if self.before:
            self.before(message)
        self.sent.append(message)

    @property
    def reasons(self) -> list[Reason]:
        return [message.reason for message in self.sent]


class Finds:
    kind = "finds"
    about = "source"
    on = "step"
    history = timedelta(hours=1)

    def __init__(self, *findings: Finding) -> None:
        self.findings = list(findings)

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        return state, self.findings


@dataclass
class House:
    pipeline: Pipeline
    clock: FakeClock
    desks: dict[str, Told]

    @property
    def store(self) -> Store:
        return self.pipeline.store

    def look(self, *findings: Finding) -> None:
        facts = Facts(BRAND, self.clock(), self.clock() - STEP, Series(self.clock() - STEP, ()))
        self.pipeline._decide([("spike", Finds(*findings), facts, {})] if findings else [], [], self.pipeline.policy(), self.clock())

    def run(self, minutes: float) -> None:
        for _ in range(int(minutes * 2)):
            self.pipeline.deliver()
            self.clock.forward(seconds=30)

    def write(self, *keys: str, to: str = "r1", alert: Alert | None = None) -> None:
        self.store.add_deliveries([Delivery(key, to, Message(key, key, (), "fa", Reason.FIRST, alert=alert), self.clock()) for key in keys])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock, desks = FakeClock(), {name: Told() for name in ("r1", "r2", "r3")}
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    pipeline = Pipeline(store=store, sources=[], brands=[BRAND], matcher=Matcher((Brand(BRAND),)), scorer=CannedScorer, rules={},
                        receivers=[Receiver(name, desk, "fa") for name, desk in desks.items()], now=clock, timezone=ZoneInfo("Asia/Tehran"),
                        calls=in_turn)
    yield House(pipeline, clock, desks)
    store.close()


def in_turn(alert: Alert, reason: Reason, at: object) -> list[Call]:
    people = [Person("p1", ("r1",)), Person("p2", ("r2",)), Person("p3", ("r3",), "lead")]
    return paging.plan(alert, reason, receivers=[paging.Seat(one) for one in ("r1", "r2", "r3")], people=people, rota=[], hours=paging.Hours(),
                       holidays=Holidays(), zone=ZoneInfo("Asia/Tehran"), at=at)  # type: ignore[arg-type]


def found(at: object, severity: Severity = P1, *, firing: bool = True) -> Finding:
    why = {"authors": 50, "scored": 40, "unsure": 2, "ratio": 2.5, "level": 2, "spread": 2, "series": "negative", "new": True, "mentions": 50}
    return Finding("spike", BRAND, at, at - timedelta(hours=1), 30, 3, severity, firing, (), why)  # type: ignore[arg-type,operator]


def down(message: Message) -> None:
    raise NotifyError("r1", "down")


class TestWhatALookTells:
    @pytest.mark.parametrize("severity", [P1, P2])
    def test_what_began_and_ended_in_one_look_is_one_message_to_who_would_have_been_called_first(self, house: House, severity: Severity) -> None:
        house.look(found(NOON - 300 * MINUTE, severity), found(NOON - 180 * MINUTE, firing=False))
        house.run(90)
        assert {name: desk.reasons for name, desk in house.desks.items()} == {"r1": [Reason.RESOLVED], "r2": [], "r3": []}
        assert house.desks["r1"].sent[0].lines and house.store.pending_deliveries() == 0

    def test_what_grew_in_the_look_it_began_in_is_told_once_as_it_is_now(self, house: House) -> None:
        house.look(found(NOON - 10 * MINUTE, P2), found(NOON - 5 * MINUTE, P1))
        house.run(90)
        assert {name: desk.reasons for name, desk in house.desks.items()} == {name: [Reason.FIRST] for name in ("r1", "r2", "r3")}
        told = house.desks["r1"].sent[0].alert
        assert told and told.severity is P1

    def test_an_all_clear_goes_to_nobody_whose_turn_had_not_come(self, house: House) -> None:
        house.look(found(NOON - 12 * MINUTE))  # its source was read late
        house.run(5)
        house.look(found(house.clock(), firing=False))
        house.run(90)
        assert {name: desk.reasons for name, desk in house.desks.items()} == {"r1": [Reason.FIRST, Reason.RESOLVED], "r2": [], "r3": []}

    def test_no_alarm_rings_after_its_all_clear_and_who_missed_it_hears_that_it_was(self, house: House) -> None:
        house.desks["r1"].before = down
        house.look(found(NOON))
        house.run(7)
        house.desks["r1"].before = None
        house.look(found(house.clock(), firing=False))
        house.run(90)
        assert {name: desk.reasons for name, desk in house.desks.items()} == {"r1": [Reason.RESOLVED], "r2": [], "r3": []}


class TestOneAtATime:
    def test_a_blip_delays_no_message_but_the_one_it_hit(self, house: House) -> None:
        house.write(*(f"k{number}" for number in range(10)))
        house.desks["r1"].before = down
        house.pipeline.deliver("r1")
        house.desks["r1"].before = None
        house.clock.forward(seconds=1)
        assert house.pipeline.deliver("r1") == 9

    def test_only_what_was_tried_counts_as_tried(self, house: House) -> None:
        house.write(*(f"k{number}" for number in range(60)))
        house.desks["r1"].before = down
        for _ in range(12 * 6):
            house.pipeline.deliver("r1")
            house.clock.forward(minutes=10)
        assert sum(one.attempts for one in house.store.deliveries()) == len(house.desks["r1"].asked)
        house.desks["r1"].before = None
        house.run(240)
        assert len({message.key for message in house.desks["r1"].sent}) == 60

    def test_whoever_takes_an_alert_stops_what_is_not_sent_yet(self, house: House) -> None:
        fired = Alert("spike", BRAND, NOON, NOON, 5, 1, P1, AlertState.FIRING, (), {"told": True}, updated_at=NOON)
        house.store.save_pass(alerts=[fired], at=NOON)
        house.write("k0", "k1", "k2", alert=fired)
        house.desks["r1"].before = lambda message: house.store.update_alert(
            lifecycle.acknowledge(fired, "sara", house.clock()), who="sara", what="acknowledge", at=house.clock(), stop=True)
        house.pipeline.deliver("r1")
        assert [message.key for message in house.desks["r1"].sent] == ["k0"]

    def test_a_slow_receiver_gets_nothing_twice_while_the_outbox_is_tidied(self, house: House) -> None:
        house.write(*(f"k{number}" for number in range(50)))

        def slowly(_: Message) -> None:
            house.clock.forward(seconds=9)
            house.pipeline.tidy()

        house.desks["r1"].before = slowly
        house.pipeline.deliver("r1")
        assert len(house.desks["r1"].asked) == len(set(house.desks["r1"].asked)) == 50

    def test_a_mistake_in_a_notifier_holds_up_its_message_only(self, house: House, caplog: pytest.LogCaptureFixture) -> None:
        house.write("k0", "k1", "k2")

        def broken(message: Message) -> None:
            if message.key == "k0":
                raise ValueError("a secret")

        house.desks["r1"].before = broken
        assert house.pipeline.deliver("r1") == 2
        house.run(30)
        [error] = [one.error for one in house.store.deliveries() if one.key == "k0"]
        assert error == "r1: a mistake in its notifier (ValueError); report it"
        assert sum(record.exc_info is not None for record in caplog.records) == 1


class TestReceivers:
    def refuse(self, house: House, *, of_message: bool = False) -> None:
        def refusing(message: Message) -> None:
            raise NotifyError("r1", "HTTP 403", permanent=True, of_message=of_message)

        house.desks["r1"].before = refusing

    def test_one_refusal_disables_nobody(self, house: House) -> None:
        house.write("k0")
        self.refuse(house)
        house.run(1)
        house.desks["r1"].before = None
        house.run(5)
        assert [message.key for message in house.desks["r1"].sent] == ["k0"]
        assert [(one.disabled_at, one.refusals) for one in house.store.receivers()] == [(None, 0)]

    def test_who_refuses_for_ten_minutes_is_disabled_and_the_others_are_told(self, house: House) -> None:
        house.write("k0")
        self.refuse(house)
        house.run(9)
        assert not any(one.disabled_at for one in house.store.receivers())
        house.run(10)
        assert [(one.name, one.error) for one in house.store.receivers() if one.disabled_at] == [("r1", "r1: HTTP 403")]
        for name in ("r2", "r3"):
            [message] = house.desks[name].sent
            assert "«r1»" in message.title and not message.quiet

    def test_a_restart_between_refusals_forgets_none_of_them(self, house: House) -> None:
        """Under ``goosh once`` every try is another process."""
        house.write("k0")
        self.refuse(house)
        for _ in range(60):
            replace(house.pipeline).deliver()
            house.clock.forward(seconds=30)
        [r1] = [one for one in house.store.receivers() if one.name == "r1"]
        assert r1.disabled_at is not None and r1.refusals >= 3

    def test_who_enables_it_gives_it_all_its_chances_again(self, house: House) -> None:
        house.write("k0")
        self.refuse(house)
        house.run(30)
        house.store.enable_receiver("r1", at=house.clock())
        house.run(5)
        [r1] = [one for one in house.store.receivers() if one.name == "r1"]
        assert r1.disabled_at is None and 1 <= r1.refusals

    def test_a_text_that_is_refused_is_given_up_and_the_next_one_goes_out(self, house: House) -> None:
        house.write("k0", "k1")
        self.refuse(house, of_message=True)
        house.pipeline.deliver("r1")
        house.desks["r1"].before = None
        house.write("k2")
        house.run(30)
        assert [message.key for message in house.desks["r1"].sent] == ["k2"] and not house.store.receivers()

    def test_what_waits_for_a_receiver_that_is_gone_is_given_up(self, house: House) -> None:
        house.write("k0", to="gone")
        house.pipeline.tidy()
        assert house.store.pending_deliveries() == 0
        assert [one.name for one in house.store.receivers()] == ["gone"]


class TestWhatAPersonCloses:
    """Whose alarm was to come hears of the end once, in words that stand alone; nobody else hears of it."""

    def close(self, house: House) -> None:
        [alert] = house.store.alerts()
        settings = config_settings.parse('[[brands]]\nname = "اسنپ"', where="test", collectors=COLLECTORS, rules=RULES, notifiers=NOTIFIERS, environment={})
        Service(house.store, settings, now=house.clock).resolve(alert.fingerprint, "سارا", "پول برگشت")

    @pytest.mark.parametrize("disabled", [False, True], ids=["down", "disabled"])
    def test_a_receiver_that_was_down_when_it_fired_hears_once_that_it_was_and_is_over(self, house: House, disabled: bool) -> None:
        if disabled:
            house.store.disable_receiver("r1", "HTTP 403", house.clock())
        house.desks["r1"].before = down
        house.look(found(NOON))
        house.run(5)
        self.close(house)
        house.run(1)
        house.desks["r1"].before = None
        house.store.enable_receiver("r1", at=house.clock())
        house.run(90)
        [told] = house.desks["r1"].sent
        assert told.reason is Reason.RESOLVED and told.quiet
        assert told.title.startswith("شاید هشدار این ماجرا به شما نرسیده باشد.") and BRAND in told.title and "پول برگشت" in told.title
        assert not house.desks["r2"].sent and not house.desks["r3"].sent and house.store.pending_deliveries() == 0

    def test_who_heard_the_alarm_hears_the_end(self, house: House) -> None:
        house.look(found(NOON))
        house.run(5)
        self.close(house)
        house.run(90)
        assert {name: desk.reasons for name, desk in house.desks.items()} == {"r1": [Reason.FIRST, Reason.RESOLVED], "r2": [], "r3": []}
        assert house.desks["r1"].sent[-1].title.startswith("\u2068سارا\u2069 ساعت")


class TestAge:
    """A day, however often it was tried; an alarm for as long as its alert stands."""

    def fire(self, house: House) -> Alert:
        house.look(found(house.clock(), P1))
        [alert] = house.store.alerts()
        return alert

    def test_an_alarm_is_tried_for_a_day_and_says_how_late_it_is(self, house: House) -> None:
        house.desks["r1"].before = down
        self.fire(house)
        house.run(60 * 23)
        assert all(not one.sent_at for one in house.store.deliveries() if one.receiver == "r1")
        house.desks["r1"].before = None
        house.run(75)
        [message] = house.desks["r1"].sent
        assert message.lines[0].startswith("این پیام ") and message.lines[0].endswith(" دیر فرستاده شد.")
        assert len(house.desks["r1"].asked) < 40

    def test_after_a_day_it_is_given_up(self, house: House) -> None:
        house.desks["r1"].before = down
        self.fire(house)
        house.run(60 * 26)
        asked = len(house.desks["r1"].asked)
        house.run(60 * 10)
        assert len(house.desks["r1"].asked) == asked and house.store.pending_deliveries() == 0

    def test_an_alarm_that_waited_for_a_disabled_receiver_comes_however_late_while_the_alert_stands(self, house: House) -> None:
        house.store.disable_receiver("r1", "HTTP 403", house.clock())
        self.fire(house)
        house.clock.forward(hours=72)
        house.store.enable_receiver("r1", at=house.clock())
        house.pipeline.deliver()
        [message] = house.desks["r1"].sent
        assert "۳ روز" in message.lines[0]

    def test_what_is_about_no_alert_and_older_than_a_week_is_of_no_use(self, house: House) -> None:
        house.write("old")
        house.store.disable_receiver("r1", "HTTP 403", house.clock())
        house.clock.forward(hours=9 * 24)
        house.write("new")
        house.store.enable_receiver("r1", at=house.clock())
        house.pipeline.deliver()
        assert [message.key for message in house.desks["r1"].sent] == ["new"]


def test_what_was_written_while_the_clock_was_ahead_goes_out_and_the_calls_keep_their_distances(house: House) -> None:
    house.clock.forward(hours=3.5)
    house.look(found(house.clock()))
    house.clock.forward(hours=-3.5)
    house.run(1)
    assert {name: len(desk.sent) for name, desk in house.desks.items()} == {"r1": 1, "r2": 0, "r3": 0}
    house.run(10)
    assert len(house.desks["r2"].sent) == 1
    assert house.store.hasten_deliveries(house.clock()) == 0
