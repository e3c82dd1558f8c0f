"""How Alembic runs here: on a connection that is given, inside its transaction."""

from __future__ import annotations

from alembic import context

SCHEMA = "registry"

context.configure(connection=context.config.attributes["connection"], version_table_schema=SCHEMA)
with context.begin_transaction():
    context.run_migrations()
