"""What came of care: who came back, who is praised, how cases were handled, what people rate beside what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.care import performance, recognition, winback
from alerts.care.performance import Handled, Kept, Performance, Turn
from alerts.care.recognition import Heard, Honoured, Praise, Roster
from alerts.care.winback import Ended, Rate, Word
from alerts.digest.periods import Period
from listener.calendar import JalaliWeek, Language, format_day, jalali_week
from listener.service.cases import customer_of
from listener.service.door import DAY, Door
from listener.types import Label, ScoredMention
from listener.types.care import Case, CaseState, PromiseState

ENDED = (CaseState.RESOLVED, CaseState.WON_BACK, CaseState.LOST, CaseState.SILENT)
MOST_CASES = 5_000
MOST_SAID = 200  # of a customer after the end
MOST_PRAISES = 20_000  # positive mentions of a month that are looked through, newest first
AGREES = {Label.NEGATIVE: (0.0, 0.5), Label.NEUTRAL: (0.3, 0.7), Label.POSITIVE: (0.5, 1.0)}
"""Ratings (0..1) that say the same as a label; both of two neighbours may."""
SURE = 20  # rated mentions of which a share is told


@dataclass(frozen=True, slots=True)
class WinBackView:
    """Whether customers came back within ``span`` after their case ended, among those whose span is over; without a customer nothing can be said."""

    span: timedelta
    rate: Rate
    by_remedy: Mapping[str | None, Rate]
    by_cause: Mapping[str | None, Rate]
    unknown: int  # ended cases of nobody in particular


@dataclass(frozen=True, slots=True)
class RatedWeek:
    """What people rated in one Jalali week (mean, 0..1) beside what they wrote: the share of negative ones among all that is scored."""

    week: JalaliWeek
    rated: int
    rating: float | None
    scored: int
    negative: int


@dataclass(frozen=True, slots=True)
class RatingsView:
    """Surveys and reviews against words. ``agree`` of ``both`` mentions that are rated and surely labelled say the same in both."""

    weeks: tuple[RatedWeek, ...]
    both: int
    agree: int


class CareReports(Door):
    """What came of care, asked about."""

    def said_since(self, case: Case, author: str) -> tuple[Word, ...]:
        """Return what an author ("kind:id") said of the brand since a case of theirs ended."""
        if case.resolved_at is None:
            return ()
        found = self.store.mentions(brand=case.brand, author=author, since=case.resolved_at, limit=MOST_SAID).items
        return tuple(Word(one.mention.published_at, None if one.score is None or one.score.unsure else one.score.label)
                     for one in found if customer_of(one) == author and not one.mention.ours)

    def customers_of(self, case: Case) -> Sequence[str]:
        """Return whom a case was of: its customer, or of a matter of several people each of them that is known."""
        if not case.shared:
            return [case.author] if case.author is not None else []
        posts = self.store.by_keys(case.mentions, case.brand)
        return list(dict.fromkeys(name for one in posts if not one.mention.ours and (name := customer_of(one)) is not None))

    def win_back(self, brand: str | None = None, *, days: int = 30, ended_since: datetime | None = None) -> WinBackView:
        """Return who came back within ``days`` after the end; without ``ended_since`` of the cases of the last year. Each person of a
        matter of several counts for themselves.
        """
        at, span = self.now(), timedelta(days=days)
        cases = self.store.cases(brands=[brand] if brand else list(self.brands()), states=ENDED, resolved_since=ended_since or at - 365 * DAY,
                                 resolved_until=at - span, limit=MOST_CASES)
        whose = [(one, self.customers_of(one)) for one in cases]
        ended = [Ended(one.resolved_at or at, self.said_since(one, author), one.remedy.value if one.remedy else None, one.cause)
                 for one, authors in whose for author in authors]
        return WinBackView(span, winback.rate(ended, span, at), winback.rates(ended, lambda one: one.remedy, span, at),
                           winback.rates(ended, lambda one: one.cause, span, at), sum(not authors for _, authors in whose))

    def praised(self, brand: str | None = None, *, since: datetime, until: datetime) -> tuple[Praise, ...]:
        """Return which of the people and branches of ``[[staff]]`` customers praised, the most praised first."""
        made: list[Praise] = []
        for name in [brand] if brand else self.brands():
            roster = Roster([Honoured(one.name, one.variants, "branch" if one.branch else "person", one.unit, agreed=True)
                             for one in self.settings.staff if one.brand in (None, name)])
            if self.settings.staff:
                made += recognition.praises((self._heard(one) for one in self._positive(name, since, until)), roster)
        return tuple(made)

    def recognition_letter(self, brand: str, month: Period, language: Language) -> str:
        """Return the month's mail of recognition; a person reads it before it goes out."""
        zone = self.settings.zone_of(brand)
        since, until = month.span(zone)
        return recognition.letter(self.praised(brand, since=since, until=until), brand=brand, month=month.written(language, zone), language=language,
                                  when=lambda at: format_day(at.astimezone(zone).date(), language))

    def _positive(self, brand: str, since: datetime, until: datetime) -> Iterable[ScoredMention]:
        page, seen = self.store.mentions(brand=brand, label=Label.POSITIVE, since=since, until=until, limit=500), 0
        while True:
            yield from (one for one in page.items if not one.mention.ours)
            seen += len(page.items)
            if page.next is None or seen >= MOST_PRAISES:
                return
            page = self.store.mentions(brand=brand, label=Label.POSITIVE, since=since, until=until, limit=500, before=page.next)

    @staticmethod
    def _heard(one: ScoredMention) -> Heard:
        return Heard(one.mention.key, one.mention.full_text, one.mention.published_at, one.score, customer_of(one))

    def turns_of(self, case: Case) -> tuple[Turn, ...]:
        """Return what a customer waited for an answer from: the opening of a case and each of its reopenings, with the first answer after it."""
        return performance.turns(case.opened_at, self.store.case_events(case.number)) if case.reopened else (Turn(case.opened_at, case.answered_at),)

    def handled(self, brand: str | None = None, *, since: datetime, until: datetime) -> tuple[Sequence[Performance], Sequence[Performance]]:
        """Return how cases opened in the span were handled, by owner and by unit."""
        cases = self.store.cases(brands=[brand] if brand else list(self.brands()), opened_since=since, opened_until=until, limit=MOST_CASES)
        known = {one.number: one for one in cases}
        told = [Handled(one.opened_at, self.turns_of(one), one.resolved_at, one.reopened, one.owner, one.unit) for one in cases]
        settled = self.store.promises(brands=[brand] if brand else list(self.brands()), states=(PromiseState.KEPT, PromiseState.BROKEN),
                                      due_since=since, due_until=until, limit=MOST_CASES)
        kept = [Kept(one.state is PromiseState.KEPT, case.owner if case else one.confirmed_by, case.unit if case else None)
                for one in settled for case in [None if one.case is None else known.get(one.case) or self.store.case(one.case)]]
        hours = self.settings.working_hours
        return performance.by_owner(told, kept, hours), performance.by_unit(told, kept, hours)

    def ratings(self, brand: str, *, weeks: int = 8) -> RatingsView:
        """Return what people rated, week by week, beside what they wrote, and how often both say the same."""
        at = self.now()
        first = jalali_week((at - timedelta(weeks=weeks - 1)).astimezone(self.zone).date()).start
        since = datetime(first.year, first.month, first.day, tzinfo=self.zone)
        rated = self.store.ratings(brand, since=since, until=at)
        by_week: dict[JalaliWeek, list[float]] = {}
        both = agree = 0
        for published_at, rating, label, unsure in rated:
            by_week.setdefault(jalali_week(published_at.astimezone(self.zone).date()), []).append(rating)
            if label is not None and not unsure:
                both += 1
                agree += AGREES[label][0] <= rating <= AGREES[label][1]
        counted: dict[JalaliWeek, list[int]] = {}
        for row in self.store.hourly(brand, since=since, until=at):
            week = counted.setdefault(jalali_week(row.hour.astimezone(self.zone).date()), [0, 0])
            if row.label != "unscored":
                week[0] += row.mentions
                week[1] += row.mentions if row.label == Label.NEGATIVE else 0
        made = [RatedWeek(week, len(some := by_week.get(week, [])), sum(some) / len(some) if some else None, *counted.get(week, [0, 0]))
                for week in sorted({*by_week, *counted}, key=lambda one: one.start)]
        return RatingsView(tuple(made), both, agree)
