"""What is special about GDELT: errors are sentences in 200, JSON may be broken, time is cut where answers are full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from listener.client import Client
from listener.collectors.gdelt import GDELTCollector, Options, parse
from listener.errors import CollectError
from listener.types import CoverageState, Precision
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.gdelt import GDELT

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ARTICLE = {"url": "https://news.example/a", "url_mobile": "", "title": "دیجی‌کالا : سفارش‌ها دیر می‌رسد",
           "seendate": "20261122T111500Z", "socialimage": "", "domain": "news.example", "language": "Persian",
           "sourcecountry": "Iran"}


def answer(*articles: dict[str, str]) -> bytes:
    return json.dumps({"articles": articles}, ensure_ascii=False).encode()


@pytest.fixture
def search(httpserver: HTTPServer) -> Iterator[GDELT]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield GDELT(httpserver, client)


def test_an_article_is_its_headline() -> None:
    (mention,) = parse(answer(ARTICLE), now=NOW)
    assert (mention.id, mention.url, mention.text) == (ARTICLE["url"], ARTICLE["url"], ARTICLE["title"])
    assert (mention.published_at, mention.precision) == (datetime(2026, 11, 22, 11, 15, tzinfo=UTC), Precision.MINUTE)
    assert (mention.language, mention.outlet) == ("fa", "news.example")
    assert mention.author is None and mention.engagement is None


def test_a_language_that_is_not_known_is_left_unknown() -> None:
    assert parse(answer({**ARTICLE, "language": "Klingon"}), now=NOW)[0].language is None


def test_no_article_found_is_an_empty_object() -> None:
    assert parse(b"{}", now=NOW) == []


@pytest.mark.parametrize("broken", [
    answer(ARTICLE).replace(" : ".encode(), b" \x01\x0b\n "),
    answer(ARTICLE).replace(" : ".encode(), b" \\' "),
    b"\xef\xbb\xbf" + answer(ARTICLE)], ids=["controls", "escape", "mark"])
def test_json_that_json_forbids_is_read_all_the_same(broken: bytes) -> None:
    assert parse(broken, now=NOW)[0].url == ARTICLE["url"]


@pytest.mark.parametrize("sentence, permanent, waits", [
    ("Your query was too short or too long.", True, False),
    ("One or more of your keywords were too short, too long or too common.", True, False),
    ("Please limit requests to one every 5 seconds.", False, True),
    ("An unknown error occurred.", False, False)])
def test_a_sentence_is_an_error_in_words(search: GDELT, sentence: str, permanent: bool, waits: bool) -> None:
    search.instead = lambda request: Response(sentence, content_type="text/html; charset=utf-8")
    with pytest.raises(CollectError, match=sentence[:30]) as caught:
        search.collector().collect(None)
    assert caught.value.permanent is permanent and (caught.value.retry_after is not None) is waits


@pytest.mark.parametrize("payload", [
    b'{"results":[]}', b'{"articles":{}}', b'{"articles":[{"link":"x"}]}', b"[]"])
def test_another_shape_is_said_and_not_taken_for_silence(payload: bytes) -> None:
    with pytest.raises(CollectError, match="another shape than this program knows"):
        parse(payload, now=NOW)


def test_a_full_answer_is_followed_by_the_time_before_it(search: GDELT) -> None:
    for number in range(45):
        search.post(f"post {number}")
    search.clock += timedelta(hours=1)
    mentions, _, batch = poll(search.collector(backfill=True), None)
    assert len(mentions) == 45 and batch.state is CoverageState.OK
    ends = [request.args["enddatetime"] for request in search.asked]
    assert len(ends) == 3 and ends == sorted(ends, reverse=True)
    assert all(request.args["maxrecords"] == "20" and request.args["sort"] == "datedesc" for request in search.asked)


def test_more_articles_of_one_instant_than_an_answer_holds_are_said_to_be_lost(search: GDELT) -> None:
    search.post("known")
    _, cursor, _ = poll(search.collector(), None)
    for number in range(50):
        search.post(f"post {number}").published_at = search.posts[0].published_at + timedelta(minutes=1)
    mentions, cursor, batch = poll(search.collector(), cursor)
    assert len(mentions) == 20 and batch.overflow and batch.state is CoverageState.PARTIAL
    assert batch.reason and "narrow the query" in batch.reason


def test_an_article_that_two_queries_find_comes_once(search: GDELT) -> None:
    search.post("یک")
    mentions, _, _ = poll(search.collector(queries=["دیجی‌کالا", "Digikala"]), None)
    assert len(mentions) == 1
    assert [request.args["query"] for request in search.asked] == ["دیجی‌کالا", "Digikala"]


def test_filters_stand_behind_the_query_and_alternatives_in_parentheses(search: GDELT) -> None:
    poll(search.collector(queries=['snapp OR "snapp food"'], languages=["persian", "English"], country="IR"), None)
    assert search.asked[0].args["query"] == (
        '(snapp OR "snapp food") (sourcelang:persian OR sourcelang:english) sourcecountry:IR')


def test_nothing_older_than_three_months_is_asked_for(search: GDELT) -> None:
    search.post("one").published_at -= timedelta(days=400)
    cursor = {"parts": {"دیجی‌کالا": {}}}
    poll(search.collector(backfill=True), cursor)
    assert search.asked[0].args["startdatetime"] == (search.clock - timedelta(days=89)).strftime("%Y%m%d%H%M%S")


def test_a_word_of_two_letters_is_refused_before_it_is_asked() -> None:
    with pytest.raises(ValidationError, match="too short"):
        Options(queries=("دی",))


def test_it_is_marked_as_experimental() -> None:
    assert GDELTCollector.experimental
