"""The life of an alert: candidate → firing → acknowledged → handled → resolved → reviewed. Pure.

A rule says what it sees; this room says what becomes of it and whether anybody is told, with a ``Reason`` that travels
to the log, the message and the delivery. An alert is one rule, one subject and, where the rule names one, one story.
People are told on change only: when it begins, when it grows more severe, when what somebody had taken has grown worse
since, and once when it is over.

* Acknowledgement lasts until the alert clears. It is taken back when severity rises, when there are twice as many posts,
  when an account ten times as large joins or another big voice speaks up in the same story, and when it reaches a platform
  where it was not. ``why["worse"]`` says which of these.
* Severity never falls during one life: what was bad at noon is not "minor" at dusk, it is over or it is not.
* A finding inside ``group`` of an alert that cleared wakes that alert up again (reopened), under the same fingerprint. One
  that a person closed sleeps until its condition has cleared once, or it grows worse as above. A tripwire's finding that
  does not come from what was closed (another story, or without one another author) begins an alert of its own.
* A silence (or an inhibition, which the engine decides) keeps people from being told, not the alert from living. What was
  held back is owed: it is told when the silence ends before the alert does. So are calls that a silence cancels (``hush``).
* A tripwire does not clear; it ends ``why["lasts"]`` seconds after the last finding (``expire``).

``why["told"]`` remembers whether a message has gone out and ``why["told_at"]`` when the last one that called people did,
``why["owed"]`` what is still to be told, ``why["acknowledged_at_value"]`` and the like how things stood when it was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.rules import kind_of
from listener.types import Alert, AlertState, Finding, MentionKey, Reason, Silence

GROUP = timedelta(hours=24)
OPEN = frozenset({AlertState.CANDIDATE, AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.HANDLED})
TAKEN = frozenset({AlertState.ACKNOWLEDGED, AlertState.HANDLED})
EVIDENCE = 400  # keys an alert keeps over its life: the first findings' and the newest

GROWN = 2.0  # so many times the posts since it was taken is worse
LOUDER = 10.0  # so many times the largest audience since it was taken is worse
LOUD = 10_000  # people: a smaller audience than this is no big voice, whatever was there before

TOLD, TOLD_AT, OWED, WORSE, REOPENED, LAST_AT = "told", "told_at", "owed", "worse", "reopened", "last_at"
TAKEN_AT, TAKEN_POSTS, TAKEN_REACH = "acknowledged_at_value", "acknowledged_at_posts", "acknowledged_at_reach"
PLATFORMS, LOUDEST, CLOSED_BY, CALM_AT = "platforms", "loudest", "resolved_by", "calm_at"
CAUSES = "causes"
MOST_CAUSES = 100  # the newest stories or authors of a tripwire that an alert remembers

_MARKS = frozenset({TOLD_AT, OWED, WORSE, TAKEN_AT, TAKEN_POSTS, TAKEN_REACH, LOUDEST, CLOSED_BY, CALM_AT, "expired", "inhibited_by"})
"""Notes of this room that are taken off by writing None; a rule's own None (unknown) stays."""

BIG_VOICE = "big_voice"

Decided = tuple[Alert, Reason]


def advance(open_alerts: Sequence[Alert], findings: Sequence[Finding], silences: Sequence[Silence] = (), *,
            group: timedelta = GROUP, at: datetime | None = None, now: datetime | None = None) -> list[Decided]:
    """Return the new state of each alert that changed, with why a message goes out or not, in order of the findings.

    An alert touched by several findings stands there once for each; the last is its state. ``open_alerts`` may also
    hold alerts that cleared within ``group``: a finding then wakes them. With ``at`` given, what a silence held back that
    has ended by then is told at last. ``now`` is when the findings are looked at: a silence that holds then holds for
    older findings, too; None: each is looked at in its own instant.
    """
    alerts = {_identity(alert): alert for alert in sorted(open_alerts, key=lambda one: (one.state in OPEN, one.fired_at))}
    decided: list[Decided] = []
    for finding in sorted(findings, key=lambda one: one.at):
        for after in _touched(alerts, finding, silences, group, max(finding.at, now or finding.at)):
            alerts[_identity(after[0])] = after[0]
            decided.append(after)
    if at is not None:
        for alert in alerts.values():
            owed = _owed(alert)
            if owed is not None and not _silenced(silences, alert.rule, alert.subject, at):
                decided.append((_told(alert, owed, at, updated_at=at), owed))
    return decided


def expire(open_alerts: Iterable[Alert], at: datetime, silences: Sequence[Silence] = (), *, now: datetime | None = None) -> list[Decided]:
    """Return the tripwires that have ended by ``at``, each resolved at the instant its time was over, in that order.

    ``now`` as in ``advance``.
    """
    over = [(end, alert) for alert in open_alerts if (end := ends_at(alert)) is not None and end <= at]
    decided: list[Decided] = []
    for end, alert in sorted(over, key=lambda each: (each[0], each[1].fingerprint)):
        decided.append(_over(alert, end, {"expired": True}, _silenced(silences, alert.rule, alert.subject, max(end, now or end))))
    return decided


def ends_at(alert: Alert) -> datetime | None:
    """Return when an open alert ends by itself; None: only its rule or a person ends it, or it is over."""
    lasts, last = alert.why.get("lasts"), alert.why.get(LAST_AT)
    if alert.state not in OPEN or lasts is None:
        return None
    return (datetime.fromisoformat(str(last)) if last else alert.fired_at) + timedelta(seconds=float(lasts))


def inhibit(alert: Alert, reason: Reason, by: str) -> Decided:
    """Return a decided alert as held back by ``by``: it lives on, and what was to be told is owed."""
    first = reason is Reason.FIRST
    return _noted(alert, {OWED: reason.value, "inhibited_by": by, **({TOLD: False, TOLD_AT: None} if first else {})}), Reason.INHIBITED


def hush(alert: Alert, *, reached: bool) -> Alert:
    """Return an alert whose calls a silence has cancelled: they are owed. ``reached``: somebody was told of it already."""
    if alert.state is not AlertState.FIRING or alert.why.get(OWED):
        return alert
    return _noted(alert, {OWED: Reason.REPEAT.value} if reached else {OWED: Reason.FIRST.value, TOLD: False, TOLD_AT: None})


def acknowledge(alert: Alert, who: str, at: datetime) -> Alert:
    """Return the alert taken by ``who``: nobody else is called until it grows worse. One that is over stays as it is."""
    if alert.state not in OPEN:
        return alert
    return _noted(alert, _as_it_stands(alert), state=AlertState.ACKNOWLEDGED, acknowledged_by=who, acknowledged_at=at, updated_at=at)


def handle(alert: Alert, who: str, at: datetime) -> Alert:
    """Return the alert as answered: a case or a public reply stands against it. One that is over stays as it is."""
    if alert.state not in OPEN:
        return alert
    return _noted(alert, {**_as_it_stands(alert), "handled_by": who, "handled_at": at.isoformat()}, state=AlertState.HANDLED,
                  acknowledged_by=alert.acknowledged_by or who, acknowledged_at=alert.acknowledged_at or at, updated_at=at)


def resolve(alert: Alert, who: str, at: datetime) -> Alert:
    """Return the alert closed by a person. One that is over stays as it is."""
    if alert.state not in OPEN:
        return alert
    return _noted(alert, {**_as_it_stands(alert), CLOSED_BY: who, CALM_AT: None}, state=AlertState.RESOLVED, resolved_at=at,
                  updated_at=at)


def review(alert: Alert, at: datetime) -> Alert:
    """Return a resolved alert as reviewed, once its verdict is given. One that still lives stays as it is."""
    return replace(alert, state=AlertState.REVIEWED, updated_at=at) if alert.state is AlertState.RESOLVED else alert


def _identity(one: Alert | Finding) -> tuple[str, str, str | None]:
    return one.rule, one.subject, one.story


def _touched(alerts: Mapping[tuple[str, str, str | None], Alert], finding: Finding, silences: Sequence[Silence],
             group: timedelta, now: datetime) -> list[Decided]:
    """Return what one finding makes of its own alert, and before it of those that a big voice takes back."""
    held = alerts.get(_identity(finding))
    silent = _silenced(silences, finding.rule, finding.subject, now)
    if not finding.firing:
        cleared = _clearing(held, finding, silent)
        return [cleared] if cleared else []
    again = [_rearmed(alert, finding, ["voice"], _silenced(silences, alert.rule, alert.subject, now))
             for alert in alerts.values() if alert is not held and _hears(alert, finding)] if kind_of(finding.rule) == BIG_VOICE else []
    own = _firing(held if held is None or held.state in OPEN or _groups(held, finding, group) else None, finding, silent)
    return again if own is None else [*again, own]


def _firing(held: Alert | None, finding: Finding, silent: bool) -> Decided | None:
    if held is None:
        return _begun(finding, silent)
    worse = _worse(held, finding)
    if held.state not in OPEN and held.why.get(CLOSED_BY) and not held.why.get(CALM_AT) and not worse:
        return _begun(finding, silent) if _is_another(held, finding) else None  # a person closed it, and nothing has changed since
    woken = held.state not in OPEN
    escalated = finding.severity < held.severity  # "P1" < "P2"
    if woken or held.state in TAKEN and worse:
        return _rearmed(held, finding, worse, silent)
    candidate = held.state is AlertState.CANDIDATE and bool(finding.why.get("candidate"))
    state = held.state if candidate or held.state in TAKEN else AlertState.FIRING
    alert = _joined_by(held, finding, {}, state=state)
    owed = _owed(alert)
    if candidate:
        return alert, Reason.NONE
    return _telling(alert, Reason.ESCALATED if escalated and owed is not Reason.FIRST else owed or Reason.NONE, finding.at, silent)


def _begun(finding: Finding, silent: bool) -> Decided:
    candidate = bool(finding.why.get("candidate"))
    alert = Alert(rule=finding.rule, subject=finding.subject, starts_at=finding.starts_at, fired_at=finding.at, value=finding.value,
                  expected=finding.expected, severity=finding.severity,
                  state=AlertState.CANDIDATE if candidate else AlertState.FIRING, evidence=finding.evidence,
                  why={**finding.why, **_record({}, finding), TOLD: False}, updated_at=finding.at, story=finding.story)
    return (alert, Reason.NONE) if candidate else _telling(alert, Reason.FIRST, finding.at, silent)


def _clearing(held: Alert | None, finding: Finding, silent: bool) -> Decided | None:
    if held is None:
        return None
    calm = {CALM_AT: finding.at.isoformat()}
    if held.state in OPEN:
        return _over(held, finding.at, calm, silent)
    if held.state is AlertState.RESOLVED and held.why.get(CLOSED_BY) and not held.why.get(CALM_AT):
        return _noted(held, calm, updated_at=finding.at), Reason.NONE
    return None


def _over(alert: Alert, at: datetime, notes: Mapping[str, Any], silent: bool) -> Decided:
    reason = Reason.NONE if not alert.why.get(TOLD) else Reason.SILENCED if silent else Reason.RESOLVED
    return _noted(alert, {**notes, OWED: None}, state=AlertState.RESOLVED, resolved_at=at, updated_at=at), reason


def _rearmed(held: Alert, finding: Finding, worse: Sequence[str], silent: bool) -> Decided:
    """Return the alert as one that nobody has in hand any more. A finding of another rule brings evidence, no figures."""
    own, told = _identity(finding) == _identity(held), bool(held.why.get(TOLD))
    candidate = own and bool(finding.why.get("candidate")) and not told
    escalated = own and finding.severity < held.severity
    notes: dict[str, Any] = {**dict.fromkeys((TAKEN_AT, TAKEN_POSTS, TAKEN_REACH, CLOSED_BY, CALM_AT, "expired")), WORSE: list(worse) or None}
    if held.state not in OPEN:
        notes[REOPENED] = finding.at.isoformat()
    free: dict[str, Any] = {"state": AlertState.CANDIDATE if candidate else AlertState.FIRING, "acknowledged_by": None, "acknowledged_at": None,
                            "resolved_at": None}
    if own:
        alert = _joined_by(held, finding, notes, **free)
    else:
        alert = _noted(held, {**_record(held.why, finding), LAST_AT: held.why.get(LAST_AT), **notes},
                       evidence=_joined(held.evidence, finding.evidence), updated_at=finding.at, **free)
    if candidate:
        return alert, Reason.NONE
    return _telling(alert, Reason.FIRST if not told else Reason.ESCALATED if escalated else Reason.REPEAT, finding.at, silent)


def _joined_by(held: Alert, finding: Finding, notes: Mapping[str, Any], **changes: Any) -> Alert:
    return _noted(held, {**finding.why, **_record(held.why, finding), **notes}, value=finding.value, expected=finding.expected,
                  severity=min(held.severity, finding.severity), evidence=_joined(held.evidence, finding.evidence),
                  starts_at=min(held.starts_at, finding.starts_at), updated_at=finding.at, **changes)


# -- what is told, and what is owed

def _telling(alert: Alert, reason: Reason, at: datetime, silent: bool) -> Decided:
    if not reason.sends:
        return alert, reason
    return (_noted(alert, {OWED: reason.value}), Reason.SILENCED) if silent else (_told(alert, reason, at), reason)


def _told(alert: Alert, reason: Reason, at: datetime, **changes: Any) -> Alert:
    return _noted(alert, {TOLD: True, TOLD_AT: at.isoformat(), OWED: None}, **changes)


def _owed(alert: Alert) -> Reason | None:
    """Return what people are still to be told of an alert that nobody has in hand; None: they know all of it."""
    if alert.state is not AlertState.FIRING:
        return None
    if not alert.why.get(TOLD):
        return Reason.FIRST
    return Reason(alert.why[OWED]) if alert.why.get(OWED) else None


# -- what is worse

def _as_it_stands(alert: Alert) -> dict[str, Any]:
    """Return how bad things were when a person took or closed it, so that "worse" has a measure; that person knows all of it."""
    return {TAKEN_AT: alert.value, TAKEN_POSTS: alert.why.get("negative"), TAKEN_REACH: alert.why.get(LOUDEST), OWED: None, WORSE: None}


def _worse(held: Alert, finding: Finding) -> list[str]:
    """Return in which ways a finding is worse than what the alert was when somebody took or closed it."""
    known = set(held.why.get(PLATFORMS) or ())
    ways = {
        "severity": finding.severity < held.severity,  # "P1" < "P2"
        "posts": _times(finding.value, held.why.get(TAKEN_AT, held.value), GROWN)
                 or _times(finding.why.get("negative"), held.why.get(TAKEN_POSTS), GROWN),
        "voice": _hears(held, finding)
                 or (loud := _loudness(finding.why)) is not None and loud >= LOUD and _times(loud, held.why.get(TAKEN_REACH), LOUDER),
        "platform": bool(known) and not _kinds(finding.evidence) <= known,
    }
    return [way for way, true in ways.items() if true]


def _times(now: float | None, then: float | None, factor: float) -> bool:
    return now is not None and then is not None and then > 0 and now >= factor * then


def _hears(alert: Alert, finding: Finding) -> bool:
    """Whether a finding is another big voice in the story of an alert that somebody has in hand."""
    if kind_of(finding.rule) != BIG_VOICE or alert.state not in TAKEN or alert.subject != finding.subject:
        return False
    if set(finding.evidence) <= set(alert.evidence):
        return False  # heard already
    return _identity(alert) == _identity(finding) or finding.story is not None and finding.story in (alert.story, alert.why.get("story"))


def _is_another(held: Alert, finding: Finding) -> bool:
    """Whether a tripwire's finding does not come from what an alert was about: neither its story nor, without one, its author.

    What is grouped by its kind only (a fire, a death) may be several things, and a person's word holds for what they saw.
    """
    causes, known = set(finding.why.get(CAUSES) or ()), set(held.why.get(CAUSES) or ())
    return bool(causes and known) and causes.isdisjoint(known) and finding.at > held.fired_at


def _record(why: Mapping[str, Any], finding: Finding) -> dict[str, Any]:
    """Return what is kept over all findings of a life: platforms, the largest audience, when the last one came."""
    loud = [one for one in (why.get(LOUDEST), _loudness(finding.why)) if one is not None]
    causes = list(dict.fromkeys((*(why.get(CAUSES) or ()), *(finding.why.get(CAUSES) or ()))))[-MOST_CAUSES:]
    return {**({CAUSES: causes} if causes else {}), PLATFORMS: sorted(_kinds(finding.evidence) | set(why.get(PLATFORMS) or ())), LOUDEST: max(loud, default=None),
            LAST_AT: finding.at.isoformat()}


def _loudness(why: Mapping[str, Any]) -> float | None:
    """Return the audience of the largest account a finding speaks of; None: not known."""
    known = [float(one) for one in (why.get("audience"), why.get("largest_reach")) if isinstance(one, (int, float))]
    return max(known, default=None)


def _kinds(evidence: Sequence[MentionKey]) -> set[str]:
    return {key.kind for key in evidence}


def _groups(alert: Alert, finding: Finding, group: timedelta) -> bool:
    if alert.state is not AlertState.RESOLVED:
        return False
    closed = alert.resolved_at if alert.why.get(CLOSED_BY) else None  # a person's word holds for the whole of it, however old
    return finding.at - max(alert.fired_at, closed or alert.fired_at) < group


def _silenced(silences: Sequence[Silence], rule: str, subject: str, at: datetime) -> bool:
    return any(silence.rule in ("*", rule) and silence.subject in ("*", subject) and silence.starts_at <= at < silence.until
               for silence in silences)


def _joined(before: tuple[MentionKey, ...], after: tuple[MentionKey, ...]) -> tuple[MentionKey, ...]:
    keys = list(dict.fromkeys((*before, *after)))
    return tuple(keys if len(keys) <= EVIDENCE else [*keys[:EVIDENCE // 2], *keys[-(EVIDENCE // 2):]])


def held_by(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    """Return, of the fingerprint of each alert that speaks for others, the open ones it speaks for, each once; the last given counts."""
    found: dict[str, list[Alert]] = {}
    for alert in {alert.fingerprint: alert for alert in alerts}.values():
        cause = alert.why.get("inhibited_by")
        if isinstance(cause, str) and not cause.startswith("campaign:") and alert.state in OPEN:
            found.setdefault(cause, []).append(alert)
    return found


def _noted(alert: Alert, notes: Mapping[str, Any], **changes: Any) -> Alert:
    why = {name: value for name, value in {**alert.why, **notes}.items() if value is not None or name not in _MARKS}
    return replace(alert, why=why, **changes)
