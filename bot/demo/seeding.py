"""The demonstration's quarters, told in the order in which it all happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final, TypeAlias

from sqlalchemy.engine import Connection

from bot.demo.days import Days
from bot.demo.files import Sample
from bot.demo.items import Item as Report
from bot.demo.items import Step
from bot.demo.people import MEMBERS
from bot.demo.scoring import Round, give_scores
from bot.demo.stories import Saying, Story, Told
from bot.demo.visitors import Stage, Unanswered, Visitor
from handlers.dispatch import Desk
from handlers.messages import Action, Attachment
from storage import attachments, evidence
from storage.blobs import Stored
from storage.evidence import Item
from templates import words

HELLO: Final = time(9, 24)
TICK: Final = time(9, 1)

Files: TypeAlias = Mapping[Sample, Future[Stored]]
"""What may still be in the making."""
Event: TypeAlias = tuple[datetime, Callable[[], None]]


def samples(told: Sequence[Told]) -> dict[Sample, Mapping[str, str]]:
    """Every file that is needed, with the arguments of its document."""
    return {
        sample: sample.arguments(days.back(item.day if item.event is None else item.event))
        for story, days in told
        for item in story.items
        for sample in item.files
    }


def seed(
    connection: Connection,
    desk: Desk,
    told: Sequence[Told],
    files: Files,
    enrolled: Mapping[str, int],
) -> None:
    """Everything that happened, the last story's morning last, in a database where all are
    `enrolled`; waits for those of the `files` that are wanted. The caller commits."""
    _, present = told[-1]
    shown_from = present.at(1, time(9))
    stage = Stage(connection, desk, present.morning, shown_from=shown_from)
    people = {name: Visitor(stage, name, id_) for name, id_ in enrolled.items()}
    events = [
        event
        for story, days in told
        for event in _Script(stage, people, story, days, files).events()
    ]
    hellos = [
        (present.at(0, HELLO), _hello(people[member.name])) for member in MEMBERS if member.tab
    ]
    for moment, act in sorted([*events, *hellos], key=_moment):
        stage.now = moment
        act()


def _moment(event: Event) -> datetime:
    return event[0]


def _hello(visitor: Visitor) -> Callable[[], None]:
    """The menu that a tab begins with."""

    def hello() -> None:
        visitor.say("/start")
        for row in visitor.heard:
            visitor.stage.show(row)

    return hello


# ---------------------------------------------------------------- what they did


@dataclass(frozen=True, slots=True)
class _Script:
    stage: Stage
    people: Mapping[str, Visitor]
    story: Story
    days: Days
    files: Files

    def events(self) -> Iterator[Event]:
        for day in self.story.ticks:
            yield self.days.at(day, TICK), self.stage.tick
        for item in self.story.items:
            numbers: list[int] = []
            yield self._at(item.day, item.hour), self._reporting(item, numbers)
            for step in item.then:
                yield self._at(step.day, step.hour), self._following(step, numbers)
        for round_ in self.story.rounds:
            yield self._at(round_.day, round_.hour), self._scoring(round_)
        for saying in self.story.sayings:
            yield self._at(saying.day, saying.hour), self._saying(saying)

    def _at(self, days: int, hour: str) -> datetime:
        return self.days.at(days, time.fromisoformat(hour))

    # ------------------------------------------------------------ evidence

    def _reporting(self, item: Report, numbers: list[int]) -> Callable[[], None]:
        def report() -> None:
            visitor = self.people[item.by]
            content = [self._attachment(sample) for sample in item.files]
            if item.of:
                visitor.say("/submit")
                self._turn_to(visitor, item.of)
                visitor.click(item.kind)
                visitor.say(item.text, content)
            else:
                visitor.say(item.text, content)
                visitor.click(item.kind)
            if item.outlet:
                visitor.click("媒体名称")
                visitor.say(item.outlet)
            if item.level:
                visitor.click(item.level)
            if item.row:
                visitor.click("换一行")
                if item.row not in dict(visitor.offered()):
                    visitor.click("全部评分行")
                visitor.click(item.row)
            if item.event is not None:
                day = self.days.back(item.event)
                visitor.say(f"{day.year}.{day.month}.{day.day}")
            numbers.append(_draft_of(visitor))
            if item.event is None:
                visitor.say(words.CANCEL)  # kept as a draft
                return
            visitor.click(words.CONFIRM)
            self._find(numbers[0], "submitted")

        return report

    def _turn_to(self, visitor: Visitor, department: str) -> None:
        """Leaf through the departments until this one is there."""
        while department not in dict(visitor.offered()):
            visitor.click(words.NEXT)
        visitor.click(department)

    def _attachment(self, sample: Sample) -> Attachment:
        file = self.files[sample].result()
        attachments.keep_blob(
            self.stage.connection, sha256=file.sha256, size=file.size, now=self.stage.now
        )
        return Attachment(file.sha256, sample.name, sample.mime, file.size, blob=file.sha256)

    def _following(self, step: Step, numbers: list[int]) -> Callable[[], None]:
        def follow() -> None:
            visitor, item_id = self.people[step.by], numbers[0]
            before = "returned" if step.what == "complete" else "submitted"
            item = self._find(item_id, before)

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
                case "move":
                    visitor.press(action("rev.to", step.row))
                    visitor.say(step.words)
                case "withdraw":
                    visitor.press(action("mine.wd"))
                    visitor.click("确定撤回")
                case "complete":
                    visitor.press(action("sub.fix"))
                    visitor.say(step.words)
                    visitor.click(words.CONFIRM)

        return follow

    def _find(self, item_id: int, state: str) -> Item:
        found = evidence.find(self.stage.connection, item_id)
        if found is None or found.state != state:
            raise Unanswered(f"item {item_id} is not {state}: {found}")
        return found

    # ------------------------------------------------------------ scores and outcome

    def _scoring(self, round_: Round) -> Callable[[], None]:
        def score() -> None:
            visitor = self.people[round_.by]
            give_scores(
                self.stage.connection,
                self.story.table,
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

    def _saying(self, saying: Saying) -> Callable[[], None]:
        def say() -> None:
            visitor = self.people[saying.by]
            visitor.say(saying.command)
            for label in saying.clicks:
                visitor.click(label)

        return say


def _draft_of(visitor: Visitor) -> int:
    """The draft whose panel was said last."""
    for _, action in visitor.offered():
        parsed = Action.parse(action)
        if parsed is not None and parsed.verb.startswith("sub.") and parsed.id:
            return parsed.id
    raise Unanswered(f"{visitor.name}: no draft")
