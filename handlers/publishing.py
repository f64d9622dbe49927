"""The dialog of /publish, for all modules that hang their buttons and steps on it.

`handlers.dialogs.publish` proposes and releases, `sending_back` gives rows back for changes. Here
is what all of them check: the right, the quarter's row, and that the outcome is what was shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from handlers.access import NotAllowed, require_role
from handlers.dialog import Dialog, Done, Keep, Outcome, Outdated
from handlers.messages import Action
from handlers.outcome import Preview, find_blockers, preview
from handlers.publish_card import Way, may_release, say_term, way_of
from handlers.turn import Turn
from rubric.errors import UserError
from rubric.extent import extent_of
from rubric.quarter import QuarterState
from storage import people, publications, quarters
from storage.publications import Proposal
from storage.quarters import Term

REASON_LENGTH = 500


@dataclass(eq=False)
class OutcomeReasonWanted(UserError):
    """The meeting's reason, or the director's, has no words."""

    code: ClassVar[str] = "publish.reason_wanted"


@dataclass(eq=False)
class OutcomeReasonTooLong(UserError):
    code: ClassVar[str] = "publish.reason_too_long"
    length: int
    limit: int = REASON_LENGTH


@dataclass(eq=False)
class OtherQuarterTyped(UserError):
    """To confirm a release, the quarter itself must be typed."""

    code: ClassVar[str] = "publish.other_quarter"
    typed: str
    quarter: str


@dataclass(eq=False)
class OwnProposal(UserError):
    """Whoever proposed the outcome is not the one to release it, nor is who stands in for them:
    `stood_in` is the proposer's name then."""

    code: ClassVar[str] = "publish.own_proposal"
    stood_in: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """`picked`: codes chosen at a tie, joined by commas; `seen`: fingerprint of what was shown;
    `rows`: which rows are sent back, as in a button."""

    quarter: str
    picked: str = ""
    seen: str = ""
    rows: str = ""


dialog = Dialog("publish", version=2, draft=Draft)


def term_of(turn: Turn, code: str, *, lock: bool = False) -> Term:
    require_role(turn, "admin", "director")
    find = quarters.lock if lock else quarters.find
    term = find(turn.connection, code[:6])
    if term is None:
        raise NotAllowed
    return term


def current(turn: Turn, action: Action, *roles: str) -> Term:
    """The quarter of a button, locked; Outdated when its state has moved since."""
    require_role(turn, *roles)
    term = term_of(turn, action.object, lock=True)
    if term.revision != action.revision:
        raise outdated(term.code)
    return term


def state_of(turn: Turn, term: Term) -> QuarterState:
    return term.state_at(turn.now, turn.premises.zone)


def settled_outcome(turn: Turn, term: Term) -> Preview:
    """The outcome of an unpublished quarter in which nothing is missing."""
    published = state_of(turn, term) is QuarterState.PUBLISHED
    if published or find_blockers(turn, term):
        raise outdated(term.code)
    return preview(turn, term, publications.latest_proposal(turn.connection, term.code))


def outcome_to_pick_in(turn: Turn, term: Term) -> Preview:
    """As `settled_outcome`, where it is this person's to say what the meeting decided about a
    tie: the director's once it is proposed; the admin's where no second person is asked."""
    if waits(turn, term):
        require_releaser(turn, term)
    elif not turn.person.has("admin") or way_of(turn) is not Way.ALONE:
        raise outdated(term.code)
    return settled_outcome(turn, term)


def unchanged_outcome(turn: Turn, term: Term, seen: str, *, undecided: bool = False) -> Preview:
    """The outcome, if it is still what this person was shown and it is known how much of it is
    made public. `undecided`: a tie at the cut may still stand."""
    if find_blockers(turn, term):
        raise outdated(term.code)
    outcome = preview(turn, term, publications.latest_proposal(turn.connection, term.code))
    if extent_of(outcome.report.settings) is None or outcome.fingerprint != seen:
        raise outdated(term.code)
    if outcome.undecided and not undecided:
        raise outdated(term.code)
    return outcome


def waits(turn: Turn, term: Term) -> bool:
    return state_of(turn, term) is QuarterState.PROPOSED


def require_releaser(turn: Turn, term: Term) -> Proposal:
    proposal = publications.latest_proposal(turn.connection, term.code)
    if proposal is None or not waits(turn, term):
        raise outdated(term.code)
    if not may_release(turn, proposal):
        raise _not_theirs(turn, proposal)
    return proposal


def _not_theirs(turn: Turn, proposal: Proposal) -> UserError:
    if turn.person.id == proposal.person_id:
        return OwnProposal()
    if any(grant.for_person == proposal.person_id for grant in turn.person.grants):
        return OwnProposal(people.name_of(turn.connection, proposal.person_id))
    return NotAllowed()


def typed_reason(turn: Turn) -> str:
    if not any(char.isalnum() for char in turn.words):
        raise OutcomeReasonWanted
    if len(turn.words) > REASON_LENGTH:
        raise OutcomeReasonTooLong(len(turn.words))
    return turn.words


def outdated(code: str) -> Outdated:
    def show(turn: Turn) -> Outcome:
        if not turn.pressed:
            turn.say("errors.dialog__outdated")
        say_term(turn, term_of(turn, code), panel="")
        return rest(turn)

    return Outdated(show=show)


def rest(turn: Turn) -> Outcome:
    """Nothing is waited for any more, but another dialog's question stands."""
    return Done() if turn.running == dialog.name else Keep()
