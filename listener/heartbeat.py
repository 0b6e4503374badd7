"""The dead man's switch: an address outside is asked for while the engine lives, and shouts when it is not any more.

The other side (healthchecks.io, Uptime Kuma, Better Stack, a line in somebody's cron) expects to be asked every so often and
tells people by its own means when it was not: a machine that is off cannot say so itself. So the address is asked for only
while rules are looked at: where the last look ended more than two periods ago, keeping quiet is the message.

The address is a secret, for whoever knows it can keep it quiet; it stands in an environment variable and in no log. A
failure is logged once, and shown by ``/healthz`` and ``/metrics`` until it is over; it never stops anything.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Literal, Protocol

from listener.errors import CollectError

log = logging.getLogger("goosh.heartbeat")

Method = Literal["GET", "POST"]
State = Literal["ok", "failing", "quiet"]  # quiet: the rules are not looked at (any more, or yet), so nobody is asked
PERIODS = 2  # without a look of the rules, after which it is kept quiet
SHORTEST_SECRET = 4  # characters; hiding shorter ones would blank half of every sentence
ANSWER = 65_536  # bytes of an answer that are read; nothing in it matters
_PATH = re.compile(r"(https?://[^/\s'\"]+)[^\s'\",;)]*")


class Way(Protocol):
    """What it needs of ``listener.client.Client``."""

    def get(self, url: str, *, source: str = "", max_bytes: int | None = None) -> object: ...

    def post(self, url: str, *, source: str = "", max_bytes: int | None = None) -> object: ...


class Heartbeat:
    """Asks for ``url`` while the engine lives. ``clock`` gives seconds and never goes back; ``held``: whether the rules have to wait."""

    def __init__(self, client: Way, url: str, *, variable: str, every: timedelta, method: Method = "GET",
                 clock: Callable[[], float] = time.monotonic, held: Callable[[], bool] = lambda: False) -> None:
        self.every = every
        self.trouble: str | None = None  # why the last try failed; None: it did not
        self.answered = self.failed = 0  # since the start
        self._client, self._url, self._variable, self._method, self._clock = client, url, variable, method, clock
        self._held = held
        self._looked: float | None = None  # when the last look of the rules ended
        self._answered_at: float | None = None
        self._quiet = False
        self._lock = threading.Lock()

    def watching(self, look: Callable[[], object]) -> Callable[[], None]:
        """Return ``look`` as it is to be called from now on: each one that ends well is a sign of life."""

        def looked() -> None:
            look()
            self._looked = self._clock()

        return looked

    @property
    def alive(self) -> bool:
        """Whether the rules were looked at within two periods, and are not held by a clock that cannot be believed."""
        return not self._held() and self._looked is not None and self._clock() - self._looked < PERIODS * self.every.total_seconds()

    @property
    def state(self) -> State:
        return "quiet" if not self.alive else "failing" if self.trouble is not None else "ok"

    @property
    def age(self) -> timedelta | None:
        """Time since the address answered last; None: not since the start."""
        return None if self._answered_at is None else timedelta(seconds=self._clock() - self._answered_at)

    def beat(self) -> bool:
        """Ask for the address where the engine lives; return whether it answered."""
        with self._lock:
            if not self.alive:
                if self._looked is not None and not self._quiet and not self._held():  # what holds them is told where it is seen
                    log.error("heartbeat: no look of the rules has ended for %s; keeping quiet, so that the outside tells people",
                              PERIODS * self.every)
                self._quiet = self._looked is not None and not self._held()
                return False
            self._quiet = False
            try:
                (self._client.get if self._method == "GET" else self._client.post)(self._url, source="heartbeat", max_bytes=ANSWER)
            except CollectError as error:
                self.failed += 1
                if self.trouble is None:
                    log.warning("heartbeat: %s; mend the address in %r, or what stands between", self._without_address(error.what), self._variable)
                self.trouble = self._without_address(error.what)
                return False
            if self.trouble is not None:
                log.info("heartbeat: answered again")
            self.trouble = None
            self.answered, self._answered_at = self.answered + 1, self._clock()
            return True

    def _without_address(self, sentence: str) -> str:
        """Return an error without the address: a host may stand there, its path and query are what keeps it secret."""
        _, _, path = self._url.partition("://")[2].partition("/")
        for secret in sorted({self._url, path, *re.split(r"[/?#&=]", path)}, key=len, reverse=True):
            if len(secret) >= SHORTEST_SECRET:
                sentence = sentence.replace(secret, "…")
        return _PATH.sub(r"\1/…", sentence)
