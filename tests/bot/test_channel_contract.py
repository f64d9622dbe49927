"""What `bot.channels.base` promises, asked of every channel, over the real transport, at its
double. One table of channels, one test a promise; what is one channel's own has tests beside it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from html import unescape
from pathlib import Path

import pytest

from bot import episodes
from bot.channels.base import (
    DeliveryError,
    InDoubt,
    OutFile,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Unavailable,
)
from bot.channels.telegram import polling
from bot.channels.wecom_bot import connection
from bot.wecom import client
from handlers.messages import Action, Button, Inbound, Kind, Marks, Toast, grid
from templates.markup import plain
from tests.bot.desk import until
from tests.bot.rigs.rig import Rig, Shown, Trouble
from tests.bot.rigs.telegram import telegram_rig
from tests.bot.rigs.web import web_rig
from tests.bot.rigs.wecom_app import wecom_app_rig
from tests.bot.rigs.wecom_bot import wecom_bot_rig
from tests.bot.rigs.wecom_robot import wecom_robot_rig
from tests.doubles.conftest import png

RIGS: dict[str, Callable[[Path], AbstractAsyncContextManager[Rig]]] = {
    "telegram": telegram_rig,
    "web": web_rig,
    "wecom_app": wecom_app_rig,
    "wecom_bot": wecom_bot_rig,
    "wecom_robot": wecom_robot_rig,
}
HEARING = [name for name in RIGS if name != "wecom_robot"]
ERRORS: dict[Trouble, type[DeliveryError]] = {
    Trouble.CONTENT: Rejected,
    Trouble.SECRET: Unavailable,
    Trouble.AWAY: RetryLater,
    Trouble.SILENT: InDoubt,
    Trouble.TOO_MANY: RetryLater,
}
TAG = re.compile(r"</?[a-z]+[^<>]*>")
PDF = b"%PDF-1.4 " + bytes(range(256)) * 400
only_who_hears = pytest.mark.parametrize("rig", HEARING, indirect=True)


@pytest.fixture(params=RIGS)
async def rig(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Rig]:
    """Pauses of seconds take hundredths."""
    monkeypatch.setattr(episodes, "SECOND", 0.005)
    monkeypatch.setattr(polling, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(client, "PAUSE", 0.005)
    monkeypatch.setattr(client, "REFUSED_SECONDS", 0.05)
    monkeypatch.setattr(connection, "ACK_SECONDS", 0.3)
    async with RIGS[request.param](tmp_path) as rig:
        rig.desk.received.clear()
        rig.desk.offered.clear()
        yield rig


def label(number: int) -> str:
    return f"第{number}项窗口业务支撑工作的佐证材料清单"


def saying(
    rig: Rig, text: str, labels: Sequence[str] = (), *, key: str = "k1#0", **more: object
) -> Outgoing:
    buttons = [Button(each, Action("do", str(n), n)) for n, each in enumerate(labels)]
    given = {"marks": Marks.NUMBERS, "number": 41, **more}
    rows = tuple(grid(buttons, width=2))
    return Outgoing(key, rig.account, text, rows, **given)  # type: ignore[arg-type]


def file_of(folder: Path, data: bytes, name: str, mime: str) -> OutFile:
    path = folder / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return OutFile(path, name, mime, path.name)


def words_of(chat: Sequence[Shown]) -> str:
    return "\n".join(each.text for each in chat if each.text)


async def came(rig: Rig, count: int) -> list[Inbound]:
    await until(lambda: len(rig.desk.received) >= count)
    assert len(rig.desk.received) == count
    return rig.desk.received


async def fails(rig: Rig, error: type[DeliveryError], message: Outgoing) -> DeliveryError:
    """The send does, in this way, and tells no secret."""
    with pytest.raises(error) as caught:
        await rig.channel.send(message)
    assert type(caught.value).__mro__[-4:] == error.__mro__[-4:]
    tell_nothing(rig, caught.value, message.text)
    return caught.value


def tell_nothing(rig: Rig, error: BaseException, *hidden: str) -> None:
    told = "".join(traceback.format_exception(error))
    assert [word for word in (*rig.secrets, *hidden) if word in told] == []


# ---------------------------------------------------------------- what is shown


@pytest.mark.parametrize(
    "markup",
    [
        "您好，王强！",
        "<b>市场监管局</b>：已采纳",
        "<i>暂定</i>，<code>2026Q4-SCJG-003</code>",
        "<b>一</b>\n<blockquote>引用的第一行\n第二行</blockquote>\n完",
        '见<a href="https://kaohe.example/x?a=1&amp;b=2">网页</a>。',
        "1. 甲 &lt;b&gt; &amp; *乙* _丙_ [丁](戊) `己` # 庚\n> 辛\n- 壬 ~癸~",
        "<b>标题</b>\n1. 甲*乙*\n2. 甲_乙_ &lt;a href=&quot;x&quot;&gt;",
    ],
)
async def test_every_markup_is_read_as_it_was_meant(rig: Rig, markup: str):
    await rig.channel.send(saying(rig, markup))
    [shown] = await rig.chat()
    wanted = unescape(TAG.sub("", markup)) if rig.traits.links else plain(markup)
    # a quotation is set apart as the messenger likes
    lines = [line for line in shown.text.replace("\u200b", "").split("\n") if line]
    assert lines == wanted.split("\n")


async def test_a_text_longer_than_a_message_arrives_whole_and_in_order(rig: Rig):
    lines = [f"第{n}行：{'字' * 40}" for n in range(150)]
    sent = await rig.channel.send(saying(rig, "<b>清单</b>\n" + "\n".join(lines)))
    assert words_of(await rig.chat()).split("\n") == ["清单", *lines]
    assert sent.message_ref


async def test_one_line_longer_than_a_message_arrives_whole(rig: Rig):
    text = "".join(f"{n:04}" for n in range(2500))
    await rig.channel.send(saying(rig, text))
    assert "".join(each.text for each in await rig.chat()) == text


# ---------------------------------------------------------------- choices


@only_who_hears
@pytest.mark.parametrize("count", [1, 6, 7, 20, 30])
async def test_each_choice_can_be_pressed_however_many_and_long_they_are(rig: Rig, count: int):
    sent = await rig.channel.send(saying(rig, "请选择", [label(n) for n in range(count)]))
    for number in range(count):
        await rig.presses(number)
        [*_, inbound] = await came(rig, number + 1)
        assert (inbound.kind, inbound.channel) == (Kind.PRESS, rig.channel.name)
        assert inbound.action == str(Action("do", str(number), number))
        assert (inbound.account, inbound.source) == (rig.account, sent.message_ref)


@only_who_hears
@pytest.mark.parametrize("count", [1, 6, 7, 20, 30])
async def test_the_whole_label_stands_somewhere(rig: Rig, count: int):
    labels = [label(n) for n in range(count)]
    await rig.channel.send(saying(rig, "请选择", labels))
    chat = await rig.chat()
    if not rig.traits.marked:
        assert [each for shown in chat for each in shown.labels] == labels
        return
    listed = re.findall(r"^(\d+)\. (.*)$", words_of(chat), re.MULTILINE)
    assert listed == [(str(n), each) for n, each in enumerate(labels, 1)]


@only_who_hears
async def test_a_mark_is_typed_where_it_is_shown(rig: Rig):
    labels = [label(0), "5", "4.5", label(1)]
    await rig.channel.send(saying(rig, "请评分", labels, marks=Marks.LETTERS))
    shown = words_of(await rig.chat())
    listed = re.findall(r"^([A-Z])\. (.*)$", shown, re.MULTILINE)
    assert listed == ([("A", label(0)), ("B", label(1))] if rig.traits.marked else [])
    await rig.says("A")
    [inbound] = await came(rig, 1)
    assert (inbound.kind, inbound.text) == (Kind.MESSAGE, "A")
    assert inbound.numbered == rig.traits.marked
    assert inbound.appends == rig.channel.appends


# ---------------------------------------------------------------- files


async def test_a_file_goes_out_as_it_is_with_its_name(rig: Rig, tmp_path: Path):
    file = file_of(tmp_path, PDF, "2026年第四季度 考核通报（一）.pdf", "application/pdf")
    sent = await rig.channel.send(saying(rig, "<b>通报</b>", file=file))
    chat = await rig.chat()
    [shown] = [each for each in chat if each.file is not None]
    assert (shown.file, shown.digest) == (file.name, file.blob)
    assert words_of(chat) == "通报"
    again = OutFile(file.path, file.name, file.mime, file.blob, known=sent.known)
    await rig.channel.send(saying(rig, "", key="k2#0", file=again))
    assert (await rig.chat())[-1].digest == file.blob


async def test_a_picture_goes_out_as_it_is(rig: Rig, tmp_path: Path):
    file = file_of(tmp_path, png(40, 30), "名次.png", "image/png")
    await rig.channel.send(saying(rig, "名次", file=file))
    [shown] = [each for each in await rig.chat() if each.file is not None]
    assert shown.digest == file.blob
    assert shown.file in (["名次.png"] if rig.traits.names_pictures else ["", "名次.png"])


async def test_a_file_that_is_not_there_is_refused(rig: Rig, tmp_path: Path):
    file = OutFile(tmp_path / "none", "表.pdf", "application/pdf", "a" * 64)
    await fails(rig, Rejected, saying(rig, "这份表", file=file))
    assert await rig.chat() == []


@only_who_hears
@pytest.mark.parametrize(
    ("name", "data"), [("佐证 材料（三）.pdf", PDF), ("现场.png", png(40, 30))]
)
async def test_what_people_send_is_fetched_as_it_is(rig: Rig, name: str, data: bytes):
    await rig.sends(name, data)
    [inbound] = await came(rig, 1)
    [file] = inbound.attachments
    assert file.name == name
    got = b"".join([piece async for piece in rig.channel.fetch(file.reference)])
    assert got == data


async def test_a_file_that_can_not_be_had_is_an_error_of_delivery(rig: Rig):
    references = ["nonsense", "", "0" * 32 + " http://127.0.0.1:9/x"]
    if rig.traits.hears:
        await rig.sends("佐证.pdf", PDF)
        [inbound] = await came(rig, 1)
        reference = inbound.attachments[0].reference
        assert b"".join([piece async for piece in rig.channel.fetch(reference)]) == PDF
        await rig.expired()
        references += [] if inbound.attachments[0].blob else [reference]
    for reference in reversed(references):
        with pytest.raises(DeliveryError) as caught:
            [piece async for piece in rig.channel.fetch(reference)]
        tell_nothing(rig, caught.value)


# ---------------------------------------------------------------- edits


@pytest.mark.parametrize("pressed", [False, True])
async def test_an_edit_is_seen_where_it_stands_or_as_a_new_message(rig: Rig, pressed: bool):
    sent = await rig.channel.send(saying(rig, "第一步", ["查看"]))
    if pressed and rig.traits.hears:
        await rig.presses(0)
        await came(rig, 1)
    changed = await rig.channel.edit(
        saying(rig, "第二步\n说明", ["继续"], key="k2#0"), sent.message_ref
    )
    chat = await rig.chat()
    in_place = rig.traits.edits if pressed else rig.traits.edits_unpressed
    assert (changed.message_ref == sent.message_ref, len(chat)) == (in_place, 2 - in_place)
    assert chat[-1].text.split("\n")[:1] == ["第二步"]
    if rig.traits.hears:
        assert chat[-1].labels == ("继续",)
        rig.desk.received.clear()
        await rig.presses(0)
        [inbound] = await came(rig, 1)
        assert inbound.source == changed.message_ref


async def test_an_edit_of_what_is_gone_comes_as_a_new_message(rig: Rig):
    sent = await rig.channel.send(saying(rig, "第一步", ["查看"]))
    gone = await rig.removed(sent.message_ref)
    before = len(await rig.chat())
    changed = await rig.channel.edit(saying(rig, "第二步", key="k2#0"), gone)
    chat = await rig.chat()
    assert ([each.text for each in chat[before:]], changed.message_ref != gone) == (
        ["第二步"], True,
    )  # fmt: skip


# ---------------------------------------------------------------- what can go wrong


async def test_who_can_not_be_written_to_is_gone(rig: Rig):
    sent = await rig.channel.send(saying(rig, "您好"))
    account = await rig.lost()
    before = await rig.chat()
    message = Outgoing("k2#0", account, "给不在的人")
    error = await fails(rig, RecipientGone, message)
    assert account not in str(error)
    with pytest.raises(RecipientGone) as caught:
        await rig.channel.edit(message, sent.message_ref)
    tell_nothing(rig, caught.value, message.text)
    assert await rig.chat() == before


@pytest.mark.parametrize("trouble", Trouble)
async def test_an_error_says_what_is_known(rig: Rig, trouble: Trouble):
    if trouble not in rig.troubles:
        return
    message = saying(rig, "不能外传的话")
    await rig.troubled(trouble)
    error = await fails(rig, ERRORS[trouble], message)
    done = int(trouble is Trouble.SILENT)
    assert [each.text for each in await rig.chat()] == [message.text] * done
    if trouble is Trouble.TOO_MANY:
        assert isinstance(error, RetryLater)
        assert error.after == rig.troubles[trouble]
    said = rig.channel.trouble()
    assert (said != "") == (trouble is Trouble.SECRET)
    assert [word for word in (*rig.secrets, message.text) if word in said] == []


async def test_what_was_not_done_is_done_the_next_time_and_nothing_twice(rig: Rig):
    message = saying(rig, "一" * 1500)
    if rig.troubles:
        for trouble in (Trouble.AWAY, Trouble.TOO_MANY):
            await rig.troubled(trouble)
            await fails(rig, RetryLater, message)
    await until_sent(rig, message)
    await rig.channel.send(saying(rig, "二", key="k2#0"))
    assert "".join(each.text for each in await rig.chat()) == "一" * 1500 + "二"


async def test_tries_that_came_to_nothing_cost_nobody_a_place(rig: Rig):
    if Trouble.AWAY in rig.troubles:
        await rig.troubled(Trouble.AWAY)
        for number in range(26):  # one more than a minute has places
            await fails(rig, RetryLater, saying(rig, "一", key=f"k{number}#0"))
    await until_sent(rig, saying(rig, "二", key="last#0"))
    assert [each.text for each in await rig.chat()] == ["二"]


async def test_it_works_again_once_the_secret_is_right(rig: Rig):
    if Trouble.SECRET in rig.troubles:
        await rig.troubled(Trouble.SECRET)
        await fails(rig, Unavailable, saying(rig, "一"))
        await rig.mended()
    await until_sent(rig, saying(rig, "二", key="k2#0"))
    assert [each.text for each in await rig.chat()] == ["二"]
    await until(lambda: rig.channel.trouble() == "")


async def until_sent(rig: Rig, message: Outgoing) -> None:
    """As delivery does it: again, as long as the error says that it surely did not leave."""
    async with asyncio.timeout(10):
        while True:
            try:
                await rig.channel.send(message)
                return
            except (RetryLater, Unavailable):
                await asyncio.sleep(0.05)


@only_who_hears
@pytest.mark.parametrize("toast", [None, Toast(), Toast("已采纳"), Toast("不" * 300, alert=True)])
async def test_a_press_is_acknowledged_and_nothing_is_raised(rig: Rig, toast: Toast | None):
    await rig.channel.send(saying(rig, "请选择", ["采纳"]))
    await rig.presses(0)
    [inbound] = await came(rig, 1)
    await rig.channel.acknowledge(inbound, toast)
    await rig.channel.acknowledge(inbound, toast)
    if Trouble.AWAY in rig.troubles:
        await rig.troubled(Trouble.AWAY)
    await rig.channel.acknowledge(inbound, toast)
    await rig.channel.acknowledge(Inbound("k", rig.channel.name, rig.account), toast)


# ---------------------------------------------------------------- what comes in


@only_who_hears
async def test_what_is_told_twice_has_one_key(rig: Rig):
    await rig.channel.send(saying(rig, "请选择", ["采纳", "退回"]))
    await rig.says("您好", twice=True)
    await until(lambda: len(rig.desk.offered) == 2)
    await rig.presses(1, twice=True)
    await until(lambda: len(rig.desk.offered) == 4)
    said, pressed = await came(rig, 2)
    assert rig.desk.offered == [said.key] * 2 + [pressed.key] * 2
    assert (said.text, pressed.action) == ("您好", "do:1:1")
    await rig.says("您好")
    await rig.presses(0)
    keys = [each.key for each in await came(rig, 4)]
    assert len(set(keys)) == 4


@only_who_hears
async def test_words_come_as_they_are(rig: Rig):
    text = "一\n<b>二</b> &amp; 三😀  四*五*"
    await rig.says(text)
    [inbound] = await came(rig, 1)
    assert (inbound.kind, inbound.account, inbound.text) == (Kind.MESSAGE, rig.account, text)


# ---------------------------------------------------------------- how it is


async def test_whether_it_hears_is_told_by_those_who_have_to_ask(rig: Rig):
    hearing = rig.channel.hearing()
    assert (hearing is not None) == rig.traits.asks
    if hearing is not None:
        assert 0 < hearing.answered <= hearing.tried
        assert 0 < hearing.every < 600
    assert rig.channel.trouble() == ""


@pytest.mark.parametrize("name", RIGS)
async def test_nothing_of_it_goes_on_after_its_end(name: str, tmp_path: Path):
    async with RIGS[name](tmp_path) as rig:
        assert [each for each in asyncio.all_tasks() if _ours(each)] != []
        await rig.channel.send(saying(rig, "您好"))
        if rig.traits.hears:
            await rig.sends("没人取走.pdf", PDF)
            await until(lambda: len(rig.desk.received) == 2)
    assert _left(tmp_path) == []
    assert [each for each in asyncio.all_tasks() if _ours(each)] == []
    await rig.channel.close()  # a second time harms nobody
    if rig.troubles:
        with pytest.raises(DeliveryError):
            await rig.channel.send(saying(rig, "还有", key="k2#0"))


def _left(folder: Path) -> list[Path]:
    return list(folder.glob("files/tmp/*"))


def _ours(task: asyncio.Task[object]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and "/bot/channels/" in code.co_filename
