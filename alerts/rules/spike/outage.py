"""Why the last step had no say: too little record, or a gap; and when the rule speaks again if all is seen from then on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.blindness import Blind
from alerts.rules.spike.options import COLD_HOURS, HOUR, OBSERVED, WINDOWS
from alerts.rules.spike.record import Record
from alerts.rules.spike.stream import Stream
from listener.types import STEP


def outage(stream: Stream, record: Record) -> Blind | None:
    """Return why the rule had no say at the last step of a series; None: it had."""
    last = stream.length - 1
    end, hours = stream.end_of(last), record.hours_at(last)
    if hours < COLD_HOURS:
        hour = datetime.fromtimestamp(stream.block(last) * HOUR * STEP.total_seconds(), UTC)
        return Blind("cold", until=hour + timedelta(hours=COLD_HOURS - hours) + STEP)
    if stream.evaluated[-1]:
        return None
    seen = stream.seen.tolist()
    heard = len(seen)
    while heard and seen[heard - 1]:
        heard -= 1
    since = heard
    while since and not seen[since - 1]:
        since -= 1

    begun = stream.end_of(stream.low + since) - STEP
    if heard == len(seen):
        return Blind("unheard", begun)
    return Blind("gap", begun, stream.end_of(stream.low + heard) - STEP, end + _steps_until_enough(seen) * STEP)


def _steps_until_enough(seen: list[bool]) -> int:
    """Return how many steps have to be seen from now on until enough of the windows is that the rule needs."""
    needed = WINDOWS[:-1]
    return next(more for more in range(1, max(needed) + 1)
                if all(sum((seen + [True] * more)[-width:]) >= OBSERVED * width for width in needed))
