"""Starts the board as a process of its own: ``python -m streamlit run dashboard/app.py``.

Why a process: Streamlit keeps signals, threads and the interpreter's lock to itself, and listening must go on when the
board falls. Why flags: an installed package has no ``.streamlit`` folder beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import Settings

APP = Path(__file__).with_name("app.py")
LONGEST_VALUE = 100_000  # bytes; Linux takes 128 KiB for one environment variable


OPTIONS: dict[str, str | bool | int] = {
    "client.toolbarMode": "minimal",
    "client.disableDataExport": True,  # the grid's own export writes a mention that begins with "=" as a live formula
    "client.showErrorDetails": "none",  # a traceback may hold people's texts; it goes to the log
    "client.showErrorLinks": False,
    "browser.gatherUsageStats": False,
    "server.headless": True,
    "server.enableStaticServing": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 1,
    "theme.font": "Vazirmatn, Tahoma, sans-serif",
    "theme.headingFont": "Vazirmatn, Tahoma, sans-serif",
    "theme.baseRadius": "10px",
    "theme.light.primaryColor": "#0F766E",
    "theme.light.backgroundColor": "#FBFCFD",
    "theme.light.secondaryBackgroundColor": "#EFF3F6",
    "theme.light.textColor": "#1B2533",
    "theme.light.borderColor": "#D5DDE5",
    "theme.light.linkColor": "#0F5F8C",
    "theme.dark.primaryColor": "#0E8177",
    "theme.dark.backgroundColor": "#10161D",
    "theme.dark.secondaryBackgroundColor": "#19222C",
    "theme.dark.textColor": "#E6EBF1",
    "theme.dark.borderColor": "#334150",
    "theme.dark.linkColor": "#7CC4F0",
}
"""How Streamlit is set up. ``.streamlit/config.toml`` says the same for ``streamlit run`` by hand; a test holds them equal."""


def serve(settings: Settings, *, port: int | None = None, bind: str | None = None,
          now: datetime | Path | None = None) -> subprocess.Popen[bytes]:
    """Return the running board's process; ``terminate()`` ends it cleanly.

    ``now`` is the instant it looks from instead of the machine's clock, or a file that holds it and may move on.
    Bound to the settings' address unless ``bind`` says otherwise; Streamlit logs to standard error.
    """
    words = command(port=port or settings.board.port, bind=bind or settings.board.bind, url=settings.board.url)
    return subprocess.Popen(words, env=environment(settings, now=now), stdin=subprocess.DEVNULL)


def command(*, port: int, bind: str, url: str | None = None) -> list[str]:
    """Return the command line of the board. ``url`` is the address people open where a proxy stands before it."""
    flags = [*OPTIONS.items(), ("server.port", port), ("server.address", bind), *(("server.allowedHosts", host) for host in _hosts(bind, url))]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *(f"--{name}={_flag(value)}" for name, value in flags)]


def _hosts(bind: str, url: str | None) -> list[str]:
    """Return the names under which a board that is for this machine only may be asked; none: any name.

    Without them a web page that resolves its own name to 127.0.0.1 could act on a board that has no login.
    """
    try:
        local = bind == "localhost" or ip_address(bind).is_loopback
    except ValueError:
        local = False
    asked = urlsplit(url or "").hostname
    return list(dict.fromkeys([bind, "localhost", "127.0.0.1", *([asked] if asked else [])])) if local else []


def environment(settings: Settings, *, now: datetime | Path | None = None) -> dict[str, str]:
    """Return the board's environment: the settings by their file, or as JSON where they were made in memory."""
    root = str(APP.parent.parent)
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "GOOSH_DATABASE": settings.database}
    for name in ("GOOSH_SETTINGS", "GOOSH_NOW"):
        given.pop(name, None)
    if settings.path is not None:
        given["GOOSH_CONFIG"] = str(settings.path)
    else:
        handed = settings.model_dump_json()
        if len(handed.encode()) > LONGEST_VALUE:
            raise ValueError("board: settings made in memory are too large to hand over; write them to a file")
        given["GOOSH_SETTINGS"] = handed
    if now is not None:
        given["GOOSH_NOW"] = f"@{now.absolute()}" if isinstance(now, Path) else now.isoformat()
    return given


def _flag(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
