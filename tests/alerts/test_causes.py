"""Why people complain: counts by aspect, changes that are fair, and nothing in per cent that stands on a handful of posts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.causes import LEAST, Causes, Change, Complaint, find, weeks_to
from listener.types import MentionKey

TEHRAN = ZoneInfo("Asia/Tehran")
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # a Tuesday; the week began on Saturday the 21st
DAY = timedelta(days=1)


def complaint(number: int, *aspects: str, ago: timedelta = timedelta(hours=1), source: str = "x", language: str = "fa") -> Complaint:
    return Complaint(MentionKey("x", f"{number}"), NOW - ago, source, language, aspects)


def causes(*complaints: Complaint, **more: bool) -> Causes:
    return find(complaints, at=NOW, zone=TEHRAN, **more)


def test_without_a_complaint_there_is_nothing_to_say() -> None:
    found = causes()
    assert found.causes == () and found.complaints == Change(0, 0) and found.complaints.ratio is None


def test_complaints_without_an_aspect_are_counted_as_such() -> None:
    found = causes(*(complaint(n) for n in range(30)))
    assert found.unnamed == 30 and found.causes == () and found.complaints.now == 30


def test_the_most_frequent_aspect_stands_first_and_each_complaint_is_covered_once() -> None:
    found = causes(*(complaint(n, "delivery", "price") for n in range(15)), *(complaint(n, "price") for n in range(15, 25)),
                   *(complaint(n, "app") for n in range(25, 30)))
    assert [(one.aspect, one.change.now, one.covered) for one in found.causes] == [("price", 25, 25), ("delivery", 15, 25), ("app", 5, 30)]
    assert [one.reaches for one in found.causes] == [25 / 30, 25 / 30, 1.0]
    share, low, high = found.causes[0].share or (0, 0, 0)
    assert low < share == 25 / 30 < high


def test_a_week_is_compared_with_the_same_part_of_the_week_before() -> None:
    early, late = timedelta(days=8), timedelta(days=4)  # of the week before, on its Monday and on its Friday
    found = causes(complaint(1, "app"), complaint(2, "app", ago=early), complaint(3, "app", ago=late))
    assert found.causes[0].change == Change(1, 1) and found.causes[0].weeks == (0, 0, 2, 1)


def test_a_week_begins_on_saturday_in_local_time() -> None:
    midnight = NOW - datetime(2026, 11, 21, tzinfo=TEHRAN)
    found = causes(complaint(1, "app", ago=midnight), complaint(2, "app", ago=midnight + timedelta(seconds=1)))
    assert found.causes[0].weeks == (0, 0, 1, 1)


def test_what_was_not_observed_is_no_zero() -> None:
    found = causes(complaint(1, "app"), seen_before=False)
    change = found.causes[0].change
    assert change.before is None and change.ratio is None and change.percent is None and change.sign == 0


@pytest.mark.parametrize(("now", "before", "percent", "sign"), [
    (40, 20, 1.0, 1), (40, LEAST - 1, None, 1), (21, 20, 0.05, 0), (5, 40, -0.875, -1), (3, 1, None, 0), (0, 0, None, 0), (8, 0, None, 1)])
def test_a_change_is_told_in_per_cent_only_of_enough_and_called_one_only_beyond_chance(now: int, before: int, percent: float | None,
                                                                                        sign: int) -> None:
    change = Change(now, before)
    assert (change.percent if change.percent is None else round(change.percent, 3)) == percent and change.sign == sign


def test_from_nothing_there_is_no_upper_bound() -> None:
    low, high = Change(8, 0).ratio or (0, 0)
    assert low > 1 and high == inf


def test_each_source_and_language_has_its_weeks_and_its_change() -> None:
    found = causes(complaint(1, "app", source="a"), complaint(2, "app", source="b", language="en"), complaint(3, "app", source="b"), complaint(4, "app", source="b"),
                   complaint(5, "app", source="b", ago=7 * DAY + timedelta(hours=1)), complaint(6, "app", source="c", ago=14 * DAY), complaint(7, "price", source="a"))
    cause = next(one for one in found.causes if one.aspect == "app")
    assert [(one.source, one.language, one.change, one.weeks) for one in cause.places] == [
        ("b", "fa", Change(2, 1), (0, 0, 1, 2)), ("a", "fa", Change(1, 0), (0, 0, 0, 1)), ("b", "en", Change(1, 0), (0, 0, 0, 1)), ("c", "fa", Change(0, 0), (0, 1, 0, 0))]


def test_where_the_week_before_was_not_seen_no_source_has_a_change() -> None:
    assert [one.change for one in causes(complaint(1, "app"), seen_before=False).causes[0].places] == [Change(1, None)]


def test_weeks_are_jalali_and_end_with_the_present_one() -> None:
    weeks = weeks_to(NOW, TEHRAN, 3)
    assert [(week.end - week.start).days for week in weeks] == [6, 6, 6] and weeks[-1].start.isoformat() == "2026-11-21"
    assert {week.year for week in weeks} == {1405}


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.integers(0, 27 * 24)), max_size=40))
def test_order_and_repetition_change_nothing_and_sums_fit(posts: list[tuple[set[str], int]]) -> None:
    made = [complaint(n, *sorted(aspects), ago=timedelta(hours=hours)) for n, (aspects, hours) in enumerate(posts)]
    found = causes(*made)
    assert causes(*reversed(made), *made) == found
    assert all(sum(place.change.now for place in one.places) == one.change.now == one.weeks[-1] for one in found.causes)
    assert all(tuple(map(sum, zip(*(place.weeks for place in one.places), strict=True))) == one.weeks for one in found.causes)
    assert all(one.change.now <= one.covered <= one.of for one in found.causes)
    assert [one.covered for one in found.causes] == sorted(one.covered for one in found.causes)
