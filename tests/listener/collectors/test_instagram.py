"""What is special about Instagram: a window of 24 hours, a cursor that repeats, 30 hashtags a week, and codes for errors."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client, MemoryLedger
from listener.collectors.instagram import Options, parse
from listener.errors import CollectError
from listener.types import CoverageState
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.instagram import HASHTAG, TOKEN, USER, Instagram, InstagramTags, answer, refusal

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = f"hashtags of the Instagram account {USER}"


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def client(ledger: MemoryLedger) -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8"], read_timeout=2, total_timeout=4, ledger=ledger) as client:
        yield client


@pytest.fixture
def hashtag(server: HTTPServer, client: Client) -> Instagram:
    return Instagram(server, client)


@pytest.fixture
def tags(server: HTTPServer, client: Client) -> InstagramTags:
    return InstagramTags(server, client)


def left(ledger: MemoryLedger, host: Instagram) -> int:
    """Return how many hashtags may still be asked for in this week."""
    week = f"week {(host.clock - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(days=7)}"
    free = 0
    while ledger.spend(ACCOUNT, week, 1, 30):
        free += 1
    ledger.spend(ACCOUNT, week, -free, 30)
    return free


def test_a_hashtag_has_no_authors_and_hidden_likes_are_unknown() -> None:
    row = {"id": "1", "caption": "late #x", "comments_count": 3, "timestamp": "2026-11-22T08:00:00+0000",
           "permalink": "https://www.instagram.com/p/B1/"}
    (mention,) = parse(json.dumps({"data": [row]}).encode(), now=NOW)
    assert mention.author is None and mention.engagement
    assert (mention.engagement.likes, mention.engagement.comments, mention.engagement.views) == (None, 3, None)
    assert mention.published_at == datetime(2026, 11, 22, 8, tzinfo=UTC) and mention.url == "https://www.instagram.com/p/B1/"


def test_a_hashtag_is_looked_up_once_and_booked_once_a_week(hashtag: Instagram, ledger: MemoryLedger) -> None:
    hashtag.post("one")
    _, cursor, _ = poll(hashtag.collector(), None)
    _, cursor, _ = poll(hashtag.collector(), cursor)
    paths = [request.path for request in hashtag.asked]
    assert paths[0] == "/v25.0/ig_hashtag_search" and set(paths[1:]) == {f"/v25.0/{HASHTAG}/recent_media"}
    assert left(ledger, hashtag) == 29
    hashtag.clock += timedelta(days=7)
    poll(hashtag.collector(), cursor)
    assert left(ledger, hashtag) == 29 and [request.path for request in hashtag.asked].count("/v25.0/ig_hashtag_search") == 1


def test_a_reading_that_fails_uses_up_no_hashtag(hashtag: Instagram, ledger: MemoryLedger) -> None:
    hashtag.instead = lambda request: Response(status=500)
    for _ in range(3):
        with pytest.raises(CollectError):
            hashtag.collector().collect(None)
    assert left(ledger, hashtag) == 30


def test_the_thirty_first_hashtag_is_not_asked_for_and_the_others_are_read_on(hashtag: Instagram, ledger: MemoryLedger) -> None:
    _, cursor, _ = poll(hashtag.collector(), None)
    week = f"week {(hashtag.clock - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(days=7)}"
    ledger.spend(ACCOUNT, week, 29, 30)
    hashtag.post("new")
    mentions, _, batch = poll(hashtag.collector(hashtags=["دیجیکالا", "اسنپ"]), cursor)
    assert [mention.text for mention in mentions] == ["new"] and batch.min_interval is None
    assert batch.state is CoverageState.PARTIAL and batch.reason and "#اسنپ: the 30 of" in batch.reason


def test_pages_are_turned_again_where_their_cursor_says_nothing(hashtag: Instagram) -> None:
    hashtag.post("known")
    _, cursor, _ = poll(hashtag.collector(), None)
    for number in range(230):
        hashtag.post(f"new {number}")
    hashtag.clock += timedelta(hours=8)
    pages = 0

    def fourth_page_fails(request: Request) -> Response | None:
        nonlocal pages
        pages += 1
        return Response(status=503) if pages == 4 else None

    hashtag.instead = fourth_page_fails
    first, cursor, batch = poll(hashtag.collector(), cursor)
    assert len(first) == 150 and batch.state is CoverageState.PARTIAL
    hashtag.instead = lambda request: None
    second, _, batch = poll(hashtag.collector(), cursor)
    assert {mention.text for mention in first + second} == {f"new {number}" for number in range(230)}
    assert batch.state is CoverageState.OK


def test_more_than_ten_pages_are_read_whole(hashtag: Instagram) -> None:
    hashtag.post("known")
    _, cursor, _ = poll(hashtag.collector(), None)
    for number in range(700):
        hashtag.post(f"new {number}")
    hashtag.clock += timedelta(hours=8)
    mentions, cursor, batch = poll(hashtag.collector(), cursor)
    assert len({mention.id for mention in mentions}) == 700 and batch.state is CoverageState.OK
    assert poll(hashtag.collector(), cursor)[0] == []


def test_what_fell_out_of_the_window_is_said_to_be_lost(hashtag: Instagram) -> None:
    hashtag.post("before")
    _, cursor, _ = poll(hashtag.collector(), None)
    hashtag.clock += timedelta(hours=23)
    _, cursor, batch = poll(hashtag.collector(), cursor)
    assert batch.state is CoverageState.OK and not batch.overflow  # a quiet day is no loss
    hashtag.clock += timedelta(hours=30)
    _, cursor, batch = poll(hashtag.collector(), cursor)
    assert batch.overflow and batch.state is CoverageState.PARTIAL
    assert batch.reason == "nothing was read for 30 h and a hashtag shows but 24 h; what was posted in between was lost"
    assert poll(hashtag.collector(), cursor)[2].state is CoverageState.OK


def test_a_hashtag_that_nobody_used_is_said_so(hashtag: Instagram) -> None:
    hashtag.instead = lambda request: answer({"data": []})
    with pytest.raises(CollectError, match="knows no hashtag 'دیجیکالا'; check its spelling") as caught:
        hashtag.collector().collect(None)
    assert not caught.value.permanent


def test_posts_that_tag_the_account_have_an_author(tags: InstagramTags) -> None:
    tags.post("look @ours")
    (mention,), _, _ = poll(tags.collector(), None)
    assert mention.author and (mention.author.id, mention.author.url) == ("sara", "https://www.instagram.com/sara/")
    assert "username" in tags.asked[-1].args["fields"]


def comments(request: Request) -> Response | None:
    if request.path.endswith(f"/{USER}/media"):
        assert request.args["limit"] == "2"
        return answer({"data": [{"id": "17900000000000001", "permalink": "https://www.instagram.com/p/B1/"}]})
    if request.path.endswith("/17900000000000001/comments"):
        return answer({"data": [{"id": "1", "text": "never again", "username": "ali", "like_count": 2,
                                 "timestamp": "2026-11-22T07:00:00+0000"}]})
    return None


def test_comments_under_our_own_posts_say_what_they_answer(tags: InstagramTags) -> None:
    tags.instead = comments
    collector = tags.collector(tags=False, comments_of=2)
    (mention,), cursor, _ = poll(collector, None)
    assert (mention.text, mention.in_reply_to) == ("never again", "17900000000000001")
    assert mention.url == "https://www.instagram.com/p/B1/"
    assert mention.author and mention.author.id == "ali" and mention.engagement and mention.engagement.likes == 2
    assert poll(collector, cursor)[0] == []


def test_own_posts_that_cannot_be_listed_cost_neither_the_other_lists_nor_their_place(tags: InstagramTags) -> None:
    tags.instead = comments
    collector = tags.collector(comments_of=2)
    _, cursor, _ = poll(collector, None)
    tags.post("tagged")
    tags.instead = lambda request: Response(status=500) if request.path.endswith("/media") else None
    mentions, again, batch = poll(collector, cursor)
    assert [mention.text for mention in mentions] == ["tagged"]
    assert batch.state is CoverageState.PARTIAL and batch.reason and "posts of the account: HTTP 500" in batch.reason
    tags.instead = comments
    assert poll(collector, again)[0] == []


@pytest.mark.parametrize("code, subcode, message, said, permanent, wait", [
    (4, None, "Application request limit reached", "too often .*retrying in 15 min", False, 15),
    (17, None, "User request limit reached", "too often", False, 15),
    (32, None, "Page request limit reached", "too often", False, 15),
    (613, None, "Calls to this api have exceeded the rate limit.", "too often", False, 15),
    (190, 463, "Session has expired", "not valid any more .*; make a long-lived one", True, None),
    (10, None, "Application does not have permission", "lacks a permission .*ask for it in App Review", True, None),
    (200, None, "Requires it", "lacks a permission", True, None),
    (100, None, "(#100) Instagram Public Content Access is required", "lacks a permission", True, None),
    (100, None, "Invalid parameter", r"error 100\).*; check user_id and api_version", True, None),
    (24, 2207024, "The requested resource does not exist", "knows no such hashtag", False, None),
    (18, 2207034, "Too many hashtags", "asked for 30 hashtags in seven days .*name fewer", False, None),
    (2, None, "Service temporarily unavailable", "in trouble.*retrying later", False, None),
])
def test_what_instagram_refuses_is_said_in_words(tags: InstagramTags, code: int, subcode: int | None, message: str, said: str,
                                                 permanent: bool, wait: int | None) -> None:
    tags.instead = lambda request: refusal(code, message, subcode=subcode)
    with pytest.raises(CollectError, match=said) as caught:
        tags.collector().collect(None)
    assert caught.value.permanent is permanent
    assert caught.value.retry_after == (None if wait is None else timedelta(minutes=wait))


def test_how_long_to_wait_is_taken_from_the_usage_headers(tags: InstagramTags) -> None:
    usage = {USER: [{"type": "instagram", "call_count": 100, "total_cputime": 5, "estimated_time_to_regain_access": 42}]}
    error = {"error": {"code": 80002, "message": "too many calls"}}
    tags.instead = lambda request: answer(error, 400, **{"X-Business-Use-Case-Usage": json.dumps(usage)})
    with pytest.raises(CollectError, match="too often .*retrying in 42 min") as caught:
        tags.collector().collect(None)
    assert caught.value.retry_after == timedelta(minutes=42)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_the_token_reaches_no_error(tags: InstagramTags, status: int) -> None:
    tags.instead = lambda request: refusal(1234, f"bad access_token={request.args['access_token']}", status)
    with pytest.raises(CollectError) as caught:
        tags.collector().collect(None)
    assert tags.asked[-1].args["access_token"] == TOKEN
    assert TOKEN[:8] not in "".join(traceback.format_exception(caught.value))


def test_no_token_is_said_at_once(tags: InstagramTags) -> None:
    with pytest.raises(CollectError, match="'NO_SUCH_TOKEN' is not set; set it to a long-lived token") as caught:
        tags.collector(token_env="NO_SUCH_TOKEN").collect(None)
    assert caught.value.permanent and tags.asked == []


@pytest.mark.parametrize("options", [{}, {"hashtags": ["دیجی‌کالا"]}, {"hashtags": ["دیجی کالا"]}, {"hashtags": ["😡"]},
                                     {"hashtags": [f"tag{number}" for number in range(31)]}, {"tags": True, "user_id": "me"}],
                         ids=["nothing", "a half-space", "a space", "emoji", "too many", "a name for a number"])
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**{"token_env": "TOKEN", "user_id": USER, **options})
