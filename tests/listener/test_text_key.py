"""One spelling for matching: what is one, what stays two, and the way back to the text."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.text import Gap, fold, matching_key, search_form

ONE_BRAND = ["دیجی‌کالا", "دیجی کالا", "دیجیکالا", "ديجي‌كالا", "دیجی_کالا", "#دیجی_کالا", "دیـجی‌کالا", "دیجى کالا",
             "دِیجی‌کالا", "دیجی-کالا", "ﺩﯾﺠﯽ ﮐﺎﻻ", "دیجی\u200f‌کالا", "«دیجی‌کالا»", "ديجي‌ڪالا", "دیجی\xa0کالا",
             "دیجیــکــالا"]


@pytest.mark.parametrize("written", ONE_BRAND)
def test_every_spelling_of_one_brand_has_one_key(written: str) -> None:
    assert matching_key(written) == "دیجیکالا"


@pytest.mark.parametrize(("left", "right"), [
    ("يك", "یک"), ("كيفيت", "کیفیت"), ("مؤسسه", "موسسه"), ("أسامة", "اسامه"), ("إيران", "ایران"), ("ٱلله", "الله"),
    ("ﷲ", "الله"),
    ("خانۀ ما", "خانه ما"), ("خانهٔ", "خانه"), ("آسیا", "اسیا"), ("مسئول", "مسیول"), ("شيء", "شی"),
    ("ہمراہ", "همراه"), ("ھمراه", "همراه"), ("ئەم", "یهم"), ("علىٰ", "علی"), ("گرامۍ", "گرامی"), ("ﻻﻟﻪ", "لاله"),
    ("۷۸۰", "780"), ("٧٨٠", "780"), ("７８０", "780"), ("④", "4"),
    ("SNAPP", "snapp"), ("Ｓｎａｐｐ", "snapp"), ("𝐒𝐧𝐚𝐩𝐩", "snapp"), ("Nestlé", "nestle"), ("İstanbul", "istanbul"),
    ("Straße", "strasse"),
    ("L'Oréal", "loreal"), ("7-Eleven", "7eleven"), ("Booking.com", "bookingcom"), ("#Snapp_Food", "snappfood"),
])
def test_two_spellings_have_one_key(left: str, right: str) -> None:
    assert matching_key(left) == matching_key(right)


@pytest.mark.parametrize(("left", "right"), [("اسنپ", "اسنب"), ("گل", "کل"), ("تپسی", "تپس"), ("سیب", "سبب"), ("snapp", "snap"),
    ("ذرت", "زرت")])
def test_two_words_keep_two_keys(left: str, right: str) -> None:
    assert matching_key(left) != matching_key(right)


def test_a_key_without_letters_is_empty() -> None:
    assert matching_key(" ‌ـ!؟🙂\x00\u202e") == ""


def test_search_form_keeps_words_apart_and_joins_half_spaces() -> None:
    assert search_form("  «می‌شود»، #پشتیبانی_افتضاح!\nDigiKala٢") == "میشود پشتیبانی افتضاح digikala2"


@pytest.mark.parametrize(("between", "gap"), [
    ("", Gap.NONE), ("ـ", Gap.NONE), ("\u200f", Gap.NONE), ("ِ", Gap.NONE), ("‌", Gap.JOIN), (" ", Gap.SPACE), ("_", Gap.SPACE),
    ("‌ ", Gap.SPACE), ("-", Gap.SPACE), ("\n", Gap.HARD), ("، ", Gap.HARD), ("🙂", Gap.HARD), (". ", Gap.HARD),
    ("\x00", Gap.HARD),
])
def test_the_widest_sign_between_two_letters_is_the_gap(between: str, gap: Gap) -> None:
    folded = fold(f"الف{between}ب")
    assert folded.gap(3) == gap
    assert folded.gap(1) == Gap.NONE


def test_letters_are_shown_as_they_were_written() -> None:
    text = "از ديـجي‌كالاً خریدم ﷲ"
    folded = fold(text)
    start = folded.key.index("دیجیکالا")
    assert folded.original(start, start + 8) == "ديـجي‌كالاً"
    assert folded.original(folded.key.index("الله"), len(folded.key)) == "ﷲ"


ANY_TEXT = st.text(alphabet=st.one_of(st.characters(),
    st.sampled_from("اآأيیىكکهةۀؤئء‌ـ_#-  \n۱۲٣4snaPPßİﷲﻻ\u064b\u202e🙂👨‍👩‍👧\ud800")), max_size=60)


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_folding_any_text_twice_changes_nothing(text: str) -> None:
    key, search = matching_key(text), search_form(text)
    assert matching_key(key) == key
    assert search_form(search) == search
    assert search.replace(" ", "") == key


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_normal_forms_do_not_change_the_key(text: str) -> None:
    assert matching_key(unicodedata.normalize("NFD", text)) == matching_key(unicodedata.normalize("NFC", text))


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT)
def test_every_letter_of_the_key_knows_its_place(text: str) -> None:
    folded = fold(text)
    assert folded.key == matching_key(text)
    assert len(folded.at) == len(folded.key)
    assert list(folded.at) == sorted(folded.at)
    for place in range(len(folded.key)):
        assert folded.key[place] in matching_key(text[folded.at[place]])
        assert folded.gap(place) in set(Gap)


def test_time_grows_with_length_and_no_faster() -> None:
    text = "دیجی‌کالا سفارش را نرساند، #پشتیبانی ﷲ e\u0301 "
    matching_key(text)

    def cost(times: int) -> float:
        began = time.process_time()
        fold(text * times)
        search_form(text * times)
        return time.process_time() - began

    assert cost(24_000) < 40 * max(cost(2_400), 0.002)  # 1 MB; ten times the text
