"""Whole outcomes for the documents: made-up departments with every oddity a quarter may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Final

from rubric import edition as editions
from rubric import report as reports
from rubric import settings
from rubric.quarter import Quarter
from rubric.ranking import Decision
from rubric.report import Contact, DepartmentInput, Report, RowResult
from rubric.settings import Plain

EDITION: Final = editions.find("2023-17")
MADE_AT: Final = datetime(2027, 1, 11, 22, 0, tzinfo=UTC)
TWENTY_LINES: Final = "\n".join(f"第{n}条：窗口超时受理，扣分说明" for n in range(1, 21))
LONG_NAME: Final = (
    "上海市宝山区人力资源和社会保障局综合服务与事业发展促进中心驻行政服务中心分中心办公室"
)
NAMES: Final = (
    "市场监管局", "公安分局出入境", "税务局", "人社局", "规划资源局", "建设管理委", "卫生健康委",
    "生态环境局", "应急局", "民政局", "司法局", "房管局", "交通委", "文化旅游局", "医保局",
    "城管执法局", "绿化市容局", "水务局", "农业农村委", "教育局", "科委", "经委", "商务委", "残联",
    "档案局", "气象局", "统计局", "国资委", "财政局", "发展改革委", "消防救援支队", "公积金管理部",
    "不动产登记中心", "烟草专卖局", "供电公司", "燃气公司", "自来水公司", "邮政分公司", "公证处",
    "退役军人局",
)  # fmt: skip


def department(
    code: str,
    points: Mapping[str, float | None] | None = None,
    *,
    name: str = "",
    short_name: str = "",
    reasons: Mapping[str, str] | None = None,
    evidence: Mapping[str, tuple[str, ...]] | None = None,
    excluded: str = "",
    ineligible: str = "",
) -> DepartmentInput:
    """Full marks and no bonus, but for `points`; None is 不涉及."""
    rows = []
    for row in EDITION.indicators:
        value = (points or {}).get(row.id, 0 if row.bonus else row.points)
        rows.append(
            RowResult(
                row.id,
                None if value is None else round(value * 100),
                (reasons or {}).get(row.id, ""),
                "王芳",
                "考核办公室",
                (evidence or {}).get(row.id, ()),
            )
        )
    full = name or f"{code}局"
    kept = () if excluded else tuple(rows)
    return DepartmentInput(
        code, full, short_name or full, kept, excluded=excluded, ineligible=ineligible
    )


def outcome(
    inputs: Sequence[DepartmentInput],
    *,
    values: Mapping[str, Plain] | None = None,
    decision: Decision | None = None,
) -> Report:
    return reports.freeze(
        edition=EDITION,
        quarter=Quarter(2026, 4),
        revision=1,
        generated_at=MADE_AT,
        settings=settings.effective({}) if values is None else values,
        departments=inputs,
        contacts=[Contact("考核办公室", "周老师", "56001234")],
        decision=decision,
    )


def quarter_of(number: int, *, seed: int = 4) -> Report:
    """So many departments with ties, a row 不涉及 here and there, reasons and evidence; one more
    is 不参评."""
    chance = Random(seed)  # noqa: S311 - no secret
    inputs = []
    for n in range(number):
        name = NAMES[n % len(NAMES)] + ("" if n < len(NAMES) else f"{n // len(NAMES)}分中心")
        inputs.append(_by_chance(chance, n, name))
    inputs.append(department("ZZ", name="区档案服务点", excluded="季度最后一天不在中心"))
    return outcome(inputs)


def _by_chance(chance: Random, n: int, name: str) -> DepartmentInput:
    points: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    evidence: dict[str, tuple[str, ...]] = {}
    code = f"D{chr(65 + n // 26)}{chr(65 + n % 26)}"
    for row in EDITION.base_indicators:
        lost = chance.choice((0, 0, 0.5, 0.5, 1, 1.5, 2))
        if lost:
            points[row.id] = row.points - lost
            reasons[row.id] = "超时受理1件，未按规范咨询取号"
    for row in EDITION.bonus_indicators:
        points[row.id] = chance.choice((0, 0, 0.5, 1, 2, row.points))
        evidence[row.id] = tuple(f"2026Q4-{code}-{k:03d}" for k in range(chance.randrange(4)))
    if n % 9 == 5:
        points["enquiries"] = None
        reasons["enquiries"] = "本部门没有咨询窗口"
    return department(
        code, points, name=f"宝山区{name}", short_name=name, reasons=reasons, evidence=evidence
    )


def odd() -> Report:
    """Seven places of which two are shared, one across the cut; a name as long as they come, a
    reason of twenty lines, names that look like formulas, and two departments without a place."""
    low = {row.id: 6.0 if row.points > 5 else 3.0 for row in EDITION.base_indicators}
    long = {"service_ratings": 4.0, "online_help": None, "bonus_news": 3}
    equal = {"presence": 9.5, "bonus_service": 0.5}
    inputs = [
        department("AA", {"bonus_innovation": 6, "bonus_service": 6, "bonus_news": 4,
                          "bonus_other": 4}, name="=1+1"),
        department("AB", {"discipline": 9.25}, name="+区公安局", ineligible="发生重大投诉"),
        department("RS", long, name=LONG_NAME, evidence={"bonus_news": ("2026Q4-RS-001",) * 9},
                   reasons={"service_ratings": TWENTY_LINES, "online_help": "=未开通"}),
        department("BA", equal, name="-税务局", reasons={"presence": "@迟到1次"}),
        department("BB", equal, name="@科委"),
        department("BC", equal, name="民政局 😀\u200b㛃"),
        department("CA", low, name="残联"),
        department("ZA", name="档案服务点", excluded="季度最后一天不在中心"),
        department("ZB", {row.id: None for row in EDITION.base_indicators}, name="图书服务点"),
    ]  # fmt: skip
    values = settings.effective({"score.step_by_row": {"online_help": 25, "gone": 10}})
    return outcome(inputs, values=values, decision=Decision(("BA", "BC"), "=经研究，同意"))
