"""A circuit breaker: who fails time after time is left alone for a while, then tried with one request. Pure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum

FAILURES = 5  # in a row, before the circuit opens
SHORTEST = 60.0  # seconds it stays open
LONGEST = 15 * 60.0  # the longest a source may be silent without its being shown

Uniform = Callable[[float, float], float]


class Entry(Enum):
    """How a request was let in. A trial decides alone whether the circuit closes."""

    NORMAL = "normal"
    TRIAL = "trial"


class Breaker:
    """One circuit. Instants are seconds of any clock that does not go back; ``uniform`` draws between two bounds.

    The n-th time in a row that it opens it does so for a time drawn from 1 … min(15, 2ⁿ) minutes: full jitter, so that
    what failed together does not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
    """

    def __init__(self, uniform: Uniform) -> None:
        self._uniform = uniform
        self._lock = threading.Lock()
        self._failures = 0
        self._openings = 0
        self._open_until: float | None = None
        self._trying = False

    @property
    def failures(self) -> int:
        """How many times in a row it failed."""
        return self._failures

    def enter(self, now: float, trial_time: float) -> Entry | float:
        """Return how a request may go, or the seconds it must wait. Whoever is let in calls ``leave``.

        ``trial_time`` is the longest a request takes: while one is tried, the others come back after it.
        """
        with self._lock:
            if self._open_until is None:
                return Entry.NORMAL
            if now < self._open_until:
                return self._open_until - now
            if self._trying:
                return trial_time
            self._trying = True
            return Entry.TRIAL

    def leave(self, entry: Entry, worked: bool | None, now: float) -> None:
        """Tell what became of a request; None: nothing that speaks for or against the other side."""
        with self._lock:
            if entry is Entry.TRIAL:
                self._trying = False
            if worked:
                self._failures = self._openings = 0
                self._open_until = None
            elif worked is False:
                self._failures += 1
                # A request that was under way when the circuit opened tells nothing new.
                if entry is Entry.TRIAL or (self._open_until is None and self._failures >= FAILURES):
                    self._openings += 1
                    self._open_until = now + self._uniform(SHORTEST, min(LONGEST, SHORTEST * 2**min(self._openings, 10)))
