"""Before and after: against usual weekdays, gaps in no sum, chance not called a change."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import effect
from alerts.effect import Doubt, Hour
from listener.types import Alert, AlertState, Severity

AT = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)
NOW = AT + timedelta(days=3)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def week(rate: float = 20.0, *, after: float | None = None, negative: float = 0.25, negative_after: float | None = None, seed: int = 1) -> dict[datetime, Hour]:
    """Six weeks of hours with the rhythm of a day; ``after`` the moment for a day at another rate."""
    dice, found = random.Random(seed), {}
    moment = AT.replace(minute=0)
    hour = moment - timedelta(weeks=6)
    while hour < NOW:
        late = moment < hour <= moment + DAY
        mean = (after if late and after is not None else rate) * (0.4 if hour.hour < 6 else 1.2)
        share = negative_after if late and negative_after is not None else negative
        mentions = sum(dice.random() < mean / 200 for _ in range(200))
        found[hour] = Hour(mentions, mentions, sum(dice.random() < share for _ in range(mentions)), 1.0)
        hour += HOUR
    return found


def test_where_nothing_changed_nothing_is_called_a_change() -> None:
    signs = [(found.volume_sign, found.tone_sign) for seed in range(20) for found in [effect.of(week(seed=seed), AT, DAY, NOW)]]
    assert sum(volume != 0 for volume, _ in signs) <= 3 and sum(tone != 0 for _, tone in signs) <= 3


def test_a_rise_and_a_turn_of_tone_are_found_with_their_size() -> None:
    found = effect.of(week(after=60.0, negative_after=0.6), AT, DAY, NOW)
    assert found.volume is not None and found.volume.low < 3 < found.volume.high and found.volume_sign == 1
    assert found.tone is not None and found.tone.low < 0.35 < found.tone.high and found.tone_sign == 1


def test_the_rhythm_of_a_day_is_no_effect() -> None:
    found = effect.of(week(), AT, timedelta(hours=6), NOW)  # a day against a night would be a fall to a third
    night = effect.of(week(), AT.replace(hour=0), timedelta(hours=6), NOW)
    assert found.volume_sign == 0 and night.volume_sign == 0 and night.before.mentions > 1.5 * night.after.mentions


def test_a_gap_stands_in_no_sum_and_neither_does_its_usual() -> None:
    hours = week()
    for n in range(1, 7):
        hours[AT.replace(minute=0) + HOUR * n] = Hour(0, 0, 0, 0.1)
    found = effect.of(hours, AT, DAY, NOW)
    assert found.after.seen == 18 and found.volume_sign == 0
    assert sum(hour is None for _, hour, _ in found.points) == 6


def test_a_side_that_was_hardly_seen_is_compared_with_nothing() -> None:
    hours = week()
    for n in range(1, 20):
        hours[AT.replace(minute=0) - HOUR * n] = Hour(0, 0, 0, 0.0)
    found = effect.of(hours, AT, DAY, NOW)
    assert found.volume is None and not found.before.told


def test_few_posts_are_told_without_a_share() -> None:
    found = effect.of(week(rate=0.2), AT, timedelta(hours=6), NOW)
    assert found.tone is None and found.before.tone is None and found.volume is None


def test_without_weeks_before_hours_are_compared_as_they_are() -> None:
    hours = {hour: one for hour, one in week(after=60.0).items() if hour > AT - 2 * DAY}
    found = effect.of(hours, AT, DAY, NOW)
    assert found.before.usual is None and found.volume is not None and found.volume.value > 1.5


def test_a_span_that_is_not_over_is_told_as_far_as_it_is() -> None:
    found = effect.of(week(), AT, DAY, AT + timedelta(hours=5))
    assert found.after.hours == 24 and found.after.seen == 4 and found.points[-1][0] == AT.replace(minute=0) + 4 * HOUR


@pytest.mark.parametrize("days", [1, 7])
def test_usual_weeks_never_lie_after_the_moment(days: int) -> None:
    hours = week(after=200.0)
    moment = AT.replace(minute=0)
    known = effect.of({hour: one for hour, one in hours.items() if hour <= moment + DAY * days}, AT, DAY * days, moment + DAY * days + HOUR)
    usual = {hour: there for hour, _, there in known.points if hour > moment}
    assert max(there for there in usual.values() if there is not None) < 60


def stormy(*, tone: float = 0.25) -> dict[datetime, Hour]:
    """Usual weeks, with a storm in the six hours before the moment that is over at the moment."""
    hours, moment = week(), AT.replace(minute=0)
    for n in range(1, 7):
        hours[moment - HOUR * n] = Hour(200, 200, round(200 * tone), 1.0)
    return hours


def test_what_falls_after_a_storm_is_no_success_of_an_answer() -> None:
    for span in (timedelta(hours=6), DAY):
        found = effect.of(stormy(), AT, span, NOW)
        assert found.volume_sign == -1 and found.before.volume is not None and found.before.volume.low > 1.5
        assert effect.judge(found) is Doubt.STORM


def test_a_tone_that_was_sourer_than_usual_turns_back_by_itself() -> None:
    hours, moment = week(), AT.replace(minute=0)
    for n in range(1, 25):
        hours[moment - HOUR * n] = Hour(20, 20, 14, 1.0)
    found = effect.of(hours, AT, DAY, NOW)
    assert found.tone_sign == -1 and found.before.volume is not None and found.before.volume.value < 1.5
    assert effect.judge(found) is Doubt.STORM


def test_an_alert_on_either_side_stands_against_a_verdict_and_its_hours_are_no_usual_ones() -> None:
    moment = AT.replace(minute=0)
    hours = week()
    assert effect.judge(effect.of(hours, AT, DAY, NOW)) is None
    assert effect.judge(effect.of(hours, AT, DAY, NOW, storms={moment - 3 * HOUR})) is Doubt.STORM
    assert effect.judge(effect.of(hours, AT, DAY, NOW, storms={moment + 3 * HOUR})) is Doubt.NEWER
    past = moment - timedelta(days=7) + HOUR
    hours[past] = Hour(4_000, 4_000, 4_000, 1.0)
    lifted = dict((at, usual) for at, _, usual in effect.of(hours, AT, DAY, NOW).points)
    without = dict((at, usual) for at, _, usual in effect.of(hours, AT, DAY, NOW, storms={past}).points)
    assert (lifted[moment + HOUR] or 0) > 900 and (without[moment + HOUR] or 0) < 60


def test_no_verdict_before_the_span_after_is_over() -> None:
    hours = week(after=60.0)
    young = effect.of(hours, AT, DAY, AT + timedelta(hours=20))
    assert young.volume_sign == 1 and not young.over and effect.judge(young) is Doubt.EARLY
    assert effect.judge(effect.of(hours, AT, DAY, NOW)) is None


def test_spans_that_say_the_opposite_leave_no_verdict() -> None:
    hours, moment = week(), AT.replace(minute=0)
    for n in range(1, 7):
        hours[moment + HOUR * n] = Hour(2, 2, 0, 1.0)
    for n in range(7, 60):
        hours[moment + HOUR * n] = Hour(70, 70, 18, 1.0)
    short, long = (effect.of(hours, AT, span, NOW) for span in (timedelta(hours=6), 2 * DAY))
    assert (short.volume_sign, long.volume_sign) == (-1, 1)
    assert effect.judge(short) is None and effect.judge(short, [long]) is Doubt.DISAGREE is effect.judge(long, [short])


def test_a_lull_before_makes_more_after_no_finding() -> None:
    hours, moment = week(), AT.replace(minute=0)
    for n in range(1, 25):
        hours[moment - HOUR * n] = Hour(4, 4, 1, 1.0)
    assert effect.judge(effect.of(hours, AT, DAY, NOW)) is Doubt.LULL


def test_without_usual_weeks_there_are_figures_and_no_verdict() -> None:
    hours = {hour: one for hour, one in week(after=60.0).items() if hour > AT - 2 * DAY}
    found = effect.of(hours, AT, DAY, NOW)
    assert found.volume is not None and effect.judge(found) is Doubt.NO_USUAL


def test_little_is_judged_where_nothing_changed() -> None:
    judged = [effect.judge(effect.of(week(seed=seed), AT, DAY, NOW)) for seed in range(20)]
    assert sum(one is None for one in judged) >= 18


def test_hours_of_a_severe_storm_are_no_usual_hours() -> None:
    hours = [AT.replace(minute=0) + HOUR * n for n in range(-2, 8)]
    storm = Alert("spike", "x", AT, AT, 9, 1, Severity.P1, AlertState.RESOLVED, resolved_at=AT + 2 * HOUR)
    assert len(effect.storm_hours([storm], hours, NOW)) == 3 and not effect.storm_hours([replace(storm, rule="harm"), replace(storm, severity=Severity.P3)], hours, NOW)
    assert len(effect.storm_hours([replace(storm, resolved_at=None)], hours, NOW)) == 8
