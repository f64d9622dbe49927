"""What is tried again and what is not: a lock passes, a faulty statement never does."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage.db import Database, passing, sqlite_url


def test_a_faulty_statement_does_not_pass(database_url: str):
    database = Database(database_url)
    with pytest.raises(DBAPIError) as caught, database.begin() as connection:
        connection.execute(text("SELECT no_such_column FROM no_such_table"))
    database.close()
    assert passing(caught.value) is False


def test_a_lock_passes(tmp_path: Path):
    holder = sqlite3.connect(tmp_path / "kaohe.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    impatient = sqlite3.connect(tmp_path / "kaohe.sqlite", timeout=0)
    with pytest.raises(sqlite3.OperationalError) as caught:
        impatient.execute("CREATE TABLE x (y)")
    impatient.close()
    holder.close()
    assert passing(OperationalError("CREATE TABLE x (y)", None, caught.value)) is True


def test_a_file_that_cannot_be_opened_passes(tmp_path: Path):
    """A disk that is mounted late."""
    database = Database(sqlite_url(tmp_path / "no_such_folder" / "kaohe.sqlite"))
    with pytest.raises(DBAPIError) as caught, database.begin():
        pass
    database.close()
    assert passing(caught.value) is True
