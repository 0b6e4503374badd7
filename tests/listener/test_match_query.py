"""The query language: what it means and where it points when it cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.errors import ListenerError
from listener.match import Matcher, QueryError, parse_query
from listener.types import Author, Brand, Mention

AT = datetime(2026, 11, 20, tzinfo=UTC)


def holds(query: str, text: str, *, source: str = "news", language: str | None = None, author: Author | None = None,
    title: str | None = None) -> bool:
    matcher = Matcher([Brand("بی‌نام‌ونشان", queries=(query,))])
    return bool(matcher.match(Mention("rss", "1", text, AT, author=author, title=title), source=source, language=language))


TRUE = [
    ("تاخیر", "باز هم تاخیر داشت"), ("تاخیر", "تأخيرها زیاد شده"), ("مرجوعی", "مرجوعیشون رو نگرفتن"),
    ("دیر کرد", "کرد که دیر برسد"),
    ("دیر AND کرد", "دیر کرد"), ("دیر و کرد", "دیر کرد"), ("دیر OR زود", "زود آمد"), ("دیر یا زود", "زود آمد"),
    ("دیر یا زود", "دیر آمد"),
    ("غذا NOT سرد", "غذا گرم بود"), ("غذا نه سرد", "غذا گرم بود"), ("غذا -سرد", "غذا گرم بود"), ("NOT سرد", "گرم"),
    ('"دیر رسید"', "پیک دیر رسید"), ("«دیر رسید»", "پیک دیر رسید"), ("“did not arrive”", "it did not arrive"),
    ('"دیر رسید"', "دیر  رسید"),
    ('"دیجی کالا"', "دیجی‌کالا"), ("refund*", "they refunded me"), ("تحویل*", "تحویلدار نبود"), ("(a OR b) c", "c and b"),
    ("a OR b c", "a"), ("a (b OR (c -d))", "a c"),
    ("نه (سرد یا بد)", "خوب بود"), ("AND_gate", "the AND gate"), ('"or"', "this or that"), ('"نه"', "نه نمی‌خوام"),
    ("refund AND late or lost", "lost"),
    ("rEfUnD", "REFUND"), ("۱۲۳", "کد 123"), ("c-3po", "c-3po is here"), ("-سرد غذا", "غذا"),
    ("#پشتیبانی_افتضاح", "پشتیبانی افتضاح"),
    ("NOT (NOT سرد)", "سرد بود"), ("غذا AND NOT سرد", "غذا گرم"), ("(((غذا)))", "غذا"), ("\u200fغذا\u200f", "غذا"),
]
FALSE = [
    ("تاخیر", "تاخیرپذیر"), ("دیر کرد", "دیر آمد"), ("دیر OR زود", "به‌موقع"), ("غذا -سرد", "غذا سرد بود"),
    ('"دیر رسید"', "رسید ولی دیر"), ('"دیر رسید"', "دیر، رسید"),
    ("a OR b c", "b"), ("NOT سرد", "سرد"), ("نه (سرد یا بد)", "بد بود"), ("refund", "refunds"), ("(a OR b) c", "a b"),
    ("a", ""),
    ("غذا AND NOT سرد", "غذا سرد"), ("NOT (NOT سرد)", "گرم بود"),
]


@pytest.mark.parametrize(("query", "text"), TRUE)
def test_queries_that_hold(query: str, text: str) -> None:
    assert holds(query, text)


@pytest.mark.parametrize(("query", "text"), FALSE)
def test_queries_that_do_not_hold(query: str, text: str) -> None:
    assert not holds(query, text)


ALI = Author("mastodon", "@Ali_Rezaei@m.social", name="علی رضایی")


def test_fields_say_where_who_and_in_which_language() -> None:
    assert holds("source:news", "هرچه")
    assert holds("منبع:rss", "هرچه")
    assert not holds("source:blog", "هرچه")
    assert holds("source:bazaar*", "هرچه", source="bazaar-reviews")
    assert holds("lang:fa", "سفارشم نرسید")
    assert holds("زبان:فارسی", "هرچه", language="fa")
    assert not holds("lang:en", "هرچه", language="fa")
    assert holds("lang:finglish", "sefaresham nareside hanooz")
    assert holds("author:ali_rezaei@m.social", "هرچه", author=ALI)
    assert holds("نویسنده:«علي رضايي»", "هرچه", author=ALI)
    assert holds("author:@ali*", "هرچه", author=ALI)
    assert not holds("author:reza", "هرچه", author=ALI)
    assert not holds("author:ali", "هرچه")
    assert holds("غذا (source:blog OR lang:fa) -author:reza", "غذا", language="fa", author=ALI)


def test_a_title_is_matched_with_the_text() -> None:
    assert holds("باتری AND صفحه", "صفحه خوب است", title="باتری ضعیف")
    assert not holds('"ضعیف صفحه"', "صفحه خوب است", title="باتری ضعیف")


@pytest.mark.parametrize(("query", "column", "part"), [
    ("", 1, "empty"), ("   ", 1, "empty"), ("a AND", 3, "on its right"), ("OR a", 1, "on its left"),
    ("a OR OR b", 3, "on its right"), ("a NOT", 3, "on its right"),
    ("(a", 1, "never closed"), ("a (", 3, "never closed"), ("a)", 2, "closes nothing"), ("a ()", 3, "empty"),
    ('a "b', 3, "never closed"), ("a «b", 3, "never closed"), ("a b»", 4, "closes nothing"),
    ("site:x", 1, "allowed: source:, lang:, author:"), ("سایت:x", 1, "منبع:"), ("lang:xx", 6, "allowed: fa, en"),
    ("زبان:روسی", 6, "allowed: fa"), ("source:", 8, "needs a value"),
    ("source:(a OR b)", 8, "one value"), ("a*b", 2, "only at the end"), ("*", 1, "no letter"), ("a*", 1, "two letters"),
    ("a - b", 3, "directly before"), ("!!!", 1, "no letter"),
    ('a ""', 3, "no letter"), ("author:@", 8, "no letter"), ("غذا یا", 5, "on its right"), ("https://x.ir", 1, "in quotes"),
    ("a AND (b OR c", 7, "never closed"),
    ("(" * 100 + "a" + ")" * 100, 61, "simplify"), ("a " * 20_000, 20_001, "longer than"),
])
def test_an_error_points_at_its_column_and_says_what_is_allowed(query: str, column: int, part: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse_query(query)
    assert raised.value.column == column
    assert part in raised.value.message
    assert isinstance(raised.value, ListenerError) and isinstance(raised.value, ValueError)
    if query.strip() and len(query) < 100:
        assert str(raised.value).splitlines()[-1] == " " * (column - 1) + "^"


def test_a_name_without_letters_is_an_error_that_names_it() -> None:
    with pytest.raises(QueryError, match="!!!"):
        Matcher([Brand("!!!")])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["(", ")", '"', "«", "»", "AND", "یا", "نه", "-", "*", "a", "غذا", "source:", "lang:fa", " ",
    ":", "\u200c", "🙂"]), max_size=14).map("".join) | st.text(max_size=20))
def test_any_query_is_understood_or_refused_at_a_column(text: str) -> None:
    try:
        root = parse_query(text).root
    except QueryError as error:
        assert 1 <= error.column <= len(text) + 1
        assert error.message
    else:
        assert root
        holds(text, "غذا a سرد")
