"""What is special about Lemmy: two APIs, two lists, items of many instances, and no recording to compare with."""

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
from listener.collectors.lemmy import LemmyCollector, Options, parse
from listener.errors import CollectError
from listener.types import Mention, MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.lemmy import Lemmy, LemmyV4, answer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POST = {"id": 9, "name": "Late again", "body": "no **parcel**", "ap_id": "https://far.example/post/9",
        "published": "2026-11-22T08:00:00.123456", "updated": "2026-11-22T09:00:00Z", "deleted": False, "removed": False}
CREATOR = {"name": "sara", "display_name": "Sara", "actor_id": "https://far.example/u/sara"}


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
def instance(server: HTTPServer, client: Client) -> Lemmy:
    return Lemmy(server, client)


def read(data: Any) -> list[Mention]:
    return parse(json.dumps(data).encode(), now=NOW)


def test_a_post_of_v3_and_the_same_post_of_v4_are_one_mention() -> None:
    old = {"post": POST, "creator": CREATOR, "counts": {"upvotes": 4, "comments": 2}}
    published = {name: value for name, value in POST.items() if name not in ("published", "updated")}
    new = {"type_": "post", "creator": {"name": "sara", "display_name": "Sara", "ap_id": CREATOR["actor_id"]},
           "post": {**published, "upvotes": 4, "comments": 2, "published_at": "2026-11-22T08:00:00.123456Z",
                    "updated_at": "2026-11-22T09:00:00Z"}}
    (before,), (after,) = read({"posts": [old], "comments": []}), read({"search": [new], "next_page": "x"})
    assert (before.key, before.title, before.text, before.published_at, before.edited_at, before.author, before.engagement) == (
        after.key, after.title, after.text, after.published_at, after.edited_at, after.author, after.engagement)
    assert before.id == before.url == "https://far.example/post/9" and before.title == "Late again"
    assert before.published_at == datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
    assert before.engagement and (before.engagement.likes, before.engagement.comments, before.engagement.views) == (4, 2, None)


def test_only_an_answer_to_the_post_itself_says_what_it_answers() -> None:
    def comment(path: str) -> dict[str, Any]:
        return {"post": {"ap_id": "https://far.example/post/9"}, "creator": {}, "counts": {},
                "comment": {"ap_id": "https://far.example/comment/1", "path": path, "published": POST["published"]}}

    (top,), (deep,) = (read({"posts": [], "comments": [comment(path)]}) for path in ("0.1", "0.5.1"))
    assert (top.in_reply_to, deep.in_reply_to) == ("https://far.example/post/9", None)
    assert top.title is None and top.author is None and top.engagement is None


def test_deleted_and_removed_items_are_left_out() -> None:
    gone = [{"post": {**POST, flag: True}, "creator": CREATOR} for flag in ("deleted", "removed")]
    assert read({"posts": gone, "comments": []}) == []


@pytest.mark.parametrize("data, said", [
    ({"posts": []}, "no list of posts or comments"),
    ({"posts": [{"post": {"id": 1}}], "comments": []}, "a post without ap_id"),
    ({"search": [{"kind": "post"}]}, "items without a type_"),
    ({"data": []}, "no list"),
], ids=["one list", "no id", "no type", "something else"])
def test_another_shape_is_refused_loudly(data: Any, said: str) -> None:
    assert LemmyCollector.experimental
    with pytest.raises(CollectError, match=f"another shape than this program knows .{said}.*; check the address"):
        read(data)


def test_people_and_communities_of_a_mixed_list_are_no_mentions() -> None:
    assert read({"search": [{"type_": "person", "person": {}}, {"type_": "community"}]}) == []


def test_the_api_is_asked_for_once(instance: Lemmy) -> None:
    _, cursor, _ = poll(instance.collector(), None)
    poll(instance.collector(), cursor)
    assert [request.path for request in instance.asked].count("/api/v4/site") == 1


def test_an_instance_that_was_upgraded_is_read_on_where_it_was(server: HTTPServer, client: Client) -> None:
    instance = Lemmy(server, client)
    instance.post("before")
    _, cursor, _ = poll(instance.collector(), None)
    upgraded = LemmyV4(server, client, posts=instance.posts)
    upgraded.post("after")
    mentions, cursor, _ = poll(upgraded.collector(), cursor)
    assert [mention.text for mention in mentions] == ["after"] and cursor and cursor["version"] == 4


def test_posts_that_reach_back_a_month_do_not_end_the_walk_through_comments(instance: Lemmy) -> None:
    old = {"post": {**POST, "published": "2026-10-01T08:00:00"}, "creator": CREATOR, "counts": {}}

    def with_old_post(request: Request) -> Response | None:
        if request.args.get("type_") != "Posts":
            return None
        return answer({"posts": [old] if request.args["page"] == "1" else [], "comments": []})

    instance.instead = with_old_post
    instance.post("known")
    _, cursor, _ = poll(instance.collector(), None)
    for number in range(120):
        instance.post(f"new {number}")
    instance.clock += timedelta(hours=1)
    mentions, _, batch = poll(instance.collector(), cursor)
    assert len(mentions) == 120 and not batch.overflow


def test_only_what_lives_on_the_instance_is_asked_for_again(instance: Lemmy) -> None:
    keys = [MentionKey("lemmy", "https://far.example/post/9"), MentionKey("lemmy", instance.options()["instance"] + "/u/sara")]
    batch = instance.collector().refresh(keys)  # type: ignore[attr-defined]
    assert batch.mentions == batch.deleted == () and instance.asked == []


def test_a_removed_item_that_is_asked_for_again_is_gone(instance: Lemmy) -> None:
    instance.post("insult")
    (mention,), _, _ = poll(instance.collector(), None)
    view = instance.view(instance.posts[0])
    view["comment"]["removed"] = True
    instance.instead = lambda request: answer({"comment_view": view}) if request.path.endswith("/comment") else None
    assert instance.collector().refresh([mention.key]).deleted == (mention.key,)  # type: ignore[attr-defined]
    instance.instead = lambda request: (answer({"error": "couldnt_find_comment"}, 400)
                                        if request.path.endswith("/comment") else None)
    assert instance.collector().refresh([mention.key]).deleted == (mention.key,)  # type: ignore[attr-defined]


@pytest.mark.parametrize("error, said, permanent, wait", [
    ("rate_limit_error", "too often; retrying in 60 s", False, timedelta(minutes=1)),
    ("instance_is_private", "members only; read another instance", True, None),
    ("query_too_short", "does not accept the request", True, None),
])
def test_what_an_instance_refuses_is_said_in_words(instance: Lemmy, error: str, said: str, permanent: bool,
                                                   wait: timedelta | None) -> None:
    instance.instead = lambda request: answer({"error": error}, 400)
    with pytest.raises(CollectError, match=said) as caught:
        instance.collector(api="v3").collect(None)
    assert (caught.value.permanent, caught.value.retry_after) == (permanent, wait)


@pytest.mark.parametrize("options", [{"instance": "lemmy.example", "queries": ["a"]}, {"instance": "https://lemmy.example"},
                                     {"instance": "https://lemmy.example", "queries": [" "]}], ids=["address", "none", "blank"])
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)
