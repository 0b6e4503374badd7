"""Small servers that speak what real ones speak, one a kind of source: they hold posts and show them as their kind does."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors import COLLECTORS
from listener.types import Batch, Collector, Cursor, Mention

START = datetime(2026, 11, 22, 6, tzinfo=UTC)


@dataclass
class Post:
    number: int
    text: str
    published_at: datetime
    likes: int = 0


@dataclass
class Host:
    """Posts behind a socket. ``instead`` may answer a request in place of the host; ``asked`` is what came."""

    server: HTTPServer
    client: Client
    posts: list[Post] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    instead: Callable[[Request], Response | None] = lambda request: None
    clock: datetime = START + timedelta(hours=2)
    page = 10
    kind = ""

    def __post_init__(self) -> None:
        self.server.clear()
        self.server.expect_request("").respond_with_data("")
        self.server.clear()
        self.server.expect_request(_Anything()).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        return self.instead(request) or self.show(request)

    def show(self, request: Request) -> Response:
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        raise NotImplementedError

    def collector(self, **options: Any) -> Collector:
        made: Collector = COLLECTORS.load(self.kind)(
            "ours", COLLECTORS.options(self.kind)(**{**self.options(), **options}), self.client, now=lambda: self.clock
        )
        return made

    def post(self, text: str, **fields: Any) -> Post:
        number = (self.posts[-1].number if self.posts else 100) + 3  # ids have gaps
        made = Post(number, text, START + timedelta(hours=1, minutes=50, seconds=len(self.posts)), **fields)
        self.posts.append(made)
        return made

    def newest_first(self) -> list[Post]:
        return self.posts[::-1]


class _Anything(str):
    """A path that is equal to every other, as pytest-httpserver compares them."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def poll(collector: Collector, cursor: Cursor | None) -> tuple[list[Mention], Cursor | None, Batch]:
    """Return what one poll gives, called again while more waits, its cursor written and read as the database does."""
    mentions: list[Mention] = []
    for _ in range(50):
        batch = collector.collect(cursor)
        mentions += batch.mentions
        cursor = json.loads(json.dumps(batch.cursor)) if batch.cursor is not None else None
        if batch.complete:
            return mentions, cursor, batch
    raise AssertionError("the collector never says that it is complete")


def _conditional(request: Request, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> Response:
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return Response(status=304, headers={"ETag": etag})
    return Response(body, headers={"ETag": etag, **(headers or {})}, content_type=content_type)


class WordPress(Host):
    kind = "rss"

    def options(self) -> dict[str, Any]:
        return {"url": self.server.url_for("/feed/"), "paged": True}

    def show(self, request: Request) -> Response:
        number = int(request.args.get("paged", 1))
        shown = self.newest_first()[(number - 1) * self.page: number * self.page]
        rows = "".join(
            f"<item><title>{escape(post.text[:40])}</title><link>{self.server.url_for(f'/{post.number}/')}</link>"
            f"<dc:creator><![CDATA[سارا]]></dc:creator><pubDate>{format_datetime(post.published_at)}</pubDate>"
            f'<guid isPermaLink="false">https://blog.example/?p={post.number}</guid>'
            f"<description>{escape(html.escape(post.text))}</description><slash:comments>{post.likes}</slash:comments></item>"
            for post in shown)
        body = ('<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
                'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>وبلاگ</title><language>fa-IR</language>'
                f"{rows}</channel></rss>").encode()
        if number > 1 and not shown:
            return Response(body, status=404, content_type="application/rss+xml; charset=UTF-8")
        return _conditional(request, body, "application/rss+xml; charset=UTF-8")


class PagedAtom(Host):
    kind = "rss"

    def options(self) -> dict[str, Any]:
        return {"url": self.server.url_for("/atom")}

    def show(self, request: Request) -> Response:
        before = int(request.args.get("before", 10**9))
        older = [post for post in self.newest_first() if post.number < before]
        shown = older[: self.page]
        following = f'<link rel="next" href="/atom?before={shown[-1].number}"/>' if len(older) > self.page else ""
        rows = "".join(
            f"<entry><id>tag:blog.example,2026:{post.number}</id><title>t</title><published>{post.published_at.isoformat()}</published>"
            f'<updated>{post.published_at.isoformat()}</updated><link href="https://blog.example/{post.number}"/>'
            f'<author><name>رضا</name></author><content type="text">{escape(post.text)}</content></entry>' for post in shown)
        body = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{following}{rows}</feed>'.encode()
        return _conditional(request, body, "application/atom+xml")


class JSONFeed(Host):
    kind = "rss"

    def options(self) -> dict[str, Any]:
        return {"url": self.server.url_for("/feed.json")}

    def show(self, request: Request) -> Response:
        before = int(request.args.get("before", 10**9))
        older = [post for post in self.newest_first() if post.number < before]
        shown = older[: self.page]
        data: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "x",
            "language": "fa",
            "items": [
                {
                    "id": f"https://blog.example/{post.number}",
                    "url": f"https://blog.example/{post.number}",
                    "content_text": post.text,
                    "date_published": post.published_at.isoformat(),
                    "authors": [{"name": "سارا"}],
                }
                for post in shown
            ],
        }
        if len(older) > self.page:
            data["next_url"] = self.server.url_for(f"/feed.json?before={shown[-1].number}")
        return _conditional(request, json.dumps(data).encode(), "application/feed+json")


class Mastodon(Host):
    kind = "mastodon"
    page = 40

    def options(self) -> dict[str, Any]:
        return {"instance": self.server.url_for("/").rstrip("/"), "tags": ["اسنپ"]}

    def status(self, post: Post) -> dict[str, Any]:
        home = "https://social.example/@sara"
        return {
            "id": str(10**17 + post.number),
            "uri": f"{home}/{post.number}",
            "url": f"{home}/{post.number}",
            "created_at": post.published_at.isoformat().replace("+00:00", "Z"),
            "edited_at": None,
            "language": "fa",
            "content": f"<p>{html.escape(post.text)}</p>",
            "spoiler_text": "",
            "visibility": "public",
            "in_reply_to_id": None,
            "reblog": None,
            "favourites_count": post.likes,
            "reblogs_count": 0,
            "replies_count": 0,
            "account": {
                "id": "1",
                "acct": "sara",
                "username": "sara",
                "display_name": "سارا",
                "url": home,
                "followers_count": 310,
            },
        }

    def show(self, request: Request) -> Response:
        if request.path == "/api/v2/instance":
            return Response("{}", content_type="application/json")
        if request.path.startswith("/api/v1/statuses/"):
            found = [post for post in self.posts if str(10**17 + post.number) == request.path.rsplit("/", 1)[1]]
            return Response("{}", status=200 if found else 404)
        own_id = lambda post: 10**17 + post.number  # noqa: E731
        shown = self.newest_first()
        if "min_id" in request.args:
            shown = [post for post in self.posts if own_id(post) > int(request.args["min_id"])][: self.page][::-1]
        elif "max_id" in request.args:
            shown = [post for post in shown if own_id(post) < int(request.args["max_id"])]
        shown = shown[: self.page]
        headers = {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": "299",
            "X-RateLimit-Reset": "2026-11-22T09:00:00.070144Z",
        }
        if shown:
            base = self.server.url_for(quote(request.path))
            headers["Link"] = f'<{base}?max_id={own_id(shown[-1])}>; rel="next", <{base}?min_id={own_id(shown[0])}>; rel="prev"'
        return Response(json.dumps([self.status(post) for post in shown]), headers=headers, content_type="application/json")


class Telegram(Host):
    kind = "telegram"

    def options(self) -> dict[str, Any]:
        return {"channel": "samplechannel", "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def show(self, request: Request) -> Response:
        before = int(request.args.get("before", 10**9))
        older = [post for post in self.posts if post.number < before]
        shown = older[-self.page:]
        more = (f'<a class="tme_messages_more js-messages_more" data-before="{shown[0].number}" href="#"></a>'
                if len(older) > self.page else "")
        rows = "".join(
            f'<div class="tgme_widget_message_wrap">'
            f'<div class="tgme_widget_message js-widget_message" data-post="samplechannel/{post.number}">'
            f'<div class="tgme_widget_message_text js-message_text" dir="auto">{html.escape(post.text)}</div>'
            f'<span class="tgme_widget_message_views">{1000 + post.likes}</span><span class="tgme_widget_message_meta">'
            f'<a class="tgme_widget_message_date" href="https://t.me/samplechannel/{post.number}">'
            f'<time datetime="{post.published_at.isoformat()}">x</time></a></span></div></div>'
            for post in shown
        )
        return Response(
            f'<!DOCTYPE html><html><body><section class="tgme_channel_history">{more}{rows}</section></body></html>',
            content_type="text/html; charset=utf-8",
        )


HOSTS: dict[str, type[Host]] = {
    "wordpress": WordPress,
    "atom": PagedAtom,
    "json feed": JSONFeed,
    "mastodon": Mastodon,
    "telegram": Telegram,
}
