"""Faults on order, and what they leave executed."""

from __future__ import annotations

import asyncio

import aiohttp
import orjson
import pytest

from tests.doubles.people import NotPossible
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import Caller
from tests.doubles.wecom.person import Person

QUICK = aiohttp.ClientTimeout(total=0.2)


async def sends(call: Caller, text: str) -> int:
    """The HTTP status, 0 for an answer that did not come."""
    await call.has_token()
    url = f"{call.control.base_url}/cgi-bin/message/send"
    body = {"touser": "LiQian", "msgtype": "text", "agentid": 1000002, "text": {"content": text}}
    try:
        async with call.session.post(
            url, params={"access_token": call.access}, timeout=QUICK,
            data=orjson.dumps(body),
        ) as answer:  # fmt: skip
            await answer.read()
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


@pytest.mark.parametrize("code", [-1, 45009, 45033, 48002, 60020, 40014, 42001])
async def test_an_errcode_on_order(control: Control, call: Caller, li: Person, code):
    number = await control.fault("error", "message/*", code=code, description="as ordered")
    given = await call.says("LiQian", "一")
    assert (given["errcode"], "as ordered" in given["errmsg"]) == (code, True)
    assert await li.chat() == []
    assert await control.fault_hits(number) == 1
    assert (await call.says("LiQian", "二"))["errcode"] == 0


@pytest.mark.parametrize(
    ("kind", "status", "executed"),
    [
        ("500", 500, False),
        ("garbage", 200, False),
        ("hang", 0, False),
        ("reset_before", 0, False),
        ("execute_then_reset", 0, True),
        ("execute_then_timeout", 0, True),
        ("execute_then_500", 500, True),
        ("slow_answer", 0, True),
    ],
)
async def test_what_is_executed_all_the_same(
    control: Control, call: Caller, li: Person, kind, status, executed
):
    await control.fault(kind, "message/send", seconds=1.0)
    assert await sends(call, "一") == status
    assert [m.text for m in await li.chat()] == (["一"] if executed else [])
    [logged] = await control.calls("message/send")
    assert logged.executed is executed
    assert await sends(call, "二") == 200


async def test_refused(control: Control, call: Caller, li: Person):
    await call.says("LiQian", "一")
    await control.refuse(0.3)
    assert await sends(call, "二") == 0
    await asyncio.sleep(0.35)  # the time itself is what is ordered
    assert await sends(call, "三") == 200


async def test_a_fault_for_one_person_or_one_text(control: Control, call: Caller, li: Person):
    wang = await control.person("wangqiang")
    await control.fault("error", "message/send", chat_id="LiQian", count=None)
    await control.fault("error", "message/send", contains="坏")
    assert (await call.says("LiQian", "一"))["errcode"] == -1
    assert (await call.says("wangqiang", "坏"))["errcode"] == -1
    assert (await call.says("wangqiang", "好"))["errcode"] == 0
    assert [m.text for m in await wang.chat()] == ["好"]
    await control.cancel_faults()
    assert (await call.says("LiQian", "一"))["errcode"] == 0
    with pytest.raises(NotPossible, match="fault kind"):
        await control.fault("poem")


async def test_calls_are_logged_without_the_token(control: Control, call: Caller, li: Person):
    await call.says("LiQian|nobody", "一")
    await call.upload("media/upload", b"%PDF-1.4 ...", "表.pdf", type="file")
    sent, uploaded = (await control.calls())[1:]
    assert sent.params == {
        "touser": "LiQian|nobody",
        "msgtype": "text",
        "agentid": 1000002,
        "text": {"content": "一"},
    }
    assert (sent.method, sent.outcome, sent.executed) == ("message/send", "0", True)
    assert uploaded.params == {"type": "file", "_file": {"name": "表.pdf", "size": 12}}
    assert [c.number for c in await control.calls(user="NOBODY")] == [sent.number]
    await control.wait_idle()


async def test_a_wait_says_what_stood_there(control: Control, call: Caller, li: Person):
    await call.says("LiQian", "一")
    with pytest.raises(TimeoutError, match=r"no '二' for LiQian; last there: \['一'\]"):
        await li.waits_for("二", timeout=0.05)
    with pytest.raises(TimeoutError, match="0 of 1 calls"):
        await control.wait_calls("menu/*", timeout=0.05)
