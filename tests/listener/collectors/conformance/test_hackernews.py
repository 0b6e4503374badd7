"""Hacker News: a recorded search."""

from __future__ import annotations

from datetime import UTC, datetime

from listener.collectors import hackernews
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_recorded_story_comes_as_it_stands() -> None:
    (mention,) = hackernews.parse(shared("data/fixtures/hackernews/search_story.json").read_bytes(), now=NOW)
    assert (mention.id, mention.title) == ("13133437", "Ask HN: How would I visualize URL propagation in the blogosphere?")
    assert mention.published_at == datetime(2016, 12, 8, 19, 39, 7, tzinfo=UTC)
    assert mention.author and (mention.author.id, mention.author.followers) == ("anigbrowl", None)
    assert mention.engagement and (mention.engagement.likes, mention.engagement.comments, mention.engagement.views) == (
        1,
        0,
        None,
    )
    assert "don't know how to harvest" in mention.text and "and/or the original" in mention.text and "<p>" not in mention.text
    assert mention.url == "https://news.ycombinator.com/item?id=13133437" and mention.in_reply_to is None
