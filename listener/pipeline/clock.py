"""Whether this machine's clock can be believed. While it cannot, nothing is judged by it and nothing is written down with it.

An alert that ends because somebody set the year is a lie, and so is a week of coverage that never was. So while the clock is
apart from every host that answers, the rules do not look, what sources give is thrown away (their cursors stay, it is read
again), and digests, retention and care wait. What is queued goes out, by the time of the world.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

log = logging.getLogger("goosh.clock")

FIRST_WORD = timedelta(minutes=1)  # so long a start that looks wrong waits for a host to tell the time
ASK_AGAIN = timedelta(minutes=1)  # how often a source is read only to hear the time, while the clock is wrong


class Hosts(Protocol):
    """What it needs of ``listener.client.world.World``."""

    @property
    def silence(self) -> timedelta | None: ...

    def off(self) -> timedelta | None: ...


class ClockWatch:
    """Judges the clock each time it is asked, and says once when it goes wrong and once when it is right again.

    Without ``hosts`` the clock is one that its caller brought, and is believed. ``tell`` is called at each change with how far
    the clock is off (None: no more). ``steady`` gives seconds and never goes back.
    """

    def __init__(self, hosts: Hosts | None = None, *, tell: Callable[[timedelta | None], None] = lambda off: None,
                 steady: Callable[[], float] = time.monotonic) -> None:
        self._hosts, self._tell, self._steady = hosts, tell, steady
        self._doubted_until: float | None = None
        self._wrong = False
        self._lock = threading.Lock()

    def off(self) -> timedelta | None:
        """Return by how much the clock is ahead of the world (below zero: behind); None: it can be believed."""
        if self._hosts is None:
            return None
        with self._lock:
            off = self._hosts.off()
            if (off is not None) is not self._wrong:
                self._wrong = off is not None
                if off is None:
                    log.warning("clock: it agrees with the hosts again; everything goes on")
                else:
                    log.error("clock: %s", sentence(off))
                self._tell(off)
            return off

    def doubt(self) -> None:
        """Let the rules wait a little for the first host that tells the time: the clock looks wrong beside what is stored."""
        self._doubted_until = self._steady() + FIRST_WORD.total_seconds()

    @property
    def holds(self) -> bool:
        """Whether whatever goes by the calendar has to wait."""
        if self.off() is not None:
            return True
        unheard = self._hosts is not None and self._hosts.silence is None
        return unheard and self._doubted_until is not None and self._steady() < self._doubted_until

    @property
    def wants_word(self) -> bool:
        """Whether a source may be read: always while the clock can be believed, else now and then, to hear the time."""
        return self.off() is None or self._hosts is None or (silence := self._hosts.silence) is None or silence > ASK_AGAIN


def sentence(off: timedelta) -> str:
    """Return how far the clock is off and what follows, in English: for the log and ``/healthz``."""
    hours, side = abs(off) / timedelta(hours=1), "ahead of" if off > timedelta(0) else "behind"
    return f"this machine's clock is {hours:,.1f} hours {side} every host that answered; set it: until then the rules do not look and nothing new is stored"
