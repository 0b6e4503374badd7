"""What posts say in numbers: one thing said in two languages has numbers in common, whatever its ending and spelling."""

from __future__ import annotations

import numpy as np
import pytest

from listener.meaning import WIDTH, sought, told
from listener.meaning.lexicon import lexicon
from listener.meaning.words import FIRST_WORD, tokens, words
from listener.text import search_form


def shared(one: str, other: str) -> set[int]:
    return set(told(one).tolist()) & set(told(other).tolist()) - {0}


@pytest.mark.parametrize(("persian", "english"), [
    ("بسته شکسته رسید", "the parcel is broken"), ("پولم را پس ندادند", "no refund"), ("چمدانم گم شد", "they lost my luggage"),
    ("پیک بی‌ادب بود", "a rude courier"), ("بسته‌بندی بد", "poor packaging"), ("برنامه هنگ می‌کند", "the app freezes")])
def test_one_thing_said_in_two_languages_has_numbers_in_common(persian: str, english: str) -> None:
    assert shared(persian, english)


@pytest.mark.parametrize(("one", "other"), [
    ("کتاب‌هایشان", "کتاب"), ("می شود دید", "میشود دید"), ("بسته بندی", "بسته‌بندی"), ("refunded", "refunds"), ("كتاب", "کتاب")])
def test_endings_and_spellings_make_no_difference(one: str, other: str) -> None:
    assert shared(one, other)


@pytest.mark.parametrize(("one", "other"), [("کیفیت", "کیف"), ("دستگاه", "دست"), ("صفحه", "صف"), ("dentist", "dent"), ("فوتبال", "فوت")])
def test_a_beginning_is_not_taken_for_the_word(one: str, other: str) -> None:
    assert set(lexicon().of_word(one)).isdisjoint(lexicon().of_word(other))


def test_a_post_keeps_its_rarest_numbers_and_nothing_is_a_row_of_zeros() -> None:
    long = told(" ".join(f"word{n}" for n in range(500)))
    assert len(long) == WIDTH and (long > 0).all() and len(set(long.tolist())) == WIDTH
    assert not told("").any() and not told("!!! 😀 the and و از").any()


def test_every_meaning_has_a_number_and_a_rarity_of_its_own() -> None:
    assert len(words().meanings) == len(lexicon().words) < FIRST_WORD  # words.npz belongs to this lexicon: make it again after a change
    assert (words().rarity[1:1 + len(lexicon().words)] > 0).all()


def test_a_post_that_says_all_of_it_scores_more_than_one_that_says_a_part_and_nothing_scores_nothing() -> None:
    rows = np.stack([told(text) for text in ("غذا سرد بود", "غذا دیر رسید", "هوا ابری است")])
    which, scores = sought("cold food").score(rows)
    assert which.tolist()[:2] == [0, 1] and scores[0] > scores[1] and 2 not in which[scores > 0.1]
    assert len(sought("").score(rows)[0]) == 0


def test_two_words_for_one_thing_count_once() -> None:
    rows = np.stack([told("refund reimburse moneyback"), told("refund")])
    _, scores = sought("بازپرداخت").score(rows)
    assert scores[0] <= scores[1]


@pytest.mark.parametrize(("finglish", "other"), [
    ("goshi kharab bud, pool ro pas nadadan", "گوشی خراب بود، پولم را پس ندادند"), ("gooshish kharabe pulam pas nemidan", "the phone is broken and no refund"),
    ("chamedoonam gom shod", "چمدانم گم شد"), ("پیک بی‌ادب بود", "peike bi adabi ferestadin"), ("poshtibani javab nemide", "poshtiboonitoon asan javab nadad")])
def test_persian_in_latin_letters_says_what_it_says_in_its_own(finglish: str, other: str) -> None:
    assert len(shared(finglish, other)) > 1


@pytest.mark.parametrize("text", ["bad pool, sad kids, no refund", "I dare you to fix the app", "Samsung Galaxy froze again", "پشتیبانی Samsung بد بود", "😀 ok"])
def test_english_is_not_taken_for_finglish(text: str) -> None:
    assert tokens(text) == search_form(text).split()


def test_an_english_word_among_finglish_ones_stays_english() -> None:
    assert {"cancel", "پولم"} <= set(tokens("mikham cancel konam poolam bargarde"))
