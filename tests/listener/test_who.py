"""The screen of a call centre: who calls, asked of a running house with a token, and what is never repeated or logged."""

from __future__ import annotations

import http.client
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from listener.app import App, open_app, read_settings
from listener.types import MentionKey, Severity
from listener.types.care import CaseKind
from listener.web import Web, serve

CONFIG = """
[[brands]]
name = "دیجی‌کالا"

[[sources]]
kind = "inbox"
name = "calls"
token_env = "CALLS_TOKEN"
brands = ["دیجی‌کالا"]

[care]
contact_key_env = "CONTACT_KEY"
who_env = "WHO_TOKEN"
"""
TOKEN, PHONE, EMAIL = "a-long-token-of-the-screens", "09123456789", "sara@example.org"
BRAND = "دیجی‌کالا"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALLS_TOKEN", "a-long-token-of-the-call-centre")
    monkeypatch.setenv("CONTACT_KEY", "a key of the house")
    monkeypatch.setenv("WHO_TOKEN", TOKEN)
    (tmp_path / "goosh.toml").write_text(CONFIG, encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as opened:
        yield opened


@pytest.fixture
def web(app: App) -> Iterator[Web]:
    with serve(app.health, port=0, desk=app.desk()) as running:
        yield running


def take(app: App, *rows: dict[str, Any]) -> None:
    at = app.now().isoformat()
    app.pipeline.receive("calls", json.dumps([{"published_at": at, **row} for row in rows]).encode())


def ask(web: Web, query: str, *, token: str | None = TOKEN, method: str = "GET", host: str = "goosh.example.org") -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    try:
        headers = {"Host": host} | ({} if token is None else {"Authorization": f"Bearer {token}"})
        connection.request(method, f"/who{query}", headers=headers)
        reply = connection.getresponse()
        body = reply.read()
        return reply.status, json.loads(body) if body else {}
    finally:
        connection.close()


def raw(web: Web, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


def test_a_caller_is_known_by_number_with_all_that_is_open(app: App, web: Web) -> None:
    take(app, {"id": 1, "text": "سفارش نرسید و کسی جواب نمی‌دهد", "phone": PHONE}, {"id": 2, "csat": 1, "موبایل": "+98 912 345 6789"},
         {"id": 3, "text": "پیگیری شد؟", "ایمیل": EMAIL, "phone": PHONE}, {"id": 4, "text": "کس دیگری", "phone": "02188888888"})
    key = MentionKey("inbox", "calls/1")
    case = app.service.open_case([key], "مینا", severity=Severity.P2)
    app.service.add_promise("مینا", brand=BRAND, text="تا فردا زنگ می‌زنیم", due_at=app.now(), case=case.number)
    for query in (f"?phone={PHONE}", "?phone=%2B98%20912%20345%206789", "?phone=+989123456789", f"?email={EMAIL.upper()}"):
        status, said = ask(web, query)
        assert status == 200 and said["more"] == 0
        [one] = said["customers"]
        assert one["mentions"] == 3 and [account["account"].split(":")[0] for account in one["accounts"]] == ["contact"]
        assert one["tone"] == {"negative": 0, "neutral": 0, "positive": 0, "unsure": 0, "unscored": 2}
        assert [rated["on"] for rated in one["ratings"]] == ["CSAT"] and one["ratings"][0]["rating"] == 0.2
        assert [(opened["number"], opened["severity"]) for opened in one["cases"]] == [(case.number, "P2")]
        assert one["cases"][0]["kind"] == CaseKind.COMPLAINT.value and [promise["what"] for promise in one["promises"]] == ["تا فردا زنگ می‌زنیم"]
        assert PHONE not in json.dumps(one) and "example.org" not in json.dumps(one)
    assert ask(web, "?phone=09129999999") == (200, {"customers": [], "more": 0})


def test_linked_accounts_are_one_card_and_a_name_may_be_several_people(app: App, web: Web) -> None:
    take(app, *({"id": n, "text": f"متن {n}", "author": name} for n, name in enumerate(("sara", "سارا", "ali"))))
    app.service.link_customer(["inbox:sara", "inbox:سارا"], "مینا")
    [one] = ask(web, "?handle=@sara")[1]["customers"]
    assert [account["account"] for account in one["accounts"]] == ["inbox:sara", "inbox:سارا"]
    assert one == ask(web, f"?handle={quote('سارا')}")[1]["customers"][0]
    assert len(ask(web, "?handle=inbox:ali")[1]["customers"]) == 1


def test_it_is_off_without_a_token_and_shut_to_a_wrong_one(app: App, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(web, "?handle=sara", token=None)[0] == ask(web, "?handle=sara", token="no")[0] == ask(web, "?handle=sara", token="")[0] == 401
    assert ask(web, "?handle=sara", token=TOKEN + "x")[0] == 401 and ask(web, "?handle=sara", method="POST")[0] == 404
    for weak in ("", "short"):
        monkeypatch.setenv("WHO_TOKEN", weak)
        assert ask(web, "?handle=sara", token=weak or "x")[0] == 404
    with serve(app.health, port=0) as bare:
        assert ask(bare, "?handle=sara")[0] == 404


@pytest.mark.parametrize(("query", "status"), [
    ("", 400), ("?", 400), ("?name=sara", 400), ("?handle=a&phone=1", 400), ("?handle=a&handle=b", 400), ("?phone=0912", 400), ("?email=sara", 400),
    ("?phone=%00", 400), ("?handle=%20", 400), ("?phone=0912%003456789", 400), ("?" + "&".join(["a=1"] * 50), 400), ("?handle=" + "a" * 3000, 414),
    ("?handle=%E2%80%AEaras", 200), ("?handle=%ff%fe", 200), ("?handle='; DROP TABLE author; --", 400)])
def test_what_is_no_question_is_refused_and_not_repeated(web: Web, query: str, status: int) -> None:
    if " " in query:
        assert b"DROP" not in raw(web, f"GET /who{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        query = "?handle=" + quote(query)
        status = 200
    got, said = ask(web, query)
    assert got == status
    assert status == 200 or "\u202e" not in said["error"] and "0912" not in said["error"]


def test_ten_megabytes_are_refused_before_they_are_read(web: Web) -> None:
    said = b""
    try:
        said = raw(web, b"GET /who?phone=" + b"0" * 10_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    except OSError:  # closed while we were still sending
        pass
    assert not said or said.startswith(b"HTTP/1.1 414") and b"000" not in said.partition(b"\r\n\r\n")[2]
    assert ask(web, "?handle=x")[0] == 200


def test_a_number_is_in_no_log_and_in_no_error(app: App, web: Web, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)
    take(app, {"id": 1, "text": "نرسید", "phone": PHONE})
    ask(web, f"?phone={PHONE}")
    for spoilt in (f"GET /who?phone={PHONE} 1 HTTP/1.1", f"GET /who?phone={PHONE} HTTP/9.9", f"BREW /who?phone={PHONE} HTTP/1.1"):
        said = raw(web, f"{spoilt}\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        assert PHONE.encode() not in said
    monkeypatch.delenv("CONTACT_KEY")
    status, refused = ask(web, f"?phone={PHONE}")
    assert status == 503 and PHONE not in refused["error"]
    with pytest.raises(Exception, match="row 1") as bad:
        take(app, {"id": 5, "text": "", "phone": PHONE})
    assert PHONE not in str(bad.value) and "CONTACT_KEY" in caplog.text
    assert PHONE not in caplog.text and "9123456789" not in caplog.text
