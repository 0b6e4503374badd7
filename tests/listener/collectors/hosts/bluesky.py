"""A Bluesky server: log-in, search, posts, profiles."""

from __future__ import annotations

import json
import os
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host, Post

DID = "did:plc:fubqinhmenusafmgcke64yyn"
PASSWORD = "abcd-efgh-ijkl-mnop"


class Bluesky(Host):
    kind = "bluesky"
    fields = ("uri", "text", "record", "posts")
    page = 30
    posted = True

    logins = 0
    renewals = 0
    valid = 0  # the number of the session that is taken
    expired = 0  # the number of the last session whose access token is no longer taken

    def options(self) -> dict[str, Any]:
        os.environ["BLUESKY_TEST_PASSWORD"] = PASSWORD
        base = self.server.url_for("/").rstrip("/")
        return {"queries": ["اسنپ"], "identifier": "goosh.test", "password_env": "BLUESKY_TEST_PASSWORD", "base_url": base,
                "public_url": base}

    def view(self, post: Post) -> dict[str, Any]:
        instant = post.published_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "uri": f"at://{DID}/app.bsky.feed.post/{post.number}",
            "cid": "bafyrei",
            "author": {"did": DID, "handle": "sara.test", "displayName": "سارا", "labels": []},
            "record": {"$type": "app.bsky.feed.post", "text": post.text, "langs": ["fa"], "createdAt": instant},
            "replyCount": 0, "repostCount": 0, "likeCount": post.likes, "quoteCount": 0, "indexedAt": instant, "labels": [],
        }

    def expire_access(self) -> None:
        self.expired = self.valid

    def session(self) -> Response:
        self.valid += 1
        return _json(
            {
                "accessJwt": f"access-token-{self.valid}",
                "refreshJwt": f"refresh-token-{self.valid}",
                "handle": "goosh.test",
                "did": DID,
                "didDoc": {
                    "service": [
                        {
                            "id": "#atproto_pds",
                            "type": "AtprotoPersonalDataServer",
                            "serviceEndpoint": self.server.url_for("/").rstrip("/"),
                        }
                    ]
                },
            }
        )

    def show(self, request: Request) -> Response:
        method = request.path.rpartition("/")[2]
        if method == "com.atproto.server.createSession":
            self.logins += 1
            return self.session() if request.json and request.json["password"] == PASSWORD else _json(
                {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
        if method == "com.atproto.server.refreshSession":
            if request.get_data():
                return _json({"error": "InvalidRequest", "message": "A request body was provided when none was expected"}, 400)
            if request.headers["Authorization"] != f"Bearer refresh-token-{self.valid}":
                return _json({"error": "ExpiredToken", "message": "Token has expired"}, 400)
            self.renewals += 1
            return self.session()
        if "Authorization" in request.headers and (
                request.headers["Authorization"] != f"Bearer access-token-{self.valid}" or self.valid == self.expired):
            return _json({"error": "ExpiredToken", "message": "Token has expired"}, 400)
        if method == "app.bsky.actor.getProfiles":
            return _json(
                {
                    "profiles": [
                        {"did": did, "handle": "sara.test", "followersCount": 310} for did in request.args.getlist("actors")
                    ]
                }
            )
        if method == "app.bsky.feed.getPosts":
            asked = request.args.getlist("uris")
            return _json({"posts": [view for view in map(self.view, self.posts) if view["uri"] in asked]})
        shown = [view for view in map(self.view, self.newest_first()) if view["indexedAt"] >= request.args.get("since", "")]
        start = int(request.args.get("cursor", 0))
        rows = shown[start: start + self.page]
        return _json({"posts": rows, **({"cursor": str(start + self.page)} if len(shown) > start + self.page else {})})


def _json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json; charset=utf-8")
