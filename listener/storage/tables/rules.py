"""Rules with what they remember, and the alerts they made."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from .columns import ROW_NUMBER, integer, words, written


class RuleStateRow(SQLModel, table=True):
    __tablename__ = "rule_state"

    rule: str = words(primary_key=True)
    subject: str = words(primary_key=True)
    state: str = words()
    until: int = integer()


class RuleSettingRow(SQLModel, table=True):
    """What people and precision made of a rule, beside what the configuration says."""

    __tablename__ = "rule_setting"

    name: str = words(primary_key=True)
    enabled: bool | None = Field(default=None)  # NULL: as the configuration says
    demoted_at: int | None = integer(default=None)
    who: str = words()
    at: int = integer()
    why: str = words()


class ReplayRecordRow(SQLModel, table=True):
    """What a rule would have done, as it was known when somebody enabled it."""

    __tablename__ = "replay_record"

    rule: str = words(primary_key=True)
    at: int = integer(primary_key=True)
    who: str = words()
    content: str = words()


class LookRow(SQLModel, table=True):
    """A look of the rules at which a step closed or an alert changed, with what it went by."""

    __tablename__ = "look"

    at: int = Field(sa_type=cast(Any, ROW_NUMBER), primary_key=True, sa_column_kwargs={"autoincrement": False})
    steps: int | None = integer(default=None)
    heard: str | None = words(default=None)  # {source: end of the last step looked at}
    ends: str | None = words(default=None)


class AlertRow(SQLModel, table=True):
    __tablename__ = "alert"
    __table_args__ = (Index("alert_fired", "fired_at"), Index("alert_subject", "subject", "fired_at"))

    fingerprint: str = words(primary_key=True)
    rule: str = words()
    subject: str = words()
    state: str = words()
    fired_at: int = integer()
    updated_at: int = integer()
    content: str = words()  # the whole noun as JSON


RULES = tuple(map(written, (RuleStateRow, RuleSettingRow, ReplayRecordRow, LookRow, AlertRow)))
