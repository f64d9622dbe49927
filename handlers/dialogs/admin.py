"""/admin: the way to departments, people, sections and invites; each part has a file of its own
in `handlers.administration`."""

from __future__ import annotations

from handlers.administration import (
    calendar,
    deputies,
    disqualifications,
    extensions,
    handover,
    invitations,
    person_card,
    seats,
    successions,
)
from handlers.administration import deliveries as delivery_desk
from handlers.administration import departments as department_desk
from handlers.administration import groups as group_desk
from handlers.administration import people as people_desk
from handlers.administration import quarters as quarter_desk
from handlers.administration import sections as section_desk
from handlers.administration import settings as setting_desk
from handlers.administration.desk import PANEL, action, button, dialog, rest
from handlers.dialog import Outcome
from handlers.dialogs.menu import MENU
from handlers.messages import Action, rows
from handlers.turn import Turn
from storage import departments, groups, invites, people, sections
from templates import admin_labels as labels

# importing them is what puts their buttons and steps on the dialog
PARTS = (
    department_desk, invitations, people_desk, person_card, deputies, section_desk,
    quarter_desk, extensions, disqualifications, calendar, setting_desk, seats,
    group_desk, delivery_desk, handover, successions,
)  # fmt: skip


@dialog.command("admin", words=("管理",), roles=("admin",), title="管理", order=70)
def start(turn: Turn) -> Outcome:
    _home(turn)
    return rest(turn)


@action("ad.home")
def home(turn: Turn, pressed: Action) -> Outcome:
    _home(turn)
    return rest(turn)


def _home(turn: Turn) -> None:
    turn.say(
        "admin.home",
        panel=PANEL,
        departments=len(departments.departments(turn.connection)),
        people=people.people(turn.connection, limit=0)[1],
        sections=len(sections.sections(turn.connection)),
        invites=invites.open_invites(turn.connection, now=turn.now, limit=0)[1],
        lacking=calendar.lacking_year(turn),
        waiting=groups.waiting_groups(turn.connection),
        buttons=rows(
            [button(labels.DEPARTMENTS, "ad.deps"), button(labels.PEOPLE, "ad.ppl")],
            [button(labels.SECTIONS, "ad.secs"), button(labels.INVITES, "ad.invs")],
            [button(labels.QUARTERS, "ad.qtrs"), button(labels.CALENDAR, "ad.cal")],
            [button(labels.SETTINGS, "ad.sets"), button(labels.GROUPS, "ad.grps")],
            [button(labels.DELIVERIES, "ad.dlv"), button(labels.IMPORTS, "im.home")],
            MENU,
        ),
    )
