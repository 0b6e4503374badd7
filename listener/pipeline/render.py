"""Render: what was decided becomes messages in the outbox, each for its receiver at its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import about, engine, lifecycle, wording
from alerts.engine import Policy
from alerts.paging import Call
from alerts.rules import kind_of
from alerts.wording import Context, Earlier
from listener.pipeline.house import House
from listener.types import Alert, Delivery, Label, Reason

EARLIER = timedelta(days=90)
"""How far back an alert of the same rule is worth naming."""

MOST_CALLS = 10_000  # of one alert
MOST_OPEN = 1_000  # alerts among which those are sought that another speaks for


class Rendering(House):
    """From decisions to deliveries."""

    def _named(self, alert: Alert, reason: Reason) -> Alert:
        """Return the alert with what its complaints are about, where that is sure; an end keeps what was told."""
        if reason is Reason.RESOLVED or kind_of(alert.rule) in engine.BLIND or alert.why.get("series") == "mentions":
            return alert
        own = None if alert.rule == engine.SECTOR else alert.subject
        complaints = {one.mention.key: one for one in self.store.by_keys(alert.evidence, own)
                      if one.score is not None and one.score.label is Label.NEGATIVE}
        keys, read = list(complaints), self.store.analyses(list(complaints))
        aspect = about.aspect((one.story, read[key].aspects) for key, one in complaints.items() if key in read)
        rising, topic = alert.why.get("topic"), None
        if own is not None and (rising or aspect is None):
            known = self.store.stored_topics(own, ended_since=alert.fired_at)
            members = dict.fromkeys(keys, str(rising)) if rising else self.store.topics_of(own, keys)
            topic = about.topic(keys, members, known)
        said = about.told(aspect, topic, self.aspects)
        why = {name: value for name, value in alert.why.items() if name != "about"}
        return replace(alert, why={**why, "about": said} if said else why)

    def _deliveries(self, decided: Sequence[tuple[Alert, Reason]], policy: Policy, now: datetime) -> list[Delivery]:
        told = telling(decided)
        if not told:
            return []
        late = [s.name for s in self.store.source_states() if (s.failing_since or s.suspect_since) and not s.paused]
        joined = lifecycle.held_by((*self.store.alerts(open_only=True, limit=MOST_OPEN), *(alert for alert, _ in decided)))
        return [delivery for alert, reason, summary in told
                for delivery in self._messages(alert, reason, summary, policy, late, len(joined.get(alert.fingerprint, ())), now)]

    def _messages(self, alert: Alert, reason: Reason, summary: bool, policy: Policy, late: Sequence[str], joined: int,
                  now: datetime) -> list[Delivery]:
        calls = self._first_called(alert, now) if summary else self._called(alert, reason, now)
        if not calls:
            return []
        candidates = self.store.by_keys(alert.evidence, None if alert.rule == engine.SECTOR else alert.subject)
        analyses = self.store.analyses([one.mention.key for one in candidates])
        embeddings = {key: found.embedding for key, found in analyses.items() if found.embedding is not None}
        context = self._context(alert, policy, joined, now)
        url = f"{self.board_url}/alerts?alert={alert.fingerprint}" if self.board_url else None
        languages = {receiver.name: receiver.language for receiver in self.receivers}
        turns = sorted({(call.due_at, call.step, call.person) for call in calls if call.person}, key=lambda turn: turn[:2])
        today, made = now.astimezone(self.timezone).date(), []
        for call in calls:
            language = languages[call.receiver]
            after = next(((due, person) for due, step, person in turns if step > call.step), (None, None))
            message = wording.compose(
                alert, reason, candidates, language=language, timezone=self.timezone, url=url, sources=late,
                precision=policy.judged.get(alert.rule), context=replace(context, holiday=self.holidays.name(today, language)),
                owner=call.person or (turns[0][2] if turns else None), due_at=after[0], next_owner=after[1],
                embeddings=embeddings)
            if alert.why.get("expired") and reason is Reason.RESOLVED and not summary:
                message = replace(message, lines=(), quiet=True)  # a tripwire that ran out: on-call systems close it, nobody is disturbed
            made.append(Delivery(message.key, call.receiver, message, due_at=call.due_at))
        return made

    def _context(self, alert: Alert, policy: Policy, joined: int, now: datetime) -> Context:
        """Return what somebody who is woken should know besides the posts."""
        story = alert.story or alert.why.get("story")
        known = self.store.stories(alert.subject, [str(story)]) if story else {}
        before = [one for one in self.store.alerts(subject=alert.subject, since=now - EARLIER)
                  if one.fingerprint != alert.fingerprint and one.rule == alert.rule and one.fired_at < alert.fired_at]
        earlier = None
        if before:
            verdicts = self.store.verdicts(before[0].fingerprint)
            earlier = Earlier(before[0].fired_at, verdicts[0].kind if verdicts else None, open=before[0].state in lifecycle.OPEN)
        running = next((c.name for c in policy.campaigns if c.brand == alert.subject and c.start <= now < c.end), None)
        return Context(story=next(iter(known.values()), None), campaign=running, earlier=earlier, joined=joined)

    def _called(self, alert: Alert, reason: Reason, now: datetime) -> Sequence[Call]:
        """Return who is told and when.

        The end is told to those whose call has come, as the outbox has it: to who heard, so that they know, and to who could not
        be reached, in place of the alarm, which is not sent any more. Nobody else hears of it.
        """
        calls = self.calls(alert, reason, now) if self.calls is not None else [
            Call(r.name, now) for r in self.receivers if r.seat.wants(alert.severity) and not r.cases_only]
        if reason is not Reason.RESOLVED:
            return calls
        before = {one.receiver for one in self.store.deliveries(alert.fingerprint, limit=MOST_CALLS)
                  if one.sent_at or not one.cancelled_at and (one.attempts or one.due_at <= now)}
        return [call for call in calls if call.receiver in before]

    def _first_called(self, alert: Alert, now: datetime) -> Sequence[Call]:
        """Return those who would have been called first about what is over already: they get the one message about it."""
        return [call for call in self._called(alert, Reason.FIRST, now) if call.step == 0]


def telling(decided: Sequence[tuple[Alert, Reason]]) -> list[tuple[Alert, Reason, bool]]:
    """Return what people are told of the alerts that one look decided, some of them several times (an outage, a backlog).

    Of each alert only the last decision that tells something; when nobody was told of it before the look, that is still
    the first they hear of it. One that began and ended within the look has a single message, its end; True marks it.
    """
    last = {alert.fingerprint: alert for alert, _ in decided}
    said: dict[str, list[tuple[Alert, Reason]]] = {}
    for alert, reason in decided:
        if reason.sends:
            said.setdefault(alert.fingerprint, []).append((alert, reason))
    told: list[tuple[Alert, Reason, bool]] = []
    for fingerprint, all_said in said.items():
        alert, reason = all_said[-1]
        new = any(one is Reason.FIRST for _, one in all_said)
        if reason is Reason.RESOLVED:
            told.append((alert, reason, new))
        elif last[fingerprint].state in lifecycle.OPEN:  # else it has ended unheard: a silence holds its end back
            told.append((alert, Reason.FIRST if new else reason, False))
    return told


def ends_calls(alert: Alert, reason: Reason) -> bool:
    """Whether calls that were written ahead for later have lost their meaning: it is over, or new ones take their place."""
    return alert.state not in lifecycle.OPEN or reason.sends
