"""Memory of ``goosh run``: idle, and while it collects and scores, against an interpreter that only holds the model's engine.

    pytest -s -m benchmark tests/benchmarks/test_run_memory.py

A small local feed is read every two seconds; "working" adds a file of 20,000 posts in between. The board is a process of
its own and not counted here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POSTS = 20_000

CONFIG = """
language = "en"
[web]
port = {port}
[[brands]]
name = "Chaboksabad"
[[sources]]
kind = "jsonl"
name = "inbox"
path = {path}
interval = "2s"
"""

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200),
              pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc, which this system does not have")]


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    line = next(row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def write_posts(path: Path, count: int) -> None:
    with path.open("a", encoding="utf-8") as file:
        for n in range(count):
            file.write(json.dumps({"id": str(n), "text": f"parcel {n} of Chaboksabad came late and the box was torn, nobody answers",
                                   "author": f"someone-{n % 999}", "published_at": 1_790_000_000 + n}) + "\n")


def test_memory_of_a_run(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox.jsonl"
    write_posts(inbox, 1)
    config = tmp_path / "goosh.toml"
    config.write_text(CONFIG.format(path=json.dumps(str(inbox)), port=18_502), encoding="utf-8")
    environment = {**os.environ, "GOOSH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    bare = subprocess.run([sys.executable, "-c", "import onnxruntime, numpy\nprint(open('/proc/self/status').read())"],
                          capture_output=True, text=True, check=True)
    baseline = next(int(row.split()[1]) / 1024 for row in bare.stdout.splitlines() if row.startswith("VmRSS"))
    house = subprocess.Popen([sys.executable, "-m", "listener", "run", "--no-board", "--config", str(config)], env=environment, cwd=tmp_path)
    try:
        time.sleep(25)
        idle = resident(house.pid)
        write_posts(inbox, POSTS)
        working, until = idle, time.monotonic() + 120
        while time.monotonic() < until:
            working = max(working, resident(house.pid))
            time.sleep(0.2)
        house.send_signal(signal.SIGTERM)
        assert house.wait(timeout=60) == 0
    finally:
        house.kill()
    print(f"\n| interpreter with the engine | run, idle | run, reading and scoring | idle / bare |\n|---|---|---|---|\n"
          f"| {baseline:.0f} MB | {idle:.0f} MB | {working:.0f} MB | {idle / baseline:.1f} |")
