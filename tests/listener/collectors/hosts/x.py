"""X's API: recent search and single posts."""

from __future__ import annotations

import html
import json
import os
from datetime import timedelta
from typing import Any

from werkzeug import Request, Response

from listener.collectors.x import id_at
from tests.listener.collectors.hosts.host import START, Host, Post


class X(Host):
    kind = "x"
    fields = ("id", "text", "data")
    page = 30
    edits = False  # an edited post is a new one, which says what it was before
    times_claimed = False

    def options(self) -> dict[str, Any]:
        os.environ["X_TEST_BEARER"] = "a-bearer-token"
        return {"queries": ["digikala"], "bearer_env": "X_TEST_BEARER", "daily_posts": 100_000, "refresh_counts": True,
                "base_url": self.server.url_for("/").rstrip("/")}

    def own_id(self, post: Post) -> int:
        return id_at(START + timedelta(hours=1, minutes=50, seconds=(post.number - 103) // 3))

    def row(self, post: Post) -> dict[str, Any]:
        own_id = str(self.own_id(post))
        return {"id": own_id, "edit_history_tweet_ids": [own_id], "text": html.escape(post.text, quote=False), "author_id": "7",
                "lang": "fa", "created_at": post.published_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": post.likes, "quote_count": 0,
                                   "bookmark_count": 0, "impression_count": 1000}}

    def show(self, request: Request) -> Response:
        if request.headers.get("Authorization") != "Bearer a-bearer-token":
            return _json({"title": "Unauthorized", "status": 401, "detail": "Unauthorized"}, 401)
        users = {"users": [{"id": "7", "name": "سارا", "username": "sara", "public_metrics": {"followers_count": 310}}]}
        if request.path == "/2/tweets":
            asked = request.args["ids"].split(",")
            found = [self.row(post) for post in self.posts if str(self.own_id(post)) in asked]
            missing = [
                {
                    "resource_id": own_id,
                    "title": "Not Found Error",
                    "detail": f"Could not find tweet with ids: [{own_id}].",
                    "type": "https://api.twitter.com/2/problems/resource-not-found",
                }
                for own_id in asked
                if own_id not in {row["id"] for row in found}
            ]
            return _json({**({"data": found, "includes": users} if found else {}), **({"errors": missing} if missing else {})})
        low, high = int(request.args.get("since_id", 0)), int(request.args.get("until_id", 2**63))
        shown = [row for post in self.newest_first() if low < int((row := self.row(post))["id"]) < high]
        older = [
            row for row in shown if "next_token" not in request.args or int(row["id"]) < int(request.args["next_token"][1:])
        ]
        rows = older[: min(self.page, int(request.args["max_results"]))]
        meta = {"result_count": len(rows), **({"newest_id": rows[0]["id"], "oldest_id": rows[-1]["id"]} if rows else {}),
                **({"next_token": f"t{rows[-1]['id']}"} if len(older) > len(rows) else {})}
        response = _json({**({"data": rows, "includes": users} if rows else {}), "meta": meta})
        response.headers |= {"x-rate-limit-limit": "450", "x-rate-limit-remaining": "448", "x-rate-limit-reset": "1795308960"}
        return response


def _json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json; charset=utf-8")
