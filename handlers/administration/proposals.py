"""Short names and codes proposed for a department, so that the admin types its name only."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import product
from string import ascii_uppercase
from typing import Final

_SHORTEST: Final = 2
_SHORT_LENGTH: Final = 20
_CODE_LENGTH: Final = 6
_REGION: Final = re.compile(r"^.*区(?![域块间])(?=..)|^上海市(?=..)")
_BRANCH: Final = re.compile(r"^公安局.+分局$")
# how these bodies are called in everyday papers
_SHORTER: Final = (
    ("市场监督管理", "市场监管"),
    ("人力资源和社会保障", "人社"),
    ("医疗保障", "医保"),
    ("住房保障和房屋管理", "房管"),
    ("规划和自然资源", "规资"),
    ("卫生健康", "卫健"),
    ("文化和旅游", "文旅"),
    ("发展和改革", "发改"),
    ("建设和管理", "建管"),
    ("退役军人事务", "退役军人"),
    ("绿化和市容管理", "绿化市容"),
    ("城市管理行政执法", "城管执法"),
    ("应急管理", "应急"),
    ("委员会", "委"),
)
_KIND: Final = re.compile(r"(?:分局|局|委|办公室|办|中心|公司|支队|大队|总队|所|处|站)$")


def everyday(name: str) -> str:
    """市场监管局 for 上海市宝山区市场监督管理局."""
    short = _REGION.sub("", name)
    if _BRANCH.match(short):
        return "公安分局"
    for long, shorter in _SHORTER:
        short = short.replace(long, shorter)
    return short


def short_name(name: str, taken: Collection[str]) -> str:
    """The everyday name, else the full one, else one with a number."""
    short = everyday(name)
    for candidate in (short, name):
        if len(candidate) <= _SHORT_LENGTH and candidate not in taken:
            return candidate
    stem = short[: _SHORT_LENGTH - 2]
    return next(f"{stem}{n}" for n in range(2, 100) if f"{stem}{n}" not in taken)


def code(name: str, taken: Collection[str]) -> str:
    """Initials: SCJG for 市场监管局; SCJGJ or another letter at the end where that is taken."""
    short = everyday(name)
    stem = _KIND.sub("", short)
    core, whole = (_initials(part) for part in (stem, short))
    if len(core) < _SHORTEST:
        core = whole
    core = (core + "XX")[:_SHORTEST] if len(core) < _SHORTEST else core[:_CODE_LENGTH]
    for candidate in (core, whole[:_CODE_LENGTH]):
        if len(candidate) >= _SHORTEST and candidate not in taken:
            return candidate
    twos = ("".join(pair) for pair in product(ascii_uppercase, repeat=2))
    endings: tuple[str, ...] = (*ascii_uppercase, *twos)
    candidates = (core[: _CODE_LENGTH - len(end)] + end for end in endings)
    return next(candidate for candidate in candidates if candidate not in taken)


def _initials(text: str) -> str:
    from pypinyin import Style, lazy_pinyin  # its tables are large, and this is rarely needed

    letters: list[str] = lazy_pinyin(text, style=Style.FIRST_LETTER, errors="ignore")
    latin: list[str] = re.findall("[A-Za-z]", text)
    return "".join(letters if letters else latin).upper()
