"""What the packaged form (int8, early exit) changes against the trained network in float32, every layer.

`GOOSH_TRAINED=out pytest -s -m benchmark tests/benchmarks/test_sentiment_agreement.py`, where `out` is the folder `goosh train` wrote:
its checkpoint is the float32 network. Prints rows for RESULTS.md and the card.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from sentiment.evaluation import evaluate
from sentiment.models.packaged import Options, Outcome, PackagedScorer
from sentiment.training.recipe import PACKAGED, read_recipe, seal
from tests.benchmarks.test_sentiment_invariance import rows
from tests.shared import shared

pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module")
def trained() -> Path:
    folder = Path(os.environ.get("GOOSH_TRAINED") or ".")
    if not (folder / "checkpoints" / "state.pt").exists():
        pytest.skip("set GOOSH_TRAINED to a folder that goosh train wrote, with its checkpoints")
    return folder


@pytest.fixture(scope="module")
def float32(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights as a float32 graph, with the calibration of the packaged form."""
    import torch

    from sentiment.training import export
    from sentiment.training.model import from_pretrained

    model = read_recipe(PACKAGED)["model"]
    network = from_pretrained(shared("models/encoder-fa-en"), tuple(model["aux_layers"]), model.get("layers"))
    network.load_state_dict(torch.load(trained / "checkpoints" / "state.pt", map_location="cpu", weights_only=True)["average"])
    network.eval()
    early, last = model["early_layer"], network.shape.layers
    folder = tmp_path_factory.mktemp("float32")
    export.write(export.build(network, early, last, None), export.heads_of(network, early, last), folder)
    shutil.copyfile(trained / "tokenizer.json", folder / "tokenizer.json")
    seal(folder, json.loads((trained / "model.json").read_text(encoding="utf-8")))
    return folder


def scored(folder: Path, early_exit: bool, texts: list[str]) -> Outcome:
    return PackagedScorer(Options(weights=folder, early_exit=early_exit)).outcome(texts)


def test_labels_against_float32(trained: Path, float32: Path) -> None:
    texts = [row["text"] for row in rows()]
    exact = scored(float32, False, texts)
    print("\n| compared with float32, every layer | labels equal | mean change of a probability |\n|---|---|---|")
    for name, folder, early_exit in (("int8, every layer", trained, False), ("float32, early exit", float32, True), ("int8, early exit (as packaged)", trained, True)):
        found = scored(folder, early_exit, texts)
        same = (found.probabilities.argmax(1) == exact.probabilities.argmax(1)).mean()
        print(f"| {name} | {same:.1%} | {np.abs(found.probabilities - exact.probabilities).mean():.4f} |")


def test_points_lost_on_each_dev_set(trained: Path, float32: Path) -> None:
    print("\n| dev set | n | float32, every layer | as packaged | points |\n|---|---|---|---|---|")
    for path in sorted(shared("data/sentiment/dev").glob("*.jsonl")):
        found = [json.loads(line) for line in path.open(encoding="utf-8")]
        texts, labels = [row["text"] for row in found], [row["label"] for row in found]
        exact, packaged = (evaluate(scored(folder, early, texts).probabilities, labels, rounds=10).macro_f1.value for folder, early in ((float32, False), (trained, True)))
        print(f"| {path.stem.removesuffix('.dev')} | {len(labels):,} | {exact:.4f} | {packaged:.4f} | {100 * (packaged - exact):+.2f} |")
