"""What polling a thousand sources costs, against asking the same addresses bare: httpx and ``json.loads``, nothing kept.

    pytest -s -m benchmark tests/benchmarks/test_polling.py

Each source answers with fifty items, of which two are new at each reading. CPU time and memory are those of the polling process
alone; the server is another one. "House" is a whole reading: due, client with its guards, parsing, matching, one committed
transaction with cursor and coverage.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES, FEW, ROUNDS, SHOWN, NEW = 1000, 10, 3, 50, 2


def serve() -> None:
    """Answer like Hacker News' search; every request for a source finds two items more."""
    asked: Counter[str] = Counter()
    began = int(time.time()) - 86_400

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # one packet an answer: two would wait for each other's acknowledgement

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)["query"][0]
            last, asked[query] = SHOWN + NEW * asked[query], asked[query] + 1
            hits = [{"objectID": f"{query}-{item}", "created_at_i": began + 60 * item, "author": f"someone-{item % 17}", "points": item % 9,
                     "comment_text": f"<p>My parcel of Digikala, number {item}, came late &amp; nobody answers the phone</p>", "parent_id": 1}
                    for item in range(last - 1, last - 1 - SHOWN, -1)]
            body = json.dumps({"hits": hits}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


def bare(url: str, sources: int) -> Callable[[], object]:
    import httpx

    client = httpx.Client()

    def round_of_all() -> int:
        return sum(len(json.loads(client.get(f"{url}/api/v1/search_by_date", params={"query": f"bare-{number}"}).content)["hits"])
                   for number in range(sources))

    return round_of_all


def house(url: str, count: int) -> Callable[[], object]:
    from listener.client import Client
    from listener.collectors import COLLECTORS
    from listener.match import Matcher
    from listener.pipeline import Pipeline, Source
    from listener.storage import open_store
    from listener.types import Brand
    from tests.fakes import CannedScorer

    ahead = [timedelta(0)]

    def now() -> datetime:
        return datetime.now(UTC) + ahead[0]

    client = Client(allow_networks=["127.0.0.0/8"])
    store = open_store(f"sqlite:///{tempfile.mkdtemp(prefix='goosh-polling-')}/house.sqlite")
    sources = [Source(f"s{number}", "hackernews", COLLECTORS.load("hackernews")(
        f"s{number}", COLLECTORS.options("hackernews")(query=f"s{number}", base_url=url), client, now=now), timedelta(minutes=15),
        timedelta(hours=2)) for number in range(count)]
    store.register_sources([(source.name, source.kind) for source in sources])
    pipeline = Pipeline(store=store, sources=sources, brands=["Digikala"], matcher=Matcher([Brand("Digikala")]), scorer=CannedScorer,
                        rules={}, receivers=[], now=now, timezone=ZoneInfo("UTC"))

    def round_of_all() -> int:
        ahead[0] += timedelta(hours=1)
        done = [pipeline.collect(source) for source in sources if pipeline.due(source)]
        assert len(done) == count and not any(isinstance(one, Exception) for one in done), done[:3]
        return len(done)

    return round_of_all


def work(what: str, url: str, sources: str) -> None:
    """Make the rounds; print CPU and wall seconds of the last, when nearly all is known, of the first, and the peak memory in MB."""
    round_of_all = {"bare": bare, "house": house}[what](url, int(sources))
    spent = []
    for _ in range(ROUNDS):
        cpu, wall = time.process_time(), time.perf_counter()
        round_of_all()
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    peak = next(int(row.split()[1]) / 1024 for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM"))
    print(json.dumps({"first": spent[0], "known": min(spent[1:]), "peak": peak}))


@pytest.mark.benchmark
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc, which this system does not have")
def test_polling_a_thousand_sources() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-m", "tests.benchmarks.test_polling", *arguments], stdout=subprocess.PIPE, text=True,
                                cwd=ROOT, env=environment)

    server = run("serve")
    try:
        assert server.stdout
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        figures = {}
        for what, sources in (("bare", SOURCES), ("house", SOURCES), ("house", FEW)):
            worker = run("work", what, url, str(sources))
            said, _ = worker.communicate(timeout=900)
            assert worker.returncode == 0
            figures[what if sources == SOURCES else "few"] = json.loads(said)
    finally:
        server.kill()
        server.communicate()
    print(f"\n| {SOURCES} sources, {SHOWN} items each | bare httpx + json | house | ratio |\n|---|---|---|---|")
    for name, title in (("first", "first reading, all new"), ("known", f"later readings, {NEW} new")):
        rates = {what: SOURCES / figures[what][name][0] for what in ("bare", "house")}
        print(f"| polls a second of CPU, {title} | {rates['bare']:.0f} | {rates['house']:.0f} | "
              f"{rates['bare'] / rates['house']:.1f} |")
    peaks = {what: found["peak"] for what, found in figures.items()}
    print(f"| peak memory | {peaks['bare']:.0f} MB | {peaks['house']:.0f} MB | {peaks['house'] / peaks['bare']:.1f} |")
    print(f"| peak memory with {FEW} sources | | {peaks['few']:.0f} MB | |")
    assert figures["bare"]["known"][0] * 40 > figures["house"]["known"][0]  # far from any limit; a slip of an order shows


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else work(*sys.argv[2:5])
