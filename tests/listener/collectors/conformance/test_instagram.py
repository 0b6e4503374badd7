"""Instagram against recorded answers of the Graph API (shared data, never in the repository)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from listener.collectors import instagram
from listener.errors import CollectError
from listener.types import Precision
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def payload(name: str) -> bytes:
    return shared(f"data/fixtures/instagram_graph/{name}.json").read_bytes()


@pytest.mark.parametrize("name", [f"hashtags/hashtag_{which}_medias_p{page}" for which in ("recent", "top") for page in (1, 2)]
                         + ["medias/comments_p1", "medias/comments_p2", "comments/replies"])
def test_every_post_and_comment_comes_with_its_id_text_time_and_counts(name: str) -> None:
    body = payload(f"instagram/apidata/{name}")
    rows = json.loads(body)["data"]
    mentions = instagram.parse(body, now=NOW)
    assert [mention.id for mention in mentions] == [row["id"] for row in rows] and rows
    for mention, row in zip(mentions, rows, strict=True):
        assert mention.text == row.get("caption", row.get("text", "")) and mention.author is None
        assert mention.url == row.get("permalink")
        counts = mention.engagement
        assert (counts and (counts.likes, counts.comments)) == (
            (row.get("like_count"), row.get("comments_count")) if "comments_count" in row or "like_count" in row else None)
        if "timestamp" in row:
            assert mention.published_at == datetime.strptime(row["timestamp"], "%Y-%m-%dT%H:%M:%S%z")
        else:
            assert mention.precision is Precision.ESTIMATED


def test_a_comment_with_a_name_has_an_author() -> None:
    row = json.loads(payload("instagram/apidata/comments/comment_fields"))
    (mention,) = instagram.parse(json.dumps({"data": [row]}).encode(), now=NOW)
    assert mention.author and mention.author.id == row["username"] and mention.engagement
    assert mention.engagement.likes == row["like_count"]


@pytest.mark.parametrize("name", ["error", "base/error_data"])
def test_every_recorded_error_asks_for_the_permission_that_is_lacking(name: str) -> None:
    with pytest.raises(CollectError, match="lacks a permission .*ask for it in App Review") as caught:
        instagram.parse(payload(name), now=NOW)
    assert caught.value.permanent


@pytest.mark.parametrize("name", ["discovery/medias_p1", "discovery/user_fields", "medias/media_default",
                                  "hashtags/hashtags_info"])
def test_other_answers_are_not_taken_for_an_empty_list(name: str) -> None:
    with pytest.raises(CollectError, match="no list of the Graph API"):
        instagram.parse(payload(f"instagram/apidata/{name}"), now=NOW)
