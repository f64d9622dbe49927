"""加入海报: one A4 page for a department's wall, by which its people join.

It carries the department's join code, so it is made for each sending and kept nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from templates.documents import Arguments
from templates.documents.invite_slips import HOW, qr
from templates.documents.ranking_picture import CENTRE
from templates.glyphs import drawable
from templates.typesetting import typeset

TITLE: Final = "扫码加入季度考核助手"
UNLINKED_TITLE: Final = "加入季度考核助手"
USE: Final = "接收考核通知，查询考核结果"
LATER: Final = (
    "按提示填写本人姓名，即可加入。",
    "本码供本部门工作人员使用；联络员、部门负责人请用管理员发的邀请码。",
)


def from_arguments(arguments: Arguments) -> bytes:
    """`department`, `code`, `until` as words; `links`: JSON, {"telegram"|"web": address}; `door`:
    where codes can be typed in WeCom, as words."""
    links = json.loads(str(arguments["links"]))
    return render(
        department=str(arguments["department"]),
        code=str(arguments["code"]),
        until=str(arguments["until"]),
        links=links,
        door=str(arguments.get("door", "")),
    )


def render(
    *, department: str, code: str, until: str, links: Mapping[str, str], door: str
) -> bytes:
    data = {
        "centre": CENTRE,
        "title": TITLE if links else UNLINKED_TITLE,
        "use": USE,
        "department": drawable(department),
        "code": code,
        "until": until,
        "marks": [{"picture": qr(address), "how": HOW[way]} for way, address in links.items()],
        "steps": [_first(linked=bool(links), door=door), *LATER],
    }
    given = {"data": json.dumps(data, ensure_ascii=False, sort_keys=True)}
    return typeset("join_poster", given, form="pdf")


def _first(*, linked: bool, door: str) -> str:
    typed = f"{door}，发送加入码" if door else "打开考核助手，输入加入码"
    if not linked:
        return f"{typed}。"
    return (
        f"扫上面的二维码，或{door}，发送加入码。"
        if door
        else "扫上面的二维码，或打开考核助手后输入加入码。"
    )
