"""The door itself: what every use case has at hand, and what is asked of everybody who acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.settings import Settings
from listener.errors import Refusal
from listener.storage import Store
from listener.text import printable

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NAME_LENGTH = 80
REASON_LENGTH = 500
MOST_LISTED = 20  # names that a refusal repeats


class Door:
    """What every use case stands on: one store, the settings, a clock."""

    def __init__(self, store: Store, settings: Settings, *, now: Callable[[], datetime]) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self.zone = ZoneInfo(settings.timezone)

    def brands(self, *, own: bool = True) -> tuple[str, ...]:
        """Return the configured brands in the order of the file; ``own`` leaves the peers out."""
        return tuple(brand.name for brand in self.settings.brands if not (own and brand.peer))

    def people(self) -> tuple[str, ...]:
        return tuple(person.name for person in self.settings.people)


def named(who: str) -> str:
    name = " ".join(printable(who).split())[:NAME_LENGTH]
    if not name:
        raise Refusal("who", "unnamed")
    return name


def reasoned(why: str) -> str:
    reason = " ".join(printable(why).split())[:REASON_LENGTH]
    if not reason:
        raise Refusal("why", "reasonless")
    return reason
