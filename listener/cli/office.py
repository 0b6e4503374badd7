"""Working hours as ``goosh check`` tells them: by them every due time of a case is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.calendar import Spell
    from listener.words import Language

YEAR = 400  # days in which the next holiday is looked for


def lines(settings: Settings, at: datetime, language: Language) -> list[str]:
    """Return the hours of the week, those of the seasons to come, whether it is open now, and the next holiday on a working day."""
    from listener.calendar import format_date, format_day
    from listener.words import say

    hours, today = settings.working_hours, at.astimezone(settings.zone).date()
    told = [say("cli.hours.week", language, hours=week(hours.week, language))]
    told += [say("cli.hours.season", language, name=one.name or "–", first=format_day(one.first, language), last=format_day(one.last, language),
                 hours=week(one.week, language)) for one in hours.seasons if one.last >= today]
    told.append(say("cli.hours.open", language) if hours.open_at(at) else say("cli.hours.shut", language, when=format_date(hours.next_open(at), language, settings.zone)))
    holiday = _next(settings, today)
    if holiday is not None:
        told.append(say("cli.hours.holiday", language, day=format_day(holiday, language), name=settings.holidays.name(holiday, language) or "–"))
    return told


def as_json(settings: Settings, at: datetime) -> dict[str, Any]:
    """Return the same for programs; days of the week by their English names."""
    from listener.calendar import DAYS

    hours, today = settings.working_hours, at.astimezone(settings.zone).date()
    holiday = _next(settings, today)

    def table(found: Mapping[int, Sequence[Spell]]) -> dict[str, list[str]]:
        return {name.lower(): [_spell(one) for one in found.get(number, ())] for number, name in enumerate(DAYS["en"])}

    return {"week": table(hours.week), "open_now": hours.open_at(at), "next_open": hours.next_open(at).isoformat(),
            "seasons": [{"name": one.name, "first": one.first.isoformat(), "last": one.last.isoformat(), "week": table(one.week)} for one in hours.seasons],
            "next_holiday": None if holiday is None else {"day": holiday.isoformat(), "name": settings.holidays.name(holiday, "en")}}


def week(found: Mapping[int, Sequence[Spell]], language: Language) -> str:
    """Return the hours of a week; days with the same hours one after the other stand together.

    >>> week({day: ((time(9), time(17)),) for day in range(5)}, "en")
    'Saturday–Wednesday 09:00–17:00 · Thursday–Friday closed'
    """
    from listener.calendar import DAYS
    from listener.words import digits, say

    runs: list[tuple[int, int, tuple[Spell, ...]]] = []
    for day in range(7):
        spells = tuple(found.get(day, ()))
        if runs and runs[-1][2] == spells:
            runs[-1] = (runs[-1][0], day, spells)
        else:
            runs.append((day, day, spells))
    told = []
    for first, last, spells in runs:
        names = DAYS[language][first] if first == last else say("cli.hours.days", language, first=DAYS[language][first], last=DAYS[language][last])
        told.append(f"{names} {('، ' if language == 'fa' else ', ').join(digits(_spell(one), language) for one in spells) or say('cli.hours.closed', language)}")
    return " · ".join(told)


def _spell(one: Spell) -> str:
    start, end = one
    return f"{start:%H:%M}–{'24:00' if end == time(0) else f'{end:%H:%M}'}"


def _next(settings: Settings, today: date) -> date | None:
    """Return the next holiday on a day that would be worked on."""
    from dataclasses import replace

    usual = replace(settings.working_hours, holidays=frozenset())
    ahead = (today + timedelta(days=number) for number in range(YEAR))
    return next((day for day in ahead if day in settings.holidays.days and usual.works_on(day)), None)
