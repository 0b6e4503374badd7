"""The way through a source that shows its newest items first, page by page, without gap or double. No I/O of its own.

A poll reads from the newest page back until it is some ``overlap`` behind the newest item of the last whole walk: ids are not
contiguous and items arrive late. The cursor keeps what the last items looked like: only what is new or changed is given.
A walk that an error breaks off, or that is long, remembers where to go on; until it is whole, ``since`` stays where it was, and
then it is where the newest item stood when the walk *began*: what came late meanwhile is found by the next one.

Cursor: ``query`` (a hash of what is asked for), ``since``, ``known`` {id: [hash of the text, counts, published]}, and ``left``,
what an unfinished walk left to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from listener.collectors.payload import count, items, mapping, short_hash
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Cursor, Mention, MentionKey, Precision

MOST_KNOWN = 800  # items a cursor remembers, newest first
ANCHORS = 20  # items of the last whole walk that an unfinished one remembers beyond that, to know that it has arrived
PAGES_A_CALL = 10  # pages of one ``collect``, so that what was read is committed before long
STRAGGLERS = 2  # items of a page that may be older than their place in it: imported posts, wrong clocks

SEVERAL = 3  # items; what is true of so few may be chance
ANOTHER_SHAPE = "the answer has another shape than this program knows"
ADVICE = "look for a newer version, or tell its makers"

EMPTY = short_hash(None, "")  # how a cursor remembers what had no words, and was no mention

Known = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the source shows it. ``following``: token of the next older page, None on the last one."""

    mentions: Sequence[Mention]
    following: str | None = None
    shown: int | None = None  # items on the page, those that are no mentions included; None: as many as mentions
    gone: Sequence[MentionKey] = ()  # what the page itself says was deleted, removed or hidden
    ended: bool = False  # nothing older is there: the list ends of itself and was not cut off
    aside: int = 0  # items of ``shown`` left out on purpose, beside ``gone``: bots, replies of developers, what is private

    @property
    def unreadable(self) -> int:
        """Items that are there and became nothing: without an id, a time or words where this program looks for them."""
        shown = len(self.mentions) if self.shown is None else self.shown
        return max(0, shown - len(self.mentions) - len(self.gone) - self.aside)


@dataclass(frozen=True, slots=True)
class Walk:
    """How one source is walked.

    ``query`` is all that decides what the source shows: where it changes, the cursor begins anew. ``backfill`` reads older
    pages at the first poll too, up to ``max_pages``; later polls stop there as well and say that items were lost.
    ``complete``: the source lists all it has, so what is missing between two items it shows was deleted.
    ``order``: "newest" first; "featured" if some chosen items stand before the newest; "any" if a search is sorted by
    something else, so that every page is read every time.
    ``remembers``: items the cursor keeps, ``MOST_KNOWN`` if it is None; fewer where one cursor holds many lists.
    ``source``: how errors name it.
    """

    query: str
    overlap: timedelta
    max_pages: int = 20
    backfill: bool = False
    complete: bool = False
    order: Literal["newest", "featured", "any"] = "newest"
    remembers: int | None = None
    source: str = ""

    def horizon(self, cursor: Cursor | None) -> datetime | None:
        """Return the instant behind which everything was seen: for sources that can be asked for "since". None: first poll."""
        since = _instant(self._state(cursor).get("since"))
        return None if since is None else since - self.overlap

    def knows(self, cursor: Cursor | None) -> bool:
        """Return whether anything was seen here before."""
        return bool(_known(self._state(cursor).get("known")))

    def collect(self, read: Callable[[str | None], Page], cursor: Cursor | None, now: datetime) -> Batch:
        """Return what is new or changed. ``read`` gives the page of a token, the newest for None.

        Raises: CollectError where the first page cannot be read; a later one makes the batch partial.
        """
        state = self._state(cursor)
        since, horizon = _instant(state.get("since")), self.horizon(cursor)
        trail = _Trail(_known(state.get("known")), now)
        way = _Way(self, trail, _Left.of(state.get("left")), horizon)
        problem, wait = None, None
        while True:
            try:
                page = read(way.token)
                readable(page, self.source)
            except CollectError as error:
                if not trail.pages:
                    raise
                problem, wait = f"page {way.depth + 1}: {error.what}", error.retry_after
                way.break_off(error)
                break
            trail.add(page)
            way.go_on(page)
            if way.ended:
                break
            if way.depth >= self.max_pages:
                way.ended = True
                if horizon is not None:
                    problem = (f"stopped after {way.depth} pages though there are more; narrow the query or raise max_pages"
                               if self.order == "any" else
                               f"stopped after {way.depth} pages without meeting a known item; raise max_pages")
                break
            if trail.pages >= PAGES_A_CALL:
                way.rest()
                break
        overflow = problem is not None and way.ended
        if way.ended and not overflow and not page.ended and self._lost(way, horizon, since):
            overflow, problem = True, "the oldest item shown is newer than the newest known; items in between were lost"
        deleted = list(trail.gone)
        doubts = list(trail.doubts)
        if way.ended and not overflow and self.complete and not way.leapt and not doubts:
            missing, problem = trail.missing()
            deleted += missing
        following: dict[str, Any] = {"query": self._query}
        if way.ended:
            reached = max(filter(None, (way.began, since)), default=trail.newest or now)
            following |= {"since": min(reached, now).isoformat(), "known": trail.remembered(deleted, self.remembers)}
        else:
            following |= {"since": state.get("since"), "known": trail.remembered(deleted, self.remembers, since)}
            if way.left:
                following["left"] = way.left.written()
        reasons = [*([problem] if problem else []), *doubts]
        return Batch(
            tuple(trail.news), tuple(deleted), following, CoverageState.PARTIAL if reasons else CoverageState.OK,
            "; ".join(reasons) or None, wait, complete=way.ended or problem is not None, shown=trail.shown, overflow=overflow)

    @property
    def _query(self) -> str:
        return short_hash(self.query)

    def _state(self, cursor: Cursor | None) -> Cursor:
        return cursor if cursor and cursor.get("query") == self._query else {}

    def meets(self, trail: _Trail, top: datetime | None) -> bool:
        """Whether the page just read overlaps what began at ``top``."""
        if top is None or self.order == "any":
            return True
        if self.order == "newest":
            return trail.reach is not None and trail.reach <= top
        return not trail.has_news_since(top)

    def passes(self, trail: _Trail, horizon: datetime) -> bool:
        """Whether nothing that is new can stand behind the page just read."""
        if self.order == "newest":
            return trail.reach is not None and trail.reach < horizon
        return self.order == "featured" and not trail.has_news_since(horizon)

    def _lost(self, way: _Way, horizon: datetime | None, since: datetime | None) -> bool:
        """Whether the list ended before anything came that the last whole walk knew, though some of it should stand there."""
        if horizon is None or since is None or not way.trail.current:
            return False
        due = {own_id for own_id, record in way.trail.known.items()
               if (published := _instant(record[2])) and horizon <= published <= since}
        if not due or not due.isdisjoint(way.trail.current):
            return False
        return self.order != "newest" or way.reach is None or way.reach >= since


def readable(page: Page, source: str = "") -> None:
    """Raises: CollectError where a page shows items and none of them can be read: silence would look like health."""
    if page.unreadable and not page.mentions and not page.gone and not page.aside:
        raise CollectError(source, f"{ANOTHER_SHAPE} (none of {page.unreadable} items can be read); {ADVICE}")


def doubted(page: Page) -> str | None:
    """Return why a page is not believed whole, or None: most items cannot be read, or none of several has any words."""
    shown = page.unreadable + len(page.mentions)
    if page.unreadable * 2 > shown:
        return f"{ANOTHER_SHAPE} ({page.unreadable} of {shown} items cannot be read); {ADVICE}"
    if len(page.mentions) >= SEVERAL and not any(has_words(mention) for mention in page.mentions):
        return f"{ANOTHER_SHAPE}, or shows but pictures (none of {len(page.mentions)} items has words); {ADVICE}"
    if len(page.gone) > SEVERAL and not page.mentions:
        return f"{ANOTHER_SHAPE} (all of {len(page.gone)} items are said to be gone); {ADVICE}"
    return None


def doubtful(missing: int, of: int) -> bool:
    """Return whether so many are missing at once that the answer is doubted rather than the items believed deleted."""
    return missing > SEVERAL and missing * 2 > of


def has_words(mention: Mention) -> bool:
    """Return whether there is anything to read: what has neither text nor title is no mention."""
    return bool(mention.full_text.strip())


def fingerprint(mention: Mention) -> str:
    """Return what a cursor remembers of the words: a hash, then ``t`` if there was a text and ``h`` if there was a title."""
    if not has_words(mention):
        return EMPTY
    own = short_hash(mention.title, mention.text)
    return own + ("t" if mention.text.strip() else "") + ("h" if (mention.title or "").strip() else "")


def same_words(before: Any, now: str) -> bool:
    """Return whether two fingerprints are of the same words."""
    return str(before)[:12] == now[:12]


def lost_words(before: Any, now: str) -> bool:
    """Return whether a text or a title that was there is there no more: a field renamed, rarely an author's wish."""
    return any(mark in str(before)[12:] and mark not in now[12:] for mark in "th")


def in_turn(parts: Mapping[str, Callable[[Cursor | None], Batch]], cursor: Cursor | None) -> Batch:
    """Read several lists of one source (spellings of a query, apps, channels), each with its own cursor, as one batch.

    One that fails makes the batch partial and keeps its cursor. While one has more to give, the call after reads only that
    one and those that failed. Raises: CollectError where every one fails.
    """
    state = mapping((cursor or {}).get("parts"))
    waiting = [name for name in items((cursor or {}).get("waiting")) if isinstance(name, str) and name in parts]
    batches: list[Batch] = []
    following: dict[str, Any] = {name: mapping(state.get(name)) or None for name in parts}
    failures: dict[str, CollectError] = {}
    reasons = [reason for reason in items((cursor or {}).get("told")) if isinstance(reason, str)] if waiting else []
    open_ended: list[str] = []
    for name in waiting or parts:
        try:
            batch = parts[name](following[name])
        except CollectError as error:
            failures[name] = error
            continue
        batches.append(batch)
        reasons += [f"{name}: {batch.reason}" if len(parts) > 1 else batch.reason] if batch.reason else []
        following[name] = following[name] if batch.cursor is None else batch.cursor
        open_ended += [] if batch.complete else [name]
    if failures and not batches and not waiting:
        raise next(iter(failures.values()))
    written: dict[str, Any] = {"parts": following}
    if open_ended:
        written |= {"waiting": [*open_ended, *failures], "told": reasons}
    shown_reasons = [*reasons, *(f"{name}: {error.what}" for name, error in failures.items())]
    together = {mention.key: mention for batch in batches for mention in batch.mentions}
    gone = dict.fromkeys(key for batch in batches for key in batch.deleted if key not in together)
    waits = [
        wait
        for wait in (*(batch.min_interval for batch in batches), *(error.retry_after for error in failures.values()))
        if wait
    ]
    shown = [batch.shown for batch in batches if batch.shown is not None]
    partial = bool(shown_reasons) or any(batch.state is not CoverageState.OK for batch in batches)
    return Batch(
        tuple(together.values()), tuple(gone), written, CoverageState.PARTIAL if partial else CoverageState.OK,
        "; ".join(shown_reasons) or None, max(waits, default=None), complete=not open_ended,
        shown=sum(shown) if shown else None, overflow=any(batch.overflow for batch in batches))


@dataclass(frozen=True, slots=True)
class _Left:
    """What an unfinished walk left: it has read from ``top`` to ``edge``."""

    began: datetime | None  # its newest item when it began
    top: datetime | None  # the newest item that it, or a call that carried it on, has seen
    edge: datetime | None  # where the page it read last ends
    resume: str  # token of the page it read last, since positions move where items are deleted; or of the next one
    again: bool  # ``resume`` is of the page read last
    depth: int  # pages from the newest to there
    doubted: bool = False  # that page could not be read once

    @classmethod
    def of(cls, value: Any) -> _Left | None:
        data = mapping(value)
        resume = data.get("resume")
        if not isinstance(resume, str):
            return None
        return cls(_instant(data.get("began")), _instant(data.get("top")), _instant(data.get("edge")), resume,
                   bool(data.get("again")), count(data.get("depth")) or 0, bool(data.get("doubted")))

    def written(self) -> dict[str, Any]:
        instants = {"began": self.began, "top": self.top, "edge": self.edge}
        return {**{name: instant.isoformat() if instant else None for name, instant in instants.items()},
                "resume": self.resume, "again": self.again, "depth": self.depth, "doubted": self.doubted}


class _Way:
    """Where one call stands: on the stretch from the newest page, or, once ``landed``, where an earlier walk stopped.

    The newest pages are read first, until they meet what the earlier walk has seen; then comes the page it read last.
    """

    def __init__(self, walk: Walk, trail: _Trail, left: _Left | None, horizon: datetime | None) -> None:
        self._walk = walk
        self.trail = trail
        self.left = left
        self._horizon = horizon
        self._deep = walk.backfill or horizon is not None or left is not None or walk.order == "any"
        self.token: str | None = None  # of the page to read
        self._last: str | None = None  # of the page read last
        self._aside: str | None = None  # where the newest stretch would go on
        self._leaping = False  # the page to read is where the earlier walk stopped
        self._gained = 0  # pages read since landing that the earlier walk had not read
        self._news_before = -1  # how many items were news before landing
        self.leapt = False  # what was read in this call may have a hole
        self.landed = False
        self.ended = False
        self.depth = 0  # pages from the newest to here
        self.reach: datetime | None = None  # where the walk ends so far

    @property
    def began(self) -> datetime | None:
        """The newest item when this walk began, which may have been in an earlier call."""
        return self.left.began if self.landed and self.left else self.trail.newest

    def go_on(self, page: Page) -> None:
        """Decide, after ``page`` was read, what comes next."""
        trail, left, following = self.trail, self.left, page.following
        newest_first = self._walk.order == "newest"
        if self._leaping and left:
            self._leaping = False
            if newest_first and left.again and left.edge and not self._overlaps(page, left.edge):
                # So much was deleted that this is not the page we read: the stretch in between is walked instead.
                self.left, self.token, self.ended = None, self._aside, self._aside is None
                return
            self.landed, self.depth, self._gained, self.reach = (
                True,
                left.depth + (not left.again),
                int(not left.again),
                left.edge,
            )
        else:
            self.depth += 1
            self._gained += 1
        if trail.reach is not None and (self.reach is None or trail.reach < self.reach):
            self.reach = trail.reach
        self._last, self.token = self.token, following
        # On a list that begins with chosen items, the page to go on from may show nothing but what is known.
        settled = (newest_first or not self.landed or len(trail.news) > self._news_before
                   or (trail.page_newest or trail.now) < (self._horizon or trail.now))
        if left and not self.landed and newest_first and left.edge and trail.reach and trail.reach < left.edge:
            self.left = left = None  # what it left to be done lies behind us
        leap = left is not None and not self.landed and self._walk.meets(trail, left.top)
        passed = settled and self._horizon is not None and self._walk.passes(trail, self._horizon)
        if following is None or not self._deep or (passed and (newest_first or not leap)):
            self.ended = True
        elif leap and left:
            self._leaping = self.leapt = True
            self._aside, self.token, self._news_before = following, left.resume, len(trail.news)

    def _overlaps(self, page: Page, edge: datetime) -> bool:
        newest = self.trail.page_newest
        return newest is not None and (newest > edge or newest == edge and any(m.id in self.trail.known for m in page.mentions))

    def rest(self) -> None:
        """Leave the remainder to the next call: this one has read enough."""
        if self._leaping and self.left:
            self.left = replace(self.left, top=self.trail.newest or self.left.top)
        else:
            self.left = self._stopped()

    def break_off(self, error: CollectError) -> None:
        """Leave the remainder to the next call: the page to read could not be read."""
        if self._leaping and self.left and not error.permanent and not self.left.doubted:
            self.left = replace(self.left, top=self.trail.newest or self.left.top, doubted=True)
        elif self._last is not None or self._leaping:  # leaping to a token that expired, it is dropped
            self.left = self._stopped()

    def _stopped(self) -> _Left | None:
        # Where nothing was gained the page is not read once more: two requests a call would never get on.
        again = not self.landed or self._gained > 0
        resume = self._last if again else self.token
        return _Left(self.began, self.trail.newest, self.reach, resume, again, self.depth) if resume else None


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
        self.reach: datetime | None = None  # of the page just read: how far back it goes, but for stragglers
        self.page_newest: datetime | None = None
        self.newest: datetime | None = None  # of all pages
        self._latest_unknown: datetime | None = None  # of the page just read
        self.doubts: dict[str, None] = {}  # why pages are not believed whole

    def add(self, page: Page) -> None:
        self.pages += 1
        self.shown += len(page.mentions) if page.shown is None else page.shown
        mentions = [self._placed(mention) for mention in page.mentions]
        published = sorted(mention.published_at for mention in mentions)
        self.reach = published[min(STRAGGLERS, len(published) // 10)] if published else None
        self.page_newest = published[-1] if published else None
        self.newest = max(filter(None, [self.page_newest, self.newest]), default=None)
        self._latest_unknown = max((mention.published_at for mention in mentions
                                    if mention.id not in self.known and mention.id not in self.current), default=None)
        compared = [mention for mention in mentions if mention.id not in self.current]
        lost = sum([self._compare(mention) for mention in compared])
        met = sum(mention.id in self.known for mention in compared)
        gone = {key: None for key in page.gone if key.id in self.known and key.id not in self.current}
        if lost * 2 > met:
            self.doubts[f"{ANOTHER_SHAPE} ({lost} of {met} known items have lost their text or title); {ADVICE}"] = None
        if doubtful(len(gone), met + len(gone)):
            self.doubts[f"{ANOTHER_SHAPE} ({len(gone)} of {met + len(gone)} known items are said to be gone); {ADVICE}"] = None
        else:
            self.gone |= gone
        if doubt := doubted(page):
            self.doubts[doubt] = None

    def _placed(self, mention: Mention) -> Mention:
        """Return a mention without a time of its own where it was first seen."""
        before = self.known.get(mention.id)
        seen = _instant(before[2]) if before and mention.precision is Precision.ESTIMATED else None
        return replace(mention, published_at=min(seen, mention.published_at)) if seen else mention

    def _compare(self, mention: Mention) -> bool:
        """Take a mention in where it is new or changed. Return whether it lost words: then what is known of it stays."""
        counts, words = mention.engagement, fingerprint(mention)
        record = [
            words,
            [counts.likes, counts.shares, counts.comments, counts.views] if counts else None,
            mention.published_at.isoformat(),
        ]
        self.current[mention.id], self.keys[mention.id] = record, mention.key
        before = self.known.get(mention.id)
        if before is not None and lost_words(before[0], words):
            self.current[mention.id] = before
            return True
        if not has_words(mention) or (before is not None and same_words(before[0], words) and before[1] == record[1]):
            return False
        edited = before is not None and not same_words(before[0], words) and before[0] != EMPTY
        self.news.append(replace(mention, edited_at=self.now) if edited and mention.edited_at is None else mention)
        return False

    def has_news_since(self, instant: datetime) -> bool:
        """Whether the page just read shows an unknown item that is not older than ``instant``."""
        return self._latest_unknown is not None and self._latest_unknown >= instant

    def missing(self) -> tuple[list[MentionKey], str | None]:
        """Return known items between two that still stand. When half of them are missing, doubt the page instead."""
        instants = sorted(record[2] for record in self.current.values())
        if not instants:
            return [], None
        oldest, newest = instants[min(STRAGGLERS, len(instants) // 10)], instants[-1]
        due = [own_id for own_id, record in self.known.items() if oldest < record[2] < newest]
        told = {key.id for key in self.gone}
        gone = [own_id for own_id in due if own_id not in self.current and own_id not in told]
        if doubtful(len(gone), len(due)):
            return [], f"{len(gone)} of {len(due)} known items are missing from the page; it may be incomplete"
        kind = next(iter(self.keys.values())).kind
        return [MentionKey(kind, own_id) for own_id in gone], None

    def remembered(self, deleted: Iterable[MentionKey], most: int | None, anchored: datetime | None = None) -> Known:
        """Return what the cursor keeps: the newest items, and of an open walk some that stood at ``anchored`` or before."""
        most, without = MOST_KNOWN if most is None else most, {key.id for key in deleted}
        together = {own_id: record for own_id, record in {**self.known, **self.current}.items() if own_id not in without}
        latest = sorted(together, key=lambda own_id: str(together[own_id][2]), reverse=True)
        anchors = [own_id for own_id in latest[most:] if anchored and str(together[own_id][2]) <= anchored.isoformat()]
        return {own_id: together[own_id] for own_id in [*latest[:most], *anchors[:ANCHORS]]}


def _known(value: Any) -> Known:
    return {own_id: record for own_id, record in mapping(value).items() if isinstance(record, list) and len(record) == 3}


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
