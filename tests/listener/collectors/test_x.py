"""What is special about X: every post read is paid, and nothing is read twice."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client, MemoryLedger
from listener.collectors import x
from listener.collectors.x import Options, XCollector, id_at, instant_of
from listener.errors import CollectError
from listener.storage import open_store
from listener.types import Batch, CoverageState, Cursor, MentionKey
from tests.listener.collectors.hosts import START, poll
from tests.listener.collectors.hosts.x import X

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Ledger(MemoryLedger):
    """A ledger that shows what is booked."""

    def booked(self) -> int:
        return sum(self._spent.values())


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def host(ledger: Ledger) -> Iterator[X]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with (HTTPServer(host="127.0.0.1") as server,
          Client(allow_networks=["127.0.0.0/8"], read_timeout=0.4, total_timeout=2, ledger=ledger) as client):
        yield X(server, client)


def collector(host: X, **options: Any) -> XCollector:
    made = host.collector(**options)
    assert isinstance(made, XCollector)
    return made


def stored(batch: Batch) -> Cursor:
    written: Cursor = json.loads(json.dumps(batch.cursor))
    return written


def options(**fields: Any) -> Options:
    return Options(**{"queries": ["a"], "daily_posts": 100, "bearer_env": "B", **fields})


# ---- the budget


def test_what_is_booked_is_what_came(host: X, ledger: Ledger) -> None:
    for number in range(7):
        host.post(f"post {number}")
    _, cursor, _ = poll(host.collector(), None)
    assert ledger.booked() == 7
    host.post("new")
    poll(host.collector(), cursor)
    assert ledger.booked() == 8  # nothing is read twice


def test_a_budget_is_never_passed_and_its_end_is_told_in_words(host: X, ledger: Ledger) -> None:
    for number in range(95):
        host.post(f"post {number}")
    batch = host.collector(daily_posts=50, backfill=True).collect(None)
    assert batch.state is CoverageState.PARTIAL and batch.complete and batch.reason
    assert "the budget of 50 posts for 2026-11-22 is used up" in batch.reason and "raise daily_posts" in batch.reason
    assert 30 <= len(batch.mentions) <= 50 and ledger.booked() == len(batch.mentions)
    assert batch.min_interval == timedelta(hours=16)
    asked = len(host.asked)
    while ledger.booked() <= 40:
        host.collector(daily_posts=50).collect(stored(batch))
    with pytest.raises(CollectError, match="used up") as caught:
        host.collector(daily_posts=50).collect(stored(batch))
    assert caught.value.retry_after == timedelta(hours=16) and not caught.value.permanent
    assert ledger.booked() <= 50 and sum(int(request.args["max_results"]) <= 50 for request in host.asked[:asked]) == asked


def test_what_the_budget_left_unread_is_read_on_another_day(host: X) -> None:
    for number in range(95):
        host.post(f"post {number}")
    found, cursor, days = [], None, 0
    while not days or cursor["gaps"]:  # type: ignore[index]
        try:
            batch = host.collector(daily_posts=50, backfill=True).collect(cursor)
            found += [mention.text for mention in batch.mentions]
            cursor = stored(batch)
        except CollectError:
            pass
        host.clock += timedelta(days=1)
        days += 1
        assert days < 7
    assert sorted(found) == sorted(post.text for post in host.posts)


def test_a_kill_between_booking_and_storing_leaves_the_posts_booked(host: X, ledger: Ledger) -> None:
    host.post("one")
    host.collector().collect(None)  # its cursor is never stored
    host.collector().collect(None)
    assert ledger.booked() == 2


def test_a_budget_outlives_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B", "a-bearer-token")
    rows = [{"id": str(id_at(NOW - timedelta(minutes=1)) + number), "text": "x"} for number in range(30)]
    asked: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(int(request.url.params["max_results"]))
        return httpx.Response(200, json={"data": rows[: asked[-1]], "meta": {"result_count": len(rows)}})

    for _ in range(6):  # each time another process; none stores its cursor
        store = open_store(f"sqlite:///{tmp_path / 'goosh.db'}")
        with Client(transport=httpx.MockTransport(handler), ledger=store, pace=timedelta(0)) as client, suppress(CollectError):
            XCollector("ours", options(daily_posts=100), client, now=lambda: NOW).collect(None)
        store.close()
    assert asked == [100, 50, 20, 20] and sum(min(size, 30) for size in asked) == 100


def test_the_budget_of_a_token_is_shared_by_its_sources(host: X, ledger: Ledger) -> None:
    for number in range(40):
        host.post(f"post {number}")
    poll(host.collector(daily_posts=100), None)
    assert ledger.booked() == 30
    with pytest.raises(CollectError, match="used up"):
        poll(host.collector(daily_posts=35, queries=["other"]), None)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_a_refusal_costs_nothing(host: X, ledger: Ledger, status: int) -> None:
    host.instead = lambda request: Response(status=status)
    with pytest.raises(CollectError, match=f"HTTP {status}"):
        host.collector().collect(None)
    assert ledger.booked() == 0


def test_an_app_without_credit_is_told_where_to_add_some(host: X, ledger: Ledger) -> None:
    host.instead = lambda request: Response(status=402)
    with pytest.raises(CollectError, match="no credit left") as caught:
        host.collector().collect(None)
    assert caught.value.permanent and ledger.booked() == 0


def test_a_page_instead_of_data_costs_nothing(host: X, ledger: Ledger) -> None:
    host.instead = lambda request: Response("<html><title>x</title></html>", content_type="text/html")
    with pytest.raises(CollectError):
        host.collector().collect(None)
    assert ledger.booked() == 0


@pytest.mark.parametrize("error, booked", [
    (httpx.ConnectError("refused"), 0), (httpx.ConnectTimeout("late"), 0), (httpx.ReadTimeout("late"), 100),
    (httpx.ReadError("reset"), 100), (httpx.RemoteProtocolError("broke off"), 100)])
def test_an_answer_that_may_have_been_counted_stays_booked(
    error: httpx.TransportError, booked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("B", "a-bearer-token")

    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    ledger = Ledger()
    with Client(transport=httpx.MockTransport(handler), ledger=ledger) as client, pytest.raises(CollectError):
        XCollector("ours", options(), client, now=lambda: NOW).collect(None)
    assert ledger.booked() == booked


def test_a_name_that_cannot_be_resolved_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B", "a-bearer-token")

    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    ledger = Ledger()
    with Client(resolve=nowhere, ledger=ledger) as client, pytest.raises(CollectError, match="cannot be resolved"):
        XCollector("ours", options(base_url="https://api.example"), client, now=lambda: NOW).collect(None)
    assert ledger.booked() == 0


def test_looking_again_is_off_unless_it_is_paid_for(host: X, ledger: Ledger) -> None:
    post = host.post("one")
    key = MentionKey("x", str(host.own_id(post)))
    batch = collector(host, refresh_counts=False).refresh([key])
    assert (batch.mentions, batch.deleted, len(host.asked)) == ((), (), 0) and "every look is paid" in (batch.reason or "")
    assert len(collector(host).refresh([key, MentionKey("x", "123")]).mentions) == 1 and ledger.booked() == 1


# ---- the walk


def test_each_poll_asks_for_what_is_newer_than_the_newest(host: X) -> None:
    newest = [host.post(f"post {number}") for number in range(3)][-1]
    _, cursor, _ = poll(host.collector(), None)
    poll(host.collector(), cursor)
    first, second = host.asked
    assert "since_id" not in first.args and second.args["since_id"] == str(host.own_id(newest))
    assert first.args["query"] == "digikala -is:retweet" and first.args["until_id"] == str(
        id_at(host.clock - timedelta(seconds=30))
    )


def test_an_expired_token_is_replaced_by_the_lowest_id(host: X) -> None:
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    for number in range(95):
        host.post(f"new {number}")

    def expired(request: Request) -> Response | None:
        return Response(status=400) if "next_token" in request.args else None

    host.instead = expired
    found = []
    for _ in range(5):
        mentions, cursor, _ = poll(host.collector(), cursor)
        found += [mention.text for mention in mentions]
    assert sorted(found) == sorted(f"new {number}" for number in range(95))
    assert sum("next_token" in request.args for request in host.asked) <= 4


def test_a_blackout_of_more_than_seven_days_is_said_to_have_lost_posts(host: X) -> None:
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    host.clock = START + timedelta(days=10)
    _, cursor, batch = poll(host.collector(), cursor)
    assert (
        batch.overflow
        and batch.reason
        and "2026-11-22 07:59 to 2026-11-25 06:05 UTC were not read within seven days" in batch.reason
    )
    assert int(host.asked[-1].args["since_id"]) == id_at(host.clock - x.REACH)
    assert not poll(host.collector(), cursor)[2].overflow


def test_a_brand_that_is_quiet_for_weeks_has_lost_nothing(host: X) -> None:
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    for _ in range(20):
        host.clock += timedelta(days=1)
        _, cursor, batch = poll(host.collector(), cursor)
        assert batch.state is CoverageState.OK


def test_more_pages_than_allowed_are_said_to_be_lost(host: X) -> None:
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    for number in range(95):
        host.post(f"new {number}")
    mentions, cursor, batch = poll(host.collector(max_pages=2), cursor)
    assert len(mentions) == 60 and batch.overflow and "raise max_pages" in (batch.reason or "")


def test_an_edited_post_comes_under_its_first_id() -> None:
    first, last = id_at(NOW - timedelta(minutes=20)), id_at(NOW - timedelta(minutes=5))
    (mention,) = x.parse(
        json.dumps(
            {
                "data": [{"id": str(last), "text": "second", "edit_history_tweet_ids": [str(first), str(last)]}],
                "meta": {"result_count": 1},
            }
        ).encode(),
        now=NOW,
    )
    assert (mention.id, mention.text) == (str(first), "second") and mention.url == f"https://x.com/i/status/{last}"
    assert (mention.published_at, mention.edited_at) == (NOW - timedelta(minutes=20), NOW - timedelta(minutes=5))


def test_looking_again_at_an_edited_post_shows_its_last_wording(host: X, ledger: Ledger) -> None:
    first, last = (str(id_at(NOW - timedelta(minutes=minutes))) for minutes in (20, 5))

    def versions(request: Request) -> Response:
        asked = request.args["ids"].split(",")
        rows = [
            {"id": own_id, "text": text, "edit_history_tweet_ids": [first, last]}
            for own_id, text in ((first, "1"), (last, "2"))
        ]
        return Response(json.dumps({"data": [row for row in rows if row["id"] in asked]}), content_type="application/json")

    host.instead = versions
    host.clock = NOW
    (mention,) = collector(host).refresh([MentionKey("x", first)]).mentions
    assert (mention.id, mention.text) == (first, "2") and ledger.booked() == 2


def test_no_results_are_an_answer_and_errors_beside_posts_are_of_those_alone() -> None:
    assert x.parse(b'{"meta":{"result_count":0}}', now=NOW) == []
    errors = [
        {
            "resource_id": "5",
            "title": "Authorization Error",
            "type": "https://api.twitter.com/2/problems/not-authorized-for-resource",
        }
    ]
    found = x.parse(
        json.dumps({"data": [{"id": "1578522108187283456", "text": "a &amp; b"}], "errors": errors}).encode(), now=NOW
    )
    assert [mention.text for mention in found] == ["a & b"]
    with pytest.raises(CollectError, match="no list of X posts .*'Invalid or expired token'"):
        x.parse(b'{"errors":[{"code":89,"message":"Invalid or expired token"}]}', now=NOW)


def test_a_long_post_comes_whole_and_says_what_it_answers() -> None:
    (mention,) = x.parse(json.dumps({"data": [{
        "id": "1578522108187283456", "text": "short…", "note_tweet": {"text": "the whole of it"}, "lang": "und",
        "referenced_tweets": [{"type": "replied_to", "id": "77"}]}]}).encode(), now=NOW)
    assert (mention.text, mention.in_reply_to, mention.language) == ("the whole of it", "77", None)
    assert mention.author is None and mention.engagement is None


def test_an_id_says_when_it_was_given() -> None:
    assert instant_of("1578522108187283456").replace(microsecond=0) == datetime(2022, 10, 7, 23, 6, 12, tzinfo=UTC)
    assert abs(instant_of(str(id_at(NOW))) - NOW) < timedelta(milliseconds=2)


# ---- the options


def test_spellings_are_one_query_that_asks_for_no_reposts() -> None:
    assert options(queries=["دیجی کالا", '"دیجی‌کالا"'], language="fa").whole_query == (
        '((دیجی کالا) OR ("دیجی‌کالا")) -is:retweet lang:fa')
    assert options(queries=["snapp OR اسنپ"]).whole_query == "(snapp OR اسنپ) -is:retweet"
    assert options(reposts=True).whole_query == "a"


@pytest.mark.parametrize("fields, said", [({"queries": ["a" * 600]}, "divide them"), ({"queries": [" "]}, "is empty"),
                                          ({"queries": []}, "at least 1"), ({"daily_posts": 5}, "greater than or equal to 10")])
def test_what_cannot_be_asked_is_a_mistake_of_the_configuration(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        options(**fields)


def test_a_missing_token_is_told_before_anything_is_booked(host: X, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    made = host.collector()
    monkeypatch.delenv("X_TEST_BEARER")
    with pytest.raises(CollectError, match="'X_TEST_BEARER' is not set"):
        made.collect(None)
    assert ledger.booked() == 0 and host.asked == []


def changed(host: X, change: Any) -> Any:
    """Return what answers as the host, its JSON changed by ``change``."""
    def answer(request: Request) -> Response:
        data = json.loads(host.show(request).get_data())
        change(data)
        return Response(json.dumps(data), content_type="application/json")

    return answer


def test_an_id_from_the_future_does_not_silence_the_source(host: X) -> None:
    host.post("now")
    host.instead = changed(host, lambda data: data["data"][0].update(id=str(2**62 - 1), edit_history_tweet_ids=[]))
    _, cursor, _ = poll(host.collector(), None)
    host.instead = lambda request: None
    assert cursor and cursor["newest"] <= id_at(host.clock)
    host.clock += timedelta(days=2)
    later = host.post("a complaint")
    later.number += 3 * 86_400
    assert [mention.text for mention in poll(host.collector(), cursor)[0]] == ["a complaint"]


def test_a_cursor_of_before_that_stands_in_the_future_is_brought_back(host: X) -> None:
    _, cursor, _ = poll(host.collector(), None)
    host.clock += timedelta(minutes=30)
    host.post("heard").number += 3 * 900
    assert [mention.text for mention in poll(host.collector(), {**(cursor or {}), "newest": 2**62 - 1})[0]] == ["heard"]


@pytest.mark.parametrize("tokens", [["same"], ["a", "b"], ["a", "b", "c"]])
def test_pages_that_lead_to_themselves_are_left_with_words(host: X, ledger: Ledger, tokens: list[str]) -> None:
    host.post("old")
    _, cursor, _ = poll(host.collector(), None)
    host.clock += timedelta(minutes=15)
    for number in range(40):
        host.post(f"new {number}")
    first = json.loads(host.show(_request()).get_data())

    def round_and_round(request: Request) -> Response:
        data = {**first, "meta": {**first["meta"], "next_token": tokens[len(host.asked) % len(tokens)]}}
        return Response(json.dumps(data), content_type="application/json")

    host.instead, before = round_and_round, len(host.asked)
    _, _, batch = poll(host.collector(), cursor)
    assert len(host.asked) - before <= 5 and batch.overflow
    assert batch.state is CoverageState.PARTIAL and "read already" in (batch.reason or "")


def _request() -> Request:
    return Request({"REQUEST_METHOD": "GET", "PATH_INFO": "/2/tweets/search/recent", "QUERY_STRING": "max_results=30",
                    "HTTP_AUTHORIZATION": "Bearer a-bearer-token", "wsgi.url_scheme": "http", "SERVER_NAME": "x",
                    "SERVER_PORT": "80"})


def test_one_reading_takes_twice_max_pages_at_most_and_goes_on_later(host: X) -> None:
    host.post("old")
    _, cursor, _ = poll(host.collector(), None)
    host.clock += timedelta(hours=3)
    for number in range(400):
        host.post(f"new {number}")
    gaps = [{"since": host.own_id(host.posts[place]), "until": host.own_id(host.posts[place + 100])} for place in (1, 100, 200)]
    state = {**(cursor or {}), "newest": host.own_id(host.posts[399]), "gaps": gaps}
    before = len(host.asked)
    _, following, batch = poll(host.collector(max_pages=4), state)
    assert len(host.asked) - before <= 8 and batch.complete and following and following["gaps"]
    assert batch.state is CoverageState.PARTIAL and "next time" in (batch.reason or "")
    assert poll(host.collector(max_pages=4), following)[0]
