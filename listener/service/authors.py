"""An author as far as the house knows them: what they said of us, in which tone, how far it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts import reach as reach_of
from listener.service.mentions import Mentions
from listener.storage import Page
from listener.types import Author, Label, MentionKey, Reach, ScoredMention

LATEST = 200  # mentions of an author that their card is made from


@dataclass(frozen=True, slots=True)
class AuthorView:
    """What is known of an author from their latest mentions of our brands and peers, and from nothing else.

    ``labels`` counts each mention once, by the label that counts; ``unsure`` those among them the model was unsure of. ``reach`` is the
    largest of their posts, not a sum: the same followers saw them all. ``whole``: there are no older mentions than those counted.
    """

    author: Author
    mentions: int
    whole: bool
    labels: Mapping[Label, int]
    unsure: int
    unscored: int
    reach: Reach | None
    first_at: datetime
    last_at: datetime
    brands: tuple[str, ...]


class Authors(Mentions):
    """Authors, asked about."""

    def author(self, name: str) -> AuthorView | None:
        """Return what is known of ``"kind:id"``; None where they said nothing that is stored."""
        return self._author(name, self.store.mentions(author=name, limit=LATEST))

    def _author(self, name: str, page: Page, corrected: Mapping[MentionKey, Label] | None = None) -> AuthorView | None:
        kind, _, id = name.partition(":")
        found: dict[MentionKey, ScoredMention] = {}
        for one in page.items:  # a mention of two brands stands there twice
            who = one.mention.author
            if who is not None and (who.kind, who.id) == (kind, id):
                found.setdefault(one.mention.key, one)
        if not found:
            return None
        mine = list(found.values())
        if corrected is None:
            corrected = self._corrections(found)
        told = [corrected.get(one.mention.key) or (one.score.label if one.score else None) for one in mine]
        newest = max(mine, key=lambda one: one.mention.published_at).mention
        reaches = [(name, one.reach) for one in mine if one.reach is not None]
        assert newest.author is not None
        return AuthorView(
            author=newest.author, mentions=len(mine), whole=page.next is None, labels={label: told.count(label) for label in Label},
            unsure=sum(1 for one in mine if one.score is not None and one.score.unsure and one.mention.key not in corrected),
            unscored=sum(label is None and bool(one.mention.full_text) for label, one in zip(told, mine, strict=True)),
            reach=reach_of.total(reaches) if reaches else None, first_at=min(one.mention.published_at for one in mine), last_at=newest.published_at,
            brands=tuple(sorted({one.brand for one in page.items if one.brand})))
