"""The course of a story: who began, who made it big, where it jumped to, how many may have seen it, whether it grows. Pure.

A story is told by copies and by people with words of their own. Copies say how far it went, independent authors how many
it moved: one machine makes thousands of the first and none of the second. So both are counted apart, everywhere.

Reach is by unique account (an account once, with its largest mention), and for publications without an author once a
domain and day, after Brand24's rule (PRODUCT §8.1). Growth, branching and forecast are those of ``alerts.spread``, over the
story's own mentions whose time is known to the minute; their state says ``too_early`` where nothing can be said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts import reach as reach_of
from alerts import spread
from listener.types import Label, MentionKey, Reach, StoryMention

VOICES = 5  # largest accounts, and most reshared mentions, that are told
AROUND = timedelta(hours=1)  # before and after a large account spoke
BARS = 72  # of a time line, at most
STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 180, 360, 720, 1440, 4320, 10080))


@dataclass(frozen=True, slots=True)
class Jump:
    """When a story came to a platform (``kind`` of a source), by which mention, and what became of it there."""

    kind: str
    first: MentionKey
    at: datetime
    mentions: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Voice:
    """A large account that told a story, with the story's mentions in the hour before and in the hour after."""

    key: MentionKey
    at: datetime
    audience: int  # followers, or whom the mention reached where those are unknown
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Mentions of one step of the time line, from ``start``."""

    start: datetime
    own: int  # in words of their own
    copies: int
    unsure: int  # of all these


class Step(NamedTuple):
    """Reach of all that was told up to an instant."""

    at: datetime
    low: int
    mid: int
    high: int


@dataclass(frozen=True, slots=True)
class Course:
    """All that is told of a story. Counts are of mentions unless they say otherwise."""

    first: StoryMention
    last_at: datetime
    mentions: int
    copies: int
    authors: int  # independent: wrote words of their own; an account once
    accounts: int  # all that told it
    outlets: int
    sources: int
    scored: int
    negative: int
    unsure: int
    jumps: tuple[Jump, ...]  # platforms in the order in which it came to them
    voices: tuple[Voice, ...]  # the largest first
    reshared: tuple[tuple[MentionKey, int], ...]  # mentions and how often others passed them on, the most first
    reach: Reach | None
    parts: tuple[Reach, ...]  # the same by method
    step: timedelta
    bars: tuple[Bar, ...]
    spread: spread.Spread


def of(mentions: Sequence[StoryMention], at: datetime) -> Course:
    """Return the course of the story these mentions tell, as it was known at ``at``. Raises: ValueError where nobody tells it by then."""
    told = sorted((one for one in mentions if one.trace.published_at <= at), key=lambda one: (one.trace.published_at, one.trace.key))
    if not told:
        raise ValueError("story: nobody tells it")
    step = step_of(told[-1].trace.published_at - told[0].trace.published_at)
    reaches = [(_who(one), one.reach) for one in told if one.reach is not None]
    independent = {who for one in told if not one.copied and (who := one.trace.author or one.outlet)}
    return Course(
        first=told[0], last_at=told[-1].trace.published_at, mentions=len(told), copies=sum(one.copied for one in told), authors=len(independent),
        accounts=len({who for one in told if (who := one.trace.author or one.outlet)}), outlets=len({one.outlet for one in told if one.outlet}),
        sources=len({one.trace.source for one in told}), scored=sum(one.trace.label is not None for one in told),
        negative=sum(one.trace.label is Label.NEGATIVE for one in told), unsure=sum(one.trace.unsure for one in told), jumps=_jumps(told),
        voices=_voices(told), reshared=_reshared(told), reach=reach_of.total(reaches) if reaches else None,
        parts=tuple(reach_of.by_method(reaches)), step=step, bars=bars(told, step),
        spread=spread.of([one.trace for one in told if one.exact], at))


def step_of(span: timedelta) -> timedelta:
    """Return the finest step of a time line that draws a span in at most ``BARS`` bars."""
    return next((step for step in STEPS if span / step < BARS), timedelta(days=span.days // BARS + 1))


def bars(told: Sequence[StoryMention], step: timedelta) -> tuple[Bar, ...]:
    """Return the steps between the first and the last mention, empty ones too."""
    zero = told[0].trace.published_at - timedelta(seconds=told[0].trace.published_at.timestamp() % step.total_seconds())
    found: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in told:
        values = found[(one.trace.published_at - zero) // step]
        values[1 if one.copied else 0] += 1
        values[2] += one.trace.unsure
    return tuple(Bar(zero + step * at, *found[at]) if at in found else Bar(zero + step * at, 0, 0, 0) for at in range(max(found) + 1))


def accumulated(told: Sequence[StoryMention]) -> list[Step]:
    """Return how reach grew, by unique account, at each mention that added to it. Oldest first."""
    held: dict[str | MentionKey, Reach] = {}
    low = mid = high = 0
    found = []
    for one in sorted(told, key=lambda one: (one.trace.published_at, one.trace.key)):
        if one.reach is None:
            continue
        who = _who(one) or one.trace.key
        before = held.get(who, Reach(0, 0, 0, "none"))
        after = Reach(max(before.low, one.reach.low), max(before.mid, one.reach.mid), max(before.high, one.reach.high), one.reach.method)
        if (after.low, after.mid, after.high) != (before.low, before.mid, before.high):
            held[who] = after
            low, mid, high = low + after.low - before.low, mid + after.mid - before.mid, high + after.high - before.high
            found.append(Step(one.trace.published_at, low, mid, high))
    return found


def _who(one: StoryMention) -> str | None:
    """Return whom a mention's reach counts for: its account, or its publication and day."""
    return one.trace.author or (f"{one.outlet} {one.trace.published_at.date()}" if one.outlet else None)


def _jumps(told: Sequence[StoryMention]) -> tuple[Jump, ...]:
    first: dict[str, StoryMention] = {}
    accounts: defaultdict[str, set[object]] = defaultdict(set)
    for one in told:
        first.setdefault(one.trace.key.kind, one)
        accounts[one.trace.key.kind].add(one.trace.author or one.outlet or one.trace.key)
    count = Counter(one.trace.key.kind for one in told)
    return tuple(Jump(kind, one.trace.key, one.trace.published_at, count[kind], len(accounts[kind])) for kind, one in first.items())


def _audience(one: StoryMention) -> int:
    return max(one.trace.audience or 0, one.trace.reach)


def _voices(told: Sequence[StoryMention]) -> tuple[Voice, ...]:
    largest: dict[object, StoryMention] = {}
    for one in told:
        who = one.trace.author or one.outlet or one.trace.key
        if who not in largest or _audience(one) > _audience(largest[who]):
            largest[who] = one
    chosen = sorted((one for one in largest.values() if _audience(one)), key=lambda one: (-_audience(one), one.trace.published_at, one.trace.key))[:VOICES]
    return tuple(Voice(
        one.trace.key, at := one.trace.published_at, _audience(one), sum(at - AROUND <= other.trace.published_at < at for other in told),
        sum(at < other.trace.published_at <= at + AROUND for other in told)) for one in chosen)


def _reshared(told: Sequence[StoryMention]) -> tuple[tuple[MentionKey, int], ...]:
    passed = Counter((one.trace.key.kind, one.trace.reshare_of) for one in told if one.trace.reshare_of)
    counts = {one.trace.key: max(one.shares or 0, passed[(one.trace.key.kind, one.trace.key.id)]) for one in told}
    ordered = sorted(((key, count) for key, count in counts.items() if count), key=lambda item: (-item[1], item[0]))
    return tuple(ordered[:VOICES])
