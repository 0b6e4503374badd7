"""What stands behind a firing step: which posts, by how many people, how bad, and what it would have taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from alerts.rules.spike.memory import Memory
from alerts.rules.spike.options import (
    CUSHION,
    DISSENTING,
    GROWN_HOURS,
    KEYS,
    KIND,
    LEVEL_STEPS,
    OBSERVED,
    SPREAD_STEPS,
    VERSION,
    WINDOWS,
    YOUNG_HOURS,
    Options,
)
from alerts.rules.spike.record import Record
from alerts.rules.spike.stream import Stream
from alerts.rules.spike.window import Window
from listener.types import STEP, Finding, Label, MentionKey, Severity, Trace


@dataclass(frozen=True, slots=True)
class Sight:
    """What stands behind one firing step."""

    stream: Stream
    index: int
    window: Window
    severity: Severity
    figures: dict[str, Any]
    evidence: tuple[MentionKey, ...]

    def finding(self, memory: Memory, *, new: bool) -> Finding:
        at, unit = self.stream.end_of(self.index), _unit(self.stream.options)
        return Finding(rule=KIND, subject=self.stream.facts.subject, at=at, starts_at=at - STEP * self.window.width,
                       value=self.window.value * unit, expected=round(self.window.expected * unit, 1),
                       severity=memory.severity or self.severity, firing=True, evidence=self.evidence,
                       why={**self.figures, "new": new, "fired_at": memory.fired_at.isoformat() if memory.fired_at else None})


def see(stream: Stream, record: Record, index: int) -> Sight | None:
    """Return what stands behind a step over threshold and floor, or None where too few people or a mere start do."""
    options, at = stream.options, stream.end_of(index)
    windows = [stream.window(index, width) for width in WINDOWS]
    if windows[-1].seen < OBSERVED * WINDOWS[-1]:
        windows.pop()
    starting, repeats = stream.starting(at), _repeats(stream.traces_in(index, WINDOWS[-1]))
    copies = {trace.key for trace in repeats if trace.reshare_of is None}
    if starting and not _fires(_without(stream, index, windows, lambda t: t.source in starting or t.key in copies), record, options):
        return None
    if copies:  # a copy is not another angry customer; a reshare is another reader, whom the author has reached
        windows = _without(stream, index, windows, lambda t: t.key in copies)
        if not _fires(windows, record, options):
            return None

    best: tuple[Window, Crowd] | None = None
    for window in windows:
        crowd = Crowd.of([t for t in stream.traces_in(index, window.width) if stream.counts(t)], {t.key for t in repeats})
        enough = not stream.facts.traces or crowd.authors >= options.min_authors
        if enough and window.over(options) and (best is None or window.weight > best[0].weight):
            best = window, crowd
    if best is None:
        return None
    window, crowd = best
    sums = _sums(windows)
    volume, anger = record.ratios(sums, record.loud)
    by_anger = options.series == "negative" and anger / math.exp(options.anger_threshold) > volume / math.exp(options.threshold)
    score, bar = (anger, options.anger_threshold) if by_anger else (volume, options.threshold)
    ratio, anger_ratio = record.ratios(sums, record.record)
    level = max(sum(ratio >= step for step in LEVEL_STEPS), int(anger_ratio >= LEVEL_STEPS[0]))
    people = crowd.authors if stream.facts.traces else round(window.posts)
    spread = sum(people >= step for step in SPREAD_STEPS)
    young = record.hours < YOUNG_HOURS
    severity = Severity.P3 if young or level + spread == 0 else Severity.P1 if level + spread >= 3 else Severity.P2

    points = [p for p in stream.facts.series.points[max(0, index + 1 - window.width):index + 1] if p is not None]
    figures: dict[str, Any] = {
        "version": VERSION, "series": options.series, "window": window.width * int(STEP.total_seconds()),
        "seen": round(window.posts), "needed": _needed(windows, window, record, stream),
        "mentions": sum(p.mentions for p in points), "scored": sum(p.scored for p in points),
        "unsure": sum(p.unsure for p in points), "negative": sum(p.negative for p in points),
        "ratio": round(ratio, 3), "anger_ratio": round(anger_ratio, 3), "score": round(math.log(score), 4), "threshold": bar,
        "by": "anger" if by_anger else "volume", "share": round(window.share, 3),
        "level": level, "spread": spread, "record_days": round(record.hours / 24, 1),
        "young": record.age < GROWN_HOURS, "angrier": bool(stream.angry(np.array([index + 1]), window.width)[0]),
    }
    if stream.facts.traces:
        figures |= crowd.figures()
    return Sight(stream, index, window, severity, figures, _evidence(stream, stream.traces_in(index, window.width)))


def _repeats(traces: Sequence[Trace]) -> list[Trace]:
    """Return those, oldest first, that tell a story which one before them told: copies, spun copies and reshares."""
    told: set[str] = set()
    found = []
    for trace in traces:
        if trace.story is not None and trace.story in told:
            found.append(trace)
        elif trace.story is not None:
            told.add(trace.story)
    return found


def _without(stream: Stream, index: int, windows: Sequence[Window], left_out: Callable[[Trace], bool]) -> list[Window]:
    """Return the windows as they would be had these posts not been published."""
    return [w.without([t for t in stream.traces_in(index, w.width) if left_out(t)], stream.options) for w in windows]


def _fires(windows: Sequence[Window], record: Record, options: Options) -> bool:
    """Whether a step with these windows is over threshold and floor."""
    return record.height(_sums(windows)) >= 1 and any(window.over(options) for window in windows)


def _sums(windows: Sequence[Window]) -> list[float]:
    """Return what the record weighs: volume's sums, then anger's; NaN for a window that was not seen enough."""
    gap = [math.nan] * (len(WINDOWS) - len(windows))
    volume = [window.raised + cushion for window, cushion in zip(windows, CUSHION, strict=False)]
    return volume + gap + [window.angrier + cushion for window, cushion in zip(windows, CUSHION, strict=False)] + gap


def _needed(windows: Sequence[Window], shown: Window, record: Record, stream: Stream) -> int:
    """Return the fewest posts in the window shown at which it would still have fired, all windows thinned alike."""
    low, high = 1, max(1, round(shown.posts))
    while low < high:
        middle = (low + high) // 2
        if _fires([window.thinned(middle / shown.posts) for window in windows], record, stream.options):
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who wrote words of their own: an author counts once however many posts, one who only copies or reshares not at all; a post
    whose author the source hides counts as one author.
    """

    named: int
    hidden: int
    copies: int
    reach: int
    largest: Trace | None
    sources: tuple[str, ...]

    @property
    def authors(self) -> int:
        return self.named + self.hidden

    @classmethod
    def of(cls, traces: Sequence[Trace], repeats: Collection[MentionKey] = ()) -> Crowd:
        accounts: dict[str, int] = {}
        hidden = [trace.reach for trace in traces if trace.author is None]
        own = [trace for trace in traces if trace.reshare_of is None and trace.key not in repeats]
        for trace in traces:
            if trace.author is not None:
                accounts[trace.author] = max(trace.reach, accounts.get(trace.author, 0))
        return cls(named=len({t.author for t in own if t.author is not None}), hidden=sum(t.author is None for t in own),
                   copies=len(traces) - len(own),
                   reach=sum(accounts.values()) + sum(hidden),
                   largest=max((t for t in traces if t.author is not None), key=lambda t: (t.reach, t.key), default=None),
                   sources=tuple(sorted({trace.source for trace in traces})))

    def figures(self) -> dict[str, Any]:
        return {"authors": self.authors, "hidden": self.hidden, "copies": self.copies, "reach": self.reach,
                "largest": self.largest.author if self.largest else None,
                "largest_reach": self.largest.reach if self.largest else None, "sources": list(self.sources)}


def _evidence(stream: Stream, traces: Sequence[Trace]) -> tuple[MentionKey, ...]:
    """Return keys a person can open: the earliest, the farthest seen and the latest that count, and a few that dissent."""
    counted = [trace for trace in traces if stream.counts(trace)]
    other = [trace for trace in traces if trace.label in (Label.POSITIVE, Label.NEUTRAL) and not stream.counts(trace)]
    room = KEYS - DISSENTING
    chosen = counted
    if len(counted) > room:
        loud = sorted(counted, key=lambda trace: (-trace.reach, trace.published_at, trace.key))
        chosen = list(dict.fromkeys([*counted[:room // 3], *loud[:room // 3], *counted[-(room // 3):]]))
    dissent = sorted(other, key=lambda trace: (trace.label is not Label.POSITIVE, -trace.reach, trace.key))[:DISSENTING]
    return tuple(trace.key for trace in (*chosen, *dissent))


def cleared(stream: Stream, memory: Memory, index: int) -> Finding:
    window, unit = stream.window(index, WINDOWS[1]), _unit(stream.options)
    return Finding(rule=KIND, subject=stream.facts.subject, at=stream.end_of(index),
                   starts_at=memory.fired_at or stream.end_of(index), value=window.value * unit,
                   expected=round(window.expected * unit, 1), severity=memory.severity or Severity.P3, firing=False,
                   why={"version": VERSION, "series": stream.options.series, "window": window.width * int(STEP.total_seconds()),
                        "seen": round(window.posts), "fired_at": memory.fired_at.isoformat() if memory.fired_at else None})


def _unit(options: Options) -> int:
    return options.reach_unit if options.series == "negative_reach" else 1
