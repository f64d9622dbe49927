"""The calls there are, by path after /cgi-bin/: the HTTP method and what is done."""

from __future__ import annotations

from collections.abc import Callable

from tests.doubles.wecom import directory, media, menu, robots, sending
from tests.doubles.wecom.asked import Asked
from tests.doubles.wecom.world import Corp, Json, WecomError


def gettoken(corp: Corp, asked: Asked) -> Json:
    """The same token again while it is good, as the older documentation says."""
    if asked.query.get("corpid") != corp.corp_id:
        raise WecomError(40013, "invalid corpid")
    secret = asked.query.get("corpsecret", "")
    if not secret:
        raise WecomError(41004, "corpsecret missing")
    if secret != corp.secret:
        # one that has the form of a secret is taken for another enterprise's
        raise WecomError(40091 if len(secret) == len(corp.secret) else 40001, "invalid secret")
    now = corp.now()
    good = [(token, until) for token, until in corp.tokens.items() if until > now]
    token, until = good[-1] if good else (corp.new_token(), now + corp.settings.token_seconds)
    return {
        "errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": int(until - now)
    }  # fmt: skip


METHODS: dict[str, tuple[str, Callable[[Corp, Asked], Json]]] = {
    "gettoken": ("GET", gettoken),
    "message/send": ("POST", sending.send),
    "message/recall": ("POST", sending.recall),
    "message/update_template_card": ("POST", sending.update_card),
    "media/upload": ("POST", media.upload),
    "media/uploadimg": ("POST", media.uploadimg),
    "menu/create": ("POST", menu.create),
    "menu/get": ("GET", menu.get),
    "menu/delete": ("GET", menu.delete),
    "auth/getuserinfo": ("GET", directory.who),
    "user/getuserinfo": ("GET", directory.who_formerly),
    "user/get": ("GET", directory.user),
    "agent/get": ("GET", directory.agent),
    "getcallbackip": ("GET", directory.callback_addresses),
    "get_api_domain_ip": ("GET", directory.callback_addresses),
    "batch/openuserid_to_userid": ("POST", directory.plain_ids),
    "webhook/send": ("POST", robots.send),
    "webhook/upload_media": ("POST", robots.upload),
}
KEYLESS = frozenset({"gettoken", "webhook/send", "webhook/upload_media"})  # need no token
