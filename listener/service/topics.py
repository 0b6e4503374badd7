"""What complaints are about, and posts that say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerts import causes as why
from alerts import evidence
from config.settings import Settings
from listener.errors import Refusal
from listener.service.coverage import OBSERVED
from listener.service.door import DAY, REASON_LENGTH
from listener.service.sources import Sources
from listener.storage import Alike
from listener.text import printable
from listener.types import (
    MentionKey,
    ScoredMention,
    Scorer,
)
from sentiment import SCORERS

MOST_QUOTED_FROM = 2_000  # complaints of the present week, newest first, among which quotes are looked for
INSTANT = timedelta(microseconds=1)
QUOTED = 100  # complaints of a cause that its quotes are chosen from, newest first


@dataclass(frozen=True, slots=True)
class CausesView:
    """Why people complain about a brand, with a few posts that stand for the rest of each cause."""

    causes: why.Causes
    quotes: Mapping[str, tuple[ScoredMention, ...]]  # by aspect; of the frequent ones only
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # what the configuration calls its aspects, by language


class Topics(Sources):
    """What complaints are about, and what is like what."""

    def like(self, what: MentionKey | str, *, brand: str | None = None, since: datetime | None = None, until: datetime | None = None,
             language: str | None = None, limit: int = 20) -> tuple[Alike, ...]:
        """Return the mentions that say what a mention says, or what was typed, in either language, the most alike first.

        ``language``: only posts in it. Raises: ValueError for an unknown mention or an empty text.
        """
        if isinstance(what, MentionKey):
            said = self.store.said(what)
            if said is None:
                raise Refusal(f"mention {':'.join(what)!r}", "mention.other")
            return tuple(self.store.like(said, brand=brand, since=since, until=until, language=language, limit=limit, without=[what]))
        typed = " ".join(printable(what).split())[:REASON_LENGTH]
        if not typed:
            raise Refusal("search", "search.empty")
        return tuple(self.store.like(typed, brand=brand, since=since, until=until, language=language, limit=limit))

    def causes(self, brand: str | None = None, *, weeks: int = 4, quotes: int = 3, quoted: int = 8) -> CausesView:
        """Return what complaints of the present Jalali week are about, against the weeks before; ``quotes`` posts for each of the first
        ``quoted`` aspects. Without a brand: all our own ones together."""
        at = self.now()
        spans = why.weeks_to(at, self.zone, weeks)
        before = why.week_start(spans[-2], self.zone).astimezone(UTC)
        names = [brand] if brand else list(self.brands())
        point = datetime.combine(at.astimezone(self.zone).date() - 7 * DAY, at.astimezone(self.zone).time(), tzinfo=self.zone).astimezone(UTC)
        borders = sorted({*(why.week_start(week, self.zone).astimezone(UTC) for week in spans), point + INSTANT, at + INSTANT})
        grouped = self.store.complaints_grouped(names, borders) if names else []
        seen = self._seen(brand, since=before, until=at - 7 * DAY, at=at).share(before, at - 7 * DAY) >= OBSERVED
        counted = why.find((why.Complaint(*one, count=many) for one, many in grouped), at=at, zone=self.zone, weeks=weeks, seen_before=seen)
        present = why.week_start(spans[-1], self.zone).astimezone(UTC)
        newest = [one for name in names for one in self.store.complaints(name, since=present, until=at, limit=MOST_QUOTED_FROM)]
        chosen = {}
        for cause in counted.causes[:quoted]:
            keys = list(dict.fromkeys(one.key for one in newest if cause.aspect in one.aspects))[:QUOTED]
            posts = {one.mention.key: one for one in self.store.by_keys(keys, brand)}.values() if keys else ()
            chosen[cause.aspect] = tuple(one for _, one in evidence.cast(tuple(posts), quotes, self.store.embeddings(keys))) if posts else ()
        return CausesView(counted, chosen, {each.name: each.names() for each in self.settings.aspects})


def load_scorer(settings: Settings) -> Scorer:
    """Return the configured scorer, with the aspects of the settings where it knows any; loading its weights is the costly part.

    Raises: ScoreError.
    """
    chosen, wanted = settings.score, SCORERS.options(settings.score.kind)
    own = {"aspects": [each.option() for each in settings.aspects]} if settings.aspects and "aspects" in wanted.model_fields else {}
    scorer: Scorer = SCORERS.load(chosen.kind)(wanted(**{**own, **chosen.options}))
    return scorer
