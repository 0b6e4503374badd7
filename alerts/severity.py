"""How bad is it: harm × spread × trust, each 0 to 3 and each shown. Pure.

**Harm**, what it is about. 0: most do not complain. 1: complaints, or a crowd beyond the record whatever it says. 2: a tone
that has turned, a customer who was left alone, or words of danger, court, discrimination. 3: words of death, injury, fire,
poison, a leak, an arrest, a child in danger.

**Spread**, how far it went. Of a spike: its steps of level (ratio to the record 1 and 2) and of independent authors (10 and
40), added up. Of anything else the largest of: independent authors (3, 10, 40); volume against the usual (3, 6 and 10
times); its largest voice, against the brand's own bar (above it 2, ten times above it 3; where no bar is known
10,000 followers), and by its reach (10,000, 100,000 and a million people). One post weighs the same by whatever rule it is told.

**Trust**, how sure we are. It begins at 3. One less: a third of the scored mentions unsure; copies three times the authors;
the rule right in under half of its alerts so far. Two less: two thirds unsure; copies ten times the authors; right in under
a quarter. A baseline of under three days is no trust at all. What is not known costs nothing.

``grade`` is a table: more harm, more spread or more trust never makes it milder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.rules import kind_of
from listener.types import Finding, Severity

P1, P2, P3 = Severity.P1, Severity.P2, Severity.P3

AUTHORS = (3, 10, 40)               # independent
VOLUMES = (3.0, 6.0, 10.0)          # times the usual
REACHES = (10_000, 100_000, 1_000_000)  # people who may have read the largest voice
LOUD = 10.0                         # times the brand's own bar
BAR = 10_000                        # followers, where the brand has no bar of its own
UNSURE = (1 / 3, 2 / 3)             # of the scored mentions
COPIES = (3.0, 10.0)                # for each independent author
PRECISION = (0.5, 0.25)             # of the rule's alerts so far
YOUNG = 3.0                         # days of record

_GRADES: tuple[tuple[tuple[Severity, ...], ...], ...] = (
    # trust 0, 1, 2, 3; one line for each spread 0 … 3
    ((P3, P3, P3, P3),   # harm 0: most do not complain
     (P3, P3, P3, P3),
     (P3, P3, P2, P2),
     (P3, P2, P2, P2)),
    ((P3, P3, P3, P3),   # harm 1: complaints
     (P3, P3, P2, P2),
     (P3, P2, P2, P2),
     (P3, P2, P1, P1)),
    ((P3, P2, P2, P2),   # harm 2: serious; one voice is enough for the day
     (P3, P2, P2, P2),
     (P3, P2, P2, P2),
     (P3, P2, P1, P1)),
    ((P2, P1, P1, P1),   # harm 3: grave; one voice is enough at any hour
     (P2, P1, P1, P1),
     (P2, P1, P1, P1),
     (P2, P1, P1, P1)),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Three numbers from 0 to 3, and what each was found by: a name that wording puts into words."""

    harm: int
    spread: int
    trust: int
    because: Mapping[str, str] = field(default_factory=dict)
    """``harm``: tone, crowd, words, alone (left without an answer), turned or none; ``spread``: record, authors, volume,
    voice or one; ``trust``: young, unsure, copies, precision or sure."""


def grade(harm: int, spread: int, trust: int) -> Severity:
    """Return the severity for three numbers from 0 to 3; what lies outside counts as the nearest."""
    return _GRADES[_within(harm)][_within(spread)][_within(trust)]


def of(finding: Finding, precision: float | None = None) -> tuple[Severity, Mapping[str, int]]:
    """Return the severity of a finding about a brand, and the numbers it was found from (``harm``, ``spread``, ``trust``).

    ``precision``: the share of the rule's alerts so far that were real, None while that is not known.
    """
    parts = parts_of(kind_of(finding.rule), finding.why, precision)
    return grade(parts.harm, parts.spread, parts.trust), {"harm": parts.harm, "spread": parts.spread, "trust": parts.trust}


def parts_of(kind: str, why: Mapping[str, Any], precision: float | None = None) -> Parts:
    """Return the parts of a finding's or an alert's severity from its figures, with what each was found by."""
    harm, spread, trust = _harm(kind, why), _spread(kind, why), _trust(why, precision)
    return Parts(harm[0], spread[0], trust[0], {"harm": harm[1], "spread": spread[1], "trust": trust[1]})


def _harm(kind: str, why: Mapping[str, Any]) -> tuple[int, str]:
    found = [(0, "none")]
    if kind == "spike" and why.get("series") == "mentions" and not why.get("angrier"):
        found.append((1, "crowd"))
    elif kind in ("spike", "negative_share") or 2 * int(why.get("negative") or 0) >= max(1, int(why.get("mentions") or 0)):
        found.append((1, "tone"))
    if words := int(why.get("harm") or 0):
        found.append((max(2, words), "words"))
    if kind == "negative_share" and why.get("turned"):
        found.append((2, "turned"))
    if kind == "ignored_case" and why.get("alone"):
        found.append((2, "alone"))
    return max(found, key=lambda one: one[0])


def _spread(kind: str, why: Mapping[str, Any]) -> tuple[int, str]:
    if kind == "spike" and "level" in why:
        return min(3, int(why["level"]) + int(why.get("spread") or 0)), "record"
    found = [(0, "one"), (_steps(why.get("authors"), AUTHORS), "authors")]
    found.append((_steps(why.get("volume_ratio"), VOLUMES), "volume"))
    if followers := why.get("followers"):
        bar = why.get("bar") or BAR
        found.append((3 if followers >= float(why.get("loud") or LOUD) * bar else 2 if followers > bar else 0, "voice"))
    found.append((_steps(why.get("largest_reach"), REACHES), "voice"))
    return max(found, key=lambda one: one[0])


def _trust(why: Mapping[str, Any], precision: float | None) -> tuple[int, str]:
    if (days := why.get("record_days")) is not None and days < YOUNG:
        return 0, "young"
    found = [(0, "sure")]
    if scored := why.get("scored"):
        found.append((_steps(int(why.get("unsure") or 0) / scored, UNSURE), "unsure"))
    if (authors := why.get("authors")) is not None:
        found.append((_steps(int(why.get("copies") or 0) / max(1, int(authors)), COPIES), "copies"))
    if precision is not None:
        found.append((sum(precision < step for step in PRECISION), "precision"))
    worst = max(found, key=lambda one: one[0])
    return max(0, 3 - sum(lost for lost, _ in found)), worst[1]


def _steps(value: float | None, steps: tuple[float, ...]) -> int:
    return 0 if value is None else sum(value >= step for step in steps)


def _within(number: int) -> int:
    return max(0, min(3, number))
