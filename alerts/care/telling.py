"""A line of a case's log in words: who did what, to whom, and what became of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from listener.types import Severity
from listener.types.care import CaseEvent, CaseKind, Remedy
from listener.words import Language, catalogue, say

_ITSELF = re.compile(r"goosh(?: \((?P<rule>\w+)\))?$")


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the log. ``details`` are what it changed, ``why`` what the person wrote: text from anywhere."""

    who: str
    did: str
    details: tuple[str, ...]
    why: str


def told(event: CaseEvent, language: Language, *, cause: Callable[[str], str] = str) -> Told:
    """Return an event in the reader's language. ``cause`` calls a root cause as people do."""
    key = f"board.cases.did.{event.what}"
    why = say("care.told.days", language, n=int(event.why)) if event.what == "judge" and event.why.isascii() and event.why.isdigit() else event.why
    return Told(who(event.who, language), say(key, language) if key in catalogue() else event.what, tuple(_changed(event, language, cause)), why)


def who(name: str, language: Language) -> str:
    """Return who did something; what the program does by itself it does under its own name, with the rule that asked for it."""
    itself = _ITSELF.match(name)
    if itself is None:
        return name
    rule = itself["rule"]
    if rule is None:
        return say("care.told.itself", language)
    key = f"board.rule.{rule}"
    return say("care.told.by_rule", language, rule=say(key, language) if key in catalogue() else rule)


def _changed(event: CaseEvent, language: Language, cause: Callable[[str], str]) -> list[str]:
    new = {name: value[1] for name, value in event.changed.items() if isinstance(value, list) and len(value) == 2}
    found = []
    if holders := [str(new[name]) for name in ("owner", "unit") if new.get(name)]:
        found.append(say("care.told.to", language, who=" · ".join(f"\u2068{one}\u2069" for one in holders)))
    if new.get("kind") in list(CaseKind):
        found.append(say("care.told.kind", language, kind=say(f"care.kind.{new['kind']}", language)))
    if new.get("severity") in list(Severity):
        found.append(say("care.told.severity", language, severity=say(f"alert.{new['severity']}", language)))
    if new.get("cause"):
        found.append(say("care.told.cause", language, cause=cause(str(new["cause"]))))
    if new.get("remedy") in list(Remedy):
        found.append(say("care.told.remedy", language, remedy=say(f"care.remedy.{new['remedy']}", language)))
    if isinstance(new.get("cost"), (int, float)):
        found.append(say("care.told.cost", language, cost=new["cost"]))
    return found
