"""What rules on single mentions share: which mentions are news, who wrote them, what every finding carries. Pure.

A tripwire fires at n = 1 and clears by itself: ``why["lasts"]`` seconds after its last finding the engine resolves it.
``why["causes"]`` names the mention's story or, without one, its author (shortened): what is told as one need not be one.
``why["new"]`` says that a finding opens something; a finding without it joins what stands already, under the same story.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts import severity
from listener.types import Facts, Finding, Label, Precision, ScoredMention

NEWS = timedelta(hours=24)
"""A mention published longer than this before it was known is history."""

PEOPLE = 100  # accounts an incident remembers: it knows of "100 or more", not of more
EXACT = (Precision.SECOND, Precision.MINUTE)


def news(facts: Facts, complaints: Complaints | None = None) -> Iterator[tuple[ScoredMention, datetime]]:
    """Give the fresh mentions that are news, with the instant they became known, in that order.

    Left out are words of our own, what came late, and what has no exact time: nobody can say that it has just happened.
    ``complaints`` learns of every fresh mention once it was looked at.
    """
    known = [(one.known_at, one.mention.key, one) for one in facts.fresh if one.known_at is not None]
    for at, _, one in sorted(known, key=lambda item: item[:2]):
        mention = one.mention
        if not mention.ours and mention.precision in EXACT and at - mention.published_at <= NEWS:
            yield one, at
        if complaints is not None:
            complaints.note(one)


def account(one: ScoredMention) -> str | None:
    """Return "kind:id" of the author as ``Facts.complained`` names it, or None where the source does not say."""
    author = one.mention.author
    return None if author is None else f"{author.kind}:{author.id}"


def sayer(one: ScoredMention) -> str:
    """Return who said it, shortened; a hidden author counts as one."""
    return shortened(account(one) or "\n".join(one.mention.key))


def complains(one: ScoredMention) -> bool:
    """Whether the mention is negative, and the model sure of it."""
    return one.score is not None and one.score.label is Label.NEGATIVE and not one.score.unsure


def shortened(name: str) -> str:
    """Return twelve hex digits for a name from outside, so that a memory of names has a bounded size."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Complaints:
    """When authors last complained: what the facts say, and what came since within the same look.

    Evaluated one at a time, the facts of the next mention know of the one before; in one call nobody has told them yet.
    """

    def __init__(self, facts: Facts) -> None:
        self._known = dict(facts.complained)

    def before(self, one: ScoredMention) -> datetime | None:
        """Return when the author of a mention last complained before it, as far as anybody knows."""
        who = account(one)
        last = None if who is None else self._known.get(who)
        return last if last is not None and last < one.mention.published_at else None

    def note(self, one: ScoredMention) -> None:
        """Remember a mention that was looked at."""
        who = account(one)
        if who is not None and one.score is not None and one.score.label is Label.NEGATIVE:
            self._known[who] = max(one.mention.published_at, self._known.get(who, one.mention.published_at))


@dataclass(slots=True)
class Incident:
    """What is told as one: mentions of one cause, whoever wrote them and in whatever words.

    It lasts while another follows within a time that the rule sets. ``people`` holds at most ``PEOPLE`` accounts.
    """

    story: str | None
    begun_at: datetime
    last_at: datetime
    mentions: int = 0
    people: tuple[str, ...] = ()

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Incident:
        return cls(written["story"], datetime.fromisoformat(written["begun_at"]), datetime.fromisoformat(written["last_at"]),
                   written["mentions"], tuple(written["people"]))

    def written(self) -> dict[str, Any]:
        return {"story": self.story, "begun_at": self.begun_at.isoformat(), "last_at": self.last_at.isoformat(),
                "mentions": self.mentions, "people": list(self.people)}

    def join(self, one: ScoredMention, at: datetime) -> None:
        self.mentions += 1
        self.last_at = max(self.last_at, at)
        who = sayer(one)
        if who not in self.people and len(self.people) < PEOPLE:
            self.people = (*self.people, who)


class Incidents:
    """The incidents of one brand that may still grow, by what they are about."""

    def __init__(self, written: Mapping[str, Any], group: timedelta, most: int = 40) -> None:
        self._kept = {name: Incident.read(one) for name, one in written.items()}
        self._group, self._most = group, most

    def take(self, name: str, one: ScoredMention, at: datetime) -> tuple[Incident, bool]:
        """Return the incident a mention belongs to, itself counted, and whether it is a new one."""
        self._kept = {known: old for known, old in self._kept.items() if at - old.last_at <= self._group}
        incident = self._kept.pop(name, None)
        new = incident is None
        if incident is None:
            incident = Incident(one.story, at, at)
        incident.join(one, at)
        self._kept[name] = incident
        if len(self._kept) > self._most:
            del self._kept[min(self._kept, key=lambda known: (self._kept[known].last_at, known))]
        return incident, new

    def written(self) -> dict[str, Any]:
        return {name: self._kept[name].written() for name in sorted(self._kept)}


def big_bar(audiences: Sequence[int], *, share: float = 0.99, known: int = 50, unknown: int = 10_000, lowest: int = 1_000) -> int:
    """Return the followers above which a voice is a big one for a brand whose authors have ``audiences`` (sorted): more than
    ``share`` of them have, ``unknown`` while fewer than ``known`` authors are known, never under ``lowest``."""
    if len(audiences) < known:
        return max(unknown, lowest)
    return max(audiences[max(0, math.ceil(share * len(audiences)) - 1)], lowest)


def finding(kind: str, facts: Facts, one: ScoredMention, at: datetime, *, value: float, expected: float, lasts: timedelta,
            story: str | None, why: Mapping[str, Any]) -> Finding:
    """Return what a tripwire found, with the figures that findings of all rules share, and the severity they give."""
    mention, score = one.mention, one.score
    named = mention.author is not None
    figures: dict[str, Any] = {
        "new": True, "lasts": int(lasts.total_seconds()), "window": 0, "mentions": 1, "scored": int(score is not None),
        "unsure": int(score is not None and score.unsure), "negative": int(score is not None and score.label is Label.NEGATIVE),
        "authors": 1, "hidden": int(not named), "copies": int(mention.reshare_of is not None), "largest": account(one),
        "followers": mention.author.followers if mention.author else None, "bar": big_bar(facts.audiences),
        "largest_reach": one.reach.mid if one.reach is not None and named else None, "sources": sorted(one.sources), "harm": 0,
        "causes": [one.story or sayer(one)],
    }
    figures |= why
    parts = severity.parts_of(kind, figures)
    return Finding(rule=kind, subject=facts.subject, at=at, starts_at=min(mention.published_at, at), value=value,
                   expected=expected, severity=severity.grade(parts.harm, parts.spread, parts.trust), firing=True, evidence=(mention.key,),
                   why=figures, story=story)

