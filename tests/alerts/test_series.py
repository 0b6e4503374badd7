"""Counts and coverage to one series with gaps."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import series
from listener.types import STEP, Coverage, CoverageState, Point
from tests.alerts.world import DAY, HOUR, SATURDAY, covered

LOST, PARTIAL = CoverageState.LOST, CoverageState.PARTIAL


def each_step(since: datetime, until: datetime, mentions: int) -> dict[datetime, Point]:
    return {since + STEP * i: Point(mentions=mentions) for i in range(int((until - since) / STEP))}


def test_counts_of_all_sources_are_added() -> None:
    end = SATURDAY + HOUR
    built = series.build({"a": {SATURDAY: Point(2, negative=1)}, "b": {SATURDAY: Point(3)}},
                         [covered("a", SATURDAY, end), covered("b", SATURDAY, end)], ["a", "b"], start=SATURDAY, end=end)
    assert built.points == (Point(5, negative=1), *[Point()] * 11)
    assert (built.start, built.end, built.step) == (SATURDAY, end, STEP)


def test_an_observed_step_without_mentions_is_zero_and_an_unobserved_one_is_none() -> None:
    built = series.build({}, [covered("a", SATURDAY, SATURDAY + HOUR), covered("a", SATURDAY + HOUR, SATURDAY + 2 * HOUR, LOST)],
                         ["a"], start=SATURDAY, end=SATURDAY + 2 * HOUR)
    assert built.points == (*[Point()] * 12, *[None] * 12)


def test_half_a_step_is_enough_and_less_is_not() -> None:
    def one(seconds: int) -> Point | None:
        spans = [covered("a", SATURDAY - HOUR, SATURDAY), covered("a", SATURDAY, SATURDAY + timedelta(seconds=seconds))]
        return series.build({}, spans, ["a"], start=SATURDAY, end=SATURDAY + STEP).points[0]

    assert one(150) == Point() and one(149) is None


def test_partial_coverage_counts_half() -> None:
    end = SATURDAY + HOUR
    assert series.build({}, [covered("a", SATURDAY, end, PARTIAL)], ["a"], start=SATURDAY, end=end).points == (Point(),) * 12


def test_the_source_that_carries_the_volume_decides() -> None:
    start, outage, end = SATURDAY, SATURDAY + DAY, SATURDAY + DAY + HOUR
    counts = {"loud": each_step(start, outage, 9), "sleepy": each_step(start, outage, 1)}

    def after(lost: str) -> Point | None:
        spans = [covered(name, start, outage) for name in counts] + [
            covered(name, outage, end, LOST if name == lost else CoverageState.OK) for name in counts]
        return series.build(counts, spans, list(counts), start=start, end=end).points[-1]

    assert after("loud") is None and after("sleepy") == Point()


def test_a_source_that_has_not_started_is_neither_a_gap_nor_a_storm() -> None:
    begin, end = SATURDAY + 2 * HOUR, SATURDAY + 3 * HOUR
    backlog = {SATURDAY + HOUR: Point(50), begin: Point(4)}
    built = series.build({"old": {}, "new": backlog}, [covered("old", SATURDAY, end), covered("new", begin, end)], ["old", "new"],
                         start=SATURDAY, end=end)
    assert built.points == (*[Point()] * 24, Point(4), *[Point()] * 11)


def test_a_source_that_was_never_heard_does_not_blind_the_others() -> None:
    end = SATURDAY + HOUR
    spans = [covered("a", SATURDAY, end), covered("dead", SATURDAY, end, LOST)]
    assert None not in series.build({}, spans, ["a", "dead"], start=SATURDAY, end=end).points


def test_what_arrives_late_stands_where_it_was_published() -> None:
    end = SATURDAY + 2 * HOUR
    spans = [covered("a", SATURDAY, end)]
    before = series.build({"a": {}}, spans, ["a"], start=SATURDAY, end=end)
    after = series.build({"a": {SATURDAY + HOUR: Point(30)}}, spans, ["a"], start=SATURDAY, end=end)
    assert [i for i, (x, y) in enumerate(zip(before.points, after.points, strict=True)) if x != y] == [12]


def test_overlapping_spans_say_the_best_that_is_known() -> None:
    end = SATURDAY + HOUR
    spans = [covered("a", SATURDAY, end, LOST), covered("a", SATURDAY, end), covered("a", SATURDAY + STEP, end)]
    assert None not in series.build({}, spans, ["a"], start=SATURDAY, end=end).points


def test_no_source_and_no_time_give_nothing() -> None:
    assert series.build({}, [], [], start=SATURDAY, end=SATURDAY + HOUR).points == (None,) * 12
    assert series.build({}, [], ["a"], start=SATURDAY, end=SATURDAY).points == ()


spans = st.lists(st.builds(lambda source, left, length, state: Coverage(source, SATURDAY + timedelta(seconds=left),
                                                                        SATURDAY + timedelta(seconds=left + length), state),
                           st.sampled_from("abc"), st.integers(-4000, 20000), st.integers(0, 9000), st.sampled_from(CoverageState)),
                 max_size=12)
volumes = st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.integers(0, 47).map(lambda i: SATURDAY + STEP * i),
                                                                  st.integers(0, 50).map(lambda n: Point(n)), max_size=8))


@settings(max_examples=80, deadline=None)
@given(volumes, spans, st.integers(1, 48))
def test_a_step_depends_on_nothing_after_it(counts: dict[str, dict[datetime, Point]], seen: list[Coverage], length: int) -> None:
    whole = series.build(counts, seen, list("abc"), start=SATURDAY, end=SATURDAY + 4 * HOUR)
    end = SATURDAY + STEP * length
    known = [Coverage(s.source, s.start, min(s.end, end), s.state) for s in seen if s.start < end]
    early = {name: {at: p for at, p in points.items() if at < end} for name, points in counts.items()}
    assert series.build(early, known, list("abc"), start=SATURDAY, end=end).points == whole.points[:length]
