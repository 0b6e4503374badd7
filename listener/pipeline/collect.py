"""Collect → match → store: sources are read to their end, each page stored with its cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeGuard

from alerts import reach
from listener import polling
from listener.collectors.payload import content_id
from listener.errors import CollectError, ListenerError
from listener.pipeline.house import House, log
from listener.pipeline.nouns import Inbox, Source
from listener.storage import Committed, SourceState
from listener.types import STEP, Batch, Cursor, Match, Mention, MentionKey, Refresher

LONGEST_BACKOFF = timedelta(minutes=15)
LONGEST_WISH = timedelta(hours=24)
NEEDS_A_PERSON = timedelta(hours=6)
"""After an error that only a person can mend, how often to look whether somebody did."""

MOST_PAGES = 200
"""Calls of one collector in one pass, so that a source with endless pages cannot hold a worker for ever."""


class Collecting(House):
    """The pass over the sources."""

    def allowed(self, source: Source) -> bool:
        """Whether a source may be read now: not paused, and not before the time it asked for.

        A time more than a day ahead was written by a clock that went wrong; it does not count.
        """
        self.begin()
        return self._allowed(self.store.source_state(source.name))

    def due(self, source: Source) -> bool:
        """Whether a source is to be read now: it may be, and what it brought last says that it is time.

        A time beyond its ceiling was set by other settings or a wrong clock, and does not count.
        """
        self.begin()
        return self._due(source, self.store.source_state(source.name))

    def _due(self, source: Source, state: SourceState | None) -> bool:
        now = self.now()
        if state is None or state.next_at is None:
            return self._allowed(state)
        return self._allowed(state) and not now < state.next_at <= now + source.pace.ceiling

    def visit(self, source: Source) -> Committed | CollectError | None:
        """Read a source that is due; ``None``: it is not. While one waits for a person to mend it, its time is lost."""
        self.begin()
        state = self.store.source_state(source.name)
        if not self.clock.wants_word:
            return None
        if self._due(source, state):
            return self.collect(source)
        if state is not None:
            self._pass_over(source, state)
        return None

    def _pass_over(self, source: Source, state: SourceState) -> None:
        if self.clock.off() is not None:
            return
        now = self.now()
        since = max((at for at in (state.polled_at, self._missed.get(source.name)) if at is not None), default=None)
        self._missed[source.name] = now
        # Where nobody came by for long this program did not run: that time is unknown. What people pause is not lost.
        if state.permanent and not state.paused and since is not None and timedelta(0) < now - since <= _absence(source):
            self.store.record_missed(source.name, start=since, end=now, reason=state.error or "stopped")

    def woken(self) -> list[str]:
        """Return the sources that were read before and are due at once, because somebody resumed them or they begin anew."""
        return [state.name for state in self.store.source_states() if state.polled_at and state.next_at is None and not state.paused]

    def _allowed(self, state: SourceState | None) -> bool:
        now = self.now()
        return state is None or not (state.paused or state.retry_at is not None and now < state.retry_at <= now + LONGEST_WISH)

    def collect(self, source: Source) -> Committed | CollectError:
        """Read one source to its end and store what is about a brand, each page with its cursor.

        A failure becomes lost coverage and is returned, so that no source delays another. Where the clock turns out to be
        wrong nothing is stored, not even where it was read to: it is read again.
        """
        self.begin()
        state, now = self.store.source_state(source.name), self.now()
        if state is not None and state.next_at is None:  # resumed, or it begins anew
            self._failures.pop(source.name, None)
            self._refreshing.pop(source.name, None)
        start = self._since_last(source, state)
        cursor = self.store.cursor(source.name)
        reading = _Reading(source, state.habit if state else polling.Habit(), start, first=cursor is None)
        total = Committed(0, 0, 0, 0)
        try:
            for _ in range(MOST_PAGES):
                batch = self._read(source, cursor)
                if self.clock.off() is not None:
                    break
                reading.add(batch)
                total += self._commit(reading, batch)
                if batch.complete or self.stopping.is_set():
                    break
                cursor = self.store.cursor(source.name)
        except CollectError as error:
            if self.clock.off() is not None:
                return error
            # While this program did not run nobody tried: that time is unknown, not lost.
            self._record_failure(source, error, now - source.interval if self._slept(source, state, start) else start)
            return error
        self._failures.pop(source.name, None)
        return total

    def _since_last(self, source: Source, state: SourceState | None) -> datetime:
        """Return from when on a reading now can say what was there: the last one, as far as the source waits for us.

        Nobody keeps for an inbox what was pushed while it was shut.
        """
        now = self.world()
        if not (state and state.polled_at and state.polled_at <= now):
            return now - source.interval
        shut = _is_inbox(source.collector) and self._slept(source, state, state.polled_at)
        return now - source.interval if shut else state.polled_at

    def _slept(self, source: Source, state: SourceState | None, since: datetime) -> bool:
        """Whether the source should have been read long ago and was not: this program did not run."""
        now = self.world()
        expected = state.next_at if state and state.next_at and since < state.next_at <= now else since
        return now - expected > _absence(source)

    def _read(self, source: Source, cursor: Cursor | None) -> Batch:
        batch = self._asked(source, lambda: source.collector.collect(cursor))
        return batch if batch.min_interval is None else replace(batch, min_interval=min(batch.min_interval, LONGEST_WISH))

    def _asked(self, source: Source, ask: Callable[[], Batch]) -> Batch:
        try:
            return ask()
        except ListenerError:
            raise
        except Exception as error:  # a bug of ours: it surfaces in the log and on the board, and delays no other source
            log.exception("%s: a mistake of this program while reading it", source.name)
            raise CollectError(source.name, f"a mistake of this program ({type(error).__name__}); the log has the details, "
                                            "please send them to its makers") from error

    def _commit(self, reading: _Reading, batch: Batch) -> Committed:
        source, now = reading.source, self.now()
        matches, kept = self._kept(source, batch)
        habit = None
        if batch.complete:
            judged = polling.judge(batch, reading.habit, source.pace, first=reading.first, shown=reading.shown, news=reading.news,
                                   newest=reading.newest, since=reading.start, at=now, chance=self.dice())
            habit, kept = judged.habit, replace(kept, state=judged.state, reason=judged.reason)
        return self.store.commit_batch(
            source.name, kept, matches=matches, reach={m.key: reach.estimate(m, self.table) for m in kept.mentions},
            start=reading.start, end=now if batch.complete else reading.start, now=now, habit=habit,
            growing=is_refresher(source.collector))

    def _kept(self, source: Source, batch: Batch) -> tuple[list[Match], Batch]:
        """Return the matches of a batch, and the batch with only those mentions that have one."""
        matches = list(self._matches(batch.mentions, source.name, source.about, source.language))
        matched = {match.key for match in matches}
        return matches, replace(batch, mentions=tuple(replace(m, ours=self.matcher.is_ours(m)) for m in batch.mentions if m.key in matched))

    def receive(self, name: str, payload: bytes) -> Committed:
        """Store at once what another system pushes into the inbox ``name``. The same payload again changes nothing.

        Raises: CollectError for a source that is no inbox, is paused, or does not understand the payload.
        """
        self.begin()
        now = self.world()
        source = next((source for source in self.sources if source.name == name), None)
        if source is None or not _is_inbox(collector := source.collector):
            known = ", ".join(sorted(one.name for one in self.sources if _is_inbox(one.collector))) or "none"
            raise CollectError(name, f"no inbox of this name is configured; known: {known}", permanent=True)
        state = self.store.source_state(name)
        if state is not None and state.paused:
            raise CollectError(name, "paused; let it be read again with 'goosh sources resume'", permanent=True)
        batch = self._asked(source, lambda: Batch(tuple(collector.accept(payload, now))))
        matches, kept = self._kept(source, batch)
        start = self._since_last(source, state)
        return self.store.commit_batch(name, kept, matches=matches, reach={m.key: reach.estimate(m, self.table) for m in kept.mentions},
                                       start=start, end=now, now=now)

    def _matches(self, mentions: Iterable[Mention], source: str, about: Sequence[str],
                 language: str | None = None) -> Iterable[Match]:
        nameless, named = list[Mention](), dict[str, list[str]]()
        for mention in mentions:
            matches = self.matcher.match(mention, source=source, language=mention.language or language)
            found = {match.brand: match for match in matches}
            yield from found.values()
            yield from (Match(mention.key, brand, ()) for brand in about if brand not in found)
            for called in (":".join(mention.key), mention.url):
                if called:
                    named[called] = [*found, *(brand for brand in about if brand not in found)]
            if not found and not about and mention.in_reply_to and self.matcher.is_ours(mention):
                nameless.append(mention)
        if nameless:
            yield from self._answering(nameless, named)

    def _answering(self, answers: Sequence[Mention], named: Mapping[str, Sequence[str]]) -> Iterable[Match]:
        """Match answers of our own that name no brand to those of what they answer: of the same batch (``named``), or stored. Where that
        is not here yet, to the only brand there is.
        """
        ways = {one.key: [f"{one.kind}:{one.in_reply_to}", str(one.in_reply_to)] for one in answers}
        keys = [MentionKey(*way.split(":", 1)) for some in ways.values() for way in some if ":" in way]
        stored: dict[str, list[str]] = {}
        for one in self.store.by_keys(keys):
            stored.setdefault(":".join(one.mention.key), []).append(one.brand)
        for key, some in ways.items():
            brands = next((there for way in some for there in (named.get(way), stored.get(way)) if there), self.brands if len(self.brands) == 1 else ())
            yield from (Match(key, brand, ()) for brand in brands)

    def _record_failure(self, source: Source, error: CollectError, start: datetime) -> None:
        now = self.now()
        failures = self._failures[source.name] = self._failures.get(source.name, 0) + 1
        wait = min(self._pause(source, error, failures), LONGEST_WISH)
        retry_at = now + wait
        note = None if error.permanent else polling.throttled(error.what, wait, source.pace, at=now)
        self.store.record_failure(source.name, start=start, end=now, now=now, reason=error.what, note=note,
                                  permanent=error.permanent, retry_at=retry_at)
        log.warning("%s; next reading at %s", error, retry_at.astimezone(self.timezone).isoformat(timespec="minutes"))

    def _pause(self, source: Source, error: CollectError, failures: int) -> timedelta:
        """Return how long to leave a source alone; a time it named itself always wins."""
        if error.retry_after is not None:
            return max(error.retry_after, source.pace.floor)
        return NEEDS_A_PERSON if error.permanent else polling.backoff(failures, source.pace, longest=LONGEST_BACKOFF,
                                                                      chance=self.dice())

    def store_import(self, name: str, kind: str, brand: str | None, mentions: Sequence[Mention]) -> Committed:
        """Store one batch of an imported file. Its coverage is what it spans: history, never news.

        With a brand every mention is about it; without, the queries decide. A row under the id of another post gets one of its own.
        """
        self.store.register_sources([(name, kind)])
        taken = self.store.namesakes(name, mentions)
        mentions = [replace(m, id=content_id(m.id, m.title, m.text, m.published_at.isoformat(), m.author and m.author.id)) if place in taken else m
                    for place, m in enumerate(mentions)]
        matches = list(self._matches(mentions, name, (brand,) if brand else ()))
        matched = {match.key for match in matches}
        kept = tuple(replace(m, ours=self.matcher.is_ours(m)) for m in mentions if m.key in matched)
        instants = [m.published_at for m in mentions] or [self.now()]
        done = self.store.commit_batch(name, Batch(mentions=kept), matches=matches,
                                       reach={m.key: reach.estimate(m, self.table) for m in kept},
                                       start=min(instants), end=max(instants) + STEP, now=self.now(), history=True)
        return replace(done, apart=len(taken))


@dataclass(slots=True)
class _Reading:
    """One pass over one source, which may take several batches."""

    source: Source
    habit: polling.Habit
    start: datetime
    first: bool
    shown: int | None = None
    news: int = 0
    newest: datetime | None = None

    def add(self, batch: Batch) -> None:
        news, newest = polling.arrived(batch.mentions, self.habit)
        self.news += news
        self.newest = max((one for one in (self.newest, newest) if one is not None), default=None)
        if batch.shown is not None:
            self.shown = (self.shown or 0) + batch.shown


def _absence(source: Source) -> timedelta:
    """Return how long nobody may come by a source before this program is taken not to have run."""
    return 2 * max(source.interval, LONGEST_BACKOFF)


def is_refresher(collector: object) -> TypeGuard[Refresher]:
    return callable(getattr(collector, "refresh", None))


def _is_inbox(collector: object) -> TypeGuard[Inbox]:
    return callable(getattr(collector, "accept", None))
