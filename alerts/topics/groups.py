"""Groups of complaints, and which topic each is. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from alerts.topics.naming import name
from alerts.topics.space import Floats, Space
from listener.types import Complaint, KeptTopic, MentionKey

CLOSE = 0.0825  # mean cosine within a group
FEWEST = 3  # complaints and authors that make a topic
MOST = 48  # topics of a brand
SAMPLE = 1500  # complaints of a brand that are grouped
RECENT = timedelta(days=14)
"""What is grouped; a topic of which nothing was said for so long has ended."""
INHERITED = 0.5  # of a topic's members that went elsewhere: it was merged, or what is left was split from it


class Grouping(NamedTuple):
    """What a grouping found: topics as they are now, ended ones among them, and the topic of each complaint of the sample."""

    topics: tuple[KeptTopic, ...]
    members: Mapping[MentionKey, str | None]


def assign(complaints: Sequence[Complaint], topics: Sequence[KeptTopic], space: Space) -> dict[MentionKey, str | None]:
    """Return the topic of each complaint, or None where none is close, or where its embedding is of another model. One alone
    and many together get the same.
    """
    living = sorted((one for one in topics if one.centre and one.ended_at is None), key=lambda one: one.id)
    if not living:
        return {one.key: None for one in complaints}
    centres = np.stack([np.frombuffer(one.centre, np.float32) for one in living])
    found: dict[MentionKey, str | None] = {}
    for one, row in zip(complaints, space.place(complaints), strict=True):
        close = (centres * row).sum(1)  # not a matrix product: BLAS adds up in another order for other numbers of rows
        best = int(close.argmax())
        found[one.key] = living[best].id if close[best] >= CLOSE and one.model == space.model else None
    return found


def grouped(places: Floats, close: float = CLOSE) -> list[int]:
    """Return the number of each row's group, by average linkage of cosines down to ``close``."""
    count = len(places)
    alike = (places @ places.T).astype(np.float32)
    np.fill_diagonal(alike, -np.inf)
    size, into = np.ones(count, np.float32), list(range(count))
    active = np.ones(count, np.bool_)
    chain: list[int] = []
    for start in range(count):
        if not active[start]:
            continue
        chain = [start]
        while chain:
            top = chain[-1]
            best = int(alike[top].argmax())
            if alike[top, best] < close:  # nothing will ever be closer: what merges elsewhere comes no nearer
                chain.pop()
                active[top] = False
                alike[top], alike[:, top] = -np.inf, -np.inf
                continue
            before = chain[-2] if len(chain) > 1 else -1
            if before >= 0 and alike[top, before] >= alike[top, best]:
                chain = chain[:-2]
                row = (size[top] * alike[top] + size[before] * alike[before]) / (size[top] + size[before])
                row[~active] = -np.inf
                row[[top, before]] = -np.inf
                alike[before], alike[:, before] = row, row
                alike[top], alike[:, top] = -np.inf, -np.inf
                active[top] = False
                size[before] += size[top]
                into[top] = before
                if not chain:
                    chain = [before]
            else:
                chain.append(best)

    def root(one: int) -> int:
        while into[one] != one:
            one = into[one]
        return one

    return [root(one) for one in range(count)]


def regroup(brand: str, complaints: Sequence[Complaint], topics: Sequence[KeptTopic], space: Space, *, at: datetime,
            brand_words: Iterable[str] = ()) -> Grouping:
    """Group a brand's sample and say which topic each group is. ``topics`` are those that had not ended."""
    sample = sorted(complaints, key=lambda one: one.key)[:SAMPLE]
    places = space.place(sample)
    members: dict[MentionKey, str | None] = {one.key: None for one in sample}
    groups: dict[int, list[int]] = defaultdict(list)
    for row, number in enumerate(grouped(places)):
        groups[number].append(row)
    fit = [rows for rows in groups.values() if _voices([sample[row] for row in rows]) >= FEWEST]
    fit = sorted(fit, key=lambda rows: (-len(rows), sample[rows[0]].key))[:MOST]
    heirs, split = _heirs(fit, sample, topics)
    old = {one.id: one for one in topics}
    found: dict[str, KeptTopic] = {}
    for number, rows in enumerate(fit):
        own = [sample[row] for row in rows]
        first = min(own, key=lambda one: (one.published_at, one.key))
        before = old.get(heirs.get(number, ""))
        id = before.id if before else topic_id(brand, first.key, at)
        centre = places[rows].mean(0)
        found[id] = KeptTopic(id, brand, before.first_at if before else first.published_at, before.phrases if before else {},
                         _typical(own, places[rows] @ centre), _aspect(own), centre.astype(np.float32).tobytes(),
                         before.split_from if before else split.get(number))
        members.update({one.key: id for one in own})
    named = name({id: [one for one in sample if members[one.key] == id] for id in found}, brand_words,
                 {id: one.phrases for id, one in found.items()})
    ended = [replace(one, ended_at=at, centre=b"", merged_into=_merged(one.id, sample, members))
             for one in topics if one.id not in found]
    return Grouping((*(replace(one, phrases=named[id]) for id, one in sorted(found.items())), *ended), members)


def topic_id(brand: str, first: MentionKey, at: datetime) -> str:
    return hashlib.sha256("\n".join((brand, *first, at.isoformat())).encode()).hexdigest()[:12]


def _voices(complaints: Sequence[Complaint]) -> int:
    """Return how many say it: authors, and copies of one text once."""
    authors = {one.author or f"\0{one.key}" for one in complaints}
    texts = {one.story or f"\0{one.key}" for one in complaints}
    return min(len(authors), len(texts))


def _heirs(groups: Sequence[Sequence[int]], sample: Sequence[Complaint],
           topics: Sequence[KeptTopic]) -> tuple[dict[int, str], dict[int, str]]:
    """Return which group goes on as which topic, and which other groups were split from one."""
    known = {one.id: one.first_at for one in topics}
    votes = [Counter(topic for row in rows if (topic := sample[row].topic) in known) for rows in groups]
    claims = sorted(((count, topic, number) for number, found in enumerate(votes) for topic, count in found.items()),
                    key=lambda claim: (-claim[0], known[claim[1]], claim[1], claim[2]))
    heirs: dict[int, str] = {}
    for _, topic, number in claims:
        if number not in heirs and topic not in heirs.values():
            heirs[number] = topic
    split = {number: max(sorted(found), key=lambda topic: found[topic]) for number, found in enumerate(votes)
             if number not in heirs and sum(found.values()) >= INHERITED * len(groups[number])}
    return heirs, split


def _merged(topic: str, sample: Sequence[Complaint], members: Mapping[MentionKey, str | None]) -> str | None:
    went = Counter(members[one.key] for one in sample if one.topic == topic)
    into, count = max(sorted(((found, n) for found, n in went.items() if found), key=lambda pair: pair[0]),
                      key=lambda pair: pair[1], default=(None, 0))
    return into if count >= INHERITED * max(1, went.total()) else None


def _typical(own: Sequence[Complaint], close: Floats) -> tuple[MentionKey, ...]:
    """Return three posts near the centre, of different stories and, where there are two, of both languages; only such as surely
    are complaints, and fewer where there are no three: praise or a question under a complaint's name misleads whoever reads it.
    """
    order = sorted((row for row in range(len(own)) if own[row].sure), key=lambda row: (-float(close[row]), own[row].key))
    chosen: list[Complaint] = []
    for row in order:
        one = own[row]
        if all(one.story is None or one.story != other.story for other in chosen) and len(chosen) < 3:
            chosen.append(one)
    spoken = {one.language for one in chosen}
    other = next((own[row] for row in order if own[row].language not in spoken), None)
    if other is not None and len(chosen) == 3:
        chosen[-1] = other
    return tuple(one.key for one in chosen)


def _aspect(own: Sequence[Complaint]) -> str | None:
    """Return the aspect that most of them speak of."""
    found = Counter(one.aspect for one in own if one.aspect)
    best = max(sorted(found), key=lambda aspect: found[aspect], default=None)
    return best if best is not None and 2 * found[best] > len(own) else None
