"""What those who were told of an alert are told when somebody takes or closes it: one line, once, without a sound. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.wording import clip, isolate, title
from listener.types import Alert, AlertState, Delivery, Message, Reason
from listener.words import Language, digits, say

NAME, WHY = 80, 160  # characters of them in one line


def notices(told: Iterable[Delivery], alert: Alert, reason: Reason, *, who: str, at: datetime, zone: ZoneInfo,
            why: str = "") -> list[Delivery]:
    """Return a notice to every receiver that heard of the alert, or may have, and not of its end.

    ``told``: the alert's deliveries so far. ``reason`` is ``TAKEN`` or ``RESOLVED``; ``why`` is what was said when it was answered or closed.
    Incidents of on-call systems end or are acknowledged by it. The key is that of the person's act.
    """
    last: dict[str, Message] = {}
    for delivery in sorted(told, key=lambda one: (one.due_at, one.key)):
        if delivery.message.reason.sends and (delivery.sent_at or delivery.attempts):
            last[delivery.receiver] = delivery.message
    key = f"{alert.fingerprint}-{reason}-{at.isoformat()}"
    made = []
    for receiver, message in last.items():
        if message.reason is not Reason.RESOLVED:
            language: Language = "fa" if message.language == "fa" else "en"
            act = ("handled.why" if why else "handled") if reason is Reason.TAKEN and alert.state is AlertState.HANDLED else str(reason)
            now = title(alert, Reason.FIRST, language=language, timezone=zone)  # as it stands, not as it was last told
            line = say(f"notice.{act}", language, who=isolate(clip(who, NAME)), title=now,
                       at=digits(f"{at.astimezone(zone):%H:%M}", language), why=isolate(clip(why, WHY)))
            made.append(Delivery(key, receiver, replace(message, key=key, title=line, lines=(), quoted=(), reason=reason,
                                                        alert=alert, quiet=True, left=()), at))
    return made
