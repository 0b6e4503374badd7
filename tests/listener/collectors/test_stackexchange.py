"""What is special about Stack Exchange: a pause that is ordered in a 200, quotas, and errors that speak through ids."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from listener.client import Client
from listener.collectors.stackexchange import parse
from listener.errors import CollectError
from listener.types import CoverageState, MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.stackexchange import StackExchange

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def site(server: HTTPServer) -> Iterator[StackExchange]:
    with Client(allow_networks=["127.0.0.0/8"], read_timeout=2, total_timeout=4) as client:
        yield StackExchange(server, client)


def refusing(status: int, code: int, message: str) -> Any:
    body = json.dumps({"error_id": code, "error_name": "name", "error_message": message})
    return lambda request: Response(body, status=status, content_type="application/json")


def one(**fields: Any) -> Any:
    row = {"question_id": 7, "title": "t", "body": "<p>b</p>", "creation_date": 1_795_334_400, **fields}
    (mention,) = parse(json.dumps({"items": [row]}).encode(), now=NOW, site="superuser")
    return mention


def test_ids_carry_the_name_of_their_site_and_titles_are_unescaped() -> None:
    mention = one(title="List&lt;T&gt; &amp; me", owner={"user_id": 3, "display_name": "A &amp; B"})
    assert (mention.id, mention.title) == ("superuser/7", "List<T> & me")
    assert (mention.author.id, mention.author.name) == ("superuser/3", "A & B")


def test_a_negative_score_is_no_count_of_likes() -> None:
    assert one().engagement is None
    counts = one(score=-4, view_count=9).engagement
    assert (counts.likes, counts.comments, counts.views) == (None, None, 9)


def test_an_edit_is_dated_and_a_deleted_user_is_nobody() -> None:
    mention = one(last_edit_date=1_795_338_000, owner={"user_type": "does_not_exist", "display_name": "user7"})
    assert mention.edited_at == datetime(2026, 11, 22, 9, tzinfo=UTC) and mention.author is None


def test_a_pause_ordered_on_the_last_page_is_kept_by_the_next_poll(site: StackExchange) -> None:
    site.post("one")
    site.instead = lambda request: site.wrapped([site.question(site.posts[0])], backoff=25, quota_remaining=9_000)
    _, _, batch = poll(site.collector(), None)
    assert batch.state is CoverageState.OK and batch.min_interval == timedelta(seconds=25)


def test_a_pause_ordered_between_two_pages_is_kept_and_nothing_is_lost(site: StackExchange) -> None:
    site.post("known")
    _, cursor, _ = poll(site.collector(), None)
    for number in range(250):
        site.post(f"new {number}")
    site.clock += timedelta(hours=2)
    wrapped = site.wrapped
    site.wrapped = lambda rows, more=False, **fields: wrapped(rows, more, backoff=10)  # type: ignore[method-assign]
    asked = len(site.asked)
    mentions, cursor, batch = poll(site.collector(), cursor)
    assert len(site.asked) == asked + 1 and len(mentions) == 100
    assert batch.state is CoverageState.PARTIAL and batch.min_interval == timedelta(seconds=10)
    assert batch.reason and "a pause of 10 s before the next page; going on then" in batch.reason
    site.wrapped = wrapped  # type: ignore[method-assign]
    rest, _, batch = poll(site.collector(), cursor)
    assert len({mention.id for mention in mentions + rest}) == 250 and batch.state is CoverageState.OK


def test_the_last_request_of_the_day_is_followed_by_none_before_midnight(site: StackExchange) -> None:
    site.instead = lambda request: site.wrapped([], quota_remaining=0)
    assert poll(site.collector(), None)[2].min_interval == timedelta(hours=16)  # it is eight in the morning


def test_what_remains_of_a_quota_is_spread_over_the_day(site: StackExchange) -> None:
    site.instead = lambda request: site.wrapped([], quota_remaining=96)
    assert poll(site.collector(), None)[2].min_interval == timedelta(minutes=10)


@pytest.mark.parametrize("status, code, message, said, permanent, wait", [
    (400, 502, "too many requests, more requests available in 812 seconds", "too often.*retrying in 14 min", False, 812),
    (503, 502, "too many requests from this IP", "too often", False, 600),
    (400, 503, "down", "in trouble", False, None),
    (400, 400, "No site found for name `x`", "check site and query", True, None),
    (400, 400, "`key` doesn't match a known application", "refuses the key.*; set the variable", True, None),
    (400, 405, "key required", "refuses the key", True, None),
], ids=["throttled with a time", "throttled", "unavailable", "no such site", "unknown key", "no key"])
def test_what_the_api_refuses_is_said_in_words(site: StackExchange, status: int, code: int, message: str, said: str,
                                               permanent: bool, wait: int | None) -> None:
    site.instead = refusing(status, code, message)
    with pytest.raises(CollectError, match=said) as caught:
        site.collector().collect(None)
    assert caught.value.permanent is permanent
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_the_key_is_sent_and_never_said(site: StackExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CollectError, match="'STACK_KEY' is not set; set it to a key"):
        site.collector(key_env="STACK_KEY").collect(None)
    monkeypatch.setenv("STACK_KEY", "U4DMV-secret-key")
    site.instead = refusing(400, 400, "`key` U4DMV-secret-key is not known")
    with pytest.raises(CollectError) as caught:
        site.collector(key_env="STACK_KEY").collect(None)
    assert site.asked[-1].args["key"] == "U4DMV-secret-key" and "U4DMV" not in str(caught.value)


def test_many_questions_are_asked_for_again_in_hundreds(site: StackExchange) -> None:
    for number in range(130):
        site.post(f"question {number}")
    mentions, _, _ = poll(site.collector(backfill=True), None)
    asked = len(site.asked)
    keys = [*(mention.key for mention in mentions), MentionKey("stackexchange", "superuser/1")]
    batch = site.collector().refresh(keys)  # type: ignore[attr-defined]
    assert len(site.asked) == asked + 2 and len(batch.mentions) == 130 and batch.deleted == ()


def test_a_pause_ordered_in_between_leaves_the_rest_for_its_next_turn(site: StackExchange) -> None:
    for number in range(130):
        site.post(f"question {number}")
    mentions, _, _ = poll(site.collector(backfill=True), None)
    wrapped = site.wrapped
    site.wrapped = lambda rows, more=False, **fields: wrapped(rows, more, backoff=10)  # type: ignore[method-assign]
    batch = site.collector().refresh([mention.key for mention in mentions])  # type: ignore[attr-defined]
    assert len(batch.mentions) == 100 and batch.deleted == () and batch.min_interval == timedelta(seconds=10)


def test_a_list_of_something_else_is_no_silence() -> None:
    with pytest.raises(CollectError, match="lists no questions"):
        parse(b'{"items": [{"user_id": 1}]}', now=NOW, site="superuser")
