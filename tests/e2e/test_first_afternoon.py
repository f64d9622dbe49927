"""An office's first afternoon: from an empty folder to people who report, as the README tells it.

The administrator works on the web page with two workbooks and a printer; everybody else has a slip
of paper. A clerk's mistakes are made first. The same register comes of the command line.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.doubles.client import Control, child
from tests.e2e import clerk
from tests.e2e.clerk import Slip, filled
from tests.e2e.newcomers import (
    ADMIN,
    FAULTS_OF_PEOPLE,
    FAULTS_OF_PLACES,
    JOINS,
    KNOWN,
    ON_PAGES,
    ON_TELEGRAM,
    PEOPLE,
    PLACES,
    SECTIONS,
    WRONG_PEOPLE,
    WRONG_PLACES,
    WRONG_SECTION,
    Line,
    Place,
    with_faults,
)
from tests.e2e.on_page import OnPage, browsing
from tests.e2e.on_telegram import OnTelegram
from tests.e2e.persons import File, Person, Shown, presses, says
from tests.e2e.registered import Register, as_written, register_of
from tests.support.program import Program

AFTERNOON = "2026-10-13T13:30"  # a Tuesday, on which people are reminded of things
# taps, downloads and files until the slips lie there, two refused workbooks included: the README
# promises an afternoon
ACTS = 18


class Working(OnPage):
    """The administrator, every tap and message counted."""

    acts = 0

    async def says(self, text: str) -> None:
        self.acts += 1
        await super().says(text)

    async def presses(self, label: str, *, on: Shown | None = None) -> None:
        self.acts += 1
        await super().presses(label, on=on)

    async def opens(self, file: str) -> bytes:
        self.acts += 1
        return await super().opens(file)


@dataclass
class Office:
    program: Program
    control: Control
    admin: Working
    url: str
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def register(self) -> Register:
        return _register(self.program)

    @property
    def addresses(self) -> dict[str, str]:
        """What stands on paper, with {} for the code."""
        name = f"kaohe_{self.control.token.split(':')[0]}_bot"
        return {
            "telegram": f"https://t.me/{name}?start={{}}",
            "web": f"{self.url}/login#code={{}}",
        }


def _register(program: Program) -> Register:
    return register_of(f"sqlite:///{program.data / 'kaohe.sqlite'}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.slow
@pytest.mark.browser
async def test_from_an_empty_folder_to_the_first_receipt(tmp_path: Path, chromium: Path):
    url = f"http://127.0.0.1:{(port := _free_port())}"
    environment = {
        "KAOHE_HTTP_PORT": str(port),
        "KAOHE_PUBLIC_URL": url,
        "KAOHE_CLOCK": AFTERNOON,
        "KAOHE_TELEGRAM_RATE": "1000",
        "KAOHE_TELEGRAM_CHAT_RATE": "1000",
    }
    async with (
        child() as control,
        browsing(chromium) as browser,
        Program(tmp_path, telegram=control, environment=environment) as program,
    ):
        code = await program.admin_code(ADMIN)
        await program.start()
        office = Office(program, control, await Working.joins(browser, ADMIN, url), url)
        await begins(office, code)
        await enters_departments(office)
        await enters_people(office)
        slips = await hands_out(office)
        assert office.admin.acts == ACTS
        pages = [await OnPage.joins(browser, name, url) for name in (*ON_PAGES, JOINS[0])]
        office.people = {each.name: each for each in pages} | {
            name: await OnTelegram.joins(control, name, deep=True) for name in ON_TELEGRAM
        }
        await asyncio.gather(*(links(office, name, slips[name]) for name in ON_PAGES))
        await asyncio.gather(*(links(office, name, slips[name]) for name in ON_TELEGRAM))
        await joins(office, pages[-1])
        await reports(office.people["李敏"])
        await stands_at_the_end(office)
        assert [each.faults for each in (office.admin, *pages) if each.faults] == []
        assert await control.bugs() == []


async def begins(office: Office, code: str) -> None:
    admin = office.admin
    await admin.enters(code)
    await admin.waits_for(f"{ADMIN}您好，您是管理员。")
    home = await presses(admin, "管理", "待使用的邀请码0个")
    assert home.text.splitlines()[1:3] == [
        "部门0个，人员1名，科室1个，待使用的邀请码0个。",
        "初次使用请先点“导入”，用表格录入部门、科室和人员，再到“邀请码”中“批量发码”。",
    ]
    await presses(admin, "导入", "先取表格")


async def enters_departments(office: Office) -> None:
    """The sheet 科室 is filled in too. Three mistakes, on two sheets, are all said at once."""
    admin, before = office.admin, office.register
    await presses(admin, "部门", "导入部门")
    await presses(admin, "取表格", "部门.xlsx")
    empty = await admin.opens("部门.xlsx")
    places = [each.line for each in PLACES]
    wrong = {
        "部门": with_faults(places, WRONG_PLACES),
        "科室": with_faults(SECTIONS, WRONG_SECTION),
    }
    await is_refused(office, "部门.xlsx", filled(empty, wrong), FAULTS_OF_PLACES)
    assert office.register == before
    right = filled(empty, {"部门": places, "科室": SECTIONS})
    card = await is_shown(office, "部门.xlsx", right, changes=33)
    assert card.text.splitlines()[2] == (
        "1. 新增部门宝山区市场监督管理局，简称市场监管局，代码SCJG"
    )
    assert office.register == before
    done = await presses(admin, "确认导入", "已导入部门")
    assert done.text == "已导入部门，共33处变化（“部门.xlsx”）。接下来可点“导入人员”。"
    expected = as_written()
    assert office.register == Register(
        expected.departments, expected.sections, expected.people[:1]
    )


async def enters_people(office: Office) -> None:
    admin, before = office.admin, office.register
    await presses(admin, "导入人员", "导入人员")
    await presses(admin, "取表格", "人员.xlsx")
    empty = await admin.opens("人员.xlsx")
    wrong = filled(empty, {"人员": with_faults(PEOPLE, WRONG_PEOPLE)})
    await is_refused(office, "人员.xlsx", wrong, FAULTS_OF_PEOPLE)
    card = await is_shown(office, "人员.xlsx", filled(empty, {"人员": PEOPLE}), changes=60)
    assert card.text.splitlines()[-2].startswith("表中有几位陆地，按不同的人添加；")
    assert office.register == before
    done = await presses(admin, "确认导入", "已导入人员")
    assert done.text == "已导入人员，共60处变化（“人员.xlsx”）。接下来可点“批量发码”。"
    assert office.register == as_written()


async def is_refused(office: Office, name: str, content: bytes, faults: tuple[str, ...]) -> None:
    await office.admin.sends(File(name, content))
    said = (await office.admin.waits_for("需要改")).text.splitlines()
    assert said[0] == f"“{name}”有{len(faults)}处需要改，全部都还没有导入："
    for number, (line, fault) in enumerate(zip(said[1:-1], faults, strict=True), start=1):
        assert line.startswith(f"{number}. {fault}"), line
    assert said[-1] == "请在表格里改好，再发一次。"


async def is_shown(office: Office, name: str, content: bytes, *, changes: int) -> Shown:
    await office.admin.sends(File(name, content))
    card = await office.admin.waits_for("确认导入")
    assert card.text.splitlines()[1] == f"“{name}”会带来{changes}处变化："
    return card


async def hands_out(office: Office) -> dict[str, Slip]:
    """Slips for all who have no account yet, read as they come out of the printer."""
    admin = office.admin
    await presses(admin, "批量发码", "还没有绑定账号的人员共59名")
    await presses(admin, "全部人员", "发给没有可用邀请码的59名")
    await presses(admin, "发码，14天有效", "邀请码条-全部.pdf")
    read = await clerk.slips(await admin.opens("邀请码条-全部.pdf"), office.addresses)
    names = [name for name, *_ in as_written().people if name not in (ADMIN, KNOWN)]
    assert sorted(each.name for each in read) == sorted(names)
    assert len({each.code for each in read}) == 59
    assert [each for each in read if each.links != _links(office, each.code)] == []
    slips = {each.name: each for each in read}
    assert slips["叶青"].roles == "文旅局联络员、体育局联络员"
    assert slips["何平"].roles == "综合业务科考核员、督查科考核员"
    return slips


def _links(office: Office, code: str) -> tuple[str, ...]:
    return tuple(each.format(code.replace("-", "")) for each in office.addresses.values())


async def links(office: Office, name: str, slip: Slip) -> None:
    """By scanning; the first page the person sees says who they are."""
    person = office.people[name]
    if isinstance(person, OnPage):
        await person.follows(slip.links[1])
    else:
        await person.enters(slip.links[0].partition("=")[2])
    welcome = await person.waits_for(f"{name}您好，您是")
    assert "帮助" in welcome.buttons


async def joins(office: Office, person: OnPage) -> None:
    """Somebody in nobody's list, by the poster on the department's wall."""
    admin, (name, department) = office.admin, JOINS
    await says(admin, "管理", "部门30个，人员61名，科室3个，待使用的邀请码49个。")
    await presses(admin, "部门", "共30个")
    await presses(admin, department, "全称：宝山区市场监督管理局")
    await presses(admin, "加入码", "还没有可用的加入码")
    await presses(admin, "生成加入码", "可多人使用")
    await presses(admin, "加入海报", f"加入海报-{department}.pdf")
    content = await admin.opens(f"加入海报-{department}.pdf")
    poster = await clerk.poster(content, office.addresses)
    assert (poster.name, poster.links) == (department, _links(office, poster.code))
    await person.follows_to_join(poster.links[1], name)
    await person.waits_for(f"{name}您好，您是{department}工作人员")


async def reports(liaison: Person) -> None:
    """The first case, in the first minutes."""
    await presses(liaison, "上报材料", "请选择类别")
    await presses(liaison, "帮办案例", "上报草稿")
    await says(liaison, "老人换证一次办好\n窗口上门核验，当场办结。", "标题：老人换证一次办好")
    await presses(liaison, "今天", "计入2026年第四季度")
    receipt = await presses(liaison, "确认提交", "回执号 市场监管局1号")
    assert receipt.text.splitlines()[0] == "已收到，回执号 市场监管局1号"


async def stands_at_the_end(office: Office) -> None:
    """Who is in and who is still to come, department by department; and nothing is wrong."""
    admin = office.admin
    await says(admin, "管理", "待使用的邀请码49个")
    await presses(admin, "邀请码", "待使用的共49个")
    shown = await presses(admin, "绑定和邀请码", "（第1/4页）")
    said = [*shown.text.splitlines()[1:]]
    for number in range(2, 5):
        shown = await presses(admin, "下一页", f"（第{number}/4页）")
        said += shown.text.splitlines()[2:]
    assert said == ["全部人员：已绑定13，待使用49", *map(_standing, PLACES)]
    assert not any("提醒不到" in text for text in await admin.witnessed())
    code, out, _ = await office.program.verb("doctor")
    assert (code, [line for line in out.splitlines() if line.startswith("不行")]) == (0, [])
    assert f"注意  人员：{KNOWN}的账号只在没有启用的企业微信上，收不到消息，" in out
    answer = await admin.page.request.get(f"{office.url}/readyz")
    assert (answer.status, await answer.text()) == (200, "ready\n")


def _standing(place: Place) -> str:
    """At least one person is to come everywhere."""
    people = [
        name
        for name, roles, *_ in as_written().people
        if any(place.short in role.split()[1:] for role in roles)
    ]
    linked = {*ON_PAGES, *ON_TELEGRAM, KNOWN}
    came = sum(name in linked for name in people) + (place.short == JOINS[1])
    waiting = sum(name not in linked for name in people)
    parts = [f"已绑定{came}"] * bool(came) + [f"待使用{waiting}"] * bool(waiting)
    return f"{place.short}：{'，'.join(parts)}"


# ---------------------------------------------------------------- without a browser


async def test_the_same_register_by_command_line(tmp_path: Path):
    """Templates out, workbooks in; a fault is said with its place, and nothing is half done."""
    async with Program(tmp_path, environment={"KAOHE_CLOCK": AFTERNOON}) as program:
        await program.admin_code(ADMIN)
        before = _register(program)
        sheets = {"部门": [each.line for each in PLACES], "科室": SECTIONS}
        wrong = {**sheets, "科室": with_faults(SECTIONS, WRONG_SECTION)}
        wrong["部门"] = with_faults(sheets["部门"], WRONG_PLACES)
        code, _, told = await _imports(program, tmp_path, "departments", wrong)
        assert code == 1
        for line, fault in zip(told.splitlines()[:-1], FAULTS_OF_PLACES, strict=True):
            assert line.startswith(fault), line
        assert told.splitlines()[-1] == "共 3 处需要改，全部都没有导入，请改好后再试。"
        assert _register(program) == before
        for kind, given, changes in (
            ("departments", sheets, 33),
            ("people", {"人员": PEOPLE}, 60),
        ):
            code, out, told = await _imports(program, tmp_path, kind, given)
            assert (code, told) == (0, "")
            assert out.splitlines()[-1] == f"已导入，共 {changes} 处变化。"
        assert _register(program) == as_written()
        _, out, _ = await program.verb("doctor")
        # nobody has logged in yet
        assert [line for line in out.splitlines() if line.startswith("不行")] == [
            f"不行  管理员：{ADMIN}还没有绑定账号，请运行 kaohe init --admin 姓名 再看邀请码"
        ]


async def _imports(
    program: Program, folder: Path, kind: str, sheets: Mapping[str, Sequence[Line]]
) -> tuple[int, str, str]:
    """From the template to the answer."""
    empty, full = folder / "empty.xlsx", folder / "full.xlsx"
    empty.unlink(missing_ok=True)
    code, _, told = await program.verb("import", kind, "--template", str(empty))
    assert (code, told) == (0, "")
    full.write_bytes(filled(empty.read_bytes(), sheets))
    return await program.verb("import", kind, str(full), "--yes")
