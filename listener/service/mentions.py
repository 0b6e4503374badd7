"""Mentions: found page by page, corrected, forgotten."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from listener.errors import Refusal
from listener.service.door import Door, named
from listener.storage import PageKey
from listener.types import (
    Label,
    MentionKey,
    ScoredMention,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which mentions to show. Times are ``[since, until)``."""

    brand: str | None = None
    label: Label | None = None
    source: str | None = None
    language: str | None = None
    unsure: bool | None = None
    text: str | None = None
    author: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MentionView:
    """A mention as a person meets it; ``corrected`` is the label a person gave, if one did."""

    scored: ScoredMention
    corrected: Label | None = None


@dataclass(frozen=True, slots=True)
class MentionsPage:
    """Newest first. ``older`` fetches the next page; None: that was the last."""

    items: tuple[MentionView, ...]
    older: str | None


class Mentions(Door):
    """Mentions, asked about and acted on."""

    def mentions(self, filters: Filters, *, older: str | None = None, size: int = 20) -> MentionsPage:
        """Return one page of mentions, newest first. ``older`` is the token of the page before. Raises: ValueError on a bad token."""
        page = self.store.mentions(
            brand=filters.brand, label=filters.label, source=filters.source, language=filters.language, unsure=filters.unsure,
            text=filters.text, since=filters.since, until=filters.until, author=filters.author, limit=size,
            before=_page_key(older) if older else None)
        corrected = self._corrections(m.mention.key for m in page.items)
        return MentionsPage(tuple(MentionView(m, corrected.get(m.mention.key)) for m in page.items),
                            _page_token(page.next) if page.next else None)

    def correct(self, key: MentionKey, label: Label, who: str) -> None:
        """Let a person's label count in place of the model's; the model's score stays beside it."""
        if not self.store.add_correction(MentionKey(*key), Label(label), named(who), self.now()):
            raise Refusal(f"mention {key[1]!r}", "mention.gone")

    def forget(self, kind: str, author_id: str, who: str) -> Mapping[str, int]:
        """Delete all that is stored about an author. Returns how many rows of each sort are gone."""
        name, at = named(who), self.now()
        gone = self.store.forget_author(kind, author_id)
        self.store.log(name, "forget author", kind, at)  # not whom: that would remember what was to be forgotten
        return gone

    def _mentions_of(self, brand: str | None, *, label: Label, since: datetime, until: datetime, limit: int) -> list[ScoredMention]:
        found: list[ScoredMention] = []
        for name in [brand] if brand else self.brands():
            found += self.store.mentions(brand=name, label=label, since=since, until=until, limit=limit).items
        return list({m.mention.key: m for m in found if not m.mention.ours}.values())  # what we said is no complaint

    def _corrections(self, keys: Iterable[MentionKey]) -> dict[MentionKey, Label]:
        wanted = set(keys)
        return self.store.corrected(wanted) if wanted else {}


def _page_token(key: PageKey) -> str:
    """Return a page key as one word that may stand in a URL."""
    return urlsafe_b64encode(f"{key.published_at.timestamp():.6f} {key.row} {key.brand}".encode()).decode().rstrip("=")


def _page_key(token: str) -> PageKey:
    try:
        instant, row, brand = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(" ", 2)
        return PageKey(datetime.fromtimestamp(float(instant), UTC), int(row), brand)
    except (ValueError, OverflowError, OSError):
        raise Refusal(f"page {token[:20]!r}", "page") from None
