"""A six-hundred-word tokenizer and a random two-layer encoder, built once: no test here needs the packaged weights or a download."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentiment.models.packaged import Options, PackagedScorer

PRAISE = ("عالی", "خوب", "خوشمزه", "great", "love", "perfect", "سریع", "تمیز")
BLAME = ("بد", "افتضاح", "سرد", "awful", "hate", "broken", "دیر", "گران")
PLAIN = ("غذا", "پیک", "امروز", "ساعت", "app", "order", "phone", "قیمت", "شهر", "meeting", "است", "the")


def sentence(label: str, rng: random.Random) -> str:
    words = rng.choices(PLAIN, k=rng.randint(2, 7))
    for _ in range(2 if label != "neutral" else 0):
        words.insert(rng.randrange(len(words) + 1), rng.choice(PRAISE if label == "positive" else BLAME))
    return " ".join(words)


def write_rows(path: Path, count: int, seed: int, source: str) -> None:
    rng = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for _ in range(count):
        label = rng.choice(("negative", "neutral", "positive"))
        text = sentence(label, rng)
        lang = "fa" if any("؀" <= letter <= "ۿ" for letter in text) else "en"
        rows.append(json.dumps({"text": text, "label": label, "lang": lang, "source": source, "meta": {}}, ensure_ascii=False))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled rows of two sources."""
    folder = tmp_path_factory.mktemp("rows")
    write_rows(folder / "train" / "first.train.jsonl", 300, 1, "first")
    write_rows(folder / "train" / "second.train.jsonl", 200, 2, "second")
    write_rows(folder / "dev" / "first.dev.jsonl", 120, 3, "first")
    return folder


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """config.json, model.safetensors and tokenizer.json of a random BERT with two layers of width 32."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("encoder")
    pieces = ["<s>", "<pad>", "</s>", "<unk>"]
    letters = sorted({letter for word in (*PRAISE, *BLAME, *PLAIN) for letter in word} | set("abcdefghijklmnopqrstuvwxyz0123456789.,!?"))
    pieces += ["▁", *letters, *(f"▁{word}" for word in (*PRAISE, *BLAME, *PLAIN)), "<mask>"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(at) / 10) for at, piece in enumerate(pieces)], unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    width, inner, layers = 32, 64, 2
    rng = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.08, shape).astype(np.float32)

    state = {
        "embeddings.word_embeddings.weight": matrix(len(pieces), width),
        "embeddings.position_embeddings.weight": matrix(64, width),
        "embeddings.token_type_embeddings.weight": matrix(2, width),
        "embeddings.LayerNorm.weight": np.ones(width, np.float32),
        "embeddings.LayerNorm.bias": np.zeros(width, np.float32),
    }
    for at in range(layers):
        root = f"encoder.layer.{at}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            state[f"{root}{part}.weight"], state[f"{root}{part}.bias"] = matrix(width, width), np.zeros(width, np.float32)
        state[f"{root}intermediate.dense.weight"], state[f"{root}intermediate.dense.bias"] = matrix(inner, width), np.zeros(inner, np.float32)
        state[f"{root}output.dense.weight"], state[f"{root}output.dense.bias"] = matrix(width, inner), np.zeros(width, np.float32)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            state[f"{root}{part}.weight"], state[f"{root}{part}.bias"] = np.ones(width, np.float32), np.zeros(width, np.float32)
    save_file(state, folder / "model.safetensors")
    config = {"model_type": "bert", "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": 4, "intermediate_size": inner}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


RECIPE = """
seed = 7
[model]
name = "tiny"
revision = 1
early_layer = 1
aux_layers = [1]
aux_weights = [0.3]
max_tokens = 32
[export]
texts = 40
[calibration]
source_rows = 600
finglish_rows = 100
least_rows = 20
neutral_bias = [-0.2, 0.0, 0.2]
exit_error = 0.01
[schedule]
rows = {rows}
batch = 16
learning_rate = 3e-3
embedding_rate = 3e-3
layer_decay = 0.95
head_rate = 5e-3
warm_up = 0.1
weight_decay = 0.01
clip = 1.0
average = 0.9
checkpoint_minutes = 0.0
head_dropout = 0.1
word_dropout = 0.02
[data]
label_smoothing = 0.05
class_balance = 0.75
[data.two_class]
default = 0.5
[data.weight]
[data.smoothing]
[data.repeats]
second = 0.5
[augmentation]
half_space = 0.2
glue = 0.1
finglish = 0.1
code_mixing = 0.1
double_letter = 0.1
typo = 0.1
punctuation = 0.1
drop_word = 0.1
stray_emoji = 0.1
join_opposite = 0.05
join_same = 0.05
joined_target = [0.36, 0.40, 0.24]
"""


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(RECIPE.replace("{rows}", "1600"))
    return path


@pytest.fixture(scope="session")
def tiny_weights(encoder_folder: Path, data_folder: Path, recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights trained, exported and calibrated by the recipe itself, in a few seconds."""
    from sentiment.training.recipe import train

    out = tmp_path_factory.mktemp("weights")
    list(train(encoder_folder, data_folder, out, recipe=recipe_file))
    return out


@pytest.fixture(scope="session")
def scorer(tiny_weights: Path) -> PackagedScorer:
    return PackagedScorer(Options(weights=tiny_weights, threads=2))


@pytest.fixture
def run_goosh(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`goosh …` with the tiny weights, in this process."""
    from typer.testing import CliRunner

    from listener.cli.sentiment import app

    monkeypatch.setenv("GOOSH_WEIGHTS", str(tiny_weights))
    runner = CliRunner()
    return lambda *arguments, **options: runner.invoke(app, [str(each) for each in arguments], **options)


@pytest.fixture
def run_any(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`goosh …` by its whole list of commands, with the tiny weights."""
    from typer.testing import CliRunner

    from listener import cli

    monkeypatch.setenv("GOOSH_WEIGHTS", str(tiny_weights))
    return lambda *arguments: CliRunner().invoke(cli.app, [str(each) for each in arguments])
