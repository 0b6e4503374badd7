"""What only the pages of Eitaa do, as far as it is known."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from listener.client import Client
from listener.collectors import eitaa
from listener.collectors.eitaa import EitaaCollector, Options
from listener.errors import CollectError
from listener.types import Mention, Precision
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.eitaa import Eitaa

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TITLE = '<div class="etme_channel_info_header_title"><span>کانال نمونه</span></div><span class="counter_value">۱۲ هزار</span>'
META = ('<span class="etme_widget_message_meta"><a href="/chan/5"><time class="time" datetime="2026-11-22T13:30:00+03:30">۱۳:۳۰'
        "</time></a></span>")


def text(words: str) -> str:
    return f'<div class="etme_widget_message_text">{words}</div>'


def page(*posts: str, title: str = TITLE) -> bytes:
    return ("<html><body>" + title + "".join(f'<div class="etme_widget_message">{post}</div>' for post in posts) + "</body></html>").encode()


def one(inner: str, meta: str = META) -> Mention:
    (mention,) = eitaa.parse(page(inner + meta), now=NOW, channel="chan")
    return mention


def test_a_post_has_its_channel_its_time_and_exact_views() -> None:
    mention = one(text("سفارشم نرسید<br>چرا؟") + '<span class="etme_widget_message_views" data-count="12345">۱۲.۳ هزار</span>')
    assert (mention.id, mention.url, mention.text) == ("chan/5", "https://eitaa.com/chan/5", "سفارشم نرسید\nچرا؟")
    assert (mention.published_at, mention.precision) == (datetime(2026, 11, 22, 10, tzinfo=UTC), Precision.SECOND)
    assert mention.engagement and (mention.engagement.views, mention.engagement.likes) == (12345, None)
    assert mention.author and (mention.author.id, mention.author.name, mention.author.followers) == ("chan", "کانال نمونه", 12_000)


def test_views_that_are_not_shown_are_unknown() -> None:
    assert one(text("x")).engagement is None


def test_a_time_without_a_zone_is_tehran_s_and_a_video_s_length_is_no_time() -> None:
    video = '<time class="message_video_duration" datetime="0:15">0:15</time>'
    meta = META.replace("2026-11-22T13:30:00+03:30", "2026-11-22T13:30:00")
    assert one(video + text("x"), meta).published_at == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_a_forwarded_post_says_where_it_came_from() -> None:
    forwarded = '<div class="etme_widget_message_forwarded_from"><a class="etme_widget_message_forwarded_from_name" href="/other/17">o</a></div>'
    assert one(forwarded + text("x")).reshare_of == "other/17"


def test_the_quoted_post_is_not_taken_for_the_post() -> None:
    reply = f'<a class="etme_widget_message_reply" href="/chan/3">{text("old")}</a>'
    mention = one(reply + text("new"))
    assert (mention.text, mention.in_reply_to) == ("new", "chan/3")


def test_an_id_is_the_link_s_or_that_of_an_element_around() -> None:
    meta = '<span class="etme_widget_message_meta"><time datetime="2026-11-22T10:00:00Z">x</time></span>'
    payload = f'{TITLE}<div id="77"><div class="etme_widget_message">{text("x")}{meta}</div></div>'.encode()
    assert [mention.id for mention in eitaa.parse(payload, now=NOW, channel="chan")] == ["chan/77"]


def test_messages_of_the_service_are_no_mentions() -> None:
    payload = page('<div class="etme_widget_message_service_date">۱ آذر</div>', text("x") + META)
    assert [mention.id for mention in eitaa.parse(payload, now=NOW, channel="chan")] == ["chan/5"]


@pytest.mark.parametrize("payload, said, permanent", [
    (b'<html><div class="etme_body_wrap"><div class="etme_page_title"><span>Sara</span></div></div></html>', "a person, a bot", True),
    (b"<html><title>Eitaa</title></html>", "an HTML page titled 'Eitaa' and no channel", False),
    (b'<html><div class="etme_new_design">x</div></html>', "another shape than this program knows", False),
    (page(text("x")), r"another shape than this program knows \(none of 1 posts has an id\)", False),
    (page(text("x") + '<span class="etme_widget_message_meta"><a href="/chan/5">soon</a></span>'), "none of 1 posts has a time", False),
    ((TITLE + text("x")).encode(), "texts outside of posts", False)])
def test_what_is_no_channel_or_not_understood_is_never_taken_for_silence(payload: bytes, said: str, permanent: bool) -> None:
    with pytest.raises(CollectError, match=said) as caught:
        eitaa.parse(payload, now=NOW)
    assert caught.value.permanent is permanent


def test_a_channel_without_posts_is_empty() -> None:
    found = eitaa.read(page(), now=NOW)
    assert (found.mentions, found.following, found.ended) == ((), None, True)


def test_it_is_experimental() -> None:
    assert EitaaCollector.experimental


@pytest.mark.parametrize("written", ["chan", "@chan", "eitaa.com/chan", "https://eitaa.com/chan/"])
def test_a_channel_may_be_written_as_people_write_it(written: str) -> None:
    assert Options(channel=written).channel == "chan"


@pytest.mark.parametrize("options", [{}, {"channel": "chan", "channels": ["other"]}, {"channel": "کانال"}, {"channel": "eitaa.com/joinchat/1"},
                                     {"channel": "chan", "timezone": "Mars"}, {"channel": "chan", "base_url": "eitaa.com"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


def test_several_channels_are_read_in_turn(server: HTTPServer) -> None:
    with Client(allow_networks=["127.0.0.0/8"], sleep=lambda seconds: None) as client:
        host = Eitaa(server, client)
        host.post("one")
        _, cursor, _ = poll(host.collector(channel=None, channels=["chan_a", "chan_b"]), None)
        assert [request.path for request in host.asked] == ["/chan_a", "/chan_b"] and cursor and len(cursor["parts"]) == 2
