"""What the rules would have said of the past: the same rules, the same engine, and at each look only what was known then. Pure.

A *look* is what the live process noted each time a step closed or an alert changed (``Look``). Replay goes through these looks.
Where nobody looked (imports, the time before the installation, more than ``CATCH_UP`` of downtime) it *assumes* a look ``LAG``
after each step, and that what was published was known by then.

**What was known.** A mention counts from when it was first seen, its tone from when it was first scored; before, it is
unscored. A span of coverage counts from when it was noted, up to where its source had been read at that look. Steps are
evaluated many at once between the instants at which late knowledge changes the past: one mention that came late costs one
more evaluation of the window, not one a step.

**Live equals replay**, alert for alert and byte for byte, for the same rules from the same start, while nobody acts. It cannot
where the past itself was changed and its old form is not kept: a text edited, a score corrected by a person or made anew by
another model, a mention taken back, an audience or a count that grew after the first reading, followers that changed; a source
that was renamed or removed; a mention stored in the very instant a look was made; what was deleted when its keeping time
ended; a topic whose posts were grouped anew. Nor where a story later proved to be part of an older one: its posts bear the
older name from their first day, so that to ``spike`` they are copies which then were people of their own, rules on mentions see
one incident where there were two, and ``resurfaced`` knows the older story's age at once. The moment of each move and the name
before it would have to be kept with every mention. People's acts are left out on purpose: replay takes, resolves and silences
nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from alerts import engine, lifecycle, series
from alerts.engine import Policy
from listener.types import (
    STEP,
    Alert,
    Coverage,
    CoverageState,
    Facts,
    Finding,
    Label,
    Look,
    MentionKey,
    Point,
    Reason,
    Rule,
    ScoredMention,
    Series,
    Severity,
    State,
    Story,
    Trace,
)
from listener.types.care import Deadline

LAG = timedelta(minutes=2)
"""How long after a step's end it is looked at where nobody did: about what reading and scoring take."""

CATCH_UP = timedelta(hours=24)
"""After downtime the live process evaluates so much and no more."""

AWAKE = timedelta(minutes=30)
"""A house that looked so lately still runs: steps it has not looked at yet are not over."""

WINDOW = timedelta(hours=4)
"""How far traces reach behind the first step to be evaluated."""

PIECE = timedelta(days=60)
"""Evaluated in one call at most."""

WARM_UP = timedelta(days=2)
"""Replayed before the span that is asked for, and not reported: so that rules know what stood at its beginning."""

RATED = timedelta(days=1)
"""A shorter replay gives no weekly rate: five hours of a storm would be told as thousands a week."""

NOT_DUE = "not due yet"


class Seen(NamedTuple):
    """A mention as rules count it, and when the house first saw it."""

    trace: Trace
    at: datetime


class Found(NamedTuple):
    """A finding under its rule's name, and the look at which it was made."""

    at: datetime
    finding: Finding


@dataclass(frozen=True, slots=True)
class Watched:
    """A source as rules know it: ``stale_after`` for rules about sources, None where it is only counted."""

    name: str
    stale_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a replay: ``alerts`` as they stood at its end, the earliest first, and when each was first told."""

    since: datetime
    until: datetime
    alerts: tuple[Alert, ...]
    told: Mapping[str, datetime]  # fingerprint → the look at which people would first have been told
    looks: int  # that were recorded; where there are none all are assumed
    assumed: int


# ---------------------------------------------------------------------------------------------------- looks

def looks_of(recorded: Sequence[Look], since: datetime, until: datetime, *, lag: timedelta = LAG) -> list[Look]:
    """Return the looks that evaluate every step that closes in ``(since, until]``, in order: those recorded, and assumed
    ones for steps that none of them evaluated.
    """
    looks: list[Look] = []
    place, ran = since, False
    for look in sorted(recorded, key=lambda one: one.at):
        if look.steps is not None and place < look.steps:
            looks += _assumed(place, max(place, look.steps - (CATCH_UP if ran else STEP)), lag)
            place, ran = look.steps, True
        looks.append(look)
    if not looks or until - looks[-1].at > AWAKE:  # else the next look will come by itself
        looks += _assumed(place, until, lag)
    return sorted(looks, key=lambda one: (one.at, one.steps or one.at))


def _assumed(since: datetime, until: datetime, lag: timedelta) -> list[Look]:
    return [Look(since + STEP * number + lag, since + STEP * number, assumed=True)
            for number in range(1, max(0, (until - since) // STEP) + 1)]


class _Era(NamedTuple):
    """Looks one after another of one kind, each of which closes steps; the first evaluates from ``since``."""

    since: datetime
    ends: list[datetime]  # of the last step each look evaluates
    looks: list[Look]

    @property
    def assumed(self) -> bool:
        return self.looks[0].assumed

    def since_of(self, place: int) -> datetime:
        return self.since if place == 0 else self.ends[place - 1]

    def place_of(self, step: datetime) -> int:
        """Return the place of the look that first evaluates the step that ends then."""
        return bisect_left(self.ends, step)


def _eras(looks: Sequence[Look], closed: Callable[[Look], datetime | None], since: datetime) -> list[_Era]:
    """Cut the looks where their kind changes or steps are left out. Looks that close no new step evaluate nothing."""
    eras: list[_Era] = []
    place = since
    for look in looks:
        end = closed(look)
        if end is None or end <= place:
            continue
        begun = place if look.assumed or eras else max(place, end - CATCH_UP)
        begun = max(begun, end - CATCH_UP)
        last = eras[-1] if eras else None
        if last is None or last.assumed != look.assumed or begun > last.ends[-1]:
            eras.append(_Era(begun, [end], [look]))
        else:
            last.ends.append(end)
            last.looks.append(look)
        place = end
    return eras


# ---------------------------------------------------------------------------------------------------- what was known

@dataclass(slots=True)
class _Late:
    """A mention that was seen, or scored, after its step had been evaluated: the looks from which on it counts."""

    seen: Seen
    from_: int
    scored: int


class _Known:
    """What was known of some mentions at the looks of one era."""

    def __init__(self, mentions: Sequence[Seen], era: _Era) -> None:
        self.era = era
        ats = [look.at for look in era.looks]
        self.traces: list[Trace] = []
        self.late: list[_Late] = []
        for one in mentions:
            first = era.place_of(_end_of(one.trace.published_at))
            if era.assumed:
                self.traces.append(one.trace)
                continue
            seen = bisect_left(ats, one.at)
            scored = len(ats) if one.trace.known_at is None else bisect_left(ats, one.trace.known_at)
            if max(seen, scored) <= first or one.trace.known_at is None and seen <= first:
                self.traces.append(one.trace)
            elif seen < len(ats):
                self.late.append(_Late(one, seen, scored))
        self.published = [trace.published_at for trace in self.traces]
        steps: dict[tuple[datetime, str], Point] = {}
        for trace in self.traces:
            name = _end_of(trace.published_at) - STEP, trace.source
            steps[name] = steps.get(name, _NOTHING) + _point(trace)
        self.steps = sorted(steps.items())
        self.starts = [start for (start, _), _ in self.steps]

    def boundaries(self) -> set[int]:
        """Return the looks at which the past was no longer as it had been."""
        return {place for one in self.late for place in (one.from_, one.scored) if 0 < place < len(self.era.looks)}

    def counts(self, since: datetime, until: datetime, place: int) -> dict[str, dict[datetime, Point]]:
        """Return the points of ``[since, until)`` by source, as known at a look."""
        found: dict[str, dict[datetime, Point]] = defaultdict(dict)
        for (start, source), point in self.steps[bisect_left(self.starts, since):bisect_left(self.starts, until)]:
            found[source][start] = point
        for trace in self._came(since, until, place):
            start = _end_of(trace.published_at) - STEP
            found[trace.source][start] = found[trace.source].get(start, _NOTHING) + _point(trace)
        return found

    def traces_in(self, since: datetime, until: datetime, place: int) -> tuple[Trace, ...]:
        """Return the mentions published in ``[since, until)`` as known at a look, oldest first."""
        steady = self.traces[bisect_left(self.published, since):bisect_left(self.published, until)]
        came = self._came(since, until, place)
        return tuple(steady if not came else sorted((*steady, *came), key=lambda trace: trace.published_at))

    def _came(self, since: datetime, until: datetime, place: int) -> list[Trace]:
        return [one.seen.trace if one.scored <= place else replace(one.seen.trace, label=None, unsure=False, known_at=None)
                for one in self.late if one.from_ <= place and since <= one.seen.trace.published_at < until]


_NOTHING = Point()


def _point(trace: Trace) -> Point:
    negative = trace.label is Label.NEGATIVE
    return Point(1, int(trace.label is not None), int(negative), int(trace.unsure), trace.reach if negative else 0)


def _end_of(at: datetime) -> datetime:
    """Return the end of the step an instant lies in."""
    seconds = int(at.timestamp() // 1)
    width = int(STEP.total_seconds())
    return datetime.fromtimestamp(seconds - seconds % width + width, UTC)


class _Covered:
    """What was known of coverage at the looks of one era."""

    def __init__(self, spans: Sequence[Coverage], era: _Era, *, steps: bool) -> None:
        self.era, self.steps = era, steps
        self.spans = sorted(spans, key=lambda span: (span.start, span.end))
        ats = [look.at for look in era.looks]
        self.noted = [0 if era.assumed or span.noted_at is None else bisect_left(ats, span.noted_at) for span in self.spans]

    def boundaries(self) -> set[int]:
        """Return the looks at which a stretch that had been unknown was known."""
        return {place for span, place in zip(self.spans, self.noted, strict=True)
                if 0 < place < len(self.era.ends) and span.start < self.era.ends[place - 1] and span.state is not CoverageState.LOST}

    def lonely(self) -> set[int]:
        """Return the looks at which a source was not as the spans have it now: these are evaluated by themselves."""
        if self.era.assumed:
            return set()
        return {place for place, look in enumerate(self.era.looks)
                if any(self._differs(name, end, pending, place) for name, (end, pending) in look.ends.items())}

    def _differs(self, name: str, end: datetime, pending: bool, place: int) -> bool:
        until = self.era.ends[place]
        if end >= until:
            return False
        beyond = [span for span, noted in zip(self.spans, self.noted, strict=True)
                  if span.source == name and noted <= place and span.end > end and span.start < until and span.state is not CoverageState.LOST]
        if pending and self.steps:
            return not any(span.state is CoverageState.OK and span.start <= end and span.end >= until for span in beyond)
        return bool(beyond)

    def at(self, since: datetime, until: datetime, place: int, *, alone: bool) -> list[Coverage]:
        """Return the spans that touch ``[since, until)`` as known at a look."""
        known = [span for span, noted in zip(self.spans, self.noted, strict=True)
                 if noted <= place and span.end > since and span.start < until]
        if not alone:
            return known
        ends = self.era.looks[place].ends
        cut = [replace(span, end=min(span.end, ends[span.source][0]))
               if span.source in ends and span.state is not CoverageState.LOST else span for span in known]
        if self.steps:
            cut += [Coverage(name, end, until, CoverageState.OK, NOT_DUE) for name, (end, pending) in ends.items() if pending and end < until]
        return [span for span in cut if span.end > span.start]


def _segments(era: _Era, cuts: Iterable[int], lonely: set[int]) -> Iterator[tuple[int, int, bool]]:
    """Yield (first, past the last, alone) of the looks that are evaluated in one call, in order."""
    edges = sorted({0, len(era.looks), *cuts, *lonely, *(place + 1 for place in lonely if place < len(era.looks))})
    for first, stop in pairwise(edges):
        while first < stop:
            furthest = era.since_of(first) + PIECE
            end = max(first + 1, min(stop, bisect_right(era.ends, furthest)))
            yield first, end, first in lonely
            first = end


# ---------------------------------------------------------------------------------------------------- rules

def on_brand(brand: str, rules: Mapping[str, Rule], looks: Sequence[Look], mentions: Sequence[Seen], coverage: Sequence[Coverage],
             sources: Sequence[str], every: Sequence[str], *, since: datetime, deadlines: Sequence[Deadline] = ()) -> list[Found]:
    """Return what rules on steps find about a brand. ``mentions`` and ``coverage`` reach back far enough before ``since``.

    ``sources`` are those the live process counts; ``every`` also those of imports, which count where nobody looked.
    """
    found: list[Found] = []
    states: dict[str, State] = {}
    history = max((rule.history for rule in rules.values()), default=timedelta(0))
    for era in _eras(looks, lambda look: look.steps, since):
        names = every if era.assumed else sources
        known = _Known(mentions, era)
        covered = _Covered([span for span in coverage if span.source in names], era, steps=True)
        for first, stop, alone in _segments(era, known.boundaries() | covered.boundaries(), covered.lonely()):
            begun, until, last = era.since_of(first), era.ends[stop - 1], stop - 1
            start = begun - history - series.USUAL
            spans = covered.at(start, until, last, alone=alone)
            whole = series.recent(known.counts(start, until, last), spans, names, until=until, history=history + (until - begun))
            facts = Facts(brand, until, begun, whole, known.traces_in(begun - WINDOW, until, last), tuple(spans),
                          deadlines=tuple(deadlines))
            for name, rule in rules.items():
                own = replace(facts, series=_last(whole, rule.history + (until - begun)))
                states[name], findings = engine.evaluate(name, rule, own, states.get(name, {}))
                found += [Found(era.looks[era.place_of(one.at)].at, one) for one in findings]
    return found


def on_source(source: Watched, rules: Mapping[str, Rule], looks: Sequence[Look], mentions: Sequence[Seen],
              coverage: Sequence[Coverage], *, since: datetime) -> list[Found]:
    """Return what rules about a source find; ``mentions`` are those it saw first, whatever the brands, each once."""
    found: list[Found] = []
    states: dict[str, State] = {}
    spans = [span for span in coverage if span.source == source.name]
    patience = (source.stale_after or timedelta(0)) + STEP
    for era in _eras(looks, lambda look: look.steps if look.assumed else look.heard.get(source.name), since):
        known, covered = _Known(mentions, era), _Covered(spans, era, steps=False)
        lost = {place for span, place in zip(covered.spans, covered.noted, strict=True)
                if 0 < place < len(era.looks) and span.start < era.ends[place - 1]}
        for first, stop, alone in _segments(era, known.boundaries() | lost, covered.lonely()):
            begun, until, last = era.since_of(first), era.ends[stop - 1], stop - 1
            for name, rule in rules.items():
                start = begun - max(rule.history, patience)
                told = covered.at(start, until, last, alone=alone)
                total = series.build(known.counts(start, until, last), told, [source.name], start=start, end=until)
                facts = Facts(source.name, until, begun, total, coverage=tuple(told), stale_after=source.stale_after)
                states[name], findings = engine.evaluate(name, rule, facts, states.get(name, {}))
                found += [Found(era.looks[era.place_of(one.at)].at, one) for one in findings]
    return found


@dataclass(frozen=True, slots=True)
class Day:
    """The mentions of a brand that became known on one UTC day, with what rules on mentions ask about them."""

    fresh: Sequence[ScoredMention]  # with ``known_at``, in order of it and of their keys
    stories: Mapping[str, Story] = field(default_factory=dict)
    audiences: Sequence[int] = ()
    complained: Mapping[str, datetime] = field(default_factory=dict)


def on_mentions(brand: str, rules: Mapping[str, Rule], looks: Sequence[Look], days: Iterable[Day]) -> list[Found]:
    """Return what rules on mentions find about a brand, day by day."""
    found: list[Found] = []
    states: dict[str, State] = {}
    ats = [look.at for look in looks if not look.assumed]
    for day in days:
        known = [one.known_at for one in day.fresh if one.known_at is not None]
        if not known:
            continue
        first, last = known[0], known[-1]
        facts = Facts(brand, last, first - timedelta(microseconds=1), Series(_end_of(first) - STEP, ()), fresh=tuple(day.fresh),
                      stories=day.stories, audiences=tuple(day.audiences), complained=day.complained)
        for name, rule in rules.items():
            states[name], findings = engine.evaluate(name, rule, facts, states.get(name, {}))
            for one in findings:
                place = bisect_left(ats, one.at)
                at = ats[place] if place < len(ats) and ats[place] - one.at < STEP else one.at
                found.append(Found(at, one))
    return found


def _last(whole: Series, history: timedelta) -> Series:
    surplus = max(0, len(whole.points) - history // whole.step)
    return Series(whole.at(surplus), whole.points[surplus:], whole.step)


# ---------------------------------------------------------------------------------------------------- the engine

def settle(found: Iterable[Found], looks: Sequence[Look], policy: Policy, *, since: datetime, until: datetime) -> Summary:
    """Let the engine decide at every look as the live process did, and return what became of it. Alerts that ended before
    ``since`` are left out.
    """
    by_look: dict[datetime, list[Finding]] = defaultdict(list)
    for one in found:
        by_look[one.at].append(one.finding)
    times = sorted({look.at for look in looks} | by_look.keys())
    alerts: dict[str, Alert] = {}
    told: dict[str, datetime] = {}
    recent: dict[str, Alert] = {}
    for at in times:
        if at not in by_look and not any(alert.state in lifecycle.OPEN for alert in recent.values()):
            continue
        recent = {name: alert for name, alert in recent.items()
                  if alert.state in lifecycle.OPEN or (alert.updated_at or alert.fired_at) >= at - 2 * lifecycle.GROUP}
        seen = sorted(recent.values(), key=lambda alert: (alert.state not in lifecycle.OPEN, -alert.fired_at.timestamp(), alert.fingerprint))
        for alert, reason in engine.decide(by_look.get(at, ()), seen, (), policy, at=at):
            alerts[alert.fingerprint] = recent[alert.fingerprint] = alert
            if reason is Reason.FIRST:
                told.setdefault(alert.fingerprint, at)
    kept = sorted((alert for alert in alerts.values() if (alert.resolved_at or until) >= since and alert.fired_at <= until),
                  key=lambda alert: (alert.fired_at, alert.fingerprint))
    return Summary(since, until, tuple(kept), {alert.fingerprint: told[alert.fingerprint] for alert in kept if alert.fingerprint in told},
                   sum(not look.assumed for look in looks), sum(look.assumed for look in looks))


# ---------------------------------------------------------------------------------------------------- figures

class Difference(NamedTuple):
    """Alerts of two replays side by side: those that tell of the same time and subject, and those only one has."""

    both: tuple[tuple[Alert, Alert], ...]
    only_draft: tuple[Alert, ...]
    only_enabled: tuple[Alert, ...]


def compare(draft: Sequence[Alert], enabled: Sequence[Alert], *, within: timedelta = lifecycle.GROUP) -> Difference:
    """Return which alerts two rule sets share: about the same subject, fired within ``within`` of each other, nearest first."""
    pairs: list[tuple[Alert, Alert]] = []
    left, right = list(draft), list(enabled)
    near = sorted(((abs(one.fired_at - other.fired_at), one.fingerprint, other.fingerprint, one, other) for one in left for other in right
                   if one.subject == other.subject and abs(one.fired_at - other.fired_at) <= within), key=lambda pair: pair[:3])
    for _, _, _, one, other in near:
        if one in left and other in right:
            pairs.append((one, other))
            left.remove(one)
            right.remove(other)
    return Difference(tuple(sorted(pairs, key=lambda pair: pair[0].fired_at)), tuple(left), tuple(right))


def called(severity: Severity, told: bool) -> bool:
    """Whether an alert disturbed people: it was told, and is none of those that call nobody (``alerts.paging``)."""
    return told and severity is not Severity.P3


def figures(summary: Summary, brands: Sequence[str], verdicts: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what a person decides by, as plain values: how often it would have fired, and how right it would have been. ``told`` counts
    those by which people would have been called, so no P3.

    ``verdicts``: fingerprint → what a person said of the real alert of that fingerprint. A rate is a brand and week's; None below a day
    (``RATED``), from which a week cannot be told.
    """
    weeks = len(brands) * ((summary.until - summary.since) / timedelta(weeks=1))
    rated = [alert for alert in summary.alerts if alert.fired_at >= summary.since]
    by_rule: dict[str, int] = defaultdict(int)
    for alert in rated:
        by_rule[alert.rule] += 1
    judged: dict[str, int] = defaultdict(int)
    for alert in rated:
        if verdicts and alert.fingerprint in verdicts:
            judged[verdicts[alert.fingerprint]] += 1
    return {"since": summary.since.isoformat(), "until": summary.until.isoformat(), "brands": len(brands), "alerts": len(rated),
            "told": sum(called(alert.severity, alert.fingerprint in summary.told) for alert in rated),
            "per_brand_week": round(len(rated) / weeks, 3) if weeks and summary.until - summary.since >= RATED else None, "by_rule": dict(sorted(by_rule.items())),
            "by_severity": {str(s): sum(alert.severity is s for alert in rated) for s in sorted({alert.severity for alert in rated})},
            "verdicts": dict(sorted(judged.items())), "looks": summary.looks, "assumed_looks": summary.assumed}


def delays(summary: Summary, published: Mapping[MentionKey, datetime]) -> dict[str, timedelta]:
    """Return, by fingerprint, how long after the earliest of its evidence was published people would have been called."""
    found: dict[str, timedelta] = {}
    for alert in summary.alerts:
        times = [published[key] for key in alert.evidence if key in published and published[key] >= alert.starts_at]
        if times and called(alert.severity, alert.fingerprint in summary.told):
            found[alert.fingerprint] = summary.told[alert.fingerprint] - min(times)
    return found
