"""Reasons that an evaluator can press instead of writing: short remarks on a row's standard.

They are proposals in the centre's words, never a rule; whoever scores may write their own.
"""

from __future__ import annotations

from typing import Final

_BY_ROW: Final[dict[str, tuple[str, ...]]] = {
    "online_help": (
        "账号登录签到不足",
        "一分钟响应不及时",
        "解决率或满意度偏低",
        "开通事项数偏少",
    ),
    "onsite_help": ("帮办配合不够", "帮办案例上报偏少", "帮办质量有待提高"),
    "enquiries": ("留言答复超时", "答复内容不够有效", "电话咨询接通率偏低"),
    "service_ratings": ("好差评推广覆盖不足", "投诉处理超时", "整改不到位", "回访满意率偏低"),
    "window_support": ("审核要点更新不及时", "业务培训不足", "带教或中台支撑不足"),
    "coordination": ("跨部门协同不够顺畅", "“啄木鸟”平台使用偏少"),
    "window_standards": (
        "有以科室代窗口现象",
        "材料收发未进综合窗口",
        "退件或物料流转不规范",
        "有超时受理或办结",
    ),
    "online_maturity": ("网办占比偏低", "网办深度不足", "“两个免于提交”落实不足"),
    "presence": ("事项进驻不到位", "审批授权不到位", "人员进驻不到位"),
    "discipline": ("考勤或请销假不规范", "会议出席不足", "服务礼仪不规范", "交办工作未按时完成"),
}
NOT_APPLICABLE: Final = ("本季度无此类业务", "未设此类窗口或事项")


def score_presets(row_id: str) -> tuple[str, ...]:
    """For a base score below full marks; none for a row that has none of its own."""
    return _BY_ROW.get(row_id, ())
