"""Every wrong thing at every step: other steps' buttons, and every kind of content.

Whatever comes, nobody's program fails: it answers, in markup that a strict reader takes, it leads
on, and it writes nothing that was not meant for this step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from handlers import linking, upload_link
from handlers.discovery import discover
from handlers.dispatch import handle
from handlers.messages import Attachment, Inbound, Kind, Receipt
from storage.prepared import run_sql
from tests.chat import Centre, User
from tests.doubles.strict_html import parse_html
from tests.handlers.scripts import SCRIPTS, Script, play
from tests.handlers.stage import Facts, Stages, facts, facts_of, rehearsal
from tests.handlers.tour import Place, Tour, heard, place

SCRIPT = {each.name: each for each in SCRIPTS}
LONGEST = 4096
# names the next step: asks for something, or says what may be done, whom to turn to, what comes
ONWARD = re.compile("请|发送|点|可以|联系|咨询|等|由.+审核")
TOAST = re.compile("[^<>&]{1,200}", re.DOTALL)  # plain, and short enough for a messenger
MARKUP = '<b>x</b> & "y"'


# ---------------------------------------------------------------- the scripts themselves


def test_the_scripts_press_everything_and_stop_everywhere(tour: Tour):
    found = discover()
    steps = {(each.name, step) for each in found.dialogs.values() for step in each.steps}
    assert tour.pressed - {"cmd"} == set(found.actions)
    assert {each[:2] for each in tour.places} - {("", "")} == steps
    assert tour.typed_at - {("", "")} == steps


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_a_restart_between_all_lines_changes_nothing(script: Script, stages: Stages, tour: Tour):
    """The same is heard, and what is committed is what a single session sees."""
    centre = stages.at(script.stage)
    with rehearsal(centre) as connection:
        play(centre, *script.lines)
        expected = facts_of(connection)
    restarted = stages.at(script.stage, restart=True)
    play(restarted, *script.lines)
    assert _without_codes(heard(restarted)) == _without_codes(tour.heard[script.name])
    assert _without_secrets(facts(restarted)) == _without_secrets(expected)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_typing_marks_is_pressing(script: Script, stages: Stages, tour: Tour):
    """Where there are no buttons the same is heard, and the same comes of it."""
    centre = stages.at(script.stage)
    with rehearsal(centre) as connection:
        play(centre, *script.lines)
        pressed = facts_of(connection)
    for user in centre.people.values():
        user.numbered = True
    with rehearsal(centre) as connection:
        play(centre, *script.lines, typed=True)
        assert _without_codes(heard(centre)) == _without_codes(tour.heard[script.name])
        assert _without_ways(facts_of(connection)) == _without_ways(pressed)


def _without_ways(found: Facts) -> Facts:
    """By which message a fact came, and what is drawn by lot."""
    scores = [tuple(each for each in row if each != row[11]) for row in found["score"]]
    files = [row[:11] + row[12:] for row in found["attachment"]]
    return _without_secrets(found) | {"score": scores, "attachment": files, "evidence_text": []}


def _without_codes(texts: list[str]) -> list[str]:
    return [re.sub(r"[0-9A-Z]{6}-?[0-9A-Z]{6}-?[0-9A-Z]{6}", "code", text) for text in texts]


def _without_secrets(found: Facts) -> Facts:
    """Invites are drawn by lot."""
    return found | {"invite": [row[:2] + row[4:] for row in found["invite"]]}


# ---------------------------------------------------------------- every kind of content


@dataclass(frozen=True, slots=True)
class Content:
    """What arrives. `kind` is what a step may be waiting for; '' for what no step waits for."""

    name: str
    inbound: Inbound
    kind: str = ""


def _text(name: str, text: str, kind: str = "", **more: Any) -> Content:
    return Content(name, Inbound("", "fake", "", text=text, **more), kind)


def _file(name: str, file: str, kind: str = "", *, size: int | None = 9, **more: Any) -> Content:
    attached = Attachment(reference=f"ref-{name}", name=file, size=size)
    return Content(name, Inbound("", "fake", "", attachments=(attached,), **more), kind)


CONTENTS = (
    _text("text", "一段普通的话", "text"),
    _text("two lines", "第一行\n第二行", "text"),
    _text("long", "长" * 100_000),
    _text("emoji", "🎉👍"),
    _text("right to left", "مرحبا بالعالم", "text"),
    _text("markup", MARKUP, "text"),
    _text("entities", "&lt;b&gt; &amp; &#60;i&#62;", "text"),
    _text("controls", "\x00\x07\u202e\u200b"),
    _text("number", "8.5", "number"),
    _text("date", "昨天", "date"),
    _text("future", "2027年12月31日", "no date"),
    _text("impossible", "2月30日", "no date"),
    _text("link", "https://news.example.com/s/abc?a=1&b=2", "text"),
    _text("forward", "转来的话", "text", forwarded_from="<i>某人</i>"),
    _text("forwarded nothing", "", forwarded_from="某人"),
    _text("nothing", ""),
    _text("blanks", " \n\t "),
    _text("unknown command", "/nothing"),
    _text("bare slash", "/"),
    _text("like a code", "ABCDEF-GHJKMN-PQRSTV", "text"),
    _file("photo", "照片.jpg", "file"),
    _file("document", "说明.docx", "file"),
    _file("of unknown size", "说明.pdf", "file", size=None),
    _file("album", "相册.jpg", "file", group="g1"),
    _file("photo with words", "照片.jpg", "file", text="现场照片"),
    _file("forwarded file", "照片.jpg", "file", forwarded_from="某人"),
    _file("unsupported", "工具.exe"),
    _file("empty file", "空.pdf", size=0),
    _file("too big", "大.pdf", size=21 * 1024**2),
    _file("odd name", "../../<b>x</b>\n.exe"),
    Content("edit of nothing", Inbound("", "fake", "", Kind.EDITED, text="改了", source="gone")),
    *(_text(f"/{name}", f"/{name}") for name in discover().commands),
    *(_text(word, word) for word in ("菜单", "帮助", "取消")),
)
# what each step is for; a photo with words brings both, a number may be anything's name
TEXTS = {"text", "number", "date", "no date"}
REPORT = {"text", "number", "date", "file"}
TAKES: dict[tuple[str, str], set[str]] = {
    ("submit", "collect"): REPORT,
    ("submit", "field"): TEXTS | {"file"},
    ("review", "reason"): TEXTS | {"file"},
    ("score", "ask_score"): set(),  # none of them is a whole score
    ("score", "ask_row"): set(),  # nor do they name a department
    ("score", "ask_reason"): TEXTS | {"file"},
    ("publish", "ask_decision"): TEXTS | {"file"},
    ("publish", "ask_remark"): TEXTS | {"file"},
    ("publish", "ask_reopening"): TEXTS | {"file"},
    ("publish", "ask_correction"): TEXTS | {"file"},
    ("publish", "confirm_quarter"): set(),
    ("admin", "ppl_list"): {"text"},
    ("admin", "per_add"): TEXTS | {"file"},
    ("admin", "per_name"): TEXTS | {"file"},
    ("admin", "dep_find"): set(),
    ("admin", "lv_days"): set(),
    ("leave", "ask_days"): set(),  # nothing counts before it is confirmed
    ("settings", "ask_hours"): set(),
    ("admin", "dep_list"): set(),
    ("admin", "suc_day"): set(),
    ("admin", "suc_new"): {"text"},  # two lines are two departments
    ("admin", "hand_who"): set(),
    ("audit", "search"): set(),
    ("admin", "slip_day"): set(),  # none of them lies within its days
    ("admin", "join_day"): set(),
    ("admin", "dep_add"): TEXTS | {"file"},
    ("admin", "dep_edit"): TEXTS | {"file"},
    ("admin", "dep_date"): {"date", "no date", "number"},
    ("admin", "sec_add"): TEXTS | {"file"},
    ("admin", "sec_name"): TEXTS | {"file"},
    ("admin", "sec_contact"): TEXTS | {"file"},
    ("admin", "qtr_day"): set(),  # the date waits for its reason
    ("admin", "qtr_why"): TEXTS | {"file"},
    ("admin", "ext_day"): set(),
    ("admin", "ext_why"): TEXTS | {"file"},
    ("admin", "bar_why"): TEXTS | {"file"},
    ("admin", "cal_add"): set(),  # a date alone is neither a day off nor a working day
    ("admin", "cal_src"): TEXTS | {"file"},
    ("admin", "set_value"): set(),
    ("admin", "set_basis"): TEXTS | {"file"},
    ("admin", "set_why"): TEXTS | {"file"},
    ("import", "file"): set(),  # none of the files is a workbook
    ("import", "quarter"): set(),
}
STRANGER = "路人"  # is told once a minute how to get a code, and nothing else: test_linking.py


def _takes(where: Place) -> set[str]:
    if where == ("submit", "field", "field=event_date"):
        return {"date", "number", "file"}
    if where[0]:
        return TAKES[where[:2]]
    return REPORT if "liaison" in where[2] else set()


# ---------------------------------------------------------------- the driver


class Driver:
    """One person at one place, to whom things happen that are each taken back."""

    def __init__(self, centre: Centre, connection: Connection, user: User) -> None:
        self.centre, self.connection, self.user = centre, connection, user
        self.where = place(connection, user)
        self.facts = facts_of(connection, moments=False)
        self.faults: list[tuple[str, str]] = []

    def try_content(self, content: Content) -> None:
        with self._taken_back(content.inbound) as receipt:
            after = facts_of(self.connection, moments=False)
            if after != self.facts and content.kind not in _takes(self.where):
                self._fault(content.name, f"changed {_changed(self.facts, after)}")
            if content.inbound.kind is not Kind.EDITED or receipt.answers:
                self._read(content.name, receipt)

    def try_press(self, action: str) -> None:
        inbound = Inbound("", "fake", "", Kind.PRESS, action=action, acknowledge="1")
        with self._taken_back(inbound) as receipt:
            after = facts_of(self.connection, moments=False)
            foreign = not action.startswith(("sub.", "mine.wdok"))
            if foreign and _drafts(after) != _drafts(self.facts):
                self._fault(action, "changed a draft")
            if receipt.toast and not TOAST.fullmatch(receipt.toast.text):
                self._fault(action, f"toast {receipt.toast.text}")
            self._read(action, receipt)

    @contextmanager
    def _taken_back(self, inbound: Inbound) -> Iterator[Receipt]:
        run_sql(self.connection, "SAVEPOINT driver")
        inbound = replace(inbound, key="driver", account=self.user.name, name=self.user.name)
        yield handle(self.connection, inbound, desk=self.centre.desk, now=self.centre.now)
        run_sql(self.connection, "ROLLBACK TO SAVEPOINT driver")

    def _read(self, what: str, receipt: Receipt) -> None:
        """Every answer as the strictest reader sees it."""
        if not receipt.answers:
            self._fault(what, "silence")
            return
        for answer in receipt.answers:
            markup = linking.revealed(
                self.connection,
                upload_link.filled_in(
                    answer.body["text"],
                    premises=self.centre.desk.premises,
                    account_id=answer.account_id,
                    channel=answer.channel,
                    now=self.centre.now,
                ),
                premises=self.centre.desk.premises,
                now=self.centre.now,
            )
            text, entities = parse_html(markup)
            units = text.encode("utf-16-le")
            shown = [
                units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le")
                for e in entities
            ]
            if not text.strip():
                self._fault(what, "an empty message")
            if len(units) // 2 > LONGEST:
                self._fault(what, f"{len(units) // 2} characters")
            if "x" in shown or (what != "entities" and re.search("&(lt|gt|amp|#)", text)):
                self._fault(what, f"markup went through: {text[:60]}")
            labels = [label for row in answer.body.get("buttons", ()) for label, *_ in row]
            if len(labels) != len(set(labels)) or not all(map(str.strip, labels)):
                self._fault(what, f"labels {labels}")
        waits = place(self.connection, self.user)[0]
        if not (waits or answer.body.get("buttons") or ONWARD.search(text)):
            self._fault(what, f"leads nowhere: {text}")

    def _fault(self, what: str, fault: str) -> None:
        self.faults.append((what, fault))


def _drafts(found: Facts) -> list[object]:
    return [row for row in found["evidence"] if "draft" in row]


def _changed(before: Facts, after: Facts) -> list[str]:
    return [name for name in before if before[name] != after[name]]


@contextmanager
def _at(stages: Stages, script: str, number: int, who: str) -> Iterator[Driver]:
    centre = stages.at(SCRIPT[script].stage)
    with rehearsal(centre) as connection:
        play(centre, *SCRIPT[script].lines[:number])
        yield Driver(centre, connection, centre.people[who])
    centre.database.close()


def test_every_step_has_its_contents():
    found = discover()
    steps = {(each.name, step) for each in found.dialogs.values() for step in each.steps}
    assert set(TAKES) == steps


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_any_content_at_every_step(script: Script, stages: Stages, tour: Tour):
    faults = {}
    for where, (name, number, who) in tour.places.items():
        if name == script.name and who != STRANGER:
            with _at(stages, name, number, who) as driver:
                for content in CONTENTS:
                    driver.try_content(content)
                if driver.faults:
                    faults[where] = driver.faults
    assert faults == {}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_any_button_at_every_step(script: Script, stages: Stages, tour: Tour):
    faults = {}
    for where, (name, number, who) in _first_of_each_step(tour).items():
        if name == script.name and who != STRANGER:
            with _at(stages, name, number, who) as driver:
                for action in tour.actions.values():
                    driver.try_press(action)
                if driver.faults:
                    faults[where] = driver.faults
    assert faults == {}


def _first_of_each_step(tour: Tour) -> dict[tuple[str, str, str], tuple[str, int, str]]:
    """To a button it is all one which of its questions a step is asking."""
    first: dict[tuple[str, str, str], tuple[str, int, str]] = {}
    for where, way in tour.places.items():
        step = where if not where[0] else (*where[:2], "")
        first.setdefault(step, way)
    return first
