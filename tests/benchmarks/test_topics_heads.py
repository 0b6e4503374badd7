"""Aspects and intents on the check sets (macro-F1 with bootstrap intervals, reliability) and what they cost beside sentiment.

`pytest -m benchmark -s tests/benchmarks/test_topics_heads.py`
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.settings import aspect_tables
from listener.types import Analysis
from sentiment.evaluation import reliability
from sentiment.heads import INTENTS, PACKAGED, Reading
from sentiment.models.packaged import Options, PackagedScorer

pytestmark = pytest.mark.benchmark
DATA = Path(__file__).resolve().parent.parent / "data"
ROUNDS = 1_000


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def macro_f1(truth: np.ndarray, chosen: np.ndarray) -> tuple[float, float, float, list[float]]:
    """Macro-F1 with its 95 % interval over resampled posts, and F1 of each column."""
    def each(at: np.ndarray) -> np.ndarray:
        return 2 * (truth[at] & chosen[at]).sum(0) / np.maximum(truth[at].sum(0) + chosen[at].sum(0), 1)

    rng = np.random.default_rng(0)
    everyone = np.arange(len(truth))
    drawn = [each(rng.choice(everyone, len(everyone))).mean() for _ in range(ROUNDS)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(each(everyone).mean()), float(low), float(high), [round(float(one), 2) for one in each(everyone)]


def told(found: Sequence[Analysis | Reading], names: Sequence[str]) -> np.ndarray:
    return np.array([[name in [one.name for one in each.aspects] for name in names] for each in found])


def test_aspects_of_posts_in_finglish() -> None:
    rows = rows_of("topics_finglish.jsonl")
    scorer, texts = PackagedScorer(Options()), [row["text"] for row in rows]
    truth = np.array([[name in row["aspects"] for name in PACKAGED] for row in rows])
    as_written = scorer.topics.read(scorer.early_states(texts), texts)
    for name, found in (("as written", as_written), ("as Persian", scorer.analyse(texts))):
        chosen = told(found, PACKAGED)
        f1, low, high, each = macro_f1(truth, chosen)
        print(f"\nfinglish, {name}: n={len(rows)} macro-F1 {f1:.3f} ({low:.3f}–{high:.3f}), {(truth & chosen).sum()} of {truth.sum()} aspects found, "
              f"{(chosen & ~truth).sum()} wrong, {(~chosen.any(1)).sum()} posts without {dict(zip(PACKAGED, each, strict=True))}")


def airline() -> list[dict[str, Any]]:
    return [each.option() for each in aspect_tables(Path(__file__).resolve().parents[2] / "config" / "airline.toml")]


def test_aspects_and_intents_on_the_check_set() -> None:
    rows = rows_of("topics_check.jsonl")
    found = PackagedScorer(Options()).analyse([row["text"] for row in rows])
    for language in ("fa", "en"):
        at = [index for index, row in enumerate(rows) if row["lang"] == language]
        truth = np.array([[name in rows[index]["aspects"] for name in PACKAGED] for index in at])
        f1, low, high, each = macro_f1(truth, told([found[index] for index in at], PACKAGED))
        print(f"\n{language} aspects n={len(at)} macro-F1 {f1:.3f} ({low:.3f}–{high:.3f}) {dict(zip(PACKAGED, each, strict=True))}")
        meant = np.array([[rows[index]["intent"] == name for name in INTENTS] for index in at])
        read = np.array([[found[index].intent == name for name in INTENTS] for index in at])
        f1, low, high, each = macro_f1(meant, read)
        silent = sum(found[index].intent is None for index in at)
        print(f"{language} intents macro-F1 {f1:.3f} ({low:.3f}–{high:.3f}), unsure {silent} {dict(zip(INTENTS, each, strict=True))}")
        assert f1 > 0.5
    given = [(one.confidence, one.name in row["aspects"]) for row, each in zip(rows, found, strict=True) for one in each.aspects]
    sure = [(each.intent_confidence or 0.0, each.intent == row["intent"]) for row, each in zip(rows, found, strict=True) if each.intent]
    for name, pairs in (("aspects given", given), ("intents given", sure)):
        error, bins = reliability(np.array([one for one, _ in pairs]), np.array([right for _, right in pairs]))
        print(f"{name} {len(pairs)} ECE {error:.3f}: " + "; ".join(f"{one.low:.1f}–{one.high:.1f} n={one.count} said {one.certainty:.2f} right {one.accuracy:.2f}" for one in bins))


@pytest.mark.parametrize("most", [5, 10, 400], ids=["five examples", "ten examples", "all examples and descriptions"])
def test_the_reasons_of_an_airline(most: int) -> None:
    own = [{**each, "examples": each["examples"][:most], **({} if most > 10 else {"description": ""})} for each in airline()]
    rows = rows_of("topics_check_airline.jsonl")
    scorer = PackagedScorer(Options.model_validate({"aspects": own}))
    began = time.process_time()
    names = scorer.topics.names
    fitted = time.process_time() - began
    truth = np.array([[name in row["aspects"] for name in names] for row in rows])
    f1, low, high, each = macro_f1(truth, told(scorer.analyse([row["text"] for row in rows]), names))
    print(f"\nairline n={len(rows)} most {most} examples: macro-F1 {f1:.3f} ({low:.3f}–{high:.3f}) {dict(zip(names, each, strict=True))}; fitted in {fitted:.1f} s of processor")
    assert f1 > 0.4


@pytest.mark.parametrize("examples", [5, 50])
def test_what_an_aspect_added_to_the_packaged_ones_costs(examples: int) -> None:
    own = [*({"name": name} for name in PACKAGED), {"name": "lateness", "examples": airline()[0]["examples"][:examples]}]
    spent = []
    for _ in range(3):
        scorer = PackagedScorer(Options.model_validate({"aspects": own}))
        began = time.process_time()
        assert scorer.topics.names[-1] == "lateness"
        spent.append(time.process_time() - began)
    print(f"\nan aspect of {examples} examples beside the packaged ones: fitted in {spent[0]:.2f} s of processor the first time of a process, {min(spent):.2f} s after")
    assert min(spent) < 1


def test_what_heads_cost_beside_sentiment() -> None:
    texts = [row["text"] for row in rows_of("topics_check.jsonl")] * 2
    plain, heads = PackagedScorer(Options(aspects=())), PackagedScorer(Options())
    states = heads.early_states(texts)
    many = PackagedScorer(Options.model_validate({"aspects": [{"name": name} for name in PACKAGED if name != "staff"] + airline() + [{"name": "crew", "examples": ["the crew was rude"]}]}))
    best: dict[str, float] = {}
    for scorer in (plain, heads, many):
        scorer.analyse(texts[:64])
    for _ in range(3):
        for name, scorer in (("without", plain), ("with", heads)):
            began = time.perf_counter()
            scorer.analyse(texts)
            best[name] = min(best.get(name, np.inf), time.perf_counter() - began)
        for name, scorer in (("10 aspects", heads), ("15 aspects", many)):
            began = time.perf_counter()
            scorer.topics.read(states, texts)
            best[name] = min(best.get(name, np.inf), time.perf_counter() - began)
    added = (best["15 aspects"] - best["10 aspects"]) / 5 / len(texts) * 1e6
    print(f"\nposts/s without {len(texts) / best['without']:.0f}, with heads {len(texts) / best['with']:.0f} ({best['with'] / best['without']:.2f} times the time); "
          f"reading heads {best['10 aspects'] / len(texts) * 1e6:.0f} µs a post, each added aspect {added:.1f} µs")
    assert best["with"] < 2 * best["without"]
