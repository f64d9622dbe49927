"""Who takes part in the demonstration, and the scores given so far: invented, every one.

The numbers are none that a telephone can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A department; `code` is the middle of its file numbers."""

    code: str
    name: str
    short_name: str


@dataclass(frozen=True, slots=True)
class Office:
    """A section of the centre, with numbers that no telephone has. `substitute` is a person."""

    name: str
    contact: str
    phone: str
    rows: tuple[str, ...]
    substitute: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one role; `where` is a department's code or a section's name."""

    name: str
    role: str
    where: str = ""
    tab: str = ""


PLACES: Final = (
    Place("SCJG", "市场监督管理局", "市场监管局"),
    Place("GA", "公安分局", "公安分局"),
    Place("YB", "医疗保障局", "医保局"),
    Place("RS", "人力资源和社会保障局", "人社局"),
    Place("MZ", "民政局", "民政局"),
    Place("SW", "税务局", "税务局"),
)

BUSINESS, CONDUCT, GENERAL = "业务科", "督查科", "综合科"
OFFICES: Final = (
    Office(
        BUSINESS,
        "王老师",
        "021-0000 0101",
        ("online_help", "onsite_help", "enquiries", "window_support", "coordination"),
        "赵倩",
    ),
    Office(
        CONDUCT,
        "赵老师",
        "021-0000 0102",
        ("service_ratings", "window_standards", "presence", "discipline"),
        "徐晨",
    ),
    Office(
        GENERAL,
        "徐老师",
        "021-0000 0103",
        ("online_maturity", "bonus_innovation", "bonus_service", "bonus_news", "bonus_other"),
        "王琳",
    ),
)

MEMBERS: Final = (
    Member("李敏", "liaison", "SCJG", "李敏 · 市场监管局联络员"),
    Member("陈刚", "liaison", "GA", "陈刚 · 公安分局联络员"),
    Member("吴建平", "head", "YB", "吴建平 · 医保局负责人"),
    Member("王琳", "evaluator", BUSINESS, "王琳 · 考核员（业务科）"),
    Member("赵倩", "evaluator", CONDUCT, "赵倩 · 考核员（督查科）"),
    Member("徐晨", "evaluator", GENERAL, "徐晨 · 考核员（综合科）"),
    Member("周敏", "admin", "", "周敏 · 管理员"),
    Member("孙宏", "director", "", "孙宏 · 主任"),
    Member("黄磊", "liaison", "RS"),
    Member("沈洁", "liaison", "MZ"),
    Member("顾文", "liaison", "SW"),
)

# by department, in the order of the form; - is not scored yet, / is 不涉及
SCORES: Final = {
    "SCJG": "9.5  5   5   9.5  -   9.5  9.5  19   10   9.5  4.5  0  1  0",
    "GA": "9    -   5   9    9.5  9    10   18   10   10   0    0  -  0",
    "YB": "10   5   4.5 9    9    9.5  9.5  18.5 9.5  10   0    0  0  0",
    "RS": "8.5  4   5   9.5  9.5  9.5  9    18   10   9    0    0  0  0",
    "MZ": "/    4.5 5   10   9    9    9    16   9    9.5  0    0  0  1",
    "SW": "9    -   4.5 -    9.5  9    9.5  19.5 9.5  10   0    0  0  0",
}
UNSCORED: Final = "-"
NOT_APPLICABLE: Final = "/"
