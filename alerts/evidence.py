"""Which posts an alert shows: few, verbatim, and different in what they prove.

A person must be able to judge in half a minute whether it is real. Five loud copies of one sentence do not help; the
first post, the one that travels, the plainest one, the largest voice and one that disagrees do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np

from listener.text import matching_key, own_text, search_form
from listener.types import Label, MentionKey, ScoredMention

ALIKE = 0.6   # of the different words of two texts stand in both: one is enough to judge by
FIRST = (5, 0.25)  # of the complaints in the order of time: at least so many, and this share of them, are among the earliest
TELLING = 5   # different words; two people write fewer alike without having read each other


class Role(StrEnum):
    EARLIEST = "earliest"
    RESHARED = "reshared"
    TYPICAL = "typical"
    LARGEST = "largest"
    DISSENTING = "dissenting"
    OTHER = "other"


def choose(candidates: Sequence[ScoredMention], n: int = 5) -> list[ScoredMention]:
    """Return at most ``n`` mentions, as ``cast`` orders them."""
    return [mention for _, mention in cast(candidates, n)]


def cast(candidates: Sequence[ScoredMention], n: int = 5,
         embeddings: Mapping[MentionKey, bytes] | None = None, *, subject: Sequence[str] = ()) -> list[tuple[Role, ScoredMention]]:
    """Return at most ``n`` mentions with what each stands for: earliest, most reshared, most typical, largest, dissenting.

    Typical is the complaint nearest to the middle of all complaints where their ``embeddings`` (``Analysis.embedding``) are known,
    else the one that is most surely negative. Earliest is one of the earliest: that of them the model is sure of and that shares the
    ``subject`` (phrases) where there is one, since what came first in a window need not have begun anything.

    No author, no text and no story stands twice, nor a text that says nearly the same in the same words. A role nobody fits stays empty, its place goes to the next plainest mention.
    Complaints come before anything else; without a single scored complaint, all mentions are looked at alike.
    """
    pool = sorted(candidates, key=lambda one: (one.mention.published_at, one.mention.key))
    negative = [one for one in pool if one.score is not None and one.score.label is Label.NEGATIVE] or pool
    dissent = [one for one in pool if one not in negative and one.score is not None and not one.score.unsure]
    resharing = Counter(one.mention.reshare_of for one in pool if one.mention.reshare_of)
    chosen: list[tuple[Role, ScoredMention]] = []
    authors: set[str] = set()
    texts: set[str] = set()
    stories: set[str] = set()
    words: list[frozenset[str]] = []

    def take(role: Role, ordered: Sequence[ScoredMention]) -> None:
        for one in ordered:
            author, text = account(one), matching_key(one.mention.full_text)
            if len(chosen) < n and author not in authors and text not in texts and one.story not in stories and not _repeats(one, words):
                chosen.append((role, one))
                texts.add(text)
                words.append(_words(one))
                if one.story is not None:
                    stories.add(one.story)
                if author is not None:
                    authors.add(author)
                return

    def shares(one: ScoredMention) -> int:
        shown = one.mention.engagement.shares if one.mention.engagement else None
        return max(shown or 0, resharing[one.mention.id])

    reserved = 1 if dissent and n >= 3 else 0
    n -= reserved
    early = negative[:max(FIRST[0], round(FIRST[1] * len(negative)))]
    take(Role.EARLIEST, sorted(early, key=lambda one: (_unsure(one), not _about(one, subject))))
    take(Role.RESHARED, [one for one in _by(negative, shares) if shares(one) > 0])
    take(Role.TYPICAL, _by(negative, _centrality(negative, embeddings or {})))
    take(Role.LARGEST, [one for one in _by(negative, _audience) if _audience(one) > 0])
    for one in _by(negative, _plainness):
        take(Role.OTHER, [one])
    n += reserved
    take(Role.DISSENTING, _by(dissent, lambda one: max(one.score.positive, one.score.neutral) if one.score else 0.0))
    return chosen


def subject(why: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the phrases of the topic that most complaints of an alert share, in all languages; none where none is known."""
    known = why.get("about")
    phrases = known.get("topic") if isinstance(known, Mapping) else None
    return tuple(str(one) for own in phrases.values() for one in own) if isinstance(phrases, Mapping) else ()


def account(one: ScoredMention) -> str | None:
    """Return the account a mention counts for, ``kind:id``, or None where the source does not say."""
    author = one.mention.author
    return f"{author.kind}:{author.id}" if author else None


def _unsure(one: ScoredMention) -> bool:
    return one.score is not None and one.score.unsure


def _about(one: ScoredMention, phrases: Sequence[str]) -> bool:
    """Whether a mention holds all words of one of the phrases."""
    words = frozenset(search_form(one.mention.full_text).split())
    return any(words.issuperset(search_form(phrase).split()) for phrase in phrases)


def _words(one: ScoredMention) -> frozenset[str]:
    return frozenset(search_form(own_text(one.mention.full_text)).split())


def _repeats(one: ScoredMention, said: Sequence[frozenset[str]]) -> bool:
    """Whether a mention says in nearly the same words what was said already. Of a few words that proves nothing."""
    words = _words(one)
    return any(len(words & before) >= ALIKE * len(words | before) for before in said if min(len(words), len(before)) >= TELLING)


def _by(mentions: Sequence[ScoredMention], worth: Callable[[ScoredMention], float]) -> list[ScoredMention]:
    return sorted(mentions, key=lambda one: (-worth(one), one.mention.published_at, one.mention.key))


def _plainness(one: ScoredMention) -> float:
    """How surely negative: what the model is unsure about is no example."""
    if one.score is None:
        return -1.0
    return one.score.negative - (1.0 if one.score.unsure else 0.0)


def _centrality(negative: Sequence[ScoredMention], embeddings: Mapping[MentionKey, bytes]) -> Callable[[ScoredMention], float]:
    """Return how near a mention stands to the middle of the others: a cosine. One without an embedding stands behind those with one."""
    known = {one.mention.key: np.frombuffer(embeddings[one.mention.key], np.int8).astype(float)
             for one in negative if embeddings.get(one.mention.key) and _plainness(one) >= 0}
    if len(known) < 3 or len({len(vector) for vector in known.values()}) > 1:
        return _plainness
    middle = np.sum([vector / max(float(np.linalg.norm(vector)), 1e-9) for vector in known.values()], axis=0)

    def near(one: ScoredMention) -> float:
        vector = known.get(one.mention.key)
        return -2.0 if vector is None else round(float(vector @ middle) / max(float(np.linalg.norm(vector) * np.linalg.norm(middle)), 1e-9), 6)

    return near


def _audience(one: ScoredMention) -> int:
    followers = one.mention.author.followers if one.mention.author else None
    return max(followers or 0, one.reach.mid if one.reach else 0)
