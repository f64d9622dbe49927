"""The editions say what the notice says, and a faulty file is told all its faults at once."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources

import pytest

from rubric.edition import (
    Category,
    EditionFaults,
    Indicator,
    NoEdition,
    UnknownEdition,
    UnknownIndicator,
    as_json,
    catalog,
    edition_for,
    find,
    parse,
)
from rubric.tables import Fault

# Copied by hand from the annex: name as printed, points, standard.
ANNEX = {
    "服务成效": [
        (
            "线上帮办",
            10,
            "线上在线人工帮办开通事项数、账号登录签到、一分钟响应，解决率及满意度评价等。"
            "视情况得分。",
        ),
        (
            "线下帮办",
            5,
            "中心帮办配合度、上报帮办案例数、帮办质量及“办不成事”反映窗口工作配合。视情况得分。",
        ),
        (
            "咨询服务",
            5,
            "区“一网通办”网上留言咨询、“小宝”咨询回复时效和内容有效性，电话咨询接通和回复等。"
            "视情况得分。",
        ),
        (
            "服务评价",
            10,
            "好差评的推广、覆盖和处置情况（全程网办件好评、咨询窗口静态好评等），"
            "各渠道投诉及处理时效和整改情况（12345、中心总服务台投诉等），办件满意度回访情况。"
            "视情况得分。",
        ),
    ],
    "综窗建设": [
        (
            "窗口业务支撑",
            10,
            "提供统一规范的审核要点，及时规范提供政策、法规、审核要求等调整内容；"
            "组织业务培训，做好业务带教和中台支撑；做好窗口业务纠纷处置等工作。视情况得分。",
        ),
        (
            "办理协同顺畅度",
            10,
            "跨部门协同办理、窗口“啄木鸟”轻应用平台使用情况等。视情况得分。",
        ),
        (
            "窗口服务规范化 (10分)",
            10,
            "严格执行综合窗口工作要求，检查“以科室代窗口”现象，未实现全程电子化材料的事项，"
            "纸质材料收发需纳入综合窗口；落实综合窗口改革相关文件要求，如：未规范咨询取号、"
            "退件、物料流转，超时受理、超时办结等。视情况得分。",
        ),
    ],
    "一网通办": [
        (
            "在线办理成熟度 (20分)",
            20,
            "网办、全程网办量及办件占比，网办成熟度及办理深度，规范落实“两个免于提交”、"
            "电子证照归集等工作。视情况得分。",
        ),
    ],
    "管理规范": [
        (
            "两集中两到位",
            10,
            "应进事项进驻及审批授权情况(事项是否在中心直接办结、事项采取几级审批情况等)；"
            "应进人员进驻及管理情况(事项审批人员是否按规定进驻，是否按要求做好人员调动手续，"
            "是否配合做好人员考核管理等)。视情况得分。",
        ),
        (
            "工作纪律",
            10,
            "中心各项管理制度执行情况(考勤、请销假、会议制度等)和窗口行业规范"
            "(服务礼仪和服务行为规范)；按时间节点完成中心交办的工作任务等。视情况得分。",
        ),
    ],
}
ANNEX_BONUS = [
    (
        "“一网通办”有创新亮点的",
        6,
        "如“AI+审批”服务及应用、“智能办”远程云导办、“一件事”、区块链电子材料库等创新服务举措，"
        "“两页”、“随申码”“企业云”推广应用，“长三角”及跨省通办，自助工作台应用推广等。"
        "视情况加分。",
    ),
    (
        "政务服务有突出表现的",
        6,
        "帮办有突出表现，窗口服务有创新亮点，审批流程优化有突出成效，部门内部事项审批通办情况等。"
        "视情况加分。",
    ),
    ("信息录用、新闻宣传", 4, "信息被中心录用，或被市区两级媒体宣传报道的，视情况加分。"),
    ("其他表现突出的加分项", 4, "视情况加分。"),
]
NOTICE = find("2023-17")


def printed(rows: tuple[Indicator, ...]) -> list[tuple[str, int, str]]:
    return [(row.form_label, row.points, row.standard) for row in rows]


def test_rows_points_and_standards_are_the_annex_s_words():
    assert {c.name: printed(c.indicators) for c in NOTICE.categories} == ANNEX
    assert printed(NOTICE.bonus_indicators) == ANNEX_BONUS


def test_sums_are_those_of_the_notice():
    assert [category.points for category in NOTICE.categories] == [30, 30, 20, 20]
    assert NOTICE.bonus is not None
    assert (NOTICE.bonus.points, NOTICE.bonus.cap, NOTICE.total) == (20, 20, 120)
    assert [row.bonus for row in NOTICE.indicators] == [False] * 10 + [True] * 4


def test_names_carry_no_points_and_ids_are_fixed():
    assert {row.id: (row.name, row.aliases) for row in NOTICE.indicators} == {
        "online_help": ("线上帮办", ()),
        "onsite_help": ("线下帮办", ()),
        "enquiries": ("咨询服务", ()),
        "service_ratings": ("服务评价", ()),
        "window_support": ("窗口业务支撑", ()),
        "coordination": ("办理协同顺畅度", ()),
        "window_standards": ("窗口服务规范化", ()),
        "online_maturity": ("在线办理成熟度", ("在线服务成熟度",)),
        "presence": ("两集中两到位", ()),
        "discipline": ("工作纪律", ()),
        "bonus_innovation": ("“一网通办”有创新亮点的", ("“一网通办”有创新亮点",)),
        "bonus_service": ("政务服务有突出表现的", ("政务服务有突出表现",)),
        "bonus_news": ("信息录用、新闻宣传", ("信息录用及新闻宣传",)),
        "bonus_other": ("其他表现突出的加分项", ("其他突出表现",)),
    }


def test_changes_give_old_names_and_points_as_the_notice_does():
    given = [(c.clause, c.old, c.old_points, c.new, c.new_points) for c in NOTICE.changes]
    assert given == [
        ("一", ("窗口考核",), None, ("常驻部门考核",), 100),
        ("一（一）", ("服务质量",), 30, ("服务成效",), 30),
        ("一（一）1", ("帮办服务",), None, ("线上帮办", "线下帮办"), None),
        ("一（一）2", ("咨询服务",), None, ("咨询服务",), None),
        ("一（一）3", ("投诉处理",), None, ("服务评价",), None),
        ("一（一）4", ("其它有损服务质量的行为",), None, (), None),
        ("一（二）", ("单一窗口",), 14, ("综窗建设",), 30),
        (
            "一（三）",
            ("一网通办", "全程网办量比", "线上线下无差别办理", "双减半落地", "在线服务成熟度"),
            20,
            ("一网通办", "在线服务成熟度"),
            20,
        ),
        ("一（四）", ("内部管理",), 30, ("管理规范",), 20),
        ("一（四）1", ("三集中三到位",), None, ("两集中两到位",), None),
        (
            "一（四）2",
            ("严格遵守中心考勤管理制度", "按时完成中心交办的工作任务", "各类会议活动出席情况"),
            None,
            ("工作纪律",),
            None,
        ),
        (
            "一（五）1",
            ("一网通办有突出表现的", "信息被简报、微信、网站录用"),
            None,
            ("“一网通办”有创新亮点的", "信息录用、新闻宣传"),
            None,
        ),
        (
            "一（五）2",
            ("政务服务有突出表现的", "其他表现突出的加分项"),
            None,
            ("政务服务有突出表现的", "其他表现突出的加分项"),
            None,
        ),
        ("一（五）3", (), 20, (), 20),
    ]
    names = [name for change in NOTICE.changes for name in change.old]
    assert [name for name in names if not any(name in c.words for c in NOTICE.changes)] == []


def test_records_of_unseen_documents_hold_number_and_title_only():
    assert [
        (e.id, e.document, e.title, e.effective_from, e.scorable, e.indicators, e.changes, e.total)
        for e in catalog()[1:]
    ] == [
        (
            "2019-13",
            "宝行政中心〔2019〕13号",
            "关于进一步完善《宝山区行政服务中心内部管理考核办法》的通知",
            None,
            False,
            (),
            (),
            0,
        ),
        (
            "2014-3",
            "宝行政中心〔2014〕3号",
            "宝山区行政服务中心内部管理考核办法",
            None,
            False,
            (),
            (),
            0,
        ),
    ]


def test_the_edition_in_force_on_the_quarter_s_last_day_governs_it():
    assert edition_for(date(2023, 6, 9)) is NOTICE
    assert edition_for(date(2030, 12, 31)) is NOTICE
    with pytest.raises(NoEdition) as refused:
        edition_for(date(2023, 6, 8))
    assert refused.value.facts() == {"day": date(2023, 6, 8)}


def test_find_names_the_known_editions():
    assert find("2014-3").title == "宝山区行政服务中心内部管理考核办法"
    with pytest.raises(UnknownEdition) as refused:
        find("2020-1\n")
    assert refused.value.facts() == {"typed": "2020-1", "known": ("2023-17", "2019-13", "2014-3")}
    assert str(refused.value) == "edition.unknown"


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        ("online_maturity", "online_maturity"),
        ("在线办理成熟度", "online_maturity"),
        ("在线服务成熟度", "online_maturity"),
        ("在线办理成熟度（20分）", "online_maturity"),
        (" 一网通办 有创新亮点的 ", "bonus_innovation"),
        ("‘一网通办’有创新亮点的", "bonus_innovation"),
        ("信息录用及新闻宣传", "bonus_news"),
        ("其他突出表现", "bonus_other"),
    ],
)
def test_a_row_is_found_by_what_people_call_it(typed, row):
    assert NOTICE.lookup(typed) is NOTICE.indicator(row)


def test_an_unknown_row_is_told_with_the_rows_there_are():
    with pytest.raises(UnknownIndicator) as refused:
        NOTICE.lookup("综窗建设")
    assert refused.value.facts() == {
        "typed": "综窗建设",
        "rows": tuple(row.name for row in NOTICE.indicators),
    }
    with pytest.raises(KeyError):
        NOTICE.indicator("nothing")


def test_a_row_knows_its_category():
    assert [c.name if (c := NOTICE.category_of(r)) else None for r in NOTICE.indicators] == (
        ["服务成效"] * 4 + ["综窗建设"] * 3 + ["一网通办"] + ["管理规范"] * 2 + [None] * 4
    )


def test_json_has_exactly_the_promised_shape():
    shown = json.loads(json.dumps(as_json(NOTICE)))
    assert {key: shown[key] for key in ("edition", "document", "effective_from", "total")} == {
        "edition": "2023-17",
        "document": "宝行政中心〔2023〕17号",
        "effective_from": "2023-06-09",
        "total": 120,
    }
    assert list(shown) == ["edition", "document", "effective_from", "total", "categories", "bonus"]
    assert [list(category) for category in shown["categories"]] == [
        ["name", "points", "indicators"]
    ] * 4
    assert list(shown["bonus"]) == ["points", "cap", "indicators"]
    assert shown["categories"][2] == {
        "name": "一网通办",
        "points": 20,
        "indicators": [
            {
                "id": "online_maturity",
                "name": "在线办理成熟度",
                "form_label": "在线办理成熟度 (20分)",
                "points": 20,
                "standard": ANNEX["一网通办"][0][2],
                "aliases": ["在线服务成熟度"],
            }
        ],
    }
    assert [row["points"] for row in shown["bonus"]["indicators"]] == [6, 6, 4, 4]
    assert as_json(find("2014-3")) == {
        "edition": "2014-3",
        "document": "宝行政中心〔2014〕3号",
        "effective_from": None,
        "total": None,
        "categories": [],
        "bonus": None,
    }


# ------------------------------------------------------------------ faults of a file

SMALL = """
edition = "2031-1"
document = "某中心〔2031〕1号"
title = "通知"
effective_from = 2031-01-01
scorable = true
total = 110

[[categories]]
name = "甲类"
points = 100

[[categories.indicators]]
id = "first"
name = "甲一"
form_label = "甲一 (60分)"
points = 60
standard = "甲。"
aliases = ["甲壹"]

[[categories.indicators]]
id = "second"
name = "甲二"
form_label = "甲二"
points = 40
standard = "乙。"

[bonus]
points = 12
cap = 10

[[bonus.indicators]]
id = "extra"
name = "加"
form_label = "加"
points = 12
standard = "丙。"

[[changes]]
clause = "一"
words = "新设。"
new_points = 100
"""


def faults(*changes: tuple[str, str]) -> list[tuple[str, str, str, str]]:
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(EditionFaults) as refused:
        parse(text)
    assert refused.value.facts() == {"faults": refused.value.faults}
    return [(f.kind, f.where, f.expected, f.found) for f in refused.value.faults]


def test_a_file_without_faults_is_an_edition():
    edition = parse(SMALL)
    assert edition.total == 110
    assert edition.categories == (
        Category(
            name="甲类",
            points=100,
            indicators=(
                Indicator("first", "甲一", "甲一 (60分)", 60, "甲。", ("甲壹",)),
                Indicator("second", "甲二", "甲二", 40, "乙。"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('title = "通知"\n', "", ("missing", "title", "str", "")),
        ('title = "通知"', "title = 5", ("type", "title", "str", "int")),
        (
            'title = "通知"',
            'title = " 通知"',
            ("value", "title", "text without outer spaces", " 通知"),
        ),
        ('title = "通知"', 'title = "通知"\nfrm = 1', ("unknown", "frm", "", "")),
        ("effective_from = 2031-01-01\n", "", ("missing", "effective_from", "date", "")),
        (
            "2031-01-01",
            "2031-01-01T00:00:00",
            ("type", "effective_from", "date", "datetime"),
        ),
        ("scorable = true\n", "", ("missing", "scorable", "bool", "")),
        ("scorable = true", "scorable = 1", ("type", "scorable", "bool", "int")),
        ('"2031-1"', '"31-1"', ("value", "edition", "[0-9]{4}-[0-9]{1,3}", "31-1")),
        ("total = 110", "total = 120", ("sum", "total", "110", "120")),
        ("points = 40", "points = 0", ("value", "categories.1.indicators.2.points", "1…", "0")),
        (
            "points = 40",
            "points = true",
            ("type", "categories.1.indicators.2.points", "int", "bool"),
        ),
        ("points = 40", "points = 39", ("sum", "categories.1.points", "99", "100")),
        ("(60分)", "(61分)", ("sum", "categories.1.indicators.1.form_label", "60", "61")),
        ('id = "second"', 'id = "first"', ("duplicate", "id", "", "first")),
        ('name = "甲二"', 'name = "“甲一”"', ("duplicate", "name", "", "甲一")),
        ('["甲壹"]', '["加"]', ("clash", "aliases", "", "加")),
        ('["甲壹"]', '["“甲一”"]', ("clash", "aliases", "", "“甲一”")),
        ('["甲壹"]', "[1]", ("type", "categories.1.indicators.1.aliases", "list of str", "[1]")),
        ("cap = 10", "cap = 13", ("value", "bonus.cap", "…12", "13")),
        ("points = 12\ncap", "points = 11\ncap", ("sum", "bonus.points", "12", "11")),
        ('clause = "一"\n', "", ("missing", "changes.1.clause", "str", "")),
    ],
)
def test_each_fault_is_named_with_its_place(old, new, fault):
    found = faults((old, new))
    assert fault in found
    # a raised cap moves the declared total too: that is a second fault, not an echo
    assert len(found) == (2 if fault[1] == "bonus.cap" else 1)


def test_all_faults_are_named_at_once():
    assert faults(
        ('title = "通知"\n', ""),
        ("points = 60", 'points = "60"'),
        ("points = 100", "points = 90"),
        ('id = "extra"', 'id = "Extra"'),
        ("total = 110", "total = 120"),
        ('words = "新设。"', 'wrods = "新设。"'),
    ) == [
        ("missing", "title", "str", ""),
        ("type", "categories.1.indicators.1.points", "int", "str"),
        ("sum", "categories", "100", "90"),
        ("value", "bonus.indicators.1.id", "[a-z][a-z0-9_]{1,23}", "Extra"),
        ("missing", "changes.1.words", "str", ""),
        ("unknown", "changes.1.wrods", "", ""),
        ("sum", "total", "100", "120"),
    ]


def test_two_categories_of_one_name():
    half = '\n[[categories]]\nname = "甲类"\npoints = 40\n'
    assert faults(
        ("points = 100", "points = 60"),
        (
            '\n[[categories.indicators]]\nid = "second"',
            half + '[[categories.indicators]]\nid = "two"',
        ),
    ) == [("duplicate", "categories", "", "甲类")]


def test_tables_that_are_none():
    text = SMALL[: SMALL.index("[[categories]]")]
    with pytest.raises(EditionFaults) as refused:
        parse(text + "categories = [1]\nbonus = 2\n")
    assert refused.value.faults == (
        Fault("type", "categories.1", "dict", "int"),
        Fault("sum", "categories", "100", "0"),
        Fault("type", "bonus", "dict", "int"),
    )


def test_a_record_states_nothing_that_only_a_scored_edition_has():
    text = SMALL.replace("scorable = true", "scorable = false")
    with pytest.raises(EditionFaults) as refused:
        parse(text)
    assert refused.value.faults == (
        Fault("unknown", "bonus"),
        Fault("unknown", "categories"),
        Fault("unknown", "total"),
    )


@pytest.mark.parametrize("text", ["edition = ", "a = " + "[" * 5000])
def test_what_is_no_toml_is_one_fault(text):
    with pytest.raises(EditionFaults) as refused:
        parse(text)
    assert [fault.kind for fault in refused.value.faults] == ["syntax"]


def test_every_edition_file_of_the_package_is_in_the_catalog():
    files = [f.name for f in (resources.files("rubric") / "editions").iterdir()]
    assert sorted(f"{edition.id}.toml" for edition in catalog()) == sorted(files)
