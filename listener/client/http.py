"""The client: every request through pace, breaker, robots.txt and redirects, on the way out of its source."""

from __future__ import annotations

import ipaddress
import random
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from json import dumps
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import httpx

from listener.client.answers import Response, leaves, redact, secrets_of, sentence_without
from listener.client.breaker import Breaker, Entry, Uniform
from listener.client.failures import failure
from listener.client.guard import Guard, PooledTransport, Resolve, is_own, resolve
from listener.client.ledger import MemoryLedger
from listener.client.proxies import proxy_transport, read_proxy, unfit
from listener.client.robots import LARGEST, NAME, RETRY, Rules, read_rules
from listener.client.waiting import LONGEST_WAIT, THROTTLED, exhausted, in_words, retry_after
from listener.client.way import REDIRECTS, HostFailed, ProxyFailed, Request, Way
from listener.client.world import World
from listener.errors import CollectError
from listener.types import Ledger

MAX_REDIRECTS = 5
MAX_BYTES = 32 * 2**20  # decoded; the largest real feed seen in the wild is a podcast archive of 20 MB
SHORTEST_SECRET = 4  # characters; hiding shorter ones would blank half of every sentence
LONGEST_PACE = 60.0  # seconds a worker sleeps between two requests; for a longer Crawl-delay the source comes back

_PERMANENT_REDIRECTS = frozenset({301, 308})
_REPEATING_REDIRECTS = frozenset({307, 308})  # those that keep method and body


class _Astray(CollectError):
    """Redirected too often."""


@dataclass(slots=True)
class _Lane:
    """What one host is given: so many requests at once, the next not before, its next page not before, nothing until."""

    slots: threading.Semaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    next_at: float = 0.0
    page_at: float = 0.0  # by its Crawl-delay, which is for those who ask for it: its robots.txt itself does not wait for it
    held_until: float = 0.0
    held_by: str = ""  # the source that was told to wait


class Client:
    """Reads addresses politely. Thread-safe; one for the whole process, so that paces are kept across sources.

    ``pace`` is the least time between two requests to a host of the internet; a collector may ask for more. ``allow_networks``
    names the networks that may be read although they are not public (``"127.0.0.0/8"``). ``contact`` is an address or a mail
    of the operator and goes into the User-Agent. All timeouts are in seconds; ``slot_timeout`` is how long a request waits
    for others to the same host. ``ledger`` keeps what was spent; without one it is forgotten with the process. ``clock``
    gives seconds and never goes back; ``uniform`` draws between two bounds. ``transport`` replaces the network in tests
    (the guard of addresses goes with it).
    """

    def __init__(self, *, contact: str | None = None, allow_networks: Iterable[str] = (),
                 connect_timeout: float = 10.0, read_timeout: float = 30.0, total_timeout: float = 90.0,
                 slot_timeout: float = 30.0,
                 max_bytes: int = MAX_BYTES, pace: timedelta = timedelta(seconds=1), per_host: int = 2, connections: int = 32,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC), sleep: Callable[[float], None] = time.sleep,
                 clock: Callable[[], float] = time.monotonic, uniform: Uniform = random.uniform,
                 resolve: Resolve = resolve, ledger: Ledger | None = None,
                 transport: httpx.BaseTransport | None = None) -> None:
        self.user_agent = _user_agent(contact)
        self._guard = Guard([ipaddress.ip_network(text, strict=False) for text in allow_networks], resolve)
        self._resolve = resolve
        self._connections = connections
        self._stand_in = transport
        self._way = Way(transport or PooledTransport(connections, self._guard), None, connect_timeout, read_timeout,
                        total_timeout)
        self._patience = slot_timeout
        self._max_bytes = max_bytes
        self._pace = pace.total_seconds()
        self._per_host = per_host
        self._now = now
        self._sleep = sleep
        self._clock = clock
        self._uniform = uniform
        self._ledger: Ledger = ledger or MemoryLedger()
        # Shared by every route: a host sees one house, whichever way we come.
        self._lock = threading.Lock()
        self.world = World(now)
        self._lanes: dict[str, _Lane] = {}
        self._breakers: dict[tuple[str, ...], Breaker] = {}
        self._rules: dict[tuple[str, str], Rules] = {}
        self._routes: dict[str, Client] = {"": self}

    def close(self) -> None:
        """Close the connections of every route."""
        for route in list(self._routes.values()):
            route._way.transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def through(self, proxy: str | None) -> Client:
        """Return this client on another way out: ``http://``, ``https://`` or ``socks5://[name:password@]host:port``, or None
        for no proxy. Lanes, paces, breakers, ledger and User-Agent are the same ones. Raises: ConfigError.
        """
        key = (proxy or "").strip()
        with self._lock:
            if key not in self._routes:
                route = copy(self)
                address = read_proxy(key)
                transport = self._stand_in or proxy_transport(address, self._connections, self._resolve)
                route._way = replace(self._way, proxy=address, transport=transport)
                self._routes[key] = route
            return self._routes[key]

    def spend(self, account: str, units: int, *, limit: int, period: str, source: str, until: timedelta) -> None:
        """Book ``units`` of what ``account`` may use in ``period``, before they are used; negative units give back.

        ``until`` is the time to the end of the period. Raises: CollectError, when ``limit`` would be passed.
        """
        if not self._ledger.spend(account, period, units, limit):
            wait = min(until, LONGEST_WAIT)
            raise CollectError(source, f"the {limit} of {account!r} for {period} are used up; raise the limit, or wait: "
                                       f"retrying in {in_words(wait)}", retry_after=wait)

    def get(self, url: str, *, source: str = "", etag: str | None = None, last_modified: str | None = None,
            headers: Mapping[str, str] | None = None, accept: str = "*/*", params: Mapping[str, Any] | None = None,
            pace: timedelta | None = None, max_bytes: int | None = None, readable: Collection[int] = (),
            robots: bool = False, once: bool = False) -> Response:
        """Return the answer of ``url``. ``etag`` and ``last_modified`` are sent back verbatim; the answer may then be
        ``not_modified``. Statuses in ``readable`` come back like a 200, for sources that speak through them.

        ``source`` names the configured source in errors. ``headers`` are not sent on to another host by a redirect.
        ``robots`` is for pages made for people: robots.txt of every site on the way decides, with its Crawl-delay.
        ``once`` is for requests that are paid for: they are never repeated. Others are, on a new connection, where a kept one
        turns out to be closed before anything of an answer came.
        Raises: CollectError, with ``retry_after`` where the host says so; ``permanent`` when waiting will not help.
        """
        own = self._own(accept)
        if etag:
            own["if-none-match"] = etag
        if last_modified:
            own["if-modified-since"] = last_modified
        response = self._read(url, params, headers, (), Request(
            "GET", own, {}, source, max_bytes or self._max_bytes, pace=pace.total_seconds() if pace else 0.0, robots=robots,
            readable=readable, once=once))
        response = replace(response, not_modified=response.status == 304 and bool(etag or last_modified))
        return response if response.not_modified else self._judged(response, source, readable)

    def post(self, url: str, *, source: str = "", json: Any = None, form: Mapping[str, str] | None = None,
             headers: Mapping[str, str] | None = None, accept: str = "*/*", pace: timedelta | None = None,
             max_bytes: int | None = None, readable: Collection[int] = ()) -> Response:
        """Return the answer to ``json`` or to the fields of ``form``, sent to ``url``; everything else is as in ``get``.

        A redirect is followed only where it repeats the request at the same origin (307, 308): what is posted may be a
        log-in. It is sent once; a connection that breaks is an error. Raises: CollectError.
        """
        if form is not None and json is not None:
            raise ValueError("a request has one body: json or form")
        if form is not None:
            content, kind = urlencode(form).encode("ascii"), "application/x-www-form-urlencoded"
        else:
            content, kind = dumps(json, ensure_ascii=False).encode(), "application/json"
        response = self._read(url, None, headers, leaves([json, form]), Request(
            "POST", {**self._own(accept), "content-type": kind}, {}, source, max_bytes or self._max_bytes, content,
            pace=pace.total_seconds() if pace else 0.0, readable=readable))
        return self._judged(response, source, readable)

    def failure(self, response: Response, source: str) -> CollectError:
        """Return the error a status stands for: for collectors that asked for a status and found nothing in it."""
        error = failure(response, source, now=self._now(), name=NAME, proxy=self._way.name)
        return _untold(error, response.secrets, response.asked or redact(response.url))

    # ---- from an address to its answer

    def _own(self, accept: str) -> dict[str, str]:
        return {"user-agent": self.user_agent, "accept": accept, "accept-encoding": "gzip, deflate, br, zstd"}

    def _read(self, url: str, params: Mapping[str, Any] | None, headers: Mapping[str, str] | None, posted: Iterable[str],
              request: Request) -> Response:
        try:
            target = httpx.URL(url, params=params) if params else httpx.URL(url)
        except (httpx.InvalidURL, ValueError, TypeError):
            raise CollectError(request.source, "the address cannot be read; check its spelling", permanent=True) from None
        extra = {name.lower(): value for name, value in (headers or {}).items()}
        if target.userinfo:
            extra.setdefault("authorization", "Basic " + b64encode(unquote_to_bytes(target.userinfo)).decode("ascii"))
        return self._walk(target, replace(request, extra=extra, trusted=frozenset({*secrets_of(target, extra), *posted})))

    def _judged(self, response: Response, source: str, readable: Collection[int]) -> Response:
        if 200 <= response.status < 300 or response.status in readable:
            return response
        raise self.failure(response, source)

    def _walk(self, target: httpx.URL, request: Request) -> Response:
        """Return the answer at the end of the redirects, whatever its status."""
        trusted = set(request.trusted)
        try:
            return self._walked(target, request, trusted)
        except CollectError as error:
            _untold(error, _secrets(trusted), redact(str(target)))
            raise

    def _walked(self, target: httpx.URL, request: Request, trusted: set[str]) -> Response:
        first, source = target, request.source
        moved_to, all_permanent = None, True
        for _ in range(MAX_REDIRECTS + 1):
            self._check(target, request)
            delay = self._obey(target, request) if request.robots else 0.0
            response = self._paced(target, request, delay)
            self.world.hear(target.host, response.headers)
            location = response.headers.get("location", "")
            if response.status not in REDIRECTS or not location:
                return replace(response, moved_to=moved_to, secrets=_secrets(trusted), asked=redact(str(first)))
            following = self._follow(target, location, source)
            same = _origin(following) == _origin(target)
            if request.method == "POST" and not (same and response.status in _REPEATING_REDIRECTS):
                raise CollectError(source, f"{redact(str(target))} sends what we posted on to {redact(str(following))} "
                                           f"(HTTP {response.status}), which is not followed; configure the address it ends at",
                                   permanent=True)
            all_permanent = all_permanent and response.status in _PERMANENT_REDIRECTS
            if all_permanent:
                moved_to = str(following)
            if not same:
                request = replace(request, extra={})  # what the caller added may be a credential
            target, request = following, replace(request, redirected=True)
            trusted.update(secrets_of(target, {}))
        raise _Astray(source, f"more than {MAX_REDIRECTS} redirects from {redact(str(first))}; "
                              "open it in a browser and configure the address where it ends")

    def _check(self, target: httpx.URL, request: Request) -> None:
        source = request.source
        if target.scheme not in ("http", "https"):
            raise CollectError(source, f"{target.scheme or 'no scheme'!r} cannot be read; "
                                       "an address begins with http:// or https://", permanent=True)
        if not target.host:
            raise CollectError(source, "the address names no host; check its spelling", permanent=True)
        if self._way.proxy and unfit(target.raw_host.decode("ascii"), self._guard):
            raise CollectError(source, f"{redact(str(target))} is not a public address, and is not asked for through a proxy; "
                                       f"{'retrying later' if request.redirected else 'read it without one'}",
                               permanent=not request.redirected)

    def _follow(self, target: httpx.URL, location: str, source: str) -> httpx.URL:
        try:
            # Servers put raw UTF-8 into Location; headers arrive as latin-1.
            return target.join(location.encode("latin-1", "replace").decode("utf-8", "replace"))
        except (httpx.InvalidURL, ValueError):
            raise CollectError(
                source, f"{redact(str(target))} redirects to an address that cannot be read; retrying later"
            ) from None

    # ---- robots.txt

    def _obey(self, target: httpx.URL, request: Request) -> float:
        """Return the seconds a site wants between two requests. Raises: CollectError, when it does not want this one."""
        rules = self._rules_of(target, request)
        if rules.trouble is not None:
            wait = timedelta(seconds=max(0.0, rules.until - self._clock()))
            raise CollectError(
                request.source, f"the robots.txt of {target.host} cannot be read ({rules.trouble}), which counts as a refusal "
                                f"(RFC 9309); retrying in {in_words(wait)}", retry_after=wait)
        if not rules.allows(str(target)):
            raise CollectError(
                request.source, f"the robots.txt of {target.host} asks programs not to read {redact(str(target))}; ask its "
                                f"owner to allow {NAME!r}, or read another feed of it", permanent=True)
        return rules.delay

    def _rules_of(self, target: httpx.URL, request: Request) -> Rules:
        origin = f"{target.scheme}://{target.netloc.decode('ascii')}"
        key = (self._way.name, origin)
        known = self._rules.get(key)
        if known and self._clock() < known.until:
            return known
        asking = replace(request, own=self._own("text/plain"), extra={}, limit=LARGEST, cut=True, pace=0.0, robots=False,
                         readable=(), once=False)
        try:
            answer = self._walk(httpx.URL(f"{origin}/robots.txt"), asking)
            if answer.status in THROTTLED:  # a 4xx, but one that asks us to stay away and not to come in
                raise self.failure(answer, request.source)
            rules = read_rules(answer.status, answer.body, self._clock())
        except _Astray:
            rules = read_rules(404, b"", self._clock())  # RFC 9309 §2.3.1.2: after five redirects as if it were not there
        except CollectError as error:
            # Without an answer the page would not come either, and the error says why. With a time to come back, keep to it.
            if error.retry_after is not None or not known or known.trouble is not None:
                raise
            rules = replace(known, until=self._clock() + RETRY)
        if rules.trouble is not None and known and known.trouble is None:
            rules = replace(known, until=rules.until)  # §2.4: a copy serves longer while the file cannot be had
        self._rules[key] = rules
        return rules

    # ---- one request

    def _paced(self, target: httpx.URL, request: Request, delay: float) -> Response:
        """Return the answer to a request that waits for its turn; ``delay`` is the site's Crawl-delay in seconds."""
        where, source = target.netloc.decode("ascii"), request.source  # two programs on one machine are two hosts
        lane = self._lane(where)
        step = max(0.0 if is_own(target.host) else self._pace, request.pace)
        # One host that drips must not hold every worker that has a source there.
        if not lane.slots.acquire(timeout=self._patience):
            wait = timedelta(seconds=self._way.total_timeout)  # by then the requests that hold it now are over
            raise CollectError(source, f"{where} is busy with our other requests; retrying in {in_words(wait)}",
                               retry_after=wait)
        try:
            with lane.lock:
                present = self._clock()
                if lane.held_until > present:
                    by = f" (met by {lane.held_by!r})" if lane.held_by not in ("", source) else ""
                    raise _wait_for(source, f"{where} asked us to wait{by}", lane.held_until - present)
                page_at = lane.page_at if delay else 0.0
                start = max(present, lane.next_at, page_at)
                if start - present > LONGEST_PACE:  # whoever made it so long, and whoever waits: a worker does not sleep it
                    said = f"{where} wants {in_words(timedelta(seconds=delay))} between two requests"
                    raise _wait_for(source, said if page_at > lane.next_at else
                                    f"our requests to {where} keep their distance", start - present)
                entered = self._enter(target, source)
                lane.next_at = start + step
                if delay:
                    lane.page_at = start + delay
            host_worked: bool | None = None
            proxy_worked: bool | None = None
            try:
                if start > present:
                    self._sleep(start - present)
                response = self._way.ask(target, request)
                host_worked, proxy_worked = response.status < 500 or response.status in request.readable, True
            except HostFailed:
                host_worked, proxy_worked = False, True
                raise
            except ProxyFailed:
                proxy_worked = False
                raise
            finally:
                for (breaker, entry), worked in zip(entered, (host_worked, proxy_worked), strict=False):
                    breaker.leave(entry, worked, self._clock())
        finally:
            lane.slots.release()
        self._remember_limits(lane, response, source)
        return response

    def _enter(self, target: httpx.URL, source: str) -> list[tuple[Breaker, Entry]]:
        """Pass the breaker of the host, as it is seen on this way, and that of the proxy. Raises: CollectError."""
        way = self._way.name
        where = target.netloc.decode("ascii")
        asked: list[tuple[tuple[str, ...], str]] = [((way, where), where)]
        if way:
            asked.append(((way,), f"the proxy {way}"))
        entered: list[tuple[Breaker, Entry]] = []
        for key, who in asked:
            with self._lock:
                breaker = self._breakers.setdefault(key, Breaker(self._uniform))
            entry = breaker.enter(self._clock(), self._way.total_timeout)
            if not isinstance(entry, Entry):
                for other, let_in in entered:
                    other.leave(let_in, None, self._clock())
                raise _wait_for(source, f"{who} failed {breaker.failures} times in a row and is left alone for a while", entry)
            entered.append((breaker, entry))
        return entered

    def _lane(self, host: str) -> _Lane:
        with self._lock:
            return self._lanes.setdefault(host, _Lane(threading.Semaphore(self._per_host)))

    def _remember_limits(self, lane: _Lane, response: Response, source: str) -> None:
        """Hold the host's lane when it said so: other sources on the same host would meet the same wall."""
        if response.status in THROTTLED or response.status == 503 or exhausted(response.headers):
            wait = retry_after(response.headers, self._now(), response.status)
            if wait:
                until = self._clock() + wait.total_seconds()
                with lane.lock:
                    if until > lane.held_until:
                        lane.held_until, lane.held_by = until, source


def _wait_for(source: str, what: str, seconds: float) -> CollectError:
    wait = timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))
    return CollectError(source, f"{what}; retrying in {in_words(wait)}", retry_after=wait)


def _secrets(trusted: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in trusted if len(one) >= SHORTEST_SECRET)


def _untold(error: CollectError, secrets: Iterable[str], asked: str) -> CollectError:
    """Take out of a sentence what the request was trusted with: hosts echo it, also in the addresses they redirect us to.

    The error stays the same one: its class and its context say whether the request was sent.
    """
    words = sentence_without(error.what, secrets, asked)
    if words != error.what:
        error.what = words
        error.args = (f"{error.source}: {words}" if error.source else words,)
    return error


def _user_agent(contact: str | None) -> str:
    try:
        number = version("gooshbezang")
    except PackageNotFoundError:  # run from a checkout
        number = "0"
    contact = "".join(letter for letter in contact or "" if letter.isascii() and letter.isprintable())
    return f"{NAME}/{number} (social-listening monitor{f'; +{contact}' if contact else ''})"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
