"""Adapting a model to labels that its users corrected: both heads are refitted, the encoder stays.

Needs no torch. The heads stay near the old ones (ridge), see training rows again beside the corrections when there are some, and the
result is refused when it got worse on the dev sets or did not get better on the corrections.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from listener.errors import ScoreError
from sentiment.calibration import softmax
from sentiment.evaluation import LABELS, decide, evaluate, indices
from sentiment.models.packaged import FILES, WEIGHTS, Options, PackagedScorer, file_digest, read_meta
from sentiment.rows import read_lines

WORST = 0.005  # mean macro-F1 on the dev sets that corrections may cost
DEV_ROWS, REPLAY_ROWS = 250, 100  # most rows of a dev and of a training file that are read
RIDGE = 2e-2  # pull towards the old head, per weight
STEPS, RATE = 300, 0.5

Floats = npt.NDArray[np.floating[Any]]


def adapt(corrections: Path, data: Path | None, out: Path, *, weights: Path | None = None) -> Iterator[str]:
    """Write adapted weights to `out`; yields a line for each thing done. Raises: ScoreError when rows are bad or the guard refuses."""
    if data is None or not (data / "dev").is_dir():
        raise ScoreError("goosh train", "corrections need dev rows to be guarded by; name a folder with dev/*.jsonl by --data")
    folder = weights or WEIGHTS
    scorer = PackagedScorer(Options(weights=folder))
    corrected = rows_of(corrections, None)
    if not corrected:
        raise ScoreError("goosh train", f"{corrections.name} holds no row with text and label; export corrections again")
    replay = [row for path in sorted((data / "train").glob("*.jsonl")) for row in rows_of(path, REPLAY_ROWS)]
    dev = {path.stem: rows_of(path, DEV_ROWS) for path in sorted((data / "dev").glob("*.jsonl"))}
    yield f"{len(corrected)} corrections, {len(replay)} training rows seen again, {sum(map(len, dev.values()))} dev rows"

    texts = [row["text"] for row in (*corrected, *replay)]
    early, full, _ = scorer.features(texts)
    truth = indices([row["label"] for row in (*corrected, *replay)])
    share = np.concatenate([np.full(len(corrected), 0.5 / len(corrected)), np.full(len(replay), 0.5 / max(len(replay), 1))])
    heads = dict(scorer.heads)
    for name, states in (("early", early), ("full", full)):
        heads[f"{name}.weight"], heads[f"{name}.bias"] = refit(heads[f"{name}.weight"], heads[f"{name}.bias"], states, truth, share)

    before, before_dev = figures(scorer, corrected, dev)
    scorer.heads = heads
    after, after_dev = figures(scorer, corrected, dev)
    yield f"right on corrections: {before:.1%} → {after:.1%}; mean macro-F1 on dev: {before_dev:.3f} → {after_dev:.3f}"
    if after_dev < before_dev - WORST:
        raise ScoreError("goosh train", f"the adapted model lost {before_dev - after_dev:.3f} macro-F1 on the dev sets and is refused; collect more corrections or check them")
    if after <= before:
        raise ScoreError("goosh train", f"the adapted model is right on {after:.1%} of the corrections, the old one on {before:.1%}; nothing was written")
    meta = dict(read_meta(folder))
    meta["revision"] = f"{meta['revision']}+{hashlib.sha256(corrections.read_bytes()).hexdigest()[:8]}"
    write(folder, out, heads, meta)
    yield f"written to {out}; use it with --model {out} or weights = \"{out}\" under [score.options]"


def rows_of(path: Path, most: int | None) -> list[dict[str, Any]]:
    """The labelled rows of a file, evenly thinned to `most`. Raises: ScoreError with the line number of a bad one."""

    def complain(number: int, what: str) -> None:
        raise ScoreError("goosh train", f"{path.name}:{number}: {what}; correct or delete the line")

    try:
        with path.open(encoding="utf-8") as lines:
            rows = [row for row in read_lines(lines, plain=False, complain=complain) if row.get("label") in LABELS]
    except OSError as error:
        raise ScoreError("goosh train", f"{path.name} cannot be read ({error.strerror}); name a file of corrections") from error
    return rows if most is None or len(rows) <= most else rows[:: -(-len(rows) // most)]


def refit(weight: Floats, bias: Floats, states: Floats, truth: npt.NDArray[np.integer[Any]], share: Floats) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A head with less weighted log-loss on `states`, held to the old one by a ridge; gradient descent on standardised states."""
    size = np.sqrt(np.square(states).mean()) + 1e-9
    inputs = np.concatenate([states / size, np.ones((len(states), 1))], axis=1).astype(np.float64)
    old = np.concatenate([weight * size, bias[:, None]], axis=1).astype(np.float64)
    head = old.copy()
    aim = np.eye(3)[truth]
    for _ in range(STEPS):
        slope = ((softmax(inputs @ head.T) - aim) * share[:, None]).T @ inputs + RIDGE * (head - old)
        head -= RATE / inputs.shape[1] ** 0.5 * slope
    return (head[:, :-1] / size).astype(np.float32), head[:, -1].astype(np.float32)


def figures(scorer: PackagedScorer, corrected: Sequence[Mapping[str, Any]], dev: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[float, float]:
    """Share of right labels on the corrections, and mean macro-F1 over the dev sets."""

    def probabilities(rows: Sequence[Mapping[str, Any]]) -> Floats:
        return scorer.outcome([row["text"] for row in rows]).probabilities

    right = float((decide(probabilities(corrected), [0, 1, 2]) == indices([row["label"] for row in corrected])).mean())
    scores = [evaluate(probabilities(rows), [row["label"] for row in rows], rounds=10).macro_f1.value for rows in dev.values() if rows]
    return right, float(np.mean(scores))


def write(folder: Path, out: Path, heads: Mapping[str, Floats], meta: Mapping[str, Any]) -> None:
    """A copy of the weights with other heads."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (*FILES, "MODEL_CARD.md", "LICENSE"):
        if (folder / name).is_file() and folder.resolve() != out.resolve():
            shutil.copyfile(folder / name, out / name)
    np.savez(out / "heads.npz", **heads)  # type: ignore[arg-type]  # numpy takes any name for an array and declares one of them a flag
    (out / "model.json").write_text(json.dumps(meta, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (out / "checksums.txt").write_text("".join(f"{file_digest(out / name)}  {name}\n" for name in FILES), encoding="utf-8")
