"""Telegram channels, by the public preview at ``t.me/s/<channel>``.

Endpoint: ``GET https://t.me/s/<channel>`` and ``?before=<id>`` for older posts, some 16 to 20 a page, oldest first.
Auth: none. Limits: not stated; two seconds between requests and two minutes between polls of a channel are kept.
Cost: none. Terms: Telegram's; only what channels publish without a login is read. Blocked in Iran without a proxy.
Reach basis: views, rounded by Telegram above a thousand ("3.12K"), and the channel's subscribers.

Groups, users, private channels and channels without a preview have no such page; each gets its own sentence. Ids have gaps
(deleted posts, service messages), so nothing is counted by them. The preview shows no comments.

Cursor: ``channel``, ``last`` (greatest id without a gap behind it), ``known`` {id: [hash of text, views and reactions]}, and
while a walk is unfinished ``top`` and ``before``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode

from listener.calendar import parse_time
from listener.client import Client, Response, page_kind, redact
from listener.errors import CollectError
from listener.text import html_to_text
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision
from listener.collectors.payload import clean, count, mapping, native_id, placed, short, short_hash, web_url

KIND = "telegram"
MOST_KNOWN = 400
PAGES_A_CALL = 10
PAUSE = timedelta(seconds=2)
POLLS = 60  # pauses between two polls: two minutes
MAX_RAW = 128 * 1024
_UTC = ZoneInfo("UTC")


class Options(BaseModel, frozen=True, extra="forbid"):
    channel: str = Field(description="name of a public channel: 'durov', '@durov' or 't.me/durov'")
    backfill: bool = Field(default=False, description="at the first poll, read older posts too")
    max_pages: int = Field(default=20, ge=1, le=5000, description="pages one walk reads at most")
    base_url: str = Field(default="https://t.me", description="another host with the same pages, where t.me is blocked")
    pause: float = Field(default=PAUSE.total_seconds(), ge=0, le=600, description="seconds between two requests")

    @field_validator("channel")
    @classmethod
    def _name(cls, value: str) -> str:
        bare = re.sub(r"^(?:https?://)?(?:t(?:elegram)?\.me/)?(?:s/)?@?", "", value.strip()).rstrip("/")
        if not re.fullmatch(r"[A-Za-z]\w{3,31}", bare, re.ASCII):
            raise ValueError(f"{value!r} is no public channel's name; it is 4 to 32 letters, digits or '_', "
                             "and invitation links (t.me/+…) have no public page")
        return bare

    @field_validator("base_url")
    @classmethod
    def _base(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError(f"{value!r} is no address; write it as 'https://t.me'")
        return value.rstrip("/")


# ---------------------------------------------------------------------------------------------- pure: page to mentions


@dataclass(frozen=True, slots=True)
class Page:
    mentions: tuple[Mention, ...]  # oldest first, as on the page
    before: str | None  # where the older page begins; None: this is the oldest


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the posts of a preview page, oldest first. Raises: CollectError when the page shows no public channel."""
    return list(read(payload, now=now).mentions)


def read(payload: bytes, *, now: datetime) -> Page:
    """Return the posts of a preview page and where older ones are. Raises: CollectError as ``parse``."""
    tree = LexborHTMLParser(payload)
    history = tree.css_first(".tgme_channel_history")
    if history is None:
        raise _not_a_channel(tree, payload)
    channel = _channel(tree)
    mentions = [
        mention for node in history.css("div.tgme_widget_message[data-post]") if (mention := _mention(node, channel, now))
    ]
    if not mentions:
        figures = {kind: value for value, kind in _counters(tree) if kind != "subscribers" and kind != "subscriber" and value}
        if figures:
            told = ", ".join(f"{value} {kind}" for kind, value in figures.items())
            raise CollectError(
                "", f"the page shows no post though its counters say {told}; Telegram served it half, retrying later"
            )
    more = tree.css_first("a.tme_messages_more[data-before]")
    return Page(tuple(mentions), (more.attributes.get("data-before") if more is not None else None) or None)


def _not_a_channel(tree: LexborHTMLParser, payload: bytes) -> CollectError:
    """Return the error for a page without posts, saying what it is and what to do (states: snscrape, recorded pages)."""
    page = tree.css_first(".tgme_page")
    if page is None:
        if tree.css_first(".tl_main_wrap") is not None or b"og:title" in payload and b"Telegram" in payload:
            return CollectError("", "Telegram sent its own front page; it does so when asked too often, retrying later")
        return CollectError(
            "", f"the answer is {page_kind(payload) or 'no page'}, not Telegram's; check base_url and the network"
        )
    extra = _text(page.css_first(".tgme_page_extra"))
    description = _text(page.css_first(".tgme_page_description"))
    action = _text(page.css_first(".tgme_page_action"))
    titled = bool(_text(page.css_first(".tgme_page_title")))
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
    """Return the channel as its page's head gives it; single posts and excerpts have no head."""
    link = tree.css_first(".tgme_channel_info_header_username a")
    url = web_url(link.attributes.get("href")) if link is not None else None
    name = _text(tree.css_first(".tgme_channel_info_header_title")) or None
    followers = next((count(value) for value, kind in _counters(tree) if kind in ("subscribers", "subscriber")), None)
    handle = (_text(link).lstrip("@") if link is not None else "") or ""
    return Author(KIND, handle, name, url, followers) if handle or name or followers is not None else None


def _counters(tree: LexborHTMLParser) -> list[tuple[str, str]]:
    return [(_text(node.css_first(".counter_value")), _text(node.css_first(".counter_type")))
            for node in tree.css(".tgme_channel_info_counter")]


def _mention(node: LexborNode, channel: Author | None, now: datetime) -> Mention | None:
    own_id = native_id(node.attributes.get("data-post"))
    if not own_id or "service_message" in (node.attributes.get("class") or ""):
        return None
    date = node.css_first("a.tgme_widget_message_date")
    time = date.css_first("time[datetime]") if date is not None else None  # a video's length is a <time> too
    written = parse_time(clean(time.attributes.get("datetime")), _UTC) if time is not None else None
    published, precision = placed(written[0], written[1], now) if written else (now, Precision.ESTIMATED)
    edited = re.search(r"\bedited\b", _text(node.css_first(".tgme_widget_message_meta")), re.I)
    likes, views = _reactions(node), count(_text(node.css_first(".tgme_widget_message_views")))
    name = own_id.partition("/")[0]
    owner = _text(node.css_first("a.tgme_widget_message_owner_name")) or (channel.name if channel else None)
    author = Author(KIND, name, short(owner), f"https://t.me/{name}",
                    channel.followers if channel and channel.id.casefold() in (name.casefold(), "") else None)
    link = web_url(date.attributes.get("href")) if date is not None else None
    raw = (node.html or "").encode("utf-8", "replace")
    return Mention(
        kind=KIND,
        id=own_id,
        text=_post_text(node),
        url=(link or f"https://t.me/{own_id}").partition("?")[0],
        published_at=published,
        precision=precision,
        edited_at=now if edited else None,
        author=author,
        engagement=Engagement(now, likes=likes, views=views) if likes is not None or views is not None else None,
        in_reply_to=_post_of(node.css_first("a.tgme_widget_message_reply")),
        reshare_of=_post_of(node.css_first(".tgme_widget_message_forwarded_from_name")),
        raw=raw if len(raw) <= MAX_RAW else None,
    )


def _post_text(node: LexborNode) -> str:
    """Return the post's own words: not those of the post it answers, which stand in an element of the same class."""
    parts = [html_to_text(part.inner_html or "") for part in node.css(".tgme_widget_message_text.js-message_text")
             if not _inside(part, "tgme_widget_message_reply", node)]
    if not parts:
        parts = [
            _text(node.css_first(".tgme_widget_message_poll_question")),
            _text(node.css_first(".tgme_widget_message_document_title")),
        ]
        parts += [_text(option) for option in node.css(".tgme_widget_message_poll_option_text")]
    return "\n".join(part for part in parts if part)


def _inside(node: LexborNode, name: str, stop: LexborNode) -> bool:
    step = node.parent
    while step is not None and step != stop:
        if name in (step.attributes.get("class") or "").split():
            return True
        step = step.parent
    return False


def _reactions(node: LexborNode) -> int | None:
    """Return the sum of all reactions, or None where the channel shows none: off is not zero."""
    counts = [
        count(re.sub(r"^\D+", "", _text(one).replace("\u200d", "")))
        for one in node.css(".tgme_widget_message_reactions .tgme_reaction")
    ]
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


def _post_of(node: LexborNode | None) -> str | None:
    """Return the post or channel that a link leads to (``chan/123``), else the name it shows."""
    if node is None:
        return None
    found = re.match(r"https?://(?:t|telegram)\.me/(?:s/)?(\w+(?:/\d+)?)", node.attributes.get("href") or "")
    return found.group(1) if found else short(_text(node))


def _text(node: LexborNode | None) -> str:
    return " ".join(clean(node.text()).split()) if node is not None else ""


def _number(own_id: str) -> int:
    tail = own_id.rpartition("/")[2]
    return int(tail) if tail.isdecimal() and len(tail) < 19 else 0


# ---------------------------------------------------------------------------------------------- the collector


class TelegramCollector:
    """Reads one public channel."""

    def __init__(self, name: str, options: Options, client: Client, *, now: Callable[[], datetime]) -> None:
        self.name = name
        self._label = f"{KIND} {name!r}"
        self._options = options
        self._client = client
        self._now = now

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts that are new, edited or grown since ``cursor``, and keys of those gone. Raises: CollectError."""
        now = self._now()
        state = dict(cursor or {})
        if state.get("channel") != self._options.channel.casefold():
            state = {"channel": self._options.channel.casefold()}
        known = {
            key: value for key, value in mapping(state.get("known")).items() if isinstance(value, list) and len(value) == 2
        }
        last, top, resume = (count(state.get(name)) or 0 for name in ("last", "top", "before"))
        page = self._page(None, now)
        posts = {mention.id: mention for mention in page.mentions}
        gone, problem = self._gone(posts, known)
        lowest, highest = _range(posts)
        before = page.before
        if resume and highest and lowest <= top + 1:
            before = str(resume)  # what lies between was read in an earlier call
        complete, wait, pages = True, None, 1
        deep = bool(last or top or self._options.backfill)
        while deep and posts and before and not (last and lowest <= last) and _number(before) > last:
            if pages >= self._options.max_pages and not self._options.backfill:
                problem = f"stopped after {pages} pages without meeting a known post; raise max_pages"
                break
            if pages >= PAGES_A_CALL:
                complete = False
                break
            try:
                older = self._page(before, now)
            except CollectError as error:
                problem, wait, complete = f"page {pages + 1}: {error.what}", error.retry_after, False
                break
            fresh = {mention.id: mention for mention in older.mentions if mention.id not in posts}
            if not fresh:
                before = None
                break
            posts = {**fresh, **posts}
            lowest = _range(fresh)[0]
            before, pages = older.before, pages + 1
        following: dict[str, Any] = {
            "channel": state["channel"],
            "last": max(highest, last),
            "known": _remembered(posts, known, gone),
        }
        if not complete:
            following |= {"last": last, "top": max(highest, top), "before": _number(before or "")}
        changed = [self._dated(mention, known) for mention in posts.values() if known.get(mention.id) != _record(mention)]
        interval = timedelta(seconds=self._options.pause * POLLS)
        # A walk that an error broke off goes on with the next poll, one that is merely long goes on at once.
        return Batch(tuple(changed), tuple(gone), following, CoverageState.PARTIAL if problem else CoverageState.OK, problem,
                     wait or (interval if complete or problem else None) or None, complete or problem is not None)

    def _page(self, before: str | None, now: datetime) -> Page:
        answer = self._client.get(f"{self._options.base_url}/s/{self._options.channel}", source=self._label, accept="text/html",
                                  params={"before": before} if before else None, pace=timedelta(seconds=self._options.pause))
        return self._read(answer, now)

    def _read(self, answer: Response, now: datetime) -> Page:
        try:
            page = read(answer.body, now=now)
        except CollectError as error:
            raise CollectError(self._label, f"{redact(answer.url)}: {answer.without_secrets(error.what)}",
                               permanent=error.permanent) from None
        if answer.truncated:
            raise CollectError(self._label, f"{redact(answer.url)} broke off; retrying later")
        return page

    def _gone(self, posts: Mapping[str, Mention], known: Mapping[str, Any]) -> tuple[list[MentionKey], str | None]:
        """Return posts that stood between two that still stand. When half of them are missing, doubt the page instead."""
        lowest, highest = _range(posts)
        due = [own_id for own_id in known if lowest < _number(own_id) < highest]
        missing = [own_id for own_id in due if own_id not in posts]
        if len(missing) > 3 and len(missing) * 2 > len(due):
            return [], f"{len(missing)} of {len(due)} known posts are missing from the page; it may be incomplete"
        return [MentionKey(KIND, own_id) for own_id in missing], None

    def _dated(self, mention: Mention, known: Mapping[str, Any]) -> Mention:
        before = known.get(mention.id)
        return replace(mention, edited_at=self._now()) if before and before[0] != short_hash(mention.text) else mention


def _range(posts: Mapping[str, Mention]) -> tuple[int, int]:
    numbers = [_number(own_id) for own_id in posts]
    return (min(numbers), max(numbers)) if numbers else (0, 0)


def _record(mention: Mention) -> list[Any]:
    counts = mention.engagement
    return [short_hash(mention.text), [counts.views, counts.likes] if counts else None]


def _remembered(posts: Mapping[str, Mention], known: Mapping[str, Any], gone: list[MentionKey]) -> dict[str, list[Any]]:
    together = {**known, **{own_id: _record(mention) for own_id, mention in posts.items()}}
    latest = sorted(together, key=_number, reverse=True)[:MOST_KNOWN]
    dropped = {key.id for key in gone}
    return {own_id: together[own_id] for own_id in latest if own_id not in dropped}
