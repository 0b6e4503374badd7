"""What all passes share: the store, the sources, the clock."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts import reach
from alerts.engine import Policy
from alerts.paging import Call
from listener.calendar import Holidays
from listener.match import Matcher
from listener.pipeline.clock import ClockWatch
from listener.pipeline.nouns import Counters, Receiver, Source
from listener.storage import Store
from listener.types import Alert, Delivery, Message, Reason, Rule, Scorer

log = logging.getLogger("goosh.pipeline")

LEASE = timedelta(minutes=5)

Calls = Callable[[Alert, Reason, datetime], Sequence[Call]]
"""``alerts.paging.plan`` with all that the settings say of receivers, people and hours."""


@dataclass
class House:
    """The fields of a ``Pipeline``; each pass is a class of its own over them."""

    store: Store
    sources: Sequence[Source]
    brands: Sequence[str]  # those that rules watch: our own, not peers
    matcher: Matcher
    scorer: Callable[[], Scorer]  # called on first use: loading a model costs what no other pass needs
    rules: Mapping[str, Rule]  # by the name each is configured under
    receivers: Sequence[Receiver]
    now: Callable[[], datetime]
    timezone: ZoneInfo
    board_url: str | None = None
    aspects: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # what people call those of the configuration, by language
    table: reach.ReachTable = field(default_factory=reach.ReachTable)
    counters: Counters = field(default_factory=Counters)
    stopping: threading.Event = field(default_factory=threading.Event)  # set: end after the page or batch in hand
    lease: timedelta = LEASE  # how long a batch in hand is nobody else's
    calls: Calls | None = None  # who is told of an alert, and when; None: every receiver that wants it, at once
    holidays: Holidays = field(default_factory=Holidays)
    policy: Callable[[], Policy] = Policy  # asked at every look: people demote rules while it runs
    dress: Callable[[Delivery], Message] | None = None  # gives a message that brings a digest its page, when it goes out
    placed: Callable[[Delivery, str], None] | None = None  # told what a receiver calls a case that it took
    clock: ClockWatch = field(default_factory=ClockWatch)  # whether ``now`` can be believed
    dice: Callable[[], float] = random.random  # in [0, 1): spreads readings, so that sources do not meet
    _failures: dict[str, int] = field(default_factory=dict)
    _refreshing: dict[str, tuple[int, datetime]] = field(default_factory=dict)  # failures in a row, and not before when
    _missed: dict[str, datetime] = field(default_factory=dict)  # until when a stopped source was passed over
    _evaluated: dict[tuple[str, str], datetime] = field(default_factory=dict)  # rule and subject → the end of its last step
    _audiences: dict[str, tuple[datetime, datetime, tuple[int, ...]]] = field(default_factory=dict)  # brand → of which day, asked in which hour
    _swept_at: datetime | None = None
    _heard_at: datetime | None = None  # the step's end up to which sources were last looked at
    _detecting: threading.Lock = field(default_factory=threading.Lock)
    _begun: bool = False
    _beginning: threading.Lock = field(default_factory=threading.Lock)

    def world(self) -> datetime:
        """Return what time it is in the world: by our clock where it can be believed, else by the hosts that answered."""
        return self.now() - (self.clock.off() or timedelta(0))

    def begin(self) -> None:
        """Make the sources known before the first of them is read: once a process, and never by merely looking at them.

        What was known of one that is set up in another way is forgotten; one that waited for a person gets a try.
        """
        with self._beginning:
            if self._begun:
                return
            changed = self.store.begin_sources([(source.name, source.kind, source.setup) for source in self.sources], now=self.now())
            self._begun = True
        if changed:
            log.info("set up in another way, and read anew: %s", ", ".join(changed))
