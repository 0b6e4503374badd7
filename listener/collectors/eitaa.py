"""Eitaa channels, by their public page. Experimental: no page was recorded here, its shape is read from a client's code.

Endpoint: ``GET https://eitaa.com/<channel>`` and ``?before=<id>`` for older posts, as Telegram's preview, prefix ``etme_``.
Docs: none; the selectors are those of the PyPI package eitaa 2.3.1.    Auth: none.
Limits: not stated; two seconds between requests and two minutes between polls of a channel are kept. robots.txt is obeyed.
Cost: none. Terms: no page of them is known here; only what channels publish without a login is read.
Reach basis: views, which are exact numbers, and the channel's subscribers ("۱۲ هزار").

Persons and bots have a page of another make and no posts. The page shows no reactions and no comments.

Cursor: that of ``walk``, or of ``walk.in_turn`` for several channels; the token of a page is the smallest id of the one before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field, field_validator, model_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode

from listener.client import page_kind
from listener.collectors import preview
from listener.collectors.payload import count, known_zone, short
from listener.collectors.preview import PreviewCollector, PreviewOptions, attribute, words
from listener.collectors.walk import Page
from listener.errors import CollectError
from listener.types import Author, Engagement, Mention, Precision

KIND = "eitaa"
HOSTS = ("eitaa.com",)
SITE = "https://eitaa.com"
ANOTHER_SHAPE = "the answer has another shape than this program knows ({}); look for a newer version, or tell its makers"


class Options(PreviewOptions, frozen=True, extra="forbid"):
    hosts = HOSTS

    base_url: str = Field(default=SITE, description="another host with the same pages, where eitaa.com is not reached")
    timezone: str = Field(default="Asia/Tehran", description="zone of times that name none")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.channel) == bool(self.channels):
            raise ValueError("exactly one of channel & channels must be set")
        return self

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)


def parse(payload: bytes, *, now: datetime, channel: str = "", timezone: str = "Asia/Tehran") -> list[Mention]:
    """Return the posts of a channel's page, oldest first. Raises: CollectError when the page shows no public channel."""
    return list(read(payload, now=now, channel=channel, timezone=timezone).mentions)


def read(payload: bytes, *, now: datetime, channel: str = "", timezone: str = "Asia/Tehran") -> Page:
    """Return the posts of a channel's page and where older ones are. ``channel`` names it where its posts do not.

    Raises: CollectError as ``parse``.
    """
    tree = LexborHTMLParser(payload)
    title = tree.css_first(".etme_channel_info_header_title")
    nodes = tree.css("div.etme_widget_message")
    if title is None and not nodes:
        raise _not_a_channel(tree, payload)
    followers = count(words(tree.css_first(".counter_value")))
    owner = Author(KIND, "", short(words(title)), followers=followers)
    mentions = [mention for node in nodes if (mention := _mention(node, channel, owner, now, timezone))]
    # A date between two posts may stand in an element of its own.
    posts = [node for node in nodes if not _is_service(node)
             and node.css_first(".etme_widget_message_text, .etme_widget_message_views, .etme_widget_message_meta") is not None]
    if posts and not mentions:
        raise CollectError("", ANOTHER_SHAPE.format(f"none of {len(posts)} posts has an id"))
    if posts and all(mention.precision is Precision.ESTIMATED for mention in mentions):
        raise CollectError("", ANOTHER_SHAPE.format(f"none of {len(posts)} posts has a time"))
    if not nodes and b"etme_widget_message_text" in payload:
        raise CollectError("", ANOTHER_SHAPE.format("texts outside of posts"))
    numbers = [preview.number(mention.id) for mention in mentions]
    told = attribute(tree.css_first("a.etme_messages_more[data-before]"), "data-before")
    older = told or (str(min(numbers)) if numbers else None)
    return Page(tuple(mentions), older, ended=older is None)


def _not_a_channel(tree: LexborHTMLParser, payload: bytes) -> CollectError:
    if tree.css_first(".etme_body_wrap") is not None:
        return CollectError("", "this is a person, a bot or a channel without posts; name a public channel", permanent=True)
    kind = page_kind(payload)
    if kind and b"etme_" not in payload:
        return CollectError("", f"the answer is {kind} and no channel of Eitaa; check the channel's name and the network")
    return CollectError("", ANOTHER_SHAPE.format("a page without a channel's title" if kind else "no page"))


def _is_service(node: LexborNode) -> bool:
    return "service_message" in attribute(node, "class")


def _mention(node: LexborNode, channel: str, owner: Author, now: datetime, timezone: str) -> Mention | None:
    link = node.css_first(".etme_widget_message_meta a[href]") or node.css_first("a.etme_widget_message_date[href]")
    place = (preview.origin(link, HOSTS) or "") if link is not None else ""
    named, _, number = place.rpartition("/")
    number = number if number.isdecimal() and named else _element_id(node)
    name = named or channel
    if not number or not name or _is_service(node):
        return None
    time = next((one for one in node.css("time[datetime]") if "message_video_duration" not in attribute(one, "class")), None)
    published, precision = preview.written_at(time, now, timezone)
    shown = node.css_first(".etme_widget_message_views")
    views = count(attribute(shown, "data-count") or words(shown))
    title = short(words(node.css_first(".etme_widget_message_owner_name"))) or owner.name
    return Mention(
        kind=KIND, id=f"{name}/{number}", text=preview.post_text(node, "etme"), url=f"{SITE}/{name}/{number}",
        published_at=published, precision=precision, author=Author(KIND, name, title, f"{SITE}/{name}", owner.followers),
        engagement=None if views is None else Engagement(now, views=views),
        in_reply_to=preview.origin(node.css_first("a.etme_widget_message_reply"), HOSTS),
        reshare_of=preview.origin(node.css_first(".etme_widget_message_forwarded_from_name"), HOSTS),
        raw=preview.raw_html(node))


def _element_id(node: LexborNode) -> str:
    """Return the number of a post from the ``id`` of its element or of one around it."""
    step: LexborNode | None = node
    while step is not None:
        if attribute(step, "id").isdecimal():
            return attribute(step, "id")
        step = step.parent
    return ""


class EitaaCollector(PreviewCollector[Options]):
    """Reads public channels."""

    kind = KIND
    experimental = True
    place = "/{channel}"

    def _page(self, payload: bytes, channel: str, now: datetime) -> Page:
        return read(payload, now=now, channel=channel, timezone=self._options.timezone)
