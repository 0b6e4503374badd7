"""How often a label flips when the same post is typed otherwise, and what Finglish costs.

`pytest -s -m benchmark tests/benchmarks/test_sentiment_invariance.py` prints rows for RESULTS.md.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment.evaluation import evaluate
from sentiment.models.packaged import WEIGHTS, Options, PackagedScorer
from tests.shared import shared

pytestmark = pytest.mark.benchmark

FOLDER = Path(os.environ.get("GOOSH_WEIGHTS") or WEIGHTS)
POSTS = 2000
FA = ("snappfood", "snappfood_rated", "digikala_recommend", "deepsentipers", "neshan", "persian_twitter")
EN = ("tweeteval", "brand_products", "apple_dfe", "sst2")
WORD = re.compile(r"[^\W\d_]{3,}")


def rows() -> list[dict[str, str]]:
    """Two thousand dev posts, half of them Persian."""
    folder = shared("data/sentiment/dev")
    rng = random.Random(1)
    found = []
    for names in (FA, EN):
        every = [json.loads(line) for name in names for line in (folder / f"{name}.dev.jsonl").open(encoding="utf-8")]
        found += rng.sample(every, POSTS // 2)
    return found


def in_a_word(change: Callable[[str, random.Random], str]) -> Callable[[str, random.Random], str]:
    def changed(text: str, rng: random.Random) -> str:
        words = list(WORD.finditer(text))
        if not words:
            return text
        at = rng.choice(words)
        return text[: at.start()] + change(at[0], rng) + text[at.end() :]

    return changed


def typo(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word) - 1)
    return rng.choice((word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))


def stretch(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at] * rng.randint(3, 6) + word[at + 1 :]


ARABIC = str.maketrans("یک", "يك")
CHANGES: dict[str, tuple[float, Callable[[str, random.Random], str]]] = {
    "Arabic letters": (0.01, lambda text, rng: text.translate(ARABIC)),
    "kashida": (0.01, in_a_word(lambda word, rng: word[0] + "ـ" * 3 + word[1:] if "\u0600" < word[0] < "\u06ff" else word)),
    "half-space dropped": (0.01, lambda text, rng: text.replace("\u200c", "")),
    "half-space typed as a space": (0.01, lambda text, rng: text.replace("\u200c", " ")),
    "می with a half-space": (0.01, lambda text, rng: re.sub(r"\b(ن?می) (?=[آ-ی])", "\\1\u200c", text)),
    "می glued": (0.03, lambda text, rng: re.sub(r"\b(ن?می)[ \u200c](?=[آ-ی])", r"\1", text)),
    "Persian digits": (0.01, lambda text, rng: text.translate({ord("0") + at: ord("۰") + at for at in range(10)})),
    "handle in front": (0.01, lambda text, rng: f"@{rng.choice(('snappfood', 'united', 'user', 'ali_98'))} {text}"),
    "link behind": (0.01, lambda text, rng: f"{text} https://t.co/{rng.randrange(10**6):x}"),
    "lower case": (0.01, lambda text, rng: text.lower()),
    "upper case": (0.01, lambda text, rng: text.upper()),
    "one stretched word": (0.03, in_a_word(stretch)),
    "one typo": (0.03, in_a_word(typo)),
}


def test_flip_rates() -> None:
    if not (FOLDER / "model.json").exists():
        pytest.skip("the packaged weights are not in this checkout; set GOOSH_WEIGHTS")
    scorer = PackagedScorer(Options(weights=FOLDER))
    texts = [row["text"] for row in rows()]

    def labels(some: list[str]) -> list[str]:
        return [str(analysis.score.label) for analysis in scorer.analyse(some)]

    before = labels(texts)
    print("\n| change | posts it changes | flips among all | among the changed | goal |\n|---|---|---|---|---|")
    for name, (goal, change) in CHANGES.items():
        rng = random.Random(2)
        other = [change(text, rng) for text in texts]
        changed = sum(a != b for a, b in zip(texts, other, strict=True))
        flips = sum(a != b for a, b in zip(before, labels(other), strict=True))
        print(f"| {name} | {changed} | {flips / len(texts):.1%} | {flips / max(changed, 1):.1%} | {goal:.0%} |")


def test_what_finglish_costs() -> None:
    """The Persian dev posts, transliterated with the table learned from the pairs (training draws other spellings from it)."""
    if not (FOLDER / "model.json").exists():
        pytest.skip("the packaged weights are not in this checkout; set GOOSH_WEIGHTS")
    from sentiment.training.finglish import learn, read_pairs, transliterate

    scorer = PackagedScorer(Options(weights=FOLDER))
    lexicon = learn(read_pairs(shared("data/finglish")), scorer.preprocess)
    folder = shared("data/sentiment/dev")
    print("\n| set | n | macro-F1 | in Finglish |\n|---|---|---|---|")
    drops = []
    for name in FA:
        found = [json.loads(line) for line in (folder / f"{name}.dev.jsonl").open(encoding="utf-8")][-500:]
        rng = random.Random(3)
        figures = []
        for texts in ([row["text"] for row in found], [transliterate(scorer.preprocess(row["text"]), lexicon, rng) for row in found]):
            figures.append(evaluate(scorer.outcome(texts).probabilities, [row["label"] for row in found], rounds=10).macro_f1.value)
        drops.append(figures[0] - figures[1])
        print(f"| {name} | {len(found)} | {figures[0]:.3f} | {figures[1]:.3f} |")
    print(f"| mean drop | | | {sum(drops) / len(drops):.3f} |")
