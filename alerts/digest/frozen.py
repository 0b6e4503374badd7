"""The digest as JSON: what is kept of it, what ``--format json`` prints, and what every other form is made from again. Pure."""

from __future__ import annotations

import json
import types
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from alerts.digest.nouns import Digest, Quote
from listener.types import MentionKey


def frozen(digest: Digest, *, indent: int | None = None) -> str:
    """Return the JSON of a digest; ``thawed`` makes the same digest of it."""
    return json.dumps(asdict(digest), ensure_ascii=False, indent=indent, default=_plain)


def thawed(text: str) -> Digest:
    """Return the digest of its JSON. Fields it did not know take their defaults. Raises: ValueError, KeyError, TypeError for anything else."""
    made: Digest = _read(Digest, json.loads(text))
    return made


def quoted(digest: Digest) -> frozenset[MentionKey]:
    """Return the posts that a digest quotes."""
    return frozenset(quote.key for section in digest.sections for quote in section.quotes)


def without(digest: Digest, keys: Collection[MentionKey]) -> Digest:
    """Return the digest without the quotes of these posts: their author, or their source, took them back."""
    def kept(quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
        return tuple(one for one in quotes if one.key not in keys)

    return replace(digest, sections=tuple(replace(one, quotes=kept(one.quotes)) for one in digest.sections
                                          if one.name != "praise" or kept(one.quotes)))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@cache
def _hints(wanted: type) -> dict[str, Any]:
    return get_type_hints(wanted)


def _read(wanted: Any, value: Any) -> Any:
    origin = get_origin(wanted)
    if value is None or wanted is Any:
        return value
    if origin in (Union, types.UnionType):
        return _read(next(one for one in get_args(wanted) if one is not type(None)), value)
    if origin is tuple:
        return tuple(_read(get_args(wanted)[0], one) for one in value)
    if wanted is MentionKey:
        return MentionKey(*value)
    if isinstance(wanted, type) and is_dataclass(wanted):
        hints = _hints(wanted)
        return wanted(**{one.name: _read(hints[one.name], value[one.name]) for one in fields(wanted) if one.name in value})
    if isinstance(wanted, type) and issubclass(wanted, datetime):
        return datetime.fromisoformat(value)
    return dict(value) if isinstance(value, Mapping) else value
