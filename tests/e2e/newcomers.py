"""An office that begins: thirty departments, three sections, sixty people, as a clerk writes them
into the two workbooks, and what is expected to come of it.

Not tidy: full names with and without the district, short names and codes given here and left to
the program there, two who report for two departments, namesakes, an account known in advance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

ADMIN: Final = "周敏"
OFFICE, BUSINESS, CONDUCT = "考核办公室", "综合业务科", "督查科"

Line = Mapping[str, str]  # column -> what stands in the cell


@dataclass(frozen=True, slots=True)
class Place:
    """A department. `written` is what the clerk fills in besides the full name; the rest is what
    the program must propose."""

    name: str
    short: str
    code: str
    written: Mapping[str, str]

    @property
    def line(self) -> Line:
        return {"部门全称": self.name, **self.written}


def _place(name: str, short: str, code: str, **written: str) -> Place:
    return Place(name, short, code, written)


PLACES: Final = (
    _place("宝山区市场监督管理局", "市场监管局", "SCJG"),
    _place("上海市公安局宝山分局", "公安", "GA", 简称="公安", 代码="ga"),
    _place("宝山区医疗保障局", "医保局", "YB"),
    _place("宝山区人力资源和社会保障局", "人社局", "RS"),
    _place("宝山区民政局", "民政局", "MZ"),
    _place("国家税务总局上海市宝山区税务局", "税务局", "SW", 简称="税务局", 代码="SW"),
    _place("宝山区规划和自然资源局", "规划资源局", "GHZY", 简称="规划资源局"),
    _place("宝山区建设和管理委员会", "建管委", "JG"),
    _place("宝山区交通委员会", "交通委", "JT"),
    _place("宝山区住房保障和房屋管理局", "房管局", "FG"),
    _place("宝山区生态环境局", "生态环境局", "STHJ"),
    _place("宝山区水务局", "水务局", "SWJ"),
    _place("宝山区绿化和市容管理局", "绿化市容局", "LHSR"),
    _place("宝山区城市管理行政执法局", "城管执法局", "CGZF"),
    _place("宝山区卫生健康委员会", "卫健委", "WJ"),
    _place("宝山区教育局", "教育局", "JY"),
    _place("宝山区文化和旅游局", "文旅局", "WL"),
    _place("宝山区体育局", "体育局", "TY", 入驻日期="2026-10-8"),
    _place("宝山区农业农村委员会", "农业农村委", "NYNC"),
    _place("宝山区发展和改革委员会", "发改委", "FGW"),
    _place("宝山区商务委员会", "商务委", "SWW"),
    _place("宝山区科学技术委员会", "科委", "KW", 简称="科委"),
    _place("宝山区应急管理局", "应急局", "YJ"),
    _place("宝山区消防救援支队", "消防支队", "XF", 简称="消防支队"),
    _place("宝山区退役军人事务局", "退役军人局", "TYJR"),
    _place("宝山区司法局", "司法局", "SF"),
    _place("宝山区残疾人联合会", "残联", "CL", 简称="残联", 代码="CL"),
    _place("上海市公积金管理中心宝山区管理部", "公积金中心", "GJJ", 简称="公积金中心"),
    _place("上海市宝山区烟草专卖局", "烟草局", "YC", 简称="烟草局", 入驻日期="2025/3/1"),
    _place(
        "宝山区民族和宗教事务办公室", "民宗办", "MZB",
        简称="民宗办", 代码="MZB", 入驻日期="2024年7月1日", 撤出日期="2026-12-31",
    ),
)  # fmt: skip
DATES: Final = {
    "TY": ("2026-10-08", ""),
    "YC": ("2025-03-01", ""),
    "MZB": ("2024-07-01", "2026-12-31"),
}


def place(named: str) -> Place:
    """By code, short name or full name, as people write it."""
    [found] = [each for each in PLACES if named in (each.code, each.short, each.name)]
    return found


SECTIONS: Final[Sequence[Line]] = (
    {
        "科室名称": OFFICE,
        "联系人": "周老师",
        "电话": "021-56001234",
        "负责的考核项": "线上帮办、线下帮办、咨询服务、信息录用、新闻宣传、其他表现突出的加分项",
    },
    {
        "科室名称": BUSINESS,
        "联系人": "吴老师",
        "电话": "021-56002345",
        "负责的考核项": (
            "窗口业务支撑、办理协同顺畅度、在线服务成熟度、"
            "“一网通办”有创新亮点的、政务服务有突出表现的"
        ),
    },
    {
        "科室名称": CONDUCT,
        "联系人": "顾老师",
        "电话": "021-56005678",
        "负责的考核项": "服务评价，窗口服务规范化，两集中两到位，工作纪律",
    },
)
OWNERS: Final = {
    "线上帮办": OFFICE,
    "线下帮办": OFFICE,
    "咨询服务": OFFICE,
    "服务评价": CONDUCT,
    "窗口业务支撑": BUSINESS,
    "办理协同顺畅度": BUSINESS,
    "窗口服务规范化": CONDUCT,
    "在线办理成熟度": BUSINESS,
    "两集中两到位": CONDUCT,
    "工作纪律": CONDUCT,
    "“一网通办”有创新亮点的": BUSINESS,
    "政务服务有突出表现的": BUSINESS,
    "信息录用、新闻宣传": OFFICE,
    "其他表现突出的加分项": OFFICE,
}

# 姓名 角色 部门 科室 B角 账号
_PEOPLE: Final = """
陈静|主任||||
方芸|审计员||||
王芳|考核员||考核办公室|孙丽|
孙丽|考核员||考核办公室||
赵倩|考核员||综合业务科||
何平|考核员||综合业务科、督查科||
徐晨|考核员||督查科||
郑洁|考核员|民政局|督查科||
李敏|联络员|市场监管局||马骏|
马骏|部门负责人|市场监管局|||
陈刚|联络员|GA||郑国|
郑国|部门负责人|上海市公安局宝山分局|||
钱丽|联络员|医保局|||
吴建平|首席代表|医保局||钱丽|
周洋|联络员|人社局|||
高远|部门负责人|人社局|||
吴梅|联络员|民政局、残联|||
罗敏|部门负责人|民政局|||
冯远|联络员|税务局|||
蒋涛|部门负责人|税务局|||
沈岚|联络员|规划资源局|||
韩冰|联络员|建管委|||
唐宁|部门负责人|建管委|||
杨帆|联络员|交通委|||
许诺|联络员|房管局|||
曹颖|部门负责人|房管局|||
邓超群|联络员|生态环境局|||
彭程|联络员|水务局|||
潘虹|联络员|绿化市容局|||
袁野|联络员|城管执法局|||
董洁|联络员|卫健委|||
余晖|部门负责人|卫健委||董洁|
苏晴|联络员|教育局|||
叶青|联络员|文旅局、体育局|||
吕航|部门负责人|体育局|||
魏来|联络员|农业农村委|||
丁一|联络员|发改委|||
任重|联络员|商务委|||
姚远|联络员|科委|||
卢伟|联络员|应急局|||
姜楠|联络员|消防支队|||
崔健民|联络员|退役军人局|||
钟声|联络员|司法局|||
谭咏|联络员|公积金中心|||
陆地|联络员|烟草局|||
范围|联络员|民宗办|||
石磊|部门负责人|烟草局|||wecom:ShiLei
贾明|部门负责人|司法局|||
夏天|工作人员|市场监管局|||
付清|工作人员|市场监管局|||
方圆|工作人员|公安|||
邹静|工作人员|公安|||
熊伟|工作人员|税务局|||
金鑫|工作人员|税务局|||
陆地|工作人员|医保局|||
白雪|工作人员|人社局|||
孟想|工作人员|民政局|||
秦岭|工作人员|教育局|||
阎立|工作人员|卫健委|||
薛平|工作人员||||
"""
_COLUMNS: Final = ("姓名", "角色", "部门", "科室", "B角", "账号")
PEOPLE: Final[Sequence[Line]] = tuple(
    dict(zip(_COLUMNS, line.split("|"), strict=True)) for line in _PEOPLE.strip().splitlines()
)
# who has a slip in hand this afternoon and uses it at once, and where
ON_PAGES: Final = ("李敏", "王芳", "陈静", "吴建平", "苏晴")
ON_TELEGRAM: Final = ("陈刚", "吴梅", "方芸", "何平", "叶青")
JOINS: Final = ("江河", "市场监管局")  # by the poster's code, in nobody's list
KNOWN: Final = "石磊"  # linked by the sheet: gets no slip

# ---------------------------------------------------------------- three mistakes in each

WRONG_PLACES: Final[Mapping[int, Line]] = {
    17: {"入驻日期": "十月八日"},  # 体育局, on row 19
    19: {"部门全称": "宝山区教育局"},  # the second of that name, on row 21
}
WRONG_SECTION: Final[Mapping[int, Line]] = {2: {"负责的考核项": "服务评价、窗口礼仪、工作纪律"}}
FAULTS_OF_PLACES: Final = (
    "科室 第4行D列：没有看懂“窗口礼仪”，请照考核项的名称填写，",
    "部门 第19行D列：“入驻日期”应填日期，现在是“十月八日”，",
    "部门 第21行A列：与第17行重复，请只留一行。",
)
WRONG_PEOPLE: Final[Mapping[int, Line]] = {
    2: {"B角": "孙莉"},  # 王芳, on row 5
    23: {"部门": "交通局"},  # 杨帆, on row 26
    58: {"角色": "见习"},  # 阎立, on row 61
}
FAULTS_OF_PEOPLE: Final = (
    "人员 第5行F列：没有“孙莉”这名人员，",
    "人员 第26行D列：没有名为“交通局”的部门，",
    "人员 第61行C列：“见习”不是角色，也不是已有的部门或科室，",
)


def with_faults(lines: Sequence[Line], faults: Mapping[int, Line]) -> list[Line]:
    return [{**line, **faults.get(number, {})} for number, line in enumerate(lines)]
