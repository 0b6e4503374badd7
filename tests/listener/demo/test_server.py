"""The scenario's server: real formats, honest validators, nothing from the future."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from xml.etree import ElementTree

import feedparser
import httpx
import pytest

from listener.client import Client
from listener.collectors import mastodon, rss, telegram
from listener.demo.scenario import DROPPED, LENGTH, OUTAGE, TEHRAN, THROTTLED, load
from listener.demo.server import Answer, DemoServer, Site, _short
from listener.errors import CollectError
from listener.types import Mention

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
START = load().start_before(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
END = START + LENGTH
BASE = "http://127.0.0.1:9"
TIMELINE = "/api/v1/timelines/public?local=true&limit=40"
FEEDS = {"khan": "/khan/feed/", "sofreh": "/sofreh/feed.atom", "setareh": "/setareh/feed.json"}
CHANNELS = ("sedaye_kharidar_nemune", "ivan_mousighi_nemune")
PLACES = {**FEEDS, "koocheh": TIMELINE, **{name: f"/s/{name}" for name in CHANNELS}}
INSTANTS = [START, START + 9 * HOUR, START + 84 * HOUR, START + 212.5 * HOUR, END]


@pytest.fixture
def site() -> Site:
    return Site(load().play(START), BASE, rate_limit=100_000)


def texts_of(name: str, body: bytes, now: datetime) -> list[Mention]:
    if name in FEEDS:
        return rss.parse(body, now=now)
    return (mastodon if name == "koocheh" else telegram).parse(body, now=now)


def pages(site: Site, name: str, now: datetime) -> Iterator[bytes]:
    """Yield every page of a source, newest first, following what the page itself offers."""
    place, number = PLACES[name], 1
    while place:
        answer = site.answer(place, {}, now)
        if answer.status != 200:
            return
        yield answer.body
        number += 1
        place = following(name, answer, number).removeprefix(BASE)


def following(name: str, answer: Answer, number: int) -> str:
    """Return the address of the next older page, or nothing at the end."""
    if name == "khan":
        return f"/khan/feed/?paged={number}"
    where, pattern = {
        "sofreh": (answer.body.decode(), r'rel="next" href="([^"]+)"'),
        "setareh": (answer.body.decode(), r'"next_url": "([^"]+)"'),
        "koocheh": (answer.headers.get("Link", ""), r'<([^>]+)>; rel="next"'),
    }.get(name, (answer.body.decode(), r'href="([^"]+)" class="tme_messages_more'))
    found = re.search(pattern, where)
    return found[1] if found else ""


# ---- formats

@pytest.mark.parametrize("now", INSTANTS)
@pytest.mark.parametrize(("name", "version"), [("khan", "rss20"), ("sofreh", "atom10")])
def test_xml_feeds_are_wellformed_and_feedparser_has_nothing_to_forgive(site, name, version, now):
    answer = site.answer(FEEDS[name], {}, now)
    ElementTree.fromstring(answer.body)
    found = feedparser.parse(answer.body, response_headers={"content-type": answer.headers["Content-Type"]})
    assert (found.version, bool(found.bozo)) == (version, False)


def test_json_feed_is_version_one_point_one_with_ratings(site):
    feed = json.loads(site.answer(FEEDS["setareh"], {}, END).body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {item["_review"]["rating"] for item in feed["items"]} <= {1, 2, 3, 4, 5}


def test_statuses_carry_what_mastodon_gives(site):
    statuses = json.loads(site.answer(TIMELINE, {}, END).body)
    assert {"id", "uri", "url", "created_at", "content", "language", "account", "tags", "reblogs_count", "favourites_count",
            "replies_count", "in_reply_to_id", "reblog", "visibility"} <= statuses[0].keys()
    assert all(status["created_at"].endswith("Z") and status["account"]["followers_count"] > 0 for status in statuses)


def test_a_hashtag_timeline_holds_the_posts_with_that_hashtag(site):
    found = json.loads(site.answer("/api/v1/timelines/tag/%DA%86%D8%A7%D8%A8%DA%A9_%D8%B3%D8%A8%D8%AF?limit=40", {}, END).body)
    assert len(found) >= 15 and all("چابک_سبد" in {tag["name"] for tag in status["tags"]} for status in found)


def test_the_big_account_quotes_the_song(site):
    now = START + timedelta(days=8, hours=19, minutes=41)
    statuses = json.loads(site.answer(TIMELINE, {}, now).body)
    reshare = next(status for status in statuses if status["account"]["followers_count"] > 150_000)
    assert "سه‌تارِ شکسته" in reshare["quote"]["quoted_status"]["content"]


def test_a_channel_page_shows_subscribers_views_and_where_a_post_came_from(site):
    mentions = telegram.parse(site.answer(PLACES[CHANNELS[0]], {}, END).body, now=END)
    assert all(mention.author.followers == 41_200 and (mention.engagement.views or 0) > 1000 for mention in mentions[:-1])
    assert any(mention.reshare_of == "moshtari_razi_nemune" for mention in mentions)


@pytest.mark.parametrize(("count", "shown"), [(0, "0"), (981, "981"), (1204, "1.2K"), (3129, "3.12K"), (41_250, "41.2K"),
                                               (999_999, "999.9K"), (1_200_000, "1.2M")])
def test_counts_are_shortened_as_telegram_does(count, shown):
    assert _short(count) == shown


# ---- time

@pytest.mark.parametrize("now", INSTANTS)
@pytest.mark.parametrize("name", PLACES)
def test_nothing_from_the_future_is_served(site, name, now):
    body = site.answer(PLACES[name], {}, now).body
    if name in CHANNELS and not site.play.published(name, now):
        return
    mentions = texts_of(name, body, now)
    expected = site.play.published(name, now)
    assert all(mention.published_at <= now for mention in mentions)
    newest = max((mention.published_at for mention in mentions), default=None)
    assert newest == (expected[-1].at if expected else None)


@pytest.mark.parametrize("name", PLACES)
def test_the_pages_together_hold_everything_published_so_far(site, name):
    now = START + timedelta(days=9, hours=12)
    found = [mention for body in pages(site, name, now) for mention in texts_of(name, body, now)]
    expected = site.play.published(name, now)
    assert len(found) == len({mention.id for mention in found}) == len(expected)
    assert {mention.published_at for mention in found} == {published.at.astimezone(UTC) for published in expected}


def test_a_page_past_the_end_is_a_404_with_a_feed_in_it(site):
    answer = site.answer("/khan/feed/?paged=9", {}, END)
    assert answer.status == 404 and feedparser.parse(answer.body).version == "rss20"


def test_min_id_walks_forward_without_gaps_and_since_id_jumps_to_the_newest(site):
    newest_first = [status["id"] for body in pages(site, "koocheh", END) for status in json.loads(body)]
    oldest = newest_first[-1]
    forward = [status["id"] for status in json.loads(site.answer(f"{TIMELINE}&min_id={oldest}", {}, END).body)]
    newest = [status["id"] for status in json.loads(site.answer(f"{TIMELINE}&since_id={oldest}", {}, END).body)]
    assert forward == newest_first[-41:-1] and newest == newest_first[:40]


def test_one_status_can_be_asked_for_and_one_that_is_not_there_yet_cannot(site):
    status = json.loads(site.answer(TIMELINE, {}, END).body)[0]
    assert json.loads(site.answer(f"/api/v1/statuses/{status['id']}", {}, END).body)["uri"] == status["uri"]
    assert site.answer(f"/api/v1/statuses/{status['id']}", {}, START).status == 404


def test_counts_grow_with_the_clock(site):
    song = START + timedelta(days=8, hours=19, minutes=11)
    likes = []
    for minutes in (1, 30, 240):
        place = f"{TIMELINE}&max_id={(int((song + MINUTE).timestamp() * 1000)) << 16}"
        likes.append(json.loads(site.answer(place, {}, song + minutes * MINUTE).body)[0]["favourites_count"])
    assert 0 < likes[0] < likes[1] < likes[2]


# ---- validators

@pytest.mark.parametrize("name", PLACES)
def test_the_etag_changes_exactly_when_content_does(site, name):
    seen: dict[str, bytes] = {}
    for step in range(180):
        answer = site.answer(PLACES[name], {}, START + timedelta(days=7, hours=16) + step * 10 * MINUTE)
        assert seen.setdefault(answer.headers["ETag"], answer.body) == answer.body
    assert len(set(seen.values())) == len(seen) > 3


@pytest.mark.parametrize("name", PLACES)
def test_a_known_etag_is_answered_by_304_without_a_body(site, name):
    now = START + timedelta(days=3, hours=12)
    first = site.answer(PLACES[name], {}, now)
    again = site.answer(PLACES[name], {"If-None-Match": f'"other", W/{first.headers["ETag"]}'}, now)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert site.answer(PLACES[name], {"If-None-Match": '"other"'}, now).status == 200


@pytest.mark.parametrize("name", FEEDS)
def test_last_modified_is_when_the_feed_last_changed(site, name):
    previous, moment = None, None
    for step in range(160):
        now = START + timedelta(days=3, hours=10) + step * 5 * MINUTE
        answer = site.answer(FEEDS[name], {}, now)
        modified = parsedate_to_datetime(answer.headers["Last-Modified"])
        assert modified <= now
        if previous is not None and name != "setareh":  # its counts of helpful votes have no date of their own
            assert (answer.body == previous) == (modified == moment)
            assert answer.body == previous or modified > now - 5 * MINUTE - SECOND
        assert site.answer(FEEDS[name], {"If-Modified-Since": answer.headers["Last-Modified"]}, now).status == 304
        previous, moment = answer.body, modified


# ---- trouble

def test_mastodon_counts_requests_and_says_when_to_come_back():
    site = Site(load().play(START), BASE, rate_limit=3)
    now = START + 30 * HOUR
    answers = [site.answer(TIMELINE, {}, now + step * SECOND) for step in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    reset = datetime.fromisoformat(answers[3].headers["X-RateLimit-Reset"])
    assert reset == now + 5 * MINUTE and int(answers[3].headers["Retry-After"]) >= (reset - now - 3 * SECOND).total_seconds()
    assert site.answer(TIMELINE, {}, reset).status == 200


def test_one_source_throttles_for_forty_minutes(site):
    before, after = START + THROTTLED.start - SECOND, START + THROTTLED.end
    during = site.answer(FEEDS["setareh"], {}, START + THROTTLED.start)
    assert (during.status, during.headers["Retry-After"]) == (429, "0")
    assert [site.answer(FEEDS["setareh"], {}, now).status for now in (before, after)] == [200, 200]
    assert site.answer(FEEDS["khan"], {}, START + THROTTLED.start).status == 200


def test_one_source_is_down_for_hours_and_the_others_live(site):
    for offset, status, dropped in [(OUTAGE.start - SECOND, 200, False), (OUTAGE.start, 503, False), (DROPPED.start, 0, True),
                                    (DROPPED.end, 503, False), (OUTAGE.end - SECOND, 503, False), (OUTAGE.end, 200, False)]:
        answer = site.answer(FEEDS["sofreh"], {}, START + offset)
        assert (answer.status, answer.dropped) == (status, dropped)
        assert all(site.answer(PLACES[name], {}, START + offset).status == 200 for name in PLACES if name != "sofreh")


@pytest.mark.parametrize("place", ["/", "/nowhere/feed/", "/s/nobody", "/khan/no-such-slug", "/api/v1/accounts/1", "/khan/feed/?paged=-1",
                                   "/sofreh/feed.atom?page=x", "/%00", "/api/v1/timelines/tag/"])
def test_strange_requests_get_an_answer(site, place):
    assert site.answer(place, {}, END).status in (200, 404)


def test_a_link_of_a_mention_leads_to_the_post(site):
    mention = rss.parse(site.answer(FEEDS["khan"], {}, END).body, now=END)[0]
    page = site.answer(mention.url.removeprefix(BASE), {}, END)
    assert page.status == 200 and mention.title in page.body.decode()


# ---- over a real socket, read by the house's own collectors

def test_the_server_speaks_http_in_the_scenarios_time():
    clock = [START + 40 * HOUR]
    with DemoServer(load(), start=START, clock=lambda: clock[0]) as server, httpx.Client(base_url=server.url) as web:
        first = web.get("/khan/feed/")
        assert parsedate_to_datetime(first.headers["Date"]) == clock[0]
        again = web.get("/khan/feed/", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        clock[0] = START + DROPPED.start
        with pytest.raises(httpx.RemoteProtocolError):
            web.get("/sofreh/feed.atom")
        assert web.get("/setareh/feed.json").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_the_collectors_find_every_post_once_and_fail_only_where_the_scenario_says():
    clock = [START]
    now = partial(clock.__getitem__, 0)
    found: dict[str, dict[str, Mention]] = {name: {} for name in PLACES}
    failed: set[tuple[str, timedelta]] = set()
    with (DemoServer(load(), start=START, clock=now) as server,
          Client(allow_networks=["127.0.0.0/8"], pace=timedelta(0), now=now) as client):
        collectors = {name: rss.RSSCollector(name, rss.Options(url=server.url + place, paged=name == "khan"), client, now=now)
                      for name, place in FEEDS.items()}
        collectors["koocheh"] = mastodon.MastodonCollector("koocheh", mastodon.Options(instance=server.url, local=True), client, now=now)
        for name in CHANNELS:
            options = telegram.Options(channel=name, base_url=server.url, pause=0)
            collectors[name] = telegram.TelegramCollector(name, options, client, now=now)
        cursors: dict[str, object] = {}
        while clock[0] < END:
            clock[0] += 12 * HOUR
            for name, collector in collectors.items():
                complete = False
                while not complete:
                    try:
                        batch = collector.collect(cursors.get(name))
                    except CollectError:
                        failed.add((name, clock[0] - START))
                        break
                    cursors[name], complete = batch.cursor, batch.complete
                    assert not batch.deleted and batch.reason is None
                    found[name] |= {mention.id: mention for mention in batch.mentions}
    play = load().play(START)
    # An empty cursor reads one page: what lies before the first reading is no part of listening.
    for name in PLACES:
        expected = [published.at for published in play.published(name, END) if published.at > START + 12 * HOUR]
        assert sum(mention.published_at > START + 12 * HOUR for mention in found[name].values()) == len(expected), name
    assert failed == {("sofreh", timedelta(days=5, hours=12))}


def test_offsets_are_tehran_wall_clock():
    assert (START + OUTAGE.start).astimezone(TEHRAN).hour == 11
