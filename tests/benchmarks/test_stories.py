"""How well copies and spun texts are found, how seldom unrelated reviews are taken for one story, and what it costs.

    pytest -s -m benchmark tests/benchmarks/test_stories.py
"""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.stories import assign, marks
from listener.pipeline.stories import tell_stories
from listener.storage import Store, open_store
from listener.text import fingerprint
from listener.types import Analysis, Author, Batch, Match, Mention, Score
from tests.alerts.story_pairs import (
    LAST_DIFFERENT,
    LAST_SPUN,
    LATER_DIFFERENT,
    LATER_SPUN,
    POSTS,
    SPUN,
    TOPICS,
    copied,
    different,
    same,
)
from tests.shared import ROOT

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STORED, NEW = 100_000, 10_000


def found(one: str, other: str) -> bool:
    posts = [Mention("x", f"{n}", text, NOW + timedelta(minutes=n)) for n, text in enumerate((one, other))]
    return len(set(assign(posts, {}).stories.values())) == 1


@pytest.mark.benchmark
def test_precision_and_recall_against_equal_fingerprints() -> None:
    groups = {"copies": [pair for done, *pair in same() if done != "spun"], "spun": SPUN, "spun, later": LATER_SPUN,
              "spun, last": LAST_SPUN}
    apart = {kind: [pair for was, *pair in different() if was == kind] for kind in ("topic", "template", "post")} | {
        "later": LATER_DIFFERENT, "last": LAST_DIFFERENT}
    for title, sets in (("same", groups), ("different", apart)):
        for name, pairs in sets.items():
            ours = sum(found(*pair) for pair in pairs)
            plain = sum(fingerprint(one) is not None and fingerprint(one) == fingerprint(other) for one, other in pairs)
            print(f"{title} {name}: {len(pairs)} pairs, one story {ours}, equal fingerprints {plain}")
            assert title == "same" or ours == 0


@pytest.mark.benchmark
def test_unrelated_reviews_are_hardly_ever_one_story() -> None:
    for path in sorted((ROOT / "data/sentiment/dev").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            texts = list(dict.fromkeys(json.loads(line)["text"] for line in lines))
        posts = [Mention("x", f"{n:05}", text, NOW + timedelta(seconds=n)) for n, text in enumerate(texts)]
        stories = assign(posts, {}).stories
        print(f"{path.name}: {len(posts)} texts, {len(posts) - len(set(stories.values()))} joined another one's story")


def texts(number: int) -> list[str]:
    """Real Persian texts where the shared data lies, else made ones; one in five is a copy or spun."""
    real: list[str] = []
    for path in sorted((ROOT / "data/sentiment/train").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            real += [json.loads(line)["text"] for line in lines]
    chance = random.Random(5)
    real = list(dict.fromkeys(real)) or [" ".join(chance.sample([word for text in POSTS for word in text.split()], 20))
                                         for _ in range(number)]
    chance.shuffle(real)
    copies = [other for text in POSTS for _, other in copied(text)] + [text for pair in SPUN for text in pair] + [
        text for topic in TOPICS for text in topic]
    return [chance.choice(copies) if n % 5 == 0 else real[n % len(real)] for n in range(number)]


def load(store: Store, bodies: list[str], *, begin: int) -> None:
    analysis = Analysis(Score(0.9, 0.1, 0.0, "fa", "packaged@1"))
    span = timedelta(days=30) / (STORED + NEW)
    for start in range(0, len(bodies), 5_000):
        posts = [Mention("jsonl", f"{begin + n:06}", body, NOW - timedelta(days=30) + span * (begin + n),
                         author=Author("jsonl", f"a{n % 9_999}")) for n, body in enumerate(bodies[start:start + 5_000], start)]
        store.commit_batch("import", Batch(tuple(posts)), matches=[Match(one.key, "b", ()) for one in posts], reach={}, start=NOW,
                           end=NOW, now=NOW, history=True)
        store.save_analyses([(one.key, analysis) for one in posts], now=NOW)


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
def test_what_telling_stories_costs_at_a_hundred_thousand_stored_posts(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/house.sqlite")
    bodies = texts(STORED + NEW)
    load(store, bodies[:STORED], begin=0)
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    start = time.process_time()
    assert tell_stories(store) == STORED
    spent = time.process_time() - start
    print(f"the first {STORED} posts: {STORED / spent:.0f} posts/s")
    grown = sum(file.stat().st_size for file in tmp_path.iterdir()) - size
    load(store, bodies[STORED:], begin=STORED)
    left = Counter(len(marks(one)) for one in store.unstoried(2_000))
    start = time.process_time()
    assert tell_stories(store, at_most=NEW // 2) == NEW // 2
    spent = time.process_time() - start
    tracemalloc.start()
    tell_stories(store, at_most=1_024)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"at {STORED} stored: {NEW / 2 / spent:.0f} posts/s, {1e3 * spent / (NEW / 2):.2f} ms a post; peak {peak / 2**20:.1f} MB of Python; "
          f"{grown / STORED:.0f} bytes a post in the database; marks a post {sum(k * n for k, n in left.items()) / left.total():.1f}")
    start = time.process_time()
    told = store.stories("b", since=NOW - timedelta(days=4), until=NOW - timedelta(days=3))
    print(f"{len(told)} stories of a day counted in {time.process_time() - start:.2f} s, the largest of {max(s.mentions for s in told.values())}")
    store.close()
