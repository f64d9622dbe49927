"""/publish: from the last score to what everybody reads.

What is missing is said exactly. When nothing is, the admin sees the outcome, picks among equals
at the cut with the meeting's reason, and puts it before the director; the director releases it
or sends it back. In a centre without a director the admin releases, by typing the quarter.
Whoever acts holds the quarter's row: one of two releases wins, and no score slips in between.
"""

from __future__ import annotations

from handlers import broadcast, proof_copy, publish_extent, sending_back
from handlers.access import NotAllowed, on_behalf, require_role
from handlers.dialog import Goto, Keep, Outcome
from handlers.messages import Action, Button, Style, rows
from handlers.outcome import Preview
from handlers.publish_card import (
    PANEL,
    Way,
    may_agree,
    proposed_facts,
    release_buttons,
    say_choice,
    say_term,
    second_persons,
    way_of,
)
from handlers.publishing import (
    Draft,
    OtherQuarterTyped,
    current,
    dialog,
    outcome_to_pick_in,
    outdated,
    require_releaser,
    rest,
    state_of,
    term_of,
    typed_reason,
    unchanged_outcome,
    waits,
)
from handlers.term import carry_over, current_term
from handlers.turn import Turn
from rubric import report as reports
from rubric.quarter import Quarter, QuarterState, move
from storage import publications, quarters
from storage.publications import PREPARED, RELEASED
from storage.quarters import Term
from templates import words

# importing them is what puts their buttons on the dialog
PARTS = (proof_copy, publish_extent, sending_back)


@dialog.command("publish", words=("发布",), roles=("admin", "director"), title="发布", order=50)
def start(turn: Turn) -> Outcome:
    say_term(turn, current_term(turn))
    return rest(turn)


@dialog.action("pb.show")
def show(turn: Turn, action: Action) -> Outcome:
    say_term(turn, term_of(turn, action.object))
    return rest(turn)


# ---------------------------------------------------------------- a tie at the cut


@dialog.action("pb.pick")
def pick(turn: Turn, action: Action) -> Outcome:
    term = current(turn, action, "admin", "director")
    outcome = outcome_to_pick_in(turn, term)
    chosen = set(action.argument.split(","))
    picked = [code for code in outcome.contenders if code in chosen]
    if not outcome.contenders or len(picked) > outcome.places:
        raise outdated(term.code)
    if len(picked) < outcome.places:
        say_choice(turn, term, outcome, picked, chooses=True)
        return rest(turn)
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
    reason = typed_reason(turn)
    term = term_of(turn, draft.quarter, lock=True)
    picked = draft.picked.split(",")
    outcome = outcome_to_pick_in(turn, term)
    if len(picked) != outcome.places or not set(picked) <= set(outcome.contenders):
        raise outdated(term.code)
    proposal = publications.latest_proposal(turn.connection, term.code)
    if waits(turn, term) and proposal is not None:
        publications.decide(turn.connection, proposal.id, picked=picked, reason=reason)
    else:
        publications.prepare(
            turn.connection,
            quarter=term.code,
            picked=picked,
            reason=reason,
            person_id=turn.person.id,
            now=turn.now,
        )
    acted = on_behalf(turn.person, "admin", "director")
    turn.audit("publish.pick", term.code, picked=draft.picked, acting_for=acted)
    say_term(turn, term)
    return rest(turn)


# ---------------------------------------------------------------- proposing and sending back


@dialog.action("pb.ask")
def propose(turn: Turn, action: Action) -> Outcome:
    term = current(turn, action, "admin")
    outcome = unchanged_outcome(turn, term, action.argument, undecided=True)
    if way_of(turn) is not Way.SECOND:
        raise outdated(term.code)
    move(state_of(turn, term), QuarterState.PROPOSED)
    proposal_id = publications.propose(
        turn.connection, quarter=term.code, person_id=turn.person.id, now=turn.now
    )
    quarters.set_state(turn.connection, term.code, QuarterState.PROPOSED)
    turn.audit("publish.propose", term.code, proposal=proposal_id)
    told = _tell_directors(turn, term_of(turn, term.code), outcome, proposal_id)
    turn.say("publish.asked", panel=PANEL, quarter=term.code, directors=told)
    return rest(turn)


def _tell_directors(turn: Turn, term: Term, outcome: Preview, proposal_id: int) -> list[str]:
    """Each director gets the outcome with its two buttons; the names of those reached."""
    proposal = publications.latest_proposal(turn.connection, term.code)
    if proposal is None:
        raise outdated(term.code)
    return [
        director.name
        for director in second_persons(turn)
        if turn.notify(
            director.id,
            "publish.proposed",
            key=f"proposal:{proposal_id}",
            buttons=release_buttons(term, outcome),
            **proposed_facts(turn, outcome, proposal),
            mine=True,
        )
    ]


# ---------------------------------------------------------------- releasing


@dialog.action("pb.go")
def agree(turn: Turn, action: Action) -> Outcome:
    term = current(turn, action, "admin", "director")
    proposed = state_of(turn, term) is QuarterState.PROPOSED
    agrees = proposed and may_agree(turn.person, require_releaser(turn, term).person_id)
    if not proposed and (not turn.person.has("admin") or way_of(turn) is not Way.ALONE):
        raise outdated(term.code)
    outcome = unchanged_outcome(turn, term, action.argument)
    if agrees:
        return _release(turn, term, outcome, acting_for=on_behalf(turn.person, "director"))
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
    term = term_of(turn, draft.quarter, lock=True)
    if not term.open and not waits(turn, term):
        raise outdated(term.code)
    if way_of(turn) is not Way.ALONE:
        raise outdated(term.code)
    return _release(turn, term, unchanged_outcome(turn, term, draft.seen))


def _release(turn: Turn, term: Term, outcome: Preview, *, acting_for: int = 0) -> Outcome:
    """Report, publication, state and everybody's notices, all in this transaction."""
    state, code = state_of(turn, term), term.code
    if state is not QuarterState.PROPOSED:
        state = move(state, QuarterState.PROPOSED)
    move(state, QuarterState.PUBLISHED)
    publication_id = publications.publish(
        turn.connection,
        quarter=code,
        revision=outcome.report.revision,
        report=reports.to_json(outcome.report),
        digest=reports.digest(outcome.report),
        person_id=turn.person.id,
        now=turn.now,
    )
    if publication_id is None:
        raise outdated(code)
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
    following = quarters.hold(turn.connection, Quarter.parse(code).next().code)
    if following is not None and following.open:
        carry_over(turn, term, following)
    told = broadcast.send(turn, outcome.report, publication_id)
    turn.audit(
        "publish.release",
        code,
        publication=publication_id,
        people=told.people,
        acting_for=acting_for,
    )
    hurry = Button("立即发送", Action("pb.now", code), Style.PRIMARY)
    turn.say(
        "publish.released",
        buttons=rows([hurry] if told.opening else [], Button("考核结果", Action("rs.show", code))),
        quarter=code,
        reach=told,
    )
    return rest(turn)


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
