"""A reminder as people read it, turned into the claims it makes."""

from __future__ import annotations

import re

from templates.markup import plain
from tests.e2e.year_by_hand import Claim
from tests.support.scoring import ROWS

_QUARTER = r"\d{4}年第.季度"


def is_reminder(text: str) -> bool:
    return plain(text).startswith("提醒 ")


def claims(text: str) -> set[Claim]:
    """Raises AssertionError for a part that is none of those known."""
    found: set[Claim] = set()
    for part in re.split(r"\n\n+", plain(text).strip())[1:]:
        head, *lines = part.split("\n")
        if (claim := _claim(head, lines)) is not None:
            found.add(claim)
    return found


def _claim(head: str, lines: list[str]) -> Claim | None:
    body = "\n".join(lines)
    if matched := re.fullmatch(rf"({_QUARTER}) · 审核(和评分)?", head):
        return ("考核", matched[1], _number(r"待审核材料(\d+)件", body), _left(body))
    if matched := re.fullmatch(rf"({_QUARTER}) · 还没有上报材料的部门", head):
        names = re.search(r"也没有说明无可报：(.+?)等?。", body)
        assert names, body
        listed = re.sub(r"（延期至.+?））", "", names[1]).split("、")
        return ("未报", matched[1], _number(r"(\d+)个部门还没有上报过", body), tuple(listed))
    if matched := re.fullmatch(rf"({_QUARTER}) · 提醒不到的部门", head):
        names = re.search(r"联络员：(.+?)。", body)
        assert names, body
        return ("不到", matched[1], tuple(names[1].split("、")))
    if matched := re.fullmatch(rf"({_QUARTER}) · 评分已过截止（.+）", head):
        rows = "\n".join(re.findall(r"没有提交：(.+)", body))
        return ("过期", matched[1], sum(row.name in rows for row in ROWS))
    if matched := re.fullmatch(rf"({_QUARTER}) · 等待审定", head):
        return ("审定", matched[1])
    if matched := re.fullmatch(r"(\d{4})年放假安排", head):
        return ("放假", int(matched[1]))
    if matched := re.fullmatch(rf"({_QUARTER}) · (\S+局)", head):
        return (
            "部门", matched[1], matched[2],
            "材料可以随时上报。" in body,
            "本季度无可报" in body,
            _day(r"(今天24:00|\d+月\d+日)(?:（星期.）)?报送截止", body),
            _day(r"(?:补报截止(\d+月\d+日))|(今天24:00|\d+月\d+日)(?:（星期.）)?补报截止", body),
            tuple(re.findall(r"待补充：(\S+号) ", body)),
            int("没有提交的草稿：" in body),
        )  # fmt: skip
    assert head.startswith("咨询"), head
    return None


def _day(pattern: str, text: str) -> str:
    """As 4月3日 or 今天24:00; '' where it isn't said."""
    found = re.search(pattern, text)
    return next(filter(None, found.groups())) if found else ""


def _left(body: str) -> int:
    return _number(r"还有(\d+)个分数未评", body)


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0
