"""How many people may have seen a mention: a range, never one number, and how it was found (PRODUCT §8.1).

Measured beats estimated. The ``method`` is that of the mid figure:

==============  =====================================================================================
``views``       the source showed views or plays
``followers``   followers × the share that sees a post: Sprinklr's published shape, unless a platform has its own
``reactions``   nothing but likes, comments and shares is known, and they exceed the table's guess
``assumed``     nothing is known of author and audience; the table's figure for the kind of source
==============  =====================================================================================

Low is what was measured (views, else everybody who acted); high is what vendors call reach: all followers.
Audiences of different methods are different things: ``by_method`` adds only what may be added, ``total`` adds the
rest as well but says so in its method (``followers+views``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType

from listener.types import Mention, Reach

VIEWS, FOLLOWERS, REACTIONS, ASSUMED = "views", "followers", "reactions", "assumed"

SETTLED = timedelta(hours=48)
"""Views counted this long after publishing are final: half of all reshares come within 2.6 h, IQR 0.8-5.9 (SPIKES §4)."""

Curve = tuple[tuple[int, float], ...]
"""Share of followers that sees a post, as (followers, share) corners; straight between them, level outside."""

SPRINKLR: Curve = ((100_000, 0.15), (10_000_000, 0.06))

# Audience of an author we know nothing about: the upper bound. All of it is assumption, to be edited.
_AUDIENCE: dict[str, int] = {
    "*": 200,           # a kind not named here
    # the articles' averages of one customer; together 1,293, of which 194 see a post
    "facebook": 155,
    "x": 208,
    "twitter": 208,
    "linkedin": 930,
    # networks with followers
    "mastodon": 200,
    "bluesky": 200,
    "instagram": 500,   # the largest Iranian network (ISPA 1403: 50.6 % of adults), private accounts included
    "aparat": 500,
    "youtube": 500,
    "virgool": 300,
    # channels and messengers: mostly seen with their own view counts, so this is rarely used
    "telegram": 1_000,
    "rubika": 500,
    "eitaa": 1_000,
    "bale": 500,
    "soroush": 500,
    # reviews: readers of one product page, not followers
    "cafebazaar": 100,
    "myket": 100,
    "appstore": 100,
    "googleplay": 100,
    "digikala": 100,
    "trustpilot": 100,
    # forums and news
    "reddit": 500,
    "hackernews": 500,
    "stackexchange": 300,
    "discourse": 300,
    "lemmy": 300,
    "rss": 2_000,       # an outlet's article; large agencies are far above, blogs far below
    "wordpress": 1_000,
    "gdelt": 2_000,
    "sitemap": 2_000,
    # imported rows: whoever wrote it, nobody else for sure
    "jsonl": 200,
    "csv": 200,
    "inbox": 1,         # said to us alone: a call, a survey, a chat
}


@dataclass(frozen=True)
class ReachTable:
    """What is assumed where nothing is measured. Editable; ``"*"`` stands for every kind not named."""

    audience: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(_AUDIENCE))
    visibility: Mapping[str, Curve] = field(default_factory=lambda: MappingProxyType({"*": SPRINKLR}))

    def audience_of(self, kind: str) -> int:
        """Return the upper bound for an unknown author of ``kind``, in people."""
        return self.audience.get(kind, self.audience["*"])

    def seen_by(self, kind: str, followers: int) -> int:
        """Return how many of ``followers`` are expected to see one post."""
        return round(followers * _share(self.visibility.get(kind, self.visibility["*"]), followers))


DEFAULT = ReachTable()


def estimate(mention: Mention, table: ReachTable = DEFAULT) -> Reach:
    """Return how many people may have seen ``mention``: low is measured, mid the best guess, high everybody who could.

    Views count as final two days after publishing; before that a larger estimate from followers stands, because
    views still grow. Negative counts are read as unknown.
    """
    seen, followers = _count(_of(mention, "views")), _count(mention.author.followers if mention.author else None)
    acted = sum(_count(_of(mention, name)) or 0 for name in ("likes", "comments", "shares"))
    low = max(seen or 0, acted)

    if followers is not None:
        likely, high = table.seen_by(mention.kind, followers), max(low, followers)
    else:
        audience = table.audience_of(mention.kind)
        likely, high = table.seen_by(mention.kind, audience), max(low, audience)

    if seen is not None:
        settled = mention.engagement is not None and mention.engagement.at - mention.published_at >= SETTLED
        if settled or followers is None or low >= likely:
            return Reach(low, low, max(low, followers or 0), VIEWS)
        return Reach(low, likely, high, FOLLOWERS)
    if followers is not None:
        return Reach(low, max(low, likely), high, FOLLOWERS)
    return Reach(low, max(low, likely), high, REACTIONS if low > likely else ASSUMED)


def total(reaches: Iterable[tuple[str | None, Reach]]) -> Reach:
    """Return the reach of many mentions by unique account: an account counts once, with the largest of its posts.

    Mentions without an account count each for itself. The method names every method in it, ``followers+views``:
    such a figure is an order of magnitude, not a sum. Nothing at all is ``Reach(0, 0, 0, "none")``.
    """
    parts = by_method(reaches)
    if not parts:
        return Reach(0, 0, 0, "none")
    return Reach(sum(part.low for part in parts), sum(part.mid for part in parts), sum(part.high for part in parts),
                 "+".join(part.method for part in parts))


def by_method(reaches: Iterable[tuple[str | None, Reach]]) -> list[Reach]:
    """Return one sum a method, each by unique account, in the order of the methods' names.

    An account whose posts were found by different methods belongs to that of its largest post.
    """
    accounts: dict[str, Reach] = {}
    singles: list[Reach] = []
    for account, reach in reaches:
        if account is None:
            singles.append(reach)
            continue
        held = accounts.get(account)
        if held is None:
            accounts[account] = reach
            continue
        larger = max(held, reach, key=lambda one: (one.mid, one.method))
        accounts[account] = Reach(max(held.low, reach.low), larger.mid, max(held.high, reach.high), larger.method)

    sums: dict[str, tuple[int, int, int]] = {}
    for reach in (*accounts.values(), *singles):
        low, mid, high = sums.get(reach.method, (0, 0, 0))
        sums[reach.method] = (low + reach.low, mid + reach.mid, high + reach.high)
    return [Reach(*sums[method], method) for method in sorted(sums)]


def _share(curve: Curve, followers: int) -> float:
    if followers <= curve[0][0]:
        return curve[0][1]
    for (left, at_left), (right, at_right) in pairwise(curve):
        if followers <= right:
            return at_left + (at_right - at_left) * (followers - left) / (right - left)
    return curve[-1][1]


def _of(mention: Mention, name: str) -> int | None:
    return None if mention.engagement is None else getattr(mention.engagement, name)


def _count(value: int | None) -> int | None:
    return None if value is None or value < 0 else value


@dataclass(frozen=True)
class WordOfMouth:
    """How many people one customer tells, by a survey: nothing of it is measured, and it is never added to any reach.

    The figures are those of the founding articles, dated 2016, which name American Express and over 1,000 people asked. The survey
    itself was not found; other years of it say 15 and 24 (2012), 11 and 15 (2017). Editable for that reason.
    """

    satisfied: int = 8
    dissatisfied: int = 21
    year: int = 2016
    source: str = "American Express"

    def __post_init__(self) -> None:
        if self.satisfied < 0 or self.dissatisfied < 0:
            raise ValueError(f"word of mouth: {self.satisfied} and {self.dissatisfied} people told; give numbers from 0 up")


@dataclass(frozen=True)
class Hearsay:
    """People who may hear of a brand from those who wrote about it, away from any network."""

    good: int
    bad: int


def hearsay(praising: int, complaining: int, survey: WordOfMouth | None = None) -> Hearsay:
    """Return how many people so many praising and complaining accounts may tell of it. An account counts once, however much it writes."""
    survey = survey or WordOfMouth()
    return Hearsay(praising * survey.satisfied, complaining * survey.dissatisfied)
