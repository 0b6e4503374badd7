"""A replay in a process of its own: ``goosh replay --json``, the very command that people type.

Why a process: the past of a busy brand takes minutes and memory, and the board must stay quick and small for everybody else
meanwhile. Why the command: what a page shows and what the command line says of a rule cannot then differ.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from config.durations import write_duration
from config.settings import RuleSettings, Settings
from listener.errors import Refusal

AT_ONCE = 2  # replays of all visitors together; each takes a core
LONGEST = timedelta(minutes=20)
_running: list[subprocess.Popen[bytes]] = []


@dataclass(slots=True)
class Trial:
    """One replay under way. ``asked`` is what was tried, to be told beside its result."""

    process: subprocess.Popen[bytes]
    started: datetime
    asked: Mapping[str, Any]
    _folder: tempfile.TemporaryDirectory[str] = field(repr=False)

    def done(self, now: datetime) -> dict[str, Any] | None:
        """Return the result; None while it runs. Raises: Refusal with what the command said where it failed or took too long."""
        if self.process.poll() is None:
            if now - self.started < LONGEST:
                return None
            self.stop()
            raise Refusal("replay", "replay.long", minutes=int(LONGEST.total_seconds() // 60))
        said, complaint = (Path(self._folder.name, name).read_text(encoding="utf-8", errors="replace") for name in ("out", "error"))
        self._folder.cleanup()
        if self.process.returncode != 0:
            lines = [line.removeprefix("goosh: ") for line in complaint.splitlines() if line.startswith("goosh: ")]
            said = "; ".join(lines)[:1_000]
            raise Refusal("replay", "replay.said", said=said) if said else Refusal("replay", "replay.failed")
        result: dict[str, Any] = json.loads(said)
        return result

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._folder.cleanup()


def start(settings: Settings, rule: RuleSettings, options: Mapping[str, Any], *, brand: str | None, first: date, last: date, now: datetime) -> Trial:
    """Begin to try ``rule`` with ``options`` in place of its own, over whole days. Raises: Refusal."""
    _running[:] = [one for one in _running if one.poll() is None]
    if len(_running) >= AT_ONCE:
        raise Refusal("replay", "replay.busy")
    if settings.path is None:
        raise Refusal("replay", "replay.memory")
    folder = tempfile.TemporaryDirectory(prefix="goosh-replay-")
    draft = Path(folder.name) / "draft.toml"
    draft.write_text(table(rule, options), encoding="utf-8")
    command = [sys.executable, "-m", "listener", "replay", "--json", "--rule", str(draft), "--from", first.isoformat(), "--to", last.isoformat(),
               *(("--brand", brand) if brand else ())]
    given = {**os.environ, "GOOSH_CONFIG": str(settings.path), "GOOSH_DATABASE": settings.database, "PYTHONUTF8": "1"}
    with open(Path(folder.name, "out"), "wb") as out, open(Path(folder.name, "error"), "wb") as error:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=error, env=given)
    _running.append(process)
    asked = {"rule": rule.name, "options": dict(options), "brand": brand, "first": first, "last": last}
    return Trial(process, now, asked, folder)


def table(rule: RuleSettings, options: Mapping[str, Any]) -> str:
    """Return the rule as a table of the configuration, to be tried or to be copied into it."""
    own = f'name = {_toml(rule.name)}\n' if rule.name != rule.kind else ""
    lines = "".join(f"{key} = {_toml(value)}\n" for key, value in options.items() if value is not None)
    return f"[[rules]]\nkind = {_toml(rule.kind)}\n{own}{lines}"


def _toml(value: object) -> str:
    if isinstance(value, timedelta):
        return json.dumps(write_duration(value))
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key if re.fullmatch(r'[A-Za-z0-9_-]+', str(key)) else json.dumps(str(key))} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
