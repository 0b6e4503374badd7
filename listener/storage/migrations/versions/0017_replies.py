"""What answers what, found from the side of what is answered: by cases, and where somebody is forgotten."""

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    which = text("in_reply_to IS NOT NULL")
    op.create_index("mention_answer", "mention", ["in_reply_to"], sqlite_where=which, postgresql_where=which)
