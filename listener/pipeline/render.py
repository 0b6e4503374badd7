"""Render: what was decided becomes messages in the outbox, each for its receiver at its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts import lifecycle, wording
from alerts.engine import Policy
from alerts.paging import Call
from listener.pipeline.house import House
from listener.types import Alert, Delivery, Reason


class Rendering(House):
    """From decisions to deliveries."""

    def _deliveries(self, decided: Sequence[tuple[Alert, Reason]], policy: Policy, now: datetime) -> list[Delivery]:
        told = [(alert, reason) for alert, reason in decided if reason.sends]
        if not told:
            return []
        late = [s.name for s in self.store.source_states() if (s.failing_since or s.suspect_since) and not s.paused]
        return [delivery for alert, reason in told for delivery in self._messages(alert, reason, late, now)]

    def _messages(self, alert: Alert, reason: Reason, late: Sequence[str], now: datetime) -> list[Delivery]:
        candidates = self.store.by_keys(alert.evidence, None if alert.rule == "sector" else alert.subject)
        url = f"{self.board_url}/alerts?alert={alert.fingerprint}" if self.board_url else None
        languages = {receiver.name: receiver.language for receiver in self.receivers}
        made = []
        for call in self._called(alert, reason, now):
            message = wording.compose(alert, reason, candidates, language=languages[call.receiver], timezone=self.timezone, url=url,
                                      sources=late)
            made.append(Delivery(message.key, call.receiver, message, due_at=call.due_at))
        return made

    def _called(self, alert: Alert, reason: Reason, now: datetime) -> Sequence[Call]:
        """Return who is told and when. Where nobody planned it, the end is told to those who heard of the beginning, or are about to."""
        if self.calls is not None:
            return self.calls(alert, reason, now)
        calls = [Call(r.name, now) for r in self.receivers if r.wants(alert.severity)]
        if reason is not Reason.RESOLVED:
            return calls
        before = {one.receiver for one in self.store.deliveries(alert.fingerprint) if one.sent_at or (not one.cancelled_at and one.due_at <= now)}
        return [call for call in calls if call.receiver in before]


def ends_calls(alert: Alert, reason: Reason) -> bool:
    """Whether calls that were written ahead for later have lost their meaning: it is over, or new ones take their place."""
    return alert.state not in lifecycle.OPEN or reason.sends
