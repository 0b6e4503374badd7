"""One request on one way out, put on the wire and read to its end; what goes wrong is said, and whose fault it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import httpx

from listener.client.answers import Response, redact
from listener.client.bodies import Garbled, TooLarge, decoded
from listener.client.failures import cause
from listener.client.guard import Exchange, NoAddress, Refused, is_literal, is_own, time_left, total_time
from listener.client.proxies import NotReached, Proxy, ProxyDown, ProxyRefusal, told_by_proxy
from listener.client.waiting import in_words
from listener.errors import CollectError

REDIRECTS = frozenset({301, 302, 303, 307, 308})


_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, NoAddress, NotReached, ProxyDown, ProxyRefusal,
               Refused)


def never_sent(error: CollectError) -> bool:
    """Return whether the request that failed so surely did not reach its host: nothing was done or paid for."""
    return error.__context__ is None or isinstance(error.__context__, _NEVER_SENT)


class HostFailed(CollectError):
    """Counts with the breaker of the host."""


class ProxyFailed(CollectError):
    """Counts with the breaker of the proxy."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, without its address, which redirects change. ``extra`` stays with the origin it was meant for."""

    method: str
    own: Mapping[str, str]
    extra: Mapping[str, str]
    source: str
    limit: int
    content: bytes = b""
    pace: float = 0.0  # seconds
    robots: bool = False
    cut: bool = False  # of a larger answer, take the beginning
    readable: Collection[int] = ()
    trusted: frozenset[str] = frozenset()
    once: bool = False  # paid for: never repeated
    redirected: bool = False  # the address is a host's, not the operator's


@dataclass(frozen=True, slots=True)
class Way:
    """A transport, the proxy it leads through, and how long things may take on it, in seconds."""

    transport: httpx.BaseTransport
    proxy: Proxy | None
    connect_timeout: float
    read_timeout: float
    total_timeout: float

    @property
    def name(self) -> str:
        """The address of the proxy without credentials, or nothing."""
        return self.proxy.shown if self.proxy else ""

    def ask(self, target: httpx.URL, request: Request) -> Response:
        """Return what one request brings, with no redirect followed. Raises: HostFailed, ProxyFailed, CollectError."""
        source, where = request.source, redact(str(target))
        if self.proxy:
            where = f"{where} (through the proxy {self.name})"
        # A kept connection may have been closed at the very moment we used it: once more, on a new one. A POST may have
        # been heard nevertheless and is not repeated (RFC 9110 §9.2.2), nor is what is paid for.
        for last in (False, True) if request.method == "GET" and not request.once else (True,):
            exchange = Exchange(0.0)
            try:
                with total_time(self.total_timeout) as exchange:
                    return self._exchange(target, request)
            except (httpx.RemoteProtocolError, httpx.ReadError) as error:
                if not last and not exchange.connected and not exchange.heard:
                    continue
                if isinstance(error, httpx.ReadError):
                    raise HostFailed(source, f"no connection to {where} ({cause(error)}); retrying later") from error
                raise HostFailed(source, f"{where} broke off without an answer; retrying later") from error
            except httpx.ConnectTimeout as error:
                raise HostFailed(
                    source,
                    f"{where} did not accept a connection within {self.connect_timeout:g} s; "
                    f"retrying later{'' if self.proxy else ' (blocked here? it may need a proxy)'}",
                ) from error
            except httpx.PoolTimeout:
                wait = timedelta(seconds=self.total_timeout)
                raise CollectError(source, f"all our connections are in use; retrying in {in_words(wait)}",
                                   retry_after=wait) from None
            except httpx.TimeoutException as error:
                raise HostFailed(
                    source,
                    f"{where} did not answer in time ({self.read_timeout:g} s for a read, "
                    f"{self.total_timeout:g} s in all); retrying later",
                ) from error
            except (ProxyDown, ProxyRefusal, NotReached, httpx.ProxyError) as error:
                raise self._proxy_failure(error, where, source) from None
            except NoAddress:
                raise HostFailed(
                    source, f"the name {target.host!r} cannot be resolved; check its spelling and the network"
                ) from None
            except Refused as error:
                raise _not_public(target, request, where, str(error)) from None
            except httpx.NetworkError as error:
                raise HostFailed(source, f"no connection to {where} ({cause(error)}); retrying later") from error
            except TooLarge:
                raise CollectError(
                    source, f"{where} is larger than {request.limit / 2**20:g} MiB; read a narrower address or raise the limit"
                ) from None
            except Garbled as error:
                raise CollectError(
                    source, f"{where} sent a body that is not valid {error} though it says so; retrying later"
                ) from None
            except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
                raise CollectError(
                    source, f"{where} does not speak HTTP as it should ({type(error).__name__}); check the address"
                ) from None
        raise AssertionError("unreachable")

    def _proxy_failure(self, error: Exception, where: str, source: str) -> CollectError:
        trouble = told_by_proxy(error) if isinstance(error, httpx.ProxyError) else error
        if isinstance(trouble, ProxyDown):
            return ProxyFailed(source, f"the proxy {self.name} {trouble}; start it, or correct the address of the proxy")
        if isinstance(trouble, ProxyRefusal):
            return CollectError(source, f"the proxy {self.name} {trouble}", permanent=True)
        return HostFailed(source, f"no connection to {where}: the proxy does not reach it ({trouble}); retrying later")

    def _exchange(self, target: httpx.URL, request: Request) -> Response:
        # Header values are sent as the bytes they came as: an ETag may hold any octet.
        wire = [(name.encode("ascii"), value.encode("latin-1", "replace"))
                for name, value in {**request.own, **request.extra}.items()]
        timeouts = {"connect": self.connect_timeout, "read": self.read_timeout, "write": self.read_timeout,
                    "pool": self.total_timeout}
        message = httpx.Request(request.method, target, headers=wire, content=request.content or None,
                                extensions={"timeout": timeouts})
        answer = self.transport.handle_request(message)
        truncated = False
        parts: list[bytes] = []
        size = 0
        try:
            headers = _headers(answer)
            if answer.status_code not in REDIRECTS:
                try:
                    for chunk in cast(httpx.SyncByteStream, answer.stream):  # our transports are none that wait
                        parts.append(chunk)
                        size += len(chunk)
                        if size > request.limit:
                            if not request.cut:
                                raise TooLarge
                            truncated = True
                            break
                except (httpx.RemoteProtocolError, httpx.ReadError):
                    if not size:
                        raise
                    truncated = True  # the beginning of a feed is worth having
        finally:
            answer.close()
        body, missing = decoded(b"".join(parts), headers.get("content-encoding", ""), request.limit, cut=request.cut,
                                in_time=lambda: time_left(None, httpx.ReadTimeout))
        return Response(answer.status_code, body, str(target), headers, truncated=truncated or missing)


def _not_public(target: httpx.URL, request: Request, where: str, address: str) -> CollectError:
    """Return what a refused address means: only one that the operator wrote is wrong until somebody changes something.

    A name that leads to a private address is more often than not a censor's answer, which comes and goes.
    """
    literal = is_literal(target.host)
    if request.redirected and literal:
        return CollectError(request.source, f"{where}, where it redirects us, leads to {address}, which is not a public address, "
                                            "and is not followed; retrying later")
    if literal or is_own(target.host):
        return CollectError(request.source, f"{where} leads to {address}, which is not a public address; "
                                            "if it is yours, add its network to allow under [client]", permanent=not request.redirected)
    return CollectError(request.source, f"{where}: the name leads here to {address}, which is not a public address: a block or a "
                                        "network of yours; if it is blocked use a proxy, if it is yours add its network to "
                                        "[client] allow")


def _headers(answer: httpx.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in answer.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
