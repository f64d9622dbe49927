"""A department's join code: made, posted, used by many, and what it never gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

import templates
from handlers import joining, linking
from storage import accounts, departments, invites, people, web
from storage.models import invite
from tests.chat import ZONE, Centre, File, User
from tests.handlers.scripts import CODE
from tests.support.audited import acted, audited
from tests.support.joining import ASKED, joined, login, made, member, panel, personal, present

HOW = templates.say("linking.how")
REFUSED = templates.say_error(linking.CodeRefused())
WRONG = "ABCDEF-GHJKMN-PQRSTV"


@pytest.fixture
def code(centre: Centre, zhao: User) -> str:
    return made(centre, zhao)


# ---------------------------------------------------------------- joining


def test_a_stranger_gives_the_code_then_the_name(centre: Centre, code: str):
    guest = centre.stranger("guest")
    guest.says(code)
    assert guest.hears == [ASKED]
    assert member(centre, guest) is None
    guest.says(" 陆  小路 ")
    heard = guest.hears
    assert heard[0] == (
        "陆 小路您好，您已加入市场监管局，今后会在这里收到考核通知，也可查询考核结果。"
    )
    assert heard[1].startswith("陆 小路您好")
    assert member(centre, guest) == (
        "陆 小路", frozenset({"member"}), (centre.departments["SCJG"],)
    )  # fmt: skip
    joined = [each for each in audited(centre) if each[0] == "person.join"]
    assert joined == [
        (
            "person.join",
            str(present(centre, "陆 小路")[0]),
            {"invite": 1, "department": centre.departments["SCJG"]},
        )
    ]
    guest.says("/submit")
    assert guest.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")
    guest.says("考核结果")
    assert guest.hears[-1] != HOW


def test_the_link_asks_for_the_name_too(centre: Centre, code: str):
    guest = centre.stranger("guest")
    guest.says(f"/start {code.replace('-', '')}")
    guest.says("陆小路")
    assert guest.hears[0] == ASKED
    assert present(centre, "陆小路") != []


def test_many_join_by_one_code(centre: Centre, zhao: User, code: str):
    for number, name in enumerate(("甲一", "乙二", "甲一")):
        guest = centre.stranger(f"guest{number}")
        guest.says(code)
        guest.says(name)
    zhao.presses(f"ad.join:{centre.departments['SCJG']}")
    assert "已加入3名。" in panel(zhao).splitlines()
    zhao.clicks("已加入的人员")
    assert panel(zhao).splitlines() == [
        "市场监管局凭加入码加入的人员，共3名",
        "1. 甲一，11月3日 10:00加入",
        "2. 乙二，11月3日 10:00加入",
        "3. 甲一，11月3日 10:00加入",
        "姓名为本人自填。不是本部门的，请打开其卡片移除；已外传的，请换新码。",
    ]
    zhao.clicks("1. 甲一")
    assert panel(zhao).splitlines() == [
        "甲一",
        "角色：市场监管局工作人员",
        "账号：凭加入码加入，姓名为自填；授予其他角色后，须用邀请码重新绑定",
    ]
    zhao.clicks("移除")
    zhao.clicks("确认移除")
    assert member(centre, centre.people["guest2"]) is None
    guest = centre.people["guest2"]
    guest.hears  # noqa: B018
    guest.says(code)
    assert guest.hears == [REFUSED]  # who was removed comes back by invitation


@pytest.mark.parametrize(
    "typed", ["李", "1", "12345", "李敏！", "陆" * 21, "<b>李</b>", "菜单", "13800000000", "/help"]
)
def test_what_is_no_name(centre: Centre, code: str, typed: str):
    guest = centre.stranger("guest")
    guest.says(code)
    guest.hears  # noqa: B018
    guest.says(typed)
    assert guest.hears[0].endswith("请发送您的姓名（2至20个字），如“李敏”。")
    guest.says("李敏2")
    assert present(centre, "李敏2") != []


@pytest.mark.parametrize("name", ["阿依古丽·买买提", "Anna-Maria O'Neil", "李敏", "J. Smith"])
def test_what_is_a_name(name: str):
    assert joining.person_name(f"  {name}\n") == name


def test_a_file_is_no_name(centre: Centre, code: str):
    guest = centre.stranger("guest")
    guest.says(code)
    guest.hears  # noqa: B018
    guest.sends(File("照片.jpg"))
    assert guest.hears == ["请发送您的姓名（2至20个字），如“李敏”。"]


def test_joining_is_left_by_the_word(centre: Centre, code: str):
    guest = centre.stranger("guest")
    guest.says(code)
    guest.says("取消")
    assert guest.hears == [ASKED, HOW]
    centre.now += timedelta(minutes=2)
    guest.says("陆小路")
    assert guest.hears == [HOW]
    assert present(centre, "陆小路") == []


def test_start_alone_says_how_and_the_name_is_still_awaited(centre: Centre, code: str):
    guest = centre.stranger("guest")
    guest.says(code)
    guest.says("/start")
    assert guest.hears[-1] == HOW
    guest.says("陆小路")
    assert present(centre, "陆小路") != []


def test_a_code_that_ends_before_the_name_is_given(centre: Centre, zhao: User, code: str):
    guest = centre.stranger("guest")
    guest.says(code)
    zhao.presses(f"ad.joinrm:{centre.departments['SCJG']}:0:1")
    guest.says("陆小路")
    assert guest.hears[-1] == (
        "这个加入码已经失效，还没有加入。请向部门联络员或管理员索取新的加入码。"
    )
    assert present(centre, "陆小路") == []
    guest.says("陆小路")
    assert present(centre, "陆小路") == []


def test_a_personal_code_instead_of_the_name(centre: Centre, code: str):
    guest = centre.stranger("guest")
    guest.says(code)
    guest.says(personal(centre, "李敏"))
    assert member(centre, guest) == ("李敏", frozenset({"liaison"}), ())
    guest.says("陆小路")
    assert present(centre, "陆小路") == []


@pytest.mark.parametrize("end", ["revoked", "expired", "renewed", "department removed"])
def test_a_code_that_is_over_is_a_wrong_one(centre: Centre, zhao: User, code: str, end: str):
    here = centre.departments["SCJG"]
    if end == "revoked":
        zhao.presses(f"ad.joinrm:{here}:0:1")
    elif end == "renewed":
        zhao.presses(f"ad.joinnew:{here}:0:1")
    elif end == "expired":
        centre.now = datetime(2027, 1, 1, tzinfo=ZONE)
    else:
        with centre.database.begin() as connection:
            departments.remove_department(connection, here, now=centre.now)
    guest = centre.stranger("guest")
    for _ in range(4):
        guest.says(code)
    guest.says(WRONG)
    assert guest.hears == [REFUSED] * 4 + [templates.say_error(linking.CodesLocked(60))]


def test_a_locked_account_learns_nothing(centre: Centre, code: str):
    guest = centre.stranger("guest")
    for _ in range(5):
        guest.says(WRONG)
    guest.hears  # noqa: B018
    guest.says(code)
    assert guest.hears == ["邀请码多次有误，请60分钟后再试，或联系管理员。"]


def test_no_more_than_a_day_allows(centre: Centre, code: str, monkeypatch):
    monkeypatch.setattr(joining, "JOINS_A_DAY", 2)
    guests = [centre.stranger(f"guest{number}") for number in range(3)]
    for guest in guests:
        guest.says(code)
        guest.says("陆小路")
    assert guests[2].hears[-1] == ("今天用这个加入码的人数已满，请明天再试，或请管理员发邀请码。")
    with centre.database.begin() as connection:  # a removed one still counts
        people.remove_person(connection, present(centre, "陆小路")[0], now=centre.now)
    guests[2].says("陆小路")
    assert len(present(centre, "陆小路")) == 1
    centre.now += timedelta(days=1)
    guests[2].says("陆小路")
    assert len(present(centre, "陆小路")) == 2


# ---------------------------------------------------------------- who is linked already


def test_a_linked_person_becomes_a_member_there_too(
    centre: Centre, li: User, code: str, zhao: User
):
    li.says(code)
    assert li.hears == ["您已是市场监管局的人员，不用再加入，可发送“菜单”查看能做的事。"]
    there = made(centre, zhao, "GA")
    li.says(f"/start {there}")
    assert li.hears == ["您现在也是公安工作人员，可发送“菜单”查看能做的事。"]
    li.says(there)
    assert li.hears == ["您已是公安的人员，不用再加入，可发送“菜单”查看能做的事。"]
    with centre.database.read() as connection:
        assert people.departments_of(connection, li.person_id) == {
            centre.departments["SCJG"],
            centre.departments["GA"],
        }
    assert acted(centre).count("role.join") == 1


def test_a_wrong_code_of_a_linked_person_counts(centre: Centre, li: User):
    for _ in range(5):
        li.says(f"/start {WRONG}")
    assert li.hears[-1] == "邀请码多次有误，请60分钟后再试，或联系管理员。"


# ---------------------------------------------------------------- invited after joining


def test_a_personal_code_makes_one_person_of_two(centre: Centre, code: str):
    guest = joined(centre, code)
    [before] = present(centre, "李敏")
    guest.says(personal(centre, "李敏"))
    assert guest.hears == [
        "李敏您好，绑定成功，原来加入时的登记已并入。请发送“菜单”查看能做的事。"
    ]
    assert member(centre, guest) == ("李敏", frozenset({"liaison"}), ())
    [after] = present(centre, "李敏")
    assert after != before
    assert audited(centre)[-1] == (
        "account.move",
        str(guest.account_id),
        {"invite": 2, "before": before, "to": after, "departments": [centre.departments["SCJG"]]},
    )
    with centre.database.read() as connection:
        address = accounts.address_of(connection, after)
        assert address is not None
        assert address.id == guest.account_id
        used = connection.execute(select(invite.c.used_by).where(invite.c.id == 2)).scalar()
        assert used == guest.account_id
    guest.says("/submit")
    assert "请选择" in guest.hears[-1]


def test_the_menu_that_is_set_then_is_the_new_persons(centre: Centre, code: str):
    guest = joined(centre, code)
    receipt = guest.says(personal(centre, "李敏"))
    assert "submit" in [name for name, _ in receipt.menu]
    assert receipt.person_id == present(centre, "李敏")[0]


def test_other_accounts_of_who_joined_are_nobodys_afterwards(centre: Centre, code: str):
    guest = joined(centre, code)
    other = centre.stranger("other")
    other.says("你好")
    with centre.database.begin() as connection:
        invites.link(
            connection,
            account_id=other.account_id,
            person_id=present(centre, "李敏")[0],
            prefer=False,
            now=centre.now,
        )
    guest.says(personal(centre, "李敏"))
    assert member(centre, other) is None


def test_a_code_for_oneself_stays_unused(centre: Centre, code: str, zhao: User):
    guest = joined(centre, code)
    [person_id] = present(centre, "李敏")
    zhao.presses(f"ad.inv:{person_id}")
    own = CODE.findall(zhao.hears[-1])[0]
    guest.says(own)
    assert guest.hears[0].startswith("李敏您好，这个账号已经绑定")
    with centre.database.read() as connection:
        assert invites.open_invites(connection, now=centre.now)[1] == 1


def test_who_only_joined_becomes_whose_login_code_it_is(centre: Centre, code: str, li: User):
    guest = joined(centre, code, "陆小路")
    li.presses("mn.login")
    guest.says(CODE.findall(li.hears[-1])[0])
    assert guest.hears[0].startswith("李敏您好，绑定成功，原来加入时的登记已并入。")
    assert present(centre, "陆小路") == []
    assert li.hears[0].startswith("李敏您好，11月3日 10:00有一个fake账号关联到您名下，")


def test_who_has_a_right_of_their_own_is_never_moved(centre: Centre, li: User):
    li.says(personal(centre, "王芳"))
    assert li.hears[0].startswith("这个账号已绑定为李敏")
    assert len(present(centre, "王芳")) == 1


def test_a_role_has_to_be_proved(centre: Centre, code: str, zhao: User):
    """The name was only said: with a right the account has to be linked by a personal code."""
    guest = joined(centre, code)
    [person_id] = present(centre, "李敏")
    zhao.presses(f"ad.grant:{person_id}:0:l{centre.departments['SCJG']}")
    assert member(centre, guest) is None
    centre.now += timedelta(minutes=2)
    guest.says("/submit")
    assert guest.hears == [HOW]
    sent = next(each.text for each in reversed(zhao.chat) if CODE.search(each.text))
    assert sent.startswith("李敏您好！")
    guest.says(CODE.findall(sent)[0])
    assert member(centre, guest) == (
        "李敏", frozenset({"member", "liaison"}), (centre.departments["SCJG"],)
    )  # fmt: skip
    zhao.presses(f"ad.per:{person_id}")
    assert "账号：已绑定" in panel(zhao)


def test_standing_in_has_to_be_proved_too(centre: Centre, code: str, zhao: User, li: User):
    guest = joined(centre, code, "陆小路")
    [person_id] = present(centre, "陆小路")
    zhao.presses(f"ad.dptyok:{li.person_id}:0:{person_id}")
    assert member(centre, guest) is None
    zhao.presses(f"ad.inv:{person_id}")
    guest.says(CODE.findall(zhao.hears[-1])[0])
    assert member(centre, guest) is not None


def test_a_members_role_elsewhere_changes_nothing(centre: Centre, code: str, zhao: User):
    guest = joined(centre, code)
    [person_id] = present(centre, "李敏")
    zhao.presses(f"ad.grant:{person_id}:0:m{centre.departments['GA']}")
    assert member(centre, guest) is not None


# ---------------------------------------------------------------- on the web


def open_session(centre: Centre, account_id: int, digest: str) -> Callable[[], bool]:
    with centre.database.begin() as connection:
        web.open_session(connection, digest=digest, account_id=account_id, now=centre.now)

    def stands() -> bool:
        with centre.database.read() as connection:
            return web.visitor(connection, digest=digest, now=centre.now) is not None

    return stands


def person_at(centre: Centre, account_id: int | str) -> tuple[int, str] | None:
    with centre.database.read() as connection:
        found = accounts.person_of(connection, int(account_id))
        return (found.id, found.name) if found else None


def test_the_web_asks_for_the_name(centre: Centre, code: str):
    assert login(centre, code) == "linking.name_wanted"
    assert login(centre, code, "  ") == "linking.name_wanted"
    assert login(centre, code, "1") == "linking.name_unusable"
    assert present(centre, "陆小路") == []
    account_id = login(centre, code.lower(), "陆小路")
    assert person_at(centre, account_id) == (present(centre, "陆小路")[0], "陆小路")
    assert acted(centre)[-2:] == ["person.join", "account.login"]
    assert login(centre, WRONG, "陆小路") == "linking.code_refused"


def test_who_comes_back_under_the_same_name_is_the_same(centre: Centre, code: str, zhao: User):
    """And whoever was in under this name is out."""
    first = login(centre, code, "陆小路")
    stands = open_session(centre, int(first), "a" * 64)
    assert stands()
    assert login(centre, code, "陆小路") == first
    assert not stands()
    assert login(centre, code, "陆小陆") != first
    assert login(centre, made(centre, zhao, "GA"), "陆小路") != first
    assert len(present(centre, "陆小路")) == 2


def test_a_name_never_opens_what_needs_a_right(centre: Centre, code: str, zhao: User):
    first = login(centre, code, "陆小路")
    stands = open_session(centre, int(first), "a" * 64)
    [person_id] = present(centre, "陆小路")
    zhao.presses(f"ad.grant:{person_id}:0:l{centre.departments['SCJG']}")
    assert not stands()
    again = login(centre, code, "陆小路")
    assert again != first
    assert person_at(centre, again) != (person_id, "陆小路")
    with centre.database.read() as connection:
        assert accounts.address_of(connection, person_id) is None


def test_a_personal_code_at_the_page_of_who_joined(centre: Centre, code: str, li: User):
    """They stay in the account they are in, as the invited person."""
    first = int(login(centre, code, "王芳"))
    [before] = present(centre, "王芳")
    other = int(login(centre, code, "陆小路"))
    assert login(centre, personal(centre, "王芳", "head"), present=first) == first
    [after] = present(centre, "王芳")
    assert person_at(centre, first) == (after, "王芳")
    assert after != before
    assert acted(centre)[-2:] == ["account.move", "account.login"]
    # a person who has a web account keeps to it, and who is more than a name is not moved
    with centre.database.begin() as connection:
        again = linking.invite(
            connection,
            centre.desk.premises,
            person_id=after,
            created_by=None,
            now=centre.now,
            kind=invites.LOGIN,
        )
        found = invites.find(connection, again)
    assert found is not None
    assert login(centre, centre.desk.premises.code(found.nonce), present=other) == first
    assert person_at(centre, other) == (present(centre, "陆小路")[0], "陆小路")
    third = login(centre, personal(centre, "赵大", "head"), present=li.account_id)
    assert third not in (first, li.account_id)
    assert person_at(centre, li.account_id) == (li.person_id, "李敏")
    fourth = login(centre, personal(centre, "钱二", "head"), present=99999)
    assert fourth not in (first, third)


def test_a_removed_member_is_a_new_one_on_the_web(centre: Centre, code: str):
    first = login(centre, code, "陆小路")
    with centre.database.begin() as connection:
        people.remove_person(connection, present(centre, "陆小路")[0], now=centre.now)
    assert login(centre, code, "陆小路") != first


def test_the_web_has_the_same_limit(centre: Centre, code: str, monkeypatch):
    monkeypatch.setattr(joining, "JOINS_A_DAY", 1)
    assert isinstance(login(centre, code, "陆小路"), int)
    assert login(centre, code, "陆小陆") == "linking.joins_full"
    assert isinstance(login(centre, code, "陆小路"), int)
