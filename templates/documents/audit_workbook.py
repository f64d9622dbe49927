"""审计记录: what was found in the audit log as a workbook to sort, filter and print."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from templates.documents import Arguments
from templates.workbook import HEAD, HEADER_FILL, Book, Look

TITLE: Final = "审计记录"
_COLUMNS: Final = ("时间", "人员", "操作", "对象", "结果", "详情")
_WIDTHS: Final = (22, 12, 24, 32, 22, 60)
_TITLE: Final = Look(HEAD, 16, "center", ruled=False)
_NOTE: Final = Look(align="center", ruled=False, typed=True)
_HEADER: Final = Look(HEAD, 9, "center", fill=HEADER_FILL)
_CELL: Final = Look(size=9, typed=True)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


def from_arguments(arguments: Arguments) -> bytes:
    """`entries` (JSON of `handlers.audit_export`)."""
    return render(json.loads(str(arguments["entries"])))


def render(content: dict[str, Any]) -> bytes:
    rows: list[list[str]] = content["rows"]
    made_at = datetime.fromisoformat(content["at"]) if content["at"] else _EPOCH
    book = Book(title=TITLE, made_at=made_at)
    sheet = book.sheet(TITLE, widths=_WIDTHS, header=(2, 2))
    last = len(_COLUMNS) - 1
    sheet.across((0, 0), (0, last), TITLE, _TITLE)
    sheet.height(0, 30)
    sheet.across((1, 0), (1, last), _note(content), _NOTE)
    for column, name in enumerate(_COLUMNS):
        sheet.text(2, column, name, _HEADER)
    for number, row in enumerate(rows, start=3):
        for column, text in enumerate(row):
            sheet.text(number, column, text, _CELL)
    sheet.freeze(3, 0)
    sheet.filter(2, max(2, len(rows) + 2), len(_COLUMNS))
    return book.save()


def _note(content: dict[str, Any]) -> str:
    asked = "；".join(content["conditions"])
    count = f"共{len(content['rows'])}条，最近的在前"
    if content["more"]:
        count = f"只列最近的{len(content['rows'])}条，请缩小范围后再导出其余的"
    return f"条件：{asked}　　{count}" if asked else count
