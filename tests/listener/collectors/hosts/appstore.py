"""Apple's feeds of customer reviews."""

from __future__ import annotations

import json
import re
from datetime import timedelta, timezone
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post

PACIFIC = timezone(timedelta(hours=-7))


class AppStore(Host):
    kind = "appstore"
    fields = ("id", "content", "label", "entry", "im:rating", "feed")
    page = 50
    holds = 500
    statuses = {403: False}  # Apple's way to say that we ask too often

    def options(self) -> dict[str, Any]:
        return {"apps": ["1592550875"], "countries": ["tr"], "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def entry(self, post: Post) -> dict[str, Any]:
        return {
            "author": {"uri": {"label": "https://itunes.apple.com/tr/reviews/id77"}, "name": {"label": "سارا"}, "label": ""},
            "updated": {"label": post.published_at.astimezone(PACIFIC).isoformat()},
            "im:rating": {"label": "2"},
            "im:version": {"label": "1.8.0"},
            "id": {"label": str(post.number)},
            "title": {"label": "نظر"},
            "content": {"label": post.text, "attributes": {"type": "text"}},
            "link": {"attributes": {"rel": "related", "href": "https://itunes.apple.com/tr/review?id=1592550875"}},
            "im:voteSum": {"label": str(post.likes)},
            "im:voteCount": {"label": str(post.likes + 1)},
        }

    def show(self, request: Request) -> Response:
        found = re.fullmatch(
            r"/tr/rss/customerreviews/(?:page=(\d+)/id=1592550875|id=1592550875/page=(\d+))/sortby=mostrecent/(\w+)",
            request.path)
        if not found:
            return Response("", status=404)
        number = int(found.group(1) or found.group(2))
        held = self.newest_first()[:self.holds]
        entries = [self.entry(post) for post in held[(number - 1) * self.page: number * self.page]]
        if found.group(3) == "xml":  # asked for only where the other was empty
            assert not entries
            return Response('<feed xmlns="http://www.w3.org/2005/Atom"/>', content_type="text/xml")
        feed: dict[str, Any] = {"author": {"name": {"label": "iTunes Store"}}}
        if entries:
            feed["entry"] = entries if len(entries) > 1 else entries[0]
        return Response(json.dumps({"feed": feed}), content_type="text/javascript; charset=utf-8")
