"""Answers of people: what is understood, who is heard, that everything happens once, and that two readers share one bot."""

from __future__ import annotations

import logging
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.notifiers import NOTIFIERS
from alerts.notifiers.bot_api import ANSWERS
from config.settings import Settings
from listener.app import read_settings
from listener.client import Client
from listener.collectors import telegram_bot
from listener.collectors.telegram import Options, TelegramCollector
from listener.pipeline import Receiver
from listener.replies import Replies, parse
from listener.service import Service
from listener.storage import Store, open_store
from listener.types import Alert, AlertState, Delivery, Message, Reason, Severity
from tests.fakes import NOON, FakeClock
from tests.listener.botserver import TOKEN, BotServer

ROOT = Path(__file__).resolve().parents[2]
BRAND = "چابک‌سبد"
SARA, REZA, GROUP = 42, 43, -1001


def an_alert(subject: str = BRAND, *, minutes: float = 0, **fields: Any) -> Alert:
    at = NOON - timedelta(minutes=30) + timedelta(minutes=minutes)
    return replace(Alert("spike", subject, at - timedelta(minutes=10), at, 31.0, 3.0, Severity.P1, AlertState.FIRING,
                         why={"told": True}, updated_at=at), **fields)


@dataclass
class House:
    """A store with alerts that three chats were told of: Sara's and Reza's own ones, and a group."""

    server: BotServer
    store: Store
    settings: Settings
    clock: FakeClock
    receivers: list[Receiver]

    def __post_init__(self) -> None:
        self.service = Service(self.store, self.settings, now=self.clock)
        self.replies = Replies(self.service, self.receivers)

    def fire(self, *alerts: Alert, to: tuple[str, ...] = ("sara", "reza", "desk")) -> list[str]:
        for alert in alerts:
            message = Message(f"{alert.fingerprint}-first", f"بحرانی · {alert.subject} · ۳۱ شکایت", ("چرا",), "fa", Reason.FIRST, alert=alert)
            self.store.save_pass(alerts=[alert], deliveries=[Delivery(message.key, name, message, alert.fired_at) for name in to],
                                 at=alert.fired_at)
            for name in to:
                self.store.delivery_sent(message.key, name, at=alert.fired_at)
        return [alert.fingerprint for alert in alerts]

    def alert(self, fingerprint: str) -> Alert:
        found = self.store.alert(fingerprint)
        assert found is not None
        return found

    def read(self) -> int:
        return self.replies.read()

    def answers(self, receiver: str | None = None) -> list[str]:
        """Return what waits to be said, oldest first: answers and notices."""
        waiting = [one for one in self.store.deliveries() if one.sent_at is None and one.cancelled_at is None]
        return [f"{one.receiver}: " + "\n".join((one.message.title, *one.message.lines))
                for one in sorted(waiting, key=lambda one: (one.due_at, one.key, one.receiver)) if receiver in (None, one.receiver)]


@pytest.fixture
def server() -> Iterator[BotServer]:
    made = BotServer()
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path: Path, server: BotServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("GOOSH_CONFIG", "GOOSH_HOME", "GOOSH_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BOT", TOKEN)
    receivers = "".join(f'[[receivers]]\nkind = "telegram"\nname = "{name}"\ntoken_env = "BOT"\nchat = {chat}\nbase_url = "{server.url}"\n'
                        for name, chat in (("sara", SARA), ("reza", REZA), ("desk", GROUP)))
    people = "".join(f'[[people]]\nname = "{name}"\nreceivers = ["{receiver}", "desk"]\n' for name, receiver in (("سارا کریمی", "sara"), ("رضا", "reza")))
    path = tmp_path / "goosh.toml"
    path.write_text(f'[[brands]]\nname = "{BRAND}"\n[[brands]]\nname = "پیک‌تیز"\n{receivers}{people}'
                    f'[[sources]]\nkind = "telegram"\nname = "channel"\nbot_token_env = "BOT"\nbot_url = "{server.url}"\n', encoding="utf-8")
    return read_settings(path)


def receivers_of(settings: Settings) -> list[Receiver]:
    return [Receiver(r.name, NOTIFIERS.load(r.kind)(r.name, NOTIFIERS.options(r.kind)(**r.options)), r.language) for r in settings.receivers
            if r.kind == "telegram"]


@pytest.fixture
def house(tmp_path: Path, server: BotServer, settings: Settings) -> Iterator[House]:
    telegram_bot._readers.clear()
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    made = House(server, store, settings.model_copy(update={"sources": ()}), FakeClock(), receivers_of(settings))
    yield made
    made.replies.close()
    store.close()


# ---------------------------------------------------------------------------------------------------- what is understood

@pytest.mark.parametrize(("text", "answer"), [
    ("۱", "take"), ("1", "take"), ("٢", "real"), ("3.", "not_ours"), ("۴)", "known"), ("1️⃣", "take"), ("/1@our_bot", "take"), (" ۱ \n", "take"),
    ("\u202e۱\u202c", "take"), ("برمی‌دارم", "take"), ("برمیدارم", "take"), ("بر می دارم", "take"), ("take", "take"), ("ACK!", "take"),
    ("/take", "take"), ("واقعی بود", "real"), ("not ours", "not_ours"), ("خبر داریم", "known"), ("۵", "mute"), ("۶", "resolve"),
    ("10", None), ("۰", None), ("7", None), ("", None), ("سلام", None), ("۱ سفارش دارم", None), ("take that", None), ("🔥", None),
    ("1" * 5_000, None), ("<b>1</b>", None)])
def test_numbers_of_any_script_words_and_commands_are_understood(text: str, answer: str | None) -> None:
    assert (said.answer if (said := parse(text)) else None) == answer


@pytest.mark.parametrize(("text", "mark", "why"), [
    ("۵ کمپین امروز", "", "کمپین امروز"), ("6: refunds paid", "", "refunds paid"), ("6 3fa1c02b paid", "3fa1c02b", "paid"),
    ("1 #3FA1", "3fa1", ""), ("بستم پول برگشت", "", "پول برگشت"), ("5\nline\x00 two", "", "line two")])
def test_a_mark_and_a_reason_may_follow(text: str, mark: str, why: str) -> None:
    said = parse(text)
    assert said is not None and (said.mark, said.why) == (mark, why)


# ---------------------------------------------------------------------------------------------------- what becomes of it

def test_who_takes_the_only_alert_has_it_and_all_who_were_told_are_told_once(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("۱", chat=SARA)
    assert house.read() == 1 and house.alert(alert).acknowledged_by == "سارا کریمی"
    assert len(house.answers()) == 3 and all("سارا کریمی" in one and "دیگر" in one or "خبر نمی‌شود" in one for one in house.answers())
    assert {one.split(":")[0] for one in house.answers()} == {"sara", "reza", "desk"}  # the notice is the answer, too
    assert all(one.message.quiet and one.message.reason is Reason.TAKEN for one in house.store.deliveries(alert) if not one.sent_at)
    assert house.read() == 0 and len(house.answers()) == 3
    house.server.say("۱", chat=SARA)
    house.read()
    assert len(house.answers()) == 3 and house.alert(alert).acknowledged_by == "سارا کریمی"  # said twice is said once


def test_taking_cancels_the_calls_that_were_written_ahead(house: House) -> None:
    (alert,) = house.fire(an_alert())
    later = Message(f"{alert}-second", "بحرانی", (), "fa", Reason.FIRST, alert=house.alert(alert))
    house.store.add_deliveries([Delivery(later.key, "boss", later, house.clock.instant + timedelta(minutes=10))])
    house.server.press(f"take:{alert}", chat=GROUP, user=REZA)
    house.read()
    (call,) = [one for one in house.store.deliveries(alert) if one.receiver == "boss"]
    assert call.cancelled_at and "رضا" in (call.error or "") and not [one for one in house.answers() if one.startswith("boss")]
    assert house.server.noticed() and "رضا" in house.server.noticed()[0]


@pytest.mark.parametrize("answer", ANSWERS[1:4])
def test_a_button_judges_and_says_so(house: House, answer: str) -> None:
    (alert,) = house.fire(an_alert())
    house.server.press(f"{answer}:{alert}", chat=GROUP, user=99, name="مینا")
    house.read()
    (verdict,) = house.store.verdicts(alert)
    assert (verdict.kind.value, verdict.who) == (answer, "مینا (telegram 99)")
    (said,) = house.answers()
    assert said.startswith("desk: ثبت شد") and f"#{alert[:8]}" in said


def test_an_alert_that_has_ended_can_still_be_judged_without_naming_it(house: House) -> None:
    (alert,) = house.fire(an_alert(state=AlertState.RESOLVED, resolved_at=NOON - timedelta(hours=1)))
    house.server.say("۳")
    house.server.say("۱")
    house.read()
    assert house.alert(alert).state is AlertState.REVIEWED and house.store.verdicts(alert)[0].kind.value == "not_ours"
    assert "هشدار بازی نیست" in house.answers()[-1]


@pytest.mark.parametrize(("answer", "number"), [("mute", "۵"), ("resolve", "۶")])
def test_a_reason_is_asked_for_and_is_the_next_thing_said(house: House, answer: str, number: str) -> None:
    (alert,) = house.fire(an_alert())
    house.server.press(f"{answer}:{alert}", chat=SARA)
    house.read()
    assert "علت را همین‌جا بنویسید" in house.answers()[0] and house.server.noticed()
    house.clock.forward(minutes=5)
    house.server.say("حل شد", chat=SARA)  # also where it sounds like an answer
    house.read()
    if answer == "mute":
        (silence,) = house.store.silences(house.clock.instant)
        assert (silence.subject, silence.rule, silence.why, silence.who) == (BRAND, "spike", "حل شد", "سارا کریمی")
        assert silence.until == house.clock.instant + timedelta(hours=4)
    else:
        assert house.alert(alert).state is AlertState.RESOLVED and house.alert(alert).why["resolved_by"] == "سارا کریمی"
        assert sum("بست" in one and "حل شد" in one for one in house.answers()) == 3
    house.server.say("و این هم", chat=SARA)
    house.read()
    assert len(house.store.silences(house.clock.instant)) == (answer == "mute") and "پاسخ دهید" in house.answers("sara")[-1]


def test_a_question_is_forgotten_in_a_quarter_of_an_hour_and_when_the_clock_is_set(house: House) -> None:
    (alert,) = house.fire(an_alert())
    for later in (timedelta(minutes=16), timedelta(days=-3)):
        house.server.say("۶", chat=SARA)
        house.read()
        house.clock.instant += later
        house.server.say("پول برگشت", chat=SARA)
        house.read()
        assert house.alert(alert).state is AlertState.FIRING
        house.clock.instant = NOON


def test_number_and_reason_in_one_message_need_no_question(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("۶ پول برگشت", chat=REZA)
    house.read()
    assert house.alert(alert).state is AlertState.RESOLVED
    assert any("resolve: پول برگشت" in event.what and event.who == "رضا" for event in house.store.events(subject=alert))


def test_of_several_alerts_the_person_is_asked_and_may_answer_either_way(house: House) -> None:
    first, second = house.fire(an_alert(), an_alert("پیک‌تیز", minutes=5))
    house.server.say("۱", chat=SARA)
    house.read()
    (asked,) = house.answers()
    assert "کدام هشدار" in asked and f"#{first[:8]}" in asked and f"#{second[:8]}" in asked and "۳۱ شکایت" in asked
    assert not house.alert(first).acknowledged_by and not house.alert(second).acknowledged_by
    house.server.say(f"1 {first[:4]}", chat=SARA)
    house.server.say("۱", chat=SARA, to=f"بحرانی\n«#deadbeef0 دروغ #{first[:8]}»\nپاسخ دهید: ۱ برمی‌دارم \u2068#{second[:8]}\u2069")
    house.read()
    assert house.alert(first).acknowledged_by == house.alert(second).acknowledged_by == "سارا کریمی"


def test_a_new_alert_is_taken_though_an_old_one_is_in_hand(house: House) -> None:
    old, new = house.fire(an_alert(), an_alert("پیک‌تیز", minutes=5))
    house.service.acknowledge(old, "رضا")
    house.server.say("۱", chat=SARA)
    house.read()
    assert (house.alert(old).acknowledged_by, house.alert(new).acknowledged_by) == ("رضا", "سارا کریمی")


def test_what_another_has_is_not_taken_away(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.service.acknowledge(alert, "رضا")
    before = len(house.answers())
    house.server.say("۱", chat=SARA)
    house.server.press(f"take:{alert}", chat=SARA)
    house.read()
    assert house.alert(alert).acknowledged_by == "رضا" and len(house.answers()) == before + 2
    assert "پیش از این" in house.answers("sara")[-1] and "رضا" in house.server.noticed()[0]


@pytest.mark.parametrize(("data", "said"), [("take:0123456789abcdef", "نداریم"), ("take:x", None), ("drop:0123456789abcdef", None), ("", None),
                                            ("take:" + "a" * 5_000, None)])
def test_a_button_of_nothing_does_nothing(house: House, data: str, said: str | None) -> None:
    house.fire(an_alert())
    house.server.press(data)
    house.read()
    assert [said in one for one in house.answers()] == [True] if said else house.answers() == []


def test_an_alert_that_is_over_is_said_to_be(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.service.resolve(alert, "رضا", "پول برگشت")
    house.server.press(f"take:{alert}")
    house.read()
    assert "پیش از این" in house.answers("sara")[-1] and "رضا" in house.answers("sara")[-1]


def test_a_receiver_is_spoken_to_in_its_own_language(house: House) -> None:
    house.replies._bots[next(iter(house.replies._bots))].receivers[0] = replace(house.receivers[0], language="en")
    (alert,) = house.fire(an_alert(), to=("desk",))
    house.server.say("1", chat=SARA)
    house.read()
    assert house.answers("sara")[0].startswith("sara: \u2068سارا کریمی\u2069 has it; nobody else is called.") and alert[:8] in house.answers("sara")[0]


# ---------------------------------------------------------------------------------------------------- who is heard

@pytest.mark.parametrize(("chat", "user", "fields"), [
    (666, 0, {}), (-666, SARA, {}), (GROUP, 99, {"public": "our_desk"}), (GROUP, 1, {"from": {"id": 1, "is_bot": True}})])
def test_strangers_are_passed_over_in_silence_and_logged(house: House, chat: int, user: int, fields: dict[str, Any],
                                                        caplog: pytest.LogCaptureFixture) -> None:
    (alert,) = house.fire(an_alert())
    with caplog.at_level(logging.INFO, "goosh.replies"):
        house.server.say("۱", chat=chat, user=user, **fields)
        if "from" not in fields:
            house.server.press(f"take:{alert}", chat=chat, user=user, **fields)
        assert house.read() == 0
    assert house.alert(alert).state is AlertState.FIRING and house.answers() == [] and house.server.noticed() == []
    assert ("not on the list" in caplog.text) is ("from" not in fields)


def test_in_a_public_chat_those_are_heard_whom_the_configuration_knows(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("۱", chat=GROUP, user=SARA, public="our_desk")
    house.read()
    assert house.alert(alert).acknowledged_by == "سارا کریمی"


def test_a_mute_that_cancels_calls_lets_them_be_made_when_it_ends(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.store.add_deliveries([Delivery("next", "reza", Message("next", "۲", (), "fa", Reason.FIRST, alert=house.alert(alert)),
                                         NOON + timedelta(minutes=10))])
    house.server.say("۵ جلسه دارم")
    house.read()
    assert house.alert(alert).why["owed"] == "repeat"
    assert next(one for one in house.store.deliveries(alert) if one.key == "next").cancelled_at is not None


def test_people_who_talk_in_a_group_are_left_alone(house: House) -> None:
    (alert,) = house.fire(an_alert())
    for text in ("سلام", "۶ سفارش نرسید", "done", "خبر داریم", "2026", "۱ دقیقه صبر کنید", "🔥" * 50):
        house.server.say(text, chat=GROUP, user=SARA)
    house.server.say("به نظرم جدی است", chat=GROUP, user=SARA, to="بحرانی #" + alert[:8])
    house.read()
    assert house.alert(alert).state is AlertState.FIRING and house.answers() == []
    house.server.say("۱", chat=GROUP, user=SARA)
    house.read()
    assert house.alert(alert).acknowledged_by == "سارا کریمی"


def test_a_lone_number_of_a_stranger_in_a_group_judges_nothing(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("۳", chat=GROUP, user=999)
    house.read()
    assert house.store.verdicts(alert) == [] and house.answers() == []
    house.server.say("۳", chat=GROUP, user=SARA)
    house.read()
    assert [one.kind for one in house.store.verdicts(alert)] == ["not_ours"]


def test_while_a_drill_goes_on_an_answer_that_names_no_alert_takes_none(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.store.save_drill(house.clock() + timedelta(minutes=5))
    house.server.say("۱")
    house.read()
    assert house.alert(alert).state is AlertState.FIRING and "کدام" in house.answers("sara")[-1]
    house.server.say("۱ " + alert[:8])
    house.read()
    assert house.alert(alert).acknowledged_by == "سارا کریمی"
    house.server.say("۱ abcd1234")
    house.read()
    assert "تمرین" in house.answers("sara")[-1]


def test_after_a_drill_an_answer_is_about_the_only_alert_again(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.store.save_drill(house.clock() - timedelta(days=9999))
    house.server.say("۱")
    house.read()
    assert house.alert(alert).state is AlertState.ACKNOWLEDGED


def test_what_was_written_before_an_alert_fired_is_not_about_it(house: House) -> None:
    (alert,) = house.fire(an_alert())
    fired = int(house.alert(alert).fired_at.timestamp())
    house.server.say("۱", date=fired - 3_600)  # waited while nobody read
    house.read()
    assert house.alert(alert).state is AlertState.FIRING and "هشدار بازی نیست" in house.answers()[0]
    house.server.say("۱", date=fired - 3_600)  # said now, to a house whose clock is an hour ahead of Telegram's
    house.read()
    assert house.alert(alert).state is AlertState.ACKNOWLEDGED


@pytest.mark.parametrize("text", ["\u202e\u2066<script>alert(1)</script> [x](https://evil.test) *b* `c`\x1b[31m\x00\ud800", "کلمه " * 100_000, "\u200f" * 100])
def test_hostile_reasons_and_names_stay_words(house: House, text: str) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("۵ " + text, chat=GROUP, user=99, name=text, to="#" + alert[:8])
    house.read()
    said = "".join(house.answers())
    assert said and not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066\u2067\ud800-\udfff]", said) and len(said) < 3_000
    for silence in house.store.silences(house.clock.instant):
        assert len(silence.why) <= 500 and silence.who.endswith("(telegram 99)") and "\u202e" not in silence.who + silence.why


def test_updates_of_any_shape_are_passed_over(house: House) -> None:
    shapes: list[Any] = [
        None, 5, "x", [], {}, {"chat": 1}, {"chat": {"id": "42"}, "from": {"id": 42}}, {"chat": {"id": 42}, "from": None},
        {"chat": {"id": SARA}, "from": {"id": SARA}, "text": ["1"], "date": 10**30, "reply_to_message": 7}]
    for data in shapes:
        for kind in ("message", "callback_query", "poll"):
            house.server.update(kind, data)
    house.read()
    assert house.store.bot(next(iter(house.replies._bots)))["offset"] == house.server.next


# ---------------------------------------------------------------------------------------------------- once

def test_an_update_that_comes_again_is_done_once(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("۵ کمپین")
    kept = list(house.server.updates)
    house.read()
    house.server.updates = kept  # Telegram gives it again until it is confirmed
    house.read()
    assert len(house.store.silences()) == 1 and len(house.answers()) == 1 and house.server.updates == []
    assert alert


def test_what_breaks_in_the_middle_is_not_half_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.fire(an_alert())
    house.server.say("۵ کمپین")

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(house.store, "save_bot", killed)
        house.read()
    assert house.store.silences() == [] and house.answers() == []
    house.read()
    assert len(house.store.silences()) == 1 and len(house.answers()) == 1


def test_a_mistake_of_ours_does_not_stop_the_next_answer(house: House, monkeypatch: pytest.MonkeyPatch,
                                                        caplog: pytest.LogCaptureFixture) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("۵ کمپین")
    house.server.say("۱")
    monkeypatch.setattr(house.service, "silence", lambda *_: 1 / 0)
    house.read()
    assert house.alert(alert).acknowledged_by == "سارا کریمی" and "a mistake of this program" in caplog.text


def test_a_bot_of_bale_is_heard_as_well_and_a_person_is_named_by_both(tmp_path: Path, server: BotServer, settings: Settings,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    bale = NOTIFIERS.load("bale")("desk", NOTIFIERS.options("bale")(token_env="BOT", chat=GROUP, base_url=server.url))
    house = House(server, store, settings, FakeClock(), [Receiver("desk", bale, "fa")])
    (alert,) = house.fire(an_alert(), to=("desk",))
    server.say("۲", chat=GROUP, user=SARA, name="Sara", to=f"#{alert[:8]}")  # a number of Telegram's is nobody's in Bale
    server.say("۱", chat=GROUP, user=77, name="Mina", to=f"#{alert[:8]}")
    house.read()
    assert [one.who for one in store.verdicts(alert)] == ["Sara (bale 42)"] and house.alert(alert).acknowledged_by == "Mina (bale 77)"
    assert all("allowed_updates" not in fields for _, fields in server.asked)
    house.replies.close()
    store.close()


def test_numbers_that_begin_anew_after_a_silent_week_are_heard(house: House) -> None:
    (alert,) = house.fire(an_alert())
    house.server.say("سلام")
    house.read()
    house.server.answer = lambda path, fields: (200, {"ok": True, "result": house.server.updates})  # type: ignore[method-assign]
    house.server.updates = []
    house.server.next = 5
    house.server.say("۱")
    house.read()
    assert house.alert(alert).acknowledged_by == "سارا کریمی" and house.store.bot(next(iter(house.replies._bots)))["offset"] == 6


def test_a_bot_that_cannot_be_read_is_left_alone_for_a_while_and_said_once(house: House, caplog: pytest.LogCaptureFixture,
                                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("listener.replies.time.monotonic", lambda: now[0])
    house.server.instead = 409, {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}
    with caplog.at_level(logging.WARNING, "goosh.replies"):
        for second in range(600):
            now[0] = float(second)
            house.read()
    assert caplog.text.count("another program reads this bot") == 1 and TOKEN not in caplog.text and 5 <= len(house.server.asked) <= 10
    house.server.instead = None
    (alert,) = house.fire(an_alert())
    house.server.say("۱")
    now[0] += 301
    house.read()
    assert house.alert(alert).acknowledged_by


# ---------------------------------------------------------------------------------------------------- two readers of one bot

@pytest.fixture
def sharing(tmp_path: Path, server: BotServer, settings: Settings) -> Iterator[tuple[House, Callable[[], list[str]]]]:
    """A house whose source reads the same bot; the second part polls it, commits, and returns the posts it got."""
    telegram_bot._readers.clear()
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    store.register_sources([("channel", "telegram")])
    made = House(server, store, settings, FakeClock(), receivers_of(settings))
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        collector = TelegramCollector("channel", Options(bot_token_env="BOT", bot_url=server.url), client, now=made.clock)

        def poll() -> list[str]:
            batch = collector.collect(store.cursor("channel"))
            store.commit_batch("channel", batch, matches=[], reach={}, start=made.clock(), end=made.clock(), now=made.clock())
            return [mention.id for mention in batch.mentions]

        yield made, poll
    made.replies.close()
    store.close()


def post(server: BotServer, number: int) -> None:
    server.update("channel_post", {"message_id": number, "date": 1_700_000_000, "text": "متن", "chat": {"id": -1009, "username": "ours", "type": "channel"}})


def test_neither_takes_what_the_other_has_not_stored(sharing: tuple[House, Callable[[], list[str]]]) -> None:
    house, poll = sharing
    (alert,) = house.fire(an_alert())
    post(house.server, 1)
    house.server.say("سلام", chat=GROUP)
    assert house.read() == 0 and house.read() == 0  # the answers go ahead, the post waits
    assert poll() == ["ours/1"]
    post(house.server, 2)
    house.server.say("۱", chat=SARA)
    assert poll() == ["ours/2"] and poll() == []  # the posts go ahead, the answer waits
    assert house.read() == 1 and house.alert(alert).acknowledged_by == "سارا کریمی"
    assert poll() == [] and house.read() == 0 and house.server.updates == []  # and in the end all is confirmed
    kinds = {str(fields.get("allowed_updates")).replace("'", '"').replace(" ", "") for method, fields in house.server.asked if method == "getUpdates"}
    assert all(kind in asked for asked in kinds for kind in ("message", "callback_query", "channel_post", "edited_channel_post"))


def test_in_any_order_each_gets_everything_once(sharing: tuple[House, Callable[[], list[str]]]) -> None:
    house, poll = sharing
    house.fire(an_alert())
    dice, posts, got = random.Random(5), 0, []
    for step in range(300):
        match dice.randrange(4):
            case 0:
                posts += 1
                post(house.server, posts)
            case 1:
                house.server.say(f"۵ علت {step}", chat=SARA)
                posts += 0
            case 2:
                got += poll()
            case _:
                house.read()
                house.clock.forward(seconds=1)
    house.read()
    got += poll()
    assert got == [f"ours/{number + 1}" for number in range(posts)]
    said = Counter(event.what.partition(": ")[2] for event in house.store.events(limit=10_000) if event.what.startswith("silence spike"))
    assert set(said.values()) == {1} and len(said) > 50


def test_a_source_that_nobody_reads_does_not_keep_answers_from_being_heard(sharing: tuple[House, Callable[[], list[str]]],
                                                                         caplog: pytest.LogCaptureFixture) -> None:
    house, poll = sharing
    (alert,) = house.fire(an_alert())
    post(house.server, 1)
    poll()
    house.read()
    for number in range(2, 250):
        post(house.server, number)
    house.server.say("۱", chat=SARA)
    for _ in range(5):
        house.read()
    assert house.alert(alert).acknowledged_by == "سارا کریمی" and "answers go before them" in caplog.text


# ---------------------------------------------------------------------------------------------------- killed

def survive(kills: int, server: BotServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT", TOKEN)
    database = f"sqlite:///{folder / 'goosh.sqlite'}"
    store = open_store(database)
    store.save_pass(alerts=[an_alert()], at=NOON)
    dice, said = random.Random(kills), 0
    for _ in range(kills):
        for _ in range(30):
            server.say(f"۵ علت {said}")
            said += 1
        house = answering(database, server.url)
        before, deadline = len(server.asked), time.monotonic() + 60
        while len(server.asked) == before and time.monotonic() < deadline:  # let it get to work before the kill
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.4))
        house.kill()
        _, err = house.communicate()
        assert house.returncode < 0, err
    last = answering(database, server.url, "--finish")
    out, err = last.communicate(timeout=120)
    assert out.strip() == "done", err
    done = Counter(event.what.partition(": ")[2] for event in store.events(limit=1_000_000) if event.what.startswith("silence spike"))
    assert done == Counter(f"علت {number}" for number in range(said))
    assert len([one for one in store.deliveries(limit=1_000_000) if one.key.startswith("answer-")]) == said
    store.close()


def answering(database: str, url: str, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "tests.listener.answering_house", database, url, *flags], cwd=ROOT,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.timeout(300)
def test_a_few_kills_lose_and_double_no_answer(server: BotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    survive(3, server, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_forty_kills_lose_and_double_no_answer(server: BotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    survive(40, server, tmp_path, monkeypatch)
