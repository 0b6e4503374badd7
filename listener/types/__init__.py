"""The nouns: what walks through the house, from a collected post to a delivered message.

Frozen dataclasses, no I/O, nothing derived that the source did not say. Unknown is ``None``, never 0.
Instants are timezone-aware UTC and end in ``_at``; durations are ``timedelta``. The field's words are those
of ``.github/CONTRIBUTING.md``: a *mention* is a public text about us, a *source* is a configured place we
read, a *collector* the code that reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from .care import Deadline

STEP = timedelta(minutes=5)
"""Width of an event-time bin: the finest grain at which volume rules look (SPIKES: 5-minute bins)."""

Cursor = Mapping[str, Any]
"""Where to resume: a JSON mapping that only its own collector reads and writes."""


class Precision(StrEnum):
    """How exactly a source states a time. A day is a local day: its mention stands at local noon."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    ESTIMATED = "estimated"  # the source gave no usable time; this is when we first saw the mention


class Label(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class MentionKey(NamedTuple):
    """Natural key: the kind of source and the id that source gives. Two configured sources may see one mention."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Brand:
    """Whom we listen for."""

    name: str
    aliases: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()  # longer names that are not this brand: اسنپ‌فود for اسنپ
    peer: bool = False
    common: bool = False  # the name is an ordinary word (همراه): aliases and queries match, the name alone does not


@dataclass(frozen=True, slots=True)
class Author:
    """As published. ``id`` is the most stable handle the source gives."""

    kind: str
    id: str
    name: str | None = None
    url: str | None = None
    followers: int | None = None


def contact_account(hash: str) -> tuple[str, str]:
    """Return (kind, id) of the author of whom nothing is known but a phone or an e-mail, by its keyed hash: one, whatever told of it."""
    return "contact", hash[:32]


@dataclass(frozen=True, slots=True)
class Engagement:
    """Counts as the source showed them at one instant; several a mention, so that growth can be seen."""

    at: datetime
    likes: int | None = None
    shares: int | None = None
    comments: int | None = None
    views: int | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A public text, as collected. Scores, reach and matches live elsewhere."""

    kind: str
    id: str
    text: str
    published_at: datetime
    url: str | None = None
    title: str | None = None
    precision: Precision = Precision.SECOND
    edited_at: datetime | None = None
    author: Author | None = None
    engagement: Engagement | None = None
    language: str | None = None  # as the source says; the guess of text.guess_language goes into the score
    in_reply_to: str | None = None
    reshare_of: str | None = None
    ours: bool = False  # an answer of our own
    rating: float | None = None  # 0..1, as a share of the scale's top
    contacts: tuple[tuple[str, str], ...] = ()  # of its author: ("phone" or "email", keyed hash); how they were written is kept nowhere
    outlet: str | None = None  # the publication, where the source is an aggregator
    raw: bytes | None = field(default=None, repr=False)  # the payload it was read from, for rescoring and audits

    @property
    def key(self) -> MentionKey:
        return MentionKey(self.kind, self.id)

    @property
    def full_text(self) -> str:
        """Title and text as one string: what is matched and scored. A title repeated by the text stands once."""
        if not self.title or self.text.startswith(self.title):
            return self.text or self.title or ""
        return f"{self.title}\n{self.text}" if self.text else self.title


class CoverageState(StrEnum):
    OK = "ok"
    PARTIAL = "partial"
    LOST = "lost"


SUSPECT = "suspect:"
"""How the reason of a span begins in which a source answered, but with nothing it used to have."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What we could see of a source in ``[start, end)``. An outage is not a quiet hour."""

    source: str
    start: datetime
    end: datetime
    state: CoverageState
    reason: str | None = None
    noted_at: datetime | None = None  # when the house learnt of the state; None: at its end


@dataclass(frozen=True, slots=True)
class Batch:
    """What one ``collect`` returns. "Not modified" is an empty batch that *was* observed."""

    mentions: tuple[Mention, ...] = ()
    deleted: tuple[MentionKey, ...] = ()
    cursor: Cursor | None = None
    state: CoverageState = CoverageState.OK
    reason: str | None = None  # why the state is not ok, or what was skipped
    min_interval: timedelta | None = None  # the source asks not to be read again sooner
    complete: bool = True  # False: more pages wait behind this cursor; collect again at once
    shown: int | None = None  # items the source showed, new or known; None: not asked ("not modified"), or it shows only news
    overflow: bool = False  # the oldest item shown is newer than the newest known: some were lost between two readings


@dataclass(frozen=True, slots=True)
class Match:
    """A mention is about a brand, because of these terms (shown on the board)."""

    key: MentionKey
    brand: str
    terms: tuple[str, ...]


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
class Point:
    """One observed step. Reach is the sum of the mid estimates of its negative mentions.

    Distinct authors do not add up over steps; rules count them from ``Trace``.
    """

    mentions: int = 0
    scored: int = 0
    negative: int = 0
    unsure: int = 0
    negative_reach: int = 0

    def __add__(self, other: Point) -> Point:
        return Point(self.mentions + other.mentions, self.scored + other.scored, self.negative + other.negative,
                     self.unsure + other.unsure, self.negative_reach + other.negative_reach)


@dataclass(frozen=True, slots=True)
class Trace:
    """The little of a mention that rules need to count authors and to name evidence."""

    key: MentionKey
    published_at: datetime
    author: str | None  # "kind:id"; None when the source does not say
    source: str
    label: Label | None  # None: not scored yet
    unsure: bool
    reach: int  # mid
    reshare_of: str | None = None
    known_at: datetime | None = None  # when its text as it stands was first scored; None: not scored yet
    audience: int | None = None  # followers of its author, as published
    story: str | None = None  # copies of one text, spun ones too, share it
    topic: str | None = None  # what it complains about; None: not looked at yet, or close to no topic


@dataclass(frozen=True, slots=True)
class Series:
    """Consecutive steps from ``start``; ``None`` stands where under half of the step was observed."""

    start: datetime
    points: tuple[Point | None, ...]
    step: timedelta = STEP

    @property
    def end(self) -> datetime:
        return self.start + self.step * len(self.points)

    def at(self, index: int) -> datetime:
        return self.start + self.step * index


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


@dataclass(frozen=True, slots=True)
class Story:
    """One text that many post: copied word for word, spun, reprinted. Counts of one brand, up to one instant."""

    id: str
    brand: str
    first: MentionKey
    first_at: datetime
    last_at: datetime  # of the newest mention
    mentions: int
    copies: int  # mentions whose text another one of the story had before, word for word or spun, reshares among them
    authors: int  # who wrote words of their own: an account counts once, one that only copies or reshares not at all
    accounts: int  # all that posted it
    outlets: int  # publications and channels, a domain once
    negative: int

    @classmethod
    def told(cls, tellings: Iterable[Telling]) -> Story:
        """Return what these tellings of one story and brand are together. Raises ValueError where there is none."""
        ordered = sorted(tellings, key=lambda one: (one.published_at, one.key))
        if not ordered:
            raise ValueError("story: nobody tells it")
        first, accounts = ordered[0], [one.author or one.outlet for one in ordered]
        return cls(first.story, first.brand, first.key, first.published_at, ordered[-1].published_at, mentions=len(ordered),
                   copies=sum(one.copied for one in ordered),
                   authors=len({name for name, one in zip(accounts, ordered, strict=True) if name and not one.copied}),
                   accounts=len({name for name in accounts if name}),
                   outlets=len({one.outlet for one in ordered if one.outlet}), negative=sum(one.negative for one in ordered))


@dataclass(frozen=True, slots=True)
class Telling:
    """One mention as a member of a story, with the little of it that stories count."""

    story: str
    brand: str
    key: MentionKey
    published_at: datetime
    known_at: datetime
    author: str | None  # "kind:id"; None when the source does not say: then its outlet speaks
    outlet: str | None  # publication or channel
    copied: bool  # its text stood elsewhere before
    negative: bool


@dataclass(frozen=True, slots=True)
class StoryMention:
    """One mention of a story with the little of it that its course is told from."""

    trace: Trace
    copied: bool  # its text stood elsewhere before
    exact: bool = True  # False: its time is known only to the day, or estimated
    outlet: str | None = None  # publication or channel
    reach: Reach | None = None
    shares: int | None = None  # as its source counts them


@dataclass(frozen=True, slots=True)
class Complaint:
    """A negative mention of a brand as topics see it."""

    key: MentionKey
    text: str
    language: str
    embedding: bytes = field(repr=False)
    published_at: datetime
    scored_at: datetime
    model: str = ""
    author: str | None = None  # "kind:id"; None when the source does not say
    story: str | None = None
    topic: str | None = None  # as assigned so far
    aspect: str | None = None  # the one the model is surest of


@dataclass(frozen=True, slots=True)
class KeptTopic:
    """A topic between two groupings, as it is stored. It has ended where nothing is said of it any more, or where it was merged."""

    id: str
    brand: str
    first_at: datetime
    phrases: Mapping[str, tuple[str, ...]]  # by language of the reader, the most telling first
    typical: tuple[MentionKey, ...] = ()
    aspect: str | None = None
    centre: bytes = field(default=b"", repr=False)  # float32 values, in the space of the last grouping
    split_from: str | None = None
    merged_into: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What several people complain about, in whatever language. It keeps id and name while it is spoken of."""

    id: str
    brand: str
    phrases: Mapping[str, tuple[str, ...]]  # by language of the reader, the most telling first
    first_at: datetime
    last_at: datetime
    count: int  # complaints in the span that was asked for
    authors: int  # who wrote them, an account once
    days: tuple[int, ...]  # complaints of each day of the span, the last day ending at its end
    state: str  # new, growing, steady or fading
    change: float | None = None  # the last day against a usual one; None: too young to tell
    members: tuple[MentionKey, ...] = ()  # three typical ones
    aspect: str | None = None
    languages: Mapping[str, int] = field(default_factory=dict)  # complaints of the span by language
    split_from: str | None = None
    merged: tuple[str, ...] = ()  # topics that became part of it
    usual: float | None = None  # complaints of a usual day; None: too young to tell
    between: tuple[float, float] | None = None  # 95 % interval of the change


class Severity(StrEnum):
    """P1 pages at any hour, P2 by day, P3 waits for the digest."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class AlertState(StrEnum):
    CANDIDATE = "candidate"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"


class Reason(StrEnum):
    """Why a message goes out, or why it does not. It travels to log, message and delivery."""

    FIRST = "first"
    ESCALATED = "escalated"
    REPEAT = "repeat"
    RESOLVED = "resolved"
    TAKEN = "taken"  # somebody has it: who was told of it is told that too, quietly and once
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    NONE = "none"

    @property
    def sends(self) -> bool:
        return self in (Reason.FIRST, Reason.ESCALATED, Reason.REPEAT, Reason.RESOLVED)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule saw at one step. ``subject`` is the brand, or the source for source rules."""

    rule: str
    subject: str
    at: datetime  # end of the step, or publish time of the mention, that made it true
    starts_at: datetime  # when the window it speaks of began
    value: float
    expected: float
    severity: Severity
    firing: bool  # False: the condition has cleared
    evidence: tuple[MentionKey, ...] = ()
    why: Mapping[str, Any] = field(default_factory=dict)  # figures the wording needs: window, floor, threshold …
    story: str | None = None  # the story it is about, where it is about one


@dataclass(frozen=True, slots=True)
class Campaign:
    """A time in which much is said about a brand because it asked for it: volume is expected, anger is not."""

    brand: str
    name: str
    start: datetime
    end: datetime
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition with a life. Evidence is what a person can open."""

    rule: str
    subject: str
    starts_at: datetime
    fired_at: datetime
    value: float
    expected: float
    severity: Severity
    state: AlertState
    evidence: tuple[MentionKey, ...] = ()
    why: Mapping[str, Any] = field(default_factory=dict)
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    story: str | None = None

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stay the same for the life of one alert, live and in replay."""
        parts = (self.rule, self.subject, self.fired_at.isoformat(), self.story or "")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Silence:
    subject: str  # brand or source; "*" for all
    rule: str  # or "*"
    who: str
    why: str
    starts_at: datetime
    until: datetime


class VerdictKind(StrEnum):
    REAL = "real"
    NOT_OURS = "not_ours"
    KNOWN = "known"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Verdict:
    fingerprint: str
    kind: VerdictKind
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter. ``content_id``: the page shows it as ``cid:…``; None: it stands beside the letter."""

    name: str
    kind: str  # image/png
    content: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with a face of its own: the page, the same as text, what goes with it, and the link that ends the subscription."""

    html: str = field(repr=False)
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    unsubscribe: str | None = None  # an https address that takes a POST (RFC 8058)


@dataclass(frozen=True, slots=True)
class Message:
    """All a notifier sees. Lines are plain text in ``language``; escaping is the notifier's duty."""

    key: str  # idempotency key: the same key is the same message
    title: str
    lines: tuple[str, ...]
    language: str
    reason: Reason
    url: str | None = None
    quoted: tuple[ScoredMention, ...] = ()
    alert: Alert | None = None
    quiet: bool = False  # a notice and no page: it makes no sound where the medium can help it
    left: tuple[str, ...] = ()  # of a receiver of several people: who has not got it yet; empty: nobody has
    digest: str | None = None  # the digest it brings, "period language brand": what goes out is made from what is kept of it
    letter: Letter | None = None  # made when it goes out, and never stored
    due_at: datetime | None = None  # of a digest: when it should have gone out
    case: int | None = None  # the case it hands over


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one receiver. ``key`` is unique per receiver; sending twice keeps one key."""

    key: str
    receiver: str
    message: Message
    due_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    error: str | None = None
    cancelled_at: datetime | None = None  # nobody waits for it any more: it does not go out again
    first_due_at: datetime | None = None  # of one that was tried and put off: when it was to go out; None: at ``due_at``

    @property
    def wanted_at(self) -> datetime:
        """When it was to go out, however often it was put off since."""
        return self.first_due_at or self.due_at


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may look at: everything known about one subject up to ``until``.

    ``series`` ends at ``until`` and reaches back three weeks where so much is known. ``traces`` are the mentions
    published in ``(since - 4 h, until]``, oldest first. ``since`` is the end of the last evaluated step: a rule
    evaluates every step that closes in ``(since, until]``, so that a step is evaluated once and backfill never is.
    ``coverage`` are the spans of the subject's sources; for a rule about sources the subject is the source's name.
    """

    subject: str
    until: datetime
    since: datetime
    series: Series
    traces: tuple[Trace, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    stale_after: timedelta | None = None  # of the source, for rules about sources
    fresh: tuple[ScoredMention, ...] = ()  # for rules ``on`` mentions: scored in ``(since, until]``, in order of ``known_at`` and key
    stories: Mapping[str, Story] = field(default_factory=dict)  # those of the fresh mentions, as they were before them
    audiences: tuple[int, ...] = ()  # followers of each author of the past 90 days, ascending, as of the start of the UTC day
    complained: Mapping[str, datetime] = field(default_factory=dict)  # authors of fresh mentions → when they last did before
    deadlines: tuple[Deadline, ...] = ()  # of care: those that were past at some instant of ``(since, until]``


@dataclass(frozen=True, slots=True)
class Look:
    """What a look of the rules went by that cannot be told afterwards: replay goes by it too.

    ``steps``: the end of the last step that rules about brands looked at; None: none closed. ``heard``: the same of each source
    rules looked at now. ``ends``: up to where each source was read that was not read past these, and whether rules about
    brands took the rest as seen.
    """

    at: datetime
    steps: datetime | None = None
    heard: Mapping[str, datetime] = field(default_factory=dict)
    ends: Mapping[str, tuple[datetime, bool]] = field(default_factory=dict)
    assumed: bool = False  # nobody looked: replay looks where the house did not yet run


State = Mapping[str, Any]
"""What a rule remembers between evaluations: a JSON mapping that only the rule reads and writes."""


class Ledger(Protocol):
    """What was spent of an allowance, kept across restarts: paid reads, daily quotas."""

    def spend(self, account: str, period: str, units: int, limit: int) -> bool:
        """Book ``units`` (negative: give back) before they are used; False, and nothing booked, where ``limit`` would be passed."""
        ...


class Refresher(Protocol):
    """A collector that can also look again at single mentions it gave before."""

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the mentions as they are now (counts, edits) and the keys that are gone; no cursor. Raises: CollectError."""
        ...


class Collector(Protocol):
    """Reads one configured source. One that is also a ``Refresher`` is asked for the growth of recent mentions."""

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return what is new since ``cursor``. Raises: CollectError."""
        ...


class Scorer(Protocol):
    name: str  # name@revision
    languages: frozenset[str]  # empty: any

    def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """Return one analysis a text, in order; the same for one text as for many. Raises: ScoreError."""
        ...


class Rule(Protocol):
    kind: str
    about: str  # "brand" or "source": whose facts it reads
    on: str  # "step": when a step closes; "mention": as soon as one is scored (a tripwire)
    history: timedelta  # how far back its series should reach

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Pure: the same facts and state give the same findings, live and in replay."""
        ...


class Notifier(Protocol):
    def send(self, message: Message) -> str | None:
        """Hand one message over; return what the receiver calls it, where it says so (a ticket's address). Raises: NotifyError."""
        ...
