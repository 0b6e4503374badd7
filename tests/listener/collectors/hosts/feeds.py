"""Feeds: WordPress, a paged Atom feed, a JSON Feed, and one that shows its newest items only."""

from __future__ import annotations

import html
import json
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, conditional


class WordPress(Host):
    kind = "rss"
    remembers_moves = True
    control_characters = False

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
        return conditional(request, body, "application/rss+xml; charset=UTF-8")


class PagedAtom(Host):
    kind = "rss"
    remembers_moves = True
    control_characters = False

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
        return conditional(request, body, "application/atom+xml")


class JSONFeed(Host):
    kind = "rss"
    remembers_moves = True
    control_characters = False

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
        return conditional(request, json.dumps(data).encode(), "application/feed+json")


class NewestOnly(Host):
    kind = "rss"
    remembers_moves = True
    control_characters = False
    paged = False

    def options(self) -> dict[str, Any]:
        return {"url": self.server.url_for("/rss")}

    def show(self, request: Request) -> Response:
        rows = "".join(
            f"<item><title>t</title><link>https://news.example/{post.number}</link><guid>https://news.example/{post.number}</guid>"
            f"<pubDate>{format_datetime(post.published_at)}</pubDate><description>{escape(html.escape(post.text))}</description></item>"
            for post in self.newest_first()[: self.page])
        body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>x</title>{rows}</channel></rss>'.encode()
        return conditional(request, body, "application/rss+xml")
