"""The board as a process: what it is told, and that the two ways of starting it say the same."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import reads, serve
from listener.errors import ConfigError
from tests.dashboard.house import NOW, settings_for

ROOT = Path(__file__).resolve().parents[2]


def test_the_file_for_starting_by_hand_says_what_the_flags_say() -> None:
    def flat(table: dict[str, object], prefix: str = "") -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in table.items():
            found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
        return found

    written = flat(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")))
    assert written == {**serve.OPTIONS, "server.address": "127.0.0.1", "server.port": 8501}


def test_nothing_is_told_to_anybody_and_no_traceback_is_shown() -> None:
    command = serve.command(port=8501, bind="127.0.0.1")
    assert {"--browser.gatherUsageStats=false", "--server.headless=true", "--server.address=127.0.0.1", "--client.showErrorDetails=none",
            "--client.disableDataExport=true"} <= set(command)


@pytest.mark.parametrize(("bind", "url", "hosts"), [
    ("127.0.0.1", None, ["127.0.0.1", "localhost"]), ("127.0.0.1", "https://goosh.example/board", ["127.0.0.1", "localhost", "goosh.example"]),
    ("localhost", None, ["localhost", "127.0.0.1"]), ("0.0.0.0", None, []), ("10.0.0.5", None, []),
])
def test_a_board_for_this_machine_answers_to_its_own_names_only(bind: str, url: str | None, hosts: list[str]) -> None:
    command = serve.command(port=8501, bind=bind, url=url)
    assert [flag.partition("=")[2] for flag in command if flag.startswith("--server.allowedHosts=")] == hosts


def test_settings_made_in_memory_arrive_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path / "x.sqlite")
    given = serve.environment(settings, now=NOW)
    for name in ("GOOSH_SETTINGS", "GOOSH_DATABASE", "GOOSH_NOW"):
        monkeypatch.setenv(name, given[name])
    assert reads.read_settings() == settings and reads.clock() == NOW


def test_a_scenarios_clock_is_a_file_that_moves_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = tmp_path / "clock"
    given = serve.environment(settings_for(tmp_path / "x.sqlite"), now=clock)
    monkeypatch.setenv("GOOSH_NOW", given["GOOSH_NOW"])
    for instant in (NOW, NOW.replace(hour=7)):
        clock.write_text(instant.isoformat())
        assert reads.clock() == instant
    assert not reads.live()


def test_settings_of_a_file_are_read_from_it_without_knowing_any_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "goosh.toml"
    path.write_text('database = "sqlite:///x"\n[[brands]]\nname = "الف"\n[[sources]]\nkind = "martian"\nname = "m"\n'
                    '[sources.options]\nsaucer = "green"\n', encoding="utf-8")
    settings = settings_for(tmp_path / "y.sqlite").model_copy(update={"path": path})
    given = serve.environment(settings)
    assert "GOOSH_SETTINGS" not in given and given["GOOSH_CONFIG"] == str(path) and given["GOOSH_DATABASE"] == settings.database
    monkeypatch.delenv("GOOSH_SETTINGS", raising=False)
    monkeypatch.setenv("GOOSH_CONFIG", str(path))
    monkeypatch.setenv("GOOSH_DATABASE", "sqlite:////elsewhere")
    read = reads.read_settings()
    assert (read.sources[0].kind, read.brands[0].name, read.database) == ("martian", "الف", "sqlite:////elsewhere")


def test_settings_too_large_for_an_environment_are_refused_in_words(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "x.sqlite")
    large = settings.model_copy(update={"brands": settings.brands * 2_000})
    with pytest.raises(ValueError, match="too large to hand over; write them to a file"):
        serve.environment(large)


def test_starting_the_board_does_not_pull_streamlit_into_the_listener() -> None:
    code = "import sys, dashboard.serve; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_font_and_licence_ship_together() -> None:
    static = ROOT / "dashboard" / "static"
    assert (static / "Vazirmatn.woff2").read_bytes()[:4] == b"wOF2" and "SIL Open Font License" in (static / "OFL.txt").read_text(encoding="utf-8")
    assert sorted(path.name for path in static.iterdir()) == ["OFL.txt", "Vazirmatn.woff2", "icon.svg"]


def test_a_taken_port_is_named_before_the_board_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "GOODBYE", timedelta(0))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"board.port: cannot listen on 127.0.0.1:{port} .*; choose another port under \[board\]"):
            serve.serve(settings_for(tmp_path / "x.sqlite"), port=port, bind="127.0.0.1")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_killed_starter_takes_the_board_with_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port = asked.getsockname()[1]
    code = ("import sys, time; from pathlib import Path; from dashboard.serve import serve; from tests.dashboard.house import settings_for\n"
            f"board = serve(settings_for(Path({str(tmp_path / 'x.sqlite')!r})), port={port}, bind='127.0.0.1')\n"
            "print(board.pid, flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as starter:
        assert starter.stdout is not None
        board = int(starter.stdout.readline())
        try:
            assert _within(30, lambda: _listens(port)), "the board did not start"
            starter.kill()
            starter.wait()
            assert _within(5, lambda: not _listens(port)), "the board outlived its starter"
        finally:
            starter.kill()
            with suppress(ProcessLookupError):
                os.kill(board, signal.SIGKILL)


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < give_up:
        time.sleep(0.05)
    return done
