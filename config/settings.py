"""Settings: one TOML file over ``default.toml``, a few scalars from the environment, every mistake told at once.

The kinds of sources, rules, receivers and models are not known here: the roof hands in the registries, and each plugin's
``Options`` model says what its table may hold. Secrets never stand in the file; a key that ends in ``_env`` holds the *name*
of an environment variable.

This module is the door; behind it: ``tables`` what the file may hold, ``reading`` the pass that collects problems,
``sentences`` how they are told, ``durations``, ``places``, ``secrets``, ``holidays``.

Why plain pydantic models and a merge of two dozen lines, not ``pydantic_settings.BaseSettings``: a mistake must be named by
its key path, with what is allowed, together with mistakes in plugin options and cross-references, and a bad environment
variable by its own name. A settings class that reads its sources itself stops at the first source it cannot decode.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import platformdirs

from config.aspects import AspectSettings
from config.board import BoardSettings
from config.care import HoursSettings
from config.durations import Duration, Span, parse_duration, write_duration
from config.places import (
    DATABASE_NAME,
    FILE_NAME,
    data_dir,
    default_database,
    find_config,
    packaged_text,
    sqlite_path,
    sqlite_url,
)
from config.reading import ENVIRONMENT, Reading
from config.secrets import Secret, passwords
from config.sentences import SettingsError, names_in
from config.table import DAYS, Day, Language
from config.tables import (
    BrandSettings,
    CampaignSettings,
    ClientSettings,
    Defaults,
    DutySettings,
    HeartbeatSettings,
    LogSettings,
    PagingSettings,
    PersonSettings,
    ReceiverSettings,
    Retention,
    RuleSettings,
    ScoreSettings,
    Settings,
    SourceSettings,
    WebSettings,
)
from listener.calendar import Hours
from listener.errors import ConfigError
from listener.registry import Registry

__all__ = [
    "DATABASE_NAME", "DAYS", "ENVIRONMENT", "FILE_NAME", "AspectSettings", "BoardSettings", "BrandSettings", "CampaignSettings", "ClientSettings", "Day",
    "Defaults", "Duration", "DutySettings", "HeartbeatSettings", "HoursSettings", "Language", "LogSettings", "PagingSettings", "PersonSettings", "ReceiverSettings", "Retention", "RuleSettings",
    "ScoreSettings", "Secret", "Settings", "SourceSettings", "Span", "WebSettings", "aspect_tables", "client_table", "data_dir", "default_database", "find_config", "hours_table", "load",
    "packaged_text", "parse", "parse_duration", "sqlite_path", "sqlite_url", "write_duration",
]

LARGEST_FILE = 4_000_000  # bytes; thousands of brands fit, a mention dump given by mistake does not


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
    reading = Reading(where)
    own = _tables(text, where) if isinstance(text, str) else dict(text)
    for problem in passwords(own):
        reading.add(*problem)
    merged = _merge(tomllib.loads(packaged_text("default.toml")), own)
    reading.overlay(merged, os.environ if environment is None else environment)
    settings = reading.settings(merged, collectors, rules, notifiers, scorers, parse_query, path)
    if settings is None or reading.problems:
        raise SettingsError(where, reading.in_order(own), names_in(own))
    return settings


def aspect_tables(path: Path | None = None) -> tuple[AspectSettings, ...]:
    """Return the ``[[aspects]]`` of the configuration found, or of the one at ``path``; empty where it has none.

    For what names aspects in a file of texts: a file that holds nothing else will do. Raises: ConfigError.
    """
    found = path if path is not None else find_config()
    if found is None:
        return ()
    reading = Reading(found.name)
    tables = _tables(_read(found), found.name)
    made = reading.aspects({"aspects": tables.get("aspects", [])})
    if reading.problems:
        raise SettingsError(found.name, reading.problems, names_in(tables))
    return tuple(each for each in made if each is not None)


def hours_table(path: Path | None = None) -> Hours:
    """Return the working hours of the configuration found, or of the one at ``path``; the packaged ones where it says nothing.

    For what reads a file of answers: a configuration that holds nothing else will do. Raises: ConfigError.
    """
    found = path if path is not None else find_config()
    own = _tables(_read(found), found.name) if found is not None else {}
    reading = Reading(found.name if found is not None else FILE_NAME)
    kept = {key: value for key, value in own.items() if key in ("timezone", "paging", "hours")}
    made = reading.hours(_merge(tomllib.loads(packaged_text("default.toml")), kept), found.absolute() if found is not None else None)
    if made is None:
        raise SettingsError(reading.where, reading.problems, {})
    return made


def client_table(path: Path | None = None) -> dict[str, Any]:
    """Return what the configuration found, or the one at ``path``, says under ``[client]``; empty where there is none.

    For what listens without a configuration, and goes the ways out of this machine that one names all the same. Not checked:
    ``parse`` does that. Raises: ConfigError for a file that cannot be read.
    """
    found = path if path is not None else find_config()
    table = _tables(_read(found), found.name).get("client") if found is not None else None
    return dict(table) if isinstance(table, Mapping) else {}


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
