"""Reddit: sessions that PRAW's makers recorded, their envelopes taken off here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from listener.collectors import reddit
from listener.errors import CollectError
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def answers(name: str) -> list[bytes]:
    """Return what was answered to requests for data."""
    cassette = json.loads(shared(f"data/fixtures/reddit/cassettes/{name}.json").read_text())
    return [one["response"]["body"]["string"].encode() for one in cassette["interactions"] if one["request"]["method"] == "GET"]


def things(value: Any) -> Iterator[dict[str, Any]]:
    """Give posts and comments in the order they stand, answers after what they answer."""
    if isinstance(value, dict) and value.get("kind") in ("t1", "t3"):
        yield value
        yield from things(value["data"].get("replies"))
    elif isinstance(value, dict):
        for one in value.values():
            yield from things(one)
    elif isinstance(value, list):
        for one in value:
            yield from things(one)


@pytest.mark.parametrize("name, numbers", [
    ("TestReddit.test_info_url", [25]), ("TestSubmission.test_comments", [None]), ("TestSubreddit.test_search", [None]),
    ("TestSubredditListings.test_comments", [100]), ("TestSubredditListings.test_new", [100]),
    ("TestSubredditStreams.test_comments__with_pause", [None, 0, None])])
def test_recorded_listings_come_as_they_stand(name: str, numbers: list[int | None]) -> None:
    for payload, number in zip(answers(name), numbers, strict=True):
        shown = [(one["kind"], one["data"]) for one in things(json.loads(payload))]
        standing = [
            (kind, data) for kind, data in shown if (data.get("body") or data.get("selftext")) not in ("[deleted]", "[removed]")
        ]
        mentions = reddit.parse(payload, now=NOW)
        assert [mention.id for mention in mentions] == [f"{kind}_{data['id']}" for kind, data in standing]
        assert number is None or len(shown) == number
        for mention, (kind, data) in zip(mentions, standing, strict=True):
            assert mention.published_at == datetime.fromtimestamp(data["created_utc"], UTC)
            assert mention.text == (data["body"] if kind == "t1" else data["selftext"]).strip()
            assert mention.title == (None if kind == "t1" else " ".join(data["title"].split()))
            assert (mention.author.name if mention.author else "[deleted]") == data["author"]
            likes = mention.engagement.likes if mention.engagement else None
            assert likes == (None if data.get("score_hidden") or data["score"] < 0 else data["score"])
            assert (mention.engagement.comments if mention.engagement else None) == data.get("num_comments")
            assert mention.in_reply_to == data.get("parent_id")
            assert mention.url and mention.url.startswith("https://www.reddit.com/") and data["id"] in mention.url
            assert (mention.edited_at is not None) == bool(data.get("edited"))


def test_a_list_of_people_holds_no_mentions() -> None:
    (payload,) = answers("TestRedditors.test_search")
    assert reddit.parse(payload, now=NOW) == []


def test_a_log_in_is_no_listing() -> None:
    with pytest.raises(CollectError, match="no Reddit listing"):
        reddit.parse(b'{"access_token": "x", "token_type": "bearer"}', now=NOW)
