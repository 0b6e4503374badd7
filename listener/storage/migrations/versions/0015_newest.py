"""The newest mentions of a source, without looking at those of the others."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("mention_source", "mention", ["source", "published_at", "pk"])
