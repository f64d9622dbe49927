"""What stands in a document that carries codes, looked up when it is sent.

Rows name invites only. Such a document is made for each sending, and not at all once its codes
can't be used any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from handlers import linking
from handlers.messages import DocumentRef
from handlers.premises import Premises
from rubric.settings import HEAD_TITLE
from storage import enrolment, invites, join_codes, people
from storage.settings import read_settings
from templates import words

PDF: Final = "application/pdf"
UNPLACED: Final = "中心"
Arguments = dict[str, str | int]


def slips(invite_ids: Iterable[int], *, name: str) -> DocumentRef:
    """Printable slips with these invites' codes, in this order; see `templates.documents`."""
    listed = " ".join(map(str, invite_ids))
    return DocumentRef("invite_slips", (("invites", listed),), name=name, mime=PDF, secret=True)


def poster(invite_id: int, *, name: str) -> DocumentRef:
    """A department's join code for its wall."""
    return DocumentRef("join_poster", (("invite", invite_id),), name=name, mime=PDF, secret=True)


def arguments_of(
    connection: Connection,
    document: str,
    asked: Mapping[str, str | int],
    *,
    premises: Premises,
    now: datetime,
) -> Arguments | None:
    """All that this document is rendered from; None when none of its codes can be used."""
    if document == "invite_slips":
        ids = [int(each) for each in str(asked["invites"]).split()]
        return _slips(connection, ids, premises=premises, now=now)
    if document == "join_poster":
        return _poster(connection, int(asked["invite"]), premises=premises, now=now)
    text = linking.address(
        connection,
        premises=premises,
        invite_id=int(asked["invite"]),
        show=str(asked["show"]),
        now=now,
    )
    return {"text": text} if text else None


def _slips(
    connection: Connection, ids: list[int], *, premises: Premises, now: datetime
) -> Arguments | None:
    with words.heads_called(lambda: HEAD_TITLE.of(read_settings(connection))):
        found = [
            _slip(connection, each, premises=premises)
            for each in map(lambda id_: invites.find(connection, id_), ids)
            if each is not None and each.open(now)
        ]
    if not found:
        return None
    by_place: dict[str, list[dict[str, object]]] = {}
    for place, slip in found:
        by_place.setdefault(place, []).append(slip)
    groups = [{"name": place, "slips": held} for place, held in by_place.items()]
    return {
        "slips": json.dumps(groups, ensure_ascii=False),
        "login": int(premises.web_chat),
        "door": words.wecom_door(premises.channels),
    }


def _slip(
    connection: Connection, found: invites.Invite, *, premises: Premises
) -> tuple[str, dict[str, object]]:
    """Under which heading it stands, and the slip."""
    held = people.held_roles(connection, found.person_id)
    code = premises.code(found.nonce)
    return enrolment.place_of(connection, found.person_id) or UNPLACED, {
        "name": people.name_of(connection, found.person_id),
        "roles": "、".join(each.place + words.role(each.role) for each in held),
        "code": linking.grouped(code),
        "links": _links(premises, code),
        "until": last_day(found.expires_at, premises=premises),
    }


def _poster(
    connection: Connection, invite_id: int, *, premises: Premises, now: datetime
) -> Arguments | None:
    found = join_codes.find(connection, invite_id)
    if found is None or not found.open(now):
        return None
    code = premises.code(found.nonce)
    return {
        "department": found.department,
        "code": linking.grouped(code),
        "links": json.dumps(_links(premises, code)),
        "door": words.wecom_door(premises.channels),
        "until": last_day(found.expires_at, premises=premises),
    }


def _links(premises: Premises, code: str) -> dict[str, str]:
    return {way: linking.link(premises, code, show=way) for way in linking.ways(premises)}


def last_day(expires_at: datetime, *, premises: Premises) -> str:
    """The day, if it ends with one; else the moment."""
    local = expires_at.astimezone(premises.zone)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return words.full_day((local - timedelta(days=1)).date())
    return f"{local.year}年{words.moment(local)}"
