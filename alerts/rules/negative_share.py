"""The tone turns: of what is said about the brand, more is negative than usual, whether or not more is said.

**When it fires.** In the past 2 hours at least ``min_posts`` (12) mentions were scored whose tone the model is sure of, and
the chance of as many negative ones among them, were all as usual, is under ``chance``. What is usual is the negative
share of the 7 days before these hours, and is taken to be worth at most ``strength`` (40) posts: a share differs from one
afternoon to the next by more than chance (beta-binomial). The same must hold with the unsure ones counted in, as they are
in the week before. The complaints come from at least ``min_authors`` independent authors. ``needed`` and ``seen`` are
negative posts among the ``sure`` ones: with fewer it would have been silent.

**When it cannot.** Under ``min_posts`` posts in 2 hours; where under three fifths of these hours were observed; in the
first day of a brand or before ``strength`` posts of it were scored. Within ``group`` of the last alert, and until it was
calm for ``rearm``, it speaks again only if severity rises or the complaints have doubled.

**How bad.** P2; P1 from forty independent authors or ten times the usual volume; P3 from under three authors. P3 while it
knows under three days. It says whether the tone has *turned*: at least half is negative, and twice as much as usual.

**It clears** after three evaluations in which the share lies within what is usual, or with under half the posts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from alerts import severity
from alerts.rules.spike import tail
from listener.types import STEP, Facts, Finding, Label, MentionKey, Point, Severity, State, Trace

VERSION = "negative_share@1"
WINDOW = 24              # steps: 2 hours
WINDOW_SECONDS = 7200
WEEK = 7 * 288           # steps of the past that say what is usual
OBSERVED = 0.6           # of the window
CLEAR_AFTER = 3          # evaluations
CALM = 1.5               # standard deviations above the usual; what is below is calm, and never under any chance allowed
COLD, YOUNG = 288, 3 * 288  # observed steps: nothing before one day, digest only before three
KEYS, DISSENTING = 200, 10  # of the evidence


class Options(BaseModel, frozen=True, extra="forbid"):
    """How much of a turn is one. Replay before changing them."""

    min_posts: int = Field(default=12, ge=12)
    chance: float = Field(default=2e-4, gt=0, lt=1e-3)  # false a week by chance: 0.01; at 1e-3 0.1
    strength: float = Field(default=40.0, ge=10, le=40)
    min_authors: int = Field(default=4, ge=1)
    group: timedelta = timedelta(hours=24)
    rearm: timedelta = timedelta(hours=6)


class NegativeShareRule:
    kind = "negative_share"
    about = "brand"
    on = "step"
    history = timedelta(days=8)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``, oldest first.

        A firing finding is new (``why["new"]``) or the same episode grown worse; one that does not fire says it cleared.
        Raises: ValueError when the series is not in steps of five minutes.
        """
        if facts.series.step != STEP:
            raise ValueError(f"negative_share: the series has steps of {facts.series.step}, this rule reads {STEP}")
        memory, options, findings = _Memory.read(state), self.options, list[Finding]()
        stream = _Stream(facts, options)
        rearm = max(1, round(options.rearm / STEP))
        for index in stream.evaluated:
            at = facts.series.at(index + 1)
            if not stream.raised[index]:
                memory.below += 1
                if memory.firing and memory.below >= CLEAR_AFTER:
                    memory.firing = False
                    findings.append(_cleared(stream, memory, index))
                memory.armed = memory.armed or memory.below >= rearm
                continue
            memory.below = 0
            sight = stream.see(index)
            if sight is None:
                continue
            fresh = memory.armed and (memory.fired_at is None or at - memory.fired_at >= options.group)
            worse = memory.severity is not None and sight.severity < memory.severity
            if not (fresh or worse or memory.reported and sight.negative >= 2 * memory.reported):
                continue
            if fresh:
                memory.fired_at, memory.armed, memory.severity = at, False, sight.severity
            memory.severity = min(sight.severity, memory.severity or sight.severity)
            memory.reported, memory.firing = sight.negative, True
            findings.append(sight.finding(stream, index, memory, new=fresh))
        return memory.written(), findings


@dataclass(slots=True)
class _Memory:
    """What the rule knows from before. ``armed``: a new alert may be raised. ``below``: calm evaluations in a row."""

    firing: bool = False
    armed: bool = True
    below: int = 0
    fired_at: datetime | None = None
    severity: Severity | None = None  # the worst that was reported of the episode
    reported: int = 0                 # complaints in the window when it was last reported

    @classmethod
    def read(cls, state: State) -> _Memory:
        fired_at, severity = state.get("fired_at"), state.get("severity")
        return cls(bool(state.get("firing", False)), bool(state.get("armed", True)), int(state.get("below", 0)),
                   datetime.fromisoformat(fired_at) if fired_at else None, Severity(severity) if severity else None,
                   int(state.get("reported", 0)))

    def written(self) -> State:
        return {"firing": self.firing, "armed": self.armed, "below": self.below,
                "fired_at": self.fired_at.isoformat() if self.fired_at else None,
                "severity": str(self.severity) if self.severity else None, "reported": self.reported}


class _Stream:
    """The series as running sums, and which steps are worth a closer look."""

    def __init__(self, facts: Facts, options: Options) -> None:
        self.facts, self.options = facts, options
        points = facts.series.points
        length = max(0, min(len(points), (facts.until - facts.series.start) // STEP))
        first = max(0, (facts.since - facts.series.start) // STEP)
        here = np.array([p is not None for p in points[:length]], dtype=float)
        self._seen = _running(here)
        known = [p or Point() for p in points[:length]]
        self._scored = _running(np.array([p.scored for p in known], dtype=float))
        self._negative = _running(np.array([min(p.negative, p.scored) for p in known], dtype=float))
        ends = np.arange(1, length + 1)
        starts = np.maximum(ends - WINDOW, 0)
        before = np.maximum(starts - WEEK, 0)
        self.known = self._seen[starts] - self._seen[before]  # observed steps of the past
        base_of, base = (sums[starts] - sums[before] for sums in (self._scored, self._negative))
        self.share = (base + 1) / (base_of + 2)
        self.worth = np.minimum(base_of + 2, options.strength)
        self.usual_posts = np.divide(base_of * WINDOW, self.known, out=np.zeros(length), where=self.known > 0)
        of, found = (sums[ends] - sums[starts] for sums in (self._scored, self._negative))
        spread = np.sqrt(of * self.share * (1 - self.share) * (1 + np.maximum(of - 1, 0) / (self.worth + 1)))
        self.raised = (2 * of >= options.min_posts) & (found - of * self.share > CALM * spread)
        fit = ((here > 0) & (self._seen[ends] - self._seen[starts] >= OBSERVED * WINDOW) & (self.known >= COLD)
               & (base_of >= options.strength))
        self.evaluated: list[int] = [int(index) for index in np.flatnonzero(fit[first:]) + first]

    def counts(self, index: int) -> tuple[int, int]:
        """Return the negative and all scored posts of the window that ends with a step, unsure ones among them."""
        start = max(0, index + 1 - WINDOW)
        return (round(float(self._negative[index + 1] - self._negative[start])),
                round(float(self._scored[index + 1] - self._scored[start])))

    def rare(self, index: int, negative: int, of: int) -> bool:
        """Whether as many negative ones would be too rare by chance at this step."""
        return tail(negative, of, float(self.share[index]), float(self.worth[index])) < self.options.chance

    def see(self, index: int) -> _Sight | None:
        """Return what stands behind a step, or None where it is chance, too little, or the work of too few."""
        negative, scored = self.counts(index)
        if scored < self.options.min_posts or not self.rare(index, negative, scored):
            return None
        traces = self.traces_before(index)
        sure = [trace for trace in traces if trace.label is not None and not trace.unsure]
        angry = [trace for trace in sure if trace.label is Label.NEGATIVE]
        if len(sure) < self.options.min_posts or not self.rare(index, len(angry), len(sure)):
            return None
        named = {trace.author for trace in angry if trace.author is not None}
        hidden = sum(trace.author is None for trace in angry)
        if len(named) + hidden < self.options.min_authors:
            return None
        needed = next(k for k in range(1, len(angry) + 1) if self.rare(index, k, len(sure)))
        share, usual = len(angry) / len(sure), float(self.share[index])
        largest = max((t for t in angry if t.author is not None), key=lambda t: (t.reach, t.key), default=None)
        points = [p for p in self.facts.series.points[max(0, index + 1 - WINDOW):index + 1] if p is not None]
        figures: dict[str, Any] = {
            "version": VERSION, "window": WINDOW_SECONDS, "needed": needed, "seen": len(angry), "sure": len(sure),
            "share": round(share, 4), "usual_share": round(usual, 4), "chance": self.options.chance, "angrier": True,
            "turned": share >= 0.5 and share >= 2 * usual,
            "mentions": sum(p.mentions for p in points), "scored": scored, "unsure": sum(p.unsure for p in points),
            "negative": negative,
            "volume_ratio": round(scored / max(1.0, float(self.usual_posts[index])), 2),
            "authors": len(named) + hidden, "hidden": hidden, "copies": sum(t.reshare_of is not None for t in angry),
            "largest": largest.author if largest else None, "largest_reach": largest.reach if largest else None,
            "sources": sorted({trace.source for trace in angry}), "record_days": round(float(self.known[index]) / 288, 1),
            "young": bool(self.known[index] < YOUNG), "harm": 0,
        }
        parts = severity.parts_of(NegativeShareRule.kind, figures)
        return _Sight(len(angry), round(len(sure) * usual, 1), severity.grade(parts.harm, parts.spread, parts.trust), figures,
                      _evidence(angry, sure))

    def traces_before(self, index: int) -> list[Trace]:
        """Return the mentions published in the window that ends with a step."""
        end = self.facts.series.at(index + 1)
        left, right = (bisect_left(self._published, at) for at in (end - WINDOW * STEP, end))
        return self._traces[left:right]

    @cached_property
    def _traces(self) -> list[Trace]:
        return sorted(self.facts.traces, key=lambda trace: (trace.published_at, trace.key))

    @cached_property
    def _published(self) -> list[datetime]:
        return [trace.published_at for trace in self._traces]


@dataclass(frozen=True, slots=True)
class _Sight:
    """What stands behind one firing step."""

    negative: int
    expected: float
    severity: Severity
    figures: dict[str, Any]
    evidence: tuple[MentionKey, ...]

    def finding(self, stream: _Stream, index: int, memory: _Memory, *, new: bool) -> Finding:
        at = stream.facts.series.at(index + 1)
        return Finding(rule=NegativeShareRule.kind, subject=stream.facts.subject, at=at, starts_at=at - WINDOW * STEP,
                       value=self.negative, expected=self.expected, severity=memory.severity or self.severity, firing=True,
                       evidence=self.evidence,
                       why={**self.figures, "new": new, "fired_at": memory.fired_at.isoformat() if memory.fired_at else None})


def _cleared(stream: _Stream, memory: _Memory, index: int) -> Finding:
    at, (negative, scored) = stream.facts.series.at(index + 1), stream.counts(index)
    return Finding(rule=NegativeShareRule.kind, subject=stream.facts.subject, at=at, starts_at=memory.fired_at or at,
                   value=negative, expected=round(scored * float(stream.share[index]), 1),
                   severity=memory.severity or Severity.P3, firing=False,
                   why={"version": VERSION, "window": WINDOW_SECONDS, "seen": negative, "scored": scored,
                        "fired_at": memory.fired_at.isoformat() if memory.fired_at else None})


def _evidence(angry: Sequence[Trace], sure: Sequence[Trace]) -> tuple[MentionKey, ...]:
    """Return keys a person can open: the earliest, the farthest seen and the latest complaints, and a few that dissent."""
    room, chosen = KEYS - DISSENTING, list(angry)
    if len(chosen) > room:
        loud = sorted(angry, key=lambda trace: (-trace.reach, trace.published_at, trace.key))
        chosen = list(dict.fromkeys([*angry[:room // 3], *loud[:room // 3], *angry[-(room // 3):]]))
    other = sorted((trace for trace in sure if trace.label is not Label.NEGATIVE),
                   key=lambda trace: (trace.label is not Label.POSITIVE, -trace.reach, trace.key))
    return tuple(trace.key for trace in (*chosen, *other[:DISSENTING]))


def _running(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(values)])
