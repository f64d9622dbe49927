"""Who stands in for whom on which day, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from storage import accounts, leaves, people
from storage.accounts import Grant
from storage.leaves import LeaveOverlaps
from tests.chat import MORNING, Centre

FIRST = date(2026, 12, 31)
LAST = date(2027, 1, 2)


@pytest.fixture
def centre(database_url: str) -> Centre:
    """李敏 is away over the new year, 王强 stands in for her; 孙警 would for him."""
    made = Centre(database_url)
    li = made.person("李敏", "liaison", "evaluator", "director", "admin", "auditor")
    wang = made.person("王强", "member", department="GA")
    made.person("孙警", "liaison", department="GA")
    enter(made, li.person_id, wang.person_id, FIRST, LAST)
    return made


def enter(centre: Centre, person_id: int, deputy_id: int, first: date, last: date) -> int:
    with centre.database.begin() as connection:
        return leaves.enter(
            connection,
            person_id=person_id,
            deputy_id=deputy_id,
            first=first,
            last=last,
            by=person_id,
            now=MORNING,
        ).id


def ids(centre: Centre) -> tuple[int, int, int]:
    li, wang, sun = centre.people.values()
    return li.person_id, wang.person_id, sun.person_id


def test_both_days_are_included(centre: Centre):
    li, wang, _ = ids(centre)
    days = [FIRST + timedelta(days=n) for n in range(-1, 4)]
    with centre.database.read() as connection:
        found = [leaves.deputies_on(connection, day) for day in days]
    assert found == [{}, {li: wang}, {li: wang}, {li: wang}, {}]


def test_all_roles_pass_but_those_over_the_installation(centre: Centre):
    li, wang, _ = ids(centre)
    own = Grant("member", centre.departments["GA"])
    with centre.database.read() as connection:
        assert accounts.grants_of(connection, wang) == (own,)
        assert accounts.grants_of(connection, wang, day=FIRST - timedelta(days=1)) == (own,)
        found = accounts.grants_of(connection, wang, day=FIRST)
        assert found == (
            own,
            Grant("liaison", for_person=li),
            Grant("evaluator", section_id=centre.section_id, for_person=li),
            Grant("director", for_person=li),
        )
        (listed,) = people.holders_of(connection, "evaluator", day=FIRST)[1:]
        assert listed == accounts.find_person(connection, wang, day=FIRST)
        assert [each.id for each in people.holders_of(connection, "admin", day=FIRST)] == [li]
        assert [each.id for each in people.holders_of(connection, "director")] == [li]


def test_one_hop_and_back(centre: Centre):
    li, wang, sun = ids(centre)
    theirs = enter(centre, wang, sun, LAST, LAST)
    with centre.database.read() as connection:
        assert leaves.deputies_on(connection, LAST) == {wang: sun}
        assert not any(g.for_person for g in accounts.grants_of(connection, wang, day=LAST))
        assert {g.for_person for g in accounts.grants_of(connection, sun, day=LAST)} == {0, wang}
        away = [each.id for each in people.holders_of(connection, "evaluator", day=LAST)]
        assert away == [li]
    with centre.database.begin() as connection:
        assert leaves.end(connection, theirs, now=MORNING)
        assert not leaves.end(connection, theirs, now=MORNING)
        assert leaves.deputies_on(connection, LAST) == {li: wang}


def test_on_duty_is_who_is_asked(centre: Centre):
    li, wang, _ = ids(centre)
    with centre.database.read() as connection:
        both = people.evaluators_of(connection, centre.section_id, day=FIRST)
        assert [each.id for each in both] == [li, wang]
        assert [each.id for each in leaves.on_duty(connection, both, day=FIRST)] == [wang]
        assert leaves.on_duty(connection, both[:1], day=FIRST) == both[:1]  # else nobody is
        assert leaves.on_duty(connection, both, day=LAST + timedelta(days=1)) == both


def test_who_is_removed_stands_in_for_nobody(centre: Centre):
    li, wang, _ = ids(centre)
    with centre.database.begin() as connection:
        leaves.set_deputy(connection, li, deputy_id=wang, today=FIRST, now=MORNING)
        people.remove_person(connection, wang, now=MORNING)
        assert leaves.deputies_on(connection, FIRST) == {}
        assert leaves.deputy_of(connection, li) is None
        assert leaves.stood_in(connection, wang, today=FIRST) != []  # what was agreed is kept


def test_leaves_of_one_person_are_apart(centre: Centre):
    li, wang, sun = ids(centre)
    with pytest.raises(LeaveOverlaps):
        enter(centre, li, sun, LAST, LAST)
    enter(centre, li, wang, LAST + timedelta(days=1), LAST + timedelta(days=1))


def test_nobody_stands_in_for_themselves(centre: Centre):
    li, _, _ = ids(centre)
    with centre.database.begin() as connection, pytest.raises(ValueError, match="themselves"):
        leaves.set_deputy(connection, li, deputy_id=li, today=FIRST, now=MORNING)


def test_the_only_judge_who_stands_in_for_a_liaison_is_none(centre: Centre):
    """For that department and on these days; the two ways of asking agree."""
    li, _, sun = ids(centre)
    enter(centre, sun, li, LAST + timedelta(days=5), LAST + timedelta(days=5))
    places, section_id = centre.departments, centre.section_id

    def judged(code: str, day: date) -> list[bool]:
        with centre.database.read() as connection:
            asked = {"section_id": section_id, "department_id": places[code], "day": day}
            return [
                bool(people.judges_of(connection, **asked)),
                people.has_own_judge(connection, **asked),
            ]

    assert judged("GA", LAST + timedelta(days=5)) == [False, False]
    assert judged("SCJG", LAST + timedelta(days=5)) == [True, True]
    assert judged("GA", LAST + timedelta(days=6)) == [True, True]
    assert judged("GA", FIRST) == [True, True]  # 王强 is barred, 李敏 is not
