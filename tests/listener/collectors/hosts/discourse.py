"""A Discourse forum, by its list of posts and by its search."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


def answer(data: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(data), status=status, headers=headers, content_type="application/json; charset=utf-8")


class Discourse(Host):
    kind = "discourse"
    fields = ("id", "cooked", "raw", "deleted_at", "hidden", "user_deleted", "latest_posts")
    page = 50

    def options(self) -> dict[str, Any]:
        return {"forum": self.server.url_for("/").rstrip("/")}

    def body(self, post: Post) -> dict[str, Any]:
        return {
            "id": post.number, "name": "سارا", "username": "Sara_1", "created_at": post.published_at.isoformat(),
            "updated_at": post.published_at.isoformat(), "version": 1, "post_number": 2, "post_type": 1,
            "cooked": f"<p>{html.escape(post.text)}</p>", "raw": post.text, "reply_count": 0, "reads": 12, "score": 0.4,
            "topic_id": 7, "topic_slug": "delivery", "topic_title": "Delivery", "hidden": False, "deleted_at": None,
            "user_deleted": False, "actions_summary": [{"id": 2, "count": post.likes}] if post.likes else [],
        }

    def show(self, request: Request) -> Response:
        if single := re.fullmatch(r"/posts/(\d+)\.json", request.path):
            found = [post for post in self.posts if post.number == int(single.group(1))]
            if not found:
                return answer({"errors": ["The requested URL or resource could not be found."], "error_type": "not_found"}, 404)
            body = self.body(found[0])
            del body["topic_title"]
            return answer(body)
        before = int(request.args.get("before", 10**9))
        older = [post for post in self.newest_first() if post.number < before]
        return answer({"latest_posts": [self.body(post) for post in older[: self.page]]})


class DiscourseSearch(Discourse):
    """The search: full_page results, ten pages of fifty."""

    kind = "discourse"
    holds = 500

    def options(self) -> dict[str, Any]:
        return {**super().options(), "queries": ["digikala"]}

    def show(self, request: Request) -> Response:
        if request.path != "/search.json":
            return super().show(request)
        page = int(request.args["page"])
        shown = self.newest_first()[(page - 1) * self.page: page * self.page]
        hits = [{name: value for name, value in self.body(post).items()
                 if name in ("id", "name", "username", "created_at", "post_number", "topic_id")}
                | {"blurb": html.escape(post.text[:300]), "like_count": post.likes} for post in shown]
        return answer({
            "posts": hits, "users": [],
            "topics": [{"id": 7, "title": "Delivery", "slug": "delivery", "posts_count": 9}] if hits else [],
            "grouped_search_result": {"term": request.args["q"], "error": None, "post_ids": [hit["id"] for hit in hits],
                                      "more_full_page_results": True if len(self.posts) > page * self.page else None},
        })
