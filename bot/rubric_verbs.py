"""`kaohe rubric show` and `rubric check`: the rubric in the terminal, for its maintainers.

Pure text from a value of `rubric`; the command line prints it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from rubric.edition import Edition, Indicator, as_json
from rubric.tables import Fault

_FAULTS = {
    "syntax": "不是正确的 TOML（{found}），请改正这一处的写法。",
    "missing": "缺少这一项（应为{expected}），请补上。",
    "unknown": "不认识这一项，请核对名称或删去。",
    "type": "类型不对（应为{expected}，现为{found}），请改正。",
    "value": "取值不对（应为 {expected}，现为 {found}），请改正。",
    "sum": "合计不符（应为 {expected}，现为 {found}），请核对分值。",
    "duplicate": "与前面重复（{found}），请改成不重复的。",
    "clash": "与别处冲突（{found}），请改成不冲突的。",
}
_TYPES = {
    "str": "文字", "int": "整数", "bool": "true 或 false", "date": "日期",
    "dict": "表", "list": "列表", "list of str": "文字列表", "float": "小数",
}  # fmt: skip


def as_document(edition: Edition) -> str:
    """The JSON of `rubric show --json`."""
    return json.dumps(as_json(edition), ensure_ascii=False, indent=2)


def as_lines(edition: Edition) -> Iterator[str]:
    yield f"{edition.id}　{edition.document}"
    yield edition.title
    if not edition.scorable:
        yield f"{size(edition)}。"
        return
    if edition.effective_from:
        yield f"自 {edition.effective_from.isoformat()} 起执行，总分 {edition.total} 分。"
    for category in edition.categories:
        yield ""
        yield f"{category.name}（{category.points} 分）"
        yield from _rows(category.indicators)
    if edition.bonus:
        yield ""
        yield f"加分项（{edition.bonus.points} 分，最多计 {edition.bonus.cap} 分）"
        yield from _rows(edition.bonus.indicators)


def size(edition: Edition) -> str:
    if not edition.scorable:
        return "只记录文号和标题，不能用于评分"
    return f"{len(edition.indicators)} 行，总分 {edition.total} 分"


def fault_sentence(fault: Fault) -> str:
    """One fault of an edition file: where it is, what it is, what to do."""
    words = _FAULTS.get(fault.kind, "有问题（{found}），请改正。").format(
        expected=_TYPES.get(fault.expected, fault.expected),
        found=_TYPES.get(fault.found, fault.found),
    )
    return f"{fault.where or '整个文件'}：{words}"


def _rows(rows: tuple[Indicator, ...]) -> Iterator[str]:
    for row in rows:
        also = f"，又称{'、'.join(row.aliases)}" if row.aliases else ""
        yield f"  {row.name}（{row.points} 分；{row.id}{also}）"
        yield f"    {row.standard}"
