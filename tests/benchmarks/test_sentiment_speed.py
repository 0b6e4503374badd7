"""Speed, start and memory of the packaged scorer, beside the `transformers` pipeline in the same run.

`pytest -s -m benchmark tests/benchmarks/test_sentiment_speed.py` prints rows for RESULTS.md. Ratios are what counts: machines differ.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sentiment.models.packaged import WEIGHTS, Options, PackagedScorer
from tests.shared import shared

pytestmark = pytest.mark.benchmark

FOLDER = Path(os.environ.get("GOOSH_WEIGHTS") or WEIGHTS)
POSTS, BASELINE_POSTS, PASSES = 1000, 120, 5


def posts() -> list[str]:
    """A thousand dev posts, half of them Persian, in random order."""
    folder = shared("data/sentiment/dev")
    rng = random.Random(0)
    found = []
    for names in (("snappfood_rated", "digikala_recommend", "deepsentipers", "neshan", "persian_twitter"), ("tweeteval", "brand_products", "sst2")):
        texts = [json.loads(line)["text"] for name in names for line in (folder / f"{name}.dev.jsonl").open(encoding="utf-8")]
        found += rng.sample(texts, POSTS // 2)
    rng.shuffle(found)
    return found


def needs_weights() -> None:
    if not (FOLDER / "model.json").exists():
        pytest.skip("the packaged weights are not in this checkout; set GOOSH_WEIGHTS")


def test_posts_a_second_against_the_usual_pipeline() -> None:
    """XLM-R base with random weights costs what trained ones cost."""
    needs_weights()
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer_file = shared("models/encoder-fa-en/tokenizer.json")
    texts = posts()
    torch.set_num_threads(os.cpu_count() or 2)
    config = transformers.XLMRobertaConfig(vocab_size=250_002, num_labels=3, max_position_embeddings=514, type_vocab_size=1)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tokenizer_file), pad_token="<pad>", model_max_length=512)
    model = transformers.XLMRobertaForSequenceClassification(config).eval()
    pipeline = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu", batch_size=8)
    scorer, whole = PackagedScorer(Options(weights=FOLDER)), PackagedScorer(Options(weights=FOLDER, early_exit=False))
    pipeline(texts[:8])
    scorer.analyse(texts[:64])
    figures: dict[str, list[float]] = {"pipeline": [], "packaged": [], "every layer": []}
    for _ in range(PASSES):  # alternating, so that other work on the machine hits all alike; the same posts each time
        begin = time.perf_counter()
        pipeline(texts[:BASELINE_POSTS], truncation=True, max_length=128)
        figures["pipeline"].append(BASELINE_POSTS / (time.perf_counter() - begin))
        for name, each in (("packaged", scorer), ("every layer", whole)):
            begin = time.perf_counter()
            each.analyse(texts)
            figures[name].append(len(texts) / (time.perf_counter() - begin))
    ratio = [ours / theirs for ours, theirs in zip(figures["packaged"], figures["pipeline"], strict=True)]
    single = []
    for text in texts[:200]:
        begin = time.perf_counter()
        scorer.analyse([text])
        single.append(1000 * (time.perf_counter() - begin))
    early = scorer.outcome(texts).early.mean()
    print("\n| engine | posts/s | against the pipeline |\n|---|---|---|")
    base = statistics.median(figures["pipeline"])
    lengths = [len(ids) for ids in scorer.prepare(texts)[0]]
    few, all_ = statistics.mean(lengths[:BASELINE_POSTS]), statistics.mean(lengths)
    for name, found in figures.items():
        print(f"| {name} | {statistics.median(found):.0f} | {statistics.median(found) / base:.0f} |")
    print(f"\nmean tokens {few:.1f} of the pipeline's posts, {all_:.1f} of all; ratio by pass {', '.join(f'{each:.0f}' for each in ratio)}; {early:.0%} of the posts left early;"
          f" one post alone p50 {statistics.median(single):.1f} ms, p95 {sorted(single)[189]:.1f} ms; load {os.getloadavg()[0]:.1f}")
    assert statistics.median(ratio) > 20


def test_start_and_memory() -> None:
    """A fresh process: import, load, first answer, and its resident memory before and after a thousand posts."""
    needs_weights()
    texts = posts()
    code = """
import sys, time, json
begin = time.perf_counter()
from pathlib import Path
from sentiment.models.packaged import Options, PackagedScorer
imported = time.perf_counter()
scorer = PackagedScorer(Options(weights=Path(sys.argv[1])))
loaded = time.perf_counter()
scorer.analyse(["سلام، پیک دیر رسید"])
first = time.perf_counter()
rss = lambda: int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]) / 1024
before = rss()
scorer.analyse(json.load(sys.stdin))
print(json.dumps([imported - begin, loaded - imported, first - loaded, before, rss(), int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024]))
"""
    done = [
        json.loads(subprocess.run([sys.executable, "-c", code, str(FOLDER)], input=json.dumps(texts), capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    imports, load, first, before, after, peak = (statistics.median(each) for each in zip(*done, strict=True))
    print(f"\n| import | load with checksums | first answer | resident | after {POSTS} posts | peak |\n|---|---|---|---|---|---|")
    print(f"| {imports:.2f} s | {load:.2f} s | {1000 * first:.0f} ms | {before:.0f} MB | {after:.0f} MB | {peak:.0f} MB |")
    assert after < 400
