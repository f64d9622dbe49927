"""Reading a TOML table so that every fault is found in one pass.

A reader that stops at the first mistake makes the author of a file run it once per
mistake. Here a faulty value is noted and stands as 0 or "" while reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file.

    `kind` is syntax, missing, unknown, type, value, sum, duplicate or clash; `where` a path
    such as categories.1.indicators.2.points, counted from 1.
    """

    kind: str
    where: str
    expected: str = ""
    found: str = ""


@dataclass(slots=True)
class Table:
    """One table of the file, read key by key; `faults` is shared by all tables of the file."""

    where: str
    data: Mapping[str, object]
    faults: list[Fault]
    _read: set[str] = field(default_factory=set)

    def fault(self, kind: str, key: str, *, expected: object = "", found: object = "") -> None:
        self.faults.append(Fault(kind, self._path(key), str(expected), str(found)))

    def get(self, key: str, kind: type[_T], *, required: bool = True) -> _T | None:
        """None for a value that is missing or of another type."""
        self._read.add(key)
        if key not in self.data:
            if required:
                self.fault("missing", key, expected=kind.__name__)
            return None
        value = self.data[key]
        # Exactly: to Python a bool is an int and a datetime a date.
        if type(value) is kind:
            return value
        self.fault("type", key, expected=kind.__name__, found=type(value).__name__)
        return None

    def text(self, key: str, *, pattern: re.Pattern[str] | None = None) -> str:
        value = self.get(key, str)
        if value is None:
            return ""
        if not value or value != value.strip():
            self.fault("value", key, expected="text without outer spaces", found=value)
        elif pattern and not pattern.fullmatch(value):
            self.fault("value", key, expected=pattern.pattern, found=value)
        else:
            return value
        return ""

    def points(self, key: str) -> int:
        value = self.get(key, int)
        if value is not None and value < 1:
            self.fault("value", key, expected="1…", found=value)
            return 0
        return value or 0

    def texts(self, key: str) -> tuple[str, ...]:
        """An optional list of texts."""
        values = self._list(key, required=False)
        good = tuple(value for value in values if isinstance(value, str) and value)
        if len(good) != len(values):
            self.fault("type", key, expected="list of str", found=values)
        return good

    def table(self, key: str) -> Table | None:
        value = self.get(key, dict)
        return None if value is None else Table(self._path(key), value, self.faults)

    def tables(self, key: str, *, required: bool = True) -> tuple[Table, ...]:
        tables = []
        for number, value in enumerate(self._list(key, required=required), start=1):
            if isinstance(value, dict):
                tables.append(Table(self._path(f"{key}.{number}"), value, self.faults))
            else:
                self.fault("type", f"{key}.{number}", expected="dict", found=type(value).__name__)
        return tuple(tables)

    def expect(self, key: str, declared: int, parts: Sequence[int]) -> None:
        """The file's sum must be its parts' sum; a 0 is a fault named already: one is enough."""
        if declared and 0 not in parts and declared != sum(parts):
            self.fault("sum", key, expected=sum(parts), found=declared)

    def finish(self) -> None:
        """Call last: a key that nobody asked for is a fault, since it is mostly a typo."""
        for key in sorted(self.data.keys() - self._read):
            self.fault("unknown", key)

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _list(self, key: str, *, required: bool) -> list[object]:
        return self.get(key, list, required=required) or []
