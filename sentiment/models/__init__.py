"""Scorers, one file each; `sentiment.SCORERS` names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from listener.registry import Registry
from listener.types import Scorer


def open_scorer(scorers: Registry, model: str | None, *, target_error: float = 0.10, labels: Mapping[str, str] | None = None) -> Scorer:
    """The scorer a person named on the command line: nothing for the packaged one, a folder of our weights, a folder or hub id of a
    `transformers` classifier. Raises: ScoreError."""
    options: dict[str, Any] = {"target_error": target_error}
    if model is None or model == "packaged":
        kind = "packaged"
    elif (Path(model) / "model.json").is_file():
        kind, options["weights"] = "packaged", Path(model)
    else:
        kind, options["model"], options["labels"] = "transformers", model, dict(labels or {})
    scorer: Scorer = scorers.load(kind)(scorers.options(kind)(**options))
    return scorer
