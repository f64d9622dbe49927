"""The one panel of a draft: everything collected, what is still missing, and the ways on."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

import templates
from handlers.collecting import DESCRIPTION_LENGTH, LINK, title_from_file
from handlers.evidence_rows import row_of
from handlers.messages import Action, Button, Rows, Style, grid
from handlers.placing import Placed, place_of
from handlers.turn import Turn
from rubric.edition import Indicator
from storage import attachments, conversations, evidence
from storage.attachments import File
from storage.evidence import Item
from templates import words


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft with all that its panel and its confirmation go by, read in one go."""

    item: Item
    files: list[File]
    row: Indicator | None
    placed: Placed | None

    @property
    def kept(self) -> list[File]:
        return [file for file in self.files if file.state != "refused"]

    @property
    def pending(self) -> list[File]:
        return [file for file in self.files if file.state == "pending"]

    @property
    def refused(self) -> list[File]:
        return [file for file in self.files if file.state == "refused"]

    @property
    def missing(self) -> list[str]:
        """What is still to be given, in words."""
        item = self.item
        lacks = [
            ("类别", not item.kind),
            ("标题", not item.title),
            ("发生日期", item.event_date is None),
            ("所列评分行", bool(item.kind) and self.row is None),
        ]
        if item.kind == "news":
            linked = LINK.search(item.description) or self.kept
            lacks += [("媒体名称", not item.outlet), ("链接或截图", not linked)]
        else:
            lacks.append(("说明或附件", not item.description and not self.kept))
        return [what for what, lacking in lacks if lacking]


def read(turn: Turn, item: Item) -> Sheet:
    """Also names a case after its Word file, if nothing else has named it."""
    files = attachments.of_evidence(turn.connection, item.id)
    if title := title_from_file(item, files):
        item = evidence.change(turn.connection, item, now=turn.now, title=title)
    today = turn.premises.today(turn.now)
    return Sheet(item, files, row_of(item, today=today), place_of(turn, item))


def panel(item_id: int) -> str:
    return f"draft:{item_id}"


def show(turn: Turn, sheet: Sheet, *, warning: str = "", note: str = "") -> None:
    """Say the panel. `warning` is markup that stands in the place of all that is missing, `note`
    markup beneath."""
    item = sheet.item
    problem = sheet.placed.problem if sheet.placed else None
    turn.say(
        "submit.panel",
        panel=panel(item.id),
        buttons=_confirming(item) if item.confirming else _buttons(turn, sheet),
        item=item,
        original=evidence.find(turn.connection, item.amends_id) if item.amends_id else None,
        row=sheet.row,
        placed=sheet.placed,
        problem=Markup(templates.say_error(problem)) if problem else "",  # noqa: S704 - our markup
        files=sheet.kept,
        pending=len(sheet.pending),
        refused=[(file.name, words.problem(file.problem)) for file in sheet.refused],
        missing=sheet.missing,
        room=DESCRIPTION_LENGTH,
        warning=Markup(warning),  # noqa: S704 - our markup
        note=Markup(note),  # noqa: S704 - our markup
        mine=item.created_by == turn.person.id,
    )


def show_item(turn: Turn, item: Item) -> None:
    show(turn, read(turn, item))


def choosing(turn: Turn) -> bool:
    """Whether the panel just now offers rows, fields or files to choose from: what comes must not
    take them away under the finger. The choice leads back to the draft by itself."""
    return "sub.back" in offered(turn)


def offered(turn: Turn) -> list[str]:
    """The verbs of what was shown last on this account."""
    shown = conversations.lock(turn.connection, turn.person.id).offered(turn.account.id)
    return [action.partition(":")[0] for _, action in shown.choices]


def button(label: str, verb: str, item: Item, argument: str = "", **more: Style) -> Button:
    return Button(label, Action(verb, str(item.id), item.revision, argument), **more)


def _confirming(item: Item) -> Rows:
    return ((button("先不提交", "sub.hold", item),),)


def _buttons(turn: Turn, sheet: Sheet) -> Rows:
    item = sheet.item
    if not item.kind:
        older = tuple((each,) for each in _older(turn, item))
        return (*kind_buttons(item), *older, (button(words.CANCEL, "sub.stop", item),))
    rows: list[tuple[Button, ...]] = []
    if item.event_date is None:
        rows.append((button("今天", "sub.day", item, "0"), button("昨天", "sub.day", item, "1")))
    if sheet.placed and sheet.placed.choice:
        label = f"报入{sheet.placed.quarter.label}"
        rows.append((button(label, "sub.carry", item, sheet.placed.quarter.code),))
    if item.kind == "news":
        if not item.outlet:
            rows.append((button("媒体名称", "sub.ask", item, "outlet"),))
        if not item.level:
            rows.append(
                tuple(button(label, "sub.lvl", item, code) for code, label in words.LEVELS.items())
            )
    ways = [button(words.EDIT, "sub.edit", item)]
    if turn.premises.public_url:
        ways.append(button(words.UPLOAD, "sub.up", item))
    # while the date is to be given the row can wait: more than six would be a list to choose from
    if item.event_date is not None or not turn.premises.public_url:
        ways.insert(0, button("换一行", "sub.rows", item))
    rows.append(tuple(ways))
    rows.append(
        (
            button(words.CONFIRM, "sub.ok", item, style=Style.PRIMARY),
            button(words.CANCEL, "sub.stop", item),
        )
    )
    return tuple(rows)


def _older(turn: Turn, item: Item) -> list[Button]:
    """Drafts of this person that what has just begun may belong to."""
    return [
        button(f"并入：{words.shorten(each.name, 16)}", "sub.join", item, str(each.id))
        for each in evidence.own_drafts(turn.connection, turn.person.id)
        if each.id != item.id and each.department_id == item.department_id
    ][:2]


def kind_buttons(item: Item) -> list[tuple[Button, ...]]:
    return grid(
        [button(label, "sub.setk", item, code) for code, label in words.KINDS.items()], width=2
    )
