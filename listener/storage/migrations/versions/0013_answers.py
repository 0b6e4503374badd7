"""Which answers of ours were read for promises."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table("care_answer",
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("apology", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mention_pk")
    )
    op.create_index("care_answer_apology", "care_answer", ["made_at"], sqlite_where=sa.text("apology"), postgresql_where=sa.text("apology"))
    op.create_index("mention_ours", "mention", ["published_at", "pk"], sqlite_where=sa.text("ours"), postgresql_where=sa.text("ours"))
