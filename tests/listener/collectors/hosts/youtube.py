"""The YouTube Data API: a search, the uploads of a channel, and the comments under a video."""

from __future__ import annotations

import html
import json
import os
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post

CHANNEL = "UC0123456789abcdefghijkl"
VIDEO = "dQw4w9WgXcQ"
KEY = "AIzaSyD-a-key-of-the-tests-0123456789"


def answer(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json; charset=UTF-8")


def refusal(status: int, reason: str, message: str = "no") -> Response:
    return answer({"error": {"code": status, "message": message, "errors": [{"domain": "youtube", "reason": reason}]}}, status)


class YouTubeSearch(Host):
    kind = "youtube"
    fields = ("id", "videoId", "snippet", "kind", "description", "items")
    page = 50

    def options(self) -> dict[str, Any]:
        os.environ["GOOSH_TEST_YOUTUBE_KEY"] = KEY
        return {"key_env": "GOOSH_TEST_YOUTUBE_KEY", "queries": ["digikala"], "comments": False,
                "base_url": self.server.url_for("/youtube/v3")}

    def own_id(self, post: Post) -> str:
        return f"video-{post.number:05d}"

    def video(self, post: Post) -> dict[str, Any]:
        return {"kind": "youtube#video", "id": self.own_id(post), "snippet": self.snippet(post, "Late & <cold>"),
                "statistics": {"viewCount": str(1000 + post.likes), "likeCount": str(post.likes)}}

    def snippet(self, post: Post, title: str) -> dict[str, Any]:
        return {"publishedAt": post.published_at.isoformat(), "channelId": CHANNEL, "channelTitle": "sara", "title": title,
                "description": post.text}

    def item(self, post: Post) -> dict[str, Any]:
        cut = {**self.snippet(post, html.escape("Late & <cold>")), "description": post.text[:120]}
        return {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": self.own_id(post)}, "snippet": cut}

    def shown(self, request: Request) -> list[Post]:
        after = request.args.get("publishedAfter", "")
        return [post for post in self.newest_first() if post.published_at.isoformat()[:19] >= after[:19]]

    def show(self, request: Request) -> Response:
        assert request.args["key"] == KEY
        name = request.path.rsplit("/", 1)[1]
        if name in ("videos", "comments"):
            ids = request.args["id"].split(",")
            assert len(ids) <= 50
            found = [self.video(post) for post in self.posts if self.own_id(post) in ids]
            return answer({"kind": f"youtube#{name[:-1]}ListResponse", "items": found})
        posts, start, size = self.shown(request), int(request.args.get("pageToken", "0")), int(request.args["maxResults"])
        more = {"nextPageToken": str(start + size)} if len(posts) > start + size else {}
        return answer({"kind": f"youtube#{name}Response", "pageInfo": {"totalResults": 1_000_000},
                       "items": [self.item(post) for post in posts[start:start + size]], **more})


class YouTubeChannel(YouTubeSearch):
    """The uploads of one channel."""

    kind = "youtube"
    fields = ("videoId", "snippet", "kind", "contentDetails", "videoPublishedAt", "description", "items")

    def options(self) -> dict[str, Any]:
        return {**super().options(), "queries": [], "channels": [CHANNEL]}

    def item(self, post: Post) -> dict[str, Any]:
        details = {"videoId": self.own_id(post), "videoPublishedAt": self.snippet(post, "")["publishedAt"]}
        return {"kind": "youtube#playlistItem", "id": "UExx", "snippet": self.snippet(post, "Late & <cold>"),
                "contentDetails": details}

    def show(self, request: Request) -> Response:
        assert request.args.get("playlistId", f"UU{CHANNEL[2:]}") == f"UU{CHANNEL[2:]}"
        return super().show(request)


class YouTubeComments(YouTubeSearch):
    """The comments under one video."""

    kind = "youtube"
    fields = ("id", "topLevelComment", "snippet", "textDisplay", "kind", "items")
    page = 100

    def options(self) -> dict[str, Any]:
        return {**super().options(), "queries": [], "videos": [VIDEO]}

    def own_id(self, post: Post) -> str:
        return f"Ugx{post.number:05d}aaaaaaaaaAaABAg"

    def video(self, post: Post) -> dict[str, Any]:
        at = post.published_at.isoformat().replace("+00:00", "Z")
        return {"kind": "youtube#comment", "id": self.own_id(post), "snippet": {
            "videoId": VIDEO, "textDisplay": post.text, "authorDisplayName": "sara", "authorChannelId": {"value": CHANNEL},
            "likeCount": post.likes, "publishedAt": at, "updatedAt": at}}

    def item(self, post: Post) -> dict[str, Any]:
        return {"kind": "youtube#commentThread", "id": self.own_id(post), "snippet": {
            "videoId": VIDEO, "totalReplyCount": 0, "topLevelComment": self.video(post)}}
