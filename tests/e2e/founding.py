"""An installation from nothing: departments, sections, people and codes, entered in the chat, and
everybody linked with the code that the administrator handed over."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence

from tests.e2e.persons import File, Person, Shown, finds, presses, says
from tests.e2e.plan import (
    ABSENT,
    ADMIN,
    CONTACTS,
    DEPARTMENTS,
    ENTRIES,
    INSPECTED,
    INSPECTION,
    LINKED,
    OFFICE,
    WANG,
)
from tests.support.workbooks import workbook

PNG = b"\x89PNG\r\n"
CODE = re.compile(r"\b\w{6}-\w{6}-\w{6}\b")


async def founds(
    people: Mapping[str, Person], *, first_code: str, known: Mapping[str, str] | None = None
) -> None:
    """From the code that `kaohe init` printed to the last person's first menu. `known`: userids of
    those who are linked by the administrator's list, and need no code."""
    admin = people[ADMIN]
    await admin.enters(first_code)
    assert "管理" in (await admin.waits_for(f"{ADMIN}您好，您是管理员。")).buttons
    await _departments(admin)
    await _sections(admin)
    codes = await _persons(admin)
    await _second_role(admin)
    await _substitute(admin)
    await _imports(admin, known or {})
    await asyncio.gather(
        *(_is_known(people[name]) for name in known or ()),
        *(
            _links(people[name], codes[name])
            for name in LINKED
            if name in codes and name not in (known or ())
        ),
    )
    await _still_waiting(admin, codes[ABSENT], unneeded=tuple(known or ()))


async def _home(admin: Person, label: str) -> Shown:
    await says(admin, "/admin", "待使用的邀请码")
    return await presses(admin, label, "返回")


async def _departments(admin: Person) -> None:
    await says(admin, "管理", "部门0个，人员1名，科室1个，待使用的邀请码0个。")
    await presses(admin, "部门", "还没有部门")
    await presses(admin, "添加部门", "请发送部门全称")
    added = await says(admin, "\n".join(each.name for each in DEPARTMENTS), "已添加6个部门")
    listed = [f"{each.short}（{each.code}）" for each in DEPARTMENTS]
    assert added.text.splitlines() == ["已添加6个部门：", *listed]


async def _sections(admin: Person) -> None:
    await presses(admin, "返回", "科室1个")
    await presses(admin, "科室", "未填联系人")
    await presses(admin, OFFICE, "考核项14个")
    await _contact(admin, OFFICE)
    await presses(admin, "返回", "添加科室")
    await presses(admin, "添加科室", "请发送科室名称")
    await says(admin, INSPECTION, "考核项0个")
    await _contact(admin, INSPECTION)
    await presses(admin, "接收考核项", "请选择要转到督查科的考核项")
    for row in INSPECTED:
        left = await presses(admin, row, "请选择要转到督查科的考核项")
        assert row not in left.buttons
    card = await presses(admin, "返回", "考核项3个")
    assert card.text.splitlines()[-1] == "考核项3个：服务评价；两集中两到位；工作纪律"


async def _contact(admin: Person, section: str) -> None:
    await presses(admin, "联系人和电话", "请发送")
    name, phone = CONTACTS[section].split()
    await says(admin, f"{name}，{phone}", f"联系人：{name}，电话：{phone}")


async def _persons(admin: Person) -> dict[str, str]:
    """Everybody's code by name, as it stands in the answer to the list."""
    await says(admin, "/admin", "部门6个")
    await presses(admin, "人员", "发送姓名可查找")
    await presses(admin, "添加人员", "请发送姓名")
    wrong = await says(admin, "\n".join((*ENTRIES, "钱大 联络员 园林局")), "有1行需要改")
    assert "第13行：“园林局”不是角色，也不是已有的部门或科室" in wrong.text
    answer = await says(admin, "\n".join(ENTRIES), "已添加12名人员")
    codes = {
        line.split("（")[0]: found[0]
        for line in answer.text.splitlines()
        if (found := CODE.search(line))
    }
    assert list(codes) == [entry.split()[0] for entry in ENTRIES]
    return codes


async def _second_role(admin: Person) -> None:
    """吴梅 reports for two departments."""
    await presses(admin, "人员", "发送姓名可查找")
    await says(admin, "吴梅", "角色：民政局联络员")
    await presses(admin, "添加角色", "请选择吴梅的角色")
    await presses(admin, "联络员", "吴梅是哪个部门的联络员")
    await presses(admin, "税务局", "角色：民政局联络员、税务局联络员")


async def _substitute(admin: Person) -> None:
    """王芳 judges for 督查科 where its only evaluator may not."""
    await _home(admin, "科室")
    await presses(admin, INSPECTION, "代审人：未指定")
    await presses(admin, "代审人", "由谁为督查科代审")
    await presses(admin, WANG, f"代审人：{WANG}")


async def _links(person: Person, code: str) -> None:
    await person.enters(code)
    await person.waits_for(f"{person.name}您好，您是")


async def _imports(admin: Person, known: Mapping[str, str]) -> None:
    """The list of people, with the column that says what WeCom's directory calls them."""
    if not known:
        return
    rows: list[tuple[str, ...]] = [("姓名", "角色", "部门", "企业微信账号")]
    for entry in ENTRIES:
        name, role, *places = entry.split()
        if name in known:
            rows.append((name, role, *places, known[name]))
    await admin.sends(File("人员.xlsx", workbook({"人员": rows})))
    card = await admin.waits_for(f"会带来{len(known)}处变化")
    assert all(name in card.text for name in known)
    await presses(admin, "确认导入", f"已导入人员，共{len(known)}处变化")


async def _is_known(person: Person) -> None:
    await says(person, "菜单", f"{person.name}您好，您是")


async def _still_waiting(admin: Person, code: str, *, unneeded: Sequence[str]) -> None:
    """The one code that nobody has used, with the ways in that there are here. Those who needed
    none may still link another account with theirs."""
    waiting = await _home(admin, "邀请码")
    assert waiting.buttons == (*unneeded, ABSENT, "批量发码", "绑定和邀请码", "返回")
    await presses(admin, ABSENT, "邀请码还没有使用")
    told = await presses(admin, "再看邀请码", f"{ABSENT}您好！")
    assert CODE.findall(told.text) == [code]
    for label, link in (("Telegram二维码", "?start="), ("网页二维码", "/login#code=")):
        assert (link + code.replace("-", "") in told.text) == (label in told.buttons)
        if label in told.buttons:
            await presses(admin, label, f"{ABSENT}的邀请二维码")
            assert (await admin.opens("邀请二维码")).startswith(PNG)


async def logs_in_again(admin: Person, people: Sequence[Person]) -> None:
    """With codes that the administrator reads to them, one after another."""
    for person in people:
        await says(admin, "/admin", "待使用的邀请码")
        await presses(admin, "人员", "发送姓名可查找")
        await says(admin, person.name, f"{person.name}\n角色：")
        told = await presses(admin, "网页登录码", f"{person.name}的网页登录码")
        [code] = CODE.findall(told.text)
        await person.enters(code)
        await finds(person, f"{person.name}您好，您是")
