"""Scores, pressed and typed, many at once and one by one, each with its reason; and the rows
handed in, each side by side first."""

from __future__ import annotations

from collections.abc import Sequence

from tests.e2e.expected import (
    BONUS,
    NOT_APPLICABLE,
    POINTS,
    ROWS,
    Cell,
    Department,
    number,
    quoted,
    side_by_side,
)
from tests.e2e.persons import Person, Shown, finds, presses, says
from tests.e2e.plan import (
    CORRECTED,
    DEPARTMENTS,
    DIRECTOR,
    EARLIER,
    EARLY_ROW,
    EVIDENCE,
    INSPECTED,
    MISSING,
    MZ,
    QUARTER_WORDS,
    SAME,
    SCORES,
    SENT_BACK,
    SUN,
    parse,
)
from tests.e2e.plan import (
    row as cells_of,
)

HAND_IN, UNDO, FULL, ZERO = "提交本行评分", "撤销", "全部记满分", "其余记0分"
AT_ONCE = ("线下帮办", "其他表现突出的加分项")  # what is 满分 or 0 there comes with one press
IN_LINES = ("咨询服务", "窗口服务规范化")  # “税务局 9 有超时受理或办结”
REFUSED = "本项已提交，分数不能再改；要修改，请联系管理员退回本项。"


def of(name: str, row: str) -> list[Department]:
    """Whom this evaluator scores in this row."""
    if name == SUN:
        return [each for each in DEPARTMENTS if each != MZ] if row in INSPECTED else []
    return [MZ] if row in INSPECTED else list(DEPARTMENTS)


async def scores(person: Person, rows: Sequence[str], *, but: tuple[str, Department]) -> None:
    """These rows, without the one cell that is forgotten."""
    for row in rows:
        wanted = [each for each in of(person.name, row) if (row, each) != but]
        if row in AT_ONCE:
            await _at_once(person, row, wanted)
        elif wanted:
            await _row(person, row, wanted)


async def _row(person: Person, row: str, wanted: Sequence[Department]) -> None:
    typing = list(POINTS).index(row) % 4 == 0
    card = await (shows(person, row) if row in IN_LINES else opens(person, row, wanted[0]))
    for place, department in enumerate(wanted):
        if row in IN_LINES:
            card = await _line(person, row, department, cells_of(row)[department])
        else:
            _check_card(card, row, department)
            text = SCORES[row][DEPARTMENTS.index(department)]
            card = await gives(person, row, department, text, typing=typing)
        if place + 1 < len(wanted):
            assert f"{wanted[place + 1].name} · {row}" in card.text
    if list(wanted) == list(DEPARTMENTS):
        assert "本项已评完，提交后才计入结果。" in card.text
        assert HAND_IN in card.buttons
    else:
        assert HAND_IN not in card.buttons or row in INSPECTED


async def _line(person: Person, row: str, department: Department, cell: Cell) -> Shown:
    """Department, score and reason in one message, to the row or to whichever card is there."""
    assert cell.value is not None
    line = f"{department.short} {number(cell.value)} {cell.reason}"
    return await says(person, line, f"✓ {department.short}：{cell.words}，已记下。")


async def _at_once(person: Person, row: str, wanted: Sequence[Department]) -> None:
    """The judgements one by one, then one press for what is left; it can be taken back."""
    rest = parse("0" if row in ROWS[BONUS] else str(POINTS[row]))
    cells = cells_of(row)
    left = [each for each in wanted if cells[each].value == rest.value]
    for department in wanted:
        if department not in left:
            await opens(person, row, department)
            text = SCORES[row][DEPARTMENTS.index(department)]
            await gives(person, row, department, text, typing=False)
    card = await shows(person, row)
    label = ZERO if row in ROWS[BONUS] else FULL
    done = f"✓ 已为{len(left)}个未评部门记{rest.words}。"
    await presses(person, label, done)
    card = await presses(person, UNDO, f"已撤销{len(left)}个分数")
    assert [each for each in card.buttons if each.endswith("未评")] == [
        f"{each.short} 未评" for each in left
    ]
    card = await presses(person, label, done)
    assert card.buttons[2:8] == tuple(f"{each.short} {cells[each].words}" for each in DEPARTMENTS)
    assert HAND_IN in card.buttons


async def scores_the_row_of_late_evidence(person: Person) -> None:
    """Long before the last item comes: with nothing yet, a department has its 0."""
    row = EARLY_ROW
    cells = cells_of(row, early=True)
    reported = [each for each in DEPARTMENTS if (row, each) in EVIDENCE and each != EARLIER[1]]
    zeros = [each for each in DEPARTMENTS if cells[each].value == 0]
    await shows(person, row)
    for department in DEPARTMENTS:
        if department not in (*reported, *zeros):
            await _line(person, row, department, cells[department])
    await shows(person, row)
    names = "、".join(each.short for each in reported)
    card = await presses(person, ZERO, f"✓ 已为{len(zeros)}个未评部门记0分。")
    assert f"{names}有已采纳的佐证，请逐一评分。" in card.text
    for department in reported:
        card = await opens(person, row, department)
        _check_card(card, row, department)
        text = SCORES[row][DEPARTMENTS.index(department)]
        await gives(person, row, department, text, typing=False)
    await hands_in(person, row, cells)


async def scores_what_late_evidence_opened(person: Person) -> None:
    """The evaluator was told; only that cell is open, and it gets what it is worth now."""
    row, department, _ = EARLIER
    told = await finds(person, f"{department.short}{quoted(row)}有新的材料")
    assert told.text.splitlines()[1] == (
        "这一格的提交已退回，请审核材料、核对分数后重新提交本行评分。"
    )
    card = await opens(person, row, DEPARTMENTS[0])
    assert REFUSED in card.text
    await says(person, "99", "没有看懂您发来的内容")  # nothing waits for a score there
    card = await opens(person, row, department)
    assert "当前：0分" in card.text
    _check_card(card, row, department)
    text = SCORES[row][DEPARTMENTS.index(department)]
    card = await gives(person, row, department, text, typing=False)
    assert f"{department.short}有新的材料，请核对分数后重新提交。" in card.text
    await hands_in(person, row, cells_of(row))


# ---------------------------------------------------------------- the cards


async def shows(person: Person, row: str) -> Shown:
    """The departments of a row, by way of the list of rows."""
    listed = await says(person, "/score", f"{QUARTER_WORDS}评分")
    card = await presses(person, listed.button(f"{row} "), f"{row}（{POINTS[row]}分）")
    if person.name == SUN:
        assert "民政局是您所在的部门，由其他考核员评分。" in card.text
    return card


async def opens(person: Person, row: str, department: Department) -> Shown:
    """The card of one cell, by way of the list of rows and the row."""
    card = await shows(person, row)
    label = card.button(f"{department.short} ")
    return await presses(person, label, f"{department.name} · {row}（{POINTS[row]}分）")


def _check_card(card: Shown, row: str, department: Department) -> None:
    accepted = EVIDENCE.get((row, department), ())
    receipts = [f"{department.short}{int(each[-3:])}号" for each in accepted]
    shown = [receipt for receipt in receipts if receipt in card.text]
    assert shown == receipts
    assert ("没有已采纳的佐证。" in card.text) == (not accepted)


async def gives(
    person: Person, row: str, department: Department, text: str, *, typing: bool
) -> Shown:
    """One value as the plan writes it; the card that follows."""
    cell = parse(text, same=SAME)
    done = f"✓ {department.short}：{cell.words}，已记下。"
    if not cell.reason:
        return await _value(person, cell, typing=typing, then=done)
    question = await _value(person, cell, typing=typing, then=f"· {row}：{cell.words}")
    if cell.reason in question.buttons:
        return await presses(person, cell.reason, done)
    return await says(person, cell.reason, done)


async def _value(person: Person, cell: Cell, *, typing: bool, then: str) -> Shown:
    if cell.value is None:
        return await presses(person, NOT_APPLICABLE, then)
    value = number(cell.value)
    return await (says(person, f"{value}分", then) if typing else presses(person, value, then))


async def is_refused_what_does_not_fit(person: Person) -> None:
    """Each wrong value is answered with what can be done, and the card still waits."""
    row, department = "线下帮办", DEPARTMENTS[0]
    card = await opens(person, row, department)
    await says(person, "6", "线下帮办只能打0至5分，“6”没有记下")
    await says(person, "4.3", "可打4分或4.5分")
    await says(person, "还行", "没有读到分数")
    await says(person, "取消", "已退出")
    card = await shows(person, row)
    assert HAND_IN not in card.buttons
    row = "其他表现突出的加分项"
    await opens(person, row, department)
    await says(person, "4.5", "只能打0至4分")
    await says(person, "取消", "已退出")


# ---------------------------------------------------------------- handing in


async def hands_in_all(person: Person, rows: Sequence[str], *, but: str = "") -> None:
    """Every row of theirs as the plan has it before the correction, except one."""
    for row in rows:
        if row != but:
            await hands_in(person, row, cells_of(row))


async def hands_in(person: Person, row: str, cells: dict[Department, Cell]) -> Shown:
    """Side by side first, then for good; the row says so, and the list of rows too."""
    await shows(person, row)
    card = await presses(person, HAND_IN, "请核对。")
    assert card.text.splitlines() == [
        f"{row}（{POINTS[row]}分） · {QUARTER_WORDS} · 共{len(DEPARTMENTS)}个部门",
        *_compared(person, cells),
        "请核对。提交后计入结果，要修改须由管理员退回。",
    ]
    assert card.buttons == (HAND_IN, "返回")
    done = await presses(person, HAND_IN, f"✓ {quoted(row)}已提交。")
    assert HAND_IN not in done.buttons
    assert "本项已提交。要修改，请联系管理员退回。" in done.text
    return done


def _compared(person: Person, cells: dict[Department, Cell]) -> list[str]:
    """Nobody reads there what their own department has got."""
    if person.name != SUN:
        return side_by_side(cells)
    others = {each: cell for each, cell in cells.items() if each != MZ}
    return [*side_by_side(others), f"{MZ.short}：您所在的部门，由其他考核员评分"]


async def cannot_hand_in(person: Person) -> None:
    """The row of the forgotten cell, which is somebody else's to score."""
    row, department = MISSING
    card = await shows(person, row)
    assert f"您的部分已评完。{department.short}由其他考核员评分，评完后才能提交。" in card.text
    assert HAND_IN not in card.buttons


async def scores_the_missing(person: Person) -> None:
    """Whoever stands in for one department doesn't hand in the row."""
    row, department = MISSING
    await opens(person, row, department)
    text = SCORES[row][DEPARTMENTS.index(department)]
    card = await gives(person, row, department, text, typing=False)
    assert "您的部分已评完，由责任科室提交。" in card.text
    assert HAND_IN not in card.buttons


async def corrects(person: Person) -> None:
    """What the director asked for: of all rows this one is open, and handed in again."""
    row, department, text = CORRECTED
    told = await finds(person, f"{DIRECTOR}退回了")
    assert told.text == (
        f"{DIRECTOR}退回了{QUARTER_WORDS}“{row}”的评分，请修改后重新提交。\n理由：{SENT_BACK}"
    )
    card = await presses(person, "评分", f"{row}（{POINTS[row]}分）", on=told)
    assert f"由{DIRECTOR}退回修改：{SENT_BACK}" in card.text
    listed = await presses(person, "返回", "评分项")
    every = len(DEPARTMENTS)
    states = {each: "已提交" for each in POINTS} | {row: f"{every}/{every}"}
    mine = tuple(f"{each} {state}" for each, state in states.items())
    assert listed.buttons == (*mine, "用表格评分", "切换到2026年第四季度")
    card = await opens(person, row, department)
    assert "当前：9分" in card.text
    card = await gives(person, row, department, text, typing=True)
    assert HAND_IN in card.buttons
    await hands_in(person, row, cells_of(row, corrected=True))
