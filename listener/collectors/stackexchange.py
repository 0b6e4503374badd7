"""Stack Exchange: questions of one site (Stack Overflow, Super User, …) that its search finds.

Endpoint: ``GET https://api.stackexchange.com/2.3/search/advanced`` and ``/questions/<ids>`` (100 ids).
Docs: https://api.stackexchange.com/docs    Auth: none, or a key of stackapps.com for more requests.    Cost: none.
Limits: 300 requests a day for an address, 10,000 with a key, until midnight UTC: what remains is spread over the day; 30 a
second. An answer may hold ``backoff``, seconds in which the same method must not be called; who does is banned for minutes to
hours (error 502, throttle_violation).
Terms: https://stackoverflow.com/legal/api-terms-of-use. Texts are CC BY-SA: who shows one names its author and links to the
question; both stand in the mention.    Reach basis: ``view_count``, how often a question was opened.

Answers and comments are not searched. The score of a question may be negative and is then unknown here. Cursor: that of
``walk``; the token of a page is the second at which the page before ended.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from listener.calendar import parse_time
from listener.client import Response
from listener.client.waiting import in_words
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, items, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import Page, Walk, doubtful
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "stackexchange"
PAGE = 100
OVERLAP = timedelta(hours=1)
THROTTLED, UNAVAILABLE, INTERNAL = 502, 503, 500  # ids of errors; they come with any status
KEY_REFUSED = (403, 405)


class Options(BaseModel, frozen=True, extra="forbid"):
    query: str = Field(min_length=1, description="what to search for in title and text")
    site: str = Field(default="stackoverflow", min_length=1, description="site to search: stackoverflow, superuser")
    key_env: str | None = Field(default=None, description="environment variable with a key of stackapps.com")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=10, ge=1, le=1000, description="pages a poll reads at most, 100 questions each")
    base_url: str = Field(default="https://api.stackexchange.com/2.3", description="address of the API")


def parse(payload: bytes, *, now: datetime, site: str) -> list[Mention]:
    """Return the mentions of a list of questions. Raises: CollectError when the payload is none, or says what went wrong."""
    return _mentions(_questions(_wrapper(payload)), now, site)


def _mentions(rows: Sequence[dict[str, Any]], now: datetime, site: str) -> list[Mention]:
    return [_mention(row, own_id, now, site) for row in rows if (own_id := native_id(row.get("question_id")))]


def _wrapper(payload: bytes) -> dict[str, Any]:
    data = json_object(payload, "a Stack Exchange list")
    if "error_id" in data or not isinstance(data.get("items"), list):
        raise _trouble(data)
    return data


def _questions(data: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [mapping(item) for item in items(data["items"])]
    if rows and not any("question_id" in row for row in rows):
        raise CollectError("", "the answer lists no questions; check base_url")
    return rows


def _trouble(data: dict[str, Any]) -> CollectError:
    """Return what an error of the API means. Its wait stands in its words: "more requests available in 812 seconds"."""
    code, said = count(data.get("error_id")), short(data.get("error_message"), 160)
    aside = f" (it says {said!r})" if said else ""
    if code == THROTTLED:
        stated = re.search(r"(\d{1,6}) seconds", said or "")
        wait = timedelta(seconds=int(stated.group(1))) if stated else timedelta(minutes=10)
        return CollectError("", f"the API says we ask too often{aside}; retrying in {in_words(wait)}, a key_env gives more "
                                "requests a day", retry_after=wait)
    if code in (UNAVAILABLE, INTERNAL):
        return CollectError("", f"the API is in trouble{aside}; retrying later")
    if code in KEY_REFUSED or (code is not None and "key" in (said or "").lower()):
        return CollectError("", f"the API refuses the key{aside}; set the variable of key_env to a key of stackapps.com",
                            permanent=True)
    if code is not None:
        return CollectError("", f"the API does not accept the request{aside}; check site and query", permanent=True)
    return CollectError("", f"the answer is no Stack Exchange list{aside}; check base_url")


def _mention(row: dict[str, Any], own_id: str, now: datetime, site: str) -> Mention:
    created = parse_time(count(row.get("creation_date")) or "", UTC)
    published, precision = placed(*created, now) if created else (now, Precision.ESTIMATED)
    edited = parse_time(count(row.get("last_edit_date")) or "", UTC)
    owner = mapping(row.get("owner"))
    user, name = native_id(owner.get("user_id")), short(html_to_text(clean(owner.get("display_name"))))
    return Mention(
        kind=KIND, id=native_id(f"{site}/{own_id}"), text=html_to_text(clean(row.get("body"))),
        title=short(html_to_text(clean(row.get("title"))), 1000), url=web_url(row.get("link")),
        published_at=published, precision=precision, edited_at=min(edited[0], now) if edited else None,
        author=Author(KIND, native_id(f"{site}/{user}"), name, web_url(owner.get("link"))) if user else None,
        engagement=_engagement(row, now), raw=raw_of(row))


def _engagement(row: dict[str, Any], now: datetime) -> Engagement | None:
    score, answers, views = count(row.get("score")), count(row.get("answer_count")), count(row.get("view_count"))
    return None if score is answers is views is None else Engagement(now, likes=score, comments=answers, views=views)


class StackExchangeCollector(NetworkCollector[Options]):
    """Reads one search of one site."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return questions that are new or changed since ``cursor``. Raises: CollectError."""
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {options.site} {options.query}", OVERLAP, options.max_pages, options.backfill,
                    source=self._label)
        horizon = walk.horizon(cursor)
        pause: timedelta | None = None
        spacing: timedelta | None = None

        def read(token: str | None) -> Page:
            nonlocal pause, spacing
            if pause:
                raise self._failure(f"the API wants a pause of {in_words(pause)} before the next page; going on then",
                                    retry_after=pause)
            bounds = {"fromdate": str(int(horizon.timestamp()))} if horizon else {}
            bounds |= {"todate": token} if token else {}
            data = self._ask("/search/advanced", {"q": options.query, "sort": "creation", "order": "desc", **bounds})
            pause, spacing = _pause(data, now), _spacing(data, now)
            rows = _questions(data)
            mentions = _mentions(rows, now, options.site)
            following = _following(rows, token) if data.get("has_more") else None
            return Page(mentions, following, len(rows), ended=following is None)

        batch = walk.collect(read, cursor, now)
        spacing = spacing if batch.state is CoverageState.OK and batch.complete else None
        return replace(batch, min_interval=max(filter(None, (batch.min_interval, pause, spacing)), default=None))

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the questions as they are now, and the keys of those that are gone. Raises: CollectError."""
        found: dict[MentionKey, Mention] = {}
        now, pause = self._now(), None
        asked = [key for key in keys if key.id.startswith(f"{self._options.site}/")]
        for start in range(0, len(asked), PAGE):
            if pause:
                asked = asked[:start]  # the rest comes with its next turn
                break
            ids = ";".join(key.id.rpartition("/")[2] for key in asked[start:start + PAGE])
            data = self._ask(f"/questions/{ids}", {})
            pause = _pause(data, now)
            found |= {mention.key: mention for mention in _mentions(_questions(data), now, self._options.site)}
        shown, gone = tuple(found[key] for key in asked if key in found), tuple(key for key in asked if key not in found)
        if doubtful(len(gone), len(asked)):
            return Batch(shown, state=CoverageState.PARTIAL, min_interval=pause,
                         reason=f"{len(gone)} of {len(asked)} questions were not shown; they are asked for again")
        return Batch(shown, gone, min_interval=pause)

    def _ask(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        options = self._options
        common = {"site": options.site, "pagesize": str(PAGE), "filter": "withbody"}
        if options.key_env:
            key = os.environ.get(options.key_env)
            if not key:
                raise self._failure(f"the environment variable {options.key_env!r} is not set; "
                                    "set it to a key of stackapps.com", permanent=True)
            common["key"] = key
        answer = self._client.get(options.base_url + path, source=self._label, params={**query, **common},
                                  accept="application/json", readable=(400, 403, 429, 502, 503))
        if answer.status != 200 and not _is_explained(answer):
            raise self._client.failure(answer, self._label)
        return self._understood(answer, _wrapper)


def _is_explained(answer: Response) -> bool:
    try:
        return "error_id" in json_object(answer.body, "")
    except CollectError:
        return False


def _pause(data: dict[str, Any], now: datetime) -> timedelta | None:
    """Return how long the API is to be left alone after this answer."""
    if count(data.get("quota_remaining")) == 0:
        return _until_midnight(now)
    backoff = count(data.get("backoff"))
    return timedelta(seconds=min(backoff, 86_400)) if backoff else None


def _spacing(data: dict[str, Any], now: datetime) -> timedelta | None:
    """Return how far apart requests have to be so that what remains of the day's quota lasts."""
    remaining = count(data.get("quota_remaining"))
    return _until_midnight(now) / remaining if remaining else None


def _until_midnight(now: datetime) -> timedelta:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - now


def _following(rows: Sequence[dict[str, Any]], token: str | None) -> str | None:
    """Return the second to read on from. It is read again, since several questions may share it, unless it fills a page."""
    seconds = [second for row in rows if (second := count(row.get("creation_date"))) is not None]
    if not seconds:
        return None
    return str(min(seconds) - 1) if str(min(seconds)) == token else str(min(seconds))
