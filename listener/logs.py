"""Logging: text for people or one JSON object a line, to standard error and a rotated file, without secrets.

Redaction works on the finished line, so that no library's message, argument or traceback gets past it: the values of every
secret named in the settings, whatever stands in a URL before ``@`` or after ``?``. Texts from outside cannot forge lines or
steer a terminal: control and direction characters are written as escapes.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Literal, cast
from urllib.parse import quote, unquote, unquote_plus

from config.settings import Settings, data_dir
from listener.errors import ConfigError

Format = Literal["text", "json"]
LARGEST = 10_000_000  # bytes of one log file
KEPT = 5  # older files beside it: 60 MB in all
LONGEST = 20_000  # characters of one message; posts of a megabyte exist
SHORTEST_SECRET = 4  # characters; replacing shorter ones would blank half of every line
SHORTEST_VALUE = 6  # of a query: format=json, active=true are no secrets, and such words are everywhere
HIDDEN = "•••"

NOISY = ("httpx", "httpcore", "apscheduler", "alembic", "sqlalchemy", "urllib3", "asyncio", "transformers", "huggingface_hub",
         "apprise", "PIL", "filelock", "fontTools")
"""Loggers of libraries that report every step, some with whole URLs; they speak from WARNING on."""

_URL = re.compile(r"\b([a-z][a-z0-9+.-]{0,30}://)([^\s\"'<>]*)", re.IGNORECASE)  # bounded: a hostile post must not cost minutes
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Redactor:
    """Takes secrets out of a line of text.

    >>> Redactor(["s3cr3t"]).clean("GET https://me:pw@host/x?key=1 with s3cr3t")
    'GET https://•••@host/x?••• with •••'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets if len(secret.strip()) >= SHORTEST_SECRET
                     for spelling in (secret, secret.strip(), quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1],
                                      json.dumps(secret, ensure_ascii=False)[1:-1])}
        longest_first = sorted(spellings, key=len, reverse=True)  # a secret that begins with another is taken whole
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def clean(self, text: str) -> str:
        """Return ``text`` with every secret, URL user and URL query replaced."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return _URL.sub(_without_secrets, text) if "://" in text else text


def _without_secrets(url: re.Match[str]) -> str:
    rest = url[2]
    authority = re.match(r"[^/?#]*", rest)
    host = authority[0] if authority else ""
    path = rest[len(host):]
    if "@" in host:
        host = f"{HIDDEN}@{host.rpartition('@')[2]}"
    path, query, _ = path.partition("?")
    return url[1] + host + path + (f"?{HIDDEN}" if query else "")


def visible(text: str) -> str:
    r"""Return ``text`` on one line, with control and direction characters as escapes; ZWNJ stays, Persian needs it.

    >>> visible("a\nb\x1b[31m")
    'a\\nb\\x1b[31m'
    """
    return _ODD.sub(lambda odd: odd[0].encode("unicode_escape").decode("ascii"), text)


class TextFormatter(logging.Formatter):
    """``2026-11-22T10:00:00Z warning pipeline: sentence key=value``, a traceback indented below."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        extras = "".join(f" {key}={visible(str(value))}" for key, value in _extras(record).items())
        name = record.name.removeprefix("goosh.")
        lines = [f"{_instant(record)} {record.levelname.lower():<7} {name}: {visible(_message(record))}{extras}"]
        lines += [f"    {visible(line)}" for line in _trace(self, record)]
        return self._redactor.clean("\n".join(lines))


class JSONFormatter(logging.Formatter):
    """One object a line: ``at, level, logger, message``, what the call passed as ``extra``, and ``trace`` where there is one."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        row: dict[str, Any] = {"at": _instant(record), "level": record.levelname.lower(), "logger": record.name,
                               "message": _message(record), **_extras(record)}
        if trace := _trace(self, record):
            row["trace"] = "\n".join(trace)
        clean = {key: self._redactor.clean(value) if isinstance(value, str) else value for key, value in row.items()}
        line = json.dumps(clean, ensure_ascii=False, default=lambda value: self._redactor.clean(str(value)))
        # json.dumps escapes what is below U+0020 itself; the rest may steer a terminal all the same.
        return self._redactor.clean(_ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", line))


def _instant(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more characters)"


def _extras(record: logging.LogRecord) -> Mapping[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    text = formatter.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else record.exc_text or ""
    return text.splitlines() + (formatter.formatStack(record.stack_info).splitlines() if record.stack_info else [])


def set_up(settings: Settings | None = None, *, level: str | None = None, environment: Mapping[str, str] | None = None,
           stream: IO[str] | None = None) -> None:
    """Send the log where the settings say, instead of where it went before. ``level`` wins over theirs.

    Without settings: warnings and worse, as text, to standard error. Raises: ConfigError when the file cannot be written.
    """
    known = os.environ if environment is None else environment
    redactor = Redactor(secret_values(settings, known))
    chosen = settings.log if settings else None
    formatter = JSONFormatter(redactor) if chosen and chosen.format == "json" else TextFormatter(redactor)
    handlers: list[logging.Handler] = [logging.StreamHandler(stream or sys.stderr)]
    if chosen and chosen.file:
        handlers.append(_file(data_dir() / Path(chosen.file).expanduser()))  # an absolute path stays what it is
    root = logging.getLogger()
    for old in list(root.handlers):
        if getattr(old, "ours", False):
            root.removeHandler(old)
            old.close()
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.ours = True  # type: ignore[attr-defined]  # so that a second call replaces these and no test's own
        root.addHandler(handler)
    root.setLevel((level or (chosen.level if chosen else "warning")).upper())
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk must not turn every line into a traceback of the log itself


def secret_values(settings: Settings | None, environment: Mapping[str, str]) -> list[str]:
    """Return the values of the secrets that the settings name, what opens doors in those that are addresses (their user and
    the values of their query, which a server may repeat by themselves), and the password of the database."""
    if settings is None:
        return []
    values = [environment[secret.variable] for secret in settings.secrets() if environment.get(secret.variable)]
    values += [part for value in values if "://" in value for part in _parts(value)]
    password = re.match(r"[\w+]+://[^/@]*?:([^/]*)@", settings.database)
    return [*values, password[1]] if password and password[1] else values


def _parts(url: str) -> Iterator[str]:
    authority, _, query = url.partition("#")[0].partition("://")[2].partition("?")
    user, at, _ = authority.partition("/")[0].rpartition("@")
    for part in (user, *user.split(":", 1)) if at else ():
        yield from (part, unquote(part))
    for pair in query.split("&"):
        value = pair.partition("=")[2] or pair
        if len(value) >= SHORTEST_VALUE:
            yield from (value, unquote_plus(value))


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotated file that only its owner may read: it quotes what people wrote."""

    def _open(self) -> TextIOWrapper:
        return cast(TextIOWrapper, open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors,
                                        opener=lambda name, flags: os.open(name, flags, 0o600)))


def _file(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _PrivateFile(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError("log.file", [("", (f"cannot write {str(path)!r} ({error.strerror or error}); "
                                             "name a file in a folder that this user may write"))]) from None
