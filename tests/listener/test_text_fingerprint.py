"""Copies of one text carry one mark, whatever their places add to it."""

from __future__ import annotations

import pytest

from listener.text import fingerprint

TEXT = "سه روز است که سفارشم از دیجی‌کالا نرسیده و هیچ‌کس جواب نمی‌دهد"


@pytest.mark.parametrize("copy", [
    TEXT.replace("ی", "ي").replace("ک", "ك"), TEXT.replace("\u200c", " "), f"RT @sara: {TEXT}", f"{TEXT} https://t.co/Ab1?x=2",
    f"{TEXT}\n\n@digi_news | t.me/digi_news/77", f"🔴 {TEXT}!!! 😡", f"{TEXT} @sara@mastodon.example", f"\u202b{TEXT}\u202c",
], ids=["Arabic letters", "no ZWNJ", "retweet", "link", "signature", "emoji", "fediverse handle", "bidi marks"])
def test_a_copy_has_the_mark_of_its_text(copy: str) -> None:
    assert fingerprint(copy) == fingerprint(TEXT) is not None


@pytest.mark.parametrize("other", [TEXT + " دیگر نمی‌خرم", TEXT.replace("سه", "دو"), "Digikala has not sent my parcel in three days"])
def test_another_text_has_another(other: str) -> None:
    assert fingerprint(other) != fingerprint(TEXT)


@pytest.mark.parametrize("short", ["", "عالی بود ممنون", "thanks for sharing", "https://example.test/a/very/long/address/indeed", "😡" * 40])
def test_what_is_too_short_to_be_anybodys_own_has_none(short: str) -> None:
    assert fingerprint(short) is None


def test_an_address_of_mail_is_part_of_the_text() -> None:
    assert fingerprint("write to support@digikala.example for your refund") != fingerprint("write to sales@shop.example for your refund")


def test_half_a_pair_of_surrogates_does_no_harm() -> None:
    assert fingerprint(TEXT + "\ud800") is not None
