"""A quarter of six departments, pressed and typed by two sections, from empty to the last reader.

Every number below was worked out on paper from the table of scores; nothing here asks the rules.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from rubric import edition as editions
from rubric import recount
from rubric import report as reports
from storage import publications, sections
from storage.models import publication
from templates import words
from tests.chat import DEPARTMENTS, ZONE, Centre, User
from tests.support.evidence import lies

ROWS = editions.find("2023-17").indicators
CODES = ("SCJG", "GA", "YB", "RS", "MZ", "SW")
MANAGEMENT = ("presence", "discipline")  # rows of the second section

# in the order of the form; None is 不涉及
TABLE: dict[str, tuple[float | None, ...]] = {
    #        服务成效           综窗建设       一网通办 管理规范    加分
    "SCJG": (9.5, 5, 4.5, 9, 10, 9, 9.5, 18, 10, 9.5, 6, 3, 4, 1.5),
    "GA": (9, 5, 5, 8.5, 9.5, 9.5, 9, 18, 9.5, 9.5, 6, 6, 4, 0),
    "YB": (None, 5, 5, 9, 9, 9, 9, 19, 9.5, 10, 2, 2, 2, 0),
    "RS": (9, 4.5, 4.5, 9, 9, 9, 9, 18, 9, 9, 3, 3, 2, 1),
    "MZ": (9, 4.5, 4.5, 9, 9, 8.5, 8.5, 19, 9, 9, 6, 0, 3, 0),
    "SW": (9, 5, 4, 9, 8.5, 9, 8.5, 19, 9, 9, 0, 6, 3, 0),
}
# SCJG  28   + 28.5 + 18 + 19.5 = 94     + 14.5 = 108.5
# GA    27.5 + 28   + 18 + 19   = 92.5   + 16   = 108.5
# YB    (19  + 27   + 19 + 19.5) ÷ 90 × 100 = 93.888… → 93.89, + 6 = 99.89
# RS    27   + 27   + 18 + 18   = 90     + 9    = 99
# MZ    27   + 26   + 19 + 18   = 90     + 9    = 99
# SW    27   + 26   + 19 + 18   = 90     + 9    = 99
EXPECTED = [
    # code, base, bonus, total, rank, shared, rescaled
    ("SCJG", 9400, 1450, 10850, 1, False, False),
    ("GA", 9250, 1600, 10850, 2, False, False),
    ("YB", 9389, 600, 9989, 3, False, True),
    ("RS", 9000, 900, 9900, 4, False, False),
    ("MZ", 9000, 900, 9900, 5, True, False),
    ("SW", 9000, 900, 9900, 5, True, False),
]
LIST = """2026年第四季度常驻部门考核结果

先进集体：市场监管局、公安、医保局

1. 市场监管局 108.5分
2. 公安 108.5分
3. 医保局 99.89分*
4. 人社局 99分
5. 民政局 99分（并列）
5. 税务 99分（并列）
* 有评分项不涉及，基础分按适用分值折算。
市场监管局与公安同为108.5分，按基础分94＞92.5列前
人社局、民政局与税务同为99分，按综窗建设27＞26，人社局列前
民政局与税务同为99分，基础分及各方面得分率均相同，并列第5名

咨询考核办公室：周老师 021-56001234
咨询督查科：顾老师"""


def give(user: User, row, values: list[float | None], *, typed: bool) -> None:
    """Go through one row from its first department, the next one following by itself."""
    user.says("/score")
    user.clicks_containing(row.name)
    user.clicks_containing(DEPARTMENTS[CODES[0]][1])
    for value in values:
        if value is None:
            user.clicks("不涉及")
            user.says("未开通线上帮办")
            continue
        if typed:
            user.says(f"{value:g}分")
        else:
            user.clicks(f"{value:g}")
        if not user.card.startswith("✓"):  # a reason is asked
            user.says(f"{row.name}：核减")


@pytest.mark.parametrize("restart", [False, True], ids=["", "restarted"])
def test_from_scores_to_the_last_reader(tmp_path, restart):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=restart, departments=CODES)
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科", contact="顾老师")
        for row_id in MANAGEMENT:
            sections.assign_row(connection, indicator=row_id, section_id=other)
    wang = centre.person("王芳", "evaluator")
    sun = centre.person("孙丽", "evaluator", section=other)
    zhang, chen = centre.person("张伟", "admin"), centre.person("陈主任", "director")
    heads = {code: centre.person(f"{code}代表", "head", department=code) for code in CODES}
    zhao = centre.person("小赵", department="SW")
    for code in CODES:
        lies(centre, code, "bonus_innovation", "创新举措")
        lies(centre, code, "bonus_service", "突出表现")
        lies(centre, code, "bonus_news", "媒体报道")
    for number, row in enumerate(ROWS):
        user = sun if row.id in MANAGEMENT else wang
        give(user, row, [TABLE[code][number] for code in CODES], typed=number % 2 == 0)
        assert "本项已评完，提交后才计入结果。" in user.card
        user.clicks("提交本行评分")
        user.clicks("提交本行评分")
        assert user.card.startswith(f"✓ {words.quoted(row.name)}已提交。")
    for person in (*heads.values(), zhao):
        assert person.hears == []  # nobody heard anything of it before
    centre.now = datetime(2027, 1, 12, 10, 0, tzinfo=ZONE)
    zhang.says("/publish")
    zhang.clicks("公布范围")
    zhang.clicks("全部名次")
    zhang.clicks("提请审定")
    chen.clicks("同意发布")

    with centre.database.read() as connection:
        found = publications.find(connection, "2026Q4")
        assert connection.execute(select(publication.c.revision)).scalars().all() == [1]
    assert found is not None
    report = reports.from_json(found.report)
    assert [
        (each.code, each.base, each.bonus, each.total, each.rank, each.shared, each.rescaled)
        for each in report.departments
    ] == EXPECTED
    assert report.awards == ("SCJG", "GA", "YB")
    assert recount.verify(report, editions.find("2023-17")) == ()
    for code in CODES:
        cells = report.department(code).rows
        assert [row.hundredths for row in cells] == [
            None if value is None else round(value * 100) for value in TABLE[code]
        ]
        assert [row.section for row in cells] == [
            "督查科" if row.id in MANAGEMENT else "考核办公室" for row in ROWS
        ]
        assert [row.evidence for row in cells[10:]] == [
            (f"2026Q4-{code}-001",), (f"2026Q4-{code}-002",), (f"2026Q4-{code}-003",), (),
        ]  # fmt: skip

    picture = "2026年第四季度常驻部门考核结果\n先进集体：市场监管局、公安、医保局"
    assert zhao.hears == [picture, LIST]
    for evaluator in (wang, sun):
        assert evaluator.hears[-3:-1] == [picture, LIST]
    for code, head in heads.items():
        heard = head.hears
        assert heard[:2] == [picture, LIST]
        assert len(heard) == 3
        assert [m.file["name"] for m in head.chat if m.file] == [
            "2026年第四季度常驻部门考核结果.png",
            f"{report.department(code).short_name}2026年第四季度考核量化评分表.docx",
        ]
    heads["YB"].says("/result")
    assert (
        heads["YB"]
        .hears[1]
        .startswith(
            "医疗保障局 · 2026年第四季度\n总分99.89分（基础分93.89*分，加分6分），第3名。\n\n"
            "线上帮办：不涉及（考核办公室）\n理由：未开通线上帮办\n线下帮办：5/5分（考核办公室）\n"
        )
    )
