"""What complaints of the last week say that those of the weeks before did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.topics import Phrase, telling
from listener.service.door import DAY, Door
from listener.words import Language

SPAN, BEFORE = 7 * DAY, 21 * DAY
SAMPLED = 400  # complaints of each span that are read, taken evenly from all
SHOWN = 10  # phrases of a language


@dataclass(frozen=True, slots=True)
class PhrasesView:
    """Telling phrases by the language they are written in, and how many complaints were read for it, copies of a text as one."""

    phrases: Mapping[Language, tuple[Phrase, ...]]
    now: Mapping[Language, int]
    before: Mapping[Language, int]
    whole: bool  # every complaint was read; else a sample taken evenly from all


class Phrases(Door):
    """What complaints say."""

    def phrases(self, brand: str | None = None) -> PhrasesView:
        """Return the telling phrases of complaints of the last seven days against the three weeks before.

        Without a brand: of all our own ones together. Reads at most ``SAMPLED`` complaints of each span, whatever is stored.
        """
        names = [brand] if brand else list(self.brands())
        until = self.now()
        now, all_now = self._texts(names, until - SPAN, until)
        before, all_before = self._texts(names, until - SPAN - BEFORE, until - SPAN)
        ours = [word for one in self.settings.brands if one.name in names for word in (one.name, *one.aliases)]
        languages: tuple[Language, ...] = ("fa", "en")
        found = {one: telling(now[one], before[one], ours, most=SHOWN) for one in languages}
        return PhrasesView(found, {one: len(now[one]) for one in languages}, {one: len(before[one]) for one in languages}, all_now and all_before)

    def _texts(self, names: list[str], since: datetime, until: datetime) -> tuple[dict[Language, list[str]], bool]:
        said: dict[Language, dict[str, str]] = {"fa": {}, "en": {}}
        whole = True
        for name in names:
            rows, these_all = self.store.texts_sampled(name, since=since, until=until, most=SAMPLED // len(names))
            whole = whole and these_all
            for place, one in enumerate(rows):
                tongue: Language | None = "fa" if one.language == "fa" else "en" if one.language == "en" else None
                if tongue is not None:
                    said[tongue].setdefault(one.story or f"{name} {place}", one.text)
        return {language: list(texts.values()) for language, texts in said.items()}, whole

