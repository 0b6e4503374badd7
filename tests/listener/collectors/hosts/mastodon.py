"""A Mastodon instance with one hashtag timeline."""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import quote

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


def own_id(post: Post) -> int:
    return 10**17 + post.number


class Mastodon(Host):
    kind = "mastodon"
    fields = ("id", "content", "account", "visibility", "reblog")
    tells_deletions = True
    page = 40

    def options(self) -> dict[str, Any]:
        return {"instance": self.server.url_for("/").rstrip("/"), "tags": ["اسنپ"]}

    def status(self, post: Post) -> dict[str, Any]:
        home = "https://social.example/@sara"
        return {
            "id": str(own_id(post)),
            "uri": self.server.url_for(f"/users/sara/statuses/{own_id(post)}"),
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
            found = [post for post in self.posts if str(own_id(post)) == request.path.rsplit("/", 1)[1]]
            return Response(json.dumps(self.status(found[0]) if found else {"error": "Record not found"}), status=200 if found else 404,
                            content_type="application/json")
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
