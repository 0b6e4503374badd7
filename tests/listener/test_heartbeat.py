"""The dead man's switch: asked for while the engine lives, quiet when it does not, and never in anybody's way."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from listener.app import open_app, read_settings
from listener.cli.doctor import examine
from listener.client import Client
from listener.health import describe
from listener.heartbeat import Heartbeat
from listener.scheduler import plan

SECRET = "5f0c5d1e-8d2a-4b1c-9f6f-0a1b2c3d4e5f"


class Outside:
    """A service that expects to be asked: a real server on a real socket."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status = 200
        outside = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outside.asked.append((self.command, self.path))
                self.send_response(outside.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"OK")

            do_POST = do_GET

            def log_message(self, format: str, *arguments: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/ping/{SECRET}?create=1"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def outside() -> Iterator[Outside]:
    with closing(Outside()) as opened:
        yield opened


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def a_heart(url: str, clock: Clock | None = None, *, method: str = "GET", networks: tuple[str, ...] = ("127.0.0.0/8",)) -> Heartbeat:
    client = Client(allow_networks=networks, connect_timeout=2, read_timeout=2, total_timeout=4)
    return Heartbeat(client, url, variable="BEAT", every=timedelta(minutes=1), method=method, clock=clock or Clock())  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_address_is_asked_for_after_a_look_of_the_rules(outside: Outside, method: str) -> None:
    heart = a_heart(outside.url, method=method)
    assert not heart.beat() and outside.asked == []  # nothing was looked at yet
    heart.watching(lambda: None)()
    assert heart.beat() and outside.asked == [(method, f"/ping/{SECRET}?create=1")]


def test_it_keeps_quiet_when_no_look_has_ended_for_two_periods_and_says_so_once(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    heart = a_heart(outside.url, clock)
    look = heart.watching(lambda: None)
    look()
    clock.seconds += 119
    assert heart.beat()
    clock.seconds += 1
    with caplog.at_level(logging.INFO):
        assert not heart.beat() and not heart.beat()
    assert len(outside.asked) == 1 and len(caplog.records) == 1 and caplog.records[0].levelname == "ERROR"
    look()
    assert heart.beat() and len(outside.asked) == 2


def test_it_says_how_it_is_how_often_it_was_answered_and_when_last(outside: Outside) -> None:
    clock = Clock()
    heart = a_heart(outside.url, clock)
    assert (heart.state, heart.age, heart.answered, heart.failed) == ("quiet", None, 0, 0)  # nothing was looked at yet
    heart.watching(lambda: None)()
    heart.beat()
    clock.seconds += 30
    assert (heart.state, heart.age, heart.answered, heart.failed) == ("ok", timedelta(seconds=30), 1, 0)
    outside.status = 500
    heart.beat()
    assert (heart.state, heart.age, heart.answered, heart.failed) == ("failing", timedelta(seconds=30), 1, 1)
    clock.seconds += 120
    assert heart.state == "quiet" and heart.age == timedelta(seconds=150)


def test_a_look_that_fails_is_no_sign_of_life(outside: Outside) -> None:
    def broken() -> None:
        raise RuntimeError("a bug")

    heart = a_heart(outside.url)
    with pytest.raises(RuntimeError):
        heart.watching(broken)()
    assert not heart.beat() and outside.asked == []


def test_a_failure_is_logged_once_until_it_is_over(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    heart = a_heart(outside.url)
    heart.watching(lambda: None)()
    outside.status = 404
    with caplog.at_level(logging.INFO):
        assert [heart.beat() for _ in range(3)] == [False] * 3
        assert heart.trouble is not None and "404" in heart.trouble and heart.state == "failing"
        outside.status = 200
        assert heart.beat() and heart.trouble is None and heart.state == "ok"
    assert [record.levelname for record in caplog.records if record.name == "goosh.heartbeat"] == ["WARNING", "INFO"]


def closed_port() -> int:
    with closing(socket.socket()) as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@pytest.mark.parametrize(("address", "networks"), [
    ("refused", ("127.0.0.0/8",)), ("private", ()), ("http://[::bad/{secret}", ()), ("{secret}", ()), ("ftp://127.0.0.1/{secret}", ()),
    ("short", ("127.0.0.0/8",)),
], ids=["nobody listens", "a network that is not allowed", "no address", "no scheme", "another scheme", "a short path"])
def test_whatever_is_wrong_never_stops_anything_and_the_address_is_in_no_log(
        address: str, networks: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
    word = "pw-77" if address == "short" else SECRET
    url = f"http://127.0.0.1:{closed_port()}/{word}" if address in ("refused", "private", "short") else address.format(secret=SECRET)
    heart = a_heart(url, networks=networks)
    heart.watching(lambda: None)()
    with caplog.at_level(logging.DEBUG, logger="goosh"):
        assert not heart.beat()
    assert heart.trouble and word not in heart.trouble and word not in caplog.text and "'BEAT'" in caplog.text


# ---------------------------------------------------------------------------------------- in the house

@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "goosh.toml").write_text(f'[[brands]]\nname = "x"\n[client]\nallow = ["127.0.0.0/8"]\n[web]\nport = {closed_port()}\n'
                                         '[heartbeat]\nurl_env = "BEAT"\nevery = "30s"\n', encoding="utf-8")
    return tmp_path


def test_the_house_beats_beside_its_passes_and_says_how_it_goes(outside: Outside, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAT", outside.url)
    with open_app(read_settings(None)) as app:
        schedule = plan(app)
        schedule.start(paused=True)
        jobs = {job.id: job for job in schedule.get_jobs()}
        assert jobs["heartbeat"].trigger.interval == timedelta(seconds=30)
        jobs["detect"].func()
        jobs["heartbeat"].func()
        schedule.shutdown()
        assert [path for _, path in outside.asked] == [f"/ping/{SECRET}?create=1"]
        said = describe(app.health())
        assert said["heartbeat"] == "ok" and said["heartbeat_age_seconds"] < 60 and said["look_age_seconds"] < 60
        outside.status = 500
        assert app.heartbeat is not None and not app.heartbeat.beat()
        assert describe(app.health())["heartbeat"] == "failing" and app.health().well  # an alarm outside is no reason to restart us


def test_without_an_address_there_is_no_heartbeat(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BEAT", raising=False)
    with open_app(read_settings(None)) as app:
        assert app.heartbeat is None and describe(app.health())["heartbeat"] is None


def test_the_doctor_says_how_the_heartbeat_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> tuple[str, str]:
        return next((finding.state, finding.found) for finding in examine() if finding.what == "heartbeat")

    monkeypatch.delenv("BEAT", raising=False)
    assert told() == ("warning", "BEAT is not set here")
    monkeypatch.setenv("BEAT", f"https://hc.example/{SECRET}")
    assert told() == ("ok", "set up by BEAT; goosh does not run here now, or [web] is off")
    monkeypatch.setattr("listener.cli.doctor._running", lambda port: {"heartbeat": "failing"})
    assert told() == ("warning", "the address outside does not answer")
    (home / "goosh.toml").write_text('[[brands]]\nname = "x"\n', encoding="utf-8")
    assert told()[0] == "ok" and SECRET not in str(examine())
