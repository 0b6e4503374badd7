"""Starts the board as a process of its own: Streamlit with ``dashboard/app.py``, run by this file as a program.

Why a process: Streamlit keeps signals, threads and the interpreter's lock to itself, and listening must go on when the
board falls. Why this file and not ``python -m streamlit``: the board must end with the process that started it, also with
one that was killed, or it keeps its port. It reads a pipe that only that process holds open. Why flags: an installed package has no ``.streamlit`` folder beside it.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import Settings
from listener.errors import ConfigError

APP = Path(__file__).with_name("asgi.py")
GOODBYE = timedelta(seconds=3)  # that the board of a process killed just now may take to let go of the port
LONGEST_VALUE = 100_000  # bytes; Linux takes 128 KiB for one environment variable


OPTIONS: dict[str, str | bool | int] = {
    "client.toolbarMode": "minimal",
    "client.disableDataExport": True,  # the grid's own export writes a mention that begins with "=" as a live formula
    "client.showErrorDetails": "none",  # a traceback may hold people's texts; it goes to the log
    "client.showErrorLinks": False,
    "browser.gatherUsageStats": False,
    "logger.level": "warning",
    "logger.hideWelcomeMessage": True,  # "goosh run" says where the board is
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
    Bound to the settings' address unless ``bind`` says otherwise; Streamlit logs to standard error. It ends when we do, or
    when the returned process's ``stdin`` is closed. Raises: ConfigError when the port is taken or not ours to take.
    """
    port, bind = port or settings.board.port, bind or settings.board.bind
    words, given = command(port=port, bind=bind, url=settings.board.url), environment(settings, now=now)
    _require_free(port, bind)
    return subprocess.Popen(words, env=given, stdin=subprocess.PIPE, stdout=2)  # standard output is for what was asked of us


def _require_free(port: int, bind: str) -> None:
    """Pass when the port can be listened on. Streamlit would say it in words of its own, later and only on standard error."""
    give_up = time.monotonic() + GOODBYE.total_seconds()
    while True:
        try:
            socket.create_server((bind, port), family=socket.AF_INET6 if ":" in bind else socket.AF_INET).close()
            return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                raise ConfigError("board.port", [("", (f"cannot listen on {bind}:{port} ({error.strerror or error}); choose another "
                                                       "port under [board], or stop the program that has it"))]) from None
        time.sleep(0.1)


def command(*, port: int, bind: str, url: str | None = None) -> list[str]:
    """Return the command line of the board. ``url`` is the address people open where a proxy stands before it."""
    flags = [*OPTIONS.items(), ("server.port", port), ("server.address", bind), *(("server.allowedHosts", host) for host in _hosts(bind, url))]
    return [sys.executable, __file__, "run", str(APP), *(f"--{name}={_flag(value)}" for name, value in flags)]


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


def main() -> None:
    """Be the board's process: Streamlit, until it is ended or the process that started it is gone."""
    from streamlit.web.cli import main as streamlit

    threading.Thread(target=_end_with_starter, daemon=True).start()
    streamlit(prog_name="streamlit")


def _end_with_starter() -> None:
    while os.read(0, 1):  # not sys.stdin: a thread that waits in it would hold up a clean end
        pass
    os._exit(0)  # nothing is lost: what people click is stored before it is shown


if __name__ == "__main__":
    main()
