"""What a brand was loudest and angriest in: the measure of the next storm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.rules.spike.options import BLIND, CUSHION, HOUR, QUANTILE, RECORD_HOURS, RECORD_QUANTILE, WINDOWS
from alerts.rules.spike.stream import Array, Stream


class Record:
    """The largest hourly sums of the past 14 days, hour by hour, without the hours that were storms.

    ``loud`` is what only one hour in fifty passes, ``record`` what two or three hours of two weeks reach.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.begin = stream.block(stream.low)
        lead = (stream.offset + stream.low) % HOUR
        self._toned = stream.options.series == "negative"
        rows = (2 if self._toned else 1) * len(WINDOWS)  # without tone there is no anger
        sums = np.where(np.tile(stream.enough, (2, 1)), stream.whole, math.nan)[:rows]
        sums = np.pad(sums, ((0, 0), (lead, -(lead + sums.shape[1]) % HOUR)), constant_values=math.nan)
        self.maxima = np.fmax.reduce(sums.reshape(rows, -1, HOUR), axis=2)
        self._known = ~np.isnan(self.maxima[1])
        ends = np.minimum((self.begin + 1 + np.arange(self.maxima.shape[1])) * HOUR - stream.offset, stream.length)
        self._angry_hour, self._angry_hours = stream.angry(ends, WINDOWS[1]), stream.angry(ends, WINDOWS[2])
        self._block = -1
        self._bars = math.exp(stream.options.threshold), math.exp(stream.options.anger_threshold)
        self.loud: list[float] = []     # cushioned sums; volume, then anger
        self.record: list[float] = []
        self.hours, self.age = 0, 0

    def hours_at(self, index: int) -> int:
        """Move to the hour of step ``index`` and return how many hours were observed in the 14 days before it."""
        block = self.stream.block(index)
        if block != self._block:
            self._block = block
            self._enter(block - self.begin)
        return self.hours

    def ratios(self, sums: Sequence[float], levels: Sequence[float]) -> tuple[float, float]:
        """Return how cushioned sums stand to levels: the geometric mean of volume's, the largest of anger's.

        Without the longest windows where they are NaN.
        """
        return _mean(sums, levels), _largest(sums, levels)

    def height(self, sums: Sequence[float]) -> float:
        """Return how high cushioned sums stand: 1 is the bar, of volume or of anger, whichever is nearer."""
        height = _mean(sums, self.loud) / self._bars[0]
        if self._toned:
            height = max(height, _largest(sums, self.loud) / self._bars[1])
        return height / math.exp(BLIND) if math.isnan(sums[-1]) else height

    def _enter(self, place: int) -> None:
        first = max(0, place - RECORD_HOURS)
        past = np.sort(np.where(self._storms(first, place), math.nan, self.maxima[:, first:place]), axis=1)  # unknown last
        known = np.count_nonzero(~np.isnan(past), axis=1)
        self.loud, self.record = ([_quantile(row, int(count), quantile) + cushion for row, count, cushion
                                   in zip(past, known, 2 * CUSHION, strict=False)] for quantile in (QUANTILE, RECORD_QUANTILE))
        if not self._toned:
            self.loud, self.record = [*self.loud, *CUSHION], [*self.record, *CUSHION]
        heard = np.flatnonzero(self._known[first:place])
        self.hours = len(heard)
        self.age = place - first - int(heard[0]) if len(heard) else 0

    def _storms(self, first: int, place: int) -> NDArray[np.bool_]:
        """Return which hours were angry themselves or lie in four hours that were, as known before ``place``."""
        storms: NDArray[np.bool_] = self._angry_hour[first:place].copy()
        for back in range(WINDOWS[2] // HOUR):
            storms[:max(0, place - first - back)] |= self._angry_hours[first + back:place]
        return storms


def _mean(sums: Sequence[float], levels: Sequence[float]) -> float:
    count = len(WINDOWS) - math.isnan(sums[len(WINDOWS) - 1])
    return math.exp(math.log(math.prod(sums[row] / levels[row] for row in range(count))) / count)


def _largest(sums: Sequence[float], levels: Sequence[float]) -> float:
    stop = 2 * len(WINDOWS) - math.isnan(sums[-1])
    return max(sums[row] / levels[row] for row in range(len(WINDOWS), stop))


def _quantile(ordered: Array, known: int, quantile: float) -> float:
    if not known:
        return 0.0
    place = quantile * (known - 1)
    below = int(place)
    above = min(below + 1, known - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))
