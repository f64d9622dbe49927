"""Who is who: silent login, the app's own data, members by id."""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from aiohttp import web
from yarl import URL

from tests.doubles.wecom.asked import Asked
from tests.doubles.wecom.world import Corp, Json, WecomError, bad

STATE = re.compile(r"[a-zA-Z0-9]{0,128}")
LOGIN_SECONDS = 300


def authorize(corp: Corp, asked: Asked) -> web.Response:
    """The page in the client that sends the member on with a code, and asks nothing. Who comes is
    said by the header X-Visitor, else by the test (`Corp.visitor`); anybody else is no member."""
    query = asked.query
    target, state = query.get("redirect_uri", ""), query.get("state", "")
    if query.get("appid") != corp.corp_id or query.get("response_type") != "code":
        return _page("参数错误")
    if query.get("scope") not in ("snsapi_base", "snsapi_privateinfo"):
        return _page("scope 参数错误")
    domain = corp.settings.trusted_domain
    if not target or (domain and urlsplit(target).netloc != domain):
        return _page("redirect_uri 需使用应用可信域名 50001")
    if not STATE.fullmatch(state):
        return _page("state 参数错误")
    if query.get("scope") == "snsapi_privateinfo" and query.get("agentid") != str(corp.agent_id):
        return _page("agentid 参数错误")
    visitor = asked.headers.get("X-Visitor") or corp.visitor
    if not visitor:
        return _page("请在企业微信客户端打开链接")
    code = secrets.token_urlsafe(32)
    corp.logins[code] = (visitor, corp.now() + LOGIN_SECONDS)
    return web.Response(
        status=302,
        headers={"Location": str(URL(target).update_query({"code": code, "state": state}))},
    )


def _page(words: str) -> web.Response:
    return web.Response(text=f"<html><body>{words}</body></html>", content_type="text/html")


def who(corp: Corp, asked: Asked) -> Json:
    """auth/getuserinfo; a code is good once, for five minutes."""
    userid = _of_code(corp, asked)
    member = corp.member(userid)
    if member is None or member.left:
        return {"errcode": 0, "errmsg": "ok", "openid": f"oAAAAA{userid}"}
    return {"errcode": 0, "errmsg": "ok", "userid": member.userid}


def who_formerly(corp: Corp, asked: Asked) -> Json:
    """The older user/getuserinfo."""
    userid = _of_code(corp, asked)
    member = corp.member(userid)
    if member is None or member.left:
        return {"errcode": 0, "errmsg": "ok", "OpenId": f"oAAAAA{userid}", "DeviceId": "d1"}
    return {"errcode": 0, "errmsg": "ok", "UserId": member.userid, "DeviceId": "d1"}


def _of_code(corp: Corp, asked: Asked) -> str:
    userid, until = corp.logins.pop(asked.query.get("code", ""), ("", 0.0))
    if not userid or corp.now() >= until:
        raise WecomError(40029, "invalid code")
    return userid


def agent(corp: Corp, asked: Asked) -> Json:
    if asked.query.get("agentid") != str(corp.agent_id):
        raise WecomError(301002, "not allow operate another agent")
    users = [{"userid": m.userid} for m in corp.members.values() if m.in_scope and not m.left]
    return {
        "errcode": 0, "errmsg": "ok", "agentid": corp.agent_id, "name": "季度考核助手",
        "square_logo_url": "", "description": "", "close": 0,
        "redirect_domain": corp.settings.trusted_domain, "report_location_flag": 0,
        "isreportenter": int(corp.settings.enters), "home_url": "",
        "allow_userinfos": {"user": users}, "allow_partys": {"partyid": []},
        "allow_tags": {"tagid": []},
    }  # fmt: skip


def user(corp: Corp, asked: Asked) -> Json:
    member = corp.member(asked.query.get("userid", ""))
    if member is None:
        raise WecomError(60111, "userid not found")
    if not member.in_scope:
        raise WecomError(60011, "no privilege to access/modify contact/party/agent")
    return {
        "errcode": 0, "errmsg": "ok", "userid": member.userid, "name": member.name,
        "department": [1], "position": "", "status": 5 if member.left else 1, "enable": 1,
        "main_department": 1, "alias": "",
    }  # fmt: skip


def plain_ids(corp: Corp, asked: Asked) -> Json:
    """Ids that are plain already come back as invalid, and so does who is out of scope."""
    given = asked.json().get("open_userid_list")
    if not isinstance(given, list) or not 0 < len(given) <= 1000:
        raise bad("open_userid_list")
    known = {m.openid: m.userid for m in corp.members.values() if m.in_scope and not m.left}
    return {
        "errcode": 0, "errmsg": "ok",
        "userid_list": [
            {"open_userid": each, "userid": known[each]} for each in given if each in known
        ],
        "invalid_open_userid_list": [each for each in given if each not in known],
    }  # fmt: skip


def callback_addresses(corp: Corp, asked: Asked) -> Json:
    return {"errcode": 0, "errmsg": "ok", "ip_list": ["127.0.0.1"]}
