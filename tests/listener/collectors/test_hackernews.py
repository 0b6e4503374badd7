"""What is special about Hacker News: pages are cut by time, and a deleted item keeps its number."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors.hackernews import HackerNewsCollector
from listener.types import CoverageState, MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.hackernews import HackerNews


@pytest.fixture
def host() -> Iterator[HackerNews]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server, Client(allow_networks=["127.0.0.0/8"]) as client:
        yield HackerNews(server, client)


def collector(host: HackerNews) -> HackerNewsCollector:
    made = host.collector()
    assert isinstance(made, HackerNewsCollector)
    return made


def test_more_items_of_one_second_than_a_page_holds_come_whole(host: HackerNews) -> None:
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    instant = host.clock - timedelta(minutes=1)
    for number in range(230):
        host.post(f"new {number}").published_at = instant
    mentions, cursor, batch = poll(host.collector(), cursor)
    assert len(mentions) == 230 and batch.state is CoverageState.OK
    assert poll(host.collector(), cursor)[0] == []


def test_what_is_left_of_a_deleted_item_counts_as_gone(host: HackerNews) -> None:
    host.instead = lambda request: Response('{"id":8,"type":"comment","author":null,"text":null,"title":null,"url":null}',
                                            content_type="application/json")
    batch = collector(host).refresh([MentionKey("hackernews", "8")])
    assert batch.deleted == (MentionKey("hackernews", "8"),)


def test_what_was_asked_for_before_an_error_is_kept(host: HackerNews) -> None:
    posts = [host.post("one"), host.post("two")]
    keys = [MentionKey("hackernews", str(post.number)) for post in posts]

    def second_fails(request: Request) -> Response | None:
        return Response(status=503) if request.path.endswith(str(posts[1].number)) else None

    host.instead = second_fails
    batch = collector(host).refresh(keys)
    assert [mention.text for mention in batch.mentions] == ["one"] and batch.state is CoverageState.PARTIAL
