"""/review: submitted evidence of the rows in hand, one card at a time.

Every decision is taken on the item as it is locked in this transaction: of two evaluators, two
presses or an old card, one has an effect and the others hear what is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from handlers import deciding, evidence_card, evidence_notices, review_card, review_queue
from handlers.access import NotAllowed, require_role
from handlers.collecting import TextTooLong, meaningful
from handlers.deciding import in_hand, over, show_again
from handlers.dialog import Dialog, Goto, Keep, Outcome
from handlers.evidence_rows import edition_of, find_row
from handlers.judging import judged_for
from handlers.messages import Action, Rows, grid
from handlers.recalling import recall
from handlers.review_card import PANEL, button
from handlers.turn import Turn
from rubric import settings
from rubric.errors import UserError
from rubric.quarter import completion_until, end_of
from storage import evidence, quarters, reviewing
from storage.evidence import Item
from templates import words

RETURNS: Final = (
    "佐证不足",
    "缺时间",
    "不在本季度",
    "级别无法核实",
    "与所列行不符",
    "内容不清楚",
)
REJECTS: Final = ("不属于本部门工作", "与考核项无关", "不在本季度", "重复上报", "无法核实")
MOVES: Final = ("更符合该行",)
SECOND_USES: Final = ("事项不同，仅附件相同", "同一工作的另一方面")
REASON_LENGTH: Final = 500
_PRESETS: Final = {"r": RETURNS, "j": REJECTS, "m": MOVES, "a": SECOND_USES}


@dataclass(frozen=True, slots=True)
class Draft:
    """A reason is awaited: `what` is r (return), j (reject), m (move, to `row`) or a (accept what
    counts already, `row` being the level of a news item)."""

    item: int
    revision: int
    what: str
    row: str = ""


dialog = Dialog(deciding.NAME, draft=Draft)


@dataclass(eq=False)
class ReturnedEnough(UserError):
    code: ClassVar[str] = "review.returned_enough"
    receipt: str
    times: int


@dataclass(eq=False)
class ReasonMissing(UserError):
    code: ClassVar[str] = "review.reason_missing"


# ---------------------------------------------------------------- the queue


@dialog.command("review", words=("审核",), roles=("evaluator",), title="审核材料", order=20)
def start(turn: Turn) -> Outcome:
    return _show_queue(turn, "")


@dialog.action("rev.q")
def show_queue(turn: Turn, action: Action) -> Outcome:
    require_role(turn, "evaluator")
    return _show_queue(turn, action.object[:6])


def _show_queue(turn: Turn, quarter: str) -> Outcome:
    queue = review_queue.read(turn, quarter=quarter)
    if not queue.items and quarter:
        queue = review_queue.read(turn)
    if not queue.items:
        review_card.show_empty(turn, queue)
        return Keep()
    review_card.show(turn, queue.items[0], queue)
    return Keep()


# ---------------------------------------------------------------- the way on


def _go_on(turn: Turn, before: Item, *, told: int) -> Outcome:
    decided = evidence.find(turn.connection, before.id) or before
    review_card.show_next(turn, before, above=review_card.outcome(turn, decided, told=told > 0))
    return over(turn)


# ---------------------------------------------------------------- looking


@dialog.action("rev.show")
def show_card(turn: Turn, action: Action) -> Outcome:
    return show_again(turn, in_hand(turn, action.id, action.revision))


@dialog.action("rev.std")
def show_whole(turn: Turn, action: Action) -> Outcome:
    """The standard on the card; a long description in messages of its own above it."""
    item = in_hand(turn, action.id, action.revision)
    if len(item.description) > review_card.DESCRIPTION_SHOWN:
        turn.say("review.description", item=item)
        turn.afresh = True
    queue = review_queue.read(turn, quarter=item.quarter or "")
    review_card.show(turn, item, queue, whole=True)
    return Keep()


@dialog.action("rev.files")
def show_files(turn: Turn, action: Action) -> Outcome:
    item = in_hand(turn, action.id, action.revision)
    evidence_card.send_files(turn, item)
    turn.afresh = True  # the card comes below its files
    review_card.show(turn, item, review_queue.read(turn, quarter=item.quarter or ""))
    return Keep()


@dialog.action("rev.skip")
def skip(turn: Turn, action: Action) -> Outcome:
    item = in_hand(turn, action.id, action.revision)
    queue = review_queue.read(turn, quarter=item.quarter or "")
    if queue.after(item) is None and not queue.others:
        turn.toast("没有别的待审核材料了")
        review_card.show(turn, item, queue)
    else:
        review_card.show_next(turn, item, above="")
    return over(turn)


# ---------------------------------------------------------------- 采纳


@dialog.action("rev.acc")
def accept(turn: Turn, action: Action) -> Outcome:
    item = in_hand(turn, action.id, action.revision)
    news = item.kind == "news" or item.indicator == "bonus_news"
    level = action.argument if action.argument in words.LEVELS else ""
    if news and not item.level and not level:
        return _ask_level(turn, item)
    if review_card.counted_before(turn, item):
        return _ask_reason(turn, item, "a", row=level)
    return _accept(turn, item, level)


def _accept(turn: Turn, item: Item, level: str, reason: str = "") -> Outcome:
    """`reason`: why it counts although the same was accepted before (one fact, one row)."""
    reviewing.accept(
        turn.connection,
        item,
        person_id=turn.person.id,
        now=turn.now,
        level=level if level in words.LEVELS else "",
        reason=reason,
    )
    turn.audit(
        "evidence.accept",
        str(item.id),
        revision=item.revision,
        second_use=bool(reason),
        acting_for=judged_for(turn, item.indicator),
    )
    accepted = evidence.find(turn.connection, item.id) or item
    turn.toast(f"已采纳 {item.receipt}")
    return _go_on(turn, item, told=evidence_notices.tell(turn, accepted, "accepted"))


def _ask_level(turn: Turn, item: Item) -> Outcome:
    levels = tuple(button(label, "rev.acc", item, code) for code, label in words.LEVELS.items())
    turn.say(
        "review.level",
        panel=PANEL,
        buttons=(levels, (button(words.BACK, "rev.show", item),)),
        item=item,
    )
    return Keep()


# ---------------------------------------------------------------- reasons


@dialog.action("rev.ret")
def ask_return(turn: Turn, action: Action) -> Outcome:
    item = in_hand(turn, action.id, action.revision)
    _check_returns(turn, item)
    return _ask_reason(turn, item, "r")


@dialog.action("rev.rej")
def ask_reject(turn: Turn, action: Action) -> Outcome:
    return _ask_reason(turn, in_hand(turn, action.id, action.revision), "j")


@dialog.action("rev.mov")
def choose_row(turn: Turn, action: Action) -> Outcome:
    item = in_hand(turn, action.id, action.revision)
    edition = edition_of(item, today=turn.premises.today(turn.now))
    choices = [
        button(words.shorten(row.name, 20), "rev.to", item, row.id)
        for row in edition.indicators
        if row.id != item.indicator
    ]
    turn.say(
        "review.rows",
        panel=PANEL,
        buttons=(*grid(choices, width=2), (button(words.BACK, "rev.show", item),)),
        item=item,
        row=find_row(edition, item.indicator),
    )
    return Keep()


@dialog.action("rev.to")
def ask_move(turn: Turn, action: Action) -> Outcome:
    item = in_hand(turn, action.id, action.revision)
    edition = edition_of(item, today=turn.premises.today(turn.now))
    if find_row(edition, action.argument) is None or action.argument == item.indicator:
        raise NotAllowed
    return _ask_reason(turn, item, "m", row=action.argument)


def _ask_reason(turn: Turn, item: Item, what: str, *, row: str = "") -> Outcome:
    edition = edition_of(item, today=turn.premises.today(turn.now))
    turn.say(
        "review.reason",
        panel=PANEL,
        buttons=_reasons(item, what, row),
        item=item,
        what=what,
        row=find_row(edition, row),
        until=_deadline(turn, item) if what == "r" else None,
        counted=review_card.counted_before(turn, item) if what == "a" else (),
    )
    return Goto("reason", Draft(item.id, item.revision, what, row))


def _reasons(item: Item, what: str, row: str) -> Rows:
    choices = [
        button(words_, "rev.why", item, f"{what}{number}{row}")
        for number, words_ in enumerate(_PRESETS[what])
    ]
    return (*grid(choices, width=2), (button(words.BACK, "rev.show", item),))


@dialog.action("rev.why")
def preset(turn: Turn, action: Action) -> Outcome:
    item = in_hand(turn, action.id, action.revision)
    what, number, row = action.argument[:1], action.argument[1:2], action.argument[2:]
    presets = _PRESETS.get(what, ())
    if not number.isdecimal() or int(number) >= len(presets):
        raise NotAllowed
    return _decide(turn, item, what, presets[int(number)], row=row)


@dialog.step("reason")
def reason_given(turn: Turn, draft: Draft) -> Outcome:
    item = in_hand(turn, draft.item, draft.revision)
    if not turn.words:
        raise ReasonMissing
    meaningful(turn.words, "理由")
    if len(turn.words) > REASON_LENGTH:
        raise TextTooLong("理由", len(turn.words), REASON_LENGTH)
    return _decide(turn, item, draft.what, turn.words, row=draft.row)


def _decide(turn: Turn, item: Item, what: str, reason: str, *, row: str) -> Outcome:
    if what == "r":
        return _return(turn, item, reason)
    if what == "j":
        return _reject(turn, item, reason)
    if what == "a":
        return _accept(turn, item, row, reason)
    return _move(turn, item, reason, row)


# ---------------------------------------------------------------- 退回补充, 不采纳, 改列


def _check_returns(turn: Turn, item: Item) -> None:
    term = quarters.find(turn.connection, item.quarter or "")
    most = settings.RETURNS_MAX.of(term.settings if term else {})
    if item.returns >= most:
        raise ReturnedEnough(item.receipt, most)


def _deadline(turn: Turn, item: Item) -> datetime:
    """The first moment that is too late to complete what is returned now."""
    term = quarters.find(turn.connection, item.quarter or "")
    zone = turn.premises.zone
    day = completion_until(
        turn.now,
        calendar=turn.calendar,
        timezone=zone,
        days=settings.COMPLETION_DAYS.of(term.settings if term else {}),
    )
    return end_of(day, zone)


def _return(turn: Turn, item: Item, reason: str) -> Outcome:
    _check_returns(turn, item)
    reviewing.return_(
        turn.connection,
        item,
        reason=reason,
        complete_until=_deadline(turn, item),
        person_id=turn.person.id,
        now=turn.now,
    )
    acted = judged_for(turn, item.indicator)
    turn.audit("evidence.return", str(item.id), revision=item.revision, acting_for=acted)
    turn.toast(f"已退回 {item.receipt}")
    returned = evidence.find(turn.connection, item.id) or item
    return _go_on(turn, item, told=evidence_notices.tell(turn, returned, "returned"))


def _reject(turn: Turn, item: Item, reason: str) -> Outcome:
    reviewing.reject(turn.connection, item, reason=reason, person_id=turn.person.id, now=turn.now)
    acted = judged_for(turn, item.indicator)
    turn.audit("evidence.reject", str(item.id), revision=item.revision, acting_for=acted)
    turn.toast(f"不采纳 {item.receipt}")
    rejected = evidence.find(turn.connection, item.id) or item
    return _go_on(turn, item, told=evidence_notices.tell(turn, rejected, "rejected"))


def _move(turn: Turn, item: Item, reason: str, row: str) -> Outcome:
    """To another row, whose owner decides: that may be the same person, who goes on with it."""
    edition = edition_of(item, today=turn.premises.today(turn.now))
    if find_row(edition, row) is None or row == item.indicator:
        raise NotAllowed
    reviewing.move(
        turn.connection,
        item,
        indicator=row,
        reason=reason,
        person_id=turn.person.id,
        now=turn.now,
    )
    acted = judged_for(turn, item.indicator)
    turn.audit("evidence.move", str(item.id), row=row, revision=item.revision, acting_for=acted)
    moved = evidence.find(turn.connection, item.id) or item
    evidence_notices.tell(turn, moved, "moved", reason=reason)
    recall(turn, moved)
    turn.toast(f"已改列 {item.receipt}")
    queue = review_queue.read(turn, quarter=item.quarter or "")
    if queue.position(moved):
        review_card.show(turn, moved, queue, above=review_card.outcome(turn, moved))
        return over(turn)
    review_card.show_next(turn, item, above=review_card.outcome(turn, moved))
    return over(turn)
