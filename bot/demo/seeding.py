"""The demonstration's quarter, told in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from bot.demo.files import Sample
from bot.demo.items import ITEMS, Item, Step
from bot.demo.more_items import MORE_ITEMS
from bot.demo.people import MEMBERS, OFFICES, PLACES, Member
from bot.demo.scoring import ROUNDS, Round, give_scores
from bot.demo.visitors import Stage, Unanswered, Visitor
from handlers.dispatch import Desk
from handlers.messages import Action, Attachment
from rubric.extent import ALL
from rubric.quarter import Quarter, WorkCalendar
from rubric.settings import PUBLICATION_EXTENT
from storage import attachments, departments, evidence, invites, people, sections, settings
from storage.blobs import Stored
from storage.web import CHANNEL
from templates import words

OPENING: Final = time(9, 30)
_HELLO: Final = time(9, 24)
_REGISTERED: Final = 70  # working days back
_IN_DEPARTMENT: Final = ("liaison", "head")
_REPORTED: Final = (*ITEMS, *MORE_ITEMS)

Files: TypeAlias = Mapping[Sample, Stored]
Event: TypeAlias = tuple[datetime, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Days:
    """Working days of the calendar, counted back from the demonstration's morning."""

    quarter: Quarter
    morning: datetime
    calendar: WorkCalendar

    def back(self, days: int) -> date:
        day = self.morning.date()
        while days:
            day -= timedelta(days=1)
            days -= self.calendar.is_workday(day)
        return day

    def at(self, days: int, hour: time) -> datetime:
        return datetime.combine(self.back(days), hour, self.morning.tzinfo)


def days_of(quarter: Quarter, calendar: WorkCalendar, zone: ZoneInfo, *, after: int) -> Days:
    """`after`: the morning is that of the working day of this number after the quarter."""
    day = calendar.nth_workday_after(quarter.last_day, after)
    return Days(quarter, datetime.combine(day, OPENING, zone), calendar)


def samples(days: Days) -> dict[Sample, Mapping[str, str]]:
    """Every file that is needed, with the arguments of its document."""
    return {
        sample: sample.arguments(days.back(item.day if item.event is None else item.event))
        for item in _REPORTED
        for sample in item.files
    }


def seed(
    connection: Connection, desk: Desk, days: Days, files: Files, enrolled: Mapping[str, int]
) -> None:
    """Everything that happened, in a database where all are `enrolled`; `files` are stored
    already. The caller commits."""
    stage = Stage(connection, desk, days.at(_REGISTERED, OPENING), shown_from=days.at(1, time(9)))
    people_ = {name: Visitor(stage, name, id_) for name, id_ in enrolled.items()}
    for moment, act in sorted(_Script(stage, people_, days, files).events(), key=_moment):
        stage.now = moment
        act()


def _moment(event: Event) -> datetime:
    return event[0]


# ---------------------------------------------------------------- people


def enrol(connection: Connection, days: Days) -> dict[str, int]:
    """Departments, sections and people with a web account each; ids of the people by name."""
    now = days.at(_REGISTERED, OPENING)
    where = {
        place.code: departments.add_department(
            connection, name=place.name, short_name=place.short_name, code=place.code
        )
        for place in PLACES
    }
    for office in OFFICES:
        section_id = sections.add_section(
            connection, name=office.name, contact=office.contact, phone=office.phone
        )
        where[office.name] = section_id
        for row in office.rows:
            sections.assign_row(connection, indicator=row, section_id=section_id)
    found = {each.name: _admit(connection, each, where, now=now) for each in MEMBERS}
    for office in OFFICES:
        substitute = found[office.substitute]
        sections.set_substitute(connection, where[office.name], person_id=substitute)
    settings.set_rule(
        connection,
        key=PUBLICATION_EXTENT.key,
        value=ALL,
        basis="本中心规定",
        reason="全部名次向各部门公布",
        person_id=found["周敏"],
        now=now,
    )
    return found


def _admit(
    connection: Connection, member: Member, where: Mapping[str, int], *, now: datetime
) -> int:
    person_id = people.add_person(connection, name=member.name, now=now)
    people.grant_role(
        connection,
        person_id=person_id,
        role_name=member.role,
        department_id=where[member.where] if member.role in _IN_DEPARTMENT else None,
        section_id=where[member.where] if member.role == "evaluator" else None,
        now=now,
    )
    account_id = invites.add_account(connection, channel=CHANNEL, external_id=member.name, now=now)
    invites.link(connection, account_id=account_id, person_id=person_id, prefer=True, now=now)
    return person_id


# ---------------------------------------------------------------- what they did


@dataclass(frozen=True, slots=True)
class _Script:
    stage: Stage
    people: Mapping[str, Visitor]
    days: Days
    files: Files

    def events(self) -> Iterator[Event]:
        for item in _REPORTED:
            numbers: list[int] = []
            yield self._at(item.day, item.hour), self._reporting(item, numbers)
            for step in item.then:
                yield self._at(step.day, step.hour), self._following(step, numbers)
        for round_ in ROUNDS:
            yield self._at(round_.day, round_.hour), self._scoring(round_)
        for member in MEMBERS:
            if member.tab:
                yield self.days.at(0, _HELLO), self._hello(member)

    def _at(self, days: int, hour: str) -> datetime:
        return self.days.at(days, time.fromisoformat(hour))

    # ------------------------------------------------------------ evidence

    def _reporting(self, item: Item, numbers: list[int]) -> Callable[[], None]:
        def report() -> None:
            visitor = self.people[item.by]
            visitor.say("/submit")
            if item.of:
                visitor.click(item.of)
            visitor.click(item.kind)
            visitor.say(item.text)
            if item.files:
                visitor.say("", [self._attachment(sample) for sample in item.files])
            if item.outlet:
                visitor.click("媒体名称")
                visitor.say(item.outlet)
            if item.level:
                visitor.click(item.level)
            if item.row:
                visitor.click("换一行")
                visitor.click(item.row)
            if item.event is not None:
                day = self.days.back(item.event)
                visitor.say(f"{day.year}.{day.month}.{day.day}")
            numbers.append(_draft_of(visitor))
            if item.event is not None:
                visitor.click(words.CONFIRM)
            else:
                visitor.say(words.CANCEL)  # kept as a draft

        return report

    def _attachment(self, sample: Sample) -> Attachment:
        file = self.files[sample]
        attachments.keep_blob(
            self.stage.connection, sha256=file.sha256, size=file.size, now=self.stage.now
        )
        return Attachment(file.sha256, sample.name, sample.mime, file.size, blob=file.sha256)

    def _following(self, step: Step, numbers: list[int]) -> Callable[[], None]:
        def follow() -> None:
            visitor, item_id = self.people[step.by], numbers[0]
            item = evidence.find(self.stage.connection, item_id)
            if item is None:
                raise Unanswered(f"{step.by}: no item {item_id}")

            def action(verb: str, argument: str = "") -> str:
                return str(Action(verb, str(item_id), item.revision, argument))

            match step.what:
                case "accept":
                    visitor.press(action("rev.acc", step.level))
                case "return":
                    visitor.press(action("rev.ret"))
                    visitor.say(step.words)
                case "reject":
                    visitor.press(action("rev.rej"))
                    visitor.say(step.words)
                case "withdraw":
                    visitor.press(action("mine.wd"))
                    visitor.click("确定撤回")
                case "complete":
                    visitor.press(action("sub.fix"))
                    visitor.say(step.words)
                    visitor.click(words.CONFIRM)

        return follow

    def _scoring(self, round_: Round) -> Callable[[], None]:
        def score() -> None:
            visitor = self.people[round_.by]
            give_scores(
                self.stage.connection,
                quarter=self.days.quarter,
                row_id=round_.row,
                person_id=visitor.person_id,
                now=self.stage.now,
            )
            if round_.handed:
                row = f"{self.days.quarter.code}.{round_.row}"
                visitor.press(str(Action("sc.hand", row)))
                visitor.click(words.HAND_IN)

        return score

    # ------------------------------------------------------------ this morning

    def _hello(self, member: Member) -> Callable[[], None]:
        def hello() -> None:
            visitor = self.people[member.name]
            visitor.say("/start")
            for row in visitor.heard:
                self.stage.show(row)

        return hello


def _draft_of(visitor: Visitor) -> int:
    """The draft whose panel was said last."""
    for _, action in visitor.offered():
        parsed = Action.parse(action)
        if parsed is not None and parsed.verb.startswith("sub.") and parsed.id:
            return parsed.id
    raise Unanswered(f"{visitor.name}: no draft")
