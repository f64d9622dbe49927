"""Members of WeCom are led to their draft's page and to their web chat, others to a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from yarl import URL

from handlers.messages import Inbound, Kind
from storage.models import account, audit, person
from tests.bot.upload_page.bureau import START, Bureau, Make
from tests.bot.webchat.house import eventually
from tests.doubles.wecom.api import WecomApi
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.support.samples import png

USED = "这个链接已用过或已过期，请回到聊天里再点一次。"
UNKNOWN = "没有认出您的企业微信账号，请先在企业微信里打开本应用，发送邀请码完成绑定。"


@pytest_asyncio.fixture
async def wecom() -> AsyncIterator[Control]:
    async with WecomApi() as api, Control(api.control_url) as control:
        yield control


@pytest_asyncio.fixture
async def bureau(make_bureau: Make, wecom: Control) -> Bureau:
    """李敏 has an account on WeCom besides; 孙警 too."""
    bureau = await make_bureau(environment=wecom.environment())
    for number, userid in enumerate(("limin", "sunjing"), start=1):
        with bureau.database() as database, database.begin() as connection:
            bureau.accounts[userid] = connection.execute(
                account.insert()
                .values(
                    channel="wecom_app",
                    external_id=userid,
                    person_id=number,
                    linked_at=START,
                    created_at=START,
                )
                .returning(account.c.id)
            ).scalar_one()
    return bureau


@pytest_asyncio.fixture
async def li(wecom: Control) -> Person:
    return await wecom.person("LiMin", name="李敏")


@pytest_asyncio.fixture
async def sun(wecom: Control) -> Person:
    return await wecom.person("sunjing", name="孙警")


def login(bureau: Bureau, state: str) -> str:
    """The address of WeCom's page, as a message or a menu holds it."""
    return bureau.app.desk.premises.wecom_login.replace("{state}", state)


async def come(bureau: Bureau, address: str | URL) -> tuple[int, str, str]:
    """The browser goes there: status, where it leads, and the page."""
    async with bureau.session.get(URL(address, encoded=True), allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


def way_in(bureau: Bureau, code: str, state: str) -> URL:
    return URL(f"{bureau.origin}/wecom/in").with_query(code=code, state=state)


def entries(bureau: Bureau) -> list[tuple[str, int, int]]:
    with bureau.database() as database, database.read() as connection:
        found = select(audit.c.action, audit.c.person_id, audit.c.account_id)
        wanted = found.where(audit.c.action.in_(("account.link", "account.enter")))
        return [tuple(row) for row in connection.execute(wanted.order_by(audit.c.id))]


# ---------------------------------------------------------------- to the upload page


async def test_the_link_of_a_message_leads_to_ones_own_draft(bureau, li):
    await bureau.app.reception.receive(
        Inbound(str(uuid4()), "wecom_app", "limin", kind=Kind.PRESS, action="sub.up:1:1")
    )
    heard = await li.waits_for("打开上传页面")
    link = login(bureau, "u1")
    assert f"[打开上传页面]({link})" in heard.text
    status, where, _ = await come(bureau, await li.follows(link))
    assert (status, where) == (303, f"../upload/{bureau.token('limin')}")
    token = where.rpartition("/")[2]
    assert (await bureau.upload(token, "a.png", png()))[0] == 200
    assert bureau.files() == ["a.png"]
    await li.waits_for("附件（1）：a.png")


async def test_another_ones_draft_and_none(bureau, li, sun):
    for who, state in ((sun, "u1"), (li, "u99")):
        status, where, text = await come(bureau, await who.follows(login(bureau, state)))
        words = "链接已过期，请回到聊天里再点一次“上传材料”。"
        assert (status, where, words in text) == (410, "", True)


async def test_whoever_has_no_account_here(bureau, wecom):
    stranger = await wecom.person("luren", name="路人")
    status, where, text = await come(bureau, await stranger.follows(login(bureau, "u1")))
    assert (status, where, UNKNOWN in text) == (403, "", True)
    with bureau.database() as database, database.begin() as connection:
        connection.execute(update(person).values(removed_at=START))
    li = await wecom.person("limin")
    assert (await come(bureau, await li.follows(login(bureau, "u1"))))[0] == 403


async def test_whoever_is_no_member(bureau, li):
    there = await li.follows(login(bureau, "u1"))
    await li.leaves(corp=True)
    status, where, text = await come(bureau, there)
    assert (status, where, USED in text) == (410, "", True)


@pytest.mark.parametrize("state", ["", "u0", "u1x", "d1", "u", "c1", "u" + "9" * 30])
async def test_no_purpose_of_ours(state, bureau, li):
    there = URL(await li.follows(login(bureau, state or "x")), encoded=True)
    status, where, text = await come(bureau, way_in(bureau, there.query["code"], state))
    assert (status, where, USED in text) == (410, "", True)


@pytest.mark.parametrize("code", ["", "gone", "x" * 513])
async def test_no_code_of_wecoms(code, bureau):
    status, where, text = await come(bureau, way_in(bureau, code, "u1"))
    assert (status, where, USED in text) == (410, "", True)


async def test_a_code_is_good_once(bureau, li):
    there = await li.follows(login(bureau, "u1"))
    assert (await come(bureau, there))[0] == 303
    status, _, text = await come(bureau, there)
    assert (status, USED in text) == (410, True)


async def test_wecom_is_away(bureau, li, wecom):
    there = await li.follows(login(bureau, "u1"))
    await wecom.refuse(30)
    status, _, text = await come(bureau, there)
    assert (status, "服务器正忙" in text) == (503, True)


# ---------------------------------------------------------------- to the chat


async def test_to_the_web_chat_with_an_account_made_for_it(bureau, li):
    """There and back: the browser that was sent to WeCom is the one that comes in."""
    with bureau.database() as database, database.begin() as connection:
        connection.execute(update(account).where(account.c.id == 1).values(person_id=None))
    status, where, _ = await come(bureau, await li.follows(login(bureau, "c")))
    assert (status, where) == (303, login(bureau, URL(where).query["state"]))
    status, there, _ = await come(bureau, await li.follows(where))
    assert (status, there) == (303, "../")
    async with bureau.session.get(f"{bureau.origin}/api/me") as answer:
        told = await answer.json()
    assert (answer.status, told["name"]) == (200, "李敏")
    assert told["account"] not in bureau.accounts.values()
    limin = bureau.accounts["limin"]
    assert entries(bureau) == [("account.link", 1, limin), ("account.enter", 1, limin)]
    bureau.accounts["web"] = int(told["account"])
    await eventually(lambda: bureau.cards("web"))
    assert bureau.cards("web")[0].startswith("李敏您好，您是市场监管局联络员。")
    # the second time there is one
    _, where, _ = await come(bureau, way_in(bureau, "", "c"))
    assert (await come(bureau, await li.follows(where)))[1] == "../"
    assert entries(bureau)[2:] == [("account.enter", 1, limin)]
    # and whoever it was is seen in the chat that vouched for them, once
    told = "有一个网页账号关联到您名下"
    await li.waits_for(told, timeout=10)
    assert sum(told in each.text for each in await li.chat()) == 1


async def test_nobody_is_let_in_by_another_ones_link(bureau, li):
    """An attacker's code and way: the cookie is missing, or is that of another way."""
    theirs = await li.follows(login(bureau, "c" + "0" * 32))
    for _ in range(2):
        status, _, text = await come(bureau, theirs)
        assert (status, USED in text) == (410, True)
        await come(bureau, way_in(bureau, "", "c"))
    async with bureau.session.get(f"{bureau.origin}/api/me") as answer:
        assert answer.status == 401
    assert entries(bureau) == []


async def test_without_a_web_chat(bureau, li):
    await bureau.stop()
    bureau.environment |= {"KAOHE_WEB_CHAT": "off"}
    await bureau.start()
    status, _, text = await come(bureau, way_in(bureau, "", "c"))
    assert (status, "网页对话没有开通，请在企业微信里使用。" in text) == (404, True)
    assert (await come(bureau, await li.follows(login(bureau, "u1"))))[0] == 303


async def test_where_wecom_has_no_login_page(make_bureau, wecom):
    """A private deployment, of which none is known: a link of the usual kind."""
    bureau = await make_bureau(environment=wecom.environment() | {"KAOHE_WECOM_LOGIN_URL": ""})
    assert bureau.app.desk.premises.wecom_login == ""
    assert (await come(bureau, way_in(bureau, "x", "u1")))[0] == 404
