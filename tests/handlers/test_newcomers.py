"""Accounts that are met for the first time: the same member on both WeCom ways, a chat that is
opened, and one conversation that goes on in another chat."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

import templates
from handlers.dispatch import handle
from handlers.messages import Inbound, Kind
from storage import accounts, join_codes, linked, people
from storage.models import account, audit, evidence
from tests.chat import Centre, File, User
from tests.handlers.test_own_settings import another

HOW = templates.say("linking.how")
KNOWN = "李敏您好，已认出您的账号，可直接在这里办理。"


def member(centre: Centre, name: str, channel: str) -> User:
    """李敏 with one account, on this channel under this id."""
    li = centre.person(name, "liaison", department="SCJG", channel=channel)
    with centre.database.begin() as connection:
        people.rename_person(connection, li.person_id, name="李敏")
    return li


def owner(centre: Centre, user: User) -> int | None:
    with centre.database.read() as connection:
        return connection.execute(
            select(account.c.person_id).where(account.c.id == user.account_id)
        ).scalar()


# ---------------------------------------------------------------- the same member


@pytest.mark.parametrize(
    ("known", "channel", "new", "other"),
    [
        ("limin", "wecom_app", "LiMin", "wecom_bot"),
        ("LiMin", "wecom_bot", "limin", "wecom_app"),
    ],
)
def test_a_member_of_the_directory_is_known_in_both(
    centre: Centre, known: str, channel: str, new: str, other: str
):
    li = member(centre, known, channel)
    here = centre.stranger(new, channel=other)
    here.says("我的上报")
    greeting, answer = here.hears
    assert greeting == KNOWN
    assert answer.startswith("我的上报\n")
    assert owner(centre, here) == li.person_id
    assert "可以您的身份办理。" in li.hears[0]
    with centre.database.read() as connection:
        row = connection.execute(
            select(audit.c.object, audit.c.person_id, audit.c.detail).where(
                audit.c.action == "account.join"
            )
        ).one()
        address = accounts.address_of(connection, li.person_id)
    assert tuple(row) == (str(here.account_id), li.person_id, {"account": li.account_id})
    assert address is not None
    assert address.id == li.account_id
    here.says("我的上报")
    assert len(here.hears) == 1


def test_what_the_first_message_brings_is_not_lost(centre: Centre):
    member(centre, "limin", "wecom_app")
    here = centre.stranger("LIMIN", channel="wecom_bot")
    here.sends(File("锦旗.jpg"), text="群众送来锦旗")
    with centre.database.read() as connection:
        assert connection.execute(select(evidence.c.title)).scalars().all() == ["群众送来锦旗"]


def test_who_opens_the_other_chat_finds_the_menu(centre: Centre):
    member(centre, "limin", "wecom_app")
    here = centre.stranger("LiMin", channel="wecom_bot")
    here.opens()
    greeting, menu = here.hears
    assert greeting == KNOWN
    assert menu.startswith("李敏您好，您是市场监管局联络员。")


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("LiMin", "fake"),
        ("limin", "telegram"),
        ("woAJ2GCAAAXtWyujaWJHDDGi0mACAAAA", "wecom_bot"),
        ("limin2", "wecom_bot"),
    ],
)
def test_nobody_else_is_taken_for_them(centre: Centre, name: str, channel: str):
    member(centre, "limin", "wecom_app")
    here = centre.stranger(name, channel=channel)
    here.says("我的上报")
    assert here.hears == [HOW]
    assert owner(centre, here) is None


def test_an_account_of_the_same_way_is_no_witness(centre: Centre):
    member(centre, "LiMin", "wecom_bot")
    here = centre.stranger("LIMIN", channel="wecom_bot")
    here.says("我的上报")
    assert here.hears == [HOW]


def test_who_was_removed_vouches_for_nobody(centre: Centre):
    centre.person("赵强", "admin")
    li = member(centre, "limin", "wecom_app")
    with centre.database.begin() as connection:
        people.remove_person(connection, li.person_id, now=centre.now)
    here = centre.stranger("LiMin", channel="wecom_bot")
    here.says("我的上报")
    assert here.hears == [HOW]


def test_an_account_that_was_let_go_stays_unknown(centre: Centre):
    li = member(centre, "limin", "wecom_app")
    here = centre.stranger("LiMin", channel="wecom_bot")
    here.says("/settings")
    li.says("/settings")
    li.clicks("解除关联：企业微信机器人")
    li.clicks("确认解除关联")
    here.heard.clear()
    centre.now += timedelta(minutes=2)
    here.says("我的上报")
    assert here.hears == [HOW]


def test_other_things_that_happen_link_nobody(centre: Centre):
    member(centre, "limin", "wecom_app")
    here = centre.stranger("LiMin", channel="wecom_bot")
    here.edits("1", "改了")
    assert here.hears == []
    assert owner(centre, here) is None


def test_two_first_messages_at_once_are_both_answered(database_url: str):
    centre = Centre(database_url)
    li = member(centre, "limin", "wecom_app")
    start, heard = threading.Barrier(2), list[str]()

    def say(number: int) -> None:
        start.wait(10)
        with centre.database.begin() as connection:
            receipt = handle(
                connection,
                Inbound(f"k{number}", "wecom_bot", "LiMin", Kind.MESSAGE, text="我的上报"),
                desk=centre.desk,
                now=centre.now,
            )
        heard.extend(each.body["text"] for each in receipt.answers)

    threads = [threading.Thread(target=say, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(text.split("\n")[0] for text in heard) == sorted(
        [KNOWN, "<b>我的上报</b>", "<b>我的上报</b>"]
    )
    with centre.database.read() as connection:
        assert len(linked.accounts_of(connection, li.person_id)) == 2
    centre.database.close()


# ---------------------------------------------------------------- a chat is opened


def test_who_is_unknown_learns_how_to_get_a_code_and_no_more(centre: Centre):
    here = centre.stranger("limin", channel="wecom_app")
    here.opens()
    here.opens()
    assert here.hears == [HOW]
    centre.now += timedelta(minutes=2)
    here.opens()
    assert here.hears == [HOW]


def test_opening_the_chat_is_no_name(centre: Centre):
    """Somebody with a join code was asked for their name and looks in again before they say it."""
    admin = centre.person("赵强", "admin")
    admin.presses(f"ad.joinnew:{centre.departments['SCJG']}:0:0")
    with centre.database.read() as connection:
        code = join_codes.open_code(connection, centre.departments["SCJG"], now=centre.now)
    assert code is not None
    here = centre.stranger("luxiaolu", channel="wecom_app")
    here.says(centre.desk.premises.code(code.nonce))
    here.heard.clear()
    here.opens()
    assert here.hears == []
    here.says("陆小路")
    assert here.hears[0].startswith("陆小路您好，您已加入市场监管局，")


def test_who_is_known_is_greeted_once(centre: Centre):
    li = centre.person("李敏", "liaison", department="SCJG", channel="wecom_app")
    li.opens()
    greeting, menu = li.hears
    assert (greeting, menu.split("\n")[0]) == (KNOWN, "李敏您好，您是市场监管局联络员。")
    li.opens()
    assert li.hears == []


def test_who_was_told_anything_is_not_greeted(centre: Centre):
    li = centre.person("李敏", "liaison", department="SCJG", channel="wecom_app")
    li.says("/submit")
    li.clicks("帮办案例")
    li.heard.clear()
    li.opens()
    assert li.hears == []
    li.says("上门帮老人办医保")
    assert "上门帮老人办医保" in li.card


# ---------------------------------------------------------------- one conversation, two chats


def two_chats(centre: Centre) -> tuple[User, User]:
    li = centre.person("李敏", "liaison", department="SCJG", channel="telegram")
    phone = another(centre, li)
    phone.numbered = True
    li.hears, phone.hears  # noqa: B018 - forget how they were linked
    return li, phone


def test_a_draft_begun_on_one_goes_on_in_the_other(centre: Centre):
    li, phone = two_chats(centre)
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("上门帮老人办医保\n老人行动不便，当场办结。")
    assert len(li.hears) == 3
    phone.says("今天")
    [card] = phone.hears
    assert "标题：上门帮老人办医保" in card
    assert "日期：2026年11月3日" in card
    assert li.hears == []
    phone.types("确认提交")
    assert phone.hears[0].startswith("已收到，回执号 市场监管局1号")
    assert li.hears == []
    with centre.database.read() as connection:
        found = connection.execute(select(evidence.c.title, evidence.c.state)).all()
    assert [tuple(each) for each in found] == [("上门帮老人办医保", "submitted")]


def test_a_mark_means_what_stands_in_the_same_chat(centre: Centre):
    """1 is the first choice of the card above it, whatever another chat showed since."""
    li, phone = two_chats(centre)
    phone.says("/start")
    assert phone.chat[-1].mark("我的上报") == "2"
    li.says("/submit")
    li.clicks("帮办案例")
    phone.heard.clear()
    phone.says("2")
    assert phone.hears[0].startswith("我的上报\n")


def test_a_panel_is_renewed_in_the_chat_that_asks(centre: Centre):
    li, phone = two_chats(centre)
    li.says("/submit")
    li.clicks("帮办案例")
    before = len(li.chat)
    phone.says("上门帮老人办医保")
    phone.says("老人行动不便")
    assert "上门帮老人办医保" in phone.card
    assert len(li.chat) == before
    assert "上门帮老人办医保" not in li.card


@pytest.mark.parametrize("problem", ["", "file.empty"])
def test_the_receipt_comes_where_it_was_confirmed(centre: Centre, problem: str):
    """Wherever the file was sent that it waited for, and also if that can't be had."""
    li, phone = two_chats(centre)
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("上门帮老人办医保\n老人行动不便，当场办结。")
    li.clicks("今天")
    phone.sends(File("现场.jpg"))
    li.clicks("确认提交")
    assert "先不提交" in li.buttons
    li.heard.clear()
    phone.heard.clear()
    centre.finish_downloads(problem=problem)
    assert phone.hears == []
    if problem:
        assert li.hears[0].startswith("“现场.jpg”")
        assert "确认提交" in li.buttons
    else:
        assert li.card.startswith("已收到，回执号")
    li.says("/submit")
    assert "帮办案例" in li.buttons


def test_a_file_is_answered_where_it_was_sent(centre: Centre):
    li, phone = two_chats(centre)
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("上门帮老人办医保\n老人行动不便，当场办结。")
    phone.sends(File("现场.jpg"))
    li.heard.clear()
    phone.heard.clear()
    centre.finish_downloads()
    assert "附件（1）" in phone.card
    assert li.hears == []
