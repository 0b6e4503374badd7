"""Telegram channels: by the public preview at ``t.me/s/<channel>``, or by a bot of ours in channels of our own.

Endpoint: ``GET https://t.me/s/<channel>``, ``?before=<id>`` for older posts, some 16 to 20 a page, oldest first, and ``?q=``
for those that hold a term; for a bot ``GET https://api.telegram.org/bot<token>/getUpdates`` (``telegram_bot``).
Docs: https://core.telegram.org/bots/api#getupdates (the preview has none).    Auth: none; for a bot its token.
Limits: not stated; two seconds between requests and two minutes between polls of a channel are kept. robots.txt is obeyed.
Cost: none. Terms: Telegram's; only what channels publish without a login is read. Blocked in Iran without a proxy.
Reach basis: views, rounded by Telegram above a thousand ("3.12K"), and the channel's subscribers; a bot is told neither.

Groups, users, private channels and channels without a preview have no such page; each gets its own sentence. Ids have gaps
(deleted posts, service messages), so nothing is counted by them. The preview shows no comments. A bot hears only channels that
have made it an administrator, which are ours, and nothing from before that; its posts have the ids of the preview.

Cursor: that of ``walk``, or of ``walk.in_turn`` for several channels, or ``telegram_bot``'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import Field, model_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode

from listener.client import page_kind
from listener.collectors import preview
from listener.collectors.payload import count, native_id, short, web_url
from listener.collectors.preview import PreviewCollector, PreviewOptions, attribute, counters, words
from listener.collectors.telegram_bot import API, Bot, post_of
from listener.collectors.walk import ADVICE, ANOTHER_SHAPE, Page
from listener.errors import CollectError
from listener.types import Author, Batch, Cursor, Engagement, Mention

KIND = "telegram"
HOSTS = ("t.me", "telegram.me")


class Options(PreviewOptions, frozen=True, extra="forbid"):
    hosts = HOSTS

    base_url: str = Field(default="https://t.me", description="another host with the same pages, where t.me is blocked")
    query: str | None = Field(default=None, min_length=1, max_length=200, description="only posts that Telegram finds by this "
                              "term; it does not fold spellings, so leave it out unless the channel is a flood")
    bot_token_env: str | None = Field(default=None, description="in place of channels: environment variable that holds the "
                                                                "token of a bot that is an administrator of your channels")
    bot_url: str = Field(default=API, description="another host with Telegram's bot API, where the usual one is blocked")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.channel, self.channels, self.bot_token_env))) != 1:
            raise ValueError("exactly one of channel & channels & bot_token_env must be set")
        return self


# ---------------------------------------------------------------------------------------------- pure: page to mentions


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the posts of a preview page, oldest first. Raises: CollectError when the page shows no public channel."""
    return list(read(payload, now=now).mentions)


def read(payload: bytes, *, now: datetime, searched: bool = False) -> Page:
    """Return the posts of a preview page and where older ones are. ``searched``: it may well hold none.

    Raises: CollectError as ``parse``.
    """
    tree = LexborHTMLParser(payload)
    history = tree.css_first(".tgme_channel_history")
    if history is None:
        raise _not_a_channel(tree, payload)
    channel = _channel(tree)
    mentions = [
        mention for node in history.css("div.tgme_widget_message[data-post]") if (mention := _mention(node, channel, now))
    ]
    if not mentions and not searched:
        figures = {kind: value for value, kind in counters(tree, "tgme") if kind not in ("subscribers", "subscriber") and value}
        if figures:
            told = ", ".join(f"{value} {kind}" for kind, value in figures.items())
            raise CollectError(
                "", f"the page shows no post though its counters say {told}; Telegram served it half, retrying later"
            )
    if not history.css("div.tgme_widget_message") and b"tgme_widget_message_text" in payload:
        raise CollectError("", f"{ANOTHER_SHAPE} (texts outside of posts); {ADVICE}")
    posts = [node for node in history.css("div.tgme_widget_message") if "service_message" not in attribute(node, "class")]
    older = attribute(tree.css_first("a.tme_messages_more[data-before]"), "data-before") or None
    return Page(tuple(mentions), older, len(posts), ended=older is None)


def _not_a_channel(tree: LexborHTMLParser, payload: bytes) -> CollectError:
    """Return the error for a page without posts, saying what it is and what to do (states: snscrape, recorded pages)."""
    page = tree.css_first(".tgme_page")
    if page is None:
        if tree.css_first(".tl_main_wrap") is not None or b"og:title" in payload and b"Telegram" in payload:
            return CollectError("", "Telegram sent its own front page; it does so when asked too often, retrying later")
        return CollectError(
            "", f"the answer is {page_kind(payload) or 'no page'}, not Telegram's; check base_url and the network"
        )
    extra = words(page.css_first(".tgme_page_extra"))
    description = words(page.css_first(".tgme_page_description"))
    action = words(page.css_first(".tgme_page_action"))
    titled = bool(words(page.css_first(".tgme_page_title")))
    if re.search(r"can.t be displayed|restricted|unavailable", description, re.I):
        return CollectError(
            "", f"Telegram does not show this channel ({description[:120]!r}); nothing can be read", permanent=True
        )
    if re.search(r"\bmembers?\b|\bonline\b", extra):
        return CollectError("", "this is a group; groups have no public preview, name a channel", permanent=True)
    if re.search(r"\bsubscribers?\b", extra):
        return CollectError(
            "", "this channel has its public preview switched off; nothing can be read without an account", permanent=True
        )
    if extra.startswith("@") or re.search(r"\bmonthly users?\b", extra):
        return CollectError("", "this is a person or a bot; name a channel", permanent=True)
    if re.search(r"\bJoin (?:Channel|Group)\b", action) or (titled and "join" in description):
        return CollectError("", "this channel is private; nothing can be read without an invitation", permanent=True)
    if re.search(r"\bcontact\b", description):
        return CollectError("", "no channel has this name; check its spelling", permanent=True)
    if re.search(r"\bview (?:posts|and join)\b", description):
        return CollectError("", "this channel has no public preview; nothing can be read without an account", permanent=True)
    return CollectError("", "this page shows no posts of a channel; open it in a browser and check the name", permanent=True)


def _channel(tree: LexborHTMLParser) -> Author | None:
    followers = next((count(value) for value, kind in counters(tree, "tgme") if kind in ("subscribers", "subscriber")), None)
    return preview.head(tree, KIND, "tgme", followers)


def _mention(node: LexborNode, channel: Author | None, now: datetime) -> Mention | None:
    own_id = native_id(node.attributes.get("data-post"))
    if not own_id or "service_message" in (node.attributes.get("class") or ""):
        return None
    date = node.css_first("a.tgme_widget_message_date")
    published, precision = preview.written_at(date.css_first("time[datetime]") if date is not None else None, now)
    edited = re.search(r"\bedited\b", words(node.css_first(".tgme_widget_message_meta")), re.I)
    likes, views = _reactions(node), count(words(node.css_first(".tgme_widget_message_views")))
    name = own_id.partition("/")[0]
    owner = words(node.css_first("a.tgme_widget_message_owner_name")) or (channel.name if channel else None)
    author = Author(KIND, name, short(owner), f"https://t.me/{name}",
                    channel.followers if channel and channel.id.casefold() in (name.casefold(), "") else None)
    link = web_url(attribute(date, "href"))
    return Mention(
        kind=KIND,
        id=own_id,
        text=preview.post_text(node, "tgme", ".js-message_text"),
        url=(link or f"https://t.me/{own_id}").partition("?")[0],
        published_at=published,
        precision=precision,
        edited_at=now if edited else None,
        author=author,
        engagement=Engagement(now, likes=likes, views=views) if likes is not None or views is not None else None,
        in_reply_to=preview.origin(node.css_first("a.tgme_widget_message_reply"), HOSTS),
        reshare_of=preview.origin(node.css_first(".tgme_widget_message_forwarded_from_name"), HOSTS),
        raw=preview.raw_html(node),
    )


def _reactions(node: LexborNode) -> int | None:
    """Return the sum of all reactions, or None where the channel shows none: off is not zero."""
    counts = [
        count(re.sub(r"^\D+", "", words(one).replace("\u200d", "")))
        for one in node.css(".tgme_widget_message_reactions .tgme_reaction")
    ]
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


# ---------------------------------------------------------------------------------------------- the collector


class TelegramCollector(PreviewCollector[Options]):
    """Reads public channels, or as a bot those of our own."""

    kind = KIND
    place = "/s/{channel}"

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts that are new, edited or grown since ``cursor``, and keys of those gone. Raises: CollectError."""
        if self._options.bot_token_env is None:
            return super().collect(cursor)
        bot = Bot(self._client, self._options.bot_token_env, source=self._label, api=self._options.bot_url)
        now = self._now()
        updates = bot.read(cursor, now)
        posts = {mention.id: mention for update in updates.of("channel_post", "edited_channel_post")
                 if (mention := post_of(update, now))}
        return updates.batch(tuple(posts.values()))

    def _parameters(self) -> Mapping[str, str]:
        return {"q": self._options.query} if self._options.query else {}

    def _page(self, payload: bytes, channel: str, now: datetime) -> Page:
        return read(payload, now=now, searched=self._options.query is not None)
