"""/admin → 邀请码 → 批量发码: who gets a code, what is printed, what a second tap does."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from handlers import secret_documents
from handlers.administration import slips
from handlers.premises import Premises
from storage import departments, invites, people, sections
from storage.people import add_person, grant_role
from tests.chat import ZONE, Centre, User
from tests.support.audited import audited

STALE = "这张卡片已有变化，下面是最新情况。"


def enter(
    centre: Centre, name: str, role: str = "", department: str = "", section: int = 0
) -> int:
    """A person without an account."""
    with centre.database.begin() as connection:
        person_id = add_person(connection, name=name, now=centre.now)
        if role:
            grant_role(
                connection,
                person_id=person_id,
                role_name=role,
                department_id=centre.departments[department] if department else None,
                section_id=section or None,
                now=centre.now,
            )
    return person_id


@pytest.fixture
def office(centre: Centre, zhao: User) -> User:
    """Two of 市场监管局, one of 公安, an evaluator and one without a role have no account."""
    enter(centre, "甲一", "liaison", "SCJG")
    enter(centre, "乙二", "head", "SCJG")
    enter(centre, "丙三", "liaison", "GA")
    enter(centre, "丁四", "evaluator", section=centre.section_id)
    enter(centre, "戊五")
    centre.person("李敏", "liaison", department="SCJG")
    return zhao


def printed(
    centre: Centre, user: User, number: int = -1
) -> list[tuple[str, list[str], list[str]]]:
    """What the file shows when it is sent: heading, names and codes of each group."""
    files: list[dict[str, Any]] = [message.file for message in user.chat if message.file]
    file = files[number]
    assert file["secret"]
    with centre.database.read() as connection:
        given = secret_documents.arguments_of(
            connection,
            file["document"],
            file["arguments"],
            premises=centre.desk.premises,
            now=centre.now,
        )
    if given is None:
        return []
    return [
        (
            group["name"],
            [each["name"] for each in group["slips"]],
            [each["code"] for each in group["slips"]],
        )
        for group in json.loads(str(given["slips"]))
    ]


def names(found: list[tuple[str, list[str], list[str]]]) -> list[tuple[str, list[str]]]:
    return [(place, held) for place, held, _ in found]


def codes(found: list[tuple[str, list[str], list[str]]]) -> list[str]:
    return [code for _, _, held in found for code in held]


def panel(user: User) -> str:
    """The card, whatever was said below it."""
    return next(each.text for each in reversed(user.chat) if each.panel)


def waiting(centre: Centre) -> list[tuple[str, datetime]]:
    with centre.database.read() as connection:
        found, _ = invites.open_invites(connection, now=centre.now)
    return sorted((each.name, each.expires_at) for each in found)


def test_everybody_gets_a_slip_by_department(centre: Centre, office: User):
    office.says("/admin")
    office.clicks("邀请码")
    office.clicks("批量发码")
    assert panel(office).splitlines()[1] == (
        "还没有绑定账号的人员共5名，其中0名有待使用的邀请码。"
    )
    office.clicks("全部人员")
    assert panel(office).splitlines() == [
        "全部人员",
        "未绑定5名，其中待使用邀请码0个，已过期0个。",
        "“发码”发给没有可用邀请码的5名，默认14天有效。",
    ]
    assert office.buttons == ["发码，14天有效", "发码，30天有效", "发码，自定有效期", "返回"]
    office.heard.clear()
    office.clicks("发码，14天有效")
    assert office.hears == [
        "已为5名发码，有效期至11月17日（星期二）。码条如下，请打印剪开，分别交给本人。",
        "邀请码条，5张：市场监管局、公安、考核办公室、中心。请只交给本人，打印后勿留存文件。",
    ]
    assert names(printed(centre, office)) == [
        ("市场监管局", ["乙二", "甲一"]),
        ("公安", ["丙三"]),
        ("考核办公室", ["丁四"]),
        ("中心", ["戊五"]),
    ]
    end = datetime(2026, 11, 18, tzinfo=ZONE)
    assert {until for _, until in waiting(centre)} == {end}
    batch = audited(centre)[-1]
    assert batch == (
        "invite.batch",
        "a",
        {"all": False, "until": end.isoformat(), "invites": [1, 2, 3, 4, 5]},
    )


def test_each_code_links_its_person(centre: Centre, office: User):
    office.presses("ad.slipgo:a:0:n14.0")
    found = printed(centre, office)
    held = dict(zip([n for _, group in names(found) for n in group], codes(found), strict=True))
    for name, code in held.items():
        guest = centre.stranger(f"账号{name}")
        guest.says(code)
        assert guest.hears[0] == f"{name}您好，绑定成功，今后可直接在这里办理。"
    assert waiting(centre) == []
    assert printed(centre, office) == []  # nothing of it can be used any more
    office.presses("ad.slip:a")
    assert panel(office).splitlines() == ["全部人员", "人员都已绑定账号，不用发码。"]
    assert office.buttons == ["返回"]


def test_what_stands_on_a_slip(centre: Centre, office: User):
    office.presses("ad.slipgo:s1:0:n30.0")
    premises = Premises(
        b"test key of the server", telegram_name="kaohe_bot", public_url="https://k.example"
    )
    with centre.database.read() as connection:
        asked = {"invites": "1 999"}
        given = secret_documents.arguments_of(
            connection, "invite_slips", asked, premises=premises, now=centre.now
        )
        assert given is not None
        found = invites.find(connection, 1)
    assert found is not None
    code = premises.code(found.nonce)
    assert json.loads(str(given["slips"])) == [
        {
            "name": "考核办公室",
            "slips": [
                {
                    "name": "丁四",
                    "roles": "考核办公室考核员",
                    "code": f"{code[:6]}-{code[6:12]}-{code[12:]}",
                    "links": {
                        "telegram": f"https://t.me/kaohe_bot?start={code}",
                        "web": f"https://k.example/login#code={code}",
                    },
                    "until": "2026年12月3日（星期四）",
                }
            ],
        }
    ]
    assert given["login"] == 1


def test_a_second_tap_gives_out_nothing(centre: Centre, office: User):
    office.presses("ad.slip:a")
    first, everybody = office.button("发码，14天有效"), "全部重新发码"
    office.presses(first)
    before = codes(printed(centre, office))
    office.presses(first)
    assert office.toast == STALE
    office.presses("ad.slip:a")
    again = office.button(everybody)
    office.presses(again)
    after = codes(printed(centre, office))
    office.presses(again)
    assert office.toast == STALE
    assert codes(printed(centre, office)) == after
    assert len(set(before) | set(after)) == 10
    assert [action for action, _, _ in audited(centre)] == ["invite.batch"] * 2


def test_new_codes_go_to_who_has_none_and_others_keep_theirs(centre: Centre, office: User):
    office.presses(f"ad.slip:d{centre.departments['SCJG']}")
    office.clicks("发码，14天有效")
    kept = codes(printed(centre, office))
    office.presses("ad.slip:d")
    assert panel(office).splitlines()[:3] == [
        "全部部门",
        "未绑定3名，其中待使用邀请码2个，已过期0个。",
        "“发码”发给没有可用邀请码的1名，默认14天有效。",
    ]
    office.clicks("发码，30天有效")
    assert names(printed(centre, office)) == [("公安", ["丙三"])]
    office.clicks("返回")
    office.clicks("再打印")
    assert codes(printed(centre, office))[:2] == kept
    assert names(printed(centre, office)) == [
        ("市场监管局", ["乙二", "甲一"]),
        ("公安", ["丙三"]),
    ]
    assert [name for name, _ in waiting(centre)] == ["丙三", "乙二", "甲一"]
    assert audited(centre)[-1] == ("invite.print", "d", {"count": 3})


def test_a_department_is_given_new_codes_in_one_tap(centre: Centre, office: User):
    """Unused and expired ones alike; the old ones are void."""
    office.presses(f"ad.slip:d{centre.departments['SCJG']}")
    office.clicks("发码，14天有效")
    old = codes(printed(centre, office))
    office.presses("ad.slips")
    office.clicks("选部门")
    office.clicks("市场监管局")
    office.clicks("全部重新发码")
    new = codes(printed(centre, office))
    guest = centre.stranger("guest")
    for code in old:
        guest.says(code)
    assert guest.hears == ["这个邀请码用不了。请核对后再发一次，或请管理员重新发一个。"] * 2
    guest.says(new[0])
    assert guest.hears[0] == "乙二您好，绑定成功，今后可直接在这里办理。"
    centre.now += timedelta(days=30)
    office.presses("ad.slipd")
    assert panel(office).splitlines() == [
        "各部门绑定情况",
        "全部人员：已绑定3，已过期1，未发码3",
        "市场监管局：已绑定2，已过期1",
        "公安：未发码1",
        "医保局：还没有人员",
    ]
    office.clicks("市场监管局")
    assert panel(office).splitlines()[1] == "未绑定1名，其中待使用邀请码0个，已过期1个。"
    office.clicks("发码，14天有效")
    assert names(printed(centre, office)) == [("市场监管局", ["甲一"])]


def test_the_last_day_is_typed(centre: Centre, office: User):
    office.presses("ad.slip:a")
    office.clicks("发码，自定有效期")
    assert panel(office) == "请发送邀请码有效期的最后一天，如“12月15日”，最长90天。"
    for typed in ("昨天", "2027.2.2"):
        office.says(typed)
        assert office.hears[-1] == (
            "有效期须在11月3日（星期二）至2027年2月1日（星期一）之间，请重新发送日期，"
            "如“12月15日”。"
        )
    assert waiting(centre) == []
    office.says("2027年2月1日")
    assert {until for _, until in waiting(centre)} == {datetime(2027, 2, 2, tzinfo=ZONE)}
    office.presses("ad.slipday:a:0:0")
    office.says("明天")
    assert panel(office).startswith("全部人员")
    assert {until for _, until in waiting(centre)} == {datetime(2027, 2, 2, tzinfo=ZONE)}


@pytest.mark.parametrize("which", ["x", "d999", "s999", "s", "a1", ""])
def test_a_place_that_is_no_more(centre: Centre, office: User, which: str):
    office.presses(f"ad.slip:{which}")
    assert office.toast == STALE
    assert panel(office).startswith("批量发码")


def test_a_removed_department_and_section(centre: Centre, office: User):
    with centre.database.begin() as connection:
        gone = departments.add_department(connection, name="误", short_name="误", code="WW")
        departments.remove_department(connection, gone, now=centre.now)
        section = sections.add_section(connection, name="误科")
        sections.remove_section(connection, section, now=centre.now)
    for which in (f"d{gone}", f"s{section}"):
        office.presses(f"ad.slip:{which}")
        assert panel(office).startswith("批量发码")


@pytest.mark.parametrize("argument", ["", "n14", "n15.0", "x14.0", "r14", "n14.1"])
def test_a_forged_press_gives_out_nothing(centre: Centre, office: User, argument: str):
    office.presses(f"ad.slipgo:a:0:{argument}")
    assert panel(office).startswith("全部人员")
    assert waiting(centre) == []


def test_nothing_to_print_again(centre: Centre, office: User):
    office.presses("ad.slippr:a")
    assert office.toast == STALE
    assert panel(office).startswith("全部人员")


def test_sections_say_how_many(centre: Centre, office: User):
    office.presses("ad.slips2")
    assert panel(office).splitlines() == ["请选择科室：", "考核办公室：未绑定1名"]
    office.clicks("考核办公室")
    office.clicks("返回")
    assert panel(office).startswith("请选择科室")


def test_one_slip_from_the_invite(centre: Centre, office: User):
    office.presses("ad.slipgo:a:0:n14.0")
    office.presses("ad.invone:3")
    office.clicks("再看邀请码")
    office.clicks("打印码条")
    assert office.hears[-1] == "丙三的邀请码条，请打印后只交给本人。"
    assert names(printed(centre, office)) == [("公安", ["丙三"])]
    office.clicks("返回")
    assert panel(office).startswith("丙三")


def test_an_evaluator_who_sits_in_a_department_gets_it_there(centre: Centre, office: User):
    """Under the same heading in the file as in the words that come with it."""
    enter(centre, "己六", "evaluator", "YB", centre.section_id)
    office.presses("ad.slipgo:a:0:n14.0")
    assert names(printed(centre, office)) == [
        ("市场监管局", ["乙二", "甲一"]),
        ("公安", ["丙三"]),
        ("医保局", ["己六"]),
        ("考核办公室", ["丁四"]),
        ("中心", ["戊五"]),
    ]
    places = "市场监管局、公安、医保局、考核办公室、中心"
    assert office.hears[-1].startswith(f"邀请码条，6张：{places}。")


def test_a_person_of_two_departments_gets_one_slip(centre: Centre, office: User):
    with centre.database.begin() as connection:
        found = people.persons_named(connection, "丙三")[0]
        grant_role(
            connection,
            person_id=found.id,
            role_name="liaison",
            department_id=centre.departments["YB"],
            now=centre.now,
        )
    office.presses(f"ad.slipgo:d{centre.departments['YB']}:0:n14.0")
    assert names(printed(centre, office)) == [("公安", ["丙三"])]
    office.presses("ad.slip:d")
    assert "待使用邀请码1个" in panel(office)


def test_a_thousand_come_in_files_of_whole_departments(centre: Centre, zhao: User):
    centre.restart = False
    with centre.database.begin() as connection:
        for code, count in (("SCJG", 450), ("GA", 150), ("YB", 60)):
            for number in range(count):
                person_id = add_person(connection, name=f"{code}{number:03d}", now=centre.now)
                grant_role(
                    connection,
                    person_id=person_id,
                    role_name="liaison",
                    department_id=centre.departments[code],
                    now=centre.now,
                )
    zhao.presses("ad.slip:d")
    zhao.clicks("发码，14天有效")
    assert [
        [(place, len(held)) for place, held in names(printed(centre, zhao, number))]
        for number in range(4)
    ] == [
        [("市场监管局", 200)],
        [("市场监管局", 200)],
        [("市场监管局", 50), ("公安", 150)],
        [("医保局", 60)],
    ]
    files = [message.file for message in zhao.chat if message.file]
    assert [file["name"] for file in files] == [
        "邀请码条-市场监管局-1.pdf", "邀请码条-市场监管局-2.pdf", "邀请码条-全部-3.pdf",
        "邀请码条-医保局-4.pdf",
    ]  # fmt: skip
    assert len(waiting(centre)) == 660


def test_more_than_a_thousand_are_asked_for_in_parts(centre: Centre, zhao: User, monkeypatch):
    enter(centre, "甲一", "liaison", "SCJG")
    enter(centre, "乙二", "liaison", "SCJG")
    monkeypatch.setattr(slips, "MOST_PEOPLE", 1)
    zhao.presses("ad.slipgo:a:0:n14.0")
    assert zhao.hears == ["这次要发2人，一次最多1人，请改按部门发码。"]
    assert waiting(centre) == []


def test_the_end_of_a_code_in_words():
    premises = Premises(b"k")
    night = datetime(2026, 11, 18, tzinfo=ZONE)
    assert secret_documents.last_day(night, premises=premises) == "2026年11月17日（星期二）"
    later = night + timedelta(hours=9, minutes=5)
    assert secret_documents.last_day(later, premises=premises) == "2026年11月18日 09:05"
    assert date(2026, 11, 17).weekday() == 1
