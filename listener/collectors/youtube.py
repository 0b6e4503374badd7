"""YouTube: videos that a search finds or some channels upload, and the comments under them, by the Data API v3.

Endpoint: ``GET https://www.googleapis.com/youtube/v3/`` ``search`` (100 units a page of 50), ``playlistItems`` (the uploads of
a channel), ``commentThreads`` (100 a page), ``videos`` and ``comments`` (50 ids each), 1 unit each.
Docs: https://developers.google.com/youtube/v3/docs    Auth: an API key of a Google Cloud project.    Cost: none.
Limits: 10,000 units a day unless Google grants more, until midnight Pacific; a refused request costs too. What is used is
booked for the key's variable, so several sources may share one key and one day. Searches may use ``search_share`` of it and are
spread over the day; in between, and when it is gone, channels and comments are read on. They are the better source.
Terms: https://developers.google.com/youtube/terms: what was stored is refreshed or deleted after 30 days; the house refreshes
for a week, so keep mentions no longer.    Reach basis: views of a video. Comments have none, subscribers are not asked for.

A search shows some words of a description; what is new is asked for again, whole. Sorted by date a search drops videos, and
lists others hours late: hence the long overlap. Of a thread the last answers come with it, but later ones are only seen as long
as the thread is young. Videos without comments are normal. Counts are strings, and missing where hidden.
Cursor: that of ``walk`` for each list, ``searched_at``, and ``watched``: the newest videos found, whose comments are read.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, model_validator

from listener.calendar import parse_time, zone
from listener.client import Response
from listener.client.waiting import in_words
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, items, language_tag, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import Page, Walk, doubtful, in_turn, readable
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "youtube"
PAGE = 50
COMMENT_PAGE = 100
SEARCH_UNITS = 100
VIDEO_OVERLAP = timedelta(hours=12)
COMMENT_OVERLAP = timedelta(hours=1)
SITE = "https://www.youtube.com"
PACIFIC = "America/Los_Angeles"  # where the day of a quota ends
NO_COMMENTS = frozenset({"commentsDisabled", "videoNotFound", "forbidden"})  # of a video: it is passed over

_VIDEO_ID = re.compile(r"[\w-]{11}")


class Options(BaseModel, frozen=True, extra="forbid"):
    key_env: str = Field(description="environment variable with an API key of the Google Cloud console")
    queries: tuple[str, ...] = Field(default=(), description="what to search for, one search each; | is or, - is not")
    channels: tuple[str, ...] = Field(default=(), description="ids of channels (UC…) whose uploads and comments are read")
    videos: tuple[str, ...] = Field(default=(), description="ids of videos whose comments are read")
    uploads: bool = Field(default=True, description="of channels, read what they upload")
    comments: bool = Field(default=True, description="read the comments of the channels and of the newest videos found")
    comment_videos: int = Field(default=10, ge=0, le=100, description="newest videos of the searches whose comments are read")
    language: str | None = Field(default=None, description="two letters; videos of this language come first")
    region: str | None = Field(default=None, description="two letters; what can be seen in this country")
    daily_units: int = Field(default=10_000, ge=100, description="units the key may use on a Pacific day")
    search_share: float = Field(default=0.8, gt=0, le=1, description="share of the units that searches may use")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=10, ge=1, le=1000, description="pages of a list a poll reads at most")
    base_url: str = Field(default="https://www.googleapis.com/youtube/v3", description="address of the API")

    @model_validator(mode="after")
    def _reads_something(self) -> Options:
        if not (self.queries or self.channels or self.videos):
            raise ValueError("name queries, channels or videos")
        for channel in self.channels:
            if not re.fullmatch(r"UC[\w-]{22}", channel):
                raise ValueError(f"{channel!r} is no id of a channel; it begins with UC and has 24 letters, "
                                 "the channel's 'share' menu copies it")
        for video in self.videos:
            if not _VIDEO_ID.fullmatch(video):
                raise ValueError(f"{video!r} is no id of a video; it has 11 letters and stands behind v= in its address")
        return self


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the mentions of a search, of videos, uploads, threads or comments. Raises: CollectError when it is none."""
    return _mentions(_data(payload, now), now)


def _data(payload: bytes, now: datetime) -> dict[str, Any]:
    data = json_object(payload, "a list of the YouTube API")
    if "error" in data:
        raise _refusal(data, now)
    if not isinstance(data.get("items"), list):
        kind = short(data.get("kind"), 60)
        raise CollectError("", f"the answer is no list of the YouTube API (it is {kind!r}); check base_url")
    return data


def _mentions(data: Mapping[str, Any], now: datetime) -> list[Mention]:
    found: list[Mention | None] = []
    for item in map(mapping, items(data.get("items"))):
        kind, snippet = clean(item.get("kind")).removeprefix("youtube#"), mapping(item.get("snippet"))
        if kind == "searchResult":
            found.append(_video(native_id(mapping(item.get("id")).get("videoId")), item, snippet, now))
        elif kind == "video":
            found.append(_video(native_id(item.get("id")), item, snippet, now))
        elif kind == "playlistItem":
            found.append(None if _is_gone(item) else _video(_uploaded(item), item, snippet, now))
        elif kind == "comment":
            found.append(_comment(item, now))
        elif kind == "commentThread":
            top = mapping(snippet.get("topLevelComment"))
            found.append(_comment(top, now, native_id(snippet.get("videoId")), snippet.get("totalReplyCount")))
            found += [_comment(reply, now, native_id(snippet.get("videoId")))
                      for reply in map(mapping, items(mapping(item.get("replies")).get("comments")))]
    return [mention for mention in found if mention]


def _video(own_id: str, item: dict[str, Any], snippet: dict[str, Any], now: datetime) -> Mention | None:
    if not own_id:
        return None
    escaped = item.get("kind") == "youtube#searchResult"  # titles only, and only there
    title = clean(snippet.get("title"))
    published, precision = _time(mapping(item.get("contentDetails")).get("videoPublishedAt") or snippet.get("publishedAt"), now)
    counts = mapping(item.get("statistics"))
    likes, comments, views = (count(counts.get(name)) for name in ("likeCount", "commentCount", "viewCount"))
    owner = snippet.get("videoOwnerChannelId") or snippet.get("channelId")
    name = snippet.get("videoOwnerChannelTitle") or snippet.get("channelTitle")
    return Mention(
        kind=KIND, id=own_id, text=clean(snippet.get("description")),
        title=short(html.unescape(title) if escaped else title, 1000),
        url=f"{SITE}/watch?v={own_id}" if _VIDEO_ID.fullmatch(own_id) else None, published_at=published, precision=precision,
        author=_author(owner, name),
        engagement=None if likes is comments is views is None else Engagement(now, likes=likes, comments=comments, views=views),
        language=language_tag(snippet.get("defaultAudioLanguage") or snippet.get("defaultLanguage")), raw=raw_of(item))


def _comment(item: dict[str, Any], now: datetime, video: str = "", replies: Any = None) -> Mention | None:
    own_id, snippet = native_id(item.get("id")), mapping(item.get("snippet"))
    if not own_id:
        return None
    video = video or native_id(snippet.get("videoId"))
    published, precision = _time(snippet.get("publishedAt"), now)
    updated = parse_time(clean(snippet.get("updatedAt")), UTC)
    likes, answers = count(snippet.get("likeCount")), count(replies)
    return Mention(
        kind=KIND, id=own_id, text=clean(snippet.get("textOriginal") or snippet.get("textDisplay")),
        url=web_url(f"{SITE}/watch?v={video}&lc={own_id}") if video else None, published_at=published, precision=precision,
        edited_at=min(updated[0], now) if updated and updated[0] > published else None,
        author=_author(mapping(snippet.get("authorChannelId")).get("value"), snippet.get("authorDisplayName")),
        engagement=None if likes is answers is None else Engagement(now, likes=likes, comments=answers),
        in_reply_to=native_id(snippet.get("parentId")) or video or None, raw=raw_of(item))


def _author(own_id: Any, name: Any) -> Author | None:
    channel = native_id(own_id)
    return Author(KIND, channel, short(name), web_url(f"{SITE}/channel/{channel}")) if channel else None


def _time(value: Any, now: datetime) -> tuple[datetime, Precision]:
    created = parse_time(clean(value), UTC)
    return placed(*created, now) if created else (now, Precision.ESTIMATED)


def _uploaded(item: dict[str, Any]) -> str:
    snippet, details = mapping(item.get("snippet")), mapping(item.get("contentDetails"))
    return native_id(details.get("videoId") or mapping(snippet.get("resourceId")).get("videoId"))


def _is_gone(item: dict[str, Any]) -> bool:
    """Whether an item of a playlist stands for a video that was deleted or made private: it has lost its date."""
    details = item.get("contentDetails")
    return (item.get("kind") == "youtube#playlistItem" and isinstance(details, dict)
            and isinstance(details.get("videoId"), str) and "videoPublishedAt" not in details)


class YouTubeCollector(NetworkCollector[Options]):
    """Reads searches, uploads and comments with one key."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return videos and comments that are new or changed since ``cursor``. Raises: CollectError."""
        options = self._options
        state, now = cursor or {}, self._now()
        watched = {video: clean(published) for video, published in mapping(state.get("watched")).items()
                   if _VIDEO_ID.fullmatch(video)}
        searched = parse_time(clean(state.get("searched_at")), UTC)
        parts: dict[str, Callable[[Cursor | None], Batch]] = {}
        if options.uploads:
            parts |= {f"uploads of {channel}": partial(self._uploads, channel) for channel in options.channels}
        if options.comments:
            parts |= {f"comments on {channel}": partial(self._comments, {"allThreadsRelatedToChannelId": channel})
                      for channel in options.channels}
        followed = (*options.videos, *(watched if options.comments else ()))
        parts |= {f"comments on {video}": partial(self._comments, {"videoId": video}) for video in followed}
        others = bool(parts)
        # Two searches may not be nearer to each other than the quota allows: a list that costs less does not wait for them.
        due = searched is None or not others or now - searched[0] >= self._spacing()
        parts |= {f"search for {query}": partial(self._search, query, watched, others, due) for query in options.queries}
        batch = self._whole(in_turn(parts, cursor))
        newest = sorted(watched, key=lambda video: watched[video], reverse=True)[:options.comment_videos]
        following = {**(batch.cursor or {}), "watched": {video: watched[video] for video in newest},
                     "searched_at": now.isoformat() if due else state.get("searched_at")}
        spacing = None if others or not batch.complete else self._spacing()
        return replace(batch, cursor=following, min_interval=batch.min_interval or spacing)

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return videos and comments as they are now, and the keys of those that are gone. Raises: CollectError."""
        videos = [key for key in keys if _VIDEO_ID.fullmatch(key.id)]
        comments = [key for key in keys if not _VIDEO_ID.fullmatch(key.id)]
        found = {**self._singles("videos", videos, {"part": "snippet,statistics"}),
                 **self._singles("comments", comments, {"part": "snippet", "textFormat": "plainText"})}
        gone, state, reason = tuple(key for key in keys if key not in found), CoverageState.OK, None
        if doubtful(len(gone), len(keys)):
            gone, state, reason = (), CoverageState.PARTIAL, _few(gone, keys)
        return Batch(tuple(found[key] for key in keys if key in found), gone, state=state, reason=reason)

    def _search(self, query: str, watched: dict[str, str], others: bool, due: bool, cursor: Cursor | None) -> Batch:
        if not due and "left" not in (cursor or {}):
            return Batch()
        options = self._options
        walk = Walk(f"{query} {options.language} {options.region}", VIDEO_OVERLAP, options.max_pages, options.backfill,
                    source=self._label)
        horizon = walk.horizon(cursor)
        asked = {"part": "snippet", "type": "video", "order": "date", "maxResults": str(PAGE), "q": query}
        asked |= {"relevanceLanguage": options.language} if options.language else {}
        asked |= {"regionCode": options.region} if options.region else {}
        asked |= {"publishedAfter": horizon.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")} if horizon else {}

        def read(token: str | None) -> Page:
            try:
                page = self._page("search", asked, token, SEARCH_UNITS)
            except _UsedUpError as error:
                raise (self._failure(error.what) if token else error) from None  # the next poll says how long
            watched.update({mention.id: mention.published_at.isoformat() for mention in page.mentions})
            return page

        try:
            return walk.collect(read, cursor, self._now())
        except _UsedUpError as error:
            if not others:
                raise
            return Batch(state=CoverageState.PARTIAL, reason=f"{error.what}; channels and comments are read on")

    def _uploads(self, channel: str, cursor: Cursor | None) -> Batch:
        walk = Walk(channel, VIDEO_OVERLAP, self._options.max_pages, self._options.backfill, source=self._label)
        asked = {"part": "snippet,contentDetails", "maxResults": str(PAGE), "playlistId": f"UU{channel[2:]}"}
        return walk.collect(lambda token: self._page("playlistItems", asked, token), cursor, self._now())

    def _comments(self, of: dict[str, str], cursor: Cursor | None) -> Batch:
        walk = Walk(" ".join(of.values()), COMMENT_OVERLAP, self._options.max_pages, self._options.backfill,
                    source=self._label)
        asked = {"part": "snippet,replies", "order": "time", "textFormat": "plainText", "maxResults": str(COMMENT_PAGE), **of}
        return walk.collect(lambda token: self._page("commentThreads", asked, token), cursor, self._now())

    def _page(self, path: str, asked: dict[str, str], token: str | None, units: int = 1) -> Page:
        data = self._ask(path, {**asked, "pageToken": token} if token else asked, units)
        following = short(data.get("nextPageToken"), 4000)
        gone = [MentionKey(KIND, _uploaded(item)) for item in map(mapping, items(data.get("items"))) if _is_gone(item)]
        return Page(_mentions(data, self._now()), following, len(items(data.get("items"))), gone, ended=following is None)

    def _whole(self, batch: Batch) -> Batch:
        """Return the batch with counts and whole descriptions of its videos: lists give neither."""
        videos = [mention.key for mention in batch.mentions if _VIDEO_ID.fullmatch(mention.id)]
        try:
            whole = self._singles("videos", videos, {"part": "snippet,statistics"})
        except CollectError as error:  # what was found is kept as it is, its refresh makes it whole
            reason = "; ".join(filter(None, (batch.reason, f"counts of new videos: {error.what}")))
            waits = filter(None, (batch.min_interval, error.retry_after))
            return replace(batch, state=CoverageState.PARTIAL, reason=reason, min_interval=max(waits, default=None))
        asked, missing = set(videos), [key for key in videos if key not in whole]
        if doubtful(len(missing), len(videos)):  # what the lists gave is kept
            asked, reason = set(), "; ".join(filter(None, (batch.reason, _few(missing, videos))))
            batch = replace(batch, state=CoverageState.PARTIAL, reason=reason)
        mentions = (_together(mention, whole[mention.key]) if mention.key in whole else mention
                    for mention in batch.mentions if mention.key in whole or mention.key not in asked)
        return replace(batch, mentions=tuple(mentions))

    def _singles(self, path: str, keys: Sequence[MentionKey], asked: dict[str, str]) -> dict[MentionKey, Mention]:
        found: dict[MentionKey, Mention] = {}
        for start in range(0, len(keys), PAGE):
            ids = ",".join(key.id for key in keys[start:start + PAGE])
            data = self._ask(path, {**asked, "id": ids, "maxResults": str(PAGE)}, 1)
            mentions = _mentions(data, self._now())
            readable(Page(mentions, None, len(items(data.get("items")))), self._label)
            found |= {mention.key: mention for mention in mentions}
        return found

    def _spacing(self) -> timedelta:
        """Return how far apart searches have to be so that their share lasts the day."""
        searches = self._options.daily_units * self._options.search_share / SEARCH_UNITS
        return min(timedelta(days=1) * len(self._options.queries) / searches, timedelta(days=1))

    def _ask(self, path: str, asked: dict[str, str], units: int) -> dict[str, Any]:
        key = os.environ.get(self._options.key_env)
        if not key:
            raise self._failure(f"the environment variable {self._options.key_env!r} is not set; "
                                "set it to an API key of the Google Cloud console", permanent=True)
        self._spend(units)
        answer = self._client.get(f"{self._options.base_url}/{path}", source=self._label, params={**asked, "key": key},
                                  accept="application/json", readable=(400, 403, 404, 429), once=True)
        reasons = _reasons(answer) if answer.status != 200 else set()
        if reasons & (NO_COMMENTS if "videoId" in asked else {"commentsDisabled"}):
            return {"items": []}
        if answer.status != 200 and not reasons:
            raise self._client.failure(answer, self._label)
        return self._understood(answer, lambda payload: _data(payload, self._now()))

    def _spend(self, units: int) -> None:
        """Book the units of a request before it is sent. Raises: CollectError; _UsedUpError where searches have none left."""
        options, now = self._options, self._now()
        day, until = _pacific_day(now)
        book = partial(self._client.spend, period=day, source=self._label, until=until)
        account = f"YouTube units of {options.key_env}"
        book(account, units, limit=options.daily_units)
        if units < SEARCH_UNITS:
            return
        try:
            book(f"{account} for searches", units, limit=int(options.daily_units * options.search_share))
        except CollectError as error:
            book(account, -units, limit=options.daily_units)
            raise _UsedUpError(self._label, error.what, retry_after=until) from None


def _few(missing: Sequence[MentionKey], asked: Sequence[MentionKey]) -> str:
    return f"{len(missing)} of {len(asked)} items asked for by their ids were not shown; they are asked for again"


def _together(listed: Mention, whole: Mention) -> Mention:
    """Return a video as it is given by its id, with the words of the list where it has none there."""
    return replace(whole, edited_at=listed.edited_at, text=whole.text or listed.text, title=whole.title or listed.title)


class _UsedUpError(CollectError):
    """The searches have used their share of the day."""


def _pacific_day(now: datetime) -> tuple[str, timedelta]:
    """Return the day of a quota and the time until it ends."""
    pacific = zone(PACIFIC)
    day = now.astimezone(pacific).date()
    midnight = datetime.combine(day + timedelta(days=1), time(), pacific)
    return day.isoformat(), midnight.astimezone(UTC) - now


def _reasons(answer: Response) -> set[str]:
    try:
        return _reasons_of(json_object(answer.body, ""))
    except CollectError:
        return set()


def _reasons_of(data: Mapping[str, Any]) -> set[str]:
    error = mapping(data.get("error"))
    given = [*items(error.get("errors")), *items(error.get("details"))]
    return {clean(reason) for one in given if (reason := mapping(one).get("reason"))}


def _refusal(data: Mapping[str, Any], now: datetime) -> CollectError:
    """Return what an error of the API means, by the reasons it gives."""
    error, reasons = data.get("error"), _reasons_of(data)
    said = short(error if isinstance(error, str) else mapping(error).get("message"), 160)
    aside = f" (it says {said!r})" if said else ""
    if reasons & {"quotaExceeded", "dailyLimitExceeded"}:
        wait = _pacific_day(now)[1]
        return CollectError("", "the quota of the key is used up for this Pacific day; set daily_units to what Google grants, "
                                f"retrying in {in_words(wait)}", retry_after=wait)
    if reasons & {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}:
        return CollectError("", f"the API says we ask too often{aside}; retrying in 60 s", retry_after=timedelta(minutes=1))
    if reasons & {"keyInvalid", "keyExpired", "API_KEY_INVALID", "API_KEY_EXPIRED"}:
        return CollectError("", f"the API refuses the key{aside}; make one in the Google Cloud console and set the variable "
                                "of key_env", permanent=True)
    if reasons & {"accessNotConfigured", "SERVICE_DISABLED"}:
        return CollectError("", "the project of the key has no YouTube Data API v3; enable it in the Google Cloud console",
                            permanent=True)
    if reasons & {"ipRefererBlocked", "API_KEY_IP_ADDRESS_BLOCKED", "API_KEY_HTTP_REFERRER_BLOCKED"}:
        return CollectError("", "the key may not be used from here; change its restrictions in the Google Cloud console",
                            permanent=True)
    if reasons & {"channelNotFound", "playlistNotFound"}:
        return CollectError("", "there is no such channel, or it has no uploads; check channels", permanent=True)
    if reasons & {"backendError", "internalError", "SERVICE_UNAVAILABLE"}:
        return CollectError("", f"the API is in trouble{aside}; retrying later")
    why = ", ".join(sorted(reasons)) or "no reason"
    return CollectError("", f"the API refuses the request with {why}{aside}; check the options of this source",
                        permanent=bool(reasons))
