"""Holidays from a TOML file: the list that ships for Iran, or one of the user's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from config.places import packaged_text
from config.sentences import shown
from config.table import read_day

PACKAGED = {"iran": "holidays_iran.toml"}
LARGEST_FILE = 1_000_000  # bytes; a century of holidays fits

Days = Mapping[date, tuple[str, str]]


def read_holidays(named: str, folder: Path) -> Days:
    """Return the days of the list called ``named``, each with its Persian and English name.

    ``named`` is one that ships with the program, a file (relative to ``folder``), or empty for none.
    Raises: ValueError with a sentence for the person who wrote it.
    """
    if not named.strip():
        return {}
    if named in PACKAGED:
        return _packaged(PACKAGED[named])
    path = folder / Path(named).expanduser()
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{shown(named)} is larger than {LARGEST_FILE:,} bytes; is this a list of holidays?")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{shown(named)} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'}); "
                         f"write {', '.join(repr(name) for name in PACKAGED)}, a file, or \"\" for none") from None
    return _days(text, shown(named))


@lru_cache(maxsize=4)
def _packaged(name: str) -> Days:
    return _days(packaged_text(name), name)


def _days(text: str, where: str) -> Days:
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise ValueError(f"{where} is not valid TOML; write lines such as 1405-01-13 = \"روز طبیعت\" under [days]") from None
    rows = tables.get("days")
    days: dict[date, tuple[str, str]] = {}
    for key, value in rows.items() if isinstance(rows, dict) else ():
        day, called = read_day(key), _called(value)
        if day is None:
            raise ValueError(f"{where}: {shown(key)} is not a day; write 2026-04-02 or 1405-01-13")
        if called is None:
            raise ValueError(f"{where}: {shown(key)}: expected a name, or {{ fa = \"…\", en = \"…\" }}, found {shown(value)}")
        if day in days:
            raise ValueError(f"{where}: {shown(key)} stands twice, in one calendar or in both; keep one of them")
        days[day] = called
    if not days:
        raise ValueError(f"{where} holds no day; write lines such as 1405-01-13 = \"روز طبیعت\" under [days]")
    return days


def _called(value: object) -> tuple[str, str] | None:
    if isinstance(value, str) and value.strip():
        return value.strip(), value.strip()
    if isinstance(value, dict) and set(value) == {"fa", "en"} and all(isinstance(name, str) and name.strip() for name in value.values()):
        return value["fa"].strip(), value["en"].strip()
    return None
