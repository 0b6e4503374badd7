"""Messages on their way, and who takes them."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from .columns import integer, words, written

_WAITS = "sent_at IS NULL AND given_up_at IS NULL AND cancelled_at IS NULL"


class DeliveryRow(SQLModel, table=True):
    """The outbox: written with the alert, emptied by whoever delivers."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_fingerprint", "fingerprint"),
        Index("delivery_due", "due_at", sqlite_where=text(_WAITS), postgresql_where=text(_WAITS)),
    )

    key: str = words(primary_key=True)
    receiver: str = words(primary_key=True)
    fingerprint: str | None = words(default=None)
    due_at: int = integer()
    first_due_at: int | None = integer(default=None)  # before it was put off for the first time; NULL: never was
    attempts: int = Field(default=0)
    claimed_until: int | None = integer(default=None)
    sent_at: int | None = integer(default=None)
    given_up_at: int | None = integer(default=None)
    cancelled_at: int | None = integer(default=None)  # set: nobody waits for it any more; it never goes out again
    error: str | None = words(default=None)
    message: str = words()


class QuoteRow(SQLModel, table=True):
    """Which messages quote which mention, so that what is taken back is taken back there too."""

    __tablename__ = "quote"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: str = words(primary_key=True)
    id: str = words(primary_key=True)
    key: str = words(primary_key=True)
    receiver: str = words(primary_key=True)


class ReceiverRow(SQLModel, table=True):
    __tablename__ = "receiver"

    name: str = words(primary_key=True)
    disabled_at: int | None = integer(default=None)
    error: str | None = words(default=None)
    refusals: int = integer(default=0, sa_column_kwargs={"server_default": "0"})  # for good, in a row
    refusing_since: int | None = integer(default=None)  # the first of them; NULL: it takes what it is sent


class BotRow(SQLModel, table=True):
    """A bot whose updates are read for answers of people; ``account`` is a hash of its token."""

    __tablename__ = "bot"

    account: str = words(primary_key=True)
    state: str = words()  # JSON: how far its updates were taken, what somebody was asked


OUTBOX = tuple(map(written, (DeliveryRow, QuoteRow, ReceiverRow, BotRow)))
