"""Alerts: what people ask of them and do with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts import lifecycle, precision
from alerts.blindness import BlindRule, blind
from alerts.notices import notices
from listener.errors import Refusal
from listener.service.clock import clock_off
from listener.service.coverage import ceil_hour, floor_hour
from listener.service.door import DAY, named, reasoned
from listener.service.hours import HourPoint, Hours
from listener.service.sources import Health, SourceView
from listener.types import (
    Alert,
    AlertState,
    Delivery,
    Reason,
    ScoredMention,
    Severity,
    Silence,
    Story,
    Verdict,
    VerdictKind,
)

LONGEST_SILENCE = timedelta(days=7)
MOST_VERDICTS = 1_000  # of a rule, newest first, that its precision is counted from
ITSELF = "goosh"  # who demotes a rule that was mostly wrong
MOST_OPEN = 1_000  # open alerts that a silence looks at
MOST_CALLS = 10_000  # of one alert: none may be overlooked when it is said who has heard
TRIES = 5  # so often an alert that changes meanwhile is read again


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a history: who did what, when."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What a verdict did: it is kept, and it may have been the one that showed its rule to be mostly wrong."""

    verdict: Verdict
    rule: str
    demoted: precision.Precision | None  # of the rule's last verdicts, by which it just went to the digest; None: it stays as it was


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """A configured receiver, and whether messages reach it. ``disabled_at``: nothing is sent there since, until somebody enables it."""

    name: str
    kind: str
    min_severity: Severity
    disabled_at: datetime | None
    error: str | None  # why it was disabled
    refusals: int  # for good, in a row
    waiting: int  # messages that are neither sent nor given up nor cancelled


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert with all a person needs to decide."""

    alert: Alert
    mentions: tuple[ScoredMention, ...]  # its evidence, in the alert's order
    missing: int  # evidence that is no longer stored: deleted at the source, or past its keeping time
    deliveries: tuple[Delivery, ...]
    verdicts: tuple[Verdict, ...]
    silences: tuple[Silence, ...]  # in force now and covering it
    history: tuple[Happening, ...]
    unseen: tuple[SourceView, ...]
    hours: tuple[HourPoint, ...] = field(default=())
    speaks_for: tuple[Alert, ...] = ()  # open ones of which nobody is told because of this one
    covered_by: Alert | None = None  # of which people were told in its place; None: nothing covers it, or a campaign does


class Alerts(Hours):
    """Alerts, asked about and acted on."""

    def acknowledge(self, fingerprint: str, who: str, *, seen_at: datetime | None = None, over: bool = False) -> Alert:
        """Return the alert, now in the hands of ``who``. ``seen_at`` is its ``updated_at`` as the person saw it.

        ``over``: out of the hands of somebody else, if it is in theirs; the history names both, and all who were told are told.
        """
        name = named(who)
        before = self._current(fingerprint, seen_at)
        holder = before.acknowledged_by
        if holder and holder != name and not over:
            raise Refusal(f"alert {fingerprint!r}", "alert.taken", who=holder)
        _still_open(before)
        if holder == name:
            return before
        at = self.now()
        what = f"take over: {holder}" if holder else "acknowledge"
        return self._write(before, lifecycle.acknowledge(before, name, at), name, what, at, Reason.TAKEN)

    def handle(self, fingerprint: str, who: str, why: str, *, seen_at: datetime | None = None) -> Alert:
        """Return the alert, answered by ``who`` as ``why`` says (a reply, a case); like one that is taken it calls nobody else."""
        name, reason = named(who), reasoned(why)
        before, at = self._current(fingerprint, seen_at), self.now()
        _still_open(before)
        return self._write(before, lifecycle.handle(before, name, at), name, f"handle: {reason}", at,
                           None if before.acknowledged_by else Reason.TAKEN, reason)

    def resolve(self, fingerprint: str, who: str, why: str, *, seen_at: datetime | None = None) -> Alert:
        """Return the alert, closed by ``who`` for the reason ``why``."""
        name, reason = named(who), reasoned(why)
        before, at = self._current(fingerprint, seen_at), self.now()
        _still_open(before)
        return self._write(before, lifecycle.resolve(before, name, at), name, f"resolve: {reason}", at, Reason.RESOLVED, reason)

    def silence(self, subject: str, rule: str, who: str, why: str, until: datetime) -> Silence:
        """Return the silence of ``rule`` ("*": every one) about ``subject`` ("*": everything) until then, a week at most."""
        name, reason, at = named(who), reasoned(why), self.now()
        if not at < until <= at + LONGEST_SILENCE:
            raise Refusal("silence", "silence.until")
        if not subject or not rule:
            raise Refusal("silence", "silence.unnamed")
        silence = Silence(subject=subject, rule=rule, who=name, why=reason, starts_at=at, until=until)
        self.store.add_silence(silence)
        for alert in self.store.alerts(open_only=True, limit=MOST_OPEN):
            if subject in ("*", alert.subject) and rule in ("*", alert.rule):
                self._hush(alert, name, at)
        return silence

    def _hush(self, alert: Alert, who: str, at: datetime) -> None:
        """Cancel the calls that were written ahead: they are messages, too. What they were to tell is owed."""
        for _ in range(TRIES):
            calls = [one for one in self.store.deliveries(alert.fingerprint, limit=MOST_CALLS) if one.message.reason.sends and one.message.reason is not Reason.RESOLVED]
            waiting = any(one.sent_at is None and one.cancelled_at is None for one in calls)
            reached = any(one.sent_at is not None for one in calls)
            after = lifecycle.hush(alert, reached=reached) if waiting else alert
            if self.store.update_alert(after, who=who, what="silence", at=at, seen=alert, stop=True):
                return
            changed = self.store.alert(alert.fingerprint)  # a look of the engine came between
            if changed is None or changed.state not in lifecycle.OPEN:
                return
            alert = changed
        raise Refusal(f"alert {alert.fingerprint!r}", "changed")

    def blind_rules(self, brand: str | None = None) -> tuple[BlindRule, ...]:
        """Return the enabled rules that cannot speak of ``brand``, or of any, for the moment: their silence is no calm."""
        at, said = self.now(), self.store.rule_settings()
        off = {rule.name for rule in self.settings.rules
               if not (rule.enabled if (now := said.get(rule.name)) is None or now.enabled is None else now.enabled)}
        known = {rule.name for rule in self.settings.rules} - off
        return tuple(BlindRule(rule, subject, why) for (rule, subject), (state, _) in self.store.rule_states().items()
                     if rule in known and brand in (None, subject) and (why := blind(state, at)) is not None)

    def clock_off(self) -> timedelta | None:
        """Return by how much the machine's clock is ahead of the world (below zero: behind), as whoever listens found; None: it is right."""
        return clock_off(self.store)

    def receivers(self) -> tuple[ReceiverView, ...]:
        """Return the configured receivers in the order of the file."""
        known, waiting = {one.name: one for one in self.store.receivers()}, self.store.waiting_deliveries()
        return tuple(ReceiverView(one.name, one.kind, Severity(one.min_severity), *(
            (state.disabled_at, state.error, state.refusals) if (state := known.get(one.name)) else (None, None, 0)), waiting.get(one.name, 0))
            for one in self.settings.receivers)

    def precision_of(self, rule: str) -> precision.Precision:
        """Return how the alerts of a rule were judged so far."""
        return precision.measure(self.store.verdicts_of(rule, MOST_VERDICTS))

    def story_of(self, alert: Alert) -> Story | None:
        """Return the story an alert is about, as far as it is known by now; None where it is about none."""
        return None if alert.story is None else self.store.stories(alert.subject, [alert.story]).get(alert.story)

    def silences(self) -> tuple[Silence, ...]:
        """Return the silences that hold now, the latest first."""
        return tuple(self.store.silences(self.now()))

    def unsilence(self, subject: str, rule: str, who: str) -> tuple[Silence, ...]:
        """Return the silences of exactly this subject and rule, ended now by ``who``; their names and reasons stay."""
        name, at = named(who), self.now()
        ended = tuple(one for one in self.store.silences(at) if (one.subject, one.rule) == (subject, rule))
        if not ended:
            raise Refusal("silence", "silence.none", rule=rule, subject=subject)
        for one in ended:
            self.store.end_silence(one, name, at)
        return tuple(replace(one, until=at) for one in ended)

    def verdict(self, fingerprint: str, kind: VerdictKind, who: str) -> Judged:
        """Return what a verdict on an alert did; a person's later word replaces the earlier. One that has ended is reviewed by it."""
        alert = self._current(fingerprint, None)
        verdict = Verdict(fingerprint=fingerprint, kind=VerdictKind(kind), who=named(who), at=self.now())
        self.store.add_verdict(verdict)
        demoted = self._weigh(alert.rule, verdict.at)
        if alert.state is AlertState.RESOLVED:
            # where the alert woke up meanwhile, the verdict stands and the review waits for its next end
            self.store.update_alert(lifecycle.review(alert, verdict.at), who=verdict.who, what="review", at=verdict.at, seen=alert)
        return Judged(verdict, alert.rule, demoted)

    def _weigh(self, name: str, at: datetime) -> precision.Precision | None:
        """Demote a rule that was mostly wrong of late, and return by which figures; it stays so until a person promotes it."""
        before = self.store.rule_settings().get(name)
        if before is not None and before.demoted_at is not None:
            return None
        verdicts = [one for one in self.store.verdicts_of(name, MOST_VERDICTS) if before is None or one.at > before.at]
        if not precision.mostly_wrong(verdicts):
            return None
        found = precision.measure(verdicts, precision.WINDOW)
        self.store.set_rule(name, enabled=before.enabled if before else None, demoted_at=at, who=ITSELF, at=at,
                            why=f"{found.right} of the last {found.judged} alerts were real")
        return found

    def _current(self, fingerprint: str, seen_at: datetime | None) -> Alert:
        alert = self.store.alert(fingerprint)
        if alert is None:
            raise Refusal(f"alert {fingerprint!r}", "alert.unknown")
        if seen_at is not None and alert.updated_at != seen_at:
            raise Refusal(f"alert {fingerprint!r}", "changed")
        return alert

    def _write(self, before: Alert, after: Alert, who: str, what: str, at: datetime, reason: Reason | None = None,
               why: str = "") -> Alert:
        """Store what became of an alert; nobody else is called for it, and with ``reason`` all who were told are told that."""
        told = notices(self.store.deliveries(before.fingerprint, limit=MOST_CALLS), after, reason, who=who, at=at, zone=self.zone, why=why) if reason else []
        if not self.store.update_alert(after, who=who, what=what, at=at, seen=before, deliveries=told, stop=True):
            raise Refusal(f"alert {before.fingerprint!r}", "changed")
        return after

    def alerts(self, *, brand: str | None = None, open_only: bool = False, since: datetime | None = None,
               limit: int = 100) -> tuple[Alert, ...]:
        """Return alerts: open ones first by severity and whether somebody has to act, then the newest. With a brand: about it or a source it is read in.

        An open alert is among them however old; ``since`` is about those that have ended. ``limit`` is for each of the two.
        """
        found = {a.fingerprint: a for a in self._alerts(brand, open_only=True, since=None, limit=limit)}
        if not open_only:
            found |= {a.fingerprint: a for a in self._alerts(brand, open_only=False, since=since, limit=limit)}
        return tuple(sorted(found.values(), key=_urgency))

    def _alerts(self, brand: str | None, *, open_only: bool, since: datetime | None, limit: int) -> list[Alert]:
        if brand is None:
            return self.store.alerts(open_only=open_only, since=since, limit=limit)
        sources = {s.name for s in self.settings.sources if not s.brands or brand in s.brands}
        about = self.store.alerts(subject=brand, open_only=open_only, since=since, limit=limit)
        # those of sources are few; they are picked out of everything, since another brand's must not crowd this one's out
        return about + [a for a in self.store.alerts(open_only=open_only, since=since, limit=10 * limit) if a.subject in sources]

    def alert(self, fingerprint: str) -> AlertView | None:
        """Return one alert with its evidence, deliveries and history, or None where there is no such alert."""
        alert = self.store.alert(fingerprint)
        if alert is None:
            return None
        at = self.now()
        about_brand = alert.subject in self.brands(own=False)
        proof = self.store.by_keys(alert.evidence, alert.subject if about_brand else None) if alert.evidence else []
        hours: tuple[HourPoint, ...] = ()
        if about_brand:
            around = floor_hour(alert.starts_at)
            hours = self.hourly(alert.subject, since=around - DAY, until=min(ceil_hour(at), around + 2 * DAY))
        cause = alert.why.get("inhibited_by")
        return AlertView(
            speaks_for=tuple(lifecycle.held_by(self.store.alerts(open_only=True, limit=MOST_OPEN)).get(fingerprint, ())),
            covered_by=self.store.alert(cause) if isinstance(cause, str) and is_open(alert) else None,
            alert=alert, mentions=tuple(proof), missing=len(alert.evidence) - len(proof),
            deliveries=tuple(self.store.deliveries(fingerprint)),
            verdicts=tuple(self.store.verdicts(fingerprint)),
            silences=tuple(s for s in self.store.silences(at) if s.subject in ("*", alert.subject) and s.rule in ("*", alert.rule)),
            history=tuple(Happening(e.at, e.who, e.what) for e in self.store.events(subject=fingerprint)),
            unseen=tuple(v for v in self.sources(alert.subject if about_brand else None) if v.health is not Health.OK), hours=hours)


def is_open(alert: Alert) -> bool:
    """Return whether a condition still stands and may need somebody."""
    return alert.state in lifecycle.OPEN


def _urgency(alert: Alert) -> tuple[bool, str, int, float]:
    """Open before closed; among open ones severity, then those nobody has in hand, then age; among closed ones the newest first."""
    if is_open(alert):
        return False, alert.severity.value, _hands(alert), alert.fired_at.timestamp()
    return True, "", 0, -alert.fired_at.timestamp()


def _hands(alert: Alert) -> int:
    """Return 0 where somebody has to take it, 1 where somebody has, 2 where nobody is called for it."""
    if alert.state in lifecycle.TAKEN:
        return 1
    return 0 if alert.state is AlertState.FIRING and alert.why.get("inhibited_by") is None else 2


def _still_open(alert: Alert) -> None:
    if not is_open(alert):
        raise Refusal(f"alert {alert.fingerprint!r}", "alert.ended")
