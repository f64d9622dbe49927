"""Group robots over HTTP, against the double: what groups see, and what the operator is told."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.channels.base import (
    Channel,
    InDoubt,
    OutFile,
    Outgoing,
    Pace,
    RecipientGone,
    Rejected,
    RetryLater,
    Unavailable,
)
from bot.channels.wecom_robot import calls, channel
from bot.channels.wecom_robot.channel import WecomRobot
from bot.channels.wecom_robot.settings import WecomRobotSettings
from bot.secret import Secret
from handlers.messages import Action, Button, Kind, rows
from templates.wecom_bot_words import WRONG_KEYS
from tests.bot.desk import Desk, listening, until
from tests.doubles.wecom.api import WecomApi
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.seen import Seen

KEY, OTHER = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", "0b7e5bd2-1yyy-4d0a-8bb1-2ad0cafe0bbb"
HALL, DESK = "大厅群", "窗口群"


@pytest.fixture
async def api() -> AsyncIterator[WecomApi]:
    async with WecomApi() as api:
        yield api


@pytest.fixture
async def control(api: WecomApi) -> AsyncIterator[Control]:
    async with Control(api.control_url) as control:
        await control.robot(KEY)
        await control.robot(OTHER)
        yield control
        assert await control.notes() == []


def robots(control: Control, configured: str = f"{HALL}={KEY},{DESK}={OTHER}") -> WecomRobot:
    return WecomRobot(WecomRobotSettings(Secret(configured), control.base_url))


@pytest.fixture
async def robot(control: Control) -> AsyncIterator[WecomRobot]:
    made = robots(control)
    yield made
    await made.close()


def saying(text: str, *, key: str = "k1", to: str = HALL, **more: object) -> Outgoing:
    return Outgoing(key, to, text, **more)  # type: ignore[arg-type]


def file_of(folder: Path, data: bytes, name: str, mime: str) -> OutFile:
    path = folder / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return OutFile(path, name, mime, path.name)


async def shown(control: Control, key: str = KEY) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in await control.group(key)]


def has_received(desk: Desk, count: int) -> bool:
    return len(desk.received) == count


async def test_it_is_a_channel(robot: WecomRobot):
    it: Channel = robot
    assert (it.name, it.exclusive, it.pace, it.circular) == ("wecom_robot", False, Pace(), None)
    assert (it.routes(), it.hearing(), it.trouble()) == ([], None, "")
    with pytest.raises(Rejected):
        it.fetch("x")


async def test_each_group_is_announced_at_every_start(control: Control):
    keys = []
    for _ in range(2):
        desk, made = Desk(), robots(control)
        desk.busy = 2
        async with listening(made, desk):
            await until(partial(has_received, desk, 2))
        assert [(i.kind, i.channel, i.account, i.name) for i in desk.received] == [
            (Kind.JOINED, "wecom_robot", HALL, HALL),
            (Kind.JOINED, "wecom_robot", DESK, DESK),
        ]
        keys += [inbound.key for inbound in desk.received]
        await made.close()
    assert len(set(keys)) == 4
    assert all(KEY not in key and OTHER not in key for key in keys)


async def test_a_text_goes_to_its_group_alone(robot: WecomRobot, control: Control):
    sent = await robot.send(saying("2026年第四季度结果\n市场监管局 & <1>"))
    assert await shown(control) == [("text", "2026年第四季度结果\n市场监管局 & <1>")]
    assert await shown(control, OTHER) == []
    assert sent.known == ""
    again = await robot.edit(saying("改", key="k2"), sent.message_ref)
    assert again.message_ref != sent.message_ref
    assert (await shown(control))[1] == ("text", "改")


async def test_formatting_is_markdown_and_buttons_are_none(robot: WecomRobot, control: Control):
    look = rows(Button("查看", Action("cmd", "result")))
    text = '<b>结果</b>已发布，见<a href="https://k.example/r?a=1&amp;b=2">网页</a>'
    await robot.send(saying(text, buttons=look))
    assert await shown(control) == [
        ("markdown", "**结果**已发布，见[网页](https://k.example/r?a=1&b=2)")
    ]


async def test_a_link_in_a_plain_text_is_spelt_out(robot: WecomRobot, control: Control):
    await robot.send(saying('1*2，见<a href="https://k.example/r">网页</a>'))
    assert await shown(control) == [("text", "1*2，见网页（https://k.example/r）")]


@pytest.mark.parametrize("sign", ["", "<b>结果</b>\n"])
async def test_long_texts_go_in_parts(robot: WecomRobot, control: Control, sign: str):
    lines = [f"第{n}行：{'字' * 30}" for n in range(120)]
    await robot.send(saying(sign + "\n".join(lines)))
    parts = [text for _, text in await shown(control)]
    assert len(parts) > 2
    assert "\n".join(parts).split("\n")[bool(sign) :] == lines


async def test_pictures_and_files(robot: WecomRobot, control: Control, tmp_path: Path):
    picture = b"\x89PNG\r\n\x1a\n" + b"p" * 5000
    await robot.send(saying("图", file=file_of(tmp_path, picture, "图表.png", "image/png")))
    data = b"%PDF-1.4 " + b"x" * 5000
    file = file_of(tmp_path, data, "考核 通报.pdf", "application/pdf")
    await robot.send(saying("", key="k2", file=file))
    await robot.send(saying("", key="k3", to=DESK, file=file))
    big = b"\x89PNG\r\n\x1a\n" + b"p" * calls.PICTURE_BYTES
    await robot.send(saying("", key="k4", file=file_of(tmp_path, big, "大图.png", "image/png")))
    assert [kind for kind, _ in await shown(control)] == ["image", "text", "file", "file"]
    found: list[Seen] = await control.group(KEY)
    names = [each.file.name for each in found if each.file is not None]
    assert names == ["", "考核 通报.pdf", "大图.png"]
    assert [kind for kind, _ in await shown(control, OTHER)] == ["file"]


async def test_a_file_that_is_too_big_is_told_of(
    robot: WecomRobot, control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calls, "FILE_BYTES", 1024 * 1024)
    file = file_of(tmp_path, b"x" * (1024 * 1024 + 1), "大.xlsx", "")
    await robot.send(saying("", file=file))
    assert await shown(control) == [("text", "文件“大.xlsx”超过 1 MB，企业微信发不了。")]


async def test_a_file_that_is_gone(robot: WecomRobot, tmp_path: Path):
    with pytest.raises(Rejected):
        await robot.send(saying("x", file=OutFile(tmp_path / "no", "a.pdf", "", "b")))


async def test_twenty_a_minute_and_no_more(robot: WecomRobot, control: Control):
    for n in range(channel.A_MINUTE):
        await robot.send(saying(f"第{n}条", key=f"k{n}"))
    with pytest.raises(RetryLater) as later:
        await robot.send(saying("多了", key="k99"))
    assert 50 < later.value.after <= channel.MINUTE
    assert not later.value.everyone
    await robot.send(saying("别的群", key="k100", to=DESK))
    assert len(await shown(control)) == channel.A_MINUTE


async def test_a_group_that_is_no_longer_configured(control: Control):
    made = robots(control, f"{HALL}={KEY}")
    with pytest.raises(RecipientGone):
        await made.send(saying("x", to=DESK))
    await made.close()


async def test_a_wrong_key_is_told_the_operator_and_nobody_sees_it(
    control: Control, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, logger="bot")
    wrong = "00000000-dead-beef-0000-00000000dead"
    made = robots(control, f"{HALL}={wrong},{DESK}={OTHER}")
    with pytest.raises(Unavailable) as refusal:
        await made.send(saying("x"))
    await made.send(saying("x", key="k2", to=DESK))
    assert made.trouble() == WRONG_KEYS.format(HALL)
    assert wrong not in str(refusal.value) + repr(refusal.value) + made.trouble() + caplog.text
    await control.robot(wrong)
    await made.send(saying("x"))
    assert made.trouble() == ""
    await made.close()


@pytest.mark.parametrize(
    ("code", "error", "after"),
    [(45009, RetryLater, 60), (-1, RetryLater, 5), (40058, Rejected, 0), (44004, Rejected, 0)],
)
async def test_what_a_refusal_means(
    robot: WecomRobot, control: Control, code: int, error: type[Exception], after: float
):
    await control.fault("error", "webhook/send", code=code, description="quoted 您好")
    with pytest.raises(error) as refusal:
        await robot.send(saying("您好"))
    assert str(refusal.value) == f"errcode {code}"
    assert getattr(refusal.value, "after", 0) == after


async def test_no_answer_is_a_doubt_and_no_connection_is_not(robot: WecomRobot, control: Control):
    await control.fault("execute_then_reset", "webhook/send")
    with pytest.raises(InDoubt):
        await robot.send(saying("您好"))
    assert await shown(control) == [("text", "您好")]
    await control.refuse(0.5)
    with pytest.raises(RetryLater) as later:
        await robot.send(saying("您好", key="k2"))
    assert KEY not in str(later.value)


async def test_each_part_leaves_once(robot: WecomRobot, control: Control, tmp_path: Path):
    file = file_of(tmp_path, b"%PDF-1.4 x", "通报.pdf", "application/pdf")
    message = saying("通报如下", file=file)
    await control.fault("error", "webhook/upload_media", code=-1)
    await control.fault("error", "webhook/send", code=-1, after=1)
    for _ in range(2):
        with pytest.raises(RetryLater):
            await robot.send(message)
    await robot.send(message)
    assert [kind for kind, _ in await shown(control)] == ["file", "text"]
