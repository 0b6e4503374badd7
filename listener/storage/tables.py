"""Rows. They never leave this package: the rest of the house knows the nouns of ``listener.types``.

Instants are microseconds since 1970 (UTC) in 64-bit integers: equal on SQLite and PostgreSQL, exact, and range
scans compare integers. ``mention`` holds the present of a mention; ``revision`` and ``engagement`` hold its past.
``pk`` is a number of our own for the natural key (kind, id), because five tables and the search index refer to it.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from .care_tables import CARE
from .columns import ROW_NUMBER, integer, own, words, written
from .digest_tables import DIGEST

UNTOLD = "story IS NULL AND known_at IS NOT NULL AND NOT ours"


class AuthorRow(SQLModel, table=True):
    __tablename__ = "author"
    __table_args__ = (UniqueConstraint("kind", "id"), Index("author_id", "id"), Index("author_name", "name"))

    pk: int = Field(sa_type=cast(Any, ROW_NUMBER), primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = words()
    id: str = words()
    name: str | None = words(default=None)
    url: str | None = words(default=None)
    followers: int | None = integer(default=None)


class MentionRow(SQLModel, table=True):
    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("kind", "id"),
        Index("mention_author", "author_pk"),
        # small: only what waits for a score; 2 = never scored, 1 = scored by an older model
        Index("mention_waiting", "waiting", "published_at", "pk", sqlite_where=text("waiting > 0"),
              postgresql_where=text("waiting > 0")),
        Index("mention_fingerprint", "fingerprint", sqlite_where=text("fingerprint IS NOT NULL"),
              postgresql_where=text("fingerprint IS NOT NULL")),
        # small: only what a source can be asked the growth of, for a week
        Index("mention_refresh", "source", "refresh_at", sqlite_where=text("refresh_at IS NOT NULL"),
              postgresql_where=text("refresh_at IS NOT NULL")),
        Index("mention_story", "story", sqlite_where=text("story IS NOT NULL"), postgresql_where=text("story IS NOT NULL")),
        # small: only what was scored a moment ago
        Index("mention_untold", "known_at", "published_at", "pk", sqlite_where=text(UNTOLD), postgresql_where=text(UNTOLD)),
        # what topics look at, in the order in which it became known
        Index("mention_complaint", "scored_at", "pk", sqlite_where=text("label = 'negative'"),
              postgresql_where=text("label = 'negative'")),
        # small: what we said ourselves
        Index("mention_ours", "published_at", "pk", sqlite_where=text("ours"), postgresql_where=text("ours")),
        Index("mention_source", "source", "published_at", "pk"),  # the newest of a source
        CheckConstraint("waiting between 0 and 2"),
    )

    pk: int = Field(sa_type=cast(Any, ROW_NUMBER), primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = words()
    id: str = words()
    source: str = words()  # the first that saw it; counts stand under this name
    published_at: int = integer()
    precision: str = words()
    first_seen_at: int = integer()
    edited_at: int | None = integer(default=None)
    deleted_at: int | None = integer(default=None)  # set: the source took it back; texts are gone, the key stays
    author_pk: int | None = Field(default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"),
                                                                 ForeignKey("author.pk")))
    ours: bool = Field(default=False)
    language: str | None = words(default=None)
    url: str | None = words(default=None)
    outlet: str | None = words(default=None)
    in_reply_to: str | None = words(default=None)
    reshare_of: str | None = words(default=None)
    rating: float | None = Field(default=None)
    # engagement as last seen
    likes: int | None = integer(default=None)
    shares: int | None = integer(default=None)
    comments: int | None = integer(default=None)
    views: int | None = integer(default=None)
    engaged_at: int | None = integer(default=None)
    # reach
    reach_low: int | None = integer(default=None)
    reach_mid: int | None = integer(default=None)
    reach_high: int | None = integer(default=None)
    reach_method: str | None = words(default=None)
    # score; ``label`` is what counts: the person's word, else the model's, else 'unscored'
    label: str = words(default="unscored")
    unsure: bool = Field(default=False)
    corrected: str | None = words(default=None)
    negative: float | None = Field(default=None)
    neutral: float | None = Field(default=None)
    positive: float | None = Field(default=None)
    certainty_floor: float | None = Field(default=None)
    score_language: str | None = words(default=None)
    model: str | None = words(default=None)
    scored_at: int | None = integer(default=None)
    waiting: int = Field(default=2)
    claimed_until: int | None = integer(default=None)
    edits: int = Field(default=0)
    fingerprint: str | None = words(default=None)  # equal for copies; NULL where the text is too short
    story: str | None = words(default=None)  # equal for copies and spun copies
    copied: bool | None = Field(default=None)  # its text stood elsewhere before; NULL: not looked at yet
    known_at: int | None = integer(default=None)  # first scored as it stands: an edit makes it unknown again
    refresh_at: int | None = integer(default=None)  # when its counts are asked for again; NULL: not at all
    # the long columns stand last, so that the short ones are read without them
    title: str | None = words(default=None)
    text: str = words(default="")


class MatchRow(SQLModel, table=True):
    """What the board pages over; ``published_at`` and ``label`` repeat the mention's, for the two indexes."""

    __tablename__ = "match"
    __table_args__ = (
        Index("match_brand_time", "brand", "published_at", "mention_pk"),
        Index("match_brand_label_time", "brand", "label", "published_at", "mention_pk"),
        Index("match_time", "published_at", "mention_pk", "brand"),
        {"sqlite_with_rowid": False},
    )

    mention_pk: int = Field(sa_column=own("mention"))
    brand: str = words(primary_key=True)
    published_at: int = integer()
    label: str = words(default="unscored")
    terms: str = words()


class FreshRow(SQLModel, table=True):
    """A match that was scored a moment ago and that no rule on mentions has looked at: written with the score, deleted with
    what the rules made of it.
    """

    __tablename__ = "fresh"
    __table_args__ = (Index("fresh_known", "known_at"), {"sqlite_with_rowid": False})

    mention_pk: int = Field(sa_column=own("mention"))
    brand: str = words(primary_key=True)
    known_at: int = integer()


class SightingRow(SQLModel, table=True):
    """A configured source saw this mention."""

    __tablename__ = "sighting"
    __table_args__ = ({"sqlite_with_rowid": False},)

    mention_pk: int = Field(sa_column=own("mention"))
    source: str = words(primary_key=True)
    seen_at: int = integer()


class RevisionRow(SQLModel, table=True):
    """What a mention said before an edit."""

    __tablename__ = "revision"

    mention_pk: int = Field(sa_column=own("mention"))
    number: int = Field(primary_key=True)
    seen_until: int = integer()
    title: str | None = words(default=None)
    text: str = words()


class EngagementRow(SQLModel, table=True):
    """An earlier snapshot; the last one stands in the mention."""

    __tablename__ = "engagement"
    __table_args__ = ({"sqlite_with_rowid": False},)

    mention_pk: int = Field(sa_column=own("mention"))
    at: int = integer(primary_key=True)
    likes: int | None = integer(default=None)
    shares: int | None = integer(default=None)
    comments: int | None = integer(default=None)
    views: int | None = integer(default=None)


class PayloadRow(SQLModel, table=True):
    """The payload a mention was read from, deflated."""

    __tablename__ = "payload"
    __table_args__ = (Index("payload_kept", "kept_at"),)

    mention_pk: int = Field(sa_column=own("mention"))
    kept_at: int = integer()
    deflated: bytes = Field(sa_type=LargeBinary)


class AnalysisRow(SQLModel, table=True):
    """What one forward pass gave besides the score, and the label of the model before."""

    __tablename__ = "analysis"

    mention_pk: int = Field(sa_column=own("mention"))
    aspects: str = words(default="[]")
    intent: str | None = words(default=None)
    intent_confidence: float | None = Field(default=None)
    previous_model: str | None = words(default=None)
    previous_label: str | None = words(default=None)
    embedding: bytes | None = Field(default=None, sa_type=LargeBinary)
    vector: int | None = integer(default=None)  # where the embedding stands among all: block × its size + place


class VectorBlockRow(SQLModel, table=True):
    """Embeddings of one model side by side, each with its mention, time and language: what a search sweeps over."""

    __tablename__ = "vector_block"
    __table_args__ = (Index("vector_block_model", "model", "width", "number"),)

    number: int = Field(sa_type=cast(Any, ROW_NUMBER), primary_key=True, sa_column_kwargs={"autoincrement": False})
    model: str = words()
    width: int = integer()  # values in a vector
    first_at: int = integer()  # publish times of its mentions
    last_at: int = integer()
    vectors: bytes = Field(sa_type=LargeBinary)


class StoryMarkRow(SQLModel, table=True):
    """A piece of a mention's text, hashed: what copies have in common. None for texts that another one stands for."""

    __tablename__ = "story_mark"
    __table_args__ = (Index("story_mark_mention", "mention_pk"), {"sqlite_with_rowid": False})

    mark: int = integer(primary_key=True)
    mention_pk: int = Field(sa_column=own("mention"))
    until: int = integer()  # what is published later is not compared with it


class StoryMergeRow(SQLModel, table=True):
    """A story that was found to be part of an older one."""

    __tablename__ = "story_merge"
    __table_args__ = (Index("story_merge_story", "story"),)

    old: str = words(primary_key=True)
    story: str = words()


class TopicRow(SQLModel, table=True):
    """What several people complain about; ``types.KeptTopic``."""

    __tablename__ = "topic"
    __table_args__ = (Index("topic_brand", "brand", "ended_at"),)

    id: str = words(primary_key=True)
    brand: str = words()
    first_at: int = integer()
    ended_at: int | None = integer(default=None)
    split_from: str | None = words(default=None)
    merged_into: str | None = words(default=None)
    aspect: str | None = words(default=None)
    phrases: str = words()
    typical: str = words()
    centre: bytes = Field(sa_type=LargeBinary)  # empty once it has ended


class TopicMentionRow(SQLModel, table=True):
    """A complaint that topics have looked at; ``topic`` is NULL where none is close."""

    __tablename__ = "topic_mention"
    __table_args__ = (Index("topic_mention_time", "brand", "topic", "published_at", "mention_pk"), {"sqlite_with_rowid": False})

    mention_pk: int = Field(sa_column=own("mention"))
    brand: str = words(primary_key=True)
    topic: str | None = words(default=None)
    published_at: int = integer()


class TopicRoundRow(SQLModel, table=True):
    """How far a brand's complaints were looked at, and the space of its last grouping."""

    __tablename__ = "topic_round"

    brand: str = words(primary_key=True)
    grouped_at: int | None = integer(default=None)
    seen_until: int = integer()  # scored_at
    space: bytes | None = Field(default=None, sa_type=LargeBinary)


class StepFactRow(SQLModel, table=True):
    """Counts of one 5-minute step; ``step`` is its start."""

    __tablename__ = "step_fact"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: str = words(primary_key=True)
    step: int = integer(primary_key=True)
    source: str = words(primary_key=True)
    mentions: int = integer()
    scored: int = integer()
    negative: int = integer()
    unsure: int = integer()
    negative_reach: int = integer()


class SourceFactRow(SQLModel, table=True):
    """Counts of one 5-minute step of a source, whatever the brands: a mention of two of them stands once."""

    __tablename__ = "source_fact"
    __table_args__ = ({"sqlite_with_rowid": False},)

    source: str = words(primary_key=True)
    step: int = integer(primary_key=True)
    mentions: int = integer()
    scored: int = integer()
    negative: int = integer()
    unsure: int = integer()
    negative_reach: int = integer()


class HourFactRow(SQLModel, table=True):
    __tablename__ = "hour_fact"
    __table_args__ = (Index("hour_fact_hour", "hour"), {"sqlite_with_rowid": False})

    brand: str = words(primary_key=True)
    hour: int = integer(primary_key=True)
    source: str = words(primary_key=True)
    language: str = words(primary_key=True)  # '' where neither source nor scorer says
    label: str = words(primary_key=True)
    mentions: int = integer()
    unsure: int = integer()
    reach_low: int = integer()
    reach_mid: int = integer()
    reach_high: int = integer()


class AuthorFactRow(SQLModel, table=True):
    """Who wrote in which hour: distinct authors are counted from here, never added up."""

    __tablename__ = "author_fact"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: str = words(primary_key=True)
    hour: int = integer(primary_key=True)
    author_pk: int = integer(primary_key=True)
    label: str = words(primary_key=True)
    mentions: int = integer()


class SourceRow(SQLModel, table=True):
    __tablename__ = "source"

    name: str = words(primary_key=True)
    kind: str = words(default="")
    cursor: str | None = words(default=None)
    polled_at: int | None = integer(default=None)
    ok_at: int | None = integer(default=None)
    failing_since: int | None = integer(default=None)
    error: str | None = words(default=None)
    permanent: bool = Field(default=False)
    retry_at: int | None = integer(default=None)
    paused: bool = Field(default=False)
    mentions: int = integer(default=0)
    first_at: int | None = integer(default=None)  # first reading that worked: what is older is its backlog
    # how often it is read
    pace: int | None = integer(default=None)  # microseconds between two readings
    next_at: int | None = integer(default=None)
    # what is usual of it
    last_item_at: int | None = integer(default=None)
    readings: int = integer(default=0, sa_column_kwargs={"server_default": "0"})
    showing: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    shelf: int = integer(default=0, sa_column_kwargs={"server_default": "0"})  # microseconds
    suspect_since: int | None = integer(default=None)
    # an experimental source that a person has looked at
    confirmed_at: int | None = integer(default=None)
    confirmed_by: str | None = words(default=None)
    added_at: int | None = integer(default=None)  # since when it is known
    setup: str | None = words(default=None)  # a mark that changes with what it is asked for and how; holds no secret


class SpendingRow(SQLModel, table=True):
    """What was spent of an allowance in one period (a day, a month): booked before it is used, never deleted."""

    __tablename__ = "spending"

    account: str = words(primary_key=True)
    period: str = words(primary_key=True)
    units: int = integer()


class CoverageRow(SQLModel, table=True):
    __tablename__ = "coverage"
    __table_args__ = (Index("coverage_end", "ends_at"),)

    source: str = words(primary_key=True)
    starts_at: int = integer(primary_key=True)
    ends_at: int = integer(primary_key=True)
    state: str = words()
    reason: str | None = words(default=None)
    noted_at: int | None = integer(default=None)  # when this state of it was first noted, however long it went on


class RuleStateRow(SQLModel, table=True):
    __tablename__ = "rule_state"

    rule: str = words(primary_key=True)
    subject: str = words(primary_key=True)
    state: str = words()
    until: int = integer()


class RuleSettingRow(SQLModel, table=True):
    """What people and precision made of a rule, beside what the configuration says."""

    __tablename__ = "rule_setting"

    name: str = words(primary_key=True)
    enabled: bool | None = Field(default=None)  # NULL: as the configuration says
    demoted_at: int | None = integer(default=None)
    who: str = words()
    at: int = integer()
    why: str = words()


class ReplayRecordRow(SQLModel, table=True):
    """What a rule would have done, as it was known when somebody enabled it."""

    __tablename__ = "replay_record"

    rule: str = words(primary_key=True)
    at: int = integer(primary_key=True)
    who: str = words()
    content: str = words()


class LookRow(SQLModel, table=True):
    """A look of the rules at which a step closed or an alert changed, with what it went by."""

    __tablename__ = "look"

    at: int = Field(sa_type=cast(Any, ROW_NUMBER), primary_key=True, sa_column_kwargs={"autoincrement": False})
    steps: int | None = integer(default=None)
    heard: str | None = words(default=None)  # {source: end of the last step looked at}
    ends: str | None = words(default=None)


class AlertRow(SQLModel, table=True):
    __tablename__ = "alert"
    __table_args__ = (Index("alert_fired", "fired_at"), Index("alert_subject", "subject", "fired_at"))

    fingerprint: str = words(primary_key=True)
    rule: str = words()
    subject: str = words()
    state: str = words()
    fired_at: int = integer()
    updated_at: int = integer()
    content: str = words()  # the whole noun as JSON


_WAITS = "sent_at IS NULL AND given_up_at IS NULL AND cancelled_at IS NULL"


class DeliveryRow(SQLModel, table=True):
    """The outbox: written with the alert, emptied by whoever delivers."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_fingerprint", "fingerprint"),
        Index("delivery_due", "due_at", sqlite_where=text(_WAITS), postgresql_where=text(_WAITS)),
    )

    key: str = words(primary_key=True)
    receiver: str = words(primary_key=True)
    fingerprint: str | None = words(default=None)
    due_at: int = integer()
    first_due_at: int | None = integer(default=None)  # before it was put off for the first time; NULL: never was
    attempts: int = Field(default=0)
    claimed_until: int | None = integer(default=None)
    sent_at: int | None = integer(default=None)
    given_up_at: int | None = integer(default=None)
    cancelled_at: int | None = integer(default=None)  # set: nobody waits for it any more; it never goes out again
    error: str | None = words(default=None)
    message: str = words()


class QuoteRow(SQLModel, table=True):
    """Which messages quote which mention, so that what is taken back is taken back there too."""

    __tablename__ = "quote"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: str = words(primary_key=True)
    id: str = words(primary_key=True)
    key: str = words(primary_key=True)
    receiver: str = words(primary_key=True)


class ReceiverRow(SQLModel, table=True):
    __tablename__ = "receiver"

    name: str = words(primary_key=True)
    disabled_at: int | None = integer(default=None)
    error: str | None = words(default=None)
    refusals: int = integer(default=0, sa_column_kwargs={"server_default": "0"})  # for good, in a row
    refusing_since: int | None = integer(default=None)  # the first of them; NULL: it takes what it is sent


class BotRow(SQLModel, table=True):
    """A bot whose updates are read for answers of people; ``account`` is a hash of its token."""

    __tablename__ = "bot"

    account: str = words(primary_key=True)
    state: str = words()  # JSON: how far its updates were taken, what somebody was asked


class SilenceRow(SQLModel, table=True):
    __tablename__ = "silence"

    subject: str = words(primary_key=True)
    rule: str = words(primary_key=True)
    starts_at: int = integer(primary_key=True)
    until: int = integer()
    who: str = words()
    why: str = words()


class VerdictRow(SQLModel, table=True):
    __tablename__ = "verdict"
    __table_args__ = (Index("verdict_time", "at"),)

    fingerprint: str = words(primary_key=True)
    who: str = words(primary_key=True)
    kind: str = words()
    at: int = integer()


class CorrectionRow(SQLModel, table=True):
    __tablename__ = "correction"

    mention_pk: int = Field(sa_column=own("mention"))
    at: int = integer(primary_key=True)
    who: str = words(primary_key=True)
    label: str = words()


class EventRow(SQLModel, table=True):
    """Who did what, append-only."""

    __tablename__ = "event"
    __table_args__ = (Index("event_time", "at"), Index("event_subject", "subject", "at"))

    pk: int | None = Field(default=None, sa_type=cast(Any, ROW_NUMBER), primary_key=True)
    at: int = integer()
    who: str = words()
    what: str = words()
    subject: str | None = words(default=None)


class ForgottenRow(SQLModel, table=True):
    """Authors who asked to be forgotten, as a hash: so that the next reading of their source does not bring them back."""

    __tablename__ = "forgotten"

    author: str = words(primary_key=True)


author, mention, match, sighting = map(written, (AuthorRow, MentionRow, MatchRow, SightingRow))
revision, engagement, payload, analysis = map(written, (RevisionRow, EngagementRow, PayloadRow, AnalysisRow))
step_fact, hour_fact, author_fact = map(written, (StepFactRow, HourFactRow, AuthorFactRow))
source, coverage, rule_state, alert = map(written, (SourceRow, CoverageRow, RuleStateRow, AlertRow))
delivery, quote, receiver, silence = map(written, (DeliveryRow, QuoteRow, ReceiverRow, SilenceRow))
verdict, correction, event, forgotten = map(written, (VerdictRow, CorrectionRow, EventRow, ForgottenRow))
spending, fresh, source_fact, look = map(written, (SpendingRow, FreshRow, SourceFactRow, LookRow))
rule_setting, replay_record = map(written, (RuleSettingRow, ReplayRecordRow))
story_mark, story_merge, bot = map(written, (StoryMarkRow, StoryMergeRow, BotRow))
topic, topic_mention, topic_round = map(written, (TopicRow, TopicMentionRow, TopicRoundRow))
vector_block = written(VectorBlockRow)

ALL = (author, mention, match, sighting, revision, engagement, payload, analysis, step_fact, hour_fact, author_fact, source,
       coverage, rule_state, alert, delivery, quote, receiver, silence, verdict, correction, event, forgotten, spending,
       fresh, source_fact, look, rule_setting, replay_record, story_mark, story_merge, bot,
       topic, topic_mention, topic_round, vector_block, *CARE, *DIGEST)
"""Every table, each after those it refers to."""
