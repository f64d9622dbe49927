"""The centre: the working days, and people, departments and rows of which something is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy.engine import Connection

from bot.doctor.findings import Finding, Site, bad, good, note, some
from rubric.edition import catalog
from rubric.settings import SECOND_PERSON
from storage import inspection, people
from storage.calendar import read_calendar
from storage.settings import read_settings
from templates import words

_ELSEWHERE: Final = "的账号只在没有启用的{}上，收不到消息，请启用它，或另发邀请码"
_PLAN_MONTH: Final = 12  # by then the State Council has announced the next year's days


def examine_clock(site: Site, connection: Connection) -> Iterator[Finding]:
    now = site.clock.now()
    yield good("系统时间", f"{now:%Y-%m-%d %H:%M}（{site.config.timezone.key}）")
    known = read_calendar(connection).known_years
    wanted = [now.year] + ([now.year + 1] if now.month >= _PLAN_MONTH else [])
    lacking = [str(year) for year in wanted if year not in known]
    if lacking:
        said = f"{'、'.join(lacking)}年的放假安排还没有，节假日暂按法定的算"
        yield note("工作日历", f"{said}，请管理员在“管理 - 日历”录入，或升级程序。")
    else:
        yield good("工作日历", f"{'、'.join(map(str, wanted))}年的放假安排齐全")


def examine(site: Site, connection: Connection) -> Iterator[Finding]:
    elsewhere = _elsewhere(connection, site.config.channels())
    found = [*_admin(connection), *elsewhere, *_missing(connection)]
    yield from found or [good("中心", "人员、部门、科室、考核项都齐全")]


def _admin(connection: Connection) -> Iterator[Finding]:
    admins = people.holders_of(connection, "admin")
    if not admins:
        yield bad("管理员", "还没有，请运行 kaohe init --admin 姓名")
    elif not any(people.has_account(connection, each.id) for each in admins):
        said = "还没有绑定账号，请运行 kaohe init --admin 姓名 再看邀请码"
        yield bad("管理员", f"{some([each.name for each in admins])}{said}")
    second = SECOND_PERSON.of(read_settings(connection))
    if second and not people.holders_of(connection, "director"):
        said = "还没有，而发布须由另一人同意：请添加主任，或在“本中心规定”中改为不需要"
        yield note("主任", said)


def _elsewhere(connection: Connection, channels: Sequence[str]) -> Iterator[Finding]:
    for channel, names in inspection.people_elsewhere(connection, channels).items():
        yield note("人员", f"{some(names)}{_ELSEWHERE.format(words.channel(channel))}")


def _missing(connection: Connection) -> Iterator[Finding]:
    looks: tuple[tuple[str, Callable[[Connection], list[str]], str], ...] = (
        ("人员", inspection.people_without_account, "没有绑定账号，收不到消息，请发邀请码"),
        ("部门", inspection.departments_without_reporter, "没有联络员，请在“管理 - 人员”添加"),
        ("科室", inspection.sections_without_contact, "没有联系人或电话，请在“管理 - 科室”填写"),
        ("考核项", lambda c: inspection.rows_without_section(c, _rows()), "没有科室评分，请指定"),
    )
    for what, look, said in looks:
        names = look(connection)
        if names:
            yield note(what, f"{some(names)}{said}")


def _rows() -> dict[str, str]:
    """Of the newest edition that quarters are scored by."""
    newest = next(edition for edition in catalog() if edition.scorable)
    return {row.id: row.name for row in newest.indicators}
