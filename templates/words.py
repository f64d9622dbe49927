"""Words for codes and values: labels of buttons, names of states, dates and points as people read
them. The labels are the product's contract and change only with a changelog line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from rubric.extent import Extent

CONFIRM: Final = "确认提交"
EDIT: Final = "修改"
WITHDRAW: Final = "撤回"
COMPLETE: Final = "补充材料"
ACCEPT: Final = "采纳"
RETURN: Final = "退回补充"
REJECT: Final = "不采纳"
MOVE: Final = "改列"
SKIP: Final = "跳过"
PREVIOUS: Final = "上一页"
NEXT: Final = "下一页"
BACK: Final = "返回"
UNDO: Final = "撤销"
NOT_APPLICABLE: Final = "不涉及"
SAME: Final = "同上"
ALL_FULL: Final = "全部记满分"
ALL_ZERO: Final = "其余记0分"
HAND_IN: Final = "提交本行评分"
PROPOSE: Final = "提请审定"
RELEASE: Final = "同意发布"
SEND_BACK: Final = "退回修改"
VIEW: Final = "查看附件"
RESEND: Final = "重发"
MENU: Final = "菜单"
CANCEL: Final = "取消"
LOGIN_CODE: Final = "网页登录码"
SETTINGS: Final = "设置"
LINK_ANOTHER: Final = "关联其他账号"
PREFER: Final = "首选：{}"
LET_GO: Final = "解除关联：{}"
LET_GO_YES: Final = "确认解除关联"
QUIET: Final = "免打扰"
NOT_QUIET: Final = "关闭免打扰"
LOOK: Final = "查看"
UPLOAD: Final = "上传材料"
UPLOAD_PAGE: Final = "打开上传页面"
FROM_RECORDS: Final = "据历史台账导入"
SCORE_SHEET: Final = "用表格评分"
REGISTER: Final = "导入信息录用台账"
LEAVE_OK: Final = "确认请假"
TAKE_LEAVE_BACK: Final = "取消：{}"
NOTHING: Final = "本季度无可报"
NOT_NOTHING: Final = "撤回无可报"
TELL_HEADS: Final = "转告负责人"

CHANNELS: Final = {
    "telegram": "Telegram",
    "web": "网页",
    "wecom_app": "企业微信",
    "wecom_bot": "企业微信机器人",
    "wecom_robot": "企业微信群",
}
NAMELESS_GROUP: Final = "没有名称的群"

KINDS: Final = {
    "case": "帮办案例",
    "news": "信息录用、新闻宣传",
    "innovation": "创新亮点",
    "work": "工作佐证",
    "other": "其他",
}
STATES: Final = {
    "draft": "草稿",
    "submitted": "待审核",
    "accepted": "已采纳",
    "returned": "退回补充",
    "rejected": "不采纳",
    "withdrawn": "已撤回",
}
ROLES: Final = {
    "liaison": "联络员",
    "head": "部门负责人",
    "evaluator": "考核员",
    "director": "主任",
    "admin": "管理员",
    "auditor": "审计员",
    "member": "工作人员",
}
_HEADS: ContextVar[Callable[[], str]] = ContextVar("heads", default=lambda: ROLES["head"])
LEVELS: Final = {"centre": "中心", "district": "区级", "city": "市级", "other": "其他"}
DECIDED: Final = {"accepted": "采纳", "returned": "退回补充", "rejected": "不采纳"}
QUARTER_STATES: Final = {
    "upcoming": "未开始",
    "collecting": "收集中",
    "closed": "已截止",
    "proposed": "待审定",
    "announced": "公示中",
    "published": "已发布",
}
GROUP_STATES: Final = {
    "waiting": "待登记",
    "confirmed": "已登记",
    "refused": "不登记",
    "left": "已退出",
}
_WEEKDAYS: Final = "一二三四五六日"
CENTRE_ZONE = ZoneInfo("Asia/Shanghai")


@contextmanager
def heads_called(title: Callable[[], str]) -> Iterator[None]:
    """What heads are called in everything said inside; asked for when one is named."""
    token = _HEADS.set(title)
    try:
        yield
    finally:
        _HEADS.reset(token)


def role(code: str) -> str:
    return _HEADS.get()() if code == "head" else ROLES[code]


def signed(name: str, in_place_of: str = "") -> str:
    """吴用（代陈主任）, where one stands in for the other."""
    return f"{name}（代{in_place_of}）" if in_place_of else name


def channel(name: str) -> str:
    """As people call it; one without words by its name."""
    return CHANNELS.get(name, name)


_DOORS: Final = {"wecom_app": "本应用", "wecom_bot": "本机器人"}


def wecom_door(channels: Collection[str]) -> str:
    """What people open in WeCom to type a code, of these channels; '' if none of them is there."""
    found = [door for name, door in _DOORS.items() if name in channels]
    return f"在企业微信里打开{'或'.join(found)}" if found else ""


def day(value: date) -> str:
    """11月3日（星期二）: with the weekday, since people plan by it."""
    return f"{value.month}月{value.day}日（星期{_WEEKDAYS[value.weekday()]}）"


def full_day(value: date) -> str:
    return f"{value.year}年{day(value)}"


def plain_day(value: date) -> str:
    """2026年11月3日, where brackets stand around it."""
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime) -> str:
    """11月3日 14:05 in the centre's zone."""
    local = value.astimezone(CENTRE_ZONE)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def moment_since(value: datetime, year: int) -> str:
    """11月3日 14:05, with the year if it is another than this."""
    own = value.astimezone(CENTRE_ZONE).year
    return f"{'' if own == year else f'{own}年'}{moment(value)}"


def moment_in_full(value: datetime) -> str:
    """2026年11月3日 14:05:06 in the centre's zone."""
    local = value.astimezone(CENTRE_ZONE)
    return f"{plain_day(local.date())} {local:%H:%M:%S}"


def points(hundredths: int) -> str:
    """Whole hundredths as people write points: 850 -> 8.5, 1000 -> 10."""
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{sign}{whole}" + (f".{rest:02d}".rstrip("0") if rest else "")


def size(value: int | None) -> str:
    if value is None:
        return "大小未知"
    if value < 1024 * 1024:
        return f"{max(1, round(value / 1024))} KB"
    return f"{value / 1024 / 1024:.1f} MB"


_PROBLEMS: Final = {
    "file.empty": "是空文件",
    "file.too_big": "超过大小上限",
    "file.type": "不是可以接收的类型",
    "file.mismatch": "内容与扩展名不一致",
    "file.bomb": "解压后大得不合常理",
    "file.macro": "带有宏",
    "file.disk_full": "服务器存储空间不足，请稍后再发，或告知管理员",
}


def problem(code: str) -> str:
    """Why a file was not taken in, to stand behind its name."""
    return _PROBLEMS.get(code, "没能取到内容")


def shorten(text: str, length: int) -> str:
    """At most so many characters, the cut shown."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


class Attached(Protocol):
    """A file of a piece of evidence, as it is named among others."""

    @property
    def name(self) -> str: ...

    @property
    def mime(self) -> str: ...

    @property
    def state(self) -> str: ...


LINE: Final = 30  # characters that a card shows beside a name


def attached(files: Sequence[Attached]) -> str:
    """Their names; where that is more than a line, pictures are counted, for their names say
    little: “图片3张、证明.docx”."""
    every = [_saved(shorten(file.name, 40), [file]) for file in files]
    named = "、".join(every)
    pictures = [file for file in files if file.mime.startswith("image/")]
    if len(named) <= LINE or len(files) < 2 or not pictures:
        return named
    others = [name for name, file in zip(every, files, strict=True) if file not in pictures]
    return "、".join([_saved(f"图片{len(pictures)}张", pictures), *others])


def _saved(name: str, files: Sequence[Attached]) -> str:
    waiting = sum(file.state == "pending" for file in files)
    if not waiting:
        return name
    return f"{name}（{f'{waiting}张' if waiting < len(files) else ''}保存中）"


def quoted(text: str) -> str:
    """“…”, what is quoted inside with ‘…’."""
    return f"“{text.replace('“', '‘').replace('”', '’')}”"


def last_day(deadline: datetime) -> str:
    """The day at whose 24:00 this first moment that is too late begins."""
    return day((deadline - timedelta(seconds=1)).astimezone(CENTRE_ZONE).date())


def until(moment_: datetime) -> str:
    """有效期至10月27日（星期二） for what ends with a day, else 10月27日 14:05前有效."""
    local = moment_.astimezone(CENTRE_ZONE)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"有效期至{last_day(moment_)}"
    return f"{moment(moment_)}前有效"


def quarter_of(value: date) -> str:
    """2026年第四季度 for a day in it."""
    return quarter(f"{value.year}Q{(value.month + 2) // 3}")


def quarter(code: str) -> str:
    """2026Q4 -> 2026年第四季度."""
    return f"{code[:4]}年第{'一二三四'[int(code[5]) - 1]}季度"


def season(code: str) -> str:
    """2026Q4 -> 四季度, where the year goes without saying."""
    return f"{'一二三四'[int(code[5]) - 1]}季度"


def extent(value: Extent | None) -> str:
    """How much is public and to whom, in words."""
    if value is None:
        return "未定"
    what = {"all": "全部名次", "first": f"前{value.first}名", "awards": "仅先进集体"}[value.kind]
    if not value.insiders or value.kind == "awards":
        return f"{what}，面向全体人员"
    return f"{what}，面向各部门和科室，其他人员只看先进集体"


FILTERS: Final[dict[str, Callable[..., object]]] = {
    "day": day,
    "full_day": full_day,
    "plain_day": plain_day,
    "moment": moment,
    "moment_in_full": moment_in_full,
    "moment_since": moment_since,
    "points": points,
    "size": size,
    "shorten": shorten,
    "attached": attached,
    "quoted": quoted,
    "last_day": last_day,
    "until": until,
    "quarter_of": quarter_of,
    "quarter": quarter,
    "extent": extent,
    "channel": channel,
    "kind": KINDS.__getitem__,
    "state": STATES.__getitem__,
    "decided": DECIDED.__getitem__,
    "group_state": GROUP_STATES.__getitem__,
    "role": role,
    "level": LEVELS.__getitem__,
}
