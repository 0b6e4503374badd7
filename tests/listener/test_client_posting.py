"""What is sent and what is spent: POST over real sockets, allowances that are booked before they are used."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client, MemoryLedger
from listener.errors import CollectError
from listener.types import Ledger

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOPBACK = ("127.0.0.0/8",)
LOGIN = {"identifier": "ours.example", "password": "hunter2-app-password"}


@pytest.fixture(scope="module")
def _server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def server(_server: HTTPServer) -> HTTPServer:
    _server.clear()
    return _server


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_networks=LOOPBACK, connect_timeout=1, read_timeout=0.5, total_timeout=1, now=lambda: NOW) as client:
        yield client


def echo(request: Request) -> Response:
    return Response(json.dumps({"method": request.method, "body": request.get_data(as_text=True),
                                "headers": {name.lower(): value for name, value in request.headers.items()}}))


def test_json_is_posted_as_it_is_meant(server: HTTPServer, client: Client) -> None:
    server.expect_request("/q").respond_with_handler(echo)
    answer = client.post(server.url_for("/q"), json={"q": "دیجی‌کالا", "n": None}, accept="application/json",
                         headers={"X-Client": "1"})
    told = json.loads(answer.body)
    assert told["method"] == "POST" and json.loads(told["body"]) == {"q": "دیجی‌کالا", "n": None}
    assert told["headers"]["content-type"] == "application/json" and told["headers"]["accept"] == "application/json"
    assert told["headers"]["user-agent"].startswith("gooshbezang/") and told["headers"]["x-client"] == "1"
    assert int(told["headers"]["content-length"]) == len(told["body"].encode())


def test_a_form_is_posted_as_it_is_meant(server: HTTPServer, client: Client) -> None:
    def fields(request: Request) -> Response:
        return Response(json.dumps([request.headers["Content-Type"], request.form.to_dict()]))

    server.expect_request("/token", method="POST").respond_with_handler(fields)
    answer = client.post(server.url_for("/token"), form={"grant_type": "client_credentials", "نام": "a&b=c d"})
    assert json.loads(answer.body) == ["application/x-www-form-urlencoded",
                                       {"grant_type": "client_credentials", "نام": "a&b=c d"}]


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_repeats_it_at_the_same_origin(
    server: HTTPServer, client: Client, status: int
) -> None:
    server.expect_request("/old").respond_with_data("", status=status, headers={"Location": "/new"})
    server.expect_request("/new").respond_with_handler(echo)
    answer = client.post(server.url_for("/old"), json=LOGIN, headers={"Authorization": "Bearer t0ken"})
    told = json.loads(answer.body)
    assert told["method"] == "POST" and json.loads(told["body"]) == LOGIN and told["headers"]["authorization"] == "Bearer t0ken"
    assert answer.moved_to == (server.url_for("/new") if status == 308 else None)


@pytest.mark.parametrize("status", [307, 308])
def test_what_is_posted_does_not_travel_to_another_origin(server: HTTPServer, client: Client, status: int) -> None:
    with HTTPServer(host="127.0.0.1") as other:
        other.expect_request("/").respond_with_handler(echo)
        server.expect_request("/old").respond_with_data("", status=status, headers={"Location": other.url_for("/")})
        with pytest.raises(CollectError, match=f"sends what we posted on to http://127.0.0.1:{other.port}/") as caught:
            client.post(server.url_for("/old"), json=LOGIN)
        assert caught.value.permanent and not other.log


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_drop_what_was_posted_is_an_error(server: HTTPServer, client: Client, status: int) -> None:
    server.expect_request("/old").respond_with_data("", status=status, headers={"Location": "/new"})
    server.expect_request("/new").respond_with_data("a page")
    with pytest.raises(CollectError, match=f"HTTP {status}.*not followed"):
        client.post(server.url_for("/old"), form={"q": "x"})


def test_statuses_limits_and_guard_are_those_of_get(server: HTTPServer, client: Client) -> None:
    server.expect_request("/limited").respond_with_data("", status=429, headers={"Retry-After": "0"})
    server.expect_request("/large").respond_with_data(bytes(3_000_000))
    server.expect_request("/asked").respond_with_data("{}", status=400)
    with pytest.raises(CollectError, match="too often") as caught:
        client.post(server.url_for("/limited"), json={}, source="bluesky 'ours'")
    assert str(caught.value).startswith("bluesky 'ours': ")
    with pytest.raises(CollectError, match="larger than 1 MiB"):
        client.post(server.url_for("/large"), json={}, max_bytes=2**20)
    assert client.post(server.url_for("/asked"), json={}, readable=(400,)).status == 400
    with Client() as guarded, pytest.raises(CollectError, match="not a public address"):
        guarded.post(server.url_for("/asked"), json={})


def test_a_post_waits_its_turn_among_the_requests_to_its_host() -> None:
    slept: list[float] = []
    client = Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)), pace=timedelta(seconds=3),
                    sleep=slept.append)
    client.get("https://site.example/")
    client.post("https://site.example/", json={}, pace=timedelta(seconds=10))
    client.get("https://site.example/")
    assert [round(seconds) for seconds in slept] == [3, 13]


def test_a_post_whose_connection_breaks_is_not_sent_again_nor_a_get_that_is_paid_for() -> None:
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        raise httpx.RemoteProtocolError("gone")

    client = Client(transport=httpx.MockTransport(answer), pace=timedelta())
    with pytest.raises(CollectError, match="broke off"):
        client.post("https://site.example/", json={})
    with pytest.raises(CollectError, match="broke off"):
        client.get("https://site.example/", once=True)
    with pytest.raises(CollectError, match="broke off"):
        client.get("https://site.example/")
    assert sent == ["POST", "GET", "GET", "GET"]


@pytest.mark.parametrize("body", [{"json": LOGIN}, {"form": LOGIN}, {"json": {"a": [{"b": "hunter2-app-password"}]}}],
                         ids=["json", "form", "deep"])
def test_no_error_quotes_what_was_posted_when_the_server_echoes_it(
    server: HTTPServer, client: Client, body: dict[str, Any]
) -> None:
    server.expect_request("/").respond_with_json({"error": "hunter2-app-password is wrong"}, status=401)
    with pytest.raises(CollectError) as caught:
        client.post(server.url_for("/"), **body)
    assert "hunter2" not in str(caught.value) and "••• is wrong" in str(caught.value)


# ---- allowances


def test_an_allowance_is_booked_until_it_is_used_up_and_the_error_says_so(client: Client) -> None:
    def spend(units: int, period: str = "2026-11-22") -> None:
        client.spend("x 'ours' posts", units, limit=100, period=period, source="x 'ours'", until=timedelta(hours=12))

    spend(60)
    spend(40)
    with pytest.raises(CollectError) as caught:
        spend(1)
    assert str(caught.value) == ("x 'ours': the 100 of \"x 'ours' posts\" for 2026-11-22 are used up; raise the limit, "
                                 "or wait: retrying in 12 h")
    assert caught.value.retry_after == timedelta(hours=12) and not caught.value.permanent
    spend(-30)
    spend(30)
    spend(100, "2026-11-23")
    with pytest.raises(CollectError):
        spend(1)


def test_what_would_pass_the_limit_is_not_booked_in_part() -> None:
    ledger: Ledger = MemoryLedger()
    assert ledger.spend("a", "day", 90, 100) and not ledger.spend("a", "day", 11, 100) and ledger.spend("a", "day", 10, 100)
    assert ledger.spend("b", "day", 100, 100) and not ledger.spend("b", "day", 1, 100)


def test_more_given_back_than_was_taken_is_no_credit() -> None:
    ledger = MemoryLedger()
    assert ledger.spend("a", "day", -50, 100) and not ledger.spend("a", "day", 101, 100)


def test_a_ledger_of_the_house_is_used_and_shared_by_every_way() -> None:
    ledger = MemoryLedger()
    with Client(ledger=ledger) as client:
        client.through("socks5://127.0.0.1:1080").spend("a", 100, limit=100, period="day", source="s", until=timedelta(hours=1))
    assert not ledger.spend("a", "day", 1, 100)
