"""What is special about Aparat: a search without an order, times in words, pages that name the next one, comments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors.aparat import AparatCollector, Options, parse, parse_comments, parse_video
from listener.errors import CollectError
from listener.types import CoverageState, MentionKey, Precision
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.aparat import CHANNEL, Aparat

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # 15:30 in Tehran


@pytest.fixture
def platform(httpserver: HTTPServer) -> Iterator[Aparat]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield Aparat(httpserver, client)


def video(number: int = 5, **fields: Any) -> dict[str, Any]:
    return {"type": "Video", "id": str(number), "attributes": {
        "id": str(number), "uid": f"uid{number}", "title": "بررسی", "description": "خراب بود", "sender_name": "سارا",
        "username": "sara", "visit_cnt_int": 1204, "sdate": "۲ ساعت پیش", **fields}}


def found(*included: dict[str, Any], order: tuple[str, ...] = (), **attributes: Any) -> bytes:
    row = {"type": "VideoSearch", "attributes": {"total": len(included), "link": {"next": ""}, **attributes},
           "relationships": {"video": {"data": [{"type": "Video", "id": own_id} for own_id in order]}}}
    return json.dumps({"data": [row], "included": included}).encode()


def test_a_video_is_read_with_its_views_and_its_channel() -> None:
    (mention,) = parse(found(video(), CHANNEL), now=NOW)
    assert (mention.id, mention.url) == ("uid5", "https://www.aparat.com/v/uid5")
    assert (mention.title, mention.text) == ("بررسی", "خراب بود")
    assert mention.engagement and (mention.engagement.views, mention.engagement.likes) == (1204, None)
    assert mention.author and (mention.author.id, mention.author.name, mention.author.followers) == ("sara", "سارا", 120)
    assert mention.author.url == "https://www.aparat.com/sara"


def test_videos_come_in_the_order_of_the_search_and_not_of_the_objects() -> None:
    mentions = parse(found(video(5), video(6), video(7), order=("7", "5", "99", "6")), now=NOW)
    assert [mention.id for mention in mentions] == ["uid7", "uid5", "uid6"]


@pytest.mark.parametrize("fields, instant, precision", [
    ({"date_exact": "2026-11-20 10:05:07", "sdate": "۵ روز پیش"},
     datetime(2026, 11, 20, 6, 35, 7, tzinfo=UTC), Precision.SECOND),
    ({"date_exact": "1405/08/29"}, datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY),
    ({"sdate": "۲۹ آبان ۱۴۰۵"}, datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY),
    ({"sdate": "۲ روز پیش"}, datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY),
    ({"sdate": "دیروز"}, datetime(2026, 11, 21, 8, 30, tzinfo=UTC), Precision.DAY),
    ({"sdate": "سه روز قبل"}, datetime(2026, 11, 19, 8, 30, tzinfo=UTC), Precision.DAY),
    ({"sdate": "3 ساعت پیش"}, NOW - timedelta(hours=3), Precision.ESTIMATED),
    ({"sdate": "۲ ماه پیش"}, NOW - timedelta(days=60), Precision.ESTIMATED),
    ({"sdate": "یک سال پیش"}, NOW - timedelta(days=365), Precision.ESTIMATED),
    ({"sdate": "لحظاتی پیش"}, NOW, Precision.ESTIMATED),
    ({"sdate": "۹۹۹۹۹۹۹۹ سال پیش"}, NOW, Precision.ESTIMATED)])
def test_a_date_goes_before_words_and_words_say_how_sure_they_are(
        fields: dict[str, str], instant: datetime, precision: Precision) -> None:
    (mention,) = parse(found(video(**{"sdate": "", **fields})), now=NOW)
    assert (mention.published_at, mention.precision) == (instant, precision)


def test_the_older_form_of_the_search_is_understood() -> None:
    old = {"videobysearch": [{"uid": "abC12", "title": "بررسی", "username": "sara", "visit_cnt": "1204", "sdate": "۲ روز پیش"}]}
    (mention,) = parse(json.dumps(old).encode(), now=NOW)
    assert (mention.id, mention.text) == ("abC12", "") and mention.engagement and mention.engagement.views == 1204


@pytest.mark.parametrize("payload", [
    b'{"videos":[]}', b'{"data":{"a":1}}', b'{"data":[{"attributes":{"name":"x"}}]}', found(total=3),
    found(order=("5",)), found({"type": "Video", "id": "5", "attributes": {"hash": "x"}})])
def test_another_shape_is_said_and_not_taken_for_silence(payload: bytes) -> None:
    with pytest.raises(CollectError, match="another shape than this program knows"):
        parse(payload, now=NOW)


@pytest.mark.parametrize("payload", [found(), found(link=None), b'{"data":[],"included":[]}'])
def test_nothing_found_is_nothing(payload: bytes) -> None:
    assert parse(payload, now=NOW) == []


def test_the_last_week_is_searched_and_after_a_break_the_last_year(platform: Aparat) -> None:
    platform.post("یک")
    _, cursor, _ = poll(platform.collector(), None)
    poll(platform.collector(), cursor)
    platform.clock += timedelta(days=10)
    poll(platform.collector(), cursor)
    poll(platform.collector(backfill=True), None)
    assert [request.args["uploadedIn"] for request in platform.asked] == ["week", "week", "year", "year"]
    assert platform.asked[0].path.endswith("/text/دیجی‌کالا")


def test_a_video_that_left_the_last_week_is_not_lost(platform: Aparat) -> None:
    platform.post("یک")
    _, cursor, _ = poll(platform.collector(), None)
    platform.clock += timedelta(days=7, hours=12)
    platform.post("دو").published_at = platform.clock
    _, _, batch = poll(platform.collector(), cursor)
    assert batch.state is CoverageState.OK and not batch.overflow


@pytest.mark.parametrize("address, asked", [
    ("https://evil.example/api/fa/v1/x?page=2", None), ("//evil.example/x", None), ("https://aparat.com.evil.example/x", None),
    ("https://www.aparat.com/api/fa/v1/x?page=2", "/api/fa/v1/x?page=2"), ("/api/fa/v1/x?page=2", "/api/fa/v1/x?page=2")])
def test_the_next_page_is_asked_for_at_the_same_host_only(platform: Aparat, address: str, asked: str | None) -> None:
    platform.instead = lambda request: Response(
        found() if request.path.endswith("/x") else found(video(), link={"next": address}))
    if asked is None:
        with pytest.raises(CollectError, match="another host"):
            platform.collector().collect(None)
        assert len(platform.asked) == 1
    else:
        platform.collector().collect(None)
        assert [request.full_path for request in platform.asked[1:]] == [asked]


def comment(number: int, **fields: Any) -> dict[str, Any]:
    return {"type": "comment", "id": str(number), "attributes": {
        "body": f"نظر {number}", "name": "رضا", "username": "reza", "sdate_gregorian": "2026-11-22 11:00:00", "like_cnt": 2,
        "reply_cnt": 0, "is_pinned": False, "deleted": False, **fields}}


def listed(*comments: dict[str, Any], more: str | None = None) -> bytes:
    return json.dumps({"data": comments, "links": {"more": more}}).encode()


def test_a_comment_belongs_to_its_video() -> None:
    (mention,) = parse_comments(listed(comment(8), comment(9, deleted=True)), now=NOW, uid="uid5")
    assert (mention.id, mention.in_reply_to, mention.text) == ("comment:8", "uid5", "نظر 8")
    assert mention.published_at == datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
    assert mention.engagement and (mention.engagement.likes, mention.engagement.comments) == (2, 0)
    with pytest.raises(CollectError, match="another shape"):
        parse_comments(listed({"id": "1", "attributes": {"text": "x"}}), now=NOW, uid="uid5")


def test_comments_are_read_where_they_are_wanted_and_their_deletion_is_told(platform: Aparat) -> None:
    platform.post("یک")
    said = [comment(8), comment(9)]
    asked_for = "/api/fa/v1/video/comment/list/videohash/v103"
    platform.instead = lambda request: Response(listed(*said)) if request.path == asked_for else None
    mentions, cursor, _ = poll(platform.collector(comments=True), None)
    assert {mention.id for mention in mentions} == {"v103", "comment:8", "comment:9"}
    said[:] = [comment(10), comment(8), comment(9, deleted=True)]
    mentions, cursor, batch = poll(platform.collector(comments=True), cursor)
    assert {mention.id for mention in mentions} == {"comment:10"} and batch.deleted == (MentionKey("aparat", "comment:9"),)
    platform.clock += timedelta(days=15)
    asked = len(platform.asked)
    poll(platform.collector(comments=True), cursor)
    assert not any("comment" in request.path for request in platform.asked[asked:])


def test_videos_on_late_pages_of_a_long_search_are_asked_for_comments_too(platform: Aparat) -> None:
    for number in range(platform.page * 11):
        platform.post(f"post {number}")
    platform.newest_first = lambda: platform.posts  # type: ignore[method-assign]
    latest = {f"v{post.number}" for post in platform.posts[-3:]}
    _, cursor, _ = poll(platform.collector(comments=True, comment_videos=3), None)
    assert cursor and set(cursor["videos"]) == latest
    poll(platform.collector(comments=True, comment_videos=3), cursor)
    assert {request.path.rsplit("/", 1)[1] for request in platform.asked if "comment" in request.path} >= latest


def test_a_video_that_is_gone_has_no_comments_and_troubles_nobody(platform: Aparat) -> None:
    platform.post("یک")
    platform.instead = lambda request: Response("", status=404) if "comment" in request.path else None
    _, _, batch = poll(platform.collector(comments=True), None)
    assert batch.state is CoverageState.OK


def test_comments_are_not_asked_for_one_by_one(platform: Aparat) -> None:
    batch = platform.collector().refresh([MentionKey("aparat", "comment:8")])  # type: ignore[attr-defined]
    assert batch.mentions == () and batch.deleted == () and platform.asked == []


def test_a_single_video_tells_likes_too() -> None:
    attributes = {"uid": "uid5", "title": "بررسی", "visit_cnt_non_formatted": "1204", "like_cnt_non_formatted": 7}
    payload = json.dumps({"data": {"type": "VideoShow", "id": "5", "attributes": attributes}, "included": [CHANNEL]}).encode()
    mention = parse_video(payload, now=NOW)
    assert mention.engagement and (mention.engagement.views, mention.engagement.likes) == (1204, 7)
    assert mention.author and mention.author.id == "sara"
    with pytest.raises(CollectError, match="another shape"):
        parse_video(b'{"data":{"attributes":{}}}', now=NOW)


def test_two_queries_that_find_one_video_give_it_once(platform: Aparat) -> None:
    platform.post("یک")
    assert len(poll(platform.collector(queries=["دیجی‌کالا", "دیجی کالا"]), None)[0]) == 1
    assert len(platform.asked) == 2


def test_one_query_that_fails_hides_no_other(platform: Aparat) -> None:
    platform.post("یک")

    def instead(request: Request) -> Response | None:
        return Response("", status=500) if request.path.endswith("Digikala") else None

    platform.instead = instead
    mentions, _, batch = poll(platform.collector(queries=["Digikala", "دیجی‌کالا"]), None)
    assert len(mentions) == 1 and batch.state is CoverageState.PARTIAL
    assert batch.reason and batch.reason.startswith("Digikala: HTTP 500")


def test_a_query_of_two_letters_is_refused_before_it_is_asked() -> None:
    with pytest.raises(ValidationError, match="3 to 512 letters"):
        Options(queries=("دی",))
    with pytest.raises(ValidationError, match="is no search"):
        Options(queries=("دیجی",), search_path="/api/search")


def test_it_is_marked_as_experimental() -> None:
    assert AparatCollector.experimental
