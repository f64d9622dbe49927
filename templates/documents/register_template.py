"""The empty 信息录用台账: a sheet to fill in, and on a second one how, with two examples."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from templates import words
from templates.documents import Arguments
from templates.workbook import HEAD, HEADER_FILL, Book, Look, Sheet

REGISTER: Final = "信息录用台账"
GUIDE: Final = "说明"
LINES: Final = 2_000  # so many have the choice of levels and look like a form

_COLUMNS: Final = (
    ("日期", 13.0),
    ("部门", 26.0),
    ("标题", 46.0),
    ("载体", 22.0),
    ("级别", 9.0),
    ("链接", 40.0),
    ("备注", 24.0),
)
_EXAMPLES: Final = (
    (
        "2026-10-12",
        "市场监管局",
        "“一业一证”改革跑出加速度",
        "宝山报",
        "区级",
        "https://news.example.com/1012",
        "",
    ),
    (
        "2026-11-03",
        "税务局、公安分局",
        "企业开办一日办结",
        "解放日报",
        "市级",
        "",
        "第3版，两个部门联合报送",
    ),
)
_RULES: Final = (
    f"在“{REGISTER}”表里每条信息填一行；下面灰色的两行是示例，不会导入。",
    "日期填录用或刊发的日期，按日期归入季度，与部门自行上报的规则相同。",
    "部门填全称、简称或代码；几个部门联合的用“、”隔开，每个部门各记一份。",
    "级别填：中心、区级、市级、其他。同一部门同一季度标题相同的，按最高级别只记一份。",
    "整本台账可以反复发来：录入过的行会跳过；与部门自行上报重复的会列出来，不再录入。",
    "录入的材料与代录相同：部门联络员会收到通知，审核前可以修改或撤回。",
)
_HEADER: Final = Look(HEAD, 10, "center", fill=HEADER_FILL)
_EXAMPLE: Final = Look(colour="#8A95A1", fill="#F2F5F8", typed=True)
_RULE: Final = Look(ruled=False)


def from_arguments(arguments: Arguments) -> bytes:
    """`at`: when, for the file's properties."""
    book = Book(title=REGISTER, made_at=datetime.fromisoformat(str(arguments["at"])))
    register = _headed(book, REGISTER)
    register.days(1, LINES, 0)
    register.choices(1, LINES, 4, tuple(words.LEVELS.values()))
    register.freeze(1, 0)
    guide = _headed(book, GUIDE)
    for number, line in enumerate(_EXAMPLES, start=1):
        for column, text in enumerate(line):
            guide.text(number, column, text, _EXAMPLE)
    for number, rule in enumerate(_RULES, start=len(_EXAMPLES) + 2):
        guide.across((number, 0), (number, len(_COLUMNS) - 1), rule, _RULE)
    return book.save()


def _headed(book: Book, name: str) -> Sheet:
    sheet = book.sheet(name, widths=[width for _, width in _COLUMNS], header=(0, 0), to_fill=True)
    for column, (label, _) in enumerate(_COLUMNS):
        sheet.text(0, column, label, _HEADER)
    sheet.height(0, 24)
    return sheet
