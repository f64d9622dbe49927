"""Statements of the hot path: written in SQLAlchemy Core, compiled once, run by the driver itself.

A Core execution costs some 60 µs of CPU, the same SQL on the driver 5. An update runs a dozen, so
this is the difference between a bot that costs less than a bare echo bot and one that costs more.
Same transaction, same types (moments, JSON), errors as SQLAlchemy raises them; not for statements
with lists (`IN`), whose SQL depends on their values.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Processor = Callable[[Any], Any] | None


class Prepared:
    """`keys` are the columns an insert sets; other statements know theirs by their bindparams."""

    __slots__ = ("_compiled", "_keys", "_statement")

    def __init__(self, statement: ClauseElement, *, keys: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._keys = keys
        self._compiled: dict[str, _Compiled] = {}

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """The rows, as named tuples in the order of the selected columns."""
        compiled = self._for(connection)
        cursor = compiled.execute(connection, values)
        rows = cursor.fetchall()
        cursor.close()
        return [compiled.row(row) for row in rows]

    def one(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, or None."""
        compiled = self._for(connection)
        cursor = compiled.execute(connection, values)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else compiled.row(row)

    def scalar(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first column of the first row, or None."""
        row = self.one(connection, values)
        return None if row is None else row[0]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        self._for(connection).execute(connection, values).close()

    def _for(self, connection: Connection) -> _Compiled:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(
                self._statement.compile(dialect=dialect, column_keys=self._keys), dialect
            )
        return compiled


class _Compiled:
    """One statement in one dialect: SQL, the order of its values, and how types are carried."""

    __slots__ = ("_constants", "_out", "_positions", "_processors", "_row", "sql")

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("not a statement")
        self.sql = compiled.string
        self._positions: Sequence[str] | None = compiled.positiontup
        self._constants = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self._processors: list[tuple[str, Callable[[Any], Any]]] = []
        for name, bind in compiled.binds.items():
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if process is not None:
                self._processors.append((name, process))
        columns = getattr(compiled.statement, "exported_columns", None) or ()
        self._out: list[tuple[int, Callable[[Any], Any]]] = []
        for index, column in enumerate(columns):
            process = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if process is not None:
                self._out.append((index, process))
        self._row: Any = namedtuple("Row", [c.key for c in columns], rename=True)  # type: ignore[misc]

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        given = {**self._constants, **values}
        for name, process in self._processors:
            given[name] = process(given[name])
        parameters = (
            given if self._positions is None else tuple([given[name] for name in self._positions])
        )
        return _executed(connection, self.sql, parameters)

    def row(self, raw: Sequence[Any]) -> Any:
        if self._out:
            values = list(raw)
            for index, process in self._out:
                values[index] = process(values[index])
            return self._row._make(values)
        return self._row._make(raw)


def run_sql(connection: Connection, sql: str) -> None:
    """A statement without values or rows."""
    _executed(connection, sql, ()).close()


def _executed(connection: Connection, sql: str, parameters: Any) -> Any:
    database_error = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, parameters)
    except database_error as error:
        cursor.close()
        # no values: they are people's texts
        raise DBAPIError.instance(sql, None, error, database_error) from error
    return cursor
