"""A payload's whole way: from another system's POST to what the board reads, and the same payload once more."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.app import App, open_app, read_settings
from listener.errors import StorageError
from listener.web import Web, serve

CONFIG = """
[[brands]]
name = "دیجی‌کالا"

[[sources]]
kind = "inbox"
name = "calls"
token_env = "CALLS_TOKEN"
brands = ["دیجی‌کالا"]
map = { text = "call.note" }

[[sources]]
kind = "inbox"
name = "chats"
token_env = "CHATS_TOKEN"
"""
CALLS, CHATS = "a-long-token-of-the-call-centre", "another-long-token-of-the-chats"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALLS_TOKEN", CALLS)
    monkeypatch.setenv("CHATS_TOKEN", CHATS)
    (tmp_path / "goosh.toml").write_text(CONFIG, encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as opened:
        yield opened


@pytest.fixture
def web(app: App) -> Iterator[Web]:
    with serve(app.health, port=0, bind=app.settings.web.bind, inboxes=app.inboxes()) as running:
        yield running


def push(web: Web, data: Any, token: str = CALLS) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    try:
        connection.request("POST", "/inbox", json.dumps(data).encode(), {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


def kept(app: App) -> list[tuple[str, str]]:
    now = app.now()
    points = app.store.points("دیجی‌کالا", since=now - timedelta(hours=1), until=now + timedelta(hours=1))
    return sorted((source, str(sum(point.mentions for point in found.values()))) for source, found in points.items())


def test_what_is_pushed_is_stored_when_200_comes_and_the_same_again_changes_nothing(app: App, web: Web) -> None:
    at = app.now().isoformat()
    rows = [{"id": 1, "call": {"note": "سفارش نرسید"}, "rating": "1/5", "published_at": at},
            {"call": {"note": "پشتیبانی جواب نداد"}, "published_at": at}]
    assert push(web, rows) == (200, {"inbox": "calls", "about_a_brand": 2, "new": 2, "changed": 0})
    assert kept(app) == [("calls", "2")]
    status, said = push(web, rows)
    assert (status, said["new"], said["changed"]) == (200, 0, 0) and kept(app) == [("calls", "2")]


def test_without_a_brand_of_its_own_only_what_names_one_is_kept(app: App, web: Web) -> None:
    status, said = push(web, [{"id": 1, "text": "دیجی‌کالا خوب است", "published_at": app.now().isoformat()}, {"id": 2, "text": "هوا خوب است"}], CHATS)
    assert (status, said["about_a_brand"], kept(app)) == (200, 1, [("chats", "1")])


def test_one_bad_row_stores_nothing_and_is_named(app: App, web: Web) -> None:
    status, said = push(web, [{"call": {"note": "a"}}, {"call": {}}])
    assert status == 422 and said["error"].startswith("inbox 'calls': row 2: no text and no title") and kept(app) == []


def test_a_paused_inbox_says_so_and_one_without_a_token_is_shut(app: App, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    app.store.pause_source("calls", True)
    status, said = push(web, {"call": {"note": "a"}})
    assert status == 403 and "paused" in said["error"]
    monkeypatch.delenv("CHATS_TOKEN")
    assert push(web, {"text": "a"}, CHATS)[0] == 401


def test_while_a_push_cannot_be_stored_the_house_is_not_well(app: App, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def health() -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
        connection.request("GET", "/healthz")
        reply = connection.getresponse()
        said = reply.status, json.loads(reply.read())["status"]
        connection.close()
        return said

    def full(*_: object, **__: object) -> None:
        raise StorageError("/data/goosh.sqlite", "the disk is full")

    assert health() == (200, "ok")
    with monkeypatch.context() as patch:
        patch.setattr(app.store, "commit_batch", full)
        assert push(web, {"call": {"note": "a"}})[0] == 503
        app.storage_error = None  # a pass that had nothing to write found nothing wrong
        assert health() == (503, "storage")
    assert push(web, {"call": {"note": "a"}})[0] == 200 and health() == (200, "ok")
    app.inbox_errors["calls"] = app.now(), "the disk is full"
    app.pipeline.collect(next(source for source in app.pipeline.sources if source.name == "calls"))
    assert health() == (200, "ok")  # that the inbox is open was written
