"""What time it is in the world, by the ``Date`` of every host that answered (RFC 9110 §6.6.1). Asks nobody by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from listener.client.answers import lead_of

AGREED = timedelta(hours=1)  # so far off by every one of several hosts a clock is wrong, not merely inexact
ALONE = timedelta(hours=24)  # by one host alone: servers that write their local time as GMT are up to 14 hours off


def steady() -> float:
    """Return seconds of a clock that nobody sets and that, where the system has one, goes on while the machine sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere time.monotonic is the best there is
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class World:
    """Holds for each host how far our clock was ahead of it at the last answer, and when that was.

    What was heard goes on with the steady clock, so that a clock that somebody sets is noticed before the next answer.
    """

    def __init__(self, now: Callable[[], datetime], steady: Callable[[], float] = steady) -> None:
        self._now, self._steady = now, steady
        self._heard: dict[str, tuple[datetime, float]] = {}  # host → its instant, and when it was heard

    def hear(self, host: str, headers: Mapping[str, str]) -> None:
        """Note what an answer says of the time; one that says nothing changes nothing."""
        now = self._now()
        if (lead := lead_of(headers, now)) is not None:
            self._heard[host] = now - lead, self._steady()

    @property
    def silence(self) -> timedelta | None:
        """Time since a host last told the time; None: none has yet."""
        last = max((at for _, at in self._heard.copy().values()), default=None)
        return None if last is None else timedelta(seconds=self._steady() - last)

    def off(self) -> timedelta | None:
        """Return by how much this machine's clock is ahead (below zero: behind) of the nearest of all hosts, where all say the same
        and it is too much to be inexact; None: it is right, or nobody has told."""
        now, at = self._now(), self._steady()
        leads = [now - told - timedelta(seconds=at - heard) for told, heard in self._heard.copy().values()]
        if not leads or min(leads) < timedelta(0) < max(leads):
            return None
        nearest = min(leads, key=abs)
        return nearest if abs(nearest) > (AGREED if len(leads) > 1 else ALONE) else None
