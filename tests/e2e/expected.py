"""What a quarter comes to, worked out here from the annex and the rules in words, with fractions.

Nothing of the program is asked: rows and points are written down once more, sums, shares, order
and ties are computed a second time, and the texts that people read are put together from these
numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import groupby

BONUS = "附加分"
ROWS: Mapping[str, Mapping[str, int]] = {
    "服务成效": {"线上帮办": 10, "线下帮办": 5, "咨询服务": 5, "服务评价": 10},
    "综窗建设": {"窗口业务支撑": 10, "办理协同顺畅度": 10, "窗口服务规范化": 10},
    "一网通办": {"在线办理成熟度": 20},
    "管理规范": {"两集中两到位": 10, "工作纪律": 10},
    BONUS: {
        "“一网通办”有创新亮点的": 6,
        "政务服务有突出表现的": 6,
        "信息录用、新闻宣传": 4,
        "其他表现突出的加分项": 4,
    },
}
CATEGORIES = tuple(name for name in ROWS if name != BONUS)
POINTS = {row: points for rows in ROWS.values() for row, points in rows.items()}
MOST_BASE, MOST_BONUS, MOST = 100, 20, 120
NOT_APPLICABLE = "不涉及"


@dataclass(frozen=True, slots=True)
class Department:
    name: str
    short: str
    code: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A score with its reason and the numbers of its evidence; None is 不涉及."""

    value: Decimal | None
    reason: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return NOT_APPLICABLE if self.value is None else f"{number(self.value)}分"


Sheet = Mapping[str, Cell]  # by row


@dataclass(frozen=True, slots=True)
class Standing:
    """One department's outcome. `shares` are the four categories' in the order of the tie chain;
    `earned` the same in points."""

    department: Department
    base: Decimal
    bonus: Decimal
    rescaled: bool
    shares: tuple[Fraction, ...]
    earned: tuple[Decimal, ...]
    rank: int = 0
    shared: bool = False

    @property
    def total(self) -> Decimal:
        return self.base + self.bonus

    @property
    def chain(self) -> tuple[Fraction, ...]:
        """What decides the order, the larger the better."""
        return (Fraction(self.total), Fraction(self.base), *self.shares)


def number(value: Decimal) -> str:
    """108.50 as people write it: 108.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# ---------------------------------------------------------------- sums


def _hundredths(value: Fraction) -> Decimal:
    """Rounded half up to two decimals."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _of_category(sheet: Sheet, category: str) -> tuple[Fraction, int]:
    """What was earned, and of how many points that apply."""
    cells = {row: sheet[row].value for row in ROWS[category]}
    for row, value in cells.items():
        assert value is None or 0 <= value <= POINTS[row], row
    earned = sum((Fraction(value) for value in cells.values() if value is not None), Fraction())
    return earned, sum(POINTS[row] for row, value in cells.items() if value is not None)


def standing(department: Department, sheet: Sheet) -> Standing:
    sums = [_of_category(sheet, category) for category in CATEGORIES]
    earned = sum((each for each, _ in sums), Fraction())
    applicable = sum(points for _, points in sums)
    base = _hundredths(earned / applicable * MOST_BASE)
    bonus, _ = _of_category(sheet, BONUS)
    found = Standing(
        department=department,
        base=base,
        bonus=_hundredths(min(bonus, Fraction(MOST_BONUS))),
        rescaled=applicable < MOST_BASE,
        shares=tuple(
            each / points if points else Fraction(base) / MOST_BASE for each, points in sums
        ),
        earned=tuple(_hundredths(each) for each, _ in sums),
    )
    assert found.total <= MOST
    return found


def ranking(sheets: Mapping[Department, Sheet]) -> list[Standing]:
    """From the first to the last; equals, in the order of the register, share a rank."""
    every = [standing(department, sheet) for department, sheet in sheets.items()]
    placed: list[Standing] = []
    for chain in sorted({each.chain for each in every}, reverse=True):
        equals = [each for each in every if each.chain == chain]
        rank = len(placed) + 1
        placed += [
            Standing(
                each.department, each.base, each.bonus, each.rescaled, each.shares, each.earned,
                rank=rank, shared=len(equals) > 1,
            )
            for each in equals
        ]  # fmt: skip
    return placed


def at_the_cut(placed: Sequence[Standing]) -> tuple[list[Standing], list[Standing]]:
    """The three first if nothing stands against it, else those who are in and the equals."""
    if placed[2].chain != placed[3].chain:
        return list(placed[:3]), []
    equals = [each for each in placed if each.chain == placed[2].chain]
    return [each for each in placed if each.rank < equals[0].rank], equals


# ---------------------------------------------------------------- in words


def tie_sentences(placed: Sequence[Standing]) -> list[str]:
    """Equal totals in pairs, as this quarter has them, and what decided."""
    sentences = []
    for total, run in groupby(placed, key=lambda each: each.total):
        equals = list(run)
        if len(equals) < 2:
            continue
        first, second = equals
        names = f"{first.department.short}与{second.department.short}"
        sentences.append(f"{names}同为{number(total)}分，{_why(first, second)}")
    return sentences


def _why(ahead: Standing, behind: Standing) -> str:
    if ahead.chain == behind.chain:
        return f"基础分及各方面得分率均相同，并列第{ahead.rank}名"
    if ahead.base != behind.base:
        return f"按基础分{number(ahead.base)}＞{number(behind.base)}列前"
    place = next(n for n in range(4) if ahead.shares[n] != behind.shares[n])
    points = f"{number(ahead.earned[place])}＞{number(behind.earned[place])}"
    return f"按{CATEGORIES[place]}{points}列前"


def side_by_side(cells: Mapping[Department, Cell]) -> list[str]:
    """A row's departments before it is handed in, from the highest score down; whoever has the
    same for the same reason stands in one line."""
    groups: dict[tuple[Decimal, str], list[Department]] = {}
    for department, cell in cells.items():
        value = Decimal(-1) if cell.value is None else cell.value
        groups.setdefault((-value, cell.reason), []).append(department)
    lines = []
    for (value, reason), departments in sorted(groups.items(), key=lambda found: found[0]):
        points = NOT_APPLICABLE if value > 0 else f"{number(abs(value))}分"
        names = "、".join(each.short for each in departments)
        lines.append(
            f"{points} {names}：{reason}"
            if reason
            else f"{points} {names}（{len(departments)}个）"
        )
    return lines


def ranking_lines(placed: Sequence[Standing]) -> list[str]:
    """As everybody reads them."""
    return [
        f"{each.rank}. {each.department.short} {number(each.total)}分"
        f"{'*' if each.rescaled else ''}{'（并列）' if each.shared else ''}"
        for each in placed
    ]


def preview_lines(placed: Sequence[Standing]) -> list[str]:
    """As administrator and director read them before the release."""
    return [
        f"{each.rank}. {each.department.short} {number(each.total)}分"
        f"（基础分{number(each.base)}{'*' if each.rescaled else ''}，加分{number(each.bonus)}）"
        f"{'，并列' if each.shared else ''}"
        for each in placed
    ]


def sum_words(each: Standing) -> str:
    mark = "*" if each.rescaled else ""
    return (
        f"总分{number(each.total)}分（基础分{number(each.base)}{mark}分，"
        f"加分{number(each.bonus)}分），{'并列' if each.shared else ''}第{each.rank}名"
    )


def quoted(name: str) -> str:
    """A row's name as a sentence quotes it, its own quotation marks inside."""
    return f"“{name.replace('“', '‘').replace('”', '’')}”"
