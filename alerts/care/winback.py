"""Whether customers came back: what the author of an ended case said in the 30 and 90 days since. Pure.

Four outcomes. What counts is the last clear opinion within the span: a customer who grumbled on the second day and praises on the
twentieth came back. Opinions of the model that it is unsure of are no opinion. Silence is a class of its own and never
satisfaction: it stays in the number that the rate is taken of, and so lowers it. Before the span is over nothing is said; who has
spoken up by then is not counted early, or those who are quick to speak would be counted twice as often.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from alerts.precision import wilson
from listener.types import Label
from listener.types.care import CaseState

LEAST = 20  # ended cases of which a share is told
SPANS = (timedelta(days=30), timedelta(days=90))

Key = TypeVar("Key", bound=Hashable)


class Outcome(StrEnum):
    NEGATIVE = "negative"  # again
    SILENT = "silent"
    NEUTRAL = "neutral"  # spoke, without a clear opinion
    POSITIVE = "positive"


STATES: Mapping[Outcome, CaseState | None] = {Outcome.POSITIVE: CaseState.WON_BACK, Outcome.NEGATIVE: CaseState.LOST,
                                              Outcome.SILENT: CaseState.SILENT, Outcome.NEUTRAL: None}
"""Where a case goes from there; None: it stays resolved."""


@dataclass(frozen=True, slots=True)
class Word:
    """Something the customer said after the end; ``label`` None: not read, or unsure."""

    at: datetime
    label: Label | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A case that ended, and what its author said since: in other mentions than those of the case."""

    ended_at: datetime
    said: tuple[Word, ...] = ()
    remedy: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """How many ended cases came to which outcome."""

    positive: int = 0
    neutral: int = 0
    negative: int = 0
    silent: int = 0

    @property
    def n(self) -> int:
        return self.positive + self.neutral + self.negative + self.silent

    @property
    def heard(self) -> int:
        """How many spoke at all."""
        return self.n - self.silent

    @property
    def share(self) -> float | None:
        """Won back of all, 0..1, the silent among them; None under ``LEAST``."""
        return self.positive / self.n if self.n >= LEAST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of Wilson of ``share``."""
        return wilson(self.positive, self.n) if self.n >= LEAST else None

    @property
    def share_of_heard(self) -> float | None:
        """Won back of those who spoke; to be shown beside ``share``, never in its place."""
        return self.positive / self.heard if self.heard >= LEAST else None


def outcome(ended_at: datetime, said: Iterable[Word], span: timedelta, now: datetime) -> Outcome | None:
    """Return what came of an ended case within ``span``; None while that is not over."""
    if now < ended_at + span:
        return None
    heard = sorted((one for one in said if ended_at < one.at <= ended_at + span), key=lambda one: one.at)
    if not heard:
        return Outcome.SILENT
    clear = [one.label for one in heard if one.label in (Label.NEGATIVE, Label.POSITIVE)]
    return Outcome.NEUTRAL if not clear else Outcome.POSITIVE if clear[-1] is Label.POSITIVE else Outcome.NEGATIVE


def rate(cases: Iterable[Ended], span: timedelta, now: datetime) -> Rate:
    """Return the outcomes of the cases whose span is over."""
    found = [outcome(case.ended_at, case.said, span, now) for case in cases]
    return Rate(*(found.count(each) for each in (Outcome.POSITIVE, Outcome.NEUTRAL, Outcome.NEGATIVE, Outcome.SILENT)))


def rates(cases: Iterable[Ended], by: Callable[[Ended], Key], span: timedelta, now: datetime) -> dict[Key, Rate]:
    """Return the outcomes by remedy, root cause or whatever ``by`` says, the most cases first; groups without an outcome are left out."""
    groups: dict[Key, list[Ended]] = {}
    for case in cases:
        groups.setdefault(by(case), []).append(case)
    found = {key: rate(group, span, now) for key, group in groups.items()}
    return dict(sorted(((key, one) for key, one in found.items() if one.n), key=lambda pair: (-pair[1].n, str(pair[0]))))
