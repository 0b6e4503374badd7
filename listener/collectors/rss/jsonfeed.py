"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), which feedparser does not read. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from listener.calendar import parse_time
from listener.collectors.answers import rating_share
from listener.collectors.payload import (
    clean,
    content_id,
    items,
    joined,
    language_tag,
    mapping,
    native_id,
    placed,
    raw_of,
    short,
    web_url,
)
from listener.collectors.rss.feed import KIND, OLDEST, Entry, Feed, apart, newest, scoped
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Mention, Precision

_GAP = re.compile(r"[\s,]*")


def read_json_feed(payload: bytes, *, now: datetime, url: str, zone: ZoneInfo) -> Feed:
    truncated = False
    try:
        data = json.loads(payload.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        data, truncated = _whole_items(payload), True
    data = mapping(data)
    version = re.search(r"jsonfeed\.org/version/(1(?:\.1)?)", clean(data.get("version")))
    if not version or not isinstance(data.get("items"), list):
        said = short(data.get("message")) or short(data.get("error"))
        raise CollectError("", f"the answer is JSON but no feed{f' (it says {said!r})' if said else ''}; "
                               "check that the address is that of a feed")
    entries, left_out = newest([item for item in data["items"] if isinstance(item, dict)],
                                lambda item: _json_entry(item, data, now=now, url=url, zone=zone))
    following = joined(url, data["next_url"]) if data.get("next_url") else None
    return Feed(tuple(apart(entries)), f"json{version.group(1).replace('.', '')}", truncated, left_out, following)


def _whole_items(payload: bytes) -> dict[str, Any]:
    """Return a JSON Feed that ends early with the items that came whole."""
    text = payload.decode("utf-8-sig", "replace")
    start = re.search(r'"items"\s*:\s*\[', text)
    version = re.search(r'"version"\s*:\s*"([^"]*)"', text)
    if not start or not version:
        return {}
    decoder, found, place = json.JSONDecoder(), [], start.end()
    try:
        while True:
            gap = _GAP.match(text, place)
            item, place = decoder.raw_decode(text, gap.end() if gap else place)
            found.append(item)
    except (ValueError, RecursionError):
        return {"version": version.group(1), "items": found}


def _json_entry(item: Mapping[str, Any], feed: Mapping[str, Any], *, now: datetime, url: str, zone: ZoneInfo) -> Entry:
    title = " ".join(clean(item.get("title")).split())
    markup = clean(item.get("content_html"))
    text = (
        clean(item.get("content_text")).strip()
        or (html_to_text(markup) if markup else "")
        or clean(item.get("summary")).strip()
    )
    link = joined(url, item["url"]) if item.get("url") else None
    link = link or web_url(item.get("external_url"))
    published, precision, dated = now, Precision.ESTIMATED, False
    for key in ("date_published", "date_modified"):
        if item.get(key) and (known := parse_time(clean(item[key]), zone)) and known[0] >= OLDEST:
            published, precision = placed(known[0], known[1], now)
            dated = precision is not Precision.ESTIMATED
            break
    modified = parse_time(clean(item["date_modified"]), zone) if item.get("date_modified") else None
    revised = modified[0] if modified and dated and published < modified[0] <= now else None
    person = next(
        (
            mapping(one)
            for one in [*items(item.get("authors")), item.get("author"), *items(feed.get("authors"))]
            if mapping(one)
        ),
        {},
    )
    name, href = short(person.get("name")), web_url(person.get("url"))
    profile = native_id(href or f"{urlsplit(link or url).hostname or ''}/{name}")
    author = Author(KIND, profile, name or href, href) if name or href else None
    own_id = native_id(item.get("id"))
    mention = Mention(
        kind=KIND,
        id=scoped(own_id, url) or native_id(link) or content_id(title, text, item.get("date_published")),
        text=text,
        title=title or None,
        url=link or web_url(own_id),
        published_at=published,
        precision=precision,
        edited_at=revised,
        author=author,
        rating=_rating(item.get("_rating")),
        language=language_tag(item.get("language") or feed.get("language")),
        raw=raw_of(item),
    )
    return Entry(mention, dated, revised)


def _rating(value: Any) -> float | None:
    """Return the share of the scale's top: extensions of JSON Feed are members that begin with an underscore."""
    said = mapping(value)
    if said and said.get("best") is not None:
        return rating_share(f"{clean(said.get('value'))}/{clean(said['best'])}", 5)
    return rating_share(said.get("value") if said else value, 5)
