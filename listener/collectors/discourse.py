"""Discourse forums: every public post of a forum, or what its search finds.

Endpoint: ``GET <forum>/posts.json?before=<id>`` (all public posts, newest first, 50 a page: the better source); with
``queries`` ``GET <forum>/search.json?q=<words> order:latest&page=<n>`` (300 characters around the match, one post a topic, ten
pages); ``GET <forum>/posts/<id>.json``. Docs: https://docs.discourse.org    Cost: none.
Auth: none for what everybody may read; a forum for members needs an API key (of its admin, or a user's own).
Limits: 200 requests a minute and 50 in ten seconds for an address, 60 a minute for an admin's key, 20 a minute and 2,880 a
day for a user's; search has limits of its own and is refused under load. 429 says how long in ``Retry-After`` or in
``extras.wait_seconds``.
Terms: those of the forum.    Reach basis: ``reads``, the members and visitors who read a post (of /posts.json only).

``before`` was inclusive and counted 50 ids, not 50 posts, in old versions: a page may be short or empty in the middle, and its
last post may come again. A post that was moved or imported has a new id and an old date; it does not end a walk.
Searches of before 2014 answer with topics without times and are refused. Ids are only unique within a forum, so its name is
part of ours. Cursor: that of ``walk``, one a query; the token of a page is an id, or the number of a page of the search.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.client import Response
from listener.collectors.network import NetworkCollector, json_value
from listener.collectors.payload import (
    clean,
    count,
    items,
    language_tag,
    mapping,
    native_id,
    placed,
    raw_of,
    short,
    web_url,
)
from listener.collectors.walk import ADVICE, ANOTHER_SHAPE, Page, Walk, in_turn
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Batch, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "discourse"
OVERLAP = timedelta(hours=1)
STEP_BACK = 50  # ids; old versions show the posts among so many ids, and there may be none
SEARCH_PAGES = 10  # a search shows no more
MOST_WHOLE = 20  # posts of one search whose whole text is asked for; the others have it at their first refresh
LIKE = 2  # the id Discourse gives this kind of action


class Options(BaseModel, frozen=True, extra="forbid"):
    forum: str = Field(description="address of the forum: https://forum.example, with its folder where it has one")
    queries: tuple[str, ...] = Field(default=(), description="what to search for, one search each (at least three letters); "
                                                             "without any, every public post is read")
    api_key_env: str | None = Field(default=None, description="environment variable with an API key, for a forum of members")
    api_user: str | None = Field(default=None, description="user an admin's key acts for; none where the key is a user's own")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages a poll reads at most, 50 posts each")

    @field_validator("forum")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not web_url(value):
            raise ValueError("write the forum's address: https://forum.example")
        return value.rstrip("/")

    @field_validator("queries")
    @classmethod
    def _are_words(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(value.strip()) < 3 for value in values):
            raise ValueError("a forum does not search for fewer than three letters")
        return tuple(dict.fromkeys(value.strip() for value in values))


def parse(payload: bytes, *, now: datetime, forum: str) -> list[Mention]:
    """Return the mentions of a list of posts, a search, a topic or a post. Raises: CollectError when the payload is none."""
    return [mention for post in _posts(payload) if not _is_gone(post) and (mention := _mention(post, now, forum))]


def _posts(payload: bytes) -> list[dict[str, Any]]:
    """Return the posts of any of the shapes Discourse gives them in, with the title and the short name of their topic."""
    data = json_value(payload, "a list of Discourse posts")
    if isinstance(data, list) and data and all("results" in mapping(group) for group in data):
        raise CollectError("", "this forum's search answers as before 2014, with topics and no times; "
                               "leave 'queries' out to read its posts", permanent=True)
    if not isinstance(data, dict):
        raise _no_posts("")
    if trouble := short(mapping(data.get("grouped_search_result")).get("error")):
        raise CollectError("", f"the forum did not search (it says {trouble!r}); retrying later")
    if isinstance(data.get("latest_posts"), list):
        return list(map(mapping, data["latest_posts"]))
    if "post_stream" in data:
        stream = map(mapping, items(mapping(data["post_stream"]).get("posts")))
        return [{"topic_title": data.get("title"), **post} for post in stream if post]
    if isinstance(data.get("posts"), list) or "grouped_search_result" in data:
        if not isinstance(data.get("posts"), list) and (
                items(mapping(data["grouped_search_result"]).get("post_ids")) or items(data.get("topics"))):
            raise CollectError("", f"{ANOTHER_SHAPE} (a search that found posts and shows none); {ADVICE}")
        topics = {native_id(topic.get("id")): topic for topic in map(mapping, items(data.get("topics")))}
        return [{"topic_title": topic.get("title"), "topic_slug": topic.get("slug"), **post}
                for post in map(mapping, items(data.get("posts")))
                for topic in [topics.get(native_id(post.get("topic_id")), mapping(post.get("topic")))]]
    if "id" in data and ("cooked" in data or "raw" in data):
        return [data]
    raise _no_posts(short(data.get("message") or " ".join(map(clean, items(data.get("errors"))))))


def _no_posts(said: str | None) -> CollectError:
    return CollectError("", f"the answer is no list of Discourse posts{f' (it says {said!r})' if said else ''}; "
                            "check the address of the forum")


def _is_gone(post: dict[str, Any]) -> bool:
    since = post.get("deleted_at")
    return (isinstance(since, str) and bool(since)) or post.get("hidden") is True or post.get("user_deleted") is True


def _mention(post: dict[str, Any], now: datetime, forum: str) -> Mention | None:
    key = _key(post, forum)
    if key is None:
        return None
    created = parse_time(clean(post.get("created_at")), UTC)
    published, precision = placed(*created, now) if created else (now, Precision.ESTIMATED)
    changed = parse_time(clean(post.get("updated_at")), UTC) if (count(post.get("version")) or 1) > 1 else None
    first = count(post.get("post_number")) == 1
    slug, topic, number = short(post.get("topic_slug")) or "-", count(post.get("topic_id")), count(post.get("post_number"))
    cooked = clean(post.get("cooked")) or clean(post.get("blurb"))
    raw = post.get("raw")
    text = html_to_text(_without_quotes(cooked)) if cooked else clean(raw) if isinstance(raw, str) else ""
    likes = _likes(post)
    answers, reads = count(post.get("reply_count")), count(post.get("reads"))
    return Mention(
        kind=KIND, id=key.id, text=text, title=short(html_to_text(clean(post.get("topic_title"))), 1000) if first else None,
        url=web_url(f"{forum}/t/{slug}/{topic}/{number}") if topic is not None and number is not None else None,
        published_at=published, precision=precision, edited_at=min(changed[0], now) if changed else None,
        author=_author(post, forum),
        engagement=None if likes is None and answers is None and reads is None
        else Engagement(now, likes=likes, comments=answers, views=reads),
        language=language_tag(post.get("locale")), raw=raw_of(post))


def _key(post: dict[str, Any], forum: str) -> MentionKey | None:
    number = count(post.get("id"))
    return None if number is None else MentionKey(KIND, native_id(f"{_name(forum)}/{number}"))


def _name(forum: str) -> str:
    parts = urlsplit(forum)
    return parts.netloc.lower() + parts.path.rstrip("/")


def _author(post: dict[str, Any], forum: str) -> Author | None:
    user = short(post.get("username"))
    if not user:
        return None
    own_id = native_id(f"{user.lower()}@{_name(forum)}")
    return Author(KIND, own_id, short(post.get("name")) or user, web_url(f"{forum}/u/{user}"))


def _likes(post: dict[str, Any]) -> int | None:
    given = count(post.get("like_count"))
    actions = map(mapping, items(post.get("actions_summary")))
    likes = [count(action.get("count")) for action in actions if action.get("id") == LIKE]
    return given if given is not None else likes[0] if likes else None


def _without_quotes(cooked: str) -> str:
    """Return the HTML without the words of others that a post quotes."""
    kept: list[str] = []
    depth, last = 0, 0
    for tag in re.finditer(r"<aside\b|</aside>", cooked):
        if tag.group() == "</aside>":
            if depth:
                depth -= 1
                last = tag.end()
        elif depth or cooked.startswith('<aside class="quote', tag.start()):
            if not depth:
                kept.append(cooked[last:tag.start()])
            depth += 1
    return "".join((*kept, cooked[last:])) if not depth else cooked


class DiscourseCollector(NetworkCollector[Options]):
    """Reads all posts of one forum, or some searches of it."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts that are new or changed since ``cursor``. Raises: CollectError."""
        if not self._options.queries:
            return self._latest(cursor)
        batch = in_turn({query: partial(self._search, query) for query in self._options.queries}, cursor)
        return self._whole(batch)

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the posts as they are now, and the keys of those that are gone. Raises: CollectError."""
        found = [(key, self._single(key)) for key in keys]
        return Batch(tuple(mention for _, mention in found if mention), tuple(key for key, mention in found if not mention))

    def _latest(self, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(options.forum, OVERLAP, options.max_pages, options.backfill, source=self._label)
        horizon = walk.horizon(cursor)

        def read(token: str | None) -> Page:
            answer = self._get("/posts.json", {"before": token} if token else {})
            posts = self._understood(answer, _posts)
            mentions = [mention for post in posts if not _is_gone(post) and (mention := _mention(post, now, options.forum))]
            gone = [key for post in posts if _is_gone(post) and (key := _key(post, options.forum))]
            kept = _in_order(mentions, horizon)
            return Page(kept, _before(posts, token), len(posts), gone, aside=len(mentions) - len(kept))

        return walk.collect(read, cursor, now)

    def _search(self, query: str, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.forum} {query}", OVERLAP, options.max_pages, options.backfill, source=self._label)

        def read(token: str | None) -> Page:
            number = count(token) or 1
            answer = self._get("/search.json", {"q": f"{query} order:latest", "page": str(number)})
            mentions = self._understood(answer, lambda payload: parse(payload, now=now, forum=options.forum))
            posts = self._understood(answer, _posts)
            result = mapping(mapping(json_value(answer.body, "")).get("grouped_search_result"))
            more = bool(result.get("more_full_page_results")) and bool(mentions)
            return Page(mentions, str(number + 1) if more and number < SEARCH_PAGES else None, len(posts), ended=not more,
                        aside=sum(map(_is_gone, posts)))

        return walk.collect(read, cursor, now)

    def _whole(self, batch: Batch) -> Batch:
        """Return the batch with the whole text of its first posts: a search shows but some words of them."""
        mentions: list[Mention | None] = list(batch.mentions)
        for place, mention in enumerate(batch.mentions[:MOST_WHOLE]):
            try:
                whole = self._single(mention.key)
            except CollectError:
                break  # what was found is worth more than its length
            mentions[place] = whole and replace(whole, edited_at=whole.edited_at or mention.edited_at)
        return replace(batch, mentions=tuple(mention for mention in mentions if mention))

    def _single(self, key: MentionKey) -> Mention | None:
        """Return one post, None where it is gone. The title of a topic stands with the topic alone."""
        forum = self._options.forum
        name, _, number = key.id.rpartition("/")
        if name != _name(forum):
            raise self._failure(f"{key.id!r} is not of this forum; check the address of the forum", permanent=True)
        post = self._one(f"/posts/{number}.json")
        if post is None or _is_gone(post):
            return None
        if count(post.get("post_number")) == 1 and not post.get("topic_title"):
            topic = self._one(f"/t/{count(post.get('topic_id'))}.json")
            post = {**post, "topic_title": (topic or {}).get("topic_title")}
        mention = _mention(post, self._now(), forum)
        if mention is None:
            raise self._failure(f"{ANOTHER_SHAPE} (a post without an id); {ADVICE}")
        return mention

    def _one(self, path: str) -> dict[str, Any] | None:
        answer = self._get(path, {}, (404, 410))
        found = [] if answer.status in (404, 410) else self._understood(answer, _posts)
        return found[0] if found else None

    def _get(self, path: str, query: dict[str, str], readable: tuple[int, ...] = ()) -> Response:
        answer = self._client.get(self._options.forum + path, source=self._label, params=query, headers=self._credentials(),
                                  accept="application/json", readable=(403, 429, *readable))
        if answer.status in (403, 429):
            raise self._refused(answer)
        return answer

    def _credentials(self) -> dict[str, str]:
        if not self._options.api_key_env:
            return {}
        key = os.environ.get(self._options.api_key_env)
        if not key:
            raise self._failure(f"the environment variable {self._options.api_key_env!r} is not set; "
                                "set it to an API key of this forum", permanent=True)
        if self._options.api_user:
            return {"api-key": key, "api-username": self._options.api_user}
        return {"user-api-key": key}

    def _refused(self, answer: Response) -> CollectError:
        try:
            said = mapping(json.loads(answer.body))
        except (ValueError, RecursionError):
            said = {}
        failure = self._client.failure(answer, self._label)
        if answer.status == 429 and failure.retry_after is None:
            wait = count(mapping(said.get("extras")).get("wait_seconds"))
            return failure if wait is None else self._failure(
                f"HTTP 429: the forum says we ask too often; retrying in {wait} s",
                retry_after=timedelta(seconds=min(wait, 86_400)))
        if answer.status == 403 and said.get("error_type") in ("not_logged_in", "invalid_access"):
            remedy = ("the key may be revoked or lack a right: make another one" if self._options.api_key_env
                      else "set api_key_env to an API key of a member, or read another forum")
            return self._failure(f"HTTP 403: the forum shows this to its members only; {remedy}", permanent=True)
        return failure


def _in_order(mentions: Sequence[Mention], horizon: datetime | None) -> list[Mention]:
    """Return the posts without those of an old date that stand above newer ones: they were moved or imported."""
    if horizon is None:
        return list(mentions)
    last = max((place for place, mention in enumerate(mentions) if mention.published_at >= horizon), default=-1)
    return [mention for place, mention in enumerate(mentions) if place > last or mention.published_at >= horizon]


def _before(posts: Sequence[dict[str, Any]], token: str | None) -> str | None:
    """Return the id to read on from, or None at the beginning of the forum."""
    lowest = min((number for post in posts if (number := count(post.get("id"))) is not None), default=None)
    asked = count(token)
    if asked is None:
        return None if lowest is None else str(lowest)
    following = asked - STEP_BACK if lowest is None else lowest if lowest < asked else asked - 1
    return str(following) if following > 0 else None
