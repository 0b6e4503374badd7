"""What each lever of the recipe gives: short runs that differ in one of them, measured on the dev sets in float32.

`pytest -s -m benchmark tests/benchmarks/test_sentiment_ablation.py` prints rows for the card: `GOOSH_ABLATION_ROWS` rows a run (24,576
without; some four minutes each on two free cores). A short run says what a lever gives early, with an error of about half a point.
"""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentiment.evaluation import evaluate
from sentiment.preprocess import Preprocessor, ranked_words
from sentiment.training.recipe import PACKAGED, read_recipe
from tests.benchmarks.test_sentiment_invariance import in_a_word, typo
from tests.shared import shared

pytestmark = pytest.mark.benchmark

ROWS = int(os.environ.get("GOOSH_ABLATION_ROWS") or 24_576)
Change = Callable[[dict[str, Any]], None]


def without_augmentation(recipe: dict[str, Any]) -> None:
    recipe["augmentation"] = {name: 0.0 for name in recipe["augmentation"] if name != "joined_target"} | {"joined_target": recipe["augmentation"]["joined_target"]}


LEVERS: dict[str, Change] = {
    "as the recipe says": lambda recipe: None,
    "another seed": lambda recipe: recipe.update(seed=recipe["seed"] + 1),
    "no augmentation": without_augmentation,
    "no balance of classes": lambda recipe: recipe["data"].update(class_balance=0.0),
    "full three-class loss for stars": lambda recipe: recipe["data"].update(two_class={"default": 0.0}),
    "no middle stars": lambda recipe: recipe["data"].update(extra={}),
    "all sets weighted alike": lambda recipe: recipe["data"].update(weight={}, smoothing={}, repeats={}),
    "word embeddings frozen": lambda recipe: recipe["schedule"].update(embedding_rate=1e-12),
    "no layer-wise decay of the rate": lambda recipe: recipe["schedule"].update(layer_decay=1.0),
    "no early head": lambda recipe: recipe["model"].update(aux_weights=[0.0]),
}


@pytest.mark.timeout(0)
def test_what_each_lever_gives(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer

    from sentiment.training import data, finglish, loop, model
    from sentiment.training.augmentation import Augmenter

    encoder, folder = shared("models/encoder-fa-en"), shared("data/sentiment")
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    fold = Preprocessor(ranked_words(tokenizer.get_vocab()))
    lexicon = finglish.learn(finglish.read_pairs(shared("data/finglish")), fold)
    print("\n| run | mean macro-F1 | Persian sets | English sets | one typo flips |\n|---|---|---|---|---|")
    for at, (name, change) in enumerate(LEVERS.items()):
        recipe = copy.deepcopy(read_recipe(PACKAGED))
        recipe["schedule"]["rows"] = ROWS
        recipe["schedule"]["checkpoint_minutes"] = 1e9
        change(recipe)
        rows, dev = data.load(folder, recipe, fold)
        order = data.draw(rows, recipe["data"]["repeats"], ROWS, recipe["seed"])
        torch.manual_seed(recipe["seed"])
        network = model.from_pretrained(encoder, tuple(recipe["model"]["aux_layers"]), recipe["model"]["layers"])
        feed = loop.Feed(rows, order, recipe, tokenizer, fold, Augmenter(recipe["augmentation"], lexicon))
        run = loop.Run(network, recipe, tmp_path / str(at))
        list(run.fit(feed, {}, minutes=None))
        averaged = run.averaged()
        body = model.Mirror(averaged).body

        def logits(texts: list[str], averaged: Any = averaged, body: Any = body, limit: int = recipe["model"]["max_tokens"]) -> np.ndarray:
            return loop.predict(averaged, texts, tokenizer, fold, limit, body=body)[averaged.shape.layers]

        scores: dict[str, list[float]] = {"fa": [], "en": []}
        flips: list[bool] = []
        rng = random.Random(2)
        for found in dev.values():
            some = found[:600]
            texts = [row.text for row in some]
            before = logits(texts)
            chances = np.exp(before - before.max(1, keepdims=True))
            scores["fa" if some[0].lang == "fa" else "en"].append(evaluate(chances / chances.sum(1, keepdims=True), [row.label for row in some], rounds=10).macro_f1.value)
            flips += (logits([in_a_word(typo)(text, rng) for text in texts[:200]]).argmax(1) != before[:200].argmax(1)).tolist()
        both = [*scores["fa"], *scores["en"]]
        print(f"| {name} | {np.mean(both):.3f} | {np.mean(scores['fa']):.3f} | {np.mean(scores['en']):.3f} | {np.mean(flips):.1%} |", flush=True)
