"""Slips and posters as another program reads them, and what their pictures say."""

from __future__ import annotations

import json
import re
from itertools import product

import pytest
import segno

from templates import documents, words
from templates.documents import invite_slips
from tests.support.printed import drawn, pages

LONG = "宝山区自然人与法人信用信息公共服务平台管理及数据共享交换协调监督管理局"
UNTIL = "2026年11月17日（星期二）"


def code(number: int) -> str:
    return f"WMWMWM-QQQQQQ-{number:06d}"


def slip(
    number: int, *, name: str = "李敏", roles: str = "市场监管局联络员", ways=("telegram", "web")
):
    links = {
        "telegram": f"https://t.me/baoshan_kaohe_bot?start={code(number).replace('-', '')}",
        "web": f"https://kaohe.example/login#code={code(number).replace('-', '')}",
    }
    return {
        "name": name,
        "roles": roles,
        "code": code(number),
        "links": {way: links[way] for way in ways},
        "until": UNTIL,
    }


DOOR = words.wecom_door(["wecom_bot", "wecom_app"])


def made(*groups: tuple[str, list[dict[str, object]]], login: int = 1, door: str = "") -> bytes:
    listed = [{"name": name, "slips": slips} for name, slips in groups]
    given: dict[str, str | int] = {"slips": json.dumps(listed), "login": login, "door": door}
    return documents.render("invite_slips", given)


def test_a_slip_says_whose_it_is_and_what_to_do():
    [page] = pages(made(("市场监管局", [slip(1)])))
    for each in (
        "市场监管局（1人）", "宝山区行政服务中心", "李敏", "市场监管局联络员", code(1),
        "Telegram扫码", "浏览器扫码", "即完成绑定；也可在网页登录页或对话中输入邀请码。",
        "请勿转给他人", f"有效期至{UNTIL}", "第1页，共1页",
    ):  # fmt: skip
        assert each in page, each


def test_what_to_do_without_a_link():
    [page] = pages(made(("市场监管局", [slip(1, ways=())])))
    assert "1.打开考核助手，在登录页或对话中输入邀请码。" in page
    [page] = pages(made(("市场监管局", [slip(1, ways=())]), login=0))
    assert "1.打开考核助手，把邀请码发到对话里。" in page
    [page] = pages(made(("市场监管局", [slip(1, ways=("telegram",))]), login=0))
    assert "1.扫码打开，即完成绑定。" in page


def test_where_to_send_it_in_wecom():
    assert words.wecom_door(["telegram", "web"]) == ""
    assert words.wecom_door(["wecom_app"]) == "在企业微信里打开本应用"
    assert DOOR == "在企业微信里打开本应用或本机器人"
    [page] = pages(made(("公安", [slip(1)]), door=DOOR))
    assert f"1.扫码打开，或{DOOR}发送邀请码。" in page
    [page] = pages(made(("公安", [slip(1, ways=())]), door=DOOR))
    assert f"1.{DOOR}，发送邀请码；也可在网页登录页输入。" in page
    [page] = pages(made(("公安", [slip(1, ways=())]), door=DOOR, login=0))
    assert f"1.{DOOR}，发送邀请码。" in page


def test_ten_stand_on_a_page_and_departments_keep_apart():
    found = pages(made(("市场监管局", [slip(n) for n in range(11)]), ("公安", [slip(11)])))
    assert [page.count("有效期至") for page in found] == [10, 2]
    assert "公安（1人）" in found[1]
    assert [code(n) in found[0] for n in range(12)] == [True] * 10 + [False] * 2


@pytest.mark.parametrize("door", ["", DOOR])
@pytest.mark.parametrize("ways", [("telegram", "web"), ("web",), ()])
def test_long_names_lose_nothing_and_push_nothing_out(ways, door):
    """Ten long ones on one page still, each word of it there."""
    assert len(LONG) >= 34
    roles = f"{LONG}联络员、{LONG}部门负责人"
    name = "阿卜杜热西提·买买提依明·吐尔逊"
    [page] = pages(
        made((LONG, [slip(n, name=name, roles=roles, ways=ways) for n in range(10)]), door=door)
    )
    assert page.count(roles) == 10
    assert [code(n) in page for n in range(10)] == [True] * 10
    assert page.count("有效期至") == 10


def test_letters_that_no_font_has_are_shown_as_lacking():
    [page] = pages(made(("🎉公安", [slip(1, name="李ع敏😀")])))
    assert "公安（1人）" in page
    assert "李〓敏" in page


def test_the_same_slips_are_the_same_bytes():
    assert made(("公安", [slip(1)])) == made(("公安", [slip(1)]))


def matrix_of(svg: str) -> list[list[int]]:
    """The dark modules of a picture, read from the lines that it draws."""
    [side] = [int(each) for each in re.findall(r'viewBox="0 0 (\d+) \d+"', svg)]
    [path] = re.findall(r' d="([^"]+)"', svg)
    grid = [[0] * side for _ in range(side)]
    x = y = 0.0
    for verb, numbers in re.findall(r"([Mmh])([^Mmhz]*)", path):
        values = [float(each) for each in re.findall(r"-?\d*\.?\d+", numbers)]
        if verb == "M":
            x, y = values
        elif verb == "m":
            x, y = x + values[0], y + values[1]
        else:
            for column in range(int(x), int(x + values[0])):
                grid[int(y)][column] = 1
            x += values[0]
    return grid


def test_the_picture_is_the_link_with_its_quiet_zone():
    link = slip(1)["links"]["telegram"]
    wanted = segno.make_qr(link, error="m")
    rows = [[int(dark) for dark in row] for row in wanted.matrix_iter(border=4)]
    assert matrix_of(invite_slips.qr(link)) == rows
    assert matrix_of(invite_slips.qr(link + "x")) != rows


def test_a_printed_code_stands_where_it_can_be_scanned():
    """All modules of the pictures, found again on the drawn page, each on its person's slip."""
    links = [slip(number, ways=("web",))["links"]["web"] for number in range(3)]
    [page] = drawn(made(("公安", [slip(number, ways=("web",)) for number in (1, 0)])))
    assert page.codes(links, side=27) == [links[1], links[0]]


# ---------------------------------------------------------------- the poster


def poster(department: str, links: dict[str, str], door: str = "") -> list[str]:
    given = {
        "department": department,
        "code": code(1),
        "until": UNTIL,
        "links": json.dumps(links),
        "door": door,
    }
    return pages(documents.render("join_poster", given))


def test_a_poster_is_one_page_for_one_department():
    both = slip(1)["links"]
    for department, links in product(("市场监管局", LONG), (both, {"web": both["web"]}, {})):
        [page] = poster(department, links)
        assert department in page
        assert code(1) in page
        assert f"有效期至{UNTIL}" in page
        assert ("扫码加入" in page) == bool(links)
        assert ("Telegram扫码" in page) == ("telegram" in links)


def test_a_poster_says_where_to_send_it_in_wecom():
    [page] = poster("公安", {}, DOOR)
    assert f"1.{DOOR}，发送加入码。" in page
    [page] = poster("公安", {"web": str(slip(1)["links"]["web"])}, DOOR)
    assert f"1.扫上面的二维码，或{DOOR}，发送加入码。" in page
