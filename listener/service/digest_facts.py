"""What a digest is made from, gathered from the counts: nothing here reads a brand's mentions one by one but where few are quoted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from alerts import evidence, precision, wording
from alerts import reach as reach_of
from alerts.digest.care import commonest
from alerts.digest.handover import changes
from alerts.digest.nouns import (
    OTHER,
    CareFacts,
    Changed,
    Day,
    Doubted,
    Effort,
    Estimate,
    Facts,
    Fired,
    Missed,
    Said,
    Section,
    Shift,
    Subject,
    Tally,
    Treated,
    Unseen,
    Voice,
)
from alerts.digest.periods import Every, Period, day_of, midnight
from alerts.digest.praise import plainest
from alerts.digest.weigh import OBSERVED
from alerts.rota import Duty, on_duty
from config.settings import DAYS
from listener.calendar import Language
from listener.errors import Refusal
from listener.service.alerts import MOST_VERDICTS
from listener.service.coverage import Seen, by_source, segments
from listener.service.door import DAY, HOUR
from listener.service.sources import Sources, pending_span
from listener.storage import Count
from listener.types import Alert, AlertState, CoverageState, Decision, Label, MentionKey, Reach, Reason, ScoredMention
from listener.types.care import Case
from sentiment.prevalence import negative_share

MOST_READ = 20_000  # complaints whose reach is counted by account; above, posts are summed
MOST_ASPECTS = 5_000  # newest complaints that the quotes of aspects are chosen from
TOPICS = 12  # looked at, most complaints first
QUOTED = 5  # aspects or topics with a quote
TOPIC_POSTS = 50  # newest posts of a topic that its quote is chosen from
CASE_POSTS = 20  # posts of a case that say what it is about
PRAISED = 300  # newest praising posts that the quotes are chosen from
PRAISE = 3
USUAL = {Every.WEEK: 4, Every.MONTH: 2, Every.DAY: 0}  # spans before from which the usual swing is taken
USUAL_DAYS = 28  # the same for a day
PLATFORMS = ("instagram", "telegram", "x", "youtube", "eitaa", "aparat")  # where most people talk in public; who reads none of one should know
LABELS = ("negative", "neutral", "positive")
MISSED = "missed: "
RULES_CHANGED = ("enable rule", "disable rule", "demote rule", "rule as configured", "promote rule")
MOST_OPEN = 200
LEAST_UNSEEN = HOUR


class DigestFacts(Sources):
    """The readings behind a digest."""

    def care_facts(self, brand: str, since: datetime, until: datetime) -> CareFacts | None:
        """Return what became of cases and promises; None where nobody keeps any. Care overrides it."""
        return None

    def handover_parts(self, until: datetime, language: Language) -> tuple[Section, ...]:
        """Return what others have to say in a hand-over note: what was promised, whose turn it is. Others override it."""
        return ()

    def digest_facts(self, brand: str, period: Period, language: Language) -> Facts:
        """Return what is known of a brand in a period, as of now. Raises: ValueError for a brand that is none of ours."""
        self._own(brand)
        at, zone = self.now(), self.settings.zone_of(brand)
        since, until = period.span(zone)
        last = period.before()
        begin, end = last.span(zone)
        now, before = self._tally(brand, period, zone, at), self._tally(brand, last, zone, at)
        past = self._past_days(brand, period, zone, at)
        ago = period.year_before()
        year = None if ago is None else self._tally(brand, ago, zone, at)
        care = self.care_facts(brand, since, until)
        ended, listed = care.treated if care else (), before.seen >= OBSERVED
        fired = self._fired(brand, since, until, language, zone)
        known = before if before.seen > 0 or before.mentions else None
        return Facts(
            brand=brand, period=period, made_at=at, now=now, before=known, year=year if year is not None and year.seen >= OBSERVED else None,
            past=past, voices=self._voices(brand, (begin, end), (since, until), min(now.seen, before.seen)),
            subjects=self._by_aspect(brand, (begin, end), (since, until), ended, listed=listed),
            emerging=self._by_topic(brand, (begin, end), (since, until), ended, listed=listed),
            alerts=fired,
            missed=tuple(Missed(e.at, e.who, e.what.removeprefix(MISSED)) for e in self.store.events_between(since, until, begins=(MISSED,))
                         if e.subject == brand),
            silences=tuple(s for s in self.store.silences(at) if s.subject in ("*", brand) or s.subject in self._read_in(brand)),
            praise=tuple(self._said(one) for one in plainest(self.store.mentions(brand=brand, label=Label.POSITIVE, since=since, until=until,
                                                                                 limit=PRAISED).items, PRAISE)),
            campaigns=self._efforts(brand, since, until, at), decisions=self.decisions(brand, period), unseen=self._unseen(brand, since, until, at),
            changed=self._changed(brand, period, zone), sources=len(self._read_in(brand)), imported=self._imported(brand, since, until),
            peers=tuple(one.name for one in self.settings.brands if one.peer), unread=self._unread(brand),
            care=care, doubted=self._doubted(fired), names={one.name: one.names() for one in self.settings.aspects}, board=self.settings.board.link)

    def shift_facts(self, period: Period, language: Language) -> Shift:
        """Return how things stand at a change of shift."""
        at, zone = self.now(), self.zone
        when, _ = period.span(zone)
        begun = max(changes(self._rota(), when - 7 * DAY, when - timedelta(minutes=1), zone), default=when - DAY)
        fired = [one for one in self.store.alerts_between(begun, when, [*self.brands(own=False), *(s.name for s in self.settings.sources)])
                 if one.state is not AlertState.CANDIDATE]
        stand = [one for one in self.store.alerts(open_only=True, limit=MOST_OPEN) if one.state is not AlertState.CANDIDATE]
        stand.sort(key=lambda one: (str(one.severity), one.fired_at))
        down = [Unseen(view.name, at - (view.failing_since or view.suspect_since or at), timedelta(0), view.error, True)
                for view in self.sources() if view.configured and (view.failing_since or view.suspect_since)]
        return Shift(period, at, tuple(on_duty(self._rota(), when - timedelta(seconds=1), zone)), tuple(on_duty(self._rota(), when, zone)),
                     tuple(Fired(one, self._title(one, language, zone)) for one in stand), len(fired),
                     sum(one.fingerprint in {two.fingerprint for two in stand} for one in fired), tuple(self.store.silences(at)),
                     tuple(down), self.handover_parts(at, language), self.settings.board.link)

    def decisions(self, brand: str, period: Period) -> tuple[Decision, ...]:
        """Return what is asked to be decided in the digest of a period."""
        return tuple(self.store.decisions(brand, period.name))

    def _own(self, brand: str) -> None:
        if brand not in self.brands():
            raise Refusal(f"brand {brand!r}", "brand.own", known=self.brands())

    def _rota(self) -> list[Duty]:
        return [Duty(d.person, frozenset(DAYS.index(day) for day in d.days), d.start, d.end) for d in self.settings.rota]

    def _read_in(self, brand: str) -> frozenset[str]:
        return frozenset(s.name for s in self.settings.sources if not s.brands or brand in s.brands)

    def _unread(self, brand: str) -> tuple[str, ...]:
        read = {one.kind for one in self.settings.sources if not one.brands or brand in one.brands}
        return tuple(kind for kind in PLATFORMS if kind not in read)

    def _imported(self, brand: str, since: datetime, until: datetime) -> tuple[tuple[str, int], ...]:
        """Return the files that posts of a span were imported from: what is neither configured nor was ever read."""
        read = {one.name for one in self.settings.sources} | {one.name for one in self.store.source_states() if one.polled_at or one.ok_at}
        found = Counter[str]()
        for one in self.store.counts_between(brand, (since, until)):
            if one.source not in read:
                found[one.source] += one.mentions
        return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    # -- counts

    def _tally(self, brand: str, period: Period, zone: ZoneInfo, at: datetime) -> Tally:
        since, until = period.span(zone)
        borders = [*(midnight(day, zone) for day in period.days), until]
        counted = self.store.counts_between(brand, borders)
        seen = self._seen(brand, since=since, until=until, at=at)
        labels, unsure = Counter[str](), 0
        for one in counted:
            labels[one.label] += one.mentions
            unsure += one.unsure
        days = tuple(Day(day, sum(one.mentions for one in counted if one.part == part),
                         sum(one.mentions for one in counted if one.part == part and one.label == Label.NEGATIVE), seen.share(start, min(end, at)))
                     for part, (day, (start, end)) in enumerate(zip(period.days, pairwise(borders), strict=True)))
        return Tally(
            mentions=sum(labels.values()), negative=labels["negative"], neutral=labels["neutral"], positive=labels["positive"],
            unscored=labels["unscored"], unsure=unsure, authors=self.store.authors_between(brand, since, until), seen=seen.share(since, min(until, at)),
            share=self._share_of(brand, counted, borders),
            reach=self._reach_of(brand, since, until, counted, labels["negative"]), days=days)

    def _reach_of(self, brand: str, since: datetime, until: datetime, counted: Sequence[Count], negative: int) -> Reach | None:
        """Complaints' reach by account where they can be read one by one, else the sum over posts; ``method`` says which."""
        if not negative:
            return None
        if negative <= MOST_READ:
            known = self.store.complaint_reaches(brand, since, until)
            return reach_of.total(known) if known else None
        low, mid, high = (sum(one.reach[place] for one in counted if one.label == Label.NEGATIVE) for place in range(3))
        return Reach(low, mid, high, "sum over posts")

    def _past_days(self, brand: str, period: Period, zone: ZoneInfo, at: datetime) -> tuple[tuple[Day, ...], ...]:
        """Return the days of spans before, for how much they usually vary: an hour that a midnight cuts counts for the day it begins on."""
        spans, one = [], period
        for _ in range(USUAL[period.every]):
            one = one.before()
            spans.append(one.days)
        if period.every is Every.DAY:
            spans.append(tuple(period.start - DAY * back for back in range(USUAL_DAYS, 0, -1)))
        if not spans:
            return ()
        first, until = midnight(min(min(days) for days in spans), zone), midnight(period.start, zone)
        seen = self._seen(brand, since=first, until=until, at=at)
        mentions, negative = Counter[object](), Counter[object]()
        for row in self.store.hourly(brand, since=first, until=until):
            day = row.hour.astimezone(zone).date()
            mentions[day] += row.mentions
            negative[day] += row.mentions if row.label == Label.NEGATIVE else 0
        made = [tuple(Day(day, mentions[day], negative[day], seen.share(*day_of(day).span(zone))) for day in days) for days in spans]
        return tuple(days for days in made if sum(day.seen >= OBSERVED for day in days) >= 2)

    def _voices(self, brand: str, then: tuple[datetime, datetime], span: tuple[datetime, datetime], seen: float) -> tuple[Voice, ...]:
        """Return how often the brand and its peers were named where all of them are looked for."""
        peers = [one.name for one in self.settings.brands if one.peer]
        open_to_all = {s.name for s in self.settings.sources if not s.brands}
        if not peers or not open_to_all:
            return ()

        def named(name: str, between: tuple[datetime, datetime]) -> int:
            return sum(one.mentions for one in self.store.counts_between(name, between) if one.source in open_to_all)

        return tuple(Voice(name, named(name, span), named(name, then) if seen >= OBSERVED else None) for name in (brand, *peers))

    def _efforts(self, brand: str, since: datetime, until: datetime, at: datetime) -> tuple[Effort, ...]:
        found = []
        for one in self.settings.campaign_nouns():
            start, end = max(one.start, since), min(one.end, until, at)
            if one.brand != brand or start >= end:
                continue
            found.append(Effort(one.name, start, end, *self._during(brand, start, end, at), *self._during(brand, start - 7 * DAY, end - 7 * DAY, at)))
        return tuple(found)

    def _during(self, brand: str, start: datetime, end: datetime, at: datetime) -> tuple[int | None, Estimate | None]:
        """Return mentions and the negative share of some hours; None where too little of them was seen."""
        if self._seen(brand, since=start, until=end, at=at).share(start, end) < OBSERVED:
            return None, None
        counted = self.store.counts_between(brand, (start, end))
        return sum(one.mentions for one in counted), self._share_of(brand, counted, (start, end))

    def _share_of(self, brand: str, counted: Sequence[Count], borders: Sequence[datetime]) -> Estimate | None:
        spoken: dict[str, list[int]] = {}
        for one in counted:
            if one.label in LABELS:
                spoken.setdefault(one.language, [0, 0, 0])[LABELS.index(one.label)] += one.mentions
        model = max(self.store.models_between(brand, borders).items(), key=lambda found: (found[1], found[0]), default=(None, 0))[0]
        share = negative_share(spoken, model)
        return None if share is None else Estimate(share.value, share.low, share.high, share.corrected)

    # -- what it was about

    def _by_aspect(self, brand: str, then: tuple[datetime, datetime], span: tuple[datetime, datetime], ended: Sequence[Case], *,
                 listed: bool) -> tuple[Subject, ...]:
        """Return what complaints of a span were about by aspect, most first and other things last; ``listed``: those before can be compared."""
        here, there = Counter[str](), Counter[str]()
        for one, many in self.store.complaints_grouped((brand,), (*then, *span)):
            counted = here if one.published_at >= span[0] else there
            if counted is here or one.published_at < then[1]:  # a day is compared with that of a week before, and days lie between
                counted.update(dict.fromkeys(one.aspects, many))
        newest = self.store.complaints(brand, since=span[0], until=span[1], limit=MOST_ASPECTS) if here else []
        known = self.store.analyses([key for one in ended for key in one.mentions[:CASE_POSTS]])
        treated = _by_subject(ended, lambda key: {aspect.name for aspect in known[key].aspects} if key in known else set())
        ordered = sorted({*here, *there}, key=lambda name: (name == OTHER, -here[name], -there[name], name))[:TOPICS]
        return tuple(Subject(name, {}, here[name], there[name] if listed else None,
                             self._typical(brand, _spread([one.key for one in newest if name in one.aspects], TOPIC_POSTS)) if place < QUOTED else None,
                             aspect=True, treated=treated.get(name))
                     for place, name in enumerate(ordered))

    def _by_topic(self, brand: str, then: tuple[datetime, datetime], span: tuple[datetime, datetime], ended: Sequence[Case], *,
                  listed: bool) -> tuple[Subject, ...]:
        """Return the topics that were found among the complaints of a span, most first; ``listed``: those before can be compared."""
        kept = {one.id: one for one in self.store.stored_topics(brand, ended_since=then[0]) if not one.merged_into}
        counts, earlier = self.store.topics_between(brand, list(kept), *span), self.store.topics_between(brand, list(kept), *then)
        treated = self._treated(brand, ended)
        told = sorted(counts, key=lambda id: (-counts[id], -earlier.get(id, 0), id))[:TOPICS]
        return tuple(Subject(id, kept[id].phrases, counts[id], earlier.get(id, 0) if listed else None,
                             self._typical(brand, self.store.topic_keys(brand, id, *span, limit=TOPIC_POSTS)) if place < QUOTED else None,
                             treated=treated.get(id))
                     for place, id in enumerate(told))

    def _treated(self, brand: str, ended: Sequence[Case]) -> dict[str, Treated]:
        topics = self.store.topics_of(brand, [key for one in ended for key in one.mentions[:CASE_POSTS]]) if ended else {}
        return _by_subject(ended, lambda key: {topics[key]} if key in topics else set())

    def _typical(self, brand: str, keys: Sequence[MentionKey]) -> Said | None:
        posts = self.store.by_keys(keys, brand) if keys else []
        if not posts:
            return None
        cast = evidence.cast(posts, 3, self.store.embeddings(keys))
        return self._said(next((one for role, one in cast if role is evidence.Role.TYPICAL), cast[0][1]))

    @staticmethod
    def _said(one: ScoredMention) -> Said:
        mention = one.mention
        name = (mention.author.name or mention.author.id) if mention.author else None
        return Said(mention.key, mention.full_text, mention.url, name, one.sources[0] if one.sources else mention.kind, mention.published_at)

    # -- alerts, and what was not seen

    def _fired(self, brand: str, since: datetime, until: datetime, language: Language, zone: ZoneInfo) -> tuple[Fired, ...]:
        sector = next((one.sector for one in self.settings.brands if one.name == brand), None)
        found = []
        for alert in self.store.alerts_between(since, until, [brand, *([sector] if sector else [])]):
            if alert.state is not AlertState.CANDIDATE:
                verdicts = self.store.verdicts(alert.fingerprint)
                found.append(Fired(alert, self._title(alert, language, zone), verdicts[0] if verdicts else None))
        return tuple(found)

    def _doubted(self, fired: Sequence[Fired]) -> tuple[Doubted, ...]:
        """Return the rules that alarmed in the span and are wrong more often than right, as far as people judged them; who is demoted is told already."""
        found, said = [], self.store.rule_settings()
        for name in sorted({one.alert.rule for one in fired}):
            its = precision.measure(self.store.verdicts_of(name, MOST_VERDICTS), precision.WINDOW)
            demoted = name in said and said[name].demoted_at is not None
            if its.interval is not None and its.interval[1] < precision.LEAST and not demoted:
                found.append(Doubted(name, its.right, its.judged))
        return tuple(sorted(found, key=lambda one: (one.right / one.judged, one.name)))

    @staticmethod
    def _title(alert: Alert, language: Language, zone: ZoneInfo) -> str:
        return wording.title(alert, Reason.FIRST, language=language, timezone=zone)

    def _unseen(self, brand: str, since: datetime, until: datetime, at: datetime) -> tuple[Unseen, ...]:
        end = min(until, at)
        names = sorted(self._read_in(brand))
        states = {state.name: state for state in self.store.source_states()}
        spans = by_source(self.store.coverage(since=since, until=end, sources=names))
        configured = {one.name: one for one in self.settings.sources}
        seen = {name: Seen([*spans.get(name, ()), *pending_span(configured.get(name), states.get(name), at)]) for name in names}
        found = []
        for name in names:
            state = states.get(name)
            begin = max(since, state.added_at) if state and state.added_at else since
            if begin >= end:
                continue
            partial = sum((min(b, end) - max(a, begin) for a, b, one in segments(spans.get(name, ())) if one is CoverageState.PARTIAL
                           and min(b, end) > max(a, begin)), timedelta(0))
            lost = (end - begin) * (1 - seen[name].share(begin, end)) - partial / 2  # what was seen in part counts half
            lost = lost if lost >= LEAST_UNSEEN else timedelta(0)
            partial = partial if partial >= LEAST_UNSEEN else timedelta(0)
            if lost or partial:
                told = sorted((s for s in spans.get(name, ()) if s.reason and s.state is not CoverageState.OK and s.end > begin), key=lambda s: s.end)
                found.append(Unseen(name, lost, partial, told[-1].reason if told else None,
                                    bool(state and (state.failing_since or state.suspect_since))))
        return tuple(sorted(found, key=lambda one: (-one.lost, -one.partial, one.source)))

    def _changed(self, brand: str, period: Period, zone: ZoneInfo) -> tuple[Changed, ...]:
        since, until = period.span(zone)
        last = period.before()
        models = [set(self.store.models_between(brand, [*(midnight(day, zone) for day in one.days), end]))
                  for one, end in ((period, until), (last, midnight(last.end + DAY, zone)))]
        found = [Changed("model", name) for name in sorted(models[0] - models[1])] if models[1] else []
        rules = {event.subject: event for event in self.store.events_between(since, until, begins=RULES_CHANGED)}  # the last of each
        return (*found, *(Changed("rule", event.subject or "", event.at, event.who, event.what.partition(": ")[2])
                          for event in sorted(rules.values(), key=lambda event: event.at)))


def _spread(keys: Sequence[MentionKey], most: int) -> Sequence[MentionKey]:
    """Return at most so many of them from all over: what is typical of a week need not be what was said last."""
    return keys[::-(-len(keys) // most) or 1]


def _by_subject(ended: Sequence[Case], subjects: Callable[[MentionKey], Collection[str]]) -> dict[str, Treated]:
    """Return what the cases about each subject came to; a case counts once for each that its posts speak of."""
    about: dict[str, list[Case]] = {}
    for one in ended:
        for name in sorted({name for key in one.mentions[:CASE_POSTS] for name in subjects(key)}):
            about.setdefault(name, []).append(one)
    return {name: found for name, cases in about.items() if (found := commonest(cases)) is not None}
