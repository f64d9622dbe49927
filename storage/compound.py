"""The list of streams in an older office file (doc, xls, ppt, wps, et): what makes it which.

Reads the header, the sector table and the directory of Microsoft's compound file format (MS-CFB),
each under a limit; never the streams themselves.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_FREE = 0xFFFFFFFA  # this and above name no sector
_TABLES_IN_HEADER = 109
_MAX_TABLES = 4_096  # sectors of the table of sectors; enough for 256 MB in 512-byte sectors
_MAX_DIRECTORY = 1_024  # sectors
_ENTRY = 128


class NotCompound(ValueError):
    """The file's own structure is broken."""


def stream_names(file: BinaryIO) -> frozenset[str]:
    """Names of all streams and storages at any depth. Raises NotCompound."""
    file.seek(0)
    header = file.read(512)
    if len(header) < 512:
        raise NotCompound("cut short")
    (shift,) = struct.unpack_from("<H", header, 30)
    (first,) = struct.unpack_from("<I", header, 48)
    if shift not in (9, 12):
        raise NotCompound("sector size")
    sectors = _Sectors(file, header, shift)
    return frozenset(
        name for sector in sectors.chain(first) for name in _entry_names(sectors.read(sector))
    )


class _Sectors:
    def __init__(self, file: BinaryIO, header: bytes, shift: int) -> None:
        self._file = file
        self._size = 1 << shift
        self._tables = self._find_tables(header)

    def read(self, number: int) -> bytes:
        self._file.seek((number + 1) * self._size)
        data = self._file.read(self._size)
        if len(data) < self._size:
            raise NotCompound("cut short")
        return data

    def chain(self, sector: int) -> list[int]:
        """The sectors that follow each other from this one on."""
        found: list[int] = []
        while sector < _FREE:
            if len(found) == _MAX_DIRECTORY or sector in found:
                raise NotCompound("endless directory")
            found.append(sector)
            sector = self._next(sector)
        return found

    def _next(self, sector: int) -> int:
        table, entry = divmod(sector, self._size // 4)
        if table >= len(self._tables):
            raise NotCompound("sector outside the table")
        number: int = struct.unpack_from("<I", self.read(self._tables[table]), 4 * entry)[0]
        return number

    def _find_tables(self, header: bytes) -> list[int]:
        tables = list(struct.unpack_from(f"<{_TABLES_IN_HEADER}I", header, 76))
        (more,) = struct.unpack_from("<I", header, 68)
        while more < _FREE:
            numbers = struct.unpack(f"<{self._size // 4}I", self.read(more))
            tables += numbers[:-1]
            more = numbers[-1]
            if len(tables) > _MAX_TABLES:
                raise NotCompound("endless table")
        return [table for table in tables if table < _FREE]


def _entry_names(data: bytes) -> list[str]:
    names = []
    for start in range(0, len(data), _ENTRY):
        (length,) = struct.unpack_from("<H", data, start + 64)
        if 2 <= length <= 64:
            raw = data[start : start + length - 2]
            names.append(raw.decode("utf-16-le", errors="replace"))
    return names
