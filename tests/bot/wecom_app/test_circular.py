"""Notices: one call for all of equal content, kept before it leaves, and made again as it was."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.channels.base import (
    DeliveryError,
    InDoubt,
    OutFile,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.channels.wecom_app.channel import WecomApp
from bot.wecom.cards import task_ids
from tests.bot.wecom_app.conftest import Now, message, notices
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person

pytestmark = pytest.mark.usefixtures("hasty", "address", "li", "wang")
BOTH = ["wangqiang", "liqian"]
LONG = "一" * 1500


async def bodies(control: Control) -> list[dict[str, Any]]:
    return [call.params for call in await control.calls(method="message/send")]


async def shown(person: Person) -> list[str]:
    return [seen.kind for seen in await person.chat() if seen.out]


async def told(channel: WecomApp, messages: list[Outgoing]) -> dict[str, Sent | DeliveryError]:
    calls = await channel.circular.prepare(messages)
    return dict(await channel.circular.send_all(messages, calls))


async def test_one_call_for_all(channel: WecomApp, control: Control, li: Person, wang: Person):
    messages = notices("材料被退回", BOTH, "查看")
    calls = await channel.circular.prepare(messages)
    assert await bodies(control) == []
    found = await channel.circular.send_all(messages, calls)
    [body] = await bodies(control)
    assert body["touser"] == "liqian|wangqiang"
    assert body["enable_duplicate_check"] == 1
    assert channel.circular.window.total_seconds() < body["duplicate_check_interval"] <= 14_400
    task = body["template_card"]["task_id"]
    assert found == dict.fromkeys(BOTH, Sent(task))
    assert await shown(li) == await shown(wang) == ["template_card"]


async def test_it_is_a_text_that_can_be_kept(channel: WecomApp):
    messages = notices(LONG, BOTH, "查看")
    calls = await channel.circular.prepare(messages)
    assert orjson.loads(calls)["known"] == ""
    assert calls == await channel.circular.prepare(list(reversed(messages)))


async def test_a_thousand_in_one_call(channel: WecomApp, control: Control):
    accounts = [f"u{n}" for n in range(998)]
    await control.do_all([("add_person", {"user": account}) for account in accounts])
    messages = notices("已发布", [*accounts, *BOTH])
    assert len(messages) == channel.circular.most
    found = await told(channel, messages)
    assert len(await bodies(control)) == 1
    assert all(isinstance(sent, Sent) for sent in found.values())
    assert (await control.counts())["dropped"] == 0


@pytest.mark.parametrize("fault", ["reset_before", "execute_then_reset", "execute_then_500"])
@pytest.mark.parametrize("part", [0, 2, 3])
async def test_what_is_in_doubt_is_repeated_without_a_duplicate(
    channel: WecomApp, control: Control, li: Person, wang: Person, fault, part
):
    messages = notices(LONG, BOTH, "查看")
    calls = await channel.circular.prepare(messages)
    await control.fault(fault, method="message/send", after=part)
    with pytest.raises(InDoubt):
        await channel.circular.send_all(messages, calls)
    found = await channel.circular.send_all(messages, calls)
    assert all(isinstance(sent, Sent) for sent in found.values())
    assert await shown(li) == await shown(wang) == ["text"] * 3 + ["template_card"]
    made = await bodies(control)
    assert len(made) == 5
    assert made[part] == made[part + 1]


async def test_another_process_makes_the_very_same_calls(
    channel: WecomApp, settings, notebook, now: Now, control: Control, li: Person, wang: Person
):
    """Some rows are marked already; what was kept is made as it was all the same."""
    messages = notices(LONG, BOTH, "查看")
    calls = await channel.circular.prepare(messages)
    await channel.circular.send_all(messages, calls)
    before = await bodies(control)
    other = WecomApp(settings, memory=notebook, now=now)
    found = await other.circular.send_all(messages[:1], calls)
    await other.close()
    after = await bodies(control)
    assert after == before * 2
    assert found == {"wangqiang": Sent(before[-1]["template_card"]["task_id"])}
    assert await shown(li) == await shown(wang) == ["text"] * 3 + ["template_card"]
    assert (await control.counts())["repeated"] == 4


async def test_two_halves_of_those_it_is_for_at_once(
    channel: WecomApp, control: Control, li: Person, wang: Person
):
    """Rows of one call that are due at different moments: no part of it is passed over."""
    messages = notices(LONG, BOTH, "查看")
    calls = await channel.circular.prepare(messages)
    await control.settings(latency=0.1)
    one, other = await asyncio.gather(
        channel.circular.send_all(messages[:1], calls),
        channel.circular.send_all(messages[1:], calls),
    )
    assert [*one, *other] == ["wangqiang", "liqian"]
    assert all(isinstance(sent, Sent) for sent in (*one.values(), *other.values()))
    assert await shown(li) == await shown(wang) == ["text"] * 3 + ["template_card"]
    assert len(await bodies(control)) == 4


async def test_two_notices_in_the_same_words_are_two(channel: WecomApp, li: Person):
    first = notices("提醒", ["liqian"])
    second = [replace(first[0], key="another")]
    await told(channel, first)
    await told(channel, second)
    assert await shown(li) == ["text", "text"]


async def test_who_can_not_be_reached(channel: WecomApp, control: Control, li: Person):
    await control.person("Zhao", in_scope=False)
    await control.person("Qian", licensed=False)
    found = await told(channel, notices(LONG, ["liqian", "zhao", "qian", "nobody"], "查看"))
    assert {account: str(sent) for account, sent in found.items() if account != "liqian"} == {
        "zhao": "not in scope",
        "qian": "no licence",
        "nobody": "not in scope",
    }
    assert all(isinstance(found[name], RecipientGone) for name in ("zhao", "qian", "nobody"))
    assert isinstance(found["liqian"], Sent)
    assert await shown(li) == ["text"] * 3 + ["template_card"]


async def test_nobody_can_be_reached(channel: WecomApp, control: Control):
    await control.person("Zhao", in_scope=False)
    found = await told(channel, notices("已发布", ["zhao", "nobody"]))
    assert {type(sent) for sent in found.values()} == {RecipientGone}


async def test_what_surely_did_not_leave_is_raised(channel: WecomApp, control: Control):
    messages = notices("已发布", BOTH)
    calls = await channel.circular.prepare(messages)
    await control.fault("error", method="message/send", code=45009)
    with pytest.raises(RetryLater) as caught:
        await channel.circular.send_all(messages, calls)
    assert (caught.value.after, caught.value.everyone) == (60.0, True)
    assert isinstance((await channel.circular.send_all(messages, calls))["liqian"], Sent)


async def test_what_is_refused_for_good(channel: WecomApp, control: Control, li: Person):
    await control.fault("error", method="message/send", code=45002)
    found = await told(channel, notices("已发布", BOTH))
    assert {str(error) for error in found.values()} == {"errcode 45002"}
    assert {issubclass(type(error), Rejected) for error in found.values()} == {True}


async def test_a_persons_minute_counts_for_answers_and_notices(
    channel: WecomApp, control: Control, wang: Person
):
    for n in range(25):
        await channel.send(message("一", key=f"k{n}"))
    messages = notices("已发布", BOTH)
    calls = await channel.circular.prepare(messages)
    with pytest.raises(RetryLater) as caught:
        await channel.circular.send_all(messages, calls)
    assert 50 < caught.value.after <= 60
    assert await shown(wang) == []


async def test_a_card_of_a_notice_is_renewed_for_who_pressed_it(
    channel: WecomApp, control: Control, li: Person, wang: Person, desk
):
    found = await told(channel, notices("材料被退回", BOTH, "查看", "忽略"))
    sent = found["liqian"]
    assert isinstance(sent, Sent)
    await li.sees_told(await li.presses("查看"))
    assert desk.received[-1].source == sent.message_ref
    await channel.edit(message("这里", key="k2"), sent.message_ref)
    [mine] = [seen.card for seen in await li.chat() if seen.card]
    [other] = [seen.card for seen in await wang.chat() if seen.card]
    assert (mine.title, mine.state, mine.label) == ("这里", "closed", "已选：查看")
    assert (other.title, other.state) == ("材料被退回", "live")


async def test_a_card_sent_to_one_can_be_renewed_before_it_is_pressed(
    channel: WecomApp, li: Person
):
    found = await told(channel, notices("材料被退回", ["liqian"], "查看"))
    sent = found["liqian"]
    assert isinstance(sent, Sent)
    await channel.edit(message("这里", "返回", key="k2"), sent.message_ref)
    assert [seen.text for seen in await li.chat() if seen.out] == ["这里"]


# ---------------------------------------------------------------- files


@pytest.fixture
def pdf(tmp_path: Path) -> OutFile:
    path = tmp_path / "pdf"
    path.write_bytes(b"%PDF-1.4 " + b"x" * 1000)
    return OutFile(path, "通报.pdf", "application/pdf", hashlib.sha256(b"x").hexdigest())


def bringing(messages: list[Outgoing], file: OutFile) -> list[Outgoing]:
    return [replace(each, file=file) for each in messages]


async def test_a_file_is_uploaded_before_anything_is_kept(
    channel: WecomApp, control: Control, li: Person, pdf: OutFile
):
    messages = bringing(notices("已发布", BOTH, "查看"), pdf)
    calls = await channel.circular.prepare(messages)
    assert len(await control.calls(method="media/upload")) == 1
    found = await channel.circular.send_all(messages, calls)
    known = orjson.loads(calls)["known"]
    assert known.startswith("file:")
    assert {sent.known for sent in found.values() if isinstance(sent, Sent)} == {known}
    assert await shown(li) == ["text", "file", "template_card"]


async def test_an_upload_lasts_as_long_as_the_calls_may_be_made(
    channel: WecomApp, control: Control, pdf: OutFile, now: Now
):
    messages = notices("已发布", BOTH)
    known = orjson.loads(await channel.circular.prepare(bringing(messages, pdf)))["known"]
    for ahead, uploads in ((2.7, 1), (2.8, 2)):
        now.ahead = ahead * 86_400
        await channel.circular.prepare(bringing(messages, replace(pdf, known=known)))
        assert len(await control.calls(method="media/upload")) == uploads


async def test_an_upload_that_is_gone_is_made_again(
    channel: WecomApp, control: Control, li: Person, wang: Person, pdf: OutFile
):
    messages = bringing(notices("已发布", BOTH), pdf)
    calls = await channel.circular.prepare(messages)
    await control.do("expire_media")
    found = await channel.circular.send_all(messages, calls)
    assert await shown(li) == await shown(wang) == ["text", "file"]
    assert {sent.known for sent in found.values() if isinstance(sent, Sent)} != {
        orjson.loads(calls)["known"]
    }


# ---------------------------------------------------------------- other forms


async def test_choices_that_are_typed_are_each_persons_own(
    channel: WecomApp, control: Control, li: Person, wang: Person
):
    await control.settings(refused=["template_card", "textcard"])
    messages = notices("材料被退回", BOTH, "查看", "忽略")
    found = await told(channel, messages)
    assert [seen.text.splitlines()[3:5] for seen in await li.chat() if seen.out] == [
        ["#42a. 查看", "#42b. 忽略"]
    ]
    assert [seen.text.splitlines()[3:5] for seen in await wang.chat() if seen.out] == [
        ["#41a. 查看", "#41b. 忽略"]
    ]
    assert found == {m.account: Sent(next(task_ids(m.key))) for m in messages}
    assert len(await told(channel, notices("没有选项", BOTH))) == 2
    assert [b["touser"] for b in await bodies(control)][-1] == "liqian|wangqiang"


async def test_what_was_said_before_a_card_was_refused_is_not_said_again(
    channel: WecomApp, control: Control, li: Person
):
    await control.settings(refused=["template_card", "textcard"])
    await told(channel, notices(LONG, ["liqian"], "查看"))
    texts = [seen.text for seen in await li.chat() if seen.out]
    assert "".join(texts[:3]) == LONG
    assert [text.splitlines()[:2] for text in texts[3:]] == [["请回复选项前的序号：", "#41. 查看"]]


async def test_a_deployment_without_markdown(channel: WecomApp, control: Control, li: Person):
    await control.settings(refused=["markdown"])
    for n in (1, 2):
        await told(channel, notices(f"<b>已发布{n}</b>", ["liqian"]))
    assert [(s.kind, s.text) for s in await li.chat() if s.out] == [
        ("text", "已发布1"),
        ("text", "已发布2"),
    ]
    assert len(await bodies(control)) == 3


async def test_nothing_is_sent_while_the_address_is_not_trusted(
    channel: WecomApp, control: Control
):
    await control.settings(closed="calls")
    messages = notices("已发布", BOTH)
    calls = await channel.circular.prepare(messages)
    with pytest.raises(Unavailable):
        await channel.circular.send_all(messages, calls)
