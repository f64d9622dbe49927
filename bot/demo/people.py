"""Who takes part in the demonstration: invented, every one.

The numbers are none that a telephone can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A department; `code` is the middle of its file numbers. `since`: it moved in on that day,
    as in `days`, of the quarter before."""

    code: str
    name: str
    short_name: str
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """A section of the centre, with numbers that no telephone has. `substitute` is a person."""

    name: str
    contact: str
    phone: str
    rows: tuple[str, ...]
    substitute: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one role; `where` is a department's code or a section's name. `of`: the
    department that an evaluator comes from, and so never judges."""

    name: str
    role: str
    where: str = ""
    tab: str = ""
    of: str = ""


PLACES: Final = (
    Place("SCJG", "市场监督管理局", "市场监管局"),
    Place("GA", "公安分局", "公安分局"),
    Place("YB", "医疗保障局", "医保局"),
    Place("RS", "人力资源和社会保障局", "人社局"),
    Place("MZ", "民政局", "民政局"),
    Place("SW", "税务局", "税务局"),
    Place("GHZY", "规划和自然资源局", "规划资源局"),
    Place("JGW", "建设和管理委员会", "建管委"),
    Place("JTW", "交通委员会", "交通委"),
    Place("FGJ", "住房保障和房屋管理局", "房管局"),
    Place("STHJ", "生态环境局", "生态环境局"),
    Place("SWJ", "水务局", "水务局"),
    Place("LHSR", "绿化和市容管理局", "绿化市容局"),
    Place("CGZF", "城市管理行政执法局", "城管执法局"),
    Place("WJW", "卫生健康委员会", "卫健委"),
    Place("JYJ", "教育局", "教育局"),
    Place("WLJ", "文化和旅游局", "文旅局"),
    Place("TYJ", "体育局", "体育局"),
    Place("NYW", "农业农村委员会", "农业农村委"),
    Place("FGW", "发展和改革委员会", "发改委"),
    Place("SWW", "商务委员会", "商务委"),
    Place("KJW", "科学技术委员会", "科委"),
    Place("YJJ", "应急管理局", "应急局"),
    Place("XF", "消防救援支队", "消防支队"),
    Place("TYJR", "退役军人事务局", "退役军人局"),
    Place("SFJ", "司法局", "司法局"),
    Place("CL", "残疾人联合会", "残联"),
    Place("GJJ", "公积金管理中心", "公积金中心"),
    Place("YCJ", "烟草专卖局", "烟草局"),
    Place("MZB", "民族和宗教事务办公室", "民宗办", since=23),
)

BUSINESS, CONDUCT, TECHNOLOGY = "综合业务科", "督查科", "信息技术科"
OFFICES: Final = (
    Office(
        BUSINESS,
        "王老师",
        "021-0000 0101",
        (
            "onsite_help",
            "enquiries",
            "window_support",
            "coordination",
            "bonus_service",
            "bonus_other",
        ),
        "赵倩",
    ),
    Office(
        CONDUCT,
        "赵老师",
        "021-0000 0102",
        ("service_ratings", "window_standards", "presence", "discipline"),
        "徐晨",
    ),
    Office(
        TECHNOLOGY,
        "徐老师",
        "021-0000 0103",
        ("online_help", "online_maturity", "bonus_innovation", "bonus_news"),
        "王琳",
    ),
)

MEMBERS: Final = (
    Member("李敏", "liaison", "SCJG", "李敏 · 市场监管局联络员"),
    Member("陈刚", "liaison", "GA", "陈刚 · 公安分局联络员"),
    Member("吴建平", "head", "YB", "吴建平 · 医保局负责人"),
    Member("王琳", "evaluator", BUSINESS, "王琳 · 综合业务科考核员"),
    Member("赵倩", "evaluator", CONDUCT, "赵倩 · 督查科考核员"),
    Member("徐晨", "evaluator", TECHNOLOGY, "徐晨 · 信息技术科考核员"),
    Member("周敏", "admin", "", "周敏 · 管理员"),
    Member("孙宏", "director", "", "孙宏 · 主任"),
    Member("程立", "auditor", "", "程立 · 审计员"),
    Member("任洁", "member", "SW", "任洁 · 税务局工作人员"),
    # ------------------------------------------------------------ without a tab
    Member("林悦", "admin"),
    Member("何静", "evaluator", BUSINESS),
    Member("江涛", "evaluator", BUSINESS, of="GJJ"),
    Member("马骏", "evaluator", CONDUCT),
    Member("俞凡", "evaluator", CONDUCT),
    Member("夏楠", "evaluator", TECHNOLOGY),
    Member("罗建民", "head", "SCJG"),
    Member("丁海", "head", "GA"),
    Member("崔敏", "head", "RS"),
    Member("梁玉", "head", "MZ"),
    Member("葛民", "head", "SW"),
    Member("高岩", "head", "GHZY"),
    Member("韩凯", "head", "JGW"),
    Member("谢岚", "head", "WJW"),
    Member("张蕾", "liaison", "SCJG"),
    Member("万林", "liaison", "GA"),
    Member("毛莉", "liaison", "YB"),
    Member("黄磊", "liaison", "RS"),
    Member("沈洁", "liaison", "MZ"),
    Member("顾文", "liaison", "SW"),
    Member("卢洋", "liaison", "SW"),
    Member("潘云", "liaison", "GHZY"),
    Member("田佳", "liaison", "GHZY"),
    Member("郭强", "liaison", "JGW"),
    Member("曹军", "liaison", "JTW"),
    Member("蒋丽", "liaison", "FGJ"),
    Member("彭晖", "liaison", "FGJ"),
    Member("陶静", "liaison", "STHJ"),
    Member("魏涛", "liaison", "SWJ"),
    Member("秦岚", "liaison", "LHSR"),
    Member("钱峰", "liaison", "CGZF"),
    Member("许佳", "liaison", "WJW"),
    Member("唐颖", "liaison", "JYJ"),
    Member("史瑶", "liaison", "JYJ"),
    Member("宋雨", "liaison", "WLJ"),
    Member("龚伟", "liaison", "TYJ"),
    Member("陆萍", "liaison", "NYW"),
    Member("严宁", "liaison", "FGW"),
    Member("金晖", "liaison", "SWW"),
    Member("姚帆", "liaison", "KJW"),
    Member("石磊", "liaison", "YJJ"),
    Member("范勇", "liaison", "XF"),
    Member("邵兵", "liaison", "TYJR"),
    Member("叶芸", "liaison", "SFJ"),
    Member("方慧", "liaison", "CL"),
    Member("倪芳", "liaison", "GJJ"),
    Member("薛亮", "liaison", "YCJ"),
    Member("汤敏", "liaison", "MZB"),
    Member("章宁", "member", "GA"),
    Member("傅琪", "member", "MZ"),
    Member("鲁阳", "member", "JTW"),
    Member("侯琳", "member", "GJJ"),
)
