"""Members of WeCom are led to their draft's page and to their web chat, others to a sentence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from yarl import URL

from bot.app import App
from bot.channels.base import Intake, Rejected, RetryLater
from handlers.messages import Inbound, Kind
from storage.models import account, audit, person
from tests.bot.post import ScriptedChannel
from tests.bot.upload_page.bureau import START, Bureau
from tests.bot.webchat.house import eventually
from tests.support.samples import png

LOGIN = "https://login.example/authorize?state={state}#wechat_redirect"
USED = "这个链接已用过或已过期，请回到聊天里再点一次。"
UNKNOWN = "没有认出您的企业微信账号，请先在企业微信里打开本应用，发送邀请码完成绑定。"


class Members(ScriptedChannel):
    """The app as its members' codes are exchanged: each once."""

    name = "wecom_app"

    def __init__(self) -> None:
        super().__init__()
        self.codes = {
            "code-li": "LiMin",
            "code-2": "LiMin",
            "code-sun": "sunjing",
            "code-x": "who",
        }
        self.away = False

    async def listen(self, intake: Intake) -> None:
        await asyncio.Event().wait()

    async def who(self, code: str) -> str:
        if self.away:
            raise RetryLater("busy")
        if code not in self.codes:
            raise Rejected("40029")
        return self.codes.pop(code)


@pytest_asyncio.fixture
async def bureau(make_bureau):
    """李敏 has an account on WeCom besides; 孙警 too."""
    return await make_bureau(prepare=_with_members)


def _with_members(app: App) -> None:
    app.channels.by_name["wecom_app"] = Members()
    premises = replace(app.desk.premises, wecom_login=LOGIN)
    app.desk = app.reception.desk = replace(app.desk, premises=premises)
    app.envelopes.premises = premises


@pytest.fixture(autouse=True)
def members(bureau: Bureau) -> Members:
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
    found = bureau.app.channels.by_name["wecom_app"]
    assert isinstance(found, Members)
    return found


async def come(bureau: Bureau, code: str, state: str) -> tuple[int, str, str]:
    """Status, where it leads, and the sentence."""
    where = URL(f"{bureau.origin}/wecom/in").with_query(code=code, state=state)
    async with bureau.session.get(where, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


def entries(bureau: Bureau) -> list[tuple[str, int, int]]:
    with bureau.database() as database, database.read() as connection:
        found = select(audit.c.action, audit.c.person_id, audit.c.account_id)
        wanted = found.where(audit.c.action.in_(("account.link", "account.enter")))
        return [tuple(row) for row in connection.execute(wanted.order_by(audit.c.id))]


# ---------------------------------------------------------------- to the upload page


async def test_to_the_page_of_ones_own_draft(bureau):
    status, where, _ = await come(bureau, "code-li", "u1")
    assert (status, where) == (303, f"../upload/{bureau.token('limin')}")
    token = where.rpartition("/")[2]
    assert (await bureau.upload(token, "a.png", png()))[0] == 200
    assert bureau.files() == ["a.png"]


@pytest.mark.parametrize(
    ("code", "state", "status", "words"),
    [
        ("code-sun", "u1", 410, "链接已过期，请回到聊天里再点一次“上传材料”。"),
        ("code-li", "u99", 410, "链接已过期，请回到聊天里再点一次“上传材料”。"),
        ("code-x", "u1", 403, UNKNOWN),
        ("gone", "u1", 410, USED),
        ("", "u1", 410, USED),
        ("x" * 513, "u1", 410, USED),
        ("code-li", "", 410, USED),
        ("code-li", "u0", 410, USED),
        ("code-li", "u1x", 410, USED),
        ("code-li", "d1", 410, USED),
    ],
)
async def test_a_sentence_and_no_detail(code, state, status, words, bureau):
    found, where, text = await come(bureau, code, state)
    assert (found, where, words in text) == (status, "", True)


async def test_a_code_is_good_once(bureau):
    assert (await come(bureau, "code-li", "u1"))[0] == 303
    status, _, text = await come(bureau, "code-li", "u1")
    assert (status, USED in text) == (410, True)


async def test_wecom_is_away(bureau, members):
    members.away = True
    status, _, text = await come(bureau, "code-li", "u1")
    assert (status, "服务器正忙" in text) == (503, True)


async def test_who_was_removed_is_unknown(bureau):
    with bureau.database() as database, database.begin() as connection:
        connection.execute(update(person).values(removed_at=START))
    assert (await come(bureau, "code-li", "u1"))[0] == 403


async def test_the_link_of_a_message_to_the_app(bureau, members):
    await bureau.app.reception.receive(
        Inbound(str(uuid4()), "wecom_app", "limin", kind=Kind.PRESS, action="sub.up:1:1")
    )
    await eventually(lambda: members.sent)
    [(what, who, text)] = members.sent
    assert (what, who) == ("send", "limin")
    link = LOGIN.replace("{state}", "u1")
    assert f'<a href="{link}">打开上传页面</a>' in text


# ---------------------------------------------------------------- to the chat


async def test_to_the_web_chat_with_an_account_made_for_it(bureau):
    """There and back: the browser that was sent to WeCom is the one that comes in."""
    with bureau.database() as database, database.begin() as connection:
        connection.execute(update(account).where(account.c.id == 1).values(person_id=None))
    status, where, _ = await come(bureau, "whatever", "c")
    state = URL(where).query["state"]
    assert (status, where) == (303, LOGIN.replace("{state}", state))
    status, where, _ = await come(bureau, "code-li", state)
    assert (status, where) == (303, "../")
    async with bureau.session.get(f"{bureau.origin}/api/me") as answer:
        told = await answer.json()
    assert (answer.status, told["name"]) == (200, "李敏")
    made = told["account"]
    assert made not in bureau.accounts.values()
    limin = bureau.accounts["limin"]
    assert entries(bureau) == [("account.link", 1, limin), ("account.enter", 1, limin)]
    async with bureau.session.get(f"{bureau.origin}/api/messages") as answer:
        assert "李敏您好" in (await answer.json())["messages"][0]["text"]
    # the second time there is one
    _, where, _ = await come(bureau, "", "c")
    await come(bureau, "code-2", URL(where).query["state"])
    assert entries(bureau)[2:] == [("account.enter", 1, limin)]


async def test_nobody_is_let_in_by_another_ones_link(bureau, members):
    """An attacker's code and way: the cookie is missing, or is that of another way."""
    nonce = "0" * 32
    status, _, text = await come(bureau, "code-li", f"c{nonce}")
    assert (status, USED in text) == (410, True)
    await come(bureau, "", "c")
    status, _, text = await come(bureau, "code-li", f"c{nonce}")
    assert (status, USED in text) == (410, True)
    assert "code-li" in members.codes
    async with bureau.session.get(f"{bureau.origin}/api/me") as answer:
        assert answer.status == 401


async def test_without_a_web_chat(bureau):
    await bureau.stop()
    bureau.prepare = _without_telegram
    bureau.environment |= {
        "KAOHE_WEB_CHAT": "off",
        "KAOHE_TELEGRAM_TOKEN": f"123456:{'A' * 35}",
        "KAOHE_TELEGRAM_BASE_URL": "http://127.0.0.1:9/bot",
        "KAOHE_TELEGRAM_BASE_FILE_URL": "http://127.0.0.1:9/file/bot",
    }
    await bureau.start()
    status, _, text = await come(bureau, "code-li", "c")
    assert (status, "网页对话没有开通，请在企业微信里使用。" in text) == (404, True)
    assert (await come(bureau, "code-li", "u1"))[0] == 303


def _without_telegram(app: App) -> None:
    """WeCom's app alone, as an operator would have it."""
    del app.channels.by_name["telegram"]
    app.channels.telegram = None
    _with_members(app)
