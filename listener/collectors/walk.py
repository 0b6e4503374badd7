"""The way through a source that shows its newest items first, page by page, without gap or double. No I/O of its own.

A poll reads from the newest page back until it is some ``overlap`` behind the newest item of the last whole walk: ids are not
contiguous and items arrive late. The cursor keeps what the last items looked like, so that only what is new or changed is given.
A walk that an error breaks off, or that is long, remembers where to go on; until it is whole, ``since`` stays where it was.

Cursor: ``query`` (a hash of what is asked for), ``since``, ``known`` {id: [hash of the text, counts, published]}, and of an
unfinished walk ``top`` (its newest item), ``resume`` (token of its next page) and ``pages`` (how many it has read).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from listener.collectors.payload import count, mapping, short_hash
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Cursor, Mention, MentionKey

MOST_KNOWN = 800  # items a cursor remembers, newest first
PAGES_A_CALL = 10  # pages of one ``collect``, so that what was read is committed before long

Known = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the source shows it. ``following``: token of the next older page, None on the last one."""

    mentions: Sequence[Mention]
    following: str | None = None
    shown: int | None = None  # items on the page, those that are no mentions included; None: as many as mentions
    gone: Sequence[MentionKey] = ()  # what the page itself says was deleted, removed or hidden
    ended: bool = False  # nothing older is there: the list ends of itself and was not cut off


@dataclass(frozen=True, slots=True)
class Walk:
    """How one source is walked.

    ``query`` is all that decides what the source shows: where it changes, the cursor begins anew. ``backfill`` reads older
    pages at the first poll too, up to ``max_pages``; later polls stop there as well and say that items were lost.
    ``complete``: the source lists all it has, so what is missing between two items it shows was deleted.
    ``order``: "newest" first; "featured" if some chosen items stand before the newest; "any" if a search is sorted by
    something else, so that every page is read every time.
    """

    query: str
    overlap: timedelta
    max_pages: int = 20
    backfill: bool = False
    complete: bool = False
    order: Literal["newest", "featured", "any"] = "newest"

    def horizon(self, cursor: Cursor | None) -> datetime | None:
        """Return the instant behind which everything was seen: for sources that can be asked for "since". None: first poll."""
        since = _instant(self._state(cursor).get("since"))
        return None if since is None else since - self.overlap

    def collect(self, read: Callable[[str | None], Page], cursor: Cursor | None, now: datetime) -> Batch:
        """Return what is new or changed. ``read`` gives the page of a token, the newest for None.

        Raises: CollectError where the first page cannot be read; a later one makes the batch partial.
        """
        state = self._state(cursor)
        horizon, known = self.horizon(cursor), _known(state.get("known"))
        top, resume = _instant(state.get("top")), state.get("resume") if isinstance(state.get("resume"), str) else None
        before = count(state.get("pages")) or 0
        trail = _Trail(known, now)
        deep = self.backfill or horizon is not None or resume is not None or self.order == "any"
        news_before = -1  # how many items were news before the walk went on where the last one stopped
        token: str | None = None
        problem, wait, whole, unfinished = None, None, False, False
        while True:
            try:
                page = read(token)
            except CollectError as error:
                if not trail.pages:
                    raise
                problem, wait = f"page {before + trail.pages + 1}: {error.what}", error.retry_after
                token = None if error.permanent else token  # a token that expired: walk from the newest page again
                break
            trail.add(page)
            jumped = resume is not None and top is not None and self._reached(trail, top)
            if jumped:
                news_before = len(trail.news)
            token, resume = (resume, None) if jumped else (page.following, resume)
            # The page to go on from has moved by what came since: it may show nothing but known items.
            settled = self.order == "newest" or len(trail.news) > news_before or (trail.page_newest or now) < (horizon or now)
            if token is None or not deep or (not jumped and settled and horizon and self._passed(trail, horizon)):
                whole = True
                break
            if before + trail.pages >= self.max_pages:
                whole = True
                if horizon is not None:
                    problem = (f"stopped after {before + trail.pages} pages though there are more; narrow the query or raise max_pages"
                               if self.order == "any" else
                               f"stopped after {before + trail.pages} pages without meeting a known item; raise max_pages")
                break
            if trail.pages >= PAGES_A_CALL:
                unfinished = True
                break
        overflow = problem is not None and whole
        if whole and not overflow and not page.ended and self._lost(trail, horizon):
            overflow, problem = True, "the oldest item shown is newer than the newest known; items in between were lost"
        deleted = list(trail.gone)
        if whole and not overflow and self.complete:
            missing, problem = trail.missing()
            deleted += missing
        newest = max(filter(None, (trail.newest, top)), default=None)
        following: dict[str, Any] = {"query": self._query, "known": trail.remembered({key.id for key in deleted})}
        if whole:
            since = max(filter(None, (newest, _instant(state.get("since")))), default=now)
            following["since"] = min(since, now).isoformat()
        else:
            following |= {"since": state.get("since"), "top": newest.isoformat() if newest else None, "resume": token,
                          "pages": before + trail.pages if unfinished else 0}
        return Batch(
            tuple(trail.news), tuple(deleted), following, CoverageState.PARTIAL if problem else CoverageState.OK, problem, wait,
            complete=not unfinished, shown=trail.shown, overflow=overflow)

    @property
    def _query(self) -> str:
        return short_hash(self.query)

    def _state(self, cursor: Cursor | None) -> Cursor:
        return cursor if cursor and cursor.get("query") == self._query else {}

    def _reached(self, trail: _Trail, top: datetime) -> bool:
        """Whether the page just read overlaps what the unfinished walk has read."""
        if self.order == "newest":
            return trail.oldest is not None and trail.oldest <= top
        return self.order == "any" or not trail.has_news_since(top)

    def _passed(self, trail: _Trail, horizon: datetime) -> bool:
        """Whether nothing that is new can stand behind the page just read."""
        if self.order == "newest":
            return trail.is_behind(horizon)
        return self.order == "featured" and not trail.has_news_since(horizon)

    def _lost(self, trail: _Trail, horizon: datetime | None) -> bool:
        """Whether the list ended before anything known came, though some of it should still stand there."""
        if horizon is None or not trail.current or (self.order == "newest" and trail.is_behind(horizon)):
            return False
        due = [own_id for own_id, record in trail.known.items() if (published := _instant(record[2])) and published >= horizon]
        return bool(due) and not any(own_id in trail.current for own_id in (trail.known if self.order == "newest" else due))


def in_turn(parts: Mapping[str, Callable[[Cursor | None], Batch]], cursor: Cursor | None) -> Batch:
    """Read several lists of one source (spellings of a query, apps, channels), each with its own cursor, as one batch.

    One that fails makes the batch partial and keeps its cursor. Raises: CollectError where every one fails.
    """
    state = mapping((cursor or {}).get("parts"))
    batches: list[Batch] = []
    following: dict[str, Any] = {}
    failures: list[CollectError] = []
    reasons: list[str] = []
    for name, collect in parts.items():
        own = mapping(state.get(name)) or None
        try:
            batch = collect(own)
        except CollectError as error:
            failures.append(error)
            reasons.append(f"{name}: {error.what}")
            following[name] = own
            continue
        batches.append(batch)
        reasons += [f"{name}: {batch.reason}"] if batch.reason and len(parts) > 1 else [batch.reason] if batch.reason else []
        following[name] = own if batch.cursor is None else batch.cursor
    if failures and not batches:
        raise failures[0]
    together = {mention.key: mention for batch in batches for mention in batch.mentions}
    waits = [wait for wait in (*(batch.min_interval for batch in batches), *(error.retry_after for error in failures)) if wait]
    shown = [batch.shown for batch in batches if batch.shown is not None]
    partial = bool(failures) or any(batch.state is not CoverageState.OK for batch in batches)
    return Batch(
        tuple(together.values()), tuple(dict.fromkeys(key for batch in batches for key in batch.deleted)), {"parts": following},
        CoverageState.PARTIAL if partial else CoverageState.OK, "; ".join(reasons) or None, max(waits, default=None),
        complete=all(batch.complete for batch in batches), shown=sum(shown) if shown else None,
        overflow=any(batch.overflow for batch in batches))


class _Trail:
    """The pages of one call, compared with what the cursor knows."""

    def __init__(self, known: Known, now: datetime) -> None:
        self.known = known
        self.now = now
        self.current: Known = {}
        self.keys: dict[str, MentionKey] = {}
        self.news: list[Mention] = []
        self.gone: dict[MentionKey, None] = {}
        self.pages = 0
        self.shown = 0
        self.oldest: datetime | None = None  # of the page just read
        self.page_newest: datetime | None = None
        self.newest: datetime | None = None  # of all pages
        self._latest_unknown: datetime | None = None  # of the page just read

    def add(self, page: Page) -> None:
        self.pages += 1
        self.shown += len(page.mentions) if page.shown is None else page.shown
        published = [mention.published_at for mention in page.mentions]
        self.oldest = min(published, default=None)
        self.page_newest = max(published, default=None)
        self.newest = max(filter(None, [self.page_newest, self.newest]), default=None)
        self._latest_unknown = max((mention.published_at for mention in page.mentions
                                    if mention.id not in self.known and mention.id not in self.current), default=None)
        for mention in page.mentions:
            if mention.id not in self.current:
                self._compare(mention)
        self.gone |= {key: None for key in page.gone if key.id in self.known and key.id not in self.current}

    def _compare(self, mention: Mention) -> None:
        counts = mention.engagement
        record = [
            short_hash(mention.title, mention.text),
            [counts.likes, counts.shares, counts.comments, counts.views] if counts else None,
            mention.published_at.isoformat(),
        ]
        self.current[mention.id], self.keys[mention.id] = record, mention.key
        before = self.known.get(mention.id)
        if before is not None and before[:2] == record[:2]:
            return
        if before is not None and before[0] != record[0] and mention.edited_at is None:
            mention = replace(mention, edited_at=self.now)
        self.news.append(mention)

    def is_behind(self, horizon: datetime | None) -> bool:
        """Whether the page just read ends behind the horizon."""
        return horizon is not None and self.oldest is not None and self.oldest < horizon

    def has_news_since(self, instant: datetime) -> bool:
        """Whether the page just read shows an unknown item that is not older than ``instant``."""
        return self._latest_unknown is not None and self._latest_unknown >= instant

    def missing(self) -> tuple[list[MentionKey], str | None]:
        """Return known items between two that still stand. When half of them are missing, doubt the page instead."""
        instants = [record[2] for record in self.current.values()]
        if not instants:
            return [], None
        due = [own_id for own_id, record in self.known.items() if min(instants) < record[2] < max(instants)]
        told = {key.id for key in self.gone}
        gone = [own_id for own_id in due if own_id not in self.current and own_id not in told]
        if len(gone) > 3 and len(gone) * 2 > len(due):
            return [], f"{len(gone)} of {len(due)} known items are missing from the page; it may be incomplete"
        kind = next(iter(self.keys.values())).kind
        return [MentionKey(kind, own_id) for own_id in gone], None

    def remembered(self, deleted: set[str]) -> Known:
        together = {own_id: record for own_id, record in {**self.known, **self.current}.items() if own_id not in deleted}
        latest = sorted(together, key=lambda own_id: str(together[own_id][2]), reverse=True)[:MOST_KNOWN]
        return {own_id: together[own_id] for own_id in latest}


def _known(value: Any) -> Known:
    return {own_id: record for own_id, record in mapping(value).items() if isinstance(record, list) and len(record) == 3}


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
