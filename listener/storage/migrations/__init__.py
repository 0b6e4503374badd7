"""The schema's versions: Alembic, append-only, applied when a database is opened, all pending ones in one transaction.

A new version is a file ``versions/<number>_<what>.py`` and the number in ``HEAD``. What ``tables`` says and what
the versions make is compared by a test, on both databases.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0018"
TABLE = "goosh_version"  # not Alembic's own name: a PostgreSQL schema may be shared


def version(connection: Connection) -> str | None:
    """Return the version the database stands at, ``None`` where nothing of ours is in it yet."""
    if not inspect(connection).has_table(TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {TABLE}")).scalar()
    return None if found is None else str(found)


def known() -> frozenset[str]:
    """Return the versions this program can read."""
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions() if script.revision <= HEAD)


def tables() -> frozenset[str]:
    """Return the names of our tables at the newest version."""
    from .. import tables as rows

    return frozenset(table.name for table in rows.ALL)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the database to a version, inside the caller's transaction."""
    from alembic import command  # 0.2 s to import, and a database is rarely upgraded

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
