"""Spellings of Persian words in Latin letters, read against the words that are known."""

from __future__ import annotations

import pytest

from listener.text.finglish import Reader, alike, cost, spelled

READER = Reader(["بود", "گوشی", "خراب", "اون", "این", "خواهر", "پشتیبانی", "بد", "بعد", "قبلا", "شکسته", "ون", "غذا", "همه", "هم", "سفارش"])


@pytest.mark.parametrize(("spellings", "word"), [
    ("goshi gooshi gushi guoshi", "گوشی"), ("kharab xarab kharaab", "خراب"), ("poshtibani poshtiebani poshtibanii", "پشتیبانی"), ("oon un", "اون"),
    ("ghablan qablan", "قبلا"), ("khahar", "خواهر"), ("shekaste shekasteh", "شکسته"), ("ghaza qaza gaza", "غذا"), ("hame hameh", "همه"), ("ba'd bad", "بعد"),
    ("sefaresh sefaaresh sefareshe", "سفارش")])
def test_the_spellings_people_use_are_read_as_the_word(spellings: str, word: str) -> None:
    assert {READER.read(spelling) for spelling in spellings.split()} == {word}


def test_an_ending_that_no_known_word_has_is_taken_off() -> None:
    assert READER.read("gooshiamo") == READER.read("gushihatoon") == "گوشی"


@pytest.mark.parametrize("latin", ["refund", "cancel", "zzz", "a", "strengths"])
def test_what_no_known_word_is_spelled_like_is_none(latin: str) -> None:
    assert READER.read(latin) is None


def test_letter_by_letter_costs_nothing_and_other_consonants_are_out_of_the_question() -> None:
    assert cost(spelled("shab"), "شاب") == 0 < cost(spelled("shab"), "شب") < 0.2
    assert cost(spelled("shab"), "شاد") == float("inf") and not alike("شب", "kar")
