"""The bot comes into a group chat, goes, or the group changes: noted, and told to the admins.

Nothing is ever said in the group. It gets what is published once an administrator has registered
it, see `handlers.administration.groups`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from handlers.messages import Action, Button, Inbound, Kind, Receipt, rows
from handlers.occasion import Occasion
from handlers.plain_text import clean
from handlers.premises import Premises
from storage import accounts, groups, people
from storage.groups import CONFIRMED, Group
from templates import words

_BELOW = 1  # the revision of a button that stands on a message below the panel


def changed(
    connection: Connection, inbound: Inbound, *, premises: Premises, now: datetime
) -> Receipt:
    """The effect of one of `OF_GROUPS`; none on a group that the bot never joined."""
    occasion = Occasion(connection, now, premises)
    if inbound.kind is Kind.JOINED:
        _joined(occasion, inbound)
    found = groups.find_by_address(
        connection, channel=inbound.channel, external_id=inbound.account
    )
    if found is None:
        return Receipt(fresh=True)
    if inbound.kind is Kind.MOVED and groups.move(
        connection, found.account_id, to=inbound.moved_to
    ):
        occasion.note("group.move", str(found.account_id))
    if inbound.kind is Kind.LEFT and found.reachable:
        groups.leave(connection, found.account_id)
        occasion.note("group.leave", str(found.account_id), detail={"title": found.title})
        if found.decision == CONFIRMED:
            _tell(occasion, found, "groups.gone")
    return Receipt(fresh=True, account_id=found.account_id, notices=occasion.notices > 0)


def _joined(occasion: Occasion, inbound: Inbound) -> None:
    adder = _linked(occasion, inbound)
    title = " ".join(clean(inbound.name).split()) or words.NAMELESS_GROUP
    came = groups.join(
        occasion.connection,
        channel=inbound.channel,
        external_id=inbound.account,
        title=title,
        added_by=adder,
        now=occasion.now,
    )
    if came is not None:
        occasion.note("group.join", str(came.account_id), detail={"title": title, "by": adder})
        _tell(occasion, came, "groups.back" if came.decision == CONFIRMED else "groups.waiting")


def _linked(occasion: Occasion, inbound: Inbound) -> int | None:
    """The person who added the bot, if the account is anybody's."""
    if not inbound.by:
        return None
    found = accounts.holder(occasion.connection, channel=inbound.channel, external_id=inbound.by)
    return found.id if found else None


def _tell(occasion: Occasion, group: Group, block: str) -> None:
    """All administrators, once a day however often somebody adds and removes the bot."""
    day = occasion.premises.today(occasion.now)
    for each in people.holders_of(occasion.connection, "admin"):
        occasion.notify(
            each.id,
            block,
            key=f"{block}:{group.account_id}:{day}",
            buttons=rows(Button(words.LOOK, Action("ad.grp", str(group.account_id), _BELOW))),
            group=group,
        )
