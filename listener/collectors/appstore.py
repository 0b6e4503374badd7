"""Reviews of apps in Apple's App Store, by the feeds that iTunes still serves.

Endpoint: ``GET https://itunes.apple.com/{country}/rss/customerreviews/page={1..10}/id={app}/sortby=mostrecent/json``
or ``…/xml``.
Docs: none of Apple's any more; the form is that of the public clients (app-store-scraper and others).    Auth: none.
Limits: not published; 403 and 429 mean that we ask too often. Cost: none.
Depth: the newest 500 reviews of a country, in 10 pages of 50. There is no Iranian store: us, ae, tr and de are used from Iran.
Terms: Apple's media services terms; the feed is public.    Reach basis: none (votes for a review only).

The JSON form shows an empty page now and then where the XML form is full, and some spellings of the path fail. An empty page
is believed only when XML and the other order of the path are empty too. Dates bear an offset. A feed names no language.

Cursor: that of ``walk`` for each app and country; the token of a page is its number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from xml.etree import ElementTree

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.client import page_kind, redact
from listener.collectors.answers import rating_share
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, items, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import ADVICE, ANOTHER_SHAPE, Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Author, Batch, Cursor, Engagement, Mention, Precision

KIND = "appstore"
PAGE = 50  # reviews
DEPTH = 10  # pages; what is older cannot be read
STARS = 5
OVERLAP = timedelta(days=2)  # a review shows up hours after the time it bears, in some countries later
_SPELLINGS = ("page={page}/id={app}/sortby=mostrecent/json", "page={page}/id={app}/sortby=mostrecent/xml",
              "id={app}/page={page}/sortby=mostrecent/json")
_ATOM = "{http://www.w3.org/2005/Atom}"
_ITUNES = "{http://itunes.apple.com/rss}"


class Options(BaseModel, frozen=True, extra="forbid", coerce_numbers_to_str=True):  # ids are often written as numbers
    apps: tuple[str, ...] = Field(min_length=1, max_length=50, description="ids of apps: the figures in their address")
    countries: tuple[str, ...] = Field(default=("us",), min_length=1, max_length=60, description="stores: us, ae, tr, de")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=DEPTH, ge=1, description="pages of an app and country a poll reads at most (there are 10)")
    base_url: str = Field(default="https://itunes.apple.com", description="address of the store's feeds")
    pause: float = Field(default=1.0, ge=0, le=600, description="seconds between two requests")

    @field_validator("apps")
    @classmethod
    def _apps(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        found = []
        for written in value:
            app = re.fullmatch(r"(?:https?://\S*/)?(?:id)?(\d{5,12})(?:[/?#]\S*)?", written.strip(), re.ASCII)
            if not app:
                raise ValueError(f"{written!r} is no app; write the figures behind 'id' in the address of its App Store page")
            found.append(app.group(1))
        return tuple(dict.fromkeys(found))

    @field_validator("countries")
    @classmethod
    def _countries(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for country in value:
            if not re.fullmatch(r"[A-Za-z]{2}", country):
                raise ValueError(f"{country!r} is no country of the App Store; write two letters: 'us', 'ae', 'tr'")
        return tuple(dict.fromkeys(country.lower() for country in value))


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the reviews of a feed, JSON or XML; entries without a rating are none (the first may tell of the app).

    Raises: CollectError when the payload is no such feed.
    """
    return [mention for entry in _feed(payload)[0] if (mention := _review(entry, now))]


def _feed(payload: bytes) -> tuple[list[dict[str, Any]], int | None]:
    """Return the entries as the JSON form has them, and the number of the last page where the feed says it."""
    if payload.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return _xml_feed(payload)
    data = json_object(payload, "a list of reviews")
    if not isinstance(data.get("feed"), dict):
        raise CollectError("", "the answer is no list of reviews; check the ids and countries of this source")
    feed = data["feed"]
    elsewhere = [name for name, value in feed.items() if name != "link" and any("id" in mapping(one) for one in items(value))]
    if "entry" not in feed and (elsewhere or (feed and not {"author", "link"} & feed.keys())):  # an empty one tells of itself
        raise CollectError("", f"{ANOTHER_SHAPE} (a feed of {', '.join(sorted(feed)[:5]) or 'nothing'}); {ADVICE}")
    entry = feed.get("entry", [])
    if not isinstance(entry, list | dict):
        raise CollectError("", f"the answer has another shape than this program knows (feed.entry is {short(entry, 40)!r}); "
                               "look for a newer version")
    links = {mapping(mapping(link).get("attributes")).get("rel"): mapping(mapping(link).get("attributes")).get("href")
             for link in items(feed.get("link"))}
    return [mapping(one) for one in ([entry] if isinstance(entry, dict) else entry)], _number(links.get("last"))


def _xml_feed(payload: bytes) -> tuple[list[dict[str, Any]], int | None]:
    text = payload.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    try:
        # Feeds declare no document type; entities that grow without end are declared there.
        root = None if re.search("<!(?:DOCTYPE|ENTITY)", text, re.I) else ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        root = None
    if root is None or root.tag != f"{_ATOM}feed":
        raise CollectError("", f"the answer is {page_kind(payload) or 'something else'} and not a list of reviews; "
                               "check the ids and countries of this source, or whether it is blocked here")
    last = next((link.get("href") for link in root.findall(f"{_ATOM}link") if link.get("rel") == "last"), None)
    return [_like_json(entry) for entry in root.findall(f"{_ATOM}entry")], _number(last)


def _like_json(entry: ElementTree.Element) -> dict[str, Any]:
    content = [one for one in entry.findall(f"{_ATOM}content") if one.get("type", "text") == "text"]
    found: dict[str, Any] = {name: {"label": entry.findtext(f"{_ATOM}{name}") or ""} for name in ("id", "title", "updated")}
    found["content"] = {"label": (content[0].text or "") if content else ""}
    found["author"] = {name: {"label": entry.findtext(f"{_ATOM}author/{_ATOM}{name}") or ""} for name in ("name", "uri")}
    for name in ("rating", "version", "voteSum", "voteCount"):
        if (value := entry.findtext(f"{_ITUNES}{name}")) is not None:
            found[f"im:{name}"] = {"label": value}
    link = entry.find(f"{_ATOM}link")
    return found if link is None else found | {"link": {"attributes": {"href": link.get("href")}}}


def _number(address: Any) -> int | None:
    found = re.search(r"/page=(\d{1,3})(?:/|$)", clean(address))
    return int(found.group(1)) if found else None


def _review(entry: Mapping[str, Any], now: datetime) -> Mention | None:
    own_id, stars = native_id(_label(entry, "id")), _label(entry, "im:rating")
    if not own_id or stars is None:
        return None
    stated = parse_time(clean(_label(entry, "updated")), UTC)
    published, precision = placed(*stated, now) if stated else (now, Precision.ESTIMATED)
    votes, link = count(_label(entry, "im:voteSum")), entry.get("link")
    # Where an entry has several links, the first is the review's.
    address = mapping(mapping(items(link)[0] if items(link) else link).get("attributes")).get("href")
    return Mention(
        kind=KIND, id=own_id, text=clean(_label(entry, "content")).strip(), title=short(_label(entry, "title"), 1000),
        url=web_url(address), published_at=published, precision=precision, author=_author(mapping(entry.get("author"))),
        engagement=None if votes is None else Engagement(now, likes=votes), rating=rating_share(stars, STARS),
        raw=raw_of(entry))


def _is_the_app(entry: Mapping[str, Any]) -> bool:
    """Whether an entry tells of the app and is no review: the first one may."""
    return bool(native_id(_label(entry, "id"))) and _label(entry, "im:rating") is None


def _author(author: Mapping[str, Any]) -> Author | None:
    name, page = short(_label(author, "name")), web_url(_label(author, "uri"))
    number = re.search(r"/id(\d+)/?$", page or "")
    own_id = number.group(1) if number else native_id(name)
    return Author(KIND, own_id, name, page) if own_id else None


def _label(entry: Mapping[str, Any], name: str) -> Any:
    return mapping(entry.get(name)).get("label")


class AppStoreCollector(NetworkCollector[Options]):
    """Reads the reviews of apps in the stores of some countries, one after the other."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return reviews that are new or changed since ``cursor``. Raises: CollectError."""
        return in_turn({f"{app} {country}": partial(self._store, app, country)
                        for app in self._options.apps for country in self._options.countries}, cursor)

    def _store(self, app: str, country: str, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {country} {app}", OVERLAP, min(options.max_pages, DEPTH), options.backfill,
                    source=self._label)

        def read(token: str | None) -> Page:
            number = count(token) or 1
            payload, (entries, last) = self._page(app, country, number)
            more = bool(entries) and number < DEPTH and (last is None or number < last)
            return Page(parse(payload, now=now), str(number + 1) if more else None, len(entries),
                        ended=len(entries) < PAGE, aside=int(bool(entries) and _is_the_app(entries[0])))

        return walk.collect(read, cursor, now)

    def _page(self, app: str, country: str, number: int) -> tuple[bytes, tuple[list[dict[str, Any]], int | None]]:
        """Return a page, in the first spelling of its path that shows any review."""
        for spelling in _SPELLINGS:
            answer = self._client.get(
                f"{self._options.base_url.rstrip('/')}/{country}/rss/customerreviews/{spelling.format(page=number, app=app)}",
                source=self._label, accept="application/json, application/atom+xml;q=0.9", readable=(403,),
                pace=timedelta(seconds=self._options.pause))
            if answer.status == 403:
                raise self._failure(f"HTTP 403: {redact(answer.url)} refuses us, as it does who asks too often; retrying later")
            feed = self._understood(answer, _feed)
            if feed[0]:
                break
        return answer.body, feed
