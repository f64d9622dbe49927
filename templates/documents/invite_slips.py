"""邀请码条: personal codes to be printed, cut and handed out, department by department.

A slip tells its reader whose it is, what to do with it and until when; it is a secret, so a file
with slips is made for one sending and kept nowhere.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import segno

from templates.documents import Arguments
from templates.documents.ranking_picture import CENTRE
from templates.glyphs import drawable
from templates.typesetting import typeset

MIME: Final = "application/pdf"
TITLE: Final = "季度考核助手 邀请码"
HOW: Final = {
    "telegram": "Telegram扫码",
    "web": "浏览器扫码",
}
_QUIET: Final = 4  # modules of white around a QR code, as the standard asks


def from_arguments(arguments: Arguments) -> bytes:
    """`slips`: JSON, a list of groups `{"name", "slips": [{"name", "roles", "code", "links":
    {"telegram"|"web": address}, "until"}]}`; `login`: whether codes can be typed on a web page;
    `door`: where they can be typed in WeCom, as words."""
    groups = json.loads(str(arguments["slips"]))
    login = bool(arguments.get("login", 0))
    return render(groups, login=login, door=str(arguments.get("door", "")))


def render(groups: Sequence[Mapping[str, Any]], *, login: bool, door: str) -> bytes:
    data = {
        "centre": CENTRE,
        "title": TITLE,
        "steps": _steps(groups, login=login, door=door),
        "groups": [
            {"name": drawable(group["name"]), "slips": [_slip(each) for each in group["slips"]]}
            for group in groups
        ],
    }
    given = {"data": json.dumps(data, ensure_ascii=False, sort_keys=True)}
    return typeset("invite_slips", given, form="pdf")


def _slip(slip: Mapping[str, Any]) -> Mapping[str, object]:
    return {
        "name": drawable(slip["name"]),
        "roles": drawable(slip["roles"]),
        "code": slip["code"],
        "until": slip["until"],
        "marks": [
            {"picture": qr(address), "how": HOW[way]} for way, address in slip["links"].items()
        ],
    }


def _steps(groups: Sequence[Mapping[str, Any]], *, login: bool, door: str) -> list[str]:
    """What to do with a slip, in two short lines."""
    linked = any(slip["links"] for group in groups for slip in group["slips"])
    first = f"1. {_first(linked=linked, login=login, door=door)}。"
    return [first, "2. 看到本人姓名即绑定成功。此码限本人用一次，请勿转给他人。"]


def _first(*, linked: bool, login: bool, door: str) -> str:
    if linked and door:
        return f"扫码打开，或{door}发送邀请码"
    if linked:
        return "扫码打开，即完成绑定" + ("；也可在网页登录页或对话中输入邀请码" if login else "")
    if door:
        return f"{door}，发送邀请码" + ("；也可在网页登录页输入" if login else "")
    return "打开考核助手，" + ("在登录页或对话中输入邀请码" if login else "把邀请码发到对话里")


def qr(text: str) -> str:
    """An SVG without a size of its own."""
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(
        picture, kind="svg", border=_QUIET, xmldecl=False, svgns=True, omitsize=True, nl=False
    )
    return picture.getvalue().decode()
