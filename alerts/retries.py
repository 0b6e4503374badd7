"""When a message that was not taken is tried again, until when, and what it says when it is late. Pure.

* Pauses grow from ten seconds to an hour; a receiver's own wish is kept as far as the alert can wait.
* It is given up by age, not by tries: ``WORTH`` after it was to go out. Tries count as well, so that neither a clock that was
  ahead for a moment nor a machine that was off for days, and whose network is not up yet, gives anything up at the first failure.
* An alert's message never comes for what is over: its end cancels it (``storage.outbox.cancel``), and so does taking it. Until
  then it is news however old, also to a receiver that was disabled for days; when it is ``LATE`` it says by how much.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.wording import span_in_words
from listener.errors import NotifyError
from listener.types import Delivery, Message, Severity
from listener.words import Language, say

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_WISH = {Severity.P1: timedelta(minutes=5), Severity.P2: timedelta(hours=1), Severity.P3: timedelta(hours=24)}
"""A receiver may ask for more; a page that waits longer is no page."""
WORTH = timedelta(hours=24)
DIGEST_WORTH = timedelta(days=8)  # a week's digest is read until the next one comes
LEAST_TRIES = 10  # over an hour and a half by ``backoff``, before anything is given up
LATE = timedelta(minutes=15)


def retry_at(attempts: int, error: NotifyError, *, key: str, wanted_at: datetime, at: datetime, severity: Severity | None = None,
             worth: timedelta = WORTH) -> datetime | None:
    """Return when to try a delivery again that was to go out at ``wanted_at`` and failed at ``at``; None: it is given up, ``worth`` after it.

    Whether a permanent error disables the receiver is for whoever delivers to say: one answer does not.
    """
    if at - wanted_at >= worth and attempts >= LEAST_TRIES:
        return None
    wish = min(error.retry_after or timedelta(0), LONGEST_WISH[severity or Severity.P3])
    return at + max(wish, backoff(key, attempts))


def backoff(key: str, attempts: int) -> timedelta:
    """Return the pause after ``attempts`` failed tries: 10 s, doubled each time up to an hour, a fifth more or less by ``key``.

    The same delivery waits equally long in every process; different ones do not knock at the same second.
    """
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 16), LONGEST_PAUSE)
    dice = int.from_bytes(hashlib.sha256(f"{key}\n{attempts}".encode()).digest()[:4]) / 2**32
    return pause * (0.8 + 0.4 * dice)


def as_sent(delivery: Delivery, at: datetime) -> Message:
    """Return the message as it goes out at ``at``: one about an alert that comes late says so before anything else but its title."""
    message, late = delivery.message, at - delivery.wanted_at
    if message.alert is None or late < LATE:
        return message
    language: Language = "fa" if message.language == "fa" else "en"
    return replace(message, lines=(say("alert.late", language, span=span_in_words(late, language)), *message.lines))
