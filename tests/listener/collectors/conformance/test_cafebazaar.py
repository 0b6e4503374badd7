"""Cafe Bazaar against a recorded answer and the request it answers (shared data, never in the repository)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pytest_httpserver import HTTPServer

from listener.client import Client
from listener.collectors.cafebazaar import CafeBazaarCollector, Options, parse
from listener.types import Precision
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(name: str) -> bytes:
    return shared(f"data/fixtures/cafebazaar/{name}").read_bytes()


def test_a_recorded_answer_is_read_as_it_stands() -> None:
    mentions = parse(read("review_reply.json"), now=NOW, app="ir.divar")
    assert [mention.id for mention in mentions] == ["121058108", "121010524", "121061261"]
    assert [mention.author.name for mention in mentions if mention.author] == ["noori", "فرخ", "مهدی"]
    # 10, 9 and 10 Shahrivar 1400; Iran kept summer time then, so that noon was 07:30 UTC
    assert [mention.published_at for mention in mentions] == [
        datetime(2021, month, day, 7, 30, tzinfo=UTC) for month, day in ((9, 1), (8, 31), (9, 1))]
    assert all(mention.precision is Precision.DAY for mention in mentions)
    assert [mention.rating for mention in mentions] == [0.4, 0.6, 0.2]
    assert [mention.engagement.likes for mention in mentions if mention.engagement] == [30, 23, 33]
    assert [mention.engagement.comments for mention in mentions if mention.engagement] == [0, 0, 0]
    assert mentions[1].text == "خوبه...ولی قبلا بهتر بود"


def test_the_request_is_the_recorded_one(httpserver: HTTPServer) -> None:
    recorded: dict[str, Any] = json.loads(read("review_request.json"))
    httpserver.expect_request("/rest-v1/process/ReviewRequest", method="POST").respond_with_data(read("review_reply.json"))
    options = Options(apps=("ir.divar",), client_id="0" * 32, base_url=httpserver.url_for("/"), pause=0)
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        CafeBazaarCollector("ours", options, client, now=lambda: NOW).collect(None)
    sent = json.loads(httpserver.log[0][0].get_data())
    assert sent["properties"] == recorded["properties"]
    asked = recorded["singleRequest"]["reviewRequest"]
    assert sent["singleRequest"]["reviewRequest"].keys() <= asked.keys()
    assert sent["singleRequest"]["reviewRequest"]["packageName"] == asked["packageName"]
