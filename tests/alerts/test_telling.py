"""Phrases that complaints of late say and those before them did not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.topics import telling
from alerts.topics.telling import LEAST

EARLIER = ["پیک دیر آمد و غذا سرد بود", "غذا سرد بود", "پیک دیر رسید"] * 8
LATE = ["سفارشم را لغو کردند و بازگشت پول ندادند", "سه روز است منتظر بازگشت پول هستم", "بازگشت پول کجاست؟", "غذا سرد بود", "غذا سرد بود"]


def test_what_is_new_stands_before_what_was_always_said() -> None:
    found = telling(LATE, EARLIER)
    assert [(one.words, one.now, one.before) for one in found] == [("بازگشت پول", 3, 0)]


def test_a_phrase_of_two_is_a_habit_and_no_phrase() -> None:
    assert telling(LATE[:2], EARLIER) == () and telling([], EARLIER) == () and telling([], []) == ()


def test_a_brand_says_nothing_of_itself() -> None:
    said = ["پیک‌سبز پولم را خورد", "پیک سبز پولم را نداد", "#پیک_سبز پولم"] * 2
    assert [one.words for one in telling(said, [], ["پیک‌سبز"])] == ["پولم"]


def test_a_phrase_is_written_as_most_people_write_it() -> None:
    said = ["پشتیبانی جواب نمی‌دهد", "پشتیبانی جواب نمی‌دهد", "پشتيباني جواب نمی دهد"]
    assert telling(said, [])[0].words.startswith("پشتیبانی")


def test_phrases_share_no_word_and_are_as_many_as_asked_at_most() -> None:
    found = telling(["app crashes on login", "app crashes on login", "login app crashes", "refund never came", "refund never came", "refund never came"], [], most=2)
    words = [word for one in found for word in one.words.split()]
    assert len(found) <= 2 and len(words) == len(set(words))


@pytest.mark.parametrize("most", [1, 10])
@given(now=st.lists(st.text(max_size=60), max_size=8), before=st.lists(st.text(max_size=60), max_size=8))
def test_whatever_strangers_write_counts_stay_counts(most: int, now: list[str], before: list[str]) -> None:
    found = telling(now, before, most=most)
    assert len(found) <= most and all(LEAST <= one.now <= len(now) and 0 <= one.before <= len(before) for one in found)
    assert telling(now, before, most=most) == found
