"""Who gets in, how long, and what strangers and other sites are told."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from storage.models import web_session
from tests.bot.webchat.house import JOIN_CODE, Page

CLOSED = ("api/me", "api/menu", "api/messages", "api/live", "files/1/0", "assets/app.js")


def cookie_of(answer) -> tuple[str, dict[str, str | bool]]:
    """Name and attributes of the one cookie that was set."""
    [(name, cookie)] = answer.cookies.items()
    shown = ("path", "secure", "httponly", "samesite", "max-age")
    return name, {key: cookie[key] for key in shown}


def sessions(house) -> list[tuple[str, bool]]:
    with house.database.read() as connection:
        rows = connection.execute(
            select(web_session.c.digest, web_session.c.ended_at).order_by(
                web_session.c.created_at, web_session.c.ended_at.is_(None)
            )
        )
        return [(digest, ended is None) for digest, ended in rows]


async def test_strangers_get_the_login_page_and_nothing_else(house, visit):
    page = visit(house)
    start = await page.get("")
    assert (start.status, start.headers["Location"]) == (303, "login")
    assert [(await page.get(path)).status for path in CLOSED] == [401] * len(CLOSED)
    posts = ("api/messages", "api/press", "api/logout", "api/uploads/check", "api/uploads")
    assert [(await page.post(path)).status for path in posts] == [401] * len(posts)
    own = ("login", "assets/base.css", "assets/login.css", "assets/login.js", "assets/markup.js")
    assert [(await page.get(path)).status for path in own] == [200] * len(own)
    assert house.received == []


async def test_a_code_opens_a_session_of_which_only_a_digest_is_kept(house, visit):
    page = visit(house)
    answer = await page.post("api/login", {"code": house.code("李敏")})
    assert (answer.status, await answer.json()) == (200, {})
    assert cookie_of(answer) == (
        "kaohe",
        {"path": "/", "secure": "", "httponly": True, "samesite": "Strict", "max-age": "2592000"},
    )
    token = answer.cookies["kaohe"].value
    assert len(token) >= 43  # 256 bits
    assert sessions(house) == [(hashlib.sha256(token.encode()).hexdigest(), True)]
    me = await (await page.get("api/me")).json()
    assert (me["account"], me["name"], me["zone"]) == (
        house.account("李敏"),
        "李敏",
        "Asia/Shanghai",
    )
    start = await page.get("")
    assert (start.status, start.headers["Cache-Control"]) == (200, "no-store")


async def test_a_wrong_code_is_answered_with_its_words(house, visit):
    answer = await visit(house).post("api/login", {"code": "guess"})
    assert (answer.status, await answer.json()) == (
        422,
        {"error": "invite.unknown", "words": "<b>invite.unknown</b>"},
    )
    assert (dict(answer.cookies), sessions(house)) == ({}, [])


async def test_a_departments_code_comes_with_a_name(house, visit):
    page = visit(house)
    answer = await page.post("api/login", {"code": JOIN_CODE})
    assert (answer.status, (await answer.json())["error"]) == (422, "linking.name_wanted")
    answer = await page.post("api/login", {"code": JOIN_CODE, "name": "陆小路"})
    assert answer.status == 200
    me = await (await page.get("api/me")).json()
    assert me["name"] == "陆小路"
    answer = await page.post("api/login", {"code": JOIN_CODE, "name": 7})
    assert answer.status == 400
    assert [each.account_id for each in house.knocks] == [None, None]


async def test_who_is_logged_in_says_so_with_the_code(house, visit):
    page = await visit(house).log_in("李敏")
    await page.post("api/login", {"code": "guess"})
    assert [(each.code, each.account_id) for each in house.knocks][-1] == (
        "guess",
        house.account("李敏"),
    )


@pytest.mark.parametrize("what", [{}, {"code": 7}, {"code": None}, []])
async def test_no_code_at_all(what, house, visit):
    page = visit(house)
    answer = await page.session.post(page.url("api/login"), json=what, headers=page.headers)
    assert answer.status == 400


async def test_a_cookie_set_before_the_login_is_worth_nothing_after_it(house, visit):
    """Session fixation: somebody else's token in the jar is replaced, and ended if it was one."""
    page = await visit(house).log_in("李敏")
    planted = page.token
    victim = visit(house)
    victim.plant(planted)
    await victim.log_in("王建国")
    assert victim.token != planted
    me = await (await victim.get("api/me")).json()
    assert me["name"] == "王建国"
    assert (await page.get("api/me")).status == 401
    assert sorted(standing for _, standing in sessions(house)) == [False, True]


async def test_logging_out_ends_the_session_not_only_the_cookie(house, visit):
    page = await visit(house).log_in("李敏")
    token = page.token
    assert (await page.post("api/logout")).status == 200
    assert list(page.session.cookie_jar) == []
    page.plant(token)
    assert (await page.get("api/me")).status == 401


@pytest.mark.parametrize("end", ["remove", "unlink"])
async def test_who_is_no_longer_with_us_is_out_at_once(end, house, li):
    assert (await li.get("api/me")).status == 200
    getattr(house, end)("李敏")
    assert [(await li.get(path)).status for path in CLOSED] == [401] * len(CLOSED)
    assert (await li.post("api/messages", {})).status == 401


async def test_a_session_that_is_used_lives_on_and_renews_its_cookie(house, li):
    assert dict((await li.get("api/me")).cookies) == {}
    for _ in range(3):
        house.later(days=20)
        answer = await li.get("api/me")
        assert (answer.status, cookie_of(answer)[0]) == (200, "kaohe")
    house.later(days=31)
    assert (await li.get("api/me")).status == 401


async def test_twelve_hours_for_the_office(house, visit):
    page = await visit(house).log_in("王建国", "evaluator")
    house.later(hours=11, minutes=59)
    assert (await page.get("api/me")).status == 200
    house.later(minutes=1)
    assert (await page.get("api/me")).status == 401


# ---------------------------------------------------------------- from which page

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "own", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", **SAME},
    ],
)
@pytest.mark.parametrize("path", ["api/messages", "api/press", "api/logout", "api/login"])
async def test_other_sites_change_nothing(headers, path, house, li):
    headers = {name: house.origin if value == "own" else value for name, value in headers.items()}
    assert (await li.post(path, {"code": "x"}, headers=headers)).status == 403
    upgrade = await li.session.get(
        li.url("api/live"),
        headers={**headers, "Upgrade": "websocket", "Connection": "Upgrade"},
    )
    assert upgrade.status == 403
    assert ((await li.get("api/me")).status, house.received) == (200, [])


@pytest.mark.parametrize(
    "headers", [SAME, {"Origin": "own"}, {"Origin": "own", **SAME}], ids=["site", "origin", "both"]
)
async def test_our_own_page_may(headers, house, li):
    headers = {name: house.origin if value == "own" else value for name, value in headers.items()}
    assert (await li.post("api/logout", headers=headers)).status == 200


async def test_a_form_cannot_speak_for_the_page(house, li):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await li.session.post(
            li.url("api/messages"), data=b"{}", headers={**li.headers, "Content-Type": kind}
        )
        assert answer.status == 415
    assert house.received == []


# ---------------------------------------------------------------- behind a public address


async def test_https_in_public(make_house, visit):
    house = await make_house(
        terms={"public_url": "https://kaohe.example"}, web={"public_url": "https://kaohe.example"}
    )
    page = visit(house)
    answer = await page.post(
        "api/login", {"code": house.code("李敏")}, headers={"Origin": "https://kaohe.example"}
    )
    name, attributes = cookie_of(answer)
    assert (name, attributes["secure"], attributes["path"]) == ("__Host-kaohe", True, "/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert (await page.get("api/me")).status == 200
    assert (await page.post("api/logout", headers={"Origin": "https://kaohe.example"})).cookies[
        "__Host-kaohe"
    ]["secure"] is True


@pytest.mark.parametrize("stripped", [False, True], ids=["whole path", "path stripped"])
async def test_under_a_path(stripped, make_house, visit):
    address = "https://centre.example/kaohe"
    house = await make_house(terms={"public_url": address}, web={"public_url": address})
    page: Page = visit(house, prefix="" if stripped else "/kaohe")
    origin = {"Origin": "https://centre.example"}
    answer = await page.post("api/login", {"code": house.code("李敏")}, headers=origin)
    name, attributes = cookie_of(answer)
    # a prefixed cookie name demands the path "/", which is not all ours
    assert (name, attributes["path"]) == ("__Secure-kaohe", "/kaohe")
    token = answer.cookies["__Secure-kaohe"].value
    page.scheme = {"Cookie": f"__Secure-kaohe={token}"}
    assert (await page.get("api/me")).status == 200
    html = await (await page.get("")).text()
    assert 'src="assets/app.js"' in html
    assert (await page.get("assets/app.js")).status == 200


async def test_the_path_without_its_slash(make_house, visit):
    house = await make_house(web={"public_url": "https://centre.example/kaohe"})
    answer = await visit(house).session.get(house.origin + "/kaohe", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (308, "/kaohe/")
