"""What only the preview pages of Telegram do."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from listener.client import Client
from listener.collectors import telegram
from listener.collectors.telegram import Options
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Mention, MentionKey, Precision, Refresher
from tests.listener.collectors.hosts import poll
from tests.listener.collectors.hosts.telegram import Telegram

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATE = '<a class="tgme_widget_message_date" href="https://t.me/chan/5?single">' + (
    '<time datetime="2026-11-22T13:30:00+03:30">x</time></a>'
)


def one(inner: str, *, date: str = DATE) -> Mention:
    post = f'<div class="tgme_widget_message" data-post="chan/5">{inner}{date}</div>'
    page = f'<section class="tgme_channel_history">{post}</section>'
    (mention,) = telegram.parse(page.encode(), now=NOW)
    return mention


def text(words: str) -> str:
    return f'<div class="tgme_widget_message_text js-message_text">{words}</div>'


def test_the_quoted_post_is_not_taken_for_the_post() -> None:
    reply = (
        '<a class="tgme_widget_message_reply" href="https://t.me/chan/3">'
        '<div class="tgme_widget_message_text js-message_text">old</div>'
        '<div class="tgme_widget_message_text js-message_reply_text">old</div></a>'
    )
    mention = one(reply + text("new"))
    assert (mention.text, mention.in_reply_to) == ("new", "chan/3")


def test_a_video_s_length_is_not_taken_for_its_date() -> None:
    mention = one('<time class="message_video_duration">0:15</time>' + text("x"))
    assert (mention.published_at, mention.precision) == (datetime(2026, 11, 22, 10, tzinfo=UTC), Precision.SECOND)


def test_a_picture_alone_is_a_mention_without_words() -> None:
    mention = one('<a class="tgme_widget_message_photo_wrap" href="x"></a><span class="tgme_widget_message_views">980</span>')
    assert mention.text == "" and mention.engagement and mention.engagement.views == 980


def test_a_poll_speaks_by_its_question_and_answers() -> None:
    mention = one(
        '<div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">از پشتیبانی راضی هستید؟</div>'
        '<div class="tgme_widget_message_poll_option_text">نه</div></div>'
    )
    assert mention.text == "از پشتیبانی راضی هستید؟\nنه"


@pytest.mark.parametrize(
    "shown, views",
    [("980", 980), ("1.2K", 1200), ("3.12K", 3120), ("1.2M", 1_200_000), ("12M", 12_000_000), ("", None), ("—", None)],
)
def test_views_are_read_with_their_rounding(shown: str, views: int | None) -> None:
    counts = one(text("x") + f'<span class="tgme_widget_message_views">{shown}</span>').engagement
    assert (counts.views if counts else None) == views


def test_reactions_that_are_switched_off_are_unknown_not_zero() -> None:
    counts = one(text("x") + '<span class="tgme_widget_message_views">5</span>').engagement
    assert counts and counts.likes is None


@pytest.mark.parametrize("markup, origin", [
    ('<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/other/17">Other</a>', "other/17"),
    ('<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/other">Other</a>', "other"),
    ('<span class="tgme_widget_message_forwarded_from_name">رضا</span>', "رضا")])
def test_a_forwarded_post_says_where_it_came_from(markup: str, origin: str) -> None:
    assert one(markup + text("x")).reshare_of == origin


def test_an_album_is_linked_as_one_post() -> None:
    assert one(text("x")).url == "https://t.me/chan/5"


def test_messages_of_the_service_are_no_mentions() -> None:
    message = b'<div class="tgme_widget_message service_message" data-post="chan/1">Channel created</div>'
    page = b'<section class="tgme_channel_history">' + message + b"</section>"
    assert telegram.parse(page, now=NOW) == []


def test_a_post_without_a_date_is_estimated() -> None:
    mention = one(text("x"), date="")
    assert (mention.published_at, mention.precision, mention.url) == (NOW, Precision.ESTIMATED, "https://t.me/chan/5")


@pytest.mark.parametrize(
    "written", ["durov", "@durov", "t.me/durov", "https://t.me/durov", "https://t.me/s/durov/", "telegram.me/durov"]
)
def test_a_channel_may_be_written_as_people_write_it(written: str) -> None:
    assert Options(channel=written).channel == "durov"


@pytest.mark.parametrize(
    "written", ["", "a b", "https://t.me/+AbCdEf", "https://t.me/joinchat/AbC", "کانال", "../../etc", "durov?x=1", "abc"]
)
def test_what_is_no_channel_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Options(channel=written)


# ---- polling


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def host(server: HTTPServer) -> Iterator[Telegram]:
    with Client(allow_networks=["127.0.0.0/8"], sleep=lambda seconds: None) as client:
        yield Telegram(server, client)


def test_the_pause_between_polls_is_asked_for(host: Telegram) -> None:
    host.post("one")
    assert poll(host.collector(pause=2), None)[2].min_interval == timedelta(minutes=2)


def test_a_page_on_which_half_of_the_posts_are_missing_is_doubted(host: Telegram) -> None:
    for number in range(10):
        host.post(f"post {number}")
    _, cursor, _ = poll(host.collector(), None)
    host.posts = [host.posts[0], host.posts[-1]]
    _, _, batch = poll(host.collector(), cursor)
    assert (
        batch.deleted == () and batch.state is CoverageState.PARTIAL and batch.reason and "8 of 8 known items" in batch.reason
    )


def test_a_walk_that_is_too_long_ends_and_says_so(host: Telegram) -> None:
    host.post("known")
    _, cursor, _ = poll(host.collector(), None)
    for number in range(100):
        host.post(f"new {number}")
    mentions, _, batch = poll(host.collector(max_pages=3), cursor)
    assert len(mentions) == 30 and batch.reason == "stopped after 3 pages without meeting a known item; raise max_pages"


def test_several_channels_are_read_in_turn_each_from_its_own_place(host: Telegram) -> None:
    host.post("one")
    mentions, cursor, batch = poll(host.collector(channel=None, channels=["samplechannel", "@second_one"]), None)
    assert [request.path for request in host.asked] == ["/s/samplechannel", "/s/second_one"]
    assert len(mentions) == 1 and batch.shown == 2 and cursor and set(cursor["parts"]) == {"samplechannel", "second_one"}


def test_one_channel_that_is_gone_does_not_silence_the_others(host: Telegram) -> None:
    host.post("one")
    host.instead = lambda request: Response(status=404) if "second" in request.path else None
    mentions, _, batch = poll(host.collector(channel=None, channels=["samplechannel", "second_one"]), None)
    assert len(mentions) == 1 and batch.state is CoverageState.PARTIAL and "second_one: HTTP 404" in (batch.reason or "")


def test_a_search_within_a_channel_takes_a_missing_post_for_no_deleted_one(host: Telegram) -> None:
    posts = [host.post(f"post {number}") for number in range(3)]
    _, cursor, _ = poll(host.collector(query="post"), None)
    assert host.asked[0].args["q"] == "post"
    host.posts.remove(posts[1])
    assert poll(host.collector(query="post"), cursor)[2].deleted == ()


def test_a_search_that_finds_nothing_is_empty() -> None:
    counters = ('<div class="tgme_channel_info_counter"><span class="counter_value">5</span>'
                '<span class="counter_type">photos</span></div><section class="tgme_channel_history"></section>').encode()
    assert telegram.read(counters, now=NOW, searched=True).mentions == ()
    with pytest.raises(CollectError, match="served it half"):
        telegram.read(counters, now=NOW)


def test_a_channel_s_robots_txt_is_obeyed(server: HTTPServer, host: Telegram) -> None:
    server.clear()
    server.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /s/\n")
    with pytest.raises(CollectError, match="robots.txt of 127.0.0.1 asks programs not to read") as caught:
        host.collector().collect(None)
    assert caught.value.permanent


@pytest.mark.parametrize("options", [{}, {"channel": "durov", "channels": ["other"]}, {"channel": "durov", "bot_token_env": "X"}])
def test_one_way_of_reading_is_chosen(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="exactly one of channel & channels & bot_token_env"):
        Options(**options)  # type: ignore[arg-type]


def test_many_posts_asked_for_again_take_a_page_each_twenty_and_not_a_request_each(host: Telegram) -> None:
    for number in range(30):
        host.post(f"post {number}")
    mentions, _, _ = poll(host.collector(backfill=True), None)
    host.asked.clear()
    batch = refresher(host).refresh([mention.key for mention in mentions])
    assert len(batch.mentions) == 30 and len(host.asked) == 3  # this host shows ten a page


def test_the_newest_post_is_known_to_be_gone_by_what_stands_before_it(host: Telegram) -> None:
    for number in range(5):
        host.post(f"post {number}")
    mentions, _, _ = poll(host.collector(), None)
    host.posts.pop()
    batch = refresher(host).refresh([mention.key for mention in mentions])
    assert [key.id for key in batch.deleted] == [mentions[-1].id] and len(batch.mentions) == 4


def test_a_page_that_misses_most_of_what_is_asked_for_again_is_doubted(host: Telegram) -> None:
    for number in range(10):
        host.post(f"post {number}")
    mentions, _, _ = poll(host.collector(), None)
    host.posts = host.posts[:1]
    assert refresher(host).refresh([mention.key for mention in mentions]).deleted == ()


def test_posts_of_other_channels_are_not_asked_for_again(host: Telegram) -> None:
    batch = refresher(host).refresh([MentionKey("telegram", "other_channel/5"), MentionKey("telegram", "samplechannel"), MentionKey("telegram", "")])
    assert (batch, host.asked) == (Batch(), [])


def refresher(host: Telegram) -> Refresher:
    return cast(Refresher, host.collector())


def test_a_channel_that_had_posts_and_shows_none_is_not_taken_for_a_quiet_one(host: Telegram) -> None:
    assert poll(host.collector(), None)[2].state is CoverageState.OK  # it has none yet
    host.post("one")
    _, cursor, _ = poll(host.collector(), None)
    host.instead = lambda request: Response('<section class="tgme_channel_history"></section>', content_type="text/html")
    with pytest.raises(CollectError, match="telegram 'ours': samplechannel: .*shows no post, though it did"):
        host.collector().collect(cursor)


def test_texts_outside_of_posts_and_posts_without_ids_are_another_shape(host: Telegram) -> None:
    page = '<section class="tgme_channel_history"><div class="{}"><div class="tgme_widget_message_text">a</div></div></section>'
    for name, said in (("message_v2", "texts outside of posts"), ("tgme_widget_message", "none of 1 items can be read")):
        host.instead = lambda request, name=name: Response(page.format(name), content_type="text/html")  # type: ignore[misc]
        with pytest.raises(CollectError, match=said):
            host.collector().collect(None)
