"""Hosts, and names, that mean us harm or do not care: over real sockets where a socket matters."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from pytest_httpserver import HTTPServer

from listener.client import Client, never_sent
from listener.client.bodies import LAYERS, MEMBERS, Garbled, decoded
from listener.client.robots import LONGEST_DELAY, read_rules
from listener.errors import CollectError
from tests.listener.test_client import LOOPBACK, stand_in
from tests.listener.test_client_robots import Clock

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def counting_server(*connections: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """A server whose n-th connection answers its requests with these bytes in turn, then hangs up on the next one it reads."""
    listening, heard = socket.create_server(("127.0.0.1", 0)), list[bytes]()
    listening.settimeout(0.4)

    def serve() -> None:
        for answers in connections:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(0.4)
                for answer in [*answers, None]:
                    try:
                        asked = connection.recv(65536)
                    except OSError:
                        break
                    if asked:
                        heard.append(asked)
                    if not asked or answer is None:
                        break
                    connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", heard
    finally:
        listening.close()
        thread.join(5)


# ---- repeating


def test_a_new_connection_that_breaks_is_not_asked_twice() -> None:
    with counting_server([], [OK]) as (url, heard), Client(allow_networks=LOOPBACK) as client:
        with pytest.raises(CollectError, match="broke off|no connection") as caught:
            client.get(url)
        assert len(heard) == 1 and not never_sent(caught.value)


def test_a_kept_connection_that_breaks_is_replaced_by_a_new_one_once() -> None:
    with counting_server([OK], [OK]) as (url, heard), Client(allow_networks=LOOPBACK) as client:
        assert client.get(url).body == b"ok" and client.get(url).body == b"ok"
        assert len(heard) == 3


def test_on_a_kept_connection_what_is_paid_for_is_not_asked_twice() -> None:
    with counting_server([OK], [OK]) as (url, heard), Client(allow_networks=LOOPBACK) as client:
        client.get(url, once=True)
        with pytest.raises(CollectError, match="broke off|no connection") as caught:
            client.get(url, once=True)
        assert len(heard) == 2 and not never_sent(caught.value)


def test_a_kept_connection_that_breaks_within_an_answer_is_not_asked_twice() -> None:
    with counting_server([OK, b"HTTP/1.1 20"], [OK]) as (url, heard), Client(allow_networks=LOOPBACK) as client:
        client.get(url)
        with pytest.raises(CollectError):
            client.get(url, max_bytes=10)
        assert len(heard) == 2


# ---- unpacking


def test_a_gzip_file_of_many_members_takes_no_time() -> None:
    started = time.process_time()
    with pytest.raises(Garbled):
        decoded(gzip.compress(b"") * 800_000, "gzip", 2**25)
    assert time.process_time() - started < 1


def test_some_members_are_a_file_and_more_are_none() -> None:
    member = gzip.compress(b"a" * 100_000)
    assert decoded(member * MEMBERS, "gzip", 2**25) == (b"a" * 100_000 * MEMBERS, False)
    assert decoded(member + b"\0" * 512, "gzip", 2**25) == (b"a" * 100_000, False)
    with pytest.raises(Garbled):
        decoded(member * (MEMBERS + 1), "gzip", 2**25)


def test_members_longer_than_what_is_unpacked_at_once_come_whole() -> None:
    noise = bytes(number * number % 251 for number in range(300_000))
    body = gzip.compress(noise, 0)
    assert decoded(body + body, "gzip", 2**25) == (noise + noise, False)
    assert decoded(body + body[:-9], "gzip", 2**25)[1]


def test_encodings_are_not_stacked_without_end() -> None:
    body = b"text"
    for _ in range(LAYERS + 1):
        body = gzip.compress(body)
    assert decoded(body, "gzip, identity, gzip", 2**20)[0] == gzip.compress(b"text")
    with pytest.raises(Garbled, match="gzip, gzip and 1 more"):
        decoded(body, "gzip, gzip, gzip", 2**20)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_unpacking_ends_with_the_total_time(encoding: str) -> None:
    import zlib

    import brotli
    import zstandard

    pack = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstandard.ZstdCompressor().compress, "deflate": zlib.compress}

    def over() -> None:
        raise httpx.ReadTimeout("total time is over")

    with pytest.raises(httpx.ReadTimeout):
        decoded(pack[encoding](b"text" * 1000), encoding, 2**20, in_time=over)


def test_an_answer_that_takes_too_long_to_unpack_did_not_come_in_time(
    httpserver_of_bombs: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from listener.client import way

    def slowly(body: bytes, encodings: str, limit: int, **options: object) -> tuple[bytes, bool]:
        until = time.monotonic() + 5
        while time.monotonic() < until:
            options["in_time"]()  # type: ignore[operator]
        return body, False

    monkeypatch.setattr(way, "decoded", slowly)
    with (Client(allow_networks=LOOPBACK, total_timeout=0.3) as client,
          pytest.raises(CollectError, match="did not answer in time")):
        client.get(httpserver_of_bombs.url_for("/"))


@pytest.fixture
def httpserver_of_bombs() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request("/").respond_with_data("x")
        yield server


# ---- robots.txt that wants us to sleep


def site(robots: str) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(200, text=robots if request.url.path == "/robots.txt" else "page"))


@pytest.mark.parametrize(("delay", "wait"), [("3600", timedelta(hours=1)), ("9999999", timedelta(days=1)), ("1e300", timedelta(days=1))])
def test_no_worker_sleeps_through_a_crawl_delay_whoever_asks(delay: str, wait: timedelta) -> None:
    clock, slept = Clock(), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.sleep(seconds)

    client = Client(transport=site(f"User-agent: *\nCrawl-delay: {delay}"), clock=clock, sleep=sleep)
    url = "https://site.example/a"
    assert client.get(url, robots=True).body == b"page"
    with pytest.raises(CollectError, match="site.example wants .* between two requests") as caught:
        client.get(url, robots=True)
    assert caught.value.retry_after is not None and wait - timedelta(seconds=2) <= caught.value.retry_after <= wait
    assert not caught.value.permanent
    assert client.get(url).body == b"page"  # a feed asks no robots.txt and keeps the pace of the house
    clock.sleep(86_500)  # the copy of robots.txt is old: the file does not wait for what it says itself
    assert client.get(url, robots=True).body == b"page"
    assert max(slept) <= 1


def test_a_queue_before_a_host_is_not_slept_through_either() -> None:
    clock, slept = Clock(), list[float]()
    client = Client(transport=site(""), clock=clock, sleep=slept.append)
    client.get("https://site.example/", pace=timedelta(minutes=50))
    with pytest.raises(CollectError, match="our requests to site.example keep their distance; retrying in 50 min") as caught:
        client.get("https://site.example/")
    assert caught.value.retry_after == timedelta(minutes=50) and slept == []
    client.get("https://other.example/", pace=timedelta(seconds=50))
    client.get("https://other.example/", pace=timedelta(seconds=50))
    with pytest.raises(CollectError):  # the clock stands still: 100 s from now
        client.get("https://other.example/")
    assert slept == [50]


@pytest.mark.parametrize("rule", ["Crawl-delay: 1e300", "Crawl-delay: 99999999", f"Request-rate: 1/{'9' * 400}s", "Request-rate: 3/999999d"])
def test_a_site_may_ask_for_a_day_between_two_requests_and_no_more(rule: str) -> None:
    assert read_rules(200, f"User-agent: *\n{rule}\n".encode(), 0.0).delay == LONGEST_DELAY


@pytest.mark.parametrize("rule", ["Crawl-delay: nan", "Crawl-delay: inf", "Crawl-delay: -5", "Request-rate: 0/1s", "Request-rate: 1/0s"])
def test_a_delay_that_is_no_number_is_none(rule: str) -> None:
    assert read_rules(200, f"User-agent: *\n{rule}\n".encode(), 0.0).delay == 0.0


# ---- names that lead astray


def test_a_poisoned_name_is_not_given_up_and_its_advice_is_not_to_open_the_network() -> None:
    with Client(resolve=lambda host, port: ["10.10.34.34"]) as client, pytest.raises(CollectError) as caught:
        client.get("https://t.me/s/x", source="tg")
    assert not caught.value.permanent and never_sent(caught.value)
    assert str(caught.value) == (
        "tg: https://t.me/s/x: the name leads here to 10.10.34.34, which is not a public address: a block or a network of yours; "
        "if it is blocked use a proxy, if it is yours add its network to [client] allow")


@pytest.mark.parametrize("url", ["http://10.0.0.7/", "http://[fd00::1]/", "http://2130706433/", "http://localhost/"])
def test_a_private_address_that_was_configured_is_for_the_operator_to_settle(url: str) -> None:
    with Client(resolve=lambda host, port: ["10.0.0.7"]) as client, pytest.raises(CollectError, match="allow under") as caught:
        client.get(url)
    assert caught.value.permanent


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/", "http://[::1]/", "http://0x7f.1/", "http://localhost/"])
def test_a_host_that_redirects_into_our_network_is_refused_and_asked_again_later(location: str) -> None:
    with HTTPServer(host="127.0.0.1") as server:
        server.expect_request("/").respond_with_data("", status=302, headers={"Location": location})
        with (Client(allow_networks=["127.0.0.1/32"], resolve=lambda host, port: ["127.0.0.1" if host == "127.0.0.1" else "10.0.0.7"]) as client,
              pytest.raises(CollectError, match="not a public address") as caught):
            client.get(server.url_for("/"))
    assert not caught.value.permanent


# ---- secrets that come back

TOKEN = "AIzaSECRETKEY0123456789"


@pytest.mark.parametrize("asked", [{"params": {"key": TOKEN}}, {"headers": {"Authorization": f"Bearer {TOKEN}"}}, {"headers": {"x-key": TOKEN}}],
                         ids=["query", "bearer", "header"])
@pytest.mark.parametrize("status", [302, 404, 429, 500, 0], ids=["no end", "404", "429", "500", "hang up"])
@pytest.mark.parametrize("place", ["/p/{}", "/p/{}/more", "https://{}.evil.example/p", "https://evil.example/{}", "https://evil.example/hunter"])
def test_a_redirect_that_repeats_a_secret_leaves_none_in_the_error(asked: dict[str, dict[str, str]], status: int, place: str) -> None:
    location = place.format(TOKEN)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api" or status == 302:
            return httpx.Response(302, headers={"location": location})
        if not status:
            raise httpx.RemoteProtocolError("gone")
        return httpx.Response(status, json={"error": f"bad key {TOKEN}"})

    asked = {**asked, "params": {**asked.get("params", {}), "short": "hunter"}}
    with pytest.raises(CollectError) as caught:
        stand_in(answer, pace=timedelta()).get("https://site.example/api", source="s", **asked)  # type: ignore[arg-type]
    for said in (str(caught.value), caught.value.what, repr(caught.value)):
        assert TOKEN.lower() not in said.lower() and "/hunter" not in said


def test_a_secret_of_the_body_is_not_told_by_an_address() -> None:
    client = stand_in(lambda request: httpx.Response(307, headers={"location": "/p/app-password-1"}), pace=timedelta())
    with pytest.raises(CollectError, match="more than 5 redirects") as caught:
        client.post("https://site.example/api", json={"password": "app-password-1"})
    assert "app-password" not in str(caught.value)
    client = stand_in(lambda request: httpx.Response(302, headers={"location": "https://evil.example/p/app-password-1"}))
    with pytest.raises(CollectError, match="not followed") as caught:
        client.post("https://site.example/api", json={"password": "app-password-1"})
    assert "app-password" not in str(caught.value)


def test_search_words_do_not_blank_the_sentence_nor_the_address_that_was_asked() -> None:
    client = stand_in(lambda request: httpx.Response(503), pace=timedelta())
    with pytest.raises(CollectError) as caught:
        client.get("https://api.digikala.example/digikala/v1", params={"q": "digikala", "sort": "later", "page": "trouble"})
    assert str(caught.value) == "HTTP 503: https://api.digikala.example/digikala/v1 is in trouble; retrying later"


def test_another_host_is_still_told_where_a_header_holds_an_address() -> None:
    client = stand_in(lambda request: httpx.Response(404) if request.url.host == "b.example"
                      else httpx.Response(302, headers={"location": "https://b.example/x"}))
    with pytest.raises(CollectError, match="nothing is at https://b.example/x;"):
        client.get("https://a.example/", headers={"Referer": "https://a.example/"})


# ---- no wait longer than a day


def test_no_wait_is_longer_than_a_day() -> None:
    client = stand_in(lambda request: httpx.Response(200))
    with pytest.raises(CollectError, match="retrying in 24 h") as caught:
        client.spend("a", 2, limit=1, period="2026-11", source="s", until=timedelta(days=29))
    assert caught.value.retry_after == timedelta(days=1)
    client = Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)), sleep=lambda seconds: None)
    client.get("https://site.example/", pace=timedelta(days=400))
    with pytest.raises(CollectError) as caught:
        client.get("https://site.example/")
    assert caught.value.retry_after == timedelta(days=1)




# ---- a name service that says nothing


def test_a_name_service_that_does_not_answer_is_not_waited_for_beyond_the_time_of_a_connection() -> None:
    silence, asked = threading.Event(), list[str]()

    def silent(host: str, port: int) -> list[str]:
        asked.append(host)
        silence.wait(10)
        return ["127.0.0.1"]

    try:
        with Client(allow_networks=LOOPBACK, resolve=silent, connect_timeout=0.2, pace=timedelta()) as client:
            started = time.monotonic()
            for url in ("http://site.example/", "http://site.example/other"):
                with pytest.raises(CollectError, match="the name 'site.example' cannot be resolved") as caught:
                    client.get(url)
            with pytest.raises(CollectError, match="the proxy .* has a name that cannot be resolved"):
                client.through("socks5://proxy.example:1080").get("http://site.example/")
            assert time.monotonic() - started < 2 and never_sent(caught.value)
            assert asked == ["site.example", "proxy.example"]  # one look-up a name at a time
    finally:
        silence.set()


def test_a_mistake_of_the_name_service_is_told_each_time() -> None:
    answers: list[list[str] | OSError] = [["127.0.0.1"], OSError("no"), TimeoutError("no"), ["127.0.0.1"]]

    def some(host: str, port: int) -> list[str]:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    with counting_server([OK], [OK]) as (url, heard), Client(allow_networks=LOOPBACK, resolve=some, pace=timedelta()) as client:
        url = url.replace("127.0.0.1", "site.example")
        assert client.get(url, headers={"Connection": "close"}).body == b"ok"
        for _ in range(2):
            with pytest.raises(CollectError, match="cannot be resolved"):
                client.get(url)
        assert client.get(url).body == b"ok" and len(heard) == 2
