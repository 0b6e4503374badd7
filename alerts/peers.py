"""Peers beside us: share of voice, net sentiment and complaint rate, only where all brands were looked for and seen alike. Pure.

A brand that is looked for in more places, or whose source was down for a day, cannot be compared by its counts. So counts are
added up over *cells*: a place and an hour in which every compared brand was looked for and at least half of the hour was seen.
A place is a source in which all of them are looked for, or all sources of one kind where each brand has its own (the reviews of
its app). What is not compared is said, with the reason.

Intervals are 95 %. Posts of a day come in bursts and copies, so that the interval of a ratio is that of a cluster sample by day
(Cochran, "Sampling Techniques", 3rd ed. 1977, §3.12: the linearised variance of a ratio), and never narrower than Wilson's for
independent posts. Nothing is told under ``LEAST`` posts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

from alerts.digest.weigh import LEAST, REAL, shares
from alerts.precision import Z, wilson

TOGETHER = 0.25  # of the hours a place must have been seen for all brands alike, or it is left out


class Why(StrEnum):
    """Why a place is compared, or why not; ``board.peers.why.<value>`` says it."""

    SHARED = "shared"      # all brands are looked for in one source
    PAIRED = "paired"      # each brand has sources of this kind of its own
    ONLY = "only"          # not all brands are looked for here
    SELDOM = "seldom"      # seen for all of them too seldom


@dataclass(frozen=True, slots=True)
class Place:
    """Where brands are looked for: one source, or one kind of source. ``seen``: hours that were seen, by brand."""

    name: str
    kind: str
    paired: bool
    seen: Mapping[str, Collection[datetime]]

    def together(self, brands: Collection[str]) -> frozenset[datetime]:
        """Return the hours that were seen for all these brands."""
        sides = [frozenset(self.seen.get(brand, ())) for brand in brands]
        return frozenset.intersection(*sides) if sides else frozenset()


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a place: whether it is compared, why, in how many hours of all, and whom it lacks."""

    name: str
    kind: str
    why: Why
    hours: int
    of: int
    lacks: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        return self.why in (Why.SHARED, Why.PAIRED)


class Cell(NamedTuple):
    """Counts of one brand, place and hour."""

    brand: str
    place: str
    hour: datetime
    mentions: int
    negative: int
    neutral: int
    positive: int
    unsure: int


class Figure(NamedTuple):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Peer:
    """One brand in what can be compared. Shares 0..1, net sentiment -1..1; None under ``LEAST`` posts."""

    brand: str
    mentions: int
    scored: int
    negative: int
    positive: int
    unsure: int
    voice: Figure | None  # share of all mentions of the compared brands
    net: Figure | None  # positive less negative among those scored
    rate: Figure | None  # complaints among those scored


@dataclass(frozen=True, slots=True)
class Standing:
    """One aspect: its share among the complaints of us and of all peers together, and whether that is more than the market's."""

    aspect: str
    brands: tuple[tuple[str, int, int, Figure | None], ...]  # brand, complaints about it, all its complaints, share
    z: float  # of us against the peers together; 0 where too little is known


@dataclass(frozen=True, slots=True)
class Comparison:
    brands: tuple[str, ...]  # ours first
    places: tuple[Compared, ...]  # those that are compared first
    peers: tuple[Peer, ...]
    hours: int
    others: Peer | None = None  # all peers together

    @property
    def rate_sign(self) -> int:
        """1: surely more of what is said of us are complaints than of what is said of all peers together, -1: fewer, 0: may be chance, or too little is known."""
        us, them = self.peers[0].rate, self.others.rate if self.others else None
        if us is None or them is None:
            return 0
        half = sqrt(((us.high - us.low) / 2) ** 2 + ((them.high - them.low) / 2) ** 2)
        z = (us.value - them.value) / half * Z if half else 0.0
        return 1 if z >= REAL else -1 if z <= -REAL else 0

    @property
    def voice_sign(self) -> int:
        """1: surely more is said of us than an even share among the compared brands, -1: less, 0: may be chance, or too little is known."""
        us, even = self.peers[0].voice, 1 / len(self.brands)
        return 0 if us is None else 1 if us.low > even else -1 if us.high < even else 0

    @property
    def places_compared(self) -> int:
        return sum(one.counts for one in self.places)


def weigh_places(places: Sequence[Place], brands: Sequence[str], hours: int) -> tuple[Compared, ...]:
    """Return which places can be compared, those first, each with the reason."""
    found = []
    for place in places:
        lacks = tuple(brand for brand in brands if brand not in place.seen)
        together = len(place.together(brands)) if not lacks else 0
        why = (Why.ONLY if lacks else Why.SELDOM if together < TOGETHER * hours else Why.PAIRED if place.paired else Why.SHARED)
        found.append(Compared(place.name, place.kind, why, together, hours, lacks))
    return tuple(sorted(found, key=lambda one: (not one.counts, one.name)))


def compare(places: Sequence[Place], cells: Iterable[Cell], brands: Sequence[str], hours: int, day_of: Mapping[datetime, date]) -> Comparison:
    """Return brands beside each other. ``day_of``: the local day of each hour."""
    judged = weigh_places(places, brands, hours)
    counted = {place.name: place.together(brands) for place in places if any(one.name == place.name and one.counts for one in judged)}
    days: dict[str, defaultdict[date, list[int]]] = {brand: defaultdict(lambda: [0] * 5) for brand in brands}
    for cell in cells:
        if cell.brand in days and cell.hour in counted.get(cell.place, ()):
            held = days[cell.brand][day_of[cell.hour]]
            for place, value in enumerate(cell[3:]):
                held[place] += value
    every = sorted({day_of[hour] for some in counted.values() for hour in some})
    totals = {day: sum(days[brand][day][0] for brand in brands) for day in every}
    together = {day: [sum(days[brand][day][place] for brand in brands[1:]) for place in range(5)] for day in every}
    return Comparison(tuple(brands), judged, tuple(_peer(brand, days[brand], every, totals) for brand in brands), hours, _peer("", together, every, totals))


def _peer(brand: str, days: Mapping[date, Sequence[int]], every: Sequence[date], totals: Mapping[date, int]) -> Peer:
    nothing = (0,) * 5
    rows = [days.get(day, nothing) for day in every]
    mentions, negative, neutral, positive, unsure = (sum(row[place] for row in rows) for place in range(5))
    scored = negative + neutral + positive
    return Peer(brand, mentions, scored, negative, positive, unsure,
                voice=share([(days.get(day, nothing)[0], totals[day]) for day in every]),
                net=_net([(row[1], row[3], row[1] + row[2] + row[3]) for row in rows]),
                rate=share([(row[1], row[1] + row[2] + row[3]) for row in rows]))


def share(clusters: Sequence[tuple[int, int]]) -> Figure | None:
    """Return a share of (some, of all) added up over clusters, with its interval; None under ``LEAST``."""
    some, total = (sum(one[place] for one in clusters) for place in (0, 1))
    if total < LEAST:
        return None
    value = some / total
    low, high = wilson(some, total)
    half = Z * sqrt(_variance(clusters, value, total))
    return Figure(value, max(0.0, min(low, value - half)), min(1.0, max(high, value + half)))


def _net(days: Sequence[tuple[int, int, int]]) -> Figure | None:
    """Return positive less negative of (negative, positive, scored) by day: never narrower than the multinomial's own interval."""
    negative, positive, total = (sum(day[place] for day in days) for place in range(3))
    if total < LEAST:
        return None
    value = (positive - negative) / total
    alone = ((positive + negative) / total - value * value) / total
    half = Z * sqrt(max(alone, _variance([(more - less, of) for less, more, of in days], value, total)))
    return Figure(value, max(-1.0, value - half), min(1.0, value + half))


def _variance(clusters: Sequence[tuple[int, int]], value: float, total: int) -> float:
    told = [(some, of) for some, of in clusters if of]
    if len(told) < 2:
        return 0.0
    return len(told) / (len(told) - 1) * sum((some - value * of) ** 2 for some, of in told) / (total * total)


def aspects(complaints: Mapping[str, Sequence[Sequence[str]]], brands: Sequence[str], most: int = 8) -> tuple[Standing, ...]:
    """Return what complaints are about, brand by brand: the aspects that are most frequent with us first.

    ``complaints``: of each brand its comparable complaints, each with its aspects. The first brand is ours. Shares are of the
    complaints whose aspect was recognised: where that is half of them, shares of all would look small for no other reason.
    """
    known = {brand: recognised(complaints.get(brand, ())) for brand in brands}
    counts: dict[str, defaultdict[str, int]] = {brand: defaultdict(int) for brand in brands}
    for brand in brands:
        for named in known.get(brand, ()):
            for name in set(named):
                counts[brand][name] += 1
    totals = {brand: len(known.get(brand, ())) for brand in brands}
    own, others = brands[0], brands[1:]
    rank = sorted({name for some in counts.values() for name in some}, key=lambda name: (-counts[own][name], -sum(counts[one][name] for one in others), name))
    found = []
    for name in rank[:most]:
        rows = tuple((brand, counts[brand][name], totals[brand], _wilson(counts[brand][name], totals[brand])) for brand in brands)
        theirs = (sum(counts[one][name] for one in others), sum(totals[one] for one in others))
        enough = totals[own] >= LEAST and theirs[1] >= LEAST
        found.append(Standing(name, rows, shares((counts[own][name], totals[own]), theirs) if enough else 0.0))
    return tuple(found)


def recognised(complaints: Iterable[Sequence[str]]) -> list[frozenset[str]]:
    """Return the aspects of those complaints in which one was recognised."""
    return [named for one in complaints if (named := frozenset(one) - {"other"})]


def like_the_market(found: Comparison, storms: Collection[str]) -> bool:
    """Whether like shares of aspects may be told as "like the market". ``storms``: brands that had one in the span.

    Aspects are shares of complaints: where there are more complaints, or more is said at all, or a storm passed, they say nothing of that.
    """
    return not storms and found.voice_sign == 0 and found.rate_sign == 0


def _wilson(some: int, of: int) -> Figure | None:
    return Figure(some / of, *wilson(some, of)) if of >= LEAST else None
