"""The brief: what to tell the boss in the morning, in both languages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts import aftermath, brief, effect, spread
from alerts.brief import Happened, Night, Sentence, Told, Wave
from alerts.digest.weigh import LEAST, REAL, shares
from alerts.precision import wilson
from listener.service.coverage import OBSERVED, floor_hour
from listener.service.door import DAY, HOUR
from listener.service.overview import NowView, Overview, evening_before
from listener.service.storm import Storms, StormView
from listener.service.story import MOST_ALERTS, StoryLine
from listener.types import ScoredMention
from listener.words import Language

DAYS = 14  # earlier days that "usual" is taken from
MOST_ANSWERS = 100
SAMPLED = 1_000  # complaints of a week whose aspects are counted, taken evenly from all
WEEK = timedelta(days=7)
NAMED = 2  # subjects of a storm


@dataclass(frozen=True, slots=True)
class BriefView:
    night: Night
    now: NowView
    said: Mapping[Language, tuple[Sentence, ...]]
    copied: Mapping[Language, str]  # the same as plain text
    story: StoryLine | None
    proof: tuple[ScoredMention, ...]  # posts that stand for the rest


class Briefs(Overview, Storms):
    """What to tell the boss."""

    def brief(self, brand: str | None = None) -> BriefView | None:
        """Return the brief of a brand (the first of ours without a name); None where no brand is configured."""
        name = brand or next(iter(self.brands()), None)
        if name is None:
            return None
        at = self.now()
        view = self.now_view(name)
        since = evening_before(at, self.zone)
        lines = self.story_lines(name, since=since, limit=3)
        top = next((one for one in lines if 2 * one.count.negative >= one.count.mentions), None)
        aspect, share, sign = self._aspect(name)
        open_now = {one.fingerprint for one in view.open_alerts}
        wave = next((one for one in self.storms(name, since=since) if one.line.alert.fingerprint in open_now), None)
        night = Night(name, at, view.seen, view.mentions.now, view.negative.now, self._days(name), view.reach, view.usual_reach, _told(top) if top else None,
                      aspect, share, sign, view.open_alerts, len(self.store.own_answers(name, since=since, until=at, limit=MOST_ANSWERS)),
                      unseen=tuple(one.name for one in view.unseen), ground=view.ground.value, wave=_wave(wave) if wave else None,
                      happened=self._happened(name, at), unlooked=len(view.unlooked))
        languages: tuple[Language, ...] = ("fa", "en")
        return BriefView(night, view, {one: brief.sentences(night, one, self.zone) for one in languages},
                         {one: brief.written(night, one, self.zone, board=self.settings.board.link) for one in languages}, top, view.changes.complaints)

    def _happened(self, brand: str, at: datetime) -> Happened | None:
        """Return the largest thing of the last days: a storm before a single alert, then by its complaints."""
        known = self.store.alerts(subject=brand, since=at - aftermath.KEPT - WEEK, limit=MOST_ALERTS)
        found = [(one, self._count(brand, one.since, one.until or at).negative) for one in aftermath.episodes(known, at)]
        if not found:
            return None
        largest, complaints = max(found, key=lambda each: (each[0].storm, each[1], each[0].since))
        keys = list(dict.fromkeys(key for alert in largest.alerts for key in alert.evidence))
        loud = [one.mention.author.followers for one in (self.store.by_keys(keys, brand) if keys else [])
                if one.mention.author is not None and one.mention.author.followers is not None]
        judged = any(self.store.verdicts(alert.fingerprint) for alert in largest.alerts)
        return Happened(largest, complaints, max(loud, default=None), judged, len(found) - 1)

    def _days(self, brand: str) -> tuple[int, ...]:
        """Return the complaints of the same 24 hours of earlier days that were seen and had no storm, the latest first; whole hours."""
        at = self.now()
        end = floor_hour(at)
        begin = end - DAY * (DAYS + 1)
        sums: defaultdict[int, int] = defaultdict(int)
        for one in self.store.hour_counts([brand], since=begin, until=end):
            sums[(end - HOUR - one.hour) // DAY] += one.negative
        seen = self._seen(brand, since=begin, until=end, at=at)
        stormy = effect.storm_hours(self.store.alerts(subject=brand, since=begin - DAY * 2, limit=MOST_ALERTS), [begin + HOUR * n for n in range((end - begin) // HOUR)], at)
        wild = {(end - HOUR - hour) // DAY for hour in stormy}
        return tuple(sums[back] for back in range(1, DAYS + 1) if back not in wild and seen.share(end - DAY * (back + 1), end - DAY * back) >= OBSERVED)

    def _aspect(self, brand: str) -> tuple[str | None, tuple[float, float, float] | None, int]:
        """Return what most complaints of seven days are about, its share with interval, and whether that is surely more (1) or less (-1)."""
        at = self.now()
        now, before = (self._aspects(brand, since, until) for since, until in ((at - WEEK, at), (at - 2 * WEEK, at - WEEK)))
        if now[1] < LEAST or not now[0]:
            return None, None, 0
        name, count = min(now[0].items(), key=lambda item: (-item[1], item[0]))
        z = shares((count, now[1]), (before[0][name], before[1])) if before[1] >= LEAST else 0.0
        return name, (count / now[1], *wilson(count, now[1])), 1 if z >= REAL else -1 if z <= -REAL else 0

    def _aspects(self, brand: str, since: datetime, until: datetime) -> tuple[Counter[str], int]:
        found = {one.story or place: one.aspects for place, one in enumerate(self.store.aspects_sampled(brand, since=since, until=until, most=SAMPLED)[0])}
        return Counter(name for aspects in found.values() for name in set(aspects) - {"other"}), len(found)


def _wave(view: StormView) -> Wave:
    line, found = view.line, view.told.course.spread
    ahead = (found.forecast.low, found.forecast.mid, found.forecast.high) if found.forecast else None
    aspects = tuple(one.name for one, _ in line.subjects if one.kind == "aspect")[:NAMED]
    return Wave(line.alert.fingerprint, aspects, line.authors, line.since, " ".join(line.head.mention.full_text.split()) if line.head else "",
                found.doubling, found.state is spread.State.DECAYING, ahead)


def _told(line: StoryLine) -> Told:
    found = line.spread
    ahead = (found.forecast.low, found.forecast.mid, found.forecast.high) if found and found.forecast else None
    text = " ".join(line.head.mention.full_text.split()) if line.head else "…"
    return Told(line.count.id, text, line.count.authors, line.count.copies, line.count.negative, line.count.mentions, line.reach,
                found.doubling if found else None, found is not None and found.state is spread.State.DECAYING, ahead)
