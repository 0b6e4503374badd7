"""Public pages of channels, as Telegram made them and Eitaa took them over: alike in classes, ``?before=<id>`` for older posts.

What a page says is read by ``telegram`` and ``eitaa``; here is what both need for it, and the walk over several channels.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode

from listener.calendar import parse_time
from listener.collectors.network import NetworkCollector
from listener.collectors.payload import clean, placed, short, web_url
from listener.collectors.walk import ADVICE, ANOTHER_SHAPE, Page, Walk, in_turn
from listener.text import html_to_text
from listener.types import Author, Batch, Cursor, Mention, MentionKey, Precision

MANY_KNOWN = 250  # posts of each of several channels whose edits are noticed: more than the pages of one call show
POLLS = 60  # pauses between two polls of a channel: two minutes, with two seconds
MAX_RAW = 128 * 1024
NAME = r"[A-Za-z]\w{3,31}"


class PreviewOptions(BaseModel, frozen=True, extra="forbid"):
    """Options of channels that are read by their public pages."""

    hosts: ClassVar[tuple[str, ...]] = ()  # whose addresses people paste in place of a name

    channel: str | None = Field(default=None, description="name of a public channel, with or without @, or its address")
    channels: tuple[str, ...] = Field(default=(), max_length=20, description="names of several public channels, in turn")
    backfill: bool = Field(default=False, description="at the first poll, read older posts too")
    max_pages: int = Field(default=20, ge=1, le=5000, description="pages one walk reads at most")
    pause: float = Field(default=2.0, ge=0, le=600, description="seconds between two requests")
    base_url: str = Field(default="", description="another host with the same pages, where the usual one is blocked")

    @field_validator("channel")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        return value if value is None else cls._bare(value)

    @field_validator("channels")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cls._bare(name) for name in value)

    @classmethod
    def _bare(cls, value: str) -> str:
        hosts = "|".join(map(re.escape, cls.hosts))
        bare = re.sub(rf"^(?:https?://)?(?:(?:{hosts})/)?(?:s/)?@?", "", value.strip()).rstrip("/")
        if not re.fullmatch(NAME, bare, re.ASCII):
            raise ValueError(f"{value!r} is no public channel's name; it is 4 to 32 letters, digits or '_', "
                             f"and invitation links ({cls.hosts[0]}/+…) have no public page")
        return bare

    @field_validator("base_url")
    @classmethod
    def _base(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError(f"{value!r} is no address; write it as 'https://{cls.hosts[0]}'")
        return value.rstrip("/")


Options = TypeVar("Options", bound=PreviewOptions)


class PreviewCollector(NetworkCollector[Options]):
    """Reads one public channel, or several in turn, newest page first."""

    place: ClassVar[str]  # of a channel's page: "/s/{channel}"

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts that are new, edited or grown since ``cursor``, and keys of those gone. Raises: CollectError."""
        options = self._options
        if options.channel is not None:
            batch = self._channel(options.channel, cursor)
        else:
            batch = in_turn({name: partial(self._channel, name) for name in options.channels}, cursor)
        interval = timedelta(seconds=options.pause * POLLS) or None
        # A walk that an error broke off goes on with the next poll, one that is merely long goes on at once.
        return replace(batch, min_interval=batch.min_interval or (interval if batch.complete else None))

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return posts as they are now and the keys of those that are gone: a page before an id holds some twenty of them.

        Raises: CollectError.
        """
        channels = {name.casefold() for name in (self._options.channel, *self._options.channels) if name}
        wanted: dict[str, dict[int, MentionKey]] = {}
        for key in keys:
            channel = key.id.rpartition("/")[0]
            if channel.casefold() in channels and number(key.id):
                wanted.setdefault(channel, {})[number(key.id)] = key
        batches = [self._again(channel, left) for channel, left in wanted.items()]
        return Batch(tuple(mention for found in batches for mention in found.mentions),
                     tuple(key for found in batches for key in found.deleted))

    def _again(self, channel: str, left: dict[int, MentionKey]) -> Batch:
        mentions, gone, now = list[Mention](), list[MentionKey](), self._now()
        while left:
            page = self._ask(channel, {"before": str(max(left) + 1)}, now)
            shown = {number(mention.id): mention for mention in page.mentions}
            if not shown:
                break  # nothing stands before these: whether they are gone or the page is half is not known
            due = {own: key for own, key in left.items() if own >= min(shown)}
            missing = [key for own, key in due.items() if own not in shown]
            mentions += [shown[own] for own in due if own in shown]
            gone += missing if len(missing) <= 3 or len(missing) * 2 <= len(due) else []
            left = {own: key for own, key in left.items() if own < min(shown)}
        return Batch(tuple(mentions), tuple(gone))

    def _channel(self, channel: str, cursor: Cursor | None) -> Batch:
        now, asked = self._now(), self._parameters()
        options = self._options
        walk = Walk(repr((options.base_url, channel.casefold(), sorted(asked.items()))), timedelta(), options.max_pages,
                    options.backfill, complete=not asked, remembers=MANY_KNOWN if len(options.channels) > 1 else None,
                    source=self._label)

        def read(token: str | None) -> Page:
            page = self._ask(channel, {**asked, **({"before": token} if token else {})}, now)
            if token is None and not page.mentions and not asked and walk.knows(cursor):
                raise self._failure(f"{channel}: {ANOTHER_SHAPE} (the channel's page shows no post, though it did); {ADVICE}")
            older = page.following is not None and (token is None or number(page.following) < number(token))
            return page if older or page.following is None else replace(page, following=None)  # the same page again

        return walk.collect(read, cursor, now)

    def _ask(self, channel: str, parameters: Mapping[str, str], now: datetime) -> Page:
        answer = self._client.get(
            self._options.base_url + self.place.format(channel=channel), source=self._label, accept="text/html", robots=True,
            params=parameters or None, pace=timedelta(seconds=self._options.pause))
        return self._understood(answer, lambda payload: self._page(payload, channel, now))

    def _parameters(self) -> Mapping[str, str]:
        """Return what else is asked for. With it the pages hold a choice of posts, and a missing one was not deleted."""
        return {}

    @abstractmethod
    def _page(self, payload: bytes, channel: str, now: datetime) -> Page:
        """Return what a page shows. Raises: CollectError when it shows no public channel."""


# ---------------------------------------------------------------------------------------------- pure: parts of a page


def words(node: LexborNode | None) -> str:
    """Return the text of an element on one line."""
    return " ".join(clean(node.text()).split()) if node is not None else ""


def attribute(node: LexborNode | None, name: str) -> str:
    return (node.attributes.get(name) or "") if node is not None else ""


def number(own_id: str) -> int:
    """Return the number at the end of a post's id, or 0."""
    tail = own_id.rpartition("/")[2]
    return int(tail) if tail.isdecimal() and len(tail) < 19 else 0


def counters(tree: LexborHTMLParser, prefix: str) -> list[tuple[str, str]]:
    """Return the figures of a channel's head with what they count: ("110K", "subscribers")."""
    return [(words(node.css_first(".counter_value")), words(node.css_first(".counter_type")))
            for node in tree.css(f".{prefix}_channel_info_counter")]


def post_text(node: LexborNode, prefix: str, also: str = "") -> str:
    """Return the post's own words: not those of the post it answers, which stand in an element of the same class."""
    parts = [html_to_text(part.inner_html or "") for part in node.css(f".{prefix}_widget_message_text{also}")
             if not _inside(part, f"{prefix}_widget_message_reply", node)]
    if not parts:
        parts = [words(node.css_first(f".{prefix}_widget_message_{name}")) for name in ("poll_question", "document_title")]
        parts += [words(option) for option in node.css(f".{prefix}_widget_message_poll_option_text")]
    return "\n".join(part for part in parts if part)


def _inside(node: LexborNode, name: str, stop: LexborNode) -> bool:
    step = node.parent
    while step is not None and step != stop:
        if name in attribute(step, "class").split():
            return True
        step = step.parent
    return False


def written_at(node: LexborNode | None, now: datetime, zone: str = "UTC") -> tuple[datetime, Precision]:
    """Return when the first ``<time>`` with a date says, else ``now`` as an estimate: a video's length is a ``<time>`` too."""
    found = parse_time(clean(attribute(node, "datetime")), ZoneInfo(zone)) if node is not None else None
    return placed(found[0], found[1], now) if found else (now, Precision.ESTIMATED)


def origin(node: LexborNode | None, hosts: tuple[str, ...]) -> str | None:
    """Return the post or channel that a link leads to (``chan/123``), else the name it shows."""
    if node is None:
        return None
    names = "|".join(map(re.escape, hosts))
    found = re.match(rf"(?:https?://(?:{names}))?/(?:s/)?(\w+(?:/\d+)?)", attribute(node, "href"))
    return found.group(1) if found else short(words(node))


def head(tree: LexborHTMLParser, kind: str, prefix: str, followers: int | None) -> Author | None:
    """Return the channel as its page's head gives it; single posts and excerpts have no head."""
    link = tree.css_first(f".{prefix}_channel_info_header_username a")
    name = words(tree.css_first(f".{prefix}_channel_info_header_title")) or None
    handle = words(link).lstrip("@")
    if not (handle or name or followers is not None):
        return None
    return Author(kind, handle, name, web_url(attribute(link, "href")), followers)


def raw_html(node: LexborNode) -> bytes | None:
    """Return an element as it stood on its page, or None where it is too large to keep."""
    raw = (node.html or "").encode("utf-8", "replace")
    return raw if len(raw) <= MAX_RAW else None
