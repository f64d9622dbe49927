"""/result: what was published, and for liaison and head every row of their own department.

All of it comes from the frozen report, so it reads the same whatever has changed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from handlers.access import NotAllowed, require_role
from handlers.broadcast import (
    IN_DEPARTMENT,
    Source,
    extent_for,
    gets_summary,
    picture_ref,
    result_facts,
    sheet_part,
    summary_part,
)
from handlers.dialog import Dialog, Keep, Outcome
from handlers.dialogs.menu import MENU
from handlers.messages import Action, Button, grid, rows
from handlers.turn import Turn
from rubric import edition as editions
from rubric import report as reports
from rubric.errors import UserError
from rubric.extent import published_extent
from rubric.quarter import Quarter
from rubric.report import DepartmentResult, Report
from storage import departments, publications, quarters, successions
from storage.publications import Publication
from templates import words

PANEL = "result"
OLDER = 4


@dataclass(eq=False)
class NotPublished(UserError):
    code: ClassVar[str] = "result.not_published"
    quarter: str


dialog = Dialog("result")


@dialog.command("result", words=("考核结果",), title="考核结果", order=60)
def start(turn: Turn) -> Outcome:
    if turn.words:
        quarter = Quarter.parse(turn.words)
        _say_result(turn, _published(turn, quarter.code))
        return Keep()
    latest = publications.latest(turn.connection)
    if latest is None:
        turn.say("result.none_yet", buttons=rows(MENU))
    else:
        _say_result(turn, latest)
    return Keep()


@dialog.action("rs.show")
def show(turn: Turn, action: Action) -> Outcome:
    _say_result(turn, _published(turn, action.object))
    return Keep()


@dialog.action("rs.dep")
def show_department(turn: Turn, action: Action) -> Outcome:
    _, report, department = _own(turn, action)
    _say_department(turn, report, department)
    return Keep()


@dialog.action("rs.file")
def send_sheet(turn: Turn, action: Action) -> Outcome:
    published, report, department = _own(turn, action)
    extent = extent_for(turn.person, report)
    part = sheet_part(report, _source(published), department, extent)
    turn.say(part.block, file=part.file, buttons=rows(MENU), **part.facts)
    return Keep()


@dialog.action("rs.pic")
def send_picture(turn: Turn, action: Action) -> Outcome:
    """The published places as a picture, as far as they are public to this person."""
    published = _published(turn, action.object)
    report = reports.from_json(published.report)
    extent = extent_for(turn.person, report)
    picture = picture_ref(report, _source(published), extent)
    turn.say("result.picture", file=picture, buttons=rows(MENU), **result_facts(report, extent))
    return Keep()


@dialog.action("rs.sum")
def send_summary(turn: Turn, action: Action) -> Outcome:
    require_role(turn, "evaluator", "director", "admin")
    published = _published(turn, action.object)
    report = reports.from_json(published.report)
    if not gets_summary(turn.person, published_extent(report)):
        raise NotAllowed
    part = summary_part(report, _source(published))
    turn.say(part.block, file=part.file, buttons=rows(MENU), **part.facts)
    return Keep()


def _source(published: Publication) -> Source:
    return ("publication", published.id)


def _published(turn: Turn, code: str) -> Publication:
    found = publications.find(turn.connection, code)
    if found is None:
        raise NotPublished(Quarter.parse(code).code)
    return found


def _say_result(turn: Turn, published: Publication) -> None:
    """The list; then the person's own department, or a button for each of several."""
    report = reports.from_json(published.report)
    own = [report.department(code) for code in _own_codes(turn, report)]
    several = [
        Button(f"{each.short_name}得分", Action("rs.dep", published.quarter, 0, each.code))
        for each in (own if len(own) > 1 else [])
    ]
    others = [
        Button(words.quarter(code), Action("rs.show", code))
        for code in publications.published_quarters(turn.connection)
        if code != published.quarter
    ]
    files = [Button("名次图片", Action("rs.pic", published.quarter))]
    if gets_summary(turn.person, published_extent(report)):
        files.append(Button("下载汇总表", Action("rs.sum", published.quarter)))
    term = quarters.find(turn.connection, published.quarter)
    if turn.person.has("admin") and term is not None and term.state == "published":
        files.append(Button("更正", Action("pb.fix", term.code, term.revision)))
    turn.say(
        "result.published",
        panel=PANEL,
        buttons=rows(*grid(several, width=2), files, *grid(others[:OLDER], width=2)),
        **result_facts(report, extent_for(turn.person, report)),
    )
    if len(own) == 1:
        _say_department(turn, report, own[0])


def _say_department(turn: Turn, report: Report, department: DepartmentResult) -> None:
    named = {row.id: row for row in editions.find(report.edition).indicators}
    download = Button("下载评分表", Action("rs.file", report.quarter.code, 0, department.code))
    back = Button(words.BACK, Action("rs.show", report.quarter.code))
    several = len(_own_codes(turn, report)) > 1
    turn.say(
        "result.department",
        panel=f"{PANEL}:own",
        buttons=rows([download] if department.rows else [], [back] if several else []),
        report=report,
        department=department,
        placed=extent_for(turn.person, report).shows(department),
        rows=[(named[result.indicator], result) for result in department.rows],
        now_called=_now_called(turn, department),
        after=_carried_on_by(turn, department),
    )


def _now_called(turn: Turn, frozen: DepartmentResult) -> str:
    """The department's name by now where the report has another; ''."""
    found = departments.match_department(turn.connection, frozen.code)
    return found.name if found is not None and found.name != frozen.name else ""


def _carried_on_by(turn: Turn, frozen: DepartmentResult) -> list[successions.Succession]:
    found = departments.match_department(turn.connection, frozen.code)
    return successions.successors_of(turn.connection, found.id) if found else []


def _own(turn: Turn, action: Action) -> tuple[Publication, Report, DepartmentResult]:
    """What a button names, if it is the person's own department's."""
    require_role(turn, *IN_DEPARTMENT)
    published = _published(turn, action.object)
    report = reports.from_json(published.report)
    if action.argument not in _own_codes(turn, report):
        raise NotAllowed
    return published, report, report.department(action.argument)


def _own_codes(turn: Turn, report: Report) -> list[str]:
    """Departments of the report for which the person is liaison or head, and those whose work
    theirs carry on."""
    today = turn.premises.today(turn.now)
    mine = successions.lineage(turn.connection, turn.person.departments(*IN_DEPARTMENT), on=today)
    codes = {each.code for each in departments.departments(turn.connection) if each.id in mine}
    return [each.code for each in report.departments if each.code in codes]
