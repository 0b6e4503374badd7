"""Polls one feed, page by page where it has older pages, and compares what it shows with what was known."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from listener.calendar import parse_time
from listener.client import Response, redact
from listener.collectors.network import NetworkCollector
from listener.collectors.payload import clean, count, items, mapping, short_hash
from listener.collectors.rss.feed import KIND, LONGEST_INTERVAL, Entry, Feed
from listener.collectors.rss.options import Options
from listener.collectors.rss.reading import read
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Cursor, Mention

ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
MOST_KNOWN = 1000  # ids the cursor remembers; feeds show 10 to 100
PAGES_A_CALL = 10  # read before mentions and cursor are committed
SETTLED = timedelta(seconds=2)  # after its last change, from when on validators tell two bodies apart
GOOGLES_PACE = timedelta(minutes=5)  # faster polls were answered 429 and 503


class RSSCollector(NetworkCollector[Options]):
    """Reads one feed."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return items that are new or changed since ``cursor``. Raises: CollectError."""
        try:
            batch = self._poll(cursor)
        except CollectError as error:
            raise CollectError(self._label, self._shown(self._with_way(error.what)), permanent=error.permanent,
                               retry_after=error.retry_after) from None
        return replace(batch, reason=self._shown(batch.reason)) if batch.reason else batch

    def _with_way(self, words: str) -> str:
        """Return words about an address that we were led to with the configured one beside it: only that can be looked up."""
        configured = self._options.public_address()
        if configured is None or "://" not in words or redact(configured) in words:
            return words
        return f"{words} (the address configured is {redact(configured)})"

    def _moved(self, to: str) -> str:
        """Return that the feed has another address for good, and what to mend."""
        if self._options.secret is not None:  # the new address may hold the secret too, in any of its parts
            option = "site" if self._options.key_env else f"the variable {self._options.url_env!r}"
            parts = urlsplit(to)
            return f"moved to {parts.scheme}://{parts.hostname or ''}/…; update {option}"
        more = "?…" if urlsplit(to).query else ""
        return f"moved to {redact(to)}{more}; update {'site' if self._options.preset else 'url'}"

    def _shown(self, words: str) -> str:
        """Return words without the parts of an address that is a secret: its key may stand in the path."""
        if self._options.url_env is not None:
            path = os.environ.get(self._options.url_env, "").partition("?")[0].split("/")[3:]
            for part in (spelling for written in path for spelling in (written, unquote(written))):
                if len(part) >= 8 or (len(part) >= 4 and re.search(r"\d", part)):
                    words = words.replace(part, "…")
        return words

    def _poll(self, cursor: Cursor | None) -> Batch:
        configured = self._address()
        place = short_hash(self._options.public_address() or configured)
        state: dict[str, Any] = dict(cursor or {})
        if state.get("feed") != place:  # another feed is configured under this name: what was known says nothing
            state = {"feed": place}
        try:
            return self._walk(state, str(state.get("url") or configured))
        except CollectError:
            if state.pop("url", None) is None:
                raise
            return self._walk({key: state[key] for key in ("feed", "known") if key in state}, configured)

    def _address(self) -> str:
        if self._options.is_google_news and not self._options.personal_use:
            raise self._failure("the terms of Google News allow its feeds in a personal reader for non-commercial use only; "
                                "set personal_use = true if you do that, or read the outlets' own feeds", permanent=True)
        try:
            return self._options.address()
        except KeyError as error:
            raise self._failure(f"the environment variable {error.args[0]!r} is not set; set it to the "
                                f"{'access key of the instance' if self._options.key_env else 'address of the feed'}",
                                permanent=True) from None

    def _walk(self, state: dict[str, Any], address: str) -> Batch:
        now = self._now()
        known = {
            key: value for key, value in mapping(state.get("known")).items() if isinstance(value, list) and len(value) == 4
        }
        walking = set(items(state.get("open")))
        anchors = known.keys() - walking
        unfinished = bool(state.get("resume"))
        first = self._fetch(
            address, None if unfinished else state.get("etag"), None if unfinished else state.get("last_modified")
        )
        if first.moved_to and self._options.secret is None:
            state["url"] = first.moved_to
        led_to = first.moved_to or state.get("url")
        moved = self._moved(str(led_to)) if led_to else None
        if first.not_modified:
            return Batch(cursor=state, reason=moved, min_interval=self._interval(first, None))
        answer, feed = first, self._read(first, now)
        interval = self._interval(first, feed.ttl)
        digest = hashlib.sha256(first.body).hexdigest()[:16]
        if digest == state.get("body") and not unfinished:
            return Batch(cursor={**state, **_validators(first)}, reason=moved, min_interval=interval, shown=len(feed.entries))

        walk = _Walk(known, now)
        walk.add(feed)
        following = self._following(address, first, feed, 1)
        pages, read_now = 1, 1
        wait: timedelta | None = None
        resume: str | None = None
        if unfinished and feed.entries and feed.entries[-1].mention.id in walking:
            following, pages = (
                str(state["resume"]),
                count(state.get("pages")) or 1,
            )  # what lies between was read in an earlier call
        deep = bool(anchors) or unfinished or self._options.backfill
        problem = _broken(feed, first)
        whole, complete, overflow, visited = problem is None, True, False, {address}
        problem = problem or _excess(feed)
        while deep and feed.entries and feed.entries[-1].mention.id not in anchors and following and following not in visited:
            if pages >= self._options.max_pages:
                problem = problem or f"stopped after {pages} pages without meeting a known item; raise max_pages"
                overflow = bool(anchors)
                break
            if read_now >= PAGES_A_CALL and self._options.secret is None:  # a place to go on from may hold the secret
                whole, complete, resume = False, False, following
                break
            visited.add(following)
            try:
                older = self._older(following)
                if older is None:
                    break
                answer, feed = older, self._read(older, now)
            except CollectError as error:
                problem, wait, whole = f"page {pages + 1}: {error.what}", error.retry_after, False
                resume = following if self._options.secret is None else None
                break
            pages, read_now = pages + 1, read_now + 1
            walk.add(feed)
            problem = problem or _broken(feed, answer) or _excess(feed)
            following = self._following(following, answer, feed, pages)
        if whole and problem is None and anchors:
            problem, overflow = walk.gap(len(anchors), clean(state.get("newest")))
        remembered: dict[str, Any] = {"feed": state["feed"], "known": walk.remembered()}
        remembered |= {name: state[name] for name in ("url", "newest") if name in state}
        if whole:
            remembered |= {**_validators(first), "body": digest}
            if walk.newest is not None:
                remembered["newest"] = walk.newest.isoformat()
        else:
            remembered["open"] = sorted(walking | set(walk.fresh))
            remembered |= {"resume": resume, "pages": pages} if resume else {}
        return Batch(tuple(walk.mentions), cursor=remembered, state=CoverageState.PARTIAL if problem else CoverageState.OK,
                     reason="; ".join(filter(None, [problem, moved])) or None, min_interval=wait or (interval if complete else None), complete=complete,
                     shown=walk.seen, overflow=overflow)

    def _fetch(self, address: str, etag: Any, last_modified: Any) -> Response:
        answer = self._client.get(address, source=self._label, etag=etag or None, last_modified=last_modified or None,
                                  accept=ACCEPT, readable=(404,))
        if answer.status == 404:
            # WordPress answers 404 with a well-formed feed where a search holds nothing.
            try:
                read(answer.body, now=self._now(), url=answer.url, content_type=answer.content_type)
            except CollectError:
                raise self._client.failure(answer, self._label) from None
        return answer

    def _older(self, address: str) -> Response | None:
        """Return an older page, or None past the last one: WordPress says so by a 404."""
        answer = self._client.get(address, source=self._label, accept=ACCEPT, readable=(400, 404, 410))
        return answer if answer.status < 400 else None

    def _read(self, answer: Response, now: datetime) -> Feed:
        try:
            return read(answer.body, now=now, url=answer.url, content_type=answer.content_type, timezone=self._options.timezone)
        except CollectError as error:
            raise self._failure(f"{redact(answer.url)}: {answer.without_secrets(error.what)}") from None

    def _interval(self, answer: Response, ttl: timedelta | None) -> timedelta | None:
        stated = _freshness(answer, ttl)
        return max(stated or GOOGLES_PACE, GOOGLES_PACE) if self._options.is_google_news else stated

    def _following(self, address: str, answer: Response, feed: Feed, page: int) -> str | None:
        if self._options.walks_pages:
            parts = urlsplit(address)
            query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "paged"]
            return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(page + 1))])))
        link = answer.links.get("next")
        return feed.next_url or (urljoin(answer.url, link) if link else None)


class _Walk:
    """The items of one walk over the pages of a feed, compared with what the cursor knows."""

    def __init__(self, known: Mapping[str, Sequence[Any]], now: datetime) -> None:
        self._known = known
        self._now = now
        self._current: dict[str, list[Any]] = {}
        self.seen = 0
        self._met = False
        self.mentions: list[Mention] = []
        self.fresh: list[str] = []
        self.newest: datetime | None = None  # of the items that say when they were published
        self._oldest: datetime | None = None

    def add(self, feed: Feed) -> None:
        dated = [entry.mention.published_at for entry in feed.entries if entry.dated]
        self.newest = max([*dated, *filter(None, [self.newest])], default=None)
        self._oldest = min([*dated, *filter(None, [self._oldest])], default=None)
        present = dict.fromkeys(entry.mention.id for entry in feed.entries)
        moved = {tuple(value[2:3]): own_id for own_id, value in self._known.items() if own_id not in present}
        latest = {entry.mention.id: entry for entry in sorted(feed.entries, key=_latest)}
        for entry in (latest[own_id] for own_id in present):
            self.seen += 1
            self._met = self._met or entry.mention.id in self._known
            mention = self._with_old_id(entry.mention, moved)
            if mention.id in self._current:
                continue  # pages overlap when items arrive between two of them
            before = self._known.get(mention.id)
            record = self._record(entry, before)
            self._current[mention.id] = record
            if before is None:
                self.fresh.append(mention.id)
            elif before[:2] == record[:2]:
                continue
            elif before[0] != record[0]:
                mention = replace(mention, edited_at=mention.edited_at or self._now)
            if record[3]:
                mention = replace(mention, published_at=datetime.fromisoformat(record[3]))
            self.mentions.append(mention)

    def _with_old_id(self, mention: Mention, moved: Mapping[tuple[Any, ...], str]) -> Mention:
        """Some feeds make new ids at every build. The same text at the same place is the same mention."""
        if mention.id in self._known:
            return mention
        old_id = moved.get((_place(mention),))
        if old_id is None or self._known[old_id][0] != _text_hash(mention):
            return mention
        self._met = True
        return replace(mention, id=old_id)

    def _record(self, entry: Entry, before: Sequence[Any] | None) -> list[Any]:
        mention, counts = entry.mention, entry.mention.engagement
        first_seen = None if entry.dated else (before[3] if before and before[3] else mention.published_at.isoformat())
        figures = [counts.likes, counts.comments, counts.views] if counts else None
        return [_text_hash(mention), figures, _place(mention), first_seen]

    def gap(self, before: int, newest: str) -> tuple[str | None, bool]:
        """Return why items may have been missed since the last poll, and whether they certainly were.

        ``newest``: publish time of the newest item known before, or "". None: what is shown joins up with what was known.
        """
        if not self.seen:
            return f"the feed is empty though it held {before} items before; check the address", False
        if self._met:
            return None, False
        if newest and self._oldest is not None and self._oldest.isoformat() < newest:  # both are UTC
            return (f"none of the {self.seen} items was known from the last poll, though some are older, so others may be "
                    "lost; check the address, or shorten the interval"), False
        return (f"none of the {self.seen} items was known from the last poll, items in between were lost; "
                "shorten the interval"), True

    def remembered(self) -> dict[str, list[Any]]:
        """Return what the cursor shall know: what was seen now, then what was known before, the latest first."""
        together = {**self._current, **{key: list(value) for key, value in self._known.items() if key not in self._current}}
        return dict(list(together.items())[:max(MOST_KNOWN, len(self._current))])


def _latest(entry: Entry) -> datetime:
    return entry.revised_at or entry.mention.published_at


def _text_hash(mention: Mention) -> str:
    return short_hash(mention.title, mention.text)


def _place(mention: Mention) -> str:
    return short_hash((mention.url or "").partition("?")[0], mention.title)


def _broken(feed: Feed, answer: Response) -> str | None:
    if feed.truncated or answer.truncated:
        return f"the feed broke off after {len(feed.entries)} items; the rest is read next time"
    return None


def _excess(feed: Feed) -> str | None:
    if feed.left_out:
        return f"the feed holds {len(feed.entries) + feed.left_out} items; the oldest {feed.left_out} of them were not read"
    return None


def _validators(answer: Response) -> dict[str, str]:
    """Return what to send back next time. ``Expires: 0`` says that the validators are not to be trusted.

    Nor are those of a feed that changed in the very second it was read (RFC 9110 §8.8.2.2): WordPress makes its ETag of that second,
    so what came later within it would stay unseen until something else comes.
    """
    if answer.truncated or answer.headers.get("expires", "").strip() in ("0", "-1"):
        return {}
    changed, said = (parse_time(words, UTC) if words else None for words in (answer.last_modified, answer.headers.get("date")))
    if changed and said and said[0] - changed[0] < SETTLED:
        return {}
    return {name: value for name, value in (("etag", answer.etag), ("last_modified", answer.last_modified)) if value}


def _freshness(answer: Response, ttl: timedelta | None) -> timedelta | None:
    found = re.search(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})", answer.headers.get("cache-control", ""), re.IGNORECASE)
    stated = timedelta(seconds=int(found.group(1))) if found else timedelta()
    interval = min(max(stated, ttl or timedelta()), LONGEST_INTERVAL)
    return interval or None
