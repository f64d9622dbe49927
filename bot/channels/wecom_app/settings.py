"""What an operator can set for the self-built app (KAOHE_WECOM_*), and which values are wrong.

Without a CorpID the channel does not exist and no WeCom host is ever contacted for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bot.addresses import is_loopback_url, url_fault
from bot.secret import Secret
from bot.wecom import addresses

CALLBACK_PATH: Final = "/wecom"
LOGIN_PATH: Final = "/wecom/in"
OFF: Final = "off"
_CORP = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AGENT = re.compile(r"[1-9]\d{0,14}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class WecomAppSettings:
    """`base_url` is that of a private deployment, and `login_url` its page for silent login, if
    it has one; on the public service both are known. A `login_url` of "off": nobody is sent there,
    since it works only once the console knows the domain of our pages. `rate`: messages a minute
    to one person; WeCom drops without a word what is above 30."""

    corp_id: str
    agent_id: str
    secret: Secret
    token: Secret
    aes_key: Secret
    base_url: str = addresses.API
    login_url: str = ""
    rate: float = 25.0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Each wrong field with the rest of a sentence that begins with the variable's name."""
        if not _CORP.fullmatch(self.corp_id):
            yield "corp_id", "不是企业ID的样子，请从管理后台“我的企业”页底部复制。"
        if not _AGENT.fullmatch(self.agent_id):
            yield "agent_id", "应是应用详情页上的 AgentId（一串数字），请改正。"
        if not _TOKEN.fullmatch(self.token.reveal()):
            yield "token", "应是“接收消息”页上的 Token（字母和数字，最多32位），请改正。"
        if not _AES_KEY.fullmatch(self.aes_key.reveal()):
            yield "aes_key", "应是“接收消息”页上的 EncodingAESKey（43位字母和数字），请改正。"
        if fault := url_fault(self.base_url, https_off_loopback=False):
            yield "base_url", fault
        if self.login_url not in ("", OFF):
            fault = url_fault(self.login_url, https_off_loopback=True)
            if fault:
                yield "login_url", fault
        if not 1 <= self.rate <= 1000:
            yield "rate", "应是 1 至 1000 的数（每人每分钟条数），请改正。"

    def on_loopback(self) -> bool:
        return is_loopback_url(self.base_url)

    @property
    def login_page(self) -> str:
        """Where somebody in WeCom is sent to say who they are; '' if that is not known."""
        if self.login_url:
            return "" if self.login_url == OFF else self.login_url
        return addresses.LOGIN if self.base_url == addresses.API else ""

    def login_address(self, public_url: str) -> str:
        """Where somebody in WeCom is sent to come to our page with a code that says who they are;
        `{state}` in it stands for what the page is for. '' where that can't be."""
        if not self.login_page or not public_url:
            return ""
        back = quote(public_url.rstrip("/") + LOGIN_PATH, safe="")
        return (
            f"{self.login_page}?appid={self.corp_id}&redirect_uri={back}&response_type=code"
            f"&scope=snsapi_base&state={{state}}&agentid={self.agent_id}#wechat_redirect"
        )
