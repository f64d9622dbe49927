"""Quarters as they were opened: edition and dates fixed at that moment, the state as it moves.

A quarter gets its row with its first piece of evidence or its first look from the admin. Its
announced dates never move because a calendar was corrected afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from rubric import edition, settings
from rubric.quarter import Quarter, QuarterState, Windows, WorkCalendar, state_by_dates, windows
from rubric.settings import Plain
from storage.db import insert_once
from storage.models import quarter
from storage.prepared import Prepared
from storage.settings import read_settings


@dataclass(frozen=True, slots=True)
class Term:
    """A quarter's row. `state` is what was decided; see `state_at` for what the dates add."""

    code: str
    edition: str
    state: str
    opens: date
    report_until: date
    supplement_until: date
    score_until: date
    provisional: bool
    settings: dict[str, Plain]
    revision: int

    def dates(self, timezone: tzinfo) -> Windows:
        return Windows(
            quarter=Quarter.parse(self.code),
            opens=self.opens,
            report_until=self.report_until,
            supplement_until=self.supplement_until,
            score_until=self.score_until,
            provisional=self.provisional,
            timezone=timezone,
        )

    def state_at(self, now: datetime, timezone: tzinfo) -> QuarterState:
        """未开始, 收集中 and 已截止 follow the dates; from 待审定 on the row decides."""
        decided = QuarterState(self.state)
        if decided.open_for_scores or decided is QuarterState.NOT_STARTED:
            return state_by_dates(self.dates(timezone), now)
        return decided

    @property
    def open(self) -> bool:
        """Whether evidence and decisions may still change: nobody has proposed the outcome."""
        return QuarterState(self.state) not in (
            QuarterState.PROPOSED,
            QuarterState.ON_DISPLAY,
            QuarterState.PUBLISHED,
        )


_COLUMNS = tuple(quarter.c[name] for name in Term.__dataclass_fields__)
_BY_CODE = select(*_COLUMNS).where(quarter.c.code == bindparam("code"))
_FIND = Prepared(_BY_CODE)
_HOLD = Prepared(_BY_CODE.with_for_update(read=True))
_LOCK = Prepared(_BY_CODE.with_for_update())
_SPAN = Prepared(
    select(*_COLUMNS).where(quarter.c.code.between(bindparam("first"), bindparam("last")))
)


def find(connection: Connection, code: str) -> Term | None:
    row = _FIND.one(connection, {"code": code})
    return None if row is None else Term(*row)


def hold(connection: Connection, code: str) -> Term | None:
    """As `find`, and the state stays as it is until this transaction ends. For everything whose
    right depends on the quarter being open; proposing takes `lock` and so waits for it."""
    row = _HOLD.one(connection, {"code": code})
    return None if row is None else Term(*row)


def lock(connection: Connection, code: str) -> Term | None:
    """As `find`, for changing the state: waits for all who `hold` it, and keeps others out."""
    row = _LOCK.one(connection, {"code": code})
    return None if row is None else Term(*row)


def span(connection: Connection, first: str, last: str) -> dict[str, Term]:
    """Those from the first to the last of these quarters that have been opened."""
    rows = _SPAN.all(connection, {"first": first, "last": last})
    return {row.code: Term(*row) for row in rows}


def ensure(
    connection: Connection,
    wanted: Quarter,
    *,
    calendar: WorkCalendar,
    timezone: tzinfo,
    now: datetime,
) -> Term:
    """The quarter's row, opened now if it has none: the edition in force on its last day, the
    dates by rule. Raises rubric.edition.NoEdition for a quarter before the first edition."""
    found = find(connection, wanted.code)
    if found is not None:
        return found
    values = read_settings(connection)
    dates = _windows(wanted, values, calendar=calendar, timezone=timezone)
    insert_once(
        connection,
        quarter,
        key=("code",),
        values={
            "code": wanted.code,
            "edition": edition.edition_for(wanted.last_day).id,
            "state": QuarterState.COLLECTING.value,
            "opens": dates.opens,
            "report_until": dates.report_until,
            "supplement_until": dates.supplement_until,
            "score_until": dates.score_until,
            "provisional": dates.provisional,
            "settings": settings.effective(values),
            "created_at": now,
        },
    )
    return Term(*_FIND.one(connection, {"code": wanted.code}))


def planned(
    connection: Connection, wanted: Quarter, *, calendar: WorkCalendar, timezone: tzinfo
) -> Windows:
    """The dates that a quarter gets if it is opened now."""
    return _windows(wanted, read_settings(connection), calendar=calendar, timezone=timezone)


def _windows(
    wanted: Quarter,
    values: Mapping[str, Plain],
    *,
    calendar: WorkCalendar,
    timezone: tzinfo,
) -> Windows:
    return windows(
        wanted,
        calendar,
        timezone=timezone,
        report_days=settings.REPORT_DAYS.of(values),
        supplement_days=settings.SUPPLEMENT_DAYS.of(values),
        score_days=settings.SCORE_DAYS.of(values),
    )


def unpublished(connection: Connection) -> list[Term]:
    """Quarters that were opened and not yet published, the oldest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(quarter.c.state != QuarterState.PUBLISHED.value)
        .order_by(quarter.c.code)
    )
    return [Term(*row) for row in rows]


def latest_published(connection: Connection) -> Term | None:
    row = connection.execute(
        select(*_COLUMNS)
        .where(quarter.c.state == QuarterState.PUBLISHED.value)
        .order_by(quarter.c.code.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Term(*row)


def set_state(connection: Connection, code: str, state: QuarterState) -> None:
    """Write a state that `rubric.quarter.move` has allowed; a new revision makes old cards old."""
    connection.execute(
        update(quarter)
        .where(quarter.c.code == code)
        .values(state=state.value, revision=quarter.c.revision + 1)
    )
