"""/admin → a department → 加入码: the card, the poster, who joined; and joining at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from handlers import joining, secret_documents
from handlers.dispatch import handle
from handlers.messages import Inbound
from handlers.premises import Premises
from storage import departments, join_codes
from storage.models import account, audit, invite, person, role, web_session
from tests.chat import ZONE, Centre, User
from tests.handlers.scripts import CODE
from tests.support.audited import acted, audited
from tests.support.joining import (
    ASKED,
    STALE,
    joined,
    login,
    made,
    member,
    panel,
    personal,
    present,
)


@pytest.fixture
def code(centre: Centre, zhao: User) -> str:
    return made(centre, zhao)


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
            "door": "",
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
    assert panel(zhao).startswith("市场监管局（SCJG），已移除")


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
