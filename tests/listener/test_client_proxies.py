"""Other ways out: proxies over real sockets, what they may be asked for, whose failure a failure is, and what never leaks."""

from __future__ import annotations

import gc
import logging
import shutil
import socket
import ssl
import subprocess
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.client.guard import certificates
from listener.client.proxies import read_proxy
from listener.errors import CollectError, ConfigError
from tests.listener.relays import Http, Relay, Socks
from tests.listener.test_client import raw_server

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def _server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def server(_server: HTTPServer) -> HTTPServer:
    _server.clear()
    _server.expect_request("/").respond_with_handler(lambda request: Response(f"{request.headers['Host']} {request.method}"))
    return _server


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(connect_timeout=1, read_timeout=0.5, total_timeout=1, pace=timedelta(), now=lambda: NOW) as client:
        yield client


def site(server: HTTPServer) -> tuple[str, int]:
    return "127.0.0.1", server.port


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for site.example and for a proxy at 127.0.0.1."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here; it writes the certificate of the test")
    place = tmp_path_factory.mktemp("papers")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-keyout", place / "key", "-out", place / "certificate", "-subj", "/CN=site.example",
                    "-addext", "subjectAltName=DNS:site.example,IP:127.0.0.1"], check=True, capture_output=True)
    return place


def speaking_tls(papers: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers / "certificate", papers / "key")
    return context


@pytest.fixture
def secure(papers: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(papers / "certificate"))
    certificates.cache_clear()
    with HTTPServer(host="127.0.0.1", ssl_context=speaking_tls(papers)) as server:
        server.expect_request("/").respond_with_data("over TLS")
        yield server
    certificates.cache_clear()


# ---- each kind


@pytest.mark.parametrize("kind", [Socks, Http])
def test_a_request_goes_through_the_proxy_which_resolves_the_name(server: HTTPServer, kind: type[Relay]) -> None:
    def never(host: str, port: int) -> list[str]:
        assert host == "127.0.0.1"  # the proxy's own
        return [host]

    with kind(site(server)) as proxy, Client(resolve=never, pace=timedelta()) as client:
        answer = client.through(proxy.url()).get("http://site.example/")
    assert (answer.body, proxy.asked) == (b"site.example GET", ["site.example"])


@pytest.mark.parametrize("kind", [Socks, Http])
def test_a_secure_site_is_reached_through_a_tunnel_and_its_certificate_is_checked(
    secure: HTTPServer, client: Client, kind: type[Relay]
) -> None:
    with kind(site(secure)) as proxy:
        assert client.through(proxy.url()).get("https://site.example/").body == b"over TLS"
        with pytest.raises(CollectError, match=r"other.example/ \(through the proxy .*certificate is not valid"):
            client.through(proxy.url()).get("https://other.example/")
    assert proxy.asked == ["site.example", "other.example"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_may_itself_speak_tls(secure: HTTPServer, server: HTTPServer, papers: Path, scheme: str) -> None:
    with (Http(site(secure if scheme == "https" else server), tls=speaking_tls(papers)) as proxy,
          Client(pace=timedelta()) as client):
        answer = client.through(proxy.url()).get(f"{scheme}://site.example/")
    assert proxy.url().startswith("https://") and answer.body == (b"over TLS" if scheme == "https" else b"site.example GET")


def test_a_proxy_without_a_good_certificate_is_the_proxys_failure(server: HTTPServer, papers: Path) -> None:
    certificates.cache_clear()  # nobody vouches for the papers of this test
    with Http(site(server), tls=speaking_tls(papers)) as proxy, Client() as client:
        with pytest.raises(CollectError, match=rf"the proxy https://127.0.0.1:{proxy.port} does not speak TLS as it should"):
            client.through(proxy.url()).get("http://site.example/")


@pytest.mark.parametrize("kind", [Socks, Http])
@pytest.mark.parametrize("userinfo", ["reza:hunter%2Fer2", "reza:"], ids=["both", "no password"])
def test_name_and_password_reach_the_proxy_and_nobody_else(
    server: HTTPServer, client: Client, kind: type[Relay], userinfo: str
) -> None:
    seen: list[Request] = []

    def keep(request: Request) -> Response:
        seen.append(request)
        return Response("kept")

    server.expect_request("/kept").respond_with_handler(keep)
    credentials = ("reza", "hunter/er2" if "%" in userinfo else "")
    with kind(site(server), credentials=credentials) as proxy:
        client.through(proxy.url(userinfo)).get("http://site.example/kept")
    assert proxy.named == [credentials]
    if kind is Socks:  # of an HTTP proxy it is the proxy that strips its own header
        assert not any("hunter" in value or name.lower() == "proxy-authorization" for name, value in seen[0].headers.items())


def test_an_answer_in_pieces_is_put_together(server: HTTPServer, client: Client) -> None:
    with Socks(site(server), credentials=("reza", "hunter2"), drip=0.005) as proxy:
        assert client.through(proxy.url("reza:hunter2")).get("http://site.example/").status == 200


def test_a_literal_address_of_the_internet_goes_to_the_proxy_as_an_address(server: HTTPServer, client: Client) -> None:
    with Socks(site(server)) as proxy:
        client.through(proxy.url()).get("http://93.184.216.34/")
        client.through(proxy.url()).get("http://[2606:2800:220:1::1]/")
    assert proxy.asked == ["93.184.216.34", "2606:2800:220:1::1"]


def test_posts_and_redirects_take_the_same_way(server: HTTPServer, client: Client) -> None:
    server.expect_request("/moved").respond_with_data("", status=301, headers={"Location": "http://elsewhere.example/"})
    with Socks(site(server)) as proxy:
        way = client.through(proxy.url())
        assert way.post("http://site.example/", json={}).body == b"site.example POST"
        assert way.get("http://site.example/moved").moved_to == "http://elsewhere.example/"
    assert proxy.asked[-1] == "elsewhere.example"


# ---- one house, several ways


def test_ways_share_the_paces_and_the_waits_of_hosts(server: HTTPServer) -> None:
    slept: list[float] = []
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(429, headers={"Retry-After": "60"}) if request.url.path == "/much" else httpx.Response(200)

    client = Client(transport=httpx.MockTransport(answer), pace=timedelta(seconds=3), sleep=slept.append)
    way = client.through("socks5://127.0.0.1:1080")
    client.get("https://site.example/a")
    way.get("https://site.example/b")
    assert [round(seconds) for seconds in slept] == [3] and way.user_agent == client.user_agent
    with pytest.raises(CollectError, match="too often"):
        way.get("https://site.example/much")
    with pytest.raises(CollectError, match="asked us to wait"):
        client.get("https://site.example/c")
    assert asked == ["/a", "/b", "/much"]


def test_the_same_way_is_the_same_client_and_none_is_the_direct_one(client: Client) -> None:
    way = client.through("socks5://127.0.0.1:1080")
    assert client.through("socks5://127.0.0.1:1080") is way is not client
    assert client.through(None) is client is client.through("") and way.through(None) is client
    assert client.through("socks5://127.0.0.1:1081") is not way


# ---- the guard


def test_what_a_public_name_leads_to_behind_a_proxy_is_the_proxys_to_guard(server: HTTPServer, client: Client) -> None:
    with Socks(site(server)) as proxy:
        assert client.through(proxy.url()).get("http://127.0.0.1.names.example/").status == 200
    assert proxy.asked == ["127.0.0.1.names.example"]

@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "2130706433",
                                  "0x7f.1", "0x7f000001", "127.1", "127.0.0.1.", "0", "localhost", "LOCALHOST.", "router",
                                  "db.internal", "nas.local", "api.localhost", "x.home.arpa", "100.100.100.200"])
@pytest.mark.parametrize("kind", [Socks, Http])
def test_a_proxy_is_not_asked_for_a_machine_nearby(server: HTTPServer, client: Client, kind: type[Relay], host: str) -> None:
    with kind(site(server)) as proxy, pytest.raises(CollectError, match="not a public address") as caught:
        client.through(proxy.url()).get(f"http://{host}:{server.port}/")
    assert caught.value.permanent and proxy.connections == 0


def test_a_redirect_does_not_lead_a_proxy_to_a_machine_nearby(server: HTTPServer, client: Client) -> None:
    server.expect_request("/moved").respond_with_data("", status=302, headers={"Location": "http://169.254.169.254/latest/"})
    with Socks(site(server)) as proxy, pytest.raises(CollectError, match="169.254.169.254"):
        client.through(proxy.url()).get("http://site.example/moved")
    assert proxy.asked == ["site.example"]


def test_an_allowed_network_is_allowed_through_a_proxy(server: HTTPServer) -> None:
    with Socks(site(server)) as proxy, Client(allow_networks=["127.0.0.0/8"]) as client:
        assert client.through(proxy.url()).get(f"http://127.0.0.1:{server.port}/").status == 200


# ---- time


@pytest.mark.parametrize("silent, words", [
    ("greeting", "the proxy socks5://.* says nothing"), ("reply", "did not accept a connection")])
def test_a_silent_proxy_is_left_in_time(server: HTTPServer, silent: str, words: str) -> None:
    with (Socks(site(server), silent=silent) as proxy,
          Client(connect_timeout=0.3, read_timeout=5, total_timeout=5) as client):
        started = time.monotonic()
        with pytest.raises(CollectError, match=words):
            client.through(proxy.url()).get("http://site.example/")
    assert time.monotonic() - started < 2


def test_a_proxy_that_drips_is_left_when_the_total_time_is_over(server: HTTPServer) -> None:
    with (Socks(site(server), credentials=("r", "p"), drip=0.1) as proxy,
          Client(connect_timeout=5, read_timeout=5, total_timeout=0.4) as client):
        started = time.monotonic()
        with pytest.raises(CollectError):
            client.through(proxy.url("r:p")).get("http://site.example/")
    assert time.monotonic() - started < 2


def test_an_http_proxy_that_drips_is_left_when_the_total_time_is_over() -> None:
    with (raw_server(b"HTTP/1.1 200 OK\r\n", *[b"X-Drip: 1\r\n"] * 100, pause=0.05) as url,
          Client(read_timeout=1, total_timeout=0.4) as client):
        started = time.monotonic()
        with pytest.raises(CollectError, match=r"through the proxy http://127.*did not answer in time"):
            client.through(url).get("https://site.example/")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("kind", [Socks, Http])
def test_a_site_that_drips_through_a_proxy_is_left_when_the_total_time_is_over(kind: type[Relay]) -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 100, pause=0.05) as url:
        port = httpx.URL(url).port or 0
        with kind(("127.0.0.1", port)) as proxy, Client(read_timeout=1, total_timeout=0.4) as client:
            started = time.monotonic()
            with pytest.raises(CollectError, match="did not answer in time"):
                client.through(proxy.url()).get("http://site.example/")
    assert time.monotonic() - started < 2


# ---- whose failure it is


@pytest.mark.parametrize("scheme", ["socks5", "http", "https"])
def test_a_proxy_that_does_not_run_is_said_to_be_the_failure(client: Client, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(CollectError) as caught:
        client.through(f"{scheme}://reza:hunter2@127.0.0.1:{port}").get("https://site.example/feed", source="rss 'blog'")
    assert str(caught.value) == (f"rss 'blog': the proxy {scheme}://127.0.0.1:{port} cannot be connected to (connection "
                                 "refused); start it, or correct the address of the proxy")
    assert not caught.value.permanent


def test_a_proxy_whose_name_is_unknown_is_said_to_be_the_failure() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with Client(resolve=nothing) as client, pytest.raises(CollectError, match="socks5://no.such:1080 has a name that cannot"):
        client.through("socks5://no.such").get("https://site.example/")


@pytest.mark.parametrize("reply, words, permanent", [
    (1, "does not reach it", False), (2, "does not let us go to this host", True), (3, "network unreachable", False),
    (4, "host unreachable", False), (5, "connection refused", False), (6, "took too long", False), (9, "SOCKS reply 9", False)])
def test_what_a_socks_proxy_says_is_told(server: HTTPServer, client: Client, reply: int, words: str, permanent: bool) -> None:
    with Socks(site(server), reply=reply) as proxy, pytest.raises(CollectError, match=words) as caught:
        client.through(proxy.url()).get("http://site.example/")
    assert caught.value.permanent is permanent and proxy.url() in str(caught.value)


@pytest.mark.parametrize("status, words, permanent", [
    (403, "does not let us go", True), (407, "wants credentials", True), (502, "does not reach it", False),
    (504, "does not reach it", False)])
def test_what_an_http_proxy_says_is_told(server: HTTPServer, client: Client, status: int, words: str, permanent: bool) -> None:
    with Http(site(server), status=status) as proxy, pytest.raises(CollectError, match=words) as caught:
        client.through(proxy.url()).get("https://site.example/")
    assert caught.value.permanent is permanent and proxy.url() in str(caught.value) and "hunter2" not in str(caught.value)


@pytest.mark.parametrize("kind, scheme", [(Socks, "http"), (Http, "http"), (Http, "https")])
@pytest.mark.parametrize("userinfo", ["", "reza:hunter2"])
def test_wrong_or_missing_credentials_are_said_and_not_shown(
    server: HTTPServer, client: Client, kind: type[Relay], scheme: str, userinfo: str
) -> None:
    with kind(site(server), credentials=("reza", "other")) as proxy, pytest.raises(CollectError) as caught:
        client.through(proxy.url(userinfo)).get(f"{scheme}://site.example/")
    said = str(caught.value)
    assert caught.value.permanent and f"the proxy {proxy.url()} " in said and "address" in said and "hunter2" not in said


def test_what_is_no_socks_proxy_is_told_to_be_none(server: HTTPServer, client: Client) -> None:
    with Http(site(server)) as proxy, pytest.raises(CollectError, match="the proxy socks5://.*(SOCKS5|hangs up|says nothing)"):
        client.through(f"socks5://127.0.0.1:{proxy.port}").get("http://site.example/")


# ---- how it is written, and what never leaks


@pytest.mark.parametrize("text, shown", [
    ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"), ("socks5h://u:p@proxy.example:9050", "socks5h://proxy.example:9050"),
    ("http://u:p@[::1]:3128/", "http://[::1]:3128"), ("https://proxy.example", "https://proxy.example:443"),
    (" http://proxy.example ", "http://proxy.example:80")])
def test_the_address_of_a_proxy_is_shown_without_credentials(text: str, shown: str) -> None:
    proxy = read_proxy(text)
    assert proxy.shown == shown and "u:p" not in repr(proxy) and "name" not in repr(proxy)


@pytest.mark.parametrize("text", ["127.0.0.1:1080", "socks4://hunter2@h:1", "ftp://u:hunter2@h", "socks5://u:hunter2@",
                                  "http://u:hunter2@h:port", f"socks5://u:hunter2{'x' * 300}@h"])
def test_what_is_no_proxy_is_refused_in_words_without_quoting_it(client: Client, text: str) -> None:
    with pytest.raises(ConfigError, match="proxy: ") as caught:
        client.through(text)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value)).replace(text, "")


@pytest.mark.parametrize("kind", [Socks, Http])
def test_no_log_shows_the_credentials_of_a_proxy_at_any_level(
    secure: HTTPServer, client: Client, kind: type[Relay], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), kind(site(secure), credentials=("reza", "hunter2")) as proxy:
        client.through(proxy.url("reza:hunter2")).get("https://site.example/")
    words = "".join(record.getMessage() for record in caplog.records)
    assert proxy.named and words and "hunter2" not in words and "cmV6YTpodW50ZXIy" not in words


def test_a_proxy_that_declines_leaves_no_socket_open(
    server: HTTPServer, client: Client, recwarn: pytest.WarningsRecorder
) -> None:
    with Socks(site(server), reply=4) as proxy, pytest.raises(CollectError):
        client.through(proxy.url()).get("http://site.example/")
    gc.collect()
    assert not [warning for warning in recwarn.list if warning.category is ResourceWarning]
