"""The training run: drawn rows in batches of like length, layer-wise rates, averaged weights, checkpoints that survive anything.

Progress is the larger of rows done / rows planned and time used / minutes allowed, and the learning rate is a function of progress:
a run that shares its machine ends on time with an annealed rate. Without `minutes`, same seed and data give the same weights.
"""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from sentiment.training.augmentation import Augmenter
from sentiment.training.data import LABELS, Row
from sentiment.training.model import Mirror, Network

CHUNK = 4096  # rows augmented, tokenized and sorted by length at a time
STEP = 8  # lengths are padded to multiples of this: oneDNN compiles a kernel per shape


@dataclass(frozen=True, slots=True)
class Batch:
    ids: torch.Tensor  # (batch, length) int64
    real: torch.Tensor  # (batch, length) bool
    target: torch.Tensor  # (batch, 3)
    weight: torch.Tensor  # (batch,)
    two_class: torch.Tensor  # (batch,)


def cut(ids: Sequence[int], limit: int) -> list[int]:
    """Token ids of a text (with its two end marks) at most `limit` long: three quarters from the head, one from the tail."""
    if len(ids) <= limit:
        return list(ids)
    tail = limit // 4
    return [*ids[: limit - tail], *ids[-tail:]]


def joined(row: Row, partner: Row, target: Sequence[float]) -> Row:
    first, second, third = target
    return replace(row, text=f"{row.text} {partner.text}", target=(first, second, third), two_class=0.0, weight=min(row.weight, partner.weight))


class Feed:
    """Batches of the drawn rows, chunk by chunk; each chunk depends only on the seed and its number, so a run can resume at any."""

    def __init__(
        self,
        rows: Sequence[Row],
        order: Sequence[int],
        recipe: Mapping[str, Any],
        tokenizer: Tokenizer,
        fold: Callable[[str], str],
        augment: Augmenter,
    ) -> None:
        self.rows, self.order, self.recipe, self.tokenizer, self.fold, self.augment = rows, order, recipe, tokenizer, fold, augment
        self.mask_id = tokenizer.token_to_id("<mask>")
        self.pad_id = tokenizer.token_to_id("<pad>") or 0
        self.partners: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, row in enumerate(rows):
            if len(row.text) < 300:
                self.partners[row.source, row.label].append(index)

    @property
    def chunks(self) -> int:
        return -(-len(self.order) // CHUNK)

    def change(self, row: Row, rng: random.Random) -> Row:
        odds = self.recipe["augmentation"]
        roll = rng.random()
        opposite = {"negative": "positive", "positive": "negative"}.get(row.label)
        if roll < odds.get("join_opposite", 0.0) and opposite and len(row.text) < 300:
            partners = self.partners[row.source, opposite]
            if partners:
                row = joined(row, self.rows[rng.choice(partners)], odds["joined_target"])
        elif roll < odds.get("join_opposite", 0.0) + odds.get("join_same", 0.0) and len(row.text) < 300:
            partners = self.partners[row.source, row.label]
            if partners:
                row = replace(row, text=f"{row.text} {self.rows[rng.choice(partners)].text}")
        return replace(row, text=self.augment(row.text, row.lang, rng))

    def chunk(self, number: int) -> list[Batch]:
        schedule = self.recipe["schedule"]
        rng = random.Random(self.recipe["seed"] * 100_003 + number)
        rows = [self.change(self.rows[index], rng) for index in self.order[number * CHUNK : (number + 1) * CHUNK]]
        limit = self.recipe["model"]["max_tokens"]
        encoded = [cut(found.ids, limit) for found in self.tokenizer.encode_batch_fast([self.fold(row.text) for row in rows])]
        size = schedule["batch"]
        by_length = sorted(range(len(rows)), key=lambda at: (len(encoded[at]) + rng.random() * 2, at))
        groups = [by_length[at : at + size] for at in range(0, len(by_length), size)]
        rng.shuffle(groups)
        batches = []
        for group in groups:
            if len(group) < size:  # the last group of a chunk: one more shape is dearer than a few rows
                group = (group * size)[:size]
            length = min(-(-max(len(encoded[at]) for at in group) // STEP) * STEP, 10_000)
            ids = np.full((size, length), self.pad_id, dtype=np.int64)
            real = np.zeros((size, length), dtype=bool)
            for place, at in enumerate(group):
                tokens = encoded[at]
                if self.mask_id is not None:
                    tokens = [
                        self.mask_id if 0 < spot < len(tokens) - 1 and rng.random() < schedule["word_dropout"] else token
                        for spot, token in enumerate(tokens)
                    ]
                ids[place, : len(tokens)] = tokens
                real[place, : len(tokens)] = True
            chosen = [rows[at] for at in group]
            batches.append(
                Batch(
                    torch.from_numpy(ids),
                    torch.from_numpy(real),
                    torch.tensor([row.target for row in chosen]),
                    torch.tensor([row.weight for row in chosen]),
                    torch.tensor([row.two_class for row in chosen]),
                )
            )
        return batches


def loss_of(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Weighted cross-entropy with soft targets; a row's `two_class` share of it leaves the neutral logit out."""
    every = -(batch.target * F.log_softmax(logits, -1)).sum(-1)
    ends = batch.target[:, [0, 2]]
    ends = ends / ends.sum(-1, keepdim=True)
    between = -(ends * F.log_softmax(logits[:, [0, 2]], -1)).sum(-1)
    loss = (1 - batch.two_class) * every + batch.two_class * between
    return (batch.weight * loss).sum() / batch.weight.sum()


def rate(progress: float, warm_up: float) -> float:
    """Share of the peak learning rate: linear up, then linear down to zero."""
    return progress / warm_up if progress < warm_up else max(0.0, (1 - progress) / (1 - warm_up))


def optimisers(network: Network, recipe: Mapping[str, Any]) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """AdamW over all dense weights with layer-wise rates, and sparse Adam over the word embeddings."""
    schedule = recipe["schedule"]
    peak, decay, layers = schedule["learning_rate"], schedule["layer_decay"], network.shape.layers
    groups = []

    def add(parameters: Any, factor: float) -> None:
        matrices: list[torch.Tensor] = []
        vectors: list[torch.Tensor] = []
        for parameter in parameters:
            (matrices if parameter.ndim > 1 else vectors).append(parameter)
        for chosen, weight_decay in ((matrices, schedule["weight_decay"]), (vectors, 0.0)):
            if chosen:
                groups.append({"params": chosen, "lr": peak * factor, "peak": peak * factor, "weight_decay": weight_decay})

    for at, layer in enumerate(network.layers, 1):
        add(layer.parameters(), decay ** (layers - at))
    add([*network.positions.parameters(), *network.norm.parameters()], decay**layers)
    add(network.heads.parameters(), schedule["head_rate"] / peak)
    dense = torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.98), fused=True)
    sparse = torch.optim.SparseAdam([network.words.weight], lr=schedule["embedding_rate"], betas=(0.9, 0.98))
    sparse.param_groups[0]["peak"] = schedule["embedding_rate"]
    return dense, sparse


@torch.no_grad()
def predict(
    network: Network, texts: Sequence[str], tokenizer: Tokenizer, fold: Callable[[str], str], limit: int, batch: int = 64, body: Any = None
) -> dict[int, np.ndarray]:
    """Logits (texts, 3) by layer with a head."""
    encoded = [cut(found.ids, limit) for found in tokenizer.encode_batch_fast([fold(text) for text in texts])]
    order = sorted(range(len(texts)), key=lambda at: len(encoded[at]))
    out = {int(at): np.zeros((len(texts), 3), dtype=np.float32) for at in network.heads}
    pad = tokenizer.token_to_id("<pad>") or 0
    for start in range(0, len(order), batch):
        group = order[start : start + batch]
        length = -(-max(len(encoded[at]) for at in group) // STEP) * STEP
        ids = torch.full((len(group), length), pad)
        real = torch.zeros((len(group), length), dtype=torch.bool)
        for place, at in enumerate(group):
            ids[place, : len(encoded[at])] = torch.tensor(encoded[at])
            real[place, : len(encoded[at])] = True
        for at, logits in network.logits(network.forward(ids, real, body)).items():
            out[at][group] = logits.numpy()
    return out


def macro_f1(logits: np.ndarray, labels: Sequence[str]) -> float:
    """Macro-F1; when only two classes are present, between those two."""
    truth = np.array([LABELS.index(label) for label in labels])
    present = sorted(set(truth.tolist()))
    chosen = np.array(present)[logits[:, present].argmax(-1)]
    scores = []
    for name in present:
        hit = ((chosen == name) & (truth == name)).sum()
        scores.append(2 * hit / max((chosen == name).sum() + (truth == name).sum(), 1))
    return float(np.mean(scores))


class Run:
    """One training run in `folder`: `state.pt` is the last checkpoint, `log.jsonl` what happened."""

    def __init__(self, network: Network, recipe: Mapping[str, Any], folder: Path) -> None:
        self.network, self.recipe, self.folder = network, recipe, folder
        self.dense, self.sparse = optimisers(network, recipe)
        self.mirror = Mirror(network)
        self.average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.chunk, self.steps, self.elapsed = 0, 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "network": self.network.state_dict(), "average": self.average, "dense": self.dense.state_dict(),
            "sparse": self.sparse.state_dict(), "chunk": self.chunk, "steps": self.steps, "elapsed": self.elapsed,
        }  # fmt: skip
        partial = self.folder / "state.pt.part"
        torch.save(state, partial)
        partial.replace(self.folder / "state.pt")

    def resume(self) -> bool:
        """Take up the checkpoint in the folder; false when there is none."""
        path = self.folder / "state.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        self.dense.load_state_dict(state["dense"])
        self.sparse.load_state_dict(state["sparse"])
        self.chunk, self.steps, self.elapsed = state["chunk"], state["steps"], state["elapsed"]
        self.mirror.refresh()
        return True

    def averaged(self) -> Network:
        """A network with the averaged weights."""
        network = Network(self.network.shape, self.network.aux_layers)
        network.load_state_dict(self.average)
        return network.eval()

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        for name, value in self.network.state_dict().items():
            self.average[name].lerp_(value, 1 - decay)

    def step(self, batch: Batch, progress: float) -> float:
        schedule, model = self.recipe["schedule"], self.recipe["model"]
        share = rate(progress, schedule["warm_up"])
        for optimiser in (self.dense, self.sparse):
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * share
        pooled = self.mirror(batch.ids, batch.real)
        pooled = {at: F.dropout(state, schedule["head_dropout"]) for at, state in pooled.items()}
        logits = self.network.logits(pooled)
        last = self.network.shape.layers
        loss = loss_of(logits[last], batch)
        total = loss
        for at, weight in zip(self.network.aux_layers, model["aux_weights"], strict=False):
            total = total + weight * loss_of(logits[at], batch)
        total.backward()  # type: ignore[no-untyped-call]  # torch declares no types for it
        self.mirror.hand_over()
        dense = [parameter for group in self.dense.param_groups for parameter in group["params"]]
        torch.nn.utils.clip_grad_norm_(dense, schedule["clip"])
        self.dense.step()
        self.sparse.step()
        self.dense.zero_grad(set_to_none=True)
        self.sparse.zero_grad(set_to_none=True)
        self.mirror.refresh()
        self.steps += 1
        if self.steps % 10 == 0:
            self.update_average(min(schedule["average"], self.steps / (self.steps + 100)))
        return float(loss.detach())

    def fit(
        self, feed: Feed, dev: Mapping[str, Sequence[Row]], *, minutes: float | None, clock: Callable[[], float] = time.monotonic
    ) -> Iterator[dict[str, Any]]:
        """Train to the end of the feed or of the minutes. Yields a dict per chunk and per checkpoint."""
        begin = clock() - self.elapsed
        saved = clock()
        while self.chunk < feed.chunks:
            torch.manual_seed(self.recipe["seed"] + self.chunk)  # dropout depends on the chunk alone: a resumed run is the same run
            losses = []
            batches = feed.chunk(self.chunk)
            for place, batch in enumerate(batches):
                self.elapsed = clock() - begin
                progress = (self.chunk + place / len(batches)) / feed.chunks
                if minutes is not None:
                    progress = max(progress, self.elapsed / (60 * minutes))
                if progress >= 1:
                    break
                losses.append(self.step(batch, progress))
            self.chunk += 1
            line = {"chunk": self.chunk, "of": feed.chunks, "steps": self.steps, "minutes": round(self.elapsed / 60, 2), "loss": round(float(np.mean(losses or [0.0])), 4)}
            yield self.log(line)
            over = progress >= 1
            if over or self.chunk == feed.chunks or clock() - saved > 60 * self.recipe["schedule"]["checkpoint_minutes"]:
                self.save()
                saved = clock()
                yield self.log(self.evaluate(feed, dev))
            if over:
                break
        self.elapsed = clock() - begin

    def evaluate(self, feed: Feed, dev: Mapping[str, Sequence[Row]], most: int = 250) -> dict[str, Any]:
        """Macro-F1 of the averaged weights on at most `most` rows of each dev set, last layer and early heads."""
        network = self.averaged()
        body = Mirror(network).body
        found: dict[str, Any] = {"chunk": self.chunk}
        per_head: dict[int, list[float]] = defaultdict(list)
        for source, rows in sorted(dev.items()):
            rows = rows[:most]
            logits = predict(network, [row.text for row in rows], feed.tokenizer, feed.fold, self.recipe["model"]["max_tokens"], body=body)
            for at, values in logits.items():
                per_head[at].append(macro_f1(values, [row.label for row in rows]))
            found[source] = round(per_head[network.shape.layers][-1], 4)
        found |= {f"mean@{at}": round(float(np.mean(scores)), 4) for at, scores in per_head.items()}
        return found

    def log(self, line: dict[str, Any]) -> dict[str, Any]:
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        return line
