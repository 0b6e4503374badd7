"""The ten days of the demonstration: who writes what, where and when, and how far it travels.

A scenario and honest about it: brand, people, outlets, channels and servers are invented, every text was written by hand for
this package. The rows lie beside this file, one JSON object a line, one file a part (``PARTS``); ``load`` reads and checks them.

Time is kept as offsets from the scenario's first Tehran midnight. ``Scenario.play(start)`` puts it on the calendar, ``start_before``
says where it must begin to be over "now". Rows that are everyday chatter follow the weekday they were written for: the
scenario's first seven days are a whole week, whatever weekday the demonstration happens to start on.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from math import log2
from typing import Any
from zoneinfo import ZoneInfo

BRAND, PEER = "چابک‌سبد", "انارمارکت"
TEHRAN = ZoneInfo("Asia/Tehran")
DAYS = 10
LENGTH = timedelta(days=DAYS)
DAY = timedelta(days=1)
WEEK = 7
SATURDAY = 5  # datetime.weekday(); rows that follow the weekday count their days from a Saturday
PARTS = ("ordinary", "peer", "elsewhere", "reprint", "complaint", "storm")
FORMATS = ("rss", "atom", "jsonfeed", "mastodon", "telegram")
KNOWN_KEYS = frozenset({
    "id", "source", "offset", "text", "title", "slug", "author", "rating", "likes", "shares", "comments", "views", "half_life",
    "in_reply_to", "reshare_of", "forwarded_from", "language", "follows_weekday", "truth",
})


def _instant(day: int, hour: int, minute: int = 0) -> timedelta:
    """Return the offset of a Tehran wall-clock time on the scenario's day 1 … 10."""
    return timedelta(days=day - 1, hours=hour, minutes=minute)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the scenario in which one source misbehaves."""

    source: str
    start: timedelta
    end: timedelta

    def covers(self, source: str, offset: timedelta) -> bool:
        return source == self.source and self.start <= offset < self.end


SONG_AT = _instant(9, 19, 10)
RESHARE_AT = _instant(9, 19, 40)
ANSWER_AT = _instant(10, 11, 5)
OUTAGE = Window("sofreh", _instant(6, 11), _instant(6, 18))  # 503, in its middle hour and a half dropped connections
DROPPED = Window("sofreh", _instant(6, 14), _instant(6, 15, 30))
THROTTLED = Window("setareh", _instant(7, 15), _instant(7, 15, 40))  # 429 with Retry-After, whoever asks


@dataclass(frozen=True, slots=True)
class DemoSource:
    """A place in the scenario and the format its server speaks."""

    name: str
    format: str  # one of FORMATS
    title: str
    followers: int | None = None  # subscribers of a channel


SOURCES = (
    DemoSource("khan", "rss", "خوانِ خبر | بازار و کسب‌وکار"),
    DemoSource("sofreh", "atom", "انجمن سفره"),
    DemoSource("setareh", "jsonfeed", "ستاره‌بین؛ نظر خریداران"),
    DemoSource("koocheh", "mastodon", "کوچه"),
    DemoSource("sedaye_kharidar_nemune", "telegram", "صدای خریدار", 41_250),
    DemoSource("ivan_mousighi_nemune", "telegram", "ایوان موسیقی", 23_400),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Engagement as a source would show it; ``None`` where it shows none."""

    likes: int | None = None
    shares: int | None = None
    comments: int | None = None
    views: int | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """Final counts and how fast they are reached: half of them after one half-life, three quarters after two."""

    final: Counts
    half_life: timedelta

    def at(self, age: timedelta) -> Counts:
        """Return the counts at ``age``; nothing before publication."""
        final = self.final
        return Counts(*(None if count is None else self._grown(count, age)
                        for count in (final.likes, final.shares, final.comments, final.views)))

    def changed_after(self, age: timedelta, final: int | None) -> timedelta:
        """Return the age at which a count with this ``final`` last changed, seen from ``age``; zero if it never did."""
        shown = self._grown(final, age) if final else 0
        return min(age, self.half_life * -log2(1 - (shown - 0.5) / final)) if final and shown else timedelta(0)

    def _grown(self, final: int, age: timedelta) -> int:
        """Return a count, rounded half up: it becomes ``n`` when ``n - 0.5`` of ``final`` is reached."""
        return 0 if age <= timedelta(0) else int(final * (1 - 0.5 ** (age / self.half_life)) + 0.5)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the author meant, for tests of the model only; no part of the product reads it."""

    about: str  # brand | peer | none
    tone: str  # negative | neutral | positive


@dataclass(frozen=True, slots=True)
class Post:
    """One row. ``offset`` counts from the scenario's start; in a ``Play`` it is already shifted to the weekday."""

    id: str
    part: str
    source: str
    offset: timedelta
    text: str
    truth: Truth
    language: str  # fa | en | finglish | mixed
    growth: Growth
    slug: str
    title: str | None = None
    handle: str | None = None
    name: str | None = None
    followers: int | None = None
    rating: int | None = None  # of five
    in_reply_to: str | None = None
    reshare_of: str | None = None
    forwarded_from: str | None = None
    follows_weekday: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """A post on the calendar."""

    post: Post
    at: datetime

    def counts(self, now: datetime) -> Counts:
        return self.post.growth.at(now - self.at)


@dataclass(frozen=True)
class Play:
    """A scenario put on the calendar: what is published where at any instant."""

    start: datetime
    posts: tuple[Published, ...]  # by time
    sources: tuple[DemoSource, ...]
    by_id: Mapping[str, Published] = field(repr=False)
    _lanes: Mapping[str, tuple[tuple[datetime, ...], tuple[Published, ...]]] = field(repr=False)

    @property
    def end(self) -> datetime:
        return self.start + LENGTH

    def published(self, source: str, now: datetime) -> Sequence[Published]:
        """Return what ``source`` has published by ``now``, oldest first. Nothing from the future."""
        instants, posts = self._lanes.get(source, ((), ()))
        return posts[:bisect_right(instants, now)]

    def offset(self, now: datetime) -> timedelta:
        return now - self.start

    def at(self, offset: timedelta) -> datetime:
        return self.start + offset


@dataclass(frozen=True)
class Scenario:
    """All rows, checked."""

    posts: tuple[Post, ...]
    sources: tuple[DemoSource, ...] = SOURCES
    brand: str = BRAND
    peer: str = PEER
    length: timedelta = LENGTH

    def config(self, base: str, *, database: str | None = None, language: str = "fa") -> str:
        """Return the TOML text of the demonstration's settings, reading from the server at ``base`` (no slash at its end)."""
        text = resources.files(__package__).joinpath("demo.toml").read_text(encoding="utf-8").replace("{base}", base).replace("{language}", language)
        return text if database is None else f"database = {json.dumps(database)}\n{text}"

    def start_before(self, now: datetime) -> datetime:
        """Return the Tehran midnight from which the ten days are over at the last midnight before ``now``."""
        today = now.astimezone(TEHRAN).date()
        return datetime.combine(today - LENGTH, time(), TEHRAN)

    def play(self, start: datetime) -> Play:
        """Put the scenario on the calendar. ``start`` is a Tehran midnight (``start_before``)."""
        shift = (start.astimezone(TEHRAN).weekday() - SATURDAY) % WEEK
        posts = sorted((Published(post, start + _on_its_weekday(post, shift)) for post in self.posts),
                       key=lambda published: (published.at, published.post.id))
        lanes = {}
        for source in self.sources:
            lane = tuple(published for published in posts if published.post.source == source.name)
            lanes[source.name] = (tuple(published.at for published in lane), lane)
        return Play(start, tuple(posts), self.sources, {published.post.id: published for published in posts}, lanes)


@cache
def load() -> Scenario:
    """Read and check the packaged rows. Raises: ValueError naming file, line and what is wrong."""
    posts: list[Post] = []
    for part in PARTS:
        file = resources.files(__package__).joinpath(f"{part}.jsonl")
        posts += read(part, file.read_text(encoding="utf-8").splitlines())
    return check(posts)


def read(part: str, lines: Iterable[str]) -> list[Post]:
    """Parse one file of rows. Raises: ValueError naming the line."""
    posts = []
    for number, line in enumerate(lines, 1):
        try:
            posts.append(_post(part, json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{part}.jsonl: line {number}: {error}") from error
    return posts


def check(posts: Sequence[Post], sources: Sequence[DemoSource] = SOURCES) -> Scenario:
    """Return the scenario made of ``posts``. Raises: ValueError on doubled ids, unknown sources or loose references."""
    known = {source.name for source in sources}
    by_id: dict[str, Post] = {}
    slugs: set[tuple[str, str]] = set()
    for post in posts:
        if post.id in by_id:
            raise ValueError(f"{post.id}: stands twice")
        if (post.source, post.slug) in slugs:
            raise ValueError(f"{post.id}: slug {post.slug!r} stands twice in {post.source!r}")
        if post.source not in known:
            raise ValueError(f"{post.id}: unknown source {post.source!r}; known: {', '.join(sorted(known))}")
        if not timedelta(0) <= post.offset < LENGTH:
            raise ValueError(f"{post.id}: offset {post.offset} lies outside the {DAYS} days")
        by_id[post.id] = post
        slugs.add((post.source, post.slug))
    for post in posts:
        for other in filter(None, (post.in_reply_to, post.reshare_of)):
            if other not in by_id:
                raise ValueError(f"{post.id}: refers to {other!r}, which is not here")
            earlier = by_id[other]
            if earlier.offset >= post.offset:
                raise ValueError(f"{post.id}: refers to {other!r}, which is written later")
            if earlier.follows_weekday != post.follows_weekday or (
                    post.follows_weekday and earlier.offset // DAY != post.offset // DAY):
                raise ValueError(f"{post.id}: may be shifted away from {other!r}, to which it refers")
    return Scenario(tuple(posts), tuple(sources))


def _on_its_weekday(post: Post, shift: int) -> timedelta:
    """Return the offset after moving a weekday's chatter to the day of the first seven that is that weekday."""
    day, within = divmod(post.offset, DAY)
    return DAY * ((day - shift) % WEEK) + within if post.follows_weekday and day < WEEK else post.offset


def _post(part: str, row: dict[str, Any]) -> Post:
    if unknown := set(row) - KNOWN_KEYS:
        raise ValueError(f"unknown keys {', '.join(sorted(unknown))}")
    author = row.get("author") or {}
    return Post(
        id=row["id"], part=part, source=row["source"], offset=timedelta(seconds=row["offset"]), text=row["text"],
        truth=Truth(row["truth"]["about"], row["truth"]["tone"]), language=row["language"],
        growth=Growth(Counts(row.get("likes"), row.get("shares"), row.get("comments"), row.get("views")),
                      timedelta(seconds=row["half_life"])),
        slug=row.get("slug") or row["id"], title=row.get("title"), handle=author.get("handle"), name=author.get("name"),
        followers=author.get("followers"), rating=row.get("rating"), in_reply_to=row.get("in_reply_to"),
        reshare_of=row.get("reshare_of"), forwarded_from=row.get("forwarded_from"),
        follows_weekday=row.get("follows_weekday", False),
    )
