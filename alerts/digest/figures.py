"""How a digest writes figures: one way for all forms, so that none says another number. Pure.

No percentage stands on fewer than ``LEAST`` posts, a reach is a range of two figures, a difference that may be chance is called none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from alerts.digest.nouns import Section, Tally
from alerts.digest.weigh import LEAST, Contrast
from alerts.wording.text import clip, isolate, rounded, shown_length, span_in_words
from listener.calendar import DAYS, GREGORIAN_MONTHS, MONTHS, jalali, weekday
from listener.types import Reach
from listener.words import Language, catalogue, digits, number, say

HOUR = timedelta(hours=1)
NAME = 60  # characters of a brand, topic or person


def headed(title: str, length: int) -> str:
    """Return an alert's title with the isolates in it: without them the figures after a Persian brand change sides in an English line."""
    return title if shown_length(title) <= length else clip(title, length)


@dataclass(frozen=True, slots=True)
class Figures:
    language: Language
    zone: tzinfo = UTC

    def say(self, key: str, **values: object) -> str:
        return say(f"digest.{key}", self.language, **values)

    def known(self, key: str) -> bool:
        return f"digest.{key}" in catalogue()

    def section(self, name: str, **more: Any) -> Section:
        """Return a section of a name that the catalogue has a title for; it is numbered when the digest is built."""
        return Section(0, name, self.say(f"section.{name}"), **more)

    def aspect(self, id: str, names: Mapping[str, Mapping[str, str]]) -> str:
        """Return what an aspect or a root cause is called: by the catalogue, by the house, or as it stands in the configuration."""
        called = names.get(id, {}).get(self.language)
        return isolate(clip(called, NAME)) if called else self.say(f"aspect.{id}") if self.known(f"aspect.{id}") else isolate(clip(id, NAME))

    def head(self, words: str) -> str:
        """Return words as the head of a column or line: English begins one with a capital."""
        return words[:1].upper() + words[1:]

    def count(self, value: int) -> str:
        return number(value, self.language)

    def percent(self, share: float) -> str:
        """Return a share 0..1 in per cent: whole from ten on, with one decimal below; never all or nothing where it is not."""
        return self.say("percent", n=self._per_cent(share))

    def _per_cent(self, share: float) -> str:
        value = round(share * 100, 1)
        if value < 10 and value != int(value):
            return number(value, self.language)
        whole = round(share * 100)
        return number(99 if whole == 100 and share < 0.9995 else whole, self.language)

    def share(self, value: float, low: float, high: float) -> str:
        """Return a share with its interval: ``14 % (12–17)``."""
        return self.say("share", n=self._per_cent(value), low=self._per_cent(low), high=self._per_cent(high))

    def negative(self, one: Tally) -> str:
        """Return the share of negative posts with its interval; an empty string where there are too few for one."""
        return "" if one.share is None else self.share(one.share.value, one.share.low, one.share.high)

    def counted(self, one: Tally) -> str:
        """Return how many posts the model called negative, of how many: what the corrected share differs from."""
        return self.say("counted", n=one.negative, of=self.count(one.scored), share=self.percent(one.negative / one.scored))

    def reach(self, reach: Reach) -> str:
        return self.say("reach", low=rounded(reach.low), mid=rounded(reach.mid), high=rounded(reach.high))

    def change(self, found: Contrast | None) -> str:
        """Return how a count changed; an empty string where it cannot be compared."""
        if found is None:
            return ""
        if found.before < LEAST:
            return self.say("from", before=found.before)
        if found.percent is None or found.interval is None:
            return ""
        if not found.real:
            return self.say("chance", before=found.before)
        low, high = sorted(abs(bound) for bound in found.interval)
        key = "more" if found.percent > 0 else "fewer"
        return self.say(key, n=self._per_cent(abs(found.percent)), low=self._per_cent(low), high=self._per_cent(high), before=found.before)

    def points(self, difference: float) -> str:
        """Return a difference of two shares in percentage points, without its sign."""
        return number(round(abs(difference) * 100, 1), self.language)

    def hours(self, span: timedelta) -> str:
        return self.say("hours", n=max(1, round(span / HOUR)))

    def span(self, span: timedelta) -> str:
        return span_in_words(span, self.language)

    def day(self, instant: datetime) -> str:
        """Return day of the week, day and month in the language's own calendar."""
        return self.date(instant.astimezone(self.zone))

    def date(self, day: datetime) -> str:
        name = DAYS[self.language][weekday(day)]
        if self.language == "en":
            return f"{name} {day.day} {GREGORIAN_MONTHS['en'][day.month - 1]}"
        its = jalali(day)
        return digits(f"{name} {its.day} {MONTHS['fa'][its.month - 1]}", "fa")

    def when(self, instant: datetime) -> str:
        local = instant.astimezone(self.zone)
        return self.say("when", day=self.date(local), clock=digits(f"{local:%H:%M}", self.language))

    def tick(self, day: datetime) -> str:
        """Return a day as short as an axis has room for."""
        name = DAYS[self.language][weekday(day)]
        return digits(f"{name[:3] if self.language == 'en' else name} {day.day if self.language == 'en' else jalali(day).day}", self.language)
