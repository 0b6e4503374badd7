"""Storms laid on real background: how often they are found, how soon, and at what cost in false alerts and time.

Background: the open tweet streams, a fifth of their posts made negative by chance. A storm's peak hour is four times the 95th
percentile of the brand's hourly maxima above the usual; onset is its first post; found means within 12 hours.
"""

from __future__ import annotations

import time
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.rules import spike
from listener.types import STEP, Facts, Finding, Point, Series
from tests.benchmarks.nab import Stream, streams
from tests.shared import shared

HOUR = timedelta(hours=1)
SHAPES = {"flash": (1 / 12, 0.5), "storm": (1.0, 3.0), "slow burn": (4.0, 8.0)}  # hours of rise, half-life

pytestmark = pytest.mark.benchmark


def background(stream: Stream, seed: int) -> Series:
    dice, series = np.random.default_rng([99, seed]), stream.series()
    return Series(series.start, tuple(None if p is None else Point(p.mentions, p.mentions, int(dice.binomial(p.mentions, 0.2)))
                                      for p in series.points))


def usual_peak(series: Series) -> float:
    record = spike._Record(spike._Stream(Facts("x", series.end, series.start, series), spike.Options()))
    return float(np.nanquantile(record._maxima[1][24:], 0.95))


def shape(name: str) -> NDArray[np.float64]:
    """Return posts a step of a storm whose largest hour holds one."""
    rise, half = (hours * 12 for hours in SHAPES[name])
    at = np.arange(16 * 12) + 0.5
    curve = np.where(at < rise, at / rise, 0.5 ** ((at - rise) / half))
    return np.asarray(curve / np.convolve(curve, np.ones(12), "valid").max())


def lay(points: list[Point | None], index: int, counts: NDArray[np.int64]) -> int:
    """Add posts from step ``index`` on; return the step of the first."""
    for place, count in enumerate(counts, index):
        if place < len(points) and (point := points[place]) is not None:
            points[place] = point + Point(int(count), int(count), int(count))
    return index + int(np.flatnonzero(counts)[0])


def alerts(series: Series, since: timedelta) -> list[Finding]:
    found = spike.SpikeRule().evaluate(Facts("x", series.end, series.start + since, series), {})[1]
    return [finding for finding in found if finding.firing and finding.why["new"]]


@pytest.mark.parametrize("storms", [1, 8], ids=["one storm", "eight storms a brand"])
@pytest.mark.parametrize("name", SHAPES)
def test_storms_of_four_times_the_usual_peak(name: str, storms: int) -> None:
    curve, delays, laid, other, weeks = shape(name), [], 0, 0, 0.0
    for brand, stream in enumerate(streams(shared("data/nab"))):
        series = background(stream, brand)
        peak = usual_peak(series)
        quiet = len(alerts(series, timedelta(days=15)))
        for trial in range(12 if storms == 1 else 4):
            dice = np.random.default_rng([3, brand, trial])
            while True:
                places = np.sort(dice.integers(16 * 288, len(series.points) - 16 * 12, storms))
                if storms == 1 or np.diff(places).min() >= 40 * 12:
                    break
            points = list(series.points)
            onsets = [series.at(lay(points, int(place), dice.poisson(4 * peak * curve))) for place in places]
            found = [finding.at for finding in alerts(Series(series.start, tuple(points)), timedelta(days=15))]
            for onset in onsets:
                laid += 1
                hit = next((at - onset for at in found if timedelta(0) < at - onset <= 12 * HOUR), None)
                if hit is not None:
                    delays.append(hit / timedelta(minutes=1))
        other += quiet
        weeks += (len(series.points) - 15 * 288) * STEP / timedelta(weeks=1)
    print(f"{name}, {storms}: {len(delays)}/{laid} = {len(delays) / laid:.2f}, median {np.median(delays):.0f} min;"
          f" without storms {other / weeks:.2f} alerts a brand-week")
    assert len(delays) / laid > 0.3


def test_a_year_of_one_brand_and_one_step_of_it() -> None:
    dice = np.random.default_rng(1)
    seen = dice.poisson(2.0, 365 * 288)
    bad = dice.binomial(seen, 0.2)
    start = streams(shared("data/nab"))[0].series().start
    series = Series(start, tuple(Point(int(a), int(a), int(b)) for a, b in zip(seen, bad, strict=True)))
    began = time.process_time()
    alerts(series, timedelta(days=22))
    year = time.process_time() - began
    live = Series(series.at(len(series.points) - 22 * 288), series.points[-22 * 288:])
    facts = Facts("x", live.end, live.end - STEP, live)
    began = time.process_time()
    for _ in range(20):
        spike.SpikeRule().evaluate(facts, {})
    step = (time.process_time() - began) / 20
    print(f"a year in {year:.2f} s of CPU, fifty brands in {50 * year:.0f} s; one live step {1000 * step:.1f} ms")
    assert 50 * year < 180 and step < 0.1
