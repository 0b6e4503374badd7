"""Vectors: the embeddings of mentions side by side, so that a search reads them in one sweep."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("vector_block",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number")
    )
    op.create_index("vector_block_model", "vector_block", ["model", "width", "number"])
    op.add_column("analysis", sa.Column("vector", sa.BigInteger(), nullable=True))
    from listener.storage.vectors import rebuild

    rebuild(op.get_bind())
