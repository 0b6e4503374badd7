"""We said when it would be done, and it was not.

**When it fires.** When a promise that a person has confirmed passes its time and nobody said that it was kept; again when
another one does: one alert a brand, P2. **When it cannot.** For promises nobody has confirmed, or that name no time.

**It ends** when each of them is settled: kept after all, given up, or taken back as no promise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import BaseModel, Field

from alerts.care.overdue import DutyRule
from listener.types import Facts
from listener.types.care import Deadline, Due


class Options(BaseModel, frozen=True, extra="forbid"):
    """How long after its time a promise counts as broken."""

    grace: timedelta = Field(default=timedelta(0), ge=timedelta(0), le=timedelta(days=2))


class BrokenPromiseRule(DutyRule):
    kind = "broken_promise"
    version = "broken_promise@1"

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def owed(self, facts: Facts) -> list[Deadline]:
        """Return the confirmed promises, each past only once its grace is."""
        return [replace(one, due_at=one.due_at + self.options.grace) for one in facts.deadlines if one.due is Due.PROMISE]
