"""/publish: from the last score to what everybody reads.

What is missing is said exactly. When nothing is, the admin sees the outcome, picks among equals
at the cut with the meeting's reason, and puts it before the director; the director releases it
or sends it back. In a centre without a director the admin releases, by typing the quarter.
Whoever acts holds the quarter's row: one of two releases wins, and no score slips in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from handlers import broadcast
from handlers.access import NotAllowed, require_role
from handlers.dialog import Dialog, Done, Goto, Keep, Outcome, Outdated
from handlers.messages import Action, Button, Style, rows
from handlers.outcome import Preview, find_blockers, preview
from handlers.publish_card import (
    PANEL,
    Way,
    may_release,
    release_buttons,
    say_choice,
    say_term,
    second_persons,
    way_of,
)
from handlers.term import current_term
from handlers.turn import Turn
from rubric import report as reports
from rubric.errors import UserError
from rubric.quarter import Quarter, QuarterState, move
from storage import people, publications, quarters
from storage.publications import PREPARED, RELEASED, RETURNED, Proposal
from storage.quarters import Term
from templates import words

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
    """Whoever proposed the outcome is not the one to release it."""

    code: ClassVar[str] = "publish.own_proposal"


@dataclass(frozen=True, slots=True)
class Draft:
    """`picked`: codes chosen at a tie, joined by commas; `seen`: fingerprint of what was shown."""

    quarter: str
    picked: str = ""
    seen: str = ""


dialog = Dialog("publish", draft=Draft)


@dialog.command("publish", words=("发布",), roles=("admin", "director"), title="发布", order=50)
def start(turn: Turn) -> Outcome:
    say_term(turn, current_term(turn))
    return _rest(turn)


@dialog.action("pb.show")
def show(turn: Turn, action: Action) -> Outcome:
    say_term(turn, _term(turn, action.object))
    return _rest(turn)


# ---------------------------------------------------------------- a tie at the cut


@dialog.action("pb.pick")
def pick(turn: Turn, action: Action) -> Outcome:
    term = _current(turn, action, "admin")
    outcome = _outcome(turn, term)
    chosen = set(action.argument.split(","))
    picked = [code for code in outcome.contenders if code in chosen]
    if not outcome.contenders or len(picked) > outcome.places:
        raise _outdated(term.code)
    if len(picked) < outcome.places:
        say_choice(turn, term, outcome, picked)
        return _rest(turn)
    turn.say(
        "publish.decision",
        panel=PANEL,
        buttons=rows(Button(words.BACK, Action("pb.pick", term.code, term.revision))),
        report=outcome.report,
        names=[outcome.report.department(code).short_name for code in picked],
    )
    return Goto("ask_decision", Draft(term.code, ",".join(picked)))


@dialog.step("ask_decision")
def type_decision(turn: Turn, draft: Draft) -> Outcome:
    require_role(turn, "admin")
    reason = _reason(turn)
    term = _term(turn, draft.quarter, lock=True)
    picked = draft.picked.split(",")
    outcome = _outcome(turn, term)
    if len(picked) != outcome.places or not set(picked) <= set(outcome.contenders):
        raise _outdated(term.code)
    publications.prepare(
        turn.connection,
        quarter=term.code,
        picked=picked,
        reason=reason,
        person_id=turn.person.id,
        now=turn.now,
    )
    turn.audit("publish.pick", term.code, picked=draft.picked)
    say_term(turn, term)
    return _rest(turn)


# ---------------------------------------------------------------- proposing and sending back


@dialog.action("pb.ask")
def propose(turn: Turn, action: Action) -> Outcome:
    term = _current(turn, action, "admin")
    outcome = _unchanged(turn, term, action.argument)
    if way_of(turn) is not Way.SECOND:
        raise _outdated(term.code)
    move(_state(turn, term), QuarterState.PROPOSED)
    proposal_id = publications.propose(
        turn.connection, quarter=term.code, person_id=turn.person.id, now=turn.now
    )
    quarters.set_state(turn.connection, term.code, QuarterState.PROPOSED)
    turn.audit("publish.propose", term.code, proposal=proposal_id)
    told = _tell_directors(turn, _term(turn, term.code), outcome, proposal_id)
    turn.say("publish.asked", panel=PANEL, quarter=term.code, directors=told)
    return _rest(turn)


def _tell_directors(turn: Turn, term: Term, outcome: Preview, proposal_id: int) -> list[str]:
    """Each director gets the outcome with its two buttons; the names of those reached."""
    proposal = publications.latest_proposal(turn.connection, term.code)
    reach = broadcast.reach(turn, outcome.report)
    return [
        director.name
        for director in second_persons(turn)
        if turn.notify(
            director.id,
            "publish.proposed",
            key=f"proposal:{proposal_id}",
            buttons=release_buttons(term, outcome),
            report=outcome.report,
            tie=outcome.tie,
            reach=reach,
            proposal=proposal,
            mine=True,
        )
    ]


@dialog.action("pb.back")
def send_back(turn: Turn, action: Action) -> Outcome:
    term = _current(turn, action, "admin", "director")
    _require_releaser(turn, term)
    turn.say(
        "publish.remark",
        buttons=rows(Button(words.BACK, Action("pb.show", term.code))),
        quarter=term.code,
    )
    return Goto("ask_remark", Draft(term.code))


@dialog.step("ask_remark")
def type_remark(turn: Turn, draft: Draft) -> Outcome:
    remark = _reason(turn)
    term = _term(turn, draft.quarter, lock=True)
    proposal = _require_releaser(turn, term)
    move(_state(turn, term), QuarterState.CLOSED)
    publications.settle_proposal(
        turn.connection,
        proposal.id,
        outcome=RETURNED,
        person_id=turn.person.id,
        now=turn.now,
        remark=remark,
    )
    quarters.set_state(turn.connection, term.code, QuarterState.CLOSED)
    turn.audit("publish.return", term.code, proposal=proposal.id)
    admins = {each.id for each in people.holders_of(turn.connection, "admin")}
    for person_id in sorted((admins | {proposal.person_id}) - {turn.person.id}):
        turn.notify(
            person_id,
            "publish.returned",
            key=f"proposal:{proposal.id}:returned",
            buttons=rows(Button("发布", Action("cmd", "publish"))),
            quarter=term.code,
            by=turn.person.name,
            remark=remark,
        )
    turn.say("publish.sent_back", quarter=term.code)
    return _rest(turn)


# ---------------------------------------------------------------- releasing


@dialog.action("pb.go")
def agree(turn: Turn, action: Action) -> Outcome:
    term = _current(turn, action, "admin", "director")
    proposed = _state(turn, term) is QuarterState.PROPOSED
    if proposed:
        _require_releaser(turn, term)
    elif not turn.person.has("admin") or way_of(turn) is not Way.ALONE:
        raise _outdated(term.code)
    outcome = _unchanged(turn, term, action.argument)
    if proposed and turn.person.has("director"):
        return _release(turn, term, outcome)
    turn.say(
        "publish.confirm",
        panel=PANEL,
        buttons=rows(Button(words.BACK, Action("pb.show", term.code))),
        quarter=term.code,
        reach=broadcast.reach(turn, outcome.report),
    )
    return Goto("confirm_quarter", Draft(term.code, seen=action.argument))


@dialog.step("confirm_quarter")
def type_quarter(turn: Turn, draft: Draft) -> Outcome:
    require_role(turn, "admin")
    typed = Quarter.parse(turn.words)
    if typed.code != draft.quarter:
        raise OtherQuarterTyped(typed=typed.code, quarter=draft.quarter)
    term = _term(turn, draft.quarter, lock=True)
    if not term.open and not _waits(turn, term):
        raise _outdated(term.code)
    if way_of(turn) is not Way.ALONE:
        raise _outdated(term.code)
    return _release(turn, term, _unchanged(turn, term, draft.seen))


def _release(turn: Turn, term: Term, outcome: Preview) -> Outcome:
    """Report, publication, state and everybody's notices, all in this transaction."""
    state, code = _state(turn, term), term.code
    if state is not QuarterState.PROPOSED:
        state = move(state, QuarterState.PROPOSED)
    move(state, QuarterState.PUBLISHED)
    publication_id = publications.publish(
        turn.connection,
        quarter=code,
        report=reports.to_json(outcome.report),
        digest=reports.digest(outcome.report),
        person_id=turn.person.id,
        now=turn.now,
    )
    if publication_id is None:
        raise _outdated(code)
    proposal = publications.latest_proposal(turn.connection, code)
    if proposal is not None and proposal.outcome in (PREPARED, ""):
        publications.settle_proposal(
            turn.connection,
            proposal.id,
            outcome=RELEASED,
            person_id=turn.person.id,
            now=turn.now,
        )
    quarters.set_state(turn.connection, code, QuarterState.PUBLISHED)
    told = broadcast.send(turn, outcome.report, publication_id)
    turn.audit("publish.release", code, publication=publication_id, people=told.people)
    hurry = Button("立即发送", Action("pb.now", code), Style.PRIMARY)
    turn.say(
        "publish.released",
        buttons=rows([hurry] if told.opening else [], Button("考核结果", Action("rs.show", code))),
        quarter=code,
        reach=told,
    )
    return _rest(turn)


@dialog.action("pb.now")
def send_now(turn: Turn, action: Action) -> Outcome:
    """The releaser's choice, or any admin's: what waits for office hours leaves at once."""
    require_role(turn, "admin", "director")
    published = publications.find(turn.connection, action.object)
    if published is None:
        raise NotAllowed
    sent = publications.send_now(turn.connection, published.id, now=turn.now)
    turn.notices += sent
    turn.audit("publish.send_now", action.object, messages=sent)
    turn.say(
        "publish.sending",
        buttons=rows(Button("考核结果", Action("rs.show", published.quarter))),
        quarter=published.quarter,
        messages=sent,
    )
    return Keep()


# ---------------------------------------------------------------- what all of them check


def _term(turn: Turn, code: str, *, lock: bool = False) -> Term:
    require_role(turn, "admin", "director")
    find = quarters.lock if lock else quarters.find
    term = find(turn.connection, code[:6])
    if term is None:
        raise NotAllowed
    return term


def _current(turn: Turn, action: Action, *roles: str) -> Term:
    """The quarter of a button, locked; Outdated when its state has moved since."""
    require_role(turn, *roles)
    term = _term(turn, action.object, lock=True)
    if term.revision != action.revision:
        raise _outdated(term.code)
    return term


def _state(turn: Turn, term: Term) -> QuarterState:
    return term.state_at(turn.now, turn.premises.zone)


def _outcome(turn: Turn, term: Term) -> Preview:
    """The outcome of a quarter in which nothing is missing."""
    if not term.open or find_blockers(turn, term):
        raise _outdated(term.code)
    return preview(turn, term, publications.latest_proposal(turn.connection, term.code))


def _unchanged(turn: Turn, term: Term, seen: str) -> Preview:
    """The outcome, if it is still what this person was shown."""
    if find_blockers(turn, term):
        raise _outdated(term.code)
    outcome = preview(turn, term, publications.latest_proposal(turn.connection, term.code))
    if outcome.undecided or outcome.fingerprint != seen:
        raise _outdated(term.code)
    return outcome


def _waits(turn: Turn, term: Term) -> bool:
    return _state(turn, term) is QuarterState.PROPOSED


def _require_releaser(turn: Turn, term: Term) -> Proposal:
    proposal = publications.latest_proposal(turn.connection, term.code)
    if proposal is None or not _waits(turn, term):
        raise _outdated(term.code)
    if not may_release(turn, proposal):
        raise OwnProposal if turn.person.id == proposal.person_id else NotAllowed
    return proposal


def _reason(turn: Turn) -> str:
    if not any(char.isalnum() for char in turn.words):
        raise OutcomeReasonWanted
    if len(turn.words) > REASON_LENGTH:
        raise OutcomeReasonTooLong(len(turn.words))
    return turn.words


def _outdated(code: str) -> Outdated:
    def show(turn: Turn) -> Outcome:
        if not turn.pressed:
            turn.say("errors.dialog__outdated")
        say_term(turn, _term(turn, code), panel="")
        return _rest(turn)

    return Outdated(show=show)


def _rest(turn: Turn) -> Outcome:
    """Nothing is waited for any more, but another dialog's question stands."""
    return Done() if turn.running == dialog.name else Keep()
