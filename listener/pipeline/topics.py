"""Topics: new complaints join the topic they are close to; every few hours a sample is grouped anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alerts import topics
from config.settings import BrandSettings
from listener.storage import Store, TopicRound
from listener.types import Brand

BATCH = 500
EVERY = timedelta(hours=6)
"""How often a brand's complaints are grouped anew …"""
AT_LEAST = timedelta(minutes=30)
"""… or so long after the last time, where this many are close to no topic:"""
LOOSE = 40
FIRST = 12  # complaints with which a brand's topics begin
LOOSE_FOR = timedelta(days=2)
REASSIGNED = 5000  # that no topic was close to, looked at again after a grouping


def called(brands: Iterable[Brand | BrandSettings]) -> dict[str, tuple[str, ...]]:
    """Return each brand with what it is called, for ``find_topics``."""
    return {brand.name: (brand.name, *brand.aliases) for brand in brands}


def find_topics(store: Store, brands: Mapping[str, Iterable[str]], *, now: datetime, recent: timedelta = topics.RECENT,
                at_most: int | None = None) -> int:
    """Give new complaints their topic and group again what is due; return how many complaints were looked at.

    ``brands``: each with the words it is called by, which name no topic. ``recent``: what was published in it is looked at.
    Killed at any moment and run again it goes on where it was: batches and groupings commit whole.
    """
    done = 0
    for brand, words in sorted(brands.items()):
        since = now - max(recent, topics.RECENT)
        done += _assign(store, brand, since, at_most)
        _regroup(store, brand, words, since, now)
    return done


def _assign(store: Store, brand: str, since: datetime, at_most: int | None) -> int:
    done = 0
    known = store.topic_round(brand) or TopicRound(since)
    space = topics.Space.read(known.space) if known.space else None
    living = store.stored_topics(brand) if space else []
    seen = known.seen_until
    while at_most is None or done < at_most:
        new = store.untopiced(brand, scored_since=seen, published_since=since, limit=BATCH)
        if not new:
            break
        seen = max(seen, new[-1].scored_at)
        found = {one.key: None for one in new} if space is None else topics.assign(new, living, space)
        done += store.save_assigned(brand, found, seen_until=seen)
    return done


def _regroup(store: Store, brand: str, words: Iterable[str], since: datetime, now: datetime) -> None:
    known = store.topic_round(brand)
    if known is None:
        return
    unread = known.space is not None and topics.Space.read(known.space) is None  # made with an earlier version's words: nothing can join
    if known.grouped_at is not None and now - known.grouped_at < EVERY and not unread:
        loose = store.loose_complaints(brand, since=since, limit=LOOSE)
        waiting = sum(one.scored_at > known.grouped_at for one in loose)
        if now - known.grouped_at < AT_LEAST or waiting < LOOSE:
            return
    sample = store.complaint_sample(brand, since=since, loose_since=now - LOOSE_FOR, limit=topics.SAMPLE)
    model = max(Counter(one.model for one in sample).items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))[0]
    sample = [one for one in sample if one.model == model]  # embeddings of two models cannot be compared
    if len(sample) < (FIRST if known.grouped_at is None else 1):
        return
    space = topics.Space.fit(sample, model)
    found = topics.regroup(brand, sample, store.stored_topics(brand), space, at=now, brand_words=words)
    again = [one for one in store.loose_complaints(brand, since=now - LOOSE_FOR, limit=REASSIGNED)
             if one.key not in found.members and one.model == model]
    members = {**topics.assign(again, found.topics, space), **found.members}
    store.save_grouping(brand, found.topics, members, at=now, space=space.written())
