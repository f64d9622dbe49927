"""The database's schema: brought up to date at start, in one transaction, by one process.

A start against an up-to-date database costs one small query: Alembic is not even imported then.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Final

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from storage.db import Database

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(\d{4})_\w+\.py")
_LOCK: Final = 5_620_823  # any number that nothing else on this database uses


class NewerSchema(Exception):
    """The database was written by a newer version of the program."""


def head() -> str:
    """The newest migration's number, from the file names: they are numbered in order."""
    names = (_NAME.fullmatch(path.name) for path in (MIGRATIONS / "versions").iterdir())
    return max(found[1] for found in names if found)


def current(connection: Connection) -> str | None:
    """The number of the schema in the database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def bring_up_to_date(database: Database) -> None:
    """Raises NewerSchema. Two processes starting at once: one migrates, the other waits."""
    with database.read() as connection:
        found = current(connection)
    if found == head():
        return
    if found is not None and found > head():
        raise NewerSchema(found)
    with database.begin() as connection:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(configuration(connection), "head")


def configuration(connection: Connection):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Alembic's configuration bound to this connection and its transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
