"""Mastodon and what speaks its API (GoToSocial, Pleroma, Friendica): public hashtag timelines and the public timeline.

Endpoint: ``GET https://<instance>/api/v1/timelines/tag/{tag}`` and ``/api/v1/timelines/public``.
Docs: https://docs.joinmastodon.org/methods/timelines/    Auth: none, or a token where an instance closed its timelines.
Limits: 300 requests in 5 minutes for an address; ``X-RateLimit-Reset`` is ISO 8601, elsewhere an epoch. Cost: none.
Terms: each instance's; accounts that ask not to be indexed (``noindex``, #nobot or #noindex in the bio) are left out.
Reach basis: followers of the author. Counts of posts from elsewhere are only what this instance saw.

An instance knows only posts that reached it: listen on a large one, and on the one where your customers are. Ids are opaque
and belong to one instance, so a mention's id is its ``uri``, the same everywhere. Paging walks forward by ``min_id`` from a
place some minutes back, because posts from other servers arrive late and in between. A post is asked for again by the id in
its ``uri``, which only posts written on this very instance have.

Cursor: ``query``, ``min_id``, ``known`` {id: [hash of text, counts, created, uri]}.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.client import Response, page_kind
from listener.collectors.network import NetworkCollector
from listener.collectors.payload import (
    clean,
    count,
    host_of,
    items,
    joined,
    language_tag,
    mapping,
    native_id,
    placed,
    raw_of,
    short,
    short_hash,
    web_url,
)
from listener.collectors.walk import (
    ADVICE,
    ANOTHER_SHAPE,
    EMPTY,
    Page,
    doubted,
    fingerprint,
    has_words,
    lost_words,
    readable,
    same_words,
)
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "mastodon"
PAGE = 40  # the most an instance gives
PAGES_A_CALL = 10
OVERLAP = timedelta(minutes=15)  # how late a post from another server may arrive
MOST_KNOWN = 800
MOST_CHECKED = 10  # vanished posts asked for one by one in a poll


class Options(BaseModel, frozen=True, extra="forbid"):
    instance: str = Field(description="host of the instance (mastodon.social), or its address")
    tags: tuple[str, ...] = Field(default=(), max_length=4, description="hashtags, up to four; none: the public timeline")
    local: bool = Field(default=False, description="only posts written on this instance")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages the first poll reads at most, with backfill")
    token_env: str | None = Field(default=None, description="environment variable that holds an access token")

    @field_validator("instance")
    @classmethod
    def _address(cls, value: str) -> str:
        address = value if "://" in value else f"https://{value}"
        parts = urlsplit(address.rstrip("/"))
        if (
            parts.scheme not in ("http", "https")
            or not re.fullmatch(r"[\w.:-]+", parts.hostname or "")
            or parts.query
            or parts.fragment
        ):
            raise ValueError(f"{value!r} is no instance; write its host: 'mastodon.social'")
        return address.rstrip("/")

    @field_validator("tags")
    @classmethod
    def _tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(tag.strip().lstrip("#") for tag in value)
        for tag in bare:
            if not re.fullmatch(r"[\w\u200c]+", tag):
                raise ValueError(f"{tag!r} is no hashtag; it is letters, digits and '_', without spaces")
        return bare


# ---------------------------------------------------------------------------------------------- pure: payload to mentions


@dataclass(frozen=True, slots=True)
class Status:
    id: str  # on its instance
    mention: Mention


def parse(payload: bytes, *, now: datetime, instance: str = "") -> list[Mention]:
    """Return the mentions of a timeline, a search result or one status. Posts that are not public, or whose author asks not to
    be indexed, are left out. Raises: CollectError when the payload is not one of these.
    """
    return [status.mention for status in read(payload, now=now, instance=instance)]


def read(payload: bytes, *, now: datetime, instance: str = "") -> list[Status]:
    """Return ``parse``'s mentions with the ids by which the instance pages."""
    found = [_status(mapping(data), now, instance) for data in _statuses(payload)]
    uris = {status.id: status.mention.id for status in found if status}
    return [
        replace(
            status,
            mention=replace(status.mention, in_reply_to=uris.get(status.mention.in_reply_to or "", status.mention.in_reply_to)),
        )
        for status in found
        if status
    ]


def _statuses(payload: bytes) -> list[Any]:
    try:
        data = json.loads(payload)
    except (ValueError, RecursionError):
        page = page_kind(payload)
        raise CollectError(
            "",
            f"the answer is {page or 'not whole JSON'}; "
            + ("check that this host is a Mastodon instance" if page else "it is read again next time"),
        ) from None
    if isinstance(data, list):
        return data
    if isinstance(data, dict) and isinstance(data.get("statuses"), list):
        return list(data["statuses"])
    if isinstance(data, dict) and "account" in data and "content" in data:
        return [data]
    said = short(mapping(data).get("error"))
    raise CollectError(
        "", f"the answer is no timeline{f' (it says {said!r})' if said else ''}; check that this host is a Mastodon instance"
    )


def _status(outer: Mapping[str, Any], now: datetime, instance: str) -> Status | None:
    data = mapping(outer.get("reblog")) or outer
    page_id = native_id(outer.get("id"))
    account = mapping(data.get("account"))
    if not page_id or not account or data.get("visibility", "public") not in ("public", "unlisted") or not may_index(account):
        return None
    url = web_url(data.get("url")) or web_url(data.get("uri"))
    own_id = native_id(data.get("uri")) or url or page_id
    text = html_to_text(clean(data.get("content")))
    if not text:  # a picture alone: its description is what its author says
        text = "\n".join(
            words for part in items(data.get("media_attachments")) if (words := clean(mapping(part).get("description")).strip())
        )
    created = parse_time(clean(data.get("created_at")), UTC) if data.get("created_at") else None
    published, precision = placed(created[0], created[1], now) if created else (now, Precision.ESTIMATED)
    edited = parse_time(clean(data.get("edited_at")), UTC) if data.get("edited_at") else None
    counts = [count(data.get(name)) for name in ("favourites_count", "reblogs_count", "replies_count")]
    return Status(page_id, Mention(
        kind=KIND, id=own_id, text=text, title=short(html_to_text(clean(data.get("spoiler_text"))), 1000), url=url,
        published_at=published, precision=precision, edited_at=min(edited[0], now) if edited else None,
        author=_author(account, instance),
        engagement=Engagement(now, *counts) if any(number is not None for number in counts) else None,
        language=language_tag(data.get("language")), in_reply_to=native_id(data.get("in_reply_to_id")) or None,
        raw=raw_of(data)))


def _is_aside(outer: Mapping[str, Any]) -> bool:
    """Whether a status is left out on purpose: it is not public, or its author does not want to be read by machines."""
    data = mapping(outer.get("reblog")) or outer
    account, visibility = mapping(data.get("account")), data.get("visibility", "public")
    if not native_id(outer.get("id")) or not account or not isinstance(visibility, str):
        return False
    return visibility not in ("public", "unlisted") or not may_index(account)


def may_index(account: Mapping[str, Any]) -> bool:
    """Return whether an account lets machines read its public posts: ``noindex``, #nobot and #noindex in the bio say no."""
    if account.get("noindex") is True:
        return False
    written = [clean(account.get("note")), *(clean(mapping(field).get("value")) for field in items(account.get("fields")))]
    return not re.search(r"#\s*no(?:bot|index)\b", re.sub(r"<[^>]*>", "", " ".join(written)), re.I)


def _author(account: Mapping[str, Any], instance: str) -> Author:
    url = web_url(account.get("url")) or web_url(account.get("uri"))
    handle = short(account.get("acct")) or short(account.get("username")) or native_id(account.get("id"))
    if "@" not in handle:  # local: the name alone is many people's
        host = host_of(url or instance)
        handle = f"{handle}@{host}" if host else handle
    return Author(KIND, native_id(handle), short(account.get("display_name")) or short(account.get("username")), url,
                  count(account.get("followers_count")))


def local_id(uri: str, instance: str) -> str | None:
    """Return the id that an instance gives a post written on it, which stands at the end of the post's ``uri``, else None."""
    found = re.search(r"/statuses/(\w+)/?$", uri.partition("?")[0].partition("#")[0])
    return found.group(1) if found and host_of(uri) == host_of(instance) else None


def in_order(own_id: str) -> tuple[int, str]:
    """Return a key that sorts the opaque ids of an instance: longer is later, then by letters."""
    return len(own_id), own_id


# ---------------------------------------------------------------------------------------------- the collector


class MastodonCollector(NetworkCollector[Options]):
    """Reads one timeline of one instance."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts that are new or changed since ``cursor``, and keys of posts that were deleted. Raises: CollectError."""
        now = self._now()
        state = dict(cursor or {})
        query = short_hash(self._options.instance, self._options.tags, self._options.local)
        if state.get("query") != query:
            state = {}
        known = {
            key: value for key, value in mapping(state.get("known")).items() if isinstance(value, list) and len(value) == 4
        }
        since = native_id(state.get("min_id"))
        floor = since or (min(known, key=in_order) if known else "")
        poll = _Poll(known, now)
        reached = ""
        if since:
            problem, wait, complete, reached = self._forward(poll, since, now)
            if not poll.shown:
                # Nothing since then is silence, or a timeline that was closed and shows nothing any more: look whether it does.
                self._read_into(poll, self._page({}), now)
        else:
            # Nothing is older than the overlap yet: from the newest page back to the first post that was known.
            problem, wait, complete = self._newest(poll, now, floor, deep=bool(state) or self._options.backfill)
        if not poll.shown:
            self._refuse_closed(state, now)
        whole = complete and problem is None
        problem = "; ".join([*([problem] if problem else []), *poll.doubts]) or None
        deleted = self._vanished(poll, since) if known and whole else []
        following = {"query": query, "known": poll.remembered({key.id for key in deleted}),
                     "min_id": poll.resume(since) if whole else reached}
        if state.get("open_at"):
            following["open_at"] = state["open_at"]
        return Batch(tuple(poll.mentions), tuple(deleted), following, CoverageState.PARTIAL if problem else CoverageState.OK,
                     problem, wait, complete, shown=poll.shown, overflow=poll.overflow)

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return posts of this instance's own people as they are now, and the keys of those that are gone or no longer public.

        Posts from elsewhere are passed over: their ``uri`` does not say by which id this instance knows them, looking them up
        takes a search that fetches them anew, and the counts at their home are other counts than those seen here. They grow
        while a poll shows them. Raises: CollectError.
        """
        now, mentions, gone = self._now(), list[Mention](), list[MentionKey]()
        for key in keys:
            page_id = local_id(key.id, self._options.instance)
            if page_id is None:
                continue
            answer = self._get(f"{self._options.instance}/api/v1/statuses/{quote(page_id, safe='')}", {}, (404, 410))
            found, listed = ([], []) if answer.status in (404, 410) else (self._read(answer, now), self._ids(answer))
            if listed and not found and not all(_is_aside(mapping(data)) for data in listed):
                raise self._failure(f"{ANOTHER_SHAPE} (a post that cannot be read); {ADVICE}")
            shown = [status.mention for status in found if status.mention.key == key]
            mentions += shown
            gone += [] if shown else [key]
        return Batch(tuple(mentions), tuple(gone))

    def _forward(self, poll: _Poll, since: str, now: datetime) -> tuple[str | None, timedelta | None, bool, str]:
        """Walk from ``since`` to the present, oldest page first: what is read is never in need of what is not."""
        reached = since
        for page in range(1, PAGES_A_CALL + 1):
            try:
                answer = self._page({"min_id": reached})
                self._read_into(poll, answer, now)
            except CollectError as error:
                if page == 1:
                    raise
                return f"page {page}: {error.what}", error.retry_after, True, reached
            ids = [native_id(mapping(data).get("id")) for data in self._ids(answer)]
            if ids and min(map(in_order, ids)) <= in_order(reached):
                # This server does not know min_id and gave its newest page: walk back until what is known.
                problem, wait, complete = self._backward(poll, answer, since, now)
                return problem, wait, complete, since if problem else max([reached, *ids], key=in_order)
            if not ids:
                return None, None, True, reached
            reached = max(ids, key=in_order)
            if len(ids) < PAGE // 2:  # a full page may be a little short, since servers filter after they count
                return None, None, True, reached
        return None, None, False, reached

    def _newest(self, poll: _Poll, now: datetime, floor: str, *, deep: bool) -> tuple[str | None, timedelta | None, bool]:
        answer = self._page({})
        self._read_into(poll, answer, now)
        return self._backward(poll, answer, floor, now) if deep else (None, None, True)

    def _backward(self, poll: _Poll, answer: Response, since: str, now: datetime) -> tuple[str | None, timedelta | None, bool]:
        for page in range(2, self._options.max_pages + 1):
            ids = [native_id(mapping(data).get("id")) for data in self._ids(answer)]
            following = answer.links.get("next")
            older = joined(answer.url, following) if following else None
            if not ids or not older or (since and min(map(in_order, ids)) <= in_order(since)):
                return None, None, True
            try:
                answer = self._get(older, {})
                self._read_into(poll, answer, now)
            except CollectError as error:
                return f"page {page}: {error.what}", error.retry_after, True
        poll.overflow = bool(since)
        return f"stopped after {self._options.max_pages} pages; raise max_pages", None, True

    def _page(self, parameters: Mapping[str, str]) -> Response:
        first, *others = self._options.tags or ("",)
        path = f"/api/v1/timelines/tag/{quote(first, safe='')}" if first else "/api/v1/timelines/public"
        query: dict[str, Any] = {"limit": str(PAGE), **parameters}
        if others:
            query["any[]"] = others
        if self._options.local:
            query["local"] = "true"
        return self._get(self._options.instance + path, query)

    def _get(self, address: str, query: Mapping[str, Any], readable: tuple[int, ...] = ()) -> Response:
        headers = {}
        if self._options.token_env:
            token = os.environ.get(self._options.token_env)
            if not token:
                raise self._failure(f"the environment variable {self._options.token_env!r} is not set; "
                                    "set it to an access token of this instance", permanent=True)
            if host_of(address) == host_of(self._options.instance):
                headers["authorization"] = f"Bearer {token}"
        return self._client.get(address, source=self._label, params=query or None, headers=headers, accept="application/json",
                                readable=readable)

    def _read(self, answer: Response, now: datetime) -> list[Status]:
        return self._understood(answer, lambda payload: read(payload, now=now, instance=self._options.instance))

    def _read_into(self, poll: _Poll, answer: Response, now: datetime) -> None:
        found, listed = self._read(answer, now), self._ids(answer)
        page = Page([status.mention for status in found], None, len(listed),
                    aside=sum(_is_aside(mapping(data)) for data in listed))
        readable(page, self._label)
        poll.add(found, page)
        poll.ids |= {native_id(mapping(data).get("id")) for data in self._ids(answer)}

    def _ids(self, answer: Response) -> list[Any]:
        return _statuses(answer.body)

    def _refuse_closed(self, state: dict[str, Any], now: datetime) -> None:
        """An instance that closed its timelines answers with an empty one (since 4.5). Ask it, once a day."""
        if state.get("open_at") == now.date().isoformat():
            return
        try:
            answer = self._get(f"{self._options.instance}/api/v2/instance", {})
            access = mapping(mapping(mapping(json.loads(answer.body)).get("configuration")).get("timelines_access"))
        except (CollectError, ValueError, RecursionError):
            return  # an older instance, or another server, which cannot say
        kind = "hashtag_feeds" if self._options.tags else "live_feeds"
        which = mapping(access.get(kind))
        said = which.get("local") if self._options.local else which.get("remote", which.get("local"))
        if said == "disabled" or (said == "authenticated" and not self._options.token_env):
            what = "closed this timeline" if said == "disabled" else "shows this timeline to its members only"
            raise self._failure(f"{urlsplit(self._options.instance).hostname} {what}; "
                                + ("read another instance" if said == "disabled" else "set token_env or read another instance"),
                                permanent=True)
        state["open_at"] = now.date().isoformat()

    def _vanished(self, poll: _Poll, since: str) -> list[MentionKey]:
        """Return posts of the stretch just read that are gone, each confirmed by a 404 of its own."""
        gone = []
        for page_id, uri in poll.missing(since)[:MOST_CHECKED]:
            try:
                answer = self._get(f"{self._options.instance}/api/v1/statuses/{quote(page_id, safe='')}", {}, (404, 410))
            except CollectError:
                break  # deletions can wait, what was read cannot
            if answer.status in (404, 410):
                gone.append(MentionKey(KIND, uri))
        return gone


class _Poll:
    """The posts of one poll, compared with what the cursor knows."""

    def __init__(self, known: Mapping[str, list[Any]], now: datetime) -> None:
        self._known = known
        self._now = now
        self.current: dict[str, list[Any]] = {}
        self.mentions: list[Mention] = []
        self.ids: set[str] = set()  # of all posts shown, those of people who ask not to be read included
        self.overflow = False
        self.doubts: dict[str, None] = {}  # why pages are not believed whole

    @property
    def shown(self) -> int:
        return len(self.ids)

    def add(self, statuses: Iterable[Status], page: Page) -> None:
        met, lost = 0, 0
        for status in statuses:
            mention, counts, words = status.mention, status.mention.engagement, fingerprint(status.mention)
            if status.id in self.current:
                continue
            record = [
                words,
                [counts.likes, counts.shares, counts.comments] if counts else None,
                mention.published_at.isoformat(),
                mention.id,
            ]
            before = self._known.get(status.id)
            self.current[status.id] = record
            met += before is not None
            if before is not None and lost_words(before[0], words):
                lost, self.current[status.id] = lost + 1, before
                continue
            same = before is not None and same_words(before[0], words)
            if not has_words(mention) or (before is not None and same and before[1] == record[1]):
                continue
            if before and not same and before[0] != EMPTY and mention.edited_at is None:
                mention = replace(mention, edited_at=self._now)
            self.mentions.append(mention)
        if lost * 2 > met:
            self.doubts[f"{ANOTHER_SHAPE} ({lost} of {met} known items have lost their text or title); {ADVICE}"] = None
        if doubt := doubted(page):
            self.doubts[doubt] = None

    def missing(self, since: str) -> list[tuple[str, str]]:
        """Return known posts of the stretch that was just read and did not show them."""
        low, high = in_order(since), max(map(in_order, self.current), default=(0, ""))
        return [(page_id, str(record[3])) for page_id, record in self._known.items()
                if low < in_order(page_id) <= high and page_id not in self.current]

    def resume(self, since: str) -> str:
        """Return the id to walk on from: the latest one older than the overlap."""
        edge = (self._now - OVERLAP).isoformat()
        old = [page_id for page_id, record in {**self._known, **self.current}.items() if str(record[2]) <= edge]
        return max([since, *old], key=in_order)

    def remembered(self, deleted: set[str]) -> dict[str, list[Any]]:
        together = {**self._known, **self.current}
        latest = sorted(together, key=in_order, reverse=True)[:MOST_KNOWN]
        return {page_id: together[page_id] for page_id in latest if together[page_id][3] not in deleted}
