"""The part of ``goosh check`` about people: who would be called now, when they are left in peace, and what is wrong with the plan."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from listener.cli.terminal import jsonable, local, put_table, voice

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.words import Language

AHEAD = 45  # days in which holidays are named


def as_json(settings: Settings, at: datetime) -> dict[str, Any]:
    """Return all of it for programs; instants in UTC."""
    from dataclasses import asdict

    from listener.app import roster

    said = settings.paging
    return {**jsonable(asdict(roster(settings, at))),
            "hours": {"day": _clock(said.day), "day_off": _clock(said.day_off) if said.day_off else None, "quiet_days_off": said.quiet_days_off},
            "weekend": list(said.weekend),
            "escalate_seconds": {"P1": said.escalate_P1.total_seconds(), "P2": said.escalate_P2.total_seconds()},
            "holidays": [{"day": day.isoformat(), "name": settings.holidays.name(day, voice(settings))} for day in _ahead(settings, at)]}


def show(settings: Settings, at: datetime) -> bool:
    """Print it as a table of one line each; what nobody set up has none. Return whether the plan has no hole."""
    from alerts.wording import span_in_words
    from listener.app import roster
    from listener.words import digits, say

    language, found, said = voice(settings), roster(settings, at), settings.paging

    def names(some: tuple[str, ...]) -> str:
        return say("duty.comma", language).join(some)

    def line(key: str, **values: object) -> str:
        return say(f"duty.{key}", language, **values)

    rows: list[tuple[str, str]] = []
    if settings.rota:
        rows.append((line("now"), names(found.on_duty) or line("hole", who=found.first or line("nobody"))))
        if found.handover_at is not None:
            rows.append((line("next"), line("next.at", who=names(found.next_on_duty) or line("nobody"), at=local(found.handover_at, settings) or "")))
    elif found.first is not None:
        rows.append((line("now"), line("no_rota", who=found.first)))
    if settings.people:
        rows.append((line("leads"), names(found.leads) or line("no_leads")))
        rows.append((line("patience"), line("patience.spans", p1=span_in_words(said.escalate_P1, language), p2=span_in_words(said.escalate_P2, language))))
    rows.append((line("team"), names(found.team) or line("no_team")))
    rows.append((line("quiet"), _peace(settings, language)))
    if found.quiet_until is not None:
        rows.append((line("peace"), line("peace.until", at=local(found.quiet_until, settings) or "")))
    rows.append((line("holidays"), _holidays(settings, at, language) or line("no_holidays", days=AHEAD)))
    rows += [(line("night"), line("night.only", name=name, start=digits(f"{span[0]:%H:%M}", language), end=digits(f"{span[1]:%H:%M}", language)))
             for name, span in (("day", said.day), ("day_off", said.day_off)) if span is not None and span[0] > span[1]]
    holes = [(line(key), names(some)) for key, some in (
        ("without_receiver", found.without_receiver), ("never_called", found.never_called), ("unused", found.unused)) if some]
    put_table((line("title"), ""), [*rows, *holes])
    return not holes


def _peace(settings: Settings, language: Language) -> str:
    """Return when P2 and P3 wait, in words."""
    from config.settings import DAYS
    from listener.calendar import DAYS as NAMES
    from listener.words import digits, say

    said = settings.paging

    def span(pair: tuple[time, time]) -> str:
        return say("duty.span", language, start=digits(f"{pair[0]:%H:%M}", language), end=digits(f"{pair[1]:%H:%M}", language))

    by_day = say("duty.hours", language, span=span(said.day))
    off = say("duty.comma", language).join(NAMES[language][DAYS.index(day)] for day in said.weekend)
    if said.quiet_days_off:
        return say("duty.hours.rest", language, hours=by_day, days=off) if off else say("duty.hours.rest.holidays", language, hours=by_day)
    if said.day_off:
        return say("duty.hours.off", language, hours=by_day, span=span(said.day_off))
    return by_day


def _holidays(settings: Settings, at: datetime, language: Language) -> str:
    from listener.calendar import format_day
    from listener.words import say

    return say("duty.semicolon", language).join(
        say("duty.holiday", language, day=format_day(day, language), name=settings.holidays.name(day, language)) for day in _ahead(settings, at))


def _ahead(settings: Settings, at: datetime) -> list[date]:
    from alerts.roster import holidays_ahead

    return list(holidays_ahead(settings.holidays, at.astimezone(settings.zone).date(), AHEAD))


def _clock(pair: tuple[time, time]) -> list[str]:
    return [f"{each:%H:%M}" for each in pair]
