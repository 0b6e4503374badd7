"""What is special about forums: old versions, moved posts, hidden posts, quotes, and a search that shows little."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors.discourse import Options, parse
from listener.errors import CollectError
from listener.types import CoverageState, MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.discourse import Discourse, DiscourseSearch, answer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8"], read_timeout=2, total_timeout=4) as client:
        yield client


@pytest.fixture
def forum(server: HTTPServer, client: Client) -> Discourse:
    return Discourse(server, client)


@pytest.fixture
def search(server: HTTPServer, client: Client) -> DiscourseSearch:
    return DiscourseSearch(server, client)


def post(**fields: Any) -> dict[str, Any]:
    return {"id": 5, "username": "Sara", "created_at": "2026-11-22T08:00:00.000Z", "cooked": "<p>hello</p>", "post_number": 3,
            "topic_id": 9, "topic_slug": "delivery", **fields}


def one(**fields: Any) -> Any:
    payload = json.dumps({"latest_posts": [post(**fields)]}).encode()
    (mention,) = parse(payload, now=NOW, forum="https://forum.example/community")
    return mention


def test_ids_and_authors_carry_the_name_of_their_forum() -> None:
    mention = one()
    assert mention.id == "forum.example/community/5" and mention.author.id == "sara@forum.example/community"
    assert mention.url == "https://forum.example/community/t/delivery/9/3"
    assert mention.author.url == "https://forum.example/community/u/Sara"


def test_the_first_post_of_a_topic_has_its_title_and_an_answer_has_none() -> None:
    assert one(post_number=1, topic_title="Late &amp; cold").title == "Late & cold"
    assert one(post_number=2, topic_title="Late").title is None


def test_the_words_of_others_are_not_taken_for_the_authors_own() -> None:
    quote = '<aside class="quote no-group"><blockquote>awful <aside class="onebox">x</aside></blockquote></aside>'
    link = '<aside class="onebox"><a href="https://a.example/">card</a></aside>'
    assert one(cooked=f"{quote}<p>I disagree</p>{quote}").text == "I disagree"
    assert "card" in one(cooked=f"<p>see</p>{link}").text
    assert one(cooked='<p>open</p><aside class="quote">never closed').text == "open\n\nnever closed"
    assert one(cooked='<aside class="quote">' * 20_000 + "deep").text.endswith("deep")


def test_counts_that_are_not_given_stay_unknown() -> None:
    assert one().engagement is None
    counts = one(reads=3, actions_summary=[{"id": 5, "count": 9}]).engagement
    assert (counts.views, counts.likes, counts.comments, counts.shares) == (3, None, None, None)
    assert one(like_count=4).engagement.likes == 4


def test_a_version_says_that_a_post_was_edited_and_a_change_of_counts_does_not() -> None:
    assert one(version=1, updated_at="2026-11-22T09:00:00Z").edited_at is None
    assert one(version=3, updated_at="2026-11-22T09:00:00Z").edited_at == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_raw_is_read_where_nothing_is_cooked() -> None:
    assert one(cooked=None, raw="plain <words>").text == "plain <words>"
    assert one(cooked=None, raw=["odd"]).text == ""


def test_a_post_that_is_hidden_later_is_reported_as_gone_once(forum: Discourse) -> None:
    forum.post("insult")
    forum.post("fine")
    mentions, cursor, _ = poll(forum.collector(), None)
    hidden = next(mention.key for mention in mentions if mention.text == "insult")
    body = forum.body
    forum.body = lambda post: {**body(post), "hidden": post.text == "insult"}  # type: ignore[method-assign]
    again, cursor, batch = poll(forum.collector(), cursor)
    assert again == [] and batch.deleted == (hidden,)
    assert poll(forum.collector(), cursor)[2].deleted == ()
    assert forum.collector().refresh([hidden]).deleted == (hidden,)  # type: ignore[attr-defined]


def test_a_version_that_counts_ids_and_not_posts_is_walked_over_empty_pages(forum: Discourse) -> None:
    forum.post("known")
    _, cursor, _ = poll(forum.collector(), None)
    for number in range(120):
        forum.post(f"new {number}")  # ids 3 apart: 17 a page
    forum.posts[-30:-2] = []
    forum.clock += timedelta(hours=3)

    def window(request: Request) -> Response:
        before = int(request.args.get("before", forum.posts[-1].number))
        shown = [post for post in forum.newest_first() if before - 50 < post.number <= before]
        return answer({"latest_posts": [forum.body(post) for post in shown]})

    forum.instead = window
    mentions, cursor, batch = poll(forum.collector(), cursor)
    assert len(mentions) == 92 and batch.state is CoverageState.OK
    assert poll(forum.collector(), cursor)[0] == []


def test_a_moved_post_with_an_old_date_does_not_end_the_walk(forum: Discourse) -> None:
    forum.post("known")
    _, cursor, _ = poll(forum.collector(), None)
    for number in range(70):
        forum.post(f"new {number}")
    forum.post("moved").published_at -= timedelta(days=400)
    forum.clock += timedelta(hours=3)
    mentions, _, batch = poll(forum.collector(), cursor)
    assert {mention.text for mention in mentions} == {f"new {number}" for number in range(70)} and not batch.overflow


def test_a_search_asks_for_the_whole_text_and_for_the_title(search: DiscourseSearch) -> None:
    search.post("long " * 200)
    (mention,), cursor, _ = poll(search.collector(), None)
    assert len(mention.text) == 999 and mention.title is None
    assert poll(search.collector(), cursor)[0] == []


def test_the_title_of_a_first_post_asked_for_again_is_read_from_its_topic(forum: Discourse) -> None:
    forum.post("first")
    body = forum.body
    forum.body = lambda post: {**body(post), "post_number": 1}  # type: ignore[method-assign]

    def topic(request: Request) -> Response | None:
        return (answer({"id": 7, "title": "Delivery", "post_stream": {"posts": [forum.body(post) for post in forum.posts]}})
                if request.path == "/t/7.json" else None)

    forum.instead = topic
    (mention,), _, _ = poll(forum.collector(), None)
    again = forum.collector().refresh([mention.key])  # type: ignore[attr-defined]
    assert [(one.title, one.text) for one in again.mentions] == [("Delivery", "first")]


def test_an_old_topic_with_a_newer_hit_is_no_loss(search: DiscourseSearch) -> None:
    search.post("the only hit")
    _, cursor, _ = poll(search.collector(), None)
    search.posts.pop()  # a search shows one post a topic
    search.post("a newer one").number = 900
    mentions, _, batch = poll(search.collector(), cursor)
    assert [mention.text for mention in mentions] == ["a newer one"] and not batch.overflow


def test_a_forum_too_busy_to_search_is_an_error_and_no_silence(search: DiscourseSearch) -> None:
    search.instead = lambda request: answer({"posts": [], "grouped_search_result": {"error": "extreme load"}})
    with pytest.raises(CollectError, match="did not search .it says 'extreme load'.; retrying later"):
        search.collector().collect(None)


def test_several_spellings_give_a_post_once(search: DiscourseSearch) -> None:
    search.post("دیجی کالا")
    mentions, cursor, _ = poll(search.collector(queries=["دیجی‌کالا", "دیجی کالا", "دیجیکالا"]), None)
    assert len(mentions) == 1 and cursor and set(cursor["parts"]) == {"دیجی‌کالا", "دیجی کالا", "دیجیکالا"}


def test_a_forum_of_members_says_what_to_do(forum: Discourse, monkeypatch: pytest.MonkeyPatch) -> None:
    forum.instead = lambda request: answer({"errors": ["You need to be logged in."], "error_type": "not_logged_in"}, 403)
    with pytest.raises(CollectError, match="members only; set api_key_env") as caught:
        forum.collector().collect(None)
    assert caught.value.permanent
    with pytest.raises(CollectError, match="'FORUM_KEY' is not set; set it to an API key"):
        forum.collector(api_key_env="FORUM_KEY").collect(None)
    monkeypatch.setenv("FORUM_KEY", "s3cret-key-of-ours")
    with pytest.raises(CollectError, match="may be revoked or lack a right: make another one") as caught:
        forum.collector(api_key_env="FORUM_KEY").collect(None)
    assert "s3cret" not in str(caught.value)


def test_keys_go_where_discourse_wants_them(forum: Discourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORUM_KEY", "k")
    forum.collector(api_key_env="FORUM_KEY").collect(None)
    assert forum.asked[-1].headers["User-Api-Key"] == "k" and "Api-Key" not in forum.asked[-1].headers
    forum.collector(api_key_env="FORUM_KEY", api_user="system").collect(None)
    assert (forum.asked[-1].headers["Api-Key"], forum.asked[-1].headers["Api-Username"]) == ("k", "system")


def test_a_wait_that_only_the_body_states_is_kept(forum: Discourse) -> None:
    forum.instead = lambda request: answer({"error_type": "rate_limit", "extras": {"wait_seconds": 17}}, 429)
    with pytest.raises(CollectError, match="retrying in 17 s") as caught:
        forum.collector().collect(None)
    assert caught.value.retry_after == timedelta(seconds=17)


def test_a_post_of_another_forum_is_not_asked_for_here(forum: Discourse) -> None:
    with pytest.raises(CollectError, match="not of this forum"):
        forum.collector().refresh([MentionKey("discourse", "other.example/5")])  # type: ignore[attr-defined]
    assert forum.asked == []


@pytest.mark.parametrize("options", [{"forum": "forum.example"}, {"forum": "https://forum.example", "queries": ["ab"]}])
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)
