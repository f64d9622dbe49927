"""One update in, its facts and its answers out, in one transaction.

Dedupe, recognise, lock, route, run, write. A broken rule (`UserError`) rolls back to where the
step began, is audited and said; anything else is the shell's to park. Nothing here waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection

import templates
from handlers import linking, membership, typed_choice, unclaimed
from handlers.access import NotAllowed
from handlers.dialog import Dialog, Done, Goto, Keep, Outcome, Outdated, Stay, Step
from handlers.discovery import Registry, allowed
from handlers.messages import (
    OF_GROUPS,
    Action,
    Inbound,
    Kind,
    Lane,
    Receipt,
    Reply,
)
from handlers.occasion import body_of
from handlers.plain_text import clean
from handlers.premises import Premises
from handlers.turn import Turn, choices_of
from rubric.errors import UserError
from rubric.settings import HEAD_TITLE
from storage import accounts, attachments, audit, conversations, groups, inbox, outbox
from storage.accounts import Account, Person
from storage.conversations import Conversation
from storage.db import savepoint
from storage.outbox import Row
from storage.settings import read_settings
from templates import words
from templates.markup import plain

log = logging.getLogger(__name__)

# these work everywhere, also while a step waits for text
EVERYWHERE = frozenset({"菜单", "帮助", "取消"})
COMMAND = "cmd"  # a button that runs a command: cmd:submit


@dataclass(frozen=True, slots=True)
class Desk:
    """What every update is handled with: the dialogs, the installation, this worker's name."""

    registry: Registry
    premises: Premises
    worker: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where an update goes: the dialog, what to run, and whether the files of a message are kept
    there."""

    dialog: Dialog
    run: Callable[[Turn], Outcome]
    name: str
    files: bool = False


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
        unclaimed.settle(connection, inbound.download, now=now)
        return Receipt(fresh=True)
    if account.unreachable and inbound.download is None:
        accounts.mark_unreachable(connection, account.id, None)
    if person is None:
        replies, linked = linking.stranger(
            connection, inbound, account=account, premises=desk.premises, now=now
        )
        if linked is None:
            return _answer(connection, inbound, account, replies, typed=0, desk=desk, now=now)
        person = linked
        inbound = replace(inbound, text="/start", kind=Kind.MESSAGE, attachments=())
        greeting = replies
    else:
        greeting = []
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
    turn.replies.extend(greeting)
    state = _run(turn, state, desk.registry)
    if turn.afresh:
        state = replace(state, typed=state.typed + 1)
    choices = choices_of(turn.replies)
    if choices or turn.replies:
        state = replace(state, choices=choices)
    conversations.save(connection, state, now=now)
    receipt = _answer(
        connection,
        inbound,
        account,
        turn.replies,
        typed=state.typed,
        desk=desk,
        now=now,
        anew=state.typed != found.typed,
        lettered=_takes_number(state, desk.registry),
    )
    return replace(
        receipt,
        notices=turn.notices > 0,
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
    ran = inbound.kind is Kind.PRESS and inbound.action.startswith(f"{COMMAND}:")
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
            route = _route(turn, state, registry)
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


# ---------------------------------------------------------------- routing


def _route(turn: Turn, state: Conversation, registry: Registry) -> Route:
    """Slash, action, typed choice, running step, word, catcher, menu: in this order."""
    inbound = turn.inbound
    if inbound.kind is Kind.PRESS:
        return _press(turn, inbound.action, registry)
    if inbound.kind is not Kind.MESSAGE:
        dialog, hook = registry.hooks[inbound.kind]
        return Route(dialog, hook, f"{dialog.name}.{inbound.kind}")
    typed = turn.words if not inbound.forwarded_from and not inbound.attachments else ""
    if typed.startswith("/"):
        return _slash(turn, typed, registry)
    if linking.issued(turn, typed):
        return Route(_menu(registry), partial(_code, typed=typed), "command.code")
    if typed in EVERYWHERE and typed in registry.words:
        return _command(turn, registry, registry.words[typed].name)
    waiting, step = _step(turn, state, registry) or (None, None)
    if typed and (
        action := typed_choice.chosen(
            typed,
            state.choices or [],
            numbered=inbound.numbered,
            lettered=bool(step and step.numeric),
        )
    ):
        return _press(turn, action, registry)
    if waiting and (not step or step.text or typed not in registry.words):
        return waiting
    if typed in registry.words:
        turn.words = ""
        return _command(turn, registry, registry.words[typed].name)
    for roles, takes, dialog, catch in registry.catchers:
        if turn.person.has(*roles) and takes(turn):
            return Route(dialog, catch, f"{dialog.name}.catch", files=True)
    turn.words = ""
    turn.unread = not inbound.attachments
    return _command(turn, registry, "start")


def _code(turn: Turn, *, typed: str) -> Outcome:
    linking.offered(turn, typed)
    return Keep()


def _slash(turn: Turn, typed: str, registry: Registry) -> Route:
    head, _, rest = typed[1:].partition(" ")
    name = head.strip().lower()
    if name not in registry.commands:
        turn.say("menu.unknown_command", command=name[:32])
        return Route(_menu(registry), lambda _turn: Keep(), "command.unknown")
    turn.words = rest.strip()
    return _command(turn, registry, name)


def _command(turn: Turn, registry: Registry, name: str) -> Route:
    command = registry.commands[name]
    if not allowed(command, turn.person):
        raise NotAllowed
    return Route(command.dialog, command.run, f"command.{name}")


def _press(turn: Turn, text: str, registry: Registry) -> Route:
    action = Action.parse(text)
    if action is not None and action.verb == COMMAND and action.object in registry.commands:
        turn.words = action.argument
        return _command(turn, registry, action.object)
    found = registry.actions.get(action.verb) if action else None
    if action is None or found is None:
        raise Outdated
    dialog, run = found
    return Route(dialog, lambda turn: run(turn, action), f"{action.verb}:{action.object}"[:60])


def _takes_number(state: Conversation, registry: Registry) -> bool:
    dialog = registry.dialogs.get(state.dialog)
    step = dialog.steps.get(state.step) if dialog else None
    return step is not None and step.numeric


def _step(turn: Turn, state: Conversation, registry: Registry) -> tuple[Route, Step | None] | None:
    """The running step, if one waits. A draft of another version is never guessed at."""
    if not state.step:
        return None
    dialog = registry.dialogs.get(state.dialog)
    step = dialog.steps.get(state.step) if dialog else None
    if dialog is None or step is None or state.draft_version != dialog.version:
        turn.say("menu.renewed")
        return Route(_menu(registry), lambda _turn: Done(), "dialog.renewed"), None
    draft: Any = dialog.load(state.draft)
    run, name = step.run, f"{dialog.name}.{step.name}"
    return Route(dialog, lambda turn: run(turn, draft), name, step.files), step


def _menu(registry: Registry) -> Dialog:
    return registry.commands["start"].dialog


# ---------------------------------------------------------------- answering


def _answer(
    connection: Connection,
    inbound: Inbound,
    account: Account,
    replies: list[Reply],
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
