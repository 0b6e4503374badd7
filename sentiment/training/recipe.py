"""`goosh train`: from an encoder and labelled rows to a folder of weights with its model card.

Steps, each of which leaves its result in the output folder, so that `--resume` goes on after the last one done:
1. read, clean, de-duplicate, split;  2. train with checkpoints;  3. quantise and export;  4. calibrate on the dev rows;
5. measure, and refuse weights that are worse than those already in the folder;  6. checksums and MODEL_CARD.md.
"""

from __future__ import annotations

import importlib.util
import json
import random
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from listener.errors import ScoreError
from sentiment.calibration import Calibration, Scaling, fit_curve, fit_floors, fit_scaling
from sentiment.evaluation import LABELS, Report, evaluate, indices, reliability
from sentiment.models.packaged import FILES, Options, PackagedScorer, file_digest
from sentiment.preprocess import VERSION, Preprocessor, ranked_words
from sentiment.training import card
from sentiment.training.data import Row, draw, load
from sentiment.training.finglish import Lexicon, learn, read_pairs, transliterate

PACKAGED = Path(__file__).parent / "recipe.toml"
CARD = Path(__file__).parent / "card.md"
REVISION = 1
LEAST_SOURCE = 30  # rows under which a set says nothing about a class
WORST = 0.005  # mean macro-F1 on the dev sets that a new model may lose against the one in its place

# Plain scaling for a scorer whose calibration is being fitted.
NO_CALIBRATION = Calibration({"other": Scaling()}, {"other": Scaling()}, {})


def train(
    encoder: Path, data: Path, out: Path, *, recipe: Path | None = None, resume: bool = False, minutes: float | None = None
) -> Iterator[str]:
    """Run every step; yields a line for each thing done. Raises: ScoreError when torch is missing, rows are bad, or the model is worse."""
    for needed in ("torch", "onnx", "safetensors"):
        if importlib.util.find_spec(needed) is None:
            raise ScoreError("goosh train", f"{needed} is not installed; pip install 'gooshbezang[train]'")
    import torch

    from sentiment.training.augmentation import Augmenter
    from sentiment.training.loop import Feed, Run
    from sentiment.training.model import from_pretrained

    settings = read_recipe(recipe or PACKAGED)
    if not (encoder / "tokenizer.json").is_file():
        raise ScoreError("goosh train", f"{encoder} has no tokenizer.json; name the folder of an encoder")
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    fold = Preprocessor(ranked_words(tokenizer.get_vocab()))
    rows, dev = load(data, settings, fold)
    if not rows or not dev:
        raise ScoreError("goosh train", f"{data} holds {len(rows)} training and {sum(map(len, dev.values()))} dev rows; put labelled rows into train/*.jsonl and dev/*.jsonl")
    yield f"{len(rows):,} training rows, {sum(map(len, dev.values())):,} dev rows from {len(dev)} sources"
    pairs = next((folder for folder in (data / "finglish", data.parent / "finglish") if folder.is_dir()), None)
    lexicon = learn(read_pairs(pairs), fold) if pairs else {}
    order = draw(rows, settings["data"]["repeats"], settings["schedule"]["rows"], settings["seed"])
    torch.manual_seed(settings["seed"])
    network = from_pretrained(encoder, tuple(settings["model"]["aux_layers"]), settings["model"].get("layers"))
    feed = Feed(rows, order, settings, tokenizer, fold, Augmenter(settings["augmentation"], lexicon))
    run = Run(network, settings, out / "checkpoints")
    if resume and run.resume():
        yield f"resumed after chunk {run.chunk} of {feed.chunks}"
    yield from (json.dumps(line) for line in run.fit(feed, dev, minutes=minutes))
    yield from finish(run.averaged(), rows, dev, encoder / "tokenizer.json", out, settings, lexicon)


def read_recipe(path: Path) -> dict[str, Any]:
    """The recipe as nested dicts. Raises: ScoreError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ScoreError("goosh train", f"{path.name} cannot be read ({error}); correct it") from error


def finish(
    network: Any, rows: Sequence[Row], dev: Mapping[str, Sequence[Row]], tokenizer_file: Path, out: Path, settings: Mapping[str, Any],
    lexicon: Lexicon,
) -> Iterator[str]:  # fmt: skip
    """Steps 3 to 6 for a trained network."""
    from sentiment.training import export

    early, last = settings["model"]["early_layer"], network.shape.layers
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    fold = Preprocessor(ranked_words(tokenizer.get_vocab()))
    limit = settings["model"]["max_tokens"]
    sample = calibration_sample(rows, settings["export"]["texts"])
    whole = export.quantise(network, sample, tokenizer, fold, limit, settings["export"].get("weight_limit", 127))
    draft = out / "draft"
    export.write(export.build(network, early, last, whole), export.heads_of(network, early, last), draft)
    shutil.copyfile(tokenizer_file, draft / "tokenizer.json")
    meta: dict[str, Any] = {
        "name": settings["model"]["name"], "revision": settings["model"].get("revision", REVISION), "preprocess": VERSION,
        "max_tokens": limit, "labels": list(LABELS), "early_exit": {}, "calibration": NO_CALIBRATION.to_json(),
    }  # fmt: skip
    seal(draft, meta)
    yield f"exported in int8: {sum((draft / name).stat().st_size for name in FILES) / 1e6:.1f} MB"
    texts = [row for source in sorted(dev) for row in dev[source]]
    persian = [row for row in texts if row.lang == "fa"]
    if lexicon and persian:  # nobody has labelled Finglish: Persian rows, transliterated, stand in for it
        rng = random.Random(settings["seed"])
        thinned = persian[:: -(-len(persian) // settings["calibration"]["finglish_rows"])]
        texts += [replace(row, text=transliterate(fold(row.text), lexicon, rng), source="finglish (made from Persian)") for row in thinned]
    scorer = PackagedScorer(Options(weights=draft, threads=1))
    calibration, exits, figures = calibrate(scorer, texts, settings["calibration"])
    meta |= {"calibration": calibration.to_json(), "early_exit": exits, "figures": figures}
    yield f"calibrated: {json.dumps(figures)}"
    before = out / "model.json"
    if before.is_file():
        old = json.loads(before.read_text(encoding="utf-8")).get("figures", {}).get("dev_macro_f1", 0.0)
        if figures["dev_macro_f1"] < old - WORST:
            raise ScoreError("goosh train", f"mean macro-F1 on the dev sets is {figures['dev_macro_f1']:.3f}, {old:.3f} before; kept in {draft}, refused for {out}")
    for name in FILES:
        if name != "model.json":
            shutil.copyfile(draft / name, out / name)
    seal(out, meta)
    reports, languages = dev_reports(PackagedScorer(Options(weights=out)), dev)
    log = out / "checkpoints" / "log.jsonl"
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.is_file() else []
    size = sum((out / name).stat().st_size for name in FILES)
    words = card.compose(CARD.read_text(encoding="utf-8"), meta, settings, reports=reports, languages=languages, rows=rows, log=lines, size=size)
    (out / "MODEL_CARD.md").write_text(words, encoding="utf-8")
    yield f"written to {out}: {', '.join((*FILES, 'checksums.txt', 'MODEL_CARD.md'))}"


def calibration_sample(rows: Sequence[Row], most: int) -> list[str]:
    """Training texts the activation ranges are fitted on: the same number from each source."""
    by_source: dict[str, list[str]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row.text)
    each = max(most // len(by_source), 1)
    return [text for _, texts in sorted(by_source.items()) for text in texts[:: max(len(texts) // each, 1)][:each]]


def seal(folder: Path, meta: Mapping[str, Any]) -> None:
    """Write `model.json` and `checksums.txt`."""
    (folder / "model.json").write_text(json.dumps(meta, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sums = "".join(f"{file_digest(folder / name)}  {name}\n" for name in FILES)
    (folder / "checksums.txt").write_text(sums, encoding="utf-8")


def balanced_weights(rows: Sequence[Row], most: int) -> np.ndarray:
    """Weights by which a source counts for at most `most` rows, so that one big set does not decide."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.source] = counts.get(row.source, 0) + 1
    return np.array([min(counts[row.source], most) / counts[row.source] for row in rows])


def fit_bias(logits: np.ndarray, rows: Sequence[Row], temperature: float, weights: np.ndarray, steps: Sequence[float]) -> tuple[float, float, float]:
    """The bias of the neutral class that gives the best mean over sources of macro recall (all three classes to choose from, also where
    a source knows two). Recall, not F1: it does not lean towards the classes that happen to be frequent in the dev sets. Negative and
    positive keep their balance: no dev set speaks for all sources there."""
    truth = indices([row.label for row in rows])
    by_source: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        by_source.setdefault(row.source, []).append(at)
    best, chosen = -1.0, 0.0
    for step in steps:
        choice = (logits / temperature + np.array([0.0, step, 0.0])).argmax(-1)
        figures = []
        for places in by_source.values():
            if len(places) < LEAST_SOURCE < len(rows):
                continue  # a handful of rows in another language than their set's
            names = sorted(set(truth[places].tolist()))
            figures.append(float(np.mean([(choice[places][truth[places] == name] == name).mean() for name in names])))
        mean = float(np.mean(figures or [0.0])) - 1e-4 * abs(step)
        if mean > best:
            best, chosen = mean, step
    return (-chosen / 3, chosen * 2 / 3, -chosen / 3)


def calibrate(scorer: PackagedScorer, rows: Sequence[Row], settings: Mapping[str, Any]) -> tuple[Calibration, dict[str, float], dict[str, Any]]:
    """Scalings of both heads, certainty floors and exit bounds by language, and the figures they give.

    Errors of calibration are measured on the half of the rows that was not fitted on, both ways round.
    """
    early_states, full_states, languages = scorer.features([row.text for row in rows])
    logits = {"early": scorer.head(early_states, "early"), "full": scorer.head(full_states, "full")}
    truth = indices([row.label for row in rows])
    weights = balanced_weights(rows, settings["source_rows"])
    half = np.array([at % 2 for at in range(len(rows))])
    named = np.array(languages)

    def scaling(head: str, chosen: np.ndarray) -> Scaling:
        picked = [int(at) for at in np.flatnonzero(chosen)]
        found = fit_scaling(logits[head][picked], truth[picked], weights[picked], with_bias=False)
        bias = fit_bias(logits[head][picked], [rows[at] for at in picked], found.temperature, weights[picked], settings["neutral_bias"])
        moved = logits[head][picked] / found.temperature + np.array(bias)  # the temperature again, under the bias
        again = fit_scaling(moved, truth[picked], weights[picked], with_bias=False)
        negative, neutral, positive = (float(each) / again.temperature for each in bias)
        plain = Scaling(found.temperature * again.temperature, (negative, neutral, positive))
        chances = plain(logits[head][picked])
        return replace(plain, curve=fit_curve(chances.max(-1), chances.argmax(-1) == truth[picked], weights[picked]))

    present = [name for name in sorted(set(languages)) if (named == name).sum() >= settings["least_rows"]]
    full: dict[str, Scaling] = {"other": scaling("full", np.ones(len(rows), bool))}
    early: dict[str, Scaling] = {"other": scaling("early", np.ones(len(rows), bool))}
    floors: dict[str, dict[float, float]] = {}
    exits: dict[str, float] = {}
    figures: dict[str, Any] = {"languages": {}}
    for name in present:
        mask = named == name
        full[name], early[name] = scaling("full", mask), scaling("early", mask)
    for name in [*present, "other"]:
        mask = named == name if name != "other" else np.ones(len(rows), bool)
        picked = np.flatnonzero(mask)
        last = full[name](logits["full"][picked])
        first = early[name](logits["early"][picked])
        exits[name] = exit_bound(first, last, truth[picked], weights[picked], settings)
        leaves = first.max(-1) >= exits[name]
        final = np.where(leaves[:, None], first, last)
        correct = final.argmax(-1) == truth[picked]
        floors[name] = fit_floors(final.max(-1), correct, weights=weights[picked])
        held = np.empty((len(picked), 3))
        for part in (0, 1):  # fitted on one half, measured on the other
            fit, seen = mask & (half == 1 - part), half[picked] == part
            if fit.sum() and seen.sum():
                held[seen] = np.where(
                    leaves[seen][:, None], scaling("early", fit)(logits["early"][picked][seen]), scaling("full", fit)(logits["full"][picked][seen])
                )
        error, bins = reliability(held.max(-1), held.argmax(-1) == truth[picked], weights=weights[picked])
        figures["languages"][name] = {
            "rows": len(picked), "leave_early": round(float((leaves * weights[picked]).sum() / weights[picked].sum()), 3),
            "calibration_error": round(error, 4), "reliability": [[each.count, round(each.certainty, 3), round(each.accuracy, 3)] for each in bins],
        }  # fmt: skip
    calibration = Calibration(full, early, floors)
    scores = {}
    for source in sorted({row.source for row in rows}):
        picked = np.array([at for at, row in enumerate(rows) if row.source == source])
        names = [languages[int(at)] for at in picked]
        first = calibration.apply(logits["early"][picked], names, early=True)
        last = calibration.apply(logits["full"][picked], names, early=False)
        leaves = first.max(-1) >= np.array([exits.get(name, exits["other"]) for name in names])
        report = evaluate(np.where(leaves[:, None], first, last), [rows[int(at)].label for at in picked], rounds=10)
        scores[source] = round(report.macro_f1.value, 4)
    figures |= {"dev_macro_f1": round(float(np.mean(list(scores.values()))), 4), "dev": scores}
    return calibration, exits, figures


def exit_bound(first: np.ndarray, last: np.ndarray, truth: np.ndarray, weights: np.ndarray, settings: Mapping[str, Any]) -> float:
    """The least certainty of the early head from which on its label is that of the last layer in all but `exit_error` of the rows
    that leave. 2.0 (never) where no bound keeps that."""
    certainty = first.max(-1)
    differs = (first.argmax(-1) != last.argmax(-1)) * weights
    order = np.argsort(-certainty, kind="stable")
    rate = np.cumsum(differs[order]) / np.cumsum(weights[order])
    good = np.flatnonzero(rate <= settings["exit_error"])
    good = good[good >= min(50, len(order) - 1)]
    return float(certainty[order][good[-1]]) if len(good) else 2.0


def dev_reports(scorer: PackagedScorer, dev: Mapping[str, Sequence[Row]]) -> tuple[dict[str, Report], dict[str, Report]]:
    """Reports by dev set and by language, as `goosh evaluate` gives them."""

    def report(rows: Sequence[Row]) -> Report:
        scores = [analysis.score for analysis in scorer.analyse([row.text for row in rows])]
        probabilities = np.array([(score.negative, score.neutral, score.positive) for score in scores])
        return evaluate(probabilities, [row.label for row in rows], [score.certainty_floor for score in scores])

    every = [row for rows in dev.values() for row in rows]
    languages = sorted({row.lang for row in every})
    return {source: report(rows) for source, rows in sorted(dev.items())}, {name: report([row for row in every if row.lang == name]) for name in languages}


__all__ = ["calibrate", "finish", "train"]
