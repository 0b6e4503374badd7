"""Where we may connect to, and until when: the network backends below httpx.

Only here are the two whole. The *guard* resolves the name, refuses addresses that are not public and connects to the very
address it has judged (so neither a redirect nor a second DNS answer gets past it), and the *deadline* bounds each read of
a socket, so that a server that drips one byte a second ends with the request's total time and not with the process's.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_LOOK_UPS = 64  # names that are looked up at once

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The guard refused every address of a name."""


class NoAddress(Exception):
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


class Names:
    """The name service, asked with a bound: the system's own look-up takes as long as it likes and cannot be broken off.

    Each look-up has a thread, which a silent resolver keeps; whoever asks for the same name meanwhile waits for the same answer.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, int], Future[list[str]]] = {}

    def addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        """Return the addresses of a name within ``timeout`` seconds and the total time. Raises: NoAddress."""
        if is_literal(host):
            return self._looked_up(host, port)
        with self._lock:
            answer = self._asked.get((host, port))
            if answer is None:
                if len(self._asked) >= MOST_LOOK_UPS:
                    raise NoAddress(host)  # the resolver is dead; more threads would not wake it
                answer = self._asked[host, port] = Future()
                threading.Thread(target=self._ask, args=(host, port, answer), name=f"look up {host}", daemon=True).start()
        if not wait([answer], time_left(timeout, httpcore.ConnectTimeout)).done:
            raise NoAddress(host)
        return answer.result()

    def _ask(self, host: str, port: int, answer: Future[list[str]]) -> None:
        try:
            found = self._looked_up(host, port)
        except BaseException as error:  # raised again by whoever waits for the answer
            self._answered(host, port)
            answer.set_exception(error)
        else:
            self._answered(host, port)
            answer.set_result(found)

    def _answered(self, host: str, port: int) -> None:
        with self._lock:
            del self._asked[host, port]

    def _looked_up(self, host: str, port: int) -> list[str]:
        try:
            return self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NoAddress(host) from error


@dataclass(slots=True)
class Exchange:
    """One request under way on our sockets: until when, and how far it came."""

    deadline: float
    connected: bool = False  # by a connection of its own, not one that was kept
    heard: bool = False  # something came


_under_way: ContextVar[Exchange | None] = ContextVar("under_way", default=None)


def time_left(timeout: float | None, error: type[Exception]) -> float | None:
    """Return the seconds one step may take: its own bound, or less when the total time ends sooner. Raises: ``error``."""
    exchange = _under_way.get()
    if exchange is None:
        return timeout
    left = exchange.deadline - time.monotonic()
    if left <= 0:
        raise error("total time is over")
    return left if timeout is None else min(timeout, left)


class TimedStream(httpcore.NetworkStream):
    """A socket whose every read and write ends with the request's total time."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = self._inner.read(max_bytes, time_left(timeout, httpcore.ReadTimeout))
        if received and (exchange := _under_way.get()):
            exchange.heard = True
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:
        return TimedStream(self._inner.start_tls(ssl_context, server_hostname, time_left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Guard(httpcore.NetworkBackend):
    """Connects only to addresses it has judged itself, and to exactly those (no second look-up)."""

    def __init__(self, allow: Iterable[Network], resolve: Resolve) -> None:
        self._allow = tuple(allow)
        self._names = Names(resolve)
        self._inner = httpcore.SyncBackend()

    def permits(self, address: Address) -> bool:
        return is_public(address) or any(candidate in network for network in self._allow
                                         for candidate in {address, embedded(address)} if candidate.version == network.version)

    def addresses(self, host: str, port: int, timeout: float | None = None) -> list[str]:
        """Return the addresses of ``host`` that may be read. Raises: Refused, NoAddress."""
        found = self._names.addresses(host, port, timeout)
        judged = [(text, ipaddress.ip_address(text.partition("%")[0])) for text in found]
        good = [text for text, address in judged if self.permits(address)]
        if not good:
            raise Refused(str(judged[0][1]) if judged else host)
        return good

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        note_connecting()
        trouble: Exception = httpcore.ConnectError("no address")
        for address in self.addresses(host, port, timeout):
            try:
                return TimedStream(self._inner.connect_tcp(address, port, time_left(timeout, httpcore.ConnectTimeout),
                                                            local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error  # IPv6 without a route is common: try the next address
        raise trouble

    def connect_unix_socket(self, path: str, timeout: float | None = None,
                            socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        raise Refused(path)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


@contextmanager
def total_time(seconds: float) -> Iterator[Exchange]:
    """Bound everything this thread does on our sockets meanwhile, and tell how far it came."""
    exchange = Exchange(time.monotonic() + seconds)
    token = _under_way.set(exchange)
    try:
        yield exchange
    finally:
        _under_way.reset(token)


def note_connecting() -> None:
    """Note that the request under way goes out on a connection of its own."""
    if exchange := _under_way.get():
        exchange.connected = True


def is_literal(host: str) -> bool:
    """Return whether a host is an address in any spelling, which no name service has a say in: 2130706433 is 127.0.0.1."""
    host = host.strip("[]")
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            socket.inet_aton(host)
        except (OSError, UnicodeError):
            return False
    return True


def is_own(host: str) -> bool:
    """Return whether a host is a machine of ours by its very name: nobody else's server is spared by waiting."""
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost"


@cache
def certificates() -> ssl.SSLContext:
    """Return the authorities we trust. Reading every one there is takes 0.15 s, so once a process."""
    return httpx.create_ssl_context()


class PooledTransport(httpx.HTTPTransport):
    """httpx's transport on a pool with a network backend of ours; httpx has no parameter for it.

    The pool is the one private name of httpx this house touches; ``test_client`` proves that the guard is in the way.
    """

    def __init__(self, connections: int, network: httpcore.NetworkBackend, proxy: httpcore.Proxy | None = None) -> None:
        super().__init__(verify=certificates())
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates(), proxy=proxy, max_connections=connections, max_keepalive_connections=connections // 2,
            keepalive_expiry=30, network_backend=network)
