"""What people ask to be decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person (``who``, ``at``) asks to be decided in the digest of a period, by whom and until when."""

    id: int
    brand: str
    period: str
    text: str
    owner: str
    due: date | None
    who: str
    at: datetime
