"""Rows of the digest: what was sent, the decisions people ask for, who wants no more of it, and how far each schedule is."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from .columns import ROW_NUMBER, integer, words, written


class DigestRow(SQLModel, table=True):
    """A digest as it was when it was made; every form is made from ``content`` again."""

    __tablename__ = "digest"
    __table_args__ = (Index("digest_made", "made_at"),)

    brand: str = words(primary_key=True)
    period: str = words(primary_key=True)
    language: str = words(primary_key=True)
    every: str = words()
    made_at: int = integer()
    content: str = words()


class DigestQuoteRow(SQLModel, table=True):
    """Which digest shows which mention, so that what is taken back is taken back there too."""

    __tablename__ = "digest_quote"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: str = words(primary_key=True)
    id: str = words(primary_key=True)
    brand: str = words(primary_key=True)
    period: str = words(primary_key=True)
    language: str = words(primary_key=True)


class DecisionRow(SQLModel, table=True):
    """What a person asks to be decided in the digest of a period."""

    __tablename__ = "digest_decision"
    __table_args__ = (Index("digest_decision_period", "brand", "period"),)

    pk: int | None = Field(default=None, sa_type=cast(Any, ROW_NUMBER), primary_key=True)
    brand: str = words()
    period: str = words()
    said: str = words()
    owner: str = words()
    due: str | None = words(default=None)  # a day: 2026-11-24
    who: str = words()
    at: int = integer()


class DigestMarkRow(SQLModel, table=True):
    """Up to when what fell due for a subscription is in the outbox."""

    __tablename__ = "digest_mark"

    subscription: str = words(primary_key=True)
    until: int = integer()


class DigestRefusalRow(SQLModel, table=True):
    """Who wants a digest no more; the address stands as a hash."""

    __tablename__ = "digest_refusal"

    subscription: str = words(primary_key=True)
    at: int = integer()


class SigningKeyRow(SQLModel, table=True):
    """A random key by which links of ours are known again."""

    __tablename__ = "signing_key"

    purpose: str = words(primary_key=True)
    value: str = words()


DIGEST = tuple(map(written, (DigestRow, DigestQuoteRow, DecisionRow, DigestMarkRow, DigestRefusalRow, SigningKeyRow)))
