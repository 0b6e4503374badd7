"""What a topic is called: its most telling phrases in the reader's language. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log

import numpy as np

from alerts import complaint_words
from alerts.topic_stops import STOPS
from alerts.topics.space import READ, things_in
from listener.text import own_text, search_form
from listener.types import Complaint, KeptTopic, Topic

PHRASES = 3
LONGER = (1.0, 1.25, 1.35)  # weight of phrases of one, two, three words: «بازگشت پول» says more than «پول»
CANDIDATES = 12  # telling phrases among which an old one keeps the name
NAME_TEXTS = 200  # of a topic and a language that it is named by

_JOINED = re.compile(r"[\u200c_-]+")  # «پیک‌سبز» is also #پیک_سبز
_TOKEN = re.compile(r"[^\W_]+(?:[\u200c'’][^\W_]+)*")


def name(topics: Mapping[str, Sequence[Complaint]], brand_words: Iterable[str] = (),
         before: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the most telling phrases of each topic in Persian and English, the best first.

    Class-based TF-IDF over runs of one to three words: how often in this topic, against all topics of its language
    (Grootendorst, "BERTopic", 2022, §3.3). Where nobody wrote in a language, the things its words speak of stand for it. A
    topic keeps its phrases while one of them is still among the most telling.
    """
    stops = stops_with(brand_words)
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
        for topic, best in ranked(counts).items():
            best = best[:CANDIDATES]
            kept = (before or {}).get(topic, {}).get(language, ())
            if kept and any(search_form(phrase) in best for phrase in kept):
                named[topic][language] = kept
                continue
            named[topic][language] = tuple(usual_form(written[run]) for run in apart(best, PHRASES))
    for topic, own in topics.items():
        if not all(named[topic].values()):
            for language, phrases in _bythings_in(own, topics).items():
                named[topic][language] = named[topic][language] or (before or {}).get(topic, {}).get(language, ()) or phrases
    return named


def stops_with(brand_words: Iterable[str]) -> frozenset[str]:
    """Return the words that tell nothing, the brand's own names among them."""
    return frozenset(STOPS | {word for one in brand_words for part in (one, _JOINED.sub(" ", one)) for word in search_form(part).split()})


def ranked(counts: Mapping[str, Counter[str]]) -> dict[str, list[str]]:
    """Return the runs of each class by class-based TF-IDF, the most telling first; what was said once tells nothing."""
    total = sum(counts.values(), Counter[str]())
    usual = total.total() / max(1, sum(1 for found in counts.values() if found))
    ranks = {}
    for name, found in counts.items():
        weights = {run: number * log(1 + usual / total[run]) * LONGER[run.count(" ")] for run, number in found.items() if number > 1}
        ranks[name] = sorted(weights, key=lambda run: (-weights[run], run))
    return ranks


def apart(best: Iterable[str], most: int) -> list[str]:
    """Return the first ``most`` runs that have no word in common."""
    chosen: list[str] = []
    for run in best:
        if len(chosen) == most:
            break
        if not any(set(run.split()) & set(other.split()) for other in chosen):
            chosen.append(run)
    return chosen


def usual_form(written: Mapping[str, int]) -> str:
    """Return how a run is most often written."""
    return min(written.items(), key=lambda each: (-each[1], each[0]))[0]


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


def _bythings_in(own: Sequence[Complaint], topics: Mapping[str, Sequence[Complaint]]) -> dict[str, tuple[str, ...]]:
    """Return what a topic's words speak of, in either language."""
    here = things_in(own).sum(0) if own else np.zeros(len(complaint_words.things()), np.float32)
    everywhere = sum((things_in(other).sum(0) for other in topics.values() if other), np.zeros_like(here))
    rare = np.log1p(sum(map(len, topics.values())) / (1 + everywhere))
    order = sorted(range(len(here)), key=lambda thing: (-float(here[thing] * rare[thing]), thing))
    told = [complaint_words.things()[thing] for thing in order[:2] if here[thing] >= 0.3 * len(own)]
    return {"fa": tuple(thing.fa for thing in told), "en": tuple(thing.en for thing in told)}


def title(topic: Topic | KeptTopic, language: str) -> str:
    """Return a topic's phrases in the reader's language, or in the other where it has none in this one."""
    other = "en" if language == "fa" else "fa"
    phrases = topic.phrases.get(language) or topic.phrases.get(other) or ()
    return ("، " if language == "fa" else ", ").join(phrases)
