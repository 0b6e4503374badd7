"""The way out to the network: over real sockets where a socket matters, over a stand-in where only the answer does."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Any

import brotli
import httpx
import pytest
import zstandard
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener import client as http
from listener.client import Client, page_kind, redact, retry_after
from listener.errors import CollectError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOOPBACK = ("127.0.0.0/8", "::1/128")


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


def squeeze(body: bytes) -> bytes:
    return brotli.compress(body, quality=1)  # the default would take seconds


def stand_in(answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> Client:
    return Client(
        transport=httpx.MockTransport(answer), now=lambda: NOW, sleep=options.pop("sleep", lambda seconds: None), **options
    )


def test_an_answer_comes_whole_with_its_validators_verbatim(server: HTTPServer, client: Client) -> None:
    server.expect_request("/feed").respond_with_data(
        "متن", headers={"ETag": 'W/"a,b"', "Last-Modified": "Sun, 22 Nov 2026 00:50:20 GMT"}
    )
    answer = client.get(server.url_for("/feed"))
    assert (answer.status, answer.body.decode(), answer.etag, answer.last_modified, answer.not_modified, answer.truncated) == (
        200, "متن", 'W/"a,b"', "Sun, 22 Nov 2026 00:50:20 GMT", False, False)


def test_validators_go_back_as_they_came_and_304_is_an_answer(server: HTTPServer, client: Client) -> None:
    etag = 'W/"\xe9tag"'  # an octet that is not ASCII

    def conditional(request: Request) -> Response:
        same = request.headers.get("If-None-Match") == etag and request.headers.get("If-Modified-Since") == "yesterday"
        return Response(status=304 if same else 200)

    server.expect_request("/feed").respond_with_handler(conditional)
    assert client.get(server.url_for("/feed"), etag=etag, last_modified="yesterday").not_modified
    assert not client.get(server.url_for("/feed")).not_modified


def test_the_user_agent_says_who_we_are_and_how_to_reach_us(server: HTTPServer) -> None:
    server.expect_request("/").respond_with_handler(lambda request: Response(request.headers["User-Agent"]))
    with Client(allow_networks=LOOPBACK, contact="ops@example.org") as client:
        said = client.get(server.url_for("/")).body.decode()
    assert said.startswith("gooshbezang/") and "ops@example.org" in said


@pytest.mark.parametrize("name, pack", [
    ("gzip", gzip.compress), ("x-gzip", gzip.compress), ("br", squeeze), ("zstd", zstandard.ZstdCompressor().compress),
    ("deflate", zlib.compress), ("deflate", lambda body: zlib.compress(body)[2:-4]),
    ("gzip", lambda body: gzip.compress(body[:100]) + gzip.compress(body[100:])),
    ("gzip, br", lambda body: brotli.compress(gzip.compress(body))),
], ids=["gzip", "x-gzip", "br", "zstd", "zlib", "raw deflate", "two gzip members", "br over gzip"])
def test_every_encoding_in_use_is_decoded(
    server: HTTPServer, client: Client, name: str, pack: Callable[[bytes], bytes]
) -> None:
    body = ("دیجی‌کالا " * 500).encode()
    server.expect_request("/").respond_with_data(pack(body), headers={"Content-Encoding": name})
    answer = client.get(server.url_for("/"))
    assert answer.body == body and not answer.truncated


@pytest.mark.parametrize("name, pack", [
    ("gzip", lambda body: gzip.compress(body, 1)), ("br", squeeze), ("zstd", zstandard.ZstdCompressor().compress),
    ("deflate", lambda body: zlib.compress(body, 1)), ("br, gzip", lambda body: gzip.compress(squeeze(body), 1)),
    ("gzip, zstd", lambda body: zstandard.ZstdCompressor().compress(gzip.compress(body, 1)))])
def test_a_small_answer_that_unpacks_to_gigabytes_is_refused_within_bounds(
    server: HTTPServer, name: str, pack: Callable[[bytes], bytes]
) -> None:
    server.expect_request("/").respond_with_data(pack(bytes(64 * 2**20)), headers={"Content-Encoding": name})
    with Client(allow_networks=LOOPBACK, max_bytes=2**20) as client:
        tracemalloc.start()
        try:
            with pytest.raises(CollectError, match="larger than 1 MiB"):
                client.get(server.url_for("/"))
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert most < 32 * 2**20  # client, server and test; the bomb holds 64


@pytest.mark.parametrize("name, pack", [("gzip", gzip.compress), ("br", squeeze)])
def test_a_compressed_answer_that_ends_early_gives_its_beginning(name: str, pack: Callable[[bytes], bytes]) -> None:
    body = "\n".join(f"line {number} {number ** 3}" for number in range(20_000)).encode()
    half = pack(body)[: len(pack(body)) // 2]
    client = stand_in(lambda request: httpx.Response(200, headers={"Content-Encoding": name}, stream=httpx.ByteStream(half)))
    answer = client.get("https://example.org/")
    assert answer.truncated and answer.body and body.startswith(answer.body)


def test_a_body_that_is_not_what_its_encoding_says_is_an_error(server: HTTPServer, client: Client) -> None:
    server.expect_request("/").respond_with_data("<rss/>", headers={"Content-Encoding": "gzip"})
    with pytest.raises(CollectError, match="not valid gzip"):
        client.get(server.url_for("/"))


def test_more_than_the_cap_is_not_read(server: HTTPServer, client: Client) -> None:
    server.expect_request("/").respond_with_data(bytes(3_000_000))
    with pytest.raises(CollectError, match="larger than 1 MiB") as caught:
        client.get(server.url_for("/"), max_bytes=2**20)
    assert not caught.value.permanent


# ---- redirects


def test_five_redirects_are_followed_and_six_are_not(server: HTTPServer, client: Client) -> None:
    for step in range(6):
        server.expect_request(f"/{step}").respond_with_data("", status=302, headers={"Location": f"/{step + 1}"})
    server.expect_request("/6").respond_with_data("here")
    assert client.get(server.url_for("/1")).body == b"here"
    with pytest.raises(CollectError, match="more than 5 redirects"):
        client.get(server.url_for("/0"))


@pytest.mark.parametrize("statuses, remembered", [
    ((301, 308), "/2"), ((301, 302), "/1"), ((302, 301), None), ((307, 303), None)],
    ids=["permanent all the way", "permanent, then not", "not, then permanent", "never"])
def test_only_what_is_permanent_from_the_start_is_to_be_remembered(
    server: HTTPServer, client: Client, statuses: tuple[int, int], remembered: str | None
) -> None:
    for step, status in enumerate(statuses):
        server.expect_request(f"/{step}").respond_with_data("", status=status, headers={"Location": f"/{step + 1}"})
    server.expect_request("/2").respond_with_data("here")
    answer = client.get(server.url_for("/0"))
    assert answer.moved_to == (server.url_for(remembered) if remembered else None)
    assert answer.url == server.url_for("/2")


def test_credentials_do_not_travel_to_another_host(server: HTTPServer) -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        moved = request.url.host == "example.org"
        return httpx.Response(302, headers={"location": "https://other.example/"}) if moved else httpx.Response(200)

    stand_in(answer).get("https://example.org/", headers={"Authorization": "Bearer secret"})
    assert seen == ["Bearer secret", None]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1:70/"])
def test_a_redirect_leads_to_http_only(server: HTTPServer, client: Client, location: str) -> None:
    server.expect_request("/").respond_with_data("", status=302, headers={"Location": location})
    with pytest.raises(CollectError, match="http:// or https://"):
        client.get(server.url_for("/"))


# ---- the guard


@pytest.mark.parametrize(
    "address, public",
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("fd00::1", False),
        ("169.254.169.254", False),
        ("fe80::1", False),
        ("fd00:ec2::254", False),
        ("100.100.100.200", False),
        ("0.0.0.0", False),
        ("::", False),
        ("224.0.0.1", False),
        ("ff02::1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::ffff:8.8.8.8", True),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, public: bool) -> None:
    assert http.is_public(ip_address(address)) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "0"],
                         ids=["literal", "name", "ipv6", "decimal", "hexadecimal", "short", "zero"])
def test_no_spelling_of_loopback_gets_past_the_guard(server: HTTPServer, host: str) -> None:
    server.expect_request("/").respond_with_data("secret")
    with Client(connect_timeout=1) as client, pytest.raises(CollectError) as caught:
        client.get(f"http://{host}:{server.port}/")
    assert "allow under [client]" in str(caught.value) or "cannot be resolved" in str(caught.value)


def test_a_name_that_leads_to_a_private_address_is_refused_after_it_is_resolved(server: HTTPServer) -> None:
    with Client(resolve=lambda host, port: ["10.0.0.7"]) as client, pytest.raises(CollectError, match="10.0.0.7") as caught:
        client.get("http://innocent.example/")
    assert not caught.value.permanent  # a censor's answer, more often than not


def test_a_redirect_into_the_private_network_is_refused(server: HTTPServer) -> None:
    server.expect_request("/").respond_with_data("", status=302, headers={"Location": "http://metadata.example/latest/"})
    answers = {"public.example": "127.0.0.1", "metadata.example": "169.254.169.254"}
    with Client(allow_networks=LOOPBACK, resolve=lambda host, port: [answers[host]]) as client:
        with pytest.raises(CollectError, match="169.254.169.254"):
            client.get(f"http://public.example:{server.port}/")


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(server: HTTPServer) -> None:
    server.expect_request("/").respond_with_data("ours")
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with Client(allow_networks=LOOPBACK, resolve=rebinding) as client:
        assert client.get(f"http://rebinding.example:{server.port}/").body == b"ours"
    assert asked == ["rebinding.example"]


def test_of_several_addresses_only_the_public_ones_are_tried(server: HTTPServer) -> None:
    server.expect_request("/").respond_with_data("ours")
    with Client(allow_networks=LOOPBACK, resolve=lambda host, port: ["10.0.0.1", "127.0.0.1"]) as client:
        assert client.get(f"http://mixed.example:{server.port}/").body == b"ours"


def test_an_allowed_network_may_be_read(server: HTTPServer, client: Client) -> None:
    server.expect_request("/").respond_with_data("ours")
    assert client.get(server.url_for("/")).body == b"ours"


# ---- time


@contextmanager
def raw_server(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that says exactly these bytes, with pauses between them, and then hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            connection.settimeout(5)
            with connection:
                try:
                    connection.recv(65536)
                    for piece in pieces:
                        connection.sendall(piece)
                        if stop.wait(pause):
                            return
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        stop.set()
        listening.close()
        thread.join(5)


def test_a_redirect_with_persian_in_it_is_followed(server: HTTPServer, client: Client) -> None:
    server.expect_request("/خبر").respond_with_data("here")
    target = server.url_for("/خبر").encode()
    with raw_server(b"HTTP/1.1 301 Moved\r\nLocation: " + target + b"\r\nContent-Length: 0\r\n\r\n") as url:
        assert client.get(url).body == b"here"


def test_a_server_that_says_nothing_is_left_after_the_read_timeout() -> None:
    with raw_server(b"", b"", pause=5) as url, Client(allow_networks=LOOPBACK, read_timeout=0.2, total_timeout=5) as client:
        started = time.monotonic()
        with pytest.raises(CollectError, match="did not answer in time") as caught:
            client.get(url)
    assert time.monotonic() - started < 2 and not caught.value.permanent


@pytest.mark.parametrize("pieces", [
    [b"HTTP/1.1 200 OK\r\n", *[b"X-Drip: 1\r\n"] * 100],
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 100]], ids=["headers", "body"])
def test_a_server_that_drips_is_left_when_the_total_time_is_over(pieces: list[bytes]) -> None:
    with raw_server(*pieces, pause=0.05) as url, Client(allow_networks=LOOPBACK, read_timeout=1, total_timeout=0.4) as client:
        started = time.monotonic()
        with pytest.raises(CollectError, match="did not answer in time"):
            client.get(url)
    assert time.monotonic() - started < 2


def test_a_body_that_breaks_off_gives_what_arrived() -> None:
    with (
        raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>half") as url,
        Client(allow_networks=LOOPBACK) as client,
    ):
        answer = client.get(url)
    assert answer.truncated and answer.body == b"<rss>half"


@pytest.mark.parametrize("pieces", [[b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"], [b"\x15\x03\x01\x00\x02\x02"], []],
                         ids=["no body", "not HTTP", "hang up"])
def test_a_server_that_does_not_speak_http_is_a_temporary_failure(pieces: list[bytes]) -> None:
    with raw_server(*pieces) as url, Client(allow_networks=LOOPBACK) as client, pytest.raises(CollectError) as caught:
        client.get(url)
    assert not caught.value.permanent


def test_nobody_listening_is_told_in_the_systems_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with Client(allow_networks=LOOPBACK) as client, pytest.raises(CollectError, match="connection refused"):
        client.get(f"http://127.0.0.1:{port}/")


def test_a_name_without_an_address_is_told_by_name() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with Client(resolve=nothing) as client, pytest.raises(CollectError, match="'no.such.example' cannot be resolved"):
        client.get("http://no.such.example/")


# ---- pace


def test_requests_to_one_host_keep_their_distance_and_other_hosts_do_not_wait() -> None:
    slept: list[float] = []
    client = stand_in(lambda request: httpx.Response(200), pace=timedelta(seconds=3), sleep=slept.append)
    client.get("https://one.example/a")
    client.get("https://two.example/")
    assert slept == []
    client.get("https://one.example/b")
    client.get("https://one.example/c", pace=timedelta(seconds=10))
    assert [round(seconds) for seconds in slept] == [3, 6]


def test_a_busy_host_is_left_for_later_instead_of_holding_the_worker() -> None:
    reached, finish = threading.Event(), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        reached.set()
        finish.wait(5)
        return httpx.Response(200)

    client = stand_in(answer, per_host=1, slot_timeout=0.05, pace=timedelta())
    first = threading.Thread(target=client.get, args=("https://example.org/slow",))
    first.start()
    try:
        assert reached.wait(5)
        with pytest.raises(CollectError, match="example.org is busy.*retrying in 90 s") as caught:
            client.get("https://example.org/")
        assert caught.value.retry_after == timedelta(seconds=90) and not caught.value.permanent
    finally:
        finish.set()
        first.join(5)
    assert client.get("https://example.org/").status == 200


def test_a_machine_of_ours_is_not_kept_waiting_for() -> None:
    slept: list[float] = []
    client = stand_in(
        lambda request: httpx.Response(200), pace=timedelta(seconds=3), sleep=slept.append, allow_networks=LOOPBACK
    )
    for _ in range(3):
        client.get("http://127.0.0.1:8091/feed/")
    assert slept == []


def test_no_more_than_so_many_requests_run_at_one_host_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return httpx.Response(200)

    client = stand_in(answer, pace=timedelta(), per_host=2)
    threads = [threading.Thread(target=client.get, args=("https://one.example/",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_a_host_that_asked_us_to_wait_is_not_asked_again_by_anybody() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(429, headers={"Retry-After": "60"})

    client = stand_in(answer, pace=timedelta())
    for path in ("/a", "/b"):
        with pytest.raises(CollectError) as caught:
            client.get(f"https://busy.example{path}")
        assert caught.value.retry_after is not None and 59 <= caught.value.retry_after.total_seconds() <= 60
    assert asked == ["/a"]


# ---- how long to wait

SERVER = "Sun, 22 Nov 2026 11:00:00 GMT"  # an hour behind us


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT"}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 11:02:00 GMT", "date": SERVER}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:00 GMT"}, 0),
        ({"retry-after": "99999999999999"}, 86400),
        ({"retry-after": "1e300"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"x-ratelimit-reset": "2026-11-22T12:05:00.070144Z"}, 300.070144),
        ({"x-ratelimit-reset": "2026-11-22T11:05:00Z", "date": SERVER}, 300),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"x-ratelimit-reset": str((int(NOW.timestamp()) + 30) * 1000)}, 30),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 900)}, 900),
        ({"ratelimit-reset": str(int(NOW.timestamp()) + 300)}, 300),
        ({"x-ratelimit-reset": "238.5"}, 238.5),
        ({"ratelimit": '"default";r=0;t=42'}, 42),
        ({"retry-after": "7", "x-ratelimit-reset": "900"}, 7),
        ({"ratelimit": '"burst";r=0;t=3, "day";r=0;t=600, "hour";r=7;t=60'}, 600),
        ({"ratelimit": "limit=10, remaining=0, reset=5"}, 5),
        ({"x-ratelimit-reset-after": "1.5"}, 1.5),
        ({"x-rate-limit-remaining": "9", "x-rate-limit-reset": "900", "x-app-limit-24hour-remaining": "0",
          "x-app-limit-24hour-reset": str(int(NOW.timestamp()) + 7200)}, 7200),
        ({"x-business-use-case-usage": '{"178": [{"type": "instagram", "call_count": 100, "total_time": 2, '
                                       '"estimated_time_to_regain_access": 19}]}'}, 1140),
        ({"x-app-usage": '{"call_count": 100, "total_time": 25, "total_cputime": 3}'}, 300),
        ({"x-app-usage": '{"call_count": 28, "total_time": 25, "total_cputime": 3}'}, None),
        ({"x-app-usage": '{"call_count": "many"}', "x-business-use-case-usage": "[" * 9999}, None),
        ({"x-business-use-case-usage": '{"1": [{"estimated_time_to_regain_access": 1e300}], "2": 5, "3": [null]}'}, 86400),
    ],
    ids=[
        "seconds",
        "date",
        "date by the host's wrong clock",
        "past date",
        "ages",
        "absurd",
        "negative",
        "nan",
        "words",
        "silence",
        "mastodon: ISO",
        "mastodon with a wrong clock",
        "gotosocial: epoch",
        "epoch in milliseconds",
        "x: epoch",
        "bluesky: epoch",
        "reddit: seconds left",
        "ietf draft",
        "retry-after goes first",
        "ietf draft with several policies",
        "ietf draft 7",
        "seconds after",
        "x: the day is used up, the quarter is not",
        "facebook: minutes to regain access",
        "facebook: all of a rolling hour",
        "facebook: a part of it",
        "facebook: nonsense",
        "facebook: for ever",
    ],
)
def test_every_dialect_of_waiting_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    wait = retry_after(headers, NOW)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("status, headers, seconds", [
    (429, {"x-rate-limit-remaining": "431", "x-rate-limit-reset": "900"}, 10),
    (429, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "900"}, 900),
    (429, {"x-rate-limit-remaining": "431", "x-rate-limit-reset": "900", "retry-after": "2"}, 2),
    (500, {"x-ratelimit-remaining": "299", "x-ratelimit-reset": "240"}, None),
], ids=["a burst", "the window", "a burst with a time", "trouble of another kind"])
def test_the_reset_of_a_window_that_is_not_used_up_is_not_waited_for(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    client = stand_in(lambda request: httpx.Response(status, headers=headers))
    with pytest.raises(CollectError) as caught:
        client.get("https://api.x.example/")
    assert caught.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("headers", [{"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, {"ratelimit": '"a";r=0;t=60'},
                                     {"x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":1}]}'}])
def test_an_answer_that_used_up_the_last_of_a_window_is_the_last_until_its_reset(headers: dict[str, str]) -> None:
    client = stand_in(lambda request: httpx.Response(200, headers=headers))
    assert client.get("https://site.example/").status == 200
    with pytest.raises(CollectError, match="asked us to wait; retrying in 60 s"):
        client.get("https://site.example/")


# ---- what each status means


@pytest.mark.parametrize("status, headers, body, permanent, words", [
    (401, {}, '{"error":"This method requires an authenticated user"}', True, "wants credentials.*authenticated user.*token"),
    (403, {}, "", True, "refuses us.*proxy"),
    (403, {"cf-mitigated": "challenge", "content-type": "text/html"}, "<html>", True, "Cloudflare challenge"),
    (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}, "", False, "too often; retrying in 60 s"),
    (404, {}, "", False, "nothing is at .*check the address"),
    (410, {}, "", True, "gone for good; remove"),
    (429, {"retry-after": "90"}, "", False, "too often; retrying in 90 s"),
    (420, {}, "", False, "too often"),
    (451, {}, "", True, "legal"),
    (400, {"x-app-usage": '{"call_count": 100}'}, "", False, "too often; retrying in 5 min"),
    (407, {}, "", True, "the proxy wants credentials"),
    (408, {}, "", False, "HTTP 408"),
    (400, {}, '{"message":"bad query"}', True, "bad query.*options"),
    (500, {}, "", False, "in trouble"),
    (503, {"retry-after": "600"}, "", False, "in trouble; retrying in 10 min"),
    (304, {}, "", False, "HTTP 304"),
], ids=lambda value: str(value) if isinstance(value, int) else "")
def test_a_status_becomes_an_error_that_says_what_to_do(
    status: int, headers: dict[str, str], body: str, permanent: bool, words: str
) -> None:
    client = stand_in(lambda request: httpx.Response(status, headers=headers, text=body))
    with pytest.raises(CollectError, match=words) as caught:
        client.get("https://example.org/feed", source="rss 'blog'")
    assert caught.value.permanent is permanent and str(caught.value).startswith("rss 'blog': ")
    assert (caught.value.retry_after is not None) == bool({"retry-after", "x-ratelimit-reset", "x-app-usage"} & headers.keys())


def test_an_error_body_nested_too_deeply_is_no_words_of_the_host() -> None:
    with pytest.raises(CollectError, match="does not accept the request;"):
        stand_in(lambda request: httpx.Response(400, text="[" * 4096)).get("https://example.org/feed")


def test_a_status_may_be_asked_for() -> None:
    client = stand_in(lambda request: httpx.Response(404, text="<rss/>"))
    assert client.get("https://example.org/feed", readable=(404,)).body == b"<rss/>"


# ---- what never leaves


@pytest.mark.parametrize("url, shown", [
    ("https://u:p@example.org:8443/a/b?token=s#f", "https://example.org:8443/a/b"),
    ("https://api.telegram.org/bot123456:AAF-secret/getUpdates", "https://api.telegram.org/…/getUpdates"),
    ("https://example.org/feed/0123456789abcdef0123456789abcdef0123/x", "https://example.org/feed/…/x"),
    ("https://example.org/2026/11/گزارش/", "https://example.org/2026/11/گزارش/"),
    ("http://[::1]:80/", "http://[::1]/"), ("http://a:b:c/", "an address that cannot be read")])
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert redact(url) == shown


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: httpx.Response(403),
        lambda request: httpx.Response(500),
        lambda request: httpx.Response(302, headers={"location": str(request.url)}),
        lambda request: (_ for _ in ()).throw(httpx.ConnectTimeout("x")),
        lambda request: (_ for _ in ()).throw(httpx.ReadError("x")),
        lambda request: httpx.Response(200, headers={"content-encoding": "br"}, stream=httpx.ByteStream(b"no")),
        lambda request: httpx.Response(302, headers={"location": "ftp://u:hunter2@x/?k=hunter2"}),
    ],
)
def test_no_error_shows_a_secret(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    with pytest.raises(CollectError) as caught:
        stand_in(answer, pace=timedelta()).get(
            "https://user:hunter2@example.org/feed?key=hunter2", headers={"Authorization": "hunter2"}
        )
    assert "hunter2" not in str(caught.value) and "hunter2" not in repr(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("url, header, echoed", [
    ("https://example.org/", "Bearer t0ken-of-ours", "t0ken-of-ours"),
    ("https://example.org/", "Bearer t0ken-of-ours", "Bearer t0ken-of-ours"),
    ("https://example.org/", "Basic cmV6YTpodW50ZXIy", "hunter2"),
    ("https://reza:hunt%2Fer2@example.org/", "", "hunt/er2"),
    ("https://reza:hunter2@example.org/", "", "cmV6YTpodW50ZXIy"),
    ("https://example.org/?key=ge%20heim", "", "ge heim"),
    ("https://example.org/?key=ge+heim", "", "ge+heim"),
    ("https://example.org/bot12345:AAF-secret/get", "", "bot12345:AAF-secret"),
], ids=["token", "header", "password in basic", "password", "basic", "query", "query as sent", "path"])
def test_no_error_quotes_a_secret_that_the_server_echoes(status: int, url: str, header: str, echoed: str) -> None:
    client = stand_in(lambda request: httpx.Response(status, json={"error": f"we do not know {echoed} at all"}))
    with pytest.raises(CollectError) as caught:
        client.get(url, headers={"Authorization": header} if header else {})
    assert echoed not in str(caught.value) and "we do not know ••• at all" in str(caught.value)


def test_a_secret_that_was_cut_short_is_hidden_too() -> None:
    client = stand_in(lambda request: httpx.Response(200))
    answer = client.get("https://example.org/", headers={"Authorization": "Bearer 0123456789abc"})
    assert answer.without_secrets("titled 'wrong 0123456789'") == "titled 'wrong •••'" and "0123" not in repr(answer)


def test_nothing_is_logged_above_debug(server: HTTPServer, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    server.expect_request("/").respond_with_data("x")
    with caplog.at_level(logging.INFO):
        client.get(server.url_for("/?key=hunter2"))
    assert "hunter2" not in "".join(record.getMessage() for record in caplog.records if not record.name.startswith("werkzeug"))


@pytest.mark.parametrize("url", ["", "example.org/feed", "ftp://example.org/", "http://", "http://[", "http://exa mple.org/",
                                 "file:///etc/passwd", "http://" + "a" * 300 + ".org/"])
def test_what_is_no_web_address_is_refused_without_a_request(url: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no such host")

    with pytest.raises(CollectError):
        stand_in(never).get(url)


def test_name_and_password_in_an_address_are_sent_as_credentials_and_dropped_elsewhere() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return (
            httpx.Response(302, headers={"location": "https://other.example/"})
            if request.url.host == "example.org"
            else httpx.Response(200)
        )

    stand_in(answer).get("https://reza:pass@example.org/")
    assert seen == ["Basic cmV6YTpwYXNz", None]


# ---- pages where data was asked for


@pytest.mark.parametrize(
    "body, content_type, said",
    [
        ("<!DOCTYPE html><title>ورود</title><input type='password'>", "text/html", "a login page"),
        ("<html><head><title>Just a moment...</title><script>cf-chl</script>", "text/html", "a Cloudflare challenge page"),
        ("<html><head><title>503 Service\n Unavailable</title>", "text/html", "an HTML page titled '503 Service Unavailable'"),
        ("<div>no head</div>", "text/html", "an HTML page"),
        ("<html><title>\x1b[31mred\u202e</title>", "", "an HTML page titled '[31mred'"),
        ("<?xml version='1.0'?><rss><channel/></rss>", "text/html", None),
        ('{"a": 1}', "text/html", None),
        ("plain", "text/plain", None),
    ],
)
def test_a_page_is_named_for_what_it_is(body: str, content_type: str, said: str | None) -> None:
    assert page_kind(body.encode(), content_type) == said


def test_links_are_read_by_relation() -> None:
    answer = http.Response(
        200, b"", "https://x/", {"link": '<https://x/?max_id=1&a=;>; rel="next", </p>; rel="prev start"; title="a, b"'}
    )
    assert answer.links == {"next": "https://x/?max_id=1&a=;", "prev": "/p", "start": "/p"}


def test_dates_of_the_host_are_read_in_the_form_it_writes_them() -> None:
    assert retry_after({"retry-after": format_datetime(NOW + timedelta(seconds=5), usegmt=True)}, NOW) == timedelta(seconds=5)
