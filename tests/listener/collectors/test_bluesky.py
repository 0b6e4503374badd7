"""What is special about Bluesky: one log-in for all, authors who want members only, times that lie."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from listener.client import Client
from listener.collectors import bluesky
from listener.collectors.bluesky import BlueskyCollector, Options
from listener.errors import CollectError
from listener.types import Mention, MentionKey
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.bluesky import Bluesky

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def host() -> Iterator[Bluesky]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server, Client(allow_networks=["127.0.0.0/8"]) as client:
        yield Bluesky(server, client)


def collector(host: Bluesky, **options: Any) -> BlueskyCollector:
    made = host.collector(**options)
    assert isinstance(made, BlueskyCollector)
    return made


def read(**fields: Any) -> list[Mention]:
    view = {"uri": "at://did:plc:a/app.bsky.feed.post/1", "author": {"did": "did:plc:a", "handle": "sara.test"},
            "record": {"text": "x", "createdAt": "2026-11-22T10:00:00Z"}, "indexedAt": "2026-11-22T10:00:01Z", **fields}
    return bluesky.parse(json.dumps({"posts": [view]}).encode(), now=NOW)


def test_one_log_in_serves_every_poll_and_every_source_of_an_account(host: Bluesky) -> None:
    cursor = None
    for number in range(5):
        host.post(f"post {number}")
        _, cursor, _ = poll(host.collector(), cursor)
        poll(host.collector(queries=["other"]), None)
    assert (host.logins, host.renewals) == (1, 0)


def test_an_expired_session_is_renewed_without_the_password(host: Bluesky) -> None:
    _, cursor, _ = poll(host.collector(), None)
    host.expire_access()
    host.post("later")
    mentions, _, _ = poll(host.collector(), cursor)
    assert [mention.text for mention in mentions] == ["later"] and (host.logins, host.renewals) == (1, 1)


def test_a_session_that_cannot_be_renewed_is_begun_anew(host: Bluesky) -> None:
    _, cursor, _ = poll(host.collector(), None)
    host.valid += 7
    poll(host.collector(), cursor)
    assert (host.logins, host.renewals) == (2, 0)


def test_log_ins_are_counted_before_the_account_is_locked_out(host: Bluesky) -> None:
    with pytest.raises(CollectError, match="used up") as caught:
        for _ in range(40):
            host.valid += 7
            poll(host.collector(), None)
    assert host.logins == 20 and caught.value.retry_after and caught.value.retry_after <= timedelta(minutes=5)


def test_without_an_account_it_is_said_what_to_do_and_what_is_possible(host: Bluesky) -> None:
    post = host.post("one")
    with pytest.raises(CollectError, match="create an app password at https://bsky.app/settings/app-passwords") as caught:
        host.collector(identifier=None, password_env=None).collect(None)
    assert caught.value.permanent and host.asked == []
    batch = collector(host, identifier=None, password_env=None).refresh([MentionKey("bluesky", host.view(post)["uri"])])
    assert [mention.author and mention.author.followers for mention in batch.mentions] == [310]


def test_a_wrong_password_is_an_error_that_names_the_variable_and_not_the_password(
    host: Bluesky, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = host.collector()
    monkeypatch.setenv("BLUESKY_TEST_PASSWORD", "wrong-wrong-wrong")
    with pytest.raises(CollectError, match="app password.*'BLUESKY_TEST_PASSWORD'") as caught:
        made.collect(None)
    assert caught.value.permanent and "wrong-wrong" not in str(caught.value)


def test_each_thing_asked_for_is_a_search_of_its_own(host: Bluesky) -> None:
    host.post("one")
    mentions, _, _ = poll(
        host.collector(
            queries=["اسنپ", "snapp"], tags=["#اسنپ"], domains=["snapp.ir"], mentions=["@snapp.test"], language="fa"
        ),
        None,
    )
    searches = [request.args for request in host.asked if request.path.endswith("searchPosts")]
    assert [(args["q"], args.get("tag"), args.get("domain"), args.get("mentions")) for args in searches] == [
        ("اسنپ", None, None, None), ("snapp", None, None, None), ("*", "اسنپ", None, None), ("*", None, "snapp.ir", None),
        ("*", None, None, "snapp.test")]
    assert {args["lang"] for args in searches} == {"fa"} and len(mentions) == 1


def test_nothing_asked_for_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(ValueError, match="set queries, tags, domains or mentions"):
        Options(identifier="a", password_env="B")


def test_single_posts_and_followers_are_asked_for_by_the_twenty_five(host: Bluesky) -> None:
    keys = [MentionKey("bluesky", host.view(host.post(f"post {number}"))["uri"]) for number in range(60)]
    batch = collector(host).refresh(keys)
    assert len(batch.mentions) == 60
    assert [len(request.args.getlist("uris")) for request in host.asked if request.path.endswith("getPosts")] == [25, 25, 10]


def test_an_empty_answer_to_many_is_doubted(host: Bluesky) -> None:
    batch = collector(host).refresh(
        [MentionKey("bluesky", f"at://did:plc:a/app.bsky.feed.post/{number}") for number in range(5)]
    )
    assert batch.deleted == () and batch.reason and "asked for again" in batch.reason


def test_followers_that_cannot_be_read_hold_no_mention_back(host: Bluesky) -> None:
    from werkzeug import Response
    host.post("one")
    host.instead = lambda request: Response(status=503) if request.path.endswith("getProfiles") else None
    (mention,), _, batch = poll(host.collector(), None)
    assert mention.author and mention.author.followers is None and batch.reason and "followers" in batch.reason


def test_authors_who_want_members_only_are_left_out() -> None:
    assert read(author={"did": "did:plc:a", "handle": "a.test", "labels": [{"val": "!no-unauthenticated"}]}) == []


def test_a_post_stands_at_the_earlier_of_its_two_times() -> None:
    assert read(record={"text": "x", "createdAt": "2027-01-01T00:00:00Z"})[0].published_at == datetime(
        2026, 11, 22, 10, 0, 1, tzinfo=UTC
    )
    assert read(record={"text": "x", "createdAt": "nonsense"})[0].published_at == datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)


def test_an_author_whose_name_is_not_valid_is_known_by_did() -> None:
    (mention,) = read(author={"did": "did:plc:a", "handle": "handle.invalid"})
    assert mention.author and mention.author.id == "did:plc:a" and mention.url == "https://bsky.app/profile/did:plc:a/post/1"


def test_a_post_without_words_says_what_its_pictures_show() -> None:
    (mention,) = read(record={"text": "", "createdAt": "2026-11-22T10:00:00Z", "embed": {
        "$type": "app.bsky.embed.images", "images": [{"alt": "بسته‌ی پاره"}]}})
    assert mention.text == "بسته‌ی پاره"
