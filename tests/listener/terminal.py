"""A terminal for tests of the command line: ``goosh("check", "--json")`` in this process, or ``a_process(…)`` in its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from listener.cli import app

ROOT = Path(__file__).resolve().parents[2]
MAIN = "from listener.cli import main; main()"


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def goosh(*arguments: str, answers: str | None = None) -> Said:
    """Run a command in this process. An error that is no expected one surfaces."""
    result = CliRunner().invoke(app, list(arguments), input=answers, prog_name="goosh")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start a command as a process of its own, in the present folder."""
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment}
    return subprocess.Popen([sys.executable, "-c", MAIN, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, encoding="utf-8", env=known)


def a_process(*arguments: str, **environment: str) -> Said:
    """Run a command as a process of its own, to its end."""
    process = start(*arguments, **environment)
    out, err = process.communicate(timeout=60)
    return Said(process.returncode, out, err)
