"""What cannot change a label is folded away before the model sees it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.preprocess import HEAD_CHARS, TAIL_CHARS, Preprocessor, clip, ranked_words

WORDS = {word: rank for rank, word in enumerate(("so", "god", "soo", "good", "عالی", "خیلی", "ممنون", "love"))}
fold = Preprocessor(WORDS)


@pytest.mark.parametrize(("written", "also"), [
    ("كتاب هاي علي", "کتاب‌های علی"),
    ("می‌خواهم", "می خواهم"),
    ("می‌خواهم", "میخواهم"),
    ("نمی دونم", "نمی‌دونم"),
    ("بزرگ ترین", "بزرگ‌ترین"),
    ("قیمت ۱۲۳ تومان", "قیمت 123 تومان"),
    ("قیمت ٤٥٦", "قیمت ۴۵۶"),
    ("سلاااام", "سلام"),
    ("خیلیییییی عاااالی", "خیلی عالی"),
    ("مـــمـــنون", "ممنون"),
    ("مُمنونَم", "ممنونم"),
    ("@user غذا بد بود", "غذا بد بود"),
    ("غذا بد بود http://t.co/abc", "غذا بد بود"),
    ("RT @x: hello", "hello"),
    ("GREAT Service", "great service"),
    ("ｇｒｅａｔ", "great"),
    ("do n't go , please", "don't go, please"),
    ("it’s", "it's"),
    ("#WorstFlightEver", "worst flight ever"),
    ("#بدترین_غذا", "بدترین غذا"),
    ("ok :)", "ok 🙂"),
    ("ok :((((", "ok 😭"),
    ("👍🏽", "👍"),
    ("❤️", "<3"),
    ("a &amp; b", "a & b"),
    ("goooood", "good"),
    ("sooooo", "so"),
    ("بد!!!!!!!!", "بد!!!"),
    ("پشتیبانی info@example.com", "پشتیبانی"),
])  # fmt: skip
def test_two_spellings_become_one(written: str, also: str) -> None:
    assert fold(written) == fold(also)


@pytest.mark.parametrize("text", ["8) point", "note: do", "10:30", "۳۰۰۰", "a/b", "میز", "دوهزار"])
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    assert fold(text) == text.translate({ord("۳"): "3", ord("۰"): "0"})


@given(st.text(st.characters(), max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_becomes_valid_lower_case_text(text: str) -> None:
    found = fold(text)
    found.encode("utf-8")
    assert "\u200c" not in found and "  " not in found and found == found.strip()
    assert not any(unicodedata.category(letter) == "Cs" for letter in found)


@given(st.text(st.sampled_from("abآبی می‌‌هاx!؟.@#:)( ۱2"), max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_handle_and_a_link_change_nothing(text: str) -> None:
    assert fold(f"@someone {text} https://example.org/x") == fold(f" {text} ")


def test_a_long_text_keeps_head_and_tail() -> None:
    found = clip("h" * 9000 + "t" * 9000)
    assert len(found) == HEAD_CHARS + TAIL_CHARS + 1
    assert (found[0], found[-1]) == ("h", "t")


def test_words_of_a_vocabulary_are_its_whole_pieces() -> None:
    assert ranked_words({"▁good": 7, "ood": 8, "▁": 9}) == {"good": 7}
