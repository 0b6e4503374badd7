"""Messages as signed JSON over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from alerts.notifiers.http import retry_after
from alerts.notifiers.webhook import Options, WebhookNotifier, payload
from listener.errors import NotifyError
from tests.alerts.notifiers.messages import HOSTILE, a_message
from tests.alerts.world import SATURDAY

SECRETS = {"HOOK_URL": "https://hooks.test/T0PSECRETPATH?token=T0PSECRETQUERY", "HOOK_KEY": "T0PSECRETKEY"}


def answering(status: int = 200, headers: dict[str, str] | None = None,
              raises: type[httpx.HTTPError] | None = None) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if raises is not None:
            raise raises(f"failed at {request.url}")
        return httpx.Response(status, headers=headers, text="T0PSECRETANSWER")

    return httpx.MockTransport(answer), seen


def webhook(transport: httpx.MockTransport, **options: str) -> WebhookNotifier:
    given: dict[str, Any] = {"url_env": "HOOK_URL", "secret_env": "HOOK_KEY", **options}
    if "url" in options:
        del given["url_env"]
    return WebhookNotifier("desk", Options(**given), transport=transport, environment=SECRETS, now=lambda: SATURDAY)


def failure(status: int = 200, headers: dict[str, str] | None = None, raises: Any = None) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        webhook(answering(status, headers, raises)[0]).send(a_message())
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_taken(status: int) -> None:
    webhook(answering(status)[0]).send(a_message())


@pytest.mark.parametrize(("status", "permanent"), [
    (301, False), (302, False), (307, False), (308, False), (400, True), (401, True), (403, True), (404, True), (410, True), (413, True),
    (408, False), (425, False), (429, False), (500, False), (502, False), (503, False), (504, False), (599, False),
])
def test_what_is_worth_trying_again(status: int, permanent: bool) -> None:
    assert failure(status).permanent is permanent and str(status) in str(failure(status))


@pytest.mark.parametrize("options", [{"secret_env": "NOT_SET"}, {"url_env": "NOT_SET"}, {"url_env": "HOOK_KEY"}])
def test_a_variable_that_holds_no_address_or_nothing_is_permanent(options: dict[str, str]) -> None:
    with pytest.raises(NotifyError) as caught:
        webhook(answering()[0], **options).send(a_message())
    assert caught.value.permanent and "T0PSECRET" not in str(caught.value)


def test_hostile_text_travels_as_data_in_json() -> None:
    transport, seen = answering()
    webhook(transport).send(a_message(HOSTILE))
    assert "<script>" in seen[0].read().decode() and seen[0].headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError])
def test_no_answer_is_worth_trying_again(error: type[httpx.HTTPError]) -> None:
    assert not failure(raises=error).permanent and "T0PSECRET" not in str(failure(raises=error))


def test_a_redirect_is_never_followed() -> None:
    transport, seen = answering(302, {"Location": "https://elsewhere.test/"})
    with pytest.raises(NotifyError, match="redirect"):
        webhook(transport).send(a_message())
    assert len(seen) == 1


def test_the_receivers_wish_to_wait_is_kept() -> None:
    assert failure(429, {"Retry-After": "120"}).retry_after == timedelta(minutes=2)
    assert failure(503).retry_after is None


@pytest.mark.parametrize(("header", "wait"), [
    ("0", timedelta(0)), ("90", timedelta(seconds=90)), ("-5", timedelta(0)), ("99999999999999999999", None),
    ("Sat, 24 Oct 2026 00:10:00 GMT", timedelta(minutes=10)), ("Fri, 23 Oct 2026 00:00:00 GMT", timedelta(0)),
    ("Sat, 24 Oct 2099 00:10:00 GMT", timedelta(days=1)), ("864000", timedelta(days=1)), ("soon", None), ("", None), (None, None),
])
def test_a_retry_after_in_any_shape(header: str | None, wait: timedelta | None) -> None:
    assert retry_after(header, SATURDAY) == wait


def test_the_same_message_carries_the_same_key_each_time() -> None:
    transport, seen = answering()
    notifier = webhook(transport)
    notifier.send(a_message())
    notifier.send(a_message())
    assert seen[0].headers["idempotency-key"] == seen[1].headers["idempotency-key"] == a_message().key


def test_the_signature_covers_timestamp_and_body() -> None:
    transport, seen = answering()
    webhook(transport).send(a_message())
    request = seen[0]
    stamp, body = request.headers["x-goosh-timestamp"], request.read()
    assert stamp == str(int(SATURDAY.timestamp()))
    expected = hmac.new(SECRETS["HOOK_KEY"].encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert request.headers["x-goosh-signature"] == f"sha256={expected}"
    assert request.method == "POST" and str(request.url) == SECRETS["HOOK_URL"]


def test_a_reader_that_keeps_to_the_docstring_takes_a_message_once_and_only_from_us() -> None:
    transport, seen = answering()
    webhook(transport).send(a_message())
    request, known = seen[0], set[str]()

    def takes(headers: dict[str, str], body: bytes, later: timedelta) -> bool:
        stamp = headers["x-goosh-timestamp"]
        signed = "sha256=" + hmac.new(SECRETS["HOOK_KEY"].encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signed, headers["x-goosh-signature"]) or (SATURDAY + later).timestamp() - int(stamp) > 300:
            return False
        key = json.loads(body)["key"]
        return key not in known and not known.add(key)  # type: ignore[func-returns-value]

    headers, body, soon = dict(request.headers), request.read(), timedelta(seconds=2)
    assert takes(headers, body, soon) and not takes(headers, body, soon)
    assert not takes({**headers, "idempotency-key": "another"}, body, soon)
    known.clear()
    assert not takes(headers, body, timedelta(minutes=6))
    assert not takes({**headers, "x-goosh-timestamp": str(int(SATURDAY.timestamp()) + 300)}, body, timedelta(minutes=6))
    assert not takes(headers, body.replace(b"P1", b"P3"), soon)


def test_without_a_secret_nothing_is_signed() -> None:
    transport, seen = answering()
    WebhookNotifier("desk", Options(url="https://hooks.test/"), transport=transport, environment={}).send(a_message())
    assert "x-goosh-signature" not in seen[0].headers


def test_the_body_is_what_the_docstring_promises() -> None:
    transport, seen = answering()
    message = a_message()
    webhook(transport).send(message)
    body = json.loads(seen[0].read())
    assert set(body) == {"version", "key", "reason", "language", "quiet", "title", "lines", "text", "url", "case", "alert",
                         "quoted"}
    assert body["version"] == "goosh.alert/1" and body["reason"] == "first" and body["lines"] == list(message.lines)
    assert set(body["alert"]) == {"fingerprint", "rule", "subject", "severity", "state", "starts_at", "fired_at", "updated_at",
                                  "resolved_at", "value", "expected", "acknowledged_by", "acknowledged_at", "story", "why", "evidence"}
    assert body["alert"]["fingerprint"] == message.alert.fingerprint if message.alert else False
    assert body["alert"]["evidence"] == [{"kind": "x", "id": "1"}] and body["alert"]["starts_at"] == "2026-10-24T00:00:00+00:00"
    [quoted] = body["quoted"]
    assert set(quoted) == {"kind", "id", "url", "title", "text", "published_at", "author", "brand", "sources", "label", "unsure",
                           "score", "reach"}
    assert quoted["reach"] == {"low": 0, "mid": 30, "high": 200, "method": "assumed"} and quoted["text"] == "سفارشم نرسید"


def test_a_message_without_alert_has_none() -> None:
    assert payload(replace(a_message(), alert=None))["alert"] is None


@pytest.mark.parametrize(("options", "sentence"), [
    ({}, "exactly one of url & url_env"), ({"url": "https://a.test", "url_env": "X"}, "exactly one of url & url_env"),
    ({"url": "ftp://a.test"}, "https:// or http://"), ({"url": "https:///x"}, "names no host"), ({"url": "nonsense"}, "https://"),
    ({"url": "https://a.test:99999"}, "cannot be read as a URL"), ({"url": "https://a.test", "timeout": timedelta(0)}, "greater than 0"),
    ({"url": "https://a.test", "secret": "abc"}, "Extra inputs"),
])
def test_a_mistaken_option_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Options(**options)


def test_a_missing_secret_says_which_variable_to_set() -> None:
    with pytest.raises(NotifyError, match="environment variable 'NOT_SET' is not set; set it and start again") as caught:
        webhook(answering()[0], secret_env="NOT_SET").send(a_message())
    assert caught.value.permanent


def test_a_key_that_no_header_takes_is_sent_as_its_hash() -> None:
    transport, seen = answering()
    webhook(transport).send(replace(a_message(), key="کلید\n1"))
    assert len(seen[0].headers["idempotency-key"]) == 64


def test_a_receiver_that_drips_its_answer_is_hung_up_on_in_time() -> None:
    hung_up = threading.Event()

    def drip() -> None:
        line, _ = server.accept()
        with line:
            line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            try:
                while not hung_up.wait(0.01):
                    line.sendall(b"x")
            except OSError:
                hung_up.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, daemon=True).start()
        notifier = WebhookNotifier("desk", Options(url=f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=timedelta(seconds=0.2)))
        began = time.monotonic()
        with pytest.raises(NotifyError, match="no answer within 0.2 s") as caught:
            notifier.send(a_message())
        assert not caught.value.permanent and time.monotonic() - began < 2
        assert hung_up.wait(2)
        notifier.close()
