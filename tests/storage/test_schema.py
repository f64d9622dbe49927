"""The migrations make what the tables say, and take it back again."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from storage import models, schema
from storage.db import Database


def differences(database: Database) -> list[object]:
    """What a new migration would have to do."""
    with database.begin() as connection:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, models.account.metadata))


def test_migrations_make_the_tables_as_they_are_described(database_url):
    database = Database(database_url)
    try:
        schema.bring_up_to_date(database)
        assert differences(database) == []
    finally:
        database.close()


def test_up_down_up(database_url):
    database = Database(database_url)
    try:
        schema.bring_up_to_date(database)
        with database.begin() as connection:
            command.downgrade(schema.configuration(connection), "base")
        with database.read() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
        schema.bring_up_to_date(database)
        assert differences(database) == []
    finally:
        database.close()
