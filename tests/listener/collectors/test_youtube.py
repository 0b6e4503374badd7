"""What is special about YouTube: a quota by the Pacific day, keys in addresses, comments that are switched off, cut words."""

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
from listener.collectors.youtube import Options, parse
from listener.errors import CollectError
from listener.types import CoverageState, MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.youtube import (
    CHANNEL,
    KEY,
    VIDEO,
    YouTubeChannel,
    YouTubeComments,
    YouTubeSearch,
    answer,
    refusal,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Ledger(MemoryLedger):
    """A ledger that shows what was booked."""

    @property
    def booked(self) -> dict[tuple[str, str], int]:
        return self._spent


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def client(ledger: Ledger) -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8"], read_timeout=2, total_timeout=4, ledger=ledger) as client:
        yield client


@pytest.fixture
def search(server: HTTPServer, client: Client) -> YouTubeSearch:
    return YouTubeSearch(server, client)


@pytest.fixture
def channel(server: HTTPServer, client: Client) -> YouTubeChannel:
    return YouTubeChannel(server, client)


@pytest.fixture
def comments(server: HTTPServer, client: Client) -> YouTubeComments:
    return YouTubeComments(server, client)


def asked(host: YouTubeSearch) -> list[str]:
    return [request.path.rsplit("/", 1)[1] for request in host.asked]


# ---- what is read


def test_a_video_found_comes_with_its_whole_description_and_its_counts(search: YouTubeSearch) -> None:
    search.post("words " * 100, likes=7)
    (mention,), cursor, _ = poll(search.collector(), None)
    assert len(mention.text) == 600 and mention.title == "Late & <cold>"
    counts = mention.engagement
    assert counts and (counts.views, counts.likes, counts.comments) == (1007, 7, None)
    assert mention.url == f"https://www.youtube.com/watch?v={mention.id}" and asked(search) == ["search", "videos"]
    poll(search.collector(), cursor)
    assert asked(search) == ["search", "videos", "search"]  # nothing new: nothing is asked for again


def test_counts_that_cannot_be_read_cost_no_mention(search: YouTubeSearch) -> None:
    search.post("one")
    search.instead = lambda request: Response(status=503) if request.path.endswith("/videos") else None
    (mention,), _, batch = poll(search.collector(), None)
    assert mention.text == "one" and mention.engagement is None
    assert batch.state is CoverageState.PARTIAL and batch.reason and "counts of new videos: HTTP 503" in batch.reason


def test_a_video_that_is_gone_when_it_is_asked_for_is_left_out(search: YouTubeSearch) -> None:
    search.post("one")
    search.instead = lambda request: answer({"items": []}) if request.path.endswith("/videos") else None
    assert poll(search.collector(), None)[0] == []


def test_a_comment_says_where_it_stands_and_what_it_answers() -> None:
    reply = {"kind": "youtube#comment", "id": "Ugx1.2", "snippet": {"textDisplay": "I don't", "parentId": "Ugx1",
             "publishedAt": "2026-11-22T09:00:00Z", "updatedAt": "2026-11-22T10:00:00Z", "authorDisplayName": "@ali"}}
    top = {"id": "Ugx1", "snippet": {"textDisplay": "x", "textOriginal": "if a < b", "publishedAt": "2026-11-22T08:00:00Z",
           "updatedAt": "2026-11-22T08:00:00Z", "authorDisplayName": "@sara", "authorChannelId": {"value": CHANNEL}}}
    thread = {"kind": "youtube#commentThread", "id": "Ugx1", "replies": {"comments": [reply]},
              "snippet": {"videoId": VIDEO, "totalReplyCount": 1, "topLevelComment": top}}
    first, second = parse(json.dumps({"items": [thread]}).encode(), now=NOW)
    assert (first.text, first.url, first.in_reply_to) == ("if a < b", f"https://www.youtube.com/watch?v={VIDEO}&lc=Ugx1", VIDEO)
    assert first.engagement and (first.engagement.likes, first.engagement.comments) == (None, 1) and first.edited_at is None
    assert (second.in_reply_to, second.author, second.edited_at) == ("Ugx1", None, datetime(2026, 11, 22, 10, tzinfo=UTC))
    assert first.author and (first.author.id, first.author.name) == (CHANNEL, "@sara")


def test_uploads_made_private_are_reported_as_gone(channel: YouTubeChannel) -> None:
    channel.post("private soon")
    channel.post("stays")
    mentions, cursor, _ = poll(channel.collector(), None)
    item = channel.item

    def private(post: Any) -> dict[str, Any]:
        made = item(post)
        if post.text == "private soon":
            del made["contentDetails"]["videoPublishedAt"]
        return made

    channel.item = private  # type: ignore[method-assign]
    _, _, batch = poll(channel.collector(), cursor)
    assert [key.id for key in batch.deleted] == [mention.id for mention in mentions if mention.text == "private soon"]


def test_a_channel_is_read_with_its_comments_by_two_units(channel: YouTubeChannel, ledger: Ledger) -> None:
    def comments_of_channel(request: Request) -> Response | None:
        if not request.path.endswith("/commentThreads"):
            return None
        assert request.args["allThreadsRelatedToChannelId"] == CHANNEL and request.args["order"] == "time"
        return answer({"items": []})

    channel.instead = comments_of_channel
    poll(channel.collector(comments=True), None)
    assert sorted(asked(channel)) == ["commentThreads", "playlistItems"] and sum(ledger.booked.values()) == 2


def test_the_comments_of_the_newest_videos_found_are_read_from_the_next_poll_on(search: YouTubeSearch) -> None:
    for number in range(4):
        search.post(f"video {number}")
    thread = YouTubeComments.item

    def under_videos(request: Request) -> Response | None:
        if not request.path.endswith("/commentThreads"):
            return None
        if request.args["videoId"] == search.own_id(search.posts[3]):
            return refusal(403, "commentsDisabled")
        host = YouTubeComments.__new__(YouTubeComments)
        return answer({"items": [thread(host, search.posts[0])]})

    search.instead = under_videos
    collector = search.collector(comments=True, comment_videos=2)
    mentions, cursor, _ = poll(collector, None)
    assert len(mentions) == 4 and cursor and set(cursor["watched"]) == {search.own_id(post) for post in search.posts[2:]}
    mentions, cursor, batch = poll(collector, cursor)
    assert [mention.text for mention in mentions] == ["video 0"] and batch.state is CoverageState.OK
    assert asked(search)[-2:] == ["commentThreads", "commentThreads"] and batch.min_interval is None
    search.clock += timedelta(minutes=18)
    _, cursor, _ = poll(collector, cursor)
    assert asked(search)[-3:] == ["commentThreads", "commentThreads", "search"]
    assert poll(collector, cursor)[0] == [] and asked(search)[-1] == "commentThreads"


@pytest.mark.parametrize("status, reason", [(403, "commentsDisabled"), (404, "videoNotFound"), (403, "forbidden")])
def test_a_video_without_comments_is_normal(comments: YouTubeComments, status: int, reason: str) -> None:
    comments.instead = lambda request: refusal(status, reason)
    mentions, _, batch = poll(comments.collector(), None)
    assert mentions == [] and batch.state is CoverageState.OK and batch.reason is None


def test_a_channel_whose_comments_are_refused_is_no_silence(channel: YouTubeChannel) -> None:
    channel.instead = lambda request: refusal(403, "forbidden") if request.path.endswith("/commentThreads") else None
    _, _, batch = poll(channel.collector(comments=True), None)
    assert batch.state is CoverageState.PARTIAL and batch.reason and "refuses the request with forbidden" in batch.reason


def test_videos_and_comments_are_asked_for_again_in_fifties(search: YouTubeSearch) -> None:
    for number in range(60):
        search.post(f"video {number}")
    mentions, _, _ = poll(search.collector(backfill=True), None)
    before = len(search.asked)
    gone = MentionKey("youtube", "UgxGoneAaABAg")
    batch = search.collector().refresh([*(mention.key for mention in mentions), gone])  # type: ignore[attr-defined]
    assert asked(search)[before:] == ["videos", "videos", "comments"]
    assert len(batch.mentions) == 60 and batch.deleted == (gone,)


# ---- what may be used


def test_searches_are_spread_over_the_day(search: YouTubeSearch) -> None:
    assert poll(search.collector(), None)[2].min_interval == timedelta(minutes=18)
    assert poll(search.collector(queries=["a", "b"], daily_units=100_000), None)[2].min_interval == timedelta(minutes=3.6)


def test_channels_alone_may_be_read_at_any_time(channel: YouTubeChannel) -> None:
    assert poll(channel.collector(), None)[2].min_interval is None


def test_a_search_without_a_share_waits_for_midnight_pacific_and_sends_nothing(search: YouTubeSearch, ledger: Ledger) -> None:
    search.clock = datetime(2026, 11, 22, 20, tzinfo=UTC)  # noon in California
    collector = search.collector(daily_units=250, search_share=0.5)
    poll(collector, None)
    sent = len(search.asked)
    with pytest.raises(CollectError, match="the 125 of .* for 2026-11-22 are used up; .*in 12 h$") as caught:
        collector.collect(None)
    assert caught.value.retry_after == timedelta(hours=12) and not caught.value.permanent and len(search.asked) == sent
    assert ledger.booked["YouTube units of GOOSH_TEST_YOUTUBE_KEY", "2026-11-22"] == 100  # what was not used was given back
    search.clock += timedelta(hours=12)
    assert collector.collect(None).state is CoverageState.OK


def test_comments_are_read_on_when_the_searches_have_used_their_share(search: YouTubeSearch) -> None:
    def none(request: Request) -> Response | None:
        return answer({"items": []}) if request.path.endswith("/commentThreads") else None

    search.instead = none
    collector = search.collector(videos=[VIDEO], daily_units=250, search_share=0.5)
    _, cursor, _ = poll(collector, None)
    search.clock += timedelta(hours=20)
    _, again, batch = poll(collector, cursor)
    assert asked(search)[-1] == "commentThreads" and batch.state is CoverageState.PARTIAL and batch.min_interval is None
    assert batch.reason and "search for digikala: the 125 of" in batch.reason and "comments are read on" in batch.reason
    assert cursor and again and again["parts"]["search for digikala"] == cursor["parts"]["search for digikala"]


def test_a_share_that_ends_between_two_pages_loses_nothing(search: YouTubeSearch) -> None:
    search.post("known")
    _, cursor, _ = poll(search.collector(), None)
    for number in range(80):
        search.post(f"new {number}")
    collector = search.collector(daily_units=1000, search_share=0.2)
    first, cursor, batch = poll(collector, cursor)
    assert len(first) == 50 and batch.state is CoverageState.PARTIAL and batch.reason and "are used up" in batch.reason
    search.clock += timedelta(days=1)
    second, _, batch = poll(collector, cursor)
    assert {mention.text for mention in first + second} == {f"new {number}" for number in range(80)}
    assert batch.state is CoverageState.OK


def test_nothing_is_sent_when_the_day_is_used_up(comments: YouTubeComments, ledger: Ledger) -> None:
    ledger.spend("YouTube units of GOOSH_TEST_YOUTUBE_KEY", "2026-11-22", 10_000, 10_000)
    with pytest.raises(CollectError, match="the 10000 of .* are used up") as caught:
        comments.collector().collect(None)
    assert caught.value.retry_after == timedelta(hours=24) and comments.asked == []


def test_the_day_of_a_quota_ends_at_midnight_pacific_in_summer_too(comments: YouTubeComments) -> None:
    comments.instead = lambda request: refusal(403, "quotaExceeded")
    the_clocks_go_back = datetime(2026, 11, 1, 7, tzinfo=UTC)
    for clock, wait in ((datetime(2026, 7, 1, 6, tzinfo=UTC), 1), (the_clocks_go_back, 25)):
        comments.clock = clock
        with pytest.raises(CollectError, match="used up for this Pacific day; set daily_units") as caught:
            comments.collector().collect(None)
        assert caught.value.retry_after == timedelta(hours=wait)


# ---- what is refused


@pytest.mark.parametrize("status, reason, said, permanent", [
    (400, "keyInvalid", "refuses the key .it says 'no'.; make one", True),
    (403, "accessNotConfigured", "no YouTube Data API v3; enable it", True),
    (403, "ipRefererBlocked", "may not be used from here; change its restrictions", True),
    (404, "channelNotFound", "no such channel, or it has no uploads; check channels", True),
    (403, "rateLimitExceeded", "too often .*retrying in 60 s", False),
    (403, "SERVICE_UNAVAILABLE", "in trouble.*retrying later", False),
    (400, "invalidPageToken", "refuses the request with invalidPageToken.*; check the options", True),
])
def test_what_the_api_refuses_is_said_in_words(channel: YouTubeChannel, status: int, reason: str, said: str,
                                               permanent: bool) -> None:
    channel.instead = lambda request: refusal(status, reason)
    with pytest.raises(CollectError, match=said) as caught:
        channel.collector().collect(None)
    assert caught.value.permanent is permanent


def test_a_reason_that_stands_in_the_details_is_understood(channel: YouTubeChannel) -> None:
    error = {"code": 400, "errors": [{"reason": "badRequest"}], "details": [{"reason": "API_KEY_INVALID"}]}
    channel.instead = lambda request: answer({"error": error}, 400)
    with pytest.raises(CollectError, match="refuses the key"):
        channel.collector().collect(None)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_the_key_reaches_no_error(search: YouTubeSearch, status: int) -> None:
    search.instead = lambda request: refusal(status, "someReason", f"the key {request.args['key']} is not liked")
    with pytest.raises(CollectError) as caught:
        search.collector().collect(None)
    assert search.asked[-1].args["key"] == KEY and KEY[:8] not in "".join(traceback.format_exception(caught.value))


def test_no_key_is_said_at_once(search: YouTubeSearch) -> None:
    with pytest.raises(CollectError, match="'NO_SUCH_KEY' is not set; set it to an API key") as caught:
        search.collector(key_env="NO_SUCH_KEY").collect(None)
    assert caught.value.permanent and search.asked == []


@pytest.mark.parametrize("options", [{}, {"channels": ["@digikala"]}, {"videos": ["https://youtu.be/dQw4w9WgXcQ"]}],
                         ids=["nothing to read", "a handle", "an address"])
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(key_env="KEY", **options)
