"""The audit log, as far as it was looked for, as the plain rows of a workbook."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy.engine import Connection

from handlers.audit_criteria import conditions, unpack
from handlers.audit_entry import Reader
from handlers.discovery import Registry
from storage import audit_log
from templates import words

MOST: Final = 5000


def entries(connection: Connection, *, registry: Registry, wanted: str, newest: int) -> str:
    """JSON for `templates.documents.audit_workbook`: entries up to the one of that id, newest
    first, `MOST` at most."""
    criteria = unpack(wanted)
    asked = conditions(criteria, words.CENTRE_ZONE)
    found = audit_log.older(connection, asked, than=newest + 1, limit=MOST + 1)
    reader = Reader(connection, registry)
    rows = []
    for entry in found[:MOST]:
        said = reader.say(entry)
        details = "；".join(f"{label}：{value}" for label, value in reader.details(entry))
        at = words.moment_in_full(said.at)
        rows.append([at, said.who, said.what, said.about, said.outcome or "完成", details])
    return json.dumps(
        {
            "conditions": reader.criteria(criteria),
            "at": found[0].at.isoformat() if found else "",
            "rows": rows,
            "more": len(found) > MOST,
        }
    )
