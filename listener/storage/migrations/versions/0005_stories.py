"""Stories: what became of a mention's text, marks to find its copies by, and which stories were found to be one."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TOLD = "story IS NOT NULL"
UNTOLD = "story IS NULL AND known_at IS NOT NULL AND NOT ours"


def upgrade() -> None:
    op.add_column("mention", sa.Column("copied", sa.Boolean(), nullable=True))
    op.create_index("mention_story", "mention", ["story"], sqlite_where=sa.text(TOLD), postgresql_where=sa.text(TOLD))
    op.create_index("mention_untold", "mention", ["known_at", "published_at", "pk"], sqlite_where=sa.text(UNTOLD), postgresql_where=sa.text(UNTOLD))
    op.create_table("story_mark",
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("mention_pk", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mention_pk"], ["mention.pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mark", "mention_pk"),
        sqlite_with_rowid=False
    )
    op.create_index("story_mark_mention", "story_mark", ["mention_pk"])
    op.create_table("story_merge",
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old")
    )
    op.create_index("story_merge_story", "story_merge", ["story"])
