"""One payload, whatever its format, as a feed. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from listener.collectors.rss.feed import Feed
from listener.collectors.rss.jsonfeed import read_json_feed
from listener.collectors.rss.markup import read_markup
from listener.errors import CollectError
from listener.types import Mention


def parse(
    payload: bytes, *, now: datetime, url: str = "", content_type: str = "", timezone: str = "Asia/Tehran"
) -> list[Mention]:
    """Return the mentions of a feed, in its order. ``now`` stands where an item has no date or a future one.

    With ``url`` (where the feed was read) short ids are qualified by its host, since "123" is an id in many feeds.
    Raises: CollectError when the payload is no feed.
    """
    return [entry.mention for entry in read(payload, now=now, url=url, content_type=content_type, timezone=timezone).entries]


def read(payload: bytes, *, now: datetime, url: str = "", content_type: str = "", timezone: str = "Asia/Tehran") -> Feed:
    """Return everything a feed says. Raises: CollectError when the payload is no feed."""
    if not payload.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise CollectError("", "the answer is empty; check the address")
    zone = ZoneInfo(timezone)
    if payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return read_json_feed(payload, now=now, url=url, zone=zone)
    return read_markup(payload, now=now, url=url, content_type=content_type, zone=zone)
