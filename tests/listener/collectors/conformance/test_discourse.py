"""Discourse against recorded answers of real forums (shared data, never in the repository)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from listener.collectors import discourse
from listener.errors import CollectError
from listener.types import Mention
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FORUM = "https://forum.example"


def read(name: str) -> tuple[list[Mention], Any]:
    payload = shared(f"data/fixtures/discourse/{name}.json").read_bytes()
    return discourse.parse(payload, now=NOW, forum=FORUM), json.loads(payload)


def posts(data: Any) -> list[dict[str, Any]]:
    if "latest_posts" in data:
        return list(data["latest_posts"])
    return list(data["post_stream"]["posts"]) if "post_stream" in data else [data]


@pytest.mark.parametrize("name", ["posts_latest", "posts_before", "topic", "topic_posts", "post"])
def test_every_post_comes_with_its_id_author_time_and_counts(name: str) -> None:
    mentions, data = read(name)
    rows = posts(data)
    assert len(mentions) == len(rows) > 0
    for mention, row in zip(mentions, rows, strict=True):
        assert mention.id == f"forum.example/{row['id']}"
        assert mention.published_at == datetime.fromisoformat(row["created_at"])
        assert mention.author and mention.author.id == f"{row['username'].lower()}@forum.example"
        assert mention.author.name == (row["name"] or row["username"])
        counts = mention.engagement
        assert counts and (counts.views, counts.comments) == (row["reads"], row["reply_count"])
        assert mention.url == f"{FORUM}/t/{row['topic_slug']}/{row['topic_id']}/{row['post_number']}"
        assert "<p>" not in mention.text and bool(mention.text) == (row["id"] != 86)  # that one is a picture
        assert (mention.title is not None) == (row["post_number"] == 1 and ("topic_title" in row or name == "topic"))


def test_two_pages_of_posts_overlap_and_agree() -> None:
    latest, before = read("posts_latest")[0], read("posts_before")[0]
    shared_ids = {mention.id for mention in latest} & {mention.id for mention in before}
    assert shared_ids and [m for m in latest if m.id in shared_ids] == [m for m in before if m.id in shared_ids]


def test_a_search_of_before_2014_is_refused_in_words() -> None:
    with pytest.raises(CollectError, match="topics and no times; leave 'queries' out"):
        read("search")


@pytest.mark.parametrize("name", ["categories", "category_latest_topics", "hot", "latest", "new", "top", "user", "replies"])
def test_other_lists_are_not_taken_for_posts(name: str) -> None:
    with pytest.raises(CollectError, match="no list of Discourse posts.*; check the address"):
        read(name)
