"""/admin → 群: which group chats get what is published. The bot says nothing else in any."""

from __future__ import annotations

from handlers.administration.desk import PANEL, Page, action, back, button, danger, pairs, rest
from handlers.dialog import Outcome, Outdated
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from storage import groups
from storage.groups import CONFIRMED, REFUSED, Group
from templates import admin_labels as labels


@action("ad.grps")
def show_groups(turn: Turn, pressed: Action) -> Outcome:
    _list(turn, wanted=pressed.id)
    return rest(turn)


def _list(turn: Turn, *, wanted: int = 0) -> None:
    _, total = groups.groups(turn.connection, limit=0)
    page = Page.of(wanted, total)
    found, _ = groups.groups(turn.connection, offset=page.offset, limit=page.size)
    turn.say(
        "groups.list",
        panel=PANEL,
        page=page,
        found=found,
        buttons=rows(
            *pairs(
                [
                    # two groups may be called alike
                    button(f"{number}. {each.title}", "ad.grp", each.account_id)
                    for number, each in enumerate(found, page.offset + 1)
                ]
            ),
            page.turners("ad.grps"),
            back("ad.home"),
        ),
    )


@action("ad.grp")
def show_group(turn: Turn, pressed: Action) -> Outcome:
    _card(turn, _known(turn, pressed.id))
    return rest(turn)


def _known(turn: Turn, account_id: int) -> Group:
    """Outdated, with the list, for one that is not there (any more)."""
    found = groups.find(turn.connection, account_id)
    if found is None:
        raise Outdated(show=_list)
    return found


def _card(turn: Turn, group: Group) -> None:
    turn.say(
        "groups.card",
        panel=PANEL,
        group=group,
        buttons=rows(_choices(group), back("ad.grps")),
    )


def _choices(group: Group) -> list[Button]:
    """What may be decided, each with what was decided before: an older card decides nothing."""
    id_, before = group.account_id, group.decision
    if before == CONFIRMED:
        return [danger(labels.TAKE_OFF, "ad.grpno", id_, before)]
    if not group.reachable:
        return []
    register = button(labels.REGISTER, "ad.grpok", id_, before)
    if before == REFUSED:
        return [register]
    return [register, button(labels.DO_NOT_REGISTER, "ad.grpno", id_, before)]


@action("ad.grpok")
def register(turn: Turn, pressed: Action) -> Outcome:
    return _decide(turn, pressed, CONFIRMED)


@action("ad.grpno")
def take_off(turn: Turn, pressed: Action) -> Outcome:
    return _decide(turn, pressed, REFUSED)


def _decide(turn: Turn, pressed: Action, state: str) -> Outcome:
    """Pressed twice, it is decided once."""
    found = _known(turn, pressed.id)
    if found.decision != state:
        offered = [str(each.action) for each in _choices(found)]
        if str(pressed) not in offered:
            raise Outdated(show=lambda turn: _card(turn, found))
        groups.decide(
            turn.connection, found.account_id, state=state, person_id=turn.person.id, now=turn.now
        )
        turn.audit(
            "group.confirm" if state == CONFIRMED else "group.refuse",
            str(found.account_id),
            title=found.title,
            before=found.decision,
        )
    _card(turn, _known(turn, found.account_id))
    return rest(turn)
