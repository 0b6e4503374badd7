"""Reddit's API: log-in of an app, search, info."""

from __future__ import annotations

import json
import os
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


class Reddit(Host):
    kind = "reddit"
    fields = ("id", "kind", "selftext", "children", "data")
    page = 30
    posted = True
    agent = ":gooshbezang:"

    logins = 0
    valid = 0  # the number of the bearer that is taken

    def options(self) -> dict[str, Any]:
        os.environ |= {"REDDIT_TEST_ID": "an-app-id", "REDDIT_TEST_SECRET": "an-app-secret"}
        base = self.server.url_for("/").rstrip("/")
        return {"queries": ["digikala"], "username": "goosh_test", "client_id_env": "REDDIT_TEST_ID",
                "client_secret_env": "REDDIT_TEST_SECRET", "accept_terms": True, "base_url": base, "login_url": base}

    def child(self, post: Post) -> dict[str, Any]:
        own_id = f"{post.number:x}"
        return {
            "kind": "t3",
            "data": {
                "id": own_id,
                "name": f"t3_{own_id}",
                "title": "Order",
                "selftext": post.text,
                "author": "sara",
                "subreddit": "iran",
                "permalink": f"/r/iran/comments/{own_id}/order/",
                "url": f"https://www.reddit.com/r/iran/comments/{own_id}/order/",
                "created_utc": post.published_at.timestamp(),
                "score": post.likes,
                "ups": post.likes,
                "num_comments": 0,
                "edited": False,
            },
        }

    def show(self, request: Request) -> Response:
        if request.path == "/api/v1/access_token":
            self.logins += 1
            self.valid += 1
            return _json(
                {"access_token": f"bearer-token-{self.valid}", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
            )
        if request.headers.get("Authorization") != f"Bearer bearer-token-{self.valid}":
            return _json({"message": "Unauthorized", "error": 401}, 401)
        children = [self.child(post) for post in self.newest_first()]
        if request.path == "/api/info":
            asked = request.args["id"].split(",")
            return self.listing([child for child in children if child["data"]["name"] in asked], None)
        names = [child["data"]["name"] for child in children]
        after = request.args.get("after")
        number = int((after or "t3_0")[3:], 16)
        start = names.index(after) + 1 if after in names else sum(int(name[3:], 16) >= number for name in names) if after else 0
        rows = children[start: start + self.page]
        return self.listing(rows, rows[-1]["data"]["name"] if len(children) > start + self.page else None)

    def listing(self, children: list[dict[str, Any]], after: str | None) -> Response:
        response = _json({"kind": "Listing", "data": {"modhash": "", "children": children, "after": after, "before": None}})
        response.headers |= {"X-Ratelimit-Used": "1", "X-Ratelimit-Remaining": "99.0", "X-Ratelimit-Reset": "480"}
        return response


def _json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json; charset=UTF-8")
