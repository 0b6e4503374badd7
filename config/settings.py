"""Settings: one TOML file over ``default.toml``, a few scalars from the environment, every mistake told at once.

The kinds of sources, rules, receivers and models are not known here: the roof hands in the registries, and each plugin's
``Options`` model says what its table may hold. Secrets never stand in the file; a key that ends in ``_env`` holds the *name*
of an environment variable.

Why plain pydantic models and a merge of two dozen lines, not ``pydantic_settings.BaseSettings``: a mistake must be named by
its key path, with what is allowed, together with mistakes in plugin options and cross-references, and a bad environment
variable by its own name. A settings class that reads its sources itself stops at the first source it cannot decode.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StrictBool, ValidationError
from pydantic_core import ErrorDetails

from listener.errors import ConfigError
from listener.registry import Registry
from listener.text import matching_key
from listener.types import Brand, Severity

FILE_NAME = "goosh.toml"
DATABASE_NAME = "goosh.sqlite"
MOST_COMPARED = 200  # names looked through for the nearest: 3 ms, and a file may hold many mistakes
MOST_LISTED = 20  # defined names that a message repeats
LARGEST_FILE = 4_000_000  # bytes; thousands of brands fit, a mention dump given by mistake does not

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "GOOSH_DATABASE": ("database",),
    "GOOSH_LANGUAGE": ("language",),
    "GOOSH_TIMEZONE": ("timezone",),
    "GOOSH_BOARD_BIND": ("board", "bind"),
    "GOOSH_BOARD_PORT": ("board", "port"),
    "GOOSH_WEB_PORT": ("web", "port"),
    "GOOSH_LOG_LEVEL": ("log", "level"),
    "GOOSH_LOG_FORMAT": ("log", "format"),
    "GOOSH_LOG_FILE": ("log", "file"),
}
"""Environment variables that win over the file, and the key each one sets."""

# ---------------------------------------------------------------------------------------------------- durations

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}  # seconds
_DURATION = re.compile(r"(?:\d{1,9}[smhdw])+")
_PART = re.compile(r"(\d+)([smhdw])")


def parse_duration(text: object) -> timedelta:
    """Return ``"15m"``, ``"2h"``, ``"7d"`` or ``"1h30m"`` as a span above zero. Raises: ValueError.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    if isinstance(text, timedelta):
        return text
    if isinstance(text, str) and _DURATION.fullmatch(compact := text.replace(" ", "")):
        seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(compact))
        if 0 < seconds <= 100 * 365 * _UNITS["d"]:
            return timedelta(seconds=seconds)
    raise ValueError(f"{_shown(text)} is not a duration; write a whole number and a unit, such as \"15m\", \"2h\" or \"7d\"")


def write_duration(span: timedelta) -> str:
    """Return the shortest spelling that ``parse_duration`` reads back.

    >>> write_duration(timedelta(minutes=90)), write_duration(timedelta(days=14))
    ('1h30m', '2w')
    """
    seconds, parts = int(span.total_seconds()), []
    for unit, size in sorted(_UNITS.items(), key=lambda pair: -pair[1]):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _parse_span(text: object) -> timedelta | None:
    return None if text is None or text == "forever" else parse_duration(text)


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(write_duration, when_used="json")]
Span = Annotated[timedelta | None, BeforeValidator(_parse_span),
                 PlainSerializer(lambda span: write_duration(span) if span else "forever", when_used="json")]

# ---------------------------------------------------------------------------------------------------- what the file holds

Language = Literal["fa", "en"]
Day = Literal["saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday"]
DAYS: tuple[str, ...] = get_args(Day)
Port = Annotated[int, Field(ge=1, le=65_535, strict=True)]


def _plain_name(text: object) -> object:
    """Names are printed, queried (``source:``) and put into URLs: one line, visible, not endless."""
    if not isinstance(text, str):
        return text
    stripped = text.strip()
    if not stripped:
        raise ValueError("a name is empty")
    if len(stripped) > 80:
        raise ValueError("a name is longer than 80 characters")
    if not any(c.isalnum() for c in stripped):
        raise ValueError(f"{_shown(stripped)} holds no letter")
    if any(not c.isprintable() and c not in "\u200c\u200d" for c in stripped):  # ZWNJ and ZWJ belong into Persian names
        raise ValueError(f"{_shown(stripped)} holds control characters")
    return stripped


def _zone(text: object) -> object:
    if isinstance(text, str):
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"unknown time zone {_shown(text)}; write an IANA name such as \"Asia/Tehran\""
                             f"{_nearest(*_zone_like(text))}") from None
    return text


def _zone_like(text: str) -> tuple[str, Sequence[str]]:
    """Return what to look for the nearest zone of, and among which: people forget the continent or misspell the city."""
    import zoneinfo  # here: listing every zone reads a folder, and only a mistake needs it

    zones = sorted(zoneinfo.available_timezones())
    city = next((zone for zone in zones if zone.rpartition("/")[2].casefold() == text.strip().casefold()), None)
    return (city, [city]) if city else (text, [zone for zone in zones if zone[:2].casefold() == text[:2].casefold()])


def _network(text: object) -> object:
    try:
        ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        raise ValueError(f"{_shown(text)} is not a network; write an address or a range such as \"10.1.0.0/16\"") from None
    return text


def _time_of_day(text: object) -> object:
    """A bare number would be read as seconds after midnight, so only ``"09:00"`` and TOML's own times pass."""
    if isinstance(text, time) and text.tzinfo is None:
        return text
    if isinstance(text, str) and (parts := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())):
        return time(int(parts[1]), int(parts[2]))
    raise ValueError(f"{_shown(text)} is not a time of day; write \"09:00\"")


Name = Annotated[str, BeforeValidator(_plain_name)]
Clock = Annotated[time, BeforeValidator(_time_of_day)]


class _Table(BaseModel):
    """A table of the file: unknown keys are mistakes, and nobody changes it after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BrandSettings(_Table):
    """Whom we listen for: one of our own, or a peer we compare with.

    A mention is about it when its name or an alias stands there, or when one of the queries is true. A ``common`` name, an
    ordinary word, does not count by itself.
    """

    name: Name
    aliases: tuple[Name, ...] = ()
    queries: tuple[str, ...] = ()
    exclusions: tuple[Name, ...] = ()
    peer: StrictBool = False
    common: StrictBool = False


class SourceSettings(_Table):
    """A configured place we read. Every brand is looked for in it; all of it is about ``brands`` (an own channel, a shop's reviews)."""

    kind: str
    name: Name
    interval: Duration
    stale_after: Duration
    brands: tuple[Name, ...] = ()
    language: str | None = None  # of a source that is written in one language and does not say so
    paused: StrictBool = False
    options: dict[str, Any] = Field(default_factory=dict)  # as the plugin's Options takes them, durations already spans


class RuleSettings(_Table):
    kind: str
    options: dict[str, Any] = Field(default_factory=dict)


class ReceiverSettings(_Table):
    """A configured destination of messages. Language: that of the file unless it says otherwise."""

    kind: str
    name: Name
    language: Language
    min_severity: Severity = Severity.P2
    options: dict[str, Any] = Field(default_factory=dict)


class PersonSettings(_Table):
    name: Name
    receivers: tuple[Name, ...] = ()


class DutySettings(_Table):
    """One line of the week's rota. ``start`` after ``end`` means over midnight; no days means every day."""

    person: Name
    days: tuple[Day, ...] = ()
    start: Clock = time(0)
    end: Clock = time(0)  # equal to start: around the clock


class Retention(_Table):
    """How long things are kept; ``None`` is for ever."""

    mentions: Span
    raw: Span


class ScoreSettings(_Table):
    kind: str
    target_error: float = Field(gt=0, lt=0.5, strict=True)
    options: dict[str, Any] = Field(default_factory=dict)


class BoardSettings(_Table):
    bind: str
    port: Port
    url: str | None = None  # under which people open it, where a proxy stands before it

    @property
    def link(self) -> str:
        """The address that goes into messages, without a closing slash."""
        return (self.url or f"http://localhost:{self.port}").rstrip("/")


class WebSettings(_Table):
    enabled: StrictBool
    port: Port


class ClientSettings(_Table):
    """Reading over HTTP. ``allow`` names private networks that sources may lie in; all others are refused."""

    allow: tuple[Annotated[str, BeforeValidator(_network)], ...]
    contact: str | None = None  # a mail address or page that the user agent names, so that a site's owner can reach you


class LogSettings(_Table):
    level: Literal["debug", "info", "warning", "error"]
    format: Literal["text", "json"]
    file: str  # empty: standard error only


class _DefaultsTable(_Table):
    interval: Duration
    stale_after: Duration


class Secret(NamedTuple):
    """A place in the file that names an environment variable, and that name."""

    path: str
    variable: str


class Settings(_Table):
    """Everything the file says, checked. ``path`` is where it came from, ``None`` for settings made in memory."""

    brands: tuple[BrandSettings, ...]
    sources: tuple[SourceSettings, ...]
    rules: tuple[RuleSettings, ...]
    receivers: tuple[ReceiverSettings, ...]
    people: tuple[PersonSettings, ...]
    rota: tuple[DutySettings, ...]
    timezone: Annotated[str, BeforeValidator(_zone)]
    language: Language
    database: str = Field(repr=False)  # may carry a password when it came from the environment
    retention: Retention
    score: ScoreSettings
    board: BoardSettings
    web: WebSettings
    client: ClientSettings
    log: LogSettings
    path: Path | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def brand_nouns(self) -> tuple[Brand, ...]:
        """Return the brands as the nouns that rooms work with, in the order of the file."""
        return tuple(Brand(name=b.name, aliases=b.aliases, queries=b.queries, exclusions=b.exclusions, peer=b.peer,
                           common=b.common)
                     for b in self.brands)

    def secrets(self) -> tuple[Secret, ...]:
        """Return every place that names an environment variable holding a secret, in the order of the file."""
        found: list[Secret] = []
        for table in ("sources", "rules", "receivers"):
            for index, row in enumerate(getattr(self, table)):
                found += _secrets_in(row.options, f"{table}[{index}]")
        found += _secrets_in(self.score.options, "score")
        return tuple(found)

    def missing_secrets(self, environment: Mapping[str, str] | None = None) -> tuple[Secret, ...]:
        """Return the secrets whose variable is unset or empty in ``environment`` (default: the process's own)."""
        known = os.environ if environment is None else environment
        return tuple(secret for secret in self.secrets() if not known.get(secret.variable))

    def require_secrets(self, environment: Mapping[str, str] | None = None) -> None:
        """Pass when every secret is there. Raises: ConfigError naming each missing variable and where it is asked for."""
        missing = self.missing_secrets(environment)
        if missing:
            raise ConfigError(self.where, [(path, f"environment variable {variable!r} is not set; set it and start again")
                                           for path, variable in missing])

    @property
    def where(self) -> str:
        """How messages call these settings: the file's name."""
        return self.path.name if self.path else "settings"


# ---------------------------------------------------------------------------------------------------- where things are

def data_dir() -> Path:
    """Return the folder for database, logs and backups: ``GOOSH_HOME``, or the platform's own. Does not create it."""
    home = os.environ.get("GOOSH_HOME")
    return Path(home).expanduser().absolute() if home else platformdirs.user_data_path("goosh", appauthor=False)


def find_config() -> Path | None:
    """Return the first that exists of: ``GOOSH_CONFIG``, ``goosh.toml`` here, in ``GOOSH_HOME``, in the platform's folder.

    ``GOOSH_CONFIG`` is returned even where no file is: a name that was given must not be passed over in silence.
    """
    named = os.environ.get("GOOSH_CONFIG")
    if named:
        return Path(named).expanduser()
    places = []
    with suppress(OSError):  # the folder we stand in may be gone
        places.append(Path.cwd())
    if os.environ.get("GOOSH_HOME"):
        places.append(data_dir())
    places.append(platformdirs.user_config_path("goosh", appauthor=False))
    return next((folder / FILE_NAME for folder in places if _is_file(folder / FILE_NAME)), None)


def _is_file(path: Path) -> bool:
    """Whether a file is there; one in a folder that this user may not read is not there for them."""
    try:
        return path.is_file()
    except OSError:
        return False


def default_database() -> str:
    """Return the URL of the SQLite file in the data folder."""
    return sqlite_url(data_dir() / DATABASE_NAME)


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file; ``%`` and ``?`` in its path are quoted, for they mean something in a URL.

    >>> sqlite_url(Path("/data/100%?/goosh.sqlite"))
    'sqlite:////data/100%25%3F/goosh.sqlite'
    """
    return "sqlite:///" + path.as_posix().replace("%", "%25").replace("?", "%3F")


def sqlite_path(url: str) -> Path | None:
    """Return the file a SQLite URL names, ``None`` where it names none (another database, memory)."""
    name = unquote(url.removeprefix("sqlite:///").partition("?")[0]) if url.startswith("sqlite:///") else ""
    return None if not name or name == ":memory:" or name.startswith("file:") else Path(name)


def _placed(url: str, folder: Path) -> str:
    """Return the URL with a relative SQLite file placed in ``folder``: a database must not change with where one stands."""
    path = sqlite_path(url)
    if path is None or path.is_absolute():
        return url
    _, mark, query = url.partition("?")
    return sqlite_url(folder / path) + mark + query


def packaged_text(name: str) -> str:
    """Return a text that ships beside this module: ``default.toml``, ``example.toml``, ``deploy/goosh.service`` …"""
    return files("config").joinpath(*name.split("/")).read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------- loading

def load(path: Path | None, *, collectors: Registry, rules: Registry, notifiers: Registry, scorers: Registry | None = None,
         parse_query: Callable[[str], object] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the file at ``path``, or of the one that ``find_config`` finds.

    ``parse_query`` is ``listener.match.parse_query``, handed in because this room may not know it.
    Raises: ConfigError with every problem found.
    """
    found = path if path is not None else find_config()
    if found is None:
        folder = platformdirs.user_config_path("goosh", appauthor=False)
        raise ConfigError(FILE_NAME, [("", (f"no configuration found here, in GOOSH_HOME or in {folder}; "
                                            "run \"goosh init\" or give --config FILE"))])
    return parse(_read(found), where=found.name, path=found.absolute(), collectors=collectors, rules=rules, notifiers=notifiers,
                 scorers=scorers, parse_query=parse_query, environment=environment)


def parse(text: str | Mapping[str, Any], *, collectors: Registry, rules: Registry, notifiers: Registry,
          scorers: Registry | None = None, parse_query: Callable[[str], object] | None = None,
          environment: Mapping[str, str] | None = None, where: str = "settings", path: Path | None = None) -> Settings:
    """Return the settings that a TOML text, or tables already read from one, describes. Raises: ConfigError.

    ``environment`` defaults to the process's own; pass ``{}`` for settings that depend on nothing but their text.
    """
    reading = _Reading(where)
    own = _tables(text, where) if isinstance(text, str) else dict(text)
    for problem in _passwords(own):
        reading.add(*problem)
    merged = _merge(tomllib.loads(packaged_text("default.toml")), own)
    reading.overlay(merged, os.environ if environment is None else environment)
    settings = reading.settings(merged, collectors, rules, notifiers, scorers, parse_query, path)
    if settings is None or reading.problems:
        raise ConfigError(where, reading.in_order(own))
    return settings


def _read(path: Path) -> str:
    """Return the file's text; a byte-order mark is dropped. Raises: ConfigError."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ConfigError(str(path), [("", "no such file; run \"goosh init\" to write one or give --config FILE")]) from None
    except IsADirectoryError:
        raise ConfigError(str(path), [("", f"is a folder; give the file in it, such as {FILE_NAME}")]) from None
    except OSError as error:
        raise ConfigError(str(path), [("", f"cannot be read ({error.strerror or error}); mend its permissions")]) from None
    if len(raw) > LARGEST_FILE:
        raise ConfigError(path.name, [("", (f"is larger than {LARGEST_FILE:,} bytes; is this a configuration? "
                                            "mentions are read with \"goosh import\""))])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(path.name, [("", "is UTF-16; save it as UTF-8")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = raw.rfind(b"\n", 0, error.start) + 1
        line, column = raw.count(b"\n", 0, error.start) + 1, len(raw[start:error.start].decode("utf-8", "replace")) + 1
        raise ConfigError(path.name, [("", (f"line {line}, column {column}: byte 0x{raw[error.start]:02x} is not UTF-8; "
                                            "save the file as UTF-8"))]) from None


def _tables(text: str, where: str) -> dict[str, Any]:
    """Return the TOML as tables. Raises: ConfigError with line, column and, where it is plain, the cure."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        what = re.sub(r"\s*\(at .*\)$", "", str(error))
        what = what[:1].lower() + what[1:]
        if place and place[1]:
            line = (text.splitlines() or [""])[min(int(place[1]), len(text.splitlines())) - 1]
            at = f"line {place[1]}, column {place[2]}"
        else:
            line, at = "", f"line {text.count(chr(10)) + 1}"
        cure = _cure(line)
        raise ConfigError(where, [("", f"{at}: not valid TOML: {what}{cure}")]) from None
    except RecursionError:
        raise ConfigError(where, [("", "not valid TOML: brackets are nested too deep")]) from None


def _cure(line: str) -> str:
    """Return the usual reason for a malformed line, where it can be seen; the line itself is never shown (secrets)."""
    if any(quote in line for quote in "“”„«»‘’") and '"' not in line:
        return "; write texts between straight quotes, \"like this\""
    if re.match(r"\s*[\w-]+\s*:", line):
        return "; write key = value, with an equals sign"
    if re.match(r"\s*[\w-]+\s*=\s*[^\s\"'\[{\d+-]", line) and not re.match(r"\s*[\w-]+\s*=\s*(true|false)\b", line):
        return "; write texts between straight quotes, \"like this\""
    return ""


def _merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``under`` with the keys of ``over`` on top; tables are merged, lists and scalars replaced."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


# ---------------------------------------------------------------------------------------------------- collecting problems

T = TypeVar("T", bound=BaseModel)
_Rows = Sequence[tuple[str, dict[str, Any]]]  # key path and table
_SECRET_WORD = re.compile(r"(?:secret|token|passw|api_?key|credential|private)", re.IGNORECASE)
_SECRET_QUERY = frozenset({"token", "key", "secret", "access_token", "api_key"})
_DATABASE_PORT = re.compile(r"[\w+]+://(?:[^:/]*(?::[^@]*)?@)?(?:\[[^/?]+\]|[^/:?]+)?(?::([^/?]*))?")  # as SQLAlchemy reads it
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_TABLES = {
    "brands": BrandSettings, "sources": SourceSettings, "rules": RuleSettings, "receivers": ReceiverSettings,
    "people": PersonSettings, "rota": DutySettings, "retention": Retention, "score": ScoreSettings, "board": BoardSettings,
    "web": WebSettings, "client": ClientSettings, "log": LogSettings, "defaults": _DefaultsTable,
}
_LISTS = ("brands", "sources", "rules", "receivers", "people", "rota")
_SCALARS = ("language", "timezone", "database")


class _Reading:
    """One pass over the merged tables: models where all is well, problems with their key paths where not."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[tuple[str, str]] = []
        self.from_environment: dict[tuple[str, ...], str] = {}

    def add(self, path: str, sentence: str) -> None:
        if (path, sentence) not in self.problems:
            self.problems.append((path, sentence))

    def overlay(self, tables: dict[str, Any], environment: Mapping[str, str]) -> None:
        """Put the scalars of the environment on top; a number is read as a number."""
        for variable, keys in ENVIRONMENT.items():
            text = environment.get(variable)
            if not text:
                continue
            table = tables
            for key in keys[:-1]:
                inner = table.get(key)
                if not isinstance(inner, dict):  # the file's own mistake there is reported by itself
                    break
                table = inner
            else:
                table[keys[-1]] = int(text) if keys[-1] == "port" and text.isascii() and text.isdigit() else text
                self.from_environment[keys] = variable

    def in_order(self, own: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the problems in the order of the file's top-level keys, so that a reader mends from top to bottom."""
        rank = {key: index for index, key in enumerate(own)}
        return sorted(self.problems, key=lambda problem: rank.get(re.split(r"[.\[]", problem[0])[0], len(rank)))

    def settings(self, tables: dict[str, Any], collectors: Registry, rules: Registry, notifiers: Registry,
                 scorers: Registry | None, parse_query: Callable[[str], object] | None, path: Path | None) -> Settings | None:
        known = (*_SCALARS, *_TABLES)
        for key, value in tables.items():
            if key not in known:
                self.add(key, f"unknown {'table' if isinstance(value, (dict, list)) else 'key'} {key!r}"
                         f"; allowed: {', '.join(known)}{_nearest(key, known)}")
        rows = {name: self._rows(tables, name) for name in _LISTS}
        defaults = self.model(_DefaultsTable, self._table(tables, "defaults"), "defaults")
        fallback = ({"interval": defaults.interval, "stale_after": defaults.stale_after} if defaults
                    else {"interval": timedelta(minutes=15), "stale_after": timedelta(hours=2)})  # never used: a problem stands
        language = tables["language"] if tables["language"] in get_args(Language) else "fa"

        brands = self._all(BrandSettings, rows["brands"])
        sources = [self._plugin(SourceSettings, row, at, collectors, fallback) for at, row in rows["sources"]]
        # A rule that asks for a time zone (weekends, nights) means that of the file unless it says otherwise.
        zone = {"timezone": tables["timezone"]} if self.model(_Zone, {"timezone": tables["timezone"]}, "") else {}
        rule_rows = [self._plugin(RuleSettings, row, at, rules, {}, zone) for at, row in rows["rules"]]
        receivers = [self._plugin(ReceiverSettings, row, at, notifiers, {"language": language})
                     for at, row in rows["receivers"]]
        people = self._all(PersonSettings, rows["people"])
        rota = self._all(DutySettings, rows["rota"])
        table = self._table(tables, "score")
        score = self._plugin(ScoreSettings, table, "score", scorers, {}) if table is not None else None
        retention, board, web, client, log = (
            self.model(Retention, self._table(tables, "retention"), "retention"),
            self.model(BoardSettings, self._table(tables, "board"), "board"),
            self.model(WebSettings, self._table(tables, "web"), "web"),
            self.model(ClientSettings, self._table(tables, "client"), "client"),
            self.model(LogSettings, self._table(tables, "log"), "log"),
        )

        if tables.get("brands") == []:
            self.add("brands", "no brand is given; write at least one [[brands]] table with a name")
        for name, singular in (("brands", "brand"), ("sources", "source"), ("receivers", "receiver"), ("people", "person")):
            self._unique(rows[name], "name", singular)
        self._unique(rows["rules"], "kind", "rule")
        self._exclusions(rows["brands"])
        self._references(rows, "sources", "brands", "brand", "brands")
        self._references(rows, "people", "receivers", "receiver", "receivers")
        self._references(rows, "rota", "person", "person", "people")
        for at, row in rows["brands"]:
            if row.get("common") is True and not row.get("aliases") and not row.get("queries"):
                self.add(at, "a common name does not count by itself; give aliases or queries that do")
        if parse_query is not None:
            self._queries(rows["brands"], parse_query)
        if board and web and board.port == web.port:
            self.add("web.port", f"{web.port} is also board.port; choose another")

        scalars = {key: tables[key] for key in _SCALARS}
        if not scalars["database"]:
            scalars["database"] = default_database()
        self._database(scalars["database"])
        if isinstance(scalars["database"], str):
            from_file = path if ("database",) not in self.from_environment else None
            scalars["database"] = _placed(scalars["database"], from_file.parent if from_file else data_dir())
        made = {"brands": brands, "sources": sources, "rules": rule_rows, "receivers": receivers, "people": people, "rota": rota,
                "retention": retention, "score": score, "board": board, "web": web, "client": client, "log": log, "path": path}
        if self.problems:
            # Scalars are still to be looked at: say what is wrong with them together with the rest.
            self.model(_Scalars, scalars, "")
            return None
        return self.model(Settings, {**made, **scalars}, "")

    # ------------------------------------------------------------------------------------------------ pieces

    def _rows(self, tables: Mapping[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return ``(path, table)`` for each table of the list ``name``; anything else in its place is a problem."""
        value = tables.get(name)
        if not isinstance(value, list):
            self.add(name, f"expected tables under [[{name}]], found {_kind(value)}")
            return []
        rows = []
        for index, row in enumerate(value):
            if isinstance(row, dict):
                rows.append((f"{name}[{index}]", row))
            else:
                self.add(f"{name}[{index}]", f"expected a table, written under [[{name}]], found {_kind(row)}")
        return rows

    def _table(self, tables: Mapping[str, Any], name: str) -> dict[str, Any] | None:
        value = tables.get(name)
        if isinstance(value, dict):
            return value
        self.add(name, f"expected one table [{name}], found {_kind(value)}")
        return None

    def _all(self, model: type[T], rows: _Rows) -> list[T | None]:
        return [self.model(model, row, path) for path, row in rows]

    def model(self, model: type[T], table: Mapping[str, Any] | None, path: str) -> T | None:
        """Return the validated model, or ``None`` after noting every problem in it."""
        if table is None:
            return None
        try:
            return model.model_validate(dict(table))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=True):
                self._note(detail, model, path)
            return None

    def _note(self, detail: ErrorDetails, model: type[BaseModel], path: str) -> None:
        location = detail["loc"]
        where = _join(path, location)
        keys = tuple(str(part) for part in re.split(r"[.\[\]]+", where) if part)
        if keys in self.from_environment:
            where = self.from_environment[keys]
        self.add(where, _sentence(detail, model))

    def _plugin(self, model: type[T], row: Mapping[str, Any], path: str, registry: Registry | None,
                fallback: Mapping[str, Any], offered: Mapping[str, Any] | None = None) -> T | None:
        """Split a table into the keys that every kind has and the options of its own kind; check both.

        What every kind has, and what is ``offered``, goes into the options too where the plugin knows the key.
        """
        fixed = [key for key in model.model_fields if key != "options"]
        table: dict[str, Any] = {**fallback, **{key: value for key, value in row.items() if key in fixed}}
        options = {key: value for key, value in row.items() if key not in fixed}
        kind = row.get("kind")
        table["options"] = options
        self._variables(options, path)
        self._addresses(options, path)
        if isinstance(kind, str) and registry is not None:
            if kind not in registry:
                self.add(f"{path}.kind", f"unknown {registry.noun} {_shown(kind)}; known: {', '.join(registry.kinds)}"
                         f"{_nearest(kind, registry.kinds)}")
            else:
                wanted = registry.options(kind)
                shared = {key: value for key, value in ({**(offered or {}), **{key: row[key] for key in fixed if key in row}}).items()
                          if key in wanted.model_fields and key not in options}
                table["options"] = self._options(wanted, {**options, **shared}, path, fixed)
        return self.model(model, table, path)

    def _options(self, model: type[BaseModel], options: Mapping[str, Any], path: str, fixed: Sequence[str]) -> dict[str, Any]:
        """Return the options as the plugin's model takes them; durations written "15m" become spans on the way."""
        taken: dict[str, Any] = {}
        for key, value in options.items():
            field = model.model_fields.get(key)
            if field is not None and _is_span(field.annotation) and isinstance(value, str):
                try:
                    value = parse_duration(value)
                except ValueError as error:
                    self.add(f"{path}.{key}", str(error))
                    continue
            taken[key] = value
        try:
            model.model_validate(taken)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=True):
                if detail["type"] == "missing" and detail["loc"] and detail["loc"][0] in options:
                    continue  # its duration was bad and is reported already
                self.add(_join(path, detail["loc"]), _sentence(detail, model, also=fixed))
        for key, field in model.model_fields.items():
            if key.endswith("_env") and isinstance(field.default, str):
                taken.setdefault(key, field.default)  # so that a secret asked for by default is missed like any other
        return taken

    def _variables(self, options: Mapping[str, Any], path: str) -> None:
        """Refuse a secret that stands where the name of its environment variable should; never repeat it."""
        for key, value in options.items():
            if isinstance(value, Mapping):
                self._variables(value, f"{path}.{key}")
            elif key.endswith("_env") and not (isinstance(value, str) and _is_variable(value)):
                variable = key.removesuffix("_env").upper()
                self.add(f"{path}.{key}", "expected the name of an environment variable, this looks like the secret itself; "
                         f"set the secret in the environment, such as {variable}=…, and write {key} = \"{variable}\" "
                         "(and change the secret if others have seen this file)")

    def _addresses(self, options: Mapping[str, Any], path: str) -> None:
        """Refuse a secret inside an address; never repeat it."""
        for key, value in options.items():
            if isinstance(value, Mapping):
                self._addresses(value, f"{path}.{key}")
            elif key == "url" and isinstance(value, str) and (what := _secret_in_address(value)):
                self.add(f"{path}.url", f"{what} stands in the address; set the whole address in the environment, such as "
                         "FEED_URL=…, and write url_env = \"FEED_URL\" in place of url (and change the secret if others have "
                         "seen this file)")

    def _unique(self, rows: _Rows, key: str, noun: str) -> None:
        first: dict[str, str] = {}
        for path, row in rows:
            value = row.get(key)
            if not isinstance(value, str) or not value.strip():
                continue
            # Brands are compared as they are looked for: ديجي كالا and دیجی‌کالا are one name.
            folded = (noun == "brand" and matching_key(value)) or value.strip().casefold()
            if folded in first:
                self.add(f"{path}.{key}", f"{noun} {_shown(value.strip())} stands twice, first at {first[folded]}; "
                         + ("give each a name of its own" if key == "name" else "keep one of them"))
            else:
                first[folded] = path

    def _exclusions(self, rows: _Rows) -> None:
        for path, row in rows:
            own = {matching_key(name) for name in (row.get("name"), *_texts(row.get("aliases"))) if isinstance(name, str)}
            for index, name in enumerate(_texts(row.get("exclusions"))):
                if matching_key(name) in own:
                    self.add(f"{path}.exclusions[{index}]", f"{_shown(name)} is a name of the brand itself; exclude longer names only")

    def _references(self, rows: Mapping[str, _Rows], table: str, key: str, noun: str,
                    target: str) -> None:
        defined = [row["name"].strip() for _, row in rows[target] if isinstance(row.get("name"), str)]
        for path, row in rows[table]:
            value = row.get(key)
            named = [(f"{path}.{key}", value)] if isinstance(value, str) else [
                (f"{path}.{key}[{i}]", v) for i, v in enumerate(value)] if isinstance(value, list) else []
            for where, name in named:
                if isinstance(name, str) and name.strip() not in defined:
                    more = f" and {len(defined) - MOST_LISTED} more" if len(defined) > MOST_LISTED else ""
                    self.add(where, f"undefined {noun} {_shown(name)}; defined: {', '.join(defined[:MOST_LISTED]) or 'none'}{more}"
                             f"{_nearest(name, defined)}")

    def _queries(self, rows: _Rows, parse_query: Callable[[str], object]) -> None:
        for path, row in rows:
            queries = row.get("queries")
            for index, query in enumerate(queries if isinstance(queries, list) else ()):
                if not isinstance(query, str):
                    continue
                try:
                    parse_query(query)
                except Exception as error:
                    column = getattr(error, "column", None)
                    if column is None:  # not a mistake in the query but in our parser
                        raise
                    self.add(f"{path}.queries[{index}]", f"column {column}: {getattr(error, 'message', error)}")

    def _database(self, url: object) -> None:
        path = self.from_environment.get(("database",), "database")
        if not isinstance(url, str):
            return
        scheme = url.partition(":")[0]
        if scheme == "sqlite" and not url.startswith("sqlite:///"):
            self.add(path, "a SQLite URL has three slashes before the path, four for an absolute one: "
                     "sqlite:////var/lib/goosh/goosh.sqlite")
        elif scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
            self.add(path, "unknown database URL; write sqlite:////absolute/path.sqlite or postgresql://user@host/name")
        elif scheme != "sqlite" and (port := _DATABASE_PORT.match(url)) and port[1] and not _is_port(port[1]):
            self.add(path, "the port in the database URL is none; write a number from 1 to 65535, and %40, %3A, %2F for @, : and / "
                     "in a password")


class _Zone(_Table):
    timezone: Annotated[str, BeforeValidator(_zone)]


class _Scalars(_Table):
    timezone: Annotated[str, BeforeValidator(_zone)]
    language: Language
    database: str


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _passwords(own: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a problem where the file's database URL carries a password."""
    url = own.get("database")
    if isinstance(url, str) and "://" in url:
        try:
            secret = urlsplit(url).password or "password=" in url.lower()
        except ValueError:
            secret = False
        if secret:
            yield "database", "a password stands in the file; leave the key out and set the whole URL in GOOSH_DATABASE"


def _secret_in_address(url: str) -> str | None:
    """Return what kind of secret an address holds, never the secret."""
    try:
        parts = urlsplit(url.strip())
        if "@" in parts.netloc:
            return "a user or password"
        return next((f"a secret (?{key.lower()}=)" for key, value in parse_qsl(parts.query)
                     if value and key.lower() in _SECRET_QUERY), None)
    except ValueError:
        return None  # no address at all: its own plugin says so


def _secrets_in(options: Mapping[str, Any], path: str) -> list[Secret]:
    found: list[Secret] = []
    for key, value in options.items():
        if isinstance(value, Mapping):
            found += _secrets_in(value, f"{path}.{key}")
        elif key.endswith("_env") and isinstance(value, str):
            found.append(Secret(f"{path}.{key}", value))
    return found


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 65_535


def _is_variable(text: str) -> bool:
    """Whether this is the name of an environment variable and not a token that happens to have a name's letters."""
    if not _VARIABLE.fullmatch(text):
        return False
    if text.isupper():
        return not re.fullmatch(r"[A-Z0-9]{24,}", text) or not re.search(r"\d", text)
    return len(text) <= 24 and not re.search(r"\d{3}|[a-z][A-Z].*[a-z][A-Z]", text)


def _is_span(annotation: Any) -> bool:
    return annotation is timedelta or any(_is_span(inner) for inner in get_args(annotation))


def _join(path: str, location: Sequence[int | str]) -> str:
    """Return a key path as people write it: ``sources[2].kind``."""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier() or re.fullmatch(r"[\w-]+", part):
            path += f".{part}" if path else part
    return path


def _kind(value: object) -> str:
    """Return what TOML calls this value."""
    names = ((bool, "true or false"), (str, "a text"), (int, "a whole number"), (float, "a number"), (dict, "a table"),
             (list, "a list"))
    return next((name for kind, name in names if isinstance(value, kind)), "nothing" if value is None else "a date or time")


def _shown(value: object) -> str:
    """Return a value as a message may repeat it: short, on one line, without the parts of a URL that hold secrets."""
    if isinstance(value, str):
        text = re.sub(r"(://)[^/\s@]*@", r"\1…@", value[:300])  # cut first: a value may be a whole file pasted by mistake
        text = re.sub(r"\?.*$", "?…", text) if "://" in text else text
        # repr() would spell a ZWNJ as \u200c; people read the name they wrote.
        clean = "".join(c if c.isprintable() or c == "\u200c" else "·" for c in text)
        return f"'{clean[:60]}…'" if len(clean) > 60 else f"'{clean}'"
    return repr(value)[:60]


def _nearest(word: object, known: Sequence[str]) -> str:
    text = str(word)
    near = list(known)[:MOST_COMPARED]
    close = difflib.get_close_matches(text, near, n=1) or [name for name in near if len(text) > 2 and name.startswith(text)]
    return f"; did you mean {close[0]!r}?" if close else ""


def _sentence(detail: ErrorDetails, model: type[BaseModel], also: Sequence[str] = ()) -> str:
    """Return one sentence that says what is wrong and what is allowed, for one pydantic error."""
    kind, value, context = detail["type"], detail.get("input"), detail.get("ctx", {})
    last = next((str(part) for part in reversed(detail["loc"]) if isinstance(part, str)), "")
    shown = "" if _SECRET_WORD.search(last) or last.endswith("_env") else f", found {_shown(value)}"
    if kind == "extra_forbidden":
        allowed = [*also, *(key for key in _fields(model, detail["loc"]) if key != "options")]
        return f"unknown key {last!r}; allowed: {', '.join(dict.fromkeys(allowed))}{_nearest(last, allowed)}"
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        allowed_values = str(context.get("expected", "")).replace(" or ", ", ")
        choices = re.findall(r"'([^']*)'", allowed_values)
        return f"{_shown(value)} is not allowed; allowed: {', '.join(choices) or allowed_values}{_nearest(value, choices)}"
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"])).strip().rstrip(".")
    expected = {
        "string_type": "a text in quotes", "int_type": "a whole number", "int_parsing": "a whole number",
        "int_from_float": "a whole number", "float_type": "a number", "float_parsing": "a number", "bool_type": "true or false",
        "bool_parsing": "true or false", "tuple_type": "a list", "list_type": "a list", "dict_type": "a table",
        "model_type": "a table", "time_parsing": "a time such as 09:00", "time_type": "a time such as 09:00",
        "greater_than_equal": f"at least {context.get('ge')}", "greater_than": f"more than {context.get('gt')}",
        "less_than_equal": f"at most {context.get('le')}", "less_than": f"less than {context.get('lt')}",
    }.get(kind)
    if expected:
        return f"expected {expected}{shown}"
    message = detail["msg"]
    return f"{message[:1].lower()}{message[1:]}{shown}"


def _fields(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the keys allowed where ``location`` points: those of the model, or of a model nested in it."""
    current: type[BaseModel] | None = model
    for part in location[:-1]:
        if current is not None and isinstance(part, str) and part in current.model_fields:
            current = _model_in(current.model_fields[part].annotation)
    return list(current.model_fields) if current is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner)) is not None), None)
