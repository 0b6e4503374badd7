"""Lemmy: posts and comments that the search of an instance finds, also those of other instances that it knows.

Endpoint: ``GET <instance>/api/v3/search`` (0.19) or ``/api/v4/search`` (1.0); ``/post?id=``, ``/comment?id=`` of the same API.
Docs: https://join-lemmy.org/api    Auth: none on public instances.    Cost: none.
Limits: set by each instance, 60 searches in ten minutes unless changed. Some say 429, some 400 with ``rate_limit_error``.
Terms: those of the instance.    Reach basis: none (votes and answers only; no followers, no views).

Which API an instance speaks is asked once and kept in the cursor. Posts and comments are two lists, since one may reach back a
month where the other reaches back an hour. A post is the same on every instance: its id is the address of its origin. Only
posts of the instance itself can be asked for again. Posts of other instances may arrive late: hence the long overlap.
Cursor: ``version`` and that of ``walk`` for each list; the token of a page is its number (v3) or what ``next_page`` says (v4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.client import Response
from listener.client.waiting import in_words
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, host_of, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Author, Batch, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "lemmy"
PAGE = 50
OVERLAP = timedelta(hours=6)
LISTS = ("post", "comment")
THROTTLED = timedelta(minutes=1)  # where the instance does not say how long

What = Literal["post", "comment"]


class Options(BaseModel, frozen=True, extra="forbid"):
    instance: str = Field(description="address of the instance: https://lemmy.example")
    queries: tuple[str, ...] = Field(min_length=1, description="what to search for, one search each (several spellings)")
    lists: tuple[What, ...] = Field(default=("post", "comment"), min_length=1, description="posts, comments or both")
    api: Literal["auto", "v3", "v4"] = Field(default="auto", description="API of the instance; auto asks it")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages a poll reads at most, 50 items each")

    @field_validator("instance")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not web_url(value):
            raise ValueError("write the instance's address: https://lemmy.example")
        return value.rstrip("/")

    @field_validator("queries")
    @classmethod
    def _are_words(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(value.strip() for value in values):
            raise ValueError("an empty query finds everything; write what to search for")
        return tuple(dict.fromkeys(value.strip() for value in values))


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the mentions of a search of either API. Raises: CollectError when the payload is none."""
    views = _views(json_object(payload, "a Lemmy search"))
    return [_mention(view, what, now) for view, what in views if not _is_gone(view[what])]


def _views(data: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return what a search shows, each with what it is: two lists in v3, one mixed list in v4."""
    mixed = next((data[name] for name in ("search", "results", "items") if isinstance(data.get(name), list)), None)
    if mixed is not None:
        views = [(mapping(view), clean(mapping(view).get("type_")).lower()) for view in mixed]
        if views and not any(what for _, what in views):
            raise _shape("items without a type_")
        views = [(view, what) for view, what in views if what in LISTS]
    elif isinstance(data.get("posts"), list) and isinstance(data.get("comments"), list):
        views = [(mapping(view), what) for what in LISTS for view in data[f"{what}s"]]
    elif isinstance(data.get("error"), str):
        said = short(data["error"], 80)
        raise CollectError("", f"the instance did not search (it says {said!r}); check its address and the query")
    else:
        raise _shape("no list of posts or comments")
    for view, what in views:
        if not native_id(mapping(view.get(what)).get("ap_id")):
            raise _shape(f"a {what} without ap_id")
    return views


def _shape(what: str) -> CollectError:
    return CollectError("", f"the answer has another shape than this program knows ({what}); "
                            "check the address of the instance, and tell us its version")


def _is_gone(item: dict[str, Any]) -> bool:
    return item.get("deleted") is True or item.get("removed") is True


def _mention(view: dict[str, Any], what: str, now: datetime) -> Mention:
    item, post, creator = mapping(view[what]), mapping(view.get("post")), mapping(view.get("creator"))
    counts = {**item, **mapping(view.get("counts"))}  # v4 keeps them in the item itself
    own_id = native_id(item.get("ap_id"))
    created = parse_time(clean(item.get("published_at") or item.get("published")), UTC)  # old versions name no zone: it is UTC
    published, precision = placed(*created, now) if created else (now, Precision.ESTIMATED)
    edited = parse_time(clean(item.get("edited_at") or item.get("updated_at") or item.get("updated")), UTC)
    likes, answers = count(counts.get("upvotes")), count(counts.get("comments" if what == "post" else "child_count"))
    top = clean(item.get("path")).count(".") == 1
    return Mention(
        kind=KIND, id=own_id, text=clean(item.get("body" if what == "post" else "content")),
        title=short(item.get("name"), 1000) if what == "post" else None, url=web_url(own_id),
        published_at=published, precision=precision, edited_at=min(edited[0], now) if edited else None, author=_author(creator),
        engagement=None if likes is None and answers is None else Engagement(now, likes=likes, comments=answers),
        in_reply_to=native_id(post.get("ap_id")) or None if what == "comment" and top else None, raw=raw_of(view))


def _author(creator: dict[str, Any]) -> Author | None:
    own_id = native_id(creator.get("actor_id") or creator.get("ap_id"))
    if not own_id:
        return None
    return Author(KIND, own_id, short(creator.get("display_name")) or short(creator.get("name")), web_url(own_id))


class LemmyCollector(NetworkCollector[Options]):
    """Reads searches of one instance."""

    kind = KIND
    experimental = True

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts and comments that are new or changed since ``cursor``. Raises: CollectError."""
        remembered = (cursor or {}).get("version")
        version = remembered if remembered in (3, 4) and self._options.api == "auto" else self._version()
        try:
            return self._read(version, cursor)
        except _NoSearchError:
            now_spoken = self._version() if version == remembered else version  # the instance may have been upgraded
            if now_spoken == version:
                raise
        return self._read(now_spoken, cursor)

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return what is this instance's own as it is now, and the keys of what is gone. Raises: CollectError."""
        own = [(key, found) for key in keys if (found := self._own(key.id))]
        version = self._version() if own else 3
        mentions, gone = [], []
        for key, (what, number) in own:
            answer = self._get(f"/api/v{version}/{what}", {"id": number}, (404, 410))
            view = self._understood(answer, partial(_single, what=what)) if answer.status == 200 else {}
            if view and not _is_gone(view[what]):
                mentions.append(_mention(view, what, self._now()))
            else:
                gone.append(key)
        return Batch(tuple(mentions), tuple(gone))

    def _read(self, version: int, cursor: Cursor | None) -> Batch:
        parts = {f"{query} {what}s": partial(self._list, version, query, what)
                 for query in self._options.queries for what in self._options.lists}
        batch = in_turn(parts, cursor)
        return replace(batch, cursor={**(batch.cursor or {}), "version": version})

    def _list(self, version: int, query: str, what: What, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.instance} {what} {query}", OVERLAP, options.max_pages, options.backfill, source=self._label)

        def read(token: str | None) -> Page:
            answer = self._get(f"/api/v{version}/search", _asking(version, query, what, token), (404,))
            if answer.status == 404:
                raise _NoSearchError(self._label, self._client.failure(answer, self._label).what)
            data = self._understood(answer, partial(json_object, what="a Lemmy search"))
            views = [view for view, is_a in self._understood(answer, lambda _: _views(data)) if is_a == what]
            mentions = [_mention(view, what, now) for view in views if not _is_gone(view[what])]
            gone = [MentionKey(KIND, native_id(view[what]["ap_id"])) for view in views if _is_gone(view[what])]
            following = short(data.get("next_page"), 2000) if version == 4 else str((count(token) or 1) + 1)
            return Page(mentions, following if views else None, len(views), gone, ended=not views or not following)

        return walk.collect(read, cursor, now)

    def _version(self) -> int:
        """Return the API the instance speaks: 0.19 has no v4 and says 404."""
        if self._options.api != "auto":
            return int(self._options.api[1:])
        answer = self._get("/api/v4/site", {}, (404,))
        if answer.status == 404:
            return 3
        self._understood(answer, _site)
        return 4

    def _own(self, own_id: str) -> tuple[str, str] | None:
        """Return what an address names on this instance, and its number; None for what lives elsewhere."""
        parts = own_id.partition("?")[0].partition("#")[0].split("/")[3:]
        parts = parts[:-1] if parts and not parts[-1] else parts
        if host_of(own_id) != host_of(self._options.instance) or len(parts) != 2 or parts[0] not in LISTS or not parts[1].isdigit():
            return None
        return parts[0], parts[1]

    def _get(self, path: str, query: dict[str, str], readable: tuple[int, ...] = ()) -> Response:
        answer = self._client.get(self._options.instance + path, source=self._label, params=query or None,
                                  accept="application/json", readable=(400, 401, *readable))
        if answer.status not in (400, 401):
            return answer
        try:
            said = clean(json_object(answer.body, "").get("error"))
        except CollectError:
            said = ""
        if 410 in readable and said.startswith(("couldnt_find", "not_found")):
            return answer
        if said == "rate_limit_error":
            raise self._failure(f"HTTP {answer.status}: the instance says we ask too often; retrying in {in_words(THROTTLED)}",
                                retry_after=THROTTLED)
        if said in ("instance_is_private", "not_logged_in"):
            raise self._failure(f"HTTP {answer.status}: the instance shows this to its members only; read another instance",
                                permanent=True)
        raise self._client.failure(answer, self._label)


class _NoSearchError(CollectError):
    """The instance has no search at the address of this API."""


def _asking(version: int, query: str, what: What, token: str | None) -> dict[str, str]:
    if version == 3:
        return {"q": query, "type_": f"{what.title()}s", "sort": "New", "listing_type": "All", "limit": str(PAGE),
                "page": token or "1"}
    # The name of the query was changed on the way to 1.0; what an instance does not know it ignores.
    asked = {"search_term": query, "q": query, "type_": f"{what}s", "sort": "new", "listing_type": "all", "limit": str(PAGE)}
    return {**asked, "page_cursor": token} if token else asked


def _single(payload: bytes, *, what: str) -> dict[str, Any]:
    view = mapping(json_object(payload, f"a Lemmy {what}").get(f"{what}_view"))
    if not native_id(mapping(view.get(what)).get("ap_id")):
        raise _shape(f"a {what} without ap_id")
    return view


def _site(payload: bytes) -> None:
    if not {"site_view", "version"} & json_object(payload, "what a Lemmy instance says of itself").keys():
        raise _shape("a site without a version")
