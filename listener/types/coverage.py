"""What we could see of a source, and what one reading of it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .mentions import Mention, MentionKey

Cursor = Mapping[str, Any]
"""Where to resume: a JSON mapping that only its own collector reads and writes."""


class CoverageState(StrEnum):
    OK = "ok"
    PARTIAL = "partial"
    LOST = "lost"


SUSPECT = "suspect:"
"""How the reason of a span begins in which a source answered, but with nothing it used to have."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What we could see of a source in ``[start, end)``. An outage is not a quiet hour."""

    source: str
    start: datetime
    end: datetime
    state: CoverageState
    reason: str | None = None
    noted_at: datetime | None = None  # when the house learnt of the state; None: at its end


@dataclass(frozen=True, slots=True)
class Batch:
    """What one ``collect`` returns. "Not modified" is an empty batch that *was* observed."""

    mentions: tuple[Mention, ...] = ()
    deleted: tuple[MentionKey, ...] = ()
    cursor: Cursor | None = None
    state: CoverageState = CoverageState.OK
    reason: str | None = None  # why the state is not ok, or what was skipped
    min_interval: timedelta | None = None  # the source asks not to be read again sooner
    complete: bool = True  # False: more pages wait behind this cursor; collect again at once
    shown: int | None = None  # items the source showed, new or known; None: not asked ("not modified"), or it shows only news
    overflow: bool = False  # the oldest item shown is newer than the newest known: some were lost between two readings
