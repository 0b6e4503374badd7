"""What a campaign moved: how much more was said about the brand, and in which tone, than on comparable weekdays. Pure.

Compared are the hours of the campaign with the same hours of the same weekdays in the weeks before it, as far as both were seen,
and no hour of another campaign or of a storm counts as usual: they are named by the caller. It says what happened during the
campaign and not because of it.

Intervals are 95 %: the factor by quasi-Poisson over the weeks (McCullagh and Nelder, "Generalized Linear Models", 2nd ed. 1989,
§6.2), the tone as a difference of two cluster samples by hour (Newcombe, Stat. Med. 17 (1998), p. 873, method 10).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp, log, sqrt

from alerts.effect import HOUR, OBSERVED, WEEK, Hour
from alerts.peers import Figure, share
from alerts.precision import Z
from listener.text import hashtags, matching_key
from listener.types import Campaign, Label

WEEKS = 6  # before the campaign that usual hours are taken from
USUAL_AT_LEAST = 2  # of them in which an hour was seen
LEAST = 20  # mentions, on both sides together, that a factor is told of
WHOLE = 0.5  # share of the campaign's hours that must have been seen and have a usual


@dataclass(frozen=True, slots=True)
class Marked:
    """Posts of the campaign's time that carry one of its hashtags or links; nothing is said of what they usually are, since there are none."""

    mentions: int = 0
    scored: int = 0
    negative: int = 0
    authors: int = 0  # different ones among those that are known


@dataclass(frozen=True, slots=True)
class Lift:
    """What changed. ``factor``: mentions against usual ones; ``tone``: points of negative share (0..1) more (worse) or fewer than usual."""

    campaign: Campaign
    hours: int  # of it that are over
    compared: int  # of them that were seen and have a usual
    mentions: int  # in the compared hours
    usual: float  # mentions that those hours usually have
    factor: Figure | None
    negative: Figure | None  # share of negative ones during it
    usual_negative: Figure | None
    tone: Figure | None
    marked: Marked | None = None  # None: the campaign names neither hashtags nor links

    @property
    def extra(self) -> int | None:
        """Mentions more than usual; None where no factor can be told."""
        return None if self.factor is None else round(self.mentions - self.usual)


def lift(campaign: Campaign, hours: Mapping[datetime, Hour], now: datetime, *, unusual: Collection[datetime] = frozenset()) -> Lift:
    """Return what a campaign moved as far as it is over. ``hours``: counts of a brand by whole hour, of the campaign and six weeks before.

    ``unusual``: hours before it that are not to be compared with: other campaigns, storms.
    """
    first = campaign.start.replace(minute=0, second=0, microsecond=0)
    during = []
    while first < campaign.end and first + HOUR <= now:
        during.append(first)
        first += HOUR
    compared: list[tuple[Hour, list[tuple[int, Hour]]]] = []
    for hour in during:
        before = [(week, there) for week, there in _weeks(campaign, hours, hour) if hour - WEEK * week not in unusual]
        if (found := hours.get(hour)) is not None and found.seen >= OBSERVED and len(before) >= USUAL_AT_LEAST:
            compared.append((found, before))
    mentions = sum(found.mentions for found, _ in compared)
    usual = sum(sum(there.mentions for _, there in before) / len(before) for _, before in compared)
    negative = share([(found.negative, found.scored) for found, _ in compared])
    usually = share([(there.negative, there.scored) for _, before in compared for _, there in before])
    told = bool(during) and len(compared) >= WHOLE * len(during)
    return Lift(campaign, len(during), len(compared), mentions, usual, _factor(mentions, usual, compared) if told else None, negative, usually,
                _difference(negative, usually) if told else None)


def parts(campaign: Campaign) -> tuple[str, ...]:
    """Return what a post holds somewhere, in lower case, that can carry a mark of the campaign: none where it names none."""
    signs = ("#", "＃") if campaign.hashtags else ()
    return (*signs, *(_address(one) for one in campaign.links))


def marked(posts: Iterable[tuple[str, str, str | None]], campaign: Campaign) -> Marked:
    """Return how many posts (text, label, author) carry a hashtag or a link of the campaign."""
    tags, links = {matching_key(one) for one in campaign.hashtags}, [re.compile(rf"(?<![\w.-])(?:www\.)?{re.escape(_address(one))}(?![\w-])") for one in campaign.links]
    mentions = scored = negative = 0
    authors = set()
    for text, label, author in posts:
        if tags.isdisjoint(map(matching_key, hashtags(text))) and not any(link.search(text.casefold()) for link in links):
            continue
        mentions, scored, negative = mentions + 1, scored + (label in list(Label)), negative + (label == Label.NEGATIVE)
        if author is not None:
            authors.add(author)
    return Marked(mentions, scored, negative, len(authors))


def _address(link: str) -> str:
    """Return host and path of an address as they are looked for: without scheme, www and what follows a question mark."""
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", link.strip().casefold()).partition("?")[0].rstrip("/")


def _weeks(campaign: Campaign, hours: Mapping[datetime, Hour], hour: datetime) -> list[tuple[int, Hour]]:
    """Return the same hour in the weeks before the campaign, as far as it was seen, with how many weeks back."""
    nearest = max(1, (hour - campaign.start) // WEEK + 1)  # of a campaign of weeks: none of its own
    return [(back, found) for back in range(nearest, nearest + WEEKS) if (found := hours.get(hour - WEEK * back)) is not None
            and found.seen >= OBSERVED]


def _factor(mentions: int, usual: float, compared: list[tuple[Hour, list[tuple[int, Hour]]]]) -> Figure | None:
    known = sum(there.mentions for _, before in compared for _, there in before)
    if mentions + usual < LEAST or not usual or not mentions:
        return None
    half = Z * sqrt(_dispersion(compared) * (1 / mentions + 1 / known))
    middle = log(mentions / usual)
    return Figure(exp(middle), exp(middle - half), exp(middle + half))


def _dispersion(compared: list[tuple[Hour, list[tuple[int, Hour]]]]) -> float:
    """Return how much more the whole of the hours varies from week to week than Poisson's law says; 1 where too few weeks are known."""
    complete = set.intersection(*({week for week, _ in before} for _, before in compared)) if compared else set()
    sums = [sum(there.mentions for _, before in compared for back, there in before if back == week) for week in complete]
    mean = sum(sums) / len(sums) if sums else 0.0
    if len(sums) < 3 or not mean:
        return 1.0
    return max(1.0, sum((one - mean) ** 2 for one in sums) / mean / (len(sums) - 1))


def _difference(one: Figure | None, other: Figure | None) -> Figure | None:
    """Return the difference of two shares from their own intervals: Newcombe's square-and-add."""
    if one is None or other is None:
        return None
    value = one.value - other.value
    low = value - sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = value + sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Figure(value, low, high)
