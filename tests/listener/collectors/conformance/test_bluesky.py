"""Bluesky: answers recorded of a server run here, and the views its own tests expect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from listener.collectors import bluesky
from listener.errors import CollectError
from listener.types import Mention, Precision
from tests.shared import shared

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LIVE = "data/fixtures/bluesky/live"


def views(value: Any) -> Iterator[dict[str, Any]]:
    """Give every view of a post in a payload, outermost first; those quoted in another are no posts of the list."""
    if isinstance(value, dict):
        if {"uri", "author", "record", "indexedAt"} <= value.keys():
            yield value
        else:
            for one in value.values():
                yield from views(one)
    elif isinstance(value, list):
        for one in value:
            yield from views(one)


def agree(mentions: list[Mention], posts: list[dict[str, Any]]) -> None:
    assert [mention.id for mention in mentions] == [post["uri"] for post in posts]
    for mention, post in zip(mentions, posts, strict=True):
        assert mention.text == post["record"]["text"] or not post["record"]["text"].strip()
        stated = min(post["record"]["createdAt"], post["indexedAt"])
        if stated < "1990":  # the epoch's zero of a made-up post says nothing of when it was published
            assert (mention.published_at, mention.precision) == (NOW, Precision.ESTIMATED)
        else:
            assert mention.published_at == datetime.fromisoformat(stated)
        assert mention.author and mention.author.id == post["author"]["did"]
        assert mention.author.name == post["author"].get("displayName", post["author"]["handle"])
        assert mention.engagement and mention.engagement.likes == post["likeCount"] and mention.engagement.views is None
        assert mention.engagement.shares == post["repostCount"] + post["quoteCount"]
        assert mention.engagement.comments == post["replyCount"]
        languages = post["record"].get("langs")
        assert mention.language == (languages[0].partition("-")[0] if languages else None)
        assert mention.in_reply_to == post["record"].get("reply", {}).get("parent", {}).get("uri")


@pytest.mark.parametrize(
    "name, number",
    [
        ("searchPosts_fa_p1", 3),
        ("searchPosts_fa_p2", 3),
        ("searchPosts_en", 1),
        ("searchPosts_empty", 0),
        ("pds_searchPosts_auth", 2),
        ("getAuthorFeed", None),
        ("getPostThread", 2),
    ],
)
def test_recorded_answers_come_as_they_stand(name: str, number: int | None) -> None:
    payload = shared(f"{LIVE}/{name}.json").read_bytes()
    mentions, posts = bluesky.parse(payload, now=NOW), list(views(json.loads(payload)))
    assert number is None or len(posts) == number
    agree(mentions, posts)


def test_recorded_errors_are_told_in_the_words_of_the_server() -> None:
    paths = [*shared(LIVE).glob("*err*.json"), shared(f"{LIVE}/pds_searchPosts_noauth.json")]
    assert len(paths) == 7
    for path in paths:
        with pytest.raises(CollectError, match=json.loads(path.read_text())["error"]):
            bluesky.parse(path.read_bytes(), now=NOW)


def blocks() -> list[tuple[str, Any]]:
    found = []
    for path in sorted(shared("data/fixtures/bluesky/atproto/packages").rglob("*.snap")):
        for name, body in re.findall(r"exports\[`(.*?)`\] = `\n(.*?)\n`;", path.read_text(), re.DOTALL):
            body = re.sub(r",(\s*[}\]])", r"\1", re.sub(r"\bundefined\b", "null", body))
            found.append((name, json.loads(body.replace("\\`", "`").replace("\\\\", "\\"))))
    return found


def test_the_views_of_the_makers_own_tests_come_as_they_stand() -> None:
    tried = 0
    for _, body in blocks():
        posts = list(views(body))
        shown = [
            post
            for post in posts
            if not any(label["val"] == bluesky.MEMBERS_ONLY for label in post["author"].get("labels", []))
        ]
        agree(bluesky.parse(json.dumps({"posts": posts}).encode(), now=NOW), shown)
        tried += len(shown)
    assert tried > 30
