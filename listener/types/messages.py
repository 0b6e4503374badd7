"""What goes out, and its way to one receiver."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .alerts import Alert, Reason
from .scores import ScoredMention


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter. ``content_id``: the page shows it as ``cid:…``; None: it stands beside the letter."""

    name: str
    kind: str  # image/png
    content: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with a face of its own: page, the same as text, what goes with it, and what ends the subscription."""

    html: str = field(repr=False)
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    unsubscribe: tuple[str, ...] = ()  # addresses that end it, the easiest first: https, http or mailto (RFC 2369); https takes a POST (RFC 8058)


@dataclass(frozen=True, slots=True)
class Message:
    """All a notifier sees. Lines are plain text in ``language``; escaping is the notifier's duty."""

    key: str  # idempotency key: the same key is the same message
    title: str
    lines: tuple[str, ...]
    language: str
    reason: Reason
    url: str | None = None
    quoted: tuple[ScoredMention, ...] = ()
    alert: Alert | None = None
    quiet: bool = False  # a notice and no page: it makes no sound where the medium can help it
    left: tuple[str, ...] = ()  # of a receiver of several people: who has not got it yet; empty: nobody has
    digest: str | None = None  # the digest it brings, "period language brand": what goes out is made from what is kept of it
    letter: Letter | None = None  # made when it goes out, and never stored
    due_at: datetime | None = None  # of a digest: when it should have gone out
    case: int | None = None  # the case it hands over


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one receiver. ``key`` is unique per receiver; sending twice keeps one key."""

    key: str
    receiver: str
    message: Message
    due_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    error: str | None = None
    cancelled_at: datetime | None = None  # nobody waits for it any more: it does not go out again
    first_due_at: datetime | None = None  # of one that was tried and put off: when it was to go out; None: at ``due_at``

    @property
    def wanted_at(self) -> datetime:
        """When it was to go out, however often it was put off since."""
        return self.first_due_at or self.due_at
