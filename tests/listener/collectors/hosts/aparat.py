"""Aparat's search, its pages of one video, and comments."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post

CHANNEL = {"type": "channel", "id": "9", "attributes": {"username": "sara", "name": "سارا", "follower_cnt": 120}}


class Aparat(Host):
    kind = "aparat"
    fields = ("uid", "description", "title", "attributes", "included", "data")
    page = 20
    reads_all = True

    def options(self) -> dict[str, Any]:
        return {"queries": ["دیجی‌کالا"], "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def video(self, post: Post) -> dict[str, Any]:
        return {
            "id": str(post.number),
            "uid": f"v{post.number}",
            "title": "بررسی",
            "description": post.text,
            "sender_name": "سارا",
            "username": "sara",
            "visit_cnt_int": 1000 + post.likes,
            "duration": "120",
            "sdate": "۲ ساعت پیش",
            "date_exact": post.published_at.astimezone(ZoneInfo("Asia/Tehran")).strftime("%Y-%m-%d %H:%M:%S"),
        }

    def show(self, request: Request) -> Response:
        if "/videohash/" in request.path:
            found = [post for post in self.posts if f"v{post.number}" == request.path.rsplit("/", 1)[1]]
            if not found:
                return Response('{"errors":[{"status":404}]}', status=404, content_type="application/json")
            return self.comments(found[0]) if "/comment/list/" in request.path else self.single(found[0])
        number = int(request.args.get("page", 1))
        oldest = self.clock - timedelta(days=7 if request.args["uploadedIn"] == "week" else 365)
        held = [post for post in self.newest_first() if post.published_at >= oldest]
        shown = held[(number - 1) * self.page: number * self.page]
        query = f"type_search=search&uploadedIn={request.args['uploadedIn']}&page={number + 1}"
        following = self.server.url_for(f"{request.path}?{query}")
        row = {
            "type": "VideoSearch",
            "id": "1",
            "attributes": {"total": len(held), "link": {"next": following if len(held) > number * self.page else None}},
            "relationships": {"video": {"data": [{"type": "Video", "id": str(post.number)} for post in shown]}},
        }
        videos = [{"type": "Video", "id": str(post.number), "attributes": self.video(post)} for post in shown]
        return Response(json.dumps({"data": [row], "included": [CHANNEL, *videos[::-1]]}), content_type="application/json")

    def single(self, post: Post) -> Response:
        known = self.video(post)
        attributes = {name: known[name] for name in ("id", "uid", "title", "description", "date_exact")}
        attributes |= {"visit_cnt_non_formatted": 1000 + post.likes, "like_cnt_non_formatted": post.likes}
        data = {"type": "VideoShow", "id": known["id"], "attributes": attributes}
        return Response(json.dumps({"data": data, "included": [CHANNEL]}), content_type="application/json")

    def comments(self, post: Post) -> Response:
        return Response(json.dumps({"data": [], "links": {}}), content_type="application/json")
