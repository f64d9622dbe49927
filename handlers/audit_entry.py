"""An entry of the audit log as people read it: who did what, to what, and how it ended.

Ids become the names that go with them now; what the entry itself holds stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from handlers.audit_criteria import Criteria, unpack
from handlers.dialog import Dialog
from handlers.discovery import Registry
from rubric import edition as editions
from rubric import settings
from rubric.deadlines import Deadline
from rubric.errors import UserError
from storage import accounts, audit_log, departments, evidence, groups, sections
from storage.audit_log import Entry
from templates import audit_words, words

_COMMANDS = {"command.code": "account.code"}
_DAY = re.compile(r"\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """`who` did `what` about `about` ('' for nothing in particular); `outcome` is '' if it was
    done, else how it ended and why."""

    id: int
    at: datetime
    who: str
    what: str
    about: str
    outcome: str


@dataclass(slots=True)
class Reader:
    """Looks each name up once."""

    connection: Connection
    registry: Registry
    _known: dict[tuple[str, Any], str] = field(default_factory=dict)

    def say(self, entry: Entry) -> Said:
        return Said(
            entry.id,
            entry.at,
            self.who(entry),
            self.what(entry),
            self.about(entry),
            outcome(entry),
        )

    def who(self, entry: Entry) -> str:
        if entry.person_id is not None:
            return self.person(entry.person_id)
        if entry.account_id is not None:
            return audit_words.NOBODY
        by = entry.detail.get("by")
        return (
            audit_words.BY.get(by, audit_words.PROGRAM)
            if isinstance(by, str)
            else (audit_words.PROGRAM)
        )

    def what(self, entry: Entry) -> str:
        return audit_words.phrase(_COMMANDS.get(entry.action, entry.action)) or self._route(
            entry.action
        )

    def _route(self, action: str) -> str:
        """Where a message or a press went that was refused."""
        head, _, rest = action.partition(".")
        if head == "command":
            command = self.registry.commands.get(rest)
            return (
                audit_words.OPENED.format(command.title)
                if command
                else (audit_words.UNKNOWN_COMMAND)
            )
        verb, pressed, _ = action.partition(":")
        if pressed:
            found = self.registry.actions.get(verb)
            return (
                audit_words.PRESSED.format(_title(found[0])) if found else audit_words.OLD_BUTTON
            )
        dialog = self.registry.dialogs.get(head)
        return audit_words.TYPED.format(_title(dialog)) if dialog else audit_words.OLD_BUTTON

    # ------------------------------------------------------------ what it is about

    def about(self, entry: Entry) -> str:
        about = _ABOUT.get(entry.action) or _ABOUT.get(entry.action.partition(".")[0])
        if not entry.object or about is None:
            return ""
        return about(self, entry.object, entry.detail)

    def person(self, id_: Any) -> str:
        return self._name("person", id_, self._person)

    def _person(self, id_: int) -> str | None:
        return audit_log.find_name(self.connection, id_)

    def department(self, id_: Any) -> str:
        return self._name("department", id_, self._department)

    def _department(self, id_: int) -> str | None:
        found = departments.find_department(self.connection, id_)
        return found.short_name if found else None

    def section(self, id_: Any) -> str:
        return self._name("section", id_, self._section)

    def _section(self, id_: int) -> str | None:
        found = sections.find_section(self.connection, id_)
        return found.name if found else None

    def item(self, id_: Any) -> str:
        return self._name("item", id_, self._item)

    def _item(self, id_: int) -> str | None:
        found = evidence.find(self.connection, id_)
        if found is not None and found.amends_id is not None and not found.number:
            found = evidence.find(self.connection, found.amends_id)
        if found is None:
            return None
        return (
            f"{found.receipt}（{found.file_number}）"
            if found.number
            else (f"{found.department}的{words.STATES['draft']}")
        )

    def group(self, id_: Any) -> str:
        return self._name("group", id_, self._group)

    def _group(self, id_: int) -> str | None:
        found = groups.find(self.connection, id_)
        return found.title if found else None

    def account(self, id_: Any) -> str:
        return self._name("account", id_, self._account)

    def _account(self, id_: int) -> str | None:
        found = accounts.find_account(self.connection, id_)
        return audit_words.ACCOUNT.format(words.channel(found.channel)) if found else None

    def _name(self, kind: str, id_: Any, find: Callable[[int], str | None]) -> str:
        key = (kind, id_)
        if key not in self._known:
            number = int(id_) if str(id_).isdecimal() else 0
            self._known[key] = find(number) or audit_words.GONE
        return self._known[key]

    def cell(self, text: str) -> str:
        """2026Q4, 2026Q4.row, 2026Q4.row~seat, 2026Q4.row.department."""
        quarter, *rest = text.split(".")
        found = [quarter_words(quarter)]
        if rest:
            found.append(row_name(rest[0].partition("~")[0]))
        if len(rest) > 1:
            found.append(self.department(rest[1]))
        return " ".join(found)

    def criteria(self, wanted: Criteria) -> list[str]:
        """What is looked for, each condition in words."""
        found = []
        if wanted.person is not None:
            found.append(self.person(wanted.person) if wanted.person else audit_words.PROGRAM)
        if wanted.department:
            found.append(self.department(wanted.department))
        if wanted.item:
            found.append(self.item(wanted.item))
        if wanted.quarter:
            found.append(words.quarter(wanted.quarter))
        if wanted.first and wanted.last:
            span = words.plain_day(wanted.first)
            if wanted.last > wanted.first:
                span += f"至{words.plain_day(wanted.last)}"
            found.append(span)
        if wanted.refused:
            found.append(audit_words.ONLY_REFUSED)
        return found

    # ------------------------------------------------------------ details

    def details(self, entry: Entry) -> list[tuple[str, str]]:
        """Label and value of everything the entry holds."""
        return [
            (audit_words.DETAILS.get(key, key), self._value(entry, key, value))
            for key, value in entry.detail.items()
            if key != "code" or entry.result == "ok"  # else it stands in the outcome
        ]

    def _value(self, entry: Entry, key: str, value: Any) -> str:
        if entry.action.startswith("setting.") and key in ("before", "after"):
            return _setting_value(entry.object, value)
        if value is None or value in ("", [], {}):
            return audit_words.EMPTY
        if isinstance(value, list):
            return "、".join(self._value(entry, key, each) for each in value)
        if isinstance(value, Mapping):
            return "，".join(
                f"{_deadline(name)}{self._value(entry, key, each)}" for name, each in value.items()
            )
        if isinstance(value, bool):
            return audit_words.YES_NO[value]
        own = _OF_BEFORE.get(entry.action) if key in ("before", "after") else None
        say = own or _OF_KEY.get(key)
        return say(self, value) if say else _plain(value)


def _title(dialog: Dialog) -> str:
    """As the menu calls it, if it is there."""
    return audit_words.DIALOGS.get(dialog.name) or dialog.commands[0].title


def _setting_value(key: str, value: Any) -> str:
    try:
        return settings.setting(key).say(value)
    except UserError:
        return str(value)


def outcome(entry: Entry) -> str:
    """'' if it was done, else how it ended and why."""
    if entry.result == "ok":
        return ""
    result = audit_words.RESULTS[entry.result]
    code = entry.detail.get("code")
    return f"{result}（{audit_words.refusal(str(code))}）" if code else result


def row_name(id_: str) -> str:
    for edition in editions.catalog():
        for row in edition.indicators:
            if row.id == id_:
                return row.name
    return id_


def quarter_words(code: Any) -> str:
    text = str(code)
    fits = len(text) == 6 and text[4] == "Q" and text[5] in "1234"
    return words.quarter(text) if fits else text


def setting_words(key: str) -> str:
    try:
        return settings.setting(key).words
    except UserError:
        return key


def _deadline(name: str) -> str:
    return next((each.label for each in Deadline if each.value == name), name)


def _plain(value: Any) -> str:
    text = str(value)
    try:
        return words.full_day(date.fromisoformat(text))
    except ValueError:
        return text


def _day(found: re.Match[str]) -> str:
    return words.plain_day(date.fromisoformat(found[0]))


def _rows(_: Reader, value: Any) -> str:
    return "、".join(row_name(each) for each in str(value).split(","))


def _by(reader: Reader, value: Any) -> str:
    return audit_words.BY.get(value, "") or reader.person(value)


_Value = Callable[[Reader, Any], str]
_OF_KEY: Mapping[str, _Value] = {
    "for": Reader.person,
    "account": Reader.account,
    "by": _by,
    "channel": lambda _, value: words.channel(str(value)),
    "code": lambda _, value: audit_words.refusal(str(value)),
    "copied": Reader.item,
    "copy": Reader.item,
    "department": Reader.department,
    "deputy": Reader.person,
    "hundredths": lambda _, value: f"{words.points(value)}分",
    "item": Reader.item,
    "joined": Reader.item,
    "kind": lambda _, value: words.KINDS.get(str(value), str(value)),
    "person": Reader.person,
    "quarter": lambda _, value: quarter_words(value),
    "role": lambda _, value: words.role(str(value)),
    "row": _rows,
    "rows": _rows,
    "section": Reader.section,
    "successor": Reader.department,
    "successors": Reader.department,
    "to": Reader.person,
}
_OF_BEFORE: Mapping[str, _Value] = {
    "account.prefer": Reader.account,
    "deputy.set": Reader.person,
    "group.confirm": lambda _, value: words.GROUP_STATES.get(str(value), str(value)),
    "group.refuse": lambda _, value: words.GROUP_STATES.get(str(value), str(value)),
    "outbox.retry": lambda _, value: audit_words.OUTBOX_STATES.get(str(value), str(value)),
    "row.assign": Reader.section,
    "seat.add": Reader.person,
    "seat.remove": Reader.person,
    "seat.pass": Reader.person,
}

_About = Callable[[Reader, str, Mapping[str, Any]], str]
_ABOUT: Mapping[str, _About] = {
    "audit": lambda reader, packed, _: "；".join(reader.criteria(unpack(packed))),
    "account": lambda reader, id_, _: reader.account(id_),
    "calendar": lambda _, key, __: _DAY.sub(_day, key),
    "department": lambda reader, id_, _: reader.department(id_),
    "deputy": lambda reader, id_, _: reader.person(id_),
    "evidence": lambda reader, id_, _: reader.item(id_),
    "group": lambda reader, id_, detail: str(detail.get("title") or reader.group(id_)),
    "invite.batch": lambda _, __, ___: "",
    "invite.print": lambda _, __, ___: "",
    "invite": lambda reader, _, detail: reader.person(detail.get("person")),
    "join": lambda reader, id_, _: reader.department(id_),
    "leave": lambda reader, id_, _: reader.person(id_),
    "outbox": lambda _, id_, __: f"第{id_}号",
    "person": lambda reader, id_, _: reader.person(id_),
    "publish": lambda reader, code, _: reader.cell(code),
    "quarter": lambda reader, code, _: reader.cell(code),
    "reminder.fail": lambda _, what, __: what,
    "reminder.heads": lambda _, code, __: quarter_words(code),
    "report": lambda _, code, __: quarter_words(code),
    "role": lambda reader, id_, _: reader.person(id_),
    "row": lambda _, id_, __: row_name(id_),
    "score": lambda reader, key, _: reader.cell(key),
    "seat": lambda _, id_, __: row_name(id_),
    "section": lambda reader, id_, _: reader.section(id_),
    "setting": lambda _, key, __: setting_words(key),
}
