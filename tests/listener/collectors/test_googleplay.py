"""What is special about Google Play: reading must be allowed by a person, and the answer is lists in a string in lists."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from listener.client import Client
from listener.collectors.googleplay import GooglePlayCollector, Options, parse, read
from listener.errors import CollectError
from listener.types import Precision
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.googleplay import GooglePlay

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)


@pytest.fixture
def store(httpserver: HTTPServer) -> Iterator[GooglePlay]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield GooglePlay(httpserver, client)


def review(text: str = "باز نمی‌شود", stars: Any = 1, likes: Any = 5) -> list[Any]:
    return ["a-review", ["سارا", [None, 2, None, [None, None, "https://play-lh.example/a-picture"]]], stars, None, text,
            [int(WRITTEN.timestamp()), 9000], likes, ["Shop", "ممنون از شما", [int(NOW.timestamp())]], None, None, "3.1.0"]


def answer(inner: Any, error: Any = None) -> bytes:
    row = ["wrb.fr", "oCPfdb", None if inner is None else json.dumps(inner), None, None, error, "generic"]
    return b")]}'\n\n" + json.dumps([row, ["di", 30]]).encode()


def test_a_review_is_read_with_its_stars_votes_and_instant() -> None:
    (mention,) = parse(answer([[review()], [None, "next"], None]), now=NOW, app="ir.example")
    assert (mention.id, mention.text, mention.rating) == ("a-review", "باز نمی‌شود", 0.2)
    assert mention.engagement and (mention.engagement.likes, mention.engagement.comments) == (5, None)
    assert mention.url == "https://play.google.com/store/apps/details?id=ir.example&reviewId=a-review"
    assert mention.author and mention.author.name == "سارا"


def test_a_time_does_not_depend_on_where_this_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("Asia/Tehran", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        (mention,) = parse(answer([[review()]]), now=NOW)
        assert (mention.published_at, mention.precision) == (WRITTEN, Precision.SECOND)
    monkeypatch.undo()
    time.tzset()


def test_the_reply_of_the_developer_is_no_mention_and_no_picture_is_kept() -> None:
    mentions = parse(answer([[review()]]), now=NOW)
    assert len(mentions) == 1 and "ممنون" not in mentions[0].text
    assert mentions[0].raw and "ممنون" in mentions[0].raw.decode() and b"play-lh" not in mentions[0].raw


def test_a_review_without_words_or_votes_has_none() -> None:
    (mention,) = parse(answer([[review(text=None, stars=0, likes=None)]]), now=NOW)  # type: ignore[arg-type]
    assert (mention.text, mention.rating, mention.engagement) == ("", None, None)


@pytest.mark.parametrize("inner, token", [
    ([[review()], [None, "next"], None], "next"), ([[review()], [None, "next"]], "next"),
    ([[review()], [None, None], None], None), ([[review()]], None),
    ([[], [None, "next"]], None), ([], None), ([None, [None, "next"]], None)])
def test_the_token_of_the_next_page_is_found_where_there_is_one(inner: Any, token: str | None) -> None:
    assert read(answer(inner)).token == token


def test_a_gateway_error_in_200_is_a_wait(store: GooglePlay) -> None:
    told = [8, None, [["type.googleapis.com/com.google.play.gateway.proto.PlayGatewayError", [None]]]]
    store.instead = lambda request: Response(answer(None, told))
    with pytest.raises(CollectError, match="too often") as caught:
        store.collector().collect(None)
    assert caught.value.retry_after and not caught.value.permanent


def test_a_review_that_speaks_of_a_gateway_error_is_a_review() -> None:
    words = "com.google.play.gateway.proto.PlayGatewayError!"
    assert parse(answer([[review(text=words)]]), now=NOW)[0].text == words


def test_an_app_that_is_not_known_says_so() -> None:
    with pytest.raises(CollectError, match="no such app; check the package names"):
        read(answer(None, [5]))


@pytest.mark.parametrize("payload", [
    b")]}'\n\n[]", b")]}'\n\n[[\"di\",5]]", answer({"a": 1}), answer("text"), answer(["text"]), answer([[["an id", 5]]]),
    b")]}'\n\n[[\"wrb.fr\",\"oCPfdb\",{}]]"])
def test_another_shape_is_said_and_not_taken_for_silence(payload: bytes) -> None:
    with pytest.raises(CollectError, match="another shape than this program knows"):
        read(payload)


def test_nothing_is_read_until_a_person_says_that_it_may_be(store: GooglePlay) -> None:
    with pytest.raises(CollectError, match="terms forbid.*accept_terms = true") as caught:
        store.collector(accept_terms=False).collect(None)
    assert caught.value.permanent and store.asked == []
    assert not Options(apps=("ir.example",)).accept_terms


def test_the_request_is_that_of_the_store(store: GooglePlay) -> None:
    for number in range(41):
        store.post(f"post {number}")
    poll(store.collector(backfill=True, country="de"), None)
    assert [request.full_path for request in store.asked] == ["/_/PlayStoreUi/data/batchexecute?hl=fa&gl=de"] * 2
    first, second = (json.loads(request.form["f.req"]) for request in store.asked)
    assert first == [[["oCPfdb", f'[null,[2,2,[40],null,[{",".join(["null"] * 9)}]],["ir.example",7]]', None, "generic"]]]
    assert '[40,null,"token-' in second[0][0][1]


def test_apps_and_languages_are_read_in_turn(store: GooglePlay) -> None:
    store.post("یک")
    mentions, _, _ = poll(store.collector(apps=["ir.one", "ir.two"], languages=["fa", "en"]), None)
    assert len(store.asked) == 4 and len(mentions) == 1


def test_an_app_is_given_by_its_package_or_its_address() -> None:
    assert Options(apps=("https://play.google.com/store/apps/details?id=ir.divar&hl=fa",)).apps == ("ir.divar",)
    with pytest.raises(ValidationError, match="no package name"):
        Options(apps=("دیوار",))
    with pytest.raises(ValidationError, match="no language"):
        Options(apps=("ir.divar",), languages=("Persian",))


def test_it_is_marked_as_experimental() -> None:
    assert GooglePlayCollector.experimental
