"""How often a source is read, and what is usual of it. Pure: the clock and the dice are arguments.

A source that brings nearly all it can show between two readings is read faster before anything falls off its end, one that
lost items much faster; one that said nothing for a while is read slower. What the source itself asks for (``min_interval`` of
a batch, ``Retry-After``) always wins, and nothing is ever read below the floor.

A source that answers with nothing it used to have (a changed page, a login wall, a filter) is *suspect*: it answers, but
is no more heard than one that is down. Lists that show only the last days are empty of themselves once nothing came for so
long: nothing is suspicious only while the newest known item is no older than items this source has shown before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from listener.types import SUSPECT, Batch, CoverageState, Mention

SILENT_WAIT = timedelta(minutes=15)
"""A source that is left alone for longer than this, and than it usually is, is said to be throttled."""

AGES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12), timedelta(days=1), timedelta(days=3),
        timedelta(days=7))
"""How old a mention is when its counts are asked for again: growth is fast at first (SPIKES §4) and over in a week."""

NEARLY_FULL = 0.75  # of what the source shows was news, or would be at this interval: the next reading may lose something
SPARE = 0.25  # below this share there is room for a storm of four times the usual
QUIET = 6  # base intervals without an item, after which the source is read slower
SPREAD = 0.1  # of the interval, by which a reading is brought forward: a thousand sources do not meet
SURE = 5  # readings, before "nothing" can be unusual
USUAL = 0.9  # share of readings that showed items, from which on "nothing" is unusual
WEIGHT = 0.1  # of the last reading in that share


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a source may be read: usually every ``base``, never sooner than ``floor``, never later than ``ceiling``."""

    base: timedelta
    floor: timedelta
    ceiling: timedelta

    def __post_init__(self) -> None:
        if not timedelta(0) < self.floor <= self.base <= self.ceiling:
            raise ValueError(f"pace: {self.floor}, {self.base}, {self.ceiling} are not in order")

    def within(self, interval: timedelta) -> timedelta:
        return min(max(interval, self.floor), self.ceiling)


@dataclass(frozen=True, slots=True)
class Habit:
    """What is known of a source besides its cursor, kept with it."""

    interval: timedelta | None = None  # between two readings now; None: never read
    next_at: datetime | None = None
    last_item_at: datetime | None = None  # publish time of the newest item it ever showed, about us or not
    readings: int = 0  # that asked it for its items
    showing: float = 0.0  # share of them that showed any
    shelf: timedelta = timedelta(0)  # the oldest its newest item ever was while it still showed some
    suspect_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A reading as it is stored: the habit after it, and what can be said of the span it covers."""

    habit: Habit
    state: CoverageState
    reason: str | None


def judge(batch: Batch, habit: Habit, pace: Pace, *, first: bool, shown: int | None, news: int, newest: datetime | None,
          since: datetime, at: datetime, chance: float) -> Judged:
    """Return what the last batch of a reading means.

    ``first``: nothing was known before it. ``shown`` and ``news``: items the whole reading showed, and those of them published
    after ``habit.last_item_at``. ``newest``: publish time of its newest item. ``since``: when the source was last read.
    ``chance`` is a random number in [0, 1).
    """
    overflow = batch.overflow and not first
    last = max((one for one in (newest, habit.last_item_at) if one is not None), default=None)
    was = pace.within(habit.interval or pace.base)
    interval = pace.base if first else next_interval(
        was, pace, shown=shown, news=news, overflow=overflow, elapsed=at - since, quiet=None if last is None else at - last)
    suspect = _suspect(habit, shown, at)
    readings, showing, shelf = habit.readings, habit.showing, habit.shelf
    if shown is not None and not suspect:  # else emptiness would become the usual
        readings, showing = readings + 1, float(shown > 0) if readings == 0 else showing + WEIGHT * ((shown > 0) - showing)
        shelf = max(shelf, at - last) if shown and last else shelf
    state, reasons = batch.state, [batch.reason] if batch.reason else []
    if overflow:
        state = worse(state, CoverageState.PARTIAL)
        reasons.append(f"items were lost between two readings; now read every {spoken(interval)}" if interval < was else
                       f"items were lost between two readings, though it is read every {spoken(interval)}; "
                       "lower min_interval or narrow what is asked for")
    if suspect:
        state = worse(state, CoverageState.PARTIAL)
        reasons.insert(0, f"{SUSPECT} it answers with nothing, though it usually shows items; test it and check its options")
    next_at = at + interval * (1 - SPREAD * chance)
    if batch.min_interval is not None:
        if batch.min_interval > max(SILENT_WAIT, pace.ceiling):
            reasons.append(f"throttled: it asks to be left alone for {spoken(batch.min_interval)}")
        next_at = max(next_at, at + batch.min_interval)
    return Judged(
        Habit(interval, next_at, last, readings, showing, shelf, (habit.suspect_since or at) if suspect else None), state,
        "; ".join(reasons) or None)


def next_interval(interval: timedelta, pace: Pace, *, shown: int | None, news: int, overflow: bool, elapsed: timedelta,
                  quiet: timedelta | None) -> timedelta:
    """Return the time to the next reading after one that showed ``shown`` items, ``news`` of them new since ``elapsed`` ago.

    ``quiet``: since the newest item was published. ``shown`` None: "not modified".
    """
    if overflow:
        return pace.within(interval / 4)
    late = max(1.0, elapsed / interval)  # after an outage a full page says nothing about an ordinary interval
    fill = news / shown / late if shown else 0.0
    if fill >= NEARLY_FULL:
        return pace.within(interval / 2)
    if fill >= SPARE:
        return pace.within(interval)
    if news:
        return pace.base if interval > pace.base else pace.within(min(interval * 1.25, pace.base))
    if quiet is None or quiet >= QUIET * pace.base:
        return pace.within(interval * 1.25)
    return pace.within(min(interval * 1.25, pace.base)) if interval < pace.base else pace.within(interval)


def backoff(failures: int, pace: Pace, *, longest: timedelta, chance: float) -> timedelta:
    """Return how long to leave a source alone after so many failures in a row: full jitter, at least the floor.

    Full jitter: any time up to a limit that doubles, so that those who failed together do not come back together.
    """
    limit = min(min(pace.base, longest) * (1 << min(failures, 10)), max(longest, pace.base))
    return max(pace.floor, limit * chance)


def throttled(reason: str, wait: timedelta, pace: Pace, *, at: datetime) -> str:
    """Return why a source is not read, with the time until which it is left alone where that is longer than people expect."""
    if wait <= max(SILENT_WAIT, pace.base):
        return reason
    return f"{reason}; throttled until {(at + wait).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def refresh_at(published_at: datetime, after: datetime) -> datetime | None:
    """Return when the counts of a mention are asked for next, later than ``after``; None: it has stopped growing."""
    return next((due for age in AGES if (due := published_at + age) > after), None)


def arrived(mentions: Iterable[Mention], habit: Habit) -> tuple[int, datetime | None]:
    """Return how many mentions were published after the newest known, and when the newest of all was.

    By publish time, since a batch also brings back what is known and merely grew.
    """
    instants = [mention.published_at for mention in mentions]
    known = habit.last_item_at
    return sum(known is None or at > known for at in instants), max(instants, default=None)


def unpaced(habit: Habit) -> Habit:
    """Return a habit that has forgotten what was usual: for a source that begins anew."""
    return replace(habit, readings=0, showing=0.0, shelf=timedelta(0), suspect_since=None)


def worse(one: CoverageState, other: CoverageState) -> CoverageState:
    order = (CoverageState.OK, CoverageState.PARTIAL, CoverageState.LOST)
    return max(one, other, key=order.index)


def spoken(span: timedelta) -> str:
    """Return a span as the configuration writes it, the two largest units: ``90s``, ``5m``, ``1h30m``."""
    seconds = max(1, round(span.total_seconds()))
    if seconds < 120:
        return f"{seconds}s"
    days, rest = divmod(round(seconds / 60), 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{number}{unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if number]
    return "".join(parts[:2])


def _suspect(habit: Habit, shown: int | None, at: datetime) -> bool:
    if shown is None or (shown == 0 and habit.suspect_since is not None):  # "not modified": as it was
        return habit.suspect_since is not None
    unusual = habit.readings >= SURE and habit.showing >= USUAL
    return shown == 0 and unusual and habit.last_item_at is not None and at - habit.last_item_at <= habit.shelf + (habit.interval or SILENT_WAIT)
