"""Topics: what complaints are about, which of them belongs to which, and the space they are compared in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COMPLAINT = "label = 'negative'"


def upgrade() -> None:
    op.create_table("topic",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("split_from", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("aspect", sa.Text(), nullable=True),
        sa.Column("phrases", sa.Text(), nullable=False),
        sa.Column("typical", sa.Text(), nullable=False),
        sa.Column("centre", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_index("topic_brand", "topic", ["brand", "ended_at"])
    op.create_table("topic_mention",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk", "brand"),
        sqlite_with_rowid=False
    )
    op.create_index("topic_mention_time", "topic_mention", ["brand", "topic", "published_at", "mention_pk"])
    op.create_table("topic_round",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("grouped_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_until", sa.BigInteger(), nullable=False),
        sa.Column("space", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("brand")
    )
    op.create_index("mention_complaint", "mention", ["scored_at", "pk"], sqlite_where=sa.text(COMPLAINT), postgresql_where=sa.text(COMPLAINT))
