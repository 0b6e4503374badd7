"""Fits the packaged heads for the packaged weights: `python -m sentiment.training.heads` after a change of examples or weights."""

from __future__ import annotations

from sentiment.heads import EXAMPLES, Packaged
from sentiment.models.packaged import Options, PackagedScorer


def main() -> None:
    scorer = PackagedScorer(Options())
    Packaged.make(scorer.early_states).save(EXAMPLES / "fitted.npz", scorer.encoder)


if __name__ == "__main__":
    main()
