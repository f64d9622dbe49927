"""`kaohe doctor` on WeCom: what it asks, what it says to each answer, what it never says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.doctor import network, wecom, wecom_bot
from bot.doctor.findings import Finding, Site, bad, good, note
from bot.presence import worker_name
from bot.wecom.crypto import Cipher
from storage import groups, leases, marks, people, schema
from storage.db import Database, sqlite_url
from tests.bot.checkup import Answering, answering, bind, site_of
from tests.support import authority

NOW = datetime.now(UTC)
AES_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
SECRET = "app-secret-of-43-characters"
APP = {
    "KAOHE_WECOM_CORP_ID": "ww1234567890abcdef",
    "KAOHE_WECOM_AGENT_ID": "1000002",
    "KAOHE_WECOM_SECRET": SECRET,
    "KAOHE_WECOM_TOKEN": "QDG6eK",
    "KAOHE_WECOM_AES_KEY": AES_KEY,
}
BOT = {"KAOHE_WECOM_BOT_ID": "aib_1", "KAOHE_WECOM_BOT_SECRET": "bot-secret-word"}
ROBOTS = {"KAOHE_WECOM_ROBOTS": "大厅=693a91f6-7xxx,主任=0fd2b3c8-1xxx"}
TOKEN = {"errcode": 0, "access_token": "tok-tok-tok", "expires_in": 7200}
AGENT = {
    "errcode": 0,
    "name": "考核",
    "close": 0,
    "isreportenter": 1,
    "redirect_domain": "zw.example",
    "allow_userinfos": {"user": [{"userid": "ZhangSan"}]},
    "allow_partys": {"partyid": [3]},
    "allow_tags": {"tagid": [7]},
}
MENU = {"errcode": 0, "button": [{"name": "上报"}, {"name": "更多"}]}
NONE_BOUND = good("可见范围", "1 人、1 个部门、1 个标签；还没有人绑定")
MENU_MADE = good("应用菜单", "有 2 栏")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(sqlite_url(tmp_path / "kaohe.sqlite"))
    schema.bring_up_to_date(opened)
    yield opened
    opened.close()


def always(reply: object) -> Answering:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(reply)

    return answer


def calls(**replies: object) -> dict[str, web.Response | Answering]:
    """WeCom's answers, by call; None: it has no such call."""
    usual: dict[str, object] = {"gettoken": TOKEN, "agent_get": AGENT, "menu_get": MENU}
    return {
        f"/cgi-bin/{call.replace('_', '/')}": always(reply)
        for call, reply in (usual | replies).items()
        if reply is not None
    }


@asynccontextmanager
async def wecom_site(
    folder: Path,
    answers: Mapping[str, web.Response | Answering],
    database: Database | None = None,
    /,
    **variables: str,
) -> AsyncIterator[tuple[Site, str]]:
    async with answering(answers) as url:
        given = {**APP, "KAOHE_WECOM_BASE_URL": url, **variables}
        yield site_of(folder, database, **given), url


async def app(
    folder: Path,
    answers: Mapping[str, web.Response | Answering],
    database: Database | None = None,
    /,
    **variables: str,
) -> list[Finding]:
    """What is found, with the server's address as X."""
    async with wecom_site(folder, answers, database, **variables) as (site, url):
        found = await wecom.examine_app(site)
    for secret in (SECRET, AES_KEY, "tok-tok-tok"):
        assert secret not in "".join(map(str, found))
    return [Finding(each.level, each.what, each.said.replace(url, "X")) for each in found]


# ---------------------------------------------------------------- whether it lets us in

LET_IN = good("企业微信应用", "“考核”，X，企业ID、Secret、AgentId 有效")


async def test_all_is_well_at_wecom(tmp_path: Path):
    assert await app(tmp_path, calls()) == [LET_IN, NONE_BOUND, MENU_MADE]


async def test_without_the_app_nothing_is_asked(tmp_path: Path):
    assert await wecom.examine_app(site_of(tmp_path)) == []
    assert await wecom_bot.examine_bot(site_of(tmp_path)) == []
    assert await wecom_bot.examine_robots(site_of(tmp_path)) == []


WRONG_SECRET = bad(
    "企业微信应用",
    "Secret 不对，请从应用详情页复制到 KAOHE_WECOM_SECRET（换过的，旧的随即失效）。",
)
WRONG_AGENT = bad("企业微信应用", "AgentId 不对，请从应用详情页复制到 KAOHE_WECOM_AGENT_ID。")


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (
            "gettoken",
            40013,
            bad(
                "企业微信应用",
                "企业ID不对，请从管理后台“我的企业”页底部复制到 KAOHE_WECOM_CORP_ID。",
            ),
        ),
        ("gettoken", 40001, WRONG_SECRET),
        ("gettoken", 40091, WRONG_SECRET),
        (
            "gettoken",
            45009,
            note("企业微信应用", "企业微信正忙（错误码 45009），请过几分钟再查。"),
        ),
        ("agent_get", 40056, WRONG_AGENT),
        ("agent_get", 41011, WRONG_AGENT),
        (
            "agent_get",
            301002,
            bad("企业微信应用", "AgentId 和 Secret 不是同一个应用的，请从同一个应用详情页复制。"),
        ),
        (
            "agent_get",
            48002,
            bad("企业微信应用", "企业微信拒绝了（错误码 48002），请核对应用的设置和权限。"),
        ),
    ],
)
async def test_what_wecom_refuses(tmp_path: Path, call: str, code: int, said: Finding):
    refusal = {"errcode": code, "errmsg": f"no, hint {SECRET}"}
    assert await app(tmp_path, calls(**{call: refusal})) == [said]


@pytest.mark.parametrize("call", ["gettoken", "agent_get"])
async def test_an_address_that_is_not_on_the_list(tmp_path: Path, call: str):
    refusal = {
        "errcode": 60020,
        "errmsg": "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more",
    }
    said = "请在应用详情页的“企业可信IP”里加上它。"
    assert await app(tmp_path, calls(**{call: refusal})) == [
        bad("企业可信IP", f"企业微信不接受来自 203.0.113.7 的请求，{said}")
    ]
    assert await app(tmp_path, calls(**{call: {"errcode": 60020, "errmsg": "no"}})) == [
        bad("企业可信IP", f"企业微信不接受来自 本机的出口 IP 的请求，{said}")
    ]


async def test_an_address_where_no_wecom_is(tmp_path: Path):
    odd = "X 回应异常（404），请核对 KAOHE_WECOM_BASE_URL。"
    assert await app(tmp_path, calls(gettoken=None)) == [bad("企业微信应用", odd)]
    assert await app(tmp_path, calls(gettoken={"hello": 1})) == [
        bad("企业微信应用", odd.replace("404", "200"))
    ]
    site = site_of(tmp_path, **APP, KAOHE_WECOM_BASE_URL="http://127.0.0.1:9")
    assert await wecom.examine_app(site) == [
        bad(
            "企业微信应用",
            "http://127.0.0.1:9 连不上（ClientConnectorError），请检查地址和网络。",
        )
    ]


async def test_wecoms_clock_and_ours(tmp_path: Path):
    late = web.json_response(TOKEN, headers={"Date": "Tue, 03 Nov 2020 02:00:00 GMT"})
    found = await app(tmp_path, {**calls(), "/cgi-bin/gettoken": late})
    assert (found[0].level, found[0].what, found[0].said[:5]) == ("不行", "系统时间", "与企业微信")


async def test_settings_that_are_wrong_are_not_tried(tmp_path: Path):
    site = site_of(
        tmp_path, **APP | BOT | ROBOTS, KAOHE_WECOM_BASE_URL="x", KAOHE_WECOM_BOT_URL="x"
    )
    assert await wecom.examine_app(site) == [note("企业微信应用", "没有检查：设置有误。")]
    assert await wecom_bot.examine_bot(site) == [note("企业微信机器人", "没有检查：设置有误。")]
    assert await wecom_bot.examine_robots(site) == [note("企业微信群", "没有检查：设置有误。")]


# ---------------------------------------------------------------- the app as it is set up


async def test_an_app_that_is_switched_off(tmp_path: Path):
    found = await app(tmp_path, calls(agent_get=AGENT | {"close": 1, "isreportenter": 0}))
    assert found[:2] == [
        bad("企业微信应用", "应用已停用，请在管理后台启用。"),
        note(
            "应用事件",
            "没有勾选“进入应用”，第一次打开时不会主动问好，请在“接收消息”里勾上。",
        ),
    ]


async def test_a_menu_that_is_not_made_yet(tmp_path: Path):
    found = await app(tmp_path, calls(menu_get={"errcode": 46003}))
    said = "还没有，程序启动时会建立；启动后仍没有的，请看日志。"
    assert found[-1] == note("应用菜单", said)


async def test_cards_that_are_refused_here(tmp_path: Path, database: Database):
    with database.begin() as connection:
        marks.hold(connection, wecom.CARDS_MARK, now=NOW)
        marks.set_mark(connection, wecom.CARDS_MARK, "textcard", now=NOW)
    assert (await app(tmp_path, calls(), database))[-1] == note(
        "模板卡片",
        "这里的企业微信不收模板卡片，已自动改用链接或编号文字，照常可用；升级后会自动再试。",
    )


@pytest.mark.parametrize(
    ("agent", "variables", "said"),
    [
        ({}, {}, good("可信域名", "zw.example，上传材料时不用登录")),
        ({"redirect_domain": "old.example"}, {}, note("可信域名", "现在是old.example，")),
        ({"redirect_domain": ""}, {}, note("可信域名", "现在是空的，")),
        ({"redirect_domain": None}, {}, note("可信域名", "现在是空的，")),
        ({"redirect_domain": ...}, {}, note("可信域名", "从这里查不到，")),
    ],
)
async def test_the_domain_for_silent_login(
    tmp_path: Path, agent: dict[str, object], variables: dict[str, str], said: Finding
):
    login = {"KAOHE_WECOM_LOGIN_URL": "https://wecom.example/authorize"}
    agent = {name: value for name, value in (AGENT | agent).items() if value is not ...}
    found = await app(
        tmp_path, calls(agent_get=agent), KAOHE_PUBLIC_URL="https://zw.example/k", **login
    )
    remedy = (
        "请在应用详情页“网页授权及JS-SDK”里设为 zw.example，"
        "并把 WW_verify 开头的文件放到网站根目录，否则打不开上传材料的页面；"
        "设不了的，请设 KAOHE_WECOM_LOGIN_URL=off。"
    )
    words = said.said + (remedy if said.level == "注意" else "")
    assert found[2] == Finding(said.level, said.what, words)


@pytest.mark.parametrize("login", ["", "off"])
async def test_a_deployment_without_silent_login(tmp_path: Path, login: str):
    given = {"KAOHE_PUBLIC_URL": "https://zw.example", "KAOHE_WECOM_LOGIN_URL": login}
    found = await app(tmp_path, calls(), **given)
    said = "不用设：没有启用免登录，上传材料用 30 分钟有效的链接"
    assert found[2] == good("可信域名", said)


# ---------------------------------------------------------------- whom it reaches


async def test_a_scope_with_nobody_in_it(tmp_path: Path):
    empty = AGENT | {"allow_userinfos": {}, "allow_partys": {"partyid": []}, "allow_tags": None}
    found = await app(tmp_path, calls(agent_get=empty))
    said = "是空的，谁也收不到，请在应用详情页加上要用的部门或人员。"
    assert found[1] == bad("可见范围", said)


async def test_a_scope_that_is_not_told(tmp_path: Path):
    found = await app(tmp_path, calls(agent_get={"errcode": 0, "name": "考核"}))
    assert found[1] == note("可见范围", "查不到，请在应用详情页确认要用的人都在内。")


async def listed(request: web.Request) -> web.StreamResponse:
    """3 is 李四's department, tag 7 has 王五 and department 4, where 赵六 is."""
    assert request.query["access_token"] == "tok-tok-tok"
    assert request.query["fetch_child"] == "1"
    users = {"3": [{"userid": "LiSi"}], "4": [{"userid": "ZhaoLiu"}]}
    found = users[request.query["department_id"]]
    return web.json_response({"errcode": 0, "userlist": found})


TAGGED = {"errcode": 0, "userlist": [{"userid": "WangWu"}], "partylist": [4]}


async def test_who_is_bound_and_outside_is_counted_never_named(tmp_path: Path, database: Database):
    answers = {**calls(tag_get=TAGGED), "/cgi-bin/user/simplelist": listed}
    bind(database, "zhangsan", "lisi", "wangwu", "zhaoliu")
    bind(database, "someone-else", channel="wecom_bot")
    scope = "1 人、1 个部门、1 个标签"
    assert (await app(tmp_path, answers, database))[1] == good(
        "可见范围", f"{scope}；已绑定的 4 人都在内"
    )
    bind(database, "sunqi", "zhouba")
    assert (await app(tmp_path, answers, database))[1] == note(
        "可见范围", f"{scope}；已绑定的 6 人中有 2 人不在内，收不到消息，请在应用详情页补上。"
    )
    with database.begin() as connection:
        [gone] = people.persons_named(connection, "人sunqi")
        people.remove_person(connection, gone.id, now=NOW)
    found = await app(tmp_path, answers, database)
    assert "5 人中有 1 人" in found[1].said


@pytest.mark.parametrize("why", ["refused", "missing", "many"])
async def test_a_scope_that_can_not_be_looked_into(tmp_path: Path, database: Database, why: str):
    bind(database, "zhangsan", "sunqi")
    agent, more = dict(AGENT), dict[str, object]()
    if why == "refused":
        more["tag_get"] = {"errcode": 60011}
    elif why == "many":
        agent = AGENT | {"allow_partys": {"partyid": list(range(40))}}
        more["tag_get"] = TAGGED
    found = await app(tmp_path, calls(agent_get=agent, **more), database)
    assert (found[1].level, found[1].said.partition("；")[2]) == (
        "注意", "没能逐人核对，请确认已绑定的 2 人都在内。",
    )  # fmt: skip


# ---------------------------------------------------------------- whether it reaches us


def echo(
    answer: Callable[[str], Awaitable[web.StreamResponse]], *, token: str = "QDG6eK"
) -> Answering:
    """Our own address as it answers WeCom's question, with `answer` to what was decrypted."""

    async def check(request: web.Request) -> web.StreamResponse:
        cipher = Cipher(token=token, aes_key=AES_KEY, receiver="ww1234567890abcdef")
        query = request.query
        told = cipher.open(
            signature=query["msg_signature"],
            timestamp=query["timestamp"],
            nonce=query["nonce"],
            encrypted=query["echostr"],
        )
        assert abs(float(query["timestamp"]) - datetime.now(UTC).timestamp()) < 30
        return await answer(told)

    return check


async def same(told: str) -> web.Response:
    return web.Response(text=told)


async def line_added(told: str) -> web.Response:
    return web.Response(text=f"{told}\n")


async def forbidden(told: str) -> web.Response:
    return web.Response(status=403)


async def away(told: str) -> web.Response:
    return web.Response(status=503)


async def elsewhere(told: str) -> web.Response:
    return web.Response(status=404)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            same,
            good(
                "接收消息",
                "X/k/wecom 从本机验证通过；从外面是否打得开，以在管理后台“接收消息”里保存成功为准",
            ),
        ),
        (
            line_added,
            bad(
                "接收消息",
                "X/k/wecom 验证不通过：反向代理改动了内容，请让它原样转发（包括问号后面的部分）。",
            ),
        ),
        (
            forbidden,
            bad(
                "接收消息",
                "X/k/wecom 不认这里的签名：运行中的程序用的 Token、EncodingAESKey 或企业ID"
                "与这里的不同，请重新启动程序。",
            ),
        ),
        (
            away,
            bad(
                "接收消息",
                "X/k/wecom 暂时不收：程序正在启动，或数据库不可用，请过一会再查。",
            ),
        ),
        (
            elsewhere,
            bad(
                "接收消息",
                "X/k/wecom 打开的不是本程序（404），请让反向代理把这个路径原样转给本程序。",
            ),
        ),
    ],
)
async def test_our_own_address_asked_as_wecom_asks_it(
    tmp_path: Path, answer: Callable[[str], Awaitable[web.Response]], said: Finding
):
    answers: dict[str, web.Response | Answering] = {"/k/wecom": echo(answer)}
    async with wecom_site(tmp_path, answers) as (site, url):
        site = site_of(tmp_path, **APP, KAOHE_WECOM_BASE_URL=url, KAOHE_PUBLIC_URL=f"{url}/k")
        stopped = await wecom.examine_app(site)
        site.serving = True
        found = await wecom.examine_app(site)
    assert stopped[-1] == note("接收消息", f"{url}/k/wecom 没有检查：程序没有在运行。")
    assert found[-1] == Finding(said.level, said.what, said.said.replace("X", url))


async def test_an_answer_that_takes_too_long_for_wecom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(wecom, "CHECK_SECONDS", 0.0)
    async with answering({"/wecom": echo(same)}) as url:
        site = site_of(tmp_path, **APP, KAOHE_WECOM_BASE_URL=url, KAOHE_PUBLIC_URL=url)
        site.serving = True
        found = await wecom.examine_app(site)
    assert (found[-1].level, found[-1].said) == (
        "注意",
        f"{url}/wecom 验证通过，但用了 0.0 秒，企业微信只等 1 秒，请查反向代理。",
    )


# ---------------------------------------------------------------- the bot and the robots


@asynccontextmanager
async def connection_offered(folder: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """A wss server of our own authority; all that was said to it."""
    heard: list[str] = []

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        heard.extend([message.data async for message in socket])
        return socket

    application = web.Application()
    application.router.add_get("/", talk)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.for_server(folder)).start()
    yield f"wss://127.0.0.1:{runner.addresses[0][1]}", heard
    await runner.cleanup()


NO_LOGIN = "没有登录（登录会挤掉正在运行的程序），Bot ID 和 Secret 对不对由运行中的程序来说"


async def test_the_bot_is_connected_to_and_nothing_is_said(tmp_path: Path, database: Database):
    async with connection_offered(tmp_path) as (url, heard):
        given = {**BOT, "KAOHE_WECOM_BOT_URL": url}
        trusting = given | {"KAOHE_CA_BUNDLE": str(authority.written(tmp_path))}
        site = site_of(tmp_path, database, **trusting)
        well = good("企业微信机器人", f"{url} 连得上，证书可信；{NO_LOGIN}")
        assert await wecom_bot.examine_bot(site) == [well]
        site.serving = True
        assert await wecom_bot.examine_bot(site) == [
            well,
            note(
                "企业微信机器人",
                "程序在运行，但没有在接收机器人的消息，"
                "请看日志；另有程序在用同一个机器人的，请停掉它。",
            ),
        ]
        now = datetime.now(UTC)
        with database.begin() as connection:
            leases.take(
                connection, name="channel:wecom_bot", holder=worker_name(), now=now,
                until=now + timedelta(minutes=5),
            )  # fmt: skip
        assert await wecom_bot.examine_bot(site) == [well]
        assert await wecom_bot.examine_bot(site_of(tmp_path, **given)) == [
            bad(
                "企业微信机器人",
                f"{url} 证书不被信任，请核对地址；内部证书请设置 KAOHE_CA_BUNDLE。",
            )
        ]
    assert heard == []


async def test_a_bots_address_where_something_else_is(tmp_path: Path):
    async with answering({}) as url:
        address = url.replace("http", "ws")
        site = site_of(tmp_path, **BOT, KAOHE_WECOM_BOT_URL=address)
        assert await wecom_bot.examine_bot(site) == [
            bad(
                "企业微信机器人",
                f"{address} 不是长连接的地址（404），请核对 KAOHE_WECOM_BOT_URL。",
            )
        ]
    [found] = await wecom_bot.examine_bot(site)
    assert (found.level, found.said.startswith(f"{address} 连不上")) == ("不行", True)


async def test_robots_are_named_and_say_nothing(tmp_path: Path):
    async with answering({}) as url:
        site = site_of(tmp_path, **ROBOTS, KAOHE_WECOM_BASE_URL=url)
        assert await wecom_bot.examine_robots(site) == [
            good("企业微信群", f"大厅、主任，{url} 连得上；没有试发")
        ]
    [found] = await wecom_bot.examine_robots(site)
    assert (found.level, found.said.startswith(f"{url} 连不上")) == ("不行", True)


def test_groups_that_get_nothing(tmp_path: Path, database: Database):
    with database.begin() as connection:
        admin = people.add_person(connection, name="王芳", now=NOW)
        for name in ("大厅", "旧群"):
            group = groups.join(
                connection, channel="wecom_robot", external_id=name, title=name,
                added_by=None, now=NOW,
            )  # fmt: skip
            assert group is not None
            groups.decide(
                connection, group.account_id, state=groups.CONFIRMED, person_id=admin, now=NOW
            )
    site = site_of(tmp_path, database, **ROBOTS)
    with database.read() as connection:
        assert list(wecom_bot.examine_groups(site, connection)) == [
            note(
                "企业微信群",
                "旧群登记着，但 KAOHE_WECOM_ROBOTS 里没有，收不到结果，请补上，或取消登记。",
            ),
            note("企业微信群", "主任还没有登记，收不到结果，请管理员在“管理 - 群”里登记。"),
        ]
        assert list(wecom_bot.examine_groups(site_of(tmp_path), connection)) == []


# ---------------------------------------------------------------- what the program knows


async def test_what_the_running_program_says_of_its_messengers(tmp_path: Path):
    lines = (
        "refused: 企业微信不认机器人的 Secret，请核对 KAOHE_WECOM_BOT_SECRET。\n"
        "deaf: telegram: no answer for 90 s\noutbox: a message waits for 400 s\n"
    )
    async with answering({"/readyz": web.Response(status=503, text=lines)}) as url:
        port = url.rpartition(":")[2]
        site = site_of(tmp_path, KAOHE_HTTP_PORT=port)
        assert await network.examine_serving(site) == []
        site.serving = True
        assert await network.examine_serving(site) == [
            bad("运行中的程序", "企业微信不认机器人的 Secret，请核对 KAOHE_WECOM_BOT_SECRET。"),
            bad("运行中的程序", "Telegram已有一会儿收不到消息，请检查网络和设置。"),
        ]
    [found] = await network.examine_serving(site)
    assert (found.level, found.what) == ("不行", "运行中的程序")
