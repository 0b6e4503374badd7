"""How cases are looked after: the tables ``[care]`` and ``[[staff]]``."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from config.durations import Duration, write_duration
from config.table import Name, Table, Variable
from listener.types import Severity

SHORTEST_TOKEN = 16  # characters; fewer can be tried out


class LimitSettings(Table):
    """How much working time (``[hours]``) a case may take: until somebody owns it, until the first answer, until its end."""

    owner: Duration
    answer: Duration
    end: Duration

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.owner <= self.answer <= self.end:
            raise ValueError(f"owner ({write_duration(self.owner)}), answer ({write_duration(self.answer)}) and end "
                             f"({write_duration(self.end)}) come one after the other; let none be shorter than the one before")
        return self


class CareSettings(Table):
    """What a case may take, where it may go, and what opens one by itself."""

    opened_by: tuple[str, ...]  # rules whose alerts open a case
    P1: LimitSettings
    P2: LimitSettings
    P3: LimitSettings
    units: tuple[Name, ...] = ()
    causes: tuple[Name, ...] = ()  # root causes a case may be closed with; none: the aspects
    currency: str = Field(max_length=20)
    remind: Duration  # so long before a promise is due its owner is reminded; working time
    win_back: Annotated[tuple[Annotated[int, Field(ge=1, le=365)], ...], Field(min_length=1, max_length=4)]  # days after the end
    hand_over: tuple[Name, ...] = ()  # receivers a case can be handed over to
    recognition: tuple[Name, ...] = ()  # receivers of the month's mail of recognition; none: it is only shown
    contact_key_env: Variable | None = None  # the key phones and e-mails are hashed with
    who_env: Variable | None = None  # the token GET /who asks for; none: it is off

    def limits(self, severity: Severity) -> LimitSettings:
        """Return the limits of a case of this severity."""
        found: LimitSettings = getattr(self, severity.value)
        return found

    @property
    def who_token(self) -> str | None:
        """Return the token of ``GET /who``, from the environment; None where there is none, or one that can be tried out."""
        token = os.environ.get(self.who_env, "").strip() if self.who_env else ""
        return token if len(token) >= SHORTEST_TOKEN else None

    @property
    def contact_key(self) -> str | None:
        """Return the key phones and e-mails are hashed with, from the environment; None where there is none."""
        return (os.environ.get(self.contact_key_env) or None) if self.contact_key_env else None

    @property
    def days(self) -> tuple[timedelta, ...]:
        """After which times it is looked whether the customer came back, the shortest first."""
        return tuple(timedelta(days=one) for one in sorted(set(self.win_back)))


class StaffSettings(Table):
    """Somebody, or a branch, whom customers praise by name. Only who stands here is looked for."""

    name: Name
    variants: tuple[Name, ...] = ()  # other spellings, nicknames
    unit: Name | None = None
    brand: Name | None = None  # none: of every own brand
    branch: StrictBool = False
