"""「发样稿」: what everybody would get, to the admin alone and before anybody else."""

from __future__ import annotations

from handlers import broadcast
from handlers.access import require_role
from handlers.dialog import Outcome
from handlers.messages import Action
from handlers.outcome import find_blockers, preview
from handlers.publishing import dialog, outdated, rest, term_of
from handlers.turn import Turn
from rubric import report as reports
from rubric.extent import extent_of
from storage import publications


@dialog.action("pb.test")
def send_proof_copy(turn: Turn, action: Action) -> Outcome:
    """Picture, words, the first department's sheet and the summary, each as it would go out. With
    an undecided tie the 先进集体 stand there provisionally, and it says so."""
    require_role(turn, "admin")
    term = term_of(turn, action.object)
    if not term.open or find_blockers(turn, term):
        raise outdated(term.code)
    proposal = publications.latest_proposal(turn.connection, term.code)
    outcome = preview(turn, term, proposal)
    extent = extent_of(outcome.report.settings)
    if extent is None:
        raise outdated(term.code)
    report = outcome.report
    digest = reports.digest(report)
    publications.keep_draft(
        turn.connection, digest=digest, report=reports.to_json(report), now=turn.now
    )
    source: broadcast.Source = ("draft", digest)
    turn.say("publish.proof", quarter=term.code, undecided=outcome.undecided)
    for part in broadcast.general_parts(report, source, extent):
        turn.say(part.block, file=part.file, **part.facts)
    ranked = next((each for each in report.departments if each.rows), None)
    if ranked is not None:
        part = broadcast.sheet_part(report, source, ranked, extent)
        turn.say(part.block, file=part.file, **part.facts)
    part = broadcast.summary_part(report, source)
    turn.say(part.block, file=part.file, **part.facts)
    turn.audit("publish.proof", term.code)
    return rest(turn)
