"""What is rated, without looking through what is not."""

from alembic import op
from sqlalchemy import text

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    which = text("rating IS NOT NULL")
    op.create_index("mention_rated", "mention", ["published_at", "pk"], sqlite_where=which, postgresql_where=which)
