"""本中心规定: every rule that the notice leaves open, each with a key, a default and its words.

Values are plain JSON and live elsewhere (database, a quarter's copy, a report); this file knows
which there are and which values are legal. None of them is the notice's word: `basis` is the
document and clause that a rule rests on, and is empty for every default here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, Generic, TypeAlias, TypeVar, cast

from rubric.errors import UserError, shown
from rubric.scoring import in_words, to_hundredths

Plain: TypeAlias = "bool | int | str | Sequence[Plain] | Mapping[str, Plain] | None"
"""What JSON can hold, but for fractions: scores are whole hundredths, so none are needed."""

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_TYPED_CLOCK: Final = re.compile(r"([0-9]{1,2})(?:[:点时]([0-9]{2})?分?)?")
_NUMBER: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,2})?")


@dataclass(eq=False)
class SettingUnknown(UserError):
    code: ClassVar[str] = "settings.unknown"
    key: str


@dataclass(eq=False)
class SettingInvalid(UserError):
    """`words` names the setting, `expects` says what its value may be."""

    code: ClassVar[str] = "settings.invalid"
    key: str
    words: str
    expects: str
    found: str


@dataclass(eq=False)
class SettingsDisordered(UserError):
    """Two settings contradict each other: `earlier` must not come after `later`."""

    code: ClassVar[str] = "settings.disordered"
    earlier: str
    later: str


@dataclass(frozen=True, slots=True)
class Setting(Generic[_T_co]):
    """One rule. `choices` (value, words) is empty where a value is typed freely.

    `procedural`: counts at once, even in a quarter that has opened with its own copy.
    `hundredths`: stored as whole hundredths, said and typed as points.
    """

    key: str
    default: _T_co
    words: str
    expects: str
    accepts: Callable[[object], bool]
    unit: str = ""
    choices: tuple[tuple[Plain, str], ...] = ()
    procedural: bool = False
    basis: str | None = None
    hundredths: bool = False

    def of(self, values: Mapping[str, Plain]) -> _T_co:
        """The value among `values`, else the default; ValueError for a stored value that
        `check` would have refused."""
        if self.key not in values:
            return self.default
        value = values[self.key]
        if not self.accepts(value):
            raise ValueError(f"{self.key}: {value!r}")
        return cast("_T_co", value)

    def say(self, value: Plain) -> str:
        """A legal value as people read it."""
        for choice, words in self.choices:
            if choice == value and type(choice) is type(value):
                return words
        if isinstance(value, Mapping):
            return "、".join(f"{key}{self.say(each)}" for key, each in value.items()) or "无"
        if self.hundredths and isinstance(value, int):
            return f"{in_words(value)}{self.unit}"
        return f"{value}{self.unit}"

    def read(self, typed: str) -> Plain:
        """A value as people type it: a choice's words, a number with or without its unit, points,
        a time of day. Raises SettingInvalid."""
        text = "".join(unicodedata.normalize("NFKC", typed).split())
        for choice, words in self.choices:
            if text == words:
                return choice
        value = self._number(text.removesuffix(self.unit))
        if isinstance(self.default, str) and (clock := _TYPED_CLOCK.fullmatch(text)):
            value = f"{int(clock[1]):02d}:{clock[2] or '00'}"
        if value is None or not self.accepts(value):
            raise self._invalid(typed)
        return value

    def _number(self, text: str) -> Plain:
        if not _NUMBER.fullmatch(text):
            return None
        if self.hundredths:
            return to_hundredths(Decimal(text))
        return int(text) if text.isdigit() else None

    def _invalid(self, found: str) -> SettingInvalid:
        return SettingInvalid(
            key=self.key, words=self.words, expects=self.expects, found=shown(found)
        )


def _whole(low: int, high: int) -> Callable[[object], bool]:
    # Exactly int: to Python True is 1.
    return lambda value: type(value) is int and low <= value <= high


def _count(
    key: str, default: int, words: str, unit: str, most: int, *, procedural: bool = False
) -> Setting[int]:
    return Setting(
        key=key,
        default=default,
        words=words,
        expects=f"1至{most}的整数",
        accepts=_whole(1, most),
        unit=unit,
        procedural=procedural,
    )


def _one_of(
    key: str, default: _T, words: str, choices: Sequence[tuple[Plain, str]], *, procedural: bool
) -> Setting[_T]:
    values = [(type(value), value) for value, _ in choices]
    return Setting(
        key=key,
        default=default,
        words=words,
        expects="、".join(name for _, name in choices) + "之一",
        accepts=lambda value: (type(value), value) in values,
        choices=tuple(choices),
        procedural=procedural,
    )


def _news(key: str, default: int, words: str) -> Setting[int]:
    return Setting(key, default, words, "0至4分", _whole(0, 400), "分", hundredths=True)


def _clock(key: str, default: str, words: str) -> Setting[str]:
    return Setting(
        key=key,
        default=default,
        words=words,
        expects="时刻，如09:00",
        accepts=lambda value: isinstance(value, str) and bool(_CLOCK.fullmatch(value)),
        procedural=True,
    )


_STEPS: Final = ((10, "0.1分"), (20, "0.2分"), (25, "0.25分"), (50, "0.5分"), (100, "1分"))
_STEP_VALUES: Final = tuple(value for value, _ in _STEPS)
_SWITCH: Final = ((True, "是"), (False, "否"))


def _accepts_steps(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(row, str) and type(step) is int and step in _STEP_VALUES
        for row, step in value.items()
    )


SCORE_STEP: Final[Setting[int]] = _one_of(
    "score.step", 50, "评分的最小间隔", _STEPS, procedural=False
)
SCORE_STEP_BY_ROW: Final[Setting[Mapping[str, int]]] = Setting(
    key="score.step_by_row",
    default={},
    words="单项指标的最小间隔",
    expects="每项0.1、0.2、0.25、0.5或1分",
    accepts=_accepts_steps,
    unit="分",
    hundredths=True,
)
REPORT_DAYS: Final = _count(
    "deadline.report_days", 3, "报送截止（季度结束后第几个工作日）", "个工作日", 60
)
SUPPLEMENT_DAYS: Final = _count(
    "deadline.supplement_days", 5, "补报截止（季度结束后第几个工作日）", "个工作日", 60
)
SCORE_DAYS: Final = _count(
    "deadline.score_days", 12, "评分截止（季度结束后第几个工作日）", "个工作日", 60
)
COMPLETION_DAYS: Final = _count(
    "evidence.completion_days", 3, "退回后补充材料的期限", "个工作日", 30
)
RETURNS_MAX: Final = _count("evidence.returns_max", 2, "每条佐证最多退回次数", "次", 10)
# what a report may bring with it is known before its quarter is
FILES_MAX: Final = _count(
    "evidence.files_max", 20, "每条佐证最多附件数", "个", 50, procedural=True
)
FILE_MB: Final = _count("evidence.file_mb", 20, "单个附件上限", "MB", 20, procedural=True)
WEB_FILE_MB: Final = _count(
    "evidence.web_file_mb", 100, "网页上传单个附件上限", "MB", 100, procedural=True
)
NEWS_CENTRE: Final = _news("news.centre", 50, "信息录用建议分：中心")
NEWS_DISTRICT: Final = _news("news.district", 100, "信息录用建议分：区级")
NEWS_CITY: Final = _news("news.city", 200, "信息录用建议分：市级")
NEWS_OTHER: Final[Setting[int | None]] = Setting(
    key="news.other",
    default=None,
    words="信息录用建议分：其他",
    expects="0至4分，或不设",
    accepts=lambda value: value is None or _whole(0, 400)(value),
    unit="分",
    choices=((None, "不设"),),
    hundredths=True,
)
DISQUALIFICATION: Final[Setting[bool]] = _one_of(
    "awards.disqualification", False, "启用取消评先资格", _SWITCH, procedural=False
)
HOURS_START: Final = _clock("hours.start", "09:00", "提醒和通知的开始时刻（工作日）")
HOURS_END: Final = _clock("hours.end", "17:00", "提醒和通知的结束时刻（工作日）")
SECOND_PERSON: Final[Setting[bool]] = _one_of(
    "release.second_person", True, "发布须由提请人以外的人同意", _SWITCH, procedural=True
)
PUBLICATION_EXTENT: Final[Setting[str]] = _one_of(
    "publication.extent",
    "ask",
    "公布名次的范围",
    (
        ("ask", "首次提请时询问"),
        ("all", "全部名次"),
        ("first", "前几名"),
        ("awards", "仅先进集体"),
    ),
    procedural=True,
)
PUBLICATION_FIRST: Final[Setting[int]] = Setting(
    key="publication.first",
    default=10,
    words="公布前几名",
    expects="1至500的整数",
    accepts=_whole(1, 500),
    unit="名",
    procedural=True,
)
PUBLICATION_AUDIENCE: Final[Setting[str]] = _one_of(
    "publication.audience",
    "everyone",
    "公布对象",
    (("everyone", "全体人员"), ("departments", "各部门和科室")),
    procedural=True,
)
PUBLICATION: Final[tuple[Setting[Plain], ...]] = (
    PUBLICATION_EXTENT, PUBLICATION_FIRST, PUBLICATION_AUDIENCE,
)  # fmt: skip
HEAD_TITLE: Final[Setting[str]] = _one_of(
    "words.head",
    "部门负责人",
    "部门负责人的称呼",
    (("部门负责人", "部门负责人"), ("首席代表", "首席代表")),
    procedural=True,
)

# network logs are kept for six months at least by law
RETENTION_DAYS: Final[Setting[int]] = Setting(
    key="retention.days",
    default=400,
    words="日志与审计保存天数",
    expects="180至3650的整数（法律要求网络日志至少保存六个月）",
    accepts=_whole(180, 3650),
    unit="天",
    procedural=True,
)

CATALOGUE: Final[tuple[Setting[Plain], ...]] = (
    SCORE_STEP, SCORE_STEP_BY_ROW,
    REPORT_DAYS, SUPPLEMENT_DAYS, SCORE_DAYS,
    COMPLETION_DAYS, RETURNS_MAX, FILES_MAX, FILE_MB, WEB_FILE_MB,
    NEWS_CENTRE, NEWS_DISTRICT, NEWS_CITY, NEWS_OTHER,
    DISQUALIFICATION,
    HOURS_START, HOURS_END, SECOND_PERSON,
    PUBLICATION_EXTENT, PUBLICATION_FIRST, PUBLICATION_AUDIENCE,
    HEAD_TITLE, RETENTION_DAYS,
)  # fmt: skip
_BY_KEY: Final = {setting.key: setting for setting in CATALOGUE}
_IN_ORDER: Final = (
    (REPORT_DAYS, SUPPLEMENT_DAYS), (SUPPLEMENT_DAYS, SCORE_DAYS), (HOURS_START, HOURS_END),
)  # fmt: skip


def setting(key: str) -> Setting[Plain]:
    if key not in _BY_KEY:
        raise SettingUnknown(key=shown(key))
    return _BY_KEY[key]


def check(key: str, value: Plain) -> Plain:
    """The value, if it is legal by itself; SettingUnknown or SettingInvalid."""
    wanted = setting(key)
    if not wanted.accepts(value):
        raise wanted._invalid(str(value))
    return value


def check_together(values: Mapping[str, Plain]) -> None:
    """What `check` can't see: deadlines and hours stay in order. Absent values are defaults."""
    for earlier, later in _IN_ORDER:
        if _after(earlier.of(values), later.of(values)):
            raise SettingsDisordered(earlier=earlier.words, later=later.words)


def _after(first: object, second: object) -> bool:
    # Two numbers, or two times of day whose text sorts by time.
    if isinstance(first, int) and isinstance(second, int):
        return first > second
    return str(first) >= str(second)


def effective(values: Mapping[str, Plain]) -> dict[str, Plain]:
    """Every setting with its value or default: what a quarter copies when it opens."""
    return {each.key: each.of(values) for each in CATALOGUE}


def step_for(indicator_id: str, values: Mapping[str, Plain]) -> int:
    """The row's step in hundredths."""
    return SCORE_STEP_BY_ROW.of(values).get(indicator_id, SCORE_STEP.of(values))
