"""What can be set about a spike, and the constants that were chosen once (RESULTS.md, Detection)."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

KIND = "spike"
VERSION = "spike@2"
WINDOWS = (3, 12, 48)            # steps: 15 minutes, 1 hour, 4 hours
CUSHION = tuple(2 + math.sqrt(width) for width in WINDOWS)  # keeps ratios of small sums near 1
HOUR = 12                        # steps a block of the record
DAY = 288                        # steps
RECORD_HOURS = 14 * 24
QUANTILE = 0.98                  # of the hourly maxima is what is loud for a brand: the seventh or so, steadier than the record
RECORD_QUANTILE = 0.995          # between the second and the third largest: what is told and graded as the record
PROFILE_DAYS = 7                 # 7 to 12 score alike on the open tweet streams, 14 and 21 lower (RESULTS.md, Detection)
ALIKE = 3                        # days of the same kind needed, or all seven speak
NEIGHBOURS = 6                   # steps to either side that speak for a time of day: 30 minutes
OBSERVED = 0.6                   # of each window, or the step is not evaluated
CLEAR_AFTER = 3                  # evaluations
LOUDER = 1.5                     # times the height of the last alert: another storm, however soon
BLIND = 0.3                      # added to the bars while too little of the longest window was seen
COLD_HOURS, YOUNG_HOURS, GROWN_HOURS = 24, 72, 13 * 24  # hours of record: no test, digest only, "young baseline" below
GRAIN = 1024.0                   # the usual level is kept in 1/1024ths: sums are exact in whatever order they are made
KEYS = 200                       # evidence keys a finding carries at most
DISSENTING = 10                  # of them not negative
SHARE_P, SHARE_POSTS, SHARE_PRIOR = 1e-3, 12, 40.0  # a negative share above chance (SPIKES §6.6)
SHARE_STEPS = 7 * DAY            # the past that says what share is usual

LEVEL_STEPS = (1.0, 2.0)         # ratio of volume to the record
SPREAD_STEPS = (10, 40)          # independent authors


class Options(BaseModel, frozen=True, extra="forbid"):
    """What counts as a spike. Replay before changing them."""

    series: Literal["negative", "mentions", "negative_reach"] = "negative"
    threshold: float = Field(default=0.2, ge=-3, le=3)  # middle of the plateau 0.05 … 0.35; a cliff above, gentle below
    anger_threshold: float = Field(default=0.5, ge=-3, le=5)  # about one false alert a week where tone drifts (RESULTS.md)
    hysteresis: float = Field(default=0.7, ge=0, le=5)
    min_posts: int = Field(default=8, ge=1)
    min_sigma: float = Field(default=5.0, ge=0)  # at 4, pure chance fires 0.4 times a week at 4 posts an hour; at 5, 0.07
    min_authors: int = Field(default=4, ge=1)
    group: timedelta = timedelta(hours=12)
    rearm: timedelta = timedelta(hours=1)
    reach_unit: int = Field(default=200, ge=1)  # series = "negative_reach" counts audiences of this size: one ordinary customer
    timezone: str = "Asia/Tehran"
    weekend: tuple[Weekday, ...] = ("thu", "fri")

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"unknown time zone {value!r}; write an IANA name such as 'Asia/Tehran'") from None
        return value
