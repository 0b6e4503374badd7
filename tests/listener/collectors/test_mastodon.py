"""What only Mastodon does: opaque ids, closed timelines, authors who ask not to be read by machines."""

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
from listener.collectors import mastodon
from listener.collectors.mastodon import Options
from listener.errors import CollectError
from listener.types import CoverageState, Mention, MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.mastodon import Mastodon

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def status(**fields: Any) -> dict[str, Any]:
    account = {
        "id": "1",
        "acct": "sara",
        "username": "sara",
        "display_name": "سارا",
        "url": "https://social.example/@sara",
        "followers_count": 3,
        "note": "",
        "fields": [],
        "noindex": False,
        **fields.pop("account", {}),
    }
    return {
        "id": "1",
        "uri": "https://social.example/1",
        "url": "https://social.example/@sara/1",
        "content": "<p>متن</p>",
        "account": account,
        "created_at": "2026-11-22T10:00:00.000Z",
        "visibility": "public",
        "reblog": None,
        "spoiler_text": "",
        **fields,
    }


def read(*statuses: dict[str, Any]) -> list[Mention]:
    return mastodon.parse(json.dumps(statuses).encode(), now=NOW)


@pytest.mark.parametrize("account", [
    {"noindex": True}, {"note": "<p>hi <a href='x'>#<span>nobot</span></a></p>"}, {"note": "#NoBot"}, {"note": "#noindex"},
    {"fields": [{"name": "x", "value": "#nobot"}]}])
def test_an_author_who_asks_not_to_be_read_is_left_out(account: dict[str, Any]) -> None:
    assert read(status(account=account)) == []


@pytest.mark.parametrize(
    "account",
    [{"noindex": None}, {"note": "I talk about #nobots and #robots"}, {"indexable": False}, {"note": None, "fields": None}],
)
def test_an_author_who_does_not_ask_is_read(account: dict[str, Any]) -> None:
    assert len(read(status(account=account))) == 1


@pytest.mark.parametrize("visibility, count", [("public", 1), ("unlisted", 1), ("private", 0), ("direct", 0)])
def test_only_public_posts_are_kept(visibility: str, count: int) -> None:
    assert len(read(status(visibility=visibility))) == count


def test_a_boost_is_the_post_it_boosts() -> None:
    (mention,) = read(
        status(
            id="9",
            uri="boost",
            content="",
            reblog=status(id="2", uri="https://other.example/2", account={"acct": "reza@other.example"}),
        )
    )
    assert mention.id == "https://other.example/2" and mention.author and mention.author.id == "reza@other.example"


def test_the_same_post_on_two_instances_is_one_mention() -> None:
    here, there = read(status(id="1", uri="https://a.example/1")), read(status(id="ZZZ", uri="https://a.example/1"))
    assert here[0].key == there[0].key


def test_a_local_name_gets_its_host_and_a_remote_one_keeps_it() -> None:
    local, remote = read(status(), status(id="2", account={"acct": "reza@other.example"}))
    assert (
        local.author and remote.author and (local.author.id, remote.author.id) == ("sara@social.example", "reza@other.example")
    )


def test_a_warning_is_the_title_and_a_picture_speaks_by_its_description() -> None:
    (mention,) = read(
        status(
            spoiler_text="شکایت", content="", media_attachments=[{"description": "عکس رسید دیجی‌کالا"}, {"description": None}]
        )
    )
    assert (mention.title, mention.text) == ("شکایت", "عکس رسید دیجی‌کالا")


def test_shortened_links_come_whole_and_paragraphs_on_their_lines() -> None:
    link = (
        '<a href="https://example.org/a/long/path"><span class="invisible">https://</span>'
        '<span class="ellipsis">example.org/a/lo</span><span class="invisible">ng/path</span></a>'
    )
    (mention,) = read(status(content=f"<p>یک<br>دو</p><p>{link}</p>"))
    assert "https://example.org/a/long/path" in mention.text and mention.text.startswith("یک\nدو\n")


def test_an_answer_names_the_post_it_answers_by_its_key_where_known() -> None:
    _, answer, other = read(
        status(), status(id="2", uri="u2", in_reply_to_id="1"), status(id="3", uri="u3", in_reply_to_id="77")
    )
    assert (answer.in_reply_to, other.in_reply_to) == ("https://social.example/1", "77")


@pytest.mark.parametrize("ids", [["9", "10", "100"], ["a9", "b0", "c0a"], ["01HZX3", "01HZX4"]])
def test_opaque_ids_are_in_order_by_length_then_letters(ids: list[str]) -> None:
    assert sorted(reversed(ids), key=mastodon.in_order) == ids


@pytest.mark.parametrize(
    "broken",
    [
        {"account": None},
        {"id": None},
        {"content": None},
        {"created_at": "soon"},
        {"favourites_count": "x"},
        {"tags": 5},
        {"media_attachments": {"a": 1}, "content": ""},
        {"edited_at": 5},
        {"url": None, "uri": None},
    ],
)
def test_a_status_with_holes_is_no_crash(broken: dict[str, Any]) -> None:
    for mention in read({**status(), **broken}):
        assert mention.id and mention.published_at <= NOW


@pytest.mark.parametrize(
    "options",
    [
        {"instance": ""},
        {"instance": "x y"},
        {"instance": "ftp://a"},
        {"instance": "a.b", "tags": ["two words"]},
        {"instance": "a.b", "tags": ["1", "2", "3", "4", "5"]},
        {"instance": "a.b", "tags": ["a/b"]},
        {"instance": "a.b", "tags": [""]},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)


def test_a_tag_may_be_written_with_its_sign_and_an_instance_by_its_host() -> None:
    options = Options(instance="mastodon.social/", tags=("#دیجی_کالا",))
    assert (options.instance, options.tags) == ("https://mastodon.social", ("دیجی_کالا",))


# ---- polling


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def host(server: HTTPServer) -> Iterator[Mastodon]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield Mastodon(server, client)


def test_persian_tags_are_percent_encoded_and_others_ride_along(host: Mastodon) -> None:
    poll(host.collector(tags=["اسنپ", "snapp"], local=True), None)
    request = host.asked[0]
    assert request.environ["RAW_URI" if "RAW_URI" in request.environ else "REQUEST_URI"].startswith(
        "/api/v1/timelines/tag/%D8%A7%D8%B3%D9%86%D9%BE?"
    )
    assert (request.args.getlist("any[]"), request.args["local"], request.args["limit"]) == (["snapp"], "true", "40")


def test_without_tags_the_public_timeline_is_read(host: Mastodon) -> None:
    host.post("hello")
    assert len(poll(host.collector(tags=[]), None)[0]) == 1 and host.asked[0].path == "/api/v1/timelines/public"


def test_a_token_comes_from_the_environment_and_its_absence_is_told(host: Mastodon, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CollectError, match="'OUR_TOKEN' is not set") as caught:
        host.collector(token_env="OUR_TOKEN").collect(None)
    assert caught.value.permanent
    monkeypatch.setenv("OUR_TOKEN", "hunter2")
    poll(host.collector(token_env="OUR_TOKEN"), None)
    assert host.asked[0].headers["Authorization"] == "Bearer hunter2"


@pytest.mark.parametrize(
    "access, said",
    [("disabled", "closed this timeline; read another instance"), ("authenticated", "to its members only; set token_env")],
)
def test_an_instance_that_closed_its_timelines_is_not_taken_for_a_quiet_one(host: Mastodon, access: str, said: str) -> None:
    configuration = {"configuration": {"timelines_access": {"hashtag_feeds": {"local": "public", "remote": access}}}}
    host.instead = lambda request: Response(
        json.dumps(configuration) if "instance" in request.path else "[]", content_type="application/json"
    )
    with pytest.raises(CollectError, match=said) as caught:
        host.collector().collect(None)
    assert caught.value.permanent


def test_a_quiet_timeline_asks_whether_it_is_open_once_a_day(host: Mastodon) -> None:
    _, cursor, _ = poll(host.collector(), None)
    poll(host.collector(), cursor)
    assert sum("instance" in request.path for request in host.asked) == 1


def test_a_post_that_arrives_late_from_another_server_is_still_seen(host: Mastodon) -> None:
    host.post("an hour ago").published_at -= timedelta(hours=1)
    for number in range(20):
        host.post(f"post {number}")
    late = host.posts.pop(8)
    _, cursor, _ = poll(host.collector(), None)
    assert cursor and cursor["min_id"]
    host.posts.insert(8, late)
    assert [mention.text for mention in poll(host.collector(), cursor)[0]] == [late.text]


def test_a_server_that_does_not_know_min_id_is_walked_backwards(host: Mastodon) -> None:
    def newest_only(request: Request) -> Response | None:
        if "min_id" in request.args:
            request.args = type(request.args)({name: value for name, value in request.args.items() if name != "min_id"})
            return host.show(request)
        return None

    host.post("known")
    host.clock += timedelta(hours=1)
    _, cursor, _ = poll(host.collector(), None)
    for number in range(100):
        host.post(f"new {number}")
    host.instead = newest_only
    mentions, cursor, batch = poll(host.collector(), cursor)
    assert sorted(m.text for m in mentions) == sorted(f"new {n}" for n in range(100)) and batch.state is CoverageState.OK
    assert poll(host.collector(), cursor)[0] == []


def test_a_post_is_deleted_only_when_its_own_address_says_so(host: Mastodon) -> None:
    for number in range(3):
        host.post(f"post {number}")
    _, cursor, _ = poll(host.collector(), None)
    hidden = host.posts[1]
    host.instead = lambda request: (
        Response(json.dumps([host.status(p) for p in host.posts[::-1] if p is not hidden]), content_type="application/json")
        if "timelines" in request.path
        else None
    )
    assert poll(host.collector(), cursor)[2].deleted == ()


def test_a_quiet_timeline_is_looked_at_from_its_newest_page(host: Mastodon) -> None:
    post = host.post("an hour ago")
    post.published_at -= timedelta(hours=1)
    _, cursor, _ = poll(host.collector(), None)
    post.likes = 9
    mentions, _, batch = poll(host.collector(), cursor)
    assert batch.shown == 1 and [m.engagement and m.engagement.likes for m in mentions] == [9]
    host.instead = lambda request: Response("[]" if "timelines" in request.path else "{}", content_type="application/json")
    assert poll(host.collector(), cursor)[2].shown == 0


def test_a_timeline_that_was_closed_later_is_not_taken_for_a_quiet_one(host: Mastodon) -> None:
    host.post("old").published_at -= timedelta(hours=1)
    _, cursor, _ = poll(host.collector(), None)
    closed = {"configuration": {"timelines_access": {"hashtag_feeds": {"local": "disabled", "remote": "disabled"}}}}
    host.instead = lambda request: Response(json.dumps(closed) if "instance" in request.path else "[]", content_type="application/json")
    with pytest.raises(CollectError, match="closed this timeline"):
        host.collector().collect(cursor)


@pytest.mark.parametrize("uri, own_id", [
    ("https://a.example/users/sara/statuses/117", "117"), ("https://A.example/ap/users/1/statuses/117/", "117"),
    ("https://a.example/users/sara/statuses/01HZX3", "01HZX3"), ("https://b.example/users/sara/statuses/117", None),
    ("https://a.example/objects/6b2f", None), ("https://a.example/users/sara/statuses/117/activity", None), ("117", None)])
def test_only_a_post_of_this_instance_says_its_id(uri: str, own_id: str | None) -> None:
    assert mastodon.local_id(uri, "https://a.example") == own_id


def test_posts_from_elsewhere_are_not_asked_for_again_and_not_taken_for_deleted(host: Mastodon) -> None:
    batch = host.collector().refresh([MentionKey("mastodon", "https://other.example/users/reza/statuses/5")])  # type: ignore[attr-defined]
    assert (batch.mentions, batch.deleted, host.asked) == ((), (), [])


def test_a_post_that_is_no_longer_public_or_whose_author_opted_out_is_reported_as_gone(host: Mastodon) -> None:
    host.post("one")
    (mention,), _, _ = poll(host.collector(), None)
    hidden = host.status(host.posts[0])
    hidden["account"]["noindex"] = True
    host.instead = lambda request: Response(json.dumps(hidden), content_type="application/json")
    assert host.collector().refresh([mention.key]).deleted == (mention.key,)  # type: ignore[attr-defined]


def test_a_walk_backwards_that_stops_early_says_that_posts_are_lost(host: Mastodon) -> None:
    def newest_only(request: Request) -> Response | None:
        if "min_id" in request.args:
            request.args = type(request.args)({name: value for name, value in request.args.items() if name != "min_id"})
            return host.show(request)
        return None

    host.post("known")
    host.clock += timedelta(hours=1)
    _, cursor, _ = poll(host.collector(), None)
    for number in range(130):
        host.post(f"new {number}")
    host.instead = newest_only
    batch = poll(host.collector(max_pages=2), cursor)[2]
    assert batch.overflow and batch.shown == 80
