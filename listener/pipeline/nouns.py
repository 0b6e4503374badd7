"""What the passes work on: a source with its collector, a receiver with its notifier, what a round did."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from alerts.paging import Seat
from listener import polling
from listener.types import STEP, Alert, Collector, Mention, Notifier, Severity
from listener.words import Language

FASTER, SLOWER = 5, 2
"""How far a source may leave its interval where the settings do not say: a fifth of it, twice as long: a storm may begin where it was quiet."""
LEAST_INTERVAL = timedelta(minutes=1)
"""No source is read more often by itself; an interval that is shorter stands in somebody's settings."""


@dataclass(frozen=True, slots=True)
class Source:
    """A configured source with its collector.

    ``about``: brands every mention of it belongs to (own channels, stores). ``language``: of mentions that do not say.
    """

    name: str
    kind: str
    collector: Collector
    interval: timedelta
    stale_after: timedelta
    about: tuple[str, ...] = ()
    language: str | None = None
    min_interval: timedelta | None = None
    max_interval: timedelta | None = None
    setup: str | None = None  # a mark that changes with its kind, options and way out; where it does, the source begins anew

    @property
    def pace(self) -> polling.Pace:
        """How often it may be read. By itself never so rarely that it would seem stale between two readings."""
        floor = self.min_interval or max(self.interval / FASTER, LEAST_INTERVAL)
        ceiling = self.max_interval or min(SLOWER * self.interval, self.stale_after / 2)
        return polling.Pace(self.interval, min(floor, self.interval), max(ceiling, self.interval))


class Inbox(Protocol):
    """A collector that is also told: other systems push payloads to it."""

    def accept(self, payload: bytes, now: datetime) -> list[Mention]:
        """Return what a payload holds. Raises: CollectError for one it does not understand."""
        ...


@dataclass(frozen=True, slots=True)
class Receiver:
    name: str
    notifier: Notifier
    language: Language
    min_severity: Severity = Severity.P2
    cases_only: bool = False  # a help desk: it is told of nothing but cases

    @property
    def seat(self) -> Seat:
        """What paging needs to know of it."""
        return Seat(self.name, self.min_severity)


@dataclass(frozen=True, slots=True)
class Summary:
    """What one round of all passes did."""

    collected: int = 0
    new: int = 0
    scored: int = 0
    alerts: tuple[Alert, ...] = ()
    delivered: int = 0
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class Counters:
    """What this process has done since it started; nothing here is needed to go on after a crash."""

    last_pass_at: datetime | None = None
    last_pass: float | None = None  # the same by a clock that nobody sets
    last_look: float | None = None  # when the rules were last looked at, by that clock
    scored: int = 0
    scored_per_second: float | None = None
    sent: int = 0
    failed: int = 0
    model: str | None = None

    def pass_ended(self, at: datetime) -> None:
        self.last_pass_at, self.last_pass = at, time.monotonic()

    def look_ended(self, at: datetime) -> None:
        self.pass_ended(at)
        self.last_look = self.last_pass

    @property
    def look_age(self) -> timedelta | None:
        """Time since a look of the rules ended; ``None``: none has yet."""
        return None if self.last_look is None else timedelta(seconds=time.monotonic() - self.last_look)

    @property
    def idle(self) -> timedelta | None:
        """Time since a pass ended; ``None``: none has yet."""
        return None if self.last_pass is None else timedelta(seconds=time.monotonic() - self.last_pass)


def floor(instant: datetime) -> datetime:
    """Return the last step boundary at or before ``instant``."""
    seconds = int(instant.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(STEP.total_seconds()), UTC)
