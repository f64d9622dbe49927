"""How Alembic runs our migrations: on the caller's connection, all in the caller's transaction."""

from alembic import context

from storage import models  # noqa: F401 - registers the tables
from storage.db import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
    render_as_batch=True,
)
context.run_migrations()
