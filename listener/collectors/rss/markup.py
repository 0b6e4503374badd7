"""RSS and Atom, by feedparser, and what it cannot bear or takes on trust. Pure."""

from __future__ import annotations

import io
import re
import xml.sax
from calendar import timegm
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import feedparser

from listener.calendar import parse_time
from listener.client import page_kind
from listener.collectors.answers import rating_share
from listener.collectors.payload import (
    as_windows_1256,
    clean,
    content_id,
    count,
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
from listener.collectors.rss.feed import KIND, LONGEST_INTERVAL, OLDEST, Entry, Feed, apart, newest, scoped
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Engagement, Mention, Precision

DEEPEST = 500  # elements within elements; the parser's work grows with the square of it
MOST_ATTRIBUTES = 200  # of one element, for the same reason
MOST_STRAY = 20_000  # '<' that begin no element; a text on programming has some hundreds


def read_markup(payload: bytes, *, now: datetime, url: str, content_type: str, zone: ZoneInfo) -> Feed:
    """Return what an XML feed says. Raises: CollectError when the payload is none.

    What feedparser calls bozo is no error (SOURCES §1): wrong charset headers and broken markup still give entries. What is
    an error is a payload of no version: a login page gives zero entries and no complaint.
    """
    if _is_too_deep(payload):
        page = page_kind(payload, content_type, url)
        raise CollectError("", f"the answer is {page or 'no feed'}, its elements nested more than {DEEPEST} deep; check "
                               "that the address is that of a feed")
    if _has_too_many_attributes(payload):
        raise CollectError("", f"the feed has an element of more than {MOST_ATTRIBUTES} attributes, which no feed needs and its "
                               "parser does not bear; tell its publisher")
    if payload.count(b"<") - len(_MARKUP_BEGINS.findall(payload)) > MOST_STRAY:
        raise CollectError("", f"the answer holds more than {MOST_STRAY} '<' that begin nothing, and is no feed; check that the "
                               "address is that of a feed")
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
    entries, left_out = newest(found["entries"], lambda entry: _entry(entry, found["feed"], now=now, url=url, zone=zone))
    truncated = isinstance(found.get("bozo_exception"), xml.sax.SAXParseException) and not re.search(
        rb"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>\s*(?:<!--.*-->\s*)?\Z", payload[-4096:].rstrip(b"\0 \r\n\t"), re.I | re.S
    )
    return Feed(tuple(apart(entries)), version, truncated, left_out, _next_link(found["feed"], url), _ttl(found["feed"]))


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


_MARKUP_BEGINS = re.compile(rb"<[A-Za-z_/!?\0]")
_TAG = re.compile(rb"[A-Za-z_](?:[^\"'<>]|\"[^\"<]*\"|'[^'<]*')*")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")


def _has_too_many_attributes(payload: bytes) -> bool:
    """Return whether one element has more than ``MOST_ATTRIBUTES``; their values may hold '>'."""
    for part in payload.replace(b"\0", b"").split(b"<"):
        if part.count(b"=") > MOST_ATTRIBUTES and (tag := _TAG.match(part)):
            if _QUOTED.sub(b"", tag[0]).count(b"=") > MOST_ATTRIBUTES:
                return True
    return False


_HALF_CHARACTER = re.compile(
    rb"&#(?:x0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d\d\d|7[0-2]\d\d|73[0-3]\d|734[0-3]));"
)
_NO_CHARACTER = re.compile(rb"&#(?:[xX][0-9A-Fa-f]{6,}|\d{7,});")  # may be above the last one there is, U+10FFFF
_PLACES_AND_CHAPTERS = re.compile(rb"</?(?:georss|gml|geo|psc):[^<>]*>")


def _feedparser(payload: bytes, url: str, content_type: str) -> Any:
    """Return feedparser's reading. Raises: CollectError where the payload is more than it can bear.

    It falls over references to half a character, or to one above the last, and over broken coordinates and chapters (6.0.14, found by mutating the
    recorded feeds): the first are mended, the others, which no mention needs, are left out at a second attempt.
    """
    headers = {"content-type": content_type} if content_type else {}
    if url:
        headers["content-location"] = url
    mended = _NO_CHARACTER.sub(_within_unicode, _HALF_CHARACTER.sub(b"&#xFFFD;", payload)) if b"&#" in payload else payload
    for attempt in (mended, _PLACES_AND_CHAPTERS.sub(b"", mended)):
        try:
            # A stream, because feedparser opens bytes that look like a path or an address. No sanitising: no HTML survives.
            return feedparser.parse(io.BytesIO(attempt), response_headers=headers, sanitize_html=False)
        except (ArithmeticError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            trouble = error
    raise CollectError(
        "",
        f"the feed is broken in a way its parser does not bear ({type(trouble).__name__}: {short(trouble, 80)}); "
        "tell its publisher",
    )


def _within_unicode(reference: re.Match[bytes]) -> bytes:
    written = reference[0][2:-1].lower()
    digits = written.lstrip(b"x0")
    if len(digits) <= 7 and int(digits or b"0", 16 if written.startswith(b"x") else 10) <= 0x10FFFF:
        return reference[0]
    return b"&#xFFFD;"


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
        id=scoped(own_id, url) or native_id(link) or content_id(title, text, _field(entry, "published")),
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
        rating=rating_share(_field(entry, "im_rating"), 5),
        outlet=outlet,
        raw=raw_of(entry),
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


def _next_link(feed: Any, url: str) -> str | None:
    for wanted in ("next", "prev-archive"):
        for link in items(_field(feed, "links")):
            if mapping(link).get("rel") == wanted and (target := joined(url, link.get("href"))):
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
