"""When cases are worked on: the tables of ``[hours]``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, time, tzinfo
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from config.sentences import shown
from config.table import DAYS, Table, read_day
from listener.calendar import Hours, Season, Spell

_SPELL = re.compile(r"([01]?\d|2[0-3]):([0-5]\d) ?[-–] ?(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)")


def _spell(text: object) -> object:
    if isinstance(text, str) and (found := _SPELL.fullmatch(text.strip())):
        start, end = time(int(found[1]), int(found[2])), time(int(found[3] or 0), int(found[4] or 0))
        if start == end and end != time(0):
            raise ValueError(f"{shown(text)} ends when it starts; write \"00:00-24:00\" for the whole day")
        return start, end
    if isinstance(text, (list, tuple)) and len(text) == 2:  # as settings made in memory are handed to the board
        return tuple(text)
    raise ValueError(f"{shown(text)} is not a span of the day; write \"09:00-17:00\"")


def _whole_day(text: object) -> object:
    day = text if type(text) is date else read_day(text) if isinstance(text, str) else None
    if day is None:
        raise ValueError(f"{shown(text)} is not a day; write \"2027-02-09\" or \"1405-11-20\"")
    return day


def _apart(spells: tuple[Spell, ...]) -> tuple[Spell, ...]:
    ordered = sorted(spells)
    for (_, end), (start, _) in pairwise(ordered):
        if end > start or end == time(0):
            raise ValueError(f"two spans of one day overlap at {start:%H:%M}; keep them apart")
    return tuple(ordered)


Spells = Annotated[tuple[Annotated[Spell, BeforeValidator(_spell)], ...], Field(max_length=8)]
WholeDay = Annotated[date, BeforeValidator(_whole_day)]


class _Week(Table):
    """Hours of a week: ``open`` is those of every day that has none of its own and is not at the weekend."""

    open: Spells = ()
    saturday: Spells | None = None
    sunday: Spells | None = None
    monday: Spells | None = None
    tuesday: Spells | None = None
    wednesday: Spells | None = None
    thursday: Spells | None = None
    friday: Spells | None = None

    @model_validator(mode="after")
    def _spells_apart(self) -> Self:
        for name in ("open", *DAYS):
            _apart(getattr(self, name) or ())
        return self

    def week(self, weekend: Collection[int]) -> Mapping[int, tuple[Spell, ...]]:
        """Return the spells of each day of the week, as ``calendar.weekday`` counts them."""
        own = {number: getattr(self, name) for number, name in enumerate(DAYS)}
        usual = {number: () if number in weekend else self.open for number in own}
        return {number: _apart(usual[number] if spells is None else spells) for number, spells in own.items()}


class SeasonSettings(_Week):
    """Other hours from one day to another, both included. What it does not name is as ever."""

    name: str = ""
    first: WholeDay
    last: WholeDay

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("the season's last day is before its first; exchange the two")
        return self


class HoursSettings(_Week):
    """When cases are worked on. The weekend and the holidays are those of ``[paging]``; a day named here works all the same."""

    seasons: tuple[SeasonSettings, ...] = ()

    @model_validator(mode="after")
    def _some_day_works(self) -> Self:
        if not any(getattr(self, name) for name in ("open", *DAYS)):
            raise ValueError("no day has hours; write open = [\"09:00-17:00\"]")
        return self

    def clock(self, weekend: Collection[int], holidays: Collection[date], zone: tzinfo) -> Hours:
        """Return the clock that counts these hours."""
        seasons = tuple(Season(one.first, one.last, self._laid_over(one).week(weekend), one.name) for one in self.seasons)
        return Hours(self.week(weekend), zone, seasons, holidays)

    def _laid_over(self, season: SeasonSettings) -> _Week:
        """Return the usual hours with those of a season on top, key by key: half a Thursday stays one unless it says otherwise."""
        names = ("open", *DAYS)
        return _Week.model_construct(**{name: getattr(season if name in season.model_fields_set else self, name) for name in names})
