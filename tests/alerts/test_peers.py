"""Peers: only what was looked for and seen alike is compared; intervals are never narrower than independent posts would have them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from alerts import peers
from alerts.peers import Cell, Place, Why
from alerts.precision import wilson

START = datetime(2026, 11, 1, tzinfo=UTC)
HOURS = [START + timedelta(hours=n) for n in range(24 * 7)]
DAY_OF: dict[datetime, date] = {hour: hour.date() for hour in HOURS}
US, THEM = "ما", "آنها"


def cells(brand: str, place: str, each: tuple[int, int, int, int], hours: list[datetime] | None = None) -> list[Cell]:
    mentions, negative, neutral, positive = each
    return [Cell(brand, place, hour, mentions, negative, neutral, positive, 0) for hour in hours or HOURS]


def shared(name: str = "x", seen: list[datetime] | None = None) -> Place:
    return Place(name, "x", False, {US: seen or HOURS, THEM: seen or HOURS})


def test_shares_add_up_and_lie_in_their_intervals() -> None:
    found = peers.compare([shared()], [*cells(US, "x", (3, 1, 1, 1)), *cells(THEM, "x", (1, 0, 1, 0))], [US, THEM], len(HOURS), DAY_OF)
    ours, theirs = found.peers
    assert ours.voice and theirs.voice and ours.voice.value + theirs.voice.value == pytest.approx(1)
    assert ours.voice.value == pytest.approx(0.75) and ours.voice.low < 0.75 < ours.voice.high
    assert ours.net and ours.net.value == 0 and ours.rate and ours.rate.value == pytest.approx(1 / 3)


def test_an_hour_that_one_of_them_was_not_seen_in_counts_for_none() -> None:
    place = Place("kind:appstore", "appstore", True, {US: HOURS, THEM: HOURS[:100]})
    found = peers.compare([place], [*cells(US, "kind:appstore", (1, 1, 0, 0)), *cells(THEM, "kind:appstore", (1, 0, 1, 0), HOURS[:100])], [US, THEM], len(HOURS), DAY_OF)
    assert [one.mentions for one in found.peers] == [100, 100] and found.places[0].why is Why.PAIRED and found.places[0].hours == 100


def test_a_place_that_lacks_one_of_them_is_not_compared_and_says_whom() -> None:
    own = Place("ours", "rss", True, {US: HOURS})
    found = peers.compare([own, shared()], [*cells(US, "ours", (9, 9, 0, 0)), *cells(US, "x", (1, 0, 1, 0)), *cells(THEM, "x", (1, 0, 1, 0))], [US, THEM], len(HOURS), DAY_OF)
    assert [one.mentions for one in found.peers] == [168, 168]
    assert [(one.name, one.why, one.lacks) for one in found.places] == [("x", Why.SHARED, ()), ("ours", Why.ONLY, (THEM,))]


def test_a_place_seen_together_too_seldom_is_not_compared() -> None:
    found = peers.compare([shared(seen=HOURS[:20])], cells(US, "x", (5, 1, 4, 0)), [US, THEM], len(HOURS), DAY_OF)
    assert found.places[0].why is Why.SELDOM and found.peers[0].mentions == 0 and found.peers[0].voice is None


def test_nothing_is_told_under_twenty_posts() -> None:
    found = peers.compare([shared()], cells(US, "x", (1, 1, 0, 0), HOURS[:19]), [US, THEM], len(HOURS), DAY_OF)
    assert found.peers[0].mentions == 19 and found.peers[0].voice is None and found.peers[0].net is None and found.peers[0].rate is None


def test_bursts_widen_an_interval_and_even_days_never_narrow_it() -> None:
    even = peers.share([(10, 100)] * 10)
    bursts = peers.share([(100, 100), *[(0, 100)] * 9])
    assert even is not None and bursts is not None and even.value == bursts.value == 0.1
    assert (even.low, even.high) == pytest.approx(wilson(100, 1_000))
    assert bursts.high - bursts.low > 3 * (even.high - even.low)


def test_what_only_we_are_blamed_for_stands_out_of_the_market() -> None:
    complaints = {US: [("delivery",)] * 60 + [("price",)] * 40, THEM: [("delivery",)] * 20 + [("price",)] * 80}
    found = {one.aspect: one for one in peers.aspects(complaints, [US, THEM])}
    assert found["delivery"].z > 2.6 and found["price"].z < -2.6
    few = peers.aspects({US: [("delivery",)] * 5, THEM: [("price",)] * 80}, [US, THEM])
    assert few[0].z == 0 and few[0].brands[0][3] is None


def test_without_any_hour_nothing_is_compared() -> None:
    found = peers.compare([], [], [US, THEM], 0, {})
    assert found.places_compared == 0 and all(one.voice is None for one in found.peers)


@pytest.mark.parametrize(("ours", "sign"), [(2, 1), (1, 0)])
def test_complaints_are_weighed_against_all_peers_together(ours: int, sign: int) -> None:
    found = peers.compare([shared()], [*cells(US, "x", (4, ours, 4 - ours, 0)), *cells(THEM, "x", (4, 1, 3, 0))], [US, THEM], len(HOURS), DAY_OF)
    assert found.others is not None and found.others.mentions == 4 * 168 and found.rate_sign == sign
    few = peers.compare([shared()], [*cells(US, "x", (1, 1, 0, 0), HOURS[:3]), *cells(THEM, "x", (4, 1, 3, 0))], [US, THEM], len(HOURS), DAY_OF)
    assert few.rate_sign == 0


def test_shares_of_aspects_are_of_the_complaints_in_which_one_was_recognised() -> None:
    complaints = {US: [("delivery",)] * 30 + [()] * 50 + [("other",)] * 20, THEM: [("delivery",)] * 30 + [("price",)] * 10}
    found = {one.aspect: one for one in peers.aspects(complaints, [US, THEM])}
    assert [(count, of) for _, count, of, _ in found["delivery"].brands] == [(30, 30), (30, 40)] and "other" not in found
    assert len(peers.recognised(complaints[US])) == 30


def test_most_of_the_talk_or_a_storm_is_not_like_the_market() -> None:
    even = peers.compare([shared()], [*cells(US, "x", (4, 1, 3, 0)), *cells(THEM, "x", (4, 1, 3, 0))], [US, THEM], len(HOURS), DAY_OF)
    loud = peers.compare([shared()], [*cells(US, "x", (28, 7, 21, 0)), *cells(THEM, "x", (4, 1, 3, 0))], [US, THEM], len(HOURS), DAY_OF)
    assert peers.like_the_market(even, ()) and not peers.like_the_market(even, [US]) and loud.voice_sign == 1 and not peers.like_the_market(loud, ())
