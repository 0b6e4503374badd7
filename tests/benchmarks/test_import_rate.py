"""What importing a file costs: read → match → store 200,000 posts, against plain INSERTs of the same rows in the same run.

    pytest -s -m benchmark tests/benchmarks/test_import_rate.py

CPU time of this process. Both sides read the same file of JSON lines; the baseline is ``json.loads`` and ``executemany`` into
one table with one index, committed every 2,000 rows.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from listener.collectors import csv, jsonl
from listener.collectors.files import import_file
from listener.collectors.rows import Shape
from listener.match import Matcher
from listener.pipeline import Pipeline
from listener.storage import open_store
from listener.types import Brand
from tests.shared import ROOT

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
POSTS = 200_000
FIELDS = ("id", "text", "published_at", "author", "followers", "likes", "url")
BRANDS = [
    Brand("اسنپ", ("snapp",)),
    Brand("دیجی‌کالا", ("digikala",)),
    Brand("تپسی"),
    Brand("ایرانسل"),
    Brand("سامسونگ", ("samsung",)),
]


def rows(number: int) -> Iterator[dict[str, object]]:
    texts = [f"سفارش شماره {one} با تاخیر رسید و پشتیبانی جواب نداد، غذا هم سرد شده بود" for one in range(5000)]
    for name in ("snappfood_rated", "persian_twitter"):
        path = ROOT / "data/sentiment/train" / f"{name}.train.jsonl"
        if path.exists():
            with path.open(encoding="utf-8") as lines:
                texts += [json.loads(line)["text"] for line in lines]
    for one in range(number):
        at = NOW - timedelta(seconds=one * 37)
        yield {
            "id": f"post-{one}",
            "text": f"{BRANDS[one % 5].name}: {texts[one % len(texts)]}",
            "published_at": at.isoformat(),
            "author": f"author-{one % 40_000}",
            "followers": one % 9999,
            "likes": one % 99,
            "url": f"https://example.org/{one}",
        }


def write(path: Path, number: int) -> Path:
    with path.open("w", encoding="utf-8") as out:
        for row in rows(number):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def plain(path: Path, database: Path) -> float:
    start = time.process_time()
    with closing(sqlite3.connect(database)) as connection, path.open(encoding="utf-8") as lines:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"CREATE TABLE posts ({', '.join(FIELDS)}, PRIMARY KEY (id))")
        batch: list[tuple[object, ...]] = []
        for line in lines:
            row = json.loads(line)
            batch.append(tuple(row[name] for name in FIELDS))
            if len(batch) == 2000:
                with connection:
                    connection.executemany(f"INSERT INTO posts VALUES ({', '.join('?' * len(FIELDS))})", batch)
                batch.clear()
        with connection:
            connection.executemany(f"INSERT INTO posts VALUES ({', '.join('?' * len(FIELDS))})", batch)
    return time.process_time() - start


@pytest.mark.benchmark
def test_importing_two_hundred_thousand_posts(tmp_path: Path) -> None:
    path = write(tmp_path / "posts.jsonl", POSTS)
    baseline = plain(path, tmp_path / "plain.sqlite")
    start = time.process_time()
    read = sum(len(chunk.rows) for chunk in import_file(path, jsonl.records, "jsonl", Shape(), now=NOW))
    reading = time.process_time() - start
    with closing(open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")) as store:
        pipeline = Pipeline(store=store, sources=(), brands=[brand.name for brand in BRANDS], matcher=Matcher(BRANDS),
                            scorer=lambda: pytest.fail("importing scores nothing"), rules={}, receivers=(), now=lambda: NOW,
                            timezone=ZoneInfo("Asia/Tehran"))
        start, new = time.process_time(), 0
        for chunk in import_file(path, jsonl.records, "jsonl", Shape(), now=NOW):
            new += pipeline.store_import("posts.jsonl", "jsonl", None, [mention for _, mention in chunk.rows]).new
        whole = time.process_time() - start
    print(
        f"\nplain {POSTS / baseline:,.0f} rows/s; read alone {POSTS / reading:,.0f}; "
        f"read, match and store {POSTS / whole:,.0f}: "
        f"{whole / baseline:.1f} times plain"
    )
    assert read == new == POSTS
    assert whole < 40 * baseline


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_memory_of_reading_does_not_grow_with_the_file(tmp_path: Path, kind: str) -> None:
    module, path = {"jsonl": jsonl, "csv": csv}[kind], tmp_path / f"posts.{kind}"
    write(tmp_path / "posts.jsonl", POSTS)
    if kind == "csv":
        with path.open("w", encoding="utf-8") as out:
            out.write(",".join(FIELDS) + "\n")
            for row in rows(POSTS):
                out.write(",".join('"' + str(row[name]).replace('"', '""') + '"' for name in FIELDS) + "\n")

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    chunks = import_file(path, module.records, kind, Shape(), now=NOW)
    for _ in range(5):
        next(chunks)
    early = peak()
    for _ in chunks:
        pass
    print(f"\n{kind}: {early:.0f} MB after 10,000 rows, {peak():.0f} MB after {POSTS:,}")
    assert peak() - early < 16
