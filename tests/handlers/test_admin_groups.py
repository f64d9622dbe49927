"""Group chats, as conversations; each also with a restart between all lines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers import dispatch
from handlers.messages import FileRef, Inbound, Kind
from handlers.occasion import Occasion
from storage import accounts, groups
from storage.models import account, audit, chat_group
from storage.models import inbox as inbox_table
from storage.models import outbox as outbox_table
from tests.chat import Centre, User

TOLD = (
    "未绑定的人把机器人加入了群“工作群”。登记后，发布的考核结果会发到这个群；不登记的，什么也不发。"
    "请点“查看”处理。"
)


@pytest.fixture
def group(centre: Centre) -> User:
    return centre.group("工作群")


def registered(centre: Centre) -> list[str]:
    with centre.database.read() as connection:
        return [each.title for each in groups.confirmed_groups(connection)]


def publishes(centre: Centre, *, key: str = "publication:1", later: bool = False) -> list[bool]:
    """As the broadcast does; what is due is delivered."""
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        told = [
            occasion.notify_group(
                each,
                "errors.unexpected",
                key=key,
                file=FileRef("ab" * 32, "结果.png"),
                not_before=centre.now + timedelta(hours=1) if later else None,
            )
            for each in groups.confirmed_groups(connection)
        ]
    centre.deliver_notices()
    return told


def audited(centre: Centre) -> list[tuple[str, int | None, object]]:
    with centre.database.read() as connection:
        rows = connection.execute(
            select(audit.c.action, audit.c.person_id, audit.c.detail)
            .where(audit.c.action.startswith("group."))
            .order_by(audit.c.id)
        )
        return [(row.action, row.person_id, row.detail) for row in rows]


def test_added_told_registered_and_taken_off_again(centre: Centre, zhao: User, group: User):
    qian, li = centre.person("钱伟", "admin"), centre.person("李敏", "liaison", department="SCJG")
    group.joins()
    assert zhao.hears == qian.hears == [TOLD]
    assert (li.hears, group.hears, zhao.buttons) == ([], [], ["查看"])
    assert publishes(centre) == []
    zhao.clicks("查看")
    assert zhao.hears == [
        "工作群，待登记\n11月3日 10:00由未绑定的人把机器人加入\n"
        "登记后，发布的考核结果会发到这个群。请先核实是不是本中心的群。"
    ]
    assert zhao.buttons == ["登记", "不登记", "返回"]
    zhao.clicks("登记")
    assert zhao.hears[-1].endswith("由赵强登记\n发布的考核结果会发到这个群。")
    assert zhao.buttons == ["取消登记", "返回"]
    assert registered(centre) == ["工作群"]
    assert group.hears == []
    assert publishes(centre) == [True]
    assert publishes(centre) == [False]
    assert [(each.text, each.buttons, each.silent) for each in group.chat] == [
        (group.hears[0], [], False)
    ]
    zhao.clicks("取消登记")
    assert zhao.hears[-1].endswith("由赵强定为不登记\n这个群什么也收不到。")
    assert zhao.buttons == ["登记", "返回"]
    assert publishes(centre, key="publication:2") == []
    zhao.clicks("返回")
    assert zhao.hears[-1] == (
        "群，共1个\n1. 工作群：不登记\n已登记的群会收到发布的考核结果，其他的什么也收不到。"
    )
    detail = {"title": "工作群"}
    assert audited(centre) == [
        ("group.join", None, detail | {"by": None}),
        ("group.confirm", zhao.person_id, detail | {"before": "waiting"}),
        ("group.refuse", zhao.person_id, detail | {"before": "confirmed"}),
    ]


def test_there_is_no_group_yet(centre: Centre, zhao: User):
    zhao.says("/admin")
    zhao.clicks("群")
    assert zhao.hears[-1] == "群，共0个\n还没有群。请先把机器人加入群，再到这里登记。"
    zhao.clicks("返回")
    assert zhao.hears[-1].startswith("管理\n")


def test_the_overview_says_what_waits(centre: Centre, zhao: User, group: User):
    group.joins()
    zhao.says("/admin")
    assert zhao.hears[-1].endswith("邀请码0个。\n有1个群待登记。\n请选择：")


def test_who_added_it_is_named_if_linked(centre: Centre, zhao: User, group: User):
    li = centre.person("李敏", "liaison", department="SCJG")
    group.joins(by="李敏")
    assert zhao.hears[0].startswith("李敏把机器人加入了群“工作群”。")
    zhao.clicks("查看")
    assert zhao.hears[0].endswith("由李敏把机器人加入\n登记后，发布的考核结果会发到这个群。")
    assert audited(centre) == [("group.join", None, {"title": "工作群", "by": li.person_id})]
    for number, by in enumerate(("路人", "赵强")):
        centre.group(f"群{number}").joins(by=by)
    assert [each.split("把")[0] for each in zhao.hears] == ["未绑定的人", "赵强"]
    with centre.database.read() as connection:
        assert "路人" not in connection.execute(select(account.c.external_id)).scalars().all()


def test_titles_are_anybodys_words(centre: Centre, zhao: User, group: User):
    group.joins(title="<b>市</b>\u202e\n  群 & 群")
    assert "群“<b>市</b> 群 & 群”。" in zhao.hears[0]
    zhao.clicks("查看")
    assert zhao.hears[0].startswith("<b>市</b> 群 & 群，待登记\n")
    zhao.clicks("返回")
    group.joins(title="\u200b")
    zhao.presses("ad.grps")
    assert zhao.hears[-1].startswith("群，共1个\n1. 没有名称的群：待登记\n")


def test_a_new_title_or_new_rights_are_no_news(centre: Centre, zhao: User, group: User):
    group.joins()
    zhao.clicks("查看")
    zhao.clicks("不登记")
    zhao.hears  # noqa: B018 - forget what was said so far
    group.joins(title="新名")
    assert zhao.hears == []
    zhao.clicks("返回")
    assert "\n1. 新名：不登记\n" in zhao.hears[0]
    assert [each[0] for each in audited(centre)] == ["group.join", "group.refuse"]


def test_a_registered_group_that_comes_back_is_registered(centre: Centre, zhao: User, group: User):
    group.joins()
    zhao.clicks("查看")
    zhao.clicks("登记")
    zhao.hears.clear()
    group.leaves()
    group.leaves()
    assert zhao.hears == [
        "机器人被移出了已登记的群“工作群”，或不能再在群里发言，发布的考核结果发不到那里。"
        "重新加入后照常发送；不再发送的，请点“查看”取消登记。"
    ]
    zhao.clicks("查看")
    assert zhao.hears[-1].endswith(
        "机器人已不在这个群里，或不能在群里发言。重新加入后，照常发送考核结果。"
    )
    assert zhao.buttons == ["取消登记", "返回"]
    assert (publishes(centre), registered(centre)) == ([], [])
    group.joins()
    assert zhao.hears == [
        "机器人重新加入了群“工作群”。这个群已登记，发布的考核结果会发到群里；"
        "不再发送的，请点“查看”取消登记。"
    ]
    assert registered(centre) == ["工作群"]
    assert [each[0] for each in audited(centre)] == [
        "group.join", "group.confirm", "group.leave", "group.join",
    ]  # fmt: skip


@pytest.mark.parametrize("refused", [False, True])
def test_any_other_group_that_comes_back_waits(
    centre: Centre, zhao: User, group: User, *, refused: bool
):
    group.joins()
    zhao.clicks("查看")
    if refused:
        zhao.clicks("不登记")
    group.leaves()
    zhao.presses(f"ad.grp:{group.account_id}")
    assert zhao.hears[-1].endswith("机器人已不在这个群里，或不能在群里发言。")
    assert zhao.buttons == ["返回"]
    group.joins()
    assert zhao.hears == []  # told today already, however often somebody does this
    group.leaves()
    centre.now += timedelta(days=1)
    group.joins()
    assert zhao.hears == [TOLD]
    zhao.clicks("查看")
    assert zhao.buttons == ["登记", "不登记", "返回"]
    assert registered(centre) == []


def test_what_waits_for_the_morning_is_not_sent_to_a_group_taken_off(
    centre: Centre, zhao: User, group: User
):
    group.joins()
    zhao.clicks("查看")
    zhao.clicks("登记")
    assert publishes(centre, later=True) == [True]
    zhao.clicks("取消登记")
    centre.now += timedelta(hours=2)
    centre.deliver_notices()
    assert group.hears == []


def test_a_group_becomes_a_bigger_one(centre: Centre, zhao: User, group: User):
    group.joins()
    zhao.clicks("查看")
    zhao.clicks("登记")
    assert publishes(centre, later=True) == [True]
    group.moves("大群")
    group.moves("大群")
    bigger = centre.group("大群")
    zhao.hears  # noqa: B018 - forget what was said so far
    bigger.joins()
    centre.now += timedelta(hours=2)
    centre.deliver_notices()
    assert (len(bigger.hears), group.hears, zhao.hears) == (1, [], [])
    with centre.database.read() as connection:
        (found,) = connection.execute(
            select(account.c.external_id).join(chat_group, chat_group.c.account_id == account.c.id)
        ).scalars()
    assert found == "大群"
    assert [each[0] for each in audited(centre)] == ["group.join", "group.confirm", "group.move"]


def test_older_cards_decide_nothing(centre: Centre, zhao: User, group: User):
    qian = centre.person("钱伟", "admin")
    group.joins()
    for each in (zhao, qian):
        each.clicks("查看")
    yes, no = qian.button("登记"), qian.button("不登记")
    zhao.clicks("不登记")
    qian.presses(yes)
    assert qian.toast
    assert qian.hears[-1].endswith("这个群什么也收不到。")
    qian.presses(no)
    qian.clicks("登记")
    assert registered(centre) == ["工作群"]
    for forged in (no, f"ad.grpno:{group.account_id}:0:refused", "ad.grpok:99", "ad.grp:99"):
        qian.presses(forged)
        assert registered(centre) == ["工作群"]
    assert qian.hears[-1].startswith("群，共1个\n")


def test_a_gone_group_cannot_be_registered(centre: Centre, zhao: User, group: User):
    group.joins()
    zhao.clicks("查看")
    yes = zhao.button("登记")
    group.leaves()
    zhao.presses(yes)
    assert zhao.hears[-1].endswith("机器人已不在这个群里，或不能在群里发言。")
    with centre.database.read() as connection:
        found = groups.find(connection, group.account_id)
    assert found is not None
    assert found.decision == "waiting"


def test_nothing_that_is_said_in_a_group_has_any_effect(centre: Centre, zhao: User, group: User):
    """Channels tell nothing of it; and if one did, a code would not make the group a person."""
    group.joins()
    zhao.says("/admin")
    zhao.clicks("人员")
    zhao.says("李敏 联络员 市场监管局")
    code = next(line for line in zhao.hears[-1].split() if line.count("-") == 2)
    for text in ("/start", code, f"/start {code}", "你好"):
        group.says(text)
    group.presses("ad.home")
    assert group.hears == []
    with centre.database.read() as connection:
        assert accounts.person_of(connection, group.account_id) is None


def test_what_was_never_joined_is_left_and_moved_in_silence(centre: Centre, zhao: User):
    centre.group("别处").leaves()
    centre.group("别处").moves("又一处")
    zhao.leaves()
    zhao.joins()
    assert zhao.hears == []
    assert audited(centre) == []
    with centre.database.read() as connection:
        assert groups.groups(connection) == ([], 0)
        assert connection.execute(select(account.c.external_id)).scalars().all() == ["赵强"]


def test_the_same_news_twice_has_one_effect(centre: Centre, zhao: User, group: User):
    inbound = Inbound("g1", "fake", "工作群", Kind.JOINED, name="工作群")
    assert centre.receive(inbound).fresh
    assert not centre.receive(inbound).fresh
    assert zhao.hears == [TOLD]


def test_a_fault_of_ours_says_nothing_in_the_group(
    centre: Centre, zhao: User, group: User, monkeypatch: pytest.MonkeyPatch
):
    inbound = Inbound("g1", "fake", "工作群", Kind.JOINED, name="工作群")
    with centre.database.begin() as connection:
        receipt = dispatch.park(
            connection, inbound, raw="{}", problem="KeyError", desk=centre.desk, now=centre.now
        )
        assert (receipt.parked, receipt.answers) == (True, ())
        parked = connection.execute(select(inbox_table.c.problem)).scalar_one()
        assert connection.execute(select(outbox_table.c.id)).all() == []
    assert parked == "KeyError"
