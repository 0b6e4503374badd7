"""Sources: when each is read again, what is usual of it; what was spent of allowances; copies and the growth of mentions."""

import sqlalchemy as sa
from alembic import op

from listener.text import fingerprint

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PIECE = 5000


def upgrade() -> None:
    for column in (
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("pace", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("last_item_at", sa.BigInteger(), nullable=True),
        sa.Column("readings", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("showing", sa.Float(), nullable=False, server_default="0"),
        sa.Column("shelf", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("suspect_since", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
    ):
        op.add_column("source", column)
    op.execute("UPDATE source SET first_at = (SELECT min(c.ends_at) FROM coverage c WHERE c.source = source.name "
               "AND c.state <> 'lost')")
    op.add_column("mention", sa.Column("fingerprint", sa.Text(), nullable=True))
    op.add_column("mention", sa.Column("refresh_at", sa.BigInteger(), nullable=True))
    op.create_index("mention_fingerprint", "mention", ["fingerprint"], sqlite_where=sa.text("fingerprint IS NOT NULL"),
                    postgresql_where=sa.text("fingerprint IS NOT NULL"))
    op.create_index("mention_refresh", "mention", ["source", "refresh_at"], sqlite_where=sa.text("refresh_at IS NOT NULL"),
                    postgresql_where=sa.text("refresh_at IS NOT NULL"))
    op.create_table("spending",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "period")
    )
    _mark_copies()


def _mark_copies() -> None:
    connection, last = op.get_bind(), 0
    while rows := connection.execute(sa.text(
            "SELECT pk, title, text FROM mention WHERE pk > :last AND deleted_at IS NULL ORDER BY pk LIMIT :piece"),
            {"last": last, "piece": PIECE}).all():
        last = rows[-1].pk
        marks = [{"pk": pk, "mark": mark} for pk, title, body in rows if (mark := fingerprint(_whole(title, body)))]
        if marks:
            connection.execute(sa.text("UPDATE mention SET fingerprint = :mark WHERE pk = :pk"), marks)


def _whole(title: str | None, body: str) -> str:
    return body if not title or body.startswith(title) else f"{title}\n{body}"
