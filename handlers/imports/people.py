"""People with their roles, accounts and deputies, many at once.

A row means somebody who is there already if the name and a place agree, or if it carries their
number; else it is a new person. Roles are added, never taken back; an empty cell changes nothing.
Codes are not issued here: whoever has no account yet gets an invite from the administrator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from handlers.imports import By, Importer
from handlers.imports.book import Book, Faults
from handlers.imports.changes import record_all
from handlers.imports.departments import unused_notes
from handlers.imports.people_rows import COLUMNS, TITLE, WECOM, Address, Reading, Wanted
from handlers.imports.tables import read_table, words
from handlers.occasion import Occasion
from handlers.own_accounts import tell_others
from storage import departments, leaves, people, rosters, sections
from storage.accounts import Person
from storage.people import IN_DEPARTMENT
from storage.rosters import NewRole
from templates import admin_labels as labels
from templates import words as shared

Act: TypeAlias = tuple[str, str, Mapping[str, object]]  # as `changes.record_all` takes it
_HELP: Final = {
    "id": ("系统编号，不要改；新增人员空着。同名的新人员填“新”。", 8),
    "name": ("一行一人；一人有几个角色、几个部门的，写在同一行。", 14),
    "roles": ("联络员、{head}、考核员、主任、管理员、审计员、工作人员；几个用顿号隔开。", 24),
    "departments": ("部门的简称、全称或代码；几个用顿号隔开。", 30),
    "sections": ("考核员所在的科室；只有一个科室时可以不填。", 20),
    "deputy": ("请假时代办的人，填姓名；同名的填编号。", 12),
    "wecom": ("企业微信通讯录中的账号（userid），填了即绑定，不用再发邀请码；不知道的空着。", 16),
    "accounts": (
        "其他账号，如“telegram:123456”，填了即绑定；不知道的空着，之后发邀请码。",
        26,
    ),
    "remark": ("随意填写，不导入。", 20),
}


@dataclass(frozen=True, slots=True)
class Changes:
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    wanted: tuple[Wanted, ...]

    def apply(self, occasion: Occasion, by: By) -> None:
        ids = self._people(occasion)
        acts = self._roles(occasion, by, ids)
        acts += self._accounts(occasion, ids)
        for each in self.wanted:
            acts += self._one(occasion, by, each, ids)
        record_all(occasion, by, acts)

    def _accounts(self, occasion: Occasion, ids: Mapping[int, int]) -> list[Act]:
        """Linked as if they had brought a code; who had another account before hears of it."""
        given = [(ids[each.row], *found) for each in self.wanted for found in each.accounts]
        made = rosters.link(occasion.connection, given, now=occasion.now)
        known = {each.person_id for each in self.wanted if each.person_id}
        for (person_id, _, _), account_id in zip(given, made, strict=True):
            if person_id in known:
                tell_others(occasion, person_id, account_id)
        return [
            ("account.link", str(account_id), {"person": person_id})
            for (person_id, _, _), account_id in zip(given, made, strict=True)
        ]

    def _one(self, occasion: Occasion, by: By, each: Wanted, ids: Mapping[int, int]) -> list[Act]:
        """What is done one by one, since there are few of it."""
        acts: list[Act] = []
        person_id = ids[each.row]
        if each.renamed:
            people.rename_person(occasion.connection, person_id, name=each.name)
            acts.append(("person.rename", str(person_id), {}))
        if each.deputy is not None:
            deputy_id = ids.get(-each.deputy, each.deputy)
            acts.append(_name_deputy(occasion, by, (person_id, each.name), deputy_id))
        return acts

    def _people(self, occasion: Occasion) -> dict[int, int]:
        """Row -> person, those who are new among them."""
        new = [each for each in self.wanted if not each.person_id]
        made = rosters.add_people(
            occasion.connection, [each.name for each in new], now=occasion.now
        )
        ids = {each.row: each.person_id for each in self.wanted}
        return ids | {each.row: id_ for each, id_ in zip(new, made, strict=True)}

    def _roles(self, occasion: Occasion, by: By, ids: Mapping[int, int]) -> list[Act]:
        roles = [
            NewRole(ids[each.row], given.role, given.department_id, given.section_id)
            for each in self.wanted
            for given in each.roles
        ]
        made = rosters.grant_roles(occasion.connection, roles, now=occasion.now)
        new = {ids[each.row] for each in self.wanted if not each.person_id}
        acts: list[Act] = [("person.add", str(person_id), {}) for person_id in sorted(new)]
        for given, role_id in zip(roles, made, strict=True):
            where = {"department": given.department_id, "section": given.section_id}
            acts.append(("role.grant", str(given.person_id), {"role": given.role, **where}))
            if given.person_id not in new and given.person_id != by.person_id:
                _tell(occasion, given, role_id)
        return acts


def _tell(occasion: Occasion, given: NewRole, role_id: int) -> None:
    held = next(
        each
        for each in people.held_roles(occasion.connection, given.person_id)
        if each.id == role_id
    )
    # SQLite gives the id of a role that was taken back out again
    key = f"role:{role_id}:{occasion.now.isoformat()}"
    occasion.notify(given.person_id, "admin.role_granted", key=key, held=held)


def _name_deputy(occasion: Occasion, by: By, of: tuple[int, str], deputy_id: int) -> Act:
    """The B角 of a person (id and name) from now on, leaves that go on included; told as by the
    chat."""
    connection, now = occasion.connection, occasion.now
    person_id, name = of
    before = leaves.deputy_of(connection, person_id)
    today = occasion.premises.today(now)
    moved = leaves.set_deputy(connection, person_id, deputy_id=deputy_id, today=today, now=now)
    key, deputy = f"deputy:{person_id}:{now.isoformat()}", people.name_of(connection, deputy_id)
    for told, block in ((person_id, "deputy_named"), (deputy_id, "named_deputy")):
        if told != by.person_id:
            occasion.notify(told, f"leave.{block}", key=key, name=name, deputy=deputy)
    admin = people.name_of(connection, by.person_id) if by.person_id else shared.role("admin")
    for leave in moved:
        for told, block in ((leave.deputy_id, "ended_deputy"), (deputy_id, "entered_deputy")):
            occasion.notify(
                told,
                f"leave.{block}",
                key=f"leave:{leave.id}:moved:{now.isoformat()}",
                leave=leave,
                running=leave.on(today),
                by=admin,
                name=name,
            )
    return "deputy.set", str(person_id), {"deputy": deputy_id, "before": before}


def read(occasion: Occasion, book: Book, *, quarter: str, by: By) -> Changes:
    """Raises WorkbookFaulty."""
    faults = Faults()
    table = read_table(book, TITLE, COLUMNS, faults, today=occasion.premises.today(occasion.now))
    reading = Reading(occasion, faults, list(table or ()))
    wanted = tuple(each for each in reading.rows() if each.changes)
    faults.stop()
    return Changes(
        tuple(each.line for each in wanted),
        (*reading.notes(), *unused_notes(table)),
        wanted,
    )


# ---------------------------------------------------------------- the template


def facts(occasion: Occasion, *, quarter: str) -> Mapping[str, object]:
    return {
        "title": TITLE,
        "sheets": [
            {
                "name": TITLE,
                "columns": [
                    {
                        "title": each.title,
                        "needed": each.needed,
                        "help": _HELP[each.key][0].format(head=shared.role("head")),
                        "width": _HELP[each.key][1],
                    }
                    for each in COLUMNS
                ],
                "rows": _rows(occasion),
            }
        ],
        "remarks": [words("remark_keep"), words("remark_people")],
    }


def _rows(occasion: Occasion) -> list[list[str]]:
    connection = occasion.connection
    everybody = rosters.everybody(connection)
    often = Counter(each.name for each in everybody)
    # a name that several have says nothing: then it is the number
    names = {each.id: each.name if often[each.name] == 1 else str(each.id) for each in everybody}
    short = {each.id: each.short_name for each in departments.departments(connection)}
    judged = {each.id: each.name for each in sections.sections(connection)}
    deputies, addresses = rosters.deputies(connection), rosters.addresses(connection)
    found = []
    for person in everybody:
        accounts = [Address(*each) for each in addresses.get(person.id, ())]
        told = [each for each in accounts if each.told]
        last = [
            names.get(deputies.get(person.id, 0), ""),
            "、".join(each.external_id for each in told if each.channel == WECOM),
            "、".join(str(each) for each in told if each.channel != WECOM),
            "",
        ]
        for roles, in_departments, in_sections in _held(person):
            found.append(
                [
                    str(person.id),
                    person.name,
                    "、".join(shared.role(each) for each in roles),
                    "、".join(short[each] for each in in_departments if each in short),
                    "、".join(judged[each] for each in in_sections if each in judged),
                    *last,
                ]
            )
            last = ["", "", "", ""]
    return found


def _held(person: Person) -> list[tuple[list[str], list[int], list[int]]]:
    """The person's roles in as few rows as say no more than that: one for all departments in
    which they are the same, besides those that are held in none."""
    within: dict[int | None, list[str]] = {}
    for grant in person.grants:
        if grant.department_id is not None or grant.role == "member":
            within.setdefault(grant.department_id, []).append(grant.role)
    groups: dict[tuple[str, ...], list[int]] = {}
    for department_id, roles in within.items():
        found = groups.setdefault(tuple(dict.fromkeys(roles)), [])
        found += [department_id] if department_id is not None else []
    lines = [([*roles], ids, list[int]()) for roles, ids in groups.items()] or [([], [], [])]
    roles, _, judged = lines[0]
    for grant in person.grants:
        if grant.role not in roles and grant.role not in IN_DEPARTMENT:
            roles.append(grant.role)
        if grant.section_id is not None:
            judged.append(grant.section_id)
    return lines


importer = Importer(
    kind="people",
    title=TITLE,
    sheet=TITLE,
    template="import_template",
    read=read,
    facts=facts,
    onward=(labels.BULK, "ad.slips"),
)
