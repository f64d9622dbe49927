"""What the tests of /progress share: how a centre is filled, and how each card begins."""

from __future__ import annotations

from datetime import date, datetime

import templates
from handlers.access import NotAllowed
from rubric.quarter import Quarter, QuarterState
from rubric.scoring import Score
from storage import departments, handing, people, quarters, scores
from storage.calendar import read_calendar
from tests.chat import ZONE, Centre, User
from tests.support.scoring import ROWS

NOT_ALLOWED = templates.say_error(NotAllowed())
HEAD = """2026年第四季度进度 · 本部门
报送截止1月6日（星期三），补报截止1月8日（星期五）（暂定）
"""
SCORING = "2026年第四季度进度 · 评分和审核\n评分截止1月19日（星期二）（暂定）\n"
CENTRE = """2026年第四季度进度 · 全中心
报送截止1月6日（星期三），补报截止1月8日（星期五）（暂定）
评分截止1月19日（星期二）（暂定）
"""
NAMES = [row.name for row in ROWS]
WAYS = ["上报材料", "我的上报"]
SILENT = [*WAYS, "本季度无可报"]  # of a department that has reported nothing
NOTHING = "还没有上报过材料。\n各考核项都还没有材料，有则上报。"
LATE = datetime(2027, 1, 7, 10, tzinfo=ZONE)  # between 报送截止 and 补报截止


def open_quarter(centre: Centre, code: str = "2026Q4") -> None:
    with centre.database.begin() as connection:
        quarters.ensure(
            connection,
            Quarter.parse(code),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )


def set_state(centre: Centre, state: QuarterState, code: str = "2026Q4") -> None:
    with centre.database.begin() as connection:
        quarters.set_state(connection, code, state)


def told(user: User) -> list[str]:
    user.heard.clear()
    user.says("/progress")
    return user.hears


def buttons(user: User) -> list[list[str]]:
    """Labels of each message with any, the newest first."""
    return [
        [label for row in message.buttons for label, _ in row]
        for message in reversed(user.chat)
        if message.buttons
    ]


def add_department(centre: Centre, code: str, **values: date) -> None:
    with centre.database.begin() as connection:
        centre.departments[code] = departments.add_department(
            connection, name=f"{code}全称", short_name=f"{code}局", code=code, **values
        )


def grant(centre: Centre, user: User, role: str, code: str) -> None:
    with centre.database.begin() as connection:
        people.grant_role(
            connection,
            person_id=user.person_id,
            role_name=role,
            department_id=centre.departments[code],
            now=centre.now,
        )


def score(centre: Centre, by: User, row: str, *codes: str, hand: bool = False, seat: int = 1):
    """Give some departments of a row full marks, with a reason."""
    with centre.database.begin() as connection:
        for code in codes:
            scores.give(
                connection,
                quarter="2026Q4",
                indicator=row,
                department_id=centre.departments[code],
                on_version=0,
                score_=Score(200, "情况说明"),
                person_id=by.person_id,
                now=centre.now,
                seat=seat,
            )
        if hand:
            handing.hand_in(
                connection,
                quarter="2026Q4",
                indicator=row,
                versions={centre.departments[code]: 1 for code in codes},
                person_id=by.person_id,
                now=centre.now,
                seat=seat,
            )


def unlinked(centre: Centre, name: str, role: str = "", **places: int) -> int:
    with centre.database.begin() as connection:
        person_id = people.add_person(connection, name=name, now=centre.now)
        if role:
            people.grant_role(
                connection, person_id=person_id, role_name=role, now=centre.now, **places
            )
    return person_id
