"""One window of a series that ends at one step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts.rules.spike.options import Options
from listener.types import Label, Trace


@dataclass(frozen=True, slots=True)
class Window:
    """One window that ends at one step: what was seen and what is usual, over its observed steps."""

    width: int
    seen: float       # steps
    value: float
    expected: float
    posts: float
    anger: float      # negative posts above what the brand's own share of as many posts would be
    share: float      # that share

    @property
    def raised(self) -> float:
        """The sum above the usual. Not stretched over gaps: after an outage two loud steps are not a loud quarter."""
        return max(0.0, self.value - self.expected)

    @property
    def angrier(self) -> float:
        return max(0.0, self.anger)

    def over(self, options: Options) -> bool:
        """Whether the window is over the floor of posts and of excess."""
        return (self.posts >= options.min_posts
                and self.value - self.expected >= options.min_sigma * math.sqrt(self.expected + 1))

    def without(self, traces: Sequence[Trace], options: Options) -> Window:
        """Return the window as it would be had ``traces`` not been published."""
        counted = [trace for trace in traces if options.series == "mentions" or trace.label is Label.NEGATIVE]
        value = sum(t.reach for t in counted) / options.reach_unit if options.series == "negative_reach" else len(counted)
        anger = len(counted) - self.share * sum(trace.label is not None for trace in traces)
        return replace(self, value=self.value - value, posts=self.posts - len(counted), anger=self.anger - anger)

    def thinned(self, share: float) -> Window:
        """Return the window as it would be with only a share of what was seen."""
        return replace(self, value=self.value * share, posts=self.posts * share, anger=self.anger * share)

    @property
    def weight(self) -> float:
        return (self.value - self.expected) / math.sqrt(self.expected + 1)
