"""``goosh sources``: how each source is, reading one without storing, pausing, confirming, and the kinds there are."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

import listener.app
from listener.app import read_settings, system_clock
from listener.cli.sources import span_words
from listener.collectors import COLLECTORS
from listener.errors import CollectError
from listener.service import open_service
from listener.storage import run_lock
from listener.types import Batch
from listener.words import say
from listener.words.kinds import EXPERIMENTAL, KINDS
from tests.fakes import CannedScorer
from tests.listener.terminal import goosh
from tests.listener.test_cli_running import FEED, a_free_port

ATOM = FEED.replace("دیجی کالا", "اسنپ")


@pytest.fixture(autouse=True)
def a_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(listener.app, "load_scorer", lambda _: CannedScorer())
    httpserver.expect_request("/feed").respond_with_data(FEED, content_type="application/rss+xml")
    httpserver.expect_request("/gone").respond_with_data("not here", status=410)
    Path("goosh.toml").write_text(
        'language = "en"\n[[brands]]\nname = "دیجی‌کالا"\n'
        f'[[sources]]\nkind = "rss"\nname = "isna"\nurl = "{httpserver.url_for("/feed")}"\n'
        f'[[sources]]\nkind = "rss"\nname = "gone"\nurl = "{httpserver.url_for("/gone")}"\n'
        f'[client]\nallow = ["127.0.0.0/8"]\n[web]\nport = {a_free_port()}\n', encoding="utf-8")
    return tmp_path


def in_persian() -> None:
    text = Path("goosh.toml").read_text(encoding="utf-8").replace('language = "en"', 'language = "fa"')
    Path("goosh.toml").write_text(text, encoding="utf-8")


def test_the_list_says_how_each_source_is_worst_first() -> None:
    assert {source["health"] for source in goosh("sources", "--json").json} == {"never"}
    goosh("once")
    listed = goosh("sources", "list", "--json").json
    assert [(source["name"], source["health"], source["mentions"]) for source in listed] == [("gone", "stopped", 0), ("isna", "ok", 1)]
    assert "410" in listed[0]["error"] and listed[1]["last_item_at"] == "2026-11-20T08:30:00+00:00" and listed[1]["next_at"]
    table = goosh("sources").out
    assert "stopped" in table and "410" in table and "goosh sources show NAME" in table
    rows = [line for line in table.splitlines() if line.strip()]
    assert [line.split()[0] for line in rows[2:4]] == ["gone", "isna"], "a line each, what was said under the table"
    assert max(len(line) for line in rows[:4]) <= 80 and rows[4].startswith("gone: HTTP 410")


def test_one_pass_refuses_while_another_process_works_on_the_database() -> None:
    goosh("once")
    with run_lock(read_settings(None).database):
        said = goosh("once")
    assert said.code == 1 and 'another "goosh run" works on this database' in said.err


def test_the_frame_is_persian_where_the_configuration_is() -> None:
    in_persian()
    goosh("once")
    table = goosh("sources").out
    assert say("sources.health.stopped", "fa") in table and "خواندن بعدی" in table
    said = goosh("sources", "show", "gone").out
    assert "خطا از" in said and "چه باید کرد: " + say("mend.gone", "fa") in said
    assert "انتشار تا دیدن" not in said and "دیرکرد: " in said


def test_one_source_says_its_last_error_what_to_do_and_its_last_day() -> None:
    goosh("once")
    said = goosh("sources", "show", "gone")
    assert said.code == 0 and "failing since" in said.out and "what to do: " in said.out and "the last 24 hours" in said.out
    hours = goosh("sources", "show", "isna", "--json").json["hours"]
    assert len(hours) <= 24 and {hour["state"] for hour in hours} <= {"ok", "partial", "lost", "unknown"}


def test_a_test_reads_without_storing_and_shows_what_came(httpserver: HTTPServer) -> None:
    said = goosh("sources", "test", "isna", "--once")
    assert said.code == 0, said.err
    assert "سفارش از دیجی کالا نرسید" in said.out and "isna: mentions read: 2 (pages: 1), about you: 1; nothing was stored" in said.out
    assert goosh("sources", "--json").json[0]["polled_at"] is None
    service = open_service(read_settings(None), now=system_clock)
    assert service.store.source_states() == []
    service.store.close()
    whole = goosh("sources", "test", "isna", "--json").json
    assert whole["ok"] and whole["complete"] and [mention["title"] for mention in whole["mentions"]] == ["سفارش از دیجی کالا نرسید", "هوا خوب است"]


def test_a_test_that_fails_says_why_and_what_to_do() -> None:
    said = goosh("sources", "test", "gone")
    assert said.code == 1 and "410" in said.err and "what to do: it is gone for good" in said.out and "proxy" not in said.out
    told = goosh("sources", "test", "gone", "--json")
    assert told.code == 1 and told.json["ok"] is False and told.json["permanent"] is True


def test_a_test_reads_on_until_the_source_ends_or_five_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Endless:
        def __init__(self, *_: object, **__: object) -> None: ...

        def collect(self, cursor: Any) -> Batch:
            asked.append(cursor)
            return Batch(cursor={"page": len(asked)}, complete=False, reason="the first 20 are shown")

    monkeypatch.setattr(COLLECTORS, "load", lambda _: Endless)
    said = goosh("sources", "test", "isna")
    assert asked == [None, {"page": 1}, {"page": 2}, {"page": 3}, {"page": 4}]
    assert "there is more" in said.out and said.out.count("it said: the first 20 are shown") == 1


def test_an_unknown_source_is_told_with_the_nearest_name() -> None:
    for command in ("test", "show", "pause", "resume", "confirm"):
        said = goosh("sources", command, "isnaa")
        assert said.code in (1, 2) and "'isnaa'" in said.err and "did you mean 'isna'?" in said.err, command


def test_a_source_whose_secret_is_not_set_is_not_tried(httpserver: HTTPServer) -> None:
    with Path("goosh.toml").open("a", encoding="utf-8") as file:
        file.write('[[sources]]\nkind = "rss"\nname = "hidden"\nurl_env = "FEED_URL"\n')
    said = goosh("sources", "test", "hidden")
    assert said.code == 2 and "sources[2] (name 'hidden').url_env: environment variable 'FEED_URL' is not set; set it and test again" in said.err
    assert goosh("sources", "test", "isna").code == 0 and len(httpserver.log) == 1


def test_a_paused_source_is_not_read_until_it_is_resumed(httpserver: HTTPServer) -> None:
    assert goosh("sources", "pause", "isna", "--who", "سارا").out == "source isna is not read until it is resumed\n"
    assert goosh("once", "--json").json["new"] == 0
    assert not any(request.path == "/feed" for request, _ in httpserver.log)
    assert goosh("sources", "resume", "isna").code == 0
    assert goosh("once", "--json").json["new"] == 1


def test_a_paused_source_says_who_paused_it_and_when() -> None:
    goosh("sources", "pause", "isna", "--who", "سارا")
    assert "paused by سارا, " in goosh("sources", "show", "isna").out
    in_persian()
    said = goosh("sources", "show", "isna").out
    assert "متوقف شده به دست سارا" in said and "مکث" not in said and "ایستاده" not in said


def test_a_span_shorter_than_a_minute_is_told_in_seconds() -> None:
    assert (span_words(timedelta(seconds=30), "fa"), span_words(timedelta(seconds=30), "en")) == ("۳۰ ثانیه", "30 s")
    assert say("sources.in", "fa", span=span_words(timedelta(hours=5), "fa")) == "۵ ساعت دیگر"
    assert say("watch.source_done", "en", name="a", seen=1, brand="b") == "· a: 1 mention of b"


def an_inbox(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("CALLS", "a long random token of tests")
    text = Path("goosh.toml").read_text(encoding="utf-8")
    with Path("goosh.toml").open("w", encoding="utf-8") as file:
        file.write(text + '[[sources]]\nkind = "inbox"\nname = "calls"\ntoken_env = "CALLS"\n')
    return next(int(line.removeprefix("port = ")) for line in text.splitlines() if line.startswith("port"))


def test_an_inbox_says_where_and_how_it_is_pushed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    port = an_inbox(monkeypatch)
    for said in (goosh("sources", "show", "calls"), goosh("sources", "test", "calls")):
        assert said.code == 0, said.err
        assert f"takes what is sent to: http://127.0.0.1:{port}/inbox" in said.out
        assert f'curl http://127.0.0.1:{port}/inbox -H "Authorization: Bearer $CALLS"' in said.out and "random token" not in said.out
    shown = goosh("sources", "show", "calls").out
    assert "last received about you: –" in shown and "next reading" not in shown
    settings = listener.app.read_settings(None)
    with listener.app.open_app(settings) as opened:
        opened.pipeline.receive("calls", '{"text": "سفارش دیجی‌کالا نرسید"}'.encode())
    assert "last received about you: now · mentions kept: 1" in goosh("sources", "show", "calls").out


def test_bad_rows_of_a_file_are_told_in_the_list_and_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,text\n1,سفارش دیجی‌کالا نرسید\n2,\n", encoding="utf-8")
    with Path("goosh.toml").open("a", encoding="utf-8") as file:
        file.write('[[sources]]\nkind = "csv"\nname = "rows"\npath = "rows.csv"\n')
    goosh("once")
    assert "rows: 1 bad row: rows.csv line 3" in goosh("sources").out
    assert "part of it was not seen: 1 bad row: rows.csv line 3" in goosh("sources", "show", "rows").out


def test_an_hour_of_no_length_is_no_row() -> None:
    goosh("once")
    for line in goosh("sources", "show", "isna").out.splitlines():
        start, dash, end = line.strip().split("  ")[0].partition(" – ")
        assert not dash or start != end, line


def test_an_experimental_source_is_confirmed_by_name_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is not experimental; there is nothing to confirm" in goosh("sources", "confirm", "isna").err
    monkeypatch.setattr("listener.service.sources.EXPERIMENTAL", frozenset({"rss"}))
    assert goosh("sources", "--json").json[0]["experimental"] is True and "goosh sources confirm NAME" in goosh("sources").out
    assert "was never read successfully" in goosh("sources", "confirm", "isna").err
    goosh("once")
    assert goosh("sources", "confirm", "isna", "--who", "سارا").out == "source isna is confirmed by سارا\n"
    found = {source["name"]: source for source in goosh("sources", "--json").json}
    assert found["isna"]["experimental"] is False and found["isna"]["confirmed_by"] == "سارا" and found["gone"]["experimental"] is True
    assert "confirmed by سارا" in goosh("sources", "show", "isna").out and "gone*" in goosh("sources").out


def test_the_kinds_need_no_configuration() -> None:
    Path("goosh.toml").unlink()
    said = goosh("sources", "kinds")
    assert said.code == 0 and all(kind in said.out for kind in COLLECTORS.kinds)
    one = goosh("sources", "kinds", "telegram")
    assert "what to do: open t.me/s/CHANNEL" in one.out and "base_url" in one.out and "name of a public channel" in one.out
    assert [kind["kind"] for kind in goosh("sources", "kinds", "--json").json] == list(COLLECTORS.kinds)
    assert "did you mean 'telegram'?" in goosh("sources", "kinds", "telegran").err


def test_a_flag_before_the_command_is_told_where_it_belongs() -> None:
    said = goosh("sources", "--json", "show", "isna")
    assert said.code == 2 and "goosh sources show --json" in said.err


def test_what_a_stranger_wrote_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CollectError("isna", "HTTP 500: \x1b[2Jhello\u202e")

    monkeypatch.setattr("listener.cli.sources._try", refuse)
    said = goosh("sources", "test", "isna")
    assert not set(said.out + said.err) & set("\x1b\u202e")


# ---------------------------------------------------------------------------------------------------- the table of kinds

def test_every_registered_kind_and_no_other_stands_in_the_table() -> None:
    assert sorted(KINDS) == sorted(COLLECTORS.kinds)


def test_the_table_calls_experimental_what_the_collectors_call_so() -> None:
    assert {kind for kind in COLLECTORS.kinds if getattr(COLLECTORS.load(kind), "experimental", False)} == EXPERIMENTAL


def test_the_readme_has_the_table_as_it_is_generated() -> None:
    from listener.words.kinds import readme_table

    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    assert readme_table() in readme


def test_the_service_knows_lost_items_and_waiting_by_the_words_that_others_write() -> None:
    """States of a source are read from sentences of ``polling`` and the client; this holds the two together."""
    import listener.polling
    from listener.service.sources import ASKED_TO_WAIT, OVERFLOWED

    assert OVERFLOWED in Path(listener.polling.__file__).read_text(encoding="utf-8")
    for sentence in ("HTTP 429: example.org says we ask too often; retrying in 3 min", "example.org asked us to wait; retrying in 40 s",
                     "x; throttled until 2026-11-22 10:00 UTC", "today's 100 reads are used up"):
        assert ASKED_TO_WAIT.search(sentence)


def test_json_of_the_list_is_plain_json() -> None:
    assert json.loads(goosh("sources", "--json").out)
