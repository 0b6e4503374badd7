"""Counts of mentions by step and hour, kept beside them."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import SQLModel

from .columns import integer, words, written


class StepFactRow(SQLModel, table=True):
    """Counts of one 5-minute step; ``step`` is its start."""

    __tablename__ = "step_fact"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: str = words(primary_key=True)
    step: int = integer(primary_key=True)
    source: str = words(primary_key=True)
    mentions: int = integer()
    scored: int = integer()
    negative: int = integer()
    unsure: int = integer()
    negative_reach: int = integer()


class SourceFactRow(SQLModel, table=True):
    """Counts of one 5-minute step of a source, whatever the brands: a mention of two of them stands once."""

    __tablename__ = "source_fact"
    __table_args__ = ({"sqlite_with_rowid": False},)

    source: str = words(primary_key=True)
    step: int = integer(primary_key=True)
    mentions: int = integer()
    scored: int = integer()
    negative: int = integer()
    unsure: int = integer()
    negative_reach: int = integer()


class HourFactRow(SQLModel, table=True):
    __tablename__ = "hour_fact"
    __table_args__ = (Index("hour_fact_hour", "hour"), {"sqlite_with_rowid": False})

    brand: str = words(primary_key=True)
    hour: int = integer(primary_key=True)
    source: str = words(primary_key=True)
    language: str = words(primary_key=True)  # '' where neither source nor scorer says
    label: str = words(primary_key=True)
    mentions: int = integer()
    unsure: int = integer()
    reach_low: int = integer()
    reach_mid: int = integer()
    reach_high: int = integer()


class AuthorFactRow(SQLModel, table=True):
    """Who wrote in which hour: distinct authors are counted from here, never added up."""

    __tablename__ = "author_fact"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: str = words(primary_key=True)
    hour: int = integer(primary_key=True)
    author_pk: int = integer(primary_key=True)
    label: str = words(primary_key=True)
    mentions: int = integer()


step_fact, source_fact, hour_fact, author_fact = map(written, (StepFactRow, SourceFactRow, HourFactRow, AuthorFactRow))

COUNTS = (step_fact, source_fact, hour_fact, author_fact)
