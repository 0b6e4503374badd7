"""Rows of care: cases with their log, promises, and until when somebody must act."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from .columns import ROW_NUMBER, integer, own, words, written

_OPEN = "state IN ('new', 'assigned', 'answered', 'waiting')"


class CaseRow(SQLModel, table=True):
    __tablename__ = "care_case"
    __table_args__ = (
        Index("care_case_brand", "brand", "opened_at"),
        Index("care_case_author", "author"),
        Index("care_case_story", "story"),
        Index("care_case_resolved", "brand", "resolved_at"),
        Index("care_case_open", "brand", "due_at", sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
    )

    number: int = Field(sa_type=cast(Any, ROW_NUMBER), primary_key=True, sa_column_kwargs={"autoincrement": False})
    brand: str = words()
    state: str = words()
    owner: str | None = words(default=None)
    unit: str | None = words(default=None)
    author: str | None = words(default=None)
    story: str | None = words(default=None)
    opened_at: int = integer()
    due_at: int | None = integer(default=None)
    resolved_at: int | None = integer(default=None)
    version: int = Field()
    content: str = words()  # the whole noun as JSON


class CaseMentionRow(SQLModel, table=True):
    """Which mention belongs to which case; by natural key, since a case outlives the mentions that made it."""

    __tablename__ = "care_mention"
    __table_args__ = (Index("care_mention_case", "case_number"), {"sqlite_with_rowid": False})

    kind: str = words(primary_key=True)
    id: str = words(primary_key=True)
    case_number: int = integer(primary_key=True)


class CaseEventRow(SQLModel, table=True):
    """The log of a case; only ever added to."""

    __tablename__ = "care_event"
    __table_args__ = (Index("care_event_case", "case_number", "pk"),)

    pk: int | None = Field(default=None, sa_type=cast(Any, ROW_NUMBER), primary_key=True)
    case_number: int = integer()
    at: int = integer()
    who: str = words()
    what: str = words()
    why: str = words()
    changed: str = words()


class PromiseRow(SQLModel, table=True):
    __tablename__ = "promise"
    __table_args__ = (Index("promise_due", "brand", "state", "due_at"), Index("promise_case", "case_number"))

    id: str = words(primary_key=True)
    brand: str = words()
    state: str = words()
    case_number: int | None = integer(default=None)
    kind: str | None = words(default=None)  # with mention_id: the answer it stands in
    mention_id: str | None = words(default=None)
    made_at: int = integer()
    due_at: int | None = integer(default=None)
    version: int = Field()
    content: str = words()


class DeadlineRow(SQLModel, table=True):
    """Until when somebody must act; ended once, never changed otherwise."""

    __tablename__ = "deadline"
    __table_args__ = (Index("deadline_time", "brand", "due_at"), Index("deadline_ref", "ref"))

    ref: str = words(primary_key=True)
    due: str = words(primary_key=True)
    noted_at: int = integer(primary_key=True)
    brand: str = words()
    due_at: int = integer()
    ended_at: int | None = integer(default=None)
    content: str = words()


class AnswerRow(SQLModel, table=True):
    """An answer of ours that was read for promises."""

    __tablename__ = "care_answer"
    __table_args__ = (Index("care_answer_apology", "made_at", sqlite_where=text("apology"), postgresql_where=text("apology")),)

    mention_pk: int = Field(sa_column=own("mention"))
    made_at: int = integer()
    apology: bool = Field()  # it apologises, and mends nothing


class IdentityRow(SQLModel, table=True):
    """Accounts that a person said belong to one customer; the smallest (kind, id) of them names the customer."""

    __tablename__ = "identity"
    __table_args__ = (Index("identity_customer", "customer"), {"sqlite_with_rowid": False})

    kind: str = words(primary_key=True)
    id: str = words(primary_key=True)
    customer: str = words()
    who: str = words()
    at: int = integer()


class ContactRow(SQLModel, table=True):
    """A phone or an e-mail of an account, as a keyed hash only."""

    __tablename__ = "contact"
    __table_args__ = (Index("contact_account", "kind", "id"), {"sqlite_with_rowid": False})

    hash: str = words(primary_key=True)
    kind: str = words(primary_key=True)
    id: str = words(primary_key=True)
    sort: str = words()  # phone or email


care_case, care_mention, care_event = map(written, (CaseRow, CaseMentionRow, CaseEventRow))
promise, deadline, care_answer = map(written, (PromiseRow, DeadlineRow, AnswerRow))
identity, contact = map(written, (IdentityRow, ContactRow))

CARE = (care_case, care_mention, care_event, promise, deadline, care_answer, identity, contact)
"""Every table of care, each after those it refers to."""
