"""What is special about Digikala: statuses inside 200, days in words, praise and blame in lists, products found by a search."""

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
from listener.collectors.digikala import DigikalaCollector, Options, found_products, parse, parse_questions
from listener.errors import CollectError
from listener.types import CoverageState, Precision
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.digikala import Digikala

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def shop(httpserver: HTTPServer) -> Iterator[Digikala]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield Digikala(httpserver, client)


def page(*rows: dict[str, Any], name: str = "comments", status: int = 200) -> bytes:
    return json.dumps({"status": status, "data": {name: rows, "pager": {"current_page": 1, "total_pages": 1}}}).encode()


def review(**fields: Any) -> dict[str, Any]:
    return {"id": 7, "title": "", "body": "زود خراب شد", "created_at": "4 شهریور 1403", "rate": 1, "is_buyer": True,
            "user_name": "سارا", "reactions": {"likes": 3, "dislikes": 2}, "advantages": [], "disadvantages": [], **fields}


@pytest.mark.parametrize("written, instant, precision", [
    ("4 شهریور 1403", datetime(2024, 8, 25, 8, 30, tzinfo=UTC), Precision.DAY),
    ("۴ شهریور ۱۴۰۳", datetime(2024, 8, 25, 8, 30, tzinfo=UTC), Precision.DAY),
    ("2024-08-25 14:00:05", datetime(2024, 8, 25, 10, 30, 5, tzinfo=UTC), Precision.SECOND),
    ("2024-08-25T10:30:05Z", datetime(2024, 8, 25, 10, 30, 5, tzinfo=UTC), Precision.SECOND),
    ("دیروز", NOW, Precision.ESTIMATED)])
def test_a_date_is_a_day_of_tehran_in_words_or_iso(written: str, instant: datetime, precision: Precision) -> None:
    (mention,) = parse(page(review(created_at=written)), now=NOW)
    assert (mention.published_at, mention.precision) == (instant, precision)


def test_praise_and_blame_are_part_of_the_text() -> None:
    (mention,) = parse(page(review(advantages=["قیمت", " وزن "], disadvantages=["باتری", None])), now=NOW, product="5")
    assert mention.text == "زود خراب شد\nنقاط قوت: قیمت، وزن\nنقاط ضعف: باتری"
    assert mention.url == "https://www.digikala.com/product/dkp-5/"


def test_a_review_of_lists_alone_is_a_review() -> None:
    (mention,) = parse(page(review(body=None, disadvantages=["باتری"])), now=NOW)
    assert mention.text == "نقاط ضعف: باتری"


@pytest.mark.parametrize("rate, share", [(5, 1.0), (3, 0.6), (0, None), (None, None)])
def test_no_stars_are_unknown_and_not_the_worst(rate: int | None, share: float | None) -> None:
    assert parse(page(review(rate=rate)), now=NOW)[0].rating == share


def test_likes_are_counted_and_who_bought_is_kept_with_the_payload() -> None:
    (mention,) = parse(page(review()), now=NOW)
    assert mention.engagement and (mention.engagement.likes, mention.engagement.shares) == (3, None)
    assert mention.raw and json.loads(mention.raw)["is_buyer"] is True


def test_who_hides_the_name_has_none() -> None:
    one, two = parse(page(review(is_anonymous=True), review(id=8)), now=NOW)
    assert one.author is None and two.author and two.author.name == "سارا"


@pytest.mark.parametrize("payload", [
    b'{"data":{}}', b'{"status":200,"data":{"reviews":[]}}', b'{"status":200,"data":[]}', page({"id": 1, "text": "x"})])
def test_another_shape_is_said_and_not_taken_for_silence(payload: bytes) -> None:
    with pytest.raises(CollectError, match="another shape than this program knows"):
        parse(payload, now=NOW)


@pytest.mark.parametrize("status, said", [
    (404, "check the products"), (400, "status 400 .limit."), (500, "asked again next time")])
def test_a_status_inside_200_is_an_error(shop: Digikala, status: int, said: str) -> None:
    shop.instead = lambda request: Response(json.dumps({"status": status, "message": "limit"}))
    with pytest.raises(CollectError, match=said):
        shop.collector().collect(None)


def test_goods_of_the_supermarket_are_asked_for_elsewhere(shop: Digikala) -> None:
    shop.post("تازه نبود")

    def instead(request: Request) -> Response | None:
        if not request.path.startswith("/fresh"):
            return Response('{"status":301,"redirect_url":{"uri":"/fresh/product/dkp-4170599/"}}')
        return Response(page(*(shop.review(post) for post in shop.posts)))

    shop.instead = instead
    assert [mention.text for mention in poll(shop.collector(), None)[0]] == ["تازه نبود"]
    assert shop.asked[-1].full_path == "/fresh/v1/rate-review/products/4170599/?page=1&sort=newest"


def test_questions_are_mentions_of_their_own_where_they_are_wanted(shop: Digikala) -> None:
    shop.post("خوب بود")
    question = {"id": 103, "text": "گارانتی دارد؟", "created_at": "1 آذر 1405", "answer_count": 2, "answers": [{"text": "بله"}],
                "sender": "رضا"}
    shop.instead = lambda request: Response(page(question, name="questions")) if "questions" in request.path else None
    mentions, cursor, _ = poll(shop.collector(questions=True), None)
    assert {mention.id for mention in mentions} == {"103", "question:103"}
    asked = next(mention for mention in mentions if mention.id.startswith("question"))
    assert asked.engagement and (asked.engagement.comments, asked.engagement.likes) == (2, None)
    assert poll(shop.collector(questions=True), cursor)[0] == []


def test_a_question_without_an_id_keeps_one() -> None:
    question = {"text": "گارانتی دارد؟", "created_at": "1 آذر 1405", "answer_count": 0}
    ids = {parse_questions(page({**question, "answer_count": answers}, name="questions"), now=NOW)[0].id for answers in (0, 5)}
    assert len(ids) == 1


def widgets(*products: int) -> bytes:
    inner = [{"type": "banner", "data": {"id": 1}}, *({"type": "product", "data": {"id": product}} for product in products)]
    return json.dumps({"status": 200, "data": {"pager": {}, "widgets": [
        {"type": "quick_filter", "data": {}}, {"type": "vertical_product_listing", "data": {"widgets": inner}}]}}).encode()


def test_both_forms_of_the_search_give_products() -> None:
    assert found_products(widgets(5, 6, 5)) == ["5", "6"]
    assert found_products(b'{"status":200,"data":{"products":[{"id":5},{"id":6}]}}') == ["5", "6"]
    with pytest.raises(CollectError, match="another shape"):
        found_products(b'{"status":200,"data":{"items":[]}}')


def searching(shop: Digikala, *products: int) -> Any:
    return lambda request: Response(widgets(*products)) if "search" in request.path else None


def test_products_are_found_once_a_day(shop: Digikala) -> None:
    shop.post("خوب")
    shop.instead = searching(shop, 4170599, 1)
    collector = shop.collector(products=[], search="پاوربانک", search_products=1)
    mentions, cursor, _ = poll(collector, None)
    assert [mention.text for mention in mentions] == ["خوب"] and shop.asked[0].args["q"] == "پاوربانک"
    _, cursor, _ = poll(collector, cursor)
    assert sum("search" in request.path for request in shop.asked) == 1
    shop.clock += timedelta(days=1)
    poll(collector, cursor)
    assert sum("search" in request.path for request in shop.asked) == 2


def test_a_search_that_fails_hides_no_product_that_is_known(shop: Digikala) -> None:
    shop.post("خوب")
    shop.instead = lambda request: Response("", status=503) if "search" in request.path else None
    mentions, _, batch = poll(shop.collector(search="پاوربانک"), None)
    assert len(mentions) == 1 and batch.state is CoverageState.PARTIAL
    assert batch.reason and batch.reason.startswith("search: HTTP 503")


def test_a_search_without_a_product_says_so(shop: Digikala) -> None:
    shop.instead = searching(shop)
    batch = shop.collector(products=[], search="پاوربانک").collect(None)
    assert batch.state is CoverageState.PARTIAL and batch.reason and "finds no product" in batch.reason


def test_a_product_is_given_by_its_figures_or_its_address() -> None:
    written = ("4170599", "dkp-5", "https://www.digikala.com/product/dkp-6/پاوربانک/")
    assert Options(products=written).products == ("4170599", "5", "6")
    assert Options.model_validate({"products": [4170599]}).products == ("4170599",)
    with pytest.raises(ValidationError, match="no product;"):
        Options(products=("پاوربانک",))
    with pytest.raises(ValidationError, match="write one of them"):
        Options()


def test_it_is_marked_as_experimental() -> None:
    assert DigikalaCollector.experimental
