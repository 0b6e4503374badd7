"""The process is killed at random moments of collecting, scoring, detecting and delivering: nothing is lost, doubled or half done."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from alerts.tripwire import NEWS
from listener.storage import open_store
from listener.types import Reason
from tests.listener.living_house import BRAND, MARKED, now, number_of

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class World:
    """A feed that grows by a few items at every look, and a receiver that writes down what it is given."""

    said_at: list[datetime] = field(default_factory=list)
    received: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    growing: bool = True

    @property
    def said(self) -> int:
        return len(self.said_at)

    def feed(self) -> bytes:
        with self.lock:
            if self.growing:
                self.said_at += [now()] * random.randint(1, 4)
            items = "".join(
                f'<item><guid isPermaLink="false">post-{n}</guid>'
            f"<link>http://example.test/{n}</link><title>{escape(BRAND)}</title>"
                f"<description>بسته نرسید، نوبت {n}</description>"
                f"<pubDate>{format_datetime(self.said_at[n - 1])}</pubDate></item>"
                for n in range(self.said, max(0, self.said - 400), -1))
        return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


@pytest.fixture
def world() -> Iterator[tuple[World, str]]:
    here = World()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(here.feed(), "application/rss+xml")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            key = next(value for name, value in self.headers.items() if "idempotency" in name.lower())
            with here.lock:
                here.received.append((key, json.loads(body)))
            self._answer(b"{}", "application/json")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that was killed in mid-sentence is what this test is about."""

    server = Quiet(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield here, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def start(database: str, url: str, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "tests.listener.living_house", database, f"{url}/feed", f"{url}/hook", *flags], cwd=ROOT,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def survive(kills: int, world: World, url: str, database: str) -> None:
    dice = random.Random(kills)
    for _ in range(kills):
        house = start(database, url)
        before = world.said
        deadline = time.monotonic() + 60
        while world.said == before and time.monotonic() < deadline:  # let it get to work before the kill
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.4))
        house.kill()
        _, err = house.communicate()
        assert house.returncode < 0, err  # it fell by our hand and not by its own
    world.growing = False
    last = start(database, url, "--finish")
    out, err = last.communicate(timeout=120)
    assert out.strip() == "done", err

    store = open_store(database)
    ids = Counter(m.mention.id.rpartition(":")[2] for m in all_mentions(store))  # the collector puts the feed's host before it
    assert set(ids.values()) == {1} and set(ids) == {f"post-{n}" for n in range(1, world.said + 1)}
    assert all(m.score and abs(m.score.negative + m.score.neutral + m.score.positive - 1) < 1e-6 for m in all_mentions(store))
    assert store.unscored() == 0 and not store.recount()
    alerts = store.alerts(limit=100_000)
    deliveries = [d for alert in alerts for d in store.deliveries(alert.fingerprint)]
    assert alerts and all(store.deliveries(alert.fingerprint) for alert in alerts if "inhibited_by" not in alert.why)  # another speaks for it
    looked = store.rule_state("marked", BRAND)[0]["looked"]
    # A day of this clock is two minutes and a half: on a slow machine a post may be scored when it is news no more.
    news = sorted(number_of(m.mention.key) for m in all_mentions(store) if m.known_at and m.known_at - m.mention.published_at <= NEWS)
    assert len(news) > world.said / 2
    assert not store.fresh() and sorted(looked) == news  # each post once: none skipped, none twice
    marked = Counter(alert.story for alert in alerts if alert.rule == "marked")
    assert marked and marked == Counter({f"post-{n}": 1 for n in news if n % MARKED == 0})
    over = {d.message.alert.fingerprint for d in deliveries if d.sent_at and d.message.reason is Reason.RESOLVED and d.message.alert}
    assert all(d.sent_at or d.cancelled_at and d.message.alert and d.message.alert.fingerprint in over for d in deliveries)
    assert len({d.key for d in deliveries}) == len(deliveries)
    assert {key for key, _ in world.received} == {d.key for d in deliveries if d.sent_at}
    store.close()


def all_mentions(store: object) -> Iterator[object]:
    before = None
    while True:
        page = store.mentions(brand=BRAND, limit=500, before=before)  # type: ignore[attr-defined]
        yield from page.items
        if page.next is None:
            return
        before = page.next


def test_ten_kills_lose_and_double_nothing(world: tuple[World, str], tmp_path: Path) -> None:
    survive(10, *world, f"sqlite:///{tmp_path / 'goosh.sqlite'}")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_kills_lose_and_double_nothing(world: tuple[World, str], tmp_path: Path) -> None:
    survive(200, *world, f"sqlite:///{tmp_path / 'goosh.sqlite'}")
