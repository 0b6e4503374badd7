"""News, blogs, comments, forums and bridges that publish a feed: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed 1.0 and 1.1.

Endpoint: the feed's address, by conditional GET (``If-None-Match`` and ``If-Modified-Since`` verbatim).
Auth: none; private feeds carry a secret in their address, so ``url_env`` may name the environment variable that holds it.
Limits: the host's own; ``Cache-Control: max-age`` and ``ttl`` are honoured as the least interval. Cost: none.
Terms: the publisher's. Google News allows its feeds for "personal, non-commercial use" only, in its own words.
Reach basis: ``media:statistics`` views where given (video), else none: a feed does not say who reads it.

What a feed cannot say: likes, shares, deletions. A new WordPress comment does not change the validators of ``/feed/``, so
``slash:comments`` there is stale until the next post; read ``/comments/feed/`` for comments.

Paging goes back until the last item of a page is one that was known before the walk began (so that a pinned post on top
does not end it): by RFC 5005 links, the ``Link`` header, ``next_url`` of JSON Feed or, with ``paged``, WordPress's
``?paged=2``.

Cursor: ``feed`` (hash of the configured address), ``url`` (where permanent redirects led), ``etag``, ``last_modified``,
``body`` (hash), ``known`` {id: [hash of text, counts, hash of place, first seen]}, and while a walk is unfinished ``open``
(ids that do not end it), ``resume`` and ``pages``.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import xml.sax
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import feedparser
from pydantic import BaseModel, Field, field_validator, model_validator

from listener.calendar import parse_time
from listener.client import Client, Response, page_kind, redact
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, Precision
from listener.collectors.payload import (
    as_windows_1256,
    clean,
    content_id,
    count,
    items,
    known_zone,
    language_tag,
    mapping,
    native_id,
    placed,
    short,
    short_hash,
    web_url,
)

KIND = "rss"
ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
MOST_ENTRIES = 5000  # of one payload; archives of podcasts have a few thousand
DEEPEST = 500  # elements within elements; the parser's work grows with the square of it
MOST_KNOWN = 1000  # ids the cursor remembers; feeds show 10 to 100
PAGES_A_CALL = 10  # read before mentions and cursor are committed
LONGEST_INTERVAL = timedelta(days=1)
MAX_RAW = 256 * 1024
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: an epoch of zero, or a Jalali year read as Gregorian


class Options(BaseModel, frozen=True, extra="forbid"):
    url: str | None = Field(default=None, description="the feed's address")
    url_env: str | None = Field(default=None, description="environment variable that holds the address, when it is a secret")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    paged: bool = Field(default=False, description="the feed is WordPress's: older pages are at ?paged=2, 3, …")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages one walk reads at most")
    timezone: str = Field(default="Asia/Tehran", description="zone of dates that name none (Jalali days)")

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/\s]", value.strip(), re.I):
            raise ValueError("is no web address; write it as 'https://example.org/feed/'")
        return value.strip() if value else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @model_validator(mode="after")
    def _one_address(self) -> Options:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("exactly one of url & url_env must be set")
        return self


# ---------------------------------------------------------------------------------------------- pure: payload to mentions


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


def parse(
    payload: bytes, *, now: datetime, url: str = "", content_type: str = "", timezone: str = "Asia/Tehran"
) -> list[Mention]:
    """Return the mentions of a feed, in its order. ``now`` stands where an item has no date or a future one.

    With ``url`` (where the feed was read) short ids are qualified by its host, since "123" is an id in many feeds.
    Raises: CollectError when the payload is no feed.
    """
    return [entry.mention for entry in read(payload, now=now, url=url, content_type=content_type, timezone=timezone).entries]


def read(payload: bytes, *, now: datetime, url: str = "", content_type: str = "", timezone: str = "Asia/Tehran") -> Feed:
    """Return everything a feed says. Raises: CollectError when the payload is no feed.

    What feedparser calls bozo is no error (SOURCES §1): wrong charset headers and broken markup still give entries. What is
    an error is a payload of no version: a login page gives zero entries and no complaint.
    """
    if not payload.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise CollectError("", "the answer is empty; check the address")
    zone = ZoneInfo(timezone)
    if payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _read_json(payload, now=now, url=url, zone=zone)
    if _is_too_deep(payload):
        page = page_kind(payload, content_type, url)
        raise CollectError("", f"the answer is {page or 'no feed'}, its elements nested more than {DEEPEST} deep; check "
                               "that the address is that of a feed")
    found = _feedparser(payload, url, content_type)
    if not _has_arabic(found) and (recoded := _recoded(payload)) is not None:
        again = _feedparser(recoded, url, "application/xml; charset=utf-8")
        if len(again["entries"]) >= len(found["entries"]):
            found = again
    version = found.get("version") or ""
    if not version and (not found["entries"] or page_kind(payload, content_type, url)):  # CDF has entries and no version
        page = page_kind(payload, content_type, url)
        raise CollectError("", f"the answer is {page or 'no feed'}; "
                               + ("open the address in a browser: it may have moved behind a login or a check" if page
                                  else "check that the address is that of a feed"))
    entries, left_out = _newest(found["entries"], lambda entry: _entry(entry, found["feed"], now=now, url=url, zone=zone))
    truncated = isinstance(found.get("bozo_exception"), xml.sax.SAXParseException) and not re.search(
        rb"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>\s*(?:<!--.*-->\s*)?\Z", payload[-4096:].rstrip(b"\0 \r\n\t"), re.I | re.S
    )
    return Feed(tuple(_apart(entries)), version, truncated, left_out, _next_link(found["feed"], url), _ttl(found["feed"]))


_MARKUP = re.compile(rb"<(?:(!--|!\[CDATA\[)|(/?)([A-Za-z_][^\s<>/]*)[^<>]*>)")
_VOID = frozenset({b"br", b"hr", b"img", b"input", b"meta", b"source", b"wbr"})  # HTML, where a feed holds it unescaped


def _is_too_deep(payload: bytes) -> bool:
    """Return whether elements stand within elements more than ``DEEPEST`` times.

    feedparser needs minutes for a small payload that does nothing else. One look at each tag; an end tag also closes what
    was left open within its element, since broken feeds hold HTML as it is.
    """
    if b"\0" in payload:  # UTF-16: its markup is ASCII between NULs
        payload = payload.replace(b"\0", b"")
    stack: list[bytes] = []
    standing = Counter[bytes]()
    ends: dict[bytes, int] = {}
    place = 0
    while found := _MARKUP.search(payload, place):
        place = found.end()
        hidden, closing, name = found.groups()
        if hidden:
            end = b"-->" if hidden == b"!--" else b"]]>"
            if ends.get(end, 0) >= 0:
                ends[end] = payload.find(end, place)
            place = max(place, ends[end])  # one without an end hides nothing
        elif closing:
            while standing[name]:
                standing[last := stack.pop()] -= 1
                if last == name:
                    break
        elif not found[0].endswith(b"/>") and name not in _VOID:
            stack.append(name)
            standing[name] += 1
            if len(stack) > DEEPEST:
                return True
    return False


_HALF_CHARACTER = re.compile(
    rb"&#(?:x0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d\d\d|7[0-2]\d\d|73[0-3]\d|734[0-3]));"
)
_PLACES_AND_CHAPTERS = re.compile(rb"</?(?:georss|gml|geo|psc):[^<>]*>")


def _feedparser(payload: bytes, url: str, content_type: str) -> Any:
    """Return feedparser's reading. Raises: CollectError where the payload is more than it can bear.

    It falls over references to half a character and over broken coordinates and chapters (6.0.14, found by mutating the
    recorded feeds): the first are mended, the others, which no mention needs, are left out at a second attempt.
    """
    headers = {"content-type": content_type} if content_type else {}
    if url:
        headers["content-location"] = url
    mended = _HALF_CHARACTER.sub(b"&#xFFFD;", payload) if b"&#" in payload else payload
    for attempt in (mended, _PLACES_AND_CHAPTERS.sub(b"", mended)):
        try:
            # A stream, because feedparser opens bytes that look like a path or an address. No sanitising: no HTML survives.
            return feedparser.parse(io.BytesIO(attempt), response_headers=headers, sanitize_html=False)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            trouble = error
    raise CollectError(
        "",
        f"the feed is broken in a way its parser does not bear ({type(trouble).__name__}: {short(trouble, 80)}); "
        "tell its publisher",
    )


def _field(entry: Any, name: str) -> Any:
    """Return a field as it stands: feedparser's own look-up answers ``updated`` with ``published``, and warns."""
    return dict.get(entry, name)


def _entry(entry: Any, feed: Any, *, now: datetime, url: str, zone: ZoneInfo) -> Entry:
    title = " ".join(_plain(_field(entry, "title_detail"), _field(entry, "title")).split())
    content = items(_field(entry, "content"))
    text = next((plain for part in content if (plain := _plain(part, None))), "")
    text = text or _plain(_field(entry, "summary_detail"), _field(entry, "summary"))
    link = web_url(_field(entry, "link"))
    origin = mapping(_field(entry, "source"))
    outlet = short(_field(origin, "title")) or (urlsplit(web_url(_field(origin, "href")) or "").hostname)
    if outlet and title.endswith(f" - {outlet}"):
        title = title[: -len(outlet) - 3].rstrip()
    if link and urlsplit(link).hostname == "news.google.com":
        text = ""  # a link and the outlet, never the article
    published, precision, dated = _published(entry, now, zone)
    revised = _instant(_field(entry, "updated_parsed"))
    revised = revised if revised and dated and published < revised <= now else None
    own_id = native_id(_field(entry, "id"))
    mention = Mention(
        kind=KIND,
        id=_scoped(own_id, url) or native_id(link) or content_id(title, text, _field(entry, "published")),
        text=text,
        title=title or None,
        url=link or web_url(own_id),
        published_at=published,
        precision=precision,
        edited_at=revised,
        author=_author(entry, link or url),
        engagement=_engagement(entry, now),
        language=_language(entry, feed, content),
        in_reply_to=_in_reply_to(entry),
        outlet=outlet,
        raw=_raw(entry),
    )
    return Entry(mention, dated, revised)


def _plain(detail: Any, value: Any) -> str:
    """Return a text construct as plain text. feedparser says which constructs hold markup."""
    detail = mapping(detail)
    text = clean(detail.get("value", value))
    markup = "html" in str(detail.get("type", "text/html")).lower() or "xml" in str(detail.get("type", "")).lower()
    return html_to_text(text) if markup else text.strip()


def _published(entry: Any, now: datetime, zone: ZoneInfo) -> tuple[datetime, Precision, bool]:
    for name in ("published", "created", "updated"):
        written = clean(_field(entry, name)).strip()
        instant, precision = _instant(_field(entry, f"{name}_parsed")), Precision.SECOND
        if written and (instant is None or instant < OLDEST or ":" not in written):
            instant, precision = parse_time(written, zone) or (None, precision)  # Jalali, days without an hour
        if instant is not None and instant >= OLDEST:
            instant, precision = placed(instant, precision, now)
            return instant, precision, precision is not Precision.ESTIMATED
    return now, Precision.ESTIMATED, False


def _instant(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def _author(entry: Any, link: str) -> Author | None:
    detail = mapping(_field(entry, "author_detail"))
    name = short(_field(detail, "name")) or short(_field(detail, "email")) or short(_field(entry, "author"))
    if not name:
        return None
    href = web_url(_field(detail, "href"))
    # A name is one person only within one site; an address of a profile is one everywhere.
    return Author(KIND, native_id(href or f"{urlsplit(link).hostname or ''}/{name}"), name, href)


def _engagement(entry: Any, now: datetime) -> Engagement | None:
    views = count(mapping(_field(entry, "media_statistics")).get("views"))
    likes = count(mapping(_field(entry, "media_starrating")).get("count"))
    comments = count(_field(entry, "slash_comments"))
    comments = count(_field(entry, "thr_total")) if comments is None else comments
    if views is None and likes is None and comments is None:
        return None
    return Engagement(now, likes=likes, comments=comments, views=views)


def _language(entry: Any, feed: Any, content: Sequence[Any]) -> str | None:
    said = next(
        (part.get("language") for part in [*content, mapping(_field(entry, "title_detail"))] if mapping(part).get("language")),
        None,
    ) or _field(feed, "language")
    return language_tag(said)


def _in_reply_to(entry: Any) -> str | None:
    reference = mapping(_field(entry, "thr_in-reply-to") or _field(entry, "in-reply-to"))
    return native_id(reference.get("ref")) or None


def _raw(entry: Any) -> bytes | None:
    written = json.dumps(entry, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return written if len(written) <= MAX_RAW else None


def _scoped(own_id: str, url: str) -> str:
    """Qualify an id that is no address and too short to be unique in the world by the feed's host."""
    host = urlsplit(url).hostname if url else None
    if not own_id or not host or re.match(r"[A-Za-z][\w+.-]*:", own_id) or (len(own_id) >= 16 and not own_id.isdigit()):
        return own_id
    return f"{host}:{own_id}"


def _newest(items: Sequence[Any], entry_of: Callable[[Any], Entry]) -> tuple[list[Entry], int]:
    """Return the entries of one payload, at most ``MOST_ENTRIES``, and how many were left out: those at its older end."""
    excess = max(0, len(items) - MOST_ENTRIES)
    if excess:
        oldest_first = entry_of(items[0]).mention.published_at < entry_of(items[-1]).mention.published_at
        items = items[excess:] if oldest_first else items[:MOST_ENTRIES]
    return [entry_of(item) for item in items], excess


def _apart(entries: Sequence[Entry]) -> Iterator[Entry]:
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


def _latest(entry: Entry) -> datetime:
    return entry.revised_at or entry.mention.published_at


def _next_link(feed: Any, url: str) -> str | None:
    for wanted in ("next", "prev-archive"):
        for link in items(_field(feed, "links")):
            if mapping(link).get("rel") == wanted and (target := web_url(urljoin(url, clean(link.get("href"))))):
                return target
    return None


def _ttl(feed: Any) -> timedelta | None:
    minutes = count(_field(feed, "ttl"))
    return min(timedelta(minutes=min(minutes, 10**6)), LONGEST_INTERVAL) if minutes else None


# ---- feeds that lie about their encoding

def _has_arabic(found: Any) -> bool:
    for entry in found["entries"][:50]:
        if re.search("[\u0620-\u06ff]", f"{_field(entry, 'title')}{_field(entry, 'summary')}{_field(entry, 'author')}"):
            return True
    return bool(re.search("[\u0620-\u06ff]", clean(_field(found["feed"], "title"))))


def _recoded(payload: bytes) -> bytes | None:
    """Return a windows-1256 payload as UTF-8, whatever it declares, or None when it does not look like one.

    Feeds that declare UTF-8 and send windows-1256 come out as ``ŇÇŃÔ`` without any error.
    """
    if payload[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None
    text = as_windows_1256(payload)
    if text is None:
        return None
    return re.sub(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""", r"\1", text, count=1).encode()


# ---- JSON Feed (https://www.jsonfeed.org/version/1.1/); feedparser does not read it


def _read_json(payload: bytes, *, now: datetime, url: str, zone: ZoneInfo) -> Feed:
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
    entries, left_out = _newest([item for item in data["items"] if isinstance(item, dict)],
                                lambda item: _json_entry(item, data, now=now, url=url, zone=zone))
    following = web_url(urljoin(url, clean(data.get("next_url")))) if data.get("next_url") else None
    return Feed(tuple(_apart(entries)), f"json{version.group(1).replace('.', '')}", truncated, left_out, following)


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
            place = re.compile(r"[\s,]*").match(text, place).end()  # type: ignore[union-attr]
            item, place = decoder.raw_decode(text, place)
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
    link = web_url(urljoin(url, clean(item.get("url")))) if item.get("url") else None
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
        id=_scoped(own_id, url) or native_id(link) or content_id(title, text, item.get("date_published")),
        text=text,
        title=title or None,
        url=link or web_url(own_id),
        published_at=published,
        precision=precision,
        edited_at=revised,
        author=author,
        language=language_tag(item.get("language") or feed.get("language")),
        raw=_raw(item),
    )
    return Entry(mention, dated, revised)


# ---------------------------------------------------------------------------------------------- the collector


class RSSCollector:
    """Reads one feed."""

    def __init__(self, name: str, options: Options, client: Client, *, now: Callable[[], datetime]) -> None:
        self.name = name
        self._label = f"{KIND} {name!r}"
        self._options = options
        self._client = client
        self._now = now

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return items that are new or changed since ``cursor``. Raises: CollectError."""
        try:
            batch = self._poll(cursor)
        except CollectError as error:
            raise CollectError(self._label, self._shown(error.what), permanent=error.permanent,
                               retry_after=error.retry_after) from None
        return replace(batch, reason=self._shown(batch.reason)) if batch.reason else batch

    def _shown(self, words: str) -> str:
        """Return words without the parts of an address that is a secret: its key may stand in the path."""
        if self._options.url_env is not None:
            path = os.environ.get(self._options.url_env, "").partition("?")[0].split("/")[3:]
            for part in (spelling for written in path for spelling in (written, unquote(written))):
                if len(part) >= 8 or (len(part) >= 4 and re.search(r"\d", part)):
                    words = words.replace(part, "…")
        return words

    def _poll(self, cursor: Cursor | None) -> Batch:
        configured = self._address()
        place = short_hash(configured)
        state: dict[str, Any] = dict(cursor or {})
        if state.get("feed") != place:  # another feed is configured under this name: what was known says nothing
            state = {"feed": place}
        try:
            return self._walk(state, str(state.get("url") or configured))
        except CollectError:
            if state.pop("url", None) is None:
                raise
            return self._walk({key: state[key] for key in ("feed", "known") if key in state}, configured)

    def _address(self) -> str:
        if self._options.url is not None:
            return self._options.url
        address = os.environ.get(self._options.url_env or "")
        if not address:
            raise CollectError(
                self._label,
                f"the environment variable {self._options.url_env!r} is not set; set it to the feed's address",
                permanent=True,
            )
        return address

    def _walk(self, state: dict[str, Any], address: str) -> Batch:
        now = self._now()
        known = {
            key: value for key, value in mapping(state.get("known")).items() if isinstance(value, list) and len(value) == 4
        }
        walking = set(items(state.get("open")))
        anchors = known.keys() - walking
        unfinished = bool(state.get("resume"))
        first = self._fetch(
            address, None if unfinished else state.get("etag"), None if unfinished else state.get("last_modified")
        )
        if first.moved_to and self._options.url_env is None:
            state["url"] = first.moved_to
        if first.not_modified:
            return Batch(cursor=state, min_interval=_freshness(first, None))
        answer, feed = first, self._read(first, now)
        interval = _freshness(first, feed.ttl)
        digest = hashlib.sha256(first.body).hexdigest()[:16]
        if digest == state.get("body") and not unfinished:
            return Batch(cursor={**state, **_validators(first)}, min_interval=interval)

        walk = _Walk(known, now)
        walk.add(feed)
        following = self._following(address, first, feed, 1)
        pages, read_now = 1, 1
        wait: timedelta | None = None
        resume: str | None = None
        if unfinished and feed.entries and feed.entries[-1].mention.id in walking:
            following, pages = (
                str(state["resume"]),
                count(state.get("pages")) or 1,
            )  # what lies between was read in an earlier call
        deep = bool(anchors) or unfinished or self._options.backfill
        problem = _broken(feed, first)
        whole, complete, visited = problem is None, True, {address}
        problem = problem or _excess(feed)
        while deep and feed.entries and feed.entries[-1].mention.id not in anchors and following and following not in visited:
            if pages >= self._options.max_pages:
                problem = problem or f"stopped after {pages} pages without meeting a known item; raise max_pages"
                break
            if read_now >= PAGES_A_CALL:
                whole, complete, resume = False, False, following
                break
            visited.add(following)
            try:
                older = self._older(following)
                if older is None:
                    break
                answer, feed = older, self._read(older, now)
            except CollectError as error:
                problem, wait, whole, resume = f"page {pages + 1}: {error.what}", error.retry_after, False, following
                break
            pages, read_now = pages + 1, read_now + 1
            walk.add(feed)
            problem = problem or _broken(feed, answer) or _excess(feed)
            following = self._following(following, answer, feed, pages)
        if whole and problem is None and anchors:
            problem = walk.gap(len(anchors))
        remembered: dict[str, Any] = {"feed": state["feed"], "known": walk.remembered()}
        if "url" in state:
            remembered["url"] = state["url"]
        if whole:
            remembered |= {**_validators(first), "body": digest}
        else:
            remembered["open"] = sorted(walking | set(walk.fresh))
            remembered |= {"resume": resume, "pages": pages} if resume else {}
        return Batch(tuple(walk.mentions), cursor=remembered, state=CoverageState.PARTIAL if problem else CoverageState.OK,
                     reason=problem, min_interval=wait or (interval if complete else None), complete=complete)

    def _fetch(self, address: str, etag: Any, last_modified: Any) -> Response:
        answer = self._client.get(address, source=self._label, etag=etag or None, last_modified=last_modified or None,
                                  accept=ACCEPT, readable=(404,))
        if answer.status == 404:
            # WordPress answers 404 with a well-formed feed where a search holds nothing.
            try:
                read(answer.body, now=self._now(), url=answer.url, content_type=answer.content_type)
            except CollectError:
                raise self._client.failure(answer, self._label) from None
        return answer

    def _older(self, address: str) -> Response | None:
        """Return an older page, or None past the last one: WordPress says so by a 404."""
        answer = self._client.get(address, source=self._label, accept=ACCEPT, readable=(400, 404, 410))
        return answer if answer.status < 400 else None

    def _read(self, answer: Response, now: datetime) -> Feed:
        try:
            return read(answer.body, now=now, url=answer.url, content_type=answer.content_type, timezone=self._options.timezone)
        except CollectError as error:
            raise CollectError(self._label, f"{redact(answer.url)}: {answer.without_secrets(error.what)}") from None

    def _following(self, address: str, answer: Response, feed: Feed, page: int) -> str | None:
        if self._options.paged:
            parts = urlsplit(address)
            query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "paged"]
            return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(page + 1))])))
        link = answer.links.get("next")
        return feed.next_url or (urljoin(answer.url, link) if link else None)


class _Walk:
    """The items of one walk over the pages of a feed, compared with what the cursor knows."""

    def __init__(self, known: Mapping[str, Sequence[Any]], now: datetime) -> None:
        self._known = known
        self._now = now
        self._current: dict[str, list[Any]] = {}
        self._seen = 0
        self._met = False
        self.mentions: list[Mention] = []
        self.fresh: list[str] = []

    def add(self, feed: Feed) -> None:
        present = dict.fromkeys(entry.mention.id for entry in feed.entries)
        moved = {tuple(value[2:3]): own_id for own_id, value in self._known.items() if own_id not in present}
        latest = {entry.mention.id: entry for entry in sorted(feed.entries, key=_latest)}
        for entry in (latest[own_id] for own_id in present):
            self._seen += 1
            self._met = self._met or entry.mention.id in self._known
            mention = self._with_old_id(entry.mention, moved)
            if mention.id in self._current:
                continue  # pages overlap when items arrive between two of them
            before = self._known.get(mention.id)
            record = self._record(entry, before)
            self._current[mention.id] = record
            if before is None:
                self.fresh.append(mention.id)
            elif before[:2] == record[:2]:
                continue
            elif before[0] != record[0]:
                mention = replace(mention, edited_at=mention.edited_at or self._now)
            if record[3]:
                mention = replace(mention, published_at=datetime.fromisoformat(record[3]))
            self.mentions.append(mention)

    def _with_old_id(self, mention: Mention, moved: Mapping[tuple[Any, ...], str]) -> Mention:
        """Some feeds make new ids at every build. The same text at the same place is the same mention."""
        if mention.id in self._known:
            return mention
        old_id = moved.get((_place(mention),))
        if old_id is None or self._known[old_id][0] != _text_hash(mention):
            return mention
        self._met = True
        return replace(mention, id=old_id)

    def _record(self, entry: Entry, before: Sequence[Any] | None) -> list[Any]:
        mention, counts = entry.mention, entry.mention.engagement
        first_seen = None if entry.dated else (before[3] if before and before[3] else mention.published_at.isoformat())
        figures = [counts.likes, counts.comments, counts.views] if counts else None
        return [_text_hash(mention), figures, _place(mention), first_seen]

    def gap(self, before: int) -> str | None:
        """Return why items may have been missed since the last poll, or None where it joins up with this one."""
        if not self._seen:
            return f"the feed is empty though it held {before} items before; check the address"
        if not self._met:
            return (f"none of the {self._seen} items was known from the last poll, so items in between may be lost; "
                    "shorten the interval")
        return None

    def remembered(self) -> dict[str, list[Any]]:
        """Return what the cursor shall know: what was seen now, then what was known before, the latest first."""
        together = {**self._current, **{key: list(value) for key, value in self._known.items() if key not in self._current}}
        return dict(list(together.items())[:max(MOST_KNOWN, len(self._current))])


def _text_hash(mention: Mention) -> str:
    return short_hash(mention.title, mention.text)


def _place(mention: Mention) -> str:
    return short_hash((mention.url or "").partition("?")[0], mention.title)


def _broken(feed: Feed, answer: Response) -> str | None:
    if feed.truncated or answer.truncated:
        return f"the feed broke off after {len(feed.entries)} items; the rest is read next time"
    return None


def _excess(feed: Feed) -> str | None:
    if feed.left_out:
        return f"the feed holds {len(feed.entries) + feed.left_out} items; the oldest {feed.left_out} of them were not read"
    return None


def _validators(answer: Response) -> dict[str, str]:
    """Return what to send back next time. ``Expires: 0`` says that the validators are not to be trusted."""
    if answer.truncated or answer.headers.get("expires", "").strip() in ("0", "-1"):
        return {}
    return {name: value for name, value in (("etag", answer.etag), ("last_modified", answer.last_modified)) if value}


def _freshness(answer: Response, ttl: timedelta | None) -> timedelta | None:
    found = re.search(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})", answer.headers.get("cache-control", ""), re.I)
    stated = timedelta(seconds=int(found.group(1))) if found else timedelta()
    interval = min(max(stated, ttl or timedelta()), LONGEST_INTERVAL)
    return interval or None
