"""A published quarter and its broadcast to as many people as wanted, made by the program's own
functions: the frozen report, the publication, and every row that a release queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from handlers import broadcast
from handlers.messages import Inbound
from handlers.premises import Premises
from handlers.turn import Turn
from rubric import edition as editions
from rubric import report as reports
from rubric.quarter import Quarter
from rubric.report import Contact, DepartmentInput, Report, RowResult
from storage import departments, people, publications, quarters
from storage.accounts import find_person, recognise
from storage.attachments import keep_blob
from storage.blobs import Blobs
from storage.calendar import read_calendar
from storage.db import insert_once
from storage.models import account, outbox
from templates import documents
from tests.support.samples import png

EDITION = editions.find("2023-17")
QUARTER = Quarter(2026, 3)
HOURS = datetime(2026, 10, 14, 2, 0, tzinfo=UTC)  # ten in the morning of a working day
_STAND_IN = {"name": "名次.png", "mime": "image/png"}


@dataclass(frozen=True, slots=True)
class Audience:
    """`heads` and `members` by their ids on the channel; each head has a department of their
    own."""

    heads: Sequence[int | str]
    members: Sequence[int | str]
    channel: str = "telegram"

    @classmethod
    def of(
        cls, users: Sequence[int | str], *, departments: int, channel: str = "telegram"
    ) -> Audience:
        return cls(users[:departments], users[departments:], channel)


def report_of(count: int, *, quarter: Quarter = QUARTER) -> Report:
    """So many departments, one place apart."""
    return reports.freeze(
        edition=EDITION,
        quarter=quarter,
        revision=1,
        generated_at=HOURS,
        settings={},
        departments=[_department(number) for number in range(count)],
        contacts=[Contact("考核办公室", "周老师", "021-56001234")],
    )


def code_of(number: int) -> str:
    """BAA, BAB, …"""
    return f"B{chr(65 + number // 26)}{chr(65 + number % 26)}"


def _department(number: int) -> DepartmentInput:
    """A quarter of a point less in the first row than the department before."""
    rows = [
        RowResult(
            row.id,
            0 if row.bonus else round(row.points * 100) - (25 * number if not place else 0),
            "有超时" if number and not place else "",
            "王芳",
            "考核办公室",
        )
        for place, row in enumerate(EDITION.indicators)
    ]
    return DepartmentInput(code_of(number), f"第{number}号管理局", f"第{number}局", tuple(rows))


def publish(connection: Connection, audience: Audience, *, now: datetime = HOURS) -> int:
    """The people, their departments and accounts, and a publication of QUARTER; its id."""
    quarters.ensure(
        connection,
        QUARTER,
        calendar=read_calendar(connection),
        timezone=Premises(b"").zone,
        now=now,
    )
    for number, user in enumerate((*audience.heads, *audience.members)):
        person_id = _person(connection, number, head=number < len(audience.heads), now=now)
        link(connection, person_id, audience.channel, str(user), now=now)
    report = report_of(max(3, len(audience.heads)))
    made = publications.publish(
        connection,
        quarter=QUARTER.code,
        revision=1,
        report=reports.to_json(report),
        digest=reports.digest(report),
        person_id=1,
        now=now,
    )
    if made is None:
        raise AssertionError("published before")
    return made


def _person(connection: Connection, number: int, *, head: bool, now: datetime) -> int:
    person_id = people.add_person(connection, name=f"人员{number:03d}", now=now)
    place = None
    if head:
        place = departments.add_department(
            connection,
            name=f"第{number}号管理局",
            short_name=f"第{number}局",
            code=code_of(number),
        )
    people.grant_role(
        connection,
        person_id=person_id,
        role_name="head" if head else "member",
        department_id=place,
        now=now,
    )
    return person_id


def link(
    connection: Connection,
    person_id: int,
    channel: str,
    external_id: str,
    *,
    now: datetime = HOURS,
) -> None:
    """An account of this person."""
    insert_once(
        connection,
        account,
        key=("channel", "external_id"),
        values={
            "channel": channel,
            "external_id": external_id,
            "person_id": person_id,
            "linked_at": now,
            "created_at": now,
        },
    )


def queue(
    connection: Connection,
    publication_id: int,
    blobs: Blobs,
    *,
    user: int | str,
    channel: str = "telegram",
) -> int:
    """What a release by this person queues; how many rows."""
    text = publications.report_text(connection, publication_id)
    known, _ = recognise(connection, channel=channel, external_id=str(user), name="", now=HOURS)
    person = find_person(connection, known.person_id or 0)
    if text is None or person is None:
        raise AssertionError("publish first")
    turn = Turn(
        connection,
        HOURS,
        Premises(b"key"),
        person=person,
        account=known,
        inbound=Inbound("release", channel, str(user)),
        words="",
    )
    broadcast.send(turn, reports.from_json(text), publication_id)
    _stand_in(connection, blobs)
    return turn.notices


def _stand_in(connection: Connection, blobs: Blobs) -> None:
    """A picture for every document that this version can't make yet."""
    stored = blobs.put(png(600, 400))
    keep_blob(connection, sha256=stored.sha256, size=stored.size, now=HOURS)
    file = {"blob": stored.sha256, **_STAND_IN}
    for id_, body in connection.execute(select(outbox.c.id, outbox.c.body)).all():
        if body.get("document", {}).get("document", "annex_sheet") not in documents.names():
            changed = {name: value for name, value in body.items() if name != "document"}
            connection.execute(
                update(outbox).where(outbox.c.id == id_).values(body=changed | {"file": file})
            )
