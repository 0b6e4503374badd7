"""Labelled rows: read, cleaned, freed of copies and of anything that stands in the dev sets, and drawn for training.

A row file is JSON Lines with `text`, `label` (negative, neutral, positive), `lang`, `source`; `meta` is optional. In a data folder,
`train/*.jsonl` are training rows, `dev/*.jsonl` dev rows, `extra/*.jsonl` rows without a label that the recipe may turn into weak ones.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from listener.errors import ScoreError

LABELS = ("negative", "neutral", "positive")
_KEEP = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text. `target` are three shares that sum to 1; `weight` scales its loss; `two_class` is the share of the
    loss in which the neutral logit takes no part, because the source had no way to say neutral."""

    text: str
    label: str
    lang: str
    source: str
    target: tuple[float, float, float]
    weight: float = 1.0
    two_class: float = 0.0


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a row file. Raises: ScoreError with the line number of a row that is none."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                row["text"], row["label"]
            except (ValueError, KeyError, TypeError) as error:
                raise ScoreError("goosh train", f"{path.name}:{number}: no JSON object with text and label; correct or delete the line") from error
            yield row


def key_of(text: str, fold: Callable[[str], str]) -> str:
    """What two copies of one text share: its folded letters and digits."""
    return _KEEP.sub("", fold(text))


def share_of(key: str) -> float:
    """A number in [0, 1) that depends on the text alone, for splits that never move."""
    return int(hashlib.md5(key.encode("utf-8", "replace")).hexdigest()[:8], 16) / 2**32


def load(folder: Path, recipe: Mapping[str, Any], fold: Callable[[str], str]) -> tuple[list[Row], dict[str, list[Row]]]:
    """Training rows and dev rows by source. Rows that stand in a dev set are taken out of training, copies kept once."""
    data = recipe["data"]
    smoothing = float(data["label_smoothing"])
    dev: dict[str, list[Row]] = defaultdict(list)
    train: list[Row] = []
    moved = data.get("dev_to_train", {})
    dev_keys: set[str] = set()
    candidates: list[dict[str, Any]] = []
    for path in sorted((folder / "dev").glob("*.jsonl")):
        for row in read_rows(path):
            key = key_of(row["text"], fold)
            if share_of(key) < moved.get(row["source"], 0.0):
                candidates.append(row)
            elif row["label"] in LABELS and key not in dev_keys:
                dev_keys.add(key)
                dev[row["source"]].append(make_row(row, one_hot(row["label"], 0.0)))
    for path in sorted((folder / "train").glob("*.jsonl")):
        candidates.extend(read_rows(path))
    for path in sorted((folder / "extra").glob("*.jsonl")):
        if path.stem in data.get("extra", {}):
            candidates.extend({**row, "source": path.stem} for row in read_rows(path))

    seen: set[tuple[str, str]] = set()
    kept: list[dict[str, Any]] = []
    for row in candidates:
        key = key_of(row["text"], fold)
        if len(key) < 2 or key in dev_keys or (row["source"], key) in seen:
            continue
        seen.add((row["source"], key))
        kept.append(row)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in kept:
        counts[row["source"]][row["label"]] += 1
    for row in kept:
        source, label = row["source"], row["label"]
        soft = data.get("extra", {}).get(source)
        if soft is not None:  # weak rows: the star rating says how likely each class is
            target = soft["targets"].get(str(row["meta"].get("orig")))
            if target is not None:
                train.append(make_row(row, tuple(target), weight=soft["weight"], two_class=0.0))
            continue
        if label not in LABELS:
            continue
        found = counts[source]
        present = [name for name in LABELS if found[name] > 0.005 * sum(found.values())]
        weight = 1.0
        if len(present) > 1:  # classes are balanced within each source, or the model learns the platform instead of the feeling
            weight = (sum(found.values()) / (len(present) * found[label])) ** float(data["class_balance"])
            weight = min(max(weight, 0.4), 3.0)
        two_class = data["two_class"].get(source, data["two_class"]["default"]) if "neutral" not in present and len(present) == 2 else 0.0
        weight *= data["weight"].get(source, 1.0)
        train.append(make_row(row, one_hot(label, data["smoothing"].get(source, smoothing)), weight, two_class))
    return train, dict(dev)


def make_row(row: Mapping[str, Any], target: Sequence[float], weight: float = 1.0, two_class: float = 0.0) -> Row:
    lang = row.get("lang") or "other"
    first, second, third = target
    return Row(row["text"], str(row["label"]), lang, row.get("source") or "unknown", (first, second, third), weight, two_class)


def one_hot(label: str, smoothing: float) -> tuple[float, float, float]:
    """The label's share with `smoothing` spread over the three classes."""
    first, second, third = (smoothing / 3 + (1 - smoothing) * (label == name) for name in LABELS)
    return first, second, third


def draw(rows: Sequence[Row], repeats: Mapping[str, float], total: int, seed: int) -> list[int]:
    """`total` indices into `rows`, each source as often as `repeats` says in proportion, every row of a source once before any twice."""
    by_source: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_source[row.source].append(index)
    wanted = {source: len(found) * repeats.get(source, 1.0) for source, found in by_source.items()}
    scale = total / sum(wanted.values())
    rng = random.Random(seed)
    placed: list[tuple[float, int]] = []
    for source, found in sorted(by_source.items()):
        count = round(wanted[source] * scale)
        order: list[int] = []
        while len(order) < count:
            lap = found.copy()
            rng.shuffle(lap)
            order.extend(lap)
        placed.extend(((at + rng.random()) / max(count, 1), index) for at, index in enumerate(order[:count]))
    placed.sort()
    return [index for _, index in placed]
