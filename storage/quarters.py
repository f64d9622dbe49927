"""Quarters as they were opened: edition and dates fixed at that moment, the state as it moves.

A quarter gets its row on its first day, or with the first act in it. Its announced dates never
move because a calendar was corrected afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import and_, bindparam, case, exists, func, select, update
from sqlalchemy.engine import Connection

from rubric import edition, settings
from rubric.quarter import Quarter, QuarterState, Windows, WorkCalendar, state_by_dates, windows
from rubric.settings import Plain
from storage.db import insert_once
from storage.models import quarter, score
from storage.prepared import Prepared
from storage.settings import read_settings


@dataclass(frozen=True, slots=True)
class Term:
    """A quarter's row. `state` is what was decided; see `state_at` for what the dates add.
    `dates_reason` is why the dates were moved last; `revision` 0: not opened yet. `told` is the
    state by the dates that was last told, or ''; it only moves on. `history`: from before the
    installation, taken in from its own records."""

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
    dates_reason: str = ""
    told: str = ""
    history: bool = False

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


_CLOSED = QuarterState.CLOSED.value
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
    history: bool = False,
) -> Term:
    """The quarter's row, opened now if it has none: the edition in force on its last day, the
    dates by rule. `history` is for one that is opened to take in what was; nobody is told of it.
    Raises rubric.edition.NoEdition for a quarter before the first edition."""
    found = look(connection, wanted, calendar=calendar, timezone=timezone)
    if found.revision:
        return found
    insert_once(
        connection,
        quarter,
        key=("code",),
        values={
            "code": found.code,
            "edition": found.edition,
            "state": found.state,
            "opens": found.opens,
            "report_until": found.report_until,
            "supplement_until": found.supplement_until,
            "score_until": found.score_until,
            "provisional": found.provisional,
            "settings": found.settings,
            "history": history,
            "told": QuarterState.CLOSED.value if history else "",
            "created_at": now,
        },
    )
    return Term(*_FIND.one(connection, {"code": wanted.code}))


def look(
    connection: Connection, wanted: Quarter, *, calendar: WorkCalendar, timezone: tzinfo
) -> Term:
    """The quarter's row, or what it would be if it was opened now; then its revision is 0. Raises
    rubric.edition.NoEdition as `ensure` does."""
    found = find(connection, wanted.code)
    if found is not None:
        return found
    values = read_settings(connection)
    dates = _windows(wanted, values, calendar=calendar, timezone=timezone)
    return Term(
        code=wanted.code,
        edition=edition.edition_for(wanted.last_day).id,
        state=QuarterState.COLLECTING.value,
        opens=dates.opens,
        report_until=dates.report_until,
        supplement_until=dates.supplement_until,
        score_until=dates.score_until,
        provisional=dates.provisional,
        settings=settings.effective(values),
        revision=0,
    )


def planned(
    connection: Connection, wanted: Quarter, *, calendar: WorkCalendar, timezone: tzinfo
) -> Windows:
    """The dates that a quarter gets if it is opened now."""
    return _windows(wanted, read_settings(connection), calendar=calendar, timezone=timezone)


def by_rule(term: Term, *, calendar: WorkCalendar, timezone: tzinfo) -> Windows:
    """What the quarter's own settings and this calendar would make of its dates."""
    return _windows(Quarter.parse(term.code), term.settings, calendar=calendar, timezone=timezone)


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


def first_own(connection: Connection) -> str:
    """The first quarter that was worked on here, by its code; '' before there is one."""
    return (
        connection.execute(select(func.min(quarter.c.code)).where(~quarter.c.history)).scalar()
        or ""
    )


def latest_published(connection: Connection) -> Term | None:
    """Of the quarters that were worked on here, not of what was taken in from before."""
    row = connection.execute(
        select(*_COLUMNS)
        .where(quarter.c.state == QuarterState.PUBLISHED.value, ~quarter.c.history)
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


def set_dates(connection: Connection, code: str, dates: Windows, *, reason: str) -> None:
    """Other announced dates, and why; a new revision makes old cards old. The caller has locked
    the row and tells everybody. A close that was told is told again at its later date."""
    still_open = quarter.c.supplement_until < dates.supplement_until
    connection.execute(
        update(quarter)
        .where(quarter.c.code == code)
        .values(
            report_until=dates.report_until,
            supplement_until=dates.supplement_until,
            score_until=dates.score_until,
            provisional=dates.provisional,
            dates_reason=reason,
            told=case(
                (and_(quarter.c.told == _CLOSED, still_open), QuarterState.COLLECTING.value),
                else_=quarter.c.told,
            ),
            revision=quarter.c.revision + 1,
        )
    )


def mark_told(connection: Connection, term: Term, state: QuarterState) -> bool:
    """That this state was told; False if another process has been faster."""
    marked = connection.execute(
        update(quarter)
        .where(quarter.c.code == term.code, quarter.c.told == term.told)
        .values(told=state.value)
        .returning(quarter.c.code)
    )
    return marked.scalar() is not None


def moving(connection: Connection) -> list[Term]:
    """Quarters of which something is still to be told, the oldest first."""
    rows = connection.execute(
        select(*_COLUMNS).where(quarter.c.told != _CLOSED).order_by(quarter.c.code)
    )
    return [Term(*row) for row in rows]


def codes(connection: Connection) -> list[str]:
    """Of all quarters that were opened, the oldest first."""
    return list(connection.execute(select(quarter.c.code).order_by(quarter.c.code)).scalars())


def touch(connection: Connection, code: str) -> None:
    """Something that its outcome hangs on has changed: cards shown before are old."""
    connection.execute(
        update(quarter).where(quarter.c.code == code).values(revision=quarter.c.revision + 1)
    )


def follow_settings(connection: Connection) -> str:
    """Have the installation's first quarter take over the settings of now, as long as nothing was
    scored in it; its code, or '' when its copy stands. Its dates stay as announced."""
    first = first_own(connection)
    term = lock(connection, first) if first else None
    if term is None or not term.open:
        return ""
    if connection.execute(select(exists().where(score.c.quarter == term.code))).scalar():
        return ""
    connection.execute(
        update(quarter)
        .where(quarter.c.code == term.code)
        .values(settings=settings.effective(read_settings(connection)))
    )
    return term.code
