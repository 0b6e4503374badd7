"""Algolia's search over Hacker News."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


class HackerNews(Host):
    kind = "hackernews"
    fields = ("objectID", "comment_text", "hits")
    page = 100

    def options(self) -> dict[str, Any]:
        return {"query": "digikala", "base_url": self.server.url_for("/").rstrip("/")}

    def hit(self, post: Post) -> dict[str, Any]:
        return {
            "objectID": str(post.number),
            "author": "sara",
            "comment_text": f"<p>{html.escape(post.text)}",
            "created_at": post.published_at.isoformat().replace("+00:00", "Z"),
            "created_at_i": int(post.published_at.timestamp()),
            "points": post.likes,
            "num_comments": None,
            "parent_id": 7,
            "story_id": 7,
            "story_title": "Ask HN",
            "title": None,
            "url": None,
        }

    def show(self, request: Request) -> Response:
        if request.path.startswith("/api/v1/items/"):
            found = [post for post in self.posts if str(post.number) == request.path.rsplit("/", 1)[1]]
            if not found:
                return Response('{"status":404,"error":"Not Found"}', status=404, content_type="application/json")
            hit = self.hit(found[0])
            item = {"id": found[0].number, "type": "comment", "text": hit["comment_text"], "children": [],
                    **{name: hit[name] for name in ("author", "created_at", "created_at_i", "points", "parent_id", "story_id", "title")}}
            return Response(json.dumps(item), content_type="application/json")
        bounds = dict(re.findall(r"created_at_i(>=|<=)(\d+)", request.args.get("numericFilters", "")))
        shown = [
            post
            for post in self.newest_first()
            if int(bounds.get(">=", 0)) <= int(post.published_at.timestamp()) <= int(bounds.get("<=", 10**11))
        ]
        size, number = int(request.args["hitsPerPage"]), int(request.args.get("page", 0))
        rows = shown[number * size: (number + 1) * size]
        data = {"hits": [self.hit(post) for post in rows], "nbHits": len(shown), "page": number, "nbPages": 1, "hitsPerPage": size}
        return Response(json.dumps(data), content_type="application/json")
