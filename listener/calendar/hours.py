"""When an office works, and time counted in its hours: the one clock that due times and answer times go by.

Hours are those of the clock on the wall. Where that jumps, a spell of work begins at the first instant of its day at which the
clock shows its start or later, and ends likewise: one that begins in the hour that is left out begins when that hour would
have been over, one that begins in the hour that comes twice begins the first time. Durations are real ones, so a night
shift in which the clock is put back is an hour longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from listener.calendar.days import weekday

Spell = tuple[time, time]
"""From and to, on the clock of the wall. A spell whose end is not after its start runs over midnight, or until it (00:00)."""

DAY = timedelta(days=1)
LONGEST_REST = 400  # days without any hour after which an office is thought to be closed for good: a mistake in its table


@dataclass(frozen=True, slots=True)
class Season:
    """Days on which other hours hold, such as those of Ramadan. A day of the week that ``week`` does not name is closed."""

    first: date
    last: date  # its last day, included
    week: Mapping[int, tuple[Spell, ...]]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody works: spells by day of the week as ``weekday`` counts them (0 is Saturday); a day without any is closed.

    The first season that holds a day replaces the week on it; on a holiday nobody works, whatever the season says.
    """

    week: Mapping[int, tuple[Spell, ...]]
    zone: tzinfo
    seasons: tuple[Season, ...] = ()
    holidays: Collection[date] = field(default_factory=frozenset)

    def spells(self, day: date) -> tuple[Spell, ...]:
        """Return the spells of work that begin on a day; empty: it is closed."""
        return () if day in self.holidays else self._table(day).get(weekday(day), ())

    def works_on(self, day: date) -> bool:
        """Return whether that is a working day: also half of one counts."""
        return bool(self.spells(day))

    def open_at(self, at: datetime) -> bool:
        """Return whether somebody works at that instant. Raises: ValueError for a naive one."""
        start, _ = next(self._from(at))
        return start <= at

    def next_open(self, at: datetime) -> datetime:
        """Return the first instant from ``at`` on at which somebody works, in UTC. Raises: ValueError where nobody ever does."""
        return next(self._from(at))[0]

    def add(self, at: datetime, worked: timedelta) -> datetime:
        """Return the first instant by which so much working time has passed since ``at``, in UTC; ``at`` itself for none.

        What fills a day is over when the office closes, not when it opens again.
        Raises: ValueError for a negative duration, a naive instant, or where nobody ever works.
        """
        if worked < timedelta(0):
            raise ValueError(f"calendar: {worked} is less than no time; durations are counted forward")
        left = worked
        if left:
            for start, end in self._from(at):
                if end - start >= left:
                    return start + left
                left -= end - start
        return _utc(at)

    def between(self, first: datetime, last: datetime) -> timedelta:
        """Return the working time from one instant to another; negative where ``last`` is before ``first``."""
        first, last = _utc(first), _utc(last)  # instants of one zone would be compared by their clocks
        if last < first:
            return -self.between(last, first)
        return sum((min(end, last) - start for start, end in self._from(first, last)), timedelta(0))

    def add_days(self, day: date, number: int) -> date:
        """Return the day that is so many working days after ``day``, which itself does not count; ``day`` for none."""
        rested = 0
        while number > 0:
            day += DAY
            rested = 0 if self.works_on(day) else self._patient(rested + 1, day)
            number -= not rested
        return day

    def closing(self, day: date) -> datetime:
        """Return when work ends on a day, in UTC; of a closed one when it would on the longest day of that week's table.

        Raises: ValueError where no day of the table has hours.
        """
        spells = self.spells(day) or max(self._table(day).values(), key=_length, default=())
        if not spells:
            raise ValueError(f"calendar: no day has working hours on {day}; give at least one day some")
        return max(end for _, end in self._instants(day, spells))

    def _table(self, day: date) -> Mapping[int, tuple[Spell, ...]]:
        return next((season.week for season in self.seasons if season.first <= day <= season.last), self.week)

    def _from(self, at: datetime, until: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
        """Yield working time from ``at`` on: from and to, in UTC and in order, none twice; with ``until``, what begins before it."""
        done = _utc(at)  # where spells of two days overlap, time is not counted twice
        day, rested = done.astimezone(self.zone).date() - DAY, 0  # a spell over midnight began yesterday
        while True:
            found = sorted(self._instants(day, self.spells(day)))
            for start, end in found:
                start = max(start, done)
                if until is not None and start >= until:
                    return
                if end > start:
                    yield start, end
                    done = end
            if until is not None and self._first(day + DAY, time(0)) >= until:
                return
            rested = 0 if found else self._patient(rested + 1, day, until)
            day += DAY

    def _instants(self, day: date, spells: tuple[Spell, ...]) -> list[tuple[datetime, datetime]]:
        found = [(self._first(day, start), self._first(day if end > start else day + DAY, end)) for start, end in spells]
        return [(start, end) for start, end in found if start < end]  # one that lies in a left-out hour is nothing

    def _first(self, day: date, clock: time) -> datetime:
        """Return the first instant of a day at which the clock on the wall shows ``clock`` or later."""
        stated = datetime.combine(day, clock, self.zone)
        before, after = stated.astimezone(UTC), stated.replace(fold=1).astimezone(UTC)
        if after >= before:  # shown once, or twice
            return before
        while before - after > timedelta(seconds=1):  # left out: find where the clock jumps
            middle = after + (before - after) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self.zone).replace(tzinfo=None) >= datetime.combine(day, clock):
                before = middle
            else:
                after = middle
        return before

    def _patient(self, rested: int, day: date, until: datetime | None = None) -> int:
        if rested > LONGEST_REST and until is None:
            raise ValueError(f"calendar: nobody works in the {LONGEST_REST} days before {day}; give at least one day hours")
        return rested


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"calendar: {at!r} has no time zone")
    return at.astimezone(UTC)


def _length(spells: tuple[Spell, ...]) -> int:
    def minutes(clock: time) -> int:
        return clock.hour * 60 + clock.minute

    return sum((minutes(end) - minutes(start)) % 1440 or 1440 for start, end in spells)
