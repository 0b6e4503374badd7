"""GDELT's article search."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


class GDELT(Host):
    kind = "gdelt"
    fields = ("url", "title", "articles")
    page = 20

    def options(self) -> dict[str, Any]:
        return {"queries": ["دیجی‌کالا"], "page_size": self.page, "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def article(self, post: Post) -> dict[str, Any]:
        return {
            "url": f"https://news.example/{post.number}",
            "url_mobile": "",
            "title": post.text,
            "seendate": post.published_at.strftime("%Y%m%dT%H%M%SZ"),
            "socialimage": "",
            "domain": "news.example",
            "language": "Persian",
            "sourcecountry": "Iran",
        }

    def show(self, request: Request) -> Response:
        start, end = (datetime.strptime(request.args[name], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
                      for name in ("startdatetime", "enddatetime"))
        shown = [post for post in self.newest_first() if start <= post.published_at <= end or post.published_at > self.clock]
        articles = [self.article(post) for post in shown[: int(request.args["maxrecords"])]]
        return Response(json.dumps({"articles": articles} if articles else {}), content_type="application/json; charset=utf-8")
