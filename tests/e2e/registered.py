"""What an installation knows of its departments, sections and people, in words, so that two of
them can be compared whatever way it was entered."""

from __future__ import annotations

from dataclasses import dataclass

from storage import departments, rosters, sections
from storage.db import Database

HANDED_OUT = ("telegram", "wecom")  # a web account is made by a login, never entered


@dataclass(frozen=True, slots=True)
class Register:
    """`people`: name, roles with their places, B角, accounts."""

    departments: tuple[tuple[str, str, str, str, str], ...]
    sections: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    people: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...]], ...]


def register_of(database_url: str) -> Register:
    database = Database(database_url)
    try:
        return _read(database)
    finally:
        database.close()


def _read(database: Database) -> Register:
    with database.read() as connection:
        places = departments.departments(connection)
        judging = sections.sections(connection)
        owners = sections.row_owners(connection)
        everybody = rosters.everybody(connection)
        deputies, addresses = rosters.deputies(connection), rosters.addresses(connection)
    short = {each.id: each.short_name for each in places}
    judged = {each.id: each.name for each in judging}
    names = {each.id: each.name for each in everybody}
    return Register(
        tuple(
            (
                each.name,
                each.short_name,
                each.code,
                str(each.resident_from or ""),
                str(each.resident_to or ""),
            )
            for each in places
        ),
        tuple(
            (
                each.name,
                each.contact,
                each.phone,
                tuple(sorted(row for row, owner in owners.items() if owner == each.id)),
            )
            for each in judging
        ),
        tuple(
            (
                each.name,
                tuple(
                    sorted(
                        f"{grant.role} {short.get(grant.department_id or 0, '')}"
                        f" {judged.get(grant.section_id or 0, '')}".strip()
                        for grant in each.grants
                    )
                ),
                names.get(deputies.get(each.id, 0), ""),
                tuple(
                    f"{channel}:{id_}"
                    for channel, id_ in addresses.get(each.id, ())
                    if channel in HANDED_OUT
                ),
            )
            for each in everybody
        ),
    )
