"""Videos of Aparat, the Iranian video platform, found by its search; their comments too where they are wanted.

Endpoint: ``GET https://www.aparat.com/api/fa/v1/video/video/search/text/<query>?type_search=search&uploadedIn=week``,
``…/video/video/show/videohash/<uid>`` for one video and ``…/video/comment/list/videohash/<uid>`` for comments.
Docs: none published; the form (JSON:API) is that of public clients.    Auth: none.    Cost: none.
Limits: none published; one second between requests is kept. A query has at least three letters.
Terms: the platform's own; what is read is public.    Reach basis: views of the video, exact.

The search sorts by what it thinks fits, so that every page of the last week is read at every poll (of the last year after a
longer break). Times may be words: «۲ روز پیش» is a day, «۳ ساعت پیش» and «۲ ماه پیش» are estimates.

Cursor: that of ``walk`` for each query (the token of a page is its address), and for comments that of each recent video, with
``videos`` {uid: when it was published}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time, zone
from listener.client import Response
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, items, joined, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Author, Batch, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "aparat"
SITE = "https://www.aparat.com"
TEHRAN = "Asia/Tehran"
WEEK = timedelta(days=7)
MARGIN = timedelta(days=1)  # a video may be found a day after it was uploaded
COMMENTED = timedelta(days=14)  # how long comments on a video are read
COMMENTS = "/api/fa/v1/video/comment/list/videohash/{uid}?perpage=100"
SHOW = "/api/fa/v1/video/video/show/videohash/{uid}?pr=1&mf=1"

_AGO = re.compile(r"(?:حدود )?(\S+) (ثانیه|دقیقه|ساعت|روز|هفته|ماه|سال) (?:پیش|قبل)")
_UNITS = {"ثانیه": timedelta(seconds=1), "دقیقه": timedelta(minutes=1), "ساعت": timedelta(hours=1), "روز": timedelta(days=1),
          "هفته": WEEK, "ماه": timedelta(days=30), "سال": timedelta(days=365)}
_NUMBERS = {word: number for number, word in enumerate("یک دو سه چهار پنج شش هفت هشت نه ده".split(), 1)}


class Options(BaseModel, frozen=True, extra="forbid"):
    queries: tuple[str, ...] = Field(min_length=1, max_length=10, description="what to search for, each spelling by itself")
    comments: bool = Field(default=False, description="read comments on the videos found as well")
    comment_videos: int = Field(default=20, ge=1, le=200, description="how many of the latest videos are asked for comments")
    backfill: bool = Field(default=False, description="at the first poll, search the last year instead of the last week")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages of a query a poll reads at most")
    search_path: str = Field(default="/api/fa/v1/video/video/search/text/{query}", description="where videos are searched for")
    base_url: str = Field(default=SITE, description="address of the platform")
    pause: float = Field(default=1.0, ge=0, le=600, description="seconds between two requests")

    @field_validator("queries")
    @classmethod
    def _queries(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for query in value:
            if not 3 <= len(query.strip()) <= 512:
                raise ValueError(f"{query!r} cannot be searched for; a query has 3 to 512 letters")
        return tuple(dict.fromkeys(query.strip() for query in value))

    @field_validator("search_path")
    @classmethod
    def _with_query(cls, value: str) -> str:
        if not value.startswith("/") or "{query}" not in value:
            raise ValueError(f"{value!r} is no search; a path begins with '/' and holds '{{query}}'")
        return value


# ------------------------------------------------------------------------------------------------ pure: payload to mentions


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the videos of a search, of today's form or the older one. Raises: CollectError when the payload is none."""
    return _search(payload, now)[0]


def parse_video(payload: bytes, *, now: datetime) -> Mention:
    """Return the video of its own page. Raises: CollectError when the payload is none."""
    data = json_object(payload, "a video")
    channels = _channels(data)
    video = _video(_attributes(data.get("data")), channels, now, owner=next(iter(channels), ""))
    if video is None:
        raise _another_shape(data)
    return video


def parse_comments(payload: bytes, *, now: datetime, uid: str) -> list[Mention]:
    """Return the comments of a page, without those that were deleted. Raises: CollectError when the payload is none."""
    return _comments(payload, now, uid)[0]


def _search(payload: bytes, now: datetime) -> tuple[list[Mention], int, Any]:
    """Return the videos, how many are shown, and the address of the next page."""
    data = json_object(payload, "a search")
    if isinstance(data.get("videobysearch"), list):
        videos = [mapping(video) for video in data["videobysearch"]]
        return _videos(videos, {}, now), len(videos), mapping(data.get("ui")).get("pagingForward")
    if not isinstance(data.get("data"), list) or not isinstance(data.get("included", []), list):
        raise _another_shape(data)
    first = mapping(data["data"][0]) if data["data"] else {}
    by_id = {native_id(mapping(one).get("id")) or f"at {place}": _attributes(one)
             for place, one in enumerate(items(data.get("included"))) if clean(mapping(one).get("type")).lower() == "video"}
    listed = items(mapping(mapping(first.get("relationships")).get("video")).get("data"))
    order = [own_id for one in listed if (own_id := native_id(mapping(one).get("id"))) in by_id] or list(by_id)
    attributes = _attributes(first)
    if not by_id and (listed or count(attributes.get("total")) or (first and "total" not in attributes)):
        raise _another_shape(data)
    return (_videos([by_id[own_id] for own_id in order], _channels(data), now), len(order),
            mapping(attributes.get("link")).get("next"))


def _videos(videos: Sequence[Mapping[str, Any]], channels: Mapping[str, Mapping[str, Any]], now: datetime) -> list[Mention]:
    found = [_video(video, channels, now) for video in videos]
    if videos and not any(found):
        raise _another_shape(videos[0])
    return [video for video in found if video]


def _attributes(item: Any) -> dict[str, Any]:
    return mapping(mapping(item).get("attributes"))


def _channels(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the payload tells of channels, by their user name."""
    told = [_attributes(one) for one in items(data.get("included")) if clean(mapping(one).get("type")).lower() == "channel"]
    return {name: channel for channel in told if (name := native_id(channel.get("username")))}


def _another_shape(data: Any) -> CollectError:
    shown = ", ".join(sorted(mapping(data))[:5]) or "none"
    return CollectError("", f"the answer has another shape than this program knows (keys {shown}); look for a newer version")


def _video(
        video: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]], now: datetime, owner: str = "") -> Mention | None:
    uid = native_id(video.get("uid"))
    if not re.fullmatch(r"\w{3,40}", uid, re.ASCII):
        return None
    views = _first_count(video, "visit_cnt_non_formatted", "visit_cnt_int", "visit_cnt")
    likes = _first_count(video, "like_cnt_non_formatted", "like_cnt")
    published, precision = _placed(video, ("date_exact", "sdate_gregorian", "sdate"), now)
    username = native_id(video.get("username")) or owner
    channel = channels.get(username, {})
    name = short(video.get("sender_name")) or short(channel.get("name"))
    return Mention(
        kind=KIND, id=uid, text=clean(video.get("description")).strip(), title=short(video.get("title"), 1000),
        url=f"{SITE}/v/{uid}", published_at=published, precision=precision,
        author=_author(username, name, count(channel.get("follower_cnt"))),
        engagement=None if views is None and likes is None else Engagement(now, likes=likes, views=views), raw=raw_of(video))


def _first_count(item: Mapping[str, Any], *names: str) -> int | None:
    return next((number for name in names if (number := count(item.get(name))) is not None), None)


def _author(username: str, name: str | None, followers: int | None) -> Author | None:
    return Author(KIND, username, name, web_url(f"{SITE}/{quote(username)}"), followers) if username else None


def _comments(payload: bytes, now: datetime, uid: str) -> tuple[list[Mention], list[MentionKey], int, Any]:
    """Return the comments, the keys of deleted ones, how many are shown, and the address of the next page."""
    data = json_object(payload, "a list of comments")
    if not isinstance(data.get("data"), list):
        raise _another_shape(data)
    told = [_attributes(one) | {"id": mapping(one).get("id")} for one in data["data"]]
    if told and not any("body" in comment for comment in told):
        raise _another_shape(told[0])
    gone = [MentionKey(KIND, f"comment:{own_id}") for comment in told
            if comment.get("deleted") is True and (own_id := native_id(comment["id"]))]
    mentions = [mention for comment in told if comment.get("deleted") is not True and (mention := _comment(comment, uid, now))]
    return mentions, gone, len(told), mapping(data.get("links")).get("more")


def _comment(comment: Mapping[str, Any], uid: str, now: datetime) -> Mention | None:
    own_id, text = native_id(comment.get("id")), clean(comment.get("body")).strip()
    if not own_id or not text:
        return None
    published, precision = _placed(comment, ("sdate_gregorian", "sdate_timediff"), now)
    likes, answers = count(comment.get("like_cnt")), count(comment.get("reply_cnt"))
    return Mention(
        kind=KIND, id=f"comment:{own_id}", text=text, url=f"{SITE}/v/{uid}", published_at=published, precision=precision,
        author=_author(native_id(comment.get("username")), short(comment.get("name")), None),
        engagement=None if likes is None and answers is None else Engagement(now, likes=likes, comments=answers),
        in_reply_to=uid, raw=raw_of(comment))


def _placed(item: Mapping[str, Any], names: Sequence[str], now: datetime) -> tuple[datetime, Precision]:
    """Return the time of the first field that states one, a date before words such as «۲ روز پیش»."""
    written = [clean(item.get(name)) for name in names]
    for stated in (*(parse_time(text, TEHRAN) for text in written), *(_ago(text, now) for text in written)):
        if stated:
            return placed(*stated, now)
    return now, Precision.ESTIMATED


def _ago(text: str, now: datetime) -> tuple[datetime, Precision] | None:
    words = " ".join(text.replace("\u200c", " ").replace("ي", "ی").split())
    found = _AGO.fullmatch(words)
    number = 1 if words == "دیروز" else None if not found else count(found.group(1)) or _NUMBERS.get(found.group(1))
    if number is None:
        return None
    unit = found.group(2) if found else "روز"
    try:
        then = now - number * _UNITS[unit]
    except OverflowError:
        return None
    if unit != "روز":
        return then, Precision.ESTIMATED
    local = then.astimezone(zone(TEHRAN))
    return datetime.combine(local.date(), time(12), local.tzinfo).astimezone(now.tzinfo), Precision.DAY


# ------------------------------------------------------------------------------------------------------------ the collector


class AparatCollector(NetworkCollector[Options]):
    """Reads the videos that some queries find, and the comments on the latest of them."""

    kind = KIND
    experimental: ClassVar[bool] = True

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return videos and comments that are new or changed since ``cursor``. Raises: CollectError."""
        found: dict[str, str] = {}

        def search(own: Cursor | None) -> Batch:
            batch = in_turn({query: partial(self._query, query) for query in self._options.queries}, own)
            found.update({mention.id: mention.published_at.isoformat() for mention in batch.mentions})
            return batch

        if not self._options.comments:
            return in_turn({"search": search}, cursor)
        known = {uid: at for uid, at in mapping(mapping(cursor).get("videos")).items() if isinstance(at, str)}
        # The search comes first: what it finds is asked for comments at once.
        parts = {"search": search, "comments": lambda own: self._comments(self._latest({**known, **found}), own)}
        batch = in_turn(parts, cursor)
        return replace(batch, cursor={**(batch.cursor or {}), "videos": self._latest({**known, **found})})

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the videos as they are now, and the keys of those that are gone. Comments cannot be asked for one by one.

        Raises: CollectError.
        """
        mentions, gone = [], []
        for key in keys:
            if ":" in key.id:
                continue
            answer = self._get(SHOW.format(uid=quote(key.id, safe="")), readable=(404, 410))
            if answer.status in (404, 410):
                gone.append(key)
            else:
                mentions.append(self._understood(answer, lambda payload: parse_video(payload, now=self._now())))
        return Batch(tuple(mentions), tuple(gone))

    def _query(self, query: str, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {query}", MARGIN, options.max_pages, options.backfill, order="any",
                    source=self._label)
        horizon = walk.horizon(cursor)
        long_ago = options.backfill if horizon is None else horizon < now - WEEK
        first = (options.search_path.replace("{query}", quote(query, safe=""))
                 + f"?type_search=search&uploadedIn={'year' if long_ago else 'week'}")

        def read(token: str | None) -> Page:
            answer = self._get(token or first)
            mentions, shown, following = self._understood(answer, lambda payload: _search(payload, now))
            return Page(mentions, self._following(following) if shown else None, shown, ended=True)

        return walk.collect(read, cursor, now)

    def _latest(self, videos: Mapping[str, str]) -> dict[str, str]:
        """Return the videos whose comments are read, the newest first."""
        since = (self._now() - COMMENTED).isoformat()
        recent = sorted(((at, uid) for uid, at in videos.items() if at >= since), reverse=True)
        return {uid: at for at, uid in recent[:self._options.comment_videos]}

    def _comments(self, videos: Mapping[str, str], cursor: Cursor | None) -> Batch:
        return in_turn({uid: partial(self._comments_of, uid) for uid in videos}, cursor)

    def _comments_of(self, uid: str, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        # A pinned comment stands before the newest.
        walk = Walk(f"{options.base_url} comments {uid}", MARGIN, options.max_pages, options.backfill, order="featured",
                    source=self._label)

        def read(token: str | None) -> Page:
            answer = self._get(token or COMMENTS.format(uid=quote(uid, safe="")), readable=(404, 410))
            if answer.status in (404, 410):  # the video is gone, and with it its comments
                return Page((), None, 0, ended=True)
            mentions, gone, shown, following = self._understood(answer, lambda payload: _comments(payload, now, uid))
            return Page(mentions, self._following(following) if shown else None, shown, gone, ended=True)

        return walk.collect(read, cursor, now)

    def _following(self, address: Any) -> str | None:
        """Return path and query of the next page. Raises: CollectError where it is on a host that is not Aparat's."""
        base = self._options.base_url
        whole = joined(base, address) if isinstance(address, str) and address.strip() else None
        if whole is None:
            return None
        parts = urlsplit(whole)
        host = parts.hostname or ""
        if host not in (urlsplit(base).hostname, "aparat.com") and not host.endswith(".aparat.com"):
            raise self._failure(f"the next page is said to be at {short(host, 80)!r}, another host, and is not asked for; "
                                "look for a newer version")
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _get(self, path: str, readable: Sequence[int] = ()) -> Response:
        if not path.startswith("/") or path.startswith("//"):
            raise self._failure("a page is remembered that has no address; it is asked again next time", permanent=True)
        return self._client.get(self._options.base_url.rstrip("/") + path, source=self._label, accept="application/json",
                                pace=timedelta(seconds=self._options.pause), readable=readable)
