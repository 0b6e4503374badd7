"""What columns are made of, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text
from sqlmodel import Field

ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # INTEGER PRIMARY KEY is SQLite's own row number: no second index


def integer(**more: Any) -> Any:
    """A 64-bit integer: a count, or an instant in microseconds since 1970."""
    return Field(sa_type=BigInteger, **more)


def words(**more: Any) -> Any:
    """Text of any length."""
    return Field(sa_type=Text, **more)


def own(table: str) -> Any:
    """A reference that disappears with the row it refers to."""
    return Column(BigInteger().with_variant(Integer, "sqlite"), ForeignKey(f"{table}.pk", ondelete="CASCADE"), primary_key=True,
                  autoincrement=False)


def written(row: Any) -> Table:
    """Return the table a row class describes."""
    return cast(Table, row.__table__)
