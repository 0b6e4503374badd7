"""What those who were told of an alert are told when somebody takes or closes it: one line, once, without a sound. Pure.

Who is owed it, by what stands in the outbox for each receiver when the person acts:

* The alarm was taken by the receiver: it is told.
* It was tried and never confirmed, or its time had come and it waited (a receiver that was down, hung or was disabled): the alarm
  is cancelled by the act, and the notice goes in its place. It names the alert as any notice does and says that its alarm may
  not have come, so that nobody reads an end without knowing of what. On-call systems take the end of an incident that they do
  not know for nothing.
* Its time had not come, or a silence had cancelled it untried: it was told nothing, and hears nothing.
* It was told of the end already: nothing more.

The same holds for an end that the engine finds (``pipeline.render``). Incidents of on-call systems end or are acknowledged by
a notice. Short messages, which cannot be quiet, carry only one: the end of a P1, which had rung.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.wording import clip, isolate, title
from listener.types import Alert, AlertState, Delivery, Reason
from listener.words import Language, digits, say

NAME, WHY = 80, 160  # characters of them in one line


def notices(told: Iterable[Delivery], alert: Alert, reason: Reason, *, who: str, at: datetime, zone: ZoneInfo,
            why: str = "") -> list[Delivery]:
    """Return a notice to every receiver that is owed one.

    ``told``: the alert's deliveries so far. ``reason`` is ``TAKEN`` or ``RESOLVED``; ``why`` is what was said when it was answered
    or closed. The key is that of the person's act.
    """
    owed: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in sorted(told, key=lambda one: (one.due_at, one.key)):
        if _counts(delivery, at):
            owed[delivery.receiver].append(delivery)
    key = f"{alert.fingerprint}-{reason}-{at.isoformat()}"
    made = []
    for receiver, so_far in owed.items():
        message = so_far[-1].message
        if message.reason is not Reason.RESOLVED:
            language: Language = "fa" if message.language == "fa" else "en"
            act = ("handled.why" if why else "handled") if reason is Reason.TAKEN and alert.state is AlertState.HANDLED else str(reason)
            now = title(alert, Reason.FIRST, language=language, timezone=zone)  # as it stands, not as it was last told
            line = say(f"notice.{act}", language, who=isolate(clip(who, NAME)), title=now,
                       at=digits(f"{at.astimezone(zone):%H:%M}", language), why=isolate(clip(why, WHY)))
            if not any(one.sent_at for one in so_far):
                line = say("notice.unheard", language, notice=line)
            made.append(Delivery(key, receiver, replace(message, key=key, title=line, lines=(), quoted=(), reason=reason,
                                                        alert=alert, quiet=True, left=()), at))
    return made


def _counts(delivery: Delivery, at: datetime) -> bool:
    """Whether its receiver heard of the alert by this message, may have, or was to by now."""
    about = delivery.message.reason.sends or delivery.message.reason is Reason.TAKEN
    return about and bool(delivery.sent_at or delivery.attempts or not delivery.cancelled_at and delivery.due_at <= at)
