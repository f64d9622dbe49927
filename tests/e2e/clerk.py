"""What a clerk does at the desk: fills in the workbook that the program handed out, and cuts up
the slips and reads them, the pictures on them included."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.e2e.newcomers import Line
from tests.support import printed

SIDE = {1: 27.0, 2: 21.0}  # mm, by how many stand side by side
POSTER = {1: 100.0, 2: 76.0}
HEADING = "季度考核助手 邀请码"
SLIP = re.compile(r"\b\w{6}-\w{6}-\w{6}\b")


def filled(template: bytes, sheets: Mapping[str, Sequence[Line]]) -> bytes:
    """Each line goes to the row that has its name already (in the first column that must be
    filled), else to the next empty one; as text, for that is how it is typed."""
    book = load_workbook(io.BytesIO(template))
    for name, lines in sheets.items():
        _fill(book[name], lines)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Worksheet, lines: Sequence[Line]) -> None:
    columns = {str(cell.value): cell.column for cell in sheet[1]}
    key = columns[next(iter(lines[0]))]
    there = {
        sheet.cell(row, key).value: row
        for row in range(2, sheet.max_row + 1)
        if sheet.cell(row, key).value
    }
    following = max(there.values(), default=1) + 1
    for line in lines:
        row = there.get(line[str(sheet.cell(1, key).value)])
        if row is None:
            row, following = following, following + 1
        for title, text in line.items():
            if text:
                sheet.cell(row, columns[title]).value = text


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip as it is printed; `links` the addresses that its pictures were found to hold."""

    name: str
    roles: str
    code: str
    links: tuple[str, ...]


async def slips(pdf: bytes, addresses: Mapping[str, str]) -> list[Slip]:
    """In the order of the pages. `addresses` by way, with {} for the code."""
    return await asyncio.to_thread(_slips, pdf, addresses)


def _slips(pdf: bytes, addresses: Mapping[str, str]) -> list[Slip]:
    found = []
    for lines, page in zip(printed.lines(pdf), printed.drawn(pdf), strict=True):
        here = list(_words(lines))
        links = [
            address.format(code.replace("-", ""))
            for _, _, code in here
            for address in addresses.values()
        ]
        drawn, many = page.codes(links, side=SIDE[len(addresses)]), len(addresses)
        for number, (name, roles, code) in enumerate(here):
            mine = tuple(drawn[number * many : (number + 1) * many])
            found.append(Slip(name, roles, code, mine))
    return found


def _words(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Name, roles (which may take two lines) and code of each slip on a page."""
    above: list[str] = []
    for line in lines:
        if SLIP.fullmatch(line):
            yield above[0], "".join(above[1:]), line
        above = [] if HEADING in line else [*above, line]


async def poster(pdf: bytes, addresses: Mapping[str, str]) -> Slip:
    """The one sheet for a department's wall; its `name` is the department's."""
    [lines], [page] = await asyncio.to_thread(printed.lines, pdf), printed.drawn(pdf)
    [code] = [line for line in lines if SLIP.fullmatch(line)]
    links = [address.format(code.replace("-", "")) for address in addresses.values()]
    return Slip(lines[1], "", code, tuple(page.codes(links, side=POSTER[len(addresses)])))
