"""What the care loop has to say in a digest and at a change of shift."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.care import winback
from alerts.care.winback import Ended
from alerts.digest import care
from alerts.digest.figures import Figures
from alerts.digest.nouns import CareFacts, Line, Section
from alerts.wording import clip, isolate
from listener.calendar import Language
from listener.service.care_reports import ENDED, CareReports
from listener.service.cases import MOST_COUNTED, OPEN
from listener.service.digests import Digests
from listener.types.care import Case, Promise, PromiseState

MOST = 5_000


class CareDigests(Digests, CareReports):
    """Digests with the sections of care."""

    def care_facts(self, brand: str, since: datetime, until: datetime) -> CareFacts:
        """Return what happened to cases and promises in a span, as it is known now, and what stood overdue at its end."""
        at = min(self.now(), until)
        hours = self.settings.working_hours
        opened = self.store.cases(brands=[brand], opened_since=since, opened_until=until, limit=MOST)
        closed = self.store.cases(brands=[brand], states=ENDED, resolved_since=since, resolved_until=until, limit=MOST)
        waiting = [one for one in self.store.cases(brands=[brand], states=OPEN, limit=MOST_COUNTED) if one.opened_at < until]
        overdue = {one.case for one in self.store.deadlines(brand, since=at, until=at) if one.case is not None and one.ref.startswith("case:")}
        answered = {one.number: one for one in (*opened, *waiting, *closed) if one.answered_at is not None and since <= one.answered_at < until}
        due = self.store.promises(brands=[brand], due_since=since, due_until=until, limit=MOST)
        standing = self.store.promises(brands=[brand], states=(PromiseState.CONFIRMED,), due_until=at, limit=MOST)
        return CareFacts(
            len(opened), len(closed), len(waiting), sum(one.owner is None and one.unit is None for one in waiting), self._named(overdue, waiting),
            tuple(hours.between(self.turns_of(one)[-1].began_at, one.answered_at) for one in answered.values() if one.answered_at is not None),
            sum(one.state is PromiseState.KEPT for one in due), tuple(one for one in due if one.state is PromiseState.BROKEN),
            tuple(_oldest(standing)), self.store.apologies([brand], since=since, until=until), self._came_back(brand, since, until),
            self.praised(brand, since=since, until=until),
            tuple({one.number: one for one in (*opened, *closed) if one.remedy is not None}.values()))

    @staticmethod
    def _named(numbers: set[int], waiting: list[Case]) -> tuple[Case, ...]:
        return tuple(sorted((one for one in waiting if one.number in numbers), key=lambda one: (str(one.severity), one.due_at or one.opened_at, one.number)))

    def _came_back(self, brand: str, since: datetime, until: datetime) -> tuple[tuple[int, winback.Rate], ...]:
        """Return the outcomes of the cases whose thirty or ninety days ended in the span."""
        at, made = min(self.now(), until), []
        for span in self.settings.care.days:
            cases = self.store.cases(brands=[brand], states=ENDED, resolved_since=since - span, resolved_until=at - span, limit=MOST)
            ended = [Ended(one.resolved_at, self.said_since(one, author)) for one in cases if one.resolved_at is not None for author in self.customers_of(one)]
            made.append((span.days, winback.rate(ended, span, at)))
        return tuple(made)

    def handover_parts(self, until: datetime, language: Language) -> tuple[Section, ...]:
        """Return what is overdue now, and what falls due in the shift to come."""
        zone: ZoneInfo = self.zone
        figures = Figures(language, zone)
        late = [one for one in self.store.cases(brands=list(self.brands()), states=OPEN, due_before=self.now(), limit=MOST)]
        promised = self.store.promises(brands=list(self.brands()), states=(PromiseState.CONFIRMED,), limit=care.NAMED)
        lines = [Line(figures.say("care.overdue", n=len(late)), strong=True)] if late else []
        lines += [Line(figures.say("care.case", number=one.number, owner=care.holder(one, figures)), keys=one.mentions[:20])
                  for one in late[:care.NAMED]]
        lines += [Line(figures.say("care.promise", text=isolate(clip(one.text, care.QUOTE)), when=figures.when(one.due_at)), keys=(one.mention,) if one.mention else ())
                  for one in promised if one.due_at is not None]
        return (Section(0, "cases", figures.say("section.cases"), lines=tuple(lines)),) if lines else ()


def _oldest(promises: list[Promise]) -> list[Promise]:
    return sorted((one for one in promises if one.due_at is not None), key=lambda one: (one.due_at, one.id))
