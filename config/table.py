"""What every table of the file is made of: its base class, and the kinds of values that people write there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.secrets import DIRECT, is_variable, proxy_problem
from config.sentences import nearest, shown
from listener.calendar import gregorian

Language = Literal["fa", "en"]
Day = Literal["saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday"]
DAYS: tuple[str, ...] = get_args(Day)  # in the order of ``calendar.weekday``
Port = Annotated[int, Field(ge=1, le=65_535, strict=True)]


def _plain_name(text: object) -> object:
    """Names are printed, queried (``source:``) and put into URLs: one line, visible, not endless."""
    if not isinstance(text, str):
        return text
    stripped = text.strip()
    if not stripped:
        raise ValueError("a name is empty")
    if len(stripped) > 80:
        raise ValueError("a name is longer than 80 characters")
    if not any(c.isalnum() for c in stripped):
        raise ValueError(f"{shown(stripped)} holds no letter")
    if any(not c.isprintable() and c not in "\u200c\u200d" for c in stripped):  # ZWNJ and ZWJ belong into Persian names
        raise ValueError(f"{shown(stripped)} holds control characters")
    return stripped


def known_zone(text: object) -> object:
    if isinstance(text, str):
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"unknown time zone {shown(text)}; write an IANA name such as \"Asia/Tehran\""
                             f"{nearest(*_zone_like(text))}") from None
    return text


def _zone_like(text: str) -> tuple[str, Sequence[str]]:
    """Return what to look for the nearest zone of, and among which: people forget the continent or misspell the city."""
    import zoneinfo  # here: listing every zone reads a folder, and only a mistake needs it

    zones = sorted(zoneinfo.available_timezones())
    city = next((zone for zone in zones if zone.rpartition("/")[2].casefold() == text.strip().casefold()), None)
    return (city, [city]) if city else (text, [zone for zone in zones if zone[:2].casefold() == text[:2].casefold()])


def _network(text: object) -> object:
    try:
        ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a network; write an address or a range such as \"10.1.0.0/16\"") from None
    return text


def _time_of_day(text: object) -> object:
    """A bare number would be read as seconds after midnight, so only ``"09:00"`` and TOML's own times pass."""
    if isinstance(text, time) and text.tzinfo is None:
        return text
    if isinstance(text, str) and (parts := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?", text.strip())):
        return time(int(parts[1]), int(parts[2]))
    raise ValueError(f"{shown(text)} is not a time of day; write \"09:00\"")


_MOMENT = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}:\d{2}))?")
_JALALI_YEARS = range(1200, 1600)


def read_day(text: str) -> date | None:
    """Return the day that a text such as "2026-11-20" or "1405-08-29" names, in either calendar; None where it names none."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None or found[4]:
        return None
    year, month, day = (int(part) for part in found.groups()[:3])
    try:
        return gregorian(year, month, day) if year in _JALALI_YEARS else date(year, month, day)
    except ValueError:
        return None


def _moment(text: object) -> object:
    """A day, or a day and a time on the clocks of the file's zone; TOML's own dates and texts of both calendars pass."""
    if isinstance(text, (date, datetime)):
        return text
    if isinstance(text, str) and (found := _MOMENT.fullmatch(text.strip())):
        day, clock = read_day("-".join(found.groups()[:3])), found[4]
        if day is not None and clock is None:
            return day
        if day is not None:
            return datetime.combine(day, cast(time, _time_of_day(clock)))
    raise ValueError(f"{shown(text)} is not a day; write \"2026-11-20\", \"1405-08-29\" or \"1405-08-29 18:00\"")


def _two_times(pair: object) -> object:
    if isinstance(pair, (list, tuple)) and len(pair) == 2:
        return tuple(_time_of_day(each) for each in pair)
    raise ValueError(f"expected two times, as in [\"07:00\", \"23:00\"], found {shown(pair)}")


def _proxy(text: object) -> object:
    if not isinstance(text, str) or text == DIRECT:
        return text
    if "@" in text:
        raise ValueError("a user or password stands in the proxy's address; set the whole address in the environment, such as "
                         "GOOSH_PROXY=…, and write proxy_env = \"GOOSH_PROXY\" in place of proxy (and change the password if "
                         "others have seen this file)")
    if problem := proxy_problem(text):
        raise ValueError(f"the address {problem}")
    return text.strip()


def _variable(text: object) -> object:
    if isinstance(text, str) and not is_variable(text):
        raise ValueError("expected the name of an environment variable, this looks like the address itself; set it in the "
                         "environment, such as GOOSH_PROXY=…, and write proxy_env = \"GOOSH_PROXY\"")
    return text


Name = Annotated[str, BeforeValidator(_plain_name)]
Proxy = Annotated[str, BeforeValidator(_proxy)]
Variable = Annotated[str, BeforeValidator(_variable)]
Clock = Annotated[time, BeforeValidator(_time_of_day)]
Hours = Annotated[tuple[time, time], BeforeValidator(_two_times)]
Network = Annotated[str, BeforeValidator(_network)]
Moment = Annotated[Any, BeforeValidator(_moment)]  # a date, or a datetime; naive ones are local time of the file's zone


class Table(BaseModel):
    """A table of the file: unknown keys are mistakes, and nobody changes it after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")
