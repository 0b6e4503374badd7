"""What a campaign moved, against comparable weekdays."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from alerts.care.lift import lift
from alerts.effect import HOUR, WEEK, Hour
from listener.types import Campaign

START = datetime(2026, 11, 21, tzinfo=UTC)
CAMPAIGN = Campaign("اسنپ", "یلدا", START, START + timedelta(days=2))
NOW = START + timedelta(days=3)


def weeks(during: Hour, usual: Hour, *, campaign: Campaign = CAMPAIGN, back: int = 6) -> dict[datetime, Hour]:
    hours, at = {}, campaign.start - WEEK * back
    while at < campaign.end:
        hours[at] = during if at >= campaign.start else usual
        at += HOUR
    return hours


def test_twice_as_much_is_a_factor_of_two_and_worse_tone_is_points_more() -> None:
    found = lift(CAMPAIGN, weeks(Hour(20, 20, 10, 1.0), Hour(10, 10, 2, 1.0)), NOW)
    assert (found.hours, found.compared, found.mentions, found.usual, found.extra) == (48, 48, 960, 480, 480)
    assert found.factor is not None and found.factor.value == pytest.approx(2) and found.factor.low > 1.5
    assert found.tone is not None and found.tone.value == pytest.approx(0.3) and found.tone.low > 0.2
    assert found.negative is not None and found.negative.value == 0.5


def test_the_same_weekdays_are_compared_and_not_the_days_before() -> None:
    hours = weeks(Hour(10, 10, 1, 1.0), Hour(10, 10, 1, 1.0))
    for at in hours:
        if at.weekday() not in (5, 6):  # a campaign on two days of the weekend; the others are ten times as loud
            hours[at] = Hour(100, 100, 10, 1.0)
    found = lift(CAMPAIGN, hours, NOW)
    assert found.factor is not None and found.factor.value == pytest.approx(1) and found.extra == 0


def test_hours_that_were_not_seen_are_on_neither_side() -> None:
    hours = weeks(Hour(20, 20, 4, 1.0), Hour(10, 10, 2, 1.0))
    for at in list(hours)[-10:]:
        hours[at] = Hour(0, 0, 0, 0.1)
    found = lift(CAMPAIGN, hours, NOW)
    assert found.compared == 38 and found.factor is not None and found.factor.value == pytest.approx(2)
    for at in list(hours)[-30:]:
        hours[at] = Hour(0, 0, 0, 0.0)
    assert lift(CAMPAIGN, hours, NOW).factor is None  # less than half of it was seen


def test_other_campaigns_and_storms_are_not_usual() -> None:
    hours = weeks(Hour(20, 20, 4, 1.0), Hour(10, 10, 2, 1.0))
    storm = {START - WEEK + HOUR * n for n in range(48)}
    hours |= dict.fromkeys(storm, Hour(500, 500, 400, 1.0))
    found = lift(CAMPAIGN, hours, NOW, unusual=storm)
    assert found.factor is not None and found.factor.value == pytest.approx(2)


def test_too_little_is_not_told() -> None:
    assert lift(CAMPAIGN, {}, NOW).factor is None
    assert lift(CAMPAIGN, weeks(Hour(0, 0, 0, 1.0), Hour(0, 0, 0, 1.0)), NOW).factor is None
    found = lift(CAMPAIGN, weeks(Hour(20, 20, 4, 1.0), Hour(10, 10, 2, 1.0), back=1), NOW)
    assert found.compared == 0 and found.factor is None and found.extra is None  # one week is no usual
    before = lift(CAMPAIGN, weeks(Hour(20, 20, 4, 1.0), Hour(10, 10, 2, 1.0)), START)
    assert before.hours == 0 and before.factor is None and before.tone is None


def test_a_campaign_of_three_weeks_is_compared_with_weeks_before_it_alone() -> None:
    long = Campaign("اسنپ", "یلدا", START, START + WEEK * 3)
    found = lift(long, weeks(Hour(30, 30, 3, 1.0), Hour(10, 10, 1, 1.0), campaign=long), long.end + HOUR)
    assert found.factor is not None and found.factor.value == pytest.approx(3)


def test_weeks_that_differ_make_the_interval_wider() -> None:
    calm = weeks(Hour(20, 20, 4, 1.0), Hour(10, 10, 2, 1.0))
    rng = random.Random(1)
    loud = dict(calm)
    for back in range(1, 7):
        level = rng.choice((4, 16))
        loud |= {START - WEEK * back + HOUR * n: Hour(level, level, 1, 1.0) for n in range(48)}
    a, b = lift(CAMPAIGN, calm, NOW).factor, lift(CAMPAIGN, loud, NOW).factor
    assert a is not None and b is not None and b.high / b.low > 1.5 * a.high / a.low
