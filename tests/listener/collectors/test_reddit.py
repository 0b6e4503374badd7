"""What is special about Reddit: an app's log-in, its User-Agent, its terms, what was removed."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors import reddit
from listener.collectors.reddit import Options, RedditCollector
from listener.errors import CollectError
from listener.types import MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.reddit import Reddit

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def host() -> Iterator[Reddit]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server, Client(allow_networks=["127.0.0.0/8"]) as client:
        yield Reddit(server, client)


def collector(host: Reddit, **options: Any) -> RedditCollector:
    made = host.collector(**options)
    assert isinstance(made, RedditCollector)
    return made


def listing(*children: dict[str, Any]) -> bytes:
    return json.dumps({"kind": "Listing", "data": {"children": list(children), "after": None}}).encode()


COMMENT: dict[str, Any] = {
    "kind": "t1",
    "data": {
        "id": "c1",
        "name": "t1_c1",
        "body": "bad & slow",
        "author": "sara",
        "parent_id": "t3_p",
        "link_id": "t3_p",
        "permalink": "/r/iran/comments/p/x/c1/",
        "created_utc": 1795305600.0,
        "score": 3,
        "edited": False,
    },
}


def test_one_log_in_serves_every_poll_until_it_ends(host: Reddit) -> None:
    cursor = None
    for _ in range(4):
        _, cursor, _ = poll(host.collector(), cursor)
    assert host.logins == 1
    host.clock += timedelta(hours=1)
    poll(host.collector(), cursor)
    assert host.logins == 2


def test_a_bearer_that_is_refused_is_renewed_once(host: Reddit) -> None:
    _, cursor, _ = poll(host.collector(), None)
    host.valid += 1
    host.post("later")
    assert [mention.text for mention in poll(host.collector(), cursor)[0]] == ["later"] and host.logins == 2


def test_the_user_agent_is_written_as_reddit_wants_it_and_says_who_we_are(host: Reddit) -> None:
    poll(host.collector(username="/u/goosh_test"), None)
    agents = {request.headers["User-Agent"] for request in host.asked}
    assert len(agents) == 1 and re.fullmatch(r"\w+:gooshbezang:\S+ \(by /u/goosh_test\)", agents.pop())


def test_nothing_is_asked_before_the_terms_are_accepted(host: Reddit) -> None:
    with pytest.raises(CollectError, match="by contract only.*set accept_terms = true") as caught:
        host.collector(accept_terms=False).collect(None)
    assert caught.value.permanent and host.asked == []


def test_an_app_that_is_not_known_is_named_by_its_variables(host: Reddit) -> None:
    host.instead = lambda request: Response(
        '{"message":"Unauthorized","error":401}', status=401, content_type="application/json"
    )
    with pytest.raises(CollectError, match="HTTP 401: Reddit does not know this app; check 'REDDIT_TEST_ID'") as caught:
        host.collector().collect(None)
    assert caught.value.permanent and "an-app-secret" not in str(caught.value)


def test_a_missing_secret_is_told_before_anything_is_asked(host: Reddit, monkeypatch: pytest.MonkeyPatch) -> None:
    made = host.collector()
    monkeypatch.delenv("REDDIT_TEST_SECRET")
    with pytest.raises(CollectError, match="'REDDIT_TEST_SECRET' is not set; create an app"):
        made.collect(None)
    assert host.asked == []


def test_searches_and_comments_of_several_subreddits_are_lists_of_their_own(host: Reddit) -> None:
    poll(host.collector(queries=["دیجی کالا", "دیجی‌کالا"], subreddits=["r/iran", "tehran"], comments=True), None)
    asked = [(request.path, request.args.get("q"), request.args.get("restrict_sr"), request.args["raw_json"])
             for request in host.asked if request.method == "GET"]
    assert asked == [("/r/iran+tehran/search", "دیجی کالا", "1", "1"), ("/r/iran+tehran/search", "دیجی‌کالا", "1", "1"),
                     ("/r/iran+tehran/comments", None, None, "1")]


def test_subreddits_without_a_search_are_read_whole(host: Reddit) -> None:
    poll(host.collector(queries=[], subreddits=["iran"]), None)
    assert [request.path for request in host.asked][1:] == ["/r/iran/new"]


@pytest.mark.parametrize("fields, said", [
    ({}, "set queries or subreddits"), ({"queries": ["a"], "comments": True}, "name the subreddits"),
    ({"subreddits": ["not a name"]}, "is no subreddit"), ({"queries": ["a"], "username": "x y"}, "no name on Reddit")])
def test_what_cannot_be_asked_is_a_mistake_of_the_configuration(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Options(**{"username": "goosh", "client_id_env": "A", "client_secret_env": "B", **fields})


def test_a_removed_post_is_told_by_the_list(host: Reddit) -> None:
    posts = [host.post(f"post {number}") for number in range(3)]
    _, cursor, _ = poll(host.collector(), None)
    posts[1].text = "[removed]"
    mentions, _, batch = poll(host.collector(), cursor)
    assert mentions == [] and batch.deleted == (MentionKey("reddit", f"t3_{posts[1].number:x}"),)


def test_a_removed_post_is_told_when_it_is_asked_for_again(host: Reddit) -> None:
    post = host.post("[deleted]")
    key = MentionKey("reddit", f"t3_{post.number:x}")
    assert collector(host).refresh([key]).deleted == (key,)


def test_single_items_are_asked_for_by_the_hundred(host: Reddit) -> None:
    keys = [MentionKey("reddit", f"t3_{host.post(str(number)).number:x}") for number in range(230)]
    batch = collector(host).refresh(keys)
    assert len(batch.mentions) == 230 and sum(request.path == "/api/info" for request in host.asked) == 3


def test_an_empty_answer_to_many_is_doubted(host: Reddit) -> None:
    batch = collector(host).refresh([MentionKey("reddit", f"t3_{number}") for number in range(5)])
    assert batch.deleted == () and batch.reason and "asked for again" in batch.reason


def test_a_comment_says_what_it_answers_and_when_it_was_edited() -> None:
    edited = {"kind": "t1", "data": {**COMMENT["data"], "edited": 1795305660.0, "score_hidden": True}}
    (mention,) = reddit.parse(listing(edited), now=NOW)
    assert (mention.id, mention.in_reply_to, mention.title, mention.text) == ("t1_c1", "t3_p", None, "bad & slow")
    assert mention.edited_at and mention.edited_at - mention.published_at == timedelta(minutes=1) and mention.engagement is None
    assert mention.url == "https://www.reddit.com/r/iran/comments/p/x/c1/"


def test_the_words_of_an_author_who_left_stay_without_a_name() -> None:
    (mention,) = reddit.parse(listing({"kind": "t1", "data": {**COMMENT["data"], "author": "[deleted]"}}), now=NOW)
    assert mention.author is None and mention.text == "bad & slow"


def test_a_score_below_zero_is_not_known_as_likes() -> None:
    (mention,) = reddit.parse(listing({"kind": "t1", "data": {**COMMENT["data"], "score": -4}}), now=NOW)
    assert mention.engagement is None


def test_a_block_page_in_json_is_told_in_reddits_words(host: Reddit) -> None:
    def blocked(request: Request) -> Response | None:
        return (
            None
            if request.method == "POST"
            else Response('{"message": "Forbidden", "error": 403}', content_type="application/json")
        )

    host.instead = blocked
    with pytest.raises(CollectError, match="no Reddit listing .*'Forbidden'"):
        host.collector().collect(None)


@pytest.mark.parametrize("lasts", [10**18, 10**30, -5, "soon", None])
def test_a_log_in_that_says_to_last_for_ever_is_renewed_within_a_day(host: Reddit, lasts: Any) -> None:
    def log_in(request: Request) -> Response | None:
        if request.path != "/api/v1/access_token":
            return None
        data = {**json.loads(host.show(request).get_data()), "expires_in": lasts}
        return Response(json.dumps(data), content_type="application/json")

    host.instead = log_in
    host.post("one")
    assert [mention.text for mention in poll(host.collector(), None)[0]] == ["one"]
    host.clock += timedelta(days=1, minutes=1)
    poll(host.collector(), None)
    assert host.logins == 2
