"""What people complain about these days: groups of complaints across languages that keep their name. Pure.

**Where a complaint stands.** The scorer's embedding, less the mean of its own language (else a Persian complaint's neighbours
are Persian, whatever they are about), with its strong directions softened (scaled by variance to the power -1/4: mild
whitening), beside the things it speaks of by a small table of words in both languages (``alerts.complaint_words``). Mean,
directions and weights are those of a bounded sample of what was said of late, and are kept as a ``Space`` until the next
grouping. tests/benchmarks/RESULTS.md, "Topics", says what each part is worth.

**Groups.** Every few hours the sample is grouped by average linkage (the mean cosine over all pairs, so that no chain of
neighbours makes one large group), by nearest-neighbour chains: exact, quadratic in the bounded sample (Müllner, "Modern
hierarchical, agglomerative clustering algorithms", 2011, §3.1). Between two groupings a complaint joins the topic whose mean
cosine with it is highest, or none. Centres stand still meanwhile, so that the order in which complaints come plays no part.

**Identity.** A group takes the id and the name of the topic that most of its members had, where it also has the largest part
of that topic. What is left over of a topic is new, and says what it was split from; a topic most of whose members went to
another group is merged into it and stays findable.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts import complaint_words
from alerts.topic_stops import STOPS
from listener.text import own_text, search_form
from listener.types import Complaint, KeptTopic, MentionKey, Topic

Floats = NDArray[np.float32]

WIDTH = 384  # of an embedding
THINGS_WEIGHT = 0.7  # of the words of both languages against the embedding
OWN_MEAN = 3  # complaints of a language after which its own mean counts half
CALM = 100  # complaints that the unit matrix counts for in the directions: a few dozen say little about 384 of them
CLOSE = 0.075  # mean cosine within a group
FEWEST = 3  # complaints and authors that make a topic
MOST = 48  # topics of a brand
SAMPLE = 1500  # complaints of a brand that are grouped
RECENT = timedelta(days=14)
"""What is grouped; a topic of which nothing was said for so long has ended."""
INHERITED = 0.5  # of a topic's members that went elsewhere: it was merged, or what is left was split from it

PHRASES = 3
LONGER = (1.0, 1.25, 1.35)  # weight of phrases of one, two, three words: «بازگشت پول» says more than «پول»
CANDIDATES = 12  # telling phrases among which an old one keeps the name
DAY = timedelta(days=1)
NEW = timedelta(days=2)
USUAL_DAYS = 7  # of the past that the last day is compared with
GROWN = 3.0  # standard deviations above the usual day
READ = 2000  # characters of a text
NAME_TEXTS = 200  # of a topic and a language that it is named by

_TOKEN = re.compile(r"[^\W_]+(?:[\u200c'’][^\W_]+)*")


class Grouping(NamedTuple):
    """What a grouping found: topics as they are now, ended ones among them, and the topic of each complaint of the sample."""

    topics: tuple[KeptTopic, ...]
    members: Mapping[MentionKey, str | None]


# ---------------------------------------------------------------------------------------------------- space

@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where complaints stand."""

    model: str  # of the embeddings
    means: Mapping[str, Floats]
    overall: Floats
    warp: Floats
    weights: Floats  # of the things that words speak of: rare ones tell more

    @classmethod
    def fit(cls, complaints: Sequence[Complaint], model: str) -> Space:
        """Return the space of a sample, in which each language has its own zero. Raises ValueError for an empty sample."""
        if not complaints:
            raise ValueError("topics: no complaint to find a space by")
        ordered = sorted(complaints, key=lambda one: one.key)
        raw, languages = _unit(_embeddings(ordered)), np.array([one.language for one in ordered])
        overall = raw.mean(0)
        means = {}
        for language in sorted(set(languages.tolist())):
            own = raw[languages == language]
            means[language] = ((own.sum(0) + OWN_MEAN * overall) / (len(own) + OWN_MEAN)).astype(np.float32)
        centred = raw - np.stack([means[language] for language in languages.tolist()])
        scatter = centred.T.astype(np.float64) @ centred
        usual = max(float(np.trace(scatter)) / (WIDTH * len(raw)), 1e-9)
        values, vectors = np.linalg.eigh((scatter + CALM * usual * np.eye(WIDTH)) / (len(raw) + CALM))
        things = _things(ordered)
        weights = np.log1p(len(raw) / (1 + (things > 0).sum(0)))
        # two decimals of float16 are more than a cosine needs; rounded here, so that a stored space is the same space
        return cls(model, {name: _short(mean) for name, mean in means.items()}, _short(overall),
                   _short(vectors * values ** -0.25 * usual ** 0.25), _short(weights))

    def place(self, complaints: Sequence[Complaint]) -> Floats:
        """Return where complaints stand, a row of length 1 each; what is compared is their product."""
        if not complaints:
            return np.zeros((0, WIDTH + len(self.weights)), np.float32)
        zero = np.stack([self.means.get(one.language, self.overall) for one in complaints])
        meant = _unit((_unit(_embeddings(complaints)) - zero) @ self.warp)
        said = _unit(_things(complaints) * self.weights) * np.float32(THINGS_WEIGHT)
        return _unit(np.hstack([meant, said]))

    def written(self) -> bytes:
        out, names = io.BytesIO(), sorted(self.means)
        np.savez_compressed(out, model=np.array(f"{self.model}\n{complaint_words.VERSION}"), names=np.array(names),
                            means=np.stack([self.means[name] for name in names]).astype(np.float16),
                            overall=self.overall.astype(np.float16), warp=self.warp.astype(np.float16),
                            weights=self.weights.astype(np.float16))
        return out.getvalue()

    @classmethod
    def read(cls, stored: bytes) -> Space | None:
        """Return a space that was written; None where it was made with other words than these."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as found:
            model, words = str(found["model"]).split("\n")
            if words != complaint_words.VERSION:
                return None
            means = found["means"].astype(np.float32)
            return cls(model, dict(zip(found["names"].tolist(), means, strict=True)), found["overall"].astype(np.float32),
                       found["warp"].astype(np.float32), found["weights"].astype(np.float32))


def _short(values: NDArray[Any]) -> Floats:
    return values.astype(np.float16).astype(np.float32)


def _unit(rows: NDArray[Any]) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.maximum(length, 1e-9)).astype(np.float32)
    return unit


def _embeddings(complaints: Sequence[Complaint]) -> Floats:
    return np.stack([np.frombuffer(one.embedding, np.int8) for one in complaints]).astype(np.float32)


def _things(complaints: Sequence[Complaint]) -> Floats:
    found = np.zeros((len(complaints), len(complaint_words.things())), np.float32)
    for row, one in enumerate(complaints):
        found[row, list(_spoken_of(one.text))] = 1
    return found


@lru_cache(maxsize=4 * SAMPLE)  # a grouping asks three times for each text of its sample
def _spoken_of(text: str) -> tuple[int, ...]:
    return tuple(complaint_words.found(search_form(own_text(text)[:READ]).split()))


# ---------------------------------------------------------------------------------------------------- groups

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
    """Return three posts near the centre, of different stories and, where there are two, of both languages."""
    order = sorted(range(len(own)), key=lambda row: (-float(close[row]), own[row].key))
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
    """Return the aspect that at least two in five speak of."""
    found = Counter(one.aspect for one in own if one.aspect)
    best = max(sorted(found), key=lambda aspect: found[aspect], default=None)
    return best if best is not None and found[best] >= 0.4 * len(own) else None


# ---------------------------------------------------------------------------------------------------- names

def name(topics: Mapping[str, Sequence[Complaint]], brand_words: Iterable[str] = (),
         before: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the most telling phrases of each topic in Persian and English, the best first.

    Class-based TF-IDF over runs of one to three words: how often in this topic, against all topics of its language
    (Grootendorst, "BERTopic", 2022, §3.3). Where nobody wrote in a language, the things its words speak of stand for it. A
    topic keeps its phrases while one of them is still among the most telling.
    """
    stops = STOPS | {word for one in brand_words for word in search_form(one).split()}
    named: dict[str, dict[str, tuple[str, ...]]] = {topic: {} for topic in topics}
    for language in ("fa", "en"):
        counts: dict[str, Counter[str]] = {}
        written: dict[str, Counter[str]] = defaultdict(Counter)
        for topic, own in topics.items():
            counts[topic] = Counter()
            for one in sorted(own, key=lambda one: one.key)[-NAME_TEXTS:]:
                if one.language == language:
                    for run, surface in runs(one.text, stops).items():
                        counts[topic][run] += 1
                        written[run][surface] += 1
        total = sum(counts.values(), Counter[str]())
        usual = total.total() / max(1, sum(1 for found in counts.values() if found))
        for topic, found in counts.items():
            weights = {run: number * log(1 + usual / total[run]) * LONGER[run.count(" ")] for run, number in found.items() if number > 1}
            best = sorted(weights, key=lambda run: (-weights[run], run))[:CANDIDATES]
            kept = (before or {}).get(topic, {}).get(language, ())
            if kept and any(search_form(phrase) in best for phrase in kept):
                named[topic][language] = kept
                continue
            chosen: list[str] = []
            for run in best:
                if len(chosen) < PHRASES and not any(set(run.split()) & set(other.split()) for other in chosen):
                    chosen.append(run)
            named[topic][language] = tuple(min(written[run], key=lambda form, forms=written[run]: (-forms[form], form))  # type: ignore[misc]
                                           for run in chosen)
    for topic, own in topics.items():
        if not all(named[topic].values()):
            for language, phrases in _by_things(own, topics).items():
                named[topic][language] = named[topic][language] or (before or {}).get(topic, {}).get(language, ()) or phrases
    return named


def runs(text: str, stops: Iterable[str] = STOPS) -> dict[str, str]:
    """Return the runs of one to three telling words of a text in one spelling, each with how it is written there."""
    found: dict[str, str] = {}
    own = own_text(text)[:READ]
    words = [(search_form(token.group()), token.group(), token.start(), token.end()) for token in _TOKEN.finditer(own)]
    for at in range(len(words)):
        for end in range(at + 1, min(at + 3, len(words)) + 1):
            run = words[at:end]
            form, _, _, until = run[-1]
            if form in stops or len(form) < 2 or " " in form or form.isdigit():
                break
            if end - at > 1 and own[run[-2][3]:run[-1][2]].strip():
                break  # a mark between two words parts them
            found.setdefault(" ".join(word[0] for word in run), " ".join(word[1] for word in run).lower())
    return found


def _by_things(own: Sequence[Complaint], topics: Mapping[str, Sequence[Complaint]]) -> dict[str, tuple[str, ...]]:
    """Return what a topic's words speak of, in either language."""
    here = _things(own).sum(0) if own else np.zeros(len(complaint_words.things()), np.float32)
    everywhere = sum((_things(other).sum(0) for other in topics.values() if other), np.zeros_like(here))
    rare = np.log1p(sum(map(len, topics.values())) / (1 + everywhere))
    order = sorted(range(len(here)), key=lambda thing: (-float(here[thing] * rare[thing]), thing))
    told = [complaint_words.things()[thing] for thing in order[:2] if here[thing] >= 0.3 * len(own)]
    return {"fa": tuple(thing.fa for thing in told), "en": tuple(thing.en for thing in told)}


# ---------------------------------------------------------------------------------------------------- how it goes

class Course(NamedTuple):
    state: str  # new, growing, steady or fading
    change: float | None  # the last day against a usual one before it; None: too young to tell


def course(days: Sequence[int], first_at: datetime, at: datetime) -> Course:
    """Return how a topic goes. ``days``: complaints of each of the last days, the last one ending at ``at``, oldest first.

    It grows where the last day stands three standard deviations of a Poisson count above the usual day of the week before.
    """
    past, last = days[-1 - USUAL_DAYS:-1], days[-1] if days else 0
    age = min(len(past), max(0, (at - first_at) // DAY))
    usual = sum(past[-age:]) / age if age else 0.0
    change = last / usual if age >= 2 and usual else None
    if at - first_at < NEW:
        return Course("new", change)
    if last >= FEWEST and last - usual > GROWN * max(usual, 1.0) ** 0.5:
        return Course("growing", change)
    if usual > 0 and sum(days[-3:]) < 0.5 * usual * min(3, len(days)):
        return Course("fading", change)
    return Course("fading" if not any(days[-3:]) else "steady", change)


def title(topic: Topic | KeptTopic, language: str) -> str:
    """Return a topic's phrases in the reader's language, or in the other where it has none in this one."""
    other = "en" if language == "fa" else "fa"
    phrases = topic.phrases.get(language) or topic.phrases.get(other) or ()
    return ("، " if language == "fa" else ", ").join(phrases)
