"""``goosh drill``: the people who would be called are called, and nobody can take it for earnest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.app import read_settings
from listener.cli import drill as room
from listener.errors import NotifyError
from listener.storage import Store, open_store
from listener.types import Alert, AlertState, MentionKey, Message, Reason, Severity
from tests.listener.terminal import goosh

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SETTINGS = """language = "en"
[[brands]]
name = "دیجی‌کالا"
[[receivers]]
kind = "console"
name = "team"
language = "fa"
[[receivers]]
kind = "console"
name = "sara"
[[receivers]]
kind = "console"
name = "reza"
[[receivers]]
kind = "console"
name = "elsewhere"
min_severity = "P1"
[[people]]
name = "Sara"
receivers = ["sara"]
[[people]]
name = "Reza"
receivers = ["reza"]
role = "lead"
"""


@pytest.fixture(autouse=True)
def a_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    Path("goosh.toml").write_text(SETTINGS, encoding="utf-8")
    yield


class Desk:
    """Receives for everybody; ``shut`` ones fail."""

    def __init__(self, *shut: str) -> None:
        self.got: list[tuple[str, Message]] = []
        self.shut = shut

    def of(self, name: str) -> Any:
        desk = self

        class One:
            def send(self, message: Message) -> None:
                if name in desk.shut:
                    raise NotifyError(name, "the line is dead")
                desk.got.append((name, message))

        return One()


def exercise(desk: Desk, *, severity: Severity = Severity.P1, speed: float = 60) -> room.Exercise:
    settings = read_settings(None)
    alert, posts = room._packaged(NOW)
    made = room.Exercise(settings, room._begun(alert, NOW), posts, speed)
    made.notifiers = {receiver.name: desk.of(receiver.name) for receiver in settings.receivers}
    return made


def patient(*answers: bool) -> Any:
    """Return a ``wait`` that takes no time and gives these answers, then False; it keeps what it was asked."""
    given = iter(answers)

    def wait(seconds: float) -> bool:
        wait.asked.append(seconds)  # type: ignore[attr-defined]
        return next(given, False)

    wait.asked = []  # type: ignore[attr-defined]
    return wait


def test_every_message_is_marked_in_its_title_and_first_line_in_its_language() -> None:
    desk = Desk()
    made = exercise(desk)
    made.run(made.calls(Reason.FIRST, NOW), NOW, wait=patient())
    assert {name for name, _ in desk.got} == {"team", "sara", "reza", "elsewhere"}
    for _, message in desk.got:
        mark = "تمرین" if message.language == "fa" else "DRILL"
        assert message.title.startswith(mark) and message.lines[0].startswith(mark)
        assert message.alert is not None and message.alert.why["drill"] and message.key.startswith("drill-") and message.url is None


def test_the_second_person_is_called_after_the_real_patience_in_the_time_of_the_drill() -> None:
    desk, wait = Desk(), patient()
    made = exercise(desk, speed=60)
    assert made.run(made.calls(Reason.FIRST, NOW), NOW, wait=wait) is None
    first = [row["receiver"] for row in made.sent if row["reason"] == "first" and row["after"] == 0]
    assert "sara" in first and "reza" not in first
    later = next(row for row in made.sent if row["receiver"] == "reza" and row["reason"] == "first")
    assert later["after"] >= 600 and wait.asked[0] == later["after"] / 60


def test_once_somebody_has_taken_it_nobody_else_is_called_and_the_end_is_told() -> None:
    desk = Desk()
    made = exercise(desk)
    taken = made.run(made.calls(Reason.FIRST, NOW), NOW, wait=patient(True))
    assert taken is not None and taken <= 10 * MINUTE
    assert "reza" not in {name for name, _ in desk.got}
    assert {name for name, message in desk.got if message.reason is Reason.RESOLVED} == {"team", "sara", "elsewhere"}


def test_whoever_breaks_it_off_the_end_is_told_to_those_who_were_called() -> None:
    desk = Desk()
    made = exercise(desk)

    def broken_off(seconds: float) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.run(made.calls(Reason.FIRST, NOW), NOW, wait=broken_off)
    called = {name for name, message in desk.got if message.reason is Reason.FIRST}
    assert called and {name for name, message in desk.got if message.reason is Reason.RESOLVED} == called


def test_it_is_noted_in_the_store_while_it_goes_on() -> None:
    settings = read_settings(None)
    until = datetime.now(UTC) + timedelta(hours=1)
    with pytest.raises(KeyboardInterrupt), room._noted(settings, until):
        with closing(a_store()) as store:
            assert store.drill_until() == until
        raise KeyboardInterrupt
    with closing(a_store()) as store:
        assert (over := store.drill_until()) and over < until


def test_its_length_is_that_of_the_calls_at_its_speed() -> None:
    made = exercise(Desk(), speed=60)
    calls = made.calls(Reason.FIRST, NOW)
    assert timedelta(seconds=20) <= made.length(calls, NOW) - room.SENDING * len(calls) <= timedelta(hours=1)


def test_a_receiver_that_fails_is_named_and_the_others_are_called() -> None:
    desk = Desk("sara")
    made = exercise(desk)
    made.run(made.calls(Reason.FIRST, NOW), NOW, wait=patient())
    assert {row["receiver"] for row in made.failed} == {"sara"} and "team" in {name for name, _ in desk.got}


def a_store() -> Store:
    return open_store(f"sqlite:///{Path('home/goosh.sqlite').absolute()}")


def test_a_past_alert_is_told_once_more_and_nothing_is_stored() -> None:
    past = Alert("spike", "دیجی‌کالا", NOW - 99 * MINUTE, NOW - 90 * MINUTE, 40, 3, Severity.P2, AlertState.RESOLVED,
                 (MentionKey("rss", "1"),), {"window": 900, "seen": 40, "told": True}, resolved_at=NOW)
    with closing(a_store()) as store:
        store.save_pass(at=NOW, alerts=[past])
    said = goosh("drill", past.fingerprint[:6], "--speed", "3600", "--yes", "--json")
    assert said.code == 0, said.err
    told = said.out[said.out.index('{\n'):]
    assert '"failed": []' in told and "DRILL" in said.out and past.fingerprint not in told
    with closing(a_store()) as store:
        assert store.alerts() == [past] and store.verdicts() == [] and store.pending_deliveries() == 0


def test_without_a_terminal_it_asks_for_a_yes() -> None:
    said = goosh("drill")
    assert said.code == 1 and "--yes" in said.err and "DRILL" not in said.out


@pytest.mark.parametrize(("arguments", "what"), [(("--severity", "P9"), "P1, P2, P3"), (("feed0000",), "fits 0 alerts")])
def test_what_cannot_be_drilled_is_said(arguments: tuple[str, ...], what: str) -> None:
    said = goosh("drill", *arguments, "--yes")
    assert said.code == 2 and what in said.err

