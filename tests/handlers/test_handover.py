"""交接, as conversations; each also with a restart between all lines. Races on both databases."""

from __future__ import annotations

import pytest

from storage import people, seats, sections
from storage.models import conversation, evidence, row_seat, section
from tests.chat import Centre, User
from tests.handlers.evidence_desk import also, begin, report, rows, silence
from tests.handlers.test_admin_people import roles
from tests.handlers.test_evidence_races import press, together
from tests.support.audited import audited

DONE = "您报送的材料都保留着您的名字。"


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王丽", "member", department="SCJG")


def opened(zhao: User, user: User) -> None:
    """The successor is asked for, or what is handed over."""
    zhao.presses(f"ad.per:{user.person_id}")
    silence(zhao)
    zhao.clicks("交接")


def test_a_colleague_goes_on_where_the_liaison_stopped(
    centre: Centre, zhao: User, li: User, wang: User
):
    judge = centre.person("周五", "evaluator")
    report(li)
    judge.presses("rev.why:1:1:r0")
    begin(li)
    li.says("没写完的一件\n写到一半")
    silence(li, wang)
    opened(zhao, li)
    assert zhao.hears == [
        "李敏的市场监管局联络员工作交接给谁？\n请点选或发送接手人的姓名；还没有录入的，直接发送新姓名。"
    ]
    assert zhao.buttons == ["王丽", "返回"]
    zhao.clicks("王丽")
    assert zhao.hears == [
        "确认交接\n李敏 → 王丽（市场监管局工作人员）\n交接：市场监管局联络员\n"
        "1份草稿、1份退回补充的材料由王丽接着办。\n"
        "以后的通知发给王丽；已报送的材料和已评的分数仍是李敏的名字。"
        "双方都会收到通知，有误可以再交接回来。"
    ]
    assert zhao.buttons == ["确认交接", "返回"]
    zhao.clicks("确认交接")
    assert zhao.hears == [
        "李敏的市场监管局联络员工作已交接给王丽。\n1份草稿、1份退回补充的材料由王丽接着办。"
    ]
    assert zhao.buttons == ["接手人", "交出人", "返回"]
    assert roles(centre) == {
        "李敏": [],
        "王丽": ["member 市场监管局", "liaison 市场监管局"],
        "周五": ["evaluator 考核办公室"],
    }  # fmt: skip
    assert li.hears == [
        "您的市场监管局联络员工作已交接给王丽，感谢您的付出。\n"
        f"您正在填写的草稿已保存，由王丽继续，请不用再填。\n{DONE}"
    ]
    assert wang.hears == [
        "李敏的市场监管局联络员工作现在由您接手，欢迎您。\n"
        "还有1份草稿、1份退回补充的材料，请接着办理。\n发送“我的上报”可查看已报的材料。"
    ]
    li.says("再补一句")
    assert li.hears[-1].startswith("李敏您好")
    wang.clicks("我的上报")
    wang.says("/submit")
    wang.clicks_containing("没写完的一件（李敏）")
    wang.says("今天")
    wang.clicks("确认提交")
    assert "市场监管局2号" in wang.hears[-1]
    assert rows(centre, evidence.c.created_by, evidence.c.submitted_by, evidence.c.state) == [
        (li.person_id, li.person_id, "returned"),
        (li.person_id, wang.person_id, "submitted"),
    ]
    detail = {"to": wang.person_id, "roles": ["市场监管局联络员"], "drafts": 1, "returned": 1}
    assert ("role.hand_over", str(li.person_id), detail) in audited(centre)


def test_news_of_old_items_goes_to_the_successor(centre: Centre, zhao: User, li: User, wang: User):
    head = centre.person("钱局", "head", department="SCJG")
    judge = centre.person("周五", "evaluator")
    report(li)
    opened(zhao, li)
    zhao.clicks("王丽")
    zhao.clicks("确认交接")
    silence(li, wang, head)
    judge.presses("rev.why:1:1:r0")
    assert (li.hears, head.hears, len(wang.hears)) == ([], [], 1)
    wang.clicks("补充材料")
    wang.says("补充的说明")
    wang.clicks("确认提交")
    assert rows(centre, evidence.c.state)[0] == ("submitted",)


def test_where_no_liaison_is_left_the_heads_hear_it(centre: Centre, zhao: User, li: User):
    head = centre.person("钱局", "head", department="SCJG")
    judge = centre.person("周五", "evaluator")
    report(li)
    zhao.presses(f"ad.per:{li.person_id}")
    zhao.clicks("取消市场监管局联络员")
    judge.presses("rev.why:1:1:r0")
    assert len(head.hears) == 1


def test_a_new_person_is_entered_with_the_handover(centre: Centre, zhao: User, li: User):
    opened(zhao, li)
    zhao.says("孙 新")
    assert zhao.hears[-1].splitlines()[:3] == [
        "确认交接", "李敏 → 孙 新（新人员，将随交接一并添加）", "交接：市场监管局联络员",
    ]  # fmt: skip
    assert zhao.buttons == ["添加新人员并交接", "返回"]
    assert "孙 新" not in roles(centre)
    zhao.clicks("添加新人员并交接")
    done, invite = zhao.hears
    assert done == "李敏的市场监管局联络员工作已交接给孙 新。"
    assert invite.startswith("孙 新您好！请用这个邀请码绑定考核助手（市场监管局联络员）：\n")
    assert roles(centre) == {"李敏": [], "孙 新": ["liaison 市场监管局"]}
    assert li.hears == [f"您的市场监管局联络员工作已交接给孙 新，感谢您的付出。\n{DONE}"]


def test_handing_over_back_undoes_it_and_shows_the_open_code_again(
    centre: Centre, zhao: User, li: User
):
    with centre.database.begin() as connection:
        people.add_person(connection, name="孙新", now=centre.now)
    opened(zhao, li)
    zhao.says("孙新")
    zhao.clicks("确认交接")
    code = zhao.hears[-1].splitlines()[1]
    zhao.clicks("接手人")
    zhao.clicks("交接")
    zhao.says("李敏")
    zhao.clicks("确认交接")
    assert roles(centre) == {"李敏": ["liaison 市场监管局"], "孙新": []}
    silence(zhao)
    opened(zhao, li)
    zhao.says("孙新")
    zhao.clicks("确认交接")
    assert code in zhao.hears[-1]


def test_one_of_several_roles(centre: Centre, zhao: User, li: User, wang: User):
    also(centre, li, "GA")
    begin_at = li.says("/submit")
    assert begin_at.fresh
    li.clicks("公安")
    li.clicks("其他")
    li.says("公安的草稿")
    silence(li)
    opened(zhao, li)
    assert zhao.hears == ["李敏要交接哪项工作？"]
    assert zhao.buttons == ["市场监管局联络员", "公安联络员", "全部角色", "返回"]
    zhao.clicks("市场监管局联络员")
    zhao.clicks("王丽")
    assert "草稿" not in zhao.hears[-1]
    zhao.clicks("确认交接")
    assert roles(centre)["李敏"] == ["liaison 公安"]
    assert li.hears == [f"您的市场监管局联络员工作已交接给王丽，感谢您的付出。\n{DONE}"]
    li.says("今天")  # goes on with what is theirs still
    assert "公安的草稿" in li.hears[-1]


def test_all_roles_with_what_hangs_on_them(centre: Centre, zhao: User):
    chen = centre.person("陈晨", "evaluator", "director")
    zhou = centre.person("周五", "evaluator")
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="法规科")
        sections.set_substitute(connection, other, person_id=chen.person_id)
        for row in ("discipline", "online_help"):
            seats.add(connection, indicator=row, person_id=chen.person_id, now=centre.now)
        seats.add(connection, indicator="discipline", person_id=zhou.person_id, now=centre.now)
    opened(zhao, chen)
    assert zhao.buttons == ["考核办公室考核员", "主任", "全部角色", "返回"]
    zhao.clicks("全部角色")
    zhao.clicks("周五")
    zhao.clicks("确认交接")
    assert roles(centre) == {"陈晨": [], "周五": ["evaluator 考核办公室", "director"]}
    assert rows(centre, section.c.name, section.c.substitute_id)[-1] == ("法规科", zhou.person_id)
    assert rows(centre, row_seat.c.indicator, row_seat.c.person_id) == [
        ("discipline", chen.person_id),  # the successor sits there already
        ("discipline", zhou.person_id),
        ("online_help", zhou.person_id),
    ]
    assert zhou.hears == ["陈晨的考核办公室考核员、主任工作现在由您接手，欢迎您。"]


def test_an_evaluator_of_two_sections_keeps_what_hangs_on_the_other(centre: Centre, zhao: User):
    chen = centre.person("陈晨", "evaluator")
    centre.person("周五", "evaluator")
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="法规科")
        people.grant_role(
            connection,
            person_id=chen.person_id, role_name="evaluator", section_id=other, now=centre.now,
        )  # fmt: skip
        seats.add(connection, indicator="discipline", person_id=chen.person_id, now=centre.now)
    opened(zhao, chen)
    zhao.clicks("法规科考核员")
    zhao.clicks("周五")
    zhao.clicks("确认交接")
    assert rows(centre, row_seat.c.person_id) == [(chen.person_id,)]


def test_an_admin_hands_over_their_own_desk(centre: Centre, zhao: User):
    opened(zhao, zhao)
    assert zhao.buttons == ["返回"]
    zhao.says("孙新")
    zhao.clicks("添加新人员并交接")
    assert zhao.hears[-1] == (
        "赵强是唯一已绑定账号的管理员，不能移除。请先添加另一位管理员，待其绑定账号后再试。"
    )
    assert roles(centre) == {}
    qian = centre.person("钱伟", "member")
    opened(zhao, zhao)
    zhao.says("钱伟")
    silence(zhao)
    zhao.clicks("确认交接")
    assert zhao.hears == ["赵强的管理员工作已交接给钱伟。\n您已不再是管理员，感谢您的工作。"]
    assert zhao.buttons == ["菜单"]
    assert qian.hears == ["赵强的管理员工作现在由您接手，欢迎您。"]
    zhao.says("/admin")
    assert zhao.hears[-1].startswith("没有找到这项内容")


def test_an_admin_may_be_the_successor(centre: Centre, zhao: User, li: User):
    opened(zhao, li)
    zhao.says("赵强")
    zhao.clicks("确认交接")
    assert zhao.hears[-1] == "李敏的市场监管局联络员工作已交接给赵强。"
    assert len(li.hears) == 1


def test_several_of_one_name(centre: Centre, zhao: User, li: User):
    wang = centre.person("王丽", "member", department="GA")
    with centre.database.begin() as connection:
        for _ in range(7):
            people.add_person(connection, name="王丽", now=centre.now)
    opened(zhao, li)
    silence(zhao)
    zhao.says("王丽")
    assert zhao.hears[-1].splitlines()[:3] == [
        "已有同名人员王丽，请问您说的是哪一位？", "1. 公安工作人员", "2. 未定角色",
    ]  # fmt: skip
    assert zhao.buttons == [
        *(f"是第{number}位" for number in range(1, 7)), "添加新人员并交接", "返回",
    ]  # fmt: skip
    zhao.clicks("是第1位")
    zhao.clicks("确认交接")
    assert roles(centre)["李敏"] == []
    with centre.database.read() as connection:
        assert len(people.held_roles(connection, wang.person_id)) == 2


def test_to_themselves_or_to_nobody(centre: Centre, zhao: User, li: User):
    opened(zhao, li)
    zhao.says("李敏")
    assert zhao.hears[-1] == "李敏就是本人，不用交接。请发送另一个人的姓名。"
    zhao.says("！！")
    assert zhao.hears[-1] == "姓名里没有文字，请重新输入。"
    role = zhao_role(centre, li)
    for forged in (f"{role}.{li.person_id}", f"{role}.x", f"{role}", "x.1", "all.99"):
        zhao.presses(f"ad.handok:{li.person_id}:0:{forged}")
        zhao.presses(f"ad.handto:{li.person_id}:0:{forged}")
    zhao.presses("ad.hand:99")
    assert roles(centre)["李敏"] == ["liaison 市场监管局"]


def zhao_role(centre: Centre, user: User) -> int:
    with centre.database.read() as connection:
        return people.held_roles(connection, user.person_id)[0].id


def test_older_cards_hand_nothing_over(centre: Centre, zhao: User, li: User, wang: User):
    opened(zhao, li)
    zhao.clicks("王丽")
    confirm = zhao.button("确认交接")
    zhao.clicks("返回")
    zhao.clicks("取消市场监管局联络员")
    silence(zhao, wang)
    zhao.presses(confirm)
    assert zhao.toast == "这张卡片已有变化，下面是最新情况。"
    assert zhao.hears == ["李敏\n角色：未定角色\n账号：已绑定"]
    assert "交接" not in zhao.buttons
    zhao.presses(f"ad.hand:{li.person_id}")
    assert zhao.hears == ["李敏\n角色：未定角色\n账号：已绑定"]
    assert wang.hears == []


def test_a_new_name_counts_only_as_long_as_it_is_asked_for(centre: Centre, zhao: User, li: User):
    sun = centre.person("孙警", "liaison", department="GA")
    opened(zhao, li)
    new = f"ad.handnew:{li.person_id}"
    zhao.presses(new)  # nothing was typed yet
    zhao.says("/admin")
    zhao.presses(new)
    opened(zhao, sun)
    zhao.says("孙新")
    zhao.presses(new)  # typed for another
    for _ in range(2):
        zhao.presses(f"ad.handnew:{sun.person_id}")
    assert roles(centre) == {"李敏": ["liaison 市场监管局"], "孙警": [], "孙新": ["liaison 公安"]}


# ---------------------------------------------------------------- two at once


@pytest.fixture
def both(database_url: str) -> Centre:
    return Centre(database_url)


def test_handed_over_while_the_liaison_confirms(both: Centre):
    zhao, li = both.person("赵强", "admin"), both.person("李敏", "liaison", department="SCJG")
    wang = both.person("王丽", "member", department="SCJG")
    begin(li)
    li.says("写完的一件\n经过")
    li.clicks("今天")
    role = zhao_role(both, li)
    hand = f"ad.handok:{li.person_id}:0:{role}.{wang.person_id}"
    together(press(li, li.button("确认提交"), 1), press(zhao, hand, 2))
    [(state, number)] = rows(both, evidence.c.state, evidence.c.number)
    assert (state, number) in (("submitted", 1), ("draft", None))
    assert roles(both) == {"李敏": [], "王丽": ["member 市场监管局", "liaison 市场监管局"]}
    # nothing waits for the old one's words any more, whoever came first
    waits = rows(both, conversation.c.person_id, conversation.c.step)
    assert dict(waits)[li.person_id] in ("", "collect")
    li.says("再补一句")
    assert rows(both, evidence.c.description) == [("经过",)]


def test_handed_over_by_two_at_once(both: Centre):
    zhao, qian = both.person("赵强", "admin"), both.person("钱伟", "admin")
    li = both.person("李敏", "liaison", department="SCJG")
    heirs = [both.person(name, "member", department="SCJG") for name in ("王丽", "孙新")]
    role = zhao_role(both, li)
    together(
        *(
            press(admin, f"ad.handok:{li.person_id}:0:{role}.{heir.person_id}", n)
            for n, (admin, heir) in enumerate(zip((zhao, qian), heirs, strict=True))
        )
    )
    liaisons = [name for name, held in roles(both).items() if "liaison 市场监管局" in held]
    assert len(liaisons) == 1
    assert liaisons != ["李敏"]
