"""Which accounts are one customer, and by which phones and e-mails they are found."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("identity",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id"),
        sqlite_with_rowid=False
    )
    op.create_index("identity_customer", "identity", ["customer"])
    op.create_table("contact",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "kind", "id"),
        sqlite_with_rowid=False
    )
    op.create_index("contact_account", "contact", ["kind", "id"])
    op.create_index("author_id", "author", ["id"])
    op.create_index("author_name", "author", ["name"])
