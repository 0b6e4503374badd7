"""What every collector of a network source keeps to, over real sockets: nothing lost, nothing doubled, nothing hidden."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from typing import Any, cast
from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors import COLLECTORS
from listener.errors import CollectError
from listener.types import CoverageState, Mention, Precision, Refresher
from tests.listener.collectors.hosts import HOSTS, Host, poll

OF_FILES = ("csv", "jsonl", "inbox")  # nothing is asked for over the network


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, server: HTTPServer) -> Iterator[Host]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield HOSTS[request.param](server, client)


def texts(mentions: list[Mention]) -> list[str]:
    return sorted(mention.text for mention in mentions)


def answering(status: int, body: str = "", **headers: str) -> Any:
    return lambda request: Response(
        body, status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_every_network_kind_has_a_host_to_be_tried_against() -> None:
    assert {kind for kind in COLLECTORS if kind not in OF_FILES} == {host.kind for host in HOSTS.values()}


def test_the_first_poll_gives_what_the_source_shows(host: Host) -> None:
    host.post("دیجی‌کالا سفارشم را <b>نیاورد</b> & جواب نمی‌دهد")
    host.post("second")
    mentions, _, batch = poll(host.collector(), None)
    assert texts(mentions) == sorted(["دیجی‌کالا سفارشم را <b>نیاورد</b> & جواب نمی‌دهد", "second"])
    assert batch.state is CoverageState.OK and batch.reason is None
    assert all(mention.kind == host.kind for mention in mentions)
    assert all((mention.author.name if mention.author else None) in ("سارا", "رضا", "sara", None) for mention in mentions)
    if host.day_only:
        assert all(mention.precision is Precision.DAY for mention in mentions)
    else:
        assert sorted(mention.published_at for mention in mentions) == [post.published_at for post in host.posts]
    assert batch.shown is None or batch.shown >= 2


def test_a_first_reading_says_how_many_items_the_source_shows(host: Host) -> None:
    host.post("one")
    host.post("two")
    shown, cursor, complete = list[int | None](), None, False
    while not complete:
        batch = host.collector().collect(cursor)
        cursor, complete = batch.cursor, batch.complete
        shown.append(batch.shown)
    assert sum(filter(None, shown)) >= 2  # else its emptiness of later could never be suspect


def test_a_second_poll_without_news_is_empty_and_observed(host: Host) -> None:
    host.post("one")
    _, cursor, _ = poll(host.collector(), None)
    mentions, again, batch = poll(host.collector(), cursor)
    assert mentions == [] and batch.state is CoverageState.OK and again is not None
    assert poll(host.collector(), again)[0] == []


def test_only_what_is_new_is_given(host: Host) -> None:
    host.post("old")
    _, cursor, _ = poll(host.collector(), None)
    host.post("new")
    assert texts(poll(host.collector(), cursor)[0]) == ["new"]


@pytest.mark.parametrize("count", [9, 10, 11, 40, 41, 95, 130])
def test_more_news_than_a_page_holds_come_whole_and_once(host: Host, count: int) -> None:
    if not host.paged or (host.holds or count) < count:
        pytest.skip("this source does not show so much")
    for number in range(3):
        host.post(f"old {number}")
    _, cursor, _ = poll(host.collector(), None)
    for number in range(count):
        host.post(f"new {number}")
    host.clock += timedelta(hours=3)
    mentions, cursor, batch = poll(host.collector(), cursor)
    assert texts(mentions) == sorted(f"new {number}" for number in range(count))
    assert batch.state is CoverageState.OK, batch.reason
    assert poll(host.collector(), cursor)[0] == []


def test_more_news_than_the_source_shows_are_said_to_be_lost(host: Host) -> None:
    if host.paged and host.holds is None:
        pytest.skip("this source shows everything")
    for number in range(3):
        host.post(f"old {number}")
    _, cursor, _ = poll(host.collector(), None)
    for number in range((host.holds or host.page) + 5):
        host.post(f"new {number}")
    mentions, cursor, batch = poll(host.collector(), cursor)
    assert len(mentions) == (host.holds or host.page)
    assert batch.overflow and batch.state is CoverageState.PARTIAL and "lost" in (batch.reason or "")
    assert not poll(host.collector(), cursor)[2].overflow


def test_backfill_reads_what_was_there_before_us(host: Host) -> None:
    if not host.paged:
        pytest.skip("this source has one page")
    number_of_posts = min(125, host.holds or 125)
    for number in range(number_of_posts):
        host.post(f"old {number}")
    assert host.reads_all or len(poll(host.collector(), None)[0]) < 125
    mentions, cursor, _ = poll(host.collector(backfill=True), None)
    assert texts(mentions) == sorted(f"old {number}" for number in range(number_of_posts))
    assert poll(host.collector(backfill=True), cursor)[0] == []


def test_posts_that_arrive_between_two_pages_double_nothing_and_hide_nothing(host: Host) -> None:
    if not host.paged:
        pytest.skip("this source has one page")
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    count = min(60, (host.holds or 64) - 4)
    for number in range(count):
        host.post(f"new {number}")
    late: list[str] = []

    def while_reading(request: Request) -> None:
        if len(late) < 3:
            late.append(host.post(f"late {len(late)}").text)

    host.instead = while_reading
    first, cursor, _ = poll(host.collector(), cursor)
    second, cursor, _ = poll(host.collector(), cursor)
    assert texts(first + second) == sorted([*(f"new {n}" for n in range(count)), *late])


def test_an_edited_post_keeps_its_id_and_says_that_it_was_edited(host: Host) -> None:
    if not host.edits:
        pytest.skip("nothing can be edited here")
    post = host.post("first wording")
    host.post("another")
    before, cursor, _ = poll(host.collector(), None)
    post.text = "second wording"
    host.clock += timedelta(minutes=1)
    (mention,), _, _ = poll(host.collector(), cursor)
    assert mention.text == "second wording" and mention.edited_at is not None
    assert mention.id in {old.id for old in before if old.text == "first wording"}


def test_a_growing_count_is_given_again_without_being_an_edit(host: Host) -> None:
    post = host.post("popular")
    _, cursor, _ = poll(host.collector(), None)
    post.likes = 7
    mentions, _, _ = poll(host.collector(), cursor)
    if not mentions:
        pytest.skip("this format carries no counts")
    assert [mention.edited_at for mention in mentions] == [None]
    counts = mentions[0].engagement
    assert counts and 7 in (counts.likes, counts.comments, (counts.views or 0) - 1000)


def test_a_deleted_post_troubles_nobody_and_is_reported_where_it_can_be_known(host: Host) -> None:
    posts = [host.post(f"post {number}") for number in range(6)]
    mentions, cursor, _ = poll(host.collector(), None)
    host.posts.remove(posts[3])
    host.post("news")
    new, _, batch = poll(host.collector(), cursor)
    assert texts(new) == ["news"]
    expected = {mention.key for mention in mentions if mention.text == "post 3"} if host.tells_deletions else set()
    assert set(batch.deleted) == expected


def refresher(host: Host) -> Refresher:
    collector = host.collector()
    if not hasattr(collector, "refresh"):
        pytest.skip("single mentions of this source cannot be asked for")
    return cast(Refresher, collector)


def test_a_mention_asked_for_again_comes_with_its_counts_of_now(host: Host) -> None:
    collector = refresher(host)
    posts = [host.post(f"post {number}") for number in range(3)]
    mentions, _, _ = poll(host.collector(), None)
    posts[1].likes = 7
    batch = collector.refresh([mention.key for mention in mentions])
    assert {mention.key for mention in batch.mentions} == {mention.key for mention in mentions} and batch.cursor is None
    grown = next(mention for mention in batch.mentions if mention.text == "post 1")
    assert grown.engagement and 7 in (grown.engagement.likes, grown.engagement.comments, (grown.engagement.views or 0) - 1000)
    before = {mention.key: mention for mention in mentions}
    assert all((m.author, m.published_at, m.url, m.title) == (before[m.key].author, before[m.key].published_at, before[m.key].url,
                                                              before[m.key].title) for m in batch.mentions)


def test_a_mention_asked_for_again_that_is_gone_is_reported(host: Host) -> None:
    collector = refresher(host)
    posts = [host.post(f"post {number}") for number in range(3)]
    mentions, _, _ = poll(host.collector(), None)
    host.posts.remove(posts[1])
    batch = collector.refresh([mention.key for mention in mentions])
    assert set(batch.deleted) == {mention.key for mention in mentions if mention.text == "post 1"}
    assert texts(list(batch.mentions)) == ["post 0", "post 2"]


def test_what_was_not_committed_is_given_again(host: Host) -> None:
    host.post("old")
    _, cursor, _ = poll(host.collector(), None)
    host.post("new")
    killed, _, _ = poll(host.collector(), cursor)
    again, _, _ = poll(host.collector(), cursor)
    assert [mention.key for mention in killed] == [mention.key for mention in again]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_source_that_moved_is_followed(host: Host, status: int) -> None:
    host.post("moved")

    def moved(request: Request) -> Response | None:
        if request.path.startswith("/new"):
            request.environ["PATH_INFO"] = request.environ["PATH_INFO"][4:]
            request.environ["wsgi.input"] = BytesIO(request.get_data())  # what was posted, read once already
            return host.show(Request(request.environ))
        return Response(status=status, headers={"Location": f"/new{quote(request.path)}?{request.query_string.decode()}"})

    host.instead = moved
    if host.posted and status in (301, 302):
        with pytest.raises(CollectError, match="not followed"):
            host.collector().collect(None)
        return
    mentions, cursor, batch = poll(host.collector(), None)
    assert texts(mentions) == ["moved"]
    asked = len(host.asked)
    poll(host.collector(), cursor)
    if host.remembers_moves and status in (301, 308):
        assert len(host.asked) == asked + 1  # the feed's new address is remembered
        assert batch.reason and batch.reason.startswith(f"moved to {host.server.url_for('/new')}")
    assert batch.state is CoverageState.OK


@pytest.mark.parametrize(
    "status, permanent", [(401, True), (403, True), (404, False), (410, True), (500, False), (502, False), (503, False)]
)
def test_a_refusal_is_an_error_that_says_what_to_do_and_costs_nothing(host: Host, status: int, permanent: bool) -> None:
    host.post("before")
    _, cursor, _ = poll(host.collector(), None)
    host.post("during")
    host.instead = answering(status)
    with pytest.raises(CollectError, match=f"{host.kind} 'ours': HTTP {status}.*; .+") as caught:
        host.collector().collect(cursor)
    assert caught.value.permanent is host.statuses.get(status, permanent)
    host.instead = lambda request: None
    assert texts(poll(host.collector(), cursor)[0]) == ["during"]


@pytest.mark.parametrize("name, write", [
    ("Retry-After", lambda until: str(round((until - datetime.now(UTC)).total_seconds()))),
    ("Retry-After", lambda until: format_datetime(until, usegmt=True)),
    ("X-RateLimit-Reset", lambda until: until.isoformat().replace("+00:00", "Z")),
    ("X-RateLimit-Reset", lambda until: str(int(until.timestamp()))),
    ("ratelimit-reset", lambda until: str(int(until.timestamp()))),
    ("X-Ratelimit-Reset", lambda until: f"{(until - datetime.now(UTC)).total_seconds():.1f}")],
    ids=["seconds", "date", "ISO reset", "epoch reset", "epoch reset without X", "seconds left"])
def test_being_asked_to_wait_says_how_long(host: Host, name: str, write: Callable[[datetime], str]) -> None:
    host.instead = lambda request: Response(status=429, headers={name: write(datetime.now(UTC) + timedelta(seconds=100))})
    with pytest.raises(CollectError, match="too often") as caught:
        host.collector().collect(None)
    assert caught.value.retry_after is not None and abs(caught.value.retry_after.total_seconds() - 100) < 5
    assert not caught.value.permanent


def test_a_source_that_does_not_answer_is_left(host: Host) -> None:
    def late(request: Request) -> Response:
        import time

        time.sleep(0.6)
        return Response("")

    host.instead = late
    with Client(allow_networks=["127.0.0.0/8"], read_timeout=0.3) as hasty:
        host.client = hasty
        with pytest.raises(CollectError, match="did not answer in time") as caught:
            host.collector().collect(None)
    assert not caught.value.permanent


def test_an_answer_that_breaks_off_is_partial_or_an_error_and_made_good_next_time(host: Host) -> None:
    for number in range(8):
        host.post(f"post {number}")
    whole: list[bytes] = []

    def half(request: Request) -> Response:
        response = host.show(request)
        body = response.get_data()
        whole.append(body)
        cut = Response(
            body[: len(body) // 2], content_type=response.content_type, headers={"ETag": '"half"', "Connection": "close"}
        )
        cut.headers["Content-Length"] = str(len(body))
        return cut

    host.instead = half
    first: list[Mention] = []
    cursor = None
    try:
        first, cursor, batch = poll(host.collector(), None)
        assert batch.state is CoverageState.PARTIAL and batch.reason and "broke off" in batch.reason
        assert 0 < len(first) < 8
    except CollectError as error:
        assert not error.permanent
    host.instead = lambda request: None
    second, cursor, batch = poll(host.collector(), cursor)
    assert {mention.text for mention in second} | {mention.text for mention in first} >= {post.text for post in host.posts}
    assert batch.state is CoverageState.OK
    assert poll(host.collector(), cursor)[0] == []


LOGIN = '<!DOCTYPE html><html><head><title>ورود</title></head><body><form><input type="password"></form></body></html>'
CHALLENGE = '<!DOCTYPE html><html><title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/x"></script></html>'


@pytest.mark.parametrize("page, said", [(LOGIN, "login page"), (CHALLENGE, "challenge page")])
def test_a_page_instead_of_data_is_not_taken_for_silence(host: Host, page: str, said: str) -> None:
    host.post("before")
    _, cursor, _ = poll(host.collector(), None)
    host.instead = lambda request: Response(page, content_type="text/html; charset=utf-8")
    with pytest.raises(CollectError, match=said):
        host.collector().collect(cursor)


def test_a_redirect_to_a_login_page_is_not_taken_for_silence(host: Host) -> None:
    host.instead = lambda request: (Response(LOGIN, content_type="text/html") if request.path == "/login"
                                    else Response(status=302, headers={"Location": "/login"}))
    with pytest.raises(CollectError, match="not followed" if host.posted else "login page"):
        host.collector().collect(None)


@pytest.mark.parametrize(
    "body",
    [b"", b"   ", b"null", b"{}", b"\xff\xfe", b"\x00" * 50, b"<", b"[[]]", b'[{"id":null}]', b"%PDF-1.7", b"1e999"],
    ids=["nothing", "blanks", "null", "object", "mark", "zeros", "bracket", "lists", "no id", "pdf", "number"],
)
def test_an_answer_of_no_sense_is_an_error_or_empty_but_never_a_crash(host: Host, body: bytes) -> None:
    host.instead = lambda request: Response(body, content_type="application/octet-stream")
    try:
        mentions, _, _ = poll(host.collector(), None)
        assert mentions == []
    except CollectError as error:
        assert str(error).startswith(f"{host.kind} 'ours': ")


def test_a_source_without_posts_is_empty_and_observed(host: Host) -> None:
    mentions, cursor, batch = poll(host.collector(), None)
    assert mentions == [] and batch.state is CoverageState.OK and batch.shown == 0
    host.post("the first")
    assert texts(poll(host.collector(), cursor)[0]) == ["the first"]


def test_the_wrong_charset_in_the_header_changes_nothing(host: Host) -> None:
    host.post("دیجی‌کالا")

    def mislabelled(request: Request) -> Response:
        response = host.show(request)
        response.headers["Content-Type"] = response.content_type.split(";")[0] + "; charset=iso-8859-1"
        return response

    host.instead = mislabelled
    assert texts(poll(host.collector(), None)[0]) == ["دیجی‌کالا"]


HOSTILE = [
    "\u202eevil\u202c \u2066x",
    "a" * 1_000_000,
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "‌‌‌",
    "😡" * 500,
    "]]>",
    "'; DROP TABLE mentions; --",
    "{{7*7}} ${7*7} %s %n",
    "\x1b[31mred",
]


def test_hostile_posts_come_through_as_text_that_can_be_stored(host: Host) -> None:
    for text in HOSTILE:
        host.post(text if host.control_characters else text.replace("\x1b", ""))
    ahead = host.post("from the future")
    ahead.published_at = host.clock + timedelta(days=400)
    mentions, _, _ = poll(host.collector(), None)
    assert len({mention.key for mention in mentions}) == len(host.posts[-host.page:]) == len(mentions)
    for mention in mentions:
        stored = json.dumps([mention.text, mention.title, mention.id, mention.url], ensure_ascii=False).encode()
        assert b"\0" not in stored and mention.published_at <= host.clock and len(mention.text) <= 1_000_000
    future = next(mention for mention in mentions if "future" in mention.text)
    if host.times_claimed:
        assert (future.published_at, future.precision) == (host.clock, "estimated")


def test_a_failing_page_loses_neither_what_was_read_nor_what_was_not(host: Host) -> None:
    if not host.paged or host.page * 3 >= (host.holds or 130):
        pytest.skip("this source has fewer than three pages")
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    for number in range(130):
        host.post(f"new {number}")
    host.clock += timedelta(hours=5)
    pages = 0

    def third_page_fails(request: Request) -> Response | None:
        nonlocal pages
        pages += 1
        return Response(status=503) if pages == 3 else None

    host.instead = third_page_fails
    mentions, cursor, batch = poll(host.collector(), cursor)
    assert batch.state is CoverageState.PARTIAL and batch.reason and "HTTP 503" in batch.reason and mentions
    host.instead = lambda request: None
    host.post("and one more")
    rest, cursor, batch = poll(host.collector(), cursor)
    assert texts(mentions + rest) == sorted([*(f"new {n}" for n in range(130)), "and one more"])
    assert batch.state is CoverageState.OK
    assert poll(host.collector(), cursor)[0] == []


def test_being_asked_to_wait_in_the_middle_of_a_walk_is_passed_on(host: Host) -> None:
    if not host.paged:
        pytest.skip("this source has one page")
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    for number in range(host.page * 2 + 10):
        host.post(f"new {number}")
    pages = 0

    def second_page_waits(request: Request) -> Response | None:
        nonlocal pages
        pages += 1
        return Response(status=429, headers={"Retry-After": "33"}) if pages == 2 else None

    host.instead = second_page_waits
    _, _, batch = poll(host.collector(), cursor)
    assert batch.state is CoverageState.PARTIAL and batch.min_interval == timedelta(seconds=33)


@pytest.mark.parametrize(
    "cursor",
    [
        {},
        {"known": 5, "open": "x", "resume": 3, "last": "a", "min_id": None, "query": 1, "feed": []},
        {"known": {"a": 1, "b": [1]}, "url": 7},
    ],
)
def test_a_cursor_of_another_make_is_no_cursor(host: Host, cursor: dict[str, Any]) -> None:
    host.post("one")
    assert texts(poll(host.collector(), cursor)[0]) == ["one"]


def test_a_cursor_stays_small(host: Host) -> None:
    for number in range(300):
        host.post(f"post {number}")
    _, cursor, _ = poll(host.collector(backfill=True, max_pages=100), None)
    assert len(json.dumps(cursor)) < 100_000


def test_our_name_is_said_at_every_request(host: Host) -> None:
    host.post("one")
    poll(host.collector(), None)
    assert host.asked and all(host.agent in request.headers["User-Agent"] for request in host.asked)


def renamed(value: Any, name: str, how: str) -> Any:
    """Return JSON in which every field of a name has another, or another make."""
    if isinstance(value, list):
        return [renamed(one, name, how) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for field, one in value.items():
        if field == name:
            made[field + ("_v2" if how == "renamed" else "")] = {"null": None, "an object": {"value": one}, "a list": [one]}.get(
                how, one)
        else:
            made[field] = renamed(one, name, how)
    return made


def of_another_shape(host: Host, name: str, how: str) -> Callable[[Request], Response]:
    """Return what answers as the host, but for the field, element or class of a name."""
    def answer(request: Request) -> Response:
        shown = host.show(request)
        body = shown.get_data()
        try:
            other = json.dumps(renamed(json.loads(body), name, how)).encode()
        except ValueError:
            other = re.sub(rb"(?<![\w-])" + re.escape(name.encode()) + rb"(?![\w-])", b"renamed", body)
        return Response(other, status=shown.status_code, content_type=shown.content_type,
                        headers={"Link": shown.headers["Link"]} if "Link" in shown.headers else {})

    return answer


@pytest.mark.parametrize("how", ["renamed", "null", "an object", "a list"])
def test_a_field_that_changed_is_said_and_wipes_nothing(host: Host, how: str) -> None:
    if not host.fields or (how != "renamed" and host.markup):
        pytest.skip("what it answers with has no named fields")
    for number in range(8):
        host.post(f"post {number}")
    known, cursor, _ = poll(host.collector(), None)
    host.post("newer")
    host.clock += timedelta(minutes=30)
    for name in host.fields:
        host.instead = of_another_shape(host, name, how)
        for where, before in (("at the first poll", None), ("later", cursor)):
            try:
                mentions, _, batch = poll(host.collector(), before)
            except CollectError:
                continue
            told = batch.state is CoverageState.PARTIAL
            # At the first poll, what has a title and lost its text is still a mention.
            heard = any("newer" in mention.full_text for mention in mentions) or (before is None and len(mentions) > 4)
            assert told or heard, f"{name} {how} {where}: silence looks like health"
            assert not batch.deleted, f"{name} {how} {where}: what still stands is said to be gone"
            assert all(mention.full_text.strip() for mention in mentions), f"{name} {how} {where}: a mention without words"
            lost = {mention.key for mention in known if mention.text} & {m.key for m in mentions if not m.text}
            assert not lost or before is None, f"{name} {how} {where}: what was known is wiped"


@pytest.mark.parametrize("how", ["renamed", "null", "an object", "a list"])
def test_a_field_that_changed_is_not_taken_for_a_deletion_when_mentions_are_asked_for_again(host: Host, how: str) -> None:
    collector = refresher(host)
    if not host.fields or (how != "renamed" and host.markup):
        pytest.skip("what it answers with has no named fields")
    for number in range(8):
        host.post(f"post {number}")
    known, _, _ = poll(host.collector(), None)
    for name in host.fields:
        host.instead = of_another_shape(host, name, how)
        try:
            batch = collector.refresh([mention.key for mention in known])
        except CollectError:
            continue
        assert not batch.deleted, f"{name} {how}: what still stands is said to be gone"
