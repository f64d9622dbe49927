"""The app's menu: three at the top, five below each."""

from __future__ import annotations

from typing import Any

from tests.doubles.wecom.asked import Asked
from tests.doubles.wecom.world import Corp, Json, WecomError

TYPES = frozenset({
    "click", "view", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album",
    "pic_weixin", "location_select", "view_miniprogram",
})  # fmt: skip
TOP, BELOW = 3, 5
TOP_NAME, BELOW_NAME, KEY, URL = 16, 40, 128, 1024


def create(corp: Corp, asked: Asked) -> Json:
    _own(corp, asked)
    buttons = asked.json().get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= TOP:
        raise WecomError(40016, "invalid button size")
    for each in buttons:
        _check(each, TOP_NAME)
        below = each.get("sub_button") or []
        if len(below) > BELOW:
            raise WecomError(40023, "invalid sub button size")
        for entry in below:
            _check(entry, BELOW_NAME)
    corp.menu = buttons
    return {"errcode": 0, "errmsg": "ok"}


def _check(entry: Any, most: int) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise WecomError(40018, "invalid button name")
    if not 0 < len(entry["name"].encode()) <= most:
        raise WecomError(40018, "invalid button name size")
    if entry.get("sub_button"):
        return
    if entry.get("type") not in TYPES:
        raise WecomError(40017, "invalid button type")
    if entry["type"] == "view":
        if not 0 < len(str(entry.get("url", "")).encode()) <= URL:
            raise WecomError(40020, "invalid button url size")
    elif not 0 < len(str(entry.get("key", "")).encode()) <= KEY:
        raise WecomError(40019, "invalid button key size")


def get(corp: Corp, asked: Asked) -> Json:
    _own(corp, asked)
    if not corp.menu:
        raise WecomError(46003, "menu no exist")
    return {"errcode": 0, "errmsg": "ok", "button": [_whole(each) for each in corp.menu]}


def _whole(entry: Json) -> Json:
    """WeCom gives every entry its list, empty as it may be."""
    return entry | {"sub_button": [_whole(each) for each in entry.get("sub_button") or ()]}


def delete(corp: Corp, asked: Asked) -> Json:
    _own(corp, asked)
    corp.menu = []
    return {"errcode": 0, "errmsg": "ok"}


def _own(corp: Corp, asked: Asked) -> None:
    if asked.query.get("agentid") != str(corp.agent_id):
        raise WecomError(40056, "invalid agentid")
