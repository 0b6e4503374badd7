"""YouTube against recorded answers of the Data API (shared data, never in the repository)."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from listener.collectors import youtube
from listener.errors import CollectError
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def recordings(folder: str) -> list[tuple[Path, dict[str, Any]]]:
    paths = sorted(shared(f"data/fixtures/youtube/apidata/{folder}").glob("*.json"))
    read = [(path, json.loads(path.read_bytes())) for path in paths]
    return [(path, data) for path, data in read if clean_kind(data).endswith("ListResponse")]


def clean_kind(data: dict[str, Any]) -> str:
    return str(data.get("kind", ""))


def number(value: str | None) -> int | None:
    return None if value is None else int(value)


def test_every_search_gives_its_videos_with_unescaped_titles() -> None:
    total = 0
    for path, data in recordings("search"):
        mentions = youtube.parse(path.read_bytes(), now=NOW)
        rows = [item for item in data["items"] if "videoId" in item["id"]]
        assert len(mentions) == len(rows), path
        for mention, row in zip(mentions, rows, strict=True):
            snippet = row["snippet"]
            assert (mention.id, mention.text) == (row["id"]["videoId"], snippet["description"])
            assert mention.title == " ".join(html.unescape(snippet["title"]).split())
            assert mention.published_at == datetime.fromisoformat(snippet["publishedAt"])
            assert mention.author and mention.author.id == snippet["channelId"]
            assert mention.author.name == (snippet["channelTitle"] or None)
            assert mention.engagement is None
        total += len(mentions)
    assert total > 90


def test_every_list_of_videos_comes_with_its_counts() -> None:
    total = 0
    for path, data in recordings("videos"):
        if clean_kind(data) == "youtube#videoGetRatingResponse":
            continue
        mentions = youtube.parse(path.read_bytes(), now=NOW)
        assert [mention.id for mention in mentions] == [row["id"] for row in data["items"]], path
        for mention, row in zip(mentions, data["items"], strict=True):
            counts = row.get("statistics", {})
            found = mention.engagement
            expected = tuple(number(counts.get(name)) for name in ("viewCount", "likeCount", "commentCount"))
            assert (found and (found.views, found.likes, found.comments)) == (expected if any(expected) else None)
            assert mention.published_at == datetime.fromisoformat(row["snippet"]["publishedAt"])
        total += len(mentions)
    assert total >= 14


@pytest.mark.parametrize("folder", ["comment_threads", "comments"])
def test_every_list_of_comments_comes_with_authors_times_and_counts(folder: str) -> None:
    total = 0
    for path, data in recordings(folder):
        mentions = youtube.parse(path.read_bytes(), now=NOW)
        rows = []
        for item in data["items"]:
            rows.append(item["snippet"].get("topLevelComment", item))
            rows += item.get("replies", {}).get("comments", [])
        assert [mention.id for mention in mentions] == [row["id"] for row in rows], path
        for mention, row in zip(mentions, rows, strict=True):
            snippet = row["snippet"]
            assert mention.text == snippet["textOriginal"]
            assert mention.published_at == datetime.fromisoformat(snippet["publishedAt"])
            assert (mention.edited_at is not None) == (snippet["updatedAt"] > snippet["publishedAt"])
            assert mention.author and mention.author.id == snippet["authorChannelId"]["value"]
            assert mention.engagement and mention.engagement.likes == snippet["likeCount"]
            assert mention.in_reply_to == snippet.get("parentId", mention.url and mention.url.split("v=")[1].split("&")[0])
        total += len(mentions)
    assert total >= 5


@pytest.mark.parametrize("name, said", [
    ("error_response", "refuses the key"), ("error_response_simple", "it says 'error message'"),
    ("apidata/error_permission_resp", "in trouble"),
])
def test_every_recorded_error_is_said_in_words(name: str, said: str) -> None:
    with pytest.raises(CollectError, match=said):
        youtube.parse(shared(f"data/fixtures/youtube/{name}.json").read_bytes(), now=NOW)


def test_what_the_discovery_document_promises_is_what_is_asked_for() -> None:
    document = json.loads(shared("data/fixtures/youtube/discovery/youtube.v3.json").read_bytes())
    methods = {name: document["resources"][name]["methods"]["list"]["parameters"]
               for name in ("search", "videos", "playlistItems", "commentThreads", "comments")}
    assert {name: int(methods[name]["maxResults"]["maximum"]) for name in methods} == {
        "search": youtube.PAGE, "videos": youtube.PAGE, "playlistItems": youtube.PAGE,
        "commentThreads": youtube.COMMENT_PAGE, "comments": 100}
    assert {"q", "type", "order", "publishedAfter", "relevanceLanguage", "regionCode", "pageToken"} <= methods["search"].keys()
    assert {"videoId", "allThreadsRelatedToChannelId", "order", "textFormat"} <= methods["commentThreads"].keys()
