"""What the house finds out about one mention: its tone, what it is about, how many may have seen it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .mentions import Mention


class Label(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True)
class Score:
    """Three calibrated probabilities that sum to 1, the language they were calibrated for, and who said so.

    ``certainty_floor`` is the largest probability below which the model's error exceeds the target error the
    user set; it is stored with the score, so that ``unsure`` means the same tomorrow.
    """

    negative: float
    neutral: float
    positive: float
    language: str
    model: str  # name@revision
    certainty_floor: float = 0.0

    @property
    def label(self) -> Label:
        """The most probable label; ties fall to the more negative one."""
        best = max(self.negative, self.neutral, self.positive)
        if self.negative == best:
            return Label.NEGATIVE
        return Label.NEUTRAL if self.neutral == best else Label.POSITIVE

    @property
    def unsure(self) -> bool:
        return max(self.negative, self.neutral, self.positive) < self.certainty_floor

    @property
    def polarity(self) -> float:
        return self.positive - self.negative


ASPECTS = ("staff", "delivery", "refund", "price", "quality", "app", "availability", "communication", "safety", "other")
"""What complaints are about, where the configuration has no list of its own."""


@dataclass(frozen=True, slots=True)
class Aspect:
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything one forward pass gives."""

    score: Score
    aspects: tuple[Aspect, ...] = ()
    intent: str | None = None
    intent_confidence: float | None = None
    embedding: bytes | None = field(default=None, repr=False)  # 384 int8 values, unit length times 127


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people may have seen something: a range and how it was found. Sums only within one method."""

    low: int
    mid: int
    high: int
    method: str

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.mid <= self.high:
            raise ValueError(f"reach: {self.low}, {self.mid}, {self.high} are not in order")


@dataclass(frozen=True, slots=True)
class ScoredMention:
    """A stored mention with what the house found out about it: the evidence rules and boards work with."""

    mention: Mention
    brand: str
    sources: tuple[str, ...]
    terms: tuple[str, ...]
    score: Score | None
    reach: Reach | None
    first_seen_at: datetime
    fingerprint: str | None = None  # copies of one text share it; None: too short to be anybody's own
    known_at: datetime | None = None  # when its text as it stands was first scored
    story: str | None = None  # copies of one text, spun ones too, share it
