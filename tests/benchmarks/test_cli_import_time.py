"""The command line is there at once: it loads no model, no database and no board before somebody asks for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "transformers", "onnxruntime", "tokenizers", "numpy", "pandas", "streamlit", "altair", "sqlmodel", "sqlalchemy",
         "alembic", "psycopg", "httpx", "feedparser", "apscheduler", "prometheus_client")  # pydantic: Typer itself reads options with it

LOADED = """
import json, sys
from listener.cli import app
try:
    app(sys.argv[1:], prog_name="goosh")
except SystemExit as end:
    code = end.code
print("\\n" + json.dumps({"code": code, "modules": sorted(sys.modules)}))
"""


def run(program: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=60,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, check=True)
    return done.stdout


@pytest.mark.parametrize("arguments", [("--help",), (), ("check", "--help"), ("run", "--help"), ("alerts", "--help"),
                                       ("alerts", "silence", "--help"), ("demo", "--help"), ("nonsense",)], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    loaded = json.loads(run(LOADED, *arguments).splitlines()[-1])
    assert {module for module in loaded["modules"] if module.partition(".")[0] in HEAVY} == set()


def test_only_the_module_of_the_command_is_loaded() -> None:
    loaded = json.loads(run(LOADED, "check", "--help").splitlines()[-1])
    assert [m for m in loaded["modules"] if m.startswith("listener.cli.")] == ["listener.cli.check", "listener.cli.terminal"]


@pytest.mark.benchmark
def test_help_takes_little_more_than_python_with_typer_itself() -> None:
    """Ratio against a bare Typer program with one command, in the same run: best of seven each."""
    bare = "import typer\napp = typer.Typer()\n@app.command()\ndef hello() -> None: ...\napp()"
    ours = "from listener.cli import main; main()"

    def best(program: str) -> float:
        times = []
        for _ in range(7):
            began = time.perf_counter()
            run(program, "--help")
            times.append(time.perf_counter() - began)
        return min(times)

    base, full = best(bare), best(ours)
    print(f"\ngoosh --help {full * 1000:.0f} ms, a bare Typer program {base * 1000:.0f} ms, ratio {full / base:.2f}")
    assert full < 2.0 * base
