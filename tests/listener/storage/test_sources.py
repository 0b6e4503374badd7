"""Sources: their pace, their coverage in hours, how late they are, what they may spend, and what grows or is a copy."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from listener.polling import AGES, Habit
from listener.storage import Covered, Lag, Store, migrations, open_store
from listener.storage.database import Database, parse_url
from listener.types import Batch, CoverageState, Engagement, Match, Mention, MentionKey, Precision, Reach

from .made import DAY, HOUR, MINUTE, NOW, commit, mention

FORK = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)
LONG = "سفارش من از اسنپ سه روز است که نرسیده و کسی جواب نمی‌دهد"


class TestStates:
    def test_when_a_source_is_read_again_and_what_is_usual_of_it_is_kept(self, store: Store) -> None:
        habit = Habit(7 * MINUTE, NOW + 7 * MINUTE, NOW - HOUR, 12, 0.95, 3 * DAY, NOW)
        store.commit_batch("blog", Batch(), matches=[], reach={}, start=NOW - HOUR, end=NOW, now=NOW, habit=habit)
        [state] = store.source_states()
        assert state.habit == habit and state.first_at == NOW and store.source_state("blog") == state
        commit(store, now=NOW + HOUR)
        assert store.source_states()[0].habit == habit and store.source_states()[0].first_at == NOW
        store.reset_cursor("blog")
        assert store.source_states()[0].habit == Habit(7 * MINUTE, None, NOW - HOUR)

    def test_a_failing_source_is_next_read_when_it_may_be(self, store: Store) -> None:
        store.record_failure("blog", start=NOW - HOUR, end=NOW, now=NOW, reason="HTTP 500", retry_at=NOW + HOUR)
        assert store.source_states()[0].next_at == NOW + HOUR

    def test_a_page_in_the_middle_does_not_claim_the_time_since_the_last_reading(self, store: Store) -> None:
        commit(store)
        for number, complete in enumerate((False, False, True)):
            at = NOW + (number + 1) * HOUR
            store.commit_batch("blog", Batch(cursor={"page": number}, complete=complete), matches=[], reach={}, start=NOW,
                               end=at if complete else NOW, now=at)
            state = store.source_state("blog")
            assert state and (state.polled_at, state.ok_at) == (at if complete else NOW, at)

    def test_a_person_confirms_a_source_and_it_is_on_record(self, store: Store) -> None:
        store.confirm_source("shop", "سارا", NOW)
        state = store.source_state("shop")
        assert state and (state.confirmed_at, state.confirmed_by) == (NOW, "سارا")
        assert [(event.who, event.what, event.subject) for event in store.events()] == [("سارا", "confirm source", "shop")]

    def test_one_nobody_heard_of_is_none(self, store: Store) -> None:
        assert store.source_state("nothing") is None


class TestCoverageHours:
    def test_they_add_up_to_the_span(self, store: Store) -> None:
        store.register_sources([("blog", "rss"), ("shop", "csv")])
        commit(store, span=HOUR)
        store.record_failure("blog", start=NOW, end=NOW + 2 * HOUR, now=NOW + 2 * HOUR, reason="HTTP 500")
        commit(store, now=NOW + 5 * HOUR, span=HOUR, state=CoverageState.PARTIAL, reason="page 2: HTTP 500")
        hours = store.coverage_hours(since=NOW - 10 * HOUR, until=NOW + 10 * HOUR)
        assert hours == {"blog": Covered(HOUR, HOUR, 2 * HOUR, 16 * HOUR), "shop": Covered(*[timedelta(0)] * 3, 20 * HOUR)}

    def test_where_spans_overlap_the_best_counts(self, store: Store) -> None:
        store.record_failure("blog", start=NOW - 3 * HOUR, end=NOW, now=NOW, reason="HTTP 500")
        commit(store, span=2 * HOUR, now=NOW - HOUR, state=CoverageState.PARTIAL)
        commit(store, span=HOUR / 2, now=NOW - HOUR)
        found = store.coverage_hours(since=NOW - 4 * HOUR, until=NOW, sources=["blog"])["blog"]
        assert found == Covered(HOUR / 2, 1.5 * HOUR, HOUR, HOUR)

    def test_spans_are_cut_at_the_edges(self, store: Store) -> None:
        commit(store, span=3 * HOUR)
        assert store.coverage_hours(since=NOW - 2 * HOUR, until=NOW - HOUR) == {
            "blog": Covered(HOUR, *[timedelta(0)] * 3)}

    def test_of_a_source_nobody_knows_nothing_is_known(self, store: Store) -> None:
        assert store.coverage_hours(since=NOW, until=NOW + HOUR, sources=["new"])["new"].unknown == HOUR


class TestLags:
    def test_median_and_nine_tenths_from_publishing_to_first_seen(self, store: Store) -> None:
        commit(store, now=NOW - DAY)
        for late in range(1, 11):
            commit(store, mention(str(late), ago=MINUTE * late), brands=("اسنپ", "تپسی"))
        assert store.lags(since=NOW - HOUR, until=NOW) == {"blog": Lag(5 * MINUTE, 9 * MINUTE, 10)}

    def test_the_backlog_of_the_first_reading_and_times_of_a_day_say_nothing(self, store: Store) -> None:
        commit(store, mention("old", ago=5 * HOUR))
        commit(store, mention("day", ago=timedelta(0), precision=Precision.DAY), now=NOW + 8 * HOUR)
        commit(store, mention("guess", ago=timedelta(0), precision=Precision.ESTIMATED), now=NOW + 8 * HOUR)
        assert store.lags(since=NOW - DAY, until=NOW + DAY) == {}

    def test_a_mention_published_before_its_source_saw_it_is_late_by_nothing_less(self, store: Store) -> None:
        commit(store, now=NOW - DAY)
        commit(store, mention("1", ago=timedelta(0)), now=NOW)
        assert store.lags(since=NOW - HOUR, until=NOW + HOUR)["blog"] == Lag(timedelta(0), timedelta(0), 1)


class TestSpending:
    def test_what_would_pass_the_limit_is_not_booked(self, store: Store) -> None:
        assert store.spend("x", "2026-01-05", 60, 100)
        assert not store.spend("x", "2026-01-05", 41, 100)
        assert store.spent("x", "2026-01-05") == 60
        assert store.spend("x", "2026-01-05", 40, 100) and not store.spend("x", "2026-01-05", 1, 100)

    def test_each_period_and_account_is_its_own(self, store: Store) -> None:
        for account, period in (("x", "2026-01-05"), ("x", "2026-01-06"), ("y", "2026-01-05")):
            assert store.spend(account, period, 100, 100)

    def test_a_first_booking_beyond_the_limit_is_refused(self, store: Store) -> None:
        assert not store.spend("x", "2026-01-05", 101, 100) and store.spent("x", "2026-01-05") == 0
        assert not store.spend("x", "2026-01-05", 1, 0)

    def test_what_is_given_back_is_there_again_and_never_more(self, store: Store) -> None:
        assert store.spend("x", "day", 10, 10) and store.spend("x", "day", -4, 10)
        assert store.spent("x", "day") == 6
        assert store.spend("x", "day", -40, 10) and store.spent("x", "day") == 0
        assert store.spend("y", "day", -1, 0) and store.spent("y", "day") == 0

    def test_a_limit_that_was_lowered_lets_nothing_more_through_but_takes_back(self, store: Store) -> None:
        assert store.spend("x", "day", 90, 100)
        assert not store.spend("x", "day", 1, 50) and store.spend("x", "day", -1, 50) and store.spent("x", "day") == 89

    def test_it_outlives_the_process(self, store: Store, url: str) -> None:
        assert store.spend("x", "day", 90, 100)
        again = open_store(url)
        assert not again.spend("x", "day", 11, 100)
        again.close()

    def test_two_processes_that_race_never_pass_the_limit(self, url: str, tmp_path: Path) -> None:
        open_store(url).close()
        racers = [FORK.Process(target=race, args=(url, str(tmp_path / f"booked{number}"))) for number in range(2)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(60)
        booked = [int((tmp_path / f"booked{number}").read_text()) for number in range(2)]
        store = open_store(url)
        assert sum(booked) * 3 == store.spent("x", "day") == 300 and all(booked)  # none could book all alone
        store.close()

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
    def test_a_kill_between_booking_and_reading_counts_too_much_and_never_too_little(self, url: str, tmp_path: Path) -> None:
        open_store(url).close()
        for life in range(5):
            reader = FORK.Process(target=read_until_killed, args=(url, str(tmp_path / "read"), life))
            reader.start()
            reader.join(60)
            assert reader.exitcode == -signal.SIGKILL
        store = open_store(url)
        used = len((tmp_path / "read").read_text())
        assert used < store.spent("x", "day") <= used + 5
        store.close()


def race(url: str, report: str) -> None:
    store = open_store(url)
    booked = 0
    for _ in range(70):
        booked += store.spend("x", "day", 3, 300)
    Path(report).write_text(str(booked))
    os._exit(0)


def read_until_killed(url: str, log: str, life: int) -> None:
    """Book, then read (a letter in the log); killed after some, between the two."""
    store = open_store(url)
    for turn in range(100):
        assert store.spend("x", "day", 1, 1000)
        if turn == life + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        with open(log, "a") as file:
            file.write("r")


class TestGrowth:
    @staticmethod
    def grow(store: Store, *mentions: Mention, now: Any = NOW) -> None:
        store.commit_batch("blog", Batch(mentions), matches=[Match(one.key, "اسنپ", ()) for one in mentions], reach={},
                           start=now - MINUTE, end=now, now=now, growing=True)

    def refresh(self, store: Store, *mentions: Mention, now: Any, deleted: tuple[MentionKey, ...] = (),
                asked: tuple[MentionKey, ...] = (MentionKey("rss", "1"),)) -> Any:
        return store.commit_refresh("blog", asked, Batch(mentions, deleted), matches=[Match(one.key, "اسنپ", ()) for one in mentions],
                                    reach={one.key: Reach(1, 2, 3, "views") for one in mentions}, now=now)

    def test_counts_are_asked_for_at_growing_ages_and_then_no_more(self, store: Store) -> None:
        self.grow(store, mention("1", ago=timedelta(0)))
        looked, at = [], NOW
        while at < NOW + 10 * DAY:
            if store.due_for_refresh("blog", now=at, limit=10):
                looked.append(at - NOW)
                self.refresh(store, now=at)
            at += 5 * MINUTE
        assert looked == list(AGES)

    def test_ages_that_passed_while_nobody_looked_count_once(self, store: Store) -> None:
        self.grow(store, mention("1", ago=timedelta(0)))
        later = NOW + 2 * DAY
        assert store.due_for_refresh("blog", now=later, limit=10) == [MentionKey("rss", "1")]
        self.refresh(store, now=later)
        assert store.due_for_refresh("blog", now=later, limit=10) == []
        assert store.due_for_refresh("blog", now=NOW + 3 * DAY, limit=10)

    def test_the_longest_overdue_come_first_and_only_so_many(self, store: Store) -> None:
        self.grow(store, *(mention(str(number), ago=number * MINUTE) for number in range(5)))
        due = store.due_for_refresh("blog", now=NOW + HOUR, limit=3)
        assert [key.id for key in due] == ["4", "3", "2"]

    def test_sources_that_cannot_be_asked_and_old_backlogs_are_left_alone(self, store: Store) -> None:
        commit(store, mention("1"))
        self.grow(store, mention("2", ago=8 * DAY))
        assert store.due_for_refresh("blog", now=NOW + DAY, limit=10) == []

    def test_growth_is_stored_and_nothing_is_said_of_the_source(self, store: Store) -> None:
        self.grow(store, mention("1", engagement=Engagement(NOW, likes=1)))
        before = store.source_states(), store.coverage(since=NOW - DAY, until=NOW + DAY), store.cursor("blog")
        later = NOW + HOUR
        done = self.refresh(store, mention("1", engagement=Engagement(later, likes=9)), mention("stranger"), now=later)
        assert (done.new, done.changed) == (0, 1)
        assert [one.likes for one in store.engagement(MentionKey("rss", "1"))] == [1, 9]
        [shown] = store.by_keys([MentionKey("rss", "1")])
        assert shown.reach == Reach(1, 2, 3, "views")
        assert (store.source_states(), store.coverage(since=NOW - DAY, until=NOW + DAY), store.cursor("blog")) == before

    def test_a_deletion_found_on_the_way_is_honoured(self, store: Store) -> None:
        self.grow(store, mention("1"), mention("2"))
        done = self.refresh(store, now=NOW + HOUR, deleted=(MentionKey("rss", "1"), MentionKey("rss", "2")))
        assert done.deleted == 1 and [one.mention.id for one in store.mentions().items] == ["2"]  # 2 was not asked for
        assert MentionKey("rss", "1") not in store.due_for_refresh("blog", now=NOW + 9 * DAY, limit=10)

    def test_what_nobody_asks_any_more_is_tidied_away(self, store: Store) -> None:
        self.grow(store, mention("1"))
        store.apply_retention(now=NOW + 9 * DAY)
        assert store.due_for_refresh("blog", now=NOW + 9 * DAY, limit=10) == []


class TestCopies:
    def test_copies_share_a_fingerprint_and_keep_their_rows(self, store: Store) -> None:
        first, mirror = mention("1", LONG, ago=HOUR), mention("2", f"{LONG.replace('ی', 'ي')} @channel https://t.me/x/5", kind="telegram")
        commit(store, first, mirror, mention("3", "چیز دیگری از اسنپ که ربطی به آن یکی ندارد"))
        assert [one.mention.id for one in store.copies(first.key)] == ["2"]
        assert [one.mention.id for one in store.copies(mirror.key, brand="اسنپ")] == ["1"]
        marks = {one.mention.id: one.fingerprint for one in store.mentions().items}
        assert marks["1"] == marks["2"] != marks["3"]

    def test_short_texts_are_nobodys_copy(self, store: Store) -> None:
        commit(store, mention("1", "عالی بود ممنون"), mention("2", "عالی بود ممنون"))
        assert store.copies(MentionKey("rss", "1")) == []

    def test_an_edit_parts_and_a_deletion_removes(self, store: Store) -> None:
        commit(store, *(mention(str(number), LONG) for number in range(3)))
        commit(store, mention("1", LONG + " ولی حالا رسید", edited_at=NOW), deleted=[MentionKey("rss", "2")])
        assert store.copies(MentionKey("rss", "0")) == [] == store.copies(MentionKey("rss", "2"))


def test_a_house_of_the_first_version_learns_what_it_can(new_url: Callable[[], str]) -> None:
    url = new_url()
    old = Database(parse_url(url))
    with old._write() as connection:
        migrations.upgrade(connection, "0001")
        for statement in ("INSERT INTO source (name, kind, permanent, paused, mentions) VALUES ('blog', 'rss', :no, :no, 2)",
                          "INSERT INTO coverage (source, starts_at, ends_at, state) VALUES ('blog', 1, 5, 'lost'), ('blog', 5, 9, 'ok')"):
            connection.execute(text(statement), {"no": False} if ":no" in statement else {})
        for number in (1, 2):
            connection.execute(text(
                "INSERT INTO mention (pk, kind, id, source, published_at, precision, first_seen_at, ours, label, unsure, waiting, "
                "edits, text) VALUES (:pk, 'rss', :id, 'blog', 1, 'second', 1, :no, 'unscored', :no, 2, 0, :text)"),
                {"pk": number, "id": str(number), "no": False, "text": LONG})
            connection.execute(text("INSERT INTO match (mention_pk, brand, published_at, label, terms) VALUES "
                                    "(:pk, 'اسنپ', 1, 'unscored', '[]')"), {"pk": number})
    old.close()
    store = open_store(url)
    state = store.source_state("blog")
    assert state and state.first_at and state.first_at.microsecond == 9 and state.habit == Habit()
    assert [one.mention.id for one in store.copies(MentionKey("rss", "1"))] == ["2"]
    store.close()


def test_sqlite_here_knows_what_the_statements_need() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)  # RETURNING, upserts from SELECT, window functions
