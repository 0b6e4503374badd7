"""Where a complaint stands: its embedding and the things it speaks of, in one space for all languages. Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts import complaint_words
from listener import meaning
from listener.text import own_text, search_form
from listener.types import Complaint

Floats = NDArray[np.float32]

WIDTH = 384  # of an embedding
THINGS_WEIGHT = 0.7  # of the things complained of against the embedding
MEANINGS_WEIGHT = 0.5  # … of all that the lexicon of the search knows words for in both languages
WORDS = f"{complaint_words.VERSION} {meaning.VERSION}"  # a space and its centres are made with
OWN_MEAN = 3  # complaints of a language after which its own mean counts half
CALM = 100  # complaints that the unit matrix counts for in the directions: a few dozen say little about 384 of them
READ = 2000  # characters of a text
REMEMBERED = 6000  # texts: a grouping asks three times for each of its sample


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where complaints stand."""

    model: str  # of the embeddings
    means: Mapping[str, Floats]
    overall: Floats
    warp: Floats
    weights: Floats  # of the things that words speak of: rare ones tell more

    @classmethod
    def fit(cls, complaints: Sequence[Complaint], model: str) -> Space:
        """Return the space of a sample, in which each language has its own zero. Raises ValueError for an empty sample."""
        if not complaints:
            raise ValueError("topics: no complaint to find a space by")
        ordered = sorted(complaints, key=lambda one: one.key)
        raw, languages = unit(embeddings(ordered)), np.array([one.language for one in ordered])
        overall = raw.mean(0)
        means = {}
        for language in sorted(set(languages.tolist())):
            own = raw[languages == language]
            means[language] = ((own.sum(0) + OWN_MEAN * overall) / (len(own) + OWN_MEAN)).astype(np.float32)
        centred = raw - np.stack([means[language] for language in languages.tolist()])
        scatter = centred.T.astype(np.float64) @ centred
        usual = max(float(np.trace(scatter)) / (WIDTH * len(raw)), 1e-9)
        values, vectors = np.linalg.eigh((scatter + CALM * usual * np.eye(WIDTH)) / (len(raw) + CALM))
        things = things_in(ordered)
        weights = np.log1p(len(raw) / (1 + (things > 0).sum(0)))
        # two decimals of float16 are more than a cosine needs; rounded here, so that a stored space is the same space
        return cls(model, {name: _short(mean) for name, mean in means.items()}, _short(overall),
                   _short(vectors * values ** -0.25 * usual ** 0.25), _short(weights))

    def place(self, complaints: Sequence[Complaint]) -> Floats:
        """Return where complaints stand, a row of length 1 each; what is compared is their product."""
        if not complaints:
            return np.zeros((0, WIDTH + len(self.weights) + meaning.count()), np.float32)
        zero = np.stack([self.means.get(one.language, self.overall) for one in complaints])
        meant = unit((unit(embeddings(complaints)) - zero) @ self.warp)
        said = unit(things_in(complaints) * self.weights) * np.float32(THINGS_WEIGHT)
        return unit(np.hstack([meant, said, unit(meanings_in(complaints)) * np.float32(MEANINGS_WEIGHT)]))

    def written(self) -> bytes:
        out, names = io.BytesIO(), sorted(self.means)
        np.savez_compressed(out, model=np.array(f"{self.model}\n{WORDS}"), names=np.array(names),
                            means=np.stack([self.means[name] for name in names]).astype(np.float16),
                            overall=self.overall.astype(np.float16), warp=self.warp.astype(np.float16),
                            weights=self.weights.astype(np.float16))
        return out.getvalue()

    @classmethod
    def read(cls, stored: bytes) -> Space | None:
        """Return a space that was written; None where it was made with other words than these."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as found:
            model, words = str(found["model"]).split("\n")
            if words != WORDS:
                return None
            means = found["means"].astype(np.float32)
            return cls(model, dict(zip(found["names"].tolist(), means, strict=True)), found["overall"].astype(np.float32),
                       found["warp"].astype(np.float32), found["weights"].astype(np.float32))


def _short(values: NDArray[Any]) -> Floats:
    return values.astype(np.float16).astype(np.float32)


def unit(rows: NDArray[Any]) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.maximum(length, 1e-9)).astype(np.float32)
    return unit


def embeddings(complaints: Sequence[Complaint]) -> Floats:
    return np.stack([np.frombuffer(one.embedding, np.int8) for one in complaints]).astype(np.float32)


def things_in(complaints: Sequence[Complaint]) -> Floats:
    """Return which things each complaint speaks of, a row of ones and noughts each."""
    found = np.zeros((len(complaints), len(complaint_words.things())), np.float32)
    for row, one in enumerate(complaints):
        found[row, list(_spoken_of(one.text))] = 1
    return found


def meanings_in(complaints: Sequence[Complaint]) -> Floats:
    """Return what each complaint says of the meanings of the lexicon, rare ones more, a row each."""
    found = np.zeros((len(complaints), meaning.count()), np.float32)
    for row, one in enumerate(complaints):
        told = _meanings(one.text)
        found[row, list(told)] = list(told.values())
    return found


@lru_cache(maxsize=REMEMBERED)
def _meanings(text: str) -> Mapping[int, float]:
    return meaning.meanings(text[:READ])


@lru_cache(maxsize=REMEMBERED)
def _spoken_of(text: str) -> tuple[int, ...]:
    return tuple(complaint_words.found(search_form(own_text(text)[:READ]).split()))
