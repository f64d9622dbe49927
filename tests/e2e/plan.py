"""The quarter that is lived through: who takes part, what is reported, every score and why.

The values are chosen for what they bring about: two departments of one total parted by their
base, two parted by a category, two equal in everything at the third place, one of these with a
row 不涉及; a bonus at its cap; reasons pressed, typed and taken over with 「同上」. The register's
order is never the outcome's, so that no tie comes out right by accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tests.e2e.expected import NOT_APPLICABLE, ROWS, Cell, Department, Sheet

QUARTER, QUARTER_WORDS = "2026Q3", "2026年第三季度"
# 报送截止 is 10 October (a Saturday of work after the holidays), 补报截止 the 13th
COLLECTING = "2026-09-24T10:00"
SUPPLEMENT = "2026-10-12T10:00"
CLOSED = "2026-10-14T10:00"
EVENING, OPENING = "2026-10-14T18:30", "2026-10-15T09:00"

SW = Department("税务局", "税务局", "SW")
RS = Department("人力资源和社会保障局", "人社局", "RS")
SCJG = Department("市场监督管理局", "市场监管局", "SCJG")
GA = Department("公安分局", "公安分局", "GA")
YB = Department("医疗保障局", "医保局", "YB")
MZ = Department("民政局", "民政局", "MZ")
DEPARTMENTS = (SW, RS, SCJG, GA, YB, MZ)  # as they are entered: the order of the register

# ---------------------------------------------------------------- people

ADMIN, DIRECTOR = "张伟", "陈静"
OFFICE, INSPECTION = "考核办公室", "督查科"
WANG, SUN = "王芳", "孙丽"  # evaluators; 孙丽 belongs to 民政局, whose rows 王芳 scores for her
CONTACTS = {OFFICE: "周老师 021-56001234", INSPECTION: "顾老师 021-56005678"}
INSPECTED = ("服务评价", "两集中两到位", "工作纪律")
BRINGERS = {GA: "赵刚", SCJG: "李敏", YB: "钱丽", RS: "周洋", MZ: "吴梅", SW: "冯远"}
ENTRIES = (
    f"{DIRECTOR} 主任",
    f"{WANG} 考核员 {OFFICE}",
    f"{SUN} 考核员 {INSPECTION} 民政局",
    "赵刚 联络员 公安分局",
    "郑国 部门负责人 公安分局",
    "李敏 联络员 市场监管局",
    "钱丽 联络员 医保局",
    "周洋 联络员 人社局",
    "吴梅 联络员 民政局",  # and, given later, of 税务局
    "冯远 首席代表 税务局",
    "何小满 工作人员",
    "许诺 联络员 人社局",  # never uses the code
)
ABSENT = "许诺"
LINKED = (
    ADMIN, DIRECTOR, WANG, SUN, "赵刚", "郑国", "李敏", "钱丽", "周洋", "吴梅", "冯远", "何小满",
)  # fmt: skip
SHEETS: Mapping[str, tuple[Department, ...]] = {
    "赵刚": (GA,), "郑国": (GA,), "李敏": (SCJG,), "钱丽": (YB,), "周洋": (RS,),
    "吴梅": (MZ, SW), "冯远": (SW,),
}  # fmt: skip
# all places are public, so evaluators get the summary too
SUMMARY = (ADMIN, DIRECTOR, WANG, SUN)
OUTSIDE = tuple(name for name in LINKED if name not in (ADMIN, DIRECTOR))

# ---------------------------------------------------------------- what is accepted, and where

EVIDENCE: Mapping[tuple[str, Department], tuple[str, ...]] = {
    ("线下帮办", GA): ("2026Q3-GA-001",),
    ("“一网通办”有创新亮点的", GA): ("2026Q3-GA-002",),
    ("两集中两到位", GA): ("2026Q3-GA-003",),
    ("信息录用、新闻宣传", SCJG): ("2026Q3-SCJG-001",),
    ("政务服务有突出表现的", SCJG): ("2026Q3-SCJG-002",),
    ("窗口业务支撑", YB): ("2026Q3-YB-001",),
    ("“一网通办”有创新亮点的", RS): ("2026Q3-RS-002",),
    ("线下帮办", MZ): ("2026Q3-MZ-001",),
    ("政务服务有突出表现的", SW): ("2026Q3-SW-001",),
}

# ---------------------------------------------------------------- scores

SAME = "同上"
SCORES: Mapping[str, tuple[str, str, str, str, str, str]] = {
    "线上帮办": (
        "9.5 账号登录签到不足", "不涉及 未开通线上人工帮办", "9 一分钟响应不及时",
        "9 同上", "9 同上", "9.5 解决率或满意度偏低",
    ),
    "线下帮办": ("5", "4.5 帮办案例上报偏少", "4.5 同上", "5", "4.5 同上", "5"),
    "咨询服务": (
        "4.5 留言答复超时", "4.5 同上", "4.5 两次抽查电话未接",
        "4.5 同上", "4.5 同上", "4.5 答复内容不够有效",
    ),
    "服务评价": (
        "9 投诉处理超时", "9 同上", "9 好差评推广覆盖不足",
        "9.5 12345工单一件超期", "9 投诉处理超时", "9 回访满意率偏低",
    ),
    "窗口业务支撑": (
        "9.5 业务培训不足", "9 同上", "9 审核要点更新不及时", "10", "9.5 业务培训不足", "9.5 同上",
    ),
    "办理协同顺畅度": (
        "9 跨部门协同不够顺畅", "9 同上", "8.5 “啄木鸟”平台使用偏少",
        "9.5 跨部门协同不够顺畅", "8.5 同上", "9.5 协同件退回一次",
    ),
    "窗口服务规范化": (
        "9.5 有超时受理或办结", "9 同上", "9 退件或物料流转不规范",
        "9 同上", "9 材料收发未进综合窗口", "9.5 同上",
    ),
    "在线办理成熟度": (
        "19 网办占比偏低", "18 网办深度不足", "17.5 同上",
        "18.5 网办占比偏低", "18 同上", "18.5 “两个免于提交”落实不足",
    ),
    "两集中两到位": (
        "不涉及 未设此类窗口或事项", "9 审批授权不到位", "8.5 人员进驻不到位",
        "9.5 审批授权不到位", "8.5 事项进驻不到位", "不涉及 本季度无此类业务",
    ),
    "工作纪律": (
        "9.5 会议出席不足", "9 同上", "9 考勤或请销假不规范",
        "9.5 会议出席不足", "9.5 同上", "9.5 服务礼仪不规范",
    ),
    "“一网通办”有创新亮点的": (
        "0", "3", "6 “一件事”集成服务全市推广", "6", "4 自助工作台应用推广", "0",
    ),
    "政务服务有突出表现的": ("2", "3 帮办获书面表扬", "6", "3 内部审批通办", "2 流程优化", "0"),
    "信息录用、新闻宣传": (
        "0", "2 中心简报录用", "4", "4 市级媒体报道两篇", "3 区级媒体报道", "2 中心简报录用",
    ),
    "其他表现突出的加分项": ("0", "1 重阳节志愿服务", "4 承办技能比武", "1 配合测试", "0", "0"),
}  # fmt: skip
# scored before the last evidence had come, which then opened this cell again
EARLY_ROW = "“一网通办”有创新亮点的"
EARLIER = (EARLY_ROW, RS, "0")
# what the director had looked at again, so that a total grows into a tie
CORRECTED = ("线上帮办", GA, "9.5 复核后按一分钟响应记分")
# scored last of all
MISSING = ("工作纪律", MZ)
PICKED, DECISION = YB, "主任办公会10月14日研究，医保局帮办量居前"
SENT_BACK = "公安分局线上帮办的扣分请再核对"


def row(name: str, *, corrected: bool = False, early: bool = False) -> dict[Department, Cell]:
    """One row's cells in the order of the register, at one of the times when it is handed in."""
    cells = {each: sheet[name] for each, sheet in sheets(corrected=corrected).items()}
    if early:
        cells[EARLIER[1]] = parse(EARLIER[2])
    return cells


def sheets(*, corrected: bool = True) -> dict[Department, Sheet]:
    """Every department's cells as they are published, or as they were before the correction."""
    found: dict[Department, dict[str, Cell]] = {each: {} for each in DEPARTMENTS}
    for row, cells in SCORES.items():
        last = ""
        for department, text in zip(DEPARTMENTS, cells, strict=True):
            if corrected and (row, department) == CORRECTED[:2]:
                cell, kept = parse(CORRECTED[2]), last
                last = parse(text, same=kept).reason
            else:
                cell = parse(text, same=last)
                last = cell.reason or last
            evidence = EVIDENCE.get((row, department), ())
            found[department][row] = Cell(cell.value, cell.reason, evidence)
    assert [row for rows in ROWS.values() for row in rows] == list(SCORES)
    return dict(found)


def parse(text: str, *, same: str = "") -> Cell:
    """A cell as it is written above; `same` is what 「同上」 stands for."""
    value, _, reason = text.partition(" ")
    known = None if value == NOT_APPLICABLE else Decimal(value)
    return Cell(known, same if reason == SAME else reason)
