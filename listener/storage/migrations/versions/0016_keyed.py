"""Forgotten authors as keyed hashes: what was kept as a plain SHA-256 becomes an HMAC of it, so it goes on counting."""

import hashlib
import hmac
import secrets

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    hashes = connection.execute(text("SELECT author FROM forgotten")).scalars().all()
    if not hashes:
        return
    key = secrets.token_hex(32)
    connection.execute(text("INSERT INTO signing_key (purpose, value) VALUES ('forgotten', :key)"), {"key": key})
    connection.execute(text("UPDATE forgotten SET author = :keyed WHERE author = :plain"),
                       [{"plain": one, "keyed": hmac.new(key.encode(), one.encode(), hashlib.sha256).hexdigest()} for one in hashes])
