"""``goosh once``, ``sources``, ``rescore``, ``backup``, ``restore``, ``forget``, ``run`` and ``demo``, over real HTTP and a real database."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from pytest_httpserver import HTTPServer

import listener.app
from listener.storage import open_store, run_lock
from tests.fakes import CannedScorer
from tests.listener.terminal import goosh, start

FEED = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>خبر</title>
<item><guid>1</guid><title>سفارش از دیجی کالا نرسید</title><link>https://example.ir/1</link><author>sara@example.ir (سارا)</author>
<pubDate>Fri, 20 Nov 2026 08:30:00 GMT</pubDate></item>
<item><guid>2</guid><title>هوا خوب است</title><link>https://example.ir/2</link><pubDate>Fri, 20 Nov 2026 07:30:00 GMT</pubDate></item>
</channel></rss>"""


def a_free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@pytest.fixture(autouse=True)
def a_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listener.app, "load_scorer", lambda _: CannedScorer())
    httpserver.expect_request("/feed").respond_with_data(FEED, content_type="application/rss+xml")
    Path("goosh.toml").write_text(
        'language = "en"\n[[brands]]\nname = "دیجی‌کالا"\n'
        f'[[sources]]\nkind = "rss"\nname = "isna"\nurl = "{httpserver.url_for("/feed")}"\n'
        f'[client]\nallow = ["127.0.0.0/8"]\n[web]\nport = {a_free_port()}\n', encoding="utf-8")
    return tmp_path


def failing_too(server: HTTPServer) -> None:
    server.expect_request("/gone").respond_with_data("not here", status=404)
    with Path("goosh.toml").open("a", encoding="utf-8") as file:
        file.write(f'[[sources]]\nkind = "rss"\nname = "gone"\nurl = "{server.url_for("/gone")}"\n')


# ---------------------------------------------------------------------------------------------------- once

def test_once_collects_matches_stores_and_scores() -> None:
    said = goosh("once", "--json")
    assert said.code == 0, said.err
    assert said.json == {"collected": 1, "new": 1, "scored": 1, "delivered": 0, "alerts": [], "failures": [], "blind": said.json["blind"]} | {
        "collected": said.json["collected"]}
    assert len(said.json["blind"]) == 1 and "a whole day has not been heard yet" in said.json["blind"][0]
    again = goosh("once")
    assert again.code == 0 and "new: 0" in again.out


def test_a_source_that_fails_is_told_and_the_others_are_stored_all_the_same(httpserver: HTTPServer) -> None:
    failing_too(httpserver)
    said = goosh("once", "--json")
    assert said.code == 1
    assert said.json["new"] == 1 and len(said.json["failures"]) == 1 and "gone" in said.json["failures"][0]


# ---------------------------------------------------------------------------------------------------- rescore, backup, forget

def test_rescore_marks_what_another_model_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    goosh("once")
    assert goosh("rescore", "--json").json == {"model": "canned@1", "marked": 0, "scored": 0}
    monkeypatch.setattr(listener.app, "load_scorer", lambda _: CannedScorer(name="canned@2"))
    assert goosh("rescore", "--json").json == {"model": "canned@2", "marked": 1, "scored": 0}
    assert goosh("rescore", "--now", "--json").json["scored"] == 1


def test_a_backup_comes_back(tmp_path: Path) -> None:
    goosh("once")
    said = goosh("backup", "copy.gz", "--json")
    assert said.code == 0 and said.json["bytes"] == Path("copy.gz").stat().st_size and said.json["rows"]["mention"] == 1
    assert "is there already" in goosh("backup", "copy.gz").err
    for path in (tmp_path / "home").iterdir():
        path.unlink()
    assert goosh("sources", "--json").json[0]["mentions"] == 0
    restored = goosh("restore", "--yes", "copy.gz")
    assert restored.code == 0 and "mentions: 1" in restored.out
    assert goosh("sources", "--json").json[0]["mentions"] == 1


@pytest.mark.parametrize("words", [("backup", "closed/copy.gz"), ("restore", "--yes", "closed/copy.gz")])
def test_a_folder_this_user_may_not_read_is_one_line_and_no_traceback(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    real = os.stat

    def stat(path: Any, *more: Any, **options: Any) -> os.stat_result:  # the tests may run as root, who may read everywhere
        if str(path).startswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *more, **options)

    monkeypatch.setattr(os, "stat", stat)
    said = goosh(*words)
    assert said.code == 1
    assert said.err.splitlines() == [
        "goosh: closed/copy.gz: cannot be reached (Permission denied); mend the permissions of its folder or name another file"]


def test_restore_asks_first_and_leaves_all_as_it_is_without_a_yes() -> None:
    goosh("once")
    goosh("backup", "copy.gz")
    said = goosh("restore", "copy.gz")
    assert said.code == 1 and "add --yes" in said.err


def test_restore_refuses_what_is_no_backup_and_while_goosh_runs(tmp_path: Path) -> None:
    assert "no such file" in goosh("restore", "--yes", "nowhere.gz").err
    Path("other.gz").write_bytes(b"something else")
    said = goosh("restore", "--yes", "other.gz")
    assert said.code == 1 and "not a backup" in said.err
    goosh("once")
    goosh("backup", "copy.gz")
    with run_lock(f"sqlite:///{tmp_path / 'home' / 'goosh.sqlite'}"):
        said = goosh("restore", "--yes", "copy.gz")
    assert said.code == 1 and "another \"goosh run\" works on this database" in said.err


def test_forgetting_an_author_deletes_their_mentions_for_good(tmp_path: Path) -> None:
    goosh("once")
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'goosh.sqlite'}")
    author = store.mentions(limit=1).items[0].mention.author
    store.close()
    assert author is not None
    asked = goosh("forget", "--author", f"{author.kind}:{author.id}")
    assert asked.code == 1 and "add --yes" in asked.err
    said = goosh("forget", "--author", f"{author.kind}:{author.id}", "--yes", "--json")
    assert said.code == 0 and sum(said.json["deleted"].values()) >= 1
    assert goosh("sources", "--json").json[0]["mentions"] == 0


@pytest.mark.parametrize("author", ["sara", ":sara", "rss:"])
def test_an_author_is_named_by_kind_and_id(author: str) -> None:
    said = goosh("forget", "--author", author, "--yes")
    assert said.code == 2 and "is not KIND:ID" in said.err


# ---------------------------------------------------------------------------------------------------- run, demo

def test_run_begins_with_one_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from listener import scheduler

    monkeypatch.setattr(scheduler, "run", lambda *_, **__: None)
    said = goosh("run")
    assert said.code == 0 and said.out == "sources read: 1 · board: http://localhost:8501 · inbox: none · Ctrl-C ends it\n"
    port = next(int(line.removeprefix("port = ")) for line in Path("goosh.toml").read_text("utf-8").splitlines() if line.startswith("port"))
    monkeypatch.setenv("CALLS", "a long random token of tests")
    with Path("goosh.toml").open("a", encoding="utf-8") as file:
        file.write('[[sources]]\nkind = "inbox"\nname = "calls"\ntoken_env = "CALLS"\n')
    assert f"sources read: 2 · board: none · inbox: http://127.0.0.1:{port}/inbox" in goosh("run", "--no-board").out


@pytest.mark.skipif(os.name != "posix", reason="sends SIGTERM")
def test_run_listens_until_sigterm_and_ends_with_0(httpserver: HTTPServer) -> None:
    process = start("run", "--no-board", "-v")
    try:
        patience = time.monotonic() + 40
        while not httpserver.log and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.05)
        port = next(int(line.removeprefix("port = ")) for line in Path("goosh.toml").read_text("utf-8").splitlines() if line.startswith("port"))
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            assert json.load(answer)["status"] == "ok"
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert 'goosh_source_failing{source="isna"} 0.0' in answer.read().decode()
        second = goosh("run", "--no-board")
        assert second.code == 1 and "another \"goosh run\" works on this database" in second.err
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=40)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert len(httpserver.log) >= 1


def test_demo_passes_its_options_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import listener.demo

    told: list[dict[str, Any]] = []
    monkeypatch.setattr(listener.demo, "run", lambda **options: told.append(options))
    assert goosh("demo", "--no-board", "--json", "--speed", "0", "--language", "en").code == 0
    assert goosh("demo").code == 0
    assert told == [{"board": False, "as_json": True, "speed": 0.0, "language": "en"},
                    {"board": True, "as_json": False, "speed": listener.demo.DEFAULT_SPEED, "language": None}]
    assert goosh("demo", "--language", "de").code == 2
    assert goosh("demo", "--speed", "-1").code == 2


def test_the_board_of_a_demo_that_ended_opens_again_on_its_own_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import listener.demo

    monkeypatch.setattr(listener.demo, "data_dir", lambda: tmp_path)
    said = goosh("demo", "--again")
    assert said.code == 2 and "run \"goosh demo\" first" in said.err
    home = tmp_path / "demo"
    home.mkdir()
    (home / "goosh.toml").write_text(f'database = "sqlite:///{home / "goosh.sqlite"}"\n[[brands]]\nname = "الف"\n', encoding="utf-8")
    (home / "clock").write_text("2026-11-20T20:30:00+00:00", encoding="ascii")
    opened: list[Any] = []

    class Shown:
        def wait(self) -> None:
            opened.append("waited")

        def terminate(self) -> None:
            opened.append("ended")

    def serve(settings: Any, **given: Any) -> Shown:
        opened.append((settings.path, given["now"], given["port"] == settings.board.port))
        return Shown()

    monkeypatch.setattr(listener.demo, "serve", serve)
    assert goosh("demo", "--again").code == 0
    assert opened == [(home / "goosh.toml", home / "clock", True), "waited", "ended"]
