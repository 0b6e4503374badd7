"""Ways out through a proxy: how it is written, how it is spoken to, whose failure a failure is.

HTTP proxies are httpcore's (``CONNECT`` for https, the whole address for http), on a network of ours that reaches nothing
but the proxy. SOCKS5 (RFC 1928, 1929) is spoken here: httpcore 1.0.9 reads each reply with a single ``recv``, leaves the
socket open when the proxy declines, and logs name and password at debug level.

The guard cannot resolve here: names go to the proxy as they are written. A resolver behind a blackout gives false
addresses (that is often why there is a proxy), it would tell the network whom we read, and the proxy would look the name up
once more in any case. So a target is judged by its spelling: addresses that are not public, and names that can only mean a
machine nearby, are refused; what a public name leads to inside the proxy's network is for the proxy to guard.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import httpcore
import httpx

from listener.client.guard import (
    Guard,
    Names,
    NoAddress,
    PooledTransport,
    Resolve,
    TimedStream,
    certificates,
    note_connecting,
    time_left,
)
from listener.errors import ConfigError

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
# RFC 6761, 6762, 8375, and the top level ICANN set aside for private networks in 2024.
_NEARBY = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home.arpa")
_UNREACHED = {1: "it gives no reason", 3: "network unreachable", 4: "host unreachable", 5: "connection refused",
              6: "it took too long", 8: "it knows no such kind of address"}


class ProxyDown(Exception):
    """The proxy itself failed, for every host."""


class ProxyRefusal(Exception):
    """The proxy works but does not serve us until somebody changes something."""


class NotReached(Exception):
    """The proxy works and says that the host cannot be reached from it."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One way out. ``shown`` is its address without credentials."""

    scheme: str
    host: str
    port: int
    name: bytes = field(default=b"", repr=False)
    password: bytes = field(default=b"", repr=False)

    @property
    def shown(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def read_proxy(text: str) -> Proxy:
    """Return the proxy an address names: ``socks5://name:password@host:port``. Raises: ConfigError, which never quotes it."""
    try:
        url = httpx.URL(text.strip())
        proxy = Proxy(url.scheme, url.raw_host.decode("ascii").strip("[]"), url.port or _PORTS.get(url.scheme, 0),
                      *(unquote_to_bytes(part) for part in url.userinfo.partition(b":")[::2]))
    except (httpx.InvalidURL, ValueError, TypeError):
        raise ConfigError("proxy", [("", "the address cannot be read; write it like socks5://host:1080")]) from None
    if proxy.scheme not in _PORTS or not proxy.host:
        raise ConfigError("proxy", [("", "an address begins with http://, https:// or socks5:// and names a host")])
    if proxy.scheme.startswith("socks5") and max(len(proxy.name), len(proxy.password)) > 255:
        raise ConfigError("proxy", [("", "socks5 carries names and passwords of at most 255 bytes")])
    return proxy


def unfit(host: str, guard: Guard) -> bool:
    """Return whether a host, as it is sent to a proxy, can only be a machine that is nobody's business."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return not guard.permits(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return not guard.permits(ipaddress.ip_address(socket.inet_aton(host)))  # 127.1, 0x7f.1 and 2130706433 are 127.0.0.1
    except OSError:
        return "." not in host or any(host.endswith(f".{name}") for name in _NEARBY)


def proxy_transport(proxy: Proxy, connections: int, resolve: Resolve) -> httpx.BaseTransport:
    """Return a transport whose every connection goes to ``proxy``."""
    if proxy.scheme.startswith("socks5"):
        return PooledTransport(connections, _SocksNetwork(proxy, resolve))
    credentials = (proxy.name, proxy.password) if proxy.name or proxy.password else None
    way = httpcore.Proxy(proxy.shown, auth=credentials, ssl_context=certificates() if proxy.scheme == "https" else None)
    return PooledTransport(connections, _ProxyNetwork(proxy, resolve), way)


class _ProxyStream(TimedStream):
    """A socket to an https:// proxy, whose first TLS is the proxy's own and not the site's."""

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:
        try:
            return super().start_tls(ssl_context, server_hostname, timeout)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise ProxyDown("does not speak TLS as it should") from error


class _ProxyNetwork(httpcore.NetworkBackend):
    """Reaches one proxy, wherever it is: its address is the operator's own, a local one more often than not."""

    def __init__(self, proxy: Proxy, resolve: Resolve) -> None:
        self._proxy = proxy
        self._names = Names(resolve)
        self._inner = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        return self._reach(timeout)

    def connect_unix_socket(self, path: str, timeout: float | None = None,
                            socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        raise ProxyDown("is no file")

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)

    def _reach(self, timeout: float | None) -> TimedStream:
        note_connecting()
        try:
            addresses = self._names.addresses(self._proxy.host, self._proxy.port, timeout)
        except NoAddress:
            raise ProxyDown("has a name that cannot be resolved") from None
        trouble = ProxyDown("has no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(address, self._proxy.port, time_left(timeout, httpcore.ConnectTimeout))
            except httpcore.ConnectTimeout:
                trouble = ProxyDown("does not accept a connection in time")
            except httpcore.ConnectError as error:
                word = error.__cause__ or error.__context__
                trouble = ProxyDown("cannot be connected to "
                                       f"({(getattr(word, 'strerror', None) or type(error).__name__).lower()})")
            else:
                return _ProxyStream(stream) if self._proxy.scheme == "https" else TimedStream(stream)
        raise trouble


class _SocksNetwork(_ProxyNetwork):
    """Reaches hosts by asking a SOCKS5 proxy to connect to them; the proxy resolves the names."""

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        stream = self._reach(timeout)
        try:
            self._greet(stream, timeout)
            self._ask(stream, host, port, timeout)
        except BaseException:  # the line is ours until it is handed over, whatever ends the talk
            stream.close()
            raise
        return stream

    def _greet(self, stream: TimedStream, timeout: float | None) -> None:
        named = bool(self._proxy.name or self._proxy.password)
        try:
            stream.write(b"\x05\x02\x00\x02" if named else b"\x05\x01\x00", timeout)
            version, method = _exactly(stream, 2, timeout)
            if version != 5:
                raise ProxyRefusal("does not speak SOCKS5; check scheme and port of its address")
            if method not in ((0, 2) if named else (0,)):
                raise ProxyRefusal("wants other credentials; put its name and password into its address")
            if method == 2:
                name, password = self._proxy.name, self._proxy.password
                stream.write(bytes((1, len(name))) + name + bytes((len(password),)) + password, timeout)
                if _exactly(stream, 2, timeout)[1] != 0:
                    raise ProxyRefusal("refuses its name or password; correct them in its address")
        except (httpcore.ReadTimeout, httpcore.WriteTimeout) as error:
            raise ProxyDown("accepts connections but says nothing") from error
        except (httpcore.ReadError, httpcore.WriteError) as error:
            raise ProxyDown("hangs up on us; check scheme and port of its address") from error

    def _ask(self, stream: TimedStream, host: str, port: int, timeout: float | None) -> None:
        try:
            literal = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            name = host.encode("ascii")
            target = b"\x03" + bytes((len(name),)) + name  # httpx refuses names of more than 253 letters
        else:
            target = (b"\x01" if literal.version == 4 else b"\x04") + literal.packed
        try:
            stream.write(b"\x05\x01\x00" + target + port.to_bytes(2, "big"), timeout)
            _, reply, _, kind = _exactly(stream, 4, timeout)
            length = {1: 4, 4: 16}.get(kind) or _exactly(stream, 1, timeout)[0]
            _exactly(stream, length + 2, timeout)
        except (httpcore.ReadTimeout, httpcore.WriteTimeout) as error:
            raise httpcore.ConnectTimeout from error  # the proxy waits for the host
        except (httpcore.ReadError, httpcore.WriteError) as error:
            raise NotReached("it hangs up") from error
        if reply == 2:
            raise ProxyRefusal("does not let us go to this host; allow it there, or use another proxy")
        if reply != 0:
            raise NotReached(_UNREACHED.get(reply, f"SOCKS reply {reply}"))


def _exactly(stream: TimedStream, size: int, timeout: float | None) -> bytes:
    received = b""
    while len(received) < size:
        part = stream.read(size - len(received), timeout)
        if not part:
            raise httpcore.ReadError("end of stream")
        received += part
    return received


def told_by_proxy(error: httpx.ProxyError) -> Exception:
    """Return what a proxy's answer to ``CONNECT`` means; httpcore puts its status before the words."""
    status = str(error)[:3]
    if status == "407":
        return ProxyRefusal("wants credentials (HTTP 407); put its name and password into its address")
    if status.startswith("4") and status not in ("408", "429"):
        return ProxyRefusal(f"does not let us go to this host (HTTP {status}); allow it there, or use another proxy")
    return NotReached(f"HTTP {status}" if status.isdigit() else "no reason given")
