"""One POST over HTTP for one receiver: bounded in time and size, never redirected, nothing secret in errors or logs.

The transport is spoken to without httpx's client, since that logs every address, and the addresses of bots hold their token.
An address comes from the operator and may lie in one's own network; addresses from outside are never asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Event
from typing import Annotated, Any, Self, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import AfterValidator, BaseModel, Field, model_validator

from alerts.notifiers.deadline import shut, within
from listener.errors import NotifyError

TEMPORARY = frozenset({408, 425, 429})
LONGEST_RETRY = timedelta(days=1)
REFUSAL = 1024  # bytes of an answer that is no success: enough to see whether a page of somebody else's came
PROXIES = ("http", "https", "socks5", "socks5h")
DIRECT = "direct"


def address_problem(url: str) -> str | None:
    """Return why ``url`` cannot be posted to, without repeating it, or None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it cannot be read as a URL"
    if parts.scheme not in ("https", "http"):
        return "it must begin with https:// or http://"
    if not parts.hostname:
        return "it names no host"
    return None if port is None or port > 0 else "its port is 0"


def proxy_problem(address: str) -> str | None:
    """Return why ``address`` is no proxy's, without repeating it, or None. ``direct`` means none."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in PROXIES and bool(parts.hostname) and parts.port is not None
    except ValueError:
        usable = False
    return None if usable or address == DIRECT else "it must read like http://10.0.0.1:3128 or socks5://127.0.0.1:1080"


def _address(value: str) -> str:
    if problem := address_problem(value):
        raise ValueError(f"is no address to send to: {problem}")
    return value


def _proxy(value: str) -> str:
    if problem := proxy_problem(value):
        raise ValueError(f"is no address of a proxy: {problem}")
    if "@" in value:
        raise ValueError("a user or password stands in the proxy's address; set the whole address in the environment and name "
                         "its variable with proxy_env")
    return value


Address = Annotated[str, AfterValidator(_address)]


class WebOptions(BaseModel, frozen=True, extra="forbid"):
    """What every receiver over HTTP may be told."""

    timeout: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0), le=timedelta(minutes=2),
                               description="for the whole exchange")
    proxy: Annotated[str, AfterValidator(_proxy)] | None = Field(
        default=None, description="the way out, as socks5://127.0.0.1:1080; direct: none; else that of the environment")
    proxy_env: str | None = Field(default=None, description="variable with the proxy's address, where it holds a password")

    @model_validator(mode="after")
    def _one_proxy(self) -> Self:
        if self.proxy is not None and self.proxy_env is not None:
            raise ValueError("at most one of proxy & proxy_env may be set")
        return self


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and the first bytes of what came back. The text is never shown: nobody knows what it repeats."""

    status: int
    headers: httpx.Headers
    body: bytes = b""

    @property
    def table(self) -> Mapping[str, Any]:
        """The JSON object of the answer; empty where it is anything else, as the page of a filter between."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def page(self) -> bool:
        """Whether this is a page for people, as a filter, a proxy or a captive portal gives: no API answers so."""
        return "html" in self.headers.get("Content-Type", "").lower() or self.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


class Post:
    """Sends for one receiver; what goes wrong becomes a ``NotifyError`` that names the receiver and nothing secret."""

    def __init__(self, name: str, kind: str, options: WebOptions, *, environment: Mapping[str, str] = os.environ,
                 transport: httpx.BaseTransport | None = None,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.kind, self.options, self.now = name, kind, options, now
        self._environment, self._given = environment, transport
        self._transports: dict[str | None, httpx.BaseTransport] = {}

    def send(self, url: str, body: bytes, headers: Mapping[str, str], *, read: int = 0, method: str = "POST") -> Answer:
        """Return the answer to one POST, or other ``method``, with ``read`` bytes of its body at most, of a refusal with its first ones anyway.

        Raises: NotifyError where none came.
        """
        timeout = self.options.timeout.total_seconds()
        transport = self._transport(url)
        lines: list[Any] = []  # the connection, bare and then under TLS
        over = Event()

        def watch(event: str, details: Mapping[str, Any]) -> None:
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                lines.append(details["return_value"])
                if over.is_set():  # made too late: what was called a failure must not be sent after all
                    hang_up()

        def hang_up() -> None:
            over.set()
            for line in lines:
                shut(line.get_extra_info("socket"))

        def exchange() -> Answer:
            request = httpx.Request(method, url, content=body,
                                    headers={"User-Agent": "goosh-be-zang", "Accept-Encoding": "identity",
                                             "Connection": "close", **_from_address(url), **headers},
                                    extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout),
                                                "trace": watch})
            with closing(transport.handle_request(request)) as response:
                most = read if response.status_code < 300 else max(read, REFUSAL)
                return Answer(response.status_code, response.headers, _first(cast(Iterable[bytes], response.stream), most))

        try:
            return within(self.options.timeout, exchange, hang_up=hang_up)
        except (httpx.TimeoutException, TimeoutError):
            raise self.error(f"no answer within {timeout:g} s") from None
        except httpx.UnsupportedProtocol:
            raise self.error("the address must begin with https:// or http://; mend it", permanent=True) from None
        except httpx.ProxyError:
            raise self.error("the proxy does not let us through; check proxy and its password") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.error(f"cannot be reached ({type(error).__name__})") from None

    def judge(self, answer: Answer, cure: str = "check address and secret") -> None:
        """Pass for 2xx. Raises: NotifyError; temporary for 408, 425, 429 and 5xx, for redirects, which captive portals give, and
        for pages, which filters and proxies give; permanent for other 4xx.
        """
        status = answer.status
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise self.error(f"HTTP {status}, a redirect, which is not followed; give the address it leads to, if it is the receiver's")
        if status in TEMPORARY or status >= 500:
            raise self.error(f"HTTP {status}", retry_after=retry_after(answer.headers.get("Retry-After"), self.now()))
        if answer.page:
            raise self.error(f"HTTP {status} with a page that is not the service's own; see whether a filter or a proxy stands "
                             f"between, or {cure}")
        raise self.error(f"HTTP {status}; {cure}, then run 'goosh alerts test {self.name}'", permanent=True)

    def secret(self, variable: str, *, plain: bool = True) -> str:
        """Return what the environment holds; plain: trimmed, and only what an address or a header can carry.

        Raises: NotifyError where it is unset or cannot be used.
        """
        value = self._environment.get(variable, "")
        if not value.strip():
            raise self.error(f"environment variable {variable!r} is not set; set it and start again", permanent=True)
        if not plain:
            return value
        if not (value.strip().isascii() and value.strip().isprintable()):
            raise self.error(f"environment variable {variable!r} holds more than letters, digits and signs; set it anew",
                             permanent=True)
        return value.strip()

    def address(self, url: str | None, variable: str | None) -> str:
        """Return the address given, or that in the environment. Raises: NotifyError where that is none."""
        if url is not None:
            return url
        found = self.secret(variable or "")
        if problem := address_problem(found):
            raise self.error(f"{variable!r} holds no address to send to: {problem}; mend it", permanent=True)
        return found

    def error(self, what: str, *, permanent: bool = False, retry_after: timedelta | None = None, of_message: bool = False) -> NotifyError:
        return NotifyError(self.name, f"{self.kind}: {what}", permanent=permanent, retry_after=retry_after, of_message=of_message)

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()

    def _transport(self, url: str) -> httpx.BaseTransport:
        if self._given is not None:
            return self._given
        proxy = self._proxy(url)
        if proxy not in self._transports:
            self._transports[proxy] = httpx.HTTPTransport(
                verify=_certificates(), proxy=proxy,
                limits=httpx.Limits(max_keepalive_connections=0))  # so that each exchange sees its connection made
        return self._transports[proxy]

    def _proxy(self, url: str) -> str | None:
        proxy = self.options.proxy
        if self.options.proxy_env:
            proxy = self.secret(self.options.proxy_env)
            if problem := proxy_problem(proxy):
                raise self.error(f"{self.options.proxy_env!r} holds no address of a proxy: {problem}; mend it", permanent=True)
        if proxy is None:
            parts = urlsplit(url)
            proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme) or getproxies().get("all")
            proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
            if proxy and urlsplit(proxy).scheme not in PROXIES:
                raise self.error(f"the environment's {parts.scheme} proxy is none that we can speak to; mend it, or give proxy",
                                 permanent=True)
        if proxy and proxy.startswith("socks"):  # httpcore 1.0.9 writes name and password there at debug level
            logging.getLogger("httpcore.socks").setLevel(logging.INFO)
        return None if proxy == DIRECT else proxy or None


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return how long a ``Retry-After`` header asks to wait, at most a day; None where it says nothing usable."""
    if header is None:
        return None
    try:
        wish = timedelta(seconds=int(header))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(header)
        except (ValueError, TypeError, IndexError):
            return None
        wish = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wish, timedelta(0)), LONGEST_RETRY)


def json_bytes(value: Any) -> bytes:
    """Return ``value`` as JSON in UTF-8; half characters from outside become question marks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def header_value(value: str) -> str:
    """Return a key for a header: ours is plain; whatever else comes is named by its hash, since a header takes ASCII only."""
    return value if value.isascii() and value.isprintable() else hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def instant(at: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat() if at else None


def _first(stream: Iterable[bytes], most: int) -> bytes:
    found = b""
    if most:
        for chunk in stream:
            found += chunk
            if len(found) >= most:
                break
    return found[:most]


def _from_address(url: str) -> dict[str, str]:
    """Return the header for a user and password that stand in the address."""
    parts = urlsplit(url)
    if not parts.username and not parts.password:
        return {}
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()
