"""How often a source is read, and when an answer is worth no more than none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from listener.polling import (
    AGES,
    Habit,
    Judged,
    Pace,
    arrived,
    backoff,
    judge,
    next_interval,
    refresh_at,
    spoken,
    throttled,
    unpaced,
    worse,
)
from listener.types import SUSPECT, Batch, CoverageState
from tests.fakes import NOON, a_mention

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PACE = Pace(15 * MINUTE, 3 * MINUTE, HOUR)


def following(interval: timedelta = 15 * MINUTE, *, shown: int | None = 40, news: int = 0, overflow: bool = False,
              elapsed: timedelta | None = None, quiet: timedelta | None = timedelta(0)) -> timedelta:
    return next_interval(interval, PACE, shown=shown, news=news, overflow=overflow, elapsed=elapsed or interval, quiet=quiet)


class TestTheIntervalFollowsWhatComes:
    def test_a_reading_that_is_nearly_all_news_halves_it(self) -> None:
        assert following(news=30) == 7.5 * MINUTE

    def test_items_that_were_lost_quarter_it(self) -> None:
        assert following(news=40, overflow=True) == 3.75 * MINUTE

    def test_it_never_falls_below_the_floor_nor_rises_above_the_ceiling(self) -> None:
        assert following(4 * MINUTE, overflow=True) == 3 * MINUTE
        assert following(55 * MINUTE, quiet=9 * DAY) == HOUR

    def test_a_full_page_after_an_outage_says_nothing_about_an_ordinary_interval(self) -> None:
        assert following(news=40, elapsed=5 * HOUR) == 15 * MINUTE

    def test_some_news_leave_it_as_it_is(self) -> None:
        assert following(news=12) == 15 * MINUTE == following(news=3)

    def test_when_the_storm_is_over_it_goes_back_step_by_step(self) -> None:
        interval, seen = 3 * MINUTE, []
        while interval < PACE.base:
            interval = following(interval, news=1)
            seen.append(interval)
        assert 5 <= len(seen) <= 10 and seen[-1] == PACE.base

    def test_silence_slows_it_and_the_first_word_ends_that_at_once(self) -> None:
        assert following(quiet=2 * HOUR) == 18.75 * MINUTE
        assert following(quiet=HOUR) == 15 * MINUTE
        assert following(HOUR, news=1) == 15 * MINUTE

    def test_not_modified_is_silence(self) -> None:
        assert following(shown=None, quiet=2 * HOUR) == 18.75 * MINUTE

    def test_one_that_never_said_anything_is_read_slower(self) -> None:
        assert following(shown=0, quiet=None) > 15 * MINUTE

    def test_a_pace_out_of_order_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="not in order"):
            Pace(MINUTE, HOUR, DAY)


EMPTY, NEW = Batch(), Habit()


def judged(batch: Batch = EMPTY, habit: Habit = NEW, *, first: bool = False, shown: int | None = None, news: int = 0,
           chance: float = 0.0, ago: timedelta = 15 * MINUTE) -> Judged:
    return judge(batch, habit, PACE, first=first, shown=shown, news=news, newest=NOON - MINUTE if news else None, since=NOON - ago,
                 at=NOON, chance=chance)


USED = Habit(15 * MINUTE, NOON, NOON - HOUR, readings=20, showing=0.98, shelf=5 * HOUR)


class TestWhatAReadingMeans:
    def test_a_thousand_sources_do_not_meet(self) -> None:
        assert judged(habit=USED).habit.next_at == NOON + 15 * MINUTE
        brought_forward = judged(habit=USED, chance=0.99).habit.next_at
        assert brought_forward and brought_forward < NOON + 13.6 * MINUTE

    def test_what_the_source_asks_for_wins(self) -> None:
        wish = judged(Batch(min_interval=50 * MINUTE), USED)
        assert wish.habit.next_at == NOON + 50 * MINUTE and wish.reason is None
        soon = judged(Batch(min_interval=MINUTE), USED)
        assert soon.habit.next_at == NOON + 15 * MINUTE

    def test_a_long_wish_is_said(self) -> None:
        assert judged(Batch(min_interval=5 * HOUR), USED).reason == "throttled: it asks to be left alone for 5h"

    def test_lost_items_are_said_with_what_is_done_about_it(self) -> None:
        found = judged(Batch(overflow=True), USED, shown=40, news=40)
        assert (found.state, found.reason) == (CoverageState.PARTIAL, "items were lost between two readings; now read every 4m")
        found = judged(Batch(overflow=True, reason="stopped after 20 pages", state=CoverageState.PARTIAL), replace(USED, interval=3 * MINUTE),
                       shown=40, news=40)
        assert found.reason == ("stopped after 20 pages; items were lost between two readings, though it is read every 3m; "
                                "lower min_interval or narrow what is asked for")

    def test_a_first_reading_lost_nothing_and_says_nothing_about_the_pace(self) -> None:
        found = judged(Batch(overflow=True), first=True, shown=40, news=40)
        assert (found.state, found.habit.interval) == (CoverageState.OK, PACE.base)

    def test_nothing_where_there_always_was_something_is_suspect(self) -> None:
        found = judged(habit=USED, shown=0)
        assert found.state is CoverageState.PARTIAL and (found.reason or "").startswith(SUSPECT) and found.habit.suspect_since == NOON

    def test_it_stays_suspect_from_when_it_began_however_long_and_not_modified_does_not_clear_it(self) -> None:
        habit = replace(USED, suspect_since=NOON - DAY)
        for _ in range(200):
            habit = judged(habit=habit, shown=0).habit
            habit = judged(habit=habit, shown=None).habit
        assert habit.suspect_since == NOON - DAY and habit.showing == USED.showing

    def test_it_is_well_again_when_items_come_known_or_new(self) -> None:
        found = judged(habit=replace(USED, suspect_since=NOON - DAY), shown=3)
        assert found.state is CoverageState.OK and found.habit.suspect_since is None and found.reason is None

    def test_a_source_that_is_often_empty_is_never_suspect(self) -> None:
        habit = Habit()
        for turn in range(300):
            found = judged(habit=habit, shown=5 if turn % 3 == 0 else 0)
            habit = found.habit
            assert found.state is CoverageState.OK

    def test_a_list_of_the_last_days_is_empty_of_itself_when_nothing_came_for_so_long(self) -> None:
        habit = replace(USED, shelf=timedelta(0))
        for hours in range(2, 49):
            habit = judge(Batch(), habit, PACE, first=False, shown=1, news=0, newest=None, since=NOON, at=NOON + hours * HOUR, chance=0.0).habit
        assert habit.shelf == 49 * HOUR  # the newest item was from an hour before noon
        later = NOON + 50 * HOUR
        assert judge(Batch(), habit, PACE, first=False, shown=0, news=0, newest=None, since=later, at=later, chance=0.0).state is CoverageState.OK

    def test_a_few_readings_are_not_enough_to_suspect(self) -> None:
        habit = Habit()
        for _ in range(4):
            habit = judged(habit=habit, shown=9).habit
        assert judged(habit=habit, shown=0).habit.suspect_since is None

    def test_a_source_that_begins_anew_has_nothing_usual(self) -> None:
        assert judged(habit=unpaced(replace(USED, suspect_since=NOON)), shown=0).habit.suspect_since is None

    def test_a_lost_batch_stays_lost(self) -> None:
        assert judged(Batch(state=CoverageState.LOST, reason="a login page"), USED, shown=0).state is CoverageState.LOST
        assert worse(CoverageState.OK, CoverageState.PARTIAL) is CoverageState.PARTIAL


def test_only_what_was_published_after_the_newest_known_is_news() -> None:
    mentions = [a_mention(str(minutes), minutes=minutes) for minutes in (-90, -60, -5)]
    assert arrived(mentions, USED) == (1, NOON - 5 * MINUTE)
    assert arrived(mentions, Habit()) == (3, NOON - 5 * MINUTE)
    assert arrived([], USED) == (0, None)


def test_backoff_draws_from_a_limit_that_doubles_up_to_a_quarter_of_an_hour() -> None:
    pace = Pace(MINUTE, MINUTE, MINUTE)
    limits = [backoff(failures, pace, longest=15 * MINUTE, chance=1.0) for failures in range(1, 9)]
    assert limits == [min(2 ** failures, 15) * MINUTE for failures in range(1, 9)]
    assert backoff(9, pace, longest=15 * MINUTE, chance=0.0) == MINUTE


def test_a_long_wait_says_until_when() -> None:
    assert throttled("HTTP 429", 10 * MINUTE, PACE, at=NOON) == "HTTP 429"
    assert throttled("HTTP 429", 3 * HOUR, PACE, at=NOON) == "HTTP 429; throttled until 2026-11-20 11:30 UTC"


def test_growth_is_looked_at_ever_more_rarely_and_then_no_more() -> None:
    assert refresh_at(NOON, NOON) == NOON + AGES[0]
    assert refresh_at(NOON, NOON + AGES[0]) == NOON + AGES[1]
    assert refresh_at(NOON, NOON + 2 * DAY) == NOON + 3 * DAY
    assert refresh_at(NOON, NOON + 7 * DAY) is None


@pytest.mark.parametrize(("span", "words"), [(90 * timedelta(seconds=1), "90s"), (5 * MINUTE, "5m"), (90 * MINUTE, "1h30m"),
                                             (25 * HOUR, "1d1h"), (2 * DAY, "2d"), (timedelta(0), "1s")])
def test_spans_are_written_as_in_the_configuration(span: timedelta, words: str) -> None:
    assert spoken(span) == words
