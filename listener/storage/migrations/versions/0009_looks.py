"""Looks: up to where rules looked at each source, since one that is read rarely is looked at only as far as it was read."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE look RENAME COLUMN heard TO together")
    op.add_column("look", sa.Column("heard", sa.Text(), nullable=True))
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT name FROM source")).scalars().all()
    looks = connection.execute(sa.text("SELECT at, together FROM look WHERE together IS NOT NULL")).all() if names else []
    if looks:  # until now all of them were looked at together
        connection.execute(sa.text("UPDATE look SET heard = :heard WHERE at = :at"), [
            {"at": at, "heard": json.dumps(dict.fromkeys(names, end), ensure_ascii=False)} for at, end in looks])
    op.drop_column("look", "together")
