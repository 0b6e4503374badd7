"""What the rule remembers between evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.blindness import BLIND, Blind
from listener.types import Severity, State


@dataclass(slots=True)
class Memory:
    """What the rule knows from before.

    ``armed``: it was calm for long enough for a new alert. ``below``: quiet evaluations in a row.
    """

    firing: bool = False
    armed: bool = True
    below: int = 0
    fired_at: datetime | None = None
    severity: Severity | None = None  # the worst that was reported of the episode
    reported: int = 0                 # posts in four hours when it was last reported
    peak: float = 0.0                 # how high it stood over its bar until it was calm
    blind: Blind | None = None        # why it had no say at the last step; written for people, never read back

    @classmethod
    def read(cls, state: State) -> Memory:
        fired_at, severity = state.get("fired_at"), state.get("severity")
        return cls(firing=bool(state.get("firing", False)), armed=bool(state.get("armed", True)),
                   below=int(state.get("below", 0)), fired_at=datetime.fromisoformat(fired_at) if fired_at else None,
                   severity=Severity(severity) if severity else None, reported=int(state.get("reported", 0)),
                   peak=float(state.get("peak", 0.0)))

    def written(self) -> State:
        return {"firing": self.firing, "armed": self.armed, "below": self.below,
                "fired_at": self.fired_at.isoformat() if self.fired_at else None,
                "severity": str(self.severity) if self.severity else None, "reported": self.reported,
                "peak": self.peak, **({BLIND: self.blind.written()} if self.blind else {})}
