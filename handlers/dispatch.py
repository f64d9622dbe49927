"""One update in, its facts and its answers out, in one transaction.

Dedupe, recognise, lock, route, run, write. A broken rule (`UserError`) rolls back to where the
step began, is audited and said; anything else is the shell's to park. Nothing here waits.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

import templates
from handlers import membership, newcomers, routing, typed_choice, unclaimed
from handlers.dialog import Dialog, Done, Goto, Outcome, Outdated, Stay
from handlers.discovery import Registry
from handlers.messages import OF_GROUPS, Inbound, Kind, Lane, Receipt, Reply
from handlers.occasion import Occasion, body_of
from handlers.plain_text import clean
from handlers.premises import Premises
from handlers.routing import Route
from handlers.turn import Turn, choices_of
from rubric.errors import UserError
from rubric.settings import HEAD_TITLE
from storage import accounts, attachments, audit, conversations, groups, inbox, outbox
from storage.accounts import Account, Person
from storage.conversations import Conversation, Offered
from storage.db import savepoint
from storage.outbox import Row
from storage.settings import read_settings
from templates import words
from templates.markup import plain

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every update is handled with: the dialogs, the installation, this worker's name."""

    registry: Registry
    premises: Premises
    worker: str


def handle(connection: Connection, inbound: Inbound, *, desk: Desk, now: datetime) -> Receipt:
    """Give this update its effect, unless it had it before. The caller commits."""
    with words.heads_called(lambda: HEAD_TITLE.of(read_settings(connection))):
        return _handle(connection, inbound, desk=desk, now=now)


def _handle(connection: Connection, inbound: Inbound, *, desk: Desk, now: datetime) -> Receipt:
    if not inbox.first_time(connection, inbound.key, now=now):
        return Receipt(fresh=False)
    if inbound.kind in OF_GROUPS:
        return membership.changed(connection, inbound, premises=desk.premises, now=now)
    account, person = _who(connection, inbound, premises=desk.premises, now=now)
    if person is None and inbound.download is None and groups.is_group(connection, account.id):
        return Receipt(fresh=True)  # whatever is said in a group is none of ours
    if inbound.kind in (Kind.BLOCKED, Kind.UNBLOCKED):
        return _reachability(connection, account, inbound.kind, now=now)
    if inbound.download is not None and person is None:
        if inbound.kind is not Kind.SLOW:
            unclaimed.settle(connection, inbound.download, now=now)
        return Receipt(fresh=True)
    if account.unreachable and inbound.download is None:
        accounts.mark_unreachable(connection, account.id, None)
    occasion = Occasion(connection, now, desk.premises)
    met = newcomers.meet(occasion, inbound, account, person)
    if met.person is None or met.inbound is None:
        said = _answer(connection, inbound, account, met.replies, typed=0, desk=desk, now=now)
        return replace(said, notices=occasion.notices > 0)
    person, inbound = met.person, met.inbound
    found = conversations.lock(connection, person.id)
    state = _typed(found, inbound)
    turn = Turn(
        connection,
        now,
        desk.premises,
        person,
        account,
        inbound,
        clean(inbound.text),
        registry=desk.registry,
        running=state.step and state.dialog,
    )
    turn.replies.extend(met.replies)
    state = _run(turn, state, desk.registry)
    if turn.afresh:
        state = replace(state, typed=state.typed + 1)
    lettered = routing.takes_number(state, desk.registry)
    if turn.replies:
        offered = Offered(typed_choice.marks(lettered=lettered), choices_of(turn.replies))
        state = state.offering(turn.account.id, offered)
    conversations.save(connection, state, now=now)
    receipt = _answer(
        connection,
        inbound,
        turn.account,
        turn.replies,
        typed=state.typed,
        desk=desk,
        now=now,
        anew=state.typed != found.typed,
        lettered=lettered,
    )
    return replace(
        receipt,
        notices=turn.notices + occasion.notices > 0,
        downloads=tuple(turn.downloads),
        toast=turn.answer_with,
        person_id=turn.person.id,
        menu=tuple((c.name, c.title) for c in desk.registry.menu(turn.person)),
    )


def _who(
    connection: Connection, inbound: Inbound, *, premises: Premises, now: datetime
) -> tuple[Account, Person | None]:
    day = premises.today(now)
    if inbound.download is not None:
        return attachments.sender(connection, inbound.download.attachment_id, day=day)
    return accounts.recognise(
        connection,
        channel=inbound.channel,
        external_id=inbound.account,
        name=clean(inbound.name),
        now=now,
        day=day,
    )


def _reachability(
    connection: Connection, account: Account, kind: Kind, *, now: datetime
) -> Receipt:
    gone = kind is Kind.BLOCKED
    accounts.mark_unreachable(connection, account.id, "blocked" if gone else None)
    audit.record(
        connection,
        now=now,
        action=f"account.{kind.value}",
        object_=str(account.id),
        person_id=account.person_id,
        account_id=account.id,
    )
    return Receipt(fresh=True)


def _typed(state: Conversation, inbound: Inbound) -> Conversation:
    """Count what the person typed; the parts of one album count once."""
    # a command's answer comes as a new message, also when a button ran it from an old card
    ran = inbound.kind is Kind.PRESS and inbound.action.startswith(f"{routing.COMMAND}:")
    if inbound.kind is not Kind.MESSAGE and not ran:
        return state
    if inbound.group and inbound.group == state.typed_group:
        return state
    return replace(state, typed=state.typed + 1, typed_group=inbound.group[:80])


def _run(turn: Turn, state: Conversation, registry: Registry) -> Conversation:
    """Run whatever this update is for; a broken rule leaves the conversation as it was."""
    said = list(turn.replies)
    route: Route | None = None
    try:
        with savepoint(turn.connection):
            route = routing.route(turn, state, registry)
            if turn.inbound.kind is Kind.MESSAGE and turn.inbound.attachments and not route.files:
                turn.say("menu.files_left")
            outcome = route.run(turn)
    except UserError as error:
        turn.replies[:] = said
        turn.downloads.clear()
        turn.notices = 0
        turn.answer_with = None
        shown = _say_no(turn, error, route.name if route else "unknown")
        return state if route is None or shown is None else _settle(state, route.dialog, shown)
    return _settle(state, route.dialog, outcome)


def _say_no(turn: Turn, error: UserError, action: str) -> Outcome | None:
    turn.audit(action, result="denied", code=error.code)
    text = templates.say_error(error)
    if isinstance(error, Outdated) and error.show is not None:
        turn.toast(text)
        return error.show(turn)
    if turn.pressed:
        turn.toast(plain(text)[:190], alert=True)
    turn.replies.append(Reply(text))
    return None


def _settle(state: Conversation, dialog: Dialog, outcome: Outcome) -> Conversation:
    if isinstance(outcome, Goto):
        return replace(
            state,
            dialog=dialog.name,
            step=outcome.step,
            draft=Dialog.dump(outcome.draft),
            draft_version=dialog.version,
        )
    if isinstance(outcome, Stay):
        if outcome.draft is None:
            return state
        return replace(state, draft=Dialog.dump(outcome.draft))
    if isinstance(outcome, Done):
        return replace(state, dialog="", step="", draft=None, draft_version=0)
    return state


# ---------------------------------------------------------------- answering


def _answer(
    connection: Connection,
    inbound: Inbound,
    account: Account,
    replies: Sequence[Reply],
    *,
    typed: int,
    desk: Desk,
    now: datetime,
    anew: bool = False,
    lettered: bool = False,
) -> Receipt:
    """`lettered`: what is typed next is a number, so buttons can't be."""
    answers = []
    last = max((n for n, reply in enumerate(replies) if reply.buttons), default=-1)
    for number, reply in enumerate(replies):
        key, body = f"{inbound.key}#{number}", body_of(reply)
        if number == last:
            body["marks"] = typed_choice.marks(lettered=lettered)
        row_id = outbox.answer(
            connection,
            key=key,
            account_id=account.id,
            body=body,
            panel=reply.panel,
            typed=typed,
            worker=desk.worker,
            now=now,
        )
        answers.append(
            Row(
                id=row_id,
                key=key,
                account_id=account.id,
                channel=account.channel,
                external_id=account.external_id,
                lane=Lane.ANSWER,
                body=body,
                panel=reply.panel,
                typed=typed,
                attempt=1,
                anew=anew,
                pressed=inbound.source if inbound.kind is Kind.PRESS else "",
                of_file=bool(inbound.attachments) or inbound.download is not None,
            )
        )
    return Receipt(fresh=True, answers=tuple(answers), account_id=account.id)


def park(
    connection: Connection,
    inbound: Inbound,
    *,
    raw: str,
    problem: str,
    desk: Desk,
    now: datetime,
) -> Receipt:
    """An update that the program could not handle: kept for the operator, apologised for once."""
    if not inbox.park(connection, key=inbound.key, raw=raw, problem=problem, now=now):
        return Receipt(fresh=False)
    account, person = _who(connection, inbound, premises=desk.premises, now=now)
    audit.record(
        connection,
        now=now,
        action="update.parked",
        object_=inbound.key[:80],
        result="failed",
        person_id=person.id if person else None,
        account_id=account.id,
        detail={"problem": problem},
    )
    # a workbook's sender waits for what was read in it
    asked = inbound.kind is Kind.READ or (
        inbound.download is None and inbound.kind not in OF_GROUPS
    )
    apology = [Reply(templates.say("errors.unexpected"))] if asked else []
    receipt = _answer(connection, inbound, account, apology, typed=0, desk=desk, now=now)
    return replace(receipt, parked=True)
