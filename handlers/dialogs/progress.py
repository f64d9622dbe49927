"""/progress: what is still owed to the quarter in hand, by whom, until when.

Everybody sees their own part, a message for each part they have. It tells what is done and what
isn't, never how it was scored: no score, no sum and no place stands here for anybody.
"""

from __future__ import annotations

from typing import Final

from handlers import evidence_notices, progress_centre, progress_own, progress_rows
from handlers.access import NotAllowed, require_role
from handlers.dialog import Dialog, Keep, Outcome
from handlers.drafting import REPORTERS
from handlers.messages import Action
from handlers.progress_terms import named_term, page_number
from handlers.term import current_term
from handlers.turn import Turn
from storage.quarters import Term

ROLES: Final = (*REPORTERS, "evaluator", "admin", "director")

dialog = Dialog("progress")


@dialog.command("progress", words=("进度",), roles=ROLES, title="进度", order=40)
def start(turn: Turn) -> Outcome:
    evidence_notices.expire(turn)
    term = current_term(turn)
    if turn.person.departments(*REPORTERS):
        progress_own.say_own(turn, term)
    if turn.person.has("evaluator"):
        progress_rows.say_rows(turn, term)
    if turn.person.has("admin"):
        progress_centre.say_centre(turn, term)
    if turn.person.has("director"):
        progress_centre.say_director(turn, term)
    if not turn.replies:  # a liaison of no department
        raise NotAllowed
    return Keep()


@dialog.action(progress_own.VERB)
def show_own(turn: Turn, action: Action) -> Outcome:
    if not turn.person.departments(*REPORTERS):
        raise NotAllowed
    term = _looked_at(turn, action)
    progress_own.say_own(turn, term, wanted=page_number(action.argument))
    return Keep()


@dialog.action(progress_rows.VERB)
def show_rows(turn: Turn, action: Action) -> Outcome:
    require_role(turn, "evaluator")
    progress_rows.say_rows(turn, _looked_at(turn, action))
    return Keep()


@dialog.action(progress_centre.VERB)
def show_centre(turn: Turn, action: Action) -> Outcome:
    require_role(turn, "admin")
    progress_centre.say_centre(turn, _looked_at(turn, action), view=action.argument)
    return Keep()


@dialog.action(progress_centre.DIRECTOR_VERB)
def show_director(turn: Turn, action: Action) -> Outcome:
    require_role(turn, "director")
    progress_centre.say_director(turn, _looked_at(turn, action))
    return Keep()


def _looked_at(turn: Turn, action: Action) -> Term:
    """The quarter, once what is overdue in it has become so."""
    evidence_notices.expire(turn)
    return named_term(turn, action.object)
