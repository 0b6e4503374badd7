"""A source we no longer hear: silence must not look like calm.

**When it fires.** Once an outage: we have tried in vain for longer than the source's ``stale_after``, counted from the
first coverage that was lost since the source was last heard, or since it was first tried. A source that answers with
nothing it used to have (*suspect*) is not heard either. **When it cannot.** For time in which this program itself did not
run: then nobody tried, and nothing is known about the source.

**It clears** when the source is heard again, were it only with "nothing new". Volume rules stay silent about an
outage by themselves: their series has a gap there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from listener.types import STEP, SUSPECT, Coverage, CoverageState, Facts, Finding, Severity, State

VERSION = "stale_source@2"
PATIENCE = timedelta(hours=2)  # where the source has no ``stale_after`` of its own


class Options(BaseModel, frozen=True, extra="forbid"):
    """How long a source may be silent is said of each source (``stale_after``), not here."""

    severity: Severity = Severity.P2


class StaleSourceRule:
    kind = "stale_source"
    about = "source"
    on = "step"
    history = timedelta(days=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found at the steps that closed in ``(since, until]``, oldest first."""
        patience = facts.stale_after or PATIENCE
        heard_at, missed_at = _read(state.get("heard_at")), _read(state.get("missed_at"))
        firing, findings = bool(state.get("firing", False)), []
        reason: str | None = state.get("reason")
        spans = sorted(facts.coverage, key=lambda span: (span.end, span.start))
        place, at = 0, _first_step(facts)

        while at <= facts.until:
            for span in _ended(spans, place, at):
                place += 1
                if not _silent(span):
                    heard_at, missed_at = max(span.end, heard_at or span.end), None
                elif heard_at is None or span.end > heard_at:
                    missed_at, reason = missed_at or max(span.start, heard_at or span.start), span.reason or reason
            begun = next((span for span in spans[place:] if span.start < at), None)  # a long span may still be open
            if begun is not None and not _silent(begun):
                heard_at, missed_at = max(at, heard_at or at), None
            elif begun is not None:
                missed_at, reason = missed_at or max(begun.start, heard_at or begun.start), begun.reason or reason

            stale = missed_at is not None and at - missed_at > patience
            if stale != firing:
                firing = stale
                findings.append(self._finding(facts, at, missed_at or heard_at or at, patience, heard_at, reason, firing))
            at += STEP
        if missed_at is None:
            reason = None
        return {"firing": firing, "heard_at": _written(heard_at), "missed_at": _written(missed_at), "reason": reason}, findings

    def _finding(self, facts: Facts, at: datetime, since: datetime, patience: timedelta, heard_at: datetime | None,
                 reason: str | None, firing: bool) -> Finding:
        why: dict[str, Any] = {"version": VERSION, "stale_after": int(patience.total_seconds()), "heard_at": _written(heard_at),
                               "reason": reason if firing else None}
        return Finding(rule=self.kind, subject=facts.subject, at=at, starts_at=min(since, at),
                       value=max(0.0, (at - since).total_seconds()), expected=patience.total_seconds(),
                       severity=self.options.severity, firing=firing, why=why)


def _silent(span: Coverage) -> bool:
    """Whether the source said nothing we could use: it did not answer, or with nothing it used to have."""
    return span.state is CoverageState.LOST or (span.reason or "").startswith(SUSPECT)


def _ended(spans: list[Coverage], place: int, at: datetime) -> list[Coverage]:
    stop = place
    while stop < len(spans) and spans[stop].end <= at:
        stop += 1
    return spans[place:stop]


def _first_step(facts: Facts) -> datetime:
    """Return the first step end after ``since``, on the grid of ``until``."""
    return facts.until - STEP * max(0, -((facts.since - facts.until) // STEP) - 1)


def _read(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
