"""A source answers, and yet nothing comes of it: a collector that went blind, not calm (SPIKES §6.2).

**When it fires.** Every brand of one source has been at zero, while in the same hours of past days it brought at least
``expected`` (15) mentions: by chance that happens once in three million such gaps. What is expected comes from the past
seven days, the hours counted that were observed on both; the second lowest of them speaks, so that a quiet weekend or one
quiet day is not an outage. It fires at the step at which the sum is reached, and ``needed`` and ``seen`` are these sums.

**When it cannot.** For a source that brings too little to tell within a day: its silence means nothing. While under three
of the past days were observed at these hours. In a gap of coverage: then ``stale_source`` knows. A source that answers
with nothing *and* is marked suspect may raise both; they are one outage.

**It clears** with the first mention. Volume alerts that rest on such a source alone are held back meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from listener.types import STEP, Facts, Finding, Severity, State

VERSION = "collector_down@1"
DAY = 288          # steps
DAYS = 7           # looked back on
KNOWN_DAYS = 3     # needed
OBSERVED = 0.6     # of the silent steps, on a past day, or that day has no say
SECOND = 1         # place of the day that speaks, lowest first


class Options(BaseModel, frozen=True, extra="forbid"):
    """When silence is an outage."""

    expected: float = Field(default=15.0, ge=10)  # mentions that should have come; at 10, chance does it once in 22,000
    severity: Severity = Severity.P2


class CollectorDownRule:
    kind = "collector_down"
    about = "source"
    on = "step"
    history = timedelta(days=DAYS + 2)
    """The past days, and a silence of one day."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``, oldest first.

        Raises: ValueError when the series is not in steps of five minutes.
        """
        if facts.series.step != STEP:
            raise ValueError(f"collector_down: the series has steps of {facts.series.step}, this rule reads {STEP}")
        since_at: datetime | None = datetime.fromisoformat(state["since_at"]) if state.get("since_at") else None
        stream, findings = _Stream(facts), []
        for index in range(stream.first, stream.length):
            point = facts.series.points[index]
            if point is None:
                continue
            at = facts.series.at(index + 1)
            if point.mentions:
                if since_at is not None:
                    findings.append(self._finding(facts, at, since_at, 0.0, firing=False))
                    since_at = None
            elif since_at is None and (missed := stream.missed(index)) >= self.options.expected:
                since_at = facts.series.at(int(stream.silent_from[index]))
                findings.append(self._finding(facts, at, since_at, missed, firing=True))
        return {"since_at": since_at.isoformat() if since_at else None}, findings

    def _finding(self, facts: Facts, at: datetime, since_at: datetime, missed: float, *, firing: bool) -> Finding:
        why = {"version": VERSION, "since_at": since_at.isoformat(), "sources": [facts.subject], "days": DAYS,
               "window": int((at - since_at).total_seconds())}
        if firing:
            why |= {"needed": round(self.options.expected), "seen": round(missed), "new": True}
        return Finding(rule=self.kind, subject=facts.subject, at=at, starts_at=min(since_at, at),
                       value=(at - since_at).total_seconds(), expected=round(missed, 1), severity=self.options.severity, firing=firing, why=why)


class _Stream:
    """The series as sums: what past days brought at the steps that are silent now."""

    def __init__(self, facts: Facts) -> None:
        start, step = facts.series.start, STEP
        points = facts.series.points
        self.length = max(0, min(len(points), (facts.until - start) // step))
        self.first = max(0, (facts.since - start) // step)
        values = np.array([np.nan if p is None else p.mentions for p in points[:self.length]], dtype=float)
        here = ~np.isnan(values)
        index = np.arange(self.length)
        loud = np.where(here & (np.nan_to_num(values) > 0), index + 1, 0)
        self.silent_from = np.maximum.accumulate(loud) if self.length else loud  # the step after the last that brought any
        self._here = _running(here.astype(float))
        self._past, self._both = [], []
        for day in range(1, DAYS + 1):
            past = np.concatenate([np.full(min(DAY * day, self.length), np.nan), values])[:self.length]
            both = here & ~np.isnan(past)
            self._past.append(_running(np.where(both, past, 0.0)))
            self._both.append(_running(both.astype(float)))

    def missed(self, index: int) -> float:
        """Return how many mentions the silence that holds at a step should have brought, 0 where nobody can say.

        Of a silence longer than a day its first day counts: past that, the days before are part of it.
        """
        left = int(self.silent_from[index])
        right = min(index + 1, left + DAY)
        if not left:
            return 0.0  # nothing was ever heard
        seen = self._here[right] - self._here[left]
        days = []
        for past, both in zip(self._past, self._both, strict=True):
            known = both[right] - both[left]
            if known >= max(1.0, OBSERVED * seen):
                days.append(float((past[right] - past[left]) * seen / known))
        return sorted(days)[SECOND] if len(days) >= KNOWN_DAYS else 0.0


def _running(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(values)])
