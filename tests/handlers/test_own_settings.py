"""/settings: one person's accounts and hours, seen from each of their chats."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

import templates
from handlers import linking
from handlers.access import NotAllowed
from handlers.dialog import Outdated
from rubric.quiet import Quiet
from storage import accounts, linked, outbox, web
from storage.models import account, audit
from storage.models import outbox as outbox_table
from tests.chat import Centre, User
from tests.handlers.scripts import code_heard

STALE = templates.say_error(Outdated())
NOT_ALLOWED = templates.say_error(NotAllowed())


def another(centre: Centre, li: User, name: str = "li-wecom", channel: str = "wecom_app") -> User:
    """A second account of theirs, linked as they would."""
    li.says("/settings")
    li.clicks("关联其他账号")
    made = centre.stranger(name, channel=channel)
    made.says(code_heard(li))
    return made


def preferred(centre: Centre, li: User) -> int:
    with centre.database.read() as connection:
        found = accounts.address_of(connection, li.person_id)
    assert found is not None
    return found.id


def theirs(centre: Centre, li: User) -> set[int]:
    with centre.database.read() as connection:
        return {each.id for each in linked.accounts_of(connection, li.person_id)}


def audited(centre: Centre, action: str) -> list[tuple[str, int | None, dict[str, object]]]:
    with centre.database.read() as connection:
        return [
            (row.object, row.account_id, row.detail)
            for row in connection.execute(
                select(audit.c.object, audit.c.account_id, audit.c.detail)
                .where(audit.c.action == action, audit.c.result == "ok")
                .order_by(audit.c.id)
            )
        ]


# ---------------------------------------------------------------- linking another account


def test_who_has_one_account_sees_it_alone(centre: Centre, li: User):
    li.says("设置")
    assert li.hears == ["设置\n您的账号：\n1. fake，11月3日 10:00起，正在使用\n免打扰：没有设置"]
    assert li.buttons == ["关联其他账号", "免打扰", "菜单"]


def test_a_code_links_another_chat_and_both_sides_are_told(centre: Centre, li: User):
    phone = another(centre, li)
    code = li.hears[1]
    assert code.splitlines()[1:] == [
        "11月3日 10:10前有效，只能用一次。请从要关联的账号把它发给考核助手，或在网页登录页输入。",
        "有此码的人都能以您的身份办理，请勿转给他人。",
    ]
    assert phone.hears[0] == (
        "李敏您好，绑定成功，今后可直接在这里办理。通知仍发到fake，可发送“设置”更改。"
    )
    assert li.hears == []
    told = li.chat[-1]
    assert told.text == (
        "李敏您好，11月3日 10:00有一个企业微信账号关联到您名下，可以您的身份办理。\n"
        "不是您本人的，请点“设置”解除关联，并告诉管理员。"
    )
    assert preferred(centre, li) == li.account_id
    [(object_, account_id, detail)] = audited(centre, "account.link")
    assert (object_, account_id, list(detail)) == (
        str(phone.account_id), phone.account_id, ["invite"],
    )  # fmt: skip
    li.clicks("设置")
    assert li.hears[-1] == (
        "设置\n您的账号（通知发到首选的；发不到时，发到另一个）：\n"
        "1. fake，11月3日 10:00起，正在使用，首选\n"
        "2. 企业微信，11月3日 10:00起\n"
        "免打扰：没有设置"
    )
    assert li.buttons == ["首选：企业微信", "解除关联：企业微信", "关联其他账号", "免打扰", "菜单"]


def test_the_code_works_once_and_for_ten_minutes(centre: Centre, li: User):
    another(centre, li)
    code = code_heard(li)
    again, late = centre.stranger("again"), centre.stranger("late")
    again.says(code)
    centre.now += timedelta(minutes=2)
    li.clicks("关联其他账号")
    other = code_heard(li)
    centre.now += linking.LOGIN_VALID
    late.says(other)
    refused = templates.say_error(linking.CodeRefused())
    assert (again.hears, late.hears) == ([refused], [refused])


def test_a_second_tap_shows_the_same_code(centre: Centre, li: User):
    li.says("/settings")
    li.clicks("关联其他账号")
    first = code_heard(li)
    li.clicks("返回")
    li.clicks("关联其他账号")
    assert code_heard(li) == first


def test_where_the_code_may_be_sent_is_named(centre: Centre, li: User):
    premises = replace(
        centre.desk.premises,
        channels=frozenset({"fake", "telegram", "wecom_app", "wecom_bot", "web"}),
        public_url="https://k.example",
    )
    centre.desk = replace(centre.desk, premises=premises)
    centre._desk = lambda: centre.desk  # type: ignore[method-assign]
    li.says("/settings")
    li.clicks("关联其他账号")
    code = code_heard(li)
    assert li.hears[-1].splitlines()[1] == (
        "11月3日 10:10前有效，只能用一次。请从要关联的账号把它发给考核助手"
        "（Telegram、企业微信、企业微信机器人），或用它登录网页："
        f"https://k.example/login#code={code.replace('-', '')}。"
    )


def test_a_personal_code_for_another_account_is_seen_on_the_first(centre: Centre, li: User):
    with centre.database.begin() as connection:
        invite_id = linking.invite(
            connection,
            centre.desk.premises,
            person_id=li.person_id,
            created_by=None,
            now=centre.now,
        )
        code = linking.address(
            connection,
            premises=centre.desk.premises,
            invite_id=invite_id,
            show="code",
            now=centre.now,
        )
    new = centre.stranger("new", channel="telegram")
    new.says(code)
    assert new.hears[0] == "李敏您好，绑定成功，今后可直接在这里办理。"
    assert (
        "有一个Telegram账号关联到您名下，可以您的身份办理，今后的通知先发到那里。" in li.hears[0]
    )
    assert preferred(centre, li) == new.account_id


def test_an_account_that_cannot_be_reached_is_told_nothing(centre: Centre, li: User):
    phone = another(centre, li)
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, phone.account_id, "blocked")
    phone.heard.clear()
    another(centre, li, "third", "telegram")
    assert phone.hears == []
    li.says("/settings")
    assert li.card.splitlines()[3] == (
        "2. 企业微信，11月3日 10:00起（机器人被停用，发不到这里；从这里发一条消息即可恢复）"
    )
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, phone.account_id, "gone")
    li.says("/settings")
    assert li.card.splitlines()[3] == (
        "2. 企业微信，11月3日 10:00起（上次没能发到；从这里发一条消息即可恢复）"
    )


def test_a_channel_that_is_off_can_not_be_preferred(centre: Centre, li: User):
    another(centre, li)
    premises = replace(centre.desk.premises, channels=frozenset({"fake", "web"}))
    centre.desk = replace(centre.desk, premises=premises)
    centre._desk = lambda: centre.desk  # type: ignore[method-assign]
    li.says("/settings")
    assert "（本中心没有开通，通知不发到这里）" in li.card
    assert li.buttons == ["解除关联：企业微信", "关联其他账号", "免打扰", "菜单"]


# ---------------------------------------------------------------- the preferred one


def test_notices_go_to_the_one_that_is_chosen(centre: Centre, li: User):
    phone = another(centre, li)
    li.says("/settings")
    old = li.button("首选：企业微信")
    li.clicks("首选：企业微信")
    assert li.hears[-1].startswith("已改：通知以后发到企业微信。\n\n设置\n")
    assert preferred(centre, li) == phone.account_id
    assert audited(centre, "account.prefer") == [
        (str(phone.account_id), li.account_id, {"before": li.account_id})
    ]
    phone.says("/settings")
    phone.clicks("首选：fake")
    phone.clicks("免打扰")
    phone.clicks("22:00至次日7:00")
    li.presses(old)
    assert preferred(centre, li) == li.account_id
    assert li.toast == STALE
    assert li.hears[-1].startswith("设置\n")


# ---------------------------------------------------------------- letting one go


def test_another_account_is_let_go_after_a_question(centre: Centre, li: User):
    phone = another(centre, li)
    phone.says("/settings")
    phone.clicks("首选：企业微信")
    phone.heard.clear()
    li.says("/settings")
    li.clicks("解除关联：企业微信")
    assert li.hears[-1] == (
        "确认解除关联企业微信？\n解除后，那里不能再以您的身份办理，也收不到通知；"
        "已办的事都保留。要再用时，重新关联即可。"
    )
    assert theirs(centre, li) == {li.account_id, phone.account_id}
    confirm = li.button("确认解除关联")
    li.clicks("确认解除关联")
    assert li.hears[-1].splitlines()[0] == ("已解除关联：企业微信。那里不能再办理，也收不到通知。")
    assert theirs(centre, li) == {li.account_id}
    assert preferred(centre, li) == li.account_id
    assert audited(centre, "account.unlink") == [(str(phone.account_id), li.account_id, {})]
    centre.now += timedelta(minutes=2)
    phone.says("/submit")
    assert phone.hears == [templates.say("linking.how")]
    li.presses(confirm)
    assert li.toast == STALE


def test_nobody_cuts_off_the_account_they_use(centre: Centre, li: User):
    phone = another(centre, li)
    li.says("/settings")
    asked = li.button("解除关联：企业微信")
    li.clicks("解除关联：企业微信")
    confirm = li.button("确认解除关联")
    for action in (asked, confirm):
        phone.presses(action)
        assert phone.toast == STALE
    assert theirs(centre, li) == {li.account_id, phone.account_id}


def test_who_was_let_go_comes_back_by_a_code(centre: Centre, li: User):
    phone = another(centre, li)
    li.says("/settings")
    li.clicks("解除关联：企业微信")
    li.clicks("确认解除关联")
    centre.now += timedelta(minutes=2)
    li.clicks("关联其他账号")
    phone.says(code_heard(li))
    assert theirs(centre, li) == {li.account_id, phone.account_id}


def test_what_waits_for_it_goes_to_the_one_in_use(centre: Centre, li: User):
    phone = another(centre, li)
    later = centre.now + timedelta(hours=3)
    with centre.database.begin() as connection:
        for key, call in (("a", None), ("b", 7)):
            outbox.queue(
                connection,
                key=key,
                account_id=phone.account_id,
                body={"text": key},
                now=centre.now,
                not_before=later,
            )
            connection.execute(
                outbox_table.update().where(outbox_table.c.key == key).values(call_id=call)
            )
    li.says("/settings")
    li.clicks("解除关联：企业微信")
    li.clicks("确认解除关联")
    with centre.database.read() as connection:
        rows = connection.execute(
            select(outbox_table.c.key, outbox_table.c.account_id)
            .where(outbox_table.c.key.in_(("a", "b")))
            .order_by(outbox_table.c.key)
        ).all()
    assert [tuple(row) for row in rows] == [("a", li.account_id), ("b", phone.account_id)]


def test_a_web_account_that_is_let_go_is_logged_out(centre: Centre, li: User):
    with centre.database.begin() as connection:
        login = linking.invite(
            connection,
            centre.desk.premises,
            person_id=li.person_id,
            created_by=None,
            now=centre.now,
            kind="login",
        )
        code = linking.address(
            connection, premises=centre.desk.premises, invite_id=login, show="code", now=centre.now
        )
        on_web = linking.authenticate(
            connection, centre.desk.premises, code=code, guard="192.0.2.1", now=centre.now
        )
        web.open_session(connection, account_id=on_web, digest="d" * 64, now=centre.now)
    centre.deliver_notices()
    assert "有一个网页账号关联到您名下" in li.hears[0]
    li.clicks("设置")
    li.clicks("解除关联：网页")
    li.clicks("确认解除关联")
    with centre.database.read() as connection:
        assert web.visitor(connection, digest="d" * 64, now=centre.now) is None


def test_two_accounts_of_one_channel_are_told_apart(centre: Centre, li: User):
    for name in ("one", "two"):
        another(centre, li, name, "telegram")
        centre.now += timedelta(minutes=2)
    li.says("/settings")
    assert li.buttons[:4] == [
        "首选：Telegram2", "首选：Telegram3", "解除关联：Telegram2", "解除关联：Telegram3",
    ]  # fmt: skip
    li.clicks("解除关联：Telegram3")
    li.clicks("确认解除关联")
    assert theirs(centre, li) == {li.account_id, centre.people["one"].account_id}


# ---------------------------------------------------------------- 免打扰


def quiet(centre: Centre, li: User) -> Quiet | None:
    with centre.database.read() as connection:
        return linked.quiet_of(connection, li.person_id)


def test_hours_are_chosen_or_typed_and_switched_off(centre: Centre, li: User):
    li.says("/settings")
    li.clicks("免打扰")
    assert li.hears[-1] == (
        "免打扰：没有设置\n"
        "这段时间里，提醒和考核结果先不发，等到过后再发；您自己办事的回复照常，立即发。\n"
        "请选择，或发送起止时间，如“22:00-7:00”。"
    )
    assert li.buttons == ["22:00至次日7:00", "20:00至次日8:00", "18:00至次日9:00", "返回"]
    li.clicks("20:00至次日8:00")
    assert li.hears[-1].startswith("免打扰已改。\n\n设置\n")
    assert li.card.endswith("免打扰：20:00至次日8:00，提醒和结果等到过后再发")
    assert quiet(centre, li) == Quiet(1200, 480)
    li.clicks("免打扰")
    assert li.buttons == ["22:00至次日7:00", "18:00至次日9:00", "关闭免打扰", "返回"]
    li.says("晚上十点")
    assert li.hears[-1] == "没有看懂“晚上十点”，请发送起止两个时间，如“22:00-7:00”。"
    li.says("12:00-13:30")
    assert quiet(centre, li) == Quiet(720, 810)
    li.clicks("免打扰")
    li.clicks("关闭免打扰")
    assert quiet(centre, li) is None
    assert [detail for _, _, detail in audited(centre, "person.quiet")] == [
        {"before": None, "after": "20:00至次日8:00"},
        {"before": "20:00至次日8:00", "after": "12:00至13:30"},
        {"before": "12:00至13:30", "after": None},
    ]


def test_an_old_card_changes_no_hours(centre: Centre, li: User):
    li.says("/settings")
    li.clicks("免打扰")
    old = li.button("22:00至次日7:00")
    li.clicks("20:00至次日8:00")
    li.presses(old)
    assert li.toast == STALE
    assert quiet(centre, li) == Quiet(1200, 480)


def test_setting_hours_asks_nothing_of_a_draft(centre: Centre, li: User):
    """A card of settings leaves what waits alone; the question for hours takes its place."""
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("设置")
    assert li.card.startswith("上报草稿")  # a step waits for text: only words that work everywhere
    li.says("/settings")
    li.says("仍是草稿的说明")
    assert "仍是草稿的说明" in li.card


@pytest.mark.parametrize("forged", ["5-6", "off2", "", "1320"])
def test_forged_hours_do_nothing(centre: Centre, li: User, forged: str):
    li.says("/settings")
    li.clicks("免打扰")
    verb, person, revision, _ = li.button("22:00至次日7:00").split(":")
    li.presses(f"{verb}:{person}:{revision}:{forged}")
    assert (li.toast, quiet(centre, li)) == (STALE, None)


def test_forged_accounts_do_nothing(centre: Centre, li: User):
    wang = centre.person("王芳", "liaison", department="GA")
    another(centre, li)
    li.says("/settings")
    _, person, revision, _ = li.button("首选：企业微信").split(":")
    for verb in ("st.first", "st.off", "st.off2"):
        li.presses(f"{verb}:{person}:{revision}:{wang.account_id}")
        assert li.toast == STALE
    wang.presses(li.button("首选：企业微信"))
    assert wang.hears == [NOT_ALLOWED]
    with centre.database.read() as connection:
        owner = select(account.c.person_id).where(account.c.id == wang.account_id)
        assert connection.execute(owner).scalar() == wang.person_id
