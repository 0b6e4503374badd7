"""Sources: since when each is known, and a mark of how it is set up."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("added_at", sa.BigInteger(), nullable=True))
    op.add_column("source", sa.Column("setup", sa.Text(), nullable=True))
    op.execute("UPDATE source SET added_at = (SELECT min(c.starts_at) FROM coverage c WHERE c.source = source.name)")
