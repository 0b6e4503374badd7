"""What a search by meaning finds, and what it costs at a million posts.

    pytest -s -m benchmark tests/benchmarks/test_search.py
"""

from __future__ import annotations

import random
import resource
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from listener.storage import Reading, Store, open_store
from listener.storage import vectors as index
from listener.storage.vectors import LANGUAGES, SIZE, _record
from listener.types import Batch, Match, Mention, MentionKey
from sentiment.models.packaged import PackagedScorer
from tests.shared import ROOT

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3_600)]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MILLION, WIDTH, MODEL = 1_000_000, 384, "made@1"
PAIRS = [line.split("\t") for line in (Path(__file__).parents[1] / "data/search_pairs.tsv").read_text(encoding="utf-8").splitlines()]


def complaints(most: int) -> list[tuple[str, str]]:
    """Real complaints of other people where the shared data lies: the haystack. As many of either language."""
    import json

    found: dict[str, list[str]] = {"fa": [], "en": []}
    for path in sorted((ROOT / "data/sentiment/dev").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        texts = [row["text"] for row in rows if str(row["label"]) == "negative" and 20 < len(row["text"]) < 400]
        for text in texts[:400]:
            found["fa" if any("\u0600" <= sign <= "\u06ff" for sign in text) else "en"].append(text)
    some = min(most, *map(len, found.values()))
    return [(f"{language}{n}", text) for language, texts in found.items()
            for n, text in enumerate(random.Random(1).sample(texts, some))]


def load(store: Store, scorer: PackagedScorer, posts: Sequence[tuple[str, str]]) -> None:
    mentions = [Mention("x", id, text, NOW - timedelta(minutes=n)) for n, (id, text) in enumerate(posts)]
    store.commit_batch("x", Batch(tuple(mentions)), matches=[Match(one.key, "b", ()) for one in mentions], reach={}, start=NOW, end=NOW, now=NOW)
    store.save_analyses(list(zip([one.key for one in mentions], scorer.analyse([text for _, text in posts]), strict=True)), now=NOW)


def test_what_is_found_among_real_complaints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, scorer = open_store(f"sqlite:///{tmp_path}/house.sqlite"), PackagedScorer()
    queries_fa, queries_en, posts_fa, posts_en = (list(column) for column in zip(*PAIRS, strict=True))
    hay = complaints(1_000)
    load(store, scorer, [*((f"pf{n}", text) for n, text in enumerate(posts_fa)), *((f"pe{n}", text) for n, text in enumerate(posts_en)), *hay])
    tasks = (("post fa → post en", posts_fa, "pf", "pe", False), ("post en → post fa", posts_en, "pe", "pf", False),
             ("typed fa → post fa", queries_fa, None, "pf", True), ("typed fa → post en", queries_fa, None, "pe", True),
             ("typed en → post en", queries_en, None, "pe", True), ("typed en → post fa", queries_en, None, "pf", True))
    read = {text: analysis for texts in (queries_fa, queries_en, posts_fa, posts_en)
            for text, analysis in zip(texts, scorer.analyse(texts), strict=True)}
    print(f"\n{len(PAIRS)} pairs among {len(hay)} other complaints; recall@10 (recall@100)\n| | " + " | ".join(name for name, *_ in tasks) + " |\n|---" * 1 + "|---" * len(tasks) + "|")
    ways = (("plain cosine", {"PRIOR": 1e12, "POWER": 0.0, "WORDS": 0.0}), ("centred by language", {"POWER": 0.0, "WORDS": 0.0}),
            ("and half whitened", {"WORDS": 0.0}), ("and typed words, .1", {"WORDS": 0.1}),
            ("and typed words, .2", {"WORDS": 0.2}))
    for name, constants in ways:
        with monkeypatch.context() as patch:
            for constant, value in constants.items():
                patch.setattr(index, constant, value)
            cells = []
            for _, texts, own, wanted, typed in tasks:
                if constants.get("WORDS") and not typed:
                    cells.append("as above")
                    continue
                ranks = []
                for n, text in enumerate(texts):
                    analysis = read[text]
                    sought = Reading(analysis.embedding or b"", scorer.name, analysis.score.language)
                    found = store.like(sought, words=text if typed else None, limit=100, without=[MentionKey("x", f"{own}{n}")] if own else ())
                    ranks.append(next((rank for rank, one in enumerate(found) if one.mention.mention.id == f"{wanted}{n}"), 999))
                cells.append(f"{np.mean(np.array(ranks) < 10):.2f} ({np.mean(np.array(ranks) < 100):.2f})")
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    store.close()


def fill(path: Path) -> None:
    """A million posts with vectors of four languages and a hundred subjects, half of one brand, a hundredth of another; written by hand."""
    dice = np.random.default_rng(3)
    subjects, tongues = dice.normal(size=(100, WIDTH)), 2 * dice.normal(size=(len(LANGUAGES), WIDTH))
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        begin, step = int((NOW - timedelta(days=365)).timestamp()) * 1_000_000, 31_000_000
        columns = {row[1]: row for row in raw.execute("PRAGMA table_info(mention)")}
        needed = {name: 0 if "INT" in row[2].upper() or "BOOL" in row[2].upper() else "" for name, row in columns.items() if row[3] and row[4] is None}
        fixed = {**needed, "kind": "x", "source": "x", "precision": "second", "model": MODEL, "label": "negative", "score_language": "fa"}
        names = ["pk", "id", "published_at", "text", *(name for name in fixed if name not in ("pk", "id", "published_at", "text"))]
        rest = tuple(fixed[name] for name in names[4:])
        words = "سفارش دیر رسید پول پشتیبانی late refund order broken app".split()
        for start in range(0, MILLION, 50_000):
            pks = range(start + 1, min(start + 50_000, MILLION) + 1)
            bodies = [" ".join((words[n % 10], words[n // 10 % 10], str(n % 5_000))) for n in pks]
            raw.executemany(f"INSERT INTO mention ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                            ((n, str(n), begin + n * step, body, *rest) for n, body in zip(pks, bodies, strict=True)))
            raw.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", zip(pks, bodies, strict=True))
            raw.executemany("INSERT INTO match (mention_pk, brand, published_at, label, terms) VALUES (?, ?, ?, 'negative', '[]')",
                            ((n, "small" if n % 100 == 7 else "large" if n % 2 else "other", begin + n * step) for n in pks))
        for number, start in enumerate(range(0, MILLION, SIZE)):
            count = min(SIZE, MILLION - start)
            rows = np.zeros(count, _record(WIDTH))
            rows["pk"] = np.arange(start + 1, start + count + 1)
            rows["at"], rows["language"] = begin + rows["pk"] * step, dice.integers(1, len(LANGUAGES), count)
            made = subjects[dice.integers(0, 100, count)] + tongues[rows["language"]] + dice.normal(size=(count, WIDTH))
            rows["values"] = np.round(made / np.linalg.norm(made, axis=1, keepdims=True) * 127)
            raw.execute("INSERT INTO vector_block VALUES (?, ?, ?, ?, ?, ?)",
                        (number, MODEL, WIDTH, int(rows["at"].min()), int(rows["at"].max()), rows.tobytes()))


def test_what_a_search_costs_at_a_million_posts(tmp_path: Path) -> None:
    path = tmp_path / "house.sqlite"
    open_store(f"sqlite:///{path}").close()
    fill(path)
    with sqlite3.connect(path) as raw:
        held = raw.execute("SELECT sum(length(vectors)) FROM vector_block").fetchone()[0]
        queries = [np.frombuffer(block, _record(WIDTH))[n] for n, (block,) in enumerate(raw.execute(
            "SELECT vectors FROM vector_block WHERE number % 37 = 0 LIMIT 50"))]
    store = open_store(f"sqlite:///{path}")
    print(f"\n{MILLION:,} vectors: {held / 1e6:.0f} MB in blocks\n| search | p50 ms | p95 ms | CPU ms a search |\n|---|---|---|---|")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cases = (("everything", {}, False), ("a brand with half of it", {"brand": "large"}, False), ("a brand with 1 %", {"brand": "small"}, False),
             ("the last 30 days", {"since": NOW - timedelta(days=30)}, False), ("with typed words", {}, True))
    for name, filters, typed in cases:
        took, cpu = [], time.process_time()
        for query in queries:
            sought = Reading(query["values"].tobytes(), MODEL, LANGUAGES[query["language"]])
            started = time.perf_counter()
            found = store.like(sought, words="سفارش دیر رسید" if typed else None, limit=20, **filters)  # type: ignore[arg-type]
            took.append((time.perf_counter() - started) * 1_000)
            assert len(found) == 20
        cpu = (time.process_time() - cpu) * 1_000 / len(queries)
        print(f"| {name} | {np.percentile(took, 50):.0f} | {np.percentile(took, 95):.0f} | {cpu:.0f} |", flush=True)
    print(f"most memory while searching: {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f} MB above the open store")
    store.close()
