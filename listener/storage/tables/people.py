"""What people said and did."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from .columns import ROW_NUMBER, integer, own, words, written


class SilenceRow(SQLModel, table=True):
    __tablename__ = "silence"

    subject: str = words(primary_key=True)
    rule: str = words(primary_key=True)
    starts_at: int = integer(primary_key=True)
    until: int = integer()
    who: str = words()
    why: str = words()


class VerdictRow(SQLModel, table=True):
    __tablename__ = "verdict"
    __table_args__ = (Index("verdict_time", "at"),)

    fingerprint: str = words(primary_key=True)
    who: str = words(primary_key=True)
    kind: str = words()
    at: int = integer()


class CorrectionRow(SQLModel, table=True):
    __tablename__ = "correction"

    mention_pk: int = Field(sa_column=own("mention"))
    at: int = integer(primary_key=True)
    who: str = words(primary_key=True)
    label: str = words()


class EventRow(SQLModel, table=True):
    """Who did what, append-only."""

    __tablename__ = "event"
    __table_args__ = (Index("event_time", "at"), Index("event_subject", "subject", "at"))

    pk: int | None = Field(default=None, sa_type=cast(Any, ROW_NUMBER), primary_key=True)
    at: int = integer()
    who: str = words()
    what: str = words()
    subject: str | None = words(default=None)


class ForgottenRow(SQLModel, table=True):
    """Authors who asked to be forgotten, as a hash: so that the next reading of their source does not bring them back."""

    __tablename__ = "forgotten"

    author: str = words(primary_key=True)


forgotten = written(ForgottenRow)

PEOPLE = (forgotten, *map(written, (SilenceRow, VerdictRow, CorrectionRow, EventRow)))
