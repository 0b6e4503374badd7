"""Lemmy instances: 0.19 with API v3, and 1.0 with v4. Written from their clients' types; no recording was at hand."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


def answer(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json")


class Lemmy(Host):
    kind = "lemmy"
    fields = ("ap_id", "content", "comment", "comments", "deleted", "removed")
    page = 50

    def options(self) -> dict[str, Any]:
        return {"instance": self.server.url_for("/").rstrip("/"), "queries": ["digikala"]}

    def view(self, post: Post) -> dict[str, Any]:
        created = post.published_at.replace(tzinfo=None).isoformat()  # 0.19 may name no zone
        return {
            "comment": {"id": post.number, "content": post.text, "published": created, "removed": False, "deleted": False,
                        "ap_id": self.server.url_for(f"/comment/{post.number}"), "path": f"0.{post.number}", "language_id": 0},
            "post": {"id": 5, "name": "Delivery", "ap_id": "https://other.example/post/5"},
            "creator": {"id": 1, "name": "sara", "actor_id": "https://lemmy.example/u/sara", "bot_account": False},
            "counts": {"score": post.likes, "upvotes": post.likes, "downvotes": 0, "child_count": 0},
        }

    def single(self, request: Request) -> Response | None:
        if not request.path.endswith("/comment"):
            return None
        found = [post for post in self.posts if str(post.number) == request.args["id"]]
        return answer({"comment_view": self.view(found[0])}) if found else answer({"error": "couldnt_find_comment"}, 404)

    def show(self, request: Request) -> Response:
        if not request.path.startswith("/api/v3/"):
            return Response("", status=404)
        if found := self.single(request):
            return found
        page, limit = int(request.args["page"]), int(request.args["limit"])
        shown = self.newest_first()[(page - 1) * limit: page * limit] if request.args["type_"] == "Comments" else []
        return answer({"type_": request.args["type_"], "comments": [self.view(post) for post in shown], "posts": [],
                       "communities": [], "users": []})


class LemmyV4(Lemmy):
    """1.0: counts stand in the comment, pages have a cursor, and one list mixes everything."""

    kind = "lemmy"
    fields = ("ap_id", "content", "comment", "search", "type_", "deleted", "removed")

    def view(self, post: Post) -> dict[str, Any]:
        view = super().view(post)
        comment = {**view["comment"], **view.pop("counts"), "published_at": post.published_at.isoformat()}
        del comment["published"]
        creator = {"id": 1, "name": "sara", "ap_id": "https://lemmy.example/u/sara"}
        return {**view, "comment": comment, "creator": creator, "type_": "comment"}

    def show(self, request: Request) -> Response:
        if request.path == "/api/v4/site":
            return answer({"site_view": {}, "version": "1.0.0"})
        if not request.path.startswith("/api/v4/"):
            return Response("", status=404)
        if found := self.single(request):
            return found
        before = int(request.args.get("page_cursor", "C1000000000")[1:])
        older = [post for post in self.newest_first() if post.number < before] if request.args["type_"] == "comments" else []
        shown = older[: int(request.args["limit"])]
        more = {"next_page": f"C{shown[-1].number}"} if len(older) > len(shown) else {}
        return answer({"search": [self.view(post) for post in shown], **more})
