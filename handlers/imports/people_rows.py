"""Rows of the people's sheet: who is meant, and what they shall be besides what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from handlers.administration.roles import (
    ROLE_WORDS,
    PlaceMissing,
    RoleMissing,
    WordUnknown,
)
from handlers.imports.book import Faults
from handlers.imports.tables import Column, Row, error_words, words
from handlers.occasion import Occasion
from rubric.errors import UserError, shown
from storage import departments, rosters, sections
from storage.accounts import Grant, Person
from storage.names import checked
from storage.people import IN_DEPARTMENT, IN_SECTION, NAME_LENGTH
from storage.rosters import Owner
from templates import words as shared

TITLE: Final = "人员"
COLUMNS: Final = (
    Column("id", "编号", ("人员编号", "工号", "id")),
    Column("name", "姓名", ("名字", "人员"), needed=True, filled=True),
    Column("roles", "角色", ("身份", "职责")),
    Column("departments", "部门", ("所在部门", "单位")),
    Column("sections", "科室", ("责任科室",)),
    Column("deputy", "B角", ("代办人", "b角姓名")),
    Column("wecom", "企业微信账号", ("企业微信帐号", "企业微信", "userid")),
    Column("accounts", "账号", ("帐号",)),
    Column("remark", "备注", ("说明",)),
)
ANOTHER: Final = ("新", "新增")  # in 编号: nobody who is there already, whatever the name
# what is written before an account's id, for each channel that knows people by an id of its own
_WRITTEN: Final = {"telegram": "telegram", "wecom_app": "wecom"}
_IDS: Final = {"telegram": re.compile(r"[1-9]\d{0,18}"), "wecom_app": re.compile(r"\S{1,64}")}
WECOM: Final = "wecom_app"


@dataclass(frozen=True, slots=True)
class Address:
    """An account as it is written: telegram:123456. WeCom's are the members' ids in the directory,
    whose case says nothing."""

    channel: str
    external_id: str

    def __str__(self) -> str:
        return f"{_WRITTEN[self.channel]}:{self.external_id}"

    @property
    def told(self) -> bool:
        """Whether it may be written in a sheet: web accounts are known by no id of their own."""
        pattern = _IDS.get(self.channel)
        return pattern is not None and pattern.fullmatch(self.external_id) is not None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row adds. `person_id` 0: a new person; `deputy` a person's id, or the negative number
    of the row that makes one; `renamed` is the name before; `line` says it all."""

    row: int
    person_id: int
    name: str
    roles: tuple[Grant, ...]
    accounts: tuple[tuple[str, str], ...]
    deputy: int | None
    renamed: str
    line: str

    @property
    def changes(self) -> bool:
        added = self.roles or self.accounts or self.renamed or self.deputy is not None
        return bool(not self.person_id or added)


@dataclass(frozen=True, slots=True)
class _Meant:
    """A row that could be understood: its person, if there is one already, and the places."""

    row: Row
    name: str
    person: Person | None
    departments: tuple[int, ...]
    sections: tuple[int, ...]


class Reading:
    """One pass over the rows; everything there is was read before it."""

    def __init__(self, occasion: Occasion, faults: Faults, rows: list[Row]) -> None:
        connection = occasion.connection
        self._faults = faults
        self._rows = rows
        everybody = rosters.everybody(connection)
        self._people = {each.id: each for each in everybody}
        self._named: dict[str, list[Person]] = {}
        for each in everybody:
            self._named.setdefault(each.name, []).append(each)
        found = departments.departments(connection)
        self._departments = {each.id: each.short_name for each in found}
        self._department_ids = {
            name: each.id for each in found for name in (each.code, each.name, each.short_name)
        }
        judging = sections.sections(connection)
        self._sections = {each.id: each.name for each in judging}
        self._section_ids = {each.name: each.id for each in judging}
        self._deputies = rosters.deputies(connection)
        self._owners = rosters.owners(connection, self._all_accounts())
        self._roles = ROLE_WORDS | {shared.role("head"): "head"}
        self._held: dict[int, set[tuple[str, int | None]]] = {
            each.id: {_key(grant) for grant in each.grants} for each in everybody
        }
        self._given: dict[tuple[str, str], int] = {}  # account -> row
        self._taken: dict[int, int] = {}  # person -> row, of those found by name
        self._numbered: dict[int, tuple[str, int]] = {}  # person -> name and row
        self._new: dict[str, list[_Meant]] = {}
        self._twins: set[str] = set()

    def rows(self) -> Iterator[Wanted]:
        meant = [found for row in self._rows if (found := self._meant(row)) is not None]
        yield from (self._wanted(each) for each in meant)

    def notes(self) -> tuple[str, ...]:
        """Namesakes in the sheet are added as different people: worth a look."""
        return tuple(words("namesakes", name=name) for name in sorted(self._twins))

    # ------------------------------------------------------------ who is meant

    def _meant(self, row: Row) -> _Meant | None:
        name = row.text("name")
        if name:
            try:
                name = checked(name, what="姓名", limit=NAME_LENGTH)
            except UserError as error:
                row.fault(self._faults, "name", error_words(error))
        in_departments = self._places(row, "departments", self._department_ids)
        in_sections = self._places(row, "sections", self._section_ids)
        if not name or row.bad & {"name", "id", "departments", "sections"}:
            return None
        known, sure = self._known(row, name, in_departments, in_sections)
        if not sure:
            return None
        found = _Meant(row, name, known, in_departments, in_sections)
        if known is None:
            self._new.setdefault(name, []).append(found)
        return found

    def _places(self, row: Row, key: str, ids: Mapping[str, int]) -> tuple[int, ...]:
        found = []
        for word in row.words(key):
            id_ = ids.get(word) or ids.get(word.upper())
            if id_ is None:
                what = "部门" if key == "departments" else "科室"
                row.fault(self._faults, key, words("place_unknown", typed=shown(word), what=what))
            else:
                found.append(id_)
        return tuple(dict.fromkeys(found))

    def _known(
        self, row: Row, name: str, in_departments: tuple[int, ...], in_sections: tuple[int, ...]
    ) -> tuple[Person | None, bool]:
        """The person, if there is one already, and whether that is sure."""
        typed = row.text("id")
        if typed and typed not in ANOTHER:
            number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
            known = self._people.get(number)
            if known is None:
                row.fault(self._faults, "id", words("id_unknown", typed=shown(typed)))
                return None, False
            first = self._numbered.setdefault(number, (name, row.number))
            if first[0] != name:
                row.fault(self._faults, "id", words("id_twice", row=first[1], name=first[0]))
            return known, first[0] == name
        namesakes = [] if typed else self._named.get(name, [])
        here = [each for each in namesakes if _there(each, in_departments, in_sections)]
        places = bool(in_departments or in_sections)
        if len(here) == 1 or (len(namesakes) == 1 and not (places and namesakes[0].grants)):
            known = here[0] if here else namesakes[0]
            if known.id in self._taken:
                self._twice(row, self._taken[known.id])
                return None, False
            self._taken[known.id] = row.number
            return known, True
        if namesakes:
            who = tuple((each.id, self._described(each)) for each in here or namesakes)
            row.fault(self._faults, "name", words("name_unclear", name=name, found=who))
            return None, False
        return None, self._alone(row, name, {*in_departments}, {*in_sections})

    def _alone(self, row: Row, name: str, in_departments: set[int], in_sections: set[int]) -> bool:
        """Whether no other row means the same new person."""
        for other in self._new.get(name, ()):
            shared_places = in_departments & {*other.departments} or in_sections & {
                *other.sections
            }
            without = not (in_departments or in_sections) or not (
                other.departments or other.sections
            )
            if shared_places or without:
                self._twice(row, other.row.number)
                return False
            self._twins.add(name)
        return True

    def _twice(self, row: Row, other: int) -> None:
        row.fault(self._faults, "name", words("row_twice", row=other))

    def _described(self, person: Person) -> str:
        return "、".join(dict.fromkeys(map(self._label, person.grants))) or "未定角色"

    def _label(self, grant: Grant) -> str:
        """市场监管局联络员, 考核办公室考核员, 主任."""
        if grant.role in IN_SECTION:
            place = self._sections.get(grant.section_id or 0, "")
        else:
            place = self._departments.get(grant.department_id or 0, "")
        return place + shared.role(grant.role)

    # ------------------------------------------------------------ what they shall be

    def _wanted(self, meant: _Meant) -> Wanted:
        row, known = meant.row, meant.person
        held = self._held.setdefault(known.id, set()) if known else set()
        roles = []
        for grant in self._grants(meant):
            if _key(grant) not in held:
                held.add(_key(grant))
                roles.append(grant)
        if known is None and not roles and not row.bad and not row.text("roles"):
            row.fault(self._faults, "roles", words("empty", title="角色"))
        accounts = self._accounts(row, known)
        deputy, deputy_name = self._deputy(meant)
        renamed = known.name if known is not None and known.name != meant.name else ""
        line = words(
            "person_changed" if known else "person_new",
            name=renamed or meant.name,
            renamed=meant.name if renamed else "",
            roles=tuple(self._label(each) for each in roles),
            accounts=tuple(str(Address(*each)) for each in accounts),
            deputy=deputy_name,
        )
        return Wanted(
            row=row.number,
            person_id=known.id if known else 0,
            name=meant.name,
            roles=tuple(roles),
            accounts=accounts,
            deputy=deputy,
            renamed=renamed,
            line=line,
        )

    def _grants(self, meant: _Meant) -> list[Grant]:
        row = meant.row
        roles = []
        for word in row.words("roles"):
            if word in self._roles:
                roles.append(self._roles[word])
            else:
                row.fault(self._faults, "roles", error_words(WordUnknown(shown(word))))
        if not row.text("roles") and meant.person is not None:
            return []  # the places only say who is meant
        if not roles and meant.sections:
            roles.append("evaluator")
        if not roles and meant.departments and "roles" not in row.bad:
            row.fault(self._faults, "roles", error_words(RoleMissing(meant.name)))
        roles = list(dict.fromkeys(roles))
        return [grant for role in roles for grant in self._placed(meant, role, roles)]

    def _placed(self, meant: _Meant, role: str, roles: list[str]) -> list[Grant]:
        """The role in each of the places where it is held."""
        row = meant.row
        if role in IN_DEPARTMENT:
            if meant.departments:
                return [Grant(role, department_id=each) for each in meant.departments]
            if role == "member":
                return [Grant(role)]
            said = PlaceMissing(meant.name, role, "部门")
            row.fault(self._faults, "departments", error_words(said))
            return []
        if role not in IN_SECTION:
            return [Grant(role)]
        places = meant.sections or (tuple(self._sections) if len(self._sections) == 1 else ())
        if not places:
            said = PlaceMissing(meant.name, role, "科室")
            row.fault(self._faults, "sections", error_words(said))
        # whom another role ties to the departments needs no tie besides
        tied = any(each in IN_DEPARTMENT for each in roles)
        if not tied and len(meant.departments) > 1:
            row.fault(self._faults, "departments", words("one_department", name=meant.name))
        own = meant.departments[0] if meant.departments and not tied else None
        return [Grant(role, own, each) for each in places]

    # ------------------------------------------------------------ accounts and deputies

    def _all_accounts(self) -> list[tuple[str, str]]:
        every = (
            (found.channel, found.external_id)
            for row in self._rows
            for _, _, found in _written(row)
            if found is not None
        )
        return list(dict.fromkeys(every))

    def _accounts(self, row: Row, known: Person | None) -> tuple[tuple[str, str], ...]:
        """Those that are to be linked."""
        found = []
        for column, word, address in _written(row):
            if address is None:
                row.fault(self._faults, column, words(f"{column}_form", typed=shown(word)))
                continue
            key = (address.channel, address.external_id)
            owner = self._owners.get(key, Owner(0, None, ""))
            first = self._given.setdefault(key, row.number)
            if first != row.number:
                self._said_twice(row, column, key)
            elif owner.person_id is not None and (known is None or owner.person_id != known.id):
                said = words("account_taken", account=str(address), name=owner.name)
                row.fault(self._faults, column, said)
            elif owner.person_id is None:
                found.append(key)
        return tuple(dict.fromkeys(found))

    def _said_twice(self, row: Row, column: str, key: tuple[str, str]) -> None:
        said = words("account_twice", account=str(Address(*key)), row=self._given[key])
        row.fault(self._faults, column, said)

    def _deputy(self, meant: _Meant) -> tuple[int | None, str]:
        """Whom the row names as B角, if that is a change, with their name."""
        typed = meant.row.text("deputy")
        if not typed:
            return None, ""
        found = self._candidates(meant, typed)
        own = meant.person.id if meant.person else -meant.row.number
        if own in found:
            meant.row.fault(self._faults, "deputy", words("deputy_self", name=meant.name))
            return None, ""
        if len(found) != 1:
            said = words("deputy_unclear", typed=shown(typed), several=len(found) > 1)
            meant.row.fault(self._faults, "deputy", said)
            return None, ""
        id_, name = next(iter(found.items()))
        if self._deputies.get(own) == id_:
            return None, ""
        return id_, name

    def _candidates(self, meant: _Meant, typed: str) -> dict[int, str]:
        """People there are and rows that make one (negative), by number or name; of several those
        of the same place."""
        if typed.isascii() and typed.isdigit():
            known = self._people.get(int(typed[:9]))
            return {known.id: known.name} if known else {}
        name = " ".join(typed.split())
        found = {each.id: each.name for each in self._named.get(name, ())}
        found |= {-each.row.number: name for each in self._new.get(name, ())}
        if len(found) > 1:
            near = {
                each.id: each.name
                for each in self._named.get(name, ())
                if _there(each, meant.departments, meant.sections)
            } | {
                -each.row.number: name
                for each in self._new.get(name, ())
                if {*each.departments} & {*meant.departments}
                or {*each.sections} & {*meant.sections}
            }
            return near if len(near) == 1 else found
        return found


def _key(grant: Grant) -> tuple[str, int | None]:
    """What makes two roles the same one: an evaluator holds one a section."""
    return grant.role, grant.section_id if grant.role in IN_SECTION else grant.department_id


def _there(person: Person, in_departments: Iterable[int], in_sections: Iterable[int]) -> bool:
    places = {*in_departments}, {*in_sections}
    return any(
        grant.department_id in places[0] or grant.section_id in places[1]
        for grant in person.grants
    )


def _written(row: Row) -> Iterator[tuple[str, str, Address | None]]:
    """Column, word and account of all that a row writes; None for what is no account."""
    for word in row.words("wecom"):
        yield "wecom", word, _address(word if ":" in _narrow(word) else f"wecom:{word}")
    for word in row.words("accounts"):
        yield "accounts", word, _address(word)


def _narrow(word: str) -> str:
    return normalize("NFKC", word).replace(" ", "")


def _address(word: str) -> Address | None:
    written, _, external_id = _narrow(word).partition(":")
    for channel, name in _WRITTEN.items():
        if written.lower() == name:
            found = Address(channel, external_id.lower() if channel == WECOM else external_id)
            return found if found.told else None
    return None
