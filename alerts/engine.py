"""From what rules see to what becomes of it, live and in replay: one way for both. Pure.

A rule knows one subject; this room knows all that is open. In the order of time it

* gives every finding the name its rule is configured under, and its severity in parts (``alerts.severity``);
* sends what a mostly wrong rule says to the digest (*demoted*): P3, never nothing;
* keeps quiet (*inhibited*) about volume that is expected in a *campaign*, unless the tone turned, and about volume of sources
  that are down; both are told when what held them back ends before they do;
* lets an alert that was told speak for what it covers: most of the same posts, the same story, one more of the kind that still
  rings, a brand of the same incident. That is told when it grows worse, or when what covered it covers it no more;
* joins brands of one sector that storm within ``TOGETHER`` into one *incident* that names them.

Brands that are only compared with (peers) raise candidates: nobody is told, but they count for an incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alerts import lifecycle, severity, spread
from alerts.rules import kind_of
from listener.types import Alert, AlertState, Campaign, Facts, Finding, Label, Reason, Rule, Severity, Silence, State

TOGETHER = timedelta(hours=2)
"""Brands of a sector that begin to storm within this time have one cause (SPIKES §6.9)."""

WAVE = timedelta(hours=4)
"""How far back the posts of a storm are looked at: as far as ``Facts.traces`` are sure to reach."""

SECTOR = "sector"
"""The name under which incidents stand: no rule of their own raises them."""

GRAVE = frozenset({"harm"})
"""Kinds of which each alert speaks for itself: a leak does not stand for a death, and no milder kind for either. They lead."""

VOLUME = frozenset({"spike", "negative_share", "rising_topic"})
BLIND = frozenset({"stale_source", "collector_down"})
DUTIES = frozenset({"overdue_case", "broken_promise"})
"""Kinds about what we owe: as severe as what is owed, and no post speaks for them."""

Decided = tuple[Alert, Reason]


@dataclass(frozen=True, slots=True)
class Policy:
    """What shapes alerts besides the rules themselves."""

    peers: frozenset[str] = frozenset()
    sectors: Mapping[str, str] = field(default_factory=dict)  # brand → sector
    campaigns: tuple[Campaign, ...] = ()
    off: frozenset[str] = frozenset()  # names of rules that people switched off
    demoted: frozenset[str] = frozenset()  # names of rules that were mostly wrong
    judged: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # name of rule → how many of its alerts were right, of how many
    group: timedelta = lifecycle.GROUP


def evaluate(name: str, rule: Rule, facts: Facts, state: State) -> tuple[State, list[Finding]]:
    """Return what the rule configured as ``name`` remembers and finds; what storms are told how they spread."""
    after, findings = rule.evaluate(facts, state)
    return after, [replace(_spreading(finding, facts) if finding.firing and facts.traces and finding.rule not in DUTIES else finding,
                           rule=name) for finding in findings]


def _spreading(finding: Finding, facts: Facts) -> Finding:
    """Return the finding with the spread of the posts it counts, over the widest window that live and replay both see."""
    since = finding.at - WAVE
    counted = [t for t in facts.traces if t.published_at < finding.at  # what came in the very instant is in no step yet
               and (finding.why.get("series") == "mentions" or t.label is Label.NEGATIVE)]
    usual = finding.expected * 3600 / float(finding.why.get("window") or 3600) if finding.why.get("series") != "negative_reach" else 0.0
    found = spread.of(counted, finding.at, since=since, usual=usual if kind_of(finding.rule) == "spike" else 0.0)
    return replace(finding, why={**finding.why, "spread_state": found.figures()})


def decide(findings: Iterable[Finding], alerts: Sequence[Alert], silences: Sequence[Silence], policy: Policy, *,
           at: datetime) -> list[Decided]:
    """Return the new state of each alert that changed, with why a message goes out or not, in order.

    ``findings`` carry the names of their rules. ``alerts``: those open, and those that fired or ended within ``policy.group``
    before. An alert touched several times stands there once for each; the last is its state. ``at`` is the instant of the
    look: what ends by itself until then is ended.
    """
    board = _Board(alerts, silences, policy, at)
    for finding in sorted(findings, key=lambda one: (one.at, kind_of(one.rule) not in GRAVE, one.rule, one.subject, one.story or "")):
        board.end(finding.at)
        board.take(_graded(finding, policy))
    board.end(at)
    board.release(at)
    return board.decided


class _Board:
    """The alerts as they stand while findings come in."""

    def __init__(self, alerts: Sequence[Alert], silences: Sequence[Silence], policy: Policy, now: datetime) -> None:
        self.alerts = {alert.fingerprint: alert for alert in alerts}
        self.silences, self.policy, self.now = silences, policy, now  # a silence holds for what is told now, whenever it was found
        self.decided: list[Decided] = []

    def take(self, finding: Finding) -> None:
        before = set(self.alerts)
        for alert, reason in lifecycle.advance(list(self.alerts.values()), [finding], self.silences, group=self.policy.group, now=self.now):
            cause = self._held_back(alert, finding) if reason.sends and reason is not Reason.RESOLVED else None
            if cause is not None:
                alert, reason = lifecycle.inhibit(alert, reason, cause)
            elif reason.sends:
                alert = _noted(alert, {"inhibited_by": None})
            self._keep(alert, reason)
            if alert.fingerprint not in before:
                self._incident(alert)

    def end(self, at: datetime) -> None:
        """End the tripwires whose time is over."""
        for alert, reason in lifecycle.expire(self.alerts.values(), at, self.silences, now=self.now):
            self._keep(alert, reason)

    def release(self, at: datetime) -> None:
        """Tell of alerts that still stand when what held them back, or a silence, has ended."""
        for alert in list(self.alerts.values()):
            cause = alert.why.get("inhibited_by")
            if cause is not None and alert.state is AlertState.FIRING and not self._still_held(str(cause), alert, at):
                self.alerts[alert.fingerprint] = _noted(alert, {"inhibited_by": None})
        held = {one.fingerprint for one in self.alerts.values() if one.why.get("inhibited_by") is not None}
        free = [one for one in self.alerts.values() if one.fingerprint not in held]
        for alert, reason in lifecycle.advance(free, [], self.silences, group=self.policy.group, at=at):
            self._keep(alert, reason)

    def _keep(self, alert: Alert, reason: Reason) -> None:
        self.alerts[alert.fingerprint] = alert
        self.decided.append((alert, reason))

    # -- what holds a message back

    def _held_back(self, alert: Alert, finding: Finding) -> str | None:
        """Return what keeps people from being told: a campaign's name, or the fingerprint of an alert; None: nothing."""
        if kind_of(finding.rule) in VOLUME:
            campaign = self._campaign(finding)
            if campaign is not None:
                return campaign
            blind = self._blind(finding)
            if blind is not None:
                return blind
        parent = next((one for one in self._open() if _covers(one, alert)), None)
        return None if parent is None else parent.fingerprint

    def _campaign(self, finding: Finding) -> str | None:
        expected = finding.why.get("series") == "mentions" or not finding.why.get("angrier", kind_of(finding.rule) != "spike")
        running = next((c for c in self.policy.campaigns if c.brand == finding.subject and c.start <= finding.at < c.end), None)
        return f"campaign:{running.name}" if running is not None and expected else None

    def _blind(self, finding: Finding) -> str | None:
        """Return the alert of a source that is down where all the volume comes from such sources."""
        sources = set(finding.why.get("sources") or ())
        down = {one.subject: one.fingerprint for one in self._open() if kind_of(one.rule) in BLIND}
        return down[min(sources)] if sources and sources <= down.keys() else None

    def _still_held(self, cause: str, alert: Alert, at: datetime) -> bool:
        """Whether what held an alert back still does. A person who took or closed what covers it has seen what stands below it."""
        if cause.startswith("campaign:"):
            return any(c.brand == alert.subject and c.start <= at < c.end for c in self.policy.campaigns)
        parent = self.alerts.get(cause)
        if parent is None or kind_of(parent.rule) not in (*BLIND, SECTOR) and _covers(parent, alert):
            return True
        return kind_of(parent.rule) in (*BLIND, SECTOR) and parent.state in lifecycle.OPEN or bool(parent.why.get("expired"))

    def _open(self) -> list[Alert]:
        return sorted((one for one in self.alerts.values() if one.state in lifecycle.OPEN), key=lambda one: (one.fired_at, one.fingerprint))

    # -- brands of one sector

    def _incident(self, alert: Alert) -> None:
        """Raise or widen the incident of a sector when another of its brands storms at the same time."""
        sector = self.policy.sectors.get(alert.subject)
        if sector is None or kind_of(alert.rule) not in VOLUME:
            return
        storms = [one for one in self._open() if self.policy.sectors.get(one.subject) == sector and kind_of(one.rule) in VOLUME
                  and abs(alert.fired_at - one.fired_at) <= TOGETHER]
        brands = sorted({one.subject for one in storms})
        if len(brands) < 2 or all(brand in self.policy.peers for brand in brands):
            return
        own = [one for one in storms if one.subject not in self.policy.peers]
        evidence = tuple(dict.fromkeys(key for one in storms for key in one.evidence))
        finding = Finding(
            rule=SECTOR, subject=sector, at=alert.fired_at, starts_at=min(one.starts_at for one in storms), value=len(brands),
            expected=1, severity=min(one.severity for one in own), firing=True, evidence=evidence,
            why={"version": f"{SECTOR}@1", "brands": brands, "own": sorted({one.subject for one in own}), "lasts": 24 * 3600,
                 "members": sorted(one.fingerprint for one in storms), "new": True})
        for incident, reason in lifecycle.advance(list(self.alerts.values()), [finding], self.silences, group=self.policy.group, now=self.now):
            if reason is Reason.NONE and incident.why.get(lifecycle.TOLD) and alert.subject not in self.policy.peers:
                reason = Reason.REPEAT  # another brand of ours: the incident is told again, with its name
            self._keep(incident, reason)
            if incident.state in lifecycle.OPEN and reason.sends and alert.subject not in self.policy.peers:
                self._join(alert, incident)

    def _join(self, alert: Alert, incident: Alert) -> None:
        """Let the incident speak for the brand that made it one; the first brand's own message is out already."""
        for place in range(len(self.decided) - 1, -1, -1):
            decided, reason = self.decided[place]
            if decided.fingerprint == alert.fingerprint and reason is Reason.FIRST:
                self.decided[place] = joined, _ = lifecycle.inhibit(decided, reason, incident.fingerprint)
                self.alerts[alert.fingerprint] = joined
                return


def _graded(finding: Finding, policy: Policy) -> Finding:
    """Return the finding with its severity in parts, lower where its rule was mostly wrong, a candidate where it is a peer's."""
    grade, notes = finding.severity, dict[str, Any]()
    if finding.firing and kind_of(finding.rule) not in BLIND | DUTIES:
        right, judged = policy.judged.get(finding.rule, (0, 0))
        grade, parts = severity.of(finding, right / judged if judged else None)
        notes["severity"] = parts
    if finding.firing and finding.rule in policy.demoted:
        grade, notes["demoted"] = Severity.P3, True
    if finding.subject in policy.peers:
        notes["candidate"] = True
    return replace(finding, severity=grade, why={**finding.why, **notes}) if notes or grade is not finding.severity else finding


def _covers(parent: Alert, alert: Alert) -> bool:
    """Whether people who were told of ``parent`` know already what ``alert`` says, and it is no worse: most of its posts or its
    story stand in a message of the same sort, or it is one more of the kind while nobody has taken the first.

    Volume does not cover what somebody came to harm by, nor one post a storm. Nothing but harm covers harm: of the same category
    or as grave, and of the same posts.
    """
    if parent.fingerprint == alert.fingerprint or parent.subject != alert.subject or not parent.why.get(lifecycle.TOLD):
        return False
    if DUTIES & {kind_of(parent.rule), kind_of(alert.rule)}:
        return False
    if alert.severity < parent.severity or (kind_of(parent.rule) in VOLUME) != (kind_of(alert.rule) in VOLUME):  # "P1" < "P2"
        return False
    if kind_of(alert.rule) in GRAVE and (kind_of(parent.rule) not in GRAVE or not _as_grave(parent, alert)):
        return False
    if alert.story is not None and alert.story in (parent.story, parent.why.get("story")):
        return True
    if 2 * len(set(parent.evidence) & set(alert.evidence)) > len(set(alert.evidence)) > 0:
        return True
    return kind_of(parent.rule) == kind_of(alert.rule) and parent.state is AlertState.FIRING and kind_of(alert.rule) not in GRAVE


def _as_grave(parent: Alert, alert: Alert) -> bool:
    """Whether one harm says what another does: of one category, or no milder."""
    return parent.why.get("category") == alert.why.get("category") or int(parent.why.get("harm") or 0) >= int(alert.why.get("harm") or 0)


def _noted(alert: Alert, notes: Mapping[str, Any]) -> Alert:
    why = {name: value for name, value in {**alert.why, **notes}.items() if name not in notes or value is not None}
    return replace(alert, why=why)
