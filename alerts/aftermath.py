"""What is left when a storm is over: the alerts that fell together, and those that nobody has looked at. Pure.

An alert that ends by itself calls nobody any more, and what happened at night must not be gone by the morning. Only alerts about
what people wrote are meant: a source that is read again, or a case that was answered, needs nobody's look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.effect import WAVES, is_storm
from alerts.lifecycle import CLOSED_BY, OPEN
from alerts.rules import kind_of
from listener.types import Alert, AlertState, Severity

KEPT = timedelta(hours=72)  # after its end that an alert is told: over a weekend
NEAR = timedelta(hours=6)  # between the end of one alert and the beginning of another that belongs to it
CALLS = WAVES | {"harm", "big_voice", "resurfaced"}  # kinds about what people wrote
SEVERE = (Severity.P1, Severity.P2)


@dataclass(frozen=True, slots=True)
class Episode:
    """Alerts about one brand that fell together. The span is that of its storms, where it has one: a tripwire lasts for a fixed time."""

    alerts: tuple[Alert, ...]  # most severe first, storms before others, then oldest
    since: datetime
    until: datetime | None  # None: still open

    @property
    def storm(self) -> bool:
        return any(is_storm(one) for one in self.alerts)

    @property
    def who(self) -> tuple[str, ...]:
        """Return who took or closed one of its alerts."""
        return tuple(dict.fromkeys(str(name) for one in self.alerts for name in (one.acknowledged_by, one.why.get(CLOSED_BY)) if name))


def told(alert: Alert, at: datetime) -> bool:
    """Whether a severe alert about what people wrote is open, or ended not long ago. An exercise is none."""
    return (alert.severity in SEVERE and kind_of(alert.rule) in CALLS and not alert.why.get("drill")
            and (alert.state in OPEN or alert.resolved_at is not None and alert.resolved_at >= at - KEPT))


def unseen(alert: Alert, at: datetime) -> bool:
    """Whether such an alert has ended without anybody having taken or closed it; verdicts are for the caller to look up."""
    return told(alert, at) and alert.state is AlertState.RESOLVED and not alert.acknowledged_by and not alert.why.get(CLOSED_BY)


def episodes(alerts: Iterable[Alert], at: datetime) -> tuple[Episode, ...]:
    """Return what happened, the oldest first; alerts of one brand."""
    found: list[list[Alert]] = []
    for one in sorted((one for one in alerts if told(one, at)), key=lambda one: one.starts_at):
        if found and ((end := _episode(found[-1]).until) is None or one.starts_at <= end + NEAR):
            found[-1].append(one)
        else:
            found.append([one])
    return tuple(_episode(some) for some in found)


def _episode(some: Sequence[Alert]) -> Episode:
    spans = [one for one in some if is_storm(one)] or some
    until = None if any(one.state in OPEN for one in spans) else max(one.resolved_at or one.fired_at for one in spans)
    return Episode(tuple(sorted(some, key=lambda one: (one.severity.value, not is_storm(one), one.starts_at))), min(one.starts_at for one in spans), until)
