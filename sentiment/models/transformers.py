"""Any sequence classifier of the hub, or of a folder, through the `transformers` library. On a GPU where there is one.

The library and torch are imported when a scorer is made, not before. Nothing is downloaded unless `download` is true.
Probabilities are the model's own softmax: uncalibrated, so `unsure` needs `certainty_floor` to be set by hand.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from listener.errors import ScoreError
from listener.text import guess_language
from listener.types import Analysis, Score
from sentiment.models.packaged import cut
from sentiment.preprocess import clip

Name = Literal["negative", "neutral", "positive"]

# What hub models call their classes, lower-cased; `labels` in the options wins.
_KNOWN: Mapping[str, Name] = {
    "negative": "negative", "neg": "negative", "sad": "negative", "not_recommended": "negative",
    "neutral": "neutral", "neu": "neutral", "no_idea": "neutral",
    "positive": "positive", "pos": "positive", "happy": "positive", "recommended": "positive",
}  # fmt: skip


class Options(BaseModel, frozen=True, extra="forbid"):
    """`model`: hub id or folder. `labels`: the model's class names (or numbers) → negative, neutral, positive, for models that use
    other words. `download`: may the weights be fetched. `target_error` is accepted so that every scorer takes it; a hub model has no
    calibration, and `certainty_floor` says under which largest probability a score is unsure."""

    model: str
    revision: str | None = None
    labels: Mapping[str, Name] = Field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    device: str | None = None
    batch: int = Field(default=32, ge=1, le=1024)
    max_tokens: int = Field(default=128, ge=8, le=4096)
    download: bool = False
    target_error: float = Field(default=0.10, gt=0.0, lt=0.5)
    certainty_floor: float = Field(default=0.6, ge=0.0, le=1.0)


class TransformersScorer:
    """Scores with any sequence classifier. Raises: ScoreError when it cannot be loaded or its classes are unknown."""

    def __init__(self, options: Options) -> None:
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError as error:
            raise ScoreError(options.model, f"{error.name} is not installed; install it, or use the packaged model") from error
        self.options = options
        self.torch = torch
        self.languages = options.languages
        self.name = f"{Path(options.model).name if os.path.isdir(options.model) else options.model}@{options.revision or 'local'}"
        source: dict[str, Any] = {"revision": options.revision, "local_files_only": not options.download}
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(options.model, **source)
            self.model = AutoModelForSequenceClassification.from_pretrained(options.model, dtype=torch.float32, **source).eval()
        except (OSError, ValueError) as error:
            advice = "check the name" if options.download else "name a folder, or set download = true"
            raise ScoreError(self.name, f"cannot be loaded ({str(error).splitlines()[0][:160]}); {advice}") from error
        self.columns = columns_of(self.model.config.id2label, options)
        self.device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.device)

    def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """One analysis a text, in order. Texts of one length share a batch and nothing is padded."""
        languages = [guess_language(text) for text in texts]
        limit = min(self.options.max_tokens, getattr(self.tokenizer, "model_max_length", self.options.max_tokens))
        encoded: list[Sequence[int]] = []
        for start in range(0, len(texts), 512):
            found = self.tokenizer([valid(clip(text)) for text in texts[start : start + 512]], truncation=False, verbose=False)
            encoded.extend(cut(ids, limit) for ids in found["input_ids"])
        probabilities = np.zeros((len(texts), 3))
        order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and end - start < self.options.batch and len(encoded[order[end]]) == len(encoded[order[start]]):
                end += 1
            batch = order[start:end]
            start = end
            ids = self.torch.tensor([encoded[at] for at in batch], device=self.device)
            if not ids.shape[1]:
                probabilities[batch] = 1 / 3
                continue
            with self.torch.inference_mode():
                chances = self.model(input_ids=ids, attention_mask=self.torch.ones_like(ids)).logits.float().softmax(-1).cpu().numpy()
            for column, place in enumerate(self.columns):
                probabilities[batch, place] += chances[:, column]
        floor = self.options.certainty_floor
        return [
            Analysis(Score(negative, neutral, positive, language, self.name, floor))
            for (negative, neutral, positive), language in zip(probabilities.tolist(), languages, strict=True)
        ]


def valid(text: str) -> str:
    """The text without half pairs, which no tokenizer takes."""
    return text.encode("utf-8", "ignore").decode()


def columns_of(names: Mapping[int, str], options: Options) -> list[int]:
    """For each class of the model its place in (negative, neutral, positive). Raises: ScoreError that names unknown classes."""
    places = {"negative": 0, "neutral": 1, "positive": 2}
    wanted = {str(key).lower(): value for key, value in options.labels.items()}
    found = []
    for number, name in sorted(names.items()):
        kind = wanted.get(str(name).lower()) or wanted.get(str(number)) or _KNOWN.get(str(name).lower())
        if kind is None:
            listed = ", ".join(repr(each) for _, each in sorted(names.items()))
            raise ScoreError(options.model, f"class {name!r} is unknown; map {listed} with labels = {{ {name} = \"negative\", … }}")
        found.append(places[kind])
    return found
