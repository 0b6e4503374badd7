"""The storm an alert is about: complaints in different words, joined by what they are about and by time. Pure.

A story is one text and its copies; a storm is told in many texts. Two complaints of the same hours belong together where both are
about something that is told surely more than in the days before: a topic, or an aspect for those that are in no topic. A
complaint in a topic of everyday stays out, whatever its hour. When it began is the most likely place where the usual rate of
those subjects became that of the hour of the alert (``alerts.spread.begun``), and what came so shortly before it that chance would bring it
in one of ten cases; so that a like complaint of the evening before is not called the first post.

More than usual: at least three, twice what the hours before let expect, and 99 % sure (a Poisson count against one of ``BEFORE``
hours).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import NamedTuple

from alerts import spread
from alerts.digest.weigh import REAL
from listener.types import StoryMention

HOUR = timedelta(hours=1)
LEAD = 12 * HOUR    # before the alert's beginning in which the storm may have begun
BEFORE = 36 * HOUR  # before that, of which the usual is taken
FEWEST = 3          # complaints about a subject
TWICE = 2.0         # of what is usual
CHANCE = 0.1        # of a usual post within the time to the next one, up to which the earlier one is taken for the storm's
UNNAMED = frozenset({"other"})


class Subject(NamedTuple):
    """What complaints are about. ``kind``: topic (its id) or aspect."""

    kind: str
    name: str


class Told(NamedTuple):
    """A complaint with what it is about."""

    mention: StoryMention
    topic: str | None
    aspects: tuple[str, ...]

    def subjects(self) -> set[Subject]:
        return {Subject("aspect", one) for one in self.aspects if one not in UNNAMED} | ({Subject("topic", self.topic)} if self.topic else set())

    def within(self, chosen: Collection[Subject]) -> bool:
        """Whether it is about one of these: its topic says that more closely than its aspects, where it has one."""
        return Subject("topic", self.topic) in chosen if self.topic else any(one in chosen for one in self.subjects())


@dataclass(frozen=True, slots=True)
class Part:
    """A story of the storm: its complaints in it. ``id`` None: of no story."""

    id: str | None
    mentions: tuple[StoryMention, ...]

    @property
    def told_again(self) -> bool:
        return len(self.mentions) > 1

    @property
    def authors(self) -> int:
        return len({one.trace.author or one.outlet or one.trace.key for one in self.mentions if not one.copied})


@dataclass(frozen=True, slots=True)
class Storm:
    """What belongs together, oldest first. ``left``: complaints of the same hours that are about something else."""

    subjects: tuple[Subject, ...]  # the most told first
    since: datetime
    mentions: tuple[StoryMention, ...]
    parts: tuple[Part, ...]  # most independent authors first
    left: int


def since_of(starts_at: datetime) -> datetime:
    """Return from when on complaints have to be known."""
    return starts_at - LEAD - BEFORE


def find(told: Sequence[Told], *, starts_at: datetime, fired_at: datetime, until: datetime) -> Storm | None:
    """Return the storm of an alert among the complaints about its brand since ``since_of(starts_at)``; None: nothing is told more than usual."""
    during = [one for one in told if starts_at <= one.mention.trace.published_at < until]
    before = [one for one in told if since_of(starts_at) <= one.mention.trace.published_at < starts_at - LEAD]
    share = max((until - starts_at) / BEFORE, HOUR / BEFORE)
    counts, usual = (Counter(subject for one in some for subject in one.subjects()) for some in (during, before))
    chosen = {subject for subject, count in counts.items() if _risen(count, usual[subject] * share, share)}
    mine = [one for one in told if one.within(chosen)]
    hourly = sum(one.mention.trace.published_at < starts_at - LEAD for one in mine) / (BEFORE / HOUR)
    ages = [age for one in mine if 0 <= (age := (fired_at - one.mention.trace.published_at).total_seconds()) <= (fired_at - starts_at + LEAD).total_seconds()]
    if not chosen or not ages:
        return None
    begun = _begun(sorted(ages), hourly, starts_at, fired_at)
    found = sorted((one.mention for one in mine if begun <= one.mention.trace.published_at < until), key=lambda one: (one.trace.published_at, one.trace.key))
    if not found:
        return None
    stories: defaultdict[object, list[StoryMention]] = defaultdict(list)
    for one in found:
        stories[one.trace.story or one.trace.key].append(one)
    parts = sorted((Part(some[0].trace.story, tuple(some)) for some in stories.values()), key=lambda part: (-part.authors, -len(part.mentions), part.mentions[0].trace.key))
    others = sum(begun <= one.mention.trace.published_at < until for one in told) - len(found)
    return Storm(tuple(sorted(chosen, key=lambda one: (-counts[one], one))), begun, tuple(found), tuple(parts), others)


def _begun(ages: Sequence[float], hourly: float, starts_at: datetime, fired_at: datetime) -> datetime:
    """Return when it began: where the rate rose, and what came before that in short steps. ``ages``: seconds before ``fired_at``, the latest first."""
    known = fired_at - starts_at + LEAD
    back = spread.begun(ages, hourly, known)
    begun = back.total_seconds() if back < known else (fired_at - starts_at).total_seconds()  # no place stands out: as the alert says
    limit = CHANCE / hourly * HOUR.total_seconds() if hourly else known.total_seconds()
    for age in ages:
        begun = age if begun < age <= begun + limit else begun
    return fired_at - timedelta(seconds=begun)


def _risen(count: int, expected: float, share: float) -> bool:
    return count >= FEWEST and count >= TWICE * expected and (count - expected) / sqrt(max(expected * (1 + share), 1.0)) >= REAL
