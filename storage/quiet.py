"""免打扰: the hours in which a person's notices wait. Answers never do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Integer, and_, bindparam, exists, or_

from storage.models import account, outbox, person


def minute_of(now: datetime) -> int:
    """Minutes after midnight; `now` as the clock at the centre has it."""
    return now.hour * 60 + now.minute


def undisturbed(minute: int | BindParameter[int | None] | None) -> ColumnElement[bool]:
    """A condition on `person`: not to be disturbed at this minute. None: nobody is."""
    if not isinstance(minute, BindParameter):
        minute = bindparam(None, minute, type_=Integer)
    first, last = person.c.quiet_from, person.c.quiet_to
    return or_(
        and_(first < last, first <= minute, minute < last),
        # over midnight
        and_(first > last, or_(first <= minute, minute < last)),
    )


def held_back(minute: int | BindParameter[int | None] | None) -> ColumnElement[bool]:
    """A condition on `outbox` joined with `account`: a notice to somebody not to be disturbed."""
    return exists().where(
        person.c.id == account.c.person_id, undisturbed(minute), outbox.c.lane == "notice"
    )
