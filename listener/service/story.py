"""Stories: which are told most since an instant, and everything about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts import course, precision, spread
from alerts.course import Course, Jump, Step, Voice
from alerts.precision import Precision
from listener.service.alerts import MOST_VERDICTS
from listener.service.coverage import ceil_hour, floor_hour
from listener.service.door import DAY, HOUR
from listener.service.sources import Sources
from listener.storage import StoryCount
from listener.types import Alert, Reach, ScoredMention, StoryMention

MOST_MENTIONS = 20_000  # of a story that its course is told from: its earliest and its newest
GROWN = timedelta(hours=3)  # growth in a list: mentions of the last so many hours, against as many before
READ_WHOLE = 8  # stories of a list whose mentions are read, for growth with its interval and for reach
MOST_ALERTS = 200  # of a brand since a story began, among which those about it are looked for
WIDE_GAPS = 400  # hours of a time line up to which what was not seen is drawn


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story in a list, ranked by independent authors: what was said of it in the span that was asked for."""

    brand: str
    count: StoryCount
    head: ScoredMention | None  # its first mention that is still stored
    first_at: datetime | None  # of the whole story, which may be older than the span
    reach: Reach | None = None  # of the whole story; None: unknown, or too far down the list
    spread: spread.Spread | None = None

    @property
    def fresh(self) -> bool:
        """Whether it is growing for certain."""
        return self.spread is not None and self.spread.state is spread.State.GROWING


@dataclass(frozen=True, slots=True)
class StoryView:
    """Everything about one story of a brand."""

    id: str
    brand: str
    at: datetime
    course: Course
    first: ScoredMention | None  # None: no longer stored
    voices: tuple[tuple[Voice, ScoredMention], ...]
    reshared: tuple[tuple[int, ScoredMention], ...]
    jumps: tuple[tuple[Jump, ScoredMention | None], ...]
    sample: tuple[ScoredMention, ...]  # its newest mentions in words of their own
    alerts: tuple[Alert, ...]  # about it, the latest first
    precision: Precision | None  # of the rule that raised the latest of them
    seen: tuple[tuple[datetime, float], ...]  # observed share of each hour since it began; empty where it is long
    steps: tuple[Step, ...]  # reach so far
    whole: bool  # False: it has more mentions than are read


@dataclass(frozen=True, slots=True)
class Answered:
    """What a claim and its correction reached, by unique account."""

    claim: Course
    correction: Course
    both: int  # accounts that told both
    claim_steps: tuple[Step, ...]  # reach so far
    correction_steps: tuple[Step, ...]

    @property
    def ratio(self) -> tuple[float, float, float] | None:
        """Return how much of the claim's reach the correction had: low (its least against the claim's most), mid, high; None: unknown.

        Low is what was measured on both sides, where that is nothing the ratio has no upper end and none is told.
        """
        mine, theirs = self.correction.reach, self.claim.reach
        if mine is None or theirs is None or not theirs.low or not theirs.mid:
            return None
        return mine.low / theirs.high, mine.mid / theirs.mid, mine.high / theirs.low


class Stories(Sources):
    """What is told again and again."""

    def story_lines(self, brand: str | None = None, *, since: datetime, limit: int = 20) -> tuple[StoryLine, ...]:
        """Return the stories of one brand, or of all our own, that were told twice or more since then, most independent authors first.

        The first ``READ_WHOLE`` come with their reach and growth.
        """
        at = self.now()
        found = [(name, one) for name in ([brand] if brand else self.brands())
                 for one in self.store.story_counts(name, since=since, until=at, part=round(GROWN.total_seconds()), limit=limit)]
        found.sort(key=lambda item: (-item[1].authors, -item[1].mentions, item[1].id))
        lines = []
        for place, (name, count) in enumerate(found[:limit]):
            mentions = self.store.story_mentions(name, count.id, limit=MOST_MENTIONS if place < READ_WHOLE else 2)[0]
            told = course.of(mentions, at) if place < READ_WHOLE and mentions else None
            first = told.first if told else mentions[0] if mentions else None
            head = self.store.by_keys([first.trace.key], name) if first else []
            lines.append(StoryLine(name, count, head[0] if head else None, first.trace.published_at if first else None,
                                   told.reach if told else None, told.spread if told else None))
        return tuple(lines)

    def story(self, id: str, brand: str | None = None) -> StoryView | None:
        """Return a story of a brand, or of the first of our own that it is about; None where nobody tells it (any more)."""
        at = self.now()
        for name in [brand] if brand else self.brands():
            mentions, whole = self.store.story_mentions(name, id, limit=MOST_MENTIONS)
            if mentions:
                return self._story(mentions[0].trace.story or id, name, mentions, whole, at)
        return None

    def _story(self, id: str, brand: str, mentions: Sequence[StoryMention], whole: bool, at: datetime) -> StoryView:
        begun = mentions[0].trace.published_at
        about = [one for one in self.store.alerts(subject=brand, since=begun - DAY, limit=MOST_ALERTS) if one.story and self._became(brand, one.story) == id]
        return self._view(id, brand, mentions, whole, at, about)

    def _view(self, id: str, brand: str, mentions: Sequence[StoryMention], whole: bool, at: datetime, about: Sequence[Alert]) -> StoryView:
        """Return these mentions, of one story or of several that belong together, as a story is told."""
        told = course.of(mentions, at)
        begun = told.first.trace.published_at
        newest = [one.trace.key for one in reversed(mentions) if not one.copied][:60]
        wanted = [told.first.trace.key, *(one.key for one in told.voices), *(key for key, _ in told.reshared), *(one.first for one in told.jumps)]
        known = {one.mention.key: one for one in self.store.by_keys(list(dict.fromkeys([*wanted, *newest])), brand)}
        return StoryView(
            id, brand, at, told, known.get(told.first.trace.key),
            voices=tuple((one, known[one.key]) for one in told.voices if one.key in known),
            reshared=tuple((count, known[key]) for key, count in told.reshared if key in known),
            jumps=tuple((one, known.get(one.first)) for one in told.jumps),
            sample=_sample([known[key] for key in newest if key in known]), alerts=tuple(about),
            precision=precision.measure(self.store.verdicts_of(about[0].rule, MOST_VERDICTS)) if about else None,
            seen=self._seen_hours(brand, begun, told.last_at, at), steps=_thinned(course.accumulated(mentions)), whole=whole)

    def _became(self, brand: str, story: str) -> str:
        """Return what a story is called now: it may be part of an older one since."""
        found = self.store.story_mentions(brand, story, limit=2)[0]
        return found[0].trace.story or story if found else story

    def _seen_hours(self, brand: str, since: datetime, until: datetime, at: datetime) -> tuple[tuple[datetime, float], ...]:
        start, end = floor_hour(since), min(ceil_hour(until), ceil_hour(at))
        hours = max(1, round((end - start) / HOUR))
        if hours > WIDE_GAPS:
            return ()
        seen = self._seen(brand, since=start, until=end, at=at)
        return tuple((hour, seen.share(hour, min(hour + HOUR, at))) for hour in (start + HOUR * n for n in range(hours)))

    def answered(self, claim: str, correction: str, brand: str | None = None) -> Answered | None:
        """Return what two stories reached, one of which corrects the other; None where either is told by nobody."""
        at = self.now()
        sides: list[tuple[Course, Sequence[StoryMention]]] = []
        for id in (claim, correction):
            found = next((some for name in ([brand] if brand else self.brands())
                          if (some := self.store.story_mentions(name, id, limit=MOST_MENTIONS)[0])), None)
            if not found:
                return None
            sides.append((course.of(found, at), found))
        (claimed, told), (corrected, answers) = sides
        accounts = [{one.trace.author for one in some if one.trace.author} for some in (told, answers)]
        return Answered(claimed, corrected, len(accounts[0] & accounts[1]), _thinned(course.accumulated(told)), _thinned(course.accumulated(answers)))


def _thinned(steps: Sequence[Step], most: int = 200) -> tuple[Step, ...]:
    """Return so many of the steps as a chart can show, the last one among them."""
    every = max(1, -(-len(steps) // most))
    return (*steps[:-1:every], *steps[-1:])


def _sample(posts: Sequence[ScoredMention], most: int = 4) -> tuple[ScoredMention, ...]:
    """Return a few different ones: an account once, those the model is sure of first."""
    chosen: dict[object, ScoredMention] = {}
    for one in sorted(posts, key=lambda one: (one.score is None or one.score.unsure, -one.mention.published_at.timestamp())):
        author = one.mention.author
        chosen.setdefault((author.kind, author.id) if author else one.mention.key, one)
    return tuple(list(chosen.values())[:most])

