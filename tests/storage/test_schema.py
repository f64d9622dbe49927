"""The migrations make what the tables say, and take it back again."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from storage import accounts, models, quarters, schema, scores
from storage.db import Database
from storage.settings import read_settings


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


# a scored cell as it lay in the first schema
FIRST = (
    "INSERT INTO department (id, code, name, short_name) VALUES (1, 'GA', '公安分局', '公安')",
    "INSERT INTO person (id, name, created_at) VALUES (1, '王芳', '2026-11-03 02:00:00')",
    "INSERT INTO quarter (code, edition, state, opens, report_until, supplement_until,"
    " score_until, provisional, settings, created_at) VALUES ('2026Q4', '2023-17', 'collecting',"
    " '2026-10-01', '2027-01-06', '2027-01-08', '2027-01-19', false, '{}', '2026-11-03 02:00:00')",
    "INSERT INTO setting (key, value, at)"
    " VALUES ('hours.start', '\"08:30\"', '2026-11-03 02:00:00')",
    "INSERT INTO score (quarter, department_id, indicator, version, latest, hundredths, person_id,"
    " at) VALUES ('2026Q4', 1, 'discipline', 1, true, 950, 1, '2026-11-03 02:00:00')",
    "INSERT INTO account (channel, external_id, person_id, created_at)"
    " VALUES ('wecom', 'WangFang', 1, '2026-11-03 02:00:00')",
)


def test_what_was_there_before_is_there_afterwards(database_url):
    database = Database(database_url)
    try:
        with database.begin() as connection:
            command.upgrade(schema.configuration(connection), "0001")
            for statement in FIRST:
                connection.execute(text(statement))
        schema.bring_up_to_date(database)
        assert differences(database) == []
        with database.read() as connection:
            given = scores.of_cell(
                connection, quarter="2026Q4", indicator="discipline", department_id=1
            )
            assert given is not None
            assert (given.hundredths, given.open, given.carried, given.handed) == (
                950, False, False, False,
            )  # fmt: skip
            assert read_settings(connection) == {"hours.start": "08:30"}
            term = quarters.find(connection, "2026Q4")
            assert term is not None
            assert (term.dates_reason, term.told) == ("", "collecting")
            found = accounts.holder(connection, channel="wecom_app", external_id="wangfang")
            assert found is not None
            assert found.name == "王芳"
    finally:
        database.close()
