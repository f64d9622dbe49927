"""A row scored by presses, one department after the other, as evaluators do it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.doubles.person import Person

DEPARTMENTS = 35
SCORED_ROWS = ("线上帮办", "服务评价", "窗口业务支撑", "办理协同顺畅度", "窗口服务规范化")
WAIT = 60.0


async def score_row(person: Person, row: str, script: Path) -> None:
    """A whole row; its cards are what the baseline answers with."""
    await open_row(person, row)
    card = (await person.chat())[-1]
    keyboard = [[[b.text, b.data or "x"] for b in each] for each in card.buttons]
    answer = {"text": card.text, "keyboard": keyboard}
    answers = dict.fromkeys(("text", "photo", "document", "press"), answer)
    await asyncio.to_thread(script.write_text, json.dumps(answers, ensure_ascii=False), "utf-8")
    await press_through(person, DEPARTMENTS)


async def open_row(person: Person, row: str) -> None:
    """As far as the first department's card."""
    await person.says("/score")
    listed = await person.waits_for("请选择评分项", timeout=WAIT)
    labels = [button.text for each in listed.buttons for button in each]
    await person.presses(next(label for label in labels if label.startswith(f"{row} ")))
    listed = await person.waits_for("个部门未评", timeout=WAIT)
    cells = [button.text for each in listed.buttons for button in each]
    await person.presses(next(label for label in cells if label.endswith("未评")))
    await person.waits_for("请直接输入分数", timeout=WAIT)


async def press_through(person: Person, presses: int) -> None:
    """Full marks for each department; the next card follows by itself."""
    for _ in range(presses):
        await person.presses("10")
        await person.waits_for("已记下", timeout=WAIT)


async def echo_presses(person: Person, presses: int) -> None:
    """The same number of presses for the baseline."""
    await person.says("/score")
    await person.waits_for("", timeout=WAIT)
    for _ in range(presses):
        await person.presses("10")
        await person.waits_for("", timeout=WAIT)
