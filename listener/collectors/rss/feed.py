"""What a feed says, whatever its format: entries, and the ids that keep them apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from listener.collectors.payload import native_id, short_hash
from listener.types import Mention

KIND = "rss"
MOST_ENTRIES = 5000  # of one payload; archives of podcasts have a few thousand
LONGEST_INTERVAL = timedelta(days=1)
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: an epoch of zero, or a Jalali year read as Gregorian


@dataclass(frozen=True, slots=True)
class Entry:
    mention: Mention
    dated: bool  # False: the feed gave no usable time, ``published_at`` is now
    revised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    entries: tuple[Entry, ...]
    version: str  # feedparser's name of the format: rss20, atom10, json11 …
    truncated: bool = False
    left_out: int = 0  # entries past ``MOST_ENTRIES``
    next_url: str | None = None
    ttl: timedelta | None = None


def scoped(own_id: str, url: str) -> str:
    """Qualify an id that is no address and too short to be unique in the world by the feed's host."""
    host = urlsplit(url).hostname if url else None
    if not own_id or not host or re.match(r"[A-Za-z][\w+.-]*:", own_id) or (len(own_id) >= 16 and not own_id.isdigit()):
        return own_id
    return f"{host}:{own_id}"


def newest(items: Sequence[Any], entry_of: Callable[[Any], Entry]) -> tuple[list[Entry], int]:
    """Return the entries of one payload, at most ``MOST_ENTRIES``, and how many were left out: those at its older end."""
    excess = max(0, len(items) - MOST_ENTRIES)
    if excess:
        oldest_first = entry_of(items[0]).mention.published_at < entry_of(items[-1]).mention.published_at
        items = items[excess:] if oldest_first else items[:MOST_ENTRIES]
    return [entry_of(item) for item in items], excess


def apart(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Keep apart what shares an id by the feed's mistake. Copies and revisions of one item keep their one id."""
    alike: dict[str, list[Mention]] = {}
    for entry in entries:
        alike.setdefault(entry.mention.id, []).append(entry.mention)
    by_link, by_content = set[str](), set[str]()
    for own_id, same in alike.items():
        links = {other.url for other in same}
        if len(same) > 1 and len(links) == len(same):
            by_link.add(own_id)
        elif len(links) > 1 or (len({(other.title, other.text) for other in same}) > 1
                                and not any(other.edited_at for other in same)):
            by_content.add(own_id)
    for entry in entries:
        mention = entry.mention
        if mention.id in by_link:
            mention = replace(mention, id=native_id(mention.url or mention.id))
        elif mention.id in by_content:
            mention = replace(mention, id=native_id(f"{mention.id}#{short_hash(mention.url, mention.title, mention.text)}"))
        yield replace(entry, mention=mention)
