"""Digikala's reviews of one product."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug import Request, Response

from listener.calendar import MONTHS, jalali
from tests.listener.collectors.hosts.host import Host, Post


class Digikala(Host):
    kind = "digikala"
    fields = ("id", "body", "comments")
    page = 20
    day_only = True

    def options(self) -> dict[str, Any]:
        return {"products": ["4170599"], "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def review(self, post: Post) -> dict[str, Any]:
        day = jalali(post.published_at.astimezone(ZoneInfo("Asia/Tehran")).date())
        return {
            "id": post.number,
            "title": "",
            "body": post.text,
            "created_at": f"{day.day} {MONTHS['fa'][day.month - 1]} {day.year}",
            "rate": 2,
            "reactions": {"likes": post.likes, "dislikes": 1},
            "is_buyer": True,
            "is_anonymous": False,
            "user_name": "سارا",
            "advantages": [],
            "disadvantages": [],
            "purchased_item": {"seller": {"title": "فروشنده"}, "color": {"title": "سیاه"}},
        }

    def show(self, request: Request) -> Response:
        if request.path != "/v1/rate-review/products/4170599/":
            return Response('{"status":404,"message":"not found"}', content_type="application/json")
        number = int(request.args["page"])
        shown = self.newest_first()[(number - 1) * self.page: number * self.page]
        pager = {"current_page": number, "total_pages": -(-len(self.posts) // self.page), "total_items": len(self.posts)}
        data = {"comments": [self.review(post) for post in shown], "pager": pager}
        return Response(json.dumps({"status": 200, "data": data}), content_type="application/json")
