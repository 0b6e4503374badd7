"""A condition with a life, from what a rule saw to what people made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .mentions import MentionKey


class Severity(StrEnum):
    """P1 pages at any hour, P2 by day, P3 waits for the digest."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class AlertState(StrEnum):
    CANDIDATE = "candidate"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"


class Reason(StrEnum):
    """Why a message goes out, or why it does not. It travels to log, message and delivery."""

    FIRST = "first"
    ESCALATED = "escalated"
    REPEAT = "repeat"
    RESOLVED = "resolved"
    TAKEN = "taken"  # somebody has it: who was told of it is told that too, quietly and once
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    NONE = "none"

    @property
    def sends(self) -> bool:
        return self in (Reason.FIRST, Reason.ESCALATED, Reason.REPEAT, Reason.RESOLVED)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule saw at one step. ``subject`` is the brand, or the source for source rules."""

    rule: str
    subject: str
    at: datetime  # end of the step, or publish time of the mention, that made it true
    starts_at: datetime  # when the window it speaks of began
    value: float
    expected: float
    severity: Severity
    firing: bool  # False: the condition has cleared
    evidence: tuple[MentionKey, ...] = ()
    why: Mapping[str, Any] = field(default_factory=dict)  # figures the wording needs: window, floor, threshold …
    story: str | None = None  # the story it is about, where it is about one


@dataclass(frozen=True, slots=True)
class Campaign:
    """A time in which much is said about a brand because it asked for it: volume is expected, anger is not."""

    brand: str
    name: str
    start: datetime
    end: datetime
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # host and path, such as "example.ir/yalda"


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition with a life. Evidence is what a person can open."""

    rule: str
    subject: str
    starts_at: datetime
    fired_at: datetime
    value: float
    expected: float
    severity: Severity
    state: AlertState
    evidence: tuple[MentionKey, ...] = ()
    why: Mapping[str, Any] = field(default_factory=dict)
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    story: str | None = None

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stay the same for the life of one alert, live and in replay."""
        parts = (self.rule, self.subject, self.fired_at.isoformat(), self.story or "")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Silence:
    subject: str  # brand or source; "*" for all
    rule: str  # or "*"
    who: str
    why: str
    starts_at: datetime
    until: datetime


class VerdictKind(StrEnum):
    REAL = "real"
    NOT_OURS = "not_ours"
    KNOWN = "known"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Verdict:
    fingerprint: str
    kind: VerdictKind
    who: str
    at: datetime
