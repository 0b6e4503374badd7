"""Makes the table of words that a search by meaning reads: `listener/meaning/words.npz`.

    python -m sentiment.training.meaning ENCODER DATA [OUT]

ENCODER: the folder of the multilingual encoder that the sentiment model began with; DATA: a folder of JSONL files with `text`, such as those
it is trained on. From DATA come words and how rare they are, no sentence; from the encoder, for each word by itself and each entry of the
lexicon, a vector: its last state, less the mean of its language (so that a word and its translation lie together), on the strongest
`AXES` axes, mildly whitened. Of the lexicon's meanings with both languages, a quarter of the Persian halves find their English one
first among all by these vectors in two cases of three.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer

from listener.meaning.lexicon import forms, lexicon
from listener.meaning.words import FIRST_WORD, TABLE, tokens
from listener.text import own_text, search_form
from sentiment.training.model import Network, from_pretrained

Floats = npt.NDArray[np.float32]

AXES = 96
WHITENED = 0.25  # power of the inverse variance
FEWEST = 4  # texts that hold a word of the table
LONGEST = 24  # letters
SAME = 0.45  # cosine from which a word without its ending is the same word …
USED = 0.5  # … where it stands in so many texts, of those that hold the word itself
BATCH = 128
RAREST = 2e-4  # share of texts below which no meaning counts as rarer


def main() -> None:
    parser = argparse.ArgumentParser(description="make the table of words of the search")
    parser.add_argument("encoder", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=TABLE)
    given = parser.parse_args()
    make(given.encoder, given.data, given.out)


def make(encoder: Path, data: Path, out: Path) -> None:
    texts = sorted(set(read(data)))
    held = Counter(word for text in texts for word in set(search_form(own_text(text)).split()))
    many = {True: sum(map(persian, texts)), False: sum(not persian(text) for text in texts)}
    words = sorted((word for word, count in held.items() if count >= FEWEST and 2 <= len(word) <= LONGEST and not word.isdigit()),
                   key=lambda word: (-held[word], word))
    entries = sorted({entry.replace("*", "") for written in lexicon().words for entry in written})
    raw = unit(embed(encoder, [*words, *entries]))
    of_persian = np.array([persian(word) for word in (*words, *entries)])
    known = np.arange(len(raw)) < len(words)
    raw -= np.where(of_persian[:, None], raw[known & of_persian].mean(0), raw[known & ~of_persian].mean(0))
    strength, axes = np.linalg.eigh(np.cov(raw[known].T))
    placed = unit(raw @ (axes[:, :-AXES - 1:-1] * strength[:-AXES - 1:-1] ** -WHITENED).astype(np.float32))
    numbers, vectors, counts = same_words(words, placed[known], held)
    rarity = np.log1p(np.array([many[persian(words[first])] for first in np.unique(numbers, return_index=True)[1]]) / (counts + 1))
    at = {entry: place for place, entry in enumerate(entries, len(words))}
    meanings = np.stack([unit(sum((unit(placed[some].mean(0)) for side in (True, False)
                                   if (some := [at[entry.replace("*", "")] for entry in written if persian(entry) is side])), np.zeros(AXES, np.float32)))
                         for written in lexicon().words])
    assert len(meanings) < FIRST_WORD
    np.savez_compressed(out, words=np.frombuffer("\n".join(words).encode(), np.uint8), numbers=numbers.astype(np.uint16), vectors=rounded(vectors),
                        meanings=rounded(meanings), word_rarity=rarity.astype(np.float16), meaning_rarity=meaning_rarity(texts).astype(np.float16))


def read(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line)["text"] for line in lines)


def persian(text: str) -> bool:
    return any("\u0600" <= sign <= "\u06ff" for sign in text)


def same_words(words: Sequence[str], vectors: Floats, held: Counter[str]) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]:
    """Return a number for each word, one for its forms together, ascending by how common they are; vector and count of each number."""
    place = {word: at for at, word in enumerate(words)}
    base = list(range(len(words)))
    for at, word in enumerate(words):
        base[at] = next((other for form in forms(word)[1:] if (other := place.get(form, at)) != at and held[form] >= USED * held[word]
                         and float(vectors[at] @ vectors[other]) > SAME), at)
    roots = []
    for at in range(len(words)):
        for _ in range(4):  # an ending after an ending; no further, since two words may each be a form of the other
            at = base[at]
        roots.append(at)
    order = {root: number for number, root in enumerate(sorted(set(roots)))}
    numbers = np.array([order[root] for root in roots])
    whole, counts = np.zeros((len(order), AXES), np.float32), np.zeros(len(order), np.int64)
    np.add.at(whole, numbers, vectors * np.log1p([held[word] for word in words])[:, None].astype(np.float32))
    np.add.at(counts, numbers, [held[word] for word in words])
    return numbers, unit(whole), counts


def meaning_rarity(texts: Sequence[str], most: int = 8_000) -> npt.NDArray[np.float64]:
    """Return how rare each meaning is: by its share of texts, the mean of both languages, each by as many texts as it has, at most ``most``."""
    shares = np.zeros((2, len(lexicon().words)))
    for side in (0, 1):
        own = [text for text in texts if persian(text) is bool(side)]
        some = own[::max(1, len(own) // most)][:most]
        for text in some:
            for number in {number for number, _, _ in lexicon().found(tokens(text))}:
                shares[side, number] += 1 / len(some)
    rarity: npt.NDArray[np.float64] = np.log1p(1 / np.maximum(shares.mean(0), RAREST))
    return rarity


def embed(folder: Path, texts: Sequence[str]) -> Floats:
    network: Network = from_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    encoded = [found.ids for found in tokenizer.encode_batch([f"query: {text}" for text in texts])]
    order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
    out = np.zeros((len(texts), network.shape.width), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            some = order[start:start + BATCH]
            length = max(len(encoded[at]) for at in some)
            ids = torch.tensor([[*encoded[at], *[0] * (length - len(encoded[at]))] for at in some])
            real = torch.tensor([[place < len(encoded[at]) for place in range(length)] for at in some])
            out[some] = network(ids, real)[network.shape.layers].numpy()
    return out


def unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), np.float32)


def rounded(rows: Floats) -> npt.NDArray[np.int8]:
    """A byte a value, the largest of a row 127: only directions count."""
    return np.asarray(np.round(rows * 127 / np.maximum(np.abs(rows).max(1, keepdims=True), 1e-9)), np.int8)


if __name__ == "__main__":
    main()
