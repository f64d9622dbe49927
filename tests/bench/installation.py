"""A ready installation for a bench: one section, departments, people whose accounts are linked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rubric import edition as editions
from storage import schema
from storage.db import Database, sqlite_url
from storage.models import account, department, person, role, section, section_row

FIRST_USER = 500_001


def prepare(
    data: Path, *, liaisons: int, evaluators: int = 0, channel: str = "telegram"
) -> tuple[list[int], list[int]]:
    """User ids of the liaisons (each of a department of their own) and evaluators: numbers, which
    Telegram's are, and WeCom's may be."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(sqlite_url(data / "kaohe.sqlite"))
    schema.bring_up_to_date(database)
    now = datetime(2026, 10, 1, tzinfo=UTC)
    users = list(range(FIRST_USER, FIRST_USER + liaisons + evaluators))
    with database.begin() as c:
        section_id = c.execute(
            section.insert().returning(section.c.id),
            {"name": "考核办公室", "contact": "周老师", "phone": "021-56001234"},
        ).scalar_one()
        for row in editions.find("2023-17").indicators:
            c.execute(section_row.insert(), {"indicator": row.id, "section_id": section_id})
        for number, user in enumerate(users):
            liaison = number < liaisons
            person_id = c.execute(
                person.insert().returning(person.c.id),
                {"name": f"人员{number:04d}", "created_at": now},
            ).scalar_one()
            department_id = None
            if liaison:
                department_id = c.execute(
                    department.insert().returning(department.c.id),
                    {
                        "code": _code(number),
                        "name": f"第{number:04d}号管理局",
                        "short_name": f"{number:04d}局",
                    },
                ).scalar_one()
            c.execute(
                role.insert(),
                {
                    "person_id": person_id,
                    "role": "liaison" if liaison else "evaluator",
                    "department_id": department_id,
                    "section_id": None if liaison else section_id,
                    "created_at": now,
                },
            )
            c.execute(
                account.insert(),
                {
                    "channel": channel,
                    "external_id": str(user),
                    "person_id": person_id,
                    "linked_at": now,
                    "created_at": now,
                },
            )
    database.close()
    return users[:liaisons], users[liaisons:]


def _code(number: int) -> str:
    """BAAAA, BAAAB, ...: five capitals, unique."""
    letters = ""
    for _ in range(4):
        number, rest = divmod(number, 26)
        letters = chr(ord("A") + rest) + letters
    return f"B{letters}"
