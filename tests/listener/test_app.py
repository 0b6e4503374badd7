"""What opening the house does, and what it leaves alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from listener.app import open_app, read_settings, setup_of
from listener.client.answers import lead_of
from listener.health import describe
from listener.service.clock import clock_off
from listener.storage import open_store
from tests.listener.terminal import goosh
from tests.listener.test_cli_running import FEED

SECRET = "a-word-that-could-be-guessed"


def mark(folder: Path, source: str = "", client: str = "") -> str:
    (folder / "goosh.toml").write_text(
        f'[[brands]]\nname = "دیجی‌کالا"\n[[sources]]\nkind = "mastodon"\nname = "m"\ninstance = "mastodon.social"\ntags = ["x"]\n'
        f'{source}\n[client]\n{client}\n', encoding="utf-8")
    settings = read_settings(folder / "goosh.toml")
    return setup_of(settings, settings.sources[0])


@pytest.fixture(autouse=True)
def a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MASTODON_TOKEN", raising=False)
    monkeypatch.delenv("A_PROXY", raising=False)


def test_looking_at_a_house_makes_no_source_known_and_reading_does(tmp_path: Path) -> None:
    (tmp_path / "goosh.toml").write_text(
        '[[brands]]\nname = "x"\n[[sources]]\nkind = "rss"\nname = "feed"\nurl = "http://127.0.0.1:9/feed"\n', encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as opened:
        assert opened.store.source_states() == []
        opened.pipeline.once()
        (state,) = opened.store.source_states()
        assert (state.name, state.kind, state.added_at is not None) == ("feed", "rss", True)


def test_a_live_check_and_a_test_of_a_source_make_nothing_known_to_a_database_that_is_there(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(FEED, content_type="application/rss+xml")
    (tmp_path / "goosh.toml").write_text(
        f'[[brands]]\nname = "x"\n[[sources]]\nkind = "rss"\nname = "feed"\nurl = "{httpserver.url_for("/feed")}"\n'
        '[client]\nallow = ["127.0.0.0/8"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    store = open_store(read_settings(None).database)
    store.register_sources([("feed", "csv")])
    known = store.source_states()
    assert goosh("check", "--live").code == 0 and goosh("sources", "test", "feed").code == 0
    assert store.source_states() == known and len(httpserver.log) == 2
    store.close()


def test_the_mark_of_a_source_changes_with_options_proxy_and_a_secret_that_is_newly_set(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = mark(tmp_path)
    assert plain == mark(tmp_path, 'interval = "20m"')  # how often is no matter of what
    token = 'token_env = "MASTODON_TOKEN"'
    unset = mark(tmp_path, token)
    monkeypatch.setenv("MASTODON_TOKEN", SECRET)
    given = mark(tmp_path, token)
    monkeypatch.setenv("A_PROXY", "socks5://name:word@127.0.0.1:1080")
    marks = [plain, unset, given, mark(tmp_path, 'proxy = "socks5://127.0.0.1:1080"'), mark(tmp_path, client='proxy = "socks5://127.0.0.1:1080"'),
             mark(tmp_path, client='proxy_env = "A_PROXY"'), mark(tmp_path, 'local = true')]
    assert len(set(marks)) == len(marks) - 1 and marks[3] == marks[4]  # the same way out


def test_the_mark_of_a_source_tells_nothing_of_a_secret_but_that_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = set()
    for value in (SECRET, "another"):
        monkeypatch.setenv("MASTODON_TOKEN", value)
        marks.add(mark(tmp_path, 'token_env = "MASTODON_TOKEN"'))
    assert len(marks) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let go of an open file")
def test_a_house_whose_database_is_gone_says_so_to_who_asks_how_it_is(tmp_path: Path) -> None:
    (tmp_path / "goosh.toml").write_text('[[brands]]\nname = "x"\n', encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as opened:
        for file in (tmp_path / "home").rglob("*.sqlite"):
            file.unlink()
        shown = opened.health()
    assert shown.status == "storage" and "the tables are gone" in (shown.storage_error or "")


def test_no_digest_is_written_nothing_deleted_and_no_case_looked_after_while_the_clock_is_wrong(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "goosh.toml").write_text('[[brands]]\nname = "x"\n', encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as opened:
        asked: list[str] = []
        monkeypatch.setattr(type(opened.service), "write_digests", lambda self: asked.append("digests") or 0)
        monkeypatch.setattr(type(opened.store), "apply_retention", lambda self, **_: asked.append("retention") or {})
        monkeypatch.setattr(type(opened.caring), "look", lambda self: asked.append("care") or 0)

        def passes() -> list[str]:
            asked.clear()
            opened.write_digests()
            opened.keep_house()
            opened.care()
            return asked

        for host, days in (("a", 9), ("b", 8)):
            opened.client.world.hear(host, {"date": format_datetime(datetime.now(UTC) - timedelta(days=days))})
        assert passes() == [] and passes() == []
        (said,) = [record.message for record in caplog.records if record.name == "goosh.clock"]
        assert "192.0 hours ahead of every host" in said
        shown = opened.health()
        assert shown.status == "clock" and not shown.well and "192.0 hours ahead" in describe(shown)["clock"]
        assert clock_off(opened.store) is not None
        opened.client.world.hear("c", {"date": format_datetime(datetime.now(UTC))})  # one that agrees is enough: the others are behind
        assert passes() == ["digests", "retention", "care"]
        assert opened.health().status == "ok" and describe(opened.health())["clock"] is None and clock_off(opened.store) is None


def test_the_lead_of_the_clock_is_read_from_date_and_age() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert lead_of({"date": "Sun, 22 Nov 2026 10:00:00 GMT", "age": "3600"}, now) == timedelta(hours=1)
    assert lead_of({}, now) is None and lead_of({"date": "soon"}, now) is None


def test_what_people_do_while_the_clock_is_wrong_bears_the_time_of_the_world(tmp_path: Path) -> None:
    (tmp_path / "goosh.toml").write_text('[[brands]]\nname = "x"\n', encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as opened:
        world = datetime.now(UTC) - timedelta(days=8)
        for host in ("a", "b"):
            opened.client.world.hear(host, {"date": format_datetime(world)})
        made = opened.service.add_promise("sara", brand="x", text="we call you", due_at=world + timedelta(hours=2))
        assert abs(made.made_at - world) < timedelta(hours=1)
        opened.client.world.hear("c", {"date": format_datetime(datetime.now(UTC))})
        again = opened.service.add_promise("sara", brand="x", text="we call you soon", due_at=world + timedelta(days=9))
        assert again.made_at - made.made_at > timedelta(days=7)
