"""Workbooks that wait, and many people at once, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage import accounts, attachments, audit, enrolment, imports, leaves, people
from storage.db import Database, metadata
from storage.enrolment import NewRole, Owner
from storage.models import account, department, import_file, role
from storage.models import audit as audit_table

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
DIGEST = "a" * 64


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    metadata.create_all(database.writer)
    yield database
    metadata.drop_all(database.writer)
    database.close()


@pytest.fixture
def connection(database):
    with database.begin() as connection:
        yield connection


def sender(connection) -> tuple[int, int]:
    """A person and their account."""
    [person_id] = enrolment.add_people(connection, ["张伟"], now=NOW)
    enrolment.link(connection, [(person_id, "web", "张伟")], now=NOW)
    found = accounts.address_of(connection, person_id)
    assert found is not None
    return person_id, found.id


def sent(connection, who: tuple[int, int], *, kind: str = "", now: datetime = NOW) -> int:
    attachment_id = attachments.announce(
        connection,
        evidence_id=None,
        account_id=who[1],
        person_id=who[0],
        reference="",
        name="部门.xlsx",
        mime="",
        size=7,
        stored=DIGEST,
        source="",
        now=now,
    )
    return imports.begin(
        connection,
        attachment_id=attachment_id,
        person_id=who[0],
        kind=kind,
        quarter="",
        now=now,
    )


def states(connection) -> list[str]:
    return list(
        connection.execute(select(import_file.c.state).order_by(import_file.c.id)).scalars()
    )


# ---------------------------------------------------------------- workbooks


def test_from_the_message_to_the_end(connection):
    who = sender(connection)
    id_ = sent(connection, who)
    assert imports.unread(connection, ("web",)) == [1]
    assert imports.unread(connection, ("telegram",)) == []
    assert imports.keep_rows(connection, id_, content=[["部门", [], []]])
    imports.choose(connection, id_, kind="departments", quarter="2026Q4")
    found = imports.lock(connection, id_)
    assert found == imports.ImportFile(
        id_,
        1,
        who[0],
        "departments",
        "2026Q4",
        "reading",
        [["部门", [], []]],
        NOW,
        "部门.xlsx",
        DIGEST,
        7,
    )
    imports.wait(connection, found, now=NOW)
    assert imports.unread(connection, ("web",)) == []
    assert not imports.keep_rows(connection, id_, content=[])
    imports.end(connection, id_, state=imports.DONE, now=NOW)
    done = imports.lock(connection, id_)
    assert done is not None
    assert (done.state, done.content) == ("done", None)
    assert imports.lock(connection, 99) is None
    assert (imports.of_attachment(connection, 1), imports.of_attachment(connection, 99)) == (
        id_,
        None,
    )


def test_a_later_one_takes_the_place_of_what_waits(connection):
    who = sender(connection)
    for kind in ("people", "departments", "", "people", ""):
        file = imports.lock(connection, sent(connection, who, kind=kind))
        assert file is not None
        imports.wait(connection, file, now=NOW)
    assert states(connection) == ["dropped", "waiting", "waiting", "waiting", "waiting"]


def test_nothing_waits_for_ever(connection):
    who = sender(connection)
    for ago in (imports.KEPT + timedelta(seconds=1), imports.KEPT, timedelta()):
        sent(connection, who, now=NOW - ago)
    assert states(connection) == ["dropped", "reading", "reading"]


# ---------------------------------------------------------------- people


def test_people_in_the_order_they_were_given(connection):
    names = [f"人员{n}" for n in range(1_500)]
    ids = enrolment.add_people(connection, names, now=NOW)
    assert [people.name_of(connection, id_) for id_ in ids[::100]] == names[::100]
    made = enrolment.grant_roles(
        connection, [NewRole(id_, "director", None, None) for id_ in ids], now=NOW
    )
    rows = dict(connection.execute(select(role.c.id, role.c.person_id)).all())
    assert [rows[id_] for id_ in made] == ids
    assert [each.id for each in enrolment.everybody(connection)] == ids
    assert enrolment.everybody(connection)[7].has("director")
    enrolment.link(connection, [(id_, "telegram", str(id_)) for id_ in ids], now=NOW)
    found = enrolment.owners(connection, [("telegram", str(id_)) for id_ in ids])
    assert [found["telegram", str(id_)].person_id for id_ in ids] == ids
    assert enrolment.addresses(connection)[ids[3]] == [("telegram", str(ids[3]))]


def test_nothing_for_nobody(connection):
    assert enrolment.add_people(connection, [], now=NOW) == []
    assert enrolment.grant_roles(connection, [], now=NOW) == []
    enrolment.link(connection, [], now=NOW)
    assert enrolment.owners(connection, []) == {}


def test_the_first_account_stays_preferred(connection):
    person_id, first = sender(connection)
    enrolment.link(connection, [(person_id, "telegram", "5")], now=NOW + timedelta(days=1))
    found = accounts.address_of(connection, person_id)
    assert found is not None
    assert found.id == first


def test_an_account_of_nobody_or_of_somebody_gone(connection):
    connection.execute(
        account.insert(), {"channel": "telegram", "external_id": "1", "created_at": NOW}
    )
    [gone] = enrolment.add_people(connection, ["旧人"], now=NOW)
    enrolment.link(connection, [(gone, "telegram", "2")], now=NOW)
    people.remove_person(connection, gone, now=NOW)
    found = enrolment.owners(connection, [("telegram", each) for each in "123"])
    assert found == {
        ("telegram", "1"): Owner(1, None, ""),
        ("telegram", "2"): Owner(2, None, "旧人"),
    }
    assert enrolment.everybody(connection) == []


def test_a_deputy_is_one(connection):
    one, two, three = enrolment.add_people(connection, ["甲", "乙", "丙"], now=NOW)
    for each in (two, three):
        leaves.set_deputy(connection, one, deputy_id=each, today=NOW.date(), now=NOW)
    assert enrolment.deputies(connection) == {one: three}


def test_roles_keep_their_places(connection):
    department_id = connection.execute(
        department.insert().returning(department.c.id),
        {"code": "GA", "name": "公安分局", "short_name": "公安"},
    ).scalar_one()
    [one] = enrolment.add_people(connection, ["甲"], now=NOW)
    enrolment.grant_roles(connection, [NewRole(one, "liaison", department_id, None)], now=NOW)
    [found] = enrolment.everybody(connection)
    assert found.departments("liaison") == (department_id,)


def test_many_acts_of_one(connection):
    audit.record_all(connection, [], now=NOW, person_id=None, account_id=None)
    acts = [("person.add", "1", {"by": "import"}), ("role.grant", "1", {"role": "admin"})]
    audit.record_all(connection, acts, now=NOW, person_id=3, account_id=None)
    columns = ("action", "object", "result", "person_id", "detail")
    rows = connection.execute(select(*(audit_table.c[name] for name in columns)))
    assert [tuple(row) for row in rows] == [
        ("person.add", "1", "ok", 3, {"by": "import"}),
        ("role.grant", "1", "ok", 3, {"role": "admin"}),
    ]
