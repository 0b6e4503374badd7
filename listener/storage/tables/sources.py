"""Configured sources: how far each was read, what it could show, what it cost."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from .columns import integer, words, written


class SourceRow(SQLModel, table=True):
    __tablename__ = "source"

    name: str = words(primary_key=True)
    kind: str = words(default="")
    cursor: str | None = words(default=None)
    polled_at: int | None = integer(default=None)
    ok_at: int | None = integer(default=None)
    failing_since: int | None = integer(default=None)
    error: str | None = words(default=None)
    permanent: bool = Field(default=False)
    retry_at: int | None = integer(default=None)
    paused: bool = Field(default=False)
    mentions: int = integer(default=0)
    first_at: int | None = integer(default=None)  # first reading that worked: what is older is its backlog
    # how often it is read
    pace: int | None = integer(default=None)  # microseconds between two readings
    next_at: int | None = integer(default=None)
    # what is usual of it
    last_item_at: int | None = integer(default=None)
    readings: int = integer(default=0, sa_column_kwargs={"server_default": "0"})
    showing: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    shelf: int = integer(default=0, sa_column_kwargs={"server_default": "0"})  # microseconds
    suspect_since: int | None = integer(default=None)
    # an experimental source that a person has looked at
    confirmed_at: int | None = integer(default=None)
    confirmed_by: str | None = words(default=None)
    added_at: int | None = integer(default=None)  # since when it is known
    setup: str | None = words(default=None)  # a mark that changes with what it is asked for and how; holds no secret


class SpendingRow(SQLModel, table=True):
    """What was spent of an allowance in one period (a day, a month): booked before it is used, never deleted."""

    __tablename__ = "spending"

    account: str = words(primary_key=True)
    period: str = words(primary_key=True)
    units: int = integer()


class CoverageRow(SQLModel, table=True):
    __tablename__ = "coverage"
    __table_args__ = (Index("coverage_end", "ends_at"),)

    source: str = words(primary_key=True)
    starts_at: int = integer(primary_key=True)
    ends_at: int = integer(primary_key=True)
    state: str = words()
    reason: str | None = words(default=None)
    noted_at: int | None = integer(default=None)  # when this state of it was first noted, however long it went on


SOURCES = tuple(map(written, (SourceRow, SpendingRow, CoverageRow)))
