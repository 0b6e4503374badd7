"""A brand's ordinary weeks, storms upon them and what a rule is given of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from listener.types import (
    STEP,
    Author,
    Coverage,
    CoverageState,
    Engagement,
    Facts,
    Label,
    Mention,
    MentionKey,
    Point,
    Reach,
    Score,
    ScoredMention,
    Series,
    Trace,
)

SATURDAY = datetime(2026, 10, 24, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class World:
    """``days`` of five-minute counts with a daily rhythm: ``rate`` mentions an hour, a fifth of them negative."""

    days: float = 23
    rate: float = 20.0
    start: datetime = SATURDAY
    seed: int = 1
    points: list[Point | None] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.points:
            return
        dice = np.random.default_rng(self.seed)
        length = round(timedelta(days=self.days) / STEP)
        hours = np.arange(length) / 12 % 24
        rate = self.rate / 12 * (1 + 0.7 * np.sin((hours - 9) / 24 * 2 * np.pi))
        seen = dice.poisson(rate)
        bad = dice.binomial(seen, 0.2)
        for index in range(length):
            self.points.append(Point(int(seen[index]), int(seen[index]), int(bad[index]), negative_reach=200 * int(bad[index])))
            if index >= length - 288:
                for number in range(int(bad[index])):
                    self._trace(index, f"calm-{index}-{number}", Label.NEGATIVE, reach=200)

    @property
    def end(self) -> datetime:
        return self.start + STEP * len(self.points)

    def storm(self, at: datetime, counts: Iterable[int], *, authors: int | None = None, source: str = "social",
              label: Label = Label.NEGATIVE) -> None:
        """Add ``counts`` negative posts a step from ``at`` on, each by another author, or by ``authors`` in turn."""
        number = 0
        for offset, count in enumerate(counts):
            index = round((at - self.start) / STEP) + offset
            point = self.points[index]
            if point is None or not count:
                continue
            self.points[index] = point + Point(count, count, count, negative_reach=200 * count)
            for _ in range(count):
                who = f"storm-{number if authors is None else number % authors}"
                self._trace(index, who, label, source=source, number=number)
                number += 1

    def lose(self, since: datetime, until: datetime) -> None:
        for index in range(round((since - self.start) / STEP), round((until - self.start) / STEP)):
            self.points[index] = None

    def facts(self, *, since: datetime | None = None, until: datetime | None = None, start: datetime | None = None) -> Facts:
        until = until or self.end
        since = since or until - 12 * HOUR
        first = round(((start or self.start) - self.start) / STEP)
        last = round((until - self.start) / STEP)
        traces = [t for t in self.traces if since - 4 * HOUR < t.published_at <= until]
        return Facts("چابک‌سبد", until, since, Series(start or self.start, tuple(self.points[first:last])),
                     tuple(sorted(traces, key=lambda t: t.published_at)),
                     tuple(c for c in self.coverage if c.start < until))

    def _trace(self, index: int, who: str, label: Label, *, source: str = "social", number: int = 0, reach: int = 200) -> None:
        at = self.start + STEP * index + timedelta(seconds=number % 290)
        self.traces.append(Trace(MentionKey("mastodon", f"{who}-{index}-{number}"), at, f"mastodon:{who}", source, label,
                                 False, reach))


def covered(source: str, since: datetime, until: datetime, state: CoverageState = CoverageState.OK,
            reason: str | None = None) -> Coverage:
    return Coverage(source, since, until, state, reason)


def a_scored(id: str, text: str, *, minutes: float = 0, author: str | None = "sara", followers: int | None = None,
             negative: float = 0.9, positive: float = 0.03, floor: float = 0.5, shares: int | None = None,
             reshare_of: str | None = None, source: str = "mastodon-fa", reach: Reach | None = None) -> ScoredMention:
    at = SATURDAY + timedelta(minutes=minutes)
    mention = Mention("mastodon", id, text, at, author=Author("mastodon", author, name=author, followers=followers) if author else None,
                      engagement=Engagement(at, shares=shares) if shares is not None else None, reshare_of=reshare_of)
    score = Score(negative, max(0.0, 1 - negative - positive), positive, "fa", "test@1", floor)
    return ScoredMention(mention, "چابک‌سبد", (source,), (), score, reach or Reach(0, 30, 200, "assumed"), at)
