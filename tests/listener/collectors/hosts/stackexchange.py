"""A site of Stack Exchange behind the API, always compressed and with a byte order mark, as the real one is."""

from __future__ import annotations

import gzip
import html
import json
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


class StackExchange(Host):
    kind = "stackexchange"
    fields = ("question_id", "body", "items")
    page = 100

    def options(self) -> dict[str, Any]:
        return {"query": "digikala", "base_url": self.server.url_for("/2.3")}

    def question(self, post: Post) -> dict[str, Any]:
        return {
            "question_id": post.number, "title": "Why &lt;so&gt; late?", "body": f"<p>{html.escape(post.text)}</p>",
            "tags": ["api"], "link": f"https://stackoverflow.com/questions/{post.number}/why",
            "creation_date": int(post.published_at.timestamp()),
            "owner": {"user_id": 12, "display_name": "sara", "link": "https://stackoverflow.com/users/12/sara"},
            "score": post.likes, "answer_count": 0, "view_count": 40,
        }

    def wrapped(self, rows: list[dict[str, Any]], more: bool = False, **fields: Any) -> Response:
        data = {"items": rows, "has_more": more, "quota_max": 300, "quota_remaining": 250, **fields}
        return Response(gzip.compress(b"\xef\xbb\xbf" + json.dumps(data).encode(), 1), headers={"Content-Encoding": "gzip"},
                        content_type="application/json; charset=utf-8")

    def show(self, request: Request) -> Response:
        if request.path.startswith("/2.3/questions/"):
            ids = request.path.rsplit("/", 1)[1].split(";")
            return self.wrapped([self.question(post) for post in self.newest_first() if str(post.number) in ids])
        low, high = int(request.args.get("fromdate", 0)), int(request.args.get("todate", 10**11))
        shown = [post for post in self.newest_first() if low <= int(post.published_at.timestamp()) <= high]
        size = int(request.args["pagesize"])
        return self.wrapped([self.question(post) for post in shown[:size]], len(shown) > size)
