"""How long the live process takes from knowing to handing over: from the score of a mention (tripwires), and from the close
of a step (rules on steps), to the receiver that takes the message.

    pytest -s -m benchmark tests/benchmarks/test_handover.py

The process is the whole of ``goosh run`` without its board: scheduler, web server, packaged model, default rules and a
receiver on this machine; beside it a receiver that hangs. Twenty posts a second about five brands are pushed to its inbox, on
top of three weeks of 30,000. Every twentieth post trips a wire, and a rule on steps fires at every step of every brand, so
that there are hand-overs to measure; each alert of theirs has a subject of its own, or the first of a brand would speak for
the rest. The house's clock runs thirty times as fast, so that a step closes every ten seconds; jobs, network, model and
database run at their own pace, and what is measured is told in seconds of the machine.

A step is closed when all that was published in it is scored: the house waits for that, up to fifteen minutes of its clock.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from listener.app import open_app, read_settings
from listener.scheduler import run
from listener.storage import Store, open_store
from listener.types import Analysis, Author, Batch, Facts, Finding, Match, Mention, MentionKey, Reach, Score, Severity, State

ROOT = Path(__file__).resolve().parents[2]
HASTE = 30
BRANDS = ("چابک‌سبد", "پیک سبز", "خوش‌خرید", "نان‌آور", "تیزپا")
BACKGROUND, RATE, SECONDS, MARKED = 30_000, 20, 150, 20
PORT = 18_503
CONFIG = """
language = "fa"
database = "sqlite:///{folder}/house.sqlite"
[web]
port = {port}
{brands}
[[sources]]
kind = "inbox"
name = "desk"
token_env = "HANDOVER_TOKEN"
[[receivers]]
kind = "webhook"
name = "ops"
url = "{url}/ops"
min_severity = "P3"
[[receivers]]
kind = "webhook"
name = "hanging"
url = "{url}/hanging"
min_severity = "P3"
{rules}
"""

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Clock:
    """The house's clock: it has run ``HASTE`` times as fast as the machine's since ``start`` (seconds since 1970)."""

    start: float

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.start + (time.time() - self.start) * HASTE, UTC)

    def machine(self, at: datetime) -> float:
        """Return when the machine's clock showed what the house's clock shows ``at``."""
        return self.start + (at.timestamp() - self.start) / HASTE


def number_of(key: MentionKey) -> int:
    return int(key.id.rpartition("-")[2])


class MarkedPosts:
    """A tripwire on every post of a marked number."""

    kind = "marked"
    about = "brand"
    on = "mention"
    history = timedelta(0)

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        return state, [
            Finding(self.kind, f"{facts.subject} {one.mention.id}", one.known_at or facts.until, one.mention.published_at, 1, 0,
                    Severity.P1, firing=True, evidence=(one.mention.key,), why={"new": True, "harm": 3, "lasts": 3600})
            for one in facts.fresh if number_of(one.mention.key) % MARKED == 0]


class EveryStep:
    """A rule on steps that fires whenever one closes."""

    kind = "each_step"
    about = "brand"
    on = "step"
    history = timedelta(days=21)

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        of_it = [t.key for t in facts.traces if facts.since <= t.published_at < facts.until and number_of(t.key) % MARKED]
        return state, [Finding(self.kind, f"{facts.subject} {facts.until.isoformat()}", facts.until, facts.since, len(of_it), 1,
                               Severity.P1, firing=True, evidence=tuple(of_it[-5:]),
                               why={"harm": 3, "lasts": 3600, "mentions": len(of_it)})]


def main(config: str, start: str) -> None:
    with open_app(read_settings(Path(config)), now=Clock(float(start))) as app:
        app.pipeline.rules = {**app.pipeline.rules, "marked": MarkedPosts(), "each_step": EveryStep()}
        run(app, board=False)


@dataclass
class Desk:
    """A receiver that writes down when it took what; its other address hangs until the end."""

    taken: list[tuple[float, dict[str, object]]] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def desk() -> Iterator[tuple[Desk, str]]:
    here = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/hanging":
                here.ending.wait(60)
            else:
                here.taken.append((time.time(), json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever hung up on the one that hangs."""

    server = Quiet(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield here, f"http://127.0.0.1:{server.server_port}"
    here.ending.set()
    server.shutdown()
    server.server_close()


def fill(store: Store, clock: Clock) -> None:
    """Store three weeks before the house begins: history, none of it news."""
    dice, until = random.Random(5), clock()
    scored = Analysis(Score(0.1, 0.8, 0.1, "fa", "packaged@1", 0.6))
    store.register_sources([("desk", "inbox")])
    for piece in range(0, BACKGROUND, 5_000):
        mentions = [Mention("inbox", f"old-{n}", f"{BRANDS[n % len(BRANDS)]} سفارش {n}", until - timedelta(days=21) * dice.random(),
                            author=Author("inbox", f"a{n % 4_000}", followers=n % 900)) for n in range(piece, piece + 5_000)]
        store.commit_batch("desk", Batch(tuple(mentions)), matches=[Match(m.key, BRANDS[number_of(m.key) % len(BRANDS)], ()) for m in mentions],
                           reach={m.key: Reach(10, 50, 200, "default") for m in mentions}, start=until - timedelta(days=21), end=until, now=until, history=True)
        store.save_analyses([(m.key, scored) for m in mentions], now=until)


def push(clock: Clock, token: str, number: int) -> None:
    brand = BRANDS[number % len(BRANDS)]
    row = {"id": f"new-{number}", "text": f"{brand} سفارش شمارهٔ {number} امروز رسید و بسته باز شده بود", "published_at": clock().isoformat(),
           "author": f"someone-{number % 700}", "followers": 50 + number % 900}
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/inbox", json.dumps(row).encode(),
                                     {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except OSError:
        return False
    return True


def wait_until(ready: Callable[[], bool], house: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < deadline and house.poll() is None, "the house does not begin"
        time.sleep(0.2)


def test_from_the_score_and_from_the_close_of_a_step_to_the_receiver(desk: tuple[Desk, str], tmp_path: Path) -> None:
    here, url = desk
    config, token = tmp_path / "goosh.toml", "handover-" * 4
    rules = "\n".join(f'[[rules]]\nkind = "{kind}"' for kind in ("spike", "negative_share", "big_voice", "resurfaced", "stale_source"))
    config.write_text(CONFIG.format(folder=tmp_path, port=PORT, url=url, rules=rules, brands="\n".join(
        f'[[brands]]\nname = "{brand}"' for brand in BRANDS)), encoding="utf-8")
    clock = Clock(time.time())
    store = open_store(f"sqlite:///{tmp_path}/house.sqlite")
    fill(store, clock)
    environment = {**os.environ, "GOOSH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "HANDOVER_TOKEN": token}
    house = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.test_handover", str(config), str(clock.start)], env=environment, cwd=ROOT)
    pushed = 0
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{PORT}/healthz"), house)
        push(clock, token, 1)
        wait_until(lambda: not store.unscored(), house)  # the model is loaded
        pushed, began, warm = 2, time.monotonic(), time.time()
        while (gone := time.monotonic() - began) < SECONDS:
            if pushed < gone * RATE:
                push(clock, token, pushed)
                pushed += 1
            else:
                time.sleep(0.005)
        time.sleep(10)
        house.send_signal(signal.SIGTERM)
        house.wait(timeout=60)
    finally:
        house.kill()
    tripped, closed = measure(store, clock, here, warm)
    store.close()
    print(f"\n{pushed / SECONDS:.1f} posts a second for {SECONDS} s, {len(here.taken)} messages taken\n"
          "\n| | hand-overs | p50 | p95 | most |\n|---|---|---|---|---|")
    for name, late in (("score of a mention", tripped), ("close of a step", closed)):
        print(f"| {name} | {len(late)} | {statistics.median(late):.2f} s | {p95(late):.2f} s | {max(late):.2f} s |")
    assert pushed > 0.95 * SECONDS * RATE, "the house takes fewer posts than are pushed"
    assert len(tripped) > 0.9 * pushed / MARKED, "wires were tripped of which nobody was told"
    assert p95(tripped) < 5 and p95(closed) < 5


def p95(values: list[float]) -> float:
    return sorted(values)[(95 * len(values) + 99) // 100 - 1]


def measure(store: Store, clock: Clock, here: Desk, warm: float) -> tuple[list[float], list[float]]:
    """Return, in seconds of the machine, what each first message took from the score of its post, or from the close of its step."""
    timed = [one for brand in BRANDS for one in store.traces(brand, since=datetime.fromtimestamp(clock.start, UTC), until=clock())]
    tripped: list[float] = []
    closed: list[float] = []
    for at, body in here.taken:
        alert = body["alert"]
        if not isinstance(alert, dict) or body["reason"] != "first":
            continue
        known: list[datetime | None] = []
        if alert["rule"] == "marked":
            known = [one.known_at for one in store.by_keys([MentionKey(key["kind"], key["id"]) for key in alert["evidence"]])]
            late = tripped
        elif alert["rule"] == "each_step":
            end = datetime.fromisoformat(alert["fired_at"])
            known = [end, *(one.known_at for one in timed if end - timedelta(minutes=15) <= one.published_at < end)]
            late = closed
        begins = [clock.machine(one) for one in known if one]
        if begins and min(begins) > warm:
            late.append(at - max(begins))
    return tripped, closed


if __name__ == "__main__":
    main(*sys.argv[1:])
