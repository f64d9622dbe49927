"""What is looked for every second is looked for among what is open, not in all there ever was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from storage import outbox, outbox_age
from storage.db import Database, metadata

NOW = datetime(2026, 11, 3, 2, tzinfo=UTC)


@pytest.fixture
def connection() -> Iterator[Connection]:
    database = Database("sqlite://")
    metadata.create_all(database.writer)
    with database.begin() as opened:
        yield opened
    database.close()


def claim(connection: Connection) -> None:
    outbox.claim(connection, worker="me", channels=["web"], limit=9, now=NOW, minute=9)


def look(connection: Connection) -> None:
    outbox_age.look(connection, channels=["web"], now=NOW, minute=9)


def wait(connection: Connection) -> None:
    outbox_age.waiting(connection, channels=["web"], now=NOW, minute=9)


def plans(connection: Connection, asks: Any) -> list[str]:
    """How each table of the outbox is gone through, statement by statement."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    asks(connection)
    event.remove(connection, "before_cursor_execute", note)
    return [
        next(step[3] for step in steps if " outbox " in f"{step[3]} ")
        for statement, values in asked
        if (steps := connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
    ]


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (claim, ["SCAN outbox USING INDEX ix_outbox_queued"]),
        (look, ["SCAN outbox USING INDEX ix_outbox_queued"] * 2),
        (wait, ["SCAN outbox USING INDEX ix_outbox_open"]),
    ],
)
def test_only_open_rows_are_gone_through(connection: Connection, asks: Any, expected: list[str]):
    assert plans(connection, asks) == expected
