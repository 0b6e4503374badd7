"""The collectors against recordings of real servers and the corpus of feedparser (shared data, never in the repository)."""

from __future__ import annotations

import io
import json
import re
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
import yaml

from listener.collectors import mastodon, rss, telegram
from listener.errors import CollectError
from listener.types import Mention, Precision
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(relative: str) -> bytes:
    return shared(f"data/fixtures/{relative}").read_bytes()


def files(relative: str) -> list[Path]:
    return sorted(path for path in shared(f"data/fixtures/{relative}").rglob("*") if path.is_file())


def storable(mention: Mention) -> bool:
    written = json.dumps(
        [mention.id, mention.text, mention.title, mention.url, mention.author and mention.author.name], ensure_ascii=False
    )
    return bool(mention.id) and b"\0" not in written.encode() and mention.published_at <= NOW


# ---- feeds


def test_no_file_of_the_feedparser_corpus_is_a_crash() -> None:
    for path in files("feedparser"):
        try:
            mentions = rss.parse(path.read_bytes(), now=NOW)
        except CollectError as error:
            assert error.what, path
        else:
            assert all(map(storable, mentions)), path


def test_wellformed_feeds_give_the_entries_feedparser_finds() -> None:
    different = []
    for path in files("feedparser/wellformed"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            entries = feedparser.parse(io.BytesIO(path.read_bytes())).entries
        try:
            found = len(rss.parse(path.read_bytes(), now=NOW))
        except CollectError:
            found = 0
        if found != len(entries):
            different.append((path.name, len(entries), found))
    assert different == []


@pytest.mark.parametrize(
    "name, said, count",
    [
        ("encoding_ISO-8859-1.xml", "ü", None),
        ("encoding_WINDOWS-1251.xml", "и", None),
        ("large_atom.xml", "", 25),
        ("large_rss.xml", "", None),
        ("no_encoding_ISO-8859-1.xml", "", None),
        ("rdf_UTF8.xml", "ö", None),
        ("small_atom.xml", "", None),
        ("urdu_UTF8.xml", "امریکی", None),
    ],
)
def test_feeds_of_the_wild_are_read_in_their_encodings(name: str, said: str, count: int | None) -> None:
    payload = read(f"miniflux_reader/parser/testdata/{name}")
    mentions = rss.parse(payload, now=NOW)
    whole = "".join(mention.full_text for mention in mentions)
    assert mentions and said in whole and "\ufffd" not in whole
    assert len(mentions) == len(re.findall(rb"<(?:item|entry)[\s>]", payload))


@pytest.mark.parametrize(
    "path",
    [
        "encoding/testdata/koi8r.xml",
        "encoding/testdata/iso-8859-1.xml",
        "encoding/testdata/windows-1252.xml",
        "encoding/testdata/windows-1252-incorrect-prolog.xml",
        "xml/testdata/iso88591_utf8_mismatch.xml",
    ],
)
def test_other_alphabets_are_never_taken_for_persian(path: str) -> None:
    try:
        whole = "".join(mention.full_text for mention in rss.parse(read(f"miniflux_reader/{path}"), now=NOW))
    except CollectError:
        return
    assert not re.search("[\u0600-\u06ff]", whole)


def test_html_pages_are_refused_and_named() -> None:
    for path in files("miniflux_reader/encoding"):
        if path.suffix == ".html":
            with pytest.raises(CollectError, match="an HTML page"):
                rss.parse(path.read_bytes(), now=NOW)


@pytest.mark.parametrize("name", ["fa_windows-1256.rss", "fa_declares_utf8_but_is_1256.rss", "fa_utf8_bom_leading_newline.rss"])
def test_persian_feeds_are_read_whatever_they_declare(name: str) -> None:
    first, second = rss.parse(read(f"feeds_derived/{name}"), now=NOW)
    assert re.search("سرو[يی]س اسنپ", first.title or "") and "پشت[ي]" not in first.text and "اپل" in first.text
    assert (first.id, second.id) == ("http://127.0.0.1:8091/2026/11/snapp-outage/", "http://127.0.0.1:8091/?p=1")


def test_a_truncated_feed_gives_what_came_and_says_so() -> None:
    feed = rss.read(read("feeds_derived/fa_truncated.rss"), now=NOW)
    assert feed.truncated and [entry.mention.title for entry in feed.entries] == ["گزارش قطعی سرویس اسنپ"]


@pytest.mark.parametrize("name", ["posts_feed.rss", "posts_feed.atom"])
def test_wordpress_posts(name: str) -> None:
    outage, hello = rss.parse(read(f"wordpress/{name}"), now=NOW)
    assert outage.title == "گزارش قطعی سرویس اسنپ"
    assert outage.text == "از ساعت ۱۰ صبح اپلیکیشن اسنپ برای کاربران تهرانی باز نمی‌شود؛ پشتیبانی هم پاسخ نمی‌دهد."
    assert outage.url == "http://127.0.0.1:8091/2026/11/snapp-outage/"
    assert outage.published_at == datetime(2026, 11, 22, 0, 49, 56, tzinfo=UTC) and outage.precision is Precision.SECOND
    assert outage.author and outage.author.name == "admin" and outage.language == "en"
    assert outage.engagement and outage.engagement.comments == 1 and outage.engagement.likes is None
    assert hello.id == "http://127.0.0.1:8091/?p=1" and hello.engagement and hello.engagement.comments == 2


def test_wordpress_comments() -> None:
    mentions = rss.parse(read("wordpress/comments_feed.rss"), now=NOW)
    assert [mention.author and mention.author.name for mention in mentions] == ["سارا", "admin", "A WordPress Commenter"]
    assert mentions[0].text == "قیمت کالا در فروشگاه خیلی بالا رفته، راضی نیستم 😡"
    assert mentions[0].url == "http://127.0.0.1:8091/2026/11/snapp-outage/#comment-3"


@pytest.mark.parametrize("name", ["paged_past_end_404.rss", "unknown_page_feed_200.rss"])
def test_wordpress_feeds_without_items_are_feeds(name: str) -> None:
    assert rss.parse(read(f"wordpress/{name}"), now=NOW) == []


def test_wordpress_rest_answers_are_no_feed() -> None:
    with pytest.raises(CollectError, match="JSON but no feed"):
        rss.parse(read("wordpress/wpjson_posts.json"), now=NOW)


def test_google_news_headlines_lose_their_outlet_and_gain_it_as_a_field() -> None:
    first, second = rss.parse(read("google_news/search_en_trimmed.xml"), now=NOW)
    assert second.title == "Ketanji Brown Jackson criticizes supreme court’s handling of emergency docket"
    assert (second.outlet, second.text, second.author, second.language) == ("The Guardian", "", None, "en")
    assert first.id == "CBMinwFBVV95cUxObDNTMW1VT3pC" and first.url == "https://news.google.com/rss/articles/CBMinwFBVV95cUxObDNTMW1VT3pC?oc=5"
    assert first.published_at == datetime(2026, 9, 25, 13, 53, 48, tzinfo=UTC)


# ---- Mastodon


def cassettes() -> list[tuple[str, str, int, bytes]]:
    found = []
    for path in files("mastodon/cassettes"):
        for exchange in yaml.safe_load(path.read_text())["interactions"]:
            body = exchange["response"]["body"].get("string") or ""
            found.append((path.name, exchange["request"]["uri"], exchange["response"]["status"]["code"],
                          body.encode() if isinstance(body, str) else body))
    return found


def test_recorded_timelines_of_mastodon_give_every_public_status_as_it_stands() -> None:
    tried = 0
    for name, uri, status, body in cassettes():
        if "/timelines/" not in uri or status != 200:
            continue
        statuses: list[dict[str, Any]] = json.loads(body)
        mentions = mastodon.parse(body, now=NOW)
        public = [one.get("reblog") or one for one in statuses]
        public = [one for one in public if one["visibility"] in ("public", "unlisted") and not one["account"]["noindex"]]
        assert [mention.id for mention in mentions] == [one["uri"] for one in public], name
        for mention, one in zip(mentions, public, strict=True):
            assert mention.published_at == datetime.fromisoformat(one["created_at"])
            assert mention.engagement and (
                mention.engagement.likes,
                mention.engagement.shares,
                mention.engagement.comments,
            ) == (one["favourites_count"], one["reblogs_count"], one["replies_count"])
            assert mention.author and mention.author.followers == one["account"]["followers_count"]
            assert mention.author.id.partition("@")[0] == one["account"]["acct"].partition("@")[0] and "@" in mention.author.id
            assert mention.url == one["url"] and mention.language == one["language"] and "<" not in mention.text
        tried += len(mentions)
    assert tried >= 20


def test_an_edited_status_says_when() -> None:
    edited = [
        mention
        for name, uri, status, body in cassettes()
        if name == "test_status_edit.yaml" and re.search(r"/statuses/\d+$", uri)
        for mention in mastodon.parse(body, now=NOW)
    ]
    assert edited and edited[-1].edited_at and edited[-1].edited_at > edited[-1].published_at
    assert edited[-1].text == "the best editor? why, of course it is the KDE Advanced Text Editor, Kate"


@pytest.mark.parametrize(
    "name, count", [("public.json", 5), ("public_p1.json", 2), ("tag_snapp.json", 1), ("search_auth.json", 4)]
)
def test_persian_posts_of_mastodon_mock(name: str, count: int) -> None:
    payload = read(f"mastodon/mock_live/{name}")
    mentions = mastodon.parse(payload, now=NOW)
    assert len(mentions) == count and all(map(storable, mentions))
    assert {mention.author and mention.author.name for mention in mentions} <= {"سارا", "رضا"}


def test_an_error_of_mastodon_is_told_in_its_own_words() -> None:
    with pytest.raises(CollectError, match="Too many requests"):
        mastodon.parse(read("mastodon/mock_live/err_429.json"), now=NOW)


# ---- Telegram


def test_a_channel_page_gives_texts_views_reactions_forwards_and_edits() -> None:
    first, second, third = telegram.parse(read("telegram/synthetic_states/channel_page.html"), now=NOW)
    assert [mention.id for mention in (first, second, third)] == ["testchannel/80", "testchannel/85", "testchannel/99"]
    assert first.text == "First post #alpha see https://example.com and @somebody" and first.url == "https://t.me/testchannel/80"
    assert first.engagement and (first.engagement.views, first.engagement.likes) == (1200, None)
    assert second.engagement and (second.engagement.views, second.engagement.likes) == (980, 15)
    assert (second.reshare_of, first.reshare_of) == ("othersource", None)
    assert (third.edited_at is not None, first.edited_at) == (True, None)
    assert first.published_at == datetime(2026, 8, 1, 10, tzinfo=UTC)
    assert first.author and (first.author.id, first.author.name, first.author.followers) == (
        "testchannel",
        "Test Channel",
        147_000,
    )
    assert telegram.read(read("telegram/synthetic_states/channel_page.html"), now=NOW).following == "80"


def test_real_markup_of_a_post_with_a_photo_and_rounded_reactions() -> None:
    (mention,) = telegram.parse(read("telegram/real_excerpts/message_2026-08_photo_reactions_markup.html"), now=NOW)
    assert (
        mention.text.splitlines()[0] == "اپلیکیشن اسنپ از ساعت ۱۰ صبح برای کاربران تهرانی باز نمی‌شود."
        and "منبع: نمونه" in mention.text
    )
    assert mention.engagement and (mention.engagement.views, mention.engagement.likes) == (3120, 24 + 1 + 7030 + 55_200)
    assert mention.author and (mention.author.id, mention.author.name, mention.author.followers) == (
        "samplechannel",
        "کانال نمونه",
        None,
    )


@pytest.mark.parametrize(
    "name, permanent, said",
    [
        ("group", True, "is a group"),
        ("user", True, "person or a bot"),
        ("private", True, "private"),
        ("restricted", True, "does not show"),
        ("not_found", True, "no channel has this name"),
        ("no_preview", True, "preview switched off"),
        ("no_preview_boilerplate", True, "no public preview"),
        ("no_page_at_all", False, "front page"),
        ("contradiction", False, "served it half"),
    ],
)
def test_each_state_of_a_page_without_posts_has_its_own_sentence(name: str, permanent: bool, said: str) -> None:
    with pytest.raises(CollectError, match=said) as caught:
        telegram.parse(read(f"telegram/synthetic_states/{name}.html"), now=NOW)
    assert caught.value.permanent is permanent


def test_a_channel_that_never_posted_is_empty() -> None:
    assert telegram.parse(read("telegram/synthetic_states/empty_channel.html"), now=NOW) == []
