"""A source answers, and yet nothing comes of it: a collector that went blind, not calm (SPIKES §6.2).

**When it fires.** Every brand of one source has been at zero, while in the same hours of past days it brought at least
``expected`` (15) mentions: by chance that happens once in three million such gaps. What is expected comes from the past
seven days, the hours counted that were observed on both; the second lowest of them speaks, so that a quiet weekend or one
quiet day is not an outage. Mentions come in clumps, and clumps leave holes: the sum must also be ``times`` (3) what the
longest silence of the past week missed, silences that were outages left out. It fires at the step at which that is
reached; ``needed`` and ``seen`` are such sums.

**When it cannot.** For a source that brings too little to tell within a day: its silence means nothing. While under three
of the past days were observed at these hours. In a gap of coverage: then ``stale_source`` knows. Live, a source is looked
at as far as it was read: it speaks up to one reading and five minutes late. A source that answers with nothing *and* is
marked suspect may raise both; they are one outage.

**It clears** with the first mention. Volume alerts that rest on such a source alone are held back meanwhile.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from listener.types import STEP, Facts, Finding, Severity, State

VERSION = "collector_down@1"
DAY = 288          # steps
DAYS = 7           # looked back on
OUTAGES = 50       # remembered, of these days
KNOWN_DAYS = 3     # needed
OBSERVED = 0.6     # of the silent steps, on a past day, or that day has no say
SECOND = 1         # place of the day that speaks, lowest first


class Options(BaseModel, frozen=True, extra="forbid"):
    """When silence is an outage."""

    expected: float = Field(default=15.0, ge=10)  # mentions that should have come; at 10, chance does it once in 22,000
    times: float = Field(default=3.0, ge=1)       # what the longest silence of the past week missed
    severity: Severity = Severity.P2


class CollectorDownRule:
    kind = "collector_down"
    about = "source"
    on = "step"
    history = timedelta(days=2 * DAYS + 2)
    """A week of silences, the days before each, and a silence of one day."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``, oldest first.

        Raises: ValueError when the series is not in steps of five minutes.
        """
        if facts.series.step != STEP:
            raise ValueError(f"collector_down: the series has steps of {facts.series.step}, this rule reads {STEP}")
        since_at: datetime | None = datetime.fromisoformat(state["since_at"]) if state.get("since_at") else None
        outages = [datetime.fromisoformat(written) for written in state.get("outages", [])]
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
                outages = [old for old in outages if at - old <= timedelta(days=DAYS + 2)][-OUTAGES:]
                needed = max(self.options.expected, self.options.times * stream.longest(index, set(outages)))
                if missed < needed:
                    continue
                since_at = facts.series.at(int(stream.silent_from[index]))
                outages.append(since_at)
                findings.append(self._finding(facts, at, since_at, missed, needed, firing=True))
        return {"since_at": since_at.isoformat() if since_at else None, "outages": [old.isoformat() for old in outages]}, findings

    def _finding(self, facts: Facts, at: datetime, since_at: datetime, missed: float, needed: float = 0.0, *,
                 firing: bool) -> Finding:
        why = {"version": VERSION, "since_at": since_at.isoformat(), "sources": [facts.subject], "days": DAYS,
               "window": int((at - since_at).total_seconds())}
        if firing:
            why |= {"needed": math.ceil(needed), "seen": round(missed), "new": True}
        return Finding(rule=self.kind, subject=facts.subject, at=at, starts_at=min(since_at, at),
                       value=(at - since_at).total_seconds(), expected=round(missed, 1), severity=self.options.severity, firing=firing, why=why)


class _Stream:
    """The series as sums: what past days brought at the steps that are silent now."""

    def __init__(self, facts: Facts) -> None:
        self.facts, points = facts, facts.series.points
        self.length = max(0, min(len(points), (facts.until - facts.series.start) // STEP))
        self.first = max(0, (facts.since - facts.series.start) // STEP)
        values = np.array([np.nan if p is None else p.mentions for p in points[:self.length]], dtype=float)
        here = ~np.isnan(values)
        index = np.arange(self.length)
        loud = np.where(here & (np.nan_to_num(values) > 0), index + 1, 0)
        self.silent_from = np.maximum.accumulate(loud) if self.length else loud  # the step after the last that brought any
        silent = here & (loud == 0)
        self._ends = np.flatnonzero(silent & np.append(loud[1:] > 0, False))  # steps at which a silence ended
        self._missed: dict[int, float] = {}
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


    def longest(self, index: int, outages: set[datetime]) -> float:
        """Return the most that a silence missed that ended within the past days, outages left out."""
        left, right = np.searchsorted(self._ends, (index - DAYS * DAY, index))
        most = 0.0
        for end in self._ends[left:right].tolist():
            if end not in self._missed:
                self._missed[end] = self.missed(end)
            if self._missed[end] > most and self.facts.series.at(int(self.silent_from[end])) not in outages:
                most = self._missed[end]
        return most


def _running(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(values)])
