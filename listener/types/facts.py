"""What rules look at, and what a look of theirs went by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .care import Deadline
from .coverage import Coverage
from .scores import ScoredMention
from .series import Series, Trace
from .stories import Story


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may look at: everything known about one subject up to ``until``.

    ``series`` ends at ``until`` and reaches back three weeks where so much is known. ``traces`` are the mentions
    published in ``(since - 4 h, until]``, oldest first. ``since`` is the end of the last evaluated step: a rule
    evaluates every step that closes in ``(since, until]``, so that a step is evaluated once and backfill never is.
    ``coverage`` are the spans of the subject's sources; for a rule about sources the subject is the source's name.
    """

    subject: str
    until: datetime
    since: datetime
    series: Series
    traces: tuple[Trace, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    stale_after: timedelta | None = None  # of the source, for rules about sources
    fresh: tuple[ScoredMention, ...] = ()  # for rules ``on`` mentions: scored in ``(since, until]``, by ``known_at`` and key
    stories: Mapping[str, Story] = field(default_factory=dict)  # those of the fresh mentions, as they were before them
    audiences: tuple[int, ...] = ()  # followers of each author of the past 90 days, ascending, as of the start of the UTC day
    complained: Mapping[str, datetime] = field(default_factory=dict)  # authors of fresh mentions → when they last did before
    deadlines: tuple[Deadline, ...] = ()  # of care: those that were past at some instant of ``(since, until]``


@dataclass(frozen=True, slots=True)
class Look:
    """What a look of the rules went by that cannot be told afterwards: replay goes by it too.

    ``steps``: the end of the last step that rules about brands looked at; None: none closed. ``heard``: the same of each source
    rules looked at now. ``ends``: up to where each source was read that was not read past these, and whether rules about
    brands took the rest as seen.
    """

    at: datetime
    steps: datetime | None = None
    heard: Mapping[str, datetime] = field(default_factory=dict)
    ends: Mapping[str, tuple[datetime, bool]] = field(default_factory=dict)
    assumed: bool = False  # nobody looked: replay looks where the house did not yet run


State = Mapping[str, Any]
"""What a rule remembers between evaluations: a JSON mapping that only the rule reads and writes."""
