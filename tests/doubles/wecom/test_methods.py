"""Tokens, the menu, silent login and who is who."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.doubles.wecom.api import CORP_ID
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import Caller, Json
from tests.doubles.wecom.person import Person


async def token(call: Caller, **query: str) -> Json:
    return await call.get("gettoken", keyless=True, **query)


async def test_a_token_for_the_right_secret(control: Control, call: Caller):
    good = {"corpid": CORP_ID, "corpsecret": control.secret}
    given = await token(call, **good)
    assert (given["errcode"], given["expires_in"]) in ((0, 7200), (0, 7199))
    assert (await token(call, **good))["access_token"] == given["access_token"]
    assert (await token(call, **good | {"corpid": "ww0"}))["errcode"] == 40013
    assert (await token(call, **good | {"corpsecret": "x"}))["errcode"] == 40001
    assert (await token(call, **good | {"corpsecret": "x" * 43}))["errcode"] == 40091
    counted = (await control.counts())["calls"]
    assert counted == {
        "gettoken 0": 2, "gettoken 40013": 1, "gettoken 40001": 1, "gettoken 40091": 1,
    }  # fmt: skip


async def test_tokens_that_are_not_good(control: Control, call: Caller, li: Person):
    await call.says("LiQian", "一")
    first = call.access
    await control.do("expire_tokens")
    assert (await call.says("LiQian", "二"))["errcode"] == 42001
    call.access = ""
    await call.says("LiQian", "三")
    assert call.access != first
    await control.do("forget_tokens")
    assert (await call.says("LiQian", "四"))["errcode"] == 40014
    await control.do("new_secret", secret="another")
    assert (await token(call, corpid=CORP_ID, corpsecret=control.secret))["errcode"] != 0
    async with call.session.get(f"{control.base_url}/cgi-bin/menu/get") as answer:
        assert (await answer.json())["errcode"] == 41001
    assert [m.text for m in await li.chat()] == ["一", "三"]


async def test_a_token_lives_two_hours(control: Control, call: Caller, li: Person):
    await call.says("LiQian", "一")
    await control.clock(advance=7199)
    assert (await call.says("LiQian", "二"))["errcode"] in (0, 42001)
    await control.clock(advance=2)
    assert (await call.says("LiQian", "三"))["errcode"] == 42001


@pytest.mark.parametrize(("closed", "gets"), [("calls", 0), ("all", 60020)])
async def test_an_address_that_is_not_allowed(control: Control, call: Caller, closed, gets):
    await control.settings(closed=closed)
    given = await token(call, corpid=CORP_ID, corpsecret=control.secret)
    assert given["errcode"] == gets
    call.access = "x"
    refused = await call.get("agent/get", agentid="1000002")
    assert refused["errcode"] == 60020
    assert refused["errmsg"].endswith("from ip: 203.0.113.7")


async def test_the_wrong_http_method_and_an_unknown_call(control: Control, call: Caller):
    assert (await call.get("message/send"))["errcode"] == 43002
    assert (await call.post("menu/get", {}))["errcode"] == 43001
    async with call.session.get(f"{control.base_url}/cgi-bin/poem/write") as answer:
        assert answer.status == 404


# ---------------------------------------------------------------------- menu


def entry(name: str, key: str = "k", **more: object) -> Json:
    return {"type": "click", "name": name, "key": key, **more}


@pytest.mark.parametrize(
    ("menu", "code"),
    [
        ([entry("一二三四五")], 0),
        ([entry("一二三四五六")], 40018),
        ([], 40016),
        ([entry("一")] * 4, 40016),
        ([{"name": "更多", "sub_button": [entry("字" * 13)] * 5}], 0),
        ([{"name": "更多", "sub_button": [entry("字" * 14)]}], 40018),
        ([{"name": "更多", "sub_button": [entry("一")] * 6}], 40023),
        ([entry("一", "k" * 129)], 40019),
        ([entry("一", type="poem")], 40017),
        ([{"type": "view", "name": "一"}], 40020),
        ([{"type": "view", "name": "一", "url": "http://127.0.0.1/"}], 0),
    ],
)
async def test_the_menu(control: Control, call: Caller, menu, code):
    given = await call.post("menu/create", {"button": menu}, agentid="1000002")
    assert given["errcode"] == code
    assert await control.menu() == (menu if code == 0 else [])
    assert (await call.get("menu/get", agentid="1000002"))["errcode"] == (0 if not code else 46003)


async def test_a_menu_read_and_deleted(call: Caller):
    await call.post("menu/create", {"button": [entry("上报")]}, agentid="1000002")
    found = await call.get("menu/get", agentid="1000002")
    assert found["button"] == [entry("上报", sub_button=[])]
    await call.get("menu/delete", agentid="1000002")
    assert (await call.get("menu/get", agentid="1000002"))["errcode"] == 46003
    assert (await call.get("menu/get", agentid="7"))["errcode"] == 40056


# ---------------------------------------------------------------------- login


def login(control: Control, **changed: str) -> str:
    query = {
        "appid": CORP_ID, "redirect_uri": "http%3A%2F%2F127.0.0.1%2Fwecom%2Fin",
        "response_type": "code", "scope": "snsapi_base", "state": "u12", "agentid": "1000002",
    } | changed  # fmt: skip
    listed = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{control.login_url}?{listed}#wechat_redirect"


async def code(control: Control, person: Person) -> str:
    there = urlsplit(await person.follows(login(control)))
    assert (there.netloc, there.path) == ("127.0.0.1", "/wecom/in")
    query = parse_qs(there.query)
    assert query["state"] == ["u12"]
    return query["code"][0]


async def test_silent_login(control: Control, call: Caller, li: Person):
    given = await code(control, li)
    found = await call.get("auth/getuserinfo", code=given)
    assert found == {"errcode": 0, "errmsg": "ok", "userid": "LiQian"}
    assert (await call.get("auth/getuserinfo", code=given))["errcode"] == 40029
    older = await call.get("user/getuserinfo", code=await code(control, li))
    assert (older["UserId"], older["DeviceId"]) == ("LiQian", "d1")
    stale = await code(control, li)
    await control.clock(advance=301)
    assert (await call.get("auth/getuserinfo", code=stale))["errcode"] == 40029


async def test_a_stranger_has_no_userid(control: Control, call: Caller):
    stranger = control.known("stranger")
    found = await call.get("auth/getuserinfo", code=await code(control, stranger))
    assert "userid" not in found
    assert found["openid"]


@pytest.mark.parametrize(
    "changed", [{"appid": "ww0"}, {"scope": "all"}, {"state": "a-b"}, {"response_type": "x"}]
)
async def test_a_faulty_login_address_leads_nowhere(control: Control, li: Person, changed):
    assert await li.follows(login(control, **changed)) == ""


async def test_only_the_trusted_domain(control: Control, li: Person):
    await control.settings(trusted_domain="kaohe.example")
    assert await li.follows(login(control)) == ""
    await control.settings(trusted_domain="127.0.0.1")
    assert await li.follows(login(control)) != ""


async def test_a_browser_comes_as_whom_the_test_says(control: Control, call: Caller, li: Person):
    async with call.session.get(login(control), allow_redirects=False) as answer:
        assert answer.status == 200
    await control.do("visits", user="LiQian")
    async with call.session.get(login(control), allow_redirects=False) as answer:
        assert answer.status == 302


# ---------------------------------------------------------------------- who is who


async def test_the_directory(control: Control, call: Caller, li: Person):
    outside = await control.person("Outside", in_scope=False)
    agent = await call.get("agent/get", agentid="1000002")
    assert agent["allow_userinfos"] == {"user": [{"userid": "LiQian"}]}
    assert (await call.get("agent/get", agentid="7"))["errcode"] == 301002
    assert (await call.get("user/get", userid="liqian"))["name"] == "李倩"
    assert (await call.get("user/get", userid=outside.id))["errcode"] == 60011
    assert (await call.get("user/get", userid="nobody"))["errcode"] == 60111
    assert (await call.get("getcallbackip"))["ip_list"] == ["127.0.0.1"]
    hidden = "wo" + b"LiQian".hex()
    body = {"open_userid_list": [hidden, "LiQian", "wo" + b"Outside".hex()]}
    assert await call.post("batch/openuserid_to_userid", body) == {
        "errcode": 0,
        "errmsg": "ok",
        "userid_list": [{"open_userid": hidden, "userid": "LiQian"}],
        "invalid_open_userid_list": ["LiQian", "wo" + b"Outside".hex()],
    }
