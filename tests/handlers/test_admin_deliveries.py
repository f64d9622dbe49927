"""/admin → 发送情况, as conversations: what is counted, who is named, and sending once more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import accounts, outbox, people
from storage.models import account, audit, chat_group, person
from storage.models import outbox as outbox_table
from storage.outbox import Mark
from tests.chat import MORNING, WORKER, Centre, User
from tests.handlers.stage import open_quarter
from tests.support.undelivered import BLOCKED, LOST, publish, row

EVENING = MORNING.replace(hour=20)


@pytest.fixture(params=[False, True], ids=["", "restarted"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Centre:
    return Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=request.param)


@pytest.fixture
def zhao(centre: Centre) -> User:
    made = centre.person("赵强", "admin")
    with centre.database.begin() as connection:
        open_quarter(connection, centre.now)
    return made


def standing(centre: Centre, id_: int) -> tuple[str, int]:
    """State and attempt."""
    with centre.database.read() as connection:
        found = connection.execute(select(outbox_table).where(outbox_table.c.id == id_)).one()
        return found.state, found.attempt


def audited(centre: Centre) -> list[tuple[str, dict[str, object]]]:
    with centre.database.read() as connection:
        rows = connection.execute(
            select(audit.c.object, audit.c.detail).where(audit.c.action == "outbox.retry")
        )
        return [(each.object, each.detail) for each in rows]


def opens(zhao: User) -> str:
    zhao.says("/admin")
    zhao.clicks("发送情况")
    return zhao.hears[-1]


# ---------------------------------------------------------------- looking


def test_before_anything_was_published(centre: Centre, zhao: User):
    assert opens(zhao) == "发送情况\n还没有发布过考核结果。"
    assert zhao.buttons == ["返回"]


def test_every_part_is_counted_and_everybody_who_missed_it_named(centre: Centre, zhao: User):
    li, qian = centre.person("李敏"), centre.person("钱局")
    with centre.database.begin() as connection:
        people.add_person(connection, name="许诺", now=centre.now)
        people.add_person(connection, name="许愿", now=centre.now)
    late, gone = centre.person("孙迟"), centre.person("周远")
    group = register(centre, "考核群", "confirmed")
    id_ = publish(centre)
    with centre.database.begin() as connection:
        connection.execute(
            account.update()
            .where(account.c.id == late.account_id)
            .values(linked_at=centre.now + timedelta(hours=1))
        )
        accounts.mark_unreachable(connection, gone.account_id, "gone")
    key = f"publication:{id_}"
    row(centre, f"{key}:ranking", zhao)
    row(centre, f"{key}:ranking", li, "failed", BLOCKED)
    row(centre, f"{key}:ranking", qian, "unknown", LOST)
    row(centre, f"{key}:ranking", group, "failed", "Forbidden: bot was kicked from the group chat")
    row(centre, f"{key}:picture", zhao, "sending")
    row(centre, f"{key}:picture", li, "queued", not_before=centre.now + timedelta(days=1))
    row(centre, f"{key}:picture", qian, "unknown", "no answer (ServerDisconnectedError)")
    row(centre, f"{key}:sheet.SCJG", li, "failed", "annex_sheet: KeyError at annex_sheet.py:9")
    row(centre, f"{key}:sheet.GA", li, "failed", "Bad Request: something new")
    row(centre, f"{key}:extra", li, "superseded")
    assert opens(zhao) == (
        "2026年第四季度 · 发送情况\n"
        "11月3日 10:00发布。\n"
        "名次图片：已发0，待发2（11月4日 10:00起发送），不确定1\n"
        "名次文字：已发1，未送达2，不确定1\n"
        "评分表：已发0，未送达2\n"
        "extra：已发0，不再发1\n"
        "没有绑定账号，没有收到：许诺、许愿\n"
        "发布后才绑定账号，没有收到：孙迟\n"
        "发布时账号不可用，没有收到：周远\n\n"
        "没有确定送达的6条：\n"
        "1. 李敏，名次文字（fake）：对方停用了机器人\n"
        "2. 考核群，名次文字（fake）：机器人已被移出群\n"
        "3. 李敏，评分表（fake）：文件没能生成\n"
        "4. 李敏，评分表（fake）：对方平台拒收\n"
        "5. 钱局，名次文字（fake）：发送时程序中断，可能已收到\n"
        "6. 钱局，名次图片（fake）：对方平台没有回应，可能已收到\n"
        "“可能已收到”的，重发后对方可能收到两次。"
    )
    assert zhao.buttons == [*(f"重发 {n}" for n in range(1, 7)), "全部重发", "返回"]


def test_which_accounts_were_used_and_what_was_passed_on(centre: Centre, zhao: User):
    li, qian, sun = (centre.person(name) for name in ("李敏", "钱局", "孙迟"))
    key = f"publication:{publish(centre)}:ranking"
    row(centre, key, zhao)
    for each, state in ((li, "sent"), (qian, "failed"), (sun, "sent")):
        row(centre, key, each, "passed", BLOCKED)
        elsewhere = another_account(centre, each, "wecom_app")
        made = row(centre, f"{key}~", elsewhere, state, "not in scope")
        with centre.database.begin() as connection:
            connection.execute(
                outbox_table.update()
                .where(outbox_table.c.id == made)
                .values(key=f"{key}:{each.person_id}~2")
            )
    assert opens(zhao) == (
        "2026年第四季度 · 发送情况\n"
        "11月3日 10:00发布。\n"
        "名次文字：已发3（企业微信2、fake1），未送达1\n"
        "fake未送达（对方停用了机器人），已改发企业微信：李敏、钱局、孙迟\n\n"
        "没有确定送达的1条：\n"
        "1. 钱局，名次文字（企业微信，此前fake未送达）：对方不在企业微信应用的可见范围"
    )
    with centre.database.begin() as connection:
        connection.execute(
            outbox_table.update().where(outbox_table.c.state == "failed").values(state="sent")
        )
    assert opens(zhao).splitlines()[-1] == "全部送达。"


def another_account(centre: Centre, user: User, channel: str) -> int:
    with centre.database.begin() as connection:
        made = connection.execute(
            account.insert().returning(account.c.id),
            {
                "channel": channel,
                "external_id": user.name,
                "person_id": user.person_id,
                "linked_at": centre.now,
                "created_at": centre.now,
            },
        ).scalar_one()
    centre._by_account[made] = user
    return int(made)


def test_what_waits_for_the_end_of_somebodys_quiet_hours(centre: Centre, zhao: User):
    li = centre.person("李敏")
    with centre.database.begin() as connection:
        connection.execute(
            person.update()
            .where(person.c.id == li.person_id)
            .values(quiet_from=22 * 60, quiet_to=12 * 60)
        )
    key = f"publication:{publish(centre)}:ranking"
    row(centre, key, zhao)
    # queued for the person in the quiet hours, and for another account of theirs tomorrow
    row(centre, key, li, "queued")
    later = another_account(centre, li, "later")
    row(centre, key, later, "queued", not_before=centre.now + timedelta(days=1))
    assert opens(zhao).splitlines()[2:] == [
        "名次文字：已发1（fake1），待发2（11月4日 10:00起发送；1条在免打扰时段）"
    ]


def register(centre: Centre, title: str, state: str) -> int:
    with centre.database.begin() as connection:
        account_id = connection.execute(
            account.insert().returning(account.c.id),
            {"channel": "fake", "external_id": title, "created_at": centre.now},
        ).scalar_one()
        connection.execute(
            chat_group.insert(),
            {"account_id": account_id, "title": title, "state": state, "added_at": centre.now},
        )
    centre._by_account[account_id] = centre.stranger(title)
    return int(account_id)


def test_when_all_have_it(centre: Centre, zhao: User):
    row(centre, f"publication:{publish(centre)}:ranking", zhao)
    assert opens(zhao) == (
        "2026年第四季度 · 发送情况\n11月3日 10:00发布。\n名次文字：已发1\n\n全部送达。"
    )
    assert zhao.buttons == ["返回"]


def test_a_publication_that_nobody_was_sent(centre: Centre, zhao: User):
    publish(centre)
    assert opens(zhao) == (
        "2026年第四季度 · 发送情况\n11月3日 10:00发布。\n没有要发送的消息。\n"
        "发布时账号不可用，没有收到：赵强"
    )


def test_many_are_paged_and_earlier_publications_are_a_press_away(centre: Centre, zhao: User):
    first = publish(centre)
    row(centre, f"publication:{first}:ranking", zhao)
    second = publish(centre, revision=2)
    for number in range(12):
        to = centre.person(f"人员{number}")
        row(centre, f"publication:{second}:ranking", to, "failed", BLOCKED)
    assert "第2版" in opens(zhao)
    assert zhao.buttons == [
        *(f"重发 {n}" for n in range(1, 9)), "全部重发", "下一页", "以前的发布", "返回",
    ]  # fmt: skip
    zhao.clicks("下一页")
    assert zhao.hears[-1].splitlines()[-1] == "12. 人员11，名次文字（fake）：对方停用了机器人"
    assert zhao.buttons == [
        *(f"重发 {n}" for n in range(9, 13)), "全部重发", "上一页", "以前的发布", "返回",
    ]  # fmt: skip
    zhao.clicks("以前的发布")
    assert zhao.hears[-1] == "发送情况，已发布2次\n请选择："
    assert zhao.buttons == ["2026年第四季度（第2版）", "2026年第四季度", "返回"]
    zhao.clicks("2026年第四季度")
    assert zhao.hears[-1].splitlines()[-1] == "全部送达。"


# ---------------------------------------------------------------- once more


def test_pressed_twice_it_is_sent_once(centre: Centre, zhao: User):
    li = centre.person("李敏")
    id_ = row(centre, f"publication:{publish(centre)}:ranking", li, "failed", BLOCKED)
    row(centre, "kept", zhao)
    opens(zhao)
    again = zhao.button("重发 1")
    zhao.presses(again)
    assert (standing(centre, id_), li.hears) == (("sent", 2), ["结果\n第一名"])
    zhao.presses(again)
    assert (standing(centre, id_), li.hears) == (("sent", 2), [])
    key = f"publication:1:ranking:{li.person_id}"
    assert audited(centre) == [(str(id_), {"key": key, "before": "failed", "why": BLOCKED})]


def test_a_late_proof_says_nothing_about_the_second_attempt(centre: Centre, zhao: User):
    li = centre.person("李敏")
    id_ = row(centre, f"publication:{publish(centre)}:ranking", li, "unknown", LOST)
    opens(zhao)
    centre.now = EVENING  # it waits for the morning
    zhao.clicks("重发 1")

    def proof(attempt: int) -> None:
        with centre.database.begin() as connection:
            marks = [Mark(id_, attempt, "sent", message_ref="late")]
            outbox.mark(connection, marks, worker=WORKER, now=centre.now)

    proof(1)
    assert standing(centre, id_) == ("queued", 1)
    assert zhao.hears[-1].splitlines()[2] == "名次文字：已发0，待发1（11月4日 09:00起发送）"
    with centre.database.begin() as connection:
        connection.execute(outbox_table.update().values(not_before=None))
        outbox.claim(connection, worker=WORKER, channels=["fake"], limit=9, now=centre.now)
    proof(1)
    assert standing(centre, id_) == ("sending", 2)


def test_all_at_once_and_what_may_have_arrived_only_if_asked_for(centre: Centre, zhao: User):
    li, qian = centre.person("李敏"), centre.person("钱局")
    key = f"publication:{publish(centre)}"
    one = row(centre, f"{key}:picture", li, "failed", BLOCKED)
    two = row(centre, f"{key}:ranking", qian, "unknown", LOST)
    opens(zhao)
    zhao.clicks("全部重发")
    assert zhao.hears[-1] == (
        "共2条，其中1条可能已收到，重发后对方可能收到两次。\n"
        "请选择：全部重发，还是只重发未送达的1条。"
    )
    assert zhao.buttons == ["只重发未送达的", "确认全部重发", "返回"]
    surely = zhao.button("确认全部重发")
    zhao.clicks("只重发未送达的")
    assert (standing(centre, one), standing(centre, two)) == (("sent", 2), ("unknown", 1))
    zhao.presses(surely)  # no longer what was shown
    assert standing(centre, two) == ("unknown", 1)
    zhao.clicks("全部重发")
    assert zhao.hears[-1] == "共1条，其中1条可能已收到，重发后对方可能收到两次。\n请确认是否重发。"
    zhao.clicks("确认全部重发")
    assert standing(centre, two) == ("sent", 2)
    assert len(audited(centre)) == 2


def test_all_that_failed_need_no_question(centre: Centre, zhao: User):
    key = f"publication:{publish(centre)}"
    made = [
        row(centre, f"{key}:ranking", centre.person(name), "failed", BLOCKED)
        for name in ("李敏", "钱局")
    ]
    opens(zhao)
    again = zhao.button("全部重发")
    zhao.presses(again)
    zhao.presses(again)
    assert [standing(centre, each) for each in made] == [("sent", 2)] * 2
    assert len(audited(centre)) == 2


def test_it_goes_to_another_account_if_the_first_can_not_be_reached(centre: Centre, zhao: User):
    li = centre.person("李敏")
    id_ = row(centre, f"publication:{publish(centre)}:ranking", li, "failed", BLOCKED)
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, li.account_id, "gone")
        other = connection.execute(
            account.insert().returning(account.c.id),
            {
                "channel": "web",
                "external_id": "李敏",
                "person_id": li.person_id,
                "linked_at": centre.now,
                "created_at": centre.now,
            },
        ).scalar_one()
    centre._by_account[other] = li
    opens(zhao)
    zhao.clicks("重发 1")
    with centre.database.read() as connection:
        found = connection.execute(select(outbox_table).where(outbox_table.c.id == id_)).one()
    assert (found.account_id, found.state) == (other, "sent")


def test_a_group_that_was_taken_off_gets_nothing_more(centre: Centre, zhao: User):
    group = register(centre, "旧群", "refused")
    id_ = row(centre, f"publication:{publish(centre)}:ranking", group, "failed", BLOCKED)
    opens(zhao)
    zhao.clicks("重发 1")
    assert (standing(centre, id_), audited(centre)) == (("failed", 1), [])


def test_other_notices_have_a_list_of_their_own(centre: Centre, zhao: User):
    li = centre.person("李敏")
    ids = [row(centre, f"evidence:returned:{n}", li, "failed", BLOCKED) for n in range(9)]
    doubtful = row(centre, "evidence:accepted:1", li, "unknown", LOST)
    opens(zhao)
    assert zhao.buttons == ["其他通知 10", "返回"]
    zhao.clicks("其他通知 10")
    assert zhao.hears[-1].splitlines()[:4] == [
        "发送情况 · 其他通知",
        "没有确定送达的10条（第1/2页）：",
        "1. 李敏，11月3日 10:00（fake）：发送时程序中断，可能已收到",
        "“结果”",
    ]
    zhao.clicks("重发 1")
    assert standing(centre, doubtful) == ("sent", 2)
    zhao.clicks("下一页")
    assert zhao.buttons == ["重发 9", "全部重发", "上一页", "返回"]
    zhao.clicks("全部重发")
    assert zhao.hears[-1] == "发送情况 · 其他通知\n其他通知全部送达。"
    assert {standing(centre, each) for each in ids} == {("sent", 2)}
    zhao.clicks("返回")
    assert zhao.hears[-1] == "发送情况\n还没有发布过考核结果。"


@pytest.mark.parametrize(
    "forged",
    [
        "ad.dlv:77",
        "ad.dlvall:77:0:1-1",
        "ad.dlvre:77:0:1.0.0",
        "ad.dlvre:x:0:x",
        "ad.dlvyes:0:0:x",
    ],
)
def test_forged_buttons_do_nothing(centre: Centre, zhao: User, forged: str):
    publish(centre)
    zhao.presses(forged)
    assert len(zhao.hears) == 1
    assert audited(centre) == []


def test_an_answer_is_not_sent_again(centre: Centre, zhao: User):
    id_ = row(centre, "answer", zhao, "unknown", LOST, lane="answer")
    zhao.presses(f"ad.dlvre:{id_}:0:1.0.0")
    assert standing(centre, id_) == ("unknown", 1)
