"""What people see of an answer: cards, texts, files; each part once, however often it is tried."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.channels.base import InDoubt, OutFile, Outgoing, RecipientGone, Rejected, RetryLater
from bot.channels.wecom_app import sending
from bot.channels.wecom_app.channel import WecomApp
from bot.channels.wecom_app.files import Known
from bot.wecom import http
from handlers.messages import Marks
from templates import wecom_words as words
from tests.bot.wecom_app.conftest import Now, message
from tests.doubles.conftest import png
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.seen import Seen

pytestmark = pytest.mark.usefixtures("hasty", "address")
LONG = "一" * 1500  # 4,500 bytes: three messages


async def sent(control: Control, method: str = "message/send") -> list[dict[str, Any]]:
    return [call.params for call in await control.calls(method=method)]


async def shown(person: Person) -> list[Seen]:
    return [seen for seen in await person.chat() if seen.out]


def kinds(seen: Sequence[Seen]) -> list[str]:
    return [each.kind for each in seen]


async def test_one_call_where_a_card_holds_it_all(channel: WecomApp, control: Control, li: Person):
    given = await channel.send(message("是否提交？\n共2个文件。", "确认提交", "修改"))
    [body] = await sent(control)
    card = body.pop("template_card")
    assert body == {
        "touser": "liqian",
        "agentid": 1000002,
        "msgtype": "template_card",
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }
    assert card["task_id"] == given.message_ref == hashlib.sha256(b"k").hexdigest()[:32]
    [seen] = await shown(li)
    assert seen.card is not None
    assert (seen.card.title, seen.card.sub_title) == ("是否提交？", "共2个文件。")
    assert seen.card.labels == ["确认提交", "修改"]


async def test_texts_with_and_without_formatting(channel: WecomApp, li: Person):
    await channel.send(message("您好"))
    await channel.send(message("<b>市场监管局</b>：已采纳", key="k2"))
    await channel.send(message('见<a href="https://kaohe.example/">网页</a>', key="k3"))
    assert [(s.kind, s.text) for s in await shown(li)] == [
        ("text", "您好"),
        ("markdown", "**市场监管局**：已采纳"),
        ("text", '见<a href="https://kaohe.example/">网页</a>'),
    ]


async def test_who_asks_twice_is_answered_twice(channel: WecomApp, li: Person):
    for key in ("k1", "k2"):
        await channel.send(message("同样的话", key=key))
        await channel.send(message("同样的卡片", "查看", key=f"{key}#1"))
    assert [s.text for s in await shown(li)] == ["同样的话", "同样的卡片"] * 2


async def test_a_long_text_goes_in_parts_and_the_card_after_it(
    channel: WecomApp, control: Control, li: Person
):
    await channel.send(message(LONG, "查看"))
    seen = await shown(li)
    assert kinds(seen) == ["text", "text", "text", "template_card"]
    assert "".join(s.text for s in seen[:3]) == LONG
    assert await control.notes() == []


async def test_many_choices_go_on_several_cards(channel: WecomApp, li: Person):
    labels = [f"部门{n}" for n in range(45)]
    given = await channel.send(message("请选择部门", *labels))
    cards = [s.card for s in await shown(li) if s.card]
    assert [len(card.options) + len(card.buttons) for card in cards] == [20, 20, 5]
    assert [card.task_id for card in cards] == [
        given.message_ref,
        f"{given.message_ref}_1",
        f"{given.message_ref}_2",
    ]
    assert [label for card in cards for label in card.labels] == labels


# ---------------------------------------------------------------- tried again


@pytest.mark.parametrize("fault", ["reset_before", "execute_then_reset", "execute_then_500"])
@pytest.mark.parametrize("part", [0, 1, 3])
async def test_each_part_once_also_when_the_whole_is_tried_again(
    channel: WecomApp, control: Control, li: Person, fault, part
):
    """A card in doubt is known again by WeCom; of a text one more may be shown."""
    await control.fault(fault, method="message/send", after=part)
    with pytest.raises(InDoubt):
        await channel.send(message(LONG, "查看"))
    await channel.send(message(LONG, "查看"))
    seen = await shown(li)
    doubled = fault != "reset_before" and part < 3
    assert kinds(seen) == ["text"] * (3 + doubled) + ["template_card"]
    bodies = await sent(control)
    assert bodies[part] == bodies[part + 1]


async def test_it_surely_did_not_leave(settings, notebook, now: Now, control: Control, li: Person):
    channel = WecomApp(settings, memory=notebook, now=now)
    await control.refuse(0.3)
    with pytest.raises(RetryLater, match=r"^not connected \("):
        await channel.send(message("二"))
    await channel.close()
    assert await sent(control) == []


async def test_after_a_restart_a_card_in_doubt_is_still_shown_once(
    channel: WecomApp, settings, notebook, now: Now, control: Control, li: Person
):
    await control.fault("execute_then_reset", method="message/send")
    with pytest.raises(InDoubt):
        await channel.send(message("请选择", "查看"))
    other = WecomApp(settings, memory=notebook, now=now, public_url="https://kaohe.example")
    await other.send(message("请选择", "查看"))
    await other.close()
    assert kinds(await shown(li)) == ["template_card"]


async def test_at_most_25_a_minute_and_then_after_exactly_so_long(
    channel: WecomApp, control: Control, li: Person, wang: Person
):
    for n in range(25):
        await channel.send(message("一", key=f"k{n}"))
    with pytest.raises(RetryLater) as caught:
        await channel.send(message("二", key="last"))
    assert 50 < caught.value.after <= 60
    assert not caught.value.everyone
    await channel.send(message("二", account="wangqiang", key="other"))
    assert len(await shown(li)) == 25
    assert await li.dropped() == 0


# ---------------------------------------------------------------- who can't be reached


async def test_somebody_out_of_scope(channel: WecomApp, control: Control):
    await control.person("zhao", in_scope=False)
    for account in ("zhao", "nobody"):
        with pytest.raises(RecipientGone, match=r"^not in scope \(81013\)$"):
            await channel.send(message("您好", account=account))


async def test_somebody_without_a_licence(channel: WecomApp, control: Control):
    await control.person("Zhao", licensed=False)
    with pytest.raises(RecipientGone):
        await channel.send(message("您好", account="zhao"))


@pytest.mark.parametrize(
    ("name", "reason"), [("invaliduser", "not in scope"), ("unlicenseduser", "no licence")]
)
async def test_wecom_names_who_was_not_sent_it(channel: WecomApp, control, name, reason):
    payload = f'{{"errcode":0,"errmsg":"ok","{name}":"LiQian"}}'
    await control.fault("garbage", method="message/send", payload=payload)
    with pytest.raises(RecipientGone, match=f"^{reason}$"):
        await channel.send(message("您好"))


# ---------------------------------------------------------------- files


def file(path: Path, content: bytes, name: str, mime: str, known: str = "") -> OutFile:
    path.write_bytes(content)
    return OutFile(path, name, mime, hashlib.sha256(content).hexdigest(), known)


@pytest.fixture
def pdf(tmp_path: Path) -> OutFile:
    return file(
        tmp_path / "pdf", b"%PDF-1.4 " + b"x" * 1000, "2026年第四季度通报.pdf", "application/pdf"
    )


def bringing(brought: OutFile, text: str = "通报", *labels: str) -> Outgoing:
    return replace(message(text, *labels), file=brought)


async def test_a_text_a_file_and_a_card(
    channel: WecomApp, control: Control, li: Person, pdf: OutFile, now: Now
):
    given = await channel.send(bringing(pdf, "通报", "查看"))
    seen = await shown(li)
    assert kinds(seen) == ["text", "file", "template_card"]
    assert seen[1].file is not None
    assert (seen[1].file.name, seen[1].file.sha256) == (pdf.name, pdf.blob)
    known = Known.parse(given.known)
    assert known is not None
    assert (known.kind, known.media_id) == ("file", seen[1].file.media_id)
    assert abs(known.at - now().timestamp()) < 5


async def test_a_file_alone(channel: WecomApp, li: Person, pdf: OutFile):
    await channel.send(bringing(pdf, ""))
    assert kinds(await shown(li)) == ["file"]


async def test_a_picture_is_shown_as_one(channel: WecomApp, li: Person, tmp_path: Path):
    given = await channel.send(bringing(file(tmp_path / "p", png(), "排名.png", "image/png")))
    assert kinds(await shown(li)) == ["text", "image"]
    assert given.known.startswith("image:")


async def test_what_wecom_takes_for_no_picture_goes_as_a_file(
    channel: WecomApp, li: Person, tmp_path: Path
):
    odd = file(tmp_path / "p", b"no picture at all", "图.png", "image/png")
    given = await channel.send(bringing(odd))
    assert kinds(await shown(li)) == ["text", "file"]
    assert given.known.startswith("file:")


async def test_a_file_is_uploaded_once_in_three_days(
    channel: WecomApp, control: Control, li: Person, pdf: OutFile, now: Now
):
    first = await channel.send(bringing(pdf))
    again = replace(bringing(replace(pdf, known=first.known)), key="k2")
    assert (await channel.send(again)).known == first.known
    assert len(await sent(control, "media/upload")) == 1
    now.ahead = 2.95 * 86_400
    later = await channel.send(replace(again, key="k3"))
    assert later.known != first.known
    assert len(await sent(control, "media/upload")) == 2
    assert kinds(await shown(li)) == ["text", "file"] * 3


async def test_an_upload_that_is_refused_again_and_again(
    channel: WecomApp, control: Control, li: Person, pdf: OutFile
):
    await control.fault("error", method="message/send", code=40007, after=1, count=5)
    with pytest.raises(Rejected, match=r"^errcode 40007$"):
        await channel.send(bringing(pdf))
    assert len(await sent(control, "media/upload")) == 1


async def test_an_upload_that_is_gone_before_its_time(
    channel: WecomApp, control: Control, li: Person, pdf: OutFile
):
    first = await channel.send(bringing(pdf))
    await control.do("expire_media")
    second = await channel.send(replace(bringing(replace(pdf, known=first.known)), key="k2"))
    assert second.known != first.known
    assert kinds(await shown(li)) == ["text", "file"] * 2


async def test_an_upload_in_doubt_is_made_again(
    channel: WecomApp, control: Control, li: Person, pdf: OutFile
):
    await control.fault("execute_then_reset", method="media/upload")
    with pytest.raises(RetryLater):
        await channel.send(bringing(pdf))
    await channel.send(bringing(pdf))
    assert kinds(await shown(li)) == ["text", "file"]


async def test_a_file_too_big_is_told_of(channel: WecomApp, li: Person, tmp_path: Path):
    path = tmp_path / "big"
    with path.open("wb") as handle:
        handle.truncate(20 * 1024 * 1024 + 1)
    await channel.send(bringing(OutFile(path, "大<文>件.pdf", "application/pdf", "a" * 64)))
    assert [s.text for s in await shown(li)] == [
        "通报\n\n文件“大<文>件.pdf”超过 20 MB，企业微信发不了。"
        "请在网页聊天里查看：https://kaohe.example"
    ]


async def test_a_file_that_can_not_be_read(channel: WecomApp, li: Person, pdf: OutFile):
    pdf.path.unlink()
    with pytest.raises(Rejected, match=r"^file can't be read \(FileNotFoundError\)$"):
        await channel.send(bringing(pdf))
    assert await shown(li) == []


# ---------------------------------------------------------------- renewed


async def test_a_clicked_card_is_renewed_where_it_stands(
    channel: WecomApp, control: Control, li: Person, desk
):
    given = await channel.send(message("请选择类别", "帮办案例", "其他"))
    for n in (1, 2, 3):
        await li.sees_told(await li.presses("帮办案例" if n == 1 else "继续"))
        assert desk.received[-1].source == given.message_ref
        renewed = await channel.edit(message(f"第{n}步", "继续", key=f"k{n}"), given.message_ref)
        assert renewed.message_ref == given.message_ref
        [seen] = await shown(li)
        assert seen.card is not None
        assert (seen.card.title, seen.card.labels) == (f"第{n}步", ["继续"])
    assert len(await sent(control)) == 1
    assert len(await sent(control, "message/update_template_card")) == 3


async def test_a_choice_of_a_list_is_renewed_too(channel: WecomApp, li: Person):
    labels = [f"部门{n}" for n in range(25)]
    given = await channel.send(message("请选择部门", *labels))
    await li.sees_told(await li.presses("部门22"))
    await channel.edit(message("部门22", key="k2"), given.message_ref)
    first, second = [s.card for s in await shown(li) if s.card]
    assert first.state == "live"
    assert (second.title, second.state, second.label) == ("部门22", "closed", "已选：部门22")


async def test_the_end_stands_on_the_card(channel: WecomApp, control: Control, li: Person):
    given = await channel.send(message("是否采纳？", "采纳", "退回补充"))
    await li.sees_told(await li.presses("采纳"))
    await channel.edit(message("已采纳。\n联络员会收到通知。", key="k2"), given.message_ref)
    [seen] = await shown(li)
    assert seen.card is not None
    assert (seen.card.title, seen.card.sub_title) == ("已采纳。", "联络员会收到通知。")
    assert (seen.card.state, seen.card.label) == ("closed", "已选：采纳")
    assert len(await control.calls(method="message/*")) == 2


async def test_what_does_not_fit_greys_the_old_card_and_comes_anew(channel: WecomApp, li: Person):
    given = await channel.send(message("请选择", "我的上报"))
    await li.sees_told(await li.presses("我的上报"))
    renewed = await channel.edit(message("二" * 400, "查看", key="k2"), given.message_ref)
    old, text, card = await shown(li)
    assert old.card is not None
    assert card.card is not None
    assert (old.card.state, old.card.label) == ("grey", "已选：我的上报")
    assert (text.text, card.card.labels) == ("二" * 400, ["查看"])
    assert renewed.message_ref == card.card.task_id != given.message_ref


async def test_a_card_nobody_has_pressed_is_renewed_once_too(channel: WecomApp, li: Person):
    """A file has arrived, and the draft's card shows it."""
    given = await channel.send(message("草稿\n1个文件接收中", "确认提交"))
    await channel.edit(message("草稿\n1个文件", "确认提交", key="k2"), given.message_ref)
    assert [s.card.sub_title for s in await shown(li) if s.card] == ["1个文件"]
    await channel.edit(message("草稿\n2个文件", "确认提交", key="k3"), given.message_ref)
    assert [s.card.sub_title for s in await shown(li) if s.card] == ["1个文件", "2个文件"]


async def test_after_a_restart_a_pressed_card_is_followed_by_a_new_one(
    channel: WecomApp, settings, notebook, now: Now, li: Person
):
    given = await channel.send(message("请选择", "查看"))
    await li.sees_told(await li.presses("查看"))
    other = WecomApp(settings, memory=notebook, now=now)
    renewed = await other.edit(message("这里", "返回", key="k2"), given.message_ref)
    await other.close()
    assert [s.card.labels for s in await shown(li) if s.card] == [["查看"], ["返回"]]
    assert renewed.message_ref != given.message_ref


async def test_a_code_that_is_worth_nothing_any_more(
    channel: WecomApp, control: Control, li: Person
):
    given = await channel.send(message("请选择", "查看"))
    await li.sees_told(await li.presses("查看"))
    await control.clock(advance=4 * 86_400)
    await channel.edit(message("这里", "返回", key="k2"), given.message_ref)
    assert [s.card.labels for s in await shown(li) if s.card] == [["查看"], ["返回"]]


async def test_a_renewal_that_surely_did_not_happen_is_made_later(
    channel: WecomApp, control: Control, li: Person
):
    given = await channel.send(message("请选择", "查看"))
    await li.sees_told(await li.presses("查看"))
    await control.fault("error", method="message/update_template_card", code=45009)
    with pytest.raises(RetryLater):
        await channel.edit(message("这里", "返回", key="k2"), given.message_ref)
    await channel.edit(message("这里", "返回", key="k2"), given.message_ref)
    assert [s.card.labels for s in await shown(li) if s.card] == [["返回"]]


async def test_a_renewal_in_doubt_is_followed_by_a_new_card(
    channel: WecomApp, control: Control, li: Person
):
    given = await channel.send(message("请选择", "查看"))
    await li.sees_told(await li.presses("查看"))
    await control.fault("execute_then_reset", method="message/update_template_card")
    with pytest.raises(InDoubt):
        await channel.edit(message("这里", "返回", key="k2"), given.message_ref)
    await channel.edit(message("这里", "返回", key="k2"), given.message_ref)
    assert kinds(await shown(li)) == ["template_card"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": 40058},
        {"kind": "garbage", "payload": '{"errcode":0,"invaliduser":["liqian"]}'},
    ],
)
@pytest.mark.parametrize("text", ["这里", "二" * 400])
async def test_a_renewal_that_is_refused_is_followed_by_a_new_card(
    channel: WecomApp, control: Control, li: Person, fault, text
):
    given = await channel.send(message("请选择", "查看"))
    await li.sees_told(await li.presses("查看"))
    await control.fault(method="message/update_template_card", **fault)
    await channel.edit(message(text, "返回", key="k2"), given.message_ref)
    cards = [s.card for s in await shown(li) if s.card]
    assert [card.labels for card in cards] == [["查看"], ["返回"]]


async def test_it_forgets_what_was_begun_before_memory_fills(
    channel: WecomApp, control: Control, li: Person, monkeypatch
):
    monkeypatch.setattr(sending, "_REMEMBERED", 1)
    await control.fault("error", method="message/send", code=45009, after=1)
    await control.fault("error", method="message/send", code=45009, after=2)
    for key in ("k1", "k2"):
        with pytest.raises(RetryLater):
            await channel.send(message("一" * 1000, key=key))
    for key in ("k1", "k2"):
        await channel.send(message("一" * 1000, key=key))
    assert kinds(await shown(li)) == ["text"] * 5


async def test_two_fast_presses_have_a_code_each(channel: WecomApp, control: Control, li: Person):
    given = await channel.send(message("请选择", "一", "二"))
    await li.sees_told(await li.presses("一"))
    await li.sees_told(await li.presses("二"))
    for n in (1, 2):
        await channel.edit(message(f"第{n}", "一", "二", key=f"k{n}"), given.message_ref)
    [seen] = await shown(li)
    assert seen.text == "第2"


async def test_an_edit_that_greyed_the_card_goes_on_where_it_stopped(
    channel: WecomApp, control: Control, li: Person
):
    given = await channel.send(message("请选择", "查看"))
    await li.sees_told(await li.presses("查看"))
    await control.fault("error", method="message/send", code=45009, after=1)
    with pytest.raises(RetryLater):
        await channel.edit(message("二" * 1000, "返回", key="k2"), given.message_ref)
    await channel.edit(message("二" * 1000, "返回", key="k2"), given.message_ref)
    assert kinds(await shown(li)) == ["template_card", "text", "text", "template_card"]


async def test_a_press_needs_no_answer(channel: WecomApp, control: Control, li: Person, desk):
    given = await channel.send(message("请选择", "查看"))
    await li.sees_told(await li.presses("查看"))
    await channel.acknowledge(desk.received[-1], None)
    assert given.message_ref
    assert len(await control.calls(method="message/*")) == 1


async def test_raw_characters_leave(channel: WecomApp, control: Control, li: Person):
    assert http.encoded({"x": "您好"}) == '{"x":"您好"}'.encode()
    await channel.send(message("您好😀\u2028"))
    assert [s.text for s in await shown(li)] == ["您好😀\u2028"]
    assert orjson.loads(http.encoded({"x": 1})) == {"x": 1}


@pytest.mark.parametrize("marks", [Marks.NUMBERS, Marks.LETTERS, Marks.NONE])
async def test_what_can_be_typed_stands_on_cards_that_cut_their_labels(
    channel: WecomApp, li: Person, marks
):
    await channel.send(message("请选择", "高龄老人社保认证上门帮办", "其他", marks=marks))
    seen = await shown(li)
    [card] = [s.card for s in seen if s.card]
    if marks is Marks.NONE:
        assert card.labels == ["高龄老人社保认证上…", "其他"]
        return
    first = "1" if marks is Marks.NUMBERS else "A"
    assert seen[0].text.splitlines()[2] == f"{first}. 高龄老人社保认证上门帮办"
    assert card.labels[0] == f"{first} 高龄老人社保认…"
    assert words.TYPED in card.sub_title
