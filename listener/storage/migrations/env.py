"""Alembic's entry: runs the versions on the connection it is given, in that connection's transaction."""

from alembic import context
from sqlmodel import SQLModel

import listener.storage.tables  # noqa: F401  the rows, for --autogenerate
from listener.storage.migrations import TABLE

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata,
                  version_table=TABLE, transactional_ddl=False, render_as_batch=True)
context.run_migrations()
