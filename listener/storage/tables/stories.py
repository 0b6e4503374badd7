"""What mentions have in common: copies of one text, topics of complaint."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from .columns import integer, own, words, written


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


STORIES = tuple(map(written, (StoryMarkRow, StoryMergeRow, TopicRow, TopicMentionRow, TopicRoundRow)))
