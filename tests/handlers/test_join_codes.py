"""A department's join code: made, posted, used by many, and what it never gives."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

import templates
from handlers import joining, linking, secret_documents
from handlers.dispatch import handle
from handlers.messages import Inbound
from handlers.premises import Premises
from rubric.errors import UserError
from storage import accounts, departments, invites, join_codes, people, web
from storage.models import account, audit, invite, person, role, web_session
from tests.chat import ZONE, Centre, File, User
from tests.handlers.scripts import CODE
from tests.support.audited import acted, audited

HOW = templates.say("linking.how")
REFUSED = templates.say_error(linking.CodeRefused())
STALE = "这张卡片已有变化，下面是最新情况。"
ASKED = "您好，这是市场监管局的加入码。请发送您的姓名，如“李敏”；不加入的，请发送“取消”。"
WRONG = "ABCDEF-GHJKMN-PQRSTV"


def made(centre: Centre, admin: User, department: str = "SCJG") -> str:
    """A new code of this department, as the admin reads it."""
    admin.presses(f"ad.join:{centre.departments[department]}")
    admin.clicks("生成加入码")
    return str(CODE.findall(panel(admin))[0])


def panel(user: User) -> str:
    return next(each.text for each in reversed(user.chat) if each.panel)


@pytest.fixture
def code(centre: Centre, zhao: User) -> str:
    return made(centre, zhao)


def member(centre: Centre, user: User) -> tuple[str, frozenset[str], tuple[int, ...]] | None:
    """Who this account is: name, roles, departments."""
    with centre.database.read() as connection:
        found = accounts.person_of(connection, user.account_id)
    return (found.name, found.roles, found.departments("member")) if found else None


def personal(
    centre: Centre, name: str, role_name: str = "liaison", department: str = "SCJG"
) -> str:
    """A code for a new person of this name."""
    with centre.database.begin() as connection:
        person_id = people.add_person(connection, name=name, now=centre.now)
        people.grant_role(
            connection,
            person_id=person_id,
            role_name=role_name,
            department_id=centre.departments[department],
            now=centre.now,
        )
        invite_id = linking.invite(
            connection,
            centre.desk.premises,
            person_id=person_id,
            created_by=None,
            now=centre.now,
        )
        return linking.address(
            connection,
            premises=centre.desk.premises,
            invite_id=invite_id,
            show="code",
            now=centre.now,
        )


def present(centre: Centre, name: str) -> list[int]:
    with centre.database.read() as connection:
        return [each.id for each in people.persons_named(connection, name)]


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


def joined(centre: Centre, code: str, name: str = "李敏", user: str = "guest") -> User:
    guest = centre.stranger(user)
    guest.says(code)
    guest.says(name)
    guest.heard.clear()
    return guest


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


def test_a_login_code_of_another_moves_nobody(centre: Centre, code: str, li: User):
    guest = joined(centre, code, "陆小路")
    li.presses("mn.login")
    guest.says(CODE.findall(li.hears[-1])[0])
    assert guest.hears[0].startswith("这个账号已绑定为陆小路")
    assert member(centre, guest) is not None


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


def test_a_members_role_elsewhere_changes_nothing(centre: Centre, code: str, zhao: User):
    guest = joined(centre, code)
    [person_id] = present(centre, "李敏")
    zhao.presses(f"ad.grant:{person_id}:0:m{centre.departments['GA']}")
    assert member(centre, guest) is not None


# ---------------------------------------------------------------- on the web


def login(
    centre: Centre,
    code: str,
    name: str = "",
    guard: str = "192.0.2.1",
    present: int | None = None,
) -> int | str:
    """The account, or the error's code."""
    with centre.database.begin() as connection:
        try:
            return linking.authenticate(
                connection,
                centre.desk.premises,
                code=code,
                name=name,
                guard=guard,
                present=present,
                now=centre.now,
            )
        except UserError as error:
            return error.code


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


# ---------------------------------------------------------------- the admin's side


def test_the_card_and_its_code(centre: Centre, zhao: User):
    here = centre.departments["SCJG"]
    zhao.presses(f"ad.dep:{here}")
    zhao.clicks("加入码")
    assert panel(zhao).splitlines() == [
        "市场监管局的加入码",
        "还没有可用的加入码。",
        "本部门工作人员用它自行加入，只能接收通知和查询；联络员、部门负责人等请发邀请码。",
    ]
    assert zhao.buttons == ["生成加入码", "返回"]
    first = zhao.button("生成加入码")
    zhao.clicks("生成加入码")
    lines = panel(zhao).splitlines()
    shown = CODE.findall(lines[1])[0]
    assert lines[2] == f"Telegram：https://t.me/kaohe_bot?start={shown.replace('-', '')}"
    assert lines[3] == "有效期至12月31日（星期四），可多人使用。"
    assert zhao.buttons == ["加入海报", "改有效期", "换新码", "作废", "返回"]
    zhao.presses(first)  # a second tap
    assert zhao.toast == STALE
    assert CODE.findall(panel(zhao)) == [shown]
    assert acted(centre) == ["join.issue"]
    renew = zhao.button("换新码")
    zhao.clicks("换新码")
    new = CODE.findall(panel(zhao))
    assert new != [shown]
    zhao.presses(renew)
    assert CODE.findall(panel(zhao)) == new
    void = zhao.button("作废")
    zhao.presses("ad.joinrm:1:0:1")
    assert CODE.findall(panel(zhao)) == new
    zhao.presses(void)
    assert "还没有可用的加入码。" in panel(zhao)
    zhao.presses("ad.joinrm:1:0:0")
    assert acted(centre) == ["join.issue", "join.issue", "join.revoke"]


def test_a_code_made_at_the_very_end_is_for_the_next_quarter(centre: Centre, zhao: User):
    centre.now = datetime(2026, 12, 20, 10, tzinfo=ZONE)
    made(centre, zhao)
    assert "有效期至3月31日（星期三）" in panel(zhao)


def test_the_last_day_can_be_moved(centre: Centre, zhao: User, code: str):
    zhao.clicks("改有效期")
    assert panel(zhao) == ("请发送市场监管局加入码有效期的最后一天，如“12月31日”，最长一年。")
    zhao.says("2027.11.4")
    assert zhao.hears[-1].startswith("有效期须在11月3日（星期二）至2027年11月3日（星期三）之间")
    zhao.says("2027.6.30")
    assert "有效期至6月30日（星期三）" in panel(zhao)
    assert CODE.findall(panel(zhao)) == [code]
    assert audited(centre)[-1][:2] == ("join.until", "1")
    centre.now = datetime(2027, 6, 30, 23, 59, tzinfo=ZONE)
    guest = centre.stranger("guest")
    guest.says(code)
    assert guest.hears == [ASKED]


def test_the_poster(centre: Centre, zhao: User, code: str):
    zhao.clicks("加入海报")
    assert zhao.hears[-1] == "市场监管局的加入海报，可打印张贴在本部门内。请勿发到部门以外。"
    file = zhao.chat[-1].file
    assert file == {
        "document": "join_poster",
        "arguments": {"invite": 1},
        "name": "加入海报-市场监管局.pdf",
        "mime": "application/pdf",
        "secret": True,
    }
    premises = Premises(b"test key of the server", public_url="https://k.example")
    with centre.database.read() as connection:
        given = secret_documents.arguments_of(
            connection, "join_poster", {"invite": 1}, premises=premises, now=centre.now
        )
        plain = code.replace("-", "")
        assert given == {
            "department": "市场监管局",
            "code": code,
            "links": f'{{"web": "https://k.example/login#code={plain}"}}',
            "until": "2026年12月31日（星期四）",
        }
        for invite_id, now in ((1, datetime(2027, 1, 1, tzinfo=ZONE)), (99, centre.now)):
            given = secret_documents.arguments_of(
                connection, "join_poster", {"invite": invite_id}, premises=premises, now=now
            )
            assert given is None


def test_what_was_over_meanwhile_is_shown_as_it_is(centre: Centre, zhao: User, code: str):
    here = centre.departments["SCJG"]
    zhao.presses(f"ad.joinday:{here}")
    zhao.presses(f"ad.joinrm:{here}:0:1")
    for verb in ("ad.joinpdf", "ad.joinday"):
        zhao.presses(f"{verb}:{here}")
        assert zhao.toast == STALE
        assert "还没有可用的加入码。" in panel(zhao)
    for pressed in ("ad.join:99", "ad.joinppl:0:0:x"):
        zhao.presses(pressed)
        assert panel(zhao).startswith("部门，共3个")
    with centre.database.begin() as connection:
        departments.remove_department(connection, here, now=centre.now)
    zhao.presses(f"ad.joinppl:0:0:{here}")
    assert panel(zhao).startswith("部门，共2个")


def test_hundreds_of_members_leave_the_departments_card_readable(
    centre: Centre, zhao: User, code: str
):
    centre.restart = False
    here = centre.departments["SCJG"]
    for number in range(14):
        joined(centre, code, f"甲{number}", f"guest{number}")
    centre.person("李敏", "liaison", department="SCJG")
    zhao.presses(f"ad.dep:{here}")
    [line] = [each for each in panel(zhao).splitlines() if each.startswith("人员：")]
    assert line.startswith("人员：李敏（联络员）、甲0（工作人员）、")
    assert line.endswith("、甲10（工作人员），另有3名")
    assert zhao.buttons[:7] == ["李敏", "甲0", "甲1", "甲2", "甲3", "甲4", "添加人员"]


def test_the_list_of_who_joined_is_paged(centre: Centre, zhao: User, code: str):
    centre.restart = False
    here = centre.departments["SCJG"]
    zhao.presses(f"ad.joinppl:0:0:{here}")
    assert "还没有人加入。" in panel(zhao)
    for number in range(9):
        joined(centre, code, f"甲{number}", f"guest{number}")
    zhao.presses(f"ad.joinppl:0:0:{here}")
    zhao.clicks("下一页")
    assert panel(zhao).splitlines()[:2] == [
        "市场监管局凭加入码加入的人员，共9名（第2/2页）",
        "9. 甲0，11月3日 10:00加入",
    ]
    zhao.clicks("返回")
    assert "已加入9名。" in panel(zhao)


def test_no_row_holds_a_code(centre: Centre, zhao: User, code: str):
    """Neither of the code, nor of what was said with it, nor of the audit."""
    zhao.clicks("加入海报")
    joined(centre, code)
    plain = code.replace("-", "")
    with centre.database.read() as connection:
        for table in invite.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert not re.search(f"{code}|{plain}", str(row._mapping)), table.name


# ---------------------------------------------------------------- races, on both databases


def at_once(*jobs: Callable[[], object]) -> list[object]:
    start = threading.Barrier(len(jobs))
    outcomes: list[object] = []

    def run(job: Callable[[], object]) -> None:
        start.wait(10)
        outcomes.append(job())

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def test_no_more_join_at_once_than_a_day_allows(database_url: str, monkeypatch):
    monkeypatch.setattr(joining, "JOINS_A_DAY", 2)
    centre = Centre(database_url)
    code = made(centre, centre.person("赵强", "admin"))
    found = at_once(
        *(
            lambda n=n: login(centre, code, f"甲{'一二三四'[n]}", guard=f"192.0.2.{n}")
            for n in range(4)
        )
    )
    assert sorted(map(str, map(type, found))) == ["<class 'int'>"] * 2 + ["<class 'str'>"] * 2
    centre.database.close()


def test_one_name_at_once_is_one_person(database_url: str):
    centre = Centre(database_url)
    code = made(centre, centre.person("赵强", "admin"))
    found = at_once(
        *(lambda n=n: login(centre, code, "甲一", guard=f"192.0.2.{n}") for n in range(4))
    )
    assert len(set(found)) == 1
    assert len(present(centre, "甲一")) == 1
    centre.database.close()


def test_two_who_joined_use_one_personal_code_at_once(database_url: str):
    """One becomes the invited person, the other stays who they were."""
    centre = Centre(database_url)
    code = made(centre, centre.person("赵强", "admin"))
    guests = [joined(centre, code, f"甲{name}", f"guest{name}") for name in "一二"]
    own = personal(centre, "李敏")

    def use(user: User) -> None:
        with centre.database.begin() as connection:
            handle(
                connection,
                Inbound(f"race:{user.name}", "fake", user.name, text=own),
                desk=centre.desk,
                now=centre.now,
            )

    at_once(*(lambda user=user: use(user) for user in guests))
    held = [member(centre, guest) for guest in guests]
    assert sorted(each[0] for each in held if each) in (["李敏", "甲一"], ["李敏", "甲二"])
    with centre.database.read() as connection:
        gone = connection.execute(
            select(person.c.name).where(person.c.removed_at.is_not(None))
        ).scalars()
        assert len(list(gone)) == 1
        assert connection.execute(select(account.c.id)).all() != []
        assert connection.execute(select(role.c.id)).all() != []
        assert connection.execute(select(web_session.c.digest)).all() == []
        moves = select(audit.c.id).where(audit.c.action == "account.move")
        assert len(connection.execute(moves).all()) == 1
        assert join_codes.named_themselves(connection, present(centre, "李敏")[0]) is False
    centre.database.close()
