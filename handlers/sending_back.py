"""「退回修改」: rows are given back for changes, the others stay handed in.

The admin does so while nobody has proposed; the director sends the whole outcome back and names
the rows. After the release the admin may begin a correction the same way: what was published
stands until the corrected outcome is released as its next revision. Each needs a reason, and the
evaluators of these rows are told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from handlers.access import on_behalf, require_role, signature
from handlers.dialog import Goto, Outcome
from handlers.messages import Action, Button, Rows, Style, grid, rows
from handlers.publish_card import PANEL
from handlers.publishing import (
    Draft,
    current,
    dialog,
    outdated,
    require_releaser,
    rest,
    state_of,
    term_of,
    typed_reason,
)
from handlers.score_cells import edition_of
from handlers.score_table import further_seats, read_table
from handlers.turn import Turn
from rubric.edition import Indicator
from rubric.quarter import QuarterState, move
from storage import handing, leaves, people, publications, quarters, sections
from storage.publications import RETURNED
from storage.quarters import Term
from templates import words

_HEX: Final = 16


# ---------------------------------------------------------------- which rows, in a button


def _packed(term: Term, chosen: Iterable[str]) -> str:
    """Rows as one hexadecimal number, a bit each in the order of the form."""
    wanted = set(chosen)
    bits = sum(1 << n for n, row in enumerate(edition_of(term).indicators) if row.id in wanted)
    return f"{bits:x}"


def _unpacked(term: Term, text: str) -> list[Indicator]:
    """Nothing for what no button of ours can carry."""
    plain = text.isascii() and text.isalnum() and len(text) <= _HEX
    try:
        bits = int(text, _HEX) if plain else 0
    except ValueError:
        bits = 0
    return [row for n, row in enumerate(edition_of(term).indicators) if bits >> n & 1]


# ---------------------------------------------------------------- choosing


@dialog.action("pb.back")
def choose_as_director(turn: Turn, action: Action) -> Outcome:
    term = current(turn, action, "admin", "director")
    require_releaser(turn, term)
    _say_rows(turn, term, "pb.back", "pb.bwhy", action.argument)
    return rest(turn)


@dialog.action("pb.open")
def choose_as_admin(turn: Turn, action: Action) -> Outcome:
    term = _to_reopen(turn, action)
    _say_rows(turn, term, "pb.open", "pb.owhy", action.argument)
    return rest(turn)


def _to_reopen(turn: Turn, action: Action) -> Term:
    """The quarter, locked, as long as nobody has proposed it."""
    term = current(turn, action, "admin")
    if not term.open:
        raise outdated(term.code)
    return term


@dialog.action("pb.fix")
def choose_to_correct(turn: Turn, action: Action) -> Outcome:
    term = _published(turn, action)
    _say_rows(turn, term, "pb.fix", "pb.fixwhy", action.argument)
    return rest(turn)


def _published(turn: Turn, action: Action) -> Term:
    term = current(turn, action, "admin")
    if state_of(turn, term) is not QuarterState.PUBLISHED:
        raise outdated(term.code)
    return term


def _handed(turn: Turn, term: Term) -> list[Indicator]:
    """Rows in which anything is handed in."""
    return [state.row for state in read_table(turn, term).rows() if state.partly]


def _say_rows(turn: Turn, term: Term, verb: str, onward: str, mask: str) -> None:
    """A press adds or takes away one; the director may also send back without any."""
    handed = _handed(turn, term)
    chosen = [row.id for row in _unpacked(term, mask) if row in handed]
    buttons = []
    for row in handed:
        toggled = set(chosen) ^ {row.id}
        mark = "✓ " if row.id in chosen else ""
        action = Action(verb, term.code, term.revision, _packed(term, toggled))
        buttons.append(Button(f"{mark}{words.shorten(row.name, 18)}", action))
    turn.say(
        "publish.which_rows",
        panel=PANEL,
        buttons=rows(*grid(buttons, width=2), *_onward(term, verb, onward, chosen)),
        quarter=term.code,
        chosen=[row.name for row in handed if row.id in chosen],
        whole=verb == "pb.back",
    )


def _onward(term: Term, verb: str, onward: str, chosen: list[str]) -> Rows:
    back = Button(words.BACK, Action("pb.show", term.code))
    if not chosen and verb != "pb.back":
        return ((back,),)
    label = "下一步" if chosen else "只退回，不改评分"
    action = Action(onward, term.code, term.revision, _packed(term, chosen))
    return ((Button(label, action, Style.PRIMARY), back),)


# ---------------------------------------------------------------- why


@dialog.action("pb.bwhy")
def ask_remark(turn: Turn, action: Action) -> Outcome:
    term = current(turn, action, "admin", "director")
    require_releaser(turn, term)
    return _ask_why(turn, term, "pb.back", action.argument, step="ask_remark")


@dialog.action("pb.owhy")
def ask_reopening(turn: Turn, action: Action) -> Outcome:
    term = _to_reopen(turn, action)
    return _ask_why(turn, term, "pb.open", action.argument, step="ask_reopening")


@dialog.action("pb.fixwhy")
def ask_correction(turn: Turn, action: Action) -> Outcome:
    term = _published(turn, action)
    return _ask_why(turn, term, "pb.fix", action.argument, step="ask_correction")


def _ask_why(turn: Turn, term: Term, verb: str, mask: str, *, step: str) -> Goto:
    """Only the director may send back without any row."""
    chosen = _unpacked(term, mask)
    if not chosen and verb != "pb.back":
        raise outdated(term.code)
    turn.say(
        "publish.remark",
        panel=PANEL,
        buttons=rows(Button(words.BACK, Action(verb, term.code, term.revision, mask))),
        quarter=term.code,
        names=[row.name for row in chosen],
    )
    return Goto(step, Draft(term.code, rows=mask))


@dialog.step("ask_remark")
def send_back(turn: Turn, draft: Draft) -> Outcome:
    remark = typed_reason(turn)
    term = term_of(turn, draft.quarter, lock=True)
    proposal = require_releaser(turn, term)
    move(state_of(turn, term), QuarterState.CLOSED)
    publications.settle_proposal(
        turn.connection,
        proposal.id,
        outcome=RETURNED,
        person_id=turn.person.id,
        now=turn.now,
        remark=remark,
    )
    quarters.set_state(turn.connection, term.code, QuarterState.CLOSED)
    acted = on_behalf(turn.person, "director")
    turn.audit("publish.return", term.code, proposal=proposal.id, acting_for=acted)
    reopened = _reopen(turn, term, draft.rows, remark, acting_for=acted)
    admins = {each.id for each in people.holders_of(turn.connection, "admin")}
    for person_id in sorted((admins | {proposal.person_id}) - {turn.person.id}):
        turn.notify(
            person_id,
            "publish.returned",
            key=f"proposal:{proposal.id}:returned",
            buttons=rows(Button("发布", Action("cmd", "publish"))),
            quarter=term.code,
            by=signature(turn, acted),
            remark=remark,
            names=[row.name for row in reopened],
        )
    turn.say("publish.sent_back", quarter=term.code, names=[row.name for row in reopened])
    return rest(turn)


@dialog.step("ask_reopening")
def reopen(turn: Turn, draft: Draft) -> Outcome:
    require_role(turn, "admin")
    reason = typed_reason(turn)
    term = term_of(turn, draft.quarter, lock=True)
    if not term.open:
        raise outdated(term.code)
    reopened = _reopen(turn, term, draft.rows, reason)
    if not reopened:
        raise outdated(term.code)
    turn.say(
        "publish.reopened",
        buttons=rows(Button("发布", Action("cmd", "publish"))),
        quarter=term.code,
        names=[row.name for row in reopened],
    )
    return rest(turn)


@dialog.step("ask_correction")
def correct(turn: Turn, draft: Draft) -> Outcome:
    """The quarter is open again; its published outcome stays what everybody reads."""
    require_role(turn, "admin")
    reason = typed_reason(turn)
    term = term_of(turn, draft.quarter, lock=True)
    if state_of(turn, term) is not QuarterState.PUBLISHED:
        raise outdated(term.code)
    quarters.set_state(
        turn.connection, term.code, move(QuarterState.PUBLISHED, QuarterState.CLOSED)
    )
    reopened = _reopen(turn, term, draft.rows, reason)
    turn.audit("publish.correct", term.code, rows=",".join(row.id for row in reopened))
    turn.say(
        "publish.correcting",
        buttons=rows(Button("发布", Action("cmd", "publish"))),
        quarter=term.code,
        names=[row.name for row in reopened],
    )
    return rest(turn)


def _reopen(
    turn: Turn, term: Term, mask: str, reason: str, *, acting_for: int = 0
) -> list[Indicator]:
    """Those of the rows that were handed in; their evaluators are told."""
    done, by = [], signature(turn, acting_for)
    for row in _unpacked(term, mask):
        handed_by = handing.handers(turn.connection, quarter=term.code, indicators=[row.id])
        cells = handing.reopen(
            turn.connection,
            quarter=term.code,
            indicator=row.id,
            reason=reason,
            person_id=turn.person.id,
            now=turn.now,
        )
        if not cells:
            continue
        done.append(row)
        turn.audit("score.reopen", f"{term.code}.{row.id}", cells=cells, acting_for=acting_for)
        _tell(turn, term, row, reason, handed_by, by=by)
    return done


def _tell(
    turn: Turn, term: Term, row: Indicator, reason: str, handed_by: list[int], *, by: str
) -> None:
    section = sections.section_of_row(turn.connection, row.id)
    own = people.evaluators_of(turn.connection, section.id, day=turn.today) if section else []
    own = leaves.on_duty(turn.connection, own, day=turn.today)
    found = further_seats(turn).get(row.id, ())
    further = [seat.person_id for seat, _ in found if not seat.vacant]
    for person_id in sorted({*(each.id for each in own), *further, *handed_by}):
        turn.notify(
            person_id,
            "score.reopened",
            key=f"reopen:{term.code}.{row.id}:{turn.inbound.key}",
            buttons=rows(Button("评分", Action("sc.row", f"{term.code}.{row.id}"))),
            quarter=term.code,
            row=row,
            by=by,
            reason=reason,
        )
