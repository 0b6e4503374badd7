"""Care: cases with their log, promises, and until when somebody must act."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('new', 'assigned', 'answered', 'waiting')")


def upgrade() -> None:
    op.create_table("care_case",
        sa.Column("number", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("story", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number")
    )
    op.create_index("care_case_brand", "care_case", ["brand", "opened_at"])
    op.create_index("care_case_author", "care_case", ["author"])
    op.create_index("care_case_story", "care_case", ["story"])
    op.create_index("care_case_resolved", "care_case", ["brand", "resolved_at"])
    op.create_index("care_case_open", "care_case", ["brand", "due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table("care_mention",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", "case_number"),
        sqlite_with_rowid=False
    )
    op.create_index("care_mention_case", "care_mention", ["case_number"])
    op.create_table("care_event",
        sa.Column("pk", ROW_NUMBER, nullable=False),
        sa.Column("case_number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pk")
    )
    op.create_index("care_event_case", "care_event", ["case_number", "pk"])
    op.create_table("promise",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("case_number", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("mention_id", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_index("promise_due", "promise", ["brand", "state", "due_at"])
    op.create_index("promise_case", "promise", ["case_number"])
    op.create_table("deadline",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("due", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref", "due", "noted_at")
    )
    op.create_index("deadline_time", "deadline", ["brand", "due_at"])
    op.create_index("deadline_ref", "deadline", ["ref"])
