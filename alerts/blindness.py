"""Why a rule cannot speak for the moment, and until when: silence that is no calm. Pure.

A rule writes it down itself when it looks (``state["blind"]``), for it alone knows what it needs; whoever shows it reads it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from alerts.rules import kind_of
from alerts.wording.text import isolate
from listener.calendar import format_short
from listener.types import State
from listener.words import Language, catalogue, digits, say

Why = Literal["cold", "gap", "unheard"]
BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Blind:
    """``cold``: too little was ever heard. ``gap``: from ``since`` to ``heard`` most was not. ``unheard``: most is not, since ``since``.

    ``until`` is when it speaks again if everything is heard from now on; None: not before it is heard at all.
    """

    why: Why
    since: datetime | None = None
    heard: datetime | None = None
    until: datetime | None = None

    def written(self) -> dict[str, str | None]:
        """Return it as a rule remembers it."""
        return {"why": self.why, **{name: at.isoformat() if (at := getattr(self, name)) else None for name in ("since", "heard", "until")}}


@dataclass(frozen=True, slots=True)
class BlindRule:
    """A rule that cannot speak of a brand for the moment."""

    rule: str  # as it is configured
    brand: str
    blind: Blind


def blind(state: State, at: datetime) -> Blind | None:
    """Return why the rule that remembers ``state`` cannot speak at ``at``; None: it can."""
    said: Mapping[str, Any] | None = state.get(BLIND)
    if not said:
        return None
    since, heard, until = (datetime.fromisoformat(said[name]) if said.get(name) else None for name in ("since", "heard", "until"))
    return None if until is not None and until <= at else Blind(said["why"], since, heard, until)


def tell(one: BlindRule, *, language: Language, timezone: ZoneInfo, at: datetime) -> str:
    """Return it in a sentence, on one line; instants of the day of ``at`` by their hour alone."""

    def when(instant: datetime | None) -> str:
        if instant is None:
            return ""
        here = instant.astimezone(timezone)
        return digits(f"{here:%H:%M}", language) if here.date() == at.astimezone(timezone).date() else format_short(instant, language, timezone)

    told, key = one.blind, f"board.rule.{kind_of(one.rule)}"
    return say(f"alert.blind.{told.why}", language, rule=say(key, language) if key in catalogue() else one.rule, brand=isolate(one.brand), since=when(told.since), heard=when(told.heard),
               until=when(told.until))
