"""What is past its time: one alert a brand that counts what waits, tells of what joins it, and ends when nothing does. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from listener.types import STEP, Facts, Finding, Severity, State
from listener.types.care import Deadline, Due

MOST_NAMED = 20  # references an alert names


def overdue(deadlines: Iterable[Deadline], at: datetime) -> list[Deadline]:
    """Return the deadlines that were past at an instant and not met by then, as far as they were known, the oldest first."""
    past = (one for one in deadlines
            if one.due_at <= at and one.noted_at <= at and (one.ended_at is None or one.ended_at > at))
    return sorted(past, key=lambda one: (one.due_at, one.ref, one.due))


class DutyRule(ABC):
    """A rule about what is past its time. Rules differ in what is owed; what they say of it, and when that ends, is alike."""

    kind: str
    version: str
    about = "brand"
    on = "step"
    history = timedelta(days=1)  # of the series: nothing of it is looked at

    @abstractmethod
    def owed(self, facts: Facts) -> list[Deadline]:
        """Return the deadlines it is about, each with the time from which it counts as past."""

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``: when something joins what is
        overdue, and when nothing is any more.
        """
        about = self.owed(facts)
        known: frozenset[str] = frozenset(state.get("known", ()))
        since: str | None = state.get("since")
        findings = []
        for at in _steps(facts, about):
            waiting = overdue(about, at)
            names = frozenset(f"{one.ref} {one.due}" for one in waiting)
            if names - known or (known and not names):
                since = (since or at.isoformat()) if names else since
                findings.append(self._finding(facts.subject, at, waiting, datetime.fromisoformat(since or at.isoformat())))
            known, since = names, since if names else None
        return {"known": sorted(known), "since": since}, findings

    def _finding(self, subject: str, at: datetime, waiting: Sequence[Deadline], since: datetime) -> Finding:
        refs = list(dict.fromkeys(one.ref for one in waiting))
        grave = any(one.severity is not Severity.P3 or one.due is Due.PROMISE for one in waiting)
        owners = sorted({one.who for one in waiting if one.who})
        why: dict[str, Any] = {
            "version": self.version, "refs": refs[:MOST_NAMED],
            "cases": sorted({one.case for one in waiting if one.case is not None})[:MOST_NAMED],
            "unowned": len({one.ref for one in waiting if one.due is Due.OWNER}), "owners": owners[:MOST_NAMED],
            "oldest": waiting[0].due_at.isoformat() if waiting else None}
        evidence = tuple(dict.fromkeys(key for one in waiting for key in one.mentions))
        return Finding(rule=self.kind, subject=subject, at=at, starts_at=min(since, at), value=float(len(refs)), expected=0.0,
                       severity=Severity.P2 if grave else Severity.P3, firing=bool(waiting), evidence=evidence, why=why)


def _steps(facts: Facts, about: Sequence[Deadline]) -> Iterable[datetime]:
    """Every step that closed; none where nothing was ever due, but the last, at which what stood may have ended."""
    at = facts.until - STEP * max(0, -((facts.since - facts.until) // STEP) - 1)
    if not about:
        at = facts.until
    while at <= facts.until:
        if at > facts.since:
            yield at
        at += STEP
