"""Digests through a real mail server: each once, on time or late and saying so, over crashes, clocks, new years and unsubscribing.

A mail that was taken by the server, while we were killed before we could note it, comes again under the same Message-ID: SMTP cannot
do better, and mailboxes show it once. Everything else comes once to the byte.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import event

from alerts.digest.periods import parse
from alerts.digest.text import text
from listener.app import App, open_app
from listener.service.farewell import farewell
from listener.storage import open_store
from tests.listener.digest_weeks import BRAND, CONFIG, DAY, DUE, HOUR, NAME, House, stormy

MINUTE = timedelta(minutes=1)
TO = ("pr@example.ir", "ceo@example.ir")


class Postbox:
    """A mail server that keeps what it took; ``shut``: it is there and takes nothing."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.shut = False
        with socket.socket() as free:  # the library looks for itself at the port it was told
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.shut:
            return "451 not now"
        for address in envelope.rcpt_tos:
            self.mails.append((address, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"

    def got(self) -> Counter[tuple[str, str]]:
        """Return how often each address got which mail."""
        return Counter((address, str(mail["Message-ID"])) for address, mail in self.mails)

    def close(self) -> None:
        self._controller.stop()


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    yield box
    box.close()


def config(port: int, more: str = "") -> str:
    return CONFIG.replace('security = "none"', f'security = "none"\nport = {port}').replace("[[sources]]", "[[sources]]\npaused = true") + more


class Running:
    """The program over one database, with a clock of the test's."""

    def __init__(self, database: Path, port: int, more: str = "", *, at: datetime, replace: tuple[str, str] = ("", "")) -> None:
        self.house = House(database, config(port, more).replace(*replace) if replace[0] else config(port, more))
        self.house.at = at
        self.app = self.start()

    def start(self) -> App:
        return open_app(self.house.settings, now=lambda: self.house.at)

    def turn(self, app: App | None = None, *, at: datetime | None = None) -> None:
        self.house.at = at or self.house.at
        chosen = app or self.app
        chosen.write_digests()
        chosen.pipeline.deliver()

    def close(self) -> None:
        self.app.close()
        self.house.close()


@pytest.fixture
def running(tmp_path: Path, postbox: Postbox) -> Iterator[Running]:
    made = Running(tmp_path / "goosh.sqlite", postbox.port, '\n[web]\nurl = "https://hooks.example.ir"\n', at=DUE - DAY)
    yield made
    made.close()


def test_everybody_gets_it_once_whoever_runs_and_however_often(running: Running, postbox: Postbox) -> None:
    running.turn()
    assert postbox.mails == []
    running.turn(at=DUE - timedelta(seconds=1))
    assert postbox.mails == []
    second = running.start()
    for app in (running.app, second, running.app):
        running.turn(app, at=DUE)
    second.close()
    third = running.start()
    running.turn(third, at=DUE + 3 * HOUR)
    running.turn(third, at=DUE - HOUR)  # a clock that is set back
    running.turn(third, at=DUE + 6 * DAY)
    third.close()
    assert set(postbox.got().values()) == {1} and sorted(address for address, _ in postbox.got()) == sorted(TO)
    running.turn(at=DUE + 7 * DAY)
    assert len(postbox.mails) == 4 and set(postbox.got().values()) == {1}


def test_a_mail_is_a_page_its_twin_its_pictures_and_a_way_out(running: Running, postbox: Postbox, tmp_path: Path) -> None:
    house = stormy(tmp_path / "storm.sqlite")
    house.close()
    made = Running(tmp_path / "storm.sqlite", postbox.port, '\n[web]\nurl = "https://hooks.example.ir"\n', at=DUE - DAY)
    made.turn()
    made.turn(at=DUE)
    address, mail = next(one for one in postbox.mails if one[0] == "ceo@example.ir")
    assert mail["To"] == "Boss <ceo@example.ir>" and "گزارش هفتگی" in str(mail["Subject"]) and mail["Content-Language"] == "fa"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    kept = made.house.service.kept_digest(BRAND, NAME, "fa")
    assert kept is not None
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and page is not None
    said = plain.get_content().replace("\r\n", "\n")
    assert said.startswith(text(kept).rsplit("--------------------", 1)[0])
    pictures = {str(part["Content-ID"]).strip("<>"): part.get_content() for part in mail.walk() if part.get_content_type() == "image/png"}
    assert set(pictures) == {"days", "days-dark"} and all(png.startswith(b"\x89PNG") for png in pictures.values())
    assert all(f"cid:{name}" in page.get_content() for name in pictures)
    link = str(mail["List-Unsubscribe"]).strip("<>")
    assert link.startswith("https://hooks.example.ir/unsubscribe?token=") and link in page.get_content().replace("&amp;", "&") and link in said
    token = link.partition("token=")[2]
    assert farewell(made.house.service, token, posted=False)[0] == 200
    assert made.house.service.subscribers()[0].unsubscribed_at is None  # mail filters follow links
    assert farewell(made.house.service, token, posted=True)[0] == 200 == farewell(made.house.service, token, posted=True)[0]
    assert farewell(made.house.service, token[:-1] + ("0" if token[-1] != "0" else "1"), posted=True)[0] == 404
    postbox.mails.clear()
    made.turn(at=DUE + 7 * DAY)
    assert [one[0] for one in postbox.mails] == ["pr@example.ir"]
    [view] = [one for one in made.house.service.subscribers() if one.unsubscribed_at]
    made.house.service.resubscribe(view.subscription.key, "سارا محمدی")
    made.turn(at=DUE + 14 * DAY)
    assert sorted(one[0] for one in postbox.mails[1:]) == sorted(TO)
    made.close()


@pytest.mark.parametrize(("url", "to", "ways", "one_click"), [
    ("https://hooks.example.ir", None, ["https"], True),
    ("http://hooks.example.ir", None, ["http"], False),
    (None, "pr@example.ir", ["mailto"], False),
    ("https://hooks.example.ir", "pr@example.ir", ["https", "mailto"], True),
    ("http://hooks.example.ir", "pr@example.ir", ["http", "mailto"], False),
    (None, None, [], False),
], ids=lambda value: str(value))
def test_whoever_gets_a_mail_can_end_it(tmp_path: Path, postbox: Postbox, url: str | None, to: str | None, ways: list[str], one_click: bool) -> None:
    """RFC 2369 knows addresses of every kind; one click (RFC 8058) is for https alone."""
    more = (f'\n[web]\nurl = "{url}"\n' if url else "")
    its = ('receiver = "mail"\n[[campaigns]]', f'receiver = "mail"\nunsubscribe_to = "{to}"\n[[campaigns]]') if to else ("", "")
    made = Running(tmp_path / "ways.sqlite", postbox.port, more, at=DUE - DAY, replace=its)
    made.turn()
    made.turn(at=DUE)
    _, mail = postbox.mails[0]
    header = str(mail["List-Unsubscribe"] or "")
    assert [one.strip(" <").partition(":")[0] for one in header.split(",") if one] == ways
    assert (mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is one_click and (mail["List-Unsubscribe-Post"] is None) is not one_click
    if to:
        body = mail.get_body(("plain",))
        word = re.search(r"subject=unsubscribe%20([^>]+)>", header)
        assert word is not None and body is not None and to in body.get_content() and word[1] in body.get_content()
        made.house.service.unsubscribe(word[1])
        assert [one for one in made.house.service.subscribers() if one.unsubscribed_at]
    made.close()


def test_after_a_week_of_downtime_what_was_missed_comes_late_and_says_so(running: Running, postbox: Postbox) -> None:
    running.turn()
    running.app.close()
    running.app = running.start()
    running.turn(at=DUE + 7 * DAY + 3 * HOUR)
    assert set(postbox.got().values()) == {1} and len(postbox.mails) == 4
    late = [mail for _, mail in postbox.mails if "۳۵" in str(mail["Subject"])]
    body = late[0].get_body(("plain",))
    assert len(late) == 2 and body is not None and "دیر رسید" in body.get_content() and "۷ روز و ۳ ساعت" in body.get_content()


def test_a_server_that_takes_nothing_for_days_gets_it_once_when_it_does(running: Running, postbox: Postbox) -> None:
    running.turn()
    postbox.shut = True
    at = DUE
    while at < DUE + 5 * DAY:
        running.turn(at=at)
        at += 12 * HOUR
    assert postbox.mails == []
    postbox.shut = False
    for _ in range(4):
        running.turn(at=at)
        at += 2 * HOUR
    assert set(postbox.got().values()) == {1} and len(postbox.mails) == 2
    body = postbox.mails[0][1].get_body(("plain",))
    assert body is not None and "دیر رسید" in body.get_content()


def test_one_that_is_configured_now_begins_now(running: Running, postbox: Postbox) -> None:
    running.turn(at=DUE + DAY)
    assert postbox.mails == []
    assert running.house.service.send_digest(BRAND, parse(NAME)) == 2  # unless somebody says so
    assert running.house.service.send_digest(BRAND, parse(NAME)) == 0
    running.turn()
    assert len(postbox.mails) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "start", "weeks", "first"), [
    ("Europe/Berlin", datetime(2026, 10, 14, tzinfo=UTC), 5, "1405-W30"),  # the clocks go back on 25 October
    ("Europe/Berlin", datetime(2027, 3, 17, tzinfo=UTC), 4, "1405-W52"),  # and forth on 28 March, a week after Nowruz
    ("Asia/Tehran", datetime(2026, 3, 4, tzinfo=UTC), 5, "1404-W51"),  # 1404 has 53 weeks, 1405 begins on a Saturday
    ("Asia/Tehran", datetime(2025, 3, 5, tzinfo=UTC), 4, "1403-W51"),  # 1403 is a leap year, and 1404 begins in its last week
])
def test_over_new_years_and_changes_of_the_clock_each_week_comes_once(tmp_path: Path, postbox: Postbox, zone: str, start: datetime, weeks: int,
                                                                      first: str) -> None:
    made = Running(tmp_path / "g.sqlite", postbox.port, at=start, replace=(f'name = "{BRAND}"\n[[brands]]', f'name = "{BRAND}"\ntimezone = "{zone}"\n[[brands]]'))
    sent: dict[str, datetime] = {}
    at = start
    while at < start + weeks * 7 * DAY:
        made.turn(at=at)
        for delivery in made.house.store.deliveries():
            sent.setdefault(delivery.key.split(":")[1], at)
        at += HOUR * 6 if at.weekday() != 5 else timedelta(minutes=30)
    names, expected = sorted(sent), [parse(first)]
    while len(expected) < weeks:
        expected.append(expected[-1].following())
    assert names == sorted(one.name for one in expected)
    from zoneinfo import ZoneInfo

    assert {when.astimezone(ZoneInfo(zone)).strftime("%A %H:%M") for when in sent.values()} == {"Saturday 08:00"}
    assert set(postbox.got().values()) == {1} and len(postbox.mails) == 2 * weeks
    made.close()


class Killed(BaseException):
    """The process ends here, as far as the database can tell."""


@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_killed_at_any_statement_it_sends_each_once_when_it_runs_again(tmp_path: Path, postbox: Postbox, kills: int) -> None:
    """Statements of one turn are counted; then a turn ends at one of them, and the program is started again."""
    template = Running(tmp_path / "template.sqlite", postbox.port, at=DUE - DAY)
    template.turn()
    template.close()

    def turn(database: Path, at: datetime, die_at: int | None) -> int:
        made, count = Running(database, postbox.port, at=at), 0

        def watch(*_: Any) -> None:
            nonlocal count
            count += 1
            if die_at is not None and count >= die_at:
                raise Killed

        event.listen(made.app.store._engine, "before_cursor_execute", watch)
        try:
            made.turn()
        except Killed:
            pass
        finally:
            event.remove(made.app.store._engine, "before_cursor_execute", watch)
            made.close()
        return count

    def copied(name: str) -> Path:
        path = tmp_path / name
        source, target = open_store(f"sqlite:///{(tmp_path / 'template.sqlite').as_posix()}"), path
        source.backup(tmp_path / f"{name}.goosh")
        source.close()
        from listener.storage import restore_backup

        restore_backup(f"sqlite:///{target.as_posix()}", tmp_path / f"{name}.goosh")
        return path

    whole = turn(copied("whole.sqlite"), DUE, None)
    assert set(postbox.got().values()) == {1} and len(postbox.mails) == 2
    for die_at in random.Random(8).sample(range(1, whole + 1), kills):
        postbox.mails.clear()
        database = copied(f"k{die_at}.sqlite")
        turn(database, DUE, die_at)
        taken = len(postbox.mails)
        turn(database, DUE + 6 * MINUTE, None)
        got = postbox.got()
        assert sorted(address for address, _ in got) == sorted(TO), die_at  # one Message-ID an address
        assert sum(got.values()) - 2 <= (1 if taken else 0), die_at  # again only what was taken in the moment of the kill


PROGRAM = """
import sys
from datetime import datetime
from pathlib import Path
from listener.app import open_app
from tests.listener.digest_weeks import settings_for
clock, database, text = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]).read_text("utf-8")
app = open_app(settings_for(database, text), now=lambda: datetime.fromisoformat(clock.read_text()))
print("up", flush=True)
while True:
    app.write_digests()
    app.pipeline.deliver()
"""


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_killed_for_real_at_random_moments_it_sends_each_once(tmp_path: Path, postbox: Postbox) -> None:
    stormy(tmp_path / "g.sqlite").close()
    clock, settings, dice, at = tmp_path / "clock", tmp_path / "settings.toml", random.Random(9), DUE - HOUR
    settings.write_text(config(postbox.port), "utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    kills = 0
    for week in range(3):
        for _ in range(4):
            clock.write_text(at.isoformat())
            with subprocess.Popen([sys.executable, "-c", PROGRAM, str(clock), str(tmp_path / "g.sqlite"), str(settings)], stdout=subprocess.PIPE,
                                  env=environment) as process:
                assert process.stdout is not None and process.stdout.readline() == b"up\n"
                if at < DUE:
                    time.sleep(0.5)  # it has learnt of the subscriptions before the first is due
                else:
                    time.sleep(dice.uniform(0.0, 1.2))
                process.send_signal(signal.SIGKILL)
            kills += 1
            at = max(at + 6 * MINUTE, DUE + week * 7 * DAY)
        at = DUE + (week + 1) * 7 * DAY
    made = Running(tmp_path / "g.sqlite", postbox.port, at=at - MINUTE)
    made.turn()
    made.close()
    got = postbox.got()
    assert kills == 12 and Counter(address for address, _ in got) == {address: 3 for address in TO}
    repeats = sum(got.values()) - len(got)
    print(json.dumps({"kills": kills, "mails": len(got), "taken twice in the moment of a kill": repeats}))
    assert repeats <= 2
