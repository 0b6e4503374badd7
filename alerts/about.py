"""What an alert's complaints are about, where enough of them surely are. Pure.

An aspect is named only where at least half of the complaints are about it with 95 % certainty, as far as the confidence of each
is calibrated: the expected number less 1.64 standard deviations is half of them or more (a sum of independent Bernoulli counts;
copies of one text stand or fall together and count as one draw). Aspects under the scorer's floor count for nothing, which errs
on the side of silence. A topic carries no such confidence: of its posts about one in seven belongs elsewhere
(tests/benchmarks/RESULTS.md, "Topics"), so that six in ten have to be in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from types import MappingProxyType
from typing import Any

from listener.types import Aspect, KeptTopic, MentionKey

SURE = 1.64  # standard deviations: one-sided 95 %
HALF = 0.5
MOST_OF = 0.6  # of the complaints in one topic
FEWEST = 3  # complaints that a topic is named by
UNNAMED = frozenset({"other"})  # says nothing
PHRASES = 2  # of a topic in one line


def aspect(readings: Iterable[tuple[str | None, Sequence[Aspect]]]) -> tuple[str, float] | None:
    """Return the aspect that at least half of these complaints surely share, and how many in one do; None where there is none.

    ``readings``: of each complaint its story, where it has one, and its aspects with their confidence.
    """
    count = 0
    chances: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))  # aspect → story → confidences
    for story, aspects in readings:
        count += 1
        for one in aspects:
            chances[one.name][story or f"\0{count}"].append(one.confidence)
    found = {}
    for name in sorted(set(chances) - UNNAMED):
        sums = [(sum(own), len(own)) for own in chances[name].values()]
        expected = sum(total for total, _ in sums)
        unsure = sqrt(sum(total * (copies - total) for total, copies in sums))
        if expected - SURE * unsure >= HALF * count:
            found[name] = expected
    best = max(sorted(found), key=lambda name: found[name], default=None)
    return (best, found[best] / count) if best is not None else None


def topic(keys: Sequence[MentionKey], members: Mapping[MentionKey, str], known: Iterable[KeptTopic]) -> tuple[KeptTopic, float] | None:
    """Return the topic that most of these complaints are in, and how many in one are; None where there is none, or none that has a name."""
    found = Counter(members[key] for key in keys if key in members)
    best = max(sorted(found), key=lambda one: found[one], default=None)
    if best is None or len(keys) < FEWEST or found[best] < MOST_OF * len(keys):
        return None
    return next(((one, found[best] / len(keys)) for one in known if one.id == best and any(one.phrases.values())), None)


def told(named: tuple[str, float] | None, of: tuple[KeptTopic, float] | None,
         names: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> dict[str, Any] | None:
    """Return what an alert remembers of it, under ``why["about"]``: the aspect, the topic's phrases by language of the reader, and
    the share of complaints that are about the first of them; None where there is neither. ``names``: what people call aspects of
    the configuration, by language.
    """
    said: dict[str, Any] = {}
    if of is not None:
        said |= {"topic": {language: list(phrases[:PHRASES]) for language, phrases in sorted(of[0].phrases.items()) if phrases}, "share": round(of[1], 2)}
    if named is not None:
        said |= {"aspect": named[0], "share": round(named[1], 2)}
        if known := names.get(named[0]):
            said["called"] = dict(known)
    return said or None
