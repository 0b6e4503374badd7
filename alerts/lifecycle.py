"""The life of an alert: candidate → firing → acknowledged → handled → resolved → reviewed. Pure.

A rule says what it sees; this room says what becomes of it and whether anybody is told, with a ``Reason`` that travels
to the log, the message and the delivery. People are told on change only: when it begins, when it grows more severe,
when what somebody had taken has doubled since, and once when it is over.

* Acknowledgement lasts until the alert clears. It is taken back when severity rises or the volume has doubled since.
* Severity never falls during one life: what was bad at noon is not "minor" at dusk, it is over or it is not.
* A finding inside ``group`` of an alert that cleared wakes that alert up again, under the same fingerprint.
* A silence keeps people from being told, not the alert from living; when it ends, an alert nobody was told of is told.

``why["told"]`` remembers whether a message has gone out, ``why["acknowledged_at_value"]`` what it was when it was taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from listener.errors import NotifyError
from listener.types import Alert, AlertState, Finding, MentionKey, Reason, Silence

GROUP = timedelta(hours=24)
OPEN = frozenset({AlertState.CANDIDATE, AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.HANDLED})
TAKEN = frozenset({AlertState.ACKNOWLEDGED, AlertState.HANDLED})
EVIDENCE = 400  # keys an alert keeps over its life: the first findings' and the newest

TOLD, TAKEN_AT = "told", "acknowledged_at_value"

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_WISH = timedelta(hours=24)  # a receiver may ask for more; a page that waits longer is no page
MOST_ATTEMPTS = 36                  # about a day


def advance(open_alerts: Sequence[Alert], findings: Sequence[Finding], silences: Sequence[Silence] = (), *,
            group: timedelta = GROUP, at: datetime | None = None) -> list[tuple[Alert, Reason]]:
    """Return the new state of each alert that changed, with why a message goes out or not, in order of the findings.

    An alert touched by several findings stands there once for each; the last is its state. ``open_alerts`` may also
    hold alerts that cleared within ``group``: a finding then wakes them. With ``at`` given, alerts that began under a
    silence that has ended by then are told at last.
    """
    alerts = {(alert.rule, alert.subject): alert
              for alert in sorted(open_alerts, key=lambda one: (one.state in OPEN, one.fired_at))}
    decided: list[tuple[Alert, Reason]] = []
    for finding in sorted(findings, key=lambda one: one.at):
        name = finding.rule, finding.subject
        held = alerts.get(name)
        if held is not None and held.state not in OPEN and not _groups(held, finding, group):
            held = None
        silent = _silenced(silences, finding.rule, finding.subject, finding.at)
        after = _firing(held, finding, silent) if finding.firing else _clearing(held, finding, silent)
        if after is not None:
            alerts[name] = after[0]
            decided.append(after)
    if at is not None:
        for name, alert in alerts.items():
            if alert.state is AlertState.FIRING and not alert.why.get(TOLD) and not _silenced(silences, *name, at):
                decided.append((_noted(alert, {TOLD: True}, updated_at=at), Reason.FIRST))
    return decided


def acknowledge(alert: Alert, who: str, at: datetime) -> Alert:
    """Return the alert taken by ``who``: nobody else is called until it grows worse. One that is over stays as it is."""
    if alert.state not in OPEN:
        return alert
    return _noted(alert, {TAKEN_AT: alert.value}, state=AlertState.ACKNOWLEDGED, acknowledged_by=who, acknowledged_at=at,
                  updated_at=at)


def handle(alert: Alert, who: str, at: datetime) -> Alert:
    """Return the alert as answered: a case or a public reply stands against it. One that is over stays as it is."""
    if alert.state not in OPEN:
        return alert
    return _noted(alert, {TAKEN_AT: alert.value, "handled_by": who, "handled_at": at.isoformat()}, state=AlertState.HANDLED,
                  acknowledged_by=alert.acknowledged_by or who, acknowledged_at=alert.acknowledged_at or at, updated_at=at)


def resolve(alert: Alert, who: str, at: datetime) -> Alert:
    """Return the alert closed by a person. One that is over stays as it is."""
    if alert.state not in OPEN:
        return alert
    return _noted(alert, {"resolved_by": who}, state=AlertState.RESOLVED, resolved_at=at, updated_at=at)


def review(alert: Alert, at: datetime) -> Alert:
    """Return a resolved alert as reviewed, once its verdict is given. One that still lives stays as it is."""
    return replace(alert, state=AlertState.REVIEWED, updated_at=at) if alert.state is AlertState.RESOLVED else alert


def retry_at(attempts: int, error: NotifyError, *, key: str, at: datetime) -> datetime | None:
    """Return when to try a delivery again after ``attempts`` tries have failed, or None: never by itself.

    Permanent errors wait for a person. The receiver's own wish (``retry_after``) is kept, up to a day.
    """
    if error.permanent or attempts >= MOST_ATTEMPTS:
        return None
    wish = min(error.retry_after or timedelta(0), LONGEST_WISH)
    return at + max(wish, backoff(key, attempts))


def backoff(key: str, attempts: int) -> timedelta:
    """Return the pause after ``attempts`` failed tries: 10 s, doubled each time up to an hour, a fifth more or less by ``key``.

    The same delivery waits equally long in every process; different ones do not knock at the same second.
    """
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 16), LONGEST_PAUSE)
    dice = int.from_bytes(hashlib.sha256(f"{key}\n{attempts}".encode()).digest()[:4]) / 2**32
    return pause * (0.8 + 0.4 * dice)


def _firing(held: Alert | None, finding: Finding, silent: bool) -> tuple[Alert, Reason] | None:
    if held is None:
        candidate = bool(finding.why.get("candidate"))
        told = not silent and not candidate
        state = AlertState.CANDIDATE if candidate else AlertState.FIRING
        alert = Alert(rule=finding.rule, subject=finding.subject, starts_at=finding.starts_at, fired_at=finding.at,
                      value=finding.value, expected=finding.expected, severity=finding.severity, state=state,
                      evidence=finding.evidence, why={**finding.why, TOLD: told}, updated_at=finding.at)
        return alert, Reason.NONE if candidate else Reason.SILENCED if silent else Reason.FIRST

    told = bool(held.why.get(TOLD))
    woken = held.state not in OPEN
    worse = finding.severity < held.severity  # "P1" < "P2"
    doubled = held.state in TAKEN and finding.value >= 2 * float(held.why.get(TAKEN_AT, held.value))
    again = worse or doubled or woken
    state = AlertState.FIRING if again or held.state is AlertState.CANDIDATE and not finding.why.get("candidate") else held.state
    reason = Reason.NONE
    if state is AlertState.FIRING and not told:
        reason = Reason.FIRST
    elif worse:
        reason = Reason.ESCALATED
    elif doubled or woken:
        reason = Reason.REPEAT
    if reason.sends and silent:
        reason = Reason.SILENCED
    taken_back = {"acknowledged_by": None, "acknowledged_at": None} if again and held.state in TAKEN else {}
    alert = _noted(held, {**finding.why, TOLD: told or reason.sends}, state=state, value=finding.value, expected=finding.expected,
                   severity=min(held.severity, finding.severity), evidence=_joined(held.evidence, finding.evidence),
                   starts_at=min(held.starts_at, finding.starts_at), updated_at=finding.at, resolved_at=None, **taken_back)
    return alert, reason


def _clearing(held: Alert | None, finding: Finding, silent: bool) -> tuple[Alert, Reason] | None:
    if held is None or held.state not in OPEN:
        return None
    alert = _noted(held, {"calm_at": finding.at.isoformat()}, state=AlertState.RESOLVED, resolved_at=finding.at,
                   updated_at=finding.at)
    if not held.why.get(TOLD):
        return alert, Reason.NONE
    return alert, Reason.SILENCED if silent else Reason.RESOLVED


def _groups(alert: Alert, finding: Finding, group: timedelta) -> bool:
    return alert.state is AlertState.RESOLVED and finding.firing and finding.at - alert.fired_at < group


def _silenced(silences: Sequence[Silence], rule: str, subject: str, at: datetime) -> bool:
    return any(silence.rule in ("*", rule) and silence.subject in ("*", subject) and silence.starts_at <= at < silence.until
               for silence in silences)


def _joined(before: tuple[MentionKey, ...], after: tuple[MentionKey, ...]) -> tuple[MentionKey, ...]:
    keys = list(dict.fromkeys((*before, *after)))
    return tuple(keys if len(keys) <= EVIDENCE else [*keys[:EVIDENCE // 2], *keys[-(EVIDENCE // 2):]])


def _noted(alert: Alert, notes: Mapping[str, Any], **changes: Any) -> Alert:
    return replace(alert, why={**alert.why, **notes}, **changes)
