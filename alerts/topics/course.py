"""How a topic goes: new, growing, steady or fading, against its own past. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from alerts.causes import LEAST
from alerts.precision import wilson
from alerts.topics.groups import FEWEST
from listener.types import KeptTopic, Topic
from listener.words import Language, number, say

DAY = timedelta(days=1)
NEW = timedelta(days=2)
USUAL_DAYS = 7  # of the past that the last day is compared with
GROWN = 3.0  # standard deviations above the usual day


class Course(NamedTuple):
    state: str  # new, growing, steady or fading
    usual: float | None = None  # complaints of a day of the week before the last one; None: too young to tell
    change: float | None = None  # the last day against a usual one; None: too young to tell, or nothing was usual
    between: tuple[float, float] | None = None  # its 95 % interval


class Counts(Protocol):
    """What was said of a topic in a span, as the store counts it."""

    @property
    def count(self) -> int: ...
    @property
    def authors(self) -> int: ...
    @property
    def last_at(self) -> datetime: ...
    @property
    def days(self) -> tuple[int, ...]: ...
    @property
    def languages(self) -> Mapping[str, int]: ...


def course(days: Sequence[int], first_at: datetime, at: datetime) -> Course:
    """Return how a topic goes. ``days``: complaints of each of the last days, the last one ending at ``at``, oldest first.

    It grows where the last day stands three standard deviations of a Poisson count above the usual day of the week before. The
    interval of the change is that of a ratio of two Poisson counts, as in ``alerts.causes``.
    """
    past, last = days[-1 - USUAL_DAYS:-1], days[-1] if days else 0
    age = min(len(past), max(0, (at - first_at) // DAY))
    told = sum(past[-age:]) if age else 0
    usual = told / age if age else 0.0
    figures: tuple[float | None, float | None, tuple[float, float] | None] = (usual if age >= 2 else None, None, None)
    if age >= 2 and told:
        low, high = wilson(last, last + told)
        figures = (usual, last / usual, (age * low / (1 - low), age * high / (1 - high)))
    if at - first_at < NEW:
        return Course("new", *figures)
    if last >= FEWEST and last - usual > GROWN * max(usual, 1.0) ** 0.5:
        return Course("growing", *figures)
    if usual > 0 and sum(days[-3:]) < 0.5 * usual * min(3, len(days)):
        return Course("fading", *figures)
    return Course("fading" if not any(days[-3:]) else "steady", *figures)


def listed(kept: Iterable[KeptTopic], long: Mapping[str, Counts], short: Mapping[str, Counts], until: datetime) -> list[Topic]:
    """Return what was complained about in a span that ends then: growing ones first, then by how many complain.

    ``short`` counts the span, ``long`` at least the week before the last day too. Topics that became part of another count there.
    """
    kept = list(kept)
    told = []
    for one in kept:
        if one.merged_into or one.id not in short:
            continue
        counts, went = short[one.id], course(long[one.id].days, one.first_at, until)
        told.append(Topic(one.id, one.brand, one.phrases, one.first_at, counts.last_at, counts.count, counts.authors, counts.days,
                          went.state, went.change, one.typical, one.aspect, counts.languages, one.split_from,
                          tuple(sorted(other.id for other in kept if other.merged_into == one.id)), went.usual, went.between))
    return sorted(told, key=_order)


def _order(topic: Topic) -> tuple[int, int, str]:
    return ({"growing": 0, "new": 1}.get(topic.state, 2), -topic.count, topic.id)


def course_words(topic: Topic, language: Language) -> list[str]:
    """Return how the last day of a topic compares with a usual one; a ratio with its interval, and only where it stands on enough posts."""
    words = [say("board.emerging.last", language, n=topic.days[-1] if topic.days else 0)]
    if topic.usual is None:
        return [*words, say("board.emerging.young", language)]
    words.append(say("board.emerging.usual", language, usual=number(topic.usual, language)) if topic.usual >= 1
                 else say("board.emerging.usual.rare", language))
    if topic.between is not None and topic.count >= LEAST:
        low, high = topic.between
        words.append(say("board.causes.ratio", language, low=number(low, language), high=number(high, language)))
        words.append(say(f"board.causes.{'sure_more' if low > 1 else 'sure_fewer' if high < 1 else 'chance'}", language))
    return words
