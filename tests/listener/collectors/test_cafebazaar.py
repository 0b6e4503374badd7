"""What is special about Cafe Bazaar: errors inside 200, chosen reviews before the newest, Jalali days, no ids of people."""

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
from listener.collectors.cafebazaar import CafeBazaarCollector, Options, parse
from listener.errors import CollectError
from listener.types import CoverageState, Precision
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.cafebazaar import CafeBazaar

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def store(httpserver: HTTPServer) -> Iterator[CafeBazaar]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield CafeBazaar(httpserver, client)


def answer(*reviews: dict[str, Any], **properties: Any) -> bytes:
    return json.dumps({"properties": {"statusCode": 200, "errorCode": 0, "errorMessage": "", **properties},
                       "singleReply": {"reviewReply": {"reviews": list(reviews)}}}).encode()


def review(**fields: Any) -> dict[str, Any]:
    return {"id": 7, "user": "سارا", "comment": "خوب نیست", "likes": 3, "total": 9, "rate": 1, "date": "۱۴۰۵/۰۸/۳۰",
            "accountID": "8d7a6f4e", "avatarURL": "https://cdn.example/a.png", "fromDeveloper": False, **fields}


def test_a_day_stands_at_noon_of_tehran() -> None:
    (mention,) = parse(answer(review()), now=NOW, app="ir.example")
    assert (mention.published_at, mention.precision) == (datetime(2026, 11, 21, 8, 30, tzinfo=UTC), Precision.DAY)
    assert mention.url == "https://cafebazaar.ir/app/ir.example"


def test_likes_are_those_who_liked_and_not_all_who_voted() -> None:
    (mention,) = parse(answer(review()), now=NOW)
    assert mention.engagement and (mention.engagement.likes, mention.engagement.comments) == (3, None)


def test_nothing_that_leads_to_a_person_is_kept() -> None:
    (mention,) = parse(answer(review()), now=NOW)
    assert mention.raw and b"8d7a6f4e" not in mention.raw and b"cdn.example" not in mention.raw
    assert mention.author and (mention.author.id, mention.author.name, mention.author.url) == ("author of 7", "سارا", None)


def test_two_people_of_one_name_are_two_authors() -> None:
    one, two = parse(answer(review(), review(id=8)), now=NOW)
    assert one.author and two.author and one.author.id != two.author.id


@pytest.mark.parametrize("rate, share", [(1, 0.2), (5, 1.0), (0, None), (None, None), (9, None)])
def test_stars_are_a_share_of_five_and_none_are_unknown(rate: Any, share: float | None) -> None:
    assert parse(answer(review(rate=rate)), now=NOW)[0].rating == share


def test_what_the_developer_says_is_no_mention() -> None:
    assert parse(answer(review(fromDeveloper=True), review(id=8, reply="ممنون")), now=NOW)[0].id == "8"


@pytest.mark.parametrize("status, said", [(404, "check the package names"), (429, "retrying later"), (503, "retrying later")])
def test_an_error_inside_200_is_an_error(store: CafeBazaar, status: int, said: str) -> None:
    store.instead = lambda request: Response(answer(statusCode=status, errorMessage="not found"))
    with pytest.raises(CollectError, match=f"status {status}.*not found.*{said}") as caught:
        store.collector().collect(None)
    assert not caught.value.permanent


def test_an_answer_without_a_list_is_no_silence() -> None:
    with pytest.raises(CollectError, match="no list of reviews"):
        parse(b'{"properties":{"statusCode":200},"singleReply":{"reviewReply":{}}}', now=NOW)


def test_chosen_reviews_before_the_newest_hide_nothing(store: CafeBazaar) -> None:
    old = [store.post(f"old {number}") for number in range(3)]
    for post in old:
        post.published_at -= timedelta(days=300)
    known = store.post("known")
    _, cursor, _ = poll(store.collector(), None)
    for number in range(30):
        store.post(f"new {number}")
    news = [post for post in store.newest_first() if post not in old and post is not known]
    store.newest_first = lambda: [*old, *news, known]  # type: ignore[method-assign]
    mentions, cursor, batch = poll(store.collector(), cursor)
    assert {mention.text for mention in mentions} == {f"new {number}" for number in range(30)}
    assert batch.state is CoverageState.OK
    asked = len(store.asked)
    assert poll(store.collector(), cursor)[0] == [] and len(store.asked) == asked + 1


def test_every_app_is_asked_for_in_windows_of_24(store: CafeBazaar) -> None:
    for number in range(25):
        store.post(f"post {number}")
    poll(store.collector(apps=["ir.one", "ir.two"], backfill=True), None)
    asked = [json.loads(request.get_data())["singleRequest"]["reviewRequest"] for request in store.asked]
    assert asked == [{"packageName": app, "start": start, "end": start + 24}
                     for app in ("ir.one", "ir.two") for start in (0, 24)]


def test_one_app_that_fails_hides_no_other(store: CafeBazaar) -> None:
    store.post("یک")

    def instead(request: Request) -> Response | None:
        return Response(answer(statusCode=404)) if b"ir.one" in request.get_data() else None

    store.instead = instead
    mentions, _, batch = poll(store.collector(apps=["ir.one", "ir.two"]), None)
    assert [mention.text for mention in mentions] == ["یک"]
    assert batch.state is CoverageState.PARTIAL and batch.reason and batch.reason.startswith("ir.one: ")


def test_it_is_not_polled_more_often_than_every_ten_minutes(store: CafeBazaar) -> None:
    collector = CafeBazaarCollector("ours", Options(**{**store.options(), "pause": 0.001}), store.client, now=lambda: NOW)
    assert collector.collect(None).min_interval == timedelta(seconds=0.3)
    assert Options(apps=("ir.example",)).pause == 2.0


def test_an_app_is_given_by_its_package_or_its_address() -> None:
    written = ("ir.divar", "https://cafebazaar.ir/app/cab.snapp.passenger?l=fa")
    assert Options(apps=written).apps == ("ir.divar", "cab.snapp.passenger")
    with pytest.raises(ValidationError, match="no package name"):
        Options(apps=("دیوار",))
