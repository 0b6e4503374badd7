"""How the board writes: words, figures, times and ranges in one language, one time zone, as of one instant. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.wording.text import about_span
from listener.calendar import GREGORIAN_MONTHS, MONTHS, format_date, jalali
from listener.text import printable
from listener.types import Precision, Reach
from listener.words import Language, catalogue, digits, number, say

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


@dataclass(frozen=True, slots=True)
class Pen:
    language: Language
    zone: ZoneInfo
    at: datetime  # now, for "3 hours ago"

    @property
    def direction(self) -> str:
        return "rtl" if self.language == "fa" else "ltr"

    def say(self, key: str, **values: object) -> str:
        """Return the board's sentence for ``key`` (without its room)."""
        return say(f"board.{key}", self.language, **values)

    def known(self, key: str, otherwise: str) -> str:
        """Return the sentence for ``key`` where there is one; kinds that plugins bring have no word of ours."""
        return self.say(key) if f"board.{key}" in catalogue() else printable(otherwise)

    def number(self, value: float, *, decimals: int = 0) -> str:
        return number(round(value) if decimals == 0 else value, self.language, decimals=decimals)

    def about(self, value: float) -> str:
        """Return a figure that was estimated, with no more than two of its digits: 12,345 is a claim, 12,000 an estimate."""
        if value < 100:
            return self.number(value)
        scale = 10 ** (len(str(round(value))) - 2)
        return self.number(round(value / scale) * scale)

    def percent(self, share: float) -> str:
        """Return a share 0..1 as whole percent; all but everything is never written as everything."""
        whole = round(share * 100)
        whole = 99 if whole == 100 and share < 0.9995 else 1 if whole == 0 and share > 0.0005 else whole
        return f"{self.number(whole)}{'٪' if self.language == 'fa' else '%'}"

    def digits(self, text: str) -> str:
        return digits(text, self.language)

    def reach(self, reach: Reach) -> str:
        """Return low–mid–high with the unit. The range stands in an order that reads right in both directions."""
        if reach.low == reach.mid == reach.high:
            return self.say("reach.one", mid=self.about(reach.mid))
        return self.say("reach.range", low=self.about(reach.low), mid=self.about(reach.mid), high=self.about(reach.high))

    def method(self, method: str) -> str:
        return self.say("and").join(self.known(f"method.{part}", part) for part in method.split("+"))

    def clock(self, instant: datetime) -> str:
        return self.digits(instant.astimezone(self.zone).strftime("%H:%M"))

    def day(self, instant: datetime) -> str:
        """Return day and month in the language's own calendar."""
        local = instant.astimezone(self.zone)
        if self.language == "en":
            return f"{local.day} {GREGORIAN_MONTHS['en'][local.month - 1][:3]}"
        its = jalali(local.date())
        return self.digits(f"{its.day} {MONTHS['fa'][its.month - 1]}")

    def when(self, instant: datetime, precision: Precision = Precision.MINUTE) -> str:
        """Return a short time: the hour today, else the day too, and the year where it is another."""
        local, here = instant.astimezone(self.zone), self.at.astimezone(self.zone)
        if precision is Precision.DAY:
            return self._dated(instant)
        if local.date() == here.date():
            return self.clock(instant)
        return self.say("day_at", day=self._dated(instant), clock=self.clock(instant))

    def _dated(self, instant: datetime) -> str:
        local, here = instant.astimezone(self.zone), self.at.astimezone(self.zone)
        years = (local.year, here.year) if self.language == "en" else (jalali(local.date()).year, jalali(here.date()).year)
        return self.day(instant) if years[0] == years[1] else f"{self.day(instant)} {self.digits(str(years[0]))}"

    def full(self, instant: datetime, precision: Precision = Precision.MINUTE) -> str:
        """Return the whole date in both calendars with the hour."""
        return format_date(instant, self.language, self.zone, precision)

    def span(self, span: timedelta) -> str:
        """Return a duration by its largest unit that fits about twice, rounded, so that no figure pretends to be exact."""
        seconds = max(0, int(span.total_seconds()))
        for unit, size in _UNITS:
            if seconds >= 1.9 * size:
                return self.say(f"span.{unit}", n=round(seconds / size))
        return self.say("span.m", n=1) if seconds >= 60 else self.say("span.s")

    def pace(self, span: timedelta) -> str:
        """Return a time that was estimated, as messages write it too: doubling, halving."""
        return about_span(span, self.language)

    def every(self, pace: timedelta) -> str:
        """Return the time between two readings, exact also where it is short: "every 30 s"."""
        seconds = int(pace.total_seconds())
        return self.span(pace) if seconds >= 60 else self.say("span.seconds", n=seconds)

    def ago(self, instant: datetime) -> str:
        gone = self.at - instant
        if gone < timedelta(minutes=1):
            return self.say("just_now") if gone > -timedelta(minutes=5) else self.when(instant)
        return self.say("ago", span=self.span(gone))


