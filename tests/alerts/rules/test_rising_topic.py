"""A topic rises against its own past, and only where independent people say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules.rising_topic import Options, RisingTopicRule, chance
from listener.types import STEP, Facts, Finding, Label, MentionKey, Series, Severity, Trace
from tests.alerts.world import DAY, HOUR, SATURDAY

QUIET = 12 * DAY  # of a past


def trace(number: int, at: datetime, topic: str | None = "refund", *, author: str | None = "", label: Label = Label.NEGATIVE, **more: object) -> Trace:
    return Trace(MentionKey("x", f"{number}"), at, f"x:{number}" if author == "" else author, "x", label, False, 100, topic=topic,
                 **more)  # type: ignore[arg-type]


def calm(days: timedelta = QUIET, a_day: float = 6.0, *, topic: str = "refund", seed: int = 1, rough: float = 0.0) -> list[Trace]:
    """Complaints with the day's rhythm; ``rough``: how much the rate of single days differs (standard deviation of its logarithm)."""
    dice, found = np.random.default_rng(seed), list[Trace]()
    for hour in range(days // HOUR):
        if hour % 24 == 0:
            day = float(np.exp(dice.normal(0, rough) - rough ** 2 / 2))
        for _ in range(dice.poisson(a_day / 24 * day * (1 + 0.7 * np.sin((hour - 9) / 24 * 2 * np.pi)))):
            found.append(trace(len(found), SATURDAY + hour * HOUR + timedelta(seconds=int(dice.integers(3600))), topic))
    return [replace(one, key=MentionKey("x", f"{topic}{n}"), author=f"x:{topic}{n}") for n, one in enumerate(found)]


def storm(at: datetime, number: int, topic: str | None = "refund", **more: object) -> list[Trace]:
    """So many complaints within two hours."""
    return [trace(100_000 + n, at + n * 2 * HOUR / number, topic, **more) for n in range(number)]


def run(traces: Sequence[Trace], until: datetime, *, pieces: int = 1, options: Options | None = None) -> list[Finding]:
    rule, state, found = RisingTopicRule(options), {}, list[Finding]()
    steps = (until - SATURDAY) // STEP
    ends = [SATURDAY + STEP * (steps * piece // pieces) for piece in range(pieces + 1)]
    for since, end in zip(ends, ends[1:], strict=False):
        seen = tuple(one for one in traces if since - 4 * HOUR <= one.published_at < end)
        state, findings = rule.evaluate(Facts("b", end, since, Series(since, ()), seen), state)
        found += findings
    return found


BEGIN = SATURDAY + QUIET


def test_many_voices_where_few_spoke_before_are_found_while_they_speak_and_are_over_later() -> None:
    fired, *grown, cleared = run([*calm(), *storm(BEGIN, 14)], BEGIN + 12 * HOUR)
    assert all(one.firing and not one.why["new"] for one in grown)
    assert fired.firing and fired.why["topic"] == "refund" and fired.why["new"] and BEGIN < fired.at <= BEGIN + 2 * HOUR
    assert fired.why["authors"] >= 5 and set(fired.evidence) <= {one.key for one in [*calm(), *storm(BEGIN, 14)]}
    assert not cleared.firing and cleared.at > BEGIN + 2 * HOUR


@pytest.mark.parametrize("more", [
    pytest.param({"author": "x:one"}, id="one author, however often"),
    pytest.param({"story": "s"}, id="copies of one text"),
    pytest.param({"label": Label.POSITIVE}, id="praise"),
])
def test_what_is_not_many_voices_does_not_fire(more: dict[str, object]) -> None:
    assert run([*calm(), *storm(BEGIN, 30, **more)], BEGIN + 6 * HOUR) == []


def test_four_voices_are_too_few_and_a_topic_without_a_past_waits_for_one() -> None:
    assert run([*calm(a_day=0.5), *storm(BEGIN, 4)], BEGIN + 6 * HOUR) == []
    assert run([*calm(), *storm(BEGIN, 30, "unheard")], BEGIN + 6 * HOUR) == []
    assert run([*calm(), *storm(BEGIN, 30, None)], BEGIN + 6 * HOUR) == []


def test_growth_in_proportion_to_a_busy_topic_is_needed() -> None:
    busy = calm(a_day=120)
    assert run([*busy, *storm(BEGIN + 20 * HOUR, 14)], BEGIN + 26 * HOUR) == []
    assert any(one.firing for one in run([*busy, *storm(BEGIN + 20 * HOUR, 150)], BEGIN + 26 * HOUR))


def test_an_episode_is_told_once_and_again_when_it_has_doubled() -> None:
    growing = [*storm(BEGIN, 10), *(replace(one, key=MentionKey("x", f"late{n}"), author=f"x:late{n}") for n, one in
                                    enumerate(storm(BEGIN + 90 * timedelta(minutes=1), 40)))]
    found = [one for one in run([*calm(), *growing], BEGIN + 4 * HOUR) if one.firing]
    assert [one.why["new"] for one in found] == [True, *[False] * (len(found) - 1)] and 2 <= len(found) <= 4
    assert all(later.value >= 2 * before.value for before, later in zip(found, found[1:], strict=False))
    assert found[0].severity >= found[-1].severity


def test_few_voices_wait_for_the_digest() -> None:
    found = [one for one in run([*calm(a_day=0.6), *storm(BEGIN, 6)], BEGIN + 4 * HOUR) if one.firing]
    assert found and found[0].severity is Severity.P3


@given(st.integers(1, 60))
@settings(max_examples=8, deadline=None)
def test_the_same_is_found_step_by_step_and_at_once(pieces: int) -> None:
    traces = [*calm(4 * DAY, 10), *storm(SATURDAY + 4 * DAY, 25)]
    assert run(traces, SATURDAY + 4 * DAY + 6 * HOUR, pieces=pieces) == run(traces, SATURDAY + 4 * DAY + 6 * HOUR)


def test_what_it_remembers_is_bounded() -> None:
    traces = calm(40 * DAY, 100)
    end = SATURDAY + 40 * DAY
    state, _ = RisingTopicRule().evaluate(Facts("b", end, SATURDAY, Series(SATURDAY, ()), tuple(traces)), {})
    assert max(map(len, state["hours"].values())) <= 14 * 24 + 1
    late, _ = RisingTopicRule().evaluate(Facts("b", end + 20 * DAY, end, Series(end, ()), (trace(1, end + 20 * DAY - 3 * HOUR, "new"),)), state)
    assert set(late["hours"]) == {"new"} and set(late["known"]) == {"new"}


def test_chance_is_that_of_a_rate_that_is_not_known_for_sure() -> None:
    assert chance(0, 1.0, 96) == 1.0 and chance(3, 1.0, 96) > chance(9, 1.0, 96) > 0
    assert chance(8, 1.0, 24) > chance(8, 1.0, 96)


@pytest.mark.benchmark
def test_how_often_it_is_wrong_and_how_soon_it_is_right() -> None:
    for rough in (0.0, 0.4):
        for a_day in (0.5, 2.0, 6.0, 20.0, 100.0):
            false = weeks = 0
            for seed in range(12):
                found = run(calm(40 * DAY, a_day, seed=seed, rough=rough), SATURDAY + 40 * DAY)
                false, weeks = false + sum(one.firing and bool(one.why["new"]) for one in found), weeks + 40 / 7
            ratios = []
            for times in (4, 8):
                soon = []
                for seed in range(12):
                    number = max(6, round(times * a_day * 4 / 24))
                    found = [one for one in run([*calm(a_day=a_day, seed=seed, rough=rough), *storm(BEGIN + 6 * HOUR, number)], BEGIN + 10 * HOUR)
                             if one.firing and one.at > BEGIN + 6 * HOUR]
                    soon += [(found[0].at - BEGIN - 6 * HOUR) / HOUR] if found else []
                ratios.append(f"{times}x: {len(soon)} of 12" + (f" after {np.median(soon):.1f} h" if soon else ""))
            print(f"rough {rough}, {a_day} complaints a day: {false} false in {weeks:.0f} topic-weeks ({false / weeks:.4f} a week); storms " + ", ".join(ratios))
