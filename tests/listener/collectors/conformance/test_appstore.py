"""The App Store against a recorded feed (shared data, never in the repository)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listener.collectors.appstore import parse
from listener.types import Mention
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(name: str) -> list[Mention]:
    return parse(shared(f"data/fixtures/appstore/{name}").read_bytes(), now=NOW)


def test_a_recorded_feed_is_read_as_it_stands() -> None:
    first, second = read("customerreviews.json")
    assert (first.id, second.id) == ("14548543799", "14545746087")
    assert first.published_at == datetime(2026, 9, 14, 11, 24, 23, tzinfo=UTC)
    assert second.published_at == datetime(2026, 9, 10, 18, 2, tzinfo=UTC)
    assert first.author and (first.author.id, first.author.name) == ("1605206013", "Fatluga")
    assert second.author and second.author.name == "Ankit"
    assert (first.rating, second.rating) == (1.0, 0.2)
    assert first.engagement and second.engagement and (first.engagement.likes, second.engagement.likes) == (3, 0)
    assert first.engagement.comments is None and first.engagement.views is None
    assert first.title == "Airdopes app so good" and first.text.startswith("This app can order")
    assert first.raw and b'"im:version":{"label":"1.8.0"}' in first.raw


@pytest.mark.parametrize(
    "name, ids", [("derived_single_entry_object.json", ["14548543799"]), ("derived_no_entry_key.json", [])])
def test_one_review_is_an_object_and_none_is_no_entry(name: str, ids: list[str]) -> None:
    assert [mention.id for mention in read(name)] == ids
