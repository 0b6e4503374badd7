"""Nouns of care: a case with its life, what was done to it, what was promised, and until when somebody must act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .alerts import Severity
from .mentions import MentionKey


class CaseKind(StrEnum):
    """What the customer wants of us; each is a queue of its own."""

    COMPLAINT = "complaint"
    CRITICISM = "criticism"
    SUGGESTION = "suggestion"
    QUESTION = "question"
    PRAISE = "praise"


class CaseState(StrEnum):
    """Where a case stands. The last three are said of a resolved one, weeks later, by what its author did since."""

    NEW = "new"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    WAITING = "waiting"  # for the customer: nothing is due from us
    RESOLVED = "resolved"
    WON_BACK = "won_back"
    LOST = "lost"
    SILENT = "silent"


class Remedy(StrEnum):
    """What was done about it."""

    EXPLAIN = "explain"
    FIX = "fix"
    REFUND = "refund"
    GIFT = "gift"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Case:
    """A customer's matter, from the mention it was opened for until we know whether the customer came back.

    ``version`` grows by one with every change; who changes a case names the version seen. ``due_at`` is when the next thing
    is due from us: the first answer, then the end. ``started_at`` is when that clock last began to run.
    """

    number: int
    brand: str
    kind: CaseKind
    state: CaseState
    severity: Severity
    opened_at: datetime
    opened_by: str
    started_at: datetime
    mentions: tuple[MentionKey, ...] = ()
    author: str | None = None  # "kind:id" of the one customer it is of
    story: str | None = None
    alert: str | None = None  # fingerprint
    owner: str | None = None
    unit: str | None = None
    due_at: datetime | None = None
    answered_at: datetime | None = None  # the first answer
    resolved_at: datetime | None = None
    reopened: int = 0
    cause: str | None = None
    remedy: Remedy | None = None
    cost: float | None = None  # in the currency of [care]
    links: tuple[tuple[str, str], ...] = ()  # (system, its number or address) where it was handed over
    updated_at: datetime | None = None
    version: int = 1
    shared: bool = False  # one matter of several people: a story, whose customer is nobody in particular

    @property
    def open(self) -> bool:
        """Whether something is still to be done, by us or by the customer."""
        return self.state in (CaseState.NEW, CaseState.ASSIGNED, CaseState.ANSWERED, CaseState.WAITING)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One line of a case's log, which is only ever added to: who did what, when, and what changed by it."""

    case: int
    at: datetime
    who: str
    what: str
    why: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)  # name → [before, after]


class PromiseState(StrEnum):
    """A promise counts once a person has confirmed that it is one."""

    FOUND = "found"
    CONFIRMED = "confirmed"
    KEPT = "kept"
    BROKEN = "broken"  # past its time, and a person said that it was not kept
    WITHDRAWN = "withdrawn"  # not a promise after all
    FORGOTTEN = "forgotten"  # who it was made to wants to be forgotten, and nobody is owed it


@dataclass(frozen=True, slots=True)
class Promise:
    """What an answer of ours said would be done until when. ``due_at`` None: it named no time that could be read."""

    id: str
    brand: str
    what: str
    text: str  # the words, as they stand in the answer
    made_at: datetime
    due_at: datetime | None
    state: PromiseState
    mention: MentionKey | None = None  # the answer
    case: int | None = None
    question: str | None = None  # what a person must decide before it counts: a weekday that does not fit its date
    confirmed_by: str | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    version: int = 1


class Due(StrEnum):
    """What is due from us."""

    OWNER = "owner"  # somebody must take the case
    ANSWER = "answer"
    END = "end"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when somebody must act. Only ever added, and ended once: so what was overdue at any instant can be told later."""

    brand: str
    due: Due
    ref: str  # "case:12" or "promise:3f…"
    due_at: datetime
    noted_at: datetime
    ended_at: datetime | None = None  # done, moved or no longer asked for
    who: str | None = None
    case: int | None = None
    severity: Severity = Severity.P3
    mentions: tuple[MentionKey, ...] = ()
