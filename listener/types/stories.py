"""One text that many post."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .mentions import MentionKey
from .scores import Reach
from .series import Trace


@dataclass(frozen=True, slots=True)
class Story:
    """One text that many post: copied word for word, spun, reprinted. Counts of one brand, up to one instant."""

    id: str
    brand: str
    first: MentionKey
    first_at: datetime
    last_at: datetime  # of the newest mention
    mentions: int
    copies: int  # mentions whose text another one of the story had before, word for word or spun, reshares among them
    authors: int  # who wrote words of their own: an account counts once, one that only copies or reshares not at all
    accounts: int  # all that posted it
    outlets: int  # publications and channels, a domain once
    negative: int

    @classmethod
    def told(cls, tellings: Iterable[Telling]) -> Story:
        """Return what these tellings of one story and brand are together. Raises ValueError where there is none."""
        ordered = sorted(tellings, key=lambda one: (one.published_at, one.key))
        if not ordered:
            raise ValueError("story: nobody tells it")
        first, accounts = ordered[0], [one.author or one.outlet for one in ordered]
        return cls(first.story, first.brand, first.key, first.published_at, ordered[-1].published_at, mentions=len(ordered),
                   copies=sum(one.copied for one in ordered),
                   authors=len({name for name, one in zip(accounts, ordered, strict=True) if name and not one.copied}),
                   accounts=len({name for name in accounts if name}),
                   outlets=len({one.outlet for one in ordered if one.outlet}), negative=sum(one.negative for one in ordered))


@dataclass(frozen=True, slots=True)
class Telling:
    """One mention as a member of a story, with the little of it that stories count."""

    story: str
    brand: str
    key: MentionKey
    published_at: datetime
    known_at: datetime
    author: str | None  # "kind:id"; None when the source does not say: then its outlet speaks
    outlet: str | None  # publication or channel
    copied: bool  # its text stood elsewhere before
    negative: bool


@dataclass(frozen=True, slots=True)
class StoryMention:
    """One mention of a story with the little of it that its course is told from."""

    trace: Trace
    copied: bool  # its text stood elsewhere before
    exact: bool = True  # False: its time is known only to the day, or estimated
    outlet: str | None = None  # publication or channel
    reach: Reach | None = None
    shares: int | None = None  # as its source counts them
