"""What people complain about these days: topics with their typical posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alerts import topics
from listener.service.door import DAY, Door
from listener.types import KeptTopic, ScoredMention, Topic

SHOWN = 7 * DAY
LONGEST = 35 * DAY  # so far back a link of a digest may point: a month, and some days until it is read


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic as a person looks at it."""

    topic: Topic
    posts: tuple[ScoredMention, ...]  # typical ones that are still there
    split_from: KeptTopic | None = None
    merged: tuple[KeptTopic, ...] = ()  # topics that became part of it


class Emerging(Door):
    """What people complain about these days."""

    def topic(self, id: str, brand: str | None = None) -> TopicView | None:
        """Return a topic as ``topics`` has it, or the one it was merged into; of the last weeks where the present one has nothing of it.

        None: it is none of the brand's, or nothing of it was said in that time.
        """
        for span in (SHOWN, LONGEST):
            for one in self.topics(brand, span=span):
                if id == one.topic.id or any(id == other.id for other in one.merged):
                    return one
        return None

    def topics(self, brand: str | None = None, *, span: timedelta = SHOWN, most: int | None = None) -> tuple[TopicView, ...]:
        """Return what was complained about in the span that ends now: growing topics first, then by how many complain; at most
        ``most`` of a brand. Without a brand: those of all our own ones, one brand after the other.
        """
        until = self.now()
        whole = max(span, timedelta(days=topics.USUAL_DAYS + 1))
        found: list[TopicView] = []
        for name in [brand] if brand else self.brands():
            kept = self.store.stored_topics(name, ended_since=until - whole)
            long, short = (self.store.topic_counts(name, since=until - one, until=until) for one in (whole, span))
            told = topics.listed(kept, long, short, until)[:most]
            posts = {one.mention.key: one for one in self.store.by_keys([key for one in told for key in one.members], name)}
            known = {one.id: one for one in kept}
            found += [TopicView(one, tuple(posts[key] for key in one.members if key in posts), known.get(one.split_from or ""),
                                tuple(known[other] for other in one.merged)) for one in told]
        return tuple(found)
