"""The configuration as people read it: table by table with the file's own keys, secrets by the name of their variable only. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum
from html import escape
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from config.durations import write_duration
from config.settings import Settings
from dashboard.cards import harmless
from dashboard.pen import Pen

MOST = 200  # tables of one list; the file has them all
HIDDEN = frozenset({"path", "holidays"})
SCALARS = ("language", "timezone", "database")
GROUPS: Mapping[str, tuple[str, ...]] = {  # the file's tables by what they are for; a table that is in none stands with the system's
    "listening": ("brands", "sources", "campaigns", "aspects", "score", "reach", "word_of_mouth"),
    "calling": ("rules", "receivers", "people", "rota", "paging", "heartbeat"),
    "care": ("care", "hours", "staff", "digest"),
    "system": ("board", "web", "client", "retention", "log")}


def sections(group: str) -> list[str]:
    """Return the names of the file's tables that belong to a group."""
    known = {name for names in GROUPS.values() for name in names}
    others = [name for name in Settings.model_fields if name not in HIDDEN and name not in SCALARS and name not in known]
    return [*GROUPS[group], *(others if group == [*GROUPS][-1] else ())]


def scalars(pen: Pen, settings: Settings) -> str:
    """Return what stands above all tables."""
    values = {**{name: getattr(settings, name) for name in SCALARS}, "database": without_password(settings.database)}
    return _facts(pen, values, frozenset())


def section(pen: Pen, settings: Settings, name: str, unset: frozenset[str], notes: Mapping[str, str] | None = None) -> str:
    """Return one table, or the list of them. ``unset``: variables of secrets that are not there; ``notes``: by name, what holds besides."""
    value = getattr(settings, name)
    if isinstance(value, BaseModel):
        return f'<div class="g-card">{_facts(pen, _plain(value), unset)}</div>'
    rows = list(value)
    if not rows:
        return f'<p class="g-soft">{escape(pen.say("settings.none"))}</p>'
    cards = [_row(pen, row, unset, (notes or {}).get(str(getattr(row, "name", "")), "")) for row in rows[:MOST]]
    left = f'<p class="g-soft">{escape(pen.say("settings.more", n=len(rows) - MOST))}</p>' if len(rows) > MOST else ""
    return "".join(cards) + left


def count(settings: Settings, name: str) -> int | None:
    value = getattr(settings, name)
    return None if isinstance(value, BaseModel) else len(value)


def without_password(url: str) -> str:
    """Return a database's address without user, password and parameters."""
    if url.startswith("sqlite"):
        return url.partition("?")[0]
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
    except ValueError:
        return url.partition(":")[0]


def _plain(row: BaseModel) -> dict[str, Any]:
    """Return the keys of a table with its plugin's options among them, as they stand in the file."""
    found = {name: getattr(row, name) for name in type(row).model_fields}
    options = found.pop("options", None)
    return {**found, **(options if isinstance(options, Mapping) else {})}


def _row(pen: Pen, row: BaseModel, unset: frozenset[str], note: str) -> str:
    values = _plain(row)
    title = str(values.pop("name", "") or values.get("person", "") or values.get("brand", ""))
    kind = values.pop("kind", None)
    head = f'<b><bdi>{harmless(title)}</bdi></b>' + (f'<span class="g-chip g-mono">{harmless(str(kind))}</span>' if kind else "")
    told = f'<span class="g-chip line unsure">{escape(note)}</span>' if note else ""
    return f'<article class="g-card"><div class="g-row">{head}{told}</div>{_facts(pen, values, unset)}</article>'


def _facts(pen: Pen, values: Mapping[str, Any], unset: frozenset[str]) -> str:
    rows = "".join(f'<dt class="g-mono">{harmless(key)}</dt><dd>{_value(pen, key, value, unset)}</dd>' for key, value in values.items()
                   if value is not None and value != () and value != {})
    return f'<dl class="g-facts g-keys">{rows}</dl>'


def _value(pen: Pen, key: str, value: Any, unset: frozenset[str]) -> str:
    if key.endswith("_env") and isinstance(value, str):
        state = "settings.unset" if value in unset else "settings.set"
        tone = "P1" if value in unset else "good"
        return f'<span class="g-mono">{harmless(value)}</span> <span class="g-label {tone}">{escape(pen.say(state))}</span>'
    if isinstance(value, BaseModel):
        return _facts(pen, _plain(value), unset)
    if isinstance(value, Mapping):
        return _facts(pen, value, unset)
    if isinstance(value, (list, tuple)) and any(isinstance(one, BaseModel) for one in value):
        return "".join(_facts(pen, _plain(one), unset) for one in value)
    return f"<bdi>{harmless(written(pen, value))}</bdi>"


def written(pen: Pen, value: Any) -> str:
    """Return a value as one would say it; durations and times as the file spells them."""
    if isinstance(value, bool):
        return pen.say("settings.yes" if value else "settings.no")
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, timedelta):
        return write_duration(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return pen.say("comma").join(written(pen, one) for one in value)
    return str(value)
