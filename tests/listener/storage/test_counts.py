"""The counts beside the mentions equal a full recount, whatever happens, and readers get them right."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from listener.storage import Store, open_store
from listener.types import Author, Batch, Engagement, Label, Match, Mention, MentionKey, Point, Precision, Reach, Trace

from .made import DAY, HOUR, MINUTE, NOW, analysis, commit, mention, score

STEP = timedelta(minutes=5)


def test_points_are_by_source_and_step(store: Store) -> None:
    commit(store, mention("1", ago=1 * MINUTE), mention("2", ago=4 * MINUTE), mention("3", ago=6 * MINUTE))
    commit(store, mention("4", ago=1 * MINUTE), source="wall")
    score(store, MentionKey("rss", "1"), negative=0.9)
    score(store, MentionKey("rss", "2"), negative=0.1)
    assert store.points("اسنپ", since=NOW - HOUR, until=NOW) == {
        "blog": {NOW - 2 * STEP: Point(1), NOW - STEP: Point(mentions=2, scored=2, negative=1, negative_reach=20)},
        "wall": {NOW - STEP: Point(1)}}
    assert store.points("اسنپ", since=NOW - STEP, until=NOW - MINUTE).keys() == {"blog", "wall"}
    assert store.points("اسنپ", since=NOW, until=NOW + DAY) == {} == store.points("تپسی", since=NOW - DAY, until=NOW)


def test_a_day_without_an_hour_counts_in_hours_but_makes_no_point(store: Store) -> None:
    commit(store, mention("1", precision=Precision.DAY), mention("2", precision=Precision.ESTIMATED),
           mention("3", precision=Precision.MINUTE))
    assert sum(row.mentions for row in store.hourly(since=NOW - DAY, until=NOW)) == 3
    assert store.points("اسنپ", since=NOW - DAY, until=NOW) == {"blog": {NOW - STEP: Point(1)}}
    assert [trace.key.id for trace in store.traces("اسنپ", since=NOW - DAY, until=NOW)] == ["3"]


def test_traces_say_what_rules_need(store: Store) -> None:
    commit(store, mention("1", ago=HOUR), mention("2", author=None, reshare_of="1"), reach=None)
    score(store, MentionKey("rss", "1"), negative=0.55)
    assert store.traces("اسنپ", since=NOW - HOUR, until=NOW) == [
        Trace(MentionKey("rss", "1"), NOW - HOUR, "rss:sara", "blog", Label.NEGATIVE, True, 0, known_at=NOW, audience=100),
        Trace(MentionKey("rss", "2"), NOW - MINUTE, None, "blog", None, False, 0, "1")]
    assert store.traces("اسنپ", since=NOW - HOUR + MINUTE, until=NOW - MINUTE) == []


def test_hours_are_by_source_language_and_label(store: Store) -> None:
    commit(store, mention("1"), mention("2"), mention("3", ago=2 * HOUR, language="en"), mention("4", language="en"))
    score(store, MentionKey("rss", "1"), MentionKey("rss", "2"), negative=0.55)
    found = {(row.hour, row.language, row.label): (row.mentions, row.unsure, row.reach_low, row.reach_mid, row.reach_high)
             for row in store.hourly("اسنپ", since=NOW - DAY, until=NOW)}
    assert found == {(NOW - 2 * HOUR, "en", "unscored"): (1, 0, 10, 20, 30), (NOW - HOUR, "fa", "negative"): (2, 2, 20, 40, 60),
                     (NOW - HOUR, "en", "unscored"): (1, 0, 10, 20, 30)}
    assert store.hourly("اسنپ", since=NOW - HOUR / 2, until=NOW)[0].hour == NOW - HOUR
    commit(store, mention("5"), brands=("تپسی",))
    assert {(row.brand, row.language) for row in store.hourly(since=NOW - HOUR, until=NOW)} == {
        ("اسنپ", "fa"), ("اسنپ", "en"), ("تپسی", None)}


def test_authors_are_counted_once_however_often_they_write(store: Store) -> None:
    commit(store, *(mention(f"{name}{number}", ago=number * HOUR, author=name) for name in ("sara", "ali")
                    for number in range(5)),
           mention("x", author=None))
    assert store.authors("اسنپ", since=NOW - DAY, until=NOW) == 2
    score(store, MentionKey("rss", "sara1"))
    assert store.authors("اسنپ", since=NOW - DAY, until=NOW, label=Label.NEGATIVE) == 1
    assert store.authors("اسنپ", since=NOW - HOUR, until=NOW + HOUR, label="unscored") == 2


def test_a_recount_finds_a_wrong_count_and_rebuilding_mends_it(store: Store) -> None:
    commit(store, mention("1"), mention("2"))
    with store._write() as connection:
        connection.execute(text("UPDATE step_fact SET mentions = 7"))
        connection.execute(text("DELETE FROM author_fact"))
        connection.execute(text("UPDATE source SET mentions = 9"))
    wrong = store.recount()
    assert {one.table for one in wrong} == {"step_fact", "author_fact", "source"}
    assert [(one.stored, one.counted) for one in wrong if one.table == "source"] == [((9,), (2,))]
    store.rebuild_counts()
    assert [one.table for one in store.recount()] == ["source"]


def test_a_recount_is_right_while_others_write(store: Store) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            commit(store, *(mention(f"{number}-{part}", ago=number * MINUTE) for part in range(20)))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            assert store.recount() == []
    finally:
        stop.set()
        writer.join()


IDS, BRANDS, SOURCES, AUTHORS = ["1", "2", "3", "4", "5"], ["اسنپ", "تپسی"], ["blog", "wall"], [None, "sara", "ali"]
TIMES = [NOW, NOW + MINUTE, NOW + HOUR, NOW - 3 * DAY, NOW.replace(year=1950, minute=3)]
MENTIONS = st.builds(
    lambda id, text, at, author, precision, likes, ours, language, edited: Mention(
        "rss", id, text, at, author=None if author is None else Author("rss", author), precision=precision, ours=ours,
        engagement=None if likes is None else Engagement(NOW + likes * MINUTE, likes=likes), language=language,
        edited_at=edited),
    st.sampled_from(IDS), st.sampled_from(["بد", "خوب", "بدتر"]), st.sampled_from(TIMES), st.sampled_from(AUTHORS),
    st.sampled_from(list(Precision)), st.sampled_from([None, 1, 2]), st.booleans(), st.sampled_from([None, "fa"]),
    st.sampled_from([None, NOW, NOW + DAY]))


class Life(RuleBasedStateMachine):
    """Anything may happen to mentions, in any order; after each step the counts are right and a plain model agrees."""

    make: Callable[[], Store]

    @initialize()
    def begin(self) -> None:
        self.store = type(self).make()
        self.gone: set[str] = set()

    @rule(mentions=st.lists(MENTIONS, max_size=6), source=st.sampled_from(SOURCES), brands=st.sets(st.sampled_from(BRANDS)),
          deleted=st.sets(st.sampled_from(IDS), max_size=1), mid=st.integers(0, 3))
    def read(self, mentions: list[Mention], source: str, brands: set[str], deleted: set[str], mid: int) -> None:
        known = {one.mention.id for one in self.store.mentions(limit=99).items}
        batch = Batch(tuple(mentions), tuple(MentionKey("rss", id) for id in deleted))
        matches = [Match(one.key, brand, ("x",)) for one in mentions for brand in sorted(brands)]
        reach = {one.key: Reach(mid, mid + 1, mid + 2, "m") for one in mentions}
        for _ in range(2):  # the second time nothing is new
            committed = self.store.commit_batch(source, batch, matches=matches, reach=reach, start=NOW, end=NOW, now=NOW)
        assert committed.new == committed.deleted == 0
        self.gone |= deleted & (known | {one.id for one in mentions if brands})

    @rule(ids=st.sets(st.sampled_from(IDS)), negative=st.sampled_from([0.1, 0.55, 0.9]), model=st.sampled_from(["a@1", "b@1"]))
    def score(self, ids: set[str], negative: float, model: str) -> None:
        self.store.save_analyses([(MentionKey("rss", id), analysis(negative, model=model)) for id in ids], now=NOW)

    @rule(id=st.sampled_from(IDS), label=st.sampled_from(list(Label)))
    def correct(self, id: str, label: Label) -> None:
        self.store.add_correction(MentionKey("rss", id), label, "سارا", NOW)

    @rule(ids=st.sets(st.sampled_from(IDS)), kept=st.sets(st.sampled_from(IDS)), brand=st.sampled_from(BRANDS))
    def rematch(self, ids: set[str], kept: set[str], brand: str) -> None:
        keys = [MentionKey("rss", id) for id in sorted(ids)]
        self.store.replace_matches(keys, [Match(key, brand, ("y",)) for key in keys if key.id in kept], brand=brand)

    @rule(author=st.sampled_from(["sara", "ali"]), again=st.booleans())
    def forget(self, author: str, again: bool) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Store, "_wipe", lambda _: None)  # slow, and proved elsewhere
            self.store.forget_author("rss", author)
        assert self.store.mentions(author=author).items == []
        if again:
            self.store.remember_author("rss", author)
        self.gone = set()  # a tombstone has no author; keep the model simple

    @rule(age=st.sampled_from([DAY, 9 * DAY]))
    def grow_old(self, age: timedelta) -> None:
        self.store.apply_retention(now=NOW, mentions_for=age)
        self.gone = set()

    @rule()
    def rescore(self) -> None:
        self.store.mark_for_rescoring("a@1")
        self.store.claim_unscored(2, now=NOW, lease=HOUR)

    @invariant()
    def counts_are_right(self) -> None:
        assert self.store.recount() == []

    @invariant()
    def pages_agree_with_hours(self) -> None:
        shown = self.store.mentions(limit=99).items
        assert not {one.mention.id for one in shown} & self.gone
        by_label = Counter((one.brand, one.sources[0]) for one in shown if not one.mention.ours)
        hours: Counter[Any] = Counter()
        for row in self.store.hourly(since=NOW.replace(year=1900), until=NOW + DAY):
            hours[row.brand, row.source] += row.mentions
        assert sum(hours.values()) == sum(by_label.values()) and {key[0] for key in hours} == {key[0] for key in by_label}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


def _live(make: Callable[[], Store], examples: int, steps: int) -> None:
    machine = type("Life", (Life,), {"make": staticmethod(make)})
    run_state_machine_as_test(machine, settings=settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=examples < 50,
        suppress_health_check=list(HealthCheck)))


def test_counts_equal_a_recount_through_any_life(new_url: Callable[[], str]) -> None:
    _live(lambda: open_store(new_url()), 5, 12)


@pytest.mark.slow
def test_counts_equal_a_recount_through_many_lives(new_url: Callable[[], str]) -> None:
    _live(lambda: open_store(new_url()), 150, 30)
