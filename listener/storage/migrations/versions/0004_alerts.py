"""Alerts: when mentions became known, what rules have not looked at yet, cancelled deliveries, what was made of rules."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITS = "sent_at IS NULL AND given_up_at IS NULL AND cancelled_at IS NULL"
STEP = 5 * 60 * 1_000_000


def upgrade() -> None:
    op.add_column("mention", sa.Column("story", sa.Text(), nullable=True))
    op.add_column("mention", sa.Column("known_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE mention SET known_at = scored_at WHERE scored_at IS NOT NULL")
    op.create_table("fresh",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk", "brand"),
        sqlite_with_rowid=False
    )
    op.create_index("fresh_known", "fresh", ["known_at"])
    _count_sources()
    op.add_column("coverage", sa.Column("noted_at", sa.BigInteger(), nullable=True))
    op.add_column("delivery", sa.Column("cancelled_at", sa.BigInteger(), nullable=True))
    op.drop_index("delivery_due", "delivery")
    op.create_index("delivery_due", "delivery", ["due_at"], sqlite_where=sa.text(WAITS), postgresql_where=sa.text(WAITS))
    op.create_index("verdict_time", "verdict", ["at"])
    op.create_table("rule_setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=True),
        sa.Column("demoted_at", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name")
    )
    op.create_table("replay_record",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "at")
    )
    op.create_table("look",
        sa.Column("at", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=True),
        sa.Column("heard", sa.BigInteger(), nullable=True),
        sa.Column("ends", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("at")
    )


def _count_sources() -> None:
    """Count each mention once for its first source; the step's start also before 1970 (% keeps the sign in both databases)."""
    op.create_table("source_fact",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("mentions", sa.BigInteger(), nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("negative", sa.BigInteger(), nullable=False),
        sa.Column("unsure", sa.BigInteger(), nullable=False),
        sa.Column("negative_reach", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "step"),
        sqlite_with_rowid=False
    )
    op.execute(
        "INSERT INTO source_fact (source, step, mentions, scored, negative, unsure, negative_reach) "
        f"SELECT source, published_at - ((published_at % {STEP}) + {STEP}) % {STEP}, count(*), "
        "sum(CASE WHEN label <> 'unscored' THEN 1 ELSE 0 END), sum(CASE WHEN label = 'negative' THEN 1 ELSE 0 END), "
        "sum(CASE WHEN unsure THEN 1 ELSE 0 END), "
        "CAST(sum(CASE WHEN label = 'negative' THEN coalesce(reach_mid, 0) ELSE 0 END) AS bigint) FROM mention "
        "WHERE deleted_at IS NULL AND NOT ours AND precision IN ('second', 'minute') "
        "AND EXISTS (SELECT 1 FROM match WHERE match.mention_pk = mention.pk) GROUP BY 1, 2")
