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

from storage import departments, people, sections
from storage.db import Database, insert_once
from storage.models import account
from tests.doubles.client import Control
from tests.doubles.person import Person
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
        if database_url:
            await program.admin_code()
        else:
            shutil.copytree(await _founded(control), program.data, copy_function=shutil.copy2)
        url = database_url or f"sqlite:///{program.data / 'kaohe.sqlite'}"
        ground = Ground(folder, control, program, url)
        made = [await control.person(name, contact="started") for name in NAMES[:liaisons]]
        ground.evaluator = await control.person("周老师", contact="started")
        database = Database(url)
        try:
            ground.liaisons = _people(database, made, ground.evaluator)
        finally:
            database.close()
        try:
            yield ground
        except BaseException:
            print("the last the program said:", *program.log[-60:], sep="\n")
            raise


async def _founded(control: Control) -> Path:
    """A data folder as `kaohe init` leaves it; made once a run."""
    if not _FOUNDED:
        folder = Path(tempfile.mkdtemp(prefix="kaohe-founded-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        program = Program(folder, telegram=control)
        await program.admin_code()
        _FOUNDED.append(program.data)
    return _FOUNDED[0]


def _people(database: Database, made: Sequence[Person], evaluator: Person) -> list[Liaison]:
    now = NOW
    with database.begin() as connection:
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
            Liaison(
                each,
                people.add_person(connection, name=NAMES[number], now=now),
                places[number % len(places)],
            )
            for number, each in enumerate(made)
        ]
        for each in found:
            people.grant_role(
                connection,
                person_id=each.person_id,
                role_name="liaison",
                department_id=each.department_id,
                now=now,
            )
        for person_id, external in [
            (judge, evaluator.id),
            *((each.person_id, each.person.id) for each in found),
        ]:
            insert_once(
                connection,
                account,
                key=("channel", "external_id"),
                values={
                    "channel": "telegram",
                    "external_id": str(external),
                    "person_id": person_id,
                    "linked_at": now,
                    "created_at": now,
                },
            )
    return found
