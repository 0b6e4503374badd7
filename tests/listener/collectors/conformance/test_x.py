"""X: sessions that Tweepy's makers recorded, their envelopes taken off here. They asked for ids and texts only."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from listener.collectors import x
from listener.errors import CollectError
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def answers() -> list[tuple[str, bytes]]:
    """Return file and body of every answer, without its compression."""
    found = []
    for path in sorted(shared("data/fixtures/x_twitter/cassettes").glob("*.yaml")):
        for one in yaml.safe_load(path.read_text())["interactions"]:
            body = one["response"]["body"]["string"]
            # Recorders ended some compressed bodies before their last block.
            found.append((path.stem, zlib.decompressobj(47).decompress(body) if isinstance(body, bytes) else body.encode()))
    return found


def of_posts(data: dict[str, Any]) -> list[dict[str, Any]] | None:
    rows = data.get("data")
    rows = rows if isinstance(rows, list) else [rows]
    return rows if rows and all("text" in row for row in rows) else None


def test_recorded_posts_come_as_they_stand() -> None:
    tried = 0
    for name, body in answers():
        posts = of_posts(json.loads(body))
        if posts is None:
            continue
        mentions = x.parse(body, now=NOW)
        assert [mention.id for mention in mentions] == [post["edit_history_tweet_ids"][0] for post in posts], name
        for mention, post in zip(mentions, posts, strict=True):
            assert mention.text == post["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            assert mention.url == f"https://x.com/i/status/{post['id']}"
            assert (mention.author, mention.engagement) == (None, None)
            assert (mention.edited_at is not None) == (len(post["edit_history_tweet_ids"]) > 1)
        tried += len(posts)
    assert tried > 60


def test_posts_that_say_their_own_time_agree_with_the_time_of_their_ids() -> None:
    said = [
        (mention, datetime.strptime(mention.text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
        for name, body in answers()
        if "search" in name
        for mention in x.parse(body, now=NOW)
        if mention.text.endswith(" tweepy")
    ]
    assert len(said) > 20
    assert all(timedelta(0) <= mention.published_at - stated < timedelta(seconds=3) for mention, stated in said)


def test_answers_without_posts_give_no_mentions() -> None:
    tried = 0
    for name, body in answers():
        if of_posts(json.loads(body)) is None:
            try:
                found = x.parse(body, now=NOW)
            except CollectError:
                found = []
            assert not any(mention.text for mention in found), name
            tried += 1
    assert tried > 8
