"""The one way out to the network: a careful HTTP reader on httpx, shared by every collector.

It knows hosts, not sources. For every request it keeps the pace and the number of connections its host is given, waits
out what the host asked for (``Retry-After`` and the reset headers of SOURCES §0), bounds time and size, follows at
most five redirects, and turns whatever goes wrong into a ``CollectError`` with a sentence that says what to do.

Two things are done below httpx, in the network backend of httpcore, because only there are they whole:
the *guard* resolves the name, refuses addresses that are not public and connects to the very address it has judged (so
neither a redirect nor a second DNS answer gets past it), and the *deadline* bounds each read of a socket, so that a
server that drips one byte a second ends with the request's total time and not with the process's.

No retry lives here: the scheduler polls again. No cookie is kept and no environment proxy is used.
"""

from __future__ import annotations

import html
import io
import ipaddress
import json
import re
import socket
import ssl
import threading
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from os.path import commonprefix
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, unquote_to_bytes

import brotli
import httpcore
import httpx
import zstandard

from listener.errors import CollectError

MAX_REDIRECTS = 5
MAX_BYTES = 32 * 2**20  # decoded; the largest real feed seen in the wild is a podcast archive of 20 MB
LONGEST_WAIT = timedelta(days=1)  # a host that says "come back in a year" is asked again tomorrow
CHUNK = 64 * 1024
SHORTEST_SECRET = 4  # characters; hiding shorter ones would blank half of every sentence
HIDDEN = "•••"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT_REDIRECTS = frozenset({301, 308})
_THROTTLED = frozenset({420, 429})  # 420: the dialect of Twitter's early years, still seen on clones
_PASSING = frozenset({408, 421, 423, 425})  # 4xx that a later request may not meet
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TOKEN = re.compile(r"(?<=/)(?:bot\d+(?::|%3A)[^/]+|[A-Za-z0-9_-]*\d[A-Za-z0-9_-]{31,})(?=/|$)")  # a segment of a path


# ---------------------------------------------------------------------------------------------- what comes back


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, read to its end. Header names are lower case; repeated headers are joined by a comma."""

    status: int
    body: bytes = field(repr=False)
    url: str  # of the last hop
    headers: Mapping[str, str]
    not_modified: bool = False
    moved_to: str | None = None  # every hop up to this address was permanent: remember it
    truncated: bool = False  # the connection or the compressed stream ended early; ``body`` is what arrived
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what the request was trusted with

    @property
    def etag(self) -> str | None:
        """The validator verbatim, with its quotes and ``W/``."""
        return self.headers.get("etag")

    @property
    def last_modified(self) -> str | None:
        return self.headers.get("last-modified")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    def without_secrets(self, words: str) -> str:
        """Return words of the host without what our request trusted it with: hosts echo tokens in their errors.

        Words may have been cut, so the first eight characters of a secret, and more of it, go as well.
        """
        pieces = {commonprefix((spelling, words[found.start():])) for secret in self.secrets
                  for spelling in (secret, quote(secret, safe=""), html.escape(secret), json.dumps(secret)[1:-1])
                  for found in re.finditer(re.escape(spelling[:8]), words)}
        for piece in sorted(pieces, key=len, reverse=True):
            words = words.replace(piece, HIDDEN)
        return words

    @property
    def links(self) -> dict[str, str]:
        """Addresses of the ``Link`` header by relation, as the server wrote them (they may be relative)."""
        found: dict[str, str] = {}
        for target, parameters in re.findall(r"<([^>]*)>([^<]*)", self.headers.get("link", "")):
            for relation in re.findall(r"""rel\s*=\s*"?([^";,]+)""", parameters):
                for name in relation.lower().split():
                    found.setdefault(name, target)
        return found


def redact(url: str) -> str:
    """Return ``url`` fit for logs and errors: no credentials, query or fragment, and no path segment that is a token."""
    try:
        parts = httpx.URL(url)
        host = parts.host
        port = f":{parts.port}" if parts.port else ""
    except (httpx.InvalidURL, ValueError, TypeError):
        return "an address that cannot be read"
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme}://{host}{port}{_TOKEN.sub('…', parts.path)}"


def _secrets(url: httpx.URL, headers: Mapping[str, str]) -> Iterator[str]:
    """Give every part of a request that may be a secret: credentials, values of the query, tokens in the path."""
    userinfo = url.userinfo.decode("ascii")
    for written in (userinfo, *userinfo.split(":", 1)):
        yield from (written, unquote(written))
    for pair in url.query.decode("ascii").split("&"):
        name, _, value = pair.partition("=")
        yield from (value or name, unquote_plus(value or name))
    yield from _TOKEN.findall(url.path)
    for value in headers.values():
        scheme, _, credentials = value.partition(" ")
        yield from (value, credentials)
        if scheme.lower() == "basic":
            try:
                pair = b64decode(credentials).decode("utf-8", "replace")
            except ValueError:
                continue
            yield from (pair, *pair.split(":", 1))


def page_kind(body: bytes, content_type: str = "", url: str = "") -> str | None:
    """Return what an HTML page seems to be where data was asked for, in words, or None when this is no HTML page.

    The silent failure of listening is a 200 with a login page (SOURCES §1). Call it when a payload does not parse.
    """
    head = body[: 64 * 1024]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    looks = start.startswith((b"<!doctype html", b"<html")) or b"<html" in start[:2048]
    if not looks and not ("html" in content_type.lower() and not start.startswith((b"<?xml", b"<rss", b"<feed", b"{", b"["))):
        return None
    lowered = head.lower()
    if b"cf-chl" in lowered or b"challenge-platform" in lowered or b"<title>just a moment" in lowered:
        return "a Cloudflare challenge page"
    if "consent." in url or b"consent.google" in lowered:
        return "a consent page"
    if re.search(rb"""type\s*=\s*["']?password""", lowered):
        return "a login page"
    title = re.search(rb"<title[^>]*>(.*?)</title", head, re.I | re.S)
    words = " ".join(title.group(1).decode("utf-8", "replace").split()) if title else ""
    words = "".join(letter for letter in words if letter.isprintable())[:80]
    return f"an HTML page titled {words!r}" if words else "an HTML page"


# ---------------------------------------------------------------------------------------------- how long to wait


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the host asks us to stay away, or None when it does not say.

    ``Retry-After`` (seconds or HTTP-date) goes before the reset headers, whose dialects differ: ISO 8601 (Mastodon),
    epoch seconds (GoToSocial, Bluesky, X), seconds left (Reddit, the IETF draft). Instants are compared with the
    host's own ``Date``, so a wrong clock on either side does not matter. Never below zero, never above a day.
    """
    server_now = _http_date(headers.get("date", "")) or now
    asked = _delay(headers.get("retry-after", ""), server_now)
    if asked is None:
        for name in ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset", "x-ratelimit-reset-after"):
            asked = _delay(headers.get(name, ""), server_now)
            if asked is not None:
                break
    if asked is None and (left := re.search(r"\bt=(\d+)", headers.get("ratelimit", ""))):
        asked = timedelta(seconds=min(int(left.group(1)), LONGEST_WAIT.total_seconds()))
    return None if asked is None else min(max(asked, timedelta()), LONGEST_WAIT)


def _delay(value: str, server_now: datetime) -> timedelta | None:
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        instant = _http_date(value) or _iso_date(value)
        return None if instant is None else instant - server_now
    if not 0 <= number < 1e14:  # also refuses nan and infinities
        return None
    if number >= 1e11:
        number /= 1000  # epoch milliseconds
    if number >= 1e9:  # an epoch: as seconds left it would be 31 years
        return datetime.fromtimestamp(number, UTC) - server_now
    return min(timedelta(seconds=number), LONGEST_WAIT)


def _http_date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _iso_date(value: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _in_words(wait: timedelta) -> str:
    seconds = max(1, round(wait.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


# ---------------------------------------------------------------------------------------------- guard and deadline


class _Refused(Exception):
    """The guard refused every address of a name."""


class _NoAddress(Exception):
    """The name has no address."""


def embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address


def is_public(address: Address) -> bool:
    """Return whether anybody on the internet could be meant by this address.

    False for private, loopback, link-local (with the metadata service 169.254.169.254), carrier-grade NAT (with
    Alibaba's metadata service), multicast, reserved and unspecified addresses.
    """
    address = embedded(address)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name in the system's order of preference. Raises: OSError."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def _time_left(timeout: float | None, error: type[Exception]) -> float | None:
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise error("total time is over")
    return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A socket whose every read and write ends with the request's total time."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, _time_left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Guard(httpcore.NetworkBackend):
    """Connects only to addresses it has judged itself, and to exactly those (no second look-up)."""

    def __init__(self, allow: Iterable[Network], resolve: Resolve) -> None:
        self._allow = tuple(allow)
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def permits(self, address: Address) -> bool:
        return is_public(address) or any(candidate in network for network in self._allow
                                         for candidate in {address, embedded(address)} if candidate.version == network.version)

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of ``host`` that may be read. Raises: _Refused, _NoAddress."""
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _NoAddress(host) from error
        judged = [(text, ipaddress.ip_address(text.partition("%")[0])) for text in found]
        good = [text for text, address in judged if self.permits(address)]
        if not good:
            raise _Refused(str(judged[0][1]) if judged else host)
        return good

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        trouble: Exception = httpcore.ConnectError("no address")
        for address in self.addresses(host, port):
            try:
                return _TimedStream(self._inner.connect_tcp(address, port, _time_left(timeout, httpcore.ConnectTimeout),
                                                            local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error  # IPv6 without a route is common: try the next address
        raise trouble

    def connect_unix_socket(self, path: str, timeout: float | None = None,
                            socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        raise _Refused(path)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # reads every authority there is: 0.15 s, so once a process


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's transport on a pool with our network backend; httpx has no parameter for it.

    The pool is the one private name of httpx this house touches; ``test_client`` proves that the guard is in the way.
    """

    def __init__(self, guard: _Guard, connections: int) -> None:
        super().__init__(verify=_certificates())
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_certificates(), max_connections=connections, max_keepalive_connections=connections // 2,
            keepalive_expiry=30, network_backend=guard)


# ---------------------------------------------------------------------------------------------- bodies


class _TooLarge(Exception):
    pass


class _Garbled(Exception):
    """A body that is not what its Content-Encoding says."""


def _decoded(body: bytes, encodings: str, limit: int) -> tuple[bytes, bool]:
    """Return the body without its content encodings and whether its end is missing.

    httpx would decode chunk by chunk without a bound, and 64 KB of brotli can hold gigabytes. Raises: _TooLarge, _Garbled.
    """
    cut = False
    for name in reversed([part.strip().lower() for part in encodings.split(",") if part.strip()]):
        if name in ("identity", "none", ""):
            continue
        decode = _DECODERS.get(name)
        if decode is None:
            raise _Garbled(name)
        if body:
            body, missing = decode(body, limit)
            cut = cut or missing
        if len(body) > limit:
            raise _TooLarge
    return body, cut


def _inflate(body: bytes, limit: int) -> tuple[bytes, bool]:
    return _gunzip(body, limit, (47, -15))  # "deflate" should have zlib's header; some servers send it bare


def _gunzip(body: bytes, limit: int, windows: tuple[int, ...] = (47,)) -> tuple[bytes, bool]:
    for window in windows:
        parts: list[bytes] = []
        size, rest, ended = 0, body, False
        try:
            while rest:
                machine = zlib.decompressobj(window)
                part = machine.decompress(rest, limit + 1 - size)
                parts.append(part)
                size += len(part)
                ended = machine.eof
                if size > limit:
                    raise _TooLarge
                rest = machine.unused_data if ended else b""  # a gzip file may have several members
                if rest and not rest.startswith(b"\x1f\x8b"):
                    break  # trailing padding
        except zlib.error as error:
            if size:
                return b"".join(parts), True
            if window == windows[-1]:
                raise _Garbled("gzip") from error
            continue
        return b"".join(parts), not ended
    raise _Garbled("gzip")


def _unbrotli(body: bytes, limit: int) -> tuple[bytes, bool]:
    machine = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        feed = body
        while size <= limit:
            part = machine.process(feed, output_buffer_limit=min(limit + 1 - size, 2**20))
            parts.append(part)
            size += len(part)
            feed = b""
            if machine.is_finished() or (not part and machine.can_accept_more_data()):
                break
    except brotli.error as error:
        if size:
            return b"".join(parts), True
        raise _Garbled("br") from error
    return b"".join(parts), not machine.is_finished()


def _unzstd(body: bytes, limit: int) -> tuple[bytes, bool]:
    machine = zstandard.ZstdDecompressor(max_window_size=2**27)
    parts: list[bytes] = []
    size = 0
    try:
        with machine.stream_reader(io.BytesIO(body), read_across_frames=True) as stream:
            while size <= limit and (part := stream.read(min(limit + 1 - size, 2**20))):
                parts.append(part)
                size += len(part)
    except zstandard.ZstdError as error:
        if size:
            return b"".join(parts), True
        raise _Garbled("zstd") from error
    return b"".join(parts), False


_DECODERS = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _unbrotli, "zstd": _unzstd}


# ---------------------------------------------------------------------------------------------- the client


@dataclass(slots=True)
class _Lane:
    """What one host is given: so many requests at once, the next not before, nothing until."""

    slots: threading.Semaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    next_at: float = 0.0
    held_until: float = 0.0


class Client:
    """Reads addresses politely. Thread-safe; one for the whole process, so that paces are kept across sources.

    ``pace`` is the least time between two requests to a host of the internet; a collector may ask for more. ``allow_networks``
    names the networks that may be read although they are not public (``"127.0.0.0/8"``). ``contact`` is an address or a mail
    of the operator and goes into the User-Agent. All timeouts are in seconds; ``slot_timeout`` is how long a request waits
    for others to the same host. ``transport`` replaces the network in tests (the guard goes with it).
    """

    def __init__(self, *, contact: str | None = None, allow_networks: Iterable[str] = (),
                 connect_timeout: float = 10.0, read_timeout: float = 30.0, total_timeout: float = 90.0,
                 slot_timeout: float = 30.0,
                 max_bytes: int = MAX_BYTES, pace: timedelta = timedelta(seconds=1), per_host: int = 2, connections: int = 32,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC), sleep: Callable[[float], None] = time.sleep,
                 resolve: Resolve = resolve, transport: httpx.BaseTransport | None = None) -> None:
        self.user_agent = _user_agent(contact)
        self._guard = _Guard([ipaddress.ip_network(text, strict=False) for text in allow_networks], resolve)
        self._transport = transport or _GuardedTransport(self._guard, connections)
        self._timeouts = {"connect": connect_timeout, "read": read_timeout, "write": read_timeout, "pool": total_timeout}
        self._total = total_timeout
        self._patience = slot_timeout
        self._max_bytes = max_bytes
        self._pace = pace.total_seconds()
        self._per_host = per_host
        self._now = now
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}
        self._lanes_lock = threading.Lock()

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def get(self, url: str, *, source: str = "", etag: str | None = None, last_modified: str | None = None,
            headers: Mapping[str, str] | None = None, accept: str = "*/*", params: Mapping[str, Any] | None = None,
            pace: timedelta | None = None, max_bytes: int | None = None, readable: Collection[int] = ()) -> Response:
        """Return the answer of ``url``. ``etag`` and ``last_modified`` are sent back verbatim; the answer may then be
        ``not_modified``. Statuses in ``readable`` come back like a 200, for sources that speak through them.

        ``source`` names the configured source in errors. ``headers`` are not sent on to another host by a redirect.
        Raises: CollectError, with ``retry_after`` where the host says so; ``permanent`` when waiting will not help.
        """
        own = {"user-agent": self.user_agent, "accept": accept, "accept-encoding": "gzip, deflate, br, zstd"}
        if etag:
            own["if-none-match"] = etag
        if last_modified:
            own["if-modified-since"] = last_modified
        try:
            target = httpx.URL(url, params=params) if params else httpx.URL(url)
        except (httpx.InvalidURL, ValueError, TypeError):
            raise CollectError(source, "the address cannot be read; check its spelling", permanent=True) from None
        extra = {name.lower(): value for name, value in (headers or {}).items()}
        if target.userinfo:
            extra.setdefault("authorization", "Basic " + b64encode(unquote_to_bytes(target.userinfo)).decode("ascii"))
        sent = {**own, **extra}
        trusted = set(_secrets(target, extra))
        limit = max_bytes or self._max_bytes
        moved_to, all_permanent = None, True
        for _ in range(MAX_REDIRECTS + 1):
            self._check(target, source)
            response = self._paced(target, sent, source, limit, pace)
            location = response.headers.get("location", "")
            if response.status not in _REDIRECTS or not location:
                break
            following = self._follow(target, location, source)
            all_permanent = all_permanent and response.status in _PERMANENT_REDIRECTS
            if all_permanent:
                moved_to = str(following)
            if _origin(following) != _origin(target):
                sent = own  # what the caller added may be a credential
            target = following
            trusted.update(_secrets(target, {}))
        else:
            raise CollectError(source, f"more than {MAX_REDIRECTS} redirects from {redact(url)}; "
                                       "open it in a browser and configure the address where it ends")
        secrets = tuple(one for one in trusted if len(one) >= SHORTEST_SECRET)
        response = replace(response, moved_to=moved_to, secrets=secrets,
                           not_modified=response.status == 304 and bool(etag or last_modified))
        if response.not_modified or 200 <= response.status < 300 or response.status in readable:
            return response
        raise self.failure(response, source)

    # ---- one request

    def _paced(self, target: httpx.URL, sent: Mapping[str, str], source: str, limit: int, pace: timedelta | None) -> Response:
        lane = self._lane(target.host)
        step = max(0.0 if _is_own(target.host) else self._pace, pace.total_seconds() if pace else 0.0)
        # One host that drips must not hold every worker that has a source there.
        if not lane.slots.acquire(timeout=self._patience):
            wait = timedelta(seconds=self._total)  # by then the requests that hold it now are over
            raise CollectError(source, f"{target.host} is busy with our other requests; retrying in {_in_words(wait)}",
                               retry_after=wait)
        try:
            with lane.lock:
                present = time.monotonic()
                if lane.held_until > present:
                    wait = timedelta(seconds=lane.held_until - present)
                    raise CollectError(
                        source, f"{target.host} asked us to wait; retrying in {_in_words(wait)}", retry_after=wait
                    )
                start = max(present, lane.next_at)
                lane.next_at = start + step
            if start > present:
                self._sleep(start - present)
            response = self._once(target, sent, source, limit)
        finally:
            lane.slots.release()
        self._remember_limits(lane, response)
        return response

    def _once(self, target: httpx.URL, sent: Mapping[str, str], source: str, limit: int) -> Response:
        where = redact(str(target))
        for last in (False, True):
            try:
                with _total_time(self._total):
                    return self._exchange(target, sent, limit)
            except httpx.RemoteProtocolError as error:
                # A kept connection may have been closed at the very moment we used it: once more, on a new one.
                if last:
                    raise CollectError(source, f"{where} broke off without an answer; retrying later") from error
            except httpx.ConnectTimeout as error:
                raise CollectError(
                    source,
                    f"{where} did not accept a connection within {self._timeouts['connect']:g} s; "
                    "retrying later (blocked here? it may need a proxy)",
                ) from error
            except httpx.TimeoutException as error:
                raise CollectError(
                    source,
                    f"{where} did not answer in time ({self._timeouts['read']:g} s for a read, "
                    f"{self._total:g} s in all); retrying later",
                ) from error
            except _NoAddress:
                raise CollectError(
                    source, f"the name {target.host!r} cannot be resolved; check its spelling and the network"
                ) from None
            except _Refused as error:
                raise CollectError(
                    source,
                    f"{where} leads to {error}, which is not a public address; "
                    "if it is yours, add its network to allow_networks",
                    permanent=True,
                ) from None
            except httpx.NetworkError as error:
                raise CollectError(source, f"no connection to {where} ({_cause(error)}); retrying later") from error
            except _TooLarge:
                raise CollectError(
                    source, f"{where} is larger than {limit / 2**20:g} MiB; read a narrower address or raise the limit"
                ) from None
            except _Garbled as error:
                raise CollectError(
                    source, f"{where} sent a body that is not valid {error} though it says so; retrying later"
                ) from None
            except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
                raise CollectError(
                    source, f"{where} does not speak HTTP as it should ({type(error).__name__}); check the address"
                ) from None
        raise AssertionError("unreachable")

    def _exchange(self, target: httpx.URL, sent: Mapping[str, str], limit: int) -> Response:
        # Header values are sent as the bytes they came as: an ETag may hold any octet.
        wire = [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in sent.items()]
        request = httpx.Request("GET", target, headers=wire, extensions={"timeout": self._timeouts})
        answer = self._transport.handle_request(request)
        truncated = False
        parts: list[bytes] = []
        size = 0
        try:
            headers = _headers(answer)
            if answer.status_code not in _REDIRECTS:
                try:
                    for chunk in answer.stream:  # type: ignore[union-attr]
                        parts.append(chunk)
                        size += len(chunk)
                        if size > limit:
                            raise _TooLarge
                except (httpx.RemoteProtocolError, httpx.ReadError):
                    if not size:
                        raise
                    truncated = True  # the beginning of a feed is worth having
        finally:
            answer.close()
        body, cut = _decoded(b"".join(parts), headers.get("content-encoding", ""), limit)
        return Response(answer.status_code, body, str(target), headers, truncated=truncated or cut)

    # ---- rules

    def _check(self, target: httpx.URL, source: str) -> None:
        if target.scheme not in ("http", "https"):
            raise CollectError(source, f"{target.scheme or 'no scheme'!r} cannot be read; an address begins with http:// or https://",
                               permanent=True)
        if not target.host:
            raise CollectError(source, "the address names no host; check its spelling", permanent=True)

    def _follow(self, target: httpx.URL, location: str, source: str) -> httpx.URL:
        try:
            # Servers put raw UTF-8 into Location; headers arrive as latin-1.
            return target.join(location.encode("latin-1", "replace").decode("utf-8", "replace"))
        except (httpx.InvalidURL, ValueError):
            raise CollectError(
                source, f"{redact(str(target))} redirects to an address that cannot be read; retrying later"
            ) from None

    def _lane(self, host: str) -> _Lane:
        with self._lanes_lock:
            return self._lanes.setdefault(host, _Lane(threading.Semaphore(self._per_host)))

    def _remember_limits(self, lane: _Lane, response: Response) -> None:
        """Hold the host's lane when it said so: other sources on the same host would meet the same wall."""
        if response.status in _THROTTLED or response.status == 503 or _exhausted(response.headers):
            wait = retry_after(response.headers, self._now())
            if wait:
                with lane.lock:
                    lane.held_until = max(lane.held_until, time.monotonic() + wait.total_seconds())

    def failure(self, response: Response, source: str) -> CollectError:
        """Return the error a status stands for: for collectors that asked for a status and found nothing in it."""
        status, where = response.status, redact(response.url)
        wait = retry_after(response.headers, self._now())
        later = f"retrying in {_in_words(wait)}" if wait is not None else "retrying later"
        said = _said(response)
        if status in _THROTTLED or (status == 403 and (_exhausted(response.headers) or "retry-after" in response.headers)):
            return CollectError(source, f"HTTP {status}: {where} says we ask too often; {later}", retry_after=wait)
        if status == 403 and response.headers.get("cf-mitigated") == "challenge":
            return CollectError(source, f"HTTP 403: a Cloudflare challenge stands before {where}; ask its owner to let "
                                        f"{self.user_agent.split('/')[0]!r} in, or read another feed of it", permanent=True)
        if status == 401:
            return CollectError(source, f"HTTP 401: {where} wants credentials{said}; set or renew the token of this source",
                                permanent=True)
        if status == 403:
            return CollectError(source, f"HTTP 403: {where} refuses us{said}; the token may lack a permission, "
                                        "or this address is blocked here and needs a proxy", permanent=True)
        if status == 404:
            return CollectError(source, f"HTTP 404: nothing is at {where}; check the address")
        if status == 410:
            return CollectError(source, f"HTTP 410: {where} is gone for good; remove this source", permanent=True)
        if status == 451:
            return CollectError(source, f"HTTP 451: {where} is withheld for legal reasons; it may need a proxy", permanent=True)
        if status == 407:
            return CollectError(source, "HTTP 407: the proxy wants credentials; set them", permanent=True)
        if status in _PASSING:
            return CollectError(source, f"HTTP {status} from {where}; {later}", retry_after=wait)
        if 500 <= status < 600:
            return CollectError(source, f"HTTP {status}: {where} is in trouble; {later}", retry_after=wait)
        if 400 <= status < 500:
            return CollectError(
                source,
                f"HTTP {status}: {where} does not accept the request{said}; check the options of this source",
                permanent=True,
            )
        return CollectError(source, f"HTTP {status} from {where}, which is no answer; check the address")


@contextmanager
def _total_time(seconds: float) -> Iterator[None]:
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _is_own(host: str) -> bool:
    """Return whether a host is a machine of ours by its very name: nobody else's server is spared by waiting."""
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost"


def _user_agent(contact: str | None) -> str:
    try:
        number = version("gooshbezang")
    except PackageNotFoundError:  # run from a checkout
        number = "0"
    contact = "".join(letter for letter in contact or "" if letter.isascii() and letter.isprintable())
    return f"gooshbezang/{number} (social-listening monitor{f'; +{contact}' if contact else ''})"


def _headers(answer: httpx.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in answer.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _exhausted(headers: Mapping[str, str]) -> bool:
    for name in ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"):
        try:
            if name in headers and float(headers[name]) < 1:
                return True
        except ValueError:
            continue
    return False


def _said(response: Response) -> str:
    """Return the host's own words, where it sends a JSON error, as an aside."""
    try:
        data = json.loads(response.body[:4096])
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    words = next(
        (data[key] for key in ("error_description", "message", "error", "detail", "title") if isinstance(data.get(key), str)),
        "",
    )
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    words = response.without_secrets(words)[:160]
    return f" (it says {words!r})" if words else ""


def _cause(error: BaseException) -> str:
    """Return the system's word for a failed connection: ``connection refused``."""
    step: BaseException | None = error
    while step is not None:
        if isinstance(step, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {step.verify_message}"
        if isinstance(step, ssl.SSLError):
            return f"TLS: {step.reason or 'failed'}".lower()
        if isinstance(step, OSError) and step.strerror:
            return step.strerror.lower()
        step = step.__cause__ or step.__context__
    return type(error).__name__
