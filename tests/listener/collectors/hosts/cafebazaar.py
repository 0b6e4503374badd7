"""Cafe Bazaar's ReviewRequest."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug import Request, Response

from listener.calendar import jalali
from tests.listener.collectors.hosts.host import Host, Post

DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class CafeBazaar(Host):
    kind = "cafebazaar"
    fields = ("id", "comment", "reviews")
    page = 24
    day_only = True
    posted = True

    def options(self) -> dict[str, Any]:
        return {"apps": ["ir.example"], "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def review(self, post: Post) -> dict[str, Any]:
        day = jalali(post.published_at.astimezone(ZoneInfo("Asia/Tehran")).date())
        return {
            "id": post.number,
            "user": "سارا",
            "comment": post.text,
            "likes": post.likes,
            "total": post.likes + 3,
            "rate": 2,
            "versionCode": 3,
            "date": f"{day.year:04}/{day.month:02}/{day.day:02}".translate(DIGITS),
            "reply": None,
            "likedByMe": 0,
            "accountID": "8d7a6f4e-0000-4000-8000-000000000001",
            "badgeIconURL": "",
            "avatarURL": "https://cdn.example/avatar.png",
            "userRepliesCount": 0,
            "userRepliesAvatarUrls": [],
            "fromDeveloper": False,
        }

    def show(self, request: Request) -> Response:
        asked = json.loads(request.get_data())["singleRequest"]["reviewRequest"]
        shown = self.newest_first()[asked["start"]: asked["end"]]
        reply = {"reviewReply": {"reviews": [self.review(post) for post in shown], "nextPageCursor": ""}}
        properties = {"statusCode": 200, "maxAge": 0, "etag": "", "errorMessage": "", "errorCode": 0}
        return Response(json.dumps({"properties": properties, "internalProperties": None, "singleReply": reply}),
                        content_type="application/json")
