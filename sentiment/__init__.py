"""Is a post a complaint, a fact or praise, how sure is that, and which words said so.

A scorer keeps the `Scorer` protocol of `listener.types`: `name` (`model@revision`), `languages` (empty: any) and
`analyse(texts) -> list[Analysis]`, the same answer for one text and for many, in any order. A scorer is one file in
`sentiment/models/` and one line below. Scoring opens no socket.

Why our own model: the usual one (XLM-R base in the `transformers` pipeline) downloads a gigabyte and does 20 posts a second on two
cores; libraries that need no download do not know Persian. Training lives in `sentiment/training/` and is never imported here.
"""

from listener.registry import Registry
from listener.types import Scorer

SCORERS = Registry("scorer", {
    "packaged": "sentiment.models.packaged:PackagedScorer",
    "transformers": "sentiment.models.transformers:TransformersScorer",
})  # fmt: skip

__all__ = ["SCORERS", "Scorer"]
