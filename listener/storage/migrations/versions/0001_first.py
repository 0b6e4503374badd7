"""The first schema, and the full-text index each database has of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table("alert",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fired_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint")
    )
    op.create_index("alert_fired", "alert", ["fired_at"])
    op.create_index("alert_subject", "alert", ["subject", "fired_at"])
    op.create_table("author",
        sa.Column("pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("kind", "id")
    )
    op.create_table("author_fact",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("author_pk", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("mentions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "hour", "author_pk", "label"),
        sqlite_with_rowid=False
    )
    op.create_table("coverage",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "starts_at", "ends_at")
    )
    op.create_index("coverage_end", "coverage", ["ends_at"])
    op.create_table("delivery",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "receiver")
    )
    op.create_index("delivery_due", "delivery", ["due_at"], sqlite_where=sa.text("sent_at IS NULL AND given_up_at IS NULL"),
                    postgresql_where=sa.text("sent_at IS NULL AND given_up_at IS NULL"))
    op.create_index("delivery_fingerprint", "delivery", ["fingerprint"])
    op.create_table("event",
        sa.Column("pk", ROW_NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("pk")
    )
    op.create_index("event_subject", "event", ["subject", "at"])
    op.create_index("event_time", "event", ["at"])
    op.create_table("forgotten",
        sa.Column("author", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("author")
    )
    op.create_table("hour_fact",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("mentions", sa.BigInteger(), nullable=False),
        sa.Column("unsure", sa.BigInteger(), nullable=False),
        sa.Column("reach_low", sa.BigInteger(), nullable=False),
        sa.Column("reach_mid", sa.BigInteger(), nullable=False),
        sa.Column("reach_high", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "hour", "source", "language", "label"),
        sqlite_with_rowid=False
    )
    op.create_index("hour_fact_hour", "hour_fact", ["hour"])
    op.create_table("quote",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "key", "receiver"),
        sqlite_with_rowid=False
    )
    op.create_table("receiver",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name")
    )
    op.create_table("rule_state",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "subject")
    )
    op.create_table("silence",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "rule", "starts_at")
    )
    op.create_table("source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("ok_at", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("permanent", sa.Boolean(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("mentions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name")
    )
    op.create_table("step_fact",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mentions", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("negative", sa.BigInteger(), nullable=False),
        sa.Column("unsure", sa.BigInteger(), nullable=False),
        sa.Column("negative_reach", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "step", "source"),
        sqlite_with_rowid=False
    )
    op.create_table("verdict",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "who")
    )
    op.create_table("mention",
        sa.Column("pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("author_pk", ROW_NUMBER, nullable=True),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("reshare_of", sa.Text(), nullable=True),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("engaged_at", sa.BigInteger(), nullable=True),
        sa.Column("reach_low", sa.BigInteger(), nullable=True),
        sa.Column("reach_mid", sa.BigInteger(), nullable=True),
        sa.Column("reach_high", sa.BigInteger(), nullable=True),
        sa.Column("reach_method", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("corrected", sa.Text(), nullable=True),
        sa.Column("negative", sa.Float(), nullable=True),
        sa.Column("neutral", sa.Float(), nullable=True),
        sa.Column("positive", sa.Float(), nullable=True),
        sa.Column("certainty_floor", sa.Float(), nullable=True),
        sa.Column("score_language", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("scored_at", sa.BigInteger(), nullable=True),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("waiting between 0 and 2"),
        sa.ForeignKeyConstraint(["author_pk"], ["author.pk"], ),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("kind", "id")
    )
    op.create_index("mention_author", "mention", ["author_pk"])
    op.create_index("mention_waiting", "mention", ["waiting", "published_at", "pk"], sqlite_where=sa.text("waiting > 0"),
                    postgresql_where=sa.text("waiting > 0"))
    op.create_table("analysis",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("aspects", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("intent_confidence", sa.Float(), nullable=True),
        sa.Column("previous_model", sa.Text(), nullable=True),
        sa.Column("previous_label", sa.Text(), nullable=True),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk")
    )
    op.create_table("correction",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk", "at", "who")
    )
    op.create_table("engagement",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk", "at"),
        sqlite_with_rowid=False
    )
    op.create_table("match",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk", "brand"),
        sqlite_with_rowid=False
    )
    op.create_index("match_brand_label_time", "match", ["brand", "label", "published_at", "mention_pk"])
    op.create_index("match_brand_time", "match", ["brand", "published_at", "mention_pk"])
    op.create_index("match_time", "match", ["published_at", "mention_pk", "brand"])
    op.create_table("payload",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("deflated", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk")
    )
    op.create_index("payload_kept", "payload", ["kept_at"])
    op.create_table("revision",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_until", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk", "number")
    )
    op.create_table("sighting",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk", "source"),
        sqlite_with_rowid=False
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search (mention_pk bigint PRIMARY KEY REFERENCES mention (pk) ON DELETE CASCADE, "
                   "words tsvector NOT NULL)")
        op.execute("CREATE INDEX search_words ON search USING gin (words)")
    else:
        try:
            op.execute("CREATE VIRTUAL TABLE search USING fts5(words, tokenize = 'unicode61 remove_diacritics 0', "
                       "columnsize = 0)")
        except sa.exc.OperationalError:  # an SQLite built without FTS5: a plain table, searched with LIKE
            op.execute("CREATE TABLE search (rowid INTEGER PRIMARY KEY, words TEXT NOT NULL)")
