"""Instagram by the Graph API: posts under hashtags, posts that tag our own account, and comments under our own posts.

Endpoint: ``GET https://graph.facebook.com/<version>/`` ``ig_hashtag_search``, ``<hashtag>/recent_media``, ``<user>/tags``,
``<user>/media`` and ``<media>/comments``, 50 a page.
Docs: https://developers.facebook.com/docs/instagram-platform    Cost: none.
Auth: a long-lived token of Facebook Login for an Instagram business account, permission ``instagram_basic``; for hashtags the
feature *Instagram Public Content Access* of App Review, for comments ``instagram_manage_comments``.
Limits: 30 different hashtags in seven days for an account (booked here by the calendar's weeks of seven days); requests by
percentage in ``X-App-Usage`` and ``X-Business-Use-Case-Usage``, which the client waits out; errors 4, 17, 32 and 613.
Terms: https://developers.facebook.com/terms    Reach basis: none (likes and comments; likes missing where hidden).

A hashtag shows the last 24 hours, nearly in order, without authors, stories or advertisements: what falls out of this window
between two readings is lost, and said to be. Its ``after`` cursor may be the same on every page: to go on in the middle, the
pages before are turned again. Posts found cannot be asked for one by one. Cursor: that of ``walk`` for each list, with the
``hashtag`` id, the week it is ``booked`` for and when the list was last read whole (``read_at``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, field_validator, model_validator

from listener.calendar import parse_time
from listener.client import Response
from listener.client.waiting import in_words
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, items, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, Precision

KIND = "instagram"
PAGE = 50
WINDOW = timedelta(hours=24)  # what a hashtag shows
OVERLAP = timedelta(hours=6)
HASHTAGS_A_WEEK = 30
WEEK = timedelta(days=7)
THROTTLED_WAIT = timedelta(minutes=15)  # usage is counted over the last hour; where no header says how long
MEDIA_FIELDS = "id,caption,media_type,permalink,timestamp,like_count,comments_count"
COMMENT_FIELDS = "id,text,username,timestamp,like_count"

THROTTLED = frozenset({4, 17, 32, 613, 80002})
PERMISSION = frozenset({10, *range(200, 300)})
NO_HASHTAG = frozenset({2207024})  # a subcode
TOO_MANY_HASHTAGS = frozenset({2207034})


class Options(BaseModel, frozen=True, extra="forbid"):
    token_env: str = Field(description="environment variable with a long-lived access token")
    user_id: str = Field(pattern=r"^\d+$", description="number of the Instagram business account the token is for")
    hashtags: tuple[str, ...] = Field(default=(), max_length=HASHTAGS_A_WEEK, description="hashtags to read, with or without #")
    tags: bool = Field(default=False, description="read posts that tag the account")
    comments_of: int = Field(default=0, ge=0, le=50, description="newest posts of the account whose comments are read")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages of a list a poll reads at most, 50 posts each")
    api_version: str = Field(default="v25.0", pattern=r"^v\d+\.\d+$", description="version of the Graph API; lives two years")
    base_url: str = Field(default="https://graph.facebook.com", description="address of the API")

    @field_validator("hashtags")
    @classmethod
    def _are_hashtags(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(value.strip().lstrip("#").lower() for value in values))
        for name in names:
            if not re.fullmatch(r"\w+", name):
                raise ValueError(f"{name!r} is no hashtag of Instagram; it holds letters, digits and _, "
                                 "no space, half-space or emoji")
        return names

    @model_validator(mode="after")
    def _reads_something(self) -> Options:
        if not (self.hashtags or self.tags or self.comments_of):
            raise ValueError("name hashtags, or turn tags or comments_of on")
        return self


def parse(payload: bytes, *, now: datetime, url: str | None = None) -> list[Mention]:
    """Return the mentions of a list of posts or of comments, whose post is at ``url``. Raises: CollectError when it is none."""
    return _mentions(_data(payload), now, url)


def _data(payload: bytes) -> dict[str, Any]:
    data = json_object(payload, "a list of the Graph API")
    if "error" in data:
        raise _refusal(mapping(data["error"]), THROTTLED_WAIT)
    if not isinstance(data.get("data"), list):
        raise CollectError("", "the answer is no list of the Graph API; check base_url and api_version")
    return data


def _mentions(data: Mapping[str, Any], now: datetime, url: str | None = None, post: str | None = None) -> list[Mention]:
    return [_mention(row, own_id, now, url, post)
            for row in map(mapping, items(data.get("data"))) if (own_id := native_id(row.get("id")))]


def _mention(row: dict[str, Any], own_id: str, now: datetime, url: str | None, post: str | None) -> Mention:
    created = parse_time(clean(row.get("timestamp")), UTC)
    published, precision = placed(*created, now) if created else (now, Precision.ESTIMATED)
    likes, comments = count(row.get("like_count")), count(row.get("comments_count"))
    user = short(row.get("username"))
    return Mention(
        kind=KIND, id=own_id, text=clean(row.get("caption") or row.get("text")), url=web_url(row.get("permalink")) or url,
        published_at=published, precision=precision,
        author=Author(KIND, user, user, web_url(f"https://www.instagram.com/{user}/")) if user else None,
        engagement=None if likes is comments is None else Engagement(now, likes=likes, comments=comments),
        in_reply_to=post, raw=raw_of(row))


class InstagramCollector(NetworkCollector[Options]):
    """Reads hashtags and what is said to one account."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts and comments that are new or changed since ``cursor``. Raises: CollectError."""
        options = self._options
        parts: dict[str, Callable[[Cursor | None], Batch]] = {}
        parts |= {f"#{name}": partial(self._hashtag, name) for name in options.hashtags}
        if options.tags:
            parts["tags"] = partial(self._list, f"{options.user_id}/tags", f"{MEDIA_FIELDS},username", None, None)
        return in_turn({**parts, **self._own_posts(cursor)}, cursor)

    def _own_posts(self, cursor: Cursor | None) -> dict[str, Callable[[Cursor | None], Batch]]:
        """Return the lists of comments to read. Where the posts cannot be listed, those known keep their place."""
        if not self._options.comments_of:
            return {}
        try:
            data = self._ask(f"{self._options.user_id}/media",
                             {"fields": "id,permalink", "limit": str(self._options.comments_of)})
        except CollectError as error:
            known = (name for name in mapping((cursor or {}).get("parts")) if name.startswith("comments on "))
            return {"posts of the account": partial(_failing, error), **{name: lambda own: Batch() for name in known}}
        posts = {post: web_url(row.get("permalink")) for row in map(mapping, data["data"])
                 if (post := native_id(row.get("id"))).isdigit()}
        return {f"comments on {post}": partial(self._list, f"{post}/comments", COMMENT_FIELDS, url, post)
                for post, url in posts.items()}

    def _hashtag(self, name: str, cursor: Cursor | None) -> Batch:
        now, state = self._now(), cursor or {}
        week, until = _week(now)
        books = state.get("booked") != week
        if books:
            try:
                self._book(1, week, until)
            except CollectError as error:
                raise self._failure(error.what) from None  # no wait of days: the other hashtags are read on
        try:
            own_id = native_id(state.get("hashtag")) or self._looked_up(name)
            batch = self._list(f"{own_id}/recent_media", MEDIA_FIELDS, None, None, cursor)
        except CollectError:
            if books:
                self._book(-1, week, until)
            raise
        read_at = parse_time(clean(state.get("read_at")), UTC)
        whole = batch.complete and not (batch.reason and not batch.overflow)
        following = {**(batch.cursor or {}), "hashtag": own_id, "booked": week,
                     "read_at": now.isoformat() if whole else state.get("read_at")}
        batch = replace(batch, cursor=following)
        if whole and not batch.overflow and read_at and now - read_at[0] > WINDOW:
            return replace(batch, state=CoverageState.PARTIAL, overflow=True, reason=f"nothing was read for "
                           f"{in_words(now - read_at[0])} and a hashtag shows but 24 h; what was posted in between was lost")
        return batch

    def _looked_up(self, name: str) -> str:
        data = self._ask("ig_hashtag_search", {"user_id": self._options.user_id, "q": name})
        own_id = next((found for row in map(mapping, data["data"]) if (found := native_id(row.get("id")))), "")
        if not own_id.isdigit():
            raise self._failure(f"Instagram knows no hashtag {name!r}; check its spelling, it is asked for again next time")
        return own_id

    def _book(self, units: int, week: str, until: timedelta) -> None:
        self._client.spend(f"hashtags of the Instagram account {self._options.user_id}", units, limit=HASHTAGS_A_WEEK,
                           period=week, source=self._label, until=until)

    def _list(self, path: str, fields: str, url: str | None, post: str | None, cursor: Cursor | None) -> Batch:
        now = self._now()
        walk = Walk(path, OVERLAP, self._options.max_pages, self._options.backfill, source=self._label)
        asked = {"fields": fields, "limit": str(PAGE)} | ({} if post else {"user_id": self._options.user_id})
        turned, first = 0, ""  # pages turned since the newest, and the cursor that one gave

        def turn(after: str) -> tuple[dict[str, Any], str]:
            nonlocal turned
            data = self._ask(path, {**asked, "after": after} if after else asked)
            turned = turned + 1 if after else 1
            return data, clean(mapping(mapping(data.get("paging")).get("cursors")).get("after"))

        def read(token: str | None) -> Page:
            nonlocal first
            number, _, after = (token or "1:").partition(":")
            page = count(number) or 1
            while after and after == first and turned < page - 1 and turn(after)[0]["data"]:
                pass
            data, following = turn(after)
            first = following if not after else first
            more = following if data["data"] else ""
            return Page(_mentions(data, now, url, post), f"{page + 1}:{more}" if more else None, len(data["data"]),
                        ended=not more)

        return walk.collect(read, cursor, now)

    def _ask(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        options = self._options
        token = os.environ.get(options.token_env)
        if not token:
            raise self._failure(f"the environment variable {options.token_env!r} is not set; "
                                "set it to a long-lived token of Facebook Login", permanent=True)
        answer = self._client.get(f"{options.base_url}/{options.api_version}/{path}", source=self._label,
                                  params={**asked, "access_token": token}, accept="application/json",
                                  readable=(400, 401, 403, 404, 429, 500, 503))
        if answer.status == 200:
            return self._understood(answer, _data)
        said, failure = _error(answer), self._client.failure(answer, self._label)
        if not said:
            raise failure
        refusal = _refusal(said, failure.retry_after or THROTTLED_WAIT)
        raise self._failure(answer.without_secrets(refusal.what), permanent=refusal.permanent, retry_after=refusal.retry_after)


def _failing(error: CollectError, cursor: Cursor | None) -> Batch:
    raise error


def _week(now: datetime) -> tuple[str, timedelta]:
    """Return the stretch of seven days that hashtags are booked for, and the time until it ends."""
    number = (now - datetime(1970, 1, 1, tzinfo=UTC)) // WEEK
    return f"week {number}", datetime(1970, 1, 1, tzinfo=UTC) + WEEK * (number + 1) - now


def _error(answer: Response) -> dict[str, Any]:
    try:
        return mapping(json_object(answer.body, "").get("error"))
    except CollectError:
        return {}


def _refusal(error: Mapping[str, Any], wait: timedelta) -> CollectError:
    """Return what an error of the Graph API means, by its code. ``wait``: how long where it says that we ask too often."""
    code, subcode = count(error.get("code")), count(error.get("error_subcode"))
    said = short(error.get("error_user_msg") or error.get("message"), 160)
    aside = f" (it says {said!r})" if said else ""
    if subcode in TOO_MANY_HASHTAGS:
        return CollectError("", f"the account has asked for 30 hashtags in seven days{aside}; name fewer, or wait some days")
    if subcode in NO_HASHTAG:
        return CollectError("", f"Instagram knows no such hashtag{aside}; check its spelling, it is asked for again next time")
    if code in THROTTLED:
        return CollectError("", f"Instagram says we ask too often{aside}; retrying in {in_words(wait)}", retry_after=wait)
    if code == 190:
        return CollectError("", f"the token is not valid any more{aside}; make a long-lived one and set the variable of "
                                "token_env", permanent=True)
    if code in PERMISSION or re.search(r"Public Content Access|permission", said or ""):
        return CollectError("", f"the app lacks a permission{aside}; ask for it in App Review: hashtags need instagram_basic "
                                "and Instagram Public Content Access, comments need instagram_manage_comments", permanent=True)
    if code in (1, 2):
        return CollectError("", f"Instagram is in trouble{aside}; retrying later")
    return CollectError("", f"Instagram does not accept the request (error {code}){aside}; check user_id and api_version",
                        permanent=code is not None)
