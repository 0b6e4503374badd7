"""A mention as it stands, its past, who saw it and what it is about."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from .columns import ROW_NUMBER, integer, own, words, written

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
        # only answers, by what they answer
        Index("mention_answer", "in_reply_to", sqlite_where=text("in_reply_to IS NOT NULL"),
              postgresql_where=text("in_reply_to IS NOT NULL")),
        # only what is rated
        Index("mention_rated", "published_at", "pk", sqlite_where=text("rating IS NOT NULL"), postgresql_where=text("rating IS NOT NULL")),
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


author, mention, match, sighting, revision = map(written, (AuthorRow, MentionRow, MatchRow, SightingRow, RevisionRow))

MENTIONS = (author, mention, match, sighting, revision,
            *map(written, (FreshRow, EngagementRow, PayloadRow, AnalysisRow, VectorBlockRow)))
