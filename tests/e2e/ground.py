"""An installation with people in it, and the real program on it against the double.

Departments, liaisons and an evaluator are put there by the program's own storage functions before
the start, their accounts linked, so that a fault test's time goes into faults.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import Connection

from storage import departments, people, sections
from storage.db import Database, insert_once
from storage.models import account
from tests.doubles.client import Control
from tests.doubles.person import Person
from tests.e2e.hands import TelegramHands
from tests.support.program import NOW, Program

PLACES = (
    ("市场监督管理局", "市场监管局", "SCJG"),
    ("公安分局", "公安", "GA"),
    ("医疗保障局", "医保局", "YB"),
)
WEBHOOK_SECRET = "hook-secret_3f9a71c2"
_FOUNDED: list[Path] = []
NAMES = ("李敏", "王芳", "张伟", "刘洋", "陈静", "杨磊", "赵强", "黄丽")


def with_webhook(url: str) -> dict[str, str]:
    """The environment in which Telegram pushes its updates to this address."""
    return {"KAOHE_PUBLIC_URL": url, "KAOHE_TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET}


@dataclass(frozen=True, slots=True)
class Liaison:
    """`person_id` is the program's, `person.id` Telegram's."""

    person: Person
    person_id: int
    department_id: int

    @property
    def hands(self) -> TelegramHands:
        return TelegramHands(self.person)


@dataclass(slots=True)
class Ground:
    folder: Path
    control: Control
    program: Program
    database_url: str
    liaisons: list[Liaison] = field(default_factory=list)
    evaluator: Person | None = None

    @property
    def files(self) -> Path:
        return self.program.data / "files"

    def another(self, **environment: str) -> Program:
        """A second process on the same installation."""
        made = Program(
            self.folder,
            telegram=self.control,
            database_url=self.database_url,
            environment={**self.program.environment, **environment},
        )
        made.data = self.program.data
        return made


@asynccontextmanager
async def grounded(
    folder: Path,
    control: Control,
    *,
    liaisons: int = 6,
    database_url: str = "",
    environment: dict[str, str] | None = None,
) -> AsyncIterator[Ground]:
    """Founded by `kaohe init`; the program is not started, and gone at the end."""
    program = Program(folder, telegram=control, database_url=database_url, environment=environment)
    async with program:
        await founded_in(program, database_url)
        url = database_url or f"sqlite:///{program.data / 'kaohe.sqlite'}"
        ground = Ground(folder, control, program, url)
        made = [await control.person(name, contact="started") for name in NAMES[:liaisons]]
        ground.evaluator = await control.person("周老师", contact="started")
        enrolled = enrol(
            url,
            channel="telegram",
            liaisons=[str(each.id) for each in made],
            evaluator=str(ground.evaluator.id),
        )
        ground.liaisons = [Liaison(each, *ids) for each, ids in zip(made, enrolled, strict=True)]
        yield ground


async def founded_in(program: Program, database_url: str) -> None:
    if database_url:
        await program.admin_code()
    else:
        shutil.copytree(await _founded(), program.data, copy_function=shutil.copy2)


async def _founded() -> Path:
    """A data folder as `kaohe init` leaves it; made once a run."""
    if not _FOUNDED:
        folder = Path(tempfile.mkdtemp(prefix="kaohe-founded-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        program = Program(folder)
        await program.admin_code()
        _FOUNDED.append(program.data)
    return _FOUNDED[0]


def enrol(
    url: str, *, channel: str, liaisons: Sequence[str], evaluator: str
) -> list[tuple[int, int]]:
    """The people with these accounts; of each liaison the ids of person and department."""
    database = Database(url)
    try:
        with database.begin() as connection:
            return _enrolled(connection, channel, liaisons, evaluator)
    finally:
        database.close()


def _enrolled(
    connection: Connection, channel: str, liaisons: Sequence[str], evaluator: str
) -> list[tuple[int, int]]:
    now = NOW
    office = sections.sections(connection)[0].id
    places = [
        departments.add_department(connection, name=name, short_name=short, code=code)
        for name, short, code in PLACES
    ]
    judge = people.add_person(connection, name="周老师", now=now)
    people.grant_role(
        connection, person_id=judge, role_name="evaluator", section_id=office, now=now
    )
    found = [
        (people.add_person(connection, name=NAMES[number], now=now), places[number % len(places)])
        for number in range(len(liaisons))
    ]
    for person_id, department_id in found:
        people.grant_role(
            connection,
            person_id=person_id,
            role_name="liaison",
            department_id=department_id,
            now=now,
        )
    persons = (judge, *(person_id for person_id, _ in found))
    for person_id, external in zip(persons, (evaluator, *liaisons), strict=True):
        insert_once(
            connection,
            account,
            key=("channel", "external_id"),
            values={
                "channel": channel,
                "external_id": external,
                "person_id": person_id,
                "linked_at": now,
                "created_at": now,
            },
        )
    return found
