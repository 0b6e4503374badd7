"""What only feeds do: formats, ids that change, dates that lie, validators that must not be trusted."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors import rss
from listener.collectors.rss import Options, RSSCollector, collector, markup
from listener.collectors.rss import feed as feed_
from listener.errors import CollectError
from listener.types import CoverageState, Mention, Precision
from tests.listener.collectors.hosts import poll

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEAD = ('<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>x</title>')
DATED = "<pubDate>Sun, 22 Nov 2026 08:00:00 GMT</pubDate>"


def feed(*items: str, head: str = "") -> bytes:
    return (HEAD + head + "".join(f"<item>{item}</item>" for item in items) + "</channel></rss>").encode()


def one(item: str, head: str = "") -> Mention:
    (mention,) = rss.parse(feed(item, head=head), now=NOW)
    return mention


@pytest.mark.parametrize(
    "payload, version",
    [
        (b'<rss version="0.91"><channel><item><title>a</title></item></channel></rss>', "rss091u"),
        (b'<rss version="0.92"><channel><item><title>a</title></item></channel></rss>', "rss092"),
        (
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
            b'<item rdf:about="u"><title>a</title>'
            b"</item></rdf:RDF>",
            "rss10",
        ),
        (b'<rss version="2.0"><channel><item><title>a</title></item></channel></rss>', "rss20"),
        (b'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>a</title></entry></feed>', "atom03"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>a</title></entry></feed>', "atom10"),
        (b'{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"a"}]}', "json1"),
        (b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"a"}]}', "json11"),
        (b'\xef\xbb\xbf\n{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"a"}]}', "json11"),
    ],
)
def test_every_format_is_read(payload: bytes, version: str) -> None:
    found = rss.read(payload, now=NOW)
    assert found.version == version and [entry.mention.title for entry in found.entries] == ["a"] and not found.truncated


# ---- ids


@pytest.mark.parametrize("item, own_id", [
    ("<guid>https://e.org/?p=1</guid><link>https://e.org/a</link>", "https://e.org/?p=1"),
    ("<link>https://e.org/a</link><title>t</title>", "https://e.org/a"),
    ('<guid isPermaLink="false">abc</guid>', "abc")])
def test_an_id_is_the_guid_else_the_link(item: str, own_id: str) -> None:
    assert one(item).id == own_id


def test_without_guid_and_link_the_content_is_the_id_on_every_machine() -> None:
    assert one("<title>متن</title>").id == "sha256:" + one("<title>متن</title>").id[7:] != one("<title>دیگر</title>").id
    assert one("<title>متن</title>").id == "sha256:e1b6d4cb775fb613aa3d7dc4e54143fd"


def test_short_ids_are_qualified_by_the_host_where_the_feed_was_read() -> None:
    payload = feed(
        '<guid isPermaLink="false">123</guid>',
        '<guid isPermaLink="false">tag:x,1</guid>',
        '<guid isPermaLink="false">CBMinwFBVV95cUxObDNT</guid>',
    )
    assert [mention.id for mention in rss.parse(payload, now=NOW, url="https://e.org/feed")] == [
        "e.org:123",
        "tag:x,1",
        "CBMinwFBVV95cUxObDNT",
    ]


def test_items_that_share_an_id_by_mistake_are_kept_apart() -> None:
    by_link = rss.parse(
        feed(
            "<guid>https://e.org/</guid><link>https://e.org/1</link>", "<guid>https://e.org/</guid><link>https://e.org/2</link>"
        ),
        now=NOW,
    )
    assert [mention.id for mention in by_link] == ["https://e.org/1", "https://e.org/2"]
    by_text = rss.parse(
        feed('<guid isPermaLink="false">x</guid><title>a</title>', '<guid isPermaLink="false">x</guid><title>b</title>'),
        now=NOW,
    )
    assert len({mention.id for mention in by_text}) == 2


def test_a_very_long_id_is_replaced_by_its_hash() -> None:
    assert len(one(f'<guid isPermaLink="false">data:{"x" * 5000}</guid>').id) < 60


# ---- dates


@pytest.mark.parametrize(
    "date, instant, precision",
    [
        ("<pubDate>Sun, 22 Nov 2026 08:00:00 +0330</pubDate>", datetime(2026, 11, 22, 4, 30, tzinfo=UTC), Precision.SECOND),
        ("<dc:date>2026-11-22T08:00:00Z</dc:date>", datetime(2026, 11, 22, 8, tzinfo=UTC), Precision.SECOND),
        ("<dc:date>2026-11-20</dc:date>", datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY),
        ("<pubDate>1405/08/29</pubDate>", datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY),
        ("<pubDate>۱۴۰۵-۰۸-۲۹ ۱۴:۳۰</pubDate>", datetime(2026, 11, 20, 11, 0, tzinfo=UTC), Precision.MINUTE),
        ("", NOW, Precision.ESTIMATED),
        ("<pubDate>yesterday</pubDate>", NOW, Precision.ESTIMATED),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", NOW, Precision.ESTIMATED),
        ("<pubDate>Sun, 22 Nov 2026 12:05:00 GMT</pubDate>", NOW, Precision.SECOND),
        ("<pubDate>Fri, 22 Nov 2030 12:00:00 GMT</pubDate>", NOW, Precision.ESTIMATED),
    ],
    ids=[
        "RFC 822",
        "ISO",
        "a day",
        "a Jalali day",
        "a Jalali minute",
        "none",
        "words",
        "epoch zero",
        "a clock that is ahead",
        "the future",
    ],
)
def test_a_date_is_read_with_its_precision_and_never_ahead(date: str, instant: datetime, precision: Precision) -> None:
    mention = one(f"<title>a</title>{date}")
    assert (mention.published_at, mention.precision) == (instant, precision)


# ---- fields


def test_views_likes_and_comments_are_taken_where_given_and_unknown_otherwise() -> None:
    video = one(
        '<title>a</title><media:statistics views="15"/><media:starRating count="3" average="4"/>'
        "<slash:comments>2</slash:comments>"
    ).engagement
    assert video and (video.views, video.likes, video.comments, video.shares) == (15, 3, 2, None)
    assert one("<title>a</title>").engagement is None
    assert one("<title>a</title><slash:comments>many</slash:comments>").engagement is None


def test_markup_becomes_text_with_its_links_and_breaks() -> None:
    mention = one(
        "<title>&lt;b&gt;قیمت&lt;/b&gt; &amp;amp; کیفیت</title>"
        "<description>&lt;p&gt;یک&lt;br&gt;دو&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;"
        "&lt;a href='https://e.org/x'&gt;اینجا&lt;/a&gt;</description>"
    )
    assert mention.title == "قیمت & کیفیت"
    assert "یک\nدو" in mention.text and "https://e.org/x" in mention.text and "x()" not in mention.text


def test_plain_text_of_atom_is_left_as_it_is() -> None:
    (mention,) = rss.parse(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="text">a &lt;3 b</content></entry></feed>'.encode(),
        now=NOW,
    )
    assert mention.text == "a <3 b"


def test_an_author_is_one_person_only_within_one_site() -> None:
    first, second = one("<dc:creator>سارا</dc:creator><link>https://a.org/1</link>"), one("<dc:creator>سارا</dc:creator><link>https://b.org/1</link>")
    assert (
        first.author
        and second.author
        and first.author.name == second.author.name == "سارا"
        and first.author.id != second.author.id
    )


def test_a_link_that_runs_code_is_no_link() -> None:
    assert one("<title>a</title><link>javascript:alert(1)</link>").url is None


def test_nul_and_control_characters_do_not_reach_the_text() -> None:
    (mention,) = rss.parse(feed("<title>a\0b</title><description>c\0d</description>"), now=NOW)
    assert "\0" not in mention.full_text


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55296;", "&#x0dfff;", "&#57343;"])
def test_half_a_character_does_not_cost_the_feed(reference: str) -> None:
    first, second = rss.parse(feed(f"<title>a{reference}b</title>", "<title>other</title>"), now=NOW)
    assert first.title == "a\ufffdb" and second.title == "other"


@pytest.mark.parametrize(
    "broken", ["<gml:pos>26x 1</gml:pos>", "<georss:point>x</georss:point>", "</psc:chapters><psc:chapter start='x'/>"]
)
def test_broken_places_and_chapters_do_not_cost_the_feed(broken: str) -> None:
    payload = feed(f"<title>a</title><georss:where>{broken}</georss:where>").replace(
        b"<rss ",
        b'<rss xmlns:gml="http://www.opengis.net/gml" xmlns:georss="http://www.georss.org/georss" '
        b'xmlns:psc="http://podlove.org/simple-chapters" ',
    )
    assert [mention.title for mention in rss.parse(payload, now=NOW)] == ["a"]


def test_an_entity_bomb_is_defused() -> None:
    layers = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8))
    bomb = (
        f'<!DOCTYPE rss [<!ENTITY a "ha">{layers}]><rss version="2.0"><channel><item><title>&i;</title></item></channel></rss>'
    )
    found: list[Mention] = []
    with suppress(CollectError):  # refused outright is as good
        found = rss.parse(bomb.encode(), now=NOW)
    assert sum(len(mention.full_text) for mention in found) < 10_000


def test_an_entity_that_names_a_file_is_not_read() -> None:
    outside = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    payload = outside + '<rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>'
    assert all("root" not in mention.full_text for mention in rss.parse(payload.encode(), now=NOW))


def test_a_truncated_json_feed_keeps_its_whole_items() -> None:
    whole = json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": str(n), "content_text": f"متن {n}"} for n in range(5)]}
    )
    found = rss.read(whole[:-20].encode(), now=NOW)
    assert found.truncated and [entry.mention.id for entry in found.entries] == ["0", "1", "2", "3"]


# ---- polling


@pytest.fixture(scope="module")
def _server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


class Source:
    """One feed behind a socket: what it shows, and what it was asked."""

    def __init__(self, server: HTTPServer, client: Client) -> None:
        self.body, self.status, self.headers = feed(), 200, dict[str, str]()
        self.asked: list[Request] = []
        self.url = server.url_for("/feed")
        self.clock = NOW
        self._client = client
        server.clear()
        server.expect_request("/feed").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        return Response(self.body, status=self.status, headers=self.headers, content_type="application/rss+xml")

    def collector(self, **options: object) -> RSSCollector:
        return RSSCollector("ours", Options(**{"url": self.url, **options}), self._client, now=lambda: self.clock)  # type: ignore[arg-type]


@pytest.fixture
def source(_server: HTTPServer) -> Iterator[Source]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield Source(_server, client)


def test_of_a_huge_payload_the_newest_5000_items_are_read_and_the_coverage_is_partial(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_, "MOST_ENTRIES", 3)
    numbered = [f"<guid>https://e.org/{n}</guid><title>t</title><pubDate>Fri, 20 Nov 2026 08:3{n}:00 GMT</pubDate>"
                for n in range(5)]
    for items in (numbered, numbered[::-1]):
        source.body = feed(*items)
        mentions, cursor, batch = poll(source.collector(), None)
        assert {m.id for m in mentions} == {"https://e.org/2", "https://e.org/3", "https://e.org/4"}
        assert batch.state is CoverageState.PARTIAL
        assert batch.reason == "the feed holds 5 items; the oldest 2 of them were not read"
        assert poll(source.collector(), cursor)[0] == []
    rows = [{"id": str(n), "content_text": "t"} for n in range(5)]
    source.body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": rows}).encode()
    assert len(poll(source.collector(), None)[0]) == 3


@pytest.mark.parametrize("ids", [lambda n: "same", lambda n: f"https://e.org/{n}"], ids=["one id", "many ids"])
def test_the_work_does_not_grow_with_the_square_of_the_items(ids: Callable[[int], str]) -> None:
    stamp = NOW - timedelta(hours=1)
    entries = [rss.Entry(Mention(kind="rss", id=ids(n), text=f"متن {n}", published_at=stamp), True) for n in range(5000)]
    started = time.process_time()
    apart = tuple(feed_.apart(entries))
    walk = collector._Walk({}, NOW)
    walk.add(rss.Feed(apart, "rss20"))
    assert len(walk.mentions) == 5000 and time.process_time() - started < 2


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: text.encode("utf-16"),
                                  lambda text: b"<![CDATA[" + text.encode()],
                         ids=["utf-8", "utf-16", "behind a comment without an end"])
def test_elements_nested_more_than_500_deep_are_refused_before_they_are_parsed(
    wrap: Callable[[str], str | bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("listener.collectors.rss.markup.feedparser.parse", never)
    payload = wrap("<rss><channel><item>" + "<a b='1'>" * 500 + "x")
    with pytest.raises(CollectError, match="nested more than 500 deep"):
        rss.parse(payload.encode() if isinstance(payload, str) else payload, now=NOW)


@pytest.mark.parametrize("inside", ["<![CDATA[" + "<div>" * 600 + "]]>", "<!--" + "<a>" * 600 + "-->", "<br>" * 600,
                                    "<a/>" * 600, "<p>x</p>" * 600, "<i>" * 400])
def test_a_feed_that_is_long_and_not_deep_is_read(inside: str) -> None:
    item = f"<guid>https://e.org/1</guid><title>t</title>{DATED}<description>{inside}</description>"
    assert [m.id for m in rss.parse(feed(item, item.replace("/1", "/2")), now=NOW)] == ["https://e.org/1", "https://e.org/2"]


@pytest.mark.parametrize("payload", [b"<!--" * 500_000, b"<a " * 500_000, b"<![CDATA[" * 200_000, b"</a>" * 500_000,
                                     b"<" * 2_000_000, b"<a>" * 499 + b"</b>" * 400_000])
def test_looking_for_depth_is_quick_whatever_it_meets(payload: bytes) -> None:
    started = time.process_time()
    assert not markup._is_too_deep(payload)
    assert time.process_time() - started < 2


def test_validators_are_sent_back_verbatim(source: Source) -> None:
    source.headers = {"ETag": 'W/"a"', "Last-Modified": "some day"}
    _, cursor, _ = poll(source.collector(), None)
    poll(source.collector(), cursor)
    assert (source.asked[1].headers["If-None-Match"], source.asked[1].headers["If-Modified-Since"]) == ('W/"a"', "some day")


def test_an_address_that_is_a_secret_is_shown_in_no_error(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_FEED", source.url.replace("/feed", "/my-quiet-key/feed"))
    collector = RSSCollector("ours", Options(url_env="OUR_FEED"), source._client, now=lambda: NOW)
    with pytest.raises(CollectError) as caught:
        collector.collect(None)
    assert "my-quiet-key" not in str(caught.value) and str(caught.value).startswith("rss 'ours': HTTP 500: http://127.0.0.1:")


def test_a_page_that_echoes_the_query_is_quoted_without_it(source: Source) -> None:
    source.body = b"<html><title>no feed for geheim-123</title></html>"
    with pytest.raises(CollectError, match="titled 'no feed for •••'"):
        source.collector(url=f"{source.url}?key=geheim-123").collect(None)


@pytest.mark.parametrize("age, trusted", [(0, False), (1, False), (30, True)])
def test_validators_of_the_second_in_which_a_feed_changed_are_not_trusted(source: Source, age: int, trusted: bool) -> None:
    read_at = datetime.now(UTC)
    source.headers = {"ETag": '"a"', "Date": format_datetime(read_at, usegmt=True),
                      "Last-Modified": format_datetime(read_at - timedelta(seconds=age), usegmt=True)}
    _, cursor, _ = poll(source.collector(), None)
    poll(source.collector(), cursor)
    assert ("If-None-Match" in source.asked[1].headers) is trusted


def test_validators_beside_expires_0_are_not_trusted(source: Source) -> None:
    source.headers = {"ETag": '"a"', "Expires": "0"}
    _, cursor, _ = poll(source.collector(), None)
    poll(source.collector(), cursor)
    assert "If-None-Match" not in source.asked[1].headers


@pytest.mark.parametrize(
    "cache, ttl, minutes",
    [
        ("max-age=1800", "", 30),
        ("", "<ttl>60</ttl>", 60),
        ("max-age=600", "<ttl>60</ttl>", 60),
        ("no-cache, max-age=0", "", None),
        ("s-maxage=900", "", None),
        ("max-age=99999999", "", 1440),
    ],
)
def test_the_least_interval_is_what_the_feed_asks_for(source: Source, cache: str, ttl: str, minutes: int | None) -> None:
    source.headers = {"Cache-Control": cache}
    source.body = feed(head=ttl)
    assert poll(source.collector(), None)[2].min_interval == (timedelta(minutes=minutes) if minutes else None)


def test_ids_that_change_at_every_build_double_nothing(source: Source) -> None:
    def built(stamp: int) -> bytes:
        return feed(*(f'<guid isPermaLink="false">{stamp}-{n}-abcdefghijkl</guid><title>t {n}</title><link>https://e.org/{n}?v={stamp}</link>{DATED}'
                      for n in range(5)))

    source.body = built(1)
    first, cursor, _ = poll(source.collector(), None)
    source.body = built(2)
    again, cursor, batch = poll(source.collector(), cursor)
    assert (len(first), again, batch.state) == (5, [], CoverageState.OK)


def test_an_item_without_a_date_keeps_the_time_it_was_first_seen(source: Source) -> None:
    source.body = feed("<guid>https://e.org/1</guid><title>first wording</title>")
    (first,), cursor, _ = poll(source.collector(), None)
    source.clock += timedelta(hours=5)
    source.body = feed("<guid>https://e.org/1</guid><title>second wording</title>")
    (edited,), _, _ = poll(source.collector(), cursor)
    assert (first.published_at, edited.published_at, edited.edited_at) == (NOW, NOW, source.clock)


def test_a_feed_that_runs_over_says_that_items_may_be_lost(source: Source) -> None:
    def items(numbers: range) -> bytes:
        return feed(*(f"<guid>https://e.org/{n}</guid><title>{n}</title>{DATED}" for n in numbers))

    source.body = items(range(10))
    _, cursor, _ = poll(source.collector(), None)
    source.body = items(range(15, 25))
    mentions, cursor, batch = poll(source.collector(), cursor)
    assert (
        len(mentions) == 10 and batch.state is CoverageState.PARTIAL and batch.reason and "shorten the interval" in batch.reason
    )
    assert batch.overflow and batch.shown == 10
    source.body = items(range(20, 30))
    assert poll(source.collector(), cursor)[2].state is CoverageState.OK


def test_a_search_that_shows_other_and_older_items_is_doubted_and_no_overflow(source: Source) -> None:
    def items(*hours: int) -> bytes:
        return feed(*(f"<guid>https://e.org/{n}</guid><title>{n}</title><pubDate>Sun, 22 Nov 2026 {n:02}:00:00 GMT</pubDate>" for n in hours))

    source.body = items(8, 7)
    _, cursor, _ = poll(source.collector(), None)
    source.body = items(11, 5)
    _, _, batch = poll(source.collector(), cursor)
    assert batch.state is CoverageState.PARTIAL and not batch.overflow and "may be lost" in (batch.reason or "")


def test_what_was_not_modified_showed_nothing_and_what_did_not_change_showed_all(source: Source) -> None:
    source.body, source.headers = feed(f"<guid>https://e.org/1</guid><title>a</title>{DATED}"), {"ETag": '"a"'}
    _, cursor, first = poll(source.collector(), None)
    assert (first.shown, poll(source.collector(), cursor)[2].shown) == (1, 1)
    source.status, source.body = 304, b""
    assert poll(source.collector(), cursor)[2].shown is None


def test_a_feed_that_is_suddenly_empty_is_suspect(source: Source) -> None:
    source.body = feed(f"<guid>https://e.org/1</guid><title>a</title>{DATED}")
    _, cursor, _ = poll(source.collector(), None)
    source.body = feed()
    batch = poll(source.collector(), cursor)[2]
    assert (
        batch.state is CoverageState.PARTIAL
        and batch.reason == "the feed is empty though it held 1 items before; check the address"
    )


def test_a_404_with_a_feed_in_it_is_a_feed(source: Source) -> None:
    source.status = 404
    assert poll(source.collector(), None)[2].state is CoverageState.OK


def test_a_pinned_item_on_top_does_not_end_the_walk(_server: HTTPServer, source: Source) -> None:
    pinned = f"<guid>https://e.org/pinned</guid><title>pinned</title>{DATED}"

    def page(request: Request) -> Response:
        number = int(request.args.get("paged", 1))
        chosen = numbers[(number - 1) * 3: number * 3]
        body = feed(
            *([pinned] if number == 1 else []), *(f"<guid>https://e.org/{n}</guid><title>{n}</title>{DATED}" for n in chosen)
        )
        return Response(body, status=200 if chosen else 404, content_type="application/rss+xml")

    _server.clear()
    _server.expect_request("/feed").respond_with_handler(page)
    numbers = [2, 1, 0]
    _, cursor, _ = poll(source.collector(paged=True), None)
    numbers = list(range(9, -1, -1))
    mentions, _, _ = poll(source.collector(paged=True), cursor)
    assert sorted(mention.title or "" for mention in mentions) == [str(n) for n in range(3, 10)]


def test_a_walk_that_never_meets_what_is_known_ends_and_says_so(_server: HTTPServer, source: Source) -> None:
    def endless(request: Request) -> Response:
        number = int(request.args.get("paged", 1))
        return Response(feed(*(f"<guid>https://e.org/{stamp}-{number}-{n}</guid><title>x</title>{DATED}" for n in range(3))),
                        content_type="application/rss+xml")

    _server.clear()
    _server.expect_request("/feed").respond_with_handler(endless)
    stamp = 1
    _, cursor, _ = poll(source.collector(paged=True), None)
    stamp = 2
    mentions, _, batch = poll(source.collector(paged=True, max_pages=25), cursor)
    assert len(mentions) == 75 and batch.reason == "stopped after 25 pages without meeting a known item; raise max_pages"


def test_pages_that_lead_in_a_circle_end(source: Source) -> None:
    source.body = feed("<guid>https://e.org/1</guid><title>a</title>", head=f'<atom:link rel="next" href="{source.url}"/>')
    assert len(poll(source.collector(backfill=True), None)[0]) == 1


def test_an_address_that_is_a_secret_comes_from_the_environment_and_stays_out_of_the_cursor(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = RSSCollector("ours", Options(url_env="OUR_FEED"), source._client, now=lambda: NOW)
    with pytest.raises(CollectError, match="'OUR_FEED' is not set") as caught:
        collector.collect(None)
    assert caught.value.permanent
    monkeypatch.setenv("OUR_FEED", source.url + "?feed=hunter2")
    source.body = feed("<guid>https://e.org/1</guid><title>a</title>")
    mentions, cursor, _ = poll(collector, None)
    assert len(mentions) == 1 and source.asked[0].args["feed"] == "hunter2" and "hunter2" not in json.dumps(cursor)


def test_another_feed_under_the_same_name_starts_anew(source: Source) -> None:
    source.body = feed("<guid>https://e.org/1</guid><title>a</title>")
    source.headers = {"ETag": '"a"'}
    _, cursor, _ = poll(source.collector(url=source.url + "?q=1"), None)
    mentions, _, _ = poll(source.collector(url=source.url + "?q=2"), cursor)
    assert len(mentions) == 1 and "If-None-Match" not in source.asked[1].headers


def test_revisions_of_one_entry_in_one_feed_give_the_latest(source: Source) -> None:
    source.body = ('<feed xmlns="http://www.w3.org/2005/Atom">' + "".join(
        f"<entry><id>tag:x,1</id><title>{title}</title><published>2026-11-22T08:00:00Z</published><updated>{updated}</updated></entry>"
        for title, updated in (("second", "2026-11-22T10:00:00Z"), ("first", "2026-11-22T09:00:00Z"))) + "</feed>").encode()
    (mention,), _, _ = poll(source.collector(), None)
    assert (mention.title, mention.edited_at) == ("second", datetime(2026, 11, 22, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "https://e.org/", "url_env": "X"},
        {"url": "https://e.org/", "max_pages": 0},
        {"url": "https://e.org/", "x": 1},
        {"url": "e.org/feed"},
        {"url": "file:///etc/passwd"},
        {"url": "https://e.org/", "timezone": "Mars"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)  # type: ignore[arg-type]


def test_dates_written_by_the_standard_library_are_understood() -> None:
    assert one(f"<title>a</title><pubDate>{format_datetime(NOW)}</pubDate>").published_at == NOW


# ---- ratings


def test_a_review_of_the_app_store_s_feed_has_its_rating() -> None:
    payload = (b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:im="http://itunes.apple.com/rss"><entry><id>tag:a,1</id><title>a</title>'
               b"<im:rating>4</im:rating></entry><entry><id>tag:a,2</id><title>b</title></entry></feed>")
    assert [mention.rating for mention in rss.parse(payload, now=NOW)] == [0.8, None]


@pytest.mark.parametrize("written, share", [(4, 0.8), ("4/5", 0.8), ({"value": 8, "best": 10}, 0.8), ({"value": 3}, 0.6), (7, None),
                                            ({"value": None, "best": 5}, None), ({"value": 11, "best": 10}, None), ([], None)])
def test_a_rating_of_a_json_feed_is_a_share_of_its_scale(written: object, share: float | None) -> None:
    data = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "https://e.org/1", "content_text": "x", "_rating": written}]}
    assert [mention.rating for mention in rss.parse(json.dumps(data).encode(), now=NOW)] == [share]


# ---- presets


@pytest.mark.parametrize("options, address", [
    ({"preset": "google_news", "query": '"دیجی کالا" OR دیجی‌کالا'},
     "https://news.google.com/rss/search?q=%22%D8%AF%DB%8C%D8%AC%DB%8C+%DA%A9%D8%A7%D9%84%D8%A7%22+OR+%D8%AF%DB%8C%D8%AC%DB%8C"
     "%E2%80%8C%DA%A9%D8%A7%D9%84%D8%A7&hl=fa&gl=IR&ceid=IR%3Afa"),
    ({"preset": "google_news", "query": "snapp", "language": "en"}, "https://news.google.com/rss/search?q=snapp&hl=en-US&gl=US&ceid=US%3Aen"),
    ({"preset": "google_news", "query": "snapp", "language": "en", "country": "GB"},
     "https://news.google.com/rss/search?q=snapp&hl=en-GB&gl=GB&ceid=GB%3Aen"),
    ({"preset": "wordpress_comments", "site": "https://blog.example/"}, "https://blog.example/comments/feed/"),
    ({"preset": "wordpress_comments", "site": "https://blog.example", "route": "/2026/11/outage/"}, "https://blog.example/2026/11/outage/feed/"),
    ({"preset": "discourse", "site": "https://meta.example"}, "https://meta.example/posts.rss"),
    ({"preset": "discourse", "site": "https://meta.example", "route": "c/help/5.rss"}, "https://meta.example/c/help/5.rss"),
    ({"preset": "rsshub", "site": "https://hub.example", "route": "/telegram/channel/durov"}, "https://hub.example/telegram/channel/durov")])
def test_a_preset_knows_its_address(options: dict[str, object], address: str) -> None:
    assert Options(**options).address() == address  # type: ignore[arg-type]


@pytest.mark.parametrize("options, said", [
    ({"preset": "google_news"}, "'google_news' needs query"), ({"preset": "rsshub", "site": "https://h.example"}, "'rsshub' needs route"),
    ({"preset": "discourse", "site": "https://m.example", "query": "x"}, "query means nothing to preset 'discourse'"),
    ({"url": "https://e.org/", "site": "https://e.org"}, "site means nothing beside url"),
    ({"preset": "google_news", "query": "x", "language": "ja"}, "no country is known for the language 'ja'"),
    ({"preset": "google_news", "query": "x", "url": "https://e.org/"}, "exactly one of url & url_env & preset"),
    ({"preset": "discourse", "site": "m.example"}, "no web address")])
def test_a_preset_says_what_it_needs_and_what_it_does_not_know(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Options(**options)  # type: ignore[arg-type]


def google(source: Source, **options: object) -> RSSCollector:
    site = source.url.removesuffix("/feed")
    return source.collector(**{"url": None, "preset": "google_news", "query": "اسنپ", "site": site, **options})


@pytest.mark.parametrize("options", [{"preset": "google_news", "query": "x"}, {"url": "https://news.google.com/rss/search?q=x"}])
def test_google_news_is_not_read_for_a_business(source: Source, options: dict[str, object]) -> None:
    with pytest.raises(CollectError, match="non-commercial use only; set personal_use = true") as caught:
        source.collector(**{"url": None, **options}).collect(None)
    assert caught.value.permanent and source.asked == []


def test_google_news_gives_headlines_with_their_outlet_and_is_left_alone_for_five_minutes(_server: HTTPServer, source: Source) -> None:
    def answer(request: Request) -> Response:
        source.asked.append(request)
        headline = ("<title>قطعی اسنپ - ایسنا</title><link>https://news.google.com/rss/articles/CBMiabc?oc=5</link>"
                    '<guid isPermaLink="false">CBMiabcdefghijklmnop</guid><description>&lt;a&gt;قطعی اسنپ&lt;/a&gt; ایسنا</description>'
                    f'<source url="https://www.isna.ir">ایسنا</source>{DATED}')
        return Response(feed(headline, head="<language>fa</language>"), content_type="application/xml")

    _server.expect_request("/rss/search").respond_with_handler(answer)
    (mention,), cursor, batch = poll(google(source, personal_use=True), None)
    assert (mention.title, mention.outlet, mention.text, mention.language) == ("قطعی اسنپ", "ایسنا", "", "fa")
    assert (mention.id, mention.url) == ("CBMiabcdefghijklmnop", "https://news.google.com/rss/articles/CBMiabc?oc=5")
    assert batch.min_interval == timedelta(minutes=5) and dict(source.asked[0].args)["ceid"] == "IR:fa"
    assert poll(google(source, personal_use=True), cursor)[2].min_interval == timedelta(minutes=5)


def test_a_key_of_rsshub_is_sent_and_reaches_neither_cursor_nor_error(
    _server: HTTPServer, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, moved = 200, False

    def answer(request: Request) -> Response:
        source.asked.append(request)
        if moved and request.path == "/a/b":
            return Response(status=301, headers={"Location": f"/c?{request.query_string.decode()}"})
        return Response(feed("<guid>https://e.org/1</guid><title>a</title>") if status == 200 else f"no {request.args['key']}", status=status)

    for path in ("/a/b", "/c"):
        _server.expect_request(path).respond_with_handler(answer)
    hub = source.collector(url=None, preset="rsshub", site=source.url.removesuffix("/feed"), route="a/b", key_env="HUB_KEY")
    with pytest.raises(CollectError, match="'HUB_KEY' is not set; set it to the access key"):
        hub.collect(None)
    monkeypatch.setenv("HUB_KEY", "geheim-4711")
    _, cursor, _ = poll(hub, None)
    assert source.asked[0].args["key"] == "geheim-4711" and "geheim" not in json.dumps(cursor)
    moved = True
    source_moved = poll(hub, None)[1]
    assert "geheim" not in json.dumps(source_moved)
    moved, status = False, 503
    with pytest.raises(CollectError, match="HTTP 503") as caught:
        hub.collect(cursor)
    assert "geheim" not in str(caught.value)
    status = 200
    monkeypatch.setenv("HUB_KEY", "another-4712")
    assert poll(hub, cursor)[0] == []  # a new key is no new feed


def moving(server: HTTPServer, to: str, *, status: int = 301) -> None:
    server.clear()
    server.expect_request("/feed").respond_with_handler(lambda request: Response(status=status, headers={"Location": to}))
    server.expect_request("/new/feed").respond_with_handler(
        lambda request: Response(feed(f"<guid>https://e.org/1</guid><title>a</title>{DATED}"), headers={"ETag": '"1"'},
                                 status=304 if request.headers.get("If-None-Match") else 200, content_type="application/rss+xml"))
    server.expect_request("/login").respond_with_handler(
        lambda request: Response('<!DOCTYPE html><html><input type="password"></html>', content_type="text/html"))


@pytest.mark.parametrize("status, said", [(301, True), (308, True), (302, False), (307, False)])
def test_a_feed_that_moved_for_good_is_read_and_says_so_at_every_reading(
    _server: HTTPServer, source: Source, status: int, said: bool
) -> None:
    moving(_server, "/new/feed?key=geheim-4711", status=status)
    cursor, batches = None, []
    for _ in range(3):
        _, cursor, batch = poll(source.collector(), cursor)
        batches.append(batch)
    reason = f"moved to {_server.url_for('/new/feed')}?…; update url" if said else None
    assert [(batch.state, batch.reason) for batch in batches] == [(CoverageState.OK, reason)] * 3


def test_a_secret_feed_that_moved_says_only_to_which_host(
    _server: HTTPServer, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving(_server, "/new/feed")
    monkeypatch.setenv("FEED", source.url)
    _, cursor, batch = poll(source.collector(url=None, url_env="FEED"), None)
    assert (batch.state, batch.reason) == (CoverageState.OK, "moved to http://127.0.0.1/…; update the variable 'FEED'")
    assert "url" not in (cursor or {}) and "/new/" not in json.dumps(cursor)


@pytest.mark.parametrize("status", [301, 302])
def test_a_feed_that_leads_to_a_login_page_is_named_as_it_was_configured(_server: HTTPServer, source: Source, status: int) -> None:
    moving(_server, "/login?next=geheim-4711", status=status)
    with pytest.raises(CollectError, match="login page") as caught:
        source.collector().collect(None)
    said = str(caught.value)
    assert _server.url_for("/login") in said and said.endswith(f"(the address configured is {source.url})") and "geheim" not in said


def test_a_refusal_where_a_redirect_led_names_the_configured_address_too(_server: HTTPServer, source: Source) -> None:
    moving(_server, "/gone", status=302)
    _server.expect_request("/gone").respond_with_data("", status=401)
    with pytest.raises(CollectError, match=f"HTTP 401: .*/gone .*the address configured is {source.url}"):
        source.collector().collect(None)


def test_a_walk_over_a_secret_address_keeps_no_page_of_it(_server: HTTPServer, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(request: Request) -> Response:
        number = int(request.args.get("page", 1))
        if number == 3 and failing:
            return Response(status=503)
        link = f'<atom:link rel="next" href="{source.url}?token=hunter2&amp;page={number + 1}"/>' if number < 14 else ""
        return Response(feed(*(f"<guid>https://e.org/{number}-{n}</guid><title>x</title>{DATED}" for n in range(2)), head=link))

    _server.clear()
    _server.expect_request("/feed").respond_with_handler(page)
    monkeypatch.setenv("OUR_FEED", f"{source.url}?token=hunter2")
    secret = RSSCollector("ours", Options(url_env="OUR_FEED", backfill=True), source._client, now=lambda: NOW)
    failing = True
    first, cursor, batch = poll(secret, None)
    assert len(first) == 4 and batch.state is CoverageState.PARTIAL and "hunter2" not in json.dumps(cursor) + (batch.reason or "")
    failing = False
    second, cursor, _ = poll(secret, cursor)
    assert len(second) == 24 and "hunter2" not in json.dumps(cursor)


@pytest.mark.parametrize("payload, said", [
    (HEAD.encode() + b"<item " + b"".join(b'a%d=">" ' % number for number in range(80_000)) + b"/></channel></rss>",
     "more than 200 attributes"),
    (HEAD.encode() + b"<" * 1_000_000 + b"</channel></rss>", "'<' that begin nothing")], ids=["attributes", "angles"])
def test_what_the_parser_needs_minutes_for_is_refused_at_once(payload: bytes, said: str) -> None:
    started = time.monotonic()
    with pytest.raises(CollectError, match=said):
        rss.parse(payload, now=NOW)
    assert time.monotonic() - started < 2


def test_an_element_of_200_attributes_and_a_text_full_of_signs_are_read() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(200))
    assert one(f"<title {attributes}>a</title>").title == "a"
    assert "x = 1" in one("<title>a</title><description><![CDATA[<pre>" + "x = 1 &lt; 2\n" * 1000 + "</pre>]]></description>").text


@pytest.mark.parametrize("reference, shown", [("&#99999999999;", "\ufffd"), ("&#x110000;", "\ufffd"), ("&#1114112;", "\ufffd"),
                                              ("&#x10FFFF;", "\U0010ffff"), ("&#00000001740;", "ی")])
def test_a_reference_to_no_character_costs_that_character_alone(reference: str, shown: str) -> None:
    assert one(f"<title>a{reference}b</title>").title == f"a{shown}b"


def test_an_address_that_cannot_be_split_is_none() -> None:
    item = {"id": "1", "url": "http://[", "content_text": "x", "authors": [{"name": "a", "url": "http://a:b/"}]}
    feed_of_one = {"version": "https://jsonfeed.org/version/1.1", "next_url": "http://[", "items": [item]}
    found = rss.read(json.dumps(feed_of_one).encode(), now=NOW, url="https://blog.example/feed")
    (entry,) = found.entries
    assert found.next_url is None and entry.mention.url is None and entry.mention.author
    assert entry.mention.author.url is None
    assert one("<title>a</title><link>http://[</link><guid>http://[</guid>").url is None
