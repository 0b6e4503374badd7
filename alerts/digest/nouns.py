"""What a digest is made from, and what it is. Frozen; unknown is ``None``, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from alerts.care.recognition import Praise
from alerts.care.winback import Rate
from alerts.digest.periods import Period
from listener.types import Alert, Decision, MentionKey, Reach, Silence, Verdict
from listener.types.care import Case, Promise, Remedy

OTHER = "other"
"""The aspect of complaints about none of the others: no headline."""

# -- facts: everything stored, nothing worded


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share 0..1 with its 95 % interval; not ``corrected``: how the model errs is not known."""

    value: float
    low: float
    high: float
    corrected: bool = True


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    mentions: int
    negative: int
    seen: float  # observed share of it, 0..1


@dataclass(frozen=True, slots=True)
class Tally:
    """What was said of a brand in a span, and how much of the span was seen (0..1)."""

    mentions: int
    negative: int
    neutral: int
    positive: int
    unscored: int
    unsure: int
    authors: int  # that are known; an account counts once
    seen: float
    share: Estimate | None = None  # of negative ones among those scored
    reach: Reach | None = None  # of negative ones
    days: tuple[Day, ...] = ()

    @property
    def scored(self) -> int:
        return self.negative + self.neutral + self.positive


@dataclass(frozen=True, slots=True)
class Voice:
    """How often a brand was named in sources in which all brands are looked for: only what is seen alike can be compared."""

    brand: str
    now: int
    before: int | None  # None: too little was seen then


@dataclass(frozen=True, slots=True)
class Said:
    """A post that is quoted."""

    key: MentionKey
    text: str
    url: str | None
    who: str | None
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Treated:
    """What the ended cases about a topic came to: the commonest root cause and remedy, with how many of how many that name one.

    None, with 0 of them: no case names one, or two are equally common.
    """

    cause: str | None
    caused: int
    causes: int
    remedy: Remedy | None
    remedied: int
    remedies: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What complaints were about: an aspect of a closed list, or a topic that was found among them."""

    id: str
    phrases: Mapping[str, tuple[str, ...]]  # by language of the reader
    now: int
    before: int | None
    quote: Said | None = None
    aspect: bool = False
    treated: Treated | None = None  # None: no case about it ended


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert of the span, what it was called and how it was judged."""

    alert: Alert
    title: str  # in the language of the digest
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """A campaign's time within the span, and the same hours a week before; ``None``: too little was seen."""

    name: str
    start: datetime
    end: datetime
    mentions: int | None
    share: Estimate | None  # of negative ones
    before: int | None
    share_before: Estimate | None


@dataclass(frozen=True, slots=True)
class CareFacts:
    """What happened to cases and promises in a span, and how things stand at its end."""

    opened: int
    closed: int
    open: int
    unowned: int  # of those open
    overdue: tuple[Case, ...]
    answers: tuple[timedelta, ...]  # working time to the first answer, of those answered in the span
    kept: int  # promises whose time came in the span
    broken: tuple[Promise, ...]
    late: tuple[Promise, ...]  # past their time, and nobody has said yet
    apologies: int  # answers that apologised and mended nothing
    back: tuple[tuple[int, Rate], ...]  # days, outcomes of cases whose span ended in the digest's
    praised: tuple[Praise, ...]
    treated: tuple[Case, ...] = ()  # opened or ended in the span, and ended by now


@dataclass(frozen=True, slots=True)
class Doubted:
    """A rule that is not demoted and whose alerts were wrong more often than right, beyond chance."""

    name: str
    right: int
    judged: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a source did not show. ``lost`` and ``partial`` add up hours of it."""

    source: str
    lost: timedelta
    partial: timedelta
    reason: str | None = None
    down: bool = False  # still so when the digest was made


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed in how we look: a model or a rule."""

    what: str  # "model" or "rule"
    name: str
    at: datetime | None = None
    who: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """A storm that a person found before we did."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a digest of one brand and span is made from."""

    brand: str
    period: Period
    made_at: datetime
    now: Tally
    before: Tally | None = None  # None: nobody listened then
    year: Tally | None = None
    past: tuple[tuple[Day, ...], ...] = ()  # days of some spans before, the newest first: what is usual
    voices: tuple[Voice, ...] = ()  # the brand first
    subjects: tuple[Subject, ...] = ()  # aspects, most complaints first: a closed list, so that a span that is over says the same for ever
    emerging: tuple[Subject, ...] = ()  # topics, most complaints first: they may be found otherwise tomorrow, and no headline rests on them
    alerts: tuple[Fired, ...] = ()
    missed: tuple[Missed, ...] = ()
    silences: tuple[Silence, ...] = ()
    praise: tuple[Said, ...] = ()
    campaigns: tuple[Effort, ...] = ()
    decisions: tuple[Decision, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    changed: tuple[Changed, ...] = ()
    sources: int = 0  # that the brand is looked for in
    imported: tuple[tuple[str, int], ...] = ()  # files that posts of the span were imported from, with how many, most first
    peers: tuple[str, ...] = ()  # that are configured, counted or not
    unread: tuple[str, ...] = ()  # kinds of large platforms that none of them reads
    care: CareFacts | None = None
    doubted: tuple[Doubted, ...] = ()  # the worst first
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of aspects of the house's own: by language of the reader
    board: str | None = None  # address that links begin with

    @property
    def named(self) -> tuple[Subject, ...]:
        """What complaints were about, without those about other things."""
        return tuple(one for one in self.subjects if one.id != OTHER)

    @property
    def from_files(self) -> bool:
        """Whether every post of the span was imported: what sources showed then says nothing about them."""
        return 0 < self.now.mentions <= sum(many for _, many in self.imported)


@dataclass(frozen=True, slots=True)
class Shift:
    """What a hand-over note is made from: how things stand when one person goes and another comes."""

    period: Period
    made_at: datetime
    leaving: tuple[str, ...]
    coming: tuple[str, ...]
    open: tuple[Fired, ...] = ()  # gravest first
    fired: int = 0  # in the shift that ends
    still_open: int = 0  # of them
    silences: tuple[Silence, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    parts: tuple[Section, ...] = ()
    board: str | None = None


# -- the digest: all words and figures written out


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    url: str | None = None
    strong: bool = False
    keys: tuple[MentionKey, ...] = ()  # mentions it names: where one is taken back, the line goes


@dataclass(frozen=True, slots=True)
class Cell:
    """A written figure, and the numbers it was written from, for programs. ``tone``: good, bad or nothing."""

    text: str
    values: tuple[float, ...] = ()
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Cell, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    by: str  # who, where and when, in words
    url: str | None
    key: MentionKey
    about: str | None = None  # what it is a quote of


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture by Vega-Lite, and the same in words."""

    name: str
    alt: str
    spec: Mapping[str, Any]
    dark: Mapping[str, Any] = field(default_factory=dict)  # what is otherwise on a dark page


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part: sentences, a chart, a table, quotes, small print, in this order."""

    number: int
    name: str
    title: str
    lines: tuple[Line, ...] = ()
    chart: Chart | None = None
    grid: Grid | None = None
    quotes: tuple[Quote, ...] = ()
    notes: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest in one language, as it was when it was made."""

    brand: str
    every: str
    period: str  # name of the span: 1405-W35
    language: str
    made_at: datetime
    title: str  # subject of the mail
    heading: str
    header: tuple[Line, ...]
    sections: tuple[Section, ...]
    footer: tuple[Line, ...]
    short: bool = False  # nothing happened
    figures: Mapping[str, Any] = field(default_factory=dict)  # the counts themselves, for programs

    @property
    def id(self) -> str:
        """Under which it is kept: ``1405-W35 fa brand``."""
        return f"{self.period} {self.language} {self.brand}"
