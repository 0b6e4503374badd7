"""A customer waits for us longer than we allow ourselves.

**When it fires.** When a case passes the time until somebody owns it, until its first answer or until its end (``[care]``, in
the working hours of ``[hours]``), and again when another one does: one alert a brand, which names the cases and counts them.
P2 where one of them is, else P3. **When it cannot.** For mentions nobody made a case of; while a case waits for the customer.

**It ends** when no case of the brand is overdue any more.
"""

from __future__ import annotations

from pydantic import BaseModel

from alerts.care.overdue import HISTORY, evaluate
from listener.types import Facts, Finding, State
from listener.types.care import Due

VERSION = "overdue_case@1"


class Options(BaseModel, frozen=True, extra="forbid"):
    """What is overdue: all three unless some are left out."""

    due: frozenset[Due] = frozenset({Due.OWNER, Due.ANSWER, Due.END})


class OverdueCaseRule:
    kind = "overdue_case"
    about = "brand"
    on = "step"
    history = HISTORY

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what became overdue, or ceased to be, at the steps of ``(since, until]``."""
        return evaluate(self.kind, VERSION, self.options.due - {Due.PROMISE}, facts, state)
