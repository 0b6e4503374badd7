"""How a wave travels: growth, branching, forecast, and silence where it is too early."""

from __future__ import annotations

import json
import math
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import spread
from alerts.spread import Band, State
from listener.types import Label, MentionKey, Trace
from tests.alerts.world import HOUR, SATURDAY

NOW = SATURDAY + 12 * HOUR


def post(number: int, minutes_ago: float, *, reshare_of: str | None = None, audience: int | None = None, reach: int = 40,
         author: str | None = "") -> Trace:
    return Trace(MentionKey("x", str(number)), NOW - timedelta(minutes=minutes_ago), f"x:{number}" if author == "" else author, "x",
                 Label.NEGATIVE, False, reach, reshare_of, audience=audience)


def wave(per_hour: float, *, hours: float = 4, posts: int = 240) -> list[Trace]:
    """Return ``posts`` whose rate grows like exp(per_hour · t), evenly placed, the last one now."""
    def ago(share: float) -> float:
        if abs(per_hour) < 1e-9:
            return hours * (1 - share)
        return hours - math.log1p(share * math.expm1(per_hour * hours)) / per_hour
    return [post(n, 60 * ago((n + 0.5) / posts)) for n in range(posts)]


def test_nothing_is_too_early() -> None:
    assert spread.of([], NOW) == spread.Spread(State.TOO_EARLY, timedelta(0), 0, 0)


@pytest.mark.parametrize(("per_hour", "state"), [(0.7, State.GROWING), (0.0, State.PLATEAU), (-0.7, State.DECAYING)])
def test_growth_and_decay_are_found_with_their_pace(per_hour: float, state: State) -> None:
    found = spread.of(wave(per_hour), NOW)
    assert found.state is state and found.growth is not None and found.growth.low <= per_hour <= found.growth.high
    if state is State.GROWING:
        assert found.halving is None and found.doubling is not None and 0.6 < found.doubling / HOUR < 1.6
    elif state is State.DECAYING:
        assert found.doubling is None and found.halving is not None and 0.6 < found.halving / HOUR < 1.6
    else:
        assert found.doubling is None and found.halving is None


def test_before_three_hours_nothing_is_said_of_the_future_but_growth_is_measured() -> None:
    found = spread.of(wave(2.0, hours=1), NOW)
    assert (found.state, found.forecast, found.reach) == (State.TOO_EARLY, None, None)
    assert found.growth is not None and found.growth.low > 0 and found.doubling is not None


def test_fifty_reshares_let_it_speak_after_two_hours_and_not_sooner() -> None:
    for hours, state in ((2.1, State.PLATEAU), (1.5, State.TOO_EARLY)):
        posts = [post(n, hours * 60 * (1 - n / 60), reshare_of="0" if n else None) for n in range(60)]
        assert spread.of(posts, NOW).state is state


def test_eight_posts_are_needed() -> None:
    few = [post(n, 30 * n) for n in range(7)]
    assert spread.of(few, NOW).state is State.TOO_EARLY and spread.of(few, NOW).growth is None
    assert spread.of([*few, post(7, 215)], NOW).growth is not None


def test_a_wave_that_died_has_ended_and_has_no_future() -> None:
    for hours, state in ((5, State.DECAYING), (18, State.ENDED)):
        found = spread.of([post(n, 60 * hours + n) for n in range(150)], NOW)
        assert found.state is state and (found.forecast is None) == (state is State.ENDED)
        assert found.figures()["doubling"] is None
    assert spread.of([post(n, 60 * 18 + n) for n in range(3)], NOW).state is State.ENDED


def test_a_forecast_is_a_band_and_grows_with_the_wave() -> None:
    rising, falling = spread.of(wave(0.7), NOW).forecast, spread.of(wave(-0.7), NOW).forecast
    assert rising and falling and rising.low < rising.mid < rising.high and falling.mid < rising.mid


def test_what_is_usual_is_no_part_of_the_wave_but_of_the_forecast() -> None:
    steady = wave(0.0, hours=4, posts=240)  # 60 an hour, all of it usual
    found = spread.of(steady, NOW, usual=60.0).forecast
    assert found and found.low < 360 < found.high and found.mid < 420


def test_later_posts_and_posts_before_the_beginning_change_nothing() -> None:
    known = wave(0.5)
    later = [post(1_000 + n, -10 - n) for n in range(50)]
    earlier = [post(2_000 + n, 60 * 10 + n) for n in range(50)]
    since = NOW - 4 * HOUR
    assert spread.of([*later, *earlier, *known], NOW, since=since) == spread.of(known, NOW, since=since)


# -- branching

def chain(links: bool = True) -> list[Trace]:
    """Return thirty posts, each the child of the one before the last: true links, R near one."""
    return [post(n, 240 - 5 * n, reshare_of=str(n - 2) if links and n > 1 else None) for n in range(30)]


def test_branching_needs_twenty_reshares() -> None:
    assert spread.of(chain(links=False), NOW).branching is None
    found = spread.of(chain(), NOW).branching
    assert found and (found.method, found.reshares) == ("links", 28) and 0.8 < found.ratio.low < found.ratio.mid < 1.6


def test_links_to_the_first_post_alone_do_not_say_who_passed_it_on() -> None:
    star = [post(0, 240), *(post(n, 240 - 6 * n, reshare_of="0") for n in range(1, 40))]
    found = spread.of(star, NOW).branching
    assert found and found.method == "growth" and found.ratio.low <= 1 <= found.ratio.high


def test_a_growing_wave_of_reshares_has_more_than_one_child_each() -> None:
    growing = [Trace(p.key, p.published_at, p.author, p.source, p.label, False, 40, "elsewhere") for p in wave(0.9)]
    found = spread.of(growing, NOW).branching
    assert found and found.method == "growth" and found.ratio.low > 1


# -- SEISMIC

def test_the_memory_is_a_distribution() -> None:
    assert spread._memory(0) == 0 and spread._memory(300) == pytest.approx(0.18797, abs=1e-4) and spread._memory(1e30) == pytest.approx(1, abs=1e-3)
    assert spread._memory(spread.GENERATION.total_seconds()) == pytest.approx(0.5, abs=0.01)


def test_the_exposure_is_the_integral_it_is_written_as() -> None:
    for age, window in ((100.0, 300.0), (4_000.0, 2_000.0), (50_000.0, 7_200.0)):
        steps, begin = 40_000, max(0.0, age - window)
        width = (age - begin) / steps
        summed = sum((1 - (age - v) / window) * (spread.LEVEL * max(v / spread.FLAT, 1.0) ** -(1 + spread.THETA)) * width
                     for v in (begin + (i + 0.5) * width for i in range(steps)))
        assert spread._exposure(age, window) == pytest.approx(summed, rel=1e-3)


def retweeted(audience: int) -> list[Trace]:
    return [post(0, 60, audience=20_000), *(post(n, 60 - n, reshare_of="0", audience=audience) for n in range(1, 40))]


def test_a_cascade_has_an_end_or_is_explosive() -> None:
    calm = spread.cascade(retweeted(50), NOW)
    assert calm and calm.seen == 39 and 0 < calm.branching < 1 and calm.final is not None and calm.final > 39
    first = [post(0, 60, audience=500), *(post(n, 60 - n, reshare_of="0", audience=20) for n in range(1, 60))]
    wild = spread.cascade(first, NOW)
    assert wild and wild.branching >= 1 and wild.final is None


@pytest.mark.parametrize("posts", [
    [], [post(0, 60, audience=10)], [post(0, 60, audience=10), *(post(n, 50, reshare_of="0", audience=5) for n in range(1, 5))],
    [post(0, 60), *(post(n, 50, reshare_of="0", audience=5) for n in range(1, 9))],
    [post(0, 60, audience=10), *(post(n, 50, reshare_of="0") for n in range(1, 9))],
    [post(0, 60, audience=0), *(post(n, 50, reshare_of="0", audience=0) for n in range(1, 9))],
], ids=["nothing", "no reshare", "four reshares", "audience of the first unknown", "audiences unknown", "nobody follows"])
def test_without_reshares_of_known_audience_there_is_no_cascade(posts: list[Trace]) -> None:
    assert spread.cascade(posts, NOW) is None


# -- always

posts = st.lists(st.tuples(st.floats(0, 2_000), st.integers(0, 30), st.none() | st.integers(0, 30), st.none() | st.integers(0, 10**7),
                           st.integers(0, 10**7), st.booleans()), max_size=120)


@given(posts, st.randoms(use_true_random=False), st.floats(0, 100))
def test_it_is_sane_deterministic_and_does_not_depend_on_the_order(rows: list[tuple[float, int, int | None, int | None, int, bool]],
                                                                  dice: random.Random, usual: float) -> None:
    traces = [post(n, ago, reshare_of=None if parent is None else str(parent), audience=audience, reach=reach,
                   author=f"x:{who}" if named else None) for n, (ago, who, parent, audience, reach, named) in enumerate(rows)]
    found = spread.of(traces, NOW, usual=usual)
    dice.shuffle(traces)
    assert spread.of(traces, NOW, usual=usual) == found
    figures = found.figures()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    for band in (found.growth, found.forecast, found.reach, found.branching.ratio if found.branching else None):
        assert band is None or band.low <= band.mid <= band.high
    if found.state in (State.TOO_EARLY, State.ENDED):
        assert found.forecast is None and found.reach is None
    else:
        assert found.forecast is not None and found.forecast.low >= 0


@given(st.floats(0, 10**5), st.floats(0, 10**5), st.floats(0, 10**6), st.floats(0, 10**6), st.floats(0.1, 100), st.floats(0, 10**5))
def test_a_forecast_is_ordered_and_finite(quarter: float, hour: float, before: float, total: float, age: float, usual: float) -> None:
    band = spread.published(spread.outlook(quarter, hour, before, total, age * HOUR), usual)
    assert 0 <= band.low <= band.mid <= band.high < math.inf


def test_figures_say_the_time_of_doubling_with_its_interval() -> None:
    figures = spread.of(wave(0.7), NOW).figures()
    assert figures["state"] == "growing" and figures["turn_low"] < figures["doubling"] < figures["turn_high"] and figures["halving"] is None
    assert set(figures["forecast"]) == {"low", "mid", "high"} == set(Band.__slots__)


def test_an_even_stream_that_began_within_the_window_does_not_grow_and_has_no_future_yet() -> None:
    for usual in (0.0, 0.5):
        found = spread.of([post(n, 2.2 * n + 0.5) for n in range(22)], NOW, since=NOW - 4 * HOUR, usual=usual)
        assert found.state is State.TOO_EARLY and found.doubling is None and found.forecast is None
        assert found.watched < timedelta(minutes=60)


def test_a_wave_above_a_usual_flow_began_where_the_flow_changed() -> None:
    flow = [post(1000 + n, 60 + 20 * n) for n in range(9)]
    found = spread.of([*flow, *(post(n, 2 * n + 1) for n in range(30))], NOW, since=NOW - 4 * HOUR, usual=3.0)
    assert timedelta(minutes=55) <= found.watched <= timedelta(minutes=65) and found.state is State.TOO_EARLY and found.doubling is None


def test_growth_is_seldom_claimed_of_a_constant_rate_since_the_first_post() -> None:
    dice, claimed, tried = random.Random(3), 0, 400
    for _ in range(tried):
        last, rate = dice.uniform(20, 170), dice.uniform(0.1, 1.0)
        ago = [dice.uniform(0, last) for _ in range(max(8, round(last * rate)))]
        claimed += spread.of([post(n, minutes) for n, minutes in enumerate(ago)], NOW, since=NOW - 4 * HOUR).doubling is not None
    assert claimed / tried < 0.07
