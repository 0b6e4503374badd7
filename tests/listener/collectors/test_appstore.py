"""What is special about the App Store: three spellings of one page, two formats, many stores in one source."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors.appstore import Options, parse
from listener.errors import CollectError
from listener.types import CoverageState
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.appstore import AppStore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

XML = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns:im="http://itunes.apple.com/rss" xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>x</id>
<link rel="last" href="https://itunes.apple.com/tr/rss/customerreviews/page=3/id=5/sortby=mostrecent/xml?urlDesc=/x"/>
<entry><id>41</id><title>شارژ نشد</title><updated>2026-11-20T02:00:00-07:00</updated>
<content type="text">پول کم شد ولی شارژ نشد</content><content type="html">&lt;b&gt;پول&lt;/b&gt;</content>
<im:contentType term="Application" label="Application"/><im:voteSum>4</im:voteSum><im:voteCount>6</im:voteCount>
<im:rating>1</im:rating><im:version>3.1</im:version>
<author><name>سارا</name><uri>https://itunes.apple.com/tr/reviews/id99</uri></author>
<link rel="related" href="https://itunes.apple.com/tr/review?id=5"/></entry>
<entry><id>5</id><title>The app itself</title><updated>2026-11-20T02:00:00-07:00</updated></entry></feed>"""


def test_the_xml_form_says_the_same_as_json() -> None:
    (mention,) = parse(XML.encode(), now=NOW)
    assert (mention.id, mention.title, mention.text) == ("41", "شارژ نشد", "پول کم شد ولی شارژ نشد")
    assert mention.published_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert mention.rating == 0.2 and mention.engagement and mention.engagement.likes == 4
    assert mention.author and (mention.author.id, mention.author.name) == ("99", "سارا")
    assert mention.url == "https://itunes.apple.com/tr/review?id=5" and mention.language is None


def test_an_entry_without_a_rating_is_the_app_and_no_review() -> None:
    feed = {"feed": {"entry": [{"id": {"label": "1"}, "im:name": {"label": "App"}, "title": {"label": "App"}}]}}
    assert parse(json.dumps(feed).encode(), now=NOW) == []


def test_a_feed_with_a_document_type_is_refused() -> None:
    bomb = XML.replace("<feed ", '<!DOCTYPE feed [<!ENTITY a "aaaa">]><feed ', 1)
    with pytest.raises(CollectError, match="not a list of reviews"):
        parse(bomb.encode(), now=NOW)


@pytest.mark.parametrize("entry", ["text", 5, None])
def test_another_shape_is_said_and_not_taken_for_silence(entry: Any) -> None:
    with pytest.raises(CollectError, match="another shape"):
        parse(json.dumps({"feed": {"entry": entry}}).encode(), now=NOW)


@pytest.fixture
def store(httpserver: HTTPServer) -> Any:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield AppStore(httpserver, client)


def empty_where(said: str) -> Any:
    def instead(request: Request) -> Response | None:
        return Response('{"feed":{}}') if said in request.path and request.path.endswith("json") else None

    return instead


def test_an_empty_page_is_believed_only_when_three_spellings_are_empty(store: AppStore) -> None:
    poll(store.collector(), None)
    assert [request.path for request in store.asked] == [
        "/tr/rss/customerreviews/page=1/id=1592550875/sortby=mostrecent/json",
        "/tr/rss/customerreviews/page=1/id=1592550875/sortby=mostrecent/xml",
        "/tr/rss/customerreviews/id=1592550875/page=1/sortby=mostrecent/json"]


def test_reviews_that_only_xml_shows_are_seen(store: AppStore) -> None:
    store.instead = lambda request: Response(XML if request.path.endswith("xml") else '{"feed":{}}')
    assert [mention.id for mention in poll(store.collector(), None)[0]] == ["41"]


def test_reviews_that_only_the_other_order_of_the_path_shows_are_seen(store: AppStore) -> None:
    store.post("کار نمی‌کند")
    store.show = lambda request: (Response('{"feed":{}}') if "/page=1/id=" in request.path  # type: ignore[method-assign]
                                  else AppStore.show(store, request))
    assert [mention.text for mention in poll(store.collector(), None)[0]] == ["کار نمی‌کند"]


def test_no_page_behind_the_last_one_is_asked_for(store: AppStore) -> None:
    for number in range(60):
        store.post(f"post {number}")
    last = {"attributes": {"rel": "last", "href": "https://itunes.apple.com/tr/rss/customerreviews/page=1/id=5/sortby=mostrecent/json"}}

    def with_links(request: Request) -> Response:
        data = json.loads(store.show(request).get_data())
        data["feed"]["link"] = [last]
        return Response(json.dumps(data))

    store.instead = with_links
    assert len(poll(store.collector(backfill=True), None)[0]) == 50 and len(store.asked) == 1


def test_one_store_that_fails_hides_no_other(store: AppStore) -> None:
    store.post("یک")
    store.instead = lambda request: Response("", status=500) if request.path.startswith("/ae/") else None
    collector = store.collector(countries=["ae", "tr"])
    mentions, cursor, batch = poll(collector, None)
    assert [mention.text for mention in mentions] == ["یک"] and batch.state is CoverageState.PARTIAL
    assert batch.reason and batch.reason.startswith("1592550875 ae: HTTP 500")
    assert poll(collector, cursor)[0] == []


def test_an_app_is_given_by_its_figures_or_its_address() -> None:
    written = ("1592550875", "id1592550876", "https://apps.apple.com/us/app/a-name/id1592550877?l=en")
    assert Options(apps=written, countries=("TR", "tr")).apps == ("1592550875", "1592550876", "1592550877")
    assert Options(apps=written, countries=("TR", "tr")).countries == ("tr",)
    assert Options.model_validate({"apps": [1592550875]}).apps == ("1592550875",)
    with pytest.raises(ValidationError, match="is no app"):
        Options(apps=("com.example.app",))
    with pytest.raises(ValidationError, match="is no country"):
        Options(apps=written, countries=("Iran",))


@pytest.mark.parametrize("feed", [{"value": {"entry": []}}, {"author": {}, "entries": [{"id": {"label": "1"}}]}])
def test_a_feed_without_what_every_feed_has_is_another_shape(feed: dict[str, Any]) -> None:
    with pytest.raises(CollectError, match="another shape"):
        parse(json.dumps({"feed": feed}).encode(), now=NOW)


@pytest.mark.parametrize("entry", [{"value": [{"id": {"label": "1"}}]}, [[{"id": {"label": "1"}}]]])
def test_entries_that_are_none_are_an_error_and_no_walk_without_end(httpserver: HTTPServer, entry: Any) -> None:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        host = AppStore(httpserver, client)
        body = json.dumps({"feed": {"author": {}, "entry": entry}})
        host.instead = lambda request: Response(body, content_type="text/javascript")
        with pytest.raises(CollectError, match="appstore 'ours': .*none of 1 items can be read"):
            host.collector().collect(None)
    assert len(host.asked) == 1
