"""Who is there before anything happens: departments, sections, people with a web account each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy.engine import Connection

from bot.demo.days import OPENING
from bot.demo.people import MEMBERS, OFFICES, PLACES, Member, Place
from bot.demo.stories import Told
from rubric.extent import ALL
from rubric.settings import PUBLICATION_EXTENT
from storage import departments, invites, people, sections, settings
from storage.web import CHANNEL

_REGISTERED: Final = 70  # working days back
_IN_DEPARTMENT: Final = ("liaison", "head", "member")


def enrol(connection: Connection, told: Sequence[Told]) -> dict[str, int]:
    """Before the first story begins; ids of the people by name."""
    now = told[0][1].at(_REGISTERED, OPENING)
    where = {
        place.code: departments.add_department(
            connection,
            name=place.name,
            short_name=place.short_name,
            code=place.code,
            resident_from=_first_day(place, told),
        )
        for place in PLACES
    }
    for office in OFFICES:
        section_id = sections.add_section(
            connection, name=office.name, contact=office.contact, phone=office.phone
        )
        where[office.name] = section_id
        for row in office.rows:
            sections.assign_row(connection, indicator=row, section_id=section_id)
    found = {each.name: _admit(connection, each, where, now=now) for each in MEMBERS}
    for office in OFFICES:
        substitute = found[office.substitute]
        sections.set_substitute(connection, where[office.name], person_id=substitute)
    settings.set_rule(
        connection,
        key=PUBLICATION_EXTENT.key,
        value=ALL,
        basis="本中心规定",
        reason="全部名次向各部门公布",
        person_id=found["周敏"],
        now=now,
    )
    return found


def _first_day(place: Place, told: Sequence[Told]) -> date | None:
    """Of one that moved in during an earlier quarter that is told of."""
    if place.since is None or len(told) == 1:
        return None
    return told[0][1].back(place.since)


def _admit(
    connection: Connection, member: Member, where: Mapping[str, int], *, now: datetime
) -> int:
    person_id = people.add_person(connection, name=member.name, now=now)
    people.grant_role(
        connection,
        person_id=person_id,
        role_name=member.role,
        department_id=where[member.where] if member.role in _IN_DEPARTMENT else None,
        section_id=where[member.where] if member.role == "evaluator" else None,
        now=now,
    )
    if member.of:
        people.grant_role(
            connection,
            person_id=person_id,
            role_name="member",
            department_id=where[member.of],
            now=now,
        )
    account_id = invites.add_account(connection, channel=CHANNEL, external_id=member.name, now=now)
    invites.link(connection, account_id=account_id, person_id=person_id, prefer=True, now=now)
    return person_id
