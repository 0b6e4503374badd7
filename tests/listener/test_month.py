"""A month of a thousand sources in virtual time: what the sources still had is here, once; hosts are never pressed; nothing is lost silently.

The real client, the real walk and the real store, over a transport that plays two hundred hosts. They keep their posts only
for a while (by number or by age), show some of them late, fail, throttle in both forms of Retry-After, and are twice out of
reach altogether. Intervals are those of slow sources (hours), so that a month of readings fits into minutes.
"""

from __future__ import annotations

import heapq
import json
import logging
import random
import shutil
import tempfile
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from listener.client import Client
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.walk import Page, Walk
from listener.errors import CollectError
from listener.match import Matcher
from listener.pipeline import Pipeline, Source
from listener.storage import Store, open_store
from listener.types import Author, Batch, Brand, Coverage, CoverageState, Cursor, Mention
from tests.fakes import CannedScorer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
BLACKOUTS = ((8.3 * DAY, 5 * HOUR), (21.6 * DAY, 9 * HOUR))
PAGE = 20
OVERLAP = HOUR
SPACING = 1.0  # seconds between two requests that every host insists on
BUDGET = 120  # requests an hour that every host allows


@dataclass
class Time:
    """A clock that only sleeping and waiting for the next call move."""

    seconds: float = BEGIN.timestamp()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def until(self, instant: datetime) -> None:
        self.seconds = max(self.seconds, instant.timestamp())


@dataclass(frozen=True)
class Options:
    address: str
    board: str


class ListCollector(NetworkCollector[Options]):
    """Reads a list that is cut off at its end, as feeds, channels and forums are."""

    kind = "list"
    whole = False  # whether the last reading met with nothing unreadable on its way

    def collect(self, cursor: Cursor | None) -> Batch:
        self.whole = False
        batch = Walk(self._options.board, OVERLAP, backfill=True).collect(self._page, cursor, self._now())
        self.whole = batch.complete and "page" not in (batch.reason or "")
        return batch

    def _page(self, token: str | None) -> Page:
        answer = self._client.get(self._options.address, source=self._label, params={"board": self._options.board, "before": token or ""})
        data = self._understood(answer, lambda payload: json_object(payload, "a list"))
        return Page([Mention(self.kind, f"{self._options.board}-{post}", f"the parcel of Digikala is late, number {post}",
                             datetime.fromtimestamp(at, UTC), author=Author(self.kind, f"a{post % 50}")) for post, at in data["posts"]],
                    data["following"])


@dataclass
class Board:
    """The posts of one source: id, when it was written and when the host began to show it."""

    name: str
    keeps: int  # posts
    keeps_for: float  # seconds
    written: list[int] = field(default_factory=list)  # sorted; the place is the post's number
    shown_at: list[float] = field(default_factory=list)
    lags: float = 0.0  # longest time between writing and showing
    given: set[int] = field(default_factory=set)  # posts that stood in an answer
    had: set[int] = field(default_factory=set)  # posts the source still had when a reading of it succeeded
    read_at: list[float] = field(default_factory=list)  # when readings succeeded
    begun: float | None = None  # the first reading that showed anything: before it, nothing says where the list began

    def window(self, at: float) -> list[int]:
        """Return the posts it shows, newest first."""
        last = bisect_right(self.written, at)
        shown = [post for post in range(max(0, last - 2 * self.keeps), last)
                 if self.shown_at[post] <= at and self.written[post] > at - self.keeps_for]
        return shown[-self.keeps:][::-1]


@dataclass
class Host:
    boards: dict[str, Board] = field(default_factory=dict)
    down: list[tuple[float, float]] = field(default_factory=list)
    closed_until: float = 0.0  # it said so
    asked_at: list[float] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)  # what it has to complain of


class World(httpx.BaseTransport):
    """All hosts; what goes wrong is drawn from one seed."""

    def __init__(self, time: Time, sources: int, span: timedelta, seed: int) -> None:
        self.time, self.span = time, span
        self.dice = random.Random(seed)
        self.hosts: dict[str, Host] = {f"h{number}.test": Host() for number in range(max(2, sources // 5))}
        self.boards: list[Board] = []
        names = list(self.hosts)
        for number in range(sources):
            board = self._board(number)
            self.boards.append(board)
            self.hosts[names[number % len(names)]].boards[board.name] = board
        for host in self.hosts.values():
            at = 0.0
            while (at := at + self.dice.expovariate(1 / (6 * 86400))) < span.total_seconds():
                start = BEGIN.timestamp() + at
                host.down.append((start, start + self.dice.uniform(600, 6 * 3600)))

    def host_of(self, number: int) -> str:
        return list(self.hosts)[number % len(self.hosts)]

    def _board(self, number: int) -> Board:
        dice, big = self.dice, number % 50 == 0
        board = Board(f"s{number:04d}", keeps=260 if big else dice.randint(12, 60), keeps_for=dice.choice((2.0, 5.0, 40.0)) * 86400,
                      lags=2400.0 if dice.random() < 0.3 else 0.0)
        start, end = BEGIN.timestamp() - 2 * 86400, (BEGIN + self.span).timestamp()
        rate = dice.choice((0.2, 1, 1, 2, 4)) / 86400
        at, posts = start, []
        while (at := at + dice.expovariate(rate)) < end:
            posts.append(int(at))
        for _ in range(dice.choice((0, 0, 1, 2))):  # storms, some of which are more than the source keeps
            at = dice.uniform(start + 3 * 86400, end)
            posts += [int(at + dice.uniform(0, 5 * 3600)) for _ in range(dice.randint(150, 240) if big else dice.randint(15, 80))]
        board.written = sorted(post for post in posts if post < end)
        board.shown_at = [post + (dice.uniform(0, board.lags) if board.lags else 0.0) for post in board.written]
        return board

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        at, host, dice = self.time.seconds, self.hosts[request.url.host], self.dice
        if any(BEGIN.timestamp() + start.total_seconds() <= at < BEGIN.timestamp() + (start + length).total_seconds()
               for start, length in BLACKOUTS):
            raise httpx.ConnectError("no route", request=request)
        self._watch(host, at)
        fate = dice.random()
        if any(start <= at < end for start, end in host.down) or fate < 0.01:
            return httpx.Response(dice.choice((500, 502, 503)), text="down", request=request)
        if fate < 0.015:
            raise httpx.ReadTimeout("slow", request=request)
        if fate < 0.02:
            wait = dice.randint(60, 3 * 3600)
            host.closed_until = at + wait
            later = format_datetime(datetime.fromtimestamp(int(at), UTC) + timedelta(seconds=wait), usegmt=True)
            return httpx.Response(429, headers={"retry-after": dice.choice((str(wait), later)),
                                                "date": format_datetime(datetime.fromtimestamp(int(at), UTC), usegmt=True)}, request=request)
        if fate < 0.023:
            return httpx.Response(200, text="<!doctype html><title>Please log in</title>", request=request)
        return httpx.Response(200, json=self._page(host.boards[request.url.params["board"]], request.url.params["before"], at), request=request)

    def _watch(self, host: Host, at: float) -> None:
        if host.asked_at and at - host.asked_at[-1] < SPACING - 1e-6:
            host.pressed.append(f"{at - host.asked_at[-1]:.3f} s after the request before")
        if at < host.closed_until - 1.0:  # an HTTP-date has whole seconds
            host.pressed.append(f"{host.closed_until - at:.0f} s before it may be asked again")
        host.asked_at.append(at)
        if len(host.asked_at) > BUDGET and at - host.asked_at[-BUDGET - 1] < 3600:
            host.pressed.append("more than its hourly budget")

    def _page(self, board: Board, before: str, at: float) -> dict[str, object]:
        posts = [post for post in board.window(at) if not before or post < int(before)]
        board.given.update(posts[:PAGE])
        return {"posts": [(post, board.written[post]) for post in posts[:PAGE]],
                "following": str(posts[PAGE - 1]) if len(posts) > PAGE else None}


@dataclass
class Month:
    world: World
    time: Time
    store: Store
    pipeline: Pipeline
    readings: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    def live(self, span: timedelta) -> None:
        """Call every source at multiples of its floor, as the scheduler does, leaving out calls at which it is not due."""
        dice, order, end = random.Random(1), count(), BEGIN + span
        boards = {board.name: board for board in self.world.boards}
        calls = [(BEGIN + timedelta(seconds=0.05 * number), next(order), source) for number, source in enumerate(self.pipeline.sources)]
        heapq.heapify(calls)
        while calls and calls[0][0] < end:
            at, _, source = heapq.heappop(calls)
            self.time.until(at)
            assert dice.random() > 0.1 or self.pipeline.due(source)
            board = boards[source.name]
            began = self.time.seconds
            done = self.pipeline.collect(source)
            self.readings += 1
            if isinstance(done, CollectError):
                self.failures[done.what.partition(" ")[0]] += 1
            else:
                assert isinstance(source.collector, ListCollector)
                if source.collector.whole:
                    board.had.update(board.window(began))
                board.read_at.append(self.time.seconds)
                board.begun = board.begun or (self.time.seconds if board.given else None)
            following, floor = self.store.source_state(source.name), source.pace.floor
            assert following and following.next_at
            steps = max(1, -(-(following.next_at - at) // floor))  # the first call at which it is due
            if steps > 1 and dice.random() < 0.02:
                earlier = self.time.seconds
                self.time.until(at + (steps - 1) * floor - timedelta(seconds=1))
                assert not self.pipeline.due(source)
                self.time.seconds = earlier
            heapq.heappush(calls, (at + steps * floor, next(order), source))


def a_month(folder: Path, *, sources: int, span: timedelta, seed: int) -> Month:
    time = Time()
    world = World(time, sources, span, seed)
    client = Client(transport=world, now=time.now, sleep=time.sleep, clock=time.clock, uniform=random.Random(seed).uniform,
                    pace=timedelta(seconds=SPACING))
    store = open_store(f"sqlite:///{folder / 'month.sqlite'}")
    configured, dice = [], random.Random(seed)
    for number, board in enumerate(world.boards):
        collector = ListCollector(board.name, Options(f"https://{world.host_of(number)}/list", board.name), client, now=time.now)
        interval = dice.choice((8, 12, 24)) * HOUR
        configured.append(Source(board.name, collector.kind, collector, interval, 4 * DAY, min_interval=interval / 8,
                                 max_interval=min(4 * interval, 2 * DAY)))
    store.register_sources([(source.name, source.kind) for source in configured])
    pipeline = Pipeline(store=store, sources=configured, brands=["Digikala"], matcher=Matcher([Brand("Digikala")]), scorer=CannedScorer,
                        rules={}, receivers=[], now=time.now, timezone=ZoneInfo("Asia/Tehran"), dice=random.Random(seed).random)
    return Month(world, time, store, pipeline)


def check(month: Month, span: timedelta) -> dict[str, float]:
    """Assert what a month must show; return its figures."""
    store, end = month.store, month.time.now()
    with store._read() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM mention").scalars().all()
    stored = {name: set[int]() for name in (board.name for board in month.world.boards)}
    for row in rows:
        name, _, post = row.partition("-")
        stored[name].add(int(post))

    missed = {board.name: (board.given | board.had) - stored[board.name] for board in month.world.boards}
    assert {name: posts for name, posts in missed.items() if posts} == {}  # nothing lost that a source still had
    assert len(rows) == len(set(rows)) == sum(map(len, stored.values()))  # nothing doubled
    counted = sum(row.mentions for row in store.hourly("Digikala", since=BEGIN - 60 * DAY, until=end + HOUR))
    assert counted == len(rows) and store.recount() == []

    pressed = [f"{name}: {one}" for name, host in month.world.hosts.items() for one in host.pressed]
    assert pressed == []  # no host asked sooner, more often, or while it had asked us to wait

    whole = store.coverage_hours(since=BEGIN, until=end)
    spans: dict[str, list[Coverage]] = {}
    for one in store.coverage(since=BEGIN - DAY, until=end):
        spans.setdefault(one.source, []).append(one)
    states = {state.name: state for state in store.source_states()}
    for board in month.world.boards:
        seen = whole[board.name]
        assert seen.ok + seen.partial + seen.lost + seen.unknown == end - BEGIN
        read_at = states[board.name].polled_at
        assert read_at and seen.unknown == end - read_at  # all of the month until the last reading is accounted for
        joined = sorted(spans[board.name], key=lambda one: one.start)
        assert all(left.end == right.start for left, right in pairwise(joined))

    gone = late = 0
    silently: dict[str, list[int]] = {}
    for board in month.world.boards:
        troubled = [one for one in spans[board.name] if one.state is not CoverageState.OK]
        first = bisect_left(board.written, board.begun or end.timestamp())
        last_read = states[board.name].polled_at or BEGIN
        for post in range(first, len(board.written)):
            if post in stored[board.name] or board.shown_at[post] > last_read.timestamp():
                continue
            gone += 1
            at = datetime.fromtimestamp(board.shown_at[post], UTC)
            if any(one.start <= at < one.end for one in troubled):
                continue
            # Shown late, in the midst of what was known, and pushed out while its newer neighbours still stood: no list tells.
            if bisect_right(board.read_at, board.written[post]) < bisect_right(board.read_at, board.shown_at[post]):
                late += 1
                continue
            silently.setdefault(board.name, []).append(post)
    assert silently == {}  # what is lost is said to be: its hour is partial or lost

    hours = {name: sum(getattr(one, name) / HOUR for one in whole.values()) for name in ("ok", "partial", "lost", "unknown")}
    return {"readings": month.readings, "failures": sum(month.failures.values()), "mentions": len(rows), "lost at the source": gone, "of these late and unknowable": late,
            "requests": sum(len(host.asked_at) for host in month.world.hosts.values()), **hours}


@pytest.fixture
def folder(caplog: pytest.LogCaptureFixture) -> Iterator[Path]:
    """A folder in memory where the system has one: a month is many ten thousands of commits."""
    caplog.set_level(logging.CRITICAL)  # thousands of failures are meant
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="goosh-month-", dir=memory if memory.is_dir() else None))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_ten_days_of_some_sources(folder: Path) -> None:
    month = a_month(folder, sources=20, span=10 * DAY, seed=3)
    month.live(10 * DAY)
    figures = check(month, 10 * DAY)
    assert figures["lost at the source"] > 0 and figures["partial"] > 0 and figures["lost"] > 0
    month.store.close()


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_month_of_a_thousand_sources(folder: Path) -> None:
    month = a_month(folder, sources=1000, span=30 * DAY, seed=7)
    month.live(30 * DAY)
    figures = check(month, 30 * DAY)
    print("\n" + json.dumps({name: round(value) for name, value in figures.items()}))
    assert figures["readings"] > 50_000 and figures["failures"] > 1000 and figures["lost at the source"] > 0
    month.store.close()
