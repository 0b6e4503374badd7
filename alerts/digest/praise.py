"""Which praise a digest quotes: plain, in words of one's own, by different people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.evidence import account
from listener.text import matching_key, own_text
from listener.types import Label, ScoredMention

SHORTEST, LONGEST = 20, 400  # characters of a text: «عالی» says nothing, an article is none


def plainest(posts: Sequence[ScoredMention], n: int) -> list[ScoredMention]:
    """Return at most ``n`` praising posts that the model is surest of; no author, story or text stands twice."""
    fit = [one for one in posts if one.score is not None and one.score.label is Label.POSITIVE and not one.score.unsure and not one.mention.ours
           and SHORTEST <= len(own_text(one.mention.full_text).strip()) <= LONGEST]
    chosen: list[ScoredMention] = []
    seen: set[str] = set()
    for one in sorted(fit, key=lambda one: (-(one.score.positive if one.score else 0.0), one.mention.published_at, one.mention.key)):
        marks = {mark for mark in (account(one), one.story, matching_key(one.mention.full_text)) if mark}
        if len(chosen) < n and not marks & seen:
            chosen.append(one)
            seen |= marks
    return chosen
