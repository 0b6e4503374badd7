"""What the listening process has written down of this machine's clock, for processes that ask no hosts themselves."""

from __future__ import annotations

from datetime import timedelta

from listener.storage import Store

HOUSE = "goosh"
"""Who it is in the record where nobody did it."""

CLOCK = "clock"
CLOCK_RIGHT = "clock right"
_WRONG = "clock off by "


def clock_wrong(off: timedelta) -> str:
    """Return how the record says that the clock is ahead of the world by ``off`` (below zero: behind)."""
    return f"{_WRONG}{int(off.total_seconds())} s"


def clock_off(store: Store) -> timedelta | None:
    """Return by how much the clock was ahead of the world (below zero: behind) when it went wrong; None: it was not, or is no more.

    It is over, whatever the record says, once a source was read after it: nothing new is stored while the clock is wrong.
    """
    last = next((event for event in store.events(subject=CLOCK, limit=10) if event.who == HOUSE), None)
    if last is None or not last.what.startswith(_WRONG):
        return None
    if any(state.ok_at is not None and state.ok_at > last.at for state in store.source_states()):
        return None
    return timedelta(seconds=int(last.what.removeprefix(_WRONG).removesuffix(" s")))
