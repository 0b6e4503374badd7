"""The rss collector against a real WordPress, which nobody of us wrote. Off unless it is set up:

    export GOOSH_WORDPRESS=http://admin:APPLICATION-PASSWORD@127.0.0.1:8091
    pytest -m servers tests/listener/collectors/test_wordpress_server.py
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from listener.client import Client
from listener.collectors.rss import Options, RSSCollector
from listener.errors import CollectError
from listener.types import CoverageState
from tests.listener.collectors.hosts import poll

pytestmark = pytest.mark.servers
ADDRESS = httpx.URL(os.environ.get("GOOSH_WORDPRESS", "http://none.invalid"))
SITE = str(ADDRESS.copy_with(userinfo=b"")).rstrip("/")


@pytest.fixture(scope="module")
def wordpress() -> Iterator[httpx.Client]:
    if "GOOSH_WORDPRESS" not in os.environ:
        pytest.skip("set GOOSH_WORDPRESS to http://USER:APPLICATION-PASSWORD@HOST of a WordPress that may be written to")
    with httpx.Client(base_url=SITE, auth=(ADDRESS.username, ADDRESS.password), timeout=60) as client:
        yield client


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8", "::1/128"]) as client:
        yield client


def publish(wordpress: httpx.Client, text: str, **fields: Any) -> dict[str, Any]:
    made = wordpress.post(
        "/wp-json/wp/v2/posts",
        json={"title": text[:40], "content": f"<p>{text}</p>", "status": "publish", "slug": uuid4().hex, **fields},
    )
    made.raise_for_status()
    answer: dict[str, Any] = made.json()
    return answer


def comment(wordpress: httpx.Client, post: int, text: str) -> None:
    answer = wordpress.post(
        "/wp-json/wp/v2/comments",
        json={"post": post, "content": text, "author_name": "سارا", "author_email": "sara@example.test"},
    )
    answer.raise_for_status()


def reader(client: Client, path: str, **options: Any) -> RSSCollector:
    return RSSCollector("wordpress", Options(url=SITE + path, **options), client, now=lambda: datetime.now(UTC))


def test_posts_come_once_edited_ones_again_and_unchanged_feeds_as_304(wordpress: httpx.Client, client: Client) -> None:
    feed = reader(client, "/feed/")
    _, cursor, _ = poll(feed, None)
    words = f"اپلیکیشن اسنپ باز نمی‌شود {uuid4().hex}"
    post = publish(wordpress, words)
    time.sleep(2.1)  # validators of the very second of a change are not trusted
    (mention,), cursor, _ = poll(feed, cursor)
    assert mention.text == words and mention.url == post["link"] and mention.author and mention.author.name == "admin"
    assert abs(mention.published_at - datetime.fromisoformat(post["date_gmt"] + "+00:00")) < timedelta(seconds=2)
    answer = client.get(f"{SITE}/feed/", etag=(cursor or {})["etag"])
    assert answer.not_modified and poll(feed, cursor)[0] == []
    time.sleep(1.1)  # Last-Modified counts in seconds
    wordpress.post(f"/wp-json/wp/v2/posts/{post['id']}", json={"content": f"<p>{words} حل شد</p>"}).raise_for_status()
    (edited,), _, _ = poll(feed, cursor)
    assert edited.key == mention.key and edited.text.endswith("حل شد") and edited.edited_at


def test_a_comment_changes_the_comments_feed_and_not_the_posts_feed(wordpress: httpx.Client, client: Client) -> None:
    post = publish(wordpress, f"نظرات {uuid4().hex}")
    time.sleep(2.1)
    posts, comments = reader(client, "/feed/"), reader(client, "/comments/feed/")
    _, posts_cursor, _ = poll(posts, None)
    _, comments_cursor, _ = poll(comments, None)
    comment(wordpress, post["id"], f"راضی نیستم 😡 {uuid4().hex}")
    (mention,), _, _ = poll(comments, comments_cursor)
    assert (
        mention.text.startswith("راضی نیستم 😡")
        and mention.author
        and mention.author.name == "سارا"
        and "#comment-" in (mention.url or "")
    )
    assert client.get(f"{SITE}/feed/", etag=(posts_cursor or {})["etag"]).not_modified


def test_a_comment_in_the_second_of_a_post_is_not_hidden_by_their_common_validators(wordpress: httpx.Client, client: Client) -> None:
    comments = reader(client, "/comments/feed/")
    post = publish(wordpress, f"نظرات {uuid4().hex}")
    _, cursor, _ = poll(comments, None)
    words = f"همان لحظه {uuid4().hex}"
    comment(wordpress, post["id"], words)
    assert [mention.text for mention in poll(comments, cursor)[0]] == [words]


def test_more_posts_than_a_page_shows_come_whole(wordpress: httpx.Client, client: Client) -> None:
    feed = reader(client, "/feed/", paged=True)
    _, cursor, _ = poll(feed, None)
    words = {f"شماره {number} {uuid4().hex}" for number in range(13)}
    for one in words:
        publish(wordpress, one)
    mentions, cursor, batch = poll(feed, cursor)
    assert {mention.text for mention in mentions} == words and batch.state is CoverageState.OK
    assert poll(feed, cursor)[0] == []


def test_backfill_ends_at_the_404_behind_the_last_page(wordpress: httpx.Client, client: Client) -> None:
    mentions, _, batch = poll(reader(client, "/feed/", paged=True, backfill=True, max_pages=200), None)
    total = int(wordpress.get("/wp-json/wp/v2/posts").headers["X-WP-Total"])
    assert len(mentions) == total and batch.state is CoverageState.OK


def test_pages_that_are_not_there(wordpress: httpx.Client, client: Client) -> None:
    assert poll(reader(client, "/feed/?paged=9999"), None)[0] == []  # 404 with a feed in it
    assert poll(reader(client, "/no-such-page/feed/"), None)[0] == []  # 200 with a feed of nothing
    with pytest.raises(CollectError, match="an HTML page|the answer is empty"):
        reader(client, "/").collect(None)


def test_a_search_is_a_feed_in_persian(wordpress: httpx.Client, client: Client) -> None:
    publish(wordpress, f"دیجی‌کالا دیر آورد {uuid4().hex}")
    mentions, _, _ = poll(reader(client, "/?s=دیجی‌کالا&feed=rss2"), None)
    assert mentions and all("دیجی‌کالا" in mention.full_text for mention in mentions)
