"""Strings, counts and ids as every collector needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from listener.collectors.payload import (
    as_windows_1256,
    clean,
    count,
    host_of,
    joined,
    language_tag,
    native_id,
    placed,
    short,
    web_url,
)
from listener.types import Precision

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value, number",
    [
        (None, None),
        (True, None),
        (0, 0),
        (-1, None),
        (2**70, None),
        (3.9, 3),
        (float("nan"), None),
        (float("inf"), None),
        ("", None),
        ("5", 5),
        (" 1 204 ", 1204),
        ("9,767", 9767),
        ("۱٬۲۰۴", 1204),
        ("1.2K", 1200),
        ("55.2k", 55_200),
        ("7.03K", 7030),
        ("1.23456K", 1234),
        ("2B", 2 * 10**9),
        ("۱۲ هزار", 12_000),
        ("٣٫٥ میلیون", 3_500_000),
        ("1.5", 1),
        ("-5", None),
        ("5%", None),
        ("9" * 40, None),
        ({}, None),
    ],
)
def test_a_count_is_whole_and_unknown_is_not_zero(value: object, number: int | None) -> None:
    assert count(value) == number


@pytest.mark.parametrize(
    "value, text",
    [("a\0b", "ab"), ("\ud83d\ude21", "😡"), ("\ud800", "\ufffd"), (None, ""), (5, "5"), ("x" * 1_500_000, "x" * 1_000_000)],
)
def test_clean_text_can_be_stored(value: object, text: str) -> None:
    assert clean(value) == text
    clean(value).encode()


def test_short_is_one_line_or_nothing() -> None:
    assert (short(" a\n b "), short(" \n"), short("x" * 500, 10)) == ("a b", None, "x" * 10)


def test_a_long_id_is_hashed_and_others_are_kept() -> None:
    assert native_id(" 12 ") == "12" and native_id(None) == "" and len(native_id("x" * 500)) == 47


@pytest.mark.parametrize(
    "value, url",
    [
        ("https://e.org/a", "https://e.org/a"),
        (" HTTP://e.org ", "HTTP://e.org"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//e.org", None),
        ("https://", None),
        ("https://e.org/a b", None),
        (None, None),
        ("https://e.org/" + "a" * 9000, None),
    ],
)
def test_only_web_addresses_are_links(value: object, url: str | None) -> None:
    assert web_url(value) == url


@pytest.mark.parametrize(
    "value, tag",
    [
        ("fa-IR", "fa"),
        ("EN", "en"),
        ("zh_CN", "zh"),
        ("ur", "ur"),
        ("", None),
        (None, None),
        ("persian", None),
        ("x-default", None),
        ({}, None),
    ],
)
def test_a_language_is_its_primary_tag(value: object, tag: str | None) -> None:
    assert language_tag(value) == tag


@pytest.mark.parametrize(
    "ahead, precision, kept",
    [
        (timedelta(minutes=5), Precision.SECOND, Precision.SECOND),
        (timedelta(minutes=11), Precision.SECOND, Precision.ESTIMATED),
        (timedelta(hours=8), Precision.DAY, Precision.DAY),
        (timedelta(days=2), Precision.DAY, Precision.ESTIMATED),
    ],
)
def test_nothing_is_placed_ahead_of_now(ahead: timedelta, precision: Precision, kept: Precision) -> None:
    assert placed(NOW + ahead, precision, NOW) == (NOW, kept)


@pytest.mark.parametrize(
    "text, encoding, found",
    [
        ("اين فروشگاه خيلي دير جواب مي دهد و کالا را نياورد", "cp1256", True),
        ("هذا المتجر سيئ جدا ولا أنصح به", "cp1256", True),
        ("این فروشگاه خیلی دیر جواب می‌دهد", "utf-8", False),
        ("Это очень плохой магазин, не советую", "cp1251", False),
        ("Это очень плохой магазин, не советую", "koi8-r", False),
        ("Le café très élégant était fermé à Noël où ça gênait", "cp1252", False),
        ("Çok kötü bir mağaza, hiç önermiyorum, ürünü geç gönderdi", "cp1254", False),
        ("Größe übermäßig schön für Müßiggänger", "cp1252", False),
        ("Αυτό το κατάστημα είναι πολύ κακό", "cp1253", False),
        ("plain", "ascii", False),
    ],
    ids=["persian", "arabic", "utf-8", "russian", "koi8", "french", "turkish", "german", "greek", "ascii"],
)
def test_windows_1256_is_told_from_every_other_alphabet(text: str, encoding: str, found: bool) -> None:
    read = as_windows_1256(text.encode(encoding))
    assert (read == text) if found else read is None


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "https://a:b/", "http://:80/", "http://a:99999999/"])
def test_an_address_that_cannot_be_split_is_no_address(address: str) -> None:
    assert web_url(address) is None and joined("https://blog.example/", address) is None


def test_an_address_is_joined_to_where_it_stood() -> None:
    assert joined("https://blog.example/a/b", "../c?d=1") == "https://blog.example/c?d=1"
    assert joined("https://blog.example/", "javascript:alert(1)") is None and joined("", "c") is None
    assert host_of("https://Blog.example:8080/a") == "blog.example:8080" and host_of("http://[") == ""


def test_an_object_where_a_text_is_looked_for_is_no_text() -> None:
    assert clean({"value": "x"}) == "" == clean(["x"]) and native_id({"a": 1}) == ""
