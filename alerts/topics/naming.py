"""What a topic is called: the aspect that holds for most of it, and its most telling phrases as its own posts write them. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log
from types import MappingProxyType

from alerts.topic_stops import ALONE, STOPS
from alerts.topics.space import READ
from listener.text import own_text, printable, search_form
from listener.types import Complaint, KeptTopic, Topic
from listener.words import Language, catalogue, say

PHRASES = 3
LONGER = (1.0, 1.25, 1.35)  # weight of phrases of one, two, three words: «بازگشت پول» says more than «پول»
CANDIDATES = 12  # telling phrases among which an old one keeps the name
NAME_TEXTS = 200  # of a topic and a language that it is named by
LEAST = 2  # posts that say a phrase
SHARE, SHARE_ALONE = 0.1, 0.4  # … of those in its language: a word by itself says less, so that more have to say it
SAYS_NOTHING = frozenset({"other"})  # aspects that no name begins with

_REAL = frozenset({"noon", "poop", "mama", "papa", "بابا", "کاکا"})  # of two letters, and no cry

_JOINED = re.compile(r"[\u200c_-]+")  # «پیک‌سبز» is also #پیک_سبز
_ARABIC = str.maketrans("يىك", "ییک")
_EZAFE = "\u200cی"  # of «صفحه‌ی اول»: belongs to what follows, and not at a phrase's end
_TOKEN = re.compile(r"[^\W_]+(?:[\u200c'’][^\W_]+)*")


def name(topics: Mapping[str, Sequence[Complaint]], brand_words: Iterable[str] = (),
         before: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the most telling phrases of each topic in Persian and English: those of several words first, then single ones.

    Class-based TF-IDF over runs of one to three words: how often in this topic, against all topics of its language
    (Grootendorst, "BERTopic", 2022, §3.3). A phrase is one that ``LEAST`` posts say, copies of a text counting once; a topic is
    named by what surely are complaints, and where nobody wrote in a language it has no phrases in it: a word that a dictionary
    puts in the place of another may mean something else. A topic keeps its phrases while one of them is among the most telling.
    """
    stops = stops_with(brand_words)
    named: dict[str, dict[str, tuple[str, ...]]] = {topic: {} for topic in topics}
    for language in ("fa", "en"):
        counts: dict[str, Counter[str]] = {}
        texts: dict[str, int] = {}
        written: dict[str, Counter[str]] = defaultdict(Counter)
        for topic, own in topics.items():
            said = {one.story or f"\0{one.key}": one for one in sorted(own, key=lambda one: one.key) if one.language == language and one.sure}
            counts[topic], texts[topic] = Counter(), min(len(said), NAME_TEXTS)
            for one in list(said.values())[-NAME_TEXTS:]:
                for run, surface in runs(one.text, stops).items():
                    counts[topic][run] += 1
                    written[run][surface] += 1
        for topic, best in ranked(counts).items():
            best = [run for run in best if _names(run, counts[topic][run], texts[topic])]
            best = sorted(best, key=lambda run: " " not in run)[:CANDIDATES]
            kept = (before or {}).get(topic, {}).get(language, ())
            if any(search_form(phrase) in best for phrase in kept) and all(search_form(phrase) in runs(phrase, stops) for phrase in kept):
                named[topic][language] = kept
            else:
                named[topic][language] = tuple(usual_form(written[run]) for run in apart(best, PHRASES))
    return named


def _names(run: str, count: int, of: int) -> bool:
    words = run.split()
    share = SHARE if len(words) > 1 else SHARE_ALONE
    return count >= max(LEAST, share * of) and not ALONE.issuperset(words)


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
    return min(written.items(), key=lambda each: (-each[1], each[0]))[0].translate(_ARABIC)


def runs(text: str, stops: Iterable[str] = STOPS) -> dict[str, str]:
    """Return the runs of one to three telling words of a text in one spelling, each with how it is written there."""
    found: dict[str, str] = {}
    own = own_text(text)[:READ]
    words = [(search_form(token.group()), token.group(), token.start(), token.end()) for token in _TOKEN.finditer(own)]
    for at in range(len(words)):
        for end in range(at + 1, min(at + 3, len(words)) + 1):
            run = words[at:end]
            form, _, _, until = run[-1]
            if form in stops or len(form) < 2 or " " in form or form.isdigit() or _sound(form):
                break
            if end - at > 1 and own[run[-2][3]:run[-1][2]].strip():
                break  # a mark between two words parts them
            surface = " ".join(word[1] for word in run).lower().removesuffix(_EZAFE)
            found.setdefault(" ".join((*(word[0] for word in run[:-1]), search_form(run[-1][1].removesuffix(_EZAFE)))), surface)
    return found


def _sound(word: str) -> bool:
    """Whether a word is laughter or a cry, as people type them: خخخ, haha, هههه."""
    return len(set(word)) <= (2 if len(word) > 3 else 1) and len(word) > 2 and word not in _REAL


def title(topic: Topic | KeptTopic, language: str, names: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> str:
    """Return what a topic is called: its aspect, then its phrases in the reader's language, or in the other as they were written.

    ``names``: what the configuration calls its aspects, by language.
    """
    other = "en" if language == "fa" else "fa"
    phrases = topic.phrases.get(language) or tuple(f"\u2068{phrase}\u2069" for phrase in topic.phrases.get(other, ()))
    said = ("، " if language == "fa" else ", ").join(phrases)
    about = aspect_name(topic.aspect, "fa" if language == "fa" else "en", names)
    return f"{about}: {said}" if about and said else about or said


def aspect_name(aspect: str | None, language: Language, names: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> str:
    """Return what people call an aspect; nothing for none, and for one that says nothing."""
    if aspect is None or aspect in SAYS_NOTHING:
        return ""
    key = f"topic.aspect.{aspect}"
    return names.get(aspect, {}).get(language) or (say(key, language) if key in catalogue() else printable(aspect.replace("_", " ")))
