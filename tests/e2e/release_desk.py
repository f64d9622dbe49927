"""The end of a quarter: what is missing, the preview, the tie at the cut, proposed, sent back,
proposed again and released; and what everybody has got of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tests.e2e import annex, expected, picture, workbook
from tests.e2e.expected import Sheet, Standing, at_the_cut, preview_lines, ranking_lines
from tests.e2e.persons import Person, Shown, finds, presses, says
from tests.e2e.plan import (
    ADMIN,
    CONTACTS,
    CORRECTED,
    DECISION,
    DIRECTOR,
    EARLIER,
    INSPECTED,
    INSPECTION,
    LINKED,
    OFFICE,
    OUTSIDE,
    PICKED,
    QUARTER_WORDS,
    SENT_BACK,
    SHEETS,
    SUMMARY,
    sheets,
)

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_PLACES = re.compile(r"第\d+名|先进集体|总分|总得分|合计分值|并列|排名|名次")
_SHEETS = sum(len(found) for found in SHEETS.values())


# ---------------------------------------------------------------- before


async def is_told_what_is_missing(admin: Person) -> None:
    """Between the deadlines: everything that stands in the way, named."""
    card = await says(admin, "/publish", "还不能提请审定")
    lines = card.text.splitlines()
    assert lines[:2] == [
        f"{QUARTER_WORDS} · 还不能提请审定",
        "报送还没有结束：补报截止 10月13日（星期二），之后才能提请审定。",
    ]
    assert "待处理的佐证 2 件：" in lines
    waiting = {line for line in lines if line.endswith(f"待审核，由{OFFICE}审核")}
    assert waiting == {
        f"人社局2号 待审核，由{OFFICE}审核",
        f"税务局1号 待审核，由{OFFICE}审核",
    }
    row, department, _ = EARLIER
    assert lines[lines.index("已评完、还没有提交的评分项：") + 1] == (
        f"{row}（{OFFICE}）：{department.short}有新的材料"
    )


async def is_told_of_the_last_cell(admin: Person) -> None:
    card = await says(admin, "发布", "还不能提请审定")
    assert card.lines == [
        f"{QUARTER_WORDS} · 还不能提请审定",
        "未评 1 个分数，涉及 1 个评分项：",
        f"工作纪律（{INSPECTION}）：民政局",
    ]
    assert card.buttons == ("刷新", "退回修改")


async def is_told_of_the_last_row(admin: Person) -> None:
    """Scored is not handed in."""
    card = await says(admin, "发布", "还不能提请审定")
    assert card.lines == [
        f"{QUARTER_WORDS} · 还不能提请审定",
        "已评完、还没有提交的评分项：",
        f"工作纪律（{INSPECTION}）",
    ]


async def hears_that_all_are_in(admin: Person) -> None:
    """Since the administrator last did anything."""
    told = await admin.waits_for("所有评分项都已提交")
    assert told.text == f"{QUARTER_WORDS}所有评分项都已提交，可以查看排名预览、提请审定。"


# ---------------------------------------------------------------- proposing


async def proposes(admin: Person, placed: Sequence[Standing]) -> Shown:
    """How much is made public is asked once; the preview with every number; off it goes, the tie
    for the director to settle."""
    sure, equals = at_the_cut(placed)
    card = await says(admin, "/publish", "结果预览")
    if "公布范围：未定" in card.text:
        assert "请先选定公布范围。" in card.text
        assert card.buttons == ("公布范围", "退回修改")
        await presses(admin, "公布范围", "请选择公布多少、给谁看")
        card = await presses(admin, "全部名次", "公布范围：全部名次，面向全体人员")
    _check_preview(card, placed)
    _check_tie(card, sure, equals)
    reach = f"将通知 {len(LINKED)} 人，另发部门评分表 {_SHEETS} 份、汇总表 {len(SUMMARY)} 份。"
    assert f"参评部门 6 个；{reach}" in card.text
    return await presses(admin, "提请审定", f"已通知{DIRECTOR}")


def _check_tie(card: Shown, sure: Sequence[Standing], equals: Sequence[Standing]) -> None:
    names = [each.department.short for each in sure], [each.department.short for each in equals]
    assert f"先进集体已确定：{'、'.join(names[0])}" in card.text.splitlines()
    assert f"{'、'.join(names[1])}并列，名额 {3 - len(sure)} 个。" in card.text.splitlines()


def _check_preview(card: Shown, placed: Sequence[Standing]) -> None:
    lines = card.text.splitlines()
    assert [line for line in lines if re.match(r"\d+\. ", line)] == preview_lines(placed)
    assert [line for line in lines if "同为" in line] == expected.tie_sentences(placed)


def _check_awards(card: Shown, sure: Sequence[Standing]) -> None:
    names = [*(each.department.short for each in sure), PICKED.short]
    assert f"先进集体：{'、'.join(names)}" in card.text.splitlines()
    assert f"主任办公会决定：{DECISION}" in card.text


async def sends_back(director: Person, admin: Person, placed: Sequence[Standing]) -> None:
    """Reads the numbers, names the one row, gives a reason, which the administrator hears."""
    row = CORRECTED[0]
    card = await finds(director, f"{ADMIN}于")
    _check_preview(card, placed)
    asked = await presses(director, "退回修改", "请选择要退回修改的评分项")
    assert asked.buttons == (*expected.POINTS, "只退回，不改评分", "返回")
    await presses(director, row, f"已选1项：{row}")
    await presses(director, "下一步", f"退回1项：{row}\n请输入退回的理由")
    done = await says(director, SENT_BACK, "已退回")
    assert done.text == (
        f"已退回{QUARTER_WORDS}，理由已告知管理员和考核员。\n"
        f"{row}可以修改，其余的仍算已提交。\n改后由管理员重新提请。"
    )
    told = await finds(admin, "退回了")
    assert told.text == (
        f"{DIRECTOR}退回了{QUARTER_WORDS}的结果。\n理由：{SENT_BACK}\n"
        f"退回修改的评分项：{row}，已通知考核员。改好并重新提交后，请再提请审定。"
    )


async def releases(director: Person, placed: Sequence[Standing]) -> Shown:
    """With the meeting's picks at the tie, and its reason."""
    sure, equals = at_the_cut(placed)
    card = await says(director, "/publish", f"{ADMIN}于")
    _check_preview(card, placed)
    _check_tie(card, sure, equals)
    assert card.buttons == (*(each.department.short for each in equals), "退回修改")
    await presses(director, PICKED.short, "请输入主任办公会决定的理由")
    card = await says(director, DECISION, f"{ADMIN}于")
    _check_preview(card, placed)
    _check_awards(card, sure)
    return await presses(director, "同意发布", "的结果已发布。")


# ---------------------------------------------------------------- nobody knew


async def nobody_outside_knew(people: Mapping[str, Person]) -> None:
    """Asking leads nowhere, and of all that was ever shown to anybody but administrator and
    director nothing was a sum, a share or a place."""
    for name in OUTSIDE:
        await says(people[name], "/publish", "没有相应权限")
        await says(people[name], "/result", "还没有发布过考核结果。")
    secret = {
        sum_
        for corrected in (False, True)
        for each in expected.ranking(sheets(corrected=corrected))
        for sum_ in (each.base, each.total)
    }
    for name in OUTSIDE:
        texts = await people[name].witnessed()
        told = [text for text in texts if _PLACES.search(text) or _numbers(text) & secret]
        assert told == [], name


def _numbers(text: str) -> set[Decimal]:
    return {Decimal(found) for found in _NUMBER.findall(text)}


async def nobody_has_it_yet(people: Mapping[str, Person]) -> None:
    """What was released in the evening waits for the office to open, as the releaser was told."""
    told = await finds(people[DIRECTOR], "的结果已发布。")
    assert told.text == (
        f"{QUARTER_WORDS}的结果已发布。\n"
        f"将在10月15日 09:00起通知 {len(LINKED)} 人，"
        f"另发部门评分表 {_SHEETS} 份、汇总表 {len(SUMMARY)} 份。"
    )
    assert told.buttons == ("立即发送", "考核结果")
    await says(people[ADMIN], "/publish", "2026年第四季度 · 还不能提请审定")
    for name in LINKED:
        chat = await people[name].chat()
        assert [shown for shown in chat if "常驻部门考核结果" in shown.text] == [], name


# ---------------------------------------------------------------- everybody knows


def published(placed: Sequence[Standing]) -> str:
    """The message that everybody gets."""
    sure, _ = at_the_cut(placed)
    names = [*(each.department.short for each in sure), PICKED.short]
    return "\n".join(
        [
            f"{QUARTER_WORDS}常驻部门考核结果",
            "",
            f"先进集体：{'、'.join(names)}",
            f"并列名额由主任办公会决定：{DECISION}",
            "",
            *ranking_lines(placed),
            "* 有评分项不涉及，基础分按适用分值折算。",
            *expected.tie_sentences(placed),
            "",
            *_contacts(),
        ]
    )


def caption(placed: Sequence[Standing]) -> str:
    """Under the picture."""
    sure, _ = at_the_cut(placed)
    names = [*(each.department.short for each in sure), PICKED.short]
    return f"{QUARTER_WORDS}常驻部门考核结果\n先进集体：{'、'.join(names)}"


def _contacts() -> list[str]:
    return [f"咨询{section}：{contact}" for section, contact in CONTACTS.items()]


def own_card(each: Standing, sheet: Sheet) -> str:
    """What liaison and head read of their department: every row, every reason."""
    lines = [f"{each.department.name} · {QUARTER_WORDS}", f"{expected.sum_words(each)}。", ""]
    for row, cell in sheet.items():
        section = INSPECTION if row in INSPECTED else OFFICE
        points = f"/{expected.POINTS[row]}分"
        value = "不涉及" if cell.value is None else f"{expected.number(cell.value)}{points}"
        lines.append(f"{row}：{value}（{section}）")
        lines += [f"理由：{cell.reason}"] if cell.reason else []
        lines += [f"佐证：{'、'.join(cell.evidence)}"] if cell.evidence else []
    return "\n".join([*lines, "", *_contacts()])


async def everybody_has_it_once(
    people: Mapping[str, Person], placed: Sequence[Standing], *, day: str
) -> None:
    """The list in words; to liaisons and heads the sheets of their departments, no other."""
    by_department = {each.department: each for each in placed}
    cells = sheets()
    for name in LINKED:
        person = people[name]
        wanted = SHEETS.get(name, ())
        await finds(person, published(placed))
        for department in wanted:
            await finds(person, annex.file_name(department))
        if name in SUMMARY:
            await finds(person, workbook.FILE)
        chat = await person.chat()
        assert [shown.text for shown in chat if "常驻部门考核结果\n" in shown.text] == [
            caption(placed),
            published(placed),
        ], name
        summaries = [file for shown in chat for file in shown.files if file == workbook.FILE]
        assert len(summaries) == (name in SUMMARY), name
        if name in SUMMARY:
            workbook.check(await person.opens(workbook.FILE), placed, cells, picked=PICKED.short)
        picture.check(await person.opens(picture.FILE))
        sent = [file for shown in chat for file in shown.files if file.endswith("评分表.docx")]
        assert sorted(sent) == sorted(map(annex.file_name, wanted)), name
        for department in wanted:
            each = by_department[department]
            data = await person.opens(annex.file_name(department))
            annex.check(data, each, cells[department], day=day)


async def results_say_the_same(people: Mapping[str, Person], placed: Sequence[Standing]) -> None:
    cells = sheets()
    by_department = {each.department: each for each in placed}
    for name in LINKED:
        person, wanted = people[name], SHEETS.get(name, ())
        card = await presses(person, "考核结果", "常驻部门考核结果")
        assert card.text == published(placed)
        if len(wanted) > 1:
            own_buttons = tuple(f"{each.short}得分" for each in _ranked(placed, wanted))
            assert card.buttons[: len(wanted)] == own_buttons
        for department in wanted:
            if department is not wanted[0]:
                await says(person, "/result", "常驻部门考核结果")
            if len(wanted) > 1:
                await person.presses(f"{department.short}得分")
            own = await person.waits_for(f"{department.name} · {QUARTER_WORDS}")
            assert own.text == own_card(by_department[department], cells[department])
        for department in wanted[-1:]:
            await presses(person, "下载评分表", annex.file_name(department))


def _ranked(
    placed: Sequence[Standing], wanted: Sequence[expected.Department]
) -> list[expected.Department]:
    return [each.department for each in placed if each.department in wanted]
