"""``[[digest]]``: who gets the digest of which brands, how often and in which language."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, StrictBool

from config.sentences import shown
from config.table import Clock, Day, Language, Name, Table


def _mailbox(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;?&]+@[^\s@<>,;?&]+", text):
        raise ValueError(f"{shown(text)} is not a mailbox; write \"pr@example.ir\"")
    return text


class DigestSettings(Table):
    """A subscription. The span ends before the hour: the week on Friday, the month and the day at midnight, a shift as the rota says.

    Everybody whom the receiver's options name under ``to`` gets a mail of their own, and can unsubscribe alone.
    """

    receiver: Name
    brands: tuple[Name, ...] = ()  # none named: all of our own
    every: Literal["week", "day", "month", "shift"] = "week"
    language: Language | None = None  # None: the receiver's
    day: Day = "saturday"  # of the week's digest: the first one after the week
    time: Clock = time(8)
    pdf: StrictBool = False  # attached to the mail
    unsubscribe_to: Annotated[str, AfterValidator(_mailbox)] | None = None  # that a person reads: for who wants no more
