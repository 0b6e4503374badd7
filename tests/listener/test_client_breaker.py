"""Who fails time after time is left alone: the circuit by itself, then over real sockets."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.client.breaker import FAILURES, LONGEST, SHORTEST, Breaker, Entry
from listener.errors import CollectError
from tests.listener.relays import Socks
from tests.listener.test_client import raw_server
from tests.listener.test_client_robots import Clock


def longest(low: float, high: float) -> float:
    return high


def shortest(low: float, high: float) -> float:
    return low


def fail(breaker: Breaker, now: float, times: int = 1) -> None:
    for _ in range(times):
        entry = breaker.enter(now, 90)
        assert isinstance(entry, Entry)
        breaker.leave(entry, False, now)


# ---- by itself


def test_four_failures_are_bad_luck_and_five_in_a_row_are_not() -> None:
    breaker = Breaker(longest)
    fail(breaker, 0, FAILURES - 1)
    breaker.leave(Entry.NORMAL, True, 0)
    fail(breaker, 0, FAILURES - 1)
    assert breaker.enter(0, 90) is Entry.NORMAL
    breaker.leave(Entry.NORMAL, False, 0)
    assert breaker.enter(0, 90) == 120 and breaker.failures == 5


def test_each_time_it_stays_open_longer_but_never_over_a_quarter_of_an_hour() -> None:
    breaker, now, waits = Breaker(longest), 0.0, []
    fail(breaker, now, FAILURES)
    for _ in range(30):
        wait = breaker.enter(now, 90)
        assert isinstance(wait, float)
        waits.append(wait)
        now += wait
        fail(breaker, now)
    assert waits[:5] == [120, 240, 480, 900, 900] and max(waits) == LONGEST == 900


def test_the_wait_is_drawn_from_the_whole_width() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    breaker = Breaker(draw)
    fail(breaker, 0, FAILURES)
    assert drawn == [(SHORTEST, 120)] and breaker.enter(0, 90) == SHORTEST == 60


def test_when_the_time_is_over_one_request_is_tried_and_decides() -> None:
    breaker = Breaker(shortest)
    fail(breaker, 0, FAILURES)
    assert breaker.enter(60, 90) is Entry.TRIAL
    assert breaker.enter(60, 90) == 90  # the others come back when the trial is over
    breaker.leave(Entry.TRIAL, False, 61)
    assert breaker.enter(61, 90) == 60
    assert breaker.enter(121, 90) is Entry.TRIAL
    breaker.leave(Entry.TRIAL, True, 122)
    assert breaker.enter(122, 90) is Entry.NORMAL and breaker.failures == 0


def test_a_trial_that_tells_nothing_leaves_room_for_the_next() -> None:
    breaker = Breaker(shortest)
    fail(breaker, 0, FAILURES)
    assert breaker.enter(60, 90) is Entry.TRIAL
    breaker.leave(Entry.TRIAL, None, 60)
    assert breaker.enter(60, 90) is Entry.TRIAL


def test_requests_under_way_when_it_opens_do_not_keep_it_open_longer() -> None:
    breaker = Breaker(shortest)
    entries = [breaker.enter(0, 90) for _ in range(8)]
    for at, entry in enumerate(entries):
        assert isinstance(entry, Entry)
        breaker.leave(entry, False, float(at))
    assert breaker.enter(64, 90) is Entry.TRIAL  # opened at the fifth, for a minute


# ---- over sockets


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
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8"], connect_timeout=0.3, read_timeout=0.15, total_timeout=0.5, clock=clock,
                sleep=clock.sleep, uniform=shortest) as client:
        yield client


def turned_away(client: Client, url: str) -> CollectError:
    with pytest.raises(CollectError) as caught:
        client.get(url, source="rss 'blog'")
    return caught.value


def test_a_host_that_fails_five_times_in_a_row_is_not_asked_until_its_time(
    server: HTTPServer, client: Client, clock: Clock
) -> None:
    statuses = [500, 502, 503, 599, 500, 500, 200, 500]
    server.expect_request("/").respond_with_handler(lambda request: Response(status=statuses.pop(0)))
    for _ in range(5):
        assert "in trouble" in str(turned_away(client, server.url_for("/")))
    error = turned_away(client, server.url_for("/feed"))
    assert str(error) == f"rss 'blog': 127.0.0.1:{server.port} failed 5 times in a row and is left alone for a while; retrying in 60 s"
    assert error.retry_after == timedelta(seconds=60) and not error.permanent and len(statuses) == 3
    clock.sleep(60)
    assert "in trouble" in str(turned_away(client, server.url_for("/")))  # the trial
    assert "6 times in a row" in str(turned_away(client, server.url_for("/")))
    clock.sleep(60)
    assert client.get(server.url_for("/")).status == 200
    assert "in trouble" in str(turned_away(client, server.url_for("/")))  # closed: one failure is one failure
    assert not statuses


def test_a_host_that_cannot_be_connected_to_counts_as_failing(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    for _ in range(5):
        assert "connection refused" in str(turned_away(client, url))
    assert "left alone" in str(turned_away(client, url))


def test_a_host_that_does_not_answer_counts_as_failing(client: Client) -> None:
    with raw_server(b"", pause=5) as url:
        for _ in range(5):
            assert "did not answer" in str(turned_away(client, url))
        assert "left alone" in str(turned_away(client, url))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429])
def test_a_host_that_answers_is_not_failing(server: HTTPServer, client: Client, status: int) -> None:
    server.expect_request("/").respond_with_data("", status=status)
    for _ in range(7):
        assert f"HTTP {status}" in str(turned_away(client, server.url_for("/")))


def test_a_status_that_was_asked_for_is_no_failure(server: HTTPServer, client: Client) -> None:
    server.expect_request("/").respond_with_data("{}", status=503)
    for _ in range(7):
        assert client.get(server.url_for("/"), readable=(503,)).status == 503


def test_other_hosts_are_not_punished(server: HTTPServer, client: Client) -> None:
    server.expect_request("/").respond_with_data("", status=500)
    for _ in range(6):
        turned_away(client, server.url_for("/"))
    with HTTPServer(host="127.0.0.1") as other:
        other.expect_request("/").respond_with_data("well")
        assert client.get(other.url_for("/")).body == b"well"


def test_while_one_request_is_tried_the_others_are_told_to_come_back() -> None:
    clock, reached, finish, failing = Clock(), threading.Event(), threading.Event(), True

    def answer(request: httpx.Request) -> httpx.Response:
        if failing:
            raise httpx.ConnectError("down")
        reached.set()
        finish.wait(5)
        return httpx.Response(200)

    client = Client(transport=httpx.MockTransport(answer), clock=clock, sleep=clock.sleep, uniform=shortest, pace=timedelta())
    for _ in range(5):
        turned_away(client, "https://site.example/")
    failing = False
    clock.sleep(60)
    trial = threading.Thread(target=client.get, args=("https://site.example/",))
    trial.start()
    try:
        assert reached.wait(5)
        assert turned_away(client, "https://site.example/").retry_after == timedelta(seconds=90)
    finally:
        finish.set()
        trial.join(5)
    assert client.get("https://site.example/").status == 200


def test_a_dead_proxy_is_left_alone_for_every_host_and_the_hosts_are_not_blamed(server: HTTPServer, clock: Clock) -> None:
    server.expect_request("/").respond_with_data("here")
    with (socket.create_server(("127.0.0.1", 0)) as unused,
          Client(resolve=lambda host, port: ["127.0.0.1"], allow_networks=["127.0.0.0/8"], clock=clock, sleep=clock.sleep,
                 uniform=shortest) as client):
        address = f"socks5://127.0.0.1:{unused.getsockname()[1]}"
        unused.close()
        way = client.through(address)
        for number in range(5):
            assert "the proxy" in str(turned_away(way, f"http://site{number}.example/"))
        error = turned_away(way, f"http://site.example:{server.port}/")
        assert f"the proxy {address} failed 5 times in a row" in str(error) and error.retry_after == timedelta(seconds=60)
        assert client.get(f"http://site.example:{server.port}/").body == b"here"


def test_a_site_that_a_proxy_does_not_reach_is_left_alone_on_that_way_only(server: HTTPServer, clock: Clock) -> None:
    server.expect_request("/").respond_with_data("here")
    with (Socks(("127.0.0.1", server.port), reply=4) as proxy,
          Client(resolve=lambda host, port: ["127.0.0.1"], allow_networks=["127.0.0.0/8"], clock=clock, sleep=clock.sleep,
                 uniform=shortest) as client):
        way = client.through(proxy.url())
        for _ in range(5):
            assert "host unreachable" in str(turned_away(way, f"http://site.example:{server.port}/"))
        assert f"site.example:{server.port} failed 5 times" in str(turned_away(way, f"http://site.example:{server.port}/"))
        proxy.reply = 0
        assert way.get(f"http://other.example:{server.port}/").body == b"here"
        assert client.get(f"http://site.example:{server.port}/").body == b"here"


def test_what_the_guard_refuses_says_nothing_about_the_host() -> None:
    with Client(resolve=lambda host, port: ["10.0.0.7"], pace=timedelta()) as client:
        for _ in range(7):
            assert "not a public address" in str(turned_away(client, "http://innocent.example/"))


def test_connections_of_ours_that_are_all_in_use_are_not_the_hosts_fault() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.PoolTimeout("full")

    client = Client(transport=httpx.MockTransport(answer), pace=timedelta())
    for _ in range(7):
        error = turned_away(client, "https://site.example/")
        assert "all our connections are in use" in str(error) and error.retry_after


def test_a_post_counts_like_any_request(server: HTTPServer, client: Client) -> None:
    def trouble(request: Request) -> Response:
        return Response(status=500)

    server.expect_request("/").respond_with_handler(trouble)
    for _ in range(5):
        with pytest.raises(CollectError, match="in trouble"):
            client.post(server.url_for("/"), json={})
    with pytest.raises(CollectError, match="left alone"):
        client.post(server.url_for("/"), json={})
