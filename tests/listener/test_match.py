"""Brands, their names and their queries together."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.match import Matcher, highlights
from listener.types import Author, Brand, Match, Mention, MentionKey

AT = datetime(2026, 11, 20, tzinfo=UTC)


def mention(text: str, **more: object) -> Mention:
    return Mention("rss", "1", text, AT, **more)  # type: ignore[arg-type]


def test_a_match_names_mention_brand_and_terms() -> None:
    found = Matcher([Brand("اسنپ")]).match(mention("اسنپ دیر کرد", title="گلایه"), source="news")
    assert found == [Match(MentionKey("rss", "1"), "اسنپ", ("اسنپ",))]


def test_matches_come_in_the_order_of_the_brands_peers_included() -> None:
    matcher = Matcher([Brand("تپسی", peer=True), Brand("اسنپ"), Brand("ماکسیم", peer=True)])
    assert [match.brand for match in matcher.match(mention("اسنپ و تپسی هر دو گران شدند"), source="news")] == ["تپسی", "اسنپ"]


def test_a_query_adds_to_the_names() -> None:
    matcher = Matcher([Brand("میهن", queries=('بستنی AND ("آب شده" OR شکری)',))])
    assert matcher.match(mention("بستنی شکری بود، فقط یخ"), source="news")[0].terms == ("بستنی", "شکری")
    assert matcher.match(mention("دوغ میهن"), source="news")[0].terms == ("میهن",)


def test_the_name_of_a_common_brand_is_no_match_by_itself() -> None:
    matcher = Matcher([Brand("همراه", aliases=("همراه اول",), queries=("همراه (آنتن یا اینترنت)",), common=True)])
    assert matcher.match(mention("همراه خانواده رفتیم"), source="news") == []
    assert matcher.match(mention("همراه اول قطع است"), source="news")[0].terms == ("همراه اول",)
    assert matcher.match(mention("آنتن همراه نداریم"), source="news")[0].terms == ("آنتن", "همراه")


def test_in_a_query_too_a_longer_name_claims_its_place() -> None:
    brands = [Brand("اسنپ", queries=("اسنپ AND دیر",), exclusions=("اسنپ مارکت",), common=True), Brand("اسنپ‌فود")]
    matcher = Matcher(brands)
    assert [match.brand for match in matcher.match(mention("اسنپ فود دیر کرد"), source="news")] == ["اسنپ‌فود"]
    assert matcher.match(mention("اسنپ مارکت دیر کرد"), source="news") == []
    assert [match.brand for match in matcher.match(mention("اسنپ دیر کرد"), source="news")] == ["اسنپ"]


def test_a_negated_word_counts_wherever_it_stands() -> None:
    matcher = Matcher([Brand("اسنپ", queries=('سفر -"اسنپ فود"',), exclusions=("اسنپ فود",))])
    assert matcher.match(mention("سفر با اسنپ فود"), source="news") == []


def test_a_query_by_fields_alone_matches_everything_there_and_says_so() -> None:
    matcher = Matcher([Brand("ما", common=True, queries=("source:our-inbox -استخدام",))])
    assert matcher.match(mention("هرچه"), source="our-inbox") == [Match(MentionKey("rss", "1"), "ما", ("source:our-inbox",))]
    assert matcher.match(mention("استخدام"), source="our-inbox") == []
    assert matcher.match(mention("هرچه"), source="elsewhere") == []
    assert matcher.match(mention(""), source="our-inbox") != []


def test_no_brands_and_empty_texts_match_nothing() -> None:
    assert Matcher([]).match(mention("اسنپ"), source="news") == []
    assert Matcher([Brand("اسنپ")]).match(mention(""), source="news") == []
    assert Matcher([Brand("اسنپ")]).match(mention("🙂🙂"), source="news") == []


def test_terms_can_be_marked_in_the_text() -> None:
    text = "Snapp دیر کرد؛ اسنپ!"
    [match] = Matcher([Brand("اسنپ", aliases=("snapp",))]).match(mention(text), source="news")
    assert [text[start:end] for start, end in highlights(text, match.terms)] == ["Snapp", "اسنپ"]


def test_an_index_changes_no_answer() -> None:
    """Queries are filed under words without which they cannot be true; a matcher of one brand a time must agree."""
    queries = ["غذا", "غذا سرد", "غذا OR سرد", "غذا -سرد", "-غذا", "source:news", "source:news غذا", "غذا OR source:blog",
        "NOT (غذا OR سرد)", "lang:fa (غذا OR NOT سرد)",
               "غذ* OR سر*", '"غذا سرد"', "(غذا OR lang:en) (سرد OR source:news)", "author:x OR سرد"]
    brands = [Brand(f"برند{number}الف", queries=(query,)) for number, query in enumerate(queries)]
    together = Matcher(brands)
    for text in ("", "غذا", "سرد", "غذا سرد", "سرد غذا", "چیز دیگر", "غذاها سرده"):
        for source in ("news", "blog"):
            apart = [match for brand in brands for match in Matcher([brand]).match(mention(text), source=source, language="fa")]
            assert together.match(mention(text), source=source, language="fa") == apart


NAMES = st.sampled_from(["اسنپ", "اسنپ‌فود", "Snapp", "آپ", "H&M", "بانک ملت", "ملت*", "۷۸۰", "DigiKala"])


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.lists(st.sampled_from(
    ["اسنپ", "‌", "فود", " ", "_", "#", "ها", "Snapp", "آپ", "اپ", "H&M", "بانک", "ملت", "۷۸۰", "٬", "ﷲ", "\u064b", "\n", "🙂",
    "kala", "Digi", "\ud800"]), max_size=25).map("".join))
def test_whatever_the_text_the_terms_stand_in_it(names: list[str], text: str) -> None:
    for match in Matcher([Brand(written) for written in names]).match(mention(text), source="news"):
        assert match.terms
        assert all(term in text for term in match.terms)


def test_a_megabyte_of_brand_names_is_matched_in_seconds() -> None:
    matcher = Matcher([Brand("اسنپ", exclusions=("اسنپ مارکت",)), Brand("اسنپ‌فود"), Brand("Sn*")])
    for text in ("اسنپ فود اسنپ مارکت " * 50_000, "اسنپ" * 50_000, "#" + "SnAp" * 50_000, "اسنپ" + "\u064b" * 200_000,
        "اسنپ" + "‌" * 200_000 + "ها"):
        began = time.process_time()
        matcher.match(mention(text), source="news")
        assert time.process_time() - began < 8


@pytest.mark.parametrize(("author", "ours"), [
    ("دیجی‌کالا", True), ("ديجي كالا", True), ("Digikala", True), ("digikala", True), ("طرفدار دیجی‌کالا", False), ("تپسی", False), ("همراه", False), (None, False)])
def test_an_account_that_bears_the_name_of_a_brand_of_ours_speaks_for_us(author: str | None, ours: bool) -> None:
    matcher = Matcher([Brand("دیجی‌کالا", aliases=("Digikala",)), Brand("تپسی", peer=True), Brand("همراه", aliases=("همراه اول",), common=True)])
    mention = Mention("mastodon", "1", "سلام، پیگیری می‌کنیم", datetime(2026, 11, 20, tzinfo=UTC), author=Author("mastodon", "7", name=author) if author else None)
    assert matcher.is_ours(mention) is ours
