"""The recipe end to end on a tiny encoder: train, interrupt, resume, export, guard."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from listener.errors import ScoreError
from sentiment.models.packaged import FILES, Options, PackagedScorer
from sentiment.training.data import LABELS, draw, load, make_row, one_hot
from sentiment.training.recipe import read_recipe, train


def test_the_recipe_learns_what_the_rows_say(tiny_weights: Path) -> None:
    meta = json.loads((tiny_weights / "model.json").read_text())
    assert meta["figures"]["dev_macro_f1"] > 0.8


def test_it_writes_weights_checksums_and_a_card(tiny_weights: Path) -> None:
    assert {*FILES, "checksums.txt", "MODEL_CARD.md"} <= {path.name for path in tiny_weights.iterdir()}
    assert "macro-F1" in (tiny_weights / "MODEL_CARD.md").read_text()


def test_the_same_seed_and_data_give_the_same_scores(encoder_folder: Path, data_folder: Path, recipe_file: Path, tiny_weights: Path, tmp_path: Path) -> None:
    list(train(encoder_folder, data_folder, tmp_path, recipe=recipe_file))
    texts = ["غذا عالی است", "app awful broken", "امروز ساعت"]
    first, second = (PackagedScorer(Options(weights=folder)).outcome(texts).probabilities for folder in (tiny_weights, tmp_path))
    assert np.abs(first - second).max() < 1e-3


def test_an_interrupted_run_resumes_to_the_same_weights(encoder_folder: Path, data_folder: Path, recipe_file: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    from sentiment.preprocess import Preprocessor, ranked_words
    from sentiment.training import loop
    from sentiment.training.augmentation import Augmenter
    from sentiment.training.model import from_pretrained

    recipe = read_recipe(recipe_file)
    tokenizer = Tokenizer.from_file(str(encoder_folder / "tokenizer.json"))
    fold = Preprocessor(ranked_words(tokenizer.get_vocab()))
    rows, dev = load(data_folder, recipe, fold)
    order = draw(rows, {}, 300, 7)

    def run(folder: Path, stop_after: int | None, resume: bool) -> dict[str, torch.Tensor]:
        torch.manual_seed(7)
        network = from_pretrained(encoder_folder, (1,))
        feed = loop.Feed(rows, order, recipe, tokenizer, fold, Augmenter(recipe["augmentation"], {}))
        each = loop.Run(network, recipe, folder)
        assert each.resume() is resume
        if stop_after is not None:

            for line in each.fit(feed, dev, minutes=None):
                if line["chunk"] == stop_after and "loss" not in line:
                    break
        else:
            assert list(each.fit(feed, dev, minutes=None))
        return each.average

    before = loop.CHUNK
    loop.CHUNK = 100
    try:
        run(tmp_path / "a", 2, resume=False)
        resumed = run(tmp_path / "a", None, resume=True)
        assert set(resumed) == set(from_pretrained(encoder_folder, (1,)).state_dict())
        straight = run(tmp_path / "b", None, resume=False)
    finally:
        loop.CHUNK = before
    assert max(float((resumed[name] - straight[name]).abs().max()) for name in resumed) < 1e-4


def test_a_model_that_got_worse_is_refused(encoder_folder: Path, data_folder: Path, recipe_file: Path, tiny_weights: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_weights, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "checkpoints")
    short = tmp_path / "short.toml"
    short.write_text(recipe_file.read_text().replace("rows = 1600", "rows = 64"))
    with pytest.raises(ScoreError, match="refused"):
        list(train(encoder_folder, data_folder, tmp_path / "out", recipe=short))


def test_rows_of_the_dev_sets_and_copies_never_train(tmp_path: Path, recipe_file: Path) -> None:
    for folder, rows in (("train", ("غذا عالی بود", "غذا عالی بود!", "غذا بد بود", "کتاب خوب")), ("dev", ("کتاب، خوب",))):
        (tmp_path / folder).mkdir()
        lines = [json.dumps({"text": text, "label": "positive", "lang": "fa", "source": "s", "meta": {}}) for text in rows]
        (tmp_path / folder / "s.jsonl").write_text("\n".join(lines))
    train_rows, dev = load(tmp_path, read_recipe(recipe_file), str.lower)
    assert [row.text for row in train_rows] == ["غذا عالی بود", "غذا بد بود"]
    assert [row.text for row in dev["s"]] == ["کتاب، خوب"]


def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, recipe_file: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "s.jsonl").write_text('{"text": "a", "label": "neutral"}\nnonsense\n')
    with pytest.raises(ScoreError, match=r"s\.jsonl:2"):
        load(tmp_path, read_recipe(recipe_file), str.lower)


def test_two_class_rows_do_not_teach_never_neutral() -> None:
    from sentiment.training.loop import Batch, loss_of

    logits = torch.tensor([[1.0, 5.0, -1.0]], requires_grad=True)
    batch = Batch(torch.zeros(1, 1), torch.zeros(1, 1), torch.tensor([[1.0, 0.0, 0.0]]), torch.ones(1), torch.ones(1))
    loss_of(logits, batch).backward()
    assert logits.grad is not None and float(logits.grad[0, 1]) == 0.0


def test_sources_are_drawn_in_the_proportions_of_the_recipe() -> None:
    rows = [make_row({"text": str(at), "label": "neutral", "source": "ab"[at % 2]}, one_hot("neutral", 0.0)) for at in range(100)]
    drawn = [rows[at].source for at in draw(rows, {"a": 3.0}, 400, 1)]
    assert (drawn.count("a"), drawn.count("b")) == (300, 100)
    assert draw(rows, {"a": 3.0}, 400, 1) == draw(rows, {"a": 3.0}, 400, 1) != draw(rows, {"a": 3.0}, 400, 2)


def test_smoothed_targets_sum_to_one() -> None:
    for label in LABELS:
        assert sum(one_hot(label, 0.1)) == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["خیلی خوب‌ه، ممنون!", "so good 😂", "", " ", "a", "می‌خوام"])
def test_augmentation_takes_any_text(text: str) -> None:
    import random

    from sentiment.training.augmentation import _ANY_LANGUAGE, Augmenter

    odds = dict.fromkeys(("half_space", "glue", "finglish", "code_mixing", *(name for name, _ in _ANY_LANGUAGE)), 1.0)
    augment = Augmenter(odds, {"خوب": (("khoob", 3),)})
    found = [augment(text, "fa", random.Random(seed)) for seed in range(30)]
    assert all(one.strip() for one in found) or not text.strip()  # a text never loses all its words
    assert found == [augment(text, "fa", random.Random(seed)) for seed in range(30)]  # a seed's draw is its own


def test_finglish_is_learned_from_pairs() -> None:
    import random

    from sentiment.training.finglish import learn, transliterate

    lexicon = learn([("غذا خوب بود", "ghaza khoob bood"), ("این یکی", "something else entirely")], str)
    assert lexicon["خوب"] == (("khoob", 1),)
    assert "این" not in lexicon
    assert not any("؀" <= letter <= "ۿ" for letter in transliterate("غذا خوب نبود، چرا؟", lexicon, random.Random(1)))
