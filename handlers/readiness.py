"""When nothing keeps a quarter from being proposed any more, its admins hear of it, once.

The last hand-in says so in its own message. Whatever else was the last thing (a returned item that
ran out, an extension that ended, a seat that was taken off) is seen at the next tick. A quarter
that is opened again and becomes ready again is told again.
"""

from __future__ import annotations

from typing import Final

from handlers.broadcast import opening
from handlers.messages import Action, Button, Rows, rows
from handlers.occasion import Occasion
from handlers.outcome import find_blockers
from rubric.quarter import QuarterState
from storage import marks, people, quarters
from storage.quarters import Term

_READY: Final = "ready"


def is_ready(occasion: Occasion, term: Term) -> bool:
    return _undecided(occasion, term) and not find_blockers(occasion, term)


def know(occasion: Occasion, term: Term, *, ready: bool) -> bool:
    """Keep in mind what it is; False if that was known."""
    name = _name(term)
    if (marks.hold(occasion.connection, name, now=occasion.now) == _READY) == ready:
        return False
    mark = _READY if ready else ""
    marks.set_mark(occasion.connection, name, mark, now=occasion.now)
    return True


def tell(occasion: Occasion) -> None:
    """Of each quarter in hand, if it has become ready since the last look."""
    for term in quarters.unpublished(occasion.connection):
        if not _undecided(occasion, term):
            continue
        ready = not find_blockers(occasion, term)
        if (marks.read(occasion.connection, _name(term)) == _READY) == ready:
            continue
        if know(occasion, term, ready=ready) and ready:
            _tell_admins(occasion, term)


def onward() -> Rows:
    ways = [("排名", "ranking"), ("发布", "publish")]
    return rows([Button(label, Action("cmd", command)) for label, command in ways])


def _undecided(occasion: Occasion, term: Term) -> bool:
    """Closed and not proposed; what was taken in from before the installation is nobody's task."""
    state = term.state_at(occasion.now, occasion.premises.zone)
    return state is QuarterState.CLOSED and not term.history


def _name(term: Term) -> str:
    return f"ready:{term.code}"


def _tell_admins(occasion: Occasion, term: Term) -> None:
    for admin in people.holders_of(occasion.connection, "admin"):
        occasion.notify(
            admin.id,
            "publish.ready",
            key=f"ready:{term.code}:{occasion.now.isoformat()}",
            buttons=onward(),
            not_before=opening(occasion),
            quarter=term.code,
        )
