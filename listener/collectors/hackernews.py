"""Hacker News: stories and comments, found by Algolia's search.

Endpoint: ``GET https://hn.algolia.com/api/v1/search_by_date`` and ``/api/v1/items/<id>``.
Docs: https://hn.algolia.com/api    Auth: none.    Cost: none.
Limits: about 10,000 requests an hour for an address; at most 1,000 hits a query, so pages are cut by time and not by number.
Terms: https://www.ycombinator.com/legal/    Reach basis: none (points and comments only; no followers, no views).

A search knows what Algolia has indexed, usually within a minute. Typing mistakes are not forgiven (they give false matches).

Cursor: that of ``walk``; the token of a page is the second at which the page before ended, and where that second alone fills
more than a page, the number of the page within it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field

from listener.calendar import parse_time
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, items, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import Page, Walk
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "hackernews"
PAGE = 100
OVERLAP = timedelta(hours=1)
SITE = "https://news.ycombinator.com"


class Options(BaseModel, frozen=True, extra="forbid"):
    query: str = Field(min_length=1, description='what to search for; "quotes" keep words together')
    tags: Literal["story", "comment", "(story,comment)"] = Field(
        default="(story,comment)", description="stories, comments or both"
    )
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages a poll reads at most, 100 items each")
    base_url: str = Field(default="https://hn.algolia.com", description="address of the search")


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the mentions of a search. Raises: CollectError when the payload is none."""
    data = json_object(payload, "a Hacker News search")
    if not isinstance(data.get("hits"), list):
        raise CollectError(
            "",
            f"the answer is no Hacker News search (it says {short(data.get('message') or data.get('error'))!r}); "
            "check the options of this source",
        )
    return [mention for hit in data["hits"] if (mention := _hit(mapping(hit), now))]


def _hit(hit: dict[str, Any], now: datetime) -> Mention | None:
    own_id = native_id(hit.get("objectID"))
    if not own_id:
        return None
    comment = hit.get("comment_text") is not None
    text = html_to_text(clean(hit.get("comment_text") or hit.get("story_text") or hit.get("text")))
    return _mention(
        own_id, hit, text, comment=comment, parent=native_id(hit.get("parent_id")), comments=hit.get("num_comments"), now=now
    )


def _mention(
    own_id: str, data: dict[str, Any], text: str, *, comment: bool, parent: str, comments: Any, now: datetime
) -> Mention:
    created = parse_time(data.get("created_at_i") or clean(data.get("created_at")), UTC)
    published, precision = placed(*created, now) if created else (now, Precision.ESTIMATED)
    author = short(data.get("author"))
    points, answers = count(data.get("points")), count(comments)
    return Mention(
        kind=KIND, id=own_id, text=text, title=None if comment else short(data.get("title"), 1000),
        url=f"{SITE}/item?id={own_id}", published_at=published, precision=precision,
        author=Author(KIND, author, author, web_url(f"{SITE}/user?id={author}")) if author else None,
        engagement=None if points is None and answers is None else Engagement(now, likes=points, comments=answers),
        in_reply_to=parent if comment and parent else None, raw=raw_of(data))


class HackerNewsCollector(NetworkCollector[Options]):
    """Reads one search."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return stories and comments that are new or changed since ``cursor``. Raises: CollectError."""
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {options.tags} {options.query}", OVERLAP, options.max_pages, options.backfill,
                    source=self._label)
        horizon = walk.horizon(cursor)

        def read(token: str | None) -> Page:
            bounds = [f"created_at_i>={int(horizon.timestamp())}"] if horizon else []
            second, _, number = (token or "").partition("/")
            bounds += [f"created_at_i<={second}"] if second else []
            answer = self._client.get(
                f"{options.base_url}/api/v1/search_by_date",
                source=self._label,
                accept="application/json",
                params={
                    "query": options.query,
                    "tags": options.tags,
                    "hitsPerPage": PAGE,
                    "numericFilters": ",".join(bounds),
                    "typoTolerance": "false",
                    "advancedSyntax": "true",
                    **({"page": number} if number else {}),
                },
            )
            mentions = self._understood(answer, lambda payload: parse(payload, now=now))
            hits = items(self._understood(answer, lambda payload: json_object(payload, "")).get("hits"))
            following = _following(hits, token)
            return Page(mentions, following, len(hits), ended=following is None)

        return walk.collect(read, cursor, now)

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the items as they are now, and the keys of those that are gone. Raises: CollectError."""
        mentions: list[Mention] = []
        gone: list[MentionKey] = []
        now = self._now()
        for key in keys:
            try:
                answer = self._client.get(f"{self._options.base_url}/api/v1/items/{key.id}", source=self._label,
                                          accept="application/json", readable=(404, 410))
            except CollectError as error:
                if not mentions and not gone:
                    raise
                return Batch(
                    tuple(mentions), tuple(gone), state=CoverageState.PARTIAL, reason=error.what, min_interval=error.retry_after
                )
            if answer.status in (404, 410):
                gone.append(key)
                continue
            data = self._understood(answer, lambda payload: json_object(payload, "a Hacker News item"))
            if data.get("id") and not any(
                data.get(name) for name in ("author", "title", "text", "url")
            ):  # what is left of a deleted one
                gone.append(key)
                continue
            # An item lists its answers and not their number; the search's number is kept.
            mentions.append(_mention(key.id, data, html_to_text(clean(data.get("text"))), comment=data.get("type") == "comment",
                                     parent=native_id(data.get("parent_id")), comments=None, now=now))
        return Batch(tuple(mentions), tuple(gone))


def _following(hits: Sequence[Any], token: str | None) -> str | None:
    """Return where to read on. The last second is read again: several items may share it, even more than a page of them."""
    seconds = [second for hit in hits if (second := count(mapping(hit).get("created_at_i"))) is not None]
    if len(hits) < PAGE or not seconds:
        return None
    bound, _, number = (token or "").partition("/")
    return f"{bound}/{int(number or 0) + 1}" if str(min(seconds)) == bound else str(min(seconds))
