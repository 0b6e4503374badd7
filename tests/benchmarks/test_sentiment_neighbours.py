"""Whether a complaint finds its translation by embedding: what topics and search across the two languages rest on.

`pytest -s -m benchmark tests/benchmarks/test_sentiment_neighbours.py` prints rows for the card.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from sentiment.models.packaged import WEIGHTS, Options, PackagedScorer

pytestmark = pytest.mark.benchmark

PAIRS = (
    ("پیک خیلی دیر رسید", "The courier arrived very late"),
    ("غذا سرد بود", "The food was cold"),
    ("پولم را پس ندادند", "They did not refund my money"),
    ("اپلیکیشن مدام بسته می‌شود", "The app keeps crashing"),
    ("پشتیبانی جواب نمی‌دهد", "Support does not answer"),
    ("قیمت‌ها خیلی گران شده", "Prices have become too high"),
    ("چمدانم گم شد", "My suitcase was lost"),
    ("پرواز ما لغو شد", "Our flight was cancelled"),
    ("بسته پاره و شکسته به دستم رسید", "The package arrived torn and broken"),
    ("رمز پویا ارسال نمی‌شود", "The one-time password is not sent"),
    ("کارمند بی‌ادب بود", "The employee was rude"),
    ("باتری گوشی زود خالی می‌شود", "The phone battery drains fast"),
)


def test_complaints_find_their_translations() -> None:
    scorer = PackagedScorer(Options(weights=Path(os.environ.get("GOOSH_WEIGHTS") or WEIGHTS), threads=1))
    early, last, _ = scorer.features([persian for persian, _ in PAIRS] + [english for _, english in PAIRS])
    right = np.arange(len(PAIRS))
    print("\n| state, centred per language | Persian finds English | English finds Persian |\n|---|---|---|")
    for name, states in (("after the early layer (what analyses carry)", early), ("after the last layer", last)):
        sides = [side - side.mean(0) for side in (states[: len(PAIRS)], states[len(PAIRS) :])]
        persian, english = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides)
        alike = persian @ english.T
        print(f"| {name} | {(alike.argmax(1) == right).sum()} of {len(PAIRS)} | {(alike.argmax(0) == right).sum()} of {len(PAIRS)} |")
