"""What a plugin must be able to do. No base class: who keeps the protocol fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from .alerts import Finding
from .coverage import Batch, Cursor
from .facts import Facts, State
from .mentions import MentionKey
from .messages import Message
from .scores import Analysis


class Ledger(Protocol):
    """What was spent of an allowance, kept across restarts: paid reads, daily quotas."""

    def spend(self, account: str, period: str, units: int, limit: int) -> bool:
        """Book ``units`` (negative: give back) before use; False, and nothing booked, where ``limit`` would be passed."""
        ...


class Refresher(Protocol):
    """A collector that can also look again at single mentions it gave before."""

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the mentions as they are now (counts, edits) and the keys that are gone; no cursor. Raises: CollectError."""
        ...


class Collector(Protocol):
    """Reads one configured source. One that is also a ``Refresher`` is asked for the growth of recent mentions."""

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return what is new since ``cursor``. Raises: CollectError."""
        ...


class Scorer(Protocol):
    name: str  # name@revision
    languages: frozenset[str]  # empty: any

    def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """Return one analysis a text, in order; the same for one text as for many. Raises: ScoreError."""
        ...


class Rule(Protocol):
    kind: str
    about: str  # "brand" or "source": whose facts it reads
    on: str  # "step": when a step closes; "mention": as soon as one is scored (a tripwire)
    history: timedelta  # how far back its series should reach

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Pure: the same facts and state give the same findings, live and in replay."""
        ...


class Notifier(Protocol):
    def send(self, message: Message) -> str | None:
        """Hand one message over; return what the receiver calls it, where it says (a ticket's address). Raises: NotifyError."""
        ...
