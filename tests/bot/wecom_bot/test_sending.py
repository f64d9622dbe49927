"""What people see: texts, cards, pictures and files; what a press changes; limits and refusals."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.channels.base import (
    InDoubt,
    OutFile,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
)
from bot.channels.wecom_bot import moments, render, sending
from bot.channels.wecom_bot.channel import WecomBot
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.wecom import pace
from handlers.messages import Action, Button, Inbound, Kind, Marks, Rows, Style, rows
from storage.blobs import Blobs
from tests.bot.desk import Desk, until
from tests.bot.wecom_bot.conftest import Watch, connected
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.seen import Seen

pytestmark = pytest.mark.usefixtures("hasty")
ME = "LiQian"


def button(label: str, verb: str = "do", n: int = 0, style: Style = Style.PLAIN) -> Button:
    return Button(label, Action(verb, str(n)), style)


YES_NO: Rows = rows([button("采纳", "yes", style=Style.PRIMARY), button("退回", "no")])


def saying(text: str, buttons: Rows = (), *, key: str = "k1#0", **more: object) -> Outgoing:
    return Outgoing(key, ME, text, buttons, **{"marks": Marks.NUMBERS, **more})  # type: ignore[arg-type]


async def shown(li: Person) -> list[Seen]:
    return [each for each in await li.chat() if each.out]


async def texts(li: Person) -> list[str]:
    return [each.text for each in await shown(li)]


@pytest.fixture
async def link(channel: WecomBot, control: Control, desk: Desk, li: Person):
    """Listening, and Li Qian has written before."""
    async with connected(channel, control, desk):
        await li.says("您好")
        await until(lambda: len(desk.received) == 1)
        yield
        assert await control.oddities() == []
        assert (await control.state()).dropped == {}


def file_of(folder: Path, data: bytes, name: str, mime: str, known: str = "") -> OutFile:
    path = folder / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return OutFile(path, name, mime, path.name, known)


# ---------------------------------------------------------------- what is shown


@pytest.mark.usefixtures("link")
async def test_a_text_is_one_markdown_message(channel: WecomBot, li: Person):
    sent = await channel.send(saying("<b>您好</b>，a*b_c*\n第二行"))
    (message,) = await shown(li)
    assert (message.kind, message.text) == ("markdown", "您好，a*b_c*\n第二行")
    assert sent == Sent(hashlib.sha256(b"k1#0").hexdigest()[:32])


@pytest.mark.usefixtures("link")
async def test_a_short_text_stands_on_its_card(channel: WecomBot, li: Person):
    await channel.send(saying("<b>审核</b>\n市场监管局3号", YES_NO))
    (message,) = await shown(li)
    assert message.card is not None
    assert message.card["main_title"] == {"title": "审核"}
    assert message.card["sub_title_text"] == "市场监管局3号"
    assert message.labels == ("采纳", "退回")
    assert [each["style"] for each in message.card["button_list"]] == [1, 2]


@pytest.mark.usefixtures("link")
async def test_a_long_text_goes_before_its_card(channel: WecomBot, li: Person):
    await channel.send(saying("审核\n" + "长" * 200, YES_NO))
    text, card = await shown(li)
    assert (text.kind, text.text) == ("markdown", "审核\n" + "长" * 200)
    assert (card.kind, card.labels) == ("template_card", ("采纳", "退回"))


@pytest.mark.usefixtures("link")
async def test_many_buttons_are_lists_of_twenty(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    many = rows(*(button(f"第{n}行", "row", n) for n in range(45)))
    sent = await channel.send(saying("请选择", many))
    cards = await shown(li)
    assert [len(each.labels) for each in cards] == [20, 20, 5]
    for n in (3, 25, 44):
        press = await pressed(channel, desk, li, f"第{n}行")
        assert (press.action, press.source) == (f"row:{n}:0", sent.message_ref)


@pytest.mark.usefixtures("link")
async def test_a_text_too_long_for_one_message_goes_as_several(channel: WecomBot, li: Person):
    lines = [f"第{n}行：{'字' * 50}" for n in range(300)]
    await channel.send(saying("\n".join(lines)))
    parts = await shown(li)
    assert len(parts) == 3
    assert "\n".join(each.text for each in parts).split("\n") == lines
    assert all(len(each.raw.encode()) <= render.MARKDOWN_BYTES for each in parts)


@pytest.mark.usefixtures("link")
async def test_a_picture_and_a_file_are_uploaded_once(
    channel: WecomBot, control: Control, li: Person, watch: Watch, tmp_path: Path
):
    picture = b"\x89PNG\r\n\x1a\n" + b"p" * 1_200_000
    file = file_of(tmp_path, picture, "图表.png", "image/png")
    first = await channel.send(saying("请看", file=file))
    image, text = await shown(li)
    assert (image.kind, text.text) == ("image", "请看")
    assert await li.file(image.id) == picture
    assert len(await control.frames("aibot_upload_media_chunk")) == 3
    assert first.known.startswith("image:")

    watch.pass_by(days=2)
    again = file_of(tmp_path, picture, "图表.png", "image/png", first.known)
    assert (await channel.send(saying("再看", key="k2", file=again))).known == first.known
    assert len(await control.frames("aibot_upload_media_init")) == 1
    watch.pass_by(days=1)
    third = await channel.send(saying("三看", key="k3", file=again))
    assert third.known not in ("", first.known)
    assert len(await control.frames("aibot_upload_media_init")) == 2


@pytest.mark.usefixtures("link")
async def test_an_id_that_wecom_has_forgotten_is_replaced(
    channel: WecomBot, control: Control, li: Person, tmp_path: Path
):
    file = file_of(tmp_path, b"%PDF-1.4 x", "通报.pdf", "application/pdf")
    first = await channel.send(saying("", file=file))
    await control.clock(advance=4 * 24 * 3600)
    await li.says("还在")
    again = file_of(tmp_path, b"%PDF-1.4 x", "通报.pdf", "application/pdf", first.known)
    second = await channel.send(saying("", key="k2", file=again))
    assert second.known != first.known
    assert [each.files[0].name for each in await shown(li)] == ["通报.pdf", "通报.pdf"]


@pytest.mark.usefixtures("link")
async def test_a_file_that_wecom_does_not_carry_is_told_of(
    channel: WecomBot, li: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(render, "FILE_BYTES", 1024 * 1024)
    file = file_of(tmp_path, b"x" * (1024 * 1024 + 1), "大_表.xlsx", "")
    await channel.send(saying("汇总", file=file))
    assert await texts(li) == ["汇总\n\n文件“大_表.xlsx”超过 1 MB，企业微信发不了。"]


@pytest.mark.usefixtures("link")
async def test_a_file_that_is_gone(channel: WecomBot, tmp_path: Path):
    with pytest.raises(Rejected):
        await channel.send(saying("x", file=OutFile(tmp_path / "no", "a.pdf", "", "b")))


@pytest.mark.usefixtures("link")
async def test_an_upload_that_breaks_is_for_later_and_nothing_was_shown(
    channel: WecomBot, control: Control, li: Person, tmp_path: Path
):
    file = file_of(tmp_path, b"%PDF-1.4 x", "通报.pdf", "application/pdf")
    await control.fault("no_ack", "aibot_upload_media_finish")
    await control.fault("no_ack", "aibot_upload_media_init")
    for _ in range(2):
        with pytest.raises(RetryLater):
            await channel.send(saying("通报", file=file))
        assert await shown(li) == []
    await channel.send(saying("通报", file=file))
    assert [each.kind for each in await shown(li)] == ["file", "markdown"]


# ---------------------------------------------------------------- presses


async def pressed(channel: WecomBot, desk: Desk, li: Person, label: str) -> Inbound:
    before = len(desk.received)
    await li.presses(label)
    await until(lambda: len(desk.received) > before)
    return desk.received[-1]


@pytest.mark.usefixtures("link")
async def test_a_pressed_card_becomes_the_new_one(channel: WecomBot, desk: Desk, li: Person):
    sent = await channel.send(saying("第一张", YES_NO))
    press = await pressed(channel, desk, li, "采纳")
    assert (press.kind, press.action, press.source) == (Kind.PRESS, "yes:0:0", sent.message_ref)
    changed = await channel.edit(saying("第二张", YES_NO, key="k2#0"), sent.message_ref)
    assert changed.message_ref == sent.message_ref
    (card,) = await shown(li)
    assert card.card is not None
    assert (card.card["main_title"]["title"], card.edited) == ("第二张", True)

    await pressed(channel, desk, li, "退回")
    last = await channel.edit(saying("完成\n已退回。", key="k3#0"), changed.message_ref)
    assert last.message_ref == sent.message_ref
    (card,) = await shown(li)
    assert card.card is not None
    assert (card.card["card_type"], card.labels) == ("text_notice", ())
    assert (card.card["main_title"]["title"], card.card["sub_title_text"]) == ("完成", "已退回。")


@pytest.mark.usefixtures("link")
async def test_where_the_answer_does_not_fit_the_card_says_what_was_chosen(
    channel: WecomBot, desk: Desk, li: Person
):
    sent = await channel.send(saying("第一张", YES_NO))
    await pressed(channel, desk, li, "采纳")
    long = "说明\n" + "长" * 300
    changed = await channel.edit(saying(long, YES_NO, key="k2#0"), sent.message_ref)
    assert changed.message_ref != sent.message_ref
    old, text, card = await shown(li)
    assert old.card is not None
    assert old.card["main_title"]["title"] == "已选：采纳"
    assert old.card["card_action"]["url"] == "https://work.weixin.qq.com"
    assert (text.text, card.labels) == (long, ("采纳", "退回"))


async def test_the_notice_leads_to_the_centre_and_needs_no_memory(
    settings: WecomBotSettings,
    blobs: Blobs,
    watch: Watch,
    control: Control,
    desk: Desk,
    li: Person,
    channel: WecomBot,
):
    url = "https://kaohe.example"
    restarted = WecomBot(settings, blobs=blobs, now=watch.now, public_url=url)
    await li.says("您好")
    async with connected(channel, control, desk):
        sent = await channel.send(saying("第一张", YES_NO))
    async with connected(restarted, control, desk):
        await pressed(restarted, desk, li, "采纳")
        await restarted.edit(saying("长" * 300, key="k2#0"), sent.message_ref)
    old = (await shown(li))[0]
    assert old.card is not None
    assert old.card["main_title"]["title"] == "已处理"
    assert old.card["card_action"] == {"type": 1, "url": url}
    await restarted.close()


@pytest.mark.usefixtures("link")
async def test_without_a_press_an_edit_is_a_new_message(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    sent = await channel.send(saying("第一张", YES_NO))
    changed = await channel.edit(saying("第二张", YES_NO, key="k2#0"), sent.message_ref)
    assert changed.message_ref != sent.message_ref
    assert len(await shown(li)) == 2
    assert await control.frames("aibot_respond_update_msg") == []


@pytest.mark.usefixtures("link")
async def test_a_press_is_answered_once_and_in_time(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    monkeypatch: pytest.MonkeyPatch,
):
    sent = await channel.send(saying("第一张", YES_NO))
    await pressed(channel, desk, li, "采纳")
    await channel.edit(saying("第二张", YES_NO, key="k2#0"), sent.message_ref)
    await channel.edit(saying("第三张", YES_NO, key="k3#0"), sent.message_ref)
    assert len(await control.frames("aibot_respond_update_msg")) == 1
    monkeypatch.setattr("bot.channels.wecom_bot.channel.SECONDS", -1.0)
    await li.presses("采纳")
    await until(lambda: len(desk.received) == 3)
    await channel.edit(saying("第四张", YES_NO, key="k4#0"), sent.message_ref)
    assert len(await control.frames("aibot_respond_update_msg")) == 1
    assert [each.edited for each in await shown(li)] == [True, False, False]
    assert moments.SECONDS < 5


@pytest.mark.usefixtures("link")
async def test_a_change_that_wecom_refuses_comes_as_a_new_message(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    sent = await channel.send(saying("第一张", YES_NO))
    await pressed(channel, desk, li, "采纳")
    await control.fault("error", "aibot_respond_update_msg", code=846605)
    await channel.edit(saying("第二张", YES_NO, key="k2#0"), sent.message_ref)
    assert [each.card["main_title"]["title"] for each in await shown(li) if each.card] == [
        "第一张", "第二张",
    ]  # fmt: skip


@pytest.mark.usefixtures("link")
async def test_a_change_in_doubt_comes_anew_the_second_time(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    sent = await channel.send(saying("第一张", YES_NO))
    await pressed(channel, desk, li, "采纳")
    await control.fault("no_ack", "aibot_respond_update_msg")
    message = saying("第二张", YES_NO, key="k2#0")
    with pytest.raises(InDoubt):
        await channel.edit(message, sent.message_ref)
    await channel.edit(message, sent.message_ref)
    assert len(await shown(li)) == 2


@pytest.mark.usefixtures("link")
async def test_after_a_new_connection_old_presses_are_forgotten(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    sent = await channel.send(saying("第一张", YES_NO))
    await pressed(channel, desk, li, "采纳")
    await control.drop()
    await control.wait_subscribed(after=1)
    await until(lambda: channel.hearing().answered > 0)
    await channel.edit(saying("第二张", YES_NO, key="k2#0"), sent.message_ref)
    assert await control.frames("aibot_respond_update_msg") == []
    assert len(await shown(li)) == 2


# ---------------------------------------------------------------- whoever opens the chat


async def opened(channel: WecomBot, desk: Desk, person: Person) -> str:
    before = len(desk.received)
    await person.opens_chat()
    await until(lambda: len(desk.received) > before)
    assert desk.received[-1].kind is Kind.OPENED
    return f"{desk.received[-1].key}#0"


async def test_who_never_wrote_is_greeted(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    async with connected(channel, control, desk):
        key = await opened(channel, desk, li)
        await channel.send(saying("<b>欢迎</b>\n请发送邀请码。", key=key))
        (message,) = await shown(li)
        assert (message.kind, message.text) == ("text", "欢迎\n请发送邀请码。")
        with pytest.raises(RecipientGone):
            await channel.send(saying("推送", key="n1"))


async def test_a_greeting_may_be_a_card(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    async with connected(channel, control, desk):
        key = await opened(channel, desk, li)
        sent = await channel.send(saying("菜单", YES_NO, key=key))
        assert (await shown(li))[0].labels == ("采纳", "退回")
        press = await pressed(channel, desk, li, "采纳")
        assert press.source == sent.message_ref


async def test_what_does_not_fit_a_greeting_is_pushed_where_it_can_be(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    long = "菜单\n" + "长" * 300
    async with connected(channel, control, desk):
        await channel.send(saying(long, YES_NO, key=await opened(channel, desk, li)))
        assert [each.kind for each in await shown(li)] == ["text"]
        wang = await control.person("王强", userid="WangQiang")
        await wang.says("您好")
        await until(lambda: len(desk.received) == 2)
        key = await opened(channel, desk, wang)
        await channel.send(Outgoing(key, "WangQiang", long, YES_NO))
        assert [each.kind for each in await shown(wang)] == ["text", "template_card"]


async def test_a_greeting_too_late_is_a_push(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await li.says("您好")
    async with connected(channel, control, desk):
        await until(lambda: len(desk.received) == 1)
        key = await opened(channel, desk, li)
        await control.fault("error", "aibot_respond_welcome_msg", code=846604)
        await channel.send(saying("欢迎", key=key))
        assert [each.kind for each in await shown(li)] == ["markdown"]


# ---------------------------------------------------------------- limits and refusals


@pytest.mark.usefixtures("link")
async def test_at_most_25_a_minute_to_one_person(channel: WecomBot, control: Control, li: Person):
    for n in range(pace.MOST):
        await channel.send(saying(f"第{n}条", key=f"k{n}"))
    with pytest.raises(RetryLater) as later:
        await channel.send(saying("多了", key="k99"))
    assert 50 < later.value.after <= 60
    assert not later.value.everyone
    assert len(await shown(li)) == pace.MOST
    wang = await control.person("王强", userid="WangQiang")
    await wang.says("您好")
    await channel.send(Outgoing("w", "WangQiang", "您好"))


@pytest.mark.usefixtures("link")
async def test_each_part_leaves_once_though_the_whole_is_tried_again(
    channel: WecomBot, control: Control, li: Person, tmp_path: Path
):
    file = file_of(tmp_path, b"%PDF-1.4 x", "通报.pdf", "application/pdf")
    message = saying("审核\n" + "长" * 300, YES_NO, file=file)
    await control.fault("error", "aibot_send_msg", code=45009, after=1)
    await control.fault("error", "aibot_send_msg", code=-1, after=1)
    known = []
    for attempt in range(3):
        try:
            known.append((await channel.send(message)).known)
        except RetryLater:
            assert attempt < 2
    assert [each.kind for each in await shown(li)] == ["file", "markdown", "template_card"]
    assert known[0].startswith("file:")


@pytest.mark.parametrize(
    ("code", "error", "after"),
    [
        (93006, RecipientGone, 0), (45009, RetryLater, 60), (45033, RetryLater, 60),
        (-1, RetryLater, 2), (40058, Rejected, 0), (45002, Rejected, 0),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("link")
async def test_what_a_refusal_means(
    channel: WecomBot,
    control: Control,
    code: int,
    error: type[Exception],
    after: float,
):
    await control.fault("error", "aibot_send_msg", code=code, description="您好 quoted")
    with pytest.raises(error) as refusal:
        await channel.send(saying("您好"))
    assert "您好" not in str(refusal.value)
    assert str(code) in str(refusal.value)
    assert getattr(refusal.value, "after", 0) == after


@pytest.mark.usefixtures("link")
async def test_which_case_an_id_is_in_counts(channel: WecomBot):
    with pytest.raises(RecipientGone):
        await channel.send(Outgoing("k", ME.lower(), "您好"))


@pytest.mark.parametrize(
    ("text", "buttons", "said"),
    [
        ("请选择", YES_NO, ["请选择\n\n1. 采纳\n2. 退回"]),
        ("说明\n" + "长" * 200, YES_NO, ["说明\n" + "长" * 200, "1. 采纳\n2. 退回"]),
    ],
)
@pytest.mark.usefixtures("link")
async def test_where_cards_are_refused_choices_are_typed(
    channel: WecomBot, control: Control, li: Person, text: str, buttons: Rows, said: Sequence[str]
):
    await control.fault("error", "aibot_send_msg", code=40008, contains="template_card")
    await channel.send(saying(text, buttons))
    assert await texts(li) == list(said)


@pytest.mark.usefixtures("link")
async def test_a_card_in_doubt_that_did_arrive_is_not_shown_twice(
    channel: WecomBot, control: Control, li: Person
):
    await control.fault("execute_then_no_ack", "aibot_send_msg")
    with pytest.raises(InDoubt):
        await channel.send(saying("请选择", YES_NO))
    await channel.send(saying("请选择", YES_NO, again=True))
    assert len(await shown(li)) == 1


@pytest.mark.usefixtures("link")
async def test_nobody_is_left_without_where_cards_are_never_taken(
    channel: WecomBot, control: Control, li: Person
):
    await control.fault("error", "aibot_send_msg", code=40008, contains="template_card", count=2)
    await control.fault("no_ack", "aibot_send_msg", contains="markdown")
    with pytest.raises(InDoubt):
        await channel.send(saying("请选择", YES_NO))
    await channel.send(saying("请选择", YES_NO, again=True))
    assert await texts(li) == ["请选择\n\n1. 采纳\n2. 退回"]


@pytest.mark.usefixtures("link")
async def test_garbage_in_the_place_of_an_answer_is_a_doubt(channel: WecomBot, control: Control):
    await control.fault("garbage", "aibot_send_msg", payload='{"headers":{"req_id":"x"}}')
    with pytest.raises(InDoubt):
        await channel.send(saying("您好"))


@pytest.mark.usefixtures("link")
async def test_many_at_once_are_told_apart(channel: WecomBot, control: Control):
    people = [await control.person(f"某{n}") for n in range(30)]
    for each in people:
        await each.says("您好")
    await control.settings(ack_seconds=0.05)
    await asyncio.gather(
        *(channel.send(Outgoing(f"n{n}", p.userid, f"给{n}")) for n, p in enumerate(people))
    )
    for n, each in enumerate(people):
        assert [message.text for message in await shown(each)] == [f"给{n}"]


def test_the_hour_is_counted_too():
    assert sending.AN_HOUR < 1000
