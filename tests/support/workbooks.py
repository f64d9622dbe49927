"""Workbooks made on the fly: as clerks fill them in, and as nobody should."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook, load_workbook

Sheets = Mapping[str, Sequence[Sequence[object]]]


def workbook(sheets: Sheets, *, merged: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """Sheets by name, each a list of rows; `merged` ranges by sheet."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for each in (merged or {}).get(name, ()):
            sheet.merge_cells(each)
    return saved(book)


def saved(book: Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def rows_of(content: bytes, sheet: str) -> list[list[object]]:
    """What a sheet holds, without its empty rows."""
    found = load_workbook(BytesIO(content))[sheet].iter_rows(values_only=True)
    return [list(row) for row in found if any(value not in (None, "") for value in row)]


# ---------------------------------------------------------------- what nobody should send


def changed(content: bytes, member: str, data: bytes) -> bytes:
    """The same workbook with other bytes in one of its members."""
    target = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(target, "w", ZIP_DEFLATED) as copy:
        for each in source.infolist():
            copy.writestr(each.filename, data if each.filename == member else source.read(each))
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_sheet(data: bytes, *, before: bytes = b"") -> bytes:
    """A workbook whose only sheet has this content; `before` stands before the XML's root."""
    small = workbook({"部门": [["部门全称"]]})
    return changed(small, SHEET, b'<?xml version="1.0"?>' + before + data)


def sheet_of(rows: bytes) -> bytes:
    return b"<worksheet " + _MAIN + b"><sheetData>" + rows + b"</sheetData></worksheet>"


def many_cells(cells: int) -> bytes:
    """As many cells, a hundred a row, that pack to next to nothing."""
    return with_sheet(sheet_of(b"<row>" + b"<c><v>1</v></c>" * cells + b"</row>"))


def laughing() -> bytes:
    """Entities of entities of entities: gigabytes for whoever expands them."""
    levels = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    doctype = b'<!DOCTYPE w [<!ENTITY l0 "ha">' + levels + b"]>"
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row>'
    return with_sheet(sheet_of(rows), before=doctype)


def peeping(path: str) -> bytes:
    """Asks for a file of the machine that reads it."""
    doctype = b'<!DOCTYPE w [<!ENTITY f SYSTEM "file://%s">]>' % path.encode()
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&f;</t></is></c></row>'
    return with_sheet(sheet_of(rows), before=doctype)


def lying(size: int) -> bytes:
    """A member that unpacks to far more than its directory says."""
    honest = with_sheet(sheet_of(b"<!--" + b" " * size + b"-->"))
    with ZipFile(BytesIO(honest)) as archive:
        real = archive.getinfo(SHEET).file_size
    return honest.replace(struct.pack("<I", real), struct.pack("<I", 2_000))


def overlapping() -> bytes:
    """Many names in the directory for the bytes of one member."""
    content = with_sheet(sheet_of(b"<!--" + b" " * 900_000 + b"-->"))
    with ZipFile(BytesIO(content)) as archive:
        start = archive.start_dir
        offset = archive.getinfo(SHEET).header_offset
    record = content[content.index(b"PK\x01\x02", start) :]
    end = record.index(b"PK\x05\x06")
    directory, tail = record[:end], record[end:]
    at = directory.index(SHEET.encode()) - 46
    following = directory.find(b"PK\x01\x02", at + 4)
    entry = directory[at : following if following > 0 else None]
    assert struct.unpack_from("<I", entry, 42)[0] == offset
    copies = b"".join(entry.replace(b"sheet1", b"shee%02d" % n) for n in range(60))
    count = struct.unpack_from("<H", tail, 10)[0] + 60
    size = len(directory) + len(copies)
    closing = tail[:8] + struct.pack("<HHII", count, count, size, start) + tail[20:]
    return content[:start] + directory + copies + closing
