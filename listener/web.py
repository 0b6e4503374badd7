"""The small HTTP side: ``/healthz`` for a supervisor, ``/metrics`` for Prometheus, ``POST /inbox`` for other systems, ``GET /who`` for the
screen of a call centre, and ``/unsubscribe`` for who wants no more digests: opened by the token of the mail's link, shown by GET and done
by POST alone (mail filters follow links).

The pages to read are for this machine only: they answer whoever asks from it, and only where the ``Host`` header names it, so
that a page in somebody's browser cannot read it through a name of its own that resolves here (DNS rebinding). What they show
is ``listener.health``'s. For scraping from elsewhere put a proxy with a password before them, on this machine.

``/who`` is opened by a token of its own and off without one. What it is asked may be a telephone number: a query is in no log.

The inbox is opened by a token and takes at most 1 MiB a request. It answers only after the commit: 200 means stored.

``[web] bind`` is 127.0.0.1. Bound to another address the port is there for everybody who reaches that address: the pages still
answer this machine only, and the inbox and ``/who`` whoever has a token, which then travels unencrypted. A proxy that speaks TLS, on this
machine before 127.0.0.1, is the better way.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import ipaddress
import json
import logging
import os
import socket
import socketserver
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

from prometheus_client.exposition import CONTENT_TYPE_LATEST

from listener.collectors.inbox import Refused
from listener.errors import CollectError, ConfigError, ListenerError
from listener.health import Health, describe, metrics
from listener.storage import Committed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

log = logging.getLogger("goosh.web")

ADDRESS = "127.0.0.1"
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
SLOWEST_CLIENT = 10  # seconds between two pieces of a request, so that a client that says nothing does not hold a thread
SLOWEST_HEAD = 5  # seconds for its headers: those who drip them must not keep a supervisor from /healthz
SLOWEST_REQUEST = 30  # seconds for a payload after them, so that one that drips does not hold a thread either
MINUTE = 60  # seconds between two lines of the log about wrong tokens
MOST_AT_ONCE = 32  # requests that are answered at once; each holds a thread, and those of an inbox a connection to the database
LONGEST_GOODBYE = 2  # seconds
LARGEST_PAYLOAD = 2**20  # bytes
PAYLOADS = frozenset(f"application/{kind}" for kind in ("json", "x-ndjson", "ndjson", "jsonl", "x-jsonlines"))


Farewell = Callable[[str, bool], tuple[int, str]]
"""From the token of a link, and whether it was posted, to a status and a page."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the server needs of the house to say who calls."""

    token: Callable[[], str | None]  # None: it is off; read at every request
    who: Callable[[str], tuple[int, Mapping[str, Any]]]  # from a query to a status and an answer


@dataclass(frozen=True, slots=True)
class Inboxes:
    """What the server needs of the house to take a payload: by which token which inbox is opened, and who stores it."""

    tokens: Callable[[], Mapping[str, str]]  # by the name of the inbox; read at every request
    receive: Callable[[str, bytes], Committed]  # returns after the commit


class _Incoming(io.RawIOBase):
    """What a client sends, until the time for one request is over. Raises: TimeoutError."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.until = time.monotonic() + SLOWEST_HEAD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(min(SLOWEST_CLIENT, left))
        return self._connection.recv_into(buffer)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = SLOWEST_CLIENT
    disable_nagle_algorithm = True  # headers and body are two writes: the second would wait 40 ms for the client's word on the first

    def setup(self) -> None:
        super().setup()
        self._incoming = _Incoming(self.connection)
        self.rfile = io.BufferedReader(self._incoming)

    def handle_one_request(self) -> None:
        self._incoming.until = time.monotonic() + SLOWEST_HEAD
        super().handle_one_request()

    def do_GET(self) -> None:
        """Show a page. What was announced as a body is never read: it would pass for the next request."""
        announced = "Transfer-Encoding" in self.headers or bool(set(self.headers.get_all("Content-Length") or []) - {"0"})
        if announced or not is_here(self.client_address[0]):
            self.close_connection = True
        self._show()
        if announced:
            self._linger()

    def _show(self) -> None:
        if self.path.partition("?")[0] == "/unsubscribe" and self.server.farewell is not None:
            self._farewell(posted=False)
            return
        if self.path.partition("?")[0] == "/who":
            self._who()
            return
        if not is_here(self.client_address[0]) or not self._addressed_here():
            self._answer(403, "text/plain", b"this server answers only to the name of its own machine\n")
            return
        page = {"/healthz": self._healthz, "/metrics": self._metrics}.get(self.path.partition("?")[0])
        if page is None:
            self._answer(404, "text/plain", b"not found; try /healthz or /metrics\n")
            return
        try:
            page()
        except ListenerError as error:
            log.error("%s: %s", self.path.partition("?")[0], error)
            self._answer(503, "application/json", b'{"status": "error"}\n')  # the reason is in the log, not on the wire

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Take a payload for the inbox that its token opens."""
        self.close_connection = True  # what was not read of a payload is no next request
        self._incoming.until = time.monotonic() + SLOWEST_REQUEST
        if self.path.partition("?")[0] == "/unsubscribe" and self.server.farewell is not None:
            self._farewell(posted=True)
            self._linger()
            return
        try:
            status, said = self._posted()
        except TimeoutError:
            status, said = 408, _error(f"the payload did not come within {SLOWEST_REQUEST} s; send it again")
        self._answer(status, "application/json", json.dumps(said, ensure_ascii=False).encode() + b"\n")
        if status != 200:
            self._linger()

    def _who(self) -> None:
        """Say who somebody is, to whoever has the token."""
        desk = self.server.desk
        token = desk.token() if desk else None
        if desk is None or token is None:
            status, said = 404, _error("nobody is looked up here; set [care] who_env and the token it names")
        elif not _opened(self.headers.get_all("Authorization") or [], {"who": token}):
            self.server.strangers.knocked("/who", self.client_address[0])
            status, said = 401, _error("the token is not the one; send 'Authorization: Bearer …'")
        else:
            try:
                status, found = desk.who(self.path.partition("?")[2])
                said = dict(found)
            except ListenerError as error:
                log.error("/who: %s", error)
                status, said = 503, _error("not answered; the log says why, try again later")
        self._answer(status, "application/json", json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    def _farewell(self, *, posted: bool) -> None:
        """Show who would get no more digests, or (RFC 8058: a POST of whatever payload) see to it. The token says who asks, so anybody may."""
        assert self.server.farewell is not None
        asked = parse_qs(self.path.partition("?")[2], max_num_fields=10).get("token", [""])
        try:
            status, shown = self.server.farewell(asked[0], posted)
        except ListenerError as error:
            log.error("/unsubscribe: %s", error)
            status, shown = 503, "not done; the log says why, try again later\n"
        self._answer(status, "text/html", shown.encode())

    def _linger(self) -> None:
        """Let what is still on its way arrive: closed before, the client's system throws our answer away."""
        until = time.monotonic() + LONGEST_GOODBYE
        with suppress(OSError):
            self.wfile.flush()
            self.connection.settimeout(LONGEST_GOODBYE)
            self.connection.shutdown(socket.SHUT_WR)
            while time.monotonic() < until and self.connection.recv(65536):
                pass

    def _posted(self) -> tuple[int, dict[str, Any]]:
        inboxes = self.server.inboxes
        if self.path.partition("?")[0] != "/inbox":
            return 404, _error("nothing is taken here; send to /inbox")
        tokens = inboxes.tokens() if inboxes else {}
        if not inboxes or not tokens:
            return 404, _error("no inbox is open; configure a source of kind 'inbox' and set its token")
        opened = _opened(self.headers.get_all("Authorization") or [], tokens)
        if not opened:
            self.server.strangers.knocked("/inbox", self.client_address[0])
            return 401, _error("the token opens no inbox; send 'Authorization: Bearer …' with the token of one")
        if len(opened) > 1:
            return 403, _error("several inboxes have this token; give each one of its own")
        kind = self.headers.get_content_type() if "Content-Type" in self.headers else "nothing"
        if kind not in PAYLOADS or self.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            return 415, _error(f"the payload is sent as {kind[:60]!r}, or compressed; send application/json or x-ndjson")
        size = self.headers.get("Content-Length", "")
        if not size.isascii() or not size.isdigit() or "Transfer-Encoding" in self.headers:
            return 411, _error("the payload does not say how long it is; send a Content-Length")
        if len(size) > 12 or int(size) > LARGEST_PAYLOAD:
            return 413, _error(f"the payload is larger than {LARGEST_PAYLOAD} bytes; send it in parts")
        payload = self._payload(int(size))
        if payload is None:
            return 422, _error("the payload broke off; send it again")
        return _stored(inboxes, opened[0], payload)

    def _payload(self, size: int) -> bytes | None:
        """Return the body, or None where the connection ended before it. Raises: TimeoutError."""
        parts, left = list[bytes](), size
        while left:
            part = self.rfile.read1(min(left, 65536))
            if not part:
                return None
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _healthz(self) -> None:
        health = self.server.snapshot()
        self._answer(200 if health.well else 503, "application/json", json.dumps(describe(health)).encode() + b"\n")

    def _metrics(self) -> None:
        self._answer(200, CONTENT_TYPE_LATEST, metrics(self.server.snapshot()))

    def _addressed_here(self) -> bool:
        """Whether the one ``Host`` header names this machine; the port does not matter (tunnels map it)."""
        hosts = self.headers.get_all("Host") or []
        name, _, port = hosts[0].strip().lower().rpartition(":") if len(hosts) == 1 else ("", "", "")
        return (name in HOSTS and port.isdigit()) or (len(hosts) == 1 and hosts[0].strip().lower() in HOSTS)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.connection.settimeout(SLOWEST_CLIENT)  # what was left for reading says nothing about writing
        self.send_response(status)
        self.send_header("Content-Type", kind if "charset" in kind else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "goosh"  # neither our version nor Python's

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Log a request without its query: it may hold a token, or a person's number."""
        log.debug("%s %s: %s", self.command, getattr(self, "path", "").partition("?")[0][:200], getattr(code, "value", code))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request that is none. The standard library's answer and log line would repeat it."""
        self.close_connection = True
        self.path = ""
        self._answer(code, "text/plain", b"this request cannot be understood\n")

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("%s", format % args)


def is_here(address: str) -> bool:
    """Return whether a client's address is one of this machine's own."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (inner or found).is_loopback


def _error(sentence: str) -> dict[str, Any]:
    return {"error": sentence}


def _opened(headers: Sequence[str], tokens: Mapping[str, str]) -> list[str]:
    """Return the inboxes that a request's token opens, in a time that says nothing about how near it came."""
    scheme, _, given = headers[0].strip().partition(" ") if len(headers) == 1 else ("", "", "")
    said = hashlib.sha256(given.strip().encode("latin-1", "replace")).digest()
    same = [name for name, token in tokens.items() if hmac.compare_digest(said, hashlib.sha256(token.encode()).digest())]
    return same if scheme.lower() == "bearer" and given.strip() else []


def _stored(inboxes: Inboxes, name: str, payload: bytes) -> tuple[int, dict[str, Any]]:
    later = _error(f"{name}: not stored; the log says why, send it again later")
    try:
        done = inboxes.receive(name, payload)
    except Refused as error:
        return 422, _error(str(error))
    except CollectError as error:
        log.warning("/inbox: %s", error)
        return (403, _error(str(error))) if error.permanent else (503, later)
    except ListenerError as error:
        log.error("/inbox: %s", error)
        return 503, later
    return 200, {"inbox": name, "about_a_brand": done.seen, "new": done.new, "changed": done.changed}


class Strangers:
    """Tells the log of requests whose token opens nothing: of the first at once, of those after it once a minute, all in one line."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._seen: Counter[tuple[str, str]] = Counter()  # by page and address

    def knocked(self, page: str, address: str) -> None:
        with self._lock:
            self._seen[page, address] += 1
            if self._timer is None:
                self._tell()

    def minute(self) -> None:
        """Tell of those that came meanwhile; where none did, the next one is told at once."""
        with self._lock:
            self._timer = None
            if self._seen:
                self._tell()

    def close(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        told = ", ".join(f"{page} from {address}: {count}" for (page, address), count in self._seen.most_common(5))
        log.warning("web: %d requests with a wrong token or none (%s); give the token to who should have it, or shut the others out",
                    self._seen.total(), told)
        self._seen.clear()
        self._timer = threading.Timer(MINUTE, self.minute)
        self._timer.daemon = True
        self._timer.start()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # connections that wait for us; the five of the standard library are gone at the first burst
    # On Windows the option lets two programs share a port, each getting some of the requests.
    allow_reuse_address = os.name != "nt"

    def __init__(self, bind: str, port: int, snapshot: Callable[[], Health], inboxes: Inboxes | None,
                 farewell: Farewell | None = None, desk: Desk | None = None) -> None:
        self.snapshot = snapshot
        self.inboxes = inboxes
        self.desk = desk
        self.farewell = farewell
        self.strangers = Strangers()
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        if ":" in bind:
            self.address_family = socket.AF_INET6
        super().__init__((bind, port), _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: it asks the name service for our own name, which hangs where the network is cut.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            _turn_away(request)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be had: its place is free again, whatever the system says to that
            self._room.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, ConnectionError | TimeoutError):  # the client hung up, or does not take our answer
            log.debug("a client went away: %s", type(error).__name__)
        else:
            log.exception("a request could not be answered")


def _turn_away(connection: socket.socket) -> None:
    """Say at once that there is no room; nothing here waits, for the thread that listens does it."""
    body = b'{"error": "too many requests at once; send it again later"}\n'
    with suppress(OSError):
        connection.setblocking(False)
        with suppress(BlockingIOError):
            connection.recv(65536)  # what came already and is not read would make the system throw our answer away
        connection.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\nRetry-After: 5\r\n"
                        b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Web:
    """A running server. ``port`` is the one it got, which matters where 0 was asked for."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.port: int = server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="goosh-web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._server.strangers.close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(snapshot: Callable[[], Health], *, port: int, bind: str = ADDRESS, inboxes: Inboxes | None = None,
          farewell: Farewell | None = None, desk: Desk | None = None) -> Web:
    """Start answering in a thread of its own; ``snapshot``, ``inboxes``, ``farewell`` and ``desk`` are called for every request, from other threads.

    Raises: ConfigError when the address or port is taken or not ours to take.
    """
    try:
        return Web(_Server(bind, port, snapshot, inboxes, farewell, desk))
    except OSError as error:
        raise ConfigError("web.port", [("", (f"cannot listen on {bind}:{port} ({error.strerror or error}); "
                                             "choose another port under [web], or stop the program that has it"))]) from None
