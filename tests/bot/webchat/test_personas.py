"""The demonstration: one page, several people, no login, and never off this machine."""

from __future__ import annotations

from uuid import uuid4

import pytest
import pytest_asyncio

from bot.web import NotOnLoopback, Web
from tests.bot.webchat.house import Persona

PERSONAS = (Persona("李敏", "李敏 · 联络员"), Persona("王建国", "王建国 · 考核员"))


@pytest_asyncio.fixture
async def demo(make_house):
    house = await make_house(terms={"personas": PERSONAS}, web={"only_on_loopback": True})
    for persona in PERSONAS:
        house.account(persona.account)
    return house


@pytest_asyncio.fixture
async def page(demo, visit):
    return visit(demo)


async def test_each_tab_acts_as_its_account(demo, page):
    me = [await (await page.get(f"api/me?as={number}")).json() for number in (0, 1)]
    assert [told["name"] for told in me] == ["李敏", "王建国"]
    assert me[0]["personas"] == ["李敏 · 联络员", "王建国 · 考核员"]
    for number in (0, 1):
        what = {"id": str(uuid4()), "text": f"第{number}位"}
        assert (await page.post(f"api/messages?as={number}", what)).status == 200
    assert [(i.account, i.text) for i in demo.received] == [
        ("李敏", "第0位"),
        ("王建国", "第1位"),
    ]
    assert [m["text"] for m in await page.messages("?as=1")] == ["第1位"]


@pytest.mark.parametrize("number", ["2", "-1", "x", "²", "999999999999"])
async def test_no_such_tab(number, page):
    assert (await page.get(f"api/me?as={number}")).status == 401


async def test_a_persona_whose_person_is_gone(demo, page):
    demo.remove("王建国")
    assert [(await page.get(f"api/me?as={n}")).status for n in (0, 1)] == [200, 401]


async def test_another_name_for_this_machine_is_refused(page):
    """A foreign site whose name resolves to 127.0.0.1 must not act here without a login."""
    for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.1"):
        for path in ("", "api/me", "api/messages", "assets/app.js"):
            answer = await page.session.get(page.url(path), headers={"Host": host})
            assert answer.status == 403


async def test_other_sites_change_nothing_here_either(demo, page):
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    what = {"id": str(uuid4()), "text": "x"}
    assert (await page.post("api/messages", what, headers=headers)).status == 403
    assert demo.received == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "centre.example", ""])
def test_the_server_refuses_to_show_it_to_others(host):
    with pytest.raises(NotOnLoopback):
        Web([], host=host, port=0, troubles=lambda: None, only_on_loopback=True)  # type: ignore[arg-type,return-value]
