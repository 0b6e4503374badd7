"""Google Play's batchexecute, as the store's page calls it."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post


class GooglePlay(Host):
    kind = "googleplay"
    page = 40
    posted = True

    def options(self) -> dict[str, Any]:
        return {"apps": ["ir.example"], "page_size": self.page, "accept_terms": True,
                "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def review(self, post: Post) -> list[Any]:
        picture = [None, 2, None, [None, None, "https://play-lh.example/a-picture"]]
        return [f"review-{post.number}", ["سارا", picture], 1, None, post.text, [int(post.published_at.timestamp()), 5000],
                post.likes, ["Developer", "ممنون", [int(post.published_at.timestamp()) + 60]], None, None, "3.1.0"]

    def show(self, request: Request) -> Response:
        ((rpc, asked, _, _),), = json.loads(request.form["f.req"])
        _, (_, _, window, _, _), (app, _) = json.loads(asked)
        before = int(window[2].removeprefix("token-")) if len(window) > 1 else 10**9
        older = [post for post in self.newest_first() if post.number < before]
        shown = older[: window[0]]
        token = f"token-{shown[-1].number}" if len(older) > window[0] else None
        inner = json.dumps([[self.review(post) for post in shown], [None, token] if token else None, None])
        rows = [["wrb.fr", rpc, inner, None, None, None, "generic"], ["di", 60], ["af.httprm", 60, "1", 5]]
        return Response(")]}'\n\n" + json.dumps(rows), content_type="application/json; charset=utf-8")
