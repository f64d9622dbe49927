"""The tests' own ground: a server that can be stopped hard, and a skip that CI doesn't allow."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.support import needs
from tests.support.postgres import PostgresServer


def test_each_test_gets_a_fresh_database(database_url):
    engine = sa.create_engine(database_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.postgres
def test_what_was_committed_outlives_a_hard_stop(postgres: PostgresServer, postgres_url):
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (word text)")
        connection.exec_driver_sql("INSERT INTO kept VALUES ('committed')")
    postgres.stop_hard()
    with pytest.raises(sa.exc.OperationalError), engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    postgres.start()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT word FROM kept").all() == [("committed",)]
    engine.dispose()


def test_a_missing_program_skips_here(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="LibreOffice is missing: apt install"):
        needs.miss("LibreOffice", remedy="apt install libreoffice-writer-nogui")


def test_a_missing_program_fails_where_ci_runs(monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="Chromium is missing: apt install chromium"):
        needs.chromium()
