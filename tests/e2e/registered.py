"""What an installation knows of its departments, sections and people, in words, so that it can be
compared with what the clerk wrote, whatever way it was entered."""

from __future__ import annotations

from dataclasses import dataclass

from rubric.edition import catalog
from storage import departments, rosters, sections
from storage.accounts import Grant
from storage.db import Database
from tests.e2e import newcomers
from tests.e2e.newcomers import ADMIN, DATES, PEOPLE, PLACES, SECTIONS, Line

# how the clerk writes each channel; a web account is made by a login, never entered
HANDED_OUT = {"telegram": "telegram", "wecom_app": "wecom"}
ROLES = {
    "liaison": "联络员", "head": "部门负责人", "evaluator": "考核员", "director": "主任",
    "admin": "管理员", "auditor": "审计员", "member": "工作人员",
}  # fmt: skip
ROWS = {row.id: row.name for row in next(each for each in catalog() if each.scorable).indicators}


@dataclass(frozen=True, slots=True)
class Register:
    """Departments: full name, short name, code, first and last day. Sections: name, 联系人, 电话,
    rows. People: name, roles with their places, B角, accounts."""

    departments: list[tuple[str, str, str, str, str]]
    sections: list[tuple[str, str, str, list[str]]]
    people: list[tuple[str, list[str], str, list[str]]]


def as_written() -> Register:
    """What must come of the clerk's workbooks, in their order; the admin was there before."""
    return Register(
        [(each.name, each.short, each.code, *DATES.get(each.code, ("", ""))) for each in PLACES],
        [
            (
                line["科室名称"],
                line["联系人"],
                line["电话"],
                sorted(row for row, name in newcomers.OWNERS.items() if name == line["科室名称"]),
            )
            for line in SECTIONS
        ],
        [(ADMIN, ["管理员"], "", []), *map(_person, PEOPLE)],
    )


def _person(line: Line) -> tuple[str, list[str], str, list[str]]:
    role = "部门负责人" if line["角色"] == "首席代表" else line["角色"]
    places = [newcomers.place(each).short for each in _parts(line["部门"])] or [""]
    judged = _parts(line["科室"]) or [""]
    held = [" ".join(filter(None, (role, one, two))) for one in places for two in judged]
    return line["姓名"], sorted(held), line["B角"], _parts(line["账号"].lower())


def _parts(text: str) -> list[str]:
    return [each for each in text.split("、") if each]


def register_of(database_url: str) -> Register:
    """What stands in the database."""
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

    def held(grant: Grant) -> str:
        where = short.get(grant.department_id or 0), judged.get(grant.section_id or 0)
        return " ".join(filter(None, (ROLES[grant.role], *where)))

    return Register(
        [
            (
                each.name,
                each.short_name,
                each.code,
                str(each.resident_from or ""),
                str(each.resident_to or ""),
            )
            for each in places
        ],
        [
            (
                each.name,
                each.contact,
                each.phone,
                sorted(ROWS[row] for row, owner in owners.items() if owner == each.id),
            )
            for each in judging
        ],
        [
            (
                each.name,
                sorted(map(held, each.grants)),
                names.get(deputies.get(each.id, 0), ""),
                [
                    f"{HANDED_OUT[channel]}:{id_}"
                    for channel, id_ in addresses.get(each.id, ())
                    if channel in HANDED_OUT
                ],
            )
            for each in everybody
        ],
    )
