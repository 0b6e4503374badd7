"""We said when it would be done, and it was not.

**When it fires.** When a promise that a person has confirmed passes its time and nobody said that it was kept; again when
another one does: one alert a brand, P2. **When it cannot.** For promises nobody has confirmed, or that name no time.

**It ends** when each of them is settled: kept after all, given up, or taken back as no promise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import BaseModel, Field

from alerts.care.overdue import HISTORY, evaluate
from listener.types import Facts, Finding, State
from listener.types.care import Due

VERSION = "broken_promise@1"


class Options(BaseModel, frozen=True, extra="forbid"):
    """How long after its time a promise counts as broken."""

    grace: timedelta = Field(default=timedelta(0), ge=timedelta(0), le=timedelta(days=2))


class BrokenPromiseRule:
    kind = "broken_promise"
    about = "brand"
    on = "step"
    history = HISTORY

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was broken, or settled, at the steps of ``(since, until]``."""
        late = tuple(replace(one, due_at=one.due_at + self.options.grace) for one in facts.deadlines)
        return evaluate(self.kind, VERSION, frozenset({Due.PROMISE}), replace(facts, deadlines=late), state)
