"""What the tests of evidence share: short ways to a draft, a receipt, and the committed rows."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select

from handlers.messages import Download, Inbound, Kind
from storage.models import evidence
from storage.models import role as roles
from tests.chat import Centre, File, User

CASE = "上门帮老人办医保\n老人行动不便，科长带设备上门，当场办结。"


def rows(centre: Centre, *columns: Any) -> list[tuple[Any, ...]]:
    """The columns of all rows of the first column's table, by id, as another session sees them."""
    with centre.database.read() as connection:
        found = connection.execute(select(*columns).order_by(*columns[0].table.primary_key))
        return [tuple(row) for row in found]


def states(centre: Centre) -> list[tuple[Any, ...]]:
    return rows(centre, evidence.c.state)


def begin(user: User, kind: str = "帮办案例") -> None:
    user.says("/submit")
    user.clicks(kind)


def report(
    user: User, text: str = CASE, *files: File, kind: str = "帮办案例", day: str = "今天"
) -> None:
    """A whole report in one go; the receipt is the last thing heard."""
    begin(user, kind)
    user.says(text)
    if files:
        user.sends(*files)
        user.centre.finish_downloads()
    user.says(day)
    user.clicks("确认提交")


def lines(user: User) -> list[str]:
    return user.card.splitlines()


def line(user: User, beginning: str) -> str:
    """The line of the card that begins like this; '' if there is none."""
    return next((each for each in lines(user) if each.startswith(beginning)), "")


def silence(*users: User) -> None:
    for user in users:
        user.heard.clear()


def also(centre: Centre, user: User, department: str, role: str = "liaison") -> None:
    """One more role of the person, for another department."""
    with centre.database.begin() as connection:
        connection.execute(
            roles.insert(),
            {
                "person_id": user.person_id,
                "role": role,
                "department_id": centre.departments[department],
                "created_at": centre.now,
            },
        )


def arrive(centre: Centre, attachment_id: int, content: bytes) -> None:
    """One announced file is on disk now, with these bytes."""
    centre.pending = []
    centre.receive(
        Inbound(
            key=f"file:{attachment_id}",
            channel="internal",
            account="",
            kind=Kind.STORED,
            download=Download(attachment_id, hashlib.sha256(content).hexdigest(), len(content)),
        )
    )
