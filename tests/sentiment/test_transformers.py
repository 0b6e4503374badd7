"""Any hub model: here a random one in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import transformers

from listener.errors import ScoreError
from sentiment.models.transformers import Options, TransformersScorer, columns_of


@pytest.fixture(scope="module")
def folder(encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hub") / "model"
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(encoder_folder / "tokenizer.json"), pad_token="<pad>", unk_token="<unk>", mask_token="<mask>")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64, max_position_embeddings=160,
        num_labels=3, id2label={0: "Sad", 1: "middling", 2: "Happy"}, label2id={"Sad": 0, "middling": 1, "Happy": 2},
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def test_a_folder_scores_with_mapped_labels(folder: Path) -> None:
    scorer = TransformersScorer(Options(model=str(folder), labels={"middling": "neutral"}))
    texts = ["غذا عالی است", "app", "", "\ud800x", "خوب " * 3000]
    found = [analysis.score for analysis in scorer.analyse(texts)]
    assert scorer.name == "model@local" and found[0].language == "fa"
    assert all(abs(each.negative + each.neutral + each.positive - 1) < 1e-5 for each in found)
    alone = [scorer.analyse([text])[0].score.negative for text in texts]
    assert alone == pytest.approx([each.negative for each in found], abs=1e-5)


def test_an_unknown_class_is_named(folder: Path) -> None:
    with pytest.raises(ScoreError, match="class 'middling' is unknown; map 'Sad', 'middling', 'Happy'"):
        TransformersScorer(Options(model=str(folder)))


def test_two_classes_of_one_kind_add_up() -> None:
    assert columns_of({0: "angry", 1: "sad", 2: "neutral", 3: "happy"}, Options(model="x", labels={"angry": "negative"})) == [0, 0, 1, 2]


def test_a_model_that_is_not_here_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="name a folder, or set download = true"):
        TransformersScorer(Options(model=str(tmp_path)))
