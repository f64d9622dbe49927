"""Scores, pressed and typed, row by row and department by department, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.e2e.expected import NOT_APPLICABLE, POINTS, Cell, Department, number
from tests.e2e.persons import Person, Shown, presses, says
from tests.e2e.plan import (
    CORRECTED,
    DEPARTMENTS,
    EVIDENCE,
    INSPECTED,
    MISSING,
    MZ,
    SAME,
    SCORES,
    SUN,
    WANG,
    parse,
)

Choose = Callable[[str, Department], bool]


def of(name: str, row: str) -> list[Department]:
    """Whom this evaluator scores in this row."""
    if name == SUN:
        return [each for each in DEPARTMENTS if each != MZ] if row in INSPECTED else []
    return [MZ] if row in INSPECTED else list(DEPARTMENTS)


async def scores(person: Person, rows: Sequence[str], *, but: tuple[str, Department]) -> None:
    """These rows, without the one cell that is forgotten."""
    for row in rows:
        mine = of(person.name, row)
        wanted = [each for each in mine if (row, each) != but]
        if wanted:
            await _row(person, row, wanted, skipping=len(mine) > len(wanted))


async def _row(
    person: Person, row: str, wanted: Sequence[Department], *, skipping: bool = False
) -> None:
    first = await opens(person, row, wanted[0])
    typing = list(POINTS).index(row) % 4 == 0
    card = first
    for place, department in enumerate(wanted):
        _check_card(card, row, department)
        text = SCORES[row][DEPARTMENTS.index(department)]
        card = await gives(person, row, department, text, typing=typing)
        if place + 1 < len(wanted):
            assert f"{wanted[place + 1].name} · {row}" in card.text
    if not skipping:
        assert "本项已评完。" in card.text


async def opens(person: Person, row: str, department: Department) -> Shown:
    """The card of one cell, by way of the list of rows and the row."""
    listed = await says(person, "/score", "评分")
    card = await presses(person, listed.button(f"{row} "), f"{row}（{POINTS[row]}分）")
    if person.name == SUN:
        assert "民政局是您所在的部门，由其他考核员评分。" in card.text
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
    await opens(person, row, department)
    await says(person, "6", "线下帮办只能打0至5分，“6”没有记下")
    await says(person, "4.3", "可打4分或4.5分")
    await says(person, "还行", "没有读到分数")
    await says(person, "取消", "已退出")
    row = "其他表现突出的加分项"
    await opens(person, row, department)
    await says(person, "4.5", "只能打0至4分")
    await says(person, "取消", "已退出")


async def scores_the_missing(person: Person) -> None:
    row, department = MISSING
    await opens(person, row, department)
    text = SCORES[row][DEPARTMENTS.index(department)]
    card = await gives(person, row, department, text, typing=False)
    assert "本项已评完。" in card.text


async def corrects(person: Person) -> None:
    """What the director asked for."""
    row, department, text = CORRECTED
    card = await opens(person, row, department)
    assert "当前：9分" in card.text
    await gives(person, row, department, text, typing=True)


EVALUATORS = (WANG, SUN)
