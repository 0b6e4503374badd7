"""What people complain about these days: topics with their typical posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from alerts import topics
from alerts.wording import FSI, PDI, clip
from listener.service.door import DAY, Door
from listener.storage import Store
from listener.types import KeptTopic, ScoredMention, Topic

SHOWN = 7 * DAY
QUOTE = 48  # characters of a post that a topic without a telling phrase is called by
LONGEST = 35 * DAY  # so far back a link of a digest may point: a month, and some days until it is read


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic as a person looks at it."""

    topic: Topic
    posts: tuple[ScoredMention, ...]  # typical ones that are still there
    split_from: KeptTopic | None = None
    merged: tuple[KeptTopic, ...] = ()  # topics that became part of it


def quoted(store: Store, brand: str, kept: Iterable[KeptTopic]) -> list[KeptTopic]:
    """Return topics, those that a lone word or nothing tells from the others with the beginning of a typical post in quotation marks.

    It is read when it is shown and stored nowhere, so that nothing is left of a post that was taken back or forgotten.
    """
    kept = list(kept)
    wanted = [key for one in kept if not _tells(one) for key in one.typical]
    posts = {one.mention.key: one for one in store.by_keys(wanted, brand)} if wanted else {}
    return [one if _tells(one) else replace(one, phrases=_with_quote(one.phrases, [posts[key] for key in one.typical if key in posts])) for one in kept]


def _tells(one: KeptTopic) -> bool:
    said = [phrase for phrases in one.phrases.values() for phrase in phrases]
    lone = not any(len(phrases) > 1 for phrases in one.phrases.values()) and not any(" " in phrase for phrase in said)
    return bool(said) and (not lone or bool(topics.aspect_name(one.aspect, "en")))


def _with_quote(phrases: Mapping[str, tuple[str, ...]], posts: Iterable[ScoredMention]) -> dict[str, tuple[str, ...]]:
    said: dict[str, str] = {}
    for one in posts:
        spoken = one.score.language if one.score else one.mention.language
        said.setdefault("en" if spoken == "en" else "fa", f"{FSI}{clip(one.mention.title or one.mention.text, QUOTE)}{PDI}")
    told = next(iter(said.values()), None)
    if told is None:
        return dict(phrases)
    return {"fa": (*phrases.get("fa", ()), f"«{said.get('fa', told)}»"), "en": (*phrases.get("en", ()), f"“{said.get('en', told)}”")}


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
            kept = quoted(self.store, name, self.store.stored_topics(name, ended_since=until - whole))
            long, short = (self.store.topic_counts(name, since=until - one, until=until) for one in (whole, span))
            told = topics.listed(kept, long, short, until)[:most]
            posts = {one.mention.key: one for one in self.store.by_keys([key for one in told for key in one.members], name)}
            known = {one.id: one for one in kept}
            found += [TopicView(one, tuple(posts[key] for key in one.members if key in posts), known.get(one.split_from or ""),
                                tuple(known[other] for other in one.merged)) for one in told]
        return tuple(found)
