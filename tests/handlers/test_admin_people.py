"""/admin → 人员, roles and the codes that follow; each also with a restart between all lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

import templates
from handlers.access import NotAllowed
from handlers.administration.lines import TooManyLines
from storage import invites, people, sections
from storage.models import person
from tests.chat import Centre, User
from tests.support.audited import acted

ASK = """请发送姓名，如“李敏”；写成“李敏 联络员 市场监管局”可一次办完，管几个部门的都写上。
可一次发多行，每行一人。考核员写科室，如“王芳 考核员 考核办公室”；主任、管理员、审计员不写部门。"""
HINT = "发送姓名可查找；发送“姓名 角色 部门”可直接添加，如“李敏 联络员 市场监管局”。"
GONE = "这名人员已移除，或不存在。"
UNKNOWN = (
    "“{}”不是角色，也不是已有的部门或科室，请核对。"
    "角色有：联络员、部门负责人、考核员、主任、管理员、审计员、工作人员。"
)


def roles(centre: Centre) -> dict[str, list[str]]:
    """Everybody present but 赵强, with their roles and where they hold them."""
    with centre.database.read() as connection:
        return {
            each.person.name: [
                f"{held.role} {held.place}".strip()
                for held in people.held_roles(connection, each.person.id)
            ]
            for each in people.people(connection)[0]
            if each.person.name != "赵强"
        }


def waiting(centre: Centre) -> list[str]:
    """For whom codes are open."""
    with centre.database.read() as connection:
        return [each.name for each in invites.open_invites(connection, now=centre.now)[0]]


def test_one_line_adds_a_person_with_role_and_code(centre: Centre, zhao: User):
    zhao.says("/admin")
    zhao.clicks("人员")
    assert zhao.hears[-1] == f"人员，共1名\n赵强（管理员）\n{HINT}"
    zhao.says("李敏 联络员 市场监管局")
    card, invite = zhao.hears
    code = invite.splitlines()[1]
    assert card == "李敏\n角色：市场监管局联络员\n账号：未绑定，邀请码11月17日 10:00前有效"
    assert invite.splitlines() == [
        "李敏您好！请用这个邀请码绑定考核助手（市场监管局联络员）：",
        code,
        f"在 Telegram 中点开：https://t.me/kaohe_bot?start={code.replace('-', '')}",
        "或在网页登录页输入邀请码。",
        "11月17日 10:00前有效，只能用一次，请勿转给他人。",
    ]
    assert roles(centre) == {"李敏": ["liaison 市场监管局"]}
    assert acted(centre) == ["person.add", "role.grant", "invite.issue"]
    li = centre.stranger("li")
    li.says(code)
    assert "您是市场监管局联络员" in li.hears[-1]
    zhao.clicks("返回")
    assert zhao.hears == ["李敏\n角色：市场监管局联络员\n账号：已绑定"]
    assert zhao.chat[-1].text.startswith("李敏\n角色")  # under the code, not above it
    assert zhao.buttons == [
        "取消市场监管局联络员", "添加角色", "交接", "发邀请码", "网页登录码", "B角", "请假",
        "改姓名", "移除", "返回",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("王芳 考核员", ["evaluator 考核办公室"]),
        ("王芳，考核员，考核办公室", ["evaluator 考核办公室"]),
        ("王芳 考核员 考核办公室 公安", ["evaluator 考核办公室"]),
        ("王芳 公安 联络员 部门负责人", ["liaison 公安", "head 公安"]),
        ("王芳 首席代表 ga", ["head 公安"]),
        ("王芳 主任", ["director"]),
        ("王芳\t管理员 审计员", ["admin", "auditor"]),
        ("王芳 工作人员", ["member"]),
        ("王芳 工作人员 公安分局", ["member 公安"]),
    ],
)
def test_what_a_line_may_say(centre: Centre, zhao: User, line: str, expected: list[str]):
    zhao.presses("ad.ppl")
    zhao.says(line)
    assert roles(centre) == {"王芳": expected}
    assert waiting(centre) == ["王芳"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("王芳 联络员", "没写王芳是哪个部门的联络员，请补上部门名称。"),
        ("王芳 公安", "没写王芳的角色，请写成“王芳 联络员 部门简称”的样子。"),
        ("王芳 联络 公安", UNKNOWN.format("联络")),
        ("长" * 41 + " 主任", f"姓名最多40个字，您输入了41个（“{'长' * 20}…”），请缩短后再发。"),
    ],
)
def test_what_a_line_must_say(centre: Centre, zhao: User, line: str, words: str):
    zhao.presses("ad.ppl")
    zhao.says(line)
    assert zhao.hears[-1] == words
    assert roles(centre) == {}


def test_with_two_sections_an_evaluators_must_be_named(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        sections.add_section(connection, name="督查科")
    zhao.presses("ad.ppl")
    zhao.says("王芳 考核员")
    assert zhao.hears[-1] == "没写王芳是哪个科室的考核员，请补上科室名称。"
    zhao.says("王芳 考核员 督查科")
    assert roles(centre) == {"王芳": ["evaluator 督查科"]}


def test_several_lines_are_all_done_or_none(centre: Centre, zhao: User):
    centre.person("李敏", "member")
    zhao.presses("ad.peradd")
    assert zhao.hears == [ASK]
    zhao.says("王芳 联络员 公安\n李敏 主任\n孙伟 考核员 人事科\n周明 联络员\n王芳 主任")
    assert zhao.hears == [
        "有4行需要改，全部都还没有添加。改好后请整段重发：\n"
        "第2行：已有同名人员李敏，请单独发送这一行，以便确认是不是同一人。\n"
        f"第3行：{UNKNOWN.format('人事科')}\n"
        "第4行：没写周明是哪个部门的联络员，请补上部门名称。\n"
        "第5行：已有同名人员王芳，请单独发送这一行，以便确认是不是同一人。"
    ]
    assert roles(centre) == {"李敏": ["member"]}
    zhao.says("王芳 联络员 公安\n\n周明 考核员\n吴")
    said = zhao.hears[-1].splitlines()
    assert [line.split("：")[0] for line in said] == [
        "已添加3名人员，邀请码如下，请分别转给本人",
        "王芳（公安联络员）",
        "周明（考核办公室考核员）",
        "吴（未定角色）",
        "11月17日 10:00前有效，每个只能用一次。要带链接或二维码的，请到“邀请码”中打开。",
    ]
    assert sorted(waiting(centre)) == ["吴", "周明", "王芳"]
    zhao.clicks("人员")
    assert zhao.chat[-1].text.startswith("人员，共5名")


def test_too_many_lines(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("\n".join(f"人{n} 主任" for n in range(61)))
    assert zhao.hears[-1] == templates.say_error(TooManyLines(61, 60))
    assert roles(centre) == {}


def test_a_person_for_several_departments_in_one_line(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("李敏 联络员 市场监管局、公安、公安")
    assert panel(zhao).splitlines()[1] == "角色：市场监管局联络员、公安联络员"
    zhao.presses("ad.peradd")
    zhao.says("钱局 联络员 部门负责人 公安 医保局")
    assert panel(zhao).splitlines()[1] == (
        "角色：公安联络员、医保局联络员、公安部门负责人、医保局部门负责人"
    )
    zhao.presses("ad.peradd")
    zhao.says("王芳 考核员 公安 医保局")
    assert panel(zhao).splitlines()[1] == "角色：考核办公室考核员、医保局工作人员"
    with centre.database.read() as connection:
        wang = people.persons_named(connection, "王芳")[0]
    assert wang.belongs_to(centre.departments["GA"])
    assert wang.belongs_to(centre.departments["YB"])


def test_more_roles_than_a_button_carries(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("钱局 联络员 部门负责人 工作人员 市场监管局 公安 医保局")
    assert zhao.hears[-1] == "钱局的角色一次最多填6个，请先填一部分，其余打开卡片后添加。"
    zhao.says("钱局 联络员 部门负责人 市场监管局 公安 医保局")
    zhao.presses("ad.peradd")
    zhao.says("钱局 联络员 部门负责人 市场监管局 公安 医保局")
    zhao.clicks("另一位同名人员")
    with centre.database.read() as connection:
        assert [len(each.grants) for each in people.persons_named(connection, "钱局")] == [6, 6]


def panel(user: User) -> str:
    return next(each.text for each in reversed(user.chat) if each.panel)


def test_a_name_alone_asks_for_the_role(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("王芳")
    assert zhao.hears[-1] == "请选择王芳的角色："
    assert zhao.buttons == [
        "联络员", "部门负责人", "考核员", "主任", "管理员", "审计员", "工作人员", "返回",
    ]  # fmt: skip
    assert waiting(centre) == []
    zhao.clicks("联络员")
    assert zhao.hears == ["王芳是哪个部门的联络员？"]
    assert zhao.buttons == ["市场监管局", "公安", "医保局", "返回"]
    zhao.clicks("公安")
    assert zhao.hears[0] == ("王芳\n角色：公安联络员\n账号：未绑定，邀请码11月17日 10:00前有效")
    assert zhao.buttons == ["Telegram二维码", "打印码条", "返回"]
    assert (roles(centre), waiting(centre)) == ({"王芳": ["liaison 公安"]}, ["王芳"])


@pytest.mark.parametrize(
    ("label", "expected"),
    [("考核员", ["evaluator 考核办公室"]), ("主任", ["director"]), ("审计员", ["auditor"])],
)
def test_roles_that_need_no_place_are_one_press(
    centre: Centre, zhao: User, label: str, expected: list[str]
):
    zhao.presses("ad.peradd")
    zhao.says("王芳")
    zhao.clicks(label)
    assert roles(centre) == {"王芳": expected}


def test_an_evaluator_of_one_of_several_sections(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        sections.add_section(connection, name="督查科")
    zhao.presses("ad.peradd")
    zhao.says("王芳")
    zhao.clicks("考核员")
    assert zhao.hears[-1] == "王芳是哪个科室的考核员？"
    assert zhao.buttons == ["考核办公室", "督查科", "返回"]
    zhao.clicks("督查科")
    assert roles(centre) == {"王芳": ["evaluator 督查科"]}


def test_a_member_may_belong_to_no_department(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("王芳")
    zhao.clicks("工作人员")
    assert zhao.buttons == ["市场监管局", "公安", "医保局", "不属于任何部门", "返回"]
    zhao.clicks("不属于任何部门")
    assert roles(centre) == {"王芳": ["member"]}


def test_many_departments_are_paged(centre: Centre, zhao: User):
    from storage import departments

    with centre.database.begin() as connection:
        for number in range(22):
            name = f"{number}局"
            departments.add_department(
                connection, name=name, short_name=name, code=f"N{chr(65 + number)}"
            )
    zhao.presses("ad.peradd")
    zhao.says("王芳")
    zhao.clicks("联络员")
    assert zhao.hears[-1] == "王芳是哪个部门的联络员？（第1/3页）"
    zhao.clicks("下一页")
    zhao.clicks("上一页")
    zhao.clicks("下一页")
    zhao.clicks("下一页")
    assert zhao.hears[-1] == "王芳是哪个部门的联络员？（第3/3页）"
    assert zhao.buttons == ["21局", "上一页", "返回"]
    zhao.clicks("21局")
    assert roles(centre) == {"王芳": ["liaison 21局"]}


def test_without_departments_the_way_is_named(tmp_path: Path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", departments=())
    zhao = centre.person("赵强", "admin")
    zhao.presses("ad.peradd")
    zhao.says("王芳")
    zhao.clicks("联络员")
    assert zhao.hears[-1] == "王芳是哪个部门的联络员？\n还没有部门，请先到“部门”中添加。"
    assert zhao.buttons == ["返回"]


def test_from_a_departments_card_the_department_is_known(centre: Centre, zhao: User):
    zhao.presses(f"ad.dep:{centre.departments['GA']}")
    zhao.clicks("添加人员")
    assert zhao.hears[-1] == "请发送姓名，如“李敏”或“李敏 联络员”。可一次发多行，每行一人。"
    zhao.clicks("返回")
    assert zhao.hears[-1].startswith("公安（GA）")
    zhao.clicks("添加人员")
    zhao.says("王芳")
    zhao.clicks("部门负责人")
    zhao.presses(f"ad.peradd:{centre.departments['GA']}:0:d")
    zhao.says("周明 联络员")
    zhao.presses(f"ad.peradd:{centre.departments['GA']}:0:d")
    zhao.says("吴 联络员\n郑 工作人员\n冯 考核员")
    assert roles(centre) == {
        "王芳": ["head 公安"],
        "周明": ["liaison 公安"],
        "吴": ["liaison 公安"],
        "郑": ["member 公安"],
        "冯": ["evaluator 考核办公室"],
    }


def test_from_a_sections_card_an_evaluator_is_meant(centre: Centre, zhao: User):
    zhao.presses(f"ad.sec:{centre.section_id}")
    zhao.clicks("添加考核员")
    assert zhao.hears[-1] == "请发送考核员姓名，如“王芳”。可一次发多行，每行一人。"
    zhao.says("王芳")
    assert roles(centre) == {"王芳": ["evaluator 考核办公室"]}
    zhao.presses(f"ad.peradd:{centre.section_id}:0:s")
    zhao.presses(zhao.chat[-2].buttons[-1][-1][1])  # 返回, on the panel above the code
    assert zhao.hears[-1].startswith("考核办公室\n")


def test_nothing_typed_asks_again(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says(" ，")
    assert zhao.hears == [ASK, ASK]


# ---------------------------------------------------------------- the same name


def test_the_same_name_is_asked_about(centre: Centre, zhao: User):
    centre.person("李敏", "liaison", department="GA")
    zhao.presses("ad.peradd")
    zhao.says("李敏")
    assert zhao.hears[-1] == "已有同名人员李敏，请问您说的是哪一位？\n1. 公安联络员"
    assert zhao.buttons == ["是第1位", "另一位同名人员", "返回"]
    zhao.clicks("是第1位")
    assert zhao.hears[-1].startswith("李敏\n角色：公安联络员\n账号：已绑定")
    zhao.presses("ad.peradd")
    zhao.says("李敏 考核员")
    assert zhao.hears[-1] == "已有同名人员李敏，请问要添加角色的是哪一位？\n1. 公安联络员"
    zhao.clicks("是第1位")
    assert roles(centre) == {"李敏": ["liaison 公安", "evaluator 考核办公室"]}
    assert waiting(centre) == []
    zhao.presses("ad.peradd")
    zhao.says("李敏 主任 管理员")
    zhao.clicks("另一位同名人员")
    with centre.database.read() as connection:
        found = people.persons_named(connection, "李敏")
        assert [sorted(each.roles) for each in found] == [
            ["evaluator", "liaison"],
            ["admin", "director"],
        ]
    assert waiting(centre) == ["李敏"]


def test_a_double_tap_makes_one_namesake(centre: Centre, zhao: User):
    centre.person("李敏", "liaison", department="GA")
    zhao.presses("ad.peradd")
    zhao.says("李敏 主任")
    pressed = zhao.button("另一位同名人员")
    zhao.presses(pressed)
    zhao.presses(pressed)
    assert zhao.hears[-1] == (
        "已有同名人员李敏，请问要添加角色的是哪一位？\n1. 公安联络员\n2. 主任"
    )
    assert zhao.button("是第2位")
    with centre.database.read() as connection:
        assert len(people.persons_named(connection, "李敏")) == 2


def test_another_of_the_same_name_without_a_role_is_asked_for_it(centre: Centre, zhao: User):
    centre.person("李敏", "liaison", department="GA")
    zhao.presses("ad.peradd")
    zhao.says("李敏")
    zhao.clicks("另一位同名人员")
    assert zhao.hears[-1] == "请选择李敏的角色："
    with centre.database.read() as connection:
        assert len(people.persons_named(connection, "李敏")) == 2


def test_a_role_held_already_is_said(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.grant:{li.person_id}:0:l{centre.departments['GA']}")
    assert zhao.hears[-1] == "李敏已经是公安联络员了。"
    assert roles(centre) == {"李敏": ["liaison 公安"]}


# ---------------------------------------------------------------- finding


def test_people_are_found_by_a_part_of_the_name_and_paged(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        for number in range(10):
            people.add_person(connection, name=f"王{number}", now=centre.now)
        people.add_person(connection, name="李敏", now=centre.now)
    zhao.presses("ad.ppl")
    assert zhao.hears[-1].splitlines()[0] == "人员，共12名（第1/2页）"
    zhao.says("王")
    first = zhao.hears[-1].splitlines()
    assert first[:2] == ["人员，姓名含“王”，共10名（第1/2页）", "王0（未定角色），未绑定"]
    assert zhao.buttons[-4:] == ["下一页", "添加人员", "全部人员", "返回"]
    zhao.clicks("下一页")
    assert zhao.hears[-1] == (
        "人员，姓名含“王”，共10名（第2/2页）\n"
        f"王8（未定角色），未绑定\n王9（未定角色），未绑定\n{HINT}"
    )
    zhao.says("李")
    assert zhao.hears[-1].startswith("李敏\n角色：未定角色\n账号：未绑定，没有可用的邀请码")
    zhao.presses("ad.ppl")
    zhao.says("钱")
    assert zhao.hears[-1] == (
        "人员，姓名含“钱”，共0名\n没有找到，可换几个字再找，或添加人员。\n" + HINT
    )
    zhao.clicks("全部人员")
    assert zhao.hears[-1].startswith("人员，共12名")
    zhao.says("、")
    assert zhao.hears[-1].startswith("人员，共12名")


# ---------------------------------------------------------------- changing


def test_a_role_works_at_once_and_the_person_is_told(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.per:{li.person_id}")
    zhao.clicks("添加角色")
    zhao.clicks("管理员")
    assert zhao.hears[-1] == "李敏\n角色：公安联络员、管理员\n账号：已绑定"
    assert li.hears == ["您现在也是管理员，发送“菜单”可查看能做的事。"]
    li.says("/admin")
    assert li.hears[0].startswith("管理\n")
    zhao.clicks("取消管理员")
    li.clicks("部门")
    assert li.hears == [templates.say_error(NotAllowed())]
    assert roles(centre) == {"李敏": ["liaison 公安"]}
    assert acted(centre) == ["role.grant", "role.revoke"]


def test_a_role_taken_back_twice(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", "auditor", department="GA")
    zhao.presses(f"ad.per:{li.person_id}")
    old = zhao.button("取消审计员")
    zhao.clicks("取消审计员")
    zhao.presses(old)
    assert zhao.toast == "这张卡片已有变化，下面是最新情况。"
    zhao.presses(f"ad.roleoff:{li.person_id}:0:x")
    assert zhao.hears[-1] == "李敏\n角色：公安联络员\n账号：已绑定"
    assert roles(centre) == {"李敏": ["liaison 公安"]}


def test_a_name_is_corrected(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.per:{li.person_id}")
    zhao.clicks("改姓名")
    assert zhao.hears[-1] == "请发送李敏改后的姓名。"
    zhao.says("李 慜")
    assert zhao.hears[-1].startswith("李 慜\n")
    assert roles(centre) == {"李 慜": ["liaison 公安"]}


def test_removal_asks_first_and_works_at_once(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.per:{li.person_id}")
    zhao.clicks("移除")
    assert zhao.hears[-1] == (
        "确认移除李敏（公安联络员）？\n"
        "移除后，其所有账号立即失去权限，未用的邀请码作废；已报送的材料和评分都保留。"
    )
    again = zhao.button("确认移除")
    zhao.clicks("确认移除")
    assert zhao.hears == ["已移除李敏，其账号不再有任何权限。"]
    li.says("/submit")
    assert li.hears == [templates.say("linking.how")]
    for old in (again, f"ad.per:{li.person_id}", f"ad.role:{li.person_id}"):
        zhao.presses(old)
        assert zhao.hears == [GONE]
        assert zhao.buttons == ["人员", "返回"]
    assert acted(centre) == ["person.remove"]


def test_the_last_admin_stays(centre: Centre, zhao: User):
    words = "赵强是唯一已绑定账号的管理员，不能移除。请先添加另一位管理员，待其绑定账号后再试。"
    zhao.presses(f"ad.per:{zhao.person_id}")
    zhao.clicks("取消管理员")
    zhao.presses(f"ad.perrm2:{zhao.person_id}")
    assert zhao.hears[1:] == [words, words]
    zhao.says("/admin")
    assert zhao.hears[0].startswith("管理\n")


def test_an_admin_may_go_when_another_stays(centre: Centre, zhao: User):
    qian = centre.person("钱伟", "admin", "director")
    qian.presses(f"ad.per:{qian.person_id}")
    qian.clicks("取消管理员")
    assert qian.hears[-1] == "您已不再是管理员。"
    assert qian.buttons == ["菜单"]
    sun = centre.person("孙", "admin")
    sun.presses(f"ad.per:{sun.person_id}")
    sun.clicks("移除")
    sun.clicks("确认移除")
    assert sun.hears[-1] == "您已移除自己，这个账号不再有任何权限。再见，感谢您的工作。"
    assert roles(centre) == {"钱伟": ["director"]}


@pytest.mark.parametrize(
    "argument",
    ["", "x", "l", "l0", "l999", "l1.1", "e", "e0", "e1.999", "e999", "d1", "a.1", "h" + "1" * 10],
)
def test_forged_roles_change_nothing(centre: Centre, zhao: User, argument: str):
    li = centre.person("李敏", "member")
    zhao.presses(f"ad.grant:{li.person_id}:0:{argument}")
    if argument != "l1.1":  # the rest after the point means nothing to a liaison
        assert zhao.hears[-1] == templates.say_error(NotAllowed())
        assert roles(centre) == {"李敏": ["member"]}


def test_a_forged_kind_of_place(centre: Centre, zhao: User):
    li = centre.person("李敏", "member")
    zhao.presses(f"ad.indep:{li.person_id}:0:admin")
    assert zhao.hears[-1] == templates.say_error(NotAllowed())


def test_a_submission_goes_on_while_the_admin_looks_around(centre: Centre):
    both = centre.person("钱伟", "admin", "liaison", department="GA")
    both.says("/submit")
    both.clicks("帮办案例")
    both.presses("ad.deps")
    both.says("/start")
    assert "还没做完：直接发送内容可继续" in both.hears[-1]


def test_nobody_is_added_twice_by_a_repeated_message(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("王芳 主任", key="the same")
    zhao.says("王芳 主任", key="the same")
    with centre.database.read() as connection:
        count = connection.execute(
            select(func.count()).select_from(person).where(person.c.name == "王芳")
        ).scalar()
    assert count == 1
