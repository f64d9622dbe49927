"""What an app sends: to whom, what is refused, cut, dropped and known again."""

from __future__ import annotations

import pytest

from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import App, Caller, buttons
from tests.doubles.wecom.limits import Windows
from tests.doubles.wecom.person import Person


async def test_several_people_some_of_them_unknown(
    control: Control, call: Caller, li: Person, wang: Person
):
    outside = await control.person("Outside", in_scope=False)
    unlicensed = await control.person("NoLicence", licensed=False)
    given = await call.says("LIQIAN|nobody|wangqiang|Outside|NoLicence|liqian", "通知")
    assert given.pop("msgid").isdigit()
    assert given == {
        "errcode": 0,
        "errmsg": "ok",
        "invaliduser": "nobody|outside",
        "unlicenseduser": "nolicence",
    }
    for person in (li, wang):
        assert [m.text for m in await person.chat()] == ["通知"]
    for person in (outside, unlicensed):
        assert await person.chat() == []
    assert (await call.says("nobody|Outside", "通知"))["errcode"] == 81013
    assert (await call.says("", "通知"))["errcode"] == 40032
    assert (await call.says("|".join(f"u{n}" for n in range(1001)), "通知"))["errcode"] == 82001


async def test_everybody_in_scope(control: Control, call: Caller, li: Person, wang: Person):
    outside = await control.person("Outside", in_scope=False)
    assert (await call.says("@all", "通知"))["errcode"] == 0
    counts = [len(await each.chat()) for each in (li, wang, outside)]
    assert counts == [1, 1, 0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"msgtype": "text", "text": {"content": "x"}}, 40056),
        ({"agentid": 1, "msgtype": "text", "text": {"content": "x"}}, 40056),
        ({"agentid": "1000002", "msgtype": "text", "text": {"content": "x"}}, 40056),
        ({"agentid": 1000002, "msgtype": "poem", "poem": {}}, 40008),
        ({"agentid": 1000002, "msgtype": "text", "text": {"content": " "}}, 44004),
        ({"agentid": 1000002, "msgtype": "text"}, 40058),
        ({"agentid": 1000002, "msgtype": "image", "image": {"media_id": "no"}}, 40007),
        ({"agentid": 1000002, "msgtype": "textcard", "textcard": {"title": "x"}}, 40058),
        (
            {
                "agentid": 1000002,
                "msgtype": "textcard",
                "textcard": {"title": "字" * 43, "description": "x", "url": "x"},
            },
            45002,
        ),
        (b'{"touser":"LiQian","msgtype":"text","text":{"content":"\\u4f60"}}', 40033),
        (b"{", 47001),
        (b"[]", 40058),
    ],
)
async def test_what_is_refused(call: Caller, li: Person, body, code):
    given = body if isinstance(body, bytes) else {"touser": "LiQian", **body}
    assert (await call.post("message/send", given))["errcode"] == code
    assert await li.chat() == []


async def test_an_escaped_backslash_is_no_escaped_character(call: Caller, li: Person):
    assert (await call.says("LiQian", "C:\\u4f60"))["errcode"] == 0
    assert [m.text for m in await li.chat()] == ["C:\\u4f60"]


async def test_a_long_text_is_cut_between_characters_and_noted(
    control: Control, call: Caller, li: Person
):
    await call.says("LiQian", "字" * 682)
    assert await control.notes() == []
    await call.says("LiQian", "字" * 683)
    assert [len(m.text) for m in await li.chat()] == [682, 682]
    [note] = await control.notes()
    assert note.startswith("text of 2049 bytes was cut")
    await call.sends("LiQian", "markdown", {"content": "**" + "字" * 700 + "**"})
    assert len(await control.notes()) == 2


async def test_beyond_thirty_a_minute_messages_vanish(
    control: Control, call: Caller, li: Person, wang: Person
):
    await control.settings(minute=0.5)
    for n in range(32):
        assert (await call.says("LiQian|wangqiang" if n == 31 else "LiQian", str(n)))[
            "errcode"
        ] == 0
    assert [m.text for m in await li.chat()] == [str(n) for n in range(30)]
    assert [m.text for m in await wang.chat()] == ["31"]
    assert (await li.dropped(), await wang.dropped()) == (2, 0)
    assert (await control.counts())["dropped"] == 2
    await control.settings(limits=False)
    await call.says("LiQian", "again")
    assert (await li.waits_for("again")).text == "again"


def test_an_hour_has_a_limit_of_its_own():
    windows = Windows()
    taken = [windows.room(a_minute=9, an_hour=3, minute=60.0) for _ in range(4)]
    assert taken == [True, True, True, False]


async def test_the_same_request_is_shown_once(
    control: Control, app: App, call: Caller, li: Person
):
    card = buttons("通过")
    first = await call.shows("LiQian", card, enable_duplicate_check=1)
    again = await call.shows("LiQian", card, enable_duplicate_check=1)
    assert again == {k: v for k, v in first.items() if k != "response_code"}
    assert len(await li.chat()) == 1
    assert (await control.counts())["repeated"] == 1
    # not asked for, or asked with other bytes: the task_id is there already
    assert (await call.shows("LiQian", card))["errcode"] == 40058
    assert (await call.shows("LiQian", card, enable_duplicate_check=1, safe=0))["errcode"] == 40058
    await control.clock(advance=1799)
    assert (await call.shows("LiQian", card, enable_duplicate_check=1))["errcode"] == 0
    await control.clock(advance=2)
    assert (await call.shows("LiQian", card, enable_duplicate_check=1))["errcode"] == 40058


async def test_the_interval_is_four_hours_at_most(control: Control, call: Caller, li: Person):
    more = {"enable_duplicate_check": 1, "duplicate_check_interval": 14_400}
    await call.says("LiQian", "一", **more)
    await control.clock(advance=14_399)
    await call.says("LiQian", "一", **more)
    assert len(await li.chat()) == 1
    await control.clock(advance=1)
    call.access = ""
    await call.says("LiQian", "一", **more)
    assert len(await li.chat()) == 2
    assert (await call.says("LiQian", "二", **{**more, "duplicate_check_interval": 14_401}))[
        "errcode"
    ] == 40058


async def test_what_a_deployment_does_not_know(
    control: Control, app: App, call: Caller, li: Person
):
    await control.settings(refused=["template_card", "textcard"])
    assert (await call.shows("LiQian", buttons("通过")))["errcode"] == 40008
    textcard = {"title": "考核", "description": "说明", "url": "http://127.0.0.1/"}
    assert (await call.sends("LiQian", "textcard", textcard))["errcode"] == 40008
    await control.settings(refused=["template_card"])
    assert (await call.sends("LiQian", "textcard", textcard))["errcode"] == 0
    [shown] = await li.chat()
    assert (shown.kind, shown.text, shown.url) == ("textcard", "考核\n说明", "http://127.0.0.1/")
    await control.settings(lacks=["menu/get"])
    async with call.session.get(f"{control.base_url}/cgi-bin/menu/get") as answer:
        assert answer.status == 404


async def test_a_recalled_message_is_gone(control: Control, call: Caller, li: Person):
    given = await call.says("LiQian", "发错了")
    await call.post("message/recall", {"msgid": given["msgid"]})
    assert await li.chat() == []
    assert await li.said() == ["发错了"]
