"""Persons and roles: made, found, changed, removed; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rubric.errors import UserError
from storage import accounts, departments, people, sections
from storage.accounts import Grant, Person
from storage.db import Database, metadata
from storage.models import account, evidence, invite, web_session
from storage.names import NameTaken, StillNeeded, TextMissing, TextTooLong

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    metadata.create_all(found.writer)
    yield found
    found.close()


def somebody(database: Database, name: str, *roles: str, linked: bool = True) -> int:
    with database.begin() as connection:
        id_ = people.add_person(connection, name=name, now=NOW)
        for role in roles:
            people.grant_role(connection, person_id=id_, role_name=role, now=NOW)
        if linked:
            connection.execute(
                account.insert(),
                {
                    "channel": "fake",
                    "external_id": f"{name}{id_}",
                    "person_id": id_,
                    "linked_at": NOW,
                    "created_at": NOW,
                },
            )
    return id_


def market(database: Database) -> int:
    with database.begin() as connection:
        return departments.add_department(
            connection, name="市场监督管理局", short_name="市场监管局", code="scjg"
        )


def office(database: Database, name: str = "考核办公室") -> int:
    with database.begin() as connection:
        return sections.add_section(connection, name=name, contact="周老师", phone="021-1")


def test_a_person_holds_several_roles_and_each_says_where(database: Database):
    place, where = market(database), office(database)
    li = somebody(database, " 李  敏 ")
    with database.begin() as connection:
        people.grant_role(
            connection, person_id=li, role_name="liaison", department_id=place, now=NOW
        )
        people.grant_role(
            connection,
            person_id=li,
            role_name="evaluator",
            section_id=where,
            department_id=place,
            now=NOW,
        )
        people.grant_role(connection, person_id=li, role_name="auditor", now=NOW)
    with database.read() as connection:
        assert accounts.find_person(connection, li) == Person(
            li,
            "李 敏",
            (
                Grant("liaison", place, None),
                Grant("evaluator", place, where),
                Grant("auditor", None, None),
            ),
        )
        assert [(h.role, h.place) for h in people.held_roles(connection, li)] == [
            ("liaison", "市场监管局"),
            ("evaluator", "考核办公室"),
            ("auditor", ""),
        ]
        assert [p.id for p in people.holders_of(connection, "liaison", department_id=place)] == [
            li
        ]
        assert people.holders_of(connection, "head") == []
        assert [p.id for p in people.evaluators_of(connection, where)] == [li]
        assert people.judges_of(connection, section_id=where, department_id=place) == []


def test_the_same_role_is_granted_once(database: Database):
    place, where = market(database), office(database)
    li = somebody(database, "李敏")

    def grant(role: str, **there: int) -> None:
        with database.begin() as connection:
            people.grant_role(connection, person_id=li, role_name=role, now=NOW, **there)

    grant("liaison", department_id=place)
    with pytest.raises(people.RoleHeld) as held:
        grant("liaison", department_id=place)
    assert held.value.facts() == {"name": "李敏", "role": "liaison", "place": "市场监管局"}
    grant("evaluator", section_id=where)
    with pytest.raises(people.RoleHeld):
        grant("evaluator", section_id=where, department_id=place)
    grant("admin")
    with pytest.raises(people.RoleHeld):
        grant("admin")
    for role in ("liaison", "head", "evaluator"):
        with pytest.raises(ValueError, match="without the place"):
            grant(role)


def test_people_are_listed_by_name_and_found_by_a_part_of_it(database: Database):
    li, wang, other = (
        somebody(database, "李敏"),
        somebody(database, "王%芳", linked=False),
        somebody(database, "李敏"),
    )
    gone = somebody(database, "李娜")
    with database.begin() as connection:
        assert people.remove_person(connection, gone, now=NOW)
        assert not people.remove_person(connection, gone, now=NOW)
    with database.read() as connection:

        def listed(**query: object) -> tuple[list[tuple[int, bool]], int]:
            found, total = people.people(connection, **query)  # type: ignore[arg-type]
            return [(each.person.id, each.linked) for each in found], total

        assert listed() == ([(li, True), (other, True), (wang, False)], 3)
        assert listed(search="李") == ([(li, True), (other, True)], 2)
        assert listed(search="%") == ([(wang, False)], 1)
        assert listed(offset=1, limit=1) == ([(other, True)], 3)
        assert [p.id for p in people.persons_named(connection, "李敏 ")] == [li, other]
        assert people.persons_named(connection, "李娜") == []
        assert people.name_of(connection, gone) == "李娜"
        assert people.find_listed(connection, gone) is None
        found = people.find_listed(connection, wang)
        assert found is not None
        assert not found.linked


def test_removal_ends_rights_invites_sessions_and_standing_in(database: Database):
    boss, wang = somebody(database, "赵", "admin"), somebody(database, "王芳", "admin")
    where, other = office(database), office(database, "督查科")
    with database.begin() as connection:
        people.grant_role(
            connection, person_id=wang, role_name="evaluator", section_id=other, now=NOW
        )
        sections.set_substitute(connection, where, person_id=wang)
        assert people.substituted_sections(connection, wang) == (where,)
        theirs = connection.execute(account.select().where(account.c.person_id == wang)).one()
        connection.execute(
            web_session.insert(),
            {"digest": "d", "account_id": theirs.id, "created_at": NOW, "seen_at": NOW},
        )
        connection.execute(
            invite.insert(),
            {
                "kind": "personal",
                "nonce": "n",
                "digest": "d",
                "person_id": wang,
                "expires_at": NOW + timedelta(days=1),
                "created_at": NOW,
            },
        )
    with database.begin() as connection:
        assert people.remove_person(connection, wang, now=NOW)
    with database.begin() as connection:
        assert (
            accounts.recognise(
                connection, channel="fake", external_id=theirs.external_id, name="", now=NOW
            )[1]
            is None
        )
        assert connection.execute(web_session.select()).one().ended_at == NOW
        assert connection.execute(invite.select()).one().revoked_at == NOW
        assert people.substituted_sections(connection, wang) == ()
        assert people.evaluators_of(connection, other) == []
        assert [p.id for p in people.holders_of(connection, "admin")] == [boss]


def test_the_last_admin_who_is_linked_stays(database: Database):
    boss = somebody(database, "赵强", "admin")
    somebody(database, "钱", "admin", linked=False)
    with database.begin() as connection, pytest.raises(people.LastAdmin) as last:
        people.remove_person(connection, boss, now=NOW)
    assert last.value.facts() == {"name": "赵强"}
    with database.begin() as connection:
        held = people.held_roles(connection, boss)[0]
        with pytest.raises(people.LastAdmin):
            people.revoke_role(connection, held.id, person_id=boss)
    somebody(database, "孙", "admin")
    with database.begin() as connection:
        assert people.revoke_role(connection, held.id, person_id=boss) == held
        assert people.revoke_role(connection, held.id, person_id=boss) is None


def test_a_substitute_who_evaluates_no_more_stands_in_for_nobody(database: Database):
    where, other = office(database), office(database, "督查科")
    wang = somebody(database, "王芳")
    with database.begin() as connection:
        first = people.grant_role(
            connection, person_id=wang, role_name="evaluator", section_id=other, now=NOW
        )
        second = people.grant_role(connection, person_id=wang, role_name="auditor", now=NOW)
        sections.set_substitute(connection, where, person_id=wang)
        people.revoke_role(connection, second, person_id=wang)
        assert people.substituted_sections(connection, wang) == (where,)
        people.revoke_role(connection, first, person_id=wang)
        assert people.substituted_sections(connection, wang) == ()


def test_who_may_judge(database: Database):
    place, where, other = market(database), office(database), office(database, "督查科")
    own, foreign, stand_in = (somebody(database, name) for name in ("甲", "乙", "丙"))
    with database.begin() as connection:
        people.grant_role(
            connection, person_id=own, role_name="evaluator", section_id=where, now=NOW
        )
        people.grant_role(
            connection, person_id=own, role_name="member", department_id=place, now=NOW
        )
        sections.set_substitute(connection, where, person_id=stand_in)

        def judges() -> list[int]:
            found = people.judges_of(connection, section_id=where, department_id=place)
            return [each.id for each in found]

        assert judges() == [stand_in]
        people.grant_role(
            connection, person_id=foreign, role_name="evaluator", section_id=where, now=NOW
        )
        assert judges() == [foreign]
        assert people.judges_of(connection, section_id=other, department_id=place) == []


@pytest.mark.parametrize(
    ("name", "error"), [("  \n", TextMissing), ("长" * 41, TextTooLong), ("长" * 40, None)]
)
def test_names_of_people(database: Database, name: str, error: type[UserError] | None):
    id_ = somebody(database, "李敏")
    with database.begin() as connection:
        if error is None:
            people.rename_person(connection, id_, name=name)
            assert people.name_of(connection, id_) == name
        else:
            with pytest.raises(error):
                people.rename_person(connection, id_, name=name)
            assert people.name_of(connection, id_) == "李敏"


def test_two_admins_who_remove_each_other_at_once_leave_one(database: Database):
    pair = [somebody(database, name, "admin") for name in ("赵", "钱")]
    outcomes: list[object] = []
    start = threading.Barrier(2)

    def remove(person_id: int) -> None:
        start.wait(10)
        try:
            with database.begin() as connection:
                outcomes.append(people.remove_person(connection, person_id, now=NOW))
        except people.LastAdmin:
            outcomes.append("last")

    threads = [threading.Thread(target=remove, args=(id_,)) for id_ in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, outcomes)) == ["True", "last"]
    with database.read() as connection:
        assert len(people.holders_of(connection, "admin")) == 1


# ---------------------------------------------------------------- departments and sections


def test_a_department_is_found_by_whatever_it_is_called(database: Database):
    place = market(database)
    with database.read() as connection:
        found = departments.find_department(connection, place)
        assert found == departments.Department(
            place, "SCJG", "市场监督管理局", "市场监管局", None, None, None
        )
        for typed in ("scjg", " 市场监管局", "市场监督管理局"):
            assert departments.match_department(connection, typed) == found
        assert departments.match_department(connection, "公安") is None
        assert departments.find_department(connection, place + 1) is None


@pytest.mark.parametrize(
    ("name", "short_name", "code", "error"),
    [
        ("市场监督管理局", "新", "XX", NameTaken),
        ("市场监管局", "新", "XX", NameTaken),
        ("新", "市场监督管理局", "XX", NameTaken),
        ("新", "新", "SCJG", departments.CodeTaken),
        ("新", "新", "A", departments.CodeUnusable),
        ("新", "新", "ABCDEFG", departments.CodeUnusable),
        ("新", "新", "A1", departments.CodeUnusable),
        ("", "新", "XX", TextMissing),
        ("新", "新" * 21, "XX", TextTooLong),
    ],
)
def test_departments_that_are_not_added(
    database: Database, name: str, short_name: str, code: str, error: type[UserError]
):
    market(database)
    with database.begin() as connection, pytest.raises(error):
        departments.add_department(connection, name=name, short_name=short_name, code=code)
    with database.read() as connection:
        assert len(departments.departments(connection)) == 1


def test_a_code_is_fixed_by_the_first_receipt(database: Database):
    place, li = market(database), somebody(database, "李敏")
    with database.begin() as connection:
        departments.recode_department(connection, place, code="scj")
        connection.execute(
            evidence.insert(),
            {
                "department_id": place,
                "quarter": "2026Q4",
                "number": 1,
                "state": "submitted",
                "created_by": li,
                "created_at": NOW,
                "updated_at": NOW,
            },
        )
        assert departments.code_fixed(connection, place)
        departments.recode_department(connection, place, code="SCJ")
        with pytest.raises(departments.CodeFixed) as fixed:
            departments.recode_department(connection, place, code="SCJG")
        assert fixed.value.facts() == {"department": "市场监管局", "current": "SCJ"}
        with pytest.raises(StillNeeded) as needed:
            departments.remove_department(connection, place, now=NOW)
        assert needed.value.facts() == {
            "name": "市场监管局",
            "people": 0,
            "rows": 0,
            "receipts": 1,
        }


def test_a_department_is_renamed_removed_and_restored(database: Database):
    place, li = market(database), somebody(database, "李敏")
    with database.begin() as connection:
        departments.rename_department(connection, place, name="市监局", now=NOW)
        departments.rename_department(connection, place, short_name="市监局", now=NOW)
        role = people.grant_role(
            connection, person_id=li, role_name="liaison", department_id=place, now=NOW
        )
        with pytest.raises(StillNeeded):
            departments.remove_department(connection, place, now=NOW)
        people.revoke_role(connection, role, person_id=li)
        departments.remove_department(connection, place, now=NOW)
        assert departments.departments(connection) == []
        assert departments.match_department(connection, "SCJG") is None
        with pytest.raises(NameTaken) as taken:
            departments.add_department(connection, name="市监局", short_name="新", code="XX")
        assert taken.value.facts() == {"what": "部门", "name": "市监局", "removed": True}
        assert [d.name for d in departments.departments(connection, removed=True)] == ["市监局"]
        departments.restore_department(connection, place)
        assert [d.id for d in departments.departments(connection)] == [place]


def test_days_of_residence_are_in_order(database: Database):
    place = market(database)
    first, last = NOW.date(), NOW.date() - timedelta(days=1)
    with database.begin() as connection:
        with pytest.raises(departments.DatesReversed):
            departments.set_residence(connection, place, resident_from=first, resident_to=last)
        departments.set_residence(connection, place, resident_from=first, resident_to=first)
        departments.set_residence(connection, place, resident_from=None, resident_to=last)
        found = departments.find_department(connection, place)
        assert found is not None
        assert (found.resident_from, found.resident_to) == (None, last)


def test_a_row_has_one_owner(database: Database):
    where, other = office(database), office(database, "督查科")
    with database.begin() as connection:
        assert sections.section_of_row(connection, "online_help") is None
        assert sections.assign_row(connection, indicator="online_help", section_id=where) is None
        assert sections.assign_row(connection, indicator="online_help", section_id=other) == where
        sections.assign_row(connection, indicator="enquiries", section_id=other)
        found = sections.section_of_row(connection, "online_help")
        assert found is not None
        assert found.id == other
        assert sections.rows_of(connection, where, other) == ["enquiries", "online_help"]
        assert sections.row_owners(connection) == {"enquiries": other, "online_help": other}


def test_a_section_is_changed_removed_and_comes_back_with_its_name(database: Database):
    where, li = office(database), somebody(database, "李敏")
    with database.begin() as connection:
        sections.rename_section(connection, where, name="综合科")
        sections.set_contact(connection, where, contact="  ")
        sections.set_contact(connection, where, phone="021-56001234")
        assert sections.match_section(connection, "综合科 ") == sections.Section(
            where, "综合科", "", "021-56001234", None, None
        )
        with pytest.raises(NameTaken):
            sections.add_section(connection, name="综合科")
        role = people.grant_role(
            connection, person_id=li, role_name="evaluator", section_id=where, now=NOW
        )
        sections.assign_row(connection, indicator="enquiries", section_id=where)
        with pytest.raises(StillNeeded) as needed:
            sections.remove_section(connection, where, now=NOW)
        assert needed.value.facts() == {"name": "综合科", "people": 1, "rows": 1, "receipts": 0}
        people.revoke_role(connection, role, person_id=li)
        other = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="enquiries", section_id=other)
        sections.remove_section(connection, where, now=NOW)
        assert [s.id for s in sections.sections(connection)] == [other]
        assert sections.match_section(connection, "综合科") is None
        assert sections.add_section(connection, name="综合科", phone="1") == where
        found = sections.find_section(connection, where)
        assert found == sections.Section(where, "综合科", "", "1", None, None)


def test_two_admins_who_add_the_same_department_at_once(database: Database):
    somebody(database, "赵", "admin")
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def add() -> None:
        start.wait(10)
        try:
            outcomes.append(str(market(database) > 0))
        except NameTaken:
            outcomes.append("taken")

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["True", "taken"]
