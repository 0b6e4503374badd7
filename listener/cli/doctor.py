"""``goosh doctor``: what is wrong with this installation, and what to do about each thing. It looks and changes nothing."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from listener.cli import machine
from listener.cli.findings import Finding, Seen, sentence
from listener.cli.terminal import AsJSON, put_json, put_table, voice
from listener.errors import ConfigError
from listener.words import Language, say

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(add_completion=False)

SPACE_BAD, SPACE_WARNING = 200_000_000, 2_000_000_000  # bytes: a few hours, and a few weeks, of a busy brand


@app.command()
def doctor(as_json: AsJSON = False) -> None:
    """Say what is wrong with this installation, and what to do about each thing.

    Looks at Python and the packages, the processor, the model's files, the data folder, the configuration and its secrets, the
    heartbeat, the database and its lock, the rules that cannot speak for the moment, the time zones, the clock (where goosh runs on this
    machine: beside that of the hosts it reads) and the terminal. Changes nothing. Exit code 1 when something is broken. [bold]goosh check[/bold] looks at what the configuration says.

    [bold]goosh doctor[/bold] prints a line for each, in the language of the configuration.

    [bold]goosh doctor --json[/bold] is what to paste into a bug report: in English, and it holds no secret.
    """
    settings = _settings()
    language: Language = "en" if as_json or settings is None else voice(settings)
    findings = examine(language)
    if as_json:
        from listener.cli.terminal import jsonable

        put_json({"ok": all(f.state != "bad" for f in findings), "findings": jsonable(findings)})
    else:
        put_table(["", *(say(f"doctor.{column}", language) for column in ("look", "found", "todo"))],
                  [(say(f"doctor.state.{f.state}", language), f.what, f.found, f.todo) for f in findings])
    if any(f.state == "bad" for f in findings):
        raise typer.Exit(1)


def examine(language: Language = "en") -> list[Finding]:
    """Return everything ``doctor`` finds, in a fixed order. Reads only."""
    settings = _settings()
    looks: tuple[tuple[str, Callable[[], Iterator[Seen]]], ...] = (
        ("python", machine.python), ("packages", machine.packages), ("processor", machine.processor), ("model", machine.model),
        ("data", _data_folder), ("configuration", _configuration), ("heartbeat", partial(_heartbeat, settings)),
        ("database", partial(_database, settings)), ("zones", partial(machine.zones, settings.timezone if settings else "Asia/Tehran")),
        ("clock", partial(_clock, settings)), ("terminal", machine.terminal), ("deployment", machine.deployment))
    return [seen.told(language) for what, look in looks for seen in _seen(what, look)]


def _seen(what: str, look: Callable[[], Iterator[Seen]]) -> Iterator[Seen]:
    """Yield what one look finds; a place this user may not look into is a finding too, and no end of the examination."""
    try:
        yield from look()
    except OSError as error:
        said = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
        yield Seen(what, "bad", sentence("plain", text=said), sentence("unreadable.do"))


def _settings() -> Settings | None:
    """Return the settings where there are some that can be used; what is wrong with them is ``_configuration``'s to say."""
    from config.settings import find_config
    from listener.app import read_settings

    try:
        return None if find_config() is None else read_settings(None)
    except (ConfigError, OSError):
        return None


def _data_folder() -> Iterator[Seen]:
    import shutil

    from config.settings import data_dir

    folder = data_dir()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        yield Seen("data", "bad", sentence("data.file", folder=str(existing)), sentence("data.file.do"))
        return
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        yield Seen("data", "bad", sentence("data.closed", folder=str(folder), error=error.strerror), sentence("data.closed.do"))
        return
    free = shutil.disk_usage(existing).free
    found = sentence("data" if folder.exists() else "data.new", folder=str(folder), free=round(free / 1e9, 1))
    if free < SPACE_BAD:
        yield Seen("data", "bad", found, sentence("data.full.do"))
    elif free < SPACE_WARNING:
        yield Seen("data", "warning", found, sentence("data.short.do"))
    elif os.name == "posix" and folder.exists() and folder.stat().st_mode & stat.S_IWOTH:
        yield Seen("data", "warning", sentence("data.open", folder=str(folder)), sentence("data.open.do", folder=str(folder)))
    else:
        yield Seen("data", "ok", found)


def _configuration() -> Iterator[Seen]:
    from config.settings import find_config
    from listener.app import read_settings

    found = find_config()
    if found is None:
        yield Seen("configuration", "warning", sentence("configuration.none"), sentence("configuration.none.do"))
        return
    try:
        settings = read_settings(None)
    except ConfigError as error:
        first = ": ".join(part for part in error.problems[0] if part)
        others = len(error.problems) - 1
        told = sentence("configuration.more", where=str(found), text=first, count=others) if others else sentence("said", where=str(found), text=first)
        yield Seen("configuration", "bad", told, sentence("configuration.do"))
        return
    yield Seen("configuration", "ok", sentence("plain", text=str(found)))
    if missing := settings.missing_secrets():
        names = ", ".join(sorted({secret.variable for secret in missing}))
        yield Seen("secrets", "warning", sentence("secrets", names=names), sentence("secrets.do"))


def _heartbeat(settings: Settings | None) -> Iterator[Seen]:
    from listener.cli.readiness import heartbeat_within

    if settings is None:  # what is wrong with it is told already
        return
    variable = settings.heartbeat.url_env
    if variable is None:
        yield Seen("heartbeat", "ok", sentence("heartbeat.none"))
    elif not os.environ.get(variable):
        yield Seen("heartbeat", "warning", sentence("heartbeat.unset", variable=variable), sentence("heartbeat.unset.do"))
    elif host := heartbeat_within(settings):
        yield Seen("heartbeat", "bad", sentence("heartbeat.within", host=host), sentence("heartbeat.within.do"))
    elif (said := _running(settings.web.port)) is None:
        yield Seen("heartbeat", "ok", sentence("heartbeat.alone", variable=variable))
    elif (state := said.get("heartbeat")) == "ok":
        yield Seen("heartbeat", "ok", sentence("heartbeat.ok"))
    else:
        key = f"heartbeat.{state}" if state in ("failing", "quiet") else "heartbeat.elsewhere"
        yield Seen("heartbeat", "warning", sentence(key, variable=variable), sentence(f"{key}.do", variable=variable))


def _clock(settings: Settings | None) -> Iterator[Seen]:
    """Look at the clock by itself, and at what the hosts told the goosh that runs on this machine."""
    said = _running(settings.web.port) if settings is not None else None
    off = said.get("clock_off_seconds") if said is not None else None
    if isinstance(off, int | float):
        found = sentence("clock.ahead" if off > 0 else "clock.late", hours=f"{abs(off) / 3600:,.1f}")
        yield Seen("clock", "bad", found, sentence("clock.do"))
    else:
        yield from machine.clock()


def _running(port: int) -> Mapping[str, object] | None:
    """Return what the goosh that runs on this machine says of itself; None: none answers."""
    import json
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        said = json.loads(connection.getresponse().read(65_536))
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return said if isinstance(said, dict) else None


def _database(settings: Settings | None) -> Iterator[Seen]:
    """Look at a SQLite file from outside: opening it as the program does would migrate it."""
    import sqlite3

    from config.settings import default_database, sqlite_path

    url = settings.database if settings else default_database()
    path = sqlite_path(url)
    if path is None:
        yield from _server(url)
        return
    if not path.exists():
        yield Seen("database", "ok", sentence("database.new", path=str(path)))
        return
    from listener.storage import migrations

    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            fault = connection.execute("pragma quick_check(1)").fetchone()[0]
            ours = connection.execute("select 1 from sqlite_master where name = ?", (migrations.TABLE,)).fetchone()
            stamp = connection.execute(f"select version_num from {migrations.TABLE}").fetchone() if ours else None
    except sqlite3.OperationalError as error:
        yield Seen("database", "bad", sentence("said", where=str(path), text=str(error)), sentence("database.held.do"))
        return
    except sqlite3.DatabaseError as error:
        yield Seen("database", "bad", sentence("said", where=str(path), text=str(error)), sentence("database.damaged.do"))
        return
    if fault != "ok":
        yield Seen("database", "bad", sentence("said", where=str(path), text=fault), sentence("database.damaged.do"))
        return
    size = round(path.stat().st_size / 1e6, 1)
    found = sentence("database", path=str(path), size=size, version=stamp[0] if stamp else sentence("database.none"))
    if stamp is None:
        yield Seen("database", "bad", found, sentence("database.foreign.do"))
    elif stamp[0] not in migrations.known():
        newer = sentence("database.newer", path=str(path), size=size, version=stamp[0], head=migrations.HEAD)
        yield Seen("database", "bad", newer, sentence("database.newer.do"))
    elif stamp[0] != migrations.HEAD:
        yield Seen("database", "ok", sentence("database.old", path=str(path), size=size, version=stamp[0], head=migrations.HEAD))
    else:
        yield Seen("database", "ok", found)
        if settings is not None:
            yield from _rules(settings)
    yield from _lock(url, path)


def _rules(settings: Settings) -> Iterator[Seen]:
    """Say which rules cannot speak for the moment."""
    from alerts.blindness import tell
    from listener.app import system_clock
    from listener.service import open_service

    service = open_service(settings, now=system_clock)
    try:
        for one in service.blind_rules():
            yield Seen("rules", "warning", sentence("plain", text=partial(tell, one, timezone=settings.zone, at=service.now())), sentence("rules.do"))
    finally:
        service.store.close()


def _lock(url: str, path: Path) -> Iterator[Seen]:
    """Say whether a process runs on this database; the lock is only touched where its file is there already."""
    from listener.errors import StorageError
    from listener.storage import run_lock

    if not path.resolve().with_name(path.resolve().name + ".lock").exists():
        return
    try:
        with run_lock(url):
            yield Seen("lock", "ok", sentence("lock.free"))
    except StorageError as error:
        if "goosh run" not in str(error):
            yield Seen("lock", "bad", sentence("plain", text=str(error)), sentence("lock.do"))
        elif process := re.search(r"process (\d+)", str(error)):
            yield Seen("lock", "ok", sentence("lock.held.by", process=process[1]))
        else:
            yield Seen("lock", "ok", sentence("lock.held"))


def _server(url: str) -> Iterator[Seen]:
    import psycopg

    from listener.logs import Redactor

    shown = Redactor().clean(url)
    try:
        with psycopg.connect(re.sub(r"^postgres(?:ql)?(?:\+\w+)?", "postgresql", url), connect_timeout=5) as connection:
            version = connection.execute("show server_version").fetchone()
        yield Seen("database", "ok", sentence("database.server", url=shown, version=version[0] if version else ""))
    except psycopg.Error as error:
        said = (str(error) or type(error).__name__).splitlines()[0]
        yield Seen("database", "bad", sentence("said", where=shown, text=Redactor().clean(said)), sentence("database.server.do"))
