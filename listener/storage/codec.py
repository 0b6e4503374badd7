"""Nouns and instants to what a database column holds, and back."""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ..types import MentionKey

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
STEP_US = 5 * 60 * 1_000_000
HOUR_US = 3600 * 1_000_000
MOST = 2**53
LONGEST_ID = 500  # characters; PostgreSQL indexes no key over 2,700 bytes, and a hostile feed has ids of 1 MB

Noun = TypeVar("Noun")


def micros(at: datetime) -> int:
    """Return microseconds since 1970. Raises TypeError for a naive datetime, which is a bug of the caller."""
    return (at - EPOCH) // MICROSECOND


def maybe_micros(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def span(value: int) -> timedelta:
    return timedelta(microseconds=value)


def maybe_instant(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def clean(value: str) -> str:
    """Return text that both databases take: NUL and lone surrogates become U+FFFD."""
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def counted(value: int | None) -> int | None:
    """Return a count as a 64-bit column takes it; a hostile feed has likes of forty digits."""
    return None if value is None else max(-MOST, min(int(value), MOST))


def maybe_clean(value: str | None) -> str | None:
    return None if value is None else clean(value)


def stored_id(value: str) -> str:
    """Return the id as it is kept: as given, or its beginning and hash where it is too long for an index."""
    value = clean(value)
    if len(value) <= LONGEST_ID:
        return value
    return f"{value[:LONGEST_ID - 65]}#{hashlib.sha256(value.encode()).hexdigest()}"


def stored_key(key: MentionKey) -> MentionKey:
    return MentionKey(clean(key.kind), stored_id(key.id))


def to_json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def clean_json(value: Any) -> str:
    """As ``to_json``, for what may hold text from outside."""
    return clean(to_json(value))


def from_json(noun: type[Noun], text: str) -> Noun:
    """Return the noun written by ``to_json``. Fields it did not know take their defaults."""
    read: Noun = _read(noun, json.loads(text))
    return read


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value / timedelta(seconds=1)
    if isinstance(value, bytes):
        return None  # raw payloads and embeddings have tables of their own
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value)


@cache
def _hints(noun: type) -> dict[str, Any]:
    return get_type_hints(noun)


def _read(wanted: Any, value: Any) -> Any:
    if value is None or wanted is Any:
        return value
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        return _read(next(one for one in get_args(wanted) if one is not type(None)), value)
    if origin is tuple:
        parts = get_args(wanted)
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(_read(parts[0], item) for item in value)
        return tuple(_read(part, item) for part, item in zip(parts, value, strict=True))
    if not isinstance(wanted, type):
        return value
    if issubclass(wanted, Enum):
        return wanted(value)
    if issubclass(wanted, datetime):
        return datetime.fromisoformat(value)
    if issubclass(wanted, timedelta):
        return timedelta(seconds=value)
    if issubclass(wanted, MentionKey):
        return MentionKey(*value)
    if is_dataclass(wanted):
        hints = _hints(wanted)
        return wanted(**{one.name: _read(hints[one.name], value[one.name]) for one in fields(wanted) if one.name in value})
    if issubclass(wanted, bytes):
        return None
    return value
