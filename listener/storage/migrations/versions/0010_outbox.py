"""Outbox: when a message that was put off was to go out first, and how often a receiver has refused for good."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("first_due_at", sa.BigInteger(), nullable=True))
    op.add_column("receiver", sa.Column("refusals", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("receiver", sa.Column("refusing_since", sa.BigInteger(), nullable=True))
