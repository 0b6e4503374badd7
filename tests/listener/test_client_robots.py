"""robots.txt (RFC 9309), over real sockets: what is asked, what each answer to it means, and for how long."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.client.robots import LARGEST, read_rules
from listener.errors import CollectError
from tests.listener.relays import Socks

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Seconds that pass only when somebody sleeps."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture(scope="module")
def _server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def server(_server: HTTPServer) -> HTTPServer:
    _server.clear()
    _server.expect_request("/s/news").respond_with_data("page")
    return _server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8"], read_timeout=0.3, total_timeout=1, now=lambda: NOW, clock=clock,
                sleep=clock.sleep) as client:
        yield client


def asked(server: HTTPServer) -> list[str]:
    return [request.path for request, _ in server.log]


def read(client: Client, server: HTTPServer) -> bytes:
    return client.get(server.url_for("/s/news"), source="telegram 'news'", robots=True).body


@pytest.mark.parametrize("rules, allowed", [
    ("User-agent: *\nDisallow: /s/", False),
    ("User-agent: *\nDisallow: /s/\nAllow: /s/news", True),
    ("User-agent: *\nAllow: /s\nDisallow: /s/ne", False),
    ("User-agent: *\nDisallow: /*/news$", False),
    ("User-agent: *\nDisallow: /\n\nUser-agent: gooshbezang\nDisallow: /private", True),
    ("User-agent: *\nDisallow:\n\nUser-agent: GooshBeZang\nDisallow: /", False),
    ("User-agent: otherbot\nDisallow: /", True),
    ("User-agent: goosh\nDisallow: /\n\nUser-agent: gooshbezang-images\nDisallow: /", True),
    ("User-agent: a\nUser agent gooshbezang/2.0 # us\nuseragent: b\nDisallow: /", False),
    ("\ufeffUser-agent: *\r\nDisallow: /", False),
    ("<html>not found</html>", True),
    ("", True),
], ids=["refused", "longest match allows", "longest match refuses", "wildcards", "a group for us", "a group against us",
        "a group for others",
        "names that begin like ours", "one group for several", "byte order mark", "a page instead", "empty"])
def test_a_page_is_read_only_where_robots_txt_allows_it(client: Client, server: HTTPServer, rules: str, allowed: bool) -> None:
    server.expect_request("/robots.txt").respond_with_data(rules)
    if allowed:
        assert read(client, server) == b"page"
    else:
        with pytest.raises(CollectError, match="^telegram 'news': the robots.txt of 127.0.0.1 asks programs") as caught:
            read(client, server)
        assert caught.value.permanent and asked(server) == ["/robots.txt"]


def test_only_pages_made_for_people_are_asked_about(client: Client, server: HTTPServer) -> None:
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /")
    assert client.get(server.url_for("/s/news")).body == b"page" and asked(server) == ["/s/news"]


def test_rules_are_kept_for_a_day(client: Client, server: HTTPServer, clock: Clock) -> None:
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /")
    read(client, server)
    clock.sleep(86_000)
    read(client, server)
    assert asked(server).count("/robots.txt") == 1
    clock.sleep(1_000)
    read(client, server)
    assert asked(server).count("/robots.txt") == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_file_that_is_not_there_allows_everything(client: Client, server: HTTPServer, status: int) -> None:
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /", status=status)
    assert read(client, server) == b"page"
    assert read(client, server) == b"page" and asked(server).count("/robots.txt") == 1


def test_a_file_that_cannot_be_had_refuses_everything_for_a_while(client: Client, server: HTTPServer, clock: Clock) -> None:
    server.expect_request("/robots.txt").respond_with_data("", status=503)
    for wait in (300, 240):
        with pytest.raises(CollectError, match=r"of 127.0.0.1 cannot be read \(HTTP 503\).*refusal \(RFC 9309\)") as caught:
            read(client, server)
        assert caught.value.retry_after == timedelta(seconds=wait) and not caught.value.permanent
        clock.sleep(60)
    assert asked(server) == ["/robots.txt"]
    clock.sleep(300)
    server.clear()
    server.expect_request("/robots.txt").respond_with_data("")
    server.expect_request("/s/news").respond_with_data("page")
    assert read(client, server) == b"page"


@pytest.mark.parametrize("trouble", ["HTTP 500", "silence"])
def test_a_copy_serves_longer_while_the_file_cannot_be_had(
    client: Client, server: HTTPServer, clock: Clock, trouble: str
) -> None:
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /s/\nDisallow: /")
    read(client, server)
    clock.sleep(90_000)
    server.clear()

    def fail(request: Request) -> Response:
        if trouble == "silence":
            threading.Event().wait(0.5)
        return Response(status=500)

    server.expect_request("/robots.txt").respond_with_handler(fail)
    server.expect_request("/s/news").respond_with_data("page")
    server.expect_request("/p").respond_with_data("other")
    assert read(client, server) == b"page"
    with pytest.raises(CollectError, match="asks programs not to read"):
        client.get(server.url_for("/p"), robots=True)
    assert asked(server) == ["/robots.txt", "/s/news"]


def test_nothing_is_read_at_a_host_whose_robots_txt_does_not_answer(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(CollectError, match=f"no connection to {url}/robots.txt .connection refused"):
        client.get(f"{url}/s/news", robots=True)


def test_being_throttled_at_robots_txt_is_a_wait_and_no_permission(client: Client, server: HTTPServer) -> None:
    server.expect_request("/robots.txt").respond_with_data("", status=429, headers={"Retry-After": "90"})
    with pytest.raises(CollectError, match="too often") as caught:
        read(client, server)
    assert caught.value.retry_after == timedelta(seconds=90) and asked(server) == ["/robots.txt"]


def test_robots_txt_may_have_moved_five_times(client: Client, server: HTTPServer) -> None:
    server.expect_request("/robots.txt").respond_with_data("", status=301, headers={"Location": "/r/1"})
    for step in range(1, 5):
        server.expect_request(f"/r/{step}").respond_with_data("", status=302, headers={"Location": f"/r/{step + 1}"})
    server.expect_request("/r/5").respond_with_data("User-agent: *\nDisallow: /")
    with pytest.raises(CollectError, match="asks programs not to read"):
        read(client, server)


def test_robots_txt_that_moves_for_ever_is_as_if_it_were_not_there(client: Client, server: HTTPServer) -> None:
    server.expect_request("/robots.txt").respond_with_data("", status=301, headers={"Location": "/robots.txt"})
    assert read(client, server) == b"page"


def test_every_site_on_the_way_is_asked(client: Client, server: HTTPServer) -> None:
    with HTTPServer(host="127.0.0.1") as other:
        other.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /s")
        server.expect_request("/robots.txt").respond_with_data("")
        server.expect_request("/moved").respond_with_data("", status=302, headers={"Location": other.url_for("/s/x")})
        with pytest.raises(CollectError, match=f"not to read http://127.0.0.1:{other.port}/s/x"):
            client.get(server.url_for("/moved"), robots=True)
        assert asked(other) == ["/robots.txt"]


def test_crawl_delay_is_the_pace_of_pages_and_of_nothing_else(client: Client, server: HTTPServer, clock: Clock) -> None:
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nCrawl-delay: 20\nRequest-rate: 1/30s")
    times = []
    for _ in range(3):
        read(client, server)
        times.append(clock.seconds)
    assert [later - earlier for earlier, later in pairwise(times)] == [30, 30]
    client.get(server.url_for("/s/news"))
    started = clock.seconds
    client.get(server.url_for("/s/news"))
    assert clock.seconds == started


def test_a_crawl_delay_of_an_hour_is_not_slept_through(client: Client, server: HTTPServer, clock: Clock) -> None:
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nCrawl-delay: 3600")
    assert read(client, server) == b"page"
    with pytest.raises(CollectError, match="wants 60 min between two requests; retrying in 60 min") as caught:
        read(client, server)
    assert caught.value.retry_after == timedelta(hours=1) and not caught.value.permanent
    clock.sleep(3600)
    assert read(client, server) == b"page"


@pytest.mark.parametrize("squeezed", [False, True], ids=["plain", "gzip"])
def test_of_a_huge_file_the_beginning_counts(client: Client, server: HTTPServer, squeezed: bool) -> None:
    rules = b"User-agent: *\nDisallow: /s/\n" + b"# padding\n" * (LARGEST // 10) + b"Allow: /s/news\n"
    server.expect_request("/robots.txt").respond_with_data(
        gzip.compress(rules) if squeezed else rules, headers={"Content-Encoding": "gzip"} if squeezed else {})
    with pytest.raises(CollectError, match="asks programs not to read"):
        read(client, server)


def test_robots_txt_is_asked_for_without_the_credentials_of_the_source(client: Client, server: HTTPServer) -> None:
    seen: list[Request] = []

    def keep(request: Request) -> Response:
        seen.append(request)
        return Response("")

    server.expect_request("/robots.txt").respond_with_handler(keep)
    client.get(server.url_for("/s/news").replace("http://", "http://reza:hunter2@"), robots=True, etag='"x"',
               headers={"Cookie": "a=b"}, params={"key": "hunter2"})
    headers = {name.lower(): value for name, value in seen[0].headers.items()}
    assert not {"authorization", "cookie", "if-none-match"} & headers.keys() and "hunter2" not in seen[0].url
    assert headers["user-agent"].startswith("gooshbezang/")


def test_robots_txt_is_fetched_through_the_proxy_of_the_source(server: HTTPServer, client: Client) -> None:
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /s")
    with Socks(("127.0.0.1", server.port)) as proxy, pytest.raises(CollectError, match="robots.txt of site.example asks"):
        client.through(proxy.url()).get("http://site.example/s/news", robots=True)
    assert proxy.asked == ["site.example"] and asked(server) == ["/robots.txt"]


def test_a_robots_txt_in_the_private_network_is_not_fetched(client: Client, server: HTTPServer) -> None:
    server.expect_request("/robots.txt").respond_with_data("", status=302, headers={"Location": "http://169.254.169.254/x"})
    with pytest.raises(CollectError, match="169.254.169.254"):
        read(client, server)
    assert asked(server) == ["/robots.txt"]


def test_a_hostile_file_takes_neither_time_nor_memory() -> None:
    import tracemalloc

    names = b"".join(b"User-agent:r%d\n" % number for number in range(5_000))
    rules = b"".join(b"Disallow:/%d*\n" % number for number in range(6_000))
    tracemalloc.start()
    started = time.process_time()
    try:
        assert read_rules(200, names + rules, 0.0).allows("https://site.example/" + "x/" * 1000)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 64 * 2**20 and time.process_time() - started < 5
