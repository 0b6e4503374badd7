"""The Graph API of Instagram. The ``after`` cursor of a hashtag is the same on every page: the host remembers where we are."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post

TOKEN = "EAABsbCS1a-token-of-the-tests-0123456789ZD"
USER = "17841400000000001"
HASHTAG = "17843826142012701"


def answer(data: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(data), status=status, headers=headers, content_type="application/json; charset=UTF-8")


def refusal(code: int, message: str = "no", status: int = 400, subcode: int | None = None) -> Response:
    return answer({"error": {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode,
                             "fbtrace_id": "A1"}}, status)


class Instagram(Host):
    kind = "instagram"
    fields = ("id", "caption", "data")
    page = 50
    turned = 0

    def options(self) -> dict[str, Any]:
        os.environ["GOOSH_TEST_INSTAGRAM_TOKEN"] = TOKEN
        return {"token_env": "GOOSH_TEST_INSTAGRAM_TOKEN", "user_id": USER, "hashtags": ["#دیجیکالا"],
                "base_url": self.server.url_for("/").rstrip("/")}

    def media(self, post: Post) -> dict[str, Any]:
        return {"id": f"1789{post.number:010d}", "caption": post.text, "media_type": "IMAGE", "comments_count": 0,
                "like_count": post.likes, "permalink": f"https://www.instagram.com/p/B{post.number}/",
                "timestamp": post.published_at.strftime("%Y-%m-%dT%H:%M:%S+0000")}

    def shown(self) -> list[Post]:
        return [post for post in self.newest_first() if post.published_at > self.clock - timedelta(hours=24)]

    def show(self, request: Request) -> Response:
        assert request.args["access_token"] == TOKEN
        if request.path.endswith("/ig_hashtag_search"):
            assert request.args["q"] == "دیجیکالا" and request.args["user_id"] == USER
            return answer({"data": [{"id": HASHTAG}]})
        self.turned = self.turned + 1 if request.args.get("after") == "same" else 0
        size = int(request.args["limit"])
        rows = self.shown()[self.turned * size:(self.turned + 1) * size]
        more = {"paging": {"cursors": {"after": "same"}}} if rows else {}
        return answer({"data": [self.media(post) for post in rows], **more})


class InstagramTags(Instagram):
    """Posts that tag the account: with their author, and an ``after`` that says where it stands."""

    kind = "instagram"

    def options(self) -> dict[str, Any]:
        return {**super().options(), "hashtags": [], "tags": True}

    def show(self, request: Request) -> Response:
        assert request.path.endswith(f"/{USER}/tags") or request.path == "/login"
        before = int(request.args.get("after", "9" * 9))
        older = [post for post in self.newest_first() if post.number < before]
        rows = older[: int(request.args["limit"])]
        more = {"paging": {"cursors": {"after": str(rows[-1].number)}}} if len(older) > len(rows) else {}
        return answer({"data": [{**self.media(post), "username": "sara"} for post in rows], **more})
