"""A person's accounts are told of each other: whoever gets in by a new one is seen on the rest."""

from __future__ import annotations

from handlers.messages import Action, Button, rows
from handlers.occasion import Occasion
from handlers.premises import Premises
from storage import linked, people
from storage.linked import Linked
from templates import words

SETTINGS = Button(words.SETTINGS, Action("cmd", "settings"))


def live(premises: Premises, channel: str) -> bool:
    """Whether this channel is switched on."""
    return not premises.channels or channel in premises.channels


def tell_others(occasion: Occasion, person_id: int, account_id: int) -> None:
    """Every other account that can be reached hears that this one was linked."""
    found = linked.accounts_of(occasion.connection, person_id)
    new = next(each for each in found if each.id == account_id)
    for each in found:
        if each is not new and reachable(occasion.premises, each):
            occasion.notify_account(
                each.id,
                "personal.linked_elsewhere",
                key=f"linked:{new.id}:{occasion.now.isoformat()}",
                buttons=rows(SETTINGS),
                name=people.name_of(occasion.connection, person_id),
                new=new,
            )


def reachable(premises: Premises, account: Linked) -> bool:
    return account.unreachable is None and live(premises, account.channel)


def called(found: list[Linked]) -> dict[int, str]:
    """What each is called in a list and on buttons: the channel, numbered where there are several
    of it."""
    several = {
        each.channel for each in found if sum(other.channel == each.channel for other in found) > 1
    }
    return {
        each.id: words.channel(each.channel) + (str(number) if each.channel in several else "")
        for number, each in enumerate(found, start=1)
    }
