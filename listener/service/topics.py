"""What complaints are about, and posts that say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alerts import causes as why
from alerts import evidence
from config.settings import Settings
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

MOST_COMPLAINTS = 100_000  # that causes are counted from, newest first
QUOTED = 200  # complaints of a cause that its quotes are chosen from, newest first


@dataclass(frozen=True, slots=True)
class CausesView:
    """Why people complain about a brand, with a few posts that stand for the rest of each cause."""

    causes: why.Causes
    quotes: Mapping[str, tuple[ScoredMention, ...]]  # by aspect; of the frequent ones only
    partial: bool  # there were more complaints than are counted: the oldest are missing
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
                raise ValueError(f"mention {':'.join(what)!r}: not stored, or taken back; choose another")
            return tuple(self.store.like(said, brand=brand, since=since, until=until, language=language, limit=limit, without=[what]))
        typed = " ".join(printable(what).split())[:REASON_LENGTH]
        if not typed:
            raise ValueError("search: nothing was typed; say what the posts should tell")
        return tuple(self.store.like(typed, brand=brand, since=since, until=until, language=language, limit=limit))

    def causes(self, brand: str | None = None, *, weeks: int = 4, quotes: int = 3, quoted: int = 8) -> CausesView:
        """Return what complaints of the present Jalali week are about, against the weeks before; ``quotes`` posts for each of the first
        ``quoted`` aspects. Without a brand: all our own ones together."""
        at = self.now()
        spans = why.weeks_to(at, self.zone, weeks)
        since, before = (why.week_start(week, self.zone).astimezone(UTC) for week in (spans[0], spans[-2]))
        by_brand = [self.store.complaints(name, since=since, until=at, limit=MOST_COMPLAINTS) for name in ([brand] if brand else self.brands())]
        found = list({one.key: one for some in by_brand for one in some}.values())
        seen = self._seen(brand, since=before, until=at - 7 * DAY, at=at).share(before, at - 7 * DAY) >= OBSERVED
        counted = why.find((why.Complaint(*one) for one in found), at=at, zone=self.zone, weeks=weeks, seen_before=seen)
        present = why.week_start(spans[-1], self.zone)
        chosen = {}
        for cause in counted.causes[:quoted]:
            keys = [one.key for one in found if one.published_at >= present and cause.aspect in one.aspects][:QUOTED]
            posts = {one.mention.key: one for one in self.store.by_keys(keys, brand)}.values() if keys else ()
            chosen[cause.aspect] = tuple(one for _, one in evidence.cast(tuple(posts), quotes, self.store.embeddings(keys))) if posts else ()
        return CausesView(counted, chosen, any(len(some) == MOST_COMPLAINTS for some in by_brand),
                          {each.name: each.names() for each in self.settings.aspects})


def load_scorer(settings: Settings) -> Scorer:
    """Return the configured scorer, with the aspects of the settings where it knows any; loading its weights is the costly part.

    Raises: ScoreError.
    """
    chosen, wanted = settings.score, SCORERS.options(settings.score.kind)
    own = {"aspects": [each.option() for each in settings.aspects]} if settings.aspects and "aspects" in wanted.model_fields else {}
    scorer: Scorer = SCORERS.load(chosen.kind)(wanted(**{**own, **chosen.options}))
    return scorer
