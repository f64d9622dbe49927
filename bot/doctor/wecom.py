"""The self-built app at WeCom: whether it lets us in, whom it reaches, and whether it reaches us.

Asks only, and sends nobody anything. What is refused is said with the page of the admin console
where it is mended; of people there are numbers, never names. Fields that a deployment leaves out
of its answers are said not to have been looked at.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from bot.addresses import is_loopback_url
from bot.channels.wecom_app.settings import CALLBACK_PATH, WecomAppSettings
from bot.config import Config
from bot.doctor.asking import SECONDS, Answer, NotReached, clocks, get
from bot.doctor.findings import Finding, Site, bad, good, note
from bot.wecom.crypto import Cipher
from storage import inspection, marks

APP: Final = "企业微信应用"
CARDS_MARK: Final = "wecom_app.cards"
CHECK_SECONDS: Final = 1.0  # in which WeCom wants its question on the address answered
MOST_LISTS: Final = 30  # departments and tags of a scope that are looked into
_ADDRESS = re.compile(r"from ip: ([0-9A-Fa-f.:]{2,45})")
_BUSY: Final = frozenset({-1, 45009, 45033})
_NOT_ALLOWED: Final = 60020
_REFUSALS: Final = {
    40013: "企业ID不对，请从管理后台“我的企业”页底部复制到 KAOHE_WECOM_CORP_ID。",
    40001: "Secret 不对，请从应用详情页复制到 KAOHE_WECOM_SECRET（换过的，旧的随即失效）。",
    40091: "Secret 不对，请从应用详情页复制到 KAOHE_WECOM_SECRET（换过的，旧的随即失效）。",
    40056: "AgentId 不对，请从应用详情页复制到 KAOHE_WECOM_AGENT_ID。",
    41011: "AgentId 不对，请从应用详情页复制到 KAOHE_WECOM_AGENT_ID。",
    301002: "AgentId 和 Secret 不是同一个应用的，请从同一个应用详情页复制。",
    50003: "应用已停用，请在管理后台启用。",
}


class _Refused(Exception):
    """Nothing more can be asked; carries the line that says so."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.said)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class _Api:
    config: Config
    settings: WecomAppSettings
    token: str = field(default="", repr=False)

    @property
    def where(self) -> str:
        parts = urlsplit(self.settings.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    async def ask(self, call: str, **given: str) -> Answer:
        """An answer whose errcode is 0. Raises _Refused, NotReached."""
        answer = await self.look(call, **given)
        code = answer.payload.get("errcode")
        if answer.status != 200 or not isinstance(code, int):
            said = f"{self.where} 回应异常（{answer.status}），请核对 KAOHE_WECOM_BASE_URL。"
            raise _Refused(bad(APP, said))
        if code == _NOT_ALLOWED:
            raise _Refused(_not_allowed(str(answer.payload.get("errmsg"))))
        if code in _BUSY:
            raise _Refused(note(APP, f"企业微信正忙（错误码 {code}），请过几分钟再查。"))
        if code:
            said = _REFUSALS.get(
                code, f"企业微信拒绝了（错误码 {code}），请核对应用的设置和权限。"
            )
            raise _Refused(bad(APP, said))
        return answer

    async def look(self, call: str, **given: str) -> Answer:
        """Whatever the answer is. Raises NotReached."""
        query = given | ({"access_token": self.token} if self.token else {})
        url = f"{self.settings.base_url}/cgi-bin/{call}?{urlencode(query, quote_via=quote)}"
        return await get(self.config, url)


def _not_allowed(said: str) -> Finding:
    seen = _ADDRESS.search(said)
    address = seen[1] if seen else "本机的出口 IP"
    return bad(
        "企业可信IP",
        f"企业微信不接受来自 {address} 的请求，请在应用详情页的“企业可信IP”里加上它。",
    )


async def examine_app(site: Site) -> list[Finding]:
    settings = site.config.wecom_app
    if settings is None:
        return []
    if any(settings.faults()):
        return [note(APP, "没有检查：设置有误。")]
    asked, heard = await asyncio.gather(_asked(site, settings), _heard(site, settings))
    return [*asked, *heard, *await _learnt(site)]


async def _asked(site: Site, settings: WecomAppSettings) -> list[Finding]:
    api = _Api(site.config, settings)
    found: list[Finding] = []
    try:
        answer = await api.ask(
            "gettoken", corpid=settings.corp_id, corpsecret=settings.secret.reveal()
        )
        found += clocks(site, answer.date, whose="企业微信")
        api = _Api(site.config, settings, str(answer.payload.get("access_token") or ""))
        agent = (await api.ask("agent/get", agentid=settings.agent_id)).payload
        found += _agent(api, agent)
        found += await _scope(site, api, agent)
        found += _trusted_domain(site, settings, agent)
        found.append(await _menu(api))
    except _Refused as refused:
        found.append(refused.finding)
    except NotReached as error:
        found.append(bad(APP, f"{api.where} {error}。"))
    return found


def _agent(api: _Api, agent: Mapping[str, Any]) -> Iterator[Finding]:
    if agent.get("close") == 1:
        yield bad(APP, _REFUSALS[50003])
    else:
        name = str(agent.get("name") or api.settings.agent_id)
        yield good(APP, f"“{name}”，{api.where}，企业ID、Secret、AgentId 有效")
    if agent.get("isreportenter") == 0:
        said = "没有勾选“进入应用”，第一次打开时不会主动问好，请在“接收消息”里勾上。"
        yield note("应用事件", said)


# ---------------------------------------------------------------- whom it reaches


async def _scope(site: Site, api: _Api, agent: Mapping[str, Any]) -> list[Finding]:
    what = "可见范围"
    users = _listed(agent, "allow_userinfos", "user")
    parties = _listed(agent, "allow_partys", "partyid")
    tags = _listed(agent, "allow_tags", "tagid")
    if "allow_userinfos" not in agent and "allow_partys" not in agent:
        return [note(what, "查不到，请在应用详情页确认要用的人都在内。")]
    if not users and not parties and not tags:
        return [bad(what, "是空的，谁也收不到，请在应用详情页加上要用的部门或人员。")]
    said = f"{len(users)} 人、{len(parties)} 个部门、{len(tags)} 个标签"
    bound = await _bound(site)
    if not bound:
        return [good(what, f"{said}；还没有人绑定")]
    reached = _userids(users)
    if bound - reached:
        listed = await _members(api, parties, tags)
        if listed is None:
            return [note(what, f"{said}；没能逐人核对，请确认已绑定的 {len(bound)} 人都在内。")]
        reached |= listed
    outside = len(bound - reached)
    if outside:
        lost = f"{said}；已绑定的 {len(bound)} 人中有 {outside} 人不在内，收不到消息"
        return [note(what, f"{lost}，请在应用详情页补上。")]
    return [good(what, f"{said}；已绑定的 {len(bound)} 人都在内")]


async def _bound(site: Site) -> set[str]:
    database = site.database
    if database is None:
        return set()

    def look() -> set[str]:
        with database.read() as connection:
            return set(inspection.linked_addresses(connection, "wecom_app"))

    return await asyncio.to_thread(look)


async def _members(api: _Api, parties: list[Any], tags: list[Any]) -> set[str] | None:
    """Those of these departments and tags; None where not all could be had in time."""
    try:
        async with asyncio.timeout(SECONDS):
            tagged = await _all_of(api, "tag/get", "tagid", tags)
            more = [each for answer in tagged for each in _listed(answer, "partylist")]
            listed = await _all_of(
                api, "user/simplelist", "department_id", [*parties, *more], fetch_child="1"
            )
    except (_Refused, NotReached, TimeoutError):
        return None
    return _userids(each for answer in (*tagged, *listed) for each in _listed(answer, "userlist"))


async def _all_of(
    api: _Api, call: str, by: str, ids: list[Any], **more: str
) -> list[Mapping[str, Any]]:
    """Raises _Refused, NotReached, TimeoutError."""
    if len(ids) > MOST_LISTS:
        raise TimeoutError
    answers = await asyncio.gather(*(api.ask(call, **{by: str(each)}, **more) for each in ids))
    return [answer.payload for answer in answers]


def _listed(found: Mapping[str, Any], *path: str) -> list[Any]:
    """The list at this place of an answer; an empty one where there is something else."""
    inner: Any = found
    for name in path:
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return inner if isinstance(inner, list) else []


def _userids(users: Iterable[Any]) -> set[str]:
    """As the channel writes them."""
    return {str(each.get("userid")).lower() for each in users if isinstance(each, Mapping)}


# ---------------------------------------------------------------- what else is set up there


def _trusted_domain(
    site: Site, settings: WecomAppSettings, agent: Mapping[str, Any]
) -> Iterator[Finding]:
    """Of use for silent login alone, which only the client in people's hands can try."""
    what, url = "可信域名", site.config.http.public_url
    if url is None or is_loopback_url(url):
        return
    if not settings.login_page:
        yield good(what, "不用设：没有启用免登录，上传材料用 30 分钟有效的链接")
        return
    wanted = urlsplit(url).netloc
    remedy = (
        f"请在应用详情页“网页授权及JS-SDK”里设为 {wanted}，"
        "并把 WW_verify 开头的文件放到网站根目录，否则打不开上传材料的页面；"
        "设不了的，请设 KAOHE_WECOM_LOGIN_URL=off。"
    )
    if "redirect_domain" not in agent:
        yield note(what, f"从这里查不到，{remedy}")
    elif str(agent["redirect_domain"]).lower() != wanted.lower():
        given = agent["redirect_domain"] or "空的"
        yield note(what, f"现在是{given}，{remedy}")
    else:
        yield good(what, f"{wanted}，上传材料时不用登录")


async def _menu(api: _Api) -> Finding:
    answer = await api.look("menu/get", agentid=api.settings.agent_id)
    buttons = _listed(answer.payload, "button")
    if not buttons:
        return note("应用菜单", "还没有，程序启动时会建立；启动后仍没有的，请看日志。")
    return good("应用菜单", f"有 {len(buttons)} 栏")


async def _learnt(site: Site) -> list[Finding]:
    """What the program has found out by itself and remembers."""
    database = site.database
    if database is None:
        return []

    def look() -> str:
        with database.read() as connection:
            return marks.read(connection, CARDS_MARK)

    if not await asyncio.to_thread(look):
        return []
    said = "这里的企业微信不收模板卡片，已自动改用链接或编号文字，照常可用；升级后会自动再试。"
    return [note("模板卡片", said)]


# ---------------------------------------------------------------- whether it reaches us


async def _heard(site: Site, settings: WecomAppSettings) -> list[Finding]:
    """Our own address is asked as WeCom asks it when the address is entered."""
    what, public = "接收消息", site.config.http.public_url
    if public is None:
        return []  # said among the settings
    url = f"{public}{CALLBACK_PATH}"
    if not site.serving:
        return [note(what, f"{url} 没有检查：程序没有在运行。")]
    cipher = Cipher(
        token=settings.token.reveal(),
        aes_key=settings.aes_key.reveal(),
        receiver=settings.corp_id,
    )
    word = secrets.token_hex(8)
    moment = str(int(site.clock.wall().timestamp()))
    sealed = cipher.seal(word, timestamp=moment, nonce=secrets.token_hex(8))
    query = {
        "msg_signature": sealed.signature,
        "timestamp": sealed.timestamp,
        "nonce": sealed.nonce,
        "echostr": sealed.encrypted,
    }
    began = monotonic()
    try:
        answer = await get(site.config, f"{url}?{urlencode(query)}", proxied=False)
    except NotReached as error:
        return [bad(what, f"{url} {error}。")]
    return [_echo(what, url, answer, word=word, took=monotonic() - began)]


def _echo(what: str, url: str, answer: Answer, *, word: str, took: float) -> Finding:
    if answer.status in (401, 403):
        said = "运行中的程序用的 Token、EncodingAESKey 或企业ID与这里的不同，请重新启动程序"
        return bad(what, f"{url} 不认这里的签名：{said}。")
    if answer.status == 503:
        return bad(what, f"{url} 暂时不收：程序正在启动，或数据库不可用，请过一会再查。")
    if answer.status != 200:
        said = "请让反向代理把这个路径原样转给本程序"
        return bad(what, f"{url} 打开的不是本程序（{answer.status}），{said}。")
    if answer.text != word:
        said = "反向代理改动了内容，请让它原样转发（包括问号后面的部分）"
        return bad(what, f"{url} 验证不通过：{said}。")
    if took > CHECK_SECONDS:
        return note(
            what, f"{url} 验证通过，但用了 {took:.1f} 秒，企业微信只等 1 秒，请查反向代理。"
        )
    outside = "从外面是否打得开，以在管理后台“接收消息”里保存成功为准"
    return good(what, f"{url} 从本机验证通过；{outside}")
