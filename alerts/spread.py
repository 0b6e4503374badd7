"""How a wave of complaints travels: growth, branching, a forecast of the next hours, and when it is too early for one. Pure.

Three questions, three answers, each with its interval and each absent where too little is known:

**Growth.** The posts of the last hours are read as a Poisson process whose rate is exp(r·t); r is its maximum likelihood
estimate, its interval that of Fisher's information widened by the dispersion found (reshares come in clumps), and
ln 2 / r is the doubling time. This is about what was, so it is said as soon as eight posts are there. The window never begins
before the wave does: a stream that flows evenly since its first post does not grow, though nothing came before it.

**Branching.** With links from child to parent, R = children ÷ the parents' time to have had them, over posts at least an hour old; the
interval is that of a ratio clustered by author. Many sources link every reshare to the first post: such links say who
was first and not who passed it on, they would give R = 1 for every wave. Then, and without links, R ≈ 1 + r·Tg, marked so.
R is about the next generation, it is no promise.

**Forecast.** Posts of the next six hours as p10, p50 and p90 from the counts of the last quarter, hour and three hours: quantile
regressions on logarithms, fitted on simulated waves (``tests/benchmarks/test_spread_skill.py``, which prints the coefficients below
and scores them against a constant and a count multiplier). Published once the wave was watched for three hours or fifty
reshares are known: the state says ``too_early`` before. Once nothing was said for those six hours it says ``ended``, and nothing of a future.

**Cascade.** The state of SEISMIC (Zhao et al., KDD 2015; constants as in the authors' R package ``seismic``) for the largest cascade
of reshares with known audiences. Its constants were fitted on English tweets of 2011, so it says "explosive or not" and a size
to be read beside the forecast, never instead of it. Real cascades with audiences are not to be had, so its size is scored on
simulated ones (RESULTS.md, Spread): of its own making it beats a constant from half an hour on, but never a multiple of what was
seen; where interest fades it calls every second one explosive in the first hour, and is worth something from two hours on.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import mul
from typing import Any

from listener.types import MentionKey, Trace

HOUR = timedelta(hours=1)
HORIZON = 6 * HOUR
WATCHED = 3 * HOUR        # how long a wave is watched before anything is said about its future
RESHARES = 50             # or, where so many reshares of it are known, ...
SOONER = 2 * HOUR         # ... so long: an hour after its beginning real bursts could not be forecast at all
WIDER = 2.0               # the band of simulated waves, this often as wide on a logarithmic scale, ...
SCATTER = 0.3             # ... and the usual posts give or take that share, hold four of five of the 30 real bursts
POSTS = 8                 # below, not even growth is spoken of: the floor of the volume rules
LINKED = 20               # reshares from which R is shown
MATURE = HOUR             # of a post that is asked for its children
WINDOWS = (HOUR / 2, HOUR, 2 * HOUR, 3 * HOUR)  # of growth: the first that holds so many posts ...
CROWDED = 100
LONGER = (6 * HOUR, 12 * HOUR, 24 * HOUR)       # ... and where three hours hold fewer than eight, the first that holds those
BINS = 6                  # of the window, to find how much more than Poisson the counts scatter
Z90 = 1.645               # two-sided 90 %
Z80 = 1.2816              # p10 to p90

# SEISMIC's memory of a post, and the followers of an average account (defaults of the authors' package ``seismic`` on CRAN)
FLAT = 300.0              # seconds during which a post is reshared at a constant rate
LEVEL = 6.265725e-4       # that rate, 1/s
THETA = 0.2314843         # afterwards it falls like s^-(1 + THETA)
FOLLOWERS = 100.0         # n*: the average audience of one who reshares
FEWEST = 5                # reshares in its window, below which the infectiousness is not estimated
GENERATION = timedelta(minutes=40)
"""Tg: median time from a post to a reshare of it under that memory (its mean is infinite)."""


class State(StrEnum):
    GROWING = "growing"
    PLATEAU = "plateau"      # neither growth nor decay is certain
    DECAYING = "decaying"
    TOO_EARLY = "too_early"
    ENDED = "ended"          # no post for as long as a forecast looks ahead


@dataclass(frozen=True, slots=True)
class Band:
    """An estimate with the interval it lies in: 80 % (p10 to p90) of a forecast, 90 % of a rate."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class Branching:
    """Reshares one post leads to. ``method``: ``links`` counted, ``growth`` inferred from the growth rate."""

    ratio: Band
    method: str
    reshares: int


@dataclass(frozen=True, slots=True)
class Cascade:
    """SEISMIC's view of the largest cascade: branching p·n*, and its final size where that is finite."""

    seen: int
    branching: float
    final: int | None  # None: at this rate it has no end ("explosive")


@dataclass(frozen=True, slots=True)
class Spread:
    state: State
    watched: timedelta
    posts: int
    reshares: int
    growth: Band | None = None     # per hour; negative: it is fading
    branching: Branching | None = None
    cascade: Cascade | None = None
    forecast: Band | None = None   # posts in the next six hours
    reach: Band | None = None      # people those posts may reach, as far as the posts so far had a reach

    @property
    def doubling(self) -> timedelta | None:
        """Return the time in which the rate doubles, where growth is certain."""
        return _doubling(self.growth.mid) if self.growth and self.growth.low > 0 else None

    @property
    def halving(self) -> timedelta | None:
        """Return the time in which the rate halves, where decay is certain."""
        return _doubling(-self.growth.mid) if self.growth and self.growth.high < 0 else None

    def figures(self) -> dict[str, Any]:
        """Return all of it as JSON; times in seconds, growth per hour, what is not known None."""
        turn = self.doubling or self.halving
        growth = self.growth
        shortest = longest = None
        if growth and turn:
            slow, fast = sorted((abs(growth.low), abs(growth.high)))
            shortest, longest = round(_doubling(fast).total_seconds()), round(_doubling(slow).total_seconds())
        return {
            "state": self.state.value, "watched": round(self.watched.total_seconds()), "posts": self.posts, "reshares": self.reshares,
            "growth": _rounded(growth, 3),
            "doubling": round(self.doubling.total_seconds()) if self.doubling else None,
            "halving": round(self.halving.total_seconds()) if self.halving else None, "turn_low": shortest, "turn_high": longest,
            "branching": None if self.branching is None else {**(_rounded(self.branching.ratio, 2) or {}), "method": self.branching.method,
                                                              "reshares": self.branching.reshares},
            "cascade": None if self.cascade is None else {"seen": self.cascade.seen, "branching": round(self.cascade.branching, 2),
                                                          "final": self.cascade.final},
            "hours": round(HORIZON / HOUR), "forecast": _rounded(self.forecast, 0), "reach": _rounded(self.reach, 0),
        }


def of(traces: Sequence[Trace], at: datetime, *, since: datetime | None = None, usual: float = 0.0) -> Spread:
    """Return how the complaints among ``traces`` spread, as it was known at ``at``; nothing later is looked at.

    ``traces`` are those of one story or of one brand. ``since`` is how far back they are known (default: the first post), the wave
    began then or later (``begun``); ``usual`` is how many posts an hour are no part of it, by which the forecast is lifted again.
    Deterministic; the order of the traces does not matter.
    """
    seen = sorted((t for t in traces if t.published_at <= at and (since is None or t.published_at >= since)),
                  key=lambda t: (t.published_at, t.key))
    reshares = sum(t.reshare_of is not None for t in seen)
    ages = [(at - t.published_at).total_seconds() for t in seen]
    watched = begun(ages, usual, max(at - (since or seen[0].published_at), timedelta(0))) if seen else timedelta(0)
    rate = growth(ages, watched) if len(seen) >= POSTS else None
    if ages and min(ages) >= HORIZON.total_seconds():
        return Spread(State.ENDED, watched, len(seen), reshares, branching=_branching(seen, at, None, reshares))
    early = len(seen) < POSTS or rate is None or watched < (SOONER if reshares >= RESHARES else WATCHED)
    if early:
        return Spread(State.TOO_EARLY, watched, len(seen), reshares, rate, _branching(seen, at, rate, reshares), cascade(seen, at))
    assert rate is not None
    state = State.GROWING if rate.low > 0 else State.DECAYING if rate.high < 0 else State.PLATEAU
    quarter, hour, three = (sum(age < span.total_seconds() for age in ages) for span in (HOUR / 4, HOUR, 3 * HOUR))
    ahead = outlook(quarter - usual / 4, hour - usual, three - hour - 2 * usual,
                    sum(age <= watched.total_seconds() for age in ages) - usual * (watched / HOUR), watched)
    ahead = published(ahead, usual * (HORIZON / HOUR))
    return Spread(state, watched, len(seen), reshares, rate, _branching(seen, at, rate, reshares), cascade(seen, at), ahead,
                  _audience(ahead, seen))


def begun(ages: Sequence[float], usual: float, known: timedelta) -> timedelta:
    """Return how long ago the wave began whose posts are so old, in seconds, where posts are known for ``known``.

    With nothing usual, its first post. Else the most likely place (maximum likelihood) where a rate of ``usual`` posts an hour became
    that of the last hour: the least of N(t) - t·(v - u) / ln(v / u). Where the last hour is no more than usual, all that is known.
    """
    earliest = min(max(ages), known.total_seconds())
    fresh = float(sum(age <= HOUR.total_seconds() for age in ages))
    if usual <= 0:
        return timedelta(seconds=earliest)
    if fresh <= usual:
        return known
    drift = (fresh - usual) / math.log(fresh / usual) / HOUR.total_seconds()
    low, place = 0.0, known.total_seconds()
    for before, age in enumerate(sorted(ages, reverse=True)):
        excess = before - (known.total_seconds() - age) * drift
        if excess < low:
            low, place = excess, age
    return timedelta(seconds=place)


# -- growth

def growth(ages: Sequence[float], watched: timedelta) -> Band | None:
    """Return the rate of growth per hour with its 90 % interval, from the ages of posts in seconds; None with fewer than eight.

    The window is the shortest one that holds a hundred posts, three hours where none does, and longer only where those hold
    fewer than eight; never longer than the wave was watched.
    """
    limit = max(watched.total_seconds(), 60.0)
    inside: list[float] = []
    window = limit
    for span, enough in (*((span, CROWDED) for span in WINDOWS[:-1]), *((span, POSTS) for span in (WINDOWS[-1], *LONGER))):
        window = min(span.total_seconds(), limit)
        inside = [age for age in ages if age <= window]
        if len(inside) >= enough:
            break
    if window == limit and inside and max(inside) >= limit * (1 - 1e-9):
        inside.remove(max(inside))  # with which the window begins: it says nothing of where in it posts stand
    if len(inside) < POSTS - 1:
        return None
    mean = 1 - sum(inside) / len(inside) / window   # of the positions, 0 the window's begin, 1 now
    slope = _slope(mean)
    deviation = math.sqrt(_dispersion(inside, window, slope) / (len(inside) * _information(slope)))
    per_hour = 3600 / window
    return Band((slope - Z90 * deviation) * per_hour, slope * per_hour, (slope + Z90 * deviation) * per_hour)


def _slope(mean: float) -> float:
    """Return x for which a density ~ exp(x·u) on 0..1 has this mean: 1 / (1 - e^-x) - 1 / x."""
    low, high = -60.0, 60.0
    for _ in range(60):
        x = (low + high) / 2
        found = 0.5 + x / 12 if abs(x) < 1e-4 else 1 / (1 - math.exp(-x)) - 1 / x
        low, high = (x, high) if found < mean else (low, x)
    return (low + high) / 2


def _information(x: float) -> float:
    """Return the variance of a position under that density: Fisher's information of one post about x."""
    return 1 / 12 - x * x / 240 if abs(x) < 1e-2 else 1 / (x * x) - 1 / (4 * math.sinh(x / 2) ** 2)


def _dispersion(ages: Sequence[float], window: float, slope: float) -> float:
    """Return how much more the counts scatter around the trend than Poisson counts would; never less than 1."""
    counts = Counter(min(int((1 - age / window) * BINS), BINS - 1) for age in ages)
    weight = [_cumulated(slope, (i + 1) / BINS) - _cumulated(slope, i / BINS) for i in range(BINS)]
    square = sum((counts[i] - len(ages) * share) ** 2 / max(len(ages) * share, 1.0) for i, share in enumerate(weight))
    return max(1.0, square / (BINS - 2))


def _cumulated(x: float, u: float) -> float:
    return u if abs(x) < 1e-6 else math.expm1(x * u) / math.expm1(x)


def _doubling(per_hour: float) -> timedelta:
    return min(math.log(2) / max(per_hour, 1e-9), 8760.0) * HOUR


# -- branching

def _branching(seen: Sequence[Trace], at: datetime, rate: Band | None, reshares: int) -> Branching | None:
    """Return R with its 90 % interval where twenty reshares are known; without true links from the growth rate."""
    if reshares < LINKED:
        return None
    linked = _linked(seen, at)
    if linked is not None:
        return Branching(linked, "links", reshares)
    if rate is None:
        return None
    low, mid, high = (max(0.0, 1 + r * (GENERATION / HOUR)) for r in (rate.low, rate.mid, rate.high))
    return Branching(Band(low, mid, high), "growth", reshares)


def _linked(seen: Sequence[Trace], at: datetime) -> Band | None:
    """Return children over exposure of posts old enough, or None where links only name the first post of a cascade."""
    here = {t.key for t in seen}
    parents = [MentionKey(t.key.kind, t.reshare_of) for t in seen if t.reshare_of is not None]
    children = Counter(parent for parent in parents if parent in here)
    if children.total() < LINKED or not any(children[t.key] for t in seen if t.reshare_of is not None):
        return None
    exposed: defaultdict[str, float] = defaultdict(float)
    had: Counter[str] = Counter()
    for t in seen:
        if at - t.published_at >= MATURE:
            who = t.author or f"{t.key.kind} {t.key.id}"
            exposed[who] += _memory((at - t.published_at).total_seconds())
            had[who] += children[t.key]
    exposure = sum(exposed.values())
    if not exposure or not had.total():
        return None
    ratio = had.total() / exposure
    deviation = math.sqrt(sum((had[who] - ratio * exposed[who]) ** 2 for who in exposed)) / exposure
    width = math.exp(Z90 * deviation / ratio)
    return Band(ratio / width, ratio, ratio * width)


# -- SEISMIC

def cascade(traces: Sequence[Trace], at: datetime) -> Cascade | None:
    """Return SEISMIC's state of the largest cascade among ``traces``; None with fewer than five reshares or unknown audiences.

    p_t = Σ K(t - t_i) / Σ n_i ∫ K(t - s) φ(s - t_i) ds with a triangular K over the last t/2, five minutes to two hours;
    N = R_t + p_t Σ n_i (1 - Φ(t - t_i)) / (1 - p_t n*), without end where p_t n* ≥ 1.
    """
    sizes = Counter((t.key.kind, t.reshare_of) for t in traces if t.reshare_of is not None and t.published_at <= at)
    if not sizes:
        return None
    (kind, root), _ = min(sizes.items(), key=lambda item: (-item[1], item[0]))
    first = next((t for t in traces if t.key == (kind, root)), None)
    reshares = [t for t in traces if t.key.kind == kind and t.reshare_of == root and t.published_at <= at]
    if first is None or first.audience is None or len(reshares) < FEWEST:
        return None
    known = [t for t in reshares if t.audience is not None]
    if 2 * len(known) < len(reshares):
        return None
    typical = sum(t.audience or 0 for t in known) / len(known)
    posts = [(max((at - t.published_at).total_seconds(), 0.0), float(t.audience if t.audience is not None else typical))
             for t in (first, *reshares)]
    window = min(max(posts[0][0] / 2, 300.0), 7200.0)
    recent = [1 - age / window for age, _ in posts[1:] if age < window]
    exposed = sum(audience * _exposure(age, window) for age, audience in posts)
    if not exposed:
        return None
    infectious = sum(recent) / exposed
    ratio = infectious * FOLLOWERS
    pending = infectious * sum(audience * (1 - _memory(age)) for age, audience in posts)
    return Cascade(len(reshares), ratio, None if ratio >= 1 else len(reshares) + round(pending / (1 - ratio)))


def _memory(age: float) -> float:
    """Return Φ: the share of a post's reshares that have come by ``age`` seconds."""
    if age <= FLAT:
        return LEVEL * age
    return LEVEL * FLAT * (1 + (1 - math.pow(age / FLAT, -THETA)) / THETA)


def _moment(age: float) -> float:
    """Return ∫ v φ(v) dv from 0 to ``age``."""
    if age <= FLAT:
        return LEVEL * age * age / 2
    return LEVEL * (FLAT ** 2 / 2 + math.pow(FLAT, 1 + THETA) * (math.pow(age, 1 - THETA) - math.pow(FLAT, 1 - THETA)) / (1 - THETA))


def _exposure(age: float, window: float) -> float:
    """Return ∫ K(t - s) φ(s - t_i) ds over the window, of a post ``age`` seconds old."""
    begin = max(0.0, age - window)
    return (1 - age / window) * (_memory(age) - _memory(begin)) + (_moment(age) - _moment(begin)) / window


# -- forecast

KNOTS = (0.5, 2.0, 6.0, 12.0)  # hours of age between which the coefficients are interpolated, on a logarithmic scale

QUANTILES: dict[str, tuple[float, ...]] = {
    "low": (-0.7283, 0.449, 2.175, 0.449, 0.0, 1.3322, 0.9881, 0.5533, -0.0595, -1.3208,
            1.8317, 1.0508, 0.1531, -0.6594, -0.7274, 0.3998, 1.0837, 0.0765, -0.2482, -0.1219),
    "mid": (1.3032, 0.3542, 2.7733, 0.3542, 0.0, 2.5695, 0.8551, 0.3933, 0.1051, -0.9551,
            2.5574, 0.9807, 0.079, -0.3688, -0.58, 1.5993, 1.0135, 0.066, -0.3282, -0.1904),
    "high": (4.1241, 0.2207, 2.4843, 0.2207, 0.0, 4.0495, 0.7791, 0.3005, 0.1123, -1.1476,
             3.048, 1.0421, 0.0323, -0.7664, -0.5368, 2.2989, 0.9456, 0.0231, -0.4282, -0.163),
}
"""Coefficients of ``features``, five a knot, for log(1 + posts of the next six hours) at p10, p50, p90, as ``test_spread_skill.py`` fits them."""


def features(quarter: float, hour: float, before: float, total: float, watched: timedelta) -> tuple[float, ...]:
    """Return what a forecast looks at, once a knot of age: 1, the level, its trend within the hour, against the two hours before and the whole."""
    level, fresh, past, whole = (math.log1p(max(0.0, n)) for n in (hour, 4 * quarter, before / 2, total))
    age = math.log(min(max(watched / HOUR, KNOTS[0]), KNOTS[-1]))
    shares = [0.0] * len(KNOTS)
    right = next(i for i in range(1, len(KNOTS)) if age <= math.log(KNOTS[i]) + 1e-9)
    left, step = math.log(KNOTS[right - 1]), math.log(KNOTS[right] / KNOTS[right - 1])
    shares[right - 1], shares[right] = 1 - (age - left) / step, (age - left) / step
    return tuple(share * value for share in shares for value in (1.0, level, fresh - level, level - past, whole - level))


def outlook(quarter: float, hour: float, before: float, total: float, watched: timedelta) -> Band:
    """Return the posts of the next six hours as p10, p50, p90.

    ``quarter`` and ``hour`` are the posts of the last quarter and hour, ``before`` those of the two hours before that hour, ``total`` all
    since the wave began; ``watched`` is its age.
    """
    given = features(quarter, hour, before, total, watched)
    low, mid, high = sorted(max(0.0, math.expm1(min(sum(map(mul, QUANTILES[name], given)), 30.0))) for name in ("low", "mid", "high"))
    return Band(low, mid, high)


def published(ahead: Band, usual: float) -> Band:
    """Return all posts of the next six hours, the ``usual`` ones among them, in a band that holds four of five real bursts."""
    def scaled(edge: float) -> float:
        return (ahead.mid + 1) * math.pow((edge + 1) / (ahead.mid + 1), WIDER) - 1

    mid = ahead.mid + usual
    low = mid - math.hypot(ahead.mid - scaled(ahead.low), SCATTER * usual)
    return Band(max(0.0, low), mid, mid + math.hypot(scaled(ahead.high) - ahead.mid, SCATTER * usual))


def _audience(ahead: Band, seen: Sequence[Trace]) -> Band | None:
    """Return whom those posts may reach: they are taken to reach as many as the posts so far did, each account once.

    The band is that of the posts, widened by the scatter of a sum of so many reaches.
    """
    largest: dict[str, int] = {}
    for t in seen:
        who = t.author or f"{t.key.kind} {t.key.id}"
        largest[who] = max(largest.get(who, 0), t.reach)
    reaches = list(largest.values())
    mean = sum(reaches) / len(reaches)
    if not mean:
        return None
    scatter = sum((r - mean) ** 2 for r in reaches) / len(reaches) / mean ** 2
    noise = Z80 * math.sqrt(math.log1p(scatter / max(ahead.mid, 1.0)))
    mid = max(ahead.mid, 0.5)
    up, down = (math.hypot(math.log(max(edge, 0.5) / mid), noise) for edge in (ahead.high, ahead.low))
    return Band(mid * mean * math.exp(-down), mid * mean, mid * mean * math.exp(up))


def _rounded(band: Band | None, digits: int) -> dict[str, float] | None:
    if band is None:
        return None
    return {name: round(value, digits) if digits else round(value) for name, value in asdict(band).items()}
