"""A customer waits for us longer than we allow ourselves.

**When it fires.** When a case passes the time until somebody owns it, until its first answer or until its end (``[care]``, in
the working hours of ``[hours]``), and again when another one does: one alert a brand, which names the cases and counts them.
P2 where one of them is, else P3. **When it cannot.** For mentions nobody made a case of; while a case waits for the customer.

**It ends** when no case of the brand is overdue any more.
"""

from __future__ import annotations

from pydantic import BaseModel

from alerts.care.overdue import DutyRule
from listener.types import Facts
from listener.types.care import Deadline, Due


class Options(BaseModel, frozen=True, extra="forbid"):
    """What is overdue: all three unless some are left out."""

    due: frozenset[Due] = frozenset({Due.OWNER, Due.ANSWER, Due.END})


class OverdueCaseRule(DutyRule):
    kind = "overdue_case"
    version = "overdue_case@1"

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def owed(self, facts: Facts) -> list[Deadline]:
        """Return the deadlines of cases that are asked for; a promise is for ``broken_promise``."""
        return [one for one in facts.deadlines if one.due in self.options.due and one.due is not Due.PROMISE]
