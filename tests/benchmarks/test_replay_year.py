"""A year of fifty brands replayed on one core, beside the rule alone on series that are ready.

The store holds an imported archive (no look is on record, so all of them are assumed): ``MENTIONS`` a day for each brand
on average, with a daily rhythm and a storm a month. ``DAYS`` and ``BRANDS`` may be lowered by the environment for a short run.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from alerts import replay, series
from alerts.engine import Policy
from alerts.rules import RULES
from listener.pipeline.replay import replayed
from listener.storage import Store, open_store
from listener.types import Analysis, Author, Batch, Coverage, CoverageState, Facts, Match, Mention, Reach, Rule, Score

DAYS, BRANDS = int(os.environ.get("GOOSH_REPLAY_DAYS", "365")), int(os.environ.get("GOOSH_REPLAY_BRANDS", "50"))
MENTIONS = 20
BEGIN = datetime(2025, 10, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=DAYS)
GOAL = timedelta(minutes=3)
SCORES = {True: Analysis(Score(0.9, 0.07, 0.03, "fa", "made@1")), False: Analysis(Score(0.1, 0.8, 0.1, "fa", "made@1"))}


def fill(store: Store, brand: str, seed: int) -> int:
    """Store one brand's year as an archive; return how many mentions it has."""
    dice = np.random.default_rng(seed)
    hours = np.arange(DAYS * 24)
    counts = dice.poisson(MENTIONS / 24 * (1 + 0.7 * np.sin((hours % 24 - 9) / 24 * 2 * np.pi)))
    for month in range(DAYS // 30):
        at = int(dice.integers(month * 720 + 300, month * 720 + 700)) % len(hours)
        counts[at:at + 2] += 40
    mentions = []
    for hour, count in zip(hours.tolist(), counts.tolist(), strict=True):
        storm = count > 25
        for number, second in enumerate(np.sort(dice.integers(0, 3600, count)).tolist()):
            bad = storm or dice.random() < 0.2
            mentions.append(Mention("jsonl", f"{seed}-{hour}-{number}", "bad" if bad else "fine", BEGIN + timedelta(hours=hour, seconds=second),
                                    author=Author("jsonl", f"{seed}-{dice.integers(0, 400)}")))
    source = f"archive-{seed % 5}"
    store.register_sources([(source, "jsonl")])
    for start in range(0, len(mentions), 4000):
        some = mentions[start:start + 4000]
        store.commit_batch(source, Batch(mentions=tuple(some)), matches=[Match(one.key, brand, ()) for one in some],
                           reach={one.key: Reach(1, 30, 200, "assumed") for one in some}, start=BEGIN, end=END, now=END, history=True)
        store.save_analyses([(one.key, SCORES[one.text == "bad"]) for one in some], now=END)
    return len(mentions)


def alone(rule: Rule, store: Store, brands: list[str]) -> float:
    """Return the seconds the rule takes for the same year, series and traces in hand."""
    taken = 0.0
    for brand in brands:
        counts = store.points(brand, since=BEGIN, until=END)
        coverage = [Coverage(name, BEGIN, END, CoverageState.OK) for name in counts]
        whole = series.build(counts, coverage, list(counts), start=BEGIN, end=END)
        facts = Facts(brand, END, BEGIN, whole, tuple(store.traces(brand, since=BEGIN, until=END)), tuple(coverage))
        began = time.process_time()
        rule.evaluate(facts, {})
        taken += time.process_time() - began
    return taken


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_a_year_of_fifty_brands_replays_in_under_three_minutes_on_one_core(tmp_path: Path) -> None:
    brands = [f"brand {number}" for number in range(BRANDS)]
    rules: dict[str, Rule] = {kind: RULES.load(kind)(RULES.options(kind)()) for kind in ("spike", "stale_source")}
    with closing(open_store(f"sqlite:///{tmp_path / 'year.sqlite'}")) as store:
        mentions = sum(fill(store, brand, number) for number, brand in enumerate(brands))
        baseline = alone(rules["spike"], store, brands)
        began = time.process_time()
        done = replayed(store, rules, brands=brands, sources=[replay.Watched(f"archive-{number}", timedelta(hours=2)) for number in range(5)],
                        policy=Policy(), since=BEGIN, until=END)
        taken = time.process_time() - began
    size = (tmp_path / "year.sqlite").stat().st_size / 2**20
    share = (BRANDS / 50) * (DAYS / 365)
    print(f"{BRANDS} brands, {DAYS} days, {mentions} mentions, {size:.0f} MiB: {taken:.1f} s, the rule alone {baseline:.1f} s, "
          f"{len(done.alerts)} alerts")
    assert len(done.alerts) > 0.5 * BRANDS * (DAYS // 30)
    assert taken <= max(GOAL.total_seconds() * share, 4 * baseline)
