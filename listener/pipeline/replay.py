"""Replay and the store: what it holds of the past goes through ``alerts.replay``. Reads only; sends and stores nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts import lifecycle, replay, series
from alerts.engine import Policy
from listener.pipeline.detect import AUDIENCES
from listener.pipeline.nouns import floor
from listener.storage import Store
from listener.types import STEP, Look, MentionKey, Precision, Rule, ScoredMention

NEWS = timedelta(hours=24)
PAGE = 1000
MOST = 100_000  # alerts of the time replayed


def replayed(store: Store, rules: Mapping[str, Rule], *, brands: Sequence[str], sources: Sequence[replay.Watched], policy: Policy,
             since: datetime, until: datetime, warm_up: timedelta = replay.WARM_UP) -> replay.Summary:
    """Return what ``rules``, by name, would have raised in ``[since, until)``, with only what was known at the time.

    ``brands`` and ``sources`` are those the live process watches and reads.
    """
    begun = floor(since - warm_up)
    looks = replay.looks_of(store.looks(begun, until), begun, floor(until))
    on_steps = {name: rule for name, rule in rules.items() if rule.about == "brand" and rule.on == "step"}
    on_mentions = {name: rule for name, rule in rules.items() if rule.about == "brand" and rule.on == "mention"}
    on_sources = {name: rule for name, rule in rules.items() if rule.about == "source"}
    history = max((rule.history for rule in rules.values()), default=timedelta(0)) + series.USUAL
    start = begun - history - replay.WINDOW
    coverage = store.coverage(since=start, until=until)
    names = [source.name for source in sources]
    every = [*names, *sorted({span.source for span in coverage} - set(names))]

    found: list[replay.Found] = []
    first_seen: dict[str, dict[MentionKey, replay.Seen]] = {name: {} for name in names} if on_sources else {}
    for brand in brands:
        if on_steps or on_sources:
            mentions = [replay.Seen(trace, at) for trace, at in store.seen(brand, since=start, until=until)]
            if on_steps:
                found += replay.on_brand(brand, on_steps, looks, mentions, coverage, names, every, since=begun,
                                         deadlines=store.deadlines(brand, since=begun, until=until))
            for one in mentions if first_seen else ():
                if one.trace.source in first_seen:
                    first_seen[one.trace.source][one.trace.key] = one
        if on_mentions:
            found += replay.on_mentions(brand, on_mentions, looks, _days(store, brand, looks, begun, until))
    for source in sources if on_sources else ():
        counted = sorted(first_seen.pop(source.name).values(), key=lambda one: (one.trace.published_at, one.trace.key))
        found += replay.on_source(source, on_sources, looks, counted, coverage, since=begun)
    return replay.settle(found, looks, policy, since=since, until=until)


def _days(store: Store, brand: str, looks: Sequence[Look], since: datetime, until: datetime) -> Iterator[replay.Day]:
    """Yield the days of a brand with what became known on them."""
    assumed = {look.steps for look in looks if look.assumed}
    read = {state.name for state in store.source_states() if state.polled_at or state.ok_at}
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < until:
        after = day + timedelta(days=1)
        fresh = [known for one in _published(store, brand, max(since, day - NEWS), min(until, after))
                 if (known := _as_known(one, assumed, read)) is not None and known.known_at is not None
                 and max(day, since) <= known.known_at < after and known.known_at <= until]
        for recorded in (False, True):
            some = [one for one in fresh if (floor(one.mention.published_at) + STEP not in assumed) is recorded]
            if some:
                yield _day(store, brand, day, sorted(some, key=lambda one: (one.known_at, one.mention.key)), recorded=recorded)
        day = after


def _published(store: Store, brand: str, since: datetime, until: datetime) -> Iterator[ScoredMention]:
    page = store.mentions(brand=brand, since=since, until=until, limit=PAGE)
    yield from page.items
    while page.next is not None:
        page = store.mentions(brand=brand, since=since, until=until, limit=PAGE, before=page.next)
        yield from page.items


def _as_known(one: ScoredMention, assumed: set[datetime | None], read: set[str]) -> ScoredMention | None:
    """Return a mention with the instant at which rules on mentions would have met it; None: they never would."""
    mention = one.mention
    if mention.ours or mention.precision not in (Precision.SECOND, Precision.MINUTE) or one.score is None:
        return None
    if floor(mention.published_at) + STEP in assumed:
        return replace(one, known_at=mention.published_at + replay.LAG)
    if one.known_at is None or one.known_at - mention.published_at > NEWS or not set(one.sources) & read:
        return None
    return one


def _day(store: Store, brand: str, day: datetime, fresh: Sequence[ScoredMention], *, recorded: bool) -> replay.Day:
    first = fresh[0].known_at or day
    authors = sorted({f"{m.mention.author.kind}:{m.mention.author.id}" for m in fresh if m.mention.author})
    ids = sorted({m.story for m in fresh if m.story})
    stories = store.stories(brand, ids, before=(first, fresh[0].mention.key)) if ids else {}
    return replay.Day(fresh, stories, store.audiences(brand, since=day - AUDIENCES, until=day, seen=recorded),
                      store.complained(brand, authors, before=first, known=recorded))


def summary(store: Store, done: replay.Summary, brands: Sequence[str]) -> dict[str, Any]:
    """Return a replay in figures, as it is kept with a rule that is enabled after it: no texts, no authors.

    ``recorded``: the alerts that were really raised about these brands in that time, of how many people were told, how many this replay has too,
    what people said of those, and by how much it is earlier (negative) or later in the middle. Delays and leads in seconds.
    """
    fired = [alert for alert in done.alerts if alert.fired_at >= done.since]
    real = [alert for alert in store.alerts(since=done.since, limit=MOST) if alert.subject in brands and alert.fired_at < done.until]
    same = replay.compare(fired, real).both
    verdicts = {ours.fingerprint: said[0].kind.value for ours, raised in same if (said := store.verdicts(raised.fingerprint))}
    keys = list(dict.fromkeys(key for alert in fired for key in alert.evidence))
    published = {one.mention.key: one.mention.published_at for one in store.by_keys(keys)}
    late = sorted(span.total_seconds() for span in replay.delays(done, published).values())
    leads = sorted((ours.fired_at - raised.fired_at).total_seconds() for ours, raised in same)
    return {**replay.figures(done, brands, verdicts),
            "median_delay": _middle(late), "longest_delay": late[-1] if late else None,
            "recorded": {"alerts": len(real), "told": sum(replay.called(one.severity, bool(one.why.get(lifecycle.TOLD))) for one in real),
                         "matched": len(same), "median_later": _middle(leads)},
            "fired": [{"fingerprint": alert.fingerprint, "rule": alert.rule, "subject": alert.subject, "severity": str(alert.severity),
                       "fired_at": alert.fired_at.isoformat(), "called": replay.called(alert.severity, alert.fingerprint in done.told),
                       "told_at": told.isoformat() if (told := done.told.get(alert.fingerprint)) else None,
                       "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None, "value": alert.value,
                       "expected": alert.expected, "verdict": verdicts.get(alert.fingerprint), "story": alert.story,
                       "evidence": [f"{key.kind}:{key.id}" for key in alert.evidence[:5]]} for alert in fired]}


def _middle(ordered: Sequence[float]) -> float | None:
    return ordered[len(ordered) // 2] if ordered else None
